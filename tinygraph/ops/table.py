"""The form of a row of the table of ops: `row(name, forward, *rules)`.

`forward` is the op's NumPy function. There is one gradient rule for each input. A rule takes (g, y,
*inputs, **options): the gradient g of the output y, and the arguments of the call. It is plain
NumPy, so it runs on arrays, for numbers, and on Tensors, for graphs. `g * b` may have the shape
that broadcasting made, because the tape undoes that. A row also states the facts about its op that
the packages above read: FACTS lists them. To add an op, add a row (and a line to the table in
tests/op_table.py). A public function in the modules of ops stands for NumPy's function of its name.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

import numpy as np

from ..tensor import OPS, Op

# Our function for one of NumPy's (a ufunc, a pair as (np.add, "reduce"), or another function), or
# for a method of Tensor.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}

# The modules of functions that few programs need: all are loaded when one of these is first asked
# for, by its name here or by a function of NumPy's. With them comes linalg; `special` imports
# SciPy, and is loaded if SciPy's special functions are there.
LATER = ("numerical", "statistics", "ufuncs", "layouts", "joining", "padding", "at", "windows")
NAMESPACES = ("linalg", "special")  # modules whose functions have the module's name before theirs: tg.linalg.inv


@cache
def offered(*modules: str) -> dict[str, Any]:
    """The modules' ops and functions by their names; a function stands for NumPy's of its name."""
    found = {}
    for module in modules:
        home = import_module(f"{__package__}.{module}")
        for name, value in vars(home).items():
            is_function = isinstance(value, FunctionType) and value.__module__ == home.__name__
            if name[0] != "_" and (is_function or isinstance(value, Op)):
                found[name] = stands_for(getattr(np, name, value))(value) if is_function else value
    return found


def load(special: bool = False) -> dict[str, Any]:
    """Load the modules that are loaded later; the functions of LATER by their names."""
    import_module(f"{__package__}.composed")
    import_module(f"{__package__}.linalg")
    if special or "scipy.special" in sys.modules:
        import_module(f"{__package__}.special")
    return offered(*LATER)


def load_all() -> dict[str, Op]:
    """The table with every row loaded."""
    load(special=True)
    return OPS


def replacement(function: Any) -> Any:
    """Our function for one of NumPy's or of another library's, or None."""
    if function not in FUNCTIONS:
        load(special=function is np.i0)  # whose gradient is SciPy's i1
    return FUNCTIONS.get(function)


# Facts that a row may state, with their defaults. All become attributes of Op. A row may also state
# `promotes`, `may_skip` and `shortcut`, which the engine reads: see Op.
FACTS: dict[str, Any] = {
    "view": False,  # whether its result may share memory with its first input
    "picks": 0,  # how many inputs come before the arrays of its option `index`; 0 if it has none
    "in_lines": False,  # whether it is written as lines, which make an array and then put values at `index`
    "reduces": None,  # the ufunc whose reduce it is
    "linear": "",  # in "one" input at a time, the "first" alone, or "all" that have a rule together
    "infix": "",  # its operator between two inputs, as "+"
    "prefix": "",  # its operator before one input, as "-"
    # its call: "np.pad", ".sum" for a method, "np.frexp(%s)[1]"; by default the NumPy function it
    # stands for
    "as_numpy": "",
    "states_none": (),  # its options that are written if they are None, because NumPy's default is another
    "plain": None,  # its rules as formulas show them, without the numbers that keep them finite
    "latex": "",  # a LaTeX function, as r"\exp", or a frame for the input, as r"\sqrt{%s}"
    # Whether compiled code calls it, not what its function calls. By default true of NumPy's
    # functions, and of an op if its row says how it is written or in which input it is linear.
    "whole": False,
    "keywords": None,  # a function (op, x, *, ...) that composes a call with its keyword-only options, which are rare
    # the options that change if its one input gets an axis in front, as "axis"; "entries" if it
    # computes entry by entry
    "batched": None,
    "graph": None,  # one step of a loop as a graph, if tg.compile has traced the loop
    "fails_at": "",  # inputs where it is nan or infinite, as "zero, negative", in words of diagnostics/debug.py
}
for _fact, _usual in FACTS.items():
    setattr(Op, _fact, _usual)


def _op_named(name: str) -> Op:
    return OPS[name] if name in OPS else load_all()[name]


def _reduced(op: Op) -> Any:
    """An op of the table is copied and pickled as its name, so that each copy is the op itself."""
    return (_op_named, (op.name,)) if OPS.get(op.name) is op else op.__reduce_ex__(4)


copyreg.pickle(Op, _reduced)


def row(name: str, forward: Callable[..., Any], *rules: Any, numpy: Any = (), **more: Any) -> Op:
    """An op of the table, for Tensors in place of `numpy`, and of `forward` if that is a ufunc.

    `numpy` is one or several of NumPy's functions. more: arguments of Op, and FACTS about the op.
    If `forward` is one of NumPy's functions, a rule's parameters give the op's options. The help()
    text is `doc`, or the docstring of a function of ours, or says which of NumPy's functions it is.
    """
    facts = {fact: more.pop(fact) for fact in (*FACTS, "promotes", "may_skip", "shortcut") if fact in more}
    is_python = type(forward) is FunctionType
    numpy = numpy if isinstance(numpy, tuple) else (numpy,)
    if is_python:
        forward.__qualname__ = name  # Python's error messages show this name
    else:
        numpy = numpy or (forward,)
    if numpy and not (is_python and forward.__doc__):
        how = ", element by element" * isinstance(forward, np.ufunc) + "; without a gradient" * (not any(rules))
        more.setdefault("doc", f"As numpy.{name if '.' in name else numpy[0].__name__}{how}.")
    facts.setdefault("whole", not is_python or not facts.keys().isdisjoint(("as_numpy", "linear", "reduces")))
    if "picks" in facts:  # the arrays of an index have no gradient
        more["variadic"], rules = (lambda k, given=rules: given[k] if k < len(given) else None), ()
    OPS[name] = new = Op.__new__(Op)
    new.builtin = True  # before __init__ asks for it
    Op.__init__(new, name, forward, *rules, **more)
    if "reduces" in facts:
        ufunc = facts["reduces"]
        facts.setdefault("as_numpy", f".{name}" if hasattr(np.ndarray, name) else f"np.{ufunc.__name__}.reduce")
        FUNCTIONS[ufunc, "reduce"] = new
    elif numpy and not facts.keys() & {"as_numpy", "infix"} and not isinstance(forward, np.ufunc):
        facts["as_numpy"] = f"{numpy[0].__module__}.{numpy[0].__name__}".replace("numpy", "np", 1)
    for fact, value in facts.items():
        setattr(new, fact, value)
    stands_for(*numpy)(new)
    return new


def stands_for(*functions: Any) -> Callable[[Any], Any]:
    """A decorator: NumPy calls this function if a user calls one of `functions` with a Tensor."""

    def note(ours: Any) -> Any:
        if getattr(ours, "__module__", "").rpartition(".")[2] not in NAMESPACES:
            METHODS[ours.__name__] = ours
        getattr(ours, "__wrapped__", ours).__annotations__ = {}  # so that help() shows the call as one types it
        FUNCTIONS.update(dict.fromkeys(filter(None, functions), ours))  # None: this NumPy has none
        return ours

    return note
