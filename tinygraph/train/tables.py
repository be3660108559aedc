"""read_table: a file as columns of raw values, with a line about all that is not plain.

A table of text stays text here: `cells.py` decides what is a number. A fault raises a ValueError
of one line that says where it is.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import read_arrays, short
from .cells import OTHER, Cells, is_missing, number, settle
from .columns import Columns, Target, by_name

SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'", ",": "commas", " ": "spaces"}
YEARS = frozenset(map(str, range(1800, 2100)))


class Table(NamedTuple):
    """columns: by name. said: lines on how it was read. label: the last column, "Y", or "".

    white: the value of white, if the rows are the course's images. separator: of the columns, in
    text. header: False for text whose columns have no names.
    """

    columns: dict[str, Cells]
    said: list[str]
    label: str
    white: float | None = None
    separator: str = ""
    header: bool = True


def read_table(path: Any, label: str | None = None) -> Table:
    """Read a table, one example a row; the file's ending decides how.

    label: of an .npz file, the entry in place of Y, if it is there. Raises ValueError of one line,
    which says where the fault is.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        got = "a folder" if path.is_dir() else repr(path.suffix) if path.suffix else "no ending"
        raise ValueError(f"{path}: expected a file ending in {', '.join(READERS)}, got {got}")
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    table: Table = reader(path, label)
    return table


def read_rows(path: Any, columns: Columns, target: Target) -> Table:
    """Read rows for a model: with its columns, and the decimal sign of their own.

    A line names the columns that the model's table did not have.

    Raises ValueError of one line, if the columns have no names or the sign is an open question too.
    """
    table = read_table(path, target.name)
    names = columns.names
    if not table.header:
        table = table._replace(columns=_placed(path, table, columns, target))
    more = [name for name in table.columns if name not in {*names, *columns.table, target.name}]
    if more and table.columns.keys() >= {*names}:  # otherwise an error tells it
        table.said.append(f"not used, because the net does not know them: {short(', '.join(more), 300)}")
    with told(path):
        table.said.extend(settle(table.columns.values(), known=(*columns.columns, target)))
    return table


def _placed(path: Path, table: Table, columns: Columns, target: Target) -> dict[str, Cells]:
    """The columns of a table without a header, by the names that the model has for them.

    Names may be numbers: then they are the first row, in the order of the model's table, if none is
    a value of its column. If the model's table had no header either, rows have its columns, with or
    without the label. Raises ValueError for any other table.
    """
    cells, known, skip = [*table.columns.values()], {*columns.table, target.name}, 0
    first, numbered = [" ".join(str(x.raw[0]).split()) for x in cells], [*_unique([""] * len(known), [])]
    orders = [x for x in (numbered, columns.table) if known == {*numbered} and len(x) == len(cells)]
    given = {*first}
    are_names = {*columns.names} <= given and first == [x for x in (*columns.table, target.name) if x in given]
    if are_names and min(len(first), len(cells[0].raw)) > 1 and not any(x.raw[0] in x.raw[1:] for x in cells):
        orders, skip = [first], 1
        table.said[-1] = f"the first line, {short(', '.join(first), 30)}, is taken for a header"
    if not orders:
        names = short((table.separator or ",").join(columns.names), 300)
        raise ValueError(f"{path} has no header, but the net finds its columns by name: add a first line, {names}")
    named = zip(orders[0], cells, strict=True)
    return {name: Cells(name, x.raw[skip:], x.places[skip:], x.kind) for name, x in named}


@contextmanager
def told(path: Any) -> Iterator[None]:
    """Let errors begin with the path of the file that has the fault."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def need(what: str, package: str, extra: str = "tables") -> Any:
    """Import a package, which needs an extra."""
    try:
        return import_module(package)
    except ImportError:
        install = f'pip install ".[{extra}]" in a checkout, or pip install "X.whl[{extra}]"'
        raise ValueError(f"{what} needs {package}: {install}") from None


# --- tables of text, and of Excel


def _read_text(path: Path, _: str | None) -> Table:
    """A table of text. `csv` splits it, because pandas would fill up short rows without a word."""
    text, said = _decoded(path)
    with told(path):
        separator = _separator(text)
    if separator in text and separator != ("\t" if path.suffix.lower() == ".tsv" else ","):
        said.append(f"the columns are separated by {SEPARATORS[separator]}")
    reader = csv.reader(_lines(text, separator), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {short(error)}") from error
    return _named(path, rows, "line", said)._replace(separator=separator)


def _decoded(path: Path) -> tuple[str, list[str]]:
    data = path.read_bytes()
    is_utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "windows-1252"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            text = re.sub(r"\Asep=.(?=[\r\n])", "", text)  # Excel's word on the separator, which is found anyway
            if "\0" not in text:
                return text, [f"the text is read as {encoding}"] if encoding != "utf-8-sig" else []
    raise ValueError(f"{path} is not a table of text in UTF-8, UTF-16 or Windows-1252")


def _lines(text: str, separator: str) -> Any:
    """The lines; between spaces, the "# " with which np.savetxt begins a header is no name."""
    first, second = ([x.split() for x in text.split("\n", 2)[:2]] + [[]])[:2]
    if separator == " " and len(first) == len(second) + 1 and _are_numbers(second) > _are_numbers(first[1:]):
        text = text.removeprefix("# ")
    lines = io.StringIO(text, newline="")
    return (line.strip(" ") for line in lines) if separator == " " else lines


def _separator(text: str) -> str:
    """The separator that gives the most of the first rows one width; a header may lack a column.

    If none does, a comma; a semicolon for a column of numbers alone, because "0,5" is one number.
    Raises ValueError if its numbers may be row numbers, each with a number after a comma.
    """

    def share(separator: str) -> float:
        rows, seen = csv.reader(_lines(text, separator), delimiter=separator, skipinitialspace=True), [[""]]
        with suppress(csv.Error):
            seen = [row for row in islice(rows, 200) if row] or seen
        seen = seen[_title(seen) :]
        (width, count), first = Counter(map(len, seen)).most_common(1)[0], len(seen[0])
        if first == 1 and separator != " " and all(row[1:] == [""] for row in seen[1:]):
            return (len(seen) - 1) / len(seen)  # a header of one name, and rows that end with a separator
        fits = 1 < first in (width, width - 1)
        return fits * count / len(seen) * (1e-3 if separator == " " else 1)  # spaces if nothing else separates

    shares = {separator: share(separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=shares.__getitem__)
    first, *rows = [*filter(None, map(str.strip, islice(io.StringIO(text, newline=None), 200)))] or [""]
    if (best != " " and shares[best]) or "," in first or not rows or not _are_numbers([x.strip('"') for x in rows]):
        return best if shares[best] else ","
    counted = [x.partition(",")[0] for x in rows if x.count(",") == 1]
    if len(rows) > 1 and counted in ([*map(str, range(k, k + len(rows)))] for k in (0, 1)):
        what = f"{short(rows[0])!r} is one number, or a row number and another"
        raise ValueError(f"{what}; write a decimal point, or a header with two names")
    return ";"


def _named(path: Path, rows: list[tuple[int, list[Any]]], place: str, said: list[str]) -> Table:
    """The table of rows and their places; the first may be a header."""
    if not rows:
        raise ValueError(f"{path} is empty")
    if k := _title([row for _, row in rows]):
        title = next(x for x in rows[0][1] if not is_missing(x))
        said.append(f"{place} {rows[k][0]} is the header; what stands above it is left out: {short(title, 60)!r}")
    places, table = map(list, zip(*rows[k:], strict=True))
    header = _header(table, said)
    if header:
        del places[0], table[0]
        if not table:
            raise ValueError(f"{path} has one line, which is taken for the header, and no rows")
        is_short = all(len(row) == len(header) + 1 for row in table)
        if is_short and all(is_missing(row[-1]) for row in table):
            header.append("")
        elif is_short and "," not in header[0]:  # R names no column of row names
            header.insert(0, "")
            said.append("the header has a name less than there are columns; the first column gets none")
    width = len(header or table[0])
    for k, row in zip(places, table, strict=True):
        if len(row) != width:
            first = "the header" if header else f"{place} {places[0]}"
            raise ValueError(f"{path}, {place} {k}: {len(row)} columns, where {first} has {width}")
    header = header or [""] * width
    while not header[-1] and len(header) > 1 and all(is_missing(row[-1]) for row in table):
        header, table = header[:-1], [row[:-1] for row in table]  # each line ends with a separator, or with more
    names, values = _unique(header, said), zip(*table, strict=True)
    columns = {name: Cells(name, x, places, place) for name, x in zip(names, values, strict=True)}
    return Table(columns, said, names[-1], header=any(header))


def _title(rows: list[list[Any]]) -> int:
    """How many rows of one cell each stand above a header of three texts, or two after #."""
    cells = [[x for x in row if not is_missing(x)] for row in rows[:20]]
    k = next((k for k, row in enumerate(cells) if len(row) > 1), 0)
    least = 2 if str(rows[0][0])[:1] == "#" else 3
    return k if len(cells[k]) >= least and not any(_are_numbers([x]) for x in cells[k]) else 0


def _header(table: list[list[Any]], said: list[str]) -> list[str]:
    """The first row if it is a header, otherwise []."""
    first = ["" if is_missing(x) else " ".join(str(x).split()) for x in table[0]]
    below = [(x, [row[k] for row in table[1:1000] if k < len(row)]) for k, x in enumerate(first)]
    below = [(x, column) for x, column in below if not all(map(is_missing, column))]
    found = [x for x in first if x and _are_numbers([x])]
    numbers = {*found}
    again = sum(x in column for x, column in below if x not in numbers)  # a name is seldom a value of its own column
    if not found:
        is_header = again <= len(below) / 2
    elif is_header := len(found) > 1 and not again and _are_counted(found, below):
        said.append(f"the first line, {short(', '.join(first), 30)}, is taken for a header")
    else:  # a name above numbers
        is_header = any(x and not _are_numbers([x]) and _are_numbers(column) for x, column in below)
    if not is_header:
        said.append("there is no header; the columns are named by their numbers")
    return first if is_header else []


def _are_counted(found: list[str], below: list[tuple[str, list[Any]]]) -> bool:
    """Whether numbers in the first row count columns from 0, or are years above no years."""
    years = [str(v).strip() in YEARS for x, column in below if x in YEARS for v in column if not is_missing(v)]
    are_names = found[0] == "0" or (found[0] in YEARS and 2 * sum(years) < len(years))
    return are_names and found == [*map(str, range(k := int(found[0]), k + len(found)))]


def _are_numbers(values: Iterable[Any]) -> bool:
    return any(all(number(x, sign) is not None for x in values) for sign in OTHER)


def _unique(header: list[str], said: list[str]) -> list[str]:
    """Names for the columns: a column without one has its number, a second of a name gets it."""
    names: dict[str, int] = {}
    for k, given in enumerate(header, 1):
        name = given or f"column {k}"
        if name in names:
            name = f"{name} (column {k})"
            said.append(f"another column {given!r} is named {name!r}")
        names[name] = k
    return [*names]


def _read_excel(path: Path, _: str | None) -> Table:
    sheets = _by_pandas(path, "openpyxl", "read_excel", sheet_name=None, header=None, dtype=object)
    name, frame = next((x for x in sheets.items() if len(x[1]) > 1), next(iter(sheets.items())))
    said = [f"the sheet {short(name)!r} is read, the first of {len(sheets)} with rows"] if len(sheets) > 1 else []
    rows = [(k, row) for k, row in enumerate(frame.to_numpy().tolist(), 1) if not all(map(is_missing, row))]
    return _named(path, rows, "row", said)


def _by_pandas(path: Path, package: str, reader: str, **options: Any) -> Any:
    pd, _ = need(f"reading {path}", "pandas"), need(f"reading {path}", package)
    try:
        return getattr(pd, reader)(path, **options)
    except Exception as error:  # those of pandas, of zipfile, of XML and of the package
        raise ValueError(f"{path} is damaged or no {path.suffix} file: {short(error)}") from error


# --- tables of typed columns


def _read_parquet(path: Path, _: str | None) -> Table:
    frame = _by_pandas(path, "pyarrow", "read_parquet")
    if 0 in frame.shape:
        raise ValueError(f"{path} has {frame.shape[0]} rows and {frame.shape[1]} columns")
    said = [f"the index {short(repr(x))} is not a column, and is left out" for x in frame.index.names if x is not None]
    return Table(columns := by_name(frame), said, [*columns][-1])


def _read_npz(path: Path, label: str | None) -> Table:
    """The entries X, (n_x, m), and Y, (1, m) or (m,), or the label in Y's place, if there."""
    arrays = read_arrays(path)
    if "X" not in arrays:
        raise ValueError(f"{path} has no entry 'X'; it has {short(', '.join(arrays)) or 'none'}")
    key = label if label in arrays else "Y"
    return _of_arrays(path, arrays["X"], arrays.get(key), "column", key)


def _read_h5(path: Path, _: str | None) -> Table:
    """The course's train_set_x, (m, 64, 64, 3), and train_set_y, (m,), or the two for the test."""
    h5py = need(f"reading {path}", "h5py", "examples")
    try:
        with h5py.File(path, "r") as file:
            part = "test" if "test_set_x" in file and "train_set_x" not in file else "train"
            for key in (f"{part}_set_x", f"{part}_set_y"):
                if key not in file or not hasattr(file[key], "dtype"):  # a group has none
                    raise ValueError(f"{path} has no data set {key!r}; it has {short(', '.join(file)) or 'none'}")
            images, Y = file[f"{part}_set_x"][()], file[f"{part}_set_y"][()]
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{path} is damaged or no .h5 file: {short(error)}") from error
    if np.ndim(images) < 2:
        raise ValueError(f"{path}: expected {part}_set_x (m, height, width, 3), got shape {np.shape(images)}")
    X = images.reshape(len(images), math.prod(images.shape[1:])).T
    table = _of_arrays(path, X, np.asarray(Y), "pixel")
    least, most = X.min(), X.max()
    if X.dtype == np.uint8 and most > 1:
        return table._replace(white=255.0)
    if X.dtype.kind == "f" and least >= 0 and most <= 1:  # they were divided before
        taken = f"images of {X.dtype} from 0 to 1 are taken as they are; those of uint8 are divided by 255"
        return table._replace(white=1.0, said=[taken])
    wanted = "expected images of uint8 from 0 to 255, or floats from 0 to 1"  # of others, white would be a guess
    raise ValueError(f"{path}: {wanted}; got {X.dtype} from {least:g} to {most:g}")


def _of_arrays(path: Path, X: Array, Y: Array | None, name: str, label: str = "Y") -> Table:
    for key, array, kinds in (("X", X, "fiub"), (label, X if Y is None else Y, "fiubU")):
        if array.dtype.kind not in kinds:
            raise ValueError(f"{path}: expected numbers in {key}, got dtype {short(array.dtype)}")
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{path}: expected X (features, examples), with at least one of each; got shape {X.shape}")
    columns = {f"{name} {k}": Cells(f"{name} {k}", x) for k, x in enumerate(X, 1)}
    if Y is None:
        return Table(columns, [], "")
    m = X.shape[1]
    if Y.shape not in ((m,), (1, m), (m, 1)):
        turned = "; X holds an example a column, so save X.T" if X.shape[0] == Y.size else ""
        wanted = f"{label} (1, {m}), a label for each column of X {X.shape}"
        raise ValueError(f"{path}: expected {wanted}; got {Y.shape}{turned}")
    return Table({**columns, label: Cells(label, Y.reshape(m))}, [], label)


READERS: dict[str, Any] = dict.fromkeys((".csv", ".tsv", ".txt"), _read_text)
READERS |= {".npz": _read_npz, ".h5": _read_h5, ".parquet": _read_parquet, ".xlsx": _read_excel}
