"""scikit-learn's MLPClassifier: each call of partial_fit is an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from by_hand import Problem

from .base import Contestant


class Sklearn(Contestant):
    def __init__(self, p: Problem) -> None:
        import tinygraph as tg
        from sklearn.neural_network import MLPClassifier

        super().__init__(p)
        self.y = p.Y.ravel().astype(int)
        self.chosen = tg.batches(np.arange(len(p.X)), batch_size=len(p.X), rng=0)  # whole epochs
        self.sizes = [len(p.X)]
        self.model = MLPClassifier(
            p.layer_dims[1:-1],
            solver=p.optimizer.lower(),
            alpha=0,  # no weight decay
            batch_size=p.batch_size,
            learning_rate_init=p.learning_rate,
            shuffle=False,  # because the examples come in a given order
            momentum=0,
            nesterovs_momentum=False,
        )
        classes = np.arange(max(2, p.layer_dims[-1]))
        self.model.partial_fit(p.X[: p.batch_size], self.y[: p.batch_size], classes=classes)  # makes coefs_
        del self.model._optimizer
        for l, (W, b) in enumerate(p.layers):
            self.model.coefs_[l][...], self.model.intercepts_[l][...] = W.T, b.ravel()

    def whole(self) -> tuple[Any, ...]:
        return self.p.X, self.y

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.p.X[chosen], self.y[chosen]

    def train(self, *batch: Any) -> Any:
        self.model.partial_fit(*batch)
        return self.model.loss_
