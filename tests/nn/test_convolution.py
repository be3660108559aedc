"""Convolutions, pools, layer norm and embedding: PyTorch's figures, and each way to run them."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from helpers.leaves import leaf, random_leaf
from helpers.paths import ROOT
from helpers.sources import defined

import tinygraph as tg

FIGURES = json.loads((ROOT / "tests" / "data" / "convolution_figures.json").read_text(encoding="utf-8"))["cases"]


def entries(shape: list[int], k: int, ties: bool) -> Any:
    """As tools/convolution_figures.py makes input k."""
    made = [math.sin(1.7 * i + k) for i in range(math.prod(shape))]
    return np.reshape([round(2 * x) / 2 for x in made] if ties else made, shape)


def stored(figure: Any) -> Any:
    return np.reshape(figure["entries"], figure["shape"])


@pytest.mark.parametrize("wrapped", [lambda f: f, tg.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("case", FIGURES, ids=lambda case: f"{case['name']}-{case['options']}")
def test_values_and_first_and_second_derivatives_are_those_of_PyTorch(case: Any, wrapped: Any) -> None:
    inputs = [entries(shape, k, case.get("ties", False)) for k, shape in enumerate(case["shapes"])]
    options = {key: tuple(x) if isinstance(x, list) else x for key, x in case["options"].items()}
    every = tuple(range(len(inputs)))
    more = [case["indices"]] if "indices" in case else []

    def call(*xs: Any) -> Any:
        return getattr(tg, case["name"])(*xs, *more, **options)

    def loss(*xs: Any) -> Any:
        y = call(*xs)
        return tg.sum(y * y * np.cos(np.arange(y.size)).reshape(y.shape))

    def sum_of_squares(*xs: Any) -> Any:
        return sum(tg.sum(g * g) for g in tg.grad(loss, argnums=every)(*xs))

    def check(got: Any, wanted: Any) -> None:
        np.testing.assert_allclose(got, stored(wanted), rtol=1e-9, atol=1e-10)

    check(call(*inputs), case["value"])
    check(wrapped(call)(*inputs), case["value"])
    for derivatives, f in (("gradients", loss), ("second", sum_of_squares)):
        for got, wanted in zip(wrapped(tg.grad(f, argnums=every))(*inputs), case[derivatives], strict=True):
            check(got, wanted)


CALLS = [
    (lambda x, w, b: tg.conv1d(x[0], w[:, :, 0], b, padding=1), [(1, 2, 3, 6), (2, 3, 2, 4), (2,)]),
    (lambda x, w, b: tg.conv2d(x, w, b, (2, 1), "valid"), [(2, 3, 4, 5), (2, 3, 2, 2), (2,)]),
    (lambda x: tg.max_pool2d(x, 2, 1, 1), [(2, 1, 3, 4)]),
    (lambda x: tg.avg_pool2d(x, (1, 2)), [(2, 1, 3, 4)]),
    (lambda x, gamma: tg.layer_norm(x, gamma, axis=(0, 2)), [(2, 3, 2), (2, 1, 2)]),
    (lambda weights: tg.embedding(weights, np.array([2, 0, 2])), [(3, 2)]),
]


@pytest.mark.parametrize(("f", "shapes"), CALLS)
def test_float32_stays_float32_and_derivatives_of_all_kinds_agree(f: Any, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    assert type(f(*arrays)) is np.ndarray
    tg.check_gradients(f, *arrays)
    many = tg.jacobian(f, argnums=tuple(range(len(arrays))))(*arrays)
    for k in range(3):
        one = tg.grad(lambda *xs: f(*xs).reshape(-1)[k], argnums=tuple(range(len(arrays))))(*arrays)  # noqa: B023
        for rows, row in zip(many, one, strict=True):
            np.testing.assert_allclose(rows.reshape(-1, *row.shape)[k], row, rtol=1e-12, atol=1e-14)
    xs = [tg.Tensor(array.astype("float32"), requires_grad=True) for array in arrays]
    y = f(*xs)
    y.backward(np.ones(y.shape, "float32"), create_graph=True)
    assert {y.dtype, *(x.grad.dtype for x in xs)} == {np.dtype("float32")}


def test_many_examples_in_blocks_are_as_each_alone() -> None:
    x, w = random_leaf(7, 4, 100, 40), random_leaf(3, 4, 2, 3, seed=1)  # more than 80,000 entries an example
    y = tg.conv2d(x, w, padding=1)
    g = np.random.default_rng(2).standard_normal(y.shape)
    y.backward(g)
    gradients = x.grad, w.grad
    x.grad = w.grad = None
    for k in range(7):
        one = tg.conv2d(x[k : k + 1], w, padding=1)
        np.testing.assert_allclose(y.data[k], one.data[0], rtol=1e-12, atol=1e-12)
        one.backward(g[k : k + 1])
    np.testing.assert_allclose(gradients[0], x.grad, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradients[1], w.grad, rtol=1e-10, atol=1e-10)


def test_padding_is_never_the_largest_entry() -> None:
    for dtype in ("float32", "int8", "uint8", "bool"):
        x = np.zeros((1, 1, 2, 2), dtype) if dtype != "int8" else np.full((1, 1, 2, 2), -128, dtype)
        y = tg.max_pool2d(x, 2, padding=1)
        assert (y.dtype, y.tolist()) == (x.dtype, x.tolist())


@pytest.mark.parametrize("size", [1, 2, 3, 4, (2, 5)])
def test_same_padding_keeps_the_size_of_x(size: Any) -> None:
    w = np.ones((2, 3, *np.broadcast_to(size, 2)))
    assert tg.conv2d(np.ones((2, 3, 6, 7)), w, padding="same").shape == (2, 2, 6, 7)
    assert tg.conv1d(np.ones((2, 3, 6)), w[..., 0], padding="same").shape == (2, 2, 6)
    assert tg.conv2d(np.ones((0, 3, 6, 7)), w).shape[:2] == (0, 2)


class Net(tg.Model):
    def __init__(self) -> None:
        self.w, self.b = random_leaf(2, 1, 3, 3), leaf([0.1, 0.2])
        self.dense = random_leaf(3, 8, seed=1)
        self.gamma = leaf([[1.0], [2.0], [3.0]])

    def __call__(self, x: Any) -> Any:
        A = tg.max_pool2d(tg.relu(tg.conv2d(x, self.w, self.b)), 2)
        return tg.layer_norm(self.dense @ A.reshape(len(A), -1).T, self.gamma, name="Z")


def test_a_compiled_step_trains_as_an_eager_one_and_its_source_runs_in_numpy() -> None:
    x, labels = np.random.default_rng(3).standard_normal((5, 1, 6, 6)), np.array([0, 1, 2, 1, 0])
    nets = [Net(), Net()]
    optimizers = [tg.optim.SGD(net, 0.1) for net in nets]
    step = tg.compile(lambda x, y: tg.softmax_cross_entropy(nets[0](x), y), optimizer=optimizers[0])
    start = nets[1].state_dict()
    costs = []
    for _ in range(2):
        cost = tg.softmax_cross_entropy(nets[1](x), labels)
        optimizers[1].zero_grad()
        cost.backward()
        optimizers[1].step()
        costs.append((float(step(x, labels)), float(cost)))
    np.testing.assert_allclose(*zip(*costs, strict=True), rtol=1e-12)
    parameters = start
    for _ in range(2):
        parameters, _ = defined(step.source, "step")(parameters, x, labels, learning_rate=0.1)
    for net in nets:
        for name, array in net.state_dict().items():
            np.testing.assert_allclose(parameters[name], array, rtol=1e-10)


def test_layer_norm_of_columns_makes_each_column_one_of_mean_0_and_variance_1() -> None:
    x = random_leaf(50, 3)
    y = tg.layer_norm(x, eps=0, name="Z1")
    np.testing.assert_allclose(y.data.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(y.data.var(axis=0), 1)
    assert {t.name for t in y.tape()} >= {"Z1_mean", "Z1_var", "Z1_std", "Z1_norm"}


def test_a_row_that_is_picked_often_gets_all_gradients() -> None:
    weights = leaf(np.zeros((3, 2), "float16"))
    tg.embedding(weights, np.zeros(3000, int)).sum().backward()  # float16 skips integers from 2048 on
    assert weights.grad.tolist() == [[3000, 3000], [0, 0], [0, 0]]
    assert tg.embedding(weights, np.zeros((4, 0), int)).shape == (4, 0, 2)


def test_a_compiled_embedding_checks_its_indices_at_each_call() -> None:
    f = tg.compile(tg.embedding)
    weights = np.eye(3)
    assert f(weights, np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match="from 0 to 2, got -1"):
        f(weights, np.array([2, -1]))
