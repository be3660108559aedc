"""A training step by hand in numba: what a user writes who wants one net to be fast.

All parameters stand in one vector, W and b of each layer in turn, and so do the gradients and
Adam's two states. Examples are rows. Each loop over entries does all that is to be done to them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


def binary_cost_and_dZ(Z: Any, Y: Any) -> Any:
    cost = 0.0
    for i in range(len(Z)):
        z, y = Z[i, 0], Y[i, 0]
        small = np.exp(-abs(z))
        cost += max(z, Z.dtype.type(0)) - z * y + np.log1p(small)
        Z[i, 0] = ((1 if z >= 0 else small) / (1 + small) - y) / len(Z)
    return cost / len(Z)


def softmax_cost_and_dZ(Z: Any, Y: Any) -> Any:
    cost = 0.0
    for i in range(len(Z)):
        row = Z[i]
        row -= row.max()
        z = row[Y[i]]
        row[:] = np.exp(row)
        total = row.sum()
        cost += np.log(total) - z
        row /= total * len(Z)
        row[Y[i]] -= Z.dtype.type(1) / len(Z)
    return cost / len(Z)


@cache
def compiled(is_binary: bool) -> Any:
    """train(dims, parameters, gradients, m, v, values, X, Y, numbers), which returns the cost."""
    import numba

    cost_and_dZ: Any = numba.njit(fastmath=True)(binary_cost_and_dZ if is_binary else softmax_cost_and_dZ)

    def train(dims: Any, x: Any, dx: Any, m: Any, v: Any, values: Any, X: Any, Y: Any, numbers: Any) -> Any:
        size, w, a, A, zero = len(X), 0, 0, X, x.dtype.type(0)
        for l in range(1, len(dims)):
            k, n = dims[l - 1], dims[l]
            W, b = x[w : w + n * k].reshape(n, k), x[w + n * k : w + n * k + n]
            Z = values[a : a + size * n].reshape(size, n)
            w, a = w + n * k + n, a + size * n
            np.dot(A, W.T, Z)
            for i in range(size):
                for j in range(n):
                    z = Z[i, j] + b[j]
                    Z[i, j] = z if z > 0 or l == len(dims) - 1 else zero
            A = Z
        cost, dZ = cost_and_dZ(A, Y), A
        for l in range(len(dims) - 1, 0, -1):
            k, n = dims[l - 1], dims[l]
            w, a = w - n * k - n, a - size * n
            A = values[a - size * k : a].reshape(size, k) if l > 1 else X
            np.dot(dZ.T, A, dx[w : w + n * k].reshape(n, k))
            db = dx[w + n * k : w + n * k + n]
            db[:] = 0
            for i in range(size):
                for j in range(n):
                    db[j] += dZ[i, j]
            if l > 1:
                dA = np.dot(dZ, x[w : w + n * k].reshape(n, k))
                for i in range(size):
                    for j in range(k):
                        A[i, j] = dA[i, j] if A[i, j] > 0 else zero
            dZ = A
        rate, root, beta1, beta2, rest1, rest2, eps = numbers
        for i in range(len(x)):
            if len(m) == 0:  # SGD
                x[i] -= rate * dx[i]
            else:
                m[i] = beta1 * m[i] + rest1 * dx[i]
                v[i] = beta2 * v[i] + rest2 * dx[i] * dx[i]
                x[i] -= rate * m[i] / (np.sqrt(v[i]) / root + eps)
        return cost

    return numba.njit(fastmath=True)(train)
