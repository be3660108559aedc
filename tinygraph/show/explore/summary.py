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


def _text(x: Any) -> str:
    return str(x) if isinstance(x, (bool, int)) else f"{x + 0.0:.4g}"  # -0.0 + 0.0 is 0.0
