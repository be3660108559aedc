"""A TrainedModel as an ONNX model: raw values of a table in, labels and probabilities out."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from ..graph.nodes import Graph
from ..train.columns import Column
from ..train.trained import TrainedModel
from .free import Size
from .writer import Value, Writer

TEXT = np.dtype(object)


def of_table(w: Writer, model: TrainedModel, graph: Graph) -> Any:
    """The ONNX model; `graph` is that of the net."""
    columns, target = model.columns.columns, model.target
    if all(column.decimal for column in columns):
        rows = w.input("rows", float, (Size.BATCH, len(columns)))
        fill, mean, std = (w.const(x, float) for x in zip(*[(c.fill, c.mean, c.std) for c in columns], strict=True))
        X = w.Transpose((_filled(w, rows, fill) - mean) / std, perm=[1, 0])
    else:
        kinds = [float if column.decimal else TEXT for column in columns]
        given = [w.input(x.name or "column", kind, (Size.BATCH,)) for x, kind in zip(columns, kinds, strict=True)]
        X = w.Concat(*[_features(w, x, column) for x, column in zip(given, columns, strict=True)], axis=0)
    w.batch = cache(lambda: w.Slice(w.Shape(X), w.ints(1), w.ints(2)))
    AL: Any = w.graph(graph, [X])[0]
    about = {"columns": json.dumps(model.columns.names), "classes": json.dumps(model.classes)}
    if target.task == "numbers":
        answer = w.Squeeze(AL, w.ints(0)) * target.std + target.mean
        w.end(w.called(answer, w.unique("prediction")), (Size.BATCH,))
        return w.model(**about)
    shares = w.Transpose(AL if target.task == "classes" else w.Concat(1 - AL, AL, axis=0), perm=[1, 0])
    shares = w.called(shares, w.unique("probabilities"))
    unknown = w.IsNaN(w.ReduceSum(shares, w.ints(1), keepdims=0))
    place = w.Where(unknown, len(model.classes), w.ArgMax(shares, axis=1, keepdims=0))
    w.end(w.called(w.Gather(_labels(w, model.classes), place, axis=0), w.unique("label")), (Size.BATCH,))
    w.end(shares, (Size.BATCH, len(model.classes)))
    return w.model(**about)


def _features(w: Writer, x: Value, column: Column) -> Value:
    """The rows of X from an input of this column; nan for an unknown category."""
    if column.decimal:
        return w.Unsqueeze((_filled(w, x, column.fill) - column.mean) / column.std, w.ints(0))
    numbers = [*range(len(column.categories))]
    codes = dict(keys_strings=column.categories, values_int64s=numbers, default_int64=-1)
    code = w.Unsqueeze(w.LabelEncoder(x, domain="ai.onnx.ml", **codes), w.ints(0))
    is_there = w.cast(w.Equal(code, w.const(np.array(numbers)[:, np.newaxis])), float)
    return w.Where(code < 0, np.nan, is_there)


def _filled(w: Writer, x: Value, fill: Any) -> Any:
    """Numbers with `fill` in place of nan, and nan in place of infinity, which predict refuses."""
    return w.Where(w.IsNaN(x), fill, w.Where(w.Equal(w.Abs(x), np.inf), np.nan, x))


def _labels(w: Writer, classes: tuple[Any, ...]) -> Value:
    """The classes, and behind them the label of an unknown answer: "", -1 (or less) or nan."""
    if isinstance(classes[0], (str, bool)):
        return w.const([*map(str, classes), ""], TEXT)
    unknown = np.nan if float in map(type, classes) else -1 if -1 not in classes else min(classes) - 1
    return w.const([*classes, unknown])
