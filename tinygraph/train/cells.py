"""One cell of a table: missing, a number in one of two notations, or text."""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, time, timedelta
from typing import Any

import numpy as np

from ..arrays import Array
from ..files import short

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "<na>", "null", "?"))
NO_NUMBER = MISSING | {"-", "--", ".", "none", "missing", "unknown"}  # missing in a column of numbers


def _notation(point: str, thousands: str) -> re.Pattern[str]:
    # Python's float() would also read 2020_01 and digits of other scripts
    integer = rf"[1-9]\d{{0,2}}(?:[{thousands}]\d{{3}})+|\d+"
    number = rf"(?:(?:{integer})(?:[{point}]\d*)?|[{point}]\d+)(?:e[+-]?\d+)?"
    return re.compile(rf"[+-]?(?:{number}|inf|infinity)", re.ASCII | re.IGNORECASE)


# By the decimal sign. The other sign may group thousands; so may apostrophes and (narrow) spaces.
GROUPS = " '\u2019\u00a0\u202f"
NOTATIONS = {".": _notation(".", f",{GROUPS}"), ",": _notation(",", f".{GROUPS}")}
UNITS = " \t\r\n\u00a0\u202f%$\u20ac\u00a3"  # around a number; euro, pound
WITHOUT = {".": str.maketrans("", "", f",{GROUPS}"), ",": str.maketrans(",", ".", f".{GROUPS}")}
PLAIN = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
CLOCK = r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?"
DATE = re.compile(
    rf"(\d{{4}}([-/.])\d\d?\2\d\d?|\d\d?([-/.])\d\d?\3(\d{{4}}|\d\d)|\d\d?[ -][a-z]{{3,9}}\.?[ -]\d{{4}})"
    rf"([ T]{CLOCK} ?([ap]m)?(Z|[+-]\d\d:?\d\d)?)?|{CLOCK} ?([ap]m)?",
    re.IGNORECASE,
)


def is_missing(x: Any) -> bool:
    """Whether nothing is known: None, nan, pandas' NA and NaT, and texts such as "" and "NA"."""
    if isinstance(x, str):
        return x.strip().lower() in MISSING
    return x is None or type(x).__name__ in ("NAType", "NaTType") or (isinstance(x, (float, np.floating)) and x != x)


def number(x: Any, decimal: str = ".") -> float | None:
    """The number in a cell, nan if it is missing, and None if it is neither; 45 for "45 %" and "$45"."""
    if isinstance(x, str):
        if decimal == "." and PLAIN.fullmatch(x):
            return float(x)  # this alone would do, but is fast
        x = x.strip(UNITS).replace("\u2212", "-")
        if x.lower() in NO_NUMBER:
            return math.nan
        return float(x.translate(WITHOUT[decimal])) if NOTATIONS[decimal].fullmatch(x) else None
    if is_missing(x):
        return math.nan
    if isinstance(x, (bool, np.bool_)) or not hasattr(x, "__float__"):
        return None
    try:
        return float(x)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None


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


def cells(values: Any) -> Array:
    """The values of a column: numbers as they are, all others as an array of objects."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if not isinstance(values, np.ndarray):
        return np.array([*values, None], dtype=object)[:-1]  # with None, rows of rows stay one-dimensional
    if values.dtype.kind in "mM":
        values = values.astype(f"{values.dtype.kind}8[us]")  # NumPy makes integers of nanoseconds
    return values if values.dtype.kind in "fiu" else values.astype(object)


def numbers(column: Array, decimal: str) -> tuple[Array, int | None]:
    """The numbers in cells, nan for missing ones; and the place of the first that is neither."""
    if column.dtype.kind in "fiu":
        return column.astype(np.float64), None
    found = [number(x, decimal) for x in column]
    return np.array(found, dtype=np.float64), found.index(None) if None in found else None


def readings(column: Array, signs: Iterable[str] = tuple(NOTATIONS)) -> dict[str, Array]:
    """The numbers of a column by decimal sign, if all cells are numbers or missing."""
    if column.dtype.kind in "fiu":
        return {".": column.astype(np.float64)}
    found = {}
    for decimal in signs:
        with suppress(TypeError):  # an array("d") takes no None
            found[decimal] = np.array(array("d", (number(x, decimal) for x in column)))  # type: ignore[type-var]
    return found


def are_codes(column: Array) -> bool:
    """Whether a column has digits alone, some with a zero in front, as postal codes: no numbers."""
    texts = [x.strip() for x in column if isinstance(x, str)] if column.dtype.kind == "O" else []
    zero = any(len(x) > 1 and x[0] == "0" and x.isdigit() for x in texts)
    return zero and all(x.isdigit() or is_missing(x) for x in texts)


def notation(columns: Mapping[str, Array], separator: str = "") -> tuple[str, list[str]]:
    """The decimal sign of a table, for columns of text that can be read with both; and lines about it.

    Columns that can be read with one sign decide. If they do not, "," is a decimal sign where the
    separator is ";" or a tab, and "." is one everywhere.
    """
    read = {name: readings(column) for name, column in columns.items()}
    unclear = {}  # a cell of each column of which the sign changes the numbers
    for name, found in read.items():
        if len(found) == 2 and (differ := (found["."] != found[","]) & ~np.isnan(found["."])).any():
            unclear[name] = str(columns[name][differ.argmax()])
    votes = Counter("".join(found) for found in read.values() if len(found) == 1)
    of_commas = separator in (";", "\t")
    guess = "," if of_commas and any("," in cell for cell in unclear.values()) else "."
    decimal = guess if votes[","] == votes["."] else max(votes, key=votes.__getitem__)
    commas = [name for name in read if [*read[name]] == [","] or (decimal == "," and name in unclear)]
    said = [f"decimal commas: {short(', '.join(commas), 300)}"] if commas else []
    doubtful = {x: cell for x, cell in unclear.items() if "," in cell or of_commas} if len(votes) != 1 else {}
    for name, cell in [*doubtful.items()][:1]:
        x, other = (f"{number(cell, sign):.15g}" for sign in (decimal, ",."[decimal == ","]))
        more = f" (as in {len(doubtful)} columns)" if len(doubtful) > 1 else ""
        said.append(f"column {short(name)!r}: {short(cell)!r} is read as {x}{more}; if it is {other}, write that")
    return decimal, said
