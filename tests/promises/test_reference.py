"""docs/reference/: a page for each public name, as tools/reference.py makes it, whose examples run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from helpers.lines import each

import tinygraph as tg
from tinygraph import lesson

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
PAGES = sorted(FOLDER.glob("*.md"))
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
NEEDS = {"special.": "scipy", "estimators.": "sklearn"}


@pytest.mark.skipif(not "2" <= np.__version__ < "2.5", reason="the pages have the options and names of NumPy 2.4")
@pytest.mark.skipif(not (ROOT / "tinygraph").exists(), reason="the sources are elsewhere")
def test_the_pages_are_up_to_date() -> None:
    pytest.importorskip("scipy")
    import reference

    made = reference.pages()
    assert {*PAGES} == {path for path in made if path.parent == FOLDER}
    differing = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert not differing, "run python tools/reference.py --write"


def test_each_public_name_has_a_page() -> None:
    listed = dict(re.findall(r"\[([\w.]+)\]\(([\w.]+)\.md\)", (FOLDER / "index.md").read_text(encoding="utf-8")))
    names = {name for name in tg.__all__ if name not in ("OPS", "distributed", "linalg", "optim", "special")}
    names |= {f"optim.{name}" for name in tg.optim.__all__ if name != "schedules"}
    names |= {f"lesson.{name}" for name in lesson.__all__ if name[0].islower() or name[:2] == "L_"}
    assert names <= listed.keys()
    assert {path.stem for path in PAGES} - {"index"} == {*listed.values()}


def test_each_page_of_a_call_with_arguments_says_what_is_an_error() -> None:
    texts = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
    silent = {name for name, text in texts.items() if not re.search(r"[Rr]ais|rror|^tg\.\w+\(\)$", text, re.MULTILINE)}
    assert silent == set()


def package(page: Path) -> str:
    """What the page's example needs besides NumPy."""
    return next((package for start, package in NEEDS.items() if page.name.startswith(start)), "numpy")


@pytest.mark.parametrize("needed", ["numpy", *NEEDS.values()])
def test_each_page_has_an_example_that_runs_as_it_stands(needed: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    pytest.importorskip(needed)
    each(runs, "page", [page for page in PAGES if page.name != "index.md" and package(page) == needed], {})


def runs(page: Path) -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    said: list[str] = []
    for block in blocks:
        lines = re.sub(r"^$", "<BLANKLINE>", block.rstrip("\n"), flags=re.MULTILINE) + "\n"
        test = doctest.DocTestParser().get_doctest(lines, {}, page.stem, str(page), 0)
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    assert not said, "".join(said)
