"""The memory of a computation, as Python counts it, also without the garbage collector."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def allocated(work: Callable[[], Any]) -> tuple[Any, int, int]:
    """The result of work(), the bytes that it allocated and still holds, and their peak."""
    tracemalloc.start()
    try:
        result = work()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return result, held, peak


def growth(step: Callable[[], Any], warm_up: int, steps: int = 500) -> int:
    """The growth of memory, in bytes, over `steps` calls of step(), with the collector off.

    Python 3.10 allocates caches for a function at its 1,024th call: the warm-up has more calls. It
    is not traced, which makes each call slow, but for its end, which replaces what it has kept.
    """
    with without_gc():
        for _ in range(warm_up):
            step()
        tracemalloc.start()
        try:
            for _ in range(50):
                step()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(steps):
                step()
            return tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
