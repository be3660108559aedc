"""The formula of an op, or of one of its gradient rules, as NumPy, with holes for the names of what
it takes.

Nothing is written here twice: a rule is run on stand-ins by the compiler's trace, and what it has
computed is simplified and written by the compiler too. Only what a rule for arrays computes cannot
be seen; it is called by name.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from .. import ops
from ..compiler.passes.algebra import algebra, like
from ..compiler.passes.cse import common_subexpressions
from ..graph.expression import SUM, Expressions, Text, array
from ..graph.names import called
from ..graph.nodes import Graph, Node, rewritten
from ..graph.trace import Nodes, Trace, argument
from ..ops.composed import log_loss, logistic_loss
from ..tape import fit
from ..tensor import Op, Tensor, _leaf, _made

WRITTEN_OUT = {ops.linear, log_loss, logistic_loss}  # as what they compute; other ops are called by their names
LONGEST = 320  # characters of a formula; a rule that computes more is called by its name
SHARED = 16  # characters from which an expression that is used twice is written once
HOLE = re.compile(r"<(\w+)>(\.T\b)?")  # for input 0, 1, ..., the output y, its gradient g, the result d, a shared s1


class _Whole(Nodes):
    """Ops stay as they are called, as in relu(Z), but for the few that are written out."""

    def _taken_apart(self, tensor: Tensor, op: Op) -> Any:
        return super()._taken_apart(tensor, op) if op in WRITTEN_OUT else None


def formula(tensor: Tensor, k: int | None, more: bool, m: int) -> str:
    """The formula that made `tensor`, or that of its op's rule k, which is added where there is
    `more` of a gradient.

    Nothing is changed in place but what the formula has made itself: its names may stand for one
    array.

    m: the number of examples, to be written as `m`, or 0.
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
            result = fit(op.rules_for(len(inputs))[k](g, y, *inputs, **options), inputs[k], True)
        graph = algebra(common_subexpressions(Graph([nodes.of(result)], [])))
        text = _written(rewritten(graph, _shorter), written, more, m)
    except Exception:  # whatever it is that a rule for arrays does not find in Tensors
        text = ""
    if text and len(text) < LONGEST:
        return text
    which, part = (f"rules[{k}]", "") if op.rules else (f"variadic({k})", "") if op.variadic else ("joint", f"[{k}]")
    call = Node(op, tuple(nodes.of(x) for x in (g, y, *inputs)), options, tensor.shape, tensor.dtype)
    whole = Expressions(written, 0, "", set()).call(f"{called(op)}.{which}", call)
    return _gives(Text(whole.text + part), more)


def _gives(x: Text, more: bool) -> str:
    """The statement that makes `x` the result, or adds it to the one so far."""
    if more and x.text.startswith("-") and x.level > SUM:
        return f"<d> = <d> - {x.text[1:]}"
    return f"<d> = <d> + {x if x.level > SUM else f'({x})'}" if more else f"<d> = {x}"


def _shorter(node: Node) -> Any:
    """A sum that kept its axes for a reshape to take them away, without either; and `x & True` is
    x.
    """
    if node.op is ops.bitwise_and and node.inputs[1] is True:
        return node.inputs[0]
    total = node.inputs[0] if node.op is ops.reshape else None
    if isinstance(total, Node) and total.op is ops.sum and total.options.get("keepdims"):
        x, axes = total.nodes()[0], total.options["axis"]
        if node.shape == tuple(n for axis, n in enumerate(x.shape) if axis not in axes):
            return like(node, ops.sum, x, axis=axes if node.shape else None)
    return node


def _written(graph: Graph, written: dict[Node, Text], more: bool, m: int) -> str:
    """The statements that compute the graph's output: what is used twice first."""
    (last,) = graph.outputs
    order = graph.nodes()
    expressions = Expressions(written, m, "m", set(order) if m else set())
    uses = Counter(x for node in order for x in node.nodes())
    lines: list[str] = []
    for node in order:
        if node in written:
            continue
        if node.op is None:
            value = np.asarray(getattr(node.value, "_data", node.value))
            text = Text(array(value) or f"array{value.shape}")
        else:
            text = expressions.of(node) or expressions.call(called(node.op), node)
        if uses[node] > 1 and len(text.text) > SHARED and node.op is not None:
            lines.append(f"<s{len(lines) + 1}> = {text}")
            text = Text(f"<s{len(lines)}>")
        written[node] = text
    if last.op is not ops.shapes._scatter_row:
        lines.append(_gives(written[last], more))
    elif more:
        lines += ["<d> = np.array(<d>)", expressions.scatter("<d>", last)[1].replace(" = ", " += ", 1)]
    else:
        lines += expressions.scatter("<d>", last)
    return re.sub(r"(\d\.\d{3})\d*(e-\d{3})", r"\1\2", "; ".join(lines))  # of a tiny number, how tiny it is
