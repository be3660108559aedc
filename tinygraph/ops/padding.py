"""pad: entries around each axis of an array, in all modes of numpy.pad but "empty" and functions.

The modes constant, edge, wrap, reflect, symmetric and linear_ramp are linear in x, and the rule is
the transposed map. maximum, mean, median and minimum join a value to x, and have its gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import Tensor
from . import reductions
from .shapes import _along, _as_entries, _back, _joined, _named, _normalised, _numbers, _operand, astype, reshape
from .statistics import median
from .table import row

VALUES = {"maximum": reductions.max, "mean": reductions.mean, "median": median, "minimum": reductions.min}
USUAL = {"constant_values": 0, "end_values": 0, "reflect_type": "even", "stat_length": None}
# the one that a mode has
OPTION = {"constant": "constant_values", "edge": "", "linear_ramp": "end_values", "wrap": ""}
OPTION |= {"reflect": "reflect_type", "symmetric": "reflect_type"} | dict.fromkeys(VALUES, "stat_length")


def _pad_rule(g: Any, y: Any, x: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode == "constant":
        return g[tuple([slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True)])]
    if mode != "linear_ramp" and not options:
        return _back(g, x, np.pad, pad_width, mode)
    options.pop("end_values", None)
    for axis, widths in enumerate(pad_width):  # along an axis, x is multiplied by what the unit vectors become
        matrix = np.pad(np.eye(x.shape[axis], dtype=g.dtype), [(0, 0), widths], mode, **options)
        g = np.swapaxes(np.matmul(np.swapaxes(g, axis, -1), matrix.T), axis, -1)
    return g


_pad_row = row("pad", np.pad, _pad_rule)


def _pairs(x: Any, option: str, value: Any) -> list[Any]:
    """An option of pad as a pair, before and after x, for each axis."""
    [value] = _numbers("pad", **{option: value})
    array = as_array(value, f"pad({option}=...)")
    return _named("pad", x, {option: value}, np.broadcast_to, array, (np.ndim(x), 2)).tolist()


def pad(
    x: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    *,
    end_values: Any = 0,
    reflect_type: Any = "even",
    stat_length: Any = None,
) -> Any:
    """x with `pad_width` entries around each axis, given as for numpy.pad.

    They are `constant_values`, which may be a Tensor. The modes edge, wrap, reflect and symmetric
    (with `reflect_type`) repeat entries of x. maximum, mean, median and minimum put that of the
    `stat_length` entries next to the border, or of all. linear_ramp goes to `end_values`.

    >>> import numpy as np, tinygraph as tg
    >>> tg.pad(np.ones(2), (1, 2))
    array([0., 1., 1., 0., 0.])
    """
    if not isinstance(mode, str) or mode not in OPTION:
        raise ValueError(
            f"pad() has gradient rules for the modes {', '.join(OPTION)}, got mode={mode!r}; "
            "write the border with tg.concatenate"
        )
    given = {"constant_values": constant_values, "end_values": end_values}
    given |= {"reflect_type": reflect_type, "stat_length": stat_length}
    given = {name: value for name, value in given.items() if value is not USUAL[name]}
    for name in given.keys() - {OPTION[mode]}:
        raise ValueError(f"pad() takes no {name} with mode={mode!r}")
    if isinstance(pad_width, dict):  # for some of the axes
        of_axis = {_normalised("pad", axis, np.ndim(x)): width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(of_axis.get(k, 0), 2).tolist() for k in range(np.ndim(x))]
    widths = _pairs(x, "pad_width", pad_width)
    if not widths:  # no axis to pad, which NumPy accepts
        return reshape(x, ())
    if mode in VALUES and np.size(x):
        _named("pad", x, {"pad_width": pad_width}, np.pad, np.empty((0,) * len(widths)), widths)  # NumPy checks them
        lengths = _pairs(x, "stat_length", max(np.shape(x)) if stat_length is None else stat_length)
        return _with_values(_operand(x, "pad"), widths, VALUES[mode], lengths)
    if type(constant_values) is Tensor:
        x = _operand(x, "pad")
        fill = _as_entries("pad", constant_values, x.dtype)
        return _joined(lambda places, more: np.pad(places, widths, constant_values=more), x, fill)
    if mode == "constant":
        as_array(constant_values, "pad(constant_values=...)")
        return _pad_row(x, pad_width=widths, constant_values=constant_values)
    if "end_values" in given:
        [given["end_values"]] = _numbers("pad", end_values=end_values)
        as_array(given["end_values"], "pad(end_values=...)")
    return _pad_row(x, pad_width=widths, mode=mode, **given)


def _with_values(x: Any, widths: Any, function: Any, lengths: Any) -> Any:
    """x between values of its first and its last entries, along one axis after another."""
    for axis, (pair, of_axis) in enumerate(zip(widths, lengths, strict=True)):
        if not any(pair):
            continue
        if min(of_axis) < 1:
            raise ValueError(f"pad() takes a stat_length of at least 1, got {of_axis} for axis {axis}")
        n = x.shape[axis]
        spans = slice(0, min(of_axis[0], n)), slice(max(n - of_axis[1], 0), n)
        before, after = (function(x[_along(axis, span)], axis=axis, keepdims=True) for span in spans)
        if before.dtype != x.dtype:  # the mean or the middle of integers
            before, after = (astype(np.rint(value) if x.dtype != bool else value, x.dtype) for value in (before, after))
        x = np.concatenate([np.repeat(before, pair[0], axis), x, np.repeat(after, pair[1], axis)], axis)
    return x
