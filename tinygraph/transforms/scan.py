"""`scan`: a loop as one op. Its function is traced once, and runs as straight-line code at each step.

The op has one result: a flat array with all carries, all ys and all sums, one after the other. The
walk back is a loop of the same kind, whose function is the traced gradient of one step. It reads
the carries before and after each step, and computes again what else it needs. So the tape keeps the
carries and no other values of the steps, and a gradient can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from keyword import iskeyword
from typing import Any, NamedTuple

import numpy as np

from ..arrays import NUMPY_1, Array, as_array, next_order, run_as_numpy_2
from ..errors import hook
from ..modes import current
from ..ops import astype, getitem, reshape
from ..optim import _whole
from ..tape import gradients
from ..tensor import Op, Tensor, constant, record
from . import tree
from .replay import Slot, Steps

EXACT = 2**53  # integers up to this are float64 numbers too


class Part(NamedTuple):
    """A result's place in the flat array: out[start:stop] in this shape and dtype."""

    start: int
    stop: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def of(self, out: Any) -> Any:
        """The result itself."""
        x = reshape(getitem(out, slice(self.start, self.stop)), self.shape)
        return x if x.dtype == self.dtype else astype(x, self.dtype)


class Scan(Op):
    """A loop of n steps as an op; its inputs are the first carries, the xs and what a step captures.

    steps: one step, from carries, x and captured Tensors to carries, ys, sums and `checks`: Tensors
        whose values are given to functions that refuse wrong ones.
    counts: the numbers of carries, xs, ys and sums. like: shape and dtype of each result of a step.
    needs: whether the walk back is to find the gradient of an input.
    keep: whether the result has each carry before and after every step, or the last carry alone.
    """

    may_skip = opaque = whole = True
    graph: Any = None  # the step as a graph, if tg.compile has traced the loop
    is_simplified = False  # that graph

    def __init__(
        self, steps: Steps, checks: Any, counts: Any, like: Any, n: int, reverse: bool, needs: Any, keep: bool
    ) -> None:
        self.steps, self.checks, self.counts, self.like = steps, checks, counts, like
        self.n, self.reverse, self.needs, self.keep = n, reverse, needs, keep
        n_carries, _, n_ys, _ = counts
        lengths = [*[(n + 1 if keep else 1,)] * n_carries, *[(n,)] * n_ys]
        shapes = [(*before, *shape) for (shape, _), before in zip(like, lengths + [()] * counts[3], strict=True)]
        ends = [0, *accumulate(map(math.prod, shapes))]
        self.parts = [Part(*pair, shape, d) for pair, shape, (_, d) in zip(pairwise(ends), shapes, like, strict=True)]
        dtypes = [d for _, d in like]
        self.size, self.dtype = ends[-1], np.result_type(*dtypes) if like else np.dtype(float)
        self._run: Any = None
        self._backward: Any = None
        super().__init__("scan", self._forward)

    def rows(self, k: int = 0) -> tuple[Any, Any, int]:
        """Where a part of carries has those before and those after each step, and the last one."""
        return (slice(1, None), slice(-1), 0) if self.reverse else (slice(-1), slice(1, None), -1)

    def _forward(self, *arrays: Array) -> Array:
        if self._run is None:
            text, mentioned = self.code()
            exec(compile(text, "<tinygraph.scan>", "exec"), mentioned)
            self._run = mentioned.pop("scan")
        out: Array = self._run(*arrays)
        return out

    def code(self) -> tuple[str, dict[str, Any]]:
        """The loop as a Python function, and the objects that it mentions, by name."""
        steps, (n_carries, n_xs, n_ys, _) = self.steps, self.counts
        mentioned: dict[str, Any] = {}

        def mention(x: Any, wanted: str) -> str:
            name = wanted if wanted.isidentifier() and not iskeyword(wanted) else "f"
            while mentioned.setdefault(name, x) is not x or name in variables:
                name += "_"
            return name

        def operand(x: Any) -> str:
            if type(x) is Slot:
                used.add(x.k)
                return names[x.k]
            return repr(x) if type(x) in (int, bool) else mention(x._data if type(x) is Tensor else x, "number")

        carries = [f"c{k}" for k in range(n_carries)]
        xs = [f"x{k}" for k in range(n_xs)]
        others = [f"w{k}" for k in range(steps.count - n_carries - n_xs)]
        names = [*carries, *xs, *others, *(f"t{k}" for k in range(len(steps.ops)))]
        parts = [
            f"{'all' if k < n_carries else 'y' if k < n_carries + n_ys else 'sum'}{k}" for k in range(len(self.like))
        ]
        variables, used = {*names, *parts, *(f"{x}s" for x in xs), "k", "out", "scan"}, set(steps.results)
        body = []
        for name, (op, inputs, options, _, _) in zip(names[steps.count :], steps.ops, strict=True):
            args = [*map(operand, inputs), *(f"{key}={mention(x, key)}" for key, x in options.items())]
            body.append(f"{name} = {mention(_callable(op), op.name)}({', '.join(args)})")
        results = [names[k] for k in steps.results]
        body += [f"{mention(c, 'check')}({x})" for c, x in zip(self.checks, results[len(self.like) :], strict=True)]
        body += [f"{part}[k] = {x}" for part, x in zip(parts[n_carries:][:n_ys], results[n_carries:], strict=False)]
        body += [
            f"{part} += {x}" for part, x in zip(parts[n_carries + n_ys :], results[n_carries + n_ys :], strict=False)
        ]
        body += [f"{', '.join(carries)} = {', '.join(results[:n_carries])}"] if carries else []
        body += [f"{part}[{'k' if self.reverse else 'k + 1'}] = {c}" for part, c in zip(parts, carries)] * self.keep
        row = self.n if self.keep and self.reverse else 0
        lines = [f"out = {mention(np.empty, 'empty')}({self.size}, {mention(self.dtype, 'dtype')})"]
        for k, (name, part) in enumerate(zip(parts, self.parts, strict=True)):
            lines.append(f"{name} = out[{part.start}:{part.stop}].reshape({part.shape})")
            lines += [f"{name}[{row}] = c{k}"] * (k < n_carries) + [f"{name}[...] = 0"] * (k >= n_carries + n_ys)
        lines.append(f"for k in range({f'{self.n - 1}, -1, -1' if self.reverse else self.n}):")
        lines += [f"    x{k} = x{k}s[k]" for k in range(n_xs) if n_carries + k in used]
        lines += [f"    {line}" for line in body or ["pass"]]
        lines += [f"{part}[0] = {c}" for part, c in zip(parts, carries)] * (not self.keep)
        exact = [name for name, part in zip(parts, self.parts) if part.dtype.kind in "iu" and self.dtype.kind == "f"]
        lines += [f"{mention(_check_exact, 'check_exact')}({name})" for name in exact]
        given = [*carries, *(f"{x}s" for x in xs), *others, *(f"{name}={name}" for name in mentioned)]
        return "\n    ".join([f"def scan({', '.join(given)}):", *lines, "return out"]) + "\n", mentioned

    def leaves(self, values: Sequence[Array], trace: Any) -> list[Tensor]:
        """Tensors of a trace that stand for the sources of one step, with the first step's values."""
        first = _first([*values], *self.counts[:2], self.n, self.reverse)
        return [*map(trace.leaf, first, self.steps.names)]

    # --- the walk back

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by a loop over the steps in the other order."""
        n_carries, n_xs, n_ys, _ = self.counts
        if self._backward is None:
            self._backward = self._traced_back([getattr(x, "_data", x) for x in values])
        steps, floats, found, like = self._backward
        before, after, last = self.rows()
        kept, of_g = [part.of(y) for part in self.parts], [part.of(g) for part in self.parts]
        carries, n_all = range(n_carries), n_carries + n_ys
        of_carries = [of_g[k] for k in carries if floats[k]]
        inputs = [
            *(part[last] for part in of_carries),
            *(part[before] for part in of_carries),
            *(kept[k][before] for k in carries),
            *values[n_carries : n_carries + n_xs],
            *(kept[k][after] for k in carries),
            *kept[n_carries:n_all],
            *(of_g[k] for k in range(n_carries, n_all) if floats[k]),
            *values[n_carries + n_xs :],
            *of_g[n_all:],
        ]
        counts = len(of_carries), 2 * n_carries + len(of_carries) + n_xs + n_ys + sum(floats[n_carries:n_all])
        of_xs = [k for k in found if k < n_carries + n_xs]
        back = Scan(
            *(steps, (), (len(of_carries), counts[1], len(of_xs), len(found) - len(of_xs)), like),
            *(self.n, not self.reverse, [True] * len(inputs)),
            keep=bool(current.get()[0]) and any(type(x) is Tensor and x._requires_grad for x in inputs),
        )
        out = record(back, tuple(inputs), {})
        results = [part.of(out) for part in back.parts]
        for k in range(len(of_carries)):
            results[k] = results[k][back.rows()[2] if back.keep else 0]
        wanted = [k for k in carries if floats[k]] + found
        by_input = dict(zip(wanted, results, strict=True))
        return [by_input.get(k) for k in range(len(values))]

    def _traced_back(self, values: list[Array]) -> Any:
        """The gradient of one step: its Steps, which results are floats, and the inputs it is of."""
        n_carries, n_xs, n_ys, _ = self.counts
        start = next_order()
        with _trace() as trace:
            own = self.leaves(values, trace)
            made = self.steps.run(own)[: len(self.like)]
            floats = [x.dtype.kind == "f" for x in made]
            seeds = [trace.leaf(np.zeros(x.shape, x.dtype)) for x in made]
            chosen = [k for k, is_float in enumerate(floats) if is_float]
            joined = Op("results", lambda *_: np.zeros(()), joint=lambda *_: [seeds[k] for k in chosen])
            total = record(joined, tuple([made[k] for k in chosen]), {})
            found = gradients(total, constant(np.ones(())), stop=set(own))
            carries = [k for k in range(n_carries) if floats[k]]
            more = {k: trace.leaf(np.zeros(own[k].shape, own[k].dtype)) for k in carries}
            results = [found[own[k]] + more[k] if own[k] in found else more[k] for k in carries]
        others = [k for k in range(n_carries, len(own)) if self.needs[k] and own[k] in found]
        results += [found[own[k]] for k in others]
        n_all, n_first = n_carries + n_ys, n_carries + n_xs
        sources = [
            *(seeds[k] for k in carries),
            *more.values(),
            *own[:n_first],
            *made[:n_all],
            *(seeds[k] for k in range(n_carries, n_all) if floats[k]),
            *own[n_first:],
            *seeds[n_all:],
        ]
        return Steps(results, sources, start), floats, others, [(x.shape, x.dtype) for x in results]


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """A loop as one op: `carry, y = f(carry, x)` for each x of xs; gives the last carry and all ys.

    As jax.lax.scan. init is the first carry. x is row k of xs at step k, in the order of rows or, if
    `reverse`, from the last to the first; y of step k is row k of ys. Carry, xs and ys may be lists,
    tuples and dicts of arrays; y may be None. Without xs, there are `length` steps, and x is None.

    f runs once, on Tensors that stand for those of every step. So it takes no decisions on their
    values and draws no random numbers: hand these in as xs. It may read Tensors from outside, such
    as parameters, which get gradients. The tape keeps the carries; the walk back computes again what
    else it needs of a step. Arrays give arrays, unless f reads a Tensor.

    Raises ValueError if f gives a carry of another structure, shape or dtype, and if xs and length
    disagree or are both missing.

    >>> import numpy as np, tinygraph as tg
    >>> tg.scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (array(6.), array([0., 1., 3.]))
    """
    if not callable(f):
        raise TypeError(f"scan takes a function, got {f!r}")
    first, rows = (
        [given(x, "scan") for x in tree.leaves(init)],
        [given(x, "scan") for x in tree.leaves(xs) if xs is not None],
    )
    n, n_carries, n_xs = _length(rows, length), len(first), len(rows)
    values = [getattr(x, "_data", x) for x in (*first, *rows)]
    example = _first(values, n_carries, n_xs, n, reverse)
    steps, checks, like, ys = traced_alone("scan", f, lambda trace: _traced(f, init, xs, example, n_carries, trace))
    inputs = [*first, *rows, *steps.captured]
    steps.captured = []  # they hold arrays, which a compiled function is not to keep
    needs = [type(x) is Tensor and bool(x._requires_grad) for x in inputs]
    counts = n_carries, n_xs, len(like) - n_carries, 0
    op = Scan(steps, checks, counts, like, n, bool(reverse), needs, any(needs) and bool(current.get()[0]))
    out = record(op, tuple(inputs), {})
    results = [part.of(out) for part in op.parts]
    following = iter(results[n_carries:])
    last = iter([part[op.rows()[2] if op.keep else 0] for part in results[:n_carries]])
    last = iter([x if isinstance(x, (Tensor, np.ndarray)) else np.asarray(x) for x in last])
    return tree.map(init, lambda _: next(last)), tree.map(ys, lambda y: y if y is None else next(following))


def _traced(f: Any, init: Any, xs: Any, example: list[Array], n_carries: int, trace: Any) -> Any:
    """One step of f: its Steps, the checks, shape and dtype of each result, and the form of y."""
    start, names = next_order(), (*getattr(getattr(f, "__code__", None), "co_varnames", ())[:2], None, None)
    own = [trace.leaf(x, names[k >= n_carries]) for k, x in enumerate(example)]
    following = iter(own)
    carry = tree.map(init, lambda _: next(following))
    made = f(carry, tree.map(xs, lambda _: next(following)) if xs is not None else None)
    if not isinstance(made, tuple) or len(made) != 2:
        raise TypeError(f"scan takes a function that gives a pair (carry, y); it gave a {type(made).__name__}")
    try:
        pairs = tree.zip(init, made[0])
    except ValueError as error:
        raise ValueError(f"the function of scan gives a carry like the one that it takes: {error}") from None
    carries = [result(x, trace, start) for _, x in pairs]
    for old, new in zip(own, carries, strict=False):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise ValueError(
                f"the carry of scan came in as {old.dtype} {old.shape}, and the function gave {new.dtype} "
                f"{new.shape}: begin with a carry of the shape and dtype that the steps give it"
            )
    ys = [result(y, trace, start) for y in tree.leaves(made[1]) if y is not None]
    checked = [(check, x) for check, x in trace.checks if x.order > start]
    steps = Steps([*carries, *ys, *(x for _, x in checked)], own, start)
    like = [(x.shape, x.dtype) for x in (*carries, *ys)]
    return steps, [check for check, _ in checked], like, tree.map(made[1], lambda y: y if y is None else 0)


# --- a function that runs once, for all steps or rows


def traced_alone(what: str, f: Any, run: Callable[[Any], Any]) -> Any:
    """What `run` gives for a trace of f; raises TypeError if f draws random numbers.

    Another thread may draw during the trace. So a generator counts only if a second trace draws
    from it too.
    """
    outer = _outer()
    draws = hook("draws")(f, (), {}) if outer is None else None  # tg.compile looks for draws itself
    drawn: set[int] = set()
    for _ in range(2):
        before = len(getattr(outer, "draws", ()))
        with _trace(what) as trace:
            made = run(trace)
        if trace.replaced:
            raise TypeError(f"batch norm cannot train in the function of {what}, which runs once: move it out")
        if len(getattr(outer, "draws", ())) > before:
            trace.drawn(None, "")
        if draws is None or not (drawn := draws.latest() & drawn if drawn else draws.latest()):
            return made
    draws.put_back()
    return trace.drawn(None, "")


def _outer() -> Any:
    """The trace of tg.compile, or of a scan around this one; None without."""
    watcher = current.get()[2]
    return watcher if watcher is not None and watcher.traces else None


def _trace(what: str = "scan") -> Any:
    return hook("inner_trace")(_outer(), current.get()[1], what)


def given(x: Any, what: str) -> Any:
    """An argument as an array or Tensor."""
    outer = _outer()
    x = x if outer is None else outer.tensor(x)
    return x if type(x) is Tensor else as_array(x, what)


def result(x: Any, trace: Any, start: int) -> Tensor:
    """A leaf of what the function gives, as a Tensor that the trace has made."""
    x = trace.tensor(x)
    x = x if type(x) is Tensor else constant(x, trace.what)
    return x if x.order > start else reshape(x, x.shape)


# --- steps


def _length(rows: Sequence[Any], length: Any) -> int:
    """The number of steps."""
    if length is not None:
        length = _whole("length of scan", length, least=0)
    elif not rows:
        raise ValueError("scan takes xs, length or both, and got neither: scan(f, init, length=10) takes 10 steps")
    shapes = [x.shape for x in rows]
    if () in shapes:
        raise ValueError(
            "scan takes arrays with a row for each step as xs, and got a number in them: np.array(xs), say"
        )
    lengths = {shape[0] for shape in shapes} | ({length} if length is not None else set())
    if len(lengths) > 1:
        also = f" and length={length}" if length is not None else ""
        raise ValueError(f"scan takes xs with one row for each step; got shapes {', '.join(map(str, shapes))}{also}")
    return int(lengths.pop())


def _first(values: list[Array], n_carries: int, n_xs: int, n: int, reverse: bool) -> list[Array]:
    """The values of the first step, in place of those of all steps."""
    ends = n_carries, n_carries + n_xs
    rows = [x[-1 if reverse else 0, ...] if n else np.zeros(x.shape[1:], x.dtype) for x in values[slice(*ends)]]
    return [*values[: ends[0]], *rows, *values[ends[1] :]]


def _callable(op: Op) -> Any:
    """The op on arrays, as `record` runs it."""
    if NUMPY_1:
        return lambda *arrays, **options: np.asarray(run_as_numpy_2(op, arrays, options))
    return op.forward if op.builtin else lambda *arrays, **options: as_array(op.forward(*arrays, **options), op.name)


def _check_exact(x: Array) -> None:
    if x.size and np.abs(x).max() > EXACT:
        raise OverflowError(f"scan keeps integers next to floats up to {EXACT}, and met larger ones")
