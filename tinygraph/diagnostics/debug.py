"""Two modes for finding mistakes: `debug`, which tells where, and `detect_anomaly`, which tells of
NaN and Inf.

What they do is in watch.py, which is imported where a mode is entered, for it takes longer to
import than this.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..modes import Fields, Mode, Scope, current


class _Watching(Mode):
    """A block inside which a Checker, told of all that is computed, makes some checks beside those
    made already.
    """

    __slots__ = ()
    checks: ClassVar[dict[str, bool]]

    def inside(self, mode: Fields) -> tuple[int, Scope | None, Any]:
        from .watch import Checker

        within = mode[2]
        traces = within is not None and within.traces  # while tg.compile traces, the trace goes on
        return *mode[:2], within if traces else Checker(within, **self.checks)


class debug(_Watching):  # noqa: N801 (a context manager reads as a function)
    """Remember inside where each tensor is made, and refuse to go back over arrays that have
    changed since.

    Errors then say at which file and line their tensors were made. backward(), inside too, raises a
    ValueError where an array that a gradient rule needs was changed in place since it was recorded,
    through whatever name or view: it says which, by which op it is needed, and where that was
    recorded. Each op costs a checksum of its arrays. Inside a function that tg.compile compiles,
    nothing is looked at.

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
    """Raise a FloatingPointError inside where the first NaN or Inf arises, in the forward or the
    backward pass.

    It names the op, its inputs with their shapes, the line, and what fed it. NumPy's floating-point
    errors (those of np.errstate) are ignored inside; its "Mean of empty slice" and "Degrees of
    freedom" are warnings of Python's, which are the whole process's, and stay. NumPy 1 has such
    settings for a thread and not for a task: there, tasks that are inside by turns may leave them
    set. Of a function that tg.compile has compiled, the results are checked, as those of one op; a
    step's when it is done. Inside such a function nothing is looked at.

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
        if not watcher.traces:  # a trace, which all blocks inside it share, ignores them itself
            watcher.quiet = np.errstate(all="ignore")  # there, as one block may be entered by several threads
            watcher.quiet.__enter__()

    def __exit__(self, *error: Any) -> None:
        watcher = current.get()[2]
        if not watcher.traces:
            watcher.quiet.__exit__(*error)
        super().__exit__(*error)
