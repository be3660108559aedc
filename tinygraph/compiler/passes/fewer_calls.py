"""The same values by fewer calls of NumPy: on small arrays, a call takes longer than its loop."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ... import ops
from ...graph.nodes import Graph, Node, is_elementwise, rewritten
from ...ops.shapes import _getitem_row
from ...tensor import Op
from ..numbers import computed
from .algebra import is_number, like
from .pack_bias import WITH_ONES

SMALL_LAYERS = 1 << 19  # bytes: layers of this size lie in a processor's cache, with their masks
SMALL = 1024  # entries

# the entries of all inputs, one after the other; the inputs lie in the memory of the result
JOINED = Op("joined", lambda *parts: np.concatenate([*map(np.ravel, parts)]), None)
# -|x|; NumPy has no vector instructions for it
MINUS_ABS = Op("minus_abs", np.copysign, None)


def with_fewer_calls(graph: Graph) -> Graph:
    """The graph with these rewrites."""
    return rewritten(_with_joined_masks(graph), _in_one)


def _in_one(node: Node) -> Node:
    """A number of a step that Python computes; and -|x| by one call."""
    if node.op is ops.negative and node.inputs[0].op is ops.abs and node.dtype.kind == "f" and node.size <= SMALL:
        return like(node, MINUS_ABS, node.inputs[0].inputs[0], -1.0)
    return computed(node)


def _with_joined_masks(graph: Graph) -> Graph:
    """The masks of all layers, A > 0, by one comparison of one vector in which the layers lie."""
    order = graph.nodes()
    masks: dict[Any, dict[Node, Node]] = {}  # by dtype, of each layer
    after: set[Any] = set()  # what is computed from a mask
    for node in order:
        A = _layer(node)
        if not after.isdisjoint(node.inputs):
            after.add(node)
        elif A is not None and A not in graph.outputs:
            masks.setdefault(A.dtype, {})[A] = node
            after.add(node)
    whole = {node.inputs[0]: node for node in order if node.op is WITH_ONES}
    new: dict[Node, Node] = {}
    for dtype, of_layers in masks.items():
        parts = tuple([whole.get(A, A) for A in of_layers])
        *starts, n = accumulate([x.size for x in parts], initial=0)
        if len(parts) > 1 and n * dtype.itemsize <= SMALL_LAYERS:
            every = Node(ops.greater, (Node(JOINED, parts, {}, (n,), dtype), 0), {}, (n,), np.dtype(bool))
            for mask, start in zip(of_layers.values(), starts, strict=True):
                index = {"index": (slice(start, start + mask.size),)}
                part = Node(_getitem_row, (every,), index, (mask.size,), every.dtype)
                new[mask] = like(mask, ops.reshape, part, shape=mask.shape)
    return rewritten(graph, lambda node: node, new) if new else graph


def _layer(mask: Node) -> Node | None:
    """A, if the node is the mask A > 0."""
    if mask.op is not ops.greater or not is_number(mask.inputs[1], 0):
        return None
    A = mask.inputs[0]
    return A if is_elementwise(A) and A.dtype.kind == "f" else None
