"""SciPy's special functions, as `tg.special` or through scipy.special's own functions; and np.i0.

The values are SciPy's, which is imported with this module; without it, a call raises ImportError.
Their dtype is SciPy's too, but float16 gives float16 in NumPy 1.

Slopes at the ends: where SciPy's value is the limit 0, as xlogy(0, 0) and entr(0) have it, the
slope is the limit too: infinite in the first argument, and 0 / 0 counts as 0 in the second one.
Bessel functions have no gradient in their order: to ask for it raises an error.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays import NUMPY_1
from ..tensor import Op, Tensor, record
from . import reductions, table
from .elementwise import _ratio
from .shapes import _operand, astype

try:
    from scipy import special as sp
except ImportError:

    class _Absent:
        """It stands for SciPy: each of its functions raises ImportError."""

        def __getattr__(self, name: str) -> Any:
            def function(*args: Any, **options: Any) -> Any:
                raise ImportError(f'tg.special.{name} needs SciPy: pip install ".[scipy]"')

            return function

    sp = _Absent()


def _ufunc(name: str, *rules: Any) -> Op:
    """A row for SciPy's ufunc of that name."""
    doc, as_numpy = f"As scipy.special.{name}, element by element.", f"scipy.special.{name}"
    facts = {"elementwise": True, "promotes": NUMPY_1, "as_numpy": as_numpy, "doc": doc}
    return table.row(f"special.{name}", getattr(sp, name), *rules, **facts)


def _no_slope(g: Any, y: Any, *inputs: Any) -> Any:
    raise NotImplementedError("it has a gradient in its last argument alone: give the others without one")


def _gap(a: Any, b: Any) -> Any:
    """The slope of betaln in a."""
    return sp.psi(a) - sp.psi(a + b)


_ROOT = math.sqrt(math.pi)

# --- the error function and the normal distribution


def _erfcx_rule(g: Any, y: Any, x: Any) -> Any:
    """2 * x * y - 2 / sqrt(pi); for a large x, where that loses digits, a continued fraction."""
    far = x > 10
    below = z = np.where(far, x, 10)
    for k in range(10, 1, -1):
        below = z + k / 2 / below
    near = np.where(far, 0, x)
    return g * np.where(far, -y / below, 2 * near * y - 2 / _ROOT)


def _log_ndtr_rule(g: Any, y: Any, x: Any) -> Any:
    """The density over ndtr(x). Below 0, where both underflow, erfcx has their ratio."""
    below, above = np.where(x > 0, 0, x), np.where(x > 0, x, 0)
    ratio = np.exp(-above * above / 2) / sp.ndtr(above) / math.sqrt(2 * math.pi)
    return g * np.where(x > 0, ratio, math.sqrt(2 / math.pi) / sp.erfcx(-below / math.sqrt(2)))


erf = _ufunc("erf", lambda g, y, x: g * np.exp(-x * x) * (2 / _ROOT))
erfc = _ufunc("erfc", lambda g, y, x: g * np.exp(-x * x) * (-2 / _ROOT))
erfcx = _ufunc("erfcx", _erfcx_rule)
erfinv = _ufunc("erfinv", lambda g, y, x: g * np.exp(y * y) * (_ROOT / 2))
erfcinv = _ufunc("erfcinv", lambda g, y, x: g * np.exp(y * y) * (-_ROOT / 2))
ndtr = _ufunc("ndtr", lambda g, y, x: g * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))
log_ndtr = _ufunc("log_ndtr", _log_ndtr_rule)
ndtri = _ufunc("ndtri", lambda g, y, x: g * np.exp(y * y / 2) * math.sqrt(2 * math.pi))

# --- the logistic function, and elementary functions

expit = _ufunc("expit", lambda g, y, x: g * y * sp.expit(-x))
logit = _ufunc("logit", lambda g, y, x: g / (x * (1 - x)))
log_expit = _ufunc("log_expit", lambda g, y, x: g * sp.expit(-x))
expm1 = _ufunc("expm1", lambda g, y, x: g * np.exp(x))
log1p = _ufunc("log1p", lambda g, y, x: g / (1 + x))


# --- the gamma function


def _rgamma_rule(g: Any, y: Any, x: Any) -> Any:
    """-y * psi(x). Below 0.5, psi has poles where y is 0: there the same by Euler's reflection."""
    low, high = np.where(x < 0.5, x, 0.5), np.where(x < 0.5, 0.5, np.minimum(x, 1e3))
    reflected = sp.gamma(1 - low) * np.cos(math.pi * low) - y * sp.psi(1 - low)
    return g * np.where(x < 0.5, reflected, -y * sp.psi(high))


gamma = _ufunc("gamma", lambda g, y, x: g * y * sp.psi(x))
gammaln = _ufunc("gammaln", lambda g, y, x: g * sp.psi(x))
loggamma = _ufunc("loggamma", lambda g, y, x: g * sp.psi(x))
psi = digamma = _ufunc("psi", lambda g, y, x: g * polygamma(1, x))
beta = _ufunc("beta", lambda g, y, a, b: g * y * _gap(a, b), lambda g, y, a, b: g * y * _gap(b, a))
betaln = _ufunc("betaln", lambda g, y, a, b: g * _gap(a, b), lambda g, y, a, b: g * _gap(b, a))
rgamma = _ufunc("rgamma", _rgamma_rule)
gammasgn = _ufunc("gammasgn", lambda g, y, x: np.zeros_like(g))
gammainc: Any = _ufunc("gammainc", _no_slope, lambda g, y, a, x: g * _gamma_density(a, x))
gammaincc: Any = _ufunc("gammaincc", _no_slope, lambda g, y, a, x: -g * _gamma_density(a, x))
betainc: Any = _ufunc("betainc", _no_slope, _no_slope, lambda g, y, a, b, x: g * _beta_density(a, b, x))
exp1 = _ufunc("exp1", lambda g, y, x: -g * np.exp(-x) / x)
expi = _ufunc("expi", lambda g, y, x: g * np.exp(x) / x)


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def multigammaln(a: Any, d: int) -> Any:
    """As scipy.special.multigammaln: the logarithm of the gamma function in d dimensions.

    >>> import tinygraph as tg
    >>> round(float(tg.special.multigammaln(3.0, 2)), 4)
    1.5502
    """
    a = astype(_operand(a, "special.multigammaln"), float)
    return sum([gammaln(a - j / 2) for j in range(d)]) + d * (d - 1) / 4 * math.log(math.pi)


_polygamma: Any = table.row(
    "special.polygamma",
    lambda x, n: sp.polygamma(n, x),
    lambda g, y, x, n: g * polygamma(n + 1, x),
    as_numpy="scipy.special.polygamma(x=%s)",
)


def polygamma(n: Any, x: Any) -> Any:
    """As scipy.special.polygamma: derivative number n of psi, for whole numbers n.

    >>> import tinygraph as tg
    >>> round(float(tg.special.polygamma(1, 1.0)), 4)
    1.6449
    """
    if type(n) is Tensor:
        raise TypeError("special.polygamma() takes n as whole numbers, not as a Tensor: t.tolist()")
    return record(_polygamma, (x,), {"n": n})


# --- entropies

xlogy = _ufunc("xlogy", lambda g, y, a, b: g * np.log(b), lambda g, y, a, b: g * _ratio(a, b))
xlog1py = _ufunc("xlog1py", lambda g, y, a, b: g * sp.log1p(b), lambda g, y, a, b: g * _ratio(a, 1 + b))
entr = _ufunc("entr", lambda g, y, x: g * (-np.log(x) - 1))
rel_entr = _ufunc("rel_entr", lambda g, y, a, b: g * (np.log(_ratio(a, b)) + 1), lambda g, y, a, b: -g * _ratio(a, b))
kl_div = _ufunc("kl_div", lambda g, y, a, b: g * np.log(_ratio(a, b)), lambda g, y, a, b: g * (1 - _ratio(a, b)))


def logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """As scipy.special.logsumexp: log(sum(b * exp(x))) over all axes, or along some.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.special.logsumexp(np.zeros(2), b=[1.0, 3.0])), 4)
    1.3863
    """
    return reductions.logsumexp(x, axis=axis, keepdims=keepdims, b=b)


def softmax(x: Any, axis: Any = None) -> Any:
    """As scipy.special.softmax: exp(x) / sum(exp(x)) over all axes, or along some.

    >>> import numpy as np, tinygraph as tg
    >>> tg.special.softmax(np.zeros((2, 2)))
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    return reductions.softmax(x, axis=axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """As scipy.special.log_softmax: the logarithm of softmax over all axes, or along some.

    >>> import numpy as np, tinygraph as tg
    >>> tg.special.log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    return reductions.log_softmax(x, axis=axis)


# --- Bessel functions

i0 = _ufunc("i0", lambda g, y, x: g * sp.i1(x))
i1 = _ufunc("i1", lambda g, y, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
iv: Any = _ufunc("iv", _no_slope, lambda g, y, v, x: g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2)
j0 = _ufunc("j0", lambda g, y, x: -g * sp.j1(x))
j1 = _ufunc("j1", lambda g, y, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
y0 = _ufunc("y0", lambda g, y, x: -g * sp.y1(x))
y1 = _ufunc("y1", lambda g, y, x: g * (sp.y0(x) - sp.yv(2, x)) / 2)
yv: Any = _ufunc("yv", _no_slope, lambda g, y, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
yn: Any = _ufunc("yn", _no_slope, lambda g, y, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
ive: Any = _ufunc("ive", _no_slope, lambda g, y, v, x: g * ((sp.ive(v - 1, x) + sp.ive(v + 1, x)) / 2 - np.sign(x) * y))
jv: Any = _ufunc("jv", _no_slope, lambda g, y, v, x: g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2)
_of_numpy = table.row("i0", np.i0, lambda g, y, x: g * sp.i1(x))  # its values differ from SciPy's in the last digit
