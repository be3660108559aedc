"""The writer: the nodes of a graph as the nodes of an ONNX model."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np

from ..files import short
from ..graph.names import NodeNames
from ..graph.nodes import Graph, Node
from .forms import FORMS, REASONS, written
from .free import Size, refused

VERSIONS = {"": 18, "ai.onnx.ml": 3}  # of the sets of ops; runtimes read them since 2023
IR = 8  # the version of the file format that belongs to these
LARGEST = 2 * 10**9  # bytes of the numbers in one file
TYPES = {"float": np.dtype("f4"), "double": np.dtype("f8"), "string": np.dtype(object)}  # with other names in NumPy


class Value:
    """A tensor of the model: its name and dtype. An operator writes a node."""

    def __init__(self, w: Any, name: str, dtype: Any) -> None:
        self.w, self.name, self.dtype = w, name, dtype


for _name in ["Add", "Sub", "Mul", "Truediv=Div", "Lt=Less", "Gt=Greater", "And", "Or", "Neg", "Invert=Not"]:
    _python, _, _kind = _name.partition("=")
    setattr(Value, f"__{_python.lower()}__", lambda *xs, kind=_kind or _python: xs[0].w.emit(kind, *xs))
    setattr(Value, f"__r{_python.lower()}__", lambda b, a, kind=_kind or _python: b.w.emit(kind, a, b))


class Writer:
    """The parts of a model. `w.Exp(x)` and the like write a node.

    narrow: whether float64 becomes float32.
    """

    def __init__(self, onnx: Any, narrow: bool) -> None:
        self._onnx, self._narrow, self._bytes = onnx, narrow, 0
        self._nodes: list[Any] = []
        self._numbers: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._taken: set[str] = set()  # names
        self._known: dict[Any, Value] = {}  # constants
        self._base, self._scope, self.batch = "t", "", Value(self, "", None)

    def unique(self, wanted: str) -> str:
        name = next(
            name for k in range(len(self._taken) + 1) if (name := f"{wanted}_{k}" if k else wanted) not in self._taken
        )
        self._taken.add(name)
        return name

    def of(self, dtype: Any) -> Any:
        """The dtype in the file."""
        dtype = np.dtype(dtype)
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
            self._type(array.dtype)
            self._known[key] = Value(self, name or self.unique("c"), array.dtype)
            self._numbers.append(self._onnx.numpy_helper.from_array(array, self._known[key].name))
        return self._known[key]

    def cast(self, x: Value, dtype: Any) -> Value:
        return (
            x
            if x.dtype == self.of(dtype)
            else self.emit("Cast", x, dtype=self.of(dtype), to=self._type(self.of(dtype)))
        )

    def _type(self, dtype: Any) -> int:
        try:
            return int(self._onnx.helper.np_dtype_to_tensor_dtype(dtype))
        except (KeyError, ValueError):
            raise refused(f"numbers of dtype {dtype}", "ONNX has no such type") from None

    def ints(self, *values: Any) -> Value:
        """A vector of whole numbers."""
        if Size.OTHER in values:
            raise TypeError("it needs a length that depends on the number of examples, and is not that number")
        if Size.BATCH not in values:
            return self.const(values, np.int64)
        return self.emit(
            "Concat", *[self.batch if x is Size.BATCH else self.const([x], np.int64) for x in values], axis=0
        )

    def __getattr__(self, kind: str) -> Any:
        return partial(self.emit, kind)

    def emit(self, kind: str, *inputs: Any, domain: str = "", dtype: Any = None, **attributes: Any) -> Value:
        """Write a node. Numbers among the inputs get the dtype of the last Value.

        dtype: that of the result, if the inputs do not tell.
        """
        like = [x.dtype for x in inputs if isinstance(x, Value)][-1]
        given = [x if isinstance(x, Value) else self.const(x, like) for x in inputs]
        schema = self._onnx.defs.get_schema(kind, VERSIONS[domain], domain)
        allowed = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
        types: dict[str, Any] = {}
        for k, x in enumerate(given):
            formal = schema.inputs[min(k, len(schema.inputs) - 1)].type_str
            types[formal] = x.dtype
            said = next((text for text, dtype in TYPES.items() if dtype == x.dtype), x.dtype.name)
            if f"tensor({said})" not in allowed.get(formal, [formal]):
                raise TypeError(f"ONNX has no {kind} of {x.dtype}")
        out = schema.outputs[0].type_str
        text = allowed.get(out, [out])[0][7:-1]
        dtype = dtype or types.get(out) or TYPES.get(text, text)
        made = Value(self, self.unique(f"{self._base}_{kind.lower()}"), np.dtype(dtype))
        about = {"doc_string": self._scope or None, "domain": domain}
        names = [x.name for x in given]
        self._nodes.append(self._onnx.helper.make_node(kind, names, [made.name], made.name, **about, **attributes))
        return made

    def called(self, x: Value, name: str) -> Value:
        """x under this name: the last node is renamed, or one is written."""
        if not self._nodes or self._nodes[-1].output[0] != x.name:
            x = self.emit("Identity", x)
        self._nodes[-1].output[0] = self._nodes[-1].name = x.name = name
        return x

    def input(self, name: str, dtype: Any, shape: Any) -> Value:
        x = Value(self, self.unique(name), self.of(dtype))
        self._inputs.append(self._info(x, shape))
        return x

    def output(self, x: Value, shape: Any) -> None:
        self._outputs.append(self._info(x, shape))

    def _info(self, x: Value, shape: Any) -> Any:
        dims = [n.value if isinstance(n, Size) else n for n in shape]
        return self._onnx.helper.make_tensor_value_info(x.name, self._type(x.dtype), dims)

    def graph(self, graph: Graph, given: list[Value]) -> list[Value]:
        """Write the nodes of a graph whose arguments are these Values; give its results."""
        names = NodeNames(Graph([*graph.outputs, *graph.arguments], graph.arguments))
        values: dict[Any, Value] = dict(zip(graph.arguments, given, strict=True))
        for node in graph.nodes():
            if node not in values:
                self._base = self.unique("c" if names.literal(node) else names.shown(node))
                self._scope = repr(node.scope) if node.scope else ""
                x = self._source(node) if node.op is None else self._written(node, values)
                values[node] = x if node.op is None else self.called(self.cast(x, node.dtype), self._base)
        return [values[x] for x in graph.outputs]

    def _source(self, node: Node) -> Value:
        value = getattr(node.value, "_data", node.value)
        if np.shape(value) == node.shape:
            return self.const(value, node.dtype, self._base)
        return self.Expand(self.const(value, node.dtype), self.ints(*node.shape))

    def _written(self, node: Node, values: dict[Any, Value]) -> Value:
        op: Any = node.op
        try:
            if op.name not in FORMS or not op.builtin:
                raise TypeError(
                    REASONS.get(op.name, "ONNX has no such op") if op.builtin else "it is an op of your own"
                )
            dtypes: Any = [None] * len(node.inputs)
            if type(op.forward) is np.ufunc and op.forward.signature is None:
                kinds = [x.dtype if isinstance(x, Node) else float if x is Size.BATCH else type(x) for x in node.inputs]
                dtypes = op.forward.resolve_dtypes((*kinds, *[None] * op.forward.nout))
            inputs = [self._input(x, values, d) for x, d in zip(node.inputs, dtypes, strict=False)]
            found: Value = written(self, node, FORMS[op.name], *inputs)
        except TypeError as error:
            took = ", ".join([f"{x.dtype}{x.shape}" if isinstance(x, Node) else repr(x) for x in node.inputs])
            raise refused(f"the op {op.name}({took})", str(error)) from error
        return found

    def _input(self, x: Any, values: dict[Any, Value], dtype: Any) -> Value:
        if isinstance(x, Size):
            self.ints(x)  # refuses another number
            return self.cast(self.Squeeze(self.batch), dtype or np.int64)
        x = values[x] if isinstance(x, Node) else self.const(x, dtype)
        return x if dtype is None else self.cast(x, dtype)

    def model(self, **facts: str) -> Any:
        """The checked model, without nodes that nothing needs. facts: its metadata."""
        helper, needed, kept = self._onnx.helper, {x.name for x in self._outputs}, []
        for node in self._nodes[::-1]:
            if node.output[0] in needed:
                kept.append(node)
                needed.update(node.input)
        numbers = [x for x in self._numbers if x.name in needed]
        graph = helper.make_graph(kept[::-1], "tinygraph", self._inputs, self._outputs, numbers)
        used = {"", *(node.domain for node in kept)}
        sets = [helper.make_opsetid(domain, version) for domain, version in VERSIONS.items() if domain in used]
        version = sys.modules[__package__.partition(".")[0]].__version__
        model = helper.make_model(
            graph, producer_name="tinygraph", producer_version=version, opset_imports=sets, ir_version=IR
        )
        helper.set_model_props(model, facts)
        try:
            self._onnx.checker.check_model(model, full_check=True)
        except Exception as error:  # whatever onnx finds, and names
            raise refused("this graph", short(error, 300)) from error
        return model
