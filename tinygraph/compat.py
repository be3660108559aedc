"""What differs between the versions of NumPy that tinygraph runs on (1.26 and 2.x)."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMPY_1 = np.__version__.startswith("1.")
AxisError: type[Exception] = np.exceptions.AxisError


def promote_as_numpy_2(y: Any, arrays: list[Any], options: dict[str, Any]) -> Any:
    """Give the result `y` the dtype that NumPy 2 would: there the dtypes of the inputs decide, not their values.

    NumPy 1 makes float64 of a float32 array without axes and a Python number, and float32 of a float32 array
    and a float64 array without axes (NEP 50 changed both).
    """
    dtypes = [a.dtype for a in arrays if isinstance(a, (np.ndarray, np.generic))]
    if y.dtype.kind != "f" or "dtype" in options or any(d.kind in "iu" for d in dtypes):
        return y
    floats = [d for d in dtypes if d.kind == "f"]
    return y.astype(np.result_type(*floats), copy=False) if floats else y
