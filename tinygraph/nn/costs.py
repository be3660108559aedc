"""Costs: one number, of shape (), that says how far a net's answers are from the labels.

Examples are columns, as in the lesson: AL, Z and Y are (1, m), or (classes, m) for softmax_cross_entropy.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import places
from ..compiler.buffers import VIEWS
from ..modes import current, tracing
from ..ops import astype, equal, log, log_softmax, mean, sigmoid, softmax, square, where
from ..ops import sum as sum_
from ..ops.elementwise import _as_float, _as_wide
from ..ops.table import row
from ..tape import Array
from ..tensor import Op, Tensor, as_array, constant


def _logistic_loss(Z: Any, Y: Any) -> Any:
    """-(Y log(A) + (1 - Y) log(1 - A)) for A = sigmoid(Z), from Z: exact where A rounds to 0 or 1."""
    Z = _as_float(Z)
    # -log(A) = log1p(exp(-|Z|)) - min(Z, 0), and -log(1 - A) is the same of -Z
    return np.maximum(Z, 0.0) - Y * Z + np.log1p(np.exp(-np.abs(Z)))


# The slope in A is (A - Y) / (A (1 - A)), the lesson's dAL. Where A has rounded to 0 or 1 that is infinite, and
# sigmoid's rule would make 0 * inf of it. So a number too small to matter elsewhere is added below the line, and what
# that takes from Z's gradient, A - Y in all, comes back as a slope in Z itself.
# In float16 no number is that small: there the slope in A is cut off where float16 ends, and the rest is Z's.
_TINY = {np.dtype(t): float(np.finfo(t).tiny) ** 0.9 for t in (np.float32, np.float64, np.longdouble)}
_LARGEST_HALF = float(np.finfo(np.float16).max)
_WHOLE = {dtype: tiny / float(np.finfo(dtype).eps) ** 2 for dtype, tiny in _TINY.items()}  # an A that it leaves whole


def _slope_in_a(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    if A.dtype.itemsize < 4:
        return np.clip(_slope_in_a(_as_wide(g), y, _as_wide(A), Y, Z), -_LARGEST_HALF, _LARGEST_HALF)
    return g * (A - Y) / (A * (1.0 - A) + _TINY[A.dtype])


def _slope_in_z(g: Any, y: Any, A: Any, Y: Any, Z: Any) -> Any:
    if A.dtype.itemsize < 4:
        wide = _as_wide(A)
        return _as_wide(g) * (wide - Y) - _slope_in_a(g, y, A, Y, Z) * wide * (1 - wide)
    if isinstance(A, np.ndarray) and A.size and _smallest(A) > _WHOLE[A.dtype] and _largest(A) < 1:
        return None  # nothing has rounded, the slope in A is whole: as a rule, and spares a third of the backward pass
    return _slope_in_a(g, y, A, Y, Z) * _TINY[A.dtype]


def _smallest(x: Array) -> float:
    return x.item(x.argmin())  # twice as fast as x.min() for a few hundred entries; nan where there is one, as that


def _largest(x: Array) -> float:
    return x.item(x.argmax())


def _log_loss(A: Any, Y: Any, Z: Any) -> Any:
    return _logistic_loss(Z, Y)


log_loss = row("log_loss", _log_loss, _slope_in_a, lambda g, y, A, Y, Z: -g * Z, _slope_in_z)
log_loss.skips = True


logistic_loss = row("logistic_loss", _logistic_loss, lambda g, y, Z, Y: g * (sigmoid(Z) - Y), lambda g, y, Z, Y: -g * Z)


def _is_still_of_its_input(A: Any) -> bool:
    """Whether a sigmoid's result, and what it was made of, are as they were when it was made."""
    if tracing():
        return True
    then = A.arrays[0]
    if A.inputs[0]._data is not then:
        return False
    if places.last_change <= A.place:  # of anything
        return True
    return not (places.changed_since(then, A.place) or places.changed_since(A._data, A.place))


def equation_7(x: Any) -> Any:
    """x, marked as a result of the lesson's equation (7)."""
    if type(x) is Tensor:
        x._equation = "(7)"
    return x


def cross_entropy(AL: Any, Y: Any) -> Any:
    """The cross-entropy cost, lesson formula (7): -mean(Y log(AL) + (1 - Y) log(1 - AL)).

    AL: probabilities; Y: labels (0, 1, or between), of the same shape. Gives a tensor of shape ().
    An AL that was made by sigmoid is recorded as one op log_loss(AL, Y, Z), which takes the logarithms from
    Z, so that the cost is exact where AL rounds to 0 or 1, and Z's gradient is (AL - Y) / m to rounding; any other AL
    as log and mean of itself.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy(np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]]))), 6)
    0.279777
    """
    AL, Y = _labels(cross_entropy, AL, Y, between_0_and_1=True)
    if type(AL) is Tensor and AL.op is sigmoid and _is_still_of_its_input(AL):
        Y = Y if type(Y) is Tensor else constant(Y, "cross_entropy", "Y")
        loss = log_loss(AL, Y, AL.inputs[0])
        cost: Tensor = mean(loss)
        loss._equation = cost._equation = "(7)"
        return cost
    # a label of 0 or 1 that AL meets exactly has no cost: 0 * log(0) is never taken
    of_ones = Y * log(where(equal(Y, 0) & equal(AL, 0), 1, AL))
    of_zeros = (1 - Y) * log(where(equal(Y, 1) & equal(AL, 1), 1, 1 - AL))
    return equation_7(-mean(of_ones + of_zeros))


def cross_entropy_with_logits(Z: Any, Y: Any) -> Any:
    """The cross-entropy cost, lesson formula (7), of AL = sigmoid(Z), without overflow for any Z.

    Z: scores; what a sigmoid or softmax made of them is refused.

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.cross_entropy_with_logits(np.array([[1e4, 0.0]]), np.array([[0, 1]]))), 6)
    5000.346574
    """
    Z, Y = _labels(cross_entropy_with_logits, Z, Y, between_0_and_1=True)
    _check_scores(cross_entropy_with_logits, Z, Y)
    return equation_7(mean(equation_7(logistic_loss(Z, Y))))


def softmax_cross_entropy(Z: Any, Y: Any) -> Any:
    """The cross-entropy cost of softmax over the rows of Z: -mean over examples of log(softmax(Z))[label].

    Z: scores, (classes, m), such as mlp(X).inputs[0], of which an MLP takes the sigmoid; what a sigmoid or softmax
    made is refused. Y: (classes, m) probabilities, or integer labels 0 ... classes - 1, (m,) or (1, m).

    >>> import numpy as np, tinygraph as tg
    >>> round(float(tg.softmax_cross_entropy(np.zeros((4, 2)), np.array([3, 0]))), 6)
    1.386294
    """
    Z = Z if type(Z) is Tensor else as_array(Z, "softmax_cross_entropy")
    if Z.ndim != 2:
        raise ValueError(f"softmax_cross_entropy takes Z of shape (classes, m), got {Z.shape}")
    _check_scores(softmax_cross_entropy, Z, Y)
    classes, m = Z.shape
    Y = Y if type(Y) is Tensor else as_array(Y, "softmax_cross_entropy")
    if Y.shape in ((m,), (1, m)) and Y.dtype.kind in "iu":
        _check_labels("softmax_cross_entropy", Y, classes)
        Y = equal(np.arange(classes)[:, None], Y)
    elif Y.shape != Z.shape:
        shapes = [Z.shape, *([(m,), (1, m)] if Y.dtype.kind in "iu" else [])]
        said = f"the labels take the shape {Z.shape}, or are {m} integers; got {Y.dtype}"
        raise _misfit(softmax_cross_entropy, Z, Y, shapes, said)
    else:
        _check_labels("softmax_cross_entropy", Y)
    logs = log_softmax(Z, axis=0)
    Y = Y if Y.dtype == logs.dtype else astype(Y, logs.dtype)
    logs = where(
        equal(Y, 0) & equal(logs, -np.inf), 0, logs
    )  # 0 * log(0) is 0 here, for classes that are masked by -inf
    return -mean(sum_(Y * logs, axis=0))


def mean_squared_error(A: Any, Y: Any) -> Any:
    """mean((A - Y) ** 2), over all entries.

    >>> import numpy as np, tinygraph as tg
    >>> float(tg.mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    A, Y = _labels(mean_squared_error, A, Y)
    return mean(square(A - Y))


def _check_scores(cost: Any, Z: Any, Y: Any) -> None:
    """Raise a ValueError if Z is not scores but what a sigmoid or softmax made of them, or a view of that."""
    made, views = Z, []
    while getattr(made, "op", None) is not None and made.op.name in VIEWS:
        views.append(made)
        made = made.inputs[0]
    if getattr(made, "op", None) not in (sigmoid, softmax):
        return
    from ..diagnostics.call_text import UNSAID, words  # only now: it takes longer to import than most of tinygraph

    scores = made.inputs[0]
    for view in reversed(views):
        scores = view.op(scores, *view.inputs[1:], **view.options)
    said = words(Op(cost.__name__, cost, None, None), (Z, scores, Y), typed=True)
    a, z, y = (word if word != UNSAID else letter for word, letter in zip(said, "AZY", strict=True))
    instead = f", or cross_entropy({a}, {y})" if cost is cross_entropy_with_logits and made.op is sigmoid else ""
    raise ValueError(
        f"{cost.__name__} takes scores, and not what {made.op} made of them; got {a} {Z.shape}: "
        f"write {cost.__name__}({z}, {y}){instead}"
    )


def _misfit(cost: Any, A: Any, Y: Any, shapes: list[tuple[int, ...]], said: str) -> Exception:
    """The error for labels Y that have none of these shapes, with a suggestion where one fits."""
    from ..diagnostics.suggest import advised  # only now: it takes longer to import than most of tinygraph

    def checked(a: Any, y: Any) -> None:
        if y.shape not in shapes:
            raise ValueError(said)

    op = Op(cost.__name__, functools.wraps(cost)(checked), None, None)
    op.checks_result = False  # as a row of the table
    return advised(ValueError(said), op, (A, Y), {})


def _check_labels(cost: str, Y: Any, classes: int = 0) -> None:
    """Raise a ValueError where labels are not from 0 to 1, or, of so many classes, no numbers of these.

    Labels that depend on a variable may be anything. tg.compile checks them at each call.
    """

    highest = max(classes - 1, 0) if classes else 1

    def check(y: Array) -> None:
        if y.size and not (y.item(y.argmin()) >= 0 and y.item(y.argmax()) <= highest):  # as in _smallest, _largest
            if classes:
                wrong = y.min() if y.min() < 0 else y.max()
                raise ValueError(f"{cost} takes labels 0 ... {classes - 1} for {classes} rows of scores, got {wrong}")
            instead = "; for -1 and 1, write (Y + 1) / 2" if y.min() == -1 else ""
            raise ValueError(f"{cost} takes labels from 0 to 1, got {y.min()} to {y.max()}{instead}")

    if type(Y) is not Tensor:
        check(Y)
    elif not Y._requires_grad and tracing():
        current.get()[2].checks.append((check, Y))
    elif not Y._requires_grad and Y.op is None:
        check(Y._data)


def _labels(function: Any, A: Any, Y: Any, between_0_and_1: bool = False) -> tuple[Any, Any]:
    """A, and Y in A's dtype, if it has A's shape: (1, m) and (m, 1) would broadcast to (m, m) without a word."""
    cost = function.__name__
    A = A if type(A) is Tensor else as_array(A, cost)
    Y = Y if type(Y) is Tensor else as_array(Y, cost)
    if Y.shape != A.shape:
        raise _misfit(function, A, Y, [A.shape], f"the labels take the shape {A.shape}")
    if between_0_and_1:
        _check_labels(cost, Y)
    if A.dtype.kind != "f":  # in integers, A - Y and its square would wrap round
        by_both = Y.dtype.kind == "f" and not between_0_and_1  # labels do not say how exact scores are
        A = astype(A, np.promote_types(A.dtype, Y.dtype) if by_both else float)
    return A, Y if A.dtype == Y.dtype else astype(Y, A.dtype)
