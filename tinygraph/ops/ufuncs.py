"""More functions element by element: inverses, angles, activations, remainders, rounding.

Kinks: hypot and arctan2 have slope 0 at the origin. At infinities arctan2 has slope 0, and hypot
slope 1 or -1 in an infinite argument, 0 in the other. fmax and fmin share the gradient of equal
candidates equally, as maximum does; they pass it past a nan. real and conjugate have slope 1, imag
and angle 0, because arrays are real. hard_tanh passes the gradient at its bounds, and selu has at 0
the slope of its negative side. softsign''(0) = 0. float_power has power's slopes at 0. heaviside
passes the gradient to h where x is 0. fabs'(0) = 0, and copysign has slope 0 in a where a is 0, and
in b everywhere. nan_to_num has slope 0 where it replaces an entry.

Jumps: what rounds (floor_divide, round, rint, trunc, fix) has slope 0 everywhere; so has heaviside
in x. remainder and fmod have at their jumps the slope of the pieces: 1 in a, and minus the whole
quotient in b. modf has slope 1 in the fraction, but 0 at infinities, and 0 in the whole part.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import numpy as np

from . import elementwise, table
from .elementwise import _as_float, _base_rule, _exponent_rule, _keeping_integers, clip, elu, sigmoid
from .reductions import _over
from .shapes import _operand, astype

row = partial(table.row, elementwise=True)
_LOG_2 = np.log(2.0).item()


def _leg(g: Any, y: Any, a: Any) -> Any:
    """g * a / hypot, without nan where a is 0 or infinite."""
    return g * np.where(np.isinf(a), np.sign(a), _over(a, y))


def _turn(g: Any, a: Any, b: Any, leg: Any) -> Any:
    """g * leg / hypot(a, b)**2, in steps that stay in range; 0 if hypot is 0 or infinite."""
    r = np.hypot(a, b)
    still = (r == 0) | np.isinf(r)
    r = np.where(still, 1, r)
    return g * np.where(still, 0, leg / r / r)


def _side(g: Any, difference: Any) -> Any:
    return g * sigmoid(difference * _LOG_2)


def _chosen(g: Any, y: Any, a: Any, b: Any) -> Any:
    """All of g where a is the one that was chosen, half of it where the two are equal."""
    return np.where(a == b, g * 0.5, g * (y == a))


# j(t) = sin(t) / t**2 - cos(t) / t as t times a polynomial in t**2, for |t| < 1
_NEAR_0 = [(-1) ** k / ((2 * k + 3) * np.prod(np.arange(1.0, 2 * k + 2))).item() for k in range(9)]


def _sinc_rule(g: Any, y: Any, x: Any) -> Any:
    t = np.pi * x
    is_near = np.abs(t) < 1
    near = np.where(is_near, t, 0)
    total = reduce(lambda total, c: total * near * near + c, _NEAR_0[::-1])
    return g * np.where(is_near, -np.pi * near * total, (np.cos(t) - y) / np.where(is_near, 1, x))


arccos = row("arccos", np.arccos, lambda g, y, x: -g / np.sqrt((1 - x) * (1 + x)), latex=r"\arccos", fails_at="outside")
arcsin = row("arcsin", np.arcsin, lambda g, y, x: g / np.sqrt((1 - x) * (1 + x)), latex=r"\arcsin", fails_at="outside")
arccosh = row("arccosh", np.arccosh, lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), fails_at="at most 1")
arcsinh = row("arcsinh", np.arcsinh, lambda g, y, x: g / np.hypot(1, x))
arctanh = row("arctanh", np.arctanh, lambda g, y, x: g / ((1 - x) * (1 + x)), fails_at="outside")
arctan2 = row("arctan2", np.arctan2, lambda g, y, a, b: _turn(g, a, b, b), lambda g, y, a, b: -_turn(g, a, b, a))
hypot = row("hypot", np.hypot, lambda g, y, a, b: _leg(g, y, a), lambda g, y, a, b: _leg(g, y, b))
deg2rad = row("deg2rad", np.deg2rad, lambda g, y, x: np.deg2rad(g), numpy=(np.deg2rad, np.radians), linear="first")
rad2deg = row("rad2deg", np.rad2deg, lambda g, y, x: np.rad2deg(g), numpy=(np.rad2deg, np.degrees), linear="first")
sinc = row("sinc", np.sinc, _sinc_rule)
exp2 = row("exp2", np.exp2, lambda g, y, x: g * y * _LOG_2, latex="2^{%s}", fails_at="large")
cbrt = row("cbrt", np.cbrt, lambda g, y, x: g / (3 * y * y), latex=r"\sqrt[3]{%s}", fails_at="zero")
logaddexp2 = row("logaddexp2", np.logaddexp2, lambda g, y, a, b: _side(g, a - b), lambda g, y, a, b: _side(g, b - a))
float_power = row("float_power", np.float_power, _base_rule, _exponent_rule, promotes=False, fails_at="zero, negative")
fmax = row("fmax", np.fmax, _chosen, lambda g, y, a, b: _chosen(g, y, b, a))
fmin = row("fmin", np.fmin, _chosen, lambda g, y, a, b: _chosen(g, y, b, a))

# --- of real arrays

real = row("real", np.real, lambda g, y, x: g, view=True, linear="first", numpy=(np.real, np.real_if_close))
imag = row("imag", np.imag, lambda g, y, x: np.zeros_like(g))
conjugate = row("conjugate", np.conjugate, lambda g, y, x: g, linear="first")
angle = row("angle", np.angle, lambda g, y, x, deg=False: np.zeros_like(g))

# --- activations


def selu(x: Any) -> Any:
    """1.0507 * elu(x, 1.67326): an elu that keeps mean 0 and variance 1 from layer to layer.

    >>> import tinygraph as tg
    >>> tg.selu([0.0, 1.0]).round(4).tolist()
    [0.0, 1.0507]
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def hard_tanh(x: Any) -> Any:
    """x from -1 to 1, and these bounds beyond.

    >>> import tinygraph as tg
    >>> tg.hard_tanh([-3.0, 0.5]).tolist()
    [-1.0, 0.5]
    """
    return clip(x, -1, 1)


def _softsign(x: Any) -> Any:
    """x / (1 + abs(x)); 1 or -1 at infinities."""
    x = _as_float(x)
    most = np.finfo(x.dtype).max
    x = np.clip(x, -most, most)
    return x / (1.0 + np.abs(x))


softsign = row("softsign", _softsign, lambda g, y, x: g / (1 + np.abs(x)) / (1 + np.abs(x)))

# --- quotients and remainders, rounding, signs


def _flat(g: Any, y: Any, *inputs: Any, **options: Any) -> Any:
    return np.zeros_like(g)  # of g, which may have an axis in front


floor_divide = row("floor_divide", np.floor_divide, _flat, _flat, infix="//")
remainder = mod = row("remainder", np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * (a // b), infix="%")
fmod = row("fmod", np.fmod, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.rint((a - y) / b))


def divmod(a: Any, b: Any) -> tuple[Any, Any]:  # noqa: A001
    """The pair a // b and a % b, as numpy.divmod.

    >>> import tinygraph as tg
    >>> [part.tolist() for part in tg.divmod([7.0, -7.0], 2)]
    [[3.0, -4.0], [1.0, 1.0]]
    """
    return floor_divide(a, b), remainder(a, b)


round = around = row("round", np.round, lambda g, y, x, decimals=0: np.zeros_like(g), numpy=(np.round, np.around))  # noqa: A001
rint = row("rint", np.rint, _flat)
trunc = row("trunc", _keeping_integers(np.trunc), lambda g, y, x: np.zeros_like(g), numpy=np.trunc, as_numpy="np.trunc")
# np.trunc, because NumPy 2.5 deprecates calls of np.fix
fix = row("fix", _keeping_integers(np.trunc), lambda g, y, x: np.zeros_like(g), numpy=np.fix, as_numpy="np.trunc")


def modf(x: Any) -> tuple[Any, Any]:
    """The fraction and the whole part of x, both with its sign, as numpy.modf.

    >>> import tinygraph as tg
    >>> [part.tolist() for part in tg.modf([2.5, -0.25])]
    [[0.5, -0.25], [2.0, -0.0]]
    """
    x = _operand(x, "modf")
    x = x if x.dtype.kind == "f" else astype(x, np.modf(np.zeros(0, x.dtype))[0].dtype)
    return fmod(np.where(np.isinf(x), np.copysign(0.0, x), x), 1), trunc(x)


heaviside = row("heaviside", np.heaviside, _flat, lambda g, y, x, h: g * (x == 0))
copysign = row("copysign", np.copysign, lambda g, y, a, b: g * (np.sign(a) * np.copysign(1.0, b)), _flat)
fabs = row("fabs", np.fabs, lambda g, y, x: g * np.sign(x), latex=r"\left|%s\right|")


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if not copy:
        raise ValueError("nan_to_num() takes copy=True alone: the tape keeps what it has recorded")
    return np.nan_to_num(x, True, nan, posinf, neginf)


nan_to_num = row("nan_to_num", _nan_to_num, lambda g, y, x, **more: np.where(np.isfinite(x), g, 0), numpy=np.nan_to_num)

# --- tests and bits: without a gradient

signbit = row("signbit", np.signbit, None)
isneginf = row("isneginf", np.isneginf, None)
isposinf = row("isposinf", np.isposinf, None)
logical_xor = row("logical_xor", np.logical_xor, None, None)
bitwise_xor = row("bitwise_xor", np.bitwise_xor, None, None)
left_shift = row("left_shift", np.left_shift, None, None)
right_shift = row("right_shift", np.right_shift, None, None)

# --- further names of NumPy's

absolute, atan, bitwise_invert = elementwise.abs, elementwise.arctan, elementwise.invert
pow, true_divide = elementwise.power, elementwise.divide  # noqa: A001
acos, acosh, asin, asinh, atan2, atanh = arccos, arccosh, arcsin, arcsinh, arctan2, arctanh
bitwise_left_shift, bitwise_right_shift, conj, degrees, radians = left_shift, right_shift, conjugate, rad2deg, deg2rad
