"""The memory of a graph's values: buffers made once and shared, or new arrays in each call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..arrays import Array
from ..graph.nodes import Graph, Node, is_elementwise, takes_out
from ..ops import add, sign
from ..optim import vectors  # the package first: a thread that imports it may wait for its module
from .passes.fewer_calls import JOINED
from .passes.pack_bias import WITH_ONES

END = 1 << 60
LAYOUT = ("in_place", "share")  # the parts that tg.compile(f, passes=...) can leave out: see Layout


def is_view(node: Node) -> bool:
    """Whether the op does nothing but show its input in another form, if possible as a view."""
    return node.op is not None and node.op.view and len(node.nodes()) == 1


def source_of(node: Node) -> Node:
    """The node whose memory this one shows, through any number of views, or the node itself."""
    while is_view(node):
        node = node.nodes()[0]
    return node


def spread_operand(node: Node) -> int | None:
    """The index of the operand of a sum that is spread along the last axis, as a bias is, or None.

    The program first copies this operand to the result's buffer, because NumPy would spread it
    through a buffer of its own, made anew in each call.
    """
    shapes = [x.shape if type(x) is Node else () for x in node.inputs]
    if node.op is not add or len(node.shape) != 2 or {x.dtype for x in node.nodes()} != {node.dtype}:
        return None
    column = (node.shape[0], 1)
    return next((k for k in (0, 1) if shapes[k] == column and shapes[1 - k] == node.shape != column), None)


class Layout:
    """The arrays of a graph's values: `buffers[node]` is the array that the node is written to.

    A node without a buffer is made anew in each call. `written_over` counts the results that are
    written over an input. `total` is the size of all buffers in bytes.

    in_place: an element-wise op writes over an input that nothing needs any more, so that a chain
    of such ops takes one array.
    share: values that never live together share a buffer.
    """

    def __init__(self, graph: Graph, passes: Collection[str], rest: Graph, placed: list[tuple[Node, Any]]) -> None:
        self.graph, self.rest = graph, rest
        self.order = graph.nodes()
        before = set(self.order)
        self.rest_order = [node for node in self.rest.nodes() if node not in before]
        self._whole = [*self.order, *self.rest_order]
        self.buffers: dict[Node, Array] = {}
        self.extended: dict[Node, Array] = {}
        self._roots: dict[Node, set[Node]] = {}  # the nodes whose memory a value may be in
        last_use = self._last_uses()
        free: dict[int, list[Array]] = {}  # by their size
        memory: dict[Node, Array] = {}
        dying: dict[int, list[Node]] = {}
        for node, place in last_use.items():
            dying.setdefault(place, []).append(node)
        self.total = self.written_over = 0
        for node in reversed(self.order):
            if node.op in (WITH_ONES, JOINED):
                self._hold_inputs(node)
        self.copied = self._placed(placed)
        for k, node in enumerate(self._whole):
            if node in last_use and node not in self.buffers:
                same = self._writable_input(node, k, last_use, memory) if "in_place" in passes else None
                self.written_over += same is not None
                raw = memory.pop(same) if same is not None else self._take(free, node)
                memory[node] = raw
                if same is not None and same.dtype == node.dtype:
                    self.buffers[node] = self.buffers[same]  # the same object: NumPy checks others for overlaps
                else:
                    self.buffers[node] = raw[: node.size * node.dtype.itemsize].view(node.dtype).reshape(node.shape)
            for dead in dying.get(k, ()):
                if dead in memory and "share" in passes:
                    raw = memory.pop(dead)
                    free.setdefault(raw.size, []).append(raw)
        self._roots = {}

    def _hold_inputs(self, node: Node) -> None:
        """Let the inputs lie in the node's memory: parts of a vector, or a matrix above ones."""
        if node not in self.extended:
            self.extended[node] = np.ones(node.shape, node.dtype)
            self.total += self.extended[node].nbytes
        whole, start = self.extended[node].reshape(-1), 0
        for x in node.nodes():
            part = whole[start : start + x.size].reshape(x.shape)
            start += x.size
            if x.op is WITH_ONES:
                self.extended[x] = part
            else:
                self.buffers[x] = part

    def _placed(self, placed: list[tuple[Node, Any]]) -> list[tuple[Node, Any]]:
        """Let each node be written to its array; those are returned that are to be copied there."""
        copied = []
        for node, array in placed:
            self.total += array.nbytes
            fits = takes_out(node) and (is_elementwise(node) or array.flags.c_contiguous)
            if fits and node not in self.buffers and node not in self.graph.outputs:
                self.buffers[node] = array
            else:
                copied.append((node, array))
        return copied

    def _take(self, free: dict[int, list[Array]], node: Node) -> Array:
        nbytes = max(node.size * node.dtype.itemsize, 1)
        fitting = min((size for size in free if free[size] and nbytes <= size <= 1.25 * nbytes + 256), default=0)
        if fitting:
            return free[fitting].pop()
        size = -(-nbytes // 64) * 64
        self.total += size
        return vectors.aligned(size, np.dtype(np.uint8))

    def _last_uses(self) -> dict[Node, int]:
        """The index in the order of the last use of each node with a buffer, its views included."""
        outputs = {id(x) for x in self.graph.outputs}
        last: dict[Node, int] = {}
        for k, node in enumerate(self._whole):
            buffered = node.op is not None and id(node) not in outputs
            if buffered and takes_out(node):
                last[node] = k
                self._roots[node] = {node}
            elif node.op is not None and not takes_out(node):
                # the result of any other op may be a view of any of its inputs
                self._roots[node] = set().union(*(self._roots.get(x, set()) for x in node.nodes()), set())
            for x in node.nodes():
                for root in self._roots.get(x, ()):
                    last[root] = k
        for node in (*self.graph.roots(), *self.rest.roots()):
            for root in self._roots.get(node, ()):
                last[root] = END
        return last

    def _writable_input(self, node: Node, k: int, last_use: Any, memory: Any) -> Node | None:
        """An input whose memory fits this element-wise op's result, and that has no later use."""
        # NumPy writes a single entry over another a microsecond slower than to a new place, and
        # signs five to ten times slower
        if not is_elementwise(node) or node.size == 1 or node.op is sign or spread_operand(node) is not None:
            return None
        for x in node.nodes():
            fits = (x.shape, x.dtype.itemsize) == (node.shape, node.dtype.itemsize)
            # no other input may be a view of the same memory in another order
            alone = all(x not in self._roots.get(other, ()) for other in node.nodes() if other is not x)
            if fits and alone and x in memory and last_use.get(x) == k:
                return x
        return None
