"""An array as the page shows it: a small one whole, a large one as histogram and statistics.

Numbers are sent as text of four digits, because JSON has no NaN or infinity, and nobody reads a
fifth digit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import Array
from ..annotate import statistics

WHOLE = 96  # the most entries of an array shown whole: 8 x 12
BINS = 24
SIDE = 16  # the most rows and columns of a heat map
LEVELS = "0ABCDEFGH?hgfedcba"  # by index: 0, then up to the largest, not finite, and from the least up to 0


def summary(array: Array) -> dict[str, Any]:
    """`array` as {"rows": [[text]]}, or as {"bins": counts, "facts": {name: text}}.

    The rows run over all leading axes.

    >>> import numpy as np
    >>> summary(np.array([1 / 3, np.nan]))
    {'rows': [['0.3333', 'nan']]}
    >>> summary(np.arange(96.0 * 2))["facts"]
    {'min': '0', 'mean': '95.5', 'max': '191', 'norm': '1530', 'zeros': '1'}
    """
    if array.size <= WHOLE:
        rows = array.reshape(-1, array.shape[-1] if array.ndim else 1) if array.size else array[:0]
        return {"rows": [[_text(x) for x in row] for row in rows.tolist()]}
    with np.errstate(all="ignore"):
        x = array.astype(float).ravel()
        finite = x[np.isfinite(x)]
        facts = {"zeros": (x == 0).sum(), "NaN": np.isnan(x).sum(), "Inf": np.isinf(x).sum()}
        found = {name: str(count) for name, count in facts.items() if count}
        if not finite.size:
            return {"bins": [], "facts": found}
        t = finite / (np.abs(finite).max() or 1.0)  # because the difference of the largest numbers may overflow
        low, high = t.min(), t.max()
        bins = np.bincount(np.minimum((t - low) / ((high - low) or 1.0) * BINS, BINS - 1).astype(int), minlength=BINS)
        return {"bins": bins.tolist(), "facts": {k: _text(v) for k, v in statistics(x).items()} | found}


def heat(array: Array) -> list[str]:
    """A letter for each entry, row by row; of a large array, for evenly spaced rows and columns.

    A to H are eighths of the largest size, a to h are below zero, and ? is not finite.

    >>> heat(np.array([[-4.0, 1.0], [0.0, np.nan]]))
    ['hB', '0?']
    """
    rows = np.asarray(array, float).reshape(-1, array.shape[-1] if array.ndim and array.size else 1)
    largest = np.abs(rows[np.isfinite(rows)]).max(initial=0) or 1.0
    rows = rows[np.ix_(*(np.linspace(0, n - 1, min(n, SIDE)).astype(int) for n in rows.shape))]
    with np.errstate(all="ignore"):
        sizes = np.maximum(np.ceil(np.abs(rows) / largest * 8), rows != 0)
        levels = np.where(np.isfinite(rows), np.copysign(sizes, rows), 9)
    return ["".join(LEVELS[int(level)] for level in row) for row in levels.tolist()]


def _text(x: Any) -> str:
    return str(x) if isinstance(x, (bool, int)) else f"{x + 0.0:.4g}"  # -0.0 + 0.0 is 0.0
