"""tg.compile: a function traced for each signature of its arguments, and run as straight-line NumPy."""

# ruff: noqa: A001 (compile, as in tg.compile)

from __future__ import annotations

import functools
import os
import threading
import types
import warnings
from collections.abc import Callable, Iterable
from contextvars import copy_context
from operator import itemgetter
from typing import Any, TypeAlias, overload

import numpy as np

from ..arrays import Array, as_array, next_order
from ..graph.nodes import Graph, Node, Update
from ..graph.numbers import Number
from ..graph.trace import NUMBER, Nodes, Trace, argument
from ..modes import current, tracing
from ..nn.mlp import LINEAR_GRADIENTS
from ..ops.elementwise import _as_wide
from ..optim.optimizers import Optimizer
from ..tape import gradients, toposort
from ..tensor import Tensor, _leaf, equation
from ..transforms.tree import leaves, rebuilt, structure
from .buffers import LAYOUT
from .draws import Draws
from .passes import PASSES, SIMPLIFY
from .passes.fold_learning_rate import seeded
from .program import Program
from .replay import Again
from .report import Stages, report
from .source import Source, parameter_names

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
    """f compiled to straight-line NumPy; with an optimizer, a whole training step on the cost that f gives.

    f takes arrays, Tensors and Python floats, also in lists, tuples and dicts; any other argument is part of the
    signature: a plain value by type and value, an object as itself. f is traced once for each signature (shapes,
    dtypes, requires_grad, other arguments): what it reads from elsewhere (numbers, attributes, also in an op of your
    own) is baked in then, but for Tensors, such as parameters, whose values are read at each call. Which Tensor it is,
    and what `t.data` or `t.numpy()` gives, is baked in. An array from elsewhere is not to be edited afterwards, for
    what was computed of it may be baked in too: pass it as an argument, or capture a Tensor.

    A float is a number with the dtypes of eager: float32 stays float32. Where f asks for its value (an `if`, int(), a
    function of math, an option of an op), that value is part of the signature, and many of them give a warning. In the
    trace isinstance(x, float) is true, and type(x) is float is not.

    Random draws are refused, because every call would use the same: pass the mask as an argument. Draws are seen from
    np.random and from each generator that f gets or names, also through functions and attributes that it names. They
    are not seen from a generator made inside f, nor from Python's `random` and `secrets`.

    With an optimizer, each call updates the parameters in place, all or none (also at Ctrl-C), and gives the cost.
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
    unknown = [name for name in chosen if name not in ALL]
    if unknown:
        raise ValueError(f"tg.compile(passes=...) takes some of {', '.join(ALL)}; got {', '.join(map(str, unknown))}")
    return Compiled(f, optimizer, chosen)


class Compiled:
    """A compiled function. `code` tells how it runs, for the signature of the last call."""

    def __init__(self, f: Callable[..., Any], optimizer: Optimizer | None, passes: tuple[str, ...]) -> None:
        functools.update_wrapper(self, f)
        self._f, self._optimizer, self._passes = f, optimizer, passes
        self._cache: list[Traced] = []  # the latest first
        self._values: dict[str, set[str]] = {}  # of the floats that were asked for their values, by their names
        self._latest: Traced | None = None
        self._lock = threading.RLock()  # buffers are shared by all calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing():  # inside another compiled function, this one is part of what that computes
            if self._optimizer is not None:
                raise TypeError("a compiled training step updates parameters; it cannot be part of a compiled function")
            return self._f(*args, **kwargs)
        with self._lock:
            last = self._latest
            if last is None or kwargs or not last.fits(args):
                self._latest = last = self._traced(args, kwargs)
                given: Any = last.taken(args, kwargs)
                results = last.run([x._data if type(x) is Tensor else x for x in given])
            else:
                given = [np.array(x) if type(x) is float else x for x in args] if last.takes_floats else args
                results = last.run(given)
        watcher = current.get()[2]
        if watcher is not None:
            watcher.called(getattr(self._f, "__name__", "compiled"), given, results)
        return last.wrapped(results, given)

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

    def _traced(self, args: Any, kwargs: Any) -> Traced:
        for name, p in (self._optimizer.parameters if self._optimizer is not None else {}).items():
            if any(x is p for x in leaves((args, kwargs))):
                raise ValueError(
                    f"parameter {name} of the optimizer is an argument of the compiled step; the function is to take "
                    "it from outside, as a closure or a global variable"
                )
        key = structure((args, kwargs), _description, _static)
        floats = [x for x in leaves((args, kwargs)) if type(x) is float]
        found = next((t for t in self._cache if t.key == key and t.is_for(floats)), None)
        traced = found if found is not None and not found.is_stale() else self._traced_without_draws(args, kwargs)
        traced.key = key
        self._cache = [traced, *(t for t in self._cache if t is not found)][:CACHED]
        if traced is not found:
            self._warn(traced)
        return traced

    def _warn(self, traced: Traced) -> None:
        """Warn once of an argument that has been traced for many values."""
        for _, name, value, how in traced.asked:
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

    def _traced_without_draws(self, args: Any, kwargs: Any) -> Traced:
        """A new trace; an error if it draws random numbers, because every call would use the same ones.

        Another thread may draw while this one traces: only what a second trace draws from, too, is drawn from here.
        """
        draws = Draws(self._f, args, kwargs)
        drawn: set[int] = set()
        try:
            for _ in range(2):
                traced = self._trace_anew(args, kwargs)
                drawn = draws.latest() & drawn if drawn else draws.latest()
                if not drawn:
                    return traced
            raise draws.error(drawn)
        except BaseException:
            draws.put_back()
            raise

    def _trace_anew(self, args: Any, kwargs: Any) -> Traced:
        """A new trace. What does not take Numbers for floats is traced with their values."""
        make = functools.partial(Traced, self._f, self._optimizer, self._passes, args, kwargs)
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
        """The function as it runs: each line one step of NumPy, whose last argument is the buffer for its result."""
        return self._compiled().program.code

    def _compiled(self) -> Traced:
        if self._latest is None:
            raise ValueError("nothing is compiled yet: call the function once, with arguments such as it is to take")
        return self._latest

    @property
    def source(self) -> str:
        """The function as one would have written it in NumPy, to be read: it takes and gives the parameters.

        Run as it stands, it has the dtypes of the NumPy that runs it: NumPy 1 makes float64 of a float32 number.
        """
        return self._source().text

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `source` to `path` as a module that needs NumPy alone, whole or not at all.

        ValueError where NumPy alone does not do: an op of your own, or a large array baked in.
        """
        self._source().save(path)

    def report(self) -> str:
        """What compiling did: ops before and after each pass and what it dropped, memory beside eager's, arithmetic."""
        latest = self._compiled()
        return report(latest.stages, latest.program)

    def _source(self) -> Source:
        return self._compiled().source(getattr(self._f, "__name__", type(self._f).__name__.lower()))


def _is_array(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, Tensor))


def _is_taken(x: Any) -> bool:
    """Whether an argument is one of the trace's: an array, a Tensor or a Python float."""
    return _is_array(x) or type(x) is float


def _array(x: Any) -> Array:
    return x._data if type(x) is Tensor else as_array(x, "a compiled function")


def _constant(array: Array) -> Tensor:
    tensor = _leaf(array, False, None)
    tensor.order = -1
    return tensor


def _description(x: Any) -> Any:
    if _is_array(x):
        return (x.shape, x.dtype, x._requires_grad if type(x) is Tensor else None)
    return float if type(x) is float else _static(x)


VALUES = (types.NoneType, bool, int, str, bytes, range, types.MethodType, types.BuiltinMethodType)


def _static(x: Any) -> Any:
    """What tells a Python value of a signature from others: its type and value; of an object, that it is the same."""
    try:
        hash(x)
    except TypeError:
        raise TypeError(f"a compiled function takes arrays, Tensors and hashable Python values; got {x!r}") from None
    kind = type(x)
    if kind in (tuple, frozenset):
        return (kind, kind(map(_static, x)))
    if kind in (float, complex) or isinstance(x, np.generic):
        return (kind, repr(x))  # nan is itself, and -0.0 another than 0.0
    return (kind, x if kind in VALUES else _Same(x))


class _Same:
    """An object, equal to itself alone whatever its own `==` says; kept alive, as another might get its id."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return type(other) is _Same and other.x is self.x

    def __hash__(self) -> int:
        return id(self.x)


class Traced:
    """A function compiled for one signature.

    `asked` are the floats whose values are a part of it: the place among the floats, name, value, and what asked.
    """

    key: Any
    asked: list[tuple[int, str, str, str]]

    def __init__(
        self, f: Any, optimizer: Any, passes: Any, args: Any, kwargs: Any, asks_for_all: str | None = None
    ) -> None:
        self._f, self._optimizer, self._passes = f, optimizer, passes
        self._again: list[Again | None] = []  # for each result whether, and how, it is differentiated
        self._steps: dict[str, int] = {}
        self._numbers: list[tuple[int, str, Node]] = []
        graph = self._trace(args, kwargs, asks_for_all)
        self.stages = Stages(graph, self._notes)
        self._simplified = self._rewritten(graph, (*SIMPLIFY, *SIMPLIFY), self.stages)
        graph = seeded(self._rewritten(self._simplified, ("scale",), self.stages))
        graph = self._rewritten(graph, (*SIMPLIFY, "mask", "pack"), self.stages)
        self._state = dict(optimizer._state) if optimizer else {}
        self._counted: dict[str, Any] = {}  # the optimizer's state after a call: its arrays are written in place
        counted = (optimizer._state, self._counted) if self._state else None
        self.program = Program(graph, passes, functools.partial(_state_array, optimizer), counted)
        self._flags = [(p, p._requires_grad) for p, _ in self.program.parameters]
        self.takes_floats = float in map(type, args)
        is_quick = not kwargs and not self.asked and all(type(x) in (np.ndarray, float) for x in args)
        self._quick = [((), float) if type(x) is float else (x.shape, x.dtype) for x in args] if is_quick else None

    # --- tracing

    def _rewritten(self, graph: Graph, names: Iterable[str], stages: Stages | None = None) -> Graph:
        """The graph after these passes, as far as they are chosen."""
        for name in names:
            if name in self._passes:
                graph = PASSES[name](graph)
                if stages is not None:
                    stages.add(name, graph)
        return graph

    @property
    def graph(self) -> Graph:
        """What is computed, to be read: made anew, for it is rarely asked for."""
        return self._rewritten(seeded(self._simplified), SIMPLIFY)

    def _trace(self, args: Any, kwargs: Any, asks_for_all: str | None) -> Graph:
        stand_ins: list[Tensor] = []
        given = parameter_names(self._f, args, kwargs)
        names = iter([name for name, tree in given for _ in leaves(tree)])

        def stand_in(x: Any) -> Any:
            name = next(names)
            if not _is_taken(x):
                return x
            name = getattr(x, "name", None) or name
            stand_ins.append(argument(_array(x), type(x) is Tensor and x._requires_grad, name))
            if type(x) is not Tensor:
                trace.arrays.add(stand_ins[-1])
            if type(x) is not float:
                return stand_ins[-1]
            trace.floats[stand_ins[-1]] = x
            if asks_for_all is None:
                return Number(x, stand_ins[-1], trace)
            trace.asked[stand_ins[-1]] = asks_for_all
            return x

        trace = Trace("stability" in self._passes)
        given_args, given_kwargs = rebuilt((args, kwargs), stand_in)
        nodes = Nodes()
        with trace:
            result = self._f(*given_args, **given_kwargs)
            given_out = [_checked(x) for x in leaves(result)]
            outputs = [x.tensor if type(x) is Number else x for x in given_out]
            kinds = [float if x in trace.floats else None for x in stand_ins]
            graph = Graph([], [nodes.source(x, "argument", kind) for x, kind in zip(stand_ins, kinds, strict=True)])
            if self._optimizer is not None:
                graph.updates, graph.seed = self._updates(outputs, nodes, trace)
        graph.outputs = [nodes.of(x) if _is_array(x) else None for x in outputs]
        self.asked = [
            (k, x.name or "x", repr(value), trace.asked[x])
            for k, (x, value) in enumerate(trace.floats.items())
            if x in trace.asked
        ]
        self._takes = [x not in trace.asked for x in stand_ins]
        for x in trace.asked:
            nodes.by_tensor[id(x)].kind, nodes.by_tensor[id(x)].value = "constant", x._data
            x.op, x.order = None, -1
        graph.arguments = [node for node in graph.arguments if node.kind == "argument"]
        stand_ins = [x for x, takes in zip(stand_ins, self._takes, strict=True) if takes]
        self._notes = trace.notes
        checks = [pair for pair in trace.checks if pair[1].order != -1]
        self._checks = [(check, _reader(x, stand_ins, nodes.start)) for check, x in checks]
        likes = [_Like(x, trace) if _is_array(x) or type(x) is Number else x for x in given_out]
        following = iter(likes)
        self._result = rebuilt(result, lambda _: next(following))  # without the trace that the results hold
        self._likes = likes
        if self._optimizer is None:
            name = getattr(self._f, "__name__", "compiled")
            self._again = [
                Again(name, x, stand_ins, nodes.start) if type(like) is _Like and like.requires_grad else None
                for x, like in zip(given_out, likes, strict=True)
            ]
        self._is_differentiable = any(self._again)
        return graph

    def _updates(self, outputs: list[Any], nodes: Nodes, trace: Trace) -> tuple[list[Update], Node]:
        if len(outputs) != 1 or type(outputs[0]) is not Tensor or outputs[0].size != 1:
            shapes = [np.shape(x._data if type(x) is Tensor else x) for x in outputs]
            raise ValueError(f"with an optimizer, the function gives the cost, a Tensor of one entry; it gave {shapes}")
        cost, optimizer = outputs[0], self._optimizer
        seed = argument(np.ones(cost.shape, cost.dtype), False, None, NUMBER)
        named = {x for x in toposort(cost) if x.name}
        found = gradients(cost, seed, keep=named) if cost.requires_grad else {}
        if not any(p in found for p in optimizer.parameters.values()):
            raise ValueError("the cost depends on no parameter of the optimizer that requires a gradient")
        trace.name_what_came_again()
        linear = [x for x in toposort(cost) if equation(x) == "(4)"]
        equations = dict.fromkeys(linear, "(11)")
        equations |= {x: number for Z in linear for x, number in zip(Z.inputs, LINEAR_GRADIENTS, strict=True)}
        for x, gradient in found.items():
            if x.name and gradient.op is not None and gradient is not seed and not gradient.name:
                gradient.name, gradient._equation = f"d{x.name}", equations.get(x)
        seed_node = nodes.source(seed, "number")
        cells: dict[Any, list[Tensor]] = {}
        updates = []
        for name, p in optimizer.parameters.items():
            if p not in found:
                continue
            steps, state = optimizer._state.get(name, (0, ()))
            self._steps[name] = steps
            wide, g = _as_wide(p), _as_wide(found[p])
            if (wide.dtype, steps) not in cells:
                numbers = enumerate(optimizer.numbers(steps + 1))
                made = [argument(np.array(x, wide.dtype), False, "learning_rate", NUMBER) for _, x in numbers]
                cells[wide.dtype, steps] = made
                self._numbers += [(k, name, nodes.source(x, "number")) for k, x in enumerate(made)]
            olds = [argument(array, False, None) for array in state]
            states = [nodes.source(x, "state", (name, k)) for k, x in enumerate(olds)]
            nodes.of(p).equation = {"(8)": "(16)", "(9)": "(17)"}.get(equations.get(p, ""))  # of its update
            change, news = optimizer.rule(wide, g, tuple(cells[wide.dtype, steps]), tuple(olds))
            optimizer._check_answer(name, wide, change, news)
            parts = nodes.of(p), nodes.of(change), nodes.of(found[p])
            updates.append(Update(name, *parts, [nodes.of(x) for x in news], states))
        return updates, seed_node

    def source(self, name: str) -> Source:
        """The graph to read, as text."""
        name = "step" if self._optimizer is not None else name if name.isidentifier() else "function"
        numbers = [(k, self._steps[parameter], node) for k, parameter, node in self._numbers]
        result = rebuilt(self._result, lambda x: x, plain=True)
        return Source(self.graph, result, name, self._optimizer, numbers)

    # --- running

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Whether these are plain arrays and floats of this signature: the quick way for the usual call."""
        quick = self._quick
        if quick is None or len(quick) != len(args) or self.is_stale():
            return False
        for x, (shape, dtype) in zip(args, quick, strict=True):
            if type(x) is not np.ndarray:
                if type(x) is not float or dtype is not float:
                    return False
            elif x.dtype is not dtype or x.shape != shape:
                return False
        return True

    def is_for(self, floats: list[float]) -> bool:
        """Whether the floats among the arguments have the values that the function asked for."""
        return all(repr(floats[k]) == value for k, _, value, _ in self.asked)

    def taken(self, args: Any, kwargs: Any) -> list[Any]:
        """The arrays and Tensors that it runs on."""
        given = [x for x in leaves((args, kwargs)) if _is_taken(x)]
        return [x if type(x) is Tensor else _array(x) for x, takes in zip(given, self._takes, strict=True) if takes]

    def is_stale(self) -> bool:
        """Whether a parameter was frozen or thawed since, or left out by an eager step, so that their counts differ."""
        for p, flag in self._flags:
            if p._requires_grad is not flag:
                return True
        state = self._optimizer._state if self._optimizer is not None else None
        if not state:
            return False
        return len({state[name][0] - steps for name, steps in self._steps.items()}) > 1

    def run(self, arrays: Any) -> Any:
        """The outputs for these arrays; with an optimizer, after which the parameters are updated."""
        for check, read in self._checks:
            check(read(arrays))
        program, optimizer = self.program, self._optimizer
        for tensor, array in program.parameters:
            if tensor._data is not array:  # assigned or loaded since
                program.link()
                break
        if optimizer is None:
            return program.run(*arrays)
        state = optimizer._state
        for k, name, node in self._numbers:
            if node in program.number_cells:
                program.number_cells[node][()] = optimizer.numbers(state[name][0] + 1 if state else 1)[k]
        if state and any(state[name][1] is not self._state[name][1] for name in self._steps):
            program.link()
            self._state = dict(state)
        if state:
            self._counted.update({name: (state[name][0] + 1, state[name][1]) for name in self._steps})
        return program.run(*arrays)

    # --- what it gives

    def wrapped(self, results: Any, given: Any) -> Any:
        """The outputs as the function gives them, for these arrays and Tensors: Tensors where it gives Tensors."""
        if self._optimizer is not None:
            return _leaf(np.asarray(results[0]), False, None)
        inputs = None
        if self._is_differentiable and current.get()[0]:
            # as they are now: a list or dict of the caller's may hold others at the time of backward()
            inputs = [x if type(x) is Tensor else _constant(x) for x in given]
        if type(self._result) is _Like:
            return self._result.made(results[0], self._again[0] if inputs is not None else None, inputs)
        made = [
            like if type(like) is not _Like else like.made(value, again if inputs is not None else None, inputs)
            for value, like, again in zip(results, self._likes, self._again, strict=True)
        ]
        following = iter(made)
        return rebuilt(self._result, lambda _: next(following))


def _reader(x: Tensor, stand_ins: list[Tensor], start: int) -> Callable[[Any], Array]:
    """The function that gives a traced Tensor's value for the arrays of a call, without what else is computed."""
    if any(x is y for y in stand_ins):
        return itemgetter(next(k for k, y in enumerate(stand_ins) if y is x))
    again = Again("value", x, stand_ins, start)
    return lambda arrays: again.forward(*arrays, *[captured._data for captured in again.captured])


def _state_array(optimizer: Any, node: Node) -> Array:
    name, k = node.value
    return optimizer._state[name][1][k]


PLAIN = (types.NoneType, bool, int, float, complex, str, bytes, range, type, np.dtype)


def _checked(x: Any) -> Any:
    """A result, if each call can give one anew."""
    if not (_is_array(x) or isinstance(x, PLAIN)):
        raise TypeError(
            f"a compiled function gives arrays, Tensors and plain Python values, also in lists, tuples and dicts; got "
            f"a {type(x).__name__}: return what is in it, and make it of that outside"
        )
    return x


class _Like:
    """What a result is like: a Tensor or an array, of a dtype, or a Python float."""

    __slots__ = ("dtype", "kind", "requires_grad")

    def __init__(self, x: Any, trace: Trace) -> None:
        is_tensor = type(x) is Tensor and x.order != -1 and x not in trace.arrays
        self.kind = float if type(x) is Number else Tensor if is_tensor else np.ndarray
        self.dtype = np.dtype(float) if type(x) is Number else x.dtype
        self.requires_grad = is_tensor and x._requires_grad

    def made(self, value: Any, again: Again | None, inputs: Any) -> Any:
        """The result of a call; `again` where it is recorded, as an op on the tape."""
        array = value if type(value) is np.ndarray and value.dtype is self.dtype else np.asarray(value, self.dtype)
        if self.kind is not Tensor:
            return array if self.kind is np.ndarray else array.item()
        tensor = _leaf(array, False, None)
        if again is not None:
            tensor.op, tensor.inputs, tensor.options = again, (*inputs, *again.captured), {}
            tensor.saved = [x._data for x in tensor.inputs]
            tensor._requires_grad, tensor.order, tensor.scope = True, next_order(), current.get()[1]
        return tensor
