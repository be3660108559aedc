"""The learning rate in the gradient's seed: what comes out is learning_rate * gradient, with no product for it."""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Node, Update, rewritten


def seeded(graph: Graph) -> Graph:
    """The gradient's seed set to 1, where the graph shows the gradients themselves."""
    if graph.seed is None:
        return graph
    return _substituted(graph, Node(None, (), {}, (), graph.seed.dtype, "constant", np.ones((), graph.seed.dtype)))


def scaled(graph: Graph) -> Graph:
    """Where every change is learning_rate * gradient, the seed set to the learning rate: the changes come out of it.

    For the gradients are linear in the seed. It spares a product for each parameter.
    """
    rates = {u.change.inputs[0] if _is_rate_times_gradient(u) else None for u in graph.updates}
    rate = rates.pop() if len(rates) == 1 else None
    if graph.seed is None or rate is None or rate.dtype != graph.seed.dtype:
        return seeded(graph)
    updates = [Update(u.name, u.parameter, u.gradient, u.gradient, [], []) for u in graph.updates]
    return _substituted(Graph(graph.outputs, graph.arguments, updates, graph.seed), rate)


def _substituted(graph: Graph, new: Node) -> Graph:
    """The graph with `new` for its seed."""
    seed = graph.seed

    def swap(node: Node) -> Node:
        return node.with_inputs(tuple(new if x is seed else x for x in node.inputs))

    result = rewritten(graph, swap)
    result.seed = None
    return result


def _is_rate_times_gradient(u: Update) -> bool:
    if u.state or not u.change.is_op("multiply"):
        return False
    rate, g = u.change.inputs
    return isinstance(rate, Node) and rate.kind == "number" and g is u.gradient
