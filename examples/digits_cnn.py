"""Train a small convolutional net on the digits of scikit-learn, with a fifth held back.

    python examples/digits_cnn.py [--iterations 1350]

Prints the cost while it trains, and the accuracy on the held-back fifth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.train.options import Parser, said, whole

DATA = Path(__file__).resolve().parent / "data" / "digits.npz"
RATE, EXAMPLES = 0.004, 32


class CNN(tg.Model):
    """Two convolutions, a pool and a dense layer, from images of 8 x 8 as columns to ten scores."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.w1, self.b1 = self.drawn(8, 1, 3, 3), tg.Tensor(np.zeros(8, "float32"), requires_grad=True)
        self.w2, self.b2 = self.drawn(16, 8, 3, 3), tg.Tensor(np.zeros(16, "float32"), requires_grad=True)
        self.W3, self.b3 = self.drawn(10, 16 * 4 * 4), tg.Tensor(np.zeros((10, 1), "float32"), requires_grad=True)

    def drawn(self, *shape: int) -> tg.Tensor:
        spread = np.sqrt(2 / np.prod(shape[1:]))
        return tg.Tensor((spread * self.rng.standard_normal(shape)).astype("float32"), requires_grad=True)

    def __call__(self, X: Any) -> Any:
        A = X.T.reshape(-1, 1, 8, 8)  # (N, C, H, W)
        A = tg.relu(tg.conv2d(A, self.w1, self.b1, padding=1))
        A = tg.relu(tg.conv2d(A, self.w2, self.b2, padding=1))
        A = tg.max_pool2d(A, 2)
        A = A.reshape(len(A), -1).T  # columns
        return self.W3 @ tg.dropout(A, 0.25, self.rng) + self.b3


def train(iterations: int) -> float:
    """Train for so many steps; returns the accuracy on the examples that were held back."""
    with np.load(DATA) as file:
        X, Y = (file["X"] / 16).astype("float32"), file["digit"]
    order = np.random.default_rng(0).permutation(Y.size)
    held_back, trained = order[: Y.size // 5], order[Y.size // 5 :]
    net = CNN(np.random.default_rng(0))
    optimizer = tg.optim.Adam(net.parameters, RATE)
    rate = tg.optim.schedules.cosine(RATE, steps=iterations)
    step = tg.compile(lambda X, Y: tg.softmax_cross_entropy(net(X), Y), optimizer=optimizer)
    batches = tg.batches(X[:, trained], Y[trained], batch_size=EXAMPLES, rng=0, epochs=iterations)
    for k, (x, y) in zip(range(iterations), batches, strict=False):
        optimizer.learning_rate = rate(k)
        cost = step(x, y)
        if (k + 1) % 100 == 0 or k + 1 == iterations:
            print(f"cost after iteration {k + 1}: {float(cost):.6f}")
    with tg.evaluating(), tg.no_grad():
        answers = np.argmax(net(X[:, held_back]), axis=0)
    return float(np.mean(answers == Y[held_back]))


def main(argv: list[str] | None = None) -> None:
    parser = Parser("digits_cnn.py", description="Train a small convolutional net on handwritten digits.")
    parser.add_argument("--iterations", type=whole(1), default=1350, metavar="N", help="default: 1350")
    options = parser.parse_args(argv)
    try:
        print(f"accuracy on the held-back fifth: {100 * train(options.iterations):.1f}%")
    except OSError as error:
        parser.error(said(error))


if __name__ == "__main__":
    main()
