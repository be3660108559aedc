"""Checks of gradients against central differences, for built-in and user-defined rules."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array, as_array, assign
from ..nn.layers import SECOND, Stage, stage
from ..ops import positive
from ..optim import _named
from ..options import number, whole
from ..tensor import Tensor, _made, _set_data
from .derivatives import _along, _gradients

MOST_TRIED = 1000  # entries of a wrong gradient to look at for the worst
_ROUNDINGS = 8  # allow for so many rounding errors in the same direction


class GradientError(AssertionError):
    """Raised for a gradient that differs from the central difference.

    >>> import tinygraph as tg
    >>> wrong = tg.op("double", lambda x: 2 * x, lambda g, y, x: 3 * g)
    >>> try:
    ...     tg.check_gradients(wrong, [1.0])
    ... except tg.GradientError as error:
    ...     print("the rules give" in str(error))
    True
    """


def check_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    parameters: dict[str, Tensor] | None = None,
    order: int = 2,
    rtol: float | None = None,
    atol: float | None = None,
    rng: Any = 0,
) -> None:
    """Check f's derivatives, up to `order`, against central differences along random directions.

    f: takes Tensors and gives a Tensor of any shape.
    inputs: arrays or Tensors of floating-point numbers, which keep their values.
    parameters: Tensors by name, such as those of a network. Then f takes no inputs, as in
    `lambda: tg.cross_entropy(mlp(X), Y)`, and its gradients in the parameters are checked.
    rtol: the allowed difference, relative to the larger of the two numbers; by default 1e-5 for
    float64, and more for coarser dtypes.
    atol: the allowed absolute difference, added to that; by default the estimated error of the
    central difference. Differences are taken in float64 even if the inputs are float32.
    rng: a seed or a NumPy Generator for the directions.

    Raises GradientError if a derivative differs. The error names the order, the input, both
    numbers, the worst entry, and the relative error ||a - b|| / (||a|| + ||b||) of all entries.
    Also raises it if the slope is so small compared to f that rounding hides it, or if a second
    call of f gives another result, for example because f draws random numbers.

    >>> import tinygraph as tg
    >>> tg.check_gradients(lambda x, y: x**3 * y, [1.0, 2.0], [3.0, 4.0])
    >>> wrong = tg.op("double", lambda x: 2 * x, lambda g, y, x: 2.001 * g)
    >>> tg.check_gradients(wrong, [1.0])
    Traceback (most recent call last):
    tinygraph.transforms.check.GradientError: order 1, input 0 of shape (1,): ... the rules give ...
    """
    if not callable(f):
        raise TypeError(f"check_gradients takes a function, got {f!r}")
    whole("check_gradients(order=...)", order)
    if parameters is not None:
        _check_parameters(f, inputs, _named(parameters), order=order, rtol=rtol, atol=atol, rng=rng)
        return
    random = np.random.default_rng(rng)
    points = [_point(f"input {k}", x) for k, x in enumerate(inputs)]
    if not points:
        raise TypeError("check_gradients takes a function and the inputs at which to check it, at least one")
    coarsest = max(float(np.finfo(x.dtype).eps) for x in points)
    tolerance = 1e-5 if coarsest < 1e-10 else 1e-3 if coarsest < 1e-5 else 3e-2
    rtol = tolerance if rtol is None else number("rtol", rtol)
    allowed = rtol, None if atol is None else number("atol", atol)
    scale = 0.0
    with Stage(stage.get()[0], SECOND):  # no running statistic changes
        for n in range(1, order + 1):
            y = f(*_leaves(points))
            if type(y) is not Tensor:
                raise TypeError(
                    f"check_gradients takes a function that gives a Tensor; this one gave {type(y).__name__}"
                )
            if n == 1:
                _check_same(y, f(*_leaves(points)))
            # of f's entries: their weighted sum is one number to differentiate
            weights = random.standard_normal(y.shape)
            weights = weights if y.size > 1 else np.ones(y.shape)
            scale = _check_once(f, points, weights, n, allowed, random, scale)
            f = _directional(f, weights, [random.standard_normal(x.shape) for x in points])


def _check_parameters(f: Any, inputs: Any, parameters: dict[str, Tensor], **options: Any) -> None:
    """Check the gradients of f() in its parameters.

    For the time of the check, each parameter is the result of an op on an input.
    """
    if inputs:
        raise TypeError(f"check_gradients(parameters=...) takes an f without inputs, got {len(inputs)}")
    before = {p: (p._data, p.order) for p in parameters.values()}

    def of_inputs(*xs: Tensor) -> Any:
        assign(map(_set_data, before, [x._data for x in xs]))
        for p, x in zip(before, xs, strict=True):
            _made(p, positive, (x,), [x._data], {})
        y = f()
        if type(y) is Tensor and y.op is not None and y.order < min(p.order for p in before):
            raise ValueError(
                f"check_gradients calls f at changed parameters, and this f gives {y._title()}, recorded before: "
                "compute the cost inside the function, as in lambda: tg.cross_entropy(mlp(X), Y)"
            )
        return y

    try:
        check_gradients(of_inputs, *[data for data, _ in before.values()], **options)
    except GradientError as error:
        names = list(parameters)
        text = re.sub(r"input (\d+)", lambda found: f"parameter {names[int(found[1])]}", str(error))
        raise GradientError(text) from None
    finally:
        assign(map(_set_data, before, [data for data, _ in before.values()]))
        for p, (_, order) in before.items():
            p._forget_op()
            p.order = order


def _point(name: str, x: Any) -> Any:
    """A copy of an input as an array, which must be of finite floating-point numbers."""
    if isinstance(x, (list, tuple, dict)) and Tensor in map(type, x.values() if isinstance(x, dict) else x):
        raise TypeError(
            f"check_gradients takes each input by itself, and {name} holds Tensors: write check_gradients(f, x, y), "
            "or, for an f without inputs, check_gradients(f, parameters=[W, b])"
        )
    if isinstance(x, dict):
        raise TypeError(
            f"check_gradients takes arrays; {name} is a dict: make a vector of it with vector, restore = tg.ravel(x), "
            "and check lambda v: f(restore(v)) at it"
        )
    point = np.array(as_array(x._data if type(x) is Tensor else x, "check_gradients"))
    if point.dtype.kind != "f":
        raise TypeError(f"check_gradients takes floating-point inputs; {name} has dtype {point.dtype}: cast it first")
    if not np.isfinite(point).all():
        raise ValueError(f"check_gradients steps around its inputs; {name} has nan or inf: check where all is finite")
    return point


def _check_same(first: Tensor, second: Any) -> None:
    """Raise GradientError unless two calls of f at the same point agree to rounding.

    Otherwise, noise would look like a wrong gradient.
    """
    a, b = first._data, as_array(second._data if type(second) is Tensor else second, "check_gradients")
    if a.shape == b.shape:
        eps = np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0
        other = np.argwhere(~np.isclose(a, b, rtol=0, atol=float(_ROUNDINGS * eps * largest(a)), equal_nan=True))
        if not len(other):
            return
        index = tuple(other[0])
        gave = f"{a[index]} and then {b[index]} at {[int(n) for n in index]}"
    else:
        gave = f"shape {a.shape} and then {b.shape}"
    raise GradientError(
        f"check_gradients takes a function that gives the same each time; called twice at one point, this one gave "
        f"{gave}: draw its random numbers, such as a dropout mask, once outside of it, and pass them as an input"
    )


def _leaves(points: list[Any]) -> list[Tensor]:
    return [Tensor(x, requires_grad=True) for x in points]


def _directional(f: Callable[..., Tensor], weights: Any, directions: list[Any]) -> Callable[..., Tensor]:
    """The function x -> sum(direction * gradient of sum(f * weights)), a Tensor with a graph."""

    def derivative(*xs: Tensor) -> Tensor:
        y = f(*xs)
        found = _gradients(y, [*xs], Tensor(weights.astype(y.dtype)))
        return _along("check_gradients", found, list(zip(xs, directions, strict=True)))

    return derivative


def _check_once(
    f: Callable[..., Tensor], points: list[Any], weights: Any, order: int, allowed: Any, random: Any, scale: float
) -> float:
    """Check the gradients of `f`, whose intermediate sums are at least as large as `scale`.

    Returns the scale for the slope of f. A slope whose terms cancel has the rounding error of the
    terms.
    """
    xs = _leaves(points)
    y = f(*xs)
    seed = weights.astype(y.dtype)
    found = _gradients(y, xs, seed)
    if not np.array_equal(seed, weights.astype(y.dtype)):
        raise GradientError(f"order {order}: a rule has written on the gradient that it was handed")
    rtol, atol = allowed
    products = [np.abs(a * b).sum() for a, b in zip([y.data, *found], [weights, *points], strict=True)]
    scale = max(scale, float(sum(products)))
    eps = max(np.finfo(g.dtype).eps for g in found)
    for k, (x, point) in enumerate(zip(xs, points, strict=True)):
        if not np.array_equal(x.data, point, equal_nan=True):
            raise GradientError(f"order {order}: a forward function or a rule has written on input {k}")
        direction = random.standard_normal(point.shape)
        ruled = float(np.sum(found[k] * direction))
        numeric, error = _central_difference(f, points, weights, k, direction, scale)
        # the rounding error of the rules, which compute more than f does; a slope below it may be 0
        nought = float(2 * _ROUNDINGS * eps * (scale + np.sum(np.abs(found[k] * direction))))
        absolute = error + nought if atol is None else atol
        where = f"order {order}, input {k} of shape {x.shape}: along a random direction, the rules give {ruled:.10g}"
        if not abs(ruled - numeric) <= absolute + rtol * max(abs(ruled), abs(numeric)) < np.inf:
            raise GradientError(
                f"{where}, central differences {numeric:.10g} (allowed: {absolute:.3g}, and {rtol:g} of the larger)"
                f"{_worst(f, points, weights, k, found[k])}"
            )
        if atol is None and abs(ruled) > nought + error / 1000 and error > 0.1 * max(abs(ruled), abs(numeric)):
            raise GradientError(
                f"{where}, but central differences only {numeric:.3g} +- {error:.3g}, because of rounding: nothing can "
                "be said; check at inputs where f is smaller compared to its slope, or give an atol="
            )
    return scale / max(1.0, *map(largest, points))


def _worst(f: Callable[..., Tensor], points: list[Any], weights: Any, k: int, ruled: Any) -> str:
    """Text about the entry of the gradient in input k that differs most; samples a large one.

    It also names the entry of the output whose slope there differs most, and gives that slope.
    """

    def numeric(seed: Any, entry: int) -> float:
        return _central_difference(f, points, seed, k, _one_hot(points[k].shape, entry))[0]

    tried = _tried(ruled.size)
    a, b = np.asarray(ruled, float).ravel()[tried], np.array([numeric(weights, entry) for entry in tried])
    with np.errstate(invalid="ignore"):
        error = np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))
    worst = _furthest(a, b)
    entry, output = tried[worst], ""
    if weights.size > 1:
        xs = _leaves(points)
        y = f(*xs)
        outputs, slopes = _tried(y.size), []
        for place in outputs:
            seed = _one_hot(y.shape, place)
            slopes.append((_gradients(y, xs, seed.astype(y.dtype))[k].flat[entry], numeric(seed, entry)))
        a, b = np.array(slopes, float).T
        worst = _furthest(a, b)
        output = f", of the output's {_index(outputs[worst], y.shape)}"
    where = f"{_index(entry, ruled.shape)}{output}"
    return f"; worst at {where}: {a[worst]:.10g} and {b[worst]:.10g}; relative error {error:.3g}"


def _furthest(a: Any, b: Any) -> int:
    """The place where two vectors differ most; nan differs from everything."""
    return int(np.argmax(np.nan_to_num(np.abs(a - b), nan=np.inf)))


def _one_hot(shape: tuple[int, ...], entry: int) -> Any:
    return np.eye(1, math.prod(shape), entry).reshape(shape)


def _tried(size: int) -> Any:
    return np.unique(np.linspace(0, size - 1, min(size, MOST_TRIED), dtype=int))


def _index(entry: int, shape: tuple[int, ...]) -> list[int]:
    return [int(n) for n in np.unravel_index(entry, shape)]


def _central_difference(
    f: Callable[..., Tensor], points: list[Any], weights: Any, k: int, direction: Any, scale: float = 0
) -> tuple[float, float]:
    """(F(x + hv) - F(x - hv)) / 2h for F = sum(f * weights), and an estimate of its error.

    At h = cbrt(eps), rounding and curvature contribute equally. Rounding adds a few eps of the
    summed terms (`scale`). Curvature adds a third of the change that a step of 2h makes.
    """
    wide = [x.astype(np.result_type(x.dtype, np.float64)) for x in points]
    eps = float(np.finfo(wide[k].dtype).eps)
    h = float(np.cbrt(eps))

    def terms(step: float) -> Any:
        return f(*_leaves([x + step * direction if i == k else x for i, x in enumerate(wide)])).data * weights

    def difference(step: float) -> float:
        return float(np.sum(terms(step) - terms(-step))) / (2 * step)

    near = difference(h)
    return near, abs(difference(2 * h) - near) + _ROUNDINGS * eps * scale / h


def largest(x: Array) -> float:
    """The largest magnitude among the finite entries of x."""
    return float(np.max(np.abs(x), where=np.isfinite(x), initial=0))
