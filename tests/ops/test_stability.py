"""Sigmoid, softplus, logsumexp and similar ops against exact values from Python's decimal.

Up to |x| = 1e4, where exp overflows, and at the limits of float32 and float64. Warnings are errors.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

MAGNITUDES = [
    0,
    1e-30,
    1e-8,
    1e-3,
    0.3,
    0.7,
    1,
    2.5,
    10,
    16.7,
    20,
    36.8,
    88.5,
    89,
    103.5,
    104,
    500,
    709.5,
    710,
    745.5,
    1e4,
]
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def points(dtype: Any) -> Any:
    limits = np.finfo(dtype)
    positive = np.array([*MAGNITUDES, limits.tiny, limits.smallest_subnormal, limits.eps, limits.max], dtype)
    return np.concatenate([positive, -positive])


def exactly(f: Callable[..., Any], x: Any) -> Any:
    """f (one or more numbers) of each entry of x with 360 digits, enough for 1 + exp(-745), rounded to float64."""
    with localcontext() as context:
        context.prec = 360
        return np.array([f(Decimal(float(v))) for v in x], float)


def sigmoid(x: Decimal) -> Decimal:
    small = (-abs(x)).exp()
    return (1 if x >= 0 else small) / (1 + small)


def softplus(x: Decimal) -> Decimal:
    return max(x, Decimal(0)) + (1 + (-abs(x)).exp()).ln()


FUNCTIONS: dict[str, tuple[Any, Callable[..., Decimal], Callable[..., Decimal]]] = {
    "sigmoid": (tg.sigmoid, sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "softplus": (tg.softplus, softplus, sigmoid),
    "log_sigmoid": (tg.log_sigmoid, lambda x: -softplus(-x), lambda x: sigmoid(-x)),
}


@both_dtypes
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_slope_to_a_few_roundings(name: str, dtype: Any) -> None:
    f, exact, exact_slope = FUNCTIONS[name]
    x = tg.Tensor(points(dtype), requires_grad=True)
    y = f(x)
    y.sum().backward()
    limits = np.finfo(dtype)
    slope_tolerance = {"atol": limits.eps} if name == "sigmoid" else {"rtol": 8 * limits.eps, "atol": limits.tiny}
    assert y.dtype == x.grad.dtype == dtype
    np.testing.assert_allclose(y.data, exactly(exact, x.data), rtol=8 * limits.eps, atol=limits.tiny)
    np.testing.assert_allclose(x.grad, exactly(exact_slope, x.data), **{"rtol": 0, **slope_tolerance})


@both_dtypes
@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_slope(name: str, dtype: Any) -> None:
    f, _, _exact_slope = FUNCTIONS[name]
    x = tg.Tensor(points(dtype), requires_grad=True)
    f(x).sum().backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.sum().backward()
    s, rest = exactly(sigmoid, x.data), exactly(lambda v: sigmoid(-v), x.data)
    exact = {"sigmoid": s * rest * (1 - 2 * s), "softplus": s * rest, "log_sigmoid": -s * rest}[name]
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    np.testing.assert_allclose(x.grad, exact, rtol=0, atol=4 * eps)
    if name != "sigmoid":  # exp of the rounded y has an error of as many roundings as y is large
        np.testing.assert_allclose(x.grad, exact, rtol=800 * eps, atol=tiny)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_infinities_and_nan(name: str) -> None:
    f = FUNCTIONS[name][0]
    expected = {"sigmoid": [1, 0], "softplus": [np.inf, 0], "log_sigmoid": [0, -np.inf]}[name]
    x = tg.Tensor([np.inf, -np.inf], requires_grad=True)
    y = f(x)
    y.sum().backward()
    assert y.data.tolist() == expected
    assert x.grad.tolist() == {"sigmoid": [0, 0], "softplus": [1, 0], "log_sigmoid": [0, 1]}[name]
    assert np.isnan(float(f(np.nan)))


# --- activations


def gated(x: Decimal, z: Decimal, rise: Decimal, bend: Decimal) -> list[Decimal]:
    """x sigmoid(z(x)) and its first two derivatives, for a z of these two derivatives."""
    s, rest = sigmoid(z), sigmoid(-z)
    first, second = s * rest * rise, s * rest * ((rest - s) * rise * rise + bend)
    return [x * s, s + x * first, 2 * first + x * second]


def gelu(x: Decimal) -> list[Decimal]:
    root, cubic = 2 * (2 / Decimal(np.pi)).sqrt(), Decimal("0.044715")
    return gated(x, root * (x + cubic * x**3), root * (1 + 3 * cubic * x**2), root * 6 * cubic * x)


ACTIVATIONS: dict[str, tuple[Any, Callable[..., list[Decimal]], tuple[int, int, int]]] = {
    # The last are the errors allowed, in roundings of 1: sigmoid(x) is 1 if x > 37, and a
    # difference from 1 is multiplied by x; gelu multiplies one of tanh by x**3, and by x**5 in the
    # second slope.
    "elu": (tg.elu, lambda x: [x, Decimal(1), Decimal(0)] if x > 0 else [x.exp() - 1, x.exp(), x.exp()], (2, 2, 2)),
    "silu": (tg.silu, lambda x: gated(x, x, Decimal(1), Decimal(0)), (4, 40, 40)),
    "gelu": (tg.gelu, gelu, (4, 50, 300)),
}


@both_dtypes
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_first_two_slopes(name: str, dtype: Any) -> None:
    f, exact, roundings = ACTIVATIONS[name]
    x = tg.Tensor(np.concatenate([points(dtype), np.arange(-12, 12, 0.25, dtype)]), requires_grad=True)
    y = f(x)
    y.sum().backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.sum().backward()
    right = exactly(exact, x.data)
    for k, found in enumerate([y.data, slope.data, x.grad]):
        assert found.dtype == dtype
        allowed = roundings[k] * np.finfo(dtype).eps
        np.testing.assert_allclose(found, right[:, k], rtol=allowed, atol=allowed)


# of PyTorch 2.13: values, slopes and second slopes, with the option where one is given
OF_PYTORCH = """
                            -5             -1.5             -0.3              0.3              1.5                5
leaky_relu -             -0.05           -0.015           -0.003              0.3              1.5                5
leaky_relu -              0.01             0.01             0.01                1                1                1
leaky_relu -                 0                0                0                0                0                0
elu        -      -0.993262053   -0.77686983985   -0.25918177932              0.3              1.5                5
elu        -   0.0067379469991    0.22313016015    0.74081822068                1                1                1
elu        -   0.0067379469991    0.22313016015    0.74081822068                0                0                0
elu        0.3   -0.2979786159   -0.23306095196  -0.077754533795              0.3              1.5                5
elu        0.3 0.0020213840997   0.066939048045     0.2222454662                1                1                1
elu        0.3 0.0020213840997   0.066939048045     0.2222454662                0                0                0
gelu       -  -2.2917961973e-07   -0.10042842302   -0.11462907646    0.18537092354      1.399571577     4.9999997708
gelu       -  -1.546361988e-06   -0.12771079315    0.26770454836    0.73229545164     1.1277107932     1.0000015464
gelu       -  -9.9341322249e-06  -0.030518196484    0.72814844843    0.72814844843  -0.030518196484 -9.9341322249e-06
silu       -   -0.033464254621   -0.27363828571   -0.12766724496    0.17233275504     1.2263617143     4.9665357454
silu       -    -0.02654743243  -0.041294154299    0.35221998968    0.64778001032     1.0412941543     1.0265474324
silu       -    -0.01949922549    0.15619758496    0.47799776819    0.47799776819    0.15619758496   -0.01949922549
"""


@pytest.mark.parametrize("compiled", [False, True])
def test_activations_are_those_of_pytorch(compiled: bool) -> None:
    head, *rows = [line.split() for line in OF_PYTORCH.strip().splitlines()]
    x = np.array(head, float)
    for k, (name, option, *figures) in enumerate(rows):
        options = [] if option == "-" else [float(option)]

        def f(x: Any, name: str = name, options: Any = tuple(options)) -> Any:
            return getattr(tg, name)(x, *options)

        def slope(x: Any, f: Any = f) -> Any:
            return tg.grad(lambda x: tg.sum(f(x)))(x)

        def second(x: Any, slope: Any = slope) -> Any:
            return tg.grad(lambda x: tg.sum(slope(x)))(x)

        g = (f, slope, second)[k % 3]
        np.testing.assert_allclose((tg.compile(g) if compiled else g)(x), np.array(figures, float), rtol=1e-9, atol=0)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g"])
def test_activations_at_the_ends_of_a_dtype(dtype: str) -> None:
    """At infinities they have their limits, nan stays, and nothing warns of large numbers."""
    for f, low, slope in [(tg.leaky_relu, -np.inf, 0.01), (tg.elu, -1, 0), (tg.gelu, 0, 0), (tg.silu, 0, 0)]:
        infinite = f(np.array([-np.inf, np.inf, np.nan], dtype))
        assert infinite.dtype == dtype
        np.testing.assert_array_equal(infinite, [low, np.inf, np.nan])
        ends = tg.Tensor(np.array([np.finfo(dtype).min, np.finfo(dtype).max], dtype), requires_grad=True)
        f(ends).backward(np.full(2, 2, dtype), create_graph=True)
        np.testing.assert_allclose(ends.grad.data, np.array([2 * slope, 2], dtype), rtol=1e-3)


@pytest.mark.parametrize(("dtype", "x"), [("f4", -80.0), ("f8", -700.0), ("g", -700.0)])
def test_small_values_of_silu_have_all_their_digits(dtype: str, x: float) -> None:
    z = np.array(x, dtype)
    np.testing.assert_allclose(tg.silu(z), z * np.exp(z), rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(tg.grad(tg.silu)(z), (1 + z) * np.exp(z), rtol=4 * np.finfo(dtype).eps)


# --- rows


def logsumexp(row: Any) -> Decimal:
    values = [Decimal(float(v)) for v in row]
    return max(values) + sum((v - max(values)).exp() for v in values).ln()


def softmax(row: Any) -> list[Decimal]:
    values = [Decimal(float(v)) for v in row]
    e = [(v - max(values)).exp() for v in values]
    return [v / sum(e) for v in e]


def rows(dtype: Any) -> list[Any]:
    big = float(np.finfo(dtype).max)
    return [
        np.array(row, dtype)
        for row in (
            *([0.0], [-3.0], [0.1, 0.2, 0.3], [1e4, 1e4], [-1e4, -1e4, -1e4], [1e4, -1e4, 0], [1e4, 1e4 - 1, 0]),
            *([800.0, 0.0], [-800.0, 0.0], [0.0, -30.0, -30.0], [big, 0], [-big, 0], [big, -big], [big, big / 2]),
            *([-big, -big], [big, big], [1e-30, -1e-30], [88.0, 88.7, 89.0], [-104.0, -105.0]),
        )
    ]


@both_dtypes
def test_logsumexp_and_softmax(dtype: Any) -> None:
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    for row in rows(dtype):
        with localcontext() as context:
            context.prec = 360
            total, shares = logsumexp(row), softmax(row)
            logs = [Decimal(float(v)) - total for v in row]
        x = tg.Tensor(row, requires_grad=True)
        y = tg.logsumexp(x)
        y.backward()
        # the part added to the largest entry is exact; the sum of the two may cancel
        np.testing.assert_allclose(y.data, float(total), rtol=4 * eps, atol=4 * eps, err_msg=str(row))
        np.testing.assert_allclose(tg.softmax(x).data, [float(s) for s in shares], rtol=8 * eps, atol=tiny)
        np.testing.assert_allclose(x.grad, [float(s) for s in shares], rtol=16 * eps, atol=tiny)
        if min(logs) > -float(np.finfo(dtype).max):
            np.testing.assert_allclose(tg.log_softmax(x).data, [float(v) for v in logs], rtol=4 * eps, atol=4 * eps)


@both_dtypes
@pytest.mark.parametrize("f", [tg.softmax, tg.log_softmax, tg.logsumexp], ids=["softmax", "log_softmax", "logsumexp"])
def test_gradients_of_rows_are_finite(f: Any, dtype: Any) -> None:
    for row in rows(dtype):
        if f is tg.log_softmax and Decimal(float(max(row))) - Decimal(float(min(row))) > float(np.finfo(dtype).max):
            continue  # the value itself is beyond the dtype
        x = tg.Tensor(row, requires_grad=True)
        y = f(x)
        y.backward(np.linspace(-1, 1, y.size, dtype=dtype).reshape(y.shape), create_graph=True)
        (x.grad * x.grad).sum().backward()
        assert np.isfinite(np.asarray(x.grad.data)).all()


def test_logsumexp_of_empty_and_infinite_arrays() -> None:
    """As in NumPy's sum of exp: log(0) = -inf, and infinity wins."""
    assert float(tg.logsumexp(tg.Tensor(np.zeros(0)))) == -np.inf
    for row, value, slope in [([-np.inf, -np.inf], -np.inf, [0, 0]), ([-np.inf, 2.0], 2.0, [0, 1])]:
        x = tg.Tensor(row, requires_grad=True)
        y = tg.logsumexp(x)
        y.backward()
        assert float(y) == value
        assert x.grad.tolist() == slope
    assert float(tg.logsumexp(tg.Tensor([np.inf, 2.0]))) == np.inf


def test_softmax_with_masked_entries() -> None:
    x = tg.Tensor([0.0, -np.inf, 0.0], requires_grad=True)
    y = tg.softmax(x)
    y[0].backward()
    assert y.data.tolist() == [0.5, 0, 0.5]
    assert x.grad.tolist() == [0.25, 0, -0.25]
