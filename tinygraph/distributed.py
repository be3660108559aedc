"""Training on many processes: a `reduce` for tg.compile that adds up gradients with MPI.

It needs the extra `mpi`. docs/distributed.md shows how to run it.
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable
from numbers import Real
from typing import Any, Literal, TypeAlias
from zlib import crc32

import numpy as np

from .arrays import Array
from .compiler.signature import array_of, is_array
from .frames import warn
from .transforms.tree import leaves

__all__ = ["mpi"]
# where the mpiexec of MPICH and of Open MPI, and srun, say how many processes they start
LAUNCHED = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
Examples: TypeAlias = Literal["columns", "rows"] | Callable[..., Any] | None


class mpi:  # noqa: N801 (a program reads it as a function)
    """Add up gradients over all processes: `tg.compile(cost, optimizer=..., reduce=mpi())`.

    Each process, a rank, calls the step on its own part of a batch. The step is that of the whole
    batch: gradients and costs of the ranks are averaged, weighted by their numbers of examples. A
    rank may have no example. Before the first step, all ranks take parameters, running statistics
    and the optimizer's state from rank 0, so that only rank 0 need load them.

    comm: a communicator of mpi4py; by default all processes. examples: the axis of the step's first
    array that counts its examples, "columns" for the last or "rows" for the first; or a function of
    the step's arguments that gives the weight, which a cost with sample_weight or class_weight
    needs, as lambda X, Y, w: w.sum(); or None for a cost that is a sum over the examples: then
    gradients and costs are added without weights.

    Its attributes are `comm`, `rank` and `ranks`. Raises ImportError if mpi4py or its MPI is
    missing. Raises RuntimeError if several processes run without `python -m mpi4py`, because an
    error on one rank would leave the others waiting for ever, and if each of them is alone, because
    mpiexec is another MPI's. Warns if all ranks get the same first batch.

    >>> import tinygraph as tg
    >>> tg.distributed.mpi(examples="last")
    Traceback (most recent call last):
    ValueError: mpi(examples=...) takes 'columns', 'rows', a function or None, got 'last'
    """

    def __init__(self, comm: Any = None, *, examples: Examples = "columns") -> None:
        if not (callable(examples) or examples is None or examples in ("columns", "rows")):
            raise ValueError(f"mpi(examples=...) takes 'columns', 'rows', a function or None, got {examples!r}")
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:  # a RuntimeError if there is no MPI
            needed = 'tg.distributed.mpi needs mpi4py and an MPI: pip install ".[mpi]"'
            raise ImportError(f"{needed} ({error})") from error
        comm = MPI.COMM_WORLD if comm is None else comm
        if not isinstance(comm, MPI.Intracomm) or not comm:
            raise TypeError(f"tg.distributed.mpi takes a communicator of mpi4py, such as MPI.COMM_WORLD, got {comm!r}")
        self.comm, self.rank, self.ranks = comm, comm.Get_rank(), comm.Get_size()
        started = max(int(os.environ.get(name) or 1) for name in LAUNCHED)
        if MPI.COMM_WORLD.Get_size() == 1 < started:
            raise RuntimeError(
                f"{started} processes were started, and each sees itself alone: not by the launcher of mpi4py's "
                f"MPI, which is {MPI.Get_library_version().splitlines()[0]}; see docs/distributed.md, Launchers"
            )
        if self.ranks > 1 and not re.search(r" -m ?mpi4py(\.run)?( |$)", " ".join(sys.orig_argv)):
            raise RuntimeError(
                "under plain python, an error on one rank leaves the others waiting for ever; write "
                f"mpiexec -n {self.ranks} python -m mpi4py {' '.join(sys.argv)}"
            )
        self._examples, self._in_place = examples, MPI.IN_PLACE
        self._count = self._weight = 1.0
        self._sums = np.zeros(2)  # the costs, each times its count, and the counts
        self._first: int | None = None  # a checksum of the first step's arguments
        self._shape: tuple[int, ...] = ()  # of the array that counts its examples

    def start(self, arrays: list[Array]) -> None:
        """Give all ranks the values of rank 0."""
        given = self.comm.bcast(arrays, root=0)
        here, there = ([f"{x.dtype} {x.shape}" for x in every] for every in (arrays, given))
        if here != there:
            mine, others = (", ".join(x[:6]) + ", ..." * (len(x) > 6) for x in (here, there))
            what = f"rank {self.rank} has another net or optimizer than rank 0: its arrays are"
            raise ValueError(f"{what} {mine}, not {others}")
        for x, value in zip(arrays, given, strict=True):
            x[...] = value
        firsts, shapes = ({*every} for every in zip(*self.comm.allgather((self._first, self._shape)), strict=True))
        if self.ranks == 1 or self.rank:
            return
        if len(firsts) == 1 and self._count:
            part = "give each its part, as by tg.batches(..., rank=reduce.rank, ranks=reduce.ranks)"
            warn(f"all {self.ranks} ranks begin with the same examples: {part}")
        if self._examples == "columns" and len({shape[-1:] for shape in shapes}) == 1 < len(shapes):
            what = f"the ranks' first arrays have the shapes {', '.join(map(str, sorted(shapes)))}"
            warn(f"{what}, but as many columns; if rows are examples, write mpi(examples='rows')")

    def arguments(self, args: tuple[Any, ...]) -> None:
        """Count the examples of the coming step."""
        if self._first is None:
            self._first = 0
            for x in filter(is_array, leaves(args)):
                self._first = crc32(array_of(x).tobytes(), self._first)
        if callable(self._examples):
            count = self._examples(*args)
            if not isinstance(count, Real) or not 0 <= float(count) < math.inf:
                raise ValueError(f"mpi(examples=...) gives a number of at least 0, got {count!r}")
            self._count = float(count)
        elif self._examples is not None:
            shape = next((x.shape for x in leaves(args) if getattr(x, "shape", ())), None)
            if shape is None:
                raise TypeError(
                    "a step with reduce=mpi() has as many examples as its first array, and got no array; give their "
                    "number as mpi(examples=lambda ...: m), or examples=None if the cost is a sum"
                )
            self._shape = tuple(shape)
            self._count = float(shape[-1 if self._examples == "columns" else 0])

    def cost(self, value: Any) -> float:
        """The cost over all ranks."""
        cost = float(np.asarray(value).item())
        self._sums[:] = cost * self._count if self._count else 0, self._count
        self.comm.Allreduce(self._in_place, self._sums)
        total = 1.0 if self._examples is None else float(self._sums[1])
        self._weight = self._count / total if total else 0.0
        return float(self._sums[0] / total) if total else 0.0

    def __call__(self, vector: Array) -> None:
        """Add up a vector of gradients over all ranks, each with its weight."""
        # MPI has no float16
        wide = vector.astype(np.float32) if vector.itemsize < 4 else vector
        if self._weight == 0:
            wide[:] = 0  # also for nan
        elif self._weight != 1:
            wide *= self._weight
        self.comm.Allreduce(self._in_place, wide)
        if wide is not vector:
            vector[:] = wide
