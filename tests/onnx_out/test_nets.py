"""Nets and functions as ONNX files: any number of examples, names, dtypes, bytes."""

from __future__ import annotations

import runpy
from typing import Any

import numpy as np
import pytest
from helpers.onnx_files import eager, results, same, session
from helpers.paths import EXAMPLES

import tinygraph as tg

pytestmark = pytest.mark.extra
RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4))
W = tg.Tensor(RANDOM.standard_normal((5, 3)), requires_grad=True, name="W")
E = tg.Tensor(RANDOM.standard_normal((10, 4)), requires_grad=True)
K = tg.Tensor(RANDOM.standard_normal((4, 3, 3, 3)).astype("float32"), requires_grad=True)
IMAGES = RANDOM.standard_normal((2, 3, 8, 8)).astype("float32")
ROWS = RANDOM.standard_normal((4, 5, 3))


def of_size(x: Any, m: int, examples: str) -> Any:
    shape = (m, *x.shape[1:]) if examples == "rows" else (*x.shape[:-1], m)
    values = RANDOM.standard_normal(shape) if x.dtype.kind == "f" else RANDOM.integers(0, 3, shape)
    return values.astype(x.dtype)


def pools(x: Any) -> Any:
    return tg.avg_pool2d(tg.max_pool2d(tg.relu(tg.conv2d(x, K, padding=1)), 2, stride=1), 2)


def attention(x: Any) -> Any:
    return tg.softmax(tg.einsum("bqd,bkd->bqk", x, x) / 2.0, axis=-1) @ tg.layer_norm(x, axis=-1)


FUNCTIONS = {
    "product": lambda x: W @ x,
    "over the examples": lambda x: (x.mean(), x.mean(axis=1), x.var(axis=1, keepdims=True), x.std(), np.max(x, axis=1)),
    "number of examples": lambda x: x.sum(axis=1) / x.shape[1],
    "flattened": lambda x: x.reshape(-1),
    "of all pairs": lambda x: x.T @ x,
    "slices": lambda x: (
        x[:, :1],
        x[:, -1],
        x[:, 1:],
        x[::-1, ::2],
        x[1],
        x[[2, 0]],
        x[:, None, :],
        np.flip(x, axis=1),
    ),
    "joined": lambda x: tg.concatenate([x, x[:1], np.ones((1, x.shape[1]))]),
    "constants": lambda x: x + np.zeros_like(x) + np.full(x.shape, 2.5),
    "broadcast": lambda x: tg.broadcast_to(W[:, :1], (5, x.shape[1])) + W @ x,
    "running sums": lambda x: (np.cumsum(x, axis=1), np.cumsum(x), np.diff(x, axis=1), tg.pad(x, ((0, 0), (1, 0)))),
    "softmax": lambda x: (tg.softmax(x, axis=0), tg.log_softmax(x, axis=1), tg.logsumexp(x, axis=0)),
    "places": lambda x: (np.argmax(x, axis=0), np.argmin(x, axis=1), np.argmax(x)),
    "entries": lambda x: np.take_along_axis(x, np.argmax(x, axis=0)[None], axis=0),
    "gradient": lambda x: tg.grad(lambda x: tg.tanh(W @ x).sum())(x),
    "gradient of a slice": lambda x: tg.grad(lambda x: (x[1:] ** 2).sum())(x),
    "checkpoint": lambda x: tg.checkpoint(lambda x: tg.tanh(x) * 2)(x),
    "transposed numbers": lambda x: tg.transpose(x.sum()),
    "a constant Tensor made inside": lambda x: tg.Tensor(np.ones((5, 3)), name="C") @ x,
    "zeros for each example": lambda x: tg.concatenate([x, tg.Tensor(np.zeros((1, x.shape[1])), requires_grad=True)]),
    "compiled": tg.compile(lambda x: tg.tanh(x) * 2),
    "drops nothing": lambda x: tg.dropout(x, 0.5, np.random.default_rng(0)),
}
OF_ROWS = {
    "convolution and pools": (pools, IMAGES),
    "convolution of float64": (lambda x: tg.conv2d(x, K.astype(float), stride=2), IMAGES.astype(float)),
    "gradient of a convolution": (lambda x: tg.grad(lambda x: tg.conv2d(x, K).sum())(x), IMAGES),
    "gradient of a pool": (lambda x: tg.grad(lambda x: tg.max_pool2d(x, 2).sum())(x), IMAGES),
    "attention": (attention, ROWS),
    "rows by vmap": (lambda x: tg.vmap(lambda v: (v * v).sum())(x), ROWS),
    "embedding": (lambda i: tg.embedding(E, i).sum(axis=1), np.array([1, 2, 3])),
    "gradient of an embedding": (lambda i: tg.grad(lambda e: (tg.embedding(e, i) ** 2).sum())(E), np.array([1, 2])),
}
CASES = [
    *[pytest.param(f, X, "columns", id=name) for name, f in FUNCTIONS.items()],
    *[pytest.param(f, x, "rows", id=name) for name, (f, x) in OF_ROWS.items()],
]


@pytest.mark.parametrize(("f", "x", "examples"), CASES)
def test_the_number_of_examples_is_free(f: Any, x: Any, examples: str, tmp_path: Any) -> None:
    tg.onnx.save(f, tmp_path / "f.onnx", x, examples=examples)
    for m in (1, 2, 5, 40):
        given = of_size(x, m, examples)
        same(results(tmp_path / "f.onnx", given), eager(f, given), 1e-5 if x.dtype == "float32" else 1e-10)


ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "silu")


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_an_mlp_needs_no_example(hidden: str, output: str, tmp_path: Any) -> None:
    path, net = tmp_path / "net.onnx", tg.MLP([3, 6, 4, 2], hidden=hidden, output=output, dropout=0.2, batch_norm=True)
    for _ in range(3):
        net.cost(X, np.zeros((2, 4)) if output != "softmax" else np.zeros(4, int))  # moves the running statistics
    for dtype, tolerance in ((None, 1e-12), ("float32", 1e-5)):
        tg.onnx.save(net, path, dtype=dtype)
        for m in (1, 2, 50):
            given = RANDOM.standard_normal((3, m)).astype(dtype or "float64")
            wanted = net.predict(given) if output == "linear" else net.predict_proba(given)
            same(results(path, given), [wanted.astype(dtype or "float64")], tolerance)


def test_the_net_of_digits(tmp_path: Any) -> None:
    net = runpy.run_path(str(EXAMPLES / "digits_cnn.py"))["CNN"](np.random.default_rng(0))
    with np.load(EXAMPLES / "data" / "digits.npz") as file:
        digits = (file["X"] / 16).astype("float32")
    tg.onnx.save(net, tmp_path / "net.onnx", digits[:, :2])
    for m in (1, 300):
        same(results(tmp_path / "net.onnx", digits[:, :m]), eager(net, digits[:, :m]), 1e-5)


def test_names_versions_and_bytes(tmp_path: Any) -> None:
    import onnx

    class Net(tg.Model):
        def __init__(self) -> None:
            self.layers = [tg.MLP([3, 4, 2], rng=0)]
            self.head = {"scale": tg.Tensor(2.0, requires_grad=True)}

        def __call__(self, X: Any, shift: Any) -> Any:
            with tg.scope("head"):
                return {"scaled": self.head["scale"] * self.layers[0](X) + shift, "given": X}

    for name in ("a.onnx", "b.onnx"):
        tg.onnx.save(Net(), tmp_path / name, X, X[:2])
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    model = onnx.load(tmp_path / "a.onnx")
    assert (model.producer_name, model.producer_version, model.ir_version) == ("tinygraph", tg.__version__, 8)
    assert [(x.domain, x.version) for x in model.opset_import] == [("", 18)]
    assert [x.name for x in model.graph.input] == ["X", "shift"]
    assert [x.name for x in model.graph.output] == ["scaled", "X_out"]
    assert {x.name for x in model.graph.initializer} == {"W1", "b1", "W2", "b2", "head.scale"}
    assert [(x.op_type, x.name) for x in model.graph.node][:4] == [
        *[("Gemm", "Z1"), ("Relu", "A1"), ("Gemm", "Z2"), ("Sigmoid", "A2")]
    ]
    assert model.graph.node[0].doc_string == "head / layer 1: LINEAR -> RELU"
    shapes = [x.shape for x in session(tmp_path / "a.onnx").get_inputs()]
    assert shapes == [[3, "batch"], [2, "batch"]]


def test_a_result_has_its_name_though_constants_come_before_it(tmp_path: Any) -> None:
    tg.onnx.save(lambda x: {"c": x * 2 + 1}, tmp_path / "f.onnx", X)
    assert [x.name for x in session(tmp_path / "f.onnx").get_outputs()] == ["c"]


def test_fixed_shapes_floats_and_results_without_an_op(tmp_path: Any) -> None:
    path = tmp_path / "f.onnx"
    tg.onnx.save(lambda x, t: (x * t, W, x, x), path, X, 0.5, examples=None)
    assert [x.shape for x in session(path).get_inputs()] == [[3, 4], []]
    same(results(path, X, 2.0), [X * 2, W.data, X, X], 1e-12)


def test_data_frames_are_taken_as_arrays(tmp_path: Any) -> None:
    import pandas as pd

    path, frame = tmp_path / "f.onnx", pd.DataFrame(X, columns=list("pqrs"))
    tg.onnx.save(lambda frame, shift: frame * 2 + shift, path, frame, frame["q"].iloc[:1] * 0, examples=None)
    same(results(path, X, np.zeros(1)), [X * 2], 1e-12)
    tg.onnx.save(lambda frame: frame * 2, path, frame)
    assert session(path).get_inputs()[0].shape == [3, "batch"]
    with pytest.raises((TypeError, ValueError), match="of dtype object") as refused:
        tg.onnx.save(lambda frame: frame * 2, path, frame.astype(str).astype(object))
    assert "\n" not in str(refused.value)


PICKS = [
    *[lambda x, i: x[i, 1], lambda x, i: x[i, i], lambda x, i: x[i, [[0], [1]], 1:], lambda x, i: x[:, i]],
    lambda x, i: x[1:, None, i],
]


@pytest.mark.parametrize("pick", PICKS)
def test_an_index_is_an_argument(pick: Any, tmp_path: Any) -> None:
    indices = np.array([[1, -1, 0]])
    tg.onnx.save(pick, tmp_path / "f.onnx", ROWS, indices, examples=None)
    same(results(tmp_path / "f.onnx", ROWS, indices), eager(pick, ROWS, indices), 1e-12)


@pytest.mark.parametrize("pick", [lambda x, i: x[0, :, i], lambda x, i: x[:, i, i]])
def test_an_index_that_is_refused(pick: Any, tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"the op getitem.*by several indices behind a slice"):
        tg.onnx.save(pick, tmp_path / "f.onnx", ROWS, np.array([[1, -1, 0]]), examples=None)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_equal_results_and_constants_and_an_empty_mean(tmp_path: Any) -> None:
    import onnx

    def f(x: Any) -> Any:
        y = (x + 0.5) * 0.5
        return y, y

    tg.onnx.save(f, tmp_path / "f.onnx", X)
    same(results(tmp_path / "f.onnx", X), eager(f, X), 1e-12)
    model = onnx.load(tmp_path / "f.onnx")
    assert len(model.graph.initializer) == 1
    assert [x.name for x in model.graph.output] == ["y", "y_out"]
    tg.onnx.save(lambda x: x[:, :0].mean(axis=1), tmp_path / "f.onnx", X)
    assert np.isnan(results(tmp_path / "f.onnx", X)[0]).tolist() == [True] * 3


SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 1e-30, 1e30])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "name", ["max", "min", "argmax", "argmin", "sign", "relu", "softplus", "log1p", "expm1", "round"]
)
def test_special_numbers(name: str, dtype: str, tmp_path: Any) -> None:
    f, x = getattr(tg, name), SPECIAL.astype(dtype)
    tg.onnx.save(f, tmp_path / "f.onnx", x)
    for given in (x, x[1:], np.roll(x, 3), x[3:], np.array([1.0, np.nan, np.nan, np.nan, 2.0], dtype)):
        same(results(tmp_path / "f.onnx", given), eager(f, given), 1e-5)


PAIRS = ["maximum", "minimum", "clip", "remainder", "floor_divide", "fmod", "hypot", "logaddexp", "fmax", "copysign"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_special_numbers(name: str, dtype: str, tmp_path: Any) -> None:
    def f(a: Any, b: Any) -> Any:
        return tg.clip(a, -1, b) if name == "clip" else getattr(tg, name)(a, b)

    a, b = (x.ravel().astype(dtype) for x in np.meshgrid(SPECIAL, SPECIAL))
    tg.onnx.save(f, tmp_path / "f.onnx", a, b)
    same(results(tmp_path / "f.onnx", a, b), eager(f, a, b), 1e-5)


@pytest.mark.parametrize("name", ["remainder", "floor_divide", "fmod", "add", "less", "divide"])
def test_integers(name: str, tmp_path: Any) -> None:
    def f(a: Any, b: Any) -> Any:
        return getattr(tg, name)(a, b)

    a, b = (x.ravel() for x in np.meshgrid(np.arange(-7, 8), np.array([-3, -1, 0, 2, 5])))
    for dtype in ("int64", "int32"):
        tg.onnx.save(f, tmp_path / "f.onnx", a.astype(dtype), b.astype(dtype))
        same(
            results(tmp_path / "f.onnx", a.astype(dtype), b.astype(dtype)),
            eager(f, a.astype(dtype), b.astype(dtype)),
            0,
        )
