"""The examples run, and their data are as their README says."""

import os
import re
import runpy
import subprocess
import sys

import numpy as np
import pytest
from helpers.paths import EXAMPLES, ROOT

DATA = EXAMPLES / "data"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run an example in an empty folder; returns its output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(EXAMPLES))  # as for `python examples/...`

    def run(name, *argv):
        monkeypatch.setattr(sys, "argv", [name, *argv])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


def test_quickstart(run, tmp_path):
    out = run("quickstart.py")
    assert out.splitlines()[0] == out.splitlines()[1] == "[[0.24436915 0.19243265]]"
    costs = [float(cost) for cost in re.findall(r"cost after iteration \d+: (.*)", out)]
    assert len(costs) == 4
    assert costs == sorted(costs, reverse=True)
    assert float(re.search(r"accuracy (.*)%", out)[1]) > 98
    assert re.search(r"linear +W1, X, b1", out)
    assert "</svg>" in (tmp_path / "out" / "quickstart.svg").read_text()


def test_quickstart_holds_the_first_code_of_the_readme():
    code = re.search(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    lines = [" ".join(line.split()) for line in (EXAMPLES / "quickstart.py").read_text(encoding="utf-8").splitlines()]
    *shown, picture = code[1].splitlines()  # the picture's file has another name
    assert all(" ".join(line.split()) in lines for line in shown)
    assert picture.startswith("tg.save_diagram(cost, ")


def test_lesson_agrees_with_the_tape_line_by_line(run):
    out = run("lesson.py")
    differences = [
        float(line.split()[-1]) for line in out.splitlines() if line.startswith("  ") and "by hand" not in line
    ]
    assert len(differences) == 31
    assert max(differences) < 1e-14
    for number in ("(4)", "(7)", "(8)", "(9)", "(10)", "(11)", "(16)", "(17)"):
        assert f"  {number} " in out


def test_lesson_stops_at_a_difference():
    compare = runpy.run_path(str(EXAMPLES / "lesson.py"))["compare"]
    with pytest.raises(AssertionError, match=r"dW2 = dZ2 A1\.T: by hand 1\.0, on the tape 1\.001"):
        compare("dW2 = dZ2 A1.T", np.float64(1.0), "W2.grad", np.float64(1.001))


def test_fit_curve_finds_the_true_parameters(run, tmp_path):
    out = run("fit_curve.py", "--iterations", "200", "--out", "pictures")
    rows = re.findall(r"^(\w+) +([\d.]+) +([\d.]+)$", out, re.MULTILINE)
    assert [name for name, *_ in rows] == ["amplitude", "decay", "frequency", "phase"]
    assert all(abs(float(true) - float(fitted)) < 0.1 for _, true, fitted in rows)
    assert (tmp_path / "pictures" / "fit_curve.png").read_bytes().startswith(b"\x89PNG")


def test_fit_curve_without_matplotlib(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert 'pip install ".[examples]"' in run("fit_curve.py", "--iterations", "2")


def test_digits_cnn_learns_in_a_few_steps(run):
    out = run("digits_cnn.py", "--iterations", "120")
    costs = [float(cost) for cost in re.findall(r"cost after iteration \d+: (.*)", out)]
    assert len(costs) == 2
    assert float(re.search(r"held-back fifth: (.*)%", out)[1]) > 93


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--iterations 0", "argument --iterations: expected a whole number of at least 1, got '0'"),
        ("--iterations many", "argument --iterations: expected a whole number of at least 1, got 'many'"),
        ("--out=", "argument --out: expected a folder, got ''"),
        ("--out mine", "argument --out: expected a folder, but mine is a file"),
        ("--out mine/pictures", "argument --out: expected a folder, but mine is a file"),
        ("--epochs 3", "unrecognized arguments: --epochs 3"),
    ],
)
def test_fit_curve_refuses_in_one_line_before_it_computes(run, tmp_path, capsys, words, message):
    (tmp_path / "mine").write_text("")
    with pytest.raises(SystemExit) as end:
        run("fit_curve.py", *words.split())
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"fit_curve.py: error: {message}")


@pytest.mark.parametrize(
    "name",
    ["quickstart.py", "lesson.py", "fit_curve.py", "train_mlp.py", "digits_cnn.py", "train_mpi.py", "train_on_jax.py"],
)
def test_each_example_has_help_and_refuses_unknown_options(run, tmp_path, capsys, name):
    with pytest.raises(SystemExit) as end:
        run(name, "--help")
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {name} [-h]")
    with pytest.raises(SystemExit) as end:
        run(name, "--verbose")
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("unrecognized arguments: --verbose\n")
    assert not list(tmp_path.iterdir())


def test_data_is_small_and_has_the_described_layout():
    assert all(path.stat().st_size < 200_000 for path in DATA.iterdir())
    rows = (DATA / "breast_cancer.csv").read_text().splitlines()
    assert len(rows) == 570
    assert rows[0].startswith("mean radius,")
    assert rows[0].endswith(",malignant")
    assert sum(row.endswith(",1") for row in rows[1:]) == 212
    with np.load(DATA / "digits.npz") as digits:
        assert (digits["X"].shape, digits["X"].dtype, digits["X"].max()) == ((64, 1797), np.uint8, 16)
        assert np.array_equal(digits["Y"], digits["digit"][None] % 2)


def test_the_script_makes_the_data_again(tmp_path):
    pytest.importorskip("sklearn")
    make = [sys.executable, str(ROOT / "tools" / "make_example_data.py"), str(tmp_path)]
    subprocess.run(make, check=True, env=os.environ, timeout=120)
    assert (tmp_path / "breast_cancer.csv").read_bytes() == (DATA / "breast_cancer.csv").read_bytes()
    with np.load(tmp_path / "digits.npz") as made, np.load(DATA / "digits.npz") as shipped:
        assert made.files == shipped.files
        assert all(np.array_equal(made[name], shipped[name]) for name in made.files)
