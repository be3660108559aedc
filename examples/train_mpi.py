"""Train a net on the digits of scikit-learn with many processes, a fifth held back.

    mpiexec -n 4 python -m mpi4py examples/train_mpi.py --checkpoint digits.npz
    mpiexec -n 2 python -m mpi4py examples/train_mpi.py --checkpoint digits.npz --resume --epochs 40

Rank 0 prints the cost and writes the checkpoint after each epoch. Any number of processes continues
it. It needs the extra `mpi`: pip install ".[mpi]" in a checkout.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.files import read_arrays, write_arrays
from tinygraph.train.options import Parser, said, whole

DATA = Path(__file__).resolve().parent / "data" / "digits.npz"


def parts(arrays: dict[str, Any], name: str) -> dict[str, Any]:
    """The entries of a checkpoint that belong to one of its parts."""
    return {key.removeprefix(f"{name}/"): x for key, x in arrays.items() if key.startswith(f"{name}/")}


def train(options: argparse.Namespace) -> None:
    reduce = tg.distributed.mpi()
    comm, rank, ranks = reduce.comm, reduce.rank, reduce.ranks
    with np.load(DATA) as file:
        X, Y = file["X"] / 16, file["digit"]
    order = np.random.default_rng(0).permutation(Y.size)
    held_back, trained = order[: Y.size // 5], order[Y.size // 5 :]

    mlp = tg.MLP([64, 32, 10], output="softmax", rng=0)
    optimizer = tg.optim.Adam(mlp.parameters, 0.003)
    step = tg.compile(mlp.cost, optimizer=optimizer, reduce=reduce)
    batches = tg.batches(X[:, trained], Y[trained], batch_size=options.batch_size, rng=0, rank=rank, ranks=ranks)
    everything: dict[str, Any] = {"net": mlp, "optimizer": optimizer, "batches": batches}
    if options.resume:
        arrays = comm.bcast(read_arrays(options.checkpoint) if rank == 0 else None)
        for name, x in everything.items():
            x.load_state_dict(parts(arrays, name))

    for epoch in range(batches.state_dict()["epoch"], options.epochs):
        costs = [float(step(x, y)) for x, y in batches]  # each that of all ranks
        if rank == 0:
            print(f"epoch {epoch + 1}: mean cost {np.mean(costs):.6f}", flush=True)
            if options.checkpoint:
                states = {f"{name}/{key}": v for name, x in everything.items() for key, v in x.state_dict().items()}
                write_arrays(options.checkpoint, states)
    if rank == 0:
        right = np.mean(mlp.predict(X[:, held_back]) == Y[held_back])
        print(f"accuracy on the held-back fifth: {100 * right:.1f}%, with {ranks} processes")


def main(argv: list[str] | None = None) -> None:
    parser = Parser("train_mpi.py", description="Train a net on handwritten digits with many processes.")
    parser.add_argument("--epochs", type=whole(1), default=20, metavar="N", help="default: 20")
    parser.add_argument("--batch-size", type=whole(1), default=64, metavar="N", help="of all ranks; default: 64")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="an .npz file, written after each epoch")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint")
    options = parser.parse_args(argv)
    file = options.checkpoint
    if options.resume and not file:
        parser.error("--resume needs --checkpoint FILE")
    if file and not file.resolve().parent.is_dir():
        parser.error(f"there is no folder {file.parent} to write {file.name} in")
    if file and file.exists() and not options.resume:
        parser.error(f"{file} exists already: continue it with --resume, or delete it")
    try:
        train(options)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        parser.error(said(error))


if __name__ == "__main__":
    main()
