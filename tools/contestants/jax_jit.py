"""JAX: one jitted function does the whole step, and changes its arguments in place."""

from __future__ import annotations

from typing import Any

from by_hand import Problem

from .base import Contestant, Step


class Jax(Contestant):
    def __init__(self, p: Problem) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)  # float32 stays float32
        super().__init__(p)
        self.X, self.Y = jnp.array(p.X), jnp.array(p.Y)
        self.parameters = jax.tree.map(jnp.array, p.copied_layers())
        zeros = [jax.tree.map(jnp.zeros_like, self.parameters) for _ in "mv"]
        self.state: Any = () if p.optimizer == "SGD" else (0.0, *zeros)
        self.jitted = jax.jit(updated_by(p), donate_argnums=(0, 1))

    def whole(self) -> tuple[Any, ...]:
        import jax.numpy as jnp

        X, Y = self.p.columns
        return jnp.array(X), jnp.array(Y), None

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.X, self.Y, chosen

    def train(self, *batch: Any) -> Any:
        self.parameters, self.state, cost = self.jitted(self.parameters, self.state, *batch)
        return cost

    def run(self, epochs: int) -> list[Any]:
        import jax

        costs: list[Any] = jax.block_until_ready(super().run(epochs))
        return costs

    def prediction(self) -> Step:
        import jax

        X, *_ = self.whole()
        predict: Any = jax.jit(lambda parameters, X: jax.nn.sigmoid(logits(parameters, X)))
        return lambda: predict(self.parameters, X).block_until_ready()


def logits(parameters: Any, X: Any) -> Any:
    import jax

    for W, b in parameters[:-1]:
        X = jax.nn.relu(W @ X + b)
    W, b = parameters[-1]
    return W @ X + b


def updated_by(p: Problem) -> Any:
    """The function of a step, from (parameters, state, X, Y, chosen examples) to new ones and the
    cost.
    """
    import jax
    import jax.numpy as jnp

    def cost_of(parameters: Any, X: Any, Y: Any) -> Any:
        Z = logits(parameters, X)
        if p.is_binary:
            return jnp.mean(jax.nn.softplus(Z) - Y * Z)
        return jnp.mean(jax.nn.logsumexp(Z, axis=0) - Z[Y, jnp.arange(len(Y))])

    def updated(parameters: Any, state: Any, X: Any, Y: Any, chosen: Any) -> Any:
        if chosen is not None:
            X, Y = X[chosen].T, Y[chosen].T
        cost, gradients = jax.value_and_grad(cost_of)(parameters, X, Y)
        if p.optimizer == "SGD":
            return jax.tree.map(lambda x, dx: x - p.learning_rate * dx, parameters, gradients), state, cost
        t, m, v = state
        t = t + 1
        m = jax.tree.map(lambda m, dx: 0.9 * m + 0.1 * dx, m, gradients)
        v = jax.tree.map(lambda v, dx: 0.999 * v + 0.001 * dx * dx, v, gradients)
        rate, root = (p.learning_rate / (1 - 0.9**t)).astype(p.dtype), jnp.sqrt(1 - 0.999**t).astype(p.dtype)
        new = jax.tree.map(lambda x, m, v: x - rate * m / (jnp.sqrt(v) / root + p.eps), parameters, m, v)
        return new, (t, m, v), cost

    return updated
