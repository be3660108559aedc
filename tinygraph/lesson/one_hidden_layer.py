"""Course 1, week 3: a net with one hidden layer of tanh, in the course's names and layout.

parameters: {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (n_y, n_h), "b2": (n_y, 1)}. cache: {"Z1",
"A1", "Z2", "A2"}. As in `tinygraph.lesson`, the backward pass uses its arguments alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..nn.costs import cross_entropy
from ..nn.mlp import MLP
from ..ops import sigmoid, tanh
from ..optim import SGD
from . import _check_dicts, _entry, _scaled, _values, _walk_back
from .data import flower
from .three_layers import sigmoid_and_cost_backward, train

__all__ = ["backward_propagation", "compute_cost", "forward_propagation", "initialize_parameters", "layer_sizes"]
__all__ += ["load_planar_dataset", "nn_model", "plot_decision_boundary", "predict", "update_parameters"]
load_planar_dataset = flower


def layer_sizes(X: Any, Y: Any) -> tuple[int, int, int]:
    """The sizes (n_x, n_h, n_y) of the layers: n_h is 4, as in the course.

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> one_hidden_layer.layer_sizes(np.ones((5, 3)), np.ones((2, 3)))
    (5, 4, 2)
    """
    return len(X), 4, len(Y)


def initialize_parameters(n_x: int, n_h: int, n_y: int, seed: int = 2) -> dict[str, Array]:
    """Small random weights, by the course's seed, and biases of 0.

    >>> from tinygraph.lesson import one_hidden_layer
    >>> one_hidden_layer.initialize_parameters(2, 4, 1)["W1"].shape
    (4, 2)
    """
    return _scaled([n_x, n_h, n_y], lambda n: 0.01, seed)


def forward_propagation(X: Any, parameters: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A2 = sigmoid(W2 tanh(W1 X + b1) + b2), of shape (n_y, m), and the cache.

    Raises KeyError if a parameter is missing, and ValueError if shapes do not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> parameters = one_hidden_layer.initialize_parameters(2, 4, 1)
    >>> A2, cache = one_hidden_layer.forward_propagation(np.ones((2, 3)), parameters)
    >>> A2.shape, list(cache)
    ((1, 3), ['Z1', 'A1', 'Z2', 'A2'])
    """
    _check_dicts("forward_propagation", parameters=parameters)
    W1, b1, W2, b2 = (_entry(parameters, "parameters", name) for name in ("W1", "b1", "W2", "b2"))
    Z1 = lesson.linear_forward(X, W1, b1).Z
    A1 = tanh(Z1)
    Z2 = lesson.linear_forward(A1, W2, b2).Z
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2: Any, Y: Any, parameters: Any = None) -> Any:
    """The cross-entropy cost, as lesson.compute_cost; early courses pass parameters too.

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> float(one_hidden_layer.compute_cost(np.array([[0.5, 0.5]]), np.array([[1, 0]])))
    0.6931471805599453
    """
    return lesson.compute_cost(A2, Y)


def backward_propagation(parameters: Mapping[str, Any], cache: Mapping[str, Any], X: Any, Y: Any) -> dict[str, Array]:
    """The gradients {"dW1", "db1", "dW2", "db2"}, each of the shape of its parameter.

    Raises KeyError if an entry is missing, and ValueError if shapes do not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> parameters = one_hidden_layer.initialize_parameters(2, 4, 1)
    >>> X, Y = np.ones((2, 3)), np.ones((1, 3))
    >>> A2, cache = one_hidden_layer.forward_propagation(X, parameters)
    >>> one_hidden_layer.backward_propagation(parameters, cache, X, Y)["dW2"].shape
    (1, 4)
    """
    _check_dicts("backward_propagation", parameters=parameters, cache=cache)
    W1, b1, W2, b2 = (_entry(parameters, "parameters", name) for name in ("W1", "b1", "W2", "b2"))
    A1, A2 = (_entry(cache, "cache", name) for name in ("A1", "A2"))
    dA1, dW2, db2 = lesson.linear_backward(sigmoid_and_cost_backward(A2, Y), (A1, W2, b2))
    with np.errstate(divide="ignore"):  # of a tanh that has rounded to 1
        (dZ1,) = _walk_back("A1", dA1, tanh, np.arctanh(_values(A1)))
    _, dW1, db1 = lesson.linear_backward(dZ1, (X, W1, b1))
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters: Mapping[str, Any], grads: Mapping[str, Any], learning_rate: float = 1.2) -> Any:
    """One step of gradient descent, as lesson.update_parameters.

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> one_hidden_layer.update_parameters({"W1": np.array([[1.0]])}, {"dW1": np.array([[1.0]])}, 0.5)
    {'W1': array([[0.5]])}
    """
    return lesson.update_parameters(parameters, grads, learning_rate)


def nn_model(X: Any, Y: Any, n_h: int, num_iterations: int = 10000, print_cost: bool = False) -> dict[str, Array]:
    """Train a net with n_h hidden units by gradient descent; its parameters.

    >>> from tinygraph.lesson import one_hidden_layer
    >>> X, Y = one_hidden_layer.load_planar_dataset()
    >>> list(one_hidden_layer.nn_model(X, Y, 4, num_iterations=10))
    ['W1', 'b1', 'W2', 'b2']
    """

    def note(k: int, cost: float) -> None:
        print(f"Cost after iteration {k}: {cost:f}") if print_cost and k % 1000 == 0 else None

    def cost(net: MLP, X: Any, Y: Any) -> Any:
        return cross_entropy(net(X), Y) * len(Y)  # the course's cost is a mean over examples alone

    start, batches = initialize_parameters(len(X), n_h, len(Y)), repeat((_values(X), _values(Y)), num_iterations)
    return train(start, lambda p: SGD(p, 1.2), cost, batches, note, hidden="tanh")


def predict(parameters: Mapping[str, Any], X: Any) -> Array:
    """Whether the probability of each column of X is above 0.5: booleans of shape (n_y, m).

    >>> import numpy as np
    >>> from tinygraph.lesson import one_hidden_layer
    >>> one_hidden_layer.predict(one_hidden_layer.initialize_parameters(2, 4, 1), np.ones((2, 3))).shape
    (1, 3)
    """
    return _values(forward_propagation(X, parameters)[0]) > 0.5


def plot_decision_boundary(model: Callable[[Array], Any], X: Any, y: Any) -> Any:
    """Draw the regions of the plane where `model` says 0 and 1, and the examples.

    model: a function of rows (k, 2) that gives k numbers, such as
    lambda rows: predict(parameters, rows.T). X: (2, m). y: m labels. It draws on pyplot's current
    axes and returns them.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError('plot_decision_boundary needs matplotlib: pip install ".[examples]"') from None
    X = _values(X)
    sides = [np.linspace(x.min() - 1, x.max() + 1, 300) for x in X]
    grid = np.array(np.meshgrid(*sides))
    axes = pyplot.gca()
    found = np.asarray(model(grid.reshape(2, -1).T), float).reshape(grid.shape[1:])
    axes.contourf(*grid, found, cmap="Spectral", alpha=0.7)
    axes.scatter(X[0], X[1], c=np.ravel(_values(y)), cmap="Spectral", edgecolors="k", linewidths=0.3, s=20)
    axes.set_xlabel("x1")
    axes.set_ylabel("x2")
    return axes
