"""README.md and docs/*.md: the code prints the shown output; tables, links, pictures are right."""

import contextlib
import io
import re
import runpy
import shutil
from pathlib import Path

import pytest
import speed_page
from contestants import CONTESTANTS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs").rglob("*.md")))]
TEXT = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
NEEDS = {
    "docs/estimators.md": ("sklearn",),
    "docs/science.md": ("scipy",),
    "docs/recipes.md": ("joblib",),
    "docs/files.md": ("safetensors",),
}  # packages of extras
EXTRA = ("docs/distributed.md", "docs/jax.md", "docs/onnx.md")  # their blocks run with the tests of these extras
BLOCKS = {page: re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL) for page, text in TEXT.items()}


@pytest.mark.parametrize("page", [pytest.param(x, marks=[pytest.mark.extra] * (x in EXTRA)) for x in PAGES])
def test_code_blocks_print_the_text_below_them(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # for modules that a page writes and imports
    for package in NEEDS.get(page, ()):
        pytest.importorskip(package)
    names: dict[str, object] = {}
    if "examples/data/digits.npz" in TEXT[page]:
        (tmp_path / "examples" / "data").mkdir(parents=True)
        shutil.copy(ROOT / "examples" / "data" / "digits.npz", tmp_path / "examples" / "data")
    for k, (kind, code) in enumerate(BLOCKS[page]):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "example.py", "exec"), names)
        said = BLOCKS[page][k + 1][1] if k + 1 < len(BLOCKS[page]) and BLOCKS[page][k + 1][0] == "text" else ""
        assert printed.getvalue() == said, code
    if page == "README.md":
        assert (tmp_path / "graph.svg").stat().st_size > 1000


def test_the_readme_is_short_and_shows_code():
    assert len(TEXT["README.md"].splitlines()) <= 250
    assert sum(kind == "python" for kind, _ in BLOCKS["README.md"]) >= 7


def test_the_first_picture_stands_next_to_the_first_code():
    picture = TEXT["README.md"].index("![")
    assert [kind for kind, _ in re.findall(r"```(\w+)\n(.*?)```", TEXT["README.md"][:picture], re.DOTALL)] == [
        "python",
        "text",
        "python",
    ]
    assert TEXT["README.md"][:picture].count("\n## ") == 0


def test_the_table_of_ops_is_that_of_the_source():
    with_table = runpy.run_path(str(ROOT / "tools" / "op_table.py"))["with_table"]
    assert with_table(TEXT["docs/ops.md"]) == TEXT["docs/ops.md"], "run python tools/op_table.py --write"


def test_the_table_of_speed_is_made_from_the_tables_of_its_page():
    page = TEXT["docs/speed.md"]
    assert speed_page.with_table(TEXT["README.md"], page) == TEXT["README.md"], "run python tools/benchmark.py --write"
    nets, rows = speed_page.cells(speed_page.section(TEXT["README.md"], "nets"))[0], 5
    assert nets[1:] == ["SGD, tinygraph", "SGD, best peer", "Adam, tinygraph", "Adam, best peer"]
    assert len(speed_page.compiled_and_best_peer(page, "sgd")) == rows


@pytest.mark.parametrize("name", ["sgd", "adam", "minibatches", "classes"])
def test_each_peer_has_a_row_wherever_it_takes_part(name):
    measured = {row[0] for row in speed_page.cells(speed_page.section(TEXT["docs/speed.md"], name))}
    assert {row.heading for row in CONTESTANTS.values() if name in row.sections.split()} <= measured


def test_links_and_pictures_are_there():
    for page in PAGES:
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", TEXT[page], flags=re.DOTALL | re.MULTILINE)
        for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", prose):
            path = (ROOT / page).parent / target if target else ROOT / page
            assert path.exists(), f"{page}: {target}"
            if anchor:
                assert anchor in anchors(path), f"{page}: {target}#{anchor}"


def anchors(path):
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_page_and_picture_in_docs_is_linked_from_a_page():
    linked = {
        ((ROOT / page).parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)", TEXT[page])
    }
    assert {path for path in (ROOT / "docs").rglob("*") if path.suffix in (".md", ".svg", ".png")} <= linked
