"""python -m tinygraph: each command with its output, and the errors for wrong input."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from helpers.processes import start

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
        (["tape", "{script}:cost"], "makes no cost; its Tensors are x, loss, step"),
        (["tape", "{script}:number"], "is not a Tensor: its type is int; its Tensors are x, loss, step"),
        (["tape", "{script}:step"], "a compiled function has no tape"),
        (["tape", "{ends}:loss"], "ended itself with 3"),
        (["draw", "{script}:loss", "-o", "a.gif"], "the file to write ends in .svg, .png, .pdf, .dot; got 'a.gif'"),
        (["explore", "{script}:loss", "-o", "graph.svg"], "the file to write ends in .html, .htm; got 'graph.svg'"),
        (["draw", "{script}:loss", "-o", "{folder}"], "is a folder, not a file to write"),
        (["draw", "{folder}"], "is not a Python script"),
        (["draw", "lesson.ipynb"], "there is no such file"),
        (["draw", "{leaves}"], "names no result of an op at its top level; its Tensors are x"),
        (["info", "{folder}"], "Is a directory"),
        (["draw", "{script}:loss", "--depth", "two"], "invalid int value: 'two'"),
        (["draw", "{script}:loss", "-o", "no/such/folder/graph.dot"], "there is no folder"),
        (["draw", "{script}:loss", "--depth", "0", "-o", "x.dot"], "depth"),
        (["draw", "{script}:loss", "--direction", "up"], "invalid choice: 'up'"),
        (["explain", "{script}:loss", "--format", "html"], "invalid choice: 'html'"),
        (["info", "no.npz"], "no.npz: No such file"),
        (["info", "{script}"], "is not a sound .npz file"),
        (["frob", "x"], "invalid choice: 'frob'"),
        (["trian", "x"], "; did you mean train?"),
        (["draw", "{script}:loss", "--directon", "LR"], "arguments: --directon LR; did you mean --direction?"),
    ],
)
def test_errors_take_one_line(
    argv: list[str], message: str, script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = {"script": script, "folder": str(tmp_path)}
    for name, text in (("leaves", "import tinygraph as tg\nx = tg.Tensor(1.0)\n"), ("ends", "raise SystemExit(3)\n")):
        (tmp_path / f"{name}.py").write_text(text)
        folder[name] = str(tmp_path / f"{name}.py")
    assert run(*(part.format(**folder) for part in argv)) == 2
    err = capsys.readouterr().err
    assert message in err.splitlines()[-1]
    assert "Traceback" not in err
    assert "speaks" not in err or not {"-o", "--depth"} & {*argv}  # what can be said before is said before it runs


def test_a_folder_that_only_seems_writable_is_told_before_the_script_runs(
    script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)  # as in /sys, where os.access says yes to root
    assert run("explore", f"{script}:loss", "-o", "graph.html") == 2
    assert capsys.readouterr().err.startswith("tinygraph explore: no permission to write graph.html in ")


def test_an_error_of_the_script_is_told_as_python_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.py"
    path.write_text("import tinygraph as tg\n\ndef f(a):\n    return a / 0\n\nf(1)\n")
    assert run("tape", f"{path}:loss") == 1
    err = capsys.readouterr().err
    assert err.startswith(f'Traceback (most recent call last):\n  File "{path}", line 6, in <module>\n')
    assert err.endswith("ZeroDivisionError: division by zero\n")
    assert err.count("File ") == 2  # the script's two lines, and none of the command
    path.write_text("a = = 1\n")
    assert run("tape", f"{path}:loss") == 1
    err = capsys.readouterr().err
    assert err.startswith(f'  File "{path}", line 1\n')
    assert err.splitlines()[-1] == "SyntaxError: invalid syntax"
    path.write_text("raise KeyboardInterrupt\n")
    assert run("tape", f"{path}:loss") == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_without_a_name_what_fits_is_listed(
    script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("draw", "script.py", "-o", "my graph.dot") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == [
        "tinygraph draw: no name was given; script.py makes these, so type one of",
        "  tinygraph draw script.py:main_loss -o 'my graph.dot'  # ()",
        "  tinygraph draw script.py:step -o 'my graph.dot'  # a compiled function",
        "  tinygraph draw script.py:loss -o 'my graph.dot'  # ()",
    ]
    assert not (tmp_path / "my graph.dot").exists()
    assert run(*shlex.split(lines[-1].partition("#")[0])[1:]) == 0
    assert capsys.readouterr().out == "wrote my graph.dot, a picture of the graph of loss\n"
    one = "import tinygraph as tg\nx = tg.Tensor([2.0], requires_grad=True)\ny = x * x\n"
    (tmp_path / "one.py").write_text(one + "f = tg.compile(lambda x: x * x)  # never called\n")
    assert run("draw", "one.py", "-o", "one.dot") == 0
    assert "takes y, the only one" in capsys.readouterr().err
    assert run("explore", "one.py") == 0
    out, err = capsys.readouterr()
    assert out == "wrote graph.html, a page that steps through the graph of y: open it in a browser\n"
    assert err == "tinygraph explore: no name was given; takes y, the only one\n"


def test_a_folder_that_cannot_be_written_is_told_before_the_script_runs(
    script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda place, mode: False)  # for root, every folder can be written
    assert run("draw", f"{script}:loss", "-o", "graph.dot") == 2
    assert capsys.readouterr().err.startswith("tinygraph draw: no permission to write graph.dot in ")


def test_the_script_itself_is_not_overwritten(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = script.replace(".py", ".html")
    Path(script).rename(page)
    assert run("explore", f"{page}:loss", "-o", page) == 2
    assert "is an input of this command and would be overwritten" in capsys.readouterr().err
    assert Path(page).read_text() == SCRIPT


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_help_shows_examples_that_can_be_typed(
    argv: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the README's commands leave out/model.npz in the project's folder
    assert run(*argv) == 0
    examples = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  tinygraph ")]
    assert len(examples) == 8
    for example in examples:
        command, what = example.split()[1:3]
        assert run(command, "--help") == 0
        assert f"tinygraph {command} {what}" in capsys.readouterr().out or command == "train"
        words = shlex.split(example)[1:]
        assert run(*(word.replace("table.csv", "no.csv") for word in words)) == 2  # its files are missing
        err = capsys.readouterr().err
        assert "o such file" in err or "there is no file" in err


def test_it_runs_as_a_program(script: str) -> None:
    done = start("-m", "tinygraph", "--help")
    said = done.communicate()[0]
    assert done.returncode == 0
    for command in ("draw", "explore", "explain", "tape", "memory", "info"):
        assert command in said
