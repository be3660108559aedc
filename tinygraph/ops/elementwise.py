"""Ops that work element by element.

Kinks: relu'(0) = abs'(0) = sign'(0) = 0; equal candidates of maximum and minimum share the gradient
equally; clip passes it at its bounds. leaky_relu and elu have at 0 the slope of their negative
side, as in PyTorch: leaky_relu'(0) = slope, elu'(0) = elu''(0) = alpha. floor' = ceil' = 0
everywhere. x ** 0 has slope 0 in x. 0 ** b has slope 0 in b, but nan if b < 0, because the value
there is infinite. A nan input of maximum, minimum or clip gets no gradient.
"""

from __future__ import annotations

import math
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from ..arrays import NUMPY_1
from . import table

row = partial(table.row, elementwise=True)

# --- arithmetic


def _exponent_rule(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * y * np.log(np.where(a == 0, 1.0, a))  # 0 ** b has slope 0 in b; 1.0 makes floats of small integers


def _base_rule(g: Any, y: Any, a: Any, b: Any) -> Any:
    if isinstance(b, (int, float)):
        return g * b * a ** (b - 1) if b else g * 0
    # a ** 0 has slope 0 in a, at a = 0 too; elsewhere it is one that grows with b, by 1 / a
    return g * b * a ** np.where((b != 0) | (a * a > 0), b - 1.0, 0)


def _keeping_integers(function: Any) -> Any:
    """NumPy's function, which leaves integers as they are: in NumPy 1 too."""
    return partial(_unless_integers, function) if NUMPY_1 else function


def _unless_integers(function: Any, x: Any) -> Any:
    return function(x) if x.dtype.kind == "f" else x.copy()


add = row("add", np.add, lambda g, y, a, b: g, lambda g, y, a, b: g, infix="+", linear="all")
subtract = row("subtract", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g, infix="-", linear="all")
multiply = row("multiply", np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, infix="*", linear="one")
divide = row("divide", np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b, infix="/", linear="first")
power = row("power", np.power, _base_rule, _exponent_rule, infix="**", fails_at="zero, negative")
negative = row("negative", np.negative, lambda g, y, x: -g, prefix="-", linear="first")
positive = row("positive", np.positive, lambda g, y, x: g, prefix="+", linear="first")
reciprocal = row("reciprocal", np.reciprocal, lambda g, y, x: -g * y * y)
square = row("square", np.square, lambda g, y, x: g * 2 * x, latex=r"\left(%s\right)^{2}")
sqrt = row("sqrt", np.sqrt, lambda g, y, x: g / (2 * y), latex=r"\sqrt{%s}", fails_at="zero, negative")
abs = row("abs", np.absolute, lambda g, y, x: g * np.sign(x), latex=r"\left|%s\right|")  # noqa: A001
sign = row("sign", np.sign, lambda g, y, x: np.zeros_like(x))
floor = row("floor", _keeping_integers(np.floor), lambda g, y, x: np.zeros_like(x), numpy=np.floor, as_numpy="np.floor")
ceil = row("ceil", _keeping_integers(np.ceil), lambda g, y, x: np.zeros_like(x), numpy=np.ceil, as_numpy="np.ceil")


_ldexp_row: Any = row("ldexp", np.ldexp, lambda g, y, x, n: _ldexp_row(g, n), None)
# the n of x = m * 2**n with 0.5 <= |m| < 1, as numpy.frexp gives it
_exponent_row = row("exponent", lambda x: np.frexp(x)[1], None, as_numpy="np.frexp(%s)[1]")


# --- elementary functions

exp = row("exp", np.exp, lambda g, y, x: g * y, latex=r"\exp", fails_at="large")
expm1 = row("expm1", np.expm1, lambda g, y, x: g * np.exp(x), fails_at="large")  # y + 1 loses digits below 0
log = row("log", np.log, lambda g, y, x: g / x, latex=r"\log", fails_at="zero, negative")
log1p = row("log1p", np.log1p, lambda g, y, x: g / (1 + x), fails_at="at most -1")
log2 = row("log2", np.log2, lambda g, y, x: g / (x * np.log(2.0).item()), fails_at="zero, negative")
log10 = row("log10", np.log10, lambda g, y, x: g / (x * np.log(10.0).item()), fails_at="zero, negative")
sin = row("sin", np.sin, lambda g, y, x: g * np.cos(x), latex=r"\sin")
cos = row("cos", np.cos, lambda g, y, x: -g * np.sin(x), latex=r"\cos")
tan = row("tan", np.tan, lambda g, y, x: g * (1 + y * y), latex=r"\tan")
arctan = row("arctan", np.arctan, lambda g, y, x: g / (1 + x * x), latex=r"\arctan")
sinh = row("sinh", np.sinh, lambda g, y, x: g * np.cosh(x), latex=r"\sinh", fails_at="large")
cosh = row("cosh", np.cosh, lambda g, y, x: g * np.sinh(x), latex=r"\cosh", fails_at="large")
tanh = row("tanh", np.tanh, lambda g, y, x: g * (1 - y * y), latex=r"\tanh")


# --- activations


def _relu(x: Any) -> Any:
    """The larger of x and 0, element by element: lesson, `A = max(0, Z)`; its slope at 0 is 0."""
    return np.maximum(x, 0)


def _finite(option: str, value: Any) -> float:
    """An option as a float. Raises TypeError or ValueError if it is not a finite real number."""
    is_real = isinstance(value, (float, int, np.floating, np.integer)) and not isinstance(value, bool)
    if not is_real or not math.isfinite(value):
        kind = ValueError if is_real else TypeError
        raise kind(f"{option}= takes a finite number such as 0.01, got {value!r:.40}")
    return float(value)  # an integer would wrap round in products with small integers


def _leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where x > 0, else slope * x; its slope at 0 is `slope`."""
    return np.where(x > 0, x, _finite("slope", slope) * x)


def _as_float(x: Any) -> Any:
    """x as floats, because differences and -abs(x) would wrap round in small integers."""
    return x if x.dtype.kind == "f" else x.astype(float)


def _as_wide(x: Any) -> Any:
    """Floats x for counts and sums: float16, which skips integers above 2048, becomes float32."""
    return x.astype(np.float32) if x.dtype.itemsize < 4 else x


def _as_dtype(x: Any, dtype: Any) -> Any:
    """x in this dtype; x itself if it has that already."""
    return x if x.dtype == dtype else x.astype(dtype)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, but 0 where both are 0."""
    return a / np.where((a == 0) & (b == 0), 1, b)


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), exact to rounding for any x: exp is taken of numbers up to 0 only."""
    x = _as_float(x)
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow; its slope is sigmoid(x)."""
    x = _as_float(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _log_sigmoid(x: Any) -> Any:
    """log(sigmoid(x)), without overflow and never log(0); its slope is sigmoid(-x)."""
    x = _as_float(x)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def _elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha * (exp(x) - 1); its slope at 0 is `alpha`."""
    x = _as_float(x)
    # twice as fast as np.where, and exp cannot overflow
    return np.maximum(x, 0) + _finite("alpha", alpha) * np.expm1(np.minimum(x, 0))


def _silu(x: Any) -> Any:
    """x * sigmoid(x), also called swish; 0 at -inf."""
    x = _as_float(x)
    return np.maximum(x, -_FAR) * _sigmoid(x)


def _silu_rule(g: Any, y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s + np.minimum(y, _FAR) * (1.0 - s))


_FAR = 2e4  # sigmoid(-2e4) is 0 in every dtype, and float16 goes further; infinity * 0 would be nan


def _gelu(x: Any) -> Any:
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, GELU's tanh form; 0 at -inf."""
    x = _as_float(x)
    return np.maximum(x, -10.0) * (0.5 + 0.5 * _gelu_tanh(_near(x)))


def _gelu_rule(g: Any, y: Any, x: Any) -> Any:
    x = _near(x)
    t = _gelu_tanh(x)
    return g * (0.5 + 0.5 * t + 0.5 * x * (1.0 - t * t) * (_ROOT * (1.0 + 3 * 0.044715 * x * x)))


def _near(x: Any) -> Any:
    """x from -10 to 10. Beyond, gelu's tanh is -1 or 1 in every dtype; x**3 would overflow."""
    return np.minimum(np.maximum(x, -10.0), 10.0)


def _gelu_tanh(x: Any) -> Any:
    return np.tanh(_ROOT * x * (1.0 + 0.044715 * x * x))


_ROOT = math.sqrt(2 / math.pi)

relu = row("relu", _relu, lambda g, y, x: g * (y > 0))
leaky_relu = row("leaky_relu", _leaky_relu, lambda g, y, x, slope=0.01: np.where(x > 0, g, g * slope))
# y + alpha is alpha * exp(x) to the rounding of y, without another exp.
elu = row("elu", _elu, lambda g, y, x, alpha=1.0: g * np.where(x > 0, 1.0, y + alpha))
gelu = row("gelu", _gelu, _gelu_rule)
silu = row("silu", _silu, _silu_rule)
# cross_entropy takes logarithms from the sigmoid's input, so the input is kept even if no gradient
# is wanted.
sigmoid = row("sigmoid", _sigmoid, lambda g, y, x: g * y * (1.0 - y), keeps_inputs=True, latex=r"\sigma(%s)")
softplus = row("softplus", _softplus, lambda g, y, x: g * -np.expm1(-y))
log_sigmoid = row("log_sigmoid", _log_sigmoid, lambda g, y, x: g * -np.expm1(y))
logaddexp = row("logaddexp", np.logaddexp, lambda g, y, a, b: g * sigmoid(a - b), lambda g, y, a, b: g * sigmoid(b - a))


# --- choosing


def _larger(g: Any, y: Any, a: Any, b: Any) -> Any:
    """All of g where a is larger, half of it where the two are equal."""
    return np.where(a == b, g * 0.5, g * (a > b))


def _within(x: Any, y: Any, low: Any, high: Any) -> Any:
    return (x == y) & (low <= high)


maximum = row("maximum", np.maximum, _larger, lambda g, y, a, b: _larger(g, y, b, a), latex=r"\max")
minimum = row("minimum", np.minimum, lambda g, y, a, b: _larger(g, y, b, a), _larger, latex=r"\min")
where = row(
    "where",
    np.where,
    None,
    lambda g, y, condition, a, b: np.where(condition, g, 0),
    lambda g, y, condition, a, b: np.where(condition, 0, g),
    linear="all",
)
_clip_row = row(
    "clip",
    import_module("numpy.core.umath" if NUMPY_1 else "numpy._core.umath").clip,  # the ufunc that np.clip calls
    lambda g, y, x, low, high: g * _within(x, y, low, high),
    lambda g, y, x, low, high: g * ((x != y) & (y == low) & (low != high)),
    lambda g, y, x, low, high: g * ((y == high) & ~_within(x, y, low, high)),
    as_numpy="np.clip",
)


def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """x with values below `a_min` or above `a_max` replaced by these; None is no bound.

    The gradient passes where x is within or on the bounds; elsewhere it goes to the bound, if that
    is a Tensor. As in NumPy, the upper bound wins if the lower one is above it.

    >>> import numpy as np, tinygraph as tg
    >>> tg.clip(np.array([-2.0, 0.5, 3.0]), 0, 1)
    array([0. , 0.5, 1. ])
    """
    if not (min is max is None or a_min is a_max is None):
        raise ValueError("clip() takes a_min and a_max, or min and max, which mean the same")
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    dtype = getattr(x, "dtype", np.dtype(float))
    if dtype.kind in "iu":  # a bound beyond the dtype's range changes nothing, and need not fit the dtype
        low = None if type(low) is int and low <= np.iinfo(dtype).min else low
        high = None if type(high) is int and high >= np.iinfo(dtype).max else high
        if float in (type(low), type(high)):  # the result has floats, so an integer beyond the range is a bound too
            low, high = (float(bound) if type(bound) is int else bound for bound in (low, high))
    if (low is None or high is None) and dtype.kind != "f":  # integers have no infinity
        return positive(x) if low is high else minimum(x, high) if low is None else maximum(x, low)
    return _clip_row(x, -np.inf if low is None else low, np.inf if high is None else high)


# --- comparisons and tests: results are booleans, without a gradient

less = row("less", np.less, None, None, infix="<")
less_equal = row("less_equal", np.less_equal, None, None, infix="<=")
greater = row("greater", np.greater, None, None, infix=">")
greater_equal = row("greater_equal", np.greater_equal, None, None, infix=">=")
equal = row("equal", np.equal, None, None, infix="==")
not_equal = row("not_equal", np.not_equal, None, None, infix="!=")
logical_and = row("logical_and", np.logical_and, None, None)
logical_or = row("logical_or", np.logical_or, None, None)
logical_not = row("logical_not", np.logical_not, None)
bitwise_and = row("bitwise_and", np.bitwise_and, None, None, infix="&")
bitwise_or = row("bitwise_or", np.bitwise_or, None, None, infix="|")
invert = row("invert", np.invert, None, prefix="~")
isnan = row("isnan", np.isnan, None)
isinf = row("isinf", np.isinf, None)
isfinite = row("isfinite", np.isfinite, None)
