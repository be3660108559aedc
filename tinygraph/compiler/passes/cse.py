"""Common sub-expressions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.nodes import Graph, Node, rewritten


def common_subexpressions(graph: Graph) -> Graph:
    """The same op on the same inputs with the same options is computed once."""
    seen: dict[Any, Node] = {}

    def once(node: Node) -> Node:
        inputs = (id(x) if isinstance(x, Node) else frozen(x) for x in node.inputs)
        key = (node.op, *inputs, frozen(node.options))
        return seen.setdefault(key, node)

    return rewritten(graph, once)


def frozen(x: Any) -> Any:
    """Numbers and options as a key: what is equal means the same. 0.0 is not -0.0, and neither is
    it 0 or False.
    """
    if isinstance(x, (float, np.floating)):
        return (type(x), repr(x))
    if isinstance(x, dict):
        return frozenset((key, frozen(value)) for key, value in x.items())
    if isinstance(x, (tuple, list)):
        return (type(x), *map(frozen, x))
    if isinstance(x, slice):
        return (slice, frozen(x.start), frozen(x.stop), frozen(x.step))
    try:
        hash(x)
    except TypeError:
        return id(x)
    return (type(x), x)
