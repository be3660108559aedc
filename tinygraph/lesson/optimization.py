"""Course 2, week 2: mini-batches, momentum, Adam, and a falling learning rate.

Momentum is the course's: v = beta v + (1 - beta) dW, then W - learning_rate v. tg.optim.SGD has no
factor 1 - beta. Adam is tg.optim.Adam (Kingma & Ba 2015, algorithm 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..nn.costs import cross_entropy
from ..optim import SGD, Adam, Optimizer
from ..tensor import Tensor
from . import _check_dicts, _entry, _values
from .data import moons
from .initialization import initialize_parameters_he
from .three_layers import train

__all__ = ["initialize_adam", "initialize_parameters", "initialize_velocity", "load_dataset", "model"]
__all__ += ["random_mini_batches", "schedule_lr_decay", "update_lr", "update_parameters_with_adam"]
__all__ += ["update_parameters_with_gd", "update_parameters_with_momentum"]

Arrays = Mapping[str, Any]


class Momentum(Optimizer):
    """The course's gradient descent with momentum."""

    def __init__(self, parameters: Any, learning_rate: float, beta: float = 0.9) -> None:
        super().__init__(parameters, learning_rate, "v")
        self.beta = beta

    def rule(self, p: Any, g: Any, numbers: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """The change learning_rate * v, and the new v."""
        v = self.beta * state[0] + (1 - self.beta) * g
        return numbers[0] * v, (v,)


def update_parameters_with_gd(parameters: Arrays, grads: Arrays, learning_rate: float) -> dict[str, Array]:
    """New parameters after one step of gradient descent, as lesson.update_parameters.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> optimization.update_parameters_with_gd({"W1": np.array([[1.0]])}, {"dW1": np.array([[2.0]])}, 0.1)
    {'W1': array([[0.8]])}
    """
    return lesson.update_parameters(parameters, grads, learning_rate)


def random_mini_batches(X: Any, Y: Any, mini_batch_size: int = 64, seed: int = 0) -> list[tuple[Array, Array]]:
    """The examples in the order that the seed gives, cut into batches; the last may be smaller.

    X: (n_x, m). Y: (1, m). Raises ValueError if the numbers of examples differ.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> [x.shape for x, y in optimization.random_mini_batches(np.ones((3, 5)), np.ones((1, 5)), 2)]
    [(3, 2), (3, 2), (3, 1)]
    """
    X, Y = _values(X), _values(Y)
    m = X.shape[1]
    if Y.shape[-1] != m or mini_batch_size < 1:
        raise ValueError(f"random_mini_batches() takes X (n_x, m), Y (1, m) and a size, got {X.shape} and {Y.shape}")
    order = np.random.RandomState(seed).permutation(m)
    parts = np.split(order, range(mini_batch_size, m, mini_batch_size))
    return [(X[:, part], Y.reshape(-1, m)[:, part]) for part in parts]


def initialize_velocity(parameters: Arrays) -> dict[str, Array]:
    """{"dW1": zeros of W1's shape, "db1": ..., ...}.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> optimization.initialize_velocity({"W1": np.ones((1, 2))})
    {'dW1': array([[0., 0.]])}
    """
    _check_dicts("initialize_velocity", parameters=parameters)
    return {f"d{name}": np.zeros(np.shape(_values(p))) for name, p in parameters.items()}


def update_parameters_with_momentum(
    parameters: Arrays, grads: Arrays, v: Arrays, beta: float, learning_rate: float
) -> tuple[Arrays, Arrays]:
    """The new parameters and the new v, after one step with momentum.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> W, dW, v = {"W1": np.array([[1.0]])}, {"dW1": np.array([[2.0]])}, {"dW1": np.array([[0.0]])}
    >>> optimization.update_parameters_with_momentum(W, dW, v, 0.9, 1.0)
    ({'W1': array([[0.8]])}, {'dW1': array([[0.2]])})
    """
    tensors = _with_gradients("update_parameters_with_momentum", parameters, grads)
    rule = Momentum(tensors, learning_rate, beta)
    new, (v,) = _stepped(rule, tensors, 0, v=v)
    return new, v


def initialize_adam(parameters: Arrays) -> tuple[dict[str, Array], dict[str, Array]]:
    """v and s, each as initialize_velocity gives it.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> optimization.initialize_adam({"b1": np.ones((1, 1))})
    ({'db1': array([[0.]])}, {'db1': array([[0.]])})
    """
    return initialize_velocity(parameters), initialize_velocity(parameters)


def update_parameters_with_adam(
    parameters: Arrays,
    grads: Arrays,
    v: Arrays,
    s: Arrays,
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Arrays, Arrays, Arrays]:
    """The new parameters, v and s after step t of Adam, with t = 1 at the first.

    Later versions of the course also give v and s after the correction of their bias: they are
    v / (1 - beta1 ** t) and s / (1 - beta2 ** t). Raises ValueError if t is below 1.

    >>> import numpy as np
    >>> from tinygraph.lesson import optimization
    >>> W, dW = {"W1": np.array([[1.0]])}, {"dW1": np.array([[2.0]])}
    >>> optimization.update_parameters_with_adam(W, dW, *optimization.initialize_adam(W), t=1)[0]
    {'W1': array([[0.99]])}
    """
    if t < 1:
        raise ValueError(f"update_parameters_with_adam() takes t = 1 at the first step, got {t!r}")
    tensors = _with_gradients("update_parameters_with_adam", parameters, grads)
    rule = Adam(tensors, learning_rate, (beta1, beta2), epsilon)
    new, (v, s) = _stepped(rule, tensors, t - 1, m=v, v=s)
    return new, v, s


def _with_gradients(where: str, parameters: Arrays, grads: Arrays) -> dict[str, Tensor]:
    _check_dicts(where, parameters=parameters, grads=grads)
    tensors = {}
    for name, p in parameters.items():
        tensors[name] = Tensor(np.array(_values(p), float), requires_grad=True, name=name)
        gradient = _values(_entry(grads, "grads", f"d{name}"))
        if gradient.shape != tensors[name].shape:
            raise ValueError(f"{where}() takes d{name} of {name}'s shape {tensors[name].shape}, got {gradient.shape}")
        tensors[name].grad = gradient.astype(float)
    return tensors


def _stepped(rule: Optimizer, tensors: dict[str, Tensor], steps: int, **states: Arrays) -> tuple[Any, list[Any]]:
    """The parameters after one step of a rule from these states, and the states after it."""
    state = dict(rule.state_dict())
    for name in tensors:
        state[f"{name}.steps"] = np.int64(steps)
        for kind, given in states.items():
            state[f"{name}.{kind}"] = np.array(_values(_entry(given, kind, f"d{name}")), float)
    rule.load_state_dict(state)
    rule.step()
    after = rule.state_dict()
    found = [{f"d{name}": after[f"{name}.{kind}"] for name in tensors} for kind in states]
    return {name: p.data for name, p in tensors.items()}, found


# --- the falling rate


def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """learning_rate0 / (1 + decay_rate * epoch_num).

    >>> from tinygraph.lesson import optimization
    >>> optimization.update_lr(0.5, 2, 1)
    0.16666666666666666
    """
    return learning_rate0 / (1 + decay_rate * epoch_num)


def schedule_lr_decay(learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000) -> float:
    """The same, with a fall at every `time_interval`-th epoch alone.

    >>> from tinygraph.lesson import optimization
    >>> optimization.schedule_lr_decay(0.5, 100, 0.3, time_interval=100)
    0.3846153846153846
    """
    return learning_rate0 / (1 + decay_rate * (epoch_num // time_interval))


# --- a net trained with each of them


def load_dataset() -> tuple[Array, Array]:
    """The course's moons: train_X (2, 300) and train_Y (1, 300).

    >>> from tinygraph.lesson import optimization
    >>> optimization.load_dataset()[0].shape
    (2, 300)
    """
    return moons(300, 0.2, seed=3)


def initialize_parameters(layer_dims: Sequence[int]) -> dict[str, Array]:
    """He's start by the course's seed 3, as initialization.initialize_parameters_he.

    >>> from tinygraph.lesson import optimization
    >>> list(optimization.initialize_parameters([2, 5, 2, 1]))
    ['W1', 'b1', 'W2', 'b2', 'W3', 'b3']
    """
    return initialize_parameters_he(layer_dims)


def model(
    X: Any,
    Y: Any,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: float = 0.0007,
    mini_batch_size: int = 64,
    beta: float = 0.9,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    num_epochs: int = 10000,
    print_cost: bool = True,
    decay: Any = None,
    decay_rate: float = 1,
) -> dict[str, Array]:
    """Train a net on mini-batches with "gd", "momentum" or "adam"; its parameters.

    decay: update_lr or schedule_lr_decay, or None. It prints the mean cost of every 1000th epoch.
    Raises ValueError for another optimizer.

    >>> from tinygraph.lesson import optimization
    >>> X, Y = optimization.load_dataset()
    >>> parameters = optimization.model(X, Y, [2, 5, 2, 1], "adam", num_epochs=1)
    Cost after epoch 0: 0.702166
    """
    rules = {
        "gd": lambda p: SGD(p, learning_rate),
        "momentum": lambda p: Momentum(p, learning_rate, beta),
        "adam": lambda p: Adam(p, learning_rate, (beta1, beta2), epsilon),
    }
    if optimizer not in rules:
        raise ValueError(f"optimizer is {' or '.join(map(repr, rules))}, got {optimizer!r}")
    X, Y = _values(X), _values(Y)
    count, costs = -(-X.shape[1] // mini_batch_size), [0.0]

    def batches() -> Iterator[tuple[Array, Array]]:
        for epoch in range(num_epochs):
            yield from random_mini_batches(X, Y, mini_batch_size, seed=11 + epoch)

    def note(k: int, cost: float) -> None:
        epoch, batch = divmod(k, count)
        costs[0] = (costs[0] if batch else 0.0) + cost * min(mini_batch_size, X.shape[1] - batch * mini_batch_size)
        if print_cost and batch == count - 1 and epoch % 1000 == 0:
            print(f"Cost after epoch {epoch}: {costs[0] / X.shape[1]:f}")

    def before(rule: Optimizer, k: int) -> None:
        if decay is not None and k and k % count == 0:
            rule.learning_rate = decay(learning_rate, k // count - 1, decay_rate)

    start = initialize_parameters(layers_dims)
    return train(start, rules[optimizer], lambda net, X, Y: cross_entropy(net(X), Y), batches(), note, before)
