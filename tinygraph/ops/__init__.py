"""The ops: a row for each, with its NumPy function and its gradient rules.

table.py says how a row is written. The rows stand in elementwise.py, reductions.py, shapes.py,
products.py and composed.py, and those that few programs need in the modules of `table.LATER`, which
are loaded at their first use. methods.py gives Tensor its operators and methods.
Type checkers read __init__.pyi, which tools/make_stubs.py makes of the table.
"""

# ruff: noqa: F403 (a row is a name of this package by standing there)

from ..tensor import OPS, Op
from .elementwise import *
from .products import *
from .reductions import *
from .shapes import *
from .table import LATER, NAMESPACES
from .table import load_all as load_all

from . import composed, methods, table  # noqa: F401  # isort: skip (methods attaches them to Tensor)


def _is_offered(name: str, value: object) -> bool:
    home = getattr(value, "__module__", "")
    return isinstance(value, Op) or (name[0] != "_" and home.startswith(__name__) and not home.endswith("table"))


_OFFERED_LATER = {name for module in LATER if module not in NAMESPACES for name in LATER[module].split()}
_HERE = {name for name, value in globals().items() if _is_offered(name, value)}
__all__ = ["OPS", *sorted(_HERE | _OFFERED_LATER)]


def __getattr__(name: str) -> object:
    if name not in _OFFERED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    found = table.method(name)
    globals()[name] = found
    return found
