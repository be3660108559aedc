"""Tables of text, and the table that a tape prints as."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..graph.names import NodeNames
from ..graph.recorded import Recorded
from ..tape import toposort
from ..tensor import Tensor


class Tape:
    """The ops that made a tensor: a sequence of Tensors in topological order, printed as a table.

    Raises TypeError if `root` is no Tensor.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print((x * x).sum().tape())
    place  name  op        inputs  shape  dtype    |gradient|
        1  t1    multiply  x, x    (2,)   float64  -
        2  cost  sum       t1      ()     float64  -
    """

    def __init__(self, root: Tensor) -> None:
        if type(root) is not Tensor:
            raise TypeError(f"Tape() takes the Tensor that a graph ends in, got {type(root).__name__}")
        self._root, self._nodes = root, toposort(root)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._nodes)

    def __getitem__(self, k: int) -> Tensor:
        return self._nodes[k]

    def __repr__(self) -> str:
        return f"<Tape of {len(self)} ops>"

    def __str__(self) -> str:
        names = NodeNames(Recorded(self._root))

        def taken(x: Any) -> str:
            is_plain = type(x) is not Tensor or x.op is not None or x.name or names.literal(x)
            return names.shown(x) if is_plain else f"{names.shown(x)} {x.shape}"

        rows = [("place", "name", "op", "inputs", "shape", "dtype", "|gradient|")]
        for k, node in enumerate(self._nodes, 1):
            g = node._grad
            norm = "-" if g is None else f"{np.linalg.norm(np.asarray(getattr(g, '_data', g))):.4g}"
            inputs = ", ".join(map(taken, node.inputs))
            rows.append((str(k), names.shown(node), str(node.op), inputs, str(node.shape), str(node.dtype), norm))
        return aligned(rows, right=[0])


CONTROLS = {k: repr(chr(k))[1:-1] for k in range(32)}  # control characters in a name would break the table


def aligned(rows: Sequence[Sequence[str]], right: Collection[int]) -> str:
    """Rows as lines of a table; the columns in `right` are aligned right."""
    rows = [[cell.translate(CONTROLS) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if k in right else str.ljust for k in range(len(widths))]
    return "\n".join(
        "  ".join(side(cell, n) for side, cell, n in zip(sides, row, widths, strict=True)).rstrip() for row in rows
    )
