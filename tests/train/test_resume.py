"""`tinygraph train --checkpoint`: a killed run keeps its checkpoint and, resumed, ends the same."""

import errno
import importlib
import os
import random
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from helpers.commands import status_and_output, without_pictures
from helpers.comparing import same
from helpers.paths import EXAMPLES
from helpers.processes import start

import tinygraph as tg
from tinygraph.files import UNFINISHED, read_arrays, replacing, write_arrays
from tinygraph.train import checkpoint, command, settings, training
from tinygraph.train.checkpoint import remove_abandoned, writing_in
from tinygraph.train.columns import Column, Columns, Target
from tinygraph.train.parts import Examples, Parts, read_parts

pytest.importorskip("pandas")

TUMOURS = EXAMPLES / "data" / "breast_cancer.csv"
OPTIONS = settings.make_parser().parse_args(["--iterations", "3", "--schedule", "none"])
KEPT = "--checkpoint kept.npz"


@pytest.fixture(scope="module")
def read_once():
    """read_parts, but each table is read once, which takes longer than most runs here."""
    known = {}

    def read(*options):
        if str(options) not in known:
            known[str(options)] = read_parts(*options)
        return known[str(options)]

    return read


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, read_once):
    """Run main() in an empty folder, without pictures; returns its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "read_parts", read_once)
    monkeypatch.setattr(
        command, "write_results", lambda out, run, parts, _: [run.mlp.save(out / "parameters.npz") or "it"]
    )

    run = status_and_output(partial(command.train, prog="train_mlp.py", data=TUMOURS), capsys)
    return lambda words: run(*words.split())


WITHOUT_PICTURES = """
from pathlib import Path
from tinygraph.train import command
command.report.plot = lambda path, *_: path.touch()
command.save_diagram = lambda _, path: Path(path).touch()
"""


def process(words, folder, before=WITHOUT_PICTURES):
    """The same in its own process, with some Python before it."""
    code = f"{before}\nimport sys, runpy\nsys.argv[0] = {str(EXAMPLES / 'train_mlp.py')!r}\n"
    code += f"sys.path.insert(0, {str(EXAMPLES)!r})\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    return start("-c", code, *words.split(), cwd=folder)


def one_line(result, words):
    status, _, err = result
    return status == 2 and err.count("\n") == 1 and err.startswith("train_mlp.py: error: ") and words in err


# --- the same run, without and with breaks


ALL_OF_IT = "--dropout 0.3 --patience 40 --schedule cosine --batch-size 100 --class-weight balanced --iterations 40"


@pytest.mark.parametrize("rng", ["default", "legacy"])
def test_a_run_killed_in_the_middle_resumes_dropout_patience_and_schedule(run, monkeypatch, rng):
    words = f"{ALL_OF_IT} --rng {rng} --layers 8 --every 1 --out"
    assert run(f"{words} whole --checkpoint whole.npz")[0] == 0
    true, saved = checkpoint.write_arrays, []

    def killed(path, arrays):
        true(path, arrays)
        saved.append(path)
        if len(saved) in (18, 25):
            raise OSError(errno.EIO, "killed", str(path))

    monkeypatch.setattr(checkpoint, "write_arrays", killed)
    for _ in range(2):
        assert one_line(run(f"{words} pieces {KEPT} --resume"), "killed")
    assert run(f"{words} pieces {KEPT} --resume")[0] == 0
    assert Path("whole/parameters.npz").read_bytes() == Path("pieces/parameters.npz").read_bytes()
    assert same(read_arrays("whole.npz"), read_arrays("kept.npz"))
    assert read_arrays("kept.npz")["costs/validation"].shape == (8,)


def test_the_best_parameters_may_be_older_than_the_last_break(run):
    words = "--optimizer adam --patience 15 --out"
    assert run(f"{words} whole --checkpoint whole.npz")[0] == 0
    best = int(np.argmin(read_arrays("whole.npz")["costs/validation"])) + 1
    assert run(f"{words} pieces {KEPT} --iterations {best + 5}")[0] == 0
    status, out, _ = run(f"{words} pieces {KEPT} --resume")
    assert (status, f"ended after epoch {best + 15}: " in out, f"those after epoch {best}, " in out) == (0, True, True)
    assert Path("whole/parameters.npz").read_bytes() == Path("pieces/parameters.npz").read_bytes()
    assert f"ended after epoch {best + 15}: " in run(f"{words} pieces {KEPT} --resume")[1]  # without a step more


def test_a_schedule_takes_the_same_number_of_iterations(run):
    words = f"--schedule cosine {KEPT} --iterations"
    run(f"{words} 5")
    assert one_line(
        run(f"{words} 9 --resume"), "its --iterations was 5, and this run's is 9; the shape of --schedule cos"
    )
    assert run(f"{words} 5 --resume")[0] == 0


@pytest.mark.parametrize("mode", ["", "--eager", "--batch-size 100", "--eager --batch-size 100 --rng legacy"])
@pytest.mark.parametrize("optimizer", settings.OPTIMIZERS)
def test_a_run_with_two_breaks_ends_as_one_without(run, optimizer, mode):
    words = f"--optimizer {optimizer} {mode} --out"
    assert run(f"{words} whole --iterations 12 --checkpoint whole.npz")[0] == 0
    assert run(f"{words} pieces --iterations 4 {KEPT}")[0] == 0
    status, out, err = run(f"{words} pieces --iterations 7 {KEPT} --resume --every 2")
    assert (status, err) == (0, "")
    assert "continuing kept.npz after 4 iterations\n" in out
    assert run(f"{words} pieces --iterations 12 {KEPT} --resume")[0] == 0
    assert Path("whole/parameters.npz").read_bytes() == Path("pieces/parameters.npz").read_bytes()
    assert same(read_arrays("whole.npz"), read_arrays("kept.npz"))  # with the optimizer's state and the costs
    assert set(os.listdir()) == {"whole", "whole.npz", "pieces", "kept.npz"}


def test_a_checkpoint_is_saved_every_n_iterations_and_at_both_ends(run, monkeypatch):
    kept = []
    monkeypatch.setattr(checkpoint, "write_arrays", lambda path, arrays: kept.append(len(arrays["costs/all"])))
    run(f"--iterations 10 --every 4 {KEPT}")
    assert kept == [0, 4, 8, 10]


def test_resuming_a_finished_run_changes_nothing(run):
    run(f"--iterations 5 {KEPT}")
    before = Path("kept.npz").read_bytes()
    assert run(f"--iterations 5 {KEPT} --resume")[0] == 0
    assert read_arrays("kept.npz")["costs/all"].shape == (5,)
    assert Path("out/parameters.npz").exists()
    assert len(Path("kept.npz").read_bytes()) == len(before)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 needs signals")
@pytest.mark.parametrize("words", ["--optimizer adam --batch-size 64", "--optimizer momentum --eager"])
def test_a_run_killed_at_random_moments_ends_as_one_without_a_break(tmp_path, monkeypatch, words):
    words += f" --iterations 80 --every 1 {KEPT}"
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    without_pictures(monkeypatch, command)
    monkeypatch.chdir(whole)
    assert command.train(words.split(), prog="train_mlp.py", data=TUMOURS) == 0
    for _ in range(2):
        running = process(words + " --resume" * (killed / "kept.npz").exists(), killed)
        running.stdout.readline()
        time.sleep(random.uniform(0, 0.3))  # the assertions below hold for any moment
        running.kill()
        running.communicate()
    running = process(words + " --resume" * (killed / "kept.npz").exists(), killed)
    assert running.communicate(timeout=120)[1] == ""
    assert running.returncode == 0
    assert (whole / "out/model.npz").read_bytes() == (killed / "out/model.npz").read_bytes()
    assert same(read_arrays(whole / "kept.npz"), read_arrays(killed / "kept.npz"))
    assert sorted(os.listdir(killed)) == ["kept.npz", "out"]  # and nothing half-written


def test_one_command_line_starts_and_resumes(run):
    words = f"--iterations 3 --every 1 {KEPT} --resume"
    status, out, err = run(words)
    assert (status, err) == (0, "")
    assert out.startswith("there is no checkpoint kept.npz yet: starting a new run\n")
    assert "continuing kept.npz after 3 iterations\n" in run(words)[1]


def test_defaults_may_be_written_out_on_resuming(run):
    run(f"--optimizer adam --iterations 2 {KEPT}")
    words = f"--optimizer adam --learning-rate 3e-3 --weight-decay .03 --iterations 3 {KEPT} --resume"
    assert run(words)[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="other systems take away nothing that is open")
def test_only_files_that_a_kill_left_half_written_are_removed(run):
    run(f"--iterations 2 {KEPT}")
    stay = {"kept.npz.original.part", "kept.npz.abc.tinygraph.part", "other.npz.abcd1234.tinygraph.part", "kept.npz.b"}
    for name in ("kept.npz.abcd12_4.tinygraph.part", *stay):
        Path(name).touch()
    everything = set(os.listdir())
    for refused in (f"--iterations 1 {KEPT} --resume", f"--iterations 3 {KEPT}", f"--seed 3 {KEPT} --resume"):
        assert run(refused)[0] == 2
        assert set(os.listdir()) == everything
    with writing_in("."), replacing("kept.npz") as file:  # as another run on the same checkpoint does
        assert run(f"--iterations 3 {KEPT} --resume")[0] == 0
        assert len(set(os.listdir()) - stay) == 4
        file.write(Path("kept.npz").read_bytes())
    assert run(f"--iterations 3 {KEPT} --resume")[0] == 0
    assert set(os.listdir()) == {"kept.npz", "out", *stay}


@pytest.mark.skipif(os.name != "posix", reason="other systems take away nothing that is open")
def test_results_that_a_kill_left_half_written_are_removed(tmp_path, monkeypatch):
    without_pictures(monkeypatch, command)
    examples = Examples(np.array([[1.0, 2.0], [0.5, 3.0]]), np.array([[0.0, 1.0]]))
    columns, target = Columns((Column("a", "."), Column("b", "."))), Target("y", "two classes", (0, 1))
    parts = Parts(examples, None, None, columns, target, False, [])
    mlp = tg.MLP([2, 1], rng=0)
    run = training.Training(mlp, tg.optim.SGD(mlp, 0.1), None, parts, OPTIONS)
    cost = run.cost_of(*examples)
    for name in (".writing-abcd1234", ".writing-12345678", ".writing-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cost.png").touch()
    with writing_in(tmp_path):  # as another run does
        written = command.write_results(tmp_path, run, parts, cost)
    assert set(os.listdir(tmp_path)) == {".writing-abcd1234", ".writing-12345678", ".writing-mine", *written}
    command.write_results(tmp_path, run, parts, cost)
    assert set(os.listdir(tmp_path)) == {".writing-mine", *written}


@pytest.mark.skipif(os.name != "posix", reason="other systems take away nothing that is open")
def test_a_file_that_is_being_written_is_not_removed(tmp_path):
    path = tmp_path / "arrays.npz"

    def remove():
        remove_abandoned(path.parent, "arrays.npz.", UNFINISHED)
        return len(list(path.parent.iterdir()))

    with writing_in(path.parent), replacing(path) as file:
        file.write(b"1")
        assert remove() == 1
    assert path.read_bytes() == b"1"
    (path.parent / "arrays.npz.abcdefgh.tinygraph.part").touch()
    assert remove() == 1
    remove_abandoned(path.parent / "missing", "arrays.npz.")


# --- checkpoints that do not fit


@pytest.fixture(scope="module")
def after_3(tmp_path_factory):
    """The contents of a checkpoint after 3 iterations."""
    folder = tmp_path_factory.mktemp("after_3")
    words = f"--optimizer adam --layers 4 --iterations 3 --checkpoint {folder / 'kept.npz'} --out {folder / 'out'}"
    assert command.train(words.split(), prog="train_mlp.py", data=TUMOURS) == 0
    return (folder / "kept.npz").read_bytes()


@pytest.fixture
def kept(run, after_3):
    """This checkpoint in the folder of the test, and its contents."""
    Path("kept.npz").write_bytes(after_3)
    return read_arrays("kept.npz")


GO_ON = f"--optimizer adam --layers 4 --iterations 9 {KEPT} --resume"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--layers 5", "its --layers was [4], and this run's is [5]"),
        ("--optimizer sgd", "its --optimizer was adam, and this run's is sgd"),
        ("--learning-rate 0.5", "its --learning-rate was 0.003, and this run's is 0.5"),
        ("--weight-decay 0.5", "its --weight-decay was 0.03, and this run's is 0.5"),
        ("--batch-size 32", "its --batch-size was None, and this run's is 32"),
        ("--seed 3", "its --seed was 0, and this run's is 3"),
        ("--init xavier", "its --init was he, and this run's is xavier"),
        ("--rng legacy", "its --rng was default, and this run's is legacy"),
        ("--eager", "its --eager was False, and this run's is True"),
        ("--hidden tanh", "its --hidden was relu, and this run's is tanh"),
        ("--dropout 0.5", "its --dropout was 0.0, and this run's is 0.5"),
        ("--patience 5", "its --patience was None, and this run's is 5"),
        ("--class-weight 1 2", "its --class-weight was None, and this run's is [1.0, 2.0]"),
        ("--schedule step", "its --schedule was none, and this run's is step"),
        (f"--data {EXAMPLES / 'data' / 'digits.npz'}", "it was made with other examples"),
        ("--iterations 2", "kept.npz is at iteration 3, and --iterations is 2"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(run, kept, words, said):
    before = Path("kept.npz").read_bytes()
    assert one_line(run(f"{GO_ON} {words}"), said)
    assert Path("kept.npz").read_bytes() == before


def entry(name, value):
    def change(arrays):
        arrays[name] = value
        if value is None:
            del arrays[name]

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (entry("run/format", "1"), "its format was 1, and this run's is 4"),
        (entry("run/seed", None), "its --seed was missing, and this run's is 0"),
        (entry("parameters/W1", None), "there is no W1, which its layer_dims [30, 4, 1] ask for"),
        (entry("parameters/W1", np.zeros((4, 31))), "W1 has shape (4, 31), its layer_dims [30, 4, 1] ask for"),
        (entry("parameters/b2", np.zeros((1, 1), "float32")), "b2 takes float64, got float32"),
        (entry("optimizer/W1.m", np.zeros(3)), "W1.m is float64 (3,) in this state, but float64 (4, 30)"),
        (entry("optimizer/W1.steps", None), "W1.steps is missing in this state"),
        (entry("optimizer/b2.steps", np.int64(-1)), "b2.steps is at least 0"),
        (entry("optimizer/learning_rate", np.nan), "learning_rate is at least 0 and finite, got nan"),
        (entry("run/seed", "9" * 60_000), "its --seed was 9999"),
        (
            entry(f"optimizer/{'k' * 60_000}", np.ones(1)),
            "... is float64 (1,) in this state, but missing in this optim",
        ),
        (entry("optimizer/optimizer", "\x1b[2J" * 9000), "optimizer is [2J [2J "),
        (entry("costs/all", None), "has no row of costs"),
        (entry("costs/all", np.zeros((2, 2))), "has no row of costs"),
        (entry("costs/all", np.array(["a"])), "has no row of costs"),
        (entry("costs/validation", np.zeros(2)), "has 2 costs of validation after 3 iterations"),
        (entry("generator/state", None), "has no state of the generator"),
        (entry("generator/state", np.array('{"bit_generator": "MT19937"}')), "has no state of the generator"),
        (entry("best/W1", np.zeros(2)), "W1 has shape (2,), its layer_dims [30, 4, 1] ask for"),
    ],
)
def test_an_incomplete_checkpoint_is_refused_and_nothing_is_loaded(run, kept, change, said):
    change(kept)
    write_arrays("kept.npz", kept)
    before = Path("kept.npz").read_bytes()
    result = run(GO_ON)
    assert one_line(result, said)
    assert result[2][:-1].isprintable()
    assert len(result[2]) < 300
    assert Path("kept.npz").read_bytes() == before

    mlp = tg.MLP([30, 4, 1], rng=1)
    optimizer = tg.optim.Adam(mlp.parameters, 0.25)
    parameters, state = {name: p.data.copy() for name, p in mlp.parameters.items()}, optimizer.state_dict()
    examples = Examples(np.ones((30, 5)), np.ones((1, 5)))
    parts = Parts(examples, examples, None, None, None, False, [])
    run = training.Training(mlp, optimizer, np.random.default_rng(1), parts, OPTIONS)
    with pytest.raises(ValueError):
        checkpoint.resume(Path("kept.npz"), run, {"seed": "0", "format": "4"})
    assert all(np.array_equal(parameters[name], p.data) for name, p in mlp.parameters.items())
    assert all(np.array_equal(state[name], value) for name, value in optimizer.state_dict().items())


BATCHES = f"--layers 4 --batch-size 100 --iterations 7 {KEPT}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (entry("run/format", "3"), "its format was 3, and this run's is 4"),
        (entry("batches/epoch", None), "a state of batches consists of format, examples"),
        (entry("batches/batch", np.int64(6)), "batch is 6 in this state, but from 0 to 5 here"),
        (entry("batches/examples", np.int64(500)), "examples is 500 in this state, but 410 here"),
    ],
)
def test_a_checkpoint_with_batches_that_do_not_fit_is_refused(run, change, said):
    run(BATCHES)
    kept = read_arrays("kept.npz")
    change(kept)
    write_arrays("kept.npz", kept)
    before = Path("kept.npz").read_bytes()
    assert one_line(run(f"{BATCHES} --resume"), said)
    assert Path("kept.npz").read_bytes() == before


@pytest.mark.parametrize("damage", [lambda whole: whole[:-30], lambda whole: whole[:500] + b"?" + whole[501:]])
def test_a_damaged_checkpoint_is_refused_and_kept(run, kept, damage):
    damaged = damage(Path("kept.npz").read_bytes())
    Path("kept.npz").write_bytes(damaged)
    assert one_line(run(GO_ON), "kept.npz is not a sound .npz file")
    assert Path("kept.npz").read_bytes() == damaged


def test_an_existing_checkpoint_and_options_without_one_are_refused(run, kept):
    before = Path("kept.npz").read_bytes()
    assert one_line(run(f"--iterations 9 {KEPT}"), "kept.npz exists already: continue it with --resume, or delete it")
    assert Path("kept.npz").read_bytes() == before
    assert one_line(run("--resume"), "--every and --resume need --checkpoint FILE")
    assert one_line(run("--every 3"), "--every and --resume need --checkpoint FILE")


# --- a full disk


def failing(monkeypatch, call, number, after=0):
    """Make a system call fail, after some that succeed."""
    module, name = call.rsplit(".", 1)
    module, calls = importlib.import_module(module), []
    true = getattr(module, name, open)

    def fail(*args, **kwargs):
        calls.append(args)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        return true(*args, **kwargs)

    monkeypatch.setattr(module, name, fail, raising=False)


@pytest.mark.parametrize("call", ["os.fsync", "os.replace"])
def test_a_full_disk_ends_the_run_and_keeps_the_last_checkpoint(run, monkeypatch, call):
    failing(monkeypatch, call, errno.ENOSPC, after=2)
    result = run(f"--optimizer adam --layers 4 --iterations 9 --every 3 {KEPT}")
    assert one_line(result, f"kept.npz: {os.strerror(errno.ENOSPC)}")
    assert os.listdir() == ["kept.npz"]
    assert read_arrays("kept.npz")["costs/all"].shape == (3,)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such limit")
def test_a_real_limit_on_the_size_of_files_gets_one_line(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    running = process(f"--iterations 2000 --every 100 {KEPT}", tmp_path, limit)  # the costs outgrow the limit
    _, err = running.communicate(timeout=120)
    assert running.returncode == 2
    assert err == f"train_mlp.py: error: {tmp_path / 'kept.npz'}: {os.strerror(errno.EFBIG)}\n"
    assert os.listdir(tmp_path) == ["kept.npz"]
    assert len(read_arrays(tmp_path / "kept.npz")["costs/all"]) % 100 == 0


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_an_unwritable_path_is_an_error_before_the_training(run, monkeypatch, number):
    steps = []
    monkeypatch.setattr(training, "make_step", lambda *_: lambda X, Y: steps.append(0) or 0.5)
    failing(monkeypatch, "tinygraph.files.open", number)
    assert one_line(run(f"--iterations 9 {KEPT}"), f"kept.npz: {os.strerror(number)}")
    assert steps == []
    assert os.listdir() == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_gets_one_line(run, kept):
    before = Path("kept.npz").read_bytes()
    Path("out").chmod(0o700)
    Path.cwd().chmod(0o500)
    try:
        assert one_line(run(GO_ON), f"kept.npz: {os.strerror(errno.EACCES)}")
        assert Path("kept.npz").read_bytes() == before
    finally:
        Path.cwd().chmod(0o700)


@pytest.mark.parametrize("words", ["--checkpoint out/model.npz", "--out . --checkpoint graph.svg"])
def test_a_checkpoint_with_the_name_of_a_result_is_refused(run, words):
    assert one_line(run(words), "is where results are written: give --checkpoint another name")
    assert os.listdir() == []


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_circular_link_is_replaced(run):
    os.symlink("loop", "loop")
    assert run("--checkpoint loop --iterations 3")[0] == 0
    assert read_arrays("loop")["costs/all"].shape == (3,)


def test_a_batch_may_be_larger_than_any_number_of_examples(run):
    assert run(f"--iterations 2 --batch-size 1{'0' * 400}")[0] == 0


def test_a_missing_folder_gets_one_line(run):
    assert one_line(run("--iterations 3 --checkpoint missing/kept.npz"), "there is no folder ")
    assert os.listdir() == []


def test_a_checkpoint_that_is_deleted_during_the_run_is_written_anew(run, monkeypatch):
    true = checkpoint.write_arrays

    def write_and_take_away(path, arrays):
        Path(path).unlink(missing_ok=True)
        true(path, arrays)

    monkeypatch.setattr(checkpoint, "write_arrays", write_and_take_away)
    assert run(f"--iterations 9 --every 2 {KEPT}")[0] == 0
    assert read_arrays("kept.npz")["costs/all"].shape == (9,)
