"""The writer: the nodes of a graph as the nodes of an ONNX model."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..files import short
from ..graph.names import NodeNames
from ..graph.nodes import Graph, Node
from ..tensor import Op
from .forms import FORMS, REASONS, written
from .free import Size, refused

VERSIONS = {"": 18, "ai.onnx.ml": 3}  # of the sets of ops; runtimes read them since 2023
IR = 8  # the version of the file format that belongs to these
LARGEST = 2 * 10**9  # bytes of the numbers in one file


class Value:
    """A tensor of the model: its name and dtype. An operator writes a node."""

    def __init__(self, w: Any, name: str, dtype: Any) -> None:
        self.w, self.name, self.dtype = w, name, dtype


for _name in ("Add", "Sub", "Mul", "Truediv=Div", "Lt=Less", "Gt=Greater", "And", "Or", "Neg", "Invert=Not"):
    _python, _kind = _name.lower().partition("=")[0], _name.rpartition("=")[2]
    setattr(Value, f"__{_python}__", lambda *xs, kind=_kind: xs[0].w.emit(kind, *xs))
    setattr(Value, f"__r{_python}__", lambda b, a, kind=_kind: b.w.emit(kind, a, b))


class Writer:
    """The parts of a model. `w.Exp(x)` and the like write a node.

    narrow: whether float64 becomes float32. batch: gives the number of examples, of shape (1,).
    """

    def __init__(self, onnx: Any, narrow: bool) -> None:
        self._onnx, self._narrow, self._bytes = onnx, narrow, 0
        self._nodes: list[Any] = []
        self._numbers: list[Any] = []
        self._ends: tuple[list[Any], list[Any]] = ([], [])  # the inputs and the outputs
        self._known: dict[Any, Value] = {}  # constants
        self._taken: set[str] = set()  # names
        self._base, self._scope = "t", ""
        self.batch: Callable[[], Value]  # given where that number is free

    # --- names, dtypes and numbers

    def unique(self, wanted: str) -> str:
        names = itertools.chain([wanted], (f"{wanted}_{k}" for k in itertools.count(1)))
        name = next(name for name in names if name not in self._taken)
        self._taken.add(name)
        return name

    def of(self, dtype: Any) -> Any:
        """The dtype in the file."""
        dtype = np.dtype(dtype)
        if dtype.char == "g":
            raise refused("numbers of dtype longdouble", "ONNX has no such type")
        return np.dtype(np.float32) if self._narrow and dtype == np.float64 else dtype

    def const(self, value: Any, dtype: Any = None, name: str = "") -> Value:
        """A constant of the file; equal ones without a name are one."""
        array = np.asarray(value, dtype, order="C")
        array = array.astype(self.of(array.dtype))
        key = name or (array.dtype.str, array.shape, repr(array.tolist()) if array.dtype == object else array.tobytes())
        if key not in self._known:
            self._bytes += array.nbytes
            if self._bytes > LARGEST:
                raise refused(f"{self._bytes / 1e9:.1f} GB of numbers", "a file in one piece holds 2 GB")
            self._known[key] = Value(self, name or self.unique("c"), array.dtype)
            self._numbers.append(self._onnx.numpy_helper.from_array(array, self._known[key].name))
        return self._known[key]

    def cast(self, x: Value, dtype: Any) -> Value:
        dtype = self.of(dtype)
        to = self._onnx.helper.np_dtype_to_tensor_dtype(dtype)
        return x if x.dtype == dtype else self.emit("Cast", x, to=to)

    def ints(self, *values: Any) -> Value:
        """A vector of whole numbers."""
        if Size.OTHER in values:
            raise TypeError("it needs a length that depends on the number of examples, and is not that number")
        if Size.BATCH not in values:
            return self.const(values, np.int64)
        parts = [self.batch() if x is Size.BATCH else self.const([x], np.int64) for x in values]
        return self.emit("Concat", *parts, axis=0)

    # --- nodes

    def __getattr__(self, kind: str) -> Any:
        return partial(self.emit, kind)

    def emit(self, kind: str, *inputs: Any, domain: str = "", **attributes: Any) -> Value:
        """Write a node. Numbers among the inputs get the dtype of the last Value.

        Raises TypeError for inputs of a dtype that the op does not take.
        """
        onnx, to_type = self._onnx, self._onnx.helper.make_tensor_type_proto
        like = [x.dtype for x in inputs if isinstance(x, Value)][-1]
        given = [x if isinstance(x, Value) else self.const(x, like) for x in inputs]
        name = self.unique(f"{self._base}_{kind.lower()}")
        about = {"name": name, "doc_string": self._scope or None, "domain": domain, **attributes}
        node = onnx.helper.make_node(kind, [x.name for x in given], [name], **about)
        types = {x.name: to_type(onnx.helper.np_dtype_to_tensor_dtype(x.dtype), None) for x in given}
        try:
            schema = onnx.defs.get_schema(kind, VERSIONS[domain], domain)
            made = onnx.shape_inference.infer_node_outputs(schema, node, types)[name]
        except onnx.checker.ValidationError:
            dtypes = dict.fromkeys(str(x.dtype) for x in given)
            raise TypeError(f"ONNX has no {kind} of {' and '.join(dtypes)}") from None
        self._nodes.append(node)
        return Value(self, name, onnx.helper.tensor_dtype_to_np_dtype(made.tensor_type.elem_type))

    def called(self, x: Value, name: str) -> Value:
        """x under this name: the last node is renamed, or one is written."""
        if not self._nodes or self._nodes[-1].output[0] != x.name:
            x = self.emit("Identity", x)
        self._nodes[-1].output[0] = self._nodes[-1].name = x.name = name
        return x

    def end(self, x: Value, shape: Any, is_output: bool = True) -> Value:
        """Make x an output of the model, or an input."""
        dims = [n.value if isinstance(n, Size) else n for n in shape]
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
        self._ends[is_output].append(self._onnx.helper.make_tensor_value_info(x.name, kind, dims))
        return x

    def input(self, name: str, dtype: Any, shape: Any) -> Value:
        return self.end(Value(self, self.unique(name), self.of(dtype)), shape, False)

    # --- a graph

    def graph(self, graph: Graph, given: list[Value]) -> list[Value]:
        """Write the nodes of a graph whose arguments are these Values; give its results."""
        names = NodeNames(Graph([*graph.outputs, *graph.arguments], graph.arguments))
        values: dict[Any, Value] = dict(zip(graph.arguments, given, strict=True))
        nodes = [node for node in graph.nodes() if node not in values]
        literal = {node: bool(names.literal(node)) for node in nodes}
        bases = {x: self.unique("c" if literal[x] else names.shown(x)) for x in sorted(nodes, key=lambda x: literal[x])}
        for node in nodes:
            self._base = bases[node]
            self._scope = repr(node.scope) if node.scope else ""
            if node.op is not None:
                values[node] = self.called(self.cast(self._written(node, values), node.dtype), self._base)
                continue
            array = getattr(node.value, "_data", node.value)
            is_whole = np.shape(array) == node.shape  # otherwise, it is one number everywhere
            x = self.const(array, node.dtype, self._base if is_whole else "")
            values[node] = x if is_whole else self.Expand(x, self.ints(*node.shape))
        return [values[x] for x in graph.outputs]

    def _written(self, node: Node, values: dict[Any, Value]) -> Value:
        op: Any = node.op
        try:
            if op.name not in FORMS or not op.builtin:
                is_own = type(op) is Op and not op.builtin
                raise TypeError("it is an op of your own" if is_own else REASONS.get(op.name, "ONNX has no such op"))
            if Size.OTHER in node.inputs:
                raise TypeError("a number in it depends on the number of examples, and is not that number")
            dtypes: Any = [None] * len(node.inputs)
            if type(op.forward) is np.ufunc and op.forward.signature is None:  # the dtypes that NumPy computes in
                kinds = [x.dtype if isinstance(x, Node) else float if x is Size.BATCH else type(x) for x in node.inputs]
                dtypes = op.forward.resolve_dtypes((*kinds, *[None] * op.forward.nout))
            inputs = [self._input(values.get(x, x), dtype) for x, dtype in zip(node.inputs, dtypes, strict=False)]
            found: Value = written(self, node, FORMS[op.name], *inputs)
        except (TypeError, OverflowError) as error:
            took = ", ".join([f"{x.dtype}{x.shape}" if isinstance(x, Node) else repr(x) for x in node.inputs])
            raise refused(f"the op {op.name}({took})", str(error)) from error
        return found

    def _input(self, x: Any, dtype: Any) -> Value:
        if isinstance(x, Size):
            x = self.Squeeze(self.ints(x))
        x = x if isinstance(x, Value) else self.const(x, dtype)
        return x if dtype is None else self.cast(x, dtype)

    def model(self, **facts: str) -> Any:
        """The checked model. facts: its metadata."""
        helper = self._onnx.helper
        used = {name for node in self._nodes for name in node.input}  # not so if a formula reads the number itself
        numbers = [x for x in self._numbers if x.name in used]
        graph = helper.make_graph(self._nodes, "tinygraph", *self._ends, numbers)
        sets = [helper.make_opsetid(x, VERSIONS[x]) for x in sorted({"", *(node.domain for node in self._nodes)})]
        version = sys.modules[__package__.partition(".")[0]].__version__
        about = {"producer_name": "tinygraph", "producer_version": version, "ir_version": IR}
        model = helper.make_model(graph, opset_imports=sets, **about)
        helper.set_model_props(model, facts)
        try:
            self._onnx.checker.check_model(model, full_check=True)
        except Exception as error:  # whatever onnx finds
            raise refused("this graph", short(error, 300)) from error
        return model
