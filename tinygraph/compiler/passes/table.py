"""The passes, which rewrite a graph before it is laid out: functions from a Graph to a Graph.

Each has its own module. Only the stability table works on the trace while it is recorded, so that
the gradients are stable too. Dead code needs no pass, because a Graph holds only what its outputs
and updates depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from ...graph.nodes import Graph
from .algebra import algebra
from .cse import common_subexpressions
from .fold_constants import fold_constants
from .fold_learning_rate import scaled
from .mask import masked
from .pack_bias import packed

# the first three simplify, also for the source; the others only make the program faster
PASSES: dict[str, Callable[[Graph], Graph]] = {
    "fold_constants": fold_constants,
    "algebra": algebra,
    "cse": common_subexpressions,
    "fold_learning_rate": scaled,
    "mask": masked,
    "pack_bias": packed,
}
SIMPLIFY = ("fold_constants", "algebra", "cse")
RENAMED = {"constants": "fold_constants", "common": "cse", "scale": "fold_learning_rate", "pack": "pack_bias"}

Stages: TypeAlias = list[tuple[str, Graph]]  # each pass that ran, with the graph that it made


def applied(names: Iterable[str], chosen: Collection[str], graph: Graph, stages: Stages | None = None) -> Graph:
    """The graph after those of these passes that are chosen; each is added to `stages`."""
    for name in names:
        if name in chosen:
            graph = PASSES[name](graph)
            if stages is not None:
                stages.append((name, graph))
    return graph
