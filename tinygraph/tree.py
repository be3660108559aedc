"""Lists, tuples and dicts of things, taken apart into a flat list and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any) -> Iterator[Any]:
    """What a nest of lists, tuples and dicts holds, in order.

    >>> from tinygraph.tree import leaves
    >>> list(leaves({"W": [1, 2], "b": (3,)}))
    [1, 2, 3]
    """
    if type(tree) in (list, tuple):
        for branch in tree:
            yield from leaves(branch)
    elif type(tree) is dict:
        for branch in tree.values():
            yield from leaves(branch)
    else:
        yield tree


def rebuilt(tree: Any, replace: Callable[[Any], Any]) -> Any:
    """The same nest with each leaf replaced.

    >>> from tinygraph.tree import rebuilt
    >>> rebuilt({"W": [1, 2], "b": (3,)}, lambda leaf: leaf * 10)
    {'W': [10, 20], 'b': (30,)}
    """
    if type(tree) in (list, tuple):
        return type(tree)(rebuilt(branch, replace) for branch in tree)
    if type(tree) is dict:
        return {key: rebuilt(branch, replace) for key, branch in tree.items()}
    return replace(tree)


def structure(tree: Any, describe: Callable[[Any], Any]) -> Any:
    """A hashable description of the nest, with `describe(leaf)` for each leaf."""
    if type(tree) in (list, tuple):
        return (type(tree).__name__, *(structure(branch, describe) for branch in tree))
    if type(tree) is dict:
        return ("dict", *((key, structure(branch, describe)) for key, branch in tree.items()))
    return describe(tree)
