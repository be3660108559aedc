"""`scan`: a loop as one op. Its function is traced once, and its ops run at each step.

The op has one result: a flat array with the last carries and all ys, one after the other. Where a
gradient may be wanted, the carries before each step are ys too. The walk back is a loop of the same
kind, whose function is the traced gradient of one step. It reads these carries and the results of
each step, and computes again what else it needs. So the tape keeps no other values of the steps, and
a gradient can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..arrays import Array
from ..modes import current
from ..nn.costs import _check
from ..ops import concatenate
from ..optim import _whole
from ..tape import gradients
from ..tensor import Op, Tensor, constant, given_name, record
from . import tree
from .replay import Steps, first_row, given, inner_trace, result, traced


class Scan(Op):
    """A loop of n steps as an op; its inputs are the first carries, the xs and what a step captures.

    steps: one step, from carries, x and captured Tensors to carries and ys.
    counts: the numbers of carries, of xs, and of the first carries that are the first ys too.
    needs: whether each input's gradient is wanted.
    refuse: None, or a function that refuses wrong inputs of a step.
    """

    may_skip = opaque = whole = True
    graph: Any = None  # the step as a graph, if tg.compile has traced the loop

    def __init__(self, steps: Steps, counts: Any, ks: range, needs: Any, refuse: Any) -> None:
        self.steps, self.counts, self.ks, self.needs, self.refuse = steps, counts, ks, needs, refuse
        shapes = [shape if k < counts[0] else (len(ks), *shape) for k, (shape, _) in enumerate(steps.like)]
        places = [slice(*ends) for ends in pairwise([0, *accumulate(map(math.prod, shapes))])]
        dtypes = [dtype for _, dtype in steps.like]
        self.parts = [*zip(places, shapes, dtypes, strict=True)]
        self.size, self.dtype = sum(map(math.prod, shapes)), np.result_type(bool, *dtypes)
        super().__init__("scan", Scan.forward)
        del self.forward  # the method takes its place: the op is not to hold itself

    def forward(self, *arrays: Array, body: Any = None) -> Array:
        """The loop on arrays. `body` is the step as a function of arrays, by default its ops one by one."""
        n, n_xs, _ = self.counts
        body = body or self.steps.on_arrays
        out = np.empty(self.size, self.dtype)
        parts = [out[place].reshape(shape) for place, shape, _ in self.parts]
        carries: Any = arrays[:n]
        xs, others = arrays[n:][:n_xs], arrays[n + n_xs :]
        for k in self.ks:
            inputs = *carries, *[x[k, ...] for x in xs], *others
            if self.refuse is not None:
                self.refuse(inputs)
            made = body(*inputs)
            carries = made[:n]
            for part, y in zip(parts[n:], made[n:], strict=True):
                part[k] = y
        for part, x in zip(parts, carries, strict=False):
            part[...] = x
        for part, (*_, dtype) in zip(parts, self.parts, strict=True):
            if dtype.kind in "iu" and self.dtype.kind == "f" and part.size and np.abs(part).max() > 2**53:
                raise OverflowError(f"scan keeps integers next to floats up to {2**53}, and met larger ones")
        return out

    def taken(self, out: Any) -> list[Any]:
        """The last carries and the ys, from the flat array."""
        found = [out[place] if len(shape) == 1 else out[place].reshape(shape) for place, shape, _ in self.parts]
        return [x if x.dtype == dtype else x.astype(dtype) for x, (*_, dtype) in zip(found, self.parts, strict=True)]

    def first(self, values: Sequence[Array], trace: Any) -> list[Tensor]:
        """Tensors of a trace that stand for the inputs of each step, with the first step's values."""
        n, end = self.counts[0], sum(self.counts[:2])
        examples = [*values[:n], *map(first_row, values[n:end]), *values[end:]]
        return [*map(trace.leaf, examples, self.steps.names)]

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by a loop over the steps in the other order."""
        n, n_xs, n_kept = self.counts
        with inner_trace("scan") as trace:
            own = self.first([getattr(x, "_data", x) for x in values], trace)
            made = self.steps.run(own)
            of_made = [_zeros(x, trace) for x in made]
            joined = Op("results", lambda *_: np.zeros(()), joint=lambda *_: of_made)
            found = gradients(record(joined, tuple(made), {}), constant(np.ones(())), stop=set(own))
            wanted = [k for k, x in enumerate(own) if k >= n and self.needs[k] and x in found]
            of_xs, of_others = [k for k in wanted if k < n + n_xs], [k for k in wanted if k >= n + n_xs]
            totals = [_zeros(own[k], trace) for k in of_others]
            carried = [found[x] if x in found else np.zeros(x.shape, x.dtype) for x in own[:n]]
            carried += [total + found[own[k]] for total, k in zip(totals, of_others, strict=True)]
            results = [result(x, trace) for x in (*carried, *(found[own[k]] for k in of_xs))]
        taken, of_taken, back = self.taken(y), self.taken(g), self.ks[::-1]
        first = dict(zip([*of_made[:n], *totals], [*of_taken[:n], *(x._data for x in totals)], strict=True))
        after = [_after(x, last, back) for x, last in zip(taken[n:][:n_kept], taken, strict=False)]
        # for each step: the carries before it and its ys, its xs, the carries after it, the gradients
        of_rows = [*made[n:], *own[n:][:n_xs], *made[:n_kept], *of_made[n:]]
        given = [*taken[n:], *values[n:][:n_xs], *after, *of_taken[n:]]
        rows = dict(zip(of_rows, given, strict=True))
        steps = Steps(results, [*first, *rows, *own[n + n_xs :]], trace.start)
        lasts, ys = _looped(steps, first.values(), rows.values(), values[n + n_xs :], n, back)
        by_input = dict(zip([*range(n), *of_others, *of_xs], [*lasts, *ys], strict=True))
        return [by_input.get(k) for k in range(len(values))]


def _zeros(like: Tensor, trace: Any) -> Tensor:
    """A Tensor of a trace that stands for a gradient."""
    return trace.leaf(np.zeros(like.shape, like.dtype), f"d{given_name(like) or ''}")


def _after(before: Any, last: Any, back: range) -> Any:
    """The carries after each step, from those before it and the last one."""
    rows = [before[1:], last[None]] if back.step < 0 else [last[None], before[:-1]]
    return concatenate(rows)[: len(back)]


def _looped(steps: Steps, first: Any, rows: Any, others: Any, n_kept: int, ks: range, refuse: Any = None) -> Any:
    """Record a loop: its last carries and its ys. A walk back needs the first `n_kept` carries of all steps."""
    inputs, n = (*first, *rows, *others), len(first)
    needs = [getattr(x, "_requires_grad", False) for x in inputs]
    n_kept *= bool(current.get()[0]) and any(needs)
    steps.results[n:n], steps.like[n:n] = range(n_kept), steps.like[:n_kept]
    op = Scan(steps, (n, len(rows), n_kept), ks, needs, refuse)
    taken = op.taken(record(op, inputs, {}))
    return taken[:n], taken[n + n_kept :]


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
    ks, form = range(_length(rows, length))[:: -1 if reverse else 1], None

    def step(carry: Any, x: Any) -> Any:
        nonlocal form
        made = f(carry, x)
        if not isinstance(made, tuple) or len(made) != 2:
            raise TypeError(f"scan takes a function that gives a pair (carry, y); it gave a {type(made).__name__}")
        try:
            pairs = tree.zip(init, made[0])
            tree.zip(made[0], init)  # finds what the first takes for a leaf
        except ValueError as error:
            raise ValueError(f"the function of scan takes a carry of one form and gives another: {error}") from None
        form = tree.map(made[1], lambda y: None if y is None else 0)
        return [new for _, new in pairs], [y for y in tree.leaves(made[1]) if y is not None]

    names = (*getattr(getattr(f, "__code__", None), "co_varnames", ())[:2], None, None)
    examples: list[Any] = [(True, getattr(x, "_data", x), names[0]) for x in first]
    examples += [(getattr(x, "_requires_grad", False), first_row(getattr(x, "_data", x)), names[1]) for x in rows]
    own, _, results, trace = traced("scan", step, (init, xs), dict(enumerate(examples)))
    for old, new in zip(own[: len(first)], results, strict=False):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise ValueError(
                f"the carry of scan came in as {old.dtype} {old.shape}, and the function gave {new.dtype} "
                f"{new.shape}: begin with a carry of the shape and dtype that the steps give it"
            )
    for check, x in trace.checks:
        if x.order <= trace.start:  # from outside: checked now, and by an outer trace at each call
            _check(x, check, in_trace=True)
    checks = [check for check, x in trace.checks if x.order > trace.start]
    checked = Steps([x for _, x in trace.checks if x.order > trace.start], own, trace.start)
    steps = Steps(results, [*own, *checked.captured], trace.start)
    captured = [*checked.captured, *steps.captured]
    steps.captured = checked.captured = []  # they hold arrays, which a compiled function is not to keep

    def refuse(inputs: Any) -> None:  # before an op meets a wrong label
        for check, x in zip(checks, checked.on_arrays(*inputs[: len(checked.names)]), strict=True):
            check(x)

    lasts, ys = map(iter, _looped(steps, first, rows, captured, len(first), ks, refuse if checks else None))
    return tree.map(init, lambda _: next(lasts)), tree.map(form, lambda y: y if y is None else next(ys))


def _length(rows: Sequence[Any], length: Any) -> int:
    """The number of steps."""
    if length is None and not rows:
        raise ValueError("scan takes xs, length or both, and got neither: scan(f, init, length=10) takes 10 steps")
    also = [] if length is None else [_whole("length of scan", length, least=0)]
    lengths = {*also, *(len(x) if x.ndim else -1 for x in rows)}
    if len(lengths) > 1 or -1 in lengths:
        found = [f"shapes {', '.join(str(x.shape) for x in rows)}", *(f"length={n}" for n in also)]
        raise ValueError(f"scan takes arrays with one row for each step as xs; got {' and '.join(found)}")
    return int(lengths.pop())
