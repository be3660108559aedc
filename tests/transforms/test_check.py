"""check_gradients passes right rules and catches each kind of wrong rule."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

X = np.array([[0.5, -1.2, 0.8], [1.5, 0.3, -0.7]])
SQUARE = np.array([[0.5, -1.2], [1.5, 0.3]])


def test_a_factor_of_2_001_for_2_is_caught() -> None:
    wrong = tg.op("double", lambda x: 2 * x, lambda g, y, x: 2.001 * g)
    with pytest.raises(tg.GradientError) as caught:
        tg.check_gradients(wrong, [1.0])
    ruled, numeric = map(float, re.findall(r"(?:rules give|differences) (\S+?)[ ,]", str(caught.value)))
    np.testing.assert_allclose(ruled / numeric, 2.001 / 2, rtol=1e-9)
    assert "order 1, input 0 of shape (1,)" in str(caught.value)
    assert isinstance(caught.value, AssertionError)


def wrong_in_second_order(g: Any, y: Any, x: Any) -> Any:
    return tg.op("slope", lambda x: 3 * x**2, lambda g, y, x: g * 6.006 * x)(x) * g


WRONG = {
    "0.1 % off": (tg.op("w", np.exp, lambda g, y, x: g * y * 1.001), [X], "order 1, input 0"),
    "0.1 % off in one entry": (
        tg.op("w", np.exp, lambda g, y, x: g * y * np.array([[1, 1, 1], [1, 1.001, 1]])),
        [X],
        "order 1",
    ),
    "of the wrong sign": (
        tg.op("w", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: g),
        [X, X],
        "order 1, input 1",
    ),
    "without the sum that undoes a broadcast": (
        tg.op("w", lambda x: x + np.zeros((4, 1, 3)), lambda g, y, x: g[0]),
        [X],
        "order 1",
    ),
    "along the wrong axis": (tg.op("w", lambda x: np.sum(x, axis=1), lambda g, y, x: g + 0 * x), [SQUARE], "order 1"),
    "transposed": (tg.op("w", lambda a: a @ a.T, lambda g, y, a: ((g + g.T) @ a).T), [SQUARE], "order 1"),
    "of the inputs swapped": (
        tg.op("w", np.multiply, lambda g, y, a, b: g * a, lambda g, y, a, b: g * b),
        [X, X + 1],
        "order 1",
    ),
    "that forgets the gradient handed to it": (tg.op("w", np.exp, lambda g, y, x: y), [X], "order 1"),
    "right in first order alone": (tg.op("w", lambda x: x**3, wrong_in_second_order), [X], "order 2"),
    "constant, so that the second slope is lost": (
        tg.op("w", lambda x: x**2, lambda g, y, x: g * 2 * getattr(x, "data", x)),
        [X],
        "order 2",
    ),
    "nan": (tg.op("w", np.exp, lambda g, y, x: g * np.nan), [X], "rules give nan"),
    "missing": (tg.op("w", np.multiply, lambda g, y, a, b: g * b, None), [X, X], "order 1, input 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught(name: str) -> None:
    op, inputs, message = WRONG[name]
    with pytest.raises(tg.GradientError, match=message):
        tg.check_gradients(op, *inputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_error_of_one_percent_is_caught_with_every_seed(dtype: str) -> None:
    wrong = tg.op("w", np.sin, lambda g, y, x: g * np.cos(x) * 1.01)
    for seed in range(50):
        with pytest.raises(tg.GradientError):
            tg.check_gradients(wrong, X.astype(dtype), rng=seed)
        tg.check_gradients(tg.sin, X.astype(dtype), rng=seed)


def writes_on(which: str) -> Any:
    def rule(g: Any, y: Any, x: Any) -> Any:
        array = {"g": g, "x": x}[which]
        if isinstance(array, np.ndarray):
            array *= 2
        return g if which == "g" else g * 2

    return tg.op("writer", lambda x: 2 * x, rule)


def test_a_rule_that_writes_is_caught() -> None:
    with pytest.raises(tg.GradientError, match="written on input 0"):
        tg.check_gradients(writes_on("x"), X)
    with pytest.raises(tg.GradientError, match="written on the gradient"):
        tg.check_gradients(writes_on("g"), X)


def test_a_forward_that_writes_is_caught() -> None:
    def forward(x: Any) -> Any:
        x += 1
        return x * 2

    with pytest.raises(tg.GradientError, match="forward function or a rule has written on input 0"):
        tg.check_gradients(tg.op("writer", forward, lambda g, y, x: g * 2), X)


def test_right_rules_pass_to_the_fourth_order() -> None:
    tg.check_gradients(tg.tanh, X, order=4)
    tg.check_gradients(lambda x, y: (x**3 * y**2).sum(axis=0), X, X + 2, order=4)
    tg.check_gradients(lambda x: x, X)
    tg.check_gradients(lambda x: tg.Tensor(3.0), X)  # a constant
    tg.check_gradients(lambda x, y: x * 2, X, X)  # a constant in y
    tg.check_gradients(tg.exp, np.zeros((0, 2)))
    tg.check_gradients(tg.exp, X.astype("float16"), order=1)
    tg.check_gradients(lambda x, y: x * y, X.astype("float32"), X)


def test_inputs_are_unchanged() -> None:
    x, t = X.copy(), tg.Tensor(X, requires_grad=True)
    tg.check_gradients(lambda a, b: a * b, x, t)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(t.data, X)
    assert t.grad is None


def test_tolerances_can_be_given() -> None:
    wrong = tg.op("double", lambda x: 2 * x, lambda g, y, x: 2.001 * g)
    tg.check_gradients(wrong, [1.0], order=1, rtol=1e-2)
    with pytest.raises(tg.GradientError):
        tg.check_gradients(tg.exp, [1.0], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.check_gradients(tg.exp, [1, 2]), TypeError, "input 0 has dtype int64: cast it first"),
        (lambda: tg.check_gradients(tg.exp, ["a"]), TypeError, "check_gradients takes"),
        (lambda: tg.check_gradients(tg.exp, [1.0], order=0), ValueError, "takes a whole number of at least 1, got 0"),
        (lambda: tg.check_gradients(lambda x: 3.0, [1.0]), TypeError, "gives a Tensor; this one gave float"),
        (lambda: tg.check_gradients(lambda x: x.data, [1.0]), TypeError, "gives a Tensor; this one gave ndarray"),
    ],
)
def test_wrong_arguments_are_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


TINY = tg.op("tiny", lambda x: x * 1e-8, lambda g, y, x: g * 5e-8)
LARGE = tg.op("large", lambda x: x * 1e-3 + 1e6, lambda g, y, x: g * 2e-3)
ZERO_SLOPES = {
    "a cube at 0": (lambda x: x**3, [0.0, 0.0]),
    "a sum that is always 1": (lambda x: tg.softmax(x).sum(), X),
    "the same, and steep": (lambda x: tg.softmax(2 * x).sum(), X),
    "a difference that is always 0": (lambda x: tg.exp(x) - tg.exp(x), X),
    "where tanh is flat": (tg.tanh, [40.0]),
}


def test_large_values_do_not_hide_a_wrong_rule() -> None:
    for seed in range(50):
        for wrong in (TINY, LARGE):
            for x in (X, [1.0]):
                with pytest.raises(tg.GradientError):
                    tg.check_gradients(wrong, x, rng=seed)
        tg.check_gradients(lambda x: 1e-8 * x, X, rng=seed)
        tg.check_gradients(lambda x: x * x, [1e4, -1e3], rng=seed)
        tg.check_gradients(lambda x: x * x, [1e-9, -1e-5], rng=seed)
        tg.check_gradients(lambda x: (x + 1e4) - 1e4, X, rng=seed)
        tg.check_gradients(tg.logsumexp, [1e3, 1e3 + 1], rng=seed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ZERO_SLOPES)
def test_a_slope_that_is_zero_up_to_rounding_passes(name: str, dtype: str) -> None:
    f, x = ZERO_SLOPES[name]
    for seed in range(20):
        tg.check_gradients(f, np.array(x, dtype), rng=seed)


def test_a_slope_below_rounding_is_reported() -> None:
    f = tg.op("flat", lambda x: x * 1e-5 + 1e6, lambda g, y, x: g * 1e-5)
    for seed in range(20):
        with pytest.raises(tg.GradientError, match="because of rounding: nothing can be said"):
            tg.check_gradients(f, [1.0], rng=seed)
    tg.check_gradients(f, [1.0], atol=1e-3)


def test_an_infinite_gradient_is_wrong() -> None:
    with pytest.raises(tg.GradientError, match=r"rules give -?inf"):
        tg.check_gradients(tg.op("w", np.exp, lambda g, y, x: g * np.inf), [1.0])


def test_a_function_that_draws_is_refused() -> None:
    random = np.random.default_rng(1)
    wrong = tg.op("wrong", lambda x: x * x, lambda g, y, x: g * 7 * x)
    said = (
        r"gives the same each time; called twice at one point, this one gave .* at \[\]: draw its random numbers.* once"
    )
    for rule in (wrong, tg.square):
        for _ in range(20):
            with pytest.raises(tg.GradientError, match=said):
                tg.check_gradients(lambda x, op=rule: (op(x) * (1 + 0.1 * random.random())).sum(), np.ones(3))
    mlp = tg.MLP([2, 3, 1], rng=0)
    with pytest.raises(tg.GradientError, match=said):
        tg.check_gradients(lambda: (mlp(SQUARE) * random.random((1, 2))).sum(), parameters=mlp.parameters)


def test_a_function_that_gives_another_shape_is_refused() -> None:
    lengths = iter(range(1, 100))
    with pytest.raises(tg.GradientError, match=r"this one gave shape \(1,\) and then \(2,\): draw"):
        tg.check_gradients(lambda x: x[: next(lengths)] ** 2, np.ones(50))


def test_two_calls_may_differ_by_rounding() -> None:
    def f(noise: float) -> Any:
        calls = iter([0.0, noise, *[0.0] * 1000])
        return lambda x: tg.concatenate([x * 0.001, x * 1000.0 + next(calls)])

    tg.check_gradients(f(2**-42), np.ones(1))  # two units of the last digit
    with pytest.raises(tg.GradientError, match=r"gave 1000\.0 and then 1000\.0000000000036 at \[1\]"):
        tg.check_gradients(f(2**-38), np.ones(1))


def test_nan_equals_nan_in_two_calls() -> None:
    with pytest.raises(tg.GradientError, match="the rules give"), np.errstate(all="ignore"):
        tg.check_gradients(tg.log, [-1.0, 1.0])


def test_a_mask_drawn_outside_is_an_input() -> None:
    mask = (np.random.default_rng(0).random((2, 3)) < 0.8) / 0.8
    tg.check_gradients(lambda x, mask: (tg.exp(x) * mask).sum(), X, mask)


def test_without_inputs_there_is_nothing_to_check() -> None:
    with pytest.raises(TypeError, match="takes a function and the inputs at which to check it"):
        tg.check_gradients(lambda: tg.Tensor(1.0))


def test_a_failure_names_the_worst_entry_and_the_relative_error():
    def off(g, y, x):
        g = g * np.array([[1.0, 1.0, 1.0], [1.0, 1.001, 1.0]])
        return 2 * g

    wrong = tg.op("double", lambda x: 2 * x, off)
    with pytest.raises(tg.GradientError, match=r"worst at \[1, 1\], of the output's \[1, 1\]: 2\.002 and 2; rel"):
        tg.check_gradients(lambda x: wrong(x), np.ones((2, 3)), order=1)


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (lambda x: tg.relu(x), r"worst at \[\d\], of the output's \[\d\]: 0 and 0\.5;"),
        (lambda x: tg.relu(x).sum(), r"worst at \[\d\]: 0 and 0\.5;"),
        (lambda x: tg.relu(x).reshape(3, 1) * np.ones((1, 2)), r", of the output's \[\d, \d\]: 0 and 0\.5;"),
        (lambda x: tg.sqrt(tg.abs(x)) * 0 + x, r"worst at \[\d\], of the output's \[\d\]: nan and 1"),
    ],
)
def test_the_numbers_of_a_failure_belong_to_one_derivative(f, says):
    with np.errstate(all="ignore"), pytest.raises(tg.GradientError, match=says):
        tg.check_gradients(f, np.zeros(3))


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (lambda g, y, x, b: 1.001 * g, "parameter W"),  # 0.1 % off
        (lambda g, y, x, b: g.T.reshape(g.shape), "parameter W"),  # transposed
        (lambda g, y, x, b: np.multiply(g, 1, out=x) if isinstance(x, np.ndarray) else g, "has written on parameter W"),
    ],
)
def test_wrong_rules_in_a_net_are_named_by_its_parameters(rule, says):
    slip = tg.op("slip", lambda x, b: x + b, rule, lambda g, y, x, b: g.sum(axis=1, keepdims=True))
    W = tg.Tensor(np.arange(6.0).reshape(2, 3) / 7, requires_grad=True, name="W")
    b = tg.Tensor(np.ones((2, 1)), requires_grad=True, name="b")
    v = np.arange(6.0).reshape(2, 3)
    before = W.numpy().copy()
    with pytest.raises(tg.GradientError, match=says):
        tg.check_gradients(lambda: (tg.tanh(slip(W, b)) * v).sum(), parameters={"W": W, "b": b}, order=1)
    assert W.op is None
    np.testing.assert_array_equal(W.numpy(), before)


def test_a_missing_broadcast_sum_is_found_in_a_net():
    slip = tg.op("slip", lambda x, b: x + b, lambda g, y, x, b: g, lambda g, y, x, b: g[:, :1])
    b = tg.Tensor(np.ones((2, 1)), requires_grad=True)
    X = np.arange(6.0).reshape(2, 3)
    with pytest.raises(tg.GradientError, match="parameter bias of shape"):
        tg.check_gradients(lambda: (tg.tanh(slip(X, b))).sum(), parameters={"bias": b}, order=1)


def test_each_parameter_of_a_net_is_checked():
    mlp = tg.MLP([3, 4, 1], rng=0)
    X, Y = np.random.default_rng(0).standard_normal((3, 5)), np.array([[0, 1, 1, 0, 1]])
    grads = {name: p.grad for name, p in mlp.parameters.items()}
    tg.check_gradients(lambda: tg.cross_entropy(mlp(X), Y), parameters=mlp.parameters)
    assert all(p.grad is grads[name] and p.op is None for name, p in mlp.parameters.items())
    with pytest.raises(TypeError, match="takes an f without inputs, got 1"):
        tg.check_gradients(lambda: tg.cross_entropy(mlp(X), Y), X, parameters=mlp.parameters)


def test_a_cost_that_was_recorded_before_is_refused():
    W = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="W")
    cost = (W * W).sum()
    with pytest.raises(ValueError, match=r"this f gives tensor of shape \(\), recorded before: compute the cost"):
        tg.check_gradients(lambda: cost, parameters={"W": W})
    assert W.is_leaf
    assert W.data.tolist() == [[1, 2]]
    tg.check_gradients(lambda: (W * W).sum(), parameters={"W": W})


def test_tensors_in_a_list_are_told_of_parameters():
    W = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="W")
    for inputs in ([W], (W,), {"W": W}):
        with pytest.raises(TypeError, match=r"input 0 holds Tensors: write .*parameters=\[W, b\]\)$"):
            tg.check_gradients(lambda: (W * W).sum(), inputs)


def test_a_compiled_function_reads_the_changed_parameters() -> None:
    """The function is compiled, and has run twice, before the check gives the parameters other arrays."""
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    cost = tg.compile(lambda: (w**3).sum())
    for _ in range(2):
        cost()
    tg.check_gradients(cost, parameters={"w": w})
    w.data = [3.0, 4.0]
    assert float(cost().item()) == 91
