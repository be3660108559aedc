"""step.source and step.save: the compiled step as readable NumPy that runs without tinygraph."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from helpers.sources import defined, run
from helpers.training import OPTIMIZERS, Pair, data

import tinygraph as tg

STEP = """\
def step(parameters, X, Y, learning_rate=0.0075):
    W1, b1, W2, b2, W3, b3 = (parameters[name].copy() for name in ["W1", "b1", "W2", "b2", "W3", "b3"])
    m = X.shape[1]
    # forward: layer 1: LINEAR -> RELU
    Z1 = W1 @ X + b1  # (4)
    A1 = np.maximum(Z1, 0)
    # forward: layer 2: LINEAR -> RELU
    Z2 = W2 @ A1 + b2  # (4)
    A2 = np.maximum(Z2, 0)
    # forward: layer 3: LINEAR -> SIGMOID
    Z3 = W3 @ A2 + b3  # (4)
    A3 = np.exp(np.minimum(Z3, 0)) / (1 + np.exp(-np.abs(Z3)))
    # cost (7)
    cost = (np.maximum(Z3, 0) - Y * Z3 + np.log1p(np.exp(-np.abs(Z3)))).sum() / m
    # backward
    dZ3 = (A3 - Y) / m  # (11)
    dW3 = dZ3 @ A2.T  # (8)
    db3 = dZ3.sum(axis=1, keepdims=True)  # (9)
    dA2 = W3.T @ dZ3  # (10)
    dZ2 = dA2 * (A2 > 0)  # (11)
    dW2 = dZ2 @ A1.T  # (8)
    db2 = dZ2.sum(axis=1, keepdims=True)  # (9)
    dA1 = W2.T @ dZ2  # (10)
    dZ1 = dA1 * (A1 > 0)  # (11)
    dW1 = dZ1 @ X.T  # (8)
    db1 = dZ1.sum(axis=1, keepdims=True)  # (9)
    # update
    W1 -= learning_rate * dW1  # (16)
    b1 -= learning_rate * db1  # (17)
    W2 -= learning_rate * dW2  # (16)
    b2 -= learning_rate * db2  # (17)
    W3 -= learning_rate * dW3  # (16)
    b3 -= learning_rate * db3  # (17)
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}
    return parameters, cost
"""

LINEAR = """\
def step(parameters, X, Y, learning_rate=0.1):
    W = parameters["W"].copy()
    m = X.shape[1]
    # forward
    Z = W @ X
    # cost
    cost = np.square(Z - Y).sum() / m
    # backward
    dZ = 2 * (Z - Y) / m
    dW = dZ @ X.T
    # update
    W -= learning_rate * dW
    parameters = {"W": W}
    return parameters, cost
"""


SOFTMAX = {
    "integers": """\
    # cost
    t1 = Z - Z.max(axis=0, keepdims=True)
    t2 = np.exp(t1).sum(axis=0, keepdims=True)
    cost = (np.log(t2) - t1[Y, np.arange(6)]).sum() / m
    # backward
    dZ = (np.exp(t1) / t2 - (np.arange(4)[:, None] == Y)) / m
""",
    "probabilities": """\
    # cost
    t1 = Z - Z.max(axis=0, keepdims=True)
    t2 = np.exp(t1).sum(axis=0, keepdims=True)
    t3 = Y.sum(axis=0, keepdims=True)
    t4 = (np.log(t2) * t3 - (Y * np.where(Y == 0, 0, t1)).sum(axis=0, keepdims=True)).sum()
    cost = t4 / m
    # backward
    dZ = (np.exp(t1) / t2 * t3 - Y) / m
""",
}


@pytest.mark.parametrize("labels", SOFTMAX)
def test_the_cost_of_softmax_reads_as_one_would_write_it(labels: str) -> None:
    """The only guard is for probabilities, because 0 * log(0) counts as 0."""
    random = np.random.default_rng(0)
    W = tg.Tensor(random.standard_normal((4, 3)), requires_grad=True, name="W")
    classes = np.array([0, 3, 1, 1, 2, 0])

    def cost(X: Any, Y: Any) -> Any:
        Z = W @ X
        Z.name = "Z"
        return tg.softmax_cross_entropy(Z, Y)

    Y = classes if labels == "integers" else np.eye(4)[:, classes]
    source = eager_and_source(cost, tg.optim.SGD([W], 0.1), random.standard_normal((3, 6)), Y)
    assert SOFTMAX[labels] in source


def test_the_step_reads_like_the_lesson() -> None:
    mlp, (X, Y) = tg.MLP([3, 5, 4, 1], rng=0), data()
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.0075))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        _ = step.source
    step(X, Y)
    assert step.source == STEP


def test_only_results_of_mlp_and_the_costs_have_numbers() -> None:
    mlp, (X, Y) = tg.MLP([3, 5, 4, 1], rng=0), data()
    Z1 = tg.Tensor(np.ones((1, 2)), requires_grad=True, name="Z1")
    W9 = tg.Tensor(np.ones((2, 2)), requires_grad=True, name="W9")

    def cost(X: Any, Y: Any) -> Any:
        with tg.scope("LINEAR probe"):
            Z8 = tg.exp(Z1 @ W9)
        Z8.name = "Z8"
        return tg.cross_entropy(mlp(X), Y) + (Z8 * Z8).sum()

    source = eager_and_source(cost, tg.optim.SGD({**mlp.parameters, "Z1": Z1, "W9": W9}, 0.0075), X, Y)
    lines = [line for line in STEP.splitlines() if re.search(r"# \(\d+\)$", line)]
    of_lesson = [line for line in source.splitlines() if re.search(r"# .*\(\d+\)$", line)]
    assert [re.sub("Z1_1", "Z1", line) for line in of_lesson] == lines
    assert "    # cost\n" in source


def test_the_title_of_a_scope_gives_no_number() -> None:
    W1 = tg.Tensor(np.array([[1.0, 2.0]]), requires_grad=True, name="W1")

    def cost(X: Any, Y: Any) -> Any:
        with tg.scope("layer 1: LINEAR -> SIGMOID"):
            Z1 = W1 @ X
            AL = tg.sigmoid(Z1)
        Z1.name = "Z1"
        return tg.cross_entropy(AL, Y)

    source = eager_and_source(cost, tg.optim.SGD([W1], 0.1), np.ones((2, 4)), np.ones((1, 4)))
    assert "    # forward: layer 1: LINEAR -> SIGMOID\n    Z1 = W1 @ X\n" in source
    assert not re.search(r"\(\d+\)$", source, re.MULTILINE)


def test_a_cost_divided_by_the_number_of_examples() -> None:
    W = tg.Tensor(np.array([[1.0, 2.0]]), requires_grad=True, name="W")

    def cost(X: Any, Y: Any) -> Any:
        Z = W @ X
        Z.name = "Z"
        return ((Z - Y) ** 2).sum() / X.shape[1]

    X = np.arange(8.0).reshape(2, 4)
    assert eager_and_source(cost, tg.optim.SGD([W], 0.1), X, np.ones((1, 4))) == LINEAR


@pytest.mark.parametrize("output", ["sigmoid", "linear"])
def test_a_cost_of_several_outputs_reads_for_any_number_of_examples(output: str) -> None:
    mlp = tg.MLP([3, 4, 2], output=output, rng=0)
    step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1))
    random = np.random.default_rng(0)
    step(random.standard_normal((3, 8)), random.random((2, 8)))
    assert ".sum() / (2 * m)\n" in step.source
    parameters = {name: p.data for name, p in mlp.parameters.items()}
    X, Y = random.standard_normal((3, 5)), random.random((2, 5))
    _, cost = defined(step.source, "step")(parameters, X, Y)
    np.testing.assert_allclose(cost, mlp.cost(X, Y).data)


def test_numbers_of_other_meaning_do_not_read_as_examples() -> None:
    random = np.random.default_rng(0)
    for hidden, m in (("leaky_relu", 200), ("gelu", 4)):  # 2 / 200 and 2 / 4 are numbers of the activation
        mlp = tg.MLP([3, 5, 1], hidden=hidden, rng=0)
        step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1))
        step(random.standard_normal((3, m)), random.random((1, m)))
        assert not re.search(r"\b2 \* .* / m", step.source)
    W = tg.Tensor(random.standard_normal((2, 40)), requires_grad=True, name="W")
    step = tg.compile(lambda X: tg.mean((W @ X) ** 2) + tg.mean(W**2), optimizer=tg.optim.SGD([W], 0.1))
    step(random.standard_normal((40, 40)))
    assert "np.square(W).sum() / 80" in step.source


def test_a_number_1_is_not_the_number_of_examples_of_one_example() -> None:
    W = tg.Tensor(np.array([[1.0, 2.0]]), requires_grad=True, name="W")
    source = eager_and_source(lambda X: tg.log(1.0 + tg.exp(W @ X)).sum(), tg.optim.SGD([W], 0.1), np.ones((2, 1)))
    assert "cost = np.log(1 + np.exp(W @ X)).sum()\n" in source
    assert "m = X.shape[1]" not in source


def test_a_captured_tensor_without_a_name_is_called_p1() -> None:
    t = tg.Tensor(np.arange(5000.0))
    f = tg.compile(lambda x: x * t)
    f(np.ones(5000))
    assert f.source == 'def function(parameters, x):\n    p1 = parameters["p1"]\n    return x * p1\n'


def test_a_shared_result_stands_under_the_title_of_its_first_scope() -> None:
    def f(x: Any, outer: Any) -> Any:
        with outer:
            y = tg.exp(x)
        with tg.scope("second"):
            return y, tg.exp(x) + 1

    for outer, title in ((tg.scope("first"), "first"), (contextlib.nullcontext(), "second")):
        compiled = tg.compile(f)
        compiled(np.ones(2), outer)
        assert f"    # {title}\n    y = np.exp(x)\n" in compiled.source


# the module runs without tinygraph; arguments and results go through .npz files
ALONE = """
import sys
sys.modules["tinygraph"] = None
import numpy as np
import module
given = dict(np.load("given.npz"))
X, Y = given.pop("X"), given.pop("Y")
kept = {name: p.copy() for name, p in given.items()}
if hasattr(module, "step"):
    parameters, state = given, module.start(given) if hasattr(module, "start") else None
    for rate in (0.1, 0.1, 0.05):
        parameters, *state, cost = module.step(parameters, *([] if state is None else [state]), X, Y, rate)
        state = state[0] if state else None
    assert all((given[name] == kept[name]).all() for name in given)
    np.savez("found.npz", cost=cost, **parameters)
else:
    np.savez("found.npz", AL=module.mlp(given, X))
assert "tinygraph" not in [name for name, m in sys.modules.items() if m]
"""


def alone(folder: Any, save: Any, mlp: Any, X: Any, Y: Any) -> Any:
    save(folder / "module.py")
    np.savez(folder / "given.npz", X=X, Y=Y, **{name: p.numpy() for name, p in mlp.parameters.items()})
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", ALONE], cwd=folder, check=True, env={**environment, "PYTHONPATH": str(folder)}
    )
    return np.load(folder / "found.npz")


def test_arguments_may_have_names_that_the_source_uses() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    step = tg.compile(
        lambda t, learning_rate, state: (w * t * learning_rate * state).sum(), optimizer=tg.optim.Adam([w])
    )
    arrays = [np.array([1.0, -3.0]) for _ in range(3)]
    step(*arrays)
    state = {"t": 0, "m_w": np.zeros(2), "v_w": np.zeros(2)}
    parameters, state, _ = defined(step.source, "step")({"w": np.array([1.0, 2.0])}, state, *arrays)
    np.testing.assert_allclose(parameters["w"], w.numpy(), rtol=1e-12)
    assert state["t"] == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_saved_step_needs_only_numpy(optimizer: str, tmp_path: Any) -> None:
    """It takes the parameters and returns those of three eager steps."""
    pair, (X, Y) = Pair(optimizer), data()
    pair.step(X, Y)
    found = alone(tmp_path, pair.step.save, pair.b, X, Y)
    for rate in (0.1, 0.1, 0.05):
        pair.of_b.learning_rate = rate
        cost = pair.eager(pair.b, pair.of_b, X, Y)
    np.testing.assert_allclose(found["cost"], cost.numpy(), rtol=1e-12)
    for name, p in pair.b.parameters.items():
        np.testing.assert_allclose(found[name], p.numpy(), rtol=1e-12, atol=1e-12)


def test_a_saved_function_needs_only_numpy(tmp_path: Any) -> None:
    mlp, (X, Y) = tg.MLP([3, 4, 1], rng=0), data()
    predict = tg.compile(mlp)
    predict(X)
    found = alone(tmp_path, predict.save, mlp, X, Y)
    np.testing.assert_allclose(found["AL"], mlp(X).numpy(), rtol=1e-12)
    assert "X: (3, 40) float64" in (tmp_path / "module.py").read_text()


def test_functions_without_a_numpy_form_cannot_be_saved(tmp_path: Any) -> None:
    """A user-defined op of arrays only, or a large baked-in array: an error, and no file."""

    def forward(x: Any) -> Any:
        out = np.empty_like(x)
        np.multiply(x, 3, out=out)
        return out

    triple = tg.op("triple", forward, lambda g, y, x: 3 * g)
    large = np.arange(5000.0)
    cases = [
        (lambda x: triple(x) * 2, "cannot hold triple, an op of your own"),
        (lambda x: x * large, r"c1, a constant of shape \(5000,\): too large"),
        (lambda x: (x * 2, b"raw"), "the result b'raw'"),
    ]
    for f, why in cases:
        compiled = tg.compile(f)
        compiled(np.ones(5000))
        assert compiled.source
        with pytest.raises(ValueError, match=why):
            compiled.save(tmp_path / "module.py")
        assert not list(tmp_path.iterdir())


def eager_and_source(cost: Any, optimizer: Any, *arrays: Any) -> str:
    """The source, checked to give the same parameters as the compiled step."""
    step = tg.compile(cost, optimizer=optimizer)
    before = {name: p.numpy().copy() for name, p in optimizer.parameters.items()}
    step(*arrays)
    (parameters, _) = defined(step.source, "step")(before, *arrays)
    for name, p in optimizer.parameters.items():
        np.testing.assert_allclose(parameters[name], p.numpy(), rtol=1e-12, atol=1e-12)
    return step.source


def test_an_empty_name_is_allowed(tmp_path: Any) -> None:
    W, b, c = (tg.Tensor(np.ones((2, n)), requires_grad=True, name=name) for n, name in ((2, ""), (1, "b"), (1, None)))
    frozen = tg.Tensor(np.full((50, 1), 2.0), name="")
    for parameters in ({"": W, "b": b}, [W, b]):
        for make in OPTIMIZERS.values():
            optimizer = make(parameters)
            assert list(optimizer.parameters) == ["", "b"]
            step = tg.compile(lambda X: ((W @ X + b + c) ** 2).mean(), optimizer=optimizer)
            before = {"": W.numpy().copy(), "b": b.numpy().copy(), "p2": c.numpy()}
            step(np.ones((2, 3)))
            step.save(tmp_path / "step.py")
            assert 'parameters[""]: (2, 2)' in (tmp_path / "step.py").read_text()
            space: dict[str, Any] = {}
            exec((tmp_path / "step.py").read_text(), space)
            state = [space["start"](before)] if "start" in space else []
            after, *_ = space["step"](before, *state, np.ones((2, 3)))
            np.testing.assert_allclose(after[""], W.numpy(), rtol=1e-12)
    f = tg.compile(lambda x: x * frozen)
    f(np.ones((50, 1)))
    assert 'p1 = parameters[""]\n' in f.source


def test_updates_that_read_one_another() -> None:
    """The gradient of one parameter is the other, or a view of it: updates read the old values."""
    W, V = (tg.Tensor(np.arange(1.0, 7).reshape(shape), requires_grad=True) for shape in ((2, 3), (3, 2)))
    eager_and_source(lambda: (W.T * V).sum(), tg.optim.SGD({"W": W, "V": V}, 0.1))
    eager_and_source(lambda: (W * V.reshape((2, 3))).sum(), tg.optim.SGD({"a.b": W, 'a "b"': V}, 0.1))
    U = tg.Tensor(np.ones((2, 3)), requires_grad=True)
    eager_and_source(lambda: (W * U).sum(), tg.optim.SGD([W, U], 0.1))


class Kept(tg.optim.Optimizer):
    """Its new state is the gradient, the parameter and a part of the old state."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        return numbers[0] * (g + state[0] + state[1] + state[2]), (g, p, state[0])


def test_states_that_are_other_values_of_the_step() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    step = tg.compile(lambda x: (w * w * x).sum(), optimizer=Kept([w], 0.1, "now", "before", "earlier"))
    parameters = {"w": w.numpy().copy()}
    step(np.array([1.0, 3.0]))
    scope: dict[str, Any] = {"np": np}
    exec(step.source, scope)
    state = {name: np.zeros(2) for name in ("now_w", "before_w", "earlier_w")}
    for k in range(3):
        parameters, state, cost = scope["step"](parameters, state, np.array([1.0, 3.0]))
        if k:
            np.testing.assert_allclose(cost, step(np.array([1.0, 3.0])).item(), rtol=1e-14)
    np.testing.assert_allclose(parameters["w"], w.numpy(), rtol=1e-14)


def test_names_cannot_break_the_source() -> None:
    W = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="np")

    def cost(X: Any, m: Any) -> Any:
        with tg.scope("first\nimport os"):
            t = W @ X
            t.name = "return"
        return tg.mean_squared_error(t, m)

    source = eager_and_source(cost, tg.optim.SGD([W], 0.1), np.ones((3, 4)), np.zeros((2, 4)))
    assert "# forward: first import os" in source


def test_the_numbers_of_a_user_defined_optimizer_are_arguments() -> None:
    class Own(tg.optim.Optimizer):
        def numbers(self, steps: int) -> Any:
            return self.learning_rate, 2.0

        def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
            return numbers[0] * np.sign(g) * numbers[1], ()

    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    step = tg.compile(lambda: (w * w).sum(), optimizer=Own([w], 0.1))
    step()
    parameters, cost = defined(step.source, "step")({"w": np.array([1.0, 2.0])}, 0.1, 2.0)
    np.testing.assert_allclose(parameters["w"], w.numpy())
    assert cost == 5


def test_the_docstring_of_a_saved_module(tmp_path: Any) -> None:
    w = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="W1")

    def said(f: Any, optimizer: Any = None) -> str:
        compiled = tg.compile(f, optimizer=optimizer)
        compiled(np.ones((3, 4)))
        compiled.save(tmp_path / "module.py")
        return (tmp_path / "module.py").read_text().split('"""')[1]

    def cost(X: Any) -> Any:
        return (w @ X).mean()

    takes = """takes
    X: (3, 4) float64
    parameters["W1"]: (2, 3) float64
"""
    head, state = "in NumPy alone, written by tinygraph for these shapes.", "what the step before gave; at first start"
    gives = "and gives the new parameters (those given stay as they are), "
    assert said(cost, tg.optim.SGD([w], 0.1)) == f"A training step {head}\n\nstep {takes}{gives}and the cost.\n"
    assert said(cost, tg.optim.SGD([w], 0.1, momentum=0.9)) == (
        f"A training step {head}\n\nstep {takes}    state: {state}(parameters)\n{gives}the new state, and the cost.\n"
    )
    assert said(cost) == f"A function {head}\n\ncost {takes}"


def test_the_number_of_examples_has_a_name_if_a_step_needs_it() -> None:
    w = tg.Tensor(np.ones((1, 3)), requires_grad=True, name="w")
    step = tg.compile(lambda X: (w @ X).mean(), optimizer=tg.optim.SGD([w], 0.1))
    step(np.ones((3, 7)))
    assert "    m = X.shape[1]\n" in step.source
    assert "/ m" in step.source
    step(np.ones((3, 1)))
    assert "m = " not in step.source


def test_one_over_the_number_of_examples() -> None:
    w = tg.Tensor(np.ones((1, 3)), requires_grad=True, name="w")
    step = tg.compile(lambda X: ((w @ X) * (1 / 7)).sum(), optimizer=tg.optim.SGD([w], 0.1))
    X, before = np.ones((3, 7)), w.data.copy()
    cost = step(X)
    assert "m = X.shape[1]" in step.source
    assert "/ m" in step.source
    found = defined(step.source, "step")({"w": before}, X)
    np.testing.assert_allclose(found[1], cost.numpy())
    np.testing.assert_allclose(found[0]["w"], w.numpy())


def test_a_power_of_booleans_is_written_so_that_numpy_does_not_square_them() -> None:
    b = np.array([True, False])
    for f in (lambda t: t**2, lambda t: np.power(t, 2), lambda t: t**3):
        compiled = tg.compile(f)
        found = [compiled(b), f(tg.Tensor(b)), *run(compiled.source, b)]
        assert {x.dtype for x in found} == {np.dtype(int)}
