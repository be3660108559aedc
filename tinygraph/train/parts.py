"""The parts of a table: examples to train on, to validate and to test, as arrays for a net."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import short
from .cells import OTHER, Cells, is_missing, settle
from .columns import Columns, Target
from .tables import Table, read_rows, read_table, told

TEST, VALIDATION = 0.2, 0.1  # shares of the table, and of the rest


class Examples(NamedTuple):
    """X: (n_x, m). Y: as the net's cost takes it."""

    X: Array
    Y: Array

    @property
    def m(self) -> int:
        return int(self.X.shape[1])


class Parts(NamedTuple):
    """The examples of each part, or None, and how the table became them.

    of_course: whether they are the course's images. said: lines on how the files were read.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    columns: Columns
    target: Target
    of_course: bool
    said: list[str]

    def examples(self) -> dict[str, Examples]:
        """The parts that are there, by name."""
        return {name: part for name, part in zip(("train", "validation", "test"), self[:3], strict=True) if part}


def read_parts(
    path: Path, label: str | None = None, task: str | None = None, keep: Any = (), drop: Any = (), test: Any = None
) -> Parts:
    """Read a table and hold back some rows, always the same: a fifth to test, a tenth to validate.

    label: the name of its column, or its number from 1 (default: the last). task: as in Target.fit.
    keep, drop: as in Columns.fit. test: a file with the rows to test. The course's images are all
    to train on. Raises ValueError of one line.
    """
    table = labelled(path, read_table(path, label), label)
    try:
        labels = table.columns[table.label]
        numbers = next((x for x in map(labels.numbers, OTHER) if x is not None), None)
        # of a row without a label, nothing counts
        there = np.array([not is_missing(x) for x in labels.raw]) if numbers is None else ~np.isnan(numbers)
        rows = take(table.columns, there)
        signs = settle(rows.values(), table.separator)
        labels.decimal = rows[table.label].decimal
        target = Target.fit(labels, task)
        labels = rows.pop(table.label)
        strata = np.zeros(len(labels.raw)) if target.task == "numbers" else target.encode(labels).ravel()
        tests = held_back(strata, 0 if test or table.white else TEST)
        rest = np.flatnonzero(~tests)
        validates = np.zeros(len(strata), bool)
        validates[rest] = held_back(strata[rest], 0 if table.white else VALIDATION)
        trains = np.flatnonzero(~tests & ~validates)
        if target.task == "numbers":
            target = Target.fit(labels, target.task, trains)._replace(said=target.said)
        columns = Columns.fit(rows, keep, drop, trains, table.white)
        X, Y = columns.matrix(rows), target.encode(labels)
    except ValueError as error:
        of_label = label is None and str(error).startswith("label ")
        other = f"; --label takes another column than {short(repr(table.label))}" if of_label else ""
        raise ValueError(f"{path}: {error}{other}") from error
    uneven = not table.white and (tests.mean() > 1.5 * TEST or not validates.any())
    few = "the table is short" if target.task == "numbers" else "classes have few examples"
    few = f"{few}: {tests.sum()} of {len(tests)} rows are to test on, {validates.sum()} to validate"
    said = [f"{path}: {line}" for line in (*table.said, *signs, *target.said, *columns.said, *[few] * bool(uneven))]
    train = Examples(np.ascontiguousarray(X[:, trains]), Y[..., trains])
    validation, tested = (Examples(X[:, rows], Y[..., rows]) if rows.any() else None for rows in (validates, tests))
    if test:
        tested = read_test(test, path, table, columns, target, said)
    return Parts(train, validation, tested, columns, target, table.white is not None, said)


def take(columns: dict[str, Cells], rows: Array) -> dict[str, Cells]:
    return columns if rows.all() else {name: cells.take(rows) for name, cells in columns.items()}


def labelled(path: Path, table: Table, label: str | None) -> Table:
    """The table in a file, with the name of its label's column."""
    names = [*table.columns]
    if label is None:
        if not table.label:
            raise ValueError(f"{path} has no entry 'Y'; --label takes another")
        what = f"the label is the last column, {short(repr(table.label))}; --label takes another"
        return table if path.suffix.lower() in (".npz", ".h5") else table._replace(said=[*table.said, what])
    if label in names:
        return table._replace(label=label)
    if label.isascii() and label.isdigit() and 1 <= int(label) <= len(names):
        return table._replace(label=names[int(label) - 1])
    wanted = ", ".join(names if len(names) < 20 else [*get_close_matches(label, names, 3, 0), f"{len(names) - 3} more"])
    raise ValueError(f"{path}: there is no column {short(repr(label))} for the label; there are {short(wanted, 300)}")


def held_back(strata: Array, share: float) -> Array:
    """This share of the examples of each stratum, always the same: (m,) booleans.

    At least one example of each stratum of two or more is held back, and one is left.
    """
    chosen = np.zeros(len(strata), bool)
    order = np.random.default_rng(0).permutation(len(strata))
    for stratum in np.unique(strata) if share else ():
        own = order[strata[order] == stratum]
        chosen[own[: min(max(1, round(share * len(own))), len(own) - 1)]] = True
    return chosen


def read_test(path: Path, data: Path, table: Table, columns: Columns, target: Target, said: list[str]) -> Examples:
    """The rows to test in another file, prepared as those to train on."""
    other = labelled(path, read_rows(path, columns, target), target.name)
    if other.white != table.white:
        wanted = "two tables, or images that are both uint8 or both floats"
        raise ValueError(f"{path} and {data} are not on one scale: give {wanted}")
    with told(path):
        there = target.known(other.columns[other.label])
        if not there.any():
            raise ValueError(f"label {short(target.name)!r} is empty")
        rows = take(other.columns, there)
        test = Examples(columns.matrix(rows), target.encode(rows[other.label]))
    said += [f"{path}: {line}" for line in other.said]
    if os.path.samefile(path, data):
        said.append(f"{path}: the rows to test on are those of the table to train on, so the test tells nothing new")
    if target.task != "numbers" and test.Y.min() == test.Y.max():
        only = target.classes[int(test.Y.flat[0])]
        said.append(f"{path}: the label is {short(only)} in all of {test.m} examples to test on")
    return test
