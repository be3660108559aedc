"""What is done to a graph before it is laid out: each pass a function from a Graph to a Graph, in a module of its own.

The stability table alone works on the trace as it is recorded, for what is differentiated is then stable already.
Dead code needs no pass: a Graph holds what its outputs and updates depend on.
"""

from __future__ import annotations

from collections.abc import Callable

from ...graph.nodes import Graph
from .algebra import algebra
from .cse import common_subexpressions
from .fold_constants import fold_constants
from .fold_learning_rate import scaled
from .mask import masked
from .pack_bias import packed

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
