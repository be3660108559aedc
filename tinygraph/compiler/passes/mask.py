"""relu's mask, g * (A > 0), without booleans."""

from __future__ import annotations

from ... import ops
from ...graph.nodes import Graph, Node, rewritten
from .algebra import is_number, like


def masked(graph: Graph) -> Graph:
    """g * (A > 0), for an A that maximum(x, 0) made, as g * min(ceil(A), 1).

    The same to the bit but for nan, and without a boolean array, which NumPy casts through a buffer
    and not by vectors.
    """

    def mask(node: Node) -> Node:
        if node.op is not ops.multiply or len(node.nodes()) != 2:
            return node
        g, positive = node.inputs
        if positive.op is not ops.greater or not is_number(positive.inputs[1], 0) or g.dtype != node.dtype:
            return node
        A = positive.inputs[0]
        if A.op is not ops.maximum or not is_number(A.inputs[1], 0) or (A.dtype, A.shape) != (g.dtype, g.shape):
            return node
        ones = like(A, ops.minimum, like(A, ops.ceil, A), 1)
        return like(node, ops.multiply, g, ones)

    return rewritten(graph, mask)
