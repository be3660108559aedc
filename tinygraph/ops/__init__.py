"""The ops: a row for each, with its NumPy function and its gradient rules.

table.py says how a row is written. The rows stand in elementwise.py, reductions.py, shapes.py and
products.py, and those of the costs in composed.py, which the costs load. Those that few programs
need stand in the modules of `table.LATER`, which are loaded together at the first use of one.
methods.py gives Tensor its operators and methods, and protocols.py NumPy's protocols. Type checkers
read __init__.pyi, which tools/make_stubs.py makes of the table.
"""

from ..tensor import OPS as OPS
from . import table
from .table import load_all as load_all

HERE = table.offered("elementwise", "products", "reductions", "shapes")  # without those that are loaded later
globals().update(HERE)

from . import methods  # noqa: E402, F401  # isort: skip (it attaches them to Tensor)


def __getattr__(name: str) -> object:
    if "__all__" not in globals() and (name[0] != "_" or name == "__all__"):
        later = table.load()
        globals().update(later, __all__=["OPS", *sorted(HERE | later)])
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    return globals()[name]
