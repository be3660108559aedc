"""The backward pass next to the forward pass, as in the lesson's Figure 3.

Each op that gradients pass through gets a node with the formulas of its rules. The gradients of
named tensors are nodes. An edge of its own kind shows a forward value that a rule reads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..tensor import Tensor
from .diagram import Box, Diagram, Edge, Node, _type
from .steps import Steps


def with_backward(d: Diagram, root: Tensor) -> Diagram:
    """Add the walk back from `root`, in the order of backward()."""
    if not root._requires_grad:
        raise ValueError(
            f"draw(backward=True) on {root._title()}, which depends on no tensor with requires_grad=True (or was "
            "computed under no_grad): there is no backward pass to draw"
        )
    nodes, edges = list(d.nodes), list(d.edges)
    steps = Steps(root)
    drawn = {steps.graph.node(node.value): node for node in d.nodes if type(node.value) is Tensor}  # results, not ops
    frames: dict[Box, Box] = {}
    arriving: dict[Tensor, list[Node]] = {root: []}  # the nodes that a tensor's gradient comes from
    ops: dict[Tensor, Node] = {}
    taken: dict[Any, Edge] = {}

    def frame(box: Box | None) -> Box | None:
        if box is None or box in frames:
            return box and frames[box]
        frame(box.parent)
        return frames.setdefault(box, Box(f"{box.title}, backward", box, is_backward=True))

    def forward(x: Tensor) -> Node:
        """The node at which the arrows from a tensor start."""
        return drawn[steps.graph.node(x)]

    def arrows(x: Tensor, head: Node) -> None:
        edges.extend(Edge(tail, head, "backward") for tail in arriving[x])

    def gradient(x: Tensor) -> None:
        """Add a node for the gradient of `x` if it has a name or is a leaf."""
        of = forward(x)
        if of.kind != "op":
            nodes.append(Node("gradient", steps.names.gradient(x), _type(x), frame(of.box), x))
            arrows(x, nodes[-1])
            arriving[x] = [nodes[-1]]

    walk = [(step, step.into) for step in steps.backward() if step.into is not None]
    gradient(root)
    for step, into in walk[1:]:
        node = step.tensor
        if node not in ops:
            if node is not root:
                gradient(node)
            ops[node] = Node("backward", f"{node.op} backward", [], frame(forward(node).box), node)
            nodes.append(ops[node])
            arrows(node, ops[node])
        ops[node].details.append(step.formula)
        for x in step.takes:
            taken.setdefault((forward(x), node), Edge(forward(x), ops[node], "taken"))
        handing = arriving.setdefault(into, [])
        if ops[node] not in handing:
            handing.append(ops[node])
    for x in [x for x in arriving if x.op is None and x is not root]:
        gradient(x)
    return replace(d, nodes=nodes, edges=[*edges, *taken.values()], boxes=[*d.boxes, *frames.values()])
