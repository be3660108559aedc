"""What is written into a diagram: the sizes of boxes, and the numbers below nodes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..compiler.report import byte_size
from ..tape import gradients, toposort
from ..tensor import Tensor
from .diagram import Box, Diagram, Node, Note

SMALL = 24  # entries of an array that is written out
WIDE = 8  # entries of its longest row


def with_sizes(d: Diagram) -> Diagram:
    """Count each box's ops, and the entries and bytes of its parameters."""
    for node in d.nodes:
        if node.box is not None and node.kind == "op":
            node.box.ops += 1
        if node.box is not None and node.kind == "parameter":
            size = math.prod(node.value.shape)
            node.box.parameters += size
            node.box.bytes += size * node.value.dtype.itemsize
    for box in reversed(d.boxes):  # the inner go first
        if box.parent is not None:
            box.parent.ops += box.ops
            box.parent.parameters += box.parameters
            box.parent.bytes += box.bytes
    return d


def sizes(box: Box) -> str:
    """What a box holds, in words; "" where it has no parameters."""
    return f"{box.parameters:,} parameters, {byte_size(box.bytes)}" if box.parameters else ""


def with_values(d: Diagram) -> Diagram:
    """Write each value below its node: a small array whole, of a large one what sums it up."""
    named = {id(node.value) for node in d.nodes if node.kind == "result"}
    found = _gradients(d)
    nodes = {}
    for node in d.nodes:
        x = found.get(node.value) if node.kind == "gradient" else _array(node.value)
        hidden = node.kind in ("constant", "backward") or (node.kind == "op" and id(node.value) in named)
        if x is not None and not hidden:
            nodes[node] = _noted(node, Note("value", "norm", norm(x), summary(x)), x)
    return replaced(d, nodes)


def with_gradients(d: Diagram, values: bool) -> Diagram:
    """Write below each tensor what backward() has left in its .grad: its norm, or as with_values
    does.
    """
    nodes = {}
    for node in d.nodes:
        g = getattr(node.value, "_grad", None)
        if g is not None and node.kind in ("parameter", "result"):
            x = np.asarray(getattr(g, "_data", g))
            label = f"d{node.title}"
            lines = [f"{label} =", *summary(x)] if values else []
            nodes[node] = _noted(node, Note("gradient", f"|{label}|", norm(x), lines), x, label + ": ")
    return replaced(d, nodes)


def replaced(d: Diagram, nodes: dict[Node, Node]) -> Diagram:
    """The diagram with other nodes in the places of some."""
    edges = [replace(e, tail=nodes.get(e.tail, e.tail), head=nodes.get(e.head, e.head)) for e in d.edges]
    return replace(d, nodes=[nodes.get(node, node) for node in d.nodes], edges=edges)


def _noted(node: Node, note: Note, x: Any, where: str = "") -> Node:
    wrong = not_finite(x)
    alarms = [node.alarm] * bool(node.alarm) + [where + wrong] * bool(wrong)
    return replace(node, notes=[*node.notes, note], alarm=", ".join(alarms))


def _gradients(d: Diagram) -> dict[Any, Any]:
    """The gradient of each tensor that has a node for it, where the walk starts from ones."""
    drawn = [node.value for node in d.nodes if node.kind == "gradient" and isinstance(node.value, Tensor)]
    if not drawn:
        return {}
    root = drawn[0]
    with np.errstate(all="ignore"):
        return gradients(root, np.ones(root.shape, root.dtype), keep=set(toposort(root)))


def _array(x: Any) -> Any:
    """The values behind a node, or None: a compiled graph has those of its parameters and constants
    alone.
    """
    x = x if isinstance(x, (Tensor, np.ndarray)) else getattr(x, "value", None)
    return getattr(x, "_data", x if isinstance(x, np.ndarray) else None)


def norm(x: Any) -> float:
    """The Euclidean norm."""
    sizes = np.abs(np.asarray(x, float).ravel())
    scale = float(sizes.max(initial=0))  # no square overflows, nor vanishes
    return scale * float(np.linalg.norm(sizes / scale)) if 0 < scale < math.inf else scale


def statistics(x: Any) -> dict[str, float]:
    """The min, mean, max and norm of what is finite in an array; {} where nothing is."""
    finite = np.asarray(x[np.isfinite(x)], float)
    if not finite.size:
        return {}
    low, high = float(finite.min()), float(finite.max())
    scale = max(-low, high) or 1.0  # the sum of the largest numbers would overflow
    return {"min": low, "mean": float((finite / scale).mean()) * scale, "max": high, "norm": norm(finite)}


def not_finite(x: Any) -> str:
    """How many NaN and infinities there are, in words; "" where there are none."""
    found = counted({"NaN": np.isnan(x), "inf": np.isinf(x)})
    return f"{found} of {np.size(x)}" if found else ""


def counted(masks: dict[str, Any]) -> str:
    """How many entries each mask marks, in words; "" if no mask marks any."""
    return " and ".join(f"{mask.sum()} {name}" for name, mask in masks.items() if mask.any())


def summary(x: Any) -> list[str]:
    """Lines that show an array: all of a small one; of a large one min, max, mean and norm of what
    is finite.
    """
    if x.size <= SMALL and max(x.shape[-1:], default=1) <= WIDE:
        text = np.array2string(x, precision=3, threshold=SMALL, max_line_width=200)
        # each row in brackets of its own: all are of one width, and so their columns stand in line
        return [f"[{row.strip().strip('[]')}]" for row in text.split("\n") if row] if x.ndim else [f"{x.item():.6g}"]
    found = {name: f"{name} {value:.4g}" for name, value in statistics(x).items()}
    return [", ".join(found[name] for name in pair) for pair in (("min", "max"), ("mean", "norm")) if found]
