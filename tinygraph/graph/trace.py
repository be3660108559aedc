"""The trace: a function runs once on example arguments, and its ops are kept as a Graph.

Ops tell the trace what they compute, whether or not a gradient is wanted. The stability table is
applied here, before anything is differentiated, so that the gradients are the stable ones too.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..arrays import as_array, next_order, run_as_numpy_2
from ..modes import ReadError, Scope, Watcher, current, no_grad, raise_plainly, tracing
from ..ops import negative, positive
from ..ops.shapes import _cast_to_integers, _getitem_row
from ..tape import toposort
from ..tensor import Op, Tensor, _leaf, _made, constant, equation, given_name, record
from ..transforms import tree
from ..transforms.batching import first_row, is_tensor
from ..transforms.scan import Scan
from .nodes import Graph, Node, recorded_node, source
from .numbers import ASARRAY, Number, plain
from .stability import stabilised

ARGUMENT = Op("argument", lambda: None, None)
FLOAT = np.dtype(float)


class Draw(NamedTuple):
    """One random draw: `generator.method(*args, **options)`.

    generator: the generator; its index among those that are arguments; or a Model's attributes and
    its name among them.
    """

    generator: Any
    name: str
    method: str
    args: tuple[Any, ...]
    options: dict[str, Any]

    def of(self, given: list[Any]) -> Any:
        """What the generator draws; `given` are those among the arguments."""
        generator = self.generator
        if type(generator) is int:
            generator = given[generator]
        elif type(generator) is tuple:
            attributes, name = generator
            generator = attributes[name]
        return getattr(generator, self.method)(*self.args, **self.options)


class TracedGenerator(np.random.Generator):
    """It stands for a Generator: a draw gives a Tensor that stands for it.

    k: what tells a Draw which one it is. Other threads draw from `rng` itself if a Model has it.
    """

    def __init__(self, trace: Trace, rng: Any, k: Any, name: str | None) -> None:
        super().__init__(copy.deepcopy(rng.bit_generator))
        self._trace, self._rng, self._k, self._name = trace, rng, k, name

    def __getattribute__(self, method: str) -> Any:
        if method.startswith("_"):
            return super().__getattribute__(method)
        if current.get()[2] is None and type(self._k) is not int:
            return getattr(self._rng, method)
        if method in ("bit_generator", "shuffle", "spawn"):
            raise TypeError(f"a compiled function can repeat draws, but not rng.{method}: call that outside")
        return functools.partial((current.get()[2] or self._trace).drawn, self, method)

    def __deepcopy__(self, memo: Any) -> Any:
        return np.random.Generator(copy.deepcopy(super().__getattribute__("bit_generator")))


class Trace(Watcher):
    """The ops that a traced function computes. `notes` says what the stability table replaced.

    `arrays` are the Tensors that stand for arrays of the uncompiled function. `checks` are
    functions that refuse wrong values, with the Tensors that hold these values. `floats` are the
    Tensors that stand for Python floats. `asked` are those whose values the function asked for,
    with what asked: the trace suits these values alone. `draws` are the Tensors that stand for
    random draws. `replaced` has the new values of Tensors from outside, such as running statistics.
    """

    traces = True
    what = "tg.compile"

    def __init__(self, stable: bool, scope: Scope | None = None) -> None:
        self.stable, self.scope = stable, scope
        self.notes: list[str] = []
        self.arrays: set[Tensor] = set()
        self.checks: list[tuple[Callable[[Any], None], Tensor]] = []
        self.floats: dict[Tensor, float] = {}
        self.asked: dict[Tensor, str] = {}
        self.draws: dict[Tensor, Draw] = {}
        self.replaced: dict[Tensor, Tensor] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}
        self._first: dict[Any, Tensor] = {}
        self._again: list[tuple[Tensor, Tensor]] = []

    def __enter__(self) -> Trace:
        self._token = current.set((True, self.scope, self, None))
        # the stability table may be about to replace a form that overflows on the example
        self._errors = np.errstate(all="ignore")
        self._errors.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._errors.__exit__(*error)
        current.reset(self._token)
        raise_plainly(error[1])

    def is_current(self) -> bool:
        """Whether this thread is inside the trace."""
        watcher = current.get()[2]
        return getattr(watcher, "outermost", watcher) is self

    def starting(self, op: Op, inputs: Any, options: Any) -> tuple[Any, Any]:
        """Called by every op: its inputs and options, with Tensors or values for their Numbers.

        Next to arrays, a Number gets the dtype in which the op would compute with a Python float.
        """
        if options and self.floats and Number in map(type, tree.leaves(options)):
            options = {name: plain(x, f"the option {name} of {op}") for name, x in options.items()}
        if Number not in map(type, inputs):
            return inputs, options
        if len(inputs) == 1 and type(op.forward) is np.ufunc and op not in (positive, negative):
            return (inputs[0].tensor,), options  # the ufunc itself makes an array of it
        if not any(isinstance(x, (np.ndarray, np.generic, Tensor)) for x in inputs):
            return tuple(map(self.tensor, inputs)), options
        arrays = [x.value if type(x) is Number else _array(x, op.name) for x in inputs]
        y = run_as_numpy_2(op, arrays, options)
        floats = [x.dtype for x in (y, *arrays) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f"]
        made = tuple([self.tensor(x, floats[0] if floats else FLOAT) for x in inputs])
        if not op.builtin and not _alike(run_as_numpy_2(op, [_array(x, op.name) for x in made], options), y):
            return plain(inputs, f"the op {op}"), options
        return made, options

    def tensor(self, x: Any, dtype: Any = FLOAT) -> Any:
        """A Number as a Tensor, by default of the dtype without arrays; anything else unchanged."""
        return record(ASARRAY, (x.tensor,), {"dtype": dtype}) if type(x) is Number else x

    def ask(self, tensor: Tensor, how: str) -> bool:
        """Whether `tensor` depends only on Python floats, whose values then join the signature."""
        made = toposort(tensor)
        sources = [x for x in made if not x.inputs]
        inputs = [x for y in made for x in y.inputs if type(x) is Tensor and x.op is None]
        if not sources or not all(x in self.floats for x in sources) or any(x.order != -1 for x in inputs):
            return False
        self.asked |= {x: how for x in sources if x not in self.asked}
        return True

    def computed(self, tensor: Tensor, op: Op, inputs: tuple[Any, ...], arrays: list[Any], options: Any) -> Tensor:
        """Called by every op: note the op on its result, whether or not a gradient is wanted."""
        if op is _getitem_row and any(type(x) is Tensor and x.dtype == bool and x.order != -1 for x in inputs[1:]):
            raise TypeError(
                f"t[mask] has as many entries as the mask says, and {self.what} traces one shape: write "
                "tg.where(mask, t, 0), or leave this part out of the function"
            )
        _made(tensor, op, inputs, arrays, options)
        if all(type(x) is not Tensor or x.order == -1 or x in self.arrays for x in inputs):
            self.arrays.add(tensor)
        if inputs and not options and all(type(x) is Tensor for x in inputs):
            first = self._first.setdefault((op, *map(id, inputs)), tensor)
            if first is not tensor:
                self._again.append((tensor, first))
        better = stabilised(tensor) if self.stable else None
        if better is None:
            return tensor
        inner = next(x.op for x in tensor.inputs if type(x) is Tensor and x.op is not None)  # an unstable form has one
        self.notes.append(f"{op}({inner}) became {better.op}")
        return better

    def name_what_came_again(self) -> None:
        """Give a repeated result the name of the first: sigmoid(Z) in a gradient is A."""
        for tensor, first in self._again:
            if (name := given_name(first)) and not given_name(tensor):
                tensor.name, tensor.scope = name, first.scope

    def written(self, what: str) -> None:
        """Refuse any change outside: it would happen at the trace, and not at the calls."""
        if what == "backward()":
            raise TypeError(
                f"backward() fills in .grad, and what {self.what} makes gives results alone: take gradients inside the "
                "function with tg.grad or tg.value_and_grad, or give tg.compile optimizer=..."
            )
        raise TypeError(
            f"{what} cannot run in a function of {self.what}, which gives results alone: do it outside of it, "
            "or have the parameters trained by tg.compile(cost, optimizer=...)"
        )

    def drawn(self, rng: Any, method: str, *args: Any, **options: Any) -> Tensor:
        """The Tensor that stands for a draw, which each call makes anew.

        Its value comes from a copy of the generator, so that a trace draws nothing.
        """
        if Tensor in map(type, (*args, *options.values())) or "out" in options:
            what = "no out=" if "out" in options else "plain numbers"
            raise TypeError(f"rng.{method} takes {what} in a compiled function: compute with its result instead")
        copied = self._copies.setdefault(id(rng), (rng, copy.deepcopy(rng)))[1]
        draw = Draw(getattr(rng, "_k", rng), getattr(rng, "_name", None) or "rng", method, args, options)
        tensor = argument(np.asarray(getattr(copied, method)(*args, **options)), False, f"u{len(self.draws) + 1}")
        self.draws[tensor] = draw
        self.arrays.add(tensor)
        return tensor

    def detached(self, tensor: Tensor) -> Any:
        """A result recorded without a gradient, which still follows the values of each call."""
        with no_grad:
            return positive(tensor) if tensor.dtype != bool else _cast_to_integers(tensor, dtype=bool)

    def read(self, tensor: Tensor, how: str, steers: bool) -> None:
        """Refuse to let a value steer Python: a trace runs once, but values differ between calls.

        An array of a Tensor from outside may be read (`not steers`), because `w.data` may serve as
        a constant.
        """
        is_read = tensor.op is not None or tensor._requires_grad or (steers and tensor.order != -1)
        if is_read and not self.ask(tensor, how):
            picked = " (tg.take(array, t) or tg.Tensor(array)[t] for array[t])" * (tensor.dtype.kind in "iu")
            raise ReadError(
                f"{how} of {tensor._title()} asks for a value while {self.what} traces the function, and would bake "
                f"it in. Compute with the Tensor itself{picked}, choose between values with tg.where(condition, a, b), "
                "pass what steers the code as a plain Python argument (it becomes part of the signature), or leave "
                "this part out of the function"
            )


class InnerTrace(Trace):
    """The trace of a function that tg.scan or tg.vmap runs once for all its steps or rows."""

    def __init__(self, what: str, scope: Scope | None = None) -> None:
        outer = current.get()[2]
        super().__init__(getattr(outer, "stable", False), scope)
        self.outermost, self.what, self.start = getattr(outer, "outermost", outer), f"tg.{what}", next_order()
        if tracing():
            self.arrays, self.floats, self.notes, self.asked = outer.arrays, outer.floats, outer.notes, outer.asked

    def leaf(self, x: Any, name: str | None = None, in_rows: bool = False, needs_grad: bool | None = None) -> Tensor:
        """A Tensor that stands for an array or Tensor of each step, or for a row of it."""
        needs_grad = getattr(x, "_requires_grad", False) if needs_grad is None else needs_grad
        data = first_row(getattr(x, "_data", x)) if in_rows else getattr(x, "_data", x)
        made = argument(data, needs_grad and data.dtype.kind == "f", name)
        self.arrays.update([made] * (not is_tensor(x)))
        return made

    def drawn(self, *_: Any, **options: Any) -> Tensor:
        """Refuse random draws."""
        raise TypeError(
            f"the function of {self.what} draws random numbers, and runs once, so that every step or row would use "
            "the same draw. Draw outside, an array with a row for each, and hand it in"
        )


def _array(x: Any, where: str) -> Any:
    return x._data if type(x) is Tensor else x if type(x) in (float, int, bool) else as_array(x, where)


def _alike(a: Any, b: Any) -> bool:
    """Whether two results of a user's op are equal up to rounding."""
    a, b = np.asarray(a), np.asarray(b)
    close = float(np.finfo(b.dtype).eps) ** 0.5 if b.dtype.kind == "f" else 0
    return a.dtype == b.dtype and a.shape == b.shape and np.allclose(a, b, rtol=close, atol=0, equal_nan=True)


def argument(data: Any, requires_grad: bool, name: str | None, op: Op = ARGUMENT) -> Tensor:
    """A Tensor that stands for an argument of the traced function, with an example's value."""
    return _made(_leaf(data, requires_grad, name), op, (), [], {})


class Nodes:
    """The Nodes of Tensors, one for each. A composed op, such as relu, becomes the ops it calls."""

    def __init__(self) -> None:
        self.by_tensor: dict[Tensor, Any] = {}
        self.start = next_order()

    def source(self, tensor: Tensor, kind: str, value: Any = None) -> Node:
        """The node of a Tensor that nothing computes."""
        self.by_tensor[tensor] = node = source(tensor, kind, value, given_name(tensor))
        return node

    def of(self, root: Any) -> Any:
        """The node of a Tensor, made after those it depends on; a constant for anything else."""
        if type(root) is not Tensor:
            return root if type(root) in (int, float, bool) else self.of(constant(root))
        for tensor in toposort(root, self.by_tensor):
            if tensor.order >= self.start:  # earlier results are not computed again
                self.by_tensor[tensor] = self._op(tensor)
        return self._known(root)

    def _known(self, tensor: Tensor) -> Any:
        """The node of a Tensor that has one, or that comes from outside of the trace."""
        if tensor not in self.by_tensor:
            is_constant = tensor.order == -1
            self.source(tensor, "constant" if is_constant else "parameter", tensor._data if is_constant else tensor)
        return self.by_tensor[tensor]

    def _op(self, tensor: Tensor) -> Any:
        op: Any = tensor.op
        if op.graph is None and type(op) is Scan:
            _trace_step(op, tensor)
        if not op.whole and not isinstance(op.forward, np.ufunc):
            node = self._taken_apart(tensor, op)
            if node is not None:
                return node
        return recorded_node(tensor, tuple([self._known(x) if type(x) is Tensor else x for x in tensor.inputs]))

    def _taken_apart(self, tensor: Tensor, op: Op) -> Any:
        """The nodes that the op's NumPy function computes, or None if it takes only arrays."""

        def stand_in(x: Tensor, array: Any) -> Tensor:
            new = argument(array, False, None)
            self.by_tensor[new] = self._known(x)
            return new

        given = zip(tensor.inputs, tensor.saved or [], strict=True)
        stand_ins = [stand_in(x, array) if type(x) is Tensor else x for x, array in given]
        try:
            with Trace(stable=False, scope=tensor.scope):
                result = op.forward(*stand_ins, **(tensor.options or {}))
        except Exception:  # whatever it refuses, compiled code calls it with arrays
            return None
        is_whole = type(result) is not Tensor or result.op is op
        if is_whole or (result.shape, result.dtype) != (tensor.shape, tensor.dtype):
            return None
        node = self.of(result)
        if isinstance(node, Node) and node.op is not None:
            node.name, node.scope = node.name or given_name(tensor), tensor.scope
            node.equation = node.equation or equation(tensor)
        return node


def _trace_step(op: Any, tensor: Tensor) -> None:
    """Give a loop one step as a graph."""
    nodes = Nodes()
    with InnerTrace(op.name) as trace:
        own, made = op.again(tensor.saved or (), trace)
    sources = [nodes.source(x, "argument") for x in own]
    op.graph = Graph([nodes.of(x) for x in made], sources)
