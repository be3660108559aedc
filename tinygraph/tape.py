"""The tape: what was recorded, in order, and the walk back over it.

A recorded tensor knows the op and the inputs that made it, and its place: a number that grows with
every recorded op. So the tape of a loss is the set of tensors that it was made from, sorted by place.
An input is always recorded before the output, hence that order is topological, and no step recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import places
from .compat import AxisError
from .modes import current

if TYPE_CHECKING:
    from .tensor import Tensor

Array = np.ndarray[Any, Any]
_place = attrgetter("place")

# The errors of a forward function or a rule that are raised anew with the op and its inputs; the special ones first.
TAGGED: tuple[type[Exception], ...] = (
    *(AxisError, IndexError, KeyError, TypeError, ValueError, AttributeError, NameError, AssertionError),
    *(ZeroDivisionError, OverflowError, FloatingPointError, NotImplementedError, RuntimeError),
)


def recorded(root: Tensor, stop: Any = ()) -> list[Tensor]:
    """Every tensor made by an op that `root` depends on, itself included, in the order of recording.

    Those in `stop` are taken for leaves.
    """
    kind = type(root)
    found = {root} if root.op is not None and root not in stop else set()
    to_visit = [root] if found else []
    while to_visit:
        for x in to_visit.pop().inputs:
            if type(x) is kind and x.op is not None and x not in found and x not in stop:
                found.add(x)
                to_visit.append(x)
    return sorted(found, key=_place)


def read_before(root: Tensor, start: int, stop: Any = ()) -> Iterator[Tensor]:
    """The Tensors that were there before the place `start` and that `root`, computed since then, was made from.

    What is before those in `stop` does not count.
    """
    kind = type(root)
    found = set(stop)
    to_visit = [] if root in found else [root]
    while to_visit:
        x = to_visit.pop()
        if x.place < start:
            yield x
        else:
            new = [y for y in x.inputs if type(y) is kind and y not in found]
            found.update(new)
            to_visit += dict.fromkeys(new)


def gradients(root: Tensor, gradient: Any, keep: Any = (), stop: Any = ()) -> dict[Tensor, Any]:
    """Walk the tape of `root` backwards: d root / d x for each leaf x that requires a gradient.

    `gradient` is d (what is differentiated) / d root, of root's shape. As an array it makes the rules run on
    arrays and nothing is recorded; as a Tensor it makes them run on Tensors, so that the results have a graph.
    Tensors in `keep`, and those marked by `retain_grad`, are in the result beside the leaves; those in `stop` count
    as leaves.
    """
    as_graph = type(gradient) is type(root)
    kind = type(root)
    array = kind if as_graph else np.ndarray
    kept: dict[Tensor, Any] = {}
    pending = {root: gradient}  # gradients that have been reached and not yet passed on
    nodes = recorded(root, stop)
    if nodes and nodes[0].place < places.last_change:
        from .diagnostics.watch import check_changes  # what is imported here imports this module

        check_changes(nodes)
    watched = getattr(current.get()[2], "rules", None)
    for node in reversed(nodes):
        g = pending.pop(node, None)
        if g is None:
            continue
        if node._retains or node in keep:
            kept[node] = g
        op: Any = node.op
        inputs, options = node.inputs, node.options
        y: Any
        values: Any
        if as_graph:
            _check_unchanged(node)
            y, values = node, inputs
        else:
            y, values = node._data, node.arrays
        rules = op.rules
        if not rules and op.joint is not None and watched is None:
            values, rules = (), _found_jointly(node, g, y, values)
        elif not rules:
            rules = op.rules_for(len(inputs))
        if watched is not None:
            rules = watched(node, rules)
        try:
            for x, rule in zip(inputs, rules):  # noqa: B905 (as many, by then)
                if rule is None or type(x) is not kind or not x._requires_grad:
                    continue
                dx = rule(g, y, *values, **options) if options else rule(g, y, *values)
                if dx is None:
                    if op.skips:
                        continue
                    raise TypeError("it gave None: is a `return` missing? Give 0.0 where nothing flows")
                data = x._data
                if type(dx) is not array or dx.shape != data.shape or dx.dtype is not data.dtype:
                    dx = _fit(dx, x, as_graph)
                pending[x] = pending[x] + dx if x in pending else dx
        except TAGGED as error:
            k = next(k for k, pair in enumerate(zip(inputs, rules, strict=True)) if pair[0] is x and pair[1] is rule)
            raise tagged(error, f"{op.call(inputs, options)}, gradient rule of input {k}") from error
    kept.update(pending)
    return kept


def _found_jointly(node: Tensor, g: Any, y: Any, values: Any) -> list[Any]:
    """The answers of an op's joint rule, as a rule for each input that gives its own: to call each takes no longer
    for many inputs than for few.
    """
    op: Any = node.op
    options = node.options or {}
    try:
        return [partial(_given, dx) for dx in op.joint(g, y, *values, **options)]
    except TAGGED as error:
        raise tagged(error, f"{op.call(node.inputs, options)}, gradient rule") from error


def _given(dx: Any, g: Any, y: Any, **options: Any) -> Any:
    return dx


def tagged(error: Exception, where: str, words: str | None = None) -> Exception:
    """An error of the same built-in kind that says where it arose, and the same or other words."""
    return next(kind for kind in TAGGED if isinstance(error, kind))(f"{where}: {words or error}")


def _check_unchanged(node: Tensor) -> None:
    """A rule for graphs works on the inputs themselves, so these must still hold what was recorded."""
    for x, array in zip(node.inputs, node.arrays or (), strict=True):
        if getattr(x, "_data", array) is not array:
            raise ValueError(
                f"{x._title()}, an input of {node.op}, has been given other .data since that was recorded: with "
                "create_graph=True its old and new values would mix; record anew, and then call backward()"
            )


@lru_cache(maxsize=4096)
def _summed_axes(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes that broadcasting `target` to `shape` has added or stretched; None where it cannot have."""
    added = len(shape) - len(target)
    stretched = [k + added for k, n in enumerate(target) if n == 1 != shape[k + added]] if added >= 0 else []
    left = [n for k, n in enumerate(shape) if k >= added and k not in stretched]
    fits = added >= 0 and left == [n for k, n in enumerate(target) if k + added not in stretched]
    return (*range(added), *stretched) if fits else None


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones((n, 1), dtype)


def _fit(dx: Any, x: Tensor, as_graph: bool) -> Any:
    """Bring a rule's result to the shape and dtype of the input `x`: here broadcasting is undone."""
    if isinstance(dx, np.generic) and not as_graph:  # of arrays without axes, NumPy makes such
        dx = np.asarray(dx)
    if type(dx) is not (type(x) if as_graph else np.ndarray) or dx.dtype.kind not in "fiub":
        from .tensor import as_array, constant  # which imports this module

        array = as_array(dx, "a gradient")
        dx = constant(array) if as_graph else array
    shape = x._data.shape
    if dx.shape != shape:
        axes = _summed_axes(dx.shape, shape)
        if axes is not None:
            if dx.dtype.itemsize < 4:  # float16 skips integers from 2048 on
                dx = dx.astype(np.float32)
            if axes == (1,) and dx.ndim == 2 and not as_graph:  # a bias: BLAS sums rows fastest
                dx = np.dot(dx, _ones(dx.shape[1], dx.dtype))
            else:
                dx = np.add.reduce(dx, axis=axes, keepdims=True)
            if dx.shape != shape:
                dx = dx.reshape(shape)
        else:
            try:  # a rule may answer with less, as 0.0 for an input of any shape
                dx = np.broadcast_to(dx, shape)
            except ValueError:
                raise ValueError(
                    f"it gave a gradient of shape {dx.shape} for an input of shape {shape}; a rule returns "
                    "an array of its input's shape, or of one that broadcasting made of it"
                ) from None
    return dx if dx.dtype == x._data.dtype else dx.astype(x._data.dtype)


class Tape:
    """The ops that made a tensor, in topological order: a sequence of Tensors that prints as a table.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print((x * x).sum().tape())
    place  name  op        inputs  shape  dtype    |gradient|
        1  -     multiply  x, x    (2,)   float64  -
        2  -     sum       #1      ()     float64  -
    """

    def __init__(self, root: Tensor) -> None:
        from .tensor import Tensor  # which imports this module

        if type(root) is not Tensor:
            raise TypeError(f"Tape() takes the Tensor that a graph ends in, got {type(root).__name__}")
        self._nodes = recorded(root)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._nodes)

    def __reversed__(self) -> Iterator[Tensor]:
        return reversed(self._nodes)

    def __getitem__(self, k: int) -> Tensor:
        return self._nodes[k]

    def __repr__(self) -> str:
        return f"<Tape of {len(self)} ops>"

    def __str__(self) -> str:
        numbers = {node: k for k, node in enumerate(self._nodes, 1)}
        rows = [("place", "name", "op", "inputs", "shape", "dtype", "|gradient|")]
        for node, k in numbers.items():
            inputs = ", ".join(_reference(x, numbers) for x in node.inputs)
            norm = (
                "-"
                if node._grad is None
                else f"{np.linalg.norm(np.asarray(getattr(node._grad, '_data', node._grad))):.4g}"
            )
            rows.append((str(k), node.name or "-", str(node.op), inputs, str(node.shape), str(node.dtype), norm))
        return aligned(rows, right=0)


CONTROLS = {k: repr(chr(k))[1:-1] for k in range(32)}  # in a name, they would break the table


def aligned(rows: Sequence[Sequence[str]], right: int) -> str:
    """Rows as lines of a table; the column `right` is one of numbers."""
    rows = [[cell.translate(CONTROLS) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if k == right else str.ljust for k in range(len(widths))]
    return "\n".join(
        "  ".join(side(cell, n) for side, cell, n in zip(sides, row, widths, strict=True)).rstrip() for row in rows
    )


def _reference(x: Any, numbers: dict[Tensor, int]) -> str:
    """How a table names an input: by its name, its place, its value (a number) or its shape."""
    if not hasattr(x, "op"):
        return repr(x)
    if x.name:
        return str(x.name)
    if x in numbers:
        return f"#{numbers[x]}"
    if x._requires_grad:
        return f"parameter{x.shape}".replace(",)", ")")
    return repr(x._data.item()) if x._data.ndim == 0 else f"array{x.shape}".replace(",)", ")")
