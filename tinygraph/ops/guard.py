"""Tracebacks with few of tinygraph's own frames: the first and the last.

A frame joins a traceback when an error leaves it. So the functions that users call are guarded: an
error that comes out of them loses the frames in between.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from itertools import pairwise
from types import FunctionType
from typing import Any, TypeVar, cast

from ..modes import current

Function = TypeVar("Function", bound=Callable[..., Any])
_PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def trim(error: BaseException) -> None:
    """Drop those of tinygraph's frames that follow one of its own, except the last.

    Frames of the user's functions stay, and inside `with tg.debug():` all do.
    """
    if _shows_all():
        return
    entries: list[Any] = [error.__traceback__]
    while entries[-1].tb_next is not None:
        entries.append(entries[-1].tb_next)
    own = [entry.tb_frame.f_code.co_filename.startswith(_PACKAGE) for entry in entries]
    ends = 0, len(entries) - 1
    kept = [entry for k, entry in enumerate(entries) if k in ends or not (own[k - 1] and own[k])]
    for entry, after in pairwise(kept):
        entry.tb_next = after


def cause(error: Exception, op: Any) -> Exception | None:
    """What an error is to be raised from: NumPy's own, which says less, is hidden."""
    return error if not op.builtin or _shows_all() else None


def _shows_all() -> bool:
    """Whether this is inside of tg.debug()."""
    mode: Any = current.get()
    while mode is not None and not getattr(mode[2], "in_place", False):
        mode = mode[3]
    return mode is not None


def guarded(function: Function) -> Function:
    """The function with its errors trimmed."""
    cut = trim

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            cut(error)
            raise

    named = call.__code__.replace(co_name=function.__name__)  # as the traceback shows it
    found: Any = FunctionType(named, function.__globals__, closure=call.__closure__)  # doctest asks for the module's
    return cast(Function, functools.wraps(function)(found))


def guard_in(module: Any, names: Iterable[str]) -> Any:
    """The module with its functions of these names guarded, so that pickle finds the same ones."""
    for name in vars(module).keys() & set(names):
        if isinstance(getattr(module, name), FunctionType):
            setattr(module, name, guarded(getattr(module, name)))
    return module
