"""The optimizer's part of a training step: gradients, updates of parameters, numbers of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.nodes import Node, Update
from ..graph.trace import Nodes, Trace, argument
from ..nn.mlp import LINEAR_GRADIENTS
from ..ops.elementwise import _as_wide
from ..optim import Optimizer
from ..tape import gradients, toposort
from ..tensor import Tensor, equation

OF_UPDATE = {"(8)": "(16)", "(9)": "(17)"}  # the equation of an update, by that of its gradient


class TrainingStep:
    """The updates of the parameters by an optimizer.

    `seed` is the gradient of the cost with respect to itself. `steps` counts the steps of each
    parameter so far. `numbers` are the values that the optimizer gives anew at each call: the index
    among its numbers, the name of a parameter that uses it, and the node.
    """

    def __init__(self, optimizer: Optimizer, outputs: list[Any], nodes: Nodes, trace: Trace) -> None:
        self.optimizer = optimizer
        self.steps: dict[str, int] = {}
        self.numbers: list[tuple[int, str, Node]] = []
        if len(outputs) != 1 or type(outputs[0]) is not Tensor or outputs[0].size != 1:
            shapes = [np.shape(x._data if type(x) is Tensor else x) for x in outputs]
            raise ValueError(f"with an optimizer, the function gives the cost, a Tensor of one entry; it gave {shapes}")
        cost = outputs[0]
        seed = argument(np.ones(cost.shape, cost.dtype), False, None)
        tape = toposort(cost)
        named = {x for x in tape if x.name}
        found = gradients(cost, seed, keep=named) if cost.requires_grad else {}
        trained = {name: p for name, p in optimizer.parameters.items() if p in found}
        if not trained:
            raise ValueError("the cost depends on no parameter of the optimizer that requires a gradient")
        trace.name_what_came_again()
        equations = _name_gradients(tape, seed, found)
        self.seed = nodes.source(seed, "number")
        cells: dict[Any, tuple[Tensor, ...]] = {}
        self.updates = [self._update(name, p, found[p], nodes, cells) for name, p in trained.items()]
        for p in trained.values():
            nodes.of(p).equation = OF_UPDATE.get(equations.get(p, ""))

    def _update(self, name: str, p: Tensor, gradient: Tensor, nodes: Nodes, cells: Any) -> Update:
        optimizer = self.optimizer
        steps, state = optimizer._state.get(name, (0, ()))
        self.steps[name] = steps
        wide, g = _as_wide(p), _as_wide(gradient)
        if (wide.dtype, steps) not in cells:
            numbers = [np.array(x, wide.dtype) for x in optimizer.numbers(steps + 1)]
            made = tuple([argument(x, False, "learning_rate") for x in numbers])
            cells[wide.dtype, steps] = made
            self.numbers += [(k, name, nodes.source(x, "number")) for k, x in enumerate(made)]
        named = zip(optimizer.state_names, state, strict=False)
        olds = tuple([argument(x, False, f"{kind}_{name}") for kind, x in named])
        states = [nodes.source(x, "state", (name, k)) for k, x in enumerate(olds)]
        change, news = optimizer.rule(wide, g, cells[wide.dtype, steps], olds)
        optimizer._check_answer(name, wide, change, news)
        parts = nodes.of(p), nodes.of(change), nodes.of(gradient)
        return Update(name, *parts, [nodes.of(x) for x in news], states)


def _name_gradients(tape: list[Tensor], seed: Tensor, found: dict[Tensor, Any]) -> dict[Tensor, str]:
    """Name the gradient of W dW and number it as in the lesson; returns the numbers by Tensor."""
    linear = [x for x in tape if equation(x) == "(4)"]
    equations = dict.fromkeys(linear, "(11)")
    equations |= {x: number for Z in linear for x, number in zip(Z.inputs, LINEAR_GRADIENTS, strict=True)}
    for x, gradient in found.items():
        if x.name and gradient.op is not None and gradient is not seed and not gradient.name:
            gradient.name, gradient._equation = f"d{x.name}", equations.get(x)
    return equations
