"""An optimizer's rule as a graph: a parameter's change and new state, from its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph.nodes import Graph, Node, is_elementwise, rewritten
from ..ops import add, divide, multiply, square
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
        return self._rewritten(_with_fewer_passes)

    def _rewritten(self, rewrite: Callable[[Node], Any]) -> Rule:
        graph = rewritten(Graph([self.change, *self.new_state], []), rewrite)
        return Rule(self.p, self.g, self.state, graph.outputs[0], graph.outputs[1:])

    def factor(self) -> float:
        """c, if the rule takes the gradient only as c * g, once, and in squares of g; otherwise 1.

        Gradients that come multiplied by c, from the seed, save the product.
        """
        uses = [node for node in self.order if self.g in node.inputs]
        products = [node for node in uses if node.op is not square]
        if len(products) != 1 or products[0].op is not multiply or self.g in (self.change, *self.new_state):
            return 1.0
        c = _value(products[0].inputs[0])
        # the square of a smaller one may be lost in rounding, and of a larger one overflow
        return c if c is not None and 1e-4 < c < 1 else 1.0

    def of_multiplied(self, c: float) -> Rule:
        """The rule for a gradient that comes multiplied by c, its factor."""

        uses = [node for node in self.order if self.g in node.inputs]  # a product and squares

        def rewrite(node: Node) -> Node:
            if node not in uses:
                return node
            return self.g if node.op is multiply else like(node, multiply, c**-2, node)

        return self._rewritten(rewrite) if c != 1 else self

    def of_change(self) -> Rule:
        """The rule for a gradient that comes multiplied by the learning rate: it is the change."""
        return Rule(self.p, self.g, [], self.g, [])

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


def _value(x: Any) -> float | None:
    """The value of a constant without axes; None for anything else."""
    value = x.value if isinstance(x, Node) and x.kind == "constant" else x
    return float(value) if not isinstance(value, Node) and np.ndim(value) == 0 else None


def _product(node: Node, a: Any, b: Any) -> Node:
    """The product of two numbers in the dtype of `node`."""
    return computed(Node(multiply, (a, b), {}, (), node.dtype))
