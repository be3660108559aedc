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

@overload
def astype(x: Tensor, dtype: DTypeLike) -> Tensor: """The values in another dtype; the gradient returns in the old one, and stops at integers."""
@overload
def astype(x: Values, dtype: DTypeLike) -> Array: ...

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
def concatenate(arrays: Sequence[Tensor] | Tensor, axis: Axis = 0) -> Tensor: """Arrays joined along an axis that they have; None flattens them first."""
@overload
def concatenate(arrays: Sequence[Values] | Array, axis: Axis = 0) -> Array: ...  # type: ignore[overload-overlap]
@overload
def concatenate(arrays: Sequence[Operand] | Tensor, axis: Axis = 0) -> Tensor: ...

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

class _flip(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None) -> Tensor: """As numpy.flip."""
    @overload
    def __call__(self, x: Values, axis: Axis = None) -> Array: ...

flip: _flip

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
def pad(x: Tensor, pad_width: Values, mode: Literal['constant'] = 'constant', constant_values: Values = 0) -> Tensor: """x with `pad_width` entries of `constant_values` around each axis, given as for numpy.pad."""
@overload
def pad(x: Values, pad_width: Values, mode: Literal['constant'] = 'constant', constant_values: Values = 0) -> Array: ...

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
def ravel(x: Tensor, order: Literal['C'] = 'C') -> Tensor: """All entries along one axis, the last axis running fastest (order "C")."""
@overload
def ravel(x: Values, order: Literal['C'] = 'C') -> Array: ...

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

class _reshape(Op):
    @overload
    def __call__(self, x: Tensor, shape: Shape) -> Tensor: """As numpy.reshape."""
    @overload
    def __call__(self, x: Values, shape: Shape) -> Array: ...

reshape: _reshape

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

@overload
def sliding_window_view(x: Tensor, window_shape: Shape, axis: Axis = None) -> Tensor: """As numpy.lib.stride_tricks.sliding_window_view: all windows of x, as its last axes."""
@overload
def sliding_window_view(x: Values, window_shape: Shape, axis: Axis = None) -> Array: ...

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
def take(x: Tensor, indices: Operand, axis: Axis = None, *, mode: Literal['raise'] = 'raise') -> Tensor: """As numpy.take: the entries at `indices`, along an axis or of all; False is 0 and True 1."""
@overload
def take(x: Values, indices: Values, axis: Axis = None, *, mode: Literal['raise'] = 'raise') -> Array: ...  # type: ignore[overload-overlap]
@overload
def take(x: Operand, indices: Operand, axis: Axis = None, *, mode: Literal['raise'] = 'raise') -> Tensor: ...

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

class _transpose(Op):
    @overload
    def __call__(self, x: Tensor, axes: Shape | None = None) -> Tensor: """As numpy.transpose."""
    @overload
    def __call__(self, x: Values, axes: Shape | None = None) -> Array: ...

transpose: _transpose

class _var(Op):
    @overload
    def __call__(self, x: Tensor, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Tensor: """As numpy.var."""
    @overload
    def __call__(self, x: Values, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Array: ...

var: _var

class _where(Op):
    @overload
    def __call__(self, condition: Tensor, a: Operand, b: Operand) -> Tensor: """As numpy.where."""
    @overload
    def __call__(self, condition: Values, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, condition: Operand, a: Operand, b: Operand) -> Tensor: ...

where: _where
