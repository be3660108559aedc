# Made by tools/make_stubs.py from the table of ops: do not edit.
from collections.abc import Iterator, Sequence
from typing import Any, Literal, SupportsIndex, overload

from numpy.typing import DTypeLike

from ..arrays import Array
from ..tensor import OPS as OPS
from ..tensor import Op, Tensor
from .signatures import Axis, Index, Operand, Shape, Values

class _beta(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.beta, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

beta: _beta

class _betainc(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand, c: Operand) -> Tensor: """As scipy.special.betainc, element by element."""
    @overload
    def __call__(self, a: Values, b: Values, c: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand, c: Operand) -> Tensor: ...

betainc: _betainc

class _betaln(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.betaln, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

betaln: _betaln

digamma: _psi

class _entr(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.entr, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

entr: _entr

class _erf(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.erf, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

erf: _erf

class _erfc(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.erfc, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

erfc: _erfc

class _erfcinv(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.erfcinv, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

erfcinv: _erfcinv

class _erfcx(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.erfcx, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

erfcx: _erfcx

class _erfinv(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.erfinv, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

erfinv: _erfinv

class _exp1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.exp1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

exp1: _exp1

class _expi(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.expi, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

expi: _expi

class _expit(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.expit, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

expit: _expit

class _expm1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.expm1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

expm1: _expm1

class _gamma(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.gamma, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

gamma: _gamma

class _gammainc(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.gammainc, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

gammainc: _gammainc

class _gammaincc(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.gammaincc, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

gammaincc: _gammaincc

class _gammaln(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.gammaln, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

gammaln: _gammaln

class _gammasgn(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.gammasgn, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

gammasgn: _gammasgn

class _i0(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.i0, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

i0: _i0

class _i1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.i1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

i1: _i1

class _iv(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.iv, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

iv: _iv

class _ive(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.ive, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

ive: _ive

class _j0(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.j0, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

j0: _j0

class _j1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.j1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

j1: _j1

class _jv(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.jv, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

jv: _jv

class _kl_div(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.kl_div, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

kl_div: _kl_div

class _log1p(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.log1p, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log1p: _log1p

class _log_expit(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.log_expit, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log_expit: _log_expit

class _log_ndtr(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.log_ndtr, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

log_ndtr: _log_ndtr

@overload
def log_softmax(x: Tensor, axis: Axis = None) -> Tensor: """As scipy.special.log_softmax: the logarithm of softmax over all axes, or along some."""
@overload
def log_softmax(x: Values, axis: Axis = None) -> Array: ...

class _loggamma(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.loggamma, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

loggamma: _loggamma

class _logit(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.logit, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

logit: _logit

@overload
def logsumexp(x: Tensor, axis: Axis = None, b: Operand | None = None, keepdims: bool = False) -> Tensor: """As scipy.special.logsumexp: log(sum(b * exp(x))) over all axes, or along some."""
@overload
def logsumexp(x: Values, axis: Axis = None, b: Values | None = None, keepdims: bool = False) -> Array: ...  # type: ignore[overload-overlap]
@overload
def logsumexp(x: Operand, axis: Axis = None, b: Operand | None = None, keepdims: bool = False) -> Tensor: ...

@overload
def multigammaln(a: Tensor, d: Operand) -> Tensor: """As scipy.special.multigammaln: the logarithm of the gamma function in d dimensions."""
@overload
def multigammaln(a: Values, d: Values) -> Array: ...  # type: ignore[overload-overlap]
@overload
def multigammaln(a: Operand, d: Operand) -> Tensor: ...

class _ndtr(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.ndtr, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

ndtr: _ndtr

class _ndtri(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.ndtri, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

ndtri: _ndtri

@overload
def polygamma(n: Values, x: Tensor) -> Tensor: """As scipy.special.polygamma: derivative number n of psi, for whole numbers n."""
@overload
def polygamma(n: Values, x: Values) -> Array: ...

class _psi(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.psi, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

psi: _psi

class _rel_entr(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.rel_entr, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

rel_entr: _rel_entr

class _rgamma(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.rgamma, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

rgamma: _rgamma

@overload
def softmax(x: Tensor, axis: Axis = None) -> Tensor: """As scipy.special.softmax: exp(x) / sum(exp(x)) over all axes, or along some."""
@overload
def softmax(x: Values, axis: Axis = None) -> Array: ...

class _xlog1py(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.xlog1py, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

xlog1py: _xlog1py

class _xlogy(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.xlogy, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

xlogy: _xlogy

class _y0(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.y0, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

y0: _y0

class _y1(Op):
    @overload
    def __call__(self, x: Tensor) -> Tensor: """As scipy.special.y1, element by element."""
    @overload
    def __call__(self, x: Values) -> Array: ...

y1: _y1

class _yn(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.yn, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

yn: _yn

class _yv(Op):
    @overload
    def __call__(self, a: Tensor, b: Operand) -> Tensor: """As scipy.special.yv, element by element."""
    @overload
    def __call__(self, a: Values, b: Values) -> Array: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, a: Operand, b: Operand) -> Tensor: ...

yv: _yv
