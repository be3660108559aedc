"""Columns: the features of a table as a matrix. Target: its label as Y, and answers as labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import short
from .cells import NOTATIONS, cells, is_date, is_missing, notations, numbers, text

TASKS = ("two classes", "classes", "numbers")
MOST_CLASSES = 20  # integers with more different values are numbers
ID = re.compile(r"(?:^|[\W_])id$|I[dD]$")


class Column(NamedTuple):
    """How a column becomes rows of the matrix.

    decimal: the decimal sign of its numbers, or "" for categories. fill: the number for a missing
    value. categories: one row each; "" is the category of missing values.
    """

    name: str
    decimal: str
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    categories: tuple[str, ...] = ()

    def features(self) -> list[str]:
        return [self.name] if self.decimal else [f"{self.name}={c or '(missing)'}" for c in self.categories]

    def matrix(self, column: Array, places: Any) -> Array:
        """The rows of the matrix, (1, m) or (categories, m)."""
        if self.decimal:
            x = _finite(self.name, column, self.decimal, places)
            return (np.where(np.isnan(x), self.fill, x)[np.newaxis] - self.centre) / self.scale
        known = {category: k for k, category in enumerate(self.categories)}
        found = [known.get(text(x), -1) for x in column]
        if -1 in found:
            k = found.index(-1)
            got = repr(text(column[k])) if text(column[k]) else "a missing value"
            some = short(", ".join(c or "(missing)" for c in self.categories))
            raise ValueError(
                f"column {short(self.name)!r}{_at(places, k)}: {short(got)} was not seen before; it takes {some}"
            )
        return np.equal.outer(np.arange(len(known)), found).astype(np.float64)


class Columns(NamedTuple):
    """The columns of a table that a net takes, and how they become its X.

    names: of the columns, in order. features: the names of X's rows. said: lines on what was done.
    left_out: the columns that `matrix` skips.
    """

    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def features(self) -> list[str]:
        return [feature for column in self.columns for feature in column.features()]

    @classmethod
    def fit(
        cls,
        frame: Any,
        keep: Collection[str] = (),
        drop: Collection[str] = (),
        rows: Any = None,
        white: float | None = None,
    ) -> Columns:
        """Decide how each column of a DataFrame without labels is used.

        keep: columns that are not left out. drop: those that are. rows: the places of the rows to
        train on, which give medians, means and standard deviations (default: all). The categories
        are those of all rows. white: for images, which are divided by it.
        """
        names = [*map(str, frame.columns)]
        for name in (*keep, *drop):
            if name not in names or (name in keep and name in drop):
                what = "is to be kept and dropped" if name in names else f"is not there; there are {', '.join(names)}"
                raise ValueError(f"column {short(name)!r} {short(what)}")
        if white is not None:
            return cls(tuple([Column(name, ".", scale=white) for name in names]), (), ())
        found = {name: cells(frame.iloc[:, k]) for k, name in enumerate(names) if name not in drop}
        signs = {name: notations(column) for name, column in found.items()}
        usual = "," if [","] in signs.values() else "."  # of columns that can be read in both ways
        columns, said, holes = [], [], []
        chosen = np.arange(len(frame)) if rows is None else np.asarray(rows)
        for name, column in found.items():
            decimal = usual if len(signs[name]) > 1 else "".join(signs[name])
            why = _useless(name, column, decimal, name in keep, frame.index)
            if why:
                said.append(f"column {short(name)!r} is left out: {why}")
                continue
            columns.append(_fitted(name, column, decimal, chosen, frame.index))
            if missing := sum(map(is_missing, column)) if column.dtype == object else int(np.isnan(column).sum()):
                stands = f"median {columns[-1].fill:g}" if decimal else "a category of their own"
                holes.append(f"{short(name)} {missing} ({stands})")
        if not columns:
            raise ValueError(f"no column is left to learn from: {'; '.join(said) or 'there is none but the label'}")
        commas = [column.name for column in columns if column.decimal == "," and signs[column.name] == [","]]
        said += [f"decimal commas in {', '.join(commas)}"] if commas else []
        said += [f"missing values: {', '.join(holes)}"] if holes else []
        return cls(tuple(columns), tuple([n for n in names if n not in {c.name for c in columns}]), tuple(said))

    def matrix(self, rows: Any, ignore: Collection[str | None] = ()) -> Array:
        """X of shape (n_x, m), float64, for a DataFrame, dicts or arrays of raw values.

        rows: a DataFrame, one dict of values or of columns, a list of dicts, a row in the order of
        `names`, or a list or array of such rows. Columns are found by name; those that were left
        out may be there, and so may those in `ignore`. Raises ValueError for a missing or unknown
        column, and for a value that does not fit its column.
        """
        found, places = _by_name(rows, self.names)
        for name in self.names:
            if name not in found:
                raise ValueError(
                    f"there is no column {short(name)!r}; the net takes {short(', '.join(self.names), 300)}"
                )
        for name in found:
            if name not in self.names and name not in self.left_out and name not in ignore:
                raise ValueError(
                    f"column {short(name)!r} is unknown; the net takes {short(', '.join(self.names), 300)}"
                )
        lengths = {name: len(found[name]) for name in self.names}
        if len({*lengths.values()}) > 1:
            raise ValueError(f"the columns differ in length: {short(lengths)}")
        return np.concatenate([column.matrix(cells(found[column.name]), places) for column in self.columns])


def _at(places: Any, k: int) -> str:
    """The place of a row, for an error."""
    return f", {getattr(places, 'name', None) or 'row'} {places[k]}" if len(places) > 1 else ""


def _finite(name: str, column: Array, decimal: str, places: Any) -> Array:
    """The numbers of a column, nan for missing ones."""
    x, wrong = numbers(column, decimal)
    if wrong is not None:
        raise ValueError(
            f"column {short(name)!r}{_at(places, wrong)}: a number is wanted, got {short(repr(column[wrong]))}"
        )
    if np.isinf(x).any():
        k = int(np.isinf(x).argmax())
        raise ValueError(f"column {short(name)!r}{_at(places, k)}: a finite number is wanted, got {short(column[k])}")
    return x


def _useless(name: str, column: Array, decimal: str, kept: bool, places: Any) -> str:
    """Why a column cannot help, or ""; an error if it seems to be numbers with a fault."""
    known = [x for x in column if not is_missing(x)]
    if not known:
        return "it is empty"
    if kept:
        return ""
    if all(map(is_date, known)):
        return "it holds dates or times"
    if not decimal:
        return _useless_text(name, column, places)
    x, _ = numbers(column, decimal)
    x = x[~np.isnan(x)]
    if not x.size:
        return "it is empty"
    if x.min() == x.max():
        return f"it is {x[0]:g} in all rows"
    if len(x) == len(column) and (x == np.floor(x)).all() and len({*x.tolist()}) == len(x) > 1:
        counts = x.max() - x.min() < 1.25 * len(x) and (len(x) >= 20 or (np.diff(x) > 0).all())
        if counts or ID.search(name):
            return "it numbers the rows"
    return ""


def _useless_text(name: str, column: Array, places: Any) -> str:
    seen = Counter(map(text, column))
    known = len(column) - seen.pop("", 0)
    x, wrong = max((numbers(column, decimal) for decimal in NOTATIONS), key=lambda found: np.isfinite(found[0]).sum())
    if np.isfinite(x).sum() * 2 > known and (len(seen) > 10 or len(seen) * 2 > known):
        where = f"column {short(name)!r}{_at(places, wrong or 0)}"
        what = f"{short(repr(column[wrong]))} is no number, and {np.isfinite(x).sum()} of {known} values are"
        raise ValueError(f"{where}: {what}; leave the cell empty, or drop or keep the column")
    if len(seen) == 1 and known == len(column):
        return f"it is {short(repr(next(iter(seen))))} in all rows"
    if len(seen) == known > 1 or (len(seen) * 2 > known and len(seen) > 10):
        return f"it is text with {len(seen)} different values in {known} rows"
    return ""


def _fitted(name: str, column: Array, decimal: str, rows: Array, places: Any) -> Column:
    if not decimal:
        return Column(name, "", categories=tuple(sorted({*map(text, column)})))
    x = _finite(name, column, decimal, places)
    known = x[rows][~np.isnan(x[rows])]
    known = known if known.size else x[~np.isnan(x)]
    fill = float(np.median(known))
    filled = np.where(np.isnan(x), fill, x)[rows]
    return Column(name, decimal, fill, *_scale(f"column {short(name)!r}", filled))


def _scale(what: str, x: Array) -> tuple[float, float]:
    """The mean and the standard deviation, 1 if all are equal."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(x.mean()), float(x.std()) if x.min() < x.max() else 1.0
    if not np.isfinite(mean + std) or not std:
        raise ValueError(f"{what} has numbers too large or too close for a mean and a standard deviation")
    return mean, std


def _by_name(rows: Any, names: list[str]) -> tuple[dict[str, Any], Any]:
    """The columns of rows by name, and the places of the rows."""
    if hasattr(rows, "iloc"):
        if rows.ndim == 2:
            return {str(name): rows.iloc[:, k] for k, name in enumerate(rows.columns)}, rows.index
        rows = rows.to_dict()
    if isinstance(rows, Mapping):
        are_columns = any(_is_column(x) for x in rows.values())
        found = {str(name): x if are_columns else [x] for name, x in rows.items()}
        if not all(map(_is_column, found.values())):
            raise ValueError("a dict of columns takes a list or an array for each column")
        return found, range(max(map(len, found.values()), default=0))
    if not hasattr(rows, "ndim"):
        rows = [*rows]
    if len(rows) and all(isinstance(row, Mapping) for row in rows):
        return _of_dicts(rows), range(len(rows))
    if np.ndim(rows[0] if len(rows) else 0) == 0:
        rows = [rows]
    for row in rows:
        if np.ndim(row) != 1 or len(row) != len(names):
            raise ValueError(f"a row has {len(names)} values, of {short(', '.join(names), 300)}; got {np.shape(row)}")
    return dict(zip(names, zip(*rows, strict=True), strict=True)), range(len(rows))


def _is_column(x: Any) -> bool:
    return hasattr(x, "__len__") and not isinstance(x, (str, bytes)) and np.ndim(x) > 0


def _of_dicts(rows: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    """The columns of a list of dicts with the same names."""
    first, *rest = ({str(name): x for name, x in row.items()} for row in rows)
    for k, row in enumerate(rest, 1):
        for name in first.keys() ^ row.keys():
            raise ValueError(f"column {short(name)!r} is in only one of the rows 0 and {k}")
    return {name: [row[name] for row in (first, *rest)] for name in first}


class Target(NamedTuple):
    """What a net answers: one of some classes, or a number.

    task: "two classes", "classes" or "numbers". classes: the labels in order, as Python values.
    """

    name: str
    task: str
    classes: tuple[Any, ...] = ()
    decimal: str = "."
    mean: float = 0.0
    std: float = 1.0
    said: tuple[str, ...] = ()

    @classmethod
    def fit(cls, labels: Any, task: str | None = None, rows: Any = None) -> Target:
        """Find the task in a column of labels, or take `task`.

        Text, booleans and few different integers are classes, other numbers are numbers. Missing
        labels are skipped; `known` tells which are not. rows: the places of the rows to train on,
        which give the mean and the standard deviation of numbers (default: all).
        """
        name = str("label" if getattr(labels, "name", None) is None else labels.name)
        if task not in (None, *TASKS):
            raise ValueError(f"a task is {', '.join(TASKS)}; got {short(repr(task))}")
        column, what = cells(labels), f"label {short(name)!r}"
        decimal = next(iter(notations(column)), "")
        known = _known(column, decimal)
        said = [f"{what} is missing in {(~known).sum()} rows, which are left out"] if not known.all() else []
        if not known.any():
            raise ValueError(f"{what} is empty")
        values = _values(column[known], decimal)
        counts = Counter(values)
        if len(counts) == 1:
            raise ValueError(f"{what} is {short(repr(values[0]))} in all of {len(values)} rows; nothing can be learnt")
        if task is None:
            few = len(counts) <= max(2, min(MOST_CLASSES, len(values) // 3))
            is_classes = not decimal or (few and all(isinstance(x, int) for x in values))
            task = ("two classes" if len(counts) == 2 else "classes") if is_classes else "numbers"
        said.append(f"{what}: {task}")
        if task == "numbers":
            x = _finite(name, column[known], decimal or ".", np.flatnonzero(known))
            if rows is not None:
                x = x[known.cumsum()[[k for k in rows if known[k]]] - 1]
            return cls(name, task, (), decimal, *_scale(what, x), tuple(said))
        if task == "two classes" and len(counts) != 2:
            raise ValueError(
                f"{what} has {len(counts)} different values, not two: {short(', '.join(map(str, counts)))}"
            )
        if alone := [value for value, count in counts.items() if count == 1]:
            which = f"{len(alone)} of its {len(counts)} classes have" if len(alone) > 1 else "a class has"
            raise ValueError(f"{what}: {which} one example, such as {short(repr(alone[0]))}; two are wanted")
        return cls(name, task, tuple(sorted(counts)), decimal, said=tuple(said))

    def known(self, labels: Any) -> Array:
        """Which labels are not missing: (m,), booleans."""
        return _known(cells(labels), self.decimal)

    def encode(self, labels: Any) -> Array:
        """Y as the net's cost takes it, for a column without missing labels.

        Gives (1, m) of 0 and 1 for two classes, (m,) integers for classes, and (1, m) standardised
        numbers. Raises ValueError for a label that is missing or none of the classes.
        """
        column, places = cells(labels), getattr(labels, "index", range(len(labels)))
        if not self.known(column).all():
            raise ValueError(f"label {short(self.name)!r}{_at(places, int(self.known(column).argmin()))} is missing")
        if self.task == "numbers":
            return (_finite(self.name, column, self.decimal, places)[np.newaxis] - self.mean) / self.std
        classes = {float(x) if self.decimal else text(x): k for k, x in enumerate(self.classes)}
        found = _finite(self.name, column, self.decimal, places).tolist() if self.decimal else [*map(text, column)]
        for k, x in enumerate(found):
            if x not in classes:
                wanted = short(", ".join(map(str, self.classes)))
                raise ValueError(
                    f"label {short(self.name)!r}{_at(places, k)}: one of {wanted} is wanted, got {short(x)}"
                )
        Y = np.array([classes[x] for x in found])
        return Y if self.task == "classes" else Y[np.newaxis].astype(np.float64)

    def decode(self, AL: Array) -> Array:
        """The answers (m,) that AL of shape (n[L], m) stands for."""
        if self.task == "numbers":
            return AL[0] * self.std + self.mean
        return np.array(self.classes)[AL.argmax(axis=0) if self.task == "classes" else (AL[0] > 0.5).astype(int)]

    def proba(self, AL: Array) -> Array:
        """The probabilities (m, classes) in AL of shape (n[L], m)."""
        if self.task == "numbers":
            raise ValueError(f"label {short(self.name)!r} is a number, and has no probabilities")
        return AL.T if self.task == "classes" else np.column_stack([1 - AL[0], AL[0]])


def _known(column: Array, decimal: str) -> Array:
    """Which labels are not missing."""
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
    return [*map(int, x.tolist())] if are_whole else x.tolist()
