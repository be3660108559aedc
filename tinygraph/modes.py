"""How ops record just now: `no_grad`, `scope`, and the variable of this thread or async task that they set."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any


class Scope:
    """A named group of recorded ops, drawn as a box; `parent` is the scope around it."""

    __slots__ = ("name", "parent")

    def __init__(self, name: str, parent: Scope | None) -> None:
        self.name, self.parent = name, parent

    def __repr__(self) -> str:
        return f"{self.parent!r} / {self.name}" if self.parent else self.name


# How ops record just now, in this thread or task: whether they do where an input requires a gradient (DERIVING in a
# function that tg.grad or the like is taken of, whose caller does not see where a gradient gets lost), the scope
# around them, the watcher, to which all that is computed is told (the compiler's trace, or that of debug and
# detect_anomaly), and the mode that held outside. A plain tuple, for it is read at every op.
Mode = tuple[int, "Scope | None", Any, Any]
DERIVING = 2
current: ContextVar[Mode] = ContextVar("tinygraph mode", default=(True, None, None, None))


def tracing() -> bool:
    """Whether tg.compile is tracing just now."""
    watcher = current.get()[2]
    return watcher is not None and watcher.compiles


class ReadError(TypeError):
    """A Tensor's value was asked for where that would drop its gradient, or bake it into a compiled function."""


def raise_plainly(error: Any) -> None:
    """Raise a ReadError as a TypeError, also one that NumPy's `array[i] = t` replaced by a ValueError of its own."""
    read = error.__cause__ if type(error) is ValueError else error
    if isinstance(read, ReadError):
        raise TypeError(*read.args).with_traceback(error.__traceback__) from None


class Block:
    """A `with` block inside which ops record otherwise; left by an exception or not, what was before holds again.

    It remembers nothing itself, so that several threads and tasks may be inside one at once.
    """

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[int, Scope | None, Any]:
        """What holds inside the block, where `mode` is the one around it."""
        return mode[:3]

    def __enter__(self) -> None:
        mode = current.get()
        current.set((*self.inside(mode), mode))

    def __exit__(self, *error: Any) -> None:
        around = current.get()[3]
        if around is not None:  # none is open here: a generator was entered in one thread, and is closed in another
            current.set(around)


class NoGrad(Block):
    """Record nothing inside, as a `with` block or as a decorator; for this thread or async task alone.

    >>> import tinygraph as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    >>> @tg.no_grad()
    ... def predict(x):
    ...     return x * x
    >>> predict(x).requires_grad
    False
    """

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[int, Scope | None, Any]:
        return False, *mode[1:3]

    def __call__(self, *decorated: Callable[..., Any]) -> Any:
        if not decorated:
            return self  # so that `no_grad()` and `no_grad` are the same
        import inspect  # takes longer to import than the rest of tinygraph

        (function,) = decorated
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"no_grad() decorates a function, got {function!r}; or write `with tg.no_grad():`")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"no_grad() cannot decorate the generator {function.__name__}: its caller runs between its steps; "
                "write `with tg.no_grad():` inside it, around the steps"
            )

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await function(*args, **kwargs)

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return awaited if inspect.iscoroutinefunction(function) else called


no_grad = NoGrad()


class recording(Block):  # noqa: N801 (a context manager reads as a function)
    """Record inside, even within no_grad: for the gradient's own graph."""

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[int, Scope | None, Any]:
        return True, *mode[1:3]


class deriving(Block):  # noqa: N801
    """Record inside a function of which a derivative is taken."""

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[int, Scope | None, Any]:
        return DERIVING, *mode[1:3]

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        raise_plainly(error[1])


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
        if not isinstance(name, str):
            raise TypeError(f'a scope has a name, as in `with tg.scope("layer 1"):`, got {name!r}')
        self.name = name

    def inside(self, mode: Mode) -> tuple[int, Scope | None, Any]:
        return mode[0], Scope(self.name, mode[1]), mode[2]
