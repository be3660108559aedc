"""An optimizer's rule as a graph: a parameter's change and new state, from its gradient."""

from __future__ import annotations

from typing import Any

from ..graph.nodes import Graph, Node, is_elementwise, rewritten
from ..ops import add, divide, multiply
from .numbers import computed
from .passes.algebra import like
from .passes.cse import frozen
from .passes.table import SIMPLIFY, simplify


class Rule:
    """One trace of a rule. Its leaves are `p`, the gradient `g`, the `state` and numbers."""

    def __init__(self, p: Node, g: Node, state: list[Node], change: Any, new_state: list[Any]) -> None:
        graph = simplify(SIMPLIFY, Graph([change, *new_state], []))
        self.p, self.g, self.state = p, g, state
        self.change, *self.new_state = graph.outputs
        self.order = graph.nodes()
        self.of_entries = {p, g, *state}  # the nodes with an entry for each of the parameter's
        for node in self.order:
            if not self.of_entries.isdisjoint(node.nodes()):
                self.of_entries.add(node)
        self.numbers = [node for node in self.order if node.kind == "number"]

    def key(self) -> Any:
        """What the rule does to each entry: equal for rules that do the same; None if it does more.

        Such a rule may run over a vector of the entries of many parameters.
        """
        place = {node: k for k, node in enumerate((self.p, self.g, *self.state))}
        steps: list[Any] = []
        for node in self.order:
            if node in place:
                continue
            each = node in self.of_entries
            if node.shape != (self.p.shape if each else ()) or node.dtype != self.p.dtype:
                return None
            if node.kind in ("number", "constant"):
                what: Any = id(node) if node.kind == "number" else frozen(node.value.item())
            elif is_elementwise(node):
                what = (node.op, *(place[x] if isinstance(x, Node) else frozen(x) for x in node.inputs))
            else:
                return None
            place[node] = len(place)
            steps.append(what)
        outputs = [place[x] if isinstance(x, Node) else frozen(x) for x in (self.change, *self.new_state)]
        swaps = any(x in self.state and x is not old for x, old in zip(self.new_state, self.state, strict=True))
        return None if swaps or self.change in self.state else (tuple(steps), tuple(outputs))

    def with_fewer_passes(self) -> Rule:
        """The same rule to rounding, with fewer calls on whole vectors."""
        graph = rewritten(Graph([self.change, *self.new_state], []), _with_fewer_passes)
        return Rule(self.p, self.g, self.state, graph.outputs[0], graph.outputs[1:])

    def is_scaled_gradient(self) -> bool:
        """Whether the change is the learning rate times the gradient."""
        change = self.change
        is_product = change.op is multiply and change.inputs[1] is self.g
        return is_product and not self.state and change.inputs[0] in self.numbers

    def on(self, p: Node, g: Node, state: list[Node]) -> tuple[Any, list[Any]]:
        """The change and the new state of another parameter, as nodes of its graph."""
        new: dict[Node, Node] = dict(zip((self.p, self.g, *self.state), (p, g, *state), strict=True))
        for node in self.order:
            if node.op is not None:
                inputs = tuple([new.get(x, x) if isinstance(x, Node) else x for x in node.inputs])
                shape = p.shape if node in self.of_entries and node.shape == self.p.shape else node.shape
                new[node] = Node(node.op, inputs, node.options, shape, node.dtype, name=node.name, scope=node.scope)
        change, *new_state = [new.get(x, x) if isinstance(x, Node) else x for x in (self.change, *self.new_state)]
        return change, new_state


def _with_fewer_passes(node: Node) -> Node:
    """x / (y / a + b) as a * x / (y + a * b), and a * (b * x) as (a * b) * x."""
    if node.op is divide and _is(node.inputs[1], add):
        y, b = node.inputs[1].inputs
        if _is(y, divide) and _is_number(y.inputs[1]) and _is_number(b):
            y, a = y.inputs
            x = _with_fewer_passes(like(node, multiply, a, node.inputs[0]))
            return like(node, divide, x, like(node, add, y, _product(node, a, b)))
    if node.op is multiply and _is_number(node.inputs[0]) and _is(node.inputs[1], multiply):
        b, x = node.inputs[1].inputs
        return like(node, multiply, _product(node, node.inputs[0], b), x) if _is_number(b) else node
    return node


def _is(x: Any, op: Any) -> bool:
    return isinstance(x, Node) and x.op is op and x.shape != ()


def _is_number(x: Any) -> bool:
    return not isinstance(x, Node) or x.shape == ()


def _product(node: Node, a: Any, b: Any) -> Node:
    """The product of two numbers in the dtype of `node`."""
    return computed(Node(multiply, (a, b), {}, (), node.dtype))
