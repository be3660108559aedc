"""Shape errors that teach: the call, what does not fit, what made its operands, and a fix.

Nothing here runs before a call has failed. The table and the functions of fixes list what else the
user may have meant. Each fix is first tried on stand-ins: small arrays of ones, whose sizes are
equal where the real ones are. So advice on large arrays costs no more than on small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ..errors import tagged
from ..ops import broadcast_to, linear, matmul, multiply, reshape, transpose
from ..ops.products import _einsum_row
from ..tensor import Op
from .call_text import UNSAID, headline, made, shape, words, written

MOST = 3  # the most suggestions
# For these costs, and for an op with options that name sizes, the sizes decide what fits.
COSTS = ("cross_entropy", "cross_entropy_with_logits", "softmax_cross_entropy", "mean_squared_error")


def advised(error: Exception, op: Op, inputs: Sequence[Any], options: dict[str, Any]) -> Exception:
    """The error of a failed call of `op`, of the same type, with a suggestion if one fits."""
    if not op.builtin or not isinstance(error, (ValueError, IndexError)):  # a user's op, or not about shapes
        return tagged(error, op.call(tuple(inputs), options))
    names = words(op, inputs)
    said = [_reason(op, names, [*map(shape, inputs)], options) or str(error).removeprefix(f"{op}: ").rstrip(".")]
    said += dict.fromkeys(filter(None, map(made, names, inputs)))
    if len(said) > 1 and not any(getattr(x, "_made_at", None) for x in inputs):
        said[-1] += " (inside `with tg.debug():` you are told the line)"
    typed = words(op, inputs, typed=True)
    fitting = dict.fromkeys(text for text in _suggestions(op, typed, inputs, options) if UNSAID not in text)
    fits = list(islice(fitting, MOST))
    if fits:
        said.append(f"Did you mean {', '.join(fits[:-1])}{', or ' * (len(fits) > 1)}{fits[-1]}?")
    return tagged(error, headline(op, names, inputs, options), ". ".join(said))


def _is_elementwise(op: Op, inputs: Sequence[Any]) -> bool:
    return len(inputs) > 1 and op.elementwise


def _reason(op: Op, names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    """The mismatch in words, or None if NumPy's message is good."""
    if op in (matmul, linear):
        a, b, *rest = shapes
        inner = b[-2:][0] if b else None
        if not a or not b:
            return "@ takes no single numbers"
        if a[-1] != inner:
            return f"the inner sizes {a[-1]} and {inner} differ"
        if rest:
            return f"{names[0]} @ {names[1]} is {(*a[:-1], *b[1:])}, to which {names[2]} {rest[0]} cannot be added"
        shapes = [a[:-2], b[:-2]]
    elif op is _einsum_row:
        sizes: dict[str, tuple[int, str]] = {}
        for name, axes, letters in zip(names, shapes, options["subscripts"].split("->")[0].split(","), strict=True):
            for letter, n in zip(letters, axes, strict=False):
                m, of = sizes.setdefault(letter, (n, name))
                if m != n and 1 not in (m, n):
                    return f"{letter} is {m} in {of} and {n} in {name}"
        return None
    elif not _is_elementwise(op, shapes):
        return None
    for k in range(1, max(map(len, shapes)) + 1):
        counts = list(dict.fromkeys(s[-k] for s in shapes if len(s) >= k and s[-k] != 1))
        if len(counts) > 1:
            which = "last axes" if k == 1 else f"axes {-k}"
            return f"their {which} have {counts[0]} and {counts[1]} entries, which broadcast only if equal or 1"
    return None


# --- other calls that may have been meant


class Call(NamedTuple):
    """A call of `op` on `names`, and the arrays to try it on."""

    op: Any
    names: list[str]
    arrays: list[Any]
    options: dict[str, Any]

    def fits(self) -> bool:
        """Whether the call works; an element-wise one must also give the shape of an operand."""
        try:
            with np.errstate(all="ignore"):
                y = self.op.forward(*self.arrays, **self.options)
        except Exception:  # any error means that it does not fit
            return False
        return not _is_elementwise(self.op, self.arrays) or y.shape in map(np.shape, self.arrays)

    def with_operand(self, k: int, name: str, array: Any) -> Call:
        """The same call with operand k replaced."""
        names, arrays = list(self.names), list(self.arrays)
        names[k], arrays[k] = name, array
        return self._replace(names=names, arrays=arrays)

    def turned(self, original: Call) -> int:
        """The total size of the operands that differ from the original call's."""
        return sum(np.size(a) for a, b in zip(self.arrays, original.arrays, strict=True) if a is not b)


# Replacements of an operand: the text, with its name x and its length n, and a function that gives
# the new operand, or None if it does not apply. `ndim` is the number of axes of another operand.
OPERANDS: list[tuple[str, Callable[[Any, int], Any]]] = [
    ("{x}.T", lambda x, ndim: x.T if x.ndim == 2 else None),
    ("{x}.reshape({n}, 1)", lambda x, ndim: x[:, None] if x.ndim == 1 < ndim else None),
    ("{x}.reshape(1, {n})", lambda x, ndim: x[None] if x.ndim == 1 < ndim else None),
    ("{x}.ravel()", lambda x, ndim: x.ravel() if x.ndim == 2 > ndim and 1 in x.shape else None),
    ("{x}[..., None]", lambda x, ndim: x[..., None] if 1 < x.ndim < ndim else None),
    ("{x}.astype(int)", lambda x, ndim: x.astype(int) if ndim < 0 and x.dtype.kind == "f" else None),
]


def _other_operands(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    is_index = call.op.picks
    if len(inputs) == 1 and call.op is not broadcast_to:
        return
    for k in reversed(range(is_index, len(inputs))):
        x, name = call.arrays[k], call.names[k]
        ndims = [-1] if is_index else [np.ndim(a) for j, a in enumerate(call.arrays) if j != k] or [2]
        for text, fix in OPERANDS if isinstance(x, np.ndarray) else ():
            fixed = fix(x, max(ndims) if x.ndim < max(ndims) else min(ndims))
            if fixed is not None:
                text = text.format(x=name, n=(*shape(inputs[k]), 0)[0]).replace(".T.T", "")
                yield call.with_operand(k, text, fixed)


def _others(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    """Other calls: keepdims in an earlier op, operands swapped, another op or other options."""
    op, x, options = call.op, call.arrays[0], call.options
    for k, made_by in enumerate(inputs):
        op_before = getattr(made_by, "op", None)
        known = getattr(op_before, "options", None) or ()
        if "keepdims" in known and not (made_by.options or {}).get("keepdims"):
            kept = {**(made_by.options or {}), "keepdims": True}
            axes = made_by.op.forward(np.broadcast_to(0.0, shape(made_by.inputs[0])), **kept).shape
            small = dict(zip(shape(made_by), np.shape(call.arrays[k]), strict=True))
            text = written(made_by.op, words(made_by.op, made_by.inputs, typed=True), kept)
            yield call.with_operand(k, text, np.ones([small.get(n, 1) for n in axes]))
    if op is matmul:
        yield call._replace(names=call.names[::-1], arrays=call.arrays[::-1])
    if op in (matmul, multiply):
        yield call._replace(op=multiply if op is matmul else matmul)
    changes: list[dict[str, Any]] = []
    if "axis" in options:
        changes = [{"axis": k} for k in reversed(range(x.ndim))]
    elif op is transpose:
        changes = [{"axes": tuple(reversed(range(x.ndim)))}]
    elif op is reshape:
        wanted = np.atleast_1d(options["shape"]).tolist()
        changes = [{"shape": (*wanted[:k], -1, *wanted[k + 1 :])} for k in range(len(wanted))]
    elif op.picks:
        index = options["index"]
        ends = [(k, -1 if part > 0 else 0) for k, part in enumerate(index) if isinstance(part, (int, np.integer))]
        changes = [{"index": (*index[:k], end, *index[k + 1 :])} for k, end in ends]
        if len(index) > x.ndim and len(inputs) == 1 and ... not in index:
            changes.append({"index": index[: x.ndim]})
    yield from (call._replace(options={**options, **change}) for change in changes)


def _suggestions(op: Op, names: list[str], inputs: Sequence[Any], options: dict[str, Any]) -> Iterator[str]:
    """The calls that fit, as one types them, the likeliest first."""
    arrays = [getattr(x, "_data", x) for x in inputs]
    if op.name not in COSTS and not {"shape", "index"} & options.keys():
        small = {0: 0, 1: 1}

        def stand_in(a: Any) -> Any:
            return np.ones([small.setdefault(n, len(small)) for n in a.shape], a.dtype)

        arrays = [stand_in(a) if isinstance(a, np.ndarray) else a for a in arrays]
    call = Call(op, names, arrays, options)
    first = list(_other_operands(call, inputs))
    fitting = [other for other in first if other.fits()]
    if not fitting and len(inputs) > 2:  # two operands may be wrong
        fitting = [both for other in first for both in _other_operands(other, inputs) if both.fits()]
    if _is_elementwise(op, arrays):  # a user reshapes the bias, not the array that it is added to
        least = min([other.turned(call) for other in fitting], default=0)
        fitting = [other for other in fitting if other.turned(call) == least]
    for other in (*fitting, *filter(Call.fits, _others(call, inputs))):
        text = written(other.op, other.names, other.options)
        yield f"{text} (element-wise)" if other.op is multiply is not op else text
    if op in (matmul, linear) and np.ndim(arrays[0]) and np.ndim(arrays[1]):
        k = max(arrays[1].ndim - 2, 0)
        if call.with_operand(0, "", np.ones((*arrays[0].shape[:-1], arrays[1].shape[k]))).fits():
            n, one, many = shape(inputs[1])[k], *(("column", "columns") if arrays[0].ndim > 1 else ("entry", "entries"))
            yield f"{names[0]} with {n} {one if n == 1 else many}"
