"""What every contestant of the benchmark is: a net and data, and one training step on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np
from by_hand import Problem

Step = Callable[[], Any]


class Contestant(ABC):
    """It starts from p.layers. `train` takes a batch in the contestant's own arrays."""

    def __init__(self, p: Problem) -> None:
        import tinygraph as tg

        self.p, m = p, len(p.X)
        # the examples of each batch; the same for all, because they come from one seed
        self.chosen = tg.batches(np.arange(m), batch_size=p.batch_size, rng=0)
        self.sizes = [min(p.batch_size, m - start) for start in range(0, m, p.batch_size)]

    @abstractmethod
    def train(self, *batch: Any) -> Any:
        """Do one training step, and return the cost before it, which holds no graph."""

    @abstractmethod
    def whole(self) -> tuple[Any, ...]:
        """All examples as one batch."""

    @cached_property
    def everything(self) -> tuple[Any, ...]:
        """`whole`, laid out once: a turn may be a single step, and would count the copy of X."""
        return self.whole()

    def take(self, chosen: Any) -> tuple[Any, ...]:
        """The batch of these examples."""
        raise NotImplementedError

    def batches(self) -> Iterable[tuple[Any, ...]]:
        """The batches of the next epoch."""
        return (self.take(chosen) for (chosen,) in self.chosen)

    def run(self, epochs: int) -> list[float]:
        """Do epochs, and return the cost of each. If all examples are one batch, an epoch is a
        step.
        """
        if self.p.batch_size >= len(self.p.X):
            return [self.train(*self.everything) for _ in range(epochs)]
        return [self.epoch() for _ in range(epochs)]

    def epoch(self) -> float:
        """Do the next epoch, and return the mean of its costs."""
        costs = [self.train(*batch) for batch in self.batches()]
        return float(np.average([float(cost) for cost in costs], weights=self.sizes))

    def prediction(self) -> Step:
        """A function that predicts all examples."""
        raise NotImplementedError
