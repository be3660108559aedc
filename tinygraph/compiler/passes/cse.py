"""Common sub-expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph.nodes import Node


def computed_once() -> Callable[[Node], Node]:
    """The function that gives the first node with the same op, inputs and options."""
    seen: dict[Any, Node] = {}

    def once(node: Node) -> Node:
        inputs = (id(x) if isinstance(x, Node) else frozen(x) for x in node.inputs)
        return seen.setdefault((node.op, *inputs, frozen(node.options)), node)

    return once


def frozen(x: Any) -> Any:
    """A number or option as a key: equal keys mean the same. 0.0 is neither -0.0, 0 nor False."""
    if isinstance(x, (float, np.floating)):
        return (type(x), repr(x))
    if isinstance(x, dict):
        return frozenset((key, frozen(value)) for key, value in x.items())
    if isinstance(x, (tuple, list)):
        return (type(x), *map(frozen, x))
    if isinstance(x, slice):
        return (slice, frozen(x.start), frozen(x.stop), frozen(x.step))
    try:
        hash(x)
    except TypeError:
        return id(x)
    return (type(x), x)
