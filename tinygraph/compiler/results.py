"""The results of a compiled function: Tensors, arrays and floats, nested as f nests them."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from ..graph.numbers import Number
from ..graph.trace import Trace
from ..modes import current
from ..tensor import Tensor, _leaf, _made
from ..transforms import tree
from ..transforms.replay import Replay
from ..transforms.tree import leaves
from .signature import is_array

PLAIN = (types.NoneType, bool, int, float, complex, str, bytes, range, type, np.dtype)


class Like:
    """The form of a result: a Tensor, an array or a Python float, and its dtype.

    `replay` is the op that makes a differentiable Tensor on the tape.
    """

    __slots__ = ("dtype", "kind", "replay")

    def __init__(self, x: Any, trace: Trace) -> None:
        is_tensor = type(x) is Tensor and x.order != -1 and x not in trace.arrays
        self.kind = float if type(x) is Number else Tensor if is_tensor else np.ndarray
        self.dtype = np.dtype(float) if type(x) is Number else x.dtype
        self.replay: Replay | None = None

    def made(self, value: Any, inputs: list[Tensor] | None) -> Any:
        """The result of a call, recorded on the tape if `inputs` are given."""
        array = value if type(value) is np.ndarray and value.dtype is self.dtype else np.asarray(value, self.dtype)
        if self.kind is not Tensor:
            return array if self.kind is np.ndarray else array.item()
        tensor = _leaf(array)
        if inputs is not None and self.replay is not None:
            every = (*inputs, *self.replay.captured)
            _made(tensor, self.replay, every, [x._data for x in every], {})
            tensor._requires_grad, tensor.scope = True, current.get()[1]
        return tensor


class Results:
    """The form of all results: `nest` has a Like in the place of each result that a call makes."""

    def __init__(self, nest: Any) -> None:
        self.nest = nest
        self._is_differentiable = any(type(x) is Like and x.replay is not None for x in leaves(nest))

    def wrapped(self, results: Any, given: Any) -> Any:
        """The outputs in the function's own nest, for these arrays and Tensors."""
        inputs = None
        if self._is_differentiable and current.get()[0]:
            # a copy, because the caller's list may hold other inputs when backward() runs
            inputs = [x if type(x) is Tensor else _leaf(x, order=-1) for x in given]
        nest = self.nest
        if type(nest) is Like:
            return nest.made(results[0], inputs)
        following = iter(results)

        def made(x: Any) -> Any:
            value = next(following)
            return x.made(value, inputs) if type(x) is Like else x

        return tree.map(nest, made)


def checked(x: Any) -> Any:
    """A result, if each call can make a new one; otherwise a TypeError."""
    if not (is_array(x) or isinstance(x, PLAIN)):
        raise TypeError(
            f"a compiled function gives arrays, Tensors and plain Python values, also in lists, tuples and dicts; got "
            f"a {type(x).__name__}: return what is in it, and make it of that outside"
        )
    return x
