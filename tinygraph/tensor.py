"""Tensor and Op: an array that remembers what made it, and the thing that makes one.

`record` is the whole of recording: run the op's NumPy function, and note op and inputs on the
result. ops/methods.py attaches the methods and operators that a Tensor shares with an array.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .arrays import NUMPY_1, Array, as_array, assign, mark_modified, next_order, run_as_numpy_2
from .errors import TAGGED, hook
from .modes import DERIVING, ReadError, Scope, current, enable_grad, refuse_traced, tracing
from .tape import gradients, ones

_new = object.__new__
RETAINED = 2  # a true `_requires_grad`: backward() also fills in .grad, although this is not a leaf
_NUMBERS = frozenset((float, int, bool))
_TAKES_ANY = 12  # in the flags of a function's code: it has *args or **kwargs

if TYPE_CHECKING:  # what checkers are to know of the operators and methods that ops/methods.py attaches
    from .ops.signatures import Operators
    from .show.table import Tape
else:
    Operators = object

OPS: dict[str, Op] = {}  # the table of ops, by name


class _Signature:
    """`op.__signature__`, for help() and inspect.signature; made when it is first asked for."""

    def __get__(self, op: Op | None, owner: type) -> Any:
        if op is None:
            raise AttributeError("__signature__")  # the class Op is called as its __init__ says
        op.__signature__ = found = hook("signature")(op)  # which Python finds first from now on
        return found


class Op:
    """An op: its name, its NumPy function, and a gradient rule for each input.

    `forward(*inputs, **options)` takes arrays (or Python numbers) and gives an array.

    `rules[k](g, y, *inputs, **options)` takes the gradient g of the output y and gives the gradient
    of input k. This has the input's shape, or the shape to which broadcasting stretched the input.
    The rule is None for an input without a gradient. A rule is plain NumPy, and never writes on its
    arguments: it runs on arrays for numbers and on Tensors for graphs.

    An op of any number of inputs has `variadic(k)`, which gives rule k, or
    `joint(g, y, *inputs, **options)`, which gives all gradients in a list.

    tg.compile runs `forward` once more, on Tensors, to see what it computes. Values that it reads
    from elsewhere are baked in, and random draws are refused: pass both as inputs.

    Called with arrays alone, an op gives an array; with a Tensor among its inputs, a Tensor. Raises
    TypeError without a rule, and if the forward or a rule is not a function.

    >>> import numpy as np, tinygraph as tg
    >>> cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    >>> x = tg.Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> float(x.grad)
    12.0
    """

    __signature__ = _Signature()
    # facts that a row of the table, or a subclass, may state otherwise
    builtin = False  # whether it is tinygraph's own, which gives real numbers and runs on Tensors too
    may_skip = False  # whether its rules may give None if nothing flows; a user's rule then lacks a `return`
    opaque = False  # whether its rules compute with more than they are handed
    promotes = False  # whether it computes with all its inputs in one dtype
    joint: Any = None  # a function, or a method of a subclass
    # shortcut(inputs, keep): other rules, for arrays, if nobody asks for the gradients of some
    # inputs, or None; `keep` are the Tensors whose gradients are kept next to those marked
    shortcut: Any = None

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *rules: Callable[..., Any] | None,
        variadic: Callable[[int], Callable[..., Any] | None] | None = None,
        joint: Callable[..., Sequence[Any]] | None = None,
        keeps_inputs: bool = False,
        elementwise: bool = False,
        doc: str | None = None,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            renamed = "; what was arithmetic= is elementwise= now" if "arithmetic" in unknown else ""
            raise TypeError(f"op() takes no {', '.join(unknown)}{renamed}")
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
        self.options = self._names_of_options()
        self.keeps_inputs = keeps_inputs  # whether its result remembers its inputs even if nothing is recorded
        self.elementwise = elementwise or type(forward) is np.ufunc  # computes with all its inputs, entry by entry
        self.promotes = self.elementwise
        self.differentiable = not rules or any(rule is not None for rule in rules)
        self.__name__ = name
        self.__doc__ = doc or forward.__doc__

    def parameters_of(self) -> tuple[Any, int]:
        """The function whose parameters a call has, and how many of these come before the inputs.

        That is `forward`. A row of the table whose `forward` is NumPy's own has the parameters of a
        rule (g, y, *inputs, **options).
        """
        rule = next((rule for rule in self.rules if rule is not None), None)
        by_rule = self.builtin and rule is not None and type(self.forward) not in (FunctionType, np.ufunc)
        return (rule, 2) if by_rule else (self.forward, 0)

    def _names_of_options(self) -> dict[str, None] | None:
        """The options in their order; None if only inspect or the function itself can tell."""
        function, skipped = self.parameters_of()
        if type(function) is np.ufunc:
            return {}
        code = function.__code__ if type(function) is FunctionType else None
        if code is None or code.co_kwonlyargcount or code.co_flags & _TAKES_ANY:
            return None
        return dict.fromkeys(code.co_varnames[skipped + self.arity : code.co_argcount])

    def __repr__(self) -> str:
        return self.name

    def __get__(self, instance: Any, owner: type | None = None) -> Op:
        """The op itself, also as a class attribute; it makes help() show the op as a routine."""
        return self

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        known = not options or self.options is None or options.keys() <= self.options.keys()
        unsorted = len(inputs) != self.arity or not known or (options and Tensor in map(type, options.values()))
        try:
            return (hook("bind") if unsorted and self.rules else record)(self, inputs, options)
        except Exception as error:
            hook("trim")(error)
            raise

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

    def call(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> str:
        """The call as a person would write it, with names and shapes, for an error."""
        return hook("call_text")(self, inputs, options)


def record(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Run `op`; its result remembers op and inputs if one of these requires a gradient."""
    records, scope, watcher, _ = current.get()
    if watcher is not None and watcher.traces:
        inputs, options = watcher.starting(op, inputs, options)
    if len(inputs) == 1 and type(inputs[0]) is Tensor:  # as below, quickly
        (x,) = inputs
        values, needs_grad = (x._data,), x._requires_grad
    else:
        saved: list[Any] = []
        on_arrays, needs_grad, as_tensors = True, False, watcher is not None
        for x in inputs:
            kind = type(x)
            if kind is Tensor:
                on_arrays = False
                if x._requires_grad:
                    needs_grad = True
                x = x._data
            elif kind not in _NUMBERS and (kind is not np.ndarray or x.dtype.kind not in "fiub"):
                as_tensors = True
            saved.append(x)
        if on_arrays:
            return _run_on_arrays(op, inputs, options)
        if as_tensors:
            inputs = _as_tensors(op, inputs)
            saved = [x._data if type(x) is Tensor else x for x in inputs]
        values = tuple(saved)  # a list would take 40 bytes more of the tape
    try:
        if NUMPY_1:
            y = run_as_numpy_2(op, values, options)
        else:
            y = op.forward(*values, **options) if options else op.forward(*values)
    except TAGGED as error:
        raise hook("advise")(error, op, _as_tensors(op, inputs), options) from hook("cause")(error, op)
    if type(y) is not np.ndarray or not op.builtin:
        y = np.asarray(y) if op.builtin else as_array(y, f"a Tensor as the result of {op}")
    if needs_grad and records and op.differentiable and (op.builtin or y.dtype.kind == "f"):
        tensor = _new(Tensor)  # as in _leaf: a call to it would take a twentieth of the whole
        tensor._data, tensor.scope, tensor._requires_grad = y, scope, True
        tensor._grad = tensor._name = None
        tensor.op, tensor._inputs, tensor.saved = op, inputs, values
        tensor.options, tensor.order = options, next_order()
    else:
        tensor = _unrecorded(y, scope, op, inputs, values, options, records)
    return tensor if watcher is None else watcher.computed(tensor, op, inputs, values, options)


def _run_on_arrays(op: Op, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    beside = len(inputs) > 1  # next to an array, a number takes its dtype
    arrays = [x if beside and isinstance(x, (int, float)) else as_array(x, op.name) for x in inputs]
    return op.forward(*arrays, **options)


def _as_tensors(op: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, with constant Tensors for arrays; numbers stay, to keep their loose dtype."""
    return tuple([x if type(x) is Tensor or type(x) in _NUMBERS else constant(x, op.name) for x in inputs])


def _unrecorded(y: Array, scope: Any, op: Op, inputs: Any, saved: Any, options: Any, records: int) -> Tensor:
    """A result without a tape; sigmoid's keeps its inputs, and one in a derivative its op."""
    tensor = _leaf(y, False, None)
    tensor.scope = scope
    if op.keeps_inputs:  # but not what made them, so that no chain of them builds up
        _made(tensor, op, tuple(x.detach() if type(x) is Tensor else x for x in inputs), saved, options)
    elif records == DERIVING:
        tensor.options = op
    return tensor


def constant(data: Any, where: str = "Tensor", name: str | None = None) -> Tensor:
    """A tensor without a gradient that shares memory with `data`; its order, -1, marks it."""
    return _leaf(as_array(data, where), False, name, -1)


def _made(tensor: Tensor, op: Op, inputs: Any, saved: Any, options: Any) -> Tensor:
    """The tensor, which now remembers the op that made it."""
    tensor.op, tensor._inputs, tensor.saved, tensor.options, tensor.order = op, inputs, saved, options, next_order()
    return tensor


def _leaf(data: Array, requires_grad: bool = False, name: str | None = None, order: int = 0) -> Tensor:
    tensor = _new(Tensor)
    tensor._data, tensor._requires_grad, tensor._name = data, requires_grad, name
    tensor._grad = tensor.scope = tensor.op = tensor.saved = tensor.options = None
    tensor.order, tensor._inputs = order, ()
    return tensor


def equation(tensor: Tensor) -> str | None:
    """The lesson's number, such as "(4)", of the equation by which MLP or a cost made `tensor`."""
    return getattr(tensor, "_equation", None)


def given_name(x: Any) -> str | None:
    """The name that somebody gave; one taken from a variable is for people alone."""
    return x.name if type(getattr(x, "name", None)) is str else None


class Tensor(Operators):
    """An array that remembers the op and the inputs that made it. `data` is copied.

    A leaf can be copied and pickled. The copy has its values, name and requires_grad, no `.grad`.

    data: booleans, integers or real floating-point numbers, of any shape.
    requires_grad: whether `backward()` is to fill in `.grad`; floating-point data only.
    name: shown in diagrams, tables and errors.
    dtype: that of the copy; by default, the data's own.

    Raises TypeError for data that are not real numbers, for requires_grad of integers, and for a
    Tensor whose gradient would be lost. How it was made stands in `op` (None for a leaf), `inputs`,
    `saved` (the values of the inputs), `options`, `scope` and `order`, which grows with each op.

    >>> import tinygraph as tg
    >>> x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = (
        *("_data", "_grad", "_requires_grad", "_name", "op", "_inputs", "saved", "options", "scope"),
        *("order", "_made_at", "_equation", "__weakref__"),
    )
    __pandas_priority__ = 5000  # a DataFrame has 4000; pandas calls the operator of the higher one
    _data: Array
    _grad: Array | Tensor | None
    _requires_grad: Any  # True, False, or RETAINED
    _made_at: Any  # what tg.debug() knows of how the tensor was made; else unset
    _equation: str | None  # see equation(); else unset
    _name: str | None
    op: Op | None  # None for a leaf: a parameter or data
    _inputs: tuple[Any, ...]  # as `inputs`, or with arrays as they were given
    saved: tuple[Any, ...] | None  # the inputs' values when the op ran
    options: Any  # a dict, or None; of an unrecorded result in a derivative, the op
    scope: Scope | None
    order: int  # grows with every recorded op; 0 for a leaf

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None, *, dtype: Any = None) -> None:
        if type(data) is Tensor and data._requires_grad and (data.op is not None or current.get()[0] == DERIVING):
            raise TypeError(f"Tensor({data._title()}) would drop its gradient silently: write t itself, or t.detach()")
        array = np.array(data._values("tg.Tensor(t)") if type(data) is Tensor else as_array(data, "Tensor"), dtype)
        if dtype is not None:
            as_array(array, "Tensor(dtype=...)")
        _check_flag(requires_grad)
        if requires_grad:
            _check_differentiable(array)
        self._data, self._requires_grad, self.name = array, bool(requires_grad), name
        self._grad = self.scope = self.op = self.saved = self.options = None
        self.order, self._inputs = 0, ()

    def __init_subclass__(cls) -> None:
        raise TypeError("Tensor is not made for subclassing; keep a Tensor as an attribute instead")

    # --- what it holds

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The op's inputs: Tensors, and Python numbers as they were written; () for a leaf."""
        if np.ndarray in map(type, self._inputs):  # the walk back needs no Tensors for them
            self._inputs = _as_tensors(self.op, self._inputs)
        return self._inputs

    @property
    def data(self) -> Array:
        """The values, as the array itself; assigning copies values of the same shape and dtype.

        Raises ValueError for another shape or dtype, and for the result of a recorded op.
        """
        return self._values(".data")

    @data.setter
    def data(self, value: Any) -> None:
        refuse_traced("assigning to .data")
        if value is self._data:  # `t.data -= step` has changed it in place already
            mark_modified((value,))
            return
        self._check_leaf("data")
        assign(map(_set_data, [self], [self._checked_copy(value, "data")]))
        self._forget_op()

    def _values(self, how: str, steers: bool = False) -> Array:
        watcher = current.get()[2]
        if watcher is not None:
            watcher.read(self, how, steers)
        return self._data

    @property
    def grad(self) -> Array | Any:
        """The gradient from `backward()`, of the tensor's shape and dtype, or None.

        Warns if it stays None, because this is the result of an op without `retain_grad()`.
        """
        if self._grad is None and self._requires_grad is True and self.op is not None:
            hook("warn_of_no_grad")(self)
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        refuse_traced("assigning to .grad")
        if value is not None and value is not self._grad:
            copy = self._checked_copy(value, "grad")
            value = value if type(value) is Tensor else copy  # a Tensor keeps its graph
        self._grad = value

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
        """Whether gradients flow back to this tensor; can be set on a leaf.

        Raises TypeError for integers, and ValueError for the result of a recorded op.
        """
        return bool(self._requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        refuse_traced("assigning to .requires_grad")
        self._check_leaf("requires_grad")
        _check_flag(value)
        if value:
            _check_differentiable(self._data)
            self._forget_op()
        assign(map(_set_flag, [self], [bool(value)]))

    def _forget_op(self) -> None:
        """Make this a plain leaf again: drop the inputs that a sigmoid result keeps."""
        self.op, self._inputs, self.saved, self.options = None, (), None, None

    @property
    def name(self) -> str | None:
        """What diagrams, tables and errors call it."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"a tensor's name is a string, got {value!r}")
        self._name = value if value is None else str(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the entries."""
        return self._data.dtype

    @property
    def is_leaf(self) -> bool:
        """Whether no gradient flows on from this tensor."""
        return self.op is None or not self._requires_grad

    def _check_leaf(self, what: str) -> None:
        if not self.is_leaf:
            raise ValueError(f"{self._title()} was made by {self.op}; {what} is set on leaves, or use .detach()")

    def numpy(self) -> Array:
        """The values as the array itself, without the tape."""
        return self._values(".numpy()")

    def item(self, *place: Any) -> Any:
        """The single entry, or that at a place, as a Python number, as ndarray.item.

        Raises ValueError if there are several and no place, IndexError if the place is not there.
        """
        if self._data.size != 1 and not place:
            raise ValueError(f"item() takes a tensor of one entry, got {self._title()}; use .numpy() for an array")
        how = "float(t), int(t) or t.item()"
        self._check_kept(how)
        return self._values(how, steers=True).item(*place)

    def tolist(self) -> Any:
        """The values as nested Python lists."""
        self._check_kept(".tolist()")
        return self._values(".tolist()", steers=True).tolist()

    def _check_kept(self, how: str) -> None:
        if self._requires_grad and current.get()[0] == DERIVING and not tracing():
            raise ReadError(
                f"{how} of {self._title()} would drop its gradient silently, in a function that a derivative is taken "
                "of. Compute with the Tensor itself, as in tg.sin(t) for math.sin(t); for array[i] = t, write array = "
                "tg.Tensor(array) once, then array = array.at[i].set(t). If you mean the number, write t.detach()"
            )

    def detach(self) -> Tensor:
        """The same values (shared, not copied) as a leaf that requires no gradient."""
        watcher = current.get()[2]
        found = watcher.detached(self) if watcher is not None else None
        return _leaf(self._data, False, given_name(self)) if found is None else found

    # --- gradients

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Add the gradient of this tensor to `.grad` of each leaf that requires one.

        gradient: the gradient of the final result in this tensor, of its shape; by default 1, which
            needs a tensor of one entry.
        create_graph: make each `.grad` a Tensor with a graph, for second and higher derivatives. A
            leaf and its `.grad` then hold each other until `zero_grad()`.

        Raises ValueError if nothing was recorded, if this tensor has several entries and `gradient`
        is not given, and if an array that a rule needs was modified in place (docs/limits.md). If
        anything fails, every `.grad` stays as it was. Threads that call this at once need leaves of
        their own, or a lock: if two add to one `.grad`, one sum may be lost.

        >>> import tinygraph as tg
        >>> x = tg.Tensor(2.0, requires_grad=True)
        >>> y = x * x * x
        >>> y.backward(); y.backward()
        >>> float(x.grad)
        24.0
        """
        refuse_traced("backward()")
        if not self._requires_grad:
            raise ValueError(
                f"backward() on {self._title()}, which depends on no tensor with requires_grad=True"
                " (or was computed under no_grad, or by a compiled step, which has already updated the parameters)"
            )
        seed = self._seed(gradient)
        if create_graph:
            with enable_grad():
                found = gradients(self, seed if type(seed) is Tensor else _leaf(seed, False, None))
                # `+g` makes a new tensor, because two leaves may share one gradient
                totals = [+g if x._grad is None else x._grad + g for x, g in found.items()]
        else:
            found = gradients(self, seed._data if type(seed) is Tensor else seed)
            references = list(map(sys.getrefcount, found.values()))
            totals = list(map(_total, found, found.values(), references))
        list(map(_set_grad, found, totals))  # in C, where no Ctrl-C comes between: all or none

    def _seed(self, gradient: Any) -> Any:
        data = self._data
        if gradient is None:
            if data.size != 1:
                raise ValueError(
                    f"backward() starts from a tensor of one entry, got {self._title()}; reduce it first, as in "
                    f"t.sum().backward(), or give gradient=, an array of shape {self.shape}"
                )
            return ones(data.shape, data.dtype)
        array = as_array(gradient._data if type(gradient) is Tensor else gradient, "backward(gradient=...)")
        if array.shape != data.shape:
            raise ValueError(
                f"backward(gradient=...) takes the shape {self.shape} of {self._title()}, got {array.shape}"
            )
        return gradient if type(gradient) is Tensor and array.dtype == data.dtype else array.astype(data.dtype)

    def retain_grad(self) -> None:
        """Make `backward()` fill in `.grad` of this tensor too, although it is not a leaf.

        Raises ValueError if no gradient flows to it.
        """
        if not self._requires_grad:
            raise ValueError(f"retain_grad() on {self._title()}, which requires no gradient")
        self._requires_grad = RETAINED

    def zero_grad(self) -> None:
        """Forget the gradient: `.grad` is None again."""
        forget_gradients([self])

    def tape(self) -> Tape:
        """The recorded ops that made this tensor, in topological order."""
        tape: Tape = hook("tape")(self)
        return tape

    _constant = staticmethod(constant)

    # --- Python's protocols

    def __repr__(self) -> str:
        if tracing():  # an example's values are those of no call
            values = "traced"
        else:
            values = np.array2string(self._data, separator=", ", threshold=20, edgeitems=2, prefix="Tensor(")
        name = f"name={self.name!r}, " if self.name else ""
        end = f", op={self.op}" if self.op is not None else ", requires_grad=True" if self._requires_grad else ""
        return f"Tensor({values}, {name}shape={self.shape}, dtype={self.dtype}{end})"

    def _repr_html_(self) -> Any:
        """Text and diagram for a notebook; None where the text serves."""
        return hook("tensor_html")(self)

    def _title(self) -> str:
        return f"tensor {self.name or ''}".rstrip() + f" of shape {self.shape}"

    def __reduce__(self) -> Any:
        self._check_kept("a copy or pickle")
        if not self.is_leaf:
            raise TypeError(f"{self._title()} holds a tape, which is not copied or pickled; use t.detach()")
        return Tensor, (self._values("a copy or pickle"), self.requires_grad, given_name(self))


(_ALONE,) = map(sys.getrefcount, [np.zeros(1)])  # the count for an array that one list or dict holds alone


def _total(x: Tensor, g: Array, references: int) -> Array:
    """The new `.grad` of x, which nothing else holds: g, a copy of g, or the sum with the old."""
    if x._grad is None:
        return g if references == _ALONE and g.base is None and g.flags.writeable else np.array(g)
    return np.asarray(getattr(x._grad, "_data", x._grad) + g)  # create_graph=True leaves one with a graph


# functions of C's: (tensor, value) -> None
_set_grad, _set_data, _set_flag = (vars(Tensor)[slot].__set__ for slot in ("_grad", "_data", "_requires_grad"))


def forget_gradients(tensors: Iterable[Tensor]) -> None:
    """Set `.grad` of each to None: of all or of none, because no Ctrl-C comes between in C."""
    refuse_traced("zero_grad()")
    list(map(_set_grad, tensors, itertools.repeat(None)))


def _check_flag(requires_grad: Any) -> None:
    if not isinstance(requires_grad, (bool, np.bool_)):
        raise TypeError(f"requires_grad is True or False, got {requires_grad!r}; a name is given as name=...")


def _check_differentiable(array: Array) -> None:
    if array.dtype.kind != "f":
        raise TypeError(
            f"requires_grad=True takes floating-point data, got dtype {array.dtype}; "
            "cast it first: tg.Tensor(np.asarray(data, dtype=float), requires_grad=True)"
        )
