"""Course 2, week 1: a backward pass checked by differences, for J = theta x and for a net.

The checks give the relative difference |grad - gradapprox| / (|grad| + |gradapprox|), with central
differences. Below 2e-7, the backward pass is called right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..ops import multiply
from . import _check_dicts, _entry, _values, _walk_back
from . import three_layers as net

__all__ = ["backward_propagation", "backward_propagation_n", "dictionary_to_vector", "forward_propagation"]
__all__ += [
    "forward_propagation_n",
    "gradient_check",
    "gradient_check_n",
    "gradients_to_vector",
    "vector_to_dictionary",
]

MOST = 2e-7  # the largest difference that rounding explains
SHAPES = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}  # of the course's net
backward_propagation_n = net.backward_propagation


def forward_propagation(x: Any, theta: Any) -> Any:
    """J = theta * x.

    >>> from tinygraph.lesson import gradient_checking
    >>> float(gradient_checking.forward_propagation(2, 4))
    8.0
    """
    return multiply(theta, x)


def backward_propagation(x: Any, theta: Any) -> Any:
    """The derivative of J by theta, which is x.

    >>> from tinygraph.lesson import gradient_checking
    >>> float(gradient_checking.backward_propagation(2, 4))
    2.0
    """
    return _walk_back("J", np.ones(np.shape(x)), multiply, theta, x)[0][()]


def gradient_check(x: Any, theta: Any, epsilon: float = 1e-7, print_msg: bool = False) -> float:
    """The relative difference of backward_propagation(x, theta) and of central differences.

    >>> from tinygraph.lesson import gradient_checking
    >>> gradient_checking.gradient_check(2, 4) < 1e-7
    True
    """
    grad = np.reshape(backward_propagation(x, theta), 1)
    approx = _differences(lambda t: forward_propagation(x, t[0]), np.array([theta], float), epsilon)
    return _said(_difference(grad, approx), print_msg)


def forward_propagation_n(X: Any, Y: Any, parameters: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """The cost of the net of three layers, and the cache of forward_propagation.

    >>> import numpy as np
    >>> from tinygraph.lesson import gradient_checking, initialization
    >>> parameters = initialization.initialize_parameters_zeros([4, 5, 3, 1])
    >>> float(gradient_checking.forward_propagation_n(np.ones((4, 2)), np.array([[0, 1]]), parameters)[0])
    0.6931471805599453
    """
    A3, cache = net.forward_propagation(X, parameters)
    return lesson.compute_cost(A3, np.reshape(_values(Y), np.shape(A3))), cache


def gradient_check_n(
    parameters: Mapping[str, Any],
    gradients: Mapping[str, Any],
    X: Any,
    Y: Any,
    epsilon: float = 1e-7,
    print_msg: bool = False,
) -> float:
    """The relative difference of `gradients`, all in one vector, and of central differences.

    Raises KeyError if a gradient is missing, and ValueError if shapes do not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import gradient_checking as check, initialization
    >>> X, Y, parameters = np.ones((4, 2)), np.array([[0, 1]]), initialization.initialize_parameters_he([4, 5, 3, 1])
    >>> cost, cache = check.forward_propagation_n(X, Y, parameters)
    >>> gradients = check.backward_propagation_n(X, Y, cache)
    >>> check.gradient_check_n(parameters, gradients, X, Y) < 2e-7
    True
    """
    theta, _ = dictionary_to_vector(parameters)
    shapes = {name: np.shape(_values(x)) for name, x in parameters.items()}
    grad = gradients_to_vector(gradients)
    if grad.shape != theta.shape:
        raise ValueError(f"gradient_check_n() takes {len(theta)} numbers in gradients, got {len(grad)}")

    def cost(vector: Array) -> Any:
        return forward_propagation_n(X, Y, vector_to_dictionary(vector, shapes))[0]

    return _said(_difference(grad[:, 0], _differences(cost, theta[:, 0], epsilon)), print_msg)


def dictionary_to_vector(parameters: Mapping[str, Any]) -> tuple[Array, list[str]]:
    """All parameters in one column, W1, b1, W2, ..., and the name that each entry came from.

    >>> import numpy as np
    >>> from tinygraph.lesson import gradient_checking
    >>> theta, keys = gradient_checking.dictionary_to_vector(
    ...     {"W1": np.ones((1, 2)), "b1": np.zeros((1, 1))}
    ... )
    >>> theta.ravel(), keys
    (array([1., 1., 0.]), ['W1', 'W1', 'b1'])
    """
    _check_dicts("dictionary_to_vector", parameters=parameters)
    arrays = {f"{kind}{l}": None for l in range(1, len(parameters) // 2 + 1) for kind in "Wb"}
    columns = {name: _values(_entry(parameters, "parameters", name)).reshape(-1, 1) for name in arrays}
    return np.concatenate([*columns.values()]), [name for name, x in columns.items() for _ in x]


def vector_to_dictionary(theta: Any, shapes: Mapping[str, Sequence[int]] = SHAPES) -> dict[str, Array]:
    """The parameters that a column holds; `shapes` are those of the course's net (4, 5, 3, 1).

    Raises ValueError if the number of entries differs.

    >>> import numpy as np
    >>> from tinygraph.lesson import gradient_checking
    >>> gradient_checking.vector_to_dictionary(np.zeros((47, 1)))["W2"].shape
    (3, 5)
    """
    flat, sizes = np.ravel(_values(theta)), [int(np.prod(shape)) for shape in shapes.values()]
    if flat.size != sum(sizes):
        raise ValueError(f"vector_to_dictionary() takes {sum(sizes)} numbers for {dict(shapes)}, got {flat.size}")
    parts = np.split(flat, np.cumsum(sizes)[:-1])
    return {name: x.reshape(shape) for (name, shape), x in zip(shapes.items(), parts, strict=True)}


def gradients_to_vector(gradients: Mapping[str, Any]) -> Array:
    """All dW and db in one column: dW1, db1, dW2, ...

    >>> import numpy as np
    >>> from tinygraph.lesson import gradient_checking
    >>> gradient_checking.gradients_to_vector({"db1": np.ones((1, 1)), "dW1": np.zeros((1, 2))}).ravel()
    array([0., 0., 1.])
    """
    _check_dicts("gradients_to_vector", gradients=gradients)
    count = sum(name.startswith("dW") for name in gradients)
    names = [f"d{kind}{l}" for l in range(1, count + 1) for kind in "Wb"]
    return np.concatenate([_values(_entry(gradients, "gradients", name)).reshape(-1, 1) for name in names])


def _differences(f: Callable[[Array], Any], theta: Array, epsilon: float) -> Array:
    """Central differences of f at theta, entry by entry."""
    steps = epsilon * np.eye(len(theta))
    return np.array([float(f(theta + step) - f(theta - step)) / (2 * epsilon) for step in steps])


def _difference(grad: Array, approx: Array) -> float:
    norms = np.linalg.norm(grad) + np.linalg.norm(approx)
    return float(np.linalg.norm(grad - approx) / norms) if norms else 0.0


def _said(difference: float, print_msg: bool) -> float:
    if print_msg:
        right = "works" if difference <= MOST else "has a mistake"
        print(f"The backward propagation {right}: difference = {difference}")
    return difference
