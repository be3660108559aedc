"""The stage of a step between gradients and update: adding up over machines, clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array, mark_modified
from ..optim.optimizers import finite_norm, scaled
from ..options import number


class Between:
    """The `reduce` and `clip_norm` of tg.compile, for a step whose vectors are given.

    `reduce(vector)` changes a vector of gradients in place. It may have the methods `start`,
    `arguments` and `cost`, which docs/compile.md describes. `arguments` here is that method.
    """

    def __init__(self, reduce: Any, clip_norm: Any) -> None:
        if reduce is not None and not callable(reduce):
            raise TypeError(f"tg.compile(reduce=...) takes a function of a vector of gradients, got {reduce!r}")
        self.reduce, self.clip_norm = reduce, None if clip_norm is None else number("clip_norm", clip_norm)
        self.arguments = getattr(reduce, "arguments", len)  # len does nothing
        self._is_started = not hasattr(reduce, "start")

    def start(self, optimizer: Any, graph: Any) -> bool:
        """Before the first step, hand `reduce.start` all that training changes; whether it did.

        The arrays are parameters, running statistics, and the optimizer's state, with its counts of
        steps and its learning rates. graph: that of the step.
        """
        if is_first := not self._is_started:
            moved = [node.value for node, _ in graph.replaced]
            values = [x._data for x in (*optimizer.parameters.values(), *optimizer.others.values(), *moved)]
            state = {key: np.array(x) for key, x in optimizer.state_dict().items()}
            mark_modified(values)
            self.reduce.start([*values, *(x for x in state.values() if x.dtype.kind in "if")])
            optimizer.load_state_dict(state)
            self._is_started = True
        return is_first

    def run(self, gradients: dict[str, Array], vectors: list[Array], cost: Any) -> Any:
        """Reduce and clip the vectors in place; the result is the cost to return.

        gradients: the part of each parameter, by its name.
        """
        if hasattr(self.reduce, "cost"):
            cost = self.reduce.cost(cost)
            if np.shape(cost) != () or np.asarray(cost).dtype.kind not in "fiub":
                raise TypeError(f"reduce.cost(value) returns a number; got {cost!r}")
        for vector in vectors if self.reduce is not None else []:
            if (result := self.reduce(vector)) is not None and result is not vector:
                raise TypeError(f"reduce(vector) changes the vector in place and returns nothing; got {result!r}")
        if self.clip_norm is not None:
            self._clip(self.clip_norm, gradients, vectors)
        return cost

    def _clip(self, most: float, gradients: dict[str, Array], vectors: list[Array]) -> None:
        """Scale all vectors as tg.optim.clip_by_norm does."""
        norm = float(np.linalg.norm([np.linalg.norm(x.astype(float, copy=False)) for x in vectors]))
        norm = norm if np.isfinite(norm) else finite_norm(gradients)  # whose error says which one is not
        scale = most / (norm + 1e-6)
        with np.errstate(all="ignore"):
            list(scaled(vectors, scale) if scale < 1 else ())
