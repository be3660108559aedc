"""Hints: code to type instead of a name that other libraries have."""

from __future__ import annotations

import sys
from importlib.resources import files
from opcode import opname
from types import FrameType
from typing import Any

from .. import ops
from ..frames import warn

HABITS = """view:reshape permute:transpose t:transpose unsqueeze:expand_dims expand:broadcast_to cat:concatenate
mul:multiply sub:subtract div:divide neg:negative mm:matmul bmm:matmul clamp:clip reduce_sum:sum reduce_mean:mean"""
OPS_ELSEWHERE = dict(pair.split(":") for pair in HABITS.split())  # names of our ops in PyTorch, TensorFlow and NumPy
SAID = {  # by where a name is asked for and the name: the hint
    (where, name): text
    for line in (files(__package__) / "habits.txt").read_text("utf-8").splitlines()
    for places, names, text in [line.split(" | ")]
    for where in places.split()
    for name in names.split()
}


def hint(name: str, where: str) -> str:
    """The hint for a name of other libraries; "" if there is none.

    where: "tg", "t", "net", "optimizer", "tg.optim" or "tg.nn", for what lacks it, or "=" for the
    argument of a call.
    """
    said = SAID.get((where, name)) or (SAID.get(("tg", name)) if where.startswith("tg.") else None)
    op = OPS_ELSEWHERE.get(name, name).removesuffix("_")
    if not said and where[0] == "t" and op and op[0] != "_" and hasattr(ops, op):
        said = f"write tg.{op}{'(t)' if where == 't' else ''}"
    return f"; {said}" if said else ""


def home(ufunc: Any) -> str:
    """The name of a ufunc as a user writes it, with its module's name if that is known."""
    name: str = ufunc.__name__
    modules = [m for m in ("numpy", "scipy.special") if getattr(sys.modules.get(m), name, None) is ufunc]
    return ".".join([*modules, name])


def warn_of_stored(frame: FrameType) -> None:
    """Warn if this frame's code asked a Tensor for its number because of `array[i] = t`."""
    if opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR":
        warn(
            "array[i] = t stores a plain number, and the gradient of t ends there. To keep it, write "
            "tg.array([t0, t1, ...]) or array = tg.Tensor(array).at[i].set(t); to drop it, write array[i] = float(t)"
        )
