"""A program for the tests of MPI: `mpiexec -n 2 python -m mpi4py mpi_program.py FOLDER [what]`.

It trains a net by each of three optimizers for 20 steps, and writes what each rank got; from a
folder with checkpoints, it goes on. what: "raise" or "kill", which rank 1 does in the third step.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from helpers.training import OPTIMIZERS, data

STEPS, M = 20, 203


def checkpoint(folder: Path, optimizer: str) -> Path:
    return folder / f"{optimizer}-after-10.npz"


def train(reduce: Any, optimizer: str, folder: Path, what: str) -> None:
    mlp = tg.MLP([3, 6, 5, 1], rng=0 if reduce.rank == 0 else None)
    of_mlp = OPTIMIZERS[optimizer](mlp)
    step = tg.compile(mlp.cost, optimizer=of_mlp, reduce=reduce)
    # a last batch of an epoch has 2 examples: of 3 or 4 ranks, some have none
    batches = tg.batches(*data(M), batch_size=67, rng=0, epochs=5, rank=reduce.rank, ranks=reduce.ranks)
    file = checkpoint(folder, optimizer)
    if file.exists():
        with np.load(file) as arrays:
            batches.load_state_dict({key: arrays[key] for key in batches.state_dict()})
            if reduce.rank == 0:  # the others get it at the start
                mlp.load_state_dict({key: arrays[key] for key in mlp.state_dict()})
                of_mlp.load_state_dict({key: arrays[f"optimizer {key}"] for key in of_mlp.state_dict()})
    is_first, costs = not file.exists(), []
    for x, y in batches:
        if reduce.rank == 1 and len(costs) == 2 and what == "raise":
            raise ValueError("a shard of rank 1 is damaged")
        if reduce.rank == 1 and len(costs) == 2 and what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        costs.append(float(step(x, y)))
        if len(costs) == STEPS // 2 and is_first and reduce.rank == 0:
            of_optimizer = {f"optimizer {key}": x for key, x in of_mlp.state_dict().items()}
            np.savez(file, **mlp.state_dict(), **of_optimizer, **batches.state_dict())
    np.savez(folder / f"{optimizer}-{reduce.ranks}-{reduce.rank}.npz", costs=costs, **mlp.state_dict())


if __name__ == "__main__":
    to, *rest = sys.argv[1:]
    for name in ("SGD", "momentum", "Adam"):
        train(tg.distributed.mpi(), name, Path(to), rest[0] if rest else "")
