"""python -m tinygraph: each command with its output, and the errors for wrong input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tinygraph as tg
from tinygraph.__main__ import main

SCRIPT = """
import sys
import numpy as np
import helper
import tinygraph as tg

print("the script speaks", sys.argv)
x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
loss = (x * helper.two).sum()
number = 3
step = tg.compile(lambda a: a * x)
step(np.ones(2))
if __name__ == "__main__":
    main_loss = loss * 1
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "helper.py").write_text("two = 2.0\n")
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def run(*argv: str) -> int:
    try:
        return main(list(argv))
    except SystemExit as end:  # argparse exits
        return int(end.code or 0)


def test_tape_prints_only_the_tape_to_stdout(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.argv, list(sys.path)
    assert run("tape", f"{script}:loss") == 0
    out, err = capsys.readouterr()
    assert out.startswith("place  name  op")
    assert "speaks" not in out
    assert f"the script speaks ['{script}']" in err
    assert (sys.argv, sys.path) == before
    assert run("tape", f"{script}:main_loss") == 0


def test_names_are_those_of_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "script.py"
    lines = ["import numpy as np, tinygraph as tg", "W, X = tg.Tensor([[1.0]], requires_grad=True), np.ones((1, 2))"]
    path.write_text("\n".join([*lines, "for k in [np.ones(2)]: pass", "A = W @ X", "out = tg.exp(A * k)"]))
    assert run("tape", f"{path}:out") == 0
    rows = [line.split()[1:5] for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [["A", "matmul", "W,", "X"], ["t1", "multiply", "A,", "x1"], ["out", "exp", "t1", "(1,"]]


@pytest.mark.parametrize("kind", ["text", "markdown", "latex"])
def test_explain(script: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", f"{script}:loss", "--format", kind, "--numbers") == 0
    assert "sum" in capsys.readouterr().out


def test_memory(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("memory", f"{script}:loss") == 0
    assert "multiply" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["loss", "step"])
def test_draw(script: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "out.dot"
    assert run("draw", f"{script}:{name}", "-o", str(path), "--direction", "TB") == 0
    assert "rankdir=TB" in path.read_text()


def test_draw_takes_the_options_of_draw(script: str, tmp_path: Path) -> None:
    path = tmp_path / "out.dot"
    options = ["--values", "--backward", "--depth", "1", "--no-fold", "--dark"]
    assert run("draw", f"{script}:loss", "-o", str(path), *options) == 0
    assert "dx" in path.read_text()


def test_explore(script: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run("explore", f"{script}:loss", "-o", str(path)) == 0
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_info(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tg.MLP([3, 4, 1], rng=0).save(tmp_path / "model.npz")
    assert run("info", str(tmp_path / "model.npz")) == 0
    out = capsys.readouterr().out
    assert "MLP([3, 4, 1], dtype=float64)" in out
    assert out.splitlines()[-1] == "  21 entries, 21 of them trained, 168 bytes"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["tape", "script.py"], "takes script.py:name, such as train.py:loss"),
        (["tape", "no.py:loss"], "there is no file no.py"),
        (["tape", "{script}:cost"], "is not there when it has run; its Tensors: x, loss, step"),
        (["tape", "{script}:number"], "is a int, not a Tensor"),
        (["tape", "{script}:step"], "a compiled function has no tape"),
        (["tape", "{bad}:loss"], "bad.py:2: ZeroDivisionError: division by zero"),
        (["tape", "{ends}:loss"], "ended itself with 3"),
        (["tape", "{syntax}:loss"], "syntax.py:1: SyntaxError"),
        (["draw", "{script}:loss", "-o", "graph.gif"], "save_diagram() writes .svg, .png"),
        (["draw", "{script}:loss", "-o", "no/such/folder/graph.dot"], "there is no folder"),
        (["draw", "{script}:loss", "--depth", "0", "-o", "x.dot"], "depth"),
        (["draw", "{script}:loss", "--direction", "up"], "invalid choice: 'up'"),
        (["explain", "{script}:loss", "--format", "html"], "invalid choice: 'html'"),
        (["info", "no.npz"], "No such file"),
        (["info", "{script}"], "is not a sound .npz file"),
        (["frob", "x"], "invalid choice: 'frob'"),
        ([], "required: command"),
    ],
)
def test_errors_take_one_line(
    argv: list[str], message: str, script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = {"script": script}
    for name, text in (("bad", "a = 1\nb = a / 0\n"), ("ends", "raise SystemExit(3)\n"), ("syntax", "a = = 1\n")):
        (tmp_path / f"{name}.py").write_text(text)
        folder[name] = str(tmp_path / f"{name}.py")
    assert run(*(part.format(**folder) for part in argv)) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_it_runs_as_a_program(script: str) -> None:
    done = subprocess.run([sys.executable, "-m", "tinygraph", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for command in ("draw", "explore", "explain", "tape", "memory", "info"):
        assert command in done.stdout
