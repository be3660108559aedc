"""MLP: [LINEAR -> activation] x (L-1) -> LINEAR -> output; as the default, the lesson's network.

Examples are columns. Shapes: X (n[0], m), W[l] (n[l], n[l-1]), b[l] (n[l], 1), AL (n[L], m).
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from .. import ops
from ..arrays import Array, as_array
from ..files import short
from ..modes import no_grad, scope, tracing
from ..ops import linear, matmul, sigmoid, softmax
from ..ops.composed import log_loss, logistic_loss
from ..tensor import Tensor, constant
from .costs import cross_entropy, mean_squared_error, softmax_cross_entropy
from .layers import Stage, batch_norm, dropout, evaluating, probability, stage, trains
from .model import Model, Parameters, check_entries, read_model

if TYPE_CHECKING:
    from ..ops.signatures import DTypeLike, Operand, Seed

Init: TypeAlias = Literal["he", "xavier", "lecun"] | float
Activation: TypeAlias = str | Callable[[Tensor], Any]
Hidden: TypeAlias = Activation | Sequence[Activation]

ACTIVATIONS = {op.name: op for op in (ops.relu, ops.leaky_relu, ops.tanh, sigmoid, ops.elu, ops.gelu, ops.silu)}
OUTPUTS = {"sigmoid": sigmoid, "softmax": partial(softmax, axis=0), "linear": None}
COSTS = {"sigmoid": cross_entropy, "softmax": softmax_cross_entropy, "linear": mean_squared_error}
FIXED = ("layer_dims", "hidden", "output", "dropout", "batch_norm")
STATISTICS = ("mean", "var")  # the beginnings of the names of running statistics
HABITS = {
    "forward": "; write mlp(X)",
    "fit": "; write step = tg.compile(cost, optimizer=...), and call it in a loop",
}

# the lesson's equations for the gradients of W, A and b; Z = W @ A + b is its (4)
LINEAR_GRADIENTS = ("(8)", "(10)", "(9)")


def is_activation(tensor: Tensor) -> bool:
    """Whether a result of Z gives Z's gradient by the lesson's (11), dA * g'(Z)."""
    op: Any = tensor.op
    return op in (log_loss, logistic_loss) or (op.elementwise and op.arity == 1)


# He et al. 2015, eq. (10); Glorot and Bengio 2010, eq. (12); LeCun et al. 1998, eq. (16)
INITS = {
    "he": lambda W, n, n_prev: W * np.sqrt(2.0 / n_prev),
    "xavier": lambda W, n, n_prev: W * np.sqrt(2.0 / (n + n_prev)),
    "lecun": lambda W, n, n_prev: W / np.sqrt(n_prev),  # divided, as in the course, to get the same last digit
}


class MLP(Model):
    """A network of L layers; as the default, the lesson's for two classes.

    Its parameters are W1, b1, ..., WL, bL; with batch norm, gamma[l] and beta[l] in place of b[l] in
    the hidden layers.

    layer_dims: the sizes n[0], ..., n[L]; MLP([n_x, n_h, 1]) is the two-layer network.
    hidden: the activation of the hidden layers, one for all or one for each: "relu", "leaky_relu",
    "tanh", "sigmoid", "elu", "gelu", "silu" or a function of a Tensor.
    output: "sigmoid" for two classes, "softmax" for n[L] classes, "linear" for numbers.
    dropout: the probability to drop an entry of a hidden layer's result, while the net trains.
    batch_norm: whether the hidden layers normalise Z over the examples.
    init: "he", "xavier", "lecun" (standard normal / sqrt(n[l-1])), or a factor for a standard
    normal, such as the lesson's 0.01. b starts at zero.
    rng: a seed, a NumPy Generator or a RandomState. Each of W1, W2, ..., in this order, is one draw
    of `standard_normal((n[l], n[l-1]))`. Dropout draws from it too.
    dtype: the floating-point dtype of the parameters.

    >>> import numpy as np, tinygraph as tg
    >>> mlp = tg.MLP([3, 4, 1], rng=0)
    >>> X, Y = np.ones((3, 5)), np.ones((1, 5))
    >>> mlp.cost(X, Y).backward()
    >>> {name: gradient.shape for name, gradient in mlp.gradients().items()}
    {'dW1': (4, 3), 'db1': (4, 1), 'dW2': (1, 4), 'db2': (1, 1)}
    """

    def __init__(
        self,
        layer_dims: Sequence[int],
        *,
        hidden: Hidden = "relu",
        output: str = "sigmoid",
        dropout: float = 0.0,
        batch_norm: bool = False,
        init: Init = "he",
        rng: Seed = None,
        dtype: DTypeLike = "float64",
    ) -> None:
        dims = _checked_dims(layer_dims)
        self.hidden, functions = _checked_hidden(hidden, len(dims) - 2)
        if not isinstance(output, str) or output not in OUTPUTS:
            raise ValueError(f"MLP(output=...) takes {', '.join(map(repr, OUTPUTS))}, got {output!r}")
        if not isinstance(batch_norm, (bool, np.bool_)):
            raise TypeError(f"MLP(batch_norm=...) takes True or False, got {batch_norm!r}")
        scale = _checked_init(init)
        random = checked_rng(rng, "MLP")
        kind = np.dtype(dtype)
        if kind.kind != "f":
            raise TypeError(f"MLP(dtype=...) takes a floating-point dtype, got {kind}")
        self.layer_dims, self.dtype, self._rng = dims, kind, random
        self.output, self.dropout = output, probability("MLP(dropout=...)", dropout)
        self.batch_norm = bool(batch_norm)
        named = zip([*self.hidden, output], [*functions, OUTPUTS[output]], strict=True)
        self._layers = [self._layer(l, *layer) for l, layer in enumerate(named, 1)]
        self._parameters, self._statistics = Parameters(), Parameters()
        for name, shape in _shapes(dims, self.batch_norm).items():
            if name[0] == "W":
                self._add(name, scale(random.standard_normal(shape), *shape).astype(kind))
            else:
                self._add(name, np.full(shape, name.startswith(("gamma", "var")), kind))

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what would work by halves."""
        if name in FIXED and name in vars(self):
            raise AttributeError(f"{name} is fixed when an MLP is made: make another MLP")
        if isinstance(value, (Tensor, Model)):
            raise TypeError("an MLP has no further parts: make a tg.Model with the MLP and this as attributes")
        super().__setattr__(name, value)

    def _add(self, name: str, array: Array) -> None:
        is_running = name.startswith(STATISTICS)
        where = self._statistics if is_running else self._parameters
        where[name] = Tensor(array, requires_grad=not is_running, name=name)

    def _layer(self, l: int, name: Any, activation: Any) -> tuple[Any, ...]:
        """The names of W, b, Z and A, the title and the activation; no b with batch norm."""
        is_last = l == len(self.layer_dims) - 1
        is_normal = self.batch_norm and not is_last
        parts = ["LINEAR", *["BATCH NORM"] * is_normal]
        parts += [_name_of(name).upper().replace("_", " ")] if activation is not None else []
        parts += ["DROPOUT"] * (self.dropout > 0 and not is_last)
        title = f"layer {l}: {' -> '.join(parts)}"
        return f"W{l}", "" if is_normal else f"b{l}", f"Z{l}", f"A{l}", title, activation

    if not TYPE_CHECKING:  # otherwise, checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            is_parameter = name in vars(self).get("_parameters", ())
            said = f"; write mlp.parameters[{name!r}]" if is_parameter else HABITS.get(name, "")
            raise AttributeError(f"'MLP' object has no attribute {name!r}{said}", name=name, obj=self)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters by name, W1 first."""
        return self._parameters

    def _entries(self) -> Iterable[tuple[Any, Any]]:
        return {**self._parameters, **self._statistics}.items()

    def __call__(self, X: Operand) -> Tensor:
        """AL of shape (n[L], m) for examples X of shape (n[0], m), cast to the network's dtype.

        Raises RuntimeError if a net with dropout or batch norm is called outside of tg.training()
        and tg.evaluating() while gradients are recorded.
        """
        return self._forward(X, self._layers[-1][-1])

    def _forward(self, X: Any, output: Any) -> Tensor:
        """The result of the last layer with this activation, or its Z if it is None."""
        A = self._checked_input(X)
        if self.dropout or self.batch_norm:
            trains(self, "dropout" if self.dropout else "batch norm")
        parameters, last = self._parameters, self._layers[-1]
        for layer in self._layers:
            W, b, Z_name, A_name, title, _ = layer
            with scope(title):
                Z = linear(parameters[W], A, parameters[b]) if b else matmul(parameters[W], A)
                Z.name = Z_name  # before A, which keeps a copy of Z if no gradient is needed
                if b:
                    Z._equation = "(4)"
                if layer is not last:
                    A = self._activated(Z, *layer)
                elif output is None:
                    return Z
                else:
                    A = output(Z)
                    A.name = A_name
        return A

    def _activated(self, Z: Tensor, W: str, b: str, Z_name: str, A_name: str, title: str, activation: Any) -> Tensor:
        """A hidden layer's result, with its batch norm and dropout."""
        l = W[1:]
        if not b:
            mean, var = (self._statistics[f"{name}{l}"] for name in STATISTICS)
            gamma, beta = (self._parameters[f"{name}{l}"] for name in ("gamma", "beta"))
            Z = batch_norm(Z, mean, var, gamma, beta, name=Z_name)
        A = activation(Z)
        if type(A) is not Tensor or A.shape != Z.shape:
            got = f"a Tensor of shape {A.shape}" if type(A) is Tensor else f"{type(A).__name__}"
            raise TypeError(f"{title}: the activation gives a Tensor of Z's shape {Z.shape}, got {got}")
        A.name = A_name
        dropped = dropout(A, self.dropout, self._rng, name=f"D{l}") if self.dropout else A
        if dropped is not A:
            dropped.name = f"{A_name}_drop"
        return dropped

    def _checked_input(self, X: Any) -> Any:
        if type(X) is not Tensor:
            X = constant(as_array(X, "MLP").astype(self.dtype, copy=False), "MLP", "X")
        n = self.layer_dims[0]
        if X.ndim != 2 or X.shape[0] != n:
            turned = "; write mlp(X.T)" if X.ndim == 2 and X.shape[1] == n else ""
            one = "; write mlp(X.reshape(-1, 1))" if X.shape == (n,) else ""
            raise ValueError(
                f"layer 1: W1 {self.parameters['W1'].shape} takes X of shape ({n}, m), one example a column, "
                f"got {X.shape}{turned}{one}"
            )
        return X if X.dtype == self.dtype else X.astype(self.dtype)

    def cost(self, X: Any, Y: Operand, **options: Any) -> Tensor:
        """The cost that fits the output, of shape (): what training makes small.

        For "sigmoid", tg.cross_entropy of Y (n[L], m) with labels from 0 to 1. For "softmax",
        tg.softmax_cross_entropy of integer labels (m,) or probabilities (n[L], m). For "linear",
        tg.mean_squared_error of numbers (n[L], m). options: those of the cost, such as
        sample_weight. It trains, unless it is called inside tg.evaluating().
        """
        cost: Any = COSTS[self.output]
        X = self._checked_input(X)
        wanted = self.layer_dims[-1], X.shape[1]
        labels = np.shape(getattr(Y, "_data", Y))
        if self.output != "softmax" and labels in (wanted[1:], (1, wanted[1])) and labels != wanted:
            instead = "write Y.reshape(1, -1)" if wanted[0] == 1 else "for a class of several, take output='softmax'"
            raise ValueError(f"{self} takes labels of shape {wanted}, got {labels}: {instead}")
        with Stage(True) if stage.get()[0] is None else nullcontext():
            if (self.dropout or self.batch_norm) and not tracing():  # wrong labels raise before anything changes
                cost(np.full(wanted, 0.5), Y, **options)
            return cost(self._forward(X, None) if self.output == "softmax" else self(X), Y, **options)

    def gradients(self) -> dict[str, Array]:
        """The gradients that backward() computed, lesson (8) and (9), under the lesson's names.

        Gives {"dW1": ..., "db1": ..., ...}. Raises ValueError if a gradient is missing.
        """
        missing = [name for name, p in self.parameters.items() if p.grad is None]
        if missing:
            raise ValueError(f"there is no gradient of {', '.join(missing)} yet; call cost.backward() first")
        return {f"d{name}": p.grad for name, p in self.parameters.items()}

    def predict(self, X: Operand) -> Array:
        """Predict labels, classes or numbers for the examples X, without dropout.

        X: (n[0], m), or (n[0],) for one example, whose answer has no last axis. The answer is, for
        the output "sigmoid", 1 where AL > 0.5 and otherwise 0, of shape (n[L], m); for "softmax",
        the most probable class, of shape (m,); for "linear", AL of shape (n[L], m). Raises
        ValueError if AL is nan.

        >>> import numpy as np, tinygraph as tg
        >>> mlp = tg.MLP([3, 4, 1], rng=0)
        >>> mlp.predict(np.ones((3, 5))).shape, mlp.predict(np.ones(3)).shape
        ((1, 5), (1,))
        """
        answer = self._answer(X)
        if self.output == "softmax":
            answer = np.asarray(answer.argmax(axis=0))
        elif self.output == "sigmoid":
            answer = (answer > 0.5).astype(int)
        return answer

    def predict_proba(self, X: Operand) -> Array:
        """The probabilities AL of the examples X, without dropout.

        X: (n[0], m), or (n[0],) for one example. The result has the shape (n[L], m), or (n[L],).
        Raises ValueError if AL is nan, or if the output is "linear".
        """
        if self.output == "linear":
            raise ValueError(f"{self} gives numbers, not probabilities: write mlp.predict(X)")
        return self._answer(X)

    def _answer(self, X: Any) -> Array:
        """AL for examples, or for one example without the last axis."""
        X = X if type(X) is Tensor else as_array(X, "MLP")
        is_one = X.shape == self.layer_dims[:1]
        with no_grad(), evaluating():
            AL = self(X.reshape(-1, 1) if is_one else X).data
        unknown = np.isnan(AL).any(axis=0)
        if unknown.any():
            which = f"{unknown.sum()} of {unknown.size} examples, the first in column {unknown.argmax()}"
            raise ValueError(
                f"MLP.predict() has no answer for {'this example' if is_one else which}: AL is nan there, because "
                "X or a parameter contains nan, or two infinities meet"
            )
        return AL[:, 0] if is_one else AL

    def _check(self, where: str, arrays: dict[str, Array]) -> None:
        _checked_entries(where, arrays, self.layer_dims, self.batch_norm)

    def _description(self) -> dict[str, Any]:
        hidden = np.array([x if isinstance(x, str) else f"own {_name_of(x)}" for x in self.hidden], "U")
        kept = {"layer_dims": self.layer_dims, "hidden": hidden, "output": self.output, "dropout": self.dropout}
        return {key: np.asarray(x) for key, x in {**kept, "batch_norm": self.batch_norm}.items()}

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, hidden: Hidden | None = None, rng: Seed = None) -> MLP:
        """The network that `save` wrote to `path`; nothing in the file is executed.

        hidden: the activations, if one of them is a function of your own: the file has its name
        alone. rng: as in MLP, for dropout. Raises ValueError for any other file.

        >>> import tempfile, os, tinygraph as tg
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tg.MLP([3, 4, 1]).save(os.path.join(folder, "model.npz"))
        ...     tg.MLP.load(os.path.join(folder, "model.npz")).layer_dims
        (3, 4, 1)
        """
        return cls._of_entries(path, read_model(path), hidden, rng)

    @classmethod
    def _of_entries(cls, path: Any, arrays: dict[str, Array], hidden: Hidden | None = None, rng: Seed = None) -> MLP:
        """The network of a file's entries."""
        for key in FIXED:
            if key not in arrays:
                raise ValueError(f"{path} is not of an MLP: it has no entry {key!r}; for another Model, use restore()")
        row = arrays["layer_dims"]
        # the last test, because a list of a billion sizes would fill the memory
        if row.ndim != 1 or row.dtype.kind not in "iu" or len(row) > len(arrays):
            raise ValueError(f"{path}: layer_dims is not a row of integers, one for each layer and one for X")
        dims = _checked_dims(row.tolist(), f"{path}: ")
        kept = {key: arrays[key].tolist() for key in FIXED[1:]}
        names = _checked_entries(path, arrays, dims, bool(kept["batch_norm"]), others=True)
        kept["hidden"] = _loaded_hidden(path, kept["hidden"], hidden)
        try:
            mlp = cls([1] * len(dims), **kept, dtype=arrays["W1"].dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {short(error, 300)}") from None
        vars(mlp).update(layer_dims=dims, _rng=checked_rng(rng, "MLP.load"))
        for name in names:
            mlp._add(name, arrays[name])
        return mlp

    def __str__(self) -> str:
        hidden = self.hidden[0] if len(set(self.hidden)) == 1 else list(self.hidden)
        given = {"hidden": hidden, "output": self.output, "dropout": self.dropout, "batch_norm": self.batch_norm}
        usual = {"hidden": "relu", "output": "sigmoid", "dropout": 0.0, "batch_norm": False}
        said = [f"{key}={value!r}" for key, value in given.items() if value != usual[key] and value != []]
        return f"MLP({', '.join([str(list(self.layer_dims)), *said, f'dtype={self.dtype}'])})"


def _shapes(dims: tuple[int, ...], batch_norm: bool) -> dict[str, tuple[int, int]]:
    """The shape of each array of an MLP, by its name."""
    shapes: dict[str, tuple[int, int]] = {}
    for l, (n_prev, n) in enumerate(pairwise(dims), 1):
        beside = ("gamma", "beta", *STATISTICS) if batch_norm and l < len(dims) - 1 else ("b",)
        shapes |= {f"W{l}": (n, n_prev), **{f"{name}{l}": (n, 1) for name in beside}}
    return shapes


def _checked_entries(
    where: Any, arrays: dict[str, Array], dims: tuple[int, ...], batch_norm: bool, others: bool = False
) -> list[str]:
    """The names W1, b1, ..., after checking that the arrays fit a network of these sizes.

    others: whether there may be arrays of other names too.
    """
    shapes = _shapes(dims, batch_norm)
    check_entries(where, arrays, shapes, f"its layer_dims {short(list(dims))} ask", others)
    dtypes = sorted({str(arrays[name].dtype) for name in shapes})
    if len(dtypes) != 1 or arrays["W1"].dtype.kind != "f":
        raise ValueError(f"{where}: the parameters take one floating-point dtype, got {short(', '.join(dtypes))}")
    return list(shapes)


def _name_of(activation: Any) -> str:
    return activation if isinstance(activation, str) else getattr(activation, "__name__", type(activation).__name__)


def _checked_hidden(hidden: Any, count: int) -> tuple[tuple[Any, ...], list[Any]]:
    """The activations of the hidden layers: by name, or the function itself; and the functions."""
    given = [*hidden] if isinstance(hidden, (list, tuple)) else [hidden]
    wanted = f"MLP(hidden=...) takes {', '.join(map(repr, ACTIVATIONS))} or a function"
    for x in given:
        if not (callable(x) or (isinstance(x, str) and x in ACTIVATIONS)):
            raise ValueError(f"{wanted}, got {short(repr(x))}")
    chosen = given if isinstance(hidden, (list, tuple)) else given * count
    if len(chosen) != count:
        raise ValueError(f"{wanted}, one for all or one for each of the {count} hidden layers, got {len(chosen)}")
    kept = tuple([str(x) if isinstance(x, str) else x.name if x in ACTIVATIONS.values() else x for x in chosen])
    return kept, [ACTIVATIONS[x] if isinstance(x, str) else x for x in kept]


def _loaded_hidden(path: Any, names: Any, given: Any) -> list[Any]:
    """The activations that a file names, with the user's own functions from `given`."""
    names = [*map(str, names)] if isinstance(names, list) else [str(names)]
    found: list[Any] = [*names] if given is None else [*_checked_hidden(given, len(names))[0]]
    own = [name for name in names if name not in ACTIVATIONS]
    if [x if isinstance(x, str) else f"own {_name_of(x)}" for x in found] != names or (own and given is None):
        got = "" if given is None else f", got {', '.join(map(_name_of, found))}"
        raise ValueError(
            f"{path} has the activations {short(', '.join(names))}; give those that are your own functions again, as "
            f"in MLP.load(path, hidden=[...]){got}"
        )
    return found


def _checked_dims(layer_dims: Sequence[int], where: str = "") -> tuple[int, ...]:
    wanted = f"{where}MLP takes layer_dims such as [n_x, n_h, 1]: two or more whole numbers, each at least 1"
    try:
        dims = tuple(_whole(n) for n in layer_dims)
    except TypeError:
        raise TypeError(f"{wanted}; got {layer_dims!r}") from None
    if len(dims) < 2 or min(dims) < 1:
        raise ValueError(f"{wanted}; got {short(layer_dims)}")
    return dims


def _whole(n: Any) -> int:
    if isinstance(n, (bool, np.bool_)):
        raise TypeError
    return operator.index(n)


def checked_rng(rng: Any, where: str) -> Any:
    if isinstance(rng, (np.random.Generator, np.random.RandomState)):
        return rng
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        wanted = f"{where}(rng=...) takes a seed such as 0, a Generator or a RandomState"
        raise type(error)(f"{wanted}, got {rng!r}: {error}") from None


def _checked_init(init: str | float) -> Any:
    if isinstance(init, str) and init in INITS:
        return INITS[init]
    if isinstance(init, (int, float, np.floating)) and not isinstance(init, bool) and np.isfinite(init):
        return lambda W, n, n_prev: W * float(init)
    raise ValueError(f"MLP(init=...) takes {', '.join(map(repr, INITS))} or a number such as 0.01, got {init!r}")
