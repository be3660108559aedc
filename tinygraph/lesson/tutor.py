"""`check` hands a student's function small inputs, and says where its mistake is, and why."""

from __future__ import annotations

import contextlib
import copy
import difflib
import inspect
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from .. import lesson
from ..arrays import Array
from ..diagnostics.tutor import SOURCES, Case, Verdict, aside, formulas, judge, numbers
from . import gradient_checking, one_hidden_layer, regularization, three_layers

# The sizes of the layers, and m. If sizes are equal, a product in the wrong order has a shape that
# fits. The last layer has one unit, as in the course: a mean over all entries is a mean over the
# examples.
SIZES = (3, 4, 2, 1, 9), (3, 3, 3, 1, 3), (2, 3, 4, 1, 1), (4, 2, 3, 1, 2), (1, 1, 1, 1, 1), (1, 2, 2, 1, 4)
DEPTHS = {"logistic": 1, "one_hidden_layer": 2}
NUMBERS = dict(keep_prob=0.6, beta=0.8, beta1=0.7, beta2=0.9, epsilon=0.01, t=3, n_y=3, mini_batch_size=2)
NUMBERS |= dict(learning_rate0=0.5, epoch_num=7, time_interval=3, x=2.5, theta=1.7)


def module(week: str) -> Any:
    """The lesson's module of a week."""
    return lesson if week == "lesson" else getattr(lesson, week)


def _checked(week: str) -> list[str]:
    """The course's functions that the tutor knows, without those that pack a dict into a vector."""
    return [name for name in formulas(week)[1] if name in module(week).__all__ and "vector" not in name]


WEEKS = {week: _checked(week) for week in SOURCES}


def check(function: Callable[..., Any], week: str = "") -> None:
    """Compare a function with the course's on small random inputs; print where and why it errs.

    function: yours, under the course's name. It is called with copies. week: the module of
    `tinygraph.lesson` that has it ("lesson" for course 1, week 4); by default it is found from the
    names of the function and of its arguments. What it prints is shown at the first call alone.
    Raises ValueError for a function that is not the course's, and TypeError for no function.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> def linear_forward(A, W, b):
    ...     return np.dot(W, A), (A, W, b)
    >>> lesson.check(linear_forward)
    linear_forward
    Where: linear_forward (right: cache.A_prev, cache.W, cache.b; wrong: Z)
    Why: b is missing: `Z = W @ A` in place of `Z = W @ A + b`
    """
    if not callable(function):
        raise TypeError(f"check() takes your function itself, as in check(linear_forward); got {function!r}")
    _report({getattr(function, "__name__", "a function without a name"): function}, week)


def check_week(namespace: Any, week: str = "") -> None:
    """`check` for each function of the course in a namespace, such as globals() or a module.

    Raises ValueError if it has none.

    >>> from tinygraph import lesson
    >>> from tinygraph.lesson import optimization
    >>> lesson.check_week({"update_lr": optimization.update_lr, "initialize_adam": optimization.initialize_adam})
    initialize_adam: right
    update_lr: right
    """
    names = namespace if isinstance(namespace, Mapping) else vars(namespace)
    _report({name: f for name, f in names.items() if callable(f)}, week)


def _report(functions: Mapping[str, Any], week: str) -> None:
    if week and week not in WEEKS:
        raise ValueError(f"check(week=...) takes one of {', '.join(WEEKS)}; got {week!r}")
    weeks = [week] if week else _weeks(functions)
    names = dict.fromkeys(name for week in weeks for name in WEEKS[week] if name in functions)
    if not names:
        raise ValueError(_unknown([*functions]))
    for name in names:
        verdicts = [examine(functions[name], week, name) for week in weeks if name in WEEKS[week]]
        verdict = min(verdicts, key=lambda x: (bool(x.where), not x.why, x.why.startswith("2 slips")))
        print(f"{name}\n{verdict}" if verdict.where else f"{name}: right")


def _unknown(names: list[str]) -> str:
    """The error for names that are none of the course's, with what to check in place of one."""
    for name, (space, functions) in itertools.product(names, map(formulas, WEEKS)):
        callers = [x for x in functions if name in space[x].__code__.co_names]
        if name in functions and callers:
            return f"check() takes no {name}, a helper: check {' or '.join(callers)}, which uses it"
    known = sorted({name for names in WEEKS.values() for name in names})
    close = difflib.get_close_matches(names[0], known, 1) if len(names) == 1 else []
    meant = f"; did you mean {close[0]}?" if close else ""
    return f"check() knows the functions of the weeks {', '.join(WEEKS)}; got {', '.join(names) or 'none'}{meant}"


def _weeks(functions: Mapping[str, Any]) -> list[str]:
    """The weeks that have the most of these functions, with these arguments; the shortest first."""

    def score(week: str) -> int:
        points = 0
        for name in set(WEEKS[week]) & set(functions):
            theirs = list(inspect.signature(getattr(module(week), name)).parameters)
            mine = list(inspect.signature(functions[name]).parameters)
            points += 1 + (mine == theirs[: len(mine)])
        return points

    points = {week: score(week) for week in sorted(WEEKS, key=lambda week: len(WEEKS[week]))}
    return [week for week in points if points[week] == max(points.values())]


def cases(week: str, name: str, seed: int = 0) -> Iterator[dict[str, Any]]:
    """The arguments of the course's function by name, a dict for each of several data sets."""
    wanted = list(inspect.signature(getattr(module(week), name)).parameters)
    for k, (*dims, m) in enumerate(SIZES):
        if week == "gradient_checking":
            dims = [4, 5, 3, 1]
        elif week != "lesson":
            dims = [*dims[: DEPTHS.get(week, 3)], 1]  # the course's nets of these weeks have one output
        elif k == 2:
            dims = [2, 4, 1]
        for activation in ("relu", "sigmoid") if "activation" in wanted else ("relu",):
            given = _drawn(week, name, dims, m * 4 if name == "predict" else m, np.random.default_rng([seed, k]))
            given["activation"] = activation
            yield {key: given[key] for key in wanted if key in given}


def _drawn(week: str, name: str, dims: list[int], m: int, random: np.random.Generator) -> dict[str, Any]:
    def randn(*shape: int) -> Array:
        return random.standard_normal(shape)

    sizes = list(enumerate(zip(dims[1:], dims[:-1], strict=True), 1))
    while True:  # until each hidden layer has units on both sides of 0
        p = {key: x for l, (n, before) in sizes for key, x in ((f"W{l}", randn(n, before)), (f"b{l}", randn(n, 1)))}
        X, Y = randn(dims[0], m), (np.arange(dims[-1] * m) + random.integers(2)).reshape(-1, m) % 2
        AL, caches = lesson.L_model_forward(X, p)
        if m == 1 or all(0 < (Z > 0).mean() < 1 and (np.abs(Z) < 8).all() for _, Z in caches):
            break
    grads, v = ({f"d{key}": randn(*x.shape) for key, x in p.items()} for _ in range(2))
    s = {key: randn(*x.shape) ** 2 for key, x in v.items()}
    (A_prev, W, b), Z = caches[len(caches) // 2]
    given = {"X": X, "Y": Y, "parameters": p, "AL": AL, "caches": caches, "grads": grads, "v": v, "s": s}
    given |= {"A": A_prev, "A_prev": A_prev, "W": W, "b": b, "dZ": randn(*Z.shape), "dA": randn(*Z.shape)}
    given |= {"cache": (A_prev, W, b) if name == "linear_backward" else ((A_prev, W, b), Z)}
    given |= {key: round(float(random.uniform(0.1, 0.9)), 3) for key in ("learning_rate", "lambd", "decay_rate")}
    given |= NUMBERS | {"dim": dims[0], "n_x": dims[0], "n_h": dims[1], "layers_dims": dims, "layer_dims": dims}
    if week == "logistic":
        given |= {"w": randn(dims[0], 1), "b": 0.3, "x": randn(2, m), "num_iterations": 102 if m == 4 else 3}
    elif week == "one_hidden_layer":
        given["A2"], given["cache"] = one_hidden_layer.forward_propagation(X, p)
    elif week == "regularization" and "dropout" in name:
        given["cache"] = regularization.forward_propagation_with_dropout(X, p, 0.6)[1]
    elif len(sizes) == 3 and week != "lesson":
        given["A3"], given["cache"] = three_layers.forward_propagation(X, p)
    if name == "gradient_check_n":
        right = gradient_checking.backward_propagation_n(X, Y, given["cache"])
        given |= {"gradients": {key: g + 0.3 * randn(*np.shape(g)) for key, g in right.items()}, "epsilon": 1e-4}
    if name == "random_mini_batches":
        given["seed"] = 4
    return given


@aside()
def examine(function: Callable[..., Any], week: str, name: str) -> Verdict:
    """The tutor's verdict on a student's function, from all the data sets."""
    code = getattr(function, "__code__", None)
    found: list[Case] = []
    # later versions of the course leave some last arguments out
    count = code.co_argcount if code and not code.co_flags & inspect.CO_VARARGS else None
    names = code.co_names if code else ()

    def run(given: dict[str, Any]) -> None:
        right = getattr(module(week), name)(*copy.deepcopy(list(given.values())))
        np.random.seed(0)
        try:
            with contextlib.redirect_stdout(io.StringIO()) if found else contextlib.nullcontext():
                numbers(mine := function(*copy.deepcopy(list(given.values())[:count])))  # fails for a list in itself
        except Exception as error:
            mine = error
        found.append(Case(given, right, mine))

    for given in cases(week, name):
        run(given)
    if not all(np.isfinite(x).all() for case in found for x in numbers(case.mine).values()) and "Y" in given:
        run(given | {"Y": 0.2 + 0.6 * given["Y"]})  # logarithms of 0 tell nothing
    known = [x for x in formulas(week)[1] if x in WEEKS[week]]
    own = {x: getattr(function, "__globals__", {}).get(x) for x in known[: known.index(name)] if x in names}
    helpers = {x: partial(examine, f, week, x) for x, f in own.items() if callable(f)}
    return judge(week, name, found, _MEMOS.setdefault((week, name), {}), helpers)


_MEMOS: dict[Any, Any] = {}
