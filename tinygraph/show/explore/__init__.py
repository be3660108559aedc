"""A page that steps through a graph: one HTML file that needs no network, written by `explore`.

Graphviz draws the graph; page.html, page.css and page.js are the frame around it. The other
contents are JSON, made here: the nodes of the drawing, the values behind them, and the steps.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from base64 import b64encode
from collections import Counter
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from ...files import replacing
from ...tensor import Tensor
from ..diagram import Box, Diagram, Node, diagram
from ..draw import LIGHT, digraph, render
from ..steps import Step, Steps
from .summary import heat, summary


class Page:
    """A finished page, `html`; a notebook shows it in a frame."""

    def __init__(self, html: str, path: str | None) -> None:
        self.html = html
        self.path = path

    def __repr__(self) -> str:
        return f"<a page to step through, {self.path or 'for a notebook: give explore() a path to write a file'}>"

    def _repr_html_(self) -> str:
        style = "width: 100%; height: 680px; border: 1px solid #8888; border-radius: 8px"
        return f'<iframe title="graph" sandbox="allow-scripts" style="{style}" srcdoc="{escape(self.html)}"></iframe>'


def explore(loss: Tensor, path: str | os.PathLike[str] | None = None) -> Page:
    """Write a page that steps through both passes of `loss`, with every value and gradient.

    loss: a recorded tensor of one entry, as for backward(); no `.grad` is read or changed. path:
    the .html file to write, which a browser opens without a network; None for a notebook alone.
    Raises ValueError if a parameter was changed in place since.

    >>> import tempfile, os, tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = tg.explore((x * x).sum(), os.path.join(folder, "graph.html"))
    ...     os.listdir(folder)
    ['graph.html']
    """
    _check(loss, path)
    steps = Steps(loss)
    drawn = diagram(steps.graph)
    html = _page(render(digraph(drawn, "LR", LIGHT, small=11).source, "svg").decode(), _content(steps, drawn))
    if path is not None:
        with replacing(path) as file:
            file.write(html.encode(errors="xmlcharrefreplace"))  # a name may contain half a character (a surrogate)
    return Page(html, None if path is None else os.fspath(path))


def _check(loss: Any, path: Any) -> None:
    if type(loss) is not Tensor:
        raise TypeError(f"explore() takes the Tensor that a forward pass gave, got {type(loss).__name__}")
    if path is not None and not os.fspath(path).lower().endswith((".html", ".htm")):
        raise ValueError(f"explore() writes .html; got {os.fspath(path)!r}")
    if not (loss._requires_grad and loss.op):
        raise ValueError(
            f"explore() on {loss._title()}: no op made it from a tensor with requires_grad=True, so there is no step "
            "to show; build the parameters with requires_grad=True, outside no_grad()"
        )
    if loss.size != 1:
        raise ValueError(f"explore() takes a loss of one entry, got {loss._title()}; use its .sum() or .mean()")
    loss._values("tg.explore(loss)")  # refused while tg.compile traces


def _page(svg: str, content: dict[str, Any]) -> str:
    template, style, script = ((files(__name__) / f"page.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    parts = {
        "title": escape(content["title"]),
        "style": style,
        "svg": svg[svg.index("<svg") :],
        # escaped so that no text can end the element around it
        "content": json.dumps(content, separators=(",", ":")).replace("<", r"\u003c"),
        "script": script,
        # the browser runs this script and no other, and loads nothing
        "hash": f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }
    return re.sub(r"<!--(\w+)-->", lambda mark: parts[mark[1]], template)  # one pass: marks inside parts stay


def _content(steps: Steps, drawn: Diagram) -> dict[str, Any]:
    """The data of the page: nodes, edges and boxes as drawn, the nodes' items, and the steps."""
    steps.check_values()
    walk = [*steps]
    gradients = {step.into: step.total for step in walk}
    parts = Counter(step.into for step in walk)
    values = {x: a for t in steps.tape for x, a in zip(t.inputs, t.saved or (), strict=True) if isinstance(x, Tensor)}
    first: dict[Any, Node] = {}  # by item: an op and its result share one
    for node in drawn.nodes:
        first.setdefault(_thing(node), node)
    items = {thing: k for k, thing in enumerate(first)}
    nodes = {node: k for k, node in enumerate(drawn.nodes)}
    boxes: dict[Box | None, int | None] = {None: None, **{box: k for k, box in enumerate(drawn.boxes)}}

    def item(thing: Any, node: Node) -> dict[str, Any]:
        if not isinstance(thing, Tensor):
            return {"name": node.title, "kind": node.kind}
        found: dict[str, Any] = {"name": steps.names.of(thing), "gradientName": steps.names.gradient(thing)}
        found |= {"kind": node.kind, "op": thing.op and thing.op.name}
        found |= {"shape": str(thing.shape), "dtype": str(thing.dtype)}
        arrays = {"value": values.get(thing, thing._data)}
        arrays |= {"gradient": np.asarray(gradients[thing])} if thing in gradients else {}
        found |= {kind: summary(array) for kind, array in arrays.items()}
        return found | {"heat": {kind: heat(array) for kind, array in arrays.items()}}

    def line(step: Step) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": step.kind, "op": nodes[first[step.tensor]], "number": step.number}
        found |= {"formula": step.formula, "shapes": step.shapes, "note": step.note}
        if step.into is not None:
            found["into"] = items[steps.graph.node(step.into).value]
            found["part"] = summary(step.value) if parts[step.into] > 1 else None
        return found

    return {
        "title": steps.names.shown(steps.root),
        "nodes": [{"kind": n.kind, "title": n.title, "item": items[_thing(n)], "box": boxes[n.box]} for n in nodes],
        "edges": [{"tail": nodes[edge.tail], "head": nodes[edge.head]} for edge in drawn.edges],
        "boxes": [{"title": box.title, "parent": boxes[box.box]} for box in drawn.boxes],
        "items": [item(thing, node) for thing, node in first.items()],
        "steps": [line(step) for step in walk],
    }


def _thing(node: Node) -> Any:
    return node.value if isinstance(node.value, Tensor) else node
