"""What differs between the versions of NumPy that tinygraph runs on (1.26 and 2.x)."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMPY_1 = np.__version__.startswith("1.")
AxisError: type[Exception] = np.exceptions.AxisError


def run_as_numpy_2(forward: Any, arrays: list[Any], options: dict[str, Any]) -> Any:
    """`forward(*arrays, **options)` with NumPy 2's dtypes: there those of the inputs decide, and not their values.

    To NumPy 1, an array without axes counts as little as a Python number, and beside no other array a Python number
    counts as much as an array (NEP 50 changed both). So all are brought to the one dtype that NumPy 2 computes in.
    """
    dtypes = [a.dtype for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind != "b"]
    if not dtypes or "index" in options:  # the dtype of an index says nothing about that of what is picked
        return forward(*arrays, **options)
    dtype = np.result_type(*dtypes)
    if dtype.kind != "f" and float in map(type, arrays):
        dtype = np.dtype(float)
    masks = [isinstance(a, np.ndarray) and a.dtype.kind == "b" for a in arrays]
    arrays = [a if mask else np.asarray(a, dtype) for a, mask in zip(arrays, masks, strict=True)]
    y = forward(*arrays, **options)
    return y.astype(dtype, copy=False) if y.dtype.kind == "f" == dtype.kind and "dtype" not in options else y
