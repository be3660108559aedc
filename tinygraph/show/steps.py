"""The ops of a tape and their gradient rules as formulas, step by step.

formulas.py derives the formula of each op and each gradient rule. This module fills in the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, modified_since
from ..compiler.passes.cse import frozen
from ..graph.expression import _full
from ..graph.names import NodeNames
from ..graph.recorded import Recorded
from ..nn.mlp import LINEAR_GRADIENTS, is_activation
from ..ops import mean, prod
from ..ops.composed import log_loss
from ..tape import walk_back
from ..tensor import Tensor, equation
from .formulas import HOLE, formula

# Notes on formulas that need one, by op and rule (None: forward); their holes are those of the
# formula.
NOTES: dict[tuple[Any, int | None], str] = {
    (log_loss, None): "-(<1> * log(<0>) + (1 - <1>) * log(1 - <0>)), with the logarithms taken from <2>: they are "
    "exact where <0> rounds to 0 or 1",
    (log_loss, 0): "the lesson's -(<1> / <0> - (1 - <1>) / (1 - <0>)) times <g>, over one denominator, so that d<2> is "
    "(<0> - <1>) * <g>; where <0> rounds to 0 or 1, the slope of the log is kept finite",
    (log_loss, 2): "what the finite slope of the log, where <0> rounds to 0 or 1, has left out of <d>",
    (mean, 0): "the 1 / m of (8) and (9) comes in here: dA and dZ are the lesson's / m, and dW and db the lesson's own",
    (prod, 0): "<g> times the product of the other entries, found without a division",
}


class Step(NamedTuple):
    """One line of an explanation: an op run forward, or the part of a gradient that a rule adds.

    The first backward step is the gradient that the walk starts from, `dcost = np.ones(())`. Its
    `tensor` and `into` are the root.
    """

    kind: str  # "forward" or "backward"
    tensor: Tensor  # the recorded tensor that the op made
    target: str  # "Z1"; backward: "dW1"
    formula: str  # "Z1 = W1 @ X + b1"; backward: "dW2 = dZ2 @ A1.T", or "dW2 = dW2 + ..." if it is not the first part
    shapes: str  # "(5, 209) = (5, 7) @ (7, 209) + (5, 1)"; "each (5, 209)" if all are equal
    number: str | None = None  # the lesson's equation number, as "(4)"
    into: Tensor | None = None  # backward: the tensor whose gradient grows
    takes: tuple[Tensor, ...] = ()  # the forward values that it reads
    value: Any = None  # the array that it computes; backward: that it adds
    total: Any = None  # the array that the target stands for after it
    note: str = ""  # how and why it differs from the lesson


class Steps:
    """The steps of a tape: its ops in order, then their gradient rules as backward() goes.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> for step in Steps((x * x).sum()):
    ...     print(step.formula)
    t1 = x * x
    cost = t1.sum()
    dcost = np.ones(())
    dt1 = np.broadcast_to(dcost, (2,))
    dx = dt1 * x
    dx = dx + dt1 * x
    """

    def __init__(self, root: Tensor) -> None:
        self.root, self.graph = root, Recorded(root)
        self.tape = self.graph.tape
        self.names = NodeNames(self.graph)
        self._examples = next((t.shape[1] for t in self.tape if equation(t) == "(4)"), None)  # columns of Z
        self.m = 0  # the number of examples, once a formula has written it as m
        self._formulas: dict[Any, str] = {}

    def __iter__(self) -> Iterator[Step]:
        yield from (self._step(tensor, None, tensor._data) for tensor in self.tape)
        yield from self.backward()

    def leaves(self) -> Iterator[tuple[str, Tensor, Array]]:
        """Name, tensor and recorded value of each leaf, in the order of first use."""
        for t in self.tape:
            for x, array in zip(t.inputs, t.saved or (), strict=True):
                if type(x) is Tensor and x.op is None and not self.names.literal(x):
                    yield self.names.of(x), x, array

    def check_values(self) -> None:
        """Raise ValueError if an array was changed in place since an op took it."""
        for t in self.tape:
            for x, array in zip((*t.inputs, t), (*(t.saved or ()), t._data), strict=True):
                if type(x) is Tensor and modified_since(array, t.order):
                    raise ValueError(
                        f"{x._title()} has been changed in place since {t.op} took or made it, as by an optimizer's "
                        f"step: its values do not fit what was computed; compute {self.names.of(self.root)} again"
                    )

    def backward(self) -> list[Step]:
        """The steps of the walk back, in the order of tape.gradients."""
        root, name = self.root, self.names.gradient(self.root)
        if not root._requires_grad:
            return []
        start = np.ones(root.shape, root.dtype)
        text = f"{name} = {_full(root.shape, root.dtype.type(1))}"
        steps = [Step("backward", root, name, text, f"{root.shape}", into=root, value=start, total=start)]
        totals: dict[Tensor, Any] = {}
        walk: list[Any] = []
        with np.errstate(all="ignore"):
            walk_back(self.tape, root, start, told=walk)
            for node, parts in walk:
                for k, x, value in parts:
                    steps.append(self._step(node, k, value, totals.get(x)))
                    totals[x] = steps[-1].total
        return steps

    def _step(self, tensor: Tensor, k: int | None, value: Array, before: Any = None) -> Step:
        more, total = before is not None, value if before is None else before + value
        tensors = {str(j): x for j, x in enumerate(tensor.inputs) if type(x) is Tensor} | {"y": tensor}
        literals = {hole: self.names.of(x) for hole, x in tensors.items() if self.names.literal(x)}
        text = HOLE.sub(lambda hole: literals.get(hole[1], hole[0]), self._formula(tensor, k, more))
        into = None if k is None else tensor.inputs[k]
        target = self.names.of(tensor) if into is None else self.names.gradient(into)
        shapes = {hole: x.shape for hole, x in tensors.items()} | {"g": tensor.shape, "d": value.shape}
        names = {hole: self.names.of(x) for hole, x in tensors.items() if hole not in literals} | {"d": target}
        names["g"] = "" if k is None else self.names.gradient(tensor)

        def named(hole: Any) -> str:
            if hole[1] not in names and re.fullmatch(r"s\d+", hole[1]):
                names[hole[1]] = self.names.more(hole[1], hole[1])
            return names.get(hole[1], hole[0]) + (hole[2] or "")

        taken = {tensors[hole]: None for hole, _ in HOLE.findall(text) if hole in tensors}
        averages = tensor.op is mean and tensor.shape == ()
        is_noted = tensor.op is not mean or (averages and tensor.inputs[0].shape[-1:] == (self._examples,))
        note = NOTES.get((tensor.op, k), "") if is_noted else ""
        kind, formula = "forward" if k is None else "backward", HOLE.sub(named, text)
        shown, number = _shapes(text, shapes), self._number(tensor, k)
        note = HOLE.sub(named, note)
        return Step(kind, tensor, target, formula, shown, number, into, tuple(taken), value, total, note)

    def _number(self, tensor: Tensor, k: int | None) -> str | None:
        if k is None:
            return equation(tensor) if self.names.is_lesson else None
        if equation(tensor) == "(4)":
            return LINEAR_GRADIENTS[k]
        return "(11)" if equation(tensor.inputs[k]) == "(4)" and is_activation(tensor) else None

    def _formula(self, tensor: Tensor, k: int | None, more: bool) -> str:
        """The formula with holes for names; equal calls share one."""
        kinds = [(x.shape, x.dtype) if type(x) is Tensor else frozen(x) for x in tensor.inputs]
        key = (tensor.op, k, more, tensor.shape, tensor.dtype, *kinds, frozen(tensor.options))
        if key not in self._formulas:
            of_examples = (tensor.op, k) == (mean, 0) and tensor.inputs[0].shape == (1, self._examples)
            m = tensor.inputs[0].size if of_examples else 0
            self._formulas[key] = formula(tensor, k, more, m)
            self.m = m or self.m
        return self._formulas[key]


def _shapes(text: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """The last statement with shapes for names; shorter if all are equal or that says little."""
    last, target = text.rpartition("; ")[2], str(shapes["d"])
    taken = dict.fromkeys(str(shapes[hole]) for hole, _ in HOLE.findall(text) if hole in shapes and hole != "d")
    if ".T" not in text and [*taken] in ([], [target]):
        return f"each {target}" if taken else target
    if "np." not in last and all(hole in shapes for hole, _ in HOLE.findall(last)):
        return HOLE.sub(lambda hole: str(shapes[hole[1]][::-1] if hole[2] else shapes[hole[1]]), last)
    return f"{target} from {', '.join(taken)}"
