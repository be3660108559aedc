"""Make docs/reference/, and the code in docs/how_it_works.md, from the source.

`python tools/reference.py` names the pages that differ from the source. With --write it writes them,
and with --pictures too it draws their pictures. There is a page for each public function and class,
under its first name, and one for each week of the course.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import runpy
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import make_stubs
import numpy as np
import reference_calls
import scipy.linalg
import scipy.special

import tinygraph as tg
from tinygraph import estimators
from tinygraph.compiler.compile import Compiled
from tinygraph.diagnostics.compare import Comparison
from tinygraph.diagnostics.memory import Memory
from tinygraph.modes import Mode
from tinygraph.ops.table import FUNCTIONS, LATER, NAMESPACES
from tinygraph.tensor import Op
from tinygraph.train.trained import TrainedModel

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
RULES = dict(runpy.run_path(str(ROOT / "tools" / "op_table.py"))["every_row"]())
WEEKS = ("logistic", "one_hidden_layer", "initialization", "regularization", "gradient_checking", "optimization")
# the folder or module that a public name comes from, and the heading of its group
GROUPS = {
    "tensor": "Tensors and ops of your own",
    "modes": "Tensors and ops of your own",
    "transforms": "Derivatives, loops and checks",
    "nn": "Nets, layers and costs",
    "optim": "Optimizers",
    "compiler": "Compiling",
    "show": "Drawing and explaining",
    "diagnostics": "Finding mistakes",
    "train": "Trained models",
    "estimators": "Trained models",
    "export": "For other programs and machines",
    "onnx": "For other programs and machines",
    "distributed": "For other programs and machines",
    "lesson": "The course",
    "elementwise": "Ops, entry by entry",
    "ufuncs": "Ops, entry by entry",
    "rounding": "Ops, entry by entry",
    "reductions": "Sums, means and other reductions",
    "statistics": "Sums, means and other reductions",
    "numerical": "Sums, means and other reductions",
    "products": "Products of matrices",
    "contractions": "Products of matrices",
    "linalg": "Linear algebra",
    "special": "Special functions",
    "ops": "Shapes, picking and joining",
}
RESULTS = {"compile": Compiled, "compare": Comparison, "memory": Memory, "load": TrainedModel}
GUIDES = {
    **dict.fromkeys(("draw", "save_diagram", "explain", "explore"), "drawing"),
    **dict.fromkeys(("debug", "detect_anomaly", "memory", "compare", "check_gradients"), "debugging"),
    **dict.fromkeys(("conv1d", "conv2d", "avg_pool2d", "max_pool2d"), "convolution"),
    **dict.fromkeys(("MLP", "Model", "dropout", "batch_norm", "layer_norm", "embedding"), "nets"),
    **dict.fromkeys(("scan", "vmap"), "loops"),
    "load": "tables",
    "to_jax": "jax",
    "onnx.save": "onnx",
    "distributed.mpi": "distributed",
    "compile": "compile",
    **dict.fromkeys(("estimators.Classifier", "estimators.Regressor"), "estimators"),
    **dict.fromkeys(("lesson.check", "lesson.check_week"), "tutor"),
    **dict.fromkeys(("Op", "Tensor.at"), "ops"),
}
# what the pictures of a page show: the code that draws `loss`, and the options of save_diagram
PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "draw": ('x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")\nloss = x.sum()', {}),
    "save_diagram": (
        'x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")\nloss = (x * x).sum()',
        {"backward": True},
    ),
    "explain": (
        'w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")\n'
        'X = tg.Tensor([[1.0, 0.0, 2.0], [3.0, 1.0, 1.0]], name="X")\n'
        "loss = tg.sigmoid(w @ X).sum()",
        {"format": "latex"},
    ),
    "MLP": ("mlp = tg.MLP([3, 4, 1], rng=0)\nloss = mlp.cost(np.ones((3, 5)), np.ones((1, 5)))", {}),
    "scope": (
        'x = tg.Tensor(3.0, requires_grad=True, name="x")\nwith tg.scope("layer 1"):\n    y = x * x\nloss = y + 1',
        {},
    ),
    "compile": (
        'w = tg.Tensor([[2.0, -1.0]], requires_grad=True, name="w")\n'
        "loss = tg.compile(lambda X: tg.mean_squared_error(w @ X, np.zeros((1, 3))), "
        "optimizer=tg.optim.SGD([w], 0.1))\nloss(np.ones((2, 3)))",
        {},
    ),
}


THEIRS = {"np": np, "np.linalg": np.linalg, "scipy.linalg": scipy.linalg, "scipy.special": scipy.special}


# what each op raises, and a function of several ops
ERRORS = (
    "For shapes and options that do not fit, it raises the error that NumPy raises, with the call, its names and its "
    "shapes in front; for data that are not real numbers, TypeError."
)
ERRORS_OF_SEVERAL = (
    "Its gradients are those of the ops that it records. For shapes that do not fit, it raises ValueError.\n"
)


class Entry(NamedTuple):
    """A public function or class, with all its names; the first is the name of its page."""

    names: list[str]
    found: Any
    group: str


@cache
def entries() -> list[Entry]:
    """The public functions and classes, in the order of their groups."""
    lesson: Any = import_module("tinygraph.lesson")
    every: list[str] = import_module("tinygraph").__all__
    spaces: list[tuple[str, Any, Any]] = [
        ("", tg, [name for name in every if name not in ("OPS", "optim", "distributed", *NAMESPACES)]),
        *((f"{space}.", getattr(tg, space), make_stubs.names_in(space)) for space in NAMESPACES),
        ("optim.", tg.optim, [name for name in tg.optim.__all__ if name != "schedules"]),
        ("optim.schedules.", tg.optim.schedules, ("decay", "step", "exponential", "cosine", "warm_up")),
        ("onnx.", import_module("tinygraph.onnx"), ("save",)),
        ("distributed.", tg.distributed, tg.distributed.__all__),
        ("estimators.", estimators, estimators.__all__),
        ("lesson.", lesson, [name for name in lesson.__all__ if inspect.isfunction(getattr(lesson, name))]),
        ("lesson.", SimpleNamespace(**{week: import_module(f"tinygraph.lesson.{week}") for week in WEEKS}), WEEKS),
    ]
    found: dict[int, Entry] = {}
    for prefix, home, names in spaces:
        for name in names:
            value = getattr(home, name)
            entry = found.setdefault(id(value), Entry([], value, group(value)))
            own = getattr(value, "name", getattr(value, "__name__", ""))
            entry.names.insert(0 if name == own and not prefix else len(entry.names), prefix + name)
    order = list(dict.fromkeys(GROUPS.values()))
    return sorted(found.values(), key=lambda entry: (order.index(entry.group), entry.names[0].lower()))


def group(value: Any) -> str:
    """The heading of the group that a function, class or op belongs to."""
    home = homes()[value.name] if isinstance(value, Op) else value if inspect.ismodule(value) else None
    name = home.__name__ if home else value.__module__
    parts = name.replace("transforms.ravel", "ops").split(".")[::-1]
    return next((GROUPS[part] for part in parts if part in GROUPS), GROUPS["ops"])


@cache
def homes() -> dict[str, Any]:
    """The module of ops that each row stands in."""
    tg.OPS  # noqa: B018 (it loads them)
    first = ("elementwise", "shapes", "reductions", "products", "composed", *LATER, *NAMESPACES)
    modules = [
        sys.modules[f"tinygraph.ops.{name}"] for name in reversed(first)
    ]  # a row that others import is the first's
    return {op.name: module for module in modules for op in vars(module).values() if isinstance(op, Op)}


def signature(name: str, found: Any) -> str:
    """The call as one types it, with the types and defaults of its parameters."""
    try:
        parameters = [*inspect.signature(found).parameters.values()]
    except ValueError:
        return name
    shown = [p for p in parameters if p.name not in ("self", "cls")]
    written = []
    for k, p in enumerate(shown):
        star = "*" * (p.kind is p.VAR_POSITIONAL) + "**" * (p.kind is p.VAR_KEYWORD)
        if p.kind is p.KEYWORD_ONLY and (k == 0 or shown[k - 1].kind not in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)):
            written.append("*")
        kind = "" if p.annotation is p.empty or str(p.annotation) == "Any" else f": {p.annotation}"
        default = "" if p.default is p.empty else f" = {p.default!r}" if kind else f"={p.default!r}"
        written.append(f"{star}{p.name}{kind}{default}")
    line = f"{name}({', '.join(written)})"
    return line if len(line) <= 88 else f"{name}(\n" + "".join(f"    {part},\n" for part in written) + ")"


def on_one_line(call: str) -> str:
    """A signature of several lines on one."""
    return re.sub(r"\s+", " ", call).replace("( ", "(").replace(", )", ")")


def markdown(text: str, parameters: Any = ()) -> str:
    """A docstring as Markdown: its parameters as a list, its examples as blocks."""
    blocks = []
    name = "|".join(parameters) or "(?!)"
    for paragraph in re.split(r"\n\n+", text.strip()):
        if paragraph.startswith(">>>"):
            blocks.append(f"```pycon\n{paragraph.replace('<BLANKLINE>', '')}\n```")
            continue
        joined = re.sub(r"\s+", " ", paragraph)
        parts = re.split(rf"(?:^|(?<=[.:] ))((?:{name})(?:, (?:{name}))*): |(?<=\.) (?=Raises |Also raises )", joined)
        lines = [parts[0]] if parts[0] else []
        for named, said in zip(parts[1::2], parts[2::2], strict=True):
            item = "- " + ", ".join(f"`{x}`" for x in named.split(", ")) + ": " if named else "\n"
            lines.append(f"{item}{said.strip()}")
        blocks.append("\n".join(filled(escaped(line)) for line in lines))
    return re.sub(r"(?m)^(?!- |  )(.+)\n(- )", r"\1\n\n\2", "\n\n".join(blocks)) + "\n"


def filled(line: str) -> str:
    """A paragraph or an item of a list in lines of 120 characters."""
    indent = "  " * line.startswith("- ")
    return "\n" * line.startswith("\n") + textwrap.fill(
        line.strip(), 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def escaped(text: str) -> str:
    """Text with Markdown's signs escaped, but for what stands between backticks."""
    parts = text.split("`")
    return "`".join(part if k % 2 else re.sub(r"([*<]|__)", r"\\\1", part) for k, part in enumerate(parts))


def page(entry: Entry) -> str:
    """The page of a function or a class."""
    names, found, _ = entry
    if inspect.ismodule(found):
        return page_of_week(names[0], found)
    full = f"tg.{names[0]}"
    parts = [f"# {full}\n", f"```py\n{signature(full, found)}\n```\n"]
    if names[0].partition(".")[0] in ("estimators", "lesson"):
        parts[0] = f"# {names[0]}\n"
        parts[1] = f"```py\n{signature(names[0], found)}\n```\n"
    parts.append(markdown(inspect.getdoc(found) or "", _parameters(found)))
    if also := sorted({*(f"`tg.{name}`" for name in names[1:]), *other_ways(found)}):
        parts.append(filled(f"Also written {', '.join(also)}.") + "\n")
    if isinstance(found, Op):
        parts.append(of_op(found, names[0]))
    elif "tinygraph.ops" in found.__module__ and "ises" not in (found.__doc__ or ""):
        parts.insert(3, ERRORS_OF_SEVERAL)
    if names[0] in PICTURES:
        code, options = PICTURES[names[0]]
        given = "".join(f", {name}={value!r}".replace("'", '"') for name, value in options.items())
        draws = "latex = tg.explain(loss" if names[0] == "explain" else f'tg.save_diagram(loss, "{names[0]}.svg"'
        code = f"{code}\n{draws}{given})".replace("loss", "step" if names[0] == "compile" else "loss")
        parts.append(f"```py\n{code}\n```\n\n![The picture of this code]({names[0]}.svg)\n")
    if names[0] == "explore":
        parts.append("![A page of tg.explore](../explore.png)\n")
    if inspect.isclass(found) and not issubclass(found, (Op, Exception, Mode)) and (listed := members(found)):
        parts.append(f"## Methods and attributes\n\n{listed}")
    if names[0] == "Tensor":
        parts.append(of_tensor())
    if names[0] in RESULTS:
        kind = RESULTS[names[0]]
        parts.append(f"## The result: {kind.__name__}\n\n{markdown(inspect.getdoc(kind) or '')}\n{members(kind)}")
    if names[0] in GUIDES:
        parts.append(f"More: [{title(GUIDES[names[0]])}](../{GUIDES[names[0]]}.md).\n")
    return "\n".join(filter(None, parts))


def title(name: str) -> str:
    """The title of a page in docs/."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _parameters(found: Any) -> list[str]:
    with contextlib.suppress(ValueError, TypeError):
        return [*inspect.signature(found).parameters]
    return []


def other_ways(found: Any) -> Iterator[str]:
    """The operator, the method and NumPy's and SciPy's functions that call the same op."""
    for theirs, ours in FUNCTIONS.items():
        if ours is found and not isinstance(theirs, tuple):
            name = theirs.__name__
            yield from (f"`{short}.{name}`" for short, home in THEIRS.items() if getattr(home, name, None) is theirs)
    name = getattr(found, "__name__", "").rpartition(".")[2]
    if getattr(found, "infix", ""):
        yield f"`a {found.infix} b`"
    if getattr(found, "prefix", ""):
        yield f"`{found.prefix}x`"
    if "recorded" in (inspect.getdoc(getattr(tg.Tensor, name, None)) or "") and getattr(tg, name, None) is found:
        yield f"`t.{name}()`"


def of_op(op: Op, name: str) -> str:
    """What its row says of an op: errors, rules, and an example if its docstring has none."""
    facts: Any = op  # the table adds them to the class
    lines = []
    if op.elementwise and op.arity > 1:
        lines.append("The inputs broadcast. ")
    if facts.fails_at:
        lines.append(
            f"Not finite, or without a finite gradient, at an input that is {facts.fails_at.replace(', ', ' or ')}. "
        )
    parts = [filled("".join([*lines, ERRORS])) + "\n"]
    if ">>>" not in (op.__doc__ or ""):
        parts.append(example(op, name))
    rules = RULES.get(op.name, [])
    if op.differentiable and rules:
        inputs = [*inspect.signature(op).parameters]
        own = max(([*inspect.signature(rule).parameters][2:] for rule in op.rules if rule), key=len, default=inputs)
        pairs = [] if op.joint else zip(own[: op.arity], inputs, strict=False)
        renamed = [f"`{theirs}` is `{x}`" for theirs, x in pairs if theirs not in (x, "inputs")]
        known = f"`y` is the result and `g` its gradient{''.join(f', {line}' for line in renamed)}."
        items = [f"- of `{x}`: {rule}" for x, rule in zip(inputs, rules, strict=False) if rule != "-"]
        parts.append(f"## Gradient\n\n{known}\n\n" + "\n".join(items) + "\n")
        parts += [f"```py\n{source}```\n" for source in helpers(op, " ".join(rules))]
    elif not op.differentiable:
        parts.append("## Gradient\n\nNone: the result counts as a constant.\n")
    return "\n".join(parts)


def helpers(op: Op, rules: str) -> Iterator[str]:
    """The source of the functions that an op's rules name."""
    home = homes()[op.name]
    for name in dict.fromkeys(re.findall(r"\b_\w+", rules)):
        if inspect.isfunction(found := vars(home).get(name)):
            yield inspect.getsource(found)


def example(op: Op, name: str) -> str:
    """A call of the op in an interpreter, with its gradients."""
    short = op.name.removeprefix("special.").removeprefix("linalg.")
    given = reference_calls.CALLS.get(op.name) or reference_calls.CALLS.get(short)
    if given:
        call, inputs = given[0].replace(f"{op.name}(", f"{name}(", 1), given[1]
    else:
        names = [*inspect.signature(op).parameters]
        inputs = dict(zip(names[: op.arity], [reference_calls.VECTOR, reference_calls.SECOND, "", ""], strict=False))
        option = ""
        if "axis" in names:
            inputs, option = {names[0]: reference_calls.MATRIX}, ", axis=1"
        call = f"{name}({', '.join(inputs)}{option})"
    real = op.differentiable
    lines = ["import numpy as np, tinygraph as tg"] if "np." in str(inputs) else ["import tinygraph as tg"]
    kept = []
    for x, value in inputs.items():
        marked = real and "True" not in value and value[0] == "["
        kept += [x] * marked
        lines.append(
            f"{x} = tg.Tensor({value}{', requires_grad=True' * marked})" if value[0] == "[" else f"{x} = {value}"
        )
    lines += [f"y = tg.{call}", "y.data"]
    lines += ["y.sum().backward()", *(f"{x}.grad" for x in kept)] if real else []
    return f"```pycon\n{ran(lines)}```\n"


def ran(lines: list[str]) -> str:
    """The lines as typed into an interpreter, with what it answers."""
    said, names = io.StringIO(), {}  # type: ignore[var-annotated]
    for line in lines:
        said.write(f">>> {line}\n")
        with contextlib.redirect_stdout(said):
            exec(compile(line, "<example>", "single"), names)
    return said.getvalue()


def members(kind: type) -> str:
    """The public methods and attributes of a class, each with its docstring."""
    parts = []
    homes = [base for base in kind.__mro__ if base.__module__.startswith("tinygraph")]
    public = {
        entry.found: entry.names[0] for entry in entries() if inspect.isclass(entry.found) and entry.found is not kind
    }
    shared = next((base for base in homes if base in public), None)
    homes = homes[: homes.index(shared)] if shared else homes
    for name in dict.fromkeys(name for base in homes for name in vars(base) if name[0] != "_"):
        value = inspect.getattr_static(kind, name)
        value = getattr(value, "__func__", value)  # of a classmethod or staticmethod
        text = inspect.getdoc(value)
        if text and ", recorded" not in text and (inspect.isfunction(value) or isinstance(value, property)):
            call = f"```py\n{signature(name, value)}\n```\n\n" if inspect.isfunction(value) else ""
            parts.append(f"### {name}\n\n{call}{markdown(text, _parameters(value))}")
    if shared:
        parts.append(f"And those of [tg.{public[shared]}]({public[shared]}.md).\n")
    return "\n".join(parts)


def of_tensor() -> str:
    """The methods of Tensor that are those of an array, with links to their ops."""
    rows = []
    pages = {id(entry.found): entry.names[0] for entry in entries()}
    for name in sorted(dir(tg.Tensor)):
        if name[0] != "_" and ", recorded" in (inspect.getdoc(getattr(tg.Tensor, name)) or ""):
            function = getattr(tg, "ravel" if name == "flatten" else name)
            own = on_one_line(signature(f"t.{name}", inspect.getattr_static(tg.Tensor, name)))
            of_op = re.sub(r"\(\w+(, )?", "(", on_one_line(signature(f"t.{name}", function)), count=1)
            call = of_op if "*args" in own else own
            rows.append(f"| `{call}` | [tg.{pages[id(function)]}]({pages[id(function)]}.md) |")
    return "## Methods of an array\n\nEach records its op.\n\n| method | op |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def page_of_week(name: str, module: Any) -> str:
    """The page of a module with the functions of one week of the course."""
    parts = [f"# {name}\n", markdown(module.__doc__)]
    for function in [f for n, f in sorted(vars(module).items()) if n[0] != "_" and inspect.isfunction(f)]:
        if function.__module__ == module.__name__:
            text = markdown(inspect.getdoc(function) or "", _parameters(function))
            parts.append(f"## {function.__name__}\n\n```py\n{signature(function.__name__, function)}\n```\n\n{text}")
    return "\n".join(parts)


def index(found: list[Entry]) -> str:
    """The contents: each public name with its first sentence."""
    parts = [HEAD]
    for heading in dict.fromkeys(entry.group for entry in found):
        parts.append(f"## {heading}\n\n| name | |\n| --- | --- |")
        for entry in [entry for entry in found if entry.group == heading]:
            names = ", ".join(f"[{name}]({entry.names[0]}.md)" for name in entry.names)
            said = re.sub(r"(?<=[^.].)\. .*|\.$", "", make_stubs.summary(entry.found))
            parts.append(f"| {names} | {escaped(said).replace('|', chr(92) + '|')} |")
        parts.append("")
    return "\n".join(parts)


HEAD = """# Reference

Each public function and class has a page: its call, what it does, its errors, an example, and an op's gradient rule.
The names are those of `import tinygraph as tg`; write `tg.` in front of them, and
`from tinygraph import lesson, estimators` for the course and the estimators. `tools/reference.py` makes these pages
from the source.
"""


def with_source(page: str) -> str:
    """A page with the functions of the package that its marks name, such as `source: tape.py toposort`."""

    def marked(found: re.Match[str]) -> str:
        module, name = found[2].removesuffix(".py"), found[3]
        source = inspect.getsource(getattr(import_module(f"tinygraph.{module}"), name))
        return f"{found[1]}```py\n{source}```\n{found[4]}"

    pattern = r"(<!-- source: (\S+) (\w+) -->\n).*?(<!-- end of source -->)"
    return re.sub(pattern, marked, page, flags=re.DOTALL)


def pages() -> dict[Path, str]:
    """The text of each page by its path."""
    found = entries()
    explained = ROOT / "docs" / "how_it_works.md"
    made = {FOLDER / f"{entry.names[0]}.md": re.sub(r"\n{3,}", "\n\n", page(entry)) for entry in found}
    return {FOLDER / "index.md": index(found), **made, explained: with_source(explained.read_text(encoding="utf-8"))}


def draw_pictures() -> None:
    """Draw the pictures of the pages; that of tg.explain by matplotlib, which sets its LaTeX."""
    for name, (code, options) in PICTURES.items():
        names: dict[str, Any] = {"tg": tg, "np": np}
        exec(code, names)
        if name == "explain":
            set_formulas(tg.explain(names["loss"], format="latex"), FOLDER / "explain.svg")
        else:
            tg.save_diagram(names["loss"], FOLDER / f"{name}.svg", **options)


def set_formulas(latex: str, path: Path) -> None:
    """Set the formulas of tg.explain, a line each, without the notes on shapes."""
    from matplotlib import figure, rcParams  # of the extra `examples`

    lines = [line for line in latex.splitlines() if line and not line.startswith((r"\begin", r"\end"))]
    picture = figure.Figure(figsize=(3.4, 0.27 * len(lines)))
    for k, line in enumerate(lines):
        formula = re.sub(r" ?&& .*", "", line).replace("&", "").strip()
        heading = re.fullmatch(r"\\paragraph{(.*)}", formula)
        words = {"s": heading[1], "weight": "bold"} if heading else {"s": f"    ${formula}$", "size": 12}
        picture.text(0.02, 1 - (k + 0.7) / len(lines), color="#8062c0", **words)
    rcParams["svg.hashsalt"] = "tinygraph"  # the same bytes each time
    picture.savefig(path, metadata={"Date": None}, transparent=True)


if __name__ == "__main__":
    made = pages()
    if "--write" in sys.argv[1:]:
        FOLDER.mkdir(exist_ok=True)
        for path in {*FOLDER.glob("*.md")} - made.keys():
            path.unlink()
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        if "--pictures" in sys.argv[1:]:
            draw_pictures()
    else:
        for path, text in made.items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(path.relative_to(ROOT))
