"""At 0, -0, the ends of a dtype, infinities and nan, the values of ops are NumPy's, bit by bit.

SLOPES and PAIRS below are the promised gradients there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.lines import by_op, in_turn
from op_table import LINES, Line

import tinygraph as tg
from tinygraph.arrays import NUMPY_1

NAMES = ["0", "-0", "sub", "-sub", "tiny", "-tiny", "eps", "1", "-1", "max", "-max", "inf", "-inf", "nan"]
DTYPES = ["float16", "float32", "float64"]
with_dtypes = in_turn("dtype", DTYPES)


def points(dtype: Any) -> Any:
    limits = np.finfo(dtype)
    small = [x for v in (0.0, limits.smallest_subnormal, limits.tiny) for x in (v, -v)]
    return np.array([*small, limits.eps, 1, -1, limits.max, -limits.max, np.inf, -np.inf, np.nan], dtype)


def quietly(f: Callable[[], Any]) -> tuple[Any, set[str]]:
    """The result of f, and the errors of arithmetic that NumPy warns of by default."""
    kinds: set[str] = set()
    with warnings.catch_warnings(), np.errstate(all="call", call=lambda kind, flag: kinds.add(kind)):
        warnings.simplefilter("ignore")  # for a mean of nothing
        return f(), kinds - {"underflow"}


def same_values(a: Any, b: Any) -> bool:
    """Whether dtype, shape and values are equal, with the sign of zero; all nans are equal."""
    a, b = (np.asarray(x.detach().numpy() if isinstance(x, tg.Tensor) else x) for x in (a, b))
    equal = (a == b) & (np.signbit(a) == np.signbit(b)) | (a != a) & (b != b) if a.dtype.kind == "f" else a == b
    return (a.dtype, a.shape) == (b.dtype, b.shape) and bool(np.all(equal))


def samples(line: Line, dtype: str) -> list[list[Any]]:
    """Inputs of special values: all pairs if the shape is free; drawn ones, some of them finite."""
    sample, special = line.sample(dtype), points(dtype)
    floats = [k for k, x in enumerate(sample) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"]
    found = []
    for seed, count in enumerate([len(special), len(special) - 1, len(special) - 3]):
        rng, inputs = np.random.default_rng(seed), list(sample)
        for k in floats:
            inputs[k] = np.asarray(rng.choice(special[:count], sample[k].shape))
        found.append(inputs)
    if line.elementwise and 1 <= len(floats) <= 2:
        grid = dict(zip(floats, np.meshgrid(*[special] * len(floats)), strict=True))
        found.append([grid.get(k, x if np.ndim(x) == 0 else x.flat[0]) for k, x in enumerate(sample)])
    return found


# test_stability.py compares these with exact values. The parts of `dot` are in the table; NumPy's
# dot turns -0 into 0 in products with a number. Labels of softmax_loss are as large as scores here.
NOT_IN_NUMPY = ["dot", "sigmoid", "softplus", "log_sigmoid", "logsumexp", "softmax", "log_softmax", "softmax_loss"]
NOT_IN_NUMPY += ["elu", "gelu", "silu", "selu", "softsign"]


def expected_of(line: Line, inputs: list[Any], y: Any) -> tuple[Any, set[str]]:
    """The value that NumPy gives, and its warnings."""
    if line.name in NOT_IN_NUMPY:
        nan_of_infinities = {"invalid value"} if np.isinf(inputs[0]).any() else set()
        return y, nan_of_infinities if line.name not in ("dot", "softmax_loss", "selu") else {
            "invalid value",
            "overflow",
        }
    return quietly(lambda: np.maximum(inputs[0], 0) if line.name == "relu" else line.expected(*inputs))


def refusal(f: Any, inputs: list[Any]) -> Any:
    """The kind of error that f raises: for a singular matrix, or for float16."""
    try:
        quietly(lambda: f(*inputs))
    except (np.linalg.LinAlgError, TypeError) as error:
        return type(error)
    return None


# expm has no bound on its entries, and multigammaln equals SciPy's to rounding
TO_ROUNDING = ("linalg.expm", "special.multigammaln")


@with_dtypes
@by_op([line for line in LINES if line.name not in TO_ROUNDING])
def test_values_are_those_of_numpy_eager_and_compiled(line: Line, dtype: str) -> None:
    """The warnings too. Ops that NumPy lacks warn only of nan from infinities."""
    if NUMPY_1 and dtype == "float16" and line.name.startswith("special."):
        return  # SciPy gives float32, and NumPy 1 float16
    compiled = tg.compile(line)
    for inputs in samples(line, dtype):
        given = [tg.Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]
        if line.name.startswith("linalg.") and (kind := refusal(line.expected, inputs)) is not None:
            assert refusal(line, given) is refusal(compiled, given) is kind
            continue
        y, warned = quietly(lambda given=given: line(*given))
        expected, numpy_warned = expected_of(line, inputs, y)
        assert same_values(y, expected), (inputs, y, expected)
        numpy_warned |= {"invalid value", "overflow"} if line.name == "vdot" else set()  # NumPy's own keeps quiet
        assert warned <= numpy_warned, (inputs, warned, numpy_warned)
        if line.name == "getitem" and any(getattr(x, "dtype", None) == np.bool_ for x in inputs):
            continue  # refused: its shape depends on the values
        again, warned_too = quietly(lambda given=given: compiled(*given))
        assert same_values(again, y), (inputs, again, y)
        assert warned_too <= warned


# --- gradients

# Columns are NAMES. A point (.) is the formula's value in float64, rounded: a number beyond the
# dtype is inf, and one below its smallest normal number may be 0.
SLOPES = """
            0    -0   sub  -sub tiny -tiny eps  1    -1   max  -max inf  -inf nan
negative    -1   -1   -1   -1   -1   -1    -1   -1   -1   -1   -1   -1   -1   -1
positive    1    1    1    1    1    1     1    1    1    1    1    1    1    1
1/x         -inf -inf .    .    .    .     .    -1   -1   0    0    0    0    nan
reciprocal  -inf -inf .    .    .    .     .    -1   -1   0    0    0    0    nan
x**0        0    0    0    0    0    0     0    0    0    0    0    0    0    0
x**1        1    1    1    1    1    1     1    1    1    1    1    1    1    1
x**2        0    0    .    .    .    .     .    2    -2   inf  -inf inf  -inf nan
x**-2       -inf inf  -inf inf  .    .     .    -2   2    0    0    0    0    nan
x**0.5      inf  inf  .    nan  .    nan   .    0.5  nan  .    nan  0    0    nan
2.5**x      .    .    .    .    .    .     .    .    .    inf  0    inf  0    nan
square      0    0    .    .    .    .     .    2    -2   inf  -inf inf  -inf nan
sqrt        inf  -inf .    nan  .    nan   .    0.5  nan  .    nan  0    nan  nan
abs         0    0    1    -1   1    -1    1    1    -1   1    -1   1    -1   nan
sign        0    0    0    0    0    0     0    0    0    0    0    0    0    0
floor       0    0    0    0    0    0     0    0    0    0    0    0    0    0
ceil        0    0    0    0    0    0     0    0    0    0    0    0    0    0
exp         1    1    1    1    1    1     .    .    .    inf  0    inf  0    nan
expm1       1    1    1    1    1    1     .    .    .    inf  0    inf  0    nan
log         inf  -inf .    .    .    .     .    1    -1   .    .    0    0    nan
log1p       1    1    1    1    1    1     .    0.5  inf  .    .    0    0    nan
log2        inf  -inf .    .    .    .     .    .    .    .    .    0    0    nan
log10       inf  -inf .    .    .    .     .    .    .    .    .    0    0    nan
sin         1    1    1    1    1    1     1    .    .    .    .    nan  nan  nan
cos         0    0    .    .    .    .     .    .    .    .    .    nan  nan  nan
tan         1    1    1    1    1    1     1    .    .    .    .    nan  nan  nan
arctan      1    1    1    1    1    1     1    0.5  0.5  0    0    0    0    nan
sinh        1    1    1    1    1    1     1    .    .    inf  inf  inf  inf  nan
cosh        0    0    .    .    .    .     .    .    .    inf  -inf inf  -inf nan
tanh        1    1    1    1    1    1     1    .    .    0    0    0    0    nan
relu        0    0    1    0    1    0     1    1    0    1    0    1    0    0
leaky_relu  0.01 0.01 1    0.01 1    0.01  1    1    0.01 1    0.01 1    0.01 0.01
elu         1    1    1    1    1    1     1    1    .    1    0    1    0    nan
gelu        0.5  0.5  0.5  0.5  0.5  0.5   .    .    .    1    0    1    0    nan
silu        0.5  0.5  0.5  0.5  0.5  0.5   .    .    .    1    0    1    0    nan
sigmoid     0.25 0.25 0.25 0.25 0.25 0.25  0.25 .    .    0    0    0    0    nan
softplus    0.5  0.5  0.5  0.5  0.5  0.5   .    .    .    1    0    1    0    nan
log_sigmoid 0.5  0.5  0.5  0.5  0.5  0.5   .    .    .    0    1    0    1    nan
maximum_0   0.5  0.5  1    0    1    0     1    1    0    1    0    1    0    0
minimum_0   0.5  0.5  0    1    0    1     0    0    1    0    1    0    1    0
clip_0_1    1    1    1    0    1    0     1    1    0    0    0    0    0    0
clip_0_     1    1    1    0    1    0     1    1    0    1    0    1    0    0
sum         1    1    1    1    1    1     1    1    1    1    1    1    1    1
modf        1    1    1    1    1    1     1    1    1    1    1    0    0    1
round       0    0    0    0    0    0     0    0    0    0    0    0    0    0
rint        0    0    0    0    0    0     0    0    0    0    0    0    0    0
trunc       0    0    0    0    0    0     0    0    0    0    0    0    0    0
fix         0    0    0    0    0    0     0    0    0    0    0    0    0    0
fabs        0    0    1    -1   1    -1    1    1    -1   1    -1   1    -1   nan
nan_to_num  1    1    1    1    1    1     1    1    1    1    1    0    0    0
arccos      -1   -1   -1   -1   -1   -1    -1   -inf -inf nan  nan  nan  nan  nan
arcsin      1    1    1    1    1    1     1    inf  inf  nan  nan  nan  nan  nan
arctanh     1    1    1    1    1    1     1    inf  inf  0    0    0    0    nan
arccosh     nan  nan  nan  nan  nan  nan   nan  inf  nan  .    nan  0    nan  nan
arcsinh     1    1    1    1    1    1     1    .    .    .    .    0    0    nan
deg2rad     .    .    .    .    .    .     .    .    .    .    .    .    .    .
rad2deg     .    .    .    .    .    .     .    .    .    .    .    .    .    .
sinc        0    0    .    .    .    .     .    -1   1    nan  nan  nan  nan  nan
exp2        .    .    .    .    .    .     .    .    .    inf  0    inf  0    nan
cbrt        inf  inf  .    .    .    .     .    .    .    .    .    0    0    nan
real        1    1    1    1    1    1     1    1    1    1    1    1    1    1
conjugate   1    1    1    1    1    1     1    1    1    1    1    1    1    1
imag        0    0    0    0    0    0     0    0    0    0    0    0    0    0
angle       0    0    0    0    0    0     0    0    0    0    0    0    0    0
selu        .    .    .    .    .    .     .    .    .    .    0    .    0    nan
hard_tanh   1    1    1    1    1    1     1    1    1    0    0    0    0    0
softsign    1    1    1    1    1    1     1    0.25 0.25 .    .    0    0    nan
"""
CALLS: dict[str, Callable[..., Any]] = {
    "1/x": lambda x: 1 / x,
    "x**0": lambda x: x**0,
    "x**1": lambda x: x**1,
    "x**2": lambda x: x**2,
    "x**-2": lambda x: x**-2,
    "x**0.5": lambda x: x**0.5,
    "2.5**x": lambda x: 2.5**x,
    "maximum_0": lambda x: tg.maximum(x, 0),
    "minimum_0": lambda x: tg.minimum(0, x),
    "clip_0_1": lambda x: tg.clip(x, 0, 1),
    "clip_0_": lambda x: tg.clip(x, 0),
    "modf": lambda x: tg.modf(x)[0],
}


def sigma(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def gelu_slope(x: Any) -> Any:
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * np.sqrt(2 / np.pi) * (1 + 0.134145 * x**2)


FORMULAS: dict[str, Callable[..., Any]] = {
    "1/x": lambda x: -1 / (x * x),
    "reciprocal": lambda x: -1 / (x * x),
    "x**2": lambda x: 2 * x,
    "x**-2": lambda x: -2 / (x * x * x),
    "x**0.5": lambda x: 0.5 / np.sqrt(x),
    "2.5**x": lambda x: np.log(2.5) * 2.5**x,
    "square": lambda x: 2 * x,
    "sqrt": lambda x: 0.5 / np.sqrt(x),
    "exp": np.exp,
    "expm1": np.exp,
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
    "log2": lambda x: 1 / (x * np.log(2)),
    "log10": lambda x: 1 / (x * np.log(10)),
    "sin": np.cos,
    "cos": lambda x: -np.sin(x),
    "tan": lambda x: 1 / np.cos(x) ** 2,
    "sinh": np.cosh,
    "cosh": np.sinh,
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
    "elu": np.exp,
    "gelu": gelu_slope,
    "silu": lambda x: sigma(x) * (1 + x * sigma(-x)),
    "sigmoid": lambda x: sigma(x) * sigma(-x),
    "softplus": sigma,
    "log_sigmoid": lambda x: sigma(-x),
    "arccosh": lambda x: 1 / x,
    "arcsinh": lambda x: 1 / np.hypot(1, x),
    "deg2rad": lambda x: np.full_like(x, np.pi / 180),
    "rad2deg": lambda x: np.full_like(x, 180 / np.pi),
    "sinc": lambda x: -np.pi * np.pi * x / 3,
    "exp2": lambda x: np.log(2) * 2.0**x,
    "cbrt": lambda x: 1 / (3 * np.cbrt(x) ** 2),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, 1, 1.6732632423543772 * np.exp(np.minimum(x, 0))),
    "softsign": lambda x: 1 / (1 + np.abs(x)) ** 2,
}


def promised(row: str, dtype: str) -> tuple[str, Any]:
    name, *cells = row.split()
    with np.errstate(all="ignore"):
        slopes = FORMULAS.get(name, np.zeros_like)(points(dtype).astype(float))
        slopes[:] = [slope if cell == "." else float(cell) for cell, slope in zip(cells, slopes, strict=True)]
        return name, slopes.astype(dtype)


def slopes_of(f: Callable[..., Any], *xs: Any) -> list[Any]:
    """The gradients of the sum of f, checked to be those of the compiled function."""
    places = tuple(range(len(xs)))

    def slopes(*xs: Any) -> Any:
        return tg.grad(lambda *xs: tg.sum(f(*xs)), places)(*xs)

    eager, _ = quietly(lambda: slopes(*xs))
    compiled, _ = quietly(lambda: tg.compile(slopes)(*xs))
    for a, b in zip(eager, compiled, strict=True):
        assert_slopes_close(b, a)
    return eager


def assert_slopes_close(got: Any, expected: Any) -> None:
    limits = np.finfo(got.dtype)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=16 * limits.eps, atol=limits.tiny)


@with_dtypes
@pytest.mark.parametrize("row", SLOPES.strip().splitlines()[1:], ids=lambda row: row.split()[0])
def test_slopes(row: str, dtype: str) -> None:
    name, expected = promised(row, dtype)
    [found] = slopes_of(CALLS.get(name) or getattr(tg, name), points(dtype))
    assert_slopes_close(found, expected)


def test_the_table_has_every_op_of_one_input_and_its_columns() -> None:
    head, *rows = SLOPES.strip().splitlines()
    assert head.split() == NAMES
    names = {row.split()[0] for row in rows}
    here = {str(x.name) for x in LINES if x.smooth and x.elementwise and len(x.inputs) == 1}
    assert {name for name in here if not name.startswith("special.") and name != "i0"} <= names


INF, NAN, MAX, TINY, SUB = np.inf, np.nan, np.finfo(float).max, np.finfo(float).tiny, 5e-324
# f, its input (one or several), the gradient of the sum of its result
PAIRS: list[tuple[Any, list[Any], list[Any]]] = [
    # a number and a number
    (tg.multiply, [0.0, INF], [INF, 0]),
    (tg.multiply, [NAN, 2.0], [2, NAN]),
    (tg.multiply, [MAX, MAX], [MAX, MAX]),
    (tg.divide, [1.0, 0.0], [INF, -INF]),
    (tg.divide, [1.0, -0.0], [-INF, -INF]),
    (tg.divide, [0.0, 0.0], [INF, NAN]),
    (tg.divide, [1.0, INF], [0, 0]),
    (tg.divide, [INF, INF], [0, NAN]),
    (tg.divide, [INF, 1.0], [1, -INF]),
    (tg.divide, [MAX, TINY], [1 / TINY, -INF]),
    (tg.power, [0.0, 0.0], [0, 0]),
    (tg.power, [0.0, 0.5], [INF, 0]),
    (tg.power, [0.0, 1.0], [1, 0]),
    (tg.power, [-0.0, 3.0], [0, 0]),
    (tg.power, [0.0, -1.0], [-INF, NAN]),  # the value is infinite
    (tg.power, [-1.0, 2.0], [-2, NAN]),  # the logarithm of -1
    (tg.power, [INF, 2.0], [INF, INF]),
    (tg.power, [INF, 0.0], [0, INF]),
    (tg.power, [INF, -1.0], [0, NAN]),
    (tg.power, [1.0, INF], [INF, 0]),
    (tg.power, [2.0, INF], [INF, INF]),
    (tg.power, [2.0, -INF], [NAN, 0]),  # -inf * 0; the same for an infinite exponent and any base
    (tg.power, [0.5, INF], [NAN, 0]),
    (tg.power, [1.0, NAN], [NAN, 0]),  # 1 ** nan is 1
    (tg.power, [NAN, 0.0], [0, NAN]),  # as is nan ** 0
    (tg.logaddexp, [MAX, -MAX], [1, 0]),
    (tg.logaddexp, [INF, 0.0], [1, 0]),
    (tg.logaddexp, [-INF, 0.0], [0, 1]),
    (tg.logaddexp, [INF, INF], [NAN, NAN]),  # the larger of the two is unknown
    (tg.logaddexp, [-INF, -INF], [NAN, NAN]),
    (tg.maximum, [0.0, -0.0], [0.5, 0.5]),
    (tg.maximum, [INF, INF], [0.5, 0.5]),
    (tg.maximum, [NAN, 1.0], [0, 0]),
    (tg.minimum, [-INF, -INF], [0.5, 0.5]),
    (tg.minimum, [1.0, NAN], [0, 0]),
    (lambda a, b: tg.where(a > 0, a, b), [1.0, NAN], [1, 0]),
    (tg.fmax, [0.0, -0.0], [0.5, 0.5]),
    (tg.fmax, [NAN, 1.0], [0, 1]),
    (tg.fmax, [NAN, NAN], [0, 0]),
    (tg.fmin, [-INF, NAN], [1, 0]),
    (tg.fmin, [-INF, -INF], [0.5, 0.5]),
    (tg.logaddexp2, [MAX, -MAX], [1, 0]),
    (tg.logaddexp2, [-INF, 0.0], [0, 1]),
    (tg.logaddexp2, [INF, INF], [NAN, NAN]),
    (tg.hypot, [0.0, -0.0], [0, 0]),
    (tg.hypot, [1e200, -1e200], [0.5**0.5, -(0.5**0.5)]),  # neither overflows nor loses digits in between
    (tg.hypot, [SUB, 0.0], [1, 0]),
    (tg.hypot, [-INF, 1.0], [-1, 0]),
    (tg.hypot, [INF, INF], [1, 1]),
    (tg.hypot, [MAX, MAX], [0, 0]),  # the value is inf, beyond the dtype
    (tg.hypot, [NAN, 1.0], [NAN, NAN]),
    (tg.arctan2, [0.0, 0.0], [0, 0]),
    (tg.arctan2, [0.0, -0.0], [0, 0]),
    (tg.arctan2, [0.0, -1.0], [-1, 0]),
    (tg.arctan2, [3e200, 4e200], [0.16e-200, -0.12e-200]),
    (tg.arctan2, [1e-200, 0.0], [0, -1e200]),
    (tg.arctan2, [INF, 1.0], [0, 0]),
    (tg.arctan2, [INF, -INF], [0, 0]),
    (tg.arctan2, [NAN, 1.0], [NAN, NAN]),
    (tg.float_power, [0.0, 0.5], [INF, 0]),
    (tg.float_power, [INF, 0.0], [0, INF]),
    (tg.copysign, [-2.0, -0.0], [1, 0]),
    (tg.copysign, [0.0, -1.0], [0, 0]),
    (tg.copysign, [INF, -INF], [-1, 0]),
    (tg.heaviside, [0.0, 0.5], [0, 1]),
    (tg.heaviside, [-INF, 0.5], [0, 0]),
    (tg.heaviside, [NAN, 0.5], [0, 0]),
    (tg.fmod, [INF, 2.0], [1, NAN]),
    (tg.fmod, [5.0, INF], [1, 0]),
    (tg.fmod, [5.0, 0.0], [1, NAN]),
    (tg.fmod, [1e300, 3e-5], [1, -1e300 / 3e-5]),
    # the entries of one array
    (lambda x: tg.norm(x, 3), [[SUB, SUB]], [[0, 0]]),
    (lambda x: tg.norm(x, 3), [[NAN, 1.0]], [[NAN, NAN]]),
    (lambda x: tg.norm(x, -1), [[INF, 2.0]], [[0, 1]]),
    (lambda x: tg.logsumexp(x, b=[1.0, 0.0]), [[0.0, INF]], [[1, 0]]),
    (lambda x: tg.logsumexp(x, b=[1.0, -1.0]), [[3.0, 3.0]], [[0, 0]]),  # the value is -inf
    (lambda x: tg.logsumexp(x, b=[1.0, 1.0]), [[-INF, -INF]], [[0, 0]]),
    (lambda x: tg.logsumexp(x, b=[2.0, 1.0]), [[MAX, -MAX]], [[1, 0]]),
    (tg.sum, [[INF, -INF, NAN]], [[1, 1, 1]]),
    (tg.mean, [[MAX, MAX]], [[0.5, 0.5]]),
    (tg.cumsum, [[INF, -INF]], [[2, 1]]),
    (tg.max, [[0.0, -0.0, -1.0]], [[0.5, 0.5, 0]]),
    (tg.max, [[INF, INF, NAN]], [[0, 0, 0]]),
    (tg.min, [[-INF, 1.0]], [[1, 0]]),
    (tg.prod, [[0.0, INF]], [[INF, 0]]),
    (tg.prod, [[MAX, MAX]], [[MAX, MAX]]),
    (tg.prod, [[NAN, 2.0]], [[2, NAN]]),
    (tg.var, [[MAX, -MAX]], [[MAX, -MAX]]),
    (tg.var, [[NAN, 1.0]], [[NAN, NAN]]),
    (tg.std, [[SUB, -SUB]], [[0, 0]]),  # the value is 0
    (tg.std, [[MAX, -MAX]], [[0, 0]]),  # the value is inf, beyond the dtype: the gradient is divided by it
    (tg.norm, [[SUB, SUB]], [[0, 0]]),
    (tg.norm, [[MAX, MAX]], [[0, 0]]),
    (tg.norm, [[INF, 1.0]], [[NAN, 0]]),
    (tg.norm, [[NAN, 1.0]], [[NAN, NAN]]),
    (tg.logsumexp, [[MAX, -MAX]], [[1, 0]]),
    (tg.logsumexp, [[-INF, 0.0]], [[0, 1]]),
    (tg.logsumexp, [[-INF, -INF]], [[0, 0]]),
    (tg.logsumexp, [[INF, 0.0]], [[NAN, NAN]]),
    (tg.softmax, [[MAX, -MAX]], [[0, 0]]),
    (tg.softmax, [[-INF, 0.0]], [[0, 0]]),
    (tg.softmax, [[INF, 0.0]], [[NAN, NAN]]),  # as is the value
    (tg.log_softmax, [[-INF, 0.0]], [[1, -1]]),
    (tg.log_softmax, [[MAX, -MAX]], [[-1, 1]]),
    (tg.log_softmax, [[INF, 0.0]], [[NAN, NAN]]),
    (lambda x: x[:1] @ x[1:], [[INF, 0.0]], [[0, INF]]),
    # 0, the slope of a kink, times an infinite gradient: nan
    (lambda x: tg.log(tg.relu(x)), [[-1.0, 0.0, 2.0]], [[NAN, NAN, 0.5]]),
    (lambda x: tg.sqrt(abs(x)), [[0.0, 4.0]], [[NAN, 0.25]]),
    (lambda x: 1 / tg.maximum(x, 0), [[-1.0, 2.0]], [[NAN, -0.25]]),
    (lambda x: tg.where(x > 0, tg.log(x), 0), [[0.0, 2.0]], [[NAN, 0.5]]),
    (
        lambda x: tg.where(x > 0, tg.log(tg.where(x > 0, x, 1)), 0),
        [[0.0, 2.0]],
        [[0, 0.5]],
    ),  # the form to write instead
]


@pytest.mark.parametrize(("f", "inputs", "expected"), PAIRS, ids=[f"{k}" for k in range(len(PAIRS))])
def test_gradients_of_several_inputs(f: Any, inputs: list[Any], expected: list[Any]) -> None:
    found = slopes_of(f, *(np.array(x) for x in inputs))
    for got, wanted in zip(found, expected, strict=True):
        assert_slopes_close(got, np.array(wanted, float))


MOVED = (
    "add subtract negative positive where reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to"
)
OF_ENTRIES = ("maximum", "median", "minimum")  # of pad
MOVED += " flip astype pad concatenate stack split getitem take sum mean cumsum real imag conjugate deg2rad rad2deg"


@with_dtypes
@by_op([x for x in LINES if x.smooth and x.name in MOVED.split() and (x.options or {}).get("mode") not in OF_ENTRIES])
def test_ops_that_move_or_add_have_gradients_independent_of_values(line: Line, dtype: str) -> None:
    def slopes(inputs: list[Any]) -> list[Any]:
        where = tuple(k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f")
        given = [np.asarray(x) if isinstance(x, np.generic) else x for x in inputs]
        return quietly(lambda: tg.grad(lambda *xs: tg.sum(line(*xs)), where)(*given))[0] if where else []

    usual = slopes(line.sample(dtype))
    for inputs in samples(line, dtype)[:3]:
        for got, wanted in zip(slopes(inputs), usual, strict=True):
            assert same_values(got, wanted)


def test_relu_of_nan_has_slope_0() -> None:
    def slope(x: Any) -> Any:
        return tg.grad(lambda x: 2 * tg.relu(x))(x)

    assert slope(np.array(NAN)) == 0
    assert tg.compile(slope)(np.array(NAN)) == 0
    assert tg.compile(slope, passes=[])(np.array(NAN)) == 0
