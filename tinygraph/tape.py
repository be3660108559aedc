"""The tape: what was recorded, in order, and the walk back over it.

A recorded tensor knows the op and the inputs that made it, and its order: a number that grows with
every recorded op. So the tape of a loss is the set of tensors that it was made from, sorted by that
number. An input is always recorded before the output. Hence the order is topological, and nothing
recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import arrays
from .arrays import Array, as_array
from .errors import TAGGED, hook, tagged
from .modes import current

if TYPE_CHECKING:
    from .tensor import Tensor

_order = attrgetter("order")
Part = tuple[int, "Tensor", Any]  # the number of an input, the input, and its part of the gradient


def toposort(root: Tensor, stop: Any = ()) -> list[Tensor]:
    """Every tensor made by an op that `root` depends on, itself included, in topological order.

    Those in `stop` count as leaves.
    """
    kind = type(root)
    found = {root} if root.op is not None and root not in stop else set()
    to_visit = [root] if found else []
    while to_visit:
        for x in to_visit.pop()._inputs:
            if type(x) is kind and x.op is not None and x not in found and x not in stop:
                found.add(x)
                to_visit.append(x)
    return sorted(found, key=_order)


def free_variables(root: Tensor, start: int, stop: Any = ()) -> Iterator[Tensor]:
    """The older Tensors that `root` was made from: those with an order below `start`.

    What the Tensors in `stop` were made from does not count.
    """
    kind, found = type(root), set(stop)
    to_visit = [] if root in found else [root]
    while to_visit:
        x = to_visit.pop()
        if x.order < start:
            yield x
        else:
            for y in x._inputs:
                if type(y) is kind and y not in found:
                    found.add(y)
                    to_visit.append(y)


def gradients(root: Tensor, gradient: Any, keep: Any = (), stop: Any = (), find: Any = None, nodes: Any = None) -> Any:
    """d root / d x for each leaf x that requires a gradient, by the walk back.

    `gradient` is d (the final result) / d root, of root's shape. If it is an array, the rules run
    on arrays and nothing is recorded. If it is a Tensor, they run on Tensors, so that the results
    have a graph. The result also has the Tensors in `keep` and those marked by `retain_grad`. Those
    in `stop` count as leaves. `find` takes the place of `_parts`; `nodes` is the tape if it is
    known.
    """
    nodes = nodes or toposort(root, stop)
    if nodes and nodes[0].order < arrays.last_modified:
        hook("refuse_modified")(nodes)
    return walk_back(nodes, root, gradient, {*keep, *stop}, find=find)


def walk_back(nodes: Any, root: Tensor, gradient: Any, keep: Any = (), told: Any = None, find: Any = None) -> Any:
    """The gradients of `gradients`, from the nodes of the tape as they are now.

    The list `told` gets each node with the parts that its rules made of its gradient.
    """
    as_graph, watcher = type(gradient) is type(root), current.get()[2]
    if watcher is not None and watcher.traces:  # a trace is told of the ops that the rules run
        watcher = None
    kept: dict[Tensor, Any] = {}
    pending = {root: gradient}  # gradients that were reached and are not yet passed on
    for node in reversed(nodes):
        g = pending.pop(node, None)
        if g is None:
            continue
        if node._requires_grad is not True or node in keep:
            kept[node] = g
        parts = (find or _parts)(node, g, as_graph, watcher, keep if told is None else None)
        for _, x, dx in parts:
            pending[x] = pending[x] + dx if x in pending else dx
        if told is not None:
            told.append((node, parts))
    kept.update(pending)
    return kept


def _parts(node: Any, g: Any, as_graph: bool, watcher: Any, keep: Any) -> list[Part]:
    """What the rules make of the node's gradient g, for each input that requires a gradient.

    keep: the Tensors whose gradients are kept, or None if each rule's part counts.
    """
    op, inputs, options = node.op, node._inputs, node.options
    kind = type(node)
    array = kind if as_graph else np.ndarray
    if as_graph:
        _check_unchanged(node)
    y, values = (node, node.inputs) if as_graph else (node._data, node.saved)
    rules = op.rules or op.rules_for(len(inputs))
    if op.shortcut is not None and keep is not None and not as_graph:
        rules = op.shortcut(inputs, keep) or rules
    if watcher is not None:
        rules = watcher.rules(node, rules)
    parts = []
    k = given = None
    try:
        if op.joint is not None and watcher is None:
            given = op.joint(g, y, *values, **(options or {}))
        for k, x in enumerate(inputs):
            rule = rules[k]
            if rule is None or type(x) is not kind or not x._requires_grad:
                continue
            if given is not None:
                dx = given[k]
            elif options:
                dx = rule(g, y, *values, **options)
            else:
                dx = rule(g, y, *values)
            if dx is None:
                if op.may_skip:
                    continue
                raise TypeError("it gave None: is a `return` missing? Give 0.0 where nothing flows")
            data = x._data
            if type(dx) is not array or dx.shape != data.shape or dx.dtype is not data.dtype:
                dx = fit(dx, x, as_graph)
            parts.append((k, x, dx))
    except TAGGED as error:
        which = "" if k is None else f" of input {k}"
        raise tagged(error, f"{op.call(node.inputs, options)}, gradient rule{which}") from hook("cause")(error, op)
    return parts


def _check_unchanged(node: Tensor) -> None:
    """Raise if an input has other .data now: a rule for graphs works on the inputs themselves."""
    for x, array in zip(node.inputs, node.saved or (), strict=True):
        if getattr(x, "_data", array) is not array:
            raise ValueError(
                f"{x._title()}, an input of {node.op}, has been given other .data since that was recorded: with "
                "create_graph=True its old and new values would mix; run the forward pass again, then backward()"
            )


@lru_cache(maxsize=4096)
def _summed_axes(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes that broadcasting `target` to `shape` added or stretched; None if that cannot be."""
    added = len(shape) - len(target)
    stretched = [k + added for k, n in enumerate(target) if n == 1 != shape[k + added]] if added >= 0 else []
    left = [n for k, n in enumerate(shape) if k >= added and k not in stretched]
    fits = added >= 0 and left == [n for k, n in enumerate(target) if k + added not in stretched]
    return (*range(added), *stretched) if fits else None


@lru_cache(maxsize=64)
def ones(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array that many share, so that nobody may write on it."""
    return np.broadcast_to(np.ones(shape, dtype), shape)


def fit(dx: Any, x: Tensor, as_graph: bool) -> Any:
    """A rule's result in the shape and dtype of the input `x`: broadcasting is undone here."""
    shape, on_arrays = x._data.shape, type(dx) is np.ndarray and not as_graph
    sums_rows = on_arrays and dx.ndim == 2 and shape == (len(dx), 1) != dx.shape
    if sums_rows and dx.dtype is x._data.dtype and dx.itemsize >= 4:
        return dx.dot(ones((dx.shape[1], 1), dx.dtype))  # a bias, quickly: BLAS sums rows fastest
    if isinstance(dx, np.generic) and not as_graph:  # NumPy makes these from arrays without axes
        dx = np.asarray(dx)
    if type(dx) is not (type(x) if as_graph else np.ndarray) or dx.dtype.kind not in "fiub":
        array = as_array(dx, "a gradient")
        dx = x._constant(array) if as_graph else array
    if dx.shape != shape:
        axes = _summed_axes(dx.shape, shape)
        if axes is not None:
            if dx.dtype.itemsize < 4:  # float16 skips integers from 2048 on
                dx = dx.astype(np.float32)
            dx = np.add.reduce(dx, axis=axes, keepdims=True)
            if dx.shape != shape:
                dx = dx.reshape(shape)
        else:
            try:  # a rule may give less, such as 0.0 for an input of any shape
                dx = np.broadcast_to(dx, shape)
            except ValueError:
                raise ValueError(
                    f"it gave a gradient of shape {dx.shape} for an input of shape {shape}; a rule returns "
                    "an array of its input's shape, or of one that broadcasting made of it"
                ) from None
    return dx if dx.dtype == x._data.dtype else dx.astype(x._data.dtype)
