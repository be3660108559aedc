"""Draw the README's pictures, docs/*.svg, again: `python tools/draw_readme_picture.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg

DOCS = Path(__file__).resolve().parent.parent / "docs"


def cost(*layer_dims: int) -> tg.Tensor:
    """The cost of a network of these layers on five examples, after backward()."""
    random = np.random.default_rng(0)
    X = tg.Tensor(random.standard_normal((layer_dims[0], 5)), name="X")
    Y = tg.Tensor(random.integers(0, 2, (1, 5)).astype(float), name="Y")
    result: tg.Tensor = tg.cross_entropy(tg.MLP(layer_dims, rng=1)(X), Y)
    result.name = "cost"
    result.backward()
    return result


PICTURES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "graph": ((2, 3, 1), {"gradients": False}),
    "values": ((2, 3, 1), {"gradients": False, "values": True, "backward": True, "direction": "TB"}),
    "backward": ((2, 3, 1), {"gradients": False, "backward": True}),
    "fifty_layers": ((64, *[32] * 49, 1), {}),
    "fifty_layers_dark": ((64, *[32] * 49, 1), {"backward": True, "dark": True}),
}

if __name__ == "__main__":
    for name, (layer_dims, options) in PICTURES.items():
        tg.save_diagram(cost(*layer_dims), DOCS / f"{name}.svg", **options)
