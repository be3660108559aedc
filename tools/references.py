"""References of tools/differential.py: ops under NumPy's names, and derivatives, by library."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

# (function of arrays, xs, w, vs) -> y, the gradients of sum(w y), and their change along vs.
Derivatives = Callable[[Callable[..., Any], list[Any], Any, list[Any]], tuple[Any, list[Any], list[Any]]]


def definitions(xp: Any) -> dict[str, Any]:
    """The ops that NumPy lacks, by their definitions, which overflow sooner than tinygraph's."""

    def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=keepdims))

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

    return {
        "relu": lambda x: xp.where(x > 0, x, 0 * x),
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


def take(x: Any, places: Any, axis: Any = None) -> Any:
    """np.take, but an error on an axis of length 0, where NumPy may return an empty array."""
    if np.size(places) and not (x.size if axis is None else x.shape[axis]):
        raise IndexError("there is nothing to take")
    return np.take(x, places, axis)


NUMPY = SimpleNamespace(**{**vars(np), "astype": astype, "take": take, **definitions(np)})


def jax() -> tuple[dict[str, Any], Derivatives]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def listed(index: Any) -> Any:
        return np.array(index, int if index == [] else None) if isinstance(index, list) else index

    xp = SimpleNamespace(**vars(jnp))
    vars(xp).update(definitions(xp))

    def split(x: Any, where: Any, axis: int = 0) -> Any:
        """With indices that are negative or beyond the end, which JAX's split does not take."""
        return [jnp.take(x, p, axis=axis) for p in np.split(np.arange(x.shape[axis]), where)]

    xp.split = split
    xp.take = lambda x, places, axis=None: jnp.take(x, listed(places), axis=axis)
    xp.getitem = lambda x, index: x[tuple(map(listed, index)) if isinstance(index, tuple) else listed(index)]

    def derivatives(f: Any, xs: Any, w: Any, vs: Any) -> Any:
        def cost(*xs: Any) -> Any:
            y = f(*xs)
            return jnp.sum(y * w), y

        slopes = jax.grad(cost, tuple(range(len(xs))), has_aux=True)
        return (lambda g, h, y: (y, g, h))(*jax.jvp(slopes, tuple(map(jnp.asarray, xs)), tuple(vs), has_aux=True))

    arrays = SimpleNamespace(array=lambda *args: jnp.asarray(np.array(*args)), zeros=jnp.zeros, s_=np.s_, inf=np.inf)
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
            found = [x.reshape(-1)[torch.from_numpy(np.array(p))] for p in (places if name == "split" else [places])]
            return found if name == "split" else found[0]

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

    layouts = "reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to flip take getitem split"
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
    )
    return {"tg": xp, "np": arrays}, derivatives
