"""What is done to a graph before it is laid out: each pass a function from a Graph to a Graph, in a module of its own.

The stability table alone works on the trace as it is recorded, for what is differentiated is then stable already.
Dead code needs no pass: a Graph holds what its outputs and updates depend on.
"""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Graph
from .algebra import algebra
from .common import common_subexpressions
from .constants import fold_constants
from .mask import masked
from .pack import packed
from .scale import scaled

# the first three simplify: the source to read is made after them; the others make what runs faster
PASSES: dict[str, Callable[[Graph], Graph]] = {
    "constants": fold_constants,
    "algebra": algebra,
    "common": common_subexpressions,
    "scale": scaled,
    "mask": masked,
    "pack": packed,
}
SIMPLIFY = ("constants", "algebra", "common")
