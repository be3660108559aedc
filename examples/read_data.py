"""Examples with their labels: read from .csv, .npz or the course's .h5, split, and put on one scale.

Whatever is wrong with a file is a ValueError of one line that says where.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygraph.files import read_arrays

Array = np.ndarray[Any, Any]


class Examples(NamedTuple):
    """In the lesson's layout, an example a column: X (n_x, m), and labels Y (1, m) of 0 and 1; both float64."""

    X: Array
    Y: Array

    @property
    def m(self) -> int:
        return self.X.shape[1]

    def take(self, chosen: Array) -> Examples:
        """The examples of these places."""
        return Examples(self.X[:, chosen], self.Y[:, chosen])


class Scaling(NamedTuple):
    """What puts all features on one scale: (X - mean) / std."""

    mean: Any
    std: Any

    def __call__(self, examples: Examples) -> Examples:
        return Examples((examples.X - self.mean) / self.std, examples.Y)


def standardised(examples: Examples) -> Scaling:
    """The scaling that gives each feature of `examples` mean 0 and standard deviation 1 (0 where it never varies)."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = examples.X.mean(axis=1, keepdims=True), examples.X.std(axis=1, keepdims=True)
    fits = np.isfinite(mean + std)
    if not fits.all():
        worst = int(np.argmin(fits))
        raise ValueError(f"feature {worst} (counted from 0) has numbers too large for a mean and a standard deviation")
    return Scaling(mean, np.where(std == 0, 1, std))


def split(examples: Examples) -> tuple[Examples, Examples]:
    """Four fifths to train on and one to test on: always the same ones, so that runs can be compared."""
    if examples.m < 2:
        raise ValueError("one example cannot be split into some to train on and some to test on")
    test, train = np.split(np.random.default_rng(0).permutation(examples.m), [max(1, round(examples.m / 5))])
    return examples.take(train), examples.take(test)


def read(path: Path) -> Examples:
    """The examples in the file `path`, which its ending says how to read."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: a file ending in {', '.join(READERS)} is wanted, got {path.suffix or 'no ending'!r}")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    return _checked(path, *reader(path))


def _read_csv(path: Path) -> tuple[Array, Array]:
    """An example a row, its label last; a first row without a single number is a header."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            rows = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a sound .csv file: {error}") from error
    if rows and not any(_is_number(cell) for cell in rows[0][1]):
        del rows[0]
    if not rows:
        raise ValueError(f"{path} holds no examples")
    first, width = rows[0][0], len(rows[0][1])
    for line, row in rows:
        if len(row) != width:
            raise ValueError(f"{path}, line {line}: {len(row)} columns, where line {first} has {width}")
        for k, cell in enumerate(row, 1):
            if not _is_number(cell) or not math.isfinite(float(cell)):
                raise ValueError(f"{path}, line {line}, column {k}: a number is wanted, got {cell!r}")
    table = np.array([row for _, row in rows], dtype=np.float64)
    return table[:, :-1].T, table[:, -1]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_npz(path: Path) -> tuple[Array, Array]:
    """The entries X, (n_x, m), and Y, (1, m) or (m,)."""
    arrays = read_arrays(path)
    for key in "XY":
        if key not in arrays:
            raise ValueError(f"{path} has no entry {key!r}; it has {', '.join(arrays) or 'none'}")
    return arrays["X"], arrays["Y"]


def _read_h5(path: Path) -> tuple[Array, Array]:
    """The course's train_set_x, (m, 64, 64, 3), and train_set_y, (m,); or test_set_x and test_set_y."""
    try:
        import h5py
    except ImportError:
        raise ValueError(f'{path} takes h5py to read: pip install ".[examples]" in a checkout') from None
    try:
        with h5py.File(path, "r") as file:
            part = "test" if "test_set_x" in file and "train_set_x" not in file else "train"
            for key in (f"{part}_set_x", f"{part}_set_y"):
                if key not in file or not hasattr(file[key], "dtype"):  # a group has none
                    raise ValueError(f"{path} has no data set {key!r}; it has {', '.join(file) or 'none'}")
            images, Y = file[f"{part}_set_x"][()], file[f"{part}_set_y"][()]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{path} is not a sound .h5 file: {error}") from error
    if np.ndim(images) < 2:
        raise ValueError(f"{path}: {part}_set_x is to be (m, height, width, 3), got shape {np.shape(images)}")
    return images.reshape(len(images), math.prod(images.shape[1:])).T, np.asarray(Y)


READERS = {".csv": _read_csv, ".npz": _read_npz, ".h5": _read_h5}


def _checked(path: Path, X: Array, Y: Array) -> Examples:
    for name, array in (("X", X), ("Y", Y)):
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{path}: {name} is to hold numbers, got dtype {array.dtype}")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{path}: X is to be (features, examples), with at least one of each; got shape {X.shape}")
    m = X.shape[1]
    if Y.shape not in ((m,), (1, m)):
        turned = "; X holds an example a column, so save X.T" if X.shape[0] == Y.size else ""
        raise ValueError(f"{path}: Y is to be (1, {m}), a label for each column of X {X.shape}; got {Y.shape}{turned}")
    X, Y = X.astype(np.float64), Y.reshape(1, m).astype(np.float64)
    if not np.isfinite(X).all():
        feature, example = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"{path}: X[{feature}, {example}] is {X[feature, example]}; only finite numbers are taken")
    wrong = Y[(Y != 0) & (Y != 1)]
    if wrong.size:
        raise ValueError(f"{path}: labels are to be 0 or 1, got {wrong[0]:g} ({wrong.size} of {m} are neither)")
    return Examples(X, Y)
