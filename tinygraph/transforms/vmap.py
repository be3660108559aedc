"""`vmap`: a function of one example, called once for all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import repeat
from operator import index
from typing import Any

import numpy as np

from ..frames import guarded
from ..modes import tracing
from ..nn.costs import _check
from ..ops import broadcast_to, moveaxis
from ..tensor import Tensor, constant
from . import tree
from .batching import run_in_rows
from .replay import first_row, given, is_tensor, traced

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
        needs = {k: getattr(x, "_requires_grad", False) for k, x in rows.items()}
        firsts = {k: (needs[k], first_row(getattr(x, "_data", x)), None, not is_tensor(x)) for k, x in rows.items()}
        own, form, results, trace = traced("vmap", lambda args, kwargs: f(*args, **kwargs), (args, kwargs), firsts)
        n = len(next(iter(rows.values())))
        values = {x: y if type(y) is Tensor else constant(y) for x, y in zip(own, rows.values(), strict=True)}
        for check, x in trace.checks:  # before an op meets a wrong label
            run_in_rows([x], values, n, True)
            each = functools.partial(lambda check, rows: [*map(check, rows)], check)
            _check(values[x] if x in values else x[None], each, in_trace=True)
        run_in_rows(results, values, n, True)
        places = _each("out_axes", out_axes, form)
        placed: Any = [*map(_placed, results, map(values.get, results), repeat(n), places)]
        # an outer trace has the same `arrays`
        trace.arrays.update([y for x, y in zip(results, placed, strict=True) if x in trace.arrays])
        following = iter(placed if tracing() else [y._data if y in trace.arrays else y for y in placed])
        return tree.map(form, lambda _: next(following))

    return mapped


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
        raise ValueError(
            f"vmap has no axis {axis} to map in shape {x.shape}: write in_axes=None for an argument that is the same "
            "for every row"
        )
    return x if axis % x.ndim == 0 else moveaxis(x, axis, 0)


def _placed(x: Tensor, rows: Any, n: int, axis: int | None) -> Tensor:
    """A result with its rows along `axis`; one without rows is the same for all."""
    if axis is None and rows is None:
        return x
    y = broadcast_to(x, (n, *x.shape)) if rows is None else rows
    if axis is None or not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap(out_axes={axis}) does not fit a result with {n} rows of shape {y.shape[1:]}")
    return moveaxis(y, 0, axis) if axis % y.ndim else y
