"""The lesson's functions, under the course's names and in its layout, computed by the tape.

Students can compare their own function with the one here in one call:

    tg.compare(L_model_backward(AL, Y, caches), lesson.L_model_backward(AL, Y, caches))

`check` does that on small inputs, and says in which function a mistake is, and which.

The backward functions use only their arguments: each layer gets a separate tape, so that Z, A or AL
may come from anywhere and need not fit each other. `from_tape` gives the same arrays from the one
tape of a whole network.

- "W1", "b1", "dW1", "db1" belong to layer 1. A layer's cache is (linear_cache, activation_cache),
  with linear_cache = (A_prev, W, b) and activation_cache = Z.
- grads["dA1"] is layer 1's dA_prev, the gradient of A0 = X, because this lesson numbers dA from
  "dA1" to "dAL". Later versions of the course call the same arrays "dA0" ... "dA(L-1)"; tg.compare
  says so.
- dA and dZ are gradients of a sum over the examples, and (8) and (9) divide by m. On a tape, the
  1/m is in the cost: there A.grad and Z.grad are dA / m and dZ / m, while W.grad and b.grad are dW
  and db.
- The other weeks of the course are modules: logistic and one_hidden_layer of course 1, and of
  course 2 initialization, regularization, gradient_checking and optimization.
- The slope of relu at Z = 0 is 0. If AL is exactly 0 or 1, the lesson's formulas give a cost and
  dAL that are nan or infinite; tg.cross_entropy is exact there.
"""

from __future__ import annotations

import math
import sys
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..frames import guard_in
from ..modes import enable_grad, scope
from ..nn.costs import equation_7
from ..ops import add, linear, log, matmul, relu, sigmoid
from ..ops import sum as sum_
from ..optim import SGD
from ..tape import gradients, toposort
from ..tensor import Tensor

if TYPE_CHECKING:
    from .tutor import check as check
    from .tutor import check_week as check_week

__all__ = ["L_model_forward", "compute_cost", "linear_activation_forward", "linear_forward"]
__all__ += ["L_model_backward", "from_tape", "linear_activation_backward", "linear_backward", "update_parameters"]
__all__ += ["initialize_parameters", "initialize_parameters_deep"]
__all__ += ["Cache", "LinearActivationForward", "LinearBackward", "LinearCache", "LinearForward", "ModelForward"]
__all__ += ["ACTIVATIONS", "Layout", "check", "check_week"]

WEEKS = ("logistic", "one_hidden_layer", "initialization", "regularization", "gradient_checking", "optimization")

# The course's tuples, with names for their fields: tg.compare can say `cache.W` for `cache[1]`.
LinearCache = namedtuple("LinearCache", "A_prev W b")
Cache = namedtuple("Cache", "linear_cache activation_cache")
LinearForward = namedtuple("LinearForward", "Z cache")
LinearActivationForward = namedtuple("LinearActivationForward", "A cache")
ModelForward = namedtuple("ModelForward", "AL caches")
LinearBackward = namedtuple("LinearBackward", "dA_prev dW db")
Layout = namedtuple("Layout", "parameters AL caches cost grads")  # what they give for the network on a tape

ACTIVATIONS: dict[str, Callable[..., Any]] = {op.name: op for op in (relu, sigmoid)}


def __getattr__(name: str) -> Any:
    if name in WEEKS:
        module = import_module(f"{__name__}.{name}")
        return guard_in(module, module.__all__)
    if name in ("check", "check_week"):  # which need the modules of the other weeks, and those need this one
        return getattr(import_module(".tutor", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# --- the start


def initialize_parameters(n_x: int, n_h: int, n_y: int) -> dict[str, Array]:
    """initialize_parameters_deep for one hidden layer, by the course's seed 1.

    Raises ValueError for a negative size.

    >>> from tinygraph import lesson
    >>> {name: x.shape for name, x in lesson.initialize_parameters(3, 2, 1).items()}
    {'W1': (2, 3), 'b1': (2, 1), 'W2': (1, 2), 'b2': (1, 1)}
    """
    return _scaled([n_x, n_h, n_y], lambda n: 0.01, seed=1)


def initialize_parameters_deep(layer_dims: Sequence[int]) -> dict[str, Array]:
    """Weights 0.01 times standard normal, by the course's seed 3; biases of 0.

    layer_dims: the sizes of the layers, that of X first. The result is {"W1": (layer_dims[1],
    layer_dims[0]), "b1": (layer_dims[1], 1), ...}. Raises ValueError for a negative size.

    >>> from tinygraph import lesson
    >>> lesson.initialize_parameters_deep([5, 4, 3])["W1"][0]
    array([ 0.01788628,  0.0043651 ,  0.00096497, -0.01863493, -0.00277388])
    """
    return _scaled(layer_dims, lambda n: 0.01)


def _scaled(dims: Sequence[int], scale: Callable[[int], Any], seed: int = 3) -> dict[str, Array]:
    """Standard normal weights, those of each layer times scale(n_prev), and biases of 0."""
    random, parameters = np.random.RandomState(seed), {}
    for l in range(1, len(dims)):
        parameters[f"W{l}"] = scale(dims[l - 1]) * random.randn(dims[l], dims[l - 1])
        parameters[f"b{l}"] = np.zeros((dims[l], 1))
    return {name: x + 0.0 for name, x in parameters.items()}  # 0 times a negative number is -0


# --- forward: arrays give arrays, and a Tensor among them gives Tensors with a tape


def linear_forward(A: Any, W: Any, b: Any) -> LinearForward:
    """The linear part of a layer: Z = W A + b, lesson (4), and the cache (A, W, b).

    A: (n_prev, m). W: (n, n_prev). b: (n, 1). Z: (n, m). Raises ValueError if the shapes do not
    fit.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> A, W, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([[0.0], [1.0]])
    >>> Z, cache = lesson.linear_forward(A, W, b)
    >>> Z
    array([[3., 6.], [5., 9.]])
    """
    _check_layer("linear_forward", "A W b", *map(_shape, (A, W, b)))
    return LinearForward(linear(W, A, b), LinearCache(A, W, b))


def linear_activation_forward(A_prev: Any, W: Any, b: Any, activation: str) -> LinearActivationForward:
    """One layer: A = g(Z), and the cache ((A_prev, W, b), Z).

    A_prev: (n_prev, m). W: (n, n_prev). b: (n, 1). A: (n, m). activation: g, "relu" or "sigmoid".
    Raises ValueError if the shapes do not fit or the activation is unknown.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> A_prev, W, b = np.array([[1.0, -2.0]]), np.eye(1), np.zeros((1, 1))
    >>> A, cache = lesson.linear_activation_forward(A_prev, W, b, "relu")
    >>> A, cache.activation_cache
    (array([[1., 0.]]), array([[ 1., -2.]]))
    """
    g = _activation(activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    return LinearActivationForward(g(Z), Cache(linear_cache, Z))


def L_model_forward(X: Any, parameters: Mapping[str, Any]) -> ModelForward:
    """The network [LINEAR -> RELU] * (L - 1) -> LINEAR -> SIGMOID: AL and a list of L caches.

    X: (n[0], m). parameters: {"W1": ..., "b1": ..., ...}. AL: (n[L], m). Tensors get the names
    Z1, A1, ... Raises KeyError if a parameter is missing, and ValueError if shapes do not fit.

    >>> import numpy as np, tinygraph as tg
    >>> from tinygraph import lesson
    >>> AL, caches = lesson.L_model_forward(np.ones((3, 5)), tg.MLP([3, 4, 1]).parameters)
    >>> AL.name, AL.shape, len(caches)
    ('A2', (1, 5), 2)
    """
    _check_dicts("L_model_forward", parameters=parameters)
    A, caches, L = X, [], max(1, (len(parameters) + 1) // 2)
    for l in range(1, L + 1):
        W, b = (_entry(parameters, "parameters", f"{name}{l}") for name in "Wb")
        _check_layer("L_model_forward", f"{f'A{l - 1}' if l > 1 else 'X'} W{l} b{l}", *map(_shape, (A, W, b)))
        activation = "relu" if l < L else "sigmoid"
        with scope(f"layer {l}: LINEAR -> {activation.upper()}"):
            A, cache = linear_activation_forward(A, W, b, activation)
        if type(A) is Tensor:
            Z = cache.activation_cache
            Z.name, A.name, Z._equation = f"Z{l}", f"A{l}", "(4)"
        caches.append(cache)
    return ModelForward(A, caches)


def compute_cost(AL: Any, Y: Any) -> Any:
    """The cross-entropy cost, lesson (7); nan or infinite if AL is exactly 0 or 1.

    AL, Y: both (1, m). The cost has the shape (). Raises ValueError if the shapes differ.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> float(lesson.compute_cost(np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 1]])))
    0.41493159961539694
    """
    AL, Y = (x if type(x) is Tensor else np.asarray(x) for x in (AL, Y))
    if AL.shape != Y.shape or AL.ndim != 2:  # (1, m) and (m, 1) would silently broadcast to (m, m)
        raise ValueError(f"compute_cost() takes AL and Y of one shape (1, m), got {AL.shape} and {Y.shape}")
    return equation_7((1 / Y.shape[1]) * sum_(_losses(AL, Y)))


def _losses(AL: Any, Y: Any) -> Any:
    return -(Y * log(AL) + (1 - Y) * log(1 - AL))


# --- backward: each part gets a tape, and one walk back


def linear_backward(dZ: Any, cache: Sequence[Any]) -> LinearBackward:
    """The gradients dA_prev, dW and db of a layer's linear part, lesson (10), (8) and (9).

    dZ: (n, m). cache: (A_prev, W, b). Each gradient has the shape of its array. Raises ValueError
    if the shapes do not fit.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> cache = np.eye(2), np.array([[5.0, 6.0]]), np.zeros((1, 1))
    >>> dA_prev, dW, db = lesson.linear_backward(np.array([[1.0, 3.0]]), cache)
    >>> dA_prev, dW, db
    (array([[ 5., 15.], [ 6., 18.]]), array([[0.5, 1.5]]), array([[2.]]))
    """
    A_prev, W, b = _linear_cache(cache, "linear_backward")
    dW, dA_prev, db = _walk_back("Z", dZ, linear, W, A_prev, b)
    m = dA_prev.shape[1]
    return LinearBackward(dA_prev, dW / m, db / m)


def linear_activation_backward(dA: Any, cache: Sequence[Any], activation: str) -> LinearBackward:
    """The gradients dA_prev, dW and db of a layer: dZ by lesson (11), then linear_backward.

    dA: (n, m). cache: ((A_prev, W, b), Z). activation: "relu" or "sigmoid". Raises ValueError if
    the shapes do not fit or the activation is unknown.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> cache = (np.eye(2), np.array([[5.0, 6.0]]), np.zeros((1, 1))), np.array([[7.0, -7.0]])
    >>> lesson.linear_activation_backward(np.array([[1.0, 3.0]]), cache, "relu").dW
    array([[0.5, 0. ]])
    """
    g = _activation(activation)
    linear_cache, Z = _cache(cache, "linear_activation_backward")
    (dZ,) = _walk_back("A", dA, g, Z)
    return linear_backward(dZ, linear_cache)


def L_model_backward(AL: Any, Y: Any, caches: Sequence[Any]) -> dict[str, Array]:
    """The gradients of all layers: {"dA1": ..., "dW1": ..., "db1": ..., ...}.

    AL, Y: arrays of the same size. caches: as L_model_forward gives them. grads["dA1"] is the
    gradient of X: see the package's docstring. Raises ValueError if sizes or shapes do not fit.

    >>> import numpy as np, tinygraph as tg
    >>> from tinygraph import lesson
    >>> AL, caches = lesson.L_model_forward(np.ones((3, 5)), tg.MLP([3, 4, 1]).parameters)
    >>> grads = lesson.L_model_backward(AL, np.ones((1, 5)), caches)
    >>> {name: gradient.shape for name, gradient in grads.items()}
    {'dA2': (4, 5), 'dW2': (1, 4), 'db2': (1, 1), 'dA1': (3, 5), 'dW1': (4, 3), 'db1': (4, 1)}
    """
    AL, Y = _values(AL), _values(Y)
    if AL.size != Y.size:
        raise ValueError(f"L_model_backward() takes AL and Y of one size, got {AL.shape} and {Y.shape}")
    if not caches:
        raise ValueError("L_model_backward() takes the caches of layers 1 ... L, got none")
    wanted = [*(_shape(_cache(cache, "L_model_backward")[0][0]) for cache in caches[1:]), AL.shape]
    for l, (cache, shape) in enumerate(zip(caches, wanted, strict=True), 1):
        if _shape(_cache(cache, "L_model_backward")[1]) != shape:
            what = f"A_prev of layer {l + 1}" if l < len(caches) else "AL"
            raise ValueError(f"L_model_backward(): Z{l} has shape {_shape(cache[1])}, but {what} has {shape}")
    Y = Y.reshape(AL.shape)
    with np.errstate(all="ignore"):  # the losses of a given AL may be nan although their slopes are numbers
        dA, _ = _walk_back("losses", np.ones_like(AL), _losses, AL, Y)
    grads: dict[str, Array] = {}
    L = len(caches)
    for l in range(L, 0, -1):
        dA, dW, db = linear_activation_backward(dA, caches[l - 1], "relu" if l < L else "sigmoid")
        grads |= {f"dA{l}": dA, f"dW{l}": dW, f"db{l}": db}
    return grads


def update_parameters(parameters: Mapping[str, Any], grads: Mapping[str, Any], learning_rate: float) -> dict[str, Any]:
    """New parameters after one step of gradient descent, lesson (16) and (17).

    parameters: {"W1": ..., "b1": ..., ...}; they keep their values. grads: {"dW1": ..., ...}, of
    the same shapes. Raises KeyError if a gradient is missing, TypeError if a parameter has no
    floating-point dtype, and ValueError if shapes differ.

    >>> import numpy as np
    >>> from tinygraph import lesson
    >>> lesson.update_parameters({"W1": np.array([[1.0]])}, {"dW1": np.array([[2.0]])}, 0.1)
    {'W1': array([[0.8]])}
    """
    _check_dicts("update_parameters", parameters=parameters, grads=grads)
    tensors = {}
    for name in parameters:
        p, g = _values(parameters[name]), _values(_entry(grads, "grads", f"d{name}"))
        if p.dtype.kind != "f":
            raise TypeError(
                f"update_parameters() takes floating-point parameters, and {name} is {p.dtype}, in which a step would "
                f'be cut off; write parameters["{name}"].astype(float)'
            )
        if g.shape != p.shape:
            raise ValueError(f"update_parameters() takes d{name} of {name}'s shape {p.shape}, got {g.shape}")
        tensors[name] = Tensor(p, requires_grad=True, name=name)
        tensors[name].grad = g.astype(p.dtype)
    SGD(tensors, learning_rate).step()
    return {name: p.data for name, p in tensors.items()}


def _walk_back(name: str, gradient: Any, f: Callable[..., Any], *inputs: Any) -> list[Array]:
    """The gradients of f's inputs, from the gradient of its output `name`, on a new tape."""
    arrays = [_values(x) for x in (*inputs, gradient)]
    dtype = np.result_type(*arrays)
    dtype = dtype if dtype.kind == "f" else np.dtype(float)  # integers have no gradients
    *leaves, g = (Tensor(x.astype(dtype), requires_grad=True) for x in arrays)
    with enable_grad():
        y = f(*leaves)
    if g.shape != y.shape:
        raise ValueError(f"d{name} is the gradient of {name} and of its shape, {y.shape}; got {g.shape}")
    y.backward(g.detach())  # which tg.compile refuses: the arrays that it traces are stand-ins
    return [x.grad for x in leaves]


# --- the course's arrays from a whole network's tape


def from_tape(cost: Tensor) -> Layout:
    """The parameters, AL, caches, cost and grads, in the course's layout, from a network's tape.

    cost: the mean over the examples, such as tg.cross_entropy gives, of a network whose layers are
    W @ A + b or tg.linear(W, A, b), with b of shape (n, 1). The layers are numbered in the order of
    the tape. No `.grad` is read or set. Raises ValueError if the tape holds no such network.

    >>> import numpy as np, tinygraph as tg
    >>> from tinygraph import lesson
    >>> X, Y, mlp = np.ones((3, 5)), np.ones((1, 5)), tg.MLP([3, 4, 1])
    >>> tape = lesson.from_tape(tg.cross_entropy(mlp(X), Y))
    >>> print(tg.compare(lesson.L_model_backward(tape.AL, Y, tape.caches), tape.grads).equal)
    True
    """
    if type(cost) is not Tensor:
        raise TypeError(f"from_tape() takes the cost of a network, a Tensor, got a {type(cost).__name__}")
    tape = toposort(cost)
    layers = [(Z, parts) for Z in tape if (parts := _linear_parts(Z))]
    if not layers or len(layers[-1][0]) != 1:
        raise ValueError(
            "from_tape() takes the cost of a network of layers W @ A + b, with W (n, n_prev) and b (n, 1) that "
            f"require gradients, and one output; found {len(layers)} such layers among the {len(tape)} ops of this tape"
            + (f", the last one's Z of shape {layers[-1][0].shape}" if layers else "")
        )
    inside = {x for Z, parts in layers for x in (Z, *parts)}
    found = gradients(cost, np.ones(cost.shape, cost.dtype), keep=inside)
    parameters: dict[str, Array] = {}
    grads: dict[str, Array] = {}
    caches = []
    for l, (Z, parts) in enumerate(layers, 1):
        W, A_prev, b = parts
        # the values when recorded, whatever was assigned since; copies, because an optimizer writes
        # into a parameter's array
        linear_cache = LinearCache(parts[A_prev], parts[W].copy(), parts[b].copy())
        m = Z.shape[1]
        dA_prev = m * found[A_prev] if A_prev in found else linear_backward(m * found[Z], linear_cache).dA_prev
        caches.append(Cache(linear_cache, Z._data))
        parameters |= {f"W{l}": linear_cache.W, f"b{l}": linear_cache.b}
        # the last layer first, as the walk back finds them
        grads = {f"dA{l}": dA_prev, f"dW{l}": found[W], f"db{l}": found[b]} | grads
    return Layout(parameters, sigmoid(Z._data), caches, cost._data, grads)


def _linear_parts(Z: Tensor) -> dict[Tensor, Array] | None:
    """{W: its array, A_prev: ..., b: ...} if Z is a layer's linear part, otherwise None."""
    parts = dict(zip(Z.inputs, Z.saved or (), strict=True))
    if Z.op is add and (products := [x for x in parts if getattr(x, "op", None) is matmul]):
        product = products[0]
        del parts[product]
        parts = dict(zip(product.inputs, product.saved, strict=True)) | parts
    elif Z.op is not linear:
        return None
    if len(parts) != 3 or not all(type(x) is Tensor for x in parts):
        return None
    W, _, b = parts
    return parts if W._requires_grad and b._requires_grad and b.shape == (*W.shape[:-1], 1) else None


# --- checks of the arguments


def _values(x: Any) -> Array:
    return x._data if type(x) is Tensor else np.asarray(x)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(_values(x).shape)


def _check_layer(where: str, names: str, a: tuple[int, ...], w: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Raise ValueError unless A (n_prev, m), W (n, n_prev) and b (n, 1) fit.

    A b of shape (n,) would be added along the wrong axis if m equals n.
    """
    A, W, B = names.split()
    if len(w) != 2:
        wanted = f"{W} of shape (n, n_prev)"
    elif len(a) != 2 or a[0] != w[1]:
        wanted = f"{A} of shape ({w[1]}, m), one example a column"
        turned = [x for x, fits in ((A, a[1:] == w[1:]), (W, len(a) == 2 and a[0] == w[0])) if fits]
        wanted += f"; write {turned[0]}.T" if turned else ""
    elif b != (w[0], 1):
        wanted = f"{B} of shape ({w[0]}, 1)" + f"; write {B}.reshape({w[0]}, 1)" * (math.prod(b) == w[0])
    else:
        return
    raise ValueError(f"{where}({A} {a}, {W} {w}, {B} {b}) takes {wanted}")


def _linear_cache(cache: Sequence[Any], where: str) -> Sequence[Any]:
    _check_layer(where, "A_prev W b", *map(_shape, _parts(cache, where, "(A_prev, W, b)")))
    return cache


def _cache(cache: Sequence[Any], where: str) -> Sequence[Any]:
    _linear_cache(_parts(cache, where, "(linear_cache, activation_cache)")[0], where)
    return cache


def _check_dicts(where: str, **given: Any) -> None:
    for name, entries in given.items():
        if not isinstance(entries, Mapping):
            raise TypeError(f"{where}() takes {name} as a dict of arrays by name, got a {type(entries).__name__}")


def _entry(entries: Mapping[str, Any], what: str, name: str) -> Any:
    if name not in entries:
        raise KeyError(f"{what} has no {name!r}; it has {', '.join(map(repr, entries)) or 'nothing'}")
    return entries[name]


def _parts(cache: Sequence[Any], where: str, what: str) -> Sequence[Any]:
    if not isinstance(cache, (tuple, list)) or len(cache) != what.count(",") + 1:
        count = f" of {len(cache)}" if isinstance(cache, (tuple, list)) else ""
        raise TypeError(f"{where}() takes the cache {what}, got a {type(cache).__name__}{count}")
    return cache


def _activation(name: str) -> Callable[..., Any]:
    if name not in ACTIVATIONS:
        raise ValueError(f"activation is {' or '.join(map(repr, ACTIVATIONS))}, got {name!r}")
    return ACTIVATIONS[name]


guard_in(sys.modules[__name__], __all__)
