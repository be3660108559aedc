"""Training: the loop over iterations, with validation, patience, a schedule and checkpoints."""

from __future__ import annotations

import copy
import json
import math
import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..compiler.compile import compile as compiled
from ..files import read_arrays, short, write_arrays
from ..modes import no_grad
from ..nn.batches import batches
from ..nn.layers import evaluating
from ..nn.mlp import MLP
from ..optim.schedules import cosine, exponential, step, warm_up
from ..tensor import Tensor
from .parts import Parts
from .unfinished import writing_in

SCHEDULES: dict[str, Callable[[float, int], Any]] = {  # of the rate and the number of iterations
    "none": lambda rate, n: exponential(rate, 1),
    "step": lambda rate, n: step(rate, max(1, n // 3)),
    "exponential": lambda rate, n: exponential(rate, 0.01 ** (1 / n)),
    "cosine": cosine,
    "warm-up": lambda rate, n: warm_up(max(1, n // 10), cosine(rate, n - n // 10)),
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
            raise ValueError("--patience takes examples to validate, and there are none")
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
                    bar.set_postfix_str(self.progress(), refresh=False)
                ended = stopped() or self.is_over()
                if ended or k + 1 == last or (k + 1) % (options.every or 100) == 0:
                    save()
                if ended:
                    break

    def iterate(self, k: int, X: Array, Y: Array) -> None:
        """Update the parameters once; at the end of an epoch, validate."""
        self.optimizer.learning_rate = self.schedule(k)
        self.costs.append(self.step(X, Y))
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

    def progress(self) -> str:
        validation = f", validation {self.validation[-1]:.4f}" if self.validation else ""
        return f"cost {self.costs[-1]:.4f}{validation}"

    def log(self) -> list[dict[str, Any]]:
        """A row for each whole epoch."""
        rows = []
        for epoch in range(1, len(self.costs) // self.per_epoch + 1):
            k = epoch * self.per_epoch
            row = {"epoch": epoch, "iteration": k, "learning_rate": self.schedule(k - 1)}
            row["cost"] = float(np.mean(self.costs[k - self.per_epoch : k]))
            rows.append(row | ({"validation_cost": self.validation[epoch - 1]} if self.validation else {}))
        return rows


def make_step(cost_of: Callable[[Any, Any], Tensor], optimizer: Any, eager: bool = False) -> Any:
    """A function for one iteration: forward, backward, update; gives the cost before the update."""

    def step(X: Array, Y: Array) -> float:
        cost = cost_of(X, Y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return float(cost)

    fast = compiled(cost_of, optimizer=optimizer)
    return step if eager else lambda X, Y: float(fast(X, Y))


def check_finite(cost: float, iterations: int) -> None:
    if not math.isfinite(cost):
        raise ValueError(f"the cost is {cost} after {iterations} iterations: a smaller --learning-rate may help")


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


# --- the checkpoint


def save(path: Path, training: Training, kept: dict[str, str]) -> None:
    """Write the training state. kept: what must be the same when it is resumed."""
    parts: dict[str, Any] = {"run": kept, "parameters": training.mlp.state_dict(), "best": training.best}
    parts["optimizer"] = training.optimizer.state_dict()
    parts["batches"] = training.batches.state_dict() if training.batches else {}
    parts["costs"] = {"all": np.array(training.costs), "validation": np.array(training.validation)}
    parts["generator"] = {"state": np.array(state_of(training.rng))}
    with writing_in(path.resolve().parent):
        write_arrays(path, {f"{part}/{name}": value for part in parts for name, value in parts[part].items()})


def resume(path: Path, training: Training, kept: dict[str, str]) -> None:
    """Load a checkpoint.

    Raises ValueError if it does not fit; then the net and its optimizer stay as they were.
    """
    names = ("run", "parameters", "best", "optimizer", "batches", "costs", "generator")
    parts: dict[str, dict[str, Array]] = {part: {} for part in names}
    for entry, value in read_arrays(path).items():
        part, _, name = entry.partition("/")
        parts.setdefault(part, {})[name] = value
    for name, here in kept.items():
        there = str(parts["run"].get(name, "missing"))
        if there != here:
            why = f"its {name.replace('_', '-')} is {short(there)}, not {short(here)}"
            why = "it was made with other examples" if name == "data" and there != "missing" else why
            raise ValueError(f"{path} does not fit this run: {why}")
    own = training.mlp.state_dict()
    for state in ("parameters", *["best"] * bool(parts["best"])):
        for name, p in own.items():
            found = parts[state].get(name)
            if found is None or (found.shape, found.dtype) != (p.shape, p.dtype):
                raise ValueError(f"{path} has no parameter {name} of {p.dtype} {p.shape}")
    costs = _costs(path, parts, "all")
    validation = _costs(path, parts, "validation")
    if len(validation) != (len(costs) // training.per_epoch if training.held_back else 0):
        raise ValueError(f"{path} has {len(validation)} costs of validation after {len(costs)} iterations")
    if validation and training.options.patience and not parts["best"]:
        raise ValueError(f"{path} has no best parameters")
    drawn = str(parts["generator"].get("state", ""))
    try:
        set_state(copy.deepcopy(training.rng), drawn)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f"{path} has no state of the generator") from error
    if training.batches:
        training.batches.load_state_dict(parts["batches"])
    training.optimizer.load_state_dict(parts["optimizer"])
    training.mlp.load_state_dict({name: parts["parameters"][name] for name in own})
    set_state(training.rng, drawn)
    training.costs, training.validation, training.best = costs, validation, parts["best"]
    training.best_epoch = int(np.argmin(validation)) + 1 if validation else 0


def _costs(path: Path, parts: dict[str, dict[str, Array]], name: str) -> list[float]:
    costs = parts["costs"].get(name)
    if costs is None or costs.ndim != 1 or costs.dtype != np.float64:
        raise ValueError(f"{path} has no row of costs")
    return [float(cost) for cost in costs]


def state_of(rng: Any) -> str:
    """The state of a Generator or RandomState, as text."""
    state = rng.get_state(legacy=False) if isinstance(rng, np.random.RandomState) else rng.bit_generator.state
    return json.dumps(state, default=np.ndarray.tolist)


def set_state(rng: Any, text: str) -> None:
    if isinstance(rng, np.random.RandomState):
        rng.set_state(json.loads(text))
    else:
        rng.bit_generator.state = json.loads(text)
