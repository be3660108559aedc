"""Columns: how a table becomes a net's X. Target: how its label becomes Y, and AL a label again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import short
from .cells import NOTATIONS, are_codes, cells, is_date, is_missing, numbers, readings, text

TASKS = ("two classes", "classes", "numbers")
MOST_CLASSES = 20  # integers with more different values are numbers
ID = re.compile(r"(^|[\W_])id$|I[dD]$")


class Column(NamedTuple):
    """How a column becomes rows of X.

    decimal: the decimal sign of its numbers, or "" for categories. fill: the number that stands for
    a missing value. categories: one row each; "" is that of missing values.
    """

    name: str
    decimal: str
    fill: float = 0.0
    mean: float = 0.0
    std: float = 1.0
    categories: tuple[str, ...] = ()

    def features(self) -> list[str]:
        return [self.name] if self.decimal else [f"{self.name}={c or '(missing)'}" for c in self.categories]

    def matrix(self, column: Array, places: Any) -> Array:
        """Its rows of X: (1, m) for numbers, (categories, m) otherwise."""
        if self.decimal:
            x = _finite(self.name, column, self.decimal, places)
            return (np.where(np.isnan(x), self.fill, x)[np.newaxis] - self.mean) / self.std
        found = _index(self.name, column, map(text, column), self.categories, places)
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
    def fit(
        cls, frame: Any, keep: Any = (), drop: Any = (), rows: Any = None, white: Any = None, usual: str = "."
    ) -> Columns:
        """Decide how each column of a DataFrame, which has no label, is used.

        Numbers are standardised; a missing one becomes the median. Text and booleans are one-hot;
        what is missing is a category of its own. Columns that cannot help are left out.

        keep: columns that are not left out. drop: those that are. rows: the places of the rows to
        train on, which give medians, means and standard deviations (default: all rows, which give
        the categories in any case). white: for images, which are only divided by it. usual: the
        decimal sign of columns that can be read with both, as `notation` finds it. Raises
        ValueError for an infinite number, for text among numbers, and if no column is left.
        """
        names = [*map(str, frame.columns)]
        for name in (*keep, *drop):
            if name not in names or (name in keep and name in drop):
                what = "cannot be kept and dropped" if name in names else f"is not among {', '.join(names)}"
                raise ValueError(f"column {short(name)!r} {short(what, 300)}")
        if white is not None:
            return cls(tuple([Column(name, ".", std=white) for name in names]), tuple(names))
        columns, said, holes = [], [], []
        for k, name in enumerate(names):
            if name in drop:
                continue
            raw = cells(frame.iloc[:, k])
            decimal, column = _read(raw, usual)
            if why := "" if name in keep else _useless(name, raw, column, decimal, frame.index):
                said.append(f"column {short(name)!r} is left out: {why}")
                continue
            columns.append(_fitted(name, column, decimal, rows, frame.index))
            if missing := int((~known(column, decimal)).sum()):
                stands = f"the median {columns[-1].fill:g}" if decimal else "a category"
                holes.append(f"{short(name)} {missing} ({stands})")
        if not columns:
            raise ValueError(f"no column is left to learn from: {'; '.join(said) or 'there is only the label'}")
        said += [f"missing values, and what stands for them: {', '.join(holes)}"] if holes else []
        return cls(tuple(columns), tuple(names), tuple(said))

    def matrix(self, rows: Any, ignore: Iterable[str] = ()) -> Array:
        """X of shape (n_x, m), float64, for rows of raw values.

        rows: a DataFrame, a dict of values or of columns, a list of dicts, a row in the order of
        `names` or of `table`, or a list or array of such rows. Columns are found by name. Those
        that were left out may be there, and so may those in `ignore`. Raises ValueError for a
        column that is missing or unknown, and for a value that does not fit its column.
        """
        names = self.names
        found, places = _by_name(rows, (names, self.table))
        fine = {*names, *self.table, *ignore}
        for name in [x for x in names if x not in found] + [x for x in found if x not in fine]:
            what = "is unknown" if name in found else "is missing"
            raise ValueError(f"column {short(name)!r} {what}; the net takes {short(', '.join(names), 300)}")
        return np.concatenate([column.matrix(cells(found[column.name]), places) for column in self.columns])


class Target(NamedTuple):
    """What a net answers: one of the `classes`, which are sorted Python values, or a number.

    task: "two classes", "classes" or "numbers". said: lines about what was done.
    """

    name: str
    task: str
    classes: tuple[Any, ...] = ()
    decimal: str = "."
    mean: float = 0.0
    std: float = 1.0
    said: tuple[str, ...] = ()

    @classmethod
    def fit(cls, labels: Any, task: str | None = None, rows: Any = None, usual: str = ".") -> Target:
        """Find the task in a column of labels, or take `task`.

        Text, booleans and few different integers are classes, other numbers are numbers. Missing
        labels are skipped; `known` tells which are not. rows: the places of the rows to train on,
        which give the mean and the standard deviation of numbers (default: all). usual: as in
        Columns.fit. Raises ValueError for a single class, a class of one example, and a task that
        the labels do not allow.
        """
        if task not in (None, *TASKS):
            raise ValueError(f"a task is {', '.join(TASKS)}; got {short(task)!r}")
        name = str("label" if getattr(labels, "name", None) is None else labels.name)
        what = f"label {short(name)!r}"
        raw = cells(labels)
        decimal, column = _read(raw, usual)
        there = known(column, decimal)
        values = _values(column[there], decimal)
        left_out = f"missing in {len(there) - len(values)} of {len(there)} rows, which are left out"
        counts = Counter(values)
        if len(counts) < 2:
            got = f"{short(values[0])!r} in all of {len(values)} rows" if values else "empty"
            others = "" if there.all() else f"; it is {left_out}, such as {short(raw[there.argmin()])!r}"
            raise ValueError(f"{what} is {got}: it needs two different values{others}")
        if task is None:
            few = len(counts) <= max(2, min(MOST_CLASSES, len(values) // 2)) and type(values[0]) is int
            task = TASKS[(len(counts) > 2) if few or not decimal else 2]
        said = (*[f"{what} is {left_out}"] * (not there.all()), f"{what}: {task}")
        if task == "numbers":
            decimal = decimal or usual  # text is refused, and codes are numbers after all
            x = _finite(name, column, decimal, _places(labels))
            x = x if rows is None else x[rows]
            return cls(name, task, (), decimal, *_scale(what, x[~np.isnan(x)]), said)
        if task == "two classes" and len(counts) > 2:
            raise ValueError(f"{what} has {len(counts)} classes, not two: {short(', '.join(map(str, counts)))}")
        if alone := [value for value, count in counts.items() if count == 1]:
            which = f"{len(alone)} of {len(counts)} classes have" if len(alone) > 1 else "a class has"
            or_numbers = "; or take them as numbers with --task numbers" if decimal else ""
            raise ValueError(f"{what}: {which} one example, such as {short(alone[0])!r}; it needs two{or_numbers}")
        return cls(name, task, tuple(sorted(counts)), decimal, said=said)

    def known(self, labels: Any) -> Array:
        """Which labels are not missing: (m,), booleans."""
        return known(cells(labels), self.decimal)

    def encode(self, labels: Any) -> Array:
        """Y as the net's cost takes it: (1, m) of 0 and 1, (m,) integers, or (1, m) standardised.

        Raises ValueError for a label that is missing, or not one of the classes.
        """
        column, places = cells(labels), _places(labels)
        if self.task == "numbers":
            x = _finite(self.name, column, self.decimal, places, self.known(column))
            return (x[np.newaxis] - self.mean) / self.std
        keys = self.classes if self.decimal else [*map(text, self.classes)]
        values = numbers(column, self.decimal)[0].tolist() if self.decimal else map(text, column)
        Y = _index(self.name, column, values, keys, places)
        return Y if self.task == "classes" else Y[np.newaxis].astype(np.float64)

    def decode(self, AL: Array) -> Array:
        """The answers (m,) for AL of shape (n[L], m)."""
        if self.task == "numbers":
            return AL[0] * self.std + self.mean
        return np.array(self.classes)[AL.argmax(axis=0) if self.task == "classes" else (AL[0] > 0.5).astype(int)]

    def proba(self, AL: Array) -> Array:
        """The probabilities (m, classes) for AL of shape (n[L], m)."""
        return AL.T if self.task == "classes" else np.column_stack([1 - AL[0], AL[0]])


def _read(column: Array, usual: str) -> tuple[str, Array]:
    """The decimal sign and the numbers of a column, or "" and its cells."""
    for decimal in () if are_codes(column) else (usual, *NOTATIONS):
        if found := readings(column, [decimal]):
            return found.popitem()
    return "", column


def known(column: Array, decimal: str) -> Array:
    """Which cells are not missing."""
    if decimal:
        return ~np.isnan(numbers(column, decimal)[0])
    return np.array([not is_missing(x) for x in column], dtype=bool)


def _values(column: Array, decimal: str) -> list[Any]:
    """Labels as integers, numbers, booleans or text."""
    if not decimal:
        found = [*map(text, column)]
        return [x == "True" for x in found] if {*found} <= {"True", "False"} else found
    x = numbers(column, decimal)[0]
    are_whole = (x == np.floor(x)).all() and (np.abs(x) < 2**53).all()
    return x.astype(int).tolist() if are_whole else x.tolist()


def _places(labels: Any) -> Any:
    return labels.index if hasattr(labels, "iloc") else range(len(labels))


def _fault(name: str, places: Any, k: int, what: str) -> ValueError:
    return ValueError(f"column {short(name)!r}, {getattr(places, 'name', None) or 'row'} {places[k]}: {what}")


def _finite(name: str, column: Array, decimal: str, places: Any, there: Any = True) -> Array:
    """The numbers of a column, nan for missing ones."""
    x, wrong = numbers(column, decimal)
    bad = np.isinf(x) | ~np.asarray(there)
    if wrong is not None or bad.any():
        k = int(bad.argmax()) if wrong is None else wrong
        raise _fault(name, places, k, f"expected a finite number, got {short(column[k])!r}")
    return x


def _index(name: str, column: Array, values: Iterable[Any], keys: Collection[Any], places: Any) -> Array:
    """The place of each value among the keys."""
    place = {key: k for k, key in enumerate(keys)}
    found = np.array([place.get(x, -1) for x in values], dtype=int)
    if (found < 0).any():
        k, wanted = int(found.argmin()), short(", ".join(str(key) or "(missing)" for key in keys))
        if is_missing(column[k]):
            raise _fault(name, places, k, f"no value, and the training table misses none; fill in one of {wanted}")
        raise _fault(name, places, k, f"{short(column[k])!r} is none of the values learnt: {wanted}")
    return found


def _useless(name: str, raw: Array, column: Array, decimal: str, places: Any) -> str:
    """Why a column cannot help, or ""."""
    if not decimal:
        return _useless_text(name, column, places)
    x = numbers(column, decimal)[0]
    x = x[~np.isnan(x)]
    if not x.size or x.min() == x.max():
        if x.size and abs(x[0]) >= 2**53 and len({*map(text, raw)} - {""}) > 1:
            return f"its values, near {x[0]:g}, are too close for float64 to tell them apart"
        return f"it is {x[0]:g} in all rows" if x.size else "it is empty"
    differ = len(np.unique(x)) == len(column) and (x == np.floor(x)).all()
    counts = x.max() - x.min() < 1.25 * len(x) and (len(x) >= 20 or (np.diff(x) > 0).all())
    return "it numbers the rows" if differ and (counts or ID.search(name)) else ""


def _useless_text(name: str, column: Array, places: Any) -> str:
    there = column[known(column, "")]
    seen, m = {*map(text, there)}, len(there)
    if all(map(is_date, there)):
        return "it holds dates or times"
    if len(seen) == 1 and m == len(column):
        return f"it is {short(seen.pop())!r} in all rows"
    x, wrong = max((numbers(column, decimal) for decimal in NOTATIONS), key=lambda found: np.isfinite(found[0]).sum())
    differ = len(seen) == m > 1 or (len(seen) > 10 and len(seen) * 2 > m)
    if (count := np.isfinite(x).sum()) * 2 > m and (differ or len(seen) > 10) and wrong is not None:
        got = f"{short(column[wrong])!r} is no number, but {count} of {m} values are"
        raise _fault(name, places, wrong, f"{got}; leave that cell empty, or drop the column")
    return f"it is text with {len(seen)} different values in {m} rows" if differ else ""


def _fitted(name: str, column: Array, decimal: str, rows: Any, places: Any) -> Column:
    if not decimal:
        return Column(name, "", categories=tuple(sorted({*map(text, column)})))
    x = _finite(name, column, decimal, places)
    taken = x if rows is None else x[rows]
    there = taken[~np.isnan(taken)]
    fill = float(np.median(there)) if there.size else 0.0
    return Column(name, decimal, fill, *_scale(f"column {short(name)!r}", np.where(np.isnan(taken), fill, taken)))


def _scale(what: str, x: Array) -> tuple[float, float]:
    """The mean and the standard deviation; 1 if there is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(x.mean()), float(x.std()) if x.min() < x.max() else 1.0
    if not np.isfinite(mean + std) or std == 0:
        raise ValueError(f"{what} has numbers too large, or too close, for a mean and a standard deviation")
    return mean, std


def _by_name(rows: Any, orders: Iterable[Collection[str]]) -> tuple[dict[str, Any], Any]:
    """The columns of rows by name, and the places of the rows."""
    if hasattr(rows, "iloc") and rows.ndim == 2:
        alike = len({*rows.dtypes}) == 1  # of an image, pandas would make thousands of columns, which takes seconds
        columns = rows.to_numpy().T if alike else [rows.iloc[:, k] for k in range(rows.shape[1])]
        return dict(zip(map(str, rows.columns), columns, strict=True)), rows.index
    if isinstance(rows, Mapping) or hasattr(rows, "iloc"):
        rows = dict(rows)
        sizes = {np.shape(cells(x) if isinstance(x, (list, tuple)) else x) for x in rows.values()}
        if len(sizes) > 1 or any(len(size) > 1 for size in sizes):
            raise ValueError(
                f"expected columns of one length, or one value each; got the shapes {short(sorted(sizes))}"
            )
        if sizes - {()}:
            return {str(name): x for name, x in rows.items()}, range(*sizes.pop())
        rows = [rows]
    if isinstance(rows, (list, tuple)) and rows and all(isinstance(row, Mapping) for row in rows):
        for k, row in enumerate(rows):
            for name in row.keys() ^ rows[0].keys():
                raise ValueError(f"column {short(name)!r} is in only one of the rows 0 and {k}")
        return {str(name): [row[name] for row in rows] for name in rows[0]}, range(len(rows))
    is_table = isinstance(rows, Iterable) and not isinstance(rows, (str, bytes, Set))
    table = rows if isinstance(rows, np.ndarray) else np.array([*rows] if is_table else None, dtype=object)
    table = table[np.newaxis] if table.ndim == 1 else table
    for names in orders:
        if table.ndim == 2 and table.shape[1] == len(names):
            return dict(zip(names, table.T, strict=True)), range(len(table))
    wanted = " or ".join(dict.fromkeys(f"{len(names)} values, {short(', '.join(names), 300)}" for names in orders))
    got = f"the shape {table.shape}" if table.ndim else short(repr(rows))
    raise ValueError(f"expected dicts, a DataFrame, or rows of {wanted}; got {got}")
