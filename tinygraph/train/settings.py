"""Train a net on a table, and write the net that answers the table's rows.

    tinygraph train table.csv                        # the label is the last column
    tinygraph train table.csv --label species        # two classes, several, or numbers: found out
    tinygraph train train_catvnoncat.h5 --test test_catvnoncat.h5 \\
        --layers 20 7 5 --init lecun --rng legacy --seed 1 --learning-rate 0.0075 \\
        --iterations 2500 --print-every 100          # the course's run

Into --out it writes model.npz (for `tinygraph predict` and tg.load), cost.png, graph.svg, log.csv.
At the end it prints how to predict for rows of your own. --checkpoint FILE saves the full training
state every N iterations and at the end. A run that was killed at any moment and started again with
--resume ends with the same parameters, to the last bit, as a run without a break.

Exit status: 0 for success. 2 for a bad file or option, or a full disk: no results are written, and
the last checkpoint stays whole. 130 after Ctrl-C, which ends the training after the current
iteration and writes the parameters learnt so far.
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .. import optim
from ..files import short
from ..nn.mlp import ACTIVATIONS, INITS, MLP
from .cells import listed
from .columns import TASKS
from .options import Parser, at_least_0, checked, folder, positive, share, whole
from .parts import Parts
from .trained import OUTPUT_FOR
from .training import SCHEDULES, Training

LARGEST = 10**9  # bytes for parameters and activations; gradients and optimizer take a few times as much
OPTIMIZERS: dict[str, tuple[Any, float, float]] = {  # learning rate and weight decay suit the example data
    "sgd": (optim.SGD, 0.1, 0.03),
    "momentum": (partial(optim.SGD, momentum=0.9), 0.01, 0.03),
    "adam": (optim.Adam, 0.003, 0.03),
    "adamw": (optim.AdamW, 0.003, 3.0),
    "rmsprop": (optim.RMSProp, 0.001, 0.03),
}
# Options that suit two classes on the example data, as in the course; and those for other tasks.
DEFAULTS = {"layers": [20, 7, 5], "optimizer": "sgd", "schedule": "none", "iterations": 1000, "batch_size": None}
OTHERWISE = {"layers": [200], "optimizer": "adam", "schedule": "cosine", "iterations": 3000, "batch_size": 32}
FEW = 330  # examples; with more of them, tasks other than two classes need less weight decay

init = checked(float, lambda x: 0 < x < math.inf, f"{', '.join(INITS)} or a number above 0", *INITS)
weight = checked(float, lambda x: 0 <= x < math.inf, "balanced, or numbers of at least 0", "balanced")


def make_parser(prog: str = "tinygraph train", data: Path | None = None) -> Parser:
    head, _, rest = (__doc__ or "").partition("\n\n")
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog, None, head, rest, formatter_class=verbatim, allow_abbrev=False)
    add = parser.add_argument
    number = partial(add, type=whole(1), metavar="N")
    file = partial(add, type=Path, metavar="FILE")
    column = partial(add, action="append", default=[], metavar="COLUMN")
    file("file", nargs="?", help="the table: .csv, .tsv, .xlsx, .parquet, .npz with X (n_x, m) and Y (1, m), or the "
         "course's .h5, treated as in the course: X / 255 (floats from 0 to 1 unchanged), all examples to train on, "
         "no weight decay" + (" (default: the breast cancer table)" if data else ""))  # fmt: skip
    file("--data", help="another way to write FILE")
    file("--test", help="rows to test on (default: a fifth of the table; none for .h5)")
    add("--label", metavar="COLUMN", help="what to learn: a name, or a number from 1 (default: the last column)")
    add("--task", choices=[task.replace(" ", "-") for task in TASKS], help="default: as the label looks")
    column("--keep", help="do not leave this column out; may be repeated")
    column("--drop", help="leave this column out; may be repeated")
    sizes = whole(1, "whole numbers with spaces between, as in 20 7 5, each")
    number("--layers", nargs="*", type=sizes, help="hidden units (default: 20 7 5 for two classes, or 200)")
    add("--hidden", choices=ACTIVATIONS, default="relu", help="the activation of the hidden layers (default: relu)")
    add("--dropout", type=share, default=0.0, metavar="P", help="of the hidden units, while it trains (default: 0)")
    add("--optimizer", choices=OPTIMIZERS, help="default: sgd for two classes, or adam")
    add("--learning-rate", type=positive, metavar="X", help="default: 0.1 for sgd; each optimizer has its own")
    add("--schedule", choices=SCHEDULES, help="of the learning rate: step (a tenth after each third), exponential (to "
        "a hundredth), cosine (to 0), or warm-up (a tenth of the iterations, then cosine); default: none for two "
        "classes, or cosine")  # fmt: skip
    add("--weight-decay", type=at_least_0, metavar="X", help="default: 0.03, or 3 for adamw; less for more "
        f"than {FEW} rows unless of two classes; 0 for .h5")  # fmt: skip
    add("--class-weight", type=weight, nargs="+", metavar="W", help="balanced, or a number for each class in order")
    number("--iterations", help="updates of the parameters (default: 1000 for two classes, or 3000)")
    number("--patience", help="end if the validation cost was not lower for N epochs; keep the best parameters")
    number("--batch-size", help="shuffled examples in an iteration (default: all for two classes, or 32)")
    add("--init", type=init, default="he", metavar="|".join((*INITS, "X")), help="first weights (default: he)")
    add("--seed", type=whole(0), default=0, metavar="N", help="for weights and batches, not for the split (default: 0)")
    add("--rng", choices=("default", "legacy"), default="default", help="legacy: RandomState, as in the course")
    add("--eager", action="store_true", help="record a tape at each iteration instead of compiling the step")
    add("--print-every", type=whole(0), default=0, metavar="N", help="print the cost every N iterations")
    file("--checkpoint", help="save the training state here, for --resume")
    number("--every", help="iterations between two checkpoints (default: 100)")
    add("--resume", action="store_true", help="continue from the checkpoint, or start anew if there is none; "
        "--iterations includes those before it")  # fmt: skip
    add("--out", type=folder, default=Path("out"), metavar="DIR", help="where to write (default: out)")
    return parser


def make_training(options: argparse.Namespace, parts: Parts) -> Training:
    """The net and all that trains it; options without a value get one that suits the task."""
    of_two = parts.target.task == "two classes"
    fill_in(options, **(DEFAULTS if of_two else OTHERWISE))
    n_out = len(parts.target.classes) if parts.target.task == "classes" else 1
    layer_dims, output = [len(parts.train.X), *options.layers, n_out], OUTPUT_FOR[parts.target.task]
    check_size(layer_dims, parts.train.m)
    rng = np.random.RandomState(options.seed) if options.rng == "legacy" else np.random.default_rng(options.seed)
    mlp = MLP(layer_dims, hidden=options.hidden, output=output, dropout=options.dropout, init=options.init, rng=rng)
    make, rate, usual = OPTIMIZERS[options.optimizer]
    usual = 0.0 if parts.of_course else usual * (1 if of_two else min(1, FEW / parts.train.m))
    fill_in(options, learning_rate=rate, weight_decay=usual)
    optimizer = make(mlp.parameters, options.learning_rate, weight_decay=options.weight_decay)
    return Training(mlp, optimizer, rng, parts, options, class_weights(options.class_weight, parts))


def fill_in(options: argparse.Namespace, **usual: Any) -> None:
    """Give the options without a value their usual ones."""
    vars(options).update({name: value for name, value in usual.items() if getattr(options, name) is None})


def check_size(layer_dims: list[int], m: int) -> None:
    """Raise ValueError for a net that is too large, before the system kills the run silently."""
    parameters = sum((n_in + 1) * n for n_in, n in pairwise(layer_dims))
    size = 8 * (parameters + m * sum(layer_dims))
    if size > LARGEST:
        what = f"{parameters} parameters, and {size // 10**9} GB for them and the activations of {m} examples"
        raise ValueError(f"--layers asks for {what}; at most {LARGEST // 10**9} GB is taken here")


def class_weights(given: list[Any] | None, parts: Parts) -> Any:
    """The weights of the classes; balanced ones are the inverse of their shares."""
    classes = parts.target.classes
    if given is None:
        return None
    if not classes:
        raise ValueError("--class-weight takes classes, and the label is a number")
    if given == ["balanced"]:
        counts = np.bincount(parts.train.Y.ravel().astype(int), minlength=len(classes))
        return parts.train.m / (len(classes) * np.maximum(counts, 1))
    if len(given) != len(classes) or "balanced" in given or not any(given):
        wanted = short(listed(classes))
        raise ValueError(f"--class-weight takes balanced, or a number for each of {wanted}, not all 0; got {given}")
    return np.array(given)
