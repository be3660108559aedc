"""tg.checkpoint: the same gradients, of any order, with less on the tape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.leaves import random_leaf
from helpers.memory import allocated

import tinygraph as tg

W = random_leaf(3, 3, seed=1)


def block(x: Any, twice: Any = None, k: float = 1.0) -> Any:
    y = tg.tanh(W @ x) * k
    return y if twice is None else y * twice["t"] + x


@pytest.mark.parametrize("again", [False, True])
def test_gradients_of_both_orders_equal_those_without_a_checkpoint(again: bool) -> None:
    def both(f: Any) -> Any:
        x, t = random_leaf(3, 2), random_leaf(3, 2, seed=2)
        W.zero_grad()
        h = x * 2
        y = f(f(h, {"t": t}, k=0.5), {"t": h}) if again else f(h, {"t": h})
        (y**2).sum().backward(create_graph=True)
        first = [p.grad for p in (x, W)]
        for p in (x, W, t):
            p.zero_grad()
        sum((g * g).sum() for g in first).backward()
        return [g.numpy() for g in first] + [p.grad for p in (x, W)]

    for a, b in zip(both(tg.checkpoint(block)), both(block), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_tape_is_one_op_and_small() -> None:
    @tg.checkpoint
    def deep(x: Any) -> Any:
        for _ in range(100):
            x = tg.sin(x)
        return x

    x = random_leaf(10_000)
    y, held, _ = allocated(lambda: deep(x))
    assert len(y.tape()) == 1
    assert held < 5 * x.numpy().nbytes
    y.sum().backward()
    kept = x.grad
    x.zero_grad()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, kept)


def test_calls_without_a_gradient_are_not_recorded() -> None:
    assert tg.checkpoint(lambda x: x * 2)(tg.Tensor([1.0])).op is None
    with tg.no_grad():
        assert tg.checkpoint(block)(random_leaf(3, 2)).op is None
    compiled = tg.compile(tg.grad(lambda x: tg.checkpoint(block)(x).sum()))
    x = np.ones((3, 2))
    expected = tg.grad(lambda x: block(x).sum())(x)
    np.testing.assert_allclose(compiled(x).numpy(), expected.numpy(), rtol=1e-12)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="checkpoint takes a function that gives one Tensor; it gave a tuple"):
        tg.checkpoint(lambda x: (x, x))(random_leaf(2))
    b = random_leaf(2, seed=5)
    y = tg.checkpoint(lambda x: x * b)(random_leaf(2))
    b.data = np.ones(2)
    with pytest.raises(ValueError, match=r"given other .data after <lambda> used it; run the forward pass again"):
        y.sum().backward()


def test_one_walk_back_runs_it_once_for_all_inputs() -> None:
    calls = []

    def f(x: Any, y: Any) -> Any:
        calls.append(1)
        return x * y

    y = tg.checkpoint(f)(random_leaf(2), random_leaf(2, seed=1))
    y.sum().backward()
    assert len(calls) == 2


def test_captured_tensors_are_not_arguments() -> None:
    x = tg.Tensor(3.0, requires_grad=True)
    h = x * 2
    for f, args, expected in (
        (lambda y: y * x, (x,), 6),
        (lambda y, z: y * z * z, (x, x), 27),
        (lambda y: y * h * h, (h,), 6 * 36),
        (lambda p: p["a"] * x, ({"a": x},), 6),
        (lambda y: x, (h,), 1),
        (lambda y: y, (h,), 2),
    ):
        for run in (f, tg.checkpoint(f)):
            x.zero_grad()
            run(*args).backward()
            assert x.grad == expected
    assert tg.grad(lambda v: tg.checkpoint(lambda y: y * v * v)(v))(3.0) == 27
    assert tg.hvp(lambda v: tg.checkpoint(lambda y: y * v * v)(v), 3.0, 1.0) == 18


def test_data_that_changes_before_it_runs_again() -> None:
    """An argument keeps its values; a changed captured Tensor is an error."""
    x, given, read, w = random_leaf(2), tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0]), random_leaf(2, seed=1)
    y = tg.checkpoint(lambda x, k: (x * k).sum())(x, given)
    given.data = [5.0, 6.0]
    y.backward()
    assert x.grad.tolist() == [1, 2]
    for t, f in ((read, lambda x: (x * read).sum()), (w, lambda x: (x * w * w).sum())):
        y = tg.checkpoint(f)(x)
        t.data -= 1
        with pytest.raises(ValueError, match="has been changed in place since <lambda>"):
            y.backward()
        y = tg.checkpoint(f)(x)
        t.data = [5.0, 6.0]
        with pytest.raises(ValueError, match=r"was given other .data after <lambda> used it"):
            y.backward()
    array = np.ones(2)
    with tg.debug():
        y = tg.checkpoint(lambda x, k: (x * k).sum())(x, array)
        array[0] = 9
        with pytest.raises(ValueError, match="has been changed in place since <lambda>"):
            y.backward()


def test_a_second_run_with_other_reads_or_results_is_an_error():
    weights = [tg.Tensor(w, requires_grad=True) for w in (2.0, 3.0, 5.0)]
    x = tg.Tensor(1.0, requires_grad=True)
    y = x
    for k in range(3):
        y = tg.checkpoint(lambda h: weights[k] * h)(y)  # noqa: B023 (that is the slip)
    with pytest.raises(ValueError, match=r"in backward, the function read tensor .* as arguments what a loop"):
        y.backward()
    assert [w.grad for w in (x, *weights)] == [None] * 4

    random = np.random.default_rng(0)
    y = tg.checkpoint(lambda h: h * random.standard_normal(3))(tg.Tensor(np.ones(3), requires_grad=True))
    with pytest.raises(ValueError, match="in backward, the function gave another result than before"):
        y.sum().backward()


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_a_mask_that_is_drawn_anew_is_seen_at_any_size(size):
    masks = iter(np.array([[1.0, 0, 1], [0, 1, 1]]))
    y = tg.checkpoint(lambda h: h * next(masks))(tg.Tensor(np.full(3, size), requires_grad=True))
    with pytest.raises(ValueError, match="in backward, the function gave another result than before"):
        y.sum().backward()


def test_arrays_together_with_tensors():
    x, c, k = tg.Tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0]), np.array([1, 0, 1])
    for f in (lambda x, c, k: (x * x * c)[k].sum(), tg.checkpoint(lambda x, c, k: (x * x * c)[k].sum())):
        x.zero_grad()
        f(x, c, k).backward()
        assert x.grad.tolist() == [6, 32]
        assert tg.hvp(lambda x, f=f: f(x, c, k), np.ones(2), np.ones(2)).tolist() == [6, 16]
    mlp = tg.MLP([2, 3, 1], rng=0)
    tg.checkpoint(mlp)(np.ones((2, 4))).sum().backward()
    checkpointed = mlp.gradients()
    mlp.zero_grad()
    mlp(np.ones((2, 4))).sum().backward()
    assert tg.compare(checkpointed, mlp.gradients())


def test_the_second_run_gets_the_original_lists_and_dicts():
    a = tg.Tensor([1.0, 2.0], requires_grad=True)

    def forget(nest):
        nest["a"] = nest["a"].detach()

    for change in (
        forget,
        lambda nest: nest.clear(),
        lambda nest: nest.update(k=5.0),
        lambda nest: nest["l"].append(a),
    ):
        nest = {"a": a, "k": 2.0, "l": [1.0]}
        y = tg.checkpoint(lambda nest: (nest["a"] ** nest["k"] * sum(nest["l"])).sum())(nest)
        change(nest)
        a.zero_grad()
        y.backward()
        assert a.grad.tolist() == [2, 4]


def test_arrays_without_tensors_give_an_array():
    x = np.array([1.0, 2.0])
    assert tg.checkpoint(lambda x: tg.exp(x).sum())(x) == np.exp(x).sum()
