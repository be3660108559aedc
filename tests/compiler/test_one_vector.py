"""A compiled step whose parameters, gradients and states are views of one vector."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import numpy as np
import pytest
from helpers.comparing import copies
from helpers.training import OPTIMIZERS, Pair, data

import tinygraph as tg


class Sign(tg.optim.Optimizer):
    """Moves each entry by the learning rate, with a memory: element-wise, so it may run over a
    vector.
    """

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        (learning_rate,), (m,) = numbers, state
        m = 0.5 * m + g
        return learning_rate * np.sign(m) + (learning_rate / 10) * p, (m,)


class ByShape(Sign):
    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * g * (2.0 if p.shape[1] > 1 else 1.0), state


class ByNorm(Sign):
    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * g / (1.0 + np.sqrt(np.sum(g * g))), (state[0] + g,)


class ByArray(Sign):
    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * g * np.full(g.shape, 0.5), state


class Late(Sign):
    """Reads the old state after the new one."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        m = 0.9 * state[0] + g
        return numbers[0] * (m - 0.5 * state[0]), (m,)


class Swapped(tg.optim.Optimizer):
    """Keeps the gradients of the last two steps: a state that another one replaces."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * (g + state[0] - 0.5 * state[1]), (g, state[0])


class Copied(tg.optim.Optimizer):
    """Keeps the parameter of the step before, and one state twice."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        old, twice, _ = state
        twice = 0.9 * twice + (p - old)
        return numbers[0] * g - 0.001 * twice, (p, twice, twice)


def assert_equal_to(a: dict[str, Any], b: dict[str, Any], tolerance: float = 0) -> None:
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=tolerance, atol=tolerance, err_msg=name)


STATES = {Sign: "m", ByShape: "m", ByNorm: "m", ByArray: "m", Late: "m", Swapped: "ab", Copied: "abc"}


def pair_of(rule: Any) -> Pair:
    pair = Pair()
    pair.of_a, pair.of_b = (rule(mlp.parameters, 0.1, *STATES[rule]) for mlp in (pair.a, pair.b))
    pair.step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a)
    return pair


@pytest.mark.parametrize(
    ("rule", "at_once"),
    [(Sign, True), (ByShape, False), (ByNorm, False), (ByArray, False), (Late, True), (Swapped, False), (Copied, True)],
)
def test_a_rule_of_the_user(rule: Any, at_once: bool) -> None:
    pair, (X, Y) = pair_of(rule), data()
    for _ in range(4):
        pair.both(X, Y)
    assert ("# update" in pair.step.code) == at_once
    a, b = pair.of_a.state_dict(), pair.of_b.state_dict()
    assert all(np.allclose(a[key], b[key], rtol=1e-10) for key in a if key != "optimizer")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_all_are_views_of_one_vector(optimizer: str) -> None:
    pair, (X, Y) = Pair(optimizer), data()
    pair.both(X, Y)
    arrays = [p.data for p in pair.a.parameters.values()]
    whole = arrays[0].base
    assert all(array.base is whole for array in arrays)
    assert sum(array.size for array in arrays) * 8 + 64 == whole.nbytes


def test_signatures_share_the_vector() -> None:
    """A smaller last batch moves no parameter, so that the steps before and after it copy nothing."""
    pair, (X, Y) = Pair("Adam"), data()
    pair.both(X, Y)
    before = {name: p.data for name, p in pair.a.parameters.items()}
    for m in (7, 40, 7, 40):
        pair.both(X[:, :m], Y[:, :m])
    assert all(p.data is before[name] for name, p in pair.a.parameters.items())


def test_copies_and_pickles_have_one_parameter_alone() -> None:
    pair, (X, Y) = Pair("Adam", dims=(3, 300, 1)), data()
    pair.both(X, Y)
    b2 = pair.a.parameters["b2"]
    assert len(pickle.dumps(b2)) < 2000
    alone = copy.deepcopy(b2)
    assert alone.data.base is None
    pair.both(X, Y)
    assert alone.item() != b2.item()


def test_steps_over_overlapping_parameters() -> None:
    """Each step trains what it has in common with the other from where the other left it."""
    X, Y = data()
    (a, b), of = (tg.MLP((3, 6, 5, 1), rng=1) for _ in range(2)), {}
    steps = []
    for mlp in (a, b):
        for names in (("W1", "b1", "W2", "b2"), ("b2", "W3", "W1")):
            of[mlp, names] = tg.optim.Adam({name: mlp.parameters[name] for name in names}, 0.01)
    for names in (("W1", "b1", "W2", "b2"), ("b2", "W3", "W1")):
        steps.append((names, tg.compile(lambda X, Y: tg.cross_entropy(a(X), Y), optimizer=of[a, names])))
    for _ in range(3):
        for names, step in steps:
            step(X, Y)
            Pair.eager(b, of[b, names], X, Y)
            assert_equal_to(copies(a.parameters), copies(b.parameters), 1e-10)


def test_values_that_the_user_writes() -> None:
    """Into the array, as a new array, and by loading; the old array is no longer trained."""
    pair, (X, Y) = Pair("Adam"), data()
    pair.both(X, Y)
    for mlp in (pair.a, pair.b):
        mlp.parameters["W1"].data *= 0.5
        mlp.parameters["W1"].data[0, 0] = 1.0
        mlp.parameters["b2"].data -= 0.25
    pair.both(X, Y)
    old = pair.a.parameters["W2"].data
    for mlp in (pair.a, pair.b):
        mlp.parameters["W2"].data = mlp.parameters["W2"].data + 1.0
    before = old.copy()
    pair.both(X, Y)
    assert np.array_equal(old, before)
    for mlp, optimizer in ((pair.a, pair.of_a), (pair.b, pair.of_b)):
        mlp.load_state_dict({name: x / 2 for name, x in mlp.state_dict().items()})
        optimizer.load_state_dict(optimizer.state_dict())
        optimizer.learning_rate = 0.02
    pair.both(X, Y)


def test_predictions_while_a_step_is_compiled() -> None:
    """The parameters move to their vector with the same values at each moment."""
    for _ in range(5):
        pair, (X, Y) = Pair("Adam"), data()
        pair.of_a.learning_rate = 0.0
        expected, seen, done = pair.a.predict(X), [], threading.Event()

        def predict(net: Any = pair.a, seen: Any = seen, done: Any = done, X: Any = X) -> None:
            while not done.is_set():
                seen.append(net.predict(X))

        thread = threading.Thread(target=predict)
        thread.start()
        pair.step(X, Y)
        done.set()
        thread.join()
        assert all(np.array_equal(x, expected) for x in seen)


def test_one_optimizer_in_two_steps() -> None:
    pair, (X, Y) = Pair("Adam"), data()
    other = tg.compile(
        lambda X, Y: tg.cross_entropy(pair.a(X), Y) + tg.mean(pair.a.parameters["W1"] ** 2), optimizer=pair.of_a
    )
    for _ in range(3):
        pair.both(X, Y)
        other(X, Y)
        cost = tg.cross_entropy(pair.b(X), Y) + tg.mean(pair.b.parameters["W1"] ** 2)
        cost.backward()
        pair.of_b.step()
        pair.of_b.zero_grad()
        pair.compare()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parameters_of_two_dtypes(optimizer: str) -> None:
    def made() -> dict[str, Any]:
        start = {
            "w": np.ones((3, 2), "float32"),
            "v": np.ones(4),
            "u": np.ones((), "float32"),
            "h": np.ones(2, "float16"),
        }
        return {name: tg.Tensor(x, requires_grad=True, name=name) for name, x in start.items()}

    def cost(p: Any, x: Any) -> Any:
        return tg.mean(tg.tanh(p["w"] * x) ** 2) + tg.sum(p["v"] ** 2) * p["u"] + tg.sum(p["h"].astype(np.float32) ** 2)

    a, b = made(), made()
    of_a, of_b = OPTIMIZERS[optimizer](a), OPTIMIZERS[optimizer](b)
    step = tg.compile(lambda x: cost(a, x), optimizer=of_a)
    x = np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)
    for _ in range(4):
        step(x)
        cost(b, x).backward()
        of_b.step()
        of_b.zero_grad()
        for name in a:
            assert a[name].dtype == b[name].dtype
            np.testing.assert_allclose(
                a[name].numpy(), b[name].numpy(), rtol=2e-3 if name == "h" else 1e-5, err_msg=name
            )


def test_a_gradient_that_two_parameters_share() -> None:
    """And one that is a constant, one that is the parameter itself, and one of a parameter in a
    list of views.
    """

    def cost(p: Any) -> Any:
        shared = tg.sum(p["a"] + p["b"]) + tg.sum(tg.exp(p["e"] / 10 + p["f"] / 10))
        return shared + tg.sum(p["c"] * p["c"]) / 2 + tg.sum(p["d"].reshape(2, 3).T * 2.0)

    a, b = ({n: tg.Tensor(np.arange(6.0), requires_grad=True, name=n) for n in "abcdef"} for _ in range(2))
    of_a, of_b = tg.optim.Adam(a, 0.1), tg.optim.Adam(b, 0.1)
    step = tg.compile(lambda: cost(a), optimizer=of_a)
    for _ in range(4):
        step()
        cost(b).backward()
        of_b.step()
        of_b.zero_grad()
        assert_equal_to(copies(a), copies(b), 1e-12)


def test_a_large_vector_is_updated_in_blocks() -> None:
    w, v = (tg.Tensor(np.linspace(0, 1, 250_001), requires_grad=True) for _ in range(2))
    of_w, of_v = tg.optim.AdamW([w], 0.1), tg.optim.AdamW([v], 0.1)
    step = tg.compile(lambda: tg.mean(w**3) * 1e5, optimizer=of_w)
    for _ in range(3):
        step()
        (tg.mean(v**3) * 1e5).backward()
        of_v.step()
        of_v.zero_grad()
    np.testing.assert_allclose(w.numpy(), v.numpy(), rtol=1e-10, atol=1e-15)


# --- reduce= and clip_norm=


class Recorder:
    """A reduce function that doubles the gradients and notes its calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, vector: Any) -> None:
        self.calls.append(("reduce", str(vector.dtype), vector.size))
        vector *= 2

    def start(self, vectors: Any) -> None:
        self.calls.append(("start", [v.size for v in vectors]))

    def arguments(self, args: Any) -> None:
        self.calls.append(("arguments", [np.shape(x) for x in args]))

    def cost(self, value: Any) -> Any:
        self.calls.append(("cost", float(value)))
        return value + 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [None, 0.05, 100.0])
def test_reduce_and_clip_norm(optimizer: str, clip: float | None) -> None:
    pair, (X, Y), reduce = Pair(optimizer), data(), Recorder()
    step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, reduce=reduce, clip_norm=clip)
    for _ in range(3):
        cost = tg.cross_entropy(pair.b(X), Y)
        cost.backward()
        for p in pair.b.parameters.values():
            p.grad = 2 * p.grad
        if clip is not None:
            tg.optim.clip_by_norm(pair.b.parameters, clip)
        pair.of_b.step()
        pair.of_b.zero_grad()
        assert step(X, Y).item() == pytest.approx(cost.item() + 1)
        pair.compare()
    size = sum(p.size for p in pair.a.parameters.values())
    states = len(pair.of_a.state_names)
    assert [call[0] for call in reduce.calls] == ["arguments", "start", *["cost", "reduce", "arguments"] * 3][:-1]
    of_parameters = [p.size for p in pair.a.parameters.values()]
    # the learning rate; and for each parameter, the count of steps and the states
    of_state = [1] + [x for n in of_parameters for x in (1, *[n] * states) if states]
    assert reduce.calls[0] == ("arguments", [(3, 40), (1, 40)])
    assert reduce.calls[1] == ("start", of_parameters + of_state)
    assert reduce.calls[3] == ("reduce", "float64", size)


def test_a_batch_of_no_examples_has_gradients_of_0() -> None:
    pair, (X, Y), seen = Pair("momentum"), data(), []
    step = tg.compile(
        lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, reduce=lambda v: seen.append(v.copy())
    )
    step(X, Y)
    before = copies(pair.a.parameters)
    velocity = pair.of_a.state_dict()["W1.velocity"]
    assert step(X[:, :0], Y[:, :0]).item() == 0
    assert seen[0].any()
    assert not seen[1].any()
    np.testing.assert_allclose(before["W1"] - pair.a.parameters["W1"].numpy(), 0.1 * 0.9 * velocity, rtol=1e-12)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_changes_nothing(wrong: float) -> None:
    pair, (X, Y) = Pair("Adam"), data()

    def spoil(vector: Any) -> None:
        vector[0] = wrong

    step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, reduce=spoil, clip_norm=1.0)
    before, state = copies(pair.a.parameters), pair.of_a.state_dict()
    with pytest.raises(ValueError, match=f"the norm of the gradients is {wrong}, because of W1; nothing was scaled"):
        step(X, Y)
    assert_equal_to(copies(pair.a.parameters), before, 0)
    assert all(np.array_equal(x, state[key]) for key, x in pair.of_a.state_dict().items())


def test_an_error_in_reduce_changes_nothing() -> None:
    pair, (X, Y) = Pair("Adam"), data()

    def fail(vector: Any) -> None:
        vector *= 0
        raise ConnectionError("the other machine is gone")

    step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, reduce=fail)
    before = copies(pair.a.parameters)
    with pytest.raises(ConnectionError, match="is gone"):
        step(X, Y)
    assert_equal_to(copies(pair.a.parameters), before, 0)
    assert pair.of_a.state_dict()["W1.steps"] == 0


def test_wrong_reduce_and_clip_norm() -> None:
    optimizer = tg.optim.SGD([tg.Tensor(1.0, requires_grad=True)], 0.1)
    with pytest.raises(TypeError, match=r"tg.compile\(reduce=...\) takes a function of a vector of gradients, got 3"):
        tg.compile(lambda: None, optimizer=optimizer, reduce=3)
    with pytest.raises(TypeError, match="clip_norm is a number, got '1'"):
        tg.compile(lambda: None, optimizer=optimizer, clip_norm="1")
    with pytest.raises(ValueError, match="clip_norm is at least 0 and finite, got -1"):
        tg.compile(lambda: None, optimizer=optimizer, clip_norm=-1)
    with pytest.raises(ValueError, match="reduce= and clip_norm= change the gradients of a step"):
        tg.compile(lambda x: x, clip_norm=1.0)


def gradients_of(batches: list[int]) -> list[Any]:
    """The vectors that reduce sees, for batches of these sizes."""
    mlp, seen = tg.MLP([3, 4, 1], rng=0), []
    optimizer = tg.optim.SGD(mlp.parameters, 0.0)
    step = tg.compile(
        lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=optimizer, reduce=lambda v: seen.append(v.copy())
    )
    X, Y = data()
    for m in batches:
        step(X[:, :m], Y[:, :m])
        cost = tg.cross_entropy(mlp(X[:, : m or 1]), Y[:, : m or 1])
        cost.backward()
        expected = np.concatenate([p.grad.ravel() for p in mlp.parameters.values()]) * (m > 0)
        np.testing.assert_allclose(seen[-1], expected, rtol=1e-9, atol=1e-12)
        optimizer.zero_grad()
    return seen


def test_reduce_sees_one_order_for_batches_of_all_sizes() -> None:
    assert len(gradients_of([0, 1, 40, 0, 7, 1])) == 6


def test_an_empty_array_next_to_examples_is_no_empty_batch() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    optimizer = tg.optim.SGD(mlp.parameters, 0.1)
    step = tg.compile(lambda X, Y, extra: tg.cross_entropy(mlp(X), Y), optimizer=optimizer, reduce=lambda vector: None)
    X, Y = data()
    assert step(X, Y, np.zeros(0)).item() > 0


@pytest.mark.parametrize(
    ("reduce", "error"),
    [
        (lambda v: v * 0.5, "changes the vector in place and returns nothing; got"),
        (type("R", (), {"__call__": lambda s, v: None, "cost": lambda s, c: "x"})(), "returns a number; got 'x'"),
        (type("R", (), {"__call__": lambda s, v: v, "cost": lambda s, c: None})(), "returns a number; got None"),
        (type("R", (), {"__call__": lambda s, v: v, "cost": lambda s, c: np.ones(3)})(), "returns a number; got array"),
    ],
)
def test_a_wrong_answer_of_reduce_changes_nothing(reduce: Any, error: str) -> None:
    pair, (X, Y) = Pair("Adam"), data()
    step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, reduce=reduce)
    before = copies(pair.a.parameters)
    with pytest.raises(TypeError, match=error):
        step(X, Y)
    assert_equal_to(copies(pair.a.parameters), before)
    assert pair.of_a.state_dict()["W1.steps"] == 0


def test_the_source_of_a_clipped_step_says_so(tmp_path: Any) -> None:
    pair, (X, Y) = Pair(), data()
    step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a, clip_norm=1.0)
    step(X, Y)
    assert "# reduce= and clip_norm= change the gradients here\n    # update\n" in step.source
    with pytest.raises(ValueError, match="cannot hold a step with reduce= or clip_norm=, which change the gradients"):
        step.save(tmp_path / "step.py")


RULES: list[Any] = [
    lambda g, n: 0.2 * (n * g),
    lambda g, n: 0.2 * (0.3 * g),
    lambda g, n: n * g / (np.sqrt(g * g) / 2 + 0.3),
    lambda g, n: 1 / (g * g / 2 + 1),
    lambda g, n: 0.3 * (n * g) / (np.sqrt(g * g) / n + 0.3),
]


@pytest.mark.parametrize("k", range(len(RULES)))
def test_numbers_in_a_rule(k: int) -> None:
    class Own(tg.optim.Optimizer):
        def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
            return RULES[k](g, numbers[0]), ()

    pair, (X, Y) = Pair(), data()
    pair.of_a, pair.of_b = (Own(mlp.parameters, 0.1) for mlp in (pair.a, pair.b))
    pair.step = tg.compile(lambda X, Y: tg.cross_entropy(pair.a(X), Y), optimizer=pair.of_a)
    for _ in range(3):
        pair.both(X, Y)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_source_if_a_gradient_is_a_constant(optimizer: str) -> None:
    p = tg.Tensor(np.ones(3), requires_grad=True, name="p")
    step = tg.compile(lambda: p.sum(), optimizer=OPTIMIZERS[optimizer]([p]))
    step()
    assert "p -= " in step.source


def test_a_scale_that_is_0_in_float16_clips_too() -> None:
    a, b = (tg.Tensor(np.zeros(1, np.float16), requires_grad=True) for _ in range(2))
    step = tg.compile(lambda: tg.sum(a * 60000.0), optimizer=tg.optim.SGD([a], 1.0), clip_norm=1e-3)
    step()
    tg.sum(b * 60000.0).backward()
    tg.optim.clip_by_norm([b], 1e-3)
    np.testing.assert_allclose(b.grad, [1e-3], rtol=1e-2)
    np.testing.assert_allclose(a.numpy(), [-1e-3], rtol=1e-2)
