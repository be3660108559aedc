"""Tensor itself: its data, indexing, printing and copying, and its errors."""

from __future__ import annotations

import copy
import inspect
import math
import operator as op
import pickle
import re
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.leaves import leaf

import tinygraph as tg

# --- making one


@pytest.mark.parametrize(
    "data", [3, 2.5, True, [1, 2], [[1.0], [2.0]], (), np.float32(1), np.arange(4)[::-1], range(3)]
)
def test_data_is_converted_by_numpy(data: Any) -> None:
    t = tg.Tensor(data)
    expected = np.array(data)
    np.testing.assert_array_equal(t.data, expected)
    assert (t.shape, t.ndim, t.size, t.dtype) == (expected.shape, expected.ndim, expected.size, expected.dtype)
    assert (t.grad, t.requires_grad, t.name, t.op, t.inputs, t.is_leaf) == (None, False, None, None, (), True)


def test_data_is_copied() -> None:
    array = np.ones(3)
    t = tg.Tensor(array)
    u = tg.Tensor(t)
    array[0] = 5
    t.data[1] = 6
    assert t.data.tolist() == [1, 6, 1]
    assert u.data.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("abc", TypeError),
        (None, TypeError),
        ([1, "a"], TypeError),
        ([1j], TypeError),
        (np.array([1, 2], dtype=object), TypeError),
        (np.array(["2020-01-01"], dtype="M8[D]"), TypeError),
        ({1, 2}, TypeError),
        ([[1, 2], [3]], ValueError),
        (np.ma.array([1.0, 2.0], mask=[True, False]), TypeError),
    ],
)
def test_bad_data_is_refused(data: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="Tensor takes"):
        tg.Tensor(data)


@pytest.mark.parametrize("data", [3, [True, False], np.arange(3)])
def test_integers_and_booleans_carry_data_but_no_gradient(data: Any) -> None:
    assert not tg.Tensor(data).requires_grad
    with pytest.raises(TypeError, match=r"got dtype .*cast it first"):
        tg.Tensor(data, requires_grad=True)
    t = tg.Tensor(data)
    with pytest.raises(TypeError, match="cast it first"):
        t.requires_grad = True


def test_name_is_a_string() -> None:
    assert tg.Tensor(1.0, name="W1").name == "W1"
    with pytest.raises(TypeError, match="a string, got 3"):
        tg.Tensor(1.0, name=3)  # type: ignore[arg-type]


def test_each_property_and_method_has_help() -> None:
    offered = {name: value for name, value in vars(tg.Tensor).items() if name[0] != "_"}
    described = [name for name, value in offered.items() if isinstance(value, property) or callable(value)]
    assert {"data", "grad", "is_leaf", "backward", "sum"} <= set(described)
    assert [name for name in described if not inspect.getdoc(offered[name])] == []


def test_subclasses_are_refused() -> None:
    with pytest.raises(TypeError, match="not made for subclassing"):
        type("Mine", (tg.Tensor,), {})


def test_unknown_attributes_are_refused() -> None:
    with pytest.raises(AttributeError):
        leaf().grads = 1  # type: ignore[attr-defined]


def test_dropping_a_tape_is_an_error() -> None:
    y = leaf(name="x") * 2
    with pytest.raises(TypeError, match=r"drop its gradient.*t\.detach\(\)"):
        tg.Tensor(y)
    assert tg.Tensor(y.detach()).tolist() == [2, 4, 6]
    with pytest.raises(TypeError, match=r"multiply takes no masked arrays.*\.filled"):
        y * np.ma.array([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match=r"a Tensor takes no masked arrays.*\.filled"):
        np.ma.array([1.0, 2.0, 3.0]) * y


def test_each_message_has_its_own_advice() -> None:
    with pytest.raises(TypeError, match=r"got str of dtype <U3$"):
        tg.Tensor("abc")
    with pytest.raises(TypeError, match=r"of dtype object \(make an array of it with \.toarray\(\)\)$"):
        tg.Tensor(SimpleNamespace(toarray=None))
    with pytest.raises(TypeError, match=r"^numpy\.frexp has no gradient rule in tinygraph, .* Tensor; use t\.num"):
        np.frexp(leaf())


def test_a_number_takes_the_dtype_of_the_array() -> None:
    x = np.ones(2, "float32")
    for other in (2.0, 2, True):
        for a, b in ((x, other), (other, x)):
            assert tg.multiply(a, b).dtype == np.float32
    assert tg.power(np.ones(2, "uint8"), 2).dtype == np.uint8


def test_a_bias_of_another_dtype() -> None:
    W, A = np.ones((2, 3), "float32"), np.ones((3, 4), "float32")
    for b in (np.ones((2, 1)), np.ones((2, 1), "float32"), np.ones((2, 1), "int8"), 0.5):
        assert tg.linear(W, A, b).dtype == tg.linear(tg.Tensor(W), A, b).dtype == (W @ A + b).dtype


def test_a_tensor_of_a_tensor() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = tg.Tensor(x, name="y")
    assert (y.tolist(), y.requires_grad, np.shares_memory(x.data, y.data)) == ([1, 2], False, False)
    with pytest.raises(TypeError, match=r"^tg\.Tensor\(t\) of tensor x of shape \(2,\) asks for a value while"):
        tg.compile(lambda x: tg.Tensor(x) * 2)(np.ones(2))


def test_the_input_kept_by_sigmoid_is_not_on_the_tape() -> None:
    with tg.no_grad():
        y = tg.sigmoid(leaf())
    for s in (tg.sigmoid(tg.Tensor([1.0, 2.0, 3.0])), y):
        assert s.is_leaf
        assert copy.copy(s).tolist() == pickle.loads(pickle.dumps(s)).tolist() == s.tolist()
        s.data = s.data + 0
        s.requires_grad = True
        assert (s.is_leaf, s.op, s.inputs, len(s.tape())) == (True, None, (), 0)
        (s * 2).sum().backward()
        assert s.grad.tolist() == [2, 2, 2]


# --- data, grad, requires_grad


def test_data_can_be_assigned_and_is_checked() -> None:
    t = leaf(np.ones((2, 3), "float32"), "W")
    t.data = np.zeros((2, 3), "float32")
    array = t.data
    t.data -= 0.5
    assert t.data is array
    assert t.data.tolist() == [[-0.5] * 3] * 2
    t.data = [[1, 2, 3], [4, 5, 6]]
    t.data = tg.Tensor(t.data + 1)
    for wrong in (np.ones((3, 2), "float32"), np.ones((2, 3)), np.float32(1), 1.0, "abc", None, [[1, 2], [3]]):
        with pytest.raises((ValueError, TypeError), match=r"\.data"):
            t.data = wrong
    with pytest.raises(ValueError, match=r"W of shape \(2, 3\).*float32, got shape \(2, 3\) and dtype float64"):
        t.data = np.ones((2, 3))
    assert (t.data.tolist(), str(t.dtype)) == ([[2, 3, 4], [5, 6, 7]], "float32")


def test_assigned_data_is_copied() -> None:
    t, array = leaf(), np.array([4.0, 5.0, 6.0])
    t.data = array
    assert not np.shares_memory(t.data, array)


@pytest.mark.parametrize("create_graph", [False, True])
def test_assigning_data_after_recording_changes_no_gradient(create_graph: bool) -> None:
    x, c = leaf([1.0, 2.0], "x"), tg.Tensor([3.0, 4.0], name="c")
    for t in (x, c):
        y = (x * x * c).sum()
        t.data = np.array([5.0, 5.0])
        x.zero_grad()
        if create_graph:  # the rules would use the current x and c
            what = rf"tensor {t.name} of shape \(2,\), an input of multiply, has been given other \.data.*pass again"
            with pytest.raises(ValueError, match=what):
                y.backward(create_graph=True)
            assert x.grad is None
        else:
            y.backward()
            assert x.grad.tolist() == ([6, 16] if t is x else [30, 40])


def test_data_of_a_recorded_tensor_cannot_be_assigned() -> None:
    y = tg.exp(leaf([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"made by exp; data is set on leaves.*detach"):
        y.data = np.zeros(2)


def test_grad_can_be_assigned_and_is_checked() -> None:
    t, array = leaf(), np.ones(3)
    t.grad = array
    assert not np.shares_memory(t.grad, array)
    t.grad *= 2
    assert t.grad.tolist() == [2, 2, 2]
    for wrong in (np.ones(2), np.ones(3, "float32"), np.ones((3, 1)), 1.0, "abc"):
        with pytest.raises((ValueError, TypeError), match=r"\.grad"):
            t.grad = wrong
    t.grad = as_graph = tg.Tensor(array)
    assert t.grad is as_graph
    with pytest.raises(ValueError, match=r"\.grad of .* got shape \(1,\)"):
        t.grad = tg.Tensor([1.0])
    assert t.grad is as_graph
    t.grad = None
    t.zero_grad()
    assert t.grad is None


def test_requires_grad_is_set_on_leaves() -> None:
    t = tg.Tensor([1.0])
    t.requires_grad = True
    y = t * 2
    assert y.requires_grad
    with pytest.raises(ValueError, match=r"made by multiply.*detach"):
        y.requires_grad = False
    t.requires_grad = False
    assert not (t * 2).requires_grad


def test_detach_shares_the_values_without_the_tape() -> None:
    y = leaf(name="x") * 2
    y.name = "y"
    d = y.detach()
    assert (d.op, d.requires_grad, d.name, d.inputs) == (None, False, "y", ())
    assert np.shares_memory(d.data, y.data)
    assert y.numpy() is y.data


# --- Python's protocols


def test_item_float_int_bool() -> None:
    assert tg.Tensor(2.5).item() == float(tg.Tensor([[2.5]])) == 2.5
    t = tg.Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (t.item(3), t.item(1, 0), t.item((0, 1))) == (4.0, 3.0, 2.0)
    with pytest.raises(IndexError, match="index 9 is out of bounds"):
        t.item(9)
    assert int(tg.Tensor(2.5)) == 2
    assert bool(tg.Tensor(0.0)) is False
    assert [10, 20, 30][tg.Tensor(1)] == 20
    assert type(tg.Tensor(np.float32(0.5)).item()) is float
    assert tg.Tensor([[1, 2]]).tolist() == [[1, 2]]
    for wrong in (float, int, tg.Tensor.item):
        with pytest.raises(ValueError, match=r"one entry, got tensor x of shape \(3,\)"):
            wrong(leaf(name="x"))
    with pytest.raises(ValueError, match=r"x .*is ambiguous, because it has 3 entries: write tg\.where\(condition"):
        bool(leaf(name="x"))
    with pytest.raises(TypeError, match="integer"):
        [1, 2][tg.Tensor(1.0)]


def test_len_and_iteration_over_the_first_axis() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3, 4], [1, 2]]
    assert [row.tolist() for row in reversed(x)] == [[3, 4], [1, 2]]
    assert 3.0 in tg.Tensor([1.0, 3.0])
    for use in (len, iter, list):
        with pytest.raises(TypeError, match="without axes"):
            use(leaf(1.0))


def test_equality_is_element_by_element_and_hash_by_identity() -> None:
    a, b = leaf(), leaf()
    assert (a == b).data.all()
    assert not (a == b).requires_grad
    assert (a != b).tolist() == [False] * 3
    assert len({a, b, a}) == 2
    assert {a: 1}[a] == 1


def test_comparisons_and_logic() -> None:
    x, y = tg.Tensor([1.0, 2.0, 3.0]), tg.Tensor([3, 2, 1])
    assert (x < y).tolist() == (y > x).tolist() == (x < np.array([3, 2, 1])).tolist() == [True, False, False]
    assert (x <= 2).tolist() == [True, True, False]
    assert (x <= 2).tolist() == [True, True, False]
    assert (x >= y).tolist() == [False, True, True]
    assert ((x > 1) & (x < 3)).tolist() == [False, True, False]
    assert ((x < 2) | ~(x < 3)).tolist() == [True, False, True]
    assert (True & (x < 2)).tolist() == [True, False, False]
    assert bool((x > 0).all())
    assert not (x > 2).all()


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "matmul"])
def test_a_list_on_either_side(name: str) -> None:
    operator, a, b = getattr(op, name), [[2.0, 1.0], [4.0, 3.0]], [[1.0, 2.0], [3.0, 5.0]]
    expected = operator(np.array(a), np.array(b))
    t, u = tg.Tensor(a, requires_grad=True), tg.Tensor(b, requires_grad=True)
    for left, right in ((a, u), (t, b)):
        y = operator(left, right)
        np.testing.assert_array_equal(y.numpy(), expected)
        assert y.requires_grad


def test_logic_with_a_list_on_the_left() -> None:
    t = tg.Tensor([True, False, False])
    assert ([True, True, False] & t).tolist() == [True, False, False]
    assert ([True, True, False] | t).tolist() == [True, True, False]


def test_repr() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert repr(x) == "Tensor([1., 2.], name='x', shape=(2,), dtype=float64, requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], shape=(2,), dtype=float64, op=multiply)"
    assert repr(tg.Tensor(3)) == "Tensor(3, shape=(), dtype=int64)"
    assert repr(tg.Tensor(np.zeros((0, 2), "f4"))) == "Tensor([], shape=(0, 2), dtype=float32)"
    assert len(repr(tg.Tensor(np.zeros((1000, 1000))))) < 200


def test_format() -> None:
    assert f"{leaf(2.0):.3f} {tg.Tensor([[7]]):03d}" == "2.000 007"
    assert f"{leaf(2.0)}" == str(leaf(2.0)) == repr(leaf(2.0))
    with pytest.raises(ValueError, match="one entry"):
        f"{leaf():.3f}"


def test_in_place_operators_make_a_new_tensor() -> None:
    x = y = leaf()
    y += 1
    y *= 2
    assert x.tolist() == [1, 2, 3]
    assert y.tolist() == [4, 6, 8]
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (lambda t: t ^ True, "bitwise_xor"),
        (lambda t: True ^ t, "bitwise_xor"),
        (lambda t: t << 1, "left_shift"),
        (lambda t: t >> 1, "right_shift"),
    ],
)
def test_operators_on_bits_refuse_floats_as_in_numpy(use: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"ufunc '{name}' not supported for the input types"):
        use(leaf())
    assert use(tg.Tensor([6, 1])).tolist() == use(np.array([6, 1])).tolist()


# --- methods, as in ndarray


def test_methods_take_the_arguments_of_numpys() -> None:
    data = np.arange(24.0).reshape(2, 3, 4)
    x = tg.Tensor(data)
    for use in (
        lambda t: t.reshape(4, -1),
        lambda t: t.reshape((4, 6)),
        lambda t: t.reshape(-1),
        lambda t: t.transpose(),
        lambda t: t.transpose(2, 0, 1),
        lambda t: t.transpose((2, 0, 1)),
        lambda t: t.transpose([2, 0, 1]),
        lambda t: t.T,
        lambda t: t.swapaxes(0, 1),
        lambda t: t.sum(0),
        lambda t: t.sum((0, 1)),
        lambda t: t.sum(axis=1, keepdims=True),
        lambda t: t.max(1, keepdims=True),
        lambda t: t.std(ddof=1),
        lambda t: t.var(0, ddof=1),
        lambda t: t.cumsum(1),
        lambda t: t.argmax(axis=2),
        lambda t: t.clip(3, 7),
        lambda t: t.clip(min=3),
        lambda t: t.clip(None, 7) if isinstance(t, np.ndarray) else t.clip(max=7),
        lambda t: t.ravel(),
        lambda t: t.flatten(),
        lambda t: t.squeeze(),
        lambda t: t.dot(np.ones(4)),
        lambda t: t.astype("float32"),
        lambda t: t.astype(int),
    ):
        y = use(x)
        assert type(y) is tg.Tensor
        np.testing.assert_array_equal(y.data, use(data))
        assert (y.shape, y.dtype) == (use(data).shape, use(data).dtype)


def test_astype_carries_the_gradient_between_floats() -> None:
    x = leaf(np.ones(3, "float32"))
    y = x.astype(np.float64) * 3
    assert (str(y.dtype), y.requires_grad) == ("float64", True)
    y.sum().backward()
    assert (x.grad.tolist(), str(x.grad.dtype)) == ([3, 3, 3], "float32")
    assert not x.astype(int).requires_grad


# --- indexing


@pytest.mark.parametrize(
    "index",
    [
        *(0, -1, slice(1, None), slice(None, None, -1), None, ..., (), (1, 2), (slice(None), 0), (..., 1), (None, 0)),
        *([0, 0, 1], ([0, 1, 0], [2, 2, 2]), (slice(None), [1, 1]), np.array([[0, 1], [1, 1]]), [], (0, [])),
        *([True, False], np.ones((2, 3), bool), (True,), False, (slice(None), [True, False, True]), ((0, 0),)),
        *(np.int64(1), np.array(1), (np.array([0, 0]), None, 1), range(2), np.zeros((2, 3), bool)),
    ],
    ids=repr,
)
def test_index(index: Any) -> None:
    """The value is NumPy's, and the gradient counts how often each entry was picked."""
    data = np.arange(6.0).reshape(2, 3)
    expected = data[index]
    x = leaf(data)
    y = x[index]
    assert y.shape == np.shape(expected)
    np.testing.assert_array_equal(y.data, expected)
    y.sum().backward()
    counts = np.bincount(np.arange(6).reshape(2, 3)[index].ravel().astype(int), minlength=6).reshape(2, 3)
    np.testing.assert_array_equal(x.grad, counts)


def test_index_by_tensors() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3))
    x[tg.Tensor([1, 1]), tg.Tensor(2)].sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [0, 0, 2]]
    x.zero_grad()
    x[x > 3].sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [0, 1, 1]]
    data = np.arange(3.0)
    assert type(data[tg.Tensor([0, 2])]) is np.ndarray
    assert tg.getitem(data, tg.Tensor([0, 2])).tolist() == [0, 2]


@pytest.mark.parametrize(
    "index", [5, (0, 0, 0), [7], 1.0, "a", [0.5], ([0, 1], [0, 1, 2]), [True, True, True]], ids=repr
)
def test_an_index_that_numpy_refuses_is_an_error(index: Any) -> None:
    x = leaf(np.ones((2, 3)), "W")
    with pytest.raises((IndexError, TypeError), match=r"^W \(2, 3\)\[|^getitem"):
        x[index]


def test_setitem_is_refused_and_suggests_code() -> None:
    for t in (leaf(name="W"), leaf() * 2, tg.Tensor([1, 2, 3])):
        with pytest.raises(TypeError, match=r"t\.at\[index\]\.set\(value\) or tg.where\(mask, value, t\); or"):
            t[0] = 1
    t = leaf()
    t.data[0] = 7  # between steps
    assert t.tolist() == [7, 2, 3]


# --- copies


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_leaf_is_copied_and_pickled(again: Any) -> None:
    t = leaf(np.ones((2, 1), "float32"), "W")
    t.grad = np.ones((2, 1), "float32")
    u = again(t)
    assert u.grad is None
    assert (u.name, u.requires_grad, u.tolist(), str(u.dtype)) == ("W", True, [[1], [1]], "float32")
    assert not np.shares_memory(u.data, t.data)
    assert again({"W": t})["W"].tolist() == [[1], [1]]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_tape_is_not_copied_or_pickled(again: Any) -> None:
    with pytest.raises(TypeError, match="detach"):
        again(leaf() * 2)
    again((leaf() * 2).detach())


@pytest.mark.parametrize(
    ("habit", "error", "words"),
    [
        (lambda t: t.exp(), AttributeError, "'Tensor' object has no attribute 'exp'; write tg.exp(t)"),
        (lambda t: t.relu_(), AttributeError, "write tg.relu(t)"),
        (lambda t: t.view(-1), AttributeError, "write tg.reshape(t, shape)"),
        (lambda t: t.cpu(), AttributeError, "leave it out: everything is on the CPU"),
        (lambda t: tg.cat([t, t]), AttributeError, "module 'tinygraph' has no attribute 'cat'; write tg.concatenate"),
        (lambda t: tg.randn(3), AttributeError, "make the array with NumPy, as in np.zeros(3), and a Tensor from it"),
        (lambda t: t.place, AttributeError, "'Tensor' object has no attribute 'place'; it is t.order now"),
        (lambda t: t.arrays, AttributeError, "it is t.saved now"),
        (
            lambda t: tg.op("f", np.exp, None, arithmetic=True),
            TypeError,
            "op() takes no arithmetic; what was arithmetic= is elementwise= now",
        ),
        (
            lambda t: t.sum(dim=0),
            TypeError,
            "initial=None, where=True): got an unexpected keyword argument 'dim'",
        ),
        (lambda t: tg.optim.SGD([t], lr=0.1), TypeError, "SGD() takes learning_rate=, not lr="),
        (lambda t: tg.optim.Adam([t], lr=0.1), TypeError, "Adam() takes learning_rate=, not lr="),
    ],
)
def test_names_from_other_libraries_and_old_names_get_a_hint(habit, error, words):
    with pytest.raises(error, match=re.escape(words)):
        habit(tg.Tensor([1.0], requires_grad=True))


def test_an_unknown_name_gets_no_hint():
    t = tg.Tensor([1.0])
    with pytest.raises(AttributeError, match=r"'Tensor' object has no attribute 'nonsense'$"):
        t.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match=r"module 'tinygraph' has no attribute 'nonsense'$"):
        tg.nonsense  # noqa: B018
    assert not hasattr(t, "__array_interface__")


def test_an_array_of_another_dtype_must_be_a_copy():
    t = tg.Tensor(np.ones(2, np.float32))
    for dtype in (np.float64, np.float16):
        assert t.__array__(dtype).dtype == dtype
        if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # NumPy 1 asks for no copy
            with pytest.raises(ValueError, match="avoid copy"):
                t.__array__(dtype, copy=False)
    assert t.__array__(np.float32, copy=False) is t.data


def test_the_name_of_every_op_is_that_of_its_function():
    for name, row in tg.OPS.items():
        assert row.name == name
        assert getattr(tg, name, row).__name__ == name
    assert tg.sin.__doc__ == "As numpy.sin, element by element."
    assert tg.greater.__doc__ == "As numpy.greater, element by element; without a gradient."


# --- a Tensor assigned into an array

T = tg.Tensor(2.5, requires_grad=True, name="T")


def assigned(array: Any, index: Any = 0, t: Any = T) -> Any:
    array[index] = t
    return array


class Floats:
    """A container that stores plain numbers."""

    def __setitem__(self, index: Any, value: Any) -> None:
        self.value = float(value)


ASSIGNMENTS: dict[str, Callable[[], Any]] = {
    "an entry": lambda: assigned(np.zeros(3)),
    "an entry of two axes": lambda: assigned(np.zeros((2, 2)), (0, 1)),
    "no axes": lambda: assigned(np.zeros(()), ()),
    "one entry along an axis": lambda: assigned(np.zeros(3), 0, T.reshape(1)),
    "float32": lambda: assigned(np.zeros(3, "float32")),
    "complex": lambda: assigned(np.zeros(3, complex)),
    "integers": lambda: assigned(np.zeros(3, int)),
    "flat": lambda: assigned(np.zeros((2, 2)).flat),
    "a result": lambda: assigned(np.zeros(3), 1, tg.sin(T)),
    "memory": lambda: assigned(memoryview(np.zeros(3))),
}


@pytest.mark.parametrize("case", ASSIGNMENTS)
def test_an_entry_of_an_array_assigned_from_a_tensor_warns_that_its_gradient_ends(case: str) -> None:
    words = r"^array\[i\] = t stores a plain number.*tg\.array\(\[t0.*array = array\.at\[i\]\.set\(t\); .*float\(t\)$"
    with pytest.warns(UserWarning, match=words) as found:
        array = ASSIGNMENTS[case]()
    assert np.any(array)
    (warning,) = found
    assert warning.filename == __file__
    assert warning.lineno == assigned.__code__.co_firstlineno + 1


def test_the_warning_comes_once_for_each_line(recwarn: Any) -> None:
    warnings.resetwarnings()
    array, others = np.zeros(20), [tg.Tensor(float(k), requires_grad=True, name=f"t{k}") for k in range(20)]
    for k, t in enumerate(others):
        array[k] = t
        array[k] += t * 2
    assert len(recwarn) == 2
    np.testing.assert_array_equal(array, 3.0 * np.arange(20))


SILENT: dict[str, Callable[[], Any]] = {
    "float": lambda: assigned(np.zeros(3), 0, float(T)),
    "item": lambda: assigned(np.zeros(3), 0, T.item()),
    "int": lambda: assigned(np.zeros(3), int(T), 1.0),
    "sin": lambda: assigned(np.zeros(3), 0, math.sin(T)),
    "format": lambda: f"{T:.3f}",
    "a list": lambda: assigned([0, 0], 0, T),
    "a dict": lambda: assigned({}, float(T), T),
    "objects": lambda: assigned(np.zeros(3, object)),
    "no gradient": lambda: assigned(np.zeros(3), 0, T.detach()),
    "a class's own": lambda: assigned(Floats()),
    "map": lambda: list(map(float, [T, T])),
    "append": lambda: [].append(float(T)),
}


@pytest.mark.parametrize("case", SILENT)
def test_float_and_the_like_give_a_number_without_a_warning(case: str, recwarn: Any) -> None:
    SILENT[case]()
    assert not recwarn


REFUSED: dict[str, Callable[[], Any]] = {
    "a slice": lambda: assigned(np.zeros(3), slice(None)),
    "places": lambda: assigned(np.zeros(3), [0, 1]),
    "a mask": lambda: assigned(np.zeros(3), np.array([True, False, True])),
    "a row": lambda: assigned(np.zeros((2, 2))),
    "a list": lambda: assigned(np.zeros(2), slice(None), [T, 1.0]),
    "array": lambda: np.array([T, T], float),
    "full": lambda: np.full(3, T),
    "full of a dtype": lambda: np.full(3, T, float),
    "put": lambda: np.zeros(3).put([0], T),
    "copyto": lambda: np.copyto(np.zeros(3), T),
    "putmask": lambda: np.putmask(np.zeros(3), True, T),
    "fill_diagonal": lambda: np.fill_diagonal(np.zeros((2, 2)), T),
}


@pytest.mark.parametrize("case", REFUSED)
def test_several_entries_assigned_from_a_tensor_are_an_error(case: str) -> None:
    with pytest.raises(TypeError, match=r"would drop its gradient|has no gradient rule"):
        REFUSED[case]()


def test_an_assignment_inside_a_derivative_or_a_trace_is_an_error(recwarn: Any) -> None:
    for f in (tg.grad, tg.compile):
        with pytest.raises((TypeError, ValueError), match=r"gradient|asks for a value|sequence"):
            f(lambda t: assigned(np.zeros(3), 0, t * 2)[0])(np.array(2.0))
    assert not recwarn


@pytest.mark.parametrize("name", ["reshape", "transpose", "sum", "__len__", "__add__"])
def test_the_name_of_a_method_is_that_by_which_it_is_called(name: str) -> None:
    t = tg.Tensor([1.0, 2.0])
    assert getattr(tg.Tensor, name).__qualname__ == f"Tensor.{name}"
    assert pickle.loads(pickle.dumps(getattr(t, name))).__name__ == name
    with pytest.raises(TypeError, match=r"Tensor\.reshape\(\) got an unexpected keyword argument"):
        t.reshape(foo=1)
