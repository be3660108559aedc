"""The forward values that an op's gradient rules read, found by running them on stand-ins."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.trace import Trace, argument
from ..tape import toposort
from ..tensor import Tensor


def needed(node: Tensor) -> set[int]:
    """The positions of the inputs whose values a tensor's rules read; its own value comes last.

    >>> import tinygraph as tg
    >>> x, y = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([3.0, 4.0])
    >>> needed(x * y), needed(x + y), needed(tg.exp(x))
    ({1}, set(), {1})
    """
    op: Any = node.op
    if op.opaque:
        return set(range(len(node.inputs) + 1))
    values = [argument(x._data, False, None) if type(x) is Tensor else x for x in (*node.inputs, node)]
    g = argument(np.broadcast_to(node.dtype.type(1), node.shape), False, None)
    found: set[Tensor] = set()
    for x, rule in zip(node.inputs, op.rules_for(len(node.inputs)), strict=True):
        if rule is None or type(x) is not Tensor or not x._requires_grad:
            continue
        try:
            with Trace(stable=False):
                dx = rule(g, values[-1], *values[:-1], **(node.options or {}))
        except Exception:  # a rule that works on arrays only fails here, and may read all
            return set(range(len(values)))
        found |= set(toposort(dx)) if type(dx) is Tensor else set()
    return {k for k, value in enumerate(values) if type(value) is Tensor and value in found}
