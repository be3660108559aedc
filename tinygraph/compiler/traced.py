"""A function traced for one signature: the graph that it computes, and the form of its results."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import numpy as np

from ..arrays import Array
from ..graph.nodes import Graph
from ..graph.numbers import Number
from ..graph.trace import Nodes, Trace, TracedGenerator, argument
from ..nn.layers import Stage, mode
from ..tensor import Tensor, given_name
from ..transforms import tree
from ..transforms.replay import replayed
from ..transforms.tree import leaves
from .results import Like, Results, checked
from .signature import Signature, array_of, is_array, parameter_names
from .step import TrainingStep


class Traced:
    """The outcome of a trace. It holds no Tensor of the trace, because each would hold an array.

    `step` is None without an optimizer. `checks` has functions that refuse wrong values, each with
    a function that reads the value from the arrays of a call. `notes` says which forms became
    stable. `draws` are the random draws that a call makes, whose results the program takes last.
    """

    def __init__(
        self, f: Any, draws: Any, training: tuple[Any, Any], key: Any, args: Any, kwargs: Any, stable: bool, why: Any
    ) -> None:
        trace, nodes = Trace(stable), Nodes()
        arguments, (given_args, given_kwargs) = _stand_ins(f, args, kwargs, trace, why)
        stage = Stage(mode() if training[0] is None else True)  # asked here, because the trace records everything
        with trace, stage, draws.standing_in(trace):
            result = f(*given_args, **given_kwargs)
            found = [checked(x) for x in leaves(result)]
            outputs = [x.tensor if type(x) is Number else x for x in found]
            sources = [nodes.source(x, "argument", float if x in trace.floats else None) for x in arguments]
            sources += [nodes.source(x, "argument", draw) for x, draw in trace.draws.items()]
            self.step: Any = TrainingStep(*training, outputs, nodes, trace) if training[0] is not None else None
        roots = [nodes.of(x) if is_array(x) else None for x in outputs]
        floats = enumerate(trace.floats.items())
        asked = [(k, x.name or "x", repr(v), trace.asked[x]) for k, (x, v) in floats if x in trace.asked]
        takes = [x not in trace.asked for x in arguments]
        self.signature = Signature(key, args, kwargs, asked, takes)
        for x in trace.asked:
            nodes.by_tensor[x].kind, nodes.by_tensor[x].value = "constant", x._data
            x.op, x.order = None, -1
        arguments = [*(x for x, takes in zip(arguments, takes, strict=True) if takes), *trace.draws]
        self.draws, self.notes = [*trace.draws.values()], trace.notes
        self.graph = Graph(roots, [x for x in sources if x.kind == "argument"], seed=getattr(self.step, "seed", None))
        self.graph.replaced = [(nodes.of(x), nodes.of(new)) for x, new in trace.replaced.items()]
        self.checks = [(check, _reader(x, arguments, nodes.start)) for check, x in trace.checks if x.order != -1]
        name = getattr(f, "__name__", "compiled")

        def like(x: Any) -> Any:
            if not (is_array(x) or type(x) is Number):
                return x
            made = Like(x, trace)
            if self.step is None and made.kind is Tensor and x._requires_grad:
                made.replay = replayed(name, x, arguments, nodes.start)
            return made

        self.results = Results(tree.map(result if self.step is None else found[0], like))


def _stand_ins(f: Any, args: Any, kwargs: Any, trace: Trace, why: str | None) -> tuple[list[Tensor], Any]:
    """The Tensors that stand for arrays and floats, and the arguments with these in their places.

    `why` says why the values of all floats become parts of the signature, or is None.
    """
    stand_ins: list[Tensor] = []
    generators: list[Any] = []
    names = iter([name for name, given in parameter_names(f, args, kwargs) for _ in leaves(given)])

    def stand_in(x: Any) -> Any:
        name = next(names)
        if isinstance(x, np.random.Generator):
            generators.append(x)
            return TracedGenerator(trace, x, len(generators) - 1, name)
        if not is_array(x) and type(x) is not float:
            return x
        tensor = argument(array_of(x), type(x) is Tensor and x._requires_grad, given_name(x) or name)
        stand_ins.append(tensor)
        if type(x) is not Tensor:
            trace.arrays.add(tensor)
        if type(x) is not float:
            return tensor
        trace.floats[tensor] = x
        if why is None:
            return Number(x, tensor, trace)
        trace.asked[tensor] = why
        return x

    return stand_ins, tree.map((args, kwargs), stand_in)


def _reader(x: Tensor, arguments: list[Tensor], start: int) -> Callable[[Any], Array]:
    """The function that computes a traced Tensor's value from the arrays of a call."""
    if any(x is y for y in arguments):
        return itemgetter(next(k for k, y in enumerate(arguments) if y is x))
    op = replayed("value", x, arguments, start)
    return lambda arrays: op.forward(*arrays, *[captured._data for captured in op.captured])
