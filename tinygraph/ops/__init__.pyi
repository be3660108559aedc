# Made by tools/make_stubs.py from the table of ops: do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal, SupportsIndex, overload

from numpy.typing import DTypeLike

from ..arrays import Array
from ..tensor import OPS as OPS
from ..tensor import Op, Tensor
from .signatures import Axis, Index, Operand, Shape, Values

class _abs(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.absolute, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

abs: _abs

absolute: _abs

acos: _arccos

acosh: _arccosh

class _add(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.add, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

add: _add

class _all(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, where: Operand = True) -> Tensor: """As numpy.all; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, where: Operand = True) -> Array: ...

all: _all

amax: _max

amin: _min

class _angle(Op):
    @overload
    def __call__(self, x: Tensor, deg: bool = False) -> Tensor: """As numpy.angle."""
    @overload
    def __call__(self, x: Values, deg: bool = False) -> Array: ...

angle: _angle

class _any(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, where: Operand = True) -> Tensor: """As numpy.any; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, where: Operand = True) -> Array: ...

any: _any

@overload
def append(x: Tensor, values: Operand, axis: Axis = None) -> Tensor: """The values after the entries of x, along an axis that both have; None flattens them first."""
@overload
def append(x: Values, values: Values, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def append(x: Operand, values: Operand, axis: Axis = None) -> Tensor: ...

@overload
def apply_along_axis(func1d: Tensor, axis: Axis, arr: Operand, *args: Operand, kwargs: Operand) -> Tensor: """As numpy.apply_along_axis: func1d of each line along an axis, which its result replaces."""
@overload
def apply_along_axis(func1d: Values, axis: Axis, arr: Values, *args: Values, kwargs: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def apply_along_axis(func1d: Operand, axis: Axis, arr: Operand, *args: Operand, kwargs: Operand) -> Tensor: ...

class _arccos(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arccos, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arccos: _arccos

class _arccosh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arccosh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arccosh: _arccosh

class _arcsin(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arcsin, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arcsin: _arcsin

class _arcsinh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arcsinh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arcsinh: _arcsinh

class _arctan(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arctan, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arctan: _arctan

class _arctan2(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.arctan2, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

arctan2: _arctan2

class _arctanh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arctanh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arctanh: _arctanh

class _argmax(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.argmax; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

argmax: _argmax

class _argmin(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.argmin; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

argmin: _argmin

class _argpartition(Op):
    @overload
    def __call__(self, a: Tensor, kth: Shape, axis: Axis = -1, kind: str | None = 'introselect', order: str | None = None) -> Tensor: """As numpy.argpartition; without a gradient."""
    @overload
    def __call__(self, a: Values, kth: Shape, axis: Axis = -1, kind: str | None = 'introselect', order: str | None = None) -> Array: ...

argpartition: _argpartition

class _argsort(Op):
    @overload
    def __call__(self, a: Tensor, axis: Axis = -1, kind: str | None = None, order: str | None = None, *, stable: bool | None = None) -> Tensor: """As numpy.argsort; without a gradient."""
    @overload
    def __call__(self, a: Values, axis: Axis = -1, kind: str | None = None, order: str | None = None, *, stable: bool | None = None) -> Array: ...

argsort: _argsort

around: _round

def array(nested: Any, dtype: DTypeLike | None = None, *, ndmin: int = 0) -> Any: """The array of numbers, arrays and Tensors in nested lists, as numpy.array makes it."""

@overload
def array_split(x: Tensor, indices_or_sections: Shape, axis: Axis = 0) -> list[Tensor]: """As split, but the parts may differ in length by one."""
@overload
def array_split(x: Values, indices_or_sections: Shape, axis: Axis = 0) -> list[Array]: ...

asin: _arcsin

asinh: _arcsinh

@overload
def astype(x: Tensor, dtype: DTypeLike, *, copy: bool | None = True) -> Tensor: """The values in another dtype; the gradient returns in the old one, and stops at integers."""
@overload
def astype(x: Values, dtype: DTypeLike, *, copy: bool | None = True) -> Array: ...

atan: _arctan

atan2: _arctan2

atanh: _arctanh

@overload
def atleast_1d(*arrays: Tensor) -> Tensor: """x with at least one axis; a tuple of several arrays."""
@overload
def atleast_1d(*arrays: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def atleast_1d(*arrays: Operand) -> Tensor: ...

@overload
def atleast_2d(*arrays: Tensor) -> Tensor: """x with at least two axes, new ones in front; a tuple of several arrays."""
@overload
def atleast_2d(*arrays: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def atleast_2d(*arrays: Operand) -> Tensor: ...

@overload
def atleast_3d(*arrays: Tensor) -> Tensor: """x with at least three axes, a vector along the second; a tuple of several arrays."""
@overload
def atleast_3d(*arrays: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def atleast_3d(*arrays: Operand) -> Tensor: ...

@overload
def average(x: Tensor, axis: Axis = None, weights: Operand | None = None, returned: bool = False, *, keepdims: bool = False) -> Tensor: """As numpy.average: sum(x * weights) / sum(weights), with the weights' sum if `returned`."""
@overload
def average(x: Values, axis: Axis = None, weights: Values | None = None, returned: bool = False, *, keepdims: bool = False) -> Array: ...  # type: ignore[overload-overlap]
@overload
def average(x: Operand, axis: Axis = None, weights: Operand | None = None, returned: bool = False, *, keepdims: bool = False) -> Tensor: ...

@overload
def bincount(x: Tensor, weights: Operand | None = None, minlength: SupportsIndex = 0) -> Tensor: """As numpy.bincount: for each whole number, how often it is in x, or the sum of its weights."""
@overload
def bincount(x: Values, weights: Values | None = None, minlength: SupportsIndex = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def bincount(x: Operand, weights: Operand | None = None, minlength: SupportsIndex = 0) -> Tensor: ...

class _bitwise_and(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.bitwise_and, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

bitwise_and: _bitwise_and

bitwise_invert: _invert

bitwise_left_shift: _left_shift

class _bitwise_or(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.bitwise_or, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

bitwise_or: _bitwise_or

bitwise_right_shift: _right_shift

class _bitwise_xor(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.bitwise_xor, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

bitwise_xor: _bitwise_xor

def block(arrays: Any) -> Any: """An array of blocks in nested lists; the innermost are joined along the last axis."""

@overload
def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]: """A tuple of the arrays, each broadcast to the shape that they have together."""
@overload
def broadcast_arrays(*arrays: Values) -> tuple[Array, ...]: ...  # type: ignore[overload-overlap]
@overload
def broadcast_arrays(*arrays: Operand) -> tuple[Tensor, ...]: ...

class _broadcast_to(Op):
    @overload
    def __call__(self, x: Tensor, shape: Shape) -> Tensor: """As numpy.broadcast_to."""
    @overload
    def __call__(self, x: Values, shape: Shape) -> Array: ...

broadcast_to: _broadcast_to

class _cbrt(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.cbrt, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

cbrt: _cbrt

class _ceil(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.ceil, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

ceil: _ceil

@overload
def clip(x: Tensor, a_min: Operand | None = None, a_max: Operand | None = None, *, min: Operand | None = None, max: Operand | None = None) -> Tensor: """x with values below `a_min` or above `a_max` replaced by these; None is no bound."""
@overload
def clip(x: Values, a_min: Values | None = None, a_max: Values | None = None, *, min: Values | None = None, max: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def clip(x: Operand, a_min: Operand | None = None, a_max: Operand | None = None, *, min: Operand | None = None, max: Operand | None = None) -> Tensor: ...

@overload
def column_stack(arrays: Sequence[Tensor] | Tensor) -> Tensor: """Arrays side by side; a vector is a column."""
@overload
def column_stack(arrays: Sequence[Values] | Array) -> Array: ...  # type: ignore[overload-overlap]
@overload
def column_stack(arrays: Sequence[Operand] | Tensor) -> Tensor: ...

@overload
def compress(condition: Tensor, x: Operand, axis: Axis = None) -> Tensor: """The entries where `condition`, a vector, is true, along an axis or of all."""
@overload
def compress(condition: Values, x: Values, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def compress(condition: Operand, x: Operand, axis: Axis = None) -> Tensor: ...

@overload
def concat(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: """Arrays joined along an axis that they have, in `dtype`; axis=None flattens them first."""
@overload
def concat(arrays: Sequence[Values] | Array, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Array: ...  # type: ignore[overload-overlap]
@overload
def concat(arrays: Sequence[Operand] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: ...

@overload
def concatenate(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: """Arrays joined along an axis that they have, in `dtype`; axis=None flattens them first."""
@overload
def concatenate(arrays: Sequence[Values] | Array, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Array: ...  # type: ignore[overload-overlap]
@overload
def concatenate(arrays: Sequence[Operand] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: ...

conj: _conjugate

class _conjugate(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.conjugate, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

conjugate: _conjugate

class _convolve(Op):
    @overload
    def __call__(self, a: Tensor, v: Operand, mode: str = 'full') -> Tensor: """As numpy.convolve."""
    @overload
    def __call__(self, a: Values, v: Values, mode: str = 'full') -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, v: Operand, mode: str = 'full') -> Tensor: ...

convolve: _convolve

class _copy(Op):
    @overload
    def __call__(self, x: Tensor, order: str | None = 'K') -> Tensor: """As numpy.copy."""
    @overload
    def __call__(self, x: Values, order: str | None = 'K') -> Array: ...

copy: _copy

class _copysign(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.copysign, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

copysign: _copysign

@overload
def corrcoef(x: Tensor, y: Operand | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> Tensor: """As numpy.corrcoef: the correlations of the rows of x and of y, over the columns."""
@overload
def corrcoef(x: Values, y: Values | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def corrcoef(x: Operand, y: Operand | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> Tensor: ...

@overload
def correlate(a: Tensor, v: Operand, mode: str = 'valid') -> Tensor: """As numpy.correlate: the sums of products of a with v, which is moved along it."""
@overload
def correlate(a: Values, v: Values, mode: str = 'valid') -> Array: ...  # type: ignore[overload-overlap]
@overload
def correlate(a: Operand, v: Operand, mode: str = 'valid') -> Tensor: ...

class _cos(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.cos, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

cos: _cos

class _cosh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.cosh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

cosh: _cosh

@overload
def cov(m: Tensor, y: Operand | None = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None, fweights: Values | None = None, aweights: Values | None = None, *, dtype: DTypeLike | None = None) -> Tensor: """As numpy.cov: the covariances of the rows of m and of y, over the columns."""
@overload
def cov(m: Values, y: Values | None = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None, fweights: Values | None = None, aweights: Values | None = None, *, dtype: DTypeLike | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def cov(m: Operand, y: Operand | None = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None, fweights: Values | None = None, aweights: Values | None = None, *, dtype: DTypeLike | None = None) -> Tensor: ...

@overload
def cross(a: Tensor, b: Operand, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Tensor: """As numpy.cross: the vector product of 3-d vectors; of 2-d ones, its last entry."""
@overload
def cross(a: Values, b: Values, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def cross(a: Operand, b: Operand, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Tensor: ...

class _cumprod(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, *, dtype: DTypeLike | None = None) -> Tensor: """As numpy.cumprod."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, *, dtype: DTypeLike | None = None) -> Array: ...

cumprod: _cumprod

class _cumsum(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, *, dtype: DTypeLike | None = None) -> Tensor: """As numpy.cumsum."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, *, dtype: DTypeLike | None = None) -> Array: ...

cumsum: _cumsum

class _deg2rad(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.deg2rad, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

deg2rad: _deg2rad

degrees: _rad2deg

@overload
def delete(x: Tensor, obj: Values | slice, axis: Axis = None) -> Tensor: """x without the entries at `obj` (numbers, a slice or a mask), along an axis or of all."""
@overload
def delete(x: Values, obj: Values | slice, axis: Axis = None) -> Array: ...

@overload
def diag(x: Tensor, k: int = 0) -> Tensor: """The diagonal of a matrix, or a matrix with this diagonal; k > 0 is above the main one."""
@overload
def diag(x: Values, k: int = 0) -> Array: ...

@overload
def diagflat(x: Tensor, k: int = 0) -> Tensor: """A matrix with all entries of x on a diagonal."""
@overload
def diagflat(x: Values, k: int = 0) -> Array: ...

class _diagonal(Op):
    @overload
    def __call__(self, x: Tensor, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1) -> Tensor: """As numpy.diagonal."""
    @overload
    def __call__(self, x: Values, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1) -> Array: ...

diagonal: _diagonal

@overload
def diff(x: Tensor, n: Values = 1, axis: Axis = -1, prepend: Operand | None = None, append: Operand | None = None) -> Tensor: """As numpy.diff: each entry less the one before it, n times."""
@overload
def diff(x: Values, n: Values = 1, axis: Axis = -1, prepend: Values | None = None, append: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def diff(x: Operand, n: Values = 1, axis: Axis = -1, prepend: Operand | None = None, append: Operand | None = None) -> Tensor: ...

class _digitize(Op):
    @overload
    def __call__(self, x: Tensor, bins: Operand, right: float | None = False) -> Tensor: """As numpy.digitize; without a gradient."""
    @overload
    def __call__(self, x: Values, bins: Values, right: float | None = False) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, bins: Operand, right: float | None = False) -> Tensor: ...

digitize: _digitize

class _divide(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.divide, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

divide: _divide

@overload
def divmod(a: Tensor, b: Operand) -> tuple[Tensor, Tensor]: """The pair a // b and a % b, as numpy.divmod."""
@overload
def divmod(a: Values, b: Values) -> tuple[Array, Array]: ...  # type: ignore[overload-overlap]
@overload
def divmod(a: Operand, b: Operand) -> tuple[Tensor, Tensor]: ...

@overload
def dot(a: Tensor, b: Operand) -> Tensor: """As numpy.dot: the product over the last axis of `a` and the second to last axis of `b`."""
@overload
def dot(a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def dot(a: Operand, b: Operand) -> Tensor: ...

@overload
def dsplit(x: Tensor, indices_or_sections: Shape) -> list[Tensor]: """A list of parts along the third axis."""
@overload
def dsplit(x: Values, indices_or_sections: Shape) -> list[Array]: ...

@overload
def dstack(arrays: Sequence[Tensor] | Tensor) -> Tensor: """Arrays one behind the other, along a third axis."""
@overload
def dstack(arrays: Sequence[Values] | Array) -> Array: ...  # type: ignore[overload-overlap]
@overload
def dstack(arrays: Sequence[Operand] | Tensor) -> Tensor: ...

@overload
def ediff1d(x: Tensor, to_end: Operand | None = None, to_begin: Operand | None = None) -> Tensor: """As numpy.ediff1d: the differences of all entries in a row, between others."""
@overload
def ediff1d(x: Values, to_end: Values | None = None, to_begin: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def ediff1d(x: Operand, to_end: Operand | None = None, to_begin: Operand | None = None) -> Tensor: ...

@overload
def einsum(subscripts: str | Values, *operands: Tensor, optimize: bool | str | Sequence[Any] = False, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'safe') -> Tensor: """As numpy.einsum: subscripts before the operands, or a list of axes after each operand."""
@overload
def einsum(subscripts: str | Values, *operands: Values, optimize: bool | str | Sequence[Any] = False, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'safe') -> Array: ...  # type: ignore[overload-overlap]
@overload
def einsum(subscripts: str | Values, *operands: Operand, optimize: bool | str | Sequence[Any] = False, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'safe') -> Tensor: ...

class _elu(Op):
    @overload
    def __call__(self, x: Tensor, alpha: float = 1.0) -> Tensor: """x where x > 0, else alpha * (exp(x) - 1); its slope at 0 is `alpha`."""
    @overload
    def __call__(self, x: Values, alpha: float = 1.0) -> Array: ...

elu: _elu

class _equal(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.equal, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

equal: _equal

class _exp(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.exp, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

exp: _exp

class _exp2(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.exp2, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

exp2: _exp2

class _expand_dims(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis) -> Tensor: """As numpy.expand_dims."""
    @overload
    def __call__(self, x: Values, axis: Axis) -> Array: ...

expand_dims: _expand_dims

class _expm1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.expm1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

expm1: _expm1

@overload
def extract(condition: Tensor, x: Operand) -> Tensor: """The entries where `condition`, of the shape of x, is true."""
@overload
def extract(condition: Values, x: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def extract(condition: Operand, x: Operand) -> Tensor: ...

class _fabs(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.fabs, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

fabs: _fabs

class _fftshift(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | Sequence[Shape] | None = None) -> Tensor: """As numpy.fftshift."""
    @overload
    def __call__(self, x: Values, axes: Shape | Sequence[Shape] | None = None) -> Array: ...

fftshift: _fftshift

class _fix(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.fix, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

fix: _fix

class _flip(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None) -> Tensor: """As numpy.flip."""
    @overload
    def __call__(self, x: Values, axis: Axis = None) -> Array: ...

flip: _flip

class _fliplr(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.fliplr."""
    @overload
    def __call__(self, x: Values) -> Array: ...

fliplr: _fliplr

class _flipud(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.flipud."""
    @overload
    def __call__(self, x: Values) -> Array: ...

flipud: _flipud

class _float_power(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.float_power, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

float_power: _float_power

class _floor(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.floor, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

floor: _floor

class _floor_divide(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.floor_divide, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

floor_divide: _floor_divide

class _fmax(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.fmax, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

fmax: _fmax

class _fmin(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.fmin, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

fmin: _fmin

class _fmod(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.fmod, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

fmod: _fmod

class _gelu(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, GELU's tanh form; 0 at -inf."""
    @overload
    def __call__(self, x: Values) -> Array: ...

gelu: _gelu

@overload
def getitem(x: Tensor, index: Index) -> Tensor: """x[index] for slices, numbers, booleans and arrays; entries picked twice get both gradients."""
@overload
def getitem(x: Values, index: Index) -> Array: ...

@overload
def gradient(f: Tensor, *varargs: Operand, axis: Axis = None, edge_order: int = 1) -> Tensor: """As numpy.gradient: the slopes of f by central differences; several arrays for several axes."""
@overload
def gradient(f: Values, *varargs: Values, axis: Axis = None, edge_order: int = 1) -> Array: ...  # type: ignore[overload-overlap]
@overload
def gradient(f: Operand, *varargs: Operand, axis: Axis = None, edge_order: int = 1) -> Tensor: ...

class _greater(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.greater, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

greater: _greater

class _greater_equal(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.greater_equal, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

greater_equal: _greater_equal

@overload
def hard_tanh(x: Tensor) -> Tensor: """x from -1 to 1, and these bounds beyond."""
@overload
def hard_tanh(x: Values) -> Array: ...

class _heaviside(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.heaviside, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

heaviside: _heaviside

@overload
def hsplit(x: Tensor, indices_or_sections: Shape) -> list[Tensor]: """A list of parts along the second axis; of a vector, along its only one."""
@overload
def hsplit(x: Values, indices_or_sections: Shape) -> list[Array]: ...

@overload
def hstack(arrays: Sequence[Tensor] | Tensor, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: """Arrays side by side, in `dtype`; vectors one after the other."""
@overload
def hstack(arrays: Sequence[Values] | Array, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Array: ...  # type: ignore[overload-overlap]
@overload
def hstack(arrays: Sequence[Operand] | Tensor, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: ...

class _hypot(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.hypot, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

hypot: _hypot

class _ifftshift(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | Sequence[Shape] | None = None) -> Tensor: """As numpy.ifftshift."""
    @overload
    def __call__(self, x: Values, axes: Shape | Sequence[Shape] | None = None) -> Array: ...

ifftshift: _ifftshift

class _imag(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.imag."""
    @overload
    def __call__(self, x: Values) -> Array: ...

imag: _imag

@overload
def inner(a: Tensor, b: Operand) -> Tensor: """As numpy.inner: the sum over the last axes of a and b."""
@overload
def inner(a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def inner(a: Operand, b: Operand) -> Tensor: ...

@overload
def insert(x: Tensor, obj: Values | slice, values: Operand, axis: Axis = None) -> Tensor: """x with values before the entries at `obj` (numbers or a slice), along an axis or of all."""
@overload
def insert(x: Values, obj: Values | slice, values: Values, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def insert(x: Operand, obj: Values | slice, values: Operand, axis: Axis = None) -> Tensor: ...

@overload
def interp(x: Tensor, xp: Operand, fp: Operand, left: float | None = None, right: float | None = None, period: float | None = None) -> Tensor: """As numpy.interp: the values at x of lines between knots (xp, fp), with all three gradients."""
@overload
def interp(x: Values, xp: Values, fp: Values, left: float | None = None, right: float | None = None, period: float | None = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def interp(x: Operand, xp: Operand, fp: Operand, left: float | None = None, right: float | None = None, period: float | None = None) -> Tensor: ...

class _invert(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.invert, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

invert: _invert

class _isfinite(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.isfinite, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

isfinite: _isfinite

class _isinf(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.isinf, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

isinf: _isinf

class _isnan(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.isnan, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

isnan: _isnan

class _isneginf(Op):
    @overload
    def __call__(self, x: Tensor, out: Operand | None = None) -> Tensor: """As numpy.isneginf; without a gradient."""
    @overload
    def __call__(self, x: Values, out: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, out: Operand | None = None) -> Tensor: ...

isneginf: _isneginf

class _isposinf(Op):
    @overload
    def __call__(self, x: Tensor, out: Operand | None = None) -> Tensor: """As numpy.isposinf; without a gradient."""
    @overload
    def __call__(self, x: Values, out: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, out: Operand | None = None) -> Tensor: ...

isposinf: _isposinf

@overload
def kron(a: Tensor, b: Operand) -> Tensor: """As numpy.kron: b times each entry of a, as blocks."""
@overload
def kron(a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def kron(a: Operand, b: Operand) -> Tensor: ...

class _leaky_relu(Op):
    @overload
    def __call__(self, x: Tensor, slope: float = 0.01) -> Tensor: """x where x > 0, else slope * x; its slope at 0 is `slope`."""
    @overload
    def __call__(self, x: Values, slope: float = 0.01) -> Array: ...

leaky_relu: _leaky_relu

class _left_shift(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.left_shift, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

left_shift: _left_shift

class _less(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.less, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

less: _less

class _less_equal(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.less_equal, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

less_equal: _less_equal

class _linear(Op):
    @overload
    def __call__(self, W: Tensor, A: Operand, b: Operand) -> Tensor: """W A + b, lesson (4), with rules (8), (10), (9). W: (n, n_prev), A: (n_prev, m), b: (n, 1)."""
    @overload
    def __call__(self, W: Values, A: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, W: Operand, A: Operand, b: Operand) -> Tensor: ...

linear: _linear

@overload
def linspace(start: int, stop: Tensor, num: SupportsIndex = 50, endpoint: bool = True, retstep: bool = False, dtype: DTypeLike | None = None, axis: Axis = 0) -> Tensor: """As numpy.linspace: numbers in even steps from start to stop; also the step if `retstep`."""
@overload
def linspace(start: int, stop: Values, num: SupportsIndex = 50, endpoint: bool = True, retstep: bool = False, dtype: DTypeLike | None = None, axis: Axis = 0) -> Array: ...

class _log(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.log, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log: _log

class _log10(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.log10, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log10: _log10

class _log1p(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.log1p, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log1p: _log1p

class _log2(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.log2, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log2: _log2

class _log_sigmoid(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """log(sigmoid(x)), without overflow and never log(0); its slope is sigmoid(-x)."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log_sigmoid: _log_sigmoid

class _log_softmax(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = -1) -> Tensor: """log(softmax(x)) along an axis (the last by default), without overflow and never log(0)."""
    @overload
    def __call__(self, x: Values, axis: Axis = -1) -> Array: ...

log_softmax: _log_softmax

class _logaddexp(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.logaddexp, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

logaddexp: _logaddexp

class _logaddexp2(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.logaddexp2, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

logaddexp2: _logaddexp2

class _logical_and(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.logical_and, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

logical_and: _logical_and

class _logical_not(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.logical_not, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

logical_not: _logical_not

class _logical_or(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.logical_or, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

logical_or: _logical_or

class _logical_xor(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.logical_xor, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

logical_xor: _logical_xor

@overload
def logspace(start: int, stop: Tensor, num: SupportsIndex = 50, endpoint: bool = True, base: float = 10.0, dtype: DTypeLike | None = None, axis: Axis = 0) -> Tensor: """As numpy.logspace: base ** linspace(start, stop), each the same multiple of the last."""
@overload
def logspace(start: int, stop: Values, num: SupportsIndex = 50, endpoint: bool = True, base: float = 10.0, dtype: DTypeLike | None = None, axis: Axis = 0) -> Array: ...

class _logsumexp(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, b: Operand | None = None) -> Tensor: """log(sum(exp(x))) over an axis, several, or all (the default), without overflow."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, b: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, axis: Axis = None, keepdims: bool = False, *, b: Operand | None = None) -> Tensor: ...

logsumexp: _logsumexp

class _matmul(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """The matrix product, as numpy.matmul: of vectors, matrices, or stacks with batch axes."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

matmul: _matmul

@overload
def matrix_transpose(x: Tensor) -> Tensor: """Each matrix of a stack transposed: the last two axes change places."""
@overload
def matrix_transpose(x: Values) -> Array: ...

class _max(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.max."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Array: ...

max: _max

class _maximum(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.maximum, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

maximum: _maximum

class _mean(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True) -> Tensor: """The mean over an axis, several, or all."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True) -> Array: ...

mean: _mean

class _median(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, overwrite_input: bool = False) -> Tensor: """As numpy.median."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, overwrite_input: bool = False) -> Array: ...

median: _median

@overload
def meshgrid(*arrays: Tensor, copy: bool | None = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Tensor, ...]: """A tuple of grids, as numpy.meshgrid: each array laid along an axis of its own."""
@overload
def meshgrid(*arrays: Values, copy: bool | None = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Array, ...]: ...  # type: ignore[overload-overlap]
@overload
def meshgrid(*arrays: Operand, copy: bool | None = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Tensor, ...]: ...

class _min(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.min."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Array: ...

min: _min

class _minimum(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.minimum, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

minimum: _minimum

mod: _remainder

@overload
def modf(x: Tensor) -> tuple[Tensor, Tensor]: """The fraction and the whole part of x, both with its sign, as numpy.modf."""
@overload
def modf(x: Values) -> tuple[Array, Array]: ...

@overload
def moveaxis(x: Tensor, source: Shape, destination: Shape) -> Tensor: """The axes `source` brought to the places `destination`, the others left in order."""
@overload
def moveaxis(x: Values, source: Shape, destination: Shape) -> Array: ...

class _multiply(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.multiply, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

multiply: _multiply

class _nan_to_num(Op):
    @overload
    def __call__(self, x: Tensor, copy: bool | None = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor: """As numpy.nan_to_num."""
    @overload
    def __call__(self, x: Values, copy: bool | None = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array: ...

nan_to_num: _nan_to_num

class _nanmax(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.nanmax."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Array: ...

nanmax: _nanmax

class _nanmean(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True) -> Tensor: """As numpy.nanmean."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True) -> Array: ...

nanmean: _nanmean

class _nanmin(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.nanmin."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, initial: float | None = None, where: Operand = True) -> Array: ...

nanmin: _nanmin

class _nanprod(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.nanprod."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Array: ...

nanprod: _nanprod

class _nanstd(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Tensor: """As numpy.nanstd."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Array: ...

nanstd: _nanstd

class _nansum(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.nansum."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Array: ...

nansum: _nansum

class _nanvar(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Tensor: """As numpy.nanvar."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Array: ...

nanvar: _nanvar

class _negative(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.negative, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

negative: _negative

@overload
def norm(x: Tensor, ord: float | Literal['fro', 'nuc'] | None = None, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.linalg.norm: of a vector with any ord; of a matrix "fro", "nuc", 1, 2, inf, -1, ..."""
@overload
def norm(x: Values, ord: float | Literal['fro', 'nuc'] | None = None, axis: Axis = None, keepdims: bool = False) -> Array: ...

class _not_equal(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.not_equal, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

not_equal: _not_equal

@overload
def outer(a: Tensor, b: Operand) -> Tensor: """As numpy.outer: the products of each entry of a with each of b, as a matrix."""
@overload
def outer(a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def outer(a: Operand, b: Operand) -> Tensor: ...

@overload
def pad(x: Tensor, pad_width: Values | dict[int, Any], mode: str = 'constant', constant_values: Values = 0, *, end_values: Values = 0, reflect_type: Literal['even', 'odd'] = 'even', stat_length: Values | None = None) -> Tensor: """x with `pad_width` entries around each axis, given as for numpy.pad."""
@overload
def pad(x: Values, pad_width: Values | dict[int, Any], mode: str = 'constant', constant_values: Values = 0, *, end_values: Values = 0, reflect_type: Literal['even', 'odd'] = 'even', stat_length: Values | None = None) -> Array: ...

class _partition(Op):
    @overload
    def __call__(self, x: Tensor, kth: Shape, axis: Axis = -1, kind: str | None = 'introselect') -> Tensor: """As numpy.partition."""
    @overload
    def __call__(self, x: Values, kth: Shape, axis: Axis = -1, kind: str | None = 'introselect') -> Array: ...

partition: _partition

class _percentile(Op):
    @overload
    def __call__(self, x: Tensor, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Operand | None = None, *, overwrite_input: bool = False) -> Tensor: """As numpy.percentile."""
    @overload
    def __call__(self, x: Values, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Values | None = None, *, overwrite_input: bool = False) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Operand | None = None, *, overwrite_input: bool = False) -> Tensor: ...

percentile: _percentile

permute_dims: _transpose

@overload
def polyval(p: float | str | None, x: Tensor) -> Tensor: """As numpy.polyval: the polynomial with coefficients p, the highest power first, at x."""
@overload
def polyval(p: float | str | None, x: Values) -> Array: ...

class _positive(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.positive, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

positive: _positive

pow: _power

class _power(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.power, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

power: _power

class _prod(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.prod."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Array: ...

prod: _prod

@overload
def ptp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.ptp: the largest entry less the smallest."""
@overload
def ptp(x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

class _quantile(Op):
    @overload
    def __call__(self, x: Tensor, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Operand | None = None, *, overwrite_input: bool = False) -> Tensor: """As numpy.quantile."""
    @overload
    def __call__(self, x: Values, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Values | None = None, *, overwrite_input: bool = False) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, x: Operand, q: Values, axis: Axis = None, method: str = 'linear', keepdims: bool = False, weights: Operand | None = None, *, overwrite_input: bool = False) -> Tensor: ...

quantile: _quantile

class _rad2deg(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.rad2deg, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

rad2deg: _rad2deg

radians: _deg2rad

@overload
def ravel(x: Tensor, order: str | None = 'C') -> Tensor: """All entries along one axis, the last axis running fastest, or with order "F" the first."""
@overload
def ravel(x: Values, order: str | None = 'C') -> Array: ...

class _real(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.real."""
    @overload
    def __call__(self, x: Values) -> Array: ...

real: _real

class _reciprocal(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.reciprocal, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

reciprocal: _reciprocal

class _relu(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """The larger of x and 0, element by element: lesson, `A = max(0, Z)`; its slope at 0 is 0."""
    @overload
    def __call__(self, x: Values) -> Array: ...

relu: _relu

class _remainder(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.remainder, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

remainder: _remainder

@overload
def repeat(x: Tensor, repeats: Values, axis: Axis = None) -> Tensor: """Each entry `repeats` times, along an axis or of all; a list has a count for each."""
@overload
def repeat(x: Values, repeats: Values, axis: Axis = None) -> Array: ...

class _reshape(Op):
    @overload
    def __call__(self, x: Tensor, shape: Shape, *, order: str | None = 'C', copy: bool | None = None) -> Tensor: """As numpy.reshape."""
    @overload
    def __call__(self, x: Values, shape: Shape, *, order: str | None = 'C', copy: bool | None = None) -> Array: ...

reshape: _reshape

class _right_shift(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.right_shift, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

right_shift: _right_shift

class _rint(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.rint, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

rint: _rint

@overload
def roll(x: Tensor, shift: Shape, axis: Axis = None) -> Tensor: """The entries moved on by `shift`; those beyond the end return at the start."""
@overload
def roll(x: Values, shift: Shape, axis: Axis = None) -> Array: ...

@overload
def rollaxis(x: Tensor, axis: Axis, start: int = 0) -> Tensor: """The axis brought before the axis `start`."""
@overload
def rollaxis(x: Values, axis: Axis, start: int = 0) -> Array: ...

class _rot90(Op):
    @overload
    def __call__(self, x: Tensor, k: int = 1, axes: Shape | Sequence[Shape] | None = (0, 1)) -> Tensor: """As numpy.rot90."""
    @overload
    def __call__(self, x: Values, k: int = 1, axes: Shape | Sequence[Shape] | None = (0, 1)) -> Array: ...

rot90: _rot90

class _round(Op):
    @overload
    def __call__(self, x: Tensor, decimals: SupportsIndex = 0) -> Tensor: """As numpy.round."""
    @overload
    def __call__(self, x: Values, decimals: SupportsIndex = 0) -> Array: ...

round: _round

class _searchsorted(Op):
    @overload
    def __call__(self, a: Tensor, v: Operand, side: str = 'left', sorter: Values | None = None) -> Tensor: """As numpy.searchsorted; without a gradient."""
    @overload
    def __call__(self, a: Values, v: Values, side: str = 'left', sorter: Values | None = None) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, v: Operand, side: str = 'left', sorter: Values | None = None) -> Tensor: ...

searchsorted: _searchsorted

@overload
def select(condlist: Sequence[Tensor] | Tensor, choicelist: Sequence[Operand] | Tensor, default: Operand = 0) -> Tensor: """Entry by entry, the choice of the first condition that is true, or `default`."""
@overload
def select(condlist: Sequence[Values] | Array, choicelist: Sequence[Values] | Array, default: Values = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def select(condlist: Sequence[Operand] | Tensor, choicelist: Sequence[Operand] | Tensor, default: Operand = 0) -> Tensor: ...

@overload
def selu(x: Tensor) -> Tensor: """1.0507 * elu(x, 1.67326): an elu that keeps mean 0 and variance 1 from layer to layer."""
@overload
def selu(x: Values) -> Array: ...

class _sigmoid(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """1 / (1 + exp(-x)), exact to rounding for any x: exp is taken of numbers up to 0 only."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sigmoid: _sigmoid

class _sign(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sign, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sign: _sign

class _signbit(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.signbit, element by element; without a gradient."""
    @overload
    def __call__(self, x: Values) -> Array: ...

signbit: _signbit

class _silu(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """x * sigmoid(x), also called swish; 0 at -inf."""
    @overload
    def __call__(self, x: Values) -> Array: ...

silu: _silu

class _sin(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sin, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sin: _sin

class _sinc(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sinc."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sinc: _sinc

class _sinh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sinh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sinh: _sinh

class _sliding_window_view(Op):
    @overload
    def __call__(self, x: Tensor, window_shape: Shape, axis: Axis = None) -> Tensor: """As numpy.lib.stride_tricks.sliding_window_view: all windows of x, as its last axes."""
    @overload
    def __call__(self, x: Values, window_shape: Shape, axis: Axis = None) -> Array: ...

sliding_window_view: _sliding_window_view

class _softmax(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = -1) -> Tensor: """exp(x) / sum(exp(x)) along an axis (the last by default), without overflow."""
    @overload
    def __call__(self, x: Values, axis: Axis = -1) -> Array: ...

softmax: _softmax

class _softplus(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """log(1 + exp(x)), without overflow; its slope is sigmoid(x)."""
    @overload
    def __call__(self, x: Values) -> Array: ...

softplus: _softplus

class _softsign(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """x / (1 + abs(x)); 1 or -1 at infinities."""
    @overload
    def __call__(self, x: Values) -> Array: ...

softsign: _softsign

class _sort(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = -1, kind: str | None = None, stable: bool | None = None) -> Tensor: """As numpy.sort."""
    @overload
    def __call__(self, x: Values, axis: Axis = -1, kind: str | None = None, stable: bool | None = None) -> Array: ...

sort: _sort

@overload
def split(x: Tensor, indices_or_sections: Shape, axis: Axis = 0) -> list[Tensor]: """A list of parts along an axis: a number of equal parts, or cut at these indices."""
@overload
def split(x: Values, indices_or_sections: Shape, axis: Axis = 0) -> list[Array]: ...

class _sqrt(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sqrt, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sqrt: _sqrt

class _square(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.square, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

square: _square

class _squeeze(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None) -> Tensor: """As numpy.squeeze."""
    @overload
    def __call__(self, x: Values, axis: Axis = None) -> Array: ...

squeeze: _squeeze

@overload
def stack(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: """Arrays of one shape joined along a new axis, in `dtype`."""
@overload
def stack(arrays: Sequence[Values] | Array, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Array: ...  # type: ignore[overload-overlap]
@overload
def stack(arrays: Sequence[Operand] | Tensor, axis: Axis = 0, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: ...

class _std(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Tensor: """As numpy.std."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Array: ...

std: _std

class _subtract(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.subtract, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

subtract: _subtract

class _sum(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Tensor: """As numpy.sum."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False, *, dtype: DTypeLike | None = None, initial: float | None = None, where: Operand = True) -> Array: ...

sum: _sum

class _swapaxes(Op):
    @overload
    def __call__(self, x: Tensor, axis1: SupportsIndex, axis2: SupportsIndex) -> Tensor: """As numpy.swapaxes."""
    @overload
    def __call__(self, x: Values, axis1: SupportsIndex, axis2: SupportsIndex) -> Array: ...

swapaxes: _swapaxes

@overload
def take(x: Tensor, indices: Operand, axis: Axis = None, *, mode: str = 'raise') -> Tensor: """As numpy.take: the entries at `indices`, along an axis or of all; False is 0 and True 1."""
@overload
def take(x: Values, indices: Values, axis: Axis = None, *, mode: str = 'raise') -> Array: ...  # type: ignore[overload-overlap]
@overload
def take(x: Operand, indices: Operand, axis: Axis = None, *, mode: str = 'raise') -> Tensor: ...

@overload
def take_along_axis(x: Tensor, indices: Operand, axis: Axis = -1) -> Tensor: """As numpy.take_along_axis: the entries along an axis at the indices, which differ elsewhere."""
@overload
def take_along_axis(x: Values, indices: Values, axis: Axis = -1) -> Array: ...  # type: ignore[overload-overlap]
@overload
def take_along_axis(x: Operand, indices: Operand, axis: Axis = -1) -> Tensor: ...

class _tan(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.tan, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

tan: _tan

class _tanh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.tanh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

tanh: _tanh

@overload
def tensordot(a: Tensor, b: Operand, axes: Shape | Sequence[Shape] | None = 2) -> Tensor: """As numpy.tensordot: summed over the last `axes` axes of a and first of b, or pairs of axes."""
@overload
def tensordot(a: Values, b: Values, axes: Shape | Sequence[Shape] | None = 2) -> Array: ...  # type: ignore[overload-overlap]
@overload
def tensordot(a: Operand, b: Operand, axes: Shape | Sequence[Shape] | None = 2) -> Tensor: ...

@overload
def tile(x: Tensor, reps: Shape) -> Tensor: """x `reps` times, side by side along each axis."""
@overload
def tile(x: Values, reps: Shape) -> Array: ...

@overload
def trace(x: Tensor, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1, dtype: DTypeLike | None = None) -> Tensor: """The sum along a diagonal."""
@overload
def trace(x: Values, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1, dtype: DTypeLike | None = None) -> Array: ...

class _transpose(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | Sequence[Shape] | None = None) -> Tensor: """As numpy.transpose."""
    @overload
    def __call__(self, x: Values, axes: Shape | Sequence[Shape] | None = None) -> Array: ...

transpose: _transpose

@overload
def trapezoid(y: Tensor, x: Operand | None = None, dx: Operand = 1.0, axis: Axis = -1) -> Tensor: """As numpy.trapezoid (trapz in NumPy 1): the integral of y over x, or over steps of dx."""
@overload
def trapezoid(y: Values, x: Values | None = None, dx: Values = 1.0, axis: Axis = -1) -> Array: ...  # type: ignore[overload-overlap]
@overload
def trapezoid(y: Operand, x: Operand | None = None, dx: Operand = 1.0, axis: Axis = -1) -> Tensor: ...

class _tril(Op):
    @overload
    def __call__(self, x: Tensor, k: int = 0) -> Tensor: """As numpy.tril."""
    @overload
    def __call__(self, x: Values, k: int = 0) -> Array: ...

tril: _tril

class _triu(Op):
    @overload
    def __call__(self, x: Tensor, k: int = 0) -> Tensor: """As numpy.triu."""
    @overload
    def __call__(self, x: Values, k: int = 0) -> Array: ...

triu: _triu

true_divide: _divide

class _trunc(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.trunc, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

trunc: _trunc

@overload
def unravel_index(indices: Tensor, shape: Shape, order: str | None = 'C') -> Tensor: """As numpy.unravel_index: the place along each axis of the entries with these numbers."""
@overload
def unravel_index(indices: Values, shape: Shape, order: str | None = 'C') -> Array: ...

@overload
def unstack(x: Tensor, *, axis: Axis = 0) -> tuple[Tensor, ...]: """A tuple of the slices along an axis, without that axis."""
@overload
def unstack(x: Values, *, axis: Axis = 0) -> tuple[Array, ...]: ...

class _unwrap(Op):
    @overload
    def __call__(self, x: Tensor, discont: float | None = None, axis: Axis = -1, period: float | None = 6.283185307179586) -> Tensor: """As numpy.unwrap."""
    @overload
    def __call__(self, x: Values, discont: float | None = None, axis: Axis = -1, period: float | None = 6.283185307179586) -> Array: ...

unwrap: _unwrap

class _vander(Op):
    @overload
    def __call__(self, x: Tensor, N: SupportsIndex | None = None, increasing: bool = False) -> Tensor: """As numpy.vander."""
    @overload
    def __call__(self, x: Values, N: SupportsIndex | None = None, increasing: bool = False) -> Array: ...

vander: _vander

class _var(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Tensor: """As numpy.var."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False, *, dtype: DTypeLike | None = None, where: Operand = True, mean: Operand | None = None, correction: float | None = None) -> Array: ...

var: _var

@overload
def vdot(a: Tensor, b: Operand) -> Tensor: """As numpy.vdot: the sum of the products of all entries."""
@overload
def vdot(a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def vdot(a: Operand, b: Operand) -> Tensor: ...

@overload
def vecdot(a: Tensor, b: Operand, axis: Axis = -1) -> Tensor: """As numpy.vecdot of NumPy 2: the products of vectors, which lie along an axis."""
@overload
def vecdot(a: Values, b: Values, axis: Axis = -1) -> Array: ...  # type: ignore[overload-overlap]
@overload
def vecdot(a: Operand, b: Operand, axis: Axis = -1) -> Tensor: ...

@overload
def vsplit(x: Tensor, indices_or_sections: Shape) -> list[Tensor]: """A list of parts along the first axis of at least two."""
@overload
def vsplit(x: Values, indices_or_sections: Shape) -> list[Array]: ...

@overload
def vstack(arrays: Sequence[Tensor] | Tensor, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: """Arrays one above the other, in `dtype`; a vector is a row."""
@overload
def vstack(arrays: Sequence[Values] | Array, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Array: ...  # type: ignore[overload-overlap]
@overload
def vstack(arrays: Sequence[Operand] | Tensor, *, dtype: DTypeLike | None = None, casting: Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe'] = 'same_kind') -> Tensor: ...

class _where(Op):
    @overload
    def __call__(self, condition: Tensor, a: Operand, b: Operand) -> Tensor: """As numpy.where."""
    @overload
    def __call__(self, condition: Values, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, condition: Operand, a: Operand, b: Operand) -> Tensor: ...

where: _where
