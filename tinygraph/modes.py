"""How ops record just now: `no_grad`, `scope`, and the variable of this thread or async task that they set."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any


class Scope:
    """A named group of recorded ops, drawn as a box; `parent` is the scope around it."""

    __slots__ = ("name", "parent")

    def __init__(self, name: str, parent: Scope | None) -> None:
        self.name, self.parent = name, parent

    def __repr__(self) -> str:
        return f"{self.parent!r} / {self.name}" if self.parent else self.name


# How ops record just now, in this thread or task: whether they do where an input requires a gradient, and the scope
# around them. A plain tuple, for it is read at every op.
Mode = tuple[bool, "Scope | None"]
current: ContextVar[Mode] = ContextVar("tinygraph mode", default=(True, None))


class Block:
    """A `with` block inside which ops record otherwise; left by an exception or not, what was before holds again."""

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: list[Token[Mode]] = []

    def inside(self, mode: Mode) -> Mode:
        """The mode inside the block, where `mode` is the one around it."""
        return mode

    def __enter__(self) -> None:
        self._tokens.append(current.set(self.inside(current.get())))

    def __exit__(self, *error: Any) -> None:
        current.reset(self._tokens.pop())


class no_grad(Block):  # noqa: N801 (a context manager reads as a function)
    """Record nothing inside, as a `with` block or as a decorator; for this thread or async task alone.

    >>> import tinygraph as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    __slots__ = ()

    def inside(self, mode: Mode) -> Mode:
        return False, mode[1]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import inspect  # takes longer to import than the rest of tinygraph

        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"no_grad() cannot decorate the generator {function.__name__}: its caller runs between its steps; "
                "write `with tg.no_grad():` inside it, around the steps"
            )

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return await function(*args, **kwargs)

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return function(*args, **kwargs)

        return awaited if inspect.iscoroutinefunction(function) else called


class recording(Block):  # noqa: N801
    """Record inside, even within no_grad: for the gradient's own graph."""

    __slots__ = ()

    def inside(self, mode: Mode) -> Mode:
        return True, mode[1]


class scope(Block):  # noqa: N801
    """Group what is recorded inside under `name`: a box in the diagram. Scopes nest.

    >>> import tinygraph as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> with tg.scope("layer 1"):
    ...     y = x * x
    >>> y.scope
    layer 1
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self._tokens = []

    def inside(self, mode: Mode) -> Mode:
        return mode[0], Scope(self.name, mode[1])
