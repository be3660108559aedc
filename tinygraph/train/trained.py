"""TrainedModel: a net with the columns and the label of its table, as one file."""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import hook
from ..files import short, write_entries
from ..nn.mlp import MLP, OUTPUTS
from ..nn.model import FORMAT, TABLE, read_model
from .columns import TASKS, Column, Columns, Target

if TYPE_CHECKING:
    from ..nn.mlp import Hidden


OUTPUT_FOR = dict(zip(TASKS, OUTPUTS, strict=True))  # sigmoid, softmax, linear


class TrainedModel:
    """A net that takes the rows of a table, raw as they are there, and gives the table's labels.

    net: the Model, a tg.MLP. columns, target: how rows become its X, and AL the answers. classes:
    the labels of which it chooses, () for numbers.
    """

    def __init__(self, net: MLP, columns: Columns, target: Target) -> None:
        answers = len(target.classes) if target.task == "classes" else 1
        wanted = (len(columns.features), OUTPUT_FOR[target.task], answers)
        if (net.layer_dims[0], net.output, net.layer_dims[-1]) != wanted:
            raise ValueError(f"{target.task} need a net of n[0], output and n[L] {wanted}; got {net}")
        self.net, self.columns, self.target, self.classes = net, columns, target, target.classes

    def predict(self, rows: Any) -> Array:
        """The answers (m,) for rows of raw values: labels as in the table, or numbers.

        rows: a DataFrame, a dict of values or of columns, a list of dicts, a row in the order of
        `columns.names` or of the table's columns without the label, or a list or array of such
        rows. One row gives one answer, of shape (1,). Other columns may be there too. Raises
        ValueError for a column that is missing, and for values that do not fit.
        """
        return self.target.decode(self.outputs(rows))

    def predict_proba(self, rows: Any) -> Array:
        """The probabilities (m, classes) of the `classes`, in their order.

        Raises ValueError as `predict` does, and if the answers are numbers.
        """
        if self.target.task == "numbers":
            raise ValueError(f"{self} answers numbers, not classes: write predict(rows)")
        return self.target.proba(self.outputs(rows))

    def outputs(self, rows: Any) -> Array:
        """The net's AL for rows, from which the answers and the probabilities come."""
        X = self.columns.matrix(rows)
        return self.net.predict(X) if self.target.task == "numbers" else self.net.predict_proba(X)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to `path` for tg.load, as .safetensors if it ends so (extra), or as .npz.

        An older file is replaced whole or not at all.
        """
        columns = [_stored(column) for column in self.columns.columns]
        parts = {"columns": columns, "table": self.columns.table, "target": _stored(self.target._replace(said=()))}
        table = np.array(json.dumps(parts).encode())  # bytes, because NumPy's text takes four for a character
        head = {"format": np.array(FORMAT), **self.net._description(), TABLE: table}
        write_entries(path, head, self.net.state_dict())

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the model to `path` as a Python module, which needs NumPy alone, as `Model.export`.

        Its `predict` and `predict_proba` take a dict of raw values, a row in the order of
        `columns.names`, or a list or array of such rows, and give what the model gives.
        """
        hook("export")(self, path)

    def __repr__(self) -> str:
        what = f"{len(self.classes)} classes" if self.classes else "numbers"
        return f"TrainedModel({self.net}: {len(self.columns.columns)} columns -> {self.target.name}, {what})"


def load(path: str | os.PathLike[str], *, hidden: Hidden | None = None) -> TrainedModel:
    """Read the TrainedModel that `tinygraph train` or `save` wrote, executing nothing in it.

    hidden: as in MLP.load, if an activation is a function of your own. Raises ValueError for any
    other file.

    >>> import os, tempfile, tinygraph as tg
    >>> from tinygraph.train.columns import Column, Columns, Target
    >>> from tinygraph.train.trained import TrainedModel
    >>> columns, target = Columns((Column("age", "."),)), Target("ill", "two classes", ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.npz")
    ...     TrainedModel(tg.MLP([1, 3, 1], rng=0), columns, target).save(path)
    ...     model = tg.load(path)
    >>> model.predict({"age": 30}).tolist(), model.predict([[-30], [30]]).tolist()
    (['yes'], ['no', 'yes'])
    """
    arrays = read_model(path, with_table=True)
    try:
        parts = json.loads(arrays.pop(TABLE).tolist())
        columns = tuple([_restored(Column("", ""), x) for x in parts["columns"]])
        target = _restored(Target("", ""), parts["target"])
        net = MLP._of_entries(path, arrays, hidden)
        return TrainedModel(net, Columns(columns, tuple(map(str, parts["table"]))), target)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        what = short(error, 300) if isinstance(error, ValueError) else "its table is damaged"
        raise ValueError(what if what.startswith(str(path)) else f"{path}: {what}") from None


def _stored(x: Any) -> dict[str, Any]:
    """The values of a NamedTuple by name; defaults are left out, which of images are many."""
    return {name: value for name, value in x._asdict().items() if value != x._field_defaults.get(name)}


def _restored(example: Any, found: dict[str, Any]) -> Any:
    """A NamedTuple as the example, of values from a file, after a look at their types."""
    values = {name: tuple(x) if isinstance(x, list) else x for name, x in found.items()}
    for name, x in values.items():
        if type(x) is not type(getattr(example, name)) or (type(x) is float and not math.isfinite(x)):
            raise ValueError("its table is damaged")
    return type(example)(**values)
