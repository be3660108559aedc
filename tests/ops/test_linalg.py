"""Linear algebra and special functions: their errors, their namespaces, and what is not in NumPy."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from helpers.processes import python
from op_table import LINES

import tinygraph as tg

A = np.array([[2.0, 0.5], [0.5, 1.0]])


def names_in(space: str, *homes: Any) -> set[str]:
    """The functions of tg.linalg or tg.special: other libraries' names that stand there."""
    names = {name for name, found in vars(getattr(tg, space)).items() if callable(found)}
    return {name for name in names for home in homes if hasattr(home, name)}


def test_every_function_has_a_line() -> None:
    names = {line.name for line in LINES}
    wanted = {f"linalg.{name}" for name in names_in("linalg", np.linalg)}
    assert len(wanted) > 13  # NumPy 1 has fewer
    if "special.erf" in names:
        import scipy.linalg

        of_tinygraph = {"digamma", "logsumexp", "softmax", "log_softmax"}
        wanted |= {f"linalg.{name}" for name in names_in("linalg", scipy.linalg)}
        wanted |= {f"special.{name}" for name in names_in("special", scipy.special) - of_tinygraph}
        assert len(wanted) > 40
    of_tg = {f"linalg.{name}" for name in names if getattr(tg, name, None) is getattr(tg.linalg, name, names)}
    assert wanted - of_tg <= names


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda A: np.linalg.inv(A), np.linalg.LinAlgError, "tg.linalg.inv(A (2, 2)): Singular matrix"),
        (
            lambda A: np.linalg.solve(A, np.ones(2)),
            np.linalg.LinAlgError,
            "tg.linalg.solve(A (2, 2), the second operand (2,)): Singular matrix",
        ),
        (
            lambda A: np.linalg.slogdet(A)[1].backward(),
            np.linalg.LinAlgError,
            "tg.linalg.slogdet(A (2, 2))[1], gradient rule of input 0: Singular matrix",
        ),
        (lambda A: np.linalg.det(A[0]), np.linalg.LinAlgError, "tg.linalg.det(A[0] (2,)): 1-dimensional array given"),
        (lambda A: np.linalg.cholesky(-A), np.linalg.LinAlgError, "Matrix is not positive definite"),
        (lambda A: np.linalg.matrix_power(A[:1], 2), np.linalg.LinAlgError, "must be square"),
        (lambda A: np.linalg.matrix_power(A, 0.5), TypeError, "linalg.matrix_power(A (2, 2), n=0.5)"),
        (lambda A: np.linalg.qr(A, mode="raw"), ValueError, "mode='reduced', 'complete' or 'r', got 'raw'"),
        (lambda A: np.linalg.multi_dot([A]), ValueError, "at least two"),
        (lambda A: np.linalg.multi_dot(A[0, 0]), TypeError, "cannot be iterated over"),
        (lambda A: tg.linalg.solve_triangular(A, A, trans=3), ValueError, "takes trans=0 or 1, got 3"),
        (
            lambda A: np.linalg.solve(A, np.ones((3, 2))),
            ValueError,
            "tg.linalg.solve(A (2, 2), the second operand (3, 2)): A has 2 rows, and the second operand has 3",
        ),
        *(
            (lambda A, k=k: tg.linalg.expm(A[k]), np.linalg.LinAlgError, "takes square matrices, got an array of shape")
            for k in ((0, 0), 0, slice(1))
        ),
        (lambda A: np.linalg.eig(A), TypeError, "numpy.linalg.eig has no gradient rule"),
        (lambda A: np.linalg.inv(A.astype("f2")), TypeError, "float16 is unsupported"),
    ],
)
def test_errors_name_the_op_and_the_tensors(call: Any, kind: type[Exception], words: str) -> None:
    t = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="A")
    with pytest.raises(kind) as raised:
        call(t)
    assert type(raised.value) is kind
    assert words in str(raised.value)


def test_results_have_numpys_names() -> None:
    t = tg.Tensor(A, requires_grad=True)
    for f in (np.linalg.eigh, np.linalg.qr, np.linalg.slogdet, np.linalg.svd):
        ours, theirs = f(t), f(A)
        assert (type(ours).__name__, ours._fields) == (type(theirs).__name__, theirs._fields)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a.data, b)
    x, residuals, rank, sizes = np.linalg.lstsq(t, np.ones(2), rcond=None)
    assert (x.shape, residuals.shape, int(rank), sizes.shape) == ((2,), (0,), 2, (2,))


def test_a_decomposition_is_computed_once_for_all_its_results_and_its_gradient(monkeypatch: Any) -> None:
    calls = []
    real = np.linalg.eigh
    linalg: Any = sys.modules["tinygraph.ops.linalg"]
    linalg._results.cache_clear()  # a test before may have asked for the same matrix
    counted = type("np", (), {"__getattr__": lambda self, name: getattr(np, name)})()
    counted.linalg = type("linalg", (), {"__getattr__": lambda self, name: getattr(np.linalg, name)})()
    counted.linalg.eigh = lambda *args, **options: (calls.append(1), real(*args, **options))[1]
    monkeypatch.setattr(linalg, "np", counted)
    t = tg.Tensor(A, requires_grad=True)
    w, V = tg.linalg.eigh(t)
    (V * w).sum().backward()
    assert len(calls) == 1
    w.data[...] = 0  # what is kept is not what the user holds
    assert tg.linalg.eigh(t)[0].data.all()


@pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 has no vector_norm")
@pytest.mark.parametrize("axis", [None, 0, (1, 0), (0, 2)])
def test_vector_norms_of_empty_arrays(axis: Any) -> None:
    for shape in ((2, 0, 3), (0, 0, 2)):
        for options in ({}, {"keepdims": True}):
            expected = np.linalg.vector_norm(np.zeros(shape), axis=axis, **options)
            np.testing.assert_array_equal(tg.linalg.vector_norm(np.zeros(shape), axis=axis, **options), expected)


def test_det_of_a_matrix_with_nan_has_slopes_nan_and_of_the_others_their_own() -> None:
    def slopes(x: Any) -> Any:
        return tg.grad(lambda x: tg.sum(tg.linalg.det(x)))(x)

    def of_squares(x: Any) -> Any:
        return tg.grad(lambda x: tg.sum(slopes(x) ** 2))(x)

    x = np.random.default_rng(0).normal(size=(3, 3, 3))
    broken = x.copy()
    broken[1, 0, 2] = np.nan
    for f in (slopes, tg.compile(slopes), of_squares):
        expected = f(x)
        expected[1] = np.nan
        with np.errstate(invalid="ignore"):  # NumPy's det warns
            np.testing.assert_allclose(f(broken), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(0, 5), (2, 3, 0)])
def test_no_condition_of_empty_matrices(shape: tuple[int, ...]) -> None:
    with pytest.raises(np.linalg.LinAlgError, match=r"linalg\.cond\(\) takes no empty arrays"):
        np.linalg.cond(tg.Tensor(np.zeros(shape)))


def test_powers_of_0_and_1() -> None:
    t = tg.Tensor(A, requires_grad=True)
    np.testing.assert_array_equal(np.linalg.matrix_power(t, 0).data, np.eye(2))
    np.testing.assert_array_equal(np.linalg.matrix_power(t, 1).data, A)
    for n in (0, 1, 2):  # also of a singular matrix
        tg.check_gradients(lambda x, n=n: np.linalg.matrix_power(x, n), np.outer([1.0, 2.0], [3.0, 1.0]))
    np.testing.assert_array_equal(tg.linalg.matrix_power(A, 5), np.linalg.matrix_power(A, 5))


def test_lstsq_takes_rcond_as_a_number() -> None:
    t = tg.Tensor(np.diag([1.0, 1e-3]), requires_grad=True)
    for rcond in (tg.Tensor(0.01), np.array(0.01)):
        assert np.linalg.lstsq(t, np.ones(2), rcond=rcond)[2].item() == 1
    with pytest.raises(TypeError, match=r"linalg.lstsq\(\) has no gradient for rcond"):
        np.linalg.lstsq(t, np.ones(2), rcond=t[0, 0])


def test_integers_are_floats_as_in_numpy() -> None:
    whole = np.array([[2, 1], [1, 3]])
    for f in (np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.pinv):
        y = f(tg.Tensor(whole))
        assert y.dtype == np.float64
        np.testing.assert_array_equal(y.data, f(whole))
    b = tg.Tensor([1.0, 2.0], requires_grad=True)
    for solve in (np.linalg.solve, lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0]):
        tg.check_gradients(lambda b, solve=solve: solve(whole, b), b)


def test_expm_of_large_and_of_bad_matrices() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    for scale in (0.0, 1e-9, 1.0, 30.0):
        x = scale * np.random.default_rng(0).standard_normal((3, 4, 4))
        np.testing.assert_allclose(tg.linalg.expm(x), linalg.expm(x), rtol=1e-11)
    assert tg.linalg.expm(np.zeros((0, 0))).shape == (0, 0)
    assert np.isnan(tg.linalg.expm(np.full((2, 2), np.inf))).all()
    for bad in (1e9 * -np.eye(2), np.full((2, 2), np.inf)):  # they do not touch the others of their stack
        np.testing.assert_array_equal(tg.linalg.expm(np.stack([A, bad]))[0], tg.linalg.expm(A))
    g = tg.grad(lambda x: 1e12 * tg.linalg.expm(x)[0, 1])(A)
    np.testing.assert_allclose(g, 1e12 * tg.grad(lambda x: tg.linalg.expm(x)[0, 1])(A), rtol=1e-12)


def test_a_jacobian_through_expm_is_that_row_by_row() -> None:
    for f in (tg.linalg.expm, lambda x: tg.tril(tg.linalg.expm(x))):  # one entry of tril has a gradient of 0
        rows = [tg.grad(lambda x, f=f, k=k: f(x)[k])(A) for k in np.ndindex(A.shape)]
        np.testing.assert_allclose(tg.jacobian(f)(A), np.reshape(rows, 2 * A.shape), rtol=1e-12)


def test_the_norm_along_no_axis_is_the_absolute_value() -> None:
    for x in (np.zeros((0, 2)), np.array([-1.0, 2.0])):
        np.testing.assert_array_equal(tg.linalg.vector_norm(x, axis=()), np.abs(x))


def test_scipys_functions_that_ask_for_an_array_name_ours() -> None:
    linalg, special = pytest.importorskip("scipy.linalg"), pytest.importorskip("scipy.special")
    t = tg.Tensor(A, requires_grad=True)
    calls = {
        "tg.linalg.expm": lambda: linalg.expm(t),
        "tg.linalg.solve_triangular": lambda: linalg.solve_triangular(t, np.ones(2)),
        "tg.linalg.cho_solve": lambda: linalg.cho_solve((t, True), np.ones(2)),
        "tg.linalg.inv": lambda: linalg.inv(t),
        "tg.special.logsumexp": lambda: special.logsumexp(t),
        "tg.special.softmax": lambda: special.softmax(t),
        "tg.special.polygamma": lambda: special.polygamma(1, t),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError, match=rf"write {name} for SciPy's {name.rpartition('.')[2]}; to drop it"):
            call()


def test_softmax_of_scipy_runs_over_all_axes() -> None:
    special = pytest.importorskip("scipy.special")
    for name in ("softmax", "log_softmax", "logsumexp"):
        for options in ({}, {"axis": 0}):
            ours, theirs = getattr(tg.special, name), getattr(special, name)
            np.testing.assert_allclose(ours(A, **options), theirs(A, **options), rtol=1e-14)
            tg.check_gradients(lambda x, ours=ours, options=options: ours(x, **options), A)


def test_orders_of_bessel_functions_have_no_gradient() -> None:
    special = pytest.importorskip("scipy.special")
    order = tg.Tensor(1.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match="a gradient in its last argument alone"):
        special.iv(order, A).sum().backward()
    with pytest.raises(TypeError, match=r"polygamma\(\) takes n as whole numbers"):
        tg.special.polygamma(order, A)


def test_saved_source_imports_scipy(tmp_path: Any) -> None:
    pytest.importorskip("scipy")
    step = tg.compile(tg.value_and_grad(lambda x: tg.sum(tg.special.erf(tg.linalg.expm(x)) * np.linalg.eigh(x)[1])))
    value, gradient = step(A)
    step.save(tmp_path / "saved.py")
    text = (tmp_path / "saved.py").read_text()
    assert "import numpy as np\nimport scipy.linalg\nimport scipy.special\n" in text
    assert "scipy.special.erf(" in text
    assert "np.linalg.eigh(x)[1]" in text
    code = "import numpy as np, saved, sys; y = saved.function(np.array([[2, 0.5], [0.5, 1]])); "
    code += "print(float(y[0]), y[1].tolist(), 'tinygraph' in sys.modules)"
    printed = python(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}").stdout.split(maxsplit=1)
    assert abs(float(printed[0]) - value) < 1e-12
    assert printed[1].endswith("False\n")
    np.testing.assert_allclose(eval(printed[1].replace(" False", "")), gradient, rtol=1e-10)


def test_without_scipy_only_its_functions_raise() -> None:
    code = """
import sys
sys.modules["scipy"] = None
import numpy as np, tinygraph as tg
print(tg.linalg.expm(np.zeros((1, 1))), tg.special.softmax(np.zeros(2)), len(tg.OPS) > 100)
for name in ("erf", "polygamma"):
    try:
        getattr(tg.special, name)(*[1.0] * (1 + (name == "polygamma")))
    except ImportError as error:
        print(error)
"""
    said = 'tg.special.{} needs SciPy: pip install ".[scipy]"\n'
    assert python(code).stdout == f"[[1.]] [0.5 0.5] True\n{said.format('erf')}{said.format('polygamma')}"


def test_scipy_is_imported_with_special_alone() -> None:
    code = "import sys, tinygraph as tg, numpy as np; tg.linalg.inv(np.eye(2)); np.trace(np.eye(2)); "
    assert python(f"{code}print('scipy' in sys.modules)").stdout == "False\n"
