"""A node as a NumPy expression: operators, parentheses, numbers, arrays and indices.

Every op: test_compile.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.programs import PROGRAMS, program_inputs, run_program
from helpers.sources import defined, flat
from hypothesis import given, settings

import tinygraph as tg
from tinygraph.arrays import NUMPY_1


def test_an_array_of_ones_is_written_with_np_ones() -> None:
    """The caller can write to it, unlike to a result of np.broadcast_to."""
    gradient = tg.compile(tg.grad(lambda x: tg.sum(x)))
    gradient(np.ones((2, 3)))
    assert gradient.source.endswith("return np.ones((2, 3))\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.arange(5000), "x[np.arange(5000)]"),  # also if there are too many to write out
        (np.arange(3)[:, None], "x[np.arange(3)[:, None]]"),
        (np.arange(3)[None], "x[np.array([[0, 1, 2]])]"),
        (np.arange(1, 4), "x[np.array([1, 2, 3])]"),
        (np.array([0, 2, 1]), "x[np.array([0, 2, 1])]"),
        (np.arange(3, dtype="uint8"), "x[np.array([0, 1, 2], 'uint8')]"),
    ],
)
def test_the_integers_from_0_are_written_with_np_arange(value: Any, text: str) -> None:
    pick = tg.compile(lambda x: x[value])
    x = np.arange(5000.0)
    np.testing.assert_array_equal(defined((pick(x), pick)[1].source, "function")(x), x[value])
    assert pick.source.endswith(f"return {text}\n")


def test_integers_to_the_power_of_a_float() -> None:
    square = tg.compile(lambda x: tg.where(x > 1, x**2.0, 0.0))
    x = np.array([1, 2, 3])
    for got in (square(x), defined(square.source, "function")(x)):
        assert (got.tolist(), got.dtype) == ([0, 4, 9], np.float64)


@settings(max_examples=25)
@given(PROGRAMS, program_inputs())
def test_random_programs_as_source(program: Any, xs: list[Any]) -> None:
    def f(*xs: Any) -> Any:
        return run_program(program, *xs)

    if not isinstance(f(*map(tg.Tensor, xs)), tg.Tensor):
        return
    for function in (f, tg.value_and_grad(f, tuple(range(len(xs))))):
        compiled = tg.compile(function)
        expected = flat(compiled(*map(tg.Tensor, xs)))
        for got, wanted in zip(flat(defined(compiled.source, "f")(*xs)), expected, strict=True):
            scale = max(1.0, float(np.abs(wanted).max(initial=0)))
            np.testing.assert_allclose(got / scale, wanted / scale, rtol=1e-12, atol=1e-12)


def test_a_gradient_of_entries_picked_by_a_slice_and_an_array() -> None:
    x = np.arange(6.0).reshape(3, 2)
    gradient = tg.compile(tg.grad(lambda x: tg.sum(x[1:, [[0, 1], [1, 1]]] ** 3)))
    expected = gradient(x)
    np.testing.assert_allclose(defined(gradient.source, "function")(x), expected)


def test_numbers_are_written_as_in_python() -> None:
    f = tg.compile(lambda x: (x * 0.1 + (1 - 0.999), x * (1 - 0.9), x**5.0, x * 3.0, x.sum() * 0.123456789012))
    f(np.ones(3))
    for part in ("x * 0.1 + (1 - 0.999)", "x * (1 - 0.9)", "x ** 5.0", "x * 3,", "x.sum() * 0.123456789012"):
        assert part in f.source, f.source


@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "int32", *["bool"] * (not NUMPY_1)],  # only in NumPy 1 is True**2.0 an integer
)
def test_floats_next_to_integers_keep_their_point(dtype: str, tmp_path: Any) -> None:
    X = np.array([[0, 1, 100, 255]], np.uint8).astype(dtype)
    f = tg.compile(lambda x: (x - 128.0, x * 2.0, x / 1.0, x + 1.0 - 300.0, np.maximum(x, 3.0), x**2.0))
    expected = [np.asarray(y) for y in f(X)]
    f.save(tmp_path / "plain.py")
    scope: dict[str, Any] = {}
    exec((tmp_path / "plain.py").read_text(), scope)
    for ours, theirs in zip(expected, scope["function"](X), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("value", [-np.inf, np.nan])
def test_options_without_a_python_literal(value: float) -> None:
    f = tg.compile(lambda x: tg.pad(x, 1, constant_values=value))
    np.testing.assert_array_equal(f(np.ones(2)), [value, 1, 1, value])
