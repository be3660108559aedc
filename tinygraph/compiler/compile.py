"""tg.compile: a function traced once for each signature, and run as straight-line NumPy."""

# ruff: noqa: A001 (compile, as in tg.compile)

from __future__ import annotations

import functools
import os
import threading
import types
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import Any, TypeAlias, overload

import numpy as np

from ..errors import hook
from ..frames import guarded, warn
from ..modes import current
from ..nn.layers import mode
from ..optim import Optimizer
from ..tensor import Tensor
from ..transforms import tree
from ..transforms.tree import leaves
from .between import Between
from .buffers import LAYOUT
from .draws import Draws
from .passes.table import PASSES, RENAMED
from .running import Runner
from .signature import is_array, key_of
from .source import Source
from .traced import Traced

__all__ = ["Compiled", "compile"]
Function: TypeAlias = Callable[..., Any]
Names: TypeAlias = str | Iterable[str] | None
Real: TypeAlias = float | None
CACHED = 16  # signatures; one more drops the least recently used
MANY = 10  # traces for different values of one float, then a warning
ALL = ("stability", *PASSES, "one_vector", *LAYOUT)


@overload
def compile(
    f: Function, *, optimizer: Optimizer | None = None, reduce: Any = None, clip_norm: Real = None, passes: Names = None
) -> Compiled: ...
@overload
def compile(
    *, optimizer: Optimizer | None = None, reduce: Any = None, clip_norm: Real = None, passes: Names = None
) -> Callable[[Function], Compiled]: ...
def compile(
    f: Function | None = None,
    *,
    optimizer: Optimizer | None = None,
    reduce: Any = None,
    clip_norm: Real = None,
    passes: Any = None,
) -> Any:
    """Compile f to straight-line NumPy, or with an optimizer to a training step on f's cost.

    f takes arrays, Tensors and Python floats, also in lists, tuples and dicts; a DataFrame or
    Series counts as the array of its values. Any other argument is part of the signature: a plain
    value by its type and value, an object by its identity. f is traced once for each signature
    (shapes, dtypes, requires_grad, other arguments). The trace bakes in the numbers and attributes
    that f reads from elsewhere, also in an op of your own. Each call reads the values of Tensors
    from elsewhere, such as parameters. The trace bakes in which Tensors these are, and the results
    of `t.data` and `t.numpy()`. Do not edit an array from elsewhere after the trace, because
    results computed from it may be baked in too: pass it as an argument, or capture a Tensor.

    A float has the dtypes of eager: float32 stays float32. If f asks for the value of a float (an
    `if`, int(), a function of math, an option of an op), this value is part of the signature. Many
    such values give a warning. During the trace isinstance(x, float) is true, but type(x) is float
    is not.

    A draw from a NumPy Generator that is an argument, or by tg.dropout, is made anew at each call.
    f may not draw in any other way, because every call would use the same numbers. tg.compile sees
    draws from np.random and from each generator that f names, also through functions and attributes
    that it names. It does not see draws from a generator made inside f, or from Python's `random`
    and `secrets`.

    With an optimizer, each call returns the cost and updates all parameters in place, or none (also
    at Ctrl-C). reduce: a function that changes each vector of gradients in place before the update;
    docs/compile.md describes the methods that it may have. clip_norm: the largest joint norm of all
    gradients, as in tg.optim.clip_by_norm. passes: the name or the names of the passes to run; by
    default all of them. tg.compile is also a decorator.

    A call raises TypeError, and changes nothing, if f asks for a traced value (`if t`, float(t)),
    changes a Tensor from elsewhere, or draws in another way.

    >>> import numpy as np, tinygraph as tg
    >>> f = tg.compile(lambda x: tg.tanh(x) ** 2)
    >>> round(float(f(np.array(0.5))), 6)
    0.213552
    """
    if f is None:
        return functools.partial(compile, optimizer=optimizer, reduce=reduce, clip_norm=clip_norm, passes=passes)
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
    between = Between(reduce, clip_norm) if reduce is not None or clip_norm is not None else None
    if between is not None and optimizer is None:
        raise ValueError("reduce= and clip_norm= change the gradients of a step: tg.compile(cost, optimizer=..., ...)")
    return Compiled(f, optimizer, between, chosen)


class Compiled:
    """A compiled function. `code` shows how it runs, for the signature of the last call."""

    def __init__(self, f: Function, optimizer: Optimizer | None, between: Between | None, passes: Any) -> None:
        functools.update_wrapper(self, f)
        self._name = getattr(f, "__name__", type(f).__name__.lower())
        self._f, self._optimizer, self._between, self._passes = f, optimizer, between, passes
        self._cache: list[Runner] = []  # the latest first
        self._values: dict[str, set[str]] = {}  # the values that were asked for, by the float's name
        self._latest: Runner | None = None
        self._lock = threading.RLock()  # buffers are shared by all calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        watcher = current.get()[2]
        if watcher is not None and watcher.traces:  # inside another compiled function, f is traced as a part of that
            if self._optimizer is not None:
                raise TypeError("a compiled training step updates parameters; it cannot be part of a compiled function")
            return self._f(*args, **kwargs)
        with self._lock:
            last: Any = self._latest
            is_plain = last is not None and not kwargs and last.signature.fits(args)
            args, kwargs = (args, kwargs) if is_plain else tree.unlabelled(args, kwargs)
            if self._between is not None:
                self._between.arguments((*args, *kwargs.values()))
            if not (is_plain and last.ready()):
                last = self._runner(args, kwargs)
                if self._between is not None and self._between.start(self._optimizer, last.traced.graph):
                    last = self._runner(args, kwargs)  # anew if the counts of steps changed
                self._latest = last
                given: Any = [*last.signature.taken(args, kwargs), *last.drawn(args, kwargs)]
                results = last.run([x._data if type(x) is Tensor else x for x in given])
            else:
                given = [np.array(x) if type(x) is float else x for x in args] if last.signature.takes_floats else args
                given = [*given, *last.drawn(args, kwargs)] if last.traced.draws else given
                results = last.run(given)
        if watcher is not None:
            watcher.called(self._name, given, results)
        return last.results.wrapped(results, given)

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        """Copy and pickle the function without its programs: a copy compiles at its first call."""
        if self._optimizer is not None:
            raise TypeError(
                "a compiled training step updates its own parameters, and is neither copied nor pickled; "
                "copy the function's net and optimizer, and call tg.compile on them"
            )
        return Compiled, (self._f, None, None, self._passes)

    @guarded
    def _runner(self, args: Any, kwargs: Any) -> Runner:
        for name, p in (self._optimizer.parameters if self._optimizer is not None else {}).items():
            if any(x is p for x in leaves((args, kwargs))):
                raise ValueError(
                    f"parameter {name} of the optimizer is an argument of the compiled step; the function is to take "
                    "it from outside, as a closure or a global variable"
                )
        key = (mode() if self._optimizer is None else None, key_of(args, kwargs))
        floats = [x for x in leaves((args, kwargs)) if type(x) is float]
        found = next((runner for runner in self._cache if runner.signature.is_for(key, floats)), None)
        latest: Any = found
        if found is None or not found.ready():
            latest = self._without_draws(key, args, kwargs)
            self._warn(latest.signature.asked)
        self._cache = [latest, *(runner for runner in self._cache if runner is not found)][:CACHED]
        return latest

    def _warn(self, asked: list[tuple[int, str, str, str]]) -> None:
        """Warn once about an argument that was traced for many values."""
        for _, name, value, how in asked:
            values = self._values.setdefault(name, set())
            if len(values) < MANY:
                values.add(value)
                if len(values) == MANY:
                    warn(
                        f"tg.compile has traced {self._name} for {MANY} values of its argument {name}, and does so for "
                        f"each new one, because the function asks for its value: {how}. Compute with {name} itself: "
                        f"np.exp({name}) for math.exp({name}), tg.where(np.greater({name}, 0.5), a, b) for an `if`"
                    )

    def _without_draws(self, key: Any, args: Any, kwargs: Any) -> Runner:
        """A new trace. Raises TypeError if f draws random numbers, which every call would use."""
        draws = Draws(self._f, args, kwargs)
        found: Runner = draws.without(lambda: self._traced_anew(draws, key, args, kwargs), draws.error)
        return found

    def _traced_anew(self, draws: Draws, key: Any, args: Any, kwargs: Any) -> Runner:
        """A new trace; if it fails with Numbers for floats, a trace with the floats' values."""

        def make(why: str | None = None) -> Runner:
            stable = "stability" in self._passes
            traced = Traced(self._f, draws, (self._optimizer, self._between), key, args, kwargs, stable, why)
            if is_empty:
                traced.signature.fits = lambda args: False  # it is that of the example
            return Runner(traced, self._passes, is_empty)

        reduces = self._between is not None and self._between.reduce is not None
        first = next(filter(is_array, leaves((args, kwargs))), None)
        is_empty = reduces and first is not None and first.size == 0
        if is_empty:  # the trace needs an example
            args, kwargs = tree.map((args, kwargs), _with_an_example)
        # in a context of its own: an interrupted trace leaves no trace switched on out here
        with np.errstate():  # NumPy 1 keeps these settings in the thread
            try:
                return copy_context().run(make)
            except Exception as error:
                if float not in map(type, leaves((args, kwargs))):
                    raise
                why = f"without it, {type(error).__name__}: {str(error)[:200]}"
            return copy_context().run(make, why)

    @property
    def code(self) -> str:
        """The program that runs: a NumPy step a line, with the result's buffer as last argument."""
        text: str = hook("as_code")(self._compiled().program.code)
        return text

    def _compiled(self) -> Runner:
        if self._latest is None:
            raise ValueError("nothing is compiled yet: call the function once, with arguments such as it is to take")
        return self._latest

    @property
    def source(self) -> str:
        """The function as readable NumPy, which takes and returns the parameters.

        If you run it, its dtypes are those of your NumPy: NumPy 1 makes float64 of a float32
        number.
        """
        text: str = hook("as_code")(self._source().text)
        return text

    def save(self, path: str | os.PathLike[str], target: str = "numpy") -> None:
        """Write `source` to `path` as a module that needs NumPy alone: the whole file or nothing.

        target: "jax" writes it on jax.numpy, ready for jax.jit; docs/jax.md describes it. Raises
        ValueError if the module needs more: an op of your own, or a large array that is baked in.
        """
        if target not in ("numpy", "jax"):
            raise ValueError(f'save takes target="numpy" or target="jax", got {target!r}')
        self._source(hook(f"{target}_source")).save(path)

    def report(self) -> str:
        """The effects of compiling: ops before and after each pass, memory, and arithmetic."""
        return self._compiled().report()

    def __repr__(self) -> str:
        above, rows = self._table()
        return "\n  ".join([above, *(", ".join(filter(None, (args, ops, size))) for args, ops, size in rows)])

    def _repr_html_(self) -> Any:
        above, rows = self._table()
        return hook("html_table")([("arguments", "program", "memory"), *rows], (), above)

    def _table(self) -> tuple[str, list[tuple[str, str, str]]]:
        """What it is, and a row for each signature that it was compiled for, the latest first."""
        what = "function" if self._optimizer is None else f"training step with {self._optimizer!r}"
        rows = [runner.row() for runner in [*self._cache]]
        return f"{self._name}: a {what} from tg.compile", rows or [
            ("not called yet: its first call compiles it", "", "")
        ]

    def _source(self, kind: Any = Source) -> Any:
        latest = self._compiled()
        result = tree.map(latest.results.nest, lambda x: x, plain=True)
        return kind(latest.graph, result, self._name, latest.traced.step)


def _with_an_example(x: Any) -> Any:
    """An array with two entries along each axis that has none; anything else unchanged.

    Batch norm cannot train on one example.
    """
    return np.zeros([n or 2 for n in x.shape], x.dtype) if is_array(x) and x.size == 0 else x
