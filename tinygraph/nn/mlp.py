"""The lesson's network: [LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID, made of recorded ops.

Examples are columns. Shapes: X (n[0], m), W[l] (n[l], n[l-1]), b[l] (n[l], 1), AL (n[L], m).
"""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ..arrays import Array, as_array
from ..files import read_arrays, short, write_arrays
from ..modes import no_grad, refuse_traced, scope
from ..ops import linear, relu, sigmoid
from ..tensor import Tensor, _set_data, constant, forget_gradients

if TYPE_CHECKING:
    from ..ops.signatures import DTypeLike, Operand, Seed

Init: TypeAlias = Literal["he", "xavier", "lecun"] | float

FORMAT = 1  # of the files that MLP.save writes
HABITS = {
    "forward": "; write mlp(X)",
    "fit": "; write step = tg.compile(cost, optimizer=...), and call it in a loop",
}

# the lesson's equations for the gradients of W, A and b; Z = W @ A + b is its (4)
LINEAR_GRADIENTS = ("(8)", "(10)", "(9)")


def _he(W: Array, n: int, n_prev: int) -> Array:
    return W * np.sqrt(2.0 / n_prev)


def _xavier(W: Array, n: int, n_prev: int) -> Array:
    return W * np.sqrt(2.0 / (n + n_prev))


def _lecun(W: Array, n: int, n_prev: int) -> Array:
    return W / np.sqrt(n_prev)  # divided, as in the course, to get the same last digit


# He et al. 2015, eq. (10); Glorot and Bengio 2010, eq. (12); LeCun et al. 1998, eq. (16)
INITS = {"he": _he, "xavier": _xavier, "lecun": _lecun}


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


class MLP:
    """An L-layer network for binary classification, with parameters W1, b1, ..., WL, bL.

    layer_dims: the sizes n[0], ..., n[L]; MLP([n_x, n_h, 1]) is the two-layer network.
    init: "he", "xavier", "lecun" (standard normal / sqrt(n[l-1])), or a factor for a standard
    normal, such as the lesson's 0.01. b starts at zero.
    rng: a seed, a NumPy Generator or a RandomState. Each of W1, W2, ..., in this order, is one draw
    of `standard_normal((n[l], n[l-1]))`; nothing else is drawn.
    dtype: the floating-point dtype of the parameters.

    >>> import numpy as np, tinygraph as tg
    >>> mlp = tg.MLP([3, 4, 1], rng=0)
    >>> X, Y = np.ones((3, 5)), np.ones((1, 5))
    >>> tg.cross_entropy(mlp(X), Y).backward()
    >>> {name: gradient.shape for name, gradient in mlp.gradients().items()}
    {'dW1': (4, 3), 'db1': (4, 1), 'dW2': (1, 4), 'db2': (1, 1)}
    """

    def __init__(
        self, layer_dims: Sequence[int], *, init: Init = "he", rng: Seed = None, dtype: DTypeLike = "float64"
    ) -> None:
        dims = _checked_dims(layer_dims)
        scale = _checked_init(init)
        random = _checked_rng(rng, "MLP")
        kind = np.dtype(dtype)
        if kind.kind != "f":
            raise TypeError(f"MLP(dtype=...) takes a floating-point dtype, got {kind}")
        self.layer_dims, self.dtype = dims, kind
        self.parameters: dict[str, Tensor] = Parameters()
        self._layers = []
        for l in range(1, len(dims)):
            W = scale(random.standard_normal((dims[l], dims[l - 1])), dims[l], dims[l - 1])
            self.parameters[f"W{l}"] = Tensor(W.astype(kind), requires_grad=True, name=f"W{l}")
            self.parameters[f"b{l}"] = Tensor(np.zeros((dims[l], 1), kind), requires_grad=True, name=f"b{l}")
            title = f"layer {l}: LINEAR -> {'RELU' if l < len(dims) - 1 else 'SIGMOID'}"
            self._layers.append((f"W{l}", f"b{l}", f"Z{l}", f"A{l}", title))

    if not TYPE_CHECKING:  # otherwise, checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            is_parameter = name in vars(self).get("parameters", ())
            said = f"; write mlp.parameters[{name!r}]" if is_parameter else HABITS.get(name, "")
            raise AttributeError(f"'MLP' object has no attribute {name!r}{said}", name=name, obj=self)

    def __call__(self, X: Operand) -> Tensor:
        """AL of shape (n[L], m) for examples X of shape (n[0], m), cast to the network's dtype."""
        A = self._checked_input(X)
        parameters = self.parameters
        last = self._layers[-1]
        for layer in self._layers:
            W, b, Z_name, A_name, title = layer
            with scope(title):
                Z = linear(parameters[W], A, parameters[b])
                Z.name = Z_name  # before A, which keeps a copy of Z if no gradient is needed
                A = sigmoid(Z) if layer is last else relu(Z)
            A.name, Z._equation = A_name, "(4)"
        return A

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

    def gradients(self) -> dict[str, Array]:
        """The gradients that backward() computed, lesson (8) and (9), under the lesson's names.

        Gives {"dW1": ..., "db1": ..., ...}. Raises ValueError if a gradient is missing.
        """
        missing = [name for name, p in self.parameters.items() if p.grad is None]
        if missing:
            raise ValueError(f"there is no gradient of {', '.join(missing)} yet; call cost.backward() first")
        return {f"d{name}": p.grad for name, p in self.parameters.items()}

    def zero_grad(self) -> None:
        """Set `.grad` of every parameter to None."""
        forget_gradients(self.parameters.values())

    def predict(self, X: Operand) -> Array:
        """Predict labels for the examples X: 1 where AL > 0.5, otherwise 0.

        X: (n[0], m), or (n[0],) for one example. The result holds integers and has the shape
        (n[L], m), or (n[L],). Raises ValueError if AL is nan.

        >>> import numpy as np, tinygraph as tg
        >>> mlp = tg.MLP([3, 4, 1], rng=0)
        >>> mlp.predict(np.ones((3, 5))).shape, mlp.predict(np.ones(3)).shape
        ((1, 5), (1,))
        """
        X = X if type(X) is Tensor else as_array(X, "MLP")
        is_one = X.shape == self.layer_dims[:1]
        with no_grad():
            AL = self(X.reshape(-1, 1) if is_one else X).data
        unknown = np.isnan(AL).any(axis=0)
        if unknown.any():
            which = f"{unknown.sum()} of {unknown.size} examples, the first in column {unknown.argmax()}"
            raise ValueError(
                f"MLP.predict() has no answer for {'this example' if is_one else which}: AL is nan there, because "
                "X or a parameter contains nan, or two infinities meet"
            )
        answer = (AL > 0.5).astype(int)
        return answer[:, 0] if is_one else answer

    def state_dict(self) -> dict[str, Array]:
        """C-contiguous copies of the parameters by name, for np.savez, safetensors and the like.

        >>> import tinygraph as tg
        >>> {name: array.shape for name, array in tg.MLP([3, 4, 1]).state_dict().items()}
        {'W1': (4, 3), 'b1': (4, 1), 'W2': (1, 4), 'b2': (1, 1)}
        """
        state = {name: np.array(p.data, order="C") for name, p in self.parameters.items()}
        _checked_entries(str(self), state, self.layer_dims)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters to the values that `state_dict()` returned.

        Raises ValueError if they do not fit this network; then nothing changes.
        """
        refuse_traced("mlp.load_state_dict()")
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict() takes the dict that state_dict() gave, got {type(state).__name__}")
        where, dtype = f"load_state_dict() of {self}", self.state_dict()["W1"].dtype
        arrays = {name: np.array(as_array(x, f"load_state_dict() of {name}")) for name, x in state.items()}
        _checked_entries(where, arrays, self.layer_dims)
        if arrays["W1"].dtype != dtype:
            raise ValueError(f"{where}: its parameters are {dtype}, got {arrays['W1'].dtype}; cast with .astype()")
        list(map(_set_data, map(self.parameters.get, arrays), arrays.values()))  # in C: all or nothing

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to `path` (.npz); an older file is replaced whole or not at all."""
        state = self.state_dict()
        write_arrays(path, {"format": np.array(FORMAT), "layer_dims": np.array(self.layer_dims), **state})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> MLP:
        """The network that `save` wrote to `path`; nothing in the file is executed.

        Raises ValueError for any other file.

        >>> import tempfile, os, tinygraph as tg
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tg.MLP([3, 4, 1]).save(os.path.join(folder, "model.npz"))
        ...     tg.MLP.load(os.path.join(folder, "model.npz")).layer_dims
        (3, 4, 1)
        """
        arrays = read_arrays(path)
        for key in ("format", "layer_dims"):
            if key not in arrays:
                raise ValueError(f"{path} is not a model of tinygraph: it has no entry {key!r}")
        if arrays["format"].shape != () or arrays["format"] != FORMAT:
            found = short(arrays["format"], 50)
            raise ValueError(f"{path} has format {found}; this version of tinygraph reads format {FORMAT}")
        row = arrays["layer_dims"]
        # the last test, because a list of a billion sizes would fill the memory
        if row.ndim != 1 or row.dtype.kind not in "iu" or len(row) > len(arrays):
            raise ValueError(f"{path}: layer_dims is not a row of integers, one for each layer and one for X")
        dims = _checked_dims(row.tolist(), f"{path}: ")
        names = _checked_entries(path, arrays, dims, others=True)
        mlp = cls([1] * len(dims), dtype=arrays["W1"].dtype)
        mlp.layer_dims = dims
        mlp.parameters = Parameters({name: Tensor(arrays[name], requires_grad=True, name=name) for name in names})
        return mlp

    def __repr__(self) -> str:
        return f"MLP({list(self.layer_dims)}, dtype={self.dtype})"


def _checked_entries(where: Any, arrays: dict[str, Array], dims: tuple[int, ...], others: bool = False) -> list[str]:
    """The names W1, b1, ..., after checking that the arrays fit a network of these sizes.

    others: whether there may be arrays of other names too.
    """
    shapes: dict[str, tuple[int, int]] = {}
    for l in range(1, len(dims)):
        shapes |= {f"W{l}": (dims[l], dims[l - 1]), f"b{l}": (dims[l], 1)}
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{where}: there is no {name}, which its layer_dims {short(list(dims))} ask for")
        if arrays[name].shape != shape:
            raise ValueError(f"{where}: {name} has shape {arrays[name].shape}, its layer_dims ask for {shape}")
    dtypes = sorted({str(arrays[name].dtype) for name in shapes})
    if len(dtypes) != 1 or arrays["W1"].dtype.kind != "f":
        raise ValueError(f"{where}: the parameters take one floating-point dtype, got {short(', '.join(dtypes))}")
    beyond = arrays.keys() - shapes.keys()
    if beyond and not others:
        raise ValueError(f"{where}: its layer_dims ask for no {', '.join(sorted(map(str, beyond)))}")
    return list(shapes)


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


def _checked_rng(rng: Any, where: str) -> Any:
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
