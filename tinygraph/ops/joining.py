"""Functions that join arrays and cut them, all made of the ops in shapes.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import Tensor
from .shapes import _as_entries, _checked, _cut, _joined, _named, _normalised, _numbers, _operand, _prepended, _split


def _in_3d(name: str, x: Any) -> Any:
    x = _prepended(name, x, 2)
    return x if x.ndim > 2 else np.reshape(x, (*x.shape, 1))


def _of_each(function: Any, name: str, arrays: tuple[Any, ...], *args: Any) -> Any:
    found = tuple([function(name, x, *args) for x in arrays])
    return found[0] if len(found) == 1 else found


def atleast_1d(*arrays: Any) -> Any:
    """x with at least one axis; a tuple of several arrays.

    >>> import numpy as np, tinygraph as tg
    >>> tg.atleast_1d(2.0)
    array([2.])
    """
    return _of_each(_prepended, "atleast_1d", arrays, 1)


def atleast_2d(*arrays: Any) -> Any:
    """x with at least two axes, new ones in front; a tuple of several arrays.

    >>> import numpy as np, tinygraph as tg
    >>> tg.atleast_2d(np.zeros(3)).shape
    (1, 3)
    """
    return _of_each(_prepended, "atleast_2d", arrays, 2)


def atleast_3d(*arrays: Any) -> Any:
    """x with at least three axes, a vector along the second; a tuple of several arrays.

    >>> import numpy as np, tinygraph as tg
    >>> tg.atleast_3d(np.zeros(3)).shape
    (1, 3, 1)
    """
    return _of_each(_in_3d, "atleast_3d", arrays)


# --- joining


def vstack(arrays: Sequence[Any], *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays one above the other, in `dtype`; a vector is a row.

    >>> import numpy as np, tinygraph as tg
    >>> tg.vstack([np.zeros(3), np.ones((2, 3))]).shape
    (3, 3)
    """
    parts = [_prepended("vstack", x, 2) for x in _checked("vstack", arrays, 0)[0]]
    return np.concatenate(parts, dtype=dtype, casting=casting)


def hstack(arrays: Sequence[Any], *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays side by side, in `dtype`; vectors one after the other.

    >>> import numpy as np, tinygraph as tg
    >>> tg.hstack([np.zeros((2, 1)), np.ones((2, 3))]).shape
    (2, 4)
    """
    parts = [_prepended("hstack", x, 1) for x in _checked("hstack", arrays, 0)[0]]
    return np.concatenate(parts, axis=0 if parts[0].ndim == 1 else 1, dtype=dtype, casting=casting)


def dstack(arrays: Sequence[Any]) -> Any:
    """Arrays one behind the other, along a third axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.dstack([np.zeros((2, 3)), np.ones((2, 3))]).shape
    (2, 3, 2)
    """
    return np.concatenate([_in_3d("dstack", x) for x in _checked("dstack", arrays, 0)[0]], axis=2)


def column_stack(arrays: Sequence[Any]) -> Any:
    """Arrays side by side; a vector is a column.

    >>> import numpy as np, tinygraph as tg
    >>> tg.column_stack([np.zeros(2), np.ones((2, 3))]).shape
    (2, 4)
    """
    parts = [_operand(x, "column_stack") for x in _checked("column_stack", arrays, 0)[0]]
    return np.concatenate([x if x.ndim > 1 else np.transpose(_prepended("column_stack", x, 2)) for x in parts], axis=1)


def append(x: Any, values: Any, axis: int | None = None) -> Any:
    """The values after the entries of x, along an axis that both have; None flattens them first.

    >>> import numpy as np, tinygraph as tg
    >>> tg.append(np.array([1.0, 2.0]), 3.0)
    array([1., 2., 3.])
    """
    return np.concatenate([_operand(x, "append"), _operand(values, "append")], axis)


def insert(x: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """x with values before the entries at `obj` (numbers or a slice), along an axis or of all.

    >>> import numpy as np, tinygraph as tg
    >>> tg.insert(np.array([1.0, 2.0]), 1, 5.0)
    array([1., 5., 2.])
    """
    x = _operand(x, "insert")
    values, obj = _as_entries("insert", values, x.dtype), *_numbers("insert", obj=obj)
    values = values if type(values) is Tensor else np.asarray(values, x.dtype)

    def lay_out(places: Any, more: Any) -> Any:
        return _named("insert", x, {"obj": obj, "axis": axis}, np.insert, places, obj, more, axis)

    return _joined(lay_out, x, values)


def block(arrays: Any) -> Any:
    """An array of blocks in nested lists; the innermost are joined along the last axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 3))]]).shape
    (3, 3)
    """
    made = np.block(_arrays(arrays, "block"))  # NumPy raises the errors, and knows the number of axes
    joined = _blocks(arrays, made.ndim)[0]
    return joined if type(joined) is Tensor else made


def _blocks(nested: Any, ndim: int) -> tuple[Any, int]:
    """The array of the blocks, and the depth of the lists."""
    if not isinstance(nested, (list, tuple)):
        return _prepended("block", nested, ndim), 0
    parts, depths = zip(*[_blocks(x, ndim) for x in nested], strict=True)
    return np.concatenate(parts, axis=-1 - depths[0]), 1 + depths[0]


def _arrays(nested: Any, name: str = "", depth: int = 0) -> Any:
    """Nested lists with arrays for Tensors, and, if named, for all else."""
    if type(nested) is Tensor:
        return nested._data
    if not isinstance(nested, (list, tuple)) or depth > 64:  # deeper than any array
        return as_array(nested, name) if name else nested
    return [_arrays(x, name, depth + 1) for x in nested]


def array(nested: Any, dtype: Any = None, *, ndmin: int = 0) -> Any:
    """The array of numbers, arrays and Tensors in nested lists, as numpy.array makes it.

    Its shape and dtype are NumPy's, with axes of length 1 in front up to `ndmin`. Gradients reach
    every Tensor. Raises ValueError if the lists have no rectangular shape.

    >>> import tinygraph as tg
    >>> t = tg.Tensor(3.0, requires_grad=True)
    >>> tg.array([[t, 1.0], [0.0, t * t]]).tolist()
    [[3.0, 1.0], [0.0, 9.0]]
    """
    parts = _arrays(nested)
    found, stacked = as_array(parts, "array"), _stacked(nested)
    made = np.array(found if dtype is None else parts, dtype)  # a large integer in a list is no float64 on its way
    return _prepended("array", stacked.astype(made.dtype) if type(stacked) is Tensor else made, ndmin)


def _stacked(nested: Any) -> Any:
    if not isinstance(nested, (list, tuple)):
        return nested
    parts = [_stacked(x) for x in nested]
    return np.stack(parts) if Tensor in map(type, parts) else parts


# --- cutting


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As split, but the parts may differ in length by one.

    >>> import numpy as np, tinygraph as tg
    >>> [part.shape for part in tg.array_split(np.zeros(5), 2)]
    [(3,), (2,)]
    """
    return _split("array_split", x, indices_or_sections, axis, np.array_split)


def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """A list of parts along the first axis of at least two.

    >>> import numpy as np, tinygraph as tg
    >>> [part.shape for part in tg.vsplit(np.zeros((4, 2)), 2)]
    [(2, 2), (2, 2)]
    """
    return _split("vsplit", x, indices_or_sections, 0, least=2)


def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """A list of parts along the second axis; of a vector, along its only one.

    >>> import numpy as np, tinygraph as tg
    >>> [part.shape for part in tg.hsplit(np.zeros((2, 4)), 2)]
    [(2, 2), (2, 2)]
    """
    return _split("hsplit", x, indices_or_sections, min(np.ndim(x), 2) - 1, least=1)


def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """A list of parts along the third axis.

    >>> import numpy as np, tinygraph as tg
    >>> [part.shape for part in tg.dsplit(np.zeros((2, 1, 4)), 2)]
    [(2, 1, 2), (2, 1, 2)]
    """
    return _split("dsplit", x, indices_or_sections, 2, least=3)


def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """A tuple of the slices along an axis, without that axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.unstack(np.array([[1.0, 2.0], [3.0, 4.0]]))
    (array([1., 2.]), array([3., 4.]))
    """
    x = _operand(x, "unstack")
    axis = _normalised("unstack", axis, x.ndim)
    return tuple([np.squeeze(part, axis) for part in _cut(x, axis, [(k, k + 1) for k in range(x.shape[axis])])])


# --- several arrays


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """A tuple of the arrays, each broadcast to the shape that they have together.

    >>> import numpy as np, tinygraph as tg
    >>> [x.shape for x in tg.broadcast_arrays(np.zeros(3), np.zeros((2, 1)))]
    [(2, 3), (2, 3)]
    """
    arrays = tuple([_operand(x, "broadcast_arrays") for x in arrays])
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple([np.broadcast_to(x, shape) for x in arrays])


def meshgrid(*arrays: Any, copy: bool = True, sparse: bool = False, indexing: Any = "xy") -> tuple[Any, ...]:
    """A tuple of grids, as numpy.meshgrid: each array laid along an axis of its own.

    >>> import numpy as np, tinygraph as tg
    >>> [x.shape for x in tg.meshgrid(np.zeros(3), np.zeros(2))]
    [(2, 3), (2, 3)]
    """
    arrays = tuple([_operand(x, "meshgrid") for x in arrays])
    places = np.meshgrid(*[np.empty(x.size) for x in arrays], sparse=True, indexing=indexing)
    grids = tuple([np.reshape(x, place.shape) for x, place in zip(arrays, places, strict=True)])
    return grids if sparse else broadcast_arrays(*grids)


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Entry by entry, the choice of the first condition that is true, or `default`.

    >>> import numpy as np, tinygraph as tg
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> tg.select([x < 2, x > 2], [x, 10 * x])
    array([ 1.,  0., 30.])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"select() takes a choice for each condition, got {len(condlist)} and {len(choicelist)}")
    chosen = default
    for condition, choice in [*zip(condlist, choicelist, strict=True)][::-1]:
        condition = _operand(condition, "select")
        if condition.dtype != bool:  # as NumPy: integers may be meant as places
            raise TypeError(f"select() takes booleans as conditions, got dtype {condition.dtype}")
        chosen = np.where(condition, choice, chosen)
    return chosen


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """As numpy.apply_along_axis: func1d of each line along an axis, which its result replaces.

    >>> import numpy as np, tinygraph as tg
    >>> tg.apply_along_axis(np.max, 1, np.array([[1.0, 3.0], [4.0, 2.0]]))
    array([3., 4.])
    """
    arr = _operand(arr, "apply_along_axis")
    axis = _normalised("apply_along_axis", axis, arr.ndim)
    rest = arr.shape[:axis] + arr.shape[axis + 1 :]
    lines = np.reshape(np.moveaxis(arr, axis, -1), (math.prod(rest), arr.shape[axis]))
    found = np.stack([array(func1d(line, *args, **kwargs)) for line in lines])
    y = np.reshape(found, rest + found.shape[1:])
    return np.moveaxis(y, [*range(arr.ndim - 1, y.ndim)], [*range(axis, axis + found.ndim - 1)])
