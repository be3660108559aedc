"""`tinygraph train` on tables of several classes and of numbers, and `tinygraph predict`."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.commands import status_and_output, without_pictures
from helpers.paths import EXAMPLES, ROOT
from helpers.processes import PATH

import tinygraph as tg
from tinygraph import __main__
from tinygraph.train import command, report, settings
from tinygraph.train.columns import Target
from tinygraph.train.parts import Examples, Parts, held_back
from tinygraph.train.training import Training

pd = pytest.importorskip("pandas")
COLOURS = "größe,年,y\n" + "".join(
    f"{k % 7}.5,{'北南'[k % 2]},{('rot $1_{$', '緑', '<b>')[k % 3]}\n" for k in range(60)
)


@pytest.fixture
def draw(tmp_path: Path, monkeypatch: Any, capsys: Any) -> Any:
    """Run `tinygraph` in an empty folder; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return status_and_output(__main__.main, capsys)


@pytest.fixture
def run(draw: Any, monkeypatch: Any) -> Any:
    """The same, with empty pictures."""
    without_pictures(monkeypatch, command)
    return draw


@pytest.fixture(scope="module")
def of_colours(tmp_path_factory: Any) -> Path:
    """A folder with a table and what one training on it wrote, to be copied."""
    folder = tmp_path_factory.mktemp("colours")
    (folder / "t.csv").write_text(COLOURS, encoding="utf-8")
    assert __main__.main(["train", str(folder / "t.csv"), "--iterations", "5", "--out", str(folder / "out")]) == 0
    return Path(folder)


def written(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


def log() -> list[dict[str, str]]:
    return list(csv.DictReader(Path("out/log.csv").read_text(encoding="utf-8").splitlines()))


# --- the tables of scikit-learn


def table_of(name: str) -> Any:
    data = pytest.importorskip("sklearn.datasets")
    found = getattr(data, f"load_{name}")()
    frame = pd.DataFrame(found.data, columns=getattr(found, "feature_names", None))
    named = name in ("iris", "wine")
    return frame.assign(target=found.target_names[found.target] if named else found.target)


@pytest.mark.parametrize(
    ("name", "task", "words", "least"),
    [
        ("iris", "classes", "", 93),
        ("wine", "classes", "", 93),
        ("diabetes", "numbers", "", 0.4),
        ("digits", "classes", "--layers 100 50 --hidden silu", 97.5),
        ("breast_cancer", "two classes", "", 96),
    ],
)
def test_a_table_is_learnt_and_one_row_gets_one_answer(
    draw: Any, monkeypatch: Any, name: str, task: str, words: str, least: float
) -> None:
    table_of(name).to_csv("table.csv", index=False)
    seen: list[Any] = []
    if name in ("wine", "digits"):  # their pictures are of the kind of iris
        without_pictures(monkeypatch, command)
    plot = report.plot
    monkeypatch.setattr(report, "plot", lambda *args: seen.append(args) or plot(*args))  # type: ignore[func-returns-value]
    status, out, err = draw("train", "table.csv", *words.split())
    assert (status, err) == (0, "")
    assert f"label 'target': {task}\n" in out
    assert "the label is the last column, 'target'; --label takes another\n" in out
    assert float(re.search("^test (?:accuracy|R2): ([0-9.]+)%?$", out, re.MULTILINE)[1]) >= least  # type: ignore[index]
    assert sorted(os.listdir("out")) == ["cost.png", "graph.svg", "log.csv", "model.npz"]

    _, training, parts = seen[0]
    np.testing.assert_allclose(parts.train.X.mean(axis=1), 0, atol=1e-9)  # the other parts had no say
    assert task != "numbers" or abs(parts.train.Y.mean()) < 1e-9
    frame = pd.read_csv("table.csv")
    strata = np.zeros(len(frame)) if task == "numbers" else frame["target"].to_numpy()
    tests = frame[held_back(strata, 0.2)].drop(columns="target")
    tests.to_csv("rows.csv", index=False)
    model = tg.load("out/model.npz")
    status, out, err = draw("predict", "out/model.npz", "rows.csv")
    header, *rows = rows_of(out)
    assert (status, err, len(rows)) == (0, "", parts.test.m)
    assert header == ["target", *(f"probability of {x}" for x in model.classes)]
    answers = model.predict(tests)
    assert [row[0] for row in rows] == [str(x) for x in answers.tolist()]
    one = {**tests.iloc[3]}
    if task == "numbers":
        own = training.mlp.predict(parts.test.X)[0] * parts.target.std + parts.target.mean
        np.testing.assert_allclose(answers, own, rtol=1e-12)
        np.testing.assert_allclose(model.predict(one), own[3:4], rtol=1e-12)
    else:
        own = parts.target.proba(training.mlp.predict_proba(parts.test.X))
        np.testing.assert_allclose([[float(x) for x in row[1:]] for row in rows], own, rtol=0, atol=1e-12)
        np.testing.assert_allclose(model.predict_proba(tests), own, rtol=0, atol=1e-12)
        np.testing.assert_allclose(model.predict_proba(one), own[3:4], rtol=0, atol=1e-12)
        assert model.predict(one) == answers[3]


def test_ten_digits_of_an_npz_file(run: Any) -> None:
    digits = str(EXAMPLES / "data" / "digits.npz")
    _, out, _ = run("train", digits, "--label", "digit", "--iterations", 500)
    assert "digits.npz: label 'digit': classes\n" in out
    assert float(re.search("test accuracy: (.*)%", out)[1]) > 90  # type: ignore[index]
    assert tg.load("out/model.npz").classes == tuple(range(10))
    with np.load(digits) as arrays:
        answers = tg.load("out/model.npz").predict(arrays["X"].T)
        assert np.mean(answers == arrays["digit"]) > 0.9


# --- options


def test_patience_ends_the_run_and_keeps_the_best_parameters(run: Any, monkeypatch: Any) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(report, "plot", lambda *args: seen.append(args))
    _, out, _ = run(
        "train", EXAMPLES / "data" / "breast_cancer.csv", "--patience", 15, "--optimizer", "adam", "--dropout", 0.1
    )
    costs = [float(row["validation_cost"]) for row in log()]
    best = int(np.argmin(costs)) + 1
    assert best + 15 == len(costs) < 1000
    assert f"ended after epoch {len(costs)}: the validation cost was not lower for 15 epochs\n" in out
    assert f"the parameters are those after epoch {best}, with the lowest validation cost\n" in out
    _, training, parts = seen[0]
    model = tg.load("out/model.npz")
    with tg.evaluating():
        assert float(model.net.cost(*parts.validation)) == min(costs) == min(training.validation)


def test_patience_is_suggested_if_the_validation_cost_rose(run: Any) -> None:
    random = np.random.default_rng(0)
    rows = "".join(f"{a},{b},{c},{c + 2 * random.standard_normal()}\n" for a, b, c in random.standard_normal((60, 3)))
    written("t.csv", "a,b,c,y\n" + rows)
    _, out, _ = run("train", "t.csv", "--schedule", "none", "--iterations", 1000)
    costs = [float(row["validation_cost"]) for row in log()]
    rose = f"rose from {min(costs):.4g} after epoch {np.argmin(costs) + 1} of {len(costs)} to {costs[-1]:.4g}"
    assert f"the validation cost {rose}: --patience 20 would keep the best parameters\n" in out
    assert "MLP 3-200-1, adam, learning rate 0.003, weight decay 0.03, batch size 32, 1000 iterations, comp" in out
    _, out, _ = run("train", "t.csv", "--schedule", "none", "--patience", 20)
    assert "rose from" not in out


@pytest.mark.parametrize(
    ("costs", "rose"),
    [([3, 1, 2, 2, 1.05], True), ([3, 1, 2, 2, 1.01], False), ([3, 2, 2, 1, 1.05], False), ([3, 2, 2, 1, 1.3], True)],
)
def test_a_small_rise_counts_if_the_best_epoch_was_long_ago(costs: list[float], rose: bool) -> None:
    X = np.ones((1, 2))
    mlp, parts = tg.MLP([1, 1]), Parts(Examples(X, X), Examples(X, X), *[None] * 3, False, [])  # type: ignore[arg-type]
    options = settings.make_parser().parse_args(["--iterations", "5", "--schedule", "none"])
    training = Training(mlp, tg.optim.SGD(mlp, 0.1), None, parts, options)
    training.costs, training.validation, training.best_epoch = costs, costs, int(np.argmin(costs)) + 1
    assert [line.startswith("the validation cost rose from 1 after epoch ") for line in training.ended()] == [
        True
    ] * rose


def test_the_picture_has_the_mean_cost_of_each_epoch(draw: Any, monkeypatch: Any) -> None:
    figure = pytest.importorskip("matplotlib.figure")
    seen: list[Any] = []
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, path, **_: seen.append(self) or path.touch())
    written("t.csv", "a,b,y\n" + "".join(f"{k},{k % 7},{k + k % 5}.5\n" for k in range(100)))
    draw("train", "t.csv", "--iterations", 13, "--print-every", 1, "--batch-size", 30, "--keep", "a")
    axes, _ = seen[0].axes
    assert axes.get_ylabel() == "mean squared error / variance of the label"
    means, validation = axes.get_lines()
    rows = log()
    assert means.get_xdata().tolist() == [3, 6, 9, 12, 13]
    np.testing.assert_allclose(means.get_ydata()[:4], [float(row["cost"]) for row in rows])
    assert validation.get_xdata().tolist() == [3, 6, 9, 12]
    np.testing.assert_allclose(validation.get_ydata(), [float(row["validation_cost"]) for row in rows])


def test_the_log_has_a_row_for_each_epoch(run: Any) -> None:
    words = ("--batch-size", 100, "--iterations", 13, "--schedule", "step", "--learning-rate", 0.5, "--print-every", 1)
    _, out, _ = run("train", EXAMPLES / "data" / "breast_cancer.csv", *words)
    rows = log()
    assert [[row["epoch"], row["iteration"]] for row in rows] == [["1", "5"], ["2", "10"]]
    np.testing.assert_allclose([float(row["learning_rate"]) for row in rows], [0.05, 0.005])
    costs = [float(x) for x in re.findall("^Cost after iteration .*: (.*)$", out, re.MULTILINE)]
    assert [float(row["cost"]) for row in rows] == [np.mean(costs[:5]), np.mean(costs[5:10])]


def test_a_label_is_named_or_numbered_and_columns_are_kept_and_dropped(run: Any) -> None:
    text = "".join(f"{'ab'[k % 3 == 0]},{k},{k % 3},{k % 5}\n" for k in range(60))
    written("t.csv", f"kind,id,x,y\n{text}")
    for label in ("kind", "1"):
        _, out, _ = run("train", "t.csv", "--label", label, "--drop", "y", "--iterations", 300)
        assert "t.csv: column 'id' is left out: it numbers the rows\n" in out
        assert "the label is the last column" not in out
        assert "test accuracy: 100.0%\n" in out
        model = tg.load("out/model.npz")
        assert (model.columns.names, model.classes) == (["x"], ("a", "b"))
    run("train", "t.csv", "--label", "kind", "--keep", "id", "--iterations", 1)
    assert tg.load("out/model.npz").columns.names == ["id", "x", "y"]
    _, out, _ = run("train", "t.csv", "--task", "numbers", "--iterations", 20)
    assert re.search("^test R2: ", out, re.MULTILINE)


def test_text_that_is_kept_as_categories_gets_a_line(run: Any) -> None:
    written(
        "t.csv", "seit,a,y\n" + "".join(f"{k % 28 + 1}.{k // 28 + 1}.1999,{k % 7},{k + k % 5}.5\n" for k in range(60))
    )
    _, out, _ = run("train", "t.csv", "--keep", "seit", "--keep", "a", "--iterations", 1)
    assert "t.csv: column 'seit' is taken as text: 60 features, one for each different value\n" in out
    assert "column 'a' is kept" not in out


def test_balanced_weights_find_more_of_a_rare_class(run: Any) -> None:
    random = np.random.default_rng(0)
    y = np.arange(600) < 24
    x = random.standard_normal((600, 2)) + y[:, None]
    written("t.csv", "a,b,y\n" + "".join(f"{a},{b},{int(c)}\n" for (a, b), c in zip(x, y, strict=True)))
    recalls = []
    for words in ((), ("--class-weight", "balanced"), ("--class-weight", 1, 24)):
        _, out, _ = run("train", "t.csv", "--layers", "--learning-rate", 0.3, *words)
        assert "base rate: 95.8%, if the answer is always 0\n" in out
        recalls.append(float(re.search(r"^1 +\S+ +(\S+)", out, re.MULTILINE)[1]))  # type: ignore[index]
    assert recalls[0] < 0.5 < recalls[1] <= recalls[2] + 0.21


def test_a_class_that_is_never_answered_is_named(run: Any) -> None:
    x = np.random.default_rng(0).standard_normal(300)
    written("t.csv", "a,y\n" + "".join(f"{a},{'rare' if k % 30 == 0 else 'usual'}\n" for k, a in enumerate(x)))
    _, out, _ = run("train", "t.csv", "--layers")
    assert "it never answers rare: --class-weight balanced may help\n" in out
    _, out, _ = run("train", "t.csv", "--layers", "--class-weight", "balanced")
    assert "it never answers" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "expected a table: tinygraph train FILE"),
        ("t.csv --data t.csv", "expected one table: FILE or --data FILE"),
        ("t.csv --label z", "t.csv: there is no column 'z' for the label; there are größe, 年, y"),
        ("wide.csv --label x2o", "no column 'x2o' for the label; there are x2, x24, x23, 22 more"),
        ("t.csv --label 4", "there is no column '4'"),
        ("t.csv --label 0", "there is no column '0'"),
        ("t.csv --keep z", "t.csv: column 'z' "),
        ("t.csv --task numbers", "t.csv: column 'y', line 2: expected a finite number, got 'rot $1_{$'"),
        ("t.csv --task two-classes", "t.csv: label 'y' has 3 classes, not two"),
        ("t.csv --class-weight 1 2", "--class-weight takes balanced, or a number for each of <b>, rot $1_{$, 緑"),
        ("t.csv --class-weight 0 0 0", "not all 0"),
        (
            "t.csv --class-weight many",
            "argument --class-weight: expected balanced, or numbers of at least 0, got 'many'",
        ),
        ("t.csv --dropout 1", "argument --dropout: expected a number from 0 to below 1, got '1'"),
        ("one.csv", "label 'b' is 1 in all of 3 rows"),
        ("n.csv --class-weight balanced", "--class-weight takes classes, and the label is a number"),
        ("n.csv --drop a", "no column is left"),
    ],
)
def test_an_option_that_does_not_fit_gets_one_line(run: Any, words: str, said: str) -> None:
    written("t.csv", COLOURS)
    written("one.csv", "a,b\n1,1\n2,1\n3,1\n")
    written("n.csv", "a,b\n1,1.5\n2,3\n2,4.5\n")
    written("wide.csv", ",".join(f"x{k}" for k in range(25)) + "\n" + "1," * 24 + "1\n")
    status, out, err = run("train", *words.split())
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert not Path("out").exists()


def test_labels_with_a_comma_are_quoted(run: Any) -> None:
    fruits = ("kiwi", "plum", '"sour, apple"')
    written("t.csv", "a,y\n" + "".join(f"{k},{fruits[k % 3]}\n" for k in range(60)))
    _, _, err = run("train", "t.csv", "--task", "two-classes")
    assert "has 3 classes, not two: kiwi, plum, 'sour, apple';" in err


def test_a_test_on_the_rows_to_train_on_gets_a_line(run: Any) -> None:
    written("t.csv", COLOURS)
    written("other.csv", COLOURS)
    os.symlink("t.csv", "link.csv")
    for name, count in (("t.csv", 1), ("link.csv", 1), ("other.csv", 0)):
        _, out, _ = run("train", "t.csv", "--test", name, "--iterations", 1)
        assert out.count(f"{name}: the rows to test on are those of the table to train on") == count


# --- any alphabet


def test_text_of_any_alphabet_is_printed_on_a_terminal_of_ascii(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(COLOURS, encoding="utf-8")
    for words in (["train", "t.csv", "--iterations", "5"], ["predict", "out/model.npz", "t.csv"]):
        variables = {**os.environ, "PYTHONPATH": PATH, "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [sys.executable, "-m", "tinygraph", *words], cwd=tmp_path, env=variables, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"\u7dd1" in done.stdout
    assert "緑" in tg.load(tmp_path / "out" / "model.npz").classes


# --- predict


def test_answers_are_written_to_a_file_whole_or_not_at_all(run: Any, of_colours: Path) -> None:
    shutil.copytree(of_colours, ".", dirs_exist_ok=True)
    said = "wrote answers.csv, the answers to 60 rows\n"
    assert run("predict", "out/model.npz", "t.csv", "-o", "answers.csv") == (0, said, "")
    header, *rows = rows_of(Path("answers.csv").read_text(encoding="utf-8"))
    assert header == ["y", "probability of <b>", "probability of rot $1_{$", "probability of 緑"]
    assert len(rows) == 60
    np.testing.assert_allclose([sum(map(float, row[1:])) for row in rows], 1)
    before = Path("answers.csv").read_bytes()
    status, _, err = run("predict", "out/model.npz", written("bad.csv", "größe\n1\n"), "-o", "answers.csv")
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith("tinygraph predict: error: bad.csv: column '年' is missing")
    assert Path("answers.csv").read_bytes() == before
    for path, words in (("no/a.csv", "there is no folder "), ("out", "is a folder"), ("a.xlsx", "ends in .csv")):
        status, out, err = run("predict", "none.npz", "none.csv", "-o", path)  # said first
        assert (status, out) == (2, "")
        assert words in err


@pytest.mark.parametrize("name", ["r.csv", "link.csv", "sub/../r.csv", "model.csv"])
def test_answers_do_not_replace_the_rows_nor_the_model(run: Any, of_colours: Path, name: str) -> None:
    shutil.copytree(of_colours, ".", dirs_exist_ok=True)
    os.mkdir("sub")
    os.rename("t.csv", "r.csv")
    os.symlink("r.csv", "link.csv")
    os.link("out/model.npz", "model.csv")
    before = {path: Path(path).read_bytes() for path in ("r.csv", "out/model.npz")}
    status, out, err = run("predict", "out/model.npz", "r.csv", "-o", name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "is an input of this command and would be overwritten: write to another file" in err
    assert {path: Path(path).read_bytes() for path in before} == before
    assert sorted(os.listdir()) == ["link.csv", "model.csv", "out", "r.csv", "sub"]


@pytest.mark.parametrize(
    ("model", "rows", "said"),
    [
        ("none.npz", "t.csv", "none.npz: No such file or directory"),
        ("mlp.npz", "t.csv", "mlp.npz holds a net alone: write tg.MLP.load(path)"),
        ("t.csv", "t.csv", "t.csv is not a sound .npz file"),
        ("t.csv", "out/model.npz", "the model comes first: tinygraph predict out/model.npz t.csv"),
        ("out/model.npz", "none.csv", "none.csv: no such file"),
        (
            "out/model.npz",
            "more.csv",
            "more.csv: column 'größe' is missing, unless it is 'Größe'; the net takes",
        ),
        ("out/model.npz", "new.csv", "new.csv: column '年', line 2: '東' is not among the values learnt: 北, 南"),
    ],
)
def test_a_file_that_does_not_fit_gets_one_line(run: Any, of_colours: Path, model: str, rows: str, said: str) -> None:
    shutil.copytree(of_colours, ".", dirs_exist_ok=True)
    tg.MLP([3, 1]).save("mlp.npz")
    written("more.csv", "Größe,年,more\n1,北,2\n")
    written("new.csv", "größe,年\n1,東\n")
    status, out, err = run("predict", model, rows)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"tinygraph predict: error: {said}")


def test_columns_that_the_table_did_not_have_are_named_and_not_used(run: Any, of_colours: Path) -> None:
    shutil.copytree(of_colours, ".", dirs_exist_ok=True)
    written("rows.csv", "größe,年\n1,北\n2,南\n")
    written("more.csv", "id,größe,年,price,y\nA7,1,北,2.5,緑\nA8,2,南,3,緑\n")
    answers = run("predict", "out/model.npz", "rows.csv")[1]
    said = "more.csv: not used, because the net does not know them: id, price\n"
    assert run("predict", "out/model.npz", "more.csv") == (0, answers, said)
    assert said in run("train", "t.csv", "--test", "more.csv", "--iterations", 1)[1]


def test_an_npz_file_with_x_alone_is_answered(run: Any) -> None:
    X = np.random.default_rng(0).standard_normal((3, 40))
    np.savez("t.npz", X=X, Y=X[0] > 0)
    np.savez("x.npz", X=X)
    run("train", "t.npz", "--iterations", 5)
    assert run("predict", "out/model.npz", "x.npz") == run("predict", "out/model.npz", "t.npz")
    assert run("predict", "out/model.npz", "x.npz")[0] == 0
    os.replace("out/model.npz", "model")  # its name is free
    assert run("predict", "model", "x.npz")[0] == 0
    assert "x.npz has no entry 'Y'; --label takes another" in run("train", "x.npz")[2]


def test_rows_with_another_decimal_sign_get_a_line_or_are_refused(run: Any) -> None:
    rows = [f"{k}.25;{k % 7}.125;{k + k % 5}.375" for k in range(100)]
    written("t.csv", "a;b;y\n" + "\n".join(rows).replace(".", ","))
    written("points.csv", "a;b;y\n" + "\n".join(rows))
    _, out, _ = run("train", "t.csv", "--iterations", 20)
    assert "t.csv: decimal commas: a, b, y\n" in out
    status, answers, said = run("predict", "out/model.npz", "points.csv")
    assert (status, answers) == run("predict", "out/model.npz", "t.csv")[:2]
    assert "points.csv: decimal points, unlike in the model's table: a, b, y\n" in said
    _, out, _ = run("train", "t.csv", "--iterations", 20, "--test", "points.csv")
    assert "points.csv: decimal points, unlike in the model's table: a, b, y\n" in out
    written("open.csv", "a;b;y\n1;5.365;2\n")
    for words in (("predict", "out/model.npz", "open.csv"), ("train", "t.csv", "--test", "open.csv")):
        status, _, err = run(*words)
        assert (status, "open.csv: column 'b', line 2: '5.365' is 5365 with ','" in err) == (2, True)


def test_an_error_of_the_program_itself_is_not_hidden(run: Any, monkeypatch: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(command, "read_parts", fail)
    with pytest.raises(RuntimeError, match="a fault"):
        run("train", "t.csv")


def test_the_command_line_lists_and_describes_its_commands(run: Any, of_colours: Path) -> None:
    assert re.search(r"train +train a net on a table\n +predict +answer the rows", run("--help")[1])
    assert run("train", "--help")[1].startswith("usage: tinygraph train [-h]")
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert setup["options.entry_points"]["console_scripts"].split() == ["tinygraph", "=", "tinygraph.__main__:main"]
    out = run("info", of_colours / "out/model.npz")[1]
    assert "MLP([3, 200, 3], output='softmax', dtype=float64)" in out
    assert out.splitlines()[-2:] == [
        "label 'y': classes: <b>, rot $1_{$, 緑",
        "2 columns: größe, 年 (北, 南)",
    ]


# --- the split and the report


def test_the_split_keeps_the_shares_of_the_classes() -> None:
    strata = np.repeat([0, 1, 2, 3], [100, 37, 2, 1])
    chosen = held_back(strata, 0.2)
    assert np.bincount(strata[chosen], minlength=4).tolist() == [20, 7, 1, 0]
    np.testing.assert_array_equal(held_back(strata, 0.2), chosen)
    assert not held_back(strata, 0).any()


def test_the_figures_of_the_report() -> None:
    found = report.Answers(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0]))
    assert found.accuracy() == 0.5
    assert found.confusion(3).tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 0]]
    assert [line.split() for line in report.table(found.confusion(3), ["a", "b", "c"])] == [
        ["class", "precision", "recall", "F1", "examples"],
        ["a", "0.500", "0.667", "0.571", "3"],
        ["b", "0.500", "0.500", "0.500", "2"],
        ["c", "-", "0.000", "0.000", "1"],
    ]
    numbers = report.Answers(np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0]))
    assert (numbers.r2(), numbers.absolute_error()) == (1 - 5 / 14, 1.0)
    assert np.isnan(report.Answers(np.ones(2), np.ones(2)).r2())


def test_a_hundred_classes_have_a_picture_and_a_short_report(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    names, random = tuple(f"$class {k}" for k in range(100)), np.random.default_rng(0)
    found = report.Answers(random.integers(0, 100, 500), random.integers(0, 100, 500))
    report.plot_classes(Figure().subplots(), found, Target("y", "classes", names))
    assert [*report.table(found.confusion(100), [*names])][-1] == "and 70 more classes"
