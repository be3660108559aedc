"""The graph of a tensor as plain data: what a diagram shows, before anybody draws it.

`diagram` makes nodes, edges and boxes of a tape. Whatever adds something (backward.py), writes something beside it
(notes.py) or folds it (fold.py) is a function from a Diagram to a Diagram; draw.py makes Graphviz source of the last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..modes import Scope
from ..ops import add, divide, logaddexp, matmul, maximum, minimum, multiply, power, subtract
from ..tape import toposort
from ..tensor import Tensor

COMMUTATIVE = {add, multiply, maximum, minimum, logaddexp}
BACKWARD = ("backward", "gradient")  # the kinds of nodes of the backward pass
WITH_SYMBOL = {matmul, subtract, divide, power}


@dataclass(eq=False)
class Box:
    """A titled frame around the nodes of one scope; `parent` is the frame around it."""

    title: str
    parent: Box | None = None
    is_backward: bool = False  # around what the backward pass does for the scope of `parent`
    count: int = 1  # of alike boxes that this one stands for
    ops: int = 0  # in all of it
    parameters: int = 0  # entries
    bytes: int = 0  # of these


@dataclass(eq=False)
class Note:
    """What is written below a node: lines of text, or where there are none, the label and the number."""

    kind: str  # "value" or "gradient"
    label: str
    number: float
    lines: list[str]


@dataclass(eq=False)
class Node:
    """One thing drawn; `value` is the Tensor or Python number that it stands for, of a gradient the Tensor it is of."""

    kind: str  # "parameter", "data", "constant", "op" or "result"; "backward" or "gradient"; "folded"
    title: str
    details: list[str]
    box: Box | None
    value: Any
    notes: list[Note] = field(default_factory=list)
    alarm: str = ""  # what of its numbers is not finite


@dataclass(eq=False)
class Edge:
    """An arrow along which a value flows; "taken" is one that the backward pass takes from the forward one."""

    tail: Node
    head: Node
    kind: str = "forward"  # "forward", "backward" or "taken"


@dataclass(eq=False)
class Diagram:
    """Nodes in topological order, edges in the order of the ops' inputs, each box after the one around it."""

    nodes: list[Node]
    edges: list[Edge]
    boxes: list[Box]


def diagram(root: Tensor) -> Diagram:
    """What made `root`. A result is a node beside its op where it has a name, or is the root."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    sources: dict[Any, Node] = {}  # the node that the arrows from a tensor start at
    boxes: dict[Scope, Box] = {}

    def add(key: Any, node: Node) -> Node:
        nodes.append(node)
        sources[key] = node
        return node

    with np.printoptions(threshold=6, edgeitems=2, precision=4):
        for tensor in toposort(root):
            inputs = [(x, _key(x)) for x in tensor.inputs]
            tails = [sources[key] if key in sources else add(key, _leaf(x, boxes)) for x, key in inputs]
            op = add(_key(tensor), Node("op", str(tensor.op), _call(tensor, tails), _box(tensor.scope, boxes), tensor))
            edges += [Edge(tail, op) for tail in tails]
            if tensor.name or tensor is root:
                result = Node("result", tensor.name or "result", _type(tensor), op.box, tensor)
                edges.append(Edge(op, add(_key(tensor), result)))
            else:
                op.details.append(" ".join(_type(tensor)))
    if root.op is None:
        add(_key(root), _leaf(root, boxes))
    _place_leaves(edges)
    return Diagram(nodes, edges, list(boxes.values()))


def _key(x: Any) -> Any:
    """What two uses of one thing share: an array that was given twice is two leaves, and is drawn once."""
    if not isinstance(x, Tensor):
        return object()  # a number is drawn wherever it is used
    return id(x) if x.op is not None else (id(x._data), x.name, x._requires_grad)


def _leaf(x: Any, boxes: dict[Scope, Box]) -> Node:
    if not isinstance(x, Tensor):
        return Node("constant", _number(x), [], None, x)
    box = _box(x.scope, boxes)
    if x._requires_grad:
        return Node("parameter", x.name or "parameter", _type(x), box, x)
    if x.ndim == 0 and not x.name:
        return Node("constant", _number(x.item()), [str(x.dtype)], box, x)
    return Node("data", x.name or "data", _type(x), box, x)


def _box(scope: Scope | None, boxes: dict[Scope, Box]) -> Box | None:
    """The box of a scope, made along with those around it where it is new."""
    new = []
    outer = scope
    while outer is not None and outer not in boxes:
        new.append(outer)
        outer = outer.parent
    for inner in reversed(new):
        boxes[inner] = Box(inner.name, None if inner.parent is None else boxes[inner.parent])
    return None if scope is None else boxes[scope]


def _place_leaves(edges: list[Edge]) -> None:
    """Bring each parameter and constant into the innermost box around its uses in boxes; data come from outside."""
    homes: dict[Node, Box | None] = {}
    for edge in edges:
        node, box = edge.tail, edge.head.box
        if box is not None and node.kind in ("parameter", "constant") and node.box is None:
            homes[node] = _common(homes[node], box) if node in homes else box
    for node, home in homes.items():
        node.box = home


def _common(a: Box | None, b: Box | None) -> Box | None:
    around = set()
    while a is not None:
        around.add(a)
        a = a.parent
    while b is not None and b not in around:
        b = b.parent
    return b


def _type(x: Any) -> list[str]:
    return [str(x.shape), str(x.dtype)] if x.shape else [f"() {x.dtype}"]


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float) else repr(x)


def _call(tensor: Any, inputs: list[Node]) -> list[str]:
    """What an op's name leaves open: its inputs where their order matters, and its options, as `y / x`, `axis=0`."""
    op = tensor.op
    parts = [f"{key}={_option(x)}" for key, x in (tensor.options or {}).items() if x is not None and x is not False]
    if len(inputs) > 1 and op not in COMMUTATIVE:
        parts.insert(0, (f" {op.infix} " if op in WITH_SYMBOL else ", ").join(node.title for node in inputs))
    return [", ".join(parts)] if parts else []


def _option(x: Any) -> str:
    if isinstance(x, tuple):
        return f"({', '.join(map(_option, x))})"
    if isinstance(x, slice):
        return ":".join("" if part is None else str(part) for part in (x.start, x.stop, x.step)).removesuffix(":")
    return str(x)
