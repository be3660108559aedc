"""Columns: how a table becomes a net's X. Target: how its label becomes Y, and AL a label again."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import short
from .cells import OTHER, Cells, is_date, listed, number, raw_cells, settle, text

TASKS = ("two classes", "classes", "numbers")
MOST_CLASSES = 20  # integers with more different values are numbers
ID = re.compile(r"(^|[\W_])id$|I[dD]$")


class Column(NamedTuple):
    """How a column becomes rows of X.

    decimal: the decimal sign of its numbers, or "" for categories. fill: the number that stands for
    a missing value. categories: one row each; "" is that of missing values. grouped: whether the
    other sign groups thousands.
    """

    name: str
    decimal: str
    fill: float = 0.0
    mean: float = 0.0
    std: float = 1.0
    categories: tuple[str, ...] = ()
    grouped: bool = False

    @classmethod
    def fit(cls, cells: Cells, rows: Any = slice(None)) -> Column:
        if not cells.decimal:
            return cls(cells.name, "", categories=tuple(sorted({*cells.texts})))
        taken = cells.finite()[rows]
        there = taken[~np.isnan(taken)]
        fill = float(np.median(there)) if there.size else 0.0
        scale = _scale(f"column {short(cells.name)!r}", np.where(np.isnan(taken), fill, taken))
        return cls(cells.name, cells.decimal, fill, *scale, grouped=cells.groups())

    def features(self) -> list[str]:
        return [self.name] if self.decimal else [f"{self.name}={c or '(missing)'}" for c in self.categories]

    def matrix(self, cells: Cells) -> Array:
        """Its rows of X: (1, m) for numbers, (categories, m) otherwise."""
        if self.decimal:
            x = cells.finite()
            return (np.where(np.isnan(x), self.fill, x)[np.newaxis] - self.mean) / self.std
        found = cells.index(cells.texts, self.categories)
        return np.equal.outer(np.arange(len(self.categories)), found).astype(np.float64)


class Columns(NamedTuple):
    """The columns of a table that a net takes.

    names: of these columns, in order. table: of all columns but the label. features: of the rows
    of X. said: lines about what was done.
    """

    columns: tuple[Column, ...]
    table: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def features(self) -> list[str]:
        return [feature for column in self.columns for feature in column.features()]

    @classmethod
    def fit(cls, table: Any, keep: Any = (), drop: Any = (), rows: Any = slice(None), white: Any = None) -> Columns:
        """Decide how each column of a table without its label is used.

        Numbers are standardised; a missing one becomes the median. Text and booleans are one-hot;
        what is missing is a category of its own. Columns that cannot help are left out.

        table: as in `by_name`. keep: columns that are not left out. drop: those that are. rows: the
        places of the rows to train on, which give medians, means and standard deviations (default:
        all rows, which give the categories in any case). white: for images, which are only divided
        by it. Raises ValueError for an infinite number, for text among numbers, and if no column is
        left.
        """
        found = by_name(table)
        for name in (*keep, *drop):
            if name not in found or (name in keep and name in drop):
                what = "cannot be kept and dropped" if name in found else f"is not among {', '.join(found)}"
                raise ValueError(f"column {short(name)!r} {short(what, 300)}")
        if white is not None:
            return cls(tuple([Column(name, ".", std=white) for name in found]), tuple(found))
        if any(cells.decimal is None for cells in found.values()):
            settle(found.values())
        columns, said, holes = [], [], []
        for name, cells in found.items():
            if name in drop:
                continue
            if why := "" if name in keep else _useless(cells):
                said.append(f"column {short(name)!r} is left out: {why}")
                continue
            columns.append(Column.fit(cells, rows))
            kinds = columns[-1].categories
            odd = [x for x in kinds if x and all(number(x, sign) is None for sign in OTHER)]
            odd = odd[: 2 * len(odd) < len(kinds)]  # of numbers, the first that is none
            if odd or len(kinds) > (0 if name in keep else 10):
                why = f", because {short(odd[0])!r} is not a number" if odd else ""
                what = f"{len(kinds)} features, one for each different value"
                said.append(f"column {short(name)!r} is taken as text{why}: {what}")
            if missing := int((~cells.there).sum()):
                stands = f"the median {columns[-1].fill:g}" if cells.decimal else "a category"
                holes.append(f"{missing} of {short(name)} ({stands})")
        if not columns:
            raise ValueError(f"no column is left to learn from: {'; '.join(said) or 'there is only the label'}")
        said += [f"missing values, and what stands for them: {', '.join(holes)}"] if holes else []
        return cls(tuple(columns), tuple(found), tuple(said))

    def matrix(self, rows: Any) -> Array:
        """X of shape (n_x, m), float64, for rows of raw values.

        rows: a DataFrame, a dict of values or of columns, a list of dicts, a row in the order of
        `names` or of `table`, or a list or array of such rows. Columns are found by name, and
        others may be there too. Raises ValueError for a column that is missing, for a value that
        does not fit its column, and for text that is another number with the other decimal sign, as
        in `settle`.
        """
        names = self.names
        found = by_name(rows, names, self.table)
        for name in names:
            if name not in found:
                near = get_close_matches(name, found.keys() - {*names, *self.table}, 1)
                meant = f"is missing, unless it is {short(near[0])!r}" if near else "is missing"
                raise ValueError(f"column {short(name)!r} {meant}; the net takes {short(', '.join(names), 300)}")
        if any(found[column.name].decimal is None for column in self.columns if column.decimal):
            settle(found.values(), known=self.columns)
        return np.concatenate([column.matrix(found[column.name]) for column in self.columns])


class Target(NamedTuple):
    """What a net answers: one of the `classes`, which are sorted Python values, or a number.

    task: "two classes", "classes" or "numbers". grouped: as in Column. said: lines about what was
    done.
    """

    name: str
    task: str
    classes: tuple[Any, ...] = ()
    decimal: str = "."
    mean: float = 0.0
    std: float = 1.0
    grouped: bool = False
    said: tuple[str, ...] = ()

    @classmethod
    def fit(cls, labels: Any, task: str | None = None, rows: Any = slice(None)) -> Target:
        """Find the task in a column of labels, or take `task`.

        Text, booleans and few different integers are classes, other numbers are numbers. Missing
        labels are skipped; `known` tells which are not. rows: the places of the rows to train on,
        which give the mean and the standard deviation of numbers (default: all). Raises ValueError
        for a single class, a class of one example, and a task that the labels do not allow.
        """
        if task not in (None, *TASKS):
            raise ValueError(f"a task is {', '.join(TASKS)}; got {short(task)!r}")
        cells = _labels(labels, str(getattr(labels, "name", None) or "label"))
        if cells.decimal is None:
            settle([cells])
        what, there = f"label {short(cells.name)!r}", cells.there
        values = _values(cells, there)
        left_out = f"missing in {len(there) - len(values)} of {len(there)} rows, which are left out"
        if same := cells.constant(values):
            others = "" if there.all() else f"; it is {left_out}, such as {short(cells.raw[there.argmin()])!r}"
            raise ValueError(f"{what} is {same}: it needs two different values{others}")
        counts = Counter(values)
        if task is None:
            few = len(counts) <= max(2, min(MOST_CLASSES, len(values) // 2)) and type(values[0]) is int
            task = TASKS[(len(counts) > 2) if few or not cells.decimal else 2]
        said = [f"{what} is {left_out}"] * (not there.all()) + [f"{what}: {task}"]
        if task == "numbers":
            x = cells.finite()[rows]  # text is refused, and codes are numbers after all
            scale = _scale(what, x[~np.isnan(x)])
            return cls(cells.name, task, (), cells.decimal or ".", *scale, cells.groups(), tuple(said))
        if task == "two classes" and len(counts) > 2:
            raise ValueError(f"{what} has {len(counts)} classes, not two: {short(listed(counts))}")
        if alone := [value for value, count in counts.items() if count == 1]:
            _refuse_odd(cells, len(values), ", and its row is left out")
            which = f"{len(alone)} of {len(counts)} classes have" if len(alone) > 1 else "a class has"
            or_numbers = "; or take them as numbers with --task numbers" if cells.decimal else ""
            raise ValueError(f"{what}: {which} one example, such as {short(alone[0])!r}; it needs two{or_numbers}")
        alike: dict[str, list[str]] = {}
        for value in map(str, sorted(counts)):
            alike.setdefault("".join(value.split()).casefold(), []).append(value)
        twice = "; ".join(", ".join(group) for group in alike.values() if len(group) > 1)
        said += [f"{what}: classes that differ only in case or spaces: {short(twice, 300)}"] * bool(twice)
        return cls(cells.name, task, tuple(sorted(counts)), cells.decimal, said=tuple(said))

    def known(self, labels: Any) -> Array:
        """Which labels are not missing: (m,), booleans."""
        return self._cells(labels).there

    def encode(self, labels: Any) -> Array:
        """Y as the net's cost takes it: (1, m) of 0 and 1, (m,) integers, or (1, m) standardised.

        Raises ValueError for a label that is missing, or not one of the classes.
        """
        cells = self._cells(labels)
        if self.task == "numbers":
            return (cells.finite(all_there=True)[np.newaxis] - self.mean) / self.std
        keys = self.classes if self.decimal else [*map(text, self.classes)]
        values = [number(x, cells.decimal) for x in cells.raw] if self.decimal else cells.texts
        Y = cells.index(values, keys)
        return Y if self.task == "classes" else Y[np.newaxis].astype(np.float64)

    def _cells(self, labels: Any) -> Cells:
        cells = _labels(labels, self.name)
        if cells.decimal is None:
            settle([cells], known=[self])
        return cells

    def decode(self, AL: Array) -> Array:
        """The answers (m,) for AL of shape (n[L], m)."""
        if self.task == "numbers":
            return AL[0] * self.std + self.mean
        return np.array(self.classes)[AL.argmax(axis=0) if self.task == "classes" else (AL[0] > 0.5).astype(int)]

    def proba(self, AL: Array) -> Array:
        """The probabilities (m, classes) for AL of shape (n[L], m)."""
        return AL.T if self.task == "classes" else np.column_stack([1 - AL[0], AL[0]])


def _labels(labels: Any, name: str) -> Cells:
    return labels if isinstance(labels, Cells) else Cells(name, _unmasked(labels))


def _values(cells: Cells, there: Array) -> list[Any]:
    """The labels that are there as integers, numbers, booleans or text."""
    if not cells.decimal:
        found = [x for x in cells.texts if x]
        return [x == "True" for x in found] if {*found} <= {"True", "False"} else found
    x = cells.finite()[there]
    are_whole = (x == np.floor(x)).all() and (np.abs(x) < 2**53).all()
    return x.astype(int).tolist() if are_whole else x.tolist()


def _unmasked(x: Any) -> Any:
    """x with nan for the masked cells of a masked array, as pandas makes it of them."""
    return np.where(np.ma.getmaskarray(x), np.nan, raw_cells(x.data))[()] if isinstance(x, np.ma.MaskedArray) else x


def _useless(cells: Cells) -> str:
    """Why a column cannot help, or ""."""
    if not cells.decimal:
        return _useless_text(cells)
    x: Any = cells.numbers(cells.decimal)
    x = x[~np.isnan(x)]
    if same := cells.constant(x.tolist()):
        return f"it is {same}"
    differ = len(np.unique(x)) >= 0.95 * len(cells.raw) and (x == np.floor(x)).all()
    counts = x.max() - x.min() < 1.25 * len(x) and (len(x) >= 20 or (np.diff(x) > 0).all())
    return "it numbers the rows" if differ and (counts or ID.search(cells.name)) else ""


def _useless_text(cells: Cells) -> str:
    there = cells.raw[cells.there]
    seen, m = {*cells.texts} - {""}, len(there)
    if all(map(is_date, there)):
        return "it holds dates or times"
    if m == len(cells.raw) and (same := cells.constant(cells.texts)):
        return f"it is {same}"
    differ = len(seen) >= 0.9 * m > 1 or (len(seen) > 10 and len(seen) * 2 > m)
    if differ or len(seen) > 10:
        _refuse_odd(cells, m, ", or drop the column")
    return f"it is text with {len(seen)} different values in {m} rows" if differ else ""


def _refuse_odd(cells: Cells, m: int, or_else: str) -> None:
    """Raise ValueError for a cell that is no number, if most of the m that are not empty are."""
    found = max(([number(x, sign) for x in cells.raw] for sign in OTHER), key=_finite)
    if (count := _finite(found)) * 2 > m and None in found:
        wrong = found.index(None)
        got = f"{short(cells.raw[wrong])!r} is not a number, but {count} of {m} values are"
        raise cells.fault(wrong, f"{got}; leave that cell empty{or_else}")


def _finite(found: list[float | None]) -> int:
    return sum(x is not None and math.isfinite(x) for x in found)


def _scale(what: str, x: Array) -> tuple[float, float]:
    """The mean and the standard deviation; 1 if there is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(x.mean()), float(x.std()) if x.min() < x.max() else 1.0
    if not np.isfinite(mean + std) or std == 0:
        raise ValueError(f"{what} has numbers too large, or too close, for a mean and a standard deviation")
    return mean, std


def by_name(rows: Any, *orders: Collection[str]) -> dict[str, Cells]:
    """The columns of rows by name.

    rows: a DataFrame, a dict of Cells, of values or of columns, a list of dicts, a row in one of
    the `orders`, or a list or array of such rows; masked cells are missing. Raises ValueError for
    anything else.
    """
    if hasattr(rows, "iloc") or isinstance(rows, Mapping):
        named = Counter(map(str, rows.keys()))
        if twice := [name for name in (orders or (named,))[0] if named[name] > 1]:
            raise ValueError(f"{named[twice[0]]} columns are named {short(twice[0])!r}: the net tells them by name")
        rows = dict(rows.items())
        rows = {name: _unmasked(x) for name, x in rows.items()}
        if all(isinstance(x, Cells) for x in rows.values()):
            return rows
        sizes = {np.shape(raw_cells(x) if isinstance(x, (list, tuple)) else x) for x in rows.values()}
        if len(sizes) > 1 or any(len(size) > 1 for size in sizes):
            got = short(sorted(sizes))
            raise ValueError(f"expected columns of one length, or one value each; got the shapes {got}")
        rows = [rows] if sizes == {()} else rows
    if isinstance(rows, (list, tuple)) and rows and all(isinstance(row, Mapping) for row in rows):
        for k, row in enumerate(rows):
            for name in row.keys() ^ rows[0].keys():
                raise ValueError(f"column {short(name)!r} is in only one of the rows 0 and {k}")
        rows = {name: [_unmasked(row[name]) for row in rows] for name in rows[0]}
    if isinstance(rows, dict):
        return {str(name): Cells(name, x) for name, x in rows.items()}
    is_list = isinstance(rows, (list, tuple))
    table = np.array([*map(_unmasked, rows)], dtype=object) if is_list else np.asarray(_unmasked(rows))
    table = table[np.newaxis] if table.ndim == 1 else table
    for names in orders:
        if table.ndim == 2 and table.shape[1] == len(names):
            return {name: Cells(name, x) for name, x in zip(names, table.T, strict=True)}
    wanted = " or ".join(dict.fromkeys(f"{len(names)} values, {short(', '.join(names), 300)}" for names in orders))
    got = f"the shape {table.shape}" if table.ndim else short(repr(rows))
    raise ValueError(f"expected dicts, a DataFrame, or rows of {wanted}; got {got}")
