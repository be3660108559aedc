"""Modes: `no_grad`, `scope` and others decide how ops record; a Watcher is told what they do."""

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


# The mode of this thread or task: whether ops are recorded if an input requires a gradient, the
# scope, the Watcher, and the mode outside. A plain tuple, because every op reads it. DERIVING is
# true, and stands inside a function that tg.grad or the like differentiates: there, the caller
# could not see that a gradient gets lost.
Fields = tuple[int, "Scope | None", Any, Any]
DERIVING = 2
current: ContextVar[Fields] = ContextVar("tinygraph mode", default=(True, None, None, None))


class Watcher:
    """What watches the ops of a mode: the compiler's trace, or tg.debug and tg.detect_anomaly.

    The engine calls these methods and knows nothing else of a watcher. A subclass overrides those
    that it needs.
    """

    traces = False  # whether values are those of an example: they must not steer Python

    def starting(self, op: Any, inputs: Any, options: Any) -> tuple[Any, Any]:
        """Before an op runs, only if `traces`: the inputs and options that it is to run with."""
        return inputs, options

    def computed(self, tensor: Any, op: Any, inputs: Any, saved: Any, options: Any) -> Any:
        """After an op has run: the Tensor that takes the place of its result `tensor`."""
        return tensor

    def called(self, name: str, inputs: Any, results: Any) -> None:
        """After a compiled function has run; its ops are not told one by one."""

    def read(self, tensor: Any, how: str, steers: bool) -> None:
        """Before values become plain Python or NumPy; `steers` if Python may branch on them."""

    def written(self, what: str) -> None:
        """Before `what`, such as assigning to .data, changes something outside the function."""

    def detached(self, tensor: Any) -> Any:
        """The result of t.detach(), or None for the usual one."""

    def rules(self, node: Any, rules: Any) -> Any:
        """Before the walk back, unless `traces`: the gradient rules to use for `node`."""
        return rules


def tracing() -> bool:
    """Whether tg.compile traces a function just now."""
    watcher = current.get()[2]
    return watcher is not None and watcher.traces


def refuse_traced(what: str) -> None:
    """Tell the watcher that `what` is about to change something; tg.compile refuses that."""
    watcher = current.get()[2]
    if watcher is not None:
        watcher.written(what)


class ReadError(TypeError):
    """Reading a value would drop its gradient, or bake the value into a compiled function."""


def raise_plainly(error: Any) -> None:
    """Raise a ReadError as a TypeError, also if NumPy's `array[i] = t` made a ValueError of it."""
    read = error.__cause__ if type(error) is ValueError else error
    if isinstance(read, ReadError):
        raise TypeError(*read.args).with_traceback(error.__traceback__) from None


class Mode:
    """A `with` block with another mode inside. The mode outside comes back, even after an error.

    It keeps no state of its own, so that several threads and tasks may be inside one at once.
    """

    __slots__ = ()

    records: int | None = None  # whether the mode inside records; None for as outside

    def inside(self, mode: Fields) -> tuple[int, Scope | None, Any]:
        """The first three fields of the mode inside, from the mode outside."""
        return mode[0] if self.records is None else self.records, *mode[1:3]

    def __enter__(self) -> None:
        mode = current.get()
        current.set((*self.inside(mode), mode))

    def __exit__(self, *error: Any) -> None:
        around = current.get()[3]
        if around is not None:  # else a generator was entered in one thread and is closed in another
            current.set(around)


class NoGrad(Mode):
    """Record nothing inside, as a `with` block or a decorator, in this thread or async task alone.

    Raises TypeError if it decorates anything but a function.

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
    records, called = False, "no_grad()"

    def __call__(self, *decorated: Callable[..., Any]) -> Any:
        if not decorated:
            return self  # so that `no_grad()` and `no_grad` are the same
        import inspect  # takes longer to import than the rest of tinygraph

        (function,) = decorated
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"{self.called} decorates a function, got {function!r}; or write `with tg.{self.called}:`")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{self.called} cannot decorate the generator {function.__name__}: its caller runs between its steps; "
                f"write `with tg.{self.called}:` inside it, around the steps"
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


class enable_grad(Mode):  # noqa: N801 (a context manager reads as a function)
    """Record inside, even within no_grad: for a gradient that has a graph."""

    __slots__ = ()
    records = True


class deriving(Mode):  # noqa: N801
    """Record inside a function that is differentiated."""

    __slots__ = ()
    records = DERIVING

    def __exit__(self, *error: Any) -> None:
        super().__exit__()
        raise_plainly(error[1])


class scope(Mode):  # noqa: N801
    """Group what is recorded inside under `name`: a box in the diagram. Scopes nest.

    Raises TypeError if the name is not a string.

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

    def __enter__(self) -> None:  # at once, without `inside`, because each layer of a net enters one
        mode = current.get()
        current.set((mode[0], Scope(self.name, mode[1]), mode[2], mode))
