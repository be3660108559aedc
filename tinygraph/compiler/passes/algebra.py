"""Algebra that keeps the meaning: for each op, the rules that find a simpler node, or None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...graph.nodes import Node, is_elementwise


def like(node: Node, op: Any, *inputs: Any, **options: Any) -> Node:
    """Another op's node with the shape and dtype of `node`."""
    return Node(op, inputs, options, node.shape, node.dtype, scope=node.scope)


def is_number(x: Any, value: float) -> bool:
    """Whether x is this number, as a Python number or as a constant array without axes."""
    if isinstance(x, Node):
        return x.kind == "constant" and x.value.ndim == 0 and bool(x.value == value)
    return type(x) in (int, float) and x == value


def same_as(node: Node, x: Any) -> Any:
    """x, if it has the shape and dtype of `node` and so can replace it."""
    return x if isinstance(x, Node) and x.shape == node.shape and x.dtype == node.dtype else None


def _neutral(value: float, either: bool) -> Callable[[Node], Any]:
    """The rule for x * 1, x + 0 and the like; with `either`, also for 1 * x."""

    def rule(node: Node) -> Any:
        a, b = node.inputs
        if is_number(b, value):
            return same_as(node, a)
        return same_as(node, b) if either and is_number(a, value) else None

    return rule


def _negative(node: Node) -> Any:
    """-(-x) is x. There is no such rule for 1 / (1 / x), because that may overflow."""
    x = node.inputs[0]
    return same_as(node, x.inputs[0]) if _made_by(x, ops.negative) else None


def _made_by(x: Any, op: Any) -> bool:
    return isinstance(x, Node) and x.op is op


def _add_negative(node: Node) -> Any:
    a, b = node.inputs
    if _made_by(b, ops.negative) and b.dtype == node.dtype:  # added to floats, -b of unsigned integers wrapped round
        return like(node, ops.subtract, a, b.inputs[0])
    return like(node, ops.subtract, b, a.inputs[0]) if _made_by(a, ops.negative) and a.dtype == node.dtype else None


def _subtract_negative(node: Node) -> Any:
    a, b = node.inputs
    return like(node, ops.add, a, b.inputs[0]) if _made_by(b, ops.negative) and b.dtype == node.dtype else None


def _power(node: Node) -> Any:
    a, b = node.inputs
    if is_number(b, 1):
        return same_as(node, a)
    return like(node, ops.square, a) if is_number(b, 2) and same_as(node, a) is not None else None


def _transpose(node: Node) -> Any:
    x = node.inputs[0]
    if not _made_by(x, ops.transpose):
        return same_as(node, x) if x.shape == node.shape and len(x.shape) < 2 else None
    order = [_axes(x)[k] for k in _axes(node)]
    if order == list(range(len(order))):
        return same_as(node, x.inputs[0])
    return like(node, ops.transpose, x.inputs[0], axes=tuple(order))


def _axes(node: Node) -> list[int]:
    n = len(node.shape)
    axes = node.options.get("axes")
    return list(reversed(range(n))) if axes is None else [k % n for k in axes]


def _reshape(node: Node) -> Any:
    x = node.inputs[0]
    if x.shape == node.shape:
        return same_as(node, x)
    return like(node, ops.reshape, x.inputs[0], shape=node.shape) if _made_by(x, ops.reshape) else None


def _same_shape(node: Node) -> Any:
    return same_as(node, node.inputs[0])


def _unbroadcast(node: Node) -> Any:
    """Drop broadcast_to from the inputs of an element-wise op, which broadcasts by itself."""
    if not any(_made_by(x, ops.broadcast_to) for x in node.inputs) or not is_elementwise(node):
        return None
    inputs = [x.inputs[0] if _made_by(x, ops.broadcast_to) else x for x in node.inputs]
    if np.broadcast_shapes(*[x.shape for x in inputs if isinstance(x, Node)]) != node.shape:
        return None
    return like(node, node.op, *inputs, **node.options)


def _broadcast_last(node: Node) -> Any:
    """Multiply by a number before a broadcast: many entries of a, times b, are many of a * b."""
    x, b = node.inputs
    if not _made_by(x, ops.broadcast_to) or x.inputs[0].shape or getattr(b, "shape", ()):
        return None
    if node.dtype.kind != "f" or x.dtype != node.dtype:  # NumPy 1 has other dtypes for arrays without axes
        return None
    product = Node(ops.multiply, (x.inputs[0], b), {}, (), node.dtype, scope=node.scope)
    return like(node, ops.broadcast_to, product, shape=node.shape)


def _sum_of_nothing(node: Node) -> Any:
    """The input of a sum over axes of length 1 that keeps these axes."""
    return same_as(node, node.inputs[0]) if node.options.get("keepdims") else None


TABLE: dict[Any, tuple[Callable[[Node], Any], ...]] = {
    ops.multiply: (_neutral(1, either=True), _broadcast_last),
    ops.add: (_neutral(0, either=True), _add_negative),
    ops.subtract: (_neutral(0, either=False), _subtract_negative),
    ops.divide: (_neutral(1, either=False),),
    ops.power: (_power,),
    ops.negative: (_negative,),
    ops.positive: (_same_shape,),
    ops.transpose: (_transpose,),
    ops.reshape: (_reshape,),
    ops.broadcast_to: (_same_shape,),
    ops.squeeze: (_same_shape,),
    ops.shapes._cast: (_same_shape,),
    ops.sum: (_sum_of_nothing,),
}


def simplified(node: Node) -> Any:
    """The node simplified by the rules in the table, until none applies."""
    result: Any = node
    for _ in range(20):  # each rule makes it smaller, but a bound is safer
        if not isinstance(result, Node) or result.op is None or not result.op.builtin:
            break
        rules = *TABLE.get(result.op, ()), _unbroadcast
        better = next((new for rule in rules if (new := rule(result)) is not None), None)
        if better is None:
            break
        result = better
    return result
