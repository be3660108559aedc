"""Arrays as views of one contiguous vector, so that one call of NumPy works on all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextvars import Context
from itertools import accumulate, starmap
from typing import Any, TypeAlias

import numpy as np

from ..arrays import Array, assign
from ..tape import toposort
from ..tensor import Tensor, _leaf, constant

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
    """The states of all parameters as vectors, and the steps of a rule over all of them.

    The rule is recorded, and runs as a list of calls that write on blocks of these vectors.
    `states` are the views for each parameter. `changes` are views of the change of the last step.
    """

    def __init__(self, rule: Any, numbers: tuple[float, ...], values: list[Array], state: dict[str, Any]) -> None:
        dtype, vectors = values[0].dtype, Vectors([(x.shape,) for x in values])
        states = [vectors.joined([*arrays]) for arrays in zip(*state.values(), strict=True)]
        assign(map(state.update, [zip(state, zip(*map(vectors.views, states), strict=True), strict=True)]))
        self.states = [*state.values()]
        self._numbers = np.ones(len(numbers), dtype)
        (result, *old, g, p), calls = _recorded(rule, self._numbers, len(states))
        used = {x for _, places in calls for x in places}
        change, *self._gathered = [aligned(vectors.size, dtype) for x in (result, g, p) if x in used]
        self.changes = vectors.views(change)
        wholes = dict(zip((result, *old, g, p), (change, *states, *self._gathered), strict=False))
        length = block_length(vectors.size, dtype)
        temporary = {x: aligned(length, dtype) for x in used.difference(wholes) if x._data.ndim}
        self._calls: list[tuple[Any, ...]] = []
        for start in range(0, vectors.size, length):
            arrays = {x: whole[start : start + length] for x, whole in wholes.items()}
            arrays |= {x: array[: vectors.size - start] for x, array in temporary.items()}
            self._calls += [(ufunc, *[arrays.get(x, x._data) for x in places]) for ufunc, places in calls]

    def update(self, values: list[Array], gradients: list[Array], numbers: tuple[float, ...]) -> Iterator[Any]:
        """The iterator that computes `changes` and writes the new states, in C."""
        self._numbers[:] = numbers
        for whole, arrays in zip(self._gathered, (gradients, values), strict=False):
            np.concatenate([x.ravel() for x in arrays], out=whole)
        return starmap(np.ufunc.__call__, self._calls)


def _recorded(rule: Any, numbers: Array, states: int) -> tuple[list[Tensor], list[tuple[Any, list[Tensor]]]]:
    """A rule's leaves (the change, the states, g and p) and its calls; Tensors stand for arrays.

    A call is a ufunc with its inputs and then the place to write: the change, a state, or one that
    is temporary. A number has its own array as its data.
    """
    cells = [_leaf(numbers[k, ...], True) for k in range(len(numbers))]
    p, g, *old = [_leaf(np.ones(1, numbers.dtype), True) for _ in range(2 + states)]
    # in a context of its own, whose mode records and has no watcher
    change, new = Context().run(rule, p, g, cells, old)
    order: list[Any] = toposort(change)
    last = {x: k for k, node in enumerate(order) for x in node._inputs if type(x) is Tensor}
    places = dict(zip(new, old, strict=True)) | {change: change}  # the new states take the place of the old
    calls, free, kept = [], set(), {None, *old}
    for k, node in enumerate(order):
        inputs = [x if type(x) is Tensor else constant(np.array(x, numbers.dtype)) for x in node._inputs]
        free |= {places.get(x) for x in inputs if last.get(x) == k} - kept
        if node not in places:
            places[node] = free.pop() if free else node
        calls.append((node.op.forward, [places.get(x, x) for x in (*inputs, node)]))
    return [change, *old, g, p], calls
