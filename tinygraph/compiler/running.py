"""A traced function as it runs: a program, bound to the values that it reads at each call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import attrgetter, is_
from typing import Any

import numpy as np

from .. import arrays
from ..graph.nodes import Graph, Node, Update, source
from ..nn.layers import mode
from ..transforms.tree import leaves
from .numbers import Numbers
from .passes.fold_learning_rate import is_linear, seeded
from .passes.table import SIMPLIFY, Stages, applied, simplify
from .program import Program
from .report import byte_size, report
from .rule import Rule
from .step import Part
from .traced import Traced
from .update import Fold

_data, _requires_grad = attrgetter("_data"), attrgetter("_requires_grad")
SMALL = 2048  # bytes: so small an array is compared with the last call's in less time than a check takes


class Runner:
    """A function compiled for one signature; `program` is the part that runs.

    is_empty: the step has no examples, and so no forward pass.
    """

    def __init__(self, traced: Traced, passes: tuple[str, ...], is_empty: bool) -> None:
        self.traced, self.signature, self.results = traced, traced.signature, traced.results
        self._passes, self._is_empty, self._mode = passes, is_empty, mode()
        self.program = Program(self._to_run(), passes, traced.step, self._fold)
        self._flags = [*map(_requires_grad, self.program.tensors)]
        step = traced.step
        self._names = [*self.program.states]
        self._traced_counts = [step.steps[name] for name in self._names]
        self._numbers = Numbers(self.program.number_cells, step)
        self._checked: list[bytes | None] = [None] * len(traced.checks)  # the values that each check has passed
        self._seen = 0  # the last assignment that it has looked for

    def _to_run(self, stages: Stages | None = None) -> Graph:
        """The graph of the program; each pass is added to `stages`."""
        step, passes = self.traced.step, self._passes

        def simplified(graph: Graph) -> Graph:
            return simplify(passes, graph) if stages is None else applied(2 * [*SIMPLIFY], passes, graph, stages)

        graph = simplified(self._traced_graph(Part.update if step is None or step.is_plain else Part.of_gradient))
        self._fold: Fold | None = None
        c = step.factor if step is not None and {"fold_learning_rate", "one_vector"} <= {*passes} else 1.0
        if c != 1 and is_linear(graph):
            graph, self._fold = seeded(graph, c), partial(Rule.of_multiplied, c=c)
        graph = applied(["fold_learning_rate"], passes, graph, stages)
        if step is not None:
            if step.is_plain and all(u.change is u.gradient for u in graph.updates):
                self._fold = Rule.of_change
            gradients = [Update(u.name, u.parameter, u.gradient, u.gradient) for u in graph.updates]
            graph = seeded(replace(graph, updates=gradients))
            graph = simplified(_of_nothing(graph) if self._is_empty else graph)
        # of a reduced vector, the order may not depend on the shapes of a call, as packing does
        is_reduced = step is not None and step.between is not None and step.between.reduce is not None
        names = ["mask", *["pack_bias"] * (not is_reduced), "fewer_calls"]
        return applied(names, passes, graph, stages)

    @property
    def graph(self) -> Graph:
        """The graph to read. It is made anew each time, because few ask for it."""
        return simplify(self._passes, seeded(simplify(self._passes, self._traced_graph())))

    def _traced_graph(self, update: Callable[[Part], Update] = Part.update) -> Graph:
        graph, step = self.traced.graph, self.traced.step
        return graph if step is None else replace(graph, updates=[*map(update, step.parts)])

    def report(self) -> str:
        """The text of step.report(); the passes run again for it."""
        stages = [("traced", self._traced_graph())]
        self._to_run(stages)
        return report(stages, self.traced.notes, self.program)

    def row(self) -> tuple[str, str, str]:
        """Arguments, ops and memory, as the table of a compiled function shows them."""
        layout = self.program.layout
        takes = ", ".join(f"{x.name or 'x'} {x.shape} {x.dtype}" for x in self.traced.graph.arguments)
        ops = sum(node.op is not None for node in layout.order)
        return takes or "no arrays", f"{ops} op{'s' * (ops != 1)}", f"{byte_size(layout.total)} of buffers"

    def ready(self) -> bool:
        """Link it to the arrays that parameters and optimizer have now; gives whether it can run.

        It cannot if it was traced in another mode, or with other parameters frozen or left out.
        """
        program, step, seen = self.program, self.traced.step, arrays.last_assigned
        if step is None and self._mode is not mode():
            return False
        counts = step.optimizer._steps if self._names else program.counted
        if seen == self._seen and counts == program.counted:  # as the last call left them
            return True
        if [*map(_requires_grad, program.tensors)] != self._flags:
            return False
        if len({counts[name] - traced for name, traced in zip(self._names, self._traced_counts, strict=True)}) > 1:
            return False
        states = step.optimizer._state if self._names else program.states
        are_same = all(map(is_, map(_data, program.tensors), program.arrays))
        if not are_same or not all(map(is_, map(states.__getitem__, self._names), program.states.values())):
            program.link()
        self._seen = seen
        return True

    def drawn(self, args: Any, kwargs: Any) -> list[Any]:
        """The results of the random draws of a call."""
        given = [x for x in leaves((args, kwargs)) if isinstance(x, np.random.Generator)]
        return [np.asarray(draw.of(given)) for draw in self.traced.draws]

    def run(self, values: Any) -> Any:
        """The outputs for these arrays; with an optimizer, the call also updates the parameters."""
        for k, (check, read) in enumerate(self.traced.checks):
            x = read(values)
            if x.nbytes > SMALL or self._checked[k] != (given := x.tobytes()):  # other values than in the last call
                check(x)
                self._checked[k] = given if x.nbytes <= SMALL else None
        self._numbers.fill()
        if self._names:
            steps, counted = self.traced.step.optimizer._steps, self.program.counted
            counted.update([(name, steps[name] + 1) for name in self._names])
        return self.program.run(*values)


def _of_nothing(graph: Graph) -> Graph:
    """The graph of a step on 0 examples: a cost of 0 and gradients of 0, without a forward pass."""

    def zeros(x: Node) -> Node:
        return source(x, "constant", np.broadcast_to(np.zeros((), x.dtype), x.shape), x.name)

    updates = [Update(u.name, u.parameter, g := zeros(u.change), g) for u in graph.updates]
    return Graph([zeros(x) for x in graph.outputs], graph.arguments, updates)
