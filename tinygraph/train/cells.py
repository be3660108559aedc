"""Cells: a column of a table; each cell is missing, a number in one of two notations, or text."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, time, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from ..arrays import Array
from ..files import short

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "<na>", "null", "?", "#div/0!", "#num!", "#ref!", "#value!"))
# missing in a column of numbers, with either decimal sign
NO_NUMBER = MISSING | {"-", "--", ".", ",", "n.a.", "n,a,", r"\n", "nil", "none", "missing", "undefined", "unknown"}
OTHER = {".": ",", ",": "."}  # of the two decimal signs; it may group thousands
SWAPPED = str.maketrans(".,", ",.")
GROUPS = ",' \u2019\u00a0\u202f"  # with a decimal point; \u2019, \u00a0 and \u202f: an apostrophe and (narrow) spaces
UNGROUPED = str.maketrans("", "", GROUPS)
UNITS = " \t\r\n\u00a0\u202f%$\u20ac\u00a3"  # around a number; euro, pound
PLAIN = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
NUMBER = re.compile(  # Python's float() would also read 2020_01 and digits of other scripts
    rf"[+-]?((([1-9]\d{{0,2}}([{GROUPS}]\d{{3}})+|\d+)(\.\d*)?|\.\d+)(e[+-]?\d+)?|inf|infinity)",
    re.ASCII | re.IGNORECASE,
)
CLOCK = r"\d\d?:\d\d(:\d\d([.,]\d+)?)?( ?[ap]m)?"
MONTH = r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sept?|o[ck]t|nov|de[cz])(r?uary?|vier|ch|[zseiy]|il|ust|[emo]+ber)?\.?"
DAY = r"\d\d?(st|nd|rd|th|\.)?"
DATE = re.compile(
    rf"((mo|tu|we|th|fr|sa|su)[a-z]{{0,7}}\.?,? )?(\d{{4}}(?P<sign>[-/.])\d\d?(?P=sign)\d\d?|"
    rf"\d\d?(?P<mark>[-/.])\d\d?(?P=mark)(\d{{4}}|\d\d)|{DAY}[ -][^\W\d_]{{3,9}}\.?,?[ -]\d{{4}}|"
    rf"{DAY}[ -]{MONTH}-\d\d|{MONTH} ({DAY},? ?)?\d{{4}}|\d{{4}}[ -]{MONTH}([ -]{DAY})?)"
    rf"(,?[ T]{CLOCK}(Z|[+-]\d\d:?\d\d)?)?|{CLOCK}",
    re.IGNORECASE,
)


def is_missing(x: Any) -> bool:
    """Whether nothing is known: None, nan, pandas' NA and NaT, texts such as "NA" and "#REF!"."""
    if isinstance(x, str):
        return x.strip().lower() in MISSING
    return x is None or type(x).__name__ in ("NAType", "NaTType") or (isinstance(x, (float, np.floating)) and x != x)


def number(x: Any, decimal: str = ".") -> float | None:
    """The number in a cell, nan if it is missing, else None; 45 for "45 %" and "$45"."""
    if isinstance(x, str):
        x = x.translate(SWAPPED) if decimal == "," else x
        if PLAIN.fullmatch(x):
            return float(x)  # the rest would do, but is slow
        x = x.strip(UNITS).replace("\u2212", "-")
        x = f"-{x[1:].lstrip(UNITS)}" if x[:1] == "-" else x  # -$45
        if x.lower() in NO_NUMBER:
            return math.nan
        return float(x.translate(UNGROUPED)) if NUMBER.fullmatch(x) else None
    if isinstance(x, (bool, np.bool_, np.complexfloating)) or not hasattr(x, "__float__"):
        return math.nan if is_missing(x) else None
    try:
        return float(x)
    except (OverflowError, TypeError, ValueError) as error:
        return math.inf if isinstance(error, OverflowError) else None


def text(x: Any) -> str:
    """A cell as the name of a category, "" if it is missing; 1, 1.0 and "1" are one category."""
    if is_missing(x):
        return ""
    if isinstance(x, (float, np.floating)) and float(x).is_integer():
        x = int(x)
    x = " ".join(str(x).split())
    return x.capitalize() if x.lower() in ("true", "false") else x


def is_date(x: Any) -> bool:
    """Whether a cell is a date, a time of the day, or a span of time."""
    return bool(DATE.fullmatch(x.strip())) if isinstance(x, str) else isinstance(x, (date, time, timedelta))


def raw_cells(values: Any) -> Array:
    """The values of a column: numbers as they are, all others as an array of objects."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if not isinstance(values, np.ndarray):
        return np.array([*values, None], dtype=object)[:-1]  # with None, rows of rows stay one-dimensional
    if values.dtype.kind in "mM":
        values = values.astype(f"{values.dtype.kind}8[us]")  # NumPy makes integers of nanoseconds
    return values if values.dtype.kind in "fiu" else values.astype(object)


def listed(values: Iterable[Any]) -> str:
    """Labels or names as a list; those with a comma of their own in quotes."""
    return ", ".join(repr(x) if "," in str(x) else str(x) or "(missing)" for x in values)


class Cells:
    """A column of a table. Its cells are read as numbers at most once with each decimal sign.

    name, raw: as in the table. places: of the rows in their file, each a `kind`, for errors; of a
    Series, its index.
    decimal: the sign of its numbers, "" if they are categories, None until `settle` finds it.
    """

    def __init__(self, name: Any, values: Any, places: Any = None, kind: str | None = None) -> None:
        self.name, self.raw, self.kind = str(name), raw_cells(values), kind or "row"
        places = values.index if hasattr(values, "iloc") else places
        self.places = np.arange(len(self.raw)) if places is None else np.asarray(places)
        self.decimal: Any = None if self.raw.dtype.kind == "O" else "."
        self._read: dict[str, Array | None] = {}

    def take(self, rows: Array) -> Cells:
        """The cells of some rows."""
        taken = Cells(self.name, self.raw[rows], self.places[rows], self.kind)
        taken.decimal = self.decimal
        return taken

    def numbers(self, decimal: str) -> Array | None:
        """Its numbers, nan for missing ones; None if a cell is neither."""
        if self.raw.dtype.kind != "O":
            return self.raw.astype(np.float64, copy=False)
        if decimal not in self._read:
            self._read[decimal] = None
            with suppress(TypeError):  # an array("d") takes no None
                self._read[decimal] = np.array(array("d", (number(x, decimal) for x in self.raw)))  # type: ignore[type-var]
        return self._read[decimal]

    def finite(self, all_there: bool = False) -> Array:
        """Its numbers, nan for missing ones. Raises ValueError if a cell is not one."""
        x, sign = self.numbers(self.decimal or "."), self.decimal or "."
        bad: Any = [number(cell, sign) is None for cell in self.raw] if x is None else ~np.isfinite(x)
        bad = bad if x is None or all_there else np.isinf(x)
        if np.any(bad):
            k = int(np.argmax(bad))
            raise self.fault(k, f"expected a finite number, got {short(self.raw[k])!r}")
        return x  # type: ignore[return-value]

    @cached_property
    def texts(self) -> list[str]:
        return [*map(text, self.raw)]

    @property
    def there(self) -> Array:
        """Which cells are not missing."""
        x = self.numbers(self.decimal) if self.decimal else None
        return np.array([not is_missing(x) for x in self.raw], dtype=bool) if x is None else ~np.isnan(x)

    def index(self, values: Iterable[Any], keys: Collection[Any]) -> Array:
        """The place of each value among the keys. Raises ValueError for one that is not there."""
        place = {key: k for k, key in enumerate(keys)}
        found = np.array([place.get(x, -1) for x in values], dtype=int)
        if (found < 0).any():
            k, wanted = int(found.argmin()), short(listed(keys))
            if is_missing(self.raw[k]):
                raise self.fault(k, f"no value, and the training table misses none; fill in one of {wanted}")
            raise self.fault(k, f"{short(self.raw[k])!r} is not among the values learnt: {wanted}")
        return found

    def constant(self, values: Collection[Any]) -> str:
        """Why these values, which are those that are there, do not differ; "" if they do."""
        if len({*values}) > 1:
            return ""
        if not values:
            return "empty"
        one, rows = next(iter(values)), f"in all of {len(values)} rows"
        if isinstance(one, (int, float)) and abs(one) >= 2**53 and len({*self.texts} - {""}) > 1:
            return f"near {one:g} {rows}, too close for float64 to tell its values apart"
        return f"{f'{one:g}' if isinstance(one, float) else short(repr(one))} {rows}"

    def is_code(self) -> bool:
        """Whether it has digits alone, some with a zero in front, as postal codes: no numbers."""
        texts = [x.strip() for x in self.raw if isinstance(x, str)]
        return any(x[:1] == "0" != x for x in texts) and all(x.isdigit() or is_missing(x) for x in texts)

    def groups(self) -> bool:
        """Whether the other sign groups thousands in its numbers."""
        return any(isinstance(x, str) and OTHER[self.decimal or "."] in x for x in self.raw)

    def unclear(self) -> list[int]:
        """The text cells whose number depends on the decimal sign; none unless both signs fit."""
        point, comma = map(self.numbers, OTHER)
        if point is None or comma is None:
            return []
        return np.flatnonzero((point != comma) & ~np.isnan(point)).tolist()

    def fault(self, k: int, what: str) -> ValueError:
        return ValueError(f"column {short(self.name)!r}, {self.kind} {self.places[k]}: {what}")


def settle(columns: Collection[Cells], separator: str = "", known: Collection[Any] | None = None) -> list[str]:
    """Find the decimal sign of each column of a table, and return lines about it.

    Columns that can be read with one sign alone decide for the others. If they do not, "," is a
    decimal sign where the separator is ";" or a tab, and "." is one everywhere.
    known: for rows of a model, its Columns and Target. Then the usual sign of a column is that of
    the model's table, and an open question raises ValueError.
    """
    signs, grouped = {x.name: x.decimal for x in known or ()}, {x.name for x in known or () if x.grouped}
    of_commas = separator in (";", "\t") and not known
    texts = [x for x in columns if x.decimal is None and (not known or signs.get(x.name))]
    usual = {x: signs.get(x.name, ".") for x in texts}
    fits = {x: [x.numbers(s) is not None for s in (sign, OTHER[sign])] for x, sign in usual.items()}
    votes = [other - same for same, other in fits.values()]
    ungrouped = [x for x in texts if x.name not in grouped]
    doubts = {x: k for x in ungrouped for k in x.unclear()[::-1] if of_commas or OTHER[usual[x]] in x.raw[k]}
    turn = sum(votes) > 0 or (sum(votes) == 0 and of_commas and any("," in x.raw[k] for x, k in doubts.items()))
    for x, (same, other) in fits.items():
        sign = OTHER[usual[x]] if other and (turn or not same) else usual[x]
        x.decimal = sign if known or ((same or other) and not x.is_code()) else ""
    turned = [x for x in texts if x.decimal == OTHER[usual[x]] and (x.unclear() or not fits[x][0])]
    kind = f"decimal {'commas' if turned and turned[0].decimal == ',' else 'points'}"
    where = f"{kind}, unlike in the model's table" if known else kind
    said = [f"{where}: {short(', '.join(x.name for x in turned), 300)}"] if turned else []
    if not doubts or len({*votes} - {0}) == 1:
        return said
    x, k = next(iter(doubts.items()))
    cell, (one, two) = short(x.raw[k]), (f"{number(x.raw[k], s):.15g}" for s in (x.decimal, OTHER[x.decimal]))
    if known:
        what = f"{cell!r} is {one} with {x.decimal!r} as the decimal sign, as in the model's table, and else {two}"
        raise x.fault(k, f"{what}; write {one} or {two.replace('.', x.decimal)}")
    more = f" (as in {len(doubts)} columns)" if len(doubts) > 1 else ""
    return [*said, f"column {short(x.name)!r}: {cell!r} is read as {one}{more}; if it is {two}, write that"]
