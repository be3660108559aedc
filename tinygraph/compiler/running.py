"""A traced function as it runs: a program, bound to the values that it reads at each call."""

from __future__ import annotations

from typing import Any

from ..graph.nodes import Graph
from .passes.fold_learning_rate import seeded
from .passes.table import SIMPLIFY, Stages, applied
from .program import Program
from .report import report
from .step import TrainingStep
from .traced import Traced


class Runner:
    """A function compiled for one signature; `program` is the part that runs."""

    def __init__(self, traced: Traced, passes: tuple[str, ...]) -> None:
        self.traced, self.signature, self.results = traced, traced.signature, traced.results
        self._passes = passes
        step = traced.step
        self._state = dict(step.optimizer._state) if step is not None else {}
        self._counted: dict[str, Any] = {}  # the optimizer's state after a call, whose arrays are written in place
        counted = (step.optimizer._state, self._counted) if step is not None and self._state else None
        self.program = Program(self._to_run(None), passes, counted)
        self._flags = [(p, p._requires_grad) for p, _ in self.program.parameters]

    def _to_run(self, stages: Stages | None) -> Graph:
        graph = applied((*SIMPLIFY, *SIMPLIFY, "fold_learning_rate"), self._passes, self.traced.graph, stages)
        return applied((*SIMPLIFY, "mask", "pack_bias"), self._passes, seeded(graph), stages)

    @property
    def graph(self) -> Graph:
        """The graph to read. It is made anew each time, because few ask for it."""
        graph = applied((*SIMPLIFY, *SIMPLIFY), self._passes, self.traced.graph)
        return applied(SIMPLIFY, self._passes, seeded(graph))

    def report(self) -> str:
        """The text of step.report(); the passes run again for it."""
        stages = [("traced", self.traced.graph)]
        self._to_run(stages)
        return report(stages, self.traced.notes, self.program)

    def is_stale(self) -> bool:
        """Whether a parameter was frozen or thawed since, or an eager step left one out."""
        for p, flag in self._flags:
            if p._requires_grad is not flag:
                return True
        if not self._state:
            return False
        step: Any = self.traced.step
        return len({step.optimizer._state[name][0] - steps for name, steps in step.steps.items()}) > 1

    def run(self, arrays: Any) -> Any:
        """The outputs for these arrays; with an optimizer, the call also updates the parameters."""
        program, traced = self.program, self.traced
        for check, read in traced.checks:
            check(read(arrays))
        for tensor, array in program.parameters:
            if tensor._data is not array:  # assigned or loaded since
                program.link()
                break
        if traced.step is not None:
            self._begin(traced.step)
        return program.run(*arrays)

    def _begin(self, step: TrainingStep) -> None:
        """Bind the numbers of the optimizer's next step, and its state."""
        program, optimizer, state = self.program, step.optimizer, step.optimizer._state
        for k, name, node in step.numbers:
            if node in program.number_cells:
                program.number_cells[node][()] = optimizer.numbers(state[name][0] + 1 if state else 1)[k]
        if state:
            if any(state[name][1] is not self._state[name][1] for name in step.steps):
                program.link()
                self._state = dict(state)
            self._counted.update({name: (state[name][0] + 1, state[name][1]) for name in step.steps})
