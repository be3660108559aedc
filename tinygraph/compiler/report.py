"""What compiling did to a function, as a text: ops after each rewrite, memory and arithmetic beside eager's."""

from __future__ import annotations

import math
from typing import Any

from .graph import Graph, Node
from .layout import Layout, is_elementwise, is_view


def operations(node: Node) -> int:
    """Floating-point operations: 2 m n k for a product, one per entry of an element-wise op or a reduction's input."""
    if node.is_op("matmul"):
        return 2 * node.size * node.nodes()[0].shape[-1]
    if is_elementwise(node):
        return node.size
    return max((x.size for x in node.nodes()), default=0) if node.is_op("sum", "prod", "max", "min") else 0


def ops(graph: Graph) -> list[Node]:
    """The nodes that compute something."""
    return [node for node in graph.nodes() if node.op is not None]


def report(stages: list[tuple[str, Graph]], notes: list[str], layout: Layout) -> str:
    """stages: (what was done, the graph after it), of which the first is the graph as it was traced."""
    held = sum(x.size * x.dtype.itemsize for x in ops(stages[0][1]) if not is_view(x))
    nodes = ops(layout.graph)
    arrays = {id(x.base if x.base is not None else x): x for x in layout.buffers.values()}
    lines = ["ops"]
    lines += [f"  {len(ops(graph)):>6}  {what}" for what, graph in stages]
    lines += ["made stable", *(f"  {note}" for note in dict.fromkeys(notes))] if notes else []
    if layout.graph.updates:
        names = [x.name or "an argument" for x in layout.graph.arguments]
        packed = [u.name for u in layout.graph.updates if u.parameter.kind == "packed"]
        lines += ["left out", f"  gradients that no parameter needs, such as those of {', '.join(names) or 'data'}"]
        lines += ["in one matrix, so that one product does for both", f"  {'; '.join(packed)}"] if packed else []
    lines += [
        "memory",
        f"  {len(arrays)} buffers, {_bytes(layout.total)}, made once and shared by results that never live together",
        f"  {_bytes(held)} in all results, as eager holds them until the step is over",
        "arithmetic",
        f"  {sum(map(operations, nodes)):,} floating-point operations a call, in {_count(nodes)}",
    ]
    return "\n".join(lines)


def _count(nodes: list[Any]) -> str:
    products = sum(node.is_op("matmul") for node in nodes)
    return f"{products} matrix product{'s' * (products != 1)} and {len(nodes) - products} other ops"


def _bytes(n: int) -> str:
    power = min(int(math.log(n, 1024)), 3) if n else 0
    return f"{n / 1024**power:.4g} {('bytes', 'KiB', 'MiB', 'GiB')[power]}"
