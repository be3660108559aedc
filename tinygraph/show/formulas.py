"""The formula of an op or gradient rule as NumPy, with holes for the names of its inputs.

No formula is written here. The compiler's trace runs a rule on stand-ins, and the compiler
simplifies and writes what the rule computed. A rule that works on arrays only cannot be traced, so
it is called by name.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from .. import ops
from ..compiler.passes.algebra import like
from ..compiler.passes.table import PASSES
from ..graph.expression import SUM, Expressions, Text, array
from ..graph.names import LOSSES, called
from ..graph.nodes import Graph, Node, rewritten
from ..graph.trace import Nodes, Trace, argument
from ..tape import fit
from ..tensor import Op, Tensor, _leaf, _made

WRITTEN_OUT = {ops.linear, *LOSSES}  # ops shown as the formula they compute; others are called by name
LONGEST = 320  # characters of a formula; a rule with a longer one is called by name
SHARED = 16  # characters; an expression at least this long that is used twice gets a name
HOLE = re.compile(r"<(\w+)>(\.T\b)?")  # input 0, 1, ..., the output y, its gradient g, the result d, a shared s1


class _Whole(Nodes):
    """Ops stay as calls, such as relu(Z), except for the few that are written out."""

    def _taken_apart(self, tensor: Tensor, op: Op) -> Any:
        return super()._taken_apart(tensor, op) if op in WRITTEN_OUT else None


def formula(tensor: Tensor, k: int | None, more: bool, m: int) -> str:
    """The formula of `tensor`, or of rule k of its op.

    more: the input already has a gradient, so the formula adds to it.

    The formula changes in place only arrays that it has made itself, because two names may stand
    for one array.

    m: the number of examples, to be written as `m`; 0 if there is none.
    """
    op: Any = tensor.op
    nodes = _Whole()
    written: dict[Node, Text] = {}

    def stand_in(data: Any, hole: str) -> Tensor:
        new = argument(data, False, None)
        written[nodes.source(new, "argument")] = Text(f"<{hole}>")
        return new

    inputs = tuple(
        stand_in(a, str(j)) if type(x) is Tensor else x
        for j, (x, a) in enumerate(zip(tensor.inputs, tensor.saved or (), strict=True))
    )
    options = tensor.options or {}
    if k is None:
        copy = _made(_leaf(tensor._data), op, inputs, tensor.saved, options)
        return _written(Graph([nodes.of(copy)], []), written, False, m)
    g, y = (stand_in(np.zeros(tensor.shape, tensor.dtype), "g"), stand_in(tensor._data, "y"))
    try:
        with Trace(stable=False):
            result = fit((op.plain or op.rules_for(len(inputs)))[k](g, y, *inputs, **options), inputs[k], True)
        graph = PASSES["algebra"](PASSES["cse"](Graph([nodes.of(result)], [])))
        text = _written(rewritten(graph, _shorter), written, more, m)
    except Exception:  # a rule for arrays may fail on Tensors in any way
        text = ""
    if text and len(text) < LONGEST:
        return text
    which, part = (f"rules[{k}]", "") if op.rules else (f"variadic({k})", "") if op.variadic else ("joint", f"[{k}]")
    call = Node(op, tuple(nodes.of(x) for x in (g, y, *inputs)), options, tensor.shape, tensor.dtype)
    whole = Expressions(written, 0, "", set()).call(f"{called(op)}.{which}", call)
    return _gives(Text(whole.text + part), more)


def _gives(x: Text, more: bool) -> str:
    """The statement that assigns `x` to the result, or adds it to the result so far."""
    if more and x.text.startswith("-") and x.level > SUM:
        return f"<d> = <d> - {x.text[1:]}"
    return f"<d> = <d> + {x if x.level > SUM else f'({x})'}" if more else f"<d> = {x}"


def _shorter(node: Node) -> Any:
    """Simplify a keepdims sum that is then reshaped to a plain sum, and `x & True` to x."""
    if node.op is ops.bitwise_and and node.inputs[1] is True:
        return node.inputs[0]
    total = node.inputs[0] if node.op is ops.reshape else None
    if isinstance(total, Node) and total.op is ops.sum and total.options.get("keepdims"):
        x, axes = total.nodes()[0], total.options["axis"]
        if node.shape == tuple(n for axis, n in enumerate(x.shape) if axis not in axes):
            return like(node, ops.sum, x, axis=axes if node.shape else None)
    return node


def _written(graph: Graph, written: dict[Node, Text], more: bool, m: int) -> str:
    """The statements that compute the graph's output; shared expressions come first."""
    (last,) = graph.outputs
    order = graph.nodes()
    expressions = Expressions(written, m, "m", set(order) if m else set())
    uses = Counter(x for node in order for x in node.nodes())
    lines: list[str] = []
    puts = last.op is not None and last.op.in_lines
    for node in order:
        if node in written or (node is last and puts):
            continue
        if node.op is not None and node.op.in_lines:
            text = Text(f"<s{len(lines) + 1}>")
            lines += expressions.lines(text.text, node)
        elif node.op is None:
            value = np.asarray(getattr(node.value, "_data", node.value))
            text = Text(array(value) or f"array{value.shape}")
        else:
            text = expressions.of(node) or expressions.call(called(node.op), node)
        if uses[node] > 1 and len(text.text) > SHARED and node.op is not None:
            lines.append(f"<s{len(lines) + 1}> = {text}")
            text = Text(f"<s{len(lines)}>")
        written[node] = text
    if not puts:
        lines.append(_gives(written[last], more))
    elif not more:
        lines += expressions.lines("<d>", last)
    elif last.op.picks == 1:  # into zeros: the same is added to the result so far
        lines += ["<d> = np.array(<d>)", expressions.lines("<d>", last)[1].replace(" = ", " += ", 1)]
    else:
        hole = f"<s{len(lines) + 1}>"
        lines += [*expressions.lines(hole, last), _gives(Text(hole), more)]
    return "; ".join(lines)
