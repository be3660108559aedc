"""README.md and docs/*.md: the code prints the shown output; tables, links, pictures are right."""

import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import speed_page
from contestants import CONTESTANTS

import tinygraph as tg
from tinygraph.ops.table import load_all

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs").rglob("*.md")))]
TEXT = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
NEEDS = {
    "README.md": ("scipy",),
    "docs/own_op.md": ("scipy",),
    "docs/estimators.md": ("sklearn",),
    "docs/science.md": ("scipy",),
    "docs/recipes.md": ("joblib",),
    "docs/files.md": ("safetensors",),
}  # packages of extras
EXTRA = ("docs/distributed.md", "docs/jax.md", "docs/onnx.md")  # their blocks run with the tests of these extras
BLOCKS = {page: re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL) for page, text in TEXT.items()}
WITH_CODE = [page for page in PAGES if "python" in dict(BLOCKS[page])]


@pytest.mark.parametrize("page", [pytest.param(x, marks=[pytest.mark.extra] * (x in EXTRA)) for x in WITH_CODE])
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


def test_the_readme_is_four_screens_in_this_order():
    text = TEXT["README.md"]
    assert len(text.splitlines()) <= 200
    order = [
        "explore_backward.png",
        'pip install ".[render]"',
        "backward()",
        "graph.svg)",
        ".venv/bin/python -m pytest",
        "tg.compare(",
        "tinygraph train",
    ]
    order += ["tinygraph predict", "scipy.optimize.minimize", "step.source", "<!-- speed: nets -->", "docs/index.md"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    words = re.findall(r"[^.]+[.]", text[: text.index("![")].partition("\n\n")[2])
    assert len(words) == 3, "what it is and for whom, in three sentences"


def test_the_moving_picture_moves_is_as_wide_as_the_page_and_small():
    picture = (ROOT / "docs" / "explore_backward.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture[16:20] == (800).to_bytes(4, "big")
    at = picture.index(b"acTL")  # the chunk of animated PNGs: the number of frames, and of rounds, 0 for ever
    assert int.from_bytes(picture[at + 4 : at + 8], "big") > 8
    assert len(picture) < 600_000


def test_the_first_code_has_twelve_lines_and_the_picture_below_it():
    code, output = BLOCKS["README.md"][:2]
    assert [code[0], output[0]] == ["python", "text"]
    assert sum(map(bool, code[1].splitlines())) == 12
    assert f"{output[1]}```\n\n![" in TEXT["README.md"]


def test_the_commands_of_the_readme_for_a_table_say_what_is_shown(tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    k = next(k for k, (_, code) in enumerate(BLOCKS["README.md"]) if "tinygraph train" in code)
    (_, commands), (_, shown) = BLOCKS["README.md"][k : k + 2]
    command = shlex.join([sys.executable, "-m", "tinygraph"])
    commands = commands.replace(".venv/bin/tinygraph", command)
    env = {**os.environ, "PYTHONPATH": str(Path(tg.__file__).parents[1])}
    ran = subprocess.run(commands, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert set(shown.splitlines()) <= set(ran.stdout.splitlines()), ran
    assert (tmp_path / "answers.csv").read_text().splitlines()[1].startswith("1,"), ran


def test_nothing_installs_the_package_that_has_this_name_on_the_public_index():
    folders = [ROOT / name for name in ("docs", "examples", "tests", "tools", "tinygraph", ".ci")]
    texts = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".md", ".py", ".ipynb", "")]
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *filter(Path.is_file, texts)]:
        assert not re.search(r"pip install [^\n`]*(?<![\w./])tinygraph\b", path.read_text(encoding="utf-8")), path


def test_the_citation_has_the_version_of_the_package():
    assert f"\nversion: {tg.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_table_of_ops_is_that_of_the_source():
    with_table = runpy.run_path(str(ROOT / "tools" / "op_table.py"))["with_table"]
    assert with_table(TEXT["docs/ops.md"]) == TEXT["docs/ops.md"], "run python tools/op_table.py --write"


def test_the_table_of_ops_has_each_op_with_a_gradient():
    shown = re.findall(r"^\| (\S+) \| [`-]", TEXT["docs/ops.md"], re.MULTILINE)
    missing = {op.name for op in load_all().values() if op.differentiable} - {*shown}
    of_costs = {"log_loss", "logistic_loss", "softmax_loss"}
    assert missing <= of_costs | {"i0", "special.polygamma"}  # whose rules need SciPy, and are made elsewhere


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
    for page in [*PAGES, "CONTRIBUTING.md", "SECURITY.md"]:
        text = (ROOT / page).read_text(encoding="utf-8")
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
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
