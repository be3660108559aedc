"""Hints: code to type instead of a name that other libraries have."""

from __future__ import annotations

import inspect
import sys
from importlib.resources import files
from opcode import opname
from types import FrameType
from typing import Any

from .. import ops
from ..frames import warn

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

    where: "tg", "t", "net", "optimizer", "tg.optim", "tg.nn" or "tg.onnx", for what lacks it, "=" for
    the argument of a call, or "np" for a function of NumPy's that takes no Tensor.
    """
    plain = name.removesuffix("_")  # of an op that changes its input in place
    places = (where, "tg") if where.startswith("tg.") else (where,)
    said = next((SAID[place, n] for place in places for n in (name, plain) if (place, n) in SAID), "")
    op = OPS_ELSEWHERE.get(plain, plain)
    if name.endswith(".__call__") and plain.split(".")[0] in ops.__all__:  # type: ignore[attr-defined]  # a ufunc, with options
        said = "write .astype(dtype) for dtype=, tg.where(mask, f(t), u) for where=, and leave out other options"
    if not said and where[0] == "t" and op != "OPS" and op in ops.__all__:  # type: ignore[attr-defined]
        said = f"write {_call(op)}"
    return f"; {said.format(name=name)}" if said else ""


def _call(op: str) -> str:
    """A call of our op that can be typed: with the arguments that it needs, and with its axis."""
    parameters = inspect.signature(getattr(ops, op)).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.name != "args"]
    given = ["t, u" if p.kind is p.VAR_POSITIONAL else WORDS.get(p.name, p.name) for p in needed]
    axis = ["axis=0" for p in parameters if p.name == "axis" and p not in needed]
    return f"tg.{op}({', '.join(given + axis)})"


def home(ufunc: Any) -> str:
    """The name of a ufunc as a user writes it, with its module's name if that is known."""
    name: str = ufunc.__name__
    modules = [m for m in ("numpy", "scipy.special") if getattr(sys.modules.get(m), name, None) is ufunc]
    return ".".join([*modules, name])


def warn_of_stored(frame: FrameType) -> None:
    """Warn if this frame's code asked a Tensor for its number because of `array[i] = t`."""
    if opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR":
        warn(
            "array[i] = t stores a plain number, and the gradient of t ends there. To keep it, write tg.array([t0, t1, "
            "...]), or array = tg.Tensor(array) once, then array = array.at[i].set(t); to drop it, array[i] = float(t)"
        )
