"""The parameters of a training step, their gradients and states, each as views of one contiguous vector."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ..arrays import Array
from ..graph.nodes import Node
from ..tensor import Tensor


def aligned(size: int, dtype: np.dtype[Any]) -> Array:
    """A new array of `size` entries that begins where vector instructions like it."""
    block = np.empty(size * dtype.itemsize + 64, np.uint8)
    return _within(block, size, dtype)


def _within(block: Array, size: int, dtype: np.dtype[Any]) -> Array:
    start = -block.ctypes.data % 64
    return block[start : start + size * dtype.itemsize].view(dtype)


class Vectors:
    """The order of the parameters of one dtype in the vectors of a step.

    `blocks` are nodes: one parameter each, or W and b side by side as [W b]. `tensors` are the
    parameters in this order, and `gradient` is the vector of their gradients.
    """

    def __init__(self, blocks: list[Node]) -> None:
        self.blocks = blocks
        self._parts = [x.value if x.kind == "packed" else (x.value,) for x in blocks]
        self.tensors: list[Tensor] = [tensor for part in self._parts for tensor in part]
        self.size = sum(x.size for x in blocks)
        self.gradient = aligned(self.size, blocks[0].dtype)

    def matrices(self, whole: Array) -> dict[Node, Array]:
        """A view of a vector for each block."""
        ends = [*accumulate(x.size for x in self.blocks)]
        return {x: part.reshape(x.shape) for x, part in zip(self.blocks, np.split(whole, ends[:-1]), strict=True)}

    def views(self, whole: Array) -> list[Array]:
        """A view of a vector for each parameter."""
        found: list[Array] = []
        for matrix, part in zip(self.matrices(whole).values(), self._parts, strict=True):
            found += np.split(matrix, [part[0].shape[1]], axis=1) if len(part) > 1 else [matrix]
        return found

    def joined(self, arrays: list[Array]) -> Array:
        """The vector that these arrays are views of; if there is none, a new one with their values."""
        size, dtype = self.size, arrays[0].dtype
        block = arrays[0].base
        if type(block) is np.ndarray and block.dtype == np.uint8 and block.size == size * dtype.itemsize + 64:
            whole = _within(block, size, dtype)
            if all(map(same_memory, arrays, self.views(whole))):
                return whole
        whole = aligned(size, dtype)
        for view, array in zip(self.views(whole), arrays, strict=True):
            view[...] = array
        return whole


def same_memory(x: Array, y: Array) -> bool:
    """Whether two arrays show the same memory in the same form."""
    return (x.shape, x.strides, x.dtype) == (y.shape, y.strides, y.dtype) and x.ctypes.data == y.ctypes.data
