"""A graph as nodes, edges and boxes: the data that a drawing is made from.

`diagram` builds the data from a tape or a compiled function. backward.py adds the backward pass to
a Diagram, annotate.py writes text into it, fold.py makes a smaller one of it, and draw.py makes
Graphviz source of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..compiler.report import byte_size
from ..graph.expression import Expressions, Text
from ..graph.names import NodeNames, called
from ..graph.nodes import Graph, ordered
from ..graph.nodes import Node as Value
from ..graph.recorded import Recorded
from ..modes import Scope
from ..ops import linear

FORWARD, BACKWARD = ("op", "result", "failed"), ("backward", "gradient")  # the node kinds of each pass, without leaves


@dataclass(eq=False)
class Box:
    """A titled frame around the nodes of one scope; `box` is the frame around it."""

    title: str
    box: Box | None = None
    backward_of: Box | None = None  # the frame of the forward pass, if this one is of the backward pass
    ops: int = 0  # including inner boxes
    parameters: int = 0  # entries of all parameters
    bytes: int = 0  # of all parameters


@dataclass(eq=False)
class Note:
    """A note below a node: lines of text or, if there are none, a label and a number."""

    kind: str  # "value" or "gradient"
    label: str
    number: float
    lines: list[str]


@dataclass(eq=False)
class Node:
    """A node; `value` is its Tensor or number. A gradient's value is the Tensor it belongs to."""

    kind: str  # "parameter", "data", "constant", "op" or "result"; "backward" or "gradient"; "folded", "failed"
    title: str
    details: list[str]
    box: Box | None
    value: Any
    name: str = ""  # of an op's result that has no node of its own; formulas call it so
    notes: list[Note] = field(default_factory=list)
    gradient: Any = None  # the array that flows back to a node of a tape's backward pass
    alarm: str = ""  # the count of its numbers that are not finite, as text


@dataclass(eq=False)
class Edge:
    """An arrow along which a value flows; "taken" goes from a forward value to a backward node."""

    tail: Node
    head: Node
    kind: str = "forward"  # "forward", "backward" or "taken"


@dataclass(eq=False)
class Diagram:
    """Nodes in topological order, edges in input order, each box after the one around it."""

    nodes: list[Node]
    edges: list[Edge]
    boxes: list[Box]


def diagram(graph: Graph, failed: Value | None = None, message: Iterable[str] = ()) -> Diagram:
    """The diagram of a Graph. A call that `failed` has a message and no result.

    An op shows its formula. A result is a node next to its op if it has a name or is an output.
    Otherwise the op shows the name that formulas give it, such as t1.

    Everything that a training step computes apart from its outputs is its backward pass. Each
    parameter's new value is a node.
    """
    names = NodeNames(graph)
    written = {x: Text(names.of(x)) for x in graph.nodes()}
    nodes: list[Node] = []
    edges: list[Edge] = []
    sources: dict[Value, Node] = {}  # the node at which a value's arrows start
    boxes: dict[Any, Box] = {}
    outputs = {x for x in graph.outputs if isinstance(x, Value)}
    forward = set(ordered(outputs))

    def add(node: Node, *tails: Node) -> Node:
        nodes.append(node)
        for tail in tails:
            taken = tail.kind not in (*BACKWARD, "constant")
            edges.append(Edge(tail, node, "forward" if node.kind in FORWARD else "taken" if taken else "backward"))
        return node

    def source(x: Any) -> Node:
        return sources[x] if isinstance(x, Value) else add(Node("constant", _number(x), [], None, x))

    with np.printoptions(threshold=6, edgeitems=2, precision=4):
        for value in graph.nodes():
            box, thing = _box(value.scope, boxes), value.value if isinstance(graph, Recorded) else value
            if value.op is None:
                sources[value] = add(_leaf(value, names, box, thing))
                continue
            tails = [source(x) for x in value.inputs]
            kind, result = ("op", "result") if value in forward else BACKWARD
            formula = _formula(value, written)
            if value is failed:
                add(Node("failed", f"{value.op} failed", [formula, *message], box, thing), *tails)
                continue
            op = add(Node(kind, value.op.name, [formula], box, thing), *tails)
            if value.name or value in outputs:
                op = add(Node(result, names.shown(value), _facts(value, names), box, thing), op)
            else:
                op.name = names.shown(value)
                op.details = [f"{names.of(value)} = {formula}", *_type(value)]
            sources[value] = op
    for u in graph.updates:
        update = Node("backward", "update", [f"{u.name} -= {names.of(u.change)}"], None, u)
        new = Node("gradient", f"new {u.name}", _type(u.parameter), None, u)
        add(new, add(update, sources[u.parameter], sources[u.change]))
    _place_leaves(edges)
    _add_sizes(nodes)
    return Diagram(nodes, edges, list(boxes.values()))


def _formula(value: Value, written: dict[Value, Text]) -> str:
    """The call of a node's op on the names of its inputs, as one types it."""
    if value.op is linear:
        return "{} @ {} + {}".format(*(written.get(x, x) for x in value.inputs))
    expressions = Expressions(written, 0, "", set())
    return (expressions.of(value) or expressions.call(called(value.op), value)).text


def _leaf(value: Value, names: NodeNames, box: Box | None, thing: Any) -> Node:
    if value.kind == "constant" and not value.shape:
        number = getattr(value.value, "_data", value.value).item()
        return Node("constant", _number(number), _type(value)[1:], box, thing)
    kind = {"parameter": "parameter", "constant": "constant", "number": "constant"}.get(value.kind, "data")
    return Node(kind, names.shown(value), _facts(value, names), box, thing)


def _box(scope: Scope | None, boxes: dict[Any, Box]) -> Box | None:
    """The box of a scope. New boxes are made for it and for the scopes around it."""
    if scope is not None and scope not in boxes:
        around = _box(scope.parent, boxes)
        boxes[scope] = Box(scope.name, around)
    return boxes.get(scope)


def path(box: Box | None) -> list[Box]:
    """A box and those around it, the outermost first."""
    found = []
    while box is not None:
        found.append(box)
        box = box.box
    return found[::-1]


def _place_leaves(edges: list[Edge]) -> None:
    """Move parameters and constants into the innermost box around their uses; data stay outside."""
    common: dict[Node, list[Box]] = {}
    for edge in edges:
        leaf, around = edge.tail, path(edge.head.box)
        if around and leaf.kind in ("parameter", "constant") and leaf.box is None:
            common[leaf] = [a for a, b in zip(common.get(leaf, around), around, strict=False) if a is b]
    for leaf, around in common.items():
        leaf.box = around[-1] if around else None


def _add_sizes(nodes: list[Node]) -> None:
    """Count each box's ops, and the entries and bytes of its parameters."""
    for node in nodes:
        for box in path(node.box):
            if node.kind == "op":
                box.ops += 1
            if node.kind == "parameter":
                box.parameters += node.value.size
                box.bytes += node.value.size * node.value.dtype.itemsize


def sizes(box: Box) -> str:
    """The size of a box as text, or "" if it has no parameters."""
    return f"{box.parameters:,} parameters, {byte_size(box.bytes)}" if box.parameters else ""


def _facts(value: Value, names: NodeNames) -> list[str]:
    """The name in formulas, if it is spelt in another way there, and the type."""
    return [text for text in (names.of(value),) if text != names.shown(value)] + _type(value)


def _type(x: Any) -> list[str]:
    """The shape, and the dtype unless it is float64."""
    return [str(x.shape), *[str(x.dtype)][: x.dtype != float]]


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float) else repr(x)
