"""The passes, which rewrite a graph before it is laid out: functions from a Graph to a Graph.

Each has its own module. Only the stability table works on the trace while it is recorded, so that
the gradients are stable too. Dead code needs no pass, because a Graph holds only what its outputs
and updates depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, TypeAlias

from ...graph.nodes import Graph, Node, rewritten
from .algebra import simplified
from .cse import computed_once
from .fewer_calls import with_fewer_calls
from .fold_constants import folded
from .fold_learning_rate import scaled
from .mask import masked
from .pack_bias import packed

# These simplify node by node, also for the source. Each makes the function that rewrites a node.
SIMPLIFY: dict[str, Callable[[], Callable[[Node], Any]]] = {
    "fold_constants": lambda: folded,
    "algebra": lambda: simplified,
    "cse": computed_once,
}
RENAMED = {"constants": "fold_constants", "common": "cse", "scale": "fold_learning_rate", "pack": "pack_bias"}

Stages: TypeAlias = list[tuple[str, Graph]]  # each pass that ran, with the graph that it made


def simplify(chosen: Collection[str], graph: Graph) -> Graph:
    """The graph after those passes of SIMPLIFY that are chosen, which go through it together."""
    rules = [make() for name, make in SIMPLIFY.items() if name in chosen]

    def rewrite(node: Any) -> Any:
        if node.op.graph is not None:
            node.op.graph = simplify(chosen, node.op.graph)
        for rule in rules:
            node = rule(node) if isinstance(node, Node) and node.op is not None else node
        return node

    return rewritten(graph, rewrite)


# the last four only make the program faster
PASSES: dict[str, Callable[[Graph], Graph]] = {
    **{name: partial(simplify, [name]) for name in SIMPLIFY},
    "fold_learning_rate": scaled,
    "mask": masked,
    "pack_bias": packed,
    "fewer_calls": with_fewer_calls,
}


def applied(names: Iterable[str], chosen: Collection[str], graph: Graph, stages: Stages | None = None) -> Graph:
    """The graph after those of these passes that are chosen; each is added to `stages`."""
    for name in names:
        if name in chosen:
            graph = PASSES[name](graph)
            if stages is not None:
                stages.append((name, graph))
    return graph
