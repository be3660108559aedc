"""What differs between the versions of NumPy that tinygraph runs on (1.26 and 2.x)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .tensor import Op

NUMPY_1 = np.__version__.startswith("1.")
AxisError: type[Exception] = np.exceptions.AxisError
_BOOL = np.dtype(bool)


def quietly() -> Callable[..., Any]:
    """A way to call a function, `f(g, *args)`, without NumPy's warnings and errors of arithmetic; for one thread.

    Where a context holds these settings (NumPy 2), running in a context that has them costs a twentieth of errstate.
    """

    def call(function: Callable[..., Any], *args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    if NUMPY_1:
        return call
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context.run


def run_as_numpy_2(op: Op, arrays: list[Any], options: dict[str, Any]) -> Any:
    """`op.forward(*arrays, **options)` with NumPy 2's dtypes: there those of the inputs decide, and not their values.

    To NumPy 1, an array without axes counts as little as a Python number, and beside no other array a Python number
    counts as much as an array (NEP 50 changed both). So an op marked `arithmetic`, as ufuncs are, has its inputs
    and result brought to the one dtype that NumPy 2 computes in; another of the table only inputs that are
    floating-point, for an integer may be an index. What a user's own function does is left to it.
    """
    forward = op.forward
    if op.checks_result and not op.arithmetic:
        return forward(*arrays, **options)
    kinds = "fiu" if op.arithmetic else "f"
    # an input without a rule beside others with one, as the condition of `where`, is not computed with
    counts = [rule is not None or not op.differentiable for rule in op.rules] or [True] * len(arrays)
    numbers = [a.dtype for a, c in zip(arrays, counts, strict=True) if c and getattr(a, "dtype", _BOOL).kind in kinds]
    if not numbers:
        return forward(*arrays, **options)
    dtype = np.result_type(*numbers)
    if dtype.kind != "f" and float in map(type, arrays):
        dtype = np.dtype(float)

    def brought(a: Any, counts: bool) -> Any:
        is_number = a.dtype in numbers if isinstance(a, np.ndarray) else op.arithmetic
        return np.asarray(a, dtype) if counts and is_number else a

    y = forward(*map(brought, arrays, counts), **options)
    decided = y.dtype.kind == "f" == dtype.kind and op.arithmetic
    return y.astype(dtype, copy=False) if decided else y
