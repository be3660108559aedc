"""Every line of the table of ops: value, gradients, dtypes, broadcasting, layouts, and each way to call it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from op_table import LINES, OPERATORS, Domain, Line

import tinygraph as tg

TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 1e-2}
every_line = pytest.mark.parametrize("line", LINES, ids=str)
smooth_lines = pytest.mark.parametrize("line", [line for line in LINES if line.smooth], ids=str)
elementwise_lines = pytest.mark.parametrize("line", [line for line in LINES if line.elementwise], ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float64", "float32"])


def tensors(inputs: Any) -> list[Any]:
    """Arrays as Tensors, that require a gradient where they can; all else as it is."""
    return [
        tg.Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, (np.ndarray, np.generic)) else x
        for x in inputs
    ]


def gradients_of(line: Line, inputs: Any, **options: Any) -> list[Any]:
    """The gradients of all floating-point inputs, for an output gradient of different weights."""
    xs = tensors(inputs)
    y = line(*xs)
    y.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape), **options)
    return [x.grad for x in xs if isinstance(x, tg.Tensor) and x.requires_grad]


def assert_same(got: Any, expected: Any) -> None:
    """Equal to rounding, and of the same shape and dtype."""
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    tolerance = TOLERANCE.get(str(expected.dtype), 0)
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def test_every_op_has_a_line() -> None:
    tested = {line.name for line in LINES}
    internal = {"scatter", "astype_integer", "log_loss"}  # getitem's gradient, astype without one; test_costs.py
    assert tested >= set(tg.ops.__all__) - {"OPS"}
    assert tested >= set(tg.OPS) - internal


def test_no_two_lines_are_the_same_call() -> None:
    names = [str(line) for line in LINES if line.options is not None]
    assert sorted(names) == sorted(set(names))


@both_dtypes
@every_line
def test_value(line: Line, dtype: str) -> None:
    inputs = line.sample(dtype)
    y = line(*tensors(inputs))
    assert type(y) is tg.Tensor
    assert_same(y.data, np.asarray(line.expected(*inputs)))
    assert y.requires_grad == line.smooth


@every_line
def test_arrays_give_arrays(line: Line) -> None:
    inputs = line.sample()
    y = line(*inputs)
    assert isinstance(y, (np.ndarray, np.generic))
    assert_same(np.asarray(y), np.asarray(line.expected(*inputs)))


@both_dtypes
@smooth_lines
def test_first_and_second_gradient(line: Line, dtype: str) -> None:
    inputs = line.sample(dtype)
    free = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def f(*xs: Any) -> Any:
        full = list(inputs)
        for k, x in zip(free, xs, strict=True):
            full[k] = x
        return line(*full)

    tg.check_gradients(f, *[inputs[k] for k in free])


@smooth_lines
def test_gradient_of_each_dtype_is_that_of_its_input(line: Line) -> None:
    """float32 stays float32 in values and gradients, in the gradient's graph, and where only one input is float32."""
    floats = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain) and d.dtype == "f"]
    for narrow in [floats, *([k] for k in floats)]:
        dtypes = ["float32" if k in narrow else "float64" for k in range(len(line.inputs))]
        inputs = line.sample(dtypes)
        y = line(*tensors(inputs))
        assert_same(y.data, np.asarray(line.expected(*inputs)))
        for create_graph in (False, True):
            found = gradients_of(line, inputs, create_graph=create_graph)
            assert [str(g.dtype) for g in found] == [dtypes[k] for k in floats]
            assert [g.shape for g in found] == [inputs[k].shape for k in floats]


@smooth_lines
def test_gradient_as_a_graph_equals_that_as_numbers(line: Line) -> None:
    inputs = line.sample()
    for graph, number in zip(gradients_of(line, inputs, create_graph=True), gradients_of(line, inputs), strict=True):
        assert type(graph) is tg.Tensor and type(number) is np.ndarray
        assert_same(graph.data, number)


# --- shapes

PAIRS = [((2, 3), (3,)), ((3, 1), (2,)), ((), (2, 2)), ((2, 1, 2), (3, 1)), ((0, 3), (3,)), ((1,), (0,))]


@elementwise_lines
def test_broadcasting(line: Line) -> None:
    """All inputs of one shape but one: the value is NumPy's, the gradient that of inputs broadcast by hand."""
    domains = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain)]
    if len(domains) < 2:
        pytest.skip("one input")
    for shape, other in PAIRS:
        for odd in domains:
            shapes = [other if k == odd else shape for k in range(len(line.inputs))]
            inputs = line.sample(shapes=shapes)
            y = line(*tensors(inputs))
            assert_same(y.data, np.asarray(line.expected(*inputs)))
            if line.smooth:
                by_hand = [np.broadcast_to(x, y.shape) if isinstance(x, np.ndarray) else x for x in inputs]
                wide = gradients_of(line, by_hand)
                floats = [x for x in inputs if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
                for g, w, x in zip(gradients_of(line, inputs), wide, floats, strict=True):
                    assert_same(g, summed_to(w, x.shape))


def summed_to(x: Any, shape: tuple[int, ...]) -> Any:
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    return x.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)


@both_dtypes
@pytest.mark.parametrize("shape", [(), (0,), (2, 0)], ids=str)
@elementwise_lines
def test_no_axes_and_no_entries(line: Line, shape: tuple[int, ...], dtype: str) -> None:
    inputs = line.sample(dtype, shape)
    y = line(*tensors(inputs))
    assert type(y.data) is np.ndarray
    assert_same(y.data, np.asarray(line.expected(*inputs)))
    for g in gradients_of(line, inputs) if line.smooth else []:
        assert type(g) is np.ndarray and (g.shape, str(g.dtype)) == (shape, dtype)


def layouts(x: Any) -> list[Any]:
    """The array x in other layouts of memory: Fortran's, negative strides, every second entry of a larger one."""
    sparse = np.full(tuple(2 * n for n in x.shape), x.dtype.type(1))
    spaced = sparse[(slice(None, None, 2),) * x.ndim]
    spaced[...] = x
    backwards = np.flip(np.flip(x).copy())
    read_only = x.copy()
    read_only.flags.writeable = False
    return [np.asfortranarray(x), spaced, backwards, read_only]


@every_line
def test_layout_of_memory_makes_no_difference(line: Line) -> None:
    inputs = line.sample()
    before = [np.array(x) for x in inputs]
    y = line(*tensors(inputs)).data
    grads = gradients_of(line, inputs) if line.smooth else []
    arrays = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.ndim]
    for kind in range(4):
        for k in arrays:
            others = list(inputs)
            others[k] = layouts(inputs[k])[kind]
            xs = tensors(others)
            xs[k]._data = others[k]  # for Tensor() has made a contiguous copy
            again = line(*xs)
            assert_same(again.data, y)
            if line.smooth:
                again.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape))
                found = [x.grad for x in xs if isinstance(x, tg.Tensor) and x.requires_grad]
                for g, expected in zip(found, grads, strict=True):
                    assert_same(g, expected)
    for x, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, old)
