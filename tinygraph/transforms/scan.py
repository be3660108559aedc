"""`scan`: a loop as one op. Its function is traced once, and its ops run at each step.

The op has one result: a flat array with the last carries and all ys, one after the other. Where a
gradient may be wanted, the carries before each step are ys too. The walk back is a loop of the same
kind, whose function is the traced gradient of one step. It reads these carries and the results of
each step, and computes again what else it needs. So the tape keeps no other values of the steps,
and a gradient can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..errors import hook
from ..modes import current
from ..ops import astype
from ..options import whole
from ..tape import gradients
from ..tensor import Op, Tensor, constant, given_name, record
from . import tree
from .batching import given, result, traced
from .replay import Steps, captured


class Scan(Op):
    """A loop of n steps as an op; its inputs: the first carries, the xs, what a step captures.

    results, own: the carries and ys of one step in `trace`, and the Tensors in place of its inputs.
    counts: the numbers of carries, of carries and xs, and of the carries whose values before each
    step are kept: they are ys too, the first ones.
    needs: whether each input's gradient is wanted.
    """

    may_skip = opaque = whole = True

    def __init__(self, results: Any, own: Any, counts: Any, ks: range, needs: Any, trace: Any) -> None:
        self.counts, self.ks, self.needs = counts, ks, needs
        n, _, n_kept = counts
        self.checks, checked = [check for check, _ in trace.checks], [x for _, x in trace.checks]
        self.steps, self.checked = (Steps(roots, own, trace.start) for roots in (results, checked))
        like = [*results[:n], *own[:n_kept], *results[n:]]
        shapes = [x.shape if k < n else (len(ks), *x.shape) for k, x in enumerate(like)]
        ends = [0, *accumulate(x.size if k < n else len(ks) * x.size for k, x in enumerate(like))]
        places, dtypes = [slice(*pair) for pair in pairwise(ends)], [x.dtype for x in like]
        self.parts = [*zip(places, shapes, dtypes, strict=True)]
        self.size, self.dtype = ends[-1], np.result_type(bool, *dtypes)
        super().__init__("scan", Scan.forward)
        del self.forward  # the method takes its place: the op is not to hold itself

    def forward(self, *arrays: Any, body: Any = None) -> Any:
        """The loop on arrays. `body` is the step on arrays, by default its ops one by one."""
        (n, end, n_kept), body = self.counts, body or self.steps.on_arrays
        out = np.empty(self.size, self.dtype)
        parts = [out[place].reshape(shape) for place, shape, _ in self.parts]
        carries, xs, others, rows = arrays[:n], arrays[n:end], arrays[end:], parts[n:]
        for k in self.ks:
            inputs = *carries, *[x[k, ...] for x in xs], *others
            if self.checks:  # before an op meets a wrong label
                for check, x in zip(self.checks, self.checked.on_arrays(*inputs), strict=True):
                    check(x)
            made = body(*inputs)
            for i, y in enumerate((*carries[:n_kept], *made[n:])):
                rows[i][k] = y
            carries = made[:n]
        for part, x in zip(parts, carries, strict=False):
            part[...] = x
        for part, (*_, dtype) in zip(parts, self.parts, strict=True):
            if dtype.kind in "iu" and self.dtype.kind == "f" and part.size and np.abs(part).max() >= 2**53:
                raise OverflowError(f"scan keeps integers next to floats below {2**53}, and met larger ones")
        return out

    def taken(self, out: Any) -> list[Any]:
        """The last carries and the ys, from the flat array."""
        return [astype(out[place].reshape(shape), dtype, copy=False) for place, shape, dtype in self.parts]

    def again(self, values: Sequence[Any], trace: Any) -> tuple[list[Tensor], list[Tensor]]:
        """One step in a trace: Tensors that stand for its inputs, and its results."""
        in_rows = [self.counts[0] <= k < self.counts[1] for k in range(len(values))]
        own = [*map(trace.leaf, values, self.steps.names, in_rows, self.needs)]
        return own, self.steps.run(own)

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by a loop over the steps in the other order.

        Its carries are the gradients of ours, our carries after the step, and the totals of what
        all steps captured.
        """
        n, end, n_kept = self.counts
        with hook("inner_trace")("scan") as trace:
            own, made = self.again(values, trace)
            made = [*made[:n], *own[:n_kept], *made[n:]]
            of_made = [_zeros(x, trace) for x in made]
            joined = Op("results", lambda *_: np.zeros(()), joint=lambda *_: of_made)
            found = gradients(record(joined, tuple(made), {}), constant(np.ones(())), stop=set(own))
            of_xs, of_others = ([x for x in inputs if x in found] for inputs in (own[n:end], own[end:]))
            totals = [_zeros(x, trace) for x in of_others]
            carried = [found.get(x, np.zeros(x.shape, x.dtype)) for x in own[:n]]
            added = [total + found[x] for total, x in zip(totals, of_others, strict=True)]
            results = [result(x, trace) for x in (*carried, *own[:n_kept], *added, *map(found.get, of_xs))]
        taken, of_taken = self.taken(y), self.taken(g)
        stand_ins = [*of_made[:n], *made[:n_kept], *totals, *made[n:], *own[n:end], *of_made[n:], *own[end:]]
        first = [*of_taken[:n], *taken[:n_kept], *(x._data for x in totals)]
        rows = [*taken[n:], *values[n:end], *of_taken[n:]]
        lasts, ys = _looped(results, stand_ins, first, rows, values[end:], n + n_kept, self.ks[::-1], trace)
        by_input = dict(zip([*own[:n], *of_others, *of_xs], [*lasts[:n], *lasts[n + n_kept :], *ys], strict=True))
        return [by_input.get(x) for x in own]


def _zeros(like: Tensor, trace: Any) -> Tensor:
    """A Tensor of a trace that stands for a gradient."""
    return trace.leaf(np.zeros(like.shape, like.dtype), f"d{given_name(like) or ''}", needs_grad=True)


def _looped(results: Any, own: Any, first: Any, rows: Any, others: Any, n_kept: int, ks: range, trace: Any) -> Any:
    """Record a loop: its last carries and its ys. A walk back needs `n_kept` carries a step."""
    inputs, n = (*first, *rows, *others), len(first)
    needs = [getattr(x, "_requires_grad", False) for x in inputs]
    n_kept *= bool(current.get()[0]) and any(needs)
    op = Scan(results, own, (n, n + len(rows), n_kept), ks, [*[True] * n, *needs[n:]], trace)
    taken = op.taken(record(op, inputs, {}))
    return taken[:n], taken[n + n_kept :]


def scan(
    f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """A loop as one op: `carry, y = f(carry, x)` for each x of xs; gives the last carry and all ys.

    As jax.lax.scan. init is the first carry. x is row k of xs at step k, in the order of rows or,
    if `reverse`, from the last to the first; y of step k is row k of ys. Carry, xs and ys may be
    lists, tuples and dicts of arrays; y may be None. Without xs, there are `length` steps, and x is
    None.

    f runs once, on Tensors that stand for those of every step. So it takes no decisions on values
    and draws no random numbers: hand these in as xs. It may read Tensors from outside, such as
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
    first = [given(_not_none(x), "scan") for x in tree.leaves(init)]
    rows = [given(x, "scan") for x in tree.leaves(xs)] if xs is not None else []
    ks = range(_length(rows, length))[:: -1 if reverse else 1]

    def step(carry: Any, x: Any) -> Any:
        made = f(carry, x)
        if not isinstance(made, tuple) or len(made) != 2:
            raise TypeError(f"scan takes a function that gives a pair (carry, y); it gave a {type(made).__name__}")
        try:
            pairs = tree.zip(init, made[0])
            tree.zip(made[0], init)  # finds what the first takes for a leaf
        except ValueError as error:
            raise ValueError(f"the carry of scan keeps its form: {error}; tg.array makes one array of a list") from None
        return [_not_none(new) for _, new in pairs], made[1]

    names = (*getattr(getattr(f, "__code__", None), "co_varnames", ())[:2], None, None)
    leaves = [(x, names[0], False, True) for x in first] + [(x, names[1], True) for x in rows]
    own, (_, form), results, trace = traced("scan", step, (init, xs), dict(enumerate(leaves)))
    for pair in zip(own[: len(first)], results, strict=False):
        was, new = (f"{x.dtype} {x.shape}" for x in pair)
        if was != new:
            raise ValueError(f"the carry of scan came in as {was}, and the function gave {new}: begin with the latter")
    others = captured([*results, *(x for _, x in trace.checks)], own, trace.start)
    lasts, ys = map(iter, _looped(results, [*own, *others], first, rows, others, len(first), ks, trace))
    return tree.map(init, lambda _: next(lasts)), tree.map(form, lambda y: y if y is None else next(ys))


def _not_none(x: Any) -> Any:
    """A leaf of the carry."""
    if x is None:
        raise TypeError("scan carries arrays, and got None: write an empty tuple () in its place")
    return x


def _length(rows: Sequence[Any], length: Any) -> int:
    """The number of steps."""
    if length is None and not rows:
        raise ValueError("scan takes xs, length or both, and got neither: scan(f, init, length=10) takes 10 steps")
    also = [] if length is None else [whole("length of scan", length, least=0)]
    lengths = {*also, *(len(x) if x.ndim else -1 for x in rows)}
    if len(lengths) > 1 or -1 in lengths:
        found = [f"shapes {', '.join(str(x.shape) for x in rows)}", *(f"length={n}" for n in also)]
        made = "; of a list of numbers, make an array: np.array(xs)" * (-1 in lengths)
        raise ValueError(f"scan takes arrays with one row for each step as xs; got {' and '.join(found)}{made}")
    return int(lengths.pop())
