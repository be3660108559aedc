"""The graph up to a call that failed, read from the traceback of its error."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from textwrap import wrap
from types import FrameType
from typing import Any

import numpy as np

from ..frames import NUMPY, PACKAGE
from ..graph.recorded import Recorded
from ..graph.variables import seen_from, take_names
from ..tape import toposort
from ..tensor import Op, Tensor, _as_tensors, _leaf, _made
from .diagram import Diagram, diagram

LINE, LINES = 56, 7  # characters of a line of the message, and lines


def failure(error: BaseException) -> Diagram:
    """The diagram of what the failed call was made from, with the call and the error's message."""
    frames = _frames(error)
    call = next((call for frame in frames if _is_own(frame) and (call := _call(frame)) is not None), None)
    if call is None:
        raise TypeError(
            f"draw() takes the error of an op's call that failed, as `except` catches it; the traceback of this "
            f"{type(error).__name__} leads to no op"
        )
    caller = next((frame for frame in chain(frames, _frames(error)) if not _is_own(frame)), None)
    take_names(toposort(call), seen_from(caller))
    graph = Recorded(call)
    (failed,) = graph.outputs
    lines = wrap(str(error), LINE)
    return diagram(graph, failed, lines[:LINES] + ["…"] * (len(lines) > LINES))


def _frames(error: BaseException | None) -> Iterator[FrameType]:
    """The frames that an error passed, the innermost first; then those of its cause."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        found, trace = [], error.__traceback__
        while trace is not None:
            found.append(trace.tb_frame)
            trace = trace.tb_next
        yield from reversed(found)
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _is_own(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith((PACKAGE, NUMPY))


def _call(frame: FrameType) -> Tensor | None:
    """The Tensor of the call that a frame works on, or one in its place; None if there is none."""
    found = frame.f_locals
    op, node = found.get("op", found.get("self")), found.get("node")  # in Op's own methods it is self
    inputs = (found["self"], found["other"]) if "other" in found else found.get("inputs")  # of an operator, or others
    if not isinstance(op, Op):
        return None
    if type(node) is Tensor:
        return node
    if not isinstance(inputs, (tuple, list)):
        return None
    taken = tuple(_input(op, x) for x in inputs)
    return _made(_leaf(np.zeros(())), op, taken, None, found.get("options") or {})


def _input(op: Op, x: Any) -> Any:
    """An input as a Tensor or a number; a leaf of its kind and shape for what can be neither."""
    try:
        return _as_tensors(op, (x,))[0]
    except (TypeError, ValueError):
        kind = f"{x.dtype} array" if hasattr(x, "dtype") else type(x).__name__
        return _leaf(np.empty(getattr(x, "shape", ())), False, kind)
