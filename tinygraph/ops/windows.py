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

from ..tensor import Tensor
from .elementwise import _as_wide
from .shapes import _back, _scatter_row
from .table import row

BLOCK = 1 << 18  # entries of windows that a convolution copies at once, so that they stay in the cache
Lengths = tuple[int, ...]


def _windows(x: Any, size: Lengths, step: Lengths) -> Any:
    """The windows of the last axes of x: shape (..., *size, *their numbers)."""
    index = (..., *[slice(None, None, s if s > 1 else None) for s in step], *[slice(None)] * len(size))
    return _size_first(sliding_window_view(x, window_shape=size, axis=tuple(range(-len(size), 0)))[index], len(size))


def _size_first(windows: Any, d: int) -> Any:
    """Windows along the last axes, with their entries' axes before those of the numbers."""
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


def _view_rule(g: Any, y: Any, x: Any, window_shape: Any, axis: Any = None) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else tuple((np.atleast_1d(axis) % x.ndim).tolist())
    d, last = len(axes), range(x.ndim - len(axes), x.ndim)
    if len({*axes}) < d:  # windows of windows
        return _back(g, x, _sliding, window_shape, axis)
    windows = _as_wide(_size_first(np.moveaxis(g, axes, last), d))
    return np.moveaxis(_overlap_row(windows, shape=tuple(x.shape[k] for k in axes), step=(1,) * d), last, axes)


def _windows_rule(g: Any, y: Any, x: Any, size: Lengths, step: Lengths) -> Any:
    return _overlap_row(_as_wide(g), shape=x.shape[-len(size) :], step=step)


def _overlap_rule(g: Any, y: Any, x: Any, shape: Lengths, step: Lengths) -> Any:
    return _windows_row(g, size=x.shape[-2 * len(shape) : -len(shape)], step=step)


_sliding: Any = np.lib.stride_tricks.sliding_window_view
_view_doc = "As numpy.lib.stride_tricks.sliding_window_view: all windows of x, as its last axes."
sliding_window_view = row("sliding_window_view", _sliding, _view_rule, view=True, linear="first", doc=_view_doc)
_windows_row = row("windows", _windows, _windows_rule, view=True, linear="first", batched="", whole=False)
_overlap_row = row("overlap_add", _overlap_add, _overlap_rule, linear="first", batched="", whole=False)


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
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


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
