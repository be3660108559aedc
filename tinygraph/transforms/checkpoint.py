"""Less memory for more time: what a function computes on the way is not kept, and is computed again in backward."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..arrays import largest, next_order
from ..modes import enable_grad, tracing
from ..tape import free_variables, gradients
from ..tensor import Op, Tensor, _leaf, record
from .tree import leaves, rebuilt

Function = TypeVar("Function", bound=Callable[..., Any])


def checkpoint(f: Function) -> Function:
    """f, of whose values the tape keeps the inputs and the result alone; backward() runs f once more.

    f gives one Tensor, and the same each time for the same arguments: draw random numbers outside. Parameters that it
    closes over get their gradients too. Also a decorator.

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
        args, kwargs = rebuilt((args, kwargs), lambda x: x)  # lists and dicts as they are now, when it runs again too
        given = [x for x in leaves((args, kwargs)) if _is_array(x)]
        own = [_own(x, getattr(x, "_data", x)) for x in given]
        y = _called(f, args, kwargs, own)
        if isinstance(y, (np.ndarray, np.generic)):  # of arrays alone, there is nothing to walk back through
            return y
        if type(y) is not Tensor:
            raise TypeError(f"checkpoint takes a function that gives one Tensor; it gave a {type(y).__name__}")
        if not y._requires_grad:
            return y
        captured = [x for x in free_variables(y, start) if x.order != -1]
        return record(_Checkpoint(f, args, kwargs, len(given), captured, y._data), (*given, *captured), {})

    return checkpointed  # type: ignore[return-value]  # it is called as f is


class _Checkpoint(Op):
    """One call of f as an op: its inputs are the arrays among the arguments, and the Tensors `captured`."""

    opaque = may_skip = True

    def __init__(self, f: Any, args: Any, kwargs: Any, given: int, captured: list[Tensor], result: Any) -> None:
        name = getattr(f, "__name__", "checkpoint")
        super().__init__(name, lambda *arrays: result)
        self._call, self._given, self._captured, self._result = (f, args, kwargs), given, captured, result

    def joint(self, g: Any, y: Any, *values: Any) -> list[Any]:
        """The gradients of all inputs, by one walk back."""
        for x, value in zip(self._captured, values[self._given :], strict=True):
            if type(value) is not Tensor and x._data is not value:
                raise ValueError(f"{x._title()} has been given other .data since {self} used it; record anew")
        with enable_grad():
            start = next_order()
            given = [x for x in leaves(self._call[1:]) if _is_array(x)]
            own = [_own(x, value) for x, value in zip(given, values, strict=False)]
            sources = [*own, *self._captured]
            again = _called(*self._call, own)
            known = {x for x in sources if type(x) is Tensor}
            self._check_again(again, [x for x in free_variables(again, start, known) if x.order != -1])
            found = gradients(again, g, stop=known)
        return [found.get(x) if type(x) is Tensor else None for x in sources]

    def _check_again(self, y: Any, captured: list[Tensor]) -> None:
        """The second run has to read what the first has read, and to give what it gave, but for roundings."""
        other = [x._title() for x in captured if x._requires_grad]
        first = self._result
        close = float(np.sqrt(np.finfo(first.dtype).eps))
        same = y.shape == first.shape and np.allclose(y._data, first, close, close * largest(first), equal_nan=True)
        if other or not same:
            why = f"read {other[0]}, and not what it read before" if other else "gave another result than before"
            raise ValueError(
                f"checkpoint of {self}: in backward, the function {why}. It has to do the same each time: hand to it "
                "as arguments what a loop or a random draw gives"
            )


def _is_array(x: Any) -> bool:
    return type(x) is Tensor or (isinstance(x, np.ndarray) and x.dtype.kind in "fiub")


def _called(f: Any, args: Any, kwargs: Any, own: list[Any]) -> Any:
    """f with `own` in place of the arrays among its arguments."""
    following = iter(own)
    args, kwargs = rebuilt((args, kwargs), lambda x: next(following) if _is_array(x) else x)
    return f(*args, **kwargs)


def _own(x: Any, value: Any) -> Any:
    """What stands for the argument x in one run: f may read x from elsewhere too. For a graph, `value` is a Tensor."""
    return variable(value, x._requires_grad, x._name) if type(x) is Tensor else getattr(value, "_data", value)


def variable(value: Any, requires_grad: bool, name: str | None = None) -> Tensor:
    """A Tensor of its own for an array, or beside a Tensor on the tape, for the gradient of a gradient."""
    if type(value) is not Tensor:
        own = _leaf(value, requires_grad, name)
        own.order = next_order()
        return own
    if not requires_grad:
        return value
    own = +value
    own._requires_grad = True
    return own
