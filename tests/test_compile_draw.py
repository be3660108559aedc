"""tg.draw of a compiled function."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def test_a_compiled_step_is_drawn() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.1))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        tg.draw(step)
    step(np.ones((3, 8)), np.ones((1, 8)))
    source = tg.draw(step).source
    assert source == tg.draw(step).source
    for part in ("new W1", "new b2", "Z1", "dW2", "learning_rate", "cluster_1"):
        assert part in source, part
