"""The lines of op_table.py as parameters of tests, and their inputs as Tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from op_table import LINES

import tinygraph as tg

every_line = pytest.mark.parametrize("line", LINES, ids=str)
smooth_lines = pytest.mark.parametrize("line", [line for line in LINES if line.smooth], ids=str)
elementwise_lines = pytest.mark.parametrize("line", [line for line in LINES if line.elementwise], ids=str)


@contextmanager
def case(**values: Any) -> Iterator[None]:
    """Name the case in which a test of several fails."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f"for {', '.join(f'{k}={v}' for k, v in values.items())}: {error}") from error


def in_turn(name: str, values: Iterable[Any]) -> Callable[[Any], Any]:
    """Let one test have these values of a parameter, one after the other.

    With 600 lines, a test of its own for each value takes longer than most of the values do.
    """
    values = list(values)

    def of(test: Any) -> Any:
        @functools.wraps(test)
        def run(**others: Any) -> None:
            for value in values:
                with case(**{name: value}):
                    test(**others, **{name: value})

        signature = inspect.signature(test)
        rest = [p for p in signature.parameters.values() if p.name != name]
        run.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]  # for pytest
        return run

    return of


both_dtypes = in_turn("dtype", ["float64", "float32"])


def tensors(inputs: Any) -> list[Any]:
    """Arrays as Tensors that require a gradient if they can; anything else unchanged."""
    return [
        tg.Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, (np.ndarray, np.generic)) else x
        for x in inputs
    ]
