"""The graph of a tensor as a Graphviz diagram.

`draw` makes Graphviz source from the data of diagram.py, and `render` makes a picture of the
source.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, get_args

import graphviz

from ..compiler.compile import Compiled
from ..files import replacing
from ..graph.recorded import Recorded
from ..tensor import Tensor
from .annotate import add_numbers
from .backward import add_backward
from .diagram import BACKWARD, FORWARD, Box, Diagram, Edge, Node, diagram, sizes
from .failure import failure
from .fold import fold_alike, fold_depth

Direction = Literal["LR", "RL", "TB", "BT"]
DIRECTIONS: tuple[str, ...] = get_args(Direction)
FORMATS = ("svg", "png", "pdf", "dot")
LONGEST_TITLE, LONGEST_LINE = 40, 64  # characters of text; longer text ends in an ellipsis

# Each kind has its own shape, for black and white. A stop sign is a value that is not finite.
SHAPES = {
    "parameter": {"shape": "box", "style": "filled,bold"},
    "data": {"shape": "cylinder", "style": "filled"},
    "constant": {"shape": "hexagon", "style": "filled", "margin": "0.02"},
    "op": {"shape": "ellipse", "style": "filled"},
    "result": {"shape": "box", "style": "filled,rounded"},
    "backward": {"shape": "box", "style": "filled"},
    "gradient": {"shape": "note", "style": "filled", "margin": "0.12,0.05"},  # clear of its folded corner
    "folded": {"shape": "box3d", "style": "filled"},
    "failed": {"shape": "box", "style": "filled,dashed", "penwidth": "2"},
    "alarm": {"shape": "octagon", "style": "filled,bold", "peripheries": "2", "margin": "0.04"},
}
# Fill, line and text colours, for a light and a dark page. Colour-blind readers can tell them
# apart.
LIGHT, DARK = 0, 1
COLOURS = {
    "page": ("white", "#17151c"),
    "parameter": ("#ffe3a3 #8a5a00 black", "#5a3f08 #f0b429 white"),
    "data": ("#d5ebf7 #1f6690 black", "#123d57 #6cb8e6 white"),
    "constant": ("#eeeeee #777777 black", "#3a3842 #9a97a3 white"),
    "op": ("#5b3a8c #5b3a8c white", "#b99af0 #b99af0 black"),
    "result": ("#eee6f8 #5b3a8c black", "#382a52 #b99af0 white"),
    "backward": ("#c22f1f #c22f1f white", "#ff8f7d #ff8f7d black"),
    "gradient": ("#fde8e4 #c22f1f black", "#551f19 #ff8f7d white"),
    "folded": ("#d9ccec #5b3a8c black", "#4a3a68 #b99af0 white"),
    "failed": ("#a30d00 black white", "#ff6a55 white black"),
    "alarm": ("#fff04d black black", "#fff04d white black"),
    "box": ("#f7f5fa #b3a6c9 #3f2866", "#221f2b #5d5375 #d3c2f5"),
    "backward box": ("#fdf4f2 #e0a89f #8f2115", "#2d1e1f #8a4a42 #ffb3a6"),
}
EDGES: dict[str, dict[str, Any]] = {
    "forward": {"color": ("#555555", "#b5b2bd")},
    "backward": {"color": ("#c22f1f", "#ff8f7d"), "penwidth": "1.5"},
    "taken": {"color": ("#5b3a8c", "#b99af0"), "style": "dashed", "arrowhead": "open", "constraint": "false"},
}
NOTED_GRADIENT = ("#a82517", "#ffab9d")
FONT, MONOSPACE = "Verdana", ' FACE="Courier"'
FONTS = b"Verdana,DejaVu Sans,sans-serif"  # of a picture: the wide ones, so that no text is wider than its node
IN_A_ROW = 3  # ops and results that are drawn from left to right unasked: more would be too small to read in a column
LARGE = 100  # nodes; `dot` could take hours to place more of them at best, if their edges span hundreds of ops
HASTE = {"nslimit": "0.1", "nslimit1": "0.1", "mclimit": "0.1"}
PATIENCE = 120  # seconds
NARROW = 450  # points: a narrower picture fits every column
GRAPH = {"fontname": FONT, "fontsize": "12", "nodesep": "0.15", "ranksep": "0.25"}
NODE = {"fontname": FONT, "fontsize": "12", "margin": "0.08,0.05", "height": "0.3", "width": "0.3"}

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "\\\\"})


class RenderError(RuntimeError):
    """Raised if a diagram cannot be made a picture; the message says why, and what helps.

    >>> import tinygraph as tg
    >>> issubclass(tg.RenderError, RuntimeError)
    True
    """


def draw(
    loss: Tensor | Compiled | BaseException,
    *,
    direction: Direction | None = None,
    values: bool = False,
    gradients: bool = True,
    backward: bool = False,
    depth: int | None = None,
    fold: bool = True,
    dark: bool = False,
) -> graphviz.Digraph:
    """The graph of `loss` as a graphviz.Digraph; equal graphs give equal source, byte for byte.

    loss may also be a function from tg.compile that was called before: `draw` then shows its
    rewritten graph. Or it is the error of a call that failed: `draw` then shows the graph up to
    that call, and the call with the error's message in red.
    direction: where the arrows point: "LR" (left to right), "RL", "TB" (top to bottom) or "BT"; by
    default "TB", and "LR" for up to three ops and results without a backward pass.
    values: show small arrays whole, and large ones as min, max, mean and norm. NaN and Inf stand
    out.
    gradients: after backward(), show the norm of each .grad, and with `values` its numbers.
    backward: draw the backward pass too, in red. It shows what each op's gradient rules compute in
    the walk from `loss`, whose own gradient is 1. Dashed edges show the forward values that they
    read. No .grad is read or written. A compiled training step always shows its backward pass.
    depth: show scopes nested deeper than this as one node each. fold: show a run of equal layers
    once, as "x 48".
    dark: use colours for a dark page.

    Raises TypeError if `root` cannot be drawn, and ValueError for an unknown direction and for a
    compiled function that was not called.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(tg.draw(x.sum()).source.count(" -> "))  # x -> sum -> result
    2
    """
    if direction not in (None, *DIRECTIONS):
        raise ValueError(f"draw(direction=...) takes one of {', '.join(DIRECTIONS)}; got {direction!r}")
    if not isinstance(loss, (Tensor, Compiled, BaseException)):
        raise TypeError(
            f"draw() takes a Tensor, got {type(loss).__name__}; or a function from tg.compile, or the error of a call "
            "that failed"
        )
    switches = {"values": values, "gradients": gradients, "backward": backward, "fold": fold, "dark": dark}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise TypeError(f"draw({name}=...) takes True or False; got {value!r}")
    if depth is not None and (type(depth) is not int or depth < 1):
        kind = ValueError if type(depth) is int else TypeError
        raise kind(f"draw(depth=...) takes a whole number from 1, or None for all that is there; got {depth!r}")
    if backward and not isinstance(loss, Tensor) and not getattr(loss, "_optimizer", None):
        raise ValueError("draw(backward=True) takes a Tensor or a compiled training step; draw the function's result")
    if isinstance(loss, BaseException):
        plain = failure(loss)
    else:
        plain = diagram(Recorded(loss) if isinstance(loss, Tensor) else loss._compiled().graph)
    if backward and isinstance(loss, Tensor):  # the graph of a training step has it already
        add_backward(plain, loss)
    add_numbers(plain, values, gradients)
    plain = fold_alike(plain) if fold else plain
    plain = plain if depth is None else fold_depth(plain, depth)
    is_long = sum(node.kind in (*FORWARD, *BACKWARD, "folded") for node in plain.nodes) > IN_A_ROW
    return digraph(plain, direction or ("TB" if backward or is_long else "LR"), DARK if dark else LIGHT)


def digraph(plain: Diagram, direction: str, theme: int, small: int = 9) -> graphviz.Digraph:
    """The Graphviz source of a diagram.

    Node k has the id n<k>, and edge k has e<k>, both counted from 1. theme: LIGHT or DARK. small:
    the points of the lines below a title.
    """
    page = {**GRAPH, "rankdir": direction, "bgcolor": COLOURS["page"][theme]}
    page |= HASTE if len(plain.nodes) > LARGE else {}
    graph = Picture(graph_attr=page, node_attr=NODE, edge_attr={"arrowsize": "0.7"})
    sideways = direction in ("LR", "RL")
    side = "RIGHT" if sideways else "LEFT"  # of titles
    frames: dict[Box | None, graphviz.Digraph] = {None: graph}
    for k, box in enumerate(plain.boxes, 1):
        # The title keeps clear of arrows. These come in from the upper left, and from above for the
        # backward pass. In a picture drawn downwards the title is a node, which no arrow crosses.
        style = {"style": "rounded,filled", "labeljust": "r", "labelloc": "b" if box.backward_of else "t"}
        style |= _colours("backward box" if box.backward_of else "box", theme)
        first, _, rest = box.title.partition(": ")
        label = _label(first, [(rest, ""), (sizes(box), "")], small, LONGEST_LINE, f" ALIGN='{side}'")
        frames[box] = graphviz.Digraph(f"cluster_{k}", graph_attr=style | ({"label": label} if sideways else {}))
        if not sideways:
            looks = {"shape": "plaintext", "fontcolor": style["fontcolor"], "margin": "0", "class": "title"}
            frames[box].node(f"t{k}", label=label, **looks)
    ids = {x: f"{letter}{k}" for letter, xs in (("n", plain.nodes), ("e", plain.edges)) for k, x in enumerate(xs, 1)}
    for node in sorted(plain.nodes, key=lambda node: node.kind not in BACKWARD):  # Graphviz puts the last one on top
        look = "alarm" if node.alarm else node.kind
        lines = [(node.alarm, ""), *((line, "") for line in node.details), *_notes(node, theme)]
        label = _label(node.title, lines, small)
        style = SHAPES[look] | _colours(look, theme)
        frames[node.box].node(ids[node], label=label, **{"class": node.kind}, **style)
    in_rows = sideways and all(edge.kind == "forward" for edge in plain.edges)
    below = _stand_beside(plain, frames, ids) if in_rows else set()
    for box in reversed(plain.boxes):  # inner first: a frame is copied into the one around it
        frames[box.box].subgraph(frames[box])
    for edge in sorted(plain.edges, key=lambda edge: edge.kind != "backward"):
        style = {"id": ids[edge], "class": edge.kind} | EDGES[edge.kind] | {"color": EDGES[edge.kind]["color"][theme]}
        ends = [edge.tail, edge.head]
        if edge in below or edge.kind == "backward":  # head first, so that each gradient lies below its tensor
            ends, style = ends[::-1], style | {"dir": "back"}
        if not in_rows and edge.tail.box is not edge.head.box:  # room for the title and the parameters of that box
            enters = (edge.tail if edge.kind == "backward" else edge.head).box
            style["minlen"] = "2" if sideways else "3" if enters else "1"
        graph.edge(*(ids[end] for end in ends), **style)
    results = {id(node.value): node for node in plain.nodes if node.kind == "result"}
    if not sideways:
        _put_titles_on_top(graph, plain, ids)
    for node in plain.nodes:
        if node.kind == "gradient" and id(node.value) in results:
            graph.edge(ids[results[id(node.value)]], ids[node], style="invis", minlen="0")
    return graph


def _put_titles_on_top(graph: graphviz.Digraph, plain: Diagram, ids: dict[Any, str]) -> None:
    """Put the title of each frame above the nodes that stand first in it."""
    inner = [edge for edge in plain.edges if edge.kind != "taken" and edge.tail.box is edge.head.box]
    below = {edge.tail if edge.kind == "backward" else edge.head for edge in inner}
    for k, box in enumerate(plain.boxes, 1):
        for node in plain.nodes:
            if node.box is box and node not in below:
                graph.edge(f"t{k}", ids[node], style="invis")


def _stand_beside(plain: Diagram, frames: dict[Box | None, graphviz.Digraph], ids: dict[Any, str]) -> set[Edge]:
    """Put the leaves that only one op takes next to it: layers stand in a row, not as stairs.

    The leaves stand below and above by turns. Returns the edges from below, because Graphviz needs
    them reversed.
    """
    uses = Counter(edge.tail for edge in plain.edges)
    taken: dict[Node, list[Edge]] = {}
    for edge in plain.edges:
        if edge.tail.kind in ("parameter", "constant") and uses[edge.tail] == 1 and edge.tail.box is edge.head.box:
            taken.setdefault(edge.head, []).append(edge)
    for op, edges in taken.items():
        with frames[op.box].subgraph() as row:
            row.attr(rank="same")
            for node in (op, *(edge.tail for edge in edges)):
                row.node(ids[node])
    return {edge for edges in taken.values() for edge in edges[::2]}


class Picture(graphviz.Digraph):  # type: ignore[misc]  # graphviz ships no types
    """A Digraph that a notebook shows with any `dot` that is installed."""

    def __repr__(self) -> str:
        return f"<graphviz.Digraph, {len(self.source.splitlines())} lines of source>"

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": fitted(render(self.source, "svg"))}
        except RenderError as error:
            return {"text/plain": f"{error}\n{self.source}"}


def _colours(look: str, theme: int) -> dict[str, str]:
    return dict(zip(("fillcolor", "color", "fontcolor"), COLOURS[look][theme].split(), strict=True))


def _notes(node: Node, theme: int) -> list[tuple[str, str]]:
    lines = [(line, note) for note in node.notes for line in note.lines or [f"{note.label} {note.number:.4g}"]]
    red = f' COLOR="{NOTED_GRADIENT[theme]}"' if not node.alarm else ""
    return [(line, MONOSPACE + red if note.kind == "gradient" else MONOSPACE) for line, note in lines]


def _label(
    title: str, lines: Iterable[tuple[str, str]], points: int, longest: int = LONGEST_TITLE, align: str = ""
) -> str:
    """An HTML-like label: a bold title above small lines, each with its font attributes."""
    small = [f'<FONT POINT-SIZE="{points}"{look}>{_escape(line, LONGEST_LINE)}</FONT>' for line, look in lines if line]
    end = f"<BR{align}/>"
    next_line, below_title = (f'{end}<FONT POINT-SIZE="{n}">{end}</FONT>' for n in (2, 3))  # so that no _ touches text
    below = below_title + next_line.join(small) if small else ""
    return f"<<B>{_escape(title, longest)}</B>{below}{end if align else ''}>"


def _escape(text: str, longest: int) -> str:
    """Escape text for a label: brackets and backslashes stay, control characters are spelt out."""
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return visible.translate(ESCAPES) or " "


def save_diagram(loss: Tensor | Compiled | BaseException, path: str | os.PathLike[str], **options: Any) -> None:
    """Draw the graph of `loss`, as `draw` does, into a .svg, .png, .pdf or .dot file.

    options: those of `draw`.

    The `dot` on PATH draws it, or else the one of the package graphviz-pure, which cannot write
    pdf. If drawing fails, a RenderError says what helps, the source is saved next to the picture as
    .dot, and an older picture stays as it was.

    >>> import tempfile, os, tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tg.save_diagram(x.sum(), os.path.join(folder, "graph.dot"))
    ...     os.listdir(folder)
    ['graph.dot']
    """
    if isinstance(loss, (str, os.PathLike)):
        raise TypeError(
            f"save_diagram() takes the Tensor first, then the path: save_diagram(cost, {os.fspath(loss)!r})"
        )
    stem, ending = os.path.splitext(path)
    kind = ending[1:].lower()
    if kind not in FORMATS:
        raise ValueError(f"save_diagram() writes .svg, .png, .dot, and .pdf if your `dot` can; got {os.fspath(path)!r}")
    source = draw(loss, **options).source
    try:
        content = source.encode() if kind == "dot" else render(source, kind)
    except RenderError as error:
        with replacing(f"{stem}.dot") as file:
            file.write(source.encode())
        raise RenderError(f"{error}\nThe diagram's source is saved as {stem}.dot") from None
    with replacing(path) as file:
        file.write(content)


def render(source: str, kind: str) -> bytes:
    """Make a picture of Graphviz source: "svg", "png" or "pdf"."""
    system = "your system's graphviz (apt install graphviz, brew install graphviz)"
    pure = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("graphviz-pure")
    command = shutil.which("dot") or pure
    if command is None:
        install = 'pip install ".[render]" in a checkout, pip install "X.whl[render]"'
        raise RenderError(f"there is no `dot` here to draw with: {install}, or install {system}")
    if kind != "svg":  # `dot` draws the text, in a font that each has, so that its nodes are as wide as it expects
        source = source.replace(f"fontname={FONT}", "fontname=Helvetica")
    if command == pure and kind == "pdf":
        raise RenderError(f"graphviz-pure writes no pdf: save as .svg or .png, or install {system}")
    try:
        made = subprocess.run(
            [command, f"-T{kind}"], input=source.encode(), capture_output=True, check=True, timeout=PATIENCE
        ).stdout
        return made.replace(b'font-family="%s' % FONT.encode(), b'font-family="%s' % FONTS) if kind == "svg" else made
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"{command} found no places for the nodes in {PATIENCE} seconds; draw a part of the graph, or with depth=1"
        ) from None
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", b"").decode(errors="replace").strip()
        raise RenderError(f"{command} failed: {words or error}") from error


def fitted(svg: bytes) -> str:
    """An svg for a page with others: no wider than its column, and without ids."""
    text = re.sub(r' id="[^"]*"', "", svg.decode())
    size = re.search(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', text)
    if size is None or float(size[1]) < NARROW:
        return text
    # pages show it as an <img> without a limit, which is as wide as its column if the svg says so
    return text.replace(size[0], f'<svg style="max-width: {size[1]}pt" width="100%"', 1)
