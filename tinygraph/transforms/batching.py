"""An axis of rows in front of values: `vmap`, and many walks back as one.

For `batched_gradients` the rows are seeds, and the axis is in front of each gradient. If arrays are
wanted, the walk back runs the rules themselves on such gradients: those of element-wise ops as they
are, those of products in the form below, and those of ops whose row says how their options change
on inputs with that axis. If a graph is wanted, or another op is on the tape, the gradient's graph
runs once with the axis in front, as a function does in `vmap`. There too, products and sums of
products have their way here, and others state it in their row. An op without one runs row by row.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import count
from operator import attrgetter, index
from string import ascii_letters
from typing import Any

import numpy as np

from ..errors import TAGGED, hook, tagged
from ..frames import guarded
from ..modes import current, tracing
from ..nn.costs import _check
from ..ops import broadcast_to, concatenate, linear, matmul, moveaxis, reshape, stack
from ..ops.products import _einsum_row, _matmul
from ..ops.shapes import _concatenate_row, _operand, _stack_row
from ..tape import Part, fit, gradients, toposort
from ..tensor import Tensor, constant, record
from . import tree


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """The function that applies f to each row of its arguments, and puts the results in rows.

    in_axes: the axis of the rows, for all arguments or, as a tuple, for each one; None hands an
    argument to every row as it is. An entry for a list, tuple or dict may be a number or have its
    form. Keyword arguments have their rows along axis 0. out_axes: where the rows of the results
    go, in the same form; None gives a result that is the same for all rows as it is.

    f runs once, on Tensors that stand for one row, and each of its ops then runs once for all rows.
    (An op without a rule for that runs row by row.) So f takes no decisions on values, and draws no
    random numbers. It may read Tensors from outside, which get gradients. Arrays give arrays,
    unless f reads a Tensor. Raises ValueError if the numbers of rows differ or an axis is not
    there.

    >>> import numpy as np, tinygraph as tg
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.vmap(tg.grad(lambda x: (x**3).sum()))(x)
    array([[ 3., 12.],
           [27., 48.]])
    """
    if not callable(f):
        raise TypeError(f"vmap takes a function, got {f!r}")

    @guarded
    @functools.wraps(f, assigned=("__name__", "__doc__"))
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.leaves((args, kwargs))
        axes = [*_each("in_axes", in_axes, args), *[0] * len(tree.leaves(kwargs))]
        rows = {k: _in_front(leaves[k], axis) for k, axis in enumerate(axes) if axis is not None}
        if len({len(x) for x in rows.values()}) != 1:
            found = [f"{len(x)} along axis {axes[k]} of {np.shape(leaves[k])}" for k, x in rows.items()]
            raise ValueError(f"vmap takes arguments with equal numbers of rows, got {', '.join(found) or 'no rows'}")
        in_rows = {k: (x, None, True) for k, x in rows.items()}
        own, form, results, trace = traced("vmap", lambda args, kwargs: f(*args, **kwargs), (args, kwargs), in_rows)
        n = len(next(iter(rows.values())))
        values = {x: y if type(y) is Tensor else constant(y) for x, y in zip(own, rows.values(), strict=True)}
        for check, x in trace.checks:  # before an op meets a wrong label
            run_in_rows([x], values, n, True)
            _check(values[x] if x in values else x[None], lambda rows, check=check: [*map(check, rows)], in_trace=True)
        run_in_rows(results, values, n, True)
        axes = _each("out_axes", out_axes, form)
        placed: Any = [_placed(x, values.get(x), n, axis) for x, axis in zip(results, axes, strict=True)]
        # an outer trace has the same `arrays`
        trace.arrays.update([y for x, y in zip(results, placed, strict=True) if x in trace.arrays])
        following = iter(placed if tracing() else [y._data if y in trace.arrays else y for y in placed])
        return tree.map(form, lambda _: next(following))

    return mapped


def _each(what: str, axes: Any, pytree: Any) -> list[int | None]:
    """The axis of each leaf."""
    places = count()
    numbered = tree.map(pytree, lambda _: next(places))
    try:
        found = {k: axis for axis, part in tree.zip(axes, numbered, dicts=True) for k in tree.leaves(part)}
        return [axis if axis is None else index(axis) for _, axis in sorted(found.items())]
    except ValueError as error:
        raise ValueError(f"vmap({what}={axes!r}): {error}") from None
    except TypeError:
        raise TypeError(f"vmap({what}={axes!r}): an axis is an integer or None") from None


def _in_front(x: Any, axis: int) -> Any:
    x = given(x, "vmap")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"vmap has no axis {axis} to map in shape {x.shape}: write in_axes=None for what has no rows")
    return x if axis % x.ndim == 0 else moveaxis(x, axis, 0)


def _placed(x: Tensor, rows: Any, n: int, axis: int | None) -> Tensor:
    """A result with its rows along `axis`; one without rows is the same for all."""
    if axis is None and rows is None:
        return x
    y = broadcast_to(x, (n, *x.shape)) if rows is None else rows
    if axis is None or not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap(out_axes={axis}) does not fit a result with {n} rows of shape {y.shape[1:]}")
    return moveaxis(y, 0, axis) if axis % y.ndim else y


def traced(what: str, f: Any, call: Any, leaves: dict[int, Any]) -> Any:
    """f, called on Tensors that stand for some leaves of its arguments.

    Returns these Tensors, what f gives, the leaves of that, and the trace. `leaves` has, by the
    number of the leaf, the arguments of `InnerTrace.leaf`. Raises TypeError if f draws random
    numbers.
    """

    def run() -> Any:
        with hook("inner_trace")(what, current.get()[1]) as trace:
            own = {k: trace.leaf(*leaf) for k, leaf in leaves.items()}
            places = count()
            made = f(*tree.map(call, lambda x: own.get(next(places), x)))
            results = [result(x, trace) for x in tree.leaves(made) if x is not None or what != "scan"]
        if trace.replaced:
            raise TypeError(f"batch norm cannot train in the function of {what}, which runs once: move it out")
        return [*own.values()], made, results, trace

    return run() if tracing() else hook("draws")(f, (), {}).without(run, lambda _: hook("inner_trace")(what).drawn())


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor; in a trace, whether it would be one outside of it."""
    return type(x) is Tensor and not (tracing() and x in current.get()[2].arrays)


def of_trace(x: Any) -> Any:
    """x; in a trace of tg.compile, a Python float becomes the Tensor that stands for it."""
    return current.get()[2].tensor(x) if tracing() else x


def given(x: Any, what: str) -> Any:
    """An argument as an array or Tensor."""
    return _operand(of_trace(x), what)


def result(x: Any, trace: Any) -> Tensor:
    """A leaf of what the function gives, as a Tensor that the trace has made."""
    x = trace.tensor(x)
    x = x if type(x) is Tensor else constant(x, f"for a result of its function, {trace.what}")
    return x if x.order > trace.start else reshape(x, x.shape)


def first_row(x: Any) -> Any:
    """The first row of an array; if it has none, zeros or unit matrices, which have an inverse."""
    if len(x):
        return x[0, ...]
    are_matrices = x.ndim > 2 and x.dtype.kind == "f"
    return np.broadcast_to(np.eye(*x.shape[-2:]) if are_matrices else 0, x.shape[1:]).astype(x.dtype)


def batched_gradients(y: Tensor, xs: list[Tensor], seeds: Any) -> list[Any]:
    """The gradients of y by each x for all seeds, of shape (len(seeds), *x.shape).

    They are Tensors if `seeds` is a Tensor.
    """
    n, stop, as_graph = len(seeds), set(xs), type(seeds) is Tensor
    nodes: list[Any] = toposort(y, stop) if y._requires_grad and n else []
    if nodes and not as_graph and current.get()[2] is None and all(_has_rules(node, stop) for node in nodes):
        found = gradients(y, seeds, stop=stop, find=_parts, nodes=nodes)
        return [found[x] if x in found else np.zeros((n, *x.shape), x.dtype) for x in xs]
    nought: list[Any] = [np.zeros((n, *x.shape), x.dtype) for x in xs]
    nought = [constant(zeros) for zeros in nought] if as_graph else nought
    if not all(node.op.builtin for node in nodes):  # a user's rules may want arrays
        walks = [gradients(y, seeds[k], stop=stop) for k in range(n)]
        return [stack([w.get(x, zeros[0]) for w in walks]) for x, zeros in zip(xs, nought, strict=True)]
    seed = Tensor(np.ones(y.shape, y.dtype), requires_grad=True)
    found = gradients(y, seed, stop=stop) if nodes else {}
    values: dict[Tensor, Any] = {seed: seeds}  # the values that depend on the seed, with the axis in front
    run_in_rows([found[x] for x in xs if x in found], values, n, as_graph)
    return [values.get(found[x], zeros) if x in found else zeros for x, zeros in zip(xs, nought, strict=True)]


def _has_rules(node: Tensor, stop: set[Tensor]) -> bool:
    """Whether `_parts` takes this node, and nothing but the Tensors in `stop` gets a gradient."""
    op: Any = node.op
    for x in node._inputs:
        if type(x) is Tensor and x._requires_grad and x.op is None and x not in stop:
            return False  # such as a parameter: for each seed it would take as much memory again
    lifts = op.batched is not None and len(node._inputs) == 1 and node.inputs[0].ndim > 0
    return op is matmul or (op.builtin and (op.elementwise or lifts or (op.batched == "entries" and not op.may_skip)))


def _parts(node: Any, g: Any, *_: Any) -> list[Part]:
    """What the rules make of gradients g of the node, one for each seed."""
    op, n, y, values, options = node.op, len(g), node._data, node.saved, node.options
    rules = (_left, _right) if op is matmul else op.rules or op.rules_for(len(values))
    if op.batched not in (None, "entries"):  # as a call on n inputs at once
        y, values = np.broadcast_to(y, (n, *y.shape)), [np.broadcast_to(values[0], (n, *values[0].shape))]
        options = options | _moved(node, n)
    parts: list[Part] = []
    try:
        for k, x in enumerate(node._inputs):
            if type(x) is Tensor and x._requires_grad and rules[k]:
                dx, shape = rules[k](g, y, *values, **options), (n, *x._data.shape)
                fits = dx.shape == shape and dx.dtype == x._data.dtype
                parts.append((k, x, dx if fits else _fitted(dx, x, shape)))
    except TAGGED as error:
        raise tagged(error, f"{op.call(node.inputs, node.options)}, gradient rule of input {k}") from error
    return parts


def _fitted(dx: Any, x: Tensor, shape: tuple[int, ...]) -> Any:
    """A rule's result in this shape, that of x with an axis in front, and in x's dtype."""
    like = np.broadcast_to(x._data, (shape[0], *[1] * (dx.ndim - len(shape)), *shape[1:]))
    return fit(dx, constant(like), False).reshape(shape)


def _left(g: Any, y: Any, a: Any, b: Any) -> Any:  # one product, if b is a matrix, and not one for each seed
    return _matmul(g, b.T) if b.ndim == 2 else _OF_PRODUCT[0](g, y, a, b)


def _right(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2:
        return _matmul(g, a) if b.ndim == 1 else a.T @ g
    return g[..., None] * a if a.ndim == 1 == b.ndim else _OF_PRODUCT[1](g, y, a, b)


_OF_PRODUCT: Any = matmul.rules


def run_in_rows(roots: list[Tensor], values: dict[Tensor, Any], n: int, as_graph: bool) -> None:
    """Run what leads from the Tensors in `values` to the roots once more, and add it to `values`.

    These have n rows in place of each Tensor: another axis in front.
    """
    first = min((x.order for x in values), default=0)  # what came before depends on none of them
    made = {x for y in roots for x in toposort(y, values) if x.order > first}
    for node in sorted(made, key=attrgetter("order")):
        if any(type(x) is Tensor and x in values for x in node.inputs):
            y = _run(node, values, n, as_graph)
            values[node] = y if node._requires_grad or not as_graph else y.detach()  # as under no_grad in the function


def _run(node: Tensor, values: dict[Tensor, Any], n: int, as_graph: bool) -> Any:
    op: Any = node.op
    options = dict(node.options or {})
    inputs = node.inputs if as_graph else node.saved or ()
    has_axis = [type(x) is Tensor and x in values for x in node.inputs]
    operands = [values[x] if b else a for x, a, b in zip(node.inputs, inputs, has_axis, strict=True)]
    if op is broadcast_to:
        done = _aligned(operands, has_axis, node.ndim)[0]  # broadcast below
    elif op.elementwise or op.batched == "entries":
        done = record(op, _aligned(operands, has_axis, node.ndim), options)
    elif op is matmul:
        done = _product(operands, has_axis, node.shape)
    elif op is linear:
        done = _product(operands[:2], has_axis[:2], node.shape) + _aligned(operands[2:], has_axis[2:], node.ndim)[0]
    elif op in (_stack_row, _concatenate_row):
        whole = [a if b else broadcast_to(a, (n, *np.shape(a))) for a, b in zip(operands, has_axis, strict=True)]
        done = record(op, tuple(whole), {"axis": options["axis"] % node.ndim + 1})
    elif op is _einsum_row:
        done = record(op, tuple(operands), {**options, "subscripts": _with_axis(options["subscripts"], has_axis)})
    elif op.batched is not None and has_axis == [True]:
        done = record(op, tuple(operands), options | _moved(node, n))
    elif not n:  # no entry of any operand, so that each still has a gradient
        done = reshape(concatenate([reshape(x, (-1,))[:0] for x in operands]), (0, *node.shape))
    else:
        rows = [tuple(a[k] if b else a for a, b in zip(operands, has_axis, strict=True)) for k in range(n)]
        done = stack([record(op, row, options) for row in rows])
    wanted = (n, *node.shape)
    if done.shape == wanted and done.dtype == node.dtype:
        return done
    return np.broadcast_to(done, wanted).astype(node.dtype)


def _product(operands: list[Any], has_axis: list[bool], shape: tuple[int, ...]) -> Any:
    """a @ b as one product; a vector that needs it becomes a matrix of one row or column."""
    a, b = operands
    axes = [a.ndim - has_axis[0], b.ndim - has_axis[1]]
    if axes == [2, 1] and not has_axis[0]:
        return np.matmul(b, a.T)
    if axes == [1, 2] and not has_axis[1]:
        return np.matmul(a, b)
    a = a.reshape((*a.shape[:-1], 1, a.shape[-1])) if axes[0] == 1 else a
    b = b.reshape((*b.shape, 1)) if axes[1] == 1 else b
    y = np.matmul(*_aligned([a, b], has_axis, max(*axes, 2)))
    return y if min(axes) > 1 else y.reshape((len(y), *shape))


def _aligned(operands: list[Any], has_axis: list[bool], ndim: int) -> tuple[Any, ...]:
    """The operands with axes of length 1 after the front axis, to broadcast as before."""
    pairs = zip(operands, has_axis, strict=True)
    return tuple(
        [a.reshape((len(a), *[1] * (ndim + 1 - a.ndim), *a.shape[1:])) if b and a.ndim <= ndim else a for a, b in pairs]
    )


def _with_axis(subscripts: str, has_axis: list[bool]) -> str:
    terms, result = subscripts.split("->")
    letter = next(letter for letter in ascii_letters if letter not in subscripts)
    given = [letter * has + term for has, term in zip(has_axis, terms.split(","), strict=True)]
    return f"{','.join(given)}->{letter}{result}"


def _moved(node: Tensor, n: int) -> dict[str, Any]:
    """The options of a node that change, as they are with the axis in front."""
    op: Any = node.op
    usual = {name: x.default for name, x in op.__signature__.parameters.items()} | (node.options or {})
    return {name: MOVED[name](node, usual[name], n) for name in op.batched.split()}


def _behind(axes: Any, ndim: int) -> tuple[int, ...]:
    """One axis, some or (for None) all of `ndim`, as numbered with another axis in front."""
    return tuple([int(k) % ndim + 1 for k in np.ravel(range(ndim) if axes is None else axes) if ndim])


# The options of an op whose one input has the axis in front, by their names: (node, option, n) ->
# new option.
MOVED: dict[str, Callable[[Tensor, Any, int], tuple[Any, ...]]] = {
    "axis": lambda node, axis, n: _behind(axis, max(node.ndim, node.inputs[0].ndim)),
    "axes": lambda node, axes, n: (0, *_behind(tuple(range(node.ndim))[::-1] if axes is None else axes, node.ndim)),
    "shape": lambda node, shape, n: (n, *node.shape),
    "index": lambda node, index, n: (slice(None), *index),
}
