"""Model: a net of one's own, whose Tensors have dotted names; its state and its file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..arrays import Array, as_array
from ..files import read_arrays, short, write_arrays
from ..modes import refuse_traced
from ..tensor import Tensor, _set_data, forget_gradients

TABLE = "train/table"  # the entry that only files with the columns of a table have
FORMAT = 2  # of the files that save writes; format 1 had MLPs of the lesson's kind alone


class Model:
    """The base class of a net of one's own; it collects the net's Tensors by name.

    Attributes that are Tensors or Models belong to it, and so do those in lists, tuples and dicts.
    A name is the path to the Tensor, such as "layers.0.W". A Tensor that is reached twice has its
    first name, and takes it as its own if it has none. Results of ops do not belong to a Model. A
    Model that holds itself is a ValueError.

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
        found: dict[int, tuple[str, Tensor]] = {}
        _find(self, "", [], found)
        names = [name for name, _ in found.values()]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{self} has two Tensors of the name {twice!r}: a key with a dot may be another's path")
        for name, t in found.values():
            t._name = name if t._name is None else t._name
        return dict(found.values())

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The Tensors that require a gradient, by name; a new dict each time."""
        return {name: t for name, t in self._tensors().items() if t._requires_grad}

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
                    f"{where}: its parameters are {x.dtype}, got {arrays[name].dtype}; cast with .astype()"
                )
        tensors = self._tensors()
        list(map(_set_data, map(tensors.get, arrays), arrays.values()))  # in C: all or nothing

    def _check(self, where: str, arrays: dict[str, Array]) -> None:
        """Raise ValueError unless arrays of these names and shapes belong to the model."""
        shapes = {name: t.shape for name, t in self._tensors().items()}
        check_entries(where, arrays, shapes, "the model asks", "the model asks")

    def _description(self) -> dict[str, Any]:
        """The entries of a file that say what kind of net it is of."""
        return {}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all arrays to `path` (.npz); an older file is replaced whole or not at all."""
        state = self.state_dict()
        head = {"format": np.array(FORMAT), **self._description()}
        if not head.keys().isdisjoint(state):
            raise ValueError(f"{self} cannot be saved: {', '.join(head.keys() & state.keys())} is a name of the file's")
        write_arrays(path, head | state)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Set all arrays to those that `save` wrote to `path`, all or none.

        Raises ValueError if the file does not fit this model; nothing in the file is executed.
        """
        refuse_traced(f"{type(self).__name__.lower()}.restore()")
        arrays = read_model(path)
        for key, value in self._description().items():
            if key in arrays and not np.array_equal(arrays[key], value):
                raise ValueError(f"{path} is of a net with {key} {short(arrays[key])}, and this one has {short(value)}")
            arrays.pop(key, None)
        self._set(str(path), arrays)

    def __str__(self) -> str:
        return f"{type(self).__name__}()"

    def __repr__(self) -> str:
        """A table of the arrays: name, shape, dtype and number of entries."""
        tensors = self._tensors()
        rows = [(name, str(t.shape), str(t.dtype), f"{t.size:,}") for name, t in tensors.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        count, trained = (sum(t.size for t in x.values()) for x in (tensors, self.parameters))
        size = sum(t._data.nbytes for t in tensors.values())
        lines.append(f"{count:,} entries, {trained:,} of them trained, {size:,} bytes")
        return "\n  ".join([str(self), *lines])


def _find(x: Any, path: str, above: list[Any], found: dict[int, tuple[str, Tensor]]) -> None:
    """Add the leaves in x to `found`, each under its first path."""
    if type(x) is Tensor:
        if x.op is None:
            found.setdefault(id(x), (path, x))
        return
    if not isinstance(x, (Model, list, tuple, dict)):
        return
    if any(x is y for y in above):
        raise ValueError(f"{path} holds itself: a Model may not be one of its own parts")
    entries = x._entries() if isinstance(x, Model) else x.items() if isinstance(x, dict) else enumerate(x)
    for key, value in entries:
        _find(value, f"{path}.{key}" if path else str(key), [*above, x], found)


def check_entries(
    where: Any, arrays: Mapping[str, Array], shapes: dict[str, Any], asks: str, whole: str, others: bool = False
) -> None:
    """Raise ValueError unless the arrays have these names and shapes.

    asks, whole: what asks for them, as the errors say it in short and in whole.
    others: whether there may be arrays of other names too.
    """
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{where}: there is no {name}, which {whole} for")
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
        raise ValueError(
            f"{path} has format {short(version, 50)}; this version of tinygraph reads formats 1 and {FORMAT}"
        )
    return arrays
