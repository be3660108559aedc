"""Draw docs/graph.svg, the README's picture, again: `python tools/draw_readme_picture.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import tinygraph as tg

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "graph.svg"


def small_cost() -> tg.Tensor:
    """The cost of a two-layer network on five examples."""
    X, Y = tg.Tensor(np.ones((2, 5)), name="X"), tg.Tensor(np.ones((1, 5)), name="Y")
    cost: tg.Tensor = tg.cross_entropy(tg.MLP([2, 3, 1], rng=0)(X), Y)
    cost.name = "cost"
    return cost


if __name__ == "__main__":
    tg.save_diagram(small_cost(), PICTURE)
