"""Running source that tinygraph has written."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_table import scipy


def defined(source: str, name: str) -> Any:
    """The function of this name that a source defines."""
    scope: dict[str, Any] = {"np": np, "scipy": scipy}
    exec(source, scope)
    return scope[name]
