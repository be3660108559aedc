"""Make the stubs with the types of ops and methods: `python tools/make_stubs.py`.

With --write it writes the stub files. Names, order and defaults of the parameters are those of the
table of ops; their types are below, by name. A parameter without a type there is an array or a
Tensor.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import ops
from tinygraph.ops import methods
from tinygraph.ops.table import NAMESPACES
from tinygraph.tensor import Op

PACKAGE = Path(tg.__file__).resolve().parent
OP_NAMES = sorted({*import_module("tinygraph.ops").__all__} - {"OPS"})
INSPECTED = inspect.Parameter
OPTIONS = {
    "alpha": "float",
    "aweights": "Values | None",
    "axes": "Shape | Sequence[Shape] | None",
    "axis": "Axis",
    "axis1": "SupportsIndex",
    "axis2": "SupportsIndex",
    "axisa": "SupportsIndex",
    "axisb": "SupportsIndex",
    "axisc": "SupportsIndex",
    "base": "float",
    "bias": "bool",
    "casting": "Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe']",
    "compute_uv": "bool",
    "constant_values": "Values",
    "copy": "bool | None",
    "correction": "float | None",
    "ddof": "float",
    "decimals": "SupportsIndex",
    "deg": "bool",
    "destination": "Shape",
    "discont": "float | None",
    "dtype": "DTypeLike",
    "edge_order": "int",
    "end_values": "Values",
    "endpoint": "bool",
    "full_matrices": "bool",
    "fweights": "Values | None",
    "hermitian": "bool",
    "how": "str",
    "include_initial": "bool",
    "increasing": "bool",
    "index": "Index",
    "indexing": "Literal['xy', 'ij']",
    "indices_or_sections": "Shape",
    "initial": "float | None",
    "k": "int",
    "keepdims": "bool",
    "kind": "str | None",
    "kth": "Shape",
    "label_smoothing": "float",
    "left": "float | None",
    "lower": "bool",
    "mean": "Operand | None",
    "method": "str",
    "minlength": "SupportsIndex",
    "mode": "str",
    "n": "Values",
    "ndmin": "int",
    "N": "SupportsIndex | None",
    "nan": "float",
    "neginf": "float | None",
    "num": "SupportsIndex",
    "obj": "Values | slice",
    "offset": "int",
    "optimize": "bool | str | Sequence[Any]",
    "ord": "float | Literal['fro', 'nuc'] | None",
    "order": "str | None",
    "overwrite_input": "bool",
    "p": "float | str | None",
    "pad_width": "Values | dict[int, Any]",
    "period": "float | None",
    "posinf": "float | None",
    "q": "Values",
    "rcond": "Values | None",
    "reflect_type": "Literal['even', 'odd']",
    "repeats": "Values",
    "reps": "Shape",
    "retstep": "bool",
    "returned": "bool",
    "right": "float | None",
    "rowvar": "bool",
    "rtol": "Values | None",
    "shape": "Shape",
    "shift": "Shape",
    "side": "str",
    "slope": "float",
    "sorter": "Values | None",
    "source": "Shape",
    "sparse": "bool",
    "stable": "bool | None",
    "start": "int",
    "stat_length": "Values | None",
    "subscripts": "str | Values",
    "tol": "Values | None",
    "trans": "int | str",
    "unit_diagonal": "bool",
    "UPLO": "str",
    "upper": "bool",
    "where": "Operand",
    "window_shape": "Shape",
}
# the types of several results, each of which is a Tensor or an array
SEVERAL = dict.fromkeys(("split", "array_split", "vsplit", "hsplit", "dsplit"), "list[{0}]")
SEVERAL |= dict.fromkeys(("divmod", "modf"), "tuple[{0}, {0}]")
SEVERAL |= dict.fromkeys(("unstack", "broadcast_arrays", "meshgrid"), "tuple[{0}, ...]")
# functions of nested lists, and with results that options decide: types cannot tell
UNTYPED = ("array", "block", "cho_solve", "eigh", "lstsq", "qr", "slogdet", "svd")

NOTE = "# Made by tools/make_stubs.py from the table of ops: do not edit."
CONTENTS_HEAD = f"""\
{NOTE}
import os
from typing import overload

from . import distributed as distributed
from . import estimators as estimators
from . import lesson as lesson
from . import onnx as onnx
from . import ops as ops
from . import optim as optim
from .ops import linalg as linalg
from .ops import special as special
from .arrays import Array
from .compiler.compile import Compiled
from .modes import no_grad as no_grad
from .modes import scope as scope
from .ops.signatures import Operand, Values
from .show.draw import Direction
from .tensor import OPS as OPS
from .tensor import Op as Op
from .tensor import Tensor as Tensor

__version__: str
op = Op
"""
OPS_HEAD = f"""\
{NOTE}
from collections.abc import Iterator, Sequence
from typing import Any, Literal, SupportsIndex, overload

from numpy.typing import DTypeLike

from ..arrays import Array
from ..tensor import OPS as OPS
from ..tensor import Op, Tensor
from .signatures import Axis, Index, Operand, Shape, Values
"""
SIGNATURES = f'''\
{NOTE}
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any, Literal, SupportsIndex, TypeAlias

import numpy as np
from numpy.random import BitGenerator, Generator, RandomState, SeedSequence
from numpy.typing import DTypeLike as DTypeLike

from ..arrays import Array
from ..tensor import Tensor
from .at import At

Values: TypeAlias = Array | np.generic | float | list[Any] | tuple[Any, ...]  # no Sequence: a str is one
Operand: TypeAlias = Tensor | Values
Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | None
Shape: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
Seed: TypeAlias = int | Sequence[int] | SeedSequence | BitGenerator | Generator | RandomState | None
Index: TypeAlias = Operand | SupportsIndex | slice | EllipsisType | None

# What NumPy's stubs take the entries of a Tensor for. They know arrays alone, and make of arrays of numbers
# others; of objects Any or the entries' class: np.mean(t) and array * t are Any, np.sum(t) is a Tensor.
class Entries(Tensor, np.object_): ...  # type: ignore[misc]

class Operators:
    """The operators and methods that a Tensor has from ops/methods.py."""
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, np.dtype[Entries]]: ...
    def __dlpack__(self, **options: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
    def __getitem__(self, index: Index) -> Tensor: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __float__(self) -> float: ...
    def __int__(self) -> int: ...
    def __index__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __format__(self, spec: str) -> str: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def at(self) -> At: ...
    @property
    def real(self) -> Tensor: ...
    @property
    def imag(self) -> Tensor: ...
    def compress(self, condition: Operand, axis: SupportsIndex | None = None) -> Tensor: ...
    def nonzero(self) -> tuple[Array, ...]: ...
    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]: ...
    def __rdivmod__(self, other: Values) -> tuple[Tensor, Tensor]: ...
    def __round__(self, decimals: SupportsIndex = 0) -> Tensor: ...
    def __xor__(self, other: Operand) -> Tensor: ...
    def __rxor__(self, other: Values) -> Tensor: ...
    def __lshift__(self, other: Operand) -> Tensor: ...
    def __rlshift__(self, other: Values) -> Tensor: ...
    def __rshift__(self, other: Operand) -> Tensor: ...
    def __rrshift__(self, other: Values) -> Tensor: ...
    def reshape(self, *shape: Shape) -> Tensor: ...
    def transpose(self, *axes: Shape | None) -> Tensor: ...
'''


def parameter(found: INSPECTED, of_input: str) -> str:
    """A parameter with its type and default; `of_input` is the type of an input."""
    name, default = found.name, found.default
    star = "*" if found.kind is INSPECTED.VAR_POSITIONAL else ""
    if is_input(found):
        stacked = "Array" if of_input == "Values" else "Tensor"  # Values contains lists too
        in_a_list = name in ("arrays", "condlist", "choicelist") and not star
        kind = f"Sequence[{of_input}] | {stacked}" if in_a_list else of_input
        kind += " | None" if default is None else ""
    else:
        kind = OPTIONS[name].format(default=default)
        kind += " | None" if default is None and not kind.endswith("None") and kind != "Axis" else ""
    return f"{star}{name}: {kind}" + ("" if default is INSPECTED.empty else f" = {default!r}")


def is_input(found: INSPECTED) -> bool:
    """Whether a parameter is an array or a Tensor."""
    return found.name not in OPTIONS


def call(parameters: Iterable[INSPECTED], types: Iterable[str], *, bound: bool) -> str:
    """The parameters of a call in brackets, each input with its type; with self if bound."""
    following = iter(types)
    parts = ["self"] if bound else []
    for found in parameters:
        if found.kind is INSPECTED.KEYWORD_ONLY and not any(part.startswith("*") for part in parts):
            parts.append("*")
        parts.append(parameter(found, next(following) if is_input(found) else ""))
    return f"({', '.join(parts)})"


def overloads(name: str, function: Callable[..., Any], indent: str = "") -> list[str]:
    """The overloads of a call: a Tensor if there is one among the inputs, otherwise an array."""
    parameters = [*inspect.signature(function).parameters.values()]
    inputs = [found for found in parameters if is_input(found)]
    several = len(inputs) > 1 or inputs[0].name in ("arrays", "operands")
    cases = [("Tensor", ["Tensor", *["Operand"] * (len(inputs) - 1)]), ("Array", ["Values"] * len(inputs))]
    if several:
        cases.append(("Tensor", ["Operand"] * len(inputs)))
    if name in UNTYPED:
        brackets = call(parameters, ["Any"] * len(inputs), bound=False).replace("Sequence[Any] | Tensor", "Any")
        return [f'{indent}def {name}{brackets} -> Any: """{summary(function)}"""']
    lines = []
    for result, types in cases:
        result_type = SEVERAL.get(name, "{0}").format(result)
        brackets = call(parameters, types, bound=isinstance(function, Op))
        # safe, because Values contains no Tensor
        comment = "  # type: ignore[overload-overlap]" if several and result == "Array" else ""
        defined = "__call__" if isinstance(function, Op) else name
        lines += [f"{indent}@overload", f"{indent}def {defined}{brackets} -> {result_type}: ...{comment}"]
    lines[1] = lines[1].removesuffix("...") + f'"""{summary(function)}"""'
    return lines


def summary(function: Any) -> str:
    """The first paragraph of a docstring, in a line."""
    return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())


def ops_stub(home: Any, names: Iterable[str]) -> str:
    """The stub of a module of ops: ops/__init__.pyi, ops/linalg.pyi."""
    lines = [OPS_HEAD]
    for name in names:
        found = getattr(home, name)
        if isinstance(found, Op) and (own := found.name.rpartition(".")[2]) != name:  # a further name of the same op
            lines += [f"{name}: _{own}", ""]
        elif isinstance(found, Op):
            lines += [f"class _{name}(Op):", *overloads(name, found, "    "), "", f"{name}: _{name}", ""]
        else:
            lines += [*overloads(name, found), ""]
    return "\n".join(lines)


def names_in(space: str) -> list[str]:
    """The functions of tg.linalg or tg.special: NumPy's and SciPy's names that stand there."""
    theirs = {*dir(getattr(np, space, None)), *dir(import_module(f"scipy.{space}"))}
    return sorted(
        name
        for name, found in vars(getattr(tg, space)).items()
        if name in theirs and callable(found) and not isinstance(found, type)
    )


def signatures_stub() -> str:
    """ops/signatures.pyi: the types of arguments, and the class with a Tensor's operators."""
    lines = [SIGNATURES.rstrip()]
    for name in (*methods.NAMES, "flatten"):
        function = getattr(ops, "ravel" if name == "flatten" else name)
        parameters = [*inspect.signature(function).parameters.values()][1:]
        lines.append(f"    def {name}{call(parameters, ['Operand'] * len(parameters), bound=True)} -> Tensor: ...")
    for short in (*methods.BINARY, "mod", "floordiv"):
        lines.append(f"    def __{short}__(self, other: Operand) -> Tensor: ...")
        lines.append(f"    def __r{short}__(self, other: Values) -> Tensor: ...")
    for short in methods.COMPARISONS:
        other = "object" if short in ("eq", "ne") else "Operand"
        comment = "  # type: ignore[override]" if other == "object" else ""
        lines.append(f"    def __{short}__(self, other: {other}) -> Tensor: ...{comment}")
    lines += [f"    def __{short}__(self) -> Tensor: ..." for short in methods.UNARY]
    return "\n".join(lines) + "\n"


def contents_stub() -> str:
    """__init__.pyi: the public names, each imported from where the contents page loads it."""
    contents: dict[str, Iterable[str]] = {
        **vars(tg)["_CONTENTS"],
        "ops": [name for name in OP_NAMES if name not in vars(tg)["_MODULE_OF"]],
    }
    costs = contents.pop("nn.costs")
    lines = [
        CONTENTS_HEAD,
        *(
            f"from .{module} import {name} as {name}"
            for module, names in contents.items()
            for name in names
            if name != "save_diagram"
        ),
        f"\ndef save_diagram{with_options_of_draw()}: ...\n",
        *(line for name in costs for line in overloads(name, getattr(tg, name))),
    ]
    return "\n".join(lines) + "\n"


def with_options_of_draw() -> inspect.Signature:
    """The parameters of save_diagram, with those of draw in place of **options."""
    saving, drawing = inspect.signature(tg.save_diagram), inspect.signature(tg.draw)
    own = [found for found in saving.parameters.values() if found.kind is not INSPECTED.VAR_KEYWORD]
    options = [found for found in drawing.parameters.values() if found.kind is INSPECTED.KEYWORD_ONLY]
    return saving.replace(parameters=own + options)


def stubs() -> dict[Path, str]:
    """The text of each stub by its path."""
    return {
        PACKAGE / "__init__.pyi": contents_stub(),
        PACKAGE / "ops" / "__init__.pyi": ops_stub(ops, OP_NAMES),
        **{PACKAGE / "ops" / f"{name}.pyi": ops_stub(getattr(tg, name), names_in(name)) for name in NAMESPACES},
        PACKAGE / "ops" / "signatures.pyi": signatures_stub(),
    }


if __name__ == "__main__":
    for path, text in stubs().items():
        if "--write" in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        else:
            print(text, end="")
