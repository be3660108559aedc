"""The nodes of a graph: a function or a tape as plain data, in topological order, without values.

A Node is an op of the table with inputs (Nodes and Python numbers) and options, or a source. A
source is an argument of the call, a parameter (a Tensor that the function closes over, read anew at
each call), a constant (baked in when the function is traced), or a number that an optimizer gives
at each call (the learning rate).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..modes import Scope
from ..ops import matmul
from ..ops.shapes import _cast
from ..tensor import Tensor, equation, given_name


@dataclass(eq=False, repr=False, slots=True)
class Node:
    """One value of the function. A source has no op; its `kind` says which source it is.

    `value` is the object that a source stands for.
    """

    op: Any
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    kind: str = "op"  # of a source: "argument", "parameter", "constant", "number" or "state"
    value: Any = None
    name: str | None = None
    scope: Scope | None = None
    equation: str | None = None

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    def nodes(self) -> list[Node]:
        """The inputs without the numbers."""
        return [x for x in self.inputs if type(x) is Node]

    def with_inputs(self, inputs: tuple[Any, ...]) -> Node:
        """The same op on other inputs of the same shapes and dtypes."""
        marks = self.name, self.scope, self.equation
        return Node(self.op, inputs, self.options, self.shape, self.dtype, self.kind, self.value, *marks)


def recorded_node(tensor: Tensor, inputs: tuple[Any, ...], kind: str = "op", value: Any = None) -> Node:
    """The node of a recorded Tensor: its op on these inputs, and what marks it."""
    marks = given_name(tensor), tensor.scope, equation(tensor)
    return Node(tensor.op, inputs, tensor.options or {}, tensor.shape, tensor.dtype, kind, value, *marks)


def source(like: Any, kind: str, value: Any = None, name: str | None = None) -> Node:
    """A source with the shape and dtype of `like`, a Node, Tensor or array."""
    return Node(None, (), {}, like.shape, like.dtype, kind, value, name)


def is_elementwise(node: Node) -> bool:
    """Whether a NumPy ufunc on single entries made it; np.matmul works on whole axes.

    Such a ufunc takes the array to write to.
    """
    forward = node.op and node.op.forward
    return isinstance(forward, np.ufunc) and forward.signature is None


def is_reduction(node: Node) -> bool:
    """Whether the reduce method of a ufunc made the node."""
    return node.op is not None and node.op.reduces is not None


def takes_out(node: Node) -> bool:
    """Whether compiled code can tell NumPy which array to write the node to."""
    return is_elementwise(node) or is_reduction(node) or node.op in (matmul, _cast)


@dataclass(eq=False)
class Update:
    """One parameter's part of a step: parameter -= change, and `new_state` replaces `state`.

    `gradient` is the node from which the optimizer's rule made the change. The program does not
    compute it unless the change needs it.
    """

    name: str
    parameter: Node
    change: Node
    gradient: Node
    new_state: list[Node] = field(default_factory=list)
    state: list[Node] = field(default_factory=list)


@dataclass(eq=False)
class Graph:
    """The nodes to compute: the outputs, and the updates of parameters.

    `seed` is the gradient of the cost with respect to itself, until a number takes its place.
    `replaced` has pairs of a Tensor's node and of the value that it has after a step, as the
    running statistics of batch norm.
    """

    outputs: list[Any]
    arguments: list[Node]
    updates: list[Update] = field(default_factory=list)
    seed: Node | None = None
    replaced: list[tuple[Node, Node]] = field(default_factory=list)
    _order: tuple[list[Node], list[Node]] = field(default=([], []), init=False)  # of which roots, and the order

    def roots(self) -> list[Node]:
        """All nodes that something outside needs, the last layer's gradients first.

        In this order, the nodes that made a gradient are soon free.
        """
        found = list(self.outputs)
        for update in reversed(self.updates):
            found += [update.parameter, update.change, update.gradient, *update.new_state]
        found += [x for pair in self.replaced for x in pair]
        return [x for x in found if type(x) is Node]

    def nodes(self) -> list[Node]:
        """The nodes that the roots depend on, in topological order, and no others."""
        roots = self.roots()
        if self._order[0] != roots:
            self._order = roots, ordered(roots)
        return self._order[1]

    def mapped(self, new: Callable[[Any], Any]) -> Graph:
        """The graph with `new` applied to each root."""

        def update(u: Update) -> Update:
            state = [*map(new, u.new_state)]
            return Update(u.name, new(u.parameter), new(u.change), new(u.gradient), state, u.state)

        replaced = [(old, new(x)) for old, x in self.replaced]
        return Graph([*map(new, self.outputs)], self.arguments, [*map(update, self.updates)], self.seed, replaced)


def ordered(roots: Iterable[Node]) -> list[Node]:
    """The roots and the nodes they depend on, inputs first; a loop, because a graph may be deep."""
    done: dict[Node, None] = {}
    stack = [*roots][::-1]
    while stack:
        node = stack[-1]
        left = [] if node in done else [x for x in reversed(node.inputs) if type(x) is Node and x not in done]
        if left:
            stack += left
        else:
            done[stack.pop()] = None
    return [*done]


def rewritten(graph: Graph, rewrite: Callable[[Node], Any], new: dict[Node, Any] | None = None) -> Graph:
    """The graph with `rewrite` applied to each op node, after it was applied to its inputs.

    new: other nodes for some sources.
    """
    new = {} if new is None else new

    def current(x: Any) -> Any:
        return new.get(x, x)

    for node in graph.nodes():
        if node.op is None:
            continue
        changed = new and any(x in new for x in node.inputs)
        copy = node.with_inputs((*map(current, node.inputs),)) if changed else node
        result = rewrite(copy)
        if isinstance(result, Node) and result is not copy and result.name is None and result.op is not None:
            result.name, result.scope = copy.name, result.scope or copy.scope
            result.equation = result.equation or copy.equation
        if result is not node:
            new[node] = result
    return graph.mapped(current) if new else graph
