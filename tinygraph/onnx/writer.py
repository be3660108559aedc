"""The writer: the nodes of a graph as the nodes of an ONNX model."""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import Any

import numpy as np

from ..graph.names import NodeNames, result_names
from ..graph.nodes import Graph, Node
from .forms import FORMS, REASONS
from .free import Free, FreeArray, refused

OPSET, ML_OPSET, IR = 18, 3, 8  # read by runtimes since 2023
LARGEST = 2 * 10**9  # bytes of the numbers in one file
TEXT = np.dtype(object)  # of tensors of text
ENDS = {"add": "Add", "sub": "Sub", "mul": "Mul", "truediv": "Div", "lt": "Less", "gt": "Greater", "and": "And"}


class Value:
    """A tensor of the model by its name, with its dtype. Operators write nodes, as w.Add and so on do."""

    def __init__(self, w: Any, name: str, dtype: Any) -> None:
        self.w, self.name, self.dtype = w, name, dtype

    def __neg__(self) -> Any:
        return self.w.Neg(self)

    def __invert__(self) -> Any:
        return self.w.Not(self)


for _name, _kind in (ENDS | {"or": "Or"}).items():
    setattr(Value, f"__{_name}__", lambda a, b, kind=_kind: a.w.emit(kind, a, b))
    setattr(Value, f"__r{_name}__", lambda b, a, kind=_kind: b.w.emit(kind, a, b))


class Writer:
    """The nodes and numbers of a model. `w.Exp(x)` and the like write a node and give its Value.

    narrow: whether float64 becomes float32.
    """

    def __init__(self, onnx: Any, narrow: bool) -> None:
        self.onnx, self._narrow = onnx, narrow
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._taken: set[str] = set()
        self._known: dict[Any, Value] = {}
        self._bytes = 0
        self._base = "t"  # how the next names begin
        self._scope = ""
        self._m: Any = None  # the number of examples, of shape (1,)
        self.domains = {"": OPSET}

    # --- names, dtypes, numbers

    def unique(self, wanted: str) -> str:
        name, k = wanted or "t", 1
        while name in self._taken:
            name, k = f"{wanted or 't'}_{k}", k + 1
        self._taken.add(name)
        return name

    def of(self, dtype: Any) -> Any:
        """The dtype in the file."""
        dtype = np.dtype(dtype)
        return np.dtype(np.float32) if self._narrow and dtype == np.float64 else dtype

    def const(self, value: Any, dtype: Any = None, name: str = "") -> Value:
        """A constant of the file; equal small ones without a name are one."""
        array = np.asarray(value, dtype)
        array = array.astype(self.of(array.dtype))
        key = (array.dtype.str, array.shape, array.tobytes() if array.dtype != TEXT else (*array.flat,))
        if not name and key in self._known:
            return self._known[key]
        self._bytes += array.nbytes
        if self._bytes > LARGEST:
            raise refused(f"{self._bytes / 1e9:.1f} GB of numbers", "an ONNX file of one piece holds 2 GB")
        self._type(array.dtype, "a constant")
        made = Value(self, name or self.unique("c"), array.dtype)
        self.numbers.append(
            self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), made.name)
        )
        return made if name else self._known.setdefault(key, made)

    def cast(self, x: Value, dtype: Any) -> Value:
        dtype = self.of(dtype)
        return x if x.dtype == dtype else self.emit("Cast", x, to=self._type(dtype, "a result"))

    def _type(self, dtype: Any, what: str) -> int:
        try:
            return int(self.onnx.helper.np_dtype_to_tensor_dtype(dtype))
        except (KeyError, ValueError):
            raise refused(f"{what} of dtype {dtype}", "ONNX has no such type") from None

    def ints(self, values: Any) -> Value:
        """A vector of integers, which may depend on the number of examples."""
        if not any(isinstance(x, Free) for x in values):
            return self.const([*values], np.int64)
        parts = [self.number(x, np.int64) if isinstance(x, Free) else self.const([x], np.int64) for x in values]
        return parts[0] if len(parts) == 1 else self.emit("Concat", *parts, axis=0)

    def number(self, x: Any, dtype: Any) -> Value:
        """A number that may depend on the number of examples, of shape (1,) then and () otherwise."""
        if not isinstance(x, Free):
            return self.const(x, dtype)
        if x.scale is None or self._m is None:
            raise refused("a number that depends on the number of examples", "in another way than a m + b or a / m")
        m: Any = self.cast(self._m, dtype)
        y = m if x.scale == 1 and x.power == 1 else m * x.scale if x.power == 1 else x.scale / m
        return y + x.offset if x.offset else y

    # --- nodes

    def __getattr__(self, kind: str) -> Any:
        if not kind[0].isupper():
            raise AttributeError(kind)
        return partial(self.emit, kind)

    def emit(self, kind: str, *inputs: Any, domain: str = "", **attributes: Any) -> Value:
        """Write a node. Numbers among the inputs get the dtype of the last Value. None is left out."""
        likes = [x for x in inputs if isinstance(x, Value)]
        given = [self.const(x, likes[-1].dtype) if isinstance(x, (int, float)) else x for x in inputs]
        schema = self.onnx.defs.get_schema(kind, self.domains.setdefault(domain, ML_OPSET), domain)
        allowed = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
        types: dict[str, Any] = {}
        for k, x in enumerate(given):
            formal = schema.inputs[min(k, len(schema.inputs) - 1)].type_str
            if x is not None and _text(x.dtype) not in allowed.get(formal, [formal]):
                raise TypeError(f"ONNX has no {kind} of {x.dtype}")
            if x is not None:
                types[formal] = x.dtype
        out = schema.outputs[0].type_str
        dtype = types.get(out) or _dtype(allowed.get(out, [out])[0])
        if "to" in attributes:
            dtype = self.onnx.helper.tensor_dtype_to_np_dtype(attributes["to"])
        made = Value(self, self.unique(f"{self._base}_{kind.lower()}"), np.dtype(dtype))
        names = ["" if x is None else x.name for x in given]
        node = self.onnx.helper.make_node(
            kind, names, [made.name], made.name, self._scope or None, domain, **attributes
        )
        self.nodes.append(node)
        return made

    def called(self, x: Value, name: str) -> Value:
        """The Value under this name, which is not taken: the last node is renamed, or another one written."""
        last = self.nodes[-1] if self.nodes else None
        if last is None or last.output[0] != x.name or x.name in {value.name for value in self.outputs}:
            x = self.emit("Identity", x)
            last = self.nodes[-1]
        last.output[0] = last.name = x.name = name
        return x

    def input(self, name: str, dtype: Any, shape: Any) -> Value:
        x = Value(self, self.unique(name), self.of(dtype))
        self.inputs.append(self._info(x, shape))
        return x

    def output(self, x: Value, shape: Any) -> None:
        self.outputs.append(self._info(x, shape))

    def _info(self, x: Value, shape: Any) -> Any:
        dims = [("batch" if n == Free(1) else None) if isinstance(n, Free) else n for n in shape]
        return self.onnx.helper.make_tensor_value_info(x.name, self._type(x.dtype, x.name), dims)

    def examples(self, x: Value, axis: int) -> None:
        """Take the number of examples from this axis of an input."""
        self._base = "batch"
        self._m = self.Gather(self.Shape(x), self.const([axis], np.int64), axis=0)

    # --- a graph

    def graph(self, graph: Graph, given: list[Value]) -> list[Value]:
        """Write the nodes of a graph whose arguments are these Values; give its results."""
        names = NodeNames(Graph([*graph.outputs, *graph.arguments], graph.arguments))
        self.values = values = dict(zip(graph.arguments, given, strict=True))
        for node in graph.nodes():
            if node in values:
                continue
            literal = names.literal(node)
            name = "" if literal else self.unique(names.shown(node))
            self._base, self._scope = name or "c", repr(node.scope) if node.scope else ""
            if node.op is None:
                values[node] = self._source(node, name)
                continue
            x = self._written(node, values)
            values[node] = self.called(self.cast(x, node.dtype), name)
        return [values[x] for x in graph.outputs]

    def _source(self, node: Node, name: str) -> Value:
        value = node.value
        if not isinstance(value, FreeArray):
            return self.const(getattr(value, "_data", value), node.dtype, name)
        if value.number is not None:
            return self.Expand(self.number(value.number, node.dtype), self.ints(value.shape))
        return self.cast(self.counted(value.shape), node.dtype)

    def counted(self, shape: Any) -> Value:
        """The numbers 0, 1, 2 ... in this shape."""
        if not any(isinstance(n, Free) for n in shape):
            return self.const(np.arange(math.prod(shape)).reshape(shape), np.int64)
        ends = self.const(0, np.int64), self.ReduceProd(self.ints(shape), keepdims=0), self.const(1, np.int64)
        return self.Reshape(self.Range(*ends), self.ints(shape))

    def _written(self, node: Node, values: dict[Any, Value]) -> Value:
        op: Any = node.op
        form = FORMS.get(op.name) if op.builtin else None
        if form is None:
            own = "it is an op of your own: write it in NumPy's functions of Tensors, without float() or .data"
            raise refused(_called(node), REASONS.get(op.name, "ONNX has no such op") if op.builtin else own)
        dtypes: Any = [None] * len(node.inputs)
        try:
            if type(op.forward) is np.ufunc and op.forward.signature is None:
                kinds = [x.dtype if isinstance(x, Node) else type(x) for x in node.inputs]
                dtypes = op.forward.resolve_dtypes((*kinds, *[None] * op.forward.nout))[: len(kinds)]
            inputs = [self._input(x, values, d) for x, d in zip(node.inputs, dtypes, strict=True)]
            found: Value = form(self, node, *inputs)
        except TypeError as error:
            raise refused(_called(node), str(error)) from error
        return found

    def _input(self, x: Any, values: dict[Any, Value], dtype: Any) -> Value:
        if isinstance(x, Node):
            return values[x] if dtype is None else self.cast(values[x], dtype)
        if isinstance(x, Free):
            return self.number(x, dtype or np.float64)
        return self.const(x, dtype)

    def model(self) -> Any:
        """The checked model, without the nodes that nothing needs."""
        helper, needed, kept = self.onnx.helper, {x.name for x in self.outputs}, []
        for node in self.nodes[::-1]:
            if node.output[0] in needed:
                kept.append(node)
                needed.update(node.input)
        numbers = [x for x in self.numbers if x.name in needed]
        graph = helper.make_graph(kept[::-1], "tinygraph", self.inputs, self.outputs, numbers)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.domains.items()]
        version = sys.modules[__package__.partition(".")[0]].__version__
        facts: Any = {"producer_name": "tinygraph", "producer_version": version, "ir_version": IR}
        model = helper.make_model(graph, opset_imports=opsets, **facts)
        self.onnx.checker.check_model(model, full_check=True)
        return model


def _called(node: Node) -> str:
    given = ", ".join(f"{x.dtype}{x.shape}" if isinstance(x, Node) else repr(x) for x in node.inputs)
    return f"the op {node.op.name}({given})"


def _text(dtype: Any) -> str:
    """A dtype as ONNX's schemas write it."""
    name = "string" if dtype == TEXT else dtype.name
    return f"tensor({dict(float32='float', float64='double').get(name, name)})"


def _dtype(text: str) -> Any:
    name = text[7:-1]
    return dict(float=np.float32, double=np.float64, string=object).get(name, name)
