"""Make docs/reference/, and the code in docs/how_it_works.md, from the source.

`python tools/reference.py` names the pages that differ from the source. With --write it writes
them, and with --pictures too it draws their pictures. There is a page for each public function and
class, under its first name, and one for each week of the course.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
import runpy
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import make_stubs
import numpy as np
import scipy.linalg
import scipy.special
from reference_data import CALLS, GROUPS, GUIDES, MATRIX, PICTURES, SECOND, VECTOR

import tinygraph as tg
from tinygraph.compiler.compile import Compiled
from tinygraph.diagnostics.compare import Comparison
from tinygraph.diagnostics.memory import Memory
from tinygraph.modes import Mode
from tinygraph.ops.table import FUNCTIONS, LATER, NAMESPACES
from tinygraph.tensor import Op
from tinygraph.train.trained import TrainedModel

ROOT = Path(__file__).resolve().parent.parent
FOLDER, EXPLAINED = ROOT / "docs" / "reference", ROOT / "docs" / "how_it_works.md"
RULES = dict(runpy.run_path(str(ROOT / "tools" / "op_table.py"))["every_row"]())
WEEKS = ("logistic", "one_hidden_layer", "initialization", "regularization", "gradient_checking", "optimization")
RESULTS = {"compile": Compiled, "compare": Comparison, "memory": Memory, "load": TrainedModel}
THEIRS = {"np": np, "np.linalg": np.linalg, "scipy.linalg": scipy.linalg, "scipy.special": scipy.special}
ERRORS = (
    "For shapes and options that do not fit, it raises the error that NumPy raises, with the call, its names and its "
    "shapes in front; for data that are not real numbers, TypeError."
)
ERRORS_OF_SEVERAL = (
    "Its gradients are those of the ops that it records. For shapes that do not fit, it raises ValueError.\n"
)
HEAD = """# Reference

Each public function and class has a page: its call, what it does, its errors, an example, and an op's gradient rule.
The names are those of `import tinygraph as tg`; write `tg.` in front of them, and
`from tinygraph import lesson, estimators` for the course and the estimators. `tools/reference.py` makes these pages
from the source.
"""


class Entry(NamedTuple):
    """A public function or class, with all its names; the first is the name of its page."""

    names: list[str]
    found: Any
    group: str


@cache
def entries() -> list[Entry]:
    """The public functions and classes, in the order of their groups."""
    # the names of a module, which its `__all__` lists, by default; modules and the table of ops
    # have no page
    spaces: dict[str, Any] = {"": None, **{f"{space}.": make_stubs.names_in(space) for space in NAMESPACES}}
    spaces |= {"optim.": None, "optim.schedules.": ["decay", "step", "exponential", "cosine", "warm_up"]}
    spaces |= {"onnx.": ["save"], "distributed.": None, "estimators.": None, "lesson.": None}
    public: list[tuple[str, Any]] = []
    for prefix, names in spaces.items():
        home: Any = import_module(f"tinygraph.{'ops.' * (prefix[:-1] in NAMESPACES)}{prefix}".rstrip("."))
        public += [(prefix + name, getattr(home, name)) for name in names or home.__all__]
    public = [(name, value) for name, value in public if callable(value) and not _is_record(value)]
    public += [(f"lesson.{week}", import_module(f"tinygraph.lesson.{week}")) for week in WEEKS]
    found: dict[int, Entry] = {}
    for name, value in public:
        entry = found.setdefault(id(value), Entry([], value, group(value)))
        is_own = name == getattr(value, "name", getattr(value, "__name__", ""))
        entry.names.insert(0 if is_own else len(entry.names), name)
    return sorted(found.values(), key=lambda entry: (list(GROUPS).index(entry.group), entry.names[0].lower()))


def _is_record(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, tuple)  # such as lesson.Cache: a function gives it


def group(value: Any) -> str:
    """The heading of the group that a function, class, op or module belongs to."""
    home = homes()[value.name] if isinstance(value, Op) else value
    parts = (home.__name__ if isinstance(home, ModuleType) else home.__module__).split(".")[:0:-1]
    parts = ["ops"] if value is tg.ravel else parts
    found = (heading for part in parts for heading, modules in GROUPS.items() if part in modules.split())
    return next(found, "Tensors and ops of your own")


@cache
def homes() -> dict[str, ModuleType]:
    """The module of ops that each row stands in."""
    tg.OPS  # noqa: B018 (it loads them)
    # from the last to the first, because a row that others import stands in the first
    names = [*NAMESPACES[::-1], *LATER[::-1], "composed", "products", "reductions", "shapes", "elementwise"]
    modules = [sys.modules[f"tinygraph.ops.{name}"] for name in names]
    return {op.name: module for module in modules for op in vars(module).values() if isinstance(op, Op)}


def parameters(found: Any) -> list[inspect.Parameter]:
    """The parameters of a call, without those that a wrong call alone has."""
    made = getattr(found, "__init__", None) if inspect.isclass(found) else None
    with contextlib.suppress(ValueError, TypeError):  # an exception, a property
        known = inspect.signature(made if inspect.isfunction(made) else found).parameters.values()
        return [p for p in known if p.name not in ("self", "cls") and p.annotation != "NoReturn"]
    return []


def signature(name: str, found: Any, width: int = 88, first: int = 0) -> str:
    """The call as one types it, with types and defaults; from parameter number `first` on."""
    written, shown = [], parameters(found)[first:]
    for before, p in zip([None, *shown], shown, strict=False):
        if p.kind is p.KEYWORD_ONLY and (before is None or before.kind not in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)):
            written.append("*")
        star = "*" if p.kind is p.VAR_POSITIONAL else "**" * (p.kind is p.VAR_KEYWORD)
        kind = "" if p.annotation in (p.empty, "Any") else f": {p.annotation}"
        default = "" if p.default is p.empty else f" = {p.default!r}" if kind else f"={p.default!r}"
        written.append(f"{star}{p.name}{kind}{default}")
    is_exception = isinstance(found, type) and issubclass(found, Exception)
    line = name if is_exception else f"{name}({', '.join(written)})"
    return line if len(line) <= width else f"{name}(\n" + "".join(f"    {part},\n" for part in written) + ")"


def block(code: str, kind: str = "py") -> str:
    """A block of code. Blocks of the kind `py` are not run by the tests."""
    return f"```{kind}\n{code.rstrip()}\n```\n"


def described(name: str, found: Any) -> str:
    """The call and the docstring of a function, a class or an attribute."""
    call = "" if isinstance(found, property) else block(signature(name, found)) + "\n"
    return call + markdown(inspect.getdoc(found) or "", [p.name for p in parameters(found)])


def markdown(text: str, names: list[str]) -> str:
    """A docstring as Markdown: its parameters as a list, its errors and its examples on their own."""
    blocks = []
    name = "|".join(names) or "(?!)"
    for paragraph in re.split(r"\n\n+", text.strip()):
        if paragraph.startswith(">>>"):
            blocks.append(block(paragraph.replace("<BLANKLINE>", ""), "pycon"))
            continue
        joined = re.sub(r"\s+", " ", paragraph)
        # at the start or after a sentence: names of parameters with a colon, or the errors
        parts = re.split(rf"(?:^|(?<=[.:] ))((?:{name})(?:, (?:{name}))*): |(?<=\.) (?=Raises |Also raises )", joined)
        lines = [filled(parts[0])] if parts[0] else []
        for named, said in zip(parts[1::2], parts[2::2], strict=True):
            item = "- " + ", ".join(f"`{x}`" for x in named.split(", ")) + ": " if named else ""
            lines += [""] * (not item or not lines or lines[-1][:2] != "- ") + [filled(item + said)]
        blocks.append("\n".join(lines).strip() + "\n")
    return "\n".join(blocks)


def filled(text: str) -> str:
    """A paragraph or an item of a list in lines of 120 characters, with Markdown's signs escaped outside of code."""
    parts = text.strip().split("`")
    text = "`".join(part if k % 2 else re.sub(r"([*<]|__)", r"\\\1", part) for k, part in enumerate(parts))
    text = re.sub(r"docs/(\w+\.md)", r"[\1](../\1)", text)
    indent = "  " * text.startswith("- ")
    text = text.replace(" - ", "\0- ")  # a minus at the start of a line would begin an item
    filled = textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0", " ")


def page(entry: Entry) -> str:
    """The page of a function, a class, or a week of the course."""
    (name, *others), found, _ = entry
    title = name if name.startswith(("estimators.", "lesson.")) else f"tg.{name}"
    if isinstance(found, ModuleType):
        own = {n: f for n, f in sorted(vars(found).items()) if n[0] != "_" and inspect.isfunction(f)}
        functions = [f"## {n}\n\n{described(n, f)}" for n, f in own.items() if f.__module__ == found.__name__]
        return "\n".join([f"# {title}\n", markdown(found.__doc__ or "", []), *functions])
    parts = [f"# {title}\n", described(title, found)]
    if not isinstance(found, Op) and "tinygraph.ops" in found.__module__ and "ises" not in found.__doc__:
        parts.append(ERRORS_OF_SEVERAL)
    if also := sorted({*(f"`tg.{other}`" for other in others), *other_ways(found)}):
        parts.append(filled(f"Also written {', '.join(also)}.") + "\n")
    if isinstance(found, Op):
        parts.append(of_op(found, name))
    if name in PICTURES:
        parts.append(f"{block(PICTURES[name])}\n![The picture of this code]({name}.svg)\n")
    if name == "explore":
        parts.append("![A page of tg.explore](../explore.png)\n")
    if inspect.isclass(found) and not issubclass(found, (Op, Exception, Mode)):
        parts.append(members(found))
    if name == "Tensor":
        parts.append(of_tensor())
    if name in RESULTS:
        kind = RESULTS[name]
        parts.append(f"## The result: {kind.__name__}\n\n{markdown(inspect.getdoc(kind) or '', [])}\n{members(kind)}")
    for guide in [guide for guide, names in GUIDES.items() if name in names.split()]:
        head = (ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8").partition("\n")[0]
        parts.append(f"More: [{head.removeprefix('# ')}](../{guide}.md).\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(filter(None, parts)))


def other_ways(found: Any) -> Iterator[str]:
    """NumPy's and SciPy's functions, the operator and the method that call the same op."""
    for theirs in [theirs for theirs, ours in FUNCTIONS.items() if ours is found and not isinstance(theirs, tuple)]:
        name = theirs.__name__
        yield from (f"`{short}.{name}`" for short, home in THEIRS.items() if getattr(home, name, None) is theirs)
    if getattr(found, "infix", "") or getattr(found, "prefix", ""):
        yield f"`a {found.infix} b`" if found.infix else f"`{found.prefix}x`"
    if any(getattr(tg, name) is found for name in recorded(found)):
        yield f"`t.{found.__name__}()`"


def recorded(found: Any) -> list[str]:
    """The methods of a Tensor that are those of an array: all, or the one of a function."""
    names = [getattr(found, "__name__", "")] if found else sorted(dir(tg.Tensor))
    return [n for n in names if ", recorded" in (inspect.getdoc(getattr(tg.Tensor, n, None)) or "") and n[:1] != "_"]


def of_op(op: Op, name: str) -> str:
    """What its row says of an op: shapes, errors, rules, and an example if its docstring has none."""
    facts: Any = op  # the table adds them to the class
    said = "As in NumPy, the inputs broadcast. " * (op.elementwise and op.arity > 1)
    said += f"At an input that is {facts.fails_at.replace(', ', ' or ')}, it or its gradient is not finite. " * bool(
        facts.fails_at
    )
    parts = [filled(said + ERRORS) + "\n"]
    if ">>>" not in (op.__doc__ or ""):
        parts.append(example(op, name))
    rules = RULES.get(op.name, [])
    if not op.differentiable:
        parts.append("## Gradient\n\nNone: the result counts as a constant.\n")
    elif rules:
        inputs = [p.name for p in parameters(op)]
        own = max(([p.name for p in parameters(rule)[2:]] for rule in op.rules if rule), key=len, default=inputs)
        pairs = zip(own[: op.arity], inputs, strict=False)
        renamed = [f", `{theirs}` is `{x}`" for theirs, x in pairs if theirs not in (x, "inputs") and not op.joint]
        items = [f"- of `{x}`: {rule}\n" for x, rule in zip(inputs, rules, strict=False) if rule != "-"]
        parts += [f"## Gradient\n\n`y` is the result and `g` its gradient{''.join(renamed)}.\n", "".join(items)]
        home = vars(homes()[op.name])
        named = [home.get(helper) for helper in dict.fromkeys(re.findall(r"\b_\w+", " ".join(rules)))]
        parts += [block(inspect.getsource(helper)) for helper in named if inspect.isfunction(helper)]
    return "\n".join(parts)


def example(op: Op, name: str) -> str:
    """A call of the op in an interpreter, with its gradients."""
    if op.name in CALLS:
        call, inputs = CALLS[op.name]
        call = call.replace(op.name, name, 1)
    else:
        names = [p.name for p in parameters(op)]
        reduces = "axis" in names
        inputs = {names[0]: MATRIX} if reduces else dict(zip(names[: op.arity], (VECTOR, SECOND), strict=False))
        call = f"{name}({', '.join(inputs)}{', axis=1' * reduces})"
    marked = [x for x, value in inputs.items() if op.differentiable and value[0] == "[" and "True" not in value]
    lines = [f"import {'numpy as np, ' * ('np.' in str(inputs))}tinygraph as tg"]
    for x, value in inputs.items():
        tensor = f"tg.Tensor({value}{', requires_grad=True' * (x in marked)})"
        lines.append(f"{x} = {tensor if value[0] == '[' else value}")
    lines += [f"y = tg.{call}", "y.data"]
    lines += ["y.sum().backward()", *(f"{x}.grad" for x in marked)] if marked else []
    said = io.StringIO()
    known: dict[str, Any] = {}
    for line in lines:
        said.write(f">>> {line}\n")
        with contextlib.redirect_stdout(said):
            exec(compile(line, "<example>", "single"), known)
    return block(said.getvalue(), "pycon")


def members(kind: type) -> str:
    """The public methods and attributes of a class; a link for those of a base class that has a page."""
    public = {entry.found: entry.names[0] for entry in entries() if inspect.isclass(entry.found)}
    homes = [base for base in kind.__mro__ if base.__module__.startswith("tinygraph")]
    shared = next((base for base in homes[1:] if base in public), None)
    parts = []
    for name in dict.fromkeys(n for base in homes[: homes.index(shared) if shared else None] for n in vars(base)):
        value = inspect.getattr_static(kind, name)
        value = getattr(value, "__func__", value)  # of a classmethod or staticmethod
        is_shown = name[0] != "_" and (inspect.isfunction(value) or isinstance(value, property))
        if is_shown and (text := inspect.getdoc(value)) and ", recorded" not in text:
            parts.append(f"### {name}\n\n{described(name, value)}")
    parts += [f"And those of [tg.{public[shared]}]({public[shared]}.md).\n"] if shared else []
    return "\n".join(["## Methods and attributes\n", *parts]) if parts else ""


def of_tensor() -> str:
    """The methods of Tensor that are those of an array, with links to their ops."""
    pages = {id(entry.found): entry.names[0] for entry in entries()}
    lines = ["## Methods of an array\n\nEach records its op.\n\n| method | op |\n| --- | --- |"]
    for name in recorded(None):
        function, method = getattr(tg, "ravel" if name == "flatten" else name), getattr(tg.Tensor, name)
        passed_on = any(p.kind is p.VAR_KEYWORD for p in parameters(method))
        call = signature(f"t.{name}", function if passed_on else method, 200, first=int(passed_on))
        lines.append(f"| `{call}` | [tg.{pages[id(function)]}]({pages[id(function)]}.md) |")
    return "\n".join(lines) + "\n"


def index() -> str:
    """The contents: each public name with its first sentence."""
    parts = [HEAD]
    for heading in GROUPS:
        parts.append(f"## {heading}\n\n| name | what it does |\n| --- | --- |")
        for entry in [entry for entry in entries() if entry.group == heading]:
            names = ", ".join(f"[{name}]({entry.names[0]}.md)" for name in entry.names)
            said = re.sub(r"(?<=[^.].)\. .*|\.$", "", make_stubs.summary(entry.found)).replace("|", r"\|")
            parts.append(f"| {names} | {' '.join(filled(said).split())} |")
        parts.append("")
    return "\n".join(parts)


def with_source(page: str) -> str:
    """A page with the functions that its marks name, such as `source: tape.py toposort`."""

    def marked(found: re.Match[str]) -> str:
        function = getattr(import_module(f"tinygraph.{found[2]}"), found[3])
        return f"{found[1]}{block(inspect.getsource(function))}{found[4]}"

    return re.sub(r"(<!-- source: (\w+)\.py (\w+) -->\n).*?(<!-- end of source -->)", marked, page, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """The text of each page by its path."""
    made = {FOLDER / f"{entry.names[0]}.md": page(entry) for entry in entries()}
    return {FOLDER / "index.md": index(), **made, EXPLAINED: with_source(EXPLAINED.read_text(encoding="utf-8"))}


def draw_pictures() -> None:
    """Run the code of the pictures; the formulas of tg.explain are set by matplotlib."""
    os.chdir(FOLDER)
    names: dict[str, Any] = {"tg": tg, "np": np}
    for code in PICTURES.values():
        exec(code, names)
    from matplotlib import figure, rcParams  # of the extra `examples`

    lines = [line for line in names["latex"].splitlines() if line and not line.startswith((r"\begin", r"\end"))]
    picture = figure.Figure(figsize=(3.4, 0.27 * len(lines)))
    for k, line in enumerate(lines):
        formula = re.sub(r" ?&& .*", "", line).replace("&", "").strip()  # without the note on shapes
        heading = re.fullmatch(r"\\paragraph{(.*)}", formula)
        words = {"s": heading[1], "weight": "bold"} if heading else {"s": f"    ${formula}$", "size": 12}
        picture.text(0.02, 1 - (k + 0.7) / len(lines), color="#8062c0", **words)
    rcParams["svg.hashsalt"] = "tinygraph"  # the same bytes each time
    picture.savefig("explain.svg", metadata={"Date": None}, transparent=True)


if __name__ == "__main__":
    made = pages()
    differing = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--write" in sys.argv[1:]:
        FOLDER.mkdir(exist_ok=True)
        for path in {*FOLDER.glob("*.md")} - made.keys():
            path.unlink()
        for path in differing:
            path.write_text(made[path], encoding="utf-8")
        if "--pictures" in sys.argv[1:]:
            draw_pictures()
    print("\n".join(str(path.relative_to(ROOT)) for path in differing))
