"""tg.onnx: functions and nets as ONNX files, which onnxruntime and others run (extra `onnx`)."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np

from ..files import replacing
from ..graph.nodes import recorded_node
from ..graph.trace import Nodes
from ..nn.mlp import MLP
from ..tensor import Tensor
from .forms import FORMS, NARROW, OF_FLOATS
from .free import traced
from .writer import Writer


class Whole(Nodes):
    """Nodes in which an op that has a form is not taken apart."""

    def __init__(self, narrow: bool) -> None:
        super().__init__()
        self._wide = float if not narrow else None

    def _op(self, tensor: Tensor) -> Any:
        op: Any = tensor.op
        inputs = tensor.inputs
        keeps = op.builtin and op.name in FORMS
        if keeps and op.name in OF_FLOATS:
            keeps = all(type(x) is Tensor and x.dtype.kind == "f" for x in inputs)
            keeps = keeps and not (op.name in NARROW and tensor.dtype == self._wide)
            keeps = keeps and isinstance((tensor.options or {}).get("axis", 0), int)
        if not keeps:
            return super()._op(tensor)
        return recorded_node(tensor, tuple([self._known(x) if type(x) is Tensor else x for x in inputs]))


def save(
    f: Any,
    path: str | os.PathLike[str],
    *example_arguments: Any,
    examples: str | None = "columns",
    dtype: Any = None,
) -> None:
    """Write a function of arrays, a net or a TrainedModel to `path` as an ONNX file."""
    data = _model(f, example_arguments, examples, dtype).SerializeToString(deterministic=True)
    with replacing(path) as file:
        file.write(data)


def _model(f: Any, args: Any, examples: Any, dtype: Any) -> Any:
    try:
        import onnx
    except ImportError:
        raise ImportError('tg.onnx.save needs onnx: pip install "tinygraph[onnx]"') from None
    if dtype is not None and np.dtype(dtype) != np.float32:
        raise ValueError(
            f"tg.onnx.save(dtype=...) takes 'float32', or None for the dtypes of the function, got {dtype!r}"
        )
    w = Writer(onnx, dtype is not None)
    if isinstance(f, MLP) and not args:
        args = (np.zeros((f.layer_dims[0], 1), f.dtype),)
    if not callable(f):
        raise TypeError(f"tg.onnx.save takes a function, a Model or a TrainedModel, got {f!r}")
    graph, axis = traced(f, partial(Whole, dtype is not None), args, examples)
    given = [w.input(x.name or "x", x.dtype, x.shape) for x in graph.arguments]
    if axis is not None:
        x, node = next((x, node) for x, node in zip(given, graph.arguments, strict=True) if node.shape)
        w.batch = w.Gather(w.Shape(x), w.const([axis % len(node.shape)], np.int64), axis=0)
    for x, node in zip(w.graph(graph, given), graph.outputs, strict=True):
        w.output(x if node.kind == "op" else w.called(x, w.unique(x.name + "_out")), node.shape)
    return w.model()
