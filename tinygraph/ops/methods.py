"""Attaches the operators, the methods and NumPy's protocols to the class Tensor.

`np.exp(t)`, `array * t` and `t.sum(axis=0)` all call an op of the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from opcode import opname
from operator import le
from types import FunctionType
from typing import Any

import numpy as np

from ..arrays import Array, no_masked
from ..errors import hook
from ..frames import guarded, trim
from ..modes import DERIVING, current
from ..tensor import OPS, Op, Tensor, record
from .table import FUNCTIONS, METHODS, NAMESPACES, load, replacement

_NO_OPTIONS: dict[str, Any] = {}
_OFTEN = frozenset(("axis", "keepdims"))  # options that ours have too

# Which op is which method of Tensor: the methods' names, and the operators' without underscores.
NAMES = (
    *("sum", "mean", "max", "min", "prod", "var", "std", "cumsum", "swapaxes", "squeeze", "clip", "dot"),
    *("astype", "ravel", "argmax", "argmin", "any", "all", "take"),
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
                return record(op, (self,), _NO_OPTIONS)
            if len(args) > 1 and type(function) is Op:  # by the places of NumPy's arguments
                return function(*_as_numpy_reads(getattr(np, function.name), (self, *args), kwargs), **kwargs)
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
            return record(op, (self, other), _NO_OPTIONS)
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
            return record(op, (left, self), _NO_OPTIONS)
        except Exception as error:
            trim(error)
            raise

    return operator


def _size(self: Any) -> int:
    """The number of entries; PyTorch's t.size() is refused here, because then Python would call a number."""
    frame = sys._getframe(1)
    code, k = frame.f_code.co_code, frame.f_lasti
    # an attribute that is called is loaded by LOAD_METHOD, and by LOAD_ATTR with an odd argument from Python 3.12
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
    flatten = _method(METHODS["ravel"], "As numpy.ndarray.flatten, recorded.")
    __getitem__ = _method(METHODS["getitem"])
    __mod__, __rmod__ = _method(np.remainder), _reversed(np.remainder)
    __floordiv__, __rfloordiv__ = _method(np.floor_divide), _reversed(np.floor_divide)
    __divmod__, __rdivmod__ = _method(np.divmod), _reversed(np.divmod)
    __xor__ = __rxor__ = _method(np.bitwise_xor)
    __lshift__ = _method(np.left_shift)
    __rshift__ = _method(np.right_shift)
    __round__ = _method(np.round)

    def reshape(self: Any, *shape: Any) -> Any:
        """As numpy.ndarray.reshape, recorded: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
        return METHODS["reshape"](self, shape[0] if len(shape) == 1 else shape)

    def transpose(self: Any, *axes: Any) -> Any:
        """As numpy.ndarray.transpose, recorded: `t.transpose()`, `t.transpose(1, 0)` or a tuple."""
        order = None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return METHODS["transpose"](self, order)

    def compress(self: Any, condition: Any, axis: Any = None) -> Any:
        """As numpy.ndarray.compress, recorded."""
        return np.compress(condition, self, axis)

    @property
    def at(self: Any) -> Any:
        """`t.at[index].set(values)`: a new Tensor with other entries; also add, multiply, min, max."""
        from .at import At  # at its first use, as the modules of table.LATER

        return At(self)

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

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            keeps = _to_write(sys._getframe(1), self.ndim)
            drops = "t.numpy() or t.detach()"
            if not self.ndim and current.get()[0] != DERIVING:  # in a derivative, float(t) is refused too
                drops = "float(t), as in [float(cost) for cost in costs]"
            raise TypeError(
                f"making an array of {self._title()} would drop its gradient silently. "
                f"To keep it, write {keeps}; to drop it, write {drops}"
            )
        self._values("numpy.asarray(t)")
        return np.asarray(self._data, dtype) if copy is None else np.array(self._data, dtype, copy=copy)

    def __dlpack__(self: Any, **options: Any) -> Any:
        """The values without a copy, for np.from_dlpack and torch.from_dlpack; options as NumPy's."""
        if self._requires_grad:
            raise BufferError(f"DLPack would drop the gradient of {self._title()} silently; write t.detach()")
        return self._values("from_dlpack(t)").__dlpack__(**options)

    def __dlpack_device__(self: Any) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    def __array_ufunc__(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        ours = FUNCTIONS.get(ufunc) or replacement(ufunc)
        if not options and method == "__call__" and ours is not None:
            try:
                return record(ours, inputs, _NO_OPTIONS) if type(ours) is Op else ours(*inputs)
            except Exception as error:
                trim(error)
                raise
        if type(ours) is FunctionType and method == "__call__" and "out" not in options:
            return ours(*inputs, **options)
        if "out" in options:
            if ours is not None and options.keys() <= {"out", "where"} and _is_unseen(inputs, options):
                ((out,), where) = options["out"], options.get("where", True)
                y = ours(*inputs) if where is True else ours(*[np.where(where, x, 1) for x in inputs])
                y = y if where is True else np.where(where, y, out)
                if y.shape == out.shape and np.can_cast(y.dtype, out.dtype, "same_kind"):
                    return METHODS["astype"](y, out.dtype)
            raise TypeError(
                f"numpy.{ufunc.__name__} cannot write into out= when a Tensor is involved: the tape keeps what it has "
                "recorded; leave out= out; write `a = a + t`, not `a += t`, if t is a Tensor and a is an attribute or "
                "has another name; and a = tg.Tensor(a) once, then `a = a.at[i].add(t)` for `a[i] += t`"
            )
        if (ufunc, method) in FUNCTIONS:  # a reduction, which runs over axis 0 unless told otherwise
            return FUNCTIONS[ufunc, method](*inputs, **{"axis": 0, **options})
        if ours is not None and method in _OF_UFUNCS and options.keys() <= {"axis"}:
            return _OF_UFUNCS[method](ours, *inputs, **options)
        how = f" with {', '.join(f'{key}=' for key in options)}" if options else ""
        name = f"{ufunc.__name__}.{method}"
        raise _no_rule(hook("home")(ufunc) + (how if method == "__call__" else f".{method}"), ufunc.__name__, name)

    def __array_function__(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        ours = FUNCTIONS.get(function) or replacement(function)
        if function is np.where and len(args) == 1:
            return np.nonzero(*args)
        if ours is None:
            raise _no_rule(f"{function.__module__}.{function.__name__}", function.__name__)
        if len(args) > 2 or not args or not kwargs.keys() <= _OFTEN:
            args = _as_numpy_reads(function, args, kwargs)
        try:
            return ours(*args, **kwargs)
        except Exception as error:
            if type(error) is TypeError and str(error).endswith("argument 'dtype'"):
                raise TypeError(f"{error}: write .astype(dtype)") from None
            trim(error)
            raise

    @property
    def _mask(self: Any) -> None:
        """Refuse numpy.ma, which reads this and `_data`, and would silently drop the gradient."""
        raise TypeError(no_masked("an op on a Tensor"))


def _number(self: Tensor) -> Any:
    """The single entry; warns if NumPy asks for it, with float(t) or int(t), in `array[i] = t`."""
    number = self.item()
    if self._requires_grad:
        hook("warn_of_stored")(sys._getframe(2))
    return number


@cache
def _parameters(function: Any) -> tuple[tuple[str, ...], int, int, dict[str, Any]]:
    """Of a NumPy function: its parameters, how many are needed, how many come before dtype and out, the defaults."""
    function = getattr(function, "__wrapped__", function)
    if not hasattr(function, "__code__"):  # it is written in C
        return (), 0, sys.maxsize, {"dtype": None, "out": None, "casting": "same_kind"}
    names, usual = function.__code__.co_varnames[: function.__code__.co_argcount], function.__defaults__ or ()
    needed = len(names) - len(usual)
    start = min([names.index(name) for name in ("dtype", "out") if name in names], default=sys.maxsize)
    return names, needed, start, dict(zip(names[needed:], usual, strict=True)) | (function.__kwdefaults__ or {})


def _as_numpy_reads(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The arguments by position, as ours take them; `kwargs` gets and loses the others.

    The first ones, without a default in NumPy, are taken by position. Those from NumPy's parameters
    dtype and out on are named, because ours have no such parameters. NumPy's defaults are dropped.
    """
    names, needed, start, usual = _parameters(function)
    while len(args) < needed and names[len(args)] in kwargs:
        args = (*args, kwargs.pop(names[len(args)]))
    if len(args) > start:
        kwargs.update(zip(names[start:], args[start:], strict=False))
    for name in [*kwargs]:
        if name in usual and type(kwargs[name]) is type(usual[name]) and kwargs[name] == usual[name]:
            del kwargs[name]
    return args[:start]


# What to write for a function or class of NumPy's, SciPy's or pandas' that makes an array of a Tensor.
_IN_PLACE = {
    "pad": "tg.pad for numpy.pad",
    "RClass": "np.concatenate([a, b]) for np.r_[a, b]",
    "CClass": "np.column_stack([a, b]) for np.c_[a, b]",
    "full": "np.broadcast_to(t, shape) for np.full(shape, t)",
    "vectorize": "f(t) for np.vectorize(f)(t), or tg.vmap(f)(t)",
    "convolve": "np.convolve for SciPy's convolve",
    "fftconvolve": "np.convolve for SciPy's fftconvolve",
    "lfilter": "tg.scan for SciPy's lfilter",
    "simpson": "np.trapezoid for SciPy's simpson",
    "trapezoid": "np.trapezoid for SciPy's trapezoid",
    "cumulative_trapezoid": "np.cumsum((t[1:] + t[:-1]) / 2 * dx) for SciPy's cumulative_trapezoid",
}
_SPARSE = "S.toarray() @ t for a sparse S @ t"
_POLYNOMIAL = "np.polyval(t[::-1], x) for polyval of numpy.polynomial, and the sum itself for other series"
_PANDAS = "np.asarray(df) @ t for df @ t, and df * t for df.mul(t)"


def _to_write(frame: Any, ndim: int) -> str:
    """What keeps the gradient, in place of the call that asks for an array in this frame."""
    found = home = ""
    load()
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("scipy.", "numpy.", "pandas.")):
        home = ".".join(frame.f_globals["__name__"].split(".")[:2])
        f, of = frame.f_locals.get("f"), frame.f_locals.get("self")  # f in a decorator
        for name in (frame.f_code.co_name, getattr(f, "__name__", ""), type(of).__name__):
            is_public = name[:1].isalpha()  # "__init__" is an attribute of everything
            theirs = [x for x in NAMESPACES if is_public and hasattr(sys.modules.get(f"scipy.{x}"), name)]
            spaces = [space for space in theirs if hasattr(sys.modules[f"{__package__}.{space}"], name)]
            found = f"tg.{spaces[0]}.{name} for SciPy's {name}" if spaces else found
            found = _IN_PLACE.get(name, found)
        frame = frame.f_back
    if found or home.startswith(("scipy", "pandas", "numpy.polynomial")):
        solved = f"the loop with tg.scan, or make it an op with tg.op, because {home} takes no Tensors"
        return (
            found
            or {"scipy.sparse": _SPARSE, "numpy.polynomial": _POLYNOMIAL}.get(home)
            or (_PANDAS if home[0] == "p" else solved)
        )
    asked = opname[frame.f_code.co_code[frame.f_lasti]] if frame is not None else ""
    put = "array = tg.Tensor(array) once, then array = array.at[i].set(t) for array[i] = t"
    if asked.startswith("STORE_S"):
        return put
    if asked == "BINARY_SUBSCR":
        return "np.interp(t, np.arange(len(array)), array) for array[t]"
    others = "t itself for np.asarray(t), and A @ t for A.dot(t)" if ndim else f"and {put}"
    return f"tg.array for lists of tensors, {others}"


def _outer(op: Any, a: Any, b: Any) -> Any:
    return op(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


def _accumulate(op: Any, x: Any, axis: int = 0) -> Any:
    x = np.moveaxis(x, axis, 0)
    return np.moveaxis(np.stack([*accumulate(x, op)]), 0, axis) if len(x) else x


_OF_UFUNCS: dict[str, Callable[..., Any]] = {
    "outer": _outer,
    "accumulate": _accumulate,
}  # a ufunc's methods, for any op of two inputs
FUNCTIONS[np.add, "accumulate"] = METHODS["cumsum"]
FUNCTIONS[np.logaddexp, "reduce"] = METHODS["logsumexp"]


class _Count:
    """A stand-in for a Tensor in calls with out=, which gives the numbers of references to that array and its tuple."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _references(options["out"])


def _references(out: Any) -> tuple[int, int]:
    return sys.getrefcount(out[0]), sys.getrefcount(out)


def _held() -> tuple[Any, Any]:
    a: Any = np.zeros(1)
    a += _Count()
    return a, np.positive(_Count(), out=np.zeros(1))


_HELD_ONCE, _HELD_NOWHERE = _held()


def _is_unseen(inputs: Any, options: Any) -> bool:
    """Whether nobody can tell that the array of out= does not change, but a Tensor takes its place.

    So it is in `a += t` if nothing but this variable holds the array, and for an array made in the call.
    In `held.a += t` the class of `held` may be what holds it, and keeps it.
    """
    array, frame = options["out"][0], sys._getframe(2)
    code, k = frame.f_code.co_code, frame.f_lasti
    is_own, limits = type(array) is np.ndarray and array.base is None, _HELD_NOWHERE
    if opname[code[k]].startswith("INPLACE") or (opname[code[k]] == "BINARY_OP" and code[k + 1] >= 13):
        stored = next(name for name in map(opname.__getitem__, code[k + 2 :: 2]) if name.startswith("STORE"))
        # in the body of a class, STORE_NAME may store under a name that was read from the module
        is_same = stored != "STORE_ATTR" and (stored != "STORE_NAME" or frame.f_locals is frame.f_globals)
        is_own, limits = is_own and is_same and inputs[0] is array, _HELD_ONCE
    del array  # a reference more
    return is_own and all(map(le, _references(options["out"]), limits))


def _no_rule(name: str, *asked: str) -> TypeError:
    """The error for a function of NumPy's or another library's that has no op; `asked`: its names in hints."""
    said = next(filter(None, (hook("hint")(short, "np") for short in asked[::-1])), "")
    usual = "; use t.numpy() if no gradient is needed, or add the op with tg.op(name, forward, *rules)"
    return TypeError(f"{name} has no gradient rule in tinygraph, so it does not take a Tensor{said or usual}")


def _attach(name: str, member: Any) -> None:
    if isinstance(member, FunctionType):  # Python's errors, help() and pickle show and find it by its name
        member.__name__, member.__qualname__, member.__annotations__ = name, f"Tensor.{name}", {}
    setattr(Tensor, name, member)


for _name, _member in vars(_Members).items():
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
