"""Quantiles, averages, covariances, products along an axis, and reductions that leave out nan.

Ties: equal candidates of median, quantile, percentile, ptp, nanmax and nanmin share the gradient
equally. A quantile between two entries, such as the median of an even count, gives each its weight.
cumprod allows zeros, because its rule does not divide. An entry that is nan gets no gradient from
the functions whose names begin with nan, nor from quantiles; nanstd' is 0 where the value is 0.
"""

from __future__ import annotations

import math
from functools import partial, update_wrapper, wraps
from typing import Any

import numpy as np

from ..arrays import NUMPY_1
from ..tensor import Tensor
from . import reductions
from .elementwise import _as_dtype, _as_wide
from .reductions import _equal_best_rule, _over, _prod_rule, _spread, _sum_over, _sum_rule
from .shapes import _axes, _normalised, _numbers, _operand, astype
from .table import row


def _cumprod_rule(g: Any, y: Any, x: Any, axis: Any = None) -> Any:
    """The rule of cumprod, without dividing: the product of the entries before i, times s(i).

    s(i) = g(i) + x(i + 1) s(i + 1). Each step doubles how many terms of s(i) are in `sums`, and of
    how many entries after i `factors` has the product.
    """
    along = -1 if axis is None else axis
    wide, sums, products = (np.swapaxes(_as_wide(a), along, -1) for a in (np.reshape(x, y.shape), g, y))
    factors, step = wide[..., 1:], 1
    while step < wide.shape[-1]:
        sums = np.concatenate([sums[..., :-step] + factors * sums[..., step:], sums[..., -step:]], axis=-1)
        factors = factors[..., :-step] * factors[..., step:]
        step *= 2
    before = np.concatenate([np.ones_like(wide[..., :1]), products[..., :-1]], axis=-1)
    return np.reshape(np.swapaxes(before * sums, along, -1), x.shape)


cumprod = row("cumprod", np.cumprod, _cumprod_rule, keywords=reductions._scanned)


# --- without nan: where there is one, the gradient is 0


def _without_nan(rule: Any, fill: float) -> Any:
    """The rule of a reduction that takes nan for `fill`, from the rule of the plain reduction."""

    def without(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.where(np.isnan(x), 0, rule(g, y, np.where(np.isnan(x), fill, x), axis, keepdims))

    return without


def _shares(x: Any, axis: Any, ddof: int = 0) -> Any:
    """1 / (count - ddof) for the entries that are not nan; infinite without a degree of freedom."""
    count = _sum_over(_as_wide((~np.isnan(x)).astype(x.dtype)), axis=axis, keepdims=True)
    return 1.0 / np.maximum(np.maximum(count, 1) - ddof, 0)  # no entries at all have no gradient anyway


def _nanmean_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.where(np.isnan(x), 0, _spread(_as_wide(g), x, axis, keepdims) * _shares(x, axis))


def _nanvar_rule(g: Any, y: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    mean = _sum_over(_as_wide(np.where(np.isnan(x), 0, x)), axis=axis, keepdims=True) * _shares(x, axis)
    deviation = np.where(np.isnan(x), mean, x) - mean  # no nan, which second gradients would multiply by 0
    slope = _spread(_as_wide(g), x, axis, keepdims) * deviation * (2 * _shares(x, axis, ddof))
    return np.where(np.isnan(x), 0, slope)


def _nanstd_rule(g: Any, y: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return _nanvar_rule(_over(_as_wide(g), 2 * _as_wide(y)), y, x, axis, ddof, keepdims)


def _composed(plain: Any) -> Any:
    """How a call with options that the plain reduction has too is composed."""

    @wraps(plain.keywords)
    def keywords(op: Any, x: Any, *, where: Any = True, correction: Any = None, **options: Any) -> Any:
        more = {name: options.pop(name, None) for name in ("dtype", "initial", "mean")}
        more = {name: value for name, value in more.items() if value is not None}
        options = reductions._freedom(op, correction, options)
        x = _operand(x, op.name)
        if x.dtype.kind != "f":  # there is no nan
            return plain(x, where=where, **more, **options)
        dtype, initial = np.dtype(more.get("dtype", x.dtype)), more.get("initial")
        if dtype.kind != "f" and not plain.reduces:
            raise TypeError(f"{op}() of floats takes a dtype of floats, got {dtype}")
        if op.name in ("nanmax", "nanmin") and initial != initial:
            del more["initial"]
        if more.keys() <= {"dtype"} and dtype.kind == "f":  # what is left out counts as nan
            x = astype(x, dtype)
            return op(x if where is True else np.where(where, x, np.nan), **options)
        there = ~np.isnan(x)
        where = there if where is True else np.logical_and(where, there)
        # nan has no integer, so that it is left out before a cast to integers
        return plain(x if dtype.kind == "f" else np.where(there, x, 0), where=where, **more, **options)

    return keywords


nansum = row("nansum", np.nansum, _without_nan(_sum_rule, 0), keywords=_composed(reductions.sum))
nanprod = row("nanprod", np.nanprod, _without_nan(_prod_rule, 1), keywords=_composed(reductions.prod))
nanmean = row("nanmean", np.nanmean, _nanmean_rule, keywords=_composed(reductions.mean))
nanvar = row("nanvar", np.nanvar, _nanvar_rule, keywords=_composed(reductions.var))
nanstd = row("nanstd", np.nanstd, _nanstd_rule, keywords=_composed(reductions.std))
nanmax = row("nanmax", np.nanmax, _equal_best_rule, keywords=_composed(reductions.max))  # no entry equals nan
nanmin = row("nanmin", np.nanmin, _equal_best_rule, keywords=_composed(reductions.min))


# --- quantiles


def _quantile_rule(
    g: Any, y: Any, x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: Any = False, weights: Any = None
) -> Any:
    if not y.size or not x.size:
        return np.zeros_like(x)
    if weights is not None:  # each quantile is an entry, but none of weight 0
        x = np.where(_laid_along(np.asarray(weights), x, axis) == 0, np.nan, x)
        pairs = ([*np.reshape(a, (-1, *a.shape[np.ndim(q) :]))] for a in (g, y))
        return sum(_equal_best_rule(part, value, x, axis, keepdims) for part, value in zip(*pairs, strict=True))
    count = x.size * np.size(q) // y.size
    # the same quantiles of 0, 1, 2 ... are their places among the sorted entries: 1.25 is three
    # quarters of entry 1 and a quarter of entry 2
    places = np.quantile(np.arange(float(count)), q, method=method)
    total = np.zeros_like(x)
    for part, place in zip(np.reshape(g, (-1, *g.shape[np.ndim(q) :])), np.ravel(places).tolist(), strict=True):
        start = math.floor(place)
        for entry, weight in ((start, start + 1 - place), (start + 1, place - start)):
            if weight > 0:
                value = quantile(x, min((entry + 0.5) / max(count - 1, 1), 1.0), axis, "lower", keepdims)
                total = total + _equal_best_rule(part * weight, value, x, axis, keepdims)
    return total


def _percentile_rule(
    g: Any, y: Any, x: Any, q: Any, axis: Any = None, method: Any = "linear", keepdims: Any = False, weights: Any = None
) -> Any:
    return _quantile_rule(g, y, x, np.true_divide(q, 100), axis, method, keepdims, weights)


def _median_rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _quantile_rule(g, y, x, 0.5, axis, keepdims=keepdims)


def _of_floats(function: Any, x: Any, q: Any, **options: Any) -> Any:
    y = function(x, q, **options)
    return y.astype(x.dtype) if x.dtype.kind == "f" and type(q) in (int, float) else y


def _in_dtype(function: Any) -> Any:
    """NumPy's function, which keeps the dtype of floats if q is a Python number: in NumPy 1 too."""
    return update_wrapper(partial(_of_floats, function), function) if NUMPY_1 else function


def _not_in_place(op: Any, x: Any, *, overwrite_input: bool = False, **options: Any) -> Any:
    """overwrite_input allows NumPy to sort x itself; nothing that is recorded is overwritten."""
    return op(x, **options)


quantile = row("quantile", _in_dtype(np.quantile), _quantile_rule, numpy=np.quantile, keywords=_not_in_place)
percentile = row("percentile", _in_dtype(np.percentile), _percentile_rule, numpy=np.percentile, keywords=_not_in_place)
median = row("median", np.median, _median_rule, keywords=_not_in_place)


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """As numpy.ptp: the largest entry less the smallest.

    >>> import numpy as np, tinygraph as tg
    >>> tg.ptp(np.array([3.0, 1.0, 7.0])).item()
    6.0
    """
    return reductions.max(x, axis, keepdims) - reductions.min(x, axis, keepdims)


# --- averages and covariances


def average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """As numpy.average: sum(x * weights) / sum(weights), with the weights' sum if `returned`.

    >>> import numpy as np, tinygraph as tg
    >>> tg.average(np.array([1.0, 4.0]), weights=[2, 1]).item()
    2.0
    """
    x = _operand(x, "average")
    if weights is None:
        mean = reductions.mean(x, axis=axis, keepdims=keepdims)
        return (mean, np.full(mean.shape, x.size / max(mean.size, 1), mean.dtype)) if returned else mean
    w = _laid_along(_operand(weights, "average"), x, axis)
    dtype = np.result_type(x.dtype, w.dtype, *[float] * (x.dtype.kind != "f"))
    x, w = _as_dtype(x, dtype), _as_dtype(w, dtype)
    total = reductions.sum(w, axis=axis, keepdims=keepdims)
    if type(total) is not Tensor and np.any(total == 0):  # a Tensor's values may be those of a trace
        raise ZeroDivisionError("average(): the weights sum to 0")
    mean = reductions.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (mean, np.broadcast_to(total, mean.shape)) if returned else mean


def _laid_along(w: Any, x: Any, axis: Any) -> Any:
    """Weights that broadcast with x; those of another shape than x belong to the axes `axis`."""
    if w.shape == x.shape:
        return w
    if axis is None:
        raise TypeError(f"average() takes axis= with weights {w.shape} of another shape than {x.shape}")
    axes = [_normalised("average", k, x.ndim) for k in _axes(axis, x.ndim)]
    if w.shape != tuple(x.shape[k] for k in axes):
        raise ValueError(f"average() of shape {x.shape} along axis={axis} takes weights of its shape, got {w.shape}")
    order = np.argsort(axes).tolist()
    return np.reshape(np.transpose(w, order), [n if k in axes else 1 for k, n in enumerate(x.shape)])


def _rows(x: Any, rowvar: bool) -> Any:
    """x with a row for each variable."""
    return np.reshape(x, (1, -1)) if x.ndim < 2 else x if rowvar or (NUMPY_1 and len(x) == 1) else x.T


def _cov_rule(
    g: Any, y: Any, x: Any, ddof: Any = None, fweights: Any = None, aweights: Any = None, dtype: Any = None
) -> Any:
    counts, shares = (1 if weights is None else np.asarray(weights) for weights in (fweights, aweights))
    w = np.ones(x.shape[1]) * counts * shares
    total = w.sum()
    freedom = total - ddof * (w * shares).sum() / total
    deviation = x - (np.sum(x * w, axis=1) / total)[:, None]
    g = np.reshape(g, (len(x), len(x)))
    return (g + g.T) @ (deviation * w) * np.divide(1, max(freedom, 0))


_cov_row = row("cov", np.cov, _cov_rule)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """As numpy.cov: the covariances of the rows of m and of y, over the columns.

    >>> import numpy as np, tinygraph as tg
    >>> tg.cov(np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 5.0]])).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    m = _rows(_operand(m, "cov"), rowvar)
    if y is not None:
        y = _operand(y, "cov")
        m = np.concatenate([m, _rows(y, rowvar or y.shape[:1] == (1,))])
    ddof, fweights, aweights = _numbers("cov", ddof=ddof, fweights=fweights, aweights=aweights)
    ddof = 1 - bool(bias) if ddof is None else ddof
    typed = {} if dtype is None else {"dtype": np.dtype(dtype).name}
    return _cov_row(m, ddof=ddof, fweights=fweights, aweights=aweights, **typed)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """As numpy.corrcoef: the correlations of the rows of x and of y, over the columns.

    >>> import numpy as np, tinygraph as tg
    >>> tg.corrcoef(np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 5.0]])).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviations = np.sqrt(c[np.arange(len(c)), np.arange(len(c))])
    r = c / deviations[:, None] / deviations
    value = r.detach() if type(r) is Tensor else r
    return r + (np.clip(value, -1, 1) - value)  # derivatives as if nothing were rounded above 1
