"""tg.compile refuses random draws that every call would repeat, and restores all generators."""

from __future__ import annotations

import functools
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

X = np.ones((2, 3))
rng = np.random.default_rng(0)
old = np.random.RandomState(0)
library: Any = types.ModuleType("library")
library.random = np.random.default_rng(0)


def state(generator: Any) -> Any:
    return repr(
        generator.get_state() if isinstance(generator, np.random.RandomState) else generator.bit_generator.state
    )


def dropped(x: Any, rng: Any) -> Any:
    return x * (rng.random(x.shape) < 0.5)


class Dropout:
    """A layer that draws from its own generator."""

    shared = np.random.default_rng(0)

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.layers: list[Any] = []

    def __call__(self, x: Any) -> Any:
        return dropped(x, self.rng)

    def of_the_class(self, x: Any) -> Any:
        return dropped(x, self.shared)

    def through_another(self, x: Any) -> Any:
        return self(x) + 1

    @property
    def drawn(self) -> Any:
        return self.rng.random()

    def through_a_property(self, x: Any) -> Any:
        return x * self.drawn

    def through_a_list(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    @tg.compile
    def compiled(self, x: Any) -> Any:
        return dropped(x, self.rng)


class Slotted:
    __slots__ = ("rng",)

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self, x: Any) -> Any:
        return dropped(x, self.rng)


layer = Dropout()
parent = Dropout()
parent.layers = [lambda x: x, layer]
uniform = rng.random
draw = tg.op("draw", lambda x: x * rng.random(x.shape), lambda g, y, x: g * y / x)


def closing(local: Any) -> Callable[..., Any]:
    return lambda x: (lambda y: dropped(y, local))(x)


CASES: dict[str, tuple[Any, str, Any]] = {
    "NumPy's": (lambda x: x * np.random.random(x.shape), "np.random", np.random.mtrand._rand),
    "a global's": (lambda x: x * rng.random(x.shape), "rng", rng),
    "an old one's": (lambda x: x * old.rand(*x.shape), "old", old),
    "a closure's": (closing(rng), "local", rng),
    "a module's": (lambda x: dropped(x, library.random), r"library\.random", library.random),
    "a default's": (lambda x, source=rng: dropped(x, source), "source", rng),
    "a partial's": (functools.partial(dropped, rng=rng), r"rng", rng),
    "an object's": (layer, r"self\.rng", layer.rng),
    "an object's without a dict": (Slotted(), r"self\.rng", None),
    "a method's": (layer.through_another, r"self\.rng", layer.rng),
    "a property's": (layer.through_a_property, r"self\.rng", layer.rng),
    "a class's": (layer.of_the_class, r"self\.shared", Dropout.shared),
    "a layer's in a list": (parent.through_a_list, r"self\.layers\.rng", layer.rng),
    "a layer's": (lambda x: layer(x), r"layer\.rng", layer.rng),
    "a method of a generator": (lambda x: x * uniform(), "uniform", rng),
    "in a gradient": (tg.grad(lambda x: (x * rng.random()).sum()), "rng", rng),
    "in a compiled function": (tg.compile(lambda x: x * rng.random()), "rng", rng),
    "in a checkpoint": (tg.checkpoint(lambda x: tg.sum(x * rng.random())), "rng", rng),
    "in a user-defined op": (lambda x: draw(x), "rng", rng),
}


@pytest.mark.parametrize("case", CASES)
def test_a_draw_inside_is_refused_and_undone(case: str) -> None:
    f, name, generator = CASES[case]
    before = state(generator) if generator is not None else None
    with pytest.raises(TypeError, match=rf"draws random numbers from {name}\. .* mask\) with mask = .* < keep"):
        tg.compile(f)(X)
    assert before is None or state(generator) == before
    getattr(f, "__wrapped__", f)(tg.Tensor(X))
    assert before is None or state(generator) != before  # uncompiled, it draws


def test_the_error_suggests_code() -> None:
    def step(X: Any, Y: Any) -> Any:
        return (X * (rng.random(X.shape) < 0.8) - Y) ** 2

    expected = (
        r"step draws random numbers from rng\. tg\.compile .*: step\(X, Y, mask\) with mask = rng\.random\(shape\)"
    )
    with pytest.raises(TypeError, match=expected):
        tg.compile(step)(X, X)
    with pytest.raises(TypeError, match=r"from self\.rng\. .*: compiled\(x, mask\) with mask = self\.rng\.random"):
        Dropout().compiled(X)


@pytest.mark.parametrize("wrap", [lambda rng: rng, lambda rng: {"rng": rng}, lambda rng: [1, (rng,)]])
def test_each_call_draws_from_the_generator_among_its_arguments(wrap: Any) -> None:
    def step(x: Any, given: Any) -> Any:
        (source,) = (g for g in tree(given) if isinstance(g, np.random.Generator))
        return dropped(x, source)

    def tree(x: Any) -> list[Any]:
        branches = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple)) else None
        return [x] if branches is None else [leaf for branch in branches for leaf in tree(branch)]

    generator, same = np.random.default_rng(0), np.random.default_rng(0)
    compiled = tg.compile(step)
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X, wrap(generator)), step(X, wrap(same)))
        assert state(generator) == state(same)
    other = np.random.default_rng(5)
    np.testing.assert_array_equal(compiled(X, wrap(other)), step(X, wrap(np.random.default_rng(5))))
    assert len(compiled._cache) == 1


def noisy(x: Any, rng: Any) -> Any:
    """Draws of several kinds, in an order that matters."""
    y = x + rng.normal(1.0, 0.5, x.shape) * rng.random()
    chosen = rng.choice(np.array([1.0, 2.0, 4.0]), x.shape) + rng.integers(0, 5, size=x.shape, dtype=np.int16)
    return y * chosen + np.random.default_rng(rng).standard_normal(x.shape, dtype="float32")


def test_draws_of_every_kind_come_as_in_eager() -> None:
    compiled, one, two = tg.compile(noisy), np.random.default_rng(3), np.random.default_rng(3)
    for x in (X, X, np.ones((4, 1)), X):
        given, wanted = compiled(x, one), noisy(x, two)
        assert type(given) is type(wanted) is np.ndarray
        np.testing.assert_array_equal(given, wanted)
    scope: dict[str, Any] = {"np": np}
    exec(compiled.source, scope)
    np.testing.assert_array_equal(scope["noisy"](X, one), noisy(X, two))


def test_the_walk_back_takes_the_draws_of_the_call() -> None:
    """Backward runs a compiled function again, with the numbers that were drawn."""
    f = lambda x, rng: tg.sum(tg.tanh(dropped(x, rng)) ** 2)  # noqa: E731
    compiled = tg.compile(f)
    for seed in range(3):
        x, y = tg.Tensor(X, requires_grad=True), tg.Tensor(X, requires_grad=True)
        source = np.random.default_rng(seed)
        loss = compiled(x, source)
        compiled(x, source)
        loss.backward()
        f(y, np.random.default_rng(seed)).backward()
        np.testing.assert_allclose(x.grad, y.grad, rtol=1e-14)


def test_what_is_no_draw_is_refused() -> None:
    for wrong in (lambda x, rng: rng.shuffle(x), lambda x, rng: x * rng.spawn(1)[0].random()):
        before = state(rng)
        with pytest.raises(TypeError, match=r"can repeat draws, but not rng\.(shuffle|spawn)"):
            tg.compile(wrong)(X.copy(), rng)
        assert state(rng) == before
    for wrong in (lambda x, rng: rng.random(out=np.zeros(x.shape)), lambda x, rng: rng.permuted(x, out=x)):
        with pytest.raises(TypeError, match=r"rng\.(random|permuted) takes (no out=|plain numbers)"):
            tg.compile(wrong)(X.copy(), rng)
    with pytest.raises(TypeError, match=r"rng\.normal takes plain numbers in a compiled function"):
        tg.compile(lambda x, rng: rng.normal(x))(tg.Tensor(X), rng)


def test_a_refused_step_changes_no_parameter() -> None:
    w = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="w")
    step = tg.compile(lambda x: tg.sum(dropped(x * w, rng)), optimizer=tg.optim.SGD([w], 0.1))
    before = state(rng)
    for _ in range(2):
        with pytest.raises(TypeError, match="from rng"):
            step(X)
    assert state(rng) == before
    assert w.tolist() == X.tolist()


def test_a_trace_that_fails_restores_the_generator() -> None:
    def f(x: Any) -> Any:
        rng.random()
        np.random.random()
        raise KeyError("mine")

    before = state(rng), state(np.random.mtrand._rand)
    with pytest.raises(KeyError, match="mine"):
        tg.compile(f)(X)
    assert (state(rng), state(np.random.mtrand._rand)) == before


def test_a_mask_as_an_argument_works() -> None:
    @tg.compile
    def step(x: Any, mask: Any) -> Any:
        return x * mask

    masks = [rng.random(X.shape) < 0.5 for _ in range(3)]
    for mask in masks:
        np.testing.assert_array_equal(step(X, mask), X * mask)


def test_a_generator_without_a_draw_is_allowed() -> None:
    training = False

    def f(x: Any) -> Any:
        return dropped(x, rng) if training else x * 2

    before = state(rng)
    np.testing.assert_array_equal(tg.compile(f)(X), X * 2)
    assert state(rng) == before


def test_a_draw_that_the_function_keeps_is_allowed() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        if not kept:
            kept.append(rng.random(x.shape))
        return x * kept[0]

    np.testing.assert_array_equal(tg.compile(f)(X), X * kept[0])
    assert len(kept) == 1


def test_a_draw_in_another_thread_is_allowed() -> None:
    traced = threading.Event()
    drawn = threading.Event()

    def draws() -> None:
        traced.wait(10)
        np.random.random()
        drawn.set()

    thread = threading.Thread(target=draws)
    thread.start()

    def f(x: Any) -> Any:
        traced.set()
        drawn.wait(10)
        return x * 2

    np.testing.assert_array_equal(tg.compile(f)(X), X * 2)
    thread.join()


def test_the_search_for_generators_ends_on_circular_objects() -> None:
    class Node:
        def __init__(self) -> None:
            self.next: Any = self
            self.source = rng

    node = Node()
    ring: list[Any] = [node]
    ring.append(tuple([ring] for _ in range(2)))
    node.next = {"all": node}
    with pytest.raises(TypeError, match=r"from node\.source"):
        tg.compile(lambda x: x * (node.next["all"].source.random() + len(ring)))(X)


class Part(tg.Model):
    def __init__(self, seed: int) -> None:
        self.b, self.noise = tg.Tensor(0.0, requires_grad=True), np.random.default_rng(seed)

    def __call__(self, X: Any) -> Any:
        return self.b * self.noise.random((1, X.shape[1]))


class Noisy(tg.Model):
    def __init__(self) -> None:
        self.W, self.rng = tg.Tensor(np.ones((1, 3)), requires_grad=True), np.random.default_rng(0)
        self.part = Part(1)

    def cost(self, X: Any, Y: Any) -> Any:
        return tg.mean_squared_error(self.W @ (X + 0.1 * self.rng.normal(size=X.shape)) + self.part(X), Y)


NOISY = np.random.default_rng(2).standard_normal((3, 8)), np.ones((1, 8))


def test_a_generator_of_a_model_draws_anew_at_each_call() -> None:
    eager, net = Noisy(), Noisy()
    generators = net.rng, net.part.noise
    optimizer, step = tg.optim.SGD(eager, 0.1), tg.compile(net.cost, optimizer=tg.optim.SGD(net, 0.1))
    for _ in range(4):
        optimizer.zero_grad()
        expected = eager.cost(*NOISY)
        expected.backward()
        optimizer.step()
        np.testing.assert_allclose(step(*NOISY).data, expected.data, rtol=1e-13)
    assert (net.rng, net.part.noise) == generators
    assert net.rng.bit_generator.state == eager.rng.bit_generator.state
    assert net.part.noise.bit_generator.state == eager.part.noise.bit_generator.state
    assert "def step(parameters, X, Y, rng, noise, learning_rate=0.1):" in step.source


def test_a_model_may_get_another_generator() -> None:
    net, other = Noisy(), Noisy()
    compiled = tg.compile(net.cost)
    compiled(*NOISY)
    net.rng, net.part.noise = np.random.default_rng(0), np.random.default_rng(1)
    np.testing.assert_allclose(compiled(*NOISY).data, other.cost(*NOISY).data, rtol=1e-13)


def test_a_model_has_its_generator_again_after_a_failed_trace() -> None:
    net = Noisy()
    rng, before = net.rng, net.rng.bit_generator.state
    with pytest.raises(ValueError, match="labels take the shape"):
        tg.compile(net.cost, optimizer=tg.optim.SGD(net, 0.1))(NOISY[0], NOISY[1].T)
    assert net.rng is rng
    assert rng.bit_generator.state == before


def test_another_thread_draws_from_a_models_own_generator_during_a_trace() -> None:
    net, drawn = Noisy(), []

    def draw() -> None:
        if not drawn:  # a second draw would be taken for one of the function
            drawn.append(net.rng.normal(size=2))

    def cost(X: Any, Y: Any) -> Any:
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join()
        return net.cost(X, Y)

    tg.compile(cost)(*NOISY)
    assert {type(x) for x in drawn} == {np.ndarray}
