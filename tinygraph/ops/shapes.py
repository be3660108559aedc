"""Ops that rearrange entries, join them, or pick some of them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..arrays import AxisError, as_array
from ..errors import tagged
from ..frames import cause, guarded
from ..tensor import Op, Tensor
from . import table
from .elementwise import _as_wide
from .table import FUNCTIONS


def _reshape(x: Any, shape: Any) -> Any:
    return np.reshape(x, shape)  # NumPy 1 has another name for `shape`


def _in_order(op: Any, x: Any, shape: Any, *, order: str = "C", copy: Any = None) -> Any:
    """reshape: with order "F", the first axis runs fastest, in x and in the result."""
    if order not in ("C", "F"):
        raise ValueError(f"{op}() takes order='C' or 'F', got {order!r}: a Tensor has no other order in memory")
    if order == "C":
        return op(x, shape)
    shape = shape[::-1] if np.ndim(shape) else shape
    return np.transpose(op(np.transpose(_operand(x, op.name)), shape))


def _astype(x: Any, dtype: Any) -> Any:
    """The values in another dtype."""
    return np.asarray(x).astype(dtype)


def _transpose_rule(g: Any, y: Any, x: Any, axes: Any = None) -> Any:
    return np.transpose(g, None if axes is None else np.argsort(np.atleast_1d(axes) % x.ndim).tolist())


row: Any = partial(table.row, view=True, linear="first")
reshape = row(
    "reshape",
    _reshape,
    lambda g, y, x, shape: np.reshape(g, x.shape),
    numpy=np.reshape,
    batched="shape",
    keywords=_in_order,
)
transpose = permute_dims = row("transpose", np.transpose, _transpose_rule, batched="axes")
swapaxes = row("swapaxes", np.swapaxes, lambda g, y, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
expand_dims = row("expand_dims", np.expand_dims, lambda g, y, x, axis: np.reshape(g, x.shape), batched="axis")
squeeze = row("squeeze", np.squeeze, lambda g, y, x, axis=None: np.reshape(g, x.shape))
broadcast_to = row("broadcast_to", np.broadcast_to, lambda g, y, x, shape: g)
flip = row("flip", np.flip, lambda g, y, x, axis=None: np.flip(g, axis), batched="axis")
row = table.row
_cast = row("astype", _astype, lambda g, y, x, dtype: g, linear="first", batched="")  # the tape casts it
_cast_to_integers = row("astype_integer", _astype, None, whole=True)


def astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    """The values in another dtype; the gradient returns in the old one, and stops at integers.

    A Tensor of that dtype is returned as it is.

    >>> import numpy as np, tinygraph as tg
    >>> tg.astype(tg.Tensor([1.0, 2.0]), np.float32).dtype
    dtype('float32')
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fiub":
        raise TypeError(f"astype() takes a dtype of booleans, integers or real numbers, got {dtype}")
    if getattr(x, "dtype", None) == dtype and (type(x) is Tensor or not copy):
        return x
    return (_cast if dtype.kind == "f" else _cast_to_integers)(x, dtype=dtype)


def ravel(x: Any, order: str = "C") -> Any:
    """All entries along one axis, the last axis running fastest, or with order "F" the first.

    >>> import numpy as np, tinygraph as tg
    >>> tg.ravel(np.eye(2))
    array([1., 0., 0., 1.])
    """
    return reshape(x, (-1,)) if order == "C" else reshape(x, (-1,), order=order)


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """The axes `source` brought to the places `destination`, the others left in order.

    >>> import numpy as np, tinygraph as tg
    >>> tg.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return _reordered("moveaxis", np.moveaxis, x, source=source, destination=destination)


def _reordered(name: str, function: Any, x: Any, **options: Any) -> Any:
    """x with its axes in the order that NumPy's function gives them."""
    # an empty view with axes of lengths 0..n-1 shows where NumPy puts each axis
    axes = np.broadcast_to(np.empty(()), range(np.ndim(x)))
    return transpose(x, _named(name, x, options, partial(function, **options), axes).shape)


# --- joining and splitting


def _named(name: str, x: Any, options: dict[str, Any], function: Any, *args: Any) -> Any:
    """function(*args); its errors are raised as those of a call of the op `name`."""
    try:
        return function(*args)
    except (ValueError, TypeError, IndexError, ZeroDivisionError) as error:
        raise tagged(error, Op(name, np.asarray, None).call((x,), options)) from cause(error)


def _operand(x: Any, name: str) -> Any:
    """An input of the composed function `name`: a Tensor, or an array of it."""
    return x if type(x) is Tensor else as_array(x, name)


def _prepended(name: str, x: Any, ndim: int) -> Any:
    """x with axes of length 1 in front, up to so many axes."""
    x = _operand(x, name)
    return x if x.ndim >= ndim else np.reshape(x, (1,) * (ndim - x.ndim) + x.shape)


def _refuse_gradient(name: str, **options: Any) -> None:
    """Raise TypeError if an option of `name`, or a part of one, is a Tensor with a gradient."""
    for option, value in options.items():
        for x in value if isinstance(value, (list, tuple)) else (value,):
            if type(x) is Tensor and x.requires_grad:
                raise TypeError(f"{name}() has no gradient for {option}: take plain numbers, as t.tolist() gives them")


def _numbers(name: str, **options: Any) -> list[Any]:
    """Options that NumPy takes as plain values; an error if that would lose a gradient or trace."""
    _refuse_gradient(name, **options)
    return [x._values(f"{name}({option}=t)") if type(x) is Tensor else x for option, x in options.items()]


def _normalised(name: str, axis: Any, ndim: int) -> int:
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise AxisError(axis, ndim, f"{name}()")
    return axis % ndim


def _axes(axis: Any, ndim: int) -> tuple[Any, ...]:
    """The axes that an option axis= names: a number, several, or all for None."""
    return tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def _checked(name: str, arrays: Sequence[Any], axis: Any) -> tuple[list[Any], int]:
    try:
        arrays, axis = list(arrays), operator.index(axis)
    except TypeError:
        given = f"axis of type {type(axis).__name__}" if np.iterable(arrays) else f"{arrays!r}"
        raise TypeError(
            f"{name}() takes its arrays in a list, as in {name}([a, b]), and axis as an integer; got {given}"
        ) from None
    if not arrays:
        raise ValueError(f"{name}() takes at least one array, got none")
    return arrays, axis


MOST_PARTS = 8  # the most parts that are cut out of one array


def _concatenate_rule(g: Any, y: Any, *arrays: Any, axis: int = 0) -> list[Any]:
    ends = [0, *accumulate(x.shape[axis] for x in arrays)]
    return _cut(g, axis % g.ndim, [*pairwise(ends)])


def _cut(x: Any, axis: int, parts: list[tuple[int, int]]) -> list[Any]:
    """x[start:end] along an axis, for each part (start, end); many are cut out of larger slices.

    The slices save work: in the walk back each part fills a gradient of the size of the array it
    was cut from.
    """
    if len(parts) <= MOST_PARTS:
        return [x[_along(axis, slice(*part))] for part in parts]
    cut = []
    share = -(-len(parts) // MOST_PARTS)
    for k in range(0, len(parts), share):
        group = parts[k : k + share]
        first, last = min(start for start, _ in group), max(end for _, end in group)
        slab = x[_along(axis, slice(first, last))]
        cut += _cut(slab, axis, [(start - first, end - first) for start, end in group])
    return cut


def _along(axis: int, index: Any) -> tuple[Any, ...]:
    return (slice(None),) * axis + (index,)


def _stack_rule(g: Any, y: Any, *arrays: Any, axis: int = 0) -> list[Any]:
    parts = _cut(g, axis % g.ndim, [(k, k + 1) for k in range(len(arrays))])
    return [np.reshape(part, np.shape(x)) for part, x in zip(parts, arrays, strict=True)]


_concatenate_row = row(
    "concatenate", lambda *xs, axis=0: np.concatenate(xs, axis), joint=_concatenate_rule, linear="all"
)
_stack_row = row("stack", lambda *xs, axis=0: np.stack(xs, axis), joint=_stack_rule, linear="all")


def _cast_for(name: str, arrays: Sequence[Any], dtype: Any, casting: Any) -> Sequence[Any]:
    """The arrays in the dtype that they are joined in, where NumPy's `casting` allows it."""
    if dtype is None and casting == "same_kind":
        return arrays
    arrays = [_operand(x, name) for x in arrays]
    dtype = np.result_type(*arrays) if dtype is None else np.dtype(dtype)
    for x in arrays:
        if not np.can_cast(x.dtype, dtype, casting):
            raise TypeError(f"{name}() cannot cast {x.dtype} to {dtype} with casting={casting!r}")
    return [astype(x, dtype) for x in arrays]


@guarded
def concatenate(arrays: Sequence[Any], axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined along an axis that they have, in `dtype`; axis=None flattens them first.

    >>> import numpy as np, tinygraph as tg
    >>> tg.concatenate([np.zeros((2, 3)), np.ones((1, 3))]).shape
    (3, 3)
    """
    arrays, along = _checked("concatenate", arrays, 0 if axis is None else axis)
    if axis is None:  # a Python number has the dtype of the others
        weak = [hasattr(x, "__float__") and not hasattr(x, "dtype") and type(x) is not bool for x in arrays]
        numbers = [x if type(x) in (int, float) else 0.0 for x in arrays]  # those of a trace are floats
        arrays = [_operand(x, "concatenate") for x in arrays]
        common = np.result_type(*[n if is_weak else x for x, n, is_weak in zip(arrays, numbers, weak, strict=True)])
        arrays = [ravel(astype(x, common) if is_weak else x) for x, is_weak in zip(arrays, weak, strict=True)]
    return _concatenate_row(*_cast_for("concatenate", arrays, dtype, casting), axis=along)


concat = concatenate


@guarded
def stack(arrays: Sequence[Any], axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays of one shape joined along a new axis, in `dtype`.

    >>> import numpy as np, tinygraph as tg
    >>> tg.stack([np.zeros(3), np.ones(3)]).shape
    (2, 3)
    """
    arrays, axis = _checked("stack", arrays, axis)
    return _stack_row(*_cast_for("stack", arrays, dtype, casting), axis=axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """A list of parts along an axis: a number of equal parts, or cut at these indices.

    >>> import numpy as np, tinygraph as tg
    >>> [part.shape for part in tg.split(np.zeros((6, 2)), 3)]
    [(2, 2), (2, 2), (2, 2)]
    """
    return _split("split", x, indices_or_sections, axis)


def _split(name: str, x: Any, sections: Any, axis: Any, function: Any = np.split, least: int = 0) -> list[Any]:
    x = _operand(x, name)
    if x.ndim < least:
        raise ValueError(f"{name}() takes an array of at least {least} axes, got shape {x.shape}")
    axis = _normalised(name, axis, x.ndim)
    # NumPy decides which entries go into each part, and raises the errors; parts are contiguous
    [sections] = _numbers(name, indices_or_sections=sections)
    options = {"indices_or_sections": sections, "axis": axis}
    spans, end = [], 0
    for part in _named(name, x, options, function, np.arange(x.shape[axis]), sections):
        start, end = (int(part[0]), int(part[-1]) + 1) if part.size else (end, end)
        spans.append((start, end))
    return _cut(x, axis, spans)


# --- picking entries

WRONG = float, str, dict  # which NumPy refuses as an index
ARRAY = "array"  # in an index, the placeholder of the next index array, which is an input of the op


def _filled(index: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    following = iter(arrays)
    return tuple(next(following) if part is ARRAY else part for part in index)


def _getitem(x: Any, *arrays: Any, index: tuple[Any, ...]) -> Any:
    return x[_filled(index, arrays) if arrays else index]


def _scatter(g: Any, *arrays: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
    if not arrays:
        out = np.zeros(shape, g.dtype)
        out[index] = g
        return out
    wide = _as_wide(g)
    out = np.zeros(shape, wide.dtype)
    np.add.at(out, _filled(index, arrays), wide)  # an entry that was picked twice gets both
    return out.astype(g.dtype, copy=False)


def _getitem_rule(g: Any, y: Any, x: Any, *arrays: Any, index: tuple[Any, ...]) -> Any:
    return _scatter_row(g, *arrays, shape=x.shape, index=index)


def _scatter_rule(g: Any, y: Any, x: Any, *arrays: Any, shape: Any, index: tuple[Any, ...]) -> Any:
    return _getitem_row(g, *arrays, index=index)


_getitem_row = row("getitem", _getitem, _getitem_rule, picks=1, linear="first", view=True, batched="index")
_scatter_row = row("scatter", _scatter, _scatter_rule, picks=1, linear="first", in_lines=True, batched="shape index")


def _back(g: Any, x: Any, lay_out: Any, *options: Any) -> Any:
    """g, added up at the entries of x from which `lay_out` takes those of its result."""
    places = lay_out(np.arange(x.size).reshape(x.shape), *options)
    return np.reshape(_scatter_row(g, places, shape=(x.size,), index=(ARRAY,)), x.shape)


def _joined(lay_out: Any, x: Any, values: Any) -> Any:
    """What `lay_out` makes of the entries of both, which it gets as numbers: those of x first."""
    n = np.size(x)
    places = lay_out(np.arange(n).reshape(np.shape(x)), n + np.arange(np.size(values)).reshape(np.shape(values)))
    return getitem(concatenate([ravel(x), ravel(values)]), places)


def _as_entries(name: str, values: Any, dtype: Any) -> Any:
    """The values in the dtype of the array that gets them; an error if that loses fractions."""
    number = next((kind for kind in (bool, int, float) if isinstance(values, kind)), None)
    values = values if number else _operand(values, name)
    given = np.dtype(number) if number else values.dtype
    if not (np.can_cast(given, dtype, "same_kind") or (number is int and dtype.kind == "u")):
        raise TypeError(f"{name}() puts values of dtype {given} into an array of dtype {dtype}: cast that one first")
    return values if number else astype(values, dtype, copy=False)


def getitem(x: Any, index: Any) -> Any:
    """x[index] for slices, numbers, booleans and arrays; entries picked twice get both gradients.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    array([2., 0., 1.])
    """
    arrays, parts = _parts(index)
    return _getitem_row(x, *arrays, index=parts)


def _parts(index: Any) -> tuple[list[Any], tuple[Any, ...]]:
    """The arrays of an index, and the index with a placeholder for each."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [_as_index(part) for part in parts if not _is_basic(part)]
    return arrays, tuple(part if _is_basic(part) else ARRAY for part in parts)


def _is_basic(part: Any) -> bool:
    """Whether this part of an index needs no copy in NumPy: then no entry is picked twice."""
    return part is None or part is ... or isinstance(part, (slice, int, np.integer, *WRONG))


def _as_index(part: Any) -> Any:
    array = _operand(part, "getitem")
    return array.astype(int) if isinstance(part, (list, tuple)) and not array.size else array  # [] picks nothing


# of take, by its mode: the place of index k on an axis of length n
PLACES: dict[str, Any] = {"raise": lambda k, n: k, "wrap": np.remainder, "clip": lambda k, n: np.clip(k, 0, n - 1)}


def take(x: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    """As numpy.take: the entries at `indices`, along an axis or of all; False is 0 and True 1.

    >>> import numpy as np, tinygraph as tg
    >>> tg.take(np.array([4.0, 5.0, 6.0]), [2, 0])
    array([6., 4.])
    """
    if mode not in PLACES:
        raise ValueError(f"take() takes mode='raise', 'wrap' or 'clip', got {mode!r}")
    if axis is None:
        x, axis = ravel(x), 0
    axis = _normalised("take", axis, np.ndim(x))
    array = _as_index(indices)
    index = array.astype(int) if array.dtype == bool or (mode != "raise" and array.dtype.kind in "iu") else indices
    return getitem(x, _along(axis, PLACES[mode](index, np.shape(x)[axis])))


# --- functions that ask for a shape or about the values: they take a Tensor and give plain NumPy


def _plain(function: Any, reads: bool) -> Any:
    """A version of the function for Tensors; `reads`: its result depends on their values."""
    name = function.__name__

    def value(x: Any) -> Any:
        return x if type(x) is not Tensor else x._values(f"numpy.{name}()", steers=True) if reads else x._data

    def call(*args: Any, **kwargs: Any) -> Any:
        _refuse_gradient(name, weights=kwargs.get("weights", args[4] if len(args) > 4 else None))
        return function(*map(value, args), **{k: value(x) for k, x in kwargs.items()})

    return call


_of_shapes: tuple[Any, ...] = (
    *(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast),
    *(np.shares_memory, np.may_share_memory, np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal),
    *(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from),
)
_of_values: tuple[Any, ...] = (
    *(np.allclose, np.array_equal, np.isclose, np.count_nonzero, np.histogram),
    *(np.array_repr, np.array_str, np.array2string, np.nonzero, np.flatnonzero, np.argwhere, np.isin),
    *(np.nanargmax, np.nanargmin, np.linalg.matrix_rank),
)
FUNCTIONS.update({function: _plain(function, reads=False) for function in _of_shapes})
FUNCTIONS.update({function: _plain(function, reads=True) for function in _of_values})


def _full_like(a: Any, fill_value: Any, **options: Any) -> Any:
    like = np.full_like(getattr(a, "_data", a), 0, **options)
    if type(fill_value) is not Tensor:
        return np.full_like(like, fill_value)
    return broadcast_to(astype(fill_value, like.dtype), like.shape)  # keeps the gradient of fill_value


FUNCTIONS[np.full_like] = _full_like
