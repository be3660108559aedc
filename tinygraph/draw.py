"""The graph of a tensor as a Graphviz diagram.

`draw` makes Graphviz source of the plain data from diagram.py, and `render` a picture of the source. What only a
drawing needs is imported in the functions, so that `import tinygraph` stays quick.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .files import replacing
from .tape import recorded
from .tensor import Tensor

if TYPE_CHECKING:
    import graphviz

    from .compiler import Compiled
    from .diagram import Box, Diagram

DIRECTIONS = ("LR", "RL", "TB", "BT")
FORMATS = ("svg", "png", "pdf", "dot")
NOTEBOOK_OPS = 500  # a notebook shows a longer tape as text: nobody reads that picture, or waits for it

# Colours that colour-blind readers tell apart; for black and white, each kind has a shape of its own too.
STYLES = {
    "parameter": {"shape": "box", "style": "filled,bold", "fillcolor": "#ffe3a3", "color": "#8a5a00"},
    "data": {"shape": "cylinder", "style": "filled", "fillcolor": "#d5ebf7", "color": "#1f6690"},
    "constant": {"shape": "hexagon", "style": "filled", "fillcolor": "#eeeeee", "color": "#777777", "margin": "0.02"},
    "op": {"shape": "ellipse", "style": "filled", "fillcolor": "#5b3a8c", "color": "#5b3a8c", "fontcolor": "white"},
    "result": {"shape": "box", "style": "filled,rounded", "fillcolor": "#eee6f8", "color": "#5b3a8c"},
}
GRAPH = {"bgcolor": "white", "fontname": "Helvetica", "fontsize": "12", "nodesep": "0.15", "ranksep": "0.25"}
NODE = {"fontname": "Helvetica", "fontsize": "12", "margin": "0.08,0.05", "height": "0.3", "width": "0.3"}
EDGE = {"color": "#555555", "arrowsize": "0.7"}
BOX = {"style": "rounded,filled", "fillcolor": "#f7f5fa", "color": "#b3a6c9", "fontcolor": "#3f2866", "labeljust": "l"}

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "\\\\"})


class RenderError(RuntimeError):
    """A diagram could not be made a picture; the message says why, and what helps."""


def draw(loss: Tensor | Compiled, *, direction: str = "LR") -> graphviz.Digraph:
    """The graph of `loss` as a graphviz.Digraph; the same graph gives the same source, byte for byte.

    loss may also be a function from tg.compile that was called before: its graph after the rewrites.
    direction: where the arrows point: "LR" (left to right), "RL", "TB" (top to bottom) or "BT".

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(tg.draw(x.sum()).source.count(" -> "))  # x -> sum -> result
    2
    """
    import graphviz

    if not isinstance(loss, Tensor) and type(loss).__module__ != "tinygraph.compiler.function":
        raise TypeError(f"draw() takes a Tensor, got {type(loss).__name__}; or a function from tg.compile")
    if direction not in DIRECTIONS:
        raise ValueError(f"draw(direction=...) takes one of {', '.join(DIRECTIONS)}; got {direction!r}")
    plain = _diagram(loss)
    graph = graphviz.Digraph(graph_attr={**GRAPH, "rankdir": direction}, node_attr=NODE, edge_attr=EDGE)
    frames: dict[Box | None, graphviz.Digraph] = {None: graph}
    for k, box in enumerate(plain.boxes, 1):
        frames[box] = graphviz.Digraph(f"cluster_{k}", graph_attr={**BOX, "label": _label(box.title)})
    ids = {node: f"n{k}" for k, node in enumerate(plain.nodes, 1)}
    for node, name in ids.items():
        style = {"class": node.kind, **STYLES[node.kind]}
        frames[node.box].node(name, _label(node.title, node.details), **style)
    for box in reversed(plain.boxes):  # a frame is copied into the one around it, so the inner go first
        frames[box.parent].subgraph(frames[box])
    for edge in plain.edges:
        # an arrow into another box leaves room for the parameters there: so that layers stand in a row, not as stairs
        length = {} if edge.tail.box is edge.head.box else {"minlen": "2"}
        graph.edge(ids[edge.tail], ids[edge.head], **length)
    return graph


def _diagram(drawn: Any) -> Diagram:
    if isinstance(drawn, Tensor):
        from .diagram import diagram

        return diagram(drawn)
    from .compiler.diagram import compiled_diagram

    return compiled_diagram(drawn)


def _label(title: str, details: Iterable[str] = ()) -> str:
    """An HTML-like label: a bold title over small details."""
    small = "".join(f'<BR/><FONT POINT-SIZE="9">{_escape(line)}</FONT>' for line in details)
    return f"<<B>{_escape(title)}</B>{small}>"


def _escape(text: str, longest: int = 40) -> str:
    """Text that shows as it is: brackets and backslashes mean nothing, control characters are spelt out."""
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return visible.translate(ESCAPES) or " "


def save_diagram(loss: Tensor | Compiled, path: str | os.PathLike[str], *, direction: str = "LR") -> None:
    """Draw the graph of `loss` into a file, whose ending tells the format: .svg, .png, .pdf or .dot.

    The `dot` on PATH draws it, or else the one of the package graphviz-pure, which knows no pdf. Where that fails, a
    RenderError says what helps, the source is saved beside as .dot, and an older picture stays as it was.

    >>> import tempfile, os, tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.save_diagram(x.sum(), os.path.join(folder, "graph.dot"))
    ...     os.listdir(folder)
    ['graph.dot']
    """
    stem, ending = os.path.splitext(path)
    kind = ending[1:].lower()
    if kind not in FORMATS:
        raise ValueError(f"save_diagram() writes {', '.join(f'.{name}' for name in FORMATS)}; got {os.fspath(path)!r}")
    source = draw(loss, direction=direction).source
    try:
        content = source.encode() if kind == "dot" else render(source, kind)
    except RenderError as error:
        with replacing(f"{stem}.dot") as file:
            file.write(source.encode())
        raise RenderError(f"{error}\nThe diagram's source is saved as {stem}.dot") from None
    with replacing(path) as file:
        file.write(content)


def render(source: str, kind: str) -> bytes:
    """Graphviz source as a picture, "svg", "png" or "pdf"."""
    import shutil
    import subprocess
    import sysconfig

    system = "your system's graphviz (apt install graphviz, brew install graphviz)"
    dot = shutil.which("dot")
    pure = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("graphviz-pure")
    command = dot or pure
    if command is None:
        raise RenderError(
            f'there is no `dot` here to draw with: pip install ".[render]" in a checkout, or install {system}'
        )
    if command == pure and kind == "pdf":
        raise RenderError(f"graphviz-pure writes no pdf: save as .svg or .png, or install {system}")
    try:
        done = subprocess.run([command, f"-T{kind}"], input=source.encode(), capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", b"").decode(errors="replace").strip()
        raise RenderError(f"{command} failed: {words or error}") from error
    return done.stdout


def notebook_svg(tensor: Tensor) -> str | None:
    """The diagram for a notebook; None, and so the text, for a leaf, a very long tape, and where nothing can draw."""
    if not 0 < len(recorded(tensor)) <= NOTEBOOK_OPS:
        return None
    try:
        return render(draw(tensor).source, "svg").decode()
    except RenderError:
        return None
