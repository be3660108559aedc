"""The lesson's formulas, computed by hand in NumPy on random data, against the tape.

On the tape, the 1/m of the cost is inside `mean`, so A[l].grad and Z[l].grad already contain it.
The lesson's dA[l] and dZ[l] are m times those. It divides by m in dW (8) and db (9), which equal
the tape's.
"""

import numpy as np
import pytest

import tinygraph as tg

L = 3
DIMS = [5, 4, 3, 1]
M = 7


class Run:
    """A forward and backward pass of a net, which keeps the gradients of every Z and A."""

    def __init__(self, dtype="float64"):
        random = np.random.default_rng(1)
        self.X = random.standard_normal((DIMS[0], M)).astype(dtype)
        self.Y = (random.random((1, M)) > 0.5).astype(dtype)
        self.mlp = tg.MLP(DIMS, rng=2, dtype=dtype)
        for name, p in self.mlp.parameters.items():
            if name[0] == "b":
                p.data = random.standard_normal(p.shape).astype(dtype)
        self.AL = self.mlp(self.X)
        self.cost = tg.cross_entropy(self.AL, self.Y)
        nodes = {node.name: node for node in self.cost.tape() if node.name}
        for node in nodes.values():
            node.retain_grad()
        self.cost.backward()
        self.grad = {name: node.grad for name, node in nodes.items()} | {
            name: p.grad for name, p in self.mlp.parameters.items()
        }
        self.value = {name: node.data for name, node in nodes.items()} | {"A0": self.X}
        self.value |= {name: p.data for name, p in self.mlp.parameters.items()}


@pytest.fixture(scope="module")
def run():
    return Run()


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("l", range(1, L + 1))
def test_equation_4_linear_forward(run, l):
    close(run.value[f"Z{l}"], run.value[f"W{l}"].dot(run.value[f"A{l - 1}"]) + run.value[f"b{l}"])


@pytest.mark.parametrize("l", range(1, L))
def test_relu(run, l):
    close(run.value[f"A{l}"], np.maximum(0, run.value[f"Z{l}"]))


def test_sigmoid(run):
    close(run.value[f"A{L}"], 1 / (1 + np.exp(-run.value[f"Z{L}"])))


def test_equation_7_cost(run):
    A, Y = run.value[f"A{L}"], run.Y
    by_hand = -1 / M * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    assert run.cost.shape == ()
    close(run.cost.data, by_hand)
    close(tg.cross_entropy(A, Y), by_hand)  # also from AL alone


def test_dAL_and_the_factor_m(run):
    A, Y = run.value[f"A{L}"], run.Y
    dAL = -(np.divide(Y, A) - np.divide(1 - Y, 1 - A))  # in the lesson, of each example's loss, not of the mean
    close(M * run.grad[f"A{L}"], dAL)


@pytest.mark.parametrize("l", range(1, L + 1))
def test_equation_8_dW(run, l):
    dZ = M * run.grad[f"Z{l}"]
    close(run.mlp.gradients()[f"dW{l}"], dZ.dot(run.value[f"A{l - 1}"].T) / M)


@pytest.mark.parametrize("l", range(1, L + 1))
def test_equation_9_db(run, l):
    dZ = M * run.grad[f"Z{l}"]
    close(run.mlp.gradients()[f"db{l}"], np.sum(dZ, axis=1, keepdims=True) / M)


@pytest.mark.parametrize("l", range(2, L + 1))
def test_equation_10_dA(run, l):
    dZ = M * run.grad[f"Z{l}"]
    close(M * run.grad[f"A{l - 1}"], run.value[f"W{l}"].T.dot(dZ))


@pytest.mark.parametrize("l", range(1, L))
def test_equation_11_dZ_of_relu(run, l):
    dA = M * run.grad[f"A{l}"]
    close(M * run.grad[f"Z{l}"], dA * (run.value[f"Z{l}"] > 0))


def test_equation_11_dZ_of_sigmoid(run):
    A = run.value[f"A{L}"]
    close(M * run.grad[f"Z{L}"], M * run.grad[f"A{L}"] * A * (1 - A))
    close(M * run.grad[f"Z{L}"], A - run.Y)


def test_equations_16_and_17_update():
    run = Run()
    before = {name: p.data.copy() for name, p in run.mlp.parameters.items()}
    gradients = {name: g.copy() for name, g in run.mlp.gradients().items()}
    tg.optim.SGD(run.mlp.parameters, 0.0075).step()
    for name, p in run.mlp.parameters.items():
        close(p.data, before[name] - 0.0075 * gradients[f"d{name}"])


def test_names_and_scopes_are_those_of_the_lesson(run):
    assert list(run.mlp.parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert list(run.mlp.gradients()) == ["dW1", "db1", "dW2", "db2", "dW3", "db3"]
    tape = run.cost.tape()
    assert [node.name for node in tape if node.name] == ["Z1", "A1", "Z2", "A2", "Z3", "A3"]
    scopes = list(dict.fromkeys(node.scope.name for node in tape if node.scope))
    assert scopes == ["layer 1: LINEAR -> RELU", "layer 2: LINEAR -> RELU", "layer 3: LINEAR -> SIGMOID"]


def test_every_array_stays_float32():
    run = Run("float32")
    assert {array.dtype for array in [*run.value.values(), *run.grad.values(), run.cost.data]} == {np.dtype("float32")}
    double = Run("float64")
    for name, gradient in run.grad.items():
        assert gradient.shape == double.grad[name].shape


def test_a_training_run_equals_the_loop_of_the_course():
    """100 steps of the lesson's functions by hand, and of the tape, give the same parameters."""
    random = np.random.RandomState(1)
    dims = [6, 5, 3, 1]
    by_hand = {}
    for l in range(1, 4):
        by_hand[f"W{l}"] = random.randn(dims[l], dims[l - 1]) / np.sqrt(dims[l - 1])
        by_hand[f"b{l}"] = np.zeros((dims[l], 1))
    mlp = tg.MLP(dims, init="lecun", rng=np.random.RandomState(1))
    for name in by_hand:
        np.testing.assert_array_equal(mlp.parameters[name].data, by_hand[name])
    X = np.random.default_rng(3).standard_normal((6, 20))
    Y = (X[:1] * X[1:2] > 0).astype(float)
    sgd = tg.optim.SGD(mlp.parameters, 0.1)
    for _ in range(100):
        cost = tg.cross_entropy(mlp(X), Y)
        cost.backward()
        sgd.step()
        sgd.zero_grad()
        close(cost.data, step_by_hand(by_hand, X, Y, 0.1))
    for name, value in by_hand.items():
        np.testing.assert_allclose(mlp.parameters[name].data, value, rtol=1e-9, atol=1e-12)


def step_by_hand(p, X, Y, learning_rate):
    m, A = X.shape[1], {0: X}
    for l in (1, 2, 3):
        Z = p[f"W{l}"] @ A[l - 1] + p[f"b{l}"]
        A[l] = np.maximum(0, Z) if l < 3 else 1 / (1 + np.exp(-Z))
    cost = -np.sum(Y * np.log(A[3]) + (1 - Y) * np.log(1 - A[3])) / m
    dA = -(Y / A[3] - (1 - Y) / (1 - A[3]))
    for l in (3, 2, 1):
        dZ = dA * A[l] * (1 - A[l]) if l == 3 else dA * (A[l] > 0)
        dA = p[f"W{l}"].T @ dZ
        p[f"W{l}"] = p[f"W{l}"] - learning_rate * (dZ @ A[l - 1].T / m)
        p[f"b{l}"] = p[f"b{l}"] - learning_rate * (dZ.sum(axis=1, keepdims=True) / m)
    return cost
