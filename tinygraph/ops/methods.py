"""Attaches the operators, the methods and NumPy's protocols to the class Tensor.

`np.exp(t)`, `array * t` and `t.sum(axis=0)` all call an op of the table.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

from ..arrays import Array, no_masked
from ..errors import hook
from ..modes import DERIVING, current
from ..tensor import OPS, Tensor, record
from .table import FUNCTIONS, METHODS, UFUNCS

_NO_OPTIONS: dict[str, Any] = {}


def _method(name: str) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return METHODS[name](self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As numpy.ndarray.{name}, recorded."
    return method


def _unary(name: str) -> Callable[[Tensor], Tensor]:
    def operator(self: Tensor) -> Tensor:
        return record(OPS[name], (self,), _NO_OPTIONS)

    return operator


def _binary(name: str) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Tensor:
        try:
            return record(OPS[name], (self, other), _NO_OPTIONS)
        except TypeError:
            if getattr(other, "__array_ufunc__", self) is None:  # NumPy's sign that `other` handles the operator itself
                return NotImplemented
            raise

    return operator


def _swapped(name: str) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Tensor:
        return record(OPS[name], (other, self), _NO_OPTIONS)

    return operator


def _refused(name: str) -> Callable[..., Any]:
    def operator(self: Tensor, *others: Any) -> Any:
        raise TypeError(_no_rule(f"numpy.{name}", getattr(np, name), (self, *others)))

    return operator


def _reshape(self: Tensor, *shape: Any) -> Any:
    """As numpy.ndarray.reshape, recorded: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
    return METHODS["reshape"](self, shape[0] if len(shape) == 1 else shape)


def _transpose(self: Tensor, *axes: Any) -> Any:
    """As numpy.ndarray.transpose, recorded: `t.transpose()`, `t.transpose(1, 0)` or a tuple."""
    order = None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return METHODS["transpose"](self, order)


def _array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Array:
    if self._requires_grad:
        # nothing here tells who asks for the array
        keeps = "tg.stack, tg.concatenate or tg.where for lists of tensors and for array[i] = t"
        if self.ndim:
            keeps = (
                "A @ t for A.dot(t), np.asarray(df) @ t for df @ t, S.toarray() @ t for a sparse S @ t, "
                f"tg.softmax(t) or tg.logsumexp(t) for those of SciPy, and {keeps}"
            )
        drops = "t.numpy() or t.detach()"
        if not self.ndim and current.get()[0] != DERIVING:  # in a derivative, float(t) is refused too
            drops = "float(t), as in [float(cost) for cost in costs]"
        raise TypeError(
            f"making an array of {self._title()} would drop its gradient without a word. "
            f"To keep it, write {keeps}; to drop it, write {drops}"
        )
    self._values("numpy.asarray(t)")
    if copy is False and dtype is not None and np.dtype(dtype) != self.dtype:
        raise ValueError(f"an array of dtype {dtype} cannot be made of {self._title()} without a copy")
    return np.array(self._data, dtype=dtype) if copy else np.asarray(self._data, dtype=dtype)


def _array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    if "out" in options:
        raise TypeError(
            f"numpy.{ufunc.__name__} cannot write into out= when a Tensor is involved: the tape keeps what it has "
            "recorded; write `a = a + t`, not `a += t`, if t is a Tensor"
        )
    if method == "__call__" and not options:
        function = UFUNCS.get(ufunc)
    elif method == "reduce":  # NumPy's reduce runs over axis 0 unless told otherwise
        function = UFUNCS.get((ufunc, method))
        options.setdefault("axis", 0)
    else:
        function = None
    if function is None:
        home = hook("home")
        if method == "__call__":
            raise TypeError(_no_rule(home(ufunc), ufunc, inputs, options))
        raise TypeError(_no_rule(f"{home(ufunc)}.{method}", getattr(ufunc, method), inputs, options))
    return function(*inputs, **options)


def _array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    if function not in FUNCTIONS:
        raise TypeError(_no_rule(f"{function.__module__}.{function.__name__}", function, args, kwargs))
    return FUNCTIONS[function](*_as_numpy_reads(function, args, kwargs), **kwargs)


def _mask(self: Tensor) -> None:
    """Refuse numpy.ma, which reads this next to `_data` and would silently drop the gradient."""
    raise TypeError(no_masked("an op on a Tensor"))


def _as_numpy_reads(function: Any, args: Any, kwargs: Any) -> Any:
    """The arguments by position, up to NumPy's parameters dtype and out.

    The arguments from there on move to `kwargs`, because ours have no such parameters. A dtype or
    out of None is dropped.
    """
    if len(args) > 2:
        names = _parameters(function)[: len(args)]
        start = min([names.index(name) for name in ("dtype", "out") if name in names], default=len(args))
        kwargs.update(zip(names[start:], args[start:], strict=False))
        args = args[:start]
    for name in ("dtype", "out"):
        if kwargs.get(name, 0) is None:
            del kwargs[name]
    return args


@functools.lru_cache(maxsize=256)
def _parameters(function: Any) -> list[str]:
    """A NumPy function's parameter names; none if NumPy hides them, or one takes many arguments."""
    import inspect

    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # functions written in C have none: where, dot, concatenate
        return []
    return [] if "operands" in names else names  # einsum takes any number of operands


def _no_rule(name: str, function: Any, args: Any, options: Any = _NO_OPTIONS) -> str:
    with_options = f" with {', '.join(f'{key}=' for key in options)}" if type(function) is np.ufunc and options else ""
    write = hook("composed")(name, function, args, options) if not with_options else None
    return (
        f"{name}{with_options} has no gradient rule in tinygraph, so it does not take a Tensor; "
        f"{f'write {write}, ' if write else ''}"
        "use t.numpy() if no gradient is needed, or add the op with tg.op(name, forward, *rules)"
    )


# --- Python's protocols


def _format(self: Tensor, spec: str) -> str:
    return format(self.detach().item(), spec) if spec else repr(self)


def _len(self: Tensor) -> int:
    if not self._data.ndim:
        raise TypeError("len() of a tensor without axes")
    return len(self._data)


def _iter(self: Tensor) -> Iterator[Tensor]:
    if not self._data.ndim:
        raise TypeError("a tensor without axes cannot be iterated over; use float(t) or t.item()")
    return (self[k] for k in range(len(self._data)))


def _float(self: Tensor) -> float:
    return float(_number(self))


def _int(self: Tensor) -> int:
    return int(_number(self))


def _number(self: Tensor) -> Any:
    """The single entry; warns if NumPy asks for it, with float(t) or int(t), in `array[i] = t`."""
    number = self.item()
    if self._requires_grad:
        hook("warn_of_stored")(sys._getframe(2))
    return number


def _index(self: Tensor) -> int:
    return self._values("an index or range(t)", steers=True).__index__()


def _bool(self: Tensor) -> bool:
    return bool(self._values("`if t`, `and`, `or`, `not` or bool(t)", steers=True))


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    raise TypeError(
        f"{self._title()} cannot be changed in place: the tape keeps what it has recorded. Make a new tensor with "
        "tg.where(mask, value, t) or tg.concatenate([...]); or change a leaf between steps: t.data[index] = value"
    )


# --- what other libraries' habits ask for


def _getattr(self: Tensor, name: str) -> Any:
    if name == "dims":  # xarray asks for it before it wraps a Tensor
        raise TypeError(
            f"wrapping {self._title()} in an array of xarray would drop a gradient without a word: "
            "write t * X, with the Tensor first, or X.values * t"
        )
    said = hook("hint")(name, "tg.{}(t)") if not name.startswith("_") else ""
    raise AttributeError(f"'Tensor' object has no attribute {name!r}{said}", name=name, obj=self)


# --- what is attached

BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
}
COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "invert"}
REFUSED = {
    "mod": "remainder",
    "floordiv": "floor_divide",
    "divmod": "divmod",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "round": "round",
}
NAMES = (
    *("sum", "mean", "max", "min", "prod", "var", "std", "cumsum", "swapaxes", "squeeze", "clip", "dot"),
    *("astype", "ravel", "argmax", "argmin", "any", "all"),
)


def _attach() -> None:
    """Give Tensor its operators and methods."""
    members: dict[str, Any] = {name: _method(name) for name in NAMES}
    for short, name in BINARY.items():
        members |= {f"__{short}__": _binary(name), f"__r{short}__": _swapped(name)}
    members |= {f"__{short}__": _binary(name) for short, name in COMPARISONS.items()}
    members |= {f"__{short}__": _unary(name) for short, name in UNARY.items()}
    for short, name in REFUSED.items():
        members[f"__{short}__"] = _refused(name)
    members |= {f"__r{short}__": members[f"__{short}__"] for short in ("mod", "floordiv", "divmod", "xor")}
    members |= {"__getitem__": _method("getitem"), "flatten": _method("ravel")}
    members |= {"reshape": _reshape, "transpose": _transpose}
    members["T"] = property(lambda self: METHODS["transpose"](self), doc="The transpose: all axes reversed.")
    members |= {"__len__": _len, "__iter__": _iter, "__format__": _format, "__setitem__": _setitem}
    members |= {"__float__": _float, "__int__": _int, "__index__": _index, "__bool__": _bool}
    members |= {"__array__": _array, "__array_ufunc__": _array_ufunc, "__array_function__": _array_function}
    members["ndim"] = property(lambda self: self._data.ndim, doc="The number of axes.")
    members["size"] = property(lambda self: self._data.size, doc="The number of entries.")
    members |= {"__getattr__": _getattr, "_mask": property(_mask)}
    members["__pandas_priority__"] = 5000  # a DataFrame has 4000; pandas calls the operator of the higher one
    for name, member in members.items():
        if isinstance(member, FunctionType):  # Python's errors, help() and pickle show and find it by its name
            member.__name__, member.__qualname__, member.__annotations__ = name, f"Tensor.{name}", {}
        setattr(Tensor, name, member)


_attach()
