"""The contestants of the benchmark, and the table of them.

tinygraph and its peers are used as a good user uses each: with the layers, the stable cost and the
optimizer that the library offers, examples along the axis that it wants, and its own threads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib import metadata
from typing import NamedTuple

import by_hand
from by_hand import Problem

from .base import Contestant, Step
from .in_numpy import ByHand, Lesson, Numba
from .jacobians import JACOBIANS
from .jax_jit import Jax
from .others import Autograd, DeZero, MyGrad
from .ours import Compiled, Tinygraph
from .pytorch import PyTorch, compiles
from .sklearn_mlp import Sklearn

__all__ = ["CONTESTANTS", "JACOBIANS", "Contestant", "Row", "Step", "version"]


class Row(NamedTuple):
    heading: str
    package: str | None  # its name on the package index; None: no package is needed
    make: Callable[[Problem], Contestant]
    sections: str  # those in which it takes part
    runs: Callable[[], bool] = lambda: True  # if the package is there


SGD, ALL = "sgd minibatches", "sgd adam minibatches classes"
CONTESTANTS = {
    "lesson": Row("lesson by hand", None, Lesson, "sgd adam minibatches inference memory"),
    "expert": Row("expert by hand", None, partial(ByHand, make=by_hand.expert), f"{ALL} memory"),
    "products": Row("matrix products alone", None, partial(ByHand, make=by_hand.products), "sgd"),
    "numba": Row("numba by hand", "numba", Numba, ALL),
    "tinygraph": Row("**tinygraph eager**", None, Tinygraph, f"{ALL} inference memory"),
    "compiled": Row("**tinygraph compiled**", None, Compiled, f"{ALL} inference memory"),
    "sklearn": Row("scikit-learn's MLPClassifier", "scikit-learn", Sklearn, ALL),
    "pytorch": Row("PyTorch eager", "torch", PyTorch, f"{ALL} inference"),
    "fused": Row("PyTorch, fused optimizer", "torch", partial(PyTorch, fused=True), ALL),
    "torch.compile": Row(
        "PyTorch, fused, torch.compile", "torch", partial(PyTorch, fused=True, compiled=True), ALL, compiles
    ),
    "jax": Row("JAX jit", "jax", Jax, f"{ALL} inference"),
    "autograd": Row("HIPS autograd", "autograd", Autograd, f"{SGD} memory"),
    "mygrad": Row("MyGrad", "mygrad", MyGrad, f"{SGD} memory"),
    "dezero": Row("DeZero", "dezero", DeZero, f"{SGD} memory"),
}


@cache
def version(package: str | None) -> str | None:
    """The installed version; "" if no package is needed, None if it is not installed."""
    try:
        return metadata.version(package) if package else ""
    except metadata.PackageNotFoundError:
        return None
