"""Work in many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tinygraph.modes import current

OUTSIDE = (True, None, None, None)  # the mode outside of all blocks
THREADS = 8


def at_once(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """[work(0), work(1), ...], each in its own thread; they begin together."""
    start, results, errors = threading.Barrier(count), [None] * count, []

    def run(k: int) -> None:
        try:
            start.wait(30)
            results[k] = work(k)
            assert current.get() == OUTSIDE
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,), daemon=True) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    if errors:
        raise errors[0]
    return results
