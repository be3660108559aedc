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
    n, end, given = op.counts[0], sum(op.counts[:2]), [*map(inputs.text, node.inputs)]
    k = inputs.names.of((node, "k"), "k")
    parts, body, made = step(statements, node, [f"{x}[{k}]" for x in given[n:end]])
    starts = [x if "(" in x else f"np.array({x})" for x in given[:n]]
    starts += [f"np.empty({shape}, {dtype.name!r})".replace(", 'float64'", "") for _, shape, dtype in op.parts[n:]]
    lines += [f"{part} = {start}" for part, start in zip(parts, starts, strict=True)]
    body += [f"{part}[{k}] = {x}" for part, x in zip(parts[n:], made[n:], strict=False)]
    body += [f"{', '.join(parts[:n])} = {', '.join(made[:n])}"] if n else []
    steps = f"range({len(op.ks)})" if op.ks.step > 0 else f"reversed(range({len(op.ks)}))"
    lines += [f"for {k} in {steps}:", *(f"    {line}" for line in body or ["pass"])]


def step(statements: Any, node: Node, rows: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The names of a loop's results, the lines of one step on `rows` of xs, and the texts of its results.

    What reads the results from the flat array reads these.
    """
    op, inputs, uses = node.op, statements._inputs, statements._order.uses
    names, written, sources = inputs.names, inputs.written, op.graph.arguments
    statements._begin(statements._title(node))
    carries = [names.of(x, x.name, "c") for x in sources[: op.counts[0]]]
    parts = [*carries, *(names.of((node, i), f"{c}s") for i, c in enumerate(carries[: op.counts[2]]))]
    parts += [names.of((node, i), "ys") for i in range(len(parts), len(op.parts))]
    for name, (place, shape, _) in zip(parts, op.parts, strict=True):
        taken = [x for x in uses[node] if x.op is _getitem_row and x.options["index"] == (place,)]
        alike = [x for y in taken for x in (y, *uses[y]) if x.shape == shape and x.op in (_getitem_row, reshape)]
        written.update({x: Text(f"{name}.ravel()") for x in taken} | {x: Text(name) for x in alike})
    for x in op.graph.nodes():  # which the lines of another loop with the same step may have written
        written.pop(x, None)
    texts = [*carries, *rows, *map(inputs.text, node.inputs[sum(op.counts[:2]) :])]
    written.update((x, Text(text)) for x, text in zip(sources, texts, strict=True))
    body = type(statements)(op.graph, Order(op.graph), inputs)
    written[node] = Text(f"np.concatenate([{', '.join(parts)}], axis=None)")
    return parts, body.lines, [*map(inputs.text, op.graph.outputs)]
