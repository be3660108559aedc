"""The backward pass next to the forward pass, as in the lesson's Figure 3.

Each op that gradients pass through gets a node with the formulas of its rules. The gradients of
named tensors are nodes. An edge of its own kind shows a forward value that a rule reads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from ..tensor import Tensor
from .diagram import Box, Diagram, Edge, Node, _type
from .steps import Steps


def add_backward(d: Diagram, root: Tensor) -> None:
    """Add the walk back from `root`, in the order of backward()."""
    if not root._requires_grad:
        raise ValueError(
            f"draw(backward=True) on {root._title()}, which depends on no tensor with requires_grad=True (or was "
            "computed under no_grad): there is no backward pass to draw"
        )
    steps = Steps(root)
    drawn = {steps.graph.node(node.value): node for node in d.nodes if type(node.value) is Tensor}  # results, not ops
    frames: dict[Any, Box] = {}
    arriving: dict[Any, dict[Node, None]] = defaultdict(dict)  # the nodes that a tensor's gradient comes from
    ops: dict[Tensor, Node] = {}
    taken: dict[Any, Edge] = {}
    totals: dict[Any, Any] = {}  # the gradients

    def frame(box: Box | None) -> Box | None:
        if box is not None and box not in frames:
            around = frame(box.box)
            frames[box] = Box(f"{box.title}, backward", around, box)
        return frames.get(box)

    def forward(x: Tensor) -> Node:
        """The node at which the arrows from a tensor start."""
        return drawn[steps.graph.node(x)]

    def add(kind: str, title: str, details: list[str], x: Tensor) -> Node:
        """Add a node that takes the gradient of `x`."""
        new = Node(kind, title, details, frame(forward(x).box), x, gradient=totals[x])
        d.nodes.append(new)
        d.edges.extend(Edge(tail, new, "backward") for tail in arriving[x])
        return new

    def gradient(x: Tensor) -> None:
        """Add a node for the gradient of `x` if it has a name or is a leaf."""
        if forward(x).kind != "op":
            arriving[x] = {add("gradient", steps.names.gradient(x), _type(x), x): None}

    for step in steps.backward():
        node, into = step.tensor, step.into
        totals[into] = step.total
        if into is root:  # where the walk starts: no op
            continue
        if node not in ops:
            gradient(node)
            ops[node] = add("backward", f"{node.op} backward", [], node)
        ops[node].details.append(step.formula)
        if steps.m and re.search(r"\bm\b", step.formula):
            ops[node].details.append(f"m = {steps.m}")
        for x in step.takes:
            taken.setdefault((forward(x), node), Edge(forward(x), ops[node], "taken"))
        arriving[into][ops[node]] = None
    for node, op in ops.items():
        op.details += ["the slope of the log is kept finite"] if getattr(node.op, "plain", None) else []
    for x in totals:
        if x.op is None:
            gradient(x)
    d.edges.extend(taken.values())
    d.boxes.extend(frames.values())
