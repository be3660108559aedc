"""tg.scan in `step.source`: a Python `for` with the lines of one step."""

from __future__ import annotations

from typing import Any

from ..graph.expression import Text
from ..graph.nodes import Node
from ..ops import reshape
from ..ops.shapes import _getitem_row
from .inputs import Order


def write(statements: Any, node: Node) -> None:
    """Write the lines of a loop."""
    op, inputs, lines = node.op, statements._inputs, statements.lines
    names, written, graph = inputs.names, inputs.written, op.graph
    n_carries, n_xs, n_ys, _ = op.counts
    n_rows, n_all = n_carries + n_xs, n_carries + n_ys
    sources, given = graph.arguments, [inputs.text(x) for x in node.inputs]
    out, k = names.of(node, node.name or "results"), names.of((node, "k"), "k")
    written[node] = Text(out)
    lines.append(f"{out} = np.empty({op.size}{'' if op.dtype == float else f', {op.dtype.name!r}'})")
    carries = [names.of(x, x.name, "c") for x in sources[:n_carries]]
    parts = []
    for i, part in enumerate(op.parts):
        index = (slice(part.start, part.stop),)
        taken = [x for x in statements._order.uses[node] if x.op is _getitem_row and x.options["index"] == index]
        alike = [*taken, *(y for x in taken for y in statements._order.uses[x] if y.op is reshape)]
        alike = [x for x in alike if x.shape == part.shape]
        wanted = [x.name for x in alike if x.name] + [f"{c}s" for c in carries][i : i + 1]
        parts.append(names.of((node, i), (*wanted, "ys" if i < n_all else "total")[0]))
        shape = ", ".join(map(str, part.shape)) or "()"
        lines.append(f"{parts[-1]} = {out}[{part.start}:{part.stop}].reshape({shape})")
        written.update((x, Text(parts[-1])) for x in alike)
    lines += [f"{c} = {part}[0] = {x}" for c, part, x in zip(carries, parts, given, strict=False)]
    lines += [f"{part}[...] = 0" for part in parts[n_all:]]
    texts = [*carries, *(f"{x}[{k}]" for x in given[n_carries:n_rows]), *given[n_rows:]]
    written.update((x, Text(text)) for x, text in zip(sources, texts, strict=True))
    body = type(statements)(graph, Order(graph), inputs)
    made = [inputs.text(x) for x in graph.outputs]
    body.lines += [f"{part}[{k}] = {x}" for part, x in zip(parts[n_carries:n_all], made[n_carries:], strict=False)]
    body.lines += [f"{part} += {x}" for part, x in zip(parts[n_all:], made[n_all:], strict=False)]
    body.lines += [f"{', '.join(carries)} = {', '.join(made[:n_carries])}"] if carries else []
    row = f"{k} + 1" if op.keep else "0"
    body.lines += [f"{part}[{row}] = {c}" for part, c in zip(parts, carries, strict=False)]
    lines += [f"for {k} in range({op.n}):", *(f"    {line}" for line in body.lines or ["pass"])]
