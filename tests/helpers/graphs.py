"""Graphs to draw and to explain."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np

import tinygraph as tg
import tinygraph.show.draw as draw_module
from tinygraph.show.diagram import Diagram


def plain(loss: Any, **options: Any) -> Diagram:
    """The data that `draw` makes a picture's source from."""
    with mock.patch.object(draw_module, "digraph", lambda found, *_: found):
        drawn: Any = draw_module.draw(loss, **options)
    found: Diagram = drawn
    return found


def net(*dims: int, backward: bool = False) -> tg.Tensor:
    """The cost of a network of these sizes."""
    random = np.random.default_rng(0)
    X = tg.Tensor(random.standard_normal((dims[0], 5)), name="X")
    Y = tg.Tensor(np.array([[1.0, 0, 1, 1, 0]]), name="Y")
    cost: tg.Tensor = tg.cross_entropy(tg.MLP(dims, rng=0)(X), Y)
    cost.name = "cost"
    if backward:
        cost.backward()
    return cost


def scoped_net(*dims: int) -> tg.Tensor:
    """Another, with its cost written out in its own scope."""
    X, Y = tg.Tensor(np.ones((dims[0], 5)), name="X"), tg.Tensor(np.ones((1, 5)), name="Y")
    with tg.scope("cost"):
        AL = tg.MLP(dims, rng=0)(X)
        return -tg.mean(Y * tg.log(AL) + (1 - Y) * tg.log(1 - AL))
