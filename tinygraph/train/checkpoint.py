"""The checkpoint: the full state of a training run, in a file from which it is continued."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..files import UNFINISHED, check_apart, read_arrays, short, write_arrays
from .parts import Parts
from .training import Training

if sys.platform != "win32":
    import fcntl

FORMAT = 4
RESULTS = {"model.npz", "log.csv", "cost.png", "graph.svg", "graph.dot"}
FIXED = (  # options that change what is learnt; the first to differ is named
    *("batch_size", "layers", "hidden", "dropout", "optimizer", "init", "seed", "rng", "eager", "class_weight"),
    *("schedule", "patience", "learning_rate", "weight_decay"),
)


def check_place(options: argparse.Namespace) -> None:
    """Refuse to overwrite a table or a checkpoint, or print that --resume finds none yet."""
    for result in sorted(RESULTS):
        place = os.path.join(os.path.realpath(options.out), result)
        check_apart(place, options.data, options.test or "", to="another folder by --out")
    path = options.checkpoint
    if path is None:
        if options.every or options.resume:
            raise ValueError("--every and --resume need --checkpoint FILE")
        return
    if path.name in RESULTS and os.path.realpath(path.parent) == os.path.realpath(options.out):
        raise ValueError(f"{path} is where results are written: give --checkpoint another name")
    if path.exists() and not options.resume:
        raise ValueError(f"{path} exists already: continue it with --resume, or delete it")
    if options.resume and not path.exists():
        print(f"there is no checkpoint {path} yet: starting a new run")


def fixed(options: argparse.Namespace, parts: Parts) -> dict[str, str]:
    """The options and a hash of the data, which must be the same when a run is resumed."""
    arrays = [array for examples in (parts.train, parts.validation) for array in examples or ()]
    data = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]
    kept = {"format": FORMAT, **{name: getattr(options, name) for name in FIXED}, "data": data}
    if options.schedule != "none":  # the rates depend on it
        kept["iterations"] = options.iterations
    return {name: str(value) for name, value in kept.items()}


def save(path: Path, training: Training, kept: dict[str, str]) -> None:
    """Write the training state. kept: what must be the same when it is resumed."""
    parts: dict[str, Any] = {"run": kept, "parameters": training.mlp.state_dict(), "best": training.best}
    parts["optimizer"] = training.optimizer.state_dict()
    parts["batches"] = training.batches.state_dict() if training.batches else {}
    parts["costs"] = {"all": np.array(training.costs), "validation": np.array(training.validation)}
    parts["generator"] = {"state": np.array(state_of(training.rng))}
    with writing_in(os.path.dirname(os.path.realpath(path))):
        write_arrays(path, {f"{part}/{name}": value for part in parts for name, value in parts[part].items()})


def remove_parts(path: Path) -> None:
    """Remove what killed runs left half-written of this checkpoint."""
    folder, name = os.path.split(os.path.realpath(path))
    remove_abandoned(folder, f"{name}.", UNFINISHED)


def resume(path: Path, training: Training, kept: dict[str, str]) -> None:
    """Load a checkpoint.

    Raises ValueError if it does not fit; then the net and its optimizer stay as they were.
    """
    parts: defaultdict[str, dict[str, Array]] = defaultdict(dict)
    for entry, value in read_arrays(path).items():
        part, _, name = entry.partition("/")
        parts[part][name] = value
    for name, here in kept.items():
        there = str(parts["run"].get(name, "missing"))
        if there != here:
            option = name if name == "format" else f"--{name.replace('_', '-')}"
            why = f"its {option} was {short(there)}, and this run's is {short(here)}"
            why = "it was made with other examples" if name == "data" and there != "missing" else why
            if name == "iterations":
                other = "for more of them, start a run with --schedule none"
                why += f"; the shape of --schedule {kept['schedule']} depends on it: give --iterations {there}; {other}"
            raise ValueError(f"{path} does not fit this run: {why}")
    costs, validation = (parts["costs"].get(name, np.array(0)) for name in ("all", "validation"))
    if any(row.ndim != 1 or row.dtype != np.float64 for row in (costs, validation)):
        raise ValueError(f"{path} has no row of costs")
    if len(validation) != (len(costs) // training.per_epoch if training.held_back else 0):
        raise ValueError(f"{path} has {len(validation)} costs of validation after {len(costs)} iterations")
    mlp, drawn = training.mlp, state_of(training.rng)
    before = mlp.state_dict()
    try:
        set_state(training.rng, str(parts["generator"].get("state", "")))
        if parts["best"] or (training.options.patience and len(validation)):
            mlp.load_state_dict(parts["best"])
        mlp.load_state_dict(parts["parameters"])
        if training.batches:
            training.batches.load_state_dict(parts["batches"])
        training.optimizer.load_state_dict(parts["optimizer"])
    except ValueError as error:
        mlp.load_state_dict(before)
        set_state(training.rng, drawn)
        raise ValueError(f"{path} does not fit this run: {short(error, 200)}") from error
    training.costs, training.validation, training.best = costs.tolist(), validation.tolist(), parts["best"]
    training.best_epoch = int(np.argmin(validation)) + 1 if len(validation) else 0


def state_of(rng: Any) -> str:
    """The state of a Generator or RandomState, as text."""
    state = rng.get_state(legacy=False) if isinstance(rng, np.random.RandomState) else rng.bit_generator.state
    return json.dumps(state, default=np.ndarray.tolist)


def set_state(rng: Any, text: str) -> None:
    try:
        if isinstance(rng, np.random.RandomState):
            rng.set_state(json.loads(text))
        else:
            rng.bit_generator.state = json.loads(text)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise ValueError("it has no state of the generator") from error


# --- temporary files and folders that a killed run left


@contextmanager
def writing_in(folder: str | os.PathLike[str], alone: bool = False) -> Iterator[bool]:
    """Keep `remove_abandoned` away from a folder until the block or this process ends.

    alone: while no other run is writing there. Gives whether that is so, and False on a file system
    without locks.
    """
    with ExitStack() as stack:
        is_locked = sys.platform == "win32"  # which removes nothing that is open
        with suppress(OSError):
            if sys.platform != "win32":
                handle = os.open(folder, os.O_RDONLY)
                stack.callback(os.close, handle)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
                is_locked = True
        yield is_locked


def remove_abandoned(folder: str | os.PathLike[str], prefix: str, suffix: str = "") -> None:
    """Remove the files and folders named prefix, 8 random characters, suffix.

    While another run is writing in the folder, all of them stay.
    """
    with writing_in(folder, alone=True) as is_alone:
        for path in Path(folder).glob("*") if is_alone else ():
            if re.fullmatch(re.escape(prefix) + "[a-z0-9_]{8}" + re.escape(suffix), path.name):
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
