"""Course 1, week 2: logistic regression, a net of one layer, under the course's names.

w is (n_x, 1) and b a number. The parts are computed by one tape; grads holds "dw" and "db".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..modes import enable_grad
from ..nn.costs import cross_entropy
from ..ops import sigmoid as sigmoid
from ..tensor import Tensor
from . import _values, update_parameters

__all__ = ["initialize_with_zeros", "model", "optimize", "predict", "propagate", "sigmoid"]


def initialize_with_zeros(dim: int) -> tuple[Array, float]:
    """w of shape (dim, 1) and b, both 0.

    >>> from tinygraph.lesson import logistic
    >>> w, b = logistic.initialize_with_zeros(3)
    >>> w.shape, b
    ((3, 1), 0.0)
    """
    return np.zeros((dim, 1)), 0.0


def propagate(w: Any, b: Any, X: Any, Y: Any) -> tuple[dict[str, Any], Any]:
    """The gradients {"dw": (n_x, 1), "db": a number} and the cost, from one pass each way.

    w: (n_x, 1). b: a number. X: (n_x, m). Y: (1, m), of 0 and 1. Raises ValueError if the shapes do
    not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import logistic
    >>> grads, cost = logistic.propagate(np.zeros((2, 1)), 0.0, np.eye(2), np.array([[0, 1]]))
    >>> grads["dw"].ravel(), float(cost)
    (array([ 0.25, -0.25]), 0.6931471805599453)
    """
    weights, cost = _cost(w, b, X, Y)
    cost.backward()
    return {"dw": weights["w"].grad, "db": weights["b"].grad[()]}, cost.data[()]


def optimize(
    w: Any,
    b: Any,
    X: Any,
    Y: Any,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], list[float]]:
    """Gradient descent: params {"w", "b"}, the last grads, and the cost at every 100th iteration.

    >>> import numpy as np
    >>> from tinygraph.lesson import logistic
    >>> w, b = logistic.initialize_with_zeros(2)
    >>> params, grads, costs = logistic.optimize(w, b, np.eye(2), np.array([[0, 1]]), 101, 1.0)
    >>> costs[0] > costs[1]
    True
    """
    costs: list[float] = []
    grads: dict[str, Any] = {}
    for k in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        params = {name: np.asarray(_values(x), float) for name, x in (("w", w), ("b", b))}
        params = update_parameters(params, grads, learning_rate)
        w, b = params["w"], params["b"][()]
        if k % 100 == 0:
            costs.append(float(cost))
            print(f"Cost after iteration {k}: {cost:f}") if print_cost else None
    return {"w": w, "b": b}, grads, costs


def predict(w: Any, b: Any, X: Any) -> Array:
    """1.0 for each column of X whose probability is above 0.5, otherwise 0.0; of shape (1, m).

    >>> import numpy as np
    >>> from tinygraph.lesson import logistic
    >>> logistic.predict(np.ones((1, 1)), 0.0, np.array([[-1.0, 2.0]]))
    array([[0., 1.]])
    """
    w = _values(w)
    return np.asarray(sigmoid(w.reshape(-1, 1).T @ _values(X) + b) > 0.5, float)


def model(
    X_train: Any,
    Y_train: Any,
    X_test: Any,
    Y_test: Any,
    num_iterations: int = 2000,
    learning_rate: float = 0.5,
    print_cost: bool = False,
) -> dict[str, Any]:
    """Train on one set, predict both: the course's dict of costs, predictions, w and b.

    >>> import numpy as np
    >>> from tinygraph.lesson import logistic
    >>> X, Y = np.array([[-1.0, 1.0]]), np.array([[0, 1]])
    >>> logistic.model(X, Y, X, Y, num_iterations=10)["Y_prediction_test"]
    array([[0., 1.]])
    """
    params, _, costs = optimize(
        *initialize_with_zeros(len(X_train)), X_train, Y_train, num_iterations, learning_rate, print_cost
    )
    w, b = params["w"], params["b"]
    found = {"train": predict(w, b, X_train), "test": predict(w, b, X_test)}
    if print_cost:
        for name, Y in (("train", Y_train), ("test", Y_test)):
            print(f"{name} accuracy: {100 - np.mean(np.abs(found[name] - Y)) * 100} %")
    head = {"costs": costs, "Y_prediction_test": found["test"], "Y_prediction_train": found["train"]}
    return {**head, "w": w, "b": b, "learning_rate": learning_rate, "num_iterations": num_iterations}


def _cost(w: Any, b: Any, X: Any, Y: Any) -> tuple[dict[str, Tensor], Tensor]:
    """The parameters as leaves of a tape, and the cost at its end."""
    arrays = _values(w).astype(float, copy=False), _values(b).astype(float, copy=False)
    w_, b_ = (Tensor(x, requires_grad=True, name=name) for name, x in zip("wb", arrays, strict=True))
    if w_.ndim != 2 or w_.shape[1] != 1 or b_.size != 1:
        raise ValueError(f"propagate() takes w of shape (n_x, 1) and a number b, got {w_.shape} and {b_.shape}")
    with enable_grad():
        return {"w": w_, "b": b_}, cross_entropy(sigmoid(w_.T @ _values(X) + b_), _values(Y))
