"""Dropout and batch norm: PyTorch's figures, the two modes, draws at each call, all or none."""

from __future__ import annotations

import copy
import threading
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

X = np.array([[0.5, -1.0, 2.0], [1.0, 3.0, -0.5]])
GAMMA, BETA = np.array([[1.5], [0.5]]), np.array([[0.1], [-0.2]])
V = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]])

# torch.nn.functional.batch_norm in PyTorch 2.13, float64, of X.T; the loss is the sum of y ** 3,
# and the second derivatives are those of sum(V * dX).
Y = [[0.1, -1.737111183394, 1.937111183394], [-0.25812367799, 0.439360457892, -0.781236779902]]
DX = [[-8.266945212303, 4.133463606272, 4.133481606032], [-0.252766622704, 0.10832757184, 0.144439050863]]
DGAMMA, DBETA = [[2.69998200012], [-1.41119285629]], [[20.3398650009], [2.609989054107]]
DDX = [[2.75558729158, 2.75560529126, -5.511192582841], [0.071489192951, -0.200867459746, 0.129378266795]]
DDGAMMA = [[24.80084763675], [3.574847867102]]
MEAN, VAR = [[0.145], [0.338333333333]], [[1.9125], [2.320833333333]]  # after X, then 2 * X
EVALUATED = [[0.485050555961, -1.141923624157, 2.11202473608], [0.017163257896, 0.673576128109, -0.475146394764]]


def statistics() -> tuple[tg.Tensor, tg.Tensor]:
    return tg.Tensor(np.zeros((2, 1)), name="mean"), tg.Tensor(np.ones((2, 1)), name="var")


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("wrapped", [lambda f: f, tg.compile])
def test_batch_norm_gives_the_figures_of_PyTorch(wrapped: Any) -> None:
    mean, var = statistics()

    def loss(x: Any, gamma: Any, beta: Any) -> Any:
        return tg.sum(tg.batch_norm(x, *statistics(), gamma, beta) ** 3)

    first = wrapped(tg.grad(loss, argnums=(0, 1, 2)))
    second = wrapped(tg.grad(lambda x, gamma: tg.sum(V * tg.grad(loss)(x, gamma, BETA)), argnums=(0, 1)))
    values = wrapped(lambda x: tg.batch_norm(x, mean, var, GAMMA, BETA))
    with tg.training():
        for found, wanted in zip(first(X, GAMMA, BETA), (DX, DGAMMA, DBETA), strict=True):
            close(found, wanted)
        for found, wanted in zip(second(X, GAMMA), (DDX, DDGAMMA), strict=True):
            close(found, wanted)
        close(values(X).data, Y)
        values(2 * X)
    close(mean.data, MEAN)
    close(var.data, VAR)
    with tg.evaluating():
        close(values(X).data, EVALUATED)
    close(mean.data, MEAN)


@pytest.mark.parametrize("axis", [0, (0, 2), -1])
def test_batch_norm_over_other_axes(axis: Any) -> None:
    x = np.random.default_rng(0).standard_normal((4, 3, 5))
    shape = np.zeros(x.shape).sum(axis=axis, keepdims=True).shape
    with tg.training():
        y = tg.batch_norm(x, tg.Tensor(np.zeros(shape)), tg.Tensor(np.ones(shape)), axis=axis, eps=0.0)
    close(y.data, (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("wrapped", [lambda f: f, tg.compile])
def test_both_keep_the_dtype(wrapped: Any, dtype: str) -> None:
    rng, x = np.random.default_rng(0), tg.Tensor(X.astype(dtype), requires_grad=True)
    mean, var = (tg.Tensor(s.data.astype(dtype)) for s in statistics())
    f = wrapped(lambda x: tg.dropout(tg.batch_norm(x, mean, var), 0.5, rng))
    with tg.training():
        y = f(x)
        y.sum().backward()
    assert y.dtype == x.grad.dtype == mean.dtype == np.dtype(dtype)
    assert mean.data.any()


# --- dropout


@pytest.mark.parametrize("wrapped", [lambda f: f, tg.compile])
def test_dropout_is_the_formula_by_hand(wrapped: Any) -> None:
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    f = wrapped(tg.value_and_grad(lambda x: tg.sum(tg.dropout(x, 0.25, rng) ** 3)))
    with tg.training():
        for _ in range(4):
            value, slope = f(X)
            D = same.random(X.shape) < 0.75
            close(value, ((X * D / 0.75) ** 3).sum())
            close(slope, 3 * (X * D / 0.75) ** 2 * D / 0.75)
            curved = tg.hvp(lambda x: tg.sum(tg.dropout(x, 0.25, copy.deepcopy(same)) ** 3), X, V)
            D = copy.deepcopy(same).random(X.shape) < 0.75
            close(curved, 6 * X * D / 0.75**3 * V)
    with tg.evaluating():
        close(f(X)[0], (X**3).sum())
    assert rng.bit_generator.state == same.bit_generator.state


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_one_generator_for_two_masks(make: Any) -> None:
    rng, same = make(0), make(0)
    f = lambda x: tg.dropout(tg.dropout(x, 0.5, rng, name="D1"), 0.2, rng)  # noqa: E731
    compiled = tg.compile(f)
    with tg.training():
        for _ in range(3):
            first, second = same.random(X.shape) < 0.5, same.random(X.shape) < 0.8
            close(compiled(X), X * (first / 0.5) * (second / 0.8))
        assert f(tg.Tensor(X, requires_grad=True)).inputs[0].inputs[1].name == "D1"


def test_outside_of_both_modes() -> None:
    x, rng = tg.Tensor(X, requires_grad=True), np.random.default_rng(0)
    mean, var = statistics()
    for f in (lambda: tg.dropout(x, 0.5, rng), lambda: tg.batch_norm(x, mean, var)):
        for call in (f, tg.compile(f)):
            with pytest.raises(RuntimeError, match=r"write `with tg.training\(\):` or `with tg.evaluating\(\):`"):
                call()
    with tg.no_grad():
        assert tg.dropout(x, 0.5, rng) is x
        close(tg.batch_norm(x, mean, var).data, X / np.sqrt(1 + 1e-5))
    assert not mean.data.any()


def test_the_modes_nest_and_belong_to_a_thread() -> None:
    x, rng = np.ones(1000), np.random.default_rng(0)
    drops = lambda: bool((tg.dropout(x, 0.5, rng) == 0).any())  # noqa: E731
    found: list[bool] = []

    def other() -> None:
        with tg.no_grad():
            found.append(drops())

    with tg.training():
        assert drops()
        with tg.evaluating():
            assert not drops()
            with tg.training():
                assert drops()
        with pytest.raises(KeyError), tg.evaluating():
            raise KeyError
        assert drops()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [False]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda r, m, v: tg.dropout(X, 1.0, r), ValueError, "p of dropout is at least 0 and below 1, got 1.0"),
        (lambda r, m, v: tg.dropout(X, True, r), TypeError, "p of dropout is a number, got True"),
        (lambda r, m, v: tg.dropout(X, np.nan, r), ValueError, "got nan"),
        (lambda r, m, v: tg.dropout(X, 0.5, 0), TypeError, r"got 0: write rng = np.random.default_rng\(0\) once"),
        (lambda r, m, v: tg.dropout("x", 0.5, r), TypeError, "dropout takes booleans"),
        (
            lambda r, m, v: tg.batch_norm(X, m, v, axis=0),
            ValueError,
            r"takes running_mean of shape \(1, 3\), got \(2, 1\)",
        ),
        (lambda r, m, v: tg.batch_norm(X, m, v, np.ones(2)), ValueError, r"takes gamma of shape \(2, 1\), got \(2,\)"),
        (lambda r, m, v: tg.batch_norm(X, m.data, v), TypeError, "batch_norm changes running_mean in training"),
        (lambda r, m, v: tg.compile(lambda v: tg.batch_norm(X, m, v))(v), TypeError, "not as an argument"),
        (lambda r, m, v: tg.batch_norm(X[:, :1], m, v), ValueError, r"two or more examples, got x of shape \(2, 1\)"),
    ],
)
def test_wrong_arguments_change_nothing(call: Any, error: Any, words: str) -> None:
    rng, (mean, var) = np.random.default_rng(0), statistics()
    before = rng.bit_generator.state
    with tg.training(), pytest.raises(error, match=words):
        call(rng, mean, var)
    assert rng.bit_generator.state == before
    close(mean.data, [[0], [0]])
    close(var.data, [[1], [1]])


def test_a_read_only_statistic_changes_neither() -> None:
    mean, var = statistics()
    var.data.flags.writeable = False
    for f in (lambda x: tg.batch_norm(x, mean, var), tg.compile(lambda x: tg.batch_norm(x, mean, var))):
        with tg.training(), pytest.raises(ValueError, match="read-only"):
            f(X)
    assert not mean.data.any()


def test_inside_a_checkpoint() -> None:
    mean, var = statistics()
    x = tg.Tensor(X, requires_grad=True)
    with tg.training():
        y = tg.checkpoint(lambda x: tg.sum(tg.batch_norm(x, mean, var, GAMMA, BETA) ** 3))(x)
        with pytest.raises(RuntimeError, match="dropout cannot train inside"):
            tg.checkpoint(lambda x: tg.sum(tg.dropout(x, 0.5, np.random.default_rng(0))))(x)
    moved = mean.data.copy()
    y.backward()  # outside of the block
    close(x.grad, DX)
    close(mean.data, moved)


def test_a_function_that_runs_again_moves_no_statistic_again() -> None:
    mlp, X, Y = tg.MLP([2, 3, 1], batch_norm=True, rng=0), np.ones((2, 4)), np.ones((1, 4))
    X[0] = np.arange(4)
    same = copy.deepcopy(mlp)
    same.cost(X, Y)
    tg.checkpoint(lambda X: mlp.cost(X, Y))(X).backward()  # mlp.cost itself begins to train
    close(mlp.state_dict()["mean1"], same.state_dict()["mean1"])
    tg.check_gradients(lambda: mlp.cost(X, Y), parameters=mlp.parameters)
    close(mlp.state_dict()["mean1"], same.state_dict()["mean1"])


def test_running_statistics_chain_within_one_call() -> None:
    """A net that is called twice in one step moves its statistics twice."""
    eager, compiled = statistics(), statistics()

    def f(x: Any, of: Any) -> Any:
        return tg.batch_norm(x, *of) + tg.batch_norm(x * 2, *of)

    with tg.training():
        f(X, eager)
        tg.compile(lambda x: f(x, compiled))(X)
    for one, two in zip(eager, compiled, strict=True):
        close(one.data, two.data)
    close(eager[0].data, MEAN)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (dict(axis=3), np.exceptions.AxisError, "axis 3 is out of bounds"),
        (dict(eps=-5), ValueError, "eps of at least 0, got 0.1 and -5"),
        (dict(momentum=3.0), ValueError, "momentum from 0 to 1 and eps of at least 0, got 3.0"),
    ],
)
def test_wrong_options_of_batch_norm(options: Any, error: Any, words: str) -> None:
    with tg.training(), pytest.raises(error, match=words):
        tg.batch_norm(X, *statistics(), **options)
    with tg.training(), pytest.raises(TypeError, match="running_var in training: it takes a Tensor of floats"):
        tg.batch_norm(X, statistics()[0], tg.Tensor(np.ones((2, 1), int)))


def test_a_compiled_function_evaluates_under_no_grad_as_eager_does() -> None:
    mlp = tg.MLP([2, 3, 1], dropout=0.5, batch_norm=True, rng=0)
    f = tg.compile(lambda X: mlp(X))
    with tg.evaluating():
        expected = f(X).data
    with tg.no_grad():
        close(f(X).data, expected)
    with pytest.raises(RuntimeError, match="differs between training and evaluation"):
        f(X)
    with tg.training():
        assert (f(X).data != expected).any()


def test_a_batch_of_0_examples_of_a_net_with_batch_norm() -> None:
    mlp = tg.MLP([2, 3, 1], batch_norm=True, rng=0)
    step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1), reduce=lambda vector: None)
    before = mlp.state_dict()
    assert float(step(np.zeros((2, 0)), np.zeros((1, 0)))) == 0
    for name, array in mlp.state_dict().items():
        close(array, before[name])


def test_the_source_of_a_function_that_moves_statistics_moves_them_in_place() -> None:
    mlp, Y = tg.MLP([2, 3, 1], batch_norm=True, rng=0), np.ones((1, 3))
    f = tg.compile(mlp.cost)
    with tg.training():
        f(X, Y)
        arrays = mlp.state_dict()
        scope: dict[str, Any] = {"np": np}
        exec(f.source, scope)
        assert float(f(X, Y)) == pytest.approx(float(scope["cost"](arrays, X, Y)))
    for name, array in mlp.state_dict().items():
        close(array, arrays[name])
