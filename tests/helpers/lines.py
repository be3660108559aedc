"""The lines of op_table.py as parameters of tests, and their inputs as Tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from op_table import LINES, Line

import tinygraph as tg


@contextmanager
def case(**values: Any) -> Iterator[None]:
    """Name the case in which a test of several fails."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        raise AssertionError(f"for {', '.join(f'{k}={v}' for k, v in values.items())}: {error}") from error


def in_turn(name: str, values: Iterable[Any]) -> Callable[[Any], Any]:
    """Let one test have these values of a parameter, one after the other; all that fail are named.

    With 600 lines, a test of its own for each value takes longer than most of the values do.
    """
    values = list(values)

    def of(test: Any) -> Any:
        @functools.wraps(test)
        def run(**others: Any) -> None:
            each(test, name, values, others)

        return with_parameters(run, test, lambda old: [p for p in old if p.name != name])

    return of


def by_op(lines: Iterable[Line]) -> Callable[[Any], Any]:
    """A test for each op of these lines, which has the op's lines in turn."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.name, []).append(line)

    def of(test: Any) -> Any:
        @functools.wraps(test)
        def run(op: list[Line], **others: Any) -> None:
            each(test, "line", op, others)

        renamed = with_parameters(run, test, lambda old: [p.replace(name="op") if p.name == "line" else p for p in old])
        return pytest.mark.parametrize("op", groups.values(), ids=groups)(renamed)

    return of


def each(test: Any, name: str, values: Iterable[Any], others: dict[str, Any]) -> None:
    errors = []
    for value in values:
        try:
            with case(**{name: value}):
                test(**others, **{name: value})
        except AssertionError as error:
            errors.append(error)
    if errors:
        raise AssertionError("\n".join(map(str, errors))) from errors[0].__cause__


def with_parameters(run: Any, test: Any, change: Callable[[Any], Any]) -> Any:
    """The function with the changed parameters of the test, for pytest."""
    signature = inspect.signature(test)
    run.__signature__ = signature.replace(parameters=change(signature.parameters.values()))
    return run


both_dtypes = in_turn("dtype", ["float64", "float32"])
every_line = by_op(LINES)
smooth_lines = by_op([line for line in LINES if line.smooth])
elementwise_lines = by_op([line for line in LINES if line.elementwise])


def tensors(inputs: Any) -> list[Any]:
    """Arrays as Tensors that require a gradient if they can; anything else unchanged."""
    return [
        tg.Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, (np.ndarray, np.generic)) else x
        for x in inputs
    ]
