"""tg.compile with Python floats as arguments: one trace for all values, and eager's dtypes."""

from __future__ import annotations

import copy
import fractions
import json
import math
import operator
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.arrays import NUMPY_1
from tinygraph.transforms.tree import leaves

DTYPES = ("float16", "float32", "float64", "int64", "bool", *(() if NUMPY_1 else ("int8", "uint8")))
TOLERANCE = {"float16": 2e-2, "float32": 1e-4}
VALUES = (0.75, 1.5, 0.3, 2.5)


class Counted:
    """f compiled, with a count of its traces."""

    def __init__(self, f: Callable[..., Any], wrap: Any = lambda f: f, **options: Any) -> None:
        self.traces = 0

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.traces += 1
            return f(*args, **kwargs)

        self.compiled = tg.compile(wrap(counted), **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.compiled(*args, **kwargs)


def plain(x: Any) -> Any:
    return x.numpy() if isinstance(x, tg.Tensor) else np.asarray(x)


def assert_nests_close(got: Any, expected: Any, args: Any = ()) -> None:
    """Equal nests, kinds and dtypes; numbers equal to the rounding of all dtypes involved."""
    dtypes = {str(plain(x).dtype) for x in leaves((expected, args))}
    tolerance = max(TOLERANCE.get(dtype, 1e-11) for dtype in dtypes)
    for a, b in zip(leaves(got), leaves(expected), strict=True):
        assert isinstance(a, tg.Tensor) == isinstance(b, tg.Tensor)
        assert (type(a) is float) == (type(b) is float)
        a, b = plain(a), plain(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        scale = np.abs(b.astype(float), where=np.isfinite(b), out=np.zeros(b.shape)).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


# --- random programs


def floats_leaf() -> Any:
    array = st.tuples(st.just("array"), st.integers(0, 2))
    return st.one_of(
        st.just(("beta",)), st.just(("gamma",)), array, st.tuples(st.just("number"), st.sampled_from((2, 0.5)))
    )


def branch(inner: Any) -> Any:
    two = (operator.add, operator.sub, operator.mul, operator.truediv, np.multiply, np.maximum)
    two += (
        tg.add,
        tg.subtract,
        tg.divide,
        tg.minimum,
        tg.logaddexp,
        lambda a, b: tg.stack([a * 1, b])[0] if _flat(a, b) else a,
    )
    one = (np.exp, np.tanh, np.square, np.sin, operator.neg, operator.pos, tg.sigmoid, tg.softplus, tg.sum, np.mean)
    return st.one_of(
        st.tuples(st.sampled_from(two), inner, inner),
        st.tuples(st.sampled_from(one), inner),
        st.tuples(st.sampled_from((tg.clip, lambda x, a, b: tg.where(np.greater(x, 1.0), a, b))), inner, inner, inner),
        st.tuples(st.sampled_from([lambda x, k=k: x**k for k in (2, 3.0, 0.5, -1)]), inner),
        st.tuples(st.just(lambda x, k: (x * x + 1) ** k), array_like(inner), inner),
    )


def array_like(inner: Any) -> Any:
    return st.tuples(st.just(operator.mul), st.tuples(st.just("array"), st.integers(0, 2)), inner)


def _flat(*xs: Any) -> bool:
    return all(getattr(x, "shape", ()) == () for x in xs)


programs = st.recursive(floats_leaf(), branch, max_leaves=5)


def run_nest(program: Any, beta: Any, gamma: Any, arrays: Any) -> Any:
    head, *parts = program
    if head == "beta":
        return beta
    if head == "gamma":
        return gamma
    if head == "array":
        return arrays[parts[0]]
    if head == "number":
        return parts[0]
    return head(*(run_nest(part, beta, gamma, arrays) for part in parts))


@st.composite
def three_arrays(draw: Any) -> list[Any]:
    arrays: list[Any] = []
    for _ in range(3):
        shape = draw(st.sampled_from([(), (3,), (2, 3)]))
        random = np.random.default_rng(draw(st.integers(0, 100)))
        a = np.asarray(random.uniform(0.5, 2.5, shape)).astype(draw(st.sampled_from(DTYPES)))
        # dtypes of plain arrays differ in NumPy 1, and with `**` of booleans
        arrays.append(tg.Tensor(a) if NUMPY_1 or a.dtype == bool or draw(st.booleans()) else a)
    return arrays


def outcome(f: Callable[..., Any], *args: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except (TypeError, ValueError, ArithmeticError) as error:
        return error


def compare(f: Callable[..., Any], args_of: Callable[[float], tuple[Any, ...]]) -> None:
    """Compare compiled and eager for several values and one trace."""
    compiled = Counted(f)
    for value in VALUES:
        expected, got = (outcome(function, *args_of(value)) for function in (f, compiled))
        if isinstance(expected, Exception):
            assert isinstance(got, (TypeError, ValueError, ArithmeticError))
            return
        if any(np.iscomplexobj(plain(x)) for x in leaves(expected)):  # a root of a negative float
            return
        assert not isinstance(got, Exception), got
        assert_nests_close(got, expected, args_of(value))
    assert compiled.traces == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=60)
@given(programs, three_arrays())
def test_random_programs(program: Any, arrays: Any) -> None:
    compare(lambda beta, arrays: run_nest(program, beta, 0.5 * beta, arrays), lambda beta: (beta, arrays))
    compare(
        lambda pair, arrays: run_nest(program, pair["b"], pair["g"], arrays), lambda x: ({"b": x, "g": x + 1}, arrays)
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=25)
@given(programs, three_arrays())
def test_derivatives_of_random_programs(program: Any, arrays: Any) -> None:
    """First and second, with respect to an array and to a float, inside of the compiled function."""

    def cost(beta: Any, x: Any, others: Any) -> Any:
        return tg.sum(run_nest(program, beta, 0.5, [x, *others]) * 1.0)

    def slopes(beta: Any, x: Any, others: Any) -> Any:
        return sum((tg.sum(g * g) for g in tg.grad(cost, (0, 1))(beta, x, others)), 0.0)

    x = arrays[0] if arrays[0].dtype.kind == "f" else np.asarray(plain(arrays[0]), float)
    for f in (tg.value_and_grad(cost, (0, 1)), tg.grad(cost, 1), tg.grad(slopes, (0, 1))):
        compare(f, lambda beta: (beta, x, arrays[1:]))


# --- by hand


X = np.linspace(0.5, 2, 6, dtype=np.float32).reshape(2, 3)


def test_float32_stays_float32_as_in_eager() -> None:
    functions: list[Callable[..., Any]] = [
        lambda x, b: x * b,
        lambda x, b: (1 - b) * x + b / 3,
        lambda x, b: x**b,
        lambda x, b: b**x,
        lambda x, b: x < b,
        lambda x, b: tg.where(x > b, b, x),
        lambda x, b: tg.clip(x, b, None),
        lambda x, b: np.clip(x, -b, b),
        lambda x, b: tg.linear(x, x.T, b),
        lambda x, b: np.exp(-b) * x,  # float64, because NumPy's functions return no Python float
        lambda x, b: tg.stack([x[0, 0], b]),
        lambda x, b: (np.exp(b), tg.relu(b), tg.multiply(b, 2), tg.maximum(b, 0)),
    ]
    for f in functions:
        for array in (X, X.astype("float16"), np.arange(3), np.array([True, False])):
            if array.ndim != 2 and f in (functions[8], functions[10]):
                continue
            for x in (tg.Tensor(array), *[array] * (not NUMPY_1)):
                compare(f, lambda b, x=x: (x, b))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 1e308, 1e39])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_extreme_values_are_as_in_eager(value: float) -> None:
    def of(x: Any, b: Any) -> Any:
        return x * b, b * 2, x + b * b

    f, x = Counted(of), tg.Tensor(X)
    f(x, 1.0)
    assert_nests_close(f(x, value), of(x, value))
    assert np.signbit(f(x, value)[0].numpy()).all() == np.signbit(value)
    assert f.traces == 1


def test_errors_of_python_are_raised_in_each_call() -> None:
    f = Counted(lambda x, b: (1 / b) * x + b**-2 + 2.0**b)
    assert_nests_close(f(X, 2.0), X * 0.5 + np.float32(4.25))
    with pytest.raises(ZeroDivisionError):
        f(X, 0.0)
    with pytest.raises(OverflowError):
        f(X, 2000.0)
    root = Counted(lambda x, b: (1 - b) ** 0.5 * x)
    assert_nests_close(root(X, 0.75), 0.5 * X)
    with pytest.raises(TypeError, match=r"-3\.0 \*\* 0\.5 is complex"):
        root(X, 4.0)
    assert (f.traces, root.traces) == (1, 1)
    infinite = Counted(lambda x, b: x / b)  # a division of an array
    infinite(X, 1.0)
    with np.errstate(divide="ignore"):
        assert np.isinf(infinite(X, 0.0)).all()


def test_a_result_that_is_a_python_float() -> None:
    f = Counted(lambda x, t, dt: {"x": x + dt * x, "t": t + dt, "unchanged": t})
    for t in VALUES:
        got = f(X, t, 0.25)
        assert (got["t"], type(got["t"]), got["unchanged"]) == (t + 0.25, float, t)
    assert f.traces == 1


def test_keyword_arguments_lists_and_named_arguments() -> None:
    f = Counted(lambda x, betas, *, scale=1.0: sum(b * x for b in betas) * scale)
    for k in VALUES:
        assert_nests_close(f(X, [k, 2.0], scale=k), (k * X + 2.0 * X) * k)
    assert f.traces == 1
    f(X, [1.0, 2])  # an int is part of the signature
    f(X, [1.0, 3])
    f(X, [1.0, np.float64(3)])  # and that is an array
    f(X, [1.0, np.float64(4)])
    assert f.traces == 4


class Celsius(float):
    """A float of another kind."""


def test_other_kinds_of_floats_are_part_of_the_signature() -> None:
    f = Counted(lambda x, b: x * float(b))
    one, two = Celsius(1.0), Celsius(2.0)
    for b in (one, two, one, two):
        assert_nests_close(f(X, b), X * float(b))
    assert f.traces == 2


def test_a_training_step() -> None:
    """An annealed float in the cost gives the eager results with one trace."""
    nets = [tg.MLP([3, 4, 1], rng=0, dtype="float32") for _ in range(2)]
    optimizers = [tg.optim.SGD(net.parameters, 0.1) for net in nets]
    Y = np.array([[1.0, 0.0, 1.0, 0.0]], "float32")
    inputs = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")

    def cost(net: Any, Z: Any, Y: Any, beta: Any) -> Any:
        return tg.cross_entropy(net(Z), Y) + beta * tg.sum(net.parameters["W1"] ** 2)

    step = Counted(lambda *args: cost(nets[0], *args), optimizer=optimizers[0])
    for k in range(5):
        got, expected = step(inputs, Y, 0.1 / (k + 1)), cost(nets[1], inputs, Y, 0.1 / (k + 1))
        assert got.dtype == expected.dtype == np.float32
        optimizers[1].zero_grad()
        expected.backward()
        optimizers[1].step()
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-5)
        for name, p in nets[0].parameters.items():
            np.testing.assert_allclose(p.numpy(), nets[1].parameters[name].numpy(), rtol=1e-4, atol=1e-6)
    assert step.traces == 1


def test_backward_through_a_compiled_function() -> None:
    f = Counted(lambda w, b: tg.sum(w**2 * b + np.exp(b) * w))
    for b in VALUES:
        w = tg.Tensor(X, requires_grad=True)
        f(w, b).backward()
        np.testing.assert_allclose(w.grad, 2 * X * b + np.exp(b), rtol=1e-5)
        assert w.grad.dtype == np.float32
    assert f.traces == 1


def test_derivatives_with_respect_to_a_float() -> None:
    def f(x: Any) -> Any:
        return np.sin(x) * x**3

    for derivative in (tg.grad(f), tg.value_and_grad(f), tg.grad(tg.grad(f)), tg.hessian(f), tg.jacobian(f)):
        compare(derivative, lambda x: (x,))
    compare(lambda x, v: tg.jvp(f, (x,), (v,)), lambda x: (x, 2 * x))
    compare(lambda x, v: tg.hvp(f, x, v), lambda x: (x, 2 * x))
    compare(lambda x, v: tg.vjp(f, x)[1](v), lambda x: (x, 2 * x))
    compare(tg.grad(lambda p: (p["a"] * p["b"][0]) ** 2), lambda x: ({"a": x, "b": [3.0]},))
    compare(tg.grad(lambda x, b: b * 2.0), lambda b: (X, b))  # it does not depend on x
    compare(tg.grad(lambda x: abs(x) if x < 1 else x * x), lambda x: (0.5,))


# --- functions that ask for the value

ASKING: dict[str, tuple[Callable[..., Any], str]] = {
    "if": (lambda x, b: x * 2 if b else x, "`if`"),
    "less": (lambda x, b: x * 2 if b < 1 else x, "`<`"),
    "equal": (lambda x, b: x * 2 if b == 0.75 else x, "`==`"),
    "max": (lambda x, b: x * max(b, 1.0), "`<`"),
    "int": (lambda x, b: x * int(4 * b), r"int\(\)"),
    "range": (lambda x, b: sum((x for _ in range(int(4 * b))), 0 * x), r"int\(\)"),
    "float": (lambda x, b: x * float(b), r"float\(\)"),
    "math": (lambda x, b: x * math.exp(b), "a function of math"),
    "floor": (lambda x, b: x * math.floor(b), r"math\.floor\(\)"),
    "round": (lambda x, b: x * round(b, 1), r"round\(\)"),
    "remainder": (lambda x, b: x * (b % 1), "`%`"),
    "quotient": (lambda x, b: x * (3 // b), "`//`"),
    "divmod": (lambda x, b: x * divmod(b, 0.5)[0], r"divmod\(\)"),
    "format": (lambda x, b: x * len(f"{b:.1f} {b} {b!r}"), "its text"),
    "hash": (lambda x, b: x * {0.75: 2.0}.get(b, 3.0), r"hash\(\)"),
    "option": (lambda x, b: tg.leaky_relu(x - 1, b), "the option slope of leaky_relu"),
    "constant of pad": (lambda x, b: tg.pad(x, 1, constant_values=b), "array|option"),
    "exponents": (lambda x, b: x * (b**b), "an exponent"),
    "array": (lambda x, b: x * np.array([b, 1.0, b], "float32"), "array"),
    "filled": (lambda x, b: x * np.full(3, b, "float32"), "array|numpy.copyto"),
    "NumPy function": (lambda x, b: x * np.unique(b).astype("float32"), "numpy.unique"),
    "ufunc": (lambda x, b: x * float(np.spacing(b)), "numpy.spacing"),
    "method": (lambda x, b: x * b.is_integer() + b.real, "is_integer"),
    "a number made of it": (lambda x, b: x * 2 if np.exp(b) > 2 else x, "`if t`"),
    "fraction": (lambda x, b: x * float(fractions.Fraction(b)), "as_integer_ratio|float"),
    "copy": (lambda x, b: x * copy.deepcopy(b) + pickle.loads(pickle.dumps(b)), "a copy"),
    "C": (lambda x, b: x * len(json.dumps(b)), "without it, TypeError"),
    "complex": (lambda x, b: x * (b + 2j).imag, r"`\+`"),
}


@pytest.mark.parametrize("case", ASKING)
def test_asking_for_the_value_makes_it_part_of_the_signature(case: str) -> None:
    """One trace for each value, the right results, and one warning after ten values."""
    f, how = ASKING[case]
    compiled = Counted(f)
    values = [0.75 + k / 8 for k in range(9)]
    for value in (*values, *values):
        assert_nests_close(compiled(X, value), f(X, value))
    assert compiled.traces in (9, 18)  # twice for a value, if it fails without it
    with pytest.warns(UserWarning, match=rf"has traced counted for 10 values of its argument args, .*: .*({how})"):
        compiled(X, 7.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_nests_close(compiled(X, 8.0), f(X, 8.0))


def test_the_warning_names_the_argument_and_the_line_of_the_call() -> None:
    @tg.compile
    def step(x: Any, beta: float, gamma: float) -> Any:
        return x * math.exp(beta) * gamma

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for k in range(30):
            step(X, float(k), float(k))
    (warning,) = caught
    assert warning.filename == __file__
    assert "step for 10 values of its argument beta," in str(warning.message)
    assert "np.exp(beta) for math.exp(beta)" in str(warning.message)


def test_only_the_argument_whose_value_is_used_is_part_of_the_signature() -> None:
    f = Counted(lambda x, b, c: x * c if b > 1 else x + c)
    for c in VALUES:
        assert_nests_close(f(X, 0.5, c), X + c)
        assert_nests_close(f(X, 1.5, c), X * c)
    assert f.traces == 2
    for value in (0.0, -0.0, float("nan"), float("nan")):
        f(X, value, value)
    assert f.traces == 5


def test_a_value_used_in_one_branch_only() -> None:
    f = Counted(lambda x, b, c: x * (2 if c > 1 else 3) if b > 1 else x + c)
    for b, c in ((0.5, 1.0), (0.5, 2.0), (1.5, 0.5), (1.5, 2.0), (0.5, 3.0), (1.5, 2.0)):
        assert_nests_close(f(X, b, c), X * (2 if c > 1 else 3) if b > 1 else X + c)
    assert f.traces == 3


def test_a_traced_float_looks_like_a_float() -> None:
    seen = []

    def f(x: Any, b: Any) -> Any:
        seen.append(
            (isinstance(b, float), isinstance(b, (int, np.ndarray)), hasattr(b, "shape"), np.ndim(b), np.shape(b))
        )
        return x * b

    compare(f, lambda b: (X, b))
    assert set(seen) == {(True, False, False, 0, ())}


def test_a_traced_float_that_is_kept_is_a_float_outside() -> None:
    kept: list[Any] = []
    f = tg.compile(lambda x, b: (kept.append(b), x * b)[1])
    f(X, 0.5)
    assert (kept[0] + 1, 2 / kept[0], float(kept[0]), -kept[0], str(kept[0])) == (1.5, 4.0, 0.5, -0.5, "0.5")
    assert (X * kept[0]).dtype == np.float32
    f(X, 0.75)
    assert len(kept) == 1


def test_an_error_of_the_function_is_as_in_eager() -> None:
    def f(x: Any, b: Any) -> Any:
        return x @ (x * b)

    with pytest.raises(ValueError, match=r"matmul|@"):
        tg.compile(f)(X, 0.5)
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        tg.compile(lambda x, b: x * len(range(b)))(X, 0.5)


# --- source and debugging


def test_the_source_takes_a_python_float(tmp_path: Any) -> None:
    @tg.compile
    def f(x: Any, beta: float, slope: float) -> Any:
        y = (1 - beta) * tg.leaky_relu(x, slope) + beta / 2
        return y, np.exp(-beta), beta * 2, tg.where(x > beta, beta, x), tg.sum(beta), x**beta

    expected = f(X, 0.5, 0.01)
    assert f.source.startswith("def f(x, beta):\n")
    assert "(1 - beta) * " in f.source
    assert "astype" not in f.source
    f.save(tmp_path / "module.py")
    text = (tmp_path / "module.py").read_text()
    assert "    beta: a float\n" in text
    scope: dict[str, Any] = {}
    exec(text, scope)
    assert_nests_close(scope["f"](X, 0.5), expected)
    assert_nests_close(scope["f"](X, 0.25), f(X, 0.25, 0.01))
    assert "def step(x, beta):" in f.code
    assert "ops before and after" in f.report()
    assert "beta" in tg.draw(f).source


def test_debugging_sees_the_values() -> None:
    f = tg.compile(lambda x, b: x * b)
    f(X, 0.5)
    with tg.detect_anomaly(), pytest.raises(FloatingPointError):
        f(X, float("nan"))
