"""Convolutions and pools, in PyTorch's layout: examples, channels, then one axis or two of places.

A net whose dense layers take examples as columns turns a result (N, C, H, W) into columns by
`A.reshape(len(A), -1).T`, of shape (C * H * W, N).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import mean, pad, reshape
from ..ops.shapes import _operand
from ..ops.windows import _conv_row, _max_pool_row, _windows_row
from ..options import whole

AXES = {1: ("L", "k"), 2: ("H, W", "kh, kw")}


def conv1d(x: Any, w: Any, b: Any = None, stride: int = 1, padding: int | str = 0) -> Any:
    """Each kernel of w times each window of x, summed up, plus b; as in PyTorch, w is not mirrored.

    x: shape (N, C, L), with N examples and C channels. w: (O, C, k), a kernel for each channel of
    the result. b: (O,). The result has the shape (N, O, (L + 2 * padding - k) // stride + 1).
    padding: zeros at both ends, "valid" for none, or "same" for a result as long as x. There is no
    dilation and there are no groups. Raises ValueError if a shape does not fit.

    >>> import numpy as np, tinygraph as tg
    >>> tg.conv1d(np.arange(5.0).reshape(1, 1, 5), np.array([[[-1.0, 0.0, 1.0]]]))
    array([[[2., 2., 2.]]])
    """
    return _convolved("conv1d", 1, x, w, b, stride, padding)


def conv2d(
    x: Any, w: Any, b: Any = None, stride: int | tuple[int, int] = 1, padding: int | str | tuple[int, int] = 0
) -> Any:
    """Each kernel of w times each window of x, summed up, plus b; as in PyTorch, w is not mirrored.

    x: shape (N, C, H, W), with N examples and C channels. w: (O, C, kh, kw), a kernel for each
    channel of the result. b: (O,). stride: a number, or one for each of H and W. padding: the zeros
    on all sides, likewise; "valid" for none, or "same" for a result as large as x.

    The result has the shape (N, O, (H + 2 * padding - kh) // stride + 1, the same of W). There is
    no dilation and there are no groups. Raises ValueError if a shape does not fit.

    >>> import numpy as np, tinygraph as tg
    >>> tg.conv2d(np.ones((1, 2, 5, 5)), np.ones((4, 2, 3, 3)), stride=2).shape
    (1, 4, 2, 2)
    """
    return _convolved("conv2d", 2, x, w, b, stride, padding)


def max_pool2d(x: Any, size: int | tuple[int, int], stride: Any = None, padding: int | tuple[int, int] = 0) -> Any:
    """The largest entry of each window of x, which has the shape (N, C, H, W).

    size: that of a window, a number or one for each of H and W. stride: from one window to the
    next, by default size. padding: entries on all sides that are never the largest, at most half of
    size. The first of equal entries gets the gradient. Raises ValueError if a shape does not fit.

    >>> import numpy as np, tinygraph as tg
    >>> tg.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    x, lengths, step = _pooled("max_pool2d", x, size, stride, padding)
    return _max_pool_row(x, size=lengths, step=step)


def avg_pool2d(x: Any, size: int | tuple[int, int], stride: Any = None, padding: int | tuple[int, int] = 0) -> Any:
    """The mean of each window of x, which has the shape (N, C, H, W).

    size: that of a window, a number or one for each of H and W. stride: from one window to the
    next, by default size. padding: zeros on all sides, which count in the mean, at most half of
    size. Raises ValueError if a shape does not fit.

    >>> import numpy as np, tinygraph as tg
    >>> tg.avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    x, lengths, step = _pooled("avg_pool2d", x, size, stride, padding)
    return mean(_windows_row(x, size=lengths, step=step), axis=(-4, -3))


def _convolved(name: str, d: int, x: Any, w: Any, b: Any, stride: Any, padding: Any) -> Any:
    x, w = (_operand(t, name) for t in (x, w))
    if x.ndim != d + 2 or w.ndim != d + 2 or x.shape[1] != w.shape[1]:
        places, size = AXES[d]
        instead = "; one example is x[None]" if x.ndim == d + 1 else ""
        raise ValueError(
            f"{name} takes x (N, C, {places}) and w (O, C, {size}), got x {x.shape} and w {w.shape}{instead}"
        )
    if b is not None:
        b = _operand(b, name)
        if b.shape != w.shape[:1]:
            raise ValueError(f"{name} of w {w.shape} takes b of shape {w.shape[:1]}, got {b.shape}")
    size, step = w.shape[2:], _each(f"stride of {name}", stride, d, 1)
    if padding == "same" and step != (1,) * d:
        raise ValueError(f"{name} takes padding='same' with stride=1 alone, got stride={stride!r}")
    if isinstance(padding, str) and padding not in ("same", "valid"):
        raise ValueError(f"padding of {name} is a number, one for each axis, 'same' or 'valid'; got {padding!r}")
    if padding == "same":
        around = [((k - 1) // 2, k // 2) for k in size]
    else:
        around = [(n, n) for n in _each(f"padding of {name}", 0 if padding == "valid" else padding, d, 0)]
    x = _padded(name, x, size, around, 0)
    y = _conv_row(x, w, step=step)
    return y if b is None else y + reshape(b, (-1, *[1] * d))


def _pooled(name: str, x: Any, size: Any, stride: Any, padding: Any) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """x in its padding, the size of a window and its step."""
    x = _operand(x, name)
    if x.ndim != 4:
        raise ValueError(f"{name} takes x (N, C, H, W), got {x.shape}{'; one example is x[None]' * (x.ndim == 3)}")
    lengths = _each(f"size of {name}", size, 2, 1)
    step = lengths if stride is None else _each(f"stride of {name}", stride, 2, 1)
    around = _each(f"padding of {name}", padding, 2, 0)
    if any(2 * n > k for n, k in zip(around, lengths, strict=True)):
        raise ValueError(f"{name} takes padding of at most half the size {lengths}, got {padding!r}")
    least: Any = False  # 0 in x's dtype
    if name == "max_pool2d" and x.dtype.kind != "b":
        least = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return _padded(name, x, lengths, [(n, n) for n in around], least), lengths, step


def _padded(name: str, x: Any, size: tuple[int, ...], around: list[tuple[int, int]], value: Any) -> Any:
    """x with so many entries of this value before and after each axis of places."""
    lengths = [n + before + after for n, (before, after) in zip(x.shape[2:], around, strict=True)]
    if any(n < k for n, k in zip(lengths, size, strict=True)):
        raise ValueError(f"{name}: a window {size} is larger than x {x.shape}, which has the places {tuple(lengths)}")
    if not any(map(any, around)):
        return x
    return pad(x, [(0, 0), (0, 0), *around], constant_values=value)


def _each(what: str, value: Any, d: int, least: int) -> tuple[int, ...]:
    """A whole number for each of d axes."""
    values = value if isinstance(value, (tuple, list)) else (value,) * d
    if len(values) != d:
        raise ValueError(f"{what} is a number or {d} numbers, got {value!r}")
    return tuple([whole(what, n, least) for n in values])
