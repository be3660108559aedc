"""`vmap`: a function of one example, called once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from ..arrays import next_order
from ..ops import broadcast_to, moveaxis
from ..tape import free_variables, toposort
from ..tensor import Tensor, constant
from . import tree
from .batching import _run
from .once import given, outer_trace, result, traced

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
        chosen = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
        if len(chosen) != len(args):
            raise ValueError(
                f"vmap(in_axes={in_axes}) has {len(chosen)} entries, for a call with {len(args)} arguments"
            )
        leaves = tree.leaves((args, kwargs))
        axes = [*_each("in_axes", chosen, args), *[0] * len(tree.leaves(kwargs))]
        rows = {k: _in_front(leaves[k], axis) for k, axis in enumerate(axes) if axis is not None}
        n = _count([leaves[k] for k in rows], [axes[k] for k in rows], [len(x) for x in rows.values()])
        results, form, has_tensors = _mapped(f, (args, kwargs), rows, n)
        has_tensors = has_tensors or any(type(x) is Tensor for x in leaves)
        placed = zip(results, _each("out_axes", out_axes, form), strict=True)
        following = iter([_placed(x, is_batched, axis, n) for (x, is_batched), axis in placed])
        kept = (x if has_tensors else x._data for x in following)
        return tree.map(form, lambda _: next(kept))

    return mapped


def _mapped(f: Any, call: Any, rows: dict[int, Any], n: int) -> tuple[list[Any], Any, bool]:
    """The results with the rows in front, each with whether it has rows; their form; whether f read a Tensor."""
    start = next_order()

    def run(trace: Any) -> Any:
        own = {k: trace.leaf(_first(x, n)) for k, x in rows.items()}
        places = iter(range(len(tree.leaves(call))))
        args, kwargs = tree.map(call, lambda x: own.get(next(places), x))
        made = f(*args, **kwargs)
        return own, made, [result(x, trace, start) for x in tree.leaves(made)], trace.checks

    own, form, results, checks = traced("vmap", f, run)
    values = {own[k]: x if type(x) is Tensor else constant(x) for k, x in rows.items()}
    wanted = [*results, *(x for _, x in checks)]
    stop = set(values)
    nodes = sorted({x for y in wanted for x in toposort(y, stop) if x.order > start}, key=attrgetter("order"))
    for node in [*stop, *nodes]:
        if node not in values and any(type(x) is Tensor and x in values for x in node.inputs):
            y = _run(node, values, n, True)
            values[node] = y if node._requires_grad or type(y) is not Tensor else y.detach()
        for check, x in checks if node in values else ():
            if x is node:
                _check_rows(check, values[node])
    read = [x for y in results for x in free_variables(y, start, stop) if x.order != -1]
    return [(values.get(x, x), x in values) for x in results], form, bool(read)


def _check_rows(check: Callable[[Any], None], x: Tensor) -> None:
    """Check labels, row by row; in a compiled function, at each call."""

    def each(rows: Any) -> None:
        for row in rows:
            check(row)

    each(x._data)
    if outer_trace() is not None:
        outer_trace().checks.append((each, x))


def _first(x: Any, n: int) -> Any:
    data = getattr(x, "_data", x)
    return data[0, ...] if n else np.zeros(data.shape[1:], data.dtype)


def _each(what: str, axes: Axes, pytree: Any) -> list[int | None]:
    """The axis of each leaf."""
    places = iter(range(len(tree.leaves(pytree))))
    numbered = tree.map(pytree, lambda _: next(places))
    found: dict[int, int | None] = {}
    try:
        for axis, part in tree.zip(axes, numbered) if isinstance(axes, (tuple, list, dict)) else [(axes, numbered)]:
            if axis is not None and (not isinstance(axis, (int, np.integer)) or isinstance(axis, bool)):
                raise TypeError(f"vmap({what}=...) takes numbers and None, got {axis!r}")
            found |= dict.fromkeys(tree.leaves(part), axis)
    except ValueError as error:
        raise ValueError(f"vmap({what}={axes!r}) takes {error}") from None
    return [found[k] for k in range(len(found))]


def _in_front(x: Any, axis: int) -> Any:
    x = given(x, "vmap")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"vmap has no axis {axis} to map in shape {x.shape}: in_axes=None hands it over as it is")
    return x if axis % x.ndim == 0 else moveaxis(x, axis, 0)


def _count(given: list[Any], axes: list[Any], counts: list[int]) -> int:
    if len(set(counts)) != 1:
        found = ", ".join(f"{c} along axis {a} of {np.shape(x)}" for x, a, c in zip(given, axes, counts, strict=True))
        raise ValueError(f"vmap takes arguments with the same number of rows, got {found or 'none with an axis'}")
    return counts[0]


def _placed(x: Any, is_batched: bool, axis: int | None, n: int) -> Any:
    """A result with its rows along `axis`."""
    if axis is None:
        if is_batched:
            raise ValueError(
                f"vmap(out_axes=None) takes a result that is the same for all rows, got shape {x.shape[1:]}"
            )
        return x
    y = x if is_batched else broadcast_to(x, (n, *x.shape))
    if not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap(out_axes={axis}) does not fit a result with rows of shape {y.shape[1:]}")
    return moveaxis(y, 0, axis) if axis % y.ndim else y
