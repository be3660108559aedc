"""Ops that reduce an axis, several, or all; softmax; cumsum.

`axis` is None for all, a number, or a tuple of numbers; `keepdims` keeps the reduced axes with
length 1.
Kinks: norm' and std' are 0 where the value is 0. Equal candidates of max and min share the gradient
equally; if the largest is nan there is no candidate, and no gradient. If var and std have no degree
of freedom (ddof is the count or more), their gradients are infinite or nan, as their values are.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import Tensor
from .elementwise import _as_dtype, _as_float, _as_wide, _exponent_row, _ldexp_row, abs  # noqa: A004
from .shapes import astype
from .table import row, stands_for

# of type Any, because NumPy's stubs want `keepdims` to be a literal
_sum_over: Any = np.add.reduce
_max_over: Any = np.maximum.reduce
_min_over: Any = np.minimum.reduce


def _spread(g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """The gradient of a reduction's result, laid out along the axes that were reduced."""
    if x.ndim == 0:  # NumPy accepts axis 0 here too
        return g
    if g.ndim == 0 and isinstance(g, (np.ndarray, np.generic)):  # as broadcast_to does, at a fifth of its cost
        return np.ndarray(x.shape, g.dtype, np.asarray(g), 0, (0,) * x.ndim)
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, x.shape)


def _count(x: Any, y: Any) -> int:
    """The number of entries of x per entry of y, but at least 1, because callers divide by it."""
    return (x.size // (y.size or 1)) or 1


def _reduce(function: Any) -> Any:
    """NumPy's function with the options of a reduction here; over all axes by default."""

    def forward(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=axis, keepdims=keepdims)

    return forward


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over an axis, several, or all."""
    if x.dtype.char not in "fdg" or not x.size:
        # NumPy sums float16 in float32 and integers in float64, and warns of an empty mean
        return np.mean(x, axis=axis, keepdims=keepdims)
    total = _sum_over(x, axis=axis, keepdims=keepdims)
    return total / _count(x, total)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over an axis, several, or all (the default), without overflow."""
    dtype, x = _as_float(x).dtype, _as_wide(_as_float(x))
    with np.errstate(divide="ignore", over="ignore"):  # if every x is -inf, the value is log(0) = -inf
        if not x.size:
            return _as_dtype(np.log(_sum_over(np.exp(x), axis=axis, keepdims=keepdims)), dtype)
        largest = _max_over(x, axis=axis, keepdims=True)
        largest = np.where(np.isfinite(largest), largest, 0)
        y = _as_dtype(np.log(_sum_over(np.exp(x - largest), axis=axis, keepdims=True)) + largest, dtype)
    return y if keepdims else np.squeeze(y, axis=axis)


def _equal_best_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    best = x == _spread(y, x, axis, keepdims)
    count = _sum_over(_as_wide(best.astype(x.dtype)), axis=axis, keepdims=True)
    return np.where(best, _spread(g, x, axis, keepdims) / np.maximum(count, 1), 0)  # no entry equals nan


def _sum_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _spread(g, x, axis, keepdims)


def _norm_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _spread(_over(_as_wide(g), y), x, axis, keepdims) * x


def _mean_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _spread(_as_wide(g) / _count(x, y), x, axis, keepdims)


def _over(g: Any, y: Any) -> Any:
    """g / y, but 0 where y is 0, which is the slope of a root of squares there."""
    return np.where(y == 0, 0, g / np.where(y == 0, 1, y))


def _deviation_rule(g: Any, y: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    x = _as_wide(x)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    twice_share = np.divide(2.0, builtins.max(_count(x, y) - ddof, 0)).item()  # infinite without a degree of freedom
    return _spread(g, x, axis, keepdims) * deviation * twice_share


def _std_rule(g: Any, y: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return _deviation_rule(_over(_as_wide(g), 2 * _as_wide(y)), y, x, axis, ddof, keepdims)


def _prod_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The rule of prod: products of all other entries, without dividing, so zeros are allowed.

    Exponents are added up apart from the mantissas, so that no intermediate product leaves the
    dtype's range.
    """
    if x.ndim == 0:
        return g
    axes = range(x.ndim) if axis is None else [k % x.ndim for k in (axis if isinstance(axis, tuple) else (axis,))]
    order = [k for k in range(x.ndim) if k not in axes] + list(axes)
    moved = np.transpose(x, order)
    rows = np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], int(np.prod([x.shape[k] for k in axes]))))
    before = _product_before(_as_wide(rows))
    after = [np.flip(part, -1) for part in _product_before(_as_wide(np.flip(rows, -1)))]
    others = _ldexp_row(before[0] * after[0], before[1] + after[1])
    return _spread(g, x, axis, keepdims) * np.transpose(np.reshape(others, moved.shape), np.argsort(order))


def _product_before(x: Any) -> tuple[Any, Any]:
    """The product of the entries before each one on the last axis, as m * 2**n.

    It takes log2(count) doubling steps.
    """
    m, n = _normalised(np.concatenate([np.ones_like(x[..., :1]), x[..., :-1]], axis=-1), 0)
    step = 1
    while step < x.shape[-1]:
        products, exponents = _normalised(m[..., step:] * m[..., :-step], n[..., step:] + n[..., :-step])
        m = np.concatenate([m[..., :step], products], axis=-1)
        n = np.concatenate([n[..., :step], exponents], axis=-1)
        step *= 2
    return m, n


def _normalised(m: Any, n: Any) -> tuple[Any, Any]:
    """m * 2**n with 0.5 <= |m| < 1."""
    more = _exponent_row(m)
    return _ldexp_row(m, -more), n + more


sum = row("sum", _reduce(_sum_over), _sum_rule, numpy=np.sum, reduces=np.add, linear="first", batched="axis")  # noqa: A001
mean = row("mean", _mean, _mean_rule, numpy=np.mean, promotes=True)
prod = row("prod", _reduce(np.multiply.reduce), _prod_rule, numpy=np.prod, reduces=np.multiply)
max = row("max", _reduce(_max_over), _equal_best_rule, numpy=(np.max, np.amax), reduces=np.maximum, latex=r"\max")  # noqa: A001
min = row("min", _reduce(_min_over), _equal_best_rule, numpy=(np.min, np.amin), reduces=np.minimum, latex=r"\min")  # noqa: A001
var = row("var", np.var, _deviation_rule)
std = row("std", np.std, _std_rule)
_norm_row = row("norm", np.linalg.norm, _norm_rule)


def _logsumexp_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    y = np.where(y == -np.inf, 0, y)  # if every x is -inf, exp(x - y) has to be 0 and not nan
    with np.errstate(over="ignore"):  # a difference beyond the dtype is -inf, and exp of that is 0
        shares = np.exp(_as_wide(x) - _spread(y, x, axis, keepdims))
    total = _sum_over(shares, axis=axis, keepdims=True)  # 1, except for the rounding of y, which is large if x is large
    return _spread(g, x, axis, keepdims) * shares / np.where(total == 0, 1, total)


logsumexp = row("logsumexp", _logsumexp, _logsumexp_rule, promotes=True)


@stands_for(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """As numpy.linalg.norm: the 2-norm (of a matrix: Frobenius); for vectors also ord 1, inf, -inf.

    >>> import numpy as np, tinygraph as tg
    >>> tg.norm(np.array([3.0, 4.0])).item()
    5.0
    """
    axes = np.ndim(x) if axis is None else np.size(axis)
    x = x if type(x) is Tensor else as_array(x, "norm")
    if x.dtype.kind != "f":
        x = astype(x, float)  # as NumPy does: in int8, abs(-128) is -128
    if ord is None or (axes, ord) in ((1, 2), (2, "fro")):
        return _norm_row(x, axis=axis, keepdims=keepdims)
    if axes == 1 and ord in (1, np.inf, -np.inf):
        reduction = {1: sum, np.inf: max, -np.inf: min}[ord]
        if ord == np.inf and not x.size:  # newer NumPys give 0 for no entries, older ones an error
            np.linalg.norm(np.zeros(x.shape), ord, axis)
            reduction = sum
        return reduction(abs(x), axis=axis, keepdims=keepdims)
    raise ValueError(
        f"norm() of shape {np.shape(x)} with axis={axis} has no rule for ord={ord!r}; it takes None or 'fro' for "
        "matrices, and None, 1, 2, inf or -inf for vectors"
    )


def _softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis (the last by default), without overflow."""
    dtype, x = _as_float(x).dtype, _as_wide(_as_float(x))
    with np.errstate(over="ignore"):  # a difference beyond the dtype is -inf, and exp of that is 0
        e = np.exp(x - _max_over(x, axis=axis, keepdims=True)) if x.size else np.exp(x)
    return _as_dtype(e / _sum_over(e, axis=axis, keepdims=True), dtype)


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)) along an axis (the last by default), without overflow and never log(0)."""
    dtype, x = _as_float(x).dtype, _as_wide(_as_float(x))
    if not x.size:
        return _as_dtype(np.exp(x), dtype)  # no entries; a float even if x is not
    shifted = x - _max_over(x, axis=axis, keepdims=True)
    return _as_dtype(shifted - np.log(_sum_over(np.exp(shifted), axis=axis, keepdims=True)), dtype)


def _softmax_rule(g: Any, y: Any, x: Any, axis: Any = -1) -> Any:
    g, y = _as_wide(g), _as_wide(y)
    return y * (g - _sum_over(g * y, axis=axis, keepdims=True))


def _log_softmax_rule(g: Any, y: Any, x: Any, axis: Any = -1) -> Any:
    g = _as_wide(g)
    return g - np.exp(y) * _sum_over(g, axis=axis, keepdims=True)


# softmax_cross_entropy refuses results of softmax, so softmax's input is kept even if no gradient
# is wanted.
softmax = row("softmax", _softmax, _softmax_rule, keeps_inputs=True)
log_softmax = row("log_softmax", _log_softmax, _log_softmax_rule)


def _cumsum_rule(g: Any, y: Any, x: Any, axis: Any = None) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(_as_wide(g), along), along), along), x.shape)


cumsum = row("cumsum", np.cumsum, _cumsum_rule, linear="first")


argmax = row("argmax", _reduce(np.argmax), None, numpy=np.argmax, as_numpy=".argmax")
argmin = row("argmin", _reduce(np.argmin), None, numpy=np.argmin, as_numpy=".argmin")
any = row("any", _reduce(np.any), None, numpy=np.any, as_numpy=".any")  # noqa: A001
all = row("all", _reduce(np.all), None, numpy=np.all, as_numpy=".all")  # noqa: A001

# their axis moves if one is put in front of the input; None means all axes
_row: Any
for _row in (mean, prod, max, min, var, std, logsumexp, softmax, log_softmax):
    _row.batched = "axis"
