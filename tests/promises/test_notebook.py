"""The notebooks of the course run in a fresh kernel and give their stored results."""

import json
import re
import subprocess
import sys

import pytest
from helpers.paths import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


# Training takes fewer iterations here, because the digits of results are not compared. Their
# numbers: test_weeks.py.
SHORTER = {
    "course_1": {
        r"num_iterations=5000\)": "num_iterations=500)",
        r"num_iterations=10000, print_cost=True": "num_iterations=2000, print_cost=True",
        r'\s*"Cost after iteration [2-9]000: [\d.]+\\n",': "",
    },
    "course_2": {
        r"num_iterations=(\d+)000, print_cost=False": r"num_iterations=\g<1>00, print_cost=False",
        r"num_epochs=2001": "num_epochs=1001",
        r'\s*"Cost after epoch 2000: [\d.]+\\n",': "",
    },
}


def test_they_run_and_give_their_stored_results(tmp_path):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        for found, put in SHORTER.get(path.stem, {}).items():
            text, count = re.subn(found, put, text)
            assert count
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    copies = [str(tmp_path / path.name) for path in NOTEBOOKS]
    command = [sys.executable, str(ROOT / "tools" / "run_notebook.py"), "--check", *copies]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_it_has_every_number_and_picture_of_the_lesson():
    lesson = ROOT / "examples" / "lesson.ipynb"
    text = "".join("".join(cell["source"]) for cell in cells(lesson) if cell["cell_type"] == "markdown")
    assert re.findall(r"\\tag\{(\d+)\}", text) == ["4", "3", "7", "8", "9", "10", "11", "15", "16", "17"]
    outputs = [output for cell in cells(lesson) for output in cell.get("outputs", [])]
    pictures = ["".join(o["data"]["image/svg+xml"]) for o in outputs if "image/svg+xml" in o.get("data", {})]
    assert [title in pictures[1] for title in ("cost", "log_loss backward", "dW1")] == [True] * 3
    assert "x 48" in pictures[2]
    assert len(pictures) == 3


@every_notebook
def test_stored_results_have_no_traces_of_a_machine_and_are_small(path):
    content = path.read_text(encoding="utf-8")
    assert len(content) < 200_000
    assert not re.search(r"/(home|root|tmp|work|Users)/|[A-Z]:\\\\", content)
    notebook = json.loads(content)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    counts = [cell["execution_count"] for cell in cells(path) if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert all(cell["metadata"] == {} for cell in cells(path))
