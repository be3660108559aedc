"""NumPy by hand, and numba by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import chain
from typing import Any

import by_hand
import by_numba
import numpy as np
from by_hand import Problem, Train

from .base import Contestant, Step


class ByHand(Contestant):
    train: Any = None  # set for each contestant

    def __init__(self, p: Problem, make: Callable[[Problem], Train]) -> None:
        super().__init__(p)
        self.train = make(p)

    def whole(self) -> tuple[Any, ...]:
        return self.p.columns

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.p.X[chosen].T, self.p.Y[chosen].T


class Lesson(ByHand):
    """With mini-batches as in the course: columns shuffled, then sliced."""

    def __init__(self, p: Problem) -> None:
        super().__init__(p, by_hand.lesson)

    @cached_property
    def columns(self) -> tuple[Any, Any]:
        return self.p.columns

    def batches(self) -> Iterable[tuple[Any, ...]]:
        order = np.concatenate([chosen for (chosen,) in self.chosen])
        return by_hand.random_mini_batches(*self.columns, order, self.p.batch_size)

    def prediction(self) -> Step:
        (X, _), parameters = self.p.columns, by_hand.initialize_parameters(self.p)
        return lambda: by_hand.L_model_forward(X, parameters)[0]


class Numba(Contestant):
    def __init__(self, p: Problem) -> None:
        super().__init__(p)
        self.compiled, self.t = by_numba.compiled(p.is_binary), 0
        self.dims = np.array(p.layer_dims)
        self.x = np.concatenate([a.ravel() for a in chain(*p.layers)])
        self.dx = np.empty_like(self.x)
        self.m, self.v = (np.zeros(0 if p.optimizer == "SGD" else self.x.size, p.dtype) for _ in "mv")
        self.values = np.empty(p.batch_size * sum(p.layer_dims[1:]), p.dtype)

    def whole(self) -> tuple[Any, ...]:
        return self.p.X, self.p.Y

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.p.X[chosen], self.p.Y[chosen]

    def train(self, *batch: Any) -> Any:
        self.t += 1
        p, t, rate = self.p, self.t, self.p.learning_rate
        numbers = (rate, 1.0, 0.9, 0.999, 0.1, 0.001, p.eps)
        if p.optimizer == "Adam":
            numbers = (rate / (1 - 0.9**t), (1 - 0.999**t) ** 0.5, *numbers[2:])
        as_dtype = tuple(map(p.dtype.type, numbers))
        return self.compiled(self.dims, self.x, self.dx, self.m, self.v, self.values, *batch, as_dtype)
