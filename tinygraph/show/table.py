"""Tables and texts, in a terminal and in a notebook; the table that a tape prints as."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from html import escape
from keyword import kwlist
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..graph.names import NodeNames
from ..graph.recorded import Recorded
from ..graph.variables import take_names
from ..tape import toposort
from ..tensor import Tensor

MOST = 60  # rows that a table shows by name alone and in a notebook; print() shows all
SLOW = 10_000  # entries whose table takes a second
Rows = Sequence[Sequence[str]]


class Table:
    """A base class for what prints as a table. By name alone, a long one has its ends only."""

    _right: ClassVar[tuple[int, ...]]  # the columns that are aligned right

    def _rows(self) -> list[tuple[str, ...]]:
        """The rows, the head first."""
        raise NotImplementedError

    def _below(self) -> str:
        """A line of text below the table, or ""."""
        return ""

    def _text(self, rows: Rows) -> str:
        return "\n".join(filter(None, [aligned(rows, self._right), self._below()]))

    def __str__(self) -> str:
        return self._text(self._rows())

    if TYPE_CHECKING:  # otherwise, it would hide the one of a list

        def __len__(self) -> int: ...

    def __repr__(self) -> str:
        if len(self) > SLOW:
            return f"<{type(self).__name__} of {len(self):,}: print() shows them>"
        return self._text(shortened(self._rows()))

    def _repr_html_(self) -> str | None:
        return html_table(shortened(self._rows()), self._right, below=self._below()) if len(self) <= SLOW else None


class Tape(Table):
    """The ops that made a tensor: a sequence of Tensors in topological order, printed as a table.

    Raises TypeError if `root` is not a Tensor.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print((x * x).sum().tape())
    place  name  op        inputs  shape  dtype    |gradient|
        1  t1    multiply  x, x    (2,)   float64  -
        2  cost  sum       t1      ()     float64  -
    """

    _right = (0,)

    def __init__(self, root: Tensor) -> None:
        if type(root) is not Tensor:
            raise TypeError(f"Tape() takes the Tensor that a graph ends in, got {type(root).__name__}")
        self._root, self._nodes = root, toposort(root)
        take_names(self._nodes or [root])

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._nodes)

    def __getitem__(self, k: int) -> Tensor:
        return self._nodes[k]

    def _rows(self) -> list[tuple[str, ...]]:
        names = NodeNames(Recorded(self._root))

        def taken(x: Any) -> str:
            is_plain = type(x) is not Tensor or x.op is not None or x.name or names.literal(x)
            return names.shown(x) if is_plain else f"{names.shown(x)} {x.shape}"

        rows: list[tuple[str, ...]] = [("place", "name", "op", "inputs", "shape", "dtype", "|gradient|")]
        for k, node in enumerate(self._nodes, 1):
            g = node._grad
            norm = "-" if g is None else f"{np.linalg.norm(np.asarray(getattr(g, '_data', g))):.4g}"
            inputs = ", ".join(map(taken, node.inputs))
            rows.append((str(k), names.shown(node), str(node.op), inputs, str(node.shape), str(node.dtype), norm))
        return rows

    def _below(self) -> str:
        """After backward(), why no result has a gradient."""
        leaves = [x for node in self._nodes for x in node.inputs if type(x) is Tensor and x.op is None]
        if any(node._grad is not None for node in self._nodes) or all(x._grad is None for x in leaves):
            return ""
        return "backward() keeps the gradients of parameters; it keeps that of a result t after t.retain_grad()"


CONTROLS = {k: repr(chr(k))[1:-1] for k in range(32)}  # control characters in a name would break the table


def aligned(rows: Rows, right: Collection[int]) -> str:
    """Rows as lines of a table; the columns in `right` are aligned right."""
    rows = [[cell.translate(CONTROLS) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if k in right else str.ljust for k in range(len(widths))]
    return "\n".join(
        "  ".join(side(cell, n) for side, cell, n in zip(sides, row, widths, strict=True)).rstrip() for row in rows
    )


def shortened(rows: Rows) -> Rows:
    """The rows; of many, the first and the last, with a row between that counts the others."""
    left_out = len(rows) - MOST
    between = ("…", *[""] * (len(rows[0]) - 2), f"{left_out:,} more rows: print() shows them")
    return rows if left_out <= 0 else [*rows[: MOST // 2], between, *rows[-MOST // 2 :]]


def html_table(rows: Rows, right: Collection[int] = (), above: str = "", below: str = "") -> str:
    """Rows as an HTML table in the colours of the page, the head first, with text above and below.

    A row of one cell is a head too. The last cell of a short row takes the place of those missing.
    """
    width = max(map(len, rows))

    def line(row: Sequence[str], is_head: bool) -> str:
        tag, cells = "th" if is_head else "td", []
        for k, cell in enumerate(row):
            wide = f" colspan='{width - k}'" if k == len(row) - 1 < width - 1 else ""
            wraps = "-wrap" if len(cell) > 20 else ""
            style = f"text-align: {'right' if k in right else 'left'}; white-space: pre{wraps}"
            cells.append(f"<{tag}{wide} style='{style}'>{escape(cell)}</{tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    lines = [line(row, not k or len(row) == 1 < width) for k, row in enumerate(rows)]
    said = [f"<div>{escape(text)}</div>" if text else "" for text in (above, below)]
    return f"{said[0]}<table>{''.join(lines)}</table>{said[1]}"


class Shown(str):
    """A str that shows as its text by name alone, and in a notebook as Markdown or as a table."""

    _forms: tuple[Callable[[], str | None], Callable[[], str | None]]

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> Any:  # a copy or pickle is a plain str
        return str, (str(self),)

    def _repr_markdown_(self) -> str | None:
        return self._forms[0]()

    def _repr_html_(self) -> str | None:
        return self._forms[1]()


def shown(text: str, markdown: Any = lambda: None, html: Any = lambda: None) -> Shown:
    """The text with the functions that make its form in a notebook."""
    found = Shown(text)
    found._forms = markdown, html
    return found


def code(text: str) -> Shown:
    """Python code, which a notebook shows as code, with bold keywords and pale comments."""

    def html() -> str:
        parts = re.split(rf"(#.*|\b(?:{'|'.join(kwlist)})\b)", text.rstrip())  # the odd ones are those found
        looks = ["opacity: 0.65" if part[0] == "#" else "font-weight: bold" for part in parts[1::2]]
        parts[1::2] = [f"<span style='{look}'>{escape(x)}</span>" for look, x in zip(looks, parts[1::2], strict=True)]
        return preformatted("".join(x if k % 2 else escape(x) for k, x in enumerate(parts)))

    return shown(text, html=html)


def preformatted(html: str) -> str:
    """Text that looks as a notebook's own plain text."""
    sizes = "".join(f"; {name}: var(--jp-code-{name}, inherit)" for name in ("font-size", "line-height"))
    font = f"font-family: var(--jp-code-font-family, monospace){sizes}"
    return f"<pre style='margin: 0; padding: 0; border: 0; background: none; word-break: normal; {font}'>{html}</pre>"


def as_table(text: str, rows: Rows) -> Shown:
    """The text, which a notebook shows as this table."""
    return shown(text, html=lambda: html_table(rows))
