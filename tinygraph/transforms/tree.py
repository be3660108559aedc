"""Pytrees: lists, tuples and dicts of anything, taken apart into leaves and put together again."""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Iterable
from itertools import combinations, product
from typing import Any

import numpy as np

from ..arrays import as_array
from ..tensor import Tensor

PLAIN = {Tensor, np.ndarray, float, int, bool, str}
ENDLESS = "a list, tuple or dict that holds itself, or is nested too deeply, cannot be taken apart"


def _branches(pytree: Any) -> Iterable[Any] | None:
    """The entries of a list, a tuple, a named tuple or a dict of any kind; None for a leaf."""
    if type(pytree) in (list, tuple) or (isinstance(pytree, tuple) and hasattr(pytree, "_fields")):
        return pytree
    return pytree.values() if isinstance(pytree, dict) else None


def _folded(pytree: Any, leaf: Callable[[Any], Any], join: Callable[[Any, list[Any]], Any]) -> Any:
    """`leaf(x)` of a leaf; else `join(x, results)`, from the results for its entries."""
    branches = _branches(pytree)
    if branches is None:
        return leaf(pytree)
    try:
        results = [_folded(branch, leaf, join) for branch in branches]
    except RecursionError:
        raise ValueError(ENDLESS) from None
    return join(pytree, results)


def leaves(pytree: Any) -> list[Any]:
    """The leaves of a pytree, in order.

    >>> from tinygraph.transforms import tree
    >>> tree.leaves({"W": [1, 2], "b": (3,)})
    [1, 2, 3]
    """
    found: list[Any] = []
    _folded(pytree, found.append, lambda *_: None)
    return found


def zip(pytree: Any, other: Any, dicts: bool = False) -> list[tuple[Any, Any]]:  # noqa: A001 (as in tree.zip)
    """Pairs of a leaf and what another pytree has in its place; entries of dicts pair by key.

    dicts: a leaf may have a dict in its place too, and not only a list or tuple.

    >>> from tinygraph.transforms import tree
    >>> tree.zip({"W": [1, 2], "b": 3}, {"b": 30, "W": (10, 20)})
    [(1, 10), (2, 20), (3, 30)]
    """
    branches, others, is_dict = _branches(pytree), _branches(other), isinstance(pytree, dict)
    if branches is None and (dicts or not isinstance(other, dict)):
        return [(pytree, other)]
    alike = branches is not None and others is not None and is_dict == isinstance(other, dict)
    if not alike or (pytree.keys() != other.keys() if is_dict else len(pytree) != len(other)):
        raise ValueError(f"{_what(pytree)} here, got {_what(other)}")
    places = pytree if is_dict else range(len(pytree))
    try:
        return [pair for place in places for pair in zip(pytree[place], other[place], dicts)]
    except RecursionError:
        raise ValueError(ENDLESS) from None


def _what(pytree: Any) -> str:
    if isinstance(pytree, dict):
        return f"a dict of {', '.join(builtins.map(repr, pytree))}" if pytree else "an empty dict"
    if _branches(pytree) is not None:
        return f"a {type(pytree).__name__} of {len(pytree)}"
    return f"one {type(pytree).__name__}"


def map(pytree: Any, replace: Callable[[Any], Any], plain: bool = False) -> Any:  # noqa: A001 (as in tree.map)
    """The same pytree with `replace(leaf)` for each leaf.

    plain: a named tuple becomes a tuple, and a dict of any kind becomes a dict.

    >>> from tinygraph.transforms import tree
    >>> tree.map({"W": [1, 2], "b": (3,)}, lambda leaf: leaf * 10)
    {'W': [10, 20], 'b': (30,)}
    """
    if type(pytree) in PLAIN:  # the usual case, quickly
        return replace(pytree)

    def join(old: Any, new: list[Any]) -> Any:
        if isinstance(old, dict):
            made = {} if plain or type(old) is dict else copy.copy(old)
            for key, branch in builtins.zip(old, new, strict=True):
                made[key] = branch
            return made
        if type(old) in (list, tuple) or plain:
            return new if type(old) is list else tuple(new)
        return type(old)._make(new)

    return _folded(pytree, replace, join)


def structure(pytree: Any, describe: Callable[[Any], Any], describe_key: Callable[[Any], Any]) -> Any:
    """A hashable description: `describe(leaf)` for each leaf, `describe_key(key)` for each key."""

    def join(x: Any, parts: list[Any]) -> Any:
        return (type(x), tuple(builtins.map(describe_key, x)) if isinstance(x, dict) else (), *parts)

    return _folded(pytree, describe, join)


def unlabelled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call's arguments with arrays in place of DataFrames and Series of pandas, by position.

    Raises ValueError if two of them have the same labels in another order, because pandas would
    pair their entries by label.
    """
    if PLAIN.issuperset(builtins.map(type, (*args, *kwargs.values()))):  # the usual case, quickly
        return args, kwargs
    labelled = [x for x in leaves((args, kwargs)) if hasattr(type(x), "iloc")]
    axes = [pair for x, y in combinations(labelled, 2) for pair in product(x.axes, y.axes)]
    if any(len(a) == len(b) and not a.equals(b) and a.is_unique and a.isin(b).all() for a, b in axes):
        raise ValueError(
            "two arguments have the same labels in another order: pandas pairs entries by label, and tinygraph by "
            "position. Bring them into one order, or give x.to_numpy()"
        )
    return map((args, kwargs), lambda x: as_array(x, "a compiled function") if hasattr(type(x), "iloc") else x)
