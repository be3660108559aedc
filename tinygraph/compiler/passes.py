"""What is done to a graph before it is laid out, each a function from a Graph to a Graph; dead code goes by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .algebra import TABLE
from .graph import Graph, Node, rewritten

LARGEST_CONSTANT = 4096  # entries: a larger array is not made ahead of time, it would only take memory


def common_subexpressions(graph: Graph) -> Graph:
    """The same op on the same inputs with the same options is computed once."""
    seen: dict[Any, Node] = {}

    def once(node: Node) -> Node:
        key = (node.op, *(id(x) if isinstance(x, Node) else (type(x), x) for x in node.inputs), frozen(node.options))
        return seen.setdefault(key, node)

    return rewritten(graph, once)


def fold_constants(graph: Graph) -> Graph:
    """What depends on constants alone is computed now."""

    def fold(node: Node) -> Any:
        known = all(not isinstance(x, Node) or x.kind == "constant" for x in node.inputs)
        if not known or node.size > LARGEST_CONSTANT or node.is_op("broadcast_to"):
            return node
        op: Any = node.op
        value = np.asarray(op.forward(*(x.value if isinstance(x, Node) else x for x in node.inputs), **node.options))
        return Node(None, (), {}, node.shape, node.dtype, "constant", value.astype(node.dtype, copy=False), node.name)

    return rewritten(graph, fold)


def algebra(graph: Graph) -> Graph:
    """Each node by its rows in the table of algebra.py, until none applies."""

    def simplify(node: Node) -> Any:
        result: Any = node
        for _ in range(20):  # each row makes it smaller; a bound all the same
            rules = TABLE.get(result.op.name, ()) if isinstance(result, Node) and result.op is not None else ()
            better = next((new for rule in (*rules, *TABLE["any"]) if (new := _try(rule, result)) is not None), None)
            if better is None:
                break
            result = better
        return result

    return rewritten(graph, simplify)


def _try(rule: Callable[[Node], Any], node: Any) -> Any:
    return rule(node) if isinstance(node, Node) and node.op is not None else None


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


# in the order in which they run; each can be left out by tg.compile(f, passes=...)
PASSES: dict[str, Callable[[Graph], Graph]] = {
    "constants": fold_constants,
    "algebra": algebra,
    "common": common_subexpressions,
}
