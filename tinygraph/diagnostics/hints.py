"""Hints: code to type instead of a name that other libraries have."""

from __future__ import annotations

import inspect
import sys
from importlib.resources import files
from opcode import opname
from types import FrameType
from typing import Any

import numpy as np

from .. import ops
from ..frames import warn
from ..modes import DERIVING, current
from ..ops.table import NAMESPACES, load

HABITS = """view:reshape unsqueeze:expand_dims expand:broadcast_to cat:concatenate mul:multiply sub:subtract div:divide
neg:negative reduce_sum:sum reduce_mean:mean repeat_interleave:repeat"""
OPS_ELSEWHERE = dict(pair.split(":") for pair in HABITS.split())  # names of our ops in PyTorch, TensorFlow and NumPy
# what stands in a hint for the parameters of an op
WORDS = dict.fromkeys("xamy", "t") | dict.fromkeys("bv", "u") | dict.fromkeys(("arrays", "nested"), "[t, u]")
WORDS |= {"condition": "mask", "start": "t", "arr": "t"}
SAID = {  # by where a name is asked for and the name: the hint
    (where, name): text
    for line in (files(__package__) / "habits.txt").read_text("utf-8").splitlines()
    for places, names, text in [line.split(" | ")]
    for where in places.split()
    for name in names.split()
}


def hint(name: str, where: str) -> str:
    """The hint for a name of other libraries; "" if there is none.

    where: "tg", "t", "net", "optimizer", "tg.optim", "tg.nn" or "tg.onnx", for what lacks it, "="
    for the argument of a call, "np" for a function of NumPy's that takes no Tensor, or "out" for a
    call that would write into an array. habits.txt has one place more: "array", for functions,
    classes and modules that make an array of a Tensor; its text says what keeps the gradient.
    """
    plain = name.removesuffix("_")  # of an op that changes its input in place
    places = (where, "tg") if where.startswith("tg.") else (where,)
    said = next((SAID[place, n] for place in places for n in (name, plain) if (place, n) in SAID), "")
    op = OPS_ELSEWHERE.get(plain, plain)
    if not said and where[0] == "t" and op != "OPS" and op in ops.__all__:  # type: ignore[attr-defined]
        said = f"write {_call(op)}"
    if not said and where == "tg" and hasattr(np.linalg, name) and hasattr(ops.linalg, name):
        said = f"write tg.linalg.{name}"
    return f"; {said.format(name=name)}" if said else ""


def _call(op: str) -> str:
    """A call of our op that can be typed: with the arguments that it needs, and with its axis."""
    parameters = inspect.signature(getattr(ops, op)).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.name not in ("args", "kwargs")]
    given = ["t, u" if p.kind is p.VAR_POSITIONAL else WORDS.get(p.name, p.name) for p in needed]
    axis = ["axis=0" for p in parameters if p.name == "axis" and p not in needed]
    return f"tg.{op}({', '.join(given + axis)})"


def no_rule(function: Any, how: str = "") -> TypeError:
    """The error for a function of NumPy's or another library's that has no op.

    how: the end of the call's name, such as ".at" or " with dtype=".
    """
    name: str = function.__name__
    said = hint(name + how, "np") or hint(name, "np")
    if " with " in how and hasattr(ops, name):  # without options it has a rule
        said = "; write .astype(dtype) for dtype=, tg.where(mask, f(t), u) for where=, and leave out other options"
    usual = "; use t.numpy() if no gradient is needed, or add the op with tg.op(name, forward, *rules)"
    return TypeError(
        f"{_home(function)}{name}{how} has no gradient rule in tinygraph, so it does not take a Tensor{said or usual}"
    )


def _home(function: Any) -> str:
    """The name of a function's module with a point, if it is known."""
    if not isinstance(function, np.ufunc):
        return f"{function.__module__}."
    modules = ("numpy", "scipy.special")
    return "".join(f"{m}." for m in modules if getattr(sys.modules.get(m), function.__name__, None) is function)


def dropped(t: Any, frame: FrameType) -> TypeError:
    """The error if this frame's code makes an array of a Tensor with a gradient."""
    drops = "t.numpy() or t.detach()"
    if not t.ndim and current.get()[0] != DERIVING:  # in a derivative, float(t) is refused too
        drops = "float(t), as in [float(cost) for cost in costs]"
    return TypeError(
        f"making an array of {t._title()} would drop its gradient silently. "
        f"To keep it, write {_keeping(frame, t.ndim)}; to drop it, write {drops}"
    )


def _keeping(frame: Any, ndim: int) -> str:
    """What keeps the gradient, in place of the call that asks for an array in this frame."""
    found = home = ""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("scipy.", "numpy.", "pandas.")):
        home = ".".join(frame.f_globals["__name__"].split(".")[:2])
        of_numpy = home.startswith("numpy")  # which may have a function of the same name as SciPy
        f, of = frame.f_locals.get("f"), frame.f_locals.get("self")  # f in a decorator
        for name in (frame.f_code.co_name, getattr(f, "__name__", ""), type(of).__name__):
            said = SAID.get(("array", name)) or _ours_for_scipys(name)
            found = found if of_numpy and "SciPy's" in said else said or found
        frame = frame.f_back
    found = found or SAID.get(("array", home)) or SAID.get(("array", home.partition(".")[0]), "")
    if found or home.startswith("scipy"):
        return found or f"the loop with tg.scan, or make it an op with tg.op, because {home} takes no Tensors"
    code, k = (frame.f_code.co_code, frame.f_lasti) if frame is not None else (bytes(2), 0)
    asked = opname[code[k]]
    put = "array = tg.Tensor(array) once, then array = array.at[i].set(t) for array[i] = t"
    if asked.startswith("STORE_S"):
        return put
    if asked == "BINARY_SUBSCR" or (asked == "BINARY_OP" and code[k + 1] == 26):  # 26 is [] from Python 3.14 on
        return "np.interp(t, np.arange(len(array)), array) for array[t]"
    others = "t itself for np.asarray(t), and A @ t for A.dot(t)" if ndim else f"and {put}"
    return f"tg.array for lists of tensors, {others}"


def _ours_for_scipys(name: str) -> str:
    """Our function of this name in tg.linalg or tg.special, if SciPy has one there."""
    load()
    for space in NAMESPACES if name[:1].isalpha() else ():  # "__init__" is an attribute of everything
        modules = sys.modules.get(f"scipy.{space}"), sys.modules.get(f"{ops.__name__}.{space}")
        if all(hasattr(module, name) for module in modules):
            return f"tg.{space}.{name} for SciPy's {name}"
    return ""


def warn_of_stored(frame: FrameType) -> None:
    """Warn if this frame's code asked a Tensor for its number because of `array[i] = t`."""
    if opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR":
        warn(
            "array[i] = t stores a plain number, and the gradient of t ends there. To keep it, write tg.array([t0, t1, "
            "...]), or array = tg.Tensor(array) once, then array = array.at[i].set(t); to drop it, array[i] = float(t)"
        )
