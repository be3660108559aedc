"""The layout of the package: imports run downhill, folders keep their size, rows name their ops.

It needs only the standard library. A growing size is a decision: raise the figure, and say why.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "tinygraph"
pytestmark = pytest.mark.skipif(not PACKAGE.exists(), reason="the sources are elsewhere")

# From the bottom to the top: a module imports from its own folder and from those before it.
ORDER = (
    *("arrays", "modes", "errors", "tape", "tensor", "files", "frames", "ops", "options", "optim", "nn", "transforms"),
    *("graph", "compiler", "show", "diagnostics", "lesson", "train", "estimators", "export", "onnx", "distributed"),
    *("__init__", "__main__"),
)
ENGINE = ("arrays", "modes", "errors", "tape", "tensor")
LARGEST_MODULE = 420
# lines of code: without blank lines, comments and docstrings
SIZES = {
    "engine": 720,
    "files": 172,  # .safetensors; a place to write is checked before the work: no input, no running script
    "frames": 107,  # tracebacks and warnings that point at the user's line
    "ops": 2585,  # the breadth of NumPy, with linear algebra and SciPy's special functions; hints for calls
    "options": 19,
    "nn": 998,  # batches, also of several ranks; weights in costs; models, nets, norms; convolutions, pools, embedding
    "optim": 493,  # vectors, and eager steps on all parameters at once by a recorded rule; schedules; groups
    "graph": 853,  # names, also from variables; a tape as a graph; random draws; loops; values put into an array
    "show": 1388,  # formulas on nodes, titles that no arrow crosses; a failed call; heat maps; tables in a notebook
    "transforms": 976,  # the op that runs a function again, for checkpoint and for compiled functions; scan, vmap
    "compiler": 2222,  # one vector for all parameters, what stands around an update; fewer calls; draws; loops
    "train": 1478,  # tables, columns, trained models; the command; the decimal sign of rows, dates in words
    "diagnostics": 1600,  # the tutor: slips in the course's formulas, tried on numbers; calls that drop a gradient
    "lesson": 902,  # the weeks of course 1 and 2, a module each, and their data; inputs for students' functions
    "estimators": 220,  # 20 parameters, 12 imports from scikit-learn
    "export": 579,  # functions and models as modules of NumPy, for free lengths of axes; the forms of JAX
    "onnx": 632,  # a formula or a function for each of 150 ops, one graph for any number of examples, trained tables
    "distributed": 99,  # the weights, and what is checked before the ranks wait for each other
    "__init__": 88,
    "__main__": 157,  # train and predict; examples, names listed, places checked, the script's own errors
}
# Strings outside ops/ that are also names of ops. The facts of an op stand in its row; code that
# needs an op imports it.
# Most of these mean something else: a statistic, a built-in function of Python's, a fact of a row.
NAMES = {
    "lesson": 4,
    "lesson.logistic": 1,  # these are names of functions and activations
    "lesson.one_hidden_layer": 1,
    "lesson.three_layers": 1,
    "export.module": 3,  # names of outputs
    "lesson.tutor": 3,
    "estimators": 5,  # names of outputs and of an activation
    "nn.layers": 4,
    "nn.model": 2,
    "nn.mlp": 17,  # the names of outputs and of the usual options
    "compiler.passes.fold_learning_rate": 1,
    "compiler.program": 2,  # a flag, and a method of arrays
    "diagnostics.debug": 1,
    "diagnostics.slip_table": 4,
    "diagnostics.slips": 2,
    "show.annotate": 9,
    "show.latex": 2,
    "__main__": 1,
    "onnx.forms": 1,
    "train.checkpoint": 2,
    "train.settings": 1,
}


def modules() -> dict[str, Path]:
    """The package's modules by their dotted names, `__init__` left out of a package's name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def imports(name: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """A module's imports from the package, with lines; those for type checkers are left out."""
    package = () if name in ("__init__", "__main__") else tuple(name.split("."))
    package = package if path.name == "__init__.py" else package[:-1]
    for node in running(parsed(path)):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "tinygraph"):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            module = module if node.level else module[1:]
            for alias in node.names:
                target = ".".join((*module, alias.name))
                target = target if target in known else ".".join(module) or "__init__"
                yield target, node.lineno


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements of a syntax tree, without those in `if TYPE_CHECKING:`."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):  # holds no statement
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            taken = child.orelse if ast.unparse(child.test) == "TYPE_CHECKING" else child.body
            for part in taken:
                yield from running(part)
        else:
            yield from running(child)


def docstring_lines(path: Path) -> set[int]:
    """The numbers of the lines of docstrings."""
    lines: set[int] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(
            node
        ):
            lines.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return lines


def code_lines(path: Path) -> int:
    """The lines of code, without blank lines, comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(path))


def op_names() -> set[str]:
    """The names of the rows of the table of ops."""
    calls = [node for path in (PACKAGE / "ops").glob("*.py") for node in ast.walk(parsed(path))]
    return {
        node.args[0].value
        for node in calls
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "row" and isinstance(node.args[0], ast.Constant)
    }


def room(name: str) -> str:
    """The folder of a module, or its own name at the top."""
    return name.split(".")[0]


def test_there_is_no_import_circle() -> None:
    known = modules()
    graph = {
        name: {target for target, _ in imports(name, path, known) if target != name} for name, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"an import circle: {' <- '.join(error.args[1])}")


def test_imports_run_downhill() -> None:
    known = modules()
    assert {room(name) for name in known} == set(ORDER)
    uphill = [
        f"{name}, line {line}: imports {target}"
        for name, path in known.items()
        for target, line in imports(name, path, known)
        if room(name) != "__main__" and ORDER.index(room(target)) > ORDER.index(room(name))
    ]
    assert not uphill, "\n".join(uphill)


def test_each_folder_keeps_its_size() -> None:
    sizes: Counter[str] = Counter()
    for name, path in modules().items():
        lines = code_lines(path)
        assert lines <= LARGEST_MODULE, f"{name} has {lines} lines of code"
        sizes["engine" if room(name) in ENGINE else room(name)] += lines
    assert {name: size for name, size in sizes.items() if size > SIZES.get(name, 0)} == {}


def test_op_names_stand_in_rows_alone() -> None:
    names = op_names()
    assert len(names) > 80
    found: Counter[str] = Counter()
    for name, path in modules().items():
        for node in ast.walk(parsed(path)):
            if room(name) != "ops" and isinstance(node, ast.Constant) and node.value in names:
                found[name] += 1
    assert {name: count for name, count in found.items() if count > NAMES.get(name, 0)} == {}
    assert sum(NAMES.values()) < 100


def test_prose_ends_at_column_100() -> None:
    """That of docstrings and comments, but not the code and the errors of examples."""
    wide = []
    for name, path in modules().items():
        docstrings = docstring_lines(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            is_prose = line.lstrip().startswith("#") or number in docstrings
            if is_prose and len(line) > 100 and not re.match(r" *(>>>|\.\.\.|\w+Error:) ", line):
                wide.append(f"{name}, line {number}: {len(line)} columns")
    assert not wide, "\n".join(wide)
