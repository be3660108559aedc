"""Model: the base class of your own nets, with dotted names of Tensors, a state and a file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..arrays import Array, as_array, assign
from ..errors import hook
from ..files import is_safetensors, read_entries, short, write_entries
from ..frames import guarded
from ..modes import refuse_traced
from ..optim import check_state
from ..tape import free_variables
from ..tensor import Tensor, _set_data, forget_gradients, given_name

TABLE = "train/table"  # the entry that only files with the columns of a table have
FORMAT = 2  # of the files that save writes; format 1 had MLPs of the lesson's kind alone
# what their files do not say, and an MLP's defaults
LESSON: dict[str, Any] = {"hidden": "relu", "output": "sigmoid", "dropout": 0.0, "batch_norm": False}


class Parameters(dict[str, Tensor]):
    """Parameters by name; each is a leaf, because gradients and optimizers change only leaves."""

    def __setitem__(self, name: str, value: Any) -> None:
        if type(value) is not Tensor or value.op is not None:
            what = f"what {value.op} made" if type(value) is Tensor else f"a {type(value).__name__}"
            raise TypeError(f"parameters[{name!r}] is a leaf, got {what}: write parameters[{name!r}].data = its values")
        super().__setitem__(name, value)

    def __missing__(self, name: str) -> NoReturn:
        raise KeyError(f"there is no parameter {name!r} among {', '.join([*self][:8])}{', ...' * (len(self) > 8)}")

    def __call__(self) -> None:
        raise TypeError("parameters is a dict of Tensors by name: leave out the ()")

    def trained(self) -> dict[str, Tensor]:
        """Those that require a gradient, because the others are frozen."""
        return {name: p for name, p in self.items() if p._requires_grad}

    def __copy__(self) -> dict[str, Tensor]:
        return dict(self)


class Found(Parameters):
    """The parameters of a Model, found anew each time."""

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError(f"model.parameters is a new dict each time: assign to the model's attribute {name} instead")

    def __reduce__(self) -> Any:  # of deepcopy and pickle, which would assign the entries
        return dict, (dict(self),)


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

    if not TYPE_CHECKING:  # otherwise, checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property that failed: its own error comes again
                return object.__getattribute__(self, name)
            said = f"{type(self).__name__!r} object has no attribute {name!r}{hook('hint')(name, 'net')}"
            raise AttributeError(said, name=name, obj=self)

    def _entries(self) -> Iterable[tuple[Any, Any]]:
        """The names and values in which Tensors are searched."""
        return vars(self).items()

    def _tensors(self) -> dict[str, Tensor]:
        """All Tensors that belong to the model, by name."""
        tensors = [(".".join(path), x) for path, x in _parts(self) if type(x) is Tensor]
        own: dict[str, Tensor] = {}
        first: dict[Tensor, str] = {}  # a Tensor that is reached twice has its first name
        for name, t in tensors:
            if t.op is None and first.setdefault(t, name) == name and own.setdefault(name, t) is not t:
                raise ValueError(f"{self} has two Tensors of the name {name!r}: a key with a dot may be another's path")
        for name, t in tensors:
            trained = {x for x in free_variables(t, 1) if x._requires_grad} if t.op is not None else set()
            if trained and trained.isdisjoint(first):
                raise ValueError(
                    f"{name} of {self} is a result of {t.op}, and what it was made of does not belong to the model, so "
                    f"nothing would train it: make it a leaf with tg.Tensor({name}.data, requires_grad=True)"
                )
        for name, t in own.items():
            t._name = name if given_name(t) is None else t._name
        return own

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The Tensors that require a gradient, by name; a new dict each time."""
        return Found({name: t for name, t in self._tensors().items() if t._requires_grad})

    @guarded
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

    @guarded
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all arrays to the values that `state_dict()` returned.

        Raises ValueError if they do not fit this model; then nothing changes.
        """
        check_state(type(self).__name__.lower(), state)
        self.state_dict()  # raises an error if the model itself has become unsound
        arrays = {name: np.array(as_array(x, f"load_state_dict() of {name}")) for name, x in state.items()}
        self._set(f"load_state_dict() of {self}", arrays)

    def _set(self, where: str, arrays: dict[str, Array]) -> None:
        self._check(where, arrays)
        assign(map(_set_data, map(self._tensors().get, arrays), arrays.values()))

    def _wanted(self) -> tuple[str, dict[str, Any]]:
        """What asks for arrays, for errors, and the shape and dtype of each array by name."""
        return "the model asks", {name: (t.shape, t.dtype) for name, t in self._tensors().items()}

    def _check(self, where: str, arrays: Mapping[str, Array]) -> None:
        """Raise ValueError unless arrays of these names, shapes and dtypes belong to the model."""
        asks, wanted = self._wanted()
        for name, (shape, dtype) in wanted.items():
            if name not in arrays:
                raise ValueError(f"{where}: there is no {name}, which {asks} for")
            if arrays[name].shape != shape:
                raise ValueError(f"{where}: {name} has shape {arrays[name].shape}, {asks} for {shape}")
            if arrays[name].dtype != dtype:
                raise ValueError(f"{where}: {name} takes {dtype}, got {arrays[name].dtype}; cast with .astype()")
        if beyond := arrays.keys() - wanted.keys():
            raise ValueError(f"{where}: {asks} for no {', '.join(sorted(map(str, beyond)))}")

    def _description(self) -> dict[str, Any]:
        """What a file says of the kind of net, apart from its arrays."""
        return {}

    def _head(self) -> dict[str, Array]:
        """The descriptions of the model and of the Models in it, as entries of a file."""
        models = [(path, x) for path, x in _parts(self) if isinstance(x, Model)]
        return {".".join((*path, key)): np.asarray(x) for path, m in models for key, x in m._description().items()}

    @guarded
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all arrays to `path`, as .safetensors if it ends so (extra), otherwise as .npz.

        An older file is replaced whole or not at all.
        """
        state, head = self.state_dict(), {"format": np.array(FORMAT), **self._head()}
        if taken := head.keys() & state.keys():
            names = ", ".join(sorted(taken))
            raise ValueError(f"{self} cannot be saved: a Tensor has the name {names}, which the file needs itself")
        write_entries(path, head, state)

    @guarded
    def export(self, path: str | os.PathLike[str], *examples: Any) -> None:
        """Write the model to `path` as a Python module, which needs NumPy alone, with its weights.

        Large weights go to an .npz next to it, whose name the module holds; older files are
        replaced whole or not at all. The module of an MLP has `predict(X)` and, unless it answers
        numbers, `predict_proba(X)`, which are the MLP's own. Of another Model it has `predict`,
        which is the model in evaluation; `examples` are arrays of the shapes and dtypes that it is
        to take; their first or last axis may have any length if the lines for other lengths are the
        same, or differ in the length alone. Raises ValueError if the model needs more than NumPy.

        >>> import os, runpy, tempfile, numpy as np, tinygraph as tg
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tg.MLP([3, 4, 1], rng=0).export(os.path.join(folder, "model.py"))
        ...     module = runpy.run_path(os.path.join(folder, "model.py"))
        >>> module["predict"](np.ones((3, 5))).shape, module["predict_proba"](np.ones(3)).shape
        ((1, 5), (1,))
        """
        hook("export")(self, path, examples)

    @guarded
    def restore(self, path: str | os.PathLike[str]) -> None:
        """Set all arrays to those that `save` wrote to `path`, all or none.

        A .safetensors file of another library serves too if its names and shapes fit. Its numbers
        may be narrower than the model's, not wider. Raises ValueError if the file does not fit this
        model; nothing in the file is executed.
        """
        refuse_traced(f"{type(self).__name__.lower()}.restore()")
        self.state_dict()  # raises an error if the model itself has become unsound
        arrays, head = read_entries(path), self._head()
        if is_safetensors(path) and "format" not in arrays:  # of another library; narrower numbers are widened
            head, wanted = {}, self._wanted()[1]
            for name in arrays.keys() & wanted:
                arrays[name] = arrays[name].astype(np.promote_types(arrays[name].dtype, wanted[name][1]))
        else:
            arrays = checked_format(path, arrays)
        for key, here in head.items():
            there = arrays.pop(key, np.array("no such entry"))
            # another rate of dropout gives no array another meaning
            if not (key.endswith("dropout") or np.array_equal(there, here)):
                raise ValueError(f"{path} does not fit {self}: its {key} is {short(here)}, in the file {short(there)}")
        self._set(str(path), arrays)

    def __str__(self) -> str:
        return f"{type(self).__name__}()"

    def __repr__(self) -> str:
        """A table of the arrays: name, shape, dtype and number of entries."""
        rows, below = self._table()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n  ".join([str(self), *lines, below])

    def _repr_html_(self) -> Any:
        rows, below = self._table()
        return hook("html_table")([("name", "shape", "dtype", "entries"), *rows], [3], str(self), below)

    def _table(self) -> tuple[list[tuple[str, ...]], str]:
        tensors, rows = self._tensors(), list[tuple[str, ...]]()
        rows += [(short(name), str(t.shape), str(t.dtype), f"{t.size:,}") for name, t in tensors.items()]
        count, trained = (sum(t.size for t in tensors.values() if t._requires_grad in which) for which in ({0, 1}, {1}))
        size = sum(t._data.nbytes for t in tensors.values())
        return rows, f"{count:,} entries, {trained:,} of them trained, {size:,} bytes"


def _parts(x: Any, path: tuple[str, ...] = (), above: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The Tensors and Models in x and x itself, with the paths to them."""
    if any(x is y for y in above):
        raise ValueError(f"{'.'.join(path)} holds itself: a Model may not be one of its own parts")
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(x, (Tensor, Model)):
        yield path, x
    if isinstance(x, (Model, dict)):
        entries = x._entries() if isinstance(x, Model) else x.items()
    elif isinstance(x, (list, tuple, deque)):
        entries = enumerate(x)
    for key, value in entries:
        yield from _parts(value, (*path, str(key)), (*above, x))


def read_model(path: str | os.PathLike[str], with_table: bool = False) -> dict[str, Array]:
    """The entries of a file that `save` wrote, without its format.

    with_table: whether the file is to hold the columns of a table next to a net.
    """
    return checked_format(path, read_entries(path), with_table)


def checked_format(path: Any, arrays: dict[str, Array], with_table: bool = False) -> dict[str, Array]:
    """The entries of a file without its format, if that is one of these."""
    if "format" in arrays and (TABLE in arrays) != with_table:
        how = "alone: write tg.MLP.load(path)" if "layer_dims" in arrays else "alone: write your_model.restore(path)"
        raise ValueError(f"{path} holds a net {how if with_table else 'with its table: write tg.load(path)'}")
    if "format" not in arrays:
        where = "metadata 'tinygraph'; to read its arrays alone, make the net and write net.restore(path)"
        missing = where if is_safetensors(path) else "entry 'format'"
        raise ValueError(f"{path} is not a model of tinygraph: it has no {missing}")
    version = arrays.pop("format")
    if version.shape != () or version not in (1, FORMAT):
        said = f"this version of tinygraph reads formats 1 and {FORMAT}"
        raise ValueError(f"{path} has format {short(version, 50)}; {said}")
    return arrays if version == FORMAT else {key: np.asarray(x) for key, x in LESSON.items()} | arrays
