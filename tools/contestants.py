"""Who runs in the benchmark: each is a function from a `Problem` to its training step, and a row in `CONTESTANTS`.

tinygraph and its peers are written as a good user of each writes them: the layers, the stable cost and the optimizer
that the library offers, examples along the axis that it wants, threads as it sets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import by_hand
import numpy as np
from by_hand import Problem, Step


def tinygraph_eager(p: Problem) -> Step:
    import tinygraph as tg

    mlp = tg.MLP(p.layer_dims, init="he", rng=0, dtype=p.dtype)
    sgd = tg.optim.SGD(mlp.parameters, p.learning_rate)

    def step() -> Any:
        AL = mlp(p.X)
        cost = tg.cross_entropy(AL, p.Y)
        cost.backward()
        sgd.step()
        sgd.zero_grad()
        return cost

    return step


def pytorch(p: Problem) -> Step:
    import torch
    from torch import nn

    X, Y = (torch.from_numpy(np.ascontiguousarray(a.T)) for a in (p.X, p.Y))
    layers: list[Any] = []
    for W, b in p.copied_layers():
        layer = nn.Linear(W.shape[1], W.shape[0], dtype=X.dtype)
        layer.load_state_dict({"weight": torch.from_numpy(W), "bias": torch.from_numpy(b.ravel())})
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    criterion = nn.BCEWithLogitsLoss()
    sgd = torch.optim.SGD(model.parameters(), p.learning_rate)

    def step() -> Any:
        sgd.zero_grad()
        cost = criterion(model(X), Y)
        cost.backward()
        sgd.step()
        return cost

    return step


def jax_jit(p: Problem) -> Step:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # float32 stays float32
    X, Y = jnp.asarray(p.X), jnp.asarray(p.Y)
    parameters = [(jnp.array(W), jnp.array(b)) for W, b in p.copied_layers()]

    def cost_of(parameters: Any, X: Any, Y: Any) -> Any:
        A = X
        for W, b in parameters[:-1]:
            A = jax.nn.relu(W @ A + b)
        W, b = parameters[-1]
        Z = W @ A + b
        return jnp.mean(jax.nn.softplus(Z) - Y * Z)

    def updated(parameters: Any, X: Any, Y: Any) -> Any:
        cost, gradients = jax.value_and_grad(cost_of)(parameters, X, Y)
        return jax.tree.map(lambda x, dx: x - p.learning_rate * dx, parameters, gradients), cost

    train = jax.jit(updated, donate_argnums=0)

    def step() -> Any:
        nonlocal parameters
        parameters, cost = train(parameters, X, Y)
        return cost.block_until_ready()

    return step


def hips_autograd(p: Problem) -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = p.copied_layers()

    def cost_of(parameters: Any) -> Any:
        A = p.X
        for W, b in parameters[:-1]:
            A = anp.maximum(anp.dot(W, A) + b, 0)
        W, b = parameters[-1]
        Z = anp.dot(W, A) + b
        return anp.mean(anp.logaddexp(0, Z) - p.Y * Z)

    cost_and_gradients = value_and_grad(cost_of)

    def step() -> Any:
        cost, gradients = cost_and_gradients(parameters)
        for (W, b), (dW, db) in zip(parameters, gradients, strict=True):
            W -= p.learning_rate * dW
            b -= p.learning_rate * db
        return cost

    return step


def mygrad(p: Problem) -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu

    parameters = [(mg.tensor(W), mg.tensor(b)) for W, b in p.copied_layers()]
    zero = np.zeros((), p.dtype)  # a Python 0 would make float64 of float32 in MyGrad

    def step() -> Any:
        A = p.X
        for W, b in parameters[:-1]:
            A = relu(mg.matmul(W, A) + b)
        W, b = parameters[-1]
        Z = mg.matmul(W, A) + b
        cost = mg.mean(mg.logaddexp(zero, Z) - p.Y * Z)
        cost.backward()
        for x in (x for layer in parameters for x in layer):
            x.data -= p.learning_rate * x.grad
        return cost

    return step


def dezero(p: Problem) -> Step:
    vars(np).setdefault("int", int)  # DeZero 0.0.13 cannot be imported without this relic of NumPy before 1.24
    import dezero.functions as F  # noqa: N812 (as its own examples have it)
    from dezero.models import MLP
    from dezero.optimizers import SGD

    X, Y = np.ascontiguousarray(p.X.T), np.ascontiguousarray(p.Y.T)
    model = MLP(p.layer_dims[1:], activation=F.relu)
    for layer, (W, b) in zip(model.layers, p.copied_layers(), strict=True):
        layer.W.data, layer.b.data = np.ascontiguousarray(W.T), b.ravel()
    sgd = SGD(p.learning_rate).setup(model)

    def step() -> Any:
        cost = F.sigmoid_cross_entropy(model(X), Y)
        model.cleargrads()
        cost.backward()
        sgd.update()
        return cost.data

    return step


# One row a contestant: its heading, what the package index calls it (None: it is always there), its function.
CONTESTANTS: dict[str, tuple[str, str | None, Callable[[Problem], Step]]] = {
    "lesson": ("lesson by hand", None, by_hand.lesson),
    "expert": ("expert by hand", None, by_hand.expert),
    "products": ("matrix products alone", None, by_hand.products),
    "tinygraph": ("**tinygraph eager**", None, tinygraph_eager),
    "pytorch": ("PyTorch eager", "torch", pytorch),
    "jax": ("JAX jit", "jax", jax_jit),
    "autograd": ("HIPS autograd", "autograd", hips_autograd),
    "mygrad": ("MyGrad", "mygrad", mygrad),
    "dezero": ("DeZero", "dezero", dezero),
}
