"""Tensors in NumPy's functions and next to its arrays are recorded, or refused by name."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

import tinygraph as tg


@pytest.fixture
def t() -> tg.Tensor:
    return tg.Tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True, name="t")


ARRAY = np.array([[5.0, 6.0], [7.0, 8.0]])


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda a, f=f: f(a)
            for f in (np.exp, np.sqrt, np.abs, np.absolute, np.tanh, np.negative, np.square, np.isnan)
        ),
        *(
            lambda a, f=f: f(a, axis=0)
            for f in (np.sum, np.mean, np.max, np.amax, np.min, np.amin, np.prod, np.var, np.std)
        ),
        *(lambda a, f=f: f(a, 1, keepdims=True) for f in (np.sum, np.max, np.min, np.argmax, np.all, np.any)),
        *(lambda a, f=f: f(a, ARRAY) for f in (np.add, np.subtract, np.multiply, np.divide, np.true_divide, np.power)),
        *(lambda a, f=f: f(ARRAY, a) for f in (np.matmul, np.dot, np.maximum, np.less, np.equal, np.logaddexp)),
        *(lambda a, f=f: f.reduce(a) for f in (np.add, np.multiply, np.maximum, np.minimum)),
        *(lambda a, f=f: f.reduce(a, axis=None) for f in (np.add, np.multiply, np.maximum, np.minimum)),
        lambda a: np.add.reduce(a, axis=1, keepdims=True),
        lambda a: np.std(a, 0, ddof=1),
        lambda a: np.cumsum(a, axis=1),
        lambda a: np.linalg.norm(a),
        lambda a: np.linalg.norm(a, axis=0),
        lambda a: np.clip(a, 1.5, 2.5),
        lambda a: np.where(ARRAY > 6, a, 0.0),
        lambda a: np.where(a > 2.5, ARRAY, a),
        lambda a: np.concatenate([a, ARRAY]),
        lambda a: np.concatenate((ARRAY, a), axis=1),
        lambda a: np.stack([a, a], axis=-1),
        lambda a: np.split(a, 2)[1],
        lambda a: np.reshape(a, (4, 1)),
        lambda a: np.ravel(a),
        lambda a: np.transpose(a, (1, 0)),
        lambda a: np.swapaxes(a, 0, 1),
        lambda a: np.moveaxis(a, 0, 1),
        lambda a: np.expand_dims(a, 1),
        lambda a: np.squeeze(a[None]),
        lambda a: np.broadcast_to(a, (3, 2, 2)),
        lambda a: np.flip(a, 0),
        lambda a: np.pad(a, ((1, 0), (0, 2))),
        lambda a: np.take(a, [0, 0], axis=1),
        lambda a: np.einsum("ij,jk->ik", a, ARRAY),
        lambda a: np.float64(2) * a,
        lambda a: np.float32(2) - a,
        lambda a: np.int64(2) ** a,
        lambda a: np.array(3.0) / a,
        lambda a: ARRAY + a,
        lambda a: ARRAY @ a,
        lambda a: a < ARRAY,
        lambda a: ARRAY[0] * a,
        lambda a: [[1, 2], [3, 4]] * a,
    ],
)
def test_numpy_function_is_recorded(call: Any, t: tg.Tensor) -> None:
    y = call(t)
    expected = np.asarray(call(t.data))
    assert type(y) is tg.Tensor
    np.testing.assert_allclose(y.data, expected, rtol=1e-14)
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    if y.dtype.kind == "f":
        tg.check_gradients(call, t)
    else:
        assert not y.requires_grad


def test_dtypes_of_scalars_are_numpys() -> None:
    t = tg.Tensor(np.ones(2, "float32"))
    assert (np.float32(2) * t).dtype == np.float32
    assert (np.float64(2) * t).dtype == np.float64
    assert (2.0 * t).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda a: np.unique(a), "unique"),
        (lambda a: np.nanmedian(a), "nanmedian"),
        (lambda a: np.fft.fft(a), "fft.fft"),
        (lambda a: np.copyto(np.zeros((2, 2)), a), "copyto"),
        (lambda a: np.put(np.zeros(4), [0], a[0, 0]), "put"),
        (lambda a: np.apply_over_axes(np.sum, a, 0), "apply_over_axes"),
        (lambda a: np.frexp(a), "frexp"),
        (lambda a: np.add.reduceat(a, [0]), "add.reduceat"),
        (lambda a: np.add.at(np.zeros(2), [0], a[0]), "add.at"),
        (lambda a: np.hypot.reduce(a), "hypot.reduce"),
        (lambda a: np.subtract.outer(a, a, dtype=float), "subtract.outer"),
        (lambda a: np.add(a, 1, where=ARRAY > 6), "add with where="),
        (lambda a: np.isfinite(a, dtype="float32"), "isfinite with dtype="),
        (lambda a: np.vectorize(abs)(a), "drop its gradient"),
        (lambda a: np.frompyfunc(abs, 1, 1)(a), "has no gradient rule"),
    ],
)
def test_function_without_a_rule_is_refused_by_name(call: Any, name: str, t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match=name):
        call(t)


def test_the_refusal_suggests_code(t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match=r"use t.numpy\(\) if no gradient is needed, or add the op with tg.op"):
        np.frexp(t)


@pytest.mark.parametrize("function", [np.exp, np.matmul, np.absolute, np.maximum])
def test_options_of_a_ufunc_are_refused_with_code(function: Any, t: tg.Tensor) -> None:
    with pytest.raises(
        TypeError, match=r"; write .astype\(dtype\) for dtype=, tg.where\(mask, f\(t\), u\) for where=, and"
    ):
        function(*[t] * function.nin, casting="unsafe")


def refused(function: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(TypeError, match="has no gradient rule") as raised:
        function(*args, **options)
    return str(raised.value)


def test_a_ufunc_of_another_library_is_named_by_its_own_name() -> None:
    special = pytest.importorskip("scipy.special")
    t = tg.Tensor([1.0, 2.0])
    assert refused(special.kelvin, t).startswith("scipy.special.kelvin has no gradient rule")
    assert refused(np.frompyfunc(abs, 1, 1), t).startswith("abs (vectorized) has no gradient rule")
    assert refused(np.add.reduceat, t, [0]).startswith("numpy.add.reduceat has no gradient rule")


def test_a_tensor_without_a_gradient_is_refused_too() -> None:
    with pytest.raises(TypeError, match=r"numpy.fft.fft"):
        np.fft.fft(tg.Tensor([2.0, 1.0]))


# --- out=


@pytest.mark.parametrize(
    "call",
    [
        lambda t, a: np.add(a, t, out=a),
        lambda t, a: np.exp(t, out=a),
        lambda t, a: np.exp(t, a),
        lambda t, a: np.exp(a, out=t),
        lambda t, a: np.add.reduce(t, out=a[0]),
        lambda t, a: np.sum(t, axis=0, out=a[0]),
        lambda t, a: np.sum(a, axis=0, out=t),
        lambda t, a: np.clip(t, 0, 1, out=a),
        lambda t, a: np.concatenate([t], out=a),
        lambda t, a: a.__iadd__(t),
        lambda t, a: a.__imul__(t),
        lambda t, a: a.__imatmul__(t),
        lambda t, a: operator.iadd(a, t),
        lambda t, a: np.add(a, t, out=a, where=a > 1),
        lambda t, a: np.divide(1, t, out=a, where=t > 1),
        lambda t, a: np.add(a, t, out=np.zeros((3, 2, 2))),
        lambda t, a: np.add(a, t, out=np.zeros((2, 2), int)),
    ],
)
def test_out_is_refused_and_nothing_is_written(call: Any, t: tg.Tensor) -> None:
    array = ARRAY.copy()
    with pytest.raises(TypeError, match="out"):
        call(t, array)
    np.testing.assert_array_equal(array, ARRAY)
    assert t.tolist() == [[1, 2], [3, 4]]


def of_a_variable(x: Any) -> Any:
    total: Any = np.zeros(3)
    for k in range(1, 3):
        total += k * x
    total -= 1
    total /= x
    return total


def of_a_list(x: Any) -> Any:
    totals: Any = [np.zeros(3), np.ones(3)]
    for k in range(2):
        totals[k] += x**2
    return totals[1]


def of_a_function_around(x: Any) -> Any:
    total: Any = np.zeros(3)

    def add() -> None:
        nonlocal total
        total += x

    add()
    return total


def of_an_array_made_in_the_call(x: Any) -> Any:
    return np.divide(1, x, out=np.full_like(x, 7), where=np.greater(x, 1.5))


@pytest.mark.parametrize(
    "function",
    [of_a_variable, of_a_list, of_a_function_around, of_an_array_made_in_the_call],
)
def test_an_array_that_nothing_else_holds_becomes_a_tensor_in_place(function: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    y, pullback = tg.vjp(function, x)
    np.testing.assert_array_equal(y, function(x))
    h = 1e-6
    np.testing.assert_allclose(*pullback(np.ones(3)), (function(x + h) - function(x - h)) / (2 * h), rtol=1e-8)
    np.testing.assert_array_equal(tg.compile(function)(x).data, function(x))


def test_the_sum_in_place_keeps_the_arrays_dtype(t: tg.Tensor) -> None:
    total: Any = np.zeros((2, 2), np.float32)
    total += t
    assert (type(total), total.dtype, total.tolist()) == (tg.Tensor, np.float32, [[1, 2], [3, 4]])


def second_name(a: Any, t: Any) -> None:
    other = a
    a += t
    assert other is not a


def of_the_caller(a: Any, t: Any) -> None:
    a += t


def view_of_a_row(a: Any, t: Any) -> None:
    row = a[0]
    row += t[0]


def view_held(a: Any, t: Any) -> None:
    a = a.copy()
    row = a[0]
    a += t
    assert row is not None


def in_a_list(a: Any, t: Any) -> None:
    for part in [a.copy(), a.copy()]:
        part += t


def slice_of_an_array(a: Any, t: Any) -> None:
    a[:1] += t[:1]


def attribute_of_the_class(a: Any, t: Any) -> None:
    held: Any = type("Held", (), {"total": a.copy()})()
    held.total += t  # the class would keep the old values


def attribute_by_a_property(a: Any, t: Any) -> None:
    class Held:
        def __init__(self) -> None:
            self.own = a.copy()

        total: Any = property(lambda self: self.own, lambda self, new: None)

    held = Held()
    held.total += t


def in_the_body_of_a_class(a: Any, t: Any) -> None:
    exec("class Held:\n    total += t", {"total": a.copy(), "t": t})


def in_a_namespace_over_another(a: Any, t: Any) -> None:
    exec("total += t", {"total": a.copy(), "t": t}, {})


def in_a_tuple_for_out(a: Any, t: Any) -> None:
    held = a.copy()
    np.add(1, t, out=(held,))


def in_options_for_out(a: Any, t: Any) -> None:
    options: Any = {"out": (a.copy(),)}
    np.exp(t, **options)


def other_shape(a: Any, t: Any) -> None:
    total: Any = np.zeros(2)
    total += t


def integers(a: Any, t: Any) -> None:
    total: Any = np.zeros((2, 2), int)
    total += t


@pytest.mark.parametrize(
    "function",
    [
        *(second_name, of_the_caller, view_of_a_row, view_held, in_a_list, slice_of_an_array, other_shape, integers),
        *(attribute_of_the_class, attribute_by_a_property, in_the_body_of_a_class, in_a_namespace_over_another),
        *(in_a_tuple_for_out, in_options_for_out),
    ],
)
def test_adding_a_tensor_in_place_to_an_array_that_is_seen_elsewhere_is_refused(function: Any, t: tg.Tensor) -> None:
    array = ARRAY.copy()
    with pytest.raises(TypeError, match=r"write `a = a \+ t`, not `a \+= t`.*`a = a\.at\[i\]\.add\(t\)` for `a\[i\]"):
        function(array, t)
    np.testing.assert_array_equal(array, ARRAY)
    with pytest.raises(TypeError, match="drop its gradient"):
        ARRAY.copy()[0] = t[0]


# --- arrays of tensors


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.array(t),
        lambda t: np.asarray(t),
        lambda t: np.array([t, t]),
        lambda t: np.array([t[0, 0], t[1, 1]]),
        lambda t: np.array([[t[0, 0], 1.0], [2.0, 3.0]]),
        lambda t: np.asarray(t, dtype=float),
        lambda t: np.array([t, t], dtype=float),
        lambda t: np.full((2, 2), t[0, 0]),
        lambda t: np.zeros(4).put([0], t[0, 0]),
        lambda t: np.random.default_rng(0).normal(t),
        lambda t: tg.Tensor([t, t]),
        lambda t: t * [t, t],
    ],
)
def test_an_array_of_tensors_is_refused(call: Any, t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match=r"drop its gradient|no gradient rule"):
        call(t)


def put(a: Any, value: Any) -> None:
    a[:] = value


@pytest.mark.parametrize(
    ("call", "keeps"),
    [
        (lambda t: np.eye(2).dot(t), "A @ t for A.dot(t)"),
        (lambda t: pytest.importorskip("scipy.sparse").csr_array(np.eye(2)) @ t, "S.toarray() @ t"),
        (lambda t: pytest.importorskip("scipy.special").softmax(t), "tg.special.softmax"),
        (lambda t: pytest.importorskip("scipy.special").logsumexp(t), "tg.special.logsumexp"),
        (lambda t: np.array([t, t]), "tg.array for lists of tensors"),
        (lambda t: np.polynomial.polynomial.polyval(0.5, t[0]), "write np.polyval(t[::-1], x) for polyval of numpy."),
        (lambda t: np.polynomial.chebyshev.chebval(0.5, t[0]), "and the sum itself for other series;"),
        (lambda t: np.asarray(t), "write tg.array for lists of tensors, t itself for np.asarray(t), and A @ t"),
        (lambda t: np.r_[t, t], "write np.concatenate([a, b]) for np.r_[a, b];"),
        (lambda t: np.c_[t, t], "write np.column_stack([a, b]) for np.c_[a, b];"),
        (lambda t: ARRAY[t], "write np.interp(t, np.arange(len(array)), array) for array[t];"),
        (lambda t: np.full(t.shape, t), "write np.broadcast_to(t, shape) for np.full(shape, t);"),
        (lambda t: np.vectorize(math.sin)(t), "write f(t) for np.vectorize(f)(t), or tg.vmap(f)(t);"),
        (lambda t: pytest.importorskip("scipy.signal").convolve(t, t), "write np.convolve for SciPy's convolve;"),
        (lambda t: pytest.importorskip("scipy.signal").lfilter([1.0], [1.0, 0.5], t), "write tg.scan for SciPy's"),
        (lambda t: pytest.importorskip("scipy.integrate").simpson(t), "write np.trapezoid for SciPy's simpson;"),
        (
            lambda t: pytest.importorskip("scipy.interpolate").CubicSpline([0.0, 1.0], t),
            "write the loop with tg.scan, or make it an op with tg.op, because scipy.interpolate takes no Tensors;",
        ),
        (
            lambda t: pytest.importorskip("scipy.integrate").solve_ivp(lambda _, y: -t[0] * y, (0, 1), [1.0]),
            "write the loop with tg.scan, or make it an op with tg.op, because scipy.integrate takes no Tensors;",
        ),
        (
            lambda t: put(ARRAY.copy(), t),
            "write array = tg.Tensor(array) once, then array = array.at[i].set(t) for array[i] = t",
        ),
    ],
)
def test_the_refusal_of_an_array_suggests_code_that_keeps_the_gradient(call: Any, keeps: str, t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match=r"would drop its gradient .* To keep it, write ") as raised:
        call(t)
    assert keeps in str(raised.value)
    assert str(raised.value).endswith("; to drop it, write t.numpy() or t.detach()")


@pytest.mark.parametrize("function", [np.mean, np.array, np.median, "plot"])
def test_the_refusal_of_a_list_of_costs_suggests_code_for_numbers(function: Any, t: tg.Tensor) -> None:
    if function == "plot":
        figure = pytest.importorskip("matplotlib.figure").Figure()
        function = figure.subplots().plot
    costs = [t.sum(), (2 * t).sum()]
    with pytest.raises(
        TypeError, match=r"To keep it, write tg\.array.*; to drop it, write float\(t\), as in \[float\("
    ):
        function(costs)
    function([float(cost) for cost in costs])
    assert tg.array(costs).requires_grad


def test_einsum_without_subscripts_suggests_code() -> None:
    t = tg.Tensor(np.zeros((300, 300)))
    with pytest.raises(
        TypeError, match=r"^einsum\(\) takes the subscripts as a string before the operands; got Tensor of shape "
    ) as e:
        np.einsum(t, t)
    assert str(e.value).endswith(
        "(300, 300): write einsum('ij,jk->ik', a, b), or a list of axes after each operand, "
        "as in einsum(a, [0, 1], b, [1, 2], [0, 2])"
    )
    with pytest.raises(TypeError, match=r"got list: write"):
        tg.einsum([0, 1], t)


def test_tensors_without_a_gradient_make_arrays() -> None:
    t = tg.Tensor([1.0, 2.0])
    array = np.array(t)
    assert (array.tolist(), array.dtype, np.shares_memory(array, t.data)) == ([1, 2], np.float64, False)
    assert np.array([t, t]).tolist() == [[1, 2], [1, 2]]
    assert np.asarray(t, dtype="float32").dtype == np.float32
    assert np.array(t, dtype=int).tolist() == [1, 2]
    assert tg.Tensor([t, t]).shape == (2, 2)
    assert np.array([t[0], t[1]]).dtype == np.float64
    assert np.random.default_rng(0).normal(t).shape == (2,)


def test_object_arrays_are_refused(t: tg.Tensor) -> None:
    with pytest.raises(TypeError):
        np.array([t, None], dtype=object) * t


# --- questions about values and shapes, which plain NumPy answers


def filled_in_a_loop(x: Any) -> Any:
    array = tg.Tensor(np.zeros(3))  # once, as the refusal of array[k] = t says
    for k in range(3):
        array = array.at[k].set(x[k] * x[k - 1])
    return array


def test_the_advice_on_an_assignment_works_in_a_loop() -> None:
    jacobian = tg.jacobian(filled_in_a_loop)(np.array([1.0, 2.0, 3.0]))
    assert jacobian.tolist() == [[3, 0, 1], [2, 1, 0], [0, 3, 2]]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.subtract.outer(x, x) ** 2,
        lambda x: np.multiply.outer(x, np.outer(x, x)),
        lambda x: np.logaddexp.outer([1.0, 2.0], x),
        lambda x: np.add.accumulate(x),
        lambda x: np.multiply.accumulate(np.outer(x, x), axis=1),
        lambda x: np.maximum.accumulate(x * x),
        lambda x: np.minimum.accumulate(x),
        lambda x: np.logaddexp.accumulate(x),
        lambda x: np.logaddexp.reduce(np.outer(x, x)),
        lambda x: np.logaddexp.reduce(np.outer(x, x), axis=None, keepdims=True),
        lambda x: np.maximum.reduce(np.outer(x, x), 0, None, None, True),
    ],
)
def test_methods_of_ufuncs_have_gradients(call: Any) -> None:
    x = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(call(tg.Tensor(x)).data, call(x), rtol=1e-15)
    tg.check_gradients(call, x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.polyfit([0.0, 0.5, 1.5, 2.0], x, 2),
        lambda x: np.polyfit(x, np.stack([x[::-1], x * x]).T, 1, w=np.exp(x)),
        lambda x: np.geomspace(np.exp(x[:2]), x[2:] ** 2, num=4, endpoint=False),
        lambda x: np.geomspace(-np.ones(4), -np.exp(x), 3, axis=1),
        lambda x: np.linalg.cond(np.reshape(x, (2, 2))),
        lambda x: np.linalg.cond(np.reshape(x, (2, 2)), -2),
        lambda x: np.linalg.cond(np.reshape(x, (2, 2)), 1),
        lambda x: np.piecewise(x, [x < 0, x >= 0], [np.exp, lambda x: x * x]),
        lambda x: np.piecewise(x, x < 0, [lambda x, k: k * x, 3.0], 2.0),
        lambda x: np.piecewise(x, [x < 9, x < 0], [np.exp, lambda x: x / x.sum(), 1]),
        lambda x: np.piecewise(np.sum(x), [np.sum(x) > 0], [np.sqrt, np.sin]),
        lambda x: np.piecewise(x, np.stack([x < 0, x > 99]), [np.square, np.sin]),
    ],
)
def test_numpys_composed_functions_have_gradients(call: Any) -> None:
    x = np.array([0.5, -1.0, 2.0, -0.75])
    np.testing.assert_allclose(call(tg.Tensor(x)).data, call(x), rtol=1e-13, atol=1e-15)
    tg.check_gradients(call, x)


def test_piecewise_counts_its_functions() -> None:
    t = tg.Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="takes a function for each condition, got 3 for 1"):
        np.piecewise(t, [t < 2], [1, 2, 3])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.where(x > 0),
        lambda x: np.nonzero(x),
        lambda x: (np.flatnonzero(x), np.argwhere(x < 0), np.isin(x, [2.0])),
        lambda x: (np.nanargmax(x), np.nanargmin(x), np.linalg.matrix_rank(x)),
        lambda x: (*np.triu_indices_from(x, 1), *np.tril_indices_from(x), *np.diag_indices_from(x)),
    ],
)
def test_places_are_plain_arrays(call: Any) -> None:
    x = np.array([[0.0, -1.0], [2.0, 3.0]])
    for mine, theirs in zip(call(tg.Tensor(x, requires_grad=True)), call(x), strict=True):
        assert not isinstance(mine, tg.Tensor)
        np.testing.assert_array_equal(mine, theirs)


def test_questions_are_answered_by_numpy(t: tg.Tensor) -> None:
    assert np.shape(t) == (2, 2)
    assert np.ndim(t) == 2
    assert np.size(t) == 4
    assert type(np.zeros_like(t)) is np.ndarray
    assert np.ones_like(t, dtype="float32").dtype == np.float32
    assert np.full_like(t, 7).tolist() == [[7, 7], [7, 7]]
    assert np.allclose(t, t.data)
    assert np.array_equal(t, t.data)
    assert np.isclose(t, 1).tolist() == [[True, False], [False, False]]
    assert np.argsort(-t.data[0]).tolist() == np.argsort(-t[0]).tolist() == [1, 0]
    assert np.count_nonzero(t > 2) == 2
    assert np.result_type(t, np.float32) == np.float64
    assert np.shares_memory(t, t.data)
    assert not np.may_share_memory(t, ARRAY)
    assert np.iscomplexobj(t) is False
    assert np.isrealobj(t)
    assert np.isreal(t).all()
    assert not np.iscomplex(t).any()
    assert np.real_if_close(t).tolist() == t.tolist()


# --- dtypes are those of NumPy 2 on NumPy 1.26 too


def test_conditions_have_no_effect_on_the_dtype() -> None:
    x, s = tg.Tensor(np.array([1.0, 2.0, 3.0], "float32")), tg.Tensor(np.float32(2))
    for condition in (np.array([1, 0, 1]), np.array([1.0, 0.0, 1.0]), [1, 0, 1], True):
        assert tg.where(condition, s, 0.0).dtype == tg.where(condition, x, s).dtype == np.float32
    assert tg.where(True, s, np.float64(1)).dtype == np.float64
    for join in (np.stack, np.concatenate):
        assert join([x, 2 * x]).dtype == np.float32
        assert join([x, np.ones(3)]).dtype == np.float64
    assert np.stack([s, 2.0]).dtype == tg.stack([s, 1]).dtype == np.float64  # as in NumPy: arrays with their own dtype
    assert x.mean().dtype == s.mean().dtype == tg.logsumexp(x).dtype == tg.sigmoid(s).dtype == np.float32
    assert x.astype("float64").dtype == np.float64


def test_results_of_user_functions_are_unchanged() -> None:
    x, k = tg.Tensor(np.array([1.0, 2.0, 3.0], "float32")), np.array([0, 2])
    assert tg.op("picked", lambda x, k, f: x[k] * f, None, None, None)(x, k, np.float32(2)).tolist() == [2, 6]
    handed: list[Any] = []
    tg.op("handed", lambda *inputs: handed.extend(a.dtype for a in inputs) or inputs[0], None, None)(x, np.float64(2))
    assert handed == [np.float32, np.float64]
    assert tg.op("first", lambda x, k: x[:k], None, None)(x, tg.Tensor(2)).tolist() == [1, 2]
    assert tg.op("wide", lambda x, kind="float64": x.astype(kind), None)(x).dtype == np.float64


def test_arguments_by_position_have_the_meaning_of_numpy() -> None:
    a = np.arange(6.0).reshape(2, 3)
    for f in (
        lambda x: np.sum(x, 0, None, None, True),
        lambda x: np.max(x, 0, None, True),
        lambda x: np.var(x, 0, None, None, 1, True),
        lambda x: np.cumsum(x, 1, None, None),
        lambda x: np.mean(x, axis=0, dtype=None, out=None),
        lambda x: np.clip(x, 1, 2, None),
        lambda x: np.einsum("ij,ij", x, x),
        lambda x: np.take(x, [1], 0, None),
    ):
        ours = f(tg.Tensor(a, requires_grad=True))
        assert isinstance(ours, tg.Tensor)
        np.testing.assert_array_equal(ours.data, f(a))


def test_types_with_their_own_protocol_get_their_turn() -> None:
    class Unit:
        __array_ufunc__ = None

        def __rmul__(self, other: Any) -> Any:
            return "rmul", other

        __radd__ = __rmatmul__ = __gt__ = __rpow__ = __rmul__

    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    for f in (lambda u: x * u, lambda u: x + u, lambda u: x @ u, lambda u: x < u, lambda u: x**u):
        assert f(Unit()) == ("rmul", x)
    with pytest.raises(TypeError, match="unsupported operand"):
        x - Unit()
    with pytest.raises(TypeError, match="takes booleans"):
        x * object()


def test_a_dtype_can_be_requested() -> None:
    x = tg.Tensor([1, 2], requires_grad=True, dtype=np.float32)
    assert (x.dtype, x.data.tolist()) == (np.float32, [1, 2])
    data = np.ones(2)
    assert not np.shares_memory(tg.Tensor(data, dtype=float).data, data)


V = np.array([2.0, 3.0, 5.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.sum(a=a),
        lambda a: np.median(a=a),
        lambda a: np.clip(a=a, a_min=0, a_max=1),
        lambda a: np.pad(array=a, pad_width=1),
        lambda a: np.diff(a=a),
        lambda a: np.compress(condition=[True, False, True], a=a),
        lambda a: np.unwrap(p=a),
        lambda a: np.linalg.inv(a=np.diag(a)),
        lambda a: np.reshape(a, (3, 1), order="C"),
        lambda a: np.reshape(np.outer(a, a), (1, 9), "F"),
        lambda a: np.outer(a, a + 1).reshape(9, order="F"),
        lambda a: np.ravel(np.outer(a, a + 1), "F"),
        lambda a: np.median(a, 0, None, True),
        lambda a: np.median(a, 0, None, False, True),
        lambda a: a.sum(0, np.float32),
        lambda a: a.sum(0, None, None, True),
        lambda a: a.std(0, None, None, 1),
        lambda a: a.max(0, None, True),
        lambda a: a.astype(np.float32, copy=False),
        lambda a: np.insert(a.astype(np.uint8), 0, 2),
        lambda a: np.array_split(a, 2)[0],
    ],
)
def test_spellings_of_numpy_have_the_meaning_of_numpy(call: Any) -> None:
    wanted, found = call(V), call(tg.Tensor(V, requires_grad=True))
    assert type(found) is tg.Tensor
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-15)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.piecewise(a, [np.array([1, 0, 2])], [np.square]),
        lambda a: np.unravel_index((a[:2] - 1).astype("int8"), (2, 3))[0],
        lambda a: np.cumprod(a, 0, np.float32),
        lambda a: np.logspace(0, 2, 3, base=a),
        lambda a: np.logspace(0, 2, 3, base=a[:2], axis=1),
        lambda a: np.logspace(a[:2, None], 2, 3, base=a, axis=-1),
        lambda a: np.apply_along_axis(np.sum, 0, np.reshape(a[:0], (0, 3))),
        lambda a: np.concatenate([a.astype("f"), 1.0, [2]], axis=None),
        lambda a: np.concatenate([a.astype("f2"), 1.0], axis=None),
        lambda a: np.concatenate([a.astype("i1"), 300], axis=None),
        lambda a: np.linalg.cond(np.stack([np.outer(a, a) * 0, np.diag(a)])),
        lambda a: np.linalg.cond(np.diag(a).astype("f") + 1, "fro"),
        lambda a: np.linalg.cond(np.ones((0, 2, 2)) + a[0]),
    ],
)
def test_values_are_numpys_to_the_last_bit(call: Any) -> None:
    wanted, found = call(V), call(tg.Tensor(V, requires_grad=True))
    assert type(found) is tg.Tensor
    np.testing.assert_array_equal(found.numpy(), wanted, strict=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.apply_along_axis(np.sum, 1, np.reshape(a[:0], (0, 3))),
        lambda a: np.linalg.cond(np.reshape(a[:0], (3, 0))),
        lambda a: np.interp(1, [0.0, 2.0], a, period=3),
        lambda a: np.interp(1, a[None], a[None], period=3),
        lambda a: np.select([np.array([1, 0, 1])], [a]),
    ],
)
def test_a_call_that_numpy_refuses_is_refused(call: Any) -> None:
    with pytest.raises((ValueError, TypeError, np.linalg.LinAlgError)) as wanted:
        call(V)
    with pytest.raises(wanted.type):
        call(tg.Tensor(V, requires_grad=True))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.einsum("i,->i", x, 3),
        lambda x: np.einsum(2.5, [], x, [0], []),
        lambda x: np.convolve(x, 2.0),
        lambda x: np.convolve(3, x),
        lambda x: np.roll(x, True),
    ],
)
def test_gradients_next_to_a_python_number(call: Any) -> None:
    np.testing.assert_array_equal(call(tg.Tensor(V)).data, call(V), strict=True)
    tg.check_gradients(call, V)


@pytest.mark.parametrize("join", [np.concatenate, np.stack])
def test_a_number_first_among_arrays_to_join_is_numpys_error(join: Any) -> None:
    with pytest.raises(ValueError, match=r"zero-dimensional|same shape"):
        join([2.0, tg.Tensor(V)])


def test_large_integers_of_a_list_stay_exact() -> None:
    assert tg.array([1, 2**64 - 2], dtype="uint64").tolist() == [1, 2**64 - 2]


def test_can_cast_takes_same_kind_at_its_word() -> None:
    for casting in ("safe", "same_kind", "unsafe"):
        assert np.can_cast(tg.Tensor([1]), "f2", casting=casting) == np.can_cast(np.array([1]), "f2", casting=casting)


def test_a_refused_option_of_a_method_of_a_ufunc_is_named(t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match=r"numpy\.maximum\.accumulate with dtype= has .* write \.astype\(dtype\)"):
        np.maximum.accumulate(t, dtype=float)
    with pytest.raises(TypeError, match=r"numpy\.subtract\.reduce has no gradient rule"):  # without options neither
        np.subtract.reduce(t, dtype=float)


def test_newshape_and_stable_are_taken_where_numpy_has_them() -> None:
    x = tg.Tensor(V, requires_grad=True)
    if np.__version__.startswith("1."):
        assert np.reshape(x, newshape=(3, 1)).shape == (3, 1)
    else:
        assert np.sort(-x, stable=True).tolist() == [-5, -3, -2]


@pytest.mark.parametrize("split", [np.split, np.array_split, np.hsplit, tg.split])
def test_split_takes_the_values_of_a_tensor(split: Any) -> None:
    x = tg.Tensor(V, requires_grad=True)
    assert [part.tolist() for part in split(x, tg.Tensor([1]))] == [[2.0], [3.0, 5.0]]
    with pytest.raises(TypeError, match=r"split\(\) has no gradient for indices_or_sections: take plain numbers"):
        split(x, tg.Tensor([1.0], requires_grad=True))


def test_a_negative_zero_stays_as_numpy_clips_it() -> None:
    for low, high in ((0, 1), (0.0, 1.0), (-1, 0)):
        for zero in (0.0, -0.0):
            wanted = np.clip(np.array([zero] * 9), low, high)
            np.testing.assert_array_equal(np.signbit(tg.clip(tg.Tensor([zero] * 9), low, high)), np.signbit(wanted))


def test_the_method_clip_of_an_array_has_gradients_of_its_bounds() -> None:
    high = tg.Tensor(1.5, requires_grad=True)
    y = V.clip(0, high)
    y.sum().backward()
    assert y.tolist() == [1.5] * 3
    assert high.grad == 3


def test_a_cast_to_the_same_dtype_records_nothing() -> None:
    x = tg.Tensor(V, requires_grad=True)
    assert x.astype(float) is x
    assert str(tg.array([x, x]).op) == "stack"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: np.histogram(np.arange(3.0), 3, None, None, t), r"histogram\(\) has no gradient for weights"),
        (lambda t: np.var(t, None, None, None, t[0]), r"var\(\) takes ddof as plain numbers"),
        (lambda t: tg.var(t, None, ddof=t[0]), r"var\(\) takes ddof as plain numbers"),
        (lambda t: t.std(0, None, None, t[0]), r"std\(\) takes ddof as plain numbers"),
        (lambda t: np.full_like(np.zeros(3), t), r"np\.full_like\(array, t\) is np\.broadcast_to\(t, array\.shape\)"),
        (lambda t: np.pad(np.ones(2), 1, constant_values=t[0]), r"write tg\.pad for numpy\.pad"),
        (lambda t: np.stack([t, t], dtype=int), r"stack\(\) cannot cast float64 to int64 with casting='same_kind'"),
        (lambda t: t.at.__setitem__(0, 1.0), r"new = t\.at\[index\]\.set\(v\)"),
    ],
)
def test_a_refusal_says_what_to_write(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call(tg.Tensor(V, requires_grad=True))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("subtract", r"\.add\(-v\)"),
        ("divide", r"\.multiply\(1 / v\)"),
        ("get", r"write t\[index\]"),
        ("foo", "'foo': write \\.set"),
    ],
)
def test_other_methods_at_an_index_are_refused_with_code(name: str, words: str) -> None:
    with pytest.raises(AttributeError, match=words):
        getattr(tg.Tensor(V).at[0], name)


@pytest.mark.parametrize("pad", [np.pad, tg.pad])
def test_pad_refuses_options_of_another_mode(pad: Any) -> None:
    for options in (
        {"mode": "edge", "constant_values": 9.0},
        {"mode": "wrap", "constant_values": tg.Tensor(9.0)},
        {"mode": "constant", "reflect_type": "odd"},
        {"mode": "edge", "reflect_type": "odd"},
    ):
        with pytest.raises(ValueError, match=r"takes no|unsupported"):
            pad(tg.Tensor(V), 1, **options)


def test_integers_of_python_are_entries_of_unsigned_arrays() -> None:
    x = tg.Tensor(np.ones(2, np.uint8))
    assert np.insert(x, 0, 2).dtype == x.at[0].set(2).dtype == np.uint8
    with pytest.raises(TypeError, match="puts values of dtype float64"):
        np.insert(x, 0, 2.5)


# --- DLPack


def test_other_libraries_share_the_memory_of_a_tensor_without_a_gradient() -> None:
    t = tg.Tensor(np.arange(6.0).reshape(2, 3).T)
    shared = np.from_dlpack(t)
    np.testing.assert_array_equal(shared, t.data)
    assert np.shares_memory(shared, t.data)
    assert t.__dlpack_device__() == np.ones(1).__dlpack_device__()
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    assert np.from_dlpack(w.detach()).tolist() == [1, 2]
    assert np.from_dlpack((w * 2).detach()).tolist() == [2, 4]
    if int(np.__version__.split(".")[0]) > 1:
        copied = np.from_dlpack(t, device="cpu", copy=True)
        assert not np.shares_memory(copied, t.data)
        with pytest.raises(ValueError, match=r"[Dd]evice"):
            np.from_dlpack(t, device="cuda")


def test_dlpack_refuses_what_would_drop_a_gradient() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    for t in (w, w * 2, w.astype("float32")):
        with pytest.raises(BufferError, match=r"would drop the gradient of tensor .*; write t\.detach\(\)"):
            np.from_dlpack(t)
    with pytest.raises((TypeError, BufferError), match=r"gradient|asks for a value"):
        tg.grad(lambda x: np.from_dlpack(x).sum())(np.ones(2))


def test_dlpack_in_a_compiled_function() -> None:
    """An argument's values would be baked in; those of a constant are."""
    constant = tg.Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=r"from_dlpack\(t\) of tensor x of shape \(2,\) asks for a value"):
        tg.compile(lambda x: np.from_dlpack(x) * 2)(np.ones(2))
    assert tg.compile(lambda x: np.from_dlpack(constant) * x)(np.ones(2)).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (lambda t: np.fill_diagonal(np.outer(t, t), 0.0), "write t.at[np.diag_indices(n)].set(value)"),
        (lambda t: np.nancumsum(t), "write np.cumsum(np.where(np.isnan(t), 0, t))"),
        (
            lambda t: np.add.at(np.zeros(3), [0], t[0, 0]),
            "once, then a = a.at[i].add(t); multiply, min and max are there too",
        ),
        (lambda t: np.put(np.zeros(3), [0], t[0, 0]), "write a = tg.Tensor(a) once, then a = a.at[i].set(t)"),
        (lambda t: np.linalg.eigvals(t), "or t.numpy() for the values alone"),
    ],
)
def test_a_function_without_a_rule_says_what_to_write(call: Any, instead: str, t: tg.Tensor) -> None:
    with pytest.raises(TypeError, match="has no gradient rule") as raised:
        call(t)
    assert str(raised.value).endswith(instead)
