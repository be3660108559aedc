"""Arrays as views of one contiguous vector, so that one call of NumPy works on all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np

from ..arrays import Array

Shape: TypeAlias = tuple[int, ...]
WHOLE = 100_000  # entries: up to here, the calls for more blocks cost more than the cache saves
BLOCK = 1 << 17  # bytes of an array's part, so that the parts of all arrays fit into a core's cache


def block_length(size: int, dtype: np.dtype[Any]) -> int:
    """The entries of a block, for a rule of many calls over a vector."""
    return max(size if size <= WHOLE else BLOCK // dtype.itemsize, 1)


def aligned(size: int, dtype: np.dtype[Any]) -> Array:
    """A new array of `size` entries that begins where vector instructions like it."""
    return _aligned_in(np.empty(size * dtype.itemsize + 64, np.uint8), size, dtype)


def _aligned_in(block: Array, size: int, dtype: np.dtype[Any]) -> Array:
    start = -block.ctypes.data % 64
    return block[start : start + size * dtype.itemsize].view(dtype)


class Vectors:
    """Where the entries of each array lie in a vector.

    blocks: the shapes of the arrays in their order. A block has one array, or W and b, which lie
    side by side as [W b].
    """

    def __init__(self, blocks: list[tuple[Shape, ...]]) -> None:
        self._blocks = blocks
        self._ends = [*accumulate(sum(map(math.prod, shapes)) for shapes in blocks)]
        self.size = self._ends[-1]

    def matrices(self, whole: Array) -> list[Array]:
        """A view of a vector for each block."""
        parts = zip(np.split(whole, self._ends[:-1]), self._blocks, strict=True)
        return [part.reshape(shapes[0] if len(shapes) == 1 else (shapes[0][0], -1)) for part, shapes in parts]

    def views(self, whole: Array) -> list[Array]:
        """A view of a vector for each array."""
        found: list[Array] = []
        for matrix, shapes in zip(self.matrices(whole), self._blocks, strict=True):
            found += [matrix] if len(shapes) == 1 else np.split(matrix, [shapes[0][1]], axis=1)
        return found

    def joined(self, arrays: list[Array]) -> Array:
        """The vector that these arrays are views of, or a new one with their values."""
        dtype, block = arrays[0].dtype, arrays[0].base
        if block is not None and block.dtype == np.uint8 and block.size == self.size * dtype.itemsize + 64:
            whole = _aligned_in(block, self.size, dtype)
            if all(map(same_memory, arrays, self.views(whole))):
                return whole
        whole = aligned(self.size, dtype)
        list(map(np.copyto, self.views(whole), arrays))
        return whole


def same_memory(x: Array, y: Array) -> bool:
    """Whether two arrays show the same memory in the same form."""
    return (x.shape, x.strides, x.dtype) == (y.shape, y.strides, y.dtype) and x.ctypes.data == y.ctypes.data


class AtOnce:
    """The states of all parameters as vectors, for the steps of a rule over all of them.

    `states` are the views for each parameter. `changes` are views of the change of the last step.
    """

    def __init__(self, values: list[Array], state: dict[str, tuple[Array, ...]]) -> None:
        vectors = Vectors([(x.shape,) for x in values])
        self._wholes = [vectors.joined([*arrays]) for arrays in zip(*state.values(), strict=True)]
        self._gradient, self._change = (aligned(vectors.size, values[0].dtype) for _ in range(2))
        self.changes = vectors.views(self._change)
        state.update(zip(state, zip(*map(vectors.views, self._wholes), strict=True), strict=True))
        self.states = [*state.values()]

    def update(self, rule: Any, values: list[Array] | None, gradients: list[Array], numbers: Any) -> Iterator[Any]:
        """Compute `changes`; returns the iterator that writes the new states.

        values: the parameters, if the rule reads them.
        """
        g, change = self._gradient, self._change
        np.concatenate([x.ravel() for x in gradients], out=g)
        p = g if values is None else np.concatenate([x.ravel() for x in values])
        length = block_length(g.size, g.dtype)
        targets: list[Array] = []
        news: list[Array] = []
        for start in range(0, g.size, length):
            part = slice(start, start + length)
            old = tuple([x[part] for x in self._wholes])
            change[part], new = rule(p[part], g[part], numbers, old)
            targets += old
            news += new
        return map(np.positive, news, targets)
