"""scikit-learn's MLPClassifier: one call of fit does many epochs, so that its checks count little."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from by_hand import Problem

from .base import Contestant


class Sklearn(Contestant):
    def __init__(self, p: Problem) -> None:
        from sklearn.neural_network import MLPClassifier

        super().__init__(p)
        self.y = p.Y.ravel().astype(int)
        self.model: Any = MLPClassifier(
            p.layer_dims[1:-1],
            solver=p.optimizer.lower(),
            alpha=0,  # no weight decay
            batch_size=p.batch_size,
            learning_rate_init=p.learning_rate,
            shuffle=p.batch_size < len(p.X),
            tol=0,
            n_iter_no_change=10**9,
            epsilon=p.eps,
            momentum=0,
            nesterovs_momentum=False,
            warm_start=True,
        )
        self.model.partial_fit(p.X, self.y, classes=np.unique(self.y))  # makes coefs_
        for l, (W, b) in enumerate(p.layers):
            self.model.coefs_[l][...], self.model.intercepts_[l][...] = W.T, b.ravel()
        self.order = self.model.random_state = GivenOrder(self.chosen, len(p.X))

    def whole(self) -> tuple[Any, ...]:
        return self.p.X, self.y

    def run(self, epochs: int) -> list[float]:
        """Adam's state starts anew with each call."""
        self.order.begin()
        self.model.max_iter = epochs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            self.model.fit(*self.whole())
        costs: list[float] = self.model.loss_curve_[-epochs:]
        return costs

    def train(self, *batch: Any) -> Any:
        raise NotImplementedError


class GivenOrder(np.random.RandomState):
    """A source of random numbers that gives the examples the order of the other contestants."""

    def __init__(self, chosen: Any, m: int) -> None:
        super().__init__()
        self.chosen, self.m = chosen, m

    def begin(self) -> None:
        self.last = np.arange(self.m)  # each fit starts from here, and shuffles what it shuffled before

    def shuffle(self, x: Any) -> None:
        places = np.empty_like(self.last)
        places[self.last] = np.arange(self.m)
        self.last = np.concatenate([part for (part,) in self.chosen])
        x[:] = places[self.last]
