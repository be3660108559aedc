"""tg.scan: equal to the unrolled loop in values and derivatives, eager and compiled."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from helpers.leaves import random_leaf
from helpers.memory import allocated
from helpers.sources import defined
from op_table import LINES, Domain, Line

import tinygraph as tg

W = random_leaf(3, 3, seed=1, name="W")


def unrolled(f: Any, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False) -> Any:
    """As tg.scan, of one array as xs and one y, on the tape."""
    n = len(xs) if xs is not None else length
    carry, ys = init, {}
    for k in reversed(range(n)) if reverse else range(n):
        carry, ys[k] = f(carry, None if xs is None else xs[k])
    return carry, tg.stack([ys[k] for k in range(n)])


def both_orders(cost: Any, *leaves: Any) -> list[Any]:
    """The value, the first gradients, and the gradients of a sum of their squares."""
    for x in leaves:
        x.zero_grad()
    y = cost()
    y.backward(create_graph=True)
    first = [x.grad for x in leaves]
    for x in leaves:
        x.zero_grad()
    sum((g * g).sum() for g in first).backward()
    return [y.data, *(g.data for g in first), *(x.grad for x in leaves)]


def assert_same(a: Any, b: Any, rtol: float = 1e-11) -> None:
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-13)


def recurrent(h: Any, x: Any) -> Any:
    new = tg.tanh(W @ h + x)
    return new, (new * h).sum()


@pytest.mark.parametrize("reverse", [False, True])
def test_values_and_derivatives_equal_those_of_the_unrolled_loop(reverse: bool) -> None:
    h, xs = random_leaf(3, seed=2), random_leaf(5, 3, seed=3)

    def cost(run: Any) -> Any:
        last, ys = run(recurrent, h * 1.0, xs, reverse=reverse)
        return (last**2).sum() + tg.sin(ys).sum()

    assert_same(both_orders(lambda: cost(tg.scan), h, W, xs), both_orders(lambda: cost(unrolled), h, W, xs))
    hessians = [tg.hessian(lambda v, run=run: run(recurrent, v, xs)[0].sum())(h.data) for run in (tg.scan, unrolled)]
    np.testing.assert_allclose(hessians[0].data, hessians[1].data, rtol=1e-10, atol=1e-12)
    tg.check_gradients(lambda h, xs: tg.scan(recurrent, h, xs, reverse=reverse)[1], h, xs)


@pytest.mark.parametrize("line", {line.name: line for line in reversed(LINES) if line.smooth}.values(), ids=str)
def test_every_op_in_a_loop(line: Line) -> None:
    """Its gradients in a row of xs and in a Tensor from outside, eager, and in the source of compiled code."""
    samples = zip(*[line.sample(seed=seed) for seed in range(3)], strict=True)
    mapped = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain) and d.dtype == "f"]
    inputs = [np.stack(x) if k in mapped else x[0] for k, x in enumerate(samples)]

    def cost(run: Any, *values: Any) -> Any:
        xs = [x if k < len(values) - 1 or k == 0 else None for k, x in enumerate(values)]
        outside = values[-1][0]

        def f(carry: Any, x: Any) -> Any:
            chosen = iter([outside if y is None else y for y in x])
            y = line(*(next(chosen) if k in mapped else a for k, a in enumerate(inputs)))
            return carry * 0.5 + y.sum(), y

        def rows(carry: Any, x: Any) -> Any:
            following = iter(x)
            return f(carry, [None if y is None else next(following) for y in xs])

        last, ys = run(rows, tg.Tensor(1.0), [x for x in xs if x is not None])
        return last**2 + (ys**2 * np.linspace(0.5, 1.5, ys.size).reshape(ys.shape)).sum()

    def loop(f: Any, carry: Any, xs: Any) -> Any:
        ys = {}
        for k in range(3):
            carry, ys[k] = f(carry, [x[k] for x in xs])
        return carry, tg.stack([*ys.values()])

    values, every = [inputs[k] for k in mapped], tuple(range(len(mapped)))
    expected = tg.grad(lambda *xs: cost(loop, *xs), every)(*values)
    assert_same(tg.grad(lambda *xs: cost(tg.scan, *xs), every)(*values), expected)
    compiled = tg.compile(tg.grad(lambda *xs: cost(tg.scan, *xs), every))
    assert_same(compiled(*values), expected)
    assert_same(defined(compiled.source, "function")(*values), expected)


def test_a_loop_is_one_op_on_the_tape_and_keeps_the_carries() -> None:
    xs = random_leaf(2000, 3)
    (last, _), held, _ = allocated(lambda: tg.scan(recurrent, np.zeros(3), xs))
    assert [str(x.op) for x in last.tape()].count("scan") == 1
    assert len(last.tape()) < 6
    assert held < 3 * xs.data.nbytes + 60_000


def test_nested_containers_and_dtypes() -> None:
    def f(carry: Any, x: Any) -> Any:
        (a, k), b = carry["s"], carry["b"]
        new = {"b": b, "s": [a * x["u"] + x["v"][0], k + 1]}  # in another order
        return new, {"half": a.astype(np.float16), "k": (k, None), "big": a > 0}

    init = {"s": [np.ones(2, np.float32), 0], "b": np.array([True])}
    xs = {"u": np.arange(3, dtype=np.float32), "v": (np.ones((3, 2), np.float32),)}
    carry, ys = tg.scan(f, init, xs)
    assert list(carry) == ["s", "b"]
    assert carry["s"][0].dtype == np.float32
    assert carry["s"][1].dtype == int
    assert carry["b"].dtype == bool
    assert carry["s"][1] == 3
    assert ys["k"][0].tolist() == [0, 1, 2]
    assert ys["k"][1] is None
    assert ys["half"].dtype == np.float16
    assert ys["big"].dtype == bool
    assert type(ys["big"]) is np.ndarray
    np.testing.assert_array_equal(carry["s"][0], [5, 5])


def test_runge_kutta() -> None:
    """A pendulum with friction, in more steps than the loop is compared with."""
    theta = tg.Tensor([1.0, 0.5], requires_grad=True)

    def slope(y: Any) -> Any:
        return tg.stack([y[1], -theta[0] * tg.sin(y[0]) - theta[1] * y[1]])

    def step(y: Any, _: Any, h: float = 0.001) -> Any:
        a = slope(y)
        b = slope(y + h / 2 * a)
        c = slope(y + h / 2 * b)
        return y + h / 6 * (a + 2 * b + 2 * c + slope(y + h * c)), y[0]

    def gradient(run: Any, n: int) -> Any:
        theta.zero_grad()
        (run(step, np.array([1.0, 0.0]), length=n)[0] ** 2).sum().backward()
        return theta.grad

    np.testing.assert_allclose(gradient(tg.scan, 200), gradient(unrolled, 200), rtol=1e-11)
    assert np.isfinite(gradient(tg.scan, 2_000)).all()


class Recurrent(tg.Model):
    """A net that reads a sequence."""

    def __init__(self, n_in: int, n: int, rng: Any) -> None:
        self.W = tg.Tensor(rng.normal(size=(n, n)) / n**0.5, requires_grad=True)
        self.U = tg.Tensor(rng.normal(size=(n, n_in)), requires_grad=True)
        self.b = tg.Tensor(np.zeros((n, 1)), requires_grad=True)
        self.V = tg.Tensor(rng.normal(size=(1, n)) / n**0.5, requires_grad=True)

    def step(self, h: Any, x: Any) -> Any:
        h = tg.tanh(self.W @ h + self.U @ x + self.b)
        return h, self.V @ h

    def __call__(self, X: Any, loop: Any = tg.scan) -> Any:
        return loop(self.step, np.zeros((self.W.shape[0], X.shape[-1])), X)[1]


def test_a_recurrent_net_over_a_thousand_steps() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2, 3))
    Y = np.cumsum(X[:, :1], axis=0) * 0.1
    net = Recurrent(2, 6, rng)
    gradients = []
    for loop in (tg.scan, unrolled):
        net.zero_grad()
        tg.mean_squared_error(net(X, loop), Y).backward()
        gradients.append([p.grad for p in net.parameters.values()])
    assert_same(*gradients, rtol=1e-9)
    step = tg.compile(lambda X, Y: tg.mean_squared_error(net(X), Y), optimizer=tg.optim.Adam(net, 0.01))
    costs = [float(step(X, Y)) for _ in range(10)]
    assert costs[-1] < costs[0]


def test_gradient_descent_inside_a_gradient() -> None:
    a, b = random_leaf(3, 3, seed=7).data, random_leaf(3, seed=8).data

    def fitted(run: Any, rate: Any) -> Any:
        inner = tg.grad(lambda x: ((a @ x - b) ** 2).sum())
        x, costs = run(lambda x, _: (x - rate * inner(x), (x * x).sum()), tg.Tensor(np.zeros(3)), length=20)
        return ((a @ x - b) ** 2).sum() + costs.sum()

    found = [tg.grad(tg.grad(lambda rate, run=run: fitted(run, rate)))(0.05) for run in (tg.scan, unrolled)]
    np.testing.assert_allclose(*found, rtol=1e-9)
    traced = []
    compiled = tg.compile(tg.grad(lambda rate: (traced.append(1), fitted(tg.scan, rate))[1]))
    for rate in (0.05, 0.06, 0.07):
        np.testing.assert_allclose(compiled(rate), tg.grad(lambda rate: fitted(unrolled, rate))(rate), rtol=1e-10)
    assert len(traced) == 1


def test_compiled_it_is_a_for_in_the_source() -> None:
    h0, X = np.zeros(3), random_leaf(6, 3, seed=4).data
    w = tg.Tensor(W.data, requires_grad=True, name="W")

    def cost(h0: Any, X: Any) -> Any:
        return (tg.scan(lambda h, x: (tg.tanh(w @ h + x * 1), None), h0, X)[0] ** 2).sum()

    eager = tg.Tensor(W.data, requires_grad=True)
    (unrolled(lambda h, x: (tg.tanh(eager @ h + x), h), h0, X)[0] ** 2).sum().backward()
    step = tg.compile(cost, optimizer=tg.optim.SGD({"W": w}, 0.1))
    before = w.data.copy()
    value = step(h0, X)
    np.testing.assert_allclose(before - w.data, 0.1 * eager.grad, rtol=1e-12)
    assert step.source.count("for k") == 2
    assert "    for k in range(6):\n        hs[k] = h\n        h = np.tanh(W @ h + X[k])\n" in step.source
    assert "for k_1 in reversed(range(6)):" in step.source
    new, found = defined(step.source, "step")({"W": before}, h0, X)
    np.testing.assert_allclose(new["W"], w.data, rtol=1e-13)
    np.testing.assert_allclose(found, value, rtol=1e-13)
    forward, back = 6 * (2 * 3 * 3 + 3 + 3), 6 * (2 * 2 * 3 * 3)
    assert int(re.search(r"([\d,]+) floating-point", step.report())[1].replace(",", "")) > forward + back


def test_compiled_results_equal_the_eager_ones_in_every_form() -> None:
    xs, h = random_leaf(5, 3, seed=5), random_leaf(3, seed=6)

    def f(h: Any, xs: Any, rate: float) -> Any:
        last, ys = tg.scan(recurrent, h * rate, xs, reverse=True)
        _, inner = tg.scan(lambda c, x: (c, tg.scan(lambda d, y: (d * y, d), c, x)[1]), rate, xs)
        return {"last": last, "ys": [ys, inner], "carry": tg.scan(lambda c, _: (c + 1, c), 0, length=3)}

    compiled = tg.compile(f)
    for rate in (0.5, 2.0):
        found, expected = compiled(h, xs, rate), f(h, xs, rate)
        for a, b in zip(tg.transforms.tree.leaves(found), tg.transforms.tree.leaves(expected), strict=True):
            assert type(a) is type(b)
            assert a.dtype == b.dtype
            np.testing.assert_allclose(getattr(a, "data", a), getattr(b, "data", b), rtol=1e-13)
    gradients = []
    for run in (compiled, f):
        for p in (W, h, xs):
            p.zero_grad()
        found = run(h, xs, 0.5)
        (found["last"].sum() + (found["ys"][0] ** 2).sum() + found["ys"][1].sum()).backward()
        gradients.append([p.grad for p in (W, h, xs)])
    assert_same(*gradients)
    compiled(h.data, xs.data, 0.5)
    written = defined(compiled.source, "f")
    again = written({"W": W.data}, h.data, xs.data, 0.5)
    np.testing.assert_allclose(again["ys"][1], f(h, xs, 0.5)["ys"][1].data, rtol=1e-13)
    np.testing.assert_allclose(again["last"], f(h, xs, 0.5)["last"].data, rtol=1e-13)


def test_an_index_of_a_loops_result_stands_in_the_source() -> None:
    def f(h: Any, xs: Any) -> Any:
        last, ys = tg.scan(lambda h, x: (h * x, (h * x).sum()), h, xs)
        return last[::-1], ys[::-1], last[[2, 0, 1]], last.reshape(3, 1)

    compiled, args = tg.compile(f), (np.array([1.0, 2.0, 3.0]), random_leaf(4, 3, seed=9).data)
    assert_same(compiled(*args), f(*args))
    assert_same(defined(compiled.source, "f")(*args), f(*args))


def test_a_loop_in_a_loop_in_the_source() -> None:
    """The walk back has the inner loop's lines once more, on its own variables."""

    def f(a: Any, run: Any = tg.scan) -> Any:
        def step(c: Any, x: Any) -> Any:
            return tg.sin(run(lambda d, y: (tg.sin(d * c + y * a), d), x * c, np.arange(3.0))[0]), c

        return run(step, a, np.array([1.0, 2.0]))[0]

    expected = tg.grad(lambda a: f(a, unrolled))(np.array(1.3))
    compiled = tg.compile(tg.grad(f))
    np.testing.assert_allclose(compiled(np.array(1.3)), expected, rtol=1e-12)
    np.testing.assert_allclose(defined(compiled.source, "f")(np.array(1.3)), expected, rtol=1e-12)


def test_no_steps() -> None:
    h = random_leaf(3)
    for xs, length in ((np.zeros((0, 3)), None), (None, 0)):
        last, ys = tg.scan(lambda h, x: (tg.tanh(W @ h), h.sum()), h, xs, length=length)
        np.testing.assert_array_equal(last.data, h.data)
        assert ys.shape == (0,)
        h.zero_grad()
        (last.sum() + ys.sum()).backward()
        np.testing.assert_array_equal(h.grad, np.ones(3))
    compiled = tg.compile(lambda h: tg.scan(lambda h, _: (h * 2, h), h, length=0))
    np.testing.assert_array_equal(compiled(np.ones(2))[0], np.ones(2))


def test_results_are_arrays_unless_a_tensor_is_read() -> None:
    last, ys = tg.scan(lambda c, x: (c + x, c), 0.0, np.ones(3))
    assert type(last) is np.ndarray
    assert type(ys) is np.ndarray
    assert type(tg.scan(lambda c, x: (c + x, c), tg.Tensor(0.0), np.ones(3))[1]) is tg.Tensor
    assert tg.scan(recurrent, np.zeros(3), np.ones((2, 3)))[0].requires_grad
    with tg.no_grad():
        last, _ = tg.scan(recurrent, np.zeros(3), np.ones((2, 3)))
    assert type(last) is tg.Tensor
    assert last.op is None


def test_without_a_gradient_only_the_last_carry_is_kept() -> None:
    x = np.ones(10_000)
    _, _, peak = allocated(lambda: tg.scan(lambda c, _: (c * 0.5, None), x, length=200))
    assert peak < 10 * x.nbytes


def test_what_is_detached_stays_so() -> None:
    w = random_leaf(3, seed=3)

    def f(c: Any, _: Any) -> Any:
        with tg.no_grad():
            share = w / w.sum()
        return c * share + w.detach() * c.detach(), None

    gradients = []
    for run in (tg.scan, lambda f, c, length: (f(f(c, 0)[0], 0)[0], None)):
        c = tg.Tensor(np.ones(3), requires_grad=True)
        run(f, c, length=2)[0].sum().backward()
        gradients.append(c.grad)
        assert w.grad is None
    np.testing.assert_allclose(*gradients, rtol=1e-14)


def test_the_function_runs_once() -> None:
    calls = []

    def f(c: Any, x: Any) -> Any:
        calls.append(1)
        return c * x, c

    x = random_leaf(100)
    tg.scan(f, 1.0, x)[0].backward()
    assert len(calls) == 1


def test_integers_stay_exact_or_raise() -> None:
    last, _ys = tg.scan(lambda c, _: (c * 3, c), np.int64(1), length=39)
    assert last == 3**39
    assert last.dtype == np.int64
    with pytest.raises(
        OverflowError, match="scan keeps integers next to floats below 9007199254740992, and met larger"
    ):
        tg.scan(lambda c, _: ((c[0] * 3, c[1] + 1.0), None), (np.int64(1), 0.0), length=39)
    with pytest.raises(OverflowError, match="met larger"):  # the float of this number is the one before it
        tg.scan(lambda c, x: (c * 1.0, x), 0.0, np.array([2**53 + 1]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: tg.scan(lambda c, x: (c + 1.5, c), 0, length=3),
            r"the carry of scan came in as int64 \(\), and the func",
        ),
        (
            lambda: tg.scan(lambda c, x: (c + x, c), 0.0, np.ones((3, 2))),
            r"float64 \(\), and the function gave float64 \(2,",
        ),
        (
            lambda: tg.scan(lambda c, x: ((c, c), c), 0.0, length=3),
            r"the carry of scan keeps its form: a tuple of 2 here, got one float; tg.array makes one array of a list",
        ),
        (lambda: tg.scan(lambda c, x: (c, c), 0.0), "scan takes xs, length or both, and got neither"),
        (lambda: tg.scan(lambda c, x: (c, c), 0.0, np.ones(3), length=4), r"got shapes \(3,\) and length=4"),
        (lambda: tg.scan(lambda c, x: (c, c), 0.0, [np.ones(3), np.ones(4)]), r"got shapes \(3,\), \(4,\)"),
        (
            lambda: tg.scan(lambda c, x: (c, c), 0.0, [1.0, 2.0]),
            r"one row for each step as xs; got shapes \(\), \(\); of a list of numbers, make",
        ),
        (lambda: tg.scan(lambda c, x: (c, c), 0.0, length=-1), "length of scan takes a whole number of at least 0"),
    ],
)
def test_what_disagrees_raises_and_says_what_came(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_the_function_gives_a_pair() -> None:
    with pytest.raises(TypeError, match=r"a function that gives a pair \(carry, y\); it gave a Tensor"):
        tg.scan(lambda c, x: c, 0.0, length=3)
    with pytest.raises(TypeError, match="scan takes a function, got 5"):
        tg.scan(5, 0.0, length=3)


def test_None_in_the_carry_is_an_error_that_says_what_to_write() -> None:
    words = r"scan carries arrays, and got None: write an empty tuple \(\) in its place"
    for f, init in (
        (lambda c, x: (None, x), None),
        (lambda c, x: (None, x), 0.0),
        (lambda c, x: ((c[0] + x, None), x), (0.0, 1.0)),
    ):
        with pytest.raises(TypeError, match=words):
            tg.scan(f, init, np.ones(3))
    assert tg.scan(lambda c, x: ((), 2 * x), (), np.ones(3))[1].tolist() == [2, 2, 2]


def test_a_float_in_the_carry_is_no_index() -> None:
    T = tg.Tensor(np.ones((3, 2)), name="T")
    with pytest.raises(
        IndexError, match=r"T \(3, 2\)\[i \(\)\]: an index takes integers, and i is float64: cast it to int"
    ):
        tg.scan(lambda i, x: (i + 1, T[i] * x), 0.0, np.ones(3))


def test_random_draws_and_reads_of_values_are_refused_by_name() -> None:
    rng = np.random.default_rng(0)

    def noisy(c: Any, _: Any) -> Any:
        return c + rng.normal(), c

    with pytest.raises(TypeError, match=r"the function of tg.scan draws random numbers, and runs once"):
        tg.scan(noisy, 0.0, length=3)
    assert rng.random() == np.random.default_rng(0).random()  # nothing was drawn
    with pytest.raises(TypeError, match="draws random numbers"):
        tg.compile(lambda x: tg.scan(noisy, x, length=3))(1.0)
    with pytest.raises(TypeError, match=r"the function of tg.scan draws random numbers"):
        tg.compile(lambda x, rng: tg.scan(lambda c, _: (c + rng.normal(), c), x, length=3))(1.0, rng)
    with pytest.raises(TypeError, match=r"the function of tg.scan draws random numbers"), tg.training():
        tg.scan(lambda c, x: (tg.dropout(c, 0.5, rng), None), np.ones(3), length=3)
    with pytest.raises(TypeError, match=r"asks for a value while tg.scan traces the function"):
        tg.scan(lambda c, x: (c if c > 0 else -c, c), 1.0, length=3)
    with pytest.raises(TypeError, match=r"zero_grad\(\) cannot run in a function of tg.scan"):
        tg.scan(lambda c, x: (W.zero_grad(), (c, c))[1], 1.0, length=3)
    mean, var = tg.Tensor(np.zeros((1, 1))), tg.Tensor(np.ones((1, 1)))
    with pytest.raises(TypeError, match="batch norm cannot train in the function of scan"), tg.training():
        tg.scan(lambda c, _: (tg.batch_norm(c, mean, var), None), np.ones((1, 3)), length=3)


def test_a_float_that_steers_the_function_is_a_part_of_the_signature() -> None:
    def f(rate: float, x: Any) -> Any:
        def step(c: Any, x: Any) -> Any:
            return c + x * rate * (2 if np.exp(rate) > 2 else 1), None

        return tg.scan(step, 0.0, x)[0]

    compiled = tg.compile(f)
    for rate in (0.5, 1.0, 0.25, 2.0):
        np.testing.assert_allclose(compiled(rate, np.ones(3)), 3 * rate * (2 if np.exp(rate) > 2 else 1))
    traced = []
    other = tg.compile(lambda rate, x: (traced.append(1), tg.scan(lambda c, x: (c + rate * x, None), 0.0, x)[0])[1])
    assert [float(other(rate, np.ones(3))) for rate in (0.5, 1.0, 2.0)] == [1.5, 3.0, 6.0]
    assert len(traced) == 1


def test_draws_outside_are_rows_of_xs() -> None:
    noise = np.random.default_rng(0).normal(size=5)
    assert tg.scan(lambda c, u: (c + u, c), 0.0, noise)[0] == np.add.accumulate(noise)[-1]


def test_labels_are_checked_at_each_step() -> None:
    scores = tg.Tensor(np.eye(3), requires_grad=True)

    def f(total: Any, y: Any) -> Any:
        return total + tg.softmax_cross_entropy(scores, y), None

    assert tg.scan(f, 0.0, np.array([[0, 1, 2], [1, 1, 1]]))[0].requires_grad
    for run in (lambda y: tg.scan(f, 0.0, y), tg.compile(lambda y: tg.scan(f, 0.0, y))):
        assert run(np.array([[0, 1, 2], [1, 1, 1]]))[0].requires_grad
        with pytest.raises(ValueError, match="labels"):
            run(np.array([[0, 1, 2], [1, 1, -1]]))


@pytest.mark.parametrize("compiles", [False, True])
def test_labels_of_any_dtype_are_checked_in_rows_of_xs(compiles: bool) -> None:
    W = random_leaf(1, 3, seed=4)

    def f(total: Any, y: Any) -> Any:
        return total + tg.cross_entropy_with_logits(W, y), None

    def cost(y: Any) -> Any:
        return tg.scan(f, 0.0, y)[0]

    run, y = tg.compile(cost) if compiles else cost, np.array([[[0.0, 0.5, 1.0]], [[1.0, 0.0, 1.0]]])
    assert run(y).requires_grad
    for labels in (2 * y, y[::-1] - 0.25):
        with pytest.raises(ValueError, match="labels from 0 to 1"):
            run(labels)
    assert tg.grad(lambda y: tg.scan(f, 0.0, y)[0])(2 * y).shape == y.shape  # those of a variable are not


def test_labels_and_weights_from_outside_are_checked_at_each_call() -> None:
    def cost(y: Any, weight: Any) -> Any:
        def f(scale: Any, x: Any) -> Any:
            return scale, tg.cross_entropy_with_logits(scale * x, y, sample_weight=weight)

        return tg.scan(f, 1.0, np.ones((2, 1, 3)))[1]

    good, ones = np.array([[0, 1, 1]]), np.ones(3)
    for run in (lambda y, w: cost(tg.Tensor(y), tg.Tensor(w)), tg.compile(cost)):
        assert run(good, ones).shape == (2,)
        with pytest.raises(ValueError, match="labels from 0 to 1, got 0 to 2"):
            run(2 * good, ones)
        with pytest.raises(ValueError, match="finite weights of at least 0"):
            run(good, -ones)


@pytest.mark.parametrize("compiles", [False, True])
def test_a_wrong_index_of_a_step_is_an_error_of_the_check(compiles: bool) -> None:
    def f(total: Any, k: Any) -> Any:
        return total + tg.embedding(np.ones((3, 2)), k).sum(), None

    def total(k: Any) -> Any:
        return tg.scan(f, 0.0, k)[0]

    run = tg.compile(total) if compiles else total
    assert run(np.array([[0], [2]])) == 4
    with pytest.raises(ValueError, match=r"embedding of weights \(3, 2\) takes indices from 0 to 2, got 5"):
        run(np.array([[0], [5]]))

    def last(k: Any) -> Any:  # an index that a step computes
        return tg.scan(lambda k, _: (k + 2, tg.embedding(np.ones((3, 2)), k[None]).sum()), k, length=2)[1]

    run = tg.compile(last) if compiles else last
    assert run(np.int64(0)).tolist() == [2, 2]
    with pytest.raises(ValueError, match=r"takes indices from 0 to 2, got 3"):
        run(np.int64(1))


def test_an_error_in_a_step_names_the_loop() -> None:
    with pytest.raises(IndexError, match="scan"):
        tg.scan(lambda c, k: (c, c[k]), random_leaf(3), np.array([0, 5]))


def test_a_changed_tensor_is_noticed() -> None:
    w = random_leaf(2)
    y, _ = tg.scan(lambda c, x: (c * w, None), np.ones(2), length=3)
    w.data -= 1
    with pytest.raises(ValueError, match="has been changed in place since"):
        y.sum().backward()


def test_what_shows_a_graph_shows_a_loop() -> None:
    x = random_leaf(4, 3, name="x")
    last, ys = tg.scan(recurrent, np.zeros(3), x)
    cost = (last**2).sum() + ys.sum()
    assert "scan" in tg.draw(cost).source
    assert "scan(" in str(tg.explain(cost))
    assert "scan" in str(cost.tape())
    held = tg.memory(cost)
    assert any(row.kind == "scan" for row in held)
    with tg.debug():
        last, _ = tg.scan(recurrent, np.zeros(3), x)
        last.sum().backward()
    with pytest.raises(FloatingPointError, match="scan"), tg.detect_anomaly():
        tg.scan(lambda c, x: (tg.log(c) - 5, None), random_leaf(), length=4)
