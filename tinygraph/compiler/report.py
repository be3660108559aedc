"""A text about what compiling did: the effect of each pass, memory next to eager's, arithmetic."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from ..errors import hook
from ..graph.nodes import Graph, Node, is_elementwise, is_reduction, ordered
from ..ops import matmul
from .buffers import is_view
from .passes.table import Stages
from .program import Program

WHAT = {
    "fold_constants": "computed ahead, because it depends on nothing that changes",
    "algebra": "x * 1, transposes of transposes and their like",
    "cse": "the same op on the same inputs, computed once",
    "fold_learning_rate": "the learning rate in the gradient's seed, not in a product for each parameter",
    "mask": "a mask in the product's dtype, which NumPy would cast in each call",
    "pack_bias": "W and b in one matrix: one product for both, and its columns as views",
    "fewer_calls": "small arrays: the masks of all layers at once, -|x| by one call, numbers by Python",
}


def eager_bytes(graph: Graph) -> int:
    """The peak of eager's memory: the tape keeps the forward pass, and frees used gradients."""
    order = graph.nodes()
    ends = set(graph.roots())
    ends |= {x for x in ordered([x for x in graph.outputs if type(x) is Node]) if graph.updates}
    last = {x: k for k, node in enumerate(order) for x in node.nodes()}
    held = peak = 0
    dying: dict[int, int] = {}
    for k, node in enumerate(order):
        if node.op is not None and not is_view(node):
            held += _bytes(node)
            peak = max(peak, held)
            if node not in ends:
                dying[last[node]] = dying.get(last[node], 0) + _bytes(node)
        held -= dying.get(k, 0)
    return peak


def _bytes(node: Node) -> int:
    return node.size * node.dtype.itemsize


def operations(node: Node) -> int:
    """The number of floating-point operations of a node.

    A product has 2 m n k, an element-wise op one per entry, a reduction one per entry of its input,
    a loop those of its steps.
    """
    if node.op is not None and node.op.graph is not None:
        return len(node.op.ks) * sum(map(operations, node.op.graph.nodes()))
    if node.op is matmul:
        return 2 * node.size * node.nodes()[0].shape[-1]
    if is_elementwise(node):
        return node.size
    return max((x.size for x in node.nodes()), default=0) if is_reduction(node) else 0


def report(stages: Stages, notes: list[str], program: Program) -> str:
    """The text of step.report(). `notes` says which forms the trace replaced by stable ones."""
    layout = program.layout
    nodes = [node for node in layout.order if node.op is not None]
    products = sum(node.op is matmul for node in nodes)
    buffers = len({id(x.base if x.base is not None else x) for x in layout.buffers.values()})
    counts = [(name, Counter(x.op.name for x in graph.nodes() if x.op is not None)) for name, graph in stages]
    rows: list[tuple[str, ...]] = [("ops before and after each pass",), ("traced", str(counts[0][1].total()), "")]
    for (_, before), (name, after) in pairwise(counts):
        if before != after:
            said = _change(before, after)
            why = f"({WHAT[name]})"
            said += f"\n{why}" * (not any(why in row[-1] for row in rows))
            rows.append((name, f"{before.total()} -> {after.total()}", said))
    if notes:
        rows += [("made stable, because these can overflow",), *(("", note) for note in dict.fromkeys(notes))]
    if layout.graph.updates:
        names = [x.name or "an argument" for x in layout.graph.arguments]
        packed = [u.name for u in layout.graph.updates if u.parameter.kind == "packed"]
        unused = f"gradients that no parameter needs, such as those of {', '.join(names) or 'data'}"
        rows += [("dropped",), ("", unused)]
        rows += [("fused into one matrix",), ("", "; ".join(packed))] if packed else []
    kept = f"{byte_size(layout.total)} in {buffers} buffers, made once and shared by results that never live together"
    over = f"{layout.written_over} of {len(layout.buffers)} results written over an input that nothing needs any more"
    rows += [("memory",), ("", kept), ("", f"{byte_size(eager_bytes(stages[0][1]))} at eager's peak"), ("", over)]
    count = f"{products} matrix product{'s' * (products != 1)} and {len(nodes) - products} other ops"
    total = f"{sum(map(operations, nodes)):,}"
    rows += [("arithmetic",), ("", f"{total} floating-point operations a call, in {count}")]
    text: str = hook("as_table")("\n".join(map(_line, rows)), rows)
    return text


def _line(row: tuple[str, ...]) -> str:
    """A row as text: a title, a sentence, or the effect of a pass."""
    if len(row) < 3:
        return "  ".join(row)
    name, count, said = row
    return f"  {name:<18} {count:>11}  {said}".replace("\n", f"\n{'':<33} ").rstrip()


def _change(before: Counter[str], after: Counter[str]) -> str:
    parts = [f"{n} {name}" for name, n in (before - after).items()]
    new = [f"{n} {name}" for name, n in (after - before).items()]
    return "; ".join([f"without {', '.join(parts)}"] * bool(parts) + [f"with {', '.join(new)}"] * bool(new))


def byte_size(n: int) -> str:
    """A number of bytes as text, such as 1.5 KiB."""
    power = max(k for k in range(4) if k == 0 or n >= 1024**k)
    return f"{n / 1024**power:.4g} {('bytes', 'KiB', 'MiB', 'GiB')[power]}"
