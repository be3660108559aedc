"""`t.at[index]`: a new Tensor with other entries at an index, as in JAX.

If an index picks an entry twice, add and multiply count each value, and of those that are set the
last wins, as in NumPy, and gets the gradient. Equal candidates of min and max share the gradient
equally.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..frames import guarded
from ..tensor import Tensor
from .elementwise import _as_wide
from .joining import array
from .reductions import _others
from .shapes import _as_entries, _filled, _getitem_row, _operand, _parts, astype
from .table import row, stands_for


def _at(x: Any, v: Any, *arrays: Any, index: tuple[Any, ...], how: str) -> Any:
    """x with other entries at an index: t.at[index].set(v)."""
    out, index = np.array(x), _filled(index, arrays)  # how: "set", or a ufunc's name
    if how == "set":
        out[index] = v
    else:
        getattr(np, how).at(out, index, v)
    return out


def _rule_of_x(g: Any, y: Any, x: Any, v: Any, *arrays: Any, index: tuple[Any, ...], how: str) -> Any:
    if how == "set":
        return _at_row(g, 0, *arrays, index=index, how="set")
    if how == "multiply":
        return g * _at_row(np.ones_like(x), v, *arrays, index=index, how="multiply")
    if how == "add":
        return g
    return _share(g, y, x, v, arrays, index) * ((x == y) | (x != x))  # nan stays, or wins


def _rule_of_v(g: Any, y: Any, x: Any, v: Any, *arrays: Any, index: tuple[Any, ...], how: str) -> Any:
    def picked(x: Any) -> Any:
        return _getitem_row(x, *arrays, index=index)

    at_index = picked(g)
    if how == "set" and arrays:
        number = np.arange(at_index.size).reshape(at_index.shape)
        last = picked(_at_row(np.zeros(g.shape, int), number, *arrays, index=index, how="set"))
        return np.where(last == number, at_index, 0)
    if how in ("set", "add"):
        return at_index
    if how == "multiply":
        others = _product_of_others(v, picked(np.arange(x.size).reshape(x.shape))) if arrays else 1
        return at_index * picked(x) * others
    return picked(_share(g, y, x, v, arrays, index)) * (picked(y) == v)


def _share(g: Any, y: Any, x: Any, v: Any, arrays: Any, index: Any) -> Any:
    """g, divided by the number of candidates for each entry of min or max."""
    theirs = _getitem_row(y, *arrays, index=index) == v
    one = _as_wide(g).dtype
    return g / np.maximum(_at_row(astype(x == y, one), astype(theirs, one), *arrays, index=index, how="add"), 1)


def _product_of_others(v: Any, places: Any) -> Any:
    """For each of the values, the product of the others at its place; zeros are allowed."""
    flat = np.ravel(places)
    order = np.argsort(flat, kind="stable")
    others = _others(np.ravel(np.broadcast_to(v, places.shape))[order], flat[order], flat.size)
    return np.reshape(others[np.argsort(order)], places.shape)


_at_row: Any = row("at", _at, _rule_of_x, _rule_of_v, picks=2, in_lines=True, whole=True)


class At:
    """What `t.at` gives: `t.at[index]` has the methods set, add, multiply, min and max.

    >>> import tinygraph as tg
    >>> t = tg.Tensor([1.0, 2.0, 3.0])
    >>> t.at[1:].set(0.0).tolist()
    [1.0, 0.0, 0.0]
    >>> t.at[[0, 0]].add([1.0, 5.0]).tolist()
    [7.0, 2.0, 3.0]
    """

    __slots__ = ("_x",)

    def __init__(self, x: Tensor) -> None:
        self._x = x

    def __getitem__(self, index: Any) -> Entries:
        return Entries(self._x, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("t.at[index] = v has no effect on t: write new = t.at[index].set(v)")


class Entries:
    """The entries of a Tensor at an index; each method gives a new Tensor with others there."""

    __slots__ = ("_arrays", "_index", "_x")

    def __init__(self, x: Tensor, index: Any) -> None:
        self._x, (self._arrays, self._index) = x, _parts(index)

    def set(self, values: Any) -> Tensor:
        """With these values there; of several for one entry, the last."""
        return self._with("set", values)

    def add(self, values: Any) -> Tensor:
        """With the values added there."""
        return self._with("add", values)

    def multiply(self, values: Any) -> Tensor:
        """With the entries there multiplied by the values."""
        return self._with("multiply", values)

    def min(self, values: Any) -> Tensor:
        """With the smaller of entry and value there."""
        return self._with("minimum", values)

    def max(self, values: Any) -> Tensor:
        """With the larger of entry and value there."""
        return self._with("maximum", values)

    def __getattr__(self, name: str) -> Any:
        write = {"subtract": ".add(-v)", "divide": ".multiply(1 / v)", "get": "t[index]"}.get(name, ".set(v)")
        raise AttributeError(f"t.at[index] has no attribute {name!r}: write {write}", name=name, obj=self)

    @guarded
    def _with(self, how: str, values: Any) -> Any:
        values = array(values) if isinstance(values, (list, tuple)) else values
        values = _as_entries(f"t.at[index].{how.removesuffix('imum')}", values, self._x.dtype)
        return _at_row(self._x, values, *self._arrays, index=self._index, how=how)


@stands_for(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function or number where its condition is true, one more elsewhere."""
    x = _operand(x, "piecewise")
    depth = 1 + np.ndim(condlist[0]) if isinstance(condlist, (list, tuple)) else np.ndim(condlist)
    masks = [astype(_operand(mask, "piecewise"), bool) for mask in (condlist if depth > x.ndim else [condlist])]
    if len(funclist) == len(masks) + 1:
        masks.append(~reduce(np.logical_or, masks))
    if len(funclist) != len(masks):
        raise ValueError(f"piecewise() takes a function for each condition, got {len(funclist)} for {len(masks)}")
    y: Any = np.zeros(x.shape, x.dtype)
    for mask, f in zip(masks, funclist, strict=True):
        arrays, index = _parts(mask)
        chosen = _getitem_row(x, *arrays, index=index)
        values = f(chosen, *args, **kw) if callable(f) and chosen.size else f
        y = _at_row(y, _as_entries("piecewise", values, x.dtype), *arrays, index=index, how="set") if chosen.size else y
    return y
