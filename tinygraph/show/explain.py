"""The computation of a tape as formulas: text, Markdown or LaTeX.

The forward pass comes first, then the chain rule, op by op. steps.py makes the steps with their
formulas and names, and this module formats them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import Any, Literal

from ..tensor import Tensor
from .annotate import not_finite, summary
from .latex import escaped, latex, symbol
from .steps import Step, Steps
from .table import shown

Row = tuple[str, str, str, list[str]]  # a formula, the lesson's number, text next to it, lines below it


def explain(loss: Tensor, *, format: Literal["text", "markdown", "latex"] = "text", numbers: bool = False) -> str:  # noqa: A002
    """The forward pass and the chain rule of `loss`, op by op, in your names, with shapes.

    For the lesson's net, these are its equations with their numbers.

    Each formula is NumPy; relu and other activations are tinygraph's. The walk back starts from
    ones. format: "text", "markdown" or "latex" (for amsmath). numbers: show values and gradients
    too, small arrays whole, large ones as min, max, mean and norm. No `.grad` is read or changed.
    Raises ValueError for a tensor that no recorded op made, and for numbers if a parameter was
    changed in place since.

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
        cost = t2.sum()   # () = (1, 3).sum()
    <BLANKLINE>
    backward
        dcost = np.ones(())                   # ()
        dt2 = np.broadcast_to(dcost, (1, 3))  # (1, 3) from ()
        dt1 = dt2 * t2 * (1 - t2)             # each (1, 3)
        dw = dt1 @ X.T                        # (1, 2) = (1, 3) @ (3, 2)
    """
    if type(loss) is not Tensor:
        raise TypeError(f"explain() takes a Tensor that ops have made, such as a loss; got {type(loss).__name__}")
    if format not in FORMATS:
        raise ValueError(f"explain(format=...) takes {', '.join(map(repr, FORMATS))}; got {format!r}")
    if not isinstance(numbers, bool):
        raise TypeError(f"explain(numbers=...) takes True or False; got {numbers!r}")
    if loss.op is None:
        raise ValueError(
            f"no op that was recorded has made the {loss._title()}, so there is nothing to explain: give an input of "
            "it requires_grad=True, and compute it outside tg.no_grad()"
        )
    loss._values("tg.explain(loss)")  # refused while tg.compile traces
    steps = Steps(loss)
    if numbers:
        steps.check_values()
    sections = [*_sections(steps, numbers)]

    def written(form: Callable[[str, list[Row]], str]) -> str:
        return "\n\n".join(form(title, rows) for title, rows in sections)

    return shown(written(FORMATS[format]), lambda: written(_typeset))


def _sections(steps: Steps, numbers: bool) -> Iterator[tuple[str, list[Row]]]:
    """Titles and rows: the given leaves, then the steps scope by scope."""

    def shown(x: Any) -> str:
        return ", ".join(filter(None, [not_finite(x), *summary(x)]))

    walk = [*steps]
    used = set(re.findall(r"\w+", " ".join(step.formula for step in walk)))
    given: dict[str, Row] = {}
    for name, x, array in steps.leaves():
        beside = f"{x.shape} {'parameter' if x._requires_grad else 'data'}"
        given |= {name: (name, "", beside, [shown(array)] if numbers else [])} if name in used else {}
    if steps.m:
        given["m"] = (f"m = {steps.m}", "", "examples, the columns", [])
    if given:
        yield "given", [*given.values()]
    last = {step.target: step for step in walk}

    def row(step: Step) -> Row:
        below = wrap(step.note, 90)
        if numbers and last[step.target] is step:
            below.append(f"{step.target}: {shown(step.total)}")
        return step.formula, step.number or "", step.shapes, below

    for (kind, title), group in groupby(walk, lambda step: (step.kind, " ".join(str(step.tensor.scope or "").split()))):
        title = title or ("cost" if steps.names.is_lesson else "")
        yield f"{kind}: {title}" if title else kind, [*map(row, group)]


def _text(title: str, rows: list[Row]) -> str:
    return "\n    ".join([title, *_code(rows)])


def _code(rows: list[Row]) -> list[str]:
    """Rows as Python with comments, aligned unless a formula is too long."""
    width = max((len(formula) for formula, *_ in rows if len(formula) <= 60), default=0)
    room = max(len(f"{number}  ".lstrip()) for _, number, *_ in rows)
    lines = []
    for formula, number, beside, below in rows:
        lines.append(f"{formula.ljust(width)}  # {number.ljust(room)}{beside}")
        lines += [f"    # {text}" for text in below]
    return lines


def _markdown(title: str, rows: list[Row]) -> str:
    return "\n".join([f"#### {_plain(title)}", "", "```python", *_code(rows), "```"])


def _plain(title: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&])", r"\\\1", title)


LINE = "  \n  "  # a new line in an item of a list


def _typeset(title: str, rows: list[Row]) -> str:
    """Markdown with LaTeX, as a notebook typesets it, with the notes below in one column.

    The title is no heading, because that would stand in the notebook's table of contents.
    """
    said = [(formula.partition(" ")[0], " ".join(below)) for formula, *_, below in rows if below]
    notes = [
        f"- ${symbol(name)}$: {_plain(text.removeprefix(f'{name}: ')).replace(f' {name}: ', LINE)}"
        for name, text in said
    ]
    formulas = _aligned([(*row[:3], []) for row in rows]).replace(r"&& \text", r"&& \small\text")
    return "\n".join([f"**{_plain(title)}**", "", "$$", formulas, "$$", "", *notes]).rstrip()


def _latex(title: str, rows: list[Row]) -> str:
    return f"\\paragraph{{{escaped(title)}}}\n{_aligned(rows)}"


def _aligned(rows: list[Row]) -> str:
    lines = []
    for formula, number, beside, below in rows:
        text = re.sub(r" (=|\\mathrel\{\+\}=) ", r" &\1 ", latex(formula), count=1)
        tag = rf" \tag{{{number.strip('()')}}}" if number else ""
        lines.append(rf"{text}{'' if '&' in text else ' &'} && \text{{{escaped(beside)}}}{tag}")
        lines += [rf"&\quad\text{{{escaped(text)}}}" for text in below]
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


FORMATS: dict[str, Callable[[str, list[Row]], str]] = {"text": _text, "markdown": _markdown, "latex": _latex}
