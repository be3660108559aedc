"""The ops: a row for each, with its NumPy function and its gradient rules.

table.py says how a row is written. The rows stand in elementwise.py, reductions.py, shapes.py,
products.py and composed.py, and those that few programs need in the modules of `table.LATER`, which
are loaded together at the first use of one. methods.py gives Tensor its operators and methods.
Type checkers read __init__.pyi, which tools/make_stubs.py makes of the table.
"""

# ruff: noqa: F403 (a row is a name of this package by standing there)

import sys
from types import FunctionType

from ..tensor import OPS as OPS
from ..tensor import Op
from .elementwise import *
from .products import *
from .reductions import *
from .shapes import *
from .table import LATER, NAMESPACES
from .table import load_all as load_all

from . import composed, methods, table  # noqa: F401  # isort: skip (methods attaches them to Tensor)


def _is_offered(name: str, value: object) -> bool:
    of_ops = isinstance(value, FunctionType) and value.__module__.startswith(f"{__name__}.")
    return name[0] != "_" and (isinstance(value, Op) or (of_ops and value.__module__ != table.__name__))


def _offered(module: str) -> dict[str, object]:
    """The functions of a module by their names."""
    return {name: value for name, value in vars(sys.modules[module]).items() if _is_offered(name, value)}


HERE = _offered(__name__)  # without those that are loaded later


def __getattr__(name: str) -> object:
    if "__all__" not in globals() and (name[0] != "_" or name == "__all__"):
        table.load()
        for module in LATER:
            if module not in NAMESPACES:
                globals().update(_offered(f"{__name__}.{module}"))
        globals()["__all__"] = ["OPS", *sorted(_offered(__name__))]
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return globals()[name]
