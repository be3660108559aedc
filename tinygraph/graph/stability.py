"""The stability table: forms that overflow or underflow, and stable forms with the same meaning."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..ops.composed import log_loss, logistic_loss
from ..tensor import Op, Tensor


def made_by(x: Any, op: Op) -> bool:
    """Whether x is the result of this op, not of a user's op of the same name."""
    return type(x) is Tensor and x.op is op


def _one_minus(x: Any) -> Any:
    """The v of x = 1 - v, or None."""
    is_one = made_by(x, ops.subtract) and type(x.inputs[0]) is not Tensor and x.inputs[0] == 1
    return x.inputs[1] if is_one else None


def _input(x: Any) -> Any:
    """The input of x in x's dtype: an integer would wrap round in -v and give another dtype."""
    v = x.inputs[0]
    return v if v.dtype == x.dtype else ops.astype(v, x.dtype)


def _log(x: Any) -> Any:
    if made_by(x, ops.sigmoid):
        return ops.log_sigmoid(_input(x))
    if made_by(_one_minus(x), ops.sigmoid):
        return ops.log_sigmoid(ops.negative(_input(_one_minus(x))))
    if made_by(x, ops.softmax):
        return ops.log_softmax(_input(x), **x.options)
    if made_by(x, ops.sum) and made_by(x.inputs[0], ops.exp):
        return ops.logsumexp(_input(x.inputs[0]), **x.options)
    return None


def _log_loss(A: Any, Y: Any, Z: Any) -> Any:
    return logistic_loss(Z, Y) if made_by(A, ops.sigmoid) and A.inputs[0] is Z else None


def _add(a: Any, b: Any) -> Any:
    """The stable form of Y log(sigmoid(Z)) + (1 - Y) log(1 - sigmoid(Z)), or None.

    The logarithms have become log_sigmoid(Z) and log_sigmoid(-Z) before.
    """
    if not (made_by(a, ops.multiply) and made_by(b, ops.multiply)):
        return None
    (Y, log_a), (rest, log_b) = a.inputs, b.inputs
    if not (made_by(log_a, ops.log_sigmoid) and made_by(log_b, ops.log_sigmoid)):
        return None
    Z, minus = log_a.inputs[0], log_b.inputs[0]
    if made_by(minus, ops.negative) and minus.inputs[0] is Z and _one_minus(rest) is Y and Z.shape == a.shape:
        return ops.negative(logistic_loss(Z, Y))
    return None


# by op: a function of its inputs that gives the node to put in its place, or None
TABLE: dict[Any, Any] = {ops.log: _log, log_loss: _log_loss, ops.add: _add}


def stabilised(tensor: Tensor) -> Tensor | None:
    """The stable form of a result that was just recorded, or None if it is stable already."""
    rule = TABLE.get(tensor.op)
    return rule(*tensor.inputs) if rule else None
