"""Ranks as threads of this process, with an mpi4py that needs no MPI."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from functools import reduce
from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np

from helpers.threads import at_once
from tinygraph.modes import tracing

IN_PLACE = object()


class Intracomm:
    """One rank's end of a communicator. `calls` counts how often the rank communicated."""

    def __init__(self, rank: int, slots: list[Any], barrier: Barrier) -> None:
        self._rank, self._slots, self._barrier = rank, slots, barrier
        self.calls = 0

    def Get_rank(self) -> int:
        return self._rank

    def Get_size(self) -> int:
        return len(self._slots)

    def bcast(self, x: Any, root: int = 0) -> Any:
        return pickle.loads(self._everyone(pickle.dumps(x))[root])

    def allgather(self, x: Any) -> Any:
        return self._everyone(x)

    def Allreduce(self, place: Any, vector: Any) -> None:
        parts = self._everyone(vector.copy())
        assert place is IN_PLACE
        assert {(x.dtype, x.shape) for x in parts} == {(vector.dtype, vector.shape)}
        assert vector.dtype != np.float16
        vector[...] = reduce(np.add, parts)

    def _everyone(self, x: Any) -> list[Any]:
        """What the ranks give, in their order."""
        assert not tracing()
        self.calls += 1
        self._slots[self._rank] = x
        self._barrier.wait(20)
        every = [*self._slots]
        self._barrier.wait(20)
        return every


def pretend(monkeypatch: Any) -> None:
    """Let `from mpi4py import MPI` give one rank, and let this program run as `python -m mpi4py`."""
    module: Any = types.ModuleType("mpi4py")
    MPI = types.SimpleNamespace(Intracomm=Intracomm, IN_PLACE=IN_PLACE, COMM_WORLD=world(1)[0])
    MPI.Get_library_version = lambda: "MPICH Version: 5.0.2\nbuilt for tests"
    module.MPI = MPI
    monkeypatch.setitem(sys.modules, "mpi4py", module)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "mpi4py", "train.py"])


def world(ranks: int) -> list[Intracomm]:
    slots, barrier = [None] * ranks, Barrier(ranks)
    return [Intracomm(rank, slots, barrier) for rank in range(ranks)]


def on_ranks(ranks: int, work: Callable[[Any], Any]) -> list[Any]:
    """[work(comm) of rank 0, of rank 1, ...]; the first error of a rank, if one raises."""
    comms = world(ranks)
    errors: list[BaseException] = []

    def of_rank(k: int) -> Any:
        try:
            return work(comms[k])
        except BrokenBarrierError:
            return None  # another rank has raised
        except BaseException as error:
            errors.append(error)
            comms[k]._barrier.abort()
            return None

    results = at_once(of_rank, ranks)
    if errors:
        raise errors[0]
    return results
