"""The ONNX form of each op: a function of the writer w, the node n and the Values of its inputs.

ONNX has no op for some of them, and some of its ops leave open what NumPy settles: where nan goes,
the sign of a remainder, an empty mean. These are written with several nodes. An op that is not
here is taken apart into those it calls; if it calls none, it is refused.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import numpy as np

from ..ops.shapes import ARRAY, _filled
from ..ops.windows import _windows_row
from .free import Free

LAST = 2**63 - 1  # an end of a slice, beyond any axis


def ndim(n: Any) -> int:
    return len(n.inputs[0].shape)


def size(shape: Any) -> Any:
    """The product of lengths, one of which may be Free."""
    return math.prod([k for k in shape if not isinstance(k, Free)]) * math.prod(
        [k for k in shape if isinstance(k, Free)]
    )


def fixed(what: str, numbers: Any) -> Any:
    if any(isinstance(x, Free) for x in numbers):
        raise TypeError(f"its {what} depend on the number of examples")
    return numbers


def axes(n: Any, default: Any = None) -> list[int]:
    """The option axis as numbers from 0 on."""
    axis, d = n.options.get("axis", default), ndim(n)
    chosen = range(d) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return [k % d for k in chosen] if d else []


# --- entry by entry


def log1p(w: Any, x: Any) -> Any:
    """It corrects log(1 + x) by what 1 + x has rounded off."""
    u = x + 1
    d = u - 1
    return w.Where(w.Equal(d, x), w.Log(u), w.Where(w.Equal(u, 1), x, w.Log(u) * (x / d)))


def is_inf(w: Any, x: Any) -> Any:
    return w.Equal(w.Abs(x), math.inf)


def is_negative(w: Any, x: Any) -> Any:
    """The sign bit, of -0 too."""
    return (x < 0) | (w.Reciprocal(x) < 0)


def log_of_sum(w: Any, a: Any, b: Any, base: float = math.e) -> Any:
    d = w.Where(w.Equal(a, b), 0, a - b)
    return w.Max(a, b) + log1p(w, w.Exp(-w.Abs(d) * math.log(base))) / math.log(base)


def hypot(w: Any, n: Any, a: Any, b: Any) -> Any:
    a, b = w.Abs(a), w.Abs(b)
    large, small = w.Max(a, b), w.Min(a, b)
    share = w.Where(w.Equal(large, 0) | is_inf(w, large), 0, small / large)
    return large * w.Sqrt(share * share + 1)


def arctan2(w: Any, n: Any, a: Any, b: Any) -> Any:
    up, right = w.Abs(a), w.Abs(b)
    y = w.Atan(w.Where(w.Equal(up, right), 1, up / right))
    y = w.Where(w.Equal(up, 0) & w.Equal(right, 0), 0, y)
    y = w.Where(is_negative(w, b), math.pi - y, y)
    return w.Where(is_negative(w, a), -y, y)


def quotient(w: Any, a: Any, b: Any) -> Any:
    """a / b rounded to 0, of integers, and a divisor without 0; a / 0 is 0."""
    none = w.Equal(b, 0)
    return w.Where(none, 0, w.Div(a, w.Where(none, 1, b)))


def rests(w: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """The remainder with the sign of a, and where it has another sign than b."""
    rest = w.Mod(a, b, fmod=1) if a.dtype.kind == "f" else a - quotient(w, a, b) * b
    return rest, ~w.Equal(rest, 0) & w.Xor(b < 0, rest < 0)


def remainder(w: Any, n: Any, a: Any, b: Any) -> Any:
    rest, other = rests(w, a, b)
    y = w.Where(other, rest + b, rest)
    return y if a.dtype.kind == "f" else w.Where(w.Equal(b, 0), 0, y)


def floor_divide(w: Any, n: Any, a: Any, b: Any) -> Any:
    rest, other = rests(w, a, b)
    if a.dtype.kind != "f":
        return quotient(w, a, b) - w.cast(other & ~w.Equal(b, 0), a.dtype)
    return w.Where(w.Equal(b, 0), a / b, w.Round((a - rest) / b - w.cast(other, a.dtype)))


def power(w: Any, n: Any, a: Any, b: Any) -> Any:
    if a.dtype.kind == "f":
        return w.Pow(a, b)
    if n.inputs[1] != 2:
        raise TypeError("runtimes compute powers of integers in floats: write products")
    return a * a


def rounded(w: Any, n: Any, x: Any) -> Any:
    decimals = n.options.get("decimals", 0)
    if x.dtype.kind != "f":
        if decimals < 0:
            raise TypeError("integers have decimals of at least 0 here")
        return x
    ten = 10.0 ** abs(decimals)
    return w.Round(x) if not decimals else w.Round(x * ten) / ten if decimals > 0 else w.Round(x / ten) * ten


def whole(kind: str, w: Any, n: Any, x: Any) -> Any:
    return w.emit(kind, x) if x.dtype.kind == "f" else x


def trunc(w: Any, n: Any, x: Any) -> Any:
    return w.Where(x < 0, w.Ceil(x), w.Floor(x)) if x.dtype.kind == "f" else x


def bits(kind: str, w: Any, n: Any, *xs: Any) -> Any:
    return w.emit(kind if xs[0].dtype == bool else f"Bitwise{kind}", *xs)


def logical(kind: str, w: Any, n: Any, *xs: Any) -> Any:
    return w.emit(kind, *[w.cast(x, bool) for x in xs])


def less_known(kind: str, w: Any, n: Any, a: Any, b: Any) -> Any:
    """fmax or fmin: the other one beside nan."""
    if a.dtype.kind != "f":
        return w.emit(kind, a, b)
    return w.Where(w.IsNaN(a), b, w.Where(w.IsNaN(b), a, w.emit(kind, a, b)))


def where(w: Any, n: Any, condition: Any, a: Any, b: Any) -> Any:
    dtype = np.uint8 if n.dtype == bool else n.dtype
    return w.Where(w.cast(condition, bool), w.cast(a, dtype), w.cast(b, dtype))


def compared(kind: str, w: Any, n: Any, a: Any, b: Any) -> Any:
    return w.emit(kind, *[w.cast(x, np.uint8) if x.dtype == bool else x for x in (a, b)])


def nan_to_num(w: Any, n: Any, x: Any) -> Any:
    if x.dtype.kind != "f":
        return x
    given, ends = n.options, np.finfo(x.dtype)
    high, low = given.get("posinf"), given.get("neginf")
    for at, number in ((math.inf, ends.max if high is None else high), (-math.inf, ends.min if low is None else low)):
        x = w.Where(w.Equal(x, at), float(number), x)
    return w.Where(w.IsNaN(x), float(given.get("nan", 0.0)), x)


# --- reductions


def reduced(w: Any, n: Any, x: Any, kind: str, dtype: Any = None, keepdims: Any = None) -> Any:
    x, over = w.cast(x, dtype or n.dtype), axes(n)
    keepdims = n.options.get("keepdims", False) if keepdims is None else keepdims
    return w.emit(kind, x, w.ints(over), keepdims=int(keepdims)) if over else x


def count(n: Any) -> Any:
    return size([n.inputs[0].shape[k] for k in axes(n)])


def with_nan(w: Any, n: Any, x: Any, y: Any) -> Any:
    """The largest or smallest y; nan if there is one, which runtimes may lose."""
    if x.dtype.kind != "f":
        return y
    return w.Where(reduced(w, n, w.IsNaN(x), "ReduceMax", x.dtype) > 0, w.const(math.nan, y.dtype), y)


def best(kind: str, w: Any, n: Any, x: Any) -> Any:
    return with_nan(w, n, x, reduced(w, n, x, kind, np.uint8 if x.dtype == bool else None))


def best_from(kind: str, w: Any, n: Any, x: Any) -> Any:
    initial = w.const(n.options["initial"], n.dtype)
    if count(n) == 0:
        return w.Expand(initial, w.ints(n.shape))
    return w.emit(kind, best(f"Reduce{kind}", w, n, x), initial)


def arg(kind: str, w: Any, n: Any, x: Any) -> Any:
    x = w.cast(x, np.uint8) if x.dtype == bool else x
    axis = n.options.get("axis")
    keep = {"axis": 0 if axis is None else axis % max(ndim(n), 1), "keepdims": int(n.options.get("keepdims", False))}
    x = w.Reshape(x, w.ints([-1])) if axis is None or not ndim(n) else x
    y = w.emit(kind, x, **keep)
    if x.dtype.kind == "f":
        unknown = w.cast(w.IsNaN(x), np.uint8)
        some = w.emit("ReduceMax", unknown, w.ints([keep["axis"]]), keepdims=keep["keepdims"])
        y = w.Where(some > 0, w.ArgMax(unknown, **keep), y)
    return w.Reshape(y, w.ints(n.shape)) if axis is None else y


def some(w: Any, n: Any, x: Any) -> Any:
    return reduced(w, n, w.cast(x, bool), "ReduceSum", np.int64) > 0


def mean(w: Any, n: Any, x: Any) -> Any:
    made = n.inputs[0]
    if made.op is _windows_row and len(made.options["size"]) == 2 and len(made.inputs[0].shape) == 4:
        if n.options["axis"] == (-4, -3) and w.of(made.dtype) == np.float32 and not n.options.get("keepdims"):
            sizes = {"kernel_shape": made.options["size"], "strides": made.options["step"]}
            return w.AveragePool(w.values[made.inputs[0]], **sizes)
    wide = np.float32 if n.dtype == np.float16 else n.dtype
    if isinstance(total := count(n), Free) or total:
        return reduced(w, n, x, "ReduceMean", wide)
    return reduced(w, n, x, "ReduceSum", wide) / math.nan


def var(w: Any, n: Any, x: Any) -> Any:
    x = w.cast(x, np.float32 if n.dtype == np.float16 else n.dtype)
    d = x - reduced(w, n, x, "ReduceMean", x.dtype, True)
    freedom = count(n) + -n.options.get("ddof", 0)
    freedom = freedom if isinstance(freedom, Free) else max(freedom, 0)
    return reduced(w, n, d * d, "ReduceSum", x.dtype) / w.number(freedom, x.dtype)


def norm(w: Any, n: Any, x: Any) -> Any:
    x, p = w.cast(x, n.dtype), n.options.get("ord")
    if p is None:
        return w.Sqrt(reduced(w, n, x * x, "ReduceSum"))
    if p == 0:
        return reduced(w, n, ~w.Equal(x, 0), "ReduceSum")
    return w.Pow(reduced(w, n, w.Pow(w.Abs(x), float(p)), "ReduceSum"), 1 / p)


def without_nan(kind: str, fill: float, w: Any, n: Any, x: Any) -> Any:
    return reduced(w, n, w.Where(w.IsNaN(x), fill, x), kind)


def nanmean(w: Any, n: Any, x: Any) -> Any:
    there = reduced(w, n, ~w.IsNaN(x), "ReduceSum", x.dtype)
    return without_nan("ReduceSum", 0, w, n, x) / there


def soft(kind: str, w: Any, n: Any, x: Any) -> Any:
    return w.emit(kind, w.cast(x, n.dtype), axis=n.options.get("axis", -1))


def cumsum(w: Any, n: Any, x: Any) -> Any:
    axis, x = n.options.get("axis"), w.cast(x, n.dtype)
    return w.CumSum(x if axis is not None else w.Reshape(x, w.ints([-1])), w.const(axis or 0, np.int64))


# --- other places


def shaped(w: Any, x: Any, shape: Any) -> Any:
    """x in this shape; one Free length follows from the others."""
    free = [k for k, length in enumerate(shape) if isinstance(length, Free)]
    if len(free) == 1 and 0 not in shape:
        return w.Reshape(x, w.ints([-1 if k == free[0] else length for k, length in enumerate(shape)]))
    return w.Reshape(x, w.ints(shape), allowzero=int(0 in shape))


def transposed(w: Any, n: Any, x: Any) -> Any:
    order = [*range(ndim(n))]
    if "axis1" in n.options:
        a, b = n.options["axis1"], n.options["axis2"]
        order[a], order[b] = order[b], order[a]
        return w.Transpose(x, perm=order)
    given = n.options.get("axes")
    return w.Transpose(x, perm=order[::-1] if given is None else [k % ndim(n) for k in given])


def squeezed(w: Any, n: Any, x: Any) -> Any:
    over = axes(n) if n.options.get("axis") is not None else [k for k, m in enumerate(n.inputs[0].shape) if m == 1]
    return w.Squeeze(x, w.ints(over)) if over else x


def unsqueezed(w: Any, n: Any, x: Any) -> Any:
    axis, d = n.options["axis"], len(n.shape)
    return w.Unsqueeze(x, w.ints([k % d for k in (axis if isinstance(axis, (tuple, list)) else (axis,))]))


def joined(stacks: bool, w: Any, n: Any, *xs: Any) -> Any:
    axis = n.options.get("axis", 0) % len(n.shape)
    parts = [w.Unsqueeze(x, w.ints([axis])) if stacks else x for x in xs]
    return w.Concat(*[w.cast(x, n.dtype) for x in parts], axis=axis)


def sliced(w: Any, x: Any, cuts: dict[int, slice]) -> Any:
    """x cut along axes. NumPy and ONNX count from the end alike, and clip alike."""
    cuts = {axis: cut for axis, cut in cuts.items() if cut != slice(None)}
    if not cuts:
        return x
    rows: list[list[Any]] = [[], [], []]
    for cut in cuts.values():
        step = 1 if cut.step is None else cut.step
        ends = (0, LAST) if step > 0 else (LAST, -LAST)
        for row, value, usual in zip(rows, (cut.start, cut.stop, step), (*ends, 1), strict=True):
            row.append(usual if value is None else value)
    starts, stops, steps = map(w.ints, rows)
    return w.Slice(x, starts, stops, w.ints([*cuts]), steps)


def getitem(w: Any, n: Any, x: Any, *arrays: Any) -> Any:
    return picked(w, x, ndim(n), n.options["index"], arrays, n.inputs[1:])


def picked(w: Any, x: Any, d: int, index: Any, arrays: Any, sources: Any) -> Any:
    """x[index]: slices first, then numbers and arrays, which NumPy broadcasts with each other."""
    parts: list[Any] = []
    rank, following = 0, zip(arrays, sources, strict=True)
    for part in index:
        if part is not ARRAY:
            is_number = not (part is None or part is ... or isinstance(part, slice))
            if isinstance(part, (bool, np.bool_)):
                raise TypeError("it picks by one boolean")
            parts.append(int(*fixed("indices", [part])) if is_number else part)
            continue
        value, source = next(following)
        if value.dtype == bool:
            rank = max(rank, 1)
            parts += [w.const(places, np.int64) for places in np.nonzero(constant(source))]
        else:
            rank = max(rank, len(source.shape))
            parts.append(w.cast(value, np.int64))
    used = sum(part is not None and part is not ... for part in parts)
    at = next((k for k, part in enumerate(parts) if part is ...), len(parts))
    parts[at : at + 1] = [slice(None)] * (d - used)
    old = [part for part in parts if part is not None]
    x = sliced(w, x, {k: part for k, part in enumerate(old) if isinstance(part, slice)})
    is_basic = not len(arrays)
    if is_basic:
        ints = {k: part for k, part in enumerate(old) if isinstance(part, int)}
        x = sliced(w, x, {k: slice(part, part + 1 if part != -1 else None) for k, part in ints.items()})
        x = w.Squeeze(x, w.ints([*ints])) if ints else x
        parts = [part for part in parts if not isinstance(part, int)]
    new = [k for k, part in enumerate(parts) if part is None]
    x = w.Unsqueeze(x, w.ints(new)) if new else x
    if is_basic:
        return x
    places = [k for k, part in enumerate(parts) if not (part is None or isinstance(part, slice))]
    others = [k for k in range(len(parts)) if k not in places]
    chosen = [w.const(parts[k], np.int64) if isinstance(parts[k], int) else parts[k] for k in places]
    if len(places) == 1:
        return w.Gather(x, chosen[0], axis=places[0])
    zero = functools.reduce(lambda a, b: a + b, [part * 0 for part in chosen])
    together = w.Concat(*[w.Unsqueeze(part + zero, w.ints([-1])) for part in chosen], axis=-1)
    x = w.GatherND(w.Transpose(x, perm=[*places, *others]), together)
    if places[-1] - places[0] >= len(places) or not places[0]:
        return x  # the picked axes come first, also if they were not side by side
    first = [*range(rank, rank + places[0])]
    return w.Transpose(x, perm=[*first, *range(rank), *range(rank + places[0], rank + len(others))])


def constant(source: Any) -> Any:
    """The array of a constant index."""
    if not isinstance(getattr(source, "value", None), np.ndarray) or not source.value.ndim:
        raise TypeError("its index is to be a constant array: another may name a place twice, or pick any number")
    return source.value


def scatter(w: Any, n: Any, g: Any, *arrays: Any) -> Any:
    shape = n.options["shape"]
    into = w.Expand(w.const(0, n.dtype), w.ints([size(shape)]))
    return added(w, n, into, shape, g, arrays, n.inputs[1:], "add")


def at(w: Any, n: Any, x: Any, v: Any, *arrays: Any) -> Any:
    shape, how = n.inputs[0].shape, n.options["how"]
    if how in ("minimum", "maximum"):
        raise TypeError("runtimes lose nan there")
    if how == "set" and arrays:
        index = _filled(n.options["index"], tuple(map(constant, n.inputs[2:])))
        places = np.arange(math.prod(fixed("lengths", shape))).reshape(shape)[index]
        if np.unique(places).size < places.size:
            raise TypeError("it sets a place twice, and runtimes do so in any order")
    x, v = (w.cast(t, n.dtype) for t in (x, v))
    return added(w, n, w.Reshape(x, w.ints([-1])), shape, v, arrays, n.inputs[2:], how)


def added(w: Any, n: Any, flat: Any, shape: Any, v: Any, arrays: Any, sources: Any, how: str) -> Any:
    """An array of this shape, flat as given, with v put at the index."""
    places = picked(w, w.counted(shape), len(shape), n.options["index"], arrays, sources)
    v = w.Reshape(w.Expand(v, w.Shape(places)), w.ints([-1]))
    kind = dict(set="none", multiply="mul").get(how, "add")
    return shaped(w, w.ScatterElements(flat, w.Reshape(places, w.ints([-1])), v, axis=0, reduction=kind), shape)


def taken(w: Any, x: Any, axis: int, function: Any, length: Any) -> Any:
    """x with the entries along an axis as function lays their numbers out."""
    (length,) = fixed("lengths", [length])
    return w.Gather(x, w.const(function(np.arange(length)), np.int64), axis=axis)


def padded(w: Any, n: Any, x: Any) -> Any:
    widths, mode = n.options["pad_width"], n.options.get("mode", "constant")
    if "reflect_type" in n.options or np.ndim(n.options.get("constant_values", 0)):
        raise TypeError("it pads with more than one number, or with differences")
    if mode == "constant":
        fill = w.const(n.options.get("constant_values", 0), n.dtype)
        return w.Pad(x, w.ints([before for before, _ in widths] + [after for _, after in widths]), fill)
    for k, pair in enumerate(widths):
        if any(pair):
            x = taken(w, x, k, lambda places, pair=pair: np.pad(places, pair, mode), n.inputs[0].shape[k])
    return x


def rolled(w: Any, n: Any, x: Any) -> Any:
    shifts, over = np.broadcast_arrays(n.options["shift"], n.options["axis"])
    for shift, k in zip(shifts.ravel().tolist(), over.ravel().tolist(), strict=True):
        x = taken(w, x, k % ndim(n), lambda places, by=shift: np.roll(places, by), n.inputs[0].shape[k])
    return x


def repeated(w: Any, n: Any, x: Any) -> Any:
    axis, repeats = n.options.get("axis"), n.options["repeats"]
    shape = n.inputs[0].shape if axis is not None else [size(n.inputs[0].shape)]
    x = x if axis is not None else w.Reshape(x, w.ints([-1]))
    axis = (axis or 0) % max(len(shape), 1)
    return taken(w, x, axis, lambda places: np.repeat(places, repeats), shape[axis])


def tiled(w: Any, n: Any, x: Any) -> Any:
    reps, d = np.atleast_1d(n.options["reps"]).tolist(), len(n.shape)
    return w.Tile(shaped(w, x, [1] * (d - ndim(n)) + [*n.inputs[0].shape]), w.ints([1] * (d - len(reps)) + reps))


def laid_out(w: Any, n: Any, x: Any) -> Any:
    """The entries where NumPy puts those of an array of this shape."""
    shape = fixed("lengths", n.inputs[0].shape)
    places = n.op.forward(np.arange(math.prod(shape)).reshape(shape), **n.options)
    return w.Gather(w.Reshape(x, w.ints([-1])), w.const(places, np.int64), axis=0)


def windows(w: Any, n: Any, x: Any) -> Any:
    shape, d = n.inputs[0].shape, len(n.options["size"])
    last = fixed("lengths", shape[-d:])
    places = n.op.forward(np.arange(math.prod(last)).reshape(last), **n.options)
    flat = shaped(w, x, (*shape[:-d], math.prod(last)))
    return w.Gather(flat, w.const(places, np.int64), axis=len(shape) - d)


def triangle(w: Any, n: Any, x: Any) -> Any:
    mask = n.op.forward(np.ones(fixed("lengths", n.shape[-2:]), bool), **n.options)
    return w.Where(w.const(mask), x, 0)


def diagonal_matrix(w: Any, n: Any, x: Any) -> Any:
    (length,) = fixed("lengths", n.inputs[0].shape)
    places = np.diag(np.arange(1, length + 1), n.options.get("k", 0)) - 1  # -1 for the 0 behind the entries
    return w.Gather(w.Concat(x, w.const([0], x.dtype), axis=0), w.const(places, np.int64), axis=0)


def taken_along(w: Any, n: Any, x: Any, indices: Any) -> Any:
    axis, (one, other) = n.options["axis"], [list(y.shape) for y in n.inputs]
    if axis is None:
        return w.GatherElements(w.Reshape(x, w.ints([-1])), w.cast(indices, np.int64), axis=0)
    one[axis] = other[axis] = 0
    if one != other:
        raise TypeError(f"the indices are to have the shape of x, but for axis {axis}")
    return w.GatherElements(x, w.cast(indices, np.int64), axis=axis % ndim(n))


# --- products


def linear(w: Any, n: Any, W: Any, A: Any, b: Any) -> Any:
    return w.Gemm(*[w.cast(x, n.dtype) for x in (W, A, b)])


def max_pool(w: Any, n: Any, x: Any) -> Any:
    shape, d = n.inputs[0].shape, len(n.options["size"])
    images = shape if len(shape) == d + 2 else (size(shape[:-d]), 1, *shape[-d:])
    x = x if images is shape else shaped(w, x, images)
    y = w.MaxPool(x, kernel_shape=n.options["size"], strides=n.options["step"])
    return y if images is shape else shaped(w, y, n.shape)


def einsum(w: Any, n: Any, *xs: Any) -> Any:
    """An axis of length 1 next to a longer one of its letter is made as long."""
    words, shapes = n.options["subscripts"].partition("->")[0].split(","), [x.shape for x in n.inputs]
    sizes: dict[str, Any] = {}
    for word, shape in zip(words, shapes, strict=True):
        sizes |= {c: k for c, k in zip(word, shape, strict=True) if k != 1 or c not in sizes}
    full = [[sizes[c] for c in word] for word in words]
    xs = tuple([x if [*s] == to else w.Expand(x, w.ints(to)) for x, s, to in zip(xs, shapes, full, strict=True)])
    return of_all("Einsum", w, n, *xs, equation=n.options["subscripts"])


def of_all(kind: str, w: Any, n: Any, *xs: Any, **attributes: Any) -> Any:
    return w.emit(kind, *[w.cast(x, n.dtype) for x in xs], **attributes)


# what becomes one node
PLAIN = dict(
    **dict(add="Add", subtract="Sub", multiply="Mul", divide="Div", negative="Neg", sqrt="Sqrt", abs="Abs"),
    **dict(fabs="Abs", sign="Sign", reciprocal="Reciprocal", exp="Exp", log="Log", sin="Sin", cos="Cos", tan="Tan"),
    **dict(arctan="Atan", arcsin="Asin", arccos="Acos", sinh="Sinh", cosh="Cosh", tanh="Tanh", arcsinh="Asinh"),
    **dict(arccosh="Acosh", arctanh="Atanh", maximum="Max", minimum="Min", isnan="IsNaN", rint="Round"),
    **dict(relu="Relu", sigmoid="Sigmoid", softplus="Softplus", softsign="Softsign"),
)
COMPARED = dict(less="Less", less_equal="LessOrEqual", greater="Greater", greater_equal="GreaterOrEqual", equal="Equal")
SPECIAL = dict(
    erf=lambda w, n, x: w.Erf(x),
    expit=lambda w, n, x: w.Sigmoid(x),
    log_expit=lambda w, n, x: -w.Softplus(-x),
    logit=lambda w, n, x: w.Log(x / (1 - x)),
    expm1=lambda w, n, x: w.Tanh(x / 2) * (w.Exp(x) + 1),
    log1p=lambda w, n, x: log1p(w, x),
    xlogy=lambda w, n, a, b: w.Where(w.Equal(a, 0) & ~w.IsNaN(b), 0, a * w.Log(b)),
)
FORMS: dict[str, Any] = dict(
    **{name: lambda w, n, *xs, kind=kind: w.emit(kind, *xs) for name, kind in PLAIN.items()},
    **{name: partial(compared, kind) for name, kind in COMPARED.items()},
    **{f"special.{name}": form for name, form in SPECIAL.items()},
    **dict.fromkeys("positive real conjugate copy astype astype_integer asarray".split(), lambda w, n, x: x),
    not_equal=lambda w, n, a, b: ~compared("Equal", w, n, a, b),
    square=lambda w, n, x: x * x,
    floor=partial(whole, "Floor"),
    ceil=partial(whole, "Ceil"),
    trunc=trunc,
    fix=trunc,
    round=rounded,
    expm1=SPECIAL["expm1"],
    log1p=SPECIAL["log1p"],
    log2=lambda w, n, x: w.Log(x) / math.log(2),
    log10=lambda w, n, x: w.Log(x) / math.log(10),
    exp2=lambda w, n, x: w.Pow(w.const(2, x.dtype), x),
    cbrt=lambda w, n, x: w.Sign(x) * w.Pow(w.Abs(x), 1 / 3),
    logaddexp=lambda w, n, a, b: log_of_sum(w, a, b),
    logaddexp2=lambda w, n, a, b: log_of_sum(w, a, b, 2),
    leaky_relu=lambda w, n, x: w.LeakyRelu(x, alpha=n.options.get("slope", 0.01)),
    elu=lambda w, n, x: w.Elu(x, alpha=n.options.get("alpha", 1.0)),
    power=power,
    float_power=power,
    floor_divide=floor_divide,
    remainder=remainder,
    fmod=lambda w, n, a, b: rests(w, a, b)[0],
    hypot=hypot,
    arctan2=arctan2,
    angle=lambda w, n, x: arctan2(w, n, w.Abs(x) * 0, x) * (180 / math.pi if n.options.get("deg") else 1),
    deg2rad=lambda w, n, x: x * (math.pi / 180),
    rad2deg=lambda w, n, x: x * (180 / math.pi),
    sinc=lambda w, n, x: w.Where(w.Equal(x, 0), 1, w.Sin(x * math.pi) / (x * math.pi)),
    imag=lambda w, n, x: w.Expand(w.const(0, x.dtype), w.Shape(x)),
    heaviside=lambda w, n, x, h: w.Where(x < 0, 0, w.Where(w.Equal(x, 0), h, w.Where(w.IsNaN(x), x, 1))),
    copysign=lambda w, n, a, b: w.Where(is_negative(w, b), -w.Abs(a), w.Abs(a)),
    nan_to_num=nan_to_num,
    signbit=lambda w, n, x: is_negative(w, x),
    fmax=partial(less_known, "Max"),
    fmin=partial(less_known, "Min"),
    clip=lambda w, n, x, low, high: w.Min(w.Max(x, low), high),
    where=where,
    isinf=lambda w, n, x: is_inf(w, x),
    isposinf=lambda w, n, x: w.Equal(x, math.inf),
    isneginf=lambda w, n, x: w.Equal(x, -math.inf),
    isfinite=lambda w, n, x: w.Abs(x) < math.inf,
    logical_and=partial(logical, "And"),
    logical_or=partial(logical, "Or"),
    logical_xor=partial(logical, "Xor"),
    logical_not=partial(logical, "Not"),
    bitwise_and=partial(bits, "And"),
    bitwise_or=partial(bits, "Or"),
    bitwise_xor=partial(bits, "Xor"),
    invert=partial(bits, "Not"),
    sum=lambda w, n, x: reduced(w, n, x, "ReduceSum"),
    prod=lambda w, n, x: reduced(w, n, x, "ReduceProd"),
    max=partial(best, "ReduceMax"),
    min=partial(best, "ReduceMin"),
    sum_from=lambda w, n, x: reduced(w, n, x, "ReduceSum") + n.options["initial"],
    prod_from=lambda w, n, x: reduced(w, n, x, "ReduceProd") * n.options["initial"],
    max_from=partial(best_from, "Max"),
    min_from=partial(best_from, "Min"),
    mean=mean,
    var=var,
    std=lambda w, n, x: w.Sqrt(var(w, n, x)),
    norm=norm,
    nansum=partial(without_nan, "ReduceSum", 0.0),
    nanprod=partial(without_nan, "ReduceProd", 1.0),
    nanmean=nanmean,
    argmax=partial(arg, "ArgMax"),
    argmin=partial(arg, "ArgMin"),
    any=some,
    all=lambda w, n, x: ~some(w, n, ~w.cast(x, bool)),
    softmax=partial(soft, "Softmax"),
    log_softmax=partial(soft, "LogSoftmax"),
    cumsum=cumsum,
    reshape=lambda w, n, x: shaped(w, x, n.shape),
    broadcast_to=lambda w, n, x: w.Expand(x, w.ints(n.shape)),
    transpose=transposed,
    swapaxes=transposed,
    squeeze=squeezed,
    expand_dims=unsqueezed,
    flip=lambda w, n, x: sliced(w, x, {k: slice(None, None, -1) for k in axes(n)}),
    concatenate=partial(joined, False),
    stack=partial(joined, True),
    getitem=getitem,
    scatter=scatter,
    at=at,
    pad=padded,
    roll=rolled,
    repeat=repeated,
    tile=tiled,
    **dict.fromkeys("fliplr flipud rot90 diagonal fftshift ifftshift sliding_window_view".split(), laid_out),
    tril=triangle,
    triu=triangle,
    diag=diagonal_matrix,
    take_along_axis=taken_along,
    matmul=partial(of_all, "MatMul"),
    linear=linear,
    einsum=einsum,
    conv=lambda w, n, x, k: of_all("Conv", w, n, x, k, strides=n.options["step"]),
    windows=windows,
    max_pool=max_pool,
    **{"linalg.det": partial(of_all, "Det")},
)
# ops that are written with those they call, unless all their inputs are floats, which they keep
OF_FLOATS = frozenset("relu leaky_relu elu sigmoid softplus softsign softmax log_softmax linear conv max_pool".split())
NARROW = frozenset("conv leaky_relu elu".split())  # of float64, onnxruntime has none, or an attribute is float32
REASONS = dict(
    **dict.fromkeys("sort argsort partition".split(), "ONNX's TopK leaves open where nan goes"),
    scan="loops are not written",
)
