"""A tape as a graph: plain data as in the compiler, with the recorded Tensors as values."""

from __future__ import annotations

from typing import Any

from ..tape import toposort
from ..tensor import Tensor
from .nodes import Graph, Node, recorded_node
from .variables import take_names


def identity(x: Tensor) -> Any:
    """The key of a thing in all its uses; a leaf's is its array and name, which .detach() keeps."""
    return id(x) if x.op is not None else (id(x._data), x.name)


class Recorded(Graph):
    """The graph behind a Tensor, in the order of recording. Each node's value is its Tensor.

    `tape` has the recorded Tensors. Those without a name take that of the caller's variable.
    """

    def __init__(self, root: Tensor) -> None:
        self._nodes: dict[Any, Node] = {}
        self.tape = toposort(root)
        take_names(self.tape or [root])
        for tensor in self.tape or [root]:
            self.node(tensor)
        super().__init__([self.node(root)], [])

    def nodes(self) -> list[Node]:
        """All nodes, each leaf before the first op that takes it."""
        return [*self._nodes.values()]

    def node(self, x: Tensor) -> Node:
        """The node of a Tensor. An array that was given twice is two leaves but one node."""
        key = identity(x), x._requires_grad
        if key not in self._nodes:
            inputs = tuple([self.node(y) if type(y) is Tensor else y for y in x.inputs])  # ops have nodes already
            kind = "op" if x.op else "parameter" if x._requires_grad else "data" if x.ndim or x.name else "constant"
            self._nodes[key] = node = recorded_node(x, inputs, kind, x)
            node.name = x.name  # also one that was seen, because this graph is only shown
        return self._nodes[key]
