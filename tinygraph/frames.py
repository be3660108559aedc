"""Errors and warnings point at the user's line.

Of tinygraph's own frames, a traceback shows the first, and the last unless that replaces NumPy's
error by one that says it all. A frame joins a traceback when an error leaves it. So the functions
that users call are guarded: an error that comes out of them loses the other frames.

NumPy warns of an overflow and the like at the line that called it, which is one of tinygraph's. A
check in each op would cost time. Instead a filter of Python's warnings, which runs only if there is
a warning, repeats it at the user's line.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from itertools import pairwise
from types import FrameType, FunctionType
from typing import Any, TypeVar, cast

import numpy as np

from .errors import hook
from .modes import current

Function = TypeVar("Function", bound=Callable[..., Any])
PACKAGE = os.path.dirname(__file__) + os.sep
OWN = PACKAGE, "<tinygraph"  # how the files of its code begin: the package's, and programs that were compiled
UNFIT = re.compile(r"(\S+)\(\) (?:got an unexpected keyword argument '(\w+)'|takes .* positional|missing .* required)")
_GUARDS: dict[Any, Any] = {}  # by the function, for two threads that first use one at once
NUMPY = os.path.dirname(np.__file__) + os.sep
_NOTEBOOK = {"IPython", "ipykernel", "decorator"}  # packages that stand between a cell and what it shows


def user_frame() -> FrameType | None:
    """The innermost frame outside of tinygraph, NumPy, and what a notebook calls them with."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (
        frame.f_code.co_filename.startswith((*OWN, NUMPY))
        or str(frame.f_globals.get("__name__")).partition(".")[0] in _NOTEBOOK
    ):
        frame = frame.f_back
    return frame


def warn(message: str, kind: type[Warning] = UserWarning) -> None:
    """Warn at the user's line."""
    frame = user_frame() or sys._getframe(1)
    where = frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__", "<string>")
    warnings.warn_explicit(message, kind, *where, frame.f_globals.setdefault("__warningregistry__", {}))


class _Texts:
    """A filter's pattern that keeps the text it was asked for; a compiled one to other code."""

    pattern = "(divide by zero|overflow|underflow|invalid value) encountered|Mean of empty|Degrees of fr|All-NaN"
    flags = 0
    said: ContextVar[str] = ContextVar("NumPy's text", default="")

    def match(self, asked: str) -> bool:
        self.said.set(asked if re.match(self.pattern, asked) else "")
        return bool(self.said.get())


class _Asked(type):
    def __subclasscheck__(cls, kind: type) -> bool:
        """Whether this warning of NumPy's came from a line of tinygraph's; then it is repeated."""
        said, frame = _Texts.said.get(), sys._getframe(1)
        _Texts.said.set("")
        while frame.f_code.co_filename.startswith(NUMPY) and frame.f_back is not None:
            frame = frame.f_back
        name, is_numpys = frame.f_code.co_filename, bool(said) and kind is RuntimeWarning
        is_ours = is_numpys and frame.f_code is not warn.__code__ and name.startswith(OWN)
        if is_ours:
            warn(said, RuntimeWarning)
        return is_ours


class FromTinygraph(RuntimeWarning, metaclass=_Asked):
    """The filter's category, which Python asks after the pattern. It ignores what was repeated."""


def redirect_warnings() -> None:
    """Add the filter, whose parts other code may read and pickle."""
    warnings.simplefilter("ignore", FromTinygraph)  # tells Python that there is another filter
    filters: Any = warnings.filters
    filters[0] = ("ignore", _Texts(), FromTinygraph, None, 0)


redirect_warnings()


def trim(error: BaseException) -> None:
    """Drop each frame of tinygraph's that follows another one.

    The last frame stays, except at `raise ... from`. Frames of the user's functions stay, and
    inside `with tg.debug():` all do.
    """
    _hint_at_arguments(error)
    entries: list[Any] = [error.__traceback__]
    if _shows_all():
        return
    while entries[-1].tb_next is not None:
        entries.append(entries[-1].tb_next)
    own = [entry.tb_frame.f_code.co_filename.startswith((*OWN, contextlib.__file__)) for entry in entries]
    last = len(entries) - 1 if not error.__suppress_context__ else 0
    kept = [entry for k, entry in enumerate(entries) if k in (0, last) or not (own[k - 1] and own[k])]
    for entry, after in pairwise([*kept, None]):
        entry.tb_next = after


def _hint_at_arguments(error: BaseException) -> None:
    """If a call's arguments do not fit the guarded function itself, say what to write instead."""
    place: Any = error.__traceback__
    if type(error) is TypeError and place.tb_next is None and (found := UNFIT.match(str(error))):
        hint = hook("hint")(found[2] or found[1], "=")
        error.args = (str(error).partition(". Did you mean")[0] + hint if hint else str(error),)  # Python 3.13 asks


def cause(error: Exception, op: Any = None) -> Exception | None:
    """What an error is raised from. NumPy's, which says less, is hidden if no user's code ran."""
    entry, known = error.__traceback__, (*OWN, NUMPY, "<__array_function__")
    while entry is not None and entry.tb_frame.f_code.co_filename.startswith(known):
        entry = entry.tb_next
    return error if entry is not None or _shows_all() or (op is not None and not op.builtin) else None


def _shows_all() -> bool:
    """Whether this is inside of tg.debug()."""
    mode: Any = current.get()
    while mode is not None and not getattr(mode[2], "in_place", False):
        mode = mode[3]
    return mode is not None


def guarded(function: Function) -> Function:
    """The function with its errors trimmed."""
    cut, code = trim, cast(FunctionType, function).__code__

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython and pytest leave this frame out
        try:
            return function(*args, **kwargs)
        except Exception as error:
            cut(error)
            raise

    named = call.__code__.replace(co_name=code.co_name)  # as tracebacks show it
    found: Any = FunctionType(named, function.__globals__, closure=call.__closure__)  # doctest asks for the module's
    return cast(Function, functools.wraps(function, (*functools.WRAPPER_ASSIGNMENTS, "__kwdefaults__"))(found))


def guard_in(module: Any, names: Iterable[str]) -> Any:
    """The module with its functions of these names guarded, so that pickle finds the same ones."""
    for name in vars(module).keys() & set(names):
        function = getattr(module, name)
        if isinstance(function, FunctionType) and function not in _GUARDS.values():
            setattr(module, name, _GUARDS.setdefault(function, guarded(function)))
    return module


def meant(name: str, names: Iterable[str], where: str) -> str:
    """A suggestion for a mistyped name: "; did you mean tg.sigmoid?", or ""."""
    from difflib import get_close_matches  # which few programs need

    close = [] if name[0] == "_" else get_close_matches(name, [x for x in names if x[0] != "_"], 1, 0.7)
    return f"; did you mean {where}.{close[0]}?" if close else ""
