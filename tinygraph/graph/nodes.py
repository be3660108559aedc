"""The nodes of a graph: a function or a tape as plain data, in topological order, without values.

A Node is an op of the table with inputs (Nodes and Python numbers) and options, or a source. A
source is an argument of the call, a parameter (a Tensor that the function closes over, read anew at
each call), a constant (baked in when the function is traced), or a number that an optimizer gives
at each call (the learning rate).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..modes import Scope
from ..ops import matmul
from ..tensor import Op


class Node:
    """One value of the function. A source has no op; its `kind` says which source it is.

    `value` is the object that a source stands for.
    """

    __slots__ = ("dtype", "equation", "inputs", "kind", "name", "op", "options", "scope", "shape", "value")

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Any, ...],
        options: dict[str, Any],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        kind: str = "op",  # of a source: "argument", "parameter", "constant", "number" or "state"
        value: Any = None,
        name: str | None = None,
        scope: Scope | None = None,
        equation: str | None = None,
    ) -> None:
        self.op: Any = op
        self.inputs, self.options, self.shape, self.dtype = inputs, options, shape, dtype
        self.kind, self.value, self.name, self.scope, self.equation = kind, value, name, scope, equation

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    def nodes(self) -> list[Node]:
        """The inputs without the numbers."""
        return [x for x in self.inputs if type(x) is Node]

    def with_inputs(self, inputs: tuple[Any, ...]) -> Node:
        """The same op on other inputs of the same shapes and dtypes."""
        if all(a is b for a, b in zip(inputs, self.inputs, strict=True)):
            return self
        marks: dict[str, Any] = {"name": self.name, "scope": self.scope, "equation": self.equation}
        return Node(self.op, inputs, self.options, self.shape, self.dtype, **marks)


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
    return is_elementwise(node) or is_reduction(node) or node.op is matmul


class Update:
    """One parameter's part of a step: parameter -= change, and `new_state` replaces `state`.

    `gradient` is the node from which the optimizer's rule made the change. The program does not
    compute it unless the change needs it.
    """

    def __init__(
        self, name: str, parameter: Node, change: Node, gradient: Node, new_state: list[Node], state: list[Node]
    ) -> None:
        self.name, self.parameter, self.change, self.gradient = name, parameter, change, gradient
        self.new_state, self.state = new_state, state

    def of_gradient(self) -> Update:
        """The update whose change is the gradient itself."""
        return Update(self.name, self.parameter, self.gradient, self.gradient, [], [])


class Graph:
    """The nodes to compute: the outputs, and the updates of parameters.

    `seed` is the gradient of the cost with respect to itself, until a number takes its place.
    """

    def __init__(
        self,
        outputs: list[Any],
        arguments: list[Node],
        updates: list[Update] | None = None,
        seed: Node | None = None,
    ) -> None:
        self.outputs, self.arguments, self.updates, self.seed = outputs, arguments, updates or [], seed

    def roots(self) -> list[Node]:
        """All nodes that something outside needs, the last layer's gradients first.

        In this order, the nodes that made a gradient are soon free.
        """
        found = list(self.outputs)
        for update in reversed(self.updates):
            found += [update.parameter, update.change, *update.new_state]
        return [x for x in found if type(x) is Node]

    def nodes(self) -> list[Node]:
        """The nodes that the roots depend on, in topological order, and no others."""
        return ordered(self.roots())

    def with_updates(self, updates: list[Update]) -> Graph:
        """The graph with these updates."""
        return Graph(self.outputs, self.arguments, updates, self.seed)

    def replaced(self, replace: Callable[[Any], Any]) -> Graph:
        """The graph with `replace` applied to each root."""
        updates = [
            Update(
                u.name,
                replace(u.parameter),
                replace(u.change),
                replace(u.gradient),
                [*map(replace, u.new_state)],
                u.state,
            )
            for u in self.updates
        ]
        return Graph([replace(x) for x in self.outputs], self.arguments, updates, self.seed)


def ordered(roots: Iterable[Node]) -> list[Node]:
    """The roots and the nodes they depend on, inputs first; a loop, because a graph may be deep."""
    order: list[Node] = []
    done: set[int] = set()
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, inputs_done = stack.pop()
        if id(node) in done:
            continue
        if inputs_done:
            done.add(id(node))
            order.append(node)
        else:
            stack.append((node, True))
            stack += [(x, False) for x in reversed(node.nodes()) if id(x) not in done]
    return order


def rewritten(graph: Graph, rewrite: Callable[[Node], Any]) -> Graph:
    """The graph with `rewrite` applied to each op node, after it was applied to its inputs."""
    new: dict[int, Any] = {}

    def current(x: Any) -> Any:
        return new.get(id(x), x)

    for node in graph.nodes():
        if node.op is None:
            continue
        copy = node.with_inputs(tuple([*map(current, node.inputs)]))
        result = rewrite(copy)
        if isinstance(result, Node) and result is not copy and result.name is None and result.op is not None:
            result.name, result.scope = copy.name, result.scope or copy.scope
            result.equation = result.equation or copy.equation
        if result is not node:
            new[id(node)] = result
    return graph.replaced(current)
