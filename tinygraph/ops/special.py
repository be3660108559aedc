"""SciPy's special functions, as `tg.special` or through scipy.special's own functions; and np.i0.

The values are SciPy's, which is imported with this module; without it, a call raises ImportError.
Their dtype is SciPy's too, but float16 gives float16 in NumPy 1.

Slopes at the ends: where SciPy's value is the limit 0, as xlogy(0, 0) and entr(0) have it, the slope
is the limit too: infinite in the first argument, and 0 / 0 counts as 0 in the second one. Bessel
functions have no gradient in their order: to ask for it raises an error.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays import NUMPY_1
from ..tensor import Op, Tensor, record
from . import reductions, table
from .elementwise import _ratio
from .reductions import logsumexp as logsumexp

try:
    from scipy import special as sp
except ImportError:

    class _Absent:
        """It stands for SciPy: each of its functions raises ImportError."""

        def __getattr__(self, name: str) -> Any:
            def function(*args: Any, **options: Any) -> Any:
                raise ImportError(f'tg.special.{name} needs SciPy: pip install "tinygraph[scipy]"')

            return function

    sp = _Absent()


def row(name: str, forward: Any, *rules: Any) -> Op:
    """A row for one of SciPy's ufuncs."""
    options: Any = {"as_numpy": f"scipy.{name}", "doc": f"As scipy.{name}, element by element."}
    return table.row(name, forward, *rules, elementwise=True, promotes=NUMPY_1, **options)


def _no_slope(g: Any, y: Any, *inputs: Any) -> Any:
    raise NotImplementedError("it has a gradient in its last argument alone: give the others without one")


def _gap(a: Any, b: Any) -> Any:
    """The slope of betaln in a."""
    return sp.psi(a) - sp.psi(a + b)


_ROOT = math.sqrt(math.pi)

# --- the error function and the normal distribution

erf = row("special.erf", sp.erf, lambda g, y, x: g * np.exp(-x * x) * (2 / _ROOT))
erfc = row("special.erfc", sp.erfc, lambda g, y, x: g * np.exp(-x * x) * (-2 / _ROOT))
erfcx = row("special.erfcx", sp.erfcx, lambda g, y, x: g * (2 * x * y - 2 / _ROOT))
erfinv = row("special.erfinv", sp.erfinv, lambda g, y, x: g * np.exp(y * y) * (_ROOT / 2))
erfcinv = row("special.erfcinv", sp.erfcinv, lambda g, y, x: g * np.exp(y * y) * (-_ROOT / 2))
ndtr = row("special.ndtr", sp.ndtr, lambda g, y, x: g * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))
log_ndtr = row("special.log_ndtr", sp.log_ndtr, lambda g, y, x: g * np.exp(-x * x / 2 - y) / math.sqrt(2 * math.pi))
ndtri = row("special.ndtri", sp.ndtri, lambda g, y, x: g * np.exp(y * y / 2) * math.sqrt(2 * math.pi))

# --- the logistic function, and elementary functions

expit = row("special.expit", sp.expit, lambda g, y, x: g * y * sp.expit(-x))
logit = row("special.logit", sp.logit, lambda g, y, x: g / (x * (1 - x)))
log_expit = row("special.log_expit", sp.log_expit, lambda g, y, x: g * sp.expit(-x))
expm1 = row("special.expm1", sp.expm1, lambda g, y, x: g * np.exp(x))
log1p = row("special.log1p", sp.log1p, lambda g, y, x: g / (1 + x))


# --- the gamma function

gamma = row("special.gamma", sp.gamma, lambda g, y, x: g * y * sp.psi(x))
gammaln = row("special.gammaln", sp.gammaln, lambda g, y, x: g * sp.psi(x))
loggamma = row("special.loggamma", sp.loggamma, lambda g, y, x: g * sp.psi(x))
psi = digamma = row("special.psi", sp.psi, lambda g, y, x: g * polygamma(1, x))
beta = row("special.beta", sp.beta, lambda g, y, a, b: g * y * _gap(a, b), lambda g, y, a, b: g * y * _gap(b, a))
betaln = row("special.betaln", sp.betaln, lambda g, y, a, b: g * _gap(a, b), lambda g, y, a, b: g * _gap(b, a))


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

xlogy = row("special.xlogy", sp.xlogy, lambda g, y, a, b: g * np.log(b), lambda g, y, a, b: g * _ratio(a, b))
xlog1py = row(
    "special.xlog1py", sp.xlog1py, lambda g, y, a, b: g * sp.log1p(b), lambda g, y, a, b: g * _ratio(a, 1 + b)
)
entr = row("special.entr", sp.entr, lambda g, y, x: g * (-np.log(x) - 1))
rel_entr = row(
    "special.rel_entr",
    sp.rel_entr,
    lambda g, y, a, b: g * (np.log(_ratio(a, b)) + 1),
    lambda g, y, a, b: -g * _ratio(a, b),
)
kl_div = row(
    "special.kl_div", sp.kl_div, lambda g, y, a, b: g * np.log(_ratio(a, b)), lambda g, y, a, b: g * (1 - _ratio(a, b))
)


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

i0 = row("special.i0", sp.i0, lambda g, y, x: g * sp.i1(x))
i1 = row("special.i1", sp.i1, lambda g, y, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
iv: Any = row("special.iv", sp.iv, _no_slope, lambda g, y, v, x: g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2)
j0 = row("special.j0", sp.j0, lambda g, y, x: -g * sp.j1(x))
j1 = row("special.j1", sp.j1, lambda g, y, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
jv: Any = row("special.jv", sp.jv, _no_slope, lambda g, y, v, x: g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2)
_of_numpy = table.row("i0", np.i0, lambda g, y, x: g * sp.i1(x))  # its values differ from SciPy's in the last digit
