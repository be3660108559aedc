"""The ONNX form of each op, as a formula: a, b, c are its inputs, n its node, and Exp and the like ONNX's ops.

ONNX has no op for some of them, and some of its ops leave open what NumPy settles: where nan goes,
the sign of a remainder, which of two values that are put at one place stays. Such ops are written
with several nodes or refused. An op without a form is taken apart into those that it calls.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import Any, NoReturn

import numpy as np

from ..ops.shapes import ARRAY, _filled
from .free import Size

LAST = 2**63 - 1  # an end of a slice, beyond any axis

FORMULAS = """
    add = a + b; subtract = a - b; multiply = a * b; divide = a / b; negative = -a; fabs = Abs(a)
    positive = a; real = a; conjugate = a; copy = a; astype = a; astype_integer = a; asarray = a
    maximum = Max(a, b); minimum = Min(a, b); clip = Min(Max(a, b), c); square = a * a; rint = Round(a)
    arcsin = Asin(a); arccos = Acos(a); arctan = Atan(a); arcsinh = Asinh(a); arccosh = Acosh(a); arctanh = Atanh(a)
    floor = Floor(a) if is_float(a) else a; ceil = Ceil(a) if is_float(a) else a
    trunc = Where(a < 0, Ceil(a), Floor(a)) if is_float(a) else a; fix = Where(a < 0, Ceil(a), Floor(a)) if is_float(a) else a; round = rounded(n, a)
    power = Pow(a, b) if is_float(a) else a * a if n.inputs[1] == 2 else no("runtimes take powers of integers in floats")
    float_power = Pow(a, b); exp2 = Pow(const(2, a.dtype), a); cbrt = Sign(a) * Pow(Abs(a), 1 / 3)
    log2 = Log(a) / log(2); log10 = Log(a) / log(10); log1p = stable_log1p(a); expm1 = Tanh(a / 2) * (Exp(a) + 1)
    logaddexp = log_of_sum(a, b, 1); logaddexp2 = log_of_sum(a, b, log(2))
    deg2rad = a * (pi / 180); rad2deg = a * (180 / pi); sinc = Where(Equal(a, 0), 1, Sin(a * pi) / (a * pi))
    hypot = hypotenuse(Abs(a), Abs(b)); arctan2 = turned(a, b)
    angle = turned(Abs(a) * 0, a) * (180 / pi if option("deg") else 1)
    signbit = is_negative(a); copysign = Where(is_negative(b), -Abs(a), Abs(a)); imag = Expand(const(0, a.dtype), Shape(a))
    heaviside = Where(a < 0, 0, Where(Equal(a, 0), b, Where(IsNaN(a), a, 1))); nan_to_num = known(n, a)
    fmax = Where(IsNaN(a), b, Where(IsNaN(b), a, Max(a, b))); fmin = Where(IsNaN(a), b, Where(IsNaN(b), a, Min(a, b)))
    remainder = of_divisor(*rest(a, b), a, b); fmod = rest(a, b)[0]; floor_divide = floored(*rest(a, b), a, b)
    leaky_relu = LeakyRelu(a, alpha=option("slope", 0.01)); elu = Elu(a, alpha=option("alpha", 1.0))
    where = Where(cast(a, bool), wide(n, b), wide(n, c))
    less = wide(a, a) < wide(b, b); less_equal = LessOrEqual(wide(a, a), wide(b, b)); equal = Equal(a, b)
    greater = wide(a, a) > wide(b, b); greater_equal = GreaterOrEqual(wide(a, a), wide(b, b)); not_equal = ~Equal(a, b)
    logical_and = cast(a, bool) & cast(b, bool); logical_or = cast(a, bool) | cast(b, bool)
    logical_not = ~cast(a, bool); logical_xor = Xor(cast(a, bool), cast(b, bool))
    bitwise_and = a & b if a.dtype == bool else BitwiseAnd(a, b); invert = ~a if a.dtype == bool else BitwiseNot(a)
    bitwise_or = a | b if a.dtype == bool else BitwiseOr(a, b); bitwise_xor = Xor(a, b) if a.dtype == bool else BitwiseXor(a, b)
    isnan = IsNaN(a); isinf = Equal(Abs(a), inf); isposinf = Equal(a, inf); isneginf = Equal(a, -inf); isfinite = Abs(a) < inf
    special.erf = Erf(a); special.expit = Sigmoid(a); special.log_expit = -Softplus(-a); special.logit = Log(a / (1 - a))
    special.log1p = stable_log1p(a); special.expm1 = Tanh(a / 2) * (Exp(a) + 1)
    special.xlogy = Where(Equal(a, 0) & ~IsNaN(b), 0, a * Log(b))

    sum = reduced(n, a, "ReduceSum"); sum_from = reduced(n, a, "ReduceSum") + option("initial")
    prod = reduced(n, a, "ReduceProd"); prod_from = reduced(n, a, "ReduceProd") * option("initial")
    max = best(n, a, "ReduceMax"); max_from = Max(best(n, a, "ReduceMax"), const(option("initial"), n.dtype))
    min = best(n, a, "ReduceMin"); min_from = Min(best(n, a, "ReduceMin"), const(option("initial"), n.dtype))
    mean = averaged(n, a); var = spread(n, a); std = Sqrt(spread(n, a)); norm = length(n, cast(a, n.dtype))
    nansum = reduced(n, Where(IsNaN(a), 0, a), "ReduceSum"); nanprod = reduced(n, Where(IsNaN(a), 1, a), "ReduceProd")
    nanmean = reduced(n, Where(IsNaN(a), 0, a), "ReduceSum") / reduced(n, ~IsNaN(a), "ReduceSum")
    any = reduced(n, cast(a, bool), "ReduceSum", "i8") > 0; all = ~(reduced(n, ~cast(a, bool), "ReduceSum", "i8") > 0)
    argmax = place(n, a, "ArgMax"); argmin = place(n, a, "ArgMin")
    softmax = Softmax(a, axis=option("axis", -1)); log_softmax = LogSoftmax(a, axis=option("axis", -1))
    cumsum = CumSum(cast(a if axes(n, ()) else Reshape(a, ints(-1)), n.dtype), const((axes(n, ()) or [0])[0], "i8"))

    reshape = shaped(n, a); expand_dims = shaped(n, a); squeeze = shaped(n, a)
    broadcast_to = Expand(a, ints(*n.shape)); transpose = turned_axes(n, a); swapaxes = turned_axes(n, a)
    flip = sliced(a, dict.fromkeys(axes(n), slice(None, None, -1)))
    concatenate = joined(n, inputs); stack = joined(n, inputs, True)
    getitem = picked(n, a, n.inputs[0].shape, inputs[1:], n.shape); pad = padded(n, a); windows = laid_out(n, a, len(option("size")))
    scatter = put(n, Expand(const(0, n.dtype), ints(*n.shape)), a, n.inputs[0].shape, inputs[1:], "add"); at = put_at(n, *inputs)
    fliplr = laid_out(n, a); flipud = laid_out(n, a); rot90 = laid_out(n, a); diagonal = laid_out(n, a); diag = laid_out(n, a)
    fftshift = laid_out(n, a); ifftshift = laid_out(n, a); sliding_window_view = laid_out(n, a); tril = laid_out(n, a)
    triu = laid_out(n, a); roll = laid_out(n, a); repeat = laid_out(n, a); tile = laid_out(n, a)
    take_along_axis = along(n, a, cast(b, "i8"))

    matmul = MatMul(cast(a, n.dtype), cast(b, n.dtype)); linear = Gemm(a, b, c); linalg.det = Det(a); einsum = summed(n, *inputs)
    conv = Conv(a, b, strides=option("step")); max_pool = pooled(n, a)
"""
NAMESAKES = [
    "Abs",
    "Cos",
    "Cosh",
    "Exp",
    "Log",
    "Reciprocal",
    "Relu",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Tan",
    "Tanh",
]
TEXTS = dict(part.strip().split(" = ", 1) for line in FORMULAS.splitlines() for part in line.split(";") if part.strip())
FORMS: dict[str, Any] = {kind.lower(): f"{kind}(a)" for kind in NAMESAKES} | TEXTS
# These are kept whole if all their inputs are floats; otherwise they are written with the ops that they call.
OF_FLOATS = {
    "linear",
    *["conv", "elu", "leaky_relu", "log_softmax", "max_pool", "relu", "sigmoid", "softmax", "softplus", "softsign"],
}
NARROW = {"conv", "elu", "leaky_relu"}  # onnxruntime has no float64, or the file keeps an option as float32
REASONS = dict.fromkeys(("sort", "argsort", "partition"), "ONNX's TopK leaves open where nan goes")


def written(w: Any, n: Any, inputs: Any) -> Any:
    """Write the node by its formula."""
    names = dict(zip("abc", inputs, strict=False), inputs=inputs, n=n, option=n.options.get)
    return eval(FORMS[n.op.name], {**globals(), **vars(math)}, Names(names, w=w))


class Names(dict[str, Any]):
    """The names in a formula. Those that are not here are the writer's or ONNX's, or this module's."""

    def __missing__(self, name: str) -> Any:
        if name[0].isupper() or hasattr(type(self["w"]), name):
            return getattr(self["w"], name)
        raise KeyError(name)


def no(why: str) -> NoReturn:
    raise TypeError(why)


def is_float(x: Any) -> bool:
    return x.dtype.kind == "f"


def wide(like: Any, x: Any) -> Any:
    """x in the dtype, but booleans as integers, which more ops take."""
    return x.w.cast(x, np.uint8 if like.dtype == bool else like.dtype)


def axes(n: Any, default: Any = None, of: Any = None) -> list[int]:
    """The option axis as numbers from 0 on; None is all axes, or the default."""
    d = len((of or n.inputs[0]).shape)
    axis = n.options.get("axis")
    axis = default if axis is None else axis
    axis = range(d) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return [k % d for k in axis] if d else []


# --- entry by entry


def stable_log1p(x: Any) -> Any:
    """log(1 + x), corrected by what 1 + x has rounded off."""
    w, u = x.w, x + 1
    d = u - 1
    return w.Where(w.Equal(d, x), w.Log(u), w.Where(w.Equal(u, 1), x, w.Log(u) * (x / d)))


def log_of_sum(a: Any, b: Any, base: float) -> Any:
    w = a.w
    d = w.Abs(w.Where(w.Equal(a, b), 0, a - b))
    return w.Max(a, b) + stable_log1p(w.Exp(-d * base)) / base


def hypotenuse(a: Any, b: Any) -> Any:
    w, large = a.w, a.w.Max(a, b)
    share = w.Where(w.Equal(large, 0) | w.Equal(large, math.inf), 0, w.Min(a, b) / large)
    return large * w.Sqrt(share * share + 1)


def is_negative(x: Any) -> Any:
    """The sign, also of -0."""
    return (x < 0) | (x.w.Reciprocal(x) < 0)


def turned(a: Any, b: Any) -> Any:
    """arctan2, by the quadrants."""
    w, up, right = a.w, a.w.Abs(a), a.w.Abs(b)
    y = w.Atan(w.Where(w.Equal(up, right), w.Sign(up), up / right))
    y = w.Where(is_negative(b), math.pi - y, y)
    return w.Where(is_negative(a), -y, y)


def quotient(a: Any, b: Any) -> Any:
    """a / b of integers, rounded towards 0; a / 0 is 0, as in NumPy."""
    none = a.w.Equal(b, 0)
    return a.w.Where(none, 0, a.w.Div(a, a.w.Where(none, 1, b)))


def rest(a: Any, b: Any) -> tuple[Any, Any]:
    """The remainder with the sign of a, and where its sign is not b's."""
    y = a.w.Mod(a, b, fmod=1) if is_float(a) else a - quotient(a, b) * b
    return y, ~a.w.Equal(y, 0) & a.w.Xor(b < 0, y < 0)


def of_divisor(y: Any, differs: Any, a: Any, b: Any) -> Any:
    y = a.w.Where(differs, y + b, y)
    return y if is_float(a) else a.w.Where(a.w.Equal(b, 0), 0, y)


def floored(y: Any, differs: Any, a: Any, b: Any) -> Any:
    w, less = a.w, a.w.cast(differs, a.dtype)
    if not is_float(a):
        return w.Where(w.Equal(b, 0), 0, quotient(a, b) - less)
    return w.Where(w.Equal(b, 0), a / b, w.Round((a - y) / b - less))


def rounded(n: Any, x: Any) -> Any:
    decimals = n.options.get("decimals", 0)
    if decimals < 0 or not (decimals and is_float(x)):
        return no("it takes decimals from 0 on") if decimals < 0 else x.w.Round(x) if is_float(x) else x
    return x.w.Round(x * 10.0**decimals) / 10.0**decimals


def known(n: Any, x: Any) -> Any:
    w, given, ends = x.w, n.options, np.finfo(x.dtype)
    for at, usual, option in ((math.inf, ends.max, "posinf"), (-math.inf, ends.min, "neginf")):
        number = given.get(option)
        x = w.Where(w.Equal(x, at), float(usual if number is None else number), x)
    return w.Where(w.IsNaN(x), float(given.get("nan", 0)), x)


# --- reductions


def reduced(n: Any, x: Any, kind: str, dtype: Any = None, keepdims: Any = None) -> Any:
    keepdims = n.options.get("keepdims", False) if keepdims is None else keepdims
    x, over = x.w.cast(x, dtype or n.dtype), axes(n)
    return x.w.emit(kind, x, x.w.ints(*over), keepdims=int(keepdims)) if over else x


def best(n: Any, x: Any, kind: str) -> Any:
    """The largest or smallest entry, or nan, which runtimes may lose."""
    y = reduced(n, x, kind, np.uint8 if x.dtype == bool else None)
    return y.w.Where(reduced(n, y.w.IsNaN(x), "ReduceMax") > 0, math.nan, y) if is_float(x) else y


def place(n: Any, x: Any, kind: str) -> Any:
    """The place of the best entry, or of the first nan."""
    w, x = x.w, wide(x, x) if axes(n, ()) else x.w.Reshape(wide(x, x), x.w.ints(-1))
    options: Any = {"axis": (axes(n, ()) or [0])[0], "keepdims": int(n.options.get("keepdims", False))}
    y = w.emit(kind, x, **options)
    if is_float(x):
        unknown = w.cast(w.IsNaN(x), np.uint8)
        y = w.Where(
            w.ReduceMax(unknown, w.ints(options["axis"]), keepdims=options["keepdims"]) > 0,
            w.ArgMax(unknown, **options),
            y,
        )
    return shaped(n, y)


def averaged(n: Any, x: Any) -> Any:
    y = reduced(n, x, "ReduceMean", np.float32 if n.dtype == np.float16 else n.dtype)
    return y * math.nan if 0 in n.inputs[0].shape else y  # of no entries, runtimes give 0


def spread(n: Any, x: Any) -> Any:
    """The variance."""
    x = x.w.cast(x, np.float32 if n.dtype == np.float16 else n.dtype)
    d = x - reduced(n, x, "ReduceMean", x.dtype, True)
    count = [n.inputs[0].shape[k] for k in axes(n)]
    if n.options.get("ddof") or not all(count):
        return reduced(n, d * d, "ReduceSum", x.dtype) / float(
            max(math.prod(fixed(count)) - n.options.get("ddof", 0), 0)
        )
    return reduced(n, d * d, "ReduceMean", x.dtype)


def length(n: Any, x: Any) -> Any:
    w, p = x.w, n.options.get("ord")
    if p is None:
        return w.Sqrt(reduced(n, x * x, "ReduceSum"))
    return (
        w.Pow(reduced(n, w.Pow(w.Abs(x), float(p)), "ReduceSum"), 1 / p)
        if p
        else reduced(n, ~w.Equal(x, 0), "ReduceSum")
    )


# --- other places


def fixed(shape: Any) -> Any:
    return no("its lengths depend on the number of examples") if any(isinstance(k, Size) for k in shape) else shape


def shaped(n: Any, x: Any, shape: Any = None) -> Any:
    """x in the node's shape. One length may follow from the others: it is written as -1."""
    shape = [*(n.shape if shape is None else shape)]
    free = [k for k, length in enumerate(shape) if length is Size.OTHER] or [
        k for k, length in enumerate(shape) if length is Size.BATCH
    ]
    if len(free) == 1 and 0 not in shape:
        shape[free[0]] = -1
    return x.w.Reshape(x, x.w.ints(*shape), allowzero=int(0 in shape))


def joined(n: Any, inputs: Any, on_new_axis: bool = False) -> Any:
    w, axis = inputs[0].w, n.options.get("axis", 0) % len(n.shape)
    parts = [w.Unsqueeze(x, w.ints(axis)) for x in inputs] if on_new_axis else inputs
    return w.Concat(*[w.cast(x, n.dtype) for x in parts], axis=axis)


def turned_axes(n: Any, x: Any) -> Any:
    empty = np.broadcast_to(np.empty(()), range(len(n.shape)))  # axes of the lengths 0, 1, 2 ... show their order
    return x.w.Transpose(x, perm=n.op.forward(empty, **n.options).shape)


def sliced(x: Any, cuts: dict[int, slice]) -> Any:
    """x cut along axes. NumPy and ONNX count from the end alike, and clip alike."""
    rows: list[Any] = []
    for axis, cut in cuts.items():
        step = cut.step or 1
        start, stop = (0, LAST) if step > 0 else (LAST, -LAST)
        row = (start if cut.start is None else cut.start, stop if cut.stop is None else cut.stop, axis, step)
        rows += [row] if cut != slice(None) else []
    return x.w.Slice(x, *[x.w.ints(*column) for column in zip(*rows, strict=True)]) if rows else x


def picked(n: Any, x: Any, shape: Any, arrays: Any, to: Any) -> Any:
    """x[index], of the shape `to`, where x has this shape."""
    w, index = x.w, n.options["index"]
    values = [getattr(source, "value", None) for source in n.inputs[len(n.inputs) - len(arrays) :]]
    if any(isinstance(part, (bool, np.bool_)) for part in index):
        no("it picks by one boolean")
    if arrays and not any(isinstance(k, Size) for k in shape) and all(isinstance(x, np.ndarray) for x in values):
        return laid_out(n, x, 0, lambda numbers: numbers[_filled(index, tuple(values))], shape)
    parts = [part for part in index if part is not None]
    at = next((k for k, part in enumerate(parts) if part is ...), len(parts))
    parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + (at < len(parts)))
    chosen = [k for k, part in enumerate(parts) if not isinstance(part, slice)] if arrays else []
    if any(value.dtype == bool for value in arrays) or chosen not in ([*range(len(chosen))], chosen[:1]):
        no("it picks by booleans, or by several indices behind a slice")
    cuts = {k: part for k, part in enumerate(parts) if k not in chosen}
    x = sliced(x, {k: cut if isinstance(cut, slice) else slice(cut, cut + 1 or None) for k, cut in cuts.items()})
    following = iter(arrays)
    indices = [w.cast(next(following) if parts[k] is ARRAY else w.const(parts[k]), np.int64) for k in chosen]
    if len(chosen) == 1:
        x = w.Gather(x, indices[0], axis=chosen[0])
    elif chosen:  # NumPy broadcasts them with each other
        zero = reduce(add, [part * 0 for part in indices])
        x = w.GatherND(x, w.Concat(*[w.Unsqueeze(part + zero, w.ints(-1)) for part in indices], axis=-1))
    return shaped(n, x, to)


def counted(w: Any, shape: Any) -> Any:
    """The numbers 0, 1, 2 ... in this shape."""
    if not any(isinstance(k, Size) for k in shape):
        return w.const(np.arange(math.prod(shape)).reshape(shape), np.int64)
    count = w.Size(w.Expand(w.const(0), w.ints(*shape)))
    return w.Reshape(w.Range(w.const(0), count, w.const(1)), w.ints(*shape))


def put(n: Any, x: Any, v: Any, to: Any, arrays: Any, kind: str) -> Any:
    """x with the values v, of the shape `to`, put at the index."""
    w, flat = x.w, x.w.Reshape(x, x.w.ints(-1))
    places = w.Reshape(picked(n, counted(w, n.shape), n.shape, arrays, to), w.ints(-1))
    v = w.Reshape(w.Expand(v, w.ints(*to)), w.ints(-1))
    return shaped(n, w.ScatterElements(flat, places, v, axis=0, reduction=kind))


def put_at(n: Any, x: Any, v: Any, *arrays: Any) -> Any:
    values = [getattr(source, "value", None) for source in n.inputs[2:]]
    if not all(isinstance(value, np.ndarray) for value in values):
        no("its index is no constant")
    places = np.arange(math.prod(fixed(n.shape))).reshape(n.shape)[_filled(n.options["index"], tuple(values))]
    kind = dict(set="none", add="add", multiply="mul").get(n.options["how"]) or no("runtimes lose nan there")
    if kind == "none" and np.unique(places).size < places.size:
        no("it sets a place twice, and runtimes do so in any order")
    return put(n, x.w.cast(x, n.dtype), x.w.cast(v, n.dtype), places.shape, arrays, kind)


def laid_out(n: Any, x: Any, d: int = 0, function: Any = None, shape: Any = None) -> Any:
    """The entries of the last d axes (0: all) where NumPy lays them out, and 0 where it has none."""
    w, shape = x.w, n.inputs[0].shape if shape is None else shape
    first, last = shape[: -d or 0], fixed(shape[-d:])
    numbers = np.arange(1, math.prod(last) + 1).reshape(last)
    places = (function(numbers) if function else n.op.forward(numbers, **n.options)) - 1
    flat = shaped(n, x, (*first, math.prod(last)))
    flat = w.Concat(flat, w.const([0], x.dtype), axis=0) if (places < 0).any() else flat  # at the place -1
    return w.Gather(flat, w.const(places, np.int64), axis=len(first))


def padded(n: Any, x: Any) -> Any:
    widths, fill = n.options["pad_width"], n.options.get("constant_values", 0)
    if "reflect_type" in n.options or np.ndim(fill):
        no("it pads with differences, or with several numbers")
    if "mode" in n.options:
        return laid_out(n, x)
    ends = x.w.ints(*[before for before, _ in widths], *[after for _, after in widths])
    return x.w.Pad(x, ends, x.w.const(fill, n.dtype))


def along(n: Any, x: Any, indices: Any) -> Any:
    axis, (one, other) = n.options["axis"], [[*y.shape] for y in n.inputs]
    if axis is None:
        return x.w.GatherElements(x.w.Reshape(x, x.w.ints(-1)), indices, axis=0)
    one[axis] = other[axis]
    return x.w.GatherElements(x, indices, axis=axis) if one == other else no("ONNX does not broadcast its indices")


# --- products and pools


def summed(n: Any, *xs: Any) -> Any:
    """einsum; an axis of length 1 next to a longer one of its letter is made as long."""
    w, words = xs[0].w, n.options["subscripts"].partition("->")[0].split(",")
    pairs = [*zip(words, [x.shape for x in n.inputs], strict=True)]
    sizes = {c: k for word, shape in pairs for c, k in zip(word, shape, strict=True) if k != 1}
    full = [tuple([sizes.get(c, 1) for c in word]) for word in words]
    xs = [x if shape == to else w.Expand(x, w.ints(*to)) for x, to, (_, shape) in zip(xs, full, pairs, strict=True)]
    return w.Einsum(*[w.cast(x, n.dtype) for x in xs], equation=n.options["subscripts"])


def pooled(n: Any, x: Any) -> Any:
    shape, d = n.inputs[0].shape, len(n.options["size"])
    options = {"kernel_shape": n.options["size"], "strides": n.options["step"]}
    if len(shape) == d + 2:
        return x.w.MaxPool(x, **options)
    images = x.w.Reshape(x, x.w.ints(-1, 1, *fixed(shape[-d:])))
    return shaped(n, x.w.MaxPool(images, **options))
