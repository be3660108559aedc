"""The optimizer's part of a training step: gradients, updates of parameters, numbers of a step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..graph.nodes import Node, Update, source
from ..graph.trace import Nodes, Trace, argument
from ..nn.mlp import LINEAR_GRADIENTS, is_activation
from ..ops.elementwise import _as_wide
from ..optim import Optimizer
from ..optim.optimizers import is_builtin
from ..tape import gradients, toposort
from ..tensor import Tensor, equation, given_name
from .between import Between
from .rule import Rule

OF_UPDATE = {"(8)": "(16)", "(9)": "(17)"}  # the equation of an update, by that of its gradient


class Part(NamedTuple):
    """One parameter of a step: its node, its gradient's, those of its state, and the rule."""

    name: str
    parameter: Node
    gradient: Node
    state: list[Node]
    rule: Rule

    def update(self, gradient: Node | None = None) -> Update:
        """The update of this parameter alone, from its gradient or a stand-in for it."""
        g = self.gradient if gradient is None else gradient
        change, new_state = self.rule.on(self.parameter, g, self.state)
        return Update(self.name, self.parameter, change, g, new_state, self.state)

    def of_gradient(self) -> Update:
        """The gradient in place of the change. The rule is applied to it later."""
        return Update(self.name, self.parameter, self.gradient, self.gradient)


class TrainingStep:
    """The updates of the parameters by an optimizer.

    `seed` is the gradient of the cost with respect to itself. `steps` counts the steps of each
    parameter so far. `numbers` are the values that the optimizer gives anew at each call: the index
    among its numbers, the name of a parameter that uses it, and the node. `factor` is the number
    that the rule multiplies each gradient by, or 1.
    """

    def __init__(
        self, optimizer: Optimizer, between: Between | None, outputs: list[Any], nodes: Nodes, trace: Trace
    ) -> None:
        self.optimizer, self.between = optimizer, between
        self.steps: dict[str, int] = {}
        self.numbers: list[tuple[int, str, Node]] = []
        if len(outputs) != 1 or type(outputs[0]) is not Tensor or outputs[0].size != 1:
            shapes = [np.shape(x._data if type(x) is Tensor else x) for x in outputs]
            raise ValueError(f"with an optimizer, the function gives the cost, a Tensor of one entry; it gave {shapes}")
        cost = outputs[0]
        seed = argument(np.ones(cost.shape, cost.dtype), False, None)
        tape = toposort(cost)
        named = {x for x in tape if given_name(x)}
        found = gradients(cost, seed, keep=named) if cost.requires_grad else {}
        trained = {name: p for name, p in optimizer.parameters.items() if p in found}
        if not trained:
            raise ValueError("the cost depends on no parameter of the optimizer that requires a gradient")
        trace.name_what_came_again()
        equations = _name_gradients(tape, seed, found)
        self.seed = nodes.source(seed, "number")
        self._cells: dict[Any, tuple[Tensor, ...]] = {}  # the numbers' Tensors, by dtype and step
        self._rules: dict[Any, Rule] = {}
        self.parts = [self._part(name, p, found[p], nodes) for name, p in trained.items()]
        del self._cells, self._rules
        rules = {part.rule for part in self.parts}
        keys = {rule.key() for rule in rules}
        is_one = between is None and len(keys) == 1 and None not in keys
        self.factor = next(iter(rules)).factor() if is_one else 1.0
        self.is_plain = between is None and len(rules) == 1 and rules.pop().is_scaled_gradient()
        for p in trained.values():
            nodes.of(p).equation = OF_UPDATE.get(equations.get(p, ""))

    def _part(self, name: str, p: Tensor, gradient: Tensor, nodes: Nodes) -> Part:
        optimizer = self.optimizer
        steps, state = optimizer._steps.get(name, 0), optimizer._state.get(name, ())
        self.steps[name] = steps
        key = (id(optimizer._of(name)), p.dtype, steps) if is_builtin(optimizer) else name
        if key not in self._rules:
            self._rules[key] = self._rule(name, p, gradient, steps, state, nodes)
        named = enumerate(zip(optimizer.state_names, state, strict=False))
        of_state = [source(x, "state", (name, k), f"{kind}_{name}") for k, (kind, x) in named]
        return Part(name, nodes.of(p), nodes.of(gradient), of_state, self._rules[key])

    def _rule(self, name: str, p: Tensor, gradient: Tensor, steps: int, state: Any, nodes: Nodes) -> Rule:
        """The trace of the rule; of a built-in one, on one entry, because it treats all alike."""
        optimizer = self.optimizer._of(name)
        arrays = [x._data if type(x) is Tensor else x for x in (p, gradient, *state)]
        if is_builtin(optimizer):
            arrays = [np.ones(1, x.dtype) for x in arrays]
        leaves = [argument(x, False, None) for x in arrays]
        sources = [nodes.source(x, "leaf") for x in leaves]
        wide, g = map(_as_wide, leaves[:2])
        key = (id(optimizer), wide.dtype, steps)
        if key not in self._cells:
            numbers = [np.array(x, wide.dtype) for x in optimizer.numbers(steps + 1)]
            made = tuple([argument(x, False, "learning_rate") for x in numbers])
            self._cells[key] = made
            self.numbers += [(k, name, nodes.source(x, "number")) for k, x in enumerate(made)]
        change, news = optimizer.rule(wide, g, self._cells[key], tuple(leaves[2:]))
        optimizer._check_answer(name, wide, change, news)
        return Rule(sources[0], sources[1], sources[2:], nodes.of(change), [nodes.of(x) for x in news])


def _name_gradients(tape: list[Tensor], seed: Tensor, found: dict[Tensor, Any]) -> dict[Tensor, str]:
    """Name the gradient of W dW and number it as in the lesson; returns the numbers by Tensor."""
    linear = {x: None for x in tape if equation(x) == "(4)"}
    equations = {Z: "(11)" for x in tape if is_activation(x) for Z in x.inputs if Z in linear}
    equations |= {x: number for Z in linear for x, number in zip(Z.inputs, LINEAR_GRADIENTS, strict=True)}
    for x, gradient in found.items():
        name = given_name(x)
        if name and gradient.op is not None and gradient is not seed and not given_name(gradient):
            gradient.name, gradient._equation = f"d{name}", equations.get(x)
    return equations
