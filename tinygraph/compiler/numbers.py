"""The numbers of a step: those that the optimizer gives anew, and those that follow from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..graph.nodes import Node, source
from ..ops import divide, multiply

SIGNS = {multiply: "*", divide: "/"}


def computed(node: Node) -> Node:
    """A product or quotient of numbers as a number: Python computes it faster than NumPy."""
    if node.op not in SIGNS or node.shape or not any(isinstance(x, Node) and x.kind == "number" for x in node.inputs):
        return node
    a, b = map(_plain, node.inputs)
    suits = a is not None and b is not None and (node.op is multiply or (type(b) is float and b != 0))
    return source(node, "number", (SIGNS[node.op], a, b)) if suits else node


def _plain(x: Any) -> Any:
    """A number of a step as its node, a constant as a float; None for anything else."""
    if isinstance(x, Node) and x.kind != "constant":
        return x if x.kind == "number" else None
    value = x.value if isinstance(x, Node) else x
    return float(value) if np.ndim(value) == 0 and np.isfinite(value) else None


class Numbers:
    """The cells of a program's numbers, which are filled before each step."""

    def __init__(self, cells: dict[Node, Array], step: Any) -> None:
        self._given = {} if step is None else {node: (k, name) for k, name, node in step.numbers}
        self._step = step
        groups: dict[Any, tuple[Any, str, dict[Node, Array]]] = {}
        for node, cell in cells.items():
            name = self._name(node)
            by = step.optimizer._of(name)  # all parameters that have the same numbers
            groups.setdefault((by, step.steps[name]), (by, name, {}))[2][node] = cell
        self._groups = [[(), by, name, self._writer(found)] for by, name, found in groups.values()]

    def fill(self) -> None:
        """Fill the cells for the optimizer's next step."""
        for group in self._groups:
            last, by, name, write = group
            numbers = (*by.numbers(self._step.optimizer._steps.get(name, 0) + 1),)  # a rule may change its own list
            if numbers != last:
                group[0] = None  # because Ctrl-C may come in between
                write(numbers)
                group[0] = numbers

    def _writer(self, cells: dict[Node, Array]) -> Any:
        """A function from an optimizer's numbers, n, that fills these cells."""
        lines = [f"    cell_{k}[()] = {self._text(node)}\n" for k, node in enumerate(cells)]
        scope: dict[str, Any] = {}
        exec(f"def write(n, {', '.join(f'cell_{k}' for k in range(len(cells)))}):\n{''.join(lines)}", scope)
        scope["write"].__defaults__ = (*cells.values(),)
        return scope.pop("write")  # no cycle: a program is freed at once

    def _name(self, node: Node) -> str:
        """A parameter that uses the number."""
        if node in self._given:
            return self._given[node][1]
        _, *pair = node.value
        return self._name(next(x for x in pair if isinstance(x, Node)))

    def _text(self, x: Any) -> str:
        """The number as an expression of those of the optimizer, n."""
        if type(x) is float:
            return repr(x)
        if x in self._given:
            return f"n[{self._given[x][0]}]"
        sign, a, b = x.value
        return f"({self._text(a)} {sign} {self._text(b)})"
