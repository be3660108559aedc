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

    diagonal: 1, 2, ... times this number are added to the diagonal of a matrix, so that its
    eigenvalues and singular values are apart.
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
        bounds = np.array(self.intervals)[rng.integers(len(self.intervals), size=shape)]
        values = rng.uniform(bounds[..., 0], bounds[..., 1])
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
STEPS = Domain(((-1.4, -1.1), (-0.9, -0.6), (0.6, 0.9), (1.1, 1.4)))  # between the jumps of rounding
MASK = np.array([[True, True, False], [False, True, True]])
HAS_2 = np.__version__ >= "2"
SCALE = 1.0507009873554805  # of selu

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


SAMPLES: dict[Any, tuple[Line, list[Any]]] = {}  # drawing takes longer than many of the ops


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
        key = id(self), str(dtypes), str(shapes), seed
        if key not in SAMPLES:
            rng, n = np.random.default_rng(seed), len(self.inputs)
            dtypes = [dtypes] * n if isinstance(dtypes, (str, type, np.dtype)) else dtypes
            shapes = shapes if isinstance(shapes, list) else [shapes] * n
            drawn = [
                domain.sample(rng, dtype, shape) if isinstance(domain, Domain) else domain
                for domain, dtype, shape in zip(self.inputs, dtypes, shapes, strict=True)
            ]
            SAMPLES[key] = self, drawn  # with the line, so that no other gets its id
        return [x.copy() if isinstance(x, np.ndarray) else x for x in SAMPLES[key][1]]

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
    return None if HAS_2 else reference


def sizes_of_lstsq(ns: Any, a: Any) -> Any:
    """The singular values, which do not depend on the right side."""
    return ns.linalg.lstsq(a, np.zeros(3, getattr(a, "dtype", float)), rcond=None)[3]


def special(name: str, *inputs: Any) -> Line:
    def call(ns: Any, *xs: Any) -> Any:
        return getattr(scipy.special if ns is np else tg.special, name)(*xs)

    return line(f"special.{name}", *inputs, call=call)


def in_one_dtype(name: str, a: float, x: Any) -> Any:
    """A special function that is wider in NumPy 1 if it gets a Python number too."""
    function = getattr(scipy.special, name)
    return replace(
        special(name, a, x), reference=in_numpy_2(lambda a, x: function(np.full(np.shape(x), a, x.dtype), x))
    )


def logspace(start: Any, stop: Any, num: int, base: float) -> Any:
    return base ** np.linspace(start, stop, num)


def expm(x: Any) -> Any:
    term = total = np.eye(len(x), dtype=x.dtype)
    for k in range(1, 60):
        term = term @ x / x.dtype.type(k)
        total = total + term
    return total


def beyond(q: Any, k: int) -> Any:
    return q[..., k:] @ q[..., k:].T


def of_symmetric(ns: Any, x: Any) -> Any:
    """The singular values of a symmetric matrix with eigenvalues of both signs."""
    return ns.linalg.svd((x + ns.swapaxes(x, -1, -2)) * np.array([1, -1, -1])[:, None] * [1, -1, -1], hermitian=True)


HOLES = np.array([[True, True, False], [True, True, True]])


def with_holes(name: str, **options: Any) -> Line:
    """A reduction of entries of which one is nan."""
    return line(name, REAL(2, 3), call=lambda ns, x: getattr(ns, name)(ns.where(HOLES, x, np.nan), **options))


def of_numpy_2(name: str, *inputs: Any, reference: Any, **options: Any) -> Line:
    """A line of a function that NumPy 1 does not have, or gives another dtype."""
    known = hasattr(np, name) and HAS_2
    return line(name, *inputs, reference=None if known else lambda *xs: reference(*xs, **options), **options)


def in_dtype(function: Any) -> Any:
    return lambda x, *more, **options: np.asarray(function(x, *more, **options)).astype(x.dtype)


def of_weights() -> list[Line]:
    """Weighted quantiles, which are new in NumPy 2."""
    if not HAS_2:
        return []
    weights = {"method": "inverted_cdf", "weights": [1.0, 0.0, 2.0, 1.0]}
    return [
        line("quantile", REAL(4, 3), [0.1, 0.6], axis=0, **weights),
        line("percentile", REAL(2, 4), 30, axis=1, keepdims=True, **weights),
    ]


def around(x: Any, mean: Any) -> Any:
    return np.mean(np.square(x - np.float64(mean)), axis=0).astype(x.dtype if x.dtype.kind == "f" else float)


def weighted(x: Any, b: Any) -> Any:
    return np.log(np.sum(b * np.exp(x.astype(np.result_type(x, b)))))


def shift_of(ns: Any) -> Any:
    return np.fft if ns is np else ns


def windows_of(ns: Any) -> Any:
    return (np.lib.stride_tricks if ns is np else ns).sliding_window_view


def two_by_two(a: Any, b: Any) -> Any:
    return np.stack([np.stack([a, np.ones_like(a)]), np.stack([0.5 * np.ones_like(a), b])]).astype(
        np.array([a, 1.0]).dtype
    )


def stacked(a: Any, b: Any) -> Any:
    return np.array([[a, a], b])


def at(how: str, index: Any, *inputs: Any) -> Line:
    """t.at[index].how(v), next to NumPy's assignment or ufunc.at."""
    index = tuple(index) if how == "add" else index
    ufunc = None if how == "set" else getattr(np, {"min": "minimum", "max": "maximum"}.get(how, how))

    def call(ns: Any, x: Any, v: Any) -> Any:
        y = getattr((x if isinstance(x, tg.Tensor) else tg.Tensor(x)).at[index], how)(v)
        return y if isinstance(x, tg.Tensor) or isinstance(v, tg.Tensor) else y.data

    def reference(x: Any, v: Any) -> Any:
        y = np.array(x)
        if ufunc is None:
            y[index] = v
        else:
            ufunc.at(y, index, v)
        return y

    return line("at", *inputs, call=call, reference=reference)


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
    line("reshape", REAL(2, 3), call=lambda ns, x: ns.reshape(x, (3, -1), order="F")),
    line("ravel", REAL(2, 3)),
    line("ravel", REAL(2, 3), order="F"),
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
    *(joined(name, REAL(2), REAL(2), dtype=np.float64) for name in ("concatenate", "stack")),
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
    linalg("qr", MATRIX(2, 4, 2), take=1, mode="complete"),
    # the further columns by what does not depend on their choice: the projection on them
    line("linalg.qr", MATRIX(4, 2), call=lambda ns, x: beyond(ns.linalg.qr(x, "complete")[0], 2)),
    line("linalg.qr", MATRIX(2, 3), call=lambda ns, x: ns.linalg.qr(x, mode="complete")[0]),
    linalg("eigh", MATRIX(2, 3, 3), take=0),
    linalg("eigh", MATRIX(3, 3), take=1),
    linalg("eigh", MATRIX(2, 2), take=1, UPLO="U"),
    linalg("eigvalsh", MATRIX(3, 3), UPLO="U"),
    linalg("svd", MATRIX(2, 3, 2), take=0, full_matrices=False),
    linalg("svd", MATRIX(3, 2), take=1),
    linalg("svd", MATRIX(2, 3), take=2),
    # NumPy 1 has other signs where an eigenvalue is 0
    *(line("linalg.svd", MATRIX(2, 3, 3), call=lambda ns, x, k=k: of_symmetric(ns, x)[k]) for k in range(2 + HAS_2)),
    linalg("svd", MATRIX(3, 3), hermitian=True, compute_uv=False),
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
    einsum("...i->i", REAL(2, 3), optimize=True),
    einsum("ij,j->i", REAL(2, 3), REAL(3), dtype=np.float64),
    # statistics
    line("cumprod", REAL(2, 3)),
    line("cumprod", REAL(2, 5), axis=1),
    *(with_holes(name, axis=1) for name in ("nansum", "nanmean", "nanvar", "nanstd", "nanprod", "nanmax", "nanmin")),
    line("nanvar", REAL(2, 3, 2), axis=(0, -1), ddof=1, keepdims=True),
    of_numpy_2(
        "nanstd", REAL(2, 3), reference=lambda x, axis, correction: np.nanstd(x, axis, ddof=1), axis=1, correction=1
    ),
    *(with_holes(name, axis=1, initial=0.5) for name in ("nansum", "nanprod", "nanmax", "nanmin")),
    *(with_holes(name, axis=1, dtype=np.float64) for name in ("nansum", "nanmean", "nanprod")),
    with_holes("nansum", axis=1, initial=2.0, dtype="f8", where=[[True, False, True]]),
    line("median", REAL(2, 3)),
    line("median", REAL(5, 2), axis=0, keepdims=True),
    line("quantile", REAL(4, 3), [0.1, 0.75], axis=0),
    of_numpy_2("quantile", REAL(5), q=0.3, method="hazen", reference=in_dtype(np.quantile)),
    of_numpy_2("percentile", REAL(2, 3), 40, axis=-1, keepdims=True, reference=in_dtype(np.percentile)),
    *of_weights(),
    line("ptp", REAL(2, 3), axis=1),
    line("average", REAL(2, 3), axis=0),
    line("average", REAL(2, 3), call=lambda ns, x: ns.average(x, axis=1, weights=[1, 2, 3])),
    line("average", REAL(2, 3), POSITIVE(2, 3), call=lambda ns, x, w: ns.average(x, weights=ns.exp(w))),
    line("cov", REAL(2, 4)),
    line("cov", REAL(4, 2), rowvar=False, fweights=[1, 2, 1, 1], aweights=[0.5, 1, 1, 2]),
    line("cov", REAL(4), REAL(4), bias=True),
    line("cov", REAL(2, 4), dtype=np.float64),
    line("corrcoef", REAL(2, 4)),
    line("corrcoef", REAL(2, 4), dtype=np.float64),
    # numerical functions
    line("diff", REAL(2, 3)),
    line("diff", REAL(4, 2), n=2, axis=0),
    line("diff", REAL(2, 3), REAL(), call=lambda ns, x, end: ns.diff(x, prepend=end, append=[[1.0], [2.0]])),
    line("ediff1d", REAL(2, 2), call=lambda ns, x: ns.ediff1d(x, to_begin=ns.ravel(x)[:1])),
    line("gradient", REAL(2, 4), axis=1),
    line("gradient", REAL(4, 2), 0.5, axis=0, edge_order=2),
    line("gradient", REAL(6), call=lambda ns, x: ns.gradient(x, [0, 1, 3, 4, 6, 8], edge_order=2)),
    line("gradient", REAL(2, 3), call=lambda ns, x: ns.gradient(x)[1]),
    of_numpy_2("trapezoid", REAL(2, 3), dx=0.5, axis=0, reference=lambda y, dx, axis: 0.25 * y.sum(axis)),
    of_numpy_2(
        "trapezoid", REAL(2, 3), REAL(3), reference=lambda y, x: (np.diff(x) * (y[:, 1:] + y[:, :-1])).sum(1) / 2
    ),
    line("unwrap", REAL(3, 2), axis=0, period=2.5),
    line("searchsorted", np.array([-1.0, 0.0, 1.0]), REAL(2, 3), side="right", smooth=False),
    line("digitize", REAL(2, 3), call=lambda ns, x: ns.digitize(x, [-1.0, 0.0, 1.0]), smooth=False),
    line("interp", REAL(2, 3), call=lambda ns, x: ns.interp(x, [-1.5, -0.4, 0.3, 2], [1, -1, 3, 2.0], left=-2.0)),
    line("interp", REAL(4), REAL(3), call=lambda ns, x, f: ns.interp(x, np.array([-1.0, 0.2, 1.0]), f)),
    line("interp", POSITIVE(3), call=lambda ns, xp: ns.interp([0.6, 1.4, 99], ns.cumsum(xp), [2.0, -1.0, 4.0])),
    line("convolve", REAL(4), REAL(3)),
    line("convolve", REAL(3), REAL(4), mode="same"),
    line("correlate", REAL(2), REAL(4), mode="same"),
    line("correlate", REAL(4), REAL(2)),
    of_numpy_2("polyval", REAL(3), REAL(2, 3), reference=lambda p, x: np.polyval(p, x.astype(np.result_type(p, x)))),
    line("vander", REAL(3)),
    line("vander", REAL(3), N=4, increasing=True),
    line("linspace", REAL(2, 3), REAL(3), num=4),
    of_numpy_2("linspace", REAL(), 2, num=3, reference=lambda a, b, num: np.linspace(a[None], b, num)[:, 0]),
    of_numpy_2("logspace", REAL(2), 1.5, num=3, base=2.0, reference=logspace),
    # contractions
    line("tensordot", REAL(2, 3), REAL(2, 3, 4)),
    line("tensordot", REAL(2, 3, 2), REAL(3, 4, 2), axes=((0, 1), (-1, 0))),
    line("inner", REAL(2, 3), REAL(4, 3)),
    line("outer", REAL(2), REAL(1, 3)),
    line("kron", REAL(2, 2), REAL(3)),
    line("cross", REAL(2, 3), REAL(3)),
    line("cross", REAL(3, 2), REAL(2, 3), axisa=0, axisc=0),
    line("vdot", REAL(2, 2), REAL(2, 2)),
    of_numpy_2("vecdot", REAL(3, 2), REAL(3, 1), axis=0, reference=lambda a, b, axis: (a * b).sum(axis)),
    line("einsum", REAL(2, 3), REAL(3, 4), call=lambda ns, a, b: ns.einsum(a, [0, 1], b, [1, 2], [0, 2])),
    line("einsum", REAL(2, 3), call=lambda ns, a: ns.einsum(a, [..., 5])),
    # rounding, signs
    line("fmod", REAL, NONZERO),
    *(line("divmod", REAL, NONZERO, call=lambda ns, a, b, k=k: ns.divmod(a, b)[k]) for k in range(2)),
    *(line("modf", STEPS, call=lambda ns, x, k=k: ns.modf(x)[k]) for k in range(2)),
    *(line(name, STEPS) for name in ("round", "rint", "trunc")),
    line("fix", STEPS, reference=np.trunc),
    line("round", Domain(((-1.44, -1.36), (0.26, 0.34))), decimals=1),
    line("heaviside", NONZERO, REAL),
    line("copysign", NONZERO, NONZERO),
    line("fabs", NONZERO),
    line("nan_to_num", REAL),
    line("nan_to_num", REAL, nan=1.5, posinf=3.0),
    # more ufuncs
    *(line(name, Domain(((-0.8, 0.8),))) for name in ("arccos", "arcsin", "arctanh")),
    line("arccosh", Domain(((1.3, 3),))),
    line("arctan2", NONZERO, NONZERO),
    line("arctan2", 1.5, REAL),
    line("hypot", NONZERO, NONZERO),
    line("hypot", REAL, 2),
    *(line(name, REAL) for name in ("arcsinh", "deg2rad", "rad2deg", "sinc", "exp2", "real", "imag", "conjugate")),
    line("angle", NONZERO),
    line("angle", NONZERO, deg=True),
    line("cbrt", NONZERO),
    line("logaddexp2", REAL, REAL),
    line("float_power", POSITIVE, REAL),
    line("fmax", REAL, REAL),
    line("fmin", 0.0, NONZERO),
    line("selu", NONZERO, reference=lambda x: SCALE * np.where(x > 0, x, np.expm1(x) * 1.6732632423543772)),
    line("hard_tanh", Domain(((-2, -1.2), (-0.8, 0.8), (1.2, 2))), reference=lambda x: np.clip(x, -1, 1)),
    line("softsign", NONZERO, reference=lambda x: x / (1 + np.abs(x))),
    *(line(name, REAL, smooth=False) for name in ("signbit", "isneginf", "isposinf")),
    *(line(name, BOOL, BOOL, smooth=False) for name in ("logical_xor", "bitwise_xor", "left_shift", "right_shift")),
    # rare options of reductions
    line("sum", REAL(2, 3), call=lambda ns, x: ns.sum(x, where=MASK)),
    line("sum", REAL(2, 3), BOOL(3), call=lambda ns, x, m: ns.sum(x, axis=1, where=m)),
    line("sum", REAL(2, 3), axis=1, initial=2.5),
    line("sum", REAL(2, 3), axis=0, dtype="float64"),
    line("prod", REAL(2, 3), call=lambda ns, x: ns.prod(x, axis=1, where=MASK, initial=1.5)),
    line("max", REAL(2, 3), call=lambda ns, x: ns.max(x, axis=0, where=MASK, initial=-0.1)),
    line("min", REAL(0, 3), axis=0, keepdims=True, initial=0.5),
    line("mean", REAL(2, 3), call=lambda ns, x: ns.mean(x, axis=1, where=MASK)),
    line("mean", REAL(2, 3), dtype="float64"),
    line("var", REAL(2, 3), call=lambda ns, x: ns.var(x, axis=1, where=MASK, ddof=1)),
    line("std", REAL(2, 3), call=lambda ns, x: ns.std(x, where=MASK, keepdims=True)),
    line("std", REAL(2, 3), correction=1, reference=lambda x, **_: np.std(x, ddof=1)),
    line("var", REAL(2, 3), 0.5, call=lambda ns, x, m: ns.var(x, axis=0, mean=m), reference=around),
    line("cumsum", REAL(2, 3), axis=1, dtype="float64"),
    *(
        line(name, REAL(2, 3), call=lambda ns, x, n=name: getattr(ns, n)(x, axis=0, where=MASK), smooth=False)
        for name in ("any", "all")
    ),
    line("logsumexp", REAL(2, 3), POSITIVE(3), call=lambda ns, x, b: ns.logsumexp(x, b=b), reference=weighted),
    norm(NONZERO(3), ord=3),
    norm(NONZERO(2, 3), ord=0.5, axis=0),
    norm(NONZERO(2, 3), ord=-2, axis=1, keepdims=True),
    norm(NONZERO(3), ord=0),
    norm(NONZERO(2, 3), ord=1),
    norm(NONZERO(2, 3), ord=-1, keepdims=True),
    norm(NONZERO(2, 3, 2), ord=np.inf, axis=(2, 0)),
    norm(NONZERO(2, 3, 2), ord=-np.inf, axis=(0, 1), keepdims=True),
    # laid out anew
    line("copy", REAL(2, 3)),
    line("roll", REAL(2, 3), 1),
    line("roll", REAL(5), -7),
    line("roll", REAL(2, 3), (1, -2), axis=(0, 1)),
    line("roll", REAL(3, 0), 1, axis=0),
    line("fftshift", REAL(3, 4), call=lambda ns, x: shift_of(ns).fftshift(x)),
    line("ifftshift", REAL(3, 4), call=lambda ns, x: shift_of(ns).ifftshift(x, axes=0)),
    line("repeat", REAL(2, 3), 2),
    line("repeat", REAL(2, 3), [2, 0, 1], axis=1),
    line("tile", REAL(2, 3), (2, 1, 2)),
    line("rot90", REAL(2, 3)),
    line("rot90", REAL(2, 3, 2), k=3, axes=(1, 2)),
    line("fliplr", REAL(2, 3)),
    line("flipud", REAL(3)),
    line("tril", REAL(3, 4), 1),
    line("tril", REAL(3)),
    line("triu", REAL(2, 3, 3), k=-1),
    line("diag", REAL(3), 1),
    line("diag", REAL(3, 4), k=-1),
    line("diagflat", REAL(2, 1)),
    line("diagonal", REAL(2, 3, 4), offset=1, axis1=2, axis2=0),
    line("trace", REAL(2, 3)),
    line("trace", REAL(3, 3), offset=1, dtype=np.float64),
    line("delete", REAL(2, 3), [0, 2], axis=1),
    line("delete", REAL(2, 3), call=lambda ns, x: ns.delete(x, slice(1, None, 2))),
    line("compress", REAL(3, 2), call=lambda ns, x: ns.compress([True, False, True], x, axis=0)),
    line("extract", REAL(2, 3), call=lambda ns, x: ns.extract([[True, False, False], [True, True, False]], x)),
    line("rollaxis", REAL(2, 3, 4), 2),
    line("matrix_transpose", REAL(2, 3, 4), reference=lambda x: np.swapaxes(x, -1, -2)),
    line("sliding_window_view", REAL(5), call=lambda ns, x: windows_of(ns)(x, 3)),
    line("sliding_window_view", REAL(3, 4), call=lambda ns, x: windows_of(ns)(x, (2, 2), axis=(0, 1))),
    line("sort", REAL(2, 3)),
    line("sort", REAL(2, 3), axis=None),
    line("partition", REAL(2, 5), 2),
    line("partition", REAL(4, 2), (1, 2), axis=0),
    line("argsort", REAL(2, 3), smooth=False),
    line("argsort", REAL(2, 3), axis=0, kind="stable", smooth=False),
    line("argpartition", REAL(2, 3), kth=1, smooth=False),
    line("unravel_index", REAL(2, 3), call=lambda ns, x: ns.unravel_index(ns.argmax(x), (2, 3))[1], smooth=False),
    line("unravel_index", REAL(5), call=lambda ns, x: ns.unravel_index(ns.argsort(x), (3, 2), "F")[0], smooth=False),
    line("bincount", REAL(4), call=lambda ns, w: ns.bincount([2, 0, 2, 1], w, 5)),
    line("take_along_axis", REAL(2, 3), np.array([[2, 0, 2, 2], [1, 1, 0, 0]]), axis=1),
    line("take_along_axis", REAL(2, 3), np.array([5, 0]), axis=None),
    line("take", REAL(3, 2), [-1, 5], call=lambda ns, x, k: ns.take(x, k, axis=0, mode="wrap")),
    line("take", REAL(3, 2), [-1, 9], call=lambda ns, x, k: ns.take(x, k, mode="clip")),
    *(line("pad", REAL(2, 3), ((1, 0), (2, 4)), mode=mode) for mode in ("edge", "reflect", "symmetric", "wrap")),
    line("pad", REAL(2, 3), ((1, 0), (2, 4)), mode="reflect", reflect_type="odd"),
    line("pad", REAL(2, 3), ((1, 0), (2, 4)), mode="linear_ramp"),
    line("pad", REAL(2, 3), 2, mode="linear_ramp", end_values=((1, 2), (0.5, 0))),
    *(line("pad", REAL(2, 3), ((1, 0), (2, 4)), mode=mode) for mode in ("maximum", "mean", "median", "minimum")),
    line("pad", REAL(3, 4), 1, mode="mean", stat_length=((2, 3), (2, 3))),
    line("pad", REAL(5), (2, 1), mode="maximum", stat_length=3),
    line("pad", REAL(2, 3), REAL(2, 1), call=lambda ns, x, fill: ns.pad(x, 1, constant_values=fill)),
    # joined and cut in other ways
    *(joined(name, REAL(3), REAL(3)) for name in ("vstack", "hstack", "dstack", "column_stack")),
    joined("hstack", REAL(2, 3), REAL(2, 1)),
    *(joined(name, REAL(2), REAL(2), dtype="f8", casting="safe") for name in ("vstack", "hstack")),
    joined("column_stack", REAL(2), REAL(2, 2)),
    line("append", REAL(2, 3), REAL()),
    line("append", REAL(2, 3), REAL(2, 1), axis=1),
    line("insert", REAL(2, 3), REAL(), call=lambda ns, x, v: ns.insert(x, [1, 4, 4], v)),
    line("insert", REAL(2, 3), REAL(2, 2), call=lambda ns, x, v: ns.insert(x, 1, v, axis=1)),
    line("block", REAL(2, 2), REAL(2), call=lambda ns, a, b: ns.block([[a, a], [b, b], [1.0, 2.0, b]])),
    *(line("array_split", REAL(5), call=lambda ns, x, k=k: ns.array_split(x, 3)[k]) for k in (0, 2)),
    line("vsplit", REAL(4, 2), call=lambda ns, x: ns.vsplit(x, 2)[1]),
    line("hsplit", REAL(2, 3), call=lambda ns, x: ns.hsplit(x, [1])[1]),
    line("hsplit", REAL(4), call=lambda ns, x: ns.hsplit(x, 2)[1]),
    line("dsplit", REAL(1, 2, 4), call=lambda ns, x: ns.dsplit(x, 2)[0]),
    line("unstack", REAL(2, 3), call=lambda ns, x: tg.unstack(x, axis=1)[1], reference=lambda x: x[:, 1]),
    *(line(f"atleast_{n}d", REAL(), call=lambda ns, x, n=n: getattr(ns, f"atleast_{n}d")(x)) for n in (1, 2, 3)),
    line("atleast_3d", REAL(2, 3), call=lambda ns, x: ns.atleast_3d(1.0, x)[1]),
    line("broadcast_arrays", REAL(3), REAL(2, 1), call=lambda ns, a, b: ns.multiply(*ns.broadcast_arrays(a, b))),
    line("meshgrid", REAL(3), REAL(2), call=lambda ns, a, b: ns.multiply(*ns.meshgrid(a, b))),
    line("meshgrid", REAL(3), REAL(2), call=lambda ns, a, b: ns.multiply(*ns.meshgrid(a, b, indexing="ij"))),
    line("meshgrid", REAL(3), REAL(2), call=lambda ns, a, b: ns.multiply(*ns.meshgrid(a, b, sparse=True))),
    line("select", BOOL(2, 3), REAL(2, 3), REAL(3), call=lambda ns, c, a, b: ns.select([c, c], [a, b], 0.5)),
    line("apply_along_axis", REAL(2, 3), call=lambda ns, x: ns.apply_along_axis(ns.std, 0, x)),
    line("apply_along_axis", REAL(2, 3, 2), call=lambda ns, x: ns.apply_along_axis(ns.outer, 1, x, [1.0, 2.0])),
    line("array", REAL(), REAL(), call=lambda ns, a, b: tg.array([[a, 1.0], [0.5, b]]), reference=two_by_two),
    line("array", REAL(2), REAL(2, 2), call=lambda ns, a, b: tg.array([[a, a], b]), reference=stacked),
    # other entries at an index
    at("set", np.s_[1:, 0], REAL(3, 2), REAL(2)),
    at("set", [2, 0, 2], REAL(3, 2), REAL(3, 2)),
    at("set", np.array([[True, False], [False, False], [True, True]]), REAL(3, 2), 0.5),
    at("add", [[0, 2, 0], [1, 1, 1]], REAL(3, 2), REAL(3)),
    at("multiply", 1, REAL(3, 2), REAL(2)),
    at("multiply", [2, 0, 2, 2], REAL(3), REAL(4)),
    at("multiply", [2, 2], REAL(3, 2), 1.5),
    at("min", [2, 0, 2], REAL(3, 2), REAL(3, 2)),
    at("max", np.s_[::2], REAL(3, 2), REAL()),
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
    linalg("matmul", REAL(2, 3), REAL(3, 2), reference=in_numpy_2(np.matmul)),
    linalg("matrix_transpose", REAL(2, 3, 1), reference=in_numpy_2(lambda x: np.swapaxes(x, -1, -2))),
    linalg("cross", REAL(2, 3), REAL(3), reference=in_numpy_2(np.cross)),
    linalg("tensordot", REAL(2, 3), REAL(3, 2), axes=1, reference=in_numpy_2(np.matmul)),
    linalg("vecdot", REAL(2, 3), REAL(3), reference=in_numpy_2(np.matmul)),
]
if scipy is not None:
    LINES += [
        # the special functions of SciPy
        *(special(name, REAL) for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "expit", "log_expit")),
        *(special(name, UNIT) for name in ("erfinv", "erfcinv", "ndtri", "logit")),
        *(special(name, POSITIVE) for name in ("gamma", "gammaln", "loggamma", "psi", "entr", "expm1", "log1p")),
        *(special(name, POSITIVE, POSITIVE) for name in ("beta", "betaln", "rel_entr", "kl_div", "xlogy", "xlog1py")),
        *(special(name, NONZERO) for name in ("i0", "i1", "j0", "j1")),
        *(special(name, 1.5, POSITIVE) for name in ("iv", "ive", "jv", "yv")),
        *(in_one_dtype(name, 1.5, POSITIVE) for name in ("gammainc", "gammaincc")),
        *(special(name, POSITIVE) for name in ("rgamma", "gammasgn", "exp1", "expi", "y0", "y1")),
        special("yn", 2.0, POSITIVE),
        special("betainc", 1.5, 2.5, UNIT),
        line(
            "special.multigammaln",
            Domain(((1.2, 2.5),), (2, 3)),
            2,
            reference=lambda a, d: scipy.special.multigammaln(a.astype(float), d),
        ),
        line("special.polygamma", 2, POSITIVE(2, 3), reference=lambda n, x: scipy.special.polygamma(n, x)),
        line("i0", REAL, call=lambda ns, x: (np.i0 if ns is np else tg.OPS["i0"])(x)),
    ]
