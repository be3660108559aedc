"""The table of ops that drives test_ops.py: a line for each op and way to call it.

A line has the op, the domains of its inputs (with a shape if the shape matters), and the call. The
call is written once, for a namespace: with `tinygraph` it gives the tested result, with `numpy` the
reference. An op that NumPy does not have brings its own reference.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.ops.composed import softmax_loss


@dataclass(frozen=True)
class Domain:
    """The intervals from which an input's entries are drawn. `shape` is None if any will do."""

    intervals: tuple[tuple[float, float], ...]
    shape: tuple[int, ...] | None = None
    dtype: str = "f"

    def __call__(self, *shape: int) -> Domain:
        return Domain(self.intervals, shape, self.dtype)

    def __str__(self) -> str:
        return self.dtype.replace("f", "") + ("x" if self.shape is None else str(self.shape))

    def sample(self, rng: np.random.Generator, dtype: Any, shape: tuple[int, ...] = (2, 3)) -> Any:
        shape = shape if self.shape is None else self.shape
        low, high = np.moveaxis(np.array(self.intervals)[rng.integers(len(self.intervals), size=shape)], -1, 0)
        values = rng.uniform(low, high)
        return np.asarray(values > 0 if self.dtype == "?" else values, "?" if self.dtype == "?" else dtype)


REAL = Domain(((-2, 2),))
POSITIVE = Domain(((0.4, 2.5),))
NONZERO = Domain(((-2, -0.3), (0.3, 2)))  # for poles, and for a kink at 0
WITHIN = Domain(((-1, -0.6), (-0.4, 0.4), (0.6, 1)))  # for kinks at -0.5 and 0.5
SHARES = Domain(((0, 0), (0.1, 0.9)))
BOOL = Domain(((-1, 1),), dtype="?")

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


def table_row(name: str, *inputs: Any, reference: Any, **options: Any) -> Line:
    """A line for a row that has no function of its own."""
    return line(name, *inputs, call=lambda ns, *xs: tg.OPS[name](*xs, **options), reference=reference)


def windows_of_numpy(*inputs: Any) -> Line:
    name = "sliding_window_view"
    return line(name, *inputs, call=lambda ns, *xs: getattr(ns, name, np.lib.stride_tricks.sliding_window_view)(*xs))


def window_spans(shape: Any, size: Any, step: Any) -> Any:
    """The number of each window along the last axes, and the slices of its entries."""
    numbers = [(n - k) // s + 1 for n, k, s in zip(shape[-len(size) :], size, step, strict=True)]
    for at in np.ndindex(*numbers):
        yield at, (..., *[slice(i * s, i * s + k) for i, s, k in zip(at, step, size, strict=True)])


def windows_by_hand(x: Any, size: Any, step: Any) -> Any:
    spans = dict(window_spans(x.shape, size, step))
    windows = np.stack([x[span] for span in spans.values()], axis=-1)
    return windows.reshape(*windows.shape[:-1], *[n + 1 for n in [*spans][-1]])


def overlap_by_hand(g: Any, shape: Any, size: Any, step: Any) -> Any:
    y = np.zeros((*g.shape[: -2 * len(size)], *shape), g.dtype)
    for at, span in window_spans(shape, size, step):
        y[span] += g[(..., *at)]
    return y


def conv_by_hand(x: Any, w: Any, step: Any) -> Any:
    windows = windows_by_hand(x, w.shape[2:], step)
    kernels, numbers = w.reshape(len(w), -1), windows.shape[w.ndim :]
    columns = windows.reshape(len(x), kernels.shape[1], np.prod(numbers))
    return (kernels @ columns).reshape(len(x), len(w), *numbers)


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
    # windows, and what convolutions and pools make of them
    windows_of_numpy(REAL(3, 4), (2, 3)),
    windows_of_numpy(REAL(3, 4, 2), (2, 1), (1, 0)),
    table_row("windows", REAL(2, 7), reference=lambda x: windows_by_hand(x, (3,), (2,)), size=(3,), step=(2,)),
    table_row("windows", REAL(4, 5), reference=lambda x: windows_by_hand(x, (2, 3), (1, 2)), size=(2, 3), step=(1, 2)),
    table_row(
        "overlap_add", REAL(2, 2, 3), reference=lambda g: overlap_by_hand(g, (6,), (2,), (2,)), shape=(6,), step=(2,)
    ),
    table_row("conv", REAL(2, 2, 5), REAL(3, 2, 3), reference=lambda x, w: conv_by_hand(x, w, (1,)), step=(1,)),
    table_row(
        "conv", REAL(2, 1, 4, 6), REAL(2, 1, 2, 3), reference=lambda x, w: conv_by_hand(x, w, (1, 2)), step=(1, 2)
    ),
    table_row("conv", REAL(0, 2, 5), REAL(3, 2, 3), reference=lambda x, w: conv_by_hand(x, w, (1,)), step=(1,)),
    table_row(
        "max_pool",
        REAL(2, 4, 5),
        reference=lambda x: windows_by_hand(x, (2, 3), (2, 1)).max((1, 2)),
        size=(2, 3),
        step=(2, 1),
    ),
]
