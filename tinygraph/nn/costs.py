"""Costs: one number of shape () that says how far a network's outputs are from the labels.

Examples are columns, as in the lesson: AL, Z and Y have the shape (1, m), or (classes, m) for
softmax_cross_entropy.

With weights, a cost is a weighted mean: the sum of weight * loss, divided by the sum of the
weights. A weight is that of the example (sample_weight) times that of its class (class_weight).
Label smoothing changes the labels in the losses, and not the weights that the cost divides by.
Weights, like labels, may be arguments of a compiled function.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NoReturn

import numpy as np

from ..arrays import Array, modified_since
from ..errors import hook
from ..files import short
from ..modes import current, tracing
from ..ops import astype, equal, log, mean, sigmoid, softmax, square, where
from ..ops.composed import log_loss, logistic_loss, softmax_loss
from ..ops.shapes import _operand
from ..options import number
from ..tensor import Op, Tensor, constant


def _is_still_of_its_input(A: Any) -> bool:
    """Whether a sigmoid's result and its input are unchanged since the result was computed."""
    if tracing():
        return True
    Z = A._inputs[0]._data
    return Z is A.saved[0] and not (modified_since(Z, A.order) or modified_since(A._data, A.order))


def equation_7(x: Any, is_plain: bool = True) -> Any:
    """Mark x as a result of lesson equation (7) if it is one, without weights, and return it."""
    if is_plain and type(x) is Tensor:
        x._equation = "(7)"
    return x


def cross_entropy(
    AL: Any, Y: Any, *, sample_weight: Any = None, class_weight: Any = None, label_smoothing: float = 0.0
) -> Any:
    """The cross-entropy cost, lesson formula (7): -mean(Y log(AL) + (1 - Y) log(1 - AL)).

    AL: probabilities. Y: labels from 0 to 1, of AL's shape. The cost has the shape (). Raises
    ValueError if the shapes differ, or if AL or a label is not from 0 to 1. A compiled function
    does not check AL.

    sample_weight: one number for each column, of shape (m,) or (1, m), or one for each entry, of
    AL's shape. class_weight: two numbers [w0, w1]; log(AL) is multiplied by w1, and log(1 - AL) by
    w0. With either, the cost is divided by the mean weight. A label Y weighs sample_weight times
    w1 Y + w0 (1 - Y). label_smoothing: eps, at least 0 and below 1; the losses are then those of
    the labels (1 - eps) Y + eps / 2. Raises ValueError if a weight is negative or not finite, if
    its shape does not fit, or if all weights are 0.

    If AL = sigmoid(Z), the tape records one op log_loss(AL, Y, Z), which takes the logarithms from
    Z. The cost is then exact even if AL rounds to 0 or 1, and Z's gradient is (AL - Y) / m to
    rounding. Any other AL is recorded as log and mean.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy(np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]]))), 6)
    0.279777
    >>> round(float(tg.cross_entropy(np.array([[0.8, 0.4]]), np.array([[1, 0]]), class_weight=[1, 3])), 6)
    0.295064
    """
    AL, Y = _labels(cross_entropy, AL, Y, between_0_and_1=True)
    of_sigmoid = type(AL) is Tensor and AL.op is sigmoid and _is_still_of_its_input(AL)
    if not of_sigmoid:
        _check_probabilities(AL, Y)
    is_plain = sample_weight is None and class_weight is None and label_smoothing == 0
    label, *factors = (Y,) if is_plain else _of_two_classes(cross_entropy, Y, class_weight, label_smoothing)
    name, Y = "Y" if label is Y else "labels", label
    if of_sigmoid:
        Y = Y if type(Y) is Tensor else constant(Y, "cross_entropy", name)
        loss = equation_7(log_loss(AL, Y, AL.inputs[0]), is_plain)
        return equation_7(_weighted_mean(cross_entropy, loss, sample_weight, *factors), is_plain)
    # an AL that equals its label of 0 or 1 costs nothing, so that 0 * log(0) never comes up
    of_ones = Y * log(where(equal(Y, 0) & equal(AL, 0), 1, AL))
    of_zeros = (1 - Y) * log(where(equal(Y, 1) & equal(AL, 1), 1, 1 - AL))
    return equation_7(-_weighted_mean(cross_entropy, of_ones + of_zeros, sample_weight, *factors), is_plain)


def cross_entropy_with_logits(
    Z: Any, Y: Any, *, sample_weight: Any = None, class_weight: Any = None, label_smoothing: float = 0.0
) -> Any:
    """The cross-entropy cost, lesson formula (7), of AL = sigmoid(Z), without overflow for any Z.

    Z: scores. Y: labels from 0 to 1, of Z's shape. The cost has the shape (). Raises ValueError if
    the shapes differ, a label is not from 0 to 1, or Z is the result of a sigmoid or softmax.
    sample_weight, class_weight and label_smoothing: as for cross_entropy.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy_with_logits(np.array([[1e4, 0.0]]), np.array([[0, 1]]))), 6)
    5000.346574
    """
    Z, Y = _labels(cross_entropy_with_logits, Z, Y, between_0_and_1=True)
    _check_scores(cross_entropy_with_logits, Z, Y)
    if sample_weight is None and class_weight is None and label_smoothing == 0:
        return equation_7(mean(equation_7(logistic_loss(Z, Y))))
    Y, *factors = _of_two_classes(cross_entropy_with_logits, Y, class_weight, label_smoothing)
    return _weighted_mean(cross_entropy_with_logits, logistic_loss(Z, Y), sample_weight, *factors)


def softmax_cross_entropy(
    Z: Any, Y: Any, *, sample_weight: Any = None, class_weight: Any = None, label_smoothing: float = 0.0
) -> Any:
    """The cross-entropy cost of softmax over the rows of Z: -mean of log(softmax(Z))[label].

    Z: scores of shape (classes, m), such as mlp(X).inputs[0], the scores before an MLP's sigmoid.
    Y: probabilities of shape (classes, m), or integer labels 0 ... classes - 1 of shape (m,) or
    (1, m). The mean runs over the m examples; the cost has the shape (). Raises ValueError if a
    shape or label does not fit, or if Z is the result of a sigmoid or softmax.

    sample_weight: one number for each example, of shape (m,) or (1, m). class_weight: one number
    for each class, by which the class's logarithm is multiplied. With either, the cost is divided
    by the mean weight, also for probabilities, where PyTorch divides by m. An example weighs
    sample_weight times the weight of its class, for probabilities the sum of class_weight * Y over
    the classes. label_smoothing: eps, at least 0 and
    below 1; the losses are then those of the labels (1 - eps) Y + eps / classes. Raises ValueError
    if a weight is negative or not finite, if its shape does not fit, or if all weights are 0.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.softmax_cross_entropy(np.zeros((4, 2)), np.array([3, 0]))), 6)
    1.386294
    >>> Z, Y = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([0, 1])
    >>> round(float(tg.softmax_cross_entropy(Z, Y, class_weight=[1, 3], label_smoothing=0.1)), 6)
    0.626179
    """
    Z = _operand(Z, "softmax_cross_entropy")
    if Z.ndim != 2:
        raise ValueError(f"softmax_cross_entropy takes Z of shape (classes, m), got {Z.shape}")
    _check_scores(softmax_cross_entropy, Z, Y)
    classes, m = Z.shape
    dtype = Z.dtype if Z.dtype.kind == "f" else np.dtype(float)
    Y = _operand(Y, "softmax_cross_entropy")
    if Y.shape in ((m,), (1, m)) and Y.dtype.kind in "iu":
        what = f"softmax_cross_entropy takes labels 0 ... {classes - 1} for {classes} rows of scores"
        _check_places(Y, classes, what)
    elif Y.shape != Z.shape:
        shapes = [Z.shape, *([(m,), (1, m)] if Y.dtype.kind in "iu" else [])]
        said = f"the labels take the shape {Z.shape}, or are {m} integers; got {Y.dtype}"
        said += ": write Y.astype(int)" * (Y.shape in ((m,), (1, m)) and Y.dtype.kind in "fb")
        if Y.dtype.kind in "iu" and Y.size == classes != m:
            said = f"examples are columns: write Z.T for scores of {classes} examples and {m} classes"
        _misfit(softmax_cross_entropy, Z, Y, shapes, said)
    else:
        _check_labels("softmax_cross_entropy", Y, of_columns=True)
        Y = Y if Y.dtype == dtype else astype(Y, dtype)
    Y = constant(Y, "softmax_cross_entropy", "Y") if type(Z) is Tensor and type(Y) is not Tensor else Y
    weight = None
    if class_weight is not None or label_smoothing != 0:
        shares = Y if Y.dtype.kind == "f" else astype(equal(np.arange(classes)[:, None], Y), dtype)
        Y = _smoothed(shares, label_smoothing, classes)
        if class_weight is not None:
            w = _weights(softmax_cross_entropy, "class_weight", class_weight, [(classes,)], dtype)
            Y, weight = w[:, None] * Y, w @ shares
    loss = softmax_loss(Z if Z.dtype == dtype else astype(Z, dtype), Y)
    return _weighted_mean(softmax_cross_entropy, loss, sample_weight, None, weight)


def mean_squared_error(A: Any, Y: Any, *, sample_weight: Any = None) -> Any:
    """The mean squared error, mean((A - Y) ** 2) over all entries.

    A and Y have the same shape; the cost has the shape (). sample_weight: one number for each
    column, of shape (m,) or (1, m), or one for each entry, of A's shape; the cost is then the
    weighted mean. Raises ValueError if a shape does not fit, if a weight is negative or not finite,
    or if all weights are 0.

    >>> import numpy as np, tinygraph as tg
    >>> float(tg.mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    >>> float(tg.mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]), sample_weight=[3, 1]))
    1.0
    """
    A, Y = _labels(mean_squared_error, A, Y)
    return _weighted_mean(mean_squared_error, square(A - Y), sample_weight)


# --- weights


def _of_two_classes(cost: Any, Y: Any, class_weight: Any, label_smoothing: float) -> tuple[Any, Any, Any]:
    """The labels of the losses, the numbers to multiply these by, and the weights, or None."""
    label = _smoothed(Y, label_smoothing, 2)
    if class_weight is None:
        return label, None, None
    w = _weights(cost, "class_weight", class_weight, [(2,)], Y.dtype)
    # w1 Y log(AL) + w0 (1 - Y) log(1 - AL) is a multiple of the same with another label and without
    # weights. If the multiple is 0, the label tends to Y.
    factor = w[1] * label + w[0] * (1 - label)
    label = where(equal(factor, 0), label, w[1] * label / where(equal(factor, 0), 1, factor))
    return label, factor, w[1] * Y + w[0] * (1 - Y)


def _weighted_mean(cost: Any, loss: Any, sample_weight: Any, factor: Any = None, weight: Any = None) -> Any:
    """The mean of factor * loss over that of the weights; None stands for 1."""
    loss = loss if factor is None else factor * loss
    if sample_weight is not None:
        s = _weights(cost, "sample_weight", sample_weight, [m := loss.shape[-1:], (1, *m), loss.shape], loss.dtype)
        loss, weight = loss * s, s if weight is None else weight * s
    if weight is None:
        return mean(loss)
    _check(weight, functools.partial(_check_weights, f"{cost.__name__} of these labels"))
    return mean(loss) / weight.mean()  # of an array, tg.mean is float64 with NumPy 1


def _smoothed(Y: Any, label_smoothing: float, classes: int) -> Any:
    """The labels moved towards 1 / classes."""
    eps = number("label_smoothing", label_smoothing, below=1)
    return (1 - eps) * Y + eps / classes if eps else Y


def _weights(cost: Any, option: str, weights: Any, shapes: list[tuple[int, ...]], dtype: Any) -> Any:
    """Checked weights of one of these shapes, in this dtype."""
    where = f"{cost.__name__}({option}=...)"
    if isinstance(weights, (dict, str)):
        raise TypeError(f"{where} takes a number for each class in their order, got {short(repr(weights))}")
    w = _operand(weights, where)
    if w.shape not in shapes:
        instead = f": write {option}.reshape({w.size})" if (w.size,) == shapes[0] else ""
        raise ValueError(f"{where} takes shape {' or '.join(map(str, dict.fromkeys(shapes)))}, got {w.shape}{instead}")
    w = w if w.dtype == dtype else astype(w, dtype)
    _check(w, functools.partial(_check_weights, where))
    return w


def _check_weights(where: str, w: Any) -> None:
    if w.size and not (w.min() >= 0 and 0 < w.max() < np.inf):
        raise ValueError(f"{where} takes finite weights of at least 0, not all 0; got {w.min()} to {w.max()}")


# --- checks


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


def _misfit(cost: Any, A: Any, Y: Any, shapes: list[tuple[int, ...]], said: str) -> NoReturn:
    """Raise the error for labels Y of none of these shapes, with a suggestion if there is one."""

    def checked(a: Any, y: Any) -> None:
        if y.shape not in shapes:
            raise ValueError(said)

    op = Op(cost.__name__, functools.wraps(cost)(checked), None, None)
    op.builtin = True
    inputs = A, Y  # tg.draw(error) finds op and inputs here
    if hook("typed_names")(op, [Y], "?") == ["?"] and 1 in (shape := shapes[0]):  # else advice has its name
        row = f"Y.reshape{shape}" if Y.ndim == 1 and Y.size == math.prod(shape) else ""
        fix = "Y.T" if shape == Y.shape[::-1] else row
        said += f": write {fix} for Y {Y.shape}" * bool(fix)
    raise hook("advise")(ValueError(said), op, inputs, {})


def _check_places(k: Any, n: int, what: str) -> None:
    """Raise ValueError, in the words `what`, unless integers are from 0 to n - 1."""

    def check(k: Array) -> None:
        if k.size and not (k.item(k.argmin()) >= 0 and k.item(k.argmax()) < n):  # quicker than min and max
            raise ValueError(f"{what}, got {k.min() if k.min() < 0 else k.max()}")

    _check(k, check, in_trace=True)


def _check_labels(cost: str, Y: Any, of_columns: bool = False) -> None:
    """Raise ValueError unless labels are from 0 to 1; of_columns: or if only the rows sum to 1."""

    def check(y: Array) -> None:
        if y.size and not (y.item(y.argmin()) >= 0 and y.item(y.argmax()) <= 1):
            instead = "; for -1 and 1, write (Y + 1) / 2" if y.min() == -1 else ""
            raise ValueError(f"{cost} takes labels from 0 to 1, got {y.min()} to {y.max()}{instead}")
        if of_columns and abs(y.sum(dtype=float) - len(y)) < 0.01:  # else one sum tells enough
            by_row, by_column = (np.allclose(y.sum(axis), 1, atol=0.01) for axis in (1, 0))
            if by_row and not by_column:
                raise ValueError(f"{cost} takes examples as columns, and the rows of Y sum to 1: write Z.T and Y.T")

    _check(Y, check, in_trace=True)


def _check_probabilities(AL: Any, Y: Any) -> None:
    """Raise ValueError for scores in place of AL, or if AL and Y are swapped. nan passes."""
    a = AL._data if type(AL) is Tensor else AL
    if tracing() or not a.size:
        return
    low, high = a.item(a.argmin()), a.item(a.argmax())
    swapped = getattr(Y, "_requires_grad", False) and a is AL and set(np.unique(a)) <= {0, 1}
    if low < 0 or high > 1 or swapped:
        first, second = hook("typed_names")(cross_entropy, (AL, Y), "YA" if swapped else "ZY")
        what, got = "AL from 0 to 1", f"{low:g} to {high:g}: write tg.cross_entropy_with_logits({first}, {second})"
        if swapped:
            what, got = "AL and then the labels", f"the labels first: write tg.cross_entropy({second}, {first})"
        raise ValueError(f"cross_entropy takes {what}, got {got}")


def _check(Y: Any, check: Any, in_trace: bool = False) -> None:
    """Call `check`, which raises an error, on labels or weights.

    Those that depend on a variable are not checked. tg.compile checks the others at each call.
    in_trace: check the values that a trace runs on too. These may be made up, for a step on 0
    examples.
    """
    if type(Y) is not Tensor:
        check(Y)
    elif not Y._requires_grad and (tracing() or Y.op is None):
        if in_trace or not tracing():
            check(Y._data)
        if tracing() and Y.order != -1:
            current.get()[2].checks.append((check, Y))


def _labels(function: Any, A: Any, Y: Any, between_0_and_1: bool = False) -> tuple[Any, Any]:
    """A, and Y in A's dtype; Y must have A's shape.

    Otherwise, (1, m) and (m, 1) would silently broadcast to (m, m).
    """
    cost = function.__name__
    A, Y = _operand(A, cost), _operand(Y, cost)
    a, y = (x._data if type(x) is Tensor else x for x in (A, Y))  # read more quickly than the properties of a Tensor
    if y.shape != a.shape:
        _misfit(function, A, Y, [A.shape], f"the labels take the shape {A.shape}")
    if between_0_and_1:
        _check_labels(cost, Y)
    if a.dtype.kind != "f":  # A - Y and its square could overflow in integers
        by_both = y.dtype.kind == "f" and not between_0_and_1  # labels do not say how exact scores are
        A = astype(A, np.promote_types(A.dtype, Y.dtype) if by_both else float)
    return A, Y if A.dtype == y.dtype else astype(Y, A.dtype)
