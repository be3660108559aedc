"""A graph as the Python function that runs: straight-line NumPy that writes into buffers."""

from __future__ import annotations

import itertools
import math
import types
from collections import Counter
from collections.abc import Callable, Collection
from contextvars import copy_context
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..arrays import NUMPY_1, mark_modified, owner
from ..graph.names import Names, result_names
from ..graph.nodes import Graph, Node, is_elementwise, is_reduction, takes_out
from ..ops.elementwise import _ldexp_row
from ..ops.shapes import _cast
from ..optim import check_writeable
from .buffers import Layout, is_view, source_of, spread_operand
from .passes.pack_bias import is_bias_gradient
from .step import TrainingStep
from .update import Fold, groups

LARGEST_FULL = 1 << 17  # entries of an array of one number


def quietly() -> Callable[..., Any]:
    """A caller, `call(g, *args)`, that silences NumPy's arithmetic errors, for use by one thread.

    In NumPy 2 a context holds these settings: a run in a prepared context costs a twentieth of
    errstate.
    """
    if NUMPY_1:
        return np.errstate(all="ignore")(lambda function, *args: function(*args))
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context.run


class Late(NamedTuple):
    """A list that the code mentions, which is made anew whenever the program is linked."""

    make: Callable[[Program], list[Any]]


class Program:
    """The running form of a graph: `code` is its source, `run(*arrays)` returns the outputs.

    `link` binds everything that the code mentions except its arguments: buffers, views of them,
    NumPy's functions. It is called again when a parameter has another array.
    """

    def __init__(self, graph: Graph, passes: Collection[str], step: TrainingStep | None, fold: Fold | None) -> None:
        self.graph = graph
        self._step, self._passes = step, passes
        self._optimizer: Any = step.optimizer if step is not None else None
        self.groups = [] if step is None else groups(graph, step, fold, "one_vector" in passes)
        trained = [part for group in self.groups for part in group.parts]
        self._changed = [(f"parameter {part.name}", part.parameter.value) for part in trained]
        self._changed += [(node.name or "a running statistic", node.value) for node, _ in graph.replaced]
        self._bind()
        rest = Graph([], [], [u for group in self.groups for u in group.by_parameter])
        self.layout = Layout(graph, passes, rest, [pair for group in self.groups for pair in group.written])
        self.counted: dict[str, int] = {}  # the optimizer's counts of steps after a call
        self._names = Names({"chain", "list", "map", "all", "float", "results"})
        self._results = result_names(graph)
        self._static: dict[Node, Any] = {}
        self._mentioned: dict[str, Any] = {}  # objects that the code mentions, by name; a Node stands for its array
        used = [*self.layout.order, *self.layout.rest_order, *(x for group in self.groups for x in group.numbers)]
        self.number_cells = {x: np.zeros((), x.dtype) for x in used if x.kind == "number"}
        tensors = [node.value for node in used if node.kind == "parameter"]
        self.tensors = [*dict.fromkeys([*tensors, *(x for group in self.groups for x in group.tensors)])]
        args = [self._names.of(node, node.name, "x") for node in graph.arguments]
        body = "\n".join(f"    {line}" for line in self._lines())
        # the code mentions objects as default values of parameters: they are local variables then,
        # which Python reads fastest
        mentions = [f"{name}=None" for name in self._mentioned]
        scope: dict[str, Any] = {"chain": itertools.chain}
        exec(compile(f"def step({', '.join([*args, *mentions])}):\n{body}\n", "<tinygraph>", "exec"), scope)
        self._function: types.FunctionType = scope.pop("step")  # no cycle: unused buffers are freed at once
        self.code = f"def step({', '.join(args)}):\n{body}\n"
        del self._names, self._results  # they take as much memory as all buffers of a small net's step
        self.link()

    def link(self) -> None:
        """Bind the arrays of parameters and of the optimizer's state as they are now."""
        self._static = {}
        function = self._function
        self._bind()
        mentioned = self._mentioned.values()
        defaults = [x.make(self) if type(x) is Late else self.array(x) if type(x) is Node else x for x in mentioned]
        self.run = types.FunctionType(function.__code__, function.__globals__, "step", tuple(defaults))
        # last, because a call reads here whether it has to link, and Ctrl-C may come in between
        state = self._optimizer._state if self._optimizer is not None else {}
        # the arrays of the optimizer's state, those of a parameter in a tuple
        self.states = {part.name: state[part.name] for group in self.groups for part in group.parts if state}
        self.arrays = [tensor._data for tensor in self.tensors]
        self._static = {}

    def _bind(self) -> None:
        check_writeable(self._changed)  # before anything is moved
        for group in self.groups:
            group.bind(self._optimizer)

    # --- the objects behind the names

    def _mention(self, key: Any, wanted: str | None, what: Any, otherwise: str = "t") -> str:
        name = self._names.of(key, wanted, otherwise)
        self._mentioned.setdefault(name, what)
        return name

    def _numpy(self, ufunc: Any) -> str:
        return self._mention(ufunc, ufunc.__name__, ufunc)

    def array(self, node: Node) -> Any:
        """The array of a node if it is made once, or None if each call makes it."""
        if node not in self._static:
            self._static[node] = self._find(node)
        return self._static[node]

    def _find(self, node: Node) -> Any:
        layout = self.layout
        made = layout.buffers, layout.extended, self.number_cells, *(group.matrices for group in self.groups)
        found = next((arrays[node] for arrays in made if node in arrays), None)
        if found is not None:
            return found
        if node.kind in ("constant", "gradient", "parameter"):
            return getattr(node.value, "_data", node.value)
        if node.kind == "state":
            name, k = node.value
            return self._optimizer._state[name][k]
        if is_view(node) and not (node.op is ops.reshape and is_of_elsewhere(node)):  # or it may be a copy some day
            base = self.array(node.nodes()[0])
            view = None if base is None else node.op.forward(base, **node.options)
            if view is not None and np.may_share_memory(view, base):
                return view
        return None

    def _is_static(self, node: Node) -> bool:
        return self.array(node) is not None

    def _name(self, node: Node) -> str:
        wanted = node.name or self._results.get(node)
        return self._mention(node, wanted, node) if self._is_static(node) else self._names.of(node, wanted)

    def _operand(self, x: Any, beside: Node) -> str:
        """An input in the code; a number becomes an array, which NumPy takes faster."""
        if isinstance(x, Node):
            return self._name(x)
        dtypes = {other.dtype for other in beside.nodes()}
        computes = is_elementwise(beside) and beside.op is not _ldexp_row  # whose exponent stays an integer
        # float_power and functions of SciPy may widen both operands: the number keeps its digits
        if computes and len(dtypes) == 1 and next(iter(dtypes)).kind == "f" and beside.dtype in (*dtypes, bool):
            # NumPy's maximum has vector instructions for two arrays, not for an array and a number
            full = beside.op in (ops.maximum, ops.minimum) and beside.size <= LARGEST_FULL
            cell = np.full(beside.shape if full else (), x, next(iter(dtypes)))
            return self._mention(("number", repr(x), cell.dtype.str, cell.shape), None, cell, "c")
        return repr(x) if np.isfinite(x) else f"float('{x}')"

    # --- lines

    def _lines(self) -> list[str]:
        layout = self.layout
        lines = [*self._contiguous(), *self._computed(layout.order)]
        for node, matrix in layout.copied:
            target = self._mention(("gradient", id(matrix)), f"g_{node.name}", matrix)
            lines.append(f"{self._numpy(np.copyto)}({target}, {self._name(node)})")
        results = f"({''.join(self._output(x) + ', ' for x in self.graph.outputs)})"
        if self._step is None and not self.graph.replaced:
            return [*lines, f"return {results}"]
        if self._step is not None and self._step.between is not None:
            vectors = [group.gradient for group in self.groups]
            gradients = {name: view for group in self.groups for name, view in group.gradients.items()}
            between = self._mention("between", "between", partial(self._step.between.run, gradients, vectors))
            results = f"({between}(*{results}), )"
        return [*lines, f"results = {results}", *self._computed(layout.rest_order), *self._update(), "return results"]

    def _contiguous(self) -> list[str]:
        """The lines that copy a slice of a matrix, which np.dot would copy for each product."""
        used = Counter(source_of(x) for node in self.layout.order if node.op is ops.matmul for x in node.nodes())
        lines = []
        for node in self.graph.arguments:
            if used[node] > 1 and len(node.shape) == 2:
                name, copied = self._name(node), self._numpy(np.ascontiguousarray)
                lines.append(f"if not {name}.flags.forc: {name} = {copied}({name})")
        return lines

    def _computed(self, order: list[Node]) -> list[str]:
        buffers = self.layout.buffers
        return [self._line(x) for x in order if x.op is not None and (x in buffers or not self._is_static(x))]

    def _line(self, node: Node) -> str:
        op: Any = node.op
        out = self._name(node) if node in self.layout.buffers else None
        args = [self._operand(x, node) for x in node.inputs]
        spread = spread_operand(node)
        if spread is not None and out is not None:
            copyto, add = self._numpy(np.copyto), self._numpy(np.add)
            return f"{copyto}({out}, {args[spread]}); {add}({args[1 - spread]}, {out}, {out})"
        if is_elementwise(node):
            call = f"{self._numpy(op.forward)}({', '.join(args)}"
            if NUMPY_1 and node.dtype.kind == "f" and len({x.dtype for x in node.nodes()}) > 1:
                # NumPy 1 gives an array without axes as little weight as a number
                call += f", dtype={self._mention(node.dtype, node.dtype.name, node.dtype)}"
            return self._written(node, call, out, op in (ops.maximum, ops.minimum) or "dtype=" in call)
        if op is _cast and out is not None:
            return f"{out}[...] = {args[0]}"
        if op is ops.matmul:
            product = f"{args[0]}.dot(" if self._suits_dot(node) else f"{self._numpy(np.matmul)}({args[0]}, "
            return self._written(node, product + args[1], out, False)
        if out and self._is_bias_change(node):  # BLAS sums the examples faster than NumPy's own sum
            ones = np.ones((node.inputs[0].shape[1], 1), node.dtype)
            name = self._mention(("ones", ones.shape, ones.dtype.str), "ones", ones)
            return f"{args[0]}.dot({name}, {out})"
        if is_reduction(node):
            name = self._mention(("reduce", op.name), f"{op.name}_", op.reduces.reduce)
            axis, keepdims = node.options.get("axis"), node.options.get("keepdims", False)
            return f"{'' if out else self._name(node) + ' = '}{name}({args[0]}, {axis!r}, None, {out}, {keepdims!r})"
        step = op.graph and Program(op.graph, self._passes, None, None).run
        forward = self._mention(op, op.name, partial(op.forward, body=step) if step else op.forward)
        options = [f"{key}={self._option(value)}" for key, value in node.options.items()]
        return f"{self._name(node)} = {forward}({', '.join([*args, *options])})"

    def _is_bias_change(self, node: Node) -> bool:
        is_change = is_bias_gradient(node) and any(node is u.change for u in self.graph.updates)
        return is_change and len(node.shape) == 2 and node.dtype == node.inputs[0].dtype and node.dtype.char in "fd"

    def _suits_dot(self, node: Node) -> bool:
        """Whether the method dot suits. It is the quickest call, but copies a matrix in another."""
        if {x.dtype for x in node.nodes()} != {node.dtype} or [len(x.shape) for x in node.nodes()] != [2, 2]:
            return False
        known = [self.array(x) for x in node.nodes()]
        return all(array is None or array.flags.forc for array in known)

    def _written(self, node: Node, call: str, out: str | None, by_name: bool) -> str:
        if out is None:
            return f"{self._name(node)} = {call})"
        return f"{call}, {'out=' if by_name else ''}{out})"

    def _option(self, value: Any) -> str:
        if value is None or type(value) in (int, bool, str) or (type(value) is float and math.isfinite(value)):
            return repr(value)
        return self._mention(("option", id(value)), None, value, "option")

    def _output(self, x: Any) -> str:
        if not isinstance(x, Node):
            return repr(x)
        # the result of another kind of op may share memory with an input
        return self._name(x) if takes_out(x) and not self._is_static(x) else self._copied(x)

    def _update(self) -> list[str]:
        """The lines of all changes at once: C code walks the lists, and Ctrl-C cannot stop it."""
        calls = []
        running = [node for node, _ in self.graph.replaced]
        lines = [f"# update: {'; '.join(group.plan.lines())}" for group in self.groups if group.plan is not None]
        if lines:
            every = Late(lambda self: [call for group in self.groups for call in group.calls(self.number_cells)])
            run, update = self._mention("run", "run", partial.__call__), self._mention("update", "update", every)
            calls.append(f"map({run}, {update})")
        calls += self._by_parameter()
        if self._optimizer is not None and self._optimizer._state:
            update = self._mention("count", "count", self._optimizer._steps.update)
            calls.append(f"map({update}, {self._mention('counted', 'steps', [self.counted])})")
        writeable = self._mention("writeable", "writeable", attrgetter("flags.writeable"))
        arrays = Late(lambda self: [x._data for _, x in self._changed])
        parameters = self._mention("parameters", "parameters", arrays)
        refuse = self._mention("refuse", "refuse", partial(check_writeable, self._changed))
        call = self._mention("quietly", "quietly", quietly())  # an arithmetic error would stop the update half-way
        maps = calls[0] if len(calls) == 1 else f"chain({', '.join(calls)})"
        note = self._mention("mark_modified", "mark_modified", mark_modified)
        changed = Late(lambda self: [*map(owner, [*(x.parameters for x in self.groups), *map(self.array, running)])])
        vectors = self._mention("vectors", "vectors", changed)
        refused = f"if not all(map({writeable}, {parameters})): {refuse}()"
        return [*lines, refused, f"{note}({vectors})", f"{call}(list, {maps})"]

    def _by_parameter(self) -> list[str]:
        """The iterators that change the parameters with an update of their own."""
        updates = self.layout.rest.updates
        states = [pair for u in updates for pair in zip(u.state, u.new_state, strict=True)] + self.graph.replaced
        pairs = [
            (np.subtract, [u.parameter for u in updates], [u.change for u in updates]),
            (np.positive, [old for old, _ in states], [new for _, new in states]),
        ]
        return [self._written_over(ufunc, old, new) for ufunc, old, new in pairs if old]

    def _written_over(self, ufunc: Any, old: list[Node], new: list[Node]) -> str:
        """The iterator that writes over the old nodes' arrays."""
        every = Late(lambda self: [*map(self.array, old)])
        targets = self._mention(("targets", ufunc), f"{ufunc.__name__}_targets", every)
        # an array is not read after it was written to
        texts = [self._copied(x) if is_of_elsewhere(x) else self._name(x) for x in new]
        values = f"({''.join(text + ', ' for text in texts)})"
        inputs = f"{targets}, {values}" if ufunc is np.subtract else values
        return f"map({self._numpy(ufunc)}, {inputs}, {targets})"

    def _copied(self, x: Node) -> str:
        return f"{self._mention(np.array, 'copy', np.array)}({self._name(x)})"


def is_of_elsewhere(node: Node) -> bool:
    """Whether the node is a parameter or an optimizer's state, or a view of one."""
    return source_of(node).kind in ("parameter", "packed", "state")
