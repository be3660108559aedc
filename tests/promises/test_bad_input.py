"""Wrong arguments to any public name raise the right error, with words that help.

A row is (public name, call, kind of error, words of its message). A call takes a World: a network
with gradients, an optimizer in the middle of training, and the like. A refused call must leave it
unchanged.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.lines import case
from op_table import LINES, Domain

import tinygraph as tg
from tinygraph import lesson
from tinygraph.compiler.compile import Compiled
from tinygraph.modes import current

AxisError = np.exceptions.AxisError
T, V, A = TypeError, ValueError, AttributeError
WRONG = "takes booleans, integers and real floating-point numbers; got "


class Foreign:
    """A tensor of another library, which refuses to become an array while it holds a gradient."""

    shape, ndim, dtype, requires_grad, grad, op, inputs = (3,), 1, np.dtype(float), True, None, None, ()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("can't call numpy() on a tensor that requires grad; use detach() first")

    def backward(self) -> None: ...


class Sub(np.ndarray):
    """A subclass of ndarray."""


CYCLIC: list[Any] = []
CYCLIC.append(CYCLIC)
KNOT: dict[str, Any] = {}
KNOT["a"] = KNOT
MASKED = np.ma.masked_array(np.ones(3), [True, False, False])
MATRIX = np.ones((3, 1)).view(np.matrix)
SPARSE = SimpleNamespace(shape=(3, 1), toarray=lambda: np.ones((3, 1)))
FOREIGN = Foreign()
ALIKE = SimpleNamespace(_data=np.ones(3), data=np.ones(3), op=None, inputs=(), shape=(3,), _requires_grad=True)
X, Y = np.random.default_rng(0).standard_normal((3, 4)), np.array([[1, 0, 1, 0]])
IMAGES = np.ones((2, 3, 4, 5))


def square(x: Any) -> Any:
    return (x * x).sum()


def carried(carry: Any, x: Any) -> Any:
    return carry, x


def steps() -> Any:
    yield 1


class World:
    """The objects that a refused call could spoil."""

    def __init__(self, folder: Any) -> None:
        self.folder = folder
        self.x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="x")
        self.net = tg.MLP([3, 2, 1], rng=0)
        self.adam = tg.optim.Adam(self.net.parameters, 0.1)
        self.loss = tg.cross_entropy(self.net(X), Y)
        self.loss.backward()
        self.adam.step()
        self.loss = tg.cross_entropy(self.net(X), Y)
        square(self.x).backward()
        self.f = tg.compile(square)
        self.step = tg.compile(lambda X, Y: tg.cross_entropy(self.net(X), Y), optimizer=self.adam)
        self.net.save(folder / "net.npz")
        self.batches = tg.batches(X, Y, batch_size=2, rng=0)
        next(iter(self.batches))

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def state(self, **changes: Any) -> dict[str, Any]:
        return self.adam.state_dict() | {key.replace("_", "."): value for key, value in changes.items()}

    def seen(self) -> Any:
        """The state that must stay, as plain values."""
        tensors = {"x": self.x, **self.net.parameters}
        held = {
            name: (t.data.tobytes(), t.grad.tobytes(), t.dtype, t.shape, t.name, t.requires_grad, t.is_leaf)
            for name, t in tensors.items()
        }
        adam = {name: np.asarray(value).tobytes() for name, value in self.adam.state_dict().items()}
        place = self.batches.state_dict()
        files = {name: (self.folder / name).read_bytes() for name in sorted(os.listdir(self.folder))}
        inputs = (X.tobytes(), Y.tobytes(), MASKED.data.tobytes(), MASKED.mask.tobytes())
        return held, adam, place, files, inputs, current.get(), np.geterr(), sorted(tg.OPS)


def put(thing: Any, name: str, value: Any) -> None:
    setattr(thing, name, value)


ALONG_AXES = ["sum", "mean", "max", "min", "prod", "var", "std", "argmax", "argmin", "any", "all", "cumsum", "squeeze"]
ALONG_AXES += ["cumprod"]
ANY_NUMBER = ("atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "meshgrid")  # of arrays, also none
ALONG_AXES = [
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "var",
    "std",
    "argmax",
    "argmin",
    "any",
    "all",
    "cumsum",
    "squeeze",
    "argsort",
]
ROWS: list[tuple[str, Callable[[World], Any], type[Exception], str]] = [
    # Tensor
    ("Tensor", lambda w: tg.Tensor("abc"), T, f"Tensor {WRONG}str"),
    ("Tensor", lambda w: tg.Tensor(None), T, f"Tensor {WRONG}NoneType"),
    ("Tensor", lambda w: tg.Tensor({}), T, f"Tensor {WRONG}dict"),
    ("Tensor", lambda w: tg.Tensor(int), T, f"Tensor {WRONG}type"),
    ("Tensor", lambda w: tg.Tensor(2**70), T, f"Tensor {WRONG}int of dtype object"),
    ("Tensor", lambda w: tg.Tensor([1j]), T, "of dtype complex128 (use its real and imaginary parts)"),
    ("Tensor", lambda w: tg.Tensor(np.array([1, None], object)), T, "got ndarray of dtype object"),
    ("Tensor", lambda w: tg.Tensor(np.array(["2020-01-01"], "M8[D]")), T, "got ndarray of dtype datetime64[D]"),
    ("Tensor", lambda w: tg.Tensor(np.zeros(2, "i4,f4")), T, "got ndarray of dtype [('f0'"),
    *[("Op", lambda w, f=f: f(MASKED), T, "no masked arrays") for f in (tg.exp, tg.sum, tg.mean, tg.softmax, tg.relu)],
    ("Op", lambda w: tg.multiply(MASKED, 2.0), T, "multiply takes no masked arrays"),
    ("Op", lambda w: tg.concatenate([MASKED, MASKED]), T, "concatenate takes no masked arrays"),
    ("Op", lambda w: tg.multiply(MATRIX, MATRIX), T, "multiply takes no numpy.matrix"),
    ("Op", lambda w: tg.exp(np.array([1j])), T, "exp " + WRONG + "ndarray of dtype complex128 (use its real and"),
    ("Op", lambda w: tg.exp(np.complex128(1j)), T, "exp " + WRONG),
    ("Op", lambda w: tg.sum(np.array([1, None])), T, "sum " + WRONG + "ndarray of dtype object"),
    ("Tensor", lambda w: tg.Tensor(MATRIX), T, "takes no numpy.matrix, whose * is a product of matrices: write np"),
    ("Tensor", lambda w: w.x * MATRIX, T, "multiply takes no numpy.matrix"),
    ("Tensor.data", lambda w: put(w.x, "data", MATRIX), T, ".data takes no numpy.matrix"),
    ("grad", lambda w: tg.grad(square)(MATRIX), T, "grad takes no numpy.matrix"),
    ("Tensor", lambda w: tg.Tensor(SPARSE), T, "of dtype object (make an array of it with .toarray())"),
    ("Tensor", lambda w: tg.Tensor(MASKED), T, "Tensor takes no masked arrays: say what stands for the masked entries"),
    ("Tensor", lambda w: tg.Tensor(FOREIGN), T, "Tensor takes arrays and Tensors of tinygraph; got a Foreign: can't"),
    ("Tensor", lambda w: tg.Tensor(ALIKE), T, f"Tensor {WRONG}SimpleNamespace"),
    ("Tensor", lambda w: tg.Tensor(CYCLIC), V, "Tensor takes numbers of one rectangular shape"),
    ("Tensor", lambda w: tg.Tensor([[1], [1, 2]]), V, "Tensor takes numbers of one rectangular shape"),
    ("Tensor", lambda w: tg.Tensor([w.x, w.x]), T, "To keep it, write tg.array for lists of tensors, "),
    ("Tensor", lambda w: tg.Tensor(w.x * 2), T, "would drop its gradient silently: write t itself, or t.detach()"),
    ("Tensor", lambda w: tg.Tensor([1, 2], requires_grad=True), T, "takes floating-point data, got dtype int64; cast"),
    ("Tensor", lambda w: tg.Tensor([1.0], "W"), T, "requires_grad is True or False, got 'W'; a name is given as name="),
    ("Tensor", lambda w: tg.Tensor([1.0], name=3), T, "a tensor's name is a string, got 3"),
    ("Tensor.name", lambda w: put(w.x, "name", 5), T, "a tensor's name is a string, got 5"),
    ("Tensor.data", lambda w: put(w.x, "data", MASKED), T, ".data takes no masked arrays"),
    ("Tensor.data", lambda w: put(w.x, "data", ALIKE), T, f".data {WRONG}SimpleNamespace"),
    (
        "Tensor.data",
        lambda w: put(w.x, "data", FOREIGN),
        T,
        ".data takes arrays and Tensors of tinygraph; got a Foreign",
    ),
    (
        "Tensor.data",
        lambda w: put(w.x, "data", np.ones(4)),
        V,
        "takes an array of shape (3,) and dtype float64, got shape",
    ),
    ("Tensor.data", lambda w: put(w.x, "data", np.ones(3, "f")), V, "got shape (3,) and dtype float32"),
    ("Tensor.data", lambda w: put(w.x * 2, "data", np.ones(3)), V, "data is set on leaves, or use .detach()"),
    ("Tensor.grad", lambda w: put(w.x, "grad", MASKED), T, ".grad takes no masked arrays"),
    ("Tensor.grad", lambda w: put(w.x, "grad", np.ones(4)), V, "takes an array of shape (3,)"),
    ("Tensor.grad", lambda w: put(w.x, "grad", np.ones(3, complex)), T, f".grad {WRONG}ndarray of dtype complex128"),
    ("Tensor.requires_grad", lambda w: put(w.x * 2, "requires_grad", False), V, "is set on leaves, or use .detach()"),
    ("Tensor.requires_grad", lambda w: put(tg.Tensor([1]), "requires_grad", True), T, "takes floating-point data"),
    ("Tensor", lambda w: put(w.x, "nmae", "W"), A, "nmae"),
    ("Tensor", lambda w: put(w.x, "shape", (3, 1)), A, "shape"),
    (
        "Tensor.backward",
        lambda w: (w.x * 2).backward(),
        V,
        "reduce it first, as in t.sum().backward(), or give gradient=",
    ),
    (
        "Tensor.backward",
        lambda w: (w.x * 2).backward(np.ones(4)),
        V,
        "takes the shape (3,) of tensor of shape (3,), got (4,)",
    ),
    ("Tensor.backward", lambda w: (w.x * 2).backward(MASKED), T, "backward(gradient=...) takes no masked arrays"),
    ("Tensor.backward", lambda w: (w.x * 2).backward(FOREIGN), T, "got a Foreign"),
    ("Tensor.backward", lambda w: (w.x * 2).backward("abc"), T, f"backward(gradient=...) {WRONG}str"),
    ("Tensor.backward", lambda w: (w.x * 2).backward(1j * np.ones(3)), T, "use its real and imaginary parts"),
    ("Tensor.backward", lambda w: w.x.detach().sum().backward(), V, "depends on no tensor with requires_grad=True"),
    ("Tensor.retain_grad", lambda w: w.x.detach().retain_grad(), V, "which requires no gradient"),
    ("Tensor.item", lambda w: w.x.item(), V, "takes a tensor of one entry, got tensor x of shape (3,); use .numpy()"),
    ("Tensor", lambda w: float(w.x), V, "takes a tensor of one entry"),
    ("Tensor", lambda w: bool(w.x), V, "entry by entry, & | ~ for and, or, not, or t.any() or t.all()"),
    ("Tensor", lambda w: len(w.loss), T, "len() of a tensor without axes"),
    ("Tensor", lambda w: iter(w.loss), T, "cannot be iterated over; use float(t) or t.item()"),
    ("Tensor", lambda w: w.x.__setitem__(0, 1.0), T, "cannot be changed in place: the tape keeps"),
    ("Tensor", lambda w: w.x[5], IndexError, "x (3,)[5]: index 5 is out of bounds"),
    ("Tensor", lambda w: w.x["a"], IndexError, "x (3,)['a']: an index takes integers, and 'a' is str: a Tensor has no"),
    (
        "Tensor",
        lambda w: w.x[1.0],
        IndexError,
        "x (3,)[1.0]: an index takes integers, and 1.0 is float: cast it to int",
    ),
    ("Tensor", lambda w: w.x[np.array([0.5])], IndexError, "the index is float64: cast it to int"),
    ("Tensor", lambda w: w.x[[0, 7]], IndexError, "x (3,)[the index (2,)]: index 7 is out of bounds"),
    ("Tensor", lambda w: w.x[MASKED > 0], T, "getitem takes no masked arrays"),
    ("Tensor", lambda w: w.x[FOREIGN], T, "getitem takes arrays and Tensors of tinygraph; got a Foreign"),
    ("Tensor", lambda w: w.x << 1, T, "tg.left_shift(x (3,), 1): ufunc 'left_shift' not supported for the input"),
    ("Tensor", lambda w: np.unique(w.x), T, "numpy.unique has no gradient rule in tinygraph"),
    ("Tensor", lambda w: np.unique(w.x), T, "numpy.unique has no gradient rule in tinygraph"),
    ("Tensor", lambda w: w.x.sort(), A, "a Tensor never changes in place: write np.sort(t) or np.partition(t, kth)"),
    ("Tensor.compress", lambda w: w.x.compress([True] * 5), IndexError, "is out of bounds"),
    ("Tensor.copy", lambda w: w.x.copy(nonsense=1), T, "nonsense"),
    ("Tensor.diagonal", lambda w: w.x.diagonal(), V, "diag requires an array of at least two dimensions"),
    ("Tensor.repeat", lambda w: w.x.repeat(w.x), T, "repeat() has no gradient for repeats: take plain numbers"),
    ("Tensor.repeat", lambda w: w.x.repeat(-1), V, "repeat(x (3,), repeats=-1): "),
    ("Tensor.take", lambda w: w.x.take([0], axis=1), AxisError, "take(): axis 1 is out of bounds"),
    ("Tensor.astype", lambda w: w.x.astype("f4", "K", "unsafe"), T, "multiple values for argument 'dtype'"),
    ("Tensor.sum", lambda w: w.x.sum(0, None, None, False, 0.0, True, 9), T, "multiple values for argument 'keepdims'"),
    ("Tensor.argpartition", lambda w: w.x.argpartition(7), V, "kth(=7) out of bounds (3)"),
    ("Tensor.nonzero", lambda w: w.x.nonzero(1), T, "positional argument"),
    ("Tensor.trace", lambda w: w.x.trace(), V, "diag requires an array of at least two dimensions"),
    ("Tensor.at", lambda w: w.x.at["a"].set(0.0), IndexError, "and 'a' is str: a Tensor has no names: write a number"),
    ("Tensor.at", lambda w: w.x.at[0].set("a"), T, f"t.at[index].set {WRONG}str"),
    ("Tensor.at", lambda w: w.x.at[MASKED > 0].add(1.0), T, "getitem takes no masked arrays"),
    ("Tensor.at", lambda w: w.x.at[0].add(FOREIGN), T, "takes arrays and Tensors of tinygraph; got a Foreign"),
    ("array", lambda w: tg.array([w.x, [1.0]]), V, "array takes numbers of one rectangular shape: "),
    ("array", lambda w: tg.array([w.x, FOREIGN]), T, "array takes"),
    ("array", lambda w: tg.array([CYCLIC, w.x]), V, "array takes numbers of one rectangular shape: "),
    ("Tensor", lambda w: np.asarray(w.x), T, "would drop its gradient silently"),
    ("Tensor", lambda w: np.add(w.x, 1, out=w.x.data), T, "cannot write into out="),
    ("Tensor", lambda w: w.x * 10**400, OverflowError, "x (3,) * 1000"),
    ("Tensor", lambda w: type("Mine", (tg.Tensor,), {}), T, "Tensor is not made for subclassing"),
    ("Tensor.reshape", lambda w: w.x.reshape(2), V, "x (3,).reshape(2): cannot reshape array of size 3"),
    (
        "Tensor.reshape",
        lambda w: w.x.reshape("a"),
        T,
        "x (3,).reshape(a): 'str' object cannot be interpreted as an integer",
    ),
    ("Tensor.transpose", lambda w: w.x.transpose(1), AxisError, "axis 1 is out of bounds"),
    ("Tensor.flatten", lambda w: w.x.flatten("A"), V, "order='C' or 'F', got 'A': a Tensor has no other order"),
    *(
        (f"Tensor.{name}", lambda w, name=name: getattr(w.x, name)(axis=5), AxisError, "axis 5 is out of bounds")
        for name in ALONG_AXES
    ),
    *(
        (f"Tensor.{name}", lambda w, name=name: getattr(w.x, name)(nonsense=1), T, "nonsense")
        for name in (
            *ALONG_AXES,
            "swapaxes",
            "clip",
            "dot",
            "astype",
            "ravel",
            "transpose",
            "reshape",
            "backward",
            "zero_grad",
            "tape",
            "numpy",
            "item",
            "tolist",
            "detach",
            "retain_grad",
            "flatten",
        )
    ),
    ("Tensor.searchsorted", lambda w: w.x.searchsorted("a"), T, f"searchsorted {WRONG}str"),
    # ops with arguments other than arrays
    ("sum", lambda w: tg.sum(w.x, axis=1.5), T, "x (3,).sum(axis=1.5): 'float' object"),
    ("sum", lambda w: tg.sum(w.x, axis=(0, 0)), V, "duplicate value in 'axis'"),
    ("sum", lambda w: tg.sum(w.x, keepdims="yes"), T, "x (3,).sum(keepdims='yes')"),
    ("max", lambda w: tg.max(tg.Tensor(np.zeros((0, 3))), axis=0), V, "zero-size array"),
    ("argmax", lambda w: tg.Tensor([]).argmax(), V, "empty sequence"),
    ("argmax", lambda w: tg.argmax(None), T, f"argmax {WRONG}NoneType"),
    ("exp", lambda w: tg.exp(w.x, w.x), T, "exp(x): too many positional arguments"),
    ("add", lambda w: tg.add(w.x, np.ones(4)), V, "their last axes have 3 and 4 entries"),
    ("matmul", lambda w: w.x @ np.ones(4), V, "the inner sizes 3 and 4 differ"),
    ("linear", lambda w: tg.linear(w.net.parameters["W1"], X.T, np.ones((2, 1))), V, "the inner sizes 3 and 4 differ"),
    (
        "linear",
        lambda w: tg.linear(w.net.parameters["W1"], X, np.ones((5, 1))),
        V,
        "which the third operand (5, 1) cannot be added",
    ),
    ("dot", lambda w: tg.dot(w.x, None), T, WRONG),
    ("where", lambda w: tg.where(w.x > 0, w.x), T, "where(condition, a, b): missing a required argument: 'b'"),
    ("clip", lambda w: tg.clip(w.x, [1, 2], 3), V, "their last axes have 3 and 2 entries"),
    ("leaky_relu", lambda w: tg.leaky_relu(w.x, slope="a"), T, "tg.leaky_relu(x (3,), slope='a')"),
    ("leaky_relu", lambda w: tg.leaky_relu(w.x, 1j), T, "slope= takes a finite number such as 0.01, got 1j"),
    ("leaky_relu", lambda w: tg.leaky_relu(X, np.ones(3)), T, "slope= takes a finite number such as 0.01, got array("),
    ("elu", lambda w: tg.elu(w.x, True), T, "alpha= takes a finite number such as 0.01, got True"),
    ("elu", lambda w: tg.elu(w.x, alpha=np.inf), V, "alpha= takes a finite number such as 0.01, got inf"),
    ("elu", lambda w: tg.elu(w.x, np.float32("nan")), V, "alpha= takes a finite number such as 0.01, got "),
    ("elu", lambda w: tg.elu(w.x, slope=1), T, "elu(x, alpha=1.0): got an unexpected keyword argument 'slope'"),
    ("elu", lambda w: tg.elu(w.x, tg.Tensor(1.0)), T, "elu() takes alpha as plain numbers, not as a Tensor"),
    ("invert", lambda w: tg.invert(w.x), T, "~x (3,): ufunc 'invert' not supported"),
    ("astype", lambda w: w.x.astype(complex), T, "a dtype of booleans, integers or real numbers, got complex128"),
    ("astype", lambda w: w.x.astype("nonsense"), T, "data type 'nonsense' not understood"),
    ("softmax", lambda w: tg.softmax(w.x, axis=1), AxisError, "tg.softmax(x (3,), axis=1): axis 1 is out of bounds"),
    ("norm", lambda w: tg.norm(w.x, ord="nuc"), V, "Invalid norm order 'nuc' for vectors"),
    (
        "norm",
        lambda w: tg.norm(w.x, ord=tg.Tensor(2.0)),
        T,
        "norm(ord=...) takes a plain number, not a Tensor: t.item()",
    ),
    ("sum", lambda w: w.x.sum(initial=w.x[0]), T, "sum(initial=...) takes a plain number, not a Tensor: t.item()"),
    ("sum", lambda w: w.x.sum(where=[True, False]), V, "sum(x (3,), where="),
    ("sum", lambda w: w.x.sum(where="all"), T, f"sum(where=...) {WRONG}str"),
    ("sum", lambda w: w.x.sum(dtype=complex), T, "astype() takes a dtype of booleans, integers or real numbers"),
    (
        "max",
        lambda w: w.x.max(where=w.x > 1),
        V,
        "max() with where= takes initial= too, the result if no entry is left",
    ),
    ("max", lambda w: w.x.max(dtype=float), T, "got an unexpected keyword argument 'dtype'"),
    ("var", lambda w: w.x.var(ddof=1, correction=1), V, "var() takes either ddof= or correction=, which mean the same"),
    ("logsumexp", lambda w: tg.logsumexp(w.x, b="a"), T, f"logsumexp(b=...) {WRONG}str"),
    ("nan_to_num", lambda w: tg.nan_to_num(w.x, copy=False), V, "takes copy=True alone: the tape keeps what it has"),
    ("Tensor.round", lambda w: w.x.round("a"), T, "round(x (3,), decimals='a')"),
    ("Tensor.cumprod", lambda w: w.x.cumprod("a"), T, "cumprod(x (3,), axis='a')"),
    ("Tensor.conj", lambda w: w.x.conj(1), T, "numpy.conjugate cannot write into out="),
    ("Tensor.conjugate", lambda w: w.x.conjugate(1), T, "numpy.conjugate cannot write into out="),
    ("einsum", lambda w: tg.einsum(5, w.x), T, "takes the subscripts as a string before the operands; got int: write"),
    ("einsum", lambda w: tg.einsum("i,i", w.x), V, "names 2 operands, got 1"),
    ("einsum", lambda w: tg.einsum("i,i", w.x, np.ones(4)), V, "i is 3 in x and 4 in the second operand"),
    ("reshape", lambda w: tg.reshape(w.x), T, "missing"),
    ("swapaxes", lambda w: tg.swapaxes(w.x, 0), T, "missing"),
    ("lesson.from_tape", lambda w: lesson.from_tape(w.net), T, "takes the cost of a network, a Tensor, got a MLP"),
    ("lesson.L_model_forward", lambda w: lesson.L_model_forward(X, None), T, "parameters as a dict of arrays by name"),
    ("lesson.update_parameters", lambda w: lesson.update_parameters({}, [], 1), T, "grads as a dict of arrays by name"),
    ("sum", lambda w: w.x.sum(axis=CYCLIC), T, "tg.sum(x (3,), ...): "),
    ("pad", lambda w: tg.pad(w.x, CYCLIC), V, "pad(pad_width=...) takes numbers of one rectangular shape"),
    ("sum", lambda w: w.x.sum(0, keepdim=True), T, "where=True): got an unexpected keyword argument 'keepdim'"),
    ("sum", lambda w: np.sum(w.x, 0, "text"), T, "data type 'text' not understood"),
    ("sum", lambda w: np.sum(w.x, 0, None, np.ones(3)), T, "got an unexpected keyword argument 'out'"),
    ("reshape", lambda w: w.x.reshape(tg.Tensor([3, 1])), T, "reshape() takes shape as plain numbers, not as a Tensor"),
    ("Tensor", lambda w: tg.Tensor([1], dtype=complex), T, "Tensor(dtype=...) " + WRONG),
    ("Tensor", lambda w: tg.Tensor([1], dtype="nonsense"), T, "nonsense"),
    ("Tensor.clone", lambda w: w.x.clone(), A, "write t.copy(), or, without a gradient, t.numpy().copy()"),
    ("Tensor.float", lambda w: w.x.float(), A, "write t.astype(dtype)"),
    ("Tensor.zero_", lambda w: w.x.zero_(), A, "optimizer.zero_grad()"),
    ("Tensor.requires_grad", lambda w: put(w.x, "requires_grad", "no"), T, "requires_grad is True or False, got 'no'"),
    (
        "MLP.predict",
        lambda w: w.net.predict(np.array([[0, np.nan]] * 3)),
        V,
        "for 1 of 2 examples, the first in column 1",
    ),
    ("MLP", lambda w: w.net.W1, A, "write mlp.parameters['W1']"),
    ("MLP", lambda w: w.net.forward(X), A, "write mlp(X)"),
    ("MLP", lambda w: w.net.parameters(), T, "parameters is a dict of Tensors by name: leave out the ()"),
    ("MLP", lambda w: w.net.anything, A, "'MLP' object has no attribute 'anything'"),
    ("optim.Adam", lambda w: put(w.adam, "lr", 5), A, "has learning_rate, and no lr"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x], 1, 0.9, nesterov="False"), T, "nesterov is True or False, got 'False'"),
    ("broadcast_to", lambda w: tg.broadcast_to(w.x, (-1, 3)), V, "must be non-negative"),
    ("expand_dims", lambda w: tg.expand_dims(w.x, axis=5), AxisError, "axis 5 is out of bounds"),
    ("moveaxis", lambda w: tg.moveaxis(w.x, 0, 1), AxisError, "moveaxis(x (3,), source=0, destination=1)"),
    ("concatenate", lambda w: tg.concatenate([]), V, "takes at least one array, got none"),
    ("concatenate", lambda w: tg.concatenate(5), T, "takes its arrays in a list, as in concatenate([a, b]), and axis"),
    ("concatenate", lambda w: tg.concatenate([w.x, MASKED]), T, "concatenate takes no masked arrays"),
    ("stack", lambda w: tg.stack([w.x, X]), V, "all input arrays must have the same shape"),
    ("stack", lambda w: tg.stack(FOREIGN), T, "takes its arrays in a list"),
    ("split", lambda w: tg.split(w.x, 2), V, "split(x (3,), indices_or_sections=2, axis=0)"),
    ("split", lambda w: tg.split(w.x, 0), ZeroDivisionError, "split(x (3,), indices_or_sections=0, axis=0)"),
    ("split", lambda w: tg.split(w.x, -1), V, "number sections must be larger than 0"),
    ("pad", lambda w: tg.pad(w.x, -1), V, "can't contain negative values"),
    (
        "pad",
        lambda w: tg.pad(w.x, {0: "a"}),
        T,
        "pad(pad_width=...) takes booleans, integers and real",
    ),
    ("pad", lambda w: tg.pad(w.x, 1, mode="empty"), V, "got mode='empty'; write the border with tg.concatenate"),
    (
        "pad",
        lambda w: tg.pad(w.x, 1, constant_values=1j),
        T,
        "pad(constant_values=...) takes booleans, integers and real",
    ),
    ("take", lambda w: tg.take(w.x, "a"), T, f"getitem {WRONG}"),
    ("take", lambda w: tg.take(w.x, FOREIGN), T, "takes arrays and Tensors of tinygraph; got a Foreign"),
    ("take", lambda w: tg.take(w.x, 5), IndexError, "index 5 is out of bounds"),
    ("take", lambda w: tg.take(w.x, 0, mode="up"), V, "mode='raise', 'wrap' or 'clip', got 'up'"),
    ("ravel", lambda w: tg.ravel(CYCLIC), V, "holds itself"),
    ("ravel", lambda w: tg.ravel({"a": "b"}), T, f"ravel {WRONG}str"),
    ("ravel", lambda w: tg.ravel([X])[1](np.ones(3)), V, "takes a vector of shape (12,), got shape (3,)"),
    # statistics, numerical functions and contractions
    ("quantile", lambda w: tg.quantile(w.x, 2), V, "tg.quantile(x (3,), q=2): Quantiles must be in the range [0, 1]"),
    ("quantile", lambda w: tg.quantile(w.x, w.x), T, "quantile() takes q as plain numbers, not as a Tensor"),
    (
        "quantile",
        lambda w: np.quantile(X, q=w.x),
        T,
        "quantile() takes q as plain numbers, not as a Tensor: t.tolist()",
    ),
    ("average", lambda w: tg.average(w.x, weights=[0, 0, 0]), ZeroDivisionError, "average(): the weights sum to 0"),
    (
        "average",
        lambda w: tg.average(tg.Tensor(X), weights=[1, 2]),
        T,
        "takes axis= with weights (2,) of another shape",
    ),
    (
        "average",
        lambda w: tg.average(w.x, 0, [1, 2]),
        V,
        "of shape (3,) along axis=0 takes weights of its shape, got (2,)",
    ),
    ("cov", lambda w: tg.cov(w.x, aweights=w.x), T, "cov() has no gradient for aweights: take plain numbers"),
    ("cov", lambda w: tg.cov(w.x, fweights=[0.5, 1, 1]), T, "fweights must be integer"),
    ("nansum", lambda w: tg.nansum(w.x, axis=3), AxisError, "tg.nansum(x (3,), axis=3): axis 3 is out of bounds"),
    ("diff", lambda w: tg.diff(w.x, -1), V, "diff() takes n of at least 0, got -1"),
    ("diff", lambda w: tg.diff(w.x, axis=1), AxisError, "diff(): axis 1 is out of bounds"),
    (
        "ediff1d",
        lambda w: tg.ediff1d([1, 2], w.x),
        T,
        "ediff1d() cannot cast float64 to int64 with casting='same_kind'",
    ),
    ("delete", lambda w: tg.delete(w.x, w.x), T, "delete() has no gradient for obj: take plain numbers"),
    ("compress", lambda w: tg.compress(w.x, w.x), T, "compress() has no gradient for condition: take plain numbers"),
    ("gradient", lambda w: tg.gradient(w.x, w.x), T, "gradient() has no gradient for spacing: take plain numbers"),
    ("gradient", lambda w: tg.gradient(w.x, 1, 2), T, "takes one spacing, or one for each of 1 axes, got 2"),
    ("gradient", lambda w: tg.gradient(w.x, edge_order=3), V, "'edge_order' greater than 2 not supported"),
    ("histogram", lambda w: np.histogram(w.x, weights=w.x), T, "histogram() has no gradient for weights"),
    ("interp", lambda w: tg.interp(w.x, [1, 2], [1, 2], left=w.x), T, "interp() has no gradient for left"),
    ("interp", lambda w: tg.interp(w.x, [1, 2], [1, 2], period=0), V, "interp() takes a period other than 0"),
    ("bincount", lambda w: tg.bincount(w.x), T, "bincount() has no gradient for x: take plain numbers"),
    ("bincount", lambda w: tg.bincount([0, 1], w.x), V, "bincount() takes weights of the shape (2,) of x, got (3,)"),
    ("unravel_index", lambda w: tg.unravel_index([5], w.x), T, "unravel_index() has no gradient for shape"),
    ("unravel_index", lambda w: tg.unravel_index(tg.Tensor(7), (2, 2)), V, "index 7 is out of bounds"),
    ("unravel_index", lambda w: tg.unravel_index([1.5], (2, 2)), T, "only int indices permitted"),
    ("apply_along_axis", lambda w: tg.apply_along_axis(np.sum, 2, w.x), AxisError, "axis 2 is out of bounds"),
    ("linspace", lambda w: tg.linspace(w.x, 1, -1), V, "Number of samples, -1, must be non-negative"),
    ("linspace", lambda w: tg.linspace(0, 1, w.x), T, "linspace() has no gradient for num: take plain numbers"),
    ("convolve", lambda w: tg.convolve(w.x, w.x, mode="x"), V, "mode must be one of 'valid', 'same', or 'full'"),
    (
        "tensordot",
        lambda w: tg.tensordot(w.x, [1, 2], 1),
        V,
        "axes of the same lengths, got [3] of a (3,) and [2] of b",
    ),
    ("tensordot", lambda w: tg.tensordot(w.x, w.x, (0, 5)), AxisError, "tensordot(): axis 5 is out of bounds"),
    ("cross", lambda w: tg.cross(w.x, [1, 2, 3, 4]), V, "cross() takes vectors of 2 or 3 entries, got 3 and 4"),
    ("matmul", lambda w: np.matmul(w.x, w.x, axes=[0, 0, ()]), T, "numpy.matmul with axes= has no gradient rule"),
    (
        "einsum",
        lambda w: tg.einsum(w.x, [0, "a"]),
        V,
        "takes numbers from 0 to 51, and `...`, in lists of axes; got 'a'",
    ),
    (
        "op",
        lambda w: tg.op("cube", square),
        T,
        "takes a gradient rule for each input (None where there is no gradient)",
    ),
    ("op", lambda w: tg.op(square, square, None), T, "takes the op's name first, a string; got <function"),
    ("op", lambda w: tg.op("cube", "x**3", None), T, "takes a forward function and gradient rules, got 'x**3'"),
    ("op", lambda w: tg.op("cube", square, variadic=5), T, "takes a forward function and gradient rules, got 5"),
    ("Op", lambda w: tg.Op("cube", square, 5), T, "takes a forward function and gradient rules, got 5"),
    ("Op", lambda w: tg.op("cube", lambda x: None, None)(w.x), T, "a Tensor as the result of cube takes booleans"),
    ("Op", lambda w: tg.op("cube", lambda x: x * 1j, None)(w.x), T, "a Tensor as the result of cube takes booleans"),
    ("Op", lambda w: tg.op("cube", lambda x: x, None)(w.x, w.x), T, "cube(x): too many positional arguments"),
    ("Tape", lambda w: tg.Tape(X), T, "takes the Tensor that a graph ends in, got ndarray"),
    ("Tape", lambda w: tg.Tape(ALIKE), T, "got SimpleNamespace"),
    ("Tape", lambda w: w.loss.tape()[99], IndexError, "out of range"),
    # networks
    ("MLP", lambda w: tg.MLP([]), V, "two or more whole numbers, each at least 1; got []"),
    ("MLP", lambda w: tg.MLP([3]), V, "two or more whole numbers, each at least 1; got [3]"),
    ("MLP", lambda w: tg.MLP([3, 0, 1]), V, "each at least 1; got [3, 0, 1]"),
    ("MLP", lambda w: tg.MLP([3, -2, 1]), V, "each at least 1; got [3, -2, 1]"),
    ("MLP", lambda w: tg.MLP([3, 2.5, 1]), T, "two or more whole numbers, each at least 1; got [3, 2.5, 1]"),
    ("MLP", lambda w: tg.MLP("3,2,1"), T, "MLP takes layer_dims such as [n_x, n_h, 1]"),
    ("MLP", lambda w: tg.MLP(CYCLIC), T, "MLP takes layer_dims such as [n_x, n_h, 1]"),
    (
        "MLP",
        lambda w: tg.MLP([3, 2, 1], init="kaiming"),
        V,
        "takes 'he', 'xavier', 'lecun' or a number such as 0.01, got",
    ),
    ("MLP", lambda w: tg.MLP([3, 2, 1], init=np.nan), V, "or a number such as 0.01, got nan"),
    (
        "MLP",
        lambda w: tg.MLP([3, 2, 1], rng="seed"),
        T,
        "MLP(rng=...) takes a seed such as 0, a Generator or a RandomState, got 'seed'",
    ),
    ("MLP", lambda w: tg.MLP([3, 2, 1], rng=-1), V, "non-negative"),
    ("MLP", lambda w: tg.MLP([3, 2, 1], dtype="int32"), T, "takes a floating-point dtype, got int32"),
    ("MLP", lambda w: tg.MLP([3, 2, 1], dtype=complex), T, "takes a floating-point dtype, got complex128"),
    ("MLP", lambda w: tg.MLP([3, 2, 1], activation="tanh"), T, "activation"),
    ("MLP", lambda w: w.net(X.T), V, "takes X of shape (3, m), one example a column, got (4, 3); write mlp(X.T)"),
    ("MLP", lambda w: w.net(1.0), V, "takes X of shape (3, m), one example a column, got ()"),
    ("MLP", lambda w: w.net(FOREIGN), T, "MLP takes arrays and Tensors of tinygraph; got a Foreign"),
    ("MLP", lambda w: w.net(np.ma.masked_array(X, X > 0)), T, "MLP takes no masked arrays"),
    ("MLP", lambda w: w.net(X.astype(object)), T, f"MLP {WRONG}ndarray of dtype object"),
    ("MLP.predict", lambda w: w.net.predict(X.T), V, "write mlp(X.T)"),
    ("MLP.predict", lambda w: w.net.predict(X * 1j), T, f"MLP {WRONG}ndarray of dtype complex128"),
    ("MLP.predict", lambda w: w.net.predict(X[0]), V, "takes X of shape (3, m), one example a column, got (4,)"),
    ("MLP.predict_proba", lambda w: w.net.predict_proba(X.T), V, "write mlp(X.T)"),
    ("MLP.cost", lambda w: w.net.cost(X, Y.T), V, "the labels take the shape (1, 4)"),
    (
        "MLP.cost",
        lambda w: w.net.cost(X, Y, weight=1),
        T,
        "takes the options sample_weight, class_weight, label_smoothing; got weight",
    ),
    ("MLP", lambda w: tg.MLP([3, 2, 1], hidden="swish"), V, "or a function, got 'swish'"),
    (
        "MLP",
        lambda w: tg.MLP([3, 2, 1], output="softmax"),
        V,
        "of 1 unit is always 1: write output='sigmoid', or a unit",
    ),
    ("MLP", lambda w: tg.MLP([3, 2, 1], output="tanh"), V, "takes 'sigmoid', 'softmax', 'linear', got 'tanh'"),
    ("MLP", lambda w: tg.MLP([3, 2, 1], dropout=1), V, "dropout is at least 0 and below 1, got 1"),
    ("MLP", lambda w: tg.MLP([3, 2, 1], batch_norm="yes"), T, "takes True or False, got 'yes'"),
    ("Model.state_dict", lambda w: w.net.state_dict("W1"), T, "state_dict"),
    (
        "Model.load_state_dict",
        lambda w: w.net.load_state_dict(None),
        T,
        "the dict that state_dict() gave, got NoneType",
    ),
    ("Model.load_state_dict", lambda w: w.net.load_state_dict({}), V, "there is no W1, which its layer_dims [3, 2, 1]"),
    ("Model.restore", lambda w: w.net.restore(w.path("nothing.npz")), FileNotFoundError, "nothing.npz"),
    (
        "Model.restore",
        lambda w: tg.MLP([3, 5, 1]).restore(w.path("net.npz")),
        V,
        "its layer_dims is [3 5 1], in the file",
    ),
    ("Model", lambda w: tg.Model(3), T, "Model() takes no arguments"),
    (
        "dropout",
        lambda w: tg.dropout(w.x, 2, np.random.default_rng(0)),
        V,
        "p of dropout is at least 0 and below 1, got 2",
    ),
    ("dropout", lambda w: tg.dropout(w.x, 0.5, 0), T, "write rng = np.random.default_rng(0) once"),
    ("dropout", lambda w: tg.dropout(w.x, 0.5, np.random.default_rng(0)), RuntimeError, "write `with tg.training():`"),
    ("batch_norm", lambda w: tg.batch_norm(w.x, w.x, w.x, momentum=2), V, "momentum from 0 to 1 and eps"),
    ("layer_norm", lambda w: tg.layer_norm(X, np.ones(3)), V, "axis=0 takes gamma of shape (3, 1), got (3,)"),
    ("layer_norm", lambda w: tg.layer_norm(X, axis=-1, beta=np.ones((3, 1))), V, "takes beta of shape (1, 4), got"),
    ("layer_norm", lambda w: tg.layer_norm(w.x, axis=1), AxisError, "axis 1 is out of bounds"),
    ("layer_norm", lambda w: tg.layer_norm(w.x, eps=-1), V, "eps of layer_norm is at least 0 and finite, got -1"),
    ("embedding", lambda w: tg.embedding(X, [3]), V, "weights (3, 4) takes indices from 0 to 2, got 3"),
    ("embedding", lambda w: tg.embedding(X, [[0, -1]]), V, "takes indices from 0 to 2, got -1"),
    ("embedding", lambda w: tg.compile(tg.embedding)(X, np.array([0, 5])), V, "takes indices from 0 to 2, got 5"),
    ("embedding", lambda w: tg.embedding(X, [1.0]), T, "integers as indices, got (3, 4) and float64"),
    ("embedding", lambda w: tg.embedding(w.x, [1]), T, "takes weights of shape (n, d) and integers"),
    ("conv1d", lambda w: tg.conv1d(X, X), V, "takes x (N, C, L) and w (O, C, k), got x (3, 4) and w (3, 4); one ex"),
    (
        "conv1d",
        lambda w: tg.conv1d(X[None], X[None, :, :2], stride=0),
        V,
        "stride of conv1d takes a whole number of at",
    ),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES[:, :2]), V, "got x (2, 3, 4, 5) and w (2, 2, 4, 5)"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, np.ones((1, 3, 5, 5))), V, "a window (5, 5) is larger than x (2, 3, 4, 5)"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, w.x), V, "of w (2, 3, 4, 5) takes b of shape (2,), got (3,)"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, padding="full"), V, "'same' or 'valid'; got 'full'"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, None, 2, "same"), V, "'same' with stride=1 alone, got stride=2"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, padding=(1, 1, 1)), V, "is a number or 2 numbers, got (1, 1, 1)"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, dilation=2), T, "dilation"),
    ("conv2d", lambda w: tg.conv2d(IMAGES, IMAGES, groups=3), T, "groups"),
    ("max_pool2d", lambda w: tg.max_pool2d(IMAGES[0], 2), V, "takes x (N, C, H, W), got (3, 4, 5); one example is x"),
    ("max_pool2d", lambda w: tg.max_pool2d(IMAGES, 2, padding=2), V, "padding of at most half the size (2, 2), got 2"),
    ("max_pool2d", lambda w: tg.max_pool2d(IMAGES, (5, 2)), V, "a window (5, 2) is larger than x (2, 3, 4, 5)"),
    ("avg_pool2d", lambda w: tg.avg_pool2d(IMAGES, 1.5), T, "size of avg_pool2d takes a whole number of at least 1"),
    (
        "sliding_window_view",
        lambda w: tg.sliding_window_view(w.x, 4),
        V,
        "sliding_window_view(x (3,), window_shape=4): window shape cannot be larger",
    ),
    ("training", lambda w: tg.training(1), T, "training() takes 0 positional arguments"),
    ("evaluating", lambda w: tg.evaluating(w.net), T, "evaluating() takes 0 positional arguments"),
    ("MLP.gradients", lambda w: tg.MLP([3, 1]).gradients(), V, "no gradient of W1, b1 yet; call cost.backward() first"),
    ("Model.zero_grad", lambda w: w.net.zero_grad("W1"), T, "zero_grad"),
    ("Model.save", lambda w: w.net.save(None), T, "NoneType"),
    ("Model.save", lambda w: w.net.save(w.path("no/net.npz")), FileNotFoundError, "there is no folder"),
    ("load", lambda w: tg.load(w.net), T, "MLP"),
    ("load", lambda w: tg.load(w.path("nothing.npz")), FileNotFoundError, "nothing.npz"),
    ("MLP.load", lambda w: tg.MLP.load(w.net), T, "MLP"),
    ("MLP.load", lambda w: tg.MLP.load(1), T, "expected str, bytes or os.PathLike"),
    ("Model.save", lambda w: w.net.save(1), T, "expected str, bytes or os.PathLike"),
    ("Model.export", lambda w: w.net.export(w.path("net")), V, "its path ends in .py, got"),
    ("Model.export", lambda w: w.net.export(w.path("no/net.py")), FileNotFoundError, "there is no folder"),
    ("Model.export", lambda w: w.net.export(w.path("net.py"), X), T, "write mlp.export(path)"),
    ("Model.export", lambda w: w.net.export(None), T, "expected str, bytes or os.PathLike"),
    ("MLP.load", lambda w: tg.MLP.load(w.path("nothing.npz")), FileNotFoundError, "nothing.npz"),
    # costs
    (
        "cross_entropy",
        lambda w: tg.cross_entropy(w.net(X), Y.T),
        V,
        "operand (4, 1)): the labels take the shape (1, 4)",
    ),
    (
        "cross_entropy",
        lambda w: tg.cross_entropy(w.net(X), Y * 2 - 1),
        V,
        "labels from 0 to 1, got -1 to 1; for -1 and 1, write",
    ),
    ("cross_entropy", lambda w: tg.cross_entropy(w.net(X), Y * np.nan), V, "takes labels from 0 to 1, got nan to nan"),
    (
        "cross_entropy",
        lambda w: tg.cross_entropy(w.net(X), tg.Tensor(Y * 3)),
        V,
        "takes labels from 0 to 1, got 0 to 3",
    ),
    (
        "cross_entropy",
        lambda w: tg.cross_entropy(Y / 2, Y.astype(object)),
        T,
        f"cross_entropy {WRONG}ndarray of dtype object",
    ),
    ("cross_entropy", lambda w: tg.cross_entropy(Y * 1j, Y), T, f"cross_entropy {WRONG}ndarray of dtype complex128"),
    ("cross_entropy", lambda w: tg.cross_entropy(w.net(X), FOREIGN), T, "cross_entropy takes arrays and Tensors of"),
    (
        "cross_entropy_with_logits",
        lambda w: tg.cross_entropy_with_logits(w.net(X), Y + 1),
        V,
        "from 0 to 1, got 1 to 2",
    ),
    ("cross_entropy_with_logits", lambda w: tg.cross_entropy_with_logits(w.net(X), "a"), T, WRONG),
    (
        "softmax_cross_entropy",
        lambda w: tg.softmax_cross_entropy(tg.Tensor(X), [0, 1, 2, 3]),
        V,
        "takes labels 0 ... 2 for 3 rows of scores",
    ),
    (
        "softmax_cross_entropy",
        lambda w: tg.softmax_cross_entropy(X, [0, 1, 2, -1]),
        V,
        "takes labels 0 ... 2 for 3 rows of scores, got -1",
    ),
    ("softmax_cross_entropy", lambda w: tg.softmax_cross_entropy(X, X), V, "takes labels from 0 to 1, got"),
    ("softmax_cross_entropy", lambda w: tg.softmax_cross_entropy(X, X[0]), V, "or are 4 integers; got float64"),
    (
        "softmax_cross_entropy",
        lambda w: tg.softmax_cross_entropy(w.x, [0]),
        V,
        "takes Z of shape (classes, m), got (3,)",
    ),
    ("mean_squared_error", lambda w: tg.mean_squared_error(w.x, [1, 2]), V, "the labels take the shape (3,)"),
    (
        "mean_squared_error",
        lambda w: tg.mean_squared_error(w.x, MASKED),
        T,
        "mean_squared_error takes no masked arrays",
    ),
    (
        "mean_squared_error",
        lambda w: tg.mean_squared_error(X, X, sample_weight=[[1], [2], [3], [4]]),
        V,
        "takes shape (4,) or (1, 4) or (3, 4), got (4, 1): write sample_weight.reshape(4)",
    ),
    (
        "cross_entropy",
        lambda w: tg.cross_entropy(w.net(X), Y, sample_weight=-Y),
        V,
        "cross_entropy(sample_weight=...) takes finite weights of at least 0, not all 0; got -1.0 to 0.0",
    ),
    ("cross_entropy", lambda w: tg.cross_entropy(w.net(X), Y, class_weight=3), V, "takes shape (2,), got ()"),
    (
        "cross_entropy_with_logits",
        lambda w: tg.cross_entropy_with_logits(X[:1], Y, label_smoothing=1),
        V,
        "label_smoothing is at least 0 and below 1, got 1",
    ),
    (
        "softmax_cross_entropy",
        lambda w: tg.softmax_cross_entropy(X, [0, 1, 2, 0], class_weight={0: 1, 1: 2, 2: 3}),
        T,
        "softmax_cross_entropy(class_weight=...) takes a number for each class in their order, got {0: 1",
    ),
    # batches
    ("batches", lambda w: tg.batches(batch_size=2), V, "batches takes at least one array, got none"),
    ("batches", lambda w: tg.batches(X), T, "batch_size"),
    ("batches", lambda w: tg.batches(X, Y, 2), T, "batch_size"),
    ("batches", lambda w: tg.batches(X, Y, 2, batch_size=2), V, "got shapes (3, 4), (1, 4), ()"),
    *[
        ("batches", lambda w, n=n: tg.batches(X, batch_size=n), kind, "takes a whole number of at least 1, got")
        for n, kind in ((0, V), (-1, V), (2.0, T), (True, T), ("2", T), (None, T))
    ],
    ("batches", lambda w: tg.batches(X, batch_size=2, epochs=0), V, "batches(epochs=...) takes a whole number of at"),
    ("batches", lambda w: tg.batches(X, batch_size=2, epochs=None), T, "batches(epochs=...) takes a whole number of"),
    ("batches", lambda w: tg.batches(X, batch_size=2, shuffle="no"), T, "are True or False, got 'no' and False"),
    ("batches", lambda w: tg.batches(X, batch_size=2, drop_last=1), T, "are True or False, got True and 1"),
    ("batches", lambda w: tg.batches(X, batch_size=2, examples="row"), V, "takes 'columns' or 'rows', got 'row'"),
    ("batches", lambda w: tg.batches(X, batch_size=2, examples=0), V, "takes 'columns' or 'rows', got 0"),
    ("batches", lambda w: tg.batches(X, batch_size=2, rng="a"), T, "batches(rng=...) takes a seed such as 0, a Gen"),
    ("batches", lambda w: tg.batches(X, batch_size=2, rng=-1), V, "non-negative"),
    (
        "batches",
        lambda w: tg.batches(X.T, Y[0], batch_size=2),
        V,
        "the same number of examples along the last axis, got shapes (4, 3), (4,); for the first axis, write examples=",
    ),
    (
        "batches",
        lambda w: tg.batches(X, Y[0], batch_size=2, examples="rows"),
        V,
        "the same number of examples along the first axis, got shapes (3, 4), (4,)",
    ),
    ("batches", lambda w: tg.batches(1.0, batch_size=2), V, "got shapes ()"),
    ("batches", lambda w: tg.batches(MASKED, batch_size=2), T, "batches takes no masked arrays"),
    ("batches", lambda w: tg.batches(X * 1j, batch_size=2), T, f"batches {WRONG}ndarray of dtype complex128"),
    ("batches", lambda w: tg.batches(FOREIGN, batch_size=2), T, "batches takes arrays and Tensors of tinygraph; got"),
    ("batches", lambda w: tg.batches(w.x, batch_size=2), T, "would drop its gradient silently"),
    ("batches.state_dict", lambda w: w.batches.state_dict("seed"), T, "state_dict"),
    ("batches.load_state_dict", lambda w: w.batches.load_state_dict(None), T, "the dict that state_dict() gave, got"),
    ("batches.load_state_dict", lambda w: w.batches.load_state_dict({}), V, "a state of batches consists of format"),
    # optimizers
    ("optim.SGD", lambda w: tg.optim.SGD(w.f, 0.1), T, "a dict of Tensors by name, or a list of them, got Compiled"),
    ("optim.SGD", lambda w: tg.optim.SGD([], 0.1), V, "there are no parameters; give a dict such as mlp.parameters"),
    ("optim.SGD", lambda w: tg.optim.SGD([FOREIGN], 0.1), T, "are Tensors, and their names text; got '0': Foreign"),
    ("optim.SGD", lambda w: tg.optim.SGD({"x": ALIKE}, 0.1), T, "got 'x': SimpleNamespace"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x * 2], 0.1), V, "was made by multiply; make it a leaf of floats"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x, w.x], 0.1), V, "are the same Tensor; give it once"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x], -0.1), V, "learning_rate is at least 0 and finite, got -0.1"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x], np.nan), V, "learning_rate is at least 0 and finite, got nan"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x], 0.1j), T, "learning_rate is a number, got 0.1j"),
    ("optim.SGD", lambda w: tg.optim.SGD([w.x], 0.1, nesterov=True), V, "nesterov=True takes a momentum above 0"),
    ("optim.Adam", lambda w: tg.optim.Adam([w.x], betas=0.9), T, "a pair of numbers such as (0.9, 0.999), got 0.9"),
    ("optim.Adam", lambda w: tg.optim.Adam([w.x], betas=(0.9, 1)), V, "beta2 is at least 0 and below 1, got 1"),
    ("optim.AdamW", lambda w: tg.optim.AdamW([w.x], weight_decay="a"), T, "weight_decay is a number, got 'a'"),
    ("optim.RMSProp", lambda w: tg.optim.RMSProp([w.x], alpha=-1), V, "alpha is at least 0 and below 1, got -1"),
    ("optim.Optimizer", lambda w: tg.optim.Optimizer([w.x], 0.1).step(), NotImplementedError, "Optimizer has no rule"),
    ("optim.Optimizer.step", lambda w: w.adam.step(0.1), T, "step"),
    ("optim.Optimizer.zero_grad", lambda w: w.adam.zero_grad("W1"), T, "zero_grad"),
    ("optim.Optimizer.state_dict", lambda w: w.adam.state_dict("W1"), T, "state_dict"),
    ("optim.Optimizer.rule", lambda w: w.adam.rule(1.0), T, "rule"),
    ("optim.Optimizer.numbers", lambda w: w.adam.numbers("one"), T, "str"),
    ("optim.Optimizer", lambda w: put(w.adam, "beta1", 0.5), A, "beta1 is fixed when Adam is made"),
    (
        "optim.Optimizer",
        lambda w: put(w.adam, "learning_rate", -1),
        V,
        "learning_rate is at least 0 and finite, got -1",
    ),
    (
        "optim.Optimizer.load_state_dict",
        lambda w: w.adam.load_state_dict(None),
        T,
        "takes the dict that state_dict() gave",
    ),
    ("optim.Optimizer.load_state_dict", lambda w: w.adam.load_state_dict({}), V, "is missing in this state"),
    *(
        ("optim.Optimizer.load_state_dict", lambda w, c=changes: w.adam.load_state_dict(w.state(**c)), kind, words)
        for changes, kind, words in (
            ({"optimizer": "SGD"}, V, "optimizer is SGD in this state, but Adam in this optimizer; nothing was loaded"),
            ({"W1_m": np.ones(3)}, V, "W1.m is float64 (3,) in this state, but float64 (2, 3) in this optimizer"),
            ({"W1_m": np.ones((2, 3), "f")}, V, "W1.m is float32 (2, 3) in this state"),
            ({"W1_m": np.ma.masked_array(np.ones((2, 3)), np.eye(2, 3))}, V, "W1.m is a MaskedArray in this state"),
            ({"W2_v": FOREIGN}, V, "W2.v is a Foreign in this state"),
            ({"W1_steps": np.int64(-1)}, V, "W1.steps is at least 0 and finite, got -1"),
            ({"W3_m": 0.0}, V, "W3.m is float64 () in this state, but missing in this optimizer"),
        )
    ),
    (
        "optim.clip_by_norm",
        lambda w: tg.optim.clip_by_norm([w.x], np.nan),
        V,
        "max_norm is at least 0 and finite, got nan",
    ),
    (
        "optim.clip_by_norm",
        lambda w: tg.optim.clip_by_norm(FOREIGN, 1),
        T,
        "a dict of Tensors by name, or a list of them",
    ),
    # derivatives
    *(
        (name, lambda w, name=name: getattr(tg, name)(5), T, f"{said} takes a function, got 5")
        for name, said in (
            ("grad", "grad"),
            ("value_and_grad", "grad"),
            ("jacobian", "jacobian"),
            ("hessian", "hessian"),
            ("vjp", "vjp"),
            ("checkpoint", "checkpoint"),
            ("vmap", "vmap"),
            ("check_gradients", "check_gradients"),
            ("compile", "tg.compile"),
        )
    ),
    *(
        (name, lambda w, d=derivative, x=x: d(x), kind, words.format("grad" if name == "value_and_grad" else name))
        for name, derivative in (
            ("grad", tg.grad(square)),
            ("value_and_grad", tg.value_and_grad(square)),
            ("jacobian", tg.jacobian(square)),
            ("hessian", tg.hessian(square)),
            ("vjp", lambda x: tg.vjp(square, x)),
            ("jvp", lambda x: tg.jvp(square, (x,), (x,))),
            ("hvp", lambda x: tg.hvp(square, x, x)),
        )
        for x, kind, words in (
            ("a", T, f"{{}} {WRONG}str"),
            (1j, T, "use its real and imaginary parts"),
            (MASKED, T, "{} takes no masked arrays"),
            (FOREIGN, T, "{} takes arrays and Tensors of tinygraph; got a Foreign"),
            (CYCLIC, V, "holds itself"),
            (tg.Tensor([1, 2, 3]), T, "got a Tensor of dtype int64: cast it first"),
        )
    ),
    ("grad", lambda w: tg.grad(w.loss), T, "grad takes a function, got Tensor("),
    (
        "grad",
        lambda w: tg.grad(square, "x"),
        T,
        "argnums is the place of an argument, 0, 1, ..., or a tuple of such; got 'x'",
    ),
    ("grad", lambda w: tg.grad(square, 1)(X), V, "called with 1 positional arguments, and argnums=1 names another one"),
    *[
        (name, lambda w, d=d: d(square, (0, -1))(X), V, "1 positional arguments, and argnums=(0, -1) names one of them")
        for name, d in (("grad", tg.grad), ("value_and_grad", tg.value_and_grad), ("jacobian", tg.jacobian))
    ],
    ("grad", lambda w: tg.grad(lambda x: x)(X), V, "a function that gives one number; it gave shape (3, 4)"),
    ("grad", lambda w: tg.grad(lambda x: None)(X), T, "a function that gives one Tensor; it gave a NoneType"),
    ("vjp", lambda w: tg.vjp(square, X)[1](np.ones(3)), V, "takes an array of shape () here, got shape (3,)"),
    ("jvp", lambda w: tg.jvp(5, (X,), (X,)), T, "jvp takes a function, got 5"),
    ("jvp", lambda w: tg.jvp(square, X, X), T, "takes the arguments and their tangents as tuples, as in"),
    (
        "jvp",
        lambda w: tg.jvp(square, (X,), ()),
        V,
        "like the arguments: a tuple of 1 here, got a tuple of 0",
    ),
    ("jvp", lambda w: tg.jvp(square, (X,), (X.T,)), V, "takes an array of shape (3, 4) here, got shape (4, 3)"),
    ("jacobian", lambda w: tg.jacobian(lambda x: (x, x))(X), T, "a function that gives one Tensor; it gave a tuple"),
    ("hvp", lambda w: tg.hvp(5, X, X), T, "takes a function, got 5"),
    ("hvp", lambda w: tg.hvp(square, X, X.T), V, "takes an array of shape (3, 4) here, got shape (4, 3)"),
    (
        "checkpoint",
        lambda w: tg.checkpoint(lambda x: (x, x))(w.x),
        T,
        "a function that gives one Tensor; it gave a tuple",
    ),
    # loops and rows
    ("to_jax", lambda w: tg.to_jax(5), T, "tg.to_jax takes a function, got 5"),
    ("scan", lambda w: tg.scan(5, 0.0, X), T, "scan takes a function, got 5"),
    ("scan", lambda w: tg.scan(carried, 0.0), V, "scan takes xs, length or both, and got neither"),
    (
        "scan",
        lambda w: tg.scan(carried, 0.0, X, length=2),
        V,
        "one row for each step as xs; got shapes (3, 4) and leng",
    ),
    ("scan", lambda w: tg.scan(carried, 0.0, [X, X.T]), V, "one row for each step as xs; got shapes (3, 4), (4, 3)"),
    (
        "scan",
        lambda w: tg.scan(carried, 0.0, length=-1),
        V,
        "length of scan takes a whole number of at least 0, got -1",
    ),
    (
        "scan",
        lambda w: tg.scan(carried, 0.0, length=2.0),
        T,
        "length of scan takes a whole number of at least 0, got 2.",
    ),
    ("scan", lambda w: tg.scan(lambda c, x: c, 0.0, X), T, "gives a pair (carry, y); it gave a Tensor"),
    ("scan", lambda w: tg.scan(lambda c, x: (x, c), 0.0, X), V, "came in as float64 (), and the function gave float64"),
    ("scan", lambda w: tg.scan(lambda c, x: ((c, c), c), 0.0, X), V, "one float; tg.array makes one array of a list"),
    *[
        (name, f, kind, words)
        for x, kind, words in (
            ("a", T, f"{WRONG}str"),
            (1j, T, "use its real and imaginary parts"),
            (MASKED, T, "takes no masked arrays"),
            (FOREIGN, T, "takes arrays and Tensors of tinygraph; got a Foreign"),
            (CYCLIC, V, "holds itself"),
        )
        for name, f in (
            ("scan", lambda w, x=x: tg.scan(carried, x, X)),
            ("scan", lambda w, x=x: tg.scan(carried, 0.0, x)),
            ("vmap", lambda w, x=x: tg.vmap(square)(x)),
        )
    ],
    ("vmap", lambda w: tg.vmap(square)(1.0), V, "vmap has no axis 0 to map in shape (): write in_axes=None"),
    ("vmap", lambda w: tg.vmap(square, 2)(X), V, "vmap has no axis 2 to map in shape (3, 4)"),
    ("vmap", lambda w: tg.vmap(square, (0, 0))(X), V, "vmap(in_axes=(0, 0)): a tuple of 2 here, got a tuple of 1"),
    ("vmap", lambda w: tg.vmap(square, "a")(X), T, "vmap(in_axes='a'): an axis is an integer or None"),
    ("vmap", lambda w: tg.vmap(square, None)(X), V, "equal numbers of rows, got no rows"),
    ("vmap", lambda w: tg.vmap(carried)(X, X.T), V, "got 3 along axis 0 of (3, 4), 4 along axis 0 of (4, 3)"),
    ("vmap", lambda w: tg.vmap(square, ((0, 0),))(X), V, "a tuple of 2 here, got one "),
    ("vmap", lambda w: tg.vmap(square, 0, 1)(X), V, "vmap(out_axes=1) does not fit a result with 3 rows of shape ()"),
    (
        "vmap",
        lambda w: tg.vmap(square, 0, None)(X),
        V,
        "vmap(out_axes=None) does not fit a result with 3 rows of shape ()",
    ),
    ("vmap", lambda w: tg.vmap(lambda x: "a")(X), T, f"tg.vmap {WRONG}str"),
    ("check_gradients", lambda w: tg.check_gradients(square), T, "the inputs at which to check it, at least one"),
    ("check_gradients", lambda w: tg.check_gradients(square, [1]), T, "input 0 has dtype int64: cast it first"),
    ("check_gradients", lambda w: tg.check_gradients(square, [np.inf]), V, "input 0 has nan or inf"),
    ("check_gradients", lambda w: tg.check_gradients(square, MASKED), T, "check_gradients takes no masked arrays"),
    (
        "check_gradients",
        lambda w: tg.check_gradients(square, [1.0], order=0),
        V,
        "takes a whole number of at least 1, got 0",
    ),
    (
        "check_gradients",
        lambda w: tg.check_gradients(square, [1.0], rtol=-1),
        V,
        "rtol is at least 0 and finite, got -1",
    ),
    ("check_gradients", lambda w: tg.check_gradients(square, [1.0], atol="a"), T, "atol is a number, got 'a'"),
    ("check_gradients", lambda w: tg.check_gradients(lambda: w.loss, parameters={"a": 1}), T, "got 'a': int"),
    (
        "check_gradients",
        lambda w: tg.check_gradients(square, X, parameters=w.net.parameters),
        T,
        "an f without inputs, got 1",
    ),
    # the compiler
    ("compile", lambda w: tg.compile(square, passes="speed"), V, "takes some of stability, fold_constants, algebra"),
    ("compile", lambda w: tg.compile(square, passes=5), V, "; got 5"),
    *[
        ("compile", lambda w, f=f: tg.compile(lambda x: (f(w), x)[1])(X), T, f"{what} cannot run in a function")
        for what, f in (
            ("assigning to .data", lambda w: put(w.x, "data", np.ones(3))),
            ("assigning to .grad", lambda w: put(w.x, "grad", None)),
            ("assigning to .requires_grad", lambda w: put(w.x, "requires_grad", False)),
            ("assigning to optimizer.learning_rate", lambda w: put(w.adam, "learning_rate", 0.5)),
            ("optimizer.step()", lambda w: w.adam.step()),
            ("optimizer.load_state_dict()", lambda w: w.adam.load_state_dict(w.state())),
            ("batches.load_state_dict()", lambda w: w.batches.load_state_dict(w.batches.state_dict())),
            ("iterating over tg.batches", lambda w: next(iter(w.batches))),
            ("clip_by_norm()", lambda w: tg.optim.clip_by_norm([w.x], 0.1)),
            ("zero_grad()", lambda w: w.x.zero_grad()),
            ("zero_grad()", lambda w: w.adam.zero_grad()),
            ("zero_grad()", lambda w: w.net.zero_grad()),
        )
    ],
    ("compile", lambda w: tg.compile(square, optimizer="adam"), T, "takes one such as tg.optim.SGD(...), got 'adam'"),
    ("Compiled.code", lambda w: w.f.code, V, "nothing is compiled yet: call the function once"),
    ("Compiled.source", lambda w: w.f.source, V, "nothing is compiled yet: call the function once"),
    ("Compiled.report", lambda w: w.f.report(), V, "nothing is compiled yet: call the function once"),
    ("Compiled.save", lambda w: w.f.save(w.path("f.py")), V, "nothing is compiled yet: call the function once"),
    ("Compiled", lambda w: w.f(X * 1j), T, f"a compiled function {WRONG}ndarray of dtype complex128"),
    ("Compiled", lambda w: w.f(X.astype(object)), T, f"a compiled function {WRONG}ndarray of dtype object"),
    ("Compiled", lambda w: w.f(MASKED), T, "a compiled function takes no masked arrays"),
    ("Compiled", lambda w: w.f({1}), T, "takes arrays, Tensors and hashable Python values; got {1}"),
    ("Compiled", lambda w: w.f(CYCLIC), V, "holds itself"),
    ("Compiled", lambda w: tg.compile(lambda x: object())(X), T, "gives arrays, Tensors and plain Python values"),
    (
        "Compiled",
        lambda w: tg.compile(lambda x: x.sum() if x.sum() > 0 else x)(X),
        T,
        "while tg.compile traces the function",
    ),
    ("Compiled", lambda w: w.step(X.T, Y), V, "write mlp(X.T)"),
    ("Compiled", lambda w: w.step(X, Y.T), V, "the labels take the shape (1, 4)"),
    (
        "Compiled",
        lambda w: tg.compile(square, optimizer=w.adam)(X),
        V,
        "the cost depends on no parameter of the optimizer",
    ),
    (
        "Compiled",
        lambda w: tg.compile(lambda x: x, optimizer=w.adam)(X),
        V,
        "gives the cost, a Tensor of one entry; it gave [(3, 4)]",
    ),
    # looking and explaining
    ("no_grad", lambda w: tg.no_grad(5), T, "decorates a function, got 5; or write `with tg.no_grad():`"),
    ("no_grad", lambda w: tg.no_grad(steps), T, "cannot decorate the generator steps"),
    ("scope", lambda w: tg.scope(5), T, 'a scope has a name, as in `with tg.scope("layer 1"):`, got 5'),
    ("explicit_names", lambda w: tg.explicit_names(5), T, "takes 0 positional arguments but 1 was given"),
    ("draw", lambda w: tg.draw(ValueError("x")), T, "the traceback of this ValueError leads to no op"),
    ("debug", lambda w: tg.debug(1), T, "debug() takes no arguments"),
    ("detect_anomaly", lambda w: tg.detect_anomaly(1), T, "detect_anomaly() takes no arguments"),
    ("memory", lambda w: tg.memory(X), T, "takes the Tensor that a graph ends in, such as a loss; got ndarray"),
    ("memory", lambda w: tg.memory(ALIKE), T, "such as a loss; got SimpleNamespace"),
    ("compare", lambda w: tg.compare(KNOT, KNOT), V, "that holds itself, or is nested too deeply"),
    ("compare", lambda w: tg.compare({}, {}), V, "found nothing to compare"),
    ("compare", lambda w: tg.compare(X, X, rtol=-1), V, "takes a number of at least 0, got -1"),
    ("draw", lambda w: tg.draw(X), T, "takes a Tensor, got ndarray; or a function from tg.compile"),
    ("draw", lambda w: tg.draw(ALIKE), T, "takes a Tensor, got SimpleNamespace"),
    ("draw", lambda w: tg.draw(w.loss, direction="up"), V, "takes one of LR, RL, TB, BT; got 'up'"),
    ("draw", lambda w: tg.draw(w.loss, values="yes"), T, "takes True or False; got 'yes'"),
    (
        "draw",
        lambda w: tg.draw(w.loss, depth=0),
        V,
        "takes a whole number from 1, or None for all that is there; got 0",
    ),
    ("draw", lambda w: tg.draw(w.f), V, "nothing is compiled yet"),
    (
        "save_diagram",
        lambda w: tg.save_diagram(w.loss, w.path("a.bmp")),
        V,
        "writes .svg, .png, .dot, and .pdf if your `dot` can; got",
    ),
    ("save_diagram", lambda w: tg.save_diagram(w.loss, 5), T, "int"),
    ("save_diagram", lambda w: tg.save_diagram(X, w.path("a.svg")), T, "takes a Tensor, got ndarray"),
    ("save_diagram", lambda w: tg.save_diagram(w.loss, w.path("no/a.dot")), FileNotFoundError, "there is no folder"),
    ("explain", lambda w: tg.explain(X), T, "takes a Tensor that ops have made, such as a loss; got ndarray"),
    ("explain", lambda w: tg.explain(w.loss, format="pdf"), V, "takes 'text', 'markdown', 'latex'; got 'pdf'"),
    ("explain", lambda w: tg.explain(w.x), V, "there is nothing to explain: give an input of it requires_grad=True"),
    ("explore", lambda w: tg.explore(ALIKE), T, "takes the Tensor that a forward pass gave, got SimpleNamespace"),
    ("explore", lambda w: tg.explore(w.x * 2), V, "takes a loss of one entry"),
    ("explore", lambda w: tg.explore(w.loss, w.path("a.pdf")), V, "explore() writes .html; got"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: Any) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def before(world: World) -> Any:
    return world.seen()


@pytest.mark.parametrize("what", dict.fromkeys(row[0] for row in ROWS))
def test_a_wrong_call_raises_the_right_error_and_changes_nothing(world: World, before: Any, what: str) -> None:
    for _, call, kind, words in (row for row in ROWS if row[0] == what):
        with case(words=words):
            with pytest.raises(kind) as error:
                call(world)
            assert type(error.value) is kind
            assert words in str(error.value)
            assert world.seen() == before


# --- every op, each of its inputs

WORDS = (
    "takes booleans, integers and real",
    "takes no masked arrays",
    "takes arrays and Tensors of",
    "takes its arrays in a",
)
ARRAYS: dict[str, Any] = {
    "object": np.array([1, None], object),
    "complex": np.array([1j]),
    "masked": MASKED,
    "structured": np.zeros(2, "i4,f4"),
    "string": np.array(["a"]),
}
OTHERS: dict[str, Any] = {
    "None": None,
    "str": "abc",
    "dict": {},
    "class": int,
    "foreign": FOREIGN,
    "alike": ALIKE,
}

OPTIONAL = ("bincount", "clip", "logsumexp", "average", "cov", "diff", "trapezoid")  # an input may be None


@pytest.mark.parametrize("kind", [*ARRAYS, *OTHERS])
def test_every_op_refuses_inputs_that_are_not_real_numbers(kind: str) -> None:
    """Next to a Tensor. Without one, NumPy decides about arrays, and the rest is refused too."""
    bad = ARRAYS.get(kind, OTHERS.get(kind))
    for line in {(line.name, len(line.inputs)): line for line in reversed(LINES)}.values():
        places = [k for k, domain in enumerate(line.inputs) if isinstance(domain, Domain)]
        if (kind, line.name) in (*(("None", name) for name in OPTIONAL), ("dict", "ravel")) or (
            kind in ARRAYS and len(places) == 1
        ):
            continue  # None is no bound, or no weights, {} an empty nest; NumPy decides about arrays without a Tensor
        if line.name == "array":
            continue  # a rectangle of bad entries is refused, and a list with one is seldom a rectangle
        for k in places:
            xs = [tg.Tensor(x) if isinstance(x, np.ndarray) else x for x in line.sample()]
            xs[k] = bad
            if line.name != "getitem":  # getitem indexes a Tensor
                with pytest.raises((TypeError, AxisError)) as error:
                    line(*xs)
                has_no_axes = kind in OTHERS and type(error.value) is AxisError
                assert has_no_axes or any(words in str(error.value) for words in WORDS), (line, k, str(error.value))


def test_every_op_refuses_missing_inputs_and_unknown_options() -> None:
    ops = {line.name: line for line in LINES}
    for name in ops:
        function = ops[name].function
        if name not in ANY_NUMBER:
            with pytest.raises(TypeError):
                function()
        xs = [tg.Tensor(x) if isinstance(x, np.ndarray) else x for x in ops[name].sample()]
        if name != "apply_along_axis":  # whose function gets them
            with pytest.raises(TypeError, match="nonsense"):
                function(*xs, nonsense=1)


def test_a_subclass_of_ndarray_is_taken_as_an_array() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    odd = np.arange(3.0).view(Sub)
    for y in (tg.Tensor(odd), x * odd, tg.concatenate([x, odd])):
        assert type(y.data) is np.ndarray
    (x * odd).backward(odd)
    assert type(x.grad) is np.ndarray
    assert x.grad.tolist() == [0, 1, 4]


def test_every_public_name_has_a_row() -> None:
    def public(thing: Any, prefix: str = "") -> set[str]:
        return {prefix + name for name, value in vars(thing).items() if name[0] != "_" and is_called(value)}

    def is_called(value: Any) -> bool:
        if isinstance(value, property):
            return value.fset is not None
        return inspect.isroutine(value) or isinstance(value, (staticmethod, classmethod))

    wanted = {name for name in tg.__all__ if callable(getattr(tg, name))} - {"GradientError", "RenderError"}
    further = {
        name for name in set(tg.ops.__all__) - {"OPS"} if getattr(tg, name).__name__ != name
    }  # as mod: remainder
    wanted -= further
    here = {name: value for name, value in vars(tg.optim).items() if name[0] != "_"}
    wanted |= {f"optim.{name}" for name, value in here.items() if getattr(value, "__module__", "") == "tinygraph.optim"}
    wanted |= (
        public(tg.Tensor, "Tensor.")
        | public(tg.MLP, "MLP.")
        | public(tg.Model, "Model.")
        | public(Compiled, "Compiled.")
    )
    wanted |= public(tg.optim.Optimizer, "optim.Optimizer.") | public(tg.batches, "batches.")
    assert wanted - {row[0] for row in ROWS} - {line.name for line in LINES} == set()
