"""Ctrl-C at a chosen moment: Python handles it only between two of its instructions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import copy_context
from types import CodeType
from typing import Any

import numpy as np


def interrupted(f: Callable[[], Any], at: int | None, where: Callable[[CodeType], bool]) -> bool:
    """Whether f ended by Ctrl-C before instruction `at` of the code that `where` accepts.

    at: 1, 2, ..., or None for never.
    """
    seen = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal seen
        if event == "opcode":
            seen += 1
            if seen == at:
                raise KeyboardInterrupt
        else:
            if event == "call" and not where(frame.f_code):
                return None
            frame.f_trace_opcodes = True  # Python 3.13 forgets it
        return trace

    others = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 reports instructions only if asked before settrace
    sys.settrace(trace)
    try:
        with np.errstate():  # restores NumPy's settings if Ctrl-C hits an inner errstate's end
            copy_context().run(f)  # discards the modes that an interrupted block leaves behind
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(others)
    return False
