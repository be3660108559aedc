"""Two modes that find mistakes: `debug` tells where, `detect_anomaly` finds NaN and Inf.

Their checks are in watch.py. It is imported when a mode is entered, because it takes longer to
import than this module.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..modes import Fields, Mode, Scope, current


class _Watching(Mode):
    """A block in which a Checker adds some checks to those made already."""

    __slots__ = ()
    checks: ClassVar[dict[str, bool]]

    def inside(self, mode: Fields) -> tuple[int, Scope | None, Any]:
        from .watch import Checker

        within = mode[2]
        traces = within is not None and within.traces  # while tg.compile traces, the trace goes on watching
        return *mode[:2], within if traces else Checker(within, **self.checks)


class debug(_Watching):  # noqa: N801 (a context manager reads as a function)
    """Inside, remember where each tensor is made, and refuse to go back over changed arrays.

    Errors then name the file and line that made their tensors. Inside, backward() raises a
    ValueError if an array that a gradient rule needs was changed in place since it was recorded,
    through any name or view. The error names the array, the op that needs it, and the line that
    recorded it. Each op costs a checksum of its arrays. Nothing is checked inside a function that
    tg.compile compiles.

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
    checks: ClassVar = {"in_place": True}


class detect_anomaly(_Watching):  # noqa: N801
    """Inside, raise a FloatingPointError where the first NaN or Inf arises, forward or backward.

    The error names the op, its inputs with their shapes, the line, and the cause. NumPy's
    floating-point errors (those of np.errstate) are ignored inside. NumPy's "Mean of empty slice"
    and "Degrees of freedom" stay, because they are Python warnings, which belong to the whole
    process. NumPy 1 keeps np.errstate for a thread and not for a task: tasks that take turns inside
    may leave it set. A function from tg.compile counts as one op: its results are checked when it
    is done, and nothing inside it is.

    >>> import tinygraph as tg
    >>> AL = tg.Tensor([[0.0, 0.5, 0.0]], requires_grad=True, name="AL")
    >>> with tg.detect_anomaly():
    ...     cost = -tg.log(AL).mean()
    Traceback (most recent call last):
    FloatingPointError: tg.log(AL (1, 3)) at ... gave 2 -inf of 3 entries, the first at [0, 0]: log of 2 zeros in AL
    """

    __slots__ = ()
    checks: ClassVar = {"finite": True}

    def __enter__(self) -> None:
        super().__enter__()
        watcher = current.get()[2]
        if not watcher.traces:  # a trace, shared by all blocks inside it, ignores them itself
            watcher.quiet = np.errstate(all="ignore")  # here, because several threads may enter one block
            watcher.quiet.__enter__()

    def __exit__(self, *error: Any) -> None:
        watcher = current.get()[2]
        if not watcher.traces:
            watcher.quiet.__exit__(*error)
        super().__exit__(*error)
