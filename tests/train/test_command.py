"""`tinygraph train`, as examples/train_mlp.py and a person call it."""

import errno
import importlib
import os
import re
import shlex
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from helpers.commands import status_and_output, without_pictures
from helpers.paths import EXAMPLES
from helpers.processes import start

import tinygraph as tg
from tinygraph import __main__
from tinygraph.train import command, report, settings, training
from tinygraph.train.parts import Examples, Parts, held_back, read_parts

pytest.importorskip("pandas")
TUMOURS = EXAMPLES / "data" / "breast_cancer.csv"
DIGITS = str(EXAMPLES / "data" / "digits.npz")
RESULTS = ["cost.png", "graph.svg", "log.csv", "model.npz"]


@pytest.fixture
def draw(tmp_path, monkeypatch, capsys):
    """Run main() in an empty folder; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    return status_and_output(partial(command.train, prog="train_mlp.py", data=TUMOURS), capsys)


@pytest.fixture
def run(draw, monkeypatch):
    """The same, with empty pictures."""
    without_pictures(monkeypatch, command)
    return draw


def options(*argv):
    return settings.make_parser().parse_args([str(TUMOURS), *argv])


def process(*argv, **kwargs):
    """The same in its own process."""
    return start(str(EXAMPLES / "train_mlp.py"), *argv, **kwargs)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# --- accuracy and results


def test_the_default_reaches_96_percent_and_its_model_predicts_the_same(draw, tmp_path):
    status, out, err = draw()
    assert (status, err) == (0, "")
    assert "410 examples to train on, 46 to validate, 113 to test on" in out
    said = float(re.search(r"test accuracy: (.*)%", out)[1])
    assert said >= 96

    assert files(tmp_path / "out") == RESULTS
    table = np.loadtxt(TUMOURS, delimiter=",", skiprows=1)
    test = table[held_back(table[:, -1], 0.2)]
    right = tg.load(tmp_path / "out" / "model.npz").predict(test[:, :-1]) == test[:, -1]
    assert f"{np.mean(right):.1%}" == f"{said}%"
    assert (tmp_path / "out" / "cost.png").read_bytes().startswith(b"\x89PNG")
    assert "SIGMOID" in (tmp_path / "out" / "graph.svg").read_text()


def predicted_by_the_printed_lines(out, row):
    code = out[out.index("import tinygraph") :].splitlines()
    assert len(code) == 2
    names = {"row": row}
    exec(code[0], names)
    return eval(code[1], names)


def test_the_lines_printed_at_the_end_predict_for_a_row_of_the_file(run, capsys):
    _, out, _ = run("--out", "it's mine")
    assert "a dict or the 30 values of mean radius, mean texture, " in out
    table = np.loadtxt(TUMOURS, delimiter=",", skiprows=1)
    answers = [predicted_by_the_printed_lines(out, row[:-1]) for row in table[15:25]]
    assert [answer.shape for answer in answers] == [(1,)] * 10
    assert np.ravel(answers).tolist() == table[15:25, -1].tolist()
    words = shlex.split(re.search("^tinygraph predict .*$", out, re.MULTILINE)[0])
    shutil.copy(TUMOURS, words[-1])
    assert __main__.main(words[1:]) == 0
    assert [line[0] for line in capsys.readouterr().out.splitlines()[16:26]] == [f"{x:g}" for x in table[15:25, -1]]


def test_the_lines_printed_at_the_end_predict_for_an_image(run, tmp_path):
    images, labels = make_h5(tmp_path / "cats.h5", m=8)
    _, out, _ = run("--data", "cats.h5", "--layers", "--learning-rate", 0.002, "--init", "lecun")
    assert "train accuracy: 100.0%" in out
    assert [predicted_by_the_printed_lines(out, image.ravel()).item() for image in images] == labels.tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_reach_96_percent(seed):
    chosen = options("--seed", str(seed), "--iterations", "700")
    parts = read_parts(TUMOURS)
    trained = settings.make_training(chosen, parts)
    trained.run()
    assert report.answers(trained.mlp, parts.test, parts.target).accuracy() >= 0.96


@pytest.mark.parametrize("optimizer", settings.OPTIMIZERS)
def test_each_optimizer_learns_odd_from_even_digits_in_minibatches(run, optimizer):
    argv = ("--data", DIGITS, "--optimizer", optimizer, "--batch-size", 64, "--iterations", 300, "--init", "xavier")
    status, out, _ = run(*argv)
    assert status == 0
    assert "MLP 61-20-7-5-1" in out  # three pixels are always 0
    assert float(re.search(r"test accuracy: (.*)%", out)[1]) >= 90


def test_the_seed_determines_the_parameters(run, tmp_path):
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        run("--iterations", 5, "--batch-size", 32, "--seed", seed, "--out", folder)
    a, b, c = (np.load(tmp_path / folder / "model.npz")["W1"] for folder in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("optimizer", settings.OPTIMIZERS)
def test_the_compiled_and_the_eager_step_give_the_same(run, tmp_path, optimizer):
    argv = ("--data", DIGITS, "--optimizer", optimizer, "--batch-size", 256, "--iterations", 50)
    printed = []
    for mode, extra in (("compiled", ()), ("eager", ("--eager",))):
        status, out, err = run(*argv, *extra, "--out", mode)
        assert (status, err) == (0, "")
        assert f" {mode} step\n" in out
        printed.append(re.findall("accuracy: (.*)%", out))
    assert len(printed[0]) == 3
    assert printed[0] == printed[1]
    compiled, eager = (np.load(tmp_path / mode / "model.npz") for mode in ("compiled", "eager"))
    for name in eager.files:
        if eager[name].dtype.kind in "US":
            assert compiled[name].tolist() == eager[name].tolist()
        else:
            np.testing.assert_allclose(compiled[name], eager[name], rtol=1e-9)


def test_inputs_and_outputs_among_the_hidden_layers_are_told(run):
    said = "--layers takes the hidden layers alone: leave 30 and 1 out if they are the inputs and outputs\n"
    assert said in run("--layers", 30, 5, 1, "--iterations", 1)[1]
    for sizes in ((30, 5), (5, 1), (5,)):
        assert said not in run("--layers", *sizes, "--iterations", 1)[1]


def test_a_net_without_hidden_layers_is_logistic_regression(run):
    status, out, _ = run("--layers", "--iterations", 3)
    assert status == 0
    assert "MLP 30-1" in out


@pytest.mark.parametrize(("words", "sizes"), [("", [10] * 7), ("--batch-size 4", [4, 4, 2, 4, 4, 2, 4])])
def test_an_iteration_takes_all_examples_or_a_batch(words, sizes):
    chosen, taken = options("--iterations", "7", "--schedule", "none", *words.split()), []
    mlp, examples = tg.MLP([2, 1], rng=0), Examples(np.arange(20.0).reshape(2, 10), np.arange(10.0)[None])
    parts = Parts(examples, None, None, None, None, False, [])
    made = training.Training(mlp, tg.optim.SGD(mlp, 0.1), None, parts, chosen)
    made.step = lambda X, Y: taken.append((X, Y)) or 0.5
    made.run()
    assert [X.shape[1] for X, _ in taken] == sizes
    numbers = [Y[0].tolist() for _, Y in taken]
    assert [X[0].tolist() for X, _ in taken] == numbers
    first, second = np.concatenate(numbers[:3])[:10].tolist(), np.concatenate(numbers[3:6])[:10].tolist()
    assert sorted(first) == sorted(second) == list(range(10))
    assert (first == second) == (words == "")


def test_each_iteration_has_the_rate_of_its_schedule():
    examples, seen = Examples(np.ones((2, 4)), np.ones((1, 4))), []
    mlp = tg.MLP([2, 1], rng=0)
    optimizer = tg.optim.SGD(mlp, 0.4)
    chosen = options("--iterations", "10", "--schedule", "warm-up")
    made = training.Training(mlp, optimizer, None, Parts(examples, None, None, None, None, False, []), chosen)
    made.step = lambda X, Y: seen.append(optimizer.learning_rate) or 0.5
    made.run()
    cosine = tg.optim.schedules.cosine(0.4, 9)
    np.testing.assert_allclose(seen, [0.4, *map(cosine, range(9))])


def test_features_too_large_for_a_scale_are_refused(run):
    np.savez("data.npz", X=np.array([[1.0, 2.0, 3.0, 4.0], [1e200, -1e200, 0.0, 7]]), Y=np.array([0, 1, 0, 1]))
    status, _, err = run("--data", "data.npz", "--test", "data.npz")
    assert (status, err.count("\n")) == (2, 1)
    assert "column 'column 2' has numbers too large, or too close, for a mean and a standard deviation" in err


# --- the course's own run


def make_h5(path, m=30, part="train", size=16):
    h5py = pytest.importorskip("h5py")
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (m, size, size, 3), dtype=np.uint8)
    labels = (np.arange(m) % 3 == 0).astype(np.int64)
    with h5py.File(path, "w") as file:
        file[f"{part}_set_x"], file[f"{part}_set_y"] = images, labels
        file["list_classes"] = [b"non-cat", b"cat"]
    return images, labels


def course_by_hand(X, Y, layers, learning_rate, iterations):
    """The lesson's loop by its formulas: the costs and the parameters."""
    np.random.seed(1)
    L, m = len(layers) - 1, X.shape[1]
    p = {}
    for l in range(1, L + 1):
        p[f"W{l}"] = np.random.randn(layers[l], layers[l - 1]) / np.sqrt(layers[l - 1])
        p[f"b{l}"] = np.zeros((layers[l], 1))
    costs = []
    for _ in range(iterations):
        A, Z = [X], [None]
        for l in range(1, L + 1):
            Z.append(np.dot(p[f"W{l}"], A[-1]) + p[f"b{l}"])
            A.append(np.maximum(0, Z[-1]) if l < L else 1 / (1 + np.exp(-Z[-1])))
        costs.append((-1 / m) * np.sum(np.multiply(Y, np.log(A[L])) + np.multiply(1 - Y, np.log(1 - A[L]))))
        dA = -(np.divide(Y, A[L]) - np.divide(1 - Y, 1 - A[L]))
        for l in range(L, 0, -1):
            dZ = dA * (A[l] * (1 - A[l]) if l == L else Z[l] > 0)
            dA = np.dot(p[f"W{l}"].T, dZ)
            p[f"W{l}"] = p[f"W{l}"] - learning_rate * np.dot(dZ, A[l - 1].T) / m
            p[f"b{l}"] = p[f"b{l}"] - learning_rate * np.sum(dZ, axis=1, keepdims=True) / m
    return costs, p


def test_the_run_of_the_course_gives_its_results(run, tmp_path):
    images, labels = make_h5(tmp_path / "train_catvnoncat.h5")
    test_images, test_labels = make_h5(tmp_path / "test_catvnoncat.h5", m=11, part="test")
    argv = "--layers 20 7 5 --init lecun --rng legacy --seed 1 --learning-rate 0.0075 --iterations 60 --print-every 20"
    status, out, err = run("--data", "train_catvnoncat.h5", "--test", "test_catvnoncat.h5", *argv.split())
    assert (status, err) == (0, "")
    assert "30 examples to train on, 11 to test on" in out

    X, Y = images.reshape(30, -1).T / 255, labels.reshape(1, 30)
    costs, parameters = course_by_hand(X, Y, [768, 20, 7, 5, 1], 0.0075, 60)
    printed = re.findall(r"^Cost after iteration (\d+): (.*)$", out, re.MULTILINE)
    assert [int(k) for k, _ in printed] == [0, 20, 40]
    assert np.allclose([float(cost) for _, cost in printed], costs[::20], rtol=1e-12)
    model = tg.load(tmp_path / "out" / "model.npz")
    for name, value in parameters.items():
        assert np.allclose(model.net.parameters[name].data, value, rtol=1e-10, atol=1e-12), name

    right = model.predict(test_images.reshape(11, -1)) == test_labels
    assert f"test accuracy: {np.mean(right):.1%}" in out


def test_without_a_test_file_all_of_an_h5_file_is_trained_on(run, tmp_path):
    make_h5(tmp_path / "cats.h5", m=8, size=64)
    status, out, _ = run("--data", "cats.h5", "--iterations", 1)
    assert status == 0
    assert "8 examples to train on, none to test on" in out
    assert "test accuracy" not in out


def test_h5_images_are_divided_by_255_to_the_last_bit(tmp_path):
    images, _ = make_h5(tmp_path / "cats.h5", m=4)
    parts = read_parts(tmp_path / "cats.h5")
    assert parts.validation is parts.test is None
    assert np.array_equal(parts.train.X, images.reshape(4, -1).T / 255.0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_h5_images_of_floats_from_0_to_1_are_unchanged_with_a_note(tmp_path, dtype):
    images, labels = make_h5(tmp_path / "cats.h5", m=4)
    images = (images / 255).astype(dtype)
    h5(train_set_x=images, train_set_y=labels)(tmp_path / "floats.h5")
    parts = read_parts(tmp_path / "floats.h5")
    assert np.array_equal(parts.train.X, images.reshape(4, -1).T)
    assert f"floats.h5: images of {dtype} from 0 to 1 are taken as they are" in parts.said[0]


def test_test_examples_on_another_scale_are_refused(run, tmp_path, older):
    images, labels = make_h5(tmp_path / "cats.h5", m=8)
    h5(test_set_x=images / 255, test_set_y=labels)(tmp_path / "floats.h5")
    np.savez("table.npz", X=images.reshape(8, -1).T, Y=labels)
    said = "are not on one scale: give two tables, or images that are both uint8 or both floats"
    for data, test in [("cats.h5", "floats.h5"), ("floats.h5", "table.npz"), ("table.npz", "cats.h5")]:
        check_refused(run("--data", data, "--test", test), f"{test} and {data} {said}", older)


# --- the files it reads


def npz(**arrays):
    return lambda path: np.savez(path, **arrays)


def h5(**arrays):
    def write(path):
        with pytest.importorskip("h5py").File(path, "w") as file:
            for name, value in arrays.items():
                file[name] = value

    return write


def truncated(path):
    path.write_bytes(Path(DIGITS).read_bytes()[:20000])


def truncated_h5(path):
    make_h5(path, m=4)
    path.write_bytes(path.read_bytes()[:3000])


X, Y, LABELS = np.ones((2, 4)), np.zeros((1, 4)), [0, 1, 1, 0]
MANY = {f"{k}\x1b\n": X for k in range(1000)}  # names that clear a terminal's line

# The file's name, its contents (None: there is no such file), and a part of the error.
BAD_FILES = [
    ("missing.csv", None, "missing.csv: no such file"),
    ("folder.npz", Path.mkdir, "folder.npz: no such file"),
    ("data.doc", "1,2,0\n", "expected a file ending in .csv, .tsv, .txt, .npz, .h5, .parquet, .xlsx, got '.doc'"),
    ("data", "1,2,0\n", "got no ending"),
    ("empty.csv", "", "empty.csv is empty"),
    ("header.csv", "a,b,label\n", "header.csv has one line, which is taken for the header, and no rows"),
    ("word.csv", "1,2,0\n1,two,1\n2,3,0\n3,5,1\n", "word.csv: column 'column 2', line 2: 'two' is not a number"),
    (
        "inf.csv",
        "1,2,0\n1,-inf,1\n2,3,0\n3,5,1\n",
        "inf.csv: column 'column 2', line 2: expected a finite number, got '-inf'",
    ),
    ("ragged.csv", "1,2,0\n1,2\n", "line 2: 2 columns, where line 1 has 3"),
    ("label_first.csv", "label,a\n1,0\n0,0\n1,0\n", "label 'a' is 0 in all of 3 rows"),
    ("one_class.npz", npz(X=X, Y=Y + 1), "label 'Y' is 1 in all of 4 rows: it needs two different values"),
    ("one_class.h5", h5(train_set_x=X.T, train_set_y=Y[0]), "label 'Y' is 0 in all of 4 rows"),
    ("rare.npz", npz(X=np.ones((1, 50)), Y=np.arange(50) == 18), "label 'Y': a class has one example, such as 'True'"),
    ("label.csv", "1,2,0\n1,2,2\n", "label 'column 3': 2 of 2 classes have one example, such as '0'"),
    ("one_column.csv", "0\n1\n0\n1\n", "no column is left to learn from: there is only the label"),
    ("one_row.csv", "1,2,0\n", "is 0 in all of 1 rows"),
    ("text.npz", "not a zip", "text.npz is not a sound .npz file"),
    ("truncated.npz", truncated, "truncated.npz is not a sound .npz file"),
    ("pickle.npz", npz(X=np.array([{}]), Y=Y), "is not a sound .npz file"),
    ("no_x.npz", npz(x=X, Y=Y), "has no entry 'X'; it has x, Y"),
    ("many.npz", npz(**MANY), "has no entry 'X'; it has 0 , 1 , 2 , 3 "),
    ("many.h5", h5(**MANY), "has no data set 'train_set_x'; it has 0 , 1 , "),
    ("fields.h5", h5(train_set_x=np.ones((2, 2), [("n" * 9000, "f8")]), train_set_y=[0, 1]), "got dtype [('nnn"),
    ("word_of_100_000_letters.csv", f"1,0\n{'w' * 100_000},1\n2,0\n3,1\n", "column 'column 1', line 2: 'www"),
    ("no_y.npz", npz(X=X), "no_y.npz has no entry 'Y'; --label takes another"),
    ("words.npz", npz(X=np.array([["a"]]), Y=Y), "expected numbers in X, got dtype <U1"),
    ("flat.npz", npz(X=X[0], Y=Y), "got shape (4,)"),
    ("none.npz", npz(X=X[:, :0], Y=Y[:, :0]), "got shape (2, 0)"),
    ("turned.npz", npz(X=X.T, Y=Y), "expected Y (1, 2), a label for each column of X (4, 2); got (1, 4); X holds"),
    ("fewer.npz", npz(X=X, Y=Y[:, :3]), "a label for each column of X (2, 4); got (1, 3)"),
    (
        "inf.npz",
        npz(X=np.where([[0, 0, 1, 0], [0] * 4], np.inf, X), Y=LABELS),
        "column 'column 1', row 2: expected a finite number",
    ),
    ("half.npz", npz(X=X, Y=Y + np.nan), "label 'Y' is empty: it needs two different values"),
    ("text.h5", "not hdf5", "text.h5 is damaged or no .h5 file"),
    ("truncated.h5", truncated_h5, "truncated.h5 is damaged or no .h5 file"),
    ("other.h5", h5(X=X), "has no data set 'train_set_x'; it has X"),
    ("group.h5", h5(**{"train_set_x/x": X, "train_set_y": Y}), "has no data set 'train_set_x'"),
    ("no_y.h5", h5(train_set_x=X), "has no data set 'train_set_y'"),
    ("flat.h5", h5(train_set_x=X[0], train_set_y=Y[0]), "expected train_set_x (m, height, width, 3), got shape (4,)"),
    ("floats.h5", h5(train_set_x=X.T * 254.5, train_set_y=LABELS), "from 0 to 1; got float64 from 254.5 to 254.5"),
    ("centred.h5", h5(train_set_x=X.T - 1.5, train_set_y=LABELS), "got float64 from -0.5 to -0.5"),
    ("int64.h5", h5(train_set_x=np.eye(4, 3, dtype=int) * 255, train_set_y=LABELS), "got int64 from 0 to 255"),
    ("bits.h5", h5(train_set_x=np.eye(4, 3, dtype="u1"), train_set_y=LABELS), "expected images of uint8 from 0 to 255"),
    ("bool.h5", h5(train_set_x=np.eye(4, 3, dtype=bool), train_set_y=LABELS), "got bool from 0 to 1"),
    ("fewer.h5", h5(train_set_x=np.ones((4, 2, 2, 3)), train_set_y=[0, 1]), "expected Y (1, 4)"),
]


def make(path, content):
    if isinstance(content, str):
        path.write_text(content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        content(path)


def check_refused(result, words, folder):
    """Check for one line and status 2, with older results unchanged."""
    status, _, err = result
    assert status == 2
    assert err.count("\n") == 1
    assert err.startswith("train_mlp.py: error: ")
    assert words in err
    if folder.exists():
        assert files(folder) == ["model.npz"]
        assert (folder / "model.npz").read_text() == "older"


@pytest.fixture
def older(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "model.npz").write_text("older")
    return folder


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES, ids=[row[0] for row in BAD_FILES])
def test_a_bad_file_gets_one_line(run, tmp_path, older, name, content, words):
    make(tmp_path / name, content)
    result = run("--data", name)
    check_refused(result, words, older)
    assert result[2][:-1].isprintable()
    assert len(result[2]) < 300  # for any text in the file


def test_npz_with_a_flipped_bit_is_read_or_gets_one_line(tmp_path):
    path = tmp_path / "flipped.npz"
    np.savez(path, X=X, Y=Y)
    sound, random = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        flipped = bytearray(sound)
        flipped[random.integers(len(sound))] ^= 1 << random.integers(8)
        path.write_bytes(flipped)
        try:
            read_parts(path)
        except ValueError as error:
            refused += str(path) in str(error)
    assert refused > 100


def test_a_bad_test_file_gets_one_line(run, tmp_path, older):
    (tmp_path / "narrow.csv").write_text("1,2,0\n3,4,1\n")
    check_refused(
        run("--test", "narrow.csv"),
        "narrow.csv has no header, but the net finds its columns by name: add a first line, mean radius,",
        older,
    )
    check_refused(run("--test", "missing.npz"), "missing.npz: no such file", older)


def test_test_examples_of_one_class_get_a_note(run):
    np.savez("cats.npz", X=np.ones((64, 3)), Y=np.ones(3))
    status, out, err = run("--data", DIGITS, "--test", "cats.npz", "--iterations", 1)
    assert (status, err) == (0, "")
    assert "cats.npz: the label is 1 in all of 3 examples to test on\n" in out


@pytest.mark.parametrize("name", ["log.csv", "model.npz", "link.csv"])
@pytest.mark.parametrize("option", ["--data", "--test"])
def test_a_table_that_the_results_would_replace_is_refused_before_anything_runs(run, tmp_path, name, option):
    here = tmp_path / "log.csv" if name == "link.csv" else tmp_path / name
    shutil.copy(DIGITS if name == "model.npz" else TUMOURS, here)
    if name == "link.csv":
        os.symlink("log.csv", "link.csv")
    before, present = here.read_bytes(), files(tmp_path)
    status, out, err = run(option, name, "--out", tmp_path / "absent" / "..", "--iterations", 1)
    assert (status, out) == (2, "")
    assert err.endswith("is an input of this command and would be overwritten: write to another folder by --out\n")
    (tmp_path / "absent").mkdir()
    assert run(option, name, "--out", tmp_path / "absent" / "..", "--iterations", 1)[0] == 2
    assert (here.read_bytes(), files(tmp_path)) == (before, sorted(["absent", *present]))


# --- its options

BAD_OPTIONS = [
    ("--learning-rate -1", "argument --learning-rate: expected a number above 0, got '-1'"),
    ("--learning-rate 0", "expected a number above 0"),
    ("--learning-rate nan", "expected a number above 0, got 'nan'"),
    ("--learning-rate inf", "expected a number above 0, got 'inf'"),
    ("--learning-rate fast", "expected a number above 0, got 'fast'"),
    ("--weight-decay -0.1", "argument --weight-decay: expected a number of at least 0"),
    ("--iterations 0", "argument --iterations: expected a whole number of at least 1, got '0'"),
    ("--iterations 1.5", "expected a whole number of at least 1, got '1.5'"),
    (
        "--layers 20 0 5",
        "argument --layers: expected whole numbers with spaces between, as in 20 7 5, each of at least 1",
    ),
    ("--layers 20,7", "with spaces between, as in 20 7 5, each of at least 1, got '20,7'"),
    ("--batch-size 0", "argument --batch-size: expected a whole number of at least 1"),
    ("--print-every -5", "argument --print-every: expected a whole number of at least 0"),
    ("--seed -1", "argument --seed: expected a whole number of at least 0"),
    ("--rng legacy --seed 4294967296", "Seed must be between 0 and 2**32 - 1"),
    ("--init xavi", "argument --init: expected he, xavier, lecun or a number above 0, got 'xavi'"),
    ("--layers 100000000", "--layers asks for 3200000001 parameters, and 353 GB for them and the activations of 410"),
    (f"--layers 1{'0' * 400}", "at most 1 GB is taken here"),
    ("--layers 20000 20000", "--layers asks for 400660001 parameters"),
    ("--optimizer newton", "argument --optimizer: invalid choice: 'newton'"),
    ("--optimizer Adam", "; did you mean adam?"),
    ("--task regression", "; did you mean numbers?"),
    ("--lr 3", "unrecognized arguments: --lr; did you mean --learning-rate?"),
    ("--epochs=3", "unrecognized arguments: --epochs=3; did you mean --iterations?"),
    ("--weight-dceay 3", "; did you mean --weight-decay?"),
    ("--rng random", "argument --rng: invalid choice: 'random'"),
    ("--data", "argument --data: expected one argument"),
    ("--iter 5", "unrecognized arguments: --iter"),
    (
        "--learning-rate 1e200 --iterations 5",
        "the cost is nan after 1 iterations: lower --learning-rate",
    ),
    ("--learning-rate 1e308 --iterations 1", "lower --learning-rate, for instance to a tenth"),
]


@pytest.mark.parametrize(("words", "message"), BAD_OPTIONS, ids=[row[0] for row in BAD_OPTIONS])
def test_a_bad_option_gets_one_line(run, older, words, message):
    check_refused(run(*words.split()), message, older)


def test_an_out_that_is_a_file_gets_one_line(run, tmp_path):
    (tmp_path / "results").write_text("mine")
    check_refused(
        run("--out", "results"), "argument --out: expected a folder, but results is a file", tmp_path / "absent"
    )
    assert (tmp_path / "results").read_text() == "mine"


def test_an_empty_out_is_refused(run, older):
    check_refused(run("--out", ""), "argument --out: expected a folder, got ''", older)


def test_a_run_that_fails_removes_the_folders_that_it_made(run, tmp_path):
    check_refused(run("--learning-rate", 1e200, "--out", "a/b"), "lower --learning-rate", tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "mine").mkdir()
    run("--learning-rate", 1e200, "--out", "mine/b")
    run("--learning-rate", 1e200, "--out", "mine")
    assert files(tmp_path) == ["mine"]
    assert files(tmp_path / "mine") == []


def test_an_out_that_cannot_be_written_gets_one_line_before_the_training(run, monkeypatch, older):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    check_refused(run(), "out: no permission to write there", older)


@pytest.mark.parametrize("module", ["tqdm", "matplotlib"])
def test_a_missing_extra_is_named_before_the_training(run, monkeypatch, older, module):
    monkeypatch.setitem(sys.modules, module, None)
    check_refused(run(), f'training needs {module}: pip install ".[examples]"', older)


def test_a_missing_h5py_is_named(run, tmp_path, monkeypatch, older):
    (tmp_path / "cats.h5").write_text("")
    monkeypatch.setitem(sys.modules, "h5py", None)
    check_refused(run("--data", "cats.h5"), 'reading cats.h5 needs h5py: pip install ".[examples]"', older)


# --- interrupted runs


def test_a_full_disk_leaves_older_results_whole(run, monkeypatch, older):
    def full(path, *_):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(report, "plot", full)
    check_refused(run("--iterations", 2), "cost.png: No space left on device", older)


def test_without_a_renderer_the_source_is_kept(draw, tmp_path, monkeypatch):
    module = importlib.import_module("tinygraph.show.draw")

    def nothing(*_):
        raise tg.RenderError("there is no `dot` here")

    monkeypatch.setattr(module, "render", nothing)
    status, out, err = draw("--iterations", 2)
    assert status == 0
    assert err == "graph.dot is written in place of graph.svg: there is no `dot` here\n"
    assert "cost.png, graph.dot, log.csv, model.npz" in out
    assert files(tmp_path / "out") == ["cost.png", "graph.dot", "log.csv", "model.npz"]


def interrupting(monkeypatch, at, times=1):
    """Raise Ctrl-C in the middle of iteration `at`."""
    make_step = training.make_step

    def make(*args):
        step, calls = make_step(*args), []

        def interrupted(X, Y):
            if len(calls) == at:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)
            calls.append(None)
            return step(X, Y)

        return interrupted

    monkeypatch.setattr(training, "make_step", make)


def test_ctrl_c_ends_after_the_current_iteration_and_saves(run, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    run("--iterations", 4, "--out", "whole")
    interrupting(monkeypatch, at=3)
    status, out, _ = run("--iterations", 100)
    assert status == 130
    assert "stopped by Ctrl-C after 4 of 100 iterations" in out
    assert files(tmp_path / "out") == RESULTS
    whole, cut = (np.load(tmp_path / folder / "model.npz") for folder in ("whole", "out"))
    assert all(np.array_equal(whole[name], cut[name]) for name in whole.files)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_at_once_and_writes_nothing(run, monkeypatch, older):
    before = signal.getsignal(signal.SIGINT)
    interrupting(monkeypatch, at=2, times=2)
    status, _, err = run("--iterations", 100)
    assert (status, err) == (130, "interrupted: no results are written\n")
    assert files(older) == ["model.npz"]
    assert signal.getsignal(signal.SIGINT) is before


# --- in its own process


def test_stderr_stays_empty_without_a_terminal(tmp_path):
    done = process("--iterations", "3", "--print-every", "2", cwd=tmp_path)
    out, err = done.communicate(timeout=120)
    assert (done.returncode, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()[4:6]] == [
        "Cost after iteration 0",
        "Cost after iteration 2",
    ]


def test_a_bad_file_leaves_no_traceback(tmp_path):
    done = process("--data", "missing.csv", cwd=tmp_path)
    out, err = done.communicate(timeout=120)
    assert (done.returncode, out, err) == (2, "", "train_mlp.py: error: missing.csv: no such file\n")
    assert files(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_sigint_ends_the_process_cleanly(tmp_path):
    running = process("--iterations", "100000000", "--print-every", "1", cwd=tmp_path)
    deadline = time.monotonic() + 120
    while "Cost after" not in running.stdout.readline():
        assert time.monotonic() < deadline
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, err) == (130, "")
    assert "stopped by Ctrl-C" in out
    assert files(tmp_path / "out") == RESULTS
    assert tg.load(tmp_path / "out" / "model.npz").net.layer_dims == (30, 20, 7, 5, 1)
