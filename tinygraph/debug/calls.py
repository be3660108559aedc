"""What a person calls the parts of a failed call: their names for its inputs, and the line of theirs that made it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..compiler.expression import Expressions, Text
from ..compiler.graph import Node
from ..tensor import Op, Tensor

OPTIMIZED = 1  # inspect.CO_OPTIMIZED: the code of a function, whose variables stand in no dict
_PACKAGE = os.path.dirname(Op.call.__code__.co_filename) + os.sep


def user_frame() -> FrameType | None:
    """The innermost frame that does not run tinygraph's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame


def user_line() -> str:
    """The file and line that runs in the user's code, as in train.py:12."""
    frame = user_frame()
    path, line = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("an unknown file", 0)
    return f"line {line} of a cell" if "ipykernel_" in path else f"{os.path.basename(path)}:{line}"


class Letter(str):
    """A name that is not the user's, who may have a variable of that name: nothing to be typed holds it."""


def words(op: Op, inputs: Sequence[Any]) -> list[str]:
    """What to call each input: by the user's name or variable for it, or else as the op's own function does."""
    variables = _variables(user_frame()) if any(not getattr(x, "name", None) for x in inputs) else {}
    found = [_word(x, variables) for x in inputs]
    code = getattr(getattr(op.forward, "__wrapped__", op.forward), "__code__", None)
    letters = code.co_varnames[: code.co_argcount] if code else "ab" if op.arity == 2 else "x"
    spare = [*letters, *(f"x{k}" for k in range(len(letters), len(inputs)))]
    return [name or Letter(spare[k] if spare[k] not in found else f"x{k}") for k, name in enumerate(found)]


def _word(x: Any, variables: dict[int, str]) -> str | None:
    """The name of a Tensor, or the variable that holds it or its array, or X.T for the transpose of such a one."""
    if isinstance(x, (int, float)):
        return repr(x)
    found = getattr(x, "name", None) or variables.get(id(x)) or variables.get(id(getattr(x, "_data", x)))
    if found is None and getattr(x, "op", None) is not None and x.op.name == "transpose" and not x.options:
        inner = _word(x.inputs[0], variables)
        return inner and f"{inner}.T"
    return found


def _variables(frame: FrameType | None) -> dict[int, str]:
    """The names of the Tensors and arrays that variables of this frame hold, by their identity."""
    if frame is None:
        return {}
    found = frame.f_locals
    pairs = [*frame.f_globals.items(), *found.items()]
    if type(found) is dict and frame.f_code.co_flags & OPTIMIZED and sys.getrefcount(found) < 4:
        # Before Python 3.13 the frame of a function keeps this copy of its variables, and with it what they held, for
        # as long as it runs; so it is emptied, unless somebody else holds it too, as the result of locals()
        found.clear()
    return {id(x): name for name, x in pairs if isinstance(x, (Tensor, np.ndarray)) and name[:1] != "_"}


def shape(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, array or number."""
    return np.shape(getattr(x, "_data", x))


def title(word: str, x: Any) -> str:
    """Name and shape, as in W1 (4, 3); a number as it is."""
    return f"{word} {shape(x)}" if hasattr(x, "shape") else word


def headline(op: Op, names: Sequence[str], inputs: Sequence[Any], options: dict[str, Any] | None) -> str:
    """The call with names and shapes: W2 (1, 4) @ A1 (3, 5), or A (2, 3).sum(axis=2)."""
    return written(op, list(map(title, names, inputs)), options or {})


def written(op: Op, names: Sequence[str], options: dict[str, Any]) -> str:
    """The call of `op` as one types it; as tg.explain has it, but for the function's module."""
    sources = {Node(None, (), {}, (), np.dtype(float), "argument"): Text(name) for name in names}
    node = Node(op, tuple(sources), options, options.get("shape", ()), np.dtype(float))
    expressions = Expressions(sources, 0, "m", set())
    if op.checks_result:  # a user's own
        return expressions.call(op.name, node).text
    text = expressions.of(node) or expressions.call(f"tg.{op.name}", node)
    return re.sub(r"^np\.(linalg\.)?", "tg.", text.text)


def made(word: str, x: Any) -> str:
    """Which op made a Tensor, and, where debug mode has kept that, at which line; "" if nothing is known."""
    note = getattr(x, "_note", None)
    if note is not None:
        return f"{word} was made at {note.line} by {note.op}"
    return f"{word} was made by {x.op}" if getattr(x, "op", None) is not None else ""
