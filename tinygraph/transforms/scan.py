"""`scan`: a loop as one op. Its function is traced once, and its ops run at each step.

The op has one result: a flat array with all carries, all ys and all sums, one after the other. The
walk back is a loop of the same kind, whose function is the traced gradient of one step. It reads
the carries before and after each step, and computes again what else it needs. So the tape keeps the
carries and no other values of the steps, and a gradient can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, next_order
from ..modes import current
from ..ops import astype, getitem, reshape
from ..optim import _whole
from ..tape import gradients
from ..tensor import Op, Tensor, constant, record
from . import tree
from .once import first_row, given, inner_trace, result, traced
from .replay import Steps

EXACT = 2**53  # integers up to this are float64 numbers too


class Part(NamedTuple):
    """A result's place in the flat array: out[start:stop] in this shape and dtype."""

    start: int
    stop: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def of(self, out: Any) -> Any:
        """The result itself."""
        x = getitem(out, slice(self.start, self.stop))
        x = x if x.shape == self.shape else reshape(x, self.shape)
        return x if x.dtype == self.dtype else astype(x, self.dtype)


class Scan(Op):
    """A loop of n steps as an op; its inputs are the first carries, the xs and what a step captures.

    steps: one step, from carries, x and captured Tensors to carries, ys, sums and `checks`, which
        are Tensors for functions that refuse wrong values.
    counts: the numbers of carries, xs, ys and sums. like: shape and dtype of each result of a step.
    needs: whether each input's gradient is wanted.
    keep: whether the result has all carries, from the first to the last, or the last alone.
    """

    may_skip = opaque = whole = True
    graph: Any = None  # the step as a graph, if tg.compile has traced the loop
    body: Any = None  # the step as it runs on arrays
    _backward: Any = None  # the traced gradient of a step

    def __init__(self, steps: Steps, checks: Any, counts: Any, like: Any, n: int, needs: Any, keep: bool) -> None:
        self.steps, self.checks, self.counts, self.like = steps, checks, counts, like
        self.n, self.needs, self.keep = n, needs, keep
        lengths = [(n + 1 if keep else 1,)] * counts[0] + [(n,)] * counts[2] + [()] * counts[3]
        shapes = [(*length, *shape) for length, (shape, _) in zip(lengths, like, strict=True)]
        ends = pairwise([0, *accumulate(map(math.prod, shapes))])
        self.parts = [Part(*places, x, dtype) for places, x, (_, dtype) in zip(ends, shapes, like, strict=True)]
        self.size = sum(map(math.prod, shapes))
        self.dtype = np.result_type(*(dtype for _, dtype in like)) if like else np.dtype(float)
        super().__init__("scan", Scan.forward)
        del self.forward  # the method takes its place: the op is not to hold itself

    def forward(self, *arrays: Array) -> Array:
        """The loop on arrays."""
        n_carries, n_xs, n_ys, _ = self.counts
        self.body = body = self.body or self.steps.on_arrays()
        out = np.empty(self.size, self.dtype)
        parts = [out[part.start : part.stop].reshape(part.shape) for part in self.parts]
        kept, ys, sums = parts[:n_carries], parts[n_carries:][:n_ys], parts[n_carries + n_ys :]
        carries, xs, others = [*arrays[:n_carries]], arrays[n_carries:][:n_xs], arrays[n_carries + n_xs :]
        for part, x in zip(kept, carries, strict=True):
            part[0] = x
        for part in sums:
            part[...] = 0
        for k in range(self.n):
            made = body(*carries, *[x[k, ...] for x in xs], *others)
            carries, rest = made[:n_carries], made[n_carries + n_ys :]
            for part, x in zip(kept, carries, strict=True):
                part[k + 1 if self.keep else 0] = x
            for part, x in zip(ys, made[n_carries:], strict=False):
                part[k] = x
            for part, x in zip(sums, rest, strict=False):
                part += x
            for check, x in zip(self.checks, rest[len(sums) :], strict=False):
                check(x)
        for array, (*_, dtype) in zip(parts, self.parts, strict=True):
            if dtype.kind in "iu" and self.dtype.kind == "f" and array.size and np.abs(array).max() > EXACT:
                raise OverflowError(f"scan keeps integers next to floats up to {EXACT}, and met larger ones")
        return out

    def first(self, values: Sequence[Array], trace: Any) -> list[Tensor]:
        """Tensors of a trace that stand for the inputs of each step, with the first step's values."""
        return [*map(trace.leaf, _first(values, self.counts), self.steps.names)]

    # --- the walk back

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by a loop over the steps from the last to the first."""
        n_carries, n_xs, n_ys, _ = self.counts
        n_rows, n_all = n_carries + n_xs, n_carries + n_ys
        if self._backward is None:
            self._backward = self._traced_back([getattr(x, "_data", x) for x in values])
        steps, like, others = self._backward
        made, of_made = [part.of(y) for part in self.parts], [part.of(g) for part in self.parts]
        carries, of_carries = made[:n_carries], of_made[:n_carries]
        before, after, back = slice(-2, None, -1), slice(None, 0, -1), slice(None, None, -1)
        xs = [
            *(x[before] for x in (*of_carries, *carries)),
            *(x[back] for x in values[n_carries:n_rows]),
            *(x[after] for x in carries),
            *(x[back] for x in (*made[n_carries:n_all], *of_made[n_carries:n_all])),
        ]
        inputs = (*(x[-1] for x in of_carries), *xs, *values[n_rows:], *of_made[n_all:])
        of_xs = [k for k in others if k < n_rows]
        counts = n_carries, len(xs), len(of_xs), len(others) - len(of_xs)
        loop = Scan(steps, (), counts, like, self.n, [True] * len(inputs), _keeps(inputs))
        out = record(loop, inputs, {})
        found = [part.of(out) for part in loop.parts]
        by_input = {k: found[k][-1] for k in range(n_carries)}
        by_input |= {k: x[back] if k < n_rows else x for k, x in zip(others, found[n_carries:], strict=True)}
        return [by_input.get(k) for k in range(len(values))]

    def _traced_back(self, values: list[Array]) -> Any:
        """The gradient of one step: its Steps, its results' shapes and dtypes, and the inputs besides carries."""
        n_carries, n_xs, n_ys, _ = self.counts
        n_rows, n_all, start = n_carries + n_xs, n_carries + n_ys, next_order()
        with inner_trace("scan") as trace:
            own = self.first(values, trace)
            made = self.steps.run(own)[: len(self.parts)]
            of_made = [trace.leaf(np.zeros(x.shape, x.dtype), f"d{x.name or ''}") for x in made]
            more = [trace.leaf(np.zeros(x.shape, x.dtype), f"d{x.name}") for x in own[:n_carries]]
            joined = Op("results", lambda *_: np.zeros(()), joint=lambda *_: of_made)
            found = gradients(record(joined, tuple(made), {}), constant(np.ones(())), stop=set(own))
            results = [found[x] + dx if x in found else dx for x, dx in zip(own, more, strict=False)]
            others = [k for k in range(n_carries, len(own)) if self.needs[k] and own[k] in found]
            results += [result(found[own[k]], trace, start) for k in others]
        rows = [*own[:n_rows], *made[:n_all], *of_made[n_carries:n_all]]
        steps = Steps(results, [*of_made[:n_carries], *more, *rows, *own[n_rows:], *of_made[n_all:]], start)
        return steps, [(x.shape, x.dtype) for x in results], others


def scan(
    f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """A loop as one op: `carry, y = f(carry, x)` for each x of xs; gives the last carry and all ys.

    As jax.lax.scan. init is the first carry. x is row k of xs at step k, in the order of rows or, if
    `reverse`, from the last to the first; y of step k is row k of ys. Carry, xs and ys may be lists,
    tuples and dicts of arrays; y may be None. Without xs, there are `length` steps, and x is None.

    f runs once, on Tensors that stand for those of every step. So it takes no decisions on values and
    draws no random numbers: hand these in as xs. It may read Tensors from outside, such as
    parameters, which get gradients. The tape keeps the carries; the walk back computes again what
    else it needs of a step. Arrays give arrays, unless f reads a Tensor.

    Raises ValueError if f gives a carry of another structure, shape or dtype, and if xs and length
    disagree or are both missing.

    >>> import numpy as np, tinygraph as tg
    >>> tg.scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (array(6.), array([0., 1., 3.]))
    """
    if not callable(f):
        raise TypeError(f"scan takes a function, got {f!r}")
    first = [given(x, "scan") for x in tree.leaves(init)]
    rows = [given(x, "scan") for x in tree.leaves(xs)] if xs is not None else []
    n, counts = _length(rows, length), (len(first), len(rows))
    rows = [x[::-1] for x in rows] if reverse else rows
    example = _first([getattr(x, "_data", x) for x in (*first, *rows)], counts)
    steps, checks, like, form = traced("scan", f, lambda trace: _step(f, init, xs, example, trace))
    inputs = (*first, *rows, *steps.captured)
    steps.captured = []  # they hold arrays, which a compiled function is not to keep
    needs = [type(x) is Tensor and x._requires_grad for x in inputs]
    op = Scan(steps, checks, (*counts, len(like) - counts[0], 0), like, n, needs, _keeps(inputs))
    out = record(op, inputs, {})
    found = [part.of(out) for part in op.parts]
    carries = iter([getitem(x, (-1, ...)) for x in found[: counts[0]]])
    ys = iter([x[::-1] if reverse else x for x in found[counts[0] :]])
    return tree.map(init, lambda _: next(carries)), tree.map(form, lambda y: y if y is None else next(ys))


def _step(f: Any, init: Any, xs: Any, example: list[Array], trace: Any) -> Any:
    """One step of f: its Steps, the checks, shape and dtype of each result, and the form of y."""
    start, names = next_order(), (*getattr(getattr(f, "__code__", None), "co_varnames", ())[:2], None, None)
    n_carries = len(tree.leaves(init))
    own = [trace.leaf(x, names[k >= n_carries]) for k, x in enumerate(example)]
    following = iter(own)
    carry = tree.map(init, lambda _: next(following))
    made = f(carry, tree.map(xs, lambda _: next(following)) if xs is not None else None)
    if not isinstance(made, tuple) or len(made) != 2:
        raise TypeError(f"scan takes a function that gives a pair (carry, y); it gave a {type(made).__name__}")
    try:
        pairs = [tree.zip(init, made[0]), tree.zip(made[0], init)][0]  # each finds what the other takes for a leaf
    except ValueError as error:
        raise ValueError(f"the function of scan takes a carry of one form and gives another: {error}") from None
    carries = [result(x, trace, start) for _, x in pairs]
    for old, new in zip(own, carries, strict=False):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise ValueError(
                f"the carry of scan came in as {old.dtype} {old.shape}, and the function gave {new.dtype} "
                f"{new.shape}: begin with a carry of the shape and dtype that the steps give it"
            )
    results = [*carries, *(result(y, trace, start) for y in tree.leaves(made[1]) if y is not None)]
    checked = [(check, x) for check, x in trace.checks if x.order > start]
    steps = Steps([*results, *(x for _, x in checked)], own, start)
    form = tree.map(made[1], lambda y: None if y is None else 0)
    return steps, [check for check, _ in checked], [(x.shape, x.dtype) for x in results], form


def _length(rows: Sequence[Any], length: Any) -> int:
    """The number of steps."""
    if length is not None:
        length = _whole("length of scan", length, least=0)
    elif not rows:
        raise ValueError("scan takes xs, length or both, and got neither: scan(f, init, length=10) takes 10 steps")
    lengths = {x.shape[:1] for x in rows} | ({(length,)} if length is not None else set())
    if len(lengths) > 1 or () in lengths:
        shapes = ", ".join(str(x.shape) for x in rows)
        also = f" and length={length}" if length is not None else ""
        raise ValueError(f"scan takes arrays with one row for each step as xs; got shapes {shapes}{also}")
    return int(lengths.pop()[0])


def _first(values: Sequence[Array], counts: Any) -> list[Array]:
    """The inputs of the first step."""
    end = counts[0] + counts[1]
    return [*values[: counts[0]], *map(first_row, values[counts[0] : end]), *values[end:]]


def _keeps(inputs: Any) -> bool:
    """Whether a gradient of these may be wanted."""
    return bool(current.get()[0]) and any(type(x) is Tensor and x._requires_grad for x in inputs)
