"""docs/speed.md holds the tables of tools/benchmark.py, and README.md one table made from them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE, README = ROOT / "docs" / "speed.md", ROOT / "README.md"
PEERS = "numba by hand", "scikit-learn's MLPClassifier", "PyTorch", "JAX jit"  # how their rows begin


def table(heading: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(map(str, row)) for row in (heading, *rows)]
    lines.insert(1, ["---"] + ["---:"] * (len(lines[0]) - 1))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(text: str) -> list[list[str]]:
    """The heading and the rows of a table."""
    heading, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return [heading, *rows]


def section(page: str, name: str) -> str:
    return page.split(f"<!-- speed: {name} -->\n\n")[1].split("\n\n<!-- end -->")[0]


def with_section(page: str, name: str, content: str) -> str:
    """The page with other content between the marks of this section."""
    mark = f"<!-- speed: {name} -->\n\n"
    before, after = page.split(mark)
    return before + mark + content + "\n\n<!-- end -->" + after.split("\n\n<!-- end -->", 1)[1]


def compiled_and_best_peer(page: str, name: str) -> dict[str, tuple[str, str]]:
    """Of each net in the table of a section."""
    (_, *nets), *rows = cells(section(page, name))
    found = {}
    for column, net in enumerate(nets, 1):
        ours = next(row[column] for row in rows if row[0] == "**tinygraph compiled**")
        peers = [(float(row[column]), row[0]) for row in rows if row[0].startswith(PEERS)]
        time, peer = min(peers)
        found[net] = f"**{ours}**", f"{time:.2f} ({peer})"
    return found


def with_table(readme: str, page: str) -> str:
    """The text of README.md with its table made from the tables of docs/speed.md."""
    sgd, adam = (compiled_and_best_peer(page, name) for name in ("sgd", "adam"))
    heading = ["net; examples, dtype", "SGD, tinygraph", "SGD, best peer", "Adam, tinygraph", "Adam, best peer"]
    return with_section(readme, "nets", table(heading, [[net, *sgd[net], *adam[net]] for net in sgd]))


def write(tables: dict[str, str]) -> None:
    """Write these sections into docs/speed.md, and then the table of README.md."""
    page = PAGE.read_text(encoding="utf-8")
    for name, content in tables.items():
        page = with_section(page, name, content)
    PAGE.write_text(page, encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8"), page), encoding="utf-8")
