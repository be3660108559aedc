"""Engines in Python on NumPy, as tinygraph is one: HIPS autograd, MyGrad, DeZero. SGD alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from by_hand import Problem

from .base import Contestant


class InColumns(Contestant):
    def whole(self) -> tuple[Any, ...]:
        return self.p.columns

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.p.X[chosen].T, self.p.Y[chosen].T


class Autograd(InColumns):
    def __init__(self, p: Problem) -> None:
        import autograd.numpy as anp
        from autograd import value_and_grad

        super().__init__(p)
        self.parameters = p.copied_layers()

        def cost_of(parameters: Any, X: Any, Y: Any) -> Any:
            A = X
            for W, b in parameters[:-1]:
                A = anp.maximum(anp.dot(W, A) + b, 0)
            W, b = parameters[-1]
            Z = anp.dot(W, A) + b
            return anp.mean(anp.logaddexp(0, Z) - Y * Z)

        self.cost_and_gradients = value_and_grad(cost_of)

    def train(self, *batch: Any) -> Any:
        cost, gradients = self.cost_and_gradients(self.parameters, *batch)
        for (W, b), (dW, db) in zip(self.parameters, gradients, strict=True):
            W -= self.p.learning_rate * dW
            b -= self.p.learning_rate * db
        return cost


class MyGrad(InColumns):
    def __init__(self, p: Problem) -> None:
        import mygrad as mg

        super().__init__(p)
        self.layers = [(mg.tensor(W), mg.tensor(b)) for W, b in p.copied_layers()]
        self.zero = np.zeros((), p.dtype)  # a Python 0 would turn float32 into float64 in MyGrad

    def train(self, *batch: Any) -> Any:
        import mygrad as mg
        from mygrad.nnet.activations import relu

        A, Y = batch
        for W, b in self.layers[:-1]:
            A = relu(mg.matmul(W, A) + b)
        W, b = self.layers[-1]
        Z = mg.matmul(W, A) + b
        cost = mg.mean(mg.logaddexp(self.zero, Z) - Y * Z)
        cost.backward()
        for x in (x for layer in self.layers for x in layer):
            x.data -= self.p.learning_rate * x.grad
        return cost.data


class DeZero(Contestant):
    def __init__(self, p: Problem) -> None:
        vars(np).setdefault("int", int)  # DeZero 0.0.13 cannot be imported without this relic of NumPy before 1.24
        import dezero.functions as F  # noqa: N812 (as in its own examples)
        from dezero.models import MLP
        from dezero.optimizers import SGD

        super().__init__(p)
        self.model = MLP(p.layer_dims[1:], activation=F.relu)
        for layer, (W, b) in zip(self.model.layers, p.copied_layers(), strict=True):
            layer.W.data, layer.b.data = np.ascontiguousarray(W.T), b.ravel()
        self.sgd = SGD(p.learning_rate).setup(self.model)

    def whole(self) -> tuple[Any, ...]:
        return self.p.X, self.p.Y

    def take(self, chosen: Any) -> tuple[Any, ...]:
        return self.p.X[chosen], self.p.Y[chosen]

    def train(self, *batch: Any) -> Any:
        import dezero.functions as F  # noqa: N812

        X, Y = batch
        cost = F.sigmoid_cross_entropy(self.model(X), Y)
        self.model.cleargrads()
        cost.backward()
        self.sgd.update()
        return cost.data
