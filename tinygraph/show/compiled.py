"""A compiled function's graph as the plain data of a diagram: what is computed after the rewrites."""

from __future__ import annotations

from typing import Any

from ..compiler.compile import Compiled
from ..graph.nodes import Graph, ordered
from ..graph.nodes import Node as Value
from ..modes import Scope
from .diagram import Box, Diagram, Edge, Node, _box, _call, _number, _place_leaves, _type

KINDS = {"argument": "data", "parameter": "parameter", "constant": "constant", "number": "constant", "state": "data"}
FORWARD = {"op", "result"}


def compiled_diagram(function: Compiled) -> Diagram:
    """What the call before this one computed: results, and for a training step each parameter's new value."""
    return graph_diagram(function._compiled().graph)


def graph_diagram(graph: Graph) -> Diagram:
    """A result is a node beside its op where it has a name or is an output; an update is a node of its own.

    What a training step computes beside its outputs is its backward pass.
    """
    nodes: list[Node] = []
    edges: list[Edge] = []
    sources: dict[int, Node] = {}
    boxes: dict[Scope, Box] = {}
    outputs = {id(x) for x in graph.outputs}
    forward = {id(x) for x in ordered(x for x in graph.outputs if type(x) is Value)}

    def add(node: Node, *tails: Node) -> Node:
        nodes.append(node)
        for tail in tails:
            taken = tail.kind not in ("backward", "gradient", "constant")
            edges.append(Edge(tail, node, "forward" if node.kind in FORWARD else "taken" if taken else "backward"))
        return node

    def source(x: Any) -> Node:
        if not isinstance(x, Value):
            return add(Node("constant", _number(x), [], None, x))
        return sources[id(x)]

    for value in graph.nodes():
        if value.op is None:
            sources[id(value)] = add(_source(value))
            continue
        box = _box(value.scope, boxes)
        tails = [source(x) for x in value.inputs]
        kind, result = ("op", "result") if id(value) in forward else ("backward", "gradient")
        op = add(Node(kind, value.op.name, _call(value, tails), box, value), *tails)
        if value.name or id(value) in outputs:
            op = add(Node(result, value.name or "result", _type(value), box, value), op)
        else:
            op.details.append(" ".join(_type(value)))
        sources[id(value)] = op
    for u in graph.updates:
        parameter = sources[id(u.parameter)]
        update = Node("backward", "update", [f"{u.name} -= change"], None, u)
        add(
            Node("gradient", f"new {u.name}", _type(u.parameter), None, u),
            add(update, parameter, sources[id(u.change)]),
        )
    _place_leaves(edges)
    return Diagram(nodes, edges, list(boxes.values()))


def _source(value: Value) -> Node:
    title = value.name or value.kind
    if value.kind == "constant" and not value.shape:
        return Node("constant", _number(value.value.item()), [str(value.dtype)], None, value)
    return Node(KINDS[value.kind], title, _type(value), None, value)
