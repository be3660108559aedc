"""Each of many threads or async tasks computes, to the last bit, what it computes alone."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.threads import OUTSIDE, THREADS, at_once
from helpers.training import OPTIMIZERS, Pair, data

import tinygraph as tg
from tinygraph.modes import current


@pytest.fixture(autouse=True)
def hasty() -> Iterator[None]:
    """Threads take turns every few instructions, so that they meet half-done work of others."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def small_mlp(seed: int, dtype: str = "float64") -> Any:
    return tg.MLP([3, 5, 4, 1], rng=seed, dtype=dtype)


class Training:
    """Some steps of net number k, and the bits of all its state at the end."""

    def __init__(self, optimizer: str, compiled: bool, k: int) -> None:
        self.mlp, (self.X, self.Y) = small_mlp(k, ("float64", "float32")[k % 2]), data(20 + k)
        self.optimizer = OPTIMIZERS[optimizer](self.mlp.parameters)
        self.step = tg.compile(self.cost, optimizer=self.optimizer) if compiled else self.eager

    def cost(self, X: Any, Y: Any) -> Any:
        return tg.cross_entropy(self.mlp(X), Y)

    def eager(self, X: Any, Y: Any) -> Any:
        cost = self.cost(X, Y)
        self.optimizer.zero_grad()
        cost.backward()
        tg.optim.clip_by_norm(self.mlp.parameters, 0.5)
        self.optimizer.step()
        return cost

    def one(self) -> Any:
        return bits(self.step(self.X.astype(self.mlp.dtype), self.Y))

    def end(self) -> Any:
        gradients = [p.grad if p.grad is not None else 0 for p in self.mlp.parameters.values()]
        return bits([self.mlp.parameters, self.optimizer.state_dict(), gradients])

    def run(self) -> Any:
        return [*(self.one() for _ in range(8)), self.end()]


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("optimizer", ["SGD", "nesterov", "Adam", "RMSProp"])
def test_eight_nets_train_at_once(optimizer: str, compiled: bool) -> None:
    alone = [Training(optimizer, compiled, k).run() for k in range(THREADS)]
    assert at_once(lambda k: Training(optimizer, compiled, k).run()) == alone
    assert len({str(ends) for ends in alone}) == THREADS


def test_threads_share_a_net_for_reading() -> None:
    """Values, and derivatives in each thread's own variables; no .grad of a parameter changes."""
    mlp, once = small_mlp(0), tg.checkpoint(lambda X: tg.sin(X) * X)
    compiled, slope = tg.compile(mlp), tg.compile(tg.grad(lambda X: mlp(X).sum()))
    frozen = small_mlp(1)
    for p in frozen.parameters.values():
        p.requires_grad = False

    def read(k: int) -> Any:
        X, own = (
            np.random.default_rng(k).standard_normal((3, 4 + k % 2)),
            tg.Tensor(np.ones((3, 2)), requires_grad=True),
        )
        found = []
        for _ in range(4):
            with tg.no_grad():
                found.append(mlp(X))
            found += [mlp.predict(X), tg.grad(lambda X: (mlp(X) ** 2).sum())(X), compiled(X), slope(X)]
            found += [tg.jacobian(mlp)(X), tg.hvp(lambda X: mlp(X).sum(), X, X)]
            own.zero_grad()
            once(frozen(own * k).sum()).backward()
            found.append(own.grad)
        return bits(found)

    alone = [read(k) for k in range(THREADS)]
    assert at_once(read) == alone
    assert all(p.grad is None for p in mlp.parameters.values())


@pytest.mark.parametrize("f", [lambda f: f, tg.checkpoint, tg.compile], ids=["plain", "checkpoint", "compile"])
def test_threads_share_a_tape_for_the_walk_back(f: Any) -> None:
    """Each thread walks back from one loss with its own gradient."""
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    y, pullback = tg.vjp(f(lambda a, b: tg.tanh(a * b) @ (a + b).T), x, x[::-1].copy())

    def back(k: int) -> Any:
        return bits([pullback(np.full(y.shape, k + i / 8)) for i in range(40)])

    alone = [back(k) for k in range(THREADS)]
    assert at_once(back) == alone


def test_under_a_lock_threads_add_to_the_gradients_of_one_net() -> None:
    """The gradients are whole numbers, so that the order of the sum does not matter."""
    W, lock = tg.Tensor(np.ones((2, 3)), requires_grad=True), threading.Lock()

    def add(k: int) -> None:
        for _ in range(20):
            cost = (W @ np.full((3, 4), float(k))).sum()
            with lock:
                cost.backward()

    at_once(add)
    assert W.grad.tolist() == np.full((2, 3), 20 * 4 * sum(range(THREADS))).tolist()


def test_calls_of_one_training_step_are_whole_steps() -> None:
    pair, (X, Y) = Pair("Adam"), data()
    costs = [float(cost) for many in at_once(lambda k: [pair.step(X, Y) for _ in range(50)]) for cost in many]
    alone = Pair("Adam")
    assert sorted(costs) == sorted(float(alone.step(X, Y)) for _ in range(50 * THREADS))
    assert bits([pair.a.parameters, pair.of_a.state_dict()]) == bits([alone.a.parameters, alone.of_a.state_dict()])


# --- modes

BLOCKS: dict[str, Callable[[int], Any]] = {
    "no_grad": lambda k: tg.no_grad(),
    "scope": lambda k: tg.scope(f"thread {k}"),
    "debug": lambda k: tg.debug(),
    "detect_anomaly": lambda k: tg.detect_anomaly(),
    "none": lambda k: nullcontext(),
}
SHARED = {name: block(0) for name, block in BLOCKS.items()}  # one object that several threads enter at once


def mode(x: Any) -> tuple[Any, ...]:
    """The current mode, as an op sees it."""
    y = x * 2
    return y.requires_grad, y.scope and str(y.scope), hasattr(y, "_made_at"), getattr(current.get()[2], "finite", False)


def expected(names: list[str], titles: list[str]) -> tuple[Any, ...]:
    noted = "debug" in names or "detect_anomaly" in names
    return "no_grad" not in names, " / ".join(titles) or None, noted, "detect_anomaly" in names


def walk(k: int) -> Iterator[None]:
    """Enter and leave nested blocks at random, also by an error, with pauses in between."""
    rng, x = np.random.default_rng(k), tg.Tensor([1.0], requires_grad=True)
    f = tg.compile(lambda x: tg.exp(x) * k)
    for _ in range(10):
        names, titles = [], []
        with suppress(KeyError), ExitStack() as stack:
            for name in rng.choice(list(BLOCKS), 4):
                shared = rng.random() < 0.5
                stack.enter_context(SHARED[name] if shared else BLOCKS[name](k))
                names.append(name)
                titles += [f"thread {0 if shared else k}"] * (name == "scope")
                yield
                assert mode(x) == expected(names, titles)
                f(np.ones(int(rng.integers(1, 40))))  # traced in most cases
                assert tg.grad(lambda x: x * x)(1.0) == 2
                assert mode(x) == expected(names, titles)
            if rng.random() < 0.5:
                raise KeyError
        yield
        assert mode(x) == (True, None, False, False)


def test_each_thread_has_its_own_mode() -> None:
    at_once(lambda k: [None for _ in walk(k)])


def test_each_task_has_its_own_mode() -> None:
    async def task(k: int) -> None:
        for _ in walk(k):
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(task(k) for k in range(THREADS)), asyncio.to_thread(lambda: [None for _ in walk(9)]))
        assert current.get() == OUTSIDE

    with np.errstate():  # NumPy 1 keeps it for a thread: this undoes what overlapping tasks leave
        asyncio.run(main())


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_tasks_train_in_turns(compiled: bool) -> None:
    """A block in which a task waits does not affect the other tasks."""

    async def train(k: int) -> Any:
        training, steps = Training("Adam", compiled, k), []
        for _ in range(8):
            with tg.scope(f"task {k}"):
                await asyncio.sleep(0)
                steps.append(training.one())
            with tg.no_grad(), tg.debug():
                await asyncio.sleep(0)
                assert not training.mlp(training.X).requires_grad
        return [*steps, training.end()]

    async def main() -> list[Any]:
        return await asyncio.gather(*(train(k) for k in range(THREADS)))

    assert asyncio.run(main()) == [Training("Adam", compiled, k).run() for k in range(THREADS)]


@pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 counts changed settings of all threads together")
def test_numpys_error_settings_are_per_thread() -> None:
    """A compiled step turns NumPy's errors off while it traces and writes, only for its thread."""

    def work(k: int) -> None:
        kind = ("raise", "ignore", "warn", "print")[k % 4]
        with np.errstate(all=kind):
            training = Training("SGD", True, k)
            for _ in range(10):
                training.one()
                assert np.geterr() == dict.fromkeys(("divide", "over", "under", "invalid"), kind)

    at_once(work)


def test_leaving_a_mode_in_another_thread_changes_nothing_there():
    def steps():
        with tg.no_grad():
            yield

    suspended = steps()
    thread = threading.Thread(target=next, args=(suspended,))
    thread.start()
    thread.join()
    suspended.close()
    assert (tg.Tensor(1.0, requires_grad=True) * 2).requires_grad
