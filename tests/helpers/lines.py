"""The lines of op_table.py as parameters of tests, and their inputs as Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from op_table import LINES

import tinygraph as tg

every_line = pytest.mark.parametrize("line", LINES, ids=str)
smooth_lines = pytest.mark.parametrize("line", [line for line in LINES if line.smooth], ids=str)
elementwise_lines = pytest.mark.parametrize("line", [line for line in LINES if line.elementwise], ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float64", "float32"])


def tensors(inputs: Any) -> list[Any]:
    """Arrays as Tensors that require a gradient if they can; anything else unchanged."""
    return [
        tg.Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, (np.ndarray, np.generic)) else x
        for x in inputs
    ]
