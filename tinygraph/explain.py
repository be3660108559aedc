"""What a tape computes, in words: the forward pass and the chain rule, op by op, as formulas in the user's names.

No formula is written here. A forward formula is the op on its inputs; a backward one is what the op's own gradient
rule computes when it is run on stand-ins, by the compiler's trace, simplifications and expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .compiler.code import Names
from .compiler.expression import Expressions, Text, array, literal
from .compiler.graph import Graph, Node, ordered
from .compiler.passes.algebra import algebra
from .compiler.passes.common import common_subexpressions, frozen
from .compiler.source import EQUATIONS
from .compiler.trace import Nodes, Trace, argument
from .costs import log_loss, logistic_loss
from .ops import linear, matmul, mean
from .tape import _fit, gradients, recorded
from .tensor import Op, Tensor, _leaf, next_place

WRITTEN_OUT = {linear, log_loss, logistic_loss}  # as what they compute; other ops are called by their names
LONGEST = 400  # characters of a formula; a rule that computes more is called by its name
HOLE = re.compile("\0(\\w+)\0(\\.T\\b)?")  # where a template takes a name


class Step(NamedTuple):
    """One line of the explanation: an op run forward, or what one of its gradient rules adds to an input's gradient.

    The first backward step is the gradient that the walk starts from, `dcost = 1`, with `tensor` and `into` the root.
    """

    kind: str  # "forward" or "backward"
    tensor: Tensor  # the recorded tensor whose op this is
    target: str  # "Z1"; backward: "dW1"
    formula: str  # "Z1 = W1 @ X + b1"; backward: "dW2 = dZ2 @ A1.T", with += where something is there already
    shapes: str  # "(5, 209) = (5, 7) @ (7, 209) + (5, 1)"
    number: str | None = None  # the lesson's equation number, "(4)", where it is one
    into: Tensor | None = None  # backward: whose gradient is added to
    takes: tuple[Tensor, ...] = ()  # the values of the forward pass that it computes with

    @property
    def latex(self) -> str:
        """The formula in LaTeX's mathematics."""
        return self.formula  # replaced below


def steps(root: Tensor) -> list[Step]:
    """All ops that made `root` in tape order, then their gradient rules in the order in which backward() walks.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> for step in steps((x * x).sum()):
    ...     print(step.formula)
    t1 = x * x
    loss = t1.sum()
    dloss = 1
    dt1 = np.broadcast_to(dloss, (2,))
    dx = dt1 * x
    dx += dt1 * x
    """
    words = _Words(root)
    return [*map(words.forward, words.tape), *words.backward()]


class _Words:
    """The names of what is on a tape, and its steps in these names."""

    def __init__(self, root: Tensor) -> None:
        self.root, self.tape = root, recorded(root)
        self.lesson = any(t.scope is not None and "LINEAR" in repr(t.scope) for t in self.tape)
        self._templates: dict[Any, str | None] = {}
        self._name_tensors()

    # --- names

    def _name_tensors(self) -> None:
        """Those that the user gave come first, so that no made-up one takes them."""
        self._names = Names({"np", "m", *(t.op.name for t in self.tape if t.op)})
        found = {_key(x): x for t in self.tape for x in (*t.inputs, t) if type(x) is Tensor}
        self.leaves = [x for x in found.values() if x.op is None and (x.name or x.ndim or x._requires_grad)]
        for key, x in sorted(found.items(), key=lambda pair: not pair[1].name):
            if x is self.root:
                self._names.of(key, x.name or ("cost" if self.lesson else "loss" if x.size == 1 else "y"))
            else:
                self._names.of(key, x.name, "t" if x.op else "p" if x._requires_grad else "x")

    def name(self, x: Any) -> str:
        """How formulas call a tensor; a number without a name is written as it is."""
        if x.op is None and not (x.name or x.ndim or x._requires_grad):
            text = literal(x._data.item())
            return f"({text})" if text.startswith("-") else text
        return self._names.of(_key(x), x.name)

    def gradient_name(self, x: Tensor) -> str:
        """The lesson's: dW for the gradient with respect to W."""
        return self._names.of(("gradient", _key(x)), f"d{self.name(x)}")

    # --- steps

    def forward(self, tensor: Tensor) -> Step:
        """The step that made `tensor`."""
        return self._step("forward", tensor, None, self.name(tensor), "=")

    def backward(self) -> Iterator[Step]:
        """The steps of the walk back, as tape.gradients goes."""
        root = self.root
        if not (root._requires_grad and self.tape):
            return
        name = self.gradient_name(root)
        ones = "1" if root.size == 1 else f"np.ones({root.shape})"
        yield Step("backward", root, name, f"{name} = {ones}", f"{root.shape} = {ones}", into=root)
        with np.errstate(all="ignore"):
            found = gradients(root, np.ones(root.shape, root.dtype), keep=set(self.tape))
            reached: set[Tensor] = set()
            for node in reversed(self.tape):
                op: Any = node.op
                for k, (x, rule) in enumerate(zip(node.inputs, op.rules_for(len(node.inputs)), strict=True)):
                    if node not in found or rule is None or type(x) is not Tensor or not x._requires_grad:
                        continue
                    if rule(found[node], node._data, *(node.arrays or ()), **(node.options or {})) is None:
                        continue  # this time, nothing flows this way
                    yield self._step("backward", node, k, self.gradient_name(x), "+=" if x in reached else "=")
                    reached.add(x)

    def _step(self, kind: str, tensor: Tensor, k: int | None, target: str, sign: str) -> Step:
        template = self._template(tensor, k)
        into = None if k is None else tensor.inputs[k]
        names = {"g": "", "y": self.name(tensor), "d": target}
        shapes = {"g": tensor.shape, "y": tensor.shape, "d": tensor.shape if into is None else into.shape}
        if k is not None:
            names["g"] = self.gradient_name(tensor)
        for j, x in enumerate(tensor.inputs):
            if type(x) is Tensor:
                names[str(j)], shapes[str(j)] = self.name(x), x.shape
        template = template.replace("\0=", sign)

        def shape(hole: Any) -> str:
            given = shapes.get(hole[1])
            return names.get(hole[1], hole[1]) if given is None else str(given[::-1] if hole[2] else given)

        formula = HOLE.sub(lambda hole: names.get(hole[1], hole[1]) + (hole[2] or ""), template)
        values = {"y": tensor} | {str(j): x for j, x in enumerate(tensor.inputs) if type(x) is Tensor}
        takes = tuple({values[hole]: None for hole, _ in HOLE.findall(template) if hole in values})
        number = self._number(tensor, target)
        return Step(kind, tensor, target, formula, HOLE.sub(shape, template), number, into, takes)

    def _number(self, tensor: Tensor, target: str) -> str | None:
        if not self.lesson:
            return None
        number = next((number for pattern, number in EQUATIONS.items() if re.fullmatch(pattern, target)), None)
        return None if number == "(10)" and tensor.op not in (linear, matmul) else number

    # --- formulas

    def _template(self, tensor: Tensor, k: int | None) -> str:
        """The formula of a call (k is None) or of its rule k, with holes for names; alike calls share one."""
        kinds = [(x.shape, x.dtype) if type(x) is Tensor else frozen(x) for x in tensor.inputs]
        key = (tensor.op, k, tensor.shape, tensor.dtype, *kinds, frozen(tensor.options))
        if key not in self._templates:
            self._templates[key] = _template(tensor, k, self._m(tensor))
        return self._templates[key] or ""

    def _m(self, tensor: Tensor) -> int:
        """The number of examples, in the mean over them that makes the lesson's cost; else 0."""
        of_examples = self.lesson and tensor.op is mean and tensor.ndim == 0 and tensor.inputs[0].ndim == 2
        return tensor.inputs[0].shape[1] if of_examples and tensor.inputs[0].shape[0] == 1 else 0


def _key(x: Tensor) -> Any:
    """What two uses of one thing share; an array that was given twice is two leaves."""
    return id(x) if x.op is not None else (id(x._data), x.name)


class _Whole(Nodes):
    """Ops stay as they are called, as relu(Z), but for the few that are written out."""

    def _taken_apart(self, tensor: Tensor, op: Op) -> Any:
        return super()._taken_apart(tensor, op) if op in WRITTEN_OUT else None


def _template(tensor: Tensor, k: int | None, m: int) -> str:
    op: Any = tensor.op
    nodes, written = _Whole(), {}

    def stand_in(data: Any, hole: str) -> Tensor:
        new = argument(data, False, None)
        written[nodes.source(new, "argument")] = Text(f"\0{hole}\0")
        return new

    inputs = [
        stand_in(a, str(j)) if type(x) is Tensor else x
        for j, (x, a) in enumerate(zip(tensor.inputs, tensor.arrays or (), strict=True))
    ]
    options = tensor.options or {}
    if k is None:
        result = _leaf(tensor._data, False, None)
        result.op, result.inputs, result.arrays, result.options = op, tuple(inputs), tensor.arrays, options
        result.place = next_place()
    else:
        g, y = stand_in(np.zeros(tensor.shape, tensor.dtype), "g"), stand_in(tensor._data, "y")
        rule = op.rules_for(len(inputs))[k]
        try:
            with Trace(stable=False):
                result = _fit(rule(g, y, *inputs, **options), inputs[k], True)
        except Exception:  # a rule for arrays alone, whatever it says
            return _by_name(tensor, k)
    graph = Graph([nodes.of(result)], [])
    if k is not None:
        graph = algebra(common_subexpressions(graph))
    text = _text(graph, written, m)
    return text if len(text) < LONGEST else _by_name(tensor, k)


def _by_name(tensor: Tensor, k: int | None) -> str:
    """The rule as a call of it."""
    op: Any = tensor.op
    parts = [f"\0{j}\0" if type(x) is Tensor else literal(x) for j, x in enumerate(tensor.inputs)]
    parts += [f"{key}={value!r}" for key, value in (tensor.options or {}).items()]
    name = re.sub(r"\W", "_", op.name)
    if k is not None:
        name += f".rules[{k}]" if op.rules else f".variadic({k})"
        parts = ["\0g\0", "\0y\0", *parts]
    return "\0d\0 \0= " + f"{name}({', '.join(parts)})"


def _text(graph: Graph, written: dict[Node, Text], m: int) -> str:
    (last,) = graph.outputs
    order = graph.nodes()
    expressions = Expressions(written, m, "m", set(order) if m else set())
    for node in order:
        if node in written:
            continue
        if node.op is None:
            value = np.asarray(getattr(node.value, "_data", node.value))
            written[node] = Text(array(value) or f"constant_{'_'.join(map(str, value.shape))}")
        else:
            written[node] = expressions.of(node) or expressions.call(re.sub(r"\W", "_", node.op.name), node)
    if last.is_op("scatter"):
        index = expressions._index(last.options["index"], last.inputs[1:])
        return f"\0d\0[{index}] \0= {written[last.inputs[0]]}"
    return f"\0d\0 \0= {written[last]}"
