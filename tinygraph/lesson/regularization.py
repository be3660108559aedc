"""Course 2, week 1: L2 regularization and dropout, on a net of three layers.

L2 adds lambd / (2 m) times the sum of all squared weights to the cost, and so lambd / m times W to
dW; biases are left out. Dropout keeps an entry of A with probability keep_prob, and divides what it
keeps by keep_prob (inverted dropout: Srivastava et al. 2014, section 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..nn.costs import cross_entropy
from ..nn.mlp import MLP
from ..ops import relu, sigmoid, square
from ..ops import sum as sum_
from ..optim import SGD
from ..tensor import Tensor
from . import _check_dicts, _entry, _parts, _values, _walk_back
from .three_layers import backward, backward_propagation, forward, forward_propagation, names, predict, train

__all__ = ["backward_propagation", "backward_propagation_with_dropout", "backward_propagation_with_regularization"]
__all__ += ["compute_cost_with_regularization", "forward_propagation", "forward_propagation_with_dropout"]
__all__ += ["model", "predict"]


def compute_cost_with_regularization(A3: Any, Y: Any, parameters: Mapping[str, Any], lambd: float) -> Any:
    """The cross-entropy cost plus lambd / (2 m) times the sum of the squares of W1, W2 and W3.

    A3, Y: (1, m). parameters: {"W1", "b1", ..., "b3"}.

    >>> import numpy as np
    >>> from tinygraph.lesson import regularization
    >>> W = {"W1": np.eye(2), "W2": np.eye(2), "W3": np.ones((1, 2))}
    >>> float(regularization.compute_cost_with_regularization(np.array([[0.5]]), np.array([[1]]), W, 0.0))
    0.6931471805599453
    """
    _check_dicts("compute_cost_with_regularization", parameters=parameters)
    weights = [_entry(parameters, "parameters", f"W{l}") for l in (1, 2, 3)]
    return lesson.compute_cost(A3, Y) + _penalty(lambd, np.shape(_values(Y))[1], *weights)


def _penalty(lambd: float, m: int, *weights: Any) -> Any:
    return lambd / (2 * m) * sum(sum_(square(W)) for W in weights)


def backward_propagation_with_regularization(X: Any, Y: Any, cache: Sequence[Any], lambd: float) -> dict[str, Array]:
    """The gradients of the regularized cost: as backward_propagation, with lambd / m * W in dW.

    cache: the 12 arrays of forward_propagation.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, regularization
    >>> X, Y = np.ones((2, 5)), np.ones((1, 5))
    >>> A3, cache = regularization.forward_propagation(X, initialization.initialize_parameters_he([2, 4, 3, 1]))
    >>> regularization.backward_propagation_with_regularization(X, Y, cache, 0.7)["dW1"].shape
    (4, 2)
    """
    grads = backward_propagation(X, Y, cache)
    m = np.shape(Y)[1]
    for l, W in ((1, cache[2]), (2, cache[6]), (3, cache[10])):
        (of_penalty,) = _walk_back("the penalty", np.ones(()), lambda W: _penalty(lambd, m, W), W)
        grads[f"dW{l}"] = grads[f"dW{l}"] + of_penalty
    return grads


def forward_propagation_with_dropout(
    X: Any, parameters: Mapping[str, Any], keep_prob: float = 0.5
) -> tuple[Any, tuple[Any, ...]]:
    """A3 of shape (1, m), and the cache (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3).

    The masks come from the course's seed, 1, at each call. Raises ValueError unless keep_prob is
    above 0 and at most 1.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, regularization
    >>> parameters = initialization.initialize_parameters_he([2, 4, 3, 1])
    >>> len(regularization.forward_propagation_with_dropout(np.ones((2, 5)), parameters, 0.8)[1])
    14
    """
    return forward(X, parameters, _masks(keep_prob))


def _masks(keep_prob: float) -> Any:
    """A function that draws the mask D of an array, and gives it with the factor D / keep_prob."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is above 0 and at most 1, got {keep_prob!r}")
    random = np.random.RandomState(1)

    def mask(A: Any) -> tuple[Array, Array]:
        D = random.rand(*A.shape) < keep_prob
        return D, D / keep_prob

    return mask


def backward_propagation_with_dropout(X: Any, Y: Any, cache: Sequence[Any], keep_prob: float) -> dict[str, Array]:
    """The gradients of the net with the masks of the cache: dA1 and dA2 go through them too.

    cache: the 14 arrays of forward_propagation_with_dropout.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, regularization
    >>> X, Y = np.ones((2, 5)), np.ones((1, 5))
    >>> parameters = initialization.initialize_parameters_he([2, 4, 3, 1])
    >>> A3, cache = regularization.forward_propagation_with_dropout(X, parameters, 0.8)
    >>> regularization.backward_propagation_with_dropout(X, Y, cache, 0.8)["dA1"].shape
    (4, 5)
    """
    parts = _parts(cache, "backward_propagation_with_dropout", names(dropout=True))
    Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, _, A3, W3, b3 = parts
    layers = (X, W1, b1), (A1, W2, b2), (A2, W3, b3)
    return backward(A3, Y, (Z1, Z2), layers, (_values(D1) / keep_prob, _values(D2) / keep_prob))


def model(
    X: Any,
    Y: Any,
    learning_rate: float = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: float = 0,
    keep_prob: float = 1,
) -> dict[str, Array]:
    """Train the net (n_x, 20, 3, 1) by gradient descent, with L2 regularization or with dropout.

    Raises ValueError for both at once, as the course does.

    >>> from tinygraph.lesson import initialization, regularization
    >>> X, Y, _, _ = initialization.load_dataset()
    >>> list(regularization.model(X, Y, num_iterations=10, print_cost=False, lambd=0.7))
    ['W1', 'b1', 'W2', 'b2', 'W3', 'b3']
    """
    if lambd and keep_prob != 1:
        raise ValueError(f"model() takes lambd or keep_prob, and not both; got {lambd} and {keep_prob}")

    def cost(net: MLP, X: Any, Y: Any) -> Tensor:
        p = net.parameters
        penalty = _penalty(lambd, Y.shape[1], *(p[f"W{l}"] for l in (1, 2, 3))) if lambd else 0.0
        return cross_entropy(_with_masks(X, p, _masks(keep_prob)), Y) + penalty

    def note(k: int, cost: float) -> None:
        print(f"Cost after iteration {k}: {cost}") if print_cost and k % 10000 == 0 else None

    start = _start([len(X), 20, 3, 1])
    batches = repeat((_values(X), _values(Y)), num_iterations)
    return train(start, lambda p: SGD(p, learning_rate), cost, batches, note)


def _with_masks(X: Any, p: Mapping[str, Tensor], mask: Any) -> Tensor:
    A1 = relu(p["W1"] @ X + p["b1"])
    A1 = A1 * mask(A1)[1]
    A2 = relu(p["W2"] @ A1 + p["b2"])
    A2 = A2 * mask(A2)[1]
    return sigmoid(p["W3"] @ A2 + p["b3"])


def _start(dims: Sequence[int]) -> dict[str, Array]:
    """The course's start for this net: seed 3, weights over sqrt(n_prev)."""
    random, parameters = np.random.RandomState(3), {}
    for l in range(1, len(dims)):
        parameters[f"W{l}"] = random.randn(dims[l], dims[l - 1]) / np.sqrt(dims[l - 1])
        parameters[f"b{l}"] = np.zeros((dims[l], 1))
    return parameters
