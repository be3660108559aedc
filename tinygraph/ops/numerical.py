"""Differences, integrals, interpolation, convolution, polynomials, and rows of numbers.

Kinks: at a knot, interp has the slope of the segment to the right, at the last knot of that to the
left, and outside the knots 0. unwrap has slope 1, and its jumps have none.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .elementwise import _as_dtype
from .reductions import _over
from .shapes import ARRAY, _along, _axes, _cast_for, _normalised, _numbers, _operand, _scatter_row, astype
from .table import row, stands_for

# --- differences


def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """As numpy.diff: each entry less the one before it, n times.

    >>> import numpy as np, tinygraph as tg
    >>> tg.diff(np.array([1.0, 4.0, 9.0]))
    array([3., 5.])
    """
    x = _operand(x, "diff")
    axis = _normalised("diff", axis, x.ndim)
    if operator.index(n) < 0:
        raise ValueError(f"diff() takes n of at least 0, got {n}")
    parts = [part if part is x else _operand(part, "diff") for part in (prepend, x, append) if part is not None]
    if n and len(parts) > 1:
        edge = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        x = np.concatenate([part if part.ndim else np.broadcast_to(part, edge) for part in parts], axis)
    for _ in range(n):
        later, earlier = x[_along(axis, slice(1, None))], x[_along(axis, slice(None, -1))]
        x = later != earlier if x.dtype == bool else later - earlier
    return x


def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """As numpy.ediff1d: the differences of all entries in a row, between others.

    >>> import numpy as np, tinygraph as tg
    >>> tg.ediff1d(np.array([1.0, 4.0, 9.0]), to_begin=[0])
    array([0., 3., 5.])
    """
    parts: Any = [np.ravel(_operand(part, "ediff1d")) for part in (to_begin, x, to_end) if part is not None]
    k = int(to_begin is not None)
    dtype = parts[k].dtype
    parts[k] = parts[k][1:] - parts[k][:-1]
    parts = _cast_for("ediff1d", parts, dtype, "same_kind")
    return np.concatenate(parts) if len(parts) > 1 else parts[k]


def _gradient_rule(g: Any, y: Any, f: Any, spacing: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    """The transpose of a linear map, whose matrix has entries at most two places off its diagonal.

    So its values for five combs, each with a 1 at every fifth place, have all entries of the
    matrix.
    """
    k = np.arange(f.shape[axis])
    combs: Any = (k[:, None] % 5 == np.arange(5)) * 1.0
    entries = np.gradient(combs, spacing, axis=0, edge_order=edge_order)
    g = np.moveaxis(g, axis, -1)
    parts = [(g * entries[k, (k + off) % 5])[..., (k - off) % len(k)] for off in range(-2, 3)]
    return np.moveaxis(sum(parts[1:], parts[0]), -1, axis)


_gradient_row = row("central_differences", np.gradient, _gradient_rule, None, linear="first")


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """As numpy.gradient: the slopes of f by central differences; several arrays for several axes.

    >>> import numpy as np, tinygraph as tg
    >>> tg.gradient(np.array([1.0, 4.0, 9.0, 16.0]))
    array([3., 4., 6., 7.])
    """
    f = _operand(f, "gradient")
    _numbers("gradient", spacing=varargs)
    axes, steps = _axes(axis, f.ndim), varargs or (1.0,)
    steps = steps * len(axes) if len(steps) == 1 and np.ndim(steps[0]) == 0 else steps
    if len(steps) != len(axes):
        raise TypeError(f"gradient() takes one spacing, or one for each of {len(axes)} axes, got {len(steps)}")
    pairs = [(_normalised("gradient", k, f.ndim), h) for k, h in zip(axes, steps, strict=True)]
    found = [_gradient_row(f, h, axis=k, edge_order=edge_order) for k, h in pairs]
    return found[0] if len(found) == 1 else tuple(found)


# --- sums and integrals


@stands_for(getattr(np, "trapezoid", None), getattr(np, "trapz", None))
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """As numpy.trapezoid (trapz in NumPy 1): the integral of y over x, or over steps of dx.

    >>> import numpy as np, tinygraph as tg
    >>> tg.trapezoid(np.array([1.0, 2.0, 3.0])).item()
    4.0
    """
    y = _operand(y, "trapezoid")
    along = _normalised("trapezoid", axis, y.ndim)
    if x is not None:
        x = _operand(x, "trapezoid")
        dx = diff(x, axis=axis if x.ndim > 1 else -1)
        dx = np.expand_dims(dx, tuple(range(1, y.ndim - along))) if x.ndim == 1 < y.ndim - along else dx
    heights = y[_along(along, slice(1, None))] + y[_along(along, slice(None, -1))]
    return np.sum(dx * heights / 2.0, axis=axis)


unwrap = row("unwrap", np.unwrap, lambda g, y, x, discont=None, axis=-1, period=2 * np.pi: g)


# --- places and interpolation

searchsorted = row("searchsorted", np.searchsorted, None, None)
digitize = row("digitize", np.digitize, None, None)


def _segment(x: Any, xp: Any, fp: Any) -> tuple[Any, ...]:
    """The knots before and after each x, the share of the way between them, and the slope."""
    start = np.minimum(np.maximum(np.searchsorted(xp, x, side="right") - 1, 0), max(len(xp) - 2, 0))
    end = np.minimum(start + 1, len(xp) - 1)
    width = xp[end] - xp[start]
    slope = np.where((x >= xp[0]) & (x <= xp[-1]), _over(fp[end] - fp[start], width), 0)
    beyond = np.where(xp[start] == -np.inf, 0, np.clip(x, xp[0], xp[-1]) - xp[start])  # all the way from there
    return start, end, _over(beyond, width) + (xp[start] == -np.inf), slope


def _at_knots(g: Any, x: Any, xp: Any, fp: Any) -> Any:
    start, end, share, _ = _segment(x, xp, fp)
    parts = _as_dtype(np.stack([g * (1 - share), g * share]), fp.dtype)
    return _scatter_row(parts, np.stack([start, end]), shape=fp.shape, index=(ARRAY,))


def _interp_rule(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    return g * _segment(x, xp, fp)[-1]


def _interp_xp_rule(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    return _at_knots(-g * _segment(x, xp, fp)[-1], x, xp, fp)


def _interp_fp_rule(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    g = g if left is None else np.where(x < xp[0], 0, g)
    return _at_knots(g if right is None else np.where(x > xp[-1], 0, g), x, xp, fp)


_interp_row = row("interp", np.interp, _interp_rule, _interp_xp_rule, _interp_fp_rule)


def interp(x: Any, xp: Any, fp: Any, left: float | None = None, right: float | None = None, period: Any = None) -> Any:
    """As numpy.interp: the values at x of lines between knots (xp, fp), with all three gradients.

    >>> import numpy as np, tinygraph as tg
    >>> tg.interp(np.array([0.5, 5.0]), np.array([0.0, 1.0, 2.0]), np.array([0.0, 10.0, 0.0]))
    array([5., 0.])
    """
    left, right, period = _numbers("interp", left=left, right=right, period=period)
    if period is not None:
        if period == 0:
            raise ValueError("interp() takes a period other than 0")
        x, xp, fp = (_as_dtype(_operand(a, "interp"), np.dtype(float)) for a in (x, xp, fp))
        x, xp, period, left, right = x % abs(period), xp % abs(period), abs(period), None, None
        if xp.ndim != 1 or xp.shape != fp.shape:  # as NumPy: more values than knots would be left out
            raise ValueError(f"interp() takes a value for each knot, got shapes {fp.shape} and {xp.shape}")
        around = np.pad(np.argsort(xp), 1, "wrap")  # a knot before the first one, and one after the last
        turns = np.arange(-1, len(xp) + 1) // len(xp)
        xp, fp = np.take_along_axis(xp, around, 0) + period * turns, np.take_along_axis(fp, around, 0)
    return _interp_row(x, xp, fp, left=left, right=right)


# --- convolution and polynomials


def _unconvolved(g: Any, other: Any, shape: tuple[int, ...]) -> Any:
    """The rule of convolve: the correlation of the full gradient with the other input."""
    full = int(np.prod(shape)) + np.size(other) - 1
    start = (full - len(g)) // 2  # as in NumPy's modes, which leave out the same on both sides
    g = np.pad(g, (start, full - len(g) - start))
    return np.reshape(np.convolve(g, np.flip(other), "valid"), shape)


convolve = row(
    "convolve",
    np.convolve,
    lambda g, y, a, v, mode="full": _unconvolved(g, v, np.shape(a)),
    lambda g, y, a, v, mode="full": _unconvolved(g, a, np.shape(v)),
    linear="one",
)


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """As numpy.correlate: the sums of products of a with v, which is moved along it.

    >>> import numpy as np, tinygraph as tg
    >>> tg.correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([2., 3.])
    """
    a, v = _operand(a, "correlate"), _operand(v, "correlate")
    return convolve(a, np.flip(v), mode=mode) if a.size >= v.size else np.flip(convolve(v, np.flip(a), mode=mode))


def polyval(p: Any, x: Any) -> Any:
    """As numpy.polyval: the polynomial with coefficients p, the highest power first, at x.

    >>> import numpy as np, tinygraph as tg
    >>> tg.polyval(np.array([1.0, 0.0, 2.0]), np.array([3.0]))
    array([11.])
    """
    p, x = _operand(p, "polyval"), _operand(x, "polyval")
    y: Any = np.zeros(x.shape, x.dtype)
    for k in range(len(p)):
        y = y * x + p[k]
    return y


@stands_for(np.polyfit)
def _polyfit(x: Any, y: Any, deg: int, rcond: Any = None, *, w: Any = None) -> Any:
    x, y = _operand(x, "polyfit") + 0.0, _operand(y, "polyfit") + 0.0
    powers = vander(x, deg + 1)
    if w is not None:
        w = _operand(w, "polyfit")
        powers, y = powers * w[:, None], astype((y.T * w).T, y.dtype)
    sizes = np.linalg.norm(powers, axis=0)
    found = np.linalg.lstsq(powers / sizes, y, rcond=len(x) * np.finfo(x.dtype).eps if rcond is None else rcond)[0]
    return (found.T / sizes).T


def _vander_rule(g: Any, y: Any, x: Any, N: Any = None, increasing: bool = False) -> Any:
    g, y = (g, y) if increasing else (np.flip(g, 1), np.flip(y, 1))
    return np.sum(g[:, 1:] * np.arange(1, y.shape[1]) * y[:, :-1], axis=1)


vander = row("vander", np.vander, _vander_rule)


# --- numbers in a row: y is linear in both ends


def _linspace_rule(g: Any, y: Any, start: Any, stop: Any, num: Any = 50, endpoint: Any = True, axis: Any = 0) -> Any:
    """For each end, the sum of g along the row, weighted by how close each entry is to it."""
    g = np.moveaxis(g, axis, -1)
    return [g @ np.linspace(1.0 - end, end, num, endpoint) for end in (0, 1)]


_linspace_row = row("linspace", np.linspace, joint=_linspace_rule, promotes=True)


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """As numpy.linspace: numbers in even steps from start to stop; also the step if `retstep`.

    >>> import tinygraph as tg
    >>> tg.linspace(0.0, 1.0, 3)
    array([0. , 0.5, 1. ])
    """
    [num] = _numbers("linspace", num=num)
    given = {"num": (num, 50), "endpoint": (endpoint, True), "axis": (axis, 0)}
    y = _linspace_row(start, stop, **{name: value for name, (value, usual) in given.items() if value is not usual})
    y = np.floor(y) if np.dtype(dtype).kind in "iu" else y
    y = y if dtype is None else astype(y, dtype)
    steps = num - bool(endpoint)
    return (y, (stop * 1.0 - start * 1.0) / steps if steps > 0 else np.nan) if retstep else y


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """As numpy.logspace: base ** linspace(start, stop), each the same multiple of the last.

    >>> import tinygraph as tg
    >>> tg.logspace(0.0, 2.0, 3)
    array([  1.,  10., 100.])
    """
    if np.ndim(base):  # it has a row for each of its entries
        start, stop, base = np.broadcast_arrays(start, stop, base)
        base = np.expand_dims(base, axis)
    y = base ** linspace(start, stop, num, endpoint, axis=axis)
    return y if dtype is None else astype(y, dtype)


@stands_for(np.geomspace)
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    start, stop = (astype(_operand(end, "geomspace"), float) for end in (start, stop))
    sign = np.sign(start)
    y = sign * logspace(np.log10(start / sign), np.log10(stop / sign), num, endpoint)
    k = np.reshape(np.arange(num), (-1, *[1] * (y.ndim - 1)))
    y = np.moveaxis(np.where(k == 0, start, np.where((k == num - 1) & endpoint, stop, y)), 0, axis)
    return y if dtype is None else astype(y, dtype)
