"""Ops that lay entries out: each entry of the result is one of the input's, or 0.

The gradient goes back to where an entry came from. The gradient of sort and partition follows the
entries; equal entries count in the order in which they stand, as if sorted with kind="stable".
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from . import table
from .shapes import ARRAY, _along, _back, _named, _normalised, _numbers, _operand, _reordered, _scatter_row, astype


def _diagonal_rule(g: Any, y: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return _back(g, x, np.diagonal, offset, axis1, axis2)


row: Any = partial(table.row, linear="first")
copy = row("copy", np.copy, lambda g, y, x, order="K": g)
fliplr = row("fliplr", np.fliplr, lambda g, y, x: np.fliplr(g), view=True)
flipud = row("flipud", np.flipud, lambda g, y, x: np.flipud(g), view=True)
rot90 = row("rot90", np.rot90, lambda g, y, x, k=1, axes=(0, 1): np.rot90(g, -k, axes), view=True)
tril = row("tril", np.tril, lambda g, y, x, k=0: np.tril(g, k))
triu = row("triu", np.triu, lambda g, y, x, k=0: np.triu(g, k))
diagonal = row("diagonal", np.diagonal, _diagonal_rule, view=True)
fftshift = row("fftshift", np.fft.fftshift, lambda g, y, x, axes=None: np.fft.ifftshift(g, axes))
ifftshift = row("ifftshift", np.fft.ifftshift, lambda g, y, x, axes=None: np.fft.fftshift(g, axes))
_diag_row = row("diag", np.diag, lambda g, y, x, k=0: np.diagonal(g, k))  # of a vector
_repeat_row = row("repeat", np.repeat, lambda g, y, x, repeats, axis=None: _back(g, x, np.repeat, repeats, axis))
_tile_row = row("tile", np.tile, lambda g, y, x, reps: _back(g, x, np.tile, reps))
_roll_row = row("roll", np.roll, lambda g, y, x, shift, axis: np.roll(g, np.multiply(-1, shift), axis), batched="axis")


def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    """Each entry `repeats` times, along an axis or of all; a list has a count for each.

    >>> import numpy as np, tinygraph as tg
    >>> tg.repeat(np.array([4.0, 5.0]), [1, 2])
    array([4., 5., 5.])
    """
    return _repeat_row(x, repeats=np.asarray(*_numbers("repeat", repeats=repeats)).tolist(), axis=axis)


def tile(x: Any, reps: Any) -> Any:
    """x `reps` times, side by side along each axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.tile(np.array([4.0, 5.0]), 2)
    array([4., 5., 4., 5.])
    """
    return _tile_row(x, reps=np.asarray(*_numbers("tile", reps=reps)).tolist())


def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """The entries moved on by `shift`; those beyond the end return at the start.

    >>> import numpy as np, tinygraph as tg
    >>> tg.roll(np.array([1.0, 2.0, 3.0]), 1)
    array([3., 1., 2.])
    """
    if axis is None and np.ndim(x) != 1:
        return np.reshape(roll(np.ravel(_operand(x, "roll")), shift), np.shape(x))
    return _roll_row(x, shift=np.asarray(*_numbers("roll", shift=shift)).tolist(), axis=0 if axis is None else axis)


def diag(x: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or a matrix with this diagonal; k > 0 is above the main one.

    >>> import numpy as np, tinygraph as tg
    >>> tg.diag(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    return diagonal(x, k) if np.ndim(x) == 2 else _diag_row(x, k=k)


def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with all entries of x on a diagonal.

    >>> import numpy as np, tinygraph as tg
    >>> tg.diagflat(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    return _diag_row(np.ravel(_operand(x, "diagflat")), k=k)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """The sum along a diagonal.

    >>> import numpy as np, tinygraph as tg
    >>> tg.trace(np.array([[1.0, 2.0], [3.0, 4.0]])).item()
    5.0
    """
    return np.sum(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype)


def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """The axis brought before the axis `start`.

    >>> import numpy as np, tinygraph as tg
    >>> tg.rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    return _reordered("rollaxis", np.rollaxis, x, axis=axis, start=start)


def matrix_transpose(x: Any) -> Any:
    """Each matrix of a stack transposed: the last two axes change places.

    >>> import numpy as np, tinygraph as tg
    >>> tg.matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    return np.swapaxes(_operand(x, "matrix_transpose"), -1, -2)


# --- leaving out


def _kept(name: str, pick: Any, x: Any, option: dict[str, Any], axis: Any) -> Any:
    """The entries along an axis, or of all, whose numbers pick(numbers, the option) leaves."""
    x = _operand(x, name)
    x, axis = (np.ravel(x), 0) if axis is None else (x, _normalised(name, axis, x.ndim))
    places = _named(name, x, {"axis": axis}, pick, np.arange(x.shape[axis]), *_numbers(name, **option))
    return x[_along(axis, places)]


def delete(x: Any, obj: Any, axis: Any = None) -> Any:
    """x without the entries at `obj` (numbers, a slice or a mask), along an axis or of all.

    >>> import numpy as np, tinygraph as tg
    >>> tg.delete(np.array([4.0, 5.0, 6.0]), 1)
    array([4., 6.])
    """
    return _kept("delete", np.delete, x, {"obj": obj}, axis)


def compress(condition: Any, x: Any, axis: Any = None) -> Any:
    """The entries where `condition`, a vector, is true, along an axis or of all.

    >>> import numpy as np, tinygraph as tg
    >>> tg.compress([True, False, True], np.array([4.0, 5.0, 6.0]))
    array([4., 6.])
    """
    return _kept("compress", lambda places, kept: np.compress(kept, places), x, {"condition": condition}, axis)


def extract(condition: Any, x: Any) -> Any:
    """The entries where `condition`, of the shape of x, is true.

    >>> import numpy as np, tinygraph as tg
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.extract(x > 2, x)
    array([3., 4.])
    """
    return compress(np.ravel(_operand(condition, "extract")), x)


# --- in order


def _order(x: Any, axis: Any) -> Any:
    return argsort(x, axis=axis, kind="stable")


def _unsorted(g: Any, x: Any, axis: Any) -> Any:
    """g, whose entries belong to those of x in order, at the places of these."""
    return np.reshape(take_along_axis(g, _order(_order(x, axis), axis), axis), x.shape)


def _partition_rule(g: Any, y: Any, x: Any, kth: Any, axis: Any = -1, kind: str = "introselect") -> Any:
    return _unsorted(take_along_axis(g, _order(y, axis), axis), x, axis)


def _take_along_axis_rule(g: Any, y: Any, x: Any, indices: Any, axis: Any) -> Any:
    return _back(g, x, np.take_along_axis, indices, axis)


row = partial(row, states_none=("axis",))
argsort = row("argsort", np.argsort, None)
argpartition = row("argpartition", np.argpartition, None)
sort = row("sort", np.sort, lambda g, y, x, axis=-1, kind=None, stable=None: _unsorted(g, x, axis))
partition = row("partition", np.partition, _partition_rule)
_take_along_axis_row = row("take_along_axis", np.take_along_axis, _take_along_axis_rule, None)


def take_along_axis(x: Any, indices: Any, axis: Any = -1) -> Any:
    """As numpy.take_along_axis: the entries along an axis at the indices, which differ elsewhere.

    >>> import numpy as np, tinygraph as tg
    >>> tg.take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1], [0]]), axis=1)
    array([[2.],
           [3.]])
    """
    return _take_along_axis_row(x, indices, axis=axis)


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """As numpy.unravel_index: the place along each axis of the entries with these numbers.

    >>> import numpy as np, tinygraph as tg
    >>> tg.unravel_index(np.argmax(tg.Tensor([[1.0, 2.0], [4.0, 3.0]])), (2, 2))
    (Tensor(1, shape=(), dtype=int64), Tensor(0, shape=(), dtype=int64))
    """
    indices, shape = _operand(indices, "unravel_index"), np.atleast_1d(*_numbers("unravel_index", shape=shape)).tolist()
    of_numpy: Any = np.unravel_index
    of_numpy(getattr(indices, "_data", indices), shape, order)  # raises for a place that is not there
    strides = np.cumprod([1, *(shape if order == "F" else shape[::-1])])[:-1].tolist()
    pairs = zip(shape, strides if order == "F" else strides[::-1], strict=True)
    return tuple([astype(indices // step % n, np.intp, copy=False) for n, step in pairs])


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """As numpy.bincount: for each whole number, how often it is in x, or the sum of its weights.

    >>> import numpy as np, tinygraph as tg
    >>> tg.bincount([0, 1, 1], weights=np.array([1.0, 2.0, 3.0]))
    array([1., 5.])
    """
    [x] = _numbers("bincount", x=x)
    counts = np.bincount(x, None, minlength)
    if weights is None:
        return counts
    weights = astype(_operand(weights, "bincount"), float)
    if weights.shape != np.shape(x):
        raise ValueError(f"bincount() takes weights of the shape {np.shape(x)} of x, got {weights.shape}")
    return _scatter_row(weights, x, shape=counts.shape, index=(ARRAY,))
