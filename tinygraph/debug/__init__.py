"""Two modes for finding mistakes: `debug`, which tells where, and `detect_anomaly`, which tells of NaN and Inf.

What they do is in watch.py, which is imported where a mode is entered, for it takes longer to import than this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..modes import Block, Mode, Scope, current


class debug(Block):  # noqa: N801 (a context manager reads as a function)
    """Remember inside where each tensor is made, and refuse to go back over arrays that have changed since.

    Errors then say at which file and line their tensors were made. backward(), inside too, raises a ValueError where
    an array that a gradient rule needs was changed in place since it was recorded, through whatever name or view: it
    says which, by which op it is needed, and where that was recorded. Each op costs a checksum of its arrays.

    >>> import numpy as np, tinygraph as tg
    >>> x, a = tg.Tensor([1.0, 2.0], requires_grad=True, name="x"), np.ones(2)
    >>> with tg.debug():
    ...     y = (x * a).sum()
    ...     a[0] = 5.0
    ...     y.backward()
    Traceback (most recent call last):
    ValueError: a (2,) has been changed in place since x (2,) * a (2,) was recorded at ...
    """

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[bool, Scope | None, Any]:
        return *mode[:2], _watcher(mode[2], in_place=True)


class detect_anomaly(Block):  # noqa: N801
    """Raise a FloatingPointError inside where the first NaN or Inf arises, in the forward or the backward pass.

    It names the op, its inputs with their shapes, the line, and what fed it. NumPy's own warnings are off inside.

    >>> import tinygraph as tg
    >>> AL = tg.Tensor([[0.0, 0.5, 0.0]], requires_grad=True, name="AL")
    >>> with tg.detect_anomaly():
    ...     cost = -tg.log(AL).mean()
    Traceback (most recent call last):
    FloatingPointError: tg.log(AL (1, 3)) at ... gave 2 -inf of 3 entries, the first at [0, 0]: log of 2 zeros in AL
    """

    __slots__ = ()

    def inside(self, mode: Mode) -> tuple[bool, Scope | None, Any]:
        return *mode[:2], _watcher(mode[2], finite=True)

    def __enter__(self) -> None:
        super().__enter__()
        watcher = current.get()[2]
        watcher.quiet = np.errstate(all="ignore")
        watcher.quiet.__enter__()

    def __exit__(self, *error: Any) -> None:
        current.get()[2].quiet.__exit__(*error)
        super().__exit__(*error)


def _watcher(within: Any, **checks: bool) -> Any:
    """One that makes these checks beside those made already; while tg.compile traces, the trace goes on."""
    from .watch import Watcher

    return within if within is not None and within.compiles else Watcher(within, **checks)
