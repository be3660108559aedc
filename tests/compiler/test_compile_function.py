"""tg.compile of a function: values that it refuses to bake in, signature, results, backward()."""

from __future__ import annotations

import copy
import pickle
from collections import Counter, OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

Pair = namedtuple("Pair", "a b")
a, b = np.array([1.0, 2.0, 3.0]), np.array([3.0, -1.0, 0.0])


def kinds(results: Any) -> list[type]:
    return [type(x) for x in results]


# --- values that would be baked in


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.isclose(x, 1) * x,
        lambda x: x if np.allclose(a, b=x) else -x,
        lambda x: x if np.array_equal(x, a) else -x,
        lambda x: x * np.count_nonzero(x),
        lambda x: x * len(np.array_str(x)),
        lambda x: x * copy.copy(x),
        lambda x: x * copy.deepcopy(x),
        lambda x: x * pickle.loads(pickle.dumps(x)),
    ],
)
def test_numpy_functions_of_values_are_refused(f: Any) -> None:
    f(tg.Tensor(a))
    with pytest.raises(TypeError, match=r"(\(\)|a copy or pickle) of tensor x?.* while tg.compile traces .* tg.where"):
        tg.compile(f)(a)


def test_a_plain_array_by_a_traced_index() -> None:
    table, i, xp = np.arange(5.0), np.array([2, 0]), np.array([0.5, 0.1, 0.8])
    for f in (lambda i: table[i], lambda i: np.take(table, i)):
        with pytest.raises(TypeError, match=r"\(tg.take\(array, t\) or tg.Tensor\(array\)\[t\] for array\[t\]\)"):
            tg.compile(f)(i)
    np.testing.assert_array_equal(tg.compile(lambda i: tg.take(table, i) + tg.Tensor(table)[i])(i), [4, 0])

    def between(xp: Any) -> Any:
        return np.interp(a, xp, b, period=0.7)

    for f in (tg.compile(between), tg.vmap(between), lambda xp: tg.scan(lambda c, x: (c, between(x)), 0.0, xp)[1]):
        given = xp if type(f) is not type(between) else np.stack([xp, xp])
        np.testing.assert_allclose(np.asarray(f(given)).reshape(-1, 3)[0], between(xp), rtol=1e-14)


def test_a_power_of_two_stays_an_integer() -> None:
    for f in (lambda x: np.ldexp(x, 3), lambda x: np.ldexp(x[0] * x, -1)):
        np.testing.assert_array_equal(tg.compile(f)(a), f(a))


def test_numpy_functions_of_shapes_are_allowed() -> None:
    f = tg.compile(lambda x: x + np.full_like(x, 2) + np.ones_like(x) * np.size(x))
    f(a)
    np.testing.assert_array_equal(f(b), b + 5)


def test_a_user_defined_op_that_reads_values_is_called_with_arrays() -> None:
    sort = tg.op("sort", lambda x: x[np.argsort(np.asarray(x))], lambda g, y, x: g[np.argsort(np.argsort(x))])
    f = tg.compile(lambda x: sort(x))
    f(tg.Tensor(a))
    np.testing.assert_array_equal(f(tg.Tensor(b)).numpy(), np.sort(b))


@pytest.mark.parametrize(
    "narrow", [lambda x: x.astype(np.float32), lambda x: x[:1]], ids=["another dtype", "another shape"]
)
def test_a_user_defined_op_with_other_results_for_tensors_is_called_with_arrays(narrow: Any) -> None:
    own = tg.op("own", lambda x: (narrow(x) if isinstance(x, np.ndarray) else x) * 2, lambda g, y, x: g * 2)

    def f(x: Any) -> Any:
        return own(x) / x

    x = tg.Tensor([1e300, 1.0])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(tg.compile(f)(x).numpy(), f(x).numpy())


@pytest.mark.parametrize("read", [float, int, bool, tg.Tensor.item, tg.Tensor.tolist, "{:.2f}".format])
def test_reading_an_entry_of_a_captured_tensor_is_refused(read: Any) -> None:
    t = tg.Tensor(2.0)
    with pytest.raises(TypeError, match=r"would bake it in\. Compute with the Tensor itself"):
        tg.compile(lambda x: x if read(t) else -x)(a)


def test_the_array_of_a_captured_tensor_is_baked_in() -> None:
    t = tg.Tensor(2.0)
    f = tg.compile(lambda x: x * t.data + x * t)
    f(a)
    t.data = 5.0
    np.testing.assert_array_equal(f(a).numpy(), a * 2 + a * 5)


def test_a_traced_tensor_does_not_show_the_example() -> None:
    shown = []
    tg.compile(lambda x: shown.append(f"{x} {x * 2!r}") or x)(a)
    assert shown == [
        "Tensor(traced, name='x', shape=(3,), dtype=float64, op=argument) "
        "Tensor(traced, shape=(3,), dtype=float64, op=multiply)"
    ]


# --- backward()


def test_backward_takes_the_values_of_the_call() -> None:
    """Later changes of parameters, captured data, and the caller's lists and dicts do not count."""
    found = []
    for make in (lambda f: f, tg.compile):
        w, c = tg.Tensor([2.0], requires_grad=True), tg.Tensor([7.0])
        calls = []

        def f(xs: Any, w: Any = w, c: Any = c, calls: Any = calls) -> Any:
            calls.append(None)
            return (w * w * xs["a"][0] * c * tg.no_grad(lambda: w * 3)()).sum(), w * 1

        xs = {"a": [np.array([3.0])]}
        cost, other = make(f)(xs)
        w.data, c.data, xs["a"] = np.array([100.0]), np.array([0.0]), [np.array([50.0])]
        (cost + other.sum()).backward()
        found.append(w.grad)
        assert len(calls) == 1  # f itself is not run again
    np.testing.assert_allclose(found[0], [2 * 2 * 3 * 7 * 6 + 1])
    np.testing.assert_allclose(found[1], found[0])


def test_backward_keeps_the_rules_of_user_defined_ops_and_counts_each_input() -> None:
    straight = tg.op("straight_through", np.round, lambda g, y, x: g)
    w = tg.Tensor([0.6], requires_grad=True)
    f = tg.compile(lambda x: x * straight(x) * w)
    y = f(w)  # the argument is the captured Tensor
    y.sum().backward()
    np.testing.assert_allclose(w.grad, [0.6 * 1 + 1 * 0.6 + 0.6 * 0.6])
    w.zero_grad()
    f(w).sum().backward(create_graph=True)
    g = w.grad
    w.zero_grad()
    g.sum().backward()
    np.testing.assert_allclose(w.grad, [2 + 4 * 0.6])


def test_second_gradients_through_a_compiled_function() -> None:
    w, c = tg.Tensor([2.0], requires_grad=True), tg.Tensor([3.0], requires_grad=True)
    for f in (lambda x, c: (x**3 * c, x**2), tg.compile(lambda x, c: (x**3 * c, x**2))):
        x = w * 1
        cube, square = f(x, c)
        w.zero_grad()
        c.zero_grad()
        (cube + square).sum().backward(create_graph=True)
        first = w.grad
        np.testing.assert_allclose([first.item(), c.grad.item()], [3 * 4 * 3 + 2 * 2, 8])
        w.zero_grad()
        c.zero_grad()
        first.sum().backward()
        np.testing.assert_allclose([w.grad.item(), c.grad.item()], [6 * 2 * 3 + 2, 3 * 4])


def test_a_result_recorded_outside_is_an_input() -> None:
    w = tg.Tensor([2.0], requires_grad=True)
    outside = w * w
    outside.retain_grad()
    f = tg.compile(lambda x: x * outside * np.array([1.0]))
    y = f(np.array([3.0]))
    assert [t is outside for t in y.inputs] == [False, True]  # outside is an input, not a constant
    assert [t.requires_grad for t in y.inputs] == [False, True]
    y.backward(np.ones(1))
    assert (outside.grad.item(), w.grad.item()) == (3, 12)


def test_backward_with_a_graph_refuses_changed_data_as_in_eager() -> None:
    w = tg.Tensor([2.0], requires_grad=True)
    y = tg.compile(lambda: w * w)()
    w.data = np.array([3.0])
    with pytest.raises(ValueError, match=r"given other \.data since"):
        y.sum().backward(create_graph=True)


def test_a_graph_may_pass_arguments_without_a_gradient() -> None:
    x, where, k = tg.Tensor([2.0, 3.0], requires_grad=True), np.array([True, False]), np.array([2, 2])
    y = tg.compile(lambda x, where, k: tg.where(where, x**3, x * k))(x, where, k)
    y.sum().backward(create_graph=True)
    first = x.grad
    x.zero_grad()
    first.sum().backward()
    np.testing.assert_allclose(first.numpy(), [12, 2])
    np.testing.assert_allclose(x.grad, [12, 0])


def test_an_array_argument_inside_a_checkpoint_is_not_its_input() -> None:
    w = tg.Tensor([2.0], requires_grad=True)
    f = tg.compile(lambda w, x: w * w * x)
    y = tg.checkpoint(lambda w: f(w, np.array([3.0])))(w)
    assert [x is w for x in y.inputs] == [True]
    y.backward(np.ones(1))
    np.testing.assert_allclose(w.grad, [12])


# --- results


def test_results_in_named_tuples_and_dicts_of_other_kinds() -> None:
    f = tg.compile(lambda x, d: (Pair(x * 2, 1), OrderedDict(a=x + d["a"]), Counter(k=x)))
    f(a, OrderedDict(a=a))
    pair, ordered, counter = f(b, OrderedDict(a=b))
    assert kinds((pair, ordered, counter)) == [Pair, OrderedDict, Counter]
    assert pair.b == 1
    for got in (pair.a, ordered["a"], counter["k"] * 2):
        np.testing.assert_array_equal(got, b * 2)
    assert "return ((x * 2, 1), {'a': " in f.source
    assert tg.grad(lambda p: p.a * p.b)(Pair(2.0, 3.0)) == Pair(3.0, 2.0)


def test_results_that_would_hold_the_trace_are_refused() -> None:
    @dataclass
    class Result:
        a: Any

    for f in (lambda x: Result(x), lambda x: {x}, lambda x: (x, lambda: x)):
        with pytest.raises(TypeError, match=r"got a (Result|set|function): return what is in it"):
            tg.compile(f)(a)
    plain = (None, True, 1, 2.5, "s", b"b", 1j, float)
    assert tg.compile(lambda x: (x, *plain))(a)[1:] == plain


def test_arrays_and_tensors_as_in_eager() -> None:
    w = tg.Tensor([2.0])

    def f(x: Any, y: Any) -> Any:
        return x * 2, y * 3, x + y, np.arange(3), y, w * y, w

    for args in ((tg.Tensor([1.0]), np.ones(1)), (np.ones(1), np.ones(1)), (np.ones(1), tg.Tensor([1.0]))):
        assert kinds(tg.compile(f)(*args)) == kinds(f(*args))


def test_the_cost_of_a_step_is_a_tensor_like_any_other() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    cost = tg.compile(lambda: (w * w).sum(), optimizer=tg.optim.SGD([w], 0.1))()
    assert cost.requires_grad is False
    twice = tg.compile(lambda x: x * 2)
    assert kinds([twice(np.array(5.0)), twice(cost)]) == [np.ndarray, tg.Tensor]


# --- the signature


def traces(f: Any, *calls: Any) -> int:
    """The number of traces of f for these lists of arguments."""
    count = []
    compiled = tg.compile(lambda *args: (count.append(None), f(*args))[1])
    for args in calls:
        compiled(*args)
    return len(count)


def test_equal_values_of_other_types_are_other_signatures() -> None:
    x = np.array([3])
    f = tg.compile(lambda d: sum(k * v for k, v in d.items()))
    assert [f({k: x}).dtype.kind for k in (1, 1.0, True)] == ["i", "f", "i"]
    values = (1, 1.0, True, -0.0, 0.0, float("nan"), frozenset({1}), frozenset({1.0}), (1,), (1.0,), np.float64)
    assert traces(lambda x, s: (hash(s), x)[1], *([x, s] for s in values)) == len(values)
    keys = (1, 1.0, np.float64(1), (1, "a"), (1.0, "a"))
    assert traces(lambda d: d, *([{key: x}] for key in keys)) == len(keys)


def test_equal_values_are_one_signature() -> None:
    class Thing:
        def method(self) -> None: ...

    thing = Thing()
    for make in (lambda: float("nan"), lambda: "a" * 1000, lambda: (1, 2.0), lambda: thing.method, lambda: range(3)):
        assert traces(lambda x, s: x, *([a, make()] for _ in range(3))) == 1


def test_objects_are_compared_by_identity() -> None:
    class Layer:
        def __init__(self, k: float) -> None:
            self.k = k

        def __eq__(self, other: Any) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

        @tg.compile
        def __call__(self, x: Any) -> Any:
            return x * self.k

    for k in range(20):  # only the cache keeps them alive
        np.testing.assert_array_equal(Layer(k)(a), a * k)


def test_passes_may_be_the_name_of_one() -> None:
    tg.compile(lambda x: x * 2, passes="algebra")(a)
    with pytest.raises(ValueError, match="got algebras"):
        tg.compile(lambda x: x * 2, passes="algebras")


def test_compile_is_a_decorator_with_arguments_and_inside_another() -> None:
    @tg.compile(passes="algebra")
    def twice(x: Any) -> Any:
        return x * 2

    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    step = tg.compile(lambda: (w * w).sum(), optimizer=tg.optim.SGD([w], 0.1))
    np.testing.assert_array_equal(tg.compile(lambda x: twice(x) + 1)(a), a * 2 + 1)
    with pytest.raises(TypeError, match="a compiled training step updates parameters; it cannot be part of"):
        tg.compile(lambda x: step() * x)(a)
    assert w.tolist() == [1, 2]


def test_a_rule_cannot_read_the_numbers_of_its_optimizer_in_a_trace() -> None:
    """Otherwise they would be baked in, and a new learning rate would have no effect."""

    class Rounded(tg.optim.Optimizer):
        def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
            return g * round(float(numbers[0]), 3), ()

    w = tg.Tensor([1.0], requires_grad=True)
    step = tg.compile(lambda: (w * w).sum(), optimizer=Rounded([w], 0.1))
    with pytest.raises(TypeError, match=r"float\(t\), int\(t\) or t.item\(\) of tensor learning_rate of shape \(\)"):
        step()
    assert w.data == [1]


def test_an_optimizer_without_a_state_is_always_at_its_first_step() -> None:
    asked = []

    class Decaying(tg.optim.Optimizer):
        def numbers(self, steps: int) -> tuple[float, ...]:
            asked.append(steps)
            return (self.learning_rate / steps,)

        def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
            return numbers[0] * g, ()

    w = tg.Tensor([1.0], requires_grad=True)
    step = tg.compile(lambda: (w * w).sum(), optimizer=Decaying([w], 0.1))
    step(), step()
    assert set(asked) == {1}
    np.testing.assert_allclose(w.data, [0.64])


def test_the_public_names_of_the_compiler() -> None:
    offered: dict[str, Any] = {}
    exec("from tinygraph.compiler.compile import *", offered)
    assert offered.keys() - {"__builtins__"} == {"Compiled", "compile"}
    assert offered["compile"] is tg.compile


@pytest.mark.parametrize("number", [0.5, 1, True, np.float32(2)])
def test_linear_takes_a_number_for_b(number: Any) -> None:
    def f(W: Any) -> Any:
        return (tg.linear(W, W.T, number) ** 2).sum()

    W = np.arange(6, dtype=np.float32).reshape(2, 3)
    expected = 4 * (W @ W.T + number) @ W
    for derivative in (tg.grad(f), tg.compile(tg.grad(f))):
        for _ in range(2):
            np.testing.assert_allclose(derivative(W), expected)
            assert derivative(W).dtype == np.float32


def test_unsigned_integers_wrap_round_as_they_do_eagerly() -> None:
    def f(x: Any, u: Any) -> Any:
        return x + (-u), (-u) + x, x - (-u), tg.reciprocal(tg.reciprocal(x)), tg.log(tg.exp(u).sum())

    x, u = np.array([10.0, 1e-310, 3.0]), np.array([1, 2, 3], np.uint8)
    with np.errstate(over="ignore"):
        for ours, eager in zip(tg.compile(f)(x, u), f(x, u), strict=True):
            np.testing.assert_allclose(ours, eager, rtol=1e-3)


def test_a_mask_from_outside_is_refused_and_an_array_is_allowed() -> None:
    mask = np.array([True, False, True])
    outside = tg.Tensor(mask)
    with pytest.raises(TypeError, match=r"t\[mask\] has as many entries as the mask says"):
        tg.compile(lambda x: x[outside] * 2)(np.ones(3))
    np.testing.assert_array_equal(tg.compile(lambda x: x[mask] * 2)(np.ones(3)), [2, 2])


def test_a_step_in_float16_loses_no_learning_rate() -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 20_000)).astype("float16"), rng.integers(0, 2, (1, 20_000))
    W = [tg.Tensor(np.zeros((1, 3), "float16"), requires_grad=True) for _ in range(2)]
    steps = [tg.optim.SGD([w], 1e-3) for w in W]
    tg.compile(lambda X, Y: tg.cross_entropy(tg.sigmoid(W[0] @ X), Y), optimizer=steps[0])(X, Y)
    tg.cross_entropy(tg.sigmoid(W[1] @ X), Y).backward()
    steps[1].step()
    assert np.any(W[1].data != 0)
    np.testing.assert_allclose(W[0].data, W[1].data, rtol=0.2)


def test_booleans_can_be_detached_while_it_traces() -> None:
    a = np.array([True, False])
    np.testing.assert_array_equal(tg.compile(lambda x: tg.where(x.detach(), 1.0, 2.0))(a), [1, 2])
    assert tg.compile(lambda x: x.detach())(a).dtype == bool
