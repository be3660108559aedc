"""Linear algebra, as `tg.linalg` or by numpy.linalg's functions, and some of scipy.linalg's.

All take stacks of matrices, except lstsq and multi_dot. A function with several results has an op
for each, and the last decomposition is kept, so that it is computed once for all of them.

Where NumPy reads one triangle of a symmetric matrix (cholesky, eigh, eigvalsh, pinv with
hermitian=True), the gradient lies in that triangle: an entry beside the diagonal stands for two.
Degenerate points: det has the cofactors as its gradient, also of a singular matrix; slogdet and inv
have none there, and raise LinAlgError. Eigenvalues and singular values have a gradient where some
are equal, but no second one: it is nan. Their vectors have none: there the gradient is infinite or
nan in the entries in which it would mix vectors of equal values, and if nothing does mix them, it
is right. The same holds for vectors of the singular value 0. pinv and lstsq have the gradient at
constant rank: what rcond cuts off counts as 0. The further columns of svd(x, full_matrices=True)
have the gradient of functions that do not depend on their choice.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import accumulate
from typing import Any

import numpy as np

from ..arrays import NUMPY_1
from .elementwise import _as_float, _ratio
from .layouts import matrix_transpose as matrix_transpose
from .products import _transposed
from .products import cross as cross
from .products import matmul as matmul
from .products import tensordot as tensordot
from .products import vecdot as vecdot
from .reductions import norm as norm
from .shapes import _axes, _checked, _numbers, _operand, astype
from .table import row, stands_for

EighResult = namedtuple("EighResult", "eigenvalues eigenvectors")
QRResult = namedtuple("QRResult", "Q R")
SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")
SVDResult = namedtuple("SVDResult", "U S Vh")


@lru_cache(maxsize=1)
def _results(name: str, options: Any, *arrays: tuple[bytes, Any, tuple[int, ...]]) -> Any:
    copies = [np.ndarray(shape, dtype, data) for data, dtype, shape in arrays]
    return getattr(np.linalg, name)(*copies, **dict(options))


def _result(name: str, k: int, *arrays: Any, **options: Any) -> Any:
    """Result k of one of NumPy's functions; the last call is kept, because others may follow."""
    arrays = tuple(map(np.asarray, arrays))
    return np.array(_results(name, (*options.items(),), *((x.tobytes(), x.dtype, x.shape) for x in arrays))[k])


def _part(op: str, name: str, k: int, *rules: Any, **defaults: Any) -> Any:
    """A row for result k of NumPy's function of that name; the first rule has the row's options."""
    forward = partial(_result, name, k, **defaults)  # with the defaults, so that all calls are kept alike
    return row(op, forward, *rules, as_numpy=f"np.linalg.{name}(%s)[{k}]")


def _one_triangle(g: Any, lower: bool) -> Any:
    """The gradient of the triangle that is read, from that of all entries of a symmetric matrix."""
    n = g.shape[-1]
    weights = (np.tri(n) - np.eye(n) / 2).astype(g.dtype)
    return (g + _transposed(g)) * (weights if lower else weights.T)


# a row, because a is a gradient: batches of gradients compute ops anew, but not what compares
_over: Any = row(
    "linalg.over",
    lambda a, b: _ratio(a, b),
    lambda g, y, a, b: _over(g, b),
    lambda g, y, a, b: -_over(g * y, b),
    elementwise=True,
)


def _mixing(g: Any, w: Any) -> Any:
    """g[i, j] / (w[j] - w[i]), and 0 on the diagonal: how a change mixes the vectors i and j."""
    return _over(g, np.where(np.eye(w.shape[-1], dtype=bool), np.inf, w[..., None, :] - w[..., :, None]))


# --- systems of equations, inverses, determinants


def _is_vector(a: Any, b: Any) -> bool:
    """Whether NumPy's solve reads b as a vector, or as a stack of vectors (NumPy 1)."""
    return b.ndim == (a.ndim - 1 if NUMPY_1 else 1)


def _solve_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    a = _transposed(a)
    return np.linalg.solve(a, g[..., None])[..., 0] if _is_vector(a, b) else np.linalg.solve(a, g)


def _solve_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    g = _solve_right(g, y, a, b)
    return -g[..., :, None] * y[..., None, :] if _is_vector(a, b) else -g @ _transposed(y)


solve = row("linalg.solve", np.linalg.solve, _solve_left, _solve_right)
inv = row("linalg.inv", np.linalg.inv, lambda g, y, x: -_transposed(y) @ g @ _transposed(y), batched="")
det = row("linalg.det", np.linalg.det, lambda g, y, x: g[..., None, None] * _cofactors(x))
_sign = _part("linalg.sign", "slogdet", 0, None)
_logdet = _part("linalg.logdet", "slogdet", 1, lambda g, y, x: g[..., None, None] * _transposed(np.linalg.inv(x)))


def slogdet(x: Any) -> Any:
    """As numpy.linalg.slogdet: the sign of the determinant, and the logarithm of its size.

    The sign has no gradient.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.slogdet(-np.eye(3)).sign.item()
    -1.0
    """
    return SlogdetResult(_sign(x), _logdet(x))


def _decomposed(x: Any) -> Any:
    """U, the singular values, V transposed, and the sign of det(U) det(V) as a 1 x 1 matrix."""
    finite = np.all(np.isfinite(x), axis=(-2, -1), keepdims=True)  # of nan, NumPy's svd is an error
    U, s, Vh = svd(np.where(finite, x, 0))
    return U, s, Vh, np.where(finite, np.sign(np.linalg.det(U @ Vh))[..., None, None], np.nan)


def _all_but_one(s: Any) -> Any:
    return np.prod(np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]), axis=-1)


def _cofactors_forward(x: Any) -> Any:
    """The matrix of the cofactors of x, also of a singular one: d det(x) / dx."""
    U, s, Vh, sign = _decomposed(x)
    return sign * ((U * _all_but_one(s)[..., None, :]) @ Vh)


def _cofactors_rule(g: Any, y: Any, x: Any) -> Any:
    """In the bases U and V, x is diagonal, and its second cofactors are products of all but two."""
    U, s, Vh, sign = _decomposed(x)
    n = s.shape[-1]
    s = s + 1e-30 * (s == 0)  # for the division; in the product it is as good as 0
    products = _all_but_one(s)[..., None, :] / s[..., :, None]
    above = ~np.tri(n, dtype=bool)  # the smaller value has been left out, and the larger one is divided by
    products = np.where(above, products, 0)
    products = products + _transposed(products)
    g = _transposed(U) @ g @ _transposed(Vh)
    on_diagonal = products @ np.sum(g * np.eye(n, dtype=bool), axis=-1, keepdims=True)
    return sign * (U @ np.where(np.eye(n, dtype=bool), on_diagonal, -products * _transposed(g)) @ Vh)


_cofactors: Any = row("linalg.cofactors", _cofactors_forward, _cofactors_rule)


# --- decompositions


def _cholesky_rule(g: Any, y: Any, x: Any) -> Any:
    factor, n = _transposed(y), x.shape[-1]
    inner = factor @ g * (np.tri(n) - np.eye(n) / 2).astype(g.dtype)
    return _one_triangle(np.linalg.solve(factor, _transposed(np.linalg.solve(factor, _transposed(inner)))), True)


def _upper(op: Any, x: Any, *, upper: bool = False) -> Any:
    """Of the upper triangle, as NumPy 2 has it."""
    return _transposed(op(_transposed(_operand(x, op.name)))) if upper else op(x)


cholesky = row("linalg.cholesky", np.linalg.cholesky, _cholesky_rule, keywords=_upper)
cholesky.__doc__ = "As numpy.linalg.cholesky; the gradient lies in the triangle that it reads."


def _qr_rule(g_q: Any, g_r: Any, x: Any) -> Any:
    Q, R = _q(x), _r(x)
    k = Q.shape[-1]
    square, g_rest = R[..., :k], g_r[..., k:]
    g_q = g_q + x[..., k:] @ _transposed(g_rest)
    inner = square @ _transposed(g_r[..., :k]) - _transposed(g_q) @ Q
    inner = inner * np.tri(k, dtype=bool) + _transposed(inner * np.tri(k, k=-1, dtype=bool))
    g_square = _transposed(np.linalg.solve(square, _transposed(g_q + Q @ inner)))
    return np.concatenate([g_square, Q @ g_rest], axis=-1)


_q = _part("linalg.q", "qr", 0, lambda g, y, x: _qr_rule(g, np.zeros_like(_r(x)), x))
_r = _part("linalg.r", "qr", 1, lambda g, y, x: _qr_rule(np.zeros_like(_q(x)), g, x))


def _whole_q_rule(g: Any, y: Any, x: Any, mode: str = "complete") -> Any:
    """The further columns are orthogonal to the first, and turn with them."""
    k = min(x.shape[-2:])
    first, rest = y[..., :k], y[..., k:]
    return _qr_rule(g[..., :k] - rest @ (_transposed(g[..., k:]) @ first), np.zeros_like(_r(x)), x)


_whole_q = _part("linalg.whole_q", "qr", 0, _whole_q_rule, mode="complete")


def qr(x: Any, mode: str = "reduced") -> Any:
    """As numpy.linalg.qr, with mode "reduced", "complete" or "r".

    Its gradient raises LinAlgError if the first columns depend on each other. The further columns
    of mode "complete" have the gradient of functions that do not depend on their choice.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.qr(np.ones((3, 2))).R.shape
    (2, 2)
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg.qr() takes mode='reduced', 'complete' or 'r', got {mode!r}")
    if mode == "complete":
        r, more = _r(x), max(np.shape(x)[-2] - np.shape(x)[-1], 0)
        return QRResult(_whole_q(x, mode=mode), np.pad(r, [(0, 0)] * (r.ndim - 2) + [(0, more), (0, 0)]))
    return _r(x) if mode == "r" else QRResult(_q(x), _r(x))


def _eigenvalues_rule(g: Any, y: Any, x: Any, UPLO: str = "L") -> Any:
    V = _eigenvectors(x, UPLO=UPLO)
    return _one_triangle(V * g[..., None, :] @ _transposed(V), UPLO in "Ll")


def _eigenvectors_rule(g: Any, y: Any, x: Any, UPLO: str = "L") -> Any:
    inner = _mixing(_transposed(y) @ g, _eigenvalues(x, UPLO=UPLO))
    return _one_triangle(y @ inner @ _transposed(y), UPLO in "Ll")


_eigenvalues = _part("linalg.eigenvalues", "eigh", 0, _eigenvalues_rule, UPLO="L")
_eigenvectors = _part("linalg.eigenvectors", "eigh", 1, _eigenvectors_rule, UPLO="L")
eigvalsh = row("linalg.eigvalsh", np.linalg.eigvalsh, _eigenvalues_rule)


def eigh(x: Any, UPLO: str = "L") -> Any:
    """As numpy.linalg.eigh: eigenvalues and eigenvectors of a symmetric matrix.

    The gradient lies in the triangle that is read, the lower one unless UPLO is "U".

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.eigh(np.diag([2.0, 1.0])).eigenvalues
    array([1., 2.])
    """
    options = {} if UPLO == "L" else {"UPLO": UPLO}
    return EighResult(_eigenvalues(x, **options), _eigenvectors(x, **options))


def _left_rule(g: Any, U: Any, s: Any, Vh: Any) -> Any:
    """The rule of U in U S Vh; that of V is the same for the transposed matrix."""
    k = s.shape[-1]
    first, g_first, s = U[..., :k], g[..., :k], s[..., None, :]
    inner = _transposed(first) @ g_first
    g_x = first @ (_mixing(inner - _transposed(inner), s[..., 0, :] ** 2) * s)
    if U.shape[-2] > k:
        g_x = g_x + _over(g_first - first @ inner, s)
    if U.shape[-1] > k:
        g_x = g_x - _over(U[..., k:] @ (_transposed(g[..., k:]) @ first), s)
    return g_x @ Vh[..., :k, :]


def _u_rule(g: Any, y: Any, x: Any, full_matrices: bool = True) -> Any:
    return _left_rule(g, y, _s(x, full_matrices=full_matrices), _vh(x, full_matrices=full_matrices))


def _s_rule(g: Any, y: Any, x: Any, full_matrices: bool = True) -> Any:
    return _u(x, full_matrices=False) * g[..., None, :] @ _vh(x, full_matrices=False)


def _vh_rule(g: Any, y: Any, x: Any, full_matrices: bool = True) -> Any:
    U, s = _u(x, full_matrices=full_matrices), _s(x, full_matrices=full_matrices)
    return _transposed(_left_rule(_transposed(g), _transposed(y), s, _transposed(U)))


_u = _part("linalg.u", "svd", 0, _u_rule, full_matrices=True)
_s = _part("linalg.s", "svd", 1, _s_rule, full_matrices=True)
_vh = _part("linalg.vh", "svd", 2, _vh_rule, full_matrices=True)
svdvals = row(
    "linalg.svdvals",
    lambda x: np.linalg.svd(x, compute_uv=False),
    lambda g, y, x: _s_rule(g, y, x),
    numpy=getattr(np.linalg, "svdvals", None),
    as_numpy="np.linalg.svd(%s, compute_uv=False)",
)


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """As numpy.linalg.svd: U, the singular values, and V transposed.

    With `hermitian`, the gradient lies in the lower triangle, as eigh's does.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.svd(np.diag([1.0, 2.0])).S
    array([2., 1.])
    """
    if hermitian and not compute_uv:
        return np.sort(np.abs(eigvalsh(x)))[..., ::-1]
    if hermitian:
        w, v = eigh(x)
        order = np.argsort(np.abs(w))[..., ::-1]
        w, U = np.take_along_axis(w, order, -1), np.take_along_axis(v, order[..., None, :], -1)
        return SVDResult(U, np.abs(w), _transposed(U * np.copysign(1.0, w)[..., None, :]))
    if not compute_uv:
        return svdvals(x)
    options = {} if full_matrices else {"full_matrices": False}
    return SVDResult(_u(x, **options), _s(x, **options), _vh(x, **options))


@stands_for(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    x = _operand(x, "linalg.cond")
    if 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError(f"linalg.cond() takes no empty arrays, got shape {x.shape}")
    with np.errstate(all="ignore"):
        if p in (None, 2, -2):
            s = svdvals(x)
            y = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
        else:  # NumPy's inverse is in float64 too
            singular = _sign(x) == 0
            regular = np.where(singular[..., None, None], np.eye(x.shape[-1]), astype(x, float))
            y = np.where(singular, np.nan, norm(x, p, (-2, -1)) * norm(inv(regular), p, (-2, -1)))
            y = astype(y, x.dtype if x.dtype.kind == "f" else float)
    return np.where(np.isnan(y) & ~np.isnan(x).any(axis=(-2, -1)), np.inf, y)  # as of a matrix of zeros


# --- least squares


def _pinv_rule(g: Any, y: Any, x: Any, rcond: Any = 1e-15 if NUMPY_1 else None, hermitian: bool = False) -> Any:
    if hermitian:  # as NumPy reads it
        lower = x * np.tri(x.shape[-1], k=-1, dtype=bool)
        x = x * np.eye(x.shape[-1], dtype=bool) + lower + _transposed(lower)
    gt, yt = _transposed(g), _transposed(y)
    g_x = -yt @ g @ yt + (gt - x @ (y @ gt)) @ y @ yt + yt @ y @ (gt - gt @ y @ x)
    return _one_triangle(g_x, True) if hermitian else g_x


def _rtol(op: Any, x: Any, *, rtol: Any = None, **options: Any) -> Any:
    """With NumPy 2's name of rcond."""
    return op(x, **({} if rtol is None else {"rcond": rtol}), **options)


pinv = row("linalg.pinv", np.linalg.pinv, _pinv_rule, keywords=_rtol)
pinv.__doc__ = "As numpy.linalg.pinv; the gradient is that at constant rank."


def _columns(*arrays: Any) -> Any:
    return [x[:, None] if x.ndim == 1 else x for x in arrays]


def _lstsq_left(g: Any, y: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    g, y, b = _columns(g, y, b)
    P = np.linalg.pinv(a, rcond)
    gt, pt = _transposed(g), _transposed(P)
    return -pt @ g @ _transposed(y) + (b - a @ y) @ (gt @ P @ pt) + pt @ y @ (gt - gt @ P @ a)


def _lstsq_right(g: Any, y: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    return _transposed(np.linalg.pinv(a, rcond)) @ g


def _residuals_right(g: Any, y: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    if not y.size:  # NumPy has no residuals where the solution fits exactly, or is one of many
        return np.zeros_like(b)
    return np.reshape(2 * (_columns(b)[0] - a @ _columns(_solution(a, b, rcond=rcond))[0]) * g, b.shape)


def _residuals_left(g: Any, y: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    [g_b, x] = _columns(_residuals_right(g, y, a, b, rcond), _solution(a, b, rcond=rcond))
    return -g_b @ _transposed(x)


_solution = _part("linalg.solution", "lstsq", 0, _lstsq_left, _lstsq_right, rcond=None)
_residuals = _part("linalg.residuals", "lstsq", 1, _residuals_left, _residuals_right, rcond=None)
_rank = _part("linalg.rank", "lstsq", 2, None, None, rcond=None)
_sizes = _part("linalg.sizes", "lstsq", 3, lambda g, y, a, b, rcond=None: _s_rule(g, y, a), None, rcond=None)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """As numpy.linalg.lstsq: solution, sums of squared residuals, rank of `a`, its singular values.

    The rank has no gradient.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.lstsq(np.ones((2, 1)), np.array([1.0, 3.0]))[0]
    array([2.])
    """
    a, b = _operand(a, "linalg.lstsq"), _operand(b, "linalg.lstsq")
    [rcond] = _numbers("linalg.lstsq", rcond=rcond)
    if rcond is None:  # its default, said here because NumPy 1 has another one
        eps = np.finfo(_as_float(np.zeros(0, np.result_type(a.dtype, b.dtype))).dtype).eps
        rcond = float(eps) * max(a.shape, default=0)
    return tuple(part(a, b, rcond=float(rcond)) for part in (_solution, _residuals, _rank, _sizes))


# --- products and powers


def _multi_dot_rule(k: int) -> Any:
    def rule(g: Any, y: Any, *arrays: Any) -> Any:
        last = len(arrays) - 1
        parts = [np.reshape(x, {0: (1, -1), last: (-1, 1)}[j]) if x.ndim == 1 else x for j, x in enumerate(arrays)]
        g = np.reshape(g, (parts[0].shape[0], parts[last].shape[1]))
        before, after = map(_transposed, parts[:k][::-1]), map(_transposed, parts[:k:-1])
        return np.reshape(np.linalg.multi_dot([*before, g, *after]), arrays[k].shape)

    return rule


_multi_dot_row = row(
    "linalg.multi_dot",
    lambda *arrays: np.linalg.multi_dot(arrays),
    variadic=_multi_dot_rule,
    linear="one",
    as_numpy="np.linalg.multi_dot([%s])",
)


def multi_dot(arrays: Sequence[Any]) -> Any:
    """As numpy.linalg.multi_dot: the product of several matrices, in the order that costs least.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.multi_dot([np.ones(3), np.eye(3), np.ones(3)]).item()
    3.0
    """
    return _multi_dot_row(*_checked("linalg.multi_dot", arrays, 0)[0])


def _corner(function: Any, g: Any, x: Any) -> Any:
    """The gradient of a function that is a power series of a matrix.

    Of a matrix of four blocks, it has its derivative in direction g as its corner.
    """
    n, x = x.shape[-1], _transposed(x)
    blocks = np.concatenate([np.concatenate([x, g], -1), np.concatenate([np.zeros_like(x), x], -1)], -2)
    return function(blocks)[..., :n, n:]


def _matrix_power_rule(g: Any, y: Any, x: Any, n: Any) -> Any:
    return _corner(lambda z: matrix_power(z, n), g, x)


# a view, because it is x itself if n is 1
matrix_power = row("linalg.matrix_power", np.linalg.matrix_power, _matrix_power_rule, view=True, batched="")


# --- norms, by NumPy 2's names


def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002
    """As numpy.linalg.vector_norm: the norm of all entries, or along one axis or several.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.vector_norm(np.full((2, 2), 3.0)).item()
    6.0
    """
    x = _operand(x, "linalg.vector_norm")
    axes = _axes(axis, x.ndim)
    x = np.moveaxis(x, axes, range(len(axes)))
    y = norm(np.reshape(x, (math.prod(x.shape[: len(axes)]), *x.shape[len(axes) :])), ord=ord, axis=0)
    return np.expand_dims(y, axes) if keepdims else y


def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """As numpy.linalg.matrix_norm: the norm of a matrix, or of each in a stack.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.matrix_norm(np.ones((5, 2, 2)), keepdims=True).shape
    (5, 1, 1)
    """
    return norm(x, ord=ord, axis=(-2, -1), keepdims=keepdims)


# a function here stands for NumPy's of its name; two of these names are new in NumPy 2
for _name in {*np.linalg.__all__, "matrix_norm", "vector_norm"} & {*globals()}:
    stands_for(getattr(np.linalg, _name, None))(globals()[_name])


# --- from scipy.linalg


def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """As scipy.linalg.solve_triangular: `a` is a triangle, transposed if `trans` is 1 or "T".

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.solve_triangular(np.array([[2.0, 9.0], [4.0, 1.0]]), np.array([2.0, 5.0]), lower=True)
    array([1., 1.])
    """
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f"linalg.solve_triangular() takes trans=0 or 1, got {trans!r}")
    a = _operand(a, "linalg.solve_triangular")
    n = a.shape[-1]
    kept = np.tri(n, k=-1 if unit_diagonal else 0, dtype=bool)
    a = np.where(kept if lower else kept.T, a, np.eye(n, dtype=a.dtype) if unit_diagonal else 0)
    return solve(a if trans in (0, "N") else _transposed(a), b)


def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """As scipy.linalg.cho_solve: solves A x = b, given the pair of A's Cholesky factor and `lower`.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.cho_solve((2 * np.eye(2), True), np.array([4.0, 8.0]))
    array([1., 2.])
    """
    c, lower = c_and_lower
    return solve_triangular(c, solve_triangular(c, b, not lower, lower), bool(lower), lower)


_PADE = [math.factorial(26 - k) / (math.factorial(k) * math.factorial(13 - k)) for k in range(14)]
_NEAR = 5.37  # so far the quotient of polynomials of degree 13 is exact to rounding


def _expm(x: Any) -> Any:
    """As scipy.linalg.expm: the exponential of a matrix, or of each in a stack.

    >>> import numpy as np, tinygraph as tg
    >>> tg.linalg.expm(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    x = _as_float(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"linalg.expm() takes square matrices, got an array of shape {x.shape}")
    if x.ndim > 2:  # each with halvings of its own
        return np.reshape([*map(_expm, x)], x.shape).astype(x.dtype)
    one, size = np.eye(x.shape[-1], dtype=x.dtype), np.abs(x).sum(axis=-2).max(initial=0)
    if not np.isfinite(size):
        return np.full_like(x, np.nan)
    halvings = max(0, math.ceil(math.log2(size / _NEAR))) if size else 0
    x = x / 2**halvings
    powers = [*accumulate([x @ x] * 6, np.matmul, initial=one)]
    even = sum(b * power for b, power in zip(_PADE[::2], powers, strict=True))
    odd = x @ sum(b * power for b, power in zip(_PADE[1::2], powers, strict=True))
    y = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        y = y @ y
    return y


def _expm_rule(g: Any, y: Any, x: Any) -> Any:
    size = np.max(np.abs(g), axis=(-2, -1), keepdims=True, initial=0)  # a large g would make _expm inexact
    size = np.maximum(size, 1)  # an op, as a Jacobian runs this graph on other gradients
    return _corner(expm, g / size, x) * size


expm: Any = row("linalg.expm", _expm, _expm_rule, as_numpy="scipy.linalg.expm", batched="")
