"""What differs between the versions of NumPy that tinygraph runs on (1.26 and 2.x)."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMPY_1 = np.__version__.startswith("1.")
AxisError: type[Exception] = np.exceptions.AxisError


def run_as_numpy_2(forward: Any, arrays: list[Any], options: dict[str, Any]) -> Any:
    """`forward(*arrays, **options)` with NumPy 2's dtypes: there those of the inputs decide, and not their values.

    To NumPy 1, an array without axes counts as little as a Python number, and beside no other array a Python number
    counts as much as an array (NEP 50 changed both). So all are brought to the one dtype that NumPy 2 computes in;
    where `forward` is no ufunc, only what is floating-point is, for an integer may be an index.
    """
    is_ufunc = isinstance(forward, np.ufunc)
    numbers = [a.dtype for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind in "fiu"]
    dtypes = numbers if is_ufunc else [d for d in numbers if d.kind == "f"]
    if not dtypes:
        return forward(*arrays, **options)
    dtype = np.result_type(*dtypes)
    if dtype.kind != "f" and float in map(type, arrays):
        dtype = np.dtype(float)

    def brought(a: Any) -> Any:
        counts = a.dtype in dtypes if isinstance(a, np.ndarray) else is_ufunc
        return np.asarray(a, dtype) if counts else a

    y = forward(*map(brought, arrays), **options)
    decided = y.dtype.kind == "f" == dtype.kind and len(dtypes) == len(numbers) and "dtype" not in options
    return y.astype(dtype, copy=False) if decided else y
