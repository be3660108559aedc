"""Derivatives of functions, on arrays or Tensors, to any order, compiled or eager.

grad and value_and_grad are for costs. vjp and jvp multiply a vector with the Jacobian, from the
left and from the right. jacobian, hessian and hvp are made of these.

Arrays give arrays, and Tensors give Tensors with a graph. A function that reads other Tensors which
require a gradient, such as a network's parameters or an outer derivative's argument, gives Tensors
too, so that no gradient gets lost. Under no_grad, such a function gives arrays (or, if compiled,
Tensors without a graph).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arrays import as_array, next_order
from ..frames import guarded
from ..modes import current, deriving, enable_grad, tracing
from ..ops import astype, multiply, positive
from ..ops import sum as sum_
from ..tape import free_variables, gradients, toposort
from ..tensor import Tensor, _leaf, constant, given_name
from . import tree
from .batching import batched_gradients, is_tensor, of_trace
from .replay import variable
from .scan import Scan

TALL, LEAST = 4, 512  # a Jacobian with so many times more rows than columns, and so many, is taken by columns


class _Call:
    """One call of f with fresh leaves `xs` for the arguments `chosen`; `y` is its result."""

    def __init__(
        self, what: str, f: Any, args: Any, kwargs: Any, chosen: Any, tangents: Any = (), copies: bool = False
    ) -> None:
        _check_callable(what, f)
        start = next_order()
        self.what, self._copies = what, copies
        self.xs: list[Tensor] = []
        given, self.gives_tensors = list(args), False
        with deriving():
            self._variables = [tree.map(args[k], self._variable) for k in chosen]
            if what == "hessian" and any(type(part) is not Tensor for part in self._variables):
                raise TypeError(
                    f"hessian takes one array as x; got a {type(args[chosen[0]]).__name__}: make a vector of it with "
                    "vector, restore = tg.ravel(x), and write tg.hessian(lambda v: f(restore(v)))(vector)"
                )
            for k, part in zip(chosen, self._variables, strict=True):
                # f gets copies of lists and dicts, because it may write into them
                given[k] = part if type(part) is Tensor else tree.map(part, lambda x: x)
            self.y = self._one_tensor(f(*given, **kwargs))
        if self.y in set(self.xs):
            with enable_grad():
                self.y = positive(self.y)  # so that f's result is not its argument
        # lists, because Python hides a Ctrl-C that arrives while it closes an unfinished generator
        read = [*free_variables(self.y, start, self.xs)] if current.get()[0] else []
        others = [x for x in read if x._requires_grad]
        self.gives_tensors |= any([*map(is_tensor, (*tangents, *others))])
        self.as_graph = self.gives_tensors or tracing()

    def _variable(self, x: Any) -> Tensor:
        """x as a Tensor that only this call uses.

        f may also read x from outside, or get it as another argument.
        """
        is_given = is_tensor(x)
        self.gives_tensors |= is_given
        if is_given and x.dtype.kind != "f":
            raise TypeError(f"{self.what} takes floating-point numbers; got a Tensor of dtype {x.dtype}: cast it first")
        x = of_trace(x)
        x = x if type(x) is Tensor else constant(x, self.what)
        if x.dtype.kind != "f":  # integers
            x = astype(x, float)
        value = x if tracing() or x._requires_grad else x._data
        own = variable(np.array(value) if self._copies and value is not x else value, True)
        if tracing():
            current.get()[2].arrays.discard(own)
        own._name = given_name(x)
        self.xs.append(own)
        return own

    def _one_tensor(self, y: Any) -> Tensor:
        """f's result as a Tensor of floats; a plain array or number becomes a constant."""
        y = y if type(y) is Tensor else of_trace(y)
        if type(y) is not Tensor:
            if not isinstance(y, (np.ndarray, np.generic, int, float)):
                raise TypeError(f"{self.what} takes a function that gives one Tensor; it gave a {type(y).__name__}")
            y = constant(float(y) if type(y) is int else y, self.what)
        if y.dtype.kind != "f":
            made = f", which {y.op or y.options} made" if y.op or y.options else ""
            raise TypeError(
                f"{self.what} takes a function that gives floating-point numbers; it gave dtype {y.dtype}{made}: a "
                "comparison, a count or an index has no slope. Return a loss of floats, or cast the result inside the "
                "function, as in y.astype(float), if a gradient of zeros is meant"
            )
        return y

    def seed(self, g: Any) -> Any:
        """A gradient to walk back from: a Tensor, if the results have a graph."""
        return constant(g) if self.as_graph and type(g) is not Tensor else g

    def result(self, x: Any) -> Any:
        """x as the caller gets it: a Tensor or an array; in a trace, the stand-in for one."""
        if tracing():
            x = positive(x)
            arrays = current.get()[2].arrays
            (arrays.discard if self.gives_tensors else arrays.add)(x)
        elif not self.gives_tensors:
            # a copy: it may be an argument's array, or needed by the walk back, or the gradient of
            # two inputs
            return np.array(x._data if type(x) is Tensor else x)
        return x

    def results(self, found: Any, keep: bool = False) -> list[Any]:
        """The values `found` for `xs`, as pytrees like the arguments; keep: without `result`."""
        following = iter(found if keep else map(self.result, found))
        return [tree.map(part, lambda _: next(following)) for part in self._variables]


def _gradients(y: Tensor, xs: list[Tensor], seed: Any) -> list[Any]:
    """The gradient of y in each of xs, zeros if y does not depend on it; Tensors if seed is one."""
    with enable_grad():
        found = gradients(y, seed, stop=set(xs)) if y.requires_grad else {}
    made = constant if type(seed) is Tensor else np.asarray
    return [found[x] if x in found else made(np.zeros(x.shape, x.dtype)) for x in xs]


def value_and_grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., tuple[Any, Any]]:
    """A function that gives the value of f and its gradient in the arguments `argnums`.

    f gives a Tensor of one entry. An argument may be an array, a Tensor, a number, or a list, tuple
    or dict of these, and its gradient has the same form; for a tuple `argnums`, there is a tuple of
    gradients. Arrays give arrays. Tensors give Tensors with a graph, so that derivatives can be
    nested; so does an f that reads other Tensors which require a gradient (arrays under no_grad).

    The function raises ValueError if f gives more than one number or `argnums` does not fit the
    call, and TypeError if f's result or a Tensor among the arguments is not floating-point.

    >>> import numpy as np, tinygraph as tg
    >>> value, gradient = tg.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 3.0]))
    >>> print(value, gradient)
    10.0 [2. 6.]
    """
    return _derivative("value_and_grad", f, argnums, _slopes, with_value=True)


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that gives the gradient of f in the arguments `argnums`, as value_and_grad does.

    The function raises ValueError if f gives more than one number or `argnums` does not fit.

    >>> import tinygraph as tg
    >>> third = tg.grad(tg.grad(tg.grad(lambda x: x**4)))
    >>> print(third(2.0))
    48.0
    """
    return _derivative("grad", f, argnums, _slopes)


def _derivative(what: str, f: Any, argnums: Any, found: Callable[[_Call], Any], with_value: bool = False) -> Any:
    """The function that gives f's derivatives, which `found` takes from a call, and f's value."""
    _check_callable(what, f)
    is_one = not isinstance(argnums, (tuple, list))
    chosen = (argnums,) if is_one else tuple(argnums)
    if not all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in chosen):
        raise TypeError(
            f"argnums is the place of an argument, 0, 1, ..., or a tuple of such; got {argnums!r}: the arguments "
            f"themselves go to the result, as in tg.{what}(f)(x)"
        )

    @guarded
    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def derivative(*args: Any, **kwargs: Any) -> Any:
        count = len(args)
        places = [k % count for k in chosen if -count <= k < count]
        if len(set(places)) < len(chosen):
            why = "names one of them twice" if len(places) == len(chosen) else "names another one"
            raise ValueError(f"{what}(f) was called with {count} positional arguments, and argnums={argnums} {why}")
        call = _Call(what, f, args, kwargs, chosen)
        results = call.results(found(call))
        derivatives = results[0] if is_one else tuple(results)
        return (call.result(call.y), derivatives) if with_value else derivatives

    return derivative


def _check_callable(what: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{what} takes a function, got {f!r}; for the gradients of a tensor, call its backward()")


def _slopes(call: _Call) -> list[Any]:
    """The gradients of a function that gives one number."""
    y = call.y
    if y._data.size != 1:
        raise ValueError(f"{call.what} takes a function that gives one number; it gave shape {y.shape}: sum it up, say")
    return _gradients(y, call.xs, call.seed(np.ones(y.shape, y.dtype)))


def _rows(call: _Call) -> list[Any]:
    """The Jacobians, all rows by one walk back, or all columns if they are far fewer."""
    y, n = call.y, sum([x._data.size for x in call.xs])
    size = y._data.size
    if size >= max(TALL * n, LEAST):
        ops: Any = [x.op for x in toposort(y, set(call.xs)) if x.inputs]
        if all(op.builtin or type(op) is Scan for op in ops):  # a user's rules may want arrays
            return _columns(call)
    seeds = np.zeros((size, *y.shape), y.dtype)
    seeds.reshape(-1)[:: size + 1] = 1  # as np.eye, at half its time
    with enable_grad():
        found = batched_gradients(y, call.xs, call.seed(seeds))
        return [rows.reshape(y._data.shape + x._data.shape) for x, rows in zip(call.xs, found, strict=True)]


def _columns(call: _Call) -> list[Any]:
    """The Jacobians by columns: g^T J is linear in g, and the rows of its Jacobian are these."""
    y = call.y
    u = _leaf(np.ones(y.shape, y.dtype), True, order=next_order())
    with enable_grad():
        found = []
        for x, g in zip(call.xs, _gradients(y, call.xs, u), strict=True):
            seeds = np.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
            (columns,) = batched_gradients(g, [u], call.seed(seeds))
            found.append(np.moveaxis(columns, 0, -1).reshape((*y.shape, *x.shape)).astype(x.dtype))
    return found


def vjp(f: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The value y = f(*args), and a function `pullback` from g to g^T J, J being f's Jacobian.

    f gives one Tensor. g has y's shape; pullback(g) raises ValueError otherwise. Its result is a
    tuple with one entry for each argument. An argument may be a list, tuple or dict, and its entry
    has the same form.

    >>> import numpy as np, tinygraph as tg
    >>> y, pullback = tg.vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> print(y, *pullback(np.array([1.0, 0.5])))
    [1. 9.] [2. 3.]
    """
    call = _Call("vjp", f, args, {}, range(len(args)), copies=True)  # the arrays may change before the walk back

    def pullback(g: Any) -> tuple[Any, ...]:
        keep = is_tensor(g)
        g = _like(g, call.y, "pullback")
        return tuple(call.results(_gradients(call.y, call.xs, call.seed(g)), keep))

    return call.result(call.y), pullback


def jvp(f: Callable[..., Any], args: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """The value f(*args), and J v, f's change as its arguments move along the tangents v.

    f gives one Tensor. tangents: a tuple like args, of the same forms and shapes; raises ValueError
    otherwise. J v comes from two walks back: g^T J is linear in g, and its derivative in g along v
    is J v.

    >>> import numpy as np, tinygraph as tg
    >>> y, moved = tg.jvp(lambda x: x**2, (np.array([1.0, 3.0]),), (np.array([1.0, 0.5]),))
    >>> print(y, moved)
    [1. 9.] [2. 3.]
    """
    if not isinstance(args, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes the arguments and their tangents as tuples, as in tg.jvp(f, (x,), (v,))")
    pairs = _pairs("jvp", tuple(args), tuple(tangents))
    call = _Call("jvp", f, args, {}, range(len(args)), tangents=tree.leaves(tangents))
    y = call.y
    u = _leaf(np.zeros(y.shape, y.dtype), True, order=next_order())
    with enable_grad():
        along = _along("jvp", _gradients(y, call.xs, u), pairs)
    (moved,) = _gradients(along, [u], call.seed(np.ones((), along.dtype)))
    return call.result(y), call.result(moved)


def jacobian(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that gives f's Jacobian J[i, ..., j, ...] = d f(...)[i, ...] / d x[j, ...].

    f gives one Tensor. J's shape is that of f's result, followed by x's. For a tuple `argnums`,
    there is a tuple of Jacobians.

    All rows come from one walk back, which takes memory for as many numbers per op as f's result
    has entries, squared. If f gives 512 entries or more, and 4 times as many as x has, all columns
    come from one walk instead, which takes memory for the two numbers of entries multiplied. An f
    with user-defined ops or tg.checkpoint always goes by rows.

    The function raises TypeError if f gives anything but one Tensor.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.jacobian(lambda x: x**2)(np.array([1.0, 3.0])))
    [[2. 0.]
     [0. 6.]]
    """
    return _derivative("jacobian", f, argnums, _rows)


def hessian(f: Callable[..., Any], argnums: int = 0, *, argnum: int | None = None) -> Callable[..., Any]:
    """A function that gives f's Hessian H[i, ..., j, ...] = d2 f(...) / d x[i, ...] d x[j, ...].

    f gives one number. x, the argument `argnums`, is one array or Tensor; H has its shape twice.
    `argnum` is another name of `argnums`. The function raises ValueError if f gives more than one
    number, and TypeError if x is a list, tuple or dict: tg.ravel makes a vector of it.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0])))
    [[6. 2.]
     [2. 0.]]
    """
    place: Any = argnums if argnum is None else argnum
    if isinstance(place, (tuple, list)):
        raise TypeError(
            f"hessian takes the place of one argument, 0, 1, ...; got argnums={place!r}: for several, make one vector "
            "of them with tg.ravel"
        )
    return _derivative("hessian", _derivative("hessian", f, place, _slopes), place, _rows)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The product H v with the Hessian H of f at x, computed without H.

    f gives one number. x may be a list, tuple or dict; v and the result have its form and shapes.
    Raises ValueError if v does not fit x. H v is the gradient of (gradient of f) . v.

    >>> import numpy as np, tinygraph as tg
    >>> print(tg.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 3.0]), np.array([1.0, 0.0])))
    [6. 2.]
    """
    pairs, slopes = _pairs("hvp", x, v), _derivative("hvp", f, 0, _slopes)
    try:
        return _derivative("hvp", lambda x: _along("hvp", tree.leaves(slopes(x)), pairs), 0, _slopes)(x)
    except TypeError as error:
        if type(x) is not tuple or not ("tuple" in str(error) or "positional argument" in str(error)):
            raise
        how = "f, x, v) without the tuples" if len(x) == 1 else "lambda x: f(*x), x, v) if f takes several"
        raise TypeError(f"{error}; hvp hands the tuple x to f as one argument: write tg.hvp({how}") from error


def _along(what: str, found: Iterable[Any], pairs: list[tuple[Any, Any]]) -> Any:
    """The sum of all gradients times their tangents, as a Tensor of one entry."""
    parts = [sum_(multiply(g, _like(v, g, what))) for g, (_, v) in zip(found, pairs, strict=True)]
    return sum(parts[1:], parts[0]) if parts else constant(np.zeros(()))


def _pairs(what: str, x: Any, v: Any) -> list[tuple[Any, Any]]:
    try:
        return tree.zip(x, v)
    except ValueError as error:
        raise ValueError(f"{what} takes tangents like the arguments: {error}") from None


def _like(v: Any, x: Tensor, what: str) -> Any:
    """v as an array or Tensor of x's dtype; raises ValueError unless it has x's shape."""
    given = of_trace(v)
    v = v if given is v else astype(given, x.dtype)
    shape = np.shape(v._data if type(v) is Tensor else v)
    if shape != x.shape:
        raise ValueError(f"{what} takes an array of shape {x.shape} here, got shape {shape}")
    return v if type(v) is Tensor else as_array(v, what).astype(x.dtype, copy=False)
