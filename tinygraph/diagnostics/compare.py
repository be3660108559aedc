"""`compare` holds two results against each other, number by number; causes.py guesses causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..show.table import Tape, html_table, shortened
from ..tensor import Tensor, given_name
from ..transforms.check import largest
from ..transforms.tree import ENDLESS, leaves
from .causes import ROUNDED, Entries, found_as, furthest, guess
from .tutor import Verdict, recognised

SHOWN = 8  # the most differing entries printed in full, and the most entries of zeros named
_MISSING = object()


class Difference(NamedTuple):
    """An entry that differs: its `name`, `what` differs, and a `guess` at the cause, or ""."""

    name: str
    what: str
    guess: str = ""

    def __repr__(self) -> str:
        return (f"{self.name}: {self.what}" if self.name else self.what) + f"\n  {self.guess}" * bool(self.guess)


class Comparison:
    """The result of `compare`: true if all is equal; prints as a report.

    differences: a list of Difference, in theirs' order. names: the names of all compared entries.
    zeros: the names of entries that are 0 throughout on both sides, as gradients of dead units are.
    That these are equal proves nothing. verdict: the tutor's, if it knows what was computed.
    """

    equal = property(lambda self: not self.differences, doc="Whether no entry differs.")

    def __init__(self, names: Any, found: list[Difference], zeros: Any, worst: Any, verdict: Verdict | None) -> None:
        self.names, self.differences, self.zeros, self._worst, self.verdict = names, found, zeros, worst, verdict

    def __bool__(self) -> bool:
        return bool(self.equal)

    def __repr__(self) -> str:
        above, rows, below = self._parts()
        lines = [f"  {line}" for row in rows[:SHOWN] for line in repr(row).splitlines()]
        if rows[SHOWN:]:
            lines.append("  and " + ", ".join(row.name for row in rows[SHOWN:]))
        return "\n".join([above, *lines, *below])

    def _repr_html_(self) -> str | None:
        above, rows, below = self._parts()
        return (
            html_table([("entry", "difference", "cause"), *shortened(rows)], (), above, "\n".join(below))
            if rows
            else None
        )

    def _parts(self) -> tuple[str, list[Difference], list[str]]:
        """The result in a sentence, the differences, and what else is to be said."""
        error, worst = self._worst
        entries = f"{len(self.names)} {'entry' if len(self.names) == 1 else 'entries'}"
        accuracy = f"{error:.0e} of the largest number" + f" ({worst})" * bool(worst) if error else "the last digit"
        differ = f"{len(self.differences)} of {entries} differ{'s' * (len(self.names) == 1)}"
        below = []
        if self.zeros:
            count, more = len(self.zeros), len(self.zeros) - SHOWN
            which = ", ".join(filter(None, self.zeros[:SHOWN])) + f" and {more} more" * (more > 0)
            verb = "is" if count == 1 else "are"
            below.append(
                f"{count} of {entries} {verb} 0 on both sides, which proves nothing" + f": {which}" * bool(which)
            )
        if self.verdict:
            below.append(repr(self.verdict._replace(what="")))  # the differences say it
        return f"equal: {entries}, to {accuracy}" if self.equal else differ, self._once(), below

    def _once(self) -> list[Difference]:
        """The differences. A guess stands at the first entry that it fits, and names the others."""
        said: dict[str, str] = {}
        for cause in dict.fromkeys(d.guess for d in self.differences if d.guess):
            names = [d.name for d in self.differences if d.guess == cause]
            said[names[0]] = f"{cause} ({', '.join(names)})" if names[1:] else cause
        return [d._replace(guess=said.get(d.name, "")) for d in self.differences]


def compare(
    mine: Any, theirs: Any, *, rtol: float | None = None, atol: float | None = None, given: Any = ()
) -> Comparison:
    """Compare dicts, lists or tuples of arrays (nested, as caches are), arrays, or tapes.

    Tapes, and Tensors that have one, are compared by the names of their tensors. If the other side
    is a dict, only the names in it count. nan equals nan, and the coarser of two dtypes counts.

    rtol, atol: a and b are equal if |a - b| <= atol + rtol * |b|, with b from theirs. By default
    rtol is the square root of the dtype's eps (1.5e-8 for float64), and atol is 100 eps times the
    entry's largest number.
    given: values that both were computed from, as {"X": X} or {"parameters": parameters, "grads":
    grads, "learning_rate": 0.01}. Guesses may use them. A guess is an equation between the two, and
    is printed only if it holds in numbers. If these are the arguments of a function of the course
    and theirs is its result, two lines say in which function mine has a mistake, and which.

    >>> import numpy as np, tinygraph as tg
    >>> theirs = {"dW": np.array([[1.0, 2.0]]), "dA": np.array([[1.0, 2.0, 3.0, 4.0]])}
    >>> tg.compare({"dW": np.array([[4.0, 8.0]]), "dA": theirs["dA"]}, theirs)
    1 of 2 entries differ
      dW: 2 of 2 numbers, most at [0, 1]: mine 8, theirs 2, relative error 3
        mine == m * theirs, with m = 4: is a division by m missing?
    """
    for option, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not value >= 0:
            raise ValueError(f"compare({option}=...) takes a number of at least 0, got {value!r}")
    try:
        mine, theirs = _by_name(mine, theirs), _by_name(theirs, mine)
        pairs, known = list(_pairs(mine, theirs)), list(_pairs(given, given))
    except RecursionError:
        raise ValueError(ENDLESS) from None
    if not pairs:
        raise ValueError("compare() found nothing to compare: both are empty, or have no name in common")
    entries = Entries(pairs, known, rtol, atol)
    with np.errstate(all="ignore"):
        found = {name: _difference(entries, name, a, b) for name, a, b in pairs}
        same = [name for name, difference in found.items() if not difference and name in entries.mine]
        errors = [(_error(entries.mine[name], entries.theirs[name]), name) for name in same]
    zeros = [name for name in same if _are_zeros(entries.mine[name], entries.theirs[name])]
    differences = [d for d in found.values() if d]
    if any(d.guess != ROUNDED for d in differences):  # then rounding is not what makes the two differ
        differences = [d._replace(guess=d.guess.replace(ROUNDED, "")) for d in differences]
    verdict = recognised(mine, theirs, given) if differences else None
    if verdict and verdict.kind:  # it covers the guesses
        differences = [d._replace(guess="") for d in differences]
    return Comparison([*found], differences, zeros, max(errors, default=(0.0, "")), verdict)


# --- two nests as a list of (name, mine, theirs)


def _is_tape(x: Any) -> bool:
    return isinstance(x, Tape) or (type(x) is Tensor and not x.is_leaf)


def _by_name(x: Any, other: Any) -> Any:
    """A tape as a dict of its named tensors, with "dW" for the gradient of "W"; else x itself."""
    if not _is_tape(x) or not (_is_tape(other) or isinstance(other, Mapping)):
        return x
    tape = list(x.tape() if type(x) is Tensor else x)
    inputs = [t for node in tape for t in (*node.inputs, node) if type(t) is Tensor]
    named = {name: t for t in inputs if (name := given_name(t)) is not None}
    end = tape[-1]
    named.setdefault(given_name(end) or ("cost" if end.size == 1 else "y"), end)
    entries: dict[str, Any] = {name: t.data for name, t in named.items()}
    entries |= {f"d{name}": t._grad for name, t in reversed(named.items()) if t._grad is not None}
    return entries if _is_tape(other) else {name: value for name, value in entries.items() if name in other}


def _branches(x: Any) -> dict[Any, Any] | None:
    """The items of a dict, list or tuple; None for a leaf, such as a row of plain numbers."""
    if isinstance(x, (list, tuple)) and not (x and all(isinstance(leaf, (bool, int, float)) for leaf in leaves(x))):
        return dict(enumerate(x))
    return dict(x) if isinstance(x, Mapping) else None


def _opened(x: Any, other: Any) -> Any:
    """A network as its parameters, a pair of masked arrays as data and mask, or x itself."""
    if isinstance(x, np.ma.MaskedArray) and isinstance(other, np.ma.MaskedArray):
        return {"data": x.filled(0), "mask": np.ma.getmaskarray(x)}
    parameters = getattr(x, "parameters", None)
    return parameters if isinstance(parameters, Mapping) else x


def _pairs(mine: Any, theirs: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    mine, theirs = _opened(mine, theirs), _opened(theirs, mine)
    a, b = _branches(mine), _branches(theirs)
    if (a or b) and isinstance(mine, (list, tuple)) and isinstance(theirs, (list, tuple)):
        a, b = dict(enumerate(mine)), dict(enumerate(theirs))  # compared with a nest, a row of numbers is a nest too
    if a is None or b is None or isinstance(mine, Mapping) != isinstance(theirs, Mapping):
        yield name, mine, theirs
        return
    fields = getattr(theirs, "_fields", getattr(mine, "_fields", ()))
    for key in {**b, **a}:
        if isinstance(theirs, Mapping):
            part = key if key and not name and isinstance(key, str) else f"{name}[{key!r}]"
        else:
            part = f"{name}.{fields[key]}".lstrip(".") if key < len(fields) else f"{name}[{key}]"
        yield from _pairs(a.get(key, _MISSING), b.get(key, _MISSING), part)


def _alike(name: str, mine: Any, theirs: Any) -> bool:
    """Whether two values that are not numbers are equal by their own ==."""
    if (isinstance(mine, np.ndarray) or isinstance(theirs, np.ndarray)) and np.shape(mine) != np.shape(theirs):
        return False
    try:
        return bool(np.all((mine == theirs) | ((mine != mine) & (theirs != theirs))))  # nan, NaT
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"compare() takes numbers, arrays, nests of them, and other values that == compares; {name or 'it got'} "
            f"has a {type(mine).__name__} and a {type(theirs).__name__}, which == does not compare: {error}"
        ) from None


# --- the differences


def _difference(entries: Entries, name: str, mine: Any, theirs: Any) -> Difference | None:
    a, b = entries.mine.get(name), entries.theirs.get(name)
    grad, other = getattr(theirs, "_grad", None), entries.mine.get(f"d{name}") if mine is _MISSING else a
    if a is not None and b is not None and entries.same(a, b):
        return None
    if grad is not None and other is not None and entries.same(other, getattr(grad, "_data", grad)):
        what, word = ("missing in mine", f"mine's d{name}") if mine is _MISSING else ("theirs is a Tensor", "mine")
        return Difference(name, what, f"{word} == .grad of theirs: write t.grad for t")
    if mine is _MISSING:
        return Difference(name, "missing in mine", found_as("mine has it as", b, entries.mine, entries))
    if theirs is _MISSING:
        return Difference(name, "not in theirs", found_as("theirs has it as", a, entries.theirs, entries))
    if a is None or b is None:
        if a is None and b is None and _alike(name, mine, theirs):
            return None
        return Difference(name, f"mine is {_described(mine)}, theirs is {_described(theirs)}")
    what = f"mine has shape {a.shape}, theirs {b.shape}"
    if a.shape == b.shape:
        what = furthest(a * 1.0, b * 1.0, ~entries.close(a, b))
    if a.dtype != b.dtype:
        what += f" (dtypes {a.dtype} and {b.dtype})"
    real = "c" not in a.dtype.kind + b.dtype.kind
    return Difference(name, what, guess(entries, name, a * 1.0, b * 1.0) if real else "")


def _are_zeros(a: Array, b: Array) -> bool:
    """Whether two floating-point arrays are all 0; an integer 0 may be intended."""
    return b.dtype.kind in "fc" and b.size > 0 and not (a.any() or b.any())


def _error(a: Array, b: Array) -> float:
    return largest(np.where(a == b, 0, np.abs(a * 1.0 - b))) / (largest(b) or 1)


def _described(x: Any) -> str:
    if isinstance(x, (Mapping, list, tuple)):
        return f"a {type(x).__name__} of {len(x)}"
    kind = "a masked array" if isinstance(x, np.ma.MaskedArray) else "an array"
    return f"{kind} of shape {x.shape}, {x.dtype}" if isinstance(x, (np.ndarray, Tensor)) else f"{x!r:.60}"
