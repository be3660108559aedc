"""Running source that tinygraph has written."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_table import scipy

import tinygraph as tg


def defined(source: str, name: str) -> Any:
    """The function of this name that a source defines."""
    scope: dict[str, Any] = {"np": np, "scipy": scipy}
    exec(source, scope)
    return scope[name]


def run(source: str, *arrays: Any) -> list[Any]:
    """The results of the one function that a source defines."""
    return flat(defined(source, source[len("def ") : source.index("(")])(*arrays))


def flat(x: Any) -> list[Any]:
    """The arrays of a nest of Tensors and arrays."""
    if isinstance(x, (tuple, list)):
        return [y for part in x for y in flat(part)]
    return [x.numpy() if isinstance(x, tg.Tensor) else x]
