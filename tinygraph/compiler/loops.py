"""tg.scan in compiled code: the step's graph is simplified, and written as the body of a `for`."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

import numpy as np

from .. import ops
from ..graph.expression import Text
from ..graph.nodes import Graph, Node
from ..transforms.replay import Slot
from ..transforms.scan import Scan
from .inputs import Order
from .passes.table import simplify


def simplify_loops(passes: Collection[str], graph: Graph) -> None:
    """Simplify the step of each loop in the graph, and of the loops in these."""
    for node in graph.nodes():
        if type(node.op) is Scan and not node.op.is_simplified:
            node.op.is_simplified = True
            node.op.graph = simplify(passes, node.op.graph)
            simplify_loops(passes, node.op.graph)


def lowered(op: Scan) -> Scan:
    """The loop with the ops of its graph as steps."""
    new, graph = copy.copy(op), op.graph
    nodes = [x for x in graph.nodes() if x not in graph.arguments]
    slots = {x: Slot(k) for k, x in enumerate([*graph.arguments, *nodes])}

    def step(node: Node) -> Any:
        if node.op is None:  # a constant
            return ops.reshape, [node.value], {"shape": node.shape}, True, None
        inputs = [slots.get(x, x) if type(x) is Node else x for x in node.inputs]
        return lowered(node.op) if type(node.op) is Scan else node.op, inputs, node.options, True, node.name

    new.steps = copy.copy(op.steps)
    new.steps.ops, new.steps.results = [*map(step, nodes)], [slots[x].k for x in graph.outputs]
    new._run = None
    new.forward = new._forward
    return new


def write(statements: Any, node: Node, inputs: list[str]) -> None:
    """Write the lines of a loop; `inputs` are the texts of its inputs."""
    op, names, written, lines = node.op, statements._inputs.names, statements._inputs.written, statements.lines
    graph, (n_carries, n_xs, n_ys, _) = op.graph, op.counts
    sources = graph.arguments

    def fixed(k: int) -> str:
        """An input's text as a name, so that the loop does not compute it at each step."""
        if inputs[k].isidentifier() or node.inputs[k].kind == "constant":
            return inputs[k]
        name: str = names.of((node, "input", k), f"{sources[k].name or 'x'}s" if k < n_carries + n_xs else None)
        lines.append(f"{name} = {inputs[k]}")
        return name

    carries = [names.of(x, x.name, "c") for x in sources[:n_carries]]
    outer = [fixed(k) for k in range(n_carries, len(inputs))]
    results = names.of(node, node.name, "results")
    written[node] = Text(results)
    dtype = "" if op.dtype == float else f", {str(op.dtype)!r}"
    lines.append(f"{results} = np.empty({op.size}{dtype})")
    parts = []
    for k, part in enumerate(op.parts):
        kind = f"{carries[k]}s" if k < n_carries else "ys" if k < n_carries + n_ys else "total"
        parts.append(names.of((node, "part", k), kind))
        lines.append(f"{parts[-1]} = {results}[{part.start}:{part.stop}].reshape({part.shape!r})")
        _name_part(statements, node, part, parts[-1])
    k = names.of((node, "k"), "k")
    first = (op.n if op.reverse else 0) if op.keep else None
    for name, part, text in zip(carries, parts, inputs, strict=False):
        lines.append(f"{name} = {f'{part}[{first}] = ' if op.keep else ''}{text}")
    lines += [f"{part}[...] = 0" for part in parts[n_carries + n_ys :]]
    lines.append(f"for {k} in range({f'{op.n - 1}, -1, -1' if op.reverse else op.n}):")
    for x, name in zip(sources, [*carries, *(f"{x}[{k}]" for x in outer[:n_xs]), *outer[n_xs:]], strict=True):
        written[x] = Text(name)
    body = type(statements)(graph, Order(graph), statements._inputs)
    new = [body.text(x) for x in graph.outputs]
    row = f"[{k}]" if op.reverse else f"[{k} + 1]"
    body.lines += [f"{part}[{k}] = {x}" for part, x in zip(parts[n_carries:][:n_ys], new[n_carries:], strict=False)]
    totals = zip(parts[n_carries + n_ys :], new[n_carries + n_ys :], strict=False)
    body.lines += [f"{part} += {x}" for part, x in totals]
    if carries:
        body.lines.append(f"{', '.join(carries)} = {', '.join(new[:n_carries])}")
    body.lines += [f"{part}{row} = {name}" for part, name in zip(parts, carries, strict=False)] * op.keep
    lines += [f"    {line}" for line in body.lines or ["pass"]]
    lines += [f"{part}[0] = {name}" for part, name in zip(parts, carries, strict=False)] * (not op.keep)


def _name_part(statements: Any, node: Node, part: Any, name: str) -> None:
    """Let the name stand for this part wherever it is taken out of the loop's results."""
    written, uses = statements._inputs.written, statements._order.uses
    for taken in uses[node]:
        if taken.op is ops.shapes._getitem_row and taken.options["index"] == (slice(part.start, part.stop),):
            same = [x for x in (taken, *uses[taken]) if x.shape == part.shape and x.op in (taken.op, ops.reshape)]
            written.update((x, Text(name)) for x in same)
