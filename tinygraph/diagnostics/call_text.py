"""A failed call in the user's words: names for its inputs, and the line that made it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..frames import user_frame, warn
from ..graph.expression import ATOM, Expressions, Text, literal
from ..graph.nodes import Node
from ..graph.variables import variables
from ..ops import subtract
from ..tensor import Op

LONGEST = 60  # the most characters of a call that serves as a name


def user_line() -> str:
    """The file and line of the user's code that runs now, as train.py:12."""
    frame = user_frame()
    path, line = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("an unknown file", 0)
    return f"line {line} of a cell" if "ipykernel_" in path else f"{os.path.basename(path)}:{line}"


def words(op: Op, inputs: Sequence[Any], otherwise: Sequence[str] = ()) -> list[str]:
    """A word for each input: the user's name or variable, the call that made it, or its place.

    otherwise: texts for inputs that cannot be typed, because they have no name, or it means another
    variable. If they are given, all other words are code that one may type.
    """
    held = variables(user_frame())
    found = [_word(x, held, typed=bool(otherwise)) for x in inputs]
    return [name or (otherwise[k] if otherwise else _place(op, k, len(found))) for k, name in enumerate(found)]


def _place(op: Any, k: int, count: int) -> str:
    if k >= op.picks > 0:
        return "the index"
    nth = ("first", "second", "third")[k] if k < 3 else f"{k + 1}th"
    return f"the {nth} operand" if count > 1 else "the operand"


def _word(x: Any, variables: dict[str, int], typed: bool, depth: int = 3) -> str | None:
    """A number itself, a Tensor's name, the variable that holds it, or the call that made it."""
    if isinstance(x, (int, float)):
        return literal(x)
    name, itself = getattr(x, "name", None), (id(x), id(data(x)))
    if name and not (typed and (not name.isidentifier() or variables.get(name, itself[0]) not in itself)):
        return str(name)
    held = [name for name, held in variables.items() if held in itself and name[:1] != "_"]
    if held:
        return held[0]
    op = getattr(x, "op", None)
    if op is None or not depth or (typed and not op.builtin):  # the variable that holds a user's op may have any name
        return None
    inner = [_word(y, variables, typed, depth - 1) for y in x.inputs]
    if None in inner:
        return None
    call = _expression(op, [word or "" for word in inner], x.options or {})
    text = call.text if call.level == ATOM else f"({call.text})"
    return text if 0 < len(text) <= LONGEST and "\n" not in text else None


def data(x: Any) -> Any:
    """The array of a Tensor; anything else itself."""
    return getattr(x, "_data", x)


def shape(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, array or number."""
    return np.shape(data(x))


def title(word: str, x: Any) -> str:
    """Name and shape, as W1 (4, 3); a number itself."""
    return f"{word} {shape(x)}" if hasattr(x, "shape") else word


def call(op: Op, inputs: Sequence[Any], options: dict[str, Any] | None) -> str:
    """The call as a person writes it, with names and shapes."""
    return headline(op, words(op, inputs), inputs, options)


def headline(op: Op, names: Sequence[str], inputs: Sequence[Any], options: dict[str, Any] | None) -> str:
    """The call with names and shapes: W2 (1, 4) @ A1 (3, 5), or A (2, 3).sum(axis=2)."""
    return written(op, list(map(title, names, inputs)), options or {})


def written(op: Op, names: Sequence[str], options: dict[str, Any]) -> str:
    """The call of `op` as one types it, which is tg.explain's form without the module's name."""
    try:
        return _expression(op, names, options).text
    except (RecursionError, KeyError):  # an option is a list that holds itself, or is missing
        return f"tg.{op.name}({', '.join(names)}, ...)"


def _expression(op: Op, names: Sequence[str], options: dict[str, Any]) -> Text:
    sources = {Node(None, (), {}, (), np.dtype(float), "argument"): Text(name) for name in names}
    node = Node(op, tuple(sources), options, options.get("shape", ()), np.dtype(float))
    expressions = Expressions(sources, 0, "m", set())
    if not op.builtin:  # a user's op
        return expressions.call(op.name, node)
    text = expressions.of(node) or expressions.call(f"tg.{op.name}", node)
    home = r"^(np|scipy)\.(linalg\.(?=norm\()|fft\.|lib\.stride_tricks\.)?"
    return text._replace(text=re.sub(home, "tg.", re.sub(r"\[[^][]{300,}\]", "[...]", text.text)))


def made(word: str, x: Any) -> str:
    """The op that made a Tensor, and its line if debug mode kept it; "" if neither is known."""
    note, says_so = getattr(x, "_made_at", None), re.search(r"[(\[]|\.T$", word)  # the word itself is a call
    word = re.sub("^the ", "The ", word)
    if note is not None:
        return f"{word} was made at {note.line} by {note.op}"
    return f"{word} was made by {x.op}" if getattr(x, "inputs", None) and not says_so else ""


def warn_of_no_grad(x: Any) -> None:
    """Warn that the `.grad` of a result stays None, and of the likely cause."""
    (word,) = words(x.op, [x], "t")
    name = word if word.isidentifier() else "t"
    changed = f"; if `{name} -= step` made it, write `{name}.data -= step`" if x.op is subtract else ""
    warn(
        f"{title(word, x)} is the result of {x.op}, so its .grad stays None{changed}. backward() fills in the .grad of "
        f"leaves; for this one too, call {name}.retain_grad() before it"
    )
