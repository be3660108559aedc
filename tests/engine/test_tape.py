"""The tape: order and printing, scopes, backward, no_grad, and memory."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import weakref
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from helpers.interrupts import interrupted
from helpers.leaves import leaf
from helpers.memory import allocated, growth, without_gc
from helpers.threads import at_once

import tinygraph as tg

# --- the tape as a sequence and as a table


def test_the_tape_has_the_order_of_recording() -> None:
    x = leaf(name="x")
    a = x * 2
    b = a + x
    c = a * b
    unused = c + 1
    loss = c.sum()
    tape = loss.tape()
    assert [node.op.name for node in tape] == ["multiply", "add", "multiply", "sum"]
    assert all(node is made for node, made in zip(tape, [a, b, c, loss], strict=True))
    assert next(reversed(tape)) is loss
    assert tape[0] is a
    assert tape[-1] is loss
    assert len(tape) == 4
    assert repr(tape) == str(tape)
    assert a.order < b.order < c.order < unused.order < loss.order


def test_every_input_comes_before_its_output() -> None:
    rng = np.random.default_rng(0)
    nodes = [leaf(), leaf()]
    for _ in range(200):
        j, k = rng.integers(len(nodes), size=2)
        nodes.append(nodes[j] + nodes[k])
    tape = nodes[-1].tape()
    position = {node: k for k, node in enumerate(tape)}
    for node in tape:
        assert all(position[x] < position[node] for x in node.inputs if x in position)


def test_tape_of_a_leaf_is_empty() -> None:
    assert list(leaf().tape()) == []
    assert str(leaf().tape()) == "place  name  op  inputs  shape  dtype  |gradient|"


@pytest.mark.usefixtures("explicit_names")
def test_printed_table() -> None:
    W, X = leaf(np.ones((2, 3), "float32"), "W"), tg.Tensor(np.ones((3, 4), "float32"))
    Z = W @ X + np.float32(2)
    Z.name = "Z"
    cost = (tg.relu(Z) * 0.5).mean()
    assert str(cost.tape()).splitlines() == [
        "place  name  op        inputs        shape   dtype    |gradient|",
        "    1  t1    matmul    W, x1 (3, 4)  (2, 4)  float32  -",
        "    2  Z     add       t1, 2.0       (2, 4)  float32  -",
        "    3  t2    relu      Z             (2, 4)  float32  -",
        "    4  t3    multiply  t2, 0.5       (2, 4)  float32  -",
        "    5  cost  mean      t3            ()      float32  -",
    ]
    Z.retain_grad()
    cost.backward()
    assert str(cost.tape()).splitlines()[2].split()[-1] == "0.1768"  # sqrt(8) * 0.5 / 8


@pytest.mark.usefixtures("explicit_names")
def test_the_table_distinguishes_nameless_parameters_from_data() -> None:
    W, X, b = leaf(np.ones((2, 3))), tg.Tensor(np.ones((3, 4))), leaf(0.0)
    table = (W @ X + b + np.ones(4) + 0.0).tape()
    inputs = ["p1 (2, 3), x1 (3, 4)", "t1, p2 ()", "t2, x2 (4,)", "t3, 0.0"]
    lines = str(table).splitlines()[1:]
    assert all(f"  {what}  " in line for what, line in zip(inputs, lines, strict=True))


def test_ops_without_a_gradient_are_not_recorded() -> None:
    x = tg.Tensor([1.0])
    y = tg.exp(x) + x * 2
    assert (y.op, y.inputs, y.requires_grad) == (None, (), False)
    z = leaf([1.0]) * y
    assert len(z.tape()) == 1
    assert z.inputs[1] is y


def test_options_and_numbers_are_kept_as_written() -> None:
    x = leaf()
    base, exponent = (x**2).inputs
    assert base is x
    assert type(exponent) is int
    assert x.sum(axis=0, keepdims=True).options == {"axis": 0, "keepdims": True}
    assert x.sum(0).options == {"axis": 0}


def test_reading_a_tape_does_not_change_it() -> None:
    loss = (leaf() * 2).sum()
    before = str(loss.tape())
    list(loss.tape()), len(loss.tape()), reversed(loss.tape())
    assert str(loss.tape()) == before


# --- scopes


def test_scopes_nest_and_end() -> None:
    x = leaf()
    with tg.scope("net"):
        a = x * 2
        with tg.scope("layer 1"):
            b = a + 1
        c = b * b
    d = c + 1
    assert [t.scope and str(t.scope) for t in (a, b, c, d)] == ["net", "net / layer 1", "net", None]
    assert b.scope.parent is a.scope is c.scope
    assert x.scope is None


def test_scopes_of_one_name_are_different_scopes() -> None:
    x = leaf()
    scopes = []
    for _ in range(2):
        with tg.scope("layer"):
            scopes.append((x * 2).scope)
    assert scopes[0] is not scopes[1]
    assert [s.name for s in scopes] == ["layer", "layer"]


def test_scope_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), tg.scope("a"), tg.scope("b"):
        raise KeyError
    assert (leaf() * 2).scope is None


# --- backward


def test_accumulates_12_then_24() -> None:
    x = leaf(2.0)
    y = x * x * x
    y.backward()
    assert float(x.grad) == 12
    y.backward()
    assert float(x.grad) == 24
    x.zero_grad()
    y.backward()
    assert float(x.grad) == 12


def test_gradients_of_several_losses_add_up() -> None:
    x = leaf(2.0)
    (x * 3).backward()
    (x * x).backward()
    assert float(x.grad) == 7


def test_backward_of_several_entries_needs_a_gradient() -> None:
    x = leaf(name="x")
    y = x * 2
    with pytest.raises(
        ValueError,
        match=r"one entry, got tensor of shape \(3,\); reduce it first.*t.sum\(\).backward\(\).*gradient=.*\(3,\)",
    ):
        y.backward()
    assert x.grad is None
    y.backward(np.array([1.0, 0.0, 2.0]))
    assert x.grad.tolist() == [2, 0, 4]
    y.backward([1, 1, 1])
    assert x.grad.tolist() == [4, 2, 6]
    y.backward(tg.Tensor([1.0, 1.0, 1.0]))
    assert x.grad.tolist() == [6, 4, 8]


@pytest.mark.parametrize(
    "gradient", [np.ones(2), 1.0, np.ones((1, 3)), np.ones((3, 1)), "abc", [[1, 2], [3]]], ids=repr
)
def test_a_gradient_of_the_wrong_shape_or_kind_is_refused(gradient: Any) -> None:
    x = leaf()
    with pytest.raises((ValueError, TypeError), match="gradient"):
        (x * 2).backward(gradient)
    assert x.grad is None


def test_backward_of_one_entry_needs_no_gradient() -> None:
    x = leaf([[3.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[6]]


def test_backward_on_a_leaf_is_the_gradient_itself() -> None:
    x = leaf(3.0)
    x.backward()
    assert float(x.grad) == 1
    x.backward(5.0)
    assert float(x.grad) == 6
    x.backward(create_graph=True)
    assert float(x.grad) == 7
    y = leaf(np.ones(2, "float32"))
    y.backward(np.ones(2))  # float64
    assert y.grad.dtype == np.float32


@pytest.mark.parametrize(
    "make",
    [lambda: tg.Tensor(2.0), lambda: tg.Tensor(2.0) * 3, lambda: tg.sigmoid(tg.Tensor(2.0)), lambda: leaf(2.0) > 1],
)
def test_backward_without_a_tensor_that_requires_a_gradient_is_an_error(make: Any) -> None:
    with pytest.raises(ValueError, match="depends on no tensor with requires_grad=True"):
        make().backward()
    with pytest.raises(ValueError, match="requires no gradient"):
        make().retain_grad()


def test_retain_grad() -> None:
    x = leaf()
    y = x * 2
    z = y * y
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None
    y.retain_grad()
    z.retain_grad()
    z.sum().backward()
    assert (y.grad.tolist(), z.grad.tolist(), x.grad.tolist()) == ([4, 8, 12], [1, 1, 1], [8, 16, 24])
    z.sum().backward()
    assert y.grad.tolist() == [8, 16, 24]
    y.backward(np.ones(3))
    assert (y.grad.tolist(), x.grad.tolist()) == ([9, 17, 25], [18, 34, 50])


def test_a_tensor_used_twice_gets_both_gradients() -> None:
    x = leaf(3.0)
    y = x * 2
    (y * y + y).backward()
    assert float(x.grad) == 2 * (2 * 6 + 1)


def test_a_frozen_leaf_gets_no_more_gradient() -> None:
    a, b = leaf(2.0), leaf(3.0)
    y = a * b
    a.requires_grad = False
    y.backward()
    assert a.grad is None
    assert float(b.grad) == 2


def test_gradients_have_the_shape_and_dtype_of_their_tensors() -> None:
    a, b = leaf(np.ones((2, 1), "float32")), leaf(np.ones(3))
    (a * b).sum().backward()
    assert (a.grad.shape, str(a.grad.dtype)) == ((2, 1), "float32")
    assert (b.grad.shape, str(b.grad.dtype)) == ((3,), "float64")
    assert type(a.grad) is type(b.grad) is np.ndarray


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_gradient_shares_memory(create_graph: bool) -> None:
    """Not with another gradient, with data, or with the argument of backward()."""
    a, b, c, d = (leaf(np.ones((2, 2)), name) for name in "abcd")
    y = a + b
    z = y.reshape(4) + c.T.ravel() + 0 * d.ravel()
    w = z[::-1]
    for t in (y, z, w):
        t.retain_grad()
    gradient = np.ones(4)
    w.backward(gradient, create_graph=create_graph)
    d.backward(d.data, create_graph=create_graph)
    tensors = [a, b, c, d, y, z, w]
    gradients = [t.grad.data if create_graph else t.grad for t in tensors]
    arrays = [gradient, *(t.data for t in tensors[:4]), *gradients]
    for p, q in combinations(arrays, 2):
        assert not np.shares_memory(p, q)
    assert all(array.flags.writeable for array in arrays)


def test_a_rule_that_returns_its_gradient_does_not_couple_two_leaves() -> None:
    a, b = leaf(), leaf()
    (a + b).sum().backward()
    a.grad *= 100
    assert b.grad.tolist() == [1, 1, 1]


KEPT = np.full(3, 5.0)
RESULTS: dict[str, Any] = {  # what a user's rule may give, from the gradient g and the input x
    "an array kept elsewhere": lambda g, x: KEPT,
    "a view of one": lambda g, x: KEPT[::-1],
    "a view of all of one": lambda g, x: KEPT[:],
    "the input": lambda g, x: x,
    "the gradient": lambda g, x: g,
    "a number for all": lambda g, x: np.broadcast_to(np.float64(5), 3),
    "a read-only array": lambda g, x: np.frombuffer(bytes(24)),
}


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("given", [*RESULTS, "a new read-only array"])
@pytest.mark.parametrize("before", [False, True])
def test_grad_is_an_array_of_its_own_whatever_a_rule_gives(given: str, before: bool) -> None:
    rule = RESULTS.get(given, lambda g, x: read_only(g * 2))
    op = tg.op("user", lambda x: x * 1, lambda g, y, x: rule(g, x))
    x, g = leaf(), np.ones(3)
    if before:
        x.grad = np.zeros(3)
    op(x).backward(g)
    first = x.grad.copy()
    x.grad *= 100
    x.grad += 1
    assert (KEPT.tolist(), x.tolist(), g.tolist()) == ([5] * 3, leaf().tolist(), [1] * 3)
    y = leaf()
    op(y).backward(g)
    np.testing.assert_array_equal(y.grad, first)


def test_a_gradient_that_only_the_walk_back_holds_is_not_copied() -> None:
    made = []

    def rule(g: Any, y: Any, x: Any) -> Any:
        made.append(weakref.ref(dx := g * 2))
        return dx

    x, op = leaf(), tg.op("user", lambda x: x * 2, rule)
    op(x).backward(np.ones(3))
    assert x.grad is made[0]()


def test_inputs_are_tensors_although_the_tape_keeps_arrays() -> None:
    a, x = np.arange(3.0), leaf()
    y = x * a + 2.0
    product, two = y.inputs
    left, right = product.inputs
    assert (left is x, two, type(right), right.requires_grad, right.tolist()) == (
        True,
        2.0,
        tg.Tensor,
        False,
        [0, 1, 2],
    )
    assert product.inputs[1] is right
    assert np.shares_memory(right.data, a)
    y.backward(np.ones(3), create_graph=True)
    assert x.grad.tolist() == a.tolist()
    assert x.inputs == ()


def test_rules_for_graphs_get_tensors_for_arrays() -> None:
    kinds = []

    def rule(g: Any, y: Any, x: Any, a: Any) -> Any:
        kinds.append((type(x), type(a)))
        return g * a

    x = leaf()
    product = tg.op("user", lambda x, a: x * a, rule, None)(x, np.arange(3.0))
    product.backward(np.ones(3))
    product.backward(np.ones(3), create_graph=True)
    assert kinds == [(np.ndarray, np.ndarray), (tg.Tensor, tg.Tensor)]


def failing(x: Any) -> Any:
    def rule(g: Any, y: Any, x: Any) -> Any:
        raise RuntimeError("the rule fails")

    return tg.op("failing", lambda x: x * 1, rule)(x)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_failing_rule_leaves_every_gradient_unchanged(create_graph: bool) -> None:
    a, b, c = leaf(), leaf(), leaf()
    (a * 2).sum().backward()
    old = a.grad
    y = a * 3
    y.retain_grad()
    loss = (y + b * failing(c)).sum()
    with pytest.raises(RuntimeError, match="the rule fails"):
        loss.backward(create_graph=create_graph)
    assert a.grad is old
    assert old.tolist() == [2, 2, 2]
    assert b.grad is c.grad is y.grad is None
    assert not tg.exp(tg.Tensor(1.0)).requires_grad
    assert (a * 2).requires_grad


@pytest.mark.parametrize("create_graph", [False, True])
def test_ctrl_c_at_any_moment_leaves_every_gradient_added_or_none(create_graph: bool) -> None:
    """Interrupt before every instruction of backward(), where alone Python handles Ctrl-C."""

    def attempt(interrupt_at: int | None) -> tuple[bool, list[Any]]:
        leaves = [leaf(name=name) for name in "abcd"]
        loss = sum(x * x for x in leaves).sum()
        loss.backward()
        ended = interrupted(
            lambda: loss.backward(create_graph=create_graph),
            interrupt_at,
            lambda code: code.co_name == "backward",  # that of the guard too
        )
        return ended, [getattr(x.grad, "data", x.grad).tolist() for x in leaves]

    once, twice = [[2, 4, 6]] * 4, [[4, 8, 12]] * 4
    attempt(None)  # first, because Python 3.12 traces a function's instructions from the second time on
    ends, moment = [], 1
    while True:
        ended, end = attempt(moment)
        if not ended:
            break
        assert end in (once, twice)
        ends.append(end)
        moment += 1
    assert end == twice
    assert moment > 20
    assert ends == sorted(ends)  # nothing up to one moment, all from it on


def test_a_rule_of_the_wrong_shape_is_named() -> None:
    wrong = tg.op("wrong", lambda x: x * 1, lambda g, y, x: np.ones((5, 7)))
    with pytest.raises(
        ValueError,
        match=r"wrong\(the operand \(3,\)\), gradient rule of input 0: it gave .*\(5, 7\) for an .* \(3,\)",
    ):
        wrong(leaf()).sum().backward()


def test_a_rule_may_return_a_number_a_list_or_too_many_gradients() -> None:
    for answer in (2, 2.0, [2, 2, 2], np.float32(2), np.full((4, 3), 0.5), np.full(3, 2)):
        x = leaf()
        tg.op("doubled", lambda x: x * 2, lambda g, y, x, answer=answer: answer)(x).sum().backward()
        assert (x.grad.tolist(), x.grad.dtype) == ([2, 2, 2], np.float64)
        x = leaf()
        tg.op("doubled", lambda x: x * 2, lambda g, y, x, answer=answer: answer)(x).sum().backward(create_graph=True)
        assert type(x.grad) is tg.Tensor
        assert (x.grad.tolist(), x.grad.dtype) == ([2, 2, 2], np.float64)


def test_a_rule_may_return_a_number_for_an_axis_of_length_1() -> None:
    for shape in ((1,), (1, 3), (3, 1), (1, 1, 2)):
        x = leaf(np.ones(shape))
        tg.op("doubled", lambda x: x * 2, lambda g, y, x: 2.0)(x).sum().backward()
        assert x.grad.tolist() == np.full(shape, 2.0).tolist()


# --- gradients of gradients


def derivative(y: tg.Tensor, x: tg.Tensor, order: int) -> list[float]:
    values = [float(y)]
    for _ in range(order):
        x.zero_grad()
        y.backward(create_graph=True)
        y = x.grad
        values.append(float(y))
    return values


@pytest.mark.parametrize("at", [-0.7, 0.3, 2.0])
def test_four_derivatives_of_sin_and_tanh_are_right(at: float) -> None:
    sin, cos, t = np.sin(at), np.cos(at), np.tanh(at)
    s = 1 - t * t
    x = leaf(at)
    np.testing.assert_allclose(derivative(tg.sin(x), x, 4), [sin, cos, -sin, -cos, sin], rtol=1e-14)
    exact = [t, s, -2 * t * s, s * (6 * t * t - 2), 8 * t * s * (2 - 3 * t * t)]
    np.testing.assert_allclose(derivative(tg.tanh(x), x, 4), exact, rtol=1e-12)


def test_fourth_derivatives_of_x3_y2() -> None:
    x, y = leaf(1.5), leaf(-2.0)
    z = x**3 * y**2
    for variables, exact in [("xxxy", 6 * 2 * -2), ("xxyy", 6 * 1.5 * 2), ("yxyx", 18), ("yyxx", 18), ("yxxx", -24)]:
        d = z
        for name in variables:
            x.grad = y.grad = None
            d.backward(create_graph=True)
            d = {"x": x, "y": y}[name].grad
        np.testing.assert_allclose(float(d), exact)
    np.testing.assert_allclose(derivative(z, x, 4)[1:], [27, 36, 24, 0])
    np.testing.assert_allclose(derivative(z, y, 2)[1:], [-13.5, 6.75])


def test_created_graph_accumulates_and_a_plain_backward_gives_values() -> None:
    x = leaf(2.0)
    y = x**3
    y.backward(create_graph=True)
    y.backward(create_graph=True)
    assert float(x.grad) == 24
    doubled, x.grad = x.grad, None
    doubled.backward()
    assert float(x.grad) == 24  # 2 * 6 x
    y.backward(create_graph=True)  # added to the values, an array
    assert float(x.grad) == 36
    (x.grad * 1).backward()  # added to a gradient with a graph: only values are left
    assert type(x.grad) is np.ndarray
    assert float(x.grad) == 36 + 12


def test_gradient_penalty() -> None:
    """d/dw of |d/dx (w x^2)|^2 = (2 w x)^2."""
    w, x = leaf(3.0), leaf(2.0)
    (w * x * x).backward(create_graph=True)
    penalty = x.grad**2
    w.zero_grad()
    penalty.backward()
    assert float(w.grad) == 2 * (2 * 3 * 2) * (2 * 2)


def test_graphs_of_gradients_are_also_made_inside_no_grad() -> None:
    x = leaf(2.0)
    y = x**3
    with tg.no_grad():
        y.backward(create_graph=True)
        assert not (x * 2).requires_grad
    assert x.grad.requires_grad


def test_a_gradient_given_as_a_tensor_is_part_of_the_graph() -> None:
    x, v = leaf(2.0), leaf(5.0)
    (x * x).backward(v, create_graph=True)
    x.grad.backward()
    assert float(v.grad) == 4


# --- no_grad


def test_no_grad_as_a_block_and_after_an_exception() -> None:
    x = leaf()
    with tg.no_grad():
        assert not (x * 2).requires_grad
        with tg.no_grad():
            pass
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert (x * 2).requires_grad


def test_one_no_grad_object_may_be_entered_again() -> None:
    x, block = leaf(), tg.no_grad()
    for _ in range(2):
        with block, block:
            assert not (x * 2).requires_grad
        assert (x * 2).requires_grad


def test_no_grad_keeps_the_scope() -> None:
    with tg.scope("outside"), tg.no_grad(), tg.scope("inside"):
        y = leaf() * 2
    assert not y.requires_grad
    assert str(y.scope) == "outside / inside"
    assert (leaf() * 2).scope is None


def test_no_grad_as_a_decorator() -> None:
    @tg.no_grad()
    def double(x: Any, *, times: int = 2) -> Any:
        """Twice x."""
        return x * times

    x = leaf()
    assert not double(x).requires_grad
    assert double(x, times=3).tolist() == [3, 6, 9]
    assert (double.__name__, double.__doc__) == ("double", "Twice x.")
    assert (x * 2).requires_grad

    @tg.no_grad()
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert (x * 2).requires_grad


def test_no_grad_with_and_without_parentheses() -> None:
    x = leaf()

    @tg.no_grad
    def double(x: Any) -> Any:
        """Twice x."""
        return x * 2

    assert (double.__name__, double.__doc__) == ("double", "Twice x.")
    assert not double(x).requires_grad
    with tg.no_grad:
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


@pytest.mark.parametrize("what", [3, None, tg.Tensor, leaf()], ids=repr)
def test_no_grad_and_scope_refuse_wrong_arguments(what: Any) -> None:
    for no_grad in (tg.no_grad, tg.no_grad()):
        with pytest.raises(TypeError, match="decorates a function, got"):
            no_grad(what)
    with pytest.raises(TypeError, match=r"a scope has a name.*got"):
        tg.scope(what)


def test_no_grad_works_on_a_recursive_function() -> None:
    @tg.no_grad()
    def power(x: Any, n: int) -> Any:
        y = x if n == 1 else x * power(x, n - 1)
        assert not y.requires_grad or n == 1
        return y

    assert not power(leaf(), 4).requires_grad


def test_no_grad_on_a_coroutine_function() -> None:
    x = leaf()

    @tg.no_grad()
    async def double() -> Any:
        await asyncio.sleep(0)
        return x * 2

    async def both() -> tuple[Any, Any]:
        task = asyncio.ensure_future(double())
        await asyncio.sleep(0)
        outside = x * 2
        return outside, await task

    outside, inside = asyncio.run(both())
    assert outside.requires_grad
    assert not inside.requires_grad
    assert inspect.iscoroutinefunction(double)


def test_no_grad_on_a_generator_function_is_refused() -> None:
    def steps() -> Iterator[int]:
        yield 1

    async def async_steps() -> Any:
        yield 1

    for function in (steps, async_steps):
        with pytest.raises(TypeError, match=f"generator {function.__name__}.*with tg.no_grad"):
            tg.no_grad()(function)


def test_threads_have_their_own_mode() -> None:
    x, entered, looked = leaf(), threading.Event(), threading.Event()
    seen: list[Any] = []

    def inside() -> None:
        with tg.no_grad(), tg.scope("thread"):
            entered.set()
            assert looked.wait(10)
            seen.append((x * 2).requires_grad)

    with tg.scope("main"):
        thread = threading.Thread(target=inside)
        thread.start()
        assert entered.wait(10)
        y = x * 2
        looked.set()
        thread.join()
    assert (y.requires_grad, str(y.scope), seen) == (True, "main", [False])


def test_async_tasks_have_their_own_mode() -> None:
    x = leaf()

    async def quiet() -> list[bool]:
        found = []
        for _ in range(5):
            with tg.no_grad():
                await asyncio.sleep(0)
                found.append((x * 2).requires_grad)
                await asyncio.sleep(0)
        return found

    async def loud() -> list[bool]:
        found = []
        for _ in range(10):
            await asyncio.sleep(0)
            found.append((x * 2).requires_grad)
        return found

    async def main() -> list[list[bool]]:
        return await asyncio.gather(quiet(), loud(), quiet(), loud())

    assert asyncio.run(main()) == [[False] * 5, [True] * 10] * 2


@pytest.mark.parametrize("block", [tg.no_grad(), tg.scope("a")], ids=["no_grad", "scope"])
def test_tasks_and_threads_may_be_inside_one_block_at_once(block: Any) -> None:
    x, threads_inside = leaf(), threading.Barrier(2)

    def mode() -> tuple[bool, str | None]:
        y = x * 2
        return y.requires_grad, y.scope and y.scope.name

    def inside() -> list[Any]:
        found = []
        with block:
            threads_inside.wait(10)
            found.append(mode())
            threads_inside.wait(10)
        return [*found, mode()]

    async def task(pauses: int) -> list[Any]:
        found = []
        with block:
            for _ in range(pauses):
                await asyncio.sleep(0)
            found.append(mode())
        return [*found, mode()]

    async def main() -> list[list[Any]]:
        threads = [asyncio.to_thread(inside) for _ in range(2)]
        return await asyncio.gather(task(1), task(5), task(3), *threads)

    with block:
        within = mode()
    assert within != mode()
    assert asyncio.run(main()) == [[within, (True, None)]] * 5


def test_threads_compute_gradients_at_once() -> None:
    def work(seed: int) -> Any:
        x = leaf(np.random.default_rng(seed).standard_normal(50))
        for _ in range(50):
            x.zero_grad()
            tg.sum(tg.sin(x) * x).backward()
        return x.grad - (np.cos(x.data) * x.data + np.sin(x.data))

    assert all(np.abs(error).max() < 1e-12 for error in at_once(work))


# --- memory and length


def training_step(W: tg.Tensor, X: Any, Y: Any) -> tg.Tensor:
    with tg.scope("layer"):
        loss = tg.mean(tg.square(tg.sigmoid(tg.relu(W @ X)[0] + W[1:, :3].sum()) - Y))
    W.zero_grad()
    loss.backward()
    return loss


def test_a_graph_is_freed_by_reference_count_alone() -> None:
    with without_gc():
        W = leaf(np.ones((2, 3)))
        loss = training_step(W, np.ones((3, 4)), np.ones(4))
        nodes = [weakref.ref(node) for node in loss.tape()]
        assert len(nodes) > 5
        assert all(node() is not None for node in nodes)
        del loss
        assert [node() for node in nodes] == [None] * len(nodes)


def test_a_graph_of_gradients_is_freed_by_reference_count_alone() -> None:
    with without_gc():
        x = leaf()
        loss = (tg.tanh(x) * x).sum()
        loss.backward(create_graph=True)
        nodes = [weakref.ref(node) for node in (*loss.tape(), *x.grad.tape())]
        del loss
        x.zero_grad()
        assert [node() for node in nodes] == [None] * len(nodes)


def test_the_graph_of_a_failed_backward_is_freed_too() -> None:
    with without_gc():
        loss = failing(leaf()).sum()
        nodes = [weakref.ref(node) for node in loss.tape()]
        with pytest.raises(RuntimeError):
            loss.backward()
        del loss
        assert [node() for node in nodes] == [None] * len(nodes)


def test_memory_is_flat_over_500_steps_without_gc() -> None:
    W, X, Y = leaf(np.ones((2, 3))), np.ones((3, 4)), np.ones(4)

    def step() -> None:
        W.data -= 0.01 * training_step(W, X, Y).item() * W.grad

    # Python keeps up to 2,000 freed tuples of each length; the warm-up makes them
    assert growth(step, warm_up=2500) < 1000  # bytes; one graph alone is more


def test_gradient_of_a_float32_bias_needs_no_second_array_of_the_outputs_size() -> None:
    X, b = tg.Tensor(np.ones((500, 200), "float32")), leaf(np.ones((500, 1), "float32"))
    y = X + b
    g = np.ones(y.shape, "float32")
    _, _, peak = allocated(lambda: y.backward(g))
    assert b.grad.tolist() == [[200]] * 500
    assert peak < 1.5 * g.nbytes  # the copy of its argument that backward() makes


def test_biases_with_batches_of_many_sizes_keep_little_memory() -> None:
    b, sizes = leaf([[1.0]]), range(2000, 2400)

    def train() -> None:
        for n in sizes:
            (np.ones((1, n)) + b).sum().backward()

    with without_gc():
        _, kept, _ = allocated(train)
    assert kept < sum(sizes) * 8 / 3  # bytes: a row for a third of them


def test_a_chain_of_100_000_ops_runs_forward_and_backward_and_is_freed() -> None:
    """A recursion in any of the three, also in C, would overflow a stack of 8 MB."""
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    middle = weakref.ref(y.inputs[0].inputs[0])
    y.backward()
    assert (float(y), float(x.grad)) == (100_001, 1)
    del y
    assert middle() is None


def test_thirty_doublings_cost_thirty_ops() -> None:
    """A walk along every path of this graph would take a thousand million additions."""
    calls = [0]

    def counted(g: Any, y: Any, a: Any, b: Any) -> Any:
        calls[0] += 1
        return g

    add = tg.op("counted_add", np.add, counted, counted)
    x = leaf(1.0)
    y = x
    for _ in range(30):
        y = add(y, y)
    start = time.perf_counter()
    y.backward()
    assert time.perf_counter() - start < 5  # not a speed test: a walk along every path would not end
    assert float(x.grad) == 2**30
    assert calls[0] == 60
    assert len(y.tape()) == 30


def test_a_name_does_not_break_the_table() -> None:
    x = tg.Tensor([1.0], requires_grad=True, name="a\nb\tc")
    assert r"a\nb\tc, 2" in str((x * 2).tape())


def test_reading_the_gradient_of_a_result_that_keeps_none_warns_at_that_line():
    W = tg.Tensor([1.0, 2.0], requires_grad=True, name="W")
    W.sum().backward()
    W = W - 0.1 * W.grad
    W.sum().backward()
    with pytest.warns(UserWarning, match=r"^W \(2,\) is the result of subtract, .* write `W.data -= step`\.") as said:
        assert W.grad is None
    assert said[0].filename == __file__
    y = W * 2
    with pytest.warns(
        UserWarning, match=r"^y \(2,\) is the result of multiply, so its .grad stays None\. .*y\.retain_"
    ):
        assert y.grad is None
    y.retain_grad()
    assert y.grad is None  # a warning here is an error
    y.sum().backward()
    assert y.grad is not None
    with tg.no_grad():
        assert (W * 2).grad is tg.sigmoid(W).grad is tg.Tensor(1.0, requires_grad=True).grad is None


def test_a_rule_that_writes_on_its_gradient_spoils_no_other_walk() -> None:
    """The first gradient of a walk, 1, is an array that all walks share."""

    def doubled(g: Any, y: Any, x: Any) -> Any:
        g *= 2
        return g

    x = leaf(3.0)
    with pytest.raises(ValueError, match=r"doubled.*read-only"):
        tg.op("doubled", lambda x: x * 2, doubled)(x).backward()
    (x * x).backward()
    assert x.grad == 6.0
    y = leaf(2.0)
    y.backward()
    y.grad[...] = 5.0  # its own array
    (z := leaf(2.0)).backward()
    assert z.grad == 1.0
