"""`vmap`: a function of one example, called once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import repeat
from operator import attrgetter, index
from typing import Any

import numpy as np

from ..arrays import next_order
from ..modes import tracing
from ..nn.costs import _check
from ..ops import broadcast_to, moveaxis
from ..ops.guard import guarded
from ..tape import toposort
from ..tensor import Tensor, constant
from . import tree
from .batching import _run
from .replay import first_row, given, result, traced

Axes = Any  # a number, None, or a nest of these


def vmap(f: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """The function that applies f to each row of its arguments, and puts the results in rows.

    in_axes: the axis of the rows, for all arguments or, as a tuple, for each one; None hands an
    argument to every row as it is. An entry for a list, tuple or dict may be a number or have its
    form. Keyword arguments have their rows along axis 0. out_axes: where the rows of the results go,
    in the same form; None gives a result that is the same for all rows as it is.

    f runs once, on Tensors that stand for one row, and each of its ops then runs once for all rows.
    (An op without a rule for that runs row by row.) So f takes no decisions on values, and draws no
    random numbers. It may read Tensors from outside, which get gradients. Arrays give arrays, unless
    f reads a Tensor. Raises ValueError if the numbers of rows differ or an axis is not there.

    >>> import numpy as np, tinygraph as tg
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.vmap(tg.grad(lambda x: (x**3).sum()))(x)
    array([[ 3., 12.],
           [27., 48.]])
    """
    if not callable(f):
        raise TypeError(f"vmap takes a function, got {f!r}")

    @guarded
    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.leaves((args, kwargs))
        axes = [*_each("in_axes", in_axes, args), *[0] * len(tree.leaves(kwargs))]
        rows = {k: _in_front(leaves[k], axis) for k, axis in enumerate(axes) if axis is not None}
        if len({len(x) for x in rows.values()}) != 1:
            found = [f"{len(x)} along axis {axes[k]} of {np.shape(leaves[k])}" for k, x in rows.items()]
            raise ValueError(f"vmap takes arguments with equal numbers of rows, got {', '.join(found) or 'no rows'}")
        start, n = next_order(), len(next(iter(rows.values())))
        own, form, results, trace = traced("vmap", f, lambda trace: _of_one(f, (args, kwargs), rows, start, trace))
        values = {own[k]: x if type(x) is Tensor else constant(x) for k, x in rows.items()}
        for check, x in trace.checks:  # before an op meets a wrong label
            _run_all([x], values, start, n)
            each = functools.partial(lambda check, rows: [*map(check, rows)], check)
            _check(values[x] if x in values else x[None], each, in_trace=True)
        _run_all(results, values, start, n)
        placed = map(_placed, results, map(values.get, results), repeat(n), _each("out_axes", out_axes, form))
        arrays = () if tracing() else trace.arrays
        following = iter([y._data if x in arrays else y for x, y in zip(results, placed, strict=True)])
        return tree.map(form, lambda _: next(following))

    return mapped


def _of_one(f: Any, call: Any, rows: dict[int, Any], start: int, trace: Any) -> Any:
    """f of the Tensors that stand for one row: these, what f gives, its leaves and the trace."""
    own = {k: trace.leaf(first_row(getattr(x, "_data", x))) for k, x in rows.items()}
    trace.arrays.update(own[k] for k, x in rows.items() if type(x) is not Tensor)
    places = iter(range(len(tree.leaves(call))))
    args, kwargs = tree.map(call, lambda x: own.get(next(places), x))
    made = f(*args, **kwargs)
    return own, made, [result(x, trace, start) for x in tree.leaves(made)], trace


def _run_all(results: list[Tensor], values: dict[Tensor, Any], start: int, n: int) -> None:
    """Run what leads to these once more, for all rows."""
    nodes = {x for y in results for x in toposort(y, set(values)) if x.order > start}
    for node in sorted(nodes, key=attrgetter("order")):
        if any(type(x) is Tensor and x in values for x in node.inputs):
            y = _run(node, values, n, True)
            values[node] = y if node._requires_grad else y.detach()


def _each(what: str, axes: Axes, pytree: Any) -> list[int | None]:
    """The axis of each leaf."""
    places = iter(range(len(tree.leaves(pytree))))
    numbered = tree.map(pytree, lambda _: next(places))
    try:
        pairs = tree.zip(axes, numbered) if isinstance(axes, (tuple, list, dict)) else [(axes, numbered)]
        found = {k: axis if axis is None else index(axis) for axis, part in pairs for k in tree.leaves(part)}
    except ValueError as error:
        raise ValueError(f"vmap({what}={axes!r}): {error}") from None
    except TypeError:
        raise TypeError(f"vmap({what}={axes!r}): an axis is an integer or None") from None
    return [found[k] for k in range(len(found))]


def _in_front(x: Any, axis: int) -> Any:
    x = given(x, "vmap")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"vmap has no axis {axis} to map in shape {x.shape}: in_axes=None hands it over as it is")
    return x if axis % x.ndim == 0 else moveaxis(x, axis, 0)


def _placed(x: Tensor, rows: Any, n: int, axis: int | None) -> Tensor:
    """A result with its rows along `axis`; one without rows is the same for all."""
    if axis is None and rows is None:
        return x
    y = broadcast_to(x, (n, *x.shape)) if rows is None else rows
    if axis is None or not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap(out_axes={axis}) does not fit a result with {n} rows of shape {y.shape[1:]}")
    return moveaxis(y, 0, axis) if axis % y.ndim else y
