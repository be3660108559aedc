"""Tables of text, and the table that a tape prints as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..tape import toposort
from ..tensor import Tensor


class Tape:
    """The ops that made a tensor, in topological order: a sequence of Tensors that prints as a table.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print((x * x).sum().tape())
    place  name  op        inputs  shape  dtype    |gradient|
        1  -     multiply  x, x    (2,)   float64  -
        2  -     sum       #1      ()     float64  -
    """

    def __init__(self, root: Tensor) -> None:
        if type(root) is not Tensor:
            raise TypeError(f"Tape() takes the Tensor that a graph ends in, got {type(root).__name__}")
        self._nodes = toposort(root)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._nodes)

    def __reversed__(self) -> Iterator[Tensor]:
        return reversed(self._nodes)

    def __getitem__(self, k: int) -> Tensor:
        return self._nodes[k]

    def __repr__(self) -> str:
        return f"<Tape of {len(self)} ops>"

    def __str__(self) -> str:
        numbers = {node: k for k, node in enumerate(self._nodes, 1)}
        rows = [("place", "name", "op", "inputs", "shape", "dtype", "|gradient|")]
        for node, k in numbers.items():
            inputs = ", ".join(_reference(x, numbers) for x in node.inputs)
            norm = (
                "-"
                if node._grad is None
                else f"{np.linalg.norm(np.asarray(getattr(node._grad, '_data', node._grad))):.4g}"
            )
            rows.append((str(k), node.name or "-", str(node.op), inputs, str(node.shape), str(node.dtype), norm))
        return aligned(rows, right=0)


CONTROLS = {k: repr(chr(k))[1:-1] for k in range(32)}  # in a name, they would break the table


def aligned(rows: Sequence[Sequence[str]], right: int) -> str:
    """Rows as lines of a table; the column `right` is one of numbers."""
    rows = [[cell.translate(CONTROLS) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if k == right else str.ljust for k in range(len(widths))]
    return "\n".join(
        "  ".join(side(cell, n) for side, cell, n in zip(sides, row, widths, strict=True)).rstrip() for row in rows
    )


def _reference(x: Any, numbers: dict[Tensor, int]) -> str:
    """How a table names an input: by its name, its place, its value (a number) or its shape."""
    if not hasattr(x, "op"):
        return repr(x)
    if x.name:
        return str(x.name)
    if x in numbers:
        return f"#{numbers[x]}"
    if x._requires_grad:
        return f"parameter{x.shape}".replace(",)", ")")
    return repr(x._data.item()) if x._data.ndim == 0 else f"array{x.shape}".replace(",)", ")")
