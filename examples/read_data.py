"""Examples and labels: read from .csv, .npz or the course's .h5, split, and put on the same scale.

A fault in a file raises a ValueError of one line that says where it is. Whenever the data are not
taken exactly as in the file, that is printed.
"""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygraph.files import read_arrays, short

Array = np.ndarray[Any, Any]
# A number in a table. Python's float() would also read 2020_01 and digits of other scripts.
NUMBER = re.compile(r"\s*[+-]?((\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)


class Examples(NamedTuple):
    """Examples in the lesson's layout, one a column.

    X: (n_x, m), float64. Y: the labels 0 and 1, (1, m), float64. pixels: the value of white, if the
    examples are images.
    """

    X: Array
    Y: Array
    pixels: float | None = None

    @property
    def m(self) -> int:
        return self.X.shape[1]

    def take(self, chosen: Array) -> Examples:
        """The examples at these places."""
        return Examples(self.X[:, chosen], self.Y[:, chosen])


class Scaling(NamedTuple):
    """Puts all features on the same scale: (X - mean) / std."""

    mean: Any
    std: Any

    def __call__(self, examples: Examples) -> Examples:
        return Examples((examples.X - self.mean) / self.std, examples.Y)


def standardised(examples: Examples) -> Scaling:
    """The scaling that gives each feature of `examples` the mean 0 and the standard deviation 1.

    A constant feature gets the standard deviation 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = examples.X.mean(axis=1, keepdims=True), examples.X.std(axis=1, keepdims=True)
    fits = np.isfinite(mean + std)
    if not fits.all():
        worst = int(np.argmin(fits))
        raise ValueError(f"feature {worst} (counted from 0) has numbers too large for a mean and a standard deviation")
    return Scaling(mean, np.where(std == 0, 1, std))


def split(examples: Examples) -> tuple[Examples, Examples]:
    """Four fifths to train on and one to test on, always the same, so that runs can be compared."""
    if examples.m < 2:
        raise ValueError("one example cannot be split into some to train on and some to test on")
    test, train = np.split(np.random.default_rng(0).permutation(examples.m), [max(1, round(examples.m / 5))])
    return examples.take(train), examples.take(test)


def read(path: Path) -> Examples:
    """The examples in the file `path`; its ending decides how to read it."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: a file ending in {', '.join(READERS)} is wanted, got {path.suffix or 'no ending'!r}")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    X, Y = reader(path)
    examples = _checked(path, X, Y)
    return examples._replace(pixels=_white(path, X.dtype, examples.X)) if reader is _read_h5 else examples


def one_class(path: Path, examples: Examples) -> str | None:
    """A sentence about the file `path` if all its labels are the same, otherwise None."""
    if examples.Y.min() < examples.Y.max():
        return None
    column = ", which is taken from the last column," if path.suffix.lower() == ".csv" else ""
    return f"{path}: the label{column} is {examples.Y[0, 0]:g} in all of {examples.m} examples"


def _read_csv(path: Path) -> tuple[Array, Array]:
    """One example a row, its label last.

    A first row without numbers, or with 0, 1, 2, ..., is a header.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            rows = [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a sound .csv file: {short(error)}") from error
    header = rows[0][1] if rows else []
    index = header[:1] == [""]  # pandas gives it no name
    counts = header[index:] == [str(k) for k in range(len(header) - index)] and len(header) > 1
    if counts or not any(map(NUMBER.fullmatch, header)):
        if index:
            what = "the first column has no name, so it is taken for an index, which is no feature"
            raise ValueError(f"{path}: {what}: leave it out, as pandas' to_csv(index=False) does, or name it")
        if counts:
            what = f"the first line, {short(', '.join(header), 30)}, is skipped as a header that counts the columns"
            print(f"{path}: {what}; if it is an example, write a header above it")
        del rows[:1]
    if not rows:
        raise ValueError(f"{path} holds no examples")
    first, width = rows[0][0], len(rows[0][1])
    for line, row in rows:
        if len(row) != width:
            raise ValueError(f"{path}, line {line}: {len(row)} columns, where line {first} has {width}")
        for k, cell in enumerate(row, 1):
            if not NUMBER.fullmatch(cell) or not math.isfinite(float(cell)):
                raise ValueError(f"{path}, line {line}, column {k}: a number is wanted, got {short(cell)!r}")
    table = np.array([row for _, row in rows], dtype=np.float64)
    return table[:, :-1].T, table[:, -1]


def _read_npz(path: Path) -> tuple[Array, Array]:
    """The entries X, (n_x, m), and Y, (1, m) or (m,)."""
    arrays = read_arrays(path)
    for key in "XY":
        if key not in arrays:
            raise ValueError(f"{path} has no entry {key!r}; it has {short(', '.join(arrays)) or 'none'}")
    return arrays["X"], arrays["Y"]


def _read_h5(path: Path) -> tuple[Array, Array]:
    """The course's train_set_x, (m, 64, 64, 3), and train_set_y, (m,), or the two for the test."""
    try:
        import h5py
    except ImportError:
        raise ValueError(f'{path} takes h5py to read: pip install ".[examples]" in a checkout') from None
    try:
        with h5py.File(path, "r") as file:
            part = "test" if "test_set_x" in file and "train_set_x" not in file else "train"
            for key in (f"{part}_set_x", f"{part}_set_y"):
                if key not in file or not hasattr(file[key], "dtype"):  # a group has none
                    raise ValueError(f"{path} has no data set {key!r}; it has {short(', '.join(file)) or 'none'}")
            images, Y = file[f"{part}_set_x"][()], file[f"{part}_set_y"][()]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{path} is not a sound .h5 file: {short(error)}") from error
    if np.ndim(images) < 2:
        raise ValueError(f"{path}: {part}_set_x is to be (m, height, width, 3), got shape {np.shape(images)}")
    return images.reshape(len(images), math.prod(images.shape[1:])).T, np.asarray(Y)


def _white(path: Path, dtype: Any, pixels: Array) -> float:
    """The value of white: 255 for uint8, and 1 for floats from 0 to 1, which were divided before.

    Raises ValueError for other images, because the value would be a guess.
    """
    least, most = pixels.min(), pixels.max()
    if dtype == np.uint8 and most > 1:
        return 255.0
    if dtype.kind == "f" and least >= 0 and most <= 1:
        print(f"{path}: images of {dtype} from 0 to 1 are taken as they are; those of uint8 are divided by 255")
        return 1.0
    wanted = "images are to be uint8 from 0 to 255, or floats from 0 to 1"
    raise ValueError(f"{path}: {wanted}; got {dtype} from {least:g} to {most:g}")


READERS = {".csv": _read_csv, ".npz": _read_npz, ".h5": _read_h5}


def _checked(path: Path, X: Array, Y: Array) -> Examples:
    for name, array in (("X", X), ("Y", Y)):
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{path}: {name} is to hold numbers, got dtype {short(array.dtype)}")
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
