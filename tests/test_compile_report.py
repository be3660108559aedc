"""step.report(): what it counts."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def test_report_counts_products_and_bytes() -> None:
    mlp = tg.MLP([30, 20, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.1))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        step.report()
    step(np.ones((30, 8)), np.ones((1, 8)))
    text = step.report()
    for part in (
        "traced              40\n",
        "40 -> 39  without 1 broadcast_to\n",
        "W1, b1",
        "5 matrix products",
        "at eager's peak",
    ):
        assert part in text, text
    product = tg.compile(lambda a, b: a @ b)
    product(np.ones((2, 3)), np.ones((3, 5)))
    assert "60 floating-point operations a call, in 1 matrix product and 0 other ops" in product.report()
