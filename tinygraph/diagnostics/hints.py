"""Hints: code to type instead of a name that other libraries have."""

from __future__ import annotations

import sys
from opcode import opname
from types import FrameType
from typing import Any

from .. import ops
from ..ops.guard import warn

HABITS = """view:reshape permute:transpose t:transpose unsqueeze:expand_dims expand:broadcast_to cat:concatenate
mul:multiply sub:subtract div:divide neg:negative mm:matmul bmm:matmul clamp:clip reduce_sum:sum reduce_mean:mean"""
OPS_ELSEWHERE = dict(pair.split(":") for pair in HABITS.split())  # names of our ops in PyTorch, TensorFlow and NumPy
ARRAYS = "zeros ones randn rand arange eye linspace array asarray from_numpy constant"
SAID = {  # by names, the hint to give
    ARRAYS: "make an array with NumPy, and of it a tg.Tensor(array, requires_grad=True)",
    "cpu cuda to device": "all is on the CPU, and t.astype(dtype) changes the dtype",
    "float double half long int bool type": "write t.astype(dtype)",
    "sort partition": "a Tensor never changes in place: write np.sort(t) or np.partition(t, kth)",
    "clone": "+t is one that is recorded, t.detach() one without a gradient, and t.numpy().copy() an array",
    "place": "it is t.order now",
    "arrays": "it is t.saved now",
    "zero_": "what a loop forgets are gradients: optimizer.zero_grad()",
}


def hint(name: str, write: str) -> str:
    """The hint for an op of that name, `write` with its name filled in; "" if there is no hint."""
    for names, text in SAID.items():
        if name in names.split():
            return f"; {text}"
    op = OPS_ELSEWHERE.get(name, name).removesuffix("_")
    return f"; write {write.format(op)}" if op and not op.startswith("_") and hasattr(ops, op) else ""


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
