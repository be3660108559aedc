"""The table of stable forms, which replace expressions that can overflow or lose digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygraph as tg


def log_likelihood(Z: Any, Y: Any) -> Any:
    A = tg.sigmoid(Z)
    return Y * tg.log(A) + (1 - Y) * tg.log(1 - A)


Z, Y = np.array([[0.3, -2.0]]), np.array([[1.0, 0.0]])
STABLE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "sigmoid": (lambda z: tg.log(tg.sigmoid(z)), "log(sigmoid) became log_sigmoid"),
    "1 - sigmoid": (lambda z: tg.log(1 - tg.sigmoid(z)), "log(subtract) became log_sigmoid"),
    "softmax": (lambda z: tg.log(tg.softmax(z, axis=1)), "log(softmax) became log_softmax"),
    "sum of exp": (lambda z: tg.log(tg.exp(z).sum(axis=0)), "log(sum) became logsumexp"),
    "log loss": (lambda z: tg.cross_entropy(tg.sigmoid(z), Y), "log_loss(sigmoid) became logistic_loss"),
    "by hand": (lambda z: log_likelihood(z, tg.Tensor(Y)), "add(multiply) became negative"),
}
AS_THEY_ARE: dict[str, Callable[[Any], Any]] = {
    "2 - sigmoid": lambda z: tg.log(2 - tg.sigmoid(z)),
    "1 - tanh": lambda z: tg.log(1 - tg.tanh(z)),
    "sum": lambda z: tg.log(tg.square(z).sum()),
    "log loss of tanh": lambda z: tg.cross_entropy(tg.square(tg.tanh(z)), Y),
    "a sum of products": lambda z: z * z + z * 3,
}
PARTLY: dict[str, Callable[[Any], Any]] = {  # their logarithms become stable, but their sum is not one loss
    "other labels": lambda z: Y * tg.log(tg.sigmoid(z)) + (1 - 2 * Y) * tg.log(1 - tg.sigmoid(z)),
    "other inputs": lambda z: Y * tg.log(tg.sigmoid(z)) + (1 - Y) * tg.log(1 - tg.sigmoid(2 * z)),
    "twice A": lambda z: Y * tg.log(tg.sigmoid(z)) + (1 - Y) * tg.log(tg.sigmoid(z)),
    "labels of more rows": lambda z: log_likelihood(z, np.array([[1.0, 0.0], [0.0, 1.0]])),
    "one alone": lambda z: Y * tg.log(tg.sigmoid(z)) + (1 - Y) * z,
    "the other alone": lambda z: Y * z + (1 - Y) * tg.log(1 - tg.sigmoid(z)),
}


def report_of(f: Callable[[Any], Any]) -> str:
    compiled = tg.compile(f)
    np.testing.assert_allclose(compiled(Z), f(tg.Tensor(Z)).numpy(), rtol=1e-14)
    return str(compiled.report())


@pytest.mark.parametrize("name", STABLE)
def test_forms_that_become_stable(name: str) -> None:
    assert STABLE[name][1] in report_of(STABLE[name][0])


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_forms_that_stay(name: str) -> None:
    assert "became" not in report_of(AS_THEY_ARE[name])


@pytest.mark.parametrize("name", PARTLY)
def test_forms_that_become_stable_in_parts(name: str) -> None:
    report = report_of(PARTLY[name])
    assert "log(sigmoid) became" in report or "log(subtract) became" in report
    assert "add" not in report[report.index("made stable") : report.index("memory")]


def test_the_stability_table_asks_for_no_values() -> None:
    """T - Y is not 1 - Y; tracing cannot ask for the value of T."""
    Z, Y, T = (tg.Tensor(np.array([0.3, 0.6]) + k) for k in range(3))

    def f(Z: Any, Y: Any, T: Any) -> Any:
        A = tg.sigmoid(Z)
        return Y * tg.log(A) + (T - Y) * tg.log(1 - A)

    np.testing.assert_allclose(tg.compile(f)(Z, Y, T).numpy(), f(Z, Y, T).numpy(), rtol=1e-13)
