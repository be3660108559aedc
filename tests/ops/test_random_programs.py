"""Random programs of several ops and shapes: values of NumPy, gradients of differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from helpers.programs import PROGRAMS, Program, program_inputs, run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp

import tinygraph as tg


@settings(max_examples=100)
@given(PROGRAMS, program_inputs())
def test_value_on_tensors_equals_that_on_arrays(program: Program, xs: list[Any]) -> None:
    expected = run_program(program, *xs)
    assert not isinstance(expected, tg.Tensor)
    y = run_program(program, *[tg.Tensor(x, requires_grad=True) for x in xs])
    assert type(y) is tg.Tensor
    np.testing.assert_allclose(y.data, expected, rtol=1e-12)  # in NumPy, scalars and arrays differ in the last bit


@settings(max_examples=60)
@given(PROGRAMS, program_inputs())
def test_first_and_second_gradient(program: Program, xs: list[Any]) -> None:
    tg.check_gradients(lambda *ts: run_program(program, *ts), *xs)


@settings(max_examples=60)
@given(PROGRAMS, program_inputs())
def test_float32_follows_float64_and_stays_float32(program: Program, xs: list[Any]) -> None:
    if any(name == "std" for name, _, _ in program):
        return  # it joins a float64 array
    narrow = [tg.Tensor(x.astype("float32"), requires_grad=True) for x in xs]
    wide = [tg.Tensor(x.data.astype(float), requires_grad=True) for x in narrow]
    y, z = run_program(program, *narrow), run_program(program, *wide)
    y.backward()
    z.backward()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, z.data, rtol=1e-3, atol=1e-4)
    for a, b in zip(narrow, wide, strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            assert (a.grad.dtype, a.grad.shape) == (np.float32, a.shape)
            np.testing.assert_allclose(a.grad, b.grad, rtol=2e-2, atol=2e-3)


@given(PROGRAMS, program_inputs())
def test_gradients_with_and_without_a_graph_are_equal(program: Program, xs: list[Any]) -> None:
    a, b = ([tg.Tensor(x, requires_grad=True) for x in xs] for _ in range(2))
    run_program(program, *a).backward()
    run_program(program, *b).backward(create_graph=True)
    for x, y in zip(a, b, strict=True):
        if x.grad is not None:
            np.testing.assert_allclose(y.grad.data, x.grad, rtol=1e-12, atol=1e-12)


# --- one op at any shape

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
    if name != "std" or np.all(np.asarray(expected) > 1e-3):  # it has a kink at 0
        tg.check_gradients(lambda x: getattr(tg, name)(x, axis=axes, keepdims=keepdims), x)


@given(stnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), st.data())
def test_any_basic_index(shape: tuple[int, ...], data: Any) -> None:
    index = data.draw(stnp.basic_indices(shape, allow_newaxis=True))
    x = np.random.default_rng(0).standard_normal(shape)
    t = tg.Tensor(x, requires_grad=True)
    np.testing.assert_array_equal(t[index].data, x[index])
    tg.check_gradients(lambda t: t[index] ** 2, x)


@given(stnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), st.data())
def test_the_gradient_of_an_index_of_integers_counts_its_picks(shape: tuple[int, ...], data: Any) -> None:
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
