"""Random programs of several ops, at random shapes: values against plain NumPy, gradients against differences.

A program is a list of steps, each an op and the places of its inputs among the values so far. Ops on arrays give
arrays, so one program runs on arrays and on Tensors. Each step keeps values small (it ends in a bounded function) and
away from poles; kinks are hit only where both sides move together. So central differences can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp

import tinygraph as tg

Program = list[tuple[str, int, int]]

ONE: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(tg, name) for name in ("sin", "cos", "tanh", "sigmoid", "softplus", "log_sigmoid", "arctan")},
    "exp": lambda x: tg.exp(x * 0.3),
    "log": lambda x: tg.log(x * x + 1.5),
    "sqrt": lambda x: tg.sqrt(x * x + 0.5),
    "square": lambda x: tg.square(x) * 0.5,
    "power": lambda x: (x * x + 1.2) ** 0.7,
    "negative": lambda x: -x,
    "relu": tg.relu,
    "leaky_relu": tg.leaky_relu,
    "abs": abs,
    "clip": lambda x: tg.clip(x, -0.713, 0.917),
    "max": lambda x: tg.max(x, axis=0) if x.ndim and x.shape[0] else x,
    "min": lambda x: tg.min(x, keepdims=True) if x.size else x,
    "numbers": lambda x: 1.5 - x / 2,
    "sum": lambda x: tg.sum(x, axis=x.ndim - 1, keepdims=True) if x.ndim else x,
    "mean": lambda x: tg.mean(x, axis=0) if x.ndim and x.shape[0] else x,
    "logsumexp": lambda x: tg.logsumexp(x) if x.size else x,
    "norm": lambda x: tg.norm(tg.ravel(x) * tg.ravel(x) + 0.1) if x.size else x,
    "var": lambda x: tg.var(x, axis=-1, keepdims=True) if x.ndim and x.shape[-1] else x,
    "std": lambda x: tg.std(tg.concatenate([tg.ravel(x), np.array([-1.0, 3.0])])),
    "prod": lambda x: tg.prod(tg.tanh(x), axis=-1) if x.ndim else x,
    "cumsum": lambda x: tg.cumsum(x),
    "softmax": lambda x: tg.softmax(x, axis=0) if x.ndim and x.shape[0] else x,
    "log_softmax": lambda x: tg.log_softmax(x) * 0.5 if x.ndim and x.shape[-1] else x,
    "transpose": lambda x: tg.transpose(x),
    "reshape": lambda x: tg.reshape(x, x.shape[::-1]),
    "flip": lambda x: tg.flip(x),
    "ravel": lambda x: tg.ravel(x),
    "expand_dims": lambda x: tg.expand_dims(x, 0) if x.ndim < 4 else x,
    "squeeze": lambda x: tg.squeeze(x),
    "pad": lambda x: tg.pad(x, 1, constant_values=0.5) if x.ndim == 1 else x,
    "every second": lambda x: x[::-2] if x.ndim else x,
    "first": lambda x: x[0] if x.ndim and x.shape[0] else x,
    "picked twice": lambda x: x[[0, -1, 0]] if x.ndim and x.shape[0] else x,
    "split": lambda x: tg.split(x, [1])[0] if x.ndim else x,
    "stack": lambda x: tg.stack([x, x * 2], axis=-1) if x.ndim < 4 else x,
    "gram": lambda x: tg.einsum("...i,...j->...ij", x, x) * 0.3 if 0 < x.ndim < 4 else x,
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1.5),
    "power": lambda a, b: tg.power(a * a + 1.1, tg.tanh(b)),
    "logaddexp": tg.logaddexp,
    "maximum": tg.maximum,
    "minimum": lambda a, b: tg.minimum(a, b * 0.871),
    "where": lambda a, b: tg.where(np.arange(max(1, a.size)).reshape(a.shape if a.size else (1,)) % 2 == 0, a, b),
    "outer": lambda a, b: tg.einsum("i,j->ij", tg.ravel(a)[:3], tg.ravel(b)[:3]),
    "dot": lambda a, b: tg.dot(tg.ravel(a)[:2], tg.ravel(b)[:2]) if min(a.size, b.size) > 1 else a,
    "matmul": lambda a, b: a[..., None, :] @ a[..., :, None] if a.ndim else a * b,
    "concatenate": lambda a, b: tg.concatenate([a, b], axis=None),
}


def run(program: Program, *inputs: Any) -> Any:
    """The sum of what the program makes of the inputs, a number."""
    values = list(inputs)
    for name, j, k in program:
        a, b = values[j % len(values)], values[k % len(values)]
        if name in ONE:
            y = ONE[name](a)
        elif fits(a.shape, b.shape) or name in ("outer", "dot", "matmul", "concatenate"):
            y = TWO[name](a, b)
        else:
            continue
        if y.size < 200:
            values.append(tg.tanh(y * 0.5) * 2 if name not in ("transpose", "reshape", "flip", "ravel") else y)
    return sum((tg.sum(v * v) for v in values[len(inputs) :]), tg.sum(values[0]))


def fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


steps = st.tuples(st.sampled_from([*ONE, *TWO]), st.integers(0, 20), st.integers(0, 20))
programs = st.lists(steps, min_size=2, max_size=8)


@st.composite
def inputs(draw: Any) -> list[Any]:
    """One to three arrays of shapes that broadcast, axes of length 0 and 1 and none among them."""
    shapes = draw(stnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3)).input_shapes
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [rng.uniform(-1.5, 1.5, shape) for shape in shapes[: draw(st.integers(1, 3))]]


@settings(max_examples=300)
@given(programs, inputs())
def test_value_on_tensors_is_that_on_arrays(program: Program, xs: list[Any]) -> None:
    expected = run(program, *xs)
    assert not isinstance(expected, tg.Tensor)
    y = run(program, *[tg.Tensor(x, requires_grad=True) for x in xs])
    assert type(y) is tg.Tensor
    np.testing.assert_allclose(y.data, expected, rtol=1e-12)  # NumPy's own scalars and arrays differ in the last bit


@settings(max_examples=150)
@given(programs, inputs())
def test_first_and_second_gradient(program: Program, xs: list[Any]) -> None:
    tg.check_gradients(lambda *ts: run(program, *ts), *xs)


@settings(max_examples=150)
@given(programs, inputs())
def test_float32_follows_float64_and_stays_float32(program: Program, xs: list[Any]) -> None:
    if any(name == "std" for name, _, _ in program):
        return  # it joins a float64 array
    narrow = [tg.Tensor(x.astype("float32"), requires_grad=True) for x in xs]
    wide = [tg.Tensor(x.data.astype(float), requires_grad=True) for x in narrow]
    y, z = run(program, *narrow), run(program, *wide)
    y.backward()
    z.backward()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, z.data, rtol=1e-3, atol=1e-4)
    for a, b in zip(narrow, wide, strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            assert (a.grad.dtype, a.grad.shape) == (np.float32, a.shape)
            np.testing.assert_allclose(a.grad, b.grad, rtol=2e-2, atol=2e-3)


@settings(max_examples=100)
@given(programs, inputs())
def test_gradients_of_the_graph_are_those_of_the_numbers(program: Program, xs: list[Any]) -> None:
    a, b = ([tg.Tensor(x, requires_grad=True) for x in xs] for _ in range(2))
    run(program, *a).backward()
    run(program, *b).backward(create_graph=True)
    for x, y in zip(a, b, strict=True):
        if x.grad is not None:
            np.testing.assert_allclose(y.grad.data, x.grad, rtol=1e-12, atol=1e-12)


# --- one op at shapes of any kind

shape_pairs = stnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3)


@given(shape_pairs, st.sampled_from(["add", "multiply", "divide", "maximum", "power", "where"]))
def test_broadcasting_is_undone_at_any_shape(shapes: Any, name: str) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(0.5, 2, shape) for shape in shapes.input_shapes)
    f = (lambda x, y: tg.where(np.arange(2) > 3, x[..., None], y[..., None])) if name == "where" else getattr(tg, name)
    tg.check_gradients(f, a, b)


@given(stnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3), st.data())
def test_reductions_over_any_axes(shape: tuple[int, ...], data: Any) -> None:
    axes = data.draw(st.none() | stnp.valid_tuple_axes(len(shape), min_size=1))
    keepdims = data.draw(st.booleans())
    name = data.draw(st.sampled_from(["sum", "mean", "max", "min", "prod", "var", "std", "logsumexp"]))
    x = np.random.default_rng(0).permutation(np.arange(1.0, np.prod(shape) + 1)).reshape(shape) / 3
    if name == "std":
        x = np.append(x, x[-1:] + 1, axis=0)
    y = getattr(tg, name)(tg.Tensor(x), axis=axes, keepdims=keepdims)
    expected = np.log(np.sum(np.exp(x), axes, keepdims=keepdims)) if name == "logsumexp" else None
    expected = getattr(np, name)(x, axis=axes, keepdims=keepdims) if expected is None else expected
    np.testing.assert_allclose(y.data, expected, rtol=1e-12)
    assert y.shape == np.shape(expected)
    if name != "std" or np.all(np.asarray(expected) > 1e-3):  # where it is 0 it has a kink
        tg.check_gradients(lambda x: getattr(tg, name)(x, axis=axes, keepdims=keepdims), x)


@given(stnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), st.data())
def test_any_basic_index(shape: tuple[int, ...], data: Any) -> None:
    index = data.draw(stnp.basic_indices(shape, allow_newaxis=True))
    x = np.random.default_rng(0).standard_normal(shape)
    t = tg.Tensor(x, requires_grad=True)
    np.testing.assert_array_equal(t[index].data, x[index])
    tg.check_gradients(lambda t: t[index] ** 2, x)


@given(stnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), st.data())
def test_any_index_of_integers_counts_what_it_picks(shape: tuple[int, ...], data: Any) -> None:
    index = data.draw(stnp.integer_array_indices(shape))
    x = np.random.default_rng(0).standard_normal(shape)
    t = tg.Tensor(x, requires_grad=True)
    y = t[index]
    np.testing.assert_array_equal(y.data, x[index])
    y.sum().backward()
    counts = np.zeros(shape)
    np.add.at(counts, index, 1)
    np.testing.assert_array_equal(t.grad, counts)


@given(st.data())
def test_matmul_of_any_shapes(data: Any) -> None:
    a_shape, b_shape = data.draw(
        stnp.mutually_broadcastable_shapes(signature="(m?,n),(n,p?)->(m?,p?)", min_side=0, max_side=3, max_dims=2)
    ).input_shapes
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(a_shape), rng.standard_normal(b_shape)
    np.testing.assert_allclose((tg.Tensor(a) @ tg.Tensor(b)).data, a @ b, rtol=1e-12, atol=1e-12)
    tg.check_gradients(tg.matmul, a, b)
