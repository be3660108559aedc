"""Ctrl-C at any moment of a call: it changes all or nothing, and the next call is right.

test_compile_limits.py tests the compiled step, test_files.py saving to a file.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.interrupts import interrupted

import tinygraph as tg
from tinygraph import optim

HERE = os.path.dirname(tg.__file__)
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: optim.SGD(p, 0.1),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda p: optim.Adam(p, weight_decay=0.1),
    "AdamW": optim.AdamW,
    "RMSProp": lambda p: optim.RMSProp(p, momentum=0.9),
}


def of_tinygraph(code: CodeType) -> bool:
    return code.co_filename.startswith(HERE)


class Net:
    """Two parameters with gradients, after some steps of an optimizer."""

    def __init__(self, optimizer: str = "SGD", graph: bool = False) -> None:
        self.mlp = tg.MLP([2, 1], rng=0)
        self.optimizer = OPTIMIZERS[optimizer](self.mlp.parameters)
        self.cost = tg.cross_entropy(self.mlp(np.ones((2, 3))), np.array([[1, 0, 1]]))
        self.cost.backward(create_graph=graph)

    def all(self) -> Any:
        gradients = [0 if p.grad is None else p.grad for p in self.mlp.parameters.values()]
        return bits([self.mlp.parameters, gradients, self.optimizer.state_dict()])


def other_state(net: Net) -> Any:
    state = net.optimizer.state_dict()
    return {key: value if isinstance(value, str) else value + 1 for key, value in state.items()}


CHANGES: dict[str, Callable[[Net], Any]] = {
    "backward": lambda net: net.cost.backward(),
    "zero_grad of the optimizer": lambda net: net.optimizer.zero_grad(),
    "zero_grad of the net": lambda net: net.mlp.zero_grad(),
    "clip_by_norm": lambda net: optim.clip_by_norm(net.mlp.parameters, 0.01),
}


def of_optimizers(code: CodeType) -> bool:
    """The writes of a step; an optimizer also records its rule once, which changes nothing."""
    return of_tinygraph(code) and code.co_filename.endswith("optimizers.py")


def assert_whole_or_nothing(
    start: Callable[[], Net], change: Callable[[Net], Any], where: Any = None, again: bool = False
) -> None:
    """again: try again with a net that has not changed, which takes less time than a new one.

    That is for a call whose second attempt runs the same instructions as its first.
    """
    unchanged: list[Net] = []

    def attempt(moment: int | None) -> tuple[bool, Any]:
        net = unchanged.pop() if unchanged else start()
        ended = interrupted(lambda: change(net), moment, where or of_tinygraph)
        end = net.all()
        if again and moment and end == none:
            unchanged.append(net)
        return ended, end

    _, whole = attempt(None)  # first, because Python 3.12 traces a function's instructions from the second time on
    none = start().all()
    assert whole != none
    moment, ends = 1, []
    while True:
        ended, end = attempt(moment)
        if not ended:
            break
        assert end in (none, whole), f"torn at instruction {moment}"
        ends.append(end == whole)
        moment += 1
    assert end == whole
    assert ends
    assert ends == sorted(ends)  # nothing up to one moment, all from it on


@pytest.mark.parametrize("change", CHANGES)
def test_backward_zero_grad_and_clip_by_norm_change_all_or_nothing(change: str) -> None:
    assert_whole_or_nothing(Net, CHANGES[change])


def test_clip_by_norm_of_gradients_with_graphs_changes_all_or_nothing() -> None:
    assert_whole_or_nothing(lambda: Net(graph=True), CHANGES["clip_by_norm"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_step_changes_all_or_nothing(optimizer: str) -> None:
    assert_whole_or_nothing(lambda: Net(optimizer), lambda net: net.optimizer.step(), of_optimizers)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_load_state_dict_changes_all_or_nothing(optimizer: str) -> None:
    def load(net: Net) -> None:
        net.optimizer.load_state_dict(other_state(net))

    assert_whole_or_nothing(lambda: Net(optimizer), load, of_tinygraph, again=True)


def test_load_state_dict_of_a_network_changes_all_or_nothing() -> None:
    state = tg.MLP([2, 1], rng=1).state_dict()
    state["b1"] += 1
    assert_whole_or_nothing(Net, lambda net: net.mlp.load_state_dict(state), of_tinygraph, again=True)


# --- calls that change nothing

W = tg.Tensor(np.linspace(-1, 1, 9).reshape(3, 3), requires_grad=True)
X = np.linspace(0, 1, 6).reshape(3, 2)


def block(x: Any) -> Any:
    return tg.tanh(W @ x) * x


once = tg.checkpoint(block)
compiled = tg.compile(block)
CALLS: dict[str, Callable[[], Any]] = {
    "grad through checkpoint": lambda: tg.grad(lambda x: once(once(x)).sum())(X),
    "jacobian": lambda: tg.jacobian(block)(X),
    "hvp": lambda: tg.hvp(lambda x: block(x).sum(), X, X),
    "jvp": lambda: tg.jvp(block, (X,), (X,)),
    "grad through compile": lambda: tg.grad(lambda x: compiled(x).sum())(X),
    "copy": lambda: copy.deepcopy(W),
    "no_grad": lambda: tg.no_grad()(block)(X),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupted_call_without_effects_changes_nothing(call: str) -> None:
    """Ctrl-C at many moments leaves parameters and gradients, and the next result is right."""
    W.grad = np.ones((3, 3))
    expected, before = bits(CALLS[call]()), bits([W, W.grad])
    moment, ended = 1, True
    while ended:
        ended = interrupted(CALLS[call], moment, of_tinygraph)
        assert bits([W, W.grad]) == before
        moment += max(1, moment // 8)
    assert moment > 8
    assert bits(CALLS[call]()) == expected


def test_backward_through_a_checkpoint_that_was_interrupted() -> None:
    """The tape stays whole: backward() again adds the gradient once."""
    W.zero_grad()
    x = tg.Tensor(X, requires_grad=True)
    cost = once(once(x)).sum()
    cost.backward()
    once_added = bits([W.grad, x.grad])
    moment, ended = 1, True
    while ended:
        W.zero_grad(), x.zero_grad()
        ended = interrupted(cost.backward, moment, of_tinygraph)
        if W.grad is None:
            assert x.grad is None
            cost.backward()
        assert bits([W.grad, x.grad]) == once_added
        moment += max(1, moment // 16)
    assert moment > 100


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_load_makes_a_whole_network_or_none(tmp_path: Any) -> None:
    """No net is half made. A file that was just opened is closed by Python, with a warning."""
    mlp = tg.MLP([2, 1], rng=0)
    mlp.save(tmp_path / "model.npz")
    before, moment, ended = bits(mlp.parameters), 1, True
    while ended:
        loaded: list[Any] = []
        ended = interrupted(lambda to=loaded: to.append(tg.MLP.load(tmp_path / "model.npz")), moment, of_tinygraph)
        assert bits(mlp.parameters) == before
        assert [bits(net.parameters) for net in loaded] == [before] * (not ended)
        moment += max(1, moment // 8)
    assert moment > 8
