"""tinygraph in a few lines: a gradient, a network that learns, its tape and its picture."""

import argparse
from pathlib import Path

import numpy as np

import tinygraph as tg

argparse.ArgumentParser(description=__doc__).parse_args()

# The README's first code: one layer, its cost, and the gradient of its weights.
W = tg.Tensor([[1.0, -2.0]], requires_grad=True, name="W")
b = tg.Tensor([[0.5]], requires_grad=True, name="b")
X = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]])  # examples are columns
Y = np.array([[1.0, 1.0, 0.0]])

A = tg.sigmoid(W @ X + b)
cost = tg.cross_entropy(A, Y)
cost.backward()

print(W.grad)  # from the tape
print((A.data - Y) @ X.T / 3)  # by hand: dW = (A - Y) X^T / m

# A network that learns whether the signs of two numbers agree.
X = np.random.default_rng(0).standard_normal((2, 200))
Y = (X[:1] * X[1:] > 0).astype(float)

mlp = tg.MLP([2, 8, 1], rng=1)
optimizer = tg.optim.Adam(mlp.parameters, learning_rate=0.05)
for i in range(301):
    cost = tg.cross_entropy(mlp(X), Y)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()
    if i % 100 == 0:
        print(f"cost after iteration {i}: {cost:.4f}")
print(f"accuracy {np.mean(mlp.predict(X) == Y):.1%}")

# The recorded ops, as a table and as a picture.
cost = tg.cross_entropy(mlp(X), Y)
print(cost.tape())
Path("out").mkdir(exist_ok=True)
tg.save_diagram(cost, "out/quickstart.svg")
