"""Common sub-expressions."""

from __future__ import annotations

from typing import Any

from ..graph import Graph, Node, rewritten


def common_subexpressions(graph: Graph) -> Graph:
    """The same op on the same inputs with the same options is computed once."""
    seen: dict[Any, Node] = {}

    def once(node: Node) -> Node:
        key = (node.op, *(id(x) if isinstance(x, Node) else (type(x), x) for x in node.inputs), frozen(node.options))
        return seen.setdefault(key, node)

    return rewritten(graph, once)


def frozen(x: Any) -> Any:
    """Options as a key: what is equal means the same."""
    if isinstance(x, dict):
        return tuple((key, frozen(value)) for key, value in sorted(x.items()))
    if isinstance(x, (tuple, list)):
        return (type(x).__name__, *map(frozen, x))
    if isinstance(x, slice):
        return ("slice", frozen(x.start), frozen(x.stop), frozen(x.step))
    try:
        hash(x)
    except TypeError:
        return id(x)
    return (type(x).__name__, x)
