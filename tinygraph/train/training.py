"""Training: the loop over iterations, with validation, patience, a schedule and checkpoints."""

from __future__ import annotations

import math
import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import numpy as np

from ..arrays import Array
from ..compiler.compile import compile as compiled
from ..modes import no_grad
from ..nn.batches import batches
from ..nn.layers import evaluating
from ..nn.mlp import MLP
from ..optim import schedules
from ..tensor import Tensor
from .parts import Parts

SCHEDULES: dict[str, Callable[[float, int], Any]] = {  # of the rate and the number of iterations
    "none": lambda rate, n: schedules.exponential(rate, 1),
    "step": lambda rate, n: schedules.step(rate, max(1, n // 3)),
    "exponential": lambda rate, n: schedules.exponential(rate, 0.01 ** (1 / n)),
    "cosine": schedules.cosine,
    "warm-up": lambda rate, n: schedules.warm_up(max(1, n // 10), schedules.cosine(rate, n - n // 10)),
}


class Training:
    """A net in training, with all that its next iterations depend on.

    rng: the generator of the net. options: those of the command. costs: those of all iterations so
    far. validation: the cost of the validation part after each epoch. best_epoch: the epoch, from
    1, with the lowest of these. best: the net's arrays after it, if there is patience.
    """

    def __init__(
        self, mlp: MLP, optimizer: Any, rng: Any, parts: Parts, options: Namespace, class_weight: Any = None
    ) -> None:
        if options.patience and not parts.validation:
            raise ValueError("--patience needs examples to validate, and there are none")
        self.mlp, self.optimizer, self.rng, self.options, self.class_weight = mlp, optimizer, rng, options, class_weight
        self.examples, self.held_back = parts.train, parts.validation
        m, size, last = self.examples.m, options.batch_size, options.iterations
        self.batches = size and batches(*self.examples, batch_size=size, rng=options.seed, epochs=last)
        self.per_epoch = -(-m // min(size or m, m))
        self.schedule = SCHEDULES[options.schedule](optimizer.learning_rate, last)
        self.step = make_step(self.cost_of, optimizer, options.eager)
        self.costs: list[float] = []
        self.validation: list[float] = []
        self.best_epoch = 0
        self.best: dict[str, Array] = {}

    def cost_of(self, X: Any, Y: Any) -> Tensor:
        return self.mlp.cost(X, Y, **({} if self.class_weight is None else {"class_weight": self.class_weight}))

    def run(self, save: Callable[[], None] = lambda: None) -> None:
        """Run the iterations, or until patience ends or Ctrl-C; a terminal shows their progress.

        save: called when a checkpoint is due.
        """
        from tqdm import tqdm

        options, start = self.options, len(self.costs)
        last = start if self.is_over() else options.iterations
        save()  # before the work, to find out now if the file cannot be written
        bar = tqdm(range(start, last), "training", last, unit="it", dynamic_ncols=True, disable=None, initial=start)
        with bar, stop_on_ctrl_c() as stopped:
            for k, batch in zip(bar, self.batches or repeat(self.examples), strict=False):
                self.iterate(k, *batch)
                if options.print_every and k % options.print_every == 0:
                    bar.write(f"Cost after iteration {k}: {self.costs[-1]}")
                if not bar.disable and k % 10 == 0:
                    validated = {"validation": self.validation[-1]} if self.validation else {}
                    bar.set_postfix(cost=self.costs[-1], **validated, refresh=False)
                ended = stopped() or self.is_over()
                if ended or k + 1 == last or (k + 1) % (options.every or 100) == 0:
                    save()
                if ended:
                    break

    def iterate(self, k: int, X: Array, Y: Array) -> None:
        """Update the parameters once; at the end of an epoch, validate."""
        self.optimizer.learning_rate = self.schedule(k)
        self.costs.append(float(self.step(X, Y)))
        check_finite(self.costs[-1], k)
        if self.held_back is None or (k + 1) % self.per_epoch:
            return
        with no_grad(), evaluating():
            self.validation.append(float(self.cost_of(*self.held_back)))
        check_finite(self.validation[-1], k + 1)
        if not self.best_epoch or self.validation[-1] < self.validation[self.best_epoch - 1]:
            self.best_epoch = len(self.validation)
            self.best = self.mlp.state_dict() if self.options.patience else {}

    def is_over(self) -> bool:
        """Whether the validation did not get better for `patience` epochs."""
        return len(self.validation) - self.best_epoch >= (self.options.patience or math.inf)

    def is_cut(self) -> bool:
        """Whether Ctrl-C ended it."""
        return len(self.costs) < self.options.iterations and not self.is_over()

    def ended(self) -> Iterator[str]:
        """Load the best parameters, if there is patience; lines on how the training ended."""
        epochs, patience, best = len(self.validation), self.options.patience, self.best_epoch
        if self.is_cut():
            done, asked = len(self.costs), self.options.iterations
            yield f"stopped by Ctrl-C after {done} of {asked} iterations; writing what was learnt"
        elif self.is_over():
            yield f"ended after epoch {epochs}: the validation cost was not lower for {patience} epochs"
        if self.best:
            self.mlp.load_state_dict(self.best)
            yield f"the parameters are those after epoch {best}, with the lowest validation cost"
        elif best:
            low, last, part = self.validation[best - 1], self.validation[-1], 0.1 if 2 * best < epochs else 1
            if last > (1 + 0.2 * part) * low + 0.01 * part:  # less will do if the best epoch is long ago
                rose = f"rose from {low:.4g} after epoch {best} of {epochs} to {last:.4g}"
                yield f"the validation cost {rose}: --patience 20 would keep the best parameters"

    def log(self) -> Iterator[list[Any]]:
        """A row for each whole epoch, below a header."""
        names = ["epoch", "iteration", "learning_rate", "cost", "validation_cost"]
        yield names if self.held_back else names[:-1]
        for epoch, cost in enumerate(self.epoch_costs()[: len(self.costs) // self.per_epoch], 1):
            k = epoch * self.per_epoch
            yield [epoch, k, self.schedule(k - 1), cost, *self.validation[epoch - 1 : epoch]]

    def epoch_costs(self) -> list[float]:
        """The mean cost of each epoch; the last may be cut."""
        return [float(np.mean(self.costs[k : k + self.per_epoch])) for k in range(0, len(self.costs), self.per_epoch)]


def make_step(cost_of: Callable[[Any, Any], Tensor], optimizer: Any, eager: bool = False) -> Callable[..., Any]:
    """A function for one iteration: forward, backward, update; gives the cost before the update."""

    def step(X: Array, Y: Array) -> Tensor:
        cost = cost_of(X, Y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    return step if eager else compiled(cost_of, optimizer=optimizer)


def check_finite(cost: float, iterations: int) -> None:
    if not math.isfinite(cost):
        raise ValueError(
            f"the cost is {cost} after {iterations} iterations: lower --learning-rate, for instance to a tenth"
        )


@contextmanager
def stop_on_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Inside, a first Ctrl-C only sets a flag, so that the iteration ends; a second interrupts."""
    asked = []

    def ask(*_: Any) -> None:
        asked.append(True)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
