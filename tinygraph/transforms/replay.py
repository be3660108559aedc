"""A function's result as one op of the tape: the walk back runs the function again, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arrays import next_order
from ..modes import enable_grad
from ..tape import free_variables, gradients, toposort
from ..tensor import Op, Tensor, _leaf, constant, record


class Replay(Op):
    """One call of a function as an op; its inputs are the arguments and the Tensors `captured`.

    `again(values)` runs the function on the inputs' values. It returns the Tensor in place of each
    input, or None for a plain array, and the result.
    """

    may_skip = True

    def __init__(self, name: str, forward: Any, again: Any, captured: list[Tensor], opaque: bool = False) -> None:
        super().__init__(name, forward)
        self._again, self.captured, self.opaque = again, captured, opaque

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by one walk back."""
        with enable_grad():
            variables, result = self._again(values)
            found = gradients(result, g, stop=set(variables))
        return [found.get(x) for x in variables]


def variable(value: Any, requires_grad: bool, name: str | None = None) -> Tensor:
    """A new Tensor for an array; for a Tensor a recorded one, for second derivatives."""
    if type(value) is not Tensor:
        return _leaf(value, requires_grad, name, next_order())
    if not requires_grad:
        return value
    own = +value
    own._requires_grad = True
    return own


class Slot(NamedTuple):
    """A placeholder for the k-th value of a run: a recorded Tensor would keep its arrays."""

    k: int


def replayed(name: str, result: Tensor, arguments: Sequence[Tensor], start: int) -> Replay:
    """The op that repeats the ops recorded since `start`, from `arguments` to `result`.

    It keeps none of the recorded Tensors.
    """
    ops = [x for x in toposort(result, set(arguments)) if x.order > start]
    captured = [x for x in free_variables(result, start, arguments) if x.order != -1]
    sources = [*arguments, *captured]
    slots = {x: Slot(k) for k, x in enumerate([*sources, *ops])}
    steps: Any = [(x.op, [slots.get(y, y) for y in x.inputs], x.options, x._requires_grad) for x in ops]
    last, needs_grad = slots[result].k, [x._requires_grad for x in sources]

    def run(values: list[Any]) -> Tensor:
        for op, inputs, options, records in steps:
            y = record(op, tuple([values[x.k] if type(x) is Slot else x for x in inputs]), options)
            values.append(y if records else y.detach())  # detached, as under no_grad in the function
        return values[last]

    def again(values: Sequence[Any]) -> tuple[list[Tensor], Tensor]:
        own = [*map(variable, values, needs_grad)]  # Tensors of their own, because two inputs may be one Tensor
        return own, run([*own])

    return Replay(name, lambda *arrays: run([*map(constant, arrays)])._data, again, captured)
