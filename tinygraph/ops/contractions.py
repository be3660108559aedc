"""Products over chosen axes: tensordot, inner, outer, kron, cross, and those of stacks of vectors.

Each multiplies as NumPy does, so that the last digits are NumPy's too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .joining import _prepended
from .products import dot, matmul
from .shapes import _normalised, _operand


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """As numpy.tensordot: the sum over the last `axes` axes of a and the first of b, or over pairs of axes.

    >>> import numpy as np, tinygraph as tg
    >>> tg.tensordot(np.ones((2, 3)), np.ones((4, 2)), axes=(0, 1)).shape
    (3, 4)
    """
    a, b = _operand(a, "tensordot"), _operand(b, "tensordot")
    left, right = axes if np.iterable(axes) else (range(-axes, 0), range(axes))
    left = [_normalised("tensordot", k, a.ndim) for k in np.atleast_1d(left).astype(int)]
    right = [_normalised("tensordot", k, b.ndim) for k in np.atleast_1d(right).astype(int)]
    summed = [a.shape[k] for k in left]
    if summed != [b.shape[k] for k in right]:
        raise ValueError(
            f"tensordot() sums over axes of the same lengths, got {summed} of a {a.shape} and "
            f"{[b.shape[k] for k in right]} of b {b.shape}, with axes={axes}"
        )
    n, size = len(summed), math.prod(summed)
    a, b = np.moveaxis(a, left, range(-n, 0)), np.moveaxis(b, right, range(n))
    rows, columns = a.shape[: a.ndim - n], b.shape[n:]
    y = matmul(np.reshape(a, (math.prod(rows), size)), np.reshape(b, (size, math.prod(columns))))
    return np.reshape(y, rows + columns)


def inner(a: Any, b: Any) -> Any:
    """As numpy.inner: the sum over the last axes of a and b.

    >>> import numpy as np, tinygraph as tg
    >>> tg.inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])).item()
    11.0
    """
    a, b = _operand(a, "inner"), _operand(b, "inner")
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (-1, -1))


def outer(a: Any, b: Any) -> Any:
    """As numpy.outer: the products of each entry of a with each of b, as a matrix.

    >>> import numpy as np, tinygraph as tg
    >>> tg.outer(np.array([1.0, 2.0]), np.array([3.0, 4.0])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    return np.ravel(_operand(a, "outer"))[:, None] * np.ravel(_operand(b, "outer"))


def kron(a: Any, b: Any) -> Any:
    """As numpy.kron: b times each entry of a, as blocks.

    >>> import numpy as np, tinygraph as tg
    >>> tg.kron(np.array([1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    array([1., 1., 1., 2., 2., 2.])
    """
    ndim = max(np.ndim(a), np.ndim(b))
    a, b = (_prepended("kron", x, ndim) for x in (a, b))
    sizes = [m * n for m, n in zip(a.shape, b.shape, strict=True)]
    blocks = np.expand_dims(a, tuple(range(1, 2 * ndim, 2))) * np.expand_dims(b, tuple(range(0, 2 * ndim, 2)))
    return np.reshape(blocks, sizes)


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """As numpy.cross: the vector product of 3-d vectors; of 2-d ones, its last entry.

    >>> import numpy as np, tinygraph as tg
    >>> tg.cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    a, b = _operand(a, "cross"), _operand(b, "cross")
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a = np.moveaxis(a, _normalised("cross", axisa, a.ndim), -1)
    b = np.moveaxis(b, _normalised("cross", axisb, b.ndim), -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"cross() takes vectors of 2 or 3 entries, got {a.shape[-1]} and {b.shape[-1]}")
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 3 - x.shape[-1])]) if x.shape[-1] == 2 else x for x in (a, b))
    after, before = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., after] * b[..., before] - a[..., before] * b[..., after], -1, axisc)


def vdot(a: Any, b: Any) -> Any:
    """As numpy.vdot: the sum of the products of all entries.

    >>> import numpy as np, tinygraph as tg
    >>> tg.vdot(np.ones((2, 2)), np.ones((2, 2))).item()
    4.0
    """
    return dot(np.ravel(_operand(a, "vdot")), np.ravel(_operand(b, "vdot")))


# --- names that are new in NumPy 2


def vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    """As numpy.vecdot of NumPy 2: the products of vectors, which lie along an axis.

    >>> import numpy as np, tinygraph as tg
    >>> tg.vecdot(np.ones((2, 3)), np.ones(3))
    array([3., 3.])
    """
    a, b = (np.moveaxis(_operand(x, "vecdot"), axis, -1) for x in (a, b))
    return matmul(a[..., None, :], b[..., None])[..., 0, 0]
