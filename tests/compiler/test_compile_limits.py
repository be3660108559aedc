"""Hard cases of tg.compile: Ctrl-C at each instruction, odd arguments, shared, captured tensors."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.comparing import assert_same, copies, values
from helpers.lines import in_turn
from helpers.threads import OUTSIDE, at_once
from helpers.training import OPTIMIZERS, Pair, data

import tinygraph as tg
from tinygraph.modes import current


class InterruptAt:
    """Ctrl-C before instruction number `count` of tinygraph or of a compiled step."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        if event in ("line", "opcode"):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        if event == "call":
            name = frame.f_code.co_filename
            if name != "<tinygraph>" and "tinygraph" not in name.replace("\\", "/").split("/"):
                return None
            if frame.f_code.co_name == "<genexpr>":  # Python drops what is raised while it closes a generator
                return None
        frame.f_trace_opcodes = True
        return self

    def during(self, f: Callable[[], Any]) -> bool:
        """Whether f was interrupted."""
        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # as in interrupts.py
        sys.settrace(self)
        try:
            with np.errstate():  # as in interrupts.py too
                f()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False


def everything(mlp: Any, optimizer: Any) -> dict[str, Any]:
    return {**copies(mlp.parameters), **optimizer.state_dict()}


def close(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(np.allclose(a[key], b[key], rtol=1e-9, atol=1e-12) for key in a if key != "optimizer")


@pytest.mark.parametrize(
    ("optimizer", "change"),
    [
        *((optimizer, "nothing") for optimizer in OPTIMIZERS),
        *((optimizer, change) for optimizer in ("SGD", "Adam") for change in ("data", "state")),
    ],
)
def test_ctrl_c_leaves_all_updated_or_none(optimizer: str, change: str) -> None:
    """At each instruction of a call, also if it binds assigned arrays; the next call is right."""
    X, Y = data(5)
    pair = Pair(optimizer, dims=(3, 2, 1))
    pair.both(X, Y)
    count, outcomes = 0, set()
    while True:
        if change == "data":
            for mlp in (pair.a, pair.b):
                mlp.parameters["W1"].data = mlp.parameters["W1"].data * 1.0
        if change == "state":
            pair.of_a.load_state_dict(pair.of_a.state_dict())
        before = everything(pair.a, pair.of_a)
        interrupted = InterruptAt(count).during(lambda step=pair.step: step(X, Y))
        assert current.get() == OUTSIDE
        after = everything(pair.a, pair.of_a)
        unchanged = all(np.array_equal(x, after[key]) for key, x in before.items())
        if not unchanged:
            Pair.eager(pair.b, pair.of_b, X, Y)
            assert close(after, everything(pair.b, pair.of_b)), f"torn at instruction {count}"
        outcomes.add(unchanged)
        pair.both(X, Y)
        if not interrupted:
            break
        count += 3 if change == "nothing" else 61
    assert count > 20
    assert outcomes == {True, False}


def test_ctrl_c_in_a_trace_leaves_nothing_behind() -> None:
    X, Y = data(5)
    rng = np.random.default_rng(0)
    for count in rng.integers(0, 30_000, 20):
        pair = Pair("Adam", dims=(3, 2, 1))
        InterruptAt(int(count)).during(lambda step=pair.step: step(X, Y))
        assert current.get() == OUTSIDE
        if not close(everything(pair.a, pair.of_a), everything(pair.b, pair.of_b)):
            Pair.eager(pair.b, pair.of_b, X, Y)
        pair.both(X, Y)


def test_an_error_in_the_function_leaves_nothing_behind() -> None:
    wrong = [True]

    @tg.compile
    def f(x: Any) -> Any:
        with tg.scope("inside"), tg.no_grad():
            y = x * 2
            if wrong:
                raise KeyError("mine")
        return y

    with pytest.raises(KeyError, match="mine"):
        f(np.ones(2))
    assert current.get() == OUTSIDE
    wrong.clear()
    assert f(np.ones(2)).tolist() == [2.0, 2.0]


# --- arguments


ARGUMENTS = [
    *(np.arange(6).reshape(2, 3).astype(t) for t in ("f2", "f4", "f8", "g", "i1", "u1", "i4", "i8", "?")),
    *(np.array(3).astype(t) for t in ("f2", "f8", "i8", "?")),
    *(np.zeros(shape) for shape in ((0,), (0, 3), (3, 0), (1, 1, 1))),
    np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e308]),
    np.float32(2.5),
    np.int64(3),
]
FUNCTIONS = [
    lambda x: x + 1,
    lambda x: x * 0.5,
    lambda x: x * x - x / 3,
    lambda x: np.exp(x) / (1 + np.exp(x)),
    lambda x: tg.relu(x),
    lambda x: tg.sigmoid(x * 1.0),
    lambda x: tg.where(x > 1, x, 0),
    lambda x: (x.sum(), x.mean() if x.size else 0, x.sum(axis=0, keepdims=True) if x.ndim else x),
    lambda x: (x.T, tg.reshape(x, (-1,)), x**2, x[...], abs(x * 1.0)),
    lambda x: (x == x, x < 2, tg.maximum(x, 0), tg.minimum(x, x)),
]


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("k", range(len(FUNCTIONS)))
@in_turn("x", ARGUMENTS)
def test_arguments_of_any_dtype_and_shape_give_eager_results(k: int, x: Any) -> None:
    f = FUNCTIONS[k]
    try:
        expected = f(tg.Tensor(x))
    except (TypeError, ValueError, OverflowError) as error:
        with pytest.raises(type(error)):
            tg.compile(f)(tg.Tensor(x))
        return
    compiled = tg.compile(f)
    for _ in range(2):
        got = compiled(tg.Tensor(x))
        for a, b in zip(*[y if isinstance(y, tuple) else (y,) for y in (got, expected)], strict=True):
            if isinstance(b, tg.Tensor) and b.dtype == np.float16:
                np.testing.assert_allclose(values(a), values(b), rtol=2e-3)
                assert values(a).dtype == b.dtype
            elif isinstance(b, tg.Tensor):
                assert_same(a, b)
            else:
                assert a == b


def test_nan_and_infinity_in_training_equal_eager() -> None:
    X, Y = data(5)
    X[0, 0], X[1, 1] = np.nan, np.inf
    pair = Pair()
    with np.errstate(all="ignore"):
        pair.both(X, Y)


def test_static_arguments_are_distinguished() -> None:
    f = tg.compile(lambda x, n, axis=None: (x / n).sum(axis=axis) if not isinstance(n, str) else x)
    x = np.ones((2, 2))
    with np.errstate(divide="ignore"):
        assert f(x, 0.0) == np.inf
        assert f(x, -0.0) == -np.inf
    assert f(x, 1, axis=(0,)).shape == (2,)
    assert f(x, 1, axis=None).shape == ()
    assert f(x, True).dtype == f(x, 1).dtype == float
    assert f(x, "same").shape == (2, 2)
    assert np.isnan(f(x, float("nan")))


# --- parameters


def trained(
    cost: Callable[..., Any],
    shapes: dict[str, Any],
    inputs: Any,
    of: str = "SGD",
    only: Any = None,
    passes: Any = None,
) -> Any:
    """Train `cost(parameters, *inputs)` compiled and eager; all parameters must be equal."""
    rng = np.random.default_rng(3)
    start = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    a, b = ({name: tg.Tensor(x, requires_grad=True, name=name) for name, x in start.items()} for _ in range(2))
    of_a, of_b = (OPTIMIZERS[of]({name: p[name] for name in only or p}) for p in (a, b))
    step = tg.compile(lambda *xs: cost(a, *xs), optimizer=of_a, passes=passes)
    for _ in range(4):
        got = step(*inputs)
        expected = cost(b, *inputs)
        of_b.zero_grad()
        expected.backward()
        of_b.step()
        np.testing.assert_allclose(values(got), values(expected), rtol=1e-10)
        for name in a:
            np.testing.assert_allclose(a[name].numpy(), b[name].numpy(), rtol=1e-10, atol=1e-12, err_msg=name)
    return step


def tanh_net(*layers: tuple[str, str]) -> Callable[..., Any]:
    def cost(p: Any, X: Any) -> Any:
        A = X
        for W, b in layers:
            A = tg.tanh(p[W] @ A + p[b])
        return tg.mean(A * A)

    return cost


SQUARE = {"W": (3, 3), "b": (3, 1), "V": (3, 3), "c": (3, 1)}


@pytest.mark.parametrize("of", ["SGD", "Adam", "decay"])
@pytest.mark.parametrize(
    "layers",
    [
        [("W", "b"), ("W", "b")],
        [("W", "b"), ("W", "c")],
        [("W", "b"), ("V", "b")],
        [("W", "b"), ("V", "c"), ("W", "b")],
        [("V", "c"), ("W", "b"), ("W", "c"), ("V", "b")],
    ],
    ids=str,
)
def test_shared_weights_and_biases_train_as_in_eager(layers: Any, of: str) -> None:
    trained(tanh_net(*layers), SQUARE, [np.random.default_rng(0).standard_normal((3, 7))], of)


@pytest.mark.parametrize("of", ["SGD", "Adam"])
@pytest.mark.parametrize("only", [["W"], ["b"], ["V", "c"], ["W", "c"], ["W", "b", "V", "c", "unused"]])
def test_training_some_of_the_parameters_equals_eager(only: Any, of: str) -> None:
    shapes = {**SQUARE, "unused": (2, 2)}
    trained(tanh_net(("W", "b"), ("V", "c")), shapes, [np.random.default_rng(0).standard_normal((3, 7))], of, only)


def _same_twice(p: Any, X: Any) -> Any:
    """A bias in the layer and in the cost, and W also in a penalty."""
    return tg.mean((p["W"] @ X + p["b"]) ** 2) + 0.1 * tg.sum(p["W"] * p["W"]) + tg.sum(p["b"])


def _bias_twice(p: Any, X: Any) -> Any:
    return tg.mean(tg.tanh(p["W"] @ X + p["b"] + p["b"]))


def _detached(p: Any, X: Any) -> Any:
    with tg.no_grad():
        target = tg.tanh(p["W"] @ X + p["b"])
    return tg.mean((p["V"] @ X + p["c"] - target) ** 2) + tg.mean(p["W"].detach() * p["W"])


def _two_branches(p: Any, X: Any) -> Any:
    return tg.mean(tg.relu(p["W"] @ X + p["b"]) * tg.tanh(p["V"] @ X + p["b"]) + p["c"])


@pytest.mark.parametrize("of", ["SGD", "momentum", "AdamW"])
@pytest.mark.parametrize("cost", [_same_twice, _bias_twice, _detached, _two_branches])
def test_parameters_in_several_places_train_as_in_eager(cost: Any, of: str) -> None:
    trained(cost, SQUARE, [np.random.default_rng(0).standard_normal((3, 7))], of)


def test_an_argument_that_requires_a_gradient() -> None:
    """It gets no gradient in a compiled step, but one by backward() through a compiled function."""
    w, v = (tg.Tensor(np.ones(3), requires_grad=True, name=name) for name in "wv")
    f = tg.compile(lambda x: (x * v * x).sum())
    f(w).backward()
    assert w.grad.tolist() == [2.0] * 3
    assert v.grad.tolist() == [1.0] * 3
    step = tg.compile(lambda x: (x * v).sum(), optimizer=tg.optim.SGD([v], 0.5))
    assert not step(w).requires_grad
    assert v.data.tolist() == [0.5] * 3
    with pytest.raises(ValueError, match="parameter v of the optimizer is an argument"):
        step(v)
    assert v.data.tolist() == [0.5] * 3


def test_freezing_a_parameter_is_seen() -> None:
    pair, (X, Y) = Pair("Adam"), data()
    for flag in (True, False, True):
        for mlp in (pair.a, pair.b):
            mlp.parameters["W1"].requires_grad = flag
        for _ in range(3):
            pair.both(X, Y)


def test_a_cost_without_a_gradient_is_refused() -> None:
    v = tg.Tensor(np.ones(3), requires_grad=True, name="v")
    step = tg.compile(lambda x: (x * 2).sum(), optimizer=tg.optim.SGD([v], 0.5))
    with pytest.raises(ValueError, match="no parameter of the optimizer"):
        step(np.ones(3))
    frozen = tg.Tensor(2.0, requires_grad=True)
    step = tg.compile(lambda: frozen, optimizer=tg.optim.SGD([frozen], 0.5))
    frozen.requires_grad = False
    with pytest.raises(ValueError, match="no parameter of the optimizer"):
        step()
    assert frozen.item() == 2


def test_a_rule_that_would_bake_in_the_learning_rate_is_refused() -> None:
    class Reads(tg.optim.Optimizer):
        def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
            return np.asarray(numbers[0]) * g, ()

    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"of tensor learning_rate .* would bake it in"):
        tg.compile(lambda: w.sum(), optimizer=Reads([w], 0.25))()
    assert w.tolist() == [1, 2]


def test_a_read_only_parameter_stops_the_step_before_any_change() -> None:
    p = {name: tg.Tensor(np.ones(2), requires_grad=True) for name in "ab"}
    p["b"].data.flags.writeable = False
    step = tg.compile(lambda x: (p["a"] * x * p["b"]).sum(), optimizer=tg.optim.SGD(p, 0.5))
    for _ in range(2):
        with pytest.raises(ValueError, match="parameter b of shape \\(2,\\) is read-only; none was changed"):
            step(np.ones(2))
        assert p["a"].data.tolist() == [1.0, 1.0]


def test_two_optimizers_of_one_cost_train_as_in_eager() -> None:
    def run(compiled: bool) -> Any:
        mlp, (X, Y) = tg.MLP([3, 4, 1], rng=0), data()
        p = mlp.parameters
        halves = [{"W1": p["W1"], "b1": p["b1"], "b2": p["b2"]}, {"W2": p["W2"]}]
        optimizers = [tg.optim.Adam(halves[0], 0.01), tg.optim.SGD(halves[1], 0.1)]
        steps = [tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=o) for o in optimizers]
        for _ in range(4):
            for step, optimizer in zip(steps, optimizers, strict=True):
                if compiled:
                    step(X, Y)
                else:
                    mlp.zero_grad()
                    tg.cross_entropy(mlp(X), Y).backward()
                    optimizer.step()
        return [x.numpy() for x in p.values()]

    for a, b in zip(run(True), run(False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


# --- captured values and results


def test_captured_tensors_are_read_at_each_call_and_arrays_are_baked_in() -> None:
    w, a = tg.Tensor([1.0, 2.0]), np.array([10.0, 20.0])
    f = tg.compile(lambda x: (x * w, x + a * 2))
    x = np.ones(2)
    f(x)
    w.data = np.array([3.0, 4.0])
    a = np.array([0.0, 0.0])  # another array: the traced one is unchanged
    first, second = f(x)
    assert first.numpy().tolist() == [3.0, 4.0]
    assert values(second).tolist() == [21.0, 41.0]
    w.data[0] = 9.0
    assert f(x)[0].numpy().tolist() == [9.0, 4.0]


def test_a_captured_result_keeps_its_value() -> None:
    """As in eager, a result recorded outside is not computed again."""
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = w * 3
    f = tg.compile(lambda x: x * y)
    f(np.ones(2))
    w.data = np.zeros(2)
    assert values(f(np.ones(2))).tolist() == [3.0, 6.0]
    f(np.ones(2)).sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]


def test_anything_may_be_returned() -> None:
    W = tg.Tensor(np.ones(2), requires_grad=True)
    f = tg.compile(lambda x: (W, None, "text", 3, 2.5, np.arange(3), np.float32(2), tg.Tensor([1.0]), x, ()))
    for _ in range(2):
        got = f(np.zeros(2))
        assert got[0].numpy().tolist() == [1.0, 1.0]
        assert got[1:5] == (None, "text", 3, 2.5)
        assert got[5].tolist() == [0, 1, 2]
        assert got[6] == 2
        assert got[6].dtype == np.float32
        assert got[7].numpy().tolist() == [1.0]
        assert values(got[8]).tolist() == [0.0, 0.0]
        assert got[9] == ()
        values(got[0])[:] = values(got[5])[:] = values(got[7])[:] = values(got[8])[:] = 7
    assert W.numpy().tolist() == [1.0, 1.0]


def test_methods_can_be_compiled() -> None:
    class Model:
        def __init__(self, w: float) -> None:
            self.w = tg.Tensor([w], requires_grad=True)

        @tg.compile
        def double(self, x: Any) -> Any:
            """Twice w x."""
            return self.w * x * 2

    one, two = Model(1.0), Model(2.0)
    for _ in range(2):
        assert values(one.double(np.ones(1))) == 2
        assert values(two.double(np.ones(1))) == 4
    assert Model.double.__doc__ == one.double.__doc__ == "Twice w x."
    assert "multiply" in one.double.code


def test_compiled_functions_can_be_copied_and_steps_cannot() -> None:
    f = tg.compile(np.sin)
    x = np.ones(2)
    f(x)
    for other in (copy.copy(f), copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        np.testing.assert_allclose(other(x), np.sin(x))
    pair = Pair()
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="compiled training step"):
            copied(pair.step)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_threads_share_a_training_step(optimizer: str) -> None:
    """Each call is one whole step, so the number of steps is that of the calls."""
    pair, (X, Y) = Pair(optimizer), data()
    at_once(lambda k: [pair.step(X, Y) for _ in range(25)], 4)
    for _ in range(100):
        Pair.eager(pair.b, pair.of_b, X, Y)
    pair.compare(1e-8)


def test_a_number_keeps_its_digits_where_a_function_widens_float32() -> None:
    x = np.array([1, 2, 3], "float32")

    def power(x: Any) -> Any:
        return tg.float_power(x, 0.1)

    compiled = tg.compile(power)(x)
    assert compiled.dtype == np.float64
    np.testing.assert_allclose(compiled, np.float_power(x, 0.1), rtol=1e-15)


def test_different_dtypes_are_promoted_as_in_numpy_2() -> None:
    """As in NumPy 2, on any NumPy, a float64 of shape () makes a float32 float64."""
    x = np.linspace(0, 1, 5, dtype="f4")
    for other in (np.array(1 / 3), np.full(5, 1 / 3), np.array(7), np.array(True), np.full(5, 3, "i1")):
        for f in (lambda x, y: x * y, lambda x, y: tg.sum((x + y) * 0.1, axis=0), lambda x, y: tg.maximum(x, y) * y):
            assert_same(tg.compile(f)(tg.Tensor(x), tg.Tensor(other)), f(tg.Tensor(x), tg.Tensor(other)))


class Momentum(tg.optim.Optimizer):
    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters, 0.1, "m")

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        m = 0.9 * state[0] + g
        return numbers[0] * m, (m,)


@pytest.mark.parametrize("fails", ["eager", "compiled"])
@pytest.mark.parametrize("kind", [Momentum, lambda p: tg.optim.SGD(p, 0.1, momentum=0.9), tg.optim.Adam])
def test_after_a_step_that_failed_eager_and_compiled_steps_share_the_state(kind: Any, fails: str) -> None:
    """The failed step may have moved the state to other arrays, and a later count may equal its own."""

    def trained(with_failure: bool) -> dict[str, Any]:
        mlp = tg.MLP([3, 4, 1], rng=1)
        optimizer = kind(mlp.parameters)
        cost = mlp.cost
        step = tg.compile(cost, optimizer=optimizer)

        def eager() -> None:
            cost(X, Y).backward()
            optimizer.step()
            optimizer.zero_grad()

        X, Y = np.random.default_rng(0).standard_normal((3, 8)), np.eye(8)[:1]
        for _ in range(3):
            step(X, Y)
        if with_failure:
            W = mlp.parameters["W2"].data
            W.flags.writeable = False
            with pytest.raises(ValueError, match="read-only; none was changed"):
                step(X, Y) if fails == "compiled" else eager()
            W.flags.writeable = True
            optimizer.zero_grad()
        if fails == "compiled":  # the next one has the count that the failed one would have had
            eager()
        for _ in range(2):
            step(X, Y)
        eager()
        return optimizer.state_dict() | mlp.state_dict()

    found = trained(with_failure=True)
    for name, x in trained(with_failure=False).items():
        if name != "optimizer":
            np.testing.assert_allclose(found[name], x, rtol=1e-12, atol=1e-15)
