"""tg.to_jax and save(target="jax"): the table of ops, optimizers, loops and draws, against NumPy.

With the mark "extra": they need JAX. Every line of the table runs, jitted, in two dtypes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers.paths import EXAMPLES, ROOT
from helpers.programs import PROGRAMS, program_inputs, run_program
from helpers.sources import defined
from helpers.training import OPTIMIZERS, data
from hypothesis import HealthCheck, given, settings
from op_table import LINES, Line

import tinygraph as tg

extra = pytest.mark.extra
AT_ONCE = 30  # lines in one jitted function: one by one, compiling takes four times as long
# What JAX lacks, by the line's text, or by "grad" before it if only the gradient needs it.
REFUSED = {
    "linalg.pinv-(2,2)-hermitian=True": "linalg.pinv, .*both triangles",
    "quantile-(5,)-q=0.3,method=hazen": "quantile, .*method can only be 'linear'",
    "gradient-(4,2),0.5-axis=0,edge_order=2": "central_differences, .*'edge_order'",
    "gradient-(6,)": "central_differences, .*'edge_order'",
    "tril-(3,)": "tril, .*at least 2D",
    "grad special.i1-x": "special.iv, .*no attribute 'iv'",
    "special.j0-x": "special.j0, .*no attribute 'j0'",
    "special.j1-x": "special.j1, .*no attribute 'j1'",
    "special.iv-1.5,x": "special.iv, .*no attribute 'iv'",
    "special.jv-1.5,x": "special.jv, .*no attribute 'jv'",
    "special.ive-1.5,x": "special.ive, .*no attribute 'ive'",
    "special.yv-1.5,x": "special.yv, .*no attribute 'yv'",
    "special.yn-2.0,x": "special.yn, .*no attribute 'yn'",
    "special.y0-x": "special.y0, .*no attribute 'y0'",
    "special.y1-x": "special.y1, .*no attribute 'y1'",
    "special.rgamma-x": "special.rgamma, .*no attribute 'rgamma'",
    "argpartition-(2,3)-kth=1": "argpartition, .*not have in this form",
}
SOURCES = [line for line in LINES if "?(" not in str(line)]  # a mask has no shape


@pytest.fixture(autouse=True)
def jax(request: Any) -> Iterator[Any]:
    """JAX with float64, in the tests that need it."""
    if "extra" not in request.keywords:
        yield None
        return
    import jax

    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_disable_most_optimizations", False)


def flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [y for part in x for y in flat(part)]
    return [x.numpy() if isinstance(x, tg.Tensor) else x]


def assert_same(got: Any, wanted: Any, what: str = "", tolerance: float = 1e-12) -> None:
    for x, y in zip(flat(got), flat(wanted), strict=True):
        assert (x.shape, x.dtype) == (np.shape(y), np.asarray(y).dtype), what
        np.testing.assert_allclose(np.asarray(x), y, rtol=tolerance, atol=tolerance, err_msg=what)


def on_both(f: Any, *arrays: Any) -> tuple[Any, Any, str]:
    """The results of f compiled, and of its form on JAX, jitted."""
    import jax

    compiled = tg.compile(f)
    wanted = compiled(*arrays)
    on_jax = tg.to_jax(compiled)
    return jax.jit(on_jax)(*arrays), wanted, on_jax.source


# --- without JAX


def test_without_jax_one_line_says_what_to_install(monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    f = tg.compile(lambda x: x * 2)
    f(np.ones(2))
    for call, what in ((lambda: tg.to_jax(f), "tg.to_jax"), (lambda: f.save(tmp_path / "f.py", "jax"), "save")):
        with pytest.raises(ImportError, match=re.escape('needs JAX: pip install ".[jax]"')) as error:
            call()
        assert str(error.value).startswith(what)
    with pytest.raises(ValueError, match='save takes target="numpy" or target="jax", got \'torch\''):
        f.save(tmp_path / "f.py", target="torch")
    with pytest.raises(TypeError, match="to_jax takes a function, got 3"):
        tg.to_jax(3)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# --- the table of ops


def written(line: Line, dtype: str) -> tuple[Any, list[Any], list[Any]] | None:
    """The line's value and gradients as a function on JAX, its arguments, and NumPy's results."""
    sample = line.sample(dtype)
    where = [k for k, x in enumerate(sample) if isinstance(x, (np.ndarray, np.generic))]
    floats = tuple(k for k in where if sample[k].dtype.kind == "f")

    def value(*xs: Any) -> Any:
        return line(*xs)

    def total(*xs: Any) -> Any:
        y = line(*xs)
        return tg.sum(y * np.linspace(0.5, 1.5, y.size, dtype=dtype).reshape(y.shape))

    def both(*xs: Any) -> Any:
        return line(*xs), tg.value_and_grad(total, floats)(*xs)

    for f, key in ((both, f"grad {line}"), (value, str(line))):
        if f is value or (line.smooth and floats):
            compiled = tg.compile(f)
            wanted = flat(compiled(*(tg.Tensor(x) if k in where else x for k, x in enumerate(sample))))
            if key not in REFUSED and str(line) not in REFUSED:
                return tg.to_jax(compiled), [x for k, x in enumerate(sample) if k in where or type(x) is float], wanted
            with pytest.raises(
                ValueError, match=f"a module of JAX cannot hold {REFUSED.get(key, REFUSED.get(str(line)))}"
            ):
                tg.to_jax(compiled)
    return None


FIRST = {line.name: line for line in reversed(SOURCES)}  # one line for each op
PARTS = [
    (dtype, lines[k : k + AT_ONCE])
    for dtype, lines in (("float64", SOURCES), ("float32", [*FIRST.values()]))
    for k in range(0, len(lines), AT_ONCE)
]


@extra
@pytest.mark.parametrize(("dtype", "lines"), PARTS, ids=lambda x: x if isinstance(x, str) else x[0].name)
def test_every_op(jax: Any, dtype: str, lines: list[Line]) -> None:
    jax.config.update("jax_disable_most_optimizations", dtype == "float32")  # they take time
    made = [found for line in lines if (found := written(line, dtype)) is not None]
    functions, arguments, wanted = zip(*made, strict=True)
    results = jax.jit(lambda arguments: [f(*xs) for f, xs in zip(functions, arguments, strict=True)])(arguments)
    for f, got, expected in zip(functions, results, wanted, strict=True):
        assert_same(flat(got), expected, f.source, 1e-12 if dtype == "float64" else 1e-5)


@extra
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(PROGRAMS, program_inputs())
def test_random_programs(program: Any, xs: list[Any]) -> None:
    def f(*xs: Any) -> Any:
        return run_program(program, *xs)

    if isinstance(f(*map(tg.Tensor, xs)), tg.Tensor):
        compiled = tg.compile(tg.value_and_grad(f, tuple(range(len(xs)))))
        wanted = compiled(*xs)
        scale = max(1.0, *(float(np.abs(x).max(initial=0)) for x in flat(wanted)))
        for got, expected in zip(flat(tg.to_jax(compiled)(*xs)), flat(wanted), strict=True):
            np.testing.assert_allclose(np.asarray(got) / scale, expected / scale, rtol=1e-11, atol=1e-11)


# --- where JAX would differ without a word


@extra
def test_dtypes_are_those_of_numpy() -> None:
    """JAX makes float32 of int32 next to float32, and of the mean of int32; a sum of uint8 may wrap."""
    i, x, u = np.array([2**24 + 1, 3], "int32"), np.array([2.0**24, 3], "float32"), np.array([200, 100], "uint8")

    def f(i: Any, x: Any, u: Any) -> Any:
        sums = (i + x, i > x, i / 2, tg.mean(i), np.exp(u), u + 100, tg.sum(u), tg.cumsum(u), np.array(2) * i)
        chosen = (tg.where(i > 2, x, 1.5), tg.where(x > 2, 1.0, 0.0) * x)
        return *sums, *chosen, x * np.full(2, 0.1), i // 2, x * np.float64(0.1) > 0.1

    with np.errstate(over="ignore"):
        assert_same(*on_both(f, i, x, u))


@extra
def test_integers_divided_by_zero_give_zero_as_in_numpy() -> None:
    a, b = np.array([7, -7, 7, 0]), np.array([0, 0, -2, 3])
    with np.errstate(all="ignore"):
        assert_same(*on_both(lambda a, b: (a // b, a % b), a, b))


@extra
def test_an_index_out_of_range_gives_nan(jax: Any) -> None:
    """JAX would take the nearest entry. An index of the trace is checked by NumPy."""
    x = np.arange(6.0).reshape(3, 2)
    for f in (lambda x, k: x[k], lambda x, k: tg.take(x, k, axis=0), lambda x, k: tg.embedding(x, k)):
        on_jax = tg.to_jax(f, x, np.array([0, 1]))
        np.testing.assert_array_equal(jax.jit(on_jax)(x, np.array([-3, 7])), [[0, 1], [np.nan, np.nan]])
    along = tg.to_jax(lambda x, k: tg.take_along_axis(x, k, axis=0), x, np.array([[0, 1]]))
    np.testing.assert_array_equal(jax.jit(along)(x, np.array([[-1, 3]])), [[4, np.nan]])


@extra
def test_ties_nan_and_empty_arrays() -> None:
    x = np.array([[1.0, 3.0, 3.0, -0.0], [np.nan, 2.0, np.nan, 0.0]])

    def f(x: Any) -> Any:
        parts = tg.argmax(x, axis=1), tg.sort(x, axis=1), tg.argsort(x, axis=1, kind="stable"), tg.max(x, axis=1)
        return *parts, tg.median(x, axis=1), tg.maximum(x, 2.5), np.sign(x), x % -2.0, tg.sum(x[:0], axis=0), x[:0] + 1

    assert_same(*on_both(f, x))
    assert_same(*on_both(tg.grad(lambda x: tg.sum(tg.sort(x) * [1.0, 2, 3, 4]) + tg.max(x)), np.array([1.0, 3, 3, 0])))


@extra
def test_float64_needs_a_setting_of_jax(jax: Any, tmp_path: Any) -> None:
    f = tg.compile(lambda x: tg.tanh(x) * 2)
    f(np.ones(2))
    narrow = tg.compile(lambda x, k: tg.tanh(x)[k] * 2)
    narrow(np.ones(2, "float32"), np.array([1]))
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(
        ValueError, match=r"computes in float64: write jax.config.update\('jax_enable_x64', True\) first"
    ):
        jax.jit(tg.to_jax(f))(np.ones(2))
    assert jax.jit(tg.to_jax(narrow))(np.ones(2, "float32"), np.array([1])).dtype == "float32"


@extra
def test_arrays_of_other_dtypes_are_cast_or_refused(jax: Any) -> None:
    """A float32 step that were given float64 would give float64 parameters."""
    X, Y = data(dtype="float32")
    mlp = tg.MLP([3, 4, 1], rng=0, dtype="float32")
    on_jax = tg.to_jax(tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1)), X, Y)
    for run in (on_jax, jax.jit(on_jax)):
        with pytest.raises(ValueError, match=r"X takes float32, got float64: write X\.astype\('float32'\)"):
            run(on_jax.parameters, X.astype(float), Y)
        wide = {name: x.astype(float) for name, x in on_jax.parameters.items()}
        with pytest.raises(ValueError, match=r'parameters\["W1"\] takes float32, got float64'):
            run(wide, X, Y)
        new, cost = run(on_jax.parameters, np.ones((3, X.shape[1]), int), Y > 0)
        assert {x.dtype.name for x in [*new.values(), cost]} == {"float32"}
    half = tg.to_jax(lambda x, s, k: tg.sigmoid(x * s) * k, np.ones(2, "float32"), 0.5, np.float32(1))
    for run in (half, jax.jit(half)):
        assert run(np.array([0, 200], "uint8"), 0.5, 2.0).dtype == "float32"
        np.testing.assert_allclose(run(np.array([0, 200], "uint8"), 1, 2), [1, 2])
    with pytest.raises(TypeError, match="x takes no masked arrays"):
        half(np.ma.masked_array(np.ones(2, "float32"), mask=[True, False]), 0.5, 1.0)
    jax.config.update("jax_enable_x64", False)
    narrow = tg.to_jax(lambda x, k: x[k] * 2, np.ones(2, "float32"), np.array([1]))
    assert narrow(jax.numpy.ones(2), jax.numpy.array([0])).tolist() == [2]


@extra
def test_the_first_steps_of_adam_keep_their_digits_in_float32(jax: Any) -> None:
    """1 - 0.999 computed in float32 has four right digits."""
    jax.config.update("jax_enable_x64", False)
    X, Y = data(dtype="float32")
    mlp = tg.MLP([3, 4, 1], rng=0, dtype="float32")
    step = tg.compile(mlp.cost, optimizer=tg.optim.Adam(mlp, 0.01))
    on_jax = tg.to_jax(step, X, Y)
    new, *_ = jax.jit(on_jax)(on_jax.parameters, on_jax.state, X, Y)
    step(X, Y)
    np.testing.assert_allclose(new["b1"], mlp.parameters["b1"].data, rtol=1e-6)  # from 0 on, with no digits lost


@extra
def test_what_jax_lacks_is_refused_by_name_before_anything_is_written(tmp_path: Any) -> None:
    rng, X, Y = np.random.default_rng(0), *data()
    triple = tg.op("triple", lambda x: np.reshape([3 * float(v) for v in x.flat], x.shape), lambda g, y, x: 3 * g)
    mlp = tg.MLP([3, 1], rng=0)
    cases = [
        (tg.compile(lambda X, Y: tg.special.j0(X)), "special.j0, .*has no attribute 'j0'"),
        (tg.compile(lambda X, Y: triple(X) * 2), "triple, an op of your own"),
        (tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1), clip_norm=1.0), "reduce= or clip_norm="),
        (tg.compile(lambda X, Y: (X > 0).at[0].add(Y[0] > 0)), "booleans"),
    ]
    for f, why in cases:
        f(X, Y)
        with pytest.raises(ValueError, match=why):
            f.save(tmp_path / "f.py", target="jax")
    drawing = tg.compile(lambda X, rng: X + rng.permutation(40))
    drawing(X, rng)
    with pytest.raises(ValueError, match=r"rng\.permutation, which is not among JAX's draws: random, uniform"):
        drawing.save(tmp_path / "f.py", target="jax")
    assert not list(tmp_path.iterdir())


def test_a_result_that_reads_the_old_statistics() -> None:
    """In the NumPy source too, which changes them in place."""
    mean, var = tg.Tensor(np.zeros((3, 1)), name="mean"), tg.Tensor(np.ones((3, 1)), name="var")

    def f(X: Any) -> Any:
        before = mean * 2 + 1
        return before, tg.batch_norm(X, mean, var)

    compiled, X = tg.compile(f), data()[0] + 1
    with tg.training():
        compiled(X)
        wanted = compiled(X)
    first = compiled.source.index("* 2")
    assert first < compiled.source.index("mean[...] =")
    mean, var = (np.zeros((3, 1)), np.ones((3, 1)))
    scope = {"mean": mean.copy(), "var": var.copy()}
    defined(compiled.source, "f")(scope, X)
    before, y = defined(compiled.source, "f")(scope, X)
    assert_same([before, y], wanted)


# --- training steps


class Normed(tg.optim.Optimizer):
    """A rule that is no built-in one: it divides by the norm, and keeps two states."""

    def rule(self, p: Any, g: Any, numbers: Any, state: Any) -> Any:
        m = 0.5 * state[0] + g / (1e-8 + tg.sqrt(tg.sum(g * g)))
        return numbers[0] * (m + 0.1 * state[1]), (m, g)


RULES = OPTIMIZERS | {
    "own": lambda p: Normed(p, 0.05, "m", "last"),
    "groups": lambda p: tg.optim.Adam([{"parameters": p, "learning_rate": 0.02}], 0.1),
}


@extra
@pytest.mark.parametrize("optimizer", RULES)
def test_twenty_steps_of_each_optimizer(jax: Any, optimizer: str, tmp_path: Any) -> None:
    """From the state that NumPy's step has after two, on each device that JAX has."""
    (X, Y), mlp = data(), tg.MLP([3, 6, 5, 1], rng=1)
    step = tg.compile(mlp.cost, optimizer=RULES[optimizer](mlp.parameters))
    for _ in range(2):
        step(X, Y)
    on_jax = tg.to_jax(step)
    step.save(tmp_path / "step.py", target="jax")
    first, _, rest = on_jax.source.partition("\n")
    text = (tmp_path / "step.py").read_text()
    assert first in text
    assert rest in text  # behind the check of the shapes
    start = [on_jax.parameters, *([on_jax.state] if hasattr(on_jax, "state") else [])]
    costs = [float(step(X, Y)) for _ in range(20)]
    for device in {*jax.devices(), *jax.devices("cpu")}:
        run, given = jax.jit(on_jax), jax.device_put(start, device)
        for wanted in costs:
            *given, cost = run(*given, X, Y)
            np.testing.assert_allclose(float(cost), wanted, rtol=1e-12 if device.platform == "cpu" else 1e-9)
        for name, p in mlp.parameters.items():
            tolerance = 1e-12 if device.platform == "cpu" else 1e-9
            np.testing.assert_allclose(np.asarray(given[0][name]), p.numpy(), rtol=tolerance, atol=tolerance)
    assert all(type(x) is np.ndarray for x in on_jax.parameters.values())


@extra
def test_a_saved_step_starts_anew_and_keeps_float32(jax: Any, tmp_path: Any, monkeypatch: Any) -> None:
    X, Y = data(dtype="float32")
    mlp = tg.MLP([3, 4, 1], rng=0, dtype="float32")
    before = {name: p.numpy().copy() for name, p in mlp.parameters.items()}
    step = tg.compile(mlp.cost, optimizer=tg.optim.Adam(mlp.parameters, 0.01))
    wanted = [float(step(X, Y)) for _ in range(5)]
    step.save(tmp_path / "saved_on_jax.py", target="jax")
    monkeypatch.syspath_prepend(str(tmp_path))
    import saved_on_jax

    jax.config.update("jax_enable_x64", False)
    run, parameters, state = jax.jit(saved_on_jax.step), before, saved_on_jax.start(before)
    for cost in wanted:
        parameters, state, found = run(parameters, state, X, Y)
        np.testing.assert_allclose(float(found), cost, rtol=1e-5)
    assert {x.dtype.name for x in [*parameters.values(), state["m_W1"], found]} == {"float32"}
    assert run._cache_size() <= 2


@extra
def test_a_call_without_jit_changes_none_of_its_arrays() -> None:
    W = tg.Tensor(np.ones((1, 3)), requires_grad=True, name="W")
    step = tg.compile(lambda X, Y: tg.mean_squared_error(W @ X, Y), optimizer=tg.optim.SGD([W], 0.1, momentum=0.9))
    on_jax = tg.to_jax(step, *data())
    parameters, state = on_jax.parameters, {name: x + 1 for name, x in on_jax.state.items()}
    new, new_state, _ = on_jax(parameters, state, *data(), learning_rate=0.5)
    assert (parameters["W"] == 1).all()
    assert all((x == 1).all() for x in state.values())
    assert (np.asarray(new["W"]) != 1).all()
    assert all((np.asarray(x) != 1).all() for x in new_state.values())


@extra
def test_batch_norm_hands_its_statistics_on(jax: Any) -> None:
    X, Y = data()
    mlp = tg.MLP([3, 6, 1], rng=1, batch_norm=True)
    step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1))
    on_jax = tg.to_jax(step, X, Y)
    parameters = on_jax.parameters
    for _ in range(5):
        wanted = step(X, Y)
        parameters, cost = jax.jit(on_jax)(parameters, X, Y)
    assert_same(cost, wanted)
    assert {"mean1", "var1", "gamma1", "W1"} <= set(parameters)
    for name, x in mlp.state_dict().items():
        assert_same(parameters[name], x)
    mean, var = tg.Tensor(np.zeros((3, 1)), name="mean"), tg.Tensor(np.ones((3, 1)), name="var")
    norm = tg.compile(lambda X: tg.batch_norm(X, mean, var))
    with tg.training():
        on_jax = tg.to_jax(norm, X)
        wanted = norm(X)
    statistics, y = jax.jit(on_jax)(on_jax.parameters, X)
    assert_same([y, statistics["mean"], statistics["var"]], [wanted, mean.data, var.data])


@extra
def test_draws_take_a_key_and_hand_on_the_next(jax: Any) -> None:
    """The shapes and rates of NumPy, and other numbers."""
    X, key = np.ones((50, 400)), jax.random.key(0)

    def f(X: Any, rng: Any) -> Any:
        return (
            tg.dropout(X, 0.25, rng),
            rng.normal(2.0, 3.0, (50, 400)),
            rng.uniform(-1, 3, size=20000),
            rng.random((3, 2)),
        )

    with tg.training():
        on_jax = tg.to_jax(tg.compile(f), X, np.random.default_rng(0))
    new, (dropped, normal, uniform, random) = jax.jit(on_jax)(X, key)
    assert set(np.unique(dropped)) == {0, 1 / 0.75}
    assert abs(np.mean(dropped == 0) - 0.25) < 0.01
    assert abs(np.mean(normal) - 2) < 0.1
    assert abs(np.std(normal) - 3) < 0.1
    assert abs(np.mean(uniform) - 1) < 0.05
    assert (np.min(uniform) >= -1) & (np.max(uniform) < 3)
    assert random.shape == (3, 2)
    again = on_jax(X, new)[1][0]
    assert not np.array_equal(again, dropped)
    assert np.array_equal(on_jax(X, key)[1][0], dropped)


# --- loops


@extra
@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_becomes_a_scan(jax: Any, reverse: bool) -> None:
    W, h, xs = (np.random.default_rng(k).normal(size=s) for k, s in enumerate([(3, 3), (3,), (5, 3)]))

    def cost(W: Any, h: Any, xs: Any) -> Any:
        (last, total), ys = tg.scan(
            lambda c, x: ((tg.tanh(W @ c[0] + x), c[1] + tg.sum(x)), c[0] * 2), (h, 0.0), xs, reverse=reverse
        )
        inner = tg.scan(lambda c, x: (tg.scan(lambda d, _: (d * 0.5 + x.sum(), None), c, length=2)[0], None), total, xs)
        count = tg.scan(lambda c, _: (c + 1, c), 0, length=4)
        return tg.sum(last**2) + tg.sum(ys) * total + inner[0] + tg.sum(count[1] * last[0])

    for f in (cost, tg.value_and_grad(cost, (0, 1, 2)), tg.grad(lambda *xs: tg.sum(tg.grad(cost)(*xs) ** 2))):
        got, wanted, source = on_both(f, W, h, xs)
        assert_same(got, wanted, source, 1e-11)
        assert "jax.lax.scan(" in source
        assert "for k in" not in source
    by_jax = jax.grad(tg.to_jax(tg.compile(cost), W, h, xs))(W, h, xs)
    np.testing.assert_allclose(by_jax, tg.grad(cost)(W, h, xs), rtol=1e-11)


@extra
def test_ops_in_a_loop(jax: Any) -> None:
    """The body has the same forms: put at an index, cast, sort, pick; and a row without a carry."""
    xs = np.random.default_rng(0).normal(size=(4, 3))

    def f(xs: Any) -> Any:
        def body(c: Any, x: Any) -> Any:
            return c.at[1].add(x[0]), (tg.sort(x), tg.cumsum(c * x), x[[2, 0]], tg.where(x > 0, x, 0))

        last, ys = tg.scan(body, tg.Tensor(np.zeros(3)), xs)
        return last, ys, tg.sum(ys[0])

    assert_same(*on_both(f, xs))


# --- at once, and at each call


@extra
def test_a_function_at_the_shapes_of_each_call(jax: Any) -> None:
    f = tg.to_jax(lambda x, scale=2.0: tg.sum(tg.tanh(x["a"]) ** 2 * scale))
    x = np.arange(6.0).reshape(2, 3)
    wanted = np.sum(np.tanh(x) ** 2)
    np.testing.assert_allclose(f({"a": x}), 2 * wanted)
    np.testing.assert_allclose(f({"a": jax.numpy.asarray(x)}, 3.0), 3 * wanted)
    np.testing.assert_allclose(jax.jit(f)({"a": x}, 4.0), 4 * wanted)
    np.testing.assert_allclose(jax.vmap(f)({"a": x}), 2 * np.sum(np.tanh(x) ** 2, axis=1))
    np.testing.assert_allclose(jax.grad(f)({"a": x})["a"], 4 * np.tanh(x) / np.cosh(x) ** 2, rtol=1e-12)
    assert jax.jit(f)({"a": x.astype("float32")}, 3.0).dtype == "float32"
    W = tg.Tensor(np.ones(3), name="W")
    for refused in (lambda x: x * W, lambda x, y=2.0: x if y > 1 else -x):
        with pytest.raises(TypeError, match=r"so tg\.to_jax needs an example of its arguments: g = tg\.to_jax\("):
            tg.to_jax(refused)(x, *([2.0] if refused.__defaults__ else []))
    g = tg.to_jax(lambda x: x * W, x)
    np.testing.assert_allclose(
        jax.vmap(g, in_axes=(None, 0))(g.parameters, x[:, None, :] * np.ones((2, 1))), x[:, None] * np.ones((1, 2, 1))
    )


# --- many devices

ON_DEVICES = """
import sys, runpy, jax, numpy as np
jax.config.update("jax_enable_x64", True)
if len(sys.argv) > 2:
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(sys.argv[2], 2, int(sys.argv[3]))
example = runpy.run_path(sys.argv[1])
mlp, costs = example["train"](20, "float64")
assert jax.device_count() == 4, jax.devices()
np.savez(f"found{jax.process_index()}.npz", costs=costs, **{name: p.data for name, p in mlp.parameters.items()})
"""


def by_numpy() -> tuple[Any, list[float]]:
    """The net that the example trains, by NumPy's step."""
    import runpy

    example = runpy.run_path(str(EXAMPLES / "train_on_jax.py"))
    (mlp, step), n = example["compiled"]("float64"), example["EXAMPLES"]
    batches = tg.batches(*example["digits"]("float64"), batch_size=n, rng=0, drop_last=True, epochs=20)
    return mlp, [float(step(x, y)) for (x, y), _ in zip(batches, range(20), strict=False)]


@extra
@pytest.mark.parametrize("processes", [1, 2])
def test_the_example_on_four_devices(tmp_path: Any, processes: int) -> None:
    """In one process, or two devices in each of two processes: the parameters of NumPy's step."""
    import socket

    flags = f"--xla_force_host_platform_device_count={4 // processes}"
    env = {**os.environ, "XLA_FLAGS": flags, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    env |= {"JAX_PLATFORMS": "cpu"}
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    command = [sys.executable, "-c", ON_DEVICES, str(EXAMPLES / "train_on_jax.py")]
    more = [[address, str(k)] for k in range(2)] if processes == 2 else [[]]
    running = [subprocess.Popen([*command, *words], cwd=tmp_path, env=env, stderr=subprocess.PIPE) for words in more]
    for process in running:
        assert process.communicate(timeout=240)[1].decode() == "" or process.returncode == 0
    mlp, costs = by_numpy()
    for k in range(processes):
        with np.load(tmp_path / f"found{k}.npz") as found:
            np.testing.assert_allclose(found["costs"], costs, rtol=1e-12)
            for name, p in mlp.parameters.items():
                np.testing.assert_allclose(found[name], p.numpy(), rtol=1e-9, atol=1e-12)


@extra
def test_the_example_as_a_program(tmp_path: Any) -> None:
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "PYTHONWARNINGS": "error",
    }
    command = [sys.executable, str(EXAMPLES / "train_on_jax.py"), "--iterations", "60"]
    out = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=env, timeout=240).stdout.decode()
    assert float(re.search(r"accuracy on \d+ devices: (.*)%", out)[1]) > 90  # type: ignore[index]
