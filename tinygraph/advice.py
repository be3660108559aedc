"""Shape errors that teach: what a call got, what does not fit, what made its operands, and what would fit.

Nothing here runs before a call has failed. The tables of fixes say what else one may have meant; each is first tried,
on stand-ins: small arrays of ones, alike in which sizes are equal. So to advise on large arrays costs no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .calls import headline, made, shape, words, written
from .tape import tagged
from .tensor import OPS, Op

MOST = 3  # suggestions
# whether these fit depends on the sizes
AS_THEY_ARE = {
    *("reshape", "broadcast_to", "getitem"),
    *("cross_entropy", "cross_entropy_with_logits", "softmax_cross_entropy", "mean_squared_error"),
}
TAUGHT = (ValueError, IndexError)  # what NumPy says of shapes; AxisError is both


def advised(error: Exception, op: Op, inputs: Sequence[Any], options: dict[str, Any]) -> Exception:
    """The error of a call of `op`, of the same built-in kind, with a suggestion that fits, where one does."""
    if op.checks_result or not isinstance(error, TAUGHT):  # a user's op, or not about shapes
        return tagged(error, op.call(tuple(inputs), options))
    names = words(op, inputs)
    reason = REASONS.get(op.name, _broadcast if _is_elementwise(op, inputs) else None)
    known = reason and reason(names, [*map(shape, inputs)], options)
    said = [known or str(error).removeprefix(f"{op.name}: ").rstrip(".")]
    said += dict.fromkeys(filter(None, map(made, names, inputs)))
    if len(said) > 1 and not any(getattr(x, "_note", None) for x in inputs):
        said[-1] += " (inside `with tg.debug():` you are told the line)"
    fits = list(islice(dict.fromkeys(_suggestions(op, names, inputs, options)), MOST))
    if fits:
        said.append(f"Did you mean {', '.join(fits[:-1])}{', or ' * (len(fits) > 1)}{fits[-1]}?")
    return tagged(error, headline(op, names, inputs, options), ". ".join(said))


def _is_elementwise(op: Op, inputs: Sequence[Any]) -> bool:
    return len(inputs) > 1 and (op.arithmetic or op.name == "where")


# --- what does not fit, in words: (names, shapes, options) -> reason, or None to say what NumPy says

Reason = Callable[[list[str], list[Any], dict[str, Any]], "str | None"]


def _broadcast(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    for k in range(1, max(map(len, shapes)) + 1):
        sizes = list(dict.fromkeys(s[-k] for s in shapes if len(s) >= k and s[-k] != 1))
        if len(sizes) > 1:
            which = "last axes" if k == 1 else f"axes {-k}"
            return f"their {which} have {sizes[0]} and {sizes[1]} entries, which broadcast only if equal or 1"
    return None


def _product(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    a, b = shapes[:2]
    if not a or not b:
        return "@ takes no single numbers"
    inner = b[0] if len(b) == 1 else b[-2]
    if a[-1] != inner:
        return f"the inner sizes {a[-1]} and {inner} differ"
    if len(shapes) == 3:
        return f"{names[0]} @ {names[1]} is {(*a[:-1], *b[1:])}, to which {names[2]} {shapes[2]} cannot be added"
    return _broadcast(names, [a[:-2], b[:-2]], options)


def _joined(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    first, axis = shapes[0], options.get("axis", 0)
    for name, other in zip(names[1:], shapes[1:], strict=True):
        if len(other) != len(first):
            return f"{names[0]} has {len(first)} axes and {name} has {len(other)}"
        for k, (m, n) in enumerate(zip(first, other, strict=True)):
            if m != n and k != axis % len(first) and axis < len(first):
                return f"axis {k} has {m} entries in {names[0]} and {n} in {name}; only axis {axis} may differ"
    return None


def _stacked(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    other = next((k for k, s in enumerate(shapes) if s != shapes[0]), None)
    return f"{names[0]} and {names[other]} differ in shape, and stack takes arrays of one shape" if other else None


def _letters(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    sizes: dict[str, tuple[int, str]] = {}
    for name, axes, letters in zip(names, shapes, options["subscripts"].split("->")[0].split(","), strict=True):
        if len(axes) != len(letters):
            return f"{letters!r} has {len(letters)} letters, and {name} has {len(axes)} axes"
        for letter, n in zip(letters, axes, strict=True):
            m, of = sizes.setdefault(letter, (n, name))
            if m != n and 1 not in (m, n):
                return f"{letter} is {m} in {of} and {n} in {name}"
    return None


def _entries(names: list[str], shapes: list[Any], options: dict[str, Any]) -> str | None:
    have, wanted = (int(np.prod(s)) for s in (shapes[0], options["shape"]))
    if wanted < 0:
        return f"{names[0]} has {have} entries, which is no multiple of {-wanted}"
    return f"{names[0]} has {have} entries, and the new shape {wanted}"


REASONS: dict[str, Reason] = {
    "matmul": _product,
    "linear": _product,
    "concatenate": _joined,
    "stack": _stacked,
    "einsum": _letters,
    "reshape": _entries,
}


# --- what else may have been meant


class Call(NamedTuple):
    """A call of `op` on `names`, and the arrays on which it can be tried."""

    op: Op
    names: list[str]
    arrays: list[Any]
    options: dict[str, Any]

    def __str__(self) -> str:
        return written(self.op, self.names, self.options)

    def fits(self) -> bool:
        """Whether the call works, and, element by element, gives an operand's shape, not the outer one of two."""
        try:
            with np.errstate(all="ignore"):
                y = self.op.forward(*self.arrays, **self.options)
        except Exception:  # whatever it says, it does not fit
            return False
        return not _is_elementwise(self.op, self.arrays) or y.shape in map(np.shape, self.arrays)

    def turned(self, original: Call) -> int:
        """The size of what differs from the original call."""
        return sum(np.size(a) for a, b in zip(self.arrays, original.arrays, strict=True) if a is not b)

    def with_operand(self, k: int, name: str, array: Any) -> Call:
        """The same call with another operand k."""
        names, arrays = list(self.names), list(self.arrays)
        names[k], arrays[k] = name, array
        return self._replace(names=names, arrays=arrays)


# another operand, written with its name x and length n, of (x, the number of axes that others have); None is none
OPERANDS: list[tuple[str, Callable[[Any, int], Any]]] = [
    ("{x}.T", lambda x, ndim: x.T if x.ndim == 2 else None),
    ("{x}.reshape({n}, 1)", lambda x, ndim: x[:, None] if x.ndim == 1 < ndim else None),
    ("{x}.reshape(1, {n})", lambda x, ndim: x[None] if x.ndim == 1 < ndim else None),
    ("{x}.ravel()", lambda x, ndim: x.ravel() if x.ndim == 2 > ndim and 1 in x.shape else None),
    ("{x}[..., None]", lambda x, ndim: x[..., None] if 1 < x.ndim < ndim else None),
]
INDICES: list[tuple[str, Callable[[Any, int], Any]]] = [
    OPERANDS[0],
    ("{x}.astype(int)", lambda x, ndim: x.astype(int) if x.dtype.kind == "f" else None),
]


def _other_operands(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    is_index = call.op.name == "getitem"
    if len(inputs) == 1 and call.op.name != "broadcast_to":
        return
    for k in reversed(range(is_index, len(inputs))):
        x, name = call.arrays[k], call.names[k]
        ndims = [np.ndim(a) for j, a in enumerate(call.arrays) if j != k] or [2]
        for text, fix in (INDICES if is_index else OPERANDS) if isinstance(x, np.ndarray) else ():
            fixed = fix(x, max(ndims) if x.ndim < max(ndims) else min(ndims))
            if fixed is not None:
                turned_back = text == "{x}.T" and name.endswith(".T")
                n = (*shape(inputs[k]), 0)[0]
                yield call.with_operand(k, name[:-2] if turned_back else text.format(x=name, n=n), fixed)


def _keepdims(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    """An operand was made by a reduction that took away the axis along which it should now broadcast."""
    for k, x in enumerate(inputs):
        code = getattr(getattr(getattr(x, "op", None), "forward", None), "__code__", None)
        if code is not None and "keepdims" in code.co_varnames and x.options and not x.options.get("keepdims"):
            kept = {**x.options, "keepdims": True}
            axes = x.op.forward(np.broadcast_to(0.0, x.inputs[0].shape), **kept).shape
            small = dict(zip(shape(x), call.arrays[k].shape, strict=True))
            array = np.ones([small.get(n, 1) for n in axes])
            yield call.with_operand(k, written(x.op, words(x.op, x.inputs), kept), array)


def _other_op(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    if call.op.name == "matmul":
        yield call._replace(names=call.names[::-1], arrays=call.arrays[::-1])
        yield call._replace(op=OPS["multiply"])
    if call.op.name == "multiply":
        yield call._replace(op=OPS["matmul"])


def _other_options(call: Call, inputs: Sequence[Any]) -> Iterator[Call]:
    x, options = call.arrays[0], call.options

    def with_(key: str, value: Any) -> Call:
        return call._replace(options={**options, key: value})

    for key in {"axis", "axis1", "axis2"} & options.keys():
        axis = options[key]
        if isinstance(axis, tuple):
            yield with_(key, tuple(k - 1 for k in axis))  # axes count from 0
        elif axis is not None:
            yield from (with_(key, k) for k in (axis - 1, *reversed(range(x.ndim * (key == "axis")))) if k >= 0)
    if call.op.name == "transpose" and options.get("axes") is not None:
        for axes in (np.argsort(np.argsort(options["axes"])), range(x.ndim)[::-1]):
            yield with_("axes", tuple(map(int, axes)))
    if call.op.name == "reshape":
        wanted = tuple(map(int, np.atleast_1d(options["shape"])))
        yield from (with_("shape", (*wanted[:k], -1, *wanted[k + 1 :])) for k in range(len(wanted)))
    if call.op.name == "getitem":
        index = options["index"]
        for k, part in enumerate(index):
            if isinstance(part, (int, np.integer)):
                yield with_("index", (*index[:k], -1 if part > 0 else 0, *index[k + 1 :]))
        if len(index) > x.ndim and ... not in index:
            yield Call(call.op, call.names[:1], [x], {"index": index[: x.ndim]})


def _suggestions(op: Op, names: list[str], inputs: Sequence[Any], options: dict[str, Any]) -> Iterator[str]:
    """The calls that fit, as one types them, the likeliest first."""
    arrays = [getattr(x, "_data", x) for x in inputs]
    if op.name not in AS_THEY_ARE:
        small = {0: 0, 1: 1}
        arrays = [
            np.ones([small.setdefault(n, len(small)) for n in a.shape], a.dtype) if isinstance(a, np.ndarray) else a
            for a in arrays
        ]
    call = Call(op, names, arrays, options)
    others = list(_other_operands(call, inputs))
    fitting = [other for other in others if other.fits()]
    if not fitting and len(inputs) > 2:  # two of them may be wrong
        fitting = [both for other in others for both in _other_operands(other, inputs) if both.fits()]
    if _is_elementwise(op, arrays):  # one turns the bias, not what it is added to
        least = min([other.turned(call) for other in fitting], default=0)
        fitting = [other for other in fitting if other.turned(call) == least]
    for fix in (_keepdims, _other_op, _other_options):
        fitting += [other for other in fix(call, inputs) if other.fits()]
    for other in fitting:
        yield f"{other} (element-wise)" if other.op.name == "multiply" != op.name else str(other)
    if op.name in ("matmul", "linear") and np.ndim(arrays[0]) and np.ndim(arrays[1]):
        k = max(arrays[1].ndim - 2, 0)
        if call.with_operand(0, "", np.ones((*arrays[0].shape[:-1], arrays[1].shape[k]))).fits():
            yield f"{names[0]} with {shape(inputs[1])[k]} columns"
