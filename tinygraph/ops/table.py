"""How a row of the table of ops is written: `row(name, forward, *rules)`.

`forward` is the op's NumPy function; there is one gradient rule for each input. A rule takes (g, y, *inputs,
**options): the gradient g of the output y, and what the op was called with. It is plain NumPy, so it runs on
arrays, for numbers, and on Tensors, for graphs. `g * b` may have the shape that broadcasting made: the tape
undoes that. To add an op is to add a row (and a line to the table in tests/op_table.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import OPS, Op

# The function of ours that stands for one of NumPy's (a ufunc, or a pair as (np.add, "reduce"); another function), and
# for a method of Tensor.
UFUNCS: dict[Any, Callable[..., Any]] = {}
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}


FACTS = ("view", "promotes", "may_skip")


def row(name: str, forward: Callable[..., Any], *rules: Any, numpy: Any = (), **more: Any) -> Op:
    """An op of the table, which stands for `forward`, if that is a ufunc, and for NumPy's functions `numpy`.

    more: arguments of Op, and facts about the op: attributes of Op that FACTS lists.
    """
    facts = {fact: more.pop(fact) for fact in FACTS if fact in more}
    if isinstance(forward, np.ufunc):
        numpy = forward
        more["doc"] = f"As numpy.{forward.__name__}, element by element{'' if any(rules) else '; without a gradient'}."
    else:
        forward.__qualname__ = name  # Python's errors say this
    OPS[name] = new = Op(name, forward, *rules, **more)
    new.builtin = True
    for fact, value in facts.items():
        setattr(new, fact, value)
    stands_for(*(numpy if isinstance(numpy, tuple) else (numpy,)))(new)
    return new


def stands_for(*functions: Any) -> Callable[[Any], Any]:
    """A decorator: what NumPy calls for a Tensor when a user calls one of NumPy's own `functions`."""

    def note(ours: Any) -> Any:
        METHODS[ours.__name__] = ours
        ours.__annotations__ = {}  # help() shows the call as one types it
        for function in functions:
            (UFUNCS if isinstance(function, np.ufunc) else FUNCTIONS)[function] = ours
        return ours

    return note
