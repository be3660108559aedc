"""relu's mask, g * (A > 0), without booleans."""

from __future__ import annotations

from ... import ops
from ...arrays import NUMPY_1
from ...graph.nodes import Graph, Node, rewritten
from .algebra import is_number, like


def masked(graph: Graph) -> Graph:
    """Write g * (A > 0) as g * minimum(ceil(A), 1), if maximum(x, 0) made A.

    The result is the same, except for nan. It needs no boolean array, which NumPy would cast
    through a buffer. NumPy has vector instructions for ceil and minimum, but not for sign.
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
        return like(node, ops.multiply, g, _is_positive(A))

    return rewritten(graph, mask)


def _is_positive(A: Node) -> Node:
    """1.0 where A > 0, and 0.0 where A is 0. In NumPy 1, the op ceil is no ufunc, because of integers."""
    return like(A, ops.sign, A) if NUMPY_1 else like(A, ops.minimum, like(A, ops.ceil, A), 1)
