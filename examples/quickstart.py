"""tinygraph in a few lines: a gradient, then a network that learns, its tape and its picture."""

from pathlib import Path

import numpy as np

import tinygraph as tg

# A tensor remembers what made it, so the slope of y = x**2 + sin(x) at 3 is 2 * 3 + cos(3).
x = tg.Tensor(3.0, requires_grad=True, name="x")
y = x**2 + np.sin(x)
y.backward()
print(f"slope by the tape {float(x.grad):.6f}, by hand {2 * 3 + np.cos(3):.6f}")

# An example is a column: two numbers each, and 1 where their signs agree.
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

print(cost.tape())
Path("out").mkdir(exist_ok=True)
tg.save_diagram(cost, "out/quickstart.svg")
