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
from ..nn.model import Model
from ..tensor import Tensor
from ..train.trained import TrainedModel
from .forms import FORMS, NARROW, OF_FLOATS
from .free import traced
from .table import of_table
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
    f: Any, path: str | os.PathLike[str], *example_arguments: Any, examples: str | None = "columns", dtype: Any = None
) -> None:
    """Write a function of arrays, a net or a TrainedModel to `path` as an ONNX file.

    The example arguments give shapes and dtypes; an MLP and a TrainedModel need none.
    """
    data = _model(f, example_arguments, examples, dtype).SerializeToString(deterministic=True)
    with replacing(path) as file:
        file.write(data)


def _model(f: Any, args: Any, examples: str | None, dtype: Any) -> Any:
    try:
        import onnx
    except ImportError:
        raise ImportError('tg.onnx.save needs onnx: pip install "tinygraph[onnx]"') from None
    if not callable(f) and not isinstance(f, TrainedModel):
        raise TypeError(f"tg.onnx.save takes a function, a Model with __call__ or a TrainedModel, got {f!r:.80}")
    if dtype is not None and np.dtype(dtype) != np.float32:
        raise ValueError(
            f"tg.onnx.save(dtype=...) takes 'float32' or None, for the function's own dtypes; got {dtype!r}"
        )
    if isinstance(f, (MLP, TrainedModel)) == bool(args):
        wanted = "no example arguments" if args else "example arguments: tg.onnx.save(f, path, X)"
        raise TypeError(f"tg.onnx.save of {f!r:.80} takes {wanted}")
    w = Writer(onnx, dtype is not None)
    kinds = partial(Whole, dtype is not None)
    net = f.net if isinstance(f, TrainedModel) else f
    if isinstance(net, Model):
        net._tensors()  # which names them
    if isinstance(net, MLP):
        args, examples = (np.zeros((net.layer_dims[0], 1), net.dtype if net is f else float),), "columns"
    graph, axis = traced(net, kinds, args, examples)
    if isinstance(f, TrainedModel):
        return of_table(w, f, graph)
    given = [w.input(x.name or "x", x.dtype, x.shape) for x in graph.arguments]
    if axis is not None:
        x, node = next((x, node) for x, node in zip(given, graph.arguments, strict=True) if node.shape)
        w.batch = w.Gather(w.Shape(x), w.const([axis % len(node.shape)], np.int64), axis=0)
    results = w.graph(graph, given)
    for k, (x, node) in enumerate(zip(results, graph.outputs, strict=True)):
        is_new = node.kind == "op" and x not in results[:k]
        w.end(x if is_new else w.called(w.Identity(x), w.unique(f"{x.name}_out")), node.shape)
    return w.model()
