"""The formulas of an explanation, run as NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from op_table import scipy

import tinygraph as tg
from tinygraph.graph.names import called
from tinygraph.show.steps import Step, Steps
from tinygraph.tape import gradients


@tg.explicit_names()
def executed(loss: tg.Tensor, rtol: float = 1e-9) -> list[Step]:
    """Run each formula with the names of those before it; the results must be the tape's."""
    found = Steps(loss)
    walk = list(found)
    space: dict[str, Any] = {"np": np, "scipy": scipy, **tg.OPS, "m": found.m}
    space |= {called(op): op for op in tg.OPS.values()}
    space |= {t.op.name: t.op for t in found.tape} | {name: array for name, _, array in found.leaves()}
    totals: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for step in walk:
            exec(step.formula, space)
            like = step.tensor if step.into is None else step.into
            got = space[step.target]
            totals[step.target] = totals.get(step.target, 0) + step.value
            assert (got.shape, got.dtype) == (like.shape, like.dtype), step.formula
            if not np.array_equal(got, totals[step.target]):  # takes a tenth of the time
                np.testing.assert_allclose(got, totals[step.target], rtol=rtol, atol=1e-12, err_msg=step.formula)
        if loss.requires_grad:
            for x, g in gradients(loss, np.ones(loss.shape, loss.dtype), keep=set(found.tape)).items():
                np.testing.assert_allclose(space[found.names.gradient(x)], g, rtol, atol=1e-12)
    return walk
