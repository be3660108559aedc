"""Constant folding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph.nodes import Node, source
from ...ops import broadcast_to

LARGEST_CONSTANT = 4096  # entries: a larger array is not computed ahead, because it would take memory


def folded(node: Node) -> Any:
    """A node that depends only on constants as a constant, computed now."""
    known = all(not isinstance(x, Node) or x.kind == "constant" for x in node.inputs)
    if not known or node.size > LARGEST_CONSTANT or node.op is broadcast_to:
        return node
    inputs = [x.value if isinstance(x, Node) else x for x in node.inputs]
    value = np.asarray(node.op.forward(*inputs, **node.options))
    return source(node, "constant", value.astype(node.dtype, copy=False), node.name)
