"""Places: the numbers that tell what came first, of the ops that were recorded and the arrays changed in place."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

next_place = count(1).__next__
last_change = 0  # the place of the last change in place of a Tensor's array, as far as Tensors and optimizers make it
_changes: dict[int, int] = {}  # the place of the last change of each array that has been changed and lives, by its id


def note_change(arrays: Iterable[Any]) -> None:
    """Remember that these arrays are changed in place, so that backward() can say what no longer holds."""
    global last_change
    last_change = place = next_place()
    for a in arrays:
        array = a if a.base is None else owner(a)
        if id(array) not in _changes:
            weakref.finalize(array, _changes.pop, id(array), None).atexit = False
        _changes[id(array)] = place


def changed_since(array: Any, place: int) -> bool:
    """Whether this array, or what it is a view of, has been changed in place since then."""
    return isinstance(array, np.ndarray) and _changes.get(id(owner(array)), 0) > place


def owner(array: Any) -> Any:
    """The array whose memory this is, or is a view of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
