"""The data sets of the course that are made by a formula and a seed: a flower, circles, moons.

Each function draws from NumPy's legacy generator in the order in which the course's own code or
scikit-learn draws, so that the same seed gives the same bits.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array


def flower(m: int = 400, seed: int = 1) -> tuple[Array, Array]:
    """The planar flower of week 3: X (2, m) with petals of two classes, and Y (1, m).

    >>> from tinygraph.lesson import data
    >>> X, Y = data.flower()
    >>> X.shape, Y.shape, int(Y.sum())
    ((2, 400), (1, 400), 200)
    """
    random, n = np.random.RandomState(seed), m // 2
    parts = []
    for k in (0, 1):
        angle = np.linspace(3.12 * k, 3.12 * (k + 1), n) + 0.2 * random.randn(n)
        radius = 4 * np.sin(4 * angle) + 0.2 * random.randn(n)
        parts.append(radius * np.array([np.sin(angle), np.cos(angle)]))
    return np.concatenate(parts, axis=1), np.repeat([[0, 1]], n, axis=1)


def circles(m: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Two circles around 0, as sklearn.datasets.make_circles: X (2, m) and Y (1, m).

    Y is 1 for the inner one, whose radius is 0.8.

    >>> from tinygraph.lesson import data
    >>> X, Y = data.circles(300, noise=0.05, seed=1)
    >>> X[:, Y[0] == 1].shape
    (2, 150)
    """
    outer, inner = (np.linspace(0, 2 * np.pi, n, endpoint=False) for n in (m // 2, m - m // 2))
    X = np.array([np.cos(outer), np.sin(outer)]), np.array([np.cos(inner), np.sin(inner)]) * 0.8
    return _mixed(X, noise, seed)


def moons(m: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Two half circles, each reaching into the other, as make_moons has them: X (2, m), Y (1, m).

    >>> from tinygraph.lesson import data
    >>> X, Y = data.moons(300, noise=0.2, seed=3)
    >>> X.shape, Y.shape
    ((2, 300), (1, 300))
    """
    upper, lower = (np.linspace(0, np.pi, n) for n in (m // 2, m - m // 2))
    X = np.array([np.cos(upper), np.sin(upper)]), np.array([1 - np.cos(lower), 1 - np.sin(lower) - 0.5])
    return _mixed(X, noise, seed)


def _mixed(classes: tuple[Array, Array], noise: float, seed: int) -> tuple[Array, Array]:
    """The examples of both classes in a random order, with noise on their positions."""
    random = np.random.RandomState(seed)
    X, Y = np.concatenate(classes, axis=1), np.repeat([[0, 1]], [x.shape[1] for x in classes], axis=1)
    order = np.arange(X.shape[1])
    random.shuffle(order)
    return X[:, order] + random.normal(scale=noise, size=X.T.shape).T, Y[:, order]
