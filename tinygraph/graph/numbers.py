"""Python floats among a traced function's arguments: numbers that differ from call to call."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops import divide, power
from ..ops.methods import BINARY, COMPARISONS, UNARY
from ..ops.protocols import as_numpy_reads
from ..ops.table import METHODS, replacement
from ..tensor import OPS, Op, Tensor
from ..transforms import tree

# a Python float as an array, with the dtype that NumPy 2 gives it in its op
ASARRAY = Op("asarray", lambda x, dtype: np.asarray(x, dtype), None)
ASARRAY.builtin = True


class Number:
    """A Python float in a trace: its value in this call, and a Tensor for its value in every call.

    Arithmetic with Python numbers gives Numbers, and with arrays it gives arrays. Everything else
    asks for the value. The answer is right for this call, and the trace then suits only this value.
    """

    __slots__ = ("_trace", "tensor", "value")
    __class__ = property(lambda self: float)  # isinstance(x, float) is true, as in eager

    def __init__(self, value: float, tensor: Tensor, trace: Any) -> None:
        self.value, self.tensor, self._trace = value, tensor, trace

    def asked(self, how: str) -> float:
        """The value; `how` says what asks for it."""
        self._trace.ask(self.tensor, how)
        return self.value

    def __getattr__(self, name: str) -> Any:
        if not hasattr(float, name):
            raise AttributeError(f"'float' object has no attribute {name!r}")
        return getattr(self.asked(f"the attribute {name}"), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.asked("a conversion to an array, or a NumPy function without a gradient"), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        ours = replacement(ufunc)
        if method == "__call__" and not options and ours is not None and self._trace.is_current():
            return ours(*inputs)
        inputs, options = plain((inputs, options), f"numpy.{ufunc.__name__}")
        return getattr(ufunc, method)(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = replacement(function)
        if ours is None or function in (np.result_type, np.can_cast) or not self._trace.is_current():
            args, kwargs = plain((args, kwargs), f"numpy.{function.__name__}")
            return function(*args, **kwargs)
        if METHODS.get(ours.__name__) is not ours:  # not an op: it takes Tensors
            args, kwargs = tree.map((args, kwargs), self._trace.tensor)
        return ours(*as_numpy_reads(function, args, kwargs), **kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return float, (self.asked("a copy or pickle"),)


def plain(pytree: Any, how: str) -> Any:
    """The pytree with values in place of its Numbers."""
    return tree.map(pytree, lambda x: x.asked(how) if type(x) is Number else x)


# --- Python's operators


def _binary(op: Any, python: Callable[..., Any], swapped: bool = False) -> Any:
    """The method of an operator; arithmetic with a Python number gives a Number."""

    def method(self: Number, other: Any) -> Any:
        a, b = (other, self) if swapped else (self, other)
        traced = self._trace.is_current()
        if traced and isinstance(other, (np.ndarray, np.generic, Tensor)):
            return op(a, b)
        if op is power and type(other) is Number:
            b = b.asked("an exponent next to another number")
        value = python(_value(a), _value(b))
        if not traced or type(other) not in (Number, int, float, bool) or type(value) is not float:
            return python(*plain((a, b), f"`{op.infix}`"))
        # every call refuses the values that Python refuses
        if op is divide and type(b) is Number:
            self._trace.checks.append((lambda divisor: python(1.0, float(divisor)), b.tensor))
        if op is power:
            real = (lambda x: _real(a, float(x))) if swapped else (lambda x: _real(float(x), b))
            self._trace.checks.append((real, self.tensor))
        return Number(value, op(_tensor(a), _tensor(b)), self._trace)

    return method


def _value(x: Any) -> Any:
    return x.value if type(x) is Number else x


def _tensor(x: Any) -> Any:
    return x.tensor if type(x) is Number else float(x)


def _real(base: Any, exponent: Any) -> None:
    """Raise TypeError if the power is not a real number in Python."""
    if type(base**exponent) is complex:
        raise TypeError(f"{base!r} ** {exponent!r} is complex, and a compiled function takes real numbers")


def _unary(op: Any, python: Callable[..., Any]) -> Any:
    def method(self: Number) -> Any:
        if not self._trace.is_current():
            return python(self.asked(f"`{op}` outside of the trace"))
        return Number(python(self.value), op(self.tensor), self._trace)

    return method


def _asking(name: str, how: str) -> Any:
    def method(self: Number, *others: Any) -> Any:
        return getattr(float, name)(self.asked(how), *plain(others, how))

    return method


_of_floats = [name for name in (*BINARY, *COMPARISONS, *UNARY) if f"__{name}__" in vars(float)]  # not @, & and |
for _short in _of_floats:
    _python = getattr(operator, _short)
    if _short in UNARY:
        setattr(Number, f"__{_short}__", _unary(OPS[UNARY[_short]], _python))
    else:
        _op = OPS[COMPARISONS.get(_short) or BINARY[_short]]
        setattr(Number, f"__{_short}__", _binary(_op, _python))
        setattr(Number, f"__r{_short}__", _binary(_op, _python, swapped=True))  # Python asks for no __rlt__
for _names, _how in {
    "bool": "`if`, `and`, `or`, `not` or bool()",
    "float": "float() or a function of math",
    "int trunc": "int()",
    "round floor ceil": "round(), math.floor() or math.ceil()",
    "hash": "hash(), a set or the key of a dict",
    "repr str format": "its text",
    "mod rmod": "`%`",
    "floordiv rfloordiv": "`//`",
    "divmod rdivmod": "divmod()",
}.items():
    for _name in _names.split():
        setattr(Number, f"__{_name}__", _asking(f"__{_name}__", _how))
