"""Less memory for more time: what a function computes on the way is not kept, and is computed again in backward."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .modes import recording, tracing
from .tape import gradients, recorded
from .tensor import Op, Tensor, _leaf, next_place, record
from .tree import leaves, rebuilt


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
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
        start = next_place()
        y = f(*args, **kwargs)
        if type(y) is not Tensor:
            raise TypeError(f"checkpoint takes a function that gives one Tensor; it gave a {type(y).__name__}")
        if tracing() or not y._requires_grad:
            return y
        given = {x for x in leaves((args, kwargs)) if type(x) is Tensor}
        inner = [x for x in recorded(y, given) if x.place > start]
        sources = [x for node in inner for x in node.inputs if type(x) is Tensor and x.place < start]
        inputs = tuple(dict.fromkeys(x for x in sources if x in given or x._requires_grad))
        return record(_Checkpoint(f, args, kwargs, inputs, y._data), inputs, {}) if inner else y

    return checkpointed


class _Checkpoint(Op):
    """One call of f as an op: `inputs` are the Tensors that it used, of its arguments and from elsewhere."""

    def __init__(self, f: Any, args: Any, kwargs: Any, inputs: tuple[Tensor, ...], result: Any) -> None:
        name = getattr(f, "__name__", "checkpoint")
        super().__init__(name, lambda *arrays: result, variadic=lambda k: None)
        self._f, self._args, self._inputs = f, (args, kwargs), inputs

    def rules_for(self, count: int) -> list[Any]:
        return rules_of_one_walk(self._gradients, [True] * count)

    def _gradients(self, g: Any, values: Any) -> list[Any]:
        given = {x for x in leaves(self._args) if type(x) is Tensor}
        for x, value in zip(self._inputs, values, strict=True):
            if type(value) is not Tensor and x not in given and x._data is not value:
                raise ValueError(f"{x._title()} has been given other .data since {self} used it; record anew")
        with recording():
            own = {x: _own(x, value) for x, value in zip(self._inputs, values, strict=True) if x in given}
            args, kwargs = rebuilt(self._args, lambda x: own.get(x, x) if type(x) is Tensor else x)
            sources = [own.get(x, x) for x in self._inputs]
            found = gradients(self._f(*args, **kwargs), g, stop=set(sources))
        return [found.get(x) for x in sources]


def rules_of_one_walk(gradients_of: Callable[[Any, Any], list[Any]], needed: list[bool]) -> list[Any]:
    """Gradient rules for one walk over the tape, of which the first that is asked finds the gradients for all."""
    found: list[Any] = []

    def rule(k: int, g: Any, y: Any, *values: Any) -> Any:
        if not found:
            found.extend(gradients_of(g, values))
        return found[k]

    return [functools.partial(rule, k) if need else None for k, need in enumerate(needed)]


def _own(x: Tensor, value: Any) -> Tensor:
    """A Tensor for this run alone: a leaf for an array, or one beside x on the tape, for the gradient of a gradient."""
    if type(value) is Tensor:
        return +value if value._requires_grad else value
    return _leaf(value, x._requires_grad, None)
