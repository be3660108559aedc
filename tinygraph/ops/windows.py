"""Windows along the last axes, and the sums and maxima that convolutions and pools take of them.

A window has the lengths `size`, and the next one is `step` further: a number for each of these
axes. Kink: in max_pool, the first of equal candidates gets the whole gradient, as in PyTorch; if
the largest is nan there is no candidate, and no gradient.
"""

from __future__ import annotations

import functools
import math
import operator
from itertools import pairwise
from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import Tensor
from .elementwise import _as_wide
from .shapes import _named, _scatter_row, moveaxis
from .table import row, stands_for

BLOCK = 1 << 18  # entries of windows that a convolution copies at once, so that they stay in the cache
Lengths = tuple[int, ...]


def _windows(x: Any, size: Lengths, step: Lengths) -> Any:
    """The windows of the last axes of x: shape (..., *size, *their numbers)."""
    index = (..., *[slice(None, None, s if s > 1 else None) for s in step], *[slice(None)] * len(size))
    return _size_first(_view_row(x, window_shape=size, axis=tuple(range(-len(size), 0)))[index], len(size))


def _size_first(windows: Any, d: int) -> Any:
    """Windows whose entries lie along the last axes, with these axes before those of the numbers."""
    n = windows.ndim
    return np.transpose(windows, (*range(n - 2 * d), *range(n - d, n), *range(n - 2 * d, n - d)))


def _overlap_add(g: Any, shape: Lengths, step: Lengths) -> Any:
    """The sum of windows, each entry at its place along the last axes, which have this shape."""
    d = len(shape)
    size, numbers = g.shape[-2 * d : -d], g.shape[-d:]
    whole, parts = (*g.shape[: -2 * d], *shape), []
    for start in np.ndindex(*size):
        ends = [(i, i + s * (n - 1) + 1, s if s > 1 else None) for i, s, n in zip(start, step, numbers, strict=True)]
        parts.append(((..., *[slice(*end) for end in ends]), _entries(g, start)))
    if type(g) is Tensor:
        return functools.reduce(operator.add, [_scatter_row(part, shape=whole, index=index) for index, part in parts])
    y: Any = np.zeros(whole, g.dtype)
    for index, part in parts:
        y[index] += part
    return y


def _entries(windows: Any, place: Lengths) -> Any:
    """The entries of all windows at this place within a window."""
    index = (..., *place, *[slice(None)] * len(place))
    return windows[index]


def _view_rule(g: Any, y: Any, x: Any, window_shape: Lengths, axis: Lengths) -> Any:
    return _windows_rule(_size_first(g, len(axis)), y, x, window_shape, (1,) * len(axis))


def _windows_rule(g: Any, y: Any, x: Any, size: Lengths, step: Lengths) -> Any:
    return _overlap_row(_as_wide(g), shape=x.shape[-len(size) :], step=step)


def _overlap_rule(g: Any, y: Any, x: Any, shape: Lengths, step: Lengths) -> Any:
    return _windows_row(g, size=x.shape[-2 * len(shape) : -len(shape)], step=step)


_sliding: Any = np.lib.stride_tricks.sliding_window_view
_view_row = row("sliding_window_view", _sliding, _view_rule, view=True, linear="first", batched="")
_windows_row = row("windows", _windows, _windows_rule, view=True, linear="first", batched="", whole=False)
_overlap_row = row("overlap_add", _overlap_add, _overlap_rule, linear="first", batched="", whole=False)


@stands_for(_sliding)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """As numpy.lib.stride_tricks.sliding_window_view: all windows of x, as its last axes.

    >>> import numpy as np, tinygraph as tg
    >>> tg.sliding_window_view(np.arange(4), 3)
    array([[0, 1, 2],
           [1, 2, 3]])
    """
    x = x if type(x) is Tensor else as_array(x, "sliding_window_view")
    blank = np.broadcast_to(np.empty(()), x.shape)  # on which NumPy checks the call
    options = {"window_shape": window_shape, "axis": axis}
    _named("sliding_window_view", x, options, _sliding, blank, window_shape, axis)
    size, d, n = tuple(np.atleast_1d(window_shape).tolist()), np.size(window_shape), blank.ndim
    axes = range(d) if axis is None else np.atleast_1d(axis).tolist()
    y = _view_row(moveaxis(x, tuple(axes), range(n - d, n)), window_shape=size, axis=tuple(range(-d, 0)))
    return moveaxis(y, range(n - d, n), tuple(k % n for k in axes))


# --- convolution


def _flat(x: Any, *starts: int) -> Any:
    """x with the axes from each of these on, up to the next, as one."""
    return np.reshape(x, [math.prod(x.shape[a:b]) for a, b in pairwise((0, *starts, x.ndim))])


def _blocks(entries: int, *arrays: Any) -> list[Any]:
    """The arrays in blocks of examples; the windows of one example have so many entries."""
    if Tensor in map(type, arrays):
        return [arrays]
    most = max(BLOCK // max(entries, 1), 1)
    return [[x[k : k + most] for x in arrays] for k in range(0, len(arrays[0]) or 1, most)]


def _joined(parts: list[Any]) -> Any:
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _conv(x: Any, w: Any, step: Lengths) -> Any:
    """The windows of x (N, C, ...), each times each of the kernels w (O, C, ...), summed up."""
    windows, kernels, d = _windows_row(x, size=w.shape[2:], step=step), _flat(w, 1), len(step)
    shape = (len(x), len(w), *windows.shape[2 + d :])
    if type(x) is Tensor or type(w) is Tensor:
        return np.reshape(np.matmul(kernels, _flat(windows, 1, 2 + d)), shape)
    y = np.empty(shape, np.result_type(x, w))
    for part, out in _blocks(math.prod(windows.shape[1:]), windows, _flat(y, 1, 2)):
        np.matmul(kernels, _flat(part, 1, 2 + d), out=out)
    return y


def _conv_rule(g: Any, y: Any, x: Any, w: Any, step: Lengths) -> Any:
    shape, kernels, parts = (*w.shape[1:], *y.shape[2:]), _flat(w, 1).T, []  # the shape of an example's windows
    for (part,) in _blocks(math.prod(shape), _as_wide(g)):
        windows = np.reshape(np.matmul(kernels, _flat(part, 1, 2)), (len(part), *shape))
        parts.append(_overlap_row(windows, shape=x.shape[2:], step=step))
    return _joined(parts)


def _kernel_rule(g: Any, y: Any, x: Any, w: Any, step: Lengths) -> Any:
    windows, d = _windows_row(x, size=w.shape[2:], step=step), len(step)
    parts = [
        np.sum(np.matmul(_flat(part, 1, 2), np.swapaxes(_flat(of_part, 1, 2 + d), 1, 2)), axis=0)
        for part, of_part in _blocks(math.prod(windows.shape[1:]), _as_wide(g), windows)
    ]
    return np.reshape(functools.reduce(operator.add, parts), w.shape)


_conv_row = row("conv", _conv, _conv_rule, _kernel_rule, linear="one", whole=False)


# --- pools


def _max_pool(x: Any, size: Lengths, step: Lengths) -> Any:
    """The largest entry of each window."""
    windows = _windows_row(x, size=size, step=step)
    return functools.reduce(np.maximum, [_entries(windows, place) for place in np.ndindex(*size)])


def _max_pool_rule(g: Any, y: Any, x: Any, size: Lengths, step: Lengths) -> Any:
    windows, d = _windows_row(x, size=size, step=step), len(size)
    g, y = (np.expand_dims(t, -d - 1) for t in (_as_wide(g), y))
    largest = np.reshape(windows, (*x.shape[:-d], math.prod(size), *y.shape[-d:])) == y
    first = np.logical_and(largest, np.cumsum(largest, axis=-d - 1) == 1)
    return _overlap_row(np.reshape(np.where(first, g, 0), windows.shape), shape=x.shape[-d:], step=step)


_max_pool_row = row("max_pool", _max_pool, _max_pool_rule, batched="")
