# Made by tools/make_stubs.py from the table of ops: do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal, SupportsIndex, overload

from numpy.typing import DTypeLike

from ..arrays import Array
from ..tensor import OPS as OPS
from ..tensor import Op, Tensor
from .signatures import Axis, Index, Operand, Shape, Values

def cho_solve(c_and_lower: Any, b: Any) -> Any: """As scipy.linalg.cho_solve: solves A x = b, given the pair of A's Cholesky factor and `lower`."""

class _cholesky(Op):
    @overload
    def __call__(self, x: Tensor, *, upper: bool = False) -> Tensor: """As numpy.linalg.cholesky; the gradient lies in the triangle that it reads."""
    @overload
    def __call__(self, x: Values, *, upper: bool = False) -> Array: ...

cholesky: _cholesky

@overload
def cross(a: Tensor, b: Operand, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Tensor: """As numpy.cross: the vector product of 3-d vectors; of 2-d ones, its last entry."""
@overload
def cross(a: Values, b: Values, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Array: ...  # type: ignore[overload-overlap]
@overload
def cross(a: Operand, b: Operand, axisa: SupportsIndex = -1, axisb: SupportsIndex = -1, axisc: SupportsIndex = -1, axis: Axis = None) -> Tensor: ...

class _det(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.linalg.det."""
    @overload
    def __call__(self, x: Values) -> Array: ...

det: _det

def eigh(x: Any, UPLO: str = 'L') -> Any: """As numpy.linalg.eigh: eigenvalues and eigenvectors of a symmetric matrix."""

class _eigvalsh(Op):
    @overload
    def __call__(self, x: Tensor, UPLO: str = 'L') -> Tensor: """As numpy.linalg.eigvalsh."""
    @overload
    def __call__(self, x: Values, UPLO: str = 'L') -> Array: ...

eigvalsh: _eigvalsh

class _expm(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.linalg.expm: the exponential of a matrix, or of each in a stack."""
    @overload
    def __call__(self, x: Values) -> Array: ...

expm: _expm

class _inv(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.linalg.inv."""
    @overload
    def __call__(self, x: Values) -> Array: ...

inv: _inv

def lstsq(a: Any, b: Any, rcond: Values | None = None) -> Any: """As numpy.linalg.lstsq: solution, sums of squared residuals, rank of `a`, its singular values."""

class _matmul(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """The matrix product, as numpy.matmul: of vectors, matrices, or stacks with batch axes."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

matmul: _matmul

@overload
def matrix_norm(x: Tensor, *, keepdims: bool = False, ord: float | Literal['fro', 'nuc'] | None = 'fro') -> Tensor: """As numpy.linalg.matrix_norm: the norm of a matrix, or of each in a stack."""
@overload
def matrix_norm(x: Values, *, keepdims: bool = False, ord: float | Literal['fro', 'nuc'] | None = 'fro') -> Array: ...

class _matrix_power(Op):
    @overload
    def __call__(self, x: Tensor, n: Values) -> Tensor: """As numpy.linalg.matrix_power."""
    @overload
    def __call__(self, x: Values, n: Values) -> Array: ...

matrix_power: _matrix_power

@overload
def matrix_transpose(x: Tensor) -> Tensor: """Each matrix of a stack transposed: the last two axes change places."""
@overload
def matrix_transpose(x: Values) -> Array: ...

@overload
def multi_dot(arrays: Sequence[Tensor] | Tensor) -> Tensor: """As numpy.linalg.multi_dot: the product of several matrices, in the order that costs least."""
@overload
def multi_dot(arrays: Sequence[Values] | Array) -> Array: ...  # type: ignore[overload-overlap]
@overload
def multi_dot(arrays: Sequence[Operand] | Tensor) -> Tensor: ...

@overload
def norm(x: Tensor, ord: float | Literal['fro', 'nuc'] | None = None, axis: Axis = None, keepdims: bool = False) -> Tensor: """As numpy.linalg.norm: of a vector with any ord; of a matrix "fro", "nuc", 1, 2, inf, -1, ..."""
@overload
def norm(x: Values, ord: float | Literal['fro', 'nuc'] | None = None, axis: Axis = None, keepdims: bool = False) -> Array: ...

class _pinv(Op):
    @overload
    def __call__(self, x: Tensor, rcond: Values | None = None, hermitian: bool = False, *, rtol: Values | None = None) -> Tensor: """As numpy.linalg.pinv; the gradient is that at constant rank."""
    @overload
    def __call__(self, x: Values, rcond: Values | None = None, hermitian: bool = False, *, rtol: Values | None = None) -> Array: ...

pinv: _pinv

def qr(x: Any, mode: str = 'reduced') -> Any: """As numpy.linalg.qr, with mode "reduced", "complete" or "r"."""

def slogdet(x: Any) -> Any: """As numpy.linalg.slogdet: the sign of the determinant, and the logarithm of its size."""

class _solve(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As numpy.linalg.solve."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

solve: _solve

@overload
def solve_triangular(a: Tensor, b: Operand, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False) -> Tensor: """As scipy.linalg.solve_triangular: `a` is a triangle, transposed if `trans` is 1 or "T"."""
@overload
def solve_triangular(a: Values, b: Values, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False) -> Array: ...  # type: ignore[overload-overlap]
@overload
def solve_triangular(a: Operand, b: Operand, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False) -> Tensor: ...

def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any: """As numpy.linalg.svd: U, the singular values, and V transposed."""

class _svdvals(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As numpy.linalg.svdvals."""
    @overload
    def __call__(self, x: Values) -> Array: ...

svdvals: _svdvals

@overload
def tensordot(a: Tensor, b: Operand, axes: Shape | Sequence[Shape] | None = 2) -> Tensor: """As numpy.tensordot: summed over the last `axes` axes of a and first of b, or pairs of axes."""
@overload
def tensordot(a: Values, b: Values, axes: Shape | Sequence[Shape] | None = 2) -> Array: ...  # type: ignore[overload-overlap]
@overload
def tensordot(a: Operand, b: Operand, axes: Shape | Sequence[Shape] | None = 2) -> Tensor: ...

@overload
def vecdot(a: Tensor, b: Operand, axis: Axis = -1) -> Tensor: """As numpy.vecdot of NumPy 2: the products of vectors, which lie along an axis."""
@overload
def vecdot(a: Values, b: Values, axis: Axis = -1) -> Array: ...  # type: ignore[overload-overlap]
@overload
def vecdot(a: Operand, b: Operand, axis: Axis = -1) -> Tensor: ...

@overload
def vector_norm(x: Tensor, *, axis: Axis = None, keepdims: bool = False, ord: float | Literal['fro', 'nuc'] | None = 2) -> Tensor: """As numpy.linalg.vector_norm: the norm of all entries, or along one axis or several."""
@overload
def vector_norm(x: Values, *, axis: Axis = None, keepdims: bool = False, ord: float | Literal['fro', 'nuc'] | None = 2) -> Array: ...
