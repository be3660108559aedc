"""Numbers that a user gives as options: checked, and as Python's own.

A Python float leaves float32 arrays float32, where one of NumPy's may not.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any


def number(what: str, value: Any, below: float = math.inf) -> float:
    """`value` as a float from 0 to `below`; TypeError or ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        is_schedule = what == "learning_rate" and callable(value)
        said = "; of a schedule, assign its number before each step k: optimizer.learning_rate = schedule(k)"
        raise TypeError(f"{what} is a number, got {value!r}{said * is_schedule}")
    found = float(value)
    if not 0 <= found < below:
        raise ValueError(f"{what} is at least 0 and {'finite' if below == math.inf else 'below 1'}, got {value!r}")
    return found


def whole(what: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`; TypeError or ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{what} takes a whole number of at least {least}, got {value!r}")
    if value < least:
        raise ValueError(f"{what} takes a whole number of at least {least}, got {value!r}")
    return int(value)
