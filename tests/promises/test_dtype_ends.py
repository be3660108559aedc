"""Every op at both ends of every integer dtype, bool and float16 has NumPy's result and dtype.

If NumPy lacks the function, integers give float64, and float16 gives float16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.lines import by_op
from op_table import LINES, Domain, Line

import tinygraph as tg

DTYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16"]
INTEGERS = DTYPES[1:-1]
OF_SCIPY = {"linalg.cho_solve", "linalg.expm", "linalg.solve_triangular", "special.polygamma", "special.multigammaln"}
# astype asks for a dtype; linear wraps round in integers; softmax_loss takes scores that its cost
# has made floats
UNLIKE_NUMPY = {"astype", "linear", "softmax_loss", *OF_SCIPY}
UNLIKE_NUMPY |= {"array", "at", "matrix_transpose", "unstack"}  # not in NumPy, or not in NumPy 1
BY_NUMPY = {"norm", "relu", "hard_tanh", "std", "var", "fix"}  # lines whose reference calls NumPy's function
BY_HAND = {"windows", "overlap_add", "conv", "max_pool"}  # rows whose references have NumPy's dtypes
wide = np.longdouble


def ends(dtype: Any, shape: Any, seed: int) -> Any:
    """Entries at and near the dtype's two ends and 0."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        pool = np.array([False, True])
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        pool = np.array([info.min, info.min + 1, 0, 1, 2, info.max - 1, info.max], dtype)
    else:
        pool = np.array([65504, -65504, 0, -0.0, 1, -1, 6e-8, 6.1e-5, 300, -11, 20], dtype)
    return np.asarray(pool[np.random.default_rng(seed).integers(len(pool), size=shape)])


def exact(line: Line, *xs: Any) -> Any:
    """The result of an op that NumPy lacks, in long doubles."""
    name, options = line.name, line.options or {}
    if name in BY_HAND and line.reference:
        return line.reference(*xs)
    if name in BY_NUMPY:
        calls = {"norm": lambda x: np.linalg.norm(x, **options), "relu": lambda x: np.maximum(x, 0)}
        return calls.get(name, line.reference)(*xs)
    x = np.asarray(xs[0], float if np.asarray(xs[0]).dtype.kind != "f" else None).astype(wide)
    small = np.exp(-np.abs(x))
    if name in ("sigmoid", "softplus", "log_sigmoid"):
        logs = np.minimum(x, 0) - np.log1p(small)
        return {"sigmoid": np.exp(logs), "softplus": np.maximum(x, 0) + np.log1p(small), "log_sigmoid": logs}[name]
    if name in ("gelu", "silu"):
        x = np.clip(x, -2e4, None)
        z = x if name == "silu" else np.sqrt(8 / np.pi) * (x + 0.044715 * x**3)
        return x * np.exp(np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z))))
    if name == "softsign":
        return x / (1 + np.abs(x))
    if name == "selu":
        return 1.0507009873554805 * np.where(x > 0, x, np.expm1(np.minimum(x, 0)) * 1.6732632423543772)
    if name == "elu":
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0)) * options.get("alpha", 1.0))
    if name == "leaky_relu":
        return np.where(x > 0, x, x * options.get("slope", 0.01))
    axis = options.get("axis", None if name == "logsumexp" else -1)
    b = np.asarray(xs[1]).astype(wide) if name == "logsumexp" and len(xs) > 1 else np.ones((), wide)
    x = np.where(b == 0, -np.inf, x)
    if not x.size:
        return np.log(np.sum(x, axis=axis, keepdims=options.get("keepdims", False))) if name == "logsumexp" else x
    largest = x.max(axis=axis, keepdims=True)
    logs = np.log((b * np.exp(x - largest)).sum(axis=axis, keepdims=True))
    if name == "logsumexp":
        return logs + largest if options.get("keepdims") else np.squeeze(logs + largest, axis=axis)
    return np.exp(x - largest - logs) if name == "softmax" else x - largest - logs


def outcome(f: Any, *args: Any) -> Any:
    try:
        y = f(*args)
    except (TypeError, ValueError, OverflowError) as error:
        return type(error)
    return y.data if isinstance(y, tg.Tensor) else np.asarray(y)


def in_each_way(line: Line, every: list[list[Any]]) -> dict[str, list[Any]]:
    """The outcomes for all these inputs; those without an error are compiled as one function."""

    def run(k: int, following: Any) -> Any:
        return line(*[next(following) if isinstance(x, np.ndarray) else x for x in every[k]])

    arrays = [[x for x in xs if isinstance(x, np.ndarray)] for xs in every]
    found = {
        "arrays": [outcome(run, k, iter(xs)) for k, xs in enumerate(arrays)],
        "tensors": [outcome(run, k, map(tg.Tensor, xs)) for k, xs in enumerate(arrays)],
    }
    sound = [k for k, y in enumerate(found["tensors"]) if not isinstance(y, type)]
    of_sound = [x for k in sound for x in arrays[k]]
    try:
        ys = iter(tg.compile(lambda *xs: [run(k, following) for following in [iter(xs)] for k in sound])(*of_sound))
    except TypeError:  # it takes no mask as an argument
        sound = []
    compiled = [
        outcome(lambda: next(ys)) if k in sound else outcome(tg.compile(lambda *xs, k=k: run(k, iter(xs))), *arrays[k])
        for k in range(len(every))
    ]
    return {**found, "compiled": compiled}


def inputs(line: Line, dtype: str, seed: int) -> list[Any]:
    return [
        ends("bool" if x.dtype == "?" else dtype, (3, 4) if x.shape is None else x.shape, 7 * seed + k)
        if isinstance(x, Domain)
        else x
        for k, x in enumerate(line.inputs)
    ]


@by_op([line for line in LINES if line.name not in UNLIKE_NUMPY])
@pytest.mark.skipif(np.__version__ < "2", reason="in NumPy 1, dtypes depend on values")
def test_every_op_has_numpys_result_at_the_ends_of_each_dtype(line: Line) -> None:
    masks = line.name == "getitem" and any(isinstance(x, Domain) and x.dtype == "?" for x in line.inputs)
    every = [inputs(line, dtype, 1) for dtype in DTYPES]
    of_numpy = line.numpy_has_it or line.name in BY_NUMPY | BY_HAND
    with np.errstate(all="ignore"):
        found = in_each_way(line, every)
    for k, (dtype, xs) in enumerate(zip(DTYPES, every, strict=True)):
        with np.errstate(all="ignore"):
            right = outcome(lambda *a: line.call(np, *a), *xs) if line.numpy_has_it else outcome(exact, line, *xs)
        for way, outcomes in found.items():
            got = outcomes[k]
            if way == "compiled" and masks:  # a compiled function takes no mask as an argument
                continue
            if isinstance(right, type) or isinstance(got, type):
                assert isinstance(right, type) is isinstance(got, type), (dtype, way, right, got)
            elif of_numpy:
                assert got.dtype == right.dtype, (dtype, way)
                tolerance = 4e-3 if dtype == "float16" and line.name in ("dot", "einsum") else 1e-12
                if not np.array_equal(got, right):  # takes a tenth of the time
                    np.testing.assert_allclose(got, right, rtol=0 if right.dtype.kind != "f" else tolerance)
            else:
                assert got.dtype == (np.float16 if dtype == "float16" else np.float64), (dtype, way)
                close = (4e-3, 2e-7) if dtype == "float16" else (1e-12, 1e-300)
                with np.errstate(over="ignore"):
                    rounded = right.astype(got.dtype).astype(wide)
                np.testing.assert_allclose(got.astype(wide), rounded, *close)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
@pytest.mark.parametrize("compiled", [False, True])
def test_costs_of_integers_are_those_of_floats(dtype: str, compiled: bool) -> None:
    a, b = ends(dtype, (2, 6), 0), ends(dtype, (2, 6), 1)
    labels = np.array([[0, 1, 1, 0, 1, 0]] * 2)
    z = ends(dtype, (2, 6), 2)
    chances = (np.arange(12).reshape(2, 6) % 2).astype(dtype)
    for cost, one, other in [
        (tg.mean_squared_error, a, b),
        (tg.cross_entropy_with_logits, z, labels.astype(dtype)),
        (tg.cross_entropy, chances, chances.copy()),
        (tg.softmax_cross_entropy, z, labels[:1].astype("uint8" if dtype == "bool" else dtype)),
    ]:
        f = tg.compile(cost) if compiled else cost
        got, right = f(one, other), cost(1.0 * one, other if cost is tg.softmax_cross_entropy else 1.0 * other)
        assert got.dtype == np.float64
        np.testing.assert_allclose(np.asarray(got), np.asarray(right), rtol=1e-12)


def test_mean_squared_error_of_integers_does_not_wrap_round() -> None:
    for f in (tg.mean_squared_error, tg.compile(tg.mean_squared_error)):
        assert float(f(np.array([200, 10], "u1"), np.array([10, 200], "u1"))) == 36100
        assert float(f(np.array([100_000], "i4"), np.array([-100_000], "i4"))) == 4e10
        assert float(f(np.array([True, False]), np.array([True, True]))) == 0.5
        assert float(f(np.array([1], "u2"), np.array([2**30], "i4"))) == (2.0**30 - 1) ** 2


@pytest.mark.parametrize("dtype", INTEGERS)
def test_clip_takes_bounds_beyond_an_integer_dtype(dtype: str) -> None:
    x = ends(dtype, 20, 0)
    for low, high in [(-(2**70), 2**70), (-(2**70), 5), (1, 2**70), (None, 2**70), (0, 3)]:
        for f in (tg.clip, tg.compile(tg.clip)):
            got = f(x, low, high)
            right = np.array([min(max(int(v), -(2**70) if low is None else low), high) for v in x], dtype)
            assert (got.dtype, got.tolist()) == (x.dtype, right.tolist())


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
def test_stable_forms_of_integers(dtype: str) -> None:
    v = ends(dtype, (2, 5), 3)
    with np.errstate(all="ignore"):
        for f in (
            lambda v: tg.log(1 - tg.sigmoid(v)),
            lambda v: tg.log(tg.sigmoid(v)),
            lambda v: tg.log(tg.softmax(v)),
            lambda v: tg.log(tg.sum(tg.exp(v), axis=0)),
        ):
            plain, compiled = f(v), tg.compile(f)(v)
            assert compiled.dtype == plain.dtype
            finite = np.isfinite(plain) & (np.abs(plain) > 1e-3)  # the plain form has lost its digits elsewhere
            np.testing.assert_allclose(compiled[finite], plain[finite], rtol=5e-3 if plain.dtype == "f2" else 1e-5)
    right = -np.logaddexp(0, v.astype(float))
    np.testing.assert_allclose(tg.compile(lambda v: tg.log(1 - tg.sigmoid(v)))(v), right, rtol=1e-12)


def test_labels_take_the_dtype_of_the_scores() -> None:
    Z = tg.Tensor(np.zeros((3, 2), "float32"))
    for Y in (np.eye(3, 2, dtype=int), np.eye(3, 2), np.array([0, 1], "u4")):
        assert tg.softmax_cross_entropy(Z, Y).dtype == np.float32


def test_an_empty_array_of_floats_is_refused_as_an_index() -> None:
    x = tg.Tensor([1.0, 2.0])
    assert x[[]].shape == (0,)
    with pytest.raises(IndexError):
        x[np.zeros(0)]


# --- float16 is counted and summed in float32


@pytest.mark.parametrize(
    ("f", "right"),
    [
        (lambda x: (x * np.ones((5000, 1), "f2")).sum(), 5000),  # the sum that undoes broadcasting
        (lambda x: x[np.zeros(5000, int)].sum(), 5000),  # an entry that is picked often
        (lambda x: np.cumsum(np.broadcast_to(x, (5000,)) * np.float16(1))[-1], 5000),
        (lambda x: tg.einsum("i,j->", x, np.ones(5000, "f2")), 5000),
        (lambda x: (np.ones(70000, "f2") * x).mean(), 1),
        (lambda x: tg.max(x * np.ones(70000, "f2")), 1),
        (lambda x: tg.logsumexp(x * np.ones(70000, "f2")), 1),
    ],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_of_float16_are_counted_in_float32(f: Any, right: float, compiled: bool) -> None:
    slope = tg.grad(lambda x: f(x))
    got = (tg.compile(slope) if compiled else slope)(np.ones(1, "f2"))
    assert got.dtype == np.float16
    np.testing.assert_allclose(got, [right], rtol=2e-3)


@pytest.mark.parametrize("f", [tg.softmax, tg.log_softmax])
def test_softmax_takes_more_entries_than_float16_can_count(f: Any) -> None:
    n = 70000
    y = f(np.zeros(n, "f2"))
    assert y.dtype == np.float16
    np.testing.assert_allclose(y, 1 / n if f is tg.softmax else -np.log(n), rtol=5e-3)
    assert abs(float(tg.grad(lambda x: f(x)[0])(np.zeros(n, "f2"))[0]) - (1 / n if f is tg.softmax else 1)) < 1e-3


def test_cross_entropy_has_the_right_slope_in_float16() -> None:
    Z = tg.Tensor(np.array([[2.5, -3.0, 0.0, 30.0, -30.0]], "f2"), requires_grad=True)
    Y = np.array([[1, 1, 0, 0, 1]], "f2")
    A = tg.sigmoid(Z)
    A.retain_grad()
    (tg.cross_entropy(A, Y) * 5).backward()
    a = A.data.astype(float)[:, :3]
    np.testing.assert_allclose(A.grad[:, :3], (a - Y[:, :3]) / (a * (1 - a)), rtol=3e-3)
    assert np.isfinite(A.grad).all()
    np.testing.assert_allclose(Z.grad, A.data - Y, rtol=3e-3)


@pytest.mark.parametrize("make", [tg.optim.Adam, tg.optim.AdamW, tg.optim.RMSProp])
@pytest.mark.parametrize("compiled", [False, True])
def test_a_float16_entry_without_a_gradient_stays(make: Any, compiled: bool) -> None:
    w = tg.Tensor(np.array([0, 1, 2], "f2"), requires_grad=True)
    optimizer = make([w], 0.1)
    step = tg.compile(lambda: (w * w).sum(), optimizer=optimizer)
    for _ in range(3):
        if compiled:
            step()
        else:
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
    assert (w.dtype, w.data[0]) == (np.float16, 0)
    assert np.isfinite(w.data).all()
    assert (w.data[1:] < [1, 2]).all()


def test_clip_by_norm_in_float16_has_a_small_scale() -> None:
    w = tg.Tensor(np.zeros(2, "f2"), requires_grad=True)
    w.grad = np.array([6e4, 0], "f2")
    tg.optim.clip_by_norm([w], 1e-3)
    np.testing.assert_allclose(w.grad, [1e-3, 0], rtol=1e-3)


# --- prod: the product of the others


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("x", "right"),
    [
        (np.array([1e160, 1e160, 0, 0]), [0, 0, 0, 0]),
        (np.array([1e-200, 1e-200, 1e300, 1e200]), [1e300, 1e300, 1e-200, 1e-100]),
        (np.array([300, 300, 0, 0], "f2"), [0, 0, 0, 0]),
        (np.array([1e13, 1e13, 1e13, 1e13, 0], "f4"), [0, 0, 0, 0, np.inf]),
        (np.array([2.0, 3.0, np.inf]), [np.inf, np.inf, 6]),
    ],
)
def test_the_slope_of_prod_is_the_product_of_the_others(x: Any, right: list[float], compiled: bool) -> None:
    with np.errstate(all="ignore"):
        got = (tg.compile(tg.grad(np.prod)) if compiled else tg.grad(np.prod))(x)
    np.testing.assert_allclose(got, right, rtol=1e-6)


# --- a learning rate passes through no narrower dtype


@pytest.mark.parametrize("rate", [1e-2, 1e-5])
@pytest.mark.parametrize(("weights", "inner"), [("f4", "f2"), ("f8", "f4")])
def test_a_compiled_step_through_a_cast_equals_the_eager_one(rate: float, weights: str, inner: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 2000)).astype(inner)
    Y = (X[:1] > 0).astype(weights)
    A, B = (tg.Tensor(np.zeros((1, 3), weights), requires_grad=True) for _ in range(2))

    def cost(W: Any, X: Any, Y: Any) -> Any:
        return tg.cross_entropy_with_logits(tg.astype(tg.astype(W, inner) @ X, weights), Y)

    step = tg.compile(lambda X, Y: cost(A, X, Y), optimizer=tg.optim.SGD([A], rate))
    optimizer = tg.optim.SGD([B], rate)
    step(X, Y)
    cost(B, X, Y).backward()
    optimizer.step()
    assert np.abs(B.data).max() > 0
    np.testing.assert_allclose(A.data, B.data, rtol=1e-6)


# --- many inputs


def calls(f: Any) -> int:
    """The number of Python functions that f() calls."""
    import sys

    count = 0

    def seen(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(seen)
    try:
        f()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("join", [tg.stack, tg.concatenate])
@pytest.mark.parametrize("graph", [False, True])
def test_the_walk_back_takes_linear_time_in_the_number_of_inputs(join: Any, graph: bool) -> None:
    def backward(n: int) -> int:
        xs = [tg.Tensor([float(k)], requires_grad=True) for k in range(n)]
        weights = np.arange(n, dtype=float)
        loss = (join(xs).reshape(-1) * weights).sum()
        count = calls(lambda: loss.backward(create_graph=graph))
        assert [float(x.grad.item()) for x in xs] == weights.tolist()
        return count

    assert backward(800) < 6 * backward(200)


@pytest.mark.parametrize("cuts", [300, list(range(1, 300)), [5, 5, 2, 9, 280, 1, -1, *range(10, 40)]])
def test_split_into_many_parts(cuts: Any) -> None:
    data = np.arange(600.0)
    x = tg.Tensor(data, requires_grad=True)
    parts, expected = tg.split(x, cuts), np.split(data, cuts)
    assert all(a.data.tolist() == b.tolist() for a, b in zip(parts, expected, strict=True))
    sum((part * (k + 1.0)).sum() for k, part in enumerate(parts)).backward()
    weights = np.zeros(600)
    for k, part in enumerate(expected):
        weights[part.astype(int)] += k + 1.0
    assert x.grad.tolist() == weights.tolist()


def test_a_joint_rule_gives_the_gradients_of_all_inputs() -> None:
    total = tg.op("total", lambda *xs: np.add.reduce(xs), joint=lambda g, y, *xs: [g] * len(xs))
    tg.check_gradients(total, [1.0, 2.0], [3.0, 4.0], [5.0, 6.0])
    xs = [tg.Tensor([1.0], requires_grad=True) for _ in range(3)]
    assert "total" in tg.explain(total(*xs).sum())
    with tg.detect_anomaly():
        total(*xs).sum().backward()
    assert [x.grad.tolist() for x in xs] == [[1.0]] * 3
    wrong = tg.op("wrong", lambda *xs: np.add.reduce(xs), joint=lambda g, y, *xs: g.nothing)
    with pytest.raises(AttributeError, match=r"wrong\(.*gradient rule: "):
        wrong(*xs).sum().backward()


@pytest.mark.parametrize("make", [tg.optim.Adam, tg.optim.AdamW, tg.optim.RMSProp])
def test_an_eps_that_rounds_to_0_is_refused(make: Any) -> None:
    narrow, wide = (tg.Tensor(np.ones(2, dtype), requires_grad=True, name="w") for dtype in ("f4", "f8"))
    with pytest.raises(ValueError, match=r"eps=1e-50 is 0 in float32, the dtype of parameter w; 1e-8 is"):
        make([narrow], 0.1, eps=1e-50)
    make([wide], 0.1, eps=1e-50)
    make([narrow], 0.1, eps=1e-30)
    if make is not tg.optim.RMSProp:  # Adam multiplies eps with the root of a correction, at first 0.03
        with pytest.raises(ValueError, match=r"eps=1e-45 is 0 in float32"):
            make([narrow], 0.1, eps=1e-45)
