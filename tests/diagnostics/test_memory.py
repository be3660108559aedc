"""tg.memory: every array once, with bytes, scope and the gradients that need it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.leaves import random_leaf
from helpers.memory import allocated

import tinygraph as tg


def rows(memory: Any) -> dict[str, tuple[str, int, tuple[str, ...]]]:
    return {row.name: (row.kind, row.bytes, row.needed_by) for row in memory}


def test_the_lessons_net_as_a_table() -> None:
    mlp = tg.MLP([4, 3, 1], rng=0)
    cost = tg.cross_entropy(mlp(np.ones((4, 5))), np.ones((1, 5)))
    cost.name = "cost"
    cost.backward()
    assert str(tg.memory(cost)) == (
        "name     made by    shape   dtype    bytes  kept for\n"
        "W1       parameter  (3, 4)  float64     96  its .data only\n"
        "W1.grad  gradient   (3, 4)  float64     96  its .grad only\n"
        "X        data       (4, 5)  float64    160  gradient of linear Z1\n"
        "b1       parameter  (3, 1)  float64     24  its .data only\n"
        "b1.grad  gradient   (3, 1)  float64     24  its .grad only\n"
        "Z1       linear     (3, 5)  float64    120  its .data only\n"
        "A1       relu       (3, 5)  float64    120  gradient of relu A1, linear Z2\n"
        "W2       parameter  (1, 3)  float64     24  gradient of linear Z2\n"
        "W2.grad  gradient   (1, 3)  float64     24  its .grad only\n"
        "b2       parameter  (1, 1)  float64      8  its .data only\n"
        "b2.grad  gradient   (1, 1)  float64      8  its .grad only\n"
        "Z2       linear     (1, 5)  float64     40  its .data only\n"
        "A2       sigmoid    (1, 5)  float64     40  gradient of sigmoid A2, log_loss loss\n"
        "Y        data       (1, 5)  float64     40  gradient of log_loss loss\n"
        "loss     log_loss   (1, 5)  float64     40  its .data only\n"
        "cost     mean       ()      float64      8  its .data only\n"
        "total                                  872  384 of it for backward()\n"
        "                                       240  in layer 1: LINEAR -> RELU\n"
        "                                        80  in layer 2: LINEAR -> SIGMOID"
    )


def test_views_and_shared_arrays_count_once() -> None:
    x = random_leaf(100, name="x")
    whole = tg.memory((x.reshape(10, 10).T * x.detach()[:10]).sum())
    assert [row.bytes for row in whole][:2] == [800, 0]
    assert whole.total == 800 + 800 + 8
    big = np.ones((1000, 10))
    loss = (random_leaf(10, name="w") * big[0]).sum()
    kept = next(row for row in tg.memory(loss) if row.array.base is big)
    assert kept.bytes == big.nbytes  # one row keeps all of it
    assert kept.needed_by == ("multiply t1",)
    twice = tg.memory((x + big[0][:1]) * (x + big[1][:1]))
    assert twice.total == 800 + big.nbytes + 3 * 800


def test_an_array_is_needed_if_a_view_of_it_is() -> None:
    W = random_leaf(2, 3, name="W")
    y = W.T @ random_leaf(2, 4, name="X")
    assert rows(tg.memory(y))["W"] == ("parameter", 48, ("matmul y",))


def test_an_array_that_was_replaced_since_still_counts() -> None:
    w = random_leaf(3, name="w")
    loss = (w * w).sum()
    w.data = np.zeros(3)
    assert rows(tg.memory(loss))["w before"] == ("old data", 24, ("multiply t1",))


def test_the_bytes_of_inner_scopes_add_up_to_the_outer() -> None:
    x = random_leaf(10, name="x")
    with tg.scope("net"):
        with tg.scope("first"):
            y = tg.exp(x)
        loss = y.sum()
    memory = tg.memory(loss)
    assert memory.scopes == {"net": 88, "net / first": 80}
    assert [row.scope for row in memory] == ["", "net / first", "net"]


def test_the_report_as_data() -> None:
    memory = tg.memory(tg.exp(random_leaf(3, name="x")))
    assert (len(memory), memory[0].name, [row.kind for row in memory]) == (2, "x", ["parameter", "exp"])
    assert (memory.total, memory.needed, repr(memory)) == (48, 24, str(memory))
    assert tg.memory(random_leaf(2, name="w")).total == 16
    with pytest.raises(TypeError, match="takes the Tensor that a graph ends in, such as a loss; got float"):
        tg.memory(1.0)


def test_it_agrees_with_the_bytes_that_python_allocated() -> None:
    w, X = random_leaf(100, 100), np.ones((100, 5000))
    y, held, _ = allocated(lambda: (tg.relu(w @ X) * 2.0 + 1.0).T.sum())
    ours = tg.memory(y).total - w.data.nbytes - X.nbytes
    assert ours == 4 * 100 * 5000 * 8 + 8
    assert held == pytest.approx(ours, rel=0.01)


def test_it_changes_nothing() -> None:
    x = random_leaf(3, name="x")
    loss = (x * x).sum()
    loss.backward()
    before = x.grad.copy()
    tg.memory(loss)
    assert x.grad.tolist() == before.tolist()
    assert len(loss.tape()) == 2


def test_a_name_of_several_lines_stays_one_cell() -> None:
    loss = (tg.Tensor([1.0], requires_grad=True, name="a\nb\tc") * 2).sum()
    for table, lines in ((str(tg.memory(loss)), 5), (str(loss.tape()), 3)):
        assert len(table.splitlines()) == lines
        assert r"a\nb\tc" in table
