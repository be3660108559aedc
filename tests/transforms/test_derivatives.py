"""vjp, jvp, jacobian, hessian, hvp and ravel against each other, loops and central differences."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.lines import every_line
from helpers.memory import allocated

import tinygraph as tg
from tinygraph.arrays import NUMPY_1, next_order
from tinygraph.transforms import tree
from tinygraph.transforms.tree import leaves


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def by_rows(f: Any, x: Any) -> Any:
    """The Jacobian by one walk back for each entry of f."""
    y, pullback = tg.vjp(f, x)
    rows = [pullback(row.reshape(y.shape))[0] for row in np.eye(y.size)]
    return np.reshape(rows, (*y.shape, *np.shape(x)))


W, V = rng().standard_normal((4, 3)), rng().standard_normal((2, 3, 3))
FUNCTIONS = {
    "network": lambda x: tg.sigmoid(W @ tg.relu(x)),
    "softmax": lambda x: tg.softmax(x, axis=0) * x.sum(axis=1, keepdims=True),
    "transposes": lambda x: (x.T @ x).T[::-1, [0, 1]] ** 2,
    "reductions": lambda x: tg.stack([x.max(axis=0), x.mean(axis=0), x.prod(axis=0), x.std(axis=0)]),
    "vectors": lambda x: (x[0] @ x[1]) * (x[:, 0] @ x),
    "batches": lambda x: V @ x + x.reshape(1, -1)[:, :3].reshape(1, 3, 1),
    "shapes": lambda x: tg.concatenate([tg.pad(x, 1), tg.flip(tg.cumsum(x, axis=0), 0)[:, [0, 0, 1, 2, 3, 4, 4]]]),
    "einsum": lambda x: tg.einsum("ij,kj->ik", x, x),
    "where": lambda x: tg.where(x > 0, x**3, -x[:1]),
    "constant": lambda x: tg.Tensor(np.ones(2)),
    "number": lambda x: (x * x).sum(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_jacobian_in_one_walk_equals_one_row_by_row(name: str) -> None:
    f, x = FUNCTIONS[name], rng().standard_normal((3, 5))
    expected = by_rows(f, x)
    found = tg.jacobian(f)(x)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    v = rng().standard_normal(x.shape)
    _y, moved = tg.jvp(f, (x,), (v,))
    np.testing.assert_allclose(moved, np.tensordot(expected, v, 2), rtol=1e-10, atol=1e-12)
    as_graph = tg.jacobian(f)(tg.Tensor(x))
    np.testing.assert_allclose(as_graph.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_a_jacobian_through_an_empty_product() -> None:
    x = np.zeros((0, 3))
    assert tg.jacobian(lambda x: tg.transpose(x) @ x)(x).shape == (3, 3, 0, 3)
    assert tg.jacobian(lambda x: tg.pad(x @ x, 1))(np.zeros((0, 0))).shape == (2, 2, 0, 0)


@every_line
def test_every_op_has_a_jacobian(line: Any) -> None:
    inputs = line.sample()
    floats = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    for k in floats:

        def f(x: Any, k: int = k) -> Any:
            return line(*(x if j == k else other for j, other in enumerate(inputs)))

        with np.errstate(all="ignore"):
            y = f(tg.Tensor(inputs[k], requires_grad=True))
            if y.requires_grad:
                expected = by_rows(f, inputs[k])
                np.testing.assert_allclose(tg.jacobian(f)(inputs[k]), expected, rtol=1e-11, atol=1e-12)
                as_graph = tg.jacobian(f)(tg.Tensor(inputs[k], requires_grad=True))
                np.testing.assert_allclose(as_graph.detach().numpy(), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("f", [lambda x: W @ np.tanh(V[0] @ x), lambda x: np.tanh(x @ V[0]) @ W.T])
def test_a_compiled_jacobian_multiplies_a_matrix_with_all_rows_at_once(f: Any) -> None:
    """A product with a vector is one product of matrices for all rows, not one for each of them."""
    x = rng().standard_normal(3)
    jacobian = tg.compile(tg.jacobian(f))
    np.testing.assert_allclose(jacobian(x), by_rows(f, x), rtol=1e-12)
    assert "None" not in str(jacobian.source)


def test_a_hessian_takes_one_array_and_either_name_of_its_place() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y**3

    for H in (tg.hessian(f, 1), tg.hessian(f, argnums=1), tg.hessian(f, argnum=1)):
        assert H(2.0, 3.0) == 36.0
    with pytest.raises(TypeError, match=r"one argument, 0, 1, ...; got argnums=\(0, 1\): for several, .* tg.ravel"):
        tg.hessian(f, argnum=(0, 1))  # type: ignore[arg-type]
    for x, kind in (({"a": 1.0}, "dict"), ([1.0, 2.0], "list")):
        with pytest.raises(TypeError, match=rf"hessian takes one array as x; got a {kind}: .* tg.ravel\(x\)"):
            tg.hessian(lambda x: x["a"] ** 2)(x)
    with pytest.raises(TypeError, match=r"check_gradients takes arrays; input 0 is a dict: .* tg.ravel\(x\)"):
        tg.check_gradients(lambda x: x["a"] ** 2, {"a": 1.0})
    with pytest.raises(ValueError, match=r"^value_and_grad takes a function that gives one number"):
        tg.value_and_grad(lambda x: x**2)(np.ones(2))
    with pytest.raises(TypeError, match=r"the arguments themselves go to the result, as in tg.jacobian\(f\)\(x\)"):
        tg.jacobian(lambda x: x**2, np.ones(2))  # type: ignore[arg-type]


TIMES = np.linspace(0.0, 1.0, 600).reshape(2, 300)


def curve(p: Any, q: Any = 1.0) -> Any:
    return q * p[0, 0] * np.exp(-p[0, 1] * TIMES) + np.sin(p[1, 0] * TIMES) * p[1, 1] ** 2


def looped(p: Any) -> Any:
    return tg.scan(lambda c, t: (c + p[0, 0] * t, c * p[1, 1]), p[0, 1] * np.ones(8), TIMES.reshape(75, 8))[1]


@pytest.mark.parametrize("f", [curve, looped])
def test_a_tall_jacobian_goes_by_columns(f: Any) -> None:
    p, J = np.array([[1.0, 2.0], [3.0, 0.5]]), tg.jacobian(f)
    parts = [tg.jacobian(lambda p, k=k: tg.ravel(f(p))[k : k + 100])(p) for k in range(0, 600, 100)]  # by rows
    found = J(p)
    np.testing.assert_allclose(found, np.reshape(parts, found.shape), rtol=1e-12, atol=1e-14)
    assert type(found) is np.ndarray
    assert f is looped or J(p.astype("f4")).dtype == np.dtype("f4")
    np.testing.assert_allclose(tg.compile(J)(p), found, rtol=1e-12, atol=1e-14)
    leaf = tg.Tensor(p, requires_grad=True)
    np.testing.assert_allclose(J(leaf).data, found, rtol=1e-12, atol=1e-15)
    tg.check_gradients(lambda p: (J(p) ** 2).sum(), p, order=1)


def test_a_tall_jacobian_needs_no_memory_for_all_rows() -> None:
    t = np.linspace(0.0, 1.0, 5000)
    J = tg.jacobian(lambda p: p[0] * np.exp(-p[1] * t))
    assert allocated(lambda: J(np.ones(2)))[2] < 5000 * 5000  # one walk back by rows takes 8 times as much, or more
    first, second = tg.jacobian(curve, argnums=(0, 1))(np.ones((2, 2)), 2.0)
    assert first.shape == (2, 300, 2, 2)
    np.testing.assert_allclose(second, np.exp(-TIMES))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_jacobian_can_be_differentiated_and_compiled(name: str) -> None:
    f, x = FUNCTIONS[name], rng().standard_normal((3, 5))

    def size(x: Any) -> Any:
        return (tg.jacobian(f)(x) ** 2).sum()

    tg.check_gradients(size, x)
    np.testing.assert_allclose(tg.compile(tg.jacobian(f))(x), tg.jacobian(f)(x), rtol=1e-12, atol=1e-12)
    compiled = tg.compile(tg.grad(size))(x)
    np.testing.assert_allclose(compiled, tg.grad(size)(x), rtol=1e-10, atol=1e-10)


def quadratic(x: Any) -> Any:
    return (tg.tanh(W @ x) ** 2).sum() + (x**3).prod()


@pytest.mark.parametrize("compiled", [False, True])
def test_hessian_and_hvp_agree_with_differences(compiled: bool) -> None:
    x, v = rng().standard_normal(3), rng().standard_normal(3)
    hessian = tg.hessian(quadratic)
    if compiled:
        hessian = tg.compile(hessian)
        hessian(x + 1)
    H = np.asarray(hessian(x))
    h = 1e-5
    steps = [(tg.grad(quadratic)(x + h * e) - tg.grad(quadratic)(x - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(H, steps, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(H, H.T, rtol=1e-12)
    np.testing.assert_allclose(tg.hvp(quadratic, x, v), H @ v, rtol=1e-11)
    third = tg.jacobian(tg.hessian(quadratic))(x)
    np.testing.assert_allclose(third, np.moveaxis(third, 0, 2), rtol=1e-10, atol=1e-12)


def test_nests_as_arguments_and_results() -> None:
    def f(p: Any, x: Any) -> Any:
        return p["W"] @ x + p["b"][0]

    p, x = {"W": W, "b": (np.ones(4),)}, rng().standard_normal(3)
    J = tg.jacobian(f, argnums=(0, 1))(p, x)
    assert (J[0]["W"].shape, J[0]["b"][0].shape, J[1].shape) == ((4, 4, 3), (4, 4), (4, 3))
    np.testing.assert_array_equal(J[1], W)
    _y, pullback = tg.vjp(f, p, x)
    of_p, of_x = pullback(np.ones(4))
    np.testing.assert_allclose(of_p["W"], np.outer(np.ones(4), x))
    np.testing.assert_allclose(of_x, W.sum(axis=0))
    np.testing.assert_allclose(tg.jvp(f, (p, x), ({"W": 0 * W, "b": (np.ones(4),)}, x))[1], W @ x + 1)
    Hv = tg.hvp(lambda p: (p["W"] ** 2).sum() * p["b"][0].sum(), p, {"W": 0 * W, "b": (np.ones(4),)})
    np.testing.assert_allclose(Hv["W"], 8 * W)


def test_a_user_defined_op_with_rules_for_arrays_only() -> None:
    double = tg.op("double", lambda x: 2 * x, lambda g, y, x: np.multiply(2.0, g, out=np.empty_like(g)))
    np.testing.assert_array_equal(tg.jacobian(lambda x: double(x) + x)(np.ones(3)), 3 * np.eye(3))


def test_dtypes_and_empty_and_numbers() -> None:
    assert tg.jacobian(lambda x: x * 2)(np.ones(3, np.float32)).dtype == np.float32
    assert tg.jacobian(lambda x: x[:0] * 2)(np.ones(3)).shape == (0, 3)
    assert tg.jacobian(lambda x: x * 2)(np.ones((0, 2))).shape == (0, 2, 0, 2)
    assert tg.jacobian(lambda x: x * 2)(3.0) == 2
    assert tg.hessian(lambda x: x**3)(2) == 12
    y, pullback = tg.vjp(lambda x: x * 2, tg.Tensor([1.0], requires_grad=True))
    assert type(y) is tg.Tensor
    assert type(pullback(tg.Tensor([1.0]))[0]) is tg.Tensor


def test_wrong_arguments_are_refused() -> None:
    x = np.ones(3)
    _, pullback = tg.vjp(lambda x: x * 2, x)
    with pytest.raises(ValueError, match=r"pullback takes an array of shape \(3,\) here, got shape \(2,\)"):
        pullback(np.ones(2))
    with pytest.raises(ValueError, match="jvp takes tangents like the arguments: a tuple of 1 here, got a tuple of 2"):
        tg.jvp(lambda x: x, (x,), (x, x))
    with pytest.raises(ValueError, match=r"jvp takes an array of shape \(3,\) here, got shape \(1,\)"):
        tg.jvp(lambda x: x, (x,), (x[:1],))
    with pytest.raises(TypeError, match="jacobian takes a function that gives one Tensor; it gave a tuple"):
        tg.jacobian(lambda x: (x, x))(x)
    with pytest.raises(ValueError, match=r"jacobian\(f\) was called .* and argnums=1 names another one"):
        tg.jacobian(lambda x: x, argnums=1)(x)
    with pytest.raises(ValueError, match=r"hessian takes a function that gives one number; it gave shape \(3,\)"):
        tg.hessian(lambda x: x)(x)
    with pytest.raises(TypeError, match="floating-point numbers; got a Tensor of dtype int64: cast it first"):
        tg.jacobian(lambda x: x)(tg.Tensor(np.ones(3, np.int64)))
    with pytest.raises(ValueError, match=r"hvp takes an array of shape \(3,\) here, got shape \(2, 3\)"):
        tg.hvp(lambda x: (x * x).sum(), x, [x, x])
    with pytest.raises(TypeError, match=r"'tuple' and 'int'; hvp .* write tg\.hvp\(f, x, v\) without the tuples"):
        tg.hvp(lambda x: (x**2).sum(), (x,), (x,))
    with pytest.raises(TypeError, match=r"write tg\.hvp\(lambda x: f\(\*x\), x, v\) if f takes several"):
        tg.hvp(lambda x, y: (x * y).sum(), (x, x), (x, x))


DERIVATIVES: dict[str, Any] = {
    "grad": lambda f, x: tg.grad(f)(x),
    "grad in both arguments": lambda f, x: tg.grad(lambda x, y: f(x), argnums=(0, 1))(x, x)[0],
    "value_and_grad": lambda f, x: tg.value_and_grad(f)(x)[1],
    "grad of grad": lambda f, x: tg.grad(lambda x: tg.grad(f)(x).sum())(x),
    "compiled grad": lambda f, x: tg.compile(tg.grad(f))(x),
    "grad of compiled": lambda f, x: tg.grad(tg.compile(f))(x),
    "jacobian": lambda f, x: tg.jacobian(f)(x),
    "hessian": lambda f, x: tg.hessian(f)(x),
    "hvp": lambda f, x: tg.hvp(f, x, x),
    "vjp": lambda f, x: tg.vjp(f, x)[1](1.0)[0],
    "jvp": lambda f, x: tg.jvp(f, (x,), (x,))[1],
}


@pytest.mark.parametrize("x", [np.array([1.0, -2.0]), tg.Tensor([1.0, -2.0], requires_grad=True)], ids=type)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_functions_without_a_slope_are_refused(name: str, x: Any) -> None:
    for f, gave in (
        (lambda x: (x > 0).all(), "bool, which all made"),
        (lambda x: x[0] > 0, "bool, which greater made"),
        (lambda x: (x > 0).sum(), f"{np.dtype(int)}, which sum made"),
        (tg.argmax, f"{np.dtype(int)}, which argmax made"),
        (lambda x: True, "bool"),
        (lambda x: np.array(3), f"{np.dtype(int)}"),
    ):
        made = "" if name == "grad of compiled" else gave.partition(",")[2]
        said = f"floating-point numbers; it gave dtype {gave.partition(',')[0]}{made and ',' + made}: a comparison"
        with pytest.raises(TypeError, match=rf"{said}.*cast the result inside the function, as in y\.astype\(float\)"):
            DERIVATIVES[name](f, x)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_floats_and_plain_numbers_that_depend_on_nothing_give_zeros(name: str) -> None:
    x = np.array([1.0, -2.0])
    for f in (lambda x: 0, lambda x: 2.5, lambda x: np.float32(2), lambda x: (x > 0).sum().astype(float)):
        assert not np.any(DERIVATIVES[name](f, x))


def test_a_branch_that_returns_a_plain_zero() -> None:
    slope = tg.grad(lambda x: x * x if x > 0 else 0)
    assert [slope(3.0), slope(-3.0)] == [6, 0]


def test_constants_have_zero_derivatives() -> None:
    x = np.ones(3)
    assert tg.grad(lambda x: 3)(x).tolist() == [0, 0, 0]
    assert tg.jacobian(lambda x: np.ones(2))(x).tolist() == np.zeros((2, 3)).tolist()


def test_a_rule_with_its_own_matrix_for_many_vectors() -> None:
    M = np.arange(6.0).reshape(2, 3)
    product = tg.op("product", lambda x: M @ x, lambda g, y, x: M.T @ g)
    np.testing.assert_array_equal(tg.jacobian(product)(np.ones(3)), M)


def test_ravel_of_a_nest_and_back() -> None:
    tree = {"W": W, "b": [np.float32([1, 2]), 3.0], "none": ()}
    vector, back = tg.ravel(tree)
    assert vector.shape == (15,)
    again = back(vector)
    np.testing.assert_array_equal(again["W"], W)
    assert (again["b"][0].dtype, again["b"][1].shape, again["none"]) == (np.float32, (), ())
    with pytest.raises(ValueError, match=r"a vector of shape \(15,\), got shape \(3,\)"):
        back(np.ones(3))

    def cost(v: Any) -> Any:
        p = back(v)
        return (p["W"] ** 2).sum() + p["b"][1] * 5

    _value, gradient = tg.value_and_grad(cost)(vector)
    assert gradient.dtype == float
    np.testing.assert_allclose(gradient, [*(2 * W.ravel()), 0, 0, 5])
    as_tensors, _ = tg.ravel([tg.Tensor([1.0], requires_grad=True), np.ones(2)])
    assert as_tensors.requires_grad
    assert tg.ravel({})[0].shape == (0,)
    vector, back = tg.ravel({"amp": 1, "k": np.float32(2), "on": np.array([True])})
    assert vector.dtype == float
    assert tg.grad(lambda v: (back(v)["amp"] * back(v)["k"] * back(v)["on"]).sum())(vector).tolist() == [2, 1, 2]
    assert [x.dtype for x in back(vector).values()] == [float, np.float32, float]
    vector, back = tg.ravel((np.arange(2), 3))
    assert (vector.dtype, back(vector + 0.5)[0].tolist()) == (float, [0.5, 1.5])
    np.testing.assert_array_equal(tg.ravel([[1, 2], [3, 4]]), [1, 2, 3, 4])


def test_gradients_flow_through_captured_tensors() -> None:
    """d/dx of x * d/dy (x y^2) at y = 2 is 8 x; arrays as inner results would give half of it."""

    def inner(x: Any) -> dict[str, Any]:
        def f(y: Any) -> Any:
            return x * y * y

        return {
            "grad": lambda: tg.grad(f)(2.0),
            "vjp": lambda: tg.vjp(f, 2.0)[1](1.0)[0],
            "jvp": lambda: tg.jvp(f, (2.0,), (1.0,))[1],
            "jacobian": lambda: tg.jacobian(f)(2.0),
            "value_and_grad": lambda: tg.value_and_grad(f)(2.0)[0],
            "hvp": lambda: tg.hvp(f, 2.0, 2.0),
            "hessian": lambda: tg.hessian(f)(2.0) * 2,
            "compiled": lambda: tg.compile(tg.grad(f))(2.0),
        }

    for name in inner(0):
        assert tg.grad(lambda x, name=name: x * inner(x)[name]())(3.0) == 24, name
        w = tg.Tensor(3.0, requires_grad=True)
        (w * inner(w)[name]()).backward()
        assert w.grad == 24, name
        with tg.no_grad():
            plain = inner(w)[name]()
        assert float(plain) == 12, name
        assert not getattr(plain, "requires_grad", False), name
    w = tg.Tensor(3.0, requires_grad=True)
    assert tg.grad(lambda y: w * 1)(2.0).numpy() == 0
    assert type(tg.grad(lambda y: y * 2 + w.detach())(2.0)) is np.ndarray


def test_mixed_derivatives_of_arrays_are_arrays() -> None:
    """Also if the inner and the outer derivative are in different arguments."""
    a, b = np.array([1.25, 4.0]), np.array([0.5, 1.0])

    def f(a: Any, b: Any) -> Any:
        return tg.sum(a**b)

    expected = np.diag(a ** (b - 1) * (1 + b * np.log(a)))
    for mixed in (
        tg.jacobian(tg.grad(f, 0), 1)(a, b),
        tg.jacobian(tg.grad(f, 1), 0)(a, b),
        tg.jacobian(lambda b: tg.jvp(lambda a: a**b, (a,), (np.ones(2),))[1])(b),
    ):
        assert type(mixed) is np.ndarray
        np.testing.assert_allclose(mixed, expected)
    assert type(tg.grad(lambda b: tg.sum(tg.jacobian(lambda a: a**b)(a)))(b)) is np.ndarray


def test_two_gradients_are_two_arrays() -> None:
    """Although the rule of add returns one array twice."""
    a, b = tg.grad(lambda x, y: (x + y).sum(), (0, 1))(np.ones(3), np.ones(3))
    assert not np.shares_memory(a, b)


NESTED = {
    # name: a function of x in which a derivative is taken at x itself, and its derivative at 3
    "outer variable": (lambda x: x * tg.grad(lambda y: x + y)(x), 1),
    "product": (lambda p: tg.grad(lambda b: p * b * b)(p), 12),
    "in both": (lambda x: sum(tg.grad(lambda p, q: p * q * q, (0, 1))(x, x)), 18),
    "list": (lambda x: sum(tg.grad(lambda p: p[0] * p[1] ** 2)([x, x])), 18),
    "dict": (lambda x: tg.grad(lambda p: p["a"] * p["b"] ** 2)({"a": x, "b": x})["b"], 12),
    "vjp": (lambda x: tg.vjp(lambda y: x * y * y, x)[1](1.0)[0], 12),
    "jvp": (lambda x: tg.jvp(lambda y: x * y * y, (x,), (1.0,))[1], 12),
    "jvp, tangent": (lambda x: tg.jvp(lambda y: x * y * y, (x,), (x,))[1], 54),
    "hvp": (lambda x: tg.hvp(lambda y: x * y * y, x, 1.0), 2),
    "jacobian": (lambda x: tg.jacobian(lambda y: x * y * y)(x), 12),
    "three deep": (lambda x: tg.grad(lambda y: tg.grad(lambda z: x * y * z * z)(y))(x), 24),
}


@pytest.mark.parametrize("name", NESTED)
def test_a_derivative_at_an_outer_variable_is_in_the_inner_one(name: str) -> None:
    f, expected = NESTED[name]
    slope = tg.grad(f)
    x = tg.Tensor(3.0, requires_grad=True)
    results = [slope(3.0), slope(np.array(3.0)), tg.compile(slope)(np.array(3.0))]
    assert all(type(result) is np.ndarray for result in results)
    for result in (*results, slope(x), tg.compile(slope)(x), tg.grad(tg.compile(f))(3.0)):
        assert float(result) == expected
    f(x).backward()
    assert x.grad == expected


def test_one_tensor_as_two_arguments() -> None:
    x = tg.Tensor([3.0], requires_grad=True)

    def f(p: Any, q: Any) -> Any:
        return (p * q * q).sum()

    values = [*tg.grad(f, (0, 1))(x, x), *tg.vjp(f, x, x)[1](1.0), *tg.jacobian(f, (0, 1))(x, x)]
    assert [float(value) for value in values] == [9, 18] * 3
    assert tg.jvp(f, (x, x), (np.ones(1), np.zeros(1)))[1].item() == 9
    tg.value_and_grad(f)(x, x)[0].backward()
    assert x.grad == 27


def test_tangents_are_matched_by_key() -> None:
    p = {"W": np.array([1.0, 2.0]), "b": 5.0}
    v = {"b": 100.0, "W": np.array([1.0, 0.0])}

    def f(p: Any) -> Any:
        return (p["W"] ** 3).sum() * p["b"]

    assert tg.jvp(f, (p,), (v,))[1] == 9 * 100 + 5 * 3
    assert tg.hvp(f, p, v)["b"] == 3
    for wrong, words in (
        ({"W": p["W"], "c": 1.0}, "a dict of 'W', 'b' here, got a dict of 'W', 'c'"),
        ([p["W"], 1.0], "a dict of 'W', 'b' here, got a list of 2"),
        ({"W": p["W"], "b": {"c": 1.0}}, "one float here, got a dict of 'c'"),
    ):
        with pytest.raises(ValueError, match=words):
            tg.hvp(f, p, wrong)
        with pytest.raises(ValueError, match=words):
            tg.jvp(f, (p,), (wrong,))


C, P, X = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0], requires_grad=True), np.array([5.0, 6.0])
KINDS = [
    lambda x: tg.grad(lambda y: (y * y * C).sum())(x),
    lambda x: tg.value_and_grad(lambda y: (y * C).sum())(x),
    lambda x: tg.vjp(lambda y: y * C, x)[1](x),
    lambda x: tg.jvp(lambda y: y * C, (x,), (x,)),
    lambda x: tg.jacobian(lambda y: y * C)(x),
    lambda x: tg.hvp(lambda y: (y * y * C).sum(), x, x),
    lambda x: tg.grad(lambda y: (y * x).sum())(np.ones(2)),
    lambda x: tg.grad(lambda y: 5.0)(x),
    lambda x: tg.grad(lambda y: (y * y * P).sum())(x),
    lambda x: tg.grad(lambda y: (y * y).sum())(x * C),
    lambda x: x * C,
    lambda x: C * 2,
]


@pytest.mark.parametrize("f", KINDS)
def test_compiled_derivatives_give_arrays_when_eager_ones_do(f: Any) -> None:
    compiled = tg.compile(f)
    for given in (X, 2 * X, tg.Tensor(X), tg.Tensor(X, requires_grad=True)):
        ours, eager = (list(leaves(g(given))) for g in (compiled, f))
        assert [type(y) for y in ours] == [type(y) for y in eager]
        for a, b in zip(ours, eager, strict=True):
            np.testing.assert_array_equal(getattr(a, "data", a), getattr(b, "data", b))


def test_making_a_number_of_a_variable_is_refused() -> None:
    for leave in (
        lambda v: math.sin(v),
        lambda v: float(v),
        lambda v: int(v),
        lambda v: v.item(),
        lambda v: v.tolist(),
        lambda v: np.float64(v),
        lambda v: np.asarray(v),
        lambda v: tg.Tensor(v),
        copy.copy,
        copy.deepcopy,
        lambda v: pickle.loads(pickle.dumps(v)),
    ):
        for take in (
            lambda f: tg.grad(f)(1.0),
            lambda f: tg.grad(f)(tg.Tensor(1.0)),
            lambda f: tg.grad(f)(tg.Tensor(1.0, requires_grad=True)),
            lambda f: tg.vjp(f, 1.0),
            lambda f: tg.jvp(f, (1.0,), (1.0,)),
            lambda f: tg.jacobian(f)(1.0),
            lambda f: tg.hvp(f, 1.0, 1.0),
        ):
            with pytest.raises(TypeError, match="would drop its gradient silently"):
                take(lambda v, leave=leave: v * leave(v))
    with pytest.raises(TypeError, match=r"^a copy or pickle of tensor of shape \(\) would drop its gradient"):
        tg.grad(copy.copy)(1.0)
    with pytest.raises(TypeError, match=r"a function that a derivative is taken of\. Compute with the Tensor itself"):
        tg.grad(lambda v: v * math.sin(v * 2))(1.0)

    def says_so(v: Any) -> Any:
        with tg.no_grad():
            float(v)
        return v * float(v.detach()) if v > 0 and f"{v:.2f}" == "1.00" else v

    assert tg.grad(says_so)(1.0) == 1


@pytest.mark.parametrize("dtype", [float, "float32", "float16", int, complex])
@pytest.mark.parametrize("write", [lambda a, t: a.__setitem__(0, t), lambda a, t: a.fill(t)])
def test_the_refusal_of_an_assignment_into_an_array_is_tinygraphs(write: Any, dtype: Any) -> None:
    array = np.zeros(3, dtype)

    def f(p: Any) -> Any:
        write(array, p[0])
        return p.sum()

    for derivative in (tg.grad(f), tg.hessian(f), lambda p: tg.vjp(f, p)):
        with pytest.raises(
            TypeError, match=r"drop its gradient.* for array\[i\] = t, write .* array = array\.at\[i\]\.set\(t\)"
        ) as e:
            derivative(np.ones(3))
        assert type(e.value) is TypeError
        assert "f" in [entry.name for entry in e.traceback]  # the user's line is shown
    for compiled in (tg.compile(f), tg.compile(tg.grad(f))):
        with pytest.raises(TypeError, match=r"asks for a value while tg\.compile traces"):
            compiled(np.ones(3))
    assert not array.any()


def test_other_errors_leave_a_derivative_unchanged() -> None:
    def f(p: Any) -> Any:
        np.zeros(3)[0] = [1, 2]
        return p.sum()

    for call in (tg.grad(f), tg.compile(f)):
        with pytest.raises(ValueError, match="setting an array element with a sequence"):
            call(np.ones(3))


def test_the_refusal_of_an_array_of_numbers_does_not_mention_float() -> None:
    with pytest.raises(TypeError, match=r"to drop it, write t\.numpy\(\) or t\.detach\(\)$"):
        tg.grad(lambda p: np.array([p[0], p[1]]).sum())(np.ones(2))


def test_full_like_keeps_the_gradient_of_its_fill_value() -> None:
    x = np.array([1.0, 2.0, 3.0])

    def f(v: Any) -> Any:
        return v * np.full_like(v, v[0] ** 2)

    for function in (f, tg.compile(f)):
        np.testing.assert_array_equal(getattr(function(x), "data", function(x)), x)
        np.testing.assert_array_equal(getattr(function(x + 1), "data", function(x + 1)), (x + 1) * 4)
        expected = np.diag([1.0, 1, 1])
        expected[:, 0] += 2 * x
        np.testing.assert_array_equal(tg.jacobian(function)(x), expected)
    filled = np.full_like(tg.Tensor(x), tg.Tensor(1.5), dtype=np.float32, shape=(2, 2))
    assert isinstance(filled, tg.Tensor)
    assert (filled.dtype, filled.data.tolist()) == (np.float32, [[1.5, 1.5], [1.5, 1.5]])
    assert type(np.full_like(tg.Tensor(x), 2.0)) is np.ndarray
    for fill in (2.0, tg.Tensor(2.0)):  # NumPy's order, subok and shape, by position
        assert np.full_like(tg.Tensor(x), fill, None, "K", True, (2, 2)).tolist() == [[2, 2], [2, 2]]
    assert float(tg.Tensor(1.0, requires_grad=True)) == 1


def test_derivatives_at_arrays_of_integers_eager_and_compiled() -> None:
    def f(x: Any) -> Any:
        return (x**2).sum()

    for x in (np.array([1, 2, 3]), np.array([True, False]), np.array(3, np.uint8)):
        for take in (
            lambda x: tg.value_and_grad(f)(x),
            lambda x: tg.hessian(f)(x),
            lambda x: tg.vjp(f, x)[1](1.0),
            lambda x: tg.jvp(f, (x,), (np.ones(x.shape),)),
            lambda x: tg.hvp(f, {"x": x}["x"], np.ones(x.shape)),
            lambda x: tg.grad(lambda p: f(p["x"] * p["y"]))({"x": x, "y": np.ones(x.shape)})["x"],
        ):
            found, expected = tg.compile(take)(x), take(x)
            for a, b in zip(leaves(found), leaves(expected), strict=True):
                assert type(a) is type(b) is np.ndarray
                assert a.dtype == b.dtype == float
                np.testing.assert_array_equal(a, b)
    with pytest.raises(TypeError, match="got a Tensor of dtype int64: cast it first"):
        tg.compile(tg.grad(f))(tg.Tensor([1, 2]))


def test_argnums_of_any_integer_type_and_empty_argnums() -> None:
    assert tg.grad(lambda a, b: a * b, np.int64(1))(2.0, 3.0) == 2
    assert tg.hvp(lambda p: tg.Tensor(1.0), {}, {}) == {}


@pytest.mark.parametrize(
    "nest",
    [
        [1.0, {"x": 2.0}],
        [{"x": 1}, {"y": (2,)}],
        {"a": 1.0, "b": {"c": [2.0, [3.0]]}},
        [[1.0, 2.0], [3.0]],
        (1, [2.0, 3.0]),
        [np.ones(2), 3.0],
        [[], [1.0]],
    ],
)
def test_ravel_of_numbers_in_nests(nest: Any) -> None:
    flat = np.concatenate([np.ravel(part) for part in leaves(nest)])
    for numbers in (flat, tg.Tensor(flat)):
        vector, back = tg.ravel(nest)
        np.testing.assert_array_equal(vector, flat)
        assert vector.dtype == float
        made = back(2 * numbers)
        for part, old in tree.zip(made, nest):
            assert (type(part), part.shape) == (type(numbers), np.shape(old))
            np.testing.assert_array_equal(part.data, 2 * np.asarray(old))


@pytest.mark.parametrize("numbers", [[1, 2], (1.0, 2), [[1, 2], [3, 4]], [[[1.0]], [[2.0]]], [], [[], []]])
def test_ravel_of_a_rectangle_of_numbers_is_one_array(numbers: Any) -> None:
    vector = tg.ravel(numbers)
    assert type(vector) is np.ndarray
    np.testing.assert_array_equal(vector, np.ravel(numbers))


def test_the_way_back_of_ravel_gives_the_original_nest() -> None:
    nest = {"w": np.ones(2), "b": [1.0]}
    vector, back = tg.ravel(nest)
    del nest["w"]
    nest["b"].append(2.0)
    assert str(back(vector * 2)) == str({"w": np.array([2.0, 2]), "b": [np.array(2.0)]})


def test_results_share_no_memory_with_arguments() -> None:
    x = np.ones(3)
    for y in (tg.vjp(lambda x: x, x)[0], tg.jvp(lambda x: x, (x,), (x,))[0], tg.value_and_grad(lambda x: x)(x[:1])[0]):
        assert not np.shares_memory(y, x)
    y, pullback = tg.vjp(lambda x: x**2, x)
    x[0] = 5
    assert pullback(np.ones(3))[0].tolist() == [2, 2, 2]


def test_writes_of_f_into_its_lists_and_dicts_count() -> None:
    x = np.array([3.0, 4.0])

    def normalised(d: Any) -> Any:
        d["w"] = d["w"] / tg.norm(d["w"])
        d["more"] = 1.0
        return (d["w"] * [1.0, 2.0]).sum()

    def doubled(xs: Any) -> Any:
        xs[0] = xs[0] * 2
        return (xs[0] ** 2).sum()

    given = {"w": x}
    for derivative in (tg.grad(normalised), tg.compile(tg.grad(normalised))):
        found = derivative(given)
        assert list(found) == list(given) == ["w"]
        np.testing.assert_allclose(found["w"], [-0.064, 0.048])
    np.testing.assert_array_equal(tg.grad(doubled)([x])[0], 8 * x)
    np.testing.assert_array_equal(tg.jacobian(doubled)([x])[0], 8 * x)
    np.testing.assert_array_equal(tg.vjp(doubled, [x])[1](1.0)[0][0], 8 * x)
    np.testing.assert_array_equal(tg.hvp(doubled, [x], [np.ones(2)])[0], [8, 8])
    assert tg.jvp(doubled, ([x],), ([np.ones(2)],))[1] == 56
    np.testing.assert_array_equal(tg.grad(lambda xs: (xs.pop() ** 2).sum())([x])[0], 2 * x)


def test_results_share_no_memory_with_each_other() -> None:
    x = np.array([3.0, 4.0])
    first, second = tg.jacobian(lambda a, b: a + b, argnums=(0, 1))(x, x)
    first *= 2
    np.testing.assert_array_equal(second, np.eye(2))
    y, pullback = tg.vjp(tg.exp, np.zeros(1))
    y[:] = 7
    assert pullback(np.ones(1))[0] == 1
    one = np.ones(1)
    value, _ = tg.value_and_grad(lambda x: x.reshape(()))(one)
    value *= 0
    moved, _ = tg.jvp(lambda x: x.reshape(1, 1), (one,), (one,))
    moved *= 0
    assert one == 1
    vector, back = tg.ravel([x, x])
    parts = back(vector)
    vector *= 0
    np.testing.assert_array_equal(parts, [x, x])


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "logsumexp", "cumsum"])
@pytest.mark.parametrize("axis", [0, -1])
def test_numbers_can_be_reduced_over_axis_0_as_in_numpy(name: str, axis: int) -> None:
    def f(x: Any) -> Any:
        return tg.sum(getattr(tg, name)(x, axis=axis) * x)

    x = np.array(2.0)
    for derivative in (tg.grad(f), tg.compile(tg.grad(f)), tg.jacobian(f), lambda x: tg.jvp(f, (x,), (1.0,))[1]):
        np.testing.assert_allclose(derivative(x), 4)
    np.testing.assert_allclose(tg.hessian(f)(x), 2)


def test_the_logarithm_of_a_base_of_small_integers_has_all_digits() -> None:
    base, b = np.array([16, 20, 3, 0], np.uint8), np.array([1.0, 2.0, 3.0, 2.0])
    expected = [16 * np.log(16), 400 * np.log(20), 27 * np.log(3), 0]
    rtol = 1e-3 if NUMPY_1 else 1e-14
    for derivative in (tg.grad(lambda b: (base**b).sum()), tg.compile(tg.grad(lambda b: (base**b).sum()))):
        np.testing.assert_allclose(derivative(b), expected, rtol)


# --- the rules on gradients with an axis in front, against the graph of a walk back

SHAPES = {"v": (3,), "M": (3, 3), "S": (2, 3, 3), "column": (3, 1), "one": (1, 3), "number": ()}
OTHERS = {name: np.random.default_rng(k).normal(size=shape) for k, (name, shape) in enumerate(SHAPES.items())}
PRODUCTS: list[Any] = [
    (name, lambda x, a=a, left=left: tg.matmul(x, a) if left else tg.matmul(a, x))
    for name, a in OTHERS.items()
    if name in ("v", "M", "S")
    for left in (True, False)
]
FORMS: list[Any] = [
    *PRODUCTS,
    *[(f"times {name}", lambda x, a=a: tg.tanh(x * a) / (2 + tg.abs(a - x))) for name, a in OTHERS.items()],
    ("linear in W", lambda x: tg.ops.linear(tg.reshape(x, (-1, 3)), OTHERS["M"], OTHERS["number"])),
    ("linear in A", lambda x: tg.ops.linear(OTHERS["M"], tg.reshape(x, (3, -1)), OTHERS["column"])),
    (
        "linear in b",
        lambda x: tg.ops.linear(OTHERS["M"], OTHERS["M"], tg.sum(tg.reshape(x, (3, -1)), 1, keepdims=True)),
    ),
    ("sum", lambda x: tg.sum(x * x, axis=-1)),
    ("sum of all", lambda x: tg.sum(x**3)),
    ("sum, keepdims", lambda x: tg.sum(x, axis=0, keepdims=True) * x),
    ("no slope", lambda x: tg.sign(x) * x + tg.floor(x)),
    ("transposed", lambda x: x.T * 2 + x.T**2),
    (
        "views",
        lambda x: (
            tg.flip(tg.expand_dims(x, 0), axis=-1)[..., 1:] + tg.broadcast_to(x[..., :1], (2, *x.shape))[0, ..., 1:]
        ),
    ),
    ("cast", lambda x: x.astype("float32") * x.astype("float16")),
    ("choice", lambda x: tg.where(x > 0, x, 2 * x) + tg.maximum(x, 0.1) + tg.clip(x, -0.5, 0.5)),
    ("no rule of its own", lambda x: tg.softmax(x) * tg.max(x) + tg.mean(x) + tg.concatenate([x, x])[: len(x)]),
]


@pytest.mark.parametrize("shape", ["v", "M", "S"])
@pytest.mark.parametrize(("name", "f"), FORMS, ids=[name for name, _ in FORMS])
def test_the_jacobian_of_arrays_is_that_of_tensors(name: str, f: Any, shape: str) -> None:
    x = np.random.default_rng(7).normal(size=SHAPES[shape])
    found, expected = tg.jacobian(f)(x), tg.jacobian(f)(tg.Tensor(x)).data
    assert (type(found), found.shape, found.dtype) == (np.ndarray, expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-3 if name == "cast" else 1e-12, atol=1e-12)
    assert found.flags.writeable


@pytest.mark.parametrize(
    "f",
    [tg.tanh, lambda x: x @ OTHERS["M"], lambda x: OTHERS["M"] @ x, tg.sum, lambda x: x.reshape(1, 3), lambda x: x[1:]],
)
def test_the_jacobian_of_arrays_records_no_gradients(f: Any) -> None:
    def recorded(J: Any) -> int:
        before = next_order()
        J(np.ones(3))
        return next_order() - before

    assert recorded(tg.jacobian(f)) == 4 < recorded(tg.jacobian(tg.cumsum))


def test_the_jacobian_of_arrays_computes_no_gradients_of_parameters() -> None:
    """For each row, these would take as much memory as the parameter."""
    w, x = tg.Tensor(np.ones((50, 10_000)), requires_grad=True), np.ones(50)
    with tg.no_grad():
        J = tg.jacobian(lambda x: (x @ w)[:40])
        np.testing.assert_array_equal(J(x), np.ones((40, 50)))
        assert allocated(lambda: J(x))[2] < 40 * w.data.nbytes / 4


def test_detect_anomaly_watches_a_jacobian_of_arrays() -> None:
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match="gave 1 inf"):
        tg.jacobian(tg.sqrt)(np.zeros(1))


def test_an_error_of_a_rule_in_a_jacobian_names_the_op() -> None:
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"sqrt.*gradient rule of input 0"):
        tg.jacobian(lambda x: tg.sqrt(x))(np.zeros(1))


def test_jacobian_of_a_flat_rule_whose_inputs_broadcast() -> None:
    """A rule that gives zeros gives them for each seed."""
    x, h = np.array(1.0), np.array([[1.0, 2.0]])
    for f in (tg.heaviside, tg.floor_divide, tg.copysign):
        slopes = tg.jacobian(f, (0, 1))(x, h)
        assert [j.shape for j in slopes] == [(1, 2), (1, 2, 1, 2)]
