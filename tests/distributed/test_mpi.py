"""tg.distributed.mpi on processes: the same training on 1 to 4 ranks, and jobs that end when a rank does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.paths import EXAMPLES, TESTS
from helpers.processes import PATH

pytestmark = pytest.mark.extra
PROGRAM = str(TESTS / "helpers" / "mpi_program.py")
LIMIT = 60  # seconds for a run


def mpiexec(ranks: int, *argv: Any, runner: tuple[str, ...] = ("-m", "mpi4py")) -> Any:
    """Run `mpiexec -n ranks python -m mpi4py argv...`; its status, output, errors and seconds."""
    program = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert program is not None
    command = [program, "-n", str(ranks), sys.executable, *runner, *map(str, argv)]
    variables = {**os.environ, "PYTHONPATH": PATH, "OPENBLAS_NUM_THREADS": "1"}
    begin = time.monotonic()
    job = subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = job.communicate(timeout=LIMIT)
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
            job.communicate()
    return job.returncode, out, err, time.monotonic() - begin


@pytest.fixture(scope="module")
def trained(tmp_path_factory: Any) -> Any:
    """The folder of a run on so many ranks, once for each number of them."""
    folders: dict[int, Path] = {}

    def run(ranks: int) -> Path:
        if ranks not in folders:
            folder = tmp_path_factory.mktemp("mpi")
            status, _, err, _ = mpiexec(ranks, PROGRAM, folder)
            assert status == 0, err
            folders[ranks] = folder
        return folders[ranks]

    return run


def results(folder: Path, optimizer: str, ranks: int) -> list[dict[str, Any]]:
    """The parameters and the costs of each rank."""
    every = []
    for rank in range(ranks):
        with np.load(folder / f"{optimizer}-{ranks}-{rank}.npz") as arrays:
            every.append(dict(arrays))
    return every


def check_equal(found: list[dict[str, Any]], expected: dict[str, Any], optimizer: str) -> None:
    """All ranks have the same bits, which agree with one process's."""
    tolerance = 1e-9 if optimizer == "Adam" else 1e-12
    for arrays in found:
        for name, x in arrays.items():
            assert x.tobytes() == found[0][name].tobytes()
            wanted = expected[name][-len(x) :] if name == "costs" else expected[name]
            assert np.linalg.norm(x - wanted) <= tolerance * np.linalg.norm(wanted), name


@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_many_ranks_train_as_one(trained: Any, ranks: int, optimizer: str) -> None:
    (expected,) = results(trained(1), optimizer, 1)
    assert len(expected["costs"]) == 20
    check_equal(results(trained(ranks), optimizer, ranks), expected, optimizer)


def test_2_ranks_are_resumed_by_3(trained: Any, tmp_path: Path) -> None:
    for file in trained(2).glob("*-after-10.npz"):
        shutil.copy(file, tmp_path)
    status, _, err, _ = mpiexec(3, PROGRAM, tmp_path)
    assert status == 0, err
    for optimizer in ("SGD", "momentum", "Adam"):
        found = results(tmp_path, optimizer, 3)
        assert len(found[0]["costs"]) == 10
        check_equal(found, *results(trained(1), optimizer, 1), optimizer)


@pytest.mark.parametrize("runner", [("-mmpi4py",), ("-m", "mpi4py.run")])
def test_the_other_ways_to_start_mpi4py(trained: Any, tmp_path: Path, runner: tuple[str, ...]) -> None:
    for file in trained(2).glob("*-after-10.npz"):
        shutil.copy(file, tmp_path)
    status, _, err, _ = mpiexec(2, PROGRAM, tmp_path, runner=runner)
    assert status == 0, err


@pytest.mark.parametrize(
    ("what", "said"), [("raise", "ValueError: a shard of rank 1 is damaged"), ("kill", "KILLED|signal 9")]
)
def test_a_rank_that_fails_ends_the_job(tmp_path: Path, what: str, said: str) -> None:
    status, out, err, seconds = mpiexec(3, PROGRAM, tmp_path, what)
    assert status != 0
    assert seconds < 30  # with the start of Python
    assert re.search(said, out + err), out + err
    assert not list(tmp_path.glob("*.npz"))


def test_plain_python_is_refused_before_the_ranks_wait_for_each_other(tmp_path: Path) -> None:
    status, _, err, _ = mpiexec(2, PROGRAM, tmp_path, runner=())
    assert status != 0
    assert f"write mpiexec -n 2 python -m mpi4py {PROGRAM} {tmp_path}" in err


def test_the_example_is_resumed_by_another_number_of_ranks(tmp_path: Path) -> None:
    example, file = EXAMPLES / "train_mpi.py", tmp_path / "digits.npz"
    status, out, err, _ = mpiexec(2, example, "--epochs", 3, "--checkpoint", file)
    assert (status, err) == (0, "")
    status, more, err, _ = mpiexec(3, example, "--epochs", 5, "--checkpoint", file, "--resume")
    assert (status, err) == (0, "")
    lines = [*out.splitlines()[:-1], *more.splitlines()]
    assert [line.split(":")[0] for line in lines[:-1]] == [f"epoch {k}" for k in range(1, 6)]
    whole = re.search(r"held-back fifth: ([\d.]+)%, with 3 processes", lines[-1])
    assert whole is not None
    assert float(whole[1]) > 90
    status, alone, _, _ = mpiexec(1, example, "--epochs", 5)
    assert status == 0
    assert alone.splitlines()[:-1] == lines[:-1]  # to six digits


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("none.npz", ["--resume"], r"\S*none.npz: No such file or directory"),
        ("there.npz", [], r"\S*there.npz exists already: continue it with --resume, or delete it"),
        ("folder/x.npz", [], r"there is no folder \S*folder to write x.npz in"),
    ],
)
def test_the_example_says_what_is_wrong_in_a_line(tmp_path: Path, name: str, options: list[str], said: str) -> None:
    (tmp_path / "there.npz").write_text("")
    status, out, err, _ = mpiexec(2, EXAMPLES / "train_mpi.py", "--checkpoint", tmp_path / name, *options)
    assert status != 0
    assert re.search(f"train_mpi.py: error: {said}", out + err)
