"""Comparisons of two results: equal, equal to rounding, or equal bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygraph as tg

TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 1e-2}


def values(x: Any) -> Any:
    """The array of a Tensor; anything else unchanged."""
    return x.numpy() if isinstance(x, tg.Tensor) else x


def assert_close(got: Any, expected: Any) -> None:
    """Equal to rounding, and of the same shape and dtype."""
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    if not np.array_equal(got, expected):  # takes a tenth of the time
        tolerance = TOLERANCE.get(str(expected.dtype), 0)
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def assert_same(got: Any, expected: Any) -> None:
    """Equal to rounding, and of the same kind (Tensor, array or number), shape and dtype."""
    assert type(got) is type(expected)
    assert_close(values(got), values(expected))


def same(a: Any, b: Any) -> bool:
    """Whether two dicts of arrays and numbers are equal bit for bit, dtypes too."""
    return a.keys() == b.keys() and all(
        np.asarray(a[key]).dtype == np.asarray(b[key]).dtype and np.array_equal(a[key], b[key]) for key in a
    )


def bits(tree: Any) -> Any:
    """The contents of a nest of arrays, Tensors and plain values, for ==; -0.0 is not 0.0."""
    if isinstance(tree, dict):
        return {key: bits(x) for key, x in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [bits(x) for x in tree]
    array = tree.detach().numpy() if isinstance(tree, tg.Tensor) else np.asarray(tree)
    return array.dtype.str, array.shape, array.tobytes()  # `str`: str(dtype) takes longer than the rest


def copies(parameters: Any) -> dict[str, Any]:
    """Copies of the arrays of parameters."""
    return {name: np.array(p.data) for name, p in parameters.items()}
