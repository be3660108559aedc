"""The slopes of tinygraph, of first and second order, if a function has none or several."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinygraph as tg


def slopes(f: Any, *points: Any, order: int = 1) -> list[list[Any]]:
    """The gradients of the sum of f (or of its gradients) for each point, as lists."""
    xs = [tg.Tensor(x, requires_grad=True) for x in points]
    y = f(*xs)
    for _ in range(order - 1):
        for x in xs:
            x.zero_grad()
        y.sum().backward(create_graph=True)
        y = sum((x.grad.sum() for x in xs), tg.Tensor(0.0))
    for x in xs:
        x.zero_grad()
    if y.requires_grad:
        y.sum().backward()
    return [np.zeros(x.shape).tolist() if x.grad is None else np.asarray(x.grad).tolist() for x in xs]


@pytest.mark.parametrize(
    ("f", "at_minus_1_0_and_1"),
    [
        (tg.relu, [0, 0, 1]),
        (abs, [-1, 0, 1]),
        (tg.sign, [0, 0, 0]),
        (tg.floor, [0, 0, 0]),
        (tg.ceil, [0, 0, 0]),
        (tg.leaky_relu, [0.01, 0.01, 1]),
        (lambda x: tg.leaky_relu(x, slope=0.2), [0.2, 0.2, 1]),
        (lambda x: tg.leaky_relu(x, slope=-1.0), [-1, -1, 1]),
        (lambda x: tg.elu(x, alpha=0.0), [0, 0, 1]),
        (lambda x: np.maximum(x, 0), [0, 0.5, 1]),  # a tie; relu has its own rule
        (lambda x: np.minimum(x, 0), [1, 0.5, 0]),
        (lambda x: tg.clip(x, -1, 1), [1, 1, 1]),  # the bounds are within
        (lambda x: tg.clip(x, 0, 0.5), [0, 1, 0]),
        (lambda x: tg.clip(x, None, 0), [1, 1, 0]),
        (lambda x: tg.clip(x, 0, None), [0, 1, 1]),
        (lambda x: x.clip(max=0), [1, 1, 0]),
        (lambda x: tg.clip(x), [1, 1, 1]),
        (lambda x: x**0, [0, 0, 0]),
        (lambda x: x**0.0, [0, 0, 0]),
        (lambda x: x**1, [1, 1, 1]),
        (lambda x: x**2, [-2, 0, 2]),
        (lambda x: x**3, [3, 0, 3]),
        (lambda x: x ** np.array([1.0, 0.0, 0.0]), [1, 0, 0]),
        (lambda x: x ** np.array([2.0, 1.0, 2.0]), [-2, 1, 2]),
        (lambda x: x ** np.array(2), [-2, 0, 2]),
        (lambda x: x ** np.array([True, True, False]), [1, 1, 0]),
        (lambda x: x ** np.array([2, 0, 1], np.uint8), [-2, 0, 1]),
        (lambda x: tg.where(x > 0, x, 0), [0, 0, 1]),
        *((f, [0, 0, 0]) for f in (tg.round, tg.rint, tg.trunc, tg.fix, tg.angle, tg.imag)),  # jumps or constants
        (lambda x: tg.round(x / 2), [0, 0, 0]),
        (lambda x: x // 1, [0, 0, 0]),
        (lambda x: tg.modf(x)[0], [1, 1, 1]),
        (lambda x: tg.modf(x)[1], [0, 0, 0]),
        (lambda x: divmod(x, 1)[0], [0, 0, 0]),
        (lambda x: divmod(x, 1)[1], [1, 1, 1]),
        (lambda x: tg.fmod(x, 1), [1, 1, 1]),
        (lambda x: tg.fmod(3, x + 2), [-3, -1, -1]),
        (lambda x: tg.remainder(3, x + 2), [-3, -1, -1]),
        (lambda x: tg.fmod(-3, x + 2), [3, 1, 1]),
        (lambda x: tg.remainder(-3, x + 2), [3, 2, 1]),
        (tg.fabs, [-1, 0, 1]),
        (lambda x: tg.heaviside(x, 0.5), [0, 0, 0]),
        (lambda x: tg.heaviside(np.array([-1, 0, 1], x.dtype), x), [0, 1, 0]),
        (lambda x: tg.copysign(x, -1.0), [1, 0, -1]),
        (lambda x: tg.copysign(2.0, x), [0, 0, 0]),
        (tg.nan_to_num, [1, 1, 1]),
        (lambda x: tg.fmax(x, 0), [0, 0.5, 1]),
        (lambda x: tg.fmin(0, x), [1, 0.5, 0]),
        (tg.hard_tanh, [1, 1, 1]),
        (tg.softsign, [0.25, 1, 0.25]),
        (tg.sinc, [1, 0, -1]),
        (lambda x: tg.hypot(x, 0.0), [-1, 0, 1]),
        (lambda x: tg.arctan2(x, 0.0), [0, 0, 0]),
        (lambda x: tg.float_power(x, 0), [0, 0, 0]),
        (lambda x: np.max(x, initial=0.0), [0, 0, 1]),
        (lambda x: np.max(x, initial=1.0), [0, 0, 1]),  # an entry that equals `initial` has the whole slope
        (lambda x: np.max(x, initial=2.0), [0, 0, 0]),
        (lambda x: np.min(x, initial=-1.0, where=x > -1), [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_slope(f: Any, at_minus_1_0_and_1: list[float], dtype: str) -> None:
    [found] = slopes(f, np.array([-1, 0, 1], dtype))
    assert found == [np.dtype(dtype).type(v) for v in at_minus_1_0_and_1]


def test_minus_zero_is_zero() -> None:
    for f in (tg.relu, abs, tg.sign):
        assert slopes(f, [-0.0]) == [[0.0]]


@pytest.mark.parametrize(
    ("f", "at_minus_1_0_and_1"),
    [
        (tg.relu, [0, 0, 0]),
        (tg.leaky_relu, [0, 0, 0]),
        (abs, [0, 0, 0]),
        (lambda x: tg.relu(x) ** 2, [0, 0, 2]),
        (lambda x: abs(x) ** 3, [6, 0, 6]),
        (lambda x: x**0, [0, 0, 0]),
        (lambda x: x**1, [0, 0, 0]),
        (lambda x: x**2, [2, 2, 2]),
        (lambda x: x**3, [-6, 0, 6]),
        (lambda x: x ** np.array([1.0, 2.0, 3.0]), [0, 2, 6]),
        (lambda x: tg.clip(x, -1, 1) ** 2, [2, 2, 2]),
        (lambda x: tg.fmod(x, 1) ** 2, [2, 2, 2]),
        (tg.fabs, [0, 0, 0]),
        (lambda x: tg.hypot(x, 0.0), [0, 0, 0]),
        (tg.softsign, [0.25, 0, -0.25]),
        (lambda x: tg.float_power(x, 3), [-6, 0, 6]),
    ],
)
def test_second_slope(f: Any, at_minus_1_0_and_1: list[float]) -> None:
    assert slopes(f, [-1.0, 0.0, 1.0], order=2) == [at_minus_1_0_and_1]


@pytest.mark.parametrize("alpha", [1.0, 0.3, -2.0])
def test_elu_has_the_slopes_of_its_negative_side_at_0(alpha: float) -> None:
    for zero in (0.0, -0.0):
        assert slopes(lambda x: tg.elu(x, alpha), [zero]) == [[alpha]]
        assert slopes(lambda x: tg.elu(x, alpha), [zero], order=2) == [[alpha]]
    for order, right in [(1, 1), (2, 0)]:
        found = slopes(lambda x: tg.elu(x, alpha), [-1.0, 1.0], order=order)
        np.testing.assert_allclose(found, [[alpha * np.exp(-1), right]], rtol=1e-15)


def test_zero_to_a_power_in_the_exponent() -> None:
    """0 ** b is 0 for b > 0 and 1 for b = 0; its slope in b is taken to be 0."""
    assert slopes(lambda a, b: a**b, [0.0, 0.0, 0.0], [0.0, 1.0, 2.0]) == [[0, 1, 0], [0, 0, 0]]
    assert slopes(lambda b: 0.0**b, [0.0, 1.0]) == [[0, 0]]


def test_ties_of_maximum_and_minimum_share_equally() -> None:
    a, b = [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]
    assert slopes(tg.maximum, a, b) == [[0, 0.5, 1], [1, 0.5, 0]]
    assert slopes(tg.minimum, a, b) == [[1, 0.5, 0], [0, 0.5, 1]]
    x = [1.0]
    assert slopes(lambda x: tg.maximum(x, x), x) == [[1]]


@pytest.mark.parametrize(
    ("options", "shares"),
    [
        ({}, [[0, 1 / 3, 1 / 3], [0, 1 / 3, 0]]),
        ({"axis": 0}, [[0.5, 0.5, 1], [0.5, 0.5, 0]]),
        ({"axis": 1}, [[0, 0.5, 0.5], [0, 1, 0]]),
        ({"axis": (0, 1), "keepdims": True}, [[0, 1 / 3, 1 / 3], [0, 1 / 3, 0]]),
    ],
)
def test_ties_of_max_and_min_share_equally(options: dict[str, Any], shares: list[list[float]]) -> None:
    x = np.array([[1.0, 3.0, 3.0], [1.0, 3.0, 2.0]])
    assert slopes(lambda x: x.max(**options), x) == [shares]
    assert slopes(lambda x: (-x).min(**options), x) == [(-np.array(shares)).tolist()]
    assert slopes(lambda x: tg.norm(tg.ravel(x), ord=np.inf), x) == [[[0, 1 / 3, 1 / 3], [0, 1 / 3, 0]]]


def test_the_gradient_of_sort_and_partition_follows_the_entries() -> None:
    """Equal entries in their order; nan comes last."""
    w = np.array([1.0, 10.0, 100.0, 1000.0])
    x: Any = [2.0, 1.0, 2.0, 0.0]
    for f, options in [(np.sort, {}), (np.sort, {"axis": None}), (np.partition, {"kth": (1, 2)})]:
        assert slopes(lambda x, f=f, options=options: f(x, **options) * w, x) == [[100, 10, 1000, 1]]
        assert slopes(lambda x, f=f, options=options: f(x, **options) ** 3, x, order=2) == [[12, 6, 12, 0]]
    assert slopes(lambda x: np.sort(x) * w, [np.nan, 1.0, -0.0, 0.0]) == [[1000, 100, 1, 10]]
    many = np.random.default_rng(0).permutation(2000.0 * np.arange(1000))
    places = np.argsort(np.partition(many, 300))[np.argsort(np.argsort(many))]  # not in order on either side of 300
    assert slopes(lambda x: np.partition(x, 300) * np.arange(1000.0), many) == [places.tolist()]
    x = np.array([[3.0, 1.0], [3.0, 0.0], [2.0, 1.0]])
    assert slopes(lambda x: np.sort(x, axis=0) * w[:3, None], x) == [[[10, 10], [100, 1], [1, 100]]]


def test_of_several_values_set_at_one_entry_the_last_gets_the_gradient() -> None:
    w = np.array([1.0, 10.0, 100.0])
    assert slopes(lambda x, v: x.at[[2, 0, 2]].set(v) * w, [0.0] * 3, [1.0, 2.0, 3.0]) == [[0, 10, 0], [0, 1, 100]]
    assert slopes(lambda x, v: x.at[[2, 0, 2]].set(v) * w, [0.0] * 3, 5.0) == [[0, 10, 0], 101]
    assert slopes(lambda x, v: x.at[[True, False, True]].set(v) * w, [0.0] * 3, 5.0) == [[0, 10, 0], 101]
    assert slopes(lambda x, v: x.at[x > 0].set(v) * w, [0.0, 1.0, 2.0], 5.0) == [[1, 0, 0], 110]
    assert slopes(lambda x, v: x.at[[2, 0, 2]].add(v) * w, [0.0] * 3, [1.0, 2.0, 3.0]) == [[1, 10, 100], [100, 1, 100]]
    assert slopes(lambda x, v: x.at[[2, 2]].set(v) ** 3, [0.0] * 3, [1.0, 2.0], order=2) == [[0, 0, 0], [0, 12]]


def test_products_at_an_entry_with_zeros() -> None:
    """Slopes are products of the others, second slopes of all but two, also of zeros."""
    for v in ([2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]):
        others = [float(np.prod(v[:k] + v[k + 1 :])) * 7 for k in range(3)]
        assert slopes(lambda x, v: x.at[[1, 1, 1]].multiply(v), [4.0, 7.0], v) == [[1, float(np.prod(v))], others]
        tg.check_gradients(lambda x, v: x.at[[1, 1, 1]].multiply(v), [4.0, 7.0], v, order=3)
    rng = np.random.default_rng(0)
    x, v, index = rng.normal(size=(4, 2)), rng.normal(size=(9, 2)), rng.integers(4, size=9)
    tg.check_gradients(lambda x, v: x.at[index].multiply(v), x, v)


def test_ties_of_min_and_max_at_an_index_share_equally() -> None:
    third = 1 / 3
    assert slopes(lambda x, v: x.at[[1, 1, 0]].max(v), [0.0, 2.0], [2.0, 2.0, 1.0]) == [[0, third], [third, third, 1]]
    assert slopes(lambda x, v: (-x).at[[1, 1, 0]].min(-v), [0.0, 2.0], [2.0, 2.0, 1.0]) == [
        [0, -third],
        [-third, -third, -1],
    ]
    with np.errstate(invalid="ignore"):  # NumPy's maximum.at warns of nan
        assert slopes(lambda x, v: x.at[:1].max(v), [np.nan, np.nan, 1.0], 1.0) == [[1, 1, 1], 0]
        assert slopes(lambda x, v: x.at[0].max(v), [1.0, 2.0], np.nan) == [[0, 1], 0]


def test_clip_passes_the_gradient_to_the_bound_that_it_returns() -> None:
    x = [-2.0, -1.0, 0.0, 1.0, 2.0]
    assert slopes(tg.clip, x, -1.0, 1.0) == [[0, 1, 1, 1, 0], 1, 1]
    assert slopes(tg.clip, x, 1.0, -1.0) == [[0, 0, 0, 0, 0], 0, 5]  # as in NumPy: the upper bound wins
    assert slopes(lambda x: tg.clip(x, 1, -1), x) == [[0, 0, 0, 0, 0]]
    assert slopes(tg.clip, x[:3], [-2.0, 0.0, 1.0], [0.0, 2.0, 0.0]) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert slopes(tg.clip, [0.0, 2.0], 1.0, 1.0) == [[0, 0], 0, 2]


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}])
@pytest.mark.parametrize("f", [tg.norm, tg.std], ids=["norm", "std"])
def test_root_of_squares_has_slope_0_at_0(f: Any, options: dict[str, Any]) -> None:
    zeros = np.zeros((2, 3))
    for order in (1, 2):
        assert slopes(lambda x: f(x, **options), zeros, order=order) == [zeros.tolist()]


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, np.inf, -np.inf, -1])
def test_norms_of_every_ord_have_slope_0_at_0(p: float) -> None:
    with np.errstate(divide="ignore"):  # as NumPy, for a negative ord of 0
        for order in (1, 2):
            assert slopes(lambda x: tg.norm(x, p), [0.0, 0.0], order=order) == [[0, 0]]


def test_norms_have_slope_0_in_an_entry_that_is_0() -> None:
    for p, slope in [(0, 0), (0.5, 1), (1, 1), (3, 1), (-np.inf, 0), (-1, 0)]:
        with np.errstate(divide="ignore"):
            first = slopes(lambda x, p=p: tg.norm(x, p), [0.0, 2.0])
            np.testing.assert_allclose(first, [[0, slope]], rtol=1e-15)  # NumPy's power rounds as the processor does
            second = slopes(lambda x, p=p: tg.norm(x, p), [0.0, 2.0], order=2)
            np.testing.assert_allclose(second, [[0, 0]], atol=1e-15)


def test_ties_of_norms_of_matrices_share_equally() -> None:
    x = np.array([[1.0, -2.0], [2.0, 1.0]])
    assert slopes(lambda x: tg.norm(x, 1), x) == [[[0.5, -0.5], [0.5, 0.5]]]
    assert slopes(lambda x: tg.norm(x, -np.inf), x) == [[[0.5, -0.5], [0.5, 0.5]]]


def test_norms_of_singular_values() -> None:
    x = np.diag([3.0, -2.0])
    for p, value, slope in [(2, 3, [[1, 0], [0, 0]]), (-2, 2, [[0, 0], [0, -1]]), ("nuc", 5, [[1, 0], [0, -1]])]:
        assert tg.norm(tg.Tensor(x), p).item() == pytest.approx(value)
        np.testing.assert_allclose(slopes(lambda x, p=p: tg.norm(x, p), x)[0], slope, atol=1e-15)
    stack = np.random.default_rng(0).normal(size=(3, 2, 4))
    for p in (2, -2, "nuc"):
        for options in ({"axis": (2, 0)}, {"axis": (0, 1), "keepdims": True}):
            tg.check_gradients(lambda x, p=p, options=options: tg.norm(x, p, **options), stack)
            found = np.linalg.norm(tg.Tensor(stack), p, **options)
            np.testing.assert_array_equal(found.data, np.linalg.norm(stack, p, **options))


def test_std_with_rare_options_has_slope_0_at_0() -> None:
    x, mask = np.array([3.0, 3.0, 5.0]), np.array([True, True, False])
    for order in (1, 2):
        assert slopes(lambda x: tg.std(x, where=mask), x, order=order) == [[0, 0, 0]]
        assert slopes(lambda x: tg.std(x[:2], mean=3.0), x, order=order) == [[0, 0, 0]]


def test_masked_entries_get_no_gradient_even_if_they_are_not_finite() -> None:
    x, mask = [1.0, np.nan, np.inf, 3.0], np.array([True, False, False, True])
    for f, slope in [
        (tg.sum, [1, 0, 0, 1]),
        (tg.prod, [3, 0, 0, 1]),
        (tg.mean, [0.5, 0, 0, 0.5]),
        (tg.var, [-1, 0, 0, 1]),
    ]:
        assert slopes(lambda x, f=f: f(x, where=mask), x) == [slope]
    assert slopes(lambda x: tg.max(x, where=mask, initial=0), x) == [[0, 0, 0, 1]]


def test_sinc_keeps_its_digits_near_0() -> None:
    """Against the series of its slope, which is -pi**2 * x / 3 to first order."""
    x = np.concatenate([[1e-9, 1e-5], np.linspace(1e-3, 0.5, 300)])
    t = np.pi * x.astype(np.longdouble)
    terms = [(-1) ** (k + 1) * t ** (2 * k + 1) / float((2 * k + 3) * math.factorial(2 * k + 1)) for k in range(14)]
    np.testing.assert_allclose(slopes(tg.sinc, x)[0], np.pi * sum(terms), rtol=2e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_softsign_of_infinity_is_1(dtype: str) -> None:
    most = np.finfo(dtype).max
    y = tg.softsign(np.array([-np.inf, -most, most, np.inf], dtype))
    assert (y.tolist(), y.dtype) == ([-1, -1, 1, 1], dtype)


def test_norm_of_rows_with_a_zero_row() -> None:
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    with np.errstate(all="raise"):
        np.testing.assert_allclose(slopes(lambda x: tg.norm(x, axis=1), x)[0], [[0.6, 0.8], [0, 0]])
        np.testing.assert_allclose(slopes(lambda x: tg.std(x, axis=1), x)[0], [[-0.5, 0.5], [0, 0]])
        assert slopes(lambda x: tg.norm(x, axis=1), x, order=2)[0][1] == [0, 0]


@pytest.mark.parametrize(
    "x", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0], [5.0], [0.0], [-2.0, 0.0, 3.0, -1.0]]
)
def test_prod_with_zeros(x: list[float]) -> None:
    """Slopes are products of the others, second slopes of all but two, also of zeros."""
    others = [float(np.prod(x[:i] + x[i + 1 :])) for i in range(len(x))]
    but_two = [
        sum(float(np.prod([v for k, v in enumerate(x) if k not in (i, j)])) for j in range(len(x)) if j != i)
        for i in range(len(x))
    ]
    for f in (tg.prod, lambda x: x.reshape(-1, 1).prod(axis=0, keepdims=True)):
        assert slopes(f, x) == [others]
        assert slopes(f, x, order=2) == [but_two]
    tg.check_gradients(tg.prod, x, order=3)


def test_prod_over_two_axes_with_zeros() -> None:
    x = np.arange(12.0).reshape(2, 3, 2) - 4
    tg.check_gradients(lambda x: tg.prod(x, axis=(0, 2)), x)
    tg.check_gradients(lambda x: tg.prod(x, axis=(-1, 0), keepdims=True), np.zeros((2, 3, 2)))


def test_poles_are_infinite_as_in_numpy() -> None:
    """At a pole the slope is infinite, and NumPy warns."""
    for f, slope in [(tg.sqrt, np.inf), (tg.log, np.inf), (lambda x: x**0.5, np.inf), (lambda x: 1 / x, -np.inf)]:
        with np.errstate(divide="ignore"):
            assert slopes(f, [0.0]) == [[slope]]


def test_zero_to_a_negative_power_has_no_slope_in_the_exponent() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        [[slope]] = slopes(lambda b: 0.0**b, [-1.0])
    assert np.isnan(slope)


def test_logaddexp_of_infinity_is_its_argument() -> None:
    assert slopes(tg.logaddexp, [np.inf, 0.0, -np.inf], [0.0, np.inf, 3.0]) == [[1, 0, 0], [0, 1, 1]]
    assert slopes(tg.logaddexp, [1000.0], [-1000.0]) == [[1], [0]]


@pytest.mark.parametrize("ddof", [3, 4])
@pytest.mark.parametrize("f", [tg.var, tg.std], ids=["var", "std"])
def test_variance_without_a_degree_of_freedom_has_no_finite_slope(f: Any, ddof: int) -> None:
    x = tg.Tensor([1.0, 2.0, 4.0], requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own: degrees of freedom <= 0
        y = f(x, ddof=ddof)
        y.backward()
    assert not np.isfinite(y.data)
    assert not np.isfinite(x.grad).any()


@pytest.mark.parametrize("f", [tg.mean, tg.var], ids=["mean", "var"])
def test_counts_beyond_the_range_of_float16(f: Any) -> None:
    x = tg.Tensor(np.tile([0.5, -0.5], 35000).astype("float16"), requires_grad=True)
    f(x).backward()
    np.testing.assert_allclose(abs(x.grad), np.full(70000, 1 / 70000), rtol=1e-2)


def test_choosing_ops_give_nan_no_gradient_and_no_warning() -> None:
    assert slopes(tg.max, [np.nan, 1.0]) == [[0, 0]]
    assert slopes(tg.min, [np.nan, 1.0]) == [[0, 0]]
    assert slopes(tg.maximum, [np.nan, 1.0], [1.0, np.nan]) == [[0, 0], [0, 0]]
    assert slopes(tg.relu, [np.nan]) == slopes(tg.clip, [np.nan]) == [[0]]
    assert slopes(tg.leaky_relu, [np.nan]) == [[0.01]]


def test_slope_of_power_at_exponent_0_grows_by_1_over_the_base() -> None:
    """d/db of b a ** (b - 1) at b = 0, with a slope of 0 itself."""
    both = tg.jacobian(tg.grad(lambda a, b: tg.sum(a**b)), 1)
    found = both(np.array([1.25, 4.0]), np.array([0.0, 0.0]))
    np.testing.assert_allclose(found, [[0.8, 0], [0, 0.25]])


# --- statistics and numerical functions


def test_ties_of_quantiles_share_equally() -> None:
    third = 1 / 3
    assert slopes(np.median, [2.0, 1.0, 2.0, 2.0, 5.0]) == [[third, 0, third, third, 0]]
    assert slopes(np.median, [1.0, 4.0, 2.0, 9.0]) == [[0, 0.5, 0.5, 0]]  # an even count: the mean of two
    assert slopes(np.median, [1.0, 2.0, 2.0, 9.0]) == [[0, 0.5, 0.5, 0]]
    assert slopes(np.median, [2.0, 1.0, 2.0, 9.0, 9.0, 9.0]) == [[0.25, 0, 0.25, third / 2, third / 2, third / 2]]
    assert slopes(lambda x: tg.quantile(x, [0, 1]), [3.0, 1.0, 3.0, 1.0]) == [[0.5, 0.5, 0.5, 0.5]]
    assert slopes(lambda x: tg.quantile(x, 0.25, axis=0), [[1.0, 7.0], [3.0, 7.0]]) == [[[0.75, 0.5], [0.25, 0.5]]]
    assert slopes(lambda x: np.percentile(x, 50, method="lower"), [1.0, 2.0]) == [[1, 0]]
    for f in (np.median, tg.ptp):
        assert slopes(f, [1.0, 3.0, 3.0], order=2) == [[0, 0, 0]]
    assert slopes(np.ptp, [1.0, 3.0, 3.0]) == [[-1, 0.5, 0.5]]
    assert slopes(np.ptp, [2.0, 2.0]) == [[0, 0]]
    assert slopes(np.median, [1.0, np.nan, 3.0]) == [[0, 0, 0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own: there are no entries
        assert slopes(lambda x: np.median(x, axis=0), np.zeros((0, 2))) == [[]]
    [found] = slopes(lambda x: tg.quantile(x, np.arange(50) / 49), np.arange(50.0))  # each entry, but for rounding
    np.testing.assert_allclose(found, np.ones(50))


METHODS = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
median_unbiased normal_unbiased lower higher midpoint nearest"""


@pytest.mark.parametrize("method", METHODS.split())
def test_quantiles_of_every_method(method: str) -> None:
    x = np.random.default_rng(0).standard_normal((9, 2))
    q = [[0.0, 0.15, 0.5], [0.8, 0.99, 1.0]]
    np.testing.assert_array_equal(
        np.quantile(tg.Tensor(x), q, method=method, axis=0).data, np.quantile(x, q, method=method, axis=0)
    )
    tg.check_gradients(lambda x: tg.quantile(x, q, axis=0, method=method), x)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_cumprod_with_zeros(axis: int | None) -> None:
    for x in (np.array([[2.0, 0, 3, 0, 5], [0, 0, 1, 2, 3], [1, 2, 3, 4, 0]]), np.zeros((2, 3)), np.zeros((2, 0))):
        tg.check_gradients(lambda x: tg.cumprod(x, axis=axis), x)
    tg.check_gradients(tg.cumprod, 3.0)


def test_reductions_without_nan_give_nan_no_gradient() -> None:
    x = np.array([[1.0, np.nan, 3.0, 3.0], [np.nan] * 4, [2.0, np.nan, np.nan, np.nan]])
    root = 1 / np.sqrt(8 / 9)  # of the variance of 1, 3, 3
    expected = {
        tg.nansum: [[1, 0, 1, 1], [0] * 4, [1, 0, 0, 0]],
        tg.nanmean: [[1 / 3, 0, 1 / 3, 1 / 3], [0] * 4, [1, 0, 0, 0]],
        tg.nanprod: [[9, 0, 3, 3], [0] * 4, [1, 0, 0, 0]],
        tg.nanmax: [[0, 0, 0.5, 0.5], [0] * 4, [1, 0, 0, 0]],
        tg.nanmin: [[1, 0, 0, 0], [0] * 4, [1, 0, 0, 0]],
        tg.nanvar: [[-8 / 9, 0, 4 / 9, 4 / 9], [0] * 4, [0] * 4],
        tg.nanstd: [[-4 / 9 * root, 0, 2 / 9 * root, 2 / 9 * root], [0] * 4, [0] * 4],
    }
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("ignore")  # NumPy's own: nothing but nan in a row
        for f, slope in expected.items():
            np.testing.assert_allclose(slopes(lambda x, f=f: f(x, axis=1), x), [slope], rtol=1e-14)


def test_nanvar_without_a_degree_of_freedom_has_no_finite_slope() -> None:
    x = tg.Tensor([1.0, np.nan], requires_grad=True)
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's own: degrees of freedom <= 0
        tg.nanvar(x, ddof=1).backward()
    assert not np.isfinite(x.grad[0])


def test_interp_at_and_beyond_its_knots() -> None:
    xp, fp, x = [0.0, 1.0, 3.0], [0.0, 2.0, 0.0], [-1.0, 0.0, 0.5, 1.0, 3.0, 4.0]
    assert slopes(lambda x: np.interp(x, xp, fp), x) == [[0, 2, 2, -1, -1, 0]]
    assert slopes(lambda x: np.interp(x, xp, fp), x, order=2) == [[0] * 6]
    assert slopes(lambda fp: np.interp(x, xp, fp), fp) == [[2.5, 1.5, 2]]
    assert slopes(lambda fp: np.interp(x, xp, fp, left=5, right=5), fp) == [[1.5, 1.5, 1]]
    assert slopes(lambda xp: np.interp(x, xp, fp), xp) == [[-2 - 1, -1 + 1, 1]]
    assert slopes(lambda x: np.interp(x, [1.0], [4.0]), x) == [[0] * 6]
    assert slopes(lambda fp: np.interp([-9.0, 9.0], [-np.inf, 0, np.inf], fp), [1.0, 2.0, 3.0]) == [[0, 2, 0]]
    assert slopes(lambda x: np.interp(x, xp, [0.0, 2.0, 1.0], period=4), [3.5, -0.25, 4.5]) == [[-1, -1, 2]]
    single = np.random.default_rng(0).standard_normal((3, 9)).astype("f") * 4
    found = np.interp(tg.Tensor(single[0]), *single[1:], period=2.6)
    np.testing.assert_array_equal(found.data, np.interp(*single, period=2.6))


def test_unwrap_has_slope_1() -> None:
    assert slopes(np.unwrap, [0.0, 4.0, -3.0]) == [[1, 1, 1]]


def test_the_first_of_equal_entries_of_a_window_gets_the_gradient() -> None:
    images = [[[[0.0, 0.0, 2.0, 1.0], [0.0, 0.0, 1.0, 2.0]]]]
    assert slopes(lambda x: tg.max_pool2d(x, 2), images) == [[[[[1, 0, 1, 0], [0, 0, 0, 0]]]]]
    assert slopes(lambda x: tg.max_pool2d(x, 2) ** 2, images, order=2) == [[[[[2, 0, 2, 0], [0, 0, 0, 0]]]]]
    assert slopes(lambda x: tg.max_pool2d(x, 2), [[[[np.nan, 1.0], [1.0, 1.0]]]]) == [[[[[0, 0], [0, 0]]]]]


# --- linear algebra


def test_det_has_the_cofactors_as_slopes_also_of_singular_matrices() -> None:
    ranks = [np.zeros((2, 2)), np.outer([1.0, 2.0], [3.0, 1.0]), np.eye(3), np.diag([1.0, 2.0, 0.0]), np.ones((3, 3))]
    for x in ranks:
        tg.check_gradients(np.linalg.det, x)
    assert slopes(np.linalg.det, np.zeros((2, 2)), order=2) == [[[1, -1], [-1, 1]]]


def test_eigenvalues_and_singular_values_have_slopes_where_some_are_equal() -> None:
    x = np.diag([2.0, 2.0, 1.0])
    for values in (
        np.linalg.eigvalsh,
        tg.linalg.svdvals,
        lambda x: np.linalg.svd(x)[1],
        lambda x: np.linalg.eigh(x)[0],
    ):
        np.testing.assert_allclose(slopes(values, x)[0], np.eye(3), atol=1e-15)
        with np.errstate(divide="ignore", invalid="ignore"):  # no rule knows the right number, so there is none
            second = tg.hessian(lambda a, values=values: np.sum(values(a) ** 2))(np.eye(2))
        assert np.isnan(second[1, 0]).all()
    [zero] = slopes(lambda x: tg.linalg.svdvals(x)[:1], np.zeros((2, 2)))
    assert np.linalg.norm(zero) == 1


@pytest.mark.parametrize("vectors", [lambda x: np.linalg.eigh(x)[1], lambda x: np.linalg.svd(x)[0]])
def test_vectors_of_equal_values_have_slopes_only_if_nothing_mixes_them(vectors: Any) -> None:
    x = np.diag([3.0, 2.0, 2.0])
    alone = np.abs(vectors(tg.Tensor(x)).data[0]).argmax()  # the column of the eigenvalue 3
    [found] = slopes(lambda x: vectors(x)[1, alone], x)
    assert np.isfinite(found).all()
    assert np.abs(found).max() > 0.1
    with np.errstate(divide="ignore", invalid="ignore"):
        [found] = slopes(lambda x: vectors(x)[1, 1], x)
    assert not np.isfinite(found).all()


def test_the_slope_lies_in_the_triangle_that_is_read() -> None:
    x = np.array([[2.0, 9.0], [0.5, 3.0]])
    for f in (np.linalg.cholesky, np.linalg.eigvalsh, lambda x: np.linalg.pinv(x, hermitian=True)):
        [found] = slopes(lambda x, f=f: f(x) ** 2, x)
        assert found[0][1] == 0 != found[1][0]
    [found] = slopes(lambda x: np.linalg.eigvalsh(x, "U") ** 2, x)
    assert found[1][0] == 0 != found[0][1]


def test_further_columns_of_svd_have_the_slope_of_what_does_not_depend_on_their_choice() -> None:
    def projection(x: Any) -> Any:
        further = np.linalg.svd(x)[0][:, 2:]
        return further @ further.T

    tg.check_gradients(projection, np.random.default_rng(0).standard_normal((5, 2)))


def test_pinv_at_constant_rank() -> None:
    """A matrix of rank 1, along a curve of such matrices."""
    tg.check_gradients(lambda u, v: np.linalg.pinv(u[:, None] * v, rcond=1e-6), [1.0, 2.0, 3.0], [1.0, -1.0])
    tg.check_gradients(
        lambda u, v: np.linalg.lstsq(u[:, None] * v, np.ones(3), rcond=1e-6)[0], [1.0, 2.0, 3.0], [1.0, -1.0]
    )


# --- SciPy's special functions


def test_limits_of_entropies() -> None:
    special = pytest.importorskip("scipy.special")
    with np.errstate(divide="ignore"):
        assert slopes(special.entr, [0.0, 1.0]) == [[np.inf, -1]]
        assert slopes(special.xlogy, [0.0, 0.0, 2.0], [0.0, 1.0, 1.0]) == [[-np.inf, 0, 0], [0, 0, 2]]
        assert slopes(special.xlog1py, [0.0, 0.0], [-1.0, 0.0]) == [[-np.inf, 0], [0, 0]]
        assert slopes(special.rel_entr, [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]) == [[-np.inf, -np.inf, 1], [0, 0, -1]]
        assert slopes(special.kl_div, [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]) == [[-np.inf, -np.inf, 0], [1, 1, 0]]
    assert slopes(lambda y: special.xlogy(0.0, y), [0.0]) == [[0]]


def exact_to_rounding(f: Any, xs: list[float], first: list[float], second: list[float]) -> None:
    slope = tg.grad(f)
    np.testing.assert_allclose([slope(np.array(x)) for x in xs], first, rtol=1e-13)
    np.testing.assert_allclose([tg.grad(slope)(np.array(x)) for x in xs], second, rtol=2e-12)


def test_slopes_whose_formulas_lose_digits() -> None:
    """Where the textbook's formulas subtract large numbers. The values are exact, from 60 digits."""
    pytest.importorskip("scipy.special")
    far = 1 / np.sqrt(np.pi)  # erfcx(x) tends to far / x
    x = [9.9, 10.1, 1e3, 1e8]
    first = [-0.005670519706633622, -0.005451329508867118, -5.641887372654967e-07, -far / 1e16]
    second = [0.0011286236863188082, 0.001064117939363972, 1.1283757819707055e-09, 2 * far / 1e24]
    exact_to_rounding(tg.special.erfcx, x, first, second)
    x = [5.0, 0.0, -5.0, -20.0, -1e3, -1e8]
    first = [1.4867199409049054e-06, 0.7978845608028654, 5.186503967125842, 20.04975306852785, 1000.000999998, 1e8]
    second = [-7.43360191486071e-06, -2 / np.pi, -0.9673035653828878, -0.9975367383849478, -0.999999000006, -1]
    exact_to_rounding(tg.special.log_ndtr, x, first, second)
    with np.errstate(divide="ignore"):
        assert slopes(tg.special.log_ndtr, [-np.inf, np.inf, 60.0]) == [[np.inf, 0, 0]]
    assert slopes(tg.special.erfcx, [np.inf]) == [[0]]


def test_rgamma_has_slopes_where_gamma_has_poles() -> None:
    pytest.importorskip("scipy.special")
    euler = 0.5772156649015329
    x = [-2.0, -1.0, 0.0, 1e-16, 1.0]
    second = [4 * euler - 6, 2 - 2 * euler, 2 * euler, 2 * euler, euler**2 - np.pi**2 / 6]
    exact_to_rounding(tg.special.rgamma, x, [2, -1, 1, 1, euler], second)
    assert slopes(tg.special.rgamma, [np.inf]) == [[0]]
