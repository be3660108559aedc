"""A Tensor in a notebook: its text, with its graph folded below."""

from __future__ import annotations

import sys
from base64 import b64encode
from contextlib import nullcontext
from html import escape
from typing import Any

from ..graph.variables import explicit_names
from ..modes import tracing
from ..tensor import Tensor
from .draw import RenderError, draw, fitted, render
from .table import preformatted

MOST_OPS = 200  # `dot` takes seconds for a larger graph, and its picture is unreadable
FOLDED = "<details><summary>{}</summary><img alt='graph' style='max-width: 100%; height: auto' src='{}'/></details>"


def tensor_html(tensor: Tensor) -> str | None:
    """The text of a Tensor above its folded graph; None for a leaf, or if nothing can draw."""
    ops = _count(tensor)
    if not ops or tracing():
        return None
    if ops > MOST_OPS:
        return f"{_text(tensor)}<small>graph of more than {MOST_OPS} ops: tg.draw(t) draws it</small>"
    ipython = sys.modules.get("IPython")
    is_cell = ipython is not None and ipython.get_ipython() is not None  # otherwise, who calls this is no user
    try:
        with nullcontext() if is_cell else explicit_names():
            picture = b64encode(fitted(render(draw(tensor).source, "svg")).encode()).decode()
    except RenderError:
        return None
    # after the drawing, which gives a name
    return _text(tensor) + FOLDED.format(f"graph of {ops} op{'s' * (ops > 1)}", f"data:image/svg+xml;base64,{picture}")


def _text(tensor: Tensor) -> str:
    return preformatted(escape(repr(tensor)))


def _count(tensor: Tensor) -> int:
    """The number of ops that made a Tensor, counted up to MOST_OPS + 1."""
    found: set[Any] = set()
    to_visit: list[Any] = [tensor]
    while to_visit and len(found) <= MOST_OPS:
        x = to_visit.pop()
        if type(x) is Tensor and x.op is not None and x not in found:
            found.add(x)
            to_visit += x._inputs
    return len(found)
