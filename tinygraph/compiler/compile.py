"""tg.compile: a function traced for each signature of its arguments, and run as straight-line
NumPy.
"""

# ruff: noqa: A001 (compile, as in tg.compile)

from __future__ import annotations

import functools
import os
import threading
import types
import warnings
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import Any, TypeAlias, overload

import numpy as np

from ..modes import current, tracing
from ..optim.optimizers import Optimizer
from ..tensor import Tensor
from ..transforms import tree
from ..transforms.tree import leaves
from .buffers import LAYOUT
from .draws import Draws
from .passes import PASSES, RENAMED
from .report import report
from .running import Runner
from .signature import key_of
from .source import Source
from .traced import Traced

__all__ = ["Compiled", "compile"]
Function: TypeAlias = Callable[..., Any]
Names: TypeAlias = str | Iterable[str] | None
CACHED = 16  # signatures; the least recently used goes
MANY = 10  # values of a float, each traced anew: then a warning
ALL = ("stability", *PASSES, *LAYOUT)


@overload
def compile(f: Function, *, optimizer: Optimizer | None = None, passes: Names = None) -> Compiled: ...
@overload
def compile(*, optimizer: Optimizer | None = None, passes: Names = None) -> Callable[[Function], Compiled]: ...
def compile(f: Function | None = None, *, optimizer: Optimizer | None = None, passes: Any = None) -> Any:
    """f compiled to straight-line NumPy; with an optimizer, a whole training step on the cost that
    f gives.

    f takes arrays, Tensors and Python floats, also in lists, tuples and dicts; any other argument
    is part of the
    signature: a plain value by type and value, an object as itself. f is traced once for each
    signature (shapes, dtypes, requires_grad, other arguments): what it reads from elsewhere
    (numbers, attributes, also in an op of your own) is baked in then, but for Tensors, such as
    parameters, whose values are read at each call. Which Tensor it is, and what `t.data` or
    `t.numpy()` gives, is baked in. An array from elsewhere is not to be edited afterwards, for what
    was computed of it may be baked in too: pass it as an argument, or capture a Tensor.

    A float is a number with the dtypes of eager: float32 stays float32. Where f asks for its value
    (an `if`, int(), a function of math, an option of an op), that value is part of the signature,
    and many of them give a warning. In the trace isinstance(x, float) is true, and type(x) is float
    is not.

    Random draws are refused, because every call would use the same: pass the mask as an argument.
    Draws are seen from np.random and from each generator that f gets or names, also through
    functions and attributes that it names. They are not seen from a generator made inside f, nor
    from Python's `random` and `secrets`.

    With an optimizer, each call updates the parameters in place, all or none (also at Ctrl-C), and
    gives the cost.
    passes: the names of those to run, or one; by default all. Also a decorator.

    >>> import numpy as np, tinygraph as tg
    >>> f = tg.compile(lambda x: tg.tanh(x) ** 2)
    >>> round(float(f(np.array(0.5))), 6)
    0.213552
    """
    if f is None:
        return functools.partial(compile, optimizer=optimizer, passes=passes)
    if not callable(f):
        raise TypeError(f"tg.compile takes a function, got {f!r}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"tg.compile(optimizer=...) takes one such as tg.optim.SGD(...), got {optimizer!r}")
    is_one = isinstance(passes, str) or not np.iterable(passes)
    chosen = ALL if passes is None else (passes,) if is_one else tuple(passes)
    unknown = [str(name) for name in chosen if name not in ALL]
    if unknown:
        renamed = [f"; {name} is now {RENAMED[name]}" for name in unknown if name in RENAMED]
        some = f"tg.compile(passes=...) takes some of {', '.join(ALL)}"
        raise ValueError(f"{some}; got {', '.join(unknown)}{''.join(renamed)}")
    return Compiled(f, optimizer, chosen)


class Compiled:
    """A compiled function. `code` tells how it runs, for the signature of the last call."""

    def __init__(self, f: Callable[..., Any], optimizer: Optimizer | None, passes: tuple[str, ...]) -> None:
        functools.update_wrapper(self, f)
        self._f, self._optimizer, self._passes = f, optimizer, passes
        self._cache: list[Runner] = []  # the latest first
        self._values: dict[str, set[str]] = {}  # of the floats that were asked for their values, by their names
        self._latest: Runner | None = None
        self._lock = threading.RLock()  # buffers are shared by all calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing():  # inside another compiled function, this one is part of what that computes
            if self._optimizer is not None:
                raise TypeError("a compiled training step updates parameters; it cannot be part of a compiled function")
            return self._f(*args, **kwargs)
        with self._lock:
            last = self._latest
            if last is None or kwargs or not last.signature.fits(args) or last.is_stale():
                self._latest = last = self._runner(args, kwargs)
                given: Any = last.signature.taken(args, kwargs)
                results = last.run([x._data if type(x) is Tensor else x for x in given])
            else:
                takes_floats = last.signature.takes_floats
                given = [np.array(x) if type(x) is float else x for x in args] if takes_floats else args
                results = last.run(given)
        watcher = current.get()[2]
        if watcher is not None:
            watcher.called(getattr(self._f, "__name__", "compiled"), given, results)
        return last.results.wrapped(results, given)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        """A copy is compiled anew at its first call."""
        if self._optimizer is not None:
            raise TypeError(
                "a compiled training step updates its own parameters, and is neither copied nor pickled; "
                "copy the function's net and optimizer, and call tg.compile on them"
            )
        return Compiled, (self._f, None, self._passes)

    def _runner(self, args: Any, kwargs: Any) -> Runner:
        for name, p in (self._optimizer.parameters if self._optimizer is not None else {}).items():
            if any(x is p for x in leaves((args, kwargs))):
                raise ValueError(
                    f"parameter {name} of the optimizer is an argument of the compiled step; the function is to take "
                    "it from outside, as a closure or a global variable"
                )
        key = key_of(args, kwargs)
        floats = [x for x in leaves((args, kwargs)) if type(x) is float]
        found = next((runner for runner in self._cache if runner.signature.is_for(key, floats)), None)
        if found is not None and not found.is_stale():
            latest = found
        else:
            latest = self._without_draws(key, args, kwargs)
            self._warn(latest.signature.asked)
        self._cache = [latest, *(runner for runner in self._cache if runner is not found)][:CACHED]
        return latest

    def _warn(self, asked: list[tuple[int, str, str, str]]) -> None:
        """Warn once of an argument that has been traced for many values."""
        for _, name, value, how in asked:
            values = self._values.setdefault(name, set())
            if len(values) < MANY:
                values.add(value)
                if len(values) == MANY:
                    warnings.warn(
                        f"tg.compile has traced {self._name} for {MANY} values of its argument {name}, and does so for "
                        f"each new one, because the function asks for its value: {how}. Compute with {name} itself: "
                        f"np.exp({name}) for math.exp({name}), tg.where(np.greater({name}, 0.5), a, b) for an `if`",
                        stacklevel=4,
                    )

    def _without_draws(self, key: Any, args: Any, kwargs: Any) -> Runner:
        """A new trace; an error if it draws random numbers: every call would use the same ones.

        Another thread may draw while this one traces. So a generator counts if a second trace draws
        from it too.
        """
        draws = Draws(self._f, args, kwargs)
        drawn: set[int] = set()
        try:
            for _ in range(2):
                runner = self._traced_anew(key, args, kwargs)
                drawn = draws.latest() & drawn if drawn else draws.latest()
                if not drawn:
                    return runner
            raise draws.error(drawn)
        except BaseException:
            draws.put_back()
            raise

    def _traced_anew(self, key: Any, args: Any, kwargs: Any) -> Runner:
        """A new trace. What does not take Numbers for floats is traced with their values."""

        def make(asks_for_all: str | None = None) -> Runner:
            stable = "stability" in self._passes
            traced = Traced(self._f, self._optimizer, key, args, kwargs, stable, asks_for_all)
            return Runner(traced, self._passes)

        # in a context of its own: whatever interrupts the trace, out here nothing is traced
        with np.errstate():  # which NumPy 1 keeps in the thread
            try:
                return copy_context().run(make)
            except Exception as error:
                if float not in map(type, leaves((args, kwargs))):
                    raise
                why = f"without it, {type(error).__name__}: {str(error)[:200]}"
            return copy_context().run(make, why)

    @property
    def _name(self) -> str:
        return getattr(self._f, "__name__", "the function")

    @property
    def code(self) -> str:
        """The function as it runs: each line one step of NumPy, whose last argument is the buffer
        for its result.
        """
        return self._compiled().program.code

    def _compiled(self) -> Runner:
        if self._latest is None:
            raise ValueError("nothing is compiled yet: call the function once, with arguments such as it is to take")
        return self._latest

    @property
    def source(self) -> str:
        """The function as one would have written it in NumPy, to be read: it takes and gives the
        parameters.

        Run as it stands, it has the dtypes of the NumPy that runs it: NumPy 1 makes float64 of a
        float32 number.
        """
        return self._source().text

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `source` to `path` as a module that needs NumPy alone, whole or not at all.

        ValueError if that needs more than NumPy: an op of your own, or a large array baked in.
        """
        self._source().save(path)

    def report(self) -> str:
        """What compiling did: ops before and after each pass, memory next to eager's, arithmetic.
        """
        latest = self._compiled()
        return report(latest.stages, latest.program)

    def _source(self) -> Source:
        latest = self._compiled()
        result = tree.map(latest.results.nest, lambda x: x, plain=True)
        name = getattr(self._f, "__name__", type(self._f).__name__.lower())
        return Source(latest.graph, result, name, latest.traced.step)
