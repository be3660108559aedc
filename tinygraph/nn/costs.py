"""Costs: one number of shape () that says how far a network's outputs are from the labels.

Examples are columns, as in the lesson: AL, Z and Y have the shape (1, m), or (classes, m) for
softmax_cross_entropy.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..arrays import Array, as_array, modified_since
from ..errors import hook
from ..modes import current, tracing
from ..ops import astype, equal, log, mean, sigmoid, softmax, square, where
from ..ops.composed import log_loss, logistic_loss, softmax_loss
from ..tensor import Op, Tensor, constant


def _is_still_of_its_input(A: Any) -> bool:
    """Whether a sigmoid's result and its input are unchanged since the result was computed."""
    if tracing():
        return True
    Z = A.inputs[0]._data
    return Z is A.saved[0] and not (modified_since(Z, A.order) or modified_since(A._data, A.order))


def equation_7(x: Any) -> Any:
    """Mark x as a result of lesson equation (7), and return it."""
    if type(x) is Tensor:
        x._equation = "(7)"
    return x


def cross_entropy(AL: Any, Y: Any) -> Any:
    """The cross-entropy cost, lesson formula (7): -mean(Y log(AL) + (1 - Y) log(1 - AL)).

    AL: probabilities. Y: labels from 0 to 1, of AL's shape. The cost has the shape (). Raises
    ValueError if the shapes differ or a label is not from 0 to 1.

    If AL = sigmoid(Z), the tape records one op log_loss(AL, Y, Z), which takes the logarithms from
    Z. The cost is then exact even if AL rounds to 0 or 1, and Z's gradient is (AL - Y) / m to
    rounding. Any other AL is recorded as log and mean.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy(np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]]))), 6)
    0.279777
    """
    AL, Y = _labels(cross_entropy, AL, Y, between_0_and_1=True)
    if type(AL) is Tensor and AL.op is sigmoid and _is_still_of_its_input(AL):
        Y = Y if type(Y) is Tensor else constant(Y, "cross_entropy", "Y")
        return equation_7(mean(equation_7(log_loss(AL, Y, AL.inputs[0]))))
    # an AL that equals its label of 0 or 1 costs nothing, so that 0 * log(0) never comes up
    of_ones = Y * log(where(equal(Y, 0) & equal(AL, 0), 1, AL))
    of_zeros = (1 - Y) * log(where(equal(Y, 1) & equal(AL, 1), 1, 1 - AL))
    return equation_7(-mean(of_ones + of_zeros))


def cross_entropy_with_logits(Z: Any, Y: Any) -> Any:
    """The cross-entropy cost, lesson formula (7), of AL = sigmoid(Z), without overflow for any Z.

    Z: scores. Y: labels from 0 to 1, of Z's shape. The cost has the shape (). Raises ValueError if
    the shapes differ, a label is not from 0 to 1, or Z is the result of a sigmoid or softmax.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy_with_logits(np.array([[1e4, 0.0]]), np.array([[0, 1]]))), 6)
    5000.346574
    """
    Z, Y = _labels(cross_entropy_with_logits, Z, Y, between_0_and_1=True)
    _check_scores(cross_entropy_with_logits, Z, Y)
    return equation_7(mean(equation_7(logistic_loss(Z, Y))))


def softmax_cross_entropy(Z: Any, Y: Any) -> Any:
    """The cross-entropy cost of softmax over the rows of Z: -mean of log(softmax(Z))[label].

    Z: scores of shape (classes, m), such as mlp(X).inputs[0], the scores before an MLP's sigmoid.
    Y: probabilities of shape (classes, m), or integer labels 0 ... classes - 1 of shape (m,) or
    (1, m). The mean runs over the m examples; the cost has the shape (). Raises ValueError if a
    shape or label does not fit, or if Z is the result of a sigmoid or softmax.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.softmax_cross_entropy(np.zeros((4, 2)), np.array([3, 0]))), 6)
    1.386294
    """
    Z = Z if type(Z) is Tensor else as_array(Z, "softmax_cross_entropy")
    if Z.ndim != 2:
        raise ValueError(f"softmax_cross_entropy takes Z of shape (classes, m), got {Z.shape}")
    _check_scores(softmax_cross_entropy, Z, Y)
    classes, m = Z.shape
    dtype = Z.dtype if Z.dtype.kind == "f" else np.dtype(float)
    Y = Y if type(Y) is Tensor else as_array(Y, "softmax_cross_entropy")
    if Y.shape in ((m,), (1, m)) and Y.dtype.kind in "iu":
        _check_labels("softmax_cross_entropy", Y, classes)
    elif Y.shape != Z.shape:
        shapes = [Z.shape, *([(m,), (1, m)] if Y.dtype.kind in "iu" else [])]
        said = f"the labels take the shape {Z.shape}, or are {m} integers; got {Y.dtype}"
        raise _misfit(softmax_cross_entropy, Z, Y, shapes, said)
    else:
        _check_labels("softmax_cross_entropy", Y)
        Y = Y if Y.dtype == dtype else astype(Y, dtype)
    Y = constant(Y, "softmax_cross_entropy", "Y") if type(Z) is Tensor and type(Y) is not Tensor else Y
    return mean(softmax_loss(Z if Z.dtype == dtype else astype(Z, dtype), Y))


def mean_squared_error(A: Any, Y: Any) -> Any:
    """The mean squared error, mean((A - Y) ** 2) over all entries.

    A and Y have the same shape; the cost has the shape (). Raises ValueError if the shapes differ.

    >>> import numpy as np, tinygraph as tg
    >>> float(tg.mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    A, Y = _labels(mean_squared_error, A, Y)
    return mean(square(A - Y))


def _check_scores(cost: Any, Z: Any, Y: Any) -> None:
    """Raise ValueError if Z is the result of a sigmoid or softmax, or a view of one."""
    made, views = Z, []
    while getattr(made, "op", None) is not None and made.op.view:
        views.append(made)
        made = made.inputs[0]
    if getattr(made, "op", None) not in (sigmoid, softmax):
        return
    scores = made.inputs[0]
    for view in reversed(views):
        scores = view.op(scores, *view.inputs[1:], **view.options)
    a, z, y = hook("typed_names")(Op(cost.__name__, cost, None, None), (Z, scores, Y), "AZY")
    instead = f", or cross_entropy({a}, {y})" if cost is cross_entropy_with_logits and made.op is sigmoid else ""
    raise ValueError(
        f"{cost.__name__} takes scores, not the result of {made.op}; got {a} {Z.shape}: "
        f"write {cost.__name__}({z}, {y}){instead}"
    )


def _misfit(cost: Any, A: Any, Y: Any, shapes: list[tuple[int, ...]], said: str) -> Exception:
    """The error for labels Y of none of these shapes, with a suggestion if one can be made."""

    def checked(a: Any, y: Any) -> None:
        if y.shape not in shapes:
            raise ValueError(said)

    op = Op(cost.__name__, functools.wraps(cost)(checked), None, None)
    op.builtin = True
    error: Exception = hook("advise")(ValueError(said), op, (A, Y), {})
    return error


def _check_labels(cost: str, Y: Any, classes: int = 0) -> None:
    """Raise ValueError unless labels are from 0 to 1, or from 0 to `classes` - 1 if it is given.

    Labels that depend on a variable are not checked. tg.compile checks the others at each call.
    """

    highest = max(classes - 1, 0) if classes else 1

    def check(y: Array) -> None:
        if y.size and not (y.item(y.argmin()) >= 0 and y.item(y.argmax()) <= highest):  # quicker than min and max
            if classes:
                wrong = y.min() if y.min() < 0 else y.max()
                raise ValueError(f"{cost} takes labels 0 ... {classes - 1} for {classes} rows of scores, got {wrong}")
            instead = "; for -1 and 1, write (Y + 1) / 2" if y.min() == -1 else ""
            raise ValueError(f"{cost} takes labels from 0 to 1, got {y.min()} to {y.max()}{instead}")

    if type(Y) is not Tensor:
        check(Y)
    elif not Y._requires_grad and (tracing() or Y.op is None):
        check(Y._data)  # in a trace too, which runs the cost on the labels of the first call
        if tracing():
            current.get()[2].checks.append((check, Y))


def _labels(function: Any, A: Any, Y: Any, between_0_and_1: bool = False) -> tuple[Any, Any]:
    """A, and Y in A's dtype; Y must have A's shape.

    Otherwise, (1, m) and (m, 1) would silently broadcast to (m, m).
    """
    cost = function.__name__
    A = A if type(A) is Tensor else as_array(A, cost)
    Y = Y if type(Y) is Tensor else as_array(Y, cost)
    if Y.shape != A.shape:
        raise _misfit(function, A, Y, [A.shape], f"the labels take the shape {A.shape}")
    if between_0_and_1:
        _check_labels(cost, Y)
    if A.dtype.kind != "f":  # A - Y and its square could overflow in integers
        by_both = Y.dtype.kind == "f" and not between_0_and_1  # labels do not say how exact scores are
        A = astype(A, np.promote_types(A.dtype, Y.dtype) if by_both else float)
    return A, Y if A.dtype == Y.dtype else astype(Y, A.dtype)
