"""Model: the base class of your own nets, with dotted names of Tensors, a state and a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..arrays import Array, as_array
from ..files import read_arrays, short, write_arrays
from ..modes import refuse_traced
from ..tape import free_variables
from ..tensor import Tensor, _set_data, forget_gradients

TABLE = "train/table"  # the entry that only files with the columns of a table have
FORMAT = 2  # of the files that save writes; format 1 had MLPs of the lesson's kind alone


class Parameters(dict[str, Tensor]):
    """Parameters by name; each is a leaf, because gradients and optimizers change only leaves."""

    def __setitem__(self, name: str, value: Any) -> None:
        if type(value) is not Tensor or value.op is not None:
            what = f"what {value.op} made" if type(value) is Tensor else f"a {type(value).__name__}"
            raise TypeError(f"parameters[{name!r}] is a leaf, got {what}: write parameters[{name!r}].data = its values")
        super().__setitem__(name, value)

    def __call__(self) -> None:
        raise TypeError("parameters is a dict of Tensors by name: leave out the ()")

    def __copy__(self) -> dict[str, Tensor]:
        return dict(self)


class Found(Parameters):
    """The parameters of a Model, found anew each time."""

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError(f"model.parameters is a new dict each time: assign to the model's attribute {name} instead")


class Model:
    """The base class of your own nets; it collects the net's Tensors by name.

    Attributes that are Tensors or Models belong to it, and so do those in lists, tuples and dicts.
    A name is the path to the Tensor, such as "layers.0.W". A Tensor that is reached twice has its
    first name, and takes it as its own if it has none. Results of ops do not belong to a Model; one
    of Tensors that do not either is an error, because nothing would train them. A Model that holds
    itself is a ValueError.

    >>> import numpy as np, tinygraph as tg
    >>> class Line(tg.Model):
    ...     def __init__(self):
    ...         self.slope = tg.Tensor([[2.0]], requires_grad=True)
    ...         self.bias = tg.Tensor([[0.5]], requires_grad=True)
    ...     def __call__(self, x):
    ...         return self.slope @ x + self.bias
    >>> line = Line()
    >>> tg.mean_squared_error(line(np.ones((1, 3))), np.zeros((1, 3))).backward()
    >>> tg.optim.SGD(line, learning_rate=0.1).step()
    >>> line
    Line()
      slope  (1, 1)  float64  1
      bias   (1, 1)  float64  1
      2 entries, 2 of them trained, 16 bytes
    """

    def _entries(self) -> Iterable[tuple[Any, Any]]:
        """The names and values in which Tensors are searched."""
        return vars(self).items()

    def _tensors(self) -> dict[str, Tensor]:
        """All Tensors that belong to the model, by name."""
        leaves, results, _ = self._parts()
        names = [name for name, _ in leaves]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{self} has two Tensors of the name {twice!r}: a key with a dot may be another's path")
        own = {id(t) for _, t in leaves}
        for path, t in results:
            trained = {id(x) for x in free_variables(t, 1) if x._requires_grad}
            if trained and own.isdisjoint(trained):
                raise ValueError(
                    f"{path} of {self} is a result of {t.op}, and what it was made of does not belong to the model, so "
                    f"nothing would train it: make it a leaf with tg.Tensor({path}.data, requires_grad=True)"
                )
        for name, t in leaves:
            t._name = name if t._name is None else t._name
        return dict(leaves)

    def _parts(self) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]], list[tuple[str, Any]]]:
        """The leaves, the results of ops that require a gradient, and the Models, with their paths."""
        leaves: dict[int, tuple[str, Any]] = {}
        results: list[tuple[str, Any]] = []
        models: list[tuple[str, Any]] = []

        def find(x: Any, path: str, above: list[Any]) -> None:
            if type(x) is Tensor:
                if x.op is None:
                    leaves.setdefault(id(x), (path, x))
                elif x._requires_grad:
                    results.append((path, x))
            elif isinstance(x, (Model, list, tuple, dict)):
                if any(x is y for y in above):
                    raise ValueError(f"{path} holds itself: a Model may not be one of its own parts")
                models.extend([(f"{path}." if path else "", x)] if isinstance(x, Model) else [])
                entries = x._entries() if isinstance(x, Model) else x.items() if isinstance(x, dict) else enumerate(x)
                for key, value in entries:
                    find(value, f"{path}.{key}" if path else str(key), [*above, x])

        find(self, "", [])
        return [*leaves.values()], results, models

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The Tensors that require a gradient, by name; a new dict each time."""
        return Found({name: t for name, t in self._tensors().items() if t._requires_grad})

    def zero_grad(self) -> None:
        """Set `.grad` of every parameter to None."""
        forget_gradients(self.parameters.values())

    def state_dict(self) -> dict[str, Array]:
        """C-contiguous copies of all arrays by name, for np.savez, safetensors and the like.

        Those of Tensors without a gradient are there too, such as the running statistics of
        batch norm.

        >>> import tinygraph as tg
        >>> {name: array.shape for name, array in tg.MLP([3, 4, 1]).state_dict().items()}
        {'W1': (4, 3), 'b1': (4, 1), 'W2': (1, 4), 'b2': (1, 1)}
        """
        state = {name: np.array(t._data, order="C") for name, t in self._tensors().items()}
        self._check(str(self), state)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all arrays to the values that `state_dict()` returned.

        Raises ValueError if they do not fit this model; then nothing changes.
        """
        refuse_traced(f"{type(self).__name__.lower()}.load_state_dict()")
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict() takes the dict that state_dict() gave, got {type(state).__name__}")
        self._set(f"load_state_dict() of {self}", state)

    def _set(self, where: str, state: Mapping[str, Any]) -> None:
        own = self.state_dict()
        arrays = {name: np.array(as_array(x, f"{where.split(' of ')[0]} of {name}")) for name, x in state.items()}
        self._check(where, arrays)
        for name, x in own.items():
            if x.dtype != arrays[name].dtype:
                raise ValueError(
                    f"{where}, {name}: its parameters are {x.dtype}, got {arrays[name].dtype}; cast with .astype()"
                )
        tensors = self._tensors()
        list(map(_set_data, map(tensors.get, arrays), arrays.values()))  # in C: all or nothing

    def _check(self, where: str, arrays: dict[str, Array]) -> None:
        """Raise ValueError unless arrays of these names and shapes belong to the model."""
        shapes = {name: t.shape for name, t in self._tensors().items()}
        check_entries(where, arrays, shapes, "the model asks")

    def _description(self) -> dict[str, Any]:
        """The entries of a file that say what kind of net it is of."""
        return {}

    def _head(self) -> dict[str, Any]:
        """The descriptions of the model and of the Models in it."""
        return {f"{path}{key}": x for path, model in self._parts()[2] for key, x in model._description().items()}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all arrays to `path` (.npz); an older file is replaced whole or not at all."""
        state = self.state_dict()
        head = {"format": np.array(FORMAT), **self._head()}
        if not head.keys().isdisjoint(state):
            taken = ", ".join(sorted(head.keys() & state.keys()))
            raise ValueError(f"{self} cannot be saved: a Tensor has the name {taken}, which the file needs itself")
        write_arrays(path, head | state)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Set all arrays to those that `save` wrote to `path`, all or none.

        Raises ValueError if the file does not fit this model; nothing in the file is executed.
        """
        refuse_traced(f"{type(self).__name__.lower()}.restore()")
        arrays = read_model(path)
        for key, here in self._head().items():
            there = arrays.pop(key, None)
            # another rate of dropout gives no array another meaning
            if not (key.endswith("dropout") or (there is not None and np.array_equal(there, here))):
                found = "no such entry" if there is None else short(there)
                raise ValueError(f"{path} does not fit {self}: its {key} is {short(here)}, in the file {found}")
        for key in [key for key, x in arrays.items() if x.dtype.kind in "US"]:
            raise ValueError(f"{path} does not fit {self}: its entry {key} is of an MLP that the model lacks")
        self._set(str(path), arrays)

    def __str__(self) -> str:
        return f"{type(self).__name__}()"

    def __repr__(self) -> str:
        """A table of the arrays: name, shape, dtype and number of entries."""
        tensors = self._tensors()
        rows = [(name, str(t.shape), str(t.dtype), f"{t.size:,}") for name, t in tensors.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        count, trained = (sum(t.size for t in tensors.values() if t._requires_grad in which) for which in ({0, 1}, {1}))
        size = sum(t._data.nbytes for t in tensors.values())
        lines.append(f"{count:,} entries, {trained:,} of them trained, {size:,} bytes")
        return "\n  ".join([str(self), *lines])


def check_entries(
    where: Any, arrays: Mapping[str, Array], shapes: dict[str, Any], asks: str, others: bool = False
) -> None:
    """Raise ValueError unless the arrays have these names and shapes.

    asks: the words of the errors. others: whether there may be arrays of other names too.
    """
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{where}: there is no {name}, which {asks} for")
        if arrays[name].shape != shape:
            raise ValueError(f"{where}: {name} has shape {arrays[name].shape}, {asks} for {shape}")
    beyond = arrays.keys() - shapes.keys()
    if beyond and not others:
        raise ValueError(f"{where}: {asks} for no {', '.join(sorted(map(str, beyond)))}")


def read_model(path: str | os.PathLike[str], with_table: bool = False) -> dict[str, Array]:
    """The entries of a file that `save` wrote, without its format.

    with_table: whether the file is to hold the columns of a table next to a net.
    """
    arrays = read_arrays(path)
    if "format" in arrays and (TABLE in arrays) != with_table:
        what = "a net alone: write tg.MLP.load(path)" if with_table else "a net with its table: write tg.load(path)"
        raise ValueError(f"{path} holds {what}")
    if "format" not in arrays:
        raise ValueError(f"{path} is not a model of tinygraph: it has no entry 'format'")
    version = arrays.pop("format")
    if version.shape != () or version not in (1, FORMAT):
        said = f"this version of tinygraph reads formats 1 and {FORMAT}"
        raise ValueError(f"{path} has format {short(version, 50)}; {said}")
    if version == 1:
        hidden = ["relu"] * (np.size(arrays.get("layer_dims", ())) - 2)
        lesson: dict[str, Any] = {
            "hidden": np.array(hidden, "U"),
            "output": "sigmoid",
            "dropout": 0,
            "batch_norm": False,
        }
        arrays = {key: np.asarray(x) for key, x in lesson.items()} | arrays
    return arrays
