"""`memory`: the arrays that a recorded graph holds, each once, and what keeps each there."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, owner
from ..graph.names import NodeNames
from ..graph.recorded import Recorded
from ..graph.trace import Trace, argument
from ..show.table import Table
from ..tape import toposort
from ..tensor import Tensor


class Held(NamedTuple):
    """An array that a graph holds. Views, and second Tensors of an array, count 0 bytes."""

    name: str  # as on the tape
    kind: str  # "parameter", "data", "gradient", "old data", or the op that made it
    scope: str  # "" outside of scopes
    array: Array
    bytes: int
    needed_by: tuple[str, ...]  # the ops whose gradient rules read it, with their results


class Memory(Table, list[Held]):
    """The arrays that a graph holds, as a list that prints as a table, with sums in bytes.

    `total` is the sum over all arrays, `needed` over those that gradients need, and `scopes` over
    each scope and the scopes inside it.
    """

    _right = (4,)

    @property
    def total(self) -> int:
        return sum(row.bytes for row in self)

    @property
    def needed(self) -> int:
        return sum(row.bytes for row in self if row.needed_by)

    @property
    def scopes(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for row in self:
            for name in accumulate(row.scope.split(" / ") if row.scope else (), "{} / {}".format):
                sums[name] = sums.get(name, 0) + row.bytes
        return sums

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("name", "made by", "shape", "dtype", "bytes", "kept for")]
        for row in self:
            alone = "its .grad only" if row.kind == "gradient" else "its .data only"
            kept = f"gradient of {', '.join(row.needed_by)}" if row.needed_by else alone
            rows.append((row.name, row.kind, str(row.array.shape), str(row.array.dtype), f"{row.bytes:,}", kept))
        rows.append(("total", "", "", "", f"{self.total:,}", f"{self.needed:,} of it for backward()"))
        return rows + [("", "", "", "", f"{size:,}", f"in {name}") for name, size in self.scopes.items()]


def memory(root: Tensor) -> Memory:
    """The arrays that the graph of `root` holds, with their bytes and the ops that need them.

    Leaves and gradients are included. An array stays as long as a gradient rule needs it, or as the
    .data of its Tensor. Rules run once on stand-ins, which shows what they read and takes about the
    time of one backward(). Raises TypeError if `root` is not a Tensor.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(tg.memory(tg.exp(x).sum()))
    name   made by    shape  dtype    bytes  kept for
    x      parameter  (2,)   float64     16  its .data only
    t1     exp        (2,)   float64     16  gradient of exp t1
    cost   sum        ()     float64      8  its .data only
    total                                40  16 of it for backward()
    """
    if type(root) is not Tensor:
        raise TypeError(f"memory() takes the Tensor that a graph ends in, such as a loss; got {type(root).__name__}")
    graph = Recorded(root)
    tape, names = graph.tape, NodeNames(graph)
    found: dict[int, tuple[str, str, str, Array]] = {}  # by the id of the array: name, kind, scope, array

    def hold(x: Any, array: Any, kind: str, name: str) -> None:
        if isinstance(array, np.ndarray):
            found.setdefault(id(array), (name, kind, repr(x.scope) if x.scope else "", array))

    for x in dict.fromkeys(x for node in [*tape, root] for x in (*node.inputs, node) if type(x) is Tensor):
        name = names.shown(x)
        hold(x, x._data, str(x.op or ("parameter" if x._requires_grad else "data")), name)
        hold(x, getattr(x._grad, "_data", x._grad), "gradient", f"{name}.grad")
    takers: dict[int, dict[str, None]] = {}
    for node in tape:
        arrays = [*(node.saved or ()), node._data]
        for x, array in zip(node.inputs, arrays, strict=False):
            hold(x, array, "old data", f"{names.shown(x)} before")
        for k in needed(node):
            takers.setdefault(id(owner(arrays[k])), {})[f"{node.op} {names.shown(node)}"] = None
    rows, counted = [], set()
    for name, kind, scope, array in found.values():
        buffer = owner(array)
        size = buffer.nbytes * (id(buffer) not in counted)
        rows.append(Held(name, kind, scope, array, size, tuple(takers.get(id(buffer), ()))))
        counted.add(id(buffer))
    return Memory(rows)


def needed(node: Tensor) -> set[int]:
    """The positions of the inputs whose values a tensor's rules read; its own value comes last.

    >>> import tinygraph as tg
    >>> x, y = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([3.0, 4.0])
    >>> needed(x * y), needed(x + y), needed(tg.exp(x))
    ({1}, set(), {1})
    """
    op: Any = node.op
    if op.opaque:
        return set(range(len(node.inputs) + 1))
    values = [argument(x._data, False, None) if type(x) is Tensor else x for x in (*node.inputs, node)]
    g = argument(np.broadcast_to(node.dtype.type(1), node.shape), False, None)
    found: set[Tensor] = set()
    for x, rule in zip(node.inputs, op.rules_for(len(node.inputs)), strict=True):
        if rule is None or type(x) is not Tensor or not x._requires_grad:
            continue
        try:
            with Trace(stable=False):
                dx = rule(g, values[-1], *values[:-1], **(node.options or {}))
        except Exception:  # a rule that works on arrays only fails here, and may read all
            return set(range(len(values)))
        found |= set(toposort(dx)) if type(dx) is Tensor else set()
    return {k for k, value in enumerate(values) if type(value) is Tensor and value in found}
