"""read_table: a file as a DataFrame of raw values, with a line about all that is not plain.

A table of text stays text here: `columns.py` decides what is a number. A fault raises a ValueError
of one line that says where it is.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import read_arrays, short
from .cells import cells, is_missing, notations, number

SEPARATORS = {",": "a comma", ";": "';'", "\t": "a tab", "|": "'|'", " ": "a space"}
ANSWERS = "Y"  # the column of the labels in a table made of the arrays X and Y


class Table(NamedTuple):
    """frame: a pandas DataFrame. said: lines on how it was read. label: the last column, or Y.

    white: the value of white, if the rows are the course's images.
    """

    frame: Any
    said: list[str]
    label: str
    white: float | None = None


def read_table(path: Any) -> Table:
    """Read the table in a file, one example a row; the file's ending decides how.

    Raises ValueError of one line, which says where the fault is.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: a file ending in {', '.join(READERS)} is wanted, got {path.suffix or 'no ending'!r}")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    need(path, "pandas")
    table: Table = reader(path)
    return table


def need(path: Path, package: str, extra: str = "tables") -> Any:
    """Import a package that the file takes."""
    try:
        return import_module(package)
    except ImportError:
        raise ValueError(f'{path} takes {package} to read: pip install ".[{extra}]" in a checkout') from None


# --- tables of text


def _read_text(path: Path) -> Table:
    """A table of text. pandas would fill up short rows in silence, so `csv` splits the lines."""
    said: list[str] = []
    text = _decoded(path, said)
    separator = _separator(text)
    if separator != ("\t" if path.suffix.lower() == ".tsv" else ","):
        said.append(f"the columns are separated by {SEPARATORS[separator]}")
    reader = csv.reader(_lines(text, separator), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {short(error)}") from error
    return _named(path, rows, "line", said)


def _decoded(path: Path, said: list[str]) -> str:
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for name in (encoding, "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            break
    else:
        raise ValueError(f"{path} is not a table of text in UTF-8, UTF-16 or Windows-1252")
    if name != "utf-8-sig":
        said.append(f"the text is read as {'UTF-16' if name == 'utf-16' else 'Windows-1252, for it is not UTF-8'}")
    return text


def _lines(text: str, separator: str) -> Any:
    lines = io.StringIO(text, newline="")
    return (line.strip(" ") for line in lines) if separator == " " else lines


def _separator(text: str) -> str:
    """The separator that gives the most of the first rows one width, as the first row has it."""
    best, chosen = 0.0, ","
    for separator in (";", "\t", "|", ",", " "):
        rows = csv.reader(_lines(text, separator), delimiter=separator, skipinitialspace=True)
        try:
            widths = [len(row) for row in islice(rows, 200) if row]
        except csv.Error:
            continue
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        share = count / len(widths) if width > 1 and 1 < widths[0] in (width, width - 1) else 0.0
        if share > best and (separator != " " or best == 0):
            best, chosen = share, separator
    return chosen


def _named(path: Path, rows: list[tuple[int, list[Any]]], place: str, said: list[str]) -> Table:
    """The table of numbered rows, whose first may be a header."""
    import pandas as pd

    if not rows:
        raise ValueError(f"{path} is empty")
    places, table = [k for k, _ in rows], [row for _, row in rows]
    header = _header(table, said)
    if not header:
        said.append("the table has no header; the columns are named by their numbers")
    elif len(table) == 1:
        raise ValueError(f"{path} has a header and no rows")
    else:
        first, *table = table
        if all(len(row) == len(first) + 1 for row in table):  # a separator ends each row, or R named the rows
            ends = all(is_missing(row[-1]) for row in table)
            header = [*header, ""] if ends else ["", *header]
        del places[0]
    width = len(header or table[0])
    for k, row in zip(places, table, strict=True):
        if len(row) != width:
            what = "the header" if header else f"{place} {places[0]}"
            raise ValueError(f"{path}, {place} {k}: {len(row)} columns, where {what} has {width}")
    names = _unique(header or [""] * width, said)
    frame = pd.DataFrame(table, columns=names, index=pd.Index(places, name=place), dtype=object)
    return Table(frame, said, names[-1])


def _header(table: list[list[Any]], said: list[str]) -> list[str]:
    """The first row, if it is a header, or []."""
    first, rest = table[0], table[1:]
    found = [x for x in first if not is_missing(x) and _is_number(x)]
    below = [[row[k] for row in rest if k < len(row)] for k in range(len(first))]
    if not found:
        again = sum(x in column for x, column in zip(first, below, strict=True))
        is_header = again <= len(first) / 2  # a name is seldom a value of its own column
    elif is_header := len(found) > 1 and [str(x) for x in found] == [str(k) for k in range(len(found))]:
        said.append(f"the first line, {short(', '.join(map(str, first)), 30)}, is taken for a header")
    else:
        is_header = any(
            not is_missing(x) and not _is_number(x) and notations(cells(column)) and not all(map(is_missing, column))
            for x, column in zip(first, below, strict=True)
        )
    return ["" if is_missing(x) else " ".join(str(x).split()) for x in first] if is_header else []


def _is_number(x: Any) -> bool:
    return number(x, ".") is not None or number(x, ",") is not None


def _unique(header: list[str], said: list[str]) -> list[str]:
    """The names of the columns; those without a name have their number."""
    names: list[str] = []
    for k, given in enumerate(header, 1):
        base, count = given or f"column {k}", 1
        name = base
        while name in names:
            count += 1
            name = f"{base} ({count})"
        if count > 1:
            said.append(f"another column {base!r} is named {name!r}")
        names.append(name)
    return names


# --- other files


def _read_excel(path: Path) -> Table:
    need(path, "openpyxl")
    import pandas as pd

    said: list[str] = []
    try:
        with pd.ExcelFile(path) as book:
            sheets = book.sheet_names
            frame = book.parse(sheets[0], header=None, dtype=object)
    except Exception as error:  # those of zipfile, of XML and of openpyxl
        raise ValueError(f"{path} is not a sound .xlsx file: {short(error)}") from error
    if len(sheets) > 1:
        said.append(f"the sheet {short(repr(sheets[0]))} is read, the first of {len(sheets)}")
    rows = [(k, row) for k, row in enumerate(frame.to_numpy().tolist(), 1) if not all(map(is_missing, row))]
    return _named(path, rows, "row", said)


def _read_parquet(path: Path) -> Table:
    need(path, "pyarrow")
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:
        raise ValueError(f"{path} is not a sound .parquet file: {short(error)}") from error
    if 0 in frame.shape:
        raise ValueError(f"{path} has {frame.shape[0]} rows and {frame.shape[1]} columns")
    said: list[str] = []
    frame.columns = _unique([*map(str, frame.columns)], said)
    return Table(frame, said, frame.columns[-1])


def _read_npz(path: Path) -> Table:
    """The entries X, (n_x, m), and Y, (1, m) or (m,)."""
    arrays = read_arrays(path)
    for key in "XY":
        if key not in arrays:
            raise ValueError(f"{path} has no entry {key!r}; it has {short(', '.join(arrays)) or 'none'}")
    return _table_of(path, arrays["X"], arrays["Y"], "column")


def _read_h5(path: Path) -> Table:
    """The course's train_set_x, (m, 64, 64, 3), and train_set_y, (m,), or the two for the test."""
    h5py = need(path, "h5py", "examples")
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
    X = images.reshape(len(images), math.prod(images.shape[1:])).T
    table = _table_of(path, X, np.asarray(Y), "pixel")
    white, said = _white(path, X)
    return table._replace(white=white, said=said)


def _white(path: Path, pixels: Array) -> tuple[float, list[str]]:
    """The value of white: 255 for uint8, and 1 for floats from 0 to 1, which were divided before.

    Raises ValueError for other images, because the value would be a guess.
    """
    dtype, least, most = pixels.dtype, pixels.min(), pixels.max()
    if dtype == np.uint8 and most > 1:
        return 255.0, []
    if dtype.kind == "f" and least >= 0 and most <= 1:
        return 1.0, [f"images of {dtype} from 0 to 1 are taken as they are; those of uint8 are divided by 255"]
    wanted = "images are to be uint8 from 0 to 255, or floats from 0 to 1"
    raise ValueError(f"{path}: {wanted}; got {dtype} from {least:g} to {most:g}")


def _table_of(path: Path, X: Array, Y: Array, name: str) -> Table:
    import pandas as pd

    for key, array, kinds in (("X", X, "fiub"), ("Y", Y, "fiubU")):
        if array.dtype.kind not in kinds:
            raise ValueError(f"{path}: {key} is to hold numbers, got dtype {short(array.dtype)}")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{path}: X is to be (features, examples), with at least one of each; got shape {X.shape}")
    m = X.shape[1]
    if Y.shape not in ((m,), (1, m)):
        turned = "; X holds an example a column, so save X.T" if X.shape[0] == Y.size else ""
        raise ValueError(f"{path}: Y is to be (1, {m}), a label for each column of X {X.shape}; got {Y.shape}{turned}")
    frame = pd.DataFrame(X.T, columns=[f"{name} {k}" for k in range(1, len(X) + 1)])
    return Table(pd.concat([frame, pd.Series(Y.reshape(m), name=ANSWERS)], axis=1), [], ANSWERS)


READERS: dict[str, Any] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _read_text),
    ".npz": _read_npz,
    ".h5": _read_h5,
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
}
