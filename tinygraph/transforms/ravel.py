"""A pytree of arrays as one vector, and back."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..ops import astype, concatenate, reshape
from ..ops import ravel as ravel_array
from ..ops.shapes import _operand
from ..tensor import Tensor
from . import tree


def ravel(x: Any, order: Literal["C"] = "C") -> Any:
    """All entries along one axis, the last axis running fastest (order "C").

    An array or Tensor gives a vector. A dict, list or tuple of arrays gives (vector, back): all
    entries as one vector of floating-point numbers, and the function from such a vector to the same
    form. back(vector) holds Tensors if the vector is one; single numbers become arrays of shape (),
    and integers become floating-point numbers. It raises ValueError if the vector's shape does not
    fit.

    As in NumPy, a list or tuple of numbers, or of such lists of equal length, counts as one array.

    >>> import numpy as np, tinygraph as tg
    >>> tg.ravel(np.eye(2))
    array([1., 0., 0., 1.])
    >>> vector, back = tg.ravel({"W": np.ones((1, 2)), "b": np.zeros(1)})
    >>> print(vector, back(vector * 2))
    [1. 1. 0.] {'W': array([[2., 2.]]), 'b': array([0.])}
    """
    if order != "C" or not _is_pytree(x):
        return ravel_array(x, order)
    parts = [_operand(part, "ravel") for part in tree.leaves(x)]
    vector = concatenate([reshape(part, (-1,)) for part in parts]) if parts else np.zeros(0)
    vector = vector if vector.dtype.kind == "f" else astype(vector, float)
    ends = np.cumsum([0, *(part.size for part in parts)]).tolist()
    places = iter(range(len(parts)))
    form = tree.map(x, lambda _: next(places))  # as it is now

    def back(vector: Any) -> Any:
        if np.shape(vector) != (ends[-1],):
            raise ValueError(f"the way back takes a vector of shape ({ends[-1]},), got shape {np.shape(vector)}")

        def part(k: int) -> Any:
            old, piece = parts[k], vector[ends[k] : ends[k + 1]]
            new = reshape(piece if type(piece) is Tensor else np.array(piece), old.shape)  # no view of the vector
            return new if old.dtype.kind != "f" or new.dtype == old.dtype else astype(new, old.dtype)

        return tree.map(form, part)

    return vector, back


def _is_pytree(x: Any) -> bool:
    """Whether x is a dict, or a list or tuple that NumPy would not take as one array of numbers."""
    if not isinstance(x, (list, tuple)):
        return isinstance(x, dict)
    if any(isinstance(part, (np.ndarray, Tensor)) for part in tree.leaves(x)):
        return True
    try:
        return np.asarray(x).dtype == object  # it contains a dict
    except ValueError:  # its lists differ in length
        return True
