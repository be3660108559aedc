"""The net that course 2 gives its students: [LINEAR -> RELU] x 2 -> LINEAR -> SIGMOID.

A cache is the course's flat tuple (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3); with dropout,
the mask D of a hidden layer stands between its Z and A. dA and dZ are gradients of a sum over the
examples, as in `tinygraph.lesson`, and dW and db those of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..compiler.compile import compile as compiled
from ..nn.mlp import MLP, Hidden
from ..ops import relu, sigmoid
from ..ops.composed import logistic_loss
from ..optim import Optimizer
from ..tensor import Tensor
from . import _check_dicts, _entry, _parts, _values, _walk_back

Masks = Sequence[Array] | None


def forward_propagation(X: Any, parameters: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
    """A3 of shape (1, m), and the cache of 12 arrays.

    parameters: {"W1", "b1", ..., "W3", "b3"}. Raises KeyError if one is missing, and ValueError if
    shapes do not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, three_layers
    >>> A3, cache = three_layers.forward_propagation(
    ...     np.ones((2, 5)), initialization.initialize_parameters_he([2, 4, 3, 1])
    ... )
    >>> A3.shape, len(cache)
    ((1, 5), 12)
    """
    return forward(X, parameters)


def forward(X: Any, parameters: Mapping[str, Any], masks: Callable[[Any], Any] | None = None) -> Any:
    """A3 and the cache. masks: gives the mask of a hidden layer's A, already divided, and D."""
    _check_dicts("forward_propagation", parameters=parameters)
    A, cache = X, []
    for l in (1, 2, 3):
        W, b = (_entry(parameters, "parameters", f"{name}{l}") for name in "Wb")
        Z = lesson.linear_forward(A, W, b).Z
        A = relu(Z) if l < 3 else sigmoid(Z)
        dropped: tuple[Any, ...] = ()
        if masks is not None and l < 3:
            D, scaled = masks(A)
            A, dropped = A * scaled, (D,)
        cache += [Z, *dropped, A, W, b]
    return A, tuple(cache)


def backward_propagation(X: Any, Y: Any, cache: Sequence[Any]) -> dict[str, Array]:
    """The gradients {"dZ3", "dW3", "db3", "dA2", "dZ2", ..., "db1"}.

    X: (n_x, m). Y: (1, m). cache: the 12 arrays of forward_propagation. Raises ValueError if shapes
    do not fit.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, three_layers
    >>> X, Y = np.ones((2, 5)), np.ones((1, 5))
    >>> A3, cache = three_layers.forward_propagation(X, initialization.initialize_parameters_he([2, 4, 3, 1]))
    >>> list(three_layers.backward_propagation(X, Y, cache))[:4]
    ['dZ3', 'dW3', 'db3', 'dA2']
    """
    Z1, A1, W1, b1, Z2, A2, W2, b2, _, A3, W3, b3 = _parts(cache, "backward_propagation", names())
    return backward(A3, Y, (Z1, Z2), ((X, W1, b1), (A1, W2, b2), (A2, W3, b3)))


def backward(
    A3: Any, Y: Any, hidden: Sequence[Any], layers: Sequence[tuple[Any, ...]], scales: Sequence[Any] = (1, 1)
) -> dict[str, Array]:
    """The gradients, from Z1 and Z2 and from (A_prev, W, b) of each layer.

    scales: what A1 and A2 were multiplied by.
    """
    dZ = sigmoid_and_cost_backward(A3, Y)
    grads: dict[str, Array] = {}
    for l in (3, 2, 1):
        dA, dW, db = lesson.linear_backward(dZ, layers[l - 1])
        grads |= {f"dZ{l}": dZ, f"dW{l}": dW, f"db{l}": db}
        if l > 1:
            grads[f"dA{l - 1}"] = dA = dA * scales[l - 2]
            (dZ,) = _walk_back(f"A{l - 1}", dA, relu, hidden[l - 2])
    return grads


def sigmoid_and_cost_backward(A: Any, Y: Any) -> Array:
    """dZ of the last layer from its A = sigmoid(Z): A - Y, also if A is exactly 0 or 1."""
    A = np.asarray(_values(A), float)
    with np.errstate(all="ignore"):  # the losses of an A of 0 or 1 may be nan although their slopes are numbers
        Z = np.log(A) - np.log1p(-A)
        return _walk_back("losses", np.ones(A.shape), logistic_loss, Z, np.reshape(_values(Y), A.shape))[0]


def names(dropout: bool = False) -> str:
    """The cache as a text, for errors."""
    hidden = "Z{0}, D{0}, A{0}, W{0}, b{0}" if dropout else "Z{0}, A{0}, W{0}, b{0}"
    return f"({hidden.format(1)}, {hidden.format(2)}, Z3, A3, W3, b3)"


def update_parameters(parameters: Mapping[str, Any], grads: Mapping[str, Any], learning_rate: float) -> Any:
    """One step of gradient descent, as lesson.update_parameters."""
    return lesson.update_parameters(parameters, grads, learning_rate)


def predict(X: Any, y: Any, parameters: Mapping[str, Any]) -> Array:
    """0 or 1 for each column of X, of shape (1, m); prints the share that equals y.

    >>> import numpy as np
    >>> from tinygraph.lesson import initialization, three_layers
    >>> parameters = initialization.initialize_parameters_zeros([2, 4, 3, 1])
    >>> three_layers.predict(np.ones((2, 3)), np.array([[0, 0, 1]]), parameters)
    Accuracy: 0.6666666666666666
    array([[0, 0, 0]])
    """
    found = (_values(forward_propagation(X, parameters)[0]) > 0.5).astype(int)
    print(f"Accuracy: {np.mean(found == _values(y))}")
    return found


def train(
    parameters: Mapping[str, Array],
    optimizer: Callable[[Any], Optimizer],
    cost: Callable[[MLP, Any, Any], Tensor],
    batches: Iterable[tuple[Any, Any]],
    note: Callable[[int, float], None],
    before: Callable[[Optimizer, int], None] = lambda optimizer, k: None,
    hidden: Hidden = "relu",
) -> dict[str, Array]:
    """The parameters after a compiled step on each batch; `note` gets its number and cost."""
    dims = [len(next(iter(parameters.values()))[0]), *(len(p) for name, p in parameters.items() if name[0] == "W")]
    net = MLP(dims, hidden=hidden, rng=0)
    for name, p in net.parameters.items():
        p.data = parameters[name].astype(float)
    rule = optimizer(net.parameters)
    step = compiled(lambda X, Y: cost(net, X, Y), optimizer=rule)
    for k, (X, Y) in enumerate(batches):
        before(rule, k)
        note(k, float(step(X, Y)))
    return {name: p.data.copy() for name, p in net.parameters.items()}
