"""Forms that overflow, or lose what exp has underflowed, and the stable forms that they mean. One row each."""

from __future__ import annotations

from typing import Any

from ...costs import logistic_loss
from ...ops import log_sigmoid, log_softmax, logsumexp, negative
from ...tensor import Tensor


def made_by(x: Any, *names: str) -> bool:
    """Whether x is the result of one of these ops."""
    return type(x) is Tensor and x.op is not None and x.op.name in names


def _log(x: Any) -> Any:
    if made_by(x, "sigmoid"):
        return log_sigmoid(x.inputs[0])
    if (
        made_by(x, "subtract")
        and type(x.inputs[0]) is not Tensor
        and x.inputs[0] == 1
        and made_by(x.inputs[1], "sigmoid")
    ):
        return log_sigmoid(negative(x.inputs[1].inputs[0]))
    if made_by(x, "softmax"):
        return log_softmax(x.inputs[0], **x.options)
    if made_by(x, "sum") and made_by(x.inputs[0], "exp"):
        return logsumexp(x.inputs[0].inputs[0], **x.options)
    return None


def _log_loss(A: Any, Y: Any, Z: Any) -> Any:
    return logistic_loss(Z, Y) if made_by(A, "sigmoid") and A.inputs[0] is Z else None


def _add(a: Any, b: Any) -> Any:
    """Y log(sigmoid(Z)) + (1 - Y) log(1 - sigmoid(Z)), after the logarithms became log_sigmoid(Z) and (-Z)."""
    if not (made_by(a, "multiply") and made_by(b, "multiply")):
        return None
    (Y, log_a), (rest, log_b) = a.inputs, b.inputs
    if not (made_by(log_a, "log_sigmoid") and made_by(log_b, "log_sigmoid") and made_by(rest, "subtract")):
        return None
    Z, minus = log_a.inputs[0], log_b.inputs[0]
    if made_by(minus, "negative") and minus.inputs[0] is Z and rest.inputs[0] == 1 and _same(rest.inputs[1], Y):
        return negative(logistic_loss(Z, Y)) if Z.shape == a.shape == b.shape else None
    return None


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) is Tensor and a._data is b._data)


# op: what to put in its place, given its inputs, or None
TABLE = {"log": _log, "log_loss": _log_loss, "add": _add}


def stabilised(tensor: Tensor) -> Tensor | None:
    """The stable form of what was just recorded, or None where it is stable as it is."""
    rule: Any = TABLE.get(str(tensor.op))
    return rule(*tensor.inputs) if rule else None
