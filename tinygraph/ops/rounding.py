"""Quotients and remainders.

Jumps: floor_divide and the jumps of remainder have no slope of their own. The slope there is that
of the pieces: 0 in floor_divide; in remainder 1 in a, and minus the whole quotient in b.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from . import table

row = partial(table.row, elementwise=True)

floor_divide = row(
    "floor_divide",
    np.floor_divide,
    lambda g, y, a, b: np.zeros_like(y),
    lambda g, y, a, b: np.zeros_like(y),
    infix="//",
)
remainder = row(
    "remainder", np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor_divide(a, b), infix="%"
)
