"""The arguments that suit a trace: the shapes and dtypes of arrays, and the other values."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import numpy as np

from ..arrays import Array, as_array
from ..tensor import Tensor
from ..transforms.tree import leaves, structure

VALUES = (types.NoneType, bool, int, str, bytes, range, types.MethodType, types.BuiltinMethodType)


class Signature:
    """The calls that suit a trace: those with its `key` and with the values that it asked for.

    asked: an entry for each float whose value the function asked for: its index among the floats,
    its name, its value and what asked for it.
    takes: for each array and float among the arguments, whether the program takes it.
    """

    def __init__(self, key: Any, args: Any, kwargs: Any, asked: list[Any], takes: list[bool]) -> None:
        self.key, self.asked, self._takes = key, asked, takes
        self.takes_floats = float in map(type, args)
        is_quick = not kwargs and not asked and all(type(x) in (np.ndarray, float) for x in args)
        # a quick test: whether these are plain arrays and floats of this signature
        self.fits: Callable[[tuple[Any, ...]], bool] = _written_out(args) if is_quick else lambda args: False

    def is_for(self, key: Any, floats: list[float]) -> bool:
        """Whether a call with this key and these floats has this signature."""
        same: bool = self.key == key
        return same and (not floats or all(repr(floats[k]) == value for k, _, value, _ in self.asked))

    def taken(self, args: Any, kwargs: Any) -> list[Any]:
        """The arrays and Tensors that the program runs on."""
        given = [x for x in leaves((args, kwargs)) if is_array(x) or type(x) is float]
        return [x if type(x) is Tensor else array_of(x) for x, takes in zip(given, self._takes, strict=True) if takes]


def _written_out(args: tuple[Any, ...]) -> Any:
    """A test of arguments as one expression, because each call runs it."""
    scope, tests = {"ndarray": np.ndarray}, [f"len(args) == {len(args)}"]
    for k, x in enumerate(args):
        if type(x) is float:
            tests.append(f"type(args[{k}]) is float")
        else:
            scope |= {f"shape_{k}": x.shape, f"dtype_{k}": x.dtype}
            tests.append(f"type(args[{k}]) is ndarray")
            tests.append(f"args[{k}].shape == shape_{k} and args[{k}].dtype == dtype_{k}")
    return eval(f"lambda args: {' and '.join(tests)}", scope)


def key_of(args: Any, kwargs: Any) -> Any:
    """The hashable description of a call's arguments, without the values of arrays and floats."""
    return structure((args, kwargs), _description, _static)


def is_array(x: Any) -> bool:
    """Whether x is an array or a Tensor."""
    return isinstance(x, (np.ndarray, np.generic, Tensor))


def array_of(x: Any) -> Array:
    """The array of an argument that the program takes."""
    return x._data if type(x) is Tensor else as_array(x, "a compiled function")


def _description(x: Any) -> Any:
    if is_array(x):
        return (x.shape, x.dtype, x._requires_grad if type(x) is Tensor else None)
    if isinstance(x, np.random.Generator):
        return np.random.Generator  # each call draws from its own
    return float if type(x) is float else _static(x)


def _static(x: Any) -> Any:
    """The key of a Python value: its type and value, or for an object its identity."""
    try:
        hash(x)
    except TypeError:
        raise TypeError(f"a compiled function takes arrays, Tensors and hashable Python values; got {x!r}") from None
    kind = type(x)
    if kind in (tuple, frozenset):
        return (kind, kind(map(_static, x)))
    if kind in (float, complex) or isinstance(x, np.generic):
        return (kind, repr(x))  # nan equals itself, and -0.0 differs from 0.0
    return (kind, x if kind in VALUES else _Same(x))


class _Same:
    """An object that equals only itself. It is kept alive, because another might get its id."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return type(other) is _Same and other.x is self.x

    def __hash__(self) -> int:
        return id(self.x)


def parameter_names(f: Any, args: Any, kwargs: Any) -> list[tuple[str | None, Any]]:
    """Each argument of a call of f with the name of its parameter, or None if f does not tell."""
    try:
        parameters = [*inspect.signature(f).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    single = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    many = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
    return [*zip_longest(single[: len(args)], args, fillvalue=many), *kwargs.items()]
