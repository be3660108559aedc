"""The contestants of the benchmark: functions from a `Problem` to its step, with a table of them.

tinygraph and its peers are used as a good user uses each: with the layers, the stable cost and the
optimizer that the library offers, examples along the axis that it wants, and its own threads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any

import by_hand
import numpy as np
from by_hand import Problem, Step


def tinygraph_eager(p: Problem) -> Step:
    import tinygraph as tg

    mlp = tg.MLP(p.layer_dims, init="he", rng=0, dtype=p.dtype)
    optimizer = getattr(tg.optim, p.optimizer)(mlp.parameters, p.learning_rate)
    batches = cycle(p.batches)

    def step() -> Any:
        X, Y = next(batches)
        AL = mlp(X)
        cost = tg.cross_entropy(AL, Y)
        cost.backward()
        optimizer.step()
        optimizer.zero_grad()
        return cost

    return step


def tinygraph_compiled(p: Problem) -> Step:
    import tinygraph as tg

    mlp = tg.MLP(p.layer_dims, init="he", rng=0, dtype=p.dtype)
    optimizer = getattr(tg.optim, p.optimizer)(mlp.parameters, p.learning_rate)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=optimizer)
    batches = cycle(p.batches)
    return lambda: step(*next(batches))


def tinygraph_predict(p: Problem, compiled: bool = False) -> Step:
    import tinygraph as tg

    mlp = tg.MLP(p.layer_dims, init="he", rng=0, dtype=p.dtype)
    predict = tg.compile(mlp) if compiled else mlp
    return lambda: predict(p.X)


def pytorch_model(p: Problem, last: Any = None) -> tuple[Any, list[tuple[Any, ...]]]:
    """The net, with `last` after its last layer, and the batches."""
    import torch
    from torch import nn

    layers: list[Any] = []
    for W, b in p.copied_layers():
        weights = {"weight": torch.from_numpy(W), "bias": torch.from_numpy(b.ravel())}
        layer = nn.Linear(W.shape[1], W.shape[0], dtype=weights["weight"].dtype)
        layer.load_state_dict(weights)
        layers += [layer, nn.ReLU()]
    layers[-1:] = [last] if last else []
    batches = [tuple(torch.from_numpy(np.ascontiguousarray(a.T)) for a in batch) for batch in p.batches]
    return nn.Sequential(*layers), batches


def pytorch(p: Problem) -> Step:
    import torch

    model, made = pytorch_model(p)
    batches = cycle(made)
    criterion = torch.nn.BCEWithLogitsLoss()
    optimizer = getattr(torch.optim, p.optimizer)(model.parameters(), p.learning_rate)

    def step() -> Any:
        X, Y = next(batches)
        optimizer.zero_grad()
        cost = criterion(model(X), Y)
        cost.backward()
        optimizer.step()
        return cost

    return step


def pytorch_predict(p: Problem) -> Step:
    import torch

    model, [(X, _), *_] = pytorch_model(p, torch.nn.Sigmoid())

    def step() -> Any:
        with torch.inference_mode():
            return model(X)

    return step


def jax_arrays(p: Problem) -> tuple[list[Any], list[Any]]:
    """The parameters, and the batches."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # float32 stays float32
    return jax.tree.map(jnp.array, p.copied_layers()), jax.tree.map(jnp.array, p.batches)


def jax_logits(parameters: Any, X: Any) -> Any:
    import jax

    for W, b in parameters[:-1]:
        X = jax.nn.relu(W @ X + b)
    W, b = parameters[-1]
    return W @ X + b


def jax_jit(p: Problem) -> Step:
    import jax
    import jax.numpy as jnp

    parameters, made = jax_arrays(p)
    batches = cycle(made)

    def cost_of(parameters: Any, X: Any, Y: Any) -> Any:
        Z = jax_logits(parameters, X)
        return jnp.mean(jax.nn.softplus(Z) - Y * Z)

    def updated(parameters: Any, state: Any, X: Any, Y: Any) -> Any:
        cost, gradients = jax.value_and_grad(cost_of)(parameters, X, Y)
        if p.optimizer == "SGD":
            return jax.tree.map(lambda x, dx: x - p.learning_rate * dx, parameters, gradients), state, cost
        t, m, v = state
        t = t + 1
        m = jax.tree.map(lambda m, dx: 0.9 * m + 0.1 * dx, m, gradients)
        v = jax.tree.map(lambda v, dx: 0.999 * v + 0.001 * dx * dx, v, gradients)
        rate, root = (p.learning_rate / (1 - 0.9**t)).astype(p.dtype), jnp.sqrt(1 - 0.999**t).astype(p.dtype)
        new = jax.tree.map(lambda x, m, v: x - rate * m / (jnp.sqrt(v) / root + 1e-8), parameters, m, v)
        return new, (t, m, v), cost

    train = jax.jit(updated, donate_argnums=(0, 1))
    state: Any = () if p.optimizer == "SGD" else (0.0, *(jax.tree.map(jnp.zeros_like, parameters) for _ in "mv"))

    def step() -> Any:
        nonlocal parameters, state
        parameters, state, cost = train(parameters, state, *next(batches))
        return cost.block_until_ready()

    return step


def jax_predict(p: Problem) -> Step:
    import jax

    parameters, [(X, _), *_] = jax_arrays(p)
    predict: Any = jax.jit(lambda parameters, X: jax.nn.sigmoid(jax_logits(parameters, X)))
    return lambda: predict(parameters, X).block_until_ready()


def hips_autograd(p: Problem) -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters, batches = p.copied_layers(), cycle(p.batches)

    def cost_of(parameters: Any, X: Any, Y: Any) -> Any:
        A = X
        for W, b in parameters[:-1]:
            A = anp.maximum(anp.dot(W, A) + b, 0)
        W, b = parameters[-1]
        Z = anp.dot(W, A) + b
        return anp.mean(anp.logaddexp(0, Z) - Y * Z)

    cost_and_gradients = value_and_grad(cost_of)

    def step() -> Any:
        cost, gradients = cost_and_gradients(parameters, *next(batches))
        for (W, b), (dW, db) in zip(parameters, gradients, strict=True):
            W -= p.learning_rate * dW
            b -= p.learning_rate * db
        return cost

    return step


def mygrad(p: Problem) -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu

    parameters = [(mg.tensor(W), mg.tensor(b)) for W, b in p.copied_layers()]
    zero = np.zeros((), p.dtype)  # a Python 0 would turn float32 into float64 in MyGrad
    batches = cycle(p.batches)

    def step() -> Any:
        A, Y = next(batches)
        for W, b in parameters[:-1]:
            A = relu(mg.matmul(W, A) + b)
        W, b = parameters[-1]
        Z = mg.matmul(W, A) + b
        cost = mg.mean(mg.logaddexp(zero, Z) - Y * Z)
        cost.backward()
        for x in (x for layer in parameters for x in layer):
            x.data -= p.learning_rate * x.grad
        return cost

    return step


def dezero(p: Problem) -> Step:
    vars(np).setdefault("int", int)  # DeZero 0.0.13 cannot be imported without this relic of NumPy before 1.24
    import dezero.functions as F  # noqa: N812 (as in its own examples)
    from dezero.models import MLP
    from dezero.optimizers import SGD

    batches = cycle([(np.ascontiguousarray(X.T), np.ascontiguousarray(Y.T)) for X, Y in p.batches])
    model = MLP(p.layer_dims[1:], activation=F.relu)
    for layer, (W, b) in zip(model.layers, p.copied_layers(), strict=True):
        layer.W.data, layer.b.data = np.ascontiguousarray(W.T), b.ravel()
    sgd = SGD(p.learning_rate).setup(model)

    def step() -> Any:
        X, Y = next(batches)
        cost = F.sigmoid_cross_entropy(model(X), Y)
        model.cleargrads()
        cost.backward()
        sgd.update()
        return cost.data

    return step


# A row a contestant: heading, name on the package index (None: always there), function.
Contestants = dict[str, tuple[str, str | None, Callable[[Problem], Step]]]
CONTESTANTS: Contestants = {
    "lesson": ("lesson by hand", None, by_hand.lesson),
    "expert": ("expert by hand", None, by_hand.expert),
    "products": ("matrix products alone", None, by_hand.products),
    "tinygraph": ("**tinygraph eager**", None, tinygraph_eager),
    "compiled": ("**tinygraph compiled**", None, tinygraph_compiled),
    "pytorch": ("PyTorch eager", "torch", pytorch),
    "jax": ("JAX jit", "jax", jax_jit),
    "autograd": ("HIPS autograd", "autograd", hips_autograd),
    "mygrad": ("MyGrad", "mygrad", mygrad),
    "dezero": ("DeZero", "dezero", dezero),
}
ADAM: Contestants = {key: CONTESTANTS[key] for key in ("lesson", "tinygraph", "compiled", "pytorch", "jax")}
INFERENCE: Contestants = {
    "lesson": ("lesson by hand", None, by_hand.lesson_forward),
    "tinygraph": ("**tinygraph eager**", None, tinygraph_predict),
    "compiled": ("**tinygraph compiled**", None, partial(tinygraph_predict, compiled=True)),
    "pytorch": ("PyTorch eager", "torch", pytorch_predict),
    "jax": ("JAX jit", "jax", jax_predict),
}


# From W1 and W2, a function that gives the Jacobian of W2 @ tanh(W1 @ x) at x.


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
