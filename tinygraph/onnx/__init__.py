"""tg.onnx: functions and nets as ONNX files, which onnxruntime and others run (extra `onnx`)."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import Any

import numpy as np

from ..errors import hook
from ..files import replacing
from ..graph.nodes import recorded_node
from ..graph.trace import Nodes
from ..nn.mlp import MLP
from ..nn.model import Model
from ..tensor import Tensor
from ..train.trained import TrainedModel
from .forms import STARS
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
        inputs, stars = tensor.inputs, STARS.get(op.name) if op.builtin else None
        if stars:
            floats = all(type(x) is Tensor and x.dtype.kind == "f" for x in inputs)
            fits = floats and isinstance((tensor.options or {}).get("axis", 0), int)
            stars = None if not fits or (stars == 2 and tensor.dtype == self._wide) else stars
        if stars is None:
            return super()._op(tensor)
        return recorded_node(tensor, tuple([self._known(x) if type(x) is Tensor else x for x in inputs]))


def save(
    f: Any, path: str | os.PathLike[str], *example_arguments: Any, examples: str | None = "columns", dtype: Any = None
) -> None:
    """Write a function of arrays, a net or a TrainedModel to `path` as an ONNX file (extra `onnx`).

    f: it is traced in evaluation, and may use any op that ONNX can say; docs/onnx.md lists the
    others. Its parameters are part of the file. A TrainedModel takes the raw values of its columns.
    example_arguments: arrays of the shapes and dtypes that f takes; a tg.MLP and a TrainedModel
    need none. examples: the axis of the examples, whose number the file leaves free: "columns" for
    the last axis, "rows" for the first, None for the shapes of the example arguments alone. dtype:
    "float32" makes float32 of all float64.

    Names are those of the graph: parameters of f, names of Tensors, y for a nameless result. The
    same graph gives the same bytes. Raises ValueError for what ONNX cannot say, with the op and the
    reason, before anything is written.

    >>> import tinygraph as tg
    >>> tg.onnx.save(tg.MLP([3, 4, 1]), "net.onnx", dtype="float16")
    Traceback (most recent call last):
    ValueError: tg.onnx.save(dtype=...) takes 'float32' or None, for the function's dtypes; got 'float16'
    """
    data = _model(f, example_arguments, examples, dtype).SerializeToString(deterministic=True)
    with replacing(path) as file:
        file.write(data)


def _model(f: Any, args: Any, examples: str | None, dtype: Any) -> Any:
    """The ONNX model."""
    net = f.net if isinstance(f, TrainedModel) else f
    if not callable(net):
        got = f"{f!r:.80}" + "; of a fitted estimator, give the net: classifier.net_" * hasattr(f, "fit")
        raise TypeError(f"tg.onnx.save takes a function, a Model with __call__ or a TrainedModel, got {got}")
    owner = getattr(f, "__self__", None)
    if (isinstance(owner, (MLP, TrainedModel)) or hasattr(owner, "net_")) and f.__name__.startswith("predict"):
        written = "classifier.net_" if hasattr(owner, "net_") else "net"
        raise TypeError(f"tg.onnx.save takes the net itself, not its {f.__name__}: write tg.onnx.save({written}, path)")
    if net is not f and args:
        raise TypeError("tg.onnx.save of a TrainedModel takes no example arguments: its columns tell the shapes")
    if not args and not isinstance(net, MLP):
        name = getattr(f, "__name__", "net")
        raise TypeError(f"tg.onnx.save takes arrays that tell the shapes: write tg.onnx.save({name}, path, X)")
    if dtype not in (None, "float32", np.float32, np.dtype(np.float32)):
        raise ValueError(f"tg.onnx.save(dtype=...) takes 'float32' or None, for the function's dtypes; got {dtype!r}")
    if not args and examples != "columns":
        raise ValueError(f"an MLP takes its examples as columns, a table as rows: leave out examples={examples!r}")
    try:
        import onnx
    except ImportError:
        raise ImportError('tg.onnx.save needs onnx: pip install ".[onnx]"') from None
    w = Writer(onnx, dtype is not None)
    if isinstance(net, Model):
        net._tensors()  # which names them
    if not args:
        args = (np.zeros((net.layer_dims[0], 1), net.dtype if net is f else float),)
    graph, axis = traced(net, partial(Whole, dtype is not None), args, examples)
    if isinstance(f, TrainedModel):
        return of_table(w, f, graph)
    given = [w.input(x.name or "x", x.dtype, x.shape) for x in graph.arguments]
    if axis is not None:
        x, node = next((x, node) for x, node in zip(given, graph.arguments, strict=True) if node.shape)
        w.batch = cache(lambda: w.Gather(w.Shape(x), w.ints(axis % len(node.shape)), axis=0))
    results = w.graph(graph, given)
    for k, (x, node) in enumerate(zip(results, graph.outputs, strict=True)):
        is_new = node.kind == "op" and x not in results[:k]
        w.end(x if is_new else w.called(w.Identity(x), w.unique(f"{x.name}_out")), node.shape)
    return w.model()


def __getattr__(name: str) -> object:
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hook('hint')(name, 'tg.onnx')}", name=name)
