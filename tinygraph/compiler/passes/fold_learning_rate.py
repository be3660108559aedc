"""The learning rate in the gradient's seed, which gives learning_rate * gradient for free."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ... import ops
from ...graph.nodes import Graph, Node, Update, rewritten, source
from .algebra import is_number, like


def seeded(graph: Graph, factor: float = 1) -> Graph:
    """The graph with the gradient's seed set to 1, which shows the gradients, or to a factor."""
    if graph.seed is None:
        return graph
    value = np.full((), factor, graph.seed.dtype)
    return _substituted(graph, source(value, "constant", value))


def scaled(graph: Graph) -> Graph:
    """The graph with the learning rate as seed, if every change is learning_rate * gradient.

    This saves a product for each parameter. It holds only if the gradients are linear in the seed.
    The rules of the table give such gradients, but a user's rule that clips its gradient does not.
    """
    rates = {_rate(u) for u in graph.updates}
    rate = rates.pop() if len(rates) == 1 else None
    if graph.seed is None or rate is None or rate is graph.seed or rate.dtype != graph.seed.dtype:
        return seeded(graph)
    updates = [Update(u.name, u.parameter, u.gradient, u.gradient) for u in graph.updates]
    result = replace(graph, updates=updates)
    return _substituted(result, rate) if is_linear(result) else seeded(graph)


def _substituted(graph: Graph, new: Node) -> Graph:
    """The graph with `new`, which has no axes, in place of its seed."""
    seed: Any = graph.seed
    if seed.shape:
        new = like(seed, ops.broadcast_to, new, shape=seed.shape)
    result = rewritten(graph, lambda node: node, {seed: new})
    result.seed = None
    return result


def _rate(u: Update) -> Node | None:
    """The learning rate, if the change is its product with the gradient; otherwise None."""
    if u.state or u.change.op is not ops.multiply:
        return None
    rate, g = u.change.inputs
    return rate if isinstance(rate, Node) and rate.kind == "number" and g is u.gradient else None


def is_linear(graph: Graph) -> bool:
    """Whether every change is linear in the seed, through ops that all have the seed's dtype.

    In a narrower dtype the learning rate would lose digits that the gradient does not need, or
    become 0.
    """
    seed: Any = graph.seed
    linear = {id(seed)}
    for node in graph.nodes():
        reached = [k for k, x in enumerate(node.inputs) if id(x) in linear]
        if reached and (node.dtype != seed.dtype or not _is_linear_in(node, reached, linear)):
            return False
        if reached:
            linear.add(id(node))
    return all(id(u.change) in linear for u in graph.updates)


def _is_linear_in(node: Node, reached: list[int], linear: set[int]) -> bool:
    """Whether the op is linear in the inputs that depend on the seed, those at `reached`."""
    if node.op.linear == "all":
        chooses = sum(rule is None for rule in node.op.rules)  # inputs that only choose, such as the condition of where
        return reached[0] >= chooses and all(id(x) in linear or _is_zero(x) for x in node.inputs[chooses:])
    return reached == [0] if node.op.linear == "first" else len(reached) == 1 and node.op.linear == "one"


def _is_zero(x: Any) -> bool:
    if isinstance(x, Node) and x.op is ops.broadcast_to:
        x = x.inputs[0]
    return is_number(x, 0) or (isinstance(x, Node) and x.kind == "constant" and not np.any(x.value))
