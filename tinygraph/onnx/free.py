"""A function's graph for any number of examples: traced for a few, and compared by nodes."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from enum import Enum
from typing import Any

import numpy as np

from ..compiler.draws import Draws
from ..compiler.signature import is_array, key_of
from ..compiler.traced import _stand_ins
from ..graph.nodes import Graph, Node
from ..graph.numbers import Number
from ..graph.trace import Nodes, Trace
from ..nn.layers import Stage
from ..tensor import Tensor, given_name
from ..transforms import tree
from ..transforms.tree import leaves

AXES = {"columns": -1, "rows": 0}
SIZES = (1, 7, 10, 24)  # numbers of examples for which the graphs have to agree: multiples of 2 to 8 too
INSTEAD = "; write examples='rows' if examples are the first axis, or None for arrays of just these shapes"


class Size(Enum):
    """A length or number that depends on the number of examples: that number, or another one."""

    BATCH = "batch"
    OTHER = None

    def __rmul__(self, other: Any) -> Size:
        return Size.OTHER

    def __repr__(self) -> str:
        return self.value or "depends on batch"

    __mul__ = __rmul__


def refused(what: Any, why: str) -> ValueError:
    return ValueError(f"tg.onnx.save cannot write {what}: {why}; nothing was written")


def _graph(f: Any, nodes: Callable[[], Nodes], args: Any) -> Graph:
    """The graph of f for these arguments. Random draws are refused as tg.compile does."""

    @np.errstate()  # NumPy 1 keeps these settings in the thread
    def make() -> Graph:
        trace, made = Trace(stable=True), nodes()
        trace.what = "tg.onnx.save"
        arguments, (given, _) = _stand_ins(f, args, {}, trace, None)
        with trace, Stage(False):
            found = f(*given)
            for name, x in found.items() if isinstance(found, dict) else ():
                if type(x) is Tensor and given_name(x) is None and x.order >= made.start:
                    x.name = str(name)
            outputs = [x.tensor if type(x) is Number else x for x in leaves(found)]
            sources = [made.source(x, "argument") for x in arguments]
        for x in outputs:
            if not is_array(x):
                raise refused(f"the result {x!r:.40}", "results are arrays, in lists, tuples or dicts")
        if trace.draws or trace.replaced:
            raise refused("random draws, or statistics that change", "a file keeps nothing from run to run")
        for x, how in trace.asked.items():
            raise refused(f"the float {x.name}", f"the function asks for its value ({how}): fix it in a lambda")
        return Graph([made.of(x) for x in outputs], sources)

    draws = Draws(f, args, {})
    found: Graph = draws.without(lambda: copy_context().run(make), draws.error)
    return found


def traced(f: Any, nodes: Callable[[], Nodes], args: Any, examples: str | None) -> tuple[Graph, int | None]:
    """The graph, with a Size where the number of examples counts, and their axis or None."""
    if examples not in (*AXES, None):
        raise ValueError(f"tg.onnx.save(examples=...) takes 'columns', 'rows' or None, got {examples!r}")
    args, _ = tree.unlabelled(args, {})
    key_of(args, {})  # refuses what is neither an array nor a plain value
    args = tree.map(args, lambda x: x.data if type(x) is Tensor else x)
    shapes = [x.shape for x in leaves(args) if is_array(x) and x.ndim]
    if examples is None or not shapes:
        return _graph(f, nodes, args), None
    axis = AXES[examples]
    counts = {shape[axis] for shape in shapes}
    if len(counts) > 1 or 0 in counts:
        got = f"{examples}, got shapes {', '.join(map(str, shapes))}"
        raise ValueError(f"tg.onnx.save takes arrays of the same number of examples, at least one, as {got}{INSTEAD}")

    def graph(m: int) -> Any:
        def resized(x: Any) -> Any:
            return np.take(x, np.arange(m) % x.shape[axis], axis) if is_array(x) and x.ndim else x

        given = tree.map(args, resized)
        try:
            return _graph(f, nodes, given)
        except (ValueError, IndexError) as error:
            if str(error).startswith("tg.onnx.save"):
                raise
            got = ", ".join([str(x.shape) for x in leaves(given) if is_array(x)])
            raise ValueError(f"{error}\ntg.onnx.save called the function with {got}, for batch {m}{INSTEAD}") from error

    graphs = [*map(graph, SIZES)]
    if len({*map(_form, graphs)}) > 1:
        raise refused("this function", f"its ops depend on the number of examples{INSTEAD}")
    _compare(graphs)
    return graphs[0], axis


def _form(graph: Graph) -> Any:
    """The ops of a graph, their dtypes, and which nodes they take."""
    places: dict[Any, int] = {node: k for k, node in enumerate(graph.nodes())}
    made = [(x.dtype, x.op.name if x.op else x.kind) for x in places]
    return (*map(places.get, graph.outputs), *made, *[(*map(places.get, x.nodes()),) for x in places])


def _compare(graphs: list[Graph]) -> None:
    """Put a Size into the first graph wherever the graphs differ."""

    def one(*xs: Any) -> Any:
        first = xs[0]
        if type(first) in (tuple, list) and len({*map(len, xs)}) == 1:
            return type(first)([one(*parts) for parts in zip(*xs, strict=True)])
        if isinstance(first, slice):
            return slice(*[one(*[getattr(x, part) for x in xs]) for part in ("start", "stop", "step")])
        if isinstance(first, np.ndarray):
            if all(np.array_equal(x, first, equal_nan=x.dtype.kind == "f") for x in xs):
                return first
            if all(x.size and (x == first.flat[0]).all() for x in xs):
                return first.flat[0]
            why = "it depends on the number of examples, or is drawn anew: make it an argument"
            raise refused(f"a constant of shape {first.shape}", why)
        if type(first) is Node or all(x == first or (x != x and first != first) for x in xs):
            return first
        if not all(isinstance(x, (int, float, np.integer)) for x in xs):
            raise refused("this function", f"{first!r:.40} in it depends on the number of examples{INSTEAD}")
        return Size.BATCH if xs == SIZES else Size.OTHER

    for twins in zip(*[dict.fromkeys((*graph.arguments, *graph.nodes())) for graph in graphs], strict=True):
        node = twins[0]
        node.shape, node.inputs = one(*[x.shape for x in twins]), one(*[x.inputs for x in twins])
        node.options = {name: one(*[x.options[name] for x in twins]) for name in node.options}
        if node.kind in ("constant", "parameter") and any(x.value is not node.value for x in twins):
            node.value = one(*[getattr(x.value, "_data", x.value) for x in twins])
