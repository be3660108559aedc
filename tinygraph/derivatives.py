"""Derivatives of functions, on arrays or Tensors, to any order, compiled or eager.

grad and value_and_grad of a cost; vjp and jvp, the products of a Jacobian with a vector from the left and from the
right; jacobian, hessian and hvp made of them. Arrays give arrays; Tensors give Tensors with a graph of their own, and
so do functions that read Tensors which require a gradient, such as a network's parameters or an outer derivative's
argument: no gradient gets lost. Under no_grad the latter give arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .batch import batched_gradients
from .modes import current, recording, tracing
from .ops import multiply, positive
from .ops import sum as sum_
from .tape import gradients, recorded
from .tensor import Tensor, as_array, constant
from .tree import leaves, rebuilt


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives (f(...), its gradient in the arguments `argnums`).

    f gives a Tensor of one entry. An argument may be a list, tuple or dict of arrays or Tensors, and its gradient is
    one alike. Arrays give arrays. Tensors give Tensors with a graph of their own, and so does an f that reads other
    Tensors which require a gradient (under no_grad it gives arrays), so that this can be nested.

    >>> import numpy as np, tinygraph as tg
    >>> value, gradient = tg.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 3.0]))
    >>> print(value, gradient)
    10.0 [2. 6.]
    """
    chosen = _chosen("grad", f, argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def derivative(*args: Any, **kwargs: Any) -> Any:
        _check_argnums(argnums, chosen, args)
        given, xs, y = _called(f, "grad", args, kwargs, chosen)
        if y.size != 1:
            raise ValueError(f"grad takes a function that gives one number; it gave shape {y.shape}: sum it up, say")
        as_graph = _gives_tensors([args[k] for k in chosen], y, xs)
        found = _found(y, xs, np.ones(y.shape, y.dtype), as_graph)
        _close([args[k] for k in chosen], xs)
        results = [rebuilt(given[k], lambda x: found[id(x)]) for k in chosen]
        value = y if as_graph else y._data
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


def _chosen(what: str, f: Any, argnums: Any = 0) -> tuple[int, ...]:
    if not callable(f):
        raise TypeError(f"{what} takes a function, got {f!r}; for the gradients of a tensor, call its backward()")
    chosen = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    if not all(isinstance(k, int) for k in chosen):
        raise TypeError(f"argnums is the place of an argument, 0, 1, ..., or a tuple of such; got {argnums!r}")
    return chosen


def _check_argnums(argnums: Any, chosen: tuple[int, ...], args: tuple[Any, ...]) -> None:
    if any(not -len(args) <= k < len(args) for k in chosen):
        raise ValueError(f"argnums={argnums} for a call with {len(args)} positional arguments")


def _variable(x: Any) -> Tensor:
    """x as a Tensor that requires a gradient; a Tensor that does is itself, so that a graph around it goes on."""
    if type(x) is not Tensor:
        array = as_array(x, "grad")
        x = constant(array if array.dtype.kind == "f" else array.astype(float), "grad")
        x.place = x.place if tracing() else 0  # a leaf: a compiled function that f calls reads it at each call
    elif x.dtype.kind != "f":
        raise TypeError(
            f"a gradient is taken in floating-point numbers; got a Tensor of dtype {x.dtype}: cast it first"
        )
    elif not x.requires_grad:
        x = positive(x) if tracing() else x.detach()
    x._requires_grad = True
    return x


def _called(f: Any, what: str, args: Any, kwargs: Any, chosen: Any) -> tuple[list[Any], list[Tensor], Tensor]:
    """The arguments with Tensors for those that are chosen, these Tensors, and what f gives for them."""
    given = list(args)
    with recording():
        for k in chosen:
            given[k] = rebuilt(args[k], _variable)
        y = _one_tensor(f(*given, **kwargs), what)
    return given, [x for k in chosen for x in leaves(given[k])], y


def _gives_tensors(args: Any, y: Tensor, xs: list[Tensor]) -> bool:
    """Whether a derivative has a graph: where arguments are Tensors, or y has a gradient in other leaves than xs."""
    stop = set(xs)
    return any(type(x) is Tensor for x in leaves(args)) or (
        current.get()[0]
        and any(
            type(x) is Tensor and x._requires_grad and x.op is None and x not in stop
            for node in (recorded(y, stop) or [y])
            for x in node.inputs or (node,)
        )
    )


def _close(args: Any, xs: list[Tensor]) -> None:
    """What was made of an array is a variable of this derivative alone: one around it depends on no such leaf."""
    for old, x in zip(leaves(args), xs, strict=True):
        if type(old) is not Tensor:
            x._requires_grad = False


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(y, pullback) of y = f(*args): pullback(g) gives g^T J for each argument, where g is of y's shape.

    f gives one Tensor. An argument may be a list, tuple or dict, and its part of the result is one alike.

    >>> import numpy as np, tinygraph as tg
    >>> y, pullback = tg.vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> print(y, *pullback(np.array([1.0, 0.5])))
    [1. 9.] [2. 3.]
    """
    _chosen("vjp", f)
    given, xs, y = _called(f, "vjp", args, {}, range(len(args)))
    as_graph = _gives_tensors(args, y, xs)

    def pullback(g: Any) -> tuple[Any, ...]:
        found = _found(y, xs, _like(g, y, "pullback"), as_graph)
        return tuple(rebuilt(tree, lambda x: found[id(x)]) for tree in given)

    return y if as_graph else y._data, pullback


def jvp(f: Callable[..., Any], args: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """(f(*args), J v): how f changes as its arguments move along the tangents, which are like these.

    Two walks back make one forward: g^T J is linear in g, and its derivative in g along v is J v.

    >>> import numpy as np, tinygraph as tg
    >>> y, moved = tg.jvp(lambda x: x**2, (np.array([1.0, 3.0]),), (np.array([1.0, 0.5]),))
    >>> print(y, moved)
    [1. 9.] [2. 3.]
    """
    _chosen("jvp", f)
    if not isinstance(args, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes the arguments and their tangents as tuples, as in tg.jvp(f, (x,), (v,))")
    _given, xs, y = _called(f, "jvp", args, {}, range(len(args)))
    vs = list(leaves(list(tangents)))
    if len(vs) != len(xs):
        raise ValueError(f"jvp takes one tangent for each of {len(xs)} arrays in the arguments, got {len(vs)}")
    as_graph = _gives_tensors((args, tangents), y, xs)
    u = Tensor(np.zeros(y.shape, y.dtype), requires_grad=True)
    found = _found(y, xs, u, True)
    with recording():
        along = [sum_(multiply(found[id(x)], _like(v, x, "jvp"))) for x, v in zip(xs, vs, strict=True)]
        total = sum(along, constant(np.zeros((), y.dtype)))
    moved = _found(total, [u], np.ones((), total.dtype), as_graph)[id(u)]
    _close(args, xs)
    return (y, moved) if as_graph else (y._data, moved)


def jacobian(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives J[i, ..., j, ...] = d f(...)[i, ...] / d x[j, ...], of shape f's and then x's.

    f gives one Tensor. All rows come from one walk back, with an axis for the rows before all others.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.jacobian(lambda x: x**2)(np.array([1.0, 3.0])))
    [[2. 0.]
     [0. 6.]]
    """
    chosen = _chosen("jacobian", f, argnums)

    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def derivative(*args: Any, **kwargs: Any) -> Any:
        _check_argnums(argnums, chosen, args)
        given, xs, y = _called(f, "jacobian", args, kwargs, chosen)
        seeds = np.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape)
        as_graph = _gives_tensors([args[k] for k in chosen], y, xs)
        with recording():
            stacked = batched_gradients(y, xs, constant(seeds) if as_graph else seeds)
            found = {id(x): rows.reshape((*y.shape, *x.shape)) for x, rows in zip(xs, stacked, strict=True)}
        _close([args[k] for k in chosen], xs)
        results = [rebuilt(given[k], lambda x: found[id(x)]) for k in chosen]
        return results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """The function that gives H[i, ..., j, ...] = d2 f(...) / d x[i, ...] d x[j, ...] of an f that gives one number.

    x, argument `argnum`, is one array or Tensor.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0])))
    [[6. 2.]
     [2. 0.]]
    """
    return jacobian(grad(f, argnum), argnum)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """H v for the Hessian H of f at x, an f that gives one number; x may be a nest, and v and the result are alike.

    The gradient of (gradient of f) . v, so that no Hessian is made.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 3.0]), np.array([1.0, 0.0])))
    [6. 2.]
    """
    vs = list(leaves(v))

    def slope(x: Any) -> Any:
        gs = list(leaves(grad(f)(x)))
        if len(gs) != len(vs):
            raise ValueError(f"hvp takes a vector like x, of {len(gs)} arrays; got {len(vs)}")
        along = [sum_(multiply(g, _like(w, g, "hvp"))) for g, w in zip(gs, vs, strict=True)]
        return sum(along[1:], along[0])

    return grad(slope)(x)


def _one_tensor(y: Any, what: str) -> Tensor:
    """What f gave, as a Tensor; a plain array or number depends on nothing."""
    if type(y) is Tensor:
        return y
    if isinstance(y, (np.ndarray, np.generic, int, float)):
        return constant(np.asarray(y, float) if isinstance(y, (int, float)) else np.asarray(y), what)
    raise TypeError(f"{what} takes a function that gives one Tensor; it gave a {type(y).__name__}")


def _like(v: Any, x: Tensor, what: str) -> Any:
    """v as an array or Tensor of x's shape and dtype."""
    shape = np.shape(v._data if type(v) is Tensor else v)
    if shape != x.shape:
        raise ValueError(f"{what} takes an array of shape {x.shape} here, got shape {shape}")
    return v if type(v) is Tensor else as_array(v, what).astype(x.dtype, copy=False)


def _found(y: Tensor, xs: list[Tensor], seed: Any, as_graph: bool) -> dict[int, Any]:
    """The gradient of y in each x, zeros where it depends on none; as Tensors with a graph, or as arrays."""
    if as_graph and type(seed) is not Tensor:
        seed = constant(seed)
    with recording():
        found = gradients(y, seed, stop=set(xs)) if y.requires_grad else {}
    results = {}
    for x in xs:
        if x in found:  # arrays of their own: a rule may have handed one gradient to two inputs
            results[id(x)] = found[x] if type(seed) is Tensor else np.array(found[x])
        else:
            zeros = np.zeros(x.shape, x.dtype)
            results[id(x)] = constant(zeros) if type(seed) is Tensor else zeros
    return results
