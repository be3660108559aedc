"""One graph, named once: every view of a tape calls a tensor by the same name."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph.names import NodeNames
from tinygraph.graph.recorded import Recorded

pytestmark = pytest.mark.usefixtures("explicit_names")  # tests/graph/test_variables.py has the others


def table(loss: tg.Tensor) -> tuple[list[str], list[str]]:
    """The names and inputs of the ops of a printed tape."""
    rows = [re.split(r"  +", line.strip()) for line in str(loss.tape()).splitlines()[1:]]
    return [row[1] for row in rows], [row[3] for row in rows]


def unnamed() -> tg.Tensor:
    W, b = tg.Tensor(np.ones((1, 2)), requires_grad=True), tg.Tensor([[0.5]], requires_grad=True, name="b")
    z = W @ np.ones((2, 3)) + b
    z.name = "z 1"
    return tg.mean(tg.exp(z * np.float32(-2.0)))


def test_every_view_has_the_same_names() -> None:
    loss = unnamed()
    assert table(loss) == (
        ["t1", "z 1", "t2", "t3", "cost"],
        ["p1 (1, 2), x1 (2, 3)", "t1, b", "z 1, -2.0", "t2", "t3"],
    )
    assert [row.name for row in tg.memory(loss)] == ["p1", "x1", "t1", "b", "z 1", "-2.0", "t2", "t3", "cost"]
    forward = tg.explain(loss).split("forward\n")[1].split("\n\n")[0]
    assert [line.split("  #")[0].strip() for line in forward.splitlines()] == [
        *("t1 = p1 @ x1", "z_1 = t1 + b", "t2 = z_1 * (-2.0)", "t3 = np.exp(t2)", "cost = np.mean(t3)")
    ]
    boxes = re.findall("<B>([^<]*)</B>.*class=(?:parameter|data|result)", tg.draw(loss).source)
    assert sorted(boxes) == ["b", "cost", "p1", "x1", "z 1"]
    ops = re.findall(r"<B>([^<]*)</B>.*?POINT-SIZE=\"9\">([^<]*)</FONT>.*class=op", tg.draw(loss).source)
    assert ops == [
        *(("matmul", "t1 = p1 @ x1"), ("add", "t1 + b"), ("multiply", "t2 = z_1 * (-2.0)")),
        *(("exp", "t3 = np.exp(t2)"), ("mean", "np.mean(t3)")),
    ]
    content = json.loads(re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', tg.explore(loss).html)[0])
    assert content["title"] == "cost"
    assert {"p1", "x1", "b", "z_1", "t1", "cost"} <= {item["name"] for item in content["items"]}


def test_a_compiled_step_has_the_same_names() -> None:
    w = tg.Tensor(np.ones(3), requires_grad=True)
    step = tg.compile(lambda x: (w * x).sum(), optimizer=tg.optim.SGD({"w": w}, 0.1, momentum=0.9))
    step(np.ones(3))
    assert "cost = " in step.source
    assert "cost = " in step.code
    for text in (step.source, tg.draw(step).source):
        assert "velocity_w" in text
    assert "state_velocity" in step.code  # of all parameters
    assert {"w", "x", "cost", "new w"} <= {*re.findall("<B>([^<]*)</B>", tg.draw(step).source)}


def test_a_second_tensor_of_one_name_gets_a_number() -> None:
    one, two = (tg.Tensor(np.ones(2), requires_grad=True, name="my W") for _ in range(2))
    loss = (one * two).sum()
    assert table(loss) == (["t1", "cost"], ["my W, my W_1", "t1"])
    assert "t1 = my_W * my_W_1 " in tg.explain(loss)
    assert "<B>my W_1</B>" in tg.draw(loss).source


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda x: x.sum(), "cost"),
        (lambda x: x * 2, "y"),
        (lambda x: x[:1], "cost"),  # one entry
        (lambda x: tg.Tensor([1.0], requires_grad=True, name="mine").sum(), "cost"),
    ],
)
def test_the_result_is_called_cost(make: Any, name: str) -> None:
    root = make(tg.Tensor([1.0, 2.0], requires_grad=True, name="x"))
    assert NodeNames(Recorded(root)).of(root) == name
    root.name = "the loss"
    assert NodeNames(Recorded(root)).of(root) == "the_loss"
    assert NodeNames(Recorded(root)).shown(root) == "the loss"


def test_a_user_may_call_another_tensor_cost() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="cost")
    assert table((x * x).sum()) == (["t1", "cost_1"], ["cost, cost", "t1"])
    f = tg.compile(lambda cost: (cost * 2).sum() + cost[0])
    f(np.ones(2))
    assert "cost_1" not in f.source  # no line of its own


def test_numbers_and_short_indices_are_written_out() -> None:
    x = tg.Tensor(np.arange(20.0), requires_grad=True, name="x")
    graph = Recorded((x[[0, 3]] * np.float64(-3.0)).sum() + x[np.arange(20) > 3].sum())
    names = NodeNames(graph)
    found = {(names.of(node), names.shown(node)) for node in graph.nodes() if node.op is None}
    assert found == {("[0, 3]", "[0, 3]"), ("(-3.0)", "-3.0"), ("x1", "x1"), ("x", "x")}


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("W", "W", "W_1"), ["W", "W_1", "W_1_1"]),
        (("a b", "a b", "a b_1"), ["a b", "a b_1", "a b_1_1"]),
        (("lambda", "lambda", "t1"), ["lambda", "lambda_1", "t1"]),
    ],
)
def test_no_two_tensors_are_shown_under_one_name(names: tuple[str, ...], shown: list[str]) -> None:
    a, b, c = (tg.Tensor([1.0, 2.0], requires_grad=True, name=name) for name in names)
    cost = (a * b * c).sum()
    listed = [row.name for row in tg.memory(cost)]
    assert [name for name in listed if name in shown] == shown
    assert len(set(listed)) == len(listed)
    assert f"multiply  {shown[0]}, {shown[1]} " in str(cost.tape())
