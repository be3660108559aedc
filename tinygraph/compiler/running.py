"""Running a program: its parameters and the optimizer's state bound as they are now, and its checks."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from ..graph.nodes import Graph, Node
from .program import Program
from .step import TrainingStep


class Runner:
    """A graph's program with what it needs at each call beside its arguments."""

    def __init__(self, graph: Graph, passes: Collection[str], checks: Any, step: TrainingStep | None) -> None:
        self._checks, self._step = checks, step
        self._state = dict(step.optimizer._state) if step is not None else {}
        self._counted: dict[str, Any] = {}  # the optimizer's state after a call: its arrays are written in place
        counted = (step.optimizer._state, self._counted) if step is not None and self._state else None
        self.program = Program(graph, passes, partial(_state_array, step), counted)
        self._flags = [(p, p._requires_grad) for p, _ in self.program.parameters]

    def is_stale(self) -> bool:
        """Whether a parameter was frozen or thawed since, or left out by an eager step, so that their counts differ."""
        for p, flag in self._flags:
            if p._requires_grad is not flag:
                return True
        if not self._state:
            return False
        step: Any = self._step
        return len({step.optimizer._state[name][0] - steps for name, steps in step.steps.items()}) > 1

    def run(self, arrays: Any) -> Any:
        """The outputs for these arrays; with an optimizer, after which the parameters are updated."""
        for check, read in self._checks:
            check(read(arrays))
        program = self.program
        for tensor, array in program.parameters:
            if tensor._data is not array:  # assigned or loaded since
                program.link()
                break
        if self._step is not None:
            self._begin(self._step)
        return program.run(*arrays)

    def _begin(self, step: TrainingStep) -> None:
        """Bind the numbers of the optimizer's next step, and its state."""
        program, optimizer = self.program, step.optimizer
        state = optimizer._state
        for k, name, node in step.numbers:
            if node in program.number_cells:
                program.number_cells[node][()] = optimizer.numbers(state[name][0] + 1 if state else 1)[k]
        if state and any(state[name][1] is not self._state[name][1] for name in step.steps):
            program.link()
            self._state = dict(state)
        if state:
            self._counted.update({name: (state[name][0] + 1, state[name][1]) for name in step.steps})


def _state_array(step: Any, node: Node) -> Any:
    name, k = node.value
    return step.optimizer._state[name][1][k]
