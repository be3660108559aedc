"""Calls of a ufunc with out=, such as `a += t` for an array and a Tensor; loaded at the first one.

A Tensor can take the place of the array in out= if nobody else holds the array.
"""

from __future__ import annotations

import sys
from opcode import opname
from operator import le
from typing import Any

import numpy as np

from ..errors import hook
from .table import METHODS


class _Count:
    """A stand-in for a Tensor in calls with out=, which gives `_references` to that array."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _references(options["out"])


def _references(out: Any) -> tuple[int, int]:
    return sys.getrefcount(out[0]), sys.getrefcount(out)


def _held() -> tuple[Any, Any, Any]:
    a: Any = np.zeros(1)
    entries: Any = [np.zeros(1)]
    a += _Count()
    entries[0] += _Count()
    return a, entries[0], np.positive(_Count(), out=np.zeros(1))


_HELD_BY_VARIABLE, _HELD_BY_LIST, _HELD_NOWHERE = _held()
# From Python 3.14 on, a function's variable lends its value to a call without a count.
_LENDS = _HELD_BY_VARIABLE != _HELD_BY_LIST


def in_place(ufunc: Any, ours: Any, inputs: Any, options: Any) -> Any:
    """The Tensor in place of the array in out=. Raises TypeError if somebody could tell."""
    if ours is not None and options.keys() <= {"out", "where"} and _is_unseen(inputs, options, sys._getframe(2)):
        ((out,), where) = options["out"], options.get("where", True)
        y = ours(*inputs) if where is True else ours(*[np.where(where, x, 1) for x in inputs])
        y = y if where is True else np.where(where, y, out)
        if y.shape == out.shape and np.can_cast(y.dtype, out.dtype, "same_kind"):
            return METHODS["astype"](y, out.dtype)
    refused = f"numpy.{ufunc.__name__} cannot write into out= when a Tensor is involved"
    raise TypeError(f"{refused}: the tape keeps what it has recorded{hook('hint')('out', 'out')}")


def _is_unseen(inputs: Any, options: Any, frame: Any) -> bool:
    """Whether nobody can tell that the array of out= does not change, but a Tensor takes its place.

    So it is in `a += t` if nothing but this variable holds the array, and for an array made in the
    call. In `held.a += t` the class of `held` may be what holds it, and keeps it. `frame`: that of
    the call.
    """
    array, code, k = options["out"][0], frame.f_code.co_code, frame.f_lasti
    is_own, limits, most = type(array) is np.ndarray and array.base is None, _HELD_NOWHERE, 0
    if opname[code[k]].startswith("INPLACE") or (opname[code[k]] == "BINARY_OP" and code[k + 1] >= 13):
        stored = next(name for name in map(opname.__getitem__, code[k + 2 :: 2]) if name.startswith("STORE"))
        # in the body of a class, STORE_NAME may store under a name that was read from the module
        is_same = stored != "STORE_ATTR" and (stored != "STORE_NAME" or frame.f_locals is frame.f_globals)
        is_own = is_own and is_same and inputs[0] is array
        limits, most = (_HELD_BY_VARIABLE, 1) if stored.startswith("STORE_FAST") else (_HELD_BY_LIST, sys.maxsize)
    is_own = is_own and not (_LENDS and most < sys.maxsize and _names(array, frame) > most)
    del array  # a reference more
    return is_own and all(map(le, _references(options["out"]), limits))


def _names(array: Any, frame: Any) -> int:
    """How many variables of this frame and its callers hold the array."""
    found = 0
    while frame is not None:
        found += sum(x is array for x in [*frame.f_locals.values()])  # other threads may add globals
        frame = frame.f_back
    return found
