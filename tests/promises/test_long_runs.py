"""Calls leave no objects and no bytes behind, and no work for the garbage collector."""

from __future__ import annotations

import gc
import sys
import sysconfig
import tracemalloc
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

FUNCTIONS_STAY = bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info < (3, 14)
X = np.random.default_rng(0).standard_normal((2, 2500))  # large, so that a copy left behind is seen
Y = (X[:1] > 0).astype(float)
MLP = tg.MLP([2, 3, 1], rng=0)
ADAM = tg.optim.Adam(MLP.parameters)


def step_of(optimizer: Any) -> Any:
    net = tg.MLP([2, 3, 1], rng=0)
    return tg.compile(lambda X, Y: tg.cross_entropy(net(X), Y), optimizer=optimizer(net.parameters, 0.1))


def eager(k: int) -> None:
    cost = tg.cross_entropy(MLP(X), Y)
    ADAM.zero_grad()
    cost.backward()
    tg.optim.clip_by_norm(MLP.parameters, 1.0)
    ADAM.step()


def f(x: Any) -> Any:
    return (tg.sin(x) * x).sum()


def backward(h: Callable[[Any], Any], create_graph: bool = False) -> None:
    x = tg.Tensor(X, requires_grad=True)
    y = (h(x) * x).sum()
    y.backward(create_graph=create_graph)
    x.zero_grad()


sgd, adam = step_of(tg.optim.SGD), step_of(tg.optim.Adam)
compiled, once = tg.compile(lambda x: tg.exp(-x) * 2 + x), tg.checkpoint(lambda x: tg.exp(-x) * 2 + x)


def in_modes(k: int) -> None:
    with tg.debug(), tg.scope("a"):
        x = tg.sin(tg.Tensor(X, requires_grad=True))
        with tg.no_grad(), tg.detect_anomaly():
            tg.exp(x)


def refused(k: int) -> None:
    x = tg.Tensor(X, requires_grad=True)
    for wrong in (
        lambda: x @ x,
        lambda: (x * 2).backward(),
        lambda: sgd(X[:1], Y),
        lambda: tg.compile(lambda x: float(x))(x),
    ):
        with suppress(ValueError, TypeError):
            wrong()


CALLS: dict[str, Callable[[int], Any]] = {
    "eager step": eager,
    "compiled step": lambda k: sgd(X, Y),
    "compiled step of Adam": lambda k: adam(X, Y),
    "grad": lambda k: tg.grad(f)(X),
    "grad of grad": lambda k: tg.grad(lambda x: tg.grad(f)(x).sum())(X),
    "jacobian": lambda k: tg.jacobian(lambda x: tg.sin(x).sum(axis=1))(X),
    "create_graph": lambda k: backward(tg.sin, True),
    "backward through compile": lambda k: backward(compiled),
    "backward through checkpoint": lambda k: backward(once),
    "create_graph through checkpoint": lambda k: backward(once, True),
    "compile, ever other shapes": lambda k: compiled(X[:, k % 20 :]),
    "compile anew": lambda k: backward(tg.compile(lambda x: tg.exp(x) * k)),
    "compile a step anew": lambda k: tg.compile(lambda X: tg.mean(MLP(X)), optimizer=ADAM)(X),
    "modes": in_modes,
    "errors": refused,
}


def held() -> tuple[int, int]:
    """The number of objects, and their bytes."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        gc.collect()  # only this frees functions there
    return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]


@pytest.mark.parametrize("call", CALLS)
def test_calls_leave_nothing_behind_without_the_garbage_collector(call: str) -> None:
    if FUNCTIONS_STAY and call in ("compile anew", "compile a step anew", "compile, ever other shapes"):
        pytest.skip("without its lock, Python 3.13 keeps all functions that are made after a first thread has started")
    one, rounds = (
        CALLS[call],
        6 if "anew" in call else 25 if "shapes" in call else 10,
    )  # 25 are more than the cache holds
    for k in range(rounds):
        one(k)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = (0, 0)
        for k in range(2 * rounds):
            if k == rounds:
                before = held()
            one(k)
        objects, size = (after - first for first, after in zip(before, held(), strict=True))
    finally:
        tracemalloc.stop()
        gc.enable()
    assert objects < rounds
    assert size < rounds * X[0].nbytes / 2  # room for objects that Python keeps for reuse


def test_a_compiled_function_is_freed_with_its_buffers() -> None:
    f = tg.compile(lambda x: tg.exp(x) * 2)
    f(X)
    gc.disable()
    try:
        program = weakref.ref(f._compiled().program)
        del f
        assert program() is None
    finally:
        gc.enable()


def test_the_cache_of_a_compiled_function_is_bounded() -> None:
    f = tg.compile(lambda x, k: x * k)
    for k in range(50):
        f(np.ones(k % 25), k)
    assert len(f._cache) == 16
