"""A function that runs once, on Tensors that stand for those of all steps or rows, for scan and vmap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array, as_array
from ..errors import hook
from ..modes import current
from ..ops import reshape
from ..tensor import Tensor, constant


def outer_trace() -> Any:
    """The trace of tg.compile, or of a scan or vmap around this one; None without."""
    watcher = current.get()[2]
    return watcher if watcher is not None and watcher.traces else None


def inner_trace(what: str) -> Any:
    """The trace of a function of scan or vmap."""
    return hook("inner_trace")(outer_trace(), current.get()[1], what)


def traced(what: str, f: Any, run: Callable[[Any], Any]) -> Any:
    """What `run` gives for a trace of f; raises TypeError if f draws random numbers.

    Another thread may draw during the trace. So a generator counts only if a second trace draws
    from it too.
    """
    outer = outer_trace()
    draws = hook("draws")(f, (), {}) if outer is None else None  # tg.compile looks for draws itself
    drawn: set[int] = set()
    for _ in range(2):
        before = len(getattr(outer, "draws", ()))
        with inner_trace(what) as trace:
            made = run(trace)
        if trace.replaced:
            raise TypeError(f"batch norm cannot train in the function of {what}, which runs once: move it out")
        if len(getattr(outer, "draws", ())) > before:
            break
        drawn = set() if draws is None else draws.latest() & drawn if drawn else draws.latest()
        if not drawn:
            return made
    if draws is not None:
        draws.put_back()
    return trace.drawn(None, "")


def given(x: Any, what: str) -> Any:
    """An argument as an array or Tensor."""
    outer = outer_trace()
    x = x if outer is None else outer.tensor(x)
    return x if type(x) is Tensor else as_array(x, what)


def result(x: Any, trace: Any, start: int) -> Tensor:
    """A leaf of what the function gives, as a Tensor that the trace has made."""
    x = trace.tensor(x)
    x = x if type(x) is Tensor else constant(x, trace.what)
    return x if x.order > start else reshape(x, x.shape)


def first_row(x: Array) -> Array:
    """The first row of an array; zeros if it has no rows."""
    return x[0, ...] if len(x) else np.zeros(x.shape[1:], x.dtype)
