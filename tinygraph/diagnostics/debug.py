"""Two modes that find mistakes: `debug` tells where, `detect_anomaly` finds NaN and Inf.

Inside them a Checker is the Watcher of the current mode, which ops inform.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..arrays import modified_since
from ..modes import Fields, Mode, Scope, Watcher, current
from ..ops import divide, reciprocal
from ..show.annotate import counted
from ..tape import fit
from ..tensor import Op, Tensor
from .call_text import data, headline, made, title, user_line, words
from .memory import needed

Rule = Callable[..., Any]


class Note(NamedTuple):
    """The origin of a tensor; `sums` are checksums of its inputs and itself, if kept."""

    op: Op
    line: str
    sums: list[int]


class Checker(Watcher):
    """The checks of the modes at each op, and at each step of the walk back."""

    def __init__(self, within: Any, in_place: bool = False, finite: bool = False) -> None:
        self.in_place = in_place or getattr(within, "in_place", False)
        self.finite = finite or getattr(within, "finite", False)

    def computed(self, tensor: Tensor, op: Op, inputs: Sequence[Any], arrays: list[Any], options: Any) -> Tensor:
        """Called by every op with its result."""
        sums = _sums(arrays, tensor) if self.in_place and tensor._requires_grad else []
        tensor._made_at = Note(op, user_line(), sums)
        if self.finite:
            _check_result(op, inputs, options, arrays, tensor._data)
        return tensor

    def called(self, name: str, inputs: Sequence[Any], results: Sequence[Any]) -> None:
        """Called by a compiled function with its results; nothing inside it is reported."""
        arrays = [*map(data, inputs)]
        for y in results if self.finite else ():
            _check_result(Op(name, len, None), inputs, {}, arrays, y, ". Call it uncompiled to be told the op")

    def rules(self, node: Tensor, rules: Sequence[Rule | None]) -> Sequence[Rule | None]:
        """Called by the walk back at each op: gives its rules, with checks of their results."""
        note = getattr(node, "_made_at", None)
        if note is not None and note.sums:
            now = _sums(node.saved or [], node)
            _refuse(node, [k for k, pair in enumerate(zip(note.sums, now, strict=True)) if pair[0] != pair[1]])
        return [rule and _finite(node, k, rule) for k, rule in enumerate(rules)] if self.finite else rules


class _Called(type):
    def __enter__(cls) -> None:
        raise TypeError(f"`with tg.{cls.__name__}:` lacks its brackets: write `with tg.{cls.__name__}():`")

    def __exit__(cls, *error: Any) -> None: ...


class _Watching(Mode, metaclass=_Called):
    """A block in which a Checker adds some checks to those made already."""

    __slots__ = ()
    checks: ClassVar[dict[str, bool]]

    def inside(self, mode: Fields) -> tuple[int, Scope | None, Any]:
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


# --- arrays that were changed in place


def _sums(arrays: Iterable[Any], tensor: Tensor) -> list[int]:
    return [zlib.crc32(np.ascontiguousarray(a).data) for a in (*arrays, tensor._data)]


def check_changes(nodes: Iterable[Tensor]) -> None:
    """Raise if a gradient rule needs values that `t.data -= ...` or an optimizer has changed."""
    for node in nodes:
        held = (*(node.saved or ()), node._data)
        _refuse(node, [k for k, array in enumerate(held) if modified_since(array, node.order)])


def _refuse(node: Tensor, changed: list[int]) -> None:
    """Raise if a rule of `node` needs a changed array: one of its inputs, or (last) its own."""
    op: Any = node.op
    for k in sorted(needed(node).intersection(changed)) if changed else ():
        names, note = words(op, node.inputs), getattr(node, "_made_at", None)
        call = headline(op, names, node.inputs, node.options)
        of = title(names[k], node.inputs[k]) if k < len(names) else f"{node.name or 'the result'} {node.shape}"
        raise ValueError(
            f"{of} has been changed in place since {call} was recorded"
            f"{f' at {note.line}' if note else ''}, and the gradient of {op} needs the values that were there. "
            "Put the new values into a new array, as in `a = a + b` for `a += b`, change it after backward(), "
            "or run the forward pass again" + ("" if note else ". (Inside `with tg.debug():` you are told the line.)")
        )


# --- NaN and Inf

DIVISOR = {divide: 1, reciprocal: 0}  # the index of the divisor
# The entries at which an op may fail, as its row names them: words for one and many, and a test.
KINDS: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "zero": ("zero", "zeros", lambda x: x == 0),
    "negative": ("negative number", "negative numbers", lambda x: x < 0),
    "at most -1": ("number not above -1", "numbers not above -1", lambda x: x <= -1),
    "at most 1": ("number not above 1", "numbers not above 1", lambda x: x <= 1),
    "outside": ("number not between -1 and 1", "numbers not between -1 and 1", lambda x: np.abs(x) >= 1),
    "large": ("large number", "large numbers", lambda x: np.abs(x) > np.log(np.finfo(x.dtype).max)),
}


def _check_result(op: Op, inputs: Sequence[Any], options: Any, arrays: Sequence[Any], y: Any, more: str = "") -> None:
    bad = _not_finite(y)
    if bad:
        names = words(op, inputs)
        call = f"{headline(op, names, inputs, options)} at {user_line()}"
        raise FloatingPointError(f"{call} gave {bad}: {_cause(op, names, inputs, arrays, y)}{more}")


def _finite(node: Tensor, k: int, rule: Rule) -> Rule:
    """Rule k of a recorded tensor, which raises if it gives NaN or Inf."""

    def run(g: Any, y: Any, *values: Any, **options: Any) -> Any:
        dx = rule(g, y, *values, **options)
        if dx is None:
            return None
        dx = fit(dx, node.inputs[k], type(g) is Tensor)
        bad = _not_finite(data(dx))
        if bad:
            op: Any = node.op
            cause = _cause(op, words(op, node.inputs), node.inputs, node.saved or (), data(dx), data(g))
            note = getattr(node, "_made_at", None)
            raise FloatingPointError(f"gave {bad}: {cause}" + (f". It was recorded at {note.line}" if note else ""))
        return dx

    return run


def _not_finite(array: Any) -> str:
    """The count of entries that are nan, inf or -inf, and the place of the first; "" if none is."""
    array = np.asarray(array)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    if array.ndim == 0:
        return str(array)
    found = counted({"nan": np.isnan(array), "inf": array == np.inf, "-inf": array == -np.inf})
    entries = "entry" if array.size == 1 else "entries"
    return f"{found} of {array.size} {entries}, the first at {np.argwhere(~np.isfinite(array))[0].tolist()}"


def _cause(op: Any, names: list[str], inputs: Sequence[Any], arrays: Sequence[Any], y: Any, g: Any = None) -> str:
    """The reason why a result y, or a gradient y made from the gradient g, is not finite."""
    parts = [*zip(names, arrays, strict=True), *([("the gradient that came to it", g)] if g is not None else [])]
    said = [f"{name} already held {bad}" for name, a in parts if (bad := _not_finite(a))]
    blamed = list(range(len(names)))
    fails_at = "zero" if op in DIVISOR else op.fails_at
    if not said and fails_at:
        k, phrase = (DIVISOR[op], "division by") if op in DIVISOR else (0, f"{op} of")
        x = np.asarray(arrays[k], y.dtype)
        for one, many, test in map(KINDS.__getitem__, fails_at.split(", ")):
            mask = test(x) & ~np.isfinite(y) if x.shape == y.shape else test(x)
            if mask.any():
                said.append(f"{phrase} {mask.sum()} {one if mask.sum() == 1 else many} in {names[k]}")
                blamed = [k]
    if not said:
        empty = [f"{name} is empty" for name, a in parts if np.size(a) == 0]
        sizes = [f"{np.abs(a).max():.3g} in {x}" if hasattr(a, "shape") else x for x, a in parts if np.size(a)]
        said = [", ".join(empty) or f"the largest magnitudes are {', '.join(sizes)}"]
    return ". ".join([", ".join(said), *filter(None, (made(names[k], inputs[k]) for k in blamed))])
