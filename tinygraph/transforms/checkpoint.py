"""Less memory for more time: backward computes a function's intermediate values again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..arrays import next_order
from ..modes import tracing
from ..nn.layers import FIRST, SECOND, Stage, stage
from ..tape import free_variables
from ..tensor import Tensor, given_name, record
from . import tree
from .check import largest
from .replay import Replay, variable

Function = TypeVar("Function", bound=Callable[..., Any])


def checkpoint(f: Function) -> Function:
    """f, but the tape keeps only its inputs and its result; backward() runs f once more.

    f returns one Tensor, the same each time for the same arguments: draw random numbers outside.
    Parameters that f closes over get their gradients too. Also a decorator. The call raises
    TypeError if f gives anything but one Tensor.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = tg.checkpoint(lambda x: tg.exp(x).sum() ** 2)(x)
    >>> len(y.tape())
    1
    """

    if not callable(f):
        raise TypeError(f"checkpoint takes a function, got {f!r}; call what it gives, as in tg.checkpoint(f)(x)")

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if tracing():
            return f(*args, **kwargs)
        start = next_order()
        args, kwargs = tree.map((args, kwargs), lambda x: x)  # keep lists and dicts as they are now for the second run
        given = [x for x in tree.leaves((args, kwargs)) if _is_array(x)]
        call = stage.get()[0], f, args, kwargs
        _, y = _run(FIRST, call, given, [getattr(x, "_data", x) for x in given])
        if not isinstance(y, (Tensor, np.ndarray, np.generic)):
            raise TypeError(f"checkpoint takes a function that gives one Tensor; it gave a {type(y).__name__}")
        if type(y) is not Tensor or not y._requires_grad:  # such as an array, because f took arrays only
            return y
        captured = [x for x in free_variables(y, start) if x.order != -1]
        name, result = getattr(f, "__name__", "checkpoint"), y._data
        again = functools.partial(_again, name, call, captured, result)
        return record(Replay(name, lambda *arrays: result, again, captured, opaque=True), (*given, *captured), {})

    return checkpointed  # type: ignore[return-value]  # it has f's signature


def _again(name: str, call: Any, captured: list[Tensor], first: Any, values: Any) -> tuple[list[Any], Tensor]:
    """The second run of a call: the Tensors in place of its inputs, and its result."""
    given = [x for x in tree.leaves(call[2:]) if _is_array(x)]
    for x, value in zip(captured, values[len(given) :], strict=True):
        if type(value) is not Tensor and x._data is not value:
            raise ValueError(f"{x._title()} was given other .data after {name} used it; run the forward pass again")
    start = next_order()
    own, y = _run(SECOND, call, given, values)
    variables = [x if type(x) is Tensor else None for x in (*own, *captured)]
    other = [x._title() for x in free_variables(y, start, variables) if x.order != -1 and x._requires_grad]
    close = float(np.sqrt(np.finfo(first.dtype).eps))
    same = y.shape == first.shape and np.allclose(y._data, first, close, close * largest(first), equal_nan=True)
    if other or not same:
        why = f"read {other[0]}, and not what it read before" if other else "gave another result than before"
        raise ValueError(
            f"checkpoint of {name}: in backward, the function {why}. It has to do the same each time: hand to it "
            "as arguments what a loop or a random draw gives"
        )
    return variables, y


def _is_array(x: Any) -> bool:
    return type(x) is Tensor or (isinstance(x, np.ndarray) and x.dtype.kind in "fiub")


def _run(run: int, call: Any, given: list[Any], values: Any) -> tuple[list[Any], Any]:
    """Stand-ins with these values for the arrays `given` to f, and f's result on them.

    They are Tensors of this run alone, because f may read its argument from elsewhere too.
    """
    own = [
        variable(value, x._requires_grad, given_name(x)) if type(x) is Tensor else getattr(value, "_data", value)
        for x, value in zip(given, values, strict=False)
    ]
    following = iter(own)
    is_training, f, args, kwargs = call
    args, kwargs = tree.map((args, kwargs), lambda x: next(following) if _is_array(x) else x)
    with Stage(is_training, run):
        return own, f(*args, **kwargs)
