"""References of tools/differential.py: ops under NumPy's names, and derivatives, by library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

# (function of arrays, xs, w, vs) -> y, the gradients of sum(w y), and their change along vs.
Derivatives = Callable[[Callable[..., Any], list[Any], Any, list[Any]], tuple[Any, list[Any], list[Any]]]


def definitions(xp: Any) -> dict[str, Any]:
    """The ops that NumPy lacks, by their definitions, which overflow sooner than tinygraph's."""

    def logsumexp(x: Any, axis: Any = None, keepdims: bool = False, b: Any = 1) -> Any:
        return xp.log(xp.sum(b * xp.exp(x), axis=axis, keepdims=keepdims))

    def log_softmax(x: Any, axis: int = -1) -> Any:
        return x - logsumexp(x, axis, True)

    def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
        if isinstance(axis, tuple) and len(axis) not in (1, 2):
            raise ValueError("norm is of vectors and matrices, as in NumPy")
        if ord in (np.inf, -np.inf):
            return (xp.max if ord > 0 else xp.min)(xp.abs(x), axis=axis, keepdims=keepdims)
        if ord == 1:
            return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
        return xp.sqrt(xp.sum(x * x, axis=axis, keepdims=keepdims))

    def cast(Y: Any, A: Any) -> Any:  # labels take the dtype of A
        return Y.astype(A.dtype) if isinstance(Y, np.ndarray) else Y

    def layer_norm(x: Any, axis: Any, eps: float) -> Any:
        x = x - xp.mean(x, axis=axis, keepdims=True)
        return x / xp.sqrt(xp.mean(x * x, axis=axis, keepdims=True) + eps)

    def windows(x: Any, size: Any, stride: Any, padding: Any, fill: float = 0) -> Any:
        """The windows of x, one after the other along a new first axis."""
        d = x.ndim - 2
        size, stride, padding = (n if isinstance(n, tuple) else (n,) * d for n in (size, stride, padding))
        around = [((k - 1) // 2, k // 2) for k in size] if padding[0] == "same" else [(n, n) for n in padding]
        x = xp.pad(x, [(0, 0), (0, 0), *around], constant_values=fill)
        stops = [n - k + 1 for n, k in zip(x.shape[2:], size, strict=True)]
        every = (slice(None), slice(None))
        places = [zip(at, stops, stride, strict=True) for at in np.ndindex(*size)]
        return xp.stack([x[every + tuple(slice(i, i + n, s) for i, n, s in place)] for place in places])

    def conv(x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
        parts, kernel = windows(x, tuple(w.shape[2:]), stride, padding), w.reshape((*w.shape[:2], -1))
        y = xp.einsum("kncp,ock->nop", parts.reshape((*parts.shape[:3], -1)), kernel)
        y = y.reshape((x.shape[0], w.shape[0], *parts.shape[3:]))
        return y if b is None else y + b.reshape((-1, *[1] * (x.ndim - 2)))

    def max_pool2d(x: Any, size: Any, stride: Any, padding: Any) -> Any:
        return xp.max(windows(x, size, stride, padding, -np.inf), axis=0)

    def scan(f: Any, carry: Any, xs: Any = None, length: Any = None, reverse: bool = False) -> Any:
        steps = range(len(xs) if length is None else length)
        ys = []
        for k in reversed(steps) if reverse else steps:
            carry, y = f(carry, None if xs is None else xs[k])
            ys.append(y)
        return carry, xp.stack(ys[::-1] if reverse else ys)

    def vmap(f: Any, in_axes: Any = 0, out_axes: int = 0) -> Any:
        def mapped(*xs: Any) -> Any:
            axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(xs)
            rows = [None if a is None else xp.moveaxis(x, a, 0) for x, a in zip(xs, axes, strict=True)]
            n = max(len(row) for row in rows if row is not None)
            of = [[x if row is None else row[k] for x, row in zip(xs, rows, strict=True)] for k in range(n)]
            return xp.stack([f(*row) for row in of], axis=out_axes)

        return mapped

    return {
        "layer_norm": layer_norm,
        "embedding": lambda weights, indices: weights[indices],
        "conv1d": conv,
        "conv2d": conv,
        "max_pool2d": max_pool2d,
        "avg_pool2d": lambda x, size, stride, padding: xp.mean(windows(x, size, stride, padding), axis=0),
        "scan": scan,
        "vmap": vmap,
        "relu": lambda x: xp.where(x > 0, x, 0 * (x * x)),  # 0 and not -0
        "leaky_relu": lambda x, slope=0.01: xp.where(x > 0, x, slope * x),
        "elu": lambda x, alpha=1.0: xp.where(x > 0, x, alpha * (xp.exp(xp.minimum(x, 0 * x)) - 1)),
        "gelu": lambda x: x * (1 + xp.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))) / 2,
        "silu": lambda x: x / (1 + xp.exp(-x)),
        "selu": lambda x: (
            1.0507009873554805 * xp.where(x > 0, x, 1.6732632423543772 * (xp.exp(xp.minimum(x, 0 * x)) - 1))
        ),
        "hard_tanh": lambda x: xp.maximum(xp.minimum(x, 0 * x + 1), 0 * x - 1),
        "softsign": lambda x: x / (1 + xp.abs(x)),
        "sigmoid": lambda x: 1 / (1 + xp.exp(-x)),
        "softplus": lambda x: xp.log(1 + xp.exp(x)),
        "log_sigmoid": lambda x: -xp.log(1 + xp.exp(-x)),
        "logsumexp": logsumexp,
        "log_softmax": log_softmax,
        "softmax": lambda x, axis=-1: xp.exp(x) / xp.sum(xp.exp(x), axis=axis, keepdims=True),
        "norm": norm,
        "linear": lambda W, A, b: xp.matmul(W, A) + b,
        "getitem": lambda x, index: x[index],
        "cross_entropy": lambda A, Y: -xp.mean(cast(Y, A) * xp.log(A) + (1 - cast(Y, A)) * xp.log(1 - A)),
        "cross_entropy_with_logits": lambda Z, Y: xp.mean(xp.log(1 + xp.exp(Z)) - cast(Y, Z) * Z),
        "softmax_cross_entropy": lambda Z, Y: -xp.mean(xp.sum(Y * log_softmax(Z, 0), axis=0)),
        "mean_squared_error": lambda A, Y: xp.mean(xp.square(A - cast(Y, A))),
    }


def astype(x: Any, dtype: str) -> Any:
    return np.asarray(x).astype(dtype)


def take(x: Any, places: Any, axis: Any = None, mode: Any = "raise") -> Any:
    """np.take, but an error on an axis of length 0, where NumPy may return an empty array."""
    if np.size(places) and not (x.size if axis is None else x.shape[axis]):
        raise IndexError("there is nothing to take")
    return np.take(x, places, axis, mode=mode)


def compress(condition: Any, x: Any, axis: int) -> Any:
    """np.compress, but an error beyond the end of an empty array too."""
    places = np.flatnonzero(condition)
    return take(x, np.arange(x.shape[axis])[places], axis)


class At:
    """x.at[index].set(v) and the like, by NumPy's assignment and ufuncs."""

    def __init__(self, x: Any) -> None:
        self.at, self.x = self, np.asarray(x)

    def __getitem__(self, index: Any) -> Any:
        def with_(ufunc: Any, v: Any) -> Any:
            y = self.x.copy()
            if ufunc is None:
                y[index] = v
            else:
                ufunc.at(y, index, v)
            return y

        ufuncs = {"set": None, "add": np.add, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}
        return SimpleNamespace(**{name: partial(with_, ufunc) for name, ufunc in ufuncs.items()})


NUMPY = SimpleNamespace(
    **{**vars(np), "astype": astype, "take": take, "compress": compress, "Tensor": At, **definitions(np)}
)
NUMPY.linalg = SimpleNamespace(**vars(np.linalg))
NUMPY.sliding_window_view = np.lib.stride_tricks.sliding_window_view
NUMPY.fftshift, NUMPY.ifftshift = np.fft.fftshift, np.fft.ifftshift
NUMPY.at = At  # a name that random_programs.py looks for
with suppress(ImportError):
    import scipy.linalg
    import scipy.special

    NUMPY.special = scipy.special
    vars(NUMPY.linalg).update({name: getattr(scipy.linalg, name) for name in ("expm", "cho_solve", "solve_triangular")})


def jax() -> tuple[dict[str, Any], Derivatives]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def listed(index: Any) -> Any:
        return np.array(index, int if index == [] else None) if isinstance(index, list) else index

    xp = SimpleNamespace(**vars(jnp))
    vars(xp).update(definitions(xp))
    del xp.partition  # it gives the rest in another order
    del xp.hypot  # its second derivative is 0 where |x| = |y|
    # JAX's has the shape (1,) for keepdims of an array without axes
    xp.median = lambda x, axis=None, keepdims=False: jnp.median(x, axis, keepdims=keepdims and x.ndim > 0)

    def split(x: Any, where: Any, axis: int = 0) -> Any:
        """With indices that are negative or beyond the end, which JAX's split does not take."""
        return [jnp.take(x, p, axis=axis) for p in np.split(np.arange(x.shape[axis]), where)]

    def triangle(name: str) -> Any:
        """tril and triu, which JAX has for matrices alone."""
        f = getattr(jnp, name)
        return lambda x, k=0: f(x if x.ndim > 1 else jnp.broadcast_to(x, 2 * x.shape), k)

    xp.split, xp.tril, xp.triu = split, triangle("tril"), triangle("triu")
    xp.special, xp.linalg = jax.scipy.special, SimpleNamespace(**vars(jnp.linalg))
    vars(xp.linalg).update(
        {name: getattr(jax.scipy.linalg, name) for name in ("expm", "cho_solve", "solve_triangular")}
    )
    xp.fftshift, xp.ifftshift, xp.scan, xp.vmap = jnp.fft.fftshift, jnp.fft.ifftshift, jax.lax.scan, jax.vmap
    xp.take = lambda x, places, axis=None, mode=None: jnp.take(x, listed(places), axis=axis, mode=mode)
    xp.getitem = lambda x, index: x[tuple(map(listed, index)) if isinstance(index, tuple) else listed(index)]

    def derivatives(f: Any, xs: Any, w: Any, vs: Any) -> Any:
        def cost(*xs: Any) -> Any:
            y = f(*xs)
            return jnp.sum(y * w), y

        slopes = jax.grad(cost, tuple(range(len(xs))), has_aux=True)
        return (lambda g, h, y: (y, g, h))(*jax.jvp(slopes, tuple(map(jnp.asarray, xs)), tuple(vs), has_aux=True))

    arrays = SimpleNamespace(array=lambda *args: jnp.asarray(np.array(*args)), zeros=jnp.zeros, s_=np.s_, inf=np.inf)
    xp.digitize = lambda x, bins: jnp.digitize(x, jnp.asarray(bins))
    arrays.nan, arrays.i0 = np.nan, jnp.i0
    return {"tg": xp, "np": arrays}, derivatives


def torch() -> tuple[dict[str, Any], Derivatives]:
    import torch

    torch.set_num_threads(1)

    def tensor(x: Any) -> Any:
        return torch.tensor(x, dtype=torch.float64) if type(x) in (int, float) else x

    def of_tensors(f: Any) -> Any:
        return lambda *args: f(*map(tensor, args))

    def laid_out(name: str) -> Any:
        """An op that moves entries: NumPy computes their places, and PyTorch picks them."""

        def layout(x: Any, *args: Any, **options: Any) -> Any:
            plain = [a.numpy() if isinstance(a, torch.Tensor) else a for a in args]
            places = getattr(NUMPY, name)(np.arange(x.numel()).reshape(tuple(x.shape)), *plain, **options)
            many = isinstance(places, (list, tuple))
            found = [x.reshape(-1)[torch.from_numpy(np.array(p))] for p in (places if many else [places])]
            return found if many else found[0]

        return layout

    def over(f: Any, dim: str = "dim") -> Any:
        def reduction(x: Any, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
            axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
            return f(x, axes, keepdims, **options) if axes else f(x[None], (0,), False, **options)

        return reduction

    def product(x: Any, axes: Any, keepdims: bool) -> Any:
        for axis in sorted((a % x.ndim for a in axes), reverse=True):
            x = torch.prod(x, axis, keepdims)
        return x

    def place(f: Any) -> Any:
        return over(lambda x, axes, k: f(x, None if len(axes) == x.ndim else axes[0], k))

    def joined(arrays: Any, axis: Any = 0) -> Any:
        return torch.cat([a.reshape(-1) for a in arrays], 0) if axis is None else torch.cat(arrays, axis)

    def pad(x: Any, width: Any, constant_values: float = 0) -> Any:
        widths = np.broadcast_to(np.array(width), (x.ndim, 2))[::-1].ravel().tolist()
        return torch.nn.functional.pad(x, widths, value=constant_values)

    def power(a: Any, b: Any) -> Any:
        """PyTorch's pow has the second derivative 0, not 1 / a, at an exponent of 0 in a tensor."""
        return torch.exp(b * torch.log(tensor(a))) if isinstance(b, torch.Tensor) else torch.pow(a, b)

    def clip(x: Any, low: Any, high: Any) -> Any:
        """PyTorch's clip has no second derivative if bounds broadcast x."""
        x = x if low is None else torch.maximum(x, torch.as_tensor(low, dtype=x.dtype))
        return x if high is None else torch.minimum(x, torch.as_tensor(high, dtype=x.dtype))

    def dot(a: Any, b: Any) -> Any:
        a, b = tensor(a), tensor(b)
        return a * b if not a.ndim or not b.ndim else torch.tensordot(a, b, dims=([-1], [max(b.ndim - 2, 0)]))

    layouts = """reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to flip take getitem split
    copy fliplr flipud rot90 diagonal fftshift ifftshift repeat tile roll delete compress extract rollaxis
    matrix_transpose sliding_window_view atleast_1d atleast_2d atleast_3d array_split vsplit hsplit dsplit unstack"""
    renamed = {"invert": "bitwise_not", "equal": "eq"}

    class Ops(SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            return of_tensors(getattr(torch, renamed.get(name, name)))

    xp = Ops()
    vars(xp).update({**definitions(xp), **{name: laid_out(name) for name in layouts.split()}})
    vars(xp).update(
        sum=over(torch.sum),
        mean=over(torch.mean),
        max=over(torch.amax),
        min=over(torch.amin),
        prod=over(product),
        var=over(lambda x, axes, keepdims, ddof=0: torch.var(x, axes, correction=ddof, keepdim=keepdims)),
        std=over(lambda x, axes, keepdims, ddof=0: torch.std(x, axes, correction=ddof, keepdim=keepdims)),
        any=over(lambda x, axes, keepdims: torch.any(x != 0, axes, keepdims)),
        all=over(lambda x, axes, keepdims: torch.all(x != 0, axes, keepdims)),
        argmax=place(torch.argmax),
        argmin=place(torch.argmin),
        concatenate=joined,
        stack=torch.stack,
        clip=clip,
        power=power,
        pad=pad,
        dot=dot,
        matmul=torch.matmul,
        einsum=lambda text, *operands, optimize=False: torch.einsum(text, *operands),
        cumsum=torch.cumsum,
        astype=lambda x, dtype: x.to(getattr(torch, dtype)),
    )

    def derivatives(f: Any, xs: Any, w: Any, vs: Any) -> Any:
        w, vs = torch.from_numpy(np.asarray(w)), [torch.from_numpy(np.asarray(v)) for v in vs]
        leaves = [torch.tensor(np.array(x), requires_grad=True) for x in xs]
        y = f(*leaves)
        nought = sum((0 * x * x).sum() for x in leaves)  # so that there is a graph, to both orders
        cost = (y * w).sum() + nought
        gradients = torch.autograd.grad(cost, leaves, create_graph=True)
        along = sum((g * v).sum() for g, v in zip(gradients, vs, strict=True))
        second = torch.autograd.grad(along, leaves)
        return y.detach().numpy(), [g.detach().numpy() for g in gradients], [h.numpy() for h in second]

    arrays = SimpleNamespace(
        array=lambda *args: torch.from_numpy(np.array(*args)),
        zeros=lambda *args: torch.from_numpy(np.zeros(*args)),
        s_=np.s_,
        inf=np.inf,
        nan=np.nan,
    )
    return {"tg": xp, "np": arrays}, derivatives
