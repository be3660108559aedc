"""tinygraph: a small computational-graph engine in pure Python and NumPy.

A Tensor remembers the op and the inputs that made it: the tape. `loss.backward()` walks the tape in reverse and
fills in the gradients. Import it as `import tinygraph as tg`.
"""

# ruff: noqa: F403 (the ops are called as in NumPy: tg.sum, tg.max, tg.abs)

from typing import TYPE_CHECKING

from . import ops, optim
from .check import GradientError, check_gradients
from .checkpoint import checkpoint
from .compare import compare
from .compiler import compile  # noqa: A004 (as in tg.compile)
from .costs import cross_entropy, cross_entropy_with_logits, mean_squared_error, softmax_cross_entropy
from .debug import debug, detect_anomaly
from .debug.memory import memory
from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .draw import RenderError, draw, save_diagram
from .explain import explain
from .explore import explore
from .modes import no_grad, scope
from .nn import MLP
from .ops import *
from .tape import Tape
from .tensor import OPS, Op, Tensor

op = Op

if not TYPE_CHECKING:  # to which it would mean that there is any name

    def __getattr__(name: str) -> object:
        from .hints import hint

        raise AttributeError(f"module 'tinygraph' has no attribute {name!r}{hint(name, ops, 'tg.{}')}", name=name)


__version__ = "0.1.0"
__all__ = [
    "MLP",
    "OPS",
    "GradientError",
    "Op",
    "RenderError",
    "Tape",
    "Tensor",
    "check_gradients",
    "checkpoint",
    "compare",
    "compile",
    "cross_entropy",
    "cross_entropy_with_logits",
    "debug",
    "detect_anomaly",
    "draw",
    "explain",
    "explore",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "mean_squared_error",
    "memory",
    "no_grad",
    "op",
    "optim",
    "save_diagram",
    "scope",
    "softmax_cross_entropy",
    "value_and_grad",
    "vjp",
    *(name for name in vars(ops)["__all__"] if name != "OPS"),
]
