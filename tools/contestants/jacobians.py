"""Jacobians: from W1 and W2, a function that gives the Jacobian of W2 @ tanh(W1 @ x) at x."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np


def jacobian_by_hand(W1: Any, W2: Any) -> Callable[[Any], Any]:
    return lambda x: (W2 * (1 - np.tanh(W1 @ x) ** 2)) @ W1


def jacobian_of_tinygraph(W1: Any, W2: Any, compiled: bool = False) -> Callable[[Any], Any]:
    import tinygraph as tg

    jacobian = tg.jacobian(lambda x: W2 @ tg.tanh(W1 @ x))
    return tg.compile(jacobian) if compiled else jacobian


def jacobian_of_pytorch(W1: Any, W2: Any) -> Callable[[Any], Any]:
    import torch

    W1, W2 = torch.from_numpy(W1), torch.from_numpy(W2)
    jacobian = torch.func.jacrev(lambda x: W2 @ torch.tanh(W1 @ x))
    return lambda x: jacobian(torch.from_numpy(x))


def jacobian_of_jax(W1: Any, W2: Any) -> Callable[[Any], Any]:
    import jax

    jax.config.update("jax_enable_x64", True)
    jacobian = jax.jit(jax.jacrev(lambda x: W2 @ jax.numpy.tanh(W1 @ x)))
    return lambda x: jacobian(x).block_until_ready()


def jacobian_of_autograd(W1: Any, W2: Any) -> Callable[[Any], Any]:
    import autograd
    import autograd.numpy as anp

    jacobian: Callable[[Any], Any] = autograd.jacobian(lambda x: anp.dot(W2, anp.tanh(anp.dot(W1, x))))
    return jacobian


JACOBIANS: dict[str, tuple[str, str | None, Callable[[Any, Any], Callable[[Any], Any]]]] = {
    "lesson": ("by hand", None, jacobian_by_hand),
    "tinygraph": ("**tinygraph eager**", None, jacobian_of_tinygraph),
    "compiled": ("**tinygraph compiled**", None, partial(jacobian_of_tinygraph, compiled=True)),
    "pytorch": ("PyTorch jacrev", "torch", jacobian_of_pytorch),
    "jax": ("JAX jit of jacrev", "jax", jacobian_of_jax),
    "autograd": ("HIPS autograd", "autograd", jacobian_of_autograd),
}
