"""tg.draw of a compiled function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.graphs import plain

import tinygraph as tg


def test_a_compiled_step_is_drawn() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.1))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        tg.draw(step)
    step(np.ones((3, 8)), np.ones((1, 8)))
    source = tg.draw(step).source
    assert source == tg.draw(step).source
    for part in ("new W1", "new b2", "Z1", "dW2", "learning_rate", "cluster_1"):
        assert part in source, part


def test_the_kinds_of_its_nodes_and_edges() -> None:
    """Sources, the forward pass with results, the backward pass with gradients, and updates."""
    w = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="w")

    def cost(x: Any) -> Any:
        with tg.scope("a layer"):
            z = w * x
            z.name = "z"
        return (z * z * np.arange(3.0)).sum() * 0.5

    step = tg.compile(cost, optimizer=tg.optim.SGD([w], 0.1, momentum=0.9), passes=())
    step(np.ones((2, 3)))
    found = plain(step)
    nodes = [(node.kind, node.title) for node in found.nodes]
    for node in (
        *(("parameter", "w"), ("data", "x"), ("data", "velocity_w"), ("constant", "c1"), ("constant", "0.5")),
        *(("constant", "learning_rate"), ("op", "multiply"), ("result", "z"), ("op", "sum"), ("result", "cost")),
        *(("backward", "multiply"), ("gradient", "dz"), ("gradient", "dw"), ("backward", "update")),
        ("gradient", "new w"),
    ):
        assert node in nodes, node
    edges = {(e.tail.kind, e.tail.title, e.kind, e.head.kind, e.head.title) for e in found.edges}
    for edge in (
        ("parameter", "w", "forward", "op", "multiply"),
        ("data", "x", "forward", "op", "multiply"),
        ("op", "multiply", "forward", "result", "z"),
        ("result", "z", "taken", "backward", "multiply"),
        ("gradient", "dz", "backward", "backward", "multiply"),
        ("constant", "learning_rate", "backward", "backward", "multiply"),
        ("parameter", "w", "taken", "backward", "update"),
        ("backward", "update", "backward", "gradient", "new w"),
    ):
        assert edge in edges, edge
    assert [box.title for box in found.boxes] == ["a layer"]
    by_title = {node.title: node for node in found.nodes}
    assert by_title["z"].box is found.boxes[0]
    (update,) = by_title["update"].details
    assert update.startswith("w -= t")
    change = update.removeprefix("w -= ")
    assert any(line.startswith(f"{change} = ") for node in found.nodes for line in node.details)
    assert by_title["w"].details == by_title["new w"].details == ["(2, 3)"]
    assert by_title["0.5"].details == []
    assert by_title["0.5"].value == 0.5
    assert by_title["sum"].details[-1] == "()"


def test_a_compiled_function_has_no_backward_pass() -> None:
    f = tg.compile(lambda x: tg.exp(x * np.array(2.0)))
    f(np.ones(2))
    nodes = [(node.kind, node.title, node.details) for node in plain(f).nodes]
    assert ("constant", "2", []) in nodes
    assert {kind for kind, _, _ in nodes} == {"data", "constant", "op", "result"}


def test_inputs_of_one_scope_stand_in_its_box() -> None:
    w = tg.Tensor(np.ones(2), requires_grad=True, name="w")

    def f(x: Any) -> Any:
        with tg.scope("inside"):
            y = tg.exp(x * w * np.array(2.0))
        return y + 1

    compiled = tg.compile(f)
    compiled(np.ones(2))
    found = plain(compiled)
    boxes = {node.title: node.box.title if node.box else None for node in found.nodes}
    assert (boxes["w"], boxes["2"], boxes["exp"], boxes["add"]) == ("inside", "inside", "inside", None)
