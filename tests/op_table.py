"""The table of ops that drives test_ops.py: a line for each op and way to call it.

A line has the op, the domains of its inputs (with a shape if the shape matters), and the call. The
call is written once, for a namespace: with `tinygraph` it gives the tested result, with `numpy` the
reference. An op that NumPy does not have brings its own reference.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

try:
    import scipy.linalg
    import scipy.special
except ImportError:
    scipy = None  # type: ignore[assignment]

import tinygraph as tg
from tinygraph.ops.composed import softmax_loss


@dataclass(frozen=True)
class Domain:
    """The intervals from which an input's entries are drawn. `shape` is None if any will do.

    diagonal: 1, 2, ... times this number are added to the diagonal of a matrix, so that its eigenvalues
    and singular values are apart.
    """

    intervals: tuple[tuple[float, float], ...]
    shape: tuple[int, ...] | None = None
    dtype: str = "f"
    diagonal: float = 0.0

    def __call__(self, *shape: int) -> Domain:
        return replace(self, shape=shape)

    def __str__(self) -> str:
        return self.dtype.replace("f", "") + ("x" if self.shape is None else str(self.shape))

    def sample(self, rng: np.random.Generator, dtype: Any, shape: tuple[int, ...] = (2, 3)) -> Any:
        shape = shape if self.shape is None else self.shape
        low, high = np.moveaxis(np.array(self.intervals)[rng.integers(len(self.intervals), size=shape)], -1, 0)
        values = rng.uniform(low, high)
        if self.diagonal:
            k = np.arange(min(shape[-2:]))
            values[..., k, k] += self.diagonal * (k + 1)
        return np.asarray(values > 0 if self.dtype == "?" else values, "?" if self.dtype == "?" else dtype)


REAL = Domain(((-2, 2),))
POSITIVE = Domain(((0.4, 2.5),))
NONZERO = Domain(((-2, -0.3), (0.3, 2)))  # for poles, and for a kink at 0
WITHIN = Domain(((-1, -0.6), (-0.4, 0.4), (0.6, 1)))  # for kinks at -0.5 and 0.5
UNIT = Domain(((0.1, 0.4), (0.6, 0.9)))
SHARES = Domain(((0, 0), (0.1, 0.9)))
BOOL = Domain(((-1, 1),), dtype="?")
MATRIX = Domain(((-0.5, 0.5),), diagonal=2.0)  # positive definite too, if one triangle is read

OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "matmul": operator.matmul,
    "negative": operator.neg,
    "positive": operator.pos,
    "abs": operator.abs,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "invert": operator.invert,
}


@dataclass(frozen=True)
class Line:
    """One op, called in one way."""

    name: str
    inputs: tuple[Any, ...]  # domains and Python numbers
    call: Callable[..., Any]  # takes a namespace and the inputs
    reference: Callable[..., Any] | None
    options: dict[str, Any] | None  # None if `call` was given: then no method or operator is called in this way
    smooth: bool = True  # whether it has gradients

    def __str__(self) -> str:
        shapes = ",".join(map(str, self.inputs))
        options = ",".join(f"{k}={v}" for k, v in (self.options or {}).items())
        return f"{self.name}-{shapes}-{options}".replace(" ", "").rstrip("-")

    @property
    def elementwise(self) -> bool:
        """Whether its inputs may have any shapes that broadcast."""
        return all(not isinstance(d, Domain) or d.shape is None for d in self.inputs)

    def sample(self, dtypes: Any = "f8", shapes: Any = (2, 3), seed: int = 0) -> list[Any]:
        """Inputs of one dtype or one each and, if the shape is free, of one shape or one each."""
        rng = np.random.default_rng(seed)
        n = len(self.inputs)
        dtypes = [dtypes] * n if isinstance(dtypes, (str, type, np.dtype)) else dtypes
        shapes = shapes if isinstance(shapes, list) else [shapes] * n
        return [
            domain.sample(rng, dtype, shape) if isinstance(domain, Domain) else domain
            for domain, dtype, shape in zip(self.inputs, dtypes, shapes, strict=True)
        ]

    @property
    def function(self) -> Any:
        """The op, or our function."""
        home = operator.attrgetter(self.name)
        return home(tg) if hasattr(tg, self.name.partition(".")[0]) else tg.OPS[self.name]

    def __call__(self, *inputs: Any) -> Any:
        return self.call(tg, *inputs)

    def expected(self, *inputs: Any) -> Any:
        """The reference's answer. NumPy 1.26 promotes like NumPy 2 only with an axis: add one."""
        if self.elementwise and all(np.ndim(x) == 0 for x in inputs):
            inputs = tuple(np.reshape(x, 1) if isinstance(x, np.ndarray) else x for x in inputs)
            return np.reshape(self.expected(*inputs), ())
        return self.reference(*inputs) if self.reference else self.call(np, *inputs)

    @property
    def numpy_has_it(self) -> bool:
        return self.reference is None


def line(name: str, *inputs: Any, reference: Any = None, call: Any = None, smooth: bool = True, **options: Any) -> Line:
    if call is None:
        of = operator.attrgetter(name)  # the name may have dots, as linalg.inv
        return Line(name, inputs, lambda ns, *xs: of(ns)(*xs, **options), reference, options, smooth)
    return Line(name, inputs, call, reference, None, smooth)


def joined(name: str, *inputs: Any, **options: Any) -> Line:
    return line(name, *inputs, call=lambda ns, *xs: getattr(ns, name)(xs, **options))


def einsum(subscripts: str, *inputs: Any, **options: Any) -> Line:
    return line("einsum", *inputs, call=lambda ns, *xs: ns.einsum(subscripts, *xs, **options))


def norm(*inputs: Any, **options: Any) -> Line:
    return line("norm", *inputs, reference=lambda x: np.linalg.norm(x, **options), **options)


def picked(pick: Callable[[Any], Any], *inputs: Any) -> Line:
    return line("getitem", *inputs, call=lambda ns, x, *more: pick(x, *more))


def reductions(name: str, domain: Domain, reference: Any = None, **more: Any) -> list[Line]:
    def one(d: Domain, **options: Any) -> Line:
        return line(name, d, reference=reference and (lambda x: reference(x, **options)), **options, **more)

    return [
        one(domain(2, 3)),
        one(domain(2, 3), axis=0),
        one(domain(2, 3), axis=-1, keepdims=True),
        one(domain(2, 3), keepdims=True),
        one(domain(2, 3, 2), axis=(0, 2)),
        one(domain(2, 3, 2), axis=(-1, 0), keepdims=True),
        one(domain()),
        one(domain(1)),
        one(domain(3, 0), axis=0),
        one(domain(0, 3), axis=1),
    ]


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def loss(Z: Domain, Y: Any) -> Line:
    """Of labels, or of probabilities in the dtype of the scores, as the cost hands them over."""

    def call(ns: Any, Z: Any, Y: Any) -> Any:
        both = isinstance(Z, (tg.Tensor, np.ndarray)) and isinstance(Y, (tg.Tensor, np.ndarray))
        return softmax_loss(Z, tg.astype(Y, Z.dtype) if both and Z.dtype.kind == Y.dtype.kind else Y)

    return line("softmax_loss", Z, Y, call=call, reference=softmax_loss_by_hand)


def softmax_loss_by_hand(Z: Any, Y: Any) -> Any:
    Y = (Y if Y.dtype.kind == "f" else np.arange(len(Z))[:, None] == Y).astype(Z.dtype)
    return -np.sum(Y * np.log(softmax(Z, 0)), axis=0, keepdims=True)


def linalg(name: str, *inputs: Any, take: Any = None, **options: Any) -> Line:
    """A function of numpy.linalg, or result number `take` of it."""
    if take is None:
        return line(f"linalg.{name}", *inputs, **options)
    more = {key: options.pop(key) for key in ("reference", "smooth") if key in options}
    return line(f"linalg.{name}", *inputs, call=lambda ns, *xs: getattr(ns.linalg, name)(*xs, **options)[take], **more)


def in_numpy_2(reference: Any) -> Any:
    """The reference where NumPy lacks the function."""
    return reference if np.__version__ < "2" else None


def sizes_of_lstsq(ns: Any, a: Any) -> Any:
    """The singular values, which do not depend on the right side."""
    return ns.linalg.lstsq(a, np.zeros(3, getattr(a, "dtype", float)), rcond=None)[3]


def special(name: str, *inputs: Any) -> Line:
    def call(ns: Any, *xs: Any) -> Any:
        return getattr(scipy.special if ns is np else tg.special, name)(*xs)

    reference = (lambda *xs: call(np, *xs).astype(xs[-1].dtype)) if name.startswith("gammainc") else None
    return line(f"special.{name}", *inputs, call=call, reference=in_numpy_2(reference))


def expm(x: Any) -> Any:
    term = total = np.eye(len(x), dtype=x.dtype)
    for k in range(1, 60):
        term = term @ x / x.dtype.type(k)
        total = total + term
    return total


LINES = [
    # arithmetic
    line("add", REAL, REAL),
    line("add", REAL, 2),
    line("subtract", REAL, REAL),
    line("subtract", 1.5, REAL),
    line("multiply", REAL, REAL),
    line("multiply", 2.5, REAL),
    line("divide", REAL, NONZERO),
    line("divide", 1, NONZERO),
    line("divide", REAL, 3),
    line("power", POSITIVE, REAL),
    line("power", REAL, 0),
    line("power", REAL, 1),
    line("power", REAL, 2),
    line("power", REAL, 3.0),
    line("power", NONZERO, -2),
    line("power", POSITIVE, 0.5),
    line("power", 2.5, REAL),
    line("negative", REAL),
    line("positive", REAL),
    line("reciprocal", NONZERO),
    line("square", REAL),
    line("sqrt", POSITIVE),
    line("abs", NONZERO),
    line("sign", NONZERO),
    line("floor", Domain(((-1.9, -1.1), (0.1, 0.9)))),
    line("ceil", Domain(((-1.9, -1.1), (0.1, 0.9)))),
    # elementary functions
    line("exp", REAL),
    line("expm1", REAL),
    line("log", POSITIVE),
    line("log1p", POSITIVE),
    line("log2", POSITIVE),
    line("log10", POSITIVE),
    line("sin", REAL),
    line("cos", REAL),
    line("tan", Domain(((-1, 1),))),
    line("arctan", REAL),
    line("sinh", REAL),
    line("cosh", REAL),
    line("tanh", REAL),
    line("logaddexp", REAL, REAL),
    # activations
    line("relu", NONZERO, reference=lambda x: np.where(x > 0, x, np.zeros_like(x))),
    line("leaky_relu", NONZERO, reference=lambda x: np.where(x > 0, x, x * x.dtype.type(0.01))),
    line("leaky_relu", NONZERO, slope=0.3, reference=lambda x: np.where(x > 0, x, x * x.dtype.type(0.3))),
    line("elu", NONZERO, reference=lambda x: np.where(x > 0, x, np.expm1(x))),
    line("elu", NONZERO, alpha=0.3, reference=lambda x: np.where(x > 0, x, np.expm1(x) * x.dtype.type(0.3))),
    line("gelu", REAL, reference=lambda x: x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3))) / 2),
    line("silu", REAL, reference=lambda x: x / (1 + np.exp(-x))),
    line("sigmoid", REAL, reference=lambda x: 1 / (1 + np.exp(-x))),
    line("softplus", REAL, reference=lambda x: np.log(1 + np.exp(x))),
    line("log_sigmoid", REAL, reference=lambda x: -np.log(1 + np.exp(-x))),
    # quotients, remainders, rounding
    line("floor_divide", REAL, NONZERO),
    line("floor_divide", REAL, 2),
    line("remainder", REAL, NONZERO),
    line("remainder", REAL, 0.7),
    line("remainder", 2.5, NONZERO),
    # choosing
    line("maximum", REAL, REAL),
    line("maximum", NONZERO, 0),
    line("minimum", REAL, REAL),
    line("minimum", 0.0, NONZERO),
    line("clip", WITHIN, -0.5, 0.5),
    line("clip", REAL, Domain(((-1, -0.5),)), Domain(((0.5, 1),))),
    line("clip", WITHIN, None, 0.5),
    line("clip", WITHIN, -0.5, None),
    line("where", BOOL, REAL, REAL),
    line("where", BOOL, REAL, 0.0),
    line("where", BOOL, 1, REAL),
    # without a gradient
    *(
        line(name, REAL, REAL, smooth=False)
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    ),
    *(line(name, BOOL, BOOL, smooth=False) for name in ("logical_and", "logical_or", "bitwise_and", "bitwise_or")),
    *(line(name, BOOL, smooth=False) for name in ("logical_not", "invert")),
    *(line(name, REAL, smooth=False) for name in ("isnan", "isinf", "isfinite", "logical_not")),
    *(line(name, REAL(2, 3), smooth=False) for name in ("argmax", "argmin", "any", "all")),
    *(line(name, REAL(2, 3), axis=-1, keepdims=True, smooth=False) for name in ("argmax", "argmin", "any", "all")),
    # reductions
    *reductions("sum", REAL),
    *reductions("mean", REAL),
    *reductions("max", REAL),
    *reductions("min", REAL),
    *reductions("prod", REAL),
    *reductions("var", REAL),
    *reductions("std", REAL),
    *reductions("logsumexp", REAL, logsumexp),
    *reductions("norm", NONZERO, lambda x, **options: np.sqrt(np.sum(np.square(x), **options))),
    line("sum", REAL(0)),
    line("prod", REAL(0, 2), axis=0),
    line("sum", REAL(2, 3), axis=()),
    line("var", REAL(4, 3), ddof=1),
    line("std", REAL(4, 3), axis=0, ddof=1, keepdims=True),
    norm(NONZERO(3), ord=1),
    norm(NONZERO(3), ord=2),
    norm(NONZERO(2, 3), ord=np.inf, axis=1),
    norm(NONZERO(2, 3), ord=-np.inf, axis=0, keepdims=True),
    norm(NONZERO(2, 3), ord="fro"),
    norm(NONZERO(2, 3, 2), axis=(0, 1)),
    line("softmax", REAL(2, 3), reference=softmax),
    line("softmax", REAL(2, 3), axis=0, reference=lambda x: softmax(x, 0)),
    line("softmax", REAL(0, 3), reference=softmax),
    line("softmax", REAL(3, 0), reference=softmax),
    line("log_softmax", REAL(3, 0), reference=softmax),
    line("log_softmax", REAL(2, 3), reference=lambda x: np.log(softmax(x))),
    line("log_softmax", REAL(2, 3), axis=0, reference=lambda x: np.log(softmax(x, 0))),
    loss(REAL(4, 3), SHARES(4, 3)),
    loss(REAL(4, 3), np.array([2, 0, 3])),
    loss(REAL(4, 3), np.array([[2, 0, 3]], "uint8")),
    loss(REAL(1, 2), np.array([0, 0])),
    loss(REAL(3, 0), SHARES(3, 0)),
    line("cumsum", REAL(2, 3)),
    line("cumsum", REAL(2, 3), axis=1),
    line("cumsum", REAL(2, 3), axis=-2),
    # the same entries in another layout
    line("reshape", REAL(2, 3), (3, -1)),
    line("reshape", REAL(1), ()),
    line("ravel", REAL(2, 3)),
    line("transpose", REAL(2, 3)),
    line("transpose", REAL(2, 3, 4), axes=(1, 2, 0)),
    line("transpose", REAL(2, 3, 4), axes=(-1, 0, 1)),
    line("swapaxes", REAL(2, 3, 4), 0, -1),
    line("moveaxis", REAL(2, 3, 4), 0, -1),
    line("moveaxis", REAL(2, 3, 4), (0, 1), (-1, -2)),
    line("expand_dims", REAL(2, 3), axis=1),
    line("expand_dims", REAL(2, 3), axis=(0, -1)),
    line("squeeze", REAL(1, 3, 1)),
    line("squeeze", REAL(1, 3, 1), axis=-1),
    line("broadcast_to", REAL(3, 1), (2, 3, 4)),
    line("broadcast_to", REAL(), (0, 2)),
    line("flip", REAL(2, 3)),
    line("flip", REAL(2, 3), axis=-1),
    line("flip", REAL(2, 3, 2), axis=(0, 2)),
    line("astype", REAL(2, 3), np.float64, reference=lambda x, dtype: x.astype(dtype)),
    line("astype", REAL(2, 3), np.int32, reference=lambda x, dtype: x.astype(dtype), smooth=False),
    line("pad", REAL(2, 3), 1),
    line("pad", REAL(2, 3), (0, 2), constant_values=5),
    line("pad", REAL(2, 3), ((0, 1), (2, 0))),
    # joined and split
    joined("concatenate", REAL(2, 3), REAL(1, 3)),
    joined("concatenate", REAL(2, 3), REAL(2, 0), REAL(2, 1), axis=-1),
    joined("concatenate", REAL(2, 3), REAL(2), axis=None),
    joined("stack", REAL(2, 3), REAL(2, 3)),
    joined("stack", REAL(2, 3), REAL(2, 3), REAL(2, 3), axis=-1),
    joined("stack", REAL(), REAL()),
    *(line("split", REAL(6, 2), call=lambda ns, x, k=k: ns.split(x, 3)[k]) for k in range(3)),
    *(line("split", REAL(2, 5), call=lambda ns, x, k=k: ns.split(x, [1, 4], axis=1)[k]) for k in range(3)),
    *(line("split", REAL(5), call=lambda ns, x, k=k: ns.split(x, [2, -1])[k]) for k in range(3)),
    # picked
    picked(lambda x: x[1], REAL(3)),
    picked(lambda x: x[-1], REAL(3, 2)),
    picked(lambda x: x[1:], REAL(3, 2)),
    picked(lambda x: x[::-2, None, ..., 0], REAL(3, 2)),
    picked(lambda x: x[()], REAL()),
    picked(lambda x: x[[0, 0, 2]], REAL(3, 2)),
    picked(lambda x: x[(0, 0, 2),], REAL(3, 2)),
    picked(lambda x: x[[0, 0, 2], 1], REAL(3, 2)),
    picked(lambda x: x[1:, np.array([[0, 1], [1, 1]])], REAL(3, 2)),
    picked(lambda x: x[[0, 1], :, [1, 1]], REAL(2, 3, 2)),
    picked(lambda x: x[[]], REAL(3, 2)),
    picked(lambda x: x[[True, False, True]], REAL(3, 2)),
    picked(lambda x: x[np.array([[True, False], [True, True], [False, False]])], REAL(3, 2)),
    picked(lambda x: x[[True, False, True], 1:], REAL(3, 2)),
    picked(lambda x: x[True], REAL(3)),
    picked(lambda x: x[np.int64(2)], REAL(3)),
    picked(lambda x, mask: x[mask], REAL(4), BOOL(4)),
    line("take", REAL(3, 2), [2, 0, 2], call=lambda ns, x, k: ns.take(x, k, axis=0)),
    line("take", REAL(3, 2), (5, 5), call=lambda ns, x, k: ns.take(x, k)),
    line("take", REAL(3, 2), 1, call=lambda ns, x, k: ns.take(x, k, axis=-1)),
    # products
    line("matmul", REAL(2, 3), REAL(3, 4)),
    line("matmul", REAL(3), REAL(3)),
    line("matmul", REAL(3), REAL(3, 2)),
    line("matmul", REAL(2, 3), REAL(3)),
    line("matmul", REAL(3), REAL(2, 3, 4)),
    line("matmul", REAL(2, 4, 3), REAL(3)),
    line("matmul", REAL(2, 1, 3, 2), REAL(4, 2, 3)),
    line("matmul", REAL(2, 3), REAL(4, 3, 2)),
    line("matmul", REAL(2, 0), REAL(0, 3)),
    line("linear", REAL(2, 3), REAL(3, 4), REAL(2, 1), reference=lambda W, A, b: W @ A + b),
    line("linear", REAL(1, 3), REAL(3, 1), REAL(1, 1), reference=lambda W, A, b: W @ A + b),
    line("linear", REAL(2, 3), REAL(3, 0), REAL(2, 1), reference=lambda W, A, b: W @ A + b),
    line("dot", REAL(2, 3), REAL(3, 4)),
    line("dot", REAL(3), REAL(3)),
    line("dot", REAL(), REAL(2, 3)),
    line("dot", 2, REAL(3)),
    line("dot", REAL(2, 3, 4), REAL(4)),
    line("dot", REAL(4), REAL(2, 4, 3)),
    line("dot", REAL(2, 3, 4), REAL(5, 4, 2)),
    einsum("ij,jk->ik", REAL(2, 3), REAL(3, 4)),
    einsum("ij,jk", REAL(2, 3), REAL(3, 4)),
    einsum("ii", REAL(3, 3)),
    einsum("ii->i", REAL(3, 3)),
    einsum("iij->ji", REAL(3, 3, 2)),
    einsum("ij->", REAL(2, 3)),
    einsum("ij->j", REAL(2, 3)),
    einsum("ij->ji", REAL(2, 3)),
    einsum("ij,j", REAL(2, 3), REAL(3)),
    einsum("i,j->ij", REAL(2), REAL(3)),
    einsum("ij,ij->ij", REAL(2, 3), REAL(1, 3)),
    einsum("ij,ij->j", REAL(2, 1), REAL(1, 5)),
    einsum("ij,kj->i", REAL(2, 3), REAL(4, 3)),
    einsum("ij,kj->i", REAL(2, 3), REAL(4, 3), optimize=["einsum_path", (0, 1)]),
    einsum("...ij,...jk->...ik", REAL(2, 1, 3, 2), REAL(4, 2, 3)),
    einsum("...ij,...jk", REAL(2, 1, 3, 2), REAL(4, 2, 3)),
    einsum("i...->...", REAL(3, 2)),
    einsum("i...->i", REAL(3)),
    einsum("ij,jk,kl->il", REAL(2, 3), REAL(3, 2), REAL(2, 2)),
    einsum("ij,jk,kl->il", REAL(2, 3), REAL(3, 2), REAL(2, 4), optimize=True),
    einsum("ij,jk,kl->il", REAL(2, 3), REAL(3, 2), REAL(2, 4), optimize=["einsum_path", (1, 2), (0, 1)]),
    einsum("ij,ij,jj->j", REAL(2, 1), REAL(1, 5), REAL(5, 5), optimize="optimal"),
    einsum("i,i,i->", REAL(3), REAL(3), REAL(3)),
    einsum(" i j , j -> i ", REAL(2, 3), REAL(3)),
    # linear algebra
    linalg("solve", MATRIX(3, 3), REAL(3)),
    linalg("solve", MATRIX(2, 3, 3), REAL(2, 3, 2)),
    linalg("inv", MATRIX(2, 3, 3)),
    linalg("inv", MATRIX(0, 0)),
    linalg("det", MATRIX(2, 3, 3)),
    linalg("slogdet", MATRIX(2, 2, 2), take=1),
    linalg("slogdet", MATRIX(2, 2), take=0, smooth=False),
    linalg("cholesky", MATRIX(2, 3, 3)),
    linalg("cholesky", MATRIX(3, 3), upper=True, reference=in_numpy_2(lambda x: np.linalg.cholesky(x.T).T)),
    linalg("qr", MATRIX(3, 2), take=0),
    linalg("qr", MATRIX(2, 2, 3), take=1),
    linalg("qr", MATRIX(3, 2), mode="r"),
    linalg("eigh", MATRIX(2, 3, 3), take=0),
    linalg("eigh", MATRIX(3, 3), take=1),
    linalg("eigh", MATRIX(2, 2), take=1, UPLO="U"),
    linalg("eigvalsh", MATRIX(3, 3), UPLO="U"),
    linalg("svd", MATRIX(2, 3, 2), take=0, full_matrices=False),
    linalg("svd", MATRIX(3, 2), take=1),
    linalg("svd", MATRIX(2, 3), take=2),
    linalg("svdvals", MATRIX(2, 3), reference=in_numpy_2(lambda x: np.linalg.svd(x, compute_uv=False))),
    linalg("pinv", MATRIX(2, 3, 2)),
    linalg("pinv", MATRIX(2, 2), hermitian=True),
    linalg("lstsq", MATRIX(3, 2), REAL(3), take=0, rcond=None),
    linalg("lstsq", MATRIX(3, 2), REAL(3, 2), take=1, rcond=None),
    linalg("lstsq", MATRIX(3, 2), REAL(3), take=2, smooth=False, rcond=None),
    line(
        "linalg.lstsq",
        MATRIX(3, 2),
        call=lambda ns, a: ns.linalg.lstsq(a, np.zeros(3, getattr(a, "dtype", float)), rcond=None)[3],
    ),
    line("linalg.multi_dot", REAL(3), REAL(3, 2), REAL(2), call=lambda ns, *xs: ns.linalg.multi_dot(xs)),
    linalg("matrix_power", MATRIX(2, 2, 2), 3),
    linalg("matrix_power", MATRIX(3, 3), -2),
    linalg("matrix_rank", MATRIX(2, 3, 2), smooth=False),
    linalg("cond", MATRIX(3, 3)),
    linalg("cond", MATRIX(2, 2), p="fro"),
    linalg("norm", MATRIX(2, 2), ord="fro"),
    linalg(
        "vector_norm",
        NONZERO(2, 3, 2),
        axis=(0, 2),
        keepdims=True,
        reference=in_numpy_2(lambda x: np.sqrt((x * x).sum((0, 2), keepdims=True))),
    ),
    linalg("matrix_norm", NONZERO(2, 3, 2), reference=in_numpy_2(lambda x: np.linalg.norm(x, axis=(-2, -1)))),
    linalg(
        "solve_triangular",
        MATRIX(2, 2),
        REAL(2),
        lower=True,
        reference=lambda a, b: np.linalg.solve(np.tril(a), b),
    ),
    linalg(
        "solve_triangular",
        MATRIX(2, 2),
        REAL(2, 3),
        trans=1,
        unit_diagonal=True,
        reference=lambda a, b: np.linalg.solve(np.tril(a.T, -1) + np.eye(2, dtype=a.dtype), b),
    ),
    line(
        "linalg.cho_solve",
        MATRIX(2, 2),
        REAL(2),
        call=lambda ns, c, b: ns.linalg.cho_solve((c, True), b),
        reference=lambda c, b: np.linalg.solve(np.tril(c).T, np.linalg.solve(np.tril(c), b)),
    ),
    linalg("expm", REAL(3, 3), reference=expm),
    linalg("matmul", REAL(2, 3), REAL(3, 2), reference=in_numpy_2(np.matmul)),
    linalg("matrix_transpose", REAL(2, 3, 1), reference=in_numpy_2(lambda x: np.swapaxes(x, -1, -2))),
    linalg("diagonal", REAL(2, 3, 2), offset=1, reference=in_numpy_2(lambda x: x[:, [0], [1]])),
    linalg("trace", REAL(2, 3, 2), reference=in_numpy_2(lambda x: np.trace(x, 0, 1, 2))),
    linalg("outer", REAL(2), REAL(3), reference=in_numpy_2(np.outer)),
]
if scipy is not None:
    LINES += [
        # the special functions of SciPy
        *(special(name, REAL) for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "expit", "log_expit", "exprel")),
        *(special(name, UNIT) for name in ("erfinv", "erfcinv", "ndtri", "logit")),
        *(special(name, POSITIVE) for name in ("gamma", "gammaln", "loggamma", "psi", "entr", "expm1", "log1p")),
        *(special(name, POSITIVE, POSITIVE) for name in ("beta", "betaln", "rel_entr", "kl_div", "xlogy", "xlog1py")),
        *(special(name, NONZERO) for name in ("i0", "i0e", "i1", "i1e", "j0", "j1")),
        *(special(name, 1.5, POSITIVE) for name in ("gammainc", "gammaincc", "iv", "ive", "jv")),
        line("special.polygamma", 2, POSITIVE(2, 3), reference=lambda n, x: scipy.special.polygamma(n, x)),
        line("i0", REAL, call=lambda ns, x: (np.i0 if ns is np else tg.OPS["i0"])(x)),
    ]
