"""`vmap`: a function of one example, called once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import attrgetter, index
from typing import Any

import numpy as np

from ..arrays import next_order
from ..ops import broadcast_to, moveaxis, reshape
from ..tape import free_variables, toposort
from ..tensor import Tensor, constant
from . import tree
from .batching import _run
from .once import first_row, given, outer_trace, result, traced

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

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.leaves((args, kwargs))
        axes = [*_each("in_axes", in_axes, args), *[0] * len(tree.leaves(kwargs))]
        rows = {k: _in_front(leaves[k], axis) for k, axis in enumerate(axes) if axis is not None}
        if len({len(x) for x in rows.values()}) != 1:
            found = [f"{len(x)} along axis {axes[k]} of {np.shape(leaves[k])}" for k, x in rows.items()]
            raise ValueError(f"vmap takes arguments with equal numbers of rows, got {', '.join(found) or 'no rows'}")
        results, form, has_tensors = _mapped(f, (args, kwargs), rows)
        has_tensors |= any(type(x) is Tensor for x in leaves)
        placed = [x if has_tensors else x._data for x in map(_placed, results, _each("out_axes", out_axes, form))]
        following = iter(placed)
        return tree.map(form, lambda _: next(following))

    return mapped


def _mapped(f: Any, call: Any, rows: dict[int, Any]) -> tuple[list[Any], Any, bool]:
    """Each result with the rows in front and whether it has them; the form; whether f read a Tensor."""
    start, n = next_order(), len(next(iter(rows.values())))

    def run(trace: Any) -> Any:
        own = {k: trace.leaf(first_row(getattr(x, "_data", x))) for k, x in rows.items()}
        places = iter(range(len(tree.leaves(call))))
        args, kwargs = tree.map(call, lambda x: own.get(next(places), x))
        made = f(*args, **kwargs)
        return own, made, [result(x, trace, start) for x in tree.leaves(made)], trace.checks

    own, form, results, checks = traced("vmap", f, run)
    values = {own[k]: x if type(x) is Tensor else constant(x) for k, x in rows.items()}
    stop, wanted = set(values), [*results, *(x for _, x in checks)]
    for node in sorted({x for y in wanted for x in toposort(y, stop) if x.order > start}, key=attrgetter("order")):
        if any(type(x) is Tensor and x in values for x in node.inputs):
            y = _run(node, values, n, True)
            values[node] = y if node._requires_grad else y.detach()
    for check, x in checks:
        _check_rows(check, values.get(x, reshape(x, (1, *x.shape))))
    read = [x for y in results for x in free_variables(y, start, stop) if x.order != -1]
    given = [(values[x], True, n) if x in values else (x, False, n) for x in results]
    return given, form, bool(read)


def _check_rows(check: Callable[[Any], None], x: Tensor) -> None:
    """Check labels, row by row; in a compiled function, at each call."""

    def each(rows: Any) -> None:
        for row in rows:
            check(row)

    each(x._data)
    if outer_trace() is not None:
        outer_trace().checks.append((each, x))


def _each(what: str, axes: Axes, pytree: Any) -> list[int | None]:
    """The axis of each leaf."""
    places = iter(range(len(tree.leaves(pytree))))
    numbered = tree.map(pytree, lambda _: next(places))
    is_one = not isinstance(axes, (tuple, list, dict))
    try:
        pairs = [(axes, numbered)] if is_one else tree.zip(axes, numbered)
    except ValueError as error:
        raise ValueError(f"vmap({what}={axes!r}): {error}") from None
    found = {k: axis if axis is None else index(axis) for axis, part in pairs for k in tree.leaves(part)}
    return [found[k] for k in range(len(found))]


def _in_front(x: Any, axis: int) -> Any:
    x = given(x, "vmap")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"vmap has no axis {axis} to map in shape {x.shape}: in_axes=None hands it over as it is")
    return x if axis % x.ndim == 0 else moveaxis(x, axis, 0)


def _placed(result: tuple[Any, bool, int], axis: int | None) -> Any:
    """A result with its rows along `axis`."""
    x, has_rows, n = result
    y = x if has_rows else broadcast_to(x, (n, *x.shape))
    if axis is None and not has_rows:
        return x
    if axis is None or not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap(out_axes={axis}) does not fit a result with {n} rows of shape {y.shape[1:]}")
    return moveaxis(y, 0, axis) if axis % y.ndim else y
