"""Groups of parameters with a learning rate and weight decay of their own."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.comparing import copies
from helpers.training import data

import tinygraph as tg

X, Y = data(20)
# the new values of w and v after three steps, as PyTorch 2.13 computes them for the loss sum(w ** 2) + sum(v ** 3)
START = {"w": [1.0, -2.0], "v": [0.5, 3.0]}
PYTORCH = {
    "SGD": {"w": [0.512000000000, -1.024000000000], "v": [0.477873223012, 2.316558644120]},
    "Adam": {"w": [0.701586272946, -1.700623392046], "v": [0.470046045422, 2.970006582326]},
    "AdamW": {"w": [0.701586272946, -1.700623392046], "v": [0.469753008141, 2.968213358187]},
    "RMSProp": {"w": [0.000000000003, -0.309687387587], "v": [0.307978007111, 2.776688475361]},
}
MADE: dict[str, Any] = {
    "SGD": lambda p: tg.optim.SGD(p, 0.1),
    "Adam": lambda p: tg.optim.Adam(p, 0.1),
    "AdamW": lambda p: tg.optim.AdamW(p, 0.1, weight_decay=0.0),
    "RMSProp": lambda p: tg.optim.RMSProp(p, 0.1),
}


def parameters() -> dict[str, tg.Tensor]:
    return {name: tg.Tensor(x, requires_grad=True, name=name) for name, x in START.items()}


def groups(p: dict[str, tg.Tensor]) -> list[dict[str, Any]]:
    return [{"parameters": [p["w"]]}, {"parameters": {"v": p["v"]}, "learning_rate": 0.01, "weight_decay": 0.02}]


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("compiled", [False, True])
def test_groups_train_as_in_PyTorch(kind: str, compiled: bool) -> None:
    p = parameters()
    optimizer = MADE[kind](groups(p))
    loss = lambda: tg.sum(p["w"] ** 2) + tg.sum(p["v"] ** 3)  # noqa: E731
    step = tg.compile(loss, optimizer=optimizer)
    for _ in range(3):
        if compiled:
            step()
        else:
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
    for name, x in PYTORCH[kind].items():
        np.testing.assert_allclose(p[name].data, x, rtol=1e-9, atol=1e-11)


def trained(optimizer: Any, p: dict[str, tg.Tensor]) -> dict[str, Any]:
    before = copies(p)
    optimizer.zero_grad()
    (tg.sum(p["w"] ** 2) + tg.sum(p["v"] ** 2)).backward()
    optimizer.step()
    return {name: before[name] - x.data for name, x in p.items()}


def test_rates_of_groups_change_alone_or_with_the_optimizers() -> None:
    p = parameters()
    optimizer = tg.optim.SGD(groups(p), 0.1)
    assert [[*group.parameters] for group in optimizer.groups] == [["w"], ["v"]]
    step = tg.compile(lambda: tg.sum(p["w"] ** 2) + tg.sum(p["v"] ** 2), optimizer=optimizer)
    for rates in ((0.1, 0.01), (0.2, 0.01), (0.2, 0.5)):
        optimizer.learning_rate, optimizer.groups[1].learning_rate = rates
        for run in (lambda: trained(optimizer, p), step):
            before = copies(p)
            run()
            np.testing.assert_allclose(p["w"].data, before["w"] * (1 - 2 * rates[0]), rtol=1e-12)
            np.testing.assert_allclose(p["v"].data, before["v"] * (1 - 2.02 * rates[1]), rtol=1e-12)


def test_a_state_has_the_rates_of_groups() -> None:
    p, q = parameters(), parameters()
    one, two = tg.optim.Adam(groups(p), 0.1), tg.optim.Adam(groups(q), 0.3)
    one.groups[1].learning_rate = 0.04
    trained(one, p)
    for name, x in q.items():
        x.data = p[name].data
    two.load_state_dict(one.state_dict())
    assert (two.learning_rate, two.groups[1].learning_rate) == (0.1, 0.04)
    for _ in range(2):
        expected, changes = trained(one, p), trained(two, q)
        for name, change in changes.items():
            np.testing.assert_array_equal(change, expected[name])
    state = {key: x for key, x in two.state_dict().items() if not key.startswith("groups")}
    with pytest.raises(ValueError, match=r"groups\.1\.learning_rate is missing in this state"):
        two.load_state_dict(state)


def test_a_group_is_an_optimizer_of_its_parameters() -> None:
    p, q = parameters(), parameters()
    parts, whole = tg.optim.SGD(groups(p), 0.1, momentum=0.9), tg.optim.SGD(groups(q), 0.1, momentum=0.9)
    parts.learning_rate = whole.learning_rate = 0.2
    assert [(group.momentum, group.learning_rate) for group in parts.groups] == [(0.9, 0.2), (0.9, 0.01)]
    for _ in range(2):
        expected = trained(whole, q)
        parts.zero_grad()
        (tg.sum(p["w"] ** 2) + tg.sum(p["v"] ** 2)).backward()
        before = copies(p)
        for group in parts.groups:
            group.step()
        for name, change in expected.items():
            np.testing.assert_array_equal(before[name] - p[name].data, change)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_groups_of_its_own(copied: Any) -> None:
    p = parameters()
    optimizer = tg.optim.SGD(groups(p), 0.1, momentum=0.9)
    trained(optimizer, p)
    other, same = copied(optimizer), copied(optimizer)
    other.groups[1].learning_rate = 0.0
    assert optimizer.groups[1].learning_rate == 0.01
    changes, expected = trained(other, other.parameters), trained(optimizer, p)
    assert changes["v"].tolist() == [0, 0]
    for name, change in trained(same, same.parameters).items():
        np.testing.assert_array_equal(change, expected[name])
    np.testing.assert_array_equal(changes["w"], expected["w"])


def test_the_source_of_a_step_with_groups() -> None:
    for make in (lambda g: tg.optim.SGD(g, 0.1), lambda g: tg.optim.Adam(g, 0.1)):
        mlp = tg.MLP([3, 4, 1], rng=0)
        weights = {name: p for name, p in mlp.parameters.items() if name[0] == "W"}
        biases = [p for name, p in mlp.parameters.items() if name[0] == "b"]
        optimizer = make([{"parameters": weights, "weight_decay": 0.1}, {"parameters": biases, "learning_rate": 0.02}])
        step = tg.compile(lambda X, Y, mlp=mlp: mlp.cost(X, Y), optimizer=optimizer)
        step(X, Y)
        scope: dict[str, Any] = {"np": np}
        exec(step.source, scope)
        assert "learning_rate=0.1, learning_rate_1=0.02" in step.source
        state = (_state(optimizer),) if optimizer.state_names else ()
        out = scope["step"](mlp.state_dict(), *state, X, Y)
        step(X, Y)
        for name, x in mlp.state_dict().items():
            np.testing.assert_allclose(x, out[0][name], rtol=1e-10)


def _state(optimizer: Any) -> dict[str, Any]:
    """The optimizer's state in the names of a step's source."""
    found: dict[str, Any] = {"t": 1}
    for name, arrays in optimizer._state.items():
        found |= {f"{kind}_{name}": x.copy() for kind, x in zip(optimizer.state_names, arrays, strict=True)}
    return found


def test_names_that_meet_get_the_number_of_their_group() -> None:
    one, two = tg.MLP([2, 1], rng=0), tg.MLP([2, 1], rng=1)
    optimizer = tg.optim.SGD([{"parameters": one}, {"parameters": two, "learning_rate": 1}], 0.1)
    assert list(optimizer.parameters) == ["W1", "b1", "1.W1", "1.b1"]


class Plain(tg.optim.Optimizer):
    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * g, ()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda p: [{"params": [p["w"]]}], TypeError, "group 0 is a dict of 'parameters', and a .* got 'params'"),
        (lambda p: [{"parameters": [p["w"]], "lr": 1}], TypeError, "group 0 is a dict .* got 'parameters', 'lr'"),
        (lambda p: [{"learning_rate": 1}], TypeError, "group 0 is a dict .* got 'learning_rate'"),
        (lambda p: [{"parameters": [p["w"]], "learning_rate": -1}], ValueError, "learning_rate is at least 0"),
        (lambda p: [{"parameters": [p["w"]]}, {"parameters": p}], ValueError, "are the same Tensor; give it once"),
        (lambda p: [{"parameters": p}, p["w"]], TypeError, "parameters are Tensors"),
    ],
)
def test_wrong_groups_are_refused(make: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        tg.optim.SGD(make(parameters()), 0.1)


def test_options_that_cannot_be_are_refused() -> None:
    p = parameters()
    optimizer = tg.optim.SGD(groups(p), 0.1)
    with pytest.raises(AttributeError, match="weight_decay is fixed"):
        optimizer.groups[1].weight_decay = 0.5
    with pytest.raises(ValueError, match="learning_rate is at least 0"):
        optimizer.groups[1].learning_rate = -1
    mine = Plain(groups(p), 0.1)
    with pytest.raises(ValueError, match="Plain has no weight_decay, which a group of its parameters sets"):
        trained(mine, p)
    assert p["w"].tolist() == START["w"]


def test_a_state_gives_a_group_its_own_rate():
    def made():
        w, v = (tg.Tensor([1.0], requires_grad=True, name=name) for name in "wv")
        return tg.optim.Adam([{"parameters": [w]}, {"parameters": [v]}], 0.1)

    changed, fresh = made(), made()
    before = changed.state_dict()
    changed.groups[1].learning_rate = 0.5
    fresh.load_state_dict(changed.state_dict())
    assert (fresh.learning_rate, fresh.groups[0].learning_rate, fresh.groups[1].learning_rate) == (0.1, 0.1, 0.5)
    state = {**before, "groups.1.learning_rate": np.array(-1.0)}
    with pytest.raises(ValueError, match=r"groups\.1\.learning_rate is at least 0"):
        changed.load_state_dict(state)
    with pytest.raises(ValueError, match=r"groups\.2\.learning_rate is float64 \(\) in this state, but missing"):
        made().load_state_dict({**before, "groups.2.learning_rate": np.array(1.0)})
