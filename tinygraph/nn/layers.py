"""Dropout, norms and embedding; the modes in which dropout and batch norm differ."""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..arrays import mark_modified
from ..modes import Mode, current, no_grad, tracing
from ..ops import astype, divide, getitem, less, mean, sqrt, square
from ..ops.shapes import _normalised, _operand
from ..optim import check_writeable
from ..options import number
from ..tensor import Tensor, constant
from .costs import _check_places

NONE, FIRST, SECOND = range(3)  # the run of a function that runs again: none, the first, a later one

# Of this thread or task: whether dropout and batch norm train, or None outside of both modes; the
# run that it is in; and the same of the block outside.
stage: ContextVar[tuple[bool | None, int, Any]] = ContextVar("tinygraph stage", default=(None, NONE, None))


class Stage(Mode):
    """A `with` block in which dropout and batch norm train, or do not.

    run: the run of a function that runs again. In a later run, no statistic changes.
    """

    __slots__ = ("is_training", "run")

    def __init__(self, is_training: bool | None, run: int = NONE) -> None:
        self.is_training, self.run = is_training, run

    def __enter__(self) -> None:
        around = stage.get()
        stage.set((self.is_training, self.run or around[1], around))

    def __exit__(self, *error: Any) -> None:
        around = stage.get()[2]
        if around is not None:  # as in Mode
            stage.set(around)


def mode() -> bool | None:
    """Whether to train; None if gradients are recorded outside of both modes."""
    inside = stage.get()[0]
    return False if inside is None and not current.get()[0] else inside


def training() -> Stage:
    """Train inside, as a `with` block: dropout draws, and batch norm takes the batch's statistics.

    It holds in this thread or async task. `mlp.cost` and a compiled step with an optimizer train by
    themselves.

    >>> import numpy as np, tinygraph as tg
    >>> with tg.training():
    ...     tg.dropout(np.ones(4), 0.5, np.random.default_rng(0))
    array([0., 2., 2., 2.])
    """
    return Stage(True)


def evaluating() -> Stage:
    """Evaluate inside, as a `with` block: dropout keeps all, batch norm takes running statistics.

    It holds in this thread or async task. `mlp.predict` evaluates by itself.

    >>> import numpy as np, tinygraph as tg
    >>> with tg.evaluating():
    ...     tg.dropout(np.ones(3), 0.5, np.random.default_rng(0))
    array([1., 1., 1.])
    """
    return Stage(False)


def trains(*what: Any) -> bool:
    """Whether dropout or batch norm is to train; `what` says of which net.

    Raises RuntimeError if gradients are recorded outside of both modes.
    """
    is_training = mode()
    if is_training is None:
        raise RuntimeError(
            f"{' with '.join(map(str, what))} differs between training and evaluation: write `with tg.training():` or "
            "`with tg.evaluating():` around this call. mlp.cost and a compiled step with an optimizer train by "
            "themselves, and mlp.predict evaluates"
        )
    return is_training


def dropout(x: Any, p: float, rng: Any, *, name: str | None = None) -> Any:
    """Set each entry of x to 0 with probability p, and divide the others by 1 - p.

    Srivastava et al. (2014), "Dropout", in the inverted form of the course. It drops in
    tg.training(). In tg.evaluating(), and under tg.no_grad() outside of both, it returns x. rng: a
    NumPy Generator or a RandomState, from which each call draws anew, in a compiled function too.
    name: the mask's name. Raises ValueError if p is not at least 0 and below 1, and RuntimeError if
    gradients are recorded outside of both modes, or inside tg.checkpoint.

    >>> import numpy as np, tinygraph as tg
    >>> x = tg.Tensor(np.ones(4), requires_grad=True)
    >>> with tg.training():
    ...     tg.dropout(x, 0.5, np.random.default_rng(0)).data
    array([0., 2., 2., 2.])
    """
    x = _operand(x, "dropout")
    p = number("p of dropout", p, below=1)
    if not isinstance(rng, (np.random.Generator, np.random.RandomState)):
        raise TypeError(
            f"dropout takes a generator, from which each call draws anew, got {rng!r}: write "
            "rng = np.random.default_rng(0) once, outside of the function, and pass rng"
        )
    if not trains("dropout") or p == 0:
        return x
    keep = 1 - p
    if stage.get()[1]:
        raise RuntimeError(
            "dropout cannot train inside tg.checkpoint or tg.check_gradients: they run the function again, and each "
            "run would draw another mask"
        )
    drawn = current.get()[2].drawn(rng, "random", x.shape) if tracing() else rng.random(x.shape)
    mask = divide(less(drawn, keep), keep)
    mask = astype(mask, x.dtype, copy=False) if x.dtype.kind == "f" else mask
    if type(x) is Tensor:
        mask = mask if type(mask) is Tensor else constant(mask)
        mask.name = name
    return x * mask


def batch_norm(
    x: Any,
    running_mean: Tensor,
    running_var: Tensor,
    gamma: Any = None,
    beta: Any = None,
    *,
    axis: int | tuple[int, ...] = -1,
    momentum: float = 0.1,
    eps: float = 1e-5,
    name: str | None = None,
) -> Any:
    """Batch norm: gamma * (x - mean) / sqrt(variance + eps) + beta.

    Ioffe & Szegedy (2015), "Batch normalization", Algorithms 1 and 2. axis: the axes of the
    examples. The other arguments have x's shape, with 1 in the place of these axes.

    In tg.training(), mean and variance are those of x over `axis`, and the running statistics move
    towards them: running = (1 - momentum) * running + momentum * new, with the variance over
    n - 1, as in PyTorch. In tg.evaluating(), the running statistics are used. name: that of x, from
    which the results get theirs. Raises ValueError if a shape does not fit or if there is only one
    example to train on.

    >>> import numpy as np, tinygraph as tg
    >>> mean, var = tg.Tensor(np.zeros((1, 1))), tg.Tensor(np.ones((1, 1)))
    >>> with tg.training():
    ...     y = tg.batch_norm(tg.Tensor([[1.0, 3.0]]), mean, var)
    >>> y.data.round(4), mean.data
    (array([[-1.,  1.]]), array([[0.2]]))
    """
    x = x if type(x) is Tensor else constant(x, "batch_norm")
    axes = _axes("batch_norm", axis, x.ndim)
    if not (0 <= momentum <= 1 and 0 <= eps < math.inf):
        raise ValueError(f"batch_norm takes momentum from 0 to 1 and eps of at least 0, got {momentum!r} and {eps!r}")
    is_training = trains("batch_norm")
    parts = {"running_mean": running_mean, "running_var": running_var, "gamma": gamma, "beta": beta}
    shape = tuple([1 if k in axes else n for k, n in enumerate(x.shape)])
    _check_parts(f"batch_norm of x {x.shape}", [shape], parts, is_training)
    n = math.prod([x.shape[k] for k in axes])
    if is_training and n < 2:
        small = "for a last batch of one, tg.batches(..., drop_last=True)"
        got = f"got x of shape {x.shape} with axis={axis}; {small}"
        raise ValueError(f"batch_norm trains on two or more examples, {got}")
    running = [running_mean, running_var]
    y, centre, var = _normed(x, axes, None if is_training else [*map(_latest, running)], gamma, beta, eps, name)
    if is_training and stage.get()[1] != SECOND:
        with no_grad:
            moved = (momentum * centre, momentum * n / (n - 1) * var)
            _replace(running, [(1 - momentum) * _latest(t) + new for t, new in zip(running, moved, strict=True)])
    return y


def _normed(x: Any, axes: Any, given: Any, gamma: Any, beta: Any, eps: float, name: str | None) -> tuple[Any, Any, Any]:
    """gamma * (x - mean) / sqrt(variance + eps) + beta, with x's mean and variance or given ones.

    The results get names from `name`; a mean and a variance that are given keep theirs.
    """
    centre = mean(x, axis=axes, keepdims=True) if given is None else given[0]
    centred = x - centre
    var = mean(square(centred), axis=axes, keepdims=True) if given is None else given[1]
    deviation = sqrt(var + eps)
    y = hat = centred / deviation
    y = y if gamma is None else gamma * y
    y = y if beta is None else y + beta
    made = [(deviation, "std"), (hat, "hat"), (y, "norm"), (centre, "mean"), (var, "var")]
    for t, what in made[: 5 if given is None else 3] if name is not None else []:
        if type(t) is Tensor:
            t.name = f"{name}_{what}"
    return y, centre, var


def layer_norm(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    *,
    axis: int | tuple[int, ...] = 0,
    eps: float = 1e-5,
    name: str | None = None,
) -> Any:
    """Layer norm: gamma * (x - mean) / sqrt(variance + eps) + beta, for each example alone.

    Ba, Kiros & Hinton (2016), "Layer normalization". axis: the axes of the features, over which
    mean and variance are taken: 0 if examples are columns (the default), -1 if the features are the
    last axis, (1, 2, 3) for images (N, C, H, W). gamma and beta have x's shape, with 1 in the place
    of all other axes; those in front may be left out. Training and evaluation are the same. name:
    that of x, from which the results get theirs. Raises ValueError if a shape does not fit.

    >>> import numpy as np, tinygraph as tg
    >>> tg.layer_norm(np.array([[1.0, 10.0], [3.0, 30.0]])).round(4)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    x = _operand(x, "layer_norm")
    axes = _axes("layer_norm", axis, x.ndim)
    eps = number("eps of layer_norm", eps)
    shape = tuple([n if k in axes else 1 for k, n in enumerate(x.shape)])
    shapes = [shape, shape[min(axes, default=0) :]]
    _check_parts(f"layer_norm of x {x.shape} with axis={axis}", shapes, {"gamma": gamma, "beta": beta})
    return _normed(x, axes, None, gamma, beta, eps, name)[0]


def embedding(weights: Any, indices: Any) -> Any:
    """The rows of weights at these indices: weights[indices], with checked indices.

    weights: shape (n, d), a row of d numbers for each of n words. indices: integers from 0 to
    n - 1, of any shape; the result has the shape (*indices.shape, d). A row that is picked twice
    gets both gradients. For examples as columns, write embedding(weights, indices).T. Raises
    ValueError if an index is not from 0 to n - 1; a compiled function checks them at each call.

    >>> import numpy as np, tinygraph as tg
    >>> tg.embedding(np.array([[0.0, 1.0], [2.0, 3.0]]), [1, 1, 0])
    array([[2., 3.],
           [2., 3.],
           [0., 1.]])
    """
    weights = _operand(weights, "embedding")
    indices = _operand(indices, "embedding")
    if weights.ndim != 2 or indices.dtype.kind not in "iu":
        raise TypeError(
            f"embedding takes weights of shape (n, d) and integers as indices, got {weights.shape} and {indices.dtype}"
        )
    n = len(weights)
    _check_places(indices, n, f"embedding of weights {weights.shape} takes indices from 0 to {n - 1}")
    return getitem(weights, indices)


def _axes(name: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """One axis or several, counted from the front."""
    return tuple([_normalised(name, k, ndim) for k in (axis if isinstance(axis, tuple) else (axis,))])


def _check_parts(what: str, shapes: list[Any], parts: dict[str, Any], is_training: bool = False) -> None:
    """Check the shapes of the parts and, in training, that the running ones can change."""
    for name, part in parts.items():
        is_running = name.startswith("running")
        is_leaf = type(part) is Tensor and part.op is None and not part._requires_grad and part.dtype.kind == "f"
        if is_running and is_training and not is_leaf:
            raise TypeError(
                f"batch_norm changes {name} in training: it takes a Tensor of floats that requires no gradient and "
                f"that no op made, which a compiled function takes from outside, not as an argument; got {part!r}"
            )
        got = np.shape(getattr(part, "_data", part))
        if (part is not None or is_running) and got not in shapes:
            raise ValueError(f"{what} takes {name} of shape {shapes[0]}, got {got}")


def _latest(running: Tensor) -> Tensor:
    """A running statistic; in a trace, the Tensor that the trace has replaced it with."""
    return current.get()[2].replaced.get(running, running) if tracing() else running


def _replace(running: list[Tensor], new: list[Tensor]) -> None:
    """Give the running statistics new values, all or none; a compiled step does so at its end."""
    if tracing():
        current.get()[2].replaced.update(zip(running, new, strict=True))
        return
    check_writeable((t.name or "a running statistic", t) for t in running)
    mark_modified([t._data for t in running])
    list(map(np.copyto, [t._data for t in running], [t._data for t in new]))  # in C: all or nothing
