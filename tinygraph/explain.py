"""What a tape computes, in words: the forward pass and the chain rule, op by op, as formulas in the user's names.

formulas.py derives the formula of each op and of each gradient rule; here it gets its names, and the whole its form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, groupby
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np

from .compiler.code import Names
from .compiler.expression import AS_IN_NUMPY, METHODS, literal
from .compiler.passes.common import frozen
from .compiler.source import EQUATIONS
from .costs import log_loss, logistic_loss
from .formulas import HOLE, called, formula
from .latex import escaped, latex
from .ops import linear, matmul, mean, prod
from .tape import Array, _fit, recorded
from .tensor import OPS, Tensor

SMALL = 12  # entries of an array that is shown whole
PICKING = (OPS["getitem"], OPS["scatter"])  # inputs but the first are indices
LOSSES = (log_loss, logistic_loss)
UNCALLED = METHODS | AS_IN_NUMPY  # ops whose names stand in no formula but as x.sum() and np.mean(x)

# What the formula does not say by itself, by op and rule (None: forward); the holes are those of a formula
NOTES: dict[tuple[Any, int | None], str] = {
    (log_loss, None): "-(<1> * log(<0>) + (1 - <1>) * log(1 - <0>)), with the logarithms taken from <2>: they are "
    "exact where <0> rounds to 0 or 1",
    (log_loss, 0): "the lesson's -(<1> / <0> - (1 - <1>) / (1 - <0>)) times <g>, over one denominator, so that d<2> is "
    "(<0> - <1>) * <g>; the tiny number lets nothing be divided by 0",
    (log_loss, 2): "what the tiny number takes from <d>",
    (mean, 0): "the 1 / m of (8) and (9) comes in here: dA and dZ are the lesson's / m, and dW and db the lesson's own",
    (prod, 0): "<g> times the product of the other entries, found without a division",
}


class Step(NamedTuple):
    """One line of the explanation: an op run forward, or what one of its gradient rules adds to an input's gradient.

    The first backward step is the gradient that the walk starts from, `dcost = 1`: `tensor` and `into` are the root.
    """

    kind: str  # "forward" or "backward"
    tensor: Tensor  # the recorded tensor whose op this is
    target: str  # "Z1"; backward: "dW1"
    formula: str  # "Z1 = W1 @ X + b1"; backward: "dW2 = dZ2 @ A1.T", with += where something is there already
    shapes: str  # "(5, 209) = (5, 7) @ (7, 209) + (5, 1)"; where all are the same, "each (5, 209)"
    number: str | None = None  # the lesson's equation number, "(4)", where it is one
    into: Tensor | None = None  # backward: whose gradient is added to
    takes: tuple[Tensor, ...] = ()  # the values of the forward pass that it computes with
    value: Any = None  # what it computes, an array; backward: what is added
    note: str = ""  # where it reads otherwise than in the lesson, and why

    @property
    def latex(self) -> str:
        """The formula in LaTeX's mathematics, for amsmath."""
        return latex(self.formula)


def steps(root: Tensor) -> list[Step]:
    """All ops that made `root` in tape order, then their gradient rules in the order in which backward() walks.

    >>> import tinygraph as tg
    >>> from tinygraph.explain import steps
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
    words = Words(root)
    return [*map(words.forward, words.tape), *words.backward()]


def explain(loss: Tensor, *, format: str = "text", numbers: bool = False) -> str:  # noqa: A002
    """The forward pass and the chain rule of `loss`, op by op, in your names, with shapes; of the lesson's net, its
    equations with their numbers.

    Each formula is NumPy; relu and the like are tinygraph's. The walk back starts from ones. format: "text",
    "markdown" or "latex" (for amsmath and amssymb). numbers: values and gradients too, small arrays whole, large ones
    as min, mean, max and norm. No `.grad` is read or changed. ValueError for a tensor that no recorded op made.

    >>> import numpy as np, tinygraph as tg
    >>> w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")
    >>> X = tg.Tensor([[1.0, 0.0, 2.0], [3.0, 1.0, 1.0]], name="X")
    >>> print(tg.explain(tg.sigmoid(w @ X).sum()))
    given
        w  # (1, 2) parameter
        X  # (2, 3) data
    <BLANKLINE>
    forward
        t1 = w @ X        # (1, 3) = (1, 2) @ (2, 3)
        t2 = sigmoid(t1)  # each (1, 3)
        loss = t2.sum()   # () = (1, 3).sum()
    <BLANKLINE>
    backward
        dloss = 1                             # ()
        dt2 = np.broadcast_to(dloss, (1, 3))  # (1, 3) = np.broadcast_to((), (1, 3))
        dt1 = dt2 * t2 * (1 - t2)             # each (1, 3)
        dw = dt1 @ X.T                        # (1, 2) = (1, 3) @ (3, 2)
    """
    if type(loss) is not Tensor:
        raise TypeError(f"explain() takes a Tensor that ops have made, such as a loss; got {type(loss).__name__}")
    if format not in FORMATS:
        raise ValueError(f"explain(format=...) takes {', '.join(map(repr, FORMATS))}; got {format!r}")
    if loss.op is None:
        raise ValueError(
            f"no op that was recorded has made the {loss._title()}, so there is nothing to explain: give an input of "
            "it requires_grad=True, and compute it outside tg.no_grad()"
        )
    loss._values("tg.explain(loss)")  # which tg.compile's trace forbids
    return "\n\n".join(FORMATS[format](title, rows) for title, rows in _sections(Words(loss), numbers))


class Words:
    """The names of what is on a tape, and the tape's steps in these names."""

    def __init__(self, root: Tensor) -> None:
        self.root, self.tape = root, recorded(root)
        self.lesson = any("LINEAR" in t.scope.name for t in self.tape if t.scope)
        self.m = 0  # the number of examples, once a formula has written it as m
        self._formulas: dict[Any, str] = {}
        self._names = Names({"np", *(["m"] if self.lesson else []), *(called(t.op) for t in self.tape)} - UNCALLED)
        inputs = [(x, t.op in PICKING and j > 0) for t in self.tape for j, x in enumerate((*t.inputs, t))]
        found = {_key(x): x for x, is_index in inputs if type(x) is Tensor and not _literal(x, is_index)}
        # the user's names come first, so that no made-up one takes them
        for key, x in sorted(found.items(), key=lambda pair: (not pair[1].name, pair[1] is not root)):
            wanted = "loss" if x.op in LOSSES else None
            if x is root:
                wanted = "cost" if any(t.op in LOSSES for t in self.tape) else "loss" if x.size == 1 else "y"
            self._names.of(key, x.name or wanted, "t" if x.op else "p" if x._requires_grad else "x")

    def name(self, x: Tensor) -> str:
        """How formulas call a tensor; a number without a name is written as it is."""
        return _literal(x) or self._names.of(_key(x), x.name)

    def gradient_name(self, x: Tensor) -> str:
        """The lesson's: dW for the gradient with respect to W."""
        return self._names.of(("gradient", _key(x)), f"d{self.name(x)}")

    def forward(self, tensor: Tensor) -> Step:
        """The step that made `tensor`."""
        return self._step(tensor, None, tensor._data)

    def backward(self) -> Iterator[Step]:
        """The steps of the walk back, as tape.gradients goes."""
        root, name = self.root, self.gradient_name(self.root)
        if not root._requires_grad:
            return
        start = np.ones(root.shape, root.dtype)
        text = "1" if root.size == 1 else f"np.ones({root.shape})"
        yield Step("backward", root, name, f"{name} = {text}", f"{root.shape}", into=root, value=start)
        found: dict[Tensor, Array] = {root: start}
        for node in reversed(self.tape):
            op: Any = node.op
            for k, (x, rule) in enumerate(zip(node.inputs, op.rules_for(len(node.inputs)), strict=True)):
                if rule is None or type(x) is not Tensor or not x._requires_grad or node not in found:
                    continue
                with np.errstate(all="ignore"):
                    value = rule(found[node], node._data, *(node.arrays or ()), **(node.options or {}))
                if value is not None:  # else nothing flows this way, this time
                    value = _fit(value, x, False)
                    yield self._step(node, k, value, x in found)
                    found[x] = found[x] + value if x in found else value

    def _step(self, tensor: Tensor, k: int | None, value: Array, more: bool = False) -> Step:
        tensors = {str(j): x for j, x in enumerate(tensor.inputs) if type(x) is Tensor} | {"y": tensor}
        literals = {hole: _literal(x, tensor.op in PICKING and hole != "0") for hole, x in tensors.items()}
        text = HOLE.sub(lambda hole: literals.get(hole[1]) or hole[0], self._formula(tensor, k, more))
        into = None if k is None else tensor.inputs[k]
        target = self.name(tensor) if into is None else self.gradient_name(into)
        shapes = {hole: x.shape for hole, x in tensors.items()} | {"g": tensor.shape, "d": value.shape}
        names = {hole: self.name(x) for hole, x in tensors.items() if not literals[hole]} | {"d": target}
        names["g"] = "" if k is None else self.gradient_name(tensor)

        def named(hole: Any) -> str:
            if hole[1] not in names and re.fullmatch(r"s\d+", hole[1]):
                names[hole[1]] = self._names.of(hole[1], hole[1])
            return names.get(hole[1], hole[0]) + (hole[2] or "")

        taken = {tensors[hole]: None for hole, _ in HOLE.findall(text) if hole in tensors}
        note = NOTES.get((tensor.op, k), "") if self.lesson or tensor.op is not mean else ""
        kind, formula = "forward" if k is None else "backward", HOLE.sub(named, text)
        shown, number = _shapes(text, shapes), self._number(tensor, k, target)
        return Step(kind, tensor, target, formula, shown, number, into, tuple(taken), value, HOLE.sub(named, note))

    def _number(self, tensor: Tensor, k: int | None, target: str) -> str | None:
        if self.lesson and k is None and (tensor.op in LOSSES or tensor is self.root):
            return "(7)"
        numbers = [number for pattern, number in EQUATIONS.items() if self.lesson and re.fullmatch(pattern, target)]
        return numbers[0] if numbers and (numbers[0] != "(10)" or tensor.op in (linear, matmul)) else None

    def _formula(self, tensor: Tensor, k: int | None, more: bool) -> str:
        """With holes for names; alike calls share one."""
        kinds = [(x.shape, x.dtype) if type(x) is Tensor else frozen(x) for x in tensor.inputs]
        key = (tensor.op, k, more, tensor.shape, tensor.dtype, *kinds, frozen(tensor.options))
        if key not in self._formulas:
            of_examples = self.lesson and (tensor.op, k) == (mean, 0) and tensor.inputs[0].shape[:-1] == (1,)
            m = tensor.inputs[0].size if of_examples else 0
            self._formulas[key] = formula(tensor, k, more, m)
            self.m = m or self.m
        return self._formulas[key]


_Words = Words


def _literal(x: Tensor, is_index: bool = False) -> str:
    """A number without a name, or a short index, as it is written in a formula; "" for what has a name there."""
    if x.op is not None or x.name or x._requires_grad or x.size > (SMALL if is_index else 1):
        return ""
    if is_index:
        return literal(x._data.tolist())
    text = "" if x.ndim else re.sub(r"\b(nan|inf)\b", r"np.\1", str(x._data))
    return f"({text})" if text.startswith("-") else text


def _key(x: Tensor) -> Any:
    """What two uses of one thing share; an array that was given twice is two leaves."""
    return id(x) if x.op is not None else (id(x._data), x.name)


def _shapes(text: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """The formula's last statement with shapes for names; shorter where all are alike, or that would be long."""
    text = text.rpartition("; ")[2]
    holes = HOLE.findall(text)
    if len({shapes.get(hole, ()) for hole, _ in holes}) == 1 and ".T" not in text:
        return f"each {shapes['d']}"
    if any(hole not in shapes for hole, _ in holes):
        return str(shapes["d"])
    written = HOLE.sub(lambda hole: str(shapes[hole[1]][::-1] if hole[2] else shapes[hole[1]]), text)
    return written if len(written) <= 80 else str(shapes["d"])


# --- the three formats


class Row(NamedTuple):
    """One line: a formula or a leaf's name, the lesson's number, what is said beside it, and below it."""

    formula: str
    number: str
    beside: str
    below: list[str]


def _sections(words: Words, numbers: bool) -> Iterator[tuple[str, list[Row]]]:
    """Titles and rows: what is given, then the steps scope by scope."""
    walk = [*map(words.forward, words.tape), *words.backward()]
    used = set(re.findall(r"\w+", " ".join(step.formula for step in walk)))
    given = {}
    for x, a in chain.from_iterable(zip(t.inputs, t.arrays or (), strict=True) for t in words.tape):
        if type(x) is Tensor and x.op is None and words.name(x) in used and not _literal(x):
            beside = f"{x.shape} {'parameter' if x._requires_grad else 'data'}"
            given[_key(x)] = Row(words.name(x), "", beside, [_numbers(a)] if numbers else [])
    if words.m:
        given["m"] = Row(f"m = {words.m}", "", "examples, the columns", [])
    if given:
        yield "given", [*given.values()]
    last = {step.target: step for step in walk}
    totals: dict[str, Any] = {}

    def row(step: Step) -> Row:
        below = wrap(step.note, 90)
        totals[step.target] = totals[step.target] + step.value if step.target in totals else step.value
        if numbers and last[step.target] is step:
            below.append(f"{step.target}: {_numbers(totals[step.target])}")
        return Row(step.formula, step.number or "", step.shapes, below)

    for (kind, title), group in groupby(walk, lambda step: (step.kind, " ".join(str(step.tensor.scope or "").split()))):
        title = title or ("cost" if words.lesson else "")
        yield f"{kind}: {title}" if title else kind, [*map(row, group)]


def _numbers(a: Array) -> str:
    """A small array whole, a large one as what one asks of it; what is not finite is counted first."""
    if not a.ndim:
        return f"{a.item():.4g}"
    if a.size <= SMALL or a.dtype == bool:
        return re.sub(r"\s*\n\s*", " ", np.array2string(a, precision=4, separator=", ", threshold=SMALL, edgeitems=3))
    finite = a[np.isfinite(a)].astype(float)
    facts = [f"{n} {what}" for what, n in (("nan", np.isnan(a).sum()), ("inf", np.isinf(a).sum())) if n]
    functions: dict[str, Any] = {"min": np.min, "mean": np.mean, "max": np.max, "norm": np.linalg.norm}
    return ", ".join(facts + [f"{what} {function(finite):.4g}" for what, function in functions.items() if finite.size])


def _text(title: str, rows: list[Row]) -> str:
    return "\n    ".join([title, *_code(rows)])


def _code(rows: list[Row]) -> list[str]:
    """Rows as Python with comments, aligned where formulas are not too long for it."""
    width = max((len(row.formula) for row in rows if len(row.formula) <= 60), default=0)
    room = max(len(f"{row.number}  ".lstrip()) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{row.formula.ljust(width)}  # {row.number.ljust(room)}{row.beside}")
        lines += [f"    # {text}" for text in row.below]
    return lines


def _markdown(title: str, rows: list[Row]) -> str:
    title = re.sub(r"([\\`*_{}\[\]<>()#+!|~$&])", r"\\\1", title)
    return "\n".join([f"#### {title}", "", "```python", *_code(rows), "```"])


def _latex(title: str, rows: list[Row]) -> str:
    lines = []
    for row in rows:
        text = re.sub(r" (=|\\mathrel\{\+\}=) ", r" &\1 ", latex(row.formula), count=1)
        tag = rf" \tag{{{row.number.strip('()')}}}" if row.number else ""
        lines.append(rf"{text}{'' if '&' in text else ' &'} && \text{{{escaped(row.beside)}}}{tag}")
        lines += [rf"&\quad\text{{{escaped(text)}}}" for text in row.below]
    body = " \\\\\n".join(lines)
    return f"\\paragraph{{{escaped(title)}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}"


FORMATS: dict[str, Callable[[str, list[Row]], str]] = {"text": _text, "markdown": _markdown, "latex": _latex}
