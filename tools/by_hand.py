"""The lesson's network in NumPy alone, in three ways, as the baselines of the benchmark.

- `lesson`: function by function as students of the course write it (without its assertions);
- `expert`: as a person who knows NumPy well writes it in an afternoon;
- `products`: only the matrix products.

Each takes a `Problem` and returns a function of no arguments, which does one training step
(forward, cost, backward, update) and returns the cost before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Step = Callable[[], Any]


class Problem(NamedTuple):
    """A net, and random data to train it on."""

    layer_dims: tuple[int, ...]
    dtype: str
    batches: list[tuple[Array, Array]]  # X and Y of each step, used again and again
    layers: list[tuple[Array, Array]]  # W and b of each layer, from which every contestant starts
    learning_rate: float = 0.0075
    optimizer: str = "SGD"

    @property
    def X(self) -> Array:
        return self.batches[0][0]

    @property
    def Y(self) -> Array:
        return self.batches[0][1]

    def copied_layers(self) -> list[tuple[Array, Array]]:
        return [(W.copy(), b.copy()) for W, b in self.layers]


def problem(layer_dims: tuple[int, ...], examples: int, dtype: str, batches: int = 1) -> Problem:
    """Features in [0, 1], labels 0 or 1, as in the course; W and b of MLP(init="he", rng=0)."""
    rng = np.random.default_rng(1)

    def data() -> tuple[Array, Array]:
        X = rng.random((layer_dims[0], examples)).astype(dtype)
        return X, (rng.random((1, examples)) > 0.5).astype(dtype)

    made = [data() for _ in range(batches)]
    rng, layers = np.random.default_rng(0), []
    for n_prev, n in pairwise(layer_dims):
        W = rng.standard_normal((n, n_prev)) * np.sqrt(2 / n_prev)
        layers.append((W.astype(dtype), np.zeros((n, 1), dtype)))
    return Problem(layer_dims, dtype, made, layers)


# --- as in the lesson


def sigmoid(Z: Array) -> tuple[Array, Array]:
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z: Array) -> tuple[Array, Array]:
    return np.maximum(0, Z), Z


def sigmoid_backward(dA: Array, Z: Array) -> Array:
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def relu_backward(dA: Array, Z: Array) -> Array:
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def linear_forward(A_prev: Array, W: Array, b: Array) -> tuple[Array, Any]:
    return np.dot(W, A_prev) + b, (A_prev, W, b)


def linear_activation_forward(A_prev: Array, W: Array, b: Array, activation: str) -> tuple[Array, Any]:
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = relu(Z) if activation == "relu" else sigmoid(Z)
    return A, (linear_cache, activation_cache)


def L_model_forward(X: Array, parameters: dict[str, Array]) -> tuple[Array, list[Any]]:
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    return AL, caches


def compute_cost(AL: Array, Y: Array) -> Any:
    m = Y.shape[1]
    return np.squeeze((-1 / m) * np.sum(np.multiply(Y, np.log(AL)) + np.multiply(1 - Y, np.log(1 - AL))))


def linear_backward(dZ: Array, cache: Any) -> tuple[Array, Array, Array]:
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return np.dot(W.T, dZ), dW, db


def linear_activation_backward(dA: Array, cache: Any, activation: str) -> tuple[Array, Array, Array]:
    linear_cache, activation_cache = cache
    dZ = relu_backward(dA, activation_cache) if activation == "relu" else sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL: Array, Y: Array, caches: list[Any]) -> dict[str, Array]:
    grads = {}
    L = len(caches)
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in range(L, 0, -1):
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], "sigmoid" if l == L else "relu")
        grads["dA" + str(l - 1)], grads["dW" + str(l)], grads["db" + str(l)] = dA, dW, db
    return grads


def update_parameters(parameters: dict[str, Array], grads: dict[str, Array], learning_rate: float) -> None:
    for l in range(1, len(parameters) // 2 + 1):
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]


def update_parameters_with_adam(
    parameters: dict[str, Array],
    grads: dict[str, Array],
    v: dict[str, Any],
    s: dict[str, Any],
    t: int,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> None:
    for name in parameters:
        grad = grads["d" + name]
        v[name] = beta1 * v[name] + (1 - beta1) * grad
        s[name] = beta2 * s[name] + (1 - beta2) * np.square(grad)
        v_corrected = v[name] / (1 - beta1**t)
        s_corrected = s[name] / (1 - beta2**t)
        parameters[name] = parameters[name] - learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)


def initialize_parameters(p: Problem) -> dict[str, Array]:
    parameters = {}
    for l, (W, b) in enumerate(p.copied_layers(), 1):
        parameters["W" + str(l)], parameters["b" + str(l)] = W, b
    return parameters


def lesson(p: Problem) -> Step:
    parameters, batches = initialize_parameters(p), cycle(p.batches)
    v, s, t = dict.fromkeys(parameters, 0.0), dict.fromkeys(parameters, 0.0), 0

    def step() -> Any:
        nonlocal t
        X, Y = next(batches)
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = L_model_backward(AL, Y, caches)
        if p.optimizer == "SGD":
            update_parameters(parameters, grads, p.learning_rate)
        else:
            t += 1
            update_parameters_with_adam(parameters, grads, v, s, t, p.learning_rate)
        return cost

    return step


def lesson_forward(p: Problem) -> Step:
    parameters = initialize_parameters(p)
    return lambda: L_model_forward(p.X, parameters)[0]


# --- as an expert writes it


def expert(p: Problem) -> Step:
    """Buffers made once, relu and updates in place, stable cost, (A - Y) / m, no gradient of X."""
    layers, m = p.copied_layers(), p.X.shape[1]
    L = len(layers)
    A = [p.X] + [np.empty((n, m), p.dtype) for n in p.layer_dims[1:]]
    dZ = [np.empty_like(a) for a in A[1:]]
    gradients = [(np.empty_like(W), np.empty_like(b)) for W, b in layers]
    active = [np.empty(a.shape, bool) for a in A[:-1]]
    batches: Iterator[tuple[Array, Array]] = cycle(p.batches)

    def step() -> Any:
        A[0], Y = next(batches)
        for l, (W, b) in enumerate(layers):
            Z = np.dot(W, A[l], out=A[l + 1])
            Z += b
            if l < L - 1:
                np.maximum(Z, 0, out=Z)
        small = np.exp(-np.abs(Z))
        cost = np.mean(np.maximum(Z, 0) - Z * Y + np.log1p(small))
        np.divide(np.where(Z < 0, small, 1), 1 + small, out=dZ[-1])  # AL, without overflow
        dZ[-1] -= Y
        dZ[-1] /= m
        for l in reversed(range(L)):
            (W, b), (dW, db) = layers[l], gradients[l]
            np.dot(dZ[l], A[l].T, out=dW)
            np.sum(dZ[l], axis=1, keepdims=True, out=db)
            if l:
                np.dot(W.T, dZ[l], out=dZ[l - 1])
                np.greater(A[l], 0, out=active[l])
                dZ[l - 1] *= active[l]
            dW *= p.learning_rate
            W -= dW
            db *= p.learning_rate
            b -= db
        return cost

    return step


def products(p: Problem) -> Step:
    """The least work for BLAS: without the gradient of X, and without a cost to return."""
    layers, m = p.copied_layers(), p.X.shape[1]
    A = [p.X] + [np.ones((n, m), p.dtype) for n in p.layer_dims[1:]]
    gradients = [np.empty_like(W) for W, _ in layers]
    batches = cycle(p.batches)

    def step() -> None:
        A[0], _ = next(batches)
        for l, (W, _) in enumerate(layers):
            np.dot(W, A[l], A[l + 1])
        for l in reversed(range(len(layers))):
            np.dot(A[l + 1], A[l].T, gradients[l])
            if l:
                np.dot(layers[l][0].T, A[l + 1], A[l])

    return step
