"""How a row of the table of ops is written: `row(name, forward, *rules)`.

`forward` is the op's NumPy function; there is one gradient rule for each input. A rule takes (g, y,
*inputs, **options): the gradient g of the output y, and what the op was called with. It is plain
NumPy, so it runs on arrays, for numbers, and on Tensors, for graphs. `g * b` may have the shape
that broadcasting made: the tape undoes that. A row also states the facts about its op that the
packages above read: FACTS lists them. To add an op is to add a row (and a line to the table in
tests/op_table.py).
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from ..tensor import OPS, Op

# The function of ours that stands for one of NumPy's (a ufunc, or a pair as (np.add, "reduce");
# another function), and for a method of Tensor.
UFUNCS: dict[Any, Callable[..., Any]] = {}
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}


# What a row may say of its op, with what holds of any other op: all become attributes of Op. It may
# also say `promotes` and `may_skip`, which the engine reads: see Op.
FACTS: dict[str, Any] = {
    "view": False,  # whether its result may share memory with its first input
    "picks": False,  # whether its inputs but the first are the arrays of its option `index`
    "reduces": None,  # the ufunc whose reduce it is
    "linear": "",  # in "one" input at a time, in the "first" alone, or in "all" together, but for those without a rule
    "infix": "",  # its operator between two inputs, as "+"
    "prefix": "",  # its operator before one input, as "-"
    "as_numpy": "",  # how it is called: "np.pad", or ".sum" for a method. By itself: NumPy's function it stands for
    "latex": "",  # a function of LaTeX's, as r"\exp", or what stands around the input, as r"\sqrt{%s}"
    # whether compiled code calls it, and not what its function calls. By itself: one of NumPy's
    # functions, and an op whose row says how it is written or in what it is linear
    "whole": False,
    "batched": None,  # which options have to change if its one input gets an axis in front, as "axis"
    "fails_at": "",  # where it is nan or infinite, as "zero, negative": the words of diagnostics/watch.py
}
for _fact, _usual in FACTS.items():
    setattr(Op, _fact, _usual)


def row(name: str, forward: Callable[..., Any], *rules: Any, numpy: Any = (), **more: Any) -> Op:
    """An op of the table, which stands for `forward`, if that is a ufunc, and for NumPy's functions
    `numpy`.

    more: arguments of Op, and FACTS about the op. If `forward` is one of NumPy's functions, a
    rule's parameters say which options the op takes, and `doc` is what help() says of it.
    """
    facts = {fact: more.pop(fact) for fact in (*FACTS, "promotes", "may_skip") if fact in more}
    is_python = type(forward) is FunctionType
    numpy = numpy if isinstance(numpy, tuple) else (numpy,)
    if isinstance(forward, np.ufunc):
        numpy = (forward,)
        more["doc"] = f"As numpy.{forward.__name__}, element by element{'' if any(rules) else '; without a gradient'}."
    elif is_python:
        forward.__qualname__ = name  # Python's errors say this
    else:
        numpy = numpy or (forward,)
    facts.setdefault("whole", not is_python or not facts.keys().isdisjoint(("as_numpy", "linear", "reduces")))
    OPS[name] = new = Op(name, forward, *rules, **more)
    new.builtin = True
    if "reduces" in facts:
        ufunc = facts["reduces"]
        facts.setdefault("as_numpy", f".{name}" if hasattr(np.ndarray, name) else f"np.{ufunc.__name__}.reduce")
        UFUNCS[ufunc, "reduce"] = new
    elif numpy and not facts.keys() & {"as_numpy", "infix"} and not isinstance(forward, np.ufunc):
        facts["as_numpy"] = f"{numpy[0].__module__}.{numpy[0].__name__}".replace("numpy", "np", 1)
    for fact, value in facts.items():
        setattr(new, fact, value)
    stands_for(*numpy)(new)
    return new


def stands_for(*functions: Any) -> Callable[[Any], Any]:
    """A decorator: what NumPy calls for a Tensor when a user calls one of NumPy's own `functions`.
    """

    def note(ours: Any) -> Any:
        METHODS[ours.__name__] = ours
        ours.__annotations__ = {}  # help() shows the call as one types it
        for function in functions:
            (UFUNCS if isinstance(function, np.ufunc) else FUNCTIONS)[function] = ours
        return ours

    return note
