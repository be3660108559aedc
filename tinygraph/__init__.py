"""tinygraph: a small computational-graph engine in pure Python and NumPy.

A Tensor remembers the op and the inputs that made it: the tape. `loss.backward()` walks the tape in reverse and
fills in the gradients. Import it as `import tinygraph as tg`.
"""

# ruff: noqa: F403 (the ops are called as in NumPy: tg.sum, tg.max, tg.abs)

from typing import TYPE_CHECKING

from . import ops, optim
from .compiler.compile import compile  # noqa: A004 (as in tg.compile)
from .diagnostics.compare import compare
from .diagnostics.debug import debug, detect_anomaly
from .diagnostics.memory import memory
from .modes import no_grad, scope
from .nn.costs import cross_entropy, cross_entropy_with_logits, mean_squared_error, softmax_cross_entropy
from .nn.mlp import MLP
from .ops import *
from .show.draw import RenderError, draw, save_diagram
from .show.explain import explain
from .show.explore import explore
from .tape import Tape
from .tensor import OPS, Op, Tensor
from .transforms.check import GradientError, check_gradients
from .transforms.checkpoint import checkpoint
from .transforms.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

op = Op

if not TYPE_CHECKING:  # to which it would mean that there is any name

    def __getattr__(name: str) -> object:
        from .diagnostics.hints import hint

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
