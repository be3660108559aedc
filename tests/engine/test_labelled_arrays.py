"""Arrays of pandas and xarray next to a Tensor give values with the gradient, or an error."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from helpers.lines import in_turn

import tinygraph as tg

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
UFUNCS = [np.add, np.subtract, np.multiply, np.divide, np.power, np.less, np.equal]
VALUES = {
    "float64": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    "float32": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "float32"),
    "int64": np.array([[1, 2], [3, 4], [5, 6]]),
    "mixed": {"a": [1.0, 3.0, 5.0], "b": [2, 4, 6]},
    "series": np.array([1.5, 2.5]),
}


def labelled(kind: str) -> Any:
    pandas = pytest.importorskip("pandas")
    data = VALUES[kind]
    return pandas.Series(data, index=["u", "v"]) if kind == "series" else pandas.DataFrame(data)


@pytest.mark.parametrize("function", [*ARITHMETIC, *COMPARISONS, *UFUNCS])
@in_turn("kind", VALUES)
@in_turn("shape", [(2,), ()])
def test_pandas_on_either_side_of_an_operator(function: Any, kind: str, shape: Any) -> None:
    frame = labelled(kind)
    t = tg.Tensor(np.full(shape, 1.5), requires_grad=True)
    for f in (lambda a, x: function(a, x), lambda a, x: function(x, a)):
        y, plain = f(frame, t), f(np.asarray(frame), t)
        assert type(y) is tg.Tensor
        np.testing.assert_array_equal(y.data, plain.data)
        assert (y.shape, y.dtype) == (plain.shape, plain.dtype)
        assert y.requires_grad == (y.dtype.kind == "f")
        if y.requires_grad:
            y.sum().backward()
            gradient, t.grad = t.grad, None
            plain.sum().backward()
            np.testing.assert_array_equal(gradient, t.grad)
            t.grad = None
        compiled = tg.compile(lambda x, f=f: f(frame, x))
        np.testing.assert_array_equal(compiled(t.data), plain.data)


def test_derivatives_with_pandas_inside() -> None:
    frame, p = labelled("mixed"), np.array([2.0, 3.0])
    for f in (
        lambda p: (frame * p).sum(),
        lambda p: np.multiply(frame, p).sum(),
        lambda p: (p * frame["a"].iloc[:2]).sum() + (frame["b"].mul(p[0])).sum(),
        lambda p: (frame["a"] ** p[0]).sum(),
    ):
        tg.check_gradients(f, p)
        np.testing.assert_allclose(tg.compile(tg.grad(f))(p), tg.grad(f)(p))
    assert type(tg.grad(lambda x: (x**2).sum())(frame)) is np.ndarray


def test_a_compiled_function_takes_pandas_as_its_values() -> None:
    """The results are those for arrays, from the same trace; a Series gives no name to an argument."""
    pd = pytest.importorskip("pandas")
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    traces = []

    @tg.compile
    def f(X: Any, y: Any, **more: Any) -> Any:
        traces.append((X.shape, y.shape, *more))
        return ((X @ w - y) ** 2).sum() + sum(x.sum() for x in more.values())

    X, y = labelled("mixed"), pd.Series([1.0, 2.0, 3.0], name=0)
    values = np.asarray(X), np.asarray(y)
    for given, arrays, more in (
        ((X, y), values, {}),
        ((X, values[1]), values, {"z": y}),
        ((X.T.T, y), values, {"z": y}),
    ):
        cost = f(*given, **more)
        expected = f(*arrays, **{name: np.asarray(z) for name, z in more.items()})
        np.testing.assert_array_equal(cost.data, expected.data)
        cost.backward()
        gradient, w.grad = w.grad, None
        expected.backward()
        np.testing.assert_array_equal(gradient, w.grad)
        w.grad = None
    assert traces == [((3, 2), (3,)), ((3, 2), (3,), "z")]
    assert f.source.startswith("def f(parameters, X, y, z):")
    nested = tg.compile(lambda d: {key: x * 2 for key, (x,) in d.items()})({"u": [X], "v": (y,)})
    np.testing.assert_array_equal(nested["u"], values[0] * 2)
    assert [type(x) for x in nested.values()] == [np.ndarray] * 2


def test_a_compiled_step_takes_pandas() -> None:
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X, Y = pd.DataFrame(rng.standard_normal((6, 3))), pd.Series(rng.integers(0, 2, 6))
    nets = [tg.MLP([3, 4, 1], rng=0) for _ in range(2)]
    for net, given in zip(nets, ((X, Y), (X.to_numpy(), Y.to_numpy())), strict=True):
        step = tg.compile(lambda X, Y, net=net: net.cost(X.T, Y.reshape(1, -1)), optimizer=tg.optim.Adam(net, 0.1))
        for _ in range(3):
            step(*given)
    for name, p in nets[0].parameters.items():
        np.testing.assert_array_equal(p.data, nets[1].parameters[name].data)


def test_labels_in_another_order_are_an_error_in_a_compiled_function() -> None:
    """Eager pandas would pair them by label, and arrays pair by position."""
    pd = pytest.importorskip("pandas")
    f = tg.compile(lambda x, y: (x * y).sum())
    x = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}, index=["u", "v", "w"])
    for y in (x[["b", "a"]], x.iloc[::-1], x.loc[["v", "u", "w"]]):
        with pytest.raises(ValueError, match=r"the same labels in another order: .* give x\.to_numpy\(\)"):
            f(x, y)
        np.testing.assert_array_equal(f(x, y.to_numpy()), (x.to_numpy() * y.to_numpy()).sum())
    for y in (x, x.reset_index(drop=True), x.set_axis(["c", "d"], axis=1), x.set_axis(["u", "u", "v"], axis=0)):
        for pair in ((x, y), (y, x)):
            np.testing.assert_array_equal(f(*pair), (x.to_numpy() * y.to_numpy()).sum())
    square = pd.DataFrame(np.ones((2, 2)), index=["a", "b"], columns=["b", "a"])
    assert f(square, 1.0) == 4


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (lambda pd: {"a": [1.0, 2.0], "b": ["x", "y"]}, "float64, (str|object)"),
        (lambda pd: {"a": pd.array([1, None], dtype="Int64"), "b": [1.0, 2.0]}, "Int64, float64"),
        (lambda pd: {"a": pd.Categorical(["u", "v"]), "b": [1.0, 2.0]}, "category, float64"),
        (lambda pd: {"a": [True, False], "b": [1.0, 2.0]}, "bool, float64"),
    ],
)
def test_columns_without_numbers_are_named_by_their_dtype(columns: Any, names: str) -> None:
    pd = pytest.importorskip("pandas")
    frame, t = pd.DataFrame(columns(pd)), tg.Tensor([1.0, 2.0], requires_grad=True)
    for f in (
        lambda: frame * t,
        lambda: t * frame,
        lambda: frame < t,
        lambda: np.add(frame, t),
        lambda: tg.Tensor(frame),
        lambda: tg.compile(lambda x: x * 2)(frame),
    ):
        with pytest.raises(TypeError, match=rf"got DataFrame of dtype object \(its columns: {names}\)"):
            f()
    with pytest.raises(TypeError, match=r"got Series of dtype object \(its columns: category\)"):
        pd.Series(["u", "v"], dtype="category") * t


def test_calls_that_pandas_cannot_do_with_a_tensor_are_errors() -> None:
    frame, t = labelled("float64"), tg.Tensor([1.0, 2.0], requires_grad=True)
    for product in (lambda: frame @ t, lambda: frame.iloc[0] @ t, lambda: frame.dot(t), lambda: frame.mul(t)):
        with pytest.raises(TypeError, match=r"To keep it, write .*np\.asarray\(df\) @ t for df @ t"):
            product()
    assert (np.asarray(frame) @ t).requires_grad
    assert (t @ frame.T).requires_grad
    before = frame.copy()
    with pytest.raises((TypeError, AttributeError)):
        frame *= t
    assert frame.equals(before)


# --- xarray


@pytest.mark.parametrize("function", [*ARITHMETIC, *COMPARISONS, np.multiply, np.less])
def test_xarray_on_the_right_of_a_tensor_is_taken_by_its_values(function: Any) -> None:
    xr = pytest.importorskip("xarray")
    t = tg.Tensor([1.0, 2.0], requires_grad=True)
    for x in (xr.DataArray(VALUES["float64"], dims=("u", "v")), xr.Variable(("u", "v"), VALUES["int64"])):
        y = function(t, x)
        assert type(y) is tg.Tensor
        np.testing.assert_array_equal(y.data, function(t.data, x.values))
        assert y.requires_grad == (y.dtype.kind == "f")


@pytest.mark.parametrize(
    "call",
    [
        lambda xr, x, t: x * t,
        lambda xr, x, t: x < t,
        lambda xr, x, t: np.multiply(x, t),
        lambda xr, x, t: x.variable + t,
        lambda xr, x, t: x.to_dataset(name="x") - t,
        lambda xr, x, t: x.where(x > 1, t),
        lambda xr, x, t: xr.DataArray(t),
    ],
)
@pytest.mark.parametrize("requires_grad", [True, False])
def test_xarray_does_not_wrap_a_tensor(call: Any, requires_grad: bool) -> None:
    xr = pytest.importorskip("xarray")
    x = xr.DataArray([1.0, 2.0], dims="u")
    words = r"^wrapping tensor w of shape \(2,\) in an array of xarray .*: write t \* X, with the Tensor first"
    with pytest.raises(TypeError, match=words):
        call(xr, x, tg.Tensor([3.0, 4.0], requires_grad, "w"))
    with pytest.raises(TypeError, match=r"in an array of xarray"):
        tg.grad(lambda p: call(xr, x, p).sum())(np.ones(2))
    assert tg.grad(lambda p: (p * x).sum())(np.ones(2)).tolist() == [1, 2]
