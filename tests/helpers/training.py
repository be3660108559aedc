"""Networks in training, eager and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygraph as tg


def data(m: int = 40, dtype: str = "float64") -> tuple[Any, Any]:
    X = np.random.default_rng(0).standard_normal((3, m)).astype(dtype)
    return X, (X[:1] * X[1:2] > 0).astype(dtype)


OPTIMIZERS = {
    "SGD": lambda p: tg.optim.SGD(p, 0.1),
    "momentum": lambda p: tg.optim.SGD(p, 0.1, momentum=0.9),
    "nesterov": lambda p: tg.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "decay": lambda p: tg.optim.SGD(p, 0.1, weight_decay=0.1),
    "Adam": lambda p: tg.optim.Adam(p, 0.01),
    "AdamW": lambda p: tg.optim.AdamW(p, 0.01),
    "RMSProp": lambda p: tg.optim.RMSProp(p, 0.01, momentum=0.5),
}


class Pair:
    """Two equal networks, one trained by the compiled step and one by the eager."""

    def __init__(self, optimizer: str = "SGD", dtype: str = "float64", dims: Any = (3, 6, 5, 1)) -> None:
        self.a, self.b = (tg.MLP(dims, rng=1, dtype=dtype) for _ in range(2))
        self.of_a, self.of_b = (OPTIMIZERS[optimizer](mlp.parameters) for mlp in (self.a, self.b))
        self.step = tg.compile(lambda X, Y: tg.cross_entropy(self.a(X), Y), optimizer=self.of_a)

    @staticmethod
    def eager(mlp: Any, optimizer: Any, X: Any, Y: Any) -> Any:
        cost = tg.cross_entropy(mlp(X), Y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        optimizer.zero_grad()
        return cost

    def both(self, X: Any, Y: Any) -> None:
        cost, expected = self.step(X, Y), self.eager(self.b, self.of_b, X, Y)
        np.testing.assert_allclose(cost.numpy(), expected.numpy(), rtol=1e-10 if X.dtype == float else 1e-4)
        assert cost.dtype == expected.dtype
        self.compare(1e-10 if X.dtype == float else 1e-4)

    def compare(self, tolerance: float = 1e-10) -> None:
        for name, p in self.a.parameters.items():
            assert p.dtype == self.b.parameters[name].dtype
            np.testing.assert_allclose(p.numpy(), self.b.parameters[name].numpy(), rtol=tolerance, atol=tolerance)
