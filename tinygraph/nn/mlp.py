"""MLP: [LINEAR -> activation] x (L-1) -> LINEAR -> output; as the default, the lesson's network.

Examples are columns. Shapes: X (n[0], m), W[l] (n[l], n[l-1]), b[l] (n[l], 1), AL (n[L], m).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from .. import ops
from ..arrays import Array, as_array
from ..files import short
from ..frames import guarded
from ..modes import no_grad, scope, tracing
from ..ops import linear, matmul, sigmoid, softmax
from ..ops.composed import log_loss, logistic_loss
from ..options import number, whole
from ..tensor import Tensor, constant
from .costs import cross_entropy, mean_squared_error, softmax_cross_entropy
from .layers import Stage, batch_norm, dropout, evaluating, stage, trains
from .model import LESSON, Model, Parameters, read_model

if TYPE_CHECKING:
    from ..ops.signatures import DTypeLike, Operand, Seed

Init: TypeAlias = Literal["he", "xavier", "lecun"] | float
Activation: TypeAlias = str | Callable[[Tensor], Any]
Hidden: TypeAlias = Activation | Sequence[Activation]

ACTIVATIONS = {op.name: op for op in (ops.relu, ops.leaky_relu, ops.tanh, sigmoid, ops.elu, ops.gelu, ops.silu)}
OUTPUTS = {"sigmoid": sigmoid, "softmax": partial(softmax, axis=0), "linear": None}
COSTS = {"sigmoid": cross_entropy, "softmax": softmax_cross_entropy, "linear": mean_squared_error}
FIXED = ("layer_dims", *LESSON)
NORM = ("mean", "var", "gamma", "beta")  # of each layer with batch norm; the first two require no gradient

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

    Its parameters are W1, b1, ..., WL, bL; with batch norm, gamma[l] and beta[l] in place of b[l]
    in the hidden layers.

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

    Raises ValueError for sizes below 1, an unknown activation, output or init, softmax of one unit,
    and, in a call, for an X whose rows are not n[0] features.

    >>> import numpy as np, tinygraph as tg
    >>> mlp = tg.MLP([3, 4, 1], rng=0)
    >>> X, Y = np.ones((3, 5)), np.ones((1, 5))
    >>> mlp.cost(X, Y).backward()
    >>> {name: gradient.shape for name, gradient in mlp.gradients().items()}
    {'dW1': (4, 3), 'db1': (4, 1), 'dW2': (1, 4), 'db2': (1, 1)}
    """

    @guarded
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
        self.hidden = _checked_hidden(hidden, len(dims) - 2)
        if not isinstance(output, str) or output not in OUTPUTS:
            raise ValueError(f"MLP(output=...) takes {', '.join(map(repr, OUTPUTS))}, got {output!r}")
        if COSTS[output] is softmax_cross_entropy and dims[-1] == 1:
            raise ValueError("output='softmax' of 1 unit is always 1: write output='sigmoid', or a unit for each class")
        if not isinstance(batch_norm, (bool, np.bool_)):
            raise TypeError(f"MLP(batch_norm=...) takes True or False, got {batch_norm!r}")
        scale = _checked_init(init)
        random = checked_rng(rng, "MLP")
        kind = np.dtype(dtype)
        if kind.kind != "f":
            raise TypeError(f"MLP(dtype=...) takes a floating-point dtype, got {kind}")
        self.layer_dims, self.dtype, self._rng = dims, kind, random
        self.output, self.dropout = output, number("dropout", dropout, below=1)
        self.batch_norm = bool(batch_norm)
        layers = enumerate([*self.hidden, output], 1)
        self._layers = [(x, scope(self._title(l, x)), f"W{l}", f"b{l}", f"Z{l}", f"A{l}") for l, x in layers]
        self._parameters, self._statistics = Parameters(), Parameters()
        for name, (shape, _) in self._wanted()[1].items():
            if name[0] == "W":
                array = scale(random.standard_normal(shape), *shape).astype(kind)
            else:
                array = np.full(shape, name.startswith(("gamma", "var")), kind)
            is_running = name.startswith(NORM[:2])
            where = self._statistics if is_running else self._parameters
            where[name] = Tensor(array, requires_grad=not is_running, name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse what would work by halves."""
        if name in FIXED and name in vars(self):
            raise AttributeError(f"{name} is fixed when an MLP is made: make another MLP")
        if name in vars(self).get("_parameters", ()):
            raise AttributeError(f"{name} is a parameter of this MLP: write mlp.parameters[{name!r}].data = array")
        held = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
        first = islice(held, 1000)  # a long list of numbers costs no time
        parts = [x for x in first if isinstance(x, Tensor) or (isinstance(x, Model) and x._tensors())]
        if parts or isinstance(value, (Tensor, Model)):
            raise TypeError("an MLP has no further parts: make a tg.Model with the MLP and this as attributes")
        super().__setattr__(name, value)

    def _title(self, l: int, activation: Any) -> str:
        is_hidden = l < len(self.layer_dims) - 1
        parts = ["LINEAR", *["BATCH NORM"] * (is_hidden and self.batch_norm)]
        parts += [] if activation == "linear" else [_name_of(activation).upper().replace("_", " ")]
        parts += ["DROPOUT"] * (is_hidden and self.dropout > 0)
        return f"layer {l}: {' -> '.join(parts)}"

    if not TYPE_CHECKING:  # otherwise, checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            if name in vars(self).get("_parameters", ()):
                said = f"'MLP' object has no attribute {name!r}; write mlp.parameters[{name!r}]"
                raise AttributeError(said, name=name, obj=self)
            super().__getattr__(name)

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
        return self._forward(X, OUTPUTS[self.output])

    def _forward(self, X: Any, output: Any) -> Tensor:
        """The result of the last layer with this activation, or its Z if it is None."""
        A = self._checked_input(X)
        is_training = (self.dropout or self.batch_norm) and trains(self, "dropout" if self.dropout else "batch norm")
        parameters, L = self._parameters, len(self._layers)
        for l, (activation, box, W, b, Z_name, A_name) in enumerate(self._layers, 1):
            with box:
                if self.batch_norm and l < L:
                    Z = matmul(parameters[W], A)
                else:
                    Z = linear(parameters[W], A, parameters[b])
                    Z._equation = "(4)"
                Z._name = Z_name  # before A, which keeps a copy of Z if no gradient is needed
                if l == L and output is None:
                    return Z
                A = output(Z) if l == L else self._activated(l, Z, box, activation)
                A._name = A_name
                if self.dropout and is_training and l < L:
                    A = dropout(A, self.dropout, self._rng, name=f"D{l}")
                    A._name = f"{A_name}_drop"
        return A

    def _activated(self, l: int, Z: Tensor, box: scope, activation: Any) -> Tensor:
        """A hidden layer's result before dropout."""
        if self.batch_norm:
            running = [self._statistics[f"{name}{l}"] for name in NORM[:2]]
            Z = batch_norm(Z, *[*running, *(self._parameters[f"{name}{l}"] for name in NORM[2:])], name=f"Z{l}")
        A = (activation if callable(activation) else ACTIVATIONS[activation])(Z)
        if type(A) is not Tensor or A._data.shape != Z._data.shape:
            got = f"a Tensor of shape {A.shape}" if type(A) is Tensor else f"{type(A).__name__}"
            raise TypeError(f"{box.name}: the activation gives a Tensor of Z's shape {Z.shape}, got {got}")
        return A

    def _checked_input(self, X: Any) -> Any:
        if type(X) is not Tensor:
            X = constant(as_array(X, "MLP").astype(self.dtype, copy=False), "MLP", "X")
        n = self.layer_dims[0]
        if X.ndim != 2 or X.shape[0] != n:
            turned = "; write mlp(X.T)" if X.ndim == 2 and X.shape[1] == n else ""
            one = "; write mlp(X.reshape(-1, 1))" if X.shape == (n,) else ""
            op, inputs = matmul, (self.parameters["W1"], X)  # noqa: F841 (tg.draw(error) finds the call here)
            raise ValueError(
                f"layer 1: W1 {inputs[0].shape} takes X of shape ({n}, m), one example a column, "
                f"got {X.shape}{turned}{one}"
            )
        return X if X.dtype == self.dtype else X.astype(self.dtype)

    @guarded
    def cost(self, X: Any, Y: Operand, **options: Any) -> Tensor:
        """The cost that fits the output, of shape (): what training makes small.

        For "sigmoid", tg.cross_entropy of Y (n[L], m) with labels from 0 to 1. For "softmax",
        tg.softmax_cross_entropy of integer labels (m,) or probabilities (n[L], m). For "linear",
        tg.mean_squared_error of numbers (n[L], m). options: those of the cost, such as
        sample_weight. It trains, unless it is called inside tg.evaluating().
        """
        cost: Any = COSTS[self.output]
        if unknown := options.keys() - (takes := cost.__kwdefaults__).keys():
            raise TypeError(f"{cost.__name__} takes the options {', '.join(takes)}; got {', '.join(sorted(unknown))}")
        X = self._checked_input(X)
        wanted = self.layer_dims[-1], X.shape[1]
        labels = np.shape(getattr(Y, "_data", Y))
        if self.output != "softmax" and labels in (wanted[1:], (1, wanted[1])) and labels != wanted:
            instead = "write Y.reshape(1, -1)" if wanted[0] == 1 else "for a class of several, take output='softmax'"
            raise ValueError(f"{self} takes labels of shape {wanted}, got {labels}: {instead}")
        with Stage(stage.get()[0] is not False):
            if (self.dropout or self.batch_norm) and not tracing():  # wrong labels raise before anything changes
                cost(np.full(wanted, 0.5), Y, **options)
            return cost(self._forward(X, None) if self.output == "softmax" else self(X), Y, **options)

    def gradients(self) -> dict[str, Array]:
        """The gradients that backward() computed, lesson (8) and (9), under the lesson's names.

        Gives {"dW1": ..., "db1": ..., ...}. Raises ValueError if a gradient is missing.
        """
        trained = self._parameters.trained()
        missing = [name for name, p in trained.items() if p.grad is None]
        if missing:
            raise ValueError(f"there is no gradient of {', '.join(missing)} yet; call cost.backward() first")
        return {f"d{name}": p.grad for name, p in trained.items()}

    @guarded
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
            return np.asarray(answer.argmax(axis=0))
        return (answer > 0.5).astype(int) if self.output == "sigmoid" else answer

    @guarded
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

    def _wanted(self) -> tuple[str, dict[str, Any]]:
        wanted: dict[str, Any] = {}
        for l, (n_prev, n) in enumerate(pairwise(self.layer_dims), 1):
            others = NORM if self.batch_norm and l < len(self.layer_dims) - 1 else ("b",)
            wanted |= {f"W{l}": ((n, n_prev), self.dtype), **{f"{name}{l}": ((n, 1), self.dtype) for name in others}}
        return f"its layer_dims {short(list(self.layer_dims))} ask", wanted

    def _description(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in FIXED} | {"hidden": _names(self.hidden)}

    @classmethod
    @guarded
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
        row = arrays.pop("layer_dims")
        options = {key: arrays.pop(key).tolist() for key in LESSON}
        # the last test, because a list of a billion sizes would fill the memory
        if row.ndim != 1 or row.dtype.kind not in "iu" or len(row) > len(arrays) + 1:
            raise ValueError(f"{path}: layer_dims is not a row of integers, one for each layer and one for X")
        dims = _checked_dims(row.tolist(), f"{path}: ")
        said = options["hidden"]
        if "own" in str(said) if hidden is None else _names(_checked_hidden(hidden, len(dims) - 2)) != said:
            raise ValueError(
                f"{path} has the activations {short(said)}; give those that are your own functions again, as in "
                f"MLP.load(path, hidden=[...]); got hidden={short(repr(hidden))}"
            )
        options["hidden"] = said if hidden is None else hidden
        dtype = arrays["W1"].dtype if "W1" in arrays else "float64"
        try:
            mlp = cls([2] * len(dims), **options, dtype=dtype)  # small, and a softmax takes two
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: {short(error, 300)}") from None
        vars(mlp).update(layer_dims=dims, _rng=checked_rng(rng, "MLP.load"))
        mlp._set(str(path), arrays)
        return mlp

    def __str__(self) -> str:
        said = self._description()
        unusual = [f"{key}={said[key]!r}" for key, usual in LESSON.items() if said[key] != usual]
        return f"MLP({', '.join([str(list(self.layer_dims)), *unusual, f'dtype={self.dtype}'])})"


def _name_of(activation: Any) -> str:
    return activation if isinstance(activation, str) else getattr(activation, "__name__", type(activation).__name__)


def _names(hidden: tuple[Any, ...]) -> Any:
    """The names of the hidden layers' activations, or one that all have."""
    names = [x if isinstance(x, str) else f"own {_name_of(x)}" for x in hidden] or [LESSON["hidden"]]
    return names[0] if len(set(names)) == 1 else names


def _checked_hidden(hidden: Any, count: int) -> tuple[Any, ...]:
    """The activations of the hidden layers: by name, or a function of the user's own."""
    given = [*hidden] if isinstance(hidden, (list, tuple)) else [hidden]
    wanted = f"MLP(hidden=...) takes {', '.join(map(repr, ACTIVATIONS))} or a function"
    for x in given:
        if not (callable(x) or (isinstance(x, str) and x in ACTIVATIONS)):
            raise ValueError(f"{wanted}, got {short(repr(x))}")
        if isinstance(x, Model) and x._tensors():
            raise TypeError(f"{wanted}, and would not train {x}: make a tg.Model with its layers and {x}")
    chosen = given if isinstance(hidden, (list, tuple)) else given * count
    if len(chosen) != count:
        raise ValueError(f"{wanted}, one for all or one for each of the {count} hidden layers, got {len(chosen)}")
    return tuple([str(x) if isinstance(x, str) else x.name if x in ACTIVATIONS.values() else x for x in chosen])


def _checked_dims(layer_dims: Sequence[int], where: str = "") -> tuple[int, ...]:
    try:
        dims = tuple([whole("a size", n) for n in layer_dims])
        whole("the number of layers", len(dims) - 1)
    except (TypeError, ValueError) as error:
        wanted = f"{where}MLP takes layer_dims such as [n_x, n_h, 1]: two or more whole numbers, each at least 1"
        raise type(error)(f"{wanted}; got {short(repr(layer_dims))}") from None
    return dims


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
