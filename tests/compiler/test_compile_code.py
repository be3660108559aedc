"""The running form of a compiled function: names, options, and updates of all or nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compiler.program import Program
from tinygraph.graph.names import Names


def test_a_reshaped_parameter_follows_its_array_into_another_layout() -> None:
    w = tg.Tensor(np.arange(6.0).reshape(2, 3))
    f = tg.compile(lambda x: w.reshape(-1) * x)
    f(np.ones(6))
    w.data = np.arange(6.0).reshape(3, 2).T
    np.testing.assert_array_equal(f(np.ones(6)).numpy(), [0, 2, 4, 1, 3, 5])


@pytest.mark.parametrize("names", [("\u00b5", "\u03bc"), ("__debug__", "class"), ("results", "all")])
def test_any_string_is_a_name(names: tuple[str, str]) -> None:
    a, b = (tg.Tensor([float(k)], requires_grad=True, name=name) for k, name in enumerate(names, 1))
    step = tg.compile(lambda x: (a * x + b * x).sum(), optimizer=tg.optim.SGD([a, b], 0.5))
    assert step(np.ones(1)).item() == 3
    assert (a.item(), b.item()) == (0.5, 1.5)


def test_a_name_beyond_the_basic_plane_is_right_in_the_source() -> None:
    w = tg.Tensor([1.0], requires_grad=True, name="w\U0001f600")
    step = tg.compile(lambda x: (w * x).sum(), optimizer=tg.optim.SGD([w], 0.1))
    step(np.ones(1))
    scope: dict[str, Any] = {"np": np}
    exec(step.source, scope)
    assert list(scope["step"]({w.name: np.ones(1)}, np.ones(1))[0]) == [w.name]


class History(tg.optim.Optimizer):
    """Keeps the two latest gradients: a part of its new state is the old one."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return 0.1 * (2 * g - state[1]), (g, state[0])


class Plain(tg.optim.Optimizer):
    """The change is the gradient, which may be another parameter."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return g, ()


@pytest.mark.parametrize("of", [lambda P: History(P, 0.1, "now", "before"), lambda P: Plain(P, 0.1)])
def test_an_update_does_not_read_its_own_writes(of: Any) -> None:
    def trained(compiled: bool) -> list[Any]:
        P = {"w": tg.Tensor([1.0, 2.0], requires_grad=True), "v": tg.Tensor([3.0, 5.0], requires_grad=True)}
        optimizer = of(P)

        def cost() -> Any:
            return (P["w"] * P["v"]).sum()

        step = tg.compile(cost, optimizer=optimizer)
        for _ in range(4):
            if compiled:
                step()
            else:
                optimizer.zero_grad()
                cost().backward()
                optimizer.step()
        return [p.numpy().tolist() for p in P.values()]

    assert trained(True) == trained(False)


def test_the_cost_is_that_before_the_update() -> None:
    w = tg.Tensor([1.0], requires_grad=True)
    assert tg.compile(lambda: tg.reshape(w * 1, ()), optimizer=tg.optim.SGD([w], 0.1))().item() == 1


def test_the_cost_in_the_source_is_that_before_the_update() -> None:
    w = tg.Tensor([1.0], requires_grad=True, name="w")
    step = tg.compile(lambda: w * 1, optimizer=tg.optim.SGD([w], 0.25))
    step()
    scope: dict[str, Any] = {"np": np}
    exec(step.source, scope)
    parameters, cost = scope["step"]({"w": np.array([1.0])})
    assert (parameters["w"], cost) == (0.75, 1)


@pytest.mark.parametrize("compiled", [True, False])
def test_an_update_that_overflows_is_whole(compiled: bool) -> None:
    a, b = tg.Tensor([-1.5e308], requires_grad=True), tg.Tensor([1.0], requires_grad=True)
    optimizer = tg.optim.SGD([a, b], 1e308)
    step = tg.compile(lambda x: (a * x + b * x).sum(), optimizer=optimizer)
    with np.errstate(over="raise"):
        if compiled:
            step(np.ones(1))
        else:
            (a + b).sum().backward()
            optimizer.step()
    assert (a.item(), b.item()) == (-np.inf, -1e308)


@pytest.mark.parametrize("later", [True, False])
@pytest.mark.parametrize("of", [tg.optim.SGD, tg.optim.Adam])
def test_a_read_only_parameter_stops_a_packed_step_too(of: Any, later: bool) -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    X, Y = np.ones((3, 5)), np.ones((1, 5))
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=of(mlp.parameters, 0.1))
    if later:
        step(X, Y)
    mlp.parameters["b2"].data.flags.writeable = False
    before = {name: p.numpy().copy() for name, p in mlp.parameters.items()}
    with pytest.raises(ValueError, match=r"b2.* of shape .* is read-only; none was changed"):
        step(X, Y)
    for name, p in mlp.parameters.items():
        np.testing.assert_array_equal(p.numpy(), before[name])


def test_names_are_found_in_linear_time() -> None:
    names = Names(["t7"])
    assert [names.of(k, None) for k in range(8)] == ["t1", "t2", "t3", "t4", "t5", "t6", "t8", "t9"]
    assert [names.of(k, "W", "x") for k in "abc"] == ["W", "W_1", "W_2"]
    assert names.of("d", "W_1") == "W_1_1"
    assert names.of(0, "other") == "t1"


def test_a_product_is_not_written_over_its_inputs() -> None:
    w, x = np.eye(4) * 2, np.ones((4, 4))
    f = tg.compile(lambda x: w @ tg.tanh(w @ (w @ tg.tanh(x))) + 1)
    np.testing.assert_allclose(f(x), w @ np.tanh(w @ w @ np.tanh(x)) + 1)
    buffers = f._compiled().program.layout.buffers
    products = [node for node in buffers if node.op is tg.matmul]
    assert len(products) == 3
    for node in products:
        for x in node.nodes():
            assert x not in buffers or not np.shares_memory(buffers[x], buffers[node])


@pytest.mark.parametrize(("size", "arrays"), [(3, 1), (1, 2)])
def test_a_chain_is_written_over_one_array_and_a_single_entry_is_not(size: int, arrays: int) -> None:
    """NumPy is slower on two arrays of one memory, and on a single entry in place."""
    f = tg.compile(lambda x: tg.exp(tg.cos(tg.sin(x) * 2) + 1))
    x = np.linspace(0, 1, size)
    np.testing.assert_allclose(f(x), np.exp(np.cos(np.sin(x) * 2) + 1))
    buffers = f._compiled().program.layout.buffers
    assert len(buffers) == 4
    assert len({id(array) for array in buffers.values()}) == (1 if size > 1 else 4)
    assert len({array.ctypes.data for array in buffers.values()}) == arrays


def test_assigned_parameters_are_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w, v = tg.Tensor([1.0, 2.0]), tg.Tensor([3.0, 4.0])
    f = tg.compile(lambda x: x * w + v)
    f(np.ones(2))
    link, calls = Program.link, []
    monkeypatch.setattr(Program, "link", lambda program: (calls.append(None), link(program))[1])
    w.data, v.data = [5.0, 6.0], [7.0, 8.0]
    for _ in range(2):
        assert f(np.ones(2)).tolist() == [12, 14]
    assert len(calls) == 1


def test_batches_of_two_sizes_in_turn_are_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(mlp.cost, optimizer=tg.optim.Adam(mlp))
    X, Y = np.ones((3, 5)), np.ones((1, 5))
    for m in (5, 2):
        step(X[:, :m], Y[:, :m])
    link, calls = Program.link, []
    monkeypatch.setattr(Program, "link", lambda program: (calls.append(None), link(program))[1])
    for m in (5, 2, 5, 2):
        step(X[:, :m], Y[:, :m])
    assert len(calls) <= 1  # the first binds the arrays that the second moved
