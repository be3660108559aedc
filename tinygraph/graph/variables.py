"""The variables of the code that calls tinygraph: Tensors without a name take theirs from there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any

from ..frames import user_frame
from ..modes import NoGrad
from ..tensor import Tensor, given_name

OPTIMIZED = 1  # inspect.CO_OPTIMIZED: a function's code, whose variables are in no dict
ENTRIES = 1000  # of the longest dict whose keys give names
_explicit = ContextVar("tinygraph explicit names", default=0)  # how many blocks this is inside of


class VariableName(str):
    """A name that was seen at a variable, which `given_name` leaves out."""

    __slots__ = ()


class Explicit(NoGrad):
    """A block or decorator, also of coroutines, like no_grad. Two blocks may end in any order."""

    __slots__ = ()
    called = "explicit_names()"

    def __enter__(self) -> None:
        _explicit.set(_explicit.get() + 1)

    def __exit__(self, *error: Any) -> None:
        _explicit.set(max(_explicit.get() - 1, 0))  # a generator may be entered in one thread and closed in another


def explicit_names() -> Explicit:
    """Inside, no Tensor takes the name of a variable: a picture shows only names that you gave.

    A `with` block, or a decorator, for this thread or async task alone.

    >>> import tinygraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with tg.explicit_names():
    ...     print((w * w).sum().tape()[0].inputs[0].name)
    None
    >>> print((w * w).sum().tape()[0].inputs[0].name)
    w
    """
    return Explicit()


def ids(space: Mapping[str, Any], with_entries: bool = True) -> dict[str, int]:
    """The id of each variable, then of each entry of a dict among them, as of parameters["W1"]."""
    held = {name: id(x) for name, x in [*space.items()]}
    for name, x in [*space.items()] if with_entries else ():
        if type(x) is dict and len(x) <= ENTRIES and name[:1] != "_":
            held |= {key: id(y) for key, y in [*x.items()] if type(key) is str and key not in held}
    return held


def variables(frame: FrameType | None, with_entries: bool = False) -> dict[str, int]:
    """The id of the value of each variable that this frame sees, its own variables first."""
    if frame is None:
        return {}
    found = frame.f_locals
    held = ids(found, with_entries)
    held |= {name: x for name, x in ids(frame.f_globals, with_entries).items() if name not in held}
    if type(found) is dict and frame.f_code.co_flags & OPTIMIZED and sys.getrefcount(found) < 4:
        # Before Python 3.13 a function's frame keeps this copy of its variables, and so their
        # values, as long as it runs. It is emptied here, unless somebody else holds it too, such as
        # a result of locals().
        found.clear()
    return held


def take_names(tensors: Iterable[Tensor], seen: tuple[Mapping[str, int], Iterable[CodeType]] | None = None) -> None:
    """Name each unnamed Tensor and input after the variable that holds it now.

    The key of a dict that a variable holds gives a name too, and an array that an op took counts as
    its constant Tensor. Of two variables, the earlier one gives its name. Names are left out that
    begin with _, that a loop counts with, or that somebody gave on the graph. A name stays while
    its variable is in sight and holds no other Tensor of the graph.

    seen: the ids of variables and the codes that assigned them; by default, what the caller of
    tinygraph sees.
    """
    taken: set[str | None] = set()
    unnamed: dict[int, list[Tensor]] = {}
    for x in (x for t in tensors for x in (*t.inputs, t) if type(x) is Tensor):
        if given_name(x) is not None:
            taken.add(x._name)
        else:
            unnamed.setdefault(id(x._data) if x.order == -1 else id(x), []).append(x)
    if not unnamed or _explicit.get():
        return
    held: Any
    held, codes = seen or seen_from(user_frame())
    found = [name for name, key in held.items() if key in unnamed and name.isidentifier() and name[0] != "_"]
    taken |= set().union(*map(_targets, codes)) if found else set()
    new = {held[name]: name for name in reversed(found) if name not in taken}
    for key, same in unnamed.items():
        name = old = next((x._name for x in same if x._name is not None), None)
        if old not in held or old in taken or (held[old] != key and held[old] in unnamed):
            name = new.get(key, None if old in held or old in taken else old)
        for x in same:
            x._name = name and VariableName(name)


def seen_from(frame: FrameType | None) -> tuple[Mapping[str, int], Iterable[CodeType]]:
    """What `take_names` takes: the variables that a frame sees, and the codes that assign them."""
    return variables(frame, with_entries=True), _codes(frame)


def _codes(frame: FrameType | None) -> Iterable[CodeType]:
    """The code of a frame, and of its module if that still runs."""
    variables = frame.f_globals if frame is not None else None
    if frame is not None:
        yield frame.f_code
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals is variables:
            yield frame.f_code
        frame = frame.f_back


def _targets(code: CodeType) -> set[str]:
    """The variables that the `for` loops of some code assign."""
    import dis  # takes longer to import than all of this

    found: set[str] = set()
    follows = 0  # 1 if the last instructions took the next value of a loop, 2 while `async for` waits for it
    for step in dis.get_instructions(code):
        if follows and step.opname.startswith("STORE_"):
            names = [step.argval] if isinstance(step.argval, str) else step.argval  # a pair: STORE_FAST_STORE_FAST
            found.update(names[:1] if "LOAD" in step.opname else names)
            follows = 1
        elif follows < 2 and not step.opname.startswith(("UNPACK_", "EXTENDED_", "CACHE")):
            follows = {"FOR_ITER": 1, "GET_ANEXT": 2}.get(step.opname, 0)
    return found
