"""Ctrl-C at a chosen moment: Python hears it between two instructions of its own, and at no other moment."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import copy_context
from types import CodeType
from typing import Any

import numpy as np


def interrupted(f: Callable[[], Any], at: int | None, where: Callable[[CodeType], bool]) -> bool:
    """Whether f ended by Ctrl-C before instruction `at` (1, 2, ...; None: never) of the code that `where` takes."""
    seen = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal seen
        if not where(frame.f_code):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen += 1
            if seen == at:
                raise KeyboardInterrupt
        return trace

    others = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 tells of instructions if one has asked before settrace
    sys.settrace(trace)
    try:
        with np.errstate():  # to be left without fail, which Ctrl-C in the middle of leaving one is not
            copy_context().run(f)  # of which what an interrupted block leaves behind is thrown away
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(others)
    return False
