"""Tensors that require a gradient, to start from."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygraph as tg


def leaf(data: Any = (1.0, 2.0, 3.0), name: str | None = None) -> tg.Tensor:
    return tg.Tensor(np.array(data), requires_grad=True, name=name)


def random_leaf(*shape: int, name: str | None = None, seed: int = 0, grad: bool = True) -> tg.Tensor:
    return tg.Tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=grad, name=name)
