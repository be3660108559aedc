"""The ONNX form of each op, as a formula of its inputs a, b, c; Exp and the like are ONNX's ops.

`n` is the op's node, and option(name) one of its options. A formula may call another by its name.
An op with a star is written so only if all its inputs are floats, and one with two stars not if
these are float64, which runtimes lack; otherwise it is taken apart, as an op without a form is.
ONNX has no op for some of them, and some of its ops leave open what NumPy settles: where nan goes,
the sign of a remainder, which of two values that are put at one place stays. Such ops are written
with several nodes or refused.
"""

from __future__ import annotations

import math
from functools import partial, reduce
from operator import add
from typing import Any, NoReturn

import numpy as np

from ..ops.shapes import ARRAY, _filled
from .free import Size

LAST = 2**63 - 1  # an end of a slice, beyond any axis
FORMULAS = """
    add = a + b; subtract = a - b; multiply = a * b; divide = a / b; negative = -a; square = a * a
    positive, real, conjugate, copy, astype, astype_integer, asarray = a; abs, fabs = Abs(a)
    exp = Exp(a); log = Log(a); sqrt = Sqrt(a); sign = Sign(a); reciprocal = Reciprocal(a); sin = Sin(a); cos = Cos(a)
    tan = Tan(a); sinh = Sinh(a); cosh = Cosh(a); tanh = Tanh(a); arcsin = Asin(a); arccos = Acos(a); arctan = Atan(a)
    arcsinh = Asinh(a); arccosh = Acosh(a); arctanh = Atanh(a); maximum = Max(a, b); minimum = Min(a, b)
    *relu = Relu(a); *sigmoid = Sigmoid(a); **softplus = Softplus(a); rint = Round(a)
    **leaky_relu = LeakyRelu(a, alpha=option("slope", 0.01)); **elu = Elu(a, alpha=option("alpha", 1.0))
    floor = Floor(a) if is_float(a) else a; ceil = Ceil(a) if is_float(a) else a
    trunc = Where(a < 0, Ceil(a), Floor(a)) if is_float(a) else a; fix = trunc(a)
    round = no("decimals are from 0 on") if (d := option("decimals", 0)) < 0 else _decimal(a, d) if is_float(a) else a
    _decimal = Round(a * 10.0**b) / 10.0**b if b else Round(a)
    power = _power(a, b) if is_float(a) else a * a if n.inputs[1] == 2 else no("runtimes compute such powers in floats")
    _power = Sqrt(a) if n.inputs[1] == 0.5 else Pow(a, b)
    float_power = Pow(a, b); exp2 = Pow(const(2, a.dtype), a); cbrt = Sign(a) * Pow(Abs(a), 1 / 3)
    log2 = Log(a) / math.log(2); log10 = Log(a) / math.log(10); expm1 = Tanh(a / 2) * (Exp(a) + 1)
    log1p = Where(Equal((u := a + 1) - 1, a), Log(u), Where(Equal(u, 1), a, Log(u) * (a / (u - 1))))
    logaddexp = Max(a, b) + log1p(Exp(-Abs(Where(Equal(a, b), 0, a - b))))
    logaddexp2 = logaddexp(a * math.log(2), b * math.log(2)) / math.log(2)
    deg2rad = a * (math.pi / 180); rad2deg = a * (180 / math.pi)
    sinc = Where(Equal(a, 0), 1, Sin(a * math.pi) / (a * math.pi)); imag = Expand(const(0, a.dtype), Shape(a))
    _hypot = (u := Max(a, b)) * Sqrt(square(Where(Equal(u, 0), 0, Min(a, b) / u)) + 1)
    hypot = Where(isinf(a) | isinf(b), math.inf, _hypot(Abs(a), Abs(b)))
    signbit = (a < 0) | (Reciprocal(a) < 0); copysign = Where(signbit(b), -Abs(a), Abs(a))
    _slope = Atan(Where(Equal(a, b), Sign(a), a / b))
    arctan2 = copysign(Where(signbit(b), math.pi - (y := _slope(Abs(a), Abs(b))), y), a)
    angle = arctan2(imag(a), a) * (180 / math.pi if option("deg") else 1)
    heaviside = Where(a < 0, 0, Where(Equal(a, 0), b, Where(IsNaN(a), a, 1)))
    _high = Where(Equal(a, math.inf), given(option("posinf"), np.finfo(a.dtype).max), a)
    _low = Where(Equal(a, -math.inf), given(option("neginf"), np.finfo(a.dtype).min), a)
    nan_to_num = Where(IsNaN(y := _low(_high(a))), given(option("nan"), 0), y)
    fmax = Where(IsNaN(a), b, Where(IsNaN(b), a, Max(a, b))); fmin = Where(IsNaN(a), b, Where(IsNaN(b), a, Min(a, b)))
    _quotient = Where(u := Equal(b, 0), 0, Div(a, Where(u, 1, b)))
    fmod = Mod(a, b, fmod=1) if is_float(a) else Where(Equal(b, 0), 0, a - _quotient(a, b) * b)
    _differs = ~Equal(y := fmod(a, b), 0) & Xor(b < 0, y < 0)
    _rest = Where(_differs(a, b), (y := fmod(a, b)) + b, y)
    remainder = _rest(a, b) if is_float(a) else Where(Equal(b, 0), 0, _rest(a, b))
    _rounded = Round((a - fmod(a, b)) / b - cast(_differs(a, b), a.dtype))
    _whole = _quotient(a, b) - cast(_differs(a, b), a.dtype)
    floor_divide = Where(Equal(b, 0), a / b, _rounded(a, b)) if is_float(a) else Where(Equal(b, 0), 0, _whole(a, b))
    clip = Min(Max(a, b), c); where = Where(cast(a, bool), wide(n, b), wide(n, c)); equal = Equal(a, b)
    less = wide(a, a) < wide(b, b); less_equal = LessOrEqual(wide(a, a), wide(b, b)); not_equal = ~Equal(a, b)
    greater = wide(a, a) > wide(b, b); greater_equal = GreaterOrEqual(wide(a, a), wide(b, b))
    logical_and = cast(a, bool) & cast(b, bool); logical_or = cast(a, bool) | cast(b, bool)
    logical_not = ~cast(a, bool); logical_xor = Xor(cast(a, bool), cast(b, bool)); invert = bits("Not", a)
    bitwise_and = bits("And", a, b); bitwise_or = bits("Or", a, b); bitwise_xor = bits("Xor", a, b)
    isnan = IsNaN(a); _is = Equal(a, b) if is_float(a) else no("ONNX has no such integers")
    isinf = _is(Abs(a), math.inf); isposinf = _is(a, math.inf); isneginf = _is(a, -math.inf)
    isfinite = Abs(a) < math.inf; special.erf = Erf(a); special.expit = Sigmoid(a); special.logit = Log(a / (1 - a))
    special.log_expit = Min(a, 0) - log1p(Exp(-Abs(a))); special.log1p = log1p(a); special.expm1 = expm1(a)
    special.xlogy = Where(Equal(a, 0) & ~IsNaN(b), 0, a * Log(b))

    sum = over(n, cast(a, n.dtype), "ReduceSum"); sum_from = sum(a) + option("initial")
    prod = over(n, cast(a, n.dtype), "ReduceProd"); prod_from = prod(a) * option("initial")
    max = _known(a, over(n, wide(a, a), "ReduceMax")); max_from = Max(max(a), const(option("initial"), n.dtype))
    min = _known(a, over(n, wide(a, a), "ReduceMin")); min_from = Min(min(a), const(option("initial"), n.dtype))
    _known = Where(over(n, cast(IsNaN(a), a.dtype), "ReduceMax") > 0, math.nan, b) if is_float(a) else b
    mean = over(n, _wide(a), "ReduceMean", scale=share(n))
    var = mean(square(_wide(a) - over(n, _wide(a), "ReduceMean", True)))
    _wide = cast(a, np.float32 if n.dtype == np.float16 else n.dtype)
    std = Sqrt(var(a)); nansum = sum(Where(IsNaN(a), 0, a)); nanprod = prod(Where(IsNaN(a), 1, a))
    nanmean = nansum(a) / sum(~IsNaN(a)); _power_sum = Pow(sum(Pow(Abs(cast(a, n.dtype)), b)), 1 / b)
    norm = Sqrt(sum(square(a))) if (p := option("ord")) is None else _power_sum(a, float(p)) if p else sum(~Equal(a, 0))
    any = over(n, cast(cast(a, bool), "i8"), "ReduceSum") > 0; all = ~any(~cast(a, bool))
    argmax = place(n, wide(a, a), "ArgMax"); argmin = place(n, wide(a, a), "ArgMin")
    *softmax = Softmax(a, axis=option("axis", -1)); *log_softmax = LogSoftmax(a, axis=option("axis", -1))
    cumsum = CumSum(cast(a if axes(n, ()) else Reshape(a, ints(-1)), n.dtype), const((axes(n, ()) or [0])[0], "i8"))

    reshape, expand_dims, squeeze = shaped(n, a); broadcast_to = Expand(a, ints(*n.shape))
    transpose, swapaxes = turned(n, a); concatenate = joined(n, inputs); stack = joined(n, inputs, True)
    flip = sliced(a, dict.fromkeys(axes(n), slice(None, None, -1))); pad = padded(n, a)
    getitem = picked(n, a, n.inputs[0].shape, inputs[1:], n.shape); at = put_at(n, *inputs)
    scatter = put(n, Expand(const(0, n.dtype), ints(*n.shape)), a, n.inputs[0].shape, inputs[1:], "add")
    fliplr, flipud, rot90, diagonal, diag, fftshift, ifftshift, tril, triu, roll, repeat, tile = laid_out(n, a)
    sliding_window_view = laid_out(n, a); windows = laid_out(n, a, len(option("size")))
    take_along_axis = along(n, a, cast(b, "i8"))

    matmul = MatMul(*as_result(n, inputs)); *linear = Gemm(a, b, c); einsum = summed(n, as_result(n, inputs))
    **conv = Conv(a, b, strides=option("step")); *max_pool = pooled(n, a); linalg.det = Det(a)
"""
LISTED = [part.split(" = ", 1) for line in FORMULAS.splitlines() for part in line.split(";") if part.strip()]
PARTS = [(name.strip(), formula) for names, formula in LISTED for name in names.split(",")]
FORMS = {name.strip("*"): compile(formula, name, "eval") for name, formula in PARTS}
STARS = {name.strip("*"): name.count("*") for name, _ in PARTS}
NAN = "ONNX's TopK leaves open where nan goes"
REASONS = dict(sort=NAN, argsort=NAN, partition=NAN, scan="loops are not written; a Python loop of few steps is")


class Names(dict[str, Any]):
    """The names in a formula: inputs, ONNX's ops, formulas, and what the writer and module have."""

    def __missing__(self, name: str) -> Any:
        if name in FORMS:
            return partial(written, self["w"], self["n"], FORMS[name])
        if name[0].isupper() or hasattr(type(self["w"]), name):
            return getattr(self["w"], name)
        raise KeyError(name)


def written(w: Any, n: Any, formula: Any, *inputs: Any) -> Any:
    """Write the nodes of a formula."""
    names = Names(zip("abc", inputs, strict=False), inputs=inputs, w=w, n=n, option=n.options.get)
    return eval(formula, globals(), names)


def no(why: str) -> NoReturn:
    raise TypeError(why)


def is_float(x: Any) -> bool:
    return x.dtype.kind == "f"


def wide(like: Any, x: Any) -> Any:
    """x in the dtype, but booleans as integers, which more ops take."""
    return x.w.cast(x, np.uint8 if like.dtype == bool else like.dtype)


def as_result(n: Any, xs: Any) -> list[Any]:
    return [x.w.cast(x, n.dtype) for x in xs]


def given(option: Any, usual: Any) -> float:
    return float(usual if option is None else option)


def bits(kind: str, *xs: Any) -> Any:
    return xs[0].w.emit(kind if xs[0].dtype == bool else f"Bitwise{kind}", *xs)


# --- reductions


def axes(n: Any, default: Any = None) -> list[int]:
    """The option axis as numbers from 0 on; None is all axes, or the default."""
    d, axis = len(n.inputs[0].shape), n.options.get("axis")
    axis = (range(d) if default is None else default) if axis is None else axis
    return [k % d for k in (axis if np.iterable(axis) else (axis,))] if d else []


def over(n: Any, x: Any, kind: str, keepdims: Any = None, scale: float = 1) -> Any:
    """A reduction, times a number."""
    keepdims = n.options.get("keepdims", False) if keepdims is None else keepdims
    y = x.w.emit(kind, x, x.w.ints(*axes(n)), keepdims=int(keepdims)) if axes(n) else x
    return y if scale == 1 else y * scale


def share(n: Any) -> float:
    """What a mean is multiplied by: more than 1 with ddof; nan of nothing, not runtimes' 0."""
    lengths, ddof = [n.inputs[0].shape[k] for k in axes(n)], n.options.get("ddof", 0)
    if not ddof:
        return math.nan if 0 in lengths else 1
    count = math.prod(fixed(lengths))
    return count / (count - ddof) if count > ddof else math.inf


def place(n: Any, x: Any, kind: str) -> Any:
    """The place of the best entry, or of the first nan."""
    w, x = x.w, x if axes(n, ()) else x.w.Reshape(x, x.w.ints(-1))
    axis = (axes(n, ()) or [0])[0]
    y = w.emit(kind, x, axis=axis)
    if is_float(x):
        unknown = w.cast(w.IsNaN(x), np.uint8)
        y = w.Where(w.ReduceMax(unknown, w.ints(axis)) > 0, w.ArgMax(unknown, axis=axis), y)
    return shaped(n, y)


# --- other places


def fixed(shape: Any) -> Any:
    return no("its lengths depend on the number of examples") if any(isinstance(k, Size) for k in shape) else shape


def shaped(n: Any, x: Any, shape: Any = None) -> Any:
    """x in the node's shape. One length may follow from the others: it is written as -1."""
    shape = [*(n.shape if shape is None else shape)]
    free = Size.OTHER if Size.OTHER in shape else Size.BATCH
    if shape.count(free) == 1 and 0 not in shape:
        shape[shape.index(free)] = -1
    return x.w.Reshape(x, x.w.ints(*shape), allowzero=int(0 in shape))


def joined(n: Any, inputs: Any, on_new_axis: bool = False) -> Any:
    w, axis = inputs[0].w, n.options.get("axis", 0) % len(n.shape)
    parts = [w.Unsqueeze(x, w.ints(axis)) if on_new_axis else x for x in as_result(n, inputs)]
    return w.Concat(*parts, axis=axis)


def turned(n: Any, x: Any) -> Any:
    empty = np.broadcast_to(np.empty(()), range(len(n.shape)))  # axes of the lengths 0, 1, 2 ... show their order
    return x.w.Transpose(x, perm=n.op.forward(empty, **n.options).shape) if n.shape else x


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
    """The entries of the last d axes (0: all) where NumPy puts them, and 0 elsewhere."""
    w, shape = x.w, n.inputs[0].shape if shape is None else shape
    first, last = shape[: -d or 0], fixed(shape[-d:])
    numbers = np.arange(1, math.prod(last) + 1).reshape(last)
    places = (function(numbers) if function else n.op.forward(numbers, **n.options)) - 1
    flat = shaped(n, x, (*first, math.prod(last)))
    flat = w.Concat(flat, w.const([0], x.dtype), axis=0) if (places < 0).any() else flat  # at the place -1
    return w.Gather(flat, w.const(places, np.int64), axis=len(first))


def padded(n: Any, x: Any) -> Any:
    widths, fill = n.options["pad_width"], n.options.get("constant_values", 0)
    if "reflect_type" in n.options or n.options.get("mode") == "linear_ramp" or np.ndim(fill):
        no("it pads with differences, ramps, or several numbers")
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


def summed(n: Any, xs: Any) -> Any:
    """einsum; an axis of length 1 next to a longer one of its letter is made as long."""
    words, _, _ = n.options["subscripts"].partition("->")
    pairs = [*zip(words.split(","), [x.shape for x in n.inputs], strict=True)]
    sizes = {c: k for word, shape in pairs for c, k in zip(word, shape, strict=True) if k != 1}
    given = []
    for x, (word, shape) in zip(xs, pairs, strict=True):
        full = tuple([sizes.get(c, 1) for c in word])
        given.append(x if full == shape else x.w.Expand(x, x.w.ints(*full)))
    return xs[0].w.Einsum(*given, equation=n.options["subscripts"])


def pooled(n: Any, x: Any) -> Any:
    shape, d = n.inputs[0].shape, len(n.options["size"])
    options = {"kernel_shape": n.options["size"], "strides": n.options["step"]}
    if len(shape) == d + 2:
        return x.w.MaxPool(x, **options)
    images = x.w.Reshape(x, x.w.ints(-1, 1, *fixed(shape[-d:])))
    return shaped(n, x.w.MaxPool(images, **options))
