"""Tensor and Op: an array that remembers what made it, and the thing that makes one.

`Op.__call__` is the whole of recording: run the NumPy function, and note op and inputs on the result.
`Tensor` speaks NumPy's protocols, so `np.exp(t)`, `array * t` and `t.sum(axis=0)` all end there too.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .compat import NUMPY_1, run_as_numpy_2
from .modes import DERIVING, ReadError, Scope, current, no_grad, recording, tracing
from .places import next_place, note_change
from .tape import TAGGED, Array, Tape, gradients

_new = object.__new__

OPS: dict[str, Op] = {}  # the table, by name

# What stands behind a NumPy function, and behind a Tensor's method, is filled in by the table in ops.py.
UFUNCS: dict[Any, Callable[..., Any]] = {}
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}


class _Signature:
    """`op.__signature__`, which help() and inspect.signature read: that of `forward`, without its annotations."""

    def __get__(self, op: Op | None, owner: type) -> Any:
        if op is None:
            raise AttributeError("__signature__")  # the class Op is called as its __init__ says
        found = vars(op)["__signature__"] = self._of(op)  # which Python finds first from now on
        return found

    def _of(self, op: Op) -> Any:
        import inspect  # takes longer to import than the rest of tinygraph

        if type(op.forward) is not np.ufunc:
            try:
                full = inspect.signature(op.forward)
            except ValueError:  # of some functions that are written in C
                if not op.rules:
                    raise
            else:
                bare = [p.replace(annotation=p.empty) for p in full.parameters.values()]
                return full.replace(parameters=bare, return_annotation=full.empty)
        names = "x" if op.arity == 1 else "abcdefghijklmnopqrstuvwxyz"[: op.arity]
        return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])


class Op:
    """An op: its name, its NumPy function, and a gradient rule for each input.

    `forward(*inputs, **options)` takes arrays (or Python numbers) and gives an array. `rules[k](g, y, *inputs,
    **options)` takes the gradient g of the output y and gives the gradient of input k, of that input's shape or
    of one that broadcasting made of it; None for an input without a gradient. A rule is plain NumPy: it is run
    on arrays for numbers and on Tensors for graphs. It never writes on what it is handed. For an op of any
    number of inputs, `variadic(k)` gives rule k; or, for many inputs, `joint(g, y, *inputs, **options)` gives
    the gradients of all of them in a list. tg.compile runs `forward` once more, on Tensors, to see what it
    computes: what it reads from elsewhere is baked in, and a random draw refused; hand it in as an input.

    Called with arrays alone, an op gives an array; with a Tensor among its inputs, a Tensor.

    >>> import numpy as np, tinygraph as tg
    >>> cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    >>> x = tg.Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> float(x.grad)
    12.0
    """

    __signature__ = _Signature()
    checks_result = True  # a row of the table is known to give real numbers
    skips = False  # its rules may give None where nothing flows; from another's, a `return` is missing
    joint: Any = None  # a function, or a method of a subclass
    reads_elsewhere = False  # its rules compute with more than they are handed

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *rules: Callable[..., Any] | None,
        variadic: Callable[[int], Callable[..., Any] | None] | None = None,
        joint: Callable[..., Sequence[Any]] | None = None,
        keeps_inputs: bool = False,
        arithmetic: bool = False,
        doc: str | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"op() takes the op's name first, a string; got {name!r}")
        for part in (forward, *(part for part in (*rules, variadic, joint) if part is not None)):
            if not callable(part):
                raise TypeError(f"op({name!r}) takes a forward function and gradient rules, got {part!r}")
        if not rules and variadic is None and joint is None and self.joint is None:
            raise TypeError(f"op({name!r}) takes a gradient rule for each input (None where there is no gradient)")
        self.name = name
        self.forward = forward
        self.rules = rules
        self.variadic = variadic
        if joint is not None:
            self.joint = joint
        self.arity = len(rules)
        code = forward.__code__ if isinstance(forward, types.FunctionType) else None
        # the options that can be given by position, unless *args takes what comes by position
        self._option_names = code.co_varnames[self.arity : code.co_argcount] if code and not code.co_flags & 4 else ()
        self.keeps_inputs = keeps_inputs  # its result remembers its inputs even where nothing is recorded
        self.arithmetic = arithmetic or type(forward) is np.ufunc  # computes with all inputs: no index among them
        self.differentiable = not rules or any(rule is not None for rule in rules)
        self.__name__ = name
        self.__doc__ = doc or forward.__doc__

    def __repr__(self) -> str:
        return self.name

    def __get__(self, instance: Any, owner: type | None = None) -> Op:
        """Itself, as an attribute of a class too. What has a __get__ is a routine to help(), shown with its call."""
        return self

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if self.rules and (len(inputs) != self.arity or (options and type(self.forward) is np.ufunc)):
            inputs, options = self._bind(inputs, options)
        return record(self, inputs, options)

    def rules_for(self, count: int) -> Sequence[Callable[..., Any] | None]:
        """The gradient rules of a call with so many inputs."""
        if self.variadic is not None:
            return [self.variadic(k) for k in range(count)]
        found: list[Any] = [None, None]
        return self.rules if self.joint is None else [functools.partial(self._part, found, k) for k in range(count)]

    def _part(self, found: list[Any], k: int, g: Any, y: Any, *inputs: Any, **options: Any) -> Any:
        """Gradient k of the joint rule, which runs once for one g."""
        if found[0] is not g:
            found[:] = g, self.joint(g, y, *inputs, **options)
        return found[1][k]

    def _bind(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments, by position or by name, into inputs and options, as `forward` names them."""
        more = inputs[self.arity :]
        if more and len(more) <= len(self._option_names) and Tensor not in map(type, more):
            given = dict(zip(self._option_names, more))  # noqa: B905 (there may be more names)
            # the usual case, at a tenth of the time of what follows
            if not options or options.keys() <= {*self._option_names} - given.keys():
                given.update(options)
                return inputs[: self.arity], given
        signature = self.__signature__
        try:
            bound = signature.bind(*inputs, **options)
        except TypeError as error:
            raise TypeError(f"{self.name}{signature}: {error}") from error
        names = list(signature.parameters)[: self.arity]
        taken = tuple(bound.arguments[name] for name in names if name in bound.arguments)
        rest = {name: value for name, value in bound.arguments.items() if name not in names}
        beyond = [name for name, value in rest.items() if type(value) is Tensor]
        if beyond:
            count = len(taken) + len(beyond)
            if OPS.get(self.name) is self:
                raise TypeError(f"{self.name}() takes {', '.join(beyond)} as plain numbers, and no Tensor: t.tolist()")
            raise TypeError(
                f"{self.name}() takes {self.arity} input{'s' * (self.arity != 1)}, as many as it has gradient rules; "
                f"got {count} ({', '.join(beyond)} too): give op() a rule for each input, "
                "or None where there is no gradient"
            )
        return taken, rest

    def _check_options(self, options: dict[str, Any]) -> None:
        """Raise a TypeError where `forward`, a Python function, does not take these options."""
        code = getattr(self.forward, "__code__", None)
        if options and code and not code.co_flags & 8:  # 8: it takes any, as **options
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            unknown = [name for name in options if name not in names]
            if unknown:
                takes = ", ".join(names[self.arity :]) or "no options"
                raise TypeError(f"{self.name}() takes {takes}; got {', '.join(unknown)}")

    def call(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> str:
        """The call as a person would write it, with names and shapes, for an error."""
        from .diagnostics.call_text import headline, words  # here, as it imports this module

        return headline(self, words(self, inputs), inputs, options)


def record(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Run `op`, and give its result as a Tensor that remembers op and inputs, if one of these requires a gradient."""
    records, scope, watcher, _ = current.get()
    if watcher is not None and watcher.compiles:
        inputs, options = watcher.taken(op, inputs, options)
    arrays = []
    needs_grad = False
    for x in inputs:
        if type(x) is Tensor:
            arrays.append(x._data)
            if x._requires_grad:
                needs_grad = True
    if len(arrays) != len(inputs):  # there are others than Tensors among the inputs
        if not arrays:
            beside = len(inputs) > 1  # beside an array, a number takes its dtype
            return op.forward(*[x if _is_plain(x, beside) else as_array(x, op.name) for x in inputs], **options)
        # a Python number stays what it is, for it takes the dtype of what it meets
        inputs = tuple(x if type(x) in (Tensor, float, int, bool) else constant(x, op.name) for x in inputs)
        arrays = [x._data if type(x) is Tensor else x for x in inputs]
    try:
        y = run_as_numpy_2(op, arrays, options) if NUMPY_1 else op.forward(*arrays, **options)
    except TAGGED as error:
        op._check_options(options)
        from .diagnostics.suggest import advised  # here, as it imports this module

        raise advised(error, op, inputs, options) from error
    if type(y) is not np.ndarray or op.checks_result:
        y = as_array(y, f"a Tensor as the result of {op}")
        needs_grad = needs_grad and y.dtype.kind == "f"
    tensor = _new(Tensor)
    tensor._data = y
    tensor._grad = tensor._name = None
    tensor._retains = False
    tensor.scope = scope
    if needs_grad and records and op.differentiable:
        tensor._requires_grad = True
        tensor.op = op
        tensor.inputs = inputs
        tensor.arrays = arrays
        tensor.options = options
        tensor.place = next_place()
    else:
        tensor._requires_grad = False
        tensor.op = tensor.options = tensor.arrays = None
        tensor.inputs = ()
        tensor.place = 0
        if op.keeps_inputs:  # but not what made them: no chain of them builds up
            tensor.op, tensor.arrays, tensor.options, tensor.place = op, arrays, options, next_place()
            tensor.inputs = tuple(x.detach() if type(x) is Tensor else x for x in inputs)
        if records == DERIVING:
            tensor._maker = op
    return tensor if watcher is None else watcher.noted(tensor, op, inputs, arrays, options)


def _is_plain(x: Any, beside: bool) -> bool:
    """Whether NumPy is to have it as it is: real numbers, with no mask and of no class that has its own arithmetic."""
    if type(x) is np.ndarray or isinstance(x, np.generic):
        return x.dtype.kind in "fiub"
    return beside and isinstance(x, (int, float))


def as_array(data: Any, where: str) -> Array:
    """`data` as a NumPy array of booleans, integers or real floating-point numbers, or an error naming `where`."""
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{where} takes numbers of one rectangular shape: {error}") from None
    except RuntimeError as error:  # of another library's tensor, whose gradient would be dropped
        raise TypeError(
            f"{where} takes arrays and Tensors of tinygraph; got a {type(data).__name__}: {error}"
        ) from None
    if array is not data and isinstance(data, np.ma.MaskedArray):
        raise TypeError(_no_masked(where))
    if array is not data and isinstance(data, np.matrix):
        raise TypeError(f"{where} takes no numpy.matrix, whose * is a product of matrices: write np.asarray(M), and @")
    if array.dtype.kind not in "fiub":
        instead = " (use its real and imaginary parts)" if array.dtype.kind == "c" else ""
        instead = " (make an array of it with .toarray())" if hasattr(data, "toarray") else instead
        if hasattr(data, "dtypes"):  # of a data frame's columns
            instead = f" (its columns: {', '.join(dict.fromkeys(map(str, np.atleast_1d(data.dtypes))))})"
        raise TypeError(
            f"{where} takes booleans, integers and real floating-point numbers; got {type(data).__name__} "
            f"of dtype {array.dtype}{instead}"
        )
    return array


def constant(data: Any, where: str = "Tensor", name: str | None = None) -> Tensor:
    """A tensor without a gradient that shares memory with `data`; -1 for a place tells it from a user's own leaf."""
    tensor = _leaf(as_array(data, where), False, name)
    tensor.place = -1
    return tensor


def _leaf(data: Array, requires_grad: bool, name: str | None) -> Tensor:
    tensor = _new(Tensor)
    tensor._data = data
    tensor._grad = None
    tensor._requires_grad = requires_grad
    tensor._retains = False
    tensor._name = name
    tensor.scope = tensor.op = tensor.options = tensor.arrays = None
    tensor.inputs = ()
    tensor.place = 0
    return tensor


def equation(tensor: Tensor) -> str | None:
    """The lesson's number, such as "(4)", of the equation that MLP or a cost computed `tensor` by."""
    return getattr(tensor, "_equation", None)


def _method(name: str) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return METHODS[name](self, *args, **kwargs)

    method.__name__, method.__doc__ = name, f"As numpy.ndarray.{name}, recorded."
    return method


_NO_OPTIONS: dict[str, Any] = {}


def _unary(name: str) -> Callable[[Tensor], Tensor]:
    def operator(self: Tensor) -> Tensor:
        return record(OPS[name], (self,), _NO_OPTIONS)

    return operator


def _binary(name: str) -> Callable[[Tensor, Any], Tensor]:
    def operator(self: Tensor, other: Any) -> Tensor:
        try:
            return record(OPS[name], (self, other), _NO_OPTIONS)
        except TypeError:
            if getattr(other, "__array_ufunc__", self) is None:  # NumPy's sign of who wants to answer for himself
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


class Tensor:
    """An array that remembers the op and the inputs that made it. `data` is copied.

    A leaf can be copied and pickled; the copy has its values, name and requires_grad, and no `.grad`.

    data: booleans, integers or real floating-point numbers, of any shape.
    requires_grad: whether `backward()` is to fill in `.grad`; floating-point data only.
    name: shown in diagrams, tables and errors.
    dtype: that of the copy; by default, the data's own.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_equation",
        "_grad",
        "_maker",
        "_name",
        "_note",
        "_requires_grad",
        "_retains",
        "arrays",
        "inputs",
        "op",
        "options",
        "place",
        "scope",
    )
    _data: Array
    _grad: Array | Tensor | None
    _requires_grad: bool
    _retains: bool  # whether backward() keeps this tensor's gradient though it is no leaf
    _note: Any  # what tg.debug() remembers of how the tensor was made; at first unset
    _equation: str | None  # see equation(); at first unset
    _maker: Op  # of what is not recorded inside a function that tg.grad or the like is taken of; else unset
    _name: str | None
    op: Op | None  # None for a leaf: a parameter or data
    inputs: tuple[Any, ...]  # Tensors, and Python numbers as they were written
    arrays: list[Any] | None  # the inputs' values as they were: assigning to .data later changes no gradient
    options: dict[str, Any] | None
    scope: Scope | None
    place: int  # grows with every recorded op; 0 for a leaf

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None, *, dtype: Any = None) -> None:
        if type(data) is Tensor and data._requires_grad and (data.op is not None or current.get()[0] == DERIVING):
            raise TypeError(f"Tensor({data._title()}) would drop its gradient without a word; say so with t.detach()")
        array = np.array(data._values("tg.Tensor(t)") if type(data) is Tensor else as_array(data, "Tensor"), dtype)
        if dtype is not None:
            as_array(array, "Tensor(dtype=...)")
        _check_flag(requires_grad)
        if requires_grad:
            _check_differentiable(array)
        self._data, self._grad, self.name = array, None, name
        self._requires_grad, self._retains = bool(requires_grad), False
        self.op = self.options = self.arrays = self.scope = None
        self.inputs, self.place = (), 0

    def __init_subclass__(cls) -> None:
        raise TypeError("Tensor is not made for subclassing; keep a Tensor as an attribute instead")

    # --- what it holds

    def __getattr__(self, name: str) -> Any:
        from . import ops  # which import this module
        from .diagnostics.hints import hint

        if name == "dims":  # xarray asks for it before it wraps a Tensor
            raise TypeError(
                f"wrapping {self._title()} in an array of xarray would drop a gradient without a word: "
                "write t * X, with the Tensor first, or X.values * t"
            )
        said = hint(name, ops, "tg.{}(t)") if not name.startswith("_") else ""
        raise AttributeError(f"'Tensor' object has no attribute {name!r}{said}", name=name, obj=self)

    @property
    def data(self) -> Array:
        """The values, as the array itself; assigning copies values of the same shape and dtype."""
        return self._values(".data")

    @data.setter
    def data(self, value: Any) -> None:
        refuse_traced("assigning to .data")
        if value is self._data:  # `t.data -= step` has changed it in place already
            note_change((value,))
            return
        self._check_leaf("data")
        self._data = self._checked_copy(value, "data")
        self._forget_op()

    def _values(self, how: str, steers: bool = False) -> Array:
        watcher = current.get()[2]
        if watcher is not None:
            watcher.check_reading(self, how, steers)
        return self._data

    @property
    def grad(self) -> Any:
        """The gradient that `backward()` has filled in, or None; of the tensor's shape and dtype."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        refuse_traced("assigning to .grad")
        if value is None or value is self._grad:
            self._grad = value
        elif type(value) is Tensor:
            self._checked_copy(value._data, "grad")
            self._grad = value
        else:
            self._grad = self._checked_copy(value, "grad")

    def _checked_copy(self, value: Any, what: str) -> Array:
        if isinstance(value, (np.ndarray, np.generic, Tensor)):
            array = as_array(value._data if type(value) is Tensor else value, f".{what}")
        else:
            array = as_array(value, f".{what}").astype(self.dtype)
        if array.shape != self.shape or array.dtype != self.dtype:
            raise ValueError(
                f".{what} of {self._title()} takes an array of shape {self.shape} and dtype {self.dtype}, "
                f"got shape {array.shape} and dtype {array.dtype}"
            )
        return np.array(array)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow back to this tensor; can be set on a leaf."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        refuse_traced("assigning to .requires_grad")
        self._check_leaf("requires_grad")
        _check_flag(value)
        if value:
            _check_differentiable(self._data)
            self._forget_op()
        self._requires_grad = bool(value)

    def _forget_op(self) -> None:
        """It is a leaf: what a sigmoid keeps of its input is no tape, and no longer its input."""
        self.op, self.inputs, self.arrays, self.options = None, (), None, None

    @property
    def name(self) -> str | None:
        """What diagrams, tables and errors call it."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"a tensor's name is a string, got {value!r}")
        self._name = value

    shape = property(lambda self: self._data.shape, doc="The lengths of the axes, a tuple.")
    ndim = property(lambda self: self._data.ndim, doc="The number of axes.")
    size = property(lambda self: self._data.size, doc="The number of entries.")
    dtype = property(lambda self: self._data.dtype, doc="The NumPy dtype of the entries.")
    T = property(lambda self: METHODS["transpose"](self), doc="The transpose: all axes reversed.")
    is_leaf = property(
        lambda self: self.op is None or not self._requires_grad, doc="Whether no gradient flows on from this tensor."
    )

    def _check_leaf(self, what: str) -> None:
        if not self.is_leaf:
            raise ValueError(f"{self._title()} was made by {self.op}; {what} is set on leaves, or use .detach()")

    def numpy(self) -> Array:
        """The values as the array itself, without the tape."""
        return self._values(".numpy()")

    def item(self) -> Any:
        """The single entry as a Python number."""
        if self._data.size != 1:
            raise ValueError(f"item() takes a tensor of one entry, got {self._title()}; use .numpy() for an array")
        how = "float(t), int(t) or t.item()"
        self._check_kept(how)
        return self._values(how, steers=True).item()

    def tolist(self) -> Any:
        """The values as nested Python lists."""
        self._check_kept(".tolist()")
        return self._values(".tolist()", steers=True).tolist()

    def _check_kept(self, how: str) -> None:
        if self._requires_grad and current.get()[0] == DERIVING and not tracing():
            raise ReadError(
                f"{how} of {self._title()} would drop its gradient without a word, in a function that a derivative is "
                "taken of: compute with the Tensor itself, as in tg.sin(t) for math.sin(t), and tg.stack, "
                "tg.concatenate or tg.where for array[i] = t; or say so with t.detach()"
            )

    def detach(self) -> Tensor:
        """The same values (shared, not copied) as a leaf that requires no gradient."""
        if tracing():  # it stays the value that it is at each call
            with no_grad():
                return METHODS["positive"](self) if self.dtype != bool else METHODS["astype"](self, bool)
        return _leaf(self._data, False, self.name)

    # --- gradients

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Add the gradient of this tensor to `.grad` of each leaf that requires one.

        gradient: that of the final result with respect to this tensor, of its shape; 1 for a tensor of one entry.
        create_graph: make `.grad` Tensors with a graph of their own, for second and higher derivatives.

        If anything fails on the way, every `.grad` stays as it was. Threads that call this at once give each its own
        leaves, or a lock: of two that add to one `.grad`, one may be lost. With create_graph, leaf and `.grad` hold
        each other until `zero_grad()`.

        >>> import tinygraph as tg
        >>> x = tg.Tensor(2.0, requires_grad=True)
        >>> y = x * x * x
        >>> y.backward(); y.backward()
        >>> float(x.grad)
        24.0
        """
        if tracing():
            raise TypeError(
                "backward() fills in .grad, which a compiled function does not do: give tg.compile optimizer=..., "
                "or take gradients inside it with tg.grad or tg.value_and_grad"
            )
        if not self._requires_grad:
            raise ValueError(
                f"backward() on {self._title()}, which depends on no tensor with requires_grad=True"
                " (or was computed under no_grad)"
            )
        seed = self._seed(gradient)
        if create_graph:
            with recording():
                found = gradients(self, seed if type(seed) is Tensor else _leaf(seed, False, None))
                # `+g` makes a tensor of its own: two leaves may have been handed one gradient
                totals = [+g if x._grad is None else x._grad + g for x, g in found.items()]
        else:
            found = gradients(self, seed._data if type(seed) is Tensor else seed)
            # of a gradient with a graph, left by create_graph=True, the values count
            totals = [
                np.array(g if x._grad is None else getattr(x._grad, "_data", x._grad) + g) for x, g in found.items()
            ]
        list(map(_set_grad, found, totals))  # in C, where no Ctrl-C comes between: all are written or none

    def _seed(self, gradient: Any) -> Any:
        data = self._data
        if gradient is None:
            if data.size != 1:
                raise ValueError(
                    f"backward() starts from a tensor of one entry, got {self._title()}; reduce it first, as in "
                    f"t.sum().backward(), or give gradient=, an array of shape {self.shape}"
                )
            return np.ones(data.shape, data.dtype)
        array = as_array(gradient._data if type(gradient) is Tensor else gradient, "backward(gradient=...)")
        if array.shape != data.shape:
            raise ValueError(
                f"backward(gradient=...) takes the shape {self.shape} of {self._title()}, got {array.shape}"
            )
        return gradient if type(gradient) is Tensor and array.dtype == data.dtype else array.astype(data.dtype)

    def retain_grad(self) -> None:
        """Have `backward()` fill in `.grad` of this tensor too, though it is no leaf."""
        if not self._requires_grad:
            raise ValueError(f"retain_grad() on {self._title()}, which requires no gradient")
        self._retains = True

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again."""
        forget_gradients([self])

    def tape(self) -> Tape:
        """The recorded ops that made this tensor, in topological order."""
        return Tape(self)

    # --- NumPy's protocols, and pandas' for its operators

    __pandas_priority__ = 5000  # a DataFrame has 4000; the higher one's operator is called

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self._requires_grad:
            # what asks for the array cannot be seen from here
            keeps = "tg.stack, tg.concatenate or tg.where for lists of tensors and for array[i] = t"
            if self.ndim:
                keeps = (
                    "A @ t for A.dot(t), np.asarray(df) @ t for df @ t, S.toarray() @ t for a sparse S @ t, "
                    f"tg.softmax(t) or tg.logsumexp(t) for those of SciPy, and {keeps}"
                )
            drops = "t.numpy() or t.detach()"
            if not self.ndim and current.get()[0] != DERIVING:  # where float(t) is refused too
                drops = "float(t), as in [float(cost) for cost in costs]"
            raise TypeError(
                f"making an array of {self._title()} would drop its gradient without a word. "
                f"To keep it, write {keeps}; to drop it, write {drops}"
            )
        self._values("numpy.asarray(t)")
        if copy is False and dtype is not None and np.dtype(dtype) != self.dtype:
            raise ValueError(f"an array of dtype {dtype} cannot be made of {self._title()} without a copy")
        return np.array(self._data, dtype=dtype) if copy else np.asarray(self._data, dtype=dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if "out" in options:
            raise TypeError(
                f"numpy.{ufunc.__name__} cannot write into out= when a Tensor is involved: the tape keeps what it has "
                "recorded; write `a = a + t`, not `a += t`, where t is a Tensor"
            )
        if method == "__call__" and not options:
            function = UFUNCS.get(ufunc)
        elif method == "reduce":  # NumPy's reduce runs over axis 0 unless told otherwise
            function = UFUNCS.get((ufunc, method))
            options.setdefault("axis", 0)
        else:
            function = None
        if function is None:
            from .diagnostics.hints import home

            if method == "__call__":
                raise TypeError(_no_rule(home(ufunc), ufunc, inputs, options))
            raise TypeError(_no_rule(f"{home(ufunc)}.{method}", getattr(ufunc, method), inputs, options))
        return function(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            raise TypeError(_no_rule(f"{function.__module__}.{function.__name__}", function, args, kwargs))
        return FUNCTIONS[function](*_as_numpy_reads(function, args, kwargs), **kwargs)

    @property
    def _mask(self) -> None:  # numpy.ma asks for it beside `_data`, and would drop the gradient without a word
        raise TypeError(_no_masked("an op on a Tensor"))

    # --- Python's protocols

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        if tracing():  # an example's values are those of no call
            values = "traced"
        else:
            values = np.array2string(self._data, separator=", ", threshold=20, edgeitems=2, prefix="Tensor(")
        facts = [f"shape={self.shape}", f"dtype={self.dtype}"]
        if self.name:
            facts.insert(0, f"name={self.name!r}")
        if self.op is not None:
            facts.append(f"op={self.op}")
        elif self._requires_grad:
            facts.append("requires_grad=True")
        return f"Tensor({values}, {', '.join(facts)})"

    def _repr_svg_(self) -> str | None:
        """The diagram, for a notebook; None where the text serves."""
        from .show.draw import notebook_svg  # here, as draw.py imports this module

        return notebook_svg(self)

    def _title(self) -> str:
        return f"tensor {self.name or ''}".rstrip() + f" of shape {self.shape}"

    def __format__(self, spec: str) -> str:
        return format(self.detach().item(), spec) if spec else repr(self)

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a tensor without axes")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._data.ndim:
            raise TypeError("a tensor without axes cannot be iterated over; use float(t) or t.item()")
        return (self[k] for k in range(len(self._data)))

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def _number(self) -> Any:
        """The single entry, with a warning if `array[i] = t` asks for it: NumPy calls float(t) or int(t) then."""
        number = self.item()
        caller = sys._getframe(1).f_back
        if not self._requires_grad or caller is None:
            return number
        from opcode import opname  # here, as `import tinygraph` has no need of it

        if opname[caller.f_code.co_code[caller.f_lasti]] == "STORE_SUBSCR":
            warnings.warn(
                "array[i] = t stores a plain number, and the gradient of t ends there. To keep it, write "
                "tg.stack([t0, t1, ...]) or tg.where(mask, t, array); to drop it, write array[i] = float(t)",
                stacklevel=3,
            )
        return number

    def __index__(self) -> int:
        return self._values("an index or range(t)", steers=True).__index__()

    def __bool__(self) -> bool:
        return bool(self._values("`if t`, `and`, `or`, `not` or bool(t)", steers=True))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"{self._title()} cannot be changed in place: the tape keeps what it has recorded. Make a new tensor with "
            "tg.where(mask, value, t) or tg.concatenate([...]); or change a leaf between steps: t.data[index] = value"
        )

    def __reduce__(self) -> Any:
        self._check_kept("a copy or pickle")
        if not self.is_leaf:
            raise TypeError(f"{self._title()} holds a tape, which is not copied or pickled; use t.detach()")
        return _restored, (self._values("a copy or pickle"), self._requires_grad, self.name)

    __getitem__ = _method("getitem")
    __add__, __radd__ = _binary("add"), _swapped("add")
    __sub__, __rsub__ = _binary("subtract"), _swapped("subtract")
    __mul__, __rmul__ = _binary("multiply"), _swapped("multiply")
    __truediv__, __rtruediv__ = _binary("divide"), _swapped("divide")
    __pow__, __rpow__ = _binary("power"), _swapped("power")
    __matmul__, __rmatmul__ = _binary("matmul"), _swapped("matmul")
    __neg__, __pos__, __abs__ = _unary("negative"), _unary("positive"), _unary("abs")
    __lt__, __le__ = _binary("less"), _binary("less_equal")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __eq__, __ne__ = _binary("equal"), _binary("not_equal")  # type: ignore[assignment]
    __and__, __rand__ = _binary("bitwise_and"), _swapped("bitwise_and")
    __or__, __ror__, __invert__ = _binary("bitwise_or"), _swapped("bitwise_or"), _unary("invert")
    __mod__ = __rmod__ = _refused("remainder")
    __floordiv__ = __rfloordiv__ = _refused("floor_divide")
    __divmod__ = __rdivmod__ = _refused("divmod")
    __xor__ = __rxor__ = _refused("bitwise_xor")
    __lshift__, __rshift__, __round__ = _refused("left_shift"), _refused("right_shift"), _refused("round")

    sum, mean, max, min = _method("sum"), _method("mean"), _method("max"), _method("min")
    prod, var, std, cumsum = _method("prod"), _method("var"), _method("std"), _method("cumsum")
    swapaxes, squeeze, clip, dot = _method("swapaxes"), _method("squeeze"), _method("clip"), _method("dot")
    astype, ravel, flatten = _method("astype"), _method("ravel"), _method("ravel")
    argmax, argmin, any, all = _method("argmax"), _method("argmin"), _method("any"), _method("all")

    def reshape(self, *shape: Any) -> Tensor:
        """As numpy.ndarray.reshape, recorded: `t.reshape(2, -1)` or `t.reshape((2, -1))`."""
        return METHODS["reshape"](self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """As numpy.ndarray.transpose, recorded: `t.transpose()`, `t.transpose(1, 0)` or `t.transpose((1, 0))`."""
        order = None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return METHODS["transpose"](self, order)


_set_grad = vars(Tensor)["_grad"].__set__  # of the slot: (tensor, gradient) -> None
_set_data = vars(Tensor)["_data"].__set__


def forget_gradients(tensors: Iterable[Tensor]) -> None:
    """`.grad` of each is None again; written in C, where no Ctrl-C comes between: of all or of none."""
    refuse_traced("zero_grad()")
    list(map(_set_grad, tensors, itertools.repeat(None)))


def refuse_traced(what: str) -> None:
    """Raise where tg.compile traces: `what` changes something outside, which would happen then and at no call."""
    if tracing():
        raise TypeError(
            f"{what} is no part of what tg.compile makes, which gives results alone: do it outside of the function, or "
            "have the parameters trained by tg.compile(cost, optimizer=...)"
        )


def _as_numpy_reads(function: Any, args: Any, kwargs: Any) -> Any:
    """The arguments by position, where NumPy has no dtype or out among them: what follows these goes by its name."""
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
    """The names of the parameters of one of NumPy's functions, if they are known and each takes one argument."""
    import inspect

    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:  # of what is written in C: where, dot, concatenate
        return []
    return [] if "operands" in names else names  # einsum's are any number


def _restored(data: Array, requires_grad: bool, name: str | None) -> Tensor:
    return Tensor(data, requires_grad, name)


def _check_flag(requires_grad: Any) -> None:
    if not isinstance(requires_grad, (bool, np.bool_)):
        raise TypeError(f"requires_grad is True or False, got {requires_grad!r}; a name is given as name=...")


def _check_differentiable(array: Array) -> None:
    if array.dtype.kind != "f":
        raise TypeError(
            f"requires_grad=True takes floating-point data, got dtype {array.dtype}; "
            "cast it first: tg.Tensor(np.asarray(data, dtype=float), requires_grad=True)"
        )


def _no_masked(where: str) -> str:
    return f"{where} takes no masked arrays: say what stands for the masked entries, with .filled(value)"


def _no_rule(name: str, function: Any, args: Any, options: Any = _NO_OPTIONS) -> str:
    from . import ops  # which import this module
    from .diagnostics.hints import composed

    with_options = f" with {', '.join(f'{key}=' for key in options)}" if type(function) is np.ufunc and options else ""
    write = composed(name, function, args, options, ops) if not with_options else None
    return (
        f"{name}{with_options} has no gradient rule in tinygraph, so it does not take a Tensor; "
        f"{f'write {write}, ' if write else ''}"
        "use t.numpy() where no gradient is needed, or add the op with tg.op(name, forward, *rules)"
    )
