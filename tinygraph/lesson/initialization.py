"""Course 2, week 1: how the start matters. Weights of 0, large ones, those of He et al. (2015)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from ..arrays import Array
from ..nn.costs import cross_entropy
from ..optim import SGD
from . import _scaled, _values
from .data import circles
from .three_layers import backward_propagation, forward_propagation, predict, train, update_parameters

__all__ = ["backward_propagation", "forward_propagation", "initialize_parameters_he", "initialize_parameters_random"]
__all__ += ["initialize_parameters_zeros", "load_dataset", "model", "predict", "update_parameters"]


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> dict[str, Array]:
    """{"W1": (layers_dims[1], layers_dims[0]), "b1": ..., ...}, all 0: the units stay alike.

    >>> from tinygraph.lesson import initialization
    >>> initialization.initialize_parameters_zeros([3, 1])
    {'W1': array([[0., 0., 0.]]), 'b1': array([[0.]])}
    """
    return _scaled(layers_dims, lambda n: 0.0)


def initialize_parameters_random(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights 10 times standard normal, by the course's seed 3, which is too large; biases of 0.

    >>> from tinygraph.lesson import initialization
    >>> initialization.initialize_parameters_random([3, 2, 1])["W1"].shape
    (2, 3)
    """
    return _scaled(layers_dims, lambda n: 10.0)


def initialize_parameters_he(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Weights sqrt(2 / n_prev) times standard normal, by the course's seed 3; biases of 0.

    He et al. (2015), "Delving deep into rectifiers", equation 10.

    >>> from tinygraph.lesson import initialization
    >>> initialization.initialize_parameters_he([2, 4, 1])["b2"]
    array([[0.]])
    """
    return _scaled(layers_dims, lambda n: np.sqrt(2 / n))


INITIALIZATIONS = {
    "zeros": initialize_parameters_zeros,
    "random": initialize_parameters_random,
    "he": initialize_parameters_he,
}


def load_dataset() -> tuple[Array, Array, Array, Array]:
    """The course's circles: train_X (2, 300), train_Y (1, 300), test_X (2, 100), test_Y (1, 100).

    >>> from tinygraph.lesson import initialization
    >>> [x.shape for x in initialization.load_dataset()]
    [(2, 300), (1, 300), (2, 100), (1, 100)]
    """
    return (*circles(300, 0.05, seed=1), *circles(100, 0.05, seed=2))


def model(
    X: Any,
    Y: Any,
    learning_rate: float = 0.01,
    num_iterations: int = 15000,
    print_cost: bool = True,
    initialization: str = "he",
) -> dict[str, Array]:
    """Train the net (n_x, 10, 5, 1) by gradient descent from one of the three starts.

    initialization: "zeros", "random" or "he". Raises ValueError for any other.

    >>> from tinygraph.lesson import initialization
    >>> X, Y, _, _ = initialization.load_dataset()
    >>> parameters = initialization.model(X, Y, num_iterations=1, initialization="zeros")
    Cost after iteration 0: 0.6931471805599453
    """
    if initialization not in INITIALIZATIONS:
        raise ValueError(f"initialization is {' or '.join(map(repr, INITIALIZATIONS))}, got {initialization!r}")

    def note(k: int, cost: float) -> None:
        print(f"Cost after iteration {k}: {cost}") if print_cost and k % 1000 == 0 else None

    start = INITIALIZATIONS[initialization]([len(X), 10, 5, 1])
    batches = repeat((_values(X), _values(Y)), num_iterations)
    return train(start, lambda p: SGD(p, learning_rate), lambda net, X, Y: cross_entropy(net(X), Y), batches, note)
