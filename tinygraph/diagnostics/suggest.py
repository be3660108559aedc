"""Shape errors that teach: the call, what does not fit, what made its operands, and a fix.

Nothing here runs before a call has failed. The table and the functions of fixes list what else the
user may have meant. Each fix is first tried on stand-ins: small arrays of ones, whose sizes are
equal where the real ones are. So advice on large arrays costs no more than on small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays import LinAlgError
from ..errors import tagged
from ..ops import broadcast_to, linear, matmul, multiply
from ..ops.products import _einsum_row
from ..ops.shapes import ARRAY, WRONG
from ..tensor import OPS, Op
from .call_text import data, headline, made, shape, words, written

MOST = 3  # the most suggestions
UNSAID = "?"  # marks a part that cannot be typed, because no expression contains it


def advised(error: Exception, op: Op, inputs: Sequence[Any], options: dict[str, Any]) -> Exception:
    """The error of a failed call of `op`, of the same type, with a suggestion if one fits."""
    is_of_shapes = isinstance(error, (ValueError, IndexError)) and not isinstance(error, LinAlgError)
    if not op.builtin or not is_of_shapes:
        return tagged(error, op.call(tuple(inputs), options))
    names = words(op, inputs)
    reason = _wrong_index(op, names, inputs, options) or _reason(op, names, [*map(shape, inputs)], options)
    said = [reason or str(error).removeprefix(f"{op}: ").rstrip(" .")]
    said += dict.fromkeys(filter(None, map(made, names, inputs)))
    if len(said) > 1 and not any(getattr(x, "_made_at", None) for x in inputs):
        said[-1] += " (inside `with tg.debug():` you are told the line)"
    typed = words(op, inputs, [UNSAID] * len(inputs))
    fitting = dict.fromkeys(text for text in _suggestions(op, typed, inputs, options) if UNSAID not in text)
    fits = [*fitting][:MOST]
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
    elif op.name.endswith(".solve") and shapes[1] and shapes[0][-1] != shapes[1][-2:][0]:
        return (
            f"{names[0]} has {shapes[0][-1]} rows, and {names[1]} has {shapes[1][-2:][0]}: A x = b takes equal numbers"
        )
    elif not _is_elementwise(op, shapes):
        return None
    for k in range(1, max(map(len, shapes)) + 1):
        counts = list(dict.fromkeys(s[-k] for s in shapes if len(s) >= k and s[-k] != 1))
        if len(counts) > 1:
            which = "last axes" if k == 1 else f"axes {-k}"
            return f"their {which} have {counts[0]} and {counts[1]} entries, which broadcast only if equal or 1"
    return None


def _wrong_index(op: Any, names: list[str], inputs: Sequence[Any], options: dict[str, Any]) -> str | None:
    """What to write in place of an index that is a float or a name, or None."""
    arrays = [*zip(names, map(data, inputs), strict=True)][op.picks or len(names) :]
    for name, x in [*arrays, *((repr(x), x) for x in options.get("index", ()) if x is not ARRAY)]:
        if isinstance(x, WRONG) or getattr(x, "dtype", np.dtype(int)).kind == "f":
            how = "a Tensor has no names: write a number" if isinstance(x, (str, dict)) else "cast it to int"
            return f"an index takes integers, and {name} is {getattr(x, 'dtype', type(x).__name__)}: {how}"
    return None


# --- other calls that may have been meant


def stand_ins() -> Callable[[Any], Any]:
    """A function that gives a small array of random numbers for an array, and anything else as is.

    Sizes are equal where those of the arrays that it is called with are.
    """
    sizes = {0: 0, 1: 1}
    random = np.random.default_rng(0)

    def stand_in(x: Any) -> Any:
        x = data(x)
        if not isinstance(x, np.ndarray):
            return x
        values = random.uniform(-0.9, 0.9, [sizes.setdefault(n, len(sizes)) for n in x.shape])
        return values if x.dtype.kind == "f" else (10 * values).astype(x.dtype)

    return stand_in


class Call(NamedTuple):
    """A call of `op` on `names`, the arrays to try it on, and those of the call that failed."""

    op: Any
    names: list[str]
    arrays: list[Any]
    options: dict[str, Any]
    failed: list[Any]

    def fits(self) -> bool:
        """Whether the call works; an element-wise one must also give an unchanged operand's shape.

        This is because a user reshapes the bias, not the array that it is added to.
        """
        try:
            with np.errstate(all="ignore"):
                y = self.op.forward(*self.arrays, **self.options)
        except Exception:  # any error means that it does not fit
            return False
        unchanged = [np.shape(a) for a, b in zip(self.arrays, self.failed, strict=True) if a is b]
        return not _is_elementwise(self.op, self.arrays) or y.shape in unchanged

    def with_operand(self, k: int, name: str, array: Any) -> Call:
        """The same call with operand k replaced."""
        names, arrays = list(self.names), list(self.arrays)
        names[k], arrays[k] = name, array
        return self._replace(names=names, arrays=arrays)


# Replacements of an operand: the text, with its name x and its length n, and a function that gives
# the new operand, or None if it does not apply. `ndim` is the number of axes of another operand.
OPERANDS: list[tuple[str, Callable[[Any, int], Any]]] = [
    ("{x}.T", lambda x, ndim: x.T if x.ndim == 2 else None),
    ("{x}.reshape({n}, 1)", lambda x, ndim: x[:, None] if x.ndim == 1 < ndim else None),
    ("{x}.reshape(1, {n})", lambda x, ndim: x[None] if x.ndim == 1 < ndim else None),
    ("{x}.ravel()", lambda x, ndim: x.ravel() if x.ndim == 2 > ndim and 1 in x.shape else None),
    ("{x}[..., None]", lambda x, ndim: x[..., None] if 1 < x.ndim < ndim else None),
]


def _other_operands(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    if len(inputs) == 1 and call.op is not broadcast_to:
        return
    for k, x in reversed([*enumerate(call.arrays)]):
        ndims = [np.ndim(a) for j, a in enumerate(call.arrays) if j != k] or [2]
        for text, fix in OPERANDS if isinstance(x, np.ndarray) else ():
            fixed = fix(x, max(ndims) if x.ndim < max(ndims) else min(ndims))
            if fixed is not None:
                text = text.format(x=call.names[k], n=(*shape(inputs[k]), 0)[0]).replace(".T.T", "")
                yield call.with_operand(k, text, fixed)


def _others(call: Call, inputs: Sequence[Any], stand_in: Callable[[Any], Any]) -> Iterator[Call]:
    """Other calls: keepdims in an earlier op, operands swapped, another op or another axis."""
    for k, made_by in enumerate(inputs):
        before: Any = getattr(made_by, "op", None)
        if before is not None and before.builtin and "keepdims" in (before.options or ()):
            kept = {**made_by.options, "keepdims": True}
            text = written(before, words(before, made_by.inputs, [UNSAID] * len(made_by.inputs)), kept)
            yield call.with_operand(k, text, before.forward(stand_in(made_by.inputs[0]), **kept))
    if call.op is matmul:
        yield call._replace(names=call.names[::-1], arrays=call.arrays[::-1])
    if call.op in (matmul, multiply):
        yield call._replace(op=multiply if call.op is matmul else matmul)
    if "axis" in call.options:
        for axis in reversed(range(np.ndim(call.arrays[0]))):
            yield call._replace(options={**call.options, "axis": axis})


def _suggestions(op: Op, names: list[str], inputs: Sequence[Any], options: dict[str, Any]) -> Iterator[str]:
    """The calls that fit, as one types them, the likeliest first."""
    sizes_decide = op.name not in OPS or {"shape", "index"} & options.keys()  # a cost is no row of the table
    stand_in = data if sizes_decide else stand_ins()
    arrays = [*map(stand_in, inputs)]
    call = Call(op, names, arrays, options, arrays)
    for other in filter(Call.fits, (*_other_operands(call, inputs), *_others(call, inputs, stand_in))):
        text = written(other.op, other.names, other.options)
        yield f"{text} (element-wise)" if other.op is multiply is not op else text
    a, b, *_ = (*call.arrays, None)
    if op in (matmul, linear) and np.ndim(a) and np.ndim(b):
        k = max(b.ndim - 2, 0)
        if call.with_operand(0, "", np.ones((*a.shape[:-1], b.shape[k]))).fits():
            n, one, many = shape(inputs[1])[k], *(("column", "columns") if a.ndim > 1 else ("entry", "entries"))
            yield f"{names[0]} with {n} {one if n == 1 else many}"
