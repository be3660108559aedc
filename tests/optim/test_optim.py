"""tg.optim against PyTorch's results and the lesson's formulas, and its errors.

tools/optimizer_figures.py made data/optimizer_figures.json with PyTorch; the file has the version.
"""

import json
import pickle
import re
import sys

import numpy as np
import pytest
from helpers.comparing import copies, same
from helpers.interrupts import interrupted
from helpers.lines import both_dtypes
from helpers.memory import growth
from helpers.paths import TESTS

import tinygraph as tg
from tinygraph import optim

FIGURES = json.loads((TESTS / "data" / "optimizer_figures.json").read_text())
PROBLEM = FIGURES["problem"]
VARIANTS = [(optim.SGD, {"learning_rate": 0.1})] + [
    (kind, {"learning_rate": 0.1, **options})
    for kind, options in [
        (optim.SGD, {"momentum": 0.9}),
        (optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        (optim.Adam, {"weight_decay": 0.1}),
        (optim.AdamW, {}),
        (optim.RMSProp, {}),
        (optim.RMSProp, {"momentum": 0.9, "weight_decay": 0.1}),
    ]
]
variants = pytest.mark.parametrize(("kind", "options"), VARIANTS, ids=str)


def start(dtype="float64"):
    return {
        name: tg.Tensor(np.array(value, dtype), requires_grad=True, name=name)
        for name, value in PROBLEM["parameters"].items()
    }


def backward(p):
    X, Y = (np.array(PROBLEM[name], p["W1"].dtype) for name in "XY")
    ((p["W2"] @ np.tanh(p["W1"] @ X + p["b1"]) + p["b2"] - Y) ** 2).mean().backward()


def train(p, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        backward(p)
        optimizer.step()


# --- the results of PyTorch


@pytest.mark.parametrize(
    "case", FIGURES["cases"], ids=lambda case: f"{case['optimizer']} {case['options']} {case['dtype']}"
)
def test_training_ends_with_the_parameters_of_pytorch(case):
    p = start(case["dtype"])
    optimizer = getattr(optim, case["optimizer"])(p, **case["options"])
    for step in range(1, PROBLEM["steps"] + 1):
        if step == PROBLEM["halve_at"]:
            optimizer.learning_rate /= 2
        optimizer.zero_grad()
        backward(p)
        if step % PROBLEM["skip_every"] == 0:
            p[PROBLEM["skipped"]].grad = None
        optimizer.step()
    for name, expected in case["end"].items():
        assert p[name].dtype == case["dtype"]
        np.testing.assert_allclose(p[name].data, expected, rtol=0, atol=1e-12 if case["dtype"] == "float64" else 2e-6)


def test_clip_by_norm_scales_as_pytorch_does():
    p, expected = start(), FIGURES["clipped"]
    backward(p)
    held = p["W1"].grad
    norm = optim.clip_by_norm(p, expected["max_norm"])
    assert type(norm) is float
    assert norm == pytest.approx(expected["norm"], rel=1e-12)
    for name, gradient in expected["gradients"].items():
        np.testing.assert_allclose(p[name].grad, gradient, rtol=1e-12)
    assert p["W1"].grad is held  # scaled in place


# --- the rules


@both_dtypes
def test_equations_16_and_17(dtype):
    """W[l] = W[l] - alpha dW[l] and b[l] = b[l] - alpha db[l], to the last bit."""
    p = start(dtype)
    backward(p)
    expected = {name: t.data - 0.3 * t.grad for name, t in p.items()}
    optim.SGD(p, learning_rate=0.3).step()
    assert same(copies(p), expected)


def test_adams_first_step_is_the_learning_rate_long():
    w = tg.Tensor([1.0, -2.0], requires_grad=True)
    w.grad = [1e-3, -1e3]
    optim.Adam([w], learning_rate=0.25, eps=0).step()
    np.testing.assert_allclose(w.data, [0.75, -1.75], rtol=1e-12)


@both_dtypes
@variants
def test_a_rule_on_tensors_records_the_update(kind, options, dtype):
    rng = np.random.default_rng(1)
    draw = lambda: np.abs(rng.standard_normal((2, 3))).astype(dtype)  # noqa: E731
    optimizer = kind([tg.Tensor(draw(), requires_grad=True)], **options)
    p, g, *state = (draw() for _ in range(2 + len(optimizer.state_names)))
    numbers = optimizer.numbers(3)
    change, new = optimizer.rule(p, g, numbers, tuple(state))
    p_t, g_t, *state_t = (tg.Tensor(a, requires_grad=True) for a in (p, g, *state))
    change_t, new_t = optimizer.rule(p_t, g_t, numbers, tuple(state_t))
    for array, tensor in zip((change, *new), (change_t, *new_t), strict=True):
        assert type(tensor) is tg.Tensor
        assert array.dtype == dtype
        assert same({"": tensor.data}, {"": array})
    assert len(new) == len(optimizer.state_names)
    change_t.sum().backward()
    assert g_t.grad.all()  # the tape has the change as a function of the gradient


# --- step()


@both_dtypes
@variants
def test_step_changes_parameters_in_their_own_arrays_and_nothing_else(kind, options, dtype):
    p = start(dtype) | {"scalar": tg.Tensor(np.array(1.5, dtype), requires_grad=True)}
    optimizer = kind(p, **options)
    backward(p)
    p["scalar"].grad = 2.0
    arrays, before, gradients = {n: t.data for n, t in p.items()}, copies(p), {n: t.grad.copy() for n, t in p.items()}
    optimizer.step()
    assert all(p[name].data is arrays[name] for name in p)
    assert all((p[name].data != before[name]).any() for name in p)
    assert same({name: t.grad for name, t in p.items()}, gradients)
    state = [a for name, a in optimizer.state_dict().items() if name.split(".")[-1] in optimizer.state_names]
    assert all(a.dtype == dtype for a in (*arrays.values(), *state))


@variants
def test_a_parameter_without_gradient_stays_and_does_not_count(kind, options):
    p = start()
    optimizer = kind(p, **options)
    backward(p)
    p["b1"].grad = None
    before, state = p["b1"].data.copy(), {k: v for k, v in optimizer.state_dict().items() if k.startswith("b1")}
    optimizer.step()
    assert (p["b1"].data == before).all()
    assert same({k: v for k, v in optimizer.state_dict().items() if k.startswith("b1")}, state)


@both_dtypes
@variants
def test_a_step_over_all_parameters_has_the_bits_of_steps_one_by_one(kind, options, dtype):
    class OneByOne(kind):  # a rule of a user's
        def rule(self, *args):
            return super().rule(*args)

    # several blocks; one by one, NumPy 1 computes without axes in float64
    shapes = [(2,), (300, 200), (3, 1), (0,), (40_001,), (1,), (7, 5), *[()] * (np.__version__ > "2")]
    rng = np.random.default_rng(0)
    made = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    made.append(made[1].T)  # in Fortran's order
    p, q = ({str(k): tg.Tensor(x, requires_grad=True) for k, x in enumerate(made)} for _ in range(2))
    optimizer, own = kind(p, **options), OneByOne(q, **options)
    for step in range(4):
        for t, u in zip(p.values(), q.values(), strict=True):
            t.grad = u.grad = rng.normal(size=t.shape).astype(dtype)
        gradients = [t.grad.copy() for t in p.values()]
        if step == 2:  # other arrays, from which the next steps go on
            for t, u in zip(p.values(), q.values(), strict=True):
                t.data = u.data = np.multiply(t.data, 2, dtype=dtype)
        optimizer.learning_rate = own.learning_rate = 0.1 / (1 + step)
        optimizer.step()
        own.step()
        assert same(copies(p), copies(q))
        assert all(np.array_equal(t.grad, g) for t, g in zip(p.values(), gradients, strict=True))
    assert same(optimizer.state_dict() | {"optimizer": "OneByOne"}, own.state_dict())


def test_zero_grad_forgets_and_a_step_without_gradients_changes_nothing_and_warns():
    p = start()
    optimizer = optim.Adam(p)
    backward(p)
    optimizer.zero_grad()
    assert all(t.grad is None for t in p.values())
    before, state = copies(p), optimizer.state_dict()
    with pytest.warns(UserWarning, match=r"changes nothing, .*: call cost\.backward\(\) first"):
        optimizer.step()
    assert same(copies(p), before)
    assert same(optimizer.state_dict(), state)


def test_step_uses_the_values_of_a_gradient_with_a_graph():
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward(create_graph=True)
    optim.SGD([w], learning_rate=0.5).step()
    assert w.data.tolist() == [0.0, 0.0]
    assert type(w.data) is np.ndarray


@variants
def test_an_error_on_the_way_changes_nothing(kind, options):
    p = start() | {"last": tg.Tensor([1.0], requires_grad=True)}
    optimizer = kind(p, **options)
    backward(p)
    optimizer.learning_rate = 10.0
    p["last"].grad = [1e308]
    before, state = copies(p), optimizer.state_dict()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        optimizer.step()
    assert same(copies(p), before)
    assert same(optimizer.state_dict(), state)


@pytest.mark.parametrize(("kind", "options"), VARIANTS[:3], ids=str)
def test_ctrl_c_at_any_moment_leaves_a_whole_step_or_none(kind, options):
    """Interrupt before every instruction of step(), where alone Python handles Ctrl-C."""

    def attempt(interrupt_at):
        p = {name: tg.Tensor([1.0, 2.0], requires_grad=True) for name in "ab"}
        optimizer = kind(p, **options)
        for t in p.values():
            t.grad = [0.5, 0.25]
        ended = interrupted(
            optimizer.step, interrupt_at, lambda code: code.co_filename == sys.modules[kind.__module__].__file__
        )
        return ended, optimizer.state_dict() | copies(p)

    _, whole = attempt(None)  # first, because Python 3.12 traces a function's instructions from the second time on
    _, none = attempt(1)
    ends, moment = [], 1
    while True:
        ended, end = attempt(moment)
        if not ended:
            break
        ends.append(same(end, whole))
        assert ends[-1] or same(end, none)
        moment += 1
    assert moment > 50
    assert ends == sorted(ends)  # nothing up to one moment, all from it on
    assert not same(none, whole)
    assert ends[-1]


@variants
def test_memory_is_flat_over_500_steps(kind, options):
    p = start()
    optimizer = kind(p, **options)
    backward(p)
    assert growth(optimizer.step, warm_up=1100) < 2000  # bytes; 4 a step


# --- state


@both_dtypes
@variants
def test_training_resumed_from_a_file_is_bit_identical(kind, options, dtype, tmp_path):
    p = start(dtype)
    optimizer = kind(p, **options)
    train(p, optimizer, 4)
    optimizer.learning_rate = 0.07
    train(p, optimizer, 3)
    np.savez(tmp_path / "state.npz", **optimizer.state_dict())
    np.savez(tmp_path / "parameters.npz", **copies(p))
    train(p, optimizer, 5)

    q = start(dtype)
    resumed = kind(q, **options)
    with np.load(tmp_path / "parameters.npz", allow_pickle=False) as saved:
        for name, t in q.items():
            t.data = saved[name]
    with np.load(tmp_path / "state.npz", allow_pickle=False) as saved:
        resumed.load_state_dict(saved)
    assert resumed.learning_rate == 0.07
    train(q, resumed, 5)
    assert same(copies(q), copies(p))
    assert same(resumed.state_dict(), optimizer.state_dict())
    assert optimizer.state_dict()["optimizer"] == kind.__name__


def test_a_state_dict_shares_no_memory_with_the_optimizer():
    p = start()
    optimizer = optim.SGD(p, 0.1, momentum=0.9)
    train(p, optimizer, 1)
    state = optimizer.state_dict()
    kept = {key: np.copy(value) for key, value in state.items()}
    train(p, optimizer, 1)
    assert same(state, kept)
    optimizer.load_state_dict(state)
    state["W1.velocity"][...] = 7
    optimizer.state_dict()["W1.velocity"][...] = 7
    assert same(optimizer.state_dict(), kept)
    assert list(state)[:4] == ["optimizer", "learning_rate", "W1.steps", "W1.velocity"]


def without(key):
    return lambda state: {k: v for k, v in state.items() if k != key}


REFUSED_STATES = [
    (lambda state: [*state.items()], TypeError, "takes the dict that state_dict() gave, got list"),
    (lambda state: {}, ValueError, "W1.steps is missing in this state"),
    (lambda state: state | {"optimizer": "Adam"}, ValueError, "optimizer is Adam in this state, but SGD in this"),
    (without("optimizer"), ValueError, "optimizer is missing in this state"),
    (without("b1.velocity"), ValueError, "b1.velocity is missing in this state, but float64 (3, 1) in this optimizer"),
    (
        lambda state: state | {"b9.velocity": np.zeros(1)},
        ValueError,
        "b9.velocity is float64 (1,) in this state, but missing",
    ),
    (
        lambda state: state | {"W1.velocity": np.zeros((2, 3))},
        ValueError,
        "W1.velocity is float64 (2, 3) in this state",
    ),
    (lambda state: state | {"W1.velocity": np.zeros((3, 2), "f")}, ValueError, "W1.velocity is float32 (3, 2) in this"),
    (lambda state: state | {"W1.velocity": None}, ValueError, "W1.velocity is object () in this state"),
    (lambda state: state | {7: 1.0}, ValueError, "7 is float64 () in this state, but missing in this optimizer"),
    (lambda state: state | {"W1.steps": 1.5}, ValueError, "W1.steps is float64 () in this state, but int64 ()"),
    (lambda state: state | {"W1.steps": np.int64(-1)}, ValueError, "W1.steps is at least 0 and finite, got -1"),
    (
        lambda state: state | {"learning_rate": float("nan")},
        ValueError,
        "learning_rate is at least 0 and finite, got nan",
    ),
]


@pytest.mark.parametrize(("damage", "error", "message"), REFUSED_STATES, ids=[row[2] for row in REFUSED_STATES])
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(damage, error, message):
    p = start()
    optimizer = optim.SGD(p, 0.1, momentum=0.9)
    train(p, optimizer, 2)
    other = optim.SGD(q := start(), 0.2, momentum=0.9)
    train(q, other, 1)
    before = optimizer.state_dict()
    with pytest.raises(error, match=re.escape(message)):
        optimizer.load_state_dict(damage(other.state_dict()))
    assert same(optimizer.state_dict(), before)


# --- arguments

W = tg.Tensor([1.0], requires_grad=True, name="W")


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"a": W}, ["a"]),
        ([W], ["W"]),
        ((t for t in [W, tg.Tensor(1.0, True)]), ["W", "1"]),
        ([W, tg.Tensor(1.0, True, name="W")], ["0", "1"]),
        ([tg.Tensor(1.0, True, name="1"), tg.Tensor(1.0, True)], ["0", "1"]),
    ],
)
def test_parameters_by_name(parameters, names):
    assert list(optim.SGD(parameters, 0.1).parameters) == names


REFUSED = [
    (lambda: optim.SGD({}, 0.1), ValueError, "there are no parameters; give a dict such as mlp.parameters"),
    (lambda: optim.SGD([], 0.1), ValueError, "there are no parameters"),
    (lambda: optim.SGD(W, 0.1), TypeError, "a dict of Tensors by name, or a list of them, got Tensor"),
    (lambda: optim.SGD(3, 0.1), TypeError, "a dict of Tensors by name, or a list of them, got int"),
    (
        lambda: optim.SGD([np.ones(2)], 0.1),
        TypeError,
        "parameters are Tensors, and their names text; got '0': ndarray",
    ),
    (lambda: optim.SGD("W", 0.1), TypeError, "got '0': str"),
    (lambda: optim.SGD({1: W}, 0.1), TypeError, "and their names text; got 1: Tensor"),
    (lambda: optim.SGD({"a": W, "b": W}, 0.1), ValueError, "parameters a and b are the same Tensor; give it once"),
    (lambda: optim.SGD([W, W], 0.1), ValueError, "parameters 0 and 1 are the same Tensor"),
    (
        lambda: optim.SGD([tg.Tensor(1.0)], 0.1),
        ValueError,
        "parameter 0 of dtype float64 requires no gradient; make it",
    ),
    (
        lambda: optim.SGD([tg.Tensor(1)], 0.1),
        ValueError,
        "parameter 0 of dtype int64 requires no gradient; make it a leaf",
    ),
    (lambda: optim.SGD([W * 2], 0.1), ValueError, "parameter 0 was made by multiply; make it a leaf of floats"),
    (lambda: optim.SGD([W], -0.1), ValueError, "learning_rate is at least 0 and finite, got -0.1"),
    (lambda: optim.SGD([W], float("nan")), ValueError, "learning_rate is at least 0 and finite, got nan"),
    (lambda: optim.SGD([W], float("inf")), ValueError, "learning_rate is at least 0 and finite, got inf"),
    (lambda: optim.SGD([W], "0.1"), TypeError, "learning_rate is a number, got '0.1'"),
    (lambda: optim.SGD([W], optim.schedules.step(0.1, 2)), TypeError, "each step k: optimizer.learning_rate = sched"),
    (lambda: optim.SGD([W], True), TypeError, "learning_rate is a number, got True"),
    (lambda: optim.SGD([W], np.ones(1)), TypeError, "learning_rate is a number, got array([1.])"),
    (lambda: optim.SGD([W], 0.1, momentum=1), ValueError, "momentum is at least 0 and below 1, got 1"),
    (lambda: optim.SGD([W], 0.1, momentum=-0.9), ValueError, "momentum is at least 0 and below 1, got -0.9"),
    (lambda: optim.SGD([W], 0.1, nesterov=True), ValueError, "nesterov=True takes a momentum above 0"),
    (lambda: optim.SGD([W], 0.1, weight_decay=-1), ValueError, "weight_decay is at least 0 and finite, got -1"),
    (lambda: optim.Adam([W], betas=(0.9, 1.0)), ValueError, "beta2 is at least 0 and below 1, got 1.0"),
    (lambda: optim.Adam([W], betas=(0.9,)), TypeError, "betas are a pair of numbers such as (0.9, 0.999), got (0.9,)"),
    (lambda: optim.Adam([W], betas=0.9), TypeError, "betas are a pair of numbers"),
    (lambda: optim.Adam([W], eps=-1e-8), ValueError, "eps is at least 0 and finite, got -1e-08"),
    (lambda: optim.AdamW([W], weight_decay=None), TypeError, "weight_decay is a number, got None"),
    (lambda: optim.RMSProp([W], alpha=1), ValueError, "alpha is at least 0 and below 1, got 1"),
    (lambda: optim.clip_by_norm([W], -1), ValueError, "max_norm is at least 0 and finite, got -1"),
    (lambda: optim.clip_by_norm([], 1), ValueError, "there are no parameters"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_bad_argument_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_only_the_learning_rate_can_be_set():
    optimizer = optim.SGD([W], np.float32(0.5), momentum=0.9)
    assert type(optimizer.learning_rate) is float  # a NumPy number would widen float32 parameters
    optimizer.learning_rate = 1
    with pytest.raises(ValueError, match="learning_rate is at least 0"):
        optimizer.learning_rate = -1
    with pytest.raises(AttributeError, match="momentum is fixed when SGD is made; learning_rate can change later"):
        optimizer.momentum = 0.5
    assert repr(optimizer) == "SGD(learning_rate=1.0, momentum=0.9, nesterov=False, weight_decay=0.0)"


def test_an_optimizer_without_a_rule_says_so():
    w = tg.Tensor([1.0], requires_grad=True)
    w.grad = [1.0]
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        optim.Optimizer([w], 0.1).step()


# --- clipping


def test_clip_by_norm_leaves_short_gradients_alone():
    p = start()
    assert optim.clip_by_norm(p, 1.0) == 0.0
    assert all(t.grad is None for t in p.values())
    p["b1"].grad = np.array([[3.0], [0.0], [4.0]])
    assert optim.clip_by_norm(p, 5.1) == 5.0
    assert p["b1"].grad.ravel().tolist() == [3.0, 0.0, 4.0]


def test_clip_by_norm_measures_gradients_whose_squares_overflow():
    p = start("float32")
    p["b1"].grad = np.array([[3e25], [0.0], [4e25]], "f")
    assert optim.clip_by_norm(p, 1.0) == pytest.approx(5e25, rel=1e-6)
    np.testing.assert_allclose(p["b1"].grad.ravel(), [0.6, 0.0, 0.8], rtol=1e-5)
    assert p["b1"].grad.dtype == "float32"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clip_by_norm_refuses_gradients_that_are_not_finite(bad):
    p = start()
    backward(p)
    p["b1"].grad[1] = bad
    before = {name: t.grad.copy() for name, t in p.items()}
    with pytest.raises(ValueError, match=f"the norm of the gradients is {bad}, because of b1; nothing was scaled"):
        optim.clip_by_norm(p, 0.01)
    assert all(np.array_equal(t.grad, before[name], equal_nan=True) for name, t in p.items())


def test_clip_by_norm_keeps_the_graph_of_a_gradient():
    w = tg.Tensor([1.5, 2.0], requires_grad=True)
    (w * w).sum().backward(create_graph=True)
    first = w.grad
    assert optim.clip_by_norm([w], 0.5) == 5.0
    assert first.data.tolist() == [3.0, 4.0]
    np.testing.assert_allclose(w.grad.data, [0.3, 0.4], rtol=1e-6)
    assert w.grad.op is not None


def test_a_read_only_parameter_leaves_all_unchanged():
    a = tg.Tensor([1.0, 2.0], requires_grad=True)
    b = tg.Tensor([1.0], requires_grad=True)
    a.grad, b.grad = [1.0, 1.0], [1.0]
    b.data.flags.writeable = False
    with pytest.raises(ValueError, match=r"parameter 1 of shape \(1,\) .*read-only; none was changed"):
        tg.optim.SGD([a, b], 0.1).step()
    assert a.data.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("kind", [optim.Adam, optim.RMSProp])
def test_a_parameter_that_was_read_only_takes_steps_again(kind):
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    optimizer, w.grad = kind([w], 0.5), [1.0, 1.0]
    w.data.flags.writeable = False
    with pytest.raises(ValueError, match="read-only; none was changed"):
        optimizer.step()
    w.data.flags.writeable = True
    other = tg.Tensor([1.0, 2.0], requires_grad=True)
    other.grad = [1.0, 1.0]
    optimizer.step()
    expected = kind([other], 0.5)
    expected.step()
    assert w.data.tolist() == other.data.tolist()
    assert same(optimizer.state_dict(), expected.state_dict())


def test_an_optimizer_of_large_parameters_steps_on_after_pickle():  # whose arrays are views of bytes
    w = tg.Tensor(np.linspace(1, 2, 5000), requires_grad=True, name="w")
    optimizer = optim.Adam([w])
    w.grad = np.ones(5000)
    optimizer.step()
    other = pickle.loads(pickle.dumps(optimizer))
    optimizer.step()
    other.parameters["w"].grad = np.ones(5000)
    other.step()
    assert same(other.state_dict(), optimizer.state_dict())
    assert other.parameters["w"].data.tolist() == w.data.tolist()


@pytest.mark.parametrize("size", [3, 200_000])
def test_parameters_that_share_memory_are_read_before_any_changes(size):
    found = []
    for over in ("warn", "raise"):  # at once, or one parameter after the other
        w = tg.Tensor(np.linspace(1, 2, size), requires_grad=True)
        twin = w.detach()
        twin.requires_grad = True
        w.grad, twin.grad = np.ones(size), np.ones(size)
        with np.errstate(over=over):
            optim.AdamW([w, twin], 0.1, weight_decay=0.5).step()
        found.append(w.data)
    np.testing.assert_allclose(*found, rtol=1e-12)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda g: np.ones(3), r"its change has shape \(3,\)"),
        (lambda g: np.ones(1), r"its change has shape \(1,\)"),
        (lambda g: np.array(["a", "b"]), "its change has .*dtype <U1"),
        (lambda g: None, "its change has type NoneType"),
        (lambda g: 0.1, "its change has type float"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_rule_with_a_bad_result_changes_nothing(answer, words, compiled):
    class Own(tg.optim.Optimizer):
        def rule(self, p, g, numbers, state):
            return (answer(g) if p.shape == (2,) else g), state

    a, b = (tg.Tensor(np.ones(n), requires_grad=True) for n in (3, 2))
    optimizer = Own([a, b], 0.1)
    (a.sum() + b.sum()).backward()
    step = tg.compile(lambda x: (a * x).sum() + b.sum(), optimizer=optimizer) if compiled else None
    with pytest.raises(ValueError, match=rf"parameter 1 of shape \(2,\) cannot be updated: {words}.*none was changed"):
        step(1.0) if step else optimizer.step()
    assert (a.data.tolist(), b.data.tolist()) == ([1] * 3, [1] * 2)


@pytest.mark.parametrize("state", [(), (np.ones(7),), (np.ones(2), np.ones(2)), (np.ones(2) * 1j,)])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_rule_with_a_bad_state_changes_nothing(state, compiled):
    class Own(tg.optim.Optimizer):
        def rule(self, p, g, numbers, old):
            return g, state

    a = tg.Tensor(np.ones(2), requires_grad=True)
    optimizer = Own([a], 0.1, "s")
    a.sum().backward()
    before = optimizer.state_dict()
    with pytest.raises((ValueError, TypeError), match=r"cannot be updated: its|dtype complex128"):
        tg.compile(lambda: a.sum(), optimizer=optimizer)() if compiled else optimizer.step()
    assert a.data.tolist() == [1, 1]
    np.testing.assert_equal(optimizer.state_dict(), before)
