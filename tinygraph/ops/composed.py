"""Losses as ops: the cross-entropy of each example, from probabilities or from scores."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..tensor import Tensor
from .elementwise import _as_dtype, _as_float, _as_wide, sigmoid
from .reductions import _max_over, _sum_over, log_softmax, softmax
from .table import row

_down: Any = partial(_sum_over, axis=0, keepdims=True)


def _logistic_loss(Z: Any, Y: Any) -> Any:
    """-(Y log(A) + (1 - Y) log(1 - A)) for A = sigmoid(Z), exact even if A rounds to 0 or 1."""
    Z = _as_float(Z)
    # -log(A) = log1p(exp(-|Z|)) - min(Z, 0), and -log(1 - A) is the same for -Z
    return np.maximum(Z, 0.0) - Y * Z + np.log1p(np.exp(-np.abs(Z)))


# The slope in A is (A - Y) / (A (1 - A)), the lesson's dAL. It is infinite if A has rounded to 0 or
# 1, and sigmoid's rule would turn it into 0 * inf. So a number too small to matter otherwise is
# added to the denominator. What Z's gradient, A - Y, loses by that comes back as a slope in Z
# itself. No float16 is that small: there, the slope in A is clipped at the largest float16, and Z
# gets the rest.
_TINY = {np.dtype(t): float(np.finfo(t).tiny) ** 0.9 for t in (np.float32, np.float64, np.longdouble)}
_LARGEST_HALF = float(np.finfo(np.float16).max)
# An A above this does not change when the tiny number is added.
_WHOLE = {dtype: tiny / float(np.finfo(dtype).eps) ** 2 for dtype, tiny in _TINY.items()}


def _slope_in_a(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    if A.dtype.itemsize < 4:
        return np.clip(_slope_in_a(_as_wide(g), y, _as_wide(A), Y, Z), -_LARGEST_HALF, _LARGEST_HALF)
    return g * (A - Y) / (A * (1.0 - A) + _TINY[A.dtype])


def _slope_in_z(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    if A.dtype.itemsize < 4:
        wide = _as_wide(A)
        return _as_wide(g) * (wide - Y) - _slope_in_a(g, y, A, Y, Z) * wide * (1 - wide)
    # twice as fast as A.min() and A.max() for a few hundred entries; also nan if there is one
    if isinstance(A, np.ndarray) and A.size and A.item(A.argmin()) > _WHOLE[A.dtype] and A.item(A.argmax()) < 1:
        return None  # the usual case: the slope in A is exact, and a third of the backward pass is saved
    return _slope_in_a(g, y, A, Y, Z) * _TINY[A.dtype]


def _slope_in_y(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    return -g * Z


def _whole_slope_in_z(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    return _as_wide(g) * (_as_wide(A) - Y)


def _plain_in_a(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    return g * (A - Y) / (A * (1.0 - A))


def _plain_in_z(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    """The rest of g * (A - Y) that the finite slope in A has left."""
    return g * (A - Y) - _plain_in_a(g, y, A, Y, Z) * A * (1.0 - A)


def _past_a(inputs: Any, keep: Any) -> Any:
    """The rules that hand all of Z's gradient to Z at once, if nobody asks for A's own."""
    A, _, Z = inputs
    of_z = type(A) is Tensor and A.op is sigmoid and A._inputs[0] is Z and A._requires_grad is True
    return (None, _slope_in_y, _whole_slope_in_z) if of_z and A not in keep else None


log_loss = row(
    "log_loss",
    lambda A, Y, Z: _logistic_loss(Z, Y),
    *(_slope_in_a, _slope_in_y, _slope_in_z),
    plain=(_plain_in_a, _slope_in_y, _plain_in_z),
    may_skip=True,
    shortcut=_past_a,
    batched="entries",
)
logistic_loss = row(
    "logistic_loss",
    _logistic_loss,
    lambda g, y, Z, Y: g * (sigmoid(Z) - Y),
    lambda g, y, Z, Y: -g * Z,
    batched="entries",
)


def _softmax_loss(Z: Any, Y: Any) -> Any:
    """-log(softmax(Z)) at each column's label, or its mean over probabilities Y: (1, m)."""
    dtype, Z = Z.dtype, _as_wide(Z)
    shifted = Z - _max_over(Z, axis=0, keepdims=True)
    log_total = np.log(_down(np.exp(shifted)))
    if Y.dtype.kind != "f":
        loss = log_total - shifted[Y, np.arange(Z.shape[1])]
    else:  # 0 * log(0) is 0 here, because a class may be masked by -inf
        loss = log_total * _down(_as_wide(Y)) - _down(Y * np.where(Y == 0, 0, shifted))
    return _as_dtype(loss, dtype)


def _slope_in_scores(g: Any, y: Any, Z: Any, Y: Any) -> Any:
    A = softmax(_as_wide(Z), axis=0)
    return g * (A * _down(_as_wide(Y)) - Y if Y.dtype.kind == "f" else A - (np.arange(Z.shape[0])[:, None] == Y))


def _slope_in_shares(g: Any, y: Any, Z: Any, Y: Any) -> Any:
    logs = log_softmax(Z, axis=0)
    return -g * np.where((Y == 0) & (logs == -np.inf), 0, logs)


softmax_loss = row("softmax_loss", _softmax_loss, _slope_in_scores, _slope_in_shares)
