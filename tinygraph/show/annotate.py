"""The numbers below the nodes of a diagram."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import Tensor
from .diagram import Diagram, Node, Note

SMALL = 24  # the most entries of an array that is written out whole
WIDE = 8  # the most entries of a row of such an array


def add_numbers(d: Diagram, values: bool, gradients: bool) -> None:
    """Write each value below its node, a small array whole and a large one as statistics.

    gradients: write each tensor's .grad below it, its norm or, with `values`, in the same way.
    """
    named = {id(node.value) for node in d.nodes if node.kind == "result"}
    for node in d.nodes:
        x = node.gradient if node.kind == "gradient" else _array(node.value)
        hidden = node.kind in ("constant", "backward", "failed") or (node.kind == "op" and id(node.value) in named)
        if values and x is not None and not hidden:
            _add(node, Note("value", "norm", norm(x), summary(x)), x)
        g = getattr(node.value, "_grad", None)
        if gradients and g is not None and node.kind in ("parameter", "result"):
            x = np.asarray(getattr(g, "_data", g))
            label = f"d{node.title}"
            lines = [f"{label} =", *summary(x)] if values else []
            _add(node, Note("gradient", f"|{label}|", norm(x), lines), x, f"{label}: ")


def _add(node: Node, note: Note, x: Any, where: str = "") -> None:
    node.notes.append(note)
    wrong = not_finite(x)
    node.alarm = ", ".join(filter(None, [node.alarm, wrong and where + wrong]))


def _array(x: Any) -> Any:
    """The array of a node, or None. In a compiled graph, parameters and constants have one."""
    x = x if isinstance(x, (Tensor, np.ndarray)) else getattr(x, "value", None)
    return getattr(x, "_data", x if isinstance(x, np.ndarray) else None)


def norm(x: Any) -> float:
    """The Euclidean norm."""
    sizes = np.abs(np.asarray(x, float).ravel())
    scale = float(sizes.max(initial=0))  # so that no square overflows or underflows
    return scale * float(np.linalg.norm(sizes / scale)) if 0 < scale < math.inf else scale


def statistics(x: Any) -> dict[str, float]:
    """The min, mean, max and norm of an array's finite entries; {} if there are none."""
    finite = np.asarray(x[np.isfinite(x)], float)
    if not finite.size:
        return {}
    low, high = float(finite.min()), float(finite.max())
    scale = max(-low, high) or 1.0  # because a sum of the largest numbers would overflow
    return {"min": low, "mean": float((finite / scale).mean()) * scale, "max": high, "norm": norm(finite)}


def not_finite(x: Any) -> str:
    """The counts of NaN and infinities as text, or "" if there are none."""
    found = counted({"NaN": np.isnan(x), "inf": np.isinf(x)})
    return f"{found} of {np.size(x)}" if found else ""


def counted(masks: dict[str, Any]) -> str:
    """The number of entries that each mask marks, as text; "" if no mask marks any."""
    return " and ".join(f"{mask.sum()} {name}" for name, mask in masks.items() if mask.any())


def summary(x: Any) -> list[str]:
    """Lines that show an array: a small one whole, a large one as min, max, mean and norm."""
    if x.size <= SMALL and max(x.shape[-1:], default=1) <= WIDE:
        text = np.array2string(x, precision=3, threshold=SMALL, max_line_width=200)
        # Each row has its own brackets. All rows have one width, so their columns line up.
        return [f"[{row.strip().strip('[]')}]" for row in text.split("\n") if row] if x.ndim else [f"{x.item():.6g}"]
    found = {name: f"{name} {value:.4g}" for name, value in statistics(x).items()}
    return [", ".join(found[name] for name in pair) for pair in (("min", "max"), ("mean", "norm")) if found]
