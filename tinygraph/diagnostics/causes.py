"""Guesses at why two results differ: each is an equation that holds in numbers, and its cause.

GUESSES is the table: functions of (the comparison, an entry's name, mine, theirs). Each returns a
line of text, or "" if its equation does not hold. The first that holds is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import Array
from ..transforms.check import largest
from .call_text import data

# Changes to one side: the text of the change, and a function of that side and the other.
OVER_EXAMPLES = "np.sum({}, axis=1, keepdims=True)"
SIDES: dict[str, Any] = {
    "{}": lambda x, other: x,
    "{}.T": lambda x, other: x.T,
    "{}.reshape{shape}": lambda x, other: x.reshape(other.shape) if x.size == other.size else x,
    OVER_EXAMPLES: lambda x, other: x.sum(axis=-1, keepdims=True),
    "np.sum({})": lambda x, other: x.sum(),
}
# Forms in which mine is a multiple of theirs: both sides of the equation, and the cause.
FORMS = (
    ("{}", "{}", ""),
    ("{}.T", "{}", "is it transposed?"),
    ("{}.reshape{shape}", "{}", "is it the shape alone, as by keepdims=True?"),
    (OVER_EXAMPLES, "{}", "is the sum over the examples missing in mine?"),
    ("np.sum({})", "{}", "is the sum missing in mine?"),
    ("{}", OVER_EXAMPLES, "is mine summed over the examples once too often?"),
    ("{}", "np.sum({})", "does mine sum over too much, as without axis=1, keepdims=True?"),
)
CAUSES = {
    "-": "is a sign turned?",
    "m": "is a division by m missing?",
    "1/m": "is it divided by m once too often?",
    "2": "is it applied twice?",
    "1/2": "is a factor of 2 missing?",
    "0.434294": "is it np.log10 in place of np.log?",
    "1.4427": "is it np.log2 in place of np.log?",
}
# The names of arrays with a column for each example: A_prev, Z1, dA2, AL, X, ...
OF_EXAMPLES = re.compile(r"d?[AXYZ](L|\d+|_prev)?|activation_cache")


class Entries:
    """The numbers on both sides by name, because a guess at one may need the others."""

    def __init__(self, pairs: list[Any], given: list[Any], rtol: float | None, atol: float | None) -> None:
        self.rtol, self.atol = rtol, atol
        self.mine, self.theirs, self.given = (
            {row[0]: array for row in rows if (array := as_array(row[k])) is not None}
            for rows, k in ((pairs, 1), (pairs, 2), (given, 1))
        )

    def close(self, a: Array, b: Array) -> Any:
        """A mask of where a and b are equal, to the tolerance."""
        eps = max([float(np.finfo(x.dtype).eps) for x in (a, b) if x.dtype.kind in "fc"], default=2e-16)
        rtol = eps**0.5 if self.rtol is None else self.rtol
        return np.isclose(a, b, rtol, 100 * eps * largest(b) if self.atol is None else self.atol, equal_nan=True)

    def same(self, a: Array, b: Array) -> bool:
        """Whether a and b have the same shape, and are equal to the tolerance."""
        return a.shape == b.shape and bool(self.close(a, b).all())


def as_array(x: Any) -> Array | None:
    """The numbers of a leaf; None for anything else."""
    try:
        array = np.asarray(data(x))
    except (TypeError, ValueError):
        return None
    return None if isinstance(x, np.ma.MaskedArray) or array.dtype.kind not in "fiubc" else array


def furthest(a: Array, b: Array, off: Array) -> str:
    """The count of numbers that differ, with the place and size of the largest difference."""
    apart = np.where(off, np.nan_to_num(np.abs(a - b), nan=np.inf), -1)
    k = np.unravel_index(np.argmax(apart), apart.shape)
    error = abs(a[k] - b[k]) / abs(b[k])
    place = f"{off.sum()} of {off.size} numbers, most at [{', '.join(map(str, k))}]: " if off.size > 1 else ""
    return f"{place}mine {a[k]:.10g}, theirs {b[k]:.10g}, relative error {error:.2g}"


def guess(c: Entries, name: str, a: Array, b: Array) -> str:
    """The first guess that holds for this entry, or ""."""
    return next(filter(None, (guess(c, name, a, b) for guess in GUESSES)), "")


def _multiple(c: Entries, name: str, a: Array, b: Array) -> str:
    """`left == factor * right`, for the first of the forms for which it holds."""
    for left, right, cause in FORMS:
        x, y = SIDES[left](a, b), SIDES[right](b, a)
        if x.shape != y.shape:
            continue
        plain = np.isfinite(x) & np.isfinite(y) & (y != 0)  # entries that have a ratio
        k = np.unravel_index(np.argmax(np.where(plain, np.abs(y), 0)), y.shape)
        ratio = float(x[k] / y[k])
        if not np.isfinite(ratio) or ratio == 0 or not c.same(x, ratio * y):
            continue
        for factor, number, value, why in _factors(c, abs(ratio), y[plain]):
            if np.isclose(abs(ratio), number, rtol=1e-6):
                if re.match("d[AZ]", _last_word(name)):
                    why = why.replace(CAUSES["m"], "the lesson's dA and dZ are m times a tape's")
                sign, turned = ("-", CAUSES["-"]) if ratio < 0 else ("", "")
                left, right = left.format("mine", shape=y.shape or "(())"), right.format("theirs")
                causes = " ".join(filter(None, (cause, why, turned)))
                return f"{left} == {sign}{factor}{right}{value}" + f": {causes}" * bool(causes)
    return ""


def _factors(c: Entries, size: float, y: Array) -> Iterator[tuple[str, float, str, str]]:
    """The factors that `size` may be: as text, the number, the value of its name, the likely cause.

    y: the numbers that are multiplied. If y has one value only, the factor must have a name, and a
    round value, such as a count or an accuracy, gets no factor.
    """
    yield "", 1, "", ""
    certain = len(np.unique(y)) > 1
    for name, number in _numbers(c) if certain or float(f"{y[0]:.3g}") != y[0] else ():
        value = f", with {name} = {number:g}"
        yield f"{name} * ", number, value, CAUSES.get(name, "")
        yield f"1/{name} * ", 1 / number, value, CAUSES.get(f"1/{name}", "")
    if certain:
        n, m = round(size) or 1, round(1 / size) or 1
        known = any(name == "m" for name, _ in _numbers(c))  # then no other number is taken for it
        yield f"{n} * ", n, "", CAUSES.get(f"{n}", "" if known else f"if m = {n}, {CAUSES['m']}")
        yield f"1/{m} * ", 1 / m, "", CAUSES.get(f"1/{m}", "" if known else f"if m = {m}, {CAUSES['1/m']}")
        yield f"{size:.6g} * ", size, "", CAUSES.get(f"{size:.6g}", "")


def _numbers(c: Entries) -> list[tuple[str, float]]:
    """The numbers with names: m, the width of an array of examples, and the numbers given."""
    entries = [("X", c.given["X"])] if "X" in c.given else [*c.given.items(), *c.theirs.items(), *c.mine.items()]
    m = [("m", x.shape[1]) for name, x in entries if x.ndim == 2 and OF_EXAMPLES.fullmatch(_last_word(name))]
    return [*m, *((name, float(x)) for name, x in c.given.items() if x.ndim == 0 and x.dtype.kind in "fiu" and x > 0)]


def _last_word(name: str) -> str:
    return str((re.findall(r"\w+", name) or [""])[-1])


ROUNDED = "they agree to 6 digits: rounding, or float32? Allow for it with rtol= and atol="


def _rounded(c: Entries, name: str, a: Array, b: Array) -> str:
    return ROUNDED * (a.shape == b.shape and np.allclose(a, b, 1e-6, 1e-6 * largest(b), equal_nan=True))


def _by_chance(c: Entries, name: str, y: Array) -> bool:
    """Whether y is too plain for an equation to mean anything, as labels and counts are."""
    return c.theirs[name].dtype.kind != "f" or len(np.unique(y, axis=0)) <= max(2, len(y) / 2)


def _masked(c: Entries, name: str, a: Array, b: Array) -> str:
    """They differ only where one of them is 0, in more than a number or two."""
    if a.shape != b.shape:
        return ""
    for x, y, text, cause in ((a, b, "theirs", "left out where Z <= 0"), (b, a, "mine", "applied once too often")):
        off = (y == 0) & (x != 0)
        many = 2 <= off.sum() >= 0.5 * np.sum(y == 0) and y.any()
        if many and not _by_chance(c, name, x.ravel()) and c.same(np.where(off, 0, x), y):
            return f"mine == theirs where {text} is not 0: is relu, or its slope, {cause}?"
    return ""


def _added(c: Entries, name: str, a: Array, b: Array) -> str:
    """They differ by one column, such as b."""
    wide = a.shape == b.shape and b.ndim == 2 and b.shape[1] > 1 and not _by_chance(c, name, b.ravel())
    # fmax, because a number that is nan in both says nothing
    if wide and c.same(a + np.fmax.reduce(b - a, axis=1, keepdims=True), b):
        return "theirs - mine is the same in each column, as if b were missing or added twice"
    return ""


def _elsewhere(c: Entries, name: str, a: Array, b: Array) -> str:
    others = {f"theirs' {other}": x for other, x in c.theirs.items() if other != name}
    return found_as("mine ==", a, others | {f"the given {other}": x for other, x in c.given.items()}, c)


def found_as(text: str, x: Array | None, entries: dict[str, Array], c: Entries) -> str:
    """The name of x in `entries`; "" for zeros, because they are found everywhere."""
    name = next((name for name, y in entries.items() if c.same(x, y)), "") if x is not None and x.any() else ""
    numbered = re.search(r"dA\d", name)
    return f"{text} {name}{': is dA numbered otherwise? See tinygraph.lesson' * bool(numbered)}" if name else ""


GUESSES = (_rounded, _multiple, _masked, _added, _elsewhere)
