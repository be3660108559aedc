"""Make the table of ops in docs/ops.md from the source: `python tools/op_table.py` prints it.

With --write it writes the table into the page.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from tinygraph.ops.table import LATER, NAMESPACES

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- ops: tools/op_table.py -->\n", "<!-- end of ops -->"


def rows(module: Path) -> list[tuple[str, list[str]]]:
    """The name and the rules, as written, of each `row(...)`, or call that makes a row, with a rule in it."""
    found = []
    tree = ast.parse(module.read_text(encoding="utf-8"))
    short = {f.name: f.body[0] for f in tree.body if isinstance(f, ast.FunctionDef) and len(f.body) == 1}
    returned = {name: line.value for name, line in short.items() if isinstance(line, ast.Return) and line.value}
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        maker = getattr(call.func, "id", "")
        first = {"row": 2, "_part": 3, "_ufunc": 1}.get(maker)
        if first and isinstance(call.args[0], ast.Constant):
            rules = [*call.args[first:], *(k.value for k in call.keywords if k.arg in ("variadic", "joint"))]
            rules = [returned.get(ast.unparse(rule), rule) for rule in rules]
            name = "special." * (maker == "_ufunc") + ast.literal_eval(call.args[0])
            found.append((name, [formula(rule) for rule in rules]))
    return [(name, rules) for name, rules in found if set(rules) != {"-"}]


def formula(rule: ast.expr) -> str:
    """A rule as the table shows it: its expression, the name of a longer function, - for none."""
    if isinstance(rule, ast.Constant):
        return "-"
    return f"`{ast.unparse(rule.body if isinstance(rule, ast.Lambda) else rule)}`"


def every_row() -> list[tuple[str, list[str]]]:
    """The name and the rules of each row of the table of ops that has a rule."""
    modules = ("elementwise", "products", "reductions", "shapes", *NAMESPACES, *LATER)
    return [row for module in modules for row in rows(ROOT / "tinygraph" / "ops" / f"{module}.py")]


def table() -> str:
    """The table, in Markdown."""
    lines = ["| op | gradient rules: of the first input, of the second, ... |", "| --- | --- |"]
    lines += [f"| {name} | {', '.join(rules)} |" for name, rules in every_row()]
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    """The text of docs/ops.md with the table between its marks."""
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    path = ROOT / "docs" / "ops.md"
    if "--write" in sys.argv[1:]:
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(table(), end="")
