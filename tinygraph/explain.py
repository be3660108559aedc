"""What a tape computes, in words: the forward pass and the chain rule, op by op, as formulas in the user's names.

No formula is written here. A forward formula is the op on its inputs; a backward one is what the op's own gradient
rule computes when it is run on stand-ins, by the compiler's trace, simplifications and expressions. latex.py puts a
formula into LaTeX.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from .compiler.code import Names
from .compiler.expression import AS_IN_NUMPY, METHODS, Expressions, Text, array, literal
from .compiler.graph import Graph, Node
from .compiler.passes.algebra import algebra
from .compiler.passes.common import common_subexpressions, frozen
from .compiler.source import EQUATIONS, _title
from .compiler.trace import Nodes, Trace, argument
from .costs import log_loss, logistic_loss
from .ops import linear, matmul, mean, sigmoid
from .tape import _fit, gradients, recorded
from .tensor import Op, Tensor, _leaf, next_place

WRITTEN_OUT = {linear, log_loss, logistic_loss}  # as what they compute; other ops are called by their names
LONGEST = 400  # characters of a formula; a rule that computes more is called by its name
SHARED = 20  # characters of an expression that is written once where it is used twice
WHOLE = 12  # entries of an array whose numbers are shown one by one
HOLE = re.compile("\0(\\w+)\0(\\.T\\b)?")  # where a template takes a name

# What a reader of the lesson will miss, by op and rule (None: forward), with {0} ... for the inputs
NOTES = {
    (log_loss, None): "(7) is -({1} * log({0}) + (1 - {1}) * log(1 - {0})); its logarithms are taken from {2}, exact "
    "where {0} rounds to 0 or 1",
    (log_loss, 0): "the lesson's -({1} / {0} - (1 - {1}) / (1 - {0})), times {g}; the tiny number keeps it finite "
    "where {0} rounds to 0 or 1",
    (log_loss, 2): "what the tiny number took from {d}",
    (mean, 0): "the lesson's 1 / m: its dZ and dA are m times those below, its dW (8) and db (9) are these",
    (sigmoid, 0): "together (A - Y) / m, without dividing by 0",
}


class Step(NamedTuple):
    """One line of the explanation: an op run forward, or what one of its gradient rules adds to an input's gradient.

    The first backward step is the gradient that the walk starts from, `dcost = 1`, with `tensor` and `into` the root.
    """

    kind: str  # "forward" or "backward"
    tensor: Tensor  # the recorded tensor whose op this is
    target: str  # "Z1"; backward: "dW1"
    formula: str  # "Z1 = W1 @ X + b1"; backward: "dW2 = dZ2 @ A1.T", with += where something is there already
    shapes: str  # "(5, 209) = (5, 7) @ (7, 209) + (5, 1)", or "each (5, 209)"
    number: str | None = None  # the lesson's equation number, "(4)", where it is one
    into: Tensor | None = None  # backward: whose gradient is added to
    note: str = ""  # where it reads otherwise than in the lesson, and why

    @property
    def latex(self) -> str:
        """The formula in LaTeX's mathematics, for amsmath."""
        from .latex import latex

        return latex(self.formula)


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


def explain(loss: Tensor, *, format: str = "text", numbers: bool = False) -> str:  # noqa: A002
    """The forward pass and the chain rule of `loss`, op by op, in your names, with shapes; for the lesson's net, its
    equations with their numbers.

    Each formula is NumPy, with relu, sigmoid and the like as in `tg.relu`. loss: any tensor made by ops; the walk
    back starts from ones. format: "text", "markdown" or "latex" (for amsmath and amssymb). numbers: also the values
    and gradients, small arrays whole, large ones as min, mean, max and norm.

    >>> import numpy as np, tinygraph as tg
    >>> w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")
    >>> print(tg.explain((w @ np.array([[1.0], [3.0]])).sum()))
    given
        w   # (1, 2) parameter
        x1  # (2, 1) data
    <BLANKLINE>
    forward
        t1 = w @ x1      # (1, 1) = (1, 2) @ (2, 1)
        loss = t1.sum()  # () = (1, 1).sum()
    <BLANKLINE>
    backward
        dloss = 1                             # ()
        dt1 = np.broadcast_to(dloss, (1, 1))  # (1, 1) = np.broadcast_to((), (1, 1))
        dw = dt1 @ x1.T                       # (1, 2) = (1, 1) @ (1, 2)
    """
    if type(loss) is not Tensor:
        raise TypeError(f"explain() takes a Tensor that ops have made, such as a loss; got {type(loss).__name__}")
    if format not in FORMATS:
        raise ValueError(f"explain(format=...) takes {', '.join(map(repr, FORMATS))}; got {format!r}")
    if loss.op is None:
        raise ValueError(
            f"{loss._title()} was made by no op that is recorded, so there is nothing to explain: an input of it "
            "takes requires_grad=True, and it is computed outside of tg.no_grad()"
        )
    words = _Words(loss)
    return "\n\n".join(FORMATS[format](title, rows) for title, rows in words.sections(numbers)) + "\n"
