"""The gradient of a compiled function's result: the ops that were traced run again, recorded, on the call's values."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from ..modes import enable_grad
from ..tape import free_variables, gradients, toposort
from ..tensor import Op, Tensor, constant, record
from ..transforms.checkpoint import variable


class Slot(NamedTuple):
    """Stands in a traced op for the k-th value of a run: to hold the trace's Tensor would hold all its arrays."""

    k: int


class Again(Op):
    """A result of a compiled function as an op of the tape; made at the trace, nothing is kept for it in a call.

    Its inputs are the array arguments, for which `stand_ins` stood, and the Tensors `captured` from outside.
    """

    may_skip = True

    def __init__(self, name: str, result: Tensor, stand_ins: list[Tensor], start: int) -> None:
        ops = [x for x in toposort(result, set(stand_ins)) if x.order > start]
        self.captured = [x for x in free_variables(result, start, stand_ins) if x.order != -1]
        sources = [*stand_ins, *self.captured]
        self._needs_grad = [x._requires_grad for x in sources]
        slots = {x: Slot(k) for k, x in enumerate([*sources, *ops])}
        steps: Any = [(x.op, [slots.get(y, y) for y in x.inputs], x.options, x._requires_grad) for x in ops]
        self._run = run = partial(_run, steps, slots[result])
        super().__init__(name, lambda *arrays: run([*map(constant, arrays)])._data)

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by one walk back."""
        with enable_grad():
            # tensors of their own, for two inputs may be one Tensor
            own = [*map(variable, values, self._needs_grad)]
            found = gradients(self._run([*own]), g, stop=set(own))
        return [found.get(x) for x in own]


def _run(steps: Any, result: Slot, values: list[Any]) -> Tensor:
    for op, inputs, options, needs_grad in steps:
        y = record(op, tuple([values[x.k] if type(x) is Slot else x for x in inputs]), options)
        values.append(y if needs_grad else y.detach())  # as under no_grad in the function
    return values[result.k]
