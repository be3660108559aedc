"""All contestants take turns in one process, in random order: medians of ratios."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

Run = Callable[[int], Any]  # does the given number of steps or epochs, and returns their results


def check_costs(what: str, runs: Mapping[str, Run], within: float) -> None:
    """Check three results against the first's; the last two depend on all gradients."""
    first, *others = runs
    wanted = [float(cost) for cost in runs[first](3)]
    for key in others:
        got = [float(cost) for cost in runs[key](3)]
        if not np.allclose(got, wanted, rtol=within, atol=0):
            sys.exit(f"{key} does not compute the costs of {first} on {what}: costs {got}, the {first}'s {wanted}")


def seconds(run: Run, repeats: int, warm: bool = True) -> float:
    """Of one step or epoch, on average."""
    if warm:
        run(1)  # brings this contestant's arrays back into the cache
    start = perf_counter()
    run(repeats)
    return (perf_counter() - start) / repeats


def race(runs: Mapping[str, Run], rounds: int, at_least: float) -> tuple[float, dict[str, float]]:
    """The seconds of the first one, and the time of each as a ratio to the first one's.

    at_least: the seconds that each runs in a round.
    """
    once = {key: min(seconds(run, 1, warm=False) for _ in range(2)) for key, run in runs.items()}  # the first compiles
    repeats = {key: max(1, int(at_least / once[key])) for key in runs}
    times: dict[str, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key in random.sample(list(runs), len(runs)):
            # what takes this long leaves nothing in the cache
            times[key].append(seconds(runs[key], repeats[key], warm=once[key] < 0.1))
    baseline = next(iter(times.values()))
    return median(baseline), {
        key: median(t / t0 for t, t0 in zip(taken, baseline, strict=True)) for key, taken in times.items()
    }
