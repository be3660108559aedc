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
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.all; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

all: _all

class _any(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.any; without a gradient."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

any: _any

@overload
def append(x: Tensor, values: Operand, axis: Axis = None) -> Tensor: """The values after the entries of x, along an axis that both have; None flattens them first."""
@overload
def append(x: Values, values: Values, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def append(x: Operand, values: Operand, axis: Axis = None) -> Tensor: ...

class _arctan(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.arctan, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

arctan: _arctan

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

class _argsort(Op):
    @overload
    def __call__(self, a: Tensor, axis: Axis = -1, kind: str | None = None, order: str | None = None, *, stable: bool | None = None) -> Tensor: """As numpy.argsort; without a gradient."""
    @overload
    def __call__(self, a: Values, axis: Axis = -1, kind: str | None = None, order: str | None = None, *, stable: bool | None = None) -> Array: ...

argsort: _argsort

def array(nested: Any, dtype: DTypeLike | None = None) -> Any: """The array of numbers, arrays and Tensors in nested lists, as numpy.array makes it."""

@overload
def array_split(x: Tensor, indices_or_sections: Shape, axis: Axis = 0) -> list[Tensor]: """As split, but the parts may differ in length by one."""
@overload
def array_split(x: Values, indices_or_sections: Shape, axis: Axis = 0) -> list[Array]: ...

@overload
def astype(x: Tensor, dtype: DTypeLike) -> Tensor: """The values in another dtype; the gradient returns in the old one, and stops at integers."""
@overload
def astype(x: Values, dtype: DTypeLike) -> Array: ...

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

class _bitwise_and(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.bitwise_and, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

bitwise_and: _bitwise_and

class _bitwise_or(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.bitwise_or, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

bitwise_or: _bitwise_or

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
def concatenate(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0) -> Tensor: """Arrays joined along an axis that they have; None flattens them first."""
@overload
def concatenate(arrays: Sequence[Values] | Array, axis: Axis = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def concatenate(arrays: Sequence[Operand] | Tensor, axis: Axis = 0) -> Tensor: ...

class _copy(Op):
    @overload
    def __call__(self, x: Tensor, order: str | None = 'K') -> Tensor: """As numpy.copy."""
    @overload
    def __call__(self, x: Values, order: str | None = 'K') -> Array: ...

copy: _copy

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

class _cumsum(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None) -> Tensor: """As numpy.cumsum."""
    @overload
    def __call__(self, x: Values, axis: Axis = None) -> Array: ...

cumsum: _cumsum

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

class _divide(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.divide, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

divide: _divide

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
def einsum(subscripts: str, *operands: Tensor, optimize: bool | str | Sequence[Any] = False) -> Tensor: """As numpy.einsum, with the subscripts as a string, which may have `...` and repeated letters."""
@overload
def einsum(subscripts: str, *operands: Values, optimize: bool | str | Sequence[Any] = False) -> Array: ...  # type: ignore[overload-overlap]
@overload
def einsum(subscripts: str, *operands: Operand, optimize: bool | str | Sequence[Any] = False) -> Tensor: ...

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

class _fftshift(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | None = None) -> Tensor: """As numpy.fftshift."""
    @overload
    def __call__(self, x: Values, axes: Shape | None = None) -> Array: ...

fftshift: _fftshift

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

class _gelu(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, the tanh form of GELU; 0 at -inf."""
    @overload
    def __call__(self, x: Values) -> Array: ...

gelu: _gelu

@overload
def getitem(x: Tensor, index: Index) -> Tensor: """x[index] for slices, numbers, booleans and arrays; entries picked twice get both gradients."""
@overload
def getitem(x: Values, index: Index) -> Array: ...

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
def hsplit(x: Tensor, indices_or_sections: Shape) -> list[Tensor]: """A list of parts along the second axis; of a vector, along its only one."""
@overload
def hsplit(x: Values, indices_or_sections: Shape) -> list[Array]: ...

@overload
def hstack(arrays: Sequence[Tensor] | Tensor) -> Tensor: """Arrays side by side; vectors one after the other."""
@overload
def hstack(arrays: Sequence[Values] | Array) -> Array: ...  # type: ignore[overload-overlap]
@overload
def hstack(arrays: Sequence[Operand] | Tensor) -> Tensor: ...

class _ifftshift(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | None = None) -> Tensor: """As numpy.ifftshift."""
    @overload
    def __call__(self, x: Values, axes: Shape | None = None) -> Array: ...

ifftshift: _ifftshift

@overload
def insert(x: Tensor, obj: Values | slice, values: Operand, axis: Axis = None) -> Tensor: """x with values before the entries at `obj` (numbers or a slice), along an axis or of all."""
@overload
def insert(x: Values, obj: Values | slice, values: Values, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def insert(x: Operand, obj: Values | slice, values: Operand, axis: Axis = None) -> Tensor: ...

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

class _leaky_relu(Op):
    @overload
    def __call__(self, x: Tensor, slope: float = 0.01) -> Tensor: """x where x > 0, else slope * x; its slope at 0 is `slope`."""
    @overload
    def __call__(self, x: Values, slope: float = 0.01) -> Array: ...

leaky_relu: _leaky_relu

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

class _logsumexp(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """log(sum(exp(x))) over an axis, several, or all (the default), without overflow."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

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
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.max."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

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
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """The mean over an axis, several, or all."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

mean: _mean

@overload
def meshgrid(*arrays: Tensor, copy: bool = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Tensor, ...]: """A tuple of grids, as numpy.meshgrid: each array laid along an axis of its own."""
@overload
def meshgrid(*arrays: Values, copy: bool = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Array, ...]: ...  # type: ignore[overload-overlap]
@overload
def meshgrid(*arrays: Operand, copy: bool = True, sparse: bool = False, indexing: Literal['xy', 'ij'] = 'xy') -> tuple[Tensor, ...]: ...

class _min(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.min."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

min: _min

class _minimum(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.minimum, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

minimum: _minimum

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

class _negative(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.negative, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

negative: _negative

@overload
def norm(x: Tensor, ord: float | Literal['fro'] | None = None, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.linalg.norm: the 2-norm (of a matrix: Frobenius); for vectors also ord 1, inf, -inf."""
@overload
def norm(x: Values, ord: float | Literal['fro'] | None = None, axis: Axis = None, keepdims: bool = False) -> Array: ...

class _not_equal(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.not_equal, element by element; without a gradient."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

not_equal: _not_equal

@overload
def pad(x: Tensor, pad_width: Values, mode: str = 'constant', constant_values: Values = 0, reflect_type: Literal['even', 'odd'] = 'even') -> Tensor: """x with `pad_width` entries of `constant_values` around each axis, given as for numpy.pad."""
@overload
def pad(x: Values, pad_width: Values, mode: str = 'constant', constant_values: Values = 0, reflect_type: Literal['even', 'odd'] = 'even') -> Array: ...

class _partition(Op):
    @overload
    def __call__(self, x: Tensor, kth: Shape, axis: Axis = -1) -> Tensor: """As numpy.partition."""
    @overload
    def __call__(self, x: Values, kth: Shape, axis: Axis = -1) -> Array: ...

partition: _partition

class _positive(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.positive, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

positive: _positive

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
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.prod."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

prod: _prod

@overload
def ravel(x: Tensor, order: str | None = 'C') -> Tensor: """All entries along one axis, the last axis running fastest (order "C")."""
@overload
def ravel(x: Values, order: str | None = 'C') -> Array: ...

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
    def __call__(self, x: Tensor, shape: Shape) -> Tensor: """As numpy.reshape."""
    @overload
    def __call__(self, x: Values, shape: Shape) -> Array: ...

reshape: _reshape

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
    def __call__(self, x: Tensor, k: int = 1, axes: Shape | None = (0, 1)) -> Tensor: """As numpy.rot90."""
    @overload
    def __call__(self, x: Values, k: int = 1, axes: Shape | None = (0, 1)) -> Array: ...

rot90: _rot90

@overload
def select(condlist: Sequence[Tensor] | Tensor, choicelist: Sequence[Operand] | Tensor, default: Operand = 0) -> Tensor: """Entry by entry, the choice of the first condition that is true, or `default`."""
@overload
def select(condlist: Sequence[Values] | Array, choicelist: Sequence[Values] | Array, default: Values = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def select(condlist: Sequence[Operand] | Tensor, choicelist: Sequence[Operand] | Tensor, default: Operand = 0) -> Tensor: ...

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

class _sinh(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.sinh, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

sinh: _sinh

class _sliding_window_view(Op):
    @overload
    def __call__(self, x: Tensor, window_shape: Shape, axis: Axis = None) -> Tensor: """As numpy.sliding_window_view."""
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

class _sort(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = -1, kind: str | None = None) -> Tensor: """As numpy.sort."""
    @overload
    def __call__(self, x: Values, axis: Axis = -1, kind: str | None = None) -> Array: ...

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
def stack(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0) -> Tensor: """Arrays of one shape joined along a new axis."""
@overload
def stack(arrays: Sequence[Values] | Array, axis: Axis = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def stack(arrays: Sequence[Operand] | Tensor, axis: Axis = 0) -> Tensor: ...

class _std(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor: """As numpy.std."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array: ...

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
    def __call__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.sum."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, keepdims: bool = False) -> Array: ...

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
def tile(x: Tensor, reps: Shape) -> Tensor: """x `reps` times, side by side along each axis."""
@overload
def tile(x: Values, reps: Shape) -> Array: ...

@overload
def trace(x: Tensor, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1, dtype: DTypeLike | None = None) -> Tensor: """The sum along a diagonal."""
@overload
def trace(x: Values, offset: int = 0, axis1: SupportsIndex = 0, axis2: SupportsIndex = 1, dtype: DTypeLike | None = None) -> Array: ...

class _transpose(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | None = None) -> Tensor: """As numpy.transpose."""
    @overload
    def __call__(self, x: Values, axes: Shape | None = None) -> Array: ...

transpose: _transpose

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

@overload
def unstack(x: Tensor, *, axis: Axis = 0) -> tuple[Tensor, ...]: """A tuple of the slices along an axis, without that axis."""
@overload
def unstack(x: Values, *, axis: Axis = 0) -> tuple[Array, ...]: ...

class _var(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor: """As numpy.var."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array: ...

var: _var

@overload
def vsplit(x: Tensor, indices_or_sections: Shape) -> list[Tensor]: """A list of parts along the first axis of at least two."""
@overload
def vsplit(x: Values, indices_or_sections: Shape) -> list[Array]: ...

@overload
def vstack(arrays: Sequence[Tensor] | Tensor) -> Tensor: """Arrays one above the other; a vector is a row."""
@overload
def vstack(arrays: Sequence[Values] | Array) -> Array: ...  # type: ignore[overload-overlap]
@overload
def vstack(arrays: Sequence[Operand] | Tensor) -> Tensor: ...

class _where(Op):
    @overload
    def __call__(self, condition: Tensor, a: Operand, b: Operand) -> Tensor: """As numpy.where."""
    @overload
    def __call__(self, condition: Values, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, condition: Operand, a: Operand, b: Operand) -> Tensor: ...

where: _where
