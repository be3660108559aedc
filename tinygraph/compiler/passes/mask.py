"""relu's mask, g * (A > 0), without booleans."""

from __future__ import annotations

from ... import ops
from ...graph.nodes import Graph, Node, rewritten
from .algebra import is_number, like


def masked(graph: Graph) -> Graph:
    """Write g * (A > 0) as g * sign(A), if maximum(x, 0) made A.

    The result is the same to the bit, except for nan. It needs no boolean array, which NumPy would
    cast through a buffer and without vector instructions.
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
        return like(node, ops.multiply, g, like(A, ops.sign, A))

    return rewritten(graph, mask)
