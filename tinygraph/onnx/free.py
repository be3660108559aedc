"""A function's graph for any number of examples: traced for a few numbers, and compared node by node."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..compiler.compile import ALL, Compiled
from ..compiler.signature import is_array
from ..compiler.traced import _stand_ins
from ..graph.nodes import Graph, Node
from ..graph.numbers import Number
from ..graph.trace import Nodes, Trace
from ..nn.layers import Stage
from ..tensor import Tensor
from ..transforms import tree
from ..transforms.tree import leaves

AXES = {"columns": -1, "rows": 0}
SIZES = (7, 11, 13)  # numbers of examples for which the graphs have to agree


def refused(what: Any, why: str) -> ValueError:
    return ValueError(f"tg.onnx.save cannot write {what}: {why}; nothing was written")


@dataclass(frozen=True)
class Free:
    """A number that depends on the number m of examples: scale * m**power + offset.

    If scale is None, how it depends is not known.
    """

    scale: Any
    offset: int = 0
    power: int = 1

    def __mul__(self, factor: int) -> Free:
        return self if self.scale is None else replace(self, scale=self.scale * factor, offset=self.offset * factor)

    def __add__(self, more: int) -> Free:
        return replace(self, offset=self.offset + more)

    __rmul__ = __mul__


@dataclass
class FreeArray:
    """A constant that depends on the number of examples: one number everywhere, or 0, 1, 2 ... for None."""

    shape: tuple[Any, ...]
    number: Any


class Traces(Compiled):
    """The traces of a function, without the programs."""

    def __init__(self, f: Any, nodes: type[Nodes]) -> None:
        super().__init__(f, None, None, ALL)
        self._nodes = nodes

    def graph(self, args: Any) -> Graph:
        """The graph of f for arguments like these, in evaluation. Random draws are refused."""
        found: Any = self._without_draws(None, args, {})
        return found

    def _traced_anew(self, key: Any, args: Any, kwargs: Any) -> Any:
        with np.errstate():
            return copy_context().run(self._trace, args)

    def _trace(self, args: Any) -> Graph:
        trace, nodes = Trace(stable=True), self._nodes()
        trace.what = "tg.onnx.save"
        arguments, (given, _) = _stand_ins(self._f, args, {}, trace, None)
        with trace, Stage(False):
            outputs = [x.tensor if type(x) is Number else x for x in leaves(self._f(*given))]
            sources = [nodes.source(x, "argument", float if x in trace.floats else None) for x in arguments]
        for x in outputs:
            if not is_array(x):
                raise refused(f"the result {x!r:.40}", "results are arrays, in lists, tuples or dicts")
        for things, what in ((trace.draws, "random draws"), (trace.replaced, "running statistics that change")):
            if things:
                raise refused(what, "a file has no generator, and keeps nothing from run to run")
        for x, how in trace.asked.items():
            raise refused(f"the float {x.name or 'x'}", f"the function asks for its value ({how}): fix it in a lambda")
        return Graph([nodes.of(x) for x in outputs], sources)


def traced(f: Any, nodes: type[Nodes], args: Any, examples: str | None) -> tuple[Graph, Any]:
    """The graph, with Free numbers where it depends on the number of examples, and their axis or None."""
    if examples not in (*AXES, None):
        raise ValueError(f"tg.onnx.save(examples=...) takes 'columns', 'rows' or None, got {examples!r}")
    traces = Traces(f, nodes)
    args = tree.map(args, lambda x: x.data if type(x) is Tensor else x)
    shapes = [x.shape for x in leaves(args) if is_array(x) and x.ndim]
    axis = AXES[examples] if examples and shapes else None
    if axis is None:
        return traces.graph(args), None
    instead = "write examples='rows' for the first axis, or None for arrays of just these shapes"
    if len({shape[axis] for shape in shapes}) > 1:
        raise ValueError(
            f"tg.onnx.save takes arrays with the same number of examples, which are {examples}, got shapes "
            f"{', '.join(map(str, shapes))}; {instead}"
        )

    def graph(m: int) -> Graph:
        def resized(x: Any) -> Any:
            if not (is_array(x) and x.ndim):
                return x
            return np.take(x, np.arange(m) % x.shape[axis], axis) if x.size else np.zeros_like(x, shape=wide(x))

        def wide(x: Any) -> tuple[int, ...]:
            return (*x.shape[:-1], m) if axis else (m, *x.shape[1:])

        try:
            return traces.graph(tree.map(args, resized))
        except (ValueError, TypeError, IndexError) as error:
            if str(error).startswith("tg.onnx.save"):
                raise
            given = ", ".join(map(str, map(wide, [x for x in leaves(args) if is_array(x) and x.ndim])))
            raise ValueError(f"{error}\ntg.onnx.save gave the function {given}, {m} examples: {instead}") from error

    one, graphs = graph(1), [graph(m) for m in SIZES]
    if len({*map(_form, graphs)}) > 1:
        raise refused("this function", f"its ops depend on the number of examples: {instead}")
    is_alike = _form(one) == _form(graphs[0])
    outputs = merged(graphs, SIZES).outputs
    for x, y in zip(one.outputs, outputs, strict=True):
        if len(x.shape) != len(y.shape) or any(isinstance(n, int) and n != k for k, n in zip(x.shape, y.shape)):
            raise refused(f"a result of shape {x.shape} for one example", f"for m examples it is {y.shape}: {instead}")
    return merged([one, *graphs] if is_alike else graphs, (1, *SIZES) if is_alike else SIZES), axis


def _form(graph: Graph) -> Any:
    """The ops of a graph, and which nodes they take."""
    places = {node: k for k, node in enumerate(graph.nodes())}
    roots = tuple([places[x] for x in graph.outputs])
    return roots, tuple(
        [(node.op and (node.op.name, node.op.builtin), *[places.get(x) for x in node.inputs]) for node in places]
    )


def merged(graphs: list[Graph], sizes: tuple[int, ...]) -> Graph:
    """One graph of several that differ in numbers alone."""
    new: dict[Any, Node] = {}

    def one(*xs: Any) -> Any:
        first = xs[0]
        if type(first) is Node:
            return new[first]
        if isinstance(first, np.ndarray):
            return _array(xs, sizes)
        if isinstance(first, (tuple, list)) and len({*map(len, xs)}) == 1:
            return type(first)([one(*parts) for parts in zip(*xs, strict=True)])
        if isinstance(first, slice):
            return slice(*[one(*[getattr(x, part) for x in xs]) for part in ("start", "stop", "step")])
        if all(x is first or x == first or (x != x and first != first) for x in xs):
            return first
        if not all(isinstance(x, (int, float, np.integer)) for x in xs):
            raise refused(f"the option {first!r:.40}", "it depends on the number of examples")
        return fitted([*xs], sizes)

    def node(*twins: Node) -> Node:
        first = twins[0]
        options = {name: one(*[x.options[name] for x in twins]) for name in first.options}
        value = one(*[x.value for x in twins]) if first.kind == "constant" else first.value
        shape = one(*[x.shape for x in twins])
        made = replace(first, inputs=tuple(map(one, *[x.inputs for x in twins])), options=options, shape=shape)
        made.value = value
        return made

    rows = [[*graph.arguments, *[x for x in graph.nodes() if x not in graph.arguments]] for graph in graphs]
    for twins in zip(*rows, strict=True):
        new[twins[0]] = node(*twins)
    return Graph([new[x] for x in graphs[0].outputs], [new[x] for x in graphs[0].arguments])


def fitted(values: list[Any], sizes: tuple[int, ...]) -> Free:
    """The Free number with these values for so many examples."""
    if all(float(x).is_integer() for x in values):
        whole = [int(x) for x in values]
        scale = (whole[1] - whole[0]) // (sizes[1] - sizes[0])
        free = Free(scale, whole[0] - scale * sizes[0])
        return free if [scale * m + free.offset for m in sizes] == whole else Free(None)
    close = 8 * np.finfo(values[0].dtype if isinstance(values[0], np.floating) else float).eps
    for power in (-1, 1):
        scale = float(values[0]) / sizes[0] ** float(power)
        scale = round(scale) if abs(scale - round(scale)) <= close * abs(scale) else scale
        if np.allclose([scale * m ** float(power) for m in sizes], [float(x) for x in values], rtol=close, atol=0):
            return Free(scale, 0, power)
    return Free(None)


def _array(arrays: Any, sizes: tuple[int, ...]) -> Any:
    """A constant, or one that depends on the number of examples."""
    if all(np.array_equal(x, arrays[0], equal_nan=x.dtype.kind == "f") for x in arrays):
        return arrays[0]
    dims = zip(*[x.shape for x in arrays], strict=True)
    shape = tuple([d[0] if len({*d}) == 1 else fitted([*d], sizes) for d in dims])
    if all(x.size and (x == x.flat[0]).all() for x in arrays):
        numbers = [x.flat[0] for x in arrays]
        return FreeArray(shape, numbers[0] if len({*numbers}) == 1 else fitted(numbers, sizes))
    if all(np.array_equal(x.ravel(), np.arange(x.size)) for x in arrays):
        return FreeArray(shape, None)
    raise refused(f"a constant of shape {arrays[0].shape}", "it depends on the number of examples; make it an argument")
