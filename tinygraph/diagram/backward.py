"""The backward pass beside the forward one, as the lesson's Figure 3 has it.

Each op that gradients pass gets a node that says what its rules compute, the gradients of named tensors are nodes, and
what a rule takes from the forward pass is an edge of its own kind.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from ..compiler.trace import Trace, argument
from ..explain import steps
from ..tape import recorded
from ..tensor import Tensor
from . import Box, Diagram, Edge, Node, _key, _type

LONG_NUMBER = re.compile(r"\d+\.\d{5,}(e[-+]?\d+)?")


def with_backward(d: Diagram, root: Tensor) -> Diagram:
    """Add the walk back from `root`, in the order in which backward() goes."""
    if not root._requires_grad:
        raise ValueError(
            f"draw(backward=True) on {root._title()}, which depends on no tensor with requires_grad=True (or was "
            "computed under no_grad): there is no backward pass to draw"
        )
    nodes, edges = list(d.nodes), list(d.edges)
    forward = {_key(node.value): node for node in d.nodes}  # where the arrows from a tensor start
    frames: dict[Box, Box] = {}
    arriving: dict[Tensor, list[Node]] = {root: []}  # what hands on a tensor's gradient
    ops: dict[Tensor, Node] = {}

    def frame(box: Box | None) -> Box | None:
        if box is None or box in frames:
            return box and frames[box]
        frame(box.parent)
        return frames.setdefault(box, Box(f"{box.title}, backward", box, is_backward=True))

    def arrows(x: Tensor, head: Node) -> None:
        edges.extend(Edge(tail, head, "backward") for tail in arriving[x])

    def gradient(x: Tensor) -> None:
        """A node for the gradient of `x`, where that has a name or is a leaf."""
        of = forward[_key(x)]
        if of.kind != "op":
            nodes.append(Node("gradient", names.get(x, f"d{of.title}"), _type(x), frame(of.box), x))
            arrows(x, nodes[-1])
            arriving[x] = [nodes[-1]]

    walk = [(step, step.into) for step in steps(root) if step.kind == "backward" and step.into is not None]
    names = {into: step.target for step, into in walk}
    gradient(root)
    for step, into in walk[1:]:
        node = step.tensor
        if node not in ops:
            if node is not root:
                gradient(node)
            ops[node] = Node("backward", f"{node.op} backward", [], frame(forward[_key(node)].box), node)
            nodes.append(ops[node])
            arrows(node, ops[node])
            taken = {id(tail): tail for x in _taken(node) for tail in [forward[_key(x)]]}
            edges.extend(Edge(tail, ops[node], "taken") for tail in taken.values())
        ops[node].details.append(LONG_NUMBER.sub(lambda number: f"{float(number[0]):.4g}", step.formula))
        handing = arriving.setdefault(into, [])
        if ops[node] not in handing:
            handing.append(ops[node])
    for x in [x for x in arriving if x.op is None and x is not root]:
        gradient(x)
    return replace(d, nodes=nodes, edges=edges, boxes=[*d.boxes, *frames.values()])


def _taken(node: Tensor) -> list[Tensor]:
    """The forward values, inputs and result of an op, that its gradient rules compute with."""
    op: Any = node.op
    values = {x: argument(x._data, False, None) for x in (*node.inputs, node) if type(x) is Tensor}
    inputs = [values.get(x, x) if type(x) is Tensor else x for x in node.inputs]
    g, found = argument(np.ones(node.shape, node.dtype), False, None), set()
    for x, rule in zip(node.inputs, op.rules_for(len(inputs)), strict=True):
        if rule is None or type(x) is not Tensor or not x._requires_grad:
            continue
        try:
            with Trace(stable=False):
                dx = rule(g, values[node], *inputs, **(node.options or {}))
        except Exception:  # a rule for arrays alone, whatever it says, may take all
            return list(values)
        found |= set(recorded(dx)) if type(dx) is Tensor else set()
    return [x for x, stand_in in values.items() if stand_in in found]
