"""Functions that run once: their ops are repeated, on Tensors or on arrays.

`Replay` is a function's result as one op of the tape; the walk back runs the function again,
recorded. `Steps` are the ops of a function, which a loop repeats too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from operator import attrgetter
from typing import Any

from ..arrays import NUMPY_1, as_array, next_order, run_as_numpy_2
from ..modes import enable_grad
from ..tape import free_variables, gradients, toposort
from ..tensor import Op, Tensor, _leaf, constant, given_name, record


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


class Steps:
    """The ops since `start` that lead from `arguments` to `results`, without their Tensors.

    A run has a list of values: the arguments, the constants and the ops' results. `ops` has for
    each op the places of its inputs in this list, its options, whether it is recorded, and its
    result's name.
    """

    def __init__(self, results: Sequence[Tensor], arguments: Sequence[Tensor], start: int) -> None:
        stop = set(arguments)
        steps: Any = sorted({x for y in results for x in toposort(y, stop) if x.order > start}, key=attrgetter("order"))
        known = {*arguments, *steps}
        self.constants = [x for y in steps for x in y.inputs if type(x) is not Tensor or x not in known]
        self.names = [given_name(x) for x in arguments]
        places = {id(x): k for k, x in enumerate([*arguments, *self.constants, *steps])}  # two numbers may be equal
        self.ops = [
            (y.op, [places[id(x)] for x in y.inputs], y.options, y._requires_grad, given_name(y)) for y in steps
        ]
        self.results = [places[id(x)] for x in results]

    def run(self, values: Sequence[Any]) -> list[Tensor]:
        """The results, recorded, for these Tensors as arguments."""
        values = [*values, *self.constants]
        for op, inputs, options, records, name in self.ops:
            y = record(op, tuple([values[k] for k in inputs]), options)
            values.append(y if records else y.detach())  # detached, as under no_grad in the function
            values[-1]._name = name
        return [values[k] for k in self.results]

    @cached_property
    def on_arrays(self) -> Any:
        """The function from the arguments' arrays to the results', as straight-line code."""
        n, m = len(self.names), len(self.names) + len(self.constants)
        scope: dict[str, Any] = {f"v{k}": getattr(x, "_data", x) for k, x in enumerate(self.constants, n)}
        lines = [f"def run({', '.join(f'v{k}' for k in range(n))}):"]
        for k, (op, inputs, options, _, _) in enumerate(self.ops, m):
            scope[f"f{k}"] = partial(_forward(op), **options) if options else _forward(op)
            lines.append(f"    v{k} = f{k}({', '.join(f'v{i}' for i in inputs)})")
        lines.append(f"    return [{', '.join(f'v{k}' for k in self.results)}]")
        exec(compile("\n".join(lines), "<tinygraph.scan>", "exec"), scope)
        return scope.pop("run")


def _forward(op: Op) -> Callable[..., Any]:
    """The op on arrays, as `record` runs it."""
    if op.builtin and not NUMPY_1:
        return op.forward
    return lambda *arrays, **options: as_array(run_as_numpy_2(op, arrays, options), op.name)


def captured(results: Sequence[Tensor], arguments: Sequence[Tensor], start: int) -> list[Tensor]:
    """The Tensors from before `start` that the results were made from, apart from the arguments."""
    read = dict.fromkeys(x for y in results for x in free_variables(y, start, arguments))
    return [x for x in read if x.order != -1]


def replayed(name: str, result: Tensor, arguments: Sequence[Tensor], start: int) -> Replay:
    """The op that repeats the ops recorded since `start`, from `arguments` to `result`."""
    others = captured([result], arguments, start)
    steps, needs_grad = Steps([result], [*arguments, *others], start), [x._requires_grad for x in (*arguments, *others)]

    def again(values: Sequence[Any]) -> tuple[list[Tensor], Tensor]:
        own = [*map(variable, values, needs_grad)]  # Tensors of their own, because two inputs may be one Tensor
        return own, steps.run(own)[0]

    return Replay(name, lambda *arrays: steps.run([*map(constant, arrays)])[0]._data, again, others)
