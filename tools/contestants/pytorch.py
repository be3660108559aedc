"""PyTorch: eager, with the fused optimizer, and with torch.compile."""

from __future__ import annotations

from functools import cache
from typing import Any

from by_hand import Problem

from .base import Contestant, Step


class PyTorch(Contestant):
    def __init__(self, p: Problem, fused: bool = False, compiled: bool = False) -> None:
        import torch

        super().__init__(p)
        self.X, self.Y = torch.from_numpy(p.X), torch.from_numpy(p.Y)
        self.model = model_of(p)
        self.optimizer = getattr(torch.optim, p.optimizer)(
            self.model.parameters(), p.learning_rate, fused=True if fused else None, **p.options
        )
        self.criterion = torch.nn.BCEWithLogitsLoss() if p.is_binary else torch.nn.CrossEntropyLoss()
        if compiled:
            torch.compiler.reset()  # the code is the same for each net, and it would be compiled anew a few times only
            self.cost = torch.compile(self.cost)  # type: ignore[method-assign]

    def whole(self) -> tuple[Any, ...]:
        return self.X, self.Y

    def take(self, chosen: Any) -> tuple[Any, ...]:
        import torch

        chosen = torch.from_numpy(chosen)
        return self.X[chosen], self.Y[chosen]

    def cost(self, X: Any, Y: Any) -> Any:
        return self.criterion(self.model(X), Y)

    def train(self, *batch: Any) -> Any:
        self.optimizer.zero_grad()
        cost = self.cost(*batch)
        cost.backward()
        self.optimizer.step()
        return cost.detach()

    def prediction(self) -> Step:
        import torch

        model = torch.nn.Sequential(self.model, torch.nn.Sigmoid())

        def step() -> Any:
            with torch.inference_mode():
                return model(self.X)

        return step


def model_of(p: Problem) -> Any:
    import torch
    from torch import nn

    layers: list[Any] = []
    for W, b in p.copied_layers():
        weights = {"weight": torch.from_numpy(W), "bias": torch.from_numpy(b.ravel())}
        layer = nn.Linear(W.shape[1], W.shape[0], dtype=weights["weight"].dtype)
        layer.load_state_dict(weights)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@cache
def compiles() -> bool:
    """Whether torch.compile works here: it needs a C++ compiler."""
    import torch

    try:
        torch.compile(lambda x: x + 1)(torch.ones(1))
    except Exception:  # many kinds, and any means that it does not
        return False
    return True
