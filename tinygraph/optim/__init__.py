"""Optimizers: how parameters change, given their gradients.

An update rule is plain NumPy on (parameter, gradient, numbers, state). It returns the change to
subtract from the parameter, and the new state. `step()` runs the rule on arrays. On Tensors, the
same rule gives the update as a graph. `schedules` has learning rates that change from step to step.
"""

# Other modules import from here and not from .optimizers: two threads that import a package and its
# module in opposite orders would wait for each other.
from ..errors import hook as _hook
from ..frames import meant as _meant
from . import schedules as schedules
from .optimizers import SGD, Adam, AdamW, Optimizer, RMSProp, clip_by_norm
from .optimizers import _named as _named
from .optimizers import check_state as check_state
from .optimizers import check_writeable as check_writeable

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp", "clip_by_norm", "schedules"]


def __getattr__(name: str) -> object:
    said = _hook("hint")(name, "tg.optim") or _meant(name, __all__, "tg.optim")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{said}", name=name)
