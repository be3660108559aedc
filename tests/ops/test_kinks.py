"""The slopes of tinygraph, of first and second order, if a function has none or several."""

from __future__ import annotations

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
    assert slopes(special.i0e, [0.0]) == [[0]]
    assert slopes(special.exprel, [0.0]) == [[0.5]]
    np.testing.assert_allclose(slopes(special.exprel, [0.0], order=2), [[1 / 3]])
    assert slopes(lambda y: special.xlogy(0.0, y), [0.0]) == [[0]]
