"""Functions that the written modules contain as they stand here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..train.cells import OTHER, number, text


def matrix(rows: Any, columns: dict[str, Any], table: tuple[str, ...], scale: Any) -> Any:
    """X of shape (n, m) for m rows.

    table: the names of all columns, also of those that the net does not take. scale: for numbers
    alone, their means, their deviations and their places in the table; otherwise None.
    """
    if type(rows).__name__ in ("MaskedArray", "matrix"):
        raise TypeError("rows cannot be masked arrays or numpy.matrix: write .filled(value), or np.asarray(M)")
    X: Any = rows if scale is not None else None
    if isinstance(X, dict) and len(columns) > 20 and X.keys() >= columns.keys():  # faster than one by one
        cells = [X[name] for name in columns]
        X = np.array(cells, float) if {*map(type, cells)} <= {float, int} else None
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiu" and X.itemsize <= 8 and 0 < X.ndim < 3:
        X = X[..., scale[2]] if X.shape[-1] == len(table) > len(columns) else X
        if X.shape[-1] == len(columns) and np.count_nonzero(np.isfinite(X)) == X.size:
            return (X.reshape(-1, len(columns)).T - scale[0]) / scale[1]
    rows = [*rows] if np.iterable(rows) and not isinstance(rows, (dict, str, bytes)) else rows
    is_one = not isinstance(rows, list) or not rows
    is_one = is_one or not all(isinstance(x, (dict, list, tuple, np.ndarray)) and getattr(x, "shape", 1) for x in rows)
    return np.array([features(row, columns, table) for row in ([rows] if is_one else rows)]).T


def features(row: Any, columns: dict[str, Any], table: tuple[str, ...]) -> list[float]:
    """The numbers that the net takes for one row."""
    for names in (columns, table):
        if isinstance(row, (list, tuple, np.ndarray)) and getattr(row, "shape", True) and len(row) == len(names):
            row = dict(zip(names, row, strict=True))
    if not isinstance(row, dict) or not row.keys() >= columns.keys():
        listed = ", ".join([*columns][:8]) + ", ..." * (len(columns) > 8)
        raise ValueError(f"a row has the {len(columns)} columns {listed:.200}; got {row!r:.200}")
    x = []
    for name, how in columns.items():
        cell = row[name]
        if isinstance(how, list):
            found = cell if isinstance(cell, str) and cell in how else text(cell)
            x += [float(found == category) for category in how]
            fits = found in how
        else:
            sign, fill, mean, std, grouped = how
            value = cell
            if type(cell) is not float:
                value = None if isinstance(cell, str) and OTHER[sign] in cell and not grouped else number(cell, sign)
            fits = value is not None and abs(value) != math.inf
            x.append(((value if value == value else fill) - mean) / std if fits else 0.0)
        if not fits:
            wanted = how if isinstance(how, list) else f"finite numbers, with {how[0]!r} as the decimal sign"
            raise ValueError(f"column {name!r} takes {wanted}; got {cell!r:.50}")
    return x
