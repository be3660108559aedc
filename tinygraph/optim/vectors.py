"""Arrays as views of one contiguous vector, so that one call of NumPy works on all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextvars import Context
from itertools import accumulate, chain, starmap
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
        if isinstance(block, np.ndarray) and block.dtype == np.uint8 and block.size == self.size * dtype.itemsize + 64:
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
    """A step of a rule over all parameters, as a list of calls, with the states as vectors.

    The rule is recorded, and runs on blocks of the vectors. A large parameter changes block by
    block, because what the rule has written is then still in the cache. The gradients of the small
    ones are gathered, so that one call works on all of them. `states` are the views for each
    parameter, and `values` the arrays that change.
    """

    def __init__(self, rule: Any, numbers: tuple[float, ...], values: list[Array], state: dict[str, Any]) -> None:
        dtype, length = values[0].dtype, block_length(sum(x.size for x in values), values[0].dtype)
        large = [k for k, x in enumerate(values) if x.size >= length and x.flags.c_contiguous]
        # one that shares memory with another is read before any is written, as the small ones are
        self._large = [k for k in large if sum(np.may_share_memory(values[k], x) for x in values) == 1]
        self._small = [k for k in range(len(values)) if k not in self._large]
        names = [[*state][k] for k in (*self._large, *self._small)]
        vectors = Vectors([(state[name][0].shape,) for name in names])
        states = [vectors.joined([*arrays]) for arrays in zip(*map(state.__getitem__, names), strict=True)]
        assign(map(state.update, [zip(names, zip(*map(vectors.views, states), strict=True), strict=True)]))
        self.states, self.values, self._numbers = [*state.values()], values, np.ones(len(numbers), dtype)
        (change, *old, g, p), steps = _recorded(rule, self._numbers, len(states))
        used = {x for _, places in steps for x in places}
        spare = {x: aligned(length, dtype) for x in used.difference((*old, g, p)) if x._data.ndim}

        def calls(start: int, size: int, part: dict[Tensor, Any]) -> list[tuple[Any, ...]]:
            """The rule on the states from `start` on, and on a part of the others."""
            at = {x: whole[start : start + size] for x, whole in zip(old, states, strict=True)}
            at |= {x: array[:size] for x, array in spare.items()} | part
            return [(ufunc, *[at.get(x, x._data) for x in places]) for ufunc, places in steps]

        self._blocks, self._calls, start = list[Any](), list[Any](), 0
        self._of_g = [k for k, (_, places) in enumerate(steps) if g in places]
        for k, place in [(j, place) for j in self._large for place in range(0, values[j].size, length)]:
            own = values[k].reshape(-1)[place : place + length]
            made = calls(start, own.size, {p: own, g: None})
            self._blocks.append((k, place, own.size, [*made, (np.subtract, own, spare[change][: own.size], own)]))
            start += own.size
        whole = {x: aligned(vectors.size - start, dtype) for x in (g, p, change) if x in used}
        self._gathered = [whole[x] for x in (g, p) if x in used and self._small]
        for place in range(0, vectors.size - start, length):
            part = {x: array[place : place + length] for x, array in whole.items()}
            self._calls += calls(start + place, part[g].size, part)
        changes = Vectors([(values[k].shape,) for k in self._small]).views(whole[change]) if self._small else []
        self._calls += [(np.subtract, values[k], dx, values[k]) for k, dx in zip(self._small, changes, strict=True)]

    def update(self, gradients: list[Array], numbers: tuple[float, ...]) -> Iterator[Any]:
        """The iterator that writes the new states and `values`, in C."""
        self._numbers[:] = numbers
        found, flat = list[Any](), {j: gradients[j].ravel() for j in self._large}
        for k, place, size, calls in self._blocks:
            g, start = flat[k][place : place + size], len(found)
            found += calls
            for j in self._of_g:
                found[start + j] = tuple([g if x is None else x for x in calls[j]])
        for whole, arrays in zip(self._gathered, (gradients, self.values), strict=False):
            np.concatenate([arrays[k].ravel() for k in self._small], out=whole)
        return starmap(np.ufunc.__call__, chain(found, self._calls))


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
