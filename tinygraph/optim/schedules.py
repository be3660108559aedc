"""Schedules: functions that give the learning rate of step 0, 1, 2, ...

Assign the rate before each step, eager or compiled: `optimizer.learning_rate = schedule(k)`. A
compiled step is not traced anew for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from ..options import number, whole

Schedule: TypeAlias = Callable[[int], float]


class _Schedule(partial[float]):
    """A rule of the step with its settings. The rule is a function of this module, for pickle."""

    def __call__(self, k: int) -> float:
        return super().__call__(whole("the step of a schedule", k, least=0))


def step(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """The rate, multiplied by `factor` after each `every` steps.

    Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> schedule = tg.optim.schedules.step(0.8, every=2, factor=0.5)
    >>> [schedule(k) for k in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """
    rate, every, factor = number("rate", rate), whole("every", every), number("factor", factor)
    return _Schedule(_step, rate=rate, every=every, factor=factor)


def _step(k: int, rate: float, every: int, factor: float) -> float:
    return rate * factor ** (k // every)


def exponential(rate: float, factor: float) -> Schedule:
    """The rate, multiplied by `factor` after each step.

    Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> schedule = tg.optim.schedules.exponential(0.8, factor=0.5)
    >>> [schedule(k) for k in range(3)]
    [0.8, 0.4, 0.2]
    """
    return step(rate, 1, factor)


def cosine(rate: float, steps: int, lowest: float = 0.0) -> Schedule:
    """Half a cosine from `rate` at step 0 down to `lowest` at step `steps` and afterwards.

    This is equation (5) of Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with
    warm restarts", without restarts. Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> schedule = tg.optim.schedules.cosine(0.8, steps=4)
    >>> [round(schedule(k), 6) for k in range(6)]
    [0.8, 0.682843, 0.4, 0.117157, 0.0, 0.0]
    """
    rate, steps, lowest = number("rate", rate), whole("steps", steps), number("lowest", lowest)
    if lowest > rate:
        raise ValueError(f"lowest is at most the rate of {rate!r}, got {lowest!r}")
    return _Schedule(_cosine, rate=rate, steps=steps, lowest=lowest)


def _cosine(k: int, rate: float, steps: int, lowest: float) -> float:
    return lowest + (rate - lowest) * (1 + math.cos(math.pi * min(k / steps, 1))) / 2


def warm_up(steps: int, schedule: Schedule | float) -> Schedule:
    """A straight line up to the first rate of `schedule` in `steps` steps, then the schedule.

    The line begins with this rate / steps. The schedule then begins with its own step 0. A number
    stands for a constant rate. Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> schedule = tg.optim.schedules.warm_up(4, tg.optim.schedules.exponential(0.8, 0.5))
    >>> [round(schedule(k), 6) for k in range(7)]
    [0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.2]
    """
    after = schedule if callable(schedule) else exponential(schedule, 1)
    return _Schedule(_warm_up, steps=whole("steps", steps), after=after)


def _warm_up(k: int, steps: int, after: Schedule) -> float:
    return after(0) * (k + 1) / steps if k < steps else after(k - steps)


def decay(rate: float, decay_rate: float, every: int = 1) -> Schedule:
    """The course's decay: rate / (1 + decay_rate * epoch), with an epoch of `every` steps.

    Raises ValueError for a number out of its range.

    >>> import tinygraph as tg
    >>> schedule = tg.optim.schedules.decay(1, decay_rate=0.25, every=2)
    >>> [schedule(k) for k in range(5)]
    [1.0, 1.0, 0.8, 0.8, 0.6666666666666666]
    """
    rate, decay_rate, every = number("rate", rate), number("decay_rate", decay_rate), whole("every", every)
    return _Schedule(_decay, rate=rate, decay_rate=decay_rate, every=every)


def _decay(k: int, rate: float, decay_rate: float, every: int) -> float:
    return rate / (1 + decay_rate * (k // every))
