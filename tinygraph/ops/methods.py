"""Attaches the operators and methods of arrays, and NumPy's protocols, to the class Tensor.

`t * 2`, `t[0]` and `t.sum(axis=0)` all call an op of the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from opcode import opname
from types import FunctionType
from typing import Any

import numpy as np

from ..errors import hook
from ..frames import guarded, trim
from ..tensor import OPS, Op, Tensor, record
from .protocols import NO_OPTIONS, Protocols, as_numpy_reads
from .table import METHODS

# Which op is which method of Tensor: the methods' names, and the operators' without underscores.
NAMES = (
    *("sum", "mean", "max", "min", "prod", "var", "std", "cumsum", "swapaxes", "squeeze", "clip", "dot"),
    *("astype", "ravel", "argmax", "argmin", "any", "all", "take", "argpartition"),
    # NumPy's functions, as the modules of ours are loaded at their first use
    *("argsort", "conj", "conjugate", "copy", "cumprod", "diagonal", "repeat", "round", "searchsorted", "trace"),
)
# getattr, because vars(op) would slow every later read of the op's attributes
_INFIX = {getattr(op, "infix", ""): name for name, op in OPS.items()}
_SIGNS = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "@": "matmul", "&": "and", "|": "or"}
_COMPARING = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
BINARY = {short: _INFIX[sign] for sign, short in _SIGNS.items()}
COMPARISONS = {short: _INFIX[sign] for sign, short in _COMPARING.items()}
UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "invert"}


def _method(function: Callable[..., Any], doc: str | None = None) -> Callable[..., Any]:
    """The method that calls a function with the Tensor first; NumPy's own is refused."""
    op: Any = function if type(function) is Op and function.arity == 1 else None

    def call(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        try:
            if op is not None and not args and not kwargs:  # there is nothing to sort into inputs and options
                return record(op, (self,), NO_OPTIONS)
            if len(args) > 1 + (type(function) is not Op):  # by the places of NumPy's arguments
                of_numpy = getattr(np, function.__name__, function)
                return function(*as_numpy_reads(of_numpy, (self, *args), kwargs), **kwargs)
            return function(self, *args, **kwargs)
        except Exception as error:
            trim(error)
            raise

    call.__doc__ = doc
    return call


def _reversed(function: Any) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return operator


def _binary(op: Op) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Tensor:
        try:
            return record(op, (self, other), NO_OPTIONS)
        except Exception as error:
            # None is NumPy's sign that `other` handles the operator itself
            if isinstance(error, TypeError) and getattr(other, "__array_ufunc__", self) is None:
                return NotImplemented
            trim(error)
            raise

    return operator


def _swapped(op: Op) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, left: Any) -> Tensor:
        try:
            return record(op, (left, self), NO_OPTIONS)
        except Exception as error:
            trim(error)
            raise

    return operator


def _size(self: Any) -> int:
    """The number of entries. PyTorch's t.size() is refused, because Python would call a number."""
    frame = sys._getframe(1)
    code, k = frame.f_code.co_code, frame.f_lasti
    # an attribute that is called is loaded by LOAD_METHOD, and by LOAD_ATTR with an odd argument
    # from Python 3.12
    marked = "LOAD_ATTR" if sys.version_info >= (3, 12) and code[k + 1] & 1 else "LOAD_METHOD"
    if opname[code[k]] == marked:
        raise TypeError("t.size is the number of entries: leave out the (), or write t.shape, a tuple, and t.shape[0]")
    return int(self._data.size)


class _Members:
    """The other members, as a class that is never made: each is attached to Tensor."""

    ndim = property(lambda self: self._data.ndim, doc="The number of axes.")
    size = property(_size, doc="The number of entries.")
    T = property(lambda self: METHODS["transpose"](self), doc="The transpose: all axes reversed.")
    mT = property(lambda self: METHODS["swapaxes"](self, -1, -2), doc="Each matrix of a stack transposed.")  # noqa: N815 (as NumPy calls it)
    real = property(np.real, doc="The entries themselves, because they are real.")
    imag = property(np.imag, doc="Zeros, because the entries are real.")
    at = property(
        lambda self: hook("at")(self),
        doc="`t.at[index].set(values)`: a new Tensor with other entries; also add, multiply, min, max.",
    )
    flatten = _method(METHODS["ravel"], "As numpy.ndarray.flatten, recorded.")
    __getitem__ = _method(METHODS["getitem"])
    __mod__, __rmod__ = _method(np.remainder), _reversed(np.remainder)
    __floordiv__, __rfloordiv__ = _method(np.floor_divide), _reversed(np.floor_divide)
    __divmod__, __rdivmod__ = _method(np.divmod), _reversed(np.divmod)
    __xor__ = __rxor__ = _method(np.bitwise_xor)
    __lshift__, __rlshift__ = _method(np.left_shift), _reversed(np.left_shift)
    __rshift__, __rrshift__ = _method(np.right_shift), _reversed(np.right_shift)
    __round__ = _method(np.round)

    def reshape(self: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
        """As numpy.ndarray.reshape, recorded: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
        options = NO_OPTIONS if order == "C" else {"order": order}
        return METHODS["reshape"](self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self: Any, *axes: Any) -> Any:
        """As numpy.ndarray.transpose, recorded: `t.transpose()`, `t.transpose(1, 0)` or a tuple."""
        order = None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return METHODS["transpose"](self, order)

    def compress(self: Any, condition: Any, axis: Any = None) -> Any:
        """As numpy.ndarray.compress, recorded."""
        return np.compress(condition, self, axis)

    def nonzero(self: Any) -> tuple[Any, ...]:
        """As numpy.ndarray.nonzero: the places of the entries that are not 0, as arrays."""
        return np.nonzero(self)

    def __format__(self: Any, spec: str) -> str:
        return format(self.detach().item(), spec) if spec else repr(self)

    def __len__(self: Any) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a tensor without axes")
        return len(self._data)

    def __iter__(self: Any) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("a tensor without axes cannot be iterated over; use float(t) or t.item()")
        return (self[k] for k in range(len(self._data)))

    def __float__(self: Any) -> float:
        return float(_number(self))

    def __int__(self: Any) -> int:
        return int(_number(self))

    def __index__(self: Any) -> int:
        return self._values("an index or range(t)", steers=True).__index__()

    def __bool__(self: Any) -> bool:
        values = self._values("`if t`, `and`, `or`, `not` or bool(t)", steers=True)
        if values.size > 1:
            raise ValueError(
                f"the truth value of {self._title()} is ambiguous, because it has {values.size} entries: write "
                "tg.where(condition, a, b) to choose entry by entry, & | ~ for and, or, not, or t.any() or t.all()"
            )
        return bool(values)

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        raise TypeError(
            f"{self._title()} cannot be changed in place: the tape keeps what it has recorded. Make a new tensor with "
            "t.at[index].set(value) or tg.where(mask, value, t); or change a leaf between steps: t.data[index] = value"
        )

    def __getattr__(self: Any, name: str) -> Any:
        if name == "dims":  # xarray asks for it before it wraps a Tensor
            raise TypeError(
                f"wrapping {self._title()} in an array of xarray would drop a gradient silently: "
                "write t * X, with the Tensor first, or X.values * t"
            )
        said = hook("hint")(name, "t") if not name.startswith("_") else ""
        raise AttributeError(f"'Tensor' object has no attribute {name!r}{said}", name=name, obj=self)


def _number(self: Tensor) -> Any:
    """The single entry; warns if NumPy asks for it, with float(t) or int(t), in `array[i] = t`."""
    number = self.item()
    if self._requires_grad:
        hook("warn_of_stored")(sys._getframe(2))
    return number


def _attach(name: str, member: Any) -> None:
    if isinstance(member, FunctionType):  # Python's errors, help() and pickle show and find it by its name
        member.__name__, member.__qualname__, member.__annotations__ = name, f"Tensor.{name}", {}
    setattr(Tensor, name, member)


for _name, _member in {**vars(_Members), **vars(Protocols)}.items():
    if isinstance(_member, (FunctionType, property)):
        _attach(_name, _member)
Tensor.backward = guarded(Tensor.backward)  # type: ignore[method-assign]
for _name in NAMES:
    _attach(_name, _method(METHODS.get(_name) or getattr(np, _name), f"As numpy.ndarray.{_name}, recorded."))
for _short, _name in UNARY.items():
    _attach(f"__{_short}__", _method(OPS[_name]))
for _short, _name in (BINARY | COMPARISONS).items():
    _attach(f"__{_short}__", _binary(OPS[_name]))
for _short, _name in BINARY.items():
    _attach(f"__r{_short}__", _swapped(OPS[_name]))
