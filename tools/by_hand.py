"""The lesson's network in NumPy alone, in three ways, as the baselines of the benchmark.

- `lesson`: function by function as students of the course write it (without its assertions);
- `expert`: as a person who knows NumPy well writes it in an afternoon;
- `products`: only the matrix products.

Each takes a `Problem` and returns a function train(X, Y), which does one training step (forward,
cost, backward, update) on examples as columns and returns the cost before it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Train = Callable[[Array, Array], Any]


class Problem(NamedTuple):
    """A net, and data to train it on."""

    layer_dims: tuple[int, ...]
    X: Array  # one example a row
    Y: Array  # 0 or 1 of shape (m, 1), or for more than one output the classes as integers (m,)
    batch_size: int
    layers: list[tuple[Array, Array]]  # W and b of each layer, from which every contestant starts
    learning_rate: float = 0.0075
    optimizer: str = "SGD"
    eps: float = 1e-8  # Adam's

    @property
    def dtype(self) -> Any:
        return self.X.dtype

    @property
    def is_binary(self) -> bool:
        return self.layer_dims[-1] == 1

    @property
    def options(self) -> dict[str, float]:
        """What an optimizer takes next to the learning rate."""
        return {} if self.optimizer == "SGD" else {"eps": self.eps}

    @property
    def columns(self) -> tuple[Array, Array]:
        return np.ascontiguousarray(self.X.T), np.ascontiguousarray(self.Y.T)

    def copied_layers(self) -> list[tuple[Array, Array]]:
        return [(W.copy(), b.copy()) for W, b in self.layers]


def problem(layer_dims: tuple[int, ...], examples: int, dtype: str, batches: int = 1) -> Problem:
    """Random features in [0, 1] and labels, as many as the batches have together."""
    rng, m = np.random.default_rng(1), examples * batches
    X = rng.random((m, layer_dims[0])).astype(dtype)
    Y = (rng.random((m, 1)) > 0.5).astype(dtype) if layer_dims[-1] == 1 else rng.integers(layer_dims[-1], size=m)
    return Problem(layer_dims, X, Y, examples, start(layer_dims, dtype))


def start(layer_dims: tuple[int, ...], dtype: str) -> list[tuple[Array, Array]]:
    """W and b of MLP(init="he", rng=0)."""
    rng, layers = np.random.default_rng(0), []
    for n_prev, n in pairwise(layer_dims):
        W = rng.standard_normal((n, n_prev)) * np.sqrt(2 / n_prev)
        layers.append((W.astype(dtype), np.zeros((n, 1), dtype)))
    return layers


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


def lesson(p: Problem) -> Train:
    parameters = initialize_parameters(p)
    v, s, t = dict.fromkeys(parameters, 0.0), dict.fromkeys(parameters, 0.0), 0

    def train(X: Array, Y: Array) -> Any:
        nonlocal t
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = L_model_backward(AL, Y, caches)
        if p.optimizer == "SGD":
            update_parameters(parameters, grads, p.learning_rate)
        else:
            t += 1
            update_parameters_with_adam(parameters, grads, v, s, t, p.learning_rate, epsilon=p.eps)
        return cost

    return train


def random_mini_batches(X: Array, Y: Array, permutation: Any, mini_batch_size: int) -> list[tuple[Array, Array]]:
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation]
    mini_batches = []
    for k in range(0, X.shape[1], mini_batch_size):
        mini_batches.append((shuffled_X[:, k : k + mini_batch_size], shuffled_Y[:, k : k + mini_batch_size]))
    return mini_batches


# --- as an expert writes it


def expert(p: Problem) -> Train:
    """Buffers made once, relu and updates in place, stable cost, (A - Y) / m, no gradient of X."""
    layers = p.copied_layers()
    gradients = [(np.empty_like(W), np.empty_like(b)) for W, b in layers]
    update = (sgd if p.optimizer == "SGD" else adam)(layers, gradients, p.learning_rate, **p.options)
    cost_and_dZ = binary_cost_and_dZ if p.is_binary else softmax_cost_and_dZ
    buffers: dict[int, tuple[list[Array], ...]] = {}  # by size, because the last batch may be smaller

    def make_buffers(m: int) -> tuple[list[Array], ...]:
        A = [np.empty((n, m), p.dtype) for n in p.layer_dims[1:]]
        return A, [np.empty_like(a) for a in A], [np.empty(a.shape, bool) for a in A]

    def train(X: Array, Y: Array) -> Any:
        m = X.shape[1]
        if m not in buffers:
            buffers[m] = make_buffers(m)
        values, dZ, active = buffers[m]
        A = [X, *values]
        for l, (W, b) in enumerate(layers):
            Z = np.dot(W, A[l], out=A[l + 1])
            Z += b
            if l < len(layers) - 1:
                np.maximum(Z, 0, out=Z)
        cost = cost_and_dZ(Z, Y, dZ[-1])
        dZ[-1] /= m
        for l in reversed(range(len(layers))):
            (W, _), (dW, db) = layers[l], gradients[l]
            np.dot(dZ[l], A[l].T, out=dW)
            np.sum(dZ[l], axis=1, keepdims=True, out=db)
            if l:
                np.dot(W.T, dZ[l], out=dZ[l - 1])
                np.greater(A[l], 0, out=active[l - 1])
                dZ[l - 1] *= active[l - 1]
        update()
        return cost

    return train


def binary_cost_and_dZ(Z: Array, Y: Array, dZ: Array) -> Any:
    small = np.exp(-np.abs(Z))
    cost = np.mean(np.maximum(Z, 0) - Z * Y + np.log1p(small))
    np.divide(np.where(Z < 0, small, 1), 1 + small, out=dZ)  # AL, without overflow
    dZ -= Y
    return cost


def softmax_cost_and_dZ(Z: Array, Y: Array, dZ: Array) -> Any:
    true = Y, np.arange(len(Y))
    Z -= Z.max(axis=0)
    np.exp(Z, out=dZ)
    total = dZ.sum(axis=0)
    cost = np.mean(np.log(total) - Z[true])
    dZ /= total
    dZ[true] -= 1
    return cost


Layers = list[tuple[Array, Array]]


def sgd(layers: Layers, gradients: Layers, learning_rate: float) -> Callable[[], None]:
    def update() -> None:
        for (W, b), (dW, db) in zip(layers, gradients, strict=True):
            dW *= learning_rate
            W -= dW
            db *= learning_rate
            b -= db

    return update


def adam(layers: Layers, gradients: Layers, learning_rate: float, eps: float) -> Callable[[], None]:
    """Eleven passes in place over each parameter, with the bias corrections in two numbers."""
    t = 0
    pairs = zip(chain(*layers), chain(*gradients), strict=True)
    states = [(x, dx, np.zeros_like(x), np.zeros_like(x), np.empty_like(x)) for x, dx in pairs]

    def update() -> None:
        nonlocal t
        t += 1
        root = float(np.sqrt(1 - 0.999**t))
        rate = learning_rate * root / (1 - 0.9**t)
        for x, dx, m, v, space in states:
            m *= 0.9
            np.multiply(dx, 0.1, out=space)
            m += space
            dx *= dx
            dx *= 0.001
            v *= 0.999
            v += dx
            np.sqrt(v, out=space)
            space += eps * root
            np.divide(m, space, out=space)
            space *= rate
            x -= space

    return update


def products(p: Problem) -> Train:
    """The least work for BLAS: without the gradient of X, and without a cost to return."""
    layers, L = p.copied_layers(), len(p.layers)
    gradients = [np.empty_like(W) for W, _ in layers]
    buffers = [np.ones((n, p.batch_size), p.dtype) for n in p.layer_dims[1:]]

    def train(X: Array, Y: Array) -> None:
        A = [X, *buffers]
        for l, (W, _) in enumerate(layers):
            np.dot(W, A[l], A[l + 1])
        for l in reversed(range(L)):
            np.dot(A[l + 1], A[l].T, gradients[l])
            if l:
                np.dot(layers[l][0].T, A[l + 1], A[l])

    return train
