"""A product with a mask, as in relu's gradient g * (A > 0), in one dtype."""

from __future__ import annotations

from ... import ops
from ...graph.nodes import Graph, Node, is_elementwise, rewritten
from ...ops.shapes import _cast
from .algebra import like


def masked(graph: Graph) -> Graph:
    """Write g * mask as g * mask.astype(g.dtype).

    NumPy would cast the booleans within the product, through a buffer that each call allocates.
    """

    def in_one_dtype(node: Node) -> Node:
        if node.op is not ops.multiply or node.dtype.kind != "f" or len(node.nodes()) != 2:
            return node
        g, mask = node.inputs
        if (g.dtype, mask.dtype, mask.shape) != (node.dtype, bool, node.shape) or not is_elementwise(mask):
            return node
        return like(node, ops.multiply, g, Node(_cast, (mask,), {"dtype": g.dtype}, node.shape, g.dtype))

    return rewritten(graph, in_one_dtype)
