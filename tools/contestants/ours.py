"""tinygraph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from by_hand import Problem

from .base import Contestant, Step


class Tinygraph(Contestant):
    def __init__(self, p: Problem) -> None:
        import tinygraph as tg

        super().__init__(p)
        self.mlp = tg.MLP(p.layer_dims, init="he", rng=0, dtype=p.dtype)
        self.optimizer = getattr(tg.optim, p.optimizer)(self.mlp.parameters, p.learning_rate, **p.options)
        self.shuffled = tg.batches(p.X, p.Y, batch_size=p.batch_size, examples="rows", rng=0)

    def whole(self) -> tuple[Any, ...]:
        return self.p.columns

    def batches(self) -> Iterable[tuple[Any, ...]]:
        return self.shuffled

    def cost(self, X: Any, Y: Any) -> Any:
        import tinygraph as tg

        AL = self.mlp(X)
        return tg.cross_entropy(AL, Y) if self.p.is_binary else tg.softmax_cross_entropy(AL.inputs[0], Y)

    def train(self, *batch: Any) -> Any:
        cost = self.cost(*batch)
        cost.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return cost.numpy()

    def prediction(self) -> Step:
        X, _ = self.whole()
        return lambda: self.mlp(X)


class Compiled(Tinygraph):
    def __init__(self, p: Problem) -> None:
        import tinygraph as tg

        super().__init__(p)
        self.train = tg.compile(self.cost, optimizer=self.optimizer)  # type: ignore[method-assign]

    def prediction(self) -> Step:
        import tinygraph as tg

        (X, _), predict = self.whole(), tg.compile(self.mlp)
        return lambda: predict(X)
