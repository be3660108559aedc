"""Hints: code to type instead of a name that other libraries have."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from opcode import opname
from types import FrameType
from typing import Any

import numpy as np

from .. import ops
from ..transforms import tree
from .suggest import stand_ins

HABITS = """view:reshape permute:transpose t:transpose unsqueeze:expand_dims expand:broadcast_to cat:concatenate
concat:concatenate mul:multiply sub:subtract div:divide neg:negative pow:power mm:matmul bmm:matmul clamp:clip
absolute:abs reduce_sum:sum reduce_mean:mean outer:einsum"""
OPS_ELSEWHERE = dict(pair.split(":") for pair in HABITS.split())  # names of our ops in PyTorch, TensorFlow and NumPy
ARRAYS = "zeros ones randn rand arange eye linspace array asarray from_numpy constant"
SAID = {  # by names, the hint to give
    ARRAYS: "make an array with NumPy, and of it a tg.Tensor(array, requires_grad=True)",
    "cpu cuda to device": "all is on the CPU, and t.astype(dtype) changes the dtype",
    "float double half long int bool type": "write t.astype(dtype)",
    "clone copy": "+t is one that is recorded, t.detach() one without a gradient, and t.numpy().copy() an array",
    "place": "it is t.order now",
    "arrays": "it is t.saved now",
    "zero_": "what a loop forgets are gradients: optimizer.zero_grad()",
}

# How to write functions that have no row in the table: the text, and their names. a is the first
# argument, b the second, `arrays` a list of arrays, and {rest} the arguments after the first. The
# first text that fits is shown.
COMPOSED = {
    "np.take(a, np.{name}(np.arange(a.size).reshape(a.shape){rest}))": "tile repeat roll diagonal delete diag",
    "np.where(np.{name}(np.ones(a.shape){rest}), a, 0)": "triu tril",
    "np.where(np.eye(a.size), a, 0)": "diag",
    "np.sum(np.where(np.eye(*a.shape{rest}), a, 0))": "trace",
    "np.take(a, np.argsort(a{rest}))": "sort",
    "a[np.arange(len(a))[:, None], np.argsort(a{rest})]": "sort",
    "np.concatenate(arrays)": "hstack vstack",
    "np.concatenate(arrays, axis=1)": "hstack",
    "np.stack(arrays)": "hstack vstack",
    "np.reshape(a, (-1, 1)) * np.ravel(b)": "outer",
    "a - b * np.floor(a / b)": "remainder",
    "np.floor(a / b)": "floor_divide",
    "(np.floor(a / b), a - b * np.floor(a / b))": "divmod",
    "2.0**a": "exp2",
    "np.max(a{rest}) - np.min(a{rest})": "ptp",
    "tg.sigmoid(a)": "expit",
    "tg.log_sigmoid(a)": "log_expit",
    "tg.{name}(a)": "expm1 log1p",
    "tg.where(a == 0, 0, a * np.log(tg.where(a == 0, 1, b)))": "xlogy",
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


def composed(name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> str | None:
    """The first text of COMPOSED that gives what function(*args, **kwargs) gives.

    It must give the same shape and values. Both are tried on stand-ins: small arrays of random
    numbers. Their sizes are equal where the sizes of `args` are.
    """
    name = name.rpartition(".")[2]
    texts = [text for text, names in COMPOSED.items() if name in names.split()]
    if not texts:
        return None
    rest = "".join([*(f", {x!r}" for x in args[1:]), *(f", {key}={x!r}" for key, x in kwargs.items())])
    args, kwargs = tree.map((args, kwargs), stand_ins())
    a, b = (*args, None)[:2]
    for text in texts:
        text = text.format(name=name, rest=rest)
        try:
            with np.errstate(all="ignore"):
                wanted = np.asarray(function(*args, **kwargs))
                got = np.asarray(eval(text, {"np": np, "tg": ops, "a": a, "arrays": a, "b": b}))
            alike = got.shape == wanted.shape and got.dtype.kind == wanted.dtype.kind
            if alike and np.allclose(got, wanted, equal_nan=True):
                return text
        except Exception:  # any error means that it does not fit
            continue
    return None


def warn_of_stored(frame: FrameType) -> None:
    """Warn if this frame's code asked a Tensor for its number because of `array[i] = t`."""
    if opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR":
        warnings.warn(
            "array[i] = t stores a plain number, and the gradient of t ends there. To keep it, write "
            "tg.stack([t0, t1, ...]) or tg.where(mask, t, array); to drop it, write array[i] = float(t)",
            stacklevel=4,
        )
