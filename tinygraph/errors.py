"""Errors raised anew with their op, and the hooks through which higher packages add advice."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from .arrays import AxisError, LinAlgError

# The errors of a forward function or a rule that are raised anew; subclasses stand before bases.
TAGGED: tuple[type[Exception], ...] = (
    *(AxisError, LinAlgError, IndexError, KeyError, TypeError, ValueError, AttributeError, NameError, AssertionError),
    *(ZeroDivisionError, OverflowError, FloatingPointError, NotImplementedError, RuntimeError),
)


def tagged(error: Exception, where: str, words: str | None = None) -> Exception:
    """An error of the same built-in kind that says where it arose, with the same or other words."""
    return next(kind for kind in TAGGED if isinstance(error, kind))(f"{where}: {words or error}")


# What the engine asks of higher packages, as "module:function"; the contents page fills it in, and
# ops/ with what it loads at its first use.
HOOKS: dict[str, str] = {}


@cache
def hook(name: str) -> Any:
    """The function that a higher package provides under this name, imported at its first use."""
    module, _, function = HOOKS[name].partition(":")
    return getattr(import_module(f".{module}", __package__), function)
