"""NumPy's protocols, which a Tensor has: NumPy's functions and arrays meet one, and an op runs.

`np.exp(t)`, `array * t` and `np.sum(t, axis=0)` all call an op of the table, with arguments as
NumPy reads them. What would drop a gradient silently is refused.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import accumulate
from types import FunctionType
from typing import Any

import numpy as np

from ..arrays import Array, no_masked
from ..errors import HOOKS, hook
from ..frames import trim
from ..tensor import Op, record
from .shapes import _cast_for
from .table import FUNCTIONS, METHODS, replacement

NO_OPTIONS: dict[str, Any] = {}
_OFTEN = frozenset(("axis", "keepdims"))  # options that ours have too
HOOKS.update(at="ops.at:At", in_place="ops.out:in_place")  # of this package too: loaded at their first use


class Protocols:
    """The protocols, as a class that is never made: methods.py attaches each to Tensor."""

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            raise hook("dropped")(self, sys._getframe(1))
        self._values("numpy.asarray(t)")
        return np.asarray(self._data, dtype) if copy is None else np.array(self._data, dtype, copy=copy)

    def __dlpack__(self: Any, **options: Any) -> Any:
        """The values without a copy, for np.from_dlpack and torch.from_dlpack."""
        if self._requires_grad:
            raise BufferError(f"DLPack would drop the gradient of {self._title()} silently; write t.detach()")
        return self._values("from_dlpack(t)").__dlpack__(**options)

    def __dlpack_device__(self: Any) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    def __array_ufunc__(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        ours = FUNCTIONS.get(ufunc) or replacement(ufunc)
        if not options and method == "__call__" and ours is not None:
            try:
                return record(ours, inputs, NO_OPTIONS) if type(ours) is Op else ours(*inputs)
            except Exception as error:
                trim(error)
                raise
        if "out" in options:
            return hook("in_place")(ufunc, ours, inputs, options)
        if type(ours) is FunctionType and method == "__call__":
            return ours(*inputs, **options)
        if type(ours) is Op and method == "__call__" and options.keys() == {"dtype"}:
            name, dtype = ufunc.__name__, options["dtype"]
            cast = [x if type(x) in (int, float) else _cast_for(name, [x], dtype, "same_kind")[0] for x in inputs]
            if dtype in (None, (y := ours(*cast)).dtype):  # a comparison has another dtype than it computes in
                return y
        if (ufunc, method) in FUNCTIONS:  # a reduction, which runs over axis 0 unless told otherwise
            given = {name: value for name, value in options.items() if value is not None or name == "axis"}
            return FUNCTIONS[ufunc, method](*inputs, **{"axis": 0, **given})
        if ours is not None and method in _OF_UFUNCS and options.keys() <= {"axis"}:
            return _OF_UFUNCS[method](ours, *inputs, **options)
        counts = options and method in ("__call__", *_OF_UFUNCS)  # the others have no rule without options either
        with_these = f" with {', '.join(f'{key}=' for key in options)}" if counts else ""
        raise hook("no_rule")(ufunc, f".{method}".removesuffix(".__call__") + with_these)

    def __array_function__(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = FUNCTIONS.get(function) or replacement(function)
        if function is np.where and len(args) == 1:
            return np.nonzero(*args)
        if ours is None:
            raise hook("no_rule")(function)
        if len(args) > 2 or not args or not kwargs.keys() <= _OFTEN:
            args = as_numpy_reads(function, args, kwargs)
        try:
            return ours(*args, **kwargs)
        except Exception as error:
            trim(error)
            raise

    @property
    def _mask(self: Any) -> None:
        """Refuse numpy.ma, which reads this and `_data`, and would silently drop the gradient."""
        raise TypeError(no_masked("an op on a Tensor"))


@cache
def _parameters(function: Any) -> tuple[tuple[str, ...], int, int, dict[str, Any]]:
    """A NumPy function's parameters, how many it needs, how many stay by position, defaults."""
    function = getattr(function, "__wrapped__", function)
    if not hasattr(function, "__code__"):  # it is written in C
        casting = "safe" if function.__name__ == "can_cast" else "same_kind"
        return (), 0, sys.maxsize, {"dtype": None, "out": None, "casting": casting}
    names, usual = function.__code__.co_varnames[: function.__code__.co_argcount], function.__defaults__ or ()
    needed = len(names) - len(usual)
    start = min([names.index(name) for name in ("dtype", "out", "order") if name in names], default=sys.maxsize)
    return names, needed, start, dict(zip(names[needed:], usual, strict=True)) | (function.__kwdefaults__ or {})


def as_numpy_reads(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The arguments by position, as ours take them; `kwargs` gets and loses the others.

    The first ones, without a default in NumPy, are taken by position. Those from NumPy's parameters
    dtype, out and order on are named, because ours stand elsewhere. NumPy's defaults are dropped.
    """
    names, needed, start, usual = _parameters(function)
    while len(args) < needed and names[len(args)] in kwargs:
        args = (*args, kwargs.pop(names[len(args)]))
    if len(args) > start:
        kwargs.update(zip(names[start:], args[start:], strict=False))
        args = args[:start] + args[len(names) :]  # too many are an error
    for name in [*kwargs]:
        if name in usual and type(kwargs[name]) is type(usual[name]) and kwargs[name] == usual[name]:
            del kwargs[name]
    return args


def _outer(op: Any, a: Any, b: Any) -> Any:
    # a number counts as an array here
    return op(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b if np.ndim(b) else np.reshape(b, ()))


def _accumulate(op: Any, x: Any, axis: int = 0) -> Any:
    x = np.moveaxis(x, axis, 0)
    x = x.astype(op(x[:1], x[:1]).dtype)  # of logical_and, the first one is a boolean too
    return np.moveaxis(np.stack([*accumulate(x, op)]), 0, axis) if len(x) else x


_OF_UFUNCS: dict[str, Any] = {"outer": _outer, "accumulate": _accumulate}  # for any op of two inputs
FUNCTIONS[np.add, "accumulate"], FUNCTIONS[np.multiply, "accumulate"] = METHODS["cumsum"], np.cumprod
FUNCTIONS[np.logaddexp, "reduce"] = METHODS["logsumexp"]
FUNCTIONS[np.logical_and, "reduce"], FUNCTIONS[np.logical_or, "reduce"] = METHODS["all"], METHODS["any"]
