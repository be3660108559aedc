"""Many walks back as one: the gradient's graph, run once with an axis for the seeds before all others.

Each op has a way to run on operands of which some have that axis in front; one that has no such row below is run seed
by seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .tape import Array, gradients, recorded
from .tensor import Tensor


def batched_gradients(y: Tensor, xs: list[Tensor], seeds: Array) -> list[Array]:
    """For each x the gradients of y for all seeds, of shape (len(seeds), *x.shape)."""
    nought = [np.zeros((len(seeds), *x.shape), x.dtype) for x in xs]
    if not y.requires_grad or not len(seeds):
        return nought
    if any(t.op is not None and t.op.checks_result for t in recorded(y, set(xs))):  # a user's rules may want arrays
        walks = [gradients(y, seed, stop=set(xs)) for seed in seeds]
        return [np.stack([w.get(x, n[0]) for w in walks]) for x, n in zip(xs, nought, strict=True)]
    seed = Tensor(np.ones(y.shape, y.dtype), requires_grad=True)
    found = gradients(y, seed, stop=set(xs))
    values: dict[Tensor, Array] = {seed: seeds}  # what depends on the seed, with the axis in front
    for x in xs:
        for node in recorded(found[x], values) if x in found else ():
            if any(type(a) is Tensor and a in values for a in node.inputs):
                values[node] = _run(node, values, len(seeds))
    return [values.get(found[x], n) if x in found else n for x, n in zip(xs, nought, strict=True)]


def _run(node: Tensor, values: dict[Tensor, Array], n: int) -> Array:
    op: Any = node.op
    options = dict(node.options or {})
    arrays = [values.get(x, a) if type(x) is Tensor else x for x, a in zip(node.inputs, node.arrays or (), strict=True)]
    has_axis = [type(x) is Tensor and x in values for x in node.inputs]
    if op.arithmetic or op.name == "where":
        done = op.forward(*_aligned(arrays, has_axis, node.ndim), **options)
    elif op.name == "matmul" and (product := _product(arrays, has_axis, node.ndim)) is not None:
        done = product
    elif op.name in MOVED and has_axis[0] and len(arrays) == 1:
        done = op.forward(*arrays, **MOVED[op.name](node, options, n))
    else:
        rows = [[a[k] if b else a for a, b in zip(arrays, has_axis, strict=True)] for k in range(n)]
        done = np.stack([np.asarray(op.forward(*row, **options)) for row in rows])
    return np.broadcast_to(done, (n, *node.shape)).astype(node.dtype, copy=False)


def _product(arrays: list[Any], has_axis: list[bool], ndim: int) -> Any:
    a, b = arrays
    axes = [x.ndim - has for x, has in zip(arrays, has_axis, strict=True)]
    if axes == [2, 1] and not has_axis[0]:  # of a matrix and vectors, as one of matrices
        return np.matmul(b, a.T)
    if axes in ([1, 2], [2, 2]) and not has_axis[1]:
        return np.matmul(a.reshape(-1, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
    if axes == [2, 2] and not has_axis[0]:
        return np.moveaxis(np.tensordot(a, b, (1, 1)), 1, 0)
    return np.matmul(*_aligned(arrays, has_axis, ndim)) if min(axes) >= 2 else None


def _aligned(arrays: list[Any], has_axis: list[bool], ndim: int) -> list[Any]:
    """The operands with axes of length 1 after the one in front, so that the others broadcast as they did."""
    return [
        a.reshape(a.shape[0], *[1] * (ndim + 1 - a.ndim), *a.shape[1:]) if b else a
        for a, b in zip(arrays, has_axis, strict=True)
    ]


def _reduced(node: Tensor, options: dict[str, Any], n: int) -> dict[str, Any]:
    ndim = node.inputs[0].ndim
    axis = options.get("axis")
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return {**options, "axis": tuple(k % ndim + 1 for k in axes)}


def _transposed(node: Tensor, options: dict[str, Any], n: int) -> dict[str, Any]:
    axes = options.get("axes")
    return {"axes": (0, *(k % node.ndim + 1 for k in (reversed(range(node.ndim)) if axes is None else axes)))}


def _reshaped(node: Tensor, options: dict[str, Any], n: int) -> dict[str, Any]:
    return {**options, "shape": (n, *node.shape)}


def _indexed(node: Tensor, options: dict[str, Any], n: int) -> dict[str, Any]:
    return {"index": (slice(None), *options["index"])}


# the options of an op whose input has the axis in front
MOVED: dict[str, Callable[[Tensor, dict[str, Any], int], dict[str, Any]]] = {
    "sum": _reduced,
    "transpose": _transposed,
    "reshape": _reshaped,
    "getitem": _indexed,  # by numbers and slices: an index of arrays makes for more inputs
}
