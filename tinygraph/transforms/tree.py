"""Lists, tuples and dicts of things, taken apart into a flat list and put together again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

ENDLESS = "a list, tuple or dict that holds itself, or is nested too deeply, is no nest of arrays"


def _branches(tree: Any) -> Iterable[Any] | None:
    """What hangs from a list, a tuple, a named tuple or a dict of any kind; None for a leaf."""
    if type(tree) in (list, tuple) or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return tree
    return tree.values() if isinstance(tree, dict) else None


def leaves(tree: Any) -> Iterator[Any]:
    """What a nest of lists, tuples and dicts holds, in order.

    >>> from tinygraph.transforms.tree import leaves
    >>> list(leaves({"W": [1, 2], "b": (3,)}))
    [1, 2, 3]
    """
    branches = _branches(tree)
    if branches is None:
        yield tree
        return
    try:
        for branch in branches:
            yield from leaves(branch)
    except RecursionError:
        raise ValueError(ENDLESS) from None


def paired(tree: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """The leaves of a nest and, for each, what stands in its place in another nest like it, a dict's by their keys.

    >>> from tinygraph.transforms.tree import paired
    >>> list(paired({"W": [1, 2], "b": 3}, {"b": 30, "W": (10, 20)}))
    [(1, 10), (2, 20), (3, 30)]
    """
    branches = _branches(tree)
    if branches is None:
        if isinstance(other, dict):
            raise ValueError(f"{_what(tree)} here, got {_what(other)}")
        yield tree, other
        return
    others = _branches(other)
    is_dict = isinstance(tree, dict)
    alike = others is not None and is_dict == isinstance(other, dict)
    if not alike or (tree.keys() != other.keys() if is_dict else len(tree) != len(other)):
        raise ValueError(f"{_what(tree)} here, got {_what(other)}")
    try:
        for branch, place in zip(branches, tree if is_dict else range(len(tree)), strict=True):
            yield from paired(branch, other[place])
    except RecursionError:
        raise ValueError(ENDLESS) from None


def _what(tree: Any) -> str:
    if isinstance(tree, dict):
        return f"a dict of {', '.join(map(repr, tree))}" if tree else "an empty dict"
    if _branches(tree) is not None:
        return f"a {type(tree).__name__} of {len(tree)}"
    return f"one {type(tree).__name__}"


def rebuilt(tree: Any, replace: Callable[[Any], Any], plain: bool = False) -> Any:
    """The same nest with each leaf replaced. plain: a named tuple becomes a tuple, and a dict of any kind a dict.

    >>> from tinygraph.transforms.tree import rebuilt
    >>> rebuilt({"W": [1, 2], "b": (3,)}, lambda leaf: leaf * 10)
    {'W': [10, 20], 'b': (30,)}
    """
    branches = _branches(tree)
    if branches is None:
        return replace(tree)
    try:
        new = [rebuilt(branch, replace, plain) for branch in branches]
    except RecursionError:
        raise ValueError(ENDLESS) from None
    if isinstance(tree, dict):
        made = {} if plain or type(tree) is dict else copy.copy(tree)
        for key, branch in zip(tree, new, strict=True):
            made[key] = branch
        return made
    if type(tree) in (list, tuple) or plain:
        return new if type(tree) is list else tuple(new)
    return type(tree)._make(new)


def structure(tree: Any, describe: Callable[[Any], Any], describe_key: Callable[[Any], Any]) -> Any:
    """A hashable description of the nest, with `describe(leaf)` for each leaf and `describe_key(key)` for a dict's."""
    branches = _branches(tree)
    if branches is None:
        return describe(tree)
    keys = tuple(map(describe_key, tree)) if isinstance(tree, dict) else ()
    try:
        return (type(tree), keys, *(structure(branch, describe, describe_key) for branch in branches))
    except RecursionError:
        raise ValueError(ENDLESS) from None
