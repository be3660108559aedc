"""The README's code runs and prints what it says; its table of ops is the source's; its files are there."""

import contextlib
import io
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_code_blocks_run_and_print_what_stands_below_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
    assert sum(kind == "python" for kind, _ in blocks) >= 7
    names: dict[str, object] = {}
    for k, (kind, code) in enumerate(blocks):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "example.py", "exec"), names)
        said = blocks[k + 1][1] if k + 1 < len(blocks) and blocks[k + 1][0] == "text" else ""
        assert printed.getvalue() == said, code
    assert (tmp_path / "graph.svg").stat().st_size > 1000


def test_the_table_of_ops_is_that_of_the_source():
    with_table = runpy.run_path(str(ROOT / "tools" / "op_table.py"))["with_table"]
    assert with_table(README) == README, "run python tools/op_table.py --write"


def test_links_and_pictures_are_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
