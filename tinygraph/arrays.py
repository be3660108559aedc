"""Arrays: what may be data, which array was modified when, and how NumPy 1 and 2 differ."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


# --- what may be data


def as_array(data: Any, where: str) -> Array:
    """`data` as an array of booleans, integers or real floats, or an error that names `where`."""
    if type(data) is np.ndarray and data.dtype.kind in "fiub":  # the usual case, quickly
        return data
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{where} takes numbers of one rectangular shape: {error}") from None
    except RuntimeError as error:  # from another library's tensor, whose gradient would be dropped
        raise TypeError(
            f"{where} takes arrays and Tensors of tinygraph; got a {type(data).__name__}: {error}"
        ) from None
    if array is not data and isinstance(data, np.ma.MaskedArray):
        raise TypeError(no_masked(where))
    if array is not data and isinstance(data, np.matrix):
        raise TypeError(f"{where} takes no numpy.matrix, whose * is a product of matrices: write np.asarray(M), and @")
    if array.dtype.kind not in "fiub":
        instead = " (use its real and imaginary parts)" if array.dtype.kind == "c" else ""
        instead = " (make an array of it with .toarray())" if hasattr(data, "toarray") else instead
        if hasattr(data, "dtypes"):  # a data frame: the dtypes of its columns
            instead = f" (its columns: {', '.join(dict.fromkeys(map(str, np.atleast_1d(data.dtypes))))})"
        raise TypeError(
            f"{where} takes booleans, integers and real floating-point numbers; got {type(data).__name__} "
            f"of dtype {array.dtype}{instead}"
        )
    return array


def no_masked(where: str) -> str:
    """The words of the error for a masked array."""
    return f"{where} takes no masked arrays: say what stands for the masked entries, with .filled(value)"


# --- which array was modified when: one counter numbers recorded ops and modifications

next_order = count(1).__next__
last_modified = 0  # the number of the last modification that a Tensor or an optimizer has made
last_assigned = 0  # the number of the last time that one was given another array, or another requires_grad
_modified: dict[int, int] = {}  # by the id of each living array: the number of its last modification


def mark_modified(arrays: Iterable[Any]) -> None:
    """Note that these arrays change in place: backward() refuses gradients of their old values."""
    global last_modified
    last_modified = order = next_order()
    for a in arrays:
        array = a if a.base is None else owner(a)
        if (key := id(array)) not in _modified:
            weakref.finalize(array, _modified.pop, key, None).atexit = False
        _modified[key] = order


def assign(*loops: Any) -> None:
    """Run these loops of C's, all or none at Ctrl-C, which give Tensors or optimizers other arrays.

    Compiled functions then look for these: `last_assigned` changes before, because Ctrl-C may come
    after the loops, and after them, because another thread may have looked in between.
    """
    global last_assigned
    last_assigned = next_order()
    list(chain(*loops))
    last_assigned = next_order()


def modified_since(array: Any, order: int) -> bool:
    """Whether this array, or the one it is a view of, was modified in place after that number."""
    # the first test, because most often nothing at all was modified since
    return last_modified > order and isinstance(array, np.ndarray) and _modified.get(id(owner(array)), 0) > order


def owner(array: Any) -> Any:
    """The array that owns this array's memory: the array itself, or the one it is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


# --- NumPy 1.26 and 2

NUMPY_1 = np.__version__.startswith("1.")
AxisError, LinAlgError = np.exceptions.AxisError, np.linalg.LinAlgError
_BOOL = np.dtype(bool)


def run_as_numpy_2(op: Any, arrays: Sequence[Any], options: dict[str, Any]) -> Any:
    """`op.forward(*arrays, **options)` with NumPy 2's dtypes, which do not depend on values.

    To NumPy 1, an array without axes counts as little as a Python number, and a Python number alone
    counts as much as an array (NEP 50 changed both). So an op that computes with all its inputs, as
    ufuncs do, gets inputs and result of the one dtype that NumPy 2 computes in. Another op of the
    table gets that for floating-point inputs only, because an integer may be an index. A user's op
    runs as it is.
    """
    forward = op.forward
    if not op.builtin and not op.promotes:
        return forward(*arrays, **options)
    kinds = "fiu" if op.promotes else "f"
    # an input without a rule next to others with one is not computed with: the condition of `where`
    counts = [rule is not None or not op.differentiable for rule in op.rules] or [True] * len(arrays)
    numbers = [a.dtype for a, c in zip(arrays, counts, strict=True) if c and getattr(a, "dtype", _BOOL).kind in kinds]
    if not numbers:
        return forward(*arrays, **options)
    dtype = np.result_type(*numbers)
    if dtype.kind != "f" and float in map(type, arrays):
        dtype = np.dtype(float)

    def converted(a: Any, counts: bool) -> Any:
        # an integer beyond the dtype would wrap round, if it were converted
        fits = dtype.kind == "f" or np.can_cast(a, dtype) or not np.can_cast(a, int)
        is_number = a.dtype in numbers if isinstance(a, np.ndarray) else op.promotes and fits
        return np.asarray(a, dtype) if counts and is_number else a

    y = forward(*map(converted, arrays, counts), **options)
    return y.astype(dtype, copy=False) if op.promotes and y.dtype.kind == "f" == dtype.kind else y
