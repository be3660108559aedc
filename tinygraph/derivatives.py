"""Derivatives of functions: `grad` and `value_and_grad`, on arrays or Tensors, to any order, compiled or eager."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .modes import recording, tracing
from .ops import positive
from .tape import gradients
from .tensor import Tensor, as_array, constant
from .tree import leaves, rebuilt


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives (f(...), its gradient in the arguments `argnums`).

    f gives a Tensor of one entry. An argument may be a list, tuple or dict of arrays or Tensors, and its gradient is
    one alike. Arrays give arrays; Tensors give Tensors with a graph of their own, so that this can be nested.

    >>> import numpy as np, tinygraph as tg
    >>> value, gradient = tg.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 3.0]))
    >>> print(value, gradient)
    10.0 [2. 6.]
    """
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def derivative(*args: Any, **kwargs: Any) -> Any:
        if any(not -len(args) <= k < len(args) for k in chosen):
            raise ValueError(f"argnums={argnums} for a call with {len(args)} positional arguments")
        as_graph = any(type(x) is Tensor for k in chosen for x in leaves(args[k]))
        with recording():
            given = list(args)
            for k in chosen:
                given[k] = rebuilt(args[k], _variable)
            y = f(*given, **kwargs)
            found = _gradients(y, [x for k in chosen for x in leaves(given[k])], as_graph)
        results = [rebuilt(given[k], lambda x: found[id(x)]) for k in chosen]
        value = y if as_graph or type(y) is not Tensor else y._data
        return value, results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives the gradient of f in the arguments `argnums`; see value_and_grad.

    >>> import tinygraph as tg
    >>> third = tg.grad(tg.grad(tg.grad(lambda x: x**4)))
    >>> print(third(2.0))
    48.0
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def derivative(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return derivative


def _variable(x: Any) -> Tensor:
    """x as a Tensor that requires a gradient; a Tensor that does is itself, so that a graph around it goes on."""
    if type(x) is not Tensor:
        array = as_array(x, "grad")
        x = constant(array if array.dtype.kind == "f" else array.astype(float), "grad")
    elif x.dtype.kind != "f":
        raise TypeError(
            f"a gradient is taken in floating-point numbers; got a Tensor of dtype {x.dtype}: cast it first"
        )
    elif not x.requires_grad:
        x = positive(x) if tracing() else x.detach()
    x._requires_grad = True
    return x


def _gradients(y: Any, xs: list[Tensor], as_graph: bool) -> dict[int, Any]:
    if np.size(y) != 1:
        raise ValueError(f"grad takes a function that gives one number; it gave shape {np.shape(y)}: sum it up, say")
    found = {}
    if type(y) is Tensor and y.requires_grad:
        seed = np.ones(y.shape, y.dtype)
        found = gradients(y, constant(seed) if as_graph else seed, stop=set(xs))
    zeros = {id(x): constant(np.zeros(x.shape, x.dtype)) if as_graph else np.zeros(x.shape, x.dtype) for x in xs}
    for x in xs:
        if x in found:  # arrays of their own: a rule may have handed one gradient to two inputs
            zeros[id(x)] = found[x] if as_graph else np.array(found[x])
    return zeros
