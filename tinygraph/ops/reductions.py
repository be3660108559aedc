"""Ops that reduce an axis, several, or all; softmax; cumsum.

`axis` is None for all, a number, or a tuple of numbers; `keepdims` keeps the reduced axes with
length 1.
NumPy's rare options are composed of other ops where the row does not take them: `where` leaves
entries out, `dtype` casts first. With `where`, sums of floats equal NumPy's to rounding.
Kinks: norm' and std' are 0 where the value is 0; norm' of any ord is 0 in an entry that is 0, and
norm' of ord 0 is 0. Equal candidates of max and min share the gradient equally, also if `initial`
equals them; if the largest is nan there is no candidate, and no gradient. If var and std have no
degree of freedom (ddof is the count or more), their gradients are infinite or nan, as their values
are. logsumexp with `b` has slope 0 where the weighted sum is 0.
"""

from __future__ import annotations

import builtins
from functools import partial
from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import OPS, Tensor
from . import table
from .elementwise import _as_dtype, _as_float, _as_wide, _exponent_row, _ldexp_row, abs  # noqa: A004
from .shapes import _axes, _named, _operand, astype, broadcast_to, expand_dims, moveaxis, squeeze
from .table import stands_for

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


def _wide(x: Any) -> tuple[Any, Any]:
    """The dtype of x as floats, and x in a dtype to sum up in."""
    x = _as_float(x)
    return x.dtype, _as_wide(x)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over an axis, several, or all (the default), without overflow."""
    dtype, x = _wide(x)
    largest = _max_over(x, axis=axis, keepdims=True) if x.size else 0.0
    largest = np.where(np.isfinite(largest), largest, 0)
    with np.errstate(divide="ignore", over="ignore"):  # if every x is -inf, the value is log(0) = -inf
        y = _as_dtype(np.log(_sum_over(np.exp(x - largest), axis=axis, keepdims=True)) + largest, dtype)
    return y if keepdims else np.squeeze(y, axis=axis)


def _equal_best_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    best = x == _spread(y, x, axis, keepdims)
    count = _sum_over(_as_wide(best.astype(x.dtype)), axis=axis, keepdims=True)
    return np.where(best, _spread(g, x, axis, keepdims) / np.maximum(count, 1), 0)  # no entry equals nan


def _sum_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _spread(g, x, axis, keepdims)


def _norm_rule(g: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    if ord is None:
        return _spread(_over(_as_wide(g), y), x, axis, keepdims) * x
    if ord == 0:
        return np.zeros_like(x)
    share = np.where(x == 0, 1, np.abs(x) / _spread(np.where(y == 0, 1, y), x, axis, keepdims))
    return _spread(np.where(y == 0, 0, g), x, axis, keepdims) * np.sign(x) * share ** (ord - 1)


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
    """The rule of prod: products of all other entries, without dividing, so zeros are allowed."""
    if x.ndim == 0:
        return g
    axes, count = _axes(axis, x.ndim), _count(x, y)
    last = range(-len(axes), 0)
    moved = np.moveaxis(x, axes, last)
    others = _others(_as_wide(np.ravel(moved)), np.arange(x.size) // count, count)
    return _spread(g, x, axis, keepdims) * np.moveaxis(np.reshape(others, moved.shape), last, axes)


def _others(x: Any, rows: Any, longest: int) -> Any:
    """For each entry, the product of the others of its row; `rows` has their numbers, in order.

    Exponents are added up apart from the mantissas, so that no intermediate product leaves the
    dtype's range.
    """
    m, n = _product_before(x, rows, longest)
    after, exponents = map(np.flip, _product_before(np.flip(x), np.flip(rows), longest))
    return _ldexp_row(m * after, n + exponents)


def _product_before(x: Any, rows: Any, longest: int) -> tuple[Any, Any]:
    """The product of the entries before each one in its row, as m * 2**e; log2(longest) steps."""

    def before(x: Any, step: int, none: int) -> Any:
        there = rows[step:] == rows[:-step]
        return np.concatenate([np.full_like(x[:step], none), np.where(there, x[:-step], none)])

    (m, n), step = _normalised(before(x, 1, 1), 0), 1
    while step < longest:
        m, n = _normalised(m * before(m, step, 1), n + before(n, step, 0))
        step *= 2
    return m, n


def _normalised(m: Any, n: Any) -> tuple[Any, Any]:
    """m * 2**n with 0.5 <= |m| < 1."""
    more = _exponent_row(m)
    return _ldexp_row(m, -more), n + more


# --- options that few calls have


def _typed(op: Any, x: Any, dtype: Any) -> Any:
    x = _operand(x, op.name)
    return x if dtype is None else astype(x, dtype)


def _mask(op: Any, where: Any, x: Any) -> Any:
    """The option `where` as booleans of x's shape."""
    mask = _operand(where, f"{op}(where=...)")
    mask = mask if mask.dtype == bool else mask.astype(bool)
    return mask if mask.shape == x.shape else _named(op.name, x, {"where": mask}, broadcast_to, mask, x.shape)


def _number(where: str, value: Any) -> Any:
    if type(value) is Tensor:
        raise TypeError(f"{where} takes a plain number, not a Tensor: t.item()")
    return value


def _reduced(op: Any, x: Any, *, dtype: Any = None, initial: Any = None, where: Any = True, **options: Any) -> Any:
    """A reduction of the entries `where` in `dtype`, from `initial` on."""
    x = _typed(op, x, dtype)
    if where is not True:
        neutral = _NEUTRAL.get(op, initial)
        if neutral is None:
            raise ValueError(f"{op}() with where= takes initial= too, the result if no entry is left")
        # NumPy makes `initial` an entry of x's dtype too
        x = np.where(_mask(op, where, x), x, neutral if x.dtype.kind == "f" else x.dtype.type(neutral).item())
    y = op(x, **options) if initial is None else _FROM[op](x, initial=_number(f"{op}(initial=...)", initial), **options)
    return y if dtype is None else astype(y, dtype)  # sums of small integers are wide


def _chosen(op: Any, x: Any, *, initial: Any = None, where: Any = True, **options: Any) -> Any:
    return _reduced(op, x, initial=initial, where=where, **options)


def _asked(op: Any, x: Any, *, where: Any = True, **options: Any) -> Any:
    return _reduced(op, x, where=where, **options)


def _scanned(op: Any, x: Any, *, dtype: Any = None, **options: Any) -> Any:
    return _reduced(op, x, dtype=dtype, **options)


def _averaged(op: Any, x: Any, *, dtype: Any = None, where: Any = True, **options: Any) -> Any:
    if where is True:
        return _reduced(op, x, dtype=dtype, **options)
    x = _as_float(_typed(op, x, dtype))
    mask, wide = _mask(op, where, x), _as_wide(x)
    total, count = sum(np.where(mask, wide, 0), **options), sum(astype(mask, wide.dtype), **options)
    return astype(total / count, x.dtype if dtype is None else dtype)


def _freedom(op: Any, correction: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options with `correction` as ddof."""
    ddof = options.get("ddof", 0)
    if correction is not None and ddof != 0:
        raise ValueError(f"{op}() takes either ddof= or correction=, which mean the same; got {ddof} and {correction}")
    return options if correction is None else {**options, "ddof": correction}


def _deviated(
    op: Any, x: Any, *, dtype: Any = None, where: Any = True, mean: Any = None, correction: Any = None, **options: Any
) -> Any:
    """var or std of the entries `where`, around this `mean`; `correction` is ddof."""
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise TypeError(f"{op}() takes a dtype of floats, got {np.dtype(dtype)}")
    options = _freedom(op, correction, options)
    ddof = options.pop("ddof", 0)
    if where is True and mean is None:
        return _reduced(op, x, dtype=dtype, ddof=ddof, **options)
    x = _as_float(_typed(op, x, dtype))
    dtype = np.result_type(x.dtype, getattr(mean, "dtype", x.dtype)) if dtype is None else dtype
    mask, wide = _mask(op, where, x), _as_wide(x)
    if mean is None:
        mean = _averaged(OPS["mean"], wide, where=mask, **{**options, "keepdims": True})
    freedom = sum(astype(mask, wide.dtype), **options) - ddof
    y = sum(np.square(np.where(mask, wide - mean, 0)), **options) / np.maximum(freedom, 0)
    y = astype(y, dtype)
    return np.where(y == 0, 0, np.sqrt(np.where(y == 0, 1, y))) if op is std else y  # the root's slope at 0 is 0


row: Any = partial(table.row, batched="axis")
sum = row("sum", _reduce(_sum_over), _sum_rule, numpy=np.sum, reduces=np.add, linear="first", keywords=_reduced)  # noqa: A001
mean = row("mean", _mean, _mean_rule, numpy=np.mean, promotes=True, keywords=_averaged)
prod = row("prod", _reduce(np.multiply.reduce), _prod_rule, numpy=np.prod, reduces=np.multiply, keywords=_reduced)
var = row("var", np.var, _deviation_rule, keywords=_deviated)
std = row("std", np.std, _std_rule, keywords=_deviated)
row = partial(row, keywords=_chosen)
max = row("max", _reduce(_max_over), _equal_best_rule, numpy=np.max, reduces=np.maximum, latex=r"\max")  # noqa: A001
min = row("min", _reduce(_min_over), _equal_best_rule, numpy=np.min, reduces=np.minimum, latex=r"\min")  # noqa: A001
amax, amin = stands_for(np.amax)(max), stands_for(np.amin)(min)
row = table.row
_norm_row = row("norm", np.linalg.norm, _norm_rule)


def _reduce_from(ufunc: Any) -> Any:
    return lambda x, initial=0, axis=None, keepdims=False: ufunc.reduce(x, axis, None, None, keepdims, initial)


def _from(rule: Any, scaled: bool = False) -> Any:
    return lambda g, y, x, initial=0, **options: rule(g * initial if scaled else g, y, x, **options)


_FROM = {  # with initial=; a product's slopes have it as a factor
    sum: row("sum_from", _reduce_from(np.add), _from(_sum_rule), as_numpy=".sum", batched="axis"),
    prod: row("prod_from", _reduce_from(np.multiply), _from(_prod_rule, True), as_numpy=".prod"),
    max: row("max_from", _reduce_from(np.maximum), _from(_equal_best_rule), as_numpy=".max"),
    min: row("min_from", _reduce_from(np.minimum), _from(_equal_best_rule), as_numpy=".min"),
}


def _logsumexp_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    y = np.where(y == -np.inf, 0, y)  # if every x is -inf, exp(x - y) has to be 0 and not nan
    with np.errstate(over="ignore"):  # a difference beyond the dtype is -inf, and exp of that is 0
        shares = np.exp(_as_wide(x) - _spread(y, x, axis, keepdims))
    total = _sum_over(shares, axis=axis, keepdims=True)  # 1, except for the rounding of y, which is large if x is large
    return _spread(g, x, axis, keepdims) * shares / np.where(total == 0, 1, total)


def _weighted_logsumexp(op: Any, x: Any, axis: Any = None, keepdims: bool = False, *, b: Any = None) -> Any:
    """log(sum(b * exp(x))), as scipy.special.logsumexp; an x with b = 0 counts for nothing."""
    if b is None:
        return op(x, axis=axis, keepdims=keepdims)
    x = _as_float(_operand(x, op.name))
    b = b if isinstance(b, (Tensor, int, float)) else as_array(b, f"{op}(b=...)")
    dtype = np.result_type(x.dtype, getattr(b, "dtype", b))
    x = np.where(b == 0, -np.inf, _as_wide(astype(x, dtype)))
    # no slope depends on the number that keeps exp in range
    largest = max(x.detach() if type(x) is Tensor else x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    total = sum(b * np.exp(x - largest), axis=axis, keepdims=True)
    y = astype(np.where(total == 0, -np.inf, np.log(np.where(total == 0, 1, total))) + largest, dtype)
    return y if keepdims else squeeze(y, axis=axis)


logsumexp = row("logsumexp", _logsumexp, _logsumexp_rule, promotes=True, batched="axis", keywords=_weighted_logsumexp)


@stands_for(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """As numpy.linalg.norm: of a vector with any ord; of a matrix "fro", "nuc", 1, 2, inf, -1, ...

    >>> import numpy as np, tinygraph as tg
    >>> tg.norm(np.array([3.0, 4.0])).item()
    5.0
    """
    x = _as_float(_operand(x, "norm"))  # as NumPy does: in int8, abs(-128) is -128
    axes = _axes(axis, x.ndim)
    kind = len(axes), _number("norm(ord=...)", ord)
    if kind == (1, 1):
        return sum(abs(x), axis=axis, keepdims=keepdims)
    if kind in ((1, np.inf), (1, -np.inf), (2, 1), (2, -1), (2, np.inf), (2, -np.inf)):
        lines = abs(x) if len(axes) == 1 else sum(abs(x), axis=axes[builtins.abs(ord) != 1], keepdims=True)
        return _best(lines, ord, axes, keepdims)
    if kind in ((2, 2), (2, -2), (2, "nuc")):
        table.load()  # with it comes linalg, which stands above this module
        values = OPS["linalg.svdvals"](moveaxis(x, axes, (-2, -1)))
        y = sum(values, axis=-1) if ord == "nuc" else _best(values, ord, -1, False)
        return expand_dims(y, tuple(k % x.ndim for k in axes)) if keepdims else y
    usual = ord is None or kind in ((1, 2), (2, "fro"), (2, "f"))
    return _norm_row(x, axis=axis, keepdims=keepdims, **{} if usual else {"ord": ord})


def _best(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:  # noqa: A002
    """The largest of entries from 0 on, or the smallest if ord < 0; of none, the largest is 0."""
    if ord < 0:
        return min(x, axis=axis, keepdims=keepdims)
    return max(x, axis=axis, keepdims=keepdims, **({} if x.size else {"initial": 0}))


def _softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis (the last by default), without overflow."""
    dtype, x = _wide(x)
    with np.errstate(over="ignore"):  # a difference beyond the dtype is -inf, and exp of that is 0
        e = np.exp(x - _max_over(x, axis=axis, keepdims=True)) if x.size else x
    return _as_dtype(e / _sum_over(e, axis=axis, keepdims=True), dtype)


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)) along an axis (the last by default), without overflow and never log(0)."""
    dtype, x = _wide(x)
    if x.size:
        x = x - _max_over(x, axis=axis, keepdims=True)
        x -= np.log(_sum_over(np.exp(x), axis=axis, keepdims=True))
    return _as_dtype(x, dtype)


def _softmax_rule(g: Any, y: Any, x: Any, axis: Any = -1) -> Any:
    g, y = _as_wide(g), _as_wide(y)
    return y * (g - _sum_over(g * y, axis=axis, keepdims=True))


def _log_softmax_rule(g: Any, y: Any, x: Any, axis: Any = -1) -> Any:
    g = _as_wide(g)
    return g - np.exp(y) * _sum_over(g, axis=axis, keepdims=True)


# softmax_cross_entropy refuses results of softmax, so softmax's input is kept even if no gradient
# is wanted.
softmax = row("softmax", _softmax, _softmax_rule, keeps_inputs=True, batched="axis")
log_softmax = row("log_softmax", _log_softmax, _log_softmax_rule, batched="axis")


def _cumsum_rule(g: Any, y: Any, x: Any, axis: Any = None) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(_as_wide(g), along), along), along), x.shape)


cumsum = row("cumsum", np.cumsum, _cumsum_rule, linear="first", keywords=_scanned)
argmax = row("argmax", _reduce(np.argmax), None, numpy=np.argmax, as_numpy=".argmax")
argmin = row("argmin", _reduce(np.argmin), None, numpy=np.argmin, as_numpy=".argmin")
any = row("any", _reduce(np.any), None, numpy=np.any, as_numpy=".any", keywords=_asked)  # noqa: A001
all = row("all", _reduce(np.all), None, numpy=np.all, as_numpy=".all", keywords=_asked)  # noqa: A001
_NEUTRAL = {sum: 0, prod: 1, any: False, all: True}
