"""Train a net on a table, and write the net that answers the table's rows.

    tinygraph train table.csv                        # the label is the last column
    tinygraph train table.csv --label species        # two classes, several, or numbers: it is found out
    tinygraph train train_catvnoncat.h5 --test test_catvnoncat.h5 \\
        --layers 20 7 5 --init lecun --rng legacy --seed 1 --learning-rate 0.0075 \\
        --iterations 2500 --print-every 100          # the course's run

It writes to --out: model.npz (for `tinygraph predict` and tg.load), cost.png, graph.svg and log.csv.
At the end it prints how to predict for rows of your own. --checkpoint FILE saves the full training
state every N iterations and at the end. A run that was killed at any moment and started again with
--resume ends with the same parameters, to the last bit, as a run without a break.

Exit status: 0 for success. 2 for a bad file or option, or a full disk: no results are written, and
the last checkpoint stays whole. 130 after Ctrl-C, which ends the training after the current
iteration and writes the parameters learnt so far.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import optim  # before its submodules; two threads at first use would wait for each other
from ..files import UNFINISHED, replacing, short
from ..nn.layers import evaluating
from ..nn.mlp import ACTIVATIONS, MLP
from ..show.draw import RenderError, save_diagram
from ..tensor import Tensor
from . import report
from .columns import TASKS
from .options import Parser, folder, kept_if_used, positive, said, share, whole
from .parts import Parts, read_parts
from .tables import read_table
from .trained import OUTPUT_FOR, TrainedModel, load
from .training import SCHEDULES, Training, check_finite, resume, save
from .unfinished import remove_abandoned, writing_in

INITS = ("he", "xavier", "lecun")
LARGEST = 10**9  # bytes for parameters and activations; gradients and optimizer take a few times as much
FORMAT = 4  # of the checkpoints
RESULTS = {"model.npz", "log.csv", "cost.png", "graph.svg", "graph.dot"}
# options that change what is learnt
FIXED = (
    "layers",
    "hidden",
    "dropout",
    "optimizer",
    "init",
    "seed",
    "rng",
    "eager",
    "class_weight",
    "schedule",
    "patience",
)


class Method(NamedTuple):
    """An optimizer, with settings that suit it on the example data."""

    make: Callable[..., Any]
    learning_rate: float
    weight_decay: float


OPTIMIZERS = {
    "sgd": Method(optim.SGD, 0.1, 0.03),
    "momentum": Method(partial(optim.SGD, momentum=0.9), 0.01, 0.03),
    "adam": Method(optim.Adam, 0.003, 0.03),
    "adamw": Method(optim.AdamW, 0.003, 3.0),
    "rmsprop": Method(optim.RMSProp, 0.001, 0.03),
}
# Options that suit two classes on the example data, as in the course; and those for other tasks.
DEFAULTS = {"layers": [20, 7, 5], "optimizer": "sgd", "schedule": "none", "iterations": 1000, "batch_size": None}
OTHERWISE = {"layers": [200], "optimizer": "adam", "schedule": "cosine", "iterations": 3000, "batch_size": 32}
FEW = 330  # examples; with more of them, tasks other than two classes need less weight decay


# --- the options


def init(text: str) -> str | float:
    """The type of --init: one of INITS, or a number above 0."""
    try:
        return text if text in INITS else positive(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{', '.join(INITS)} or a number above 0 is wanted, got {text!r}") from None


def weight(text: str) -> str | float:
    """The type of --class-weight: "balanced" or a number."""
    return text if text == "balanced" else positive(text, zero_too=True)


def make_parser(prog: str = "tinygraph train", data: Path | None = None) -> Parser:
    head, _, rest = (__doc__ or "").partition("\n\n")
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog, None, head, rest, formatter_class=verbatim, allow_abbrev=False)
    add = parser.add_argument
    add("file", type=Path, nargs="?", metavar="FILE",
        help="the table: .csv, .tsv, .xlsx, .parquet, .npz with X (n_x, m) and Y (1, m), or the course's .h5, which is "
        "treated as in the course: X / 255 (floats from 0 to 1 unchanged), all examples to train on, no weight decay"
        + (" (default: the breast cancer table)" if data else ""))  # fmt: skip
    add("--data", type=Path, metavar="FILE", help="the same")
    add("--test", type=Path, metavar="FILE", help="rows to test on (default: a fifth of the table; none for .h5)")
    add("--label", metavar="COLUMN", help="what to learn: a name, or a number from 1 (default: the last column)")
    add("--task", choices=[task.replace(" ", "-") for task in TASKS], help="default: as the label looks")
    add("--keep", action="append", default=[], metavar="COLUMN", help="do not leave this column out; may be repeated")
    add("--drop", action="append", default=[], metavar="COLUMN", help="leave this column out; may be repeated")
    add(
        "--layers", type=whole(1), nargs="*", metavar="N", help="hidden units (default: 20 7 5 for two classes, or 200)"
    )
    add("--hidden", choices=ACTIVATIONS, default="relu", help="the activation of the hidden layers (default: relu)")
    add("--dropout", type=share, default=0.0, metavar="P", help="of the hidden units, while it trains (default: 0)")
    add("--optimizer", choices=OPTIMIZERS, help="default: sgd for two classes, or adam")
    add("--learning-rate", type=positive, metavar="X", help="default: 0.1 for sgd; each optimizer has its own")
    add("--schedule", choices=SCHEDULES, help="of the learning rate: step (a tenth after each third), exponential "
        "(to a hundredth), cosine (to 0), or warm-up (a tenth of the iterations, then cosine); default: none for two "
        "classes, or cosine")  # fmt: skip
    at_least_0 = partial(positive, zero_too=True)
    add(
        "--weight-decay", type=at_least_0, metavar="X", help="default: 0.03 (adamw 3, .h5 0), or less for a large table"
    )
    add("--class-weight", type=weight, nargs="+", metavar="W", help="balanced, or a number for each class in order")
    add(
        "--iterations",
        type=whole(1),
        metavar="N",
        help="updates of the parameters (default: 1000 for two classes, or 3000)",
    )
    add("--patience", type=whole(1), metavar="N",
        help="end if the validation cost was not lower for N epochs, and keep the best parameters")  # fmt: skip
    add("--batch-size", type=whole(1), metavar="N",
        help="examples in an iteration (default: all for two classes, or 32); fewer than all are shuffled")  # fmt: skip
    add("--init", type=init, default="he", metavar="|".join((*INITS, "X")), help="first weights (default: he)")
    add("--seed", type=whole(0), default=0, metavar="N", help="for weights and batches, not for the split (default: 0)")
    add("--rng", choices=("default", "legacy"), default="default", help="legacy: RandomState, as in the course")
    add("--eager", action="store_true", help="record a tape at each iteration instead of compiling the step")
    add("--print-every", type=whole(0), default=0, metavar="N", help="print the cost every N iterations")
    add("--checkpoint", type=Path, metavar="FILE", help="save the training state here, for --resume")
    add("--every", type=whole(1), metavar="N", help="iterations between two checkpoints (default: 100)")
    add("--resume", action="store_true", help="continue from the checkpoint, or start anew if there is none; "
        "--iterations includes those before it")  # fmt: skip
    add("--out", type=folder, default=Path("out"), metavar="DIR", help="where to write (default: out)")
    return parser


# --- what is trained


def make_training(options: argparse.Namespace, parts: Parts) -> Training:
    """The net and all that trains it; options without a value get one that suits the task."""
    of_two = parts.target.task == "two classes"
    for name, value in (DEFAULTS if of_two else OTHERWISE).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    n_out = len(parts.target.classes) if parts.target.task == "classes" else 1
    layer_dims, output = [len(parts.train.X), *options.layers, n_out], OUTPUT_FOR[parts.target.task]
    check_size(layer_dims, parts.train.m)
    rng = np.random.RandomState(options.seed) if options.rng == "legacy" else np.random.default_rng(options.seed)
    mlp = MLP(layer_dims, hidden=options.hidden, output=output, dropout=options.dropout, init=options.init, rng=rng)
    method, decay = OPTIMIZERS[options.optimizer], options.weight_decay
    if decay is None:
        decay = 0.0 if parts.of_course else method.weight_decay * (1 if of_two else min(1, FEW / parts.train.m))
    optimizer = method.make(mlp.parameters, options.learning_rate or method.learning_rate, weight_decay=decay)
    return Training(mlp, optimizer, rng, parts, options, class_weights(options.class_weight, parts))


def check_size(layer_dims: list[int], m: int) -> None:
    """Raise ValueError for a net that is too large, before the system kills the run silently."""
    parameters = sum((n_in + 1) * n for n_in, n in pairwise(layer_dims))
    size = 8 * (parameters + m * sum(layer_dims))
    if size > LARGEST:
        raise ValueError(
            f"--layers asks for {parameters} parameters, and {size // 10**9} GB for them and the activations of {m} "
            f"examples; at most {LARGEST // 10**9} GB is taken here"
        )


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
        wanted = short(", ".join(map(str, classes)))
        raise ValueError(f"--class-weight takes balanced, or a number for each of {wanted}, not all 0; got {given}")
    return np.array(given)


# --- the checkpoint


def prepare_place(options: argparse.Namespace) -> None:
    """Refuse to overwrite a checkpoint, or print that --resume finds none yet."""
    path = options.checkpoint
    if path is None:
        if options.every or options.resume:
            raise ValueError("--every and --resume take --checkpoint FILE")
        return
    if path.name in RESULTS and path.resolve().parent == options.out.resolve():
        raise ValueError(f"{path} is where results are written: give --checkpoint another name")
    if path.exists() and not options.resume:
        raise ValueError(f"{path} is there already: go on from it with --resume, or take it away")
    if options.resume and not path.exists():
        print(f"there is no checkpoint {path} yet: beginning at the beginning")


def fixed(options: argparse.Namespace, optimizer: Any, parts: Parts) -> dict[str, str]:
    """The options and a hash of the data, which must be the same when a run is resumed."""
    numbers = {name: getattr(optimizer, name) for name in ("learning_rate", "weight_decay")}
    arrays = [array for examples in (parts.train, parts.validation) for array in examples or ()]
    data = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]
    kept = {"batch_size": options.batch_size, "format": FORMAT}  # the first to differ is named
    kept |= {**{name: getattr(options, name) for name in FIXED}, **numbers, "data": data}
    if options.schedule != "none":  # the rates depend on it
        kept["iterations"] = options.iterations
    return {name: str(value) for name, value in kept.items()}


# --- the results


def write_results(out: Path, training: Training, parts: Parts, cost: Tensor) -> list[str]:
    """Write all files to a temporary folder, then move them: if it fails, older results stay."""
    remove_abandoned(out, ".writing-")
    with writing_in(out), tempfile.TemporaryDirectory(prefix=".writing-", dir=out) as name:
        place = Path(name)
        TrainedModel(training.mlp, parts.columns, parts.target).save(place / "model.npz")
        report.write_log(place / "log.csv", training)
        report.plot(place / "cost.png", training, parts)
        try:
            save_diagram(cost, place / "graph.svg")
        except RenderError as error:
            print(f"graph.dot is written in place of graph.svg: {str(error).splitlines()[0]}", file=sys.stderr)
        written = sorted(file.name for file in place.iterdir())
        for file in written:
            os.replace(place / file, out / file)
    return written


# --- the whole run


def run(options: argparse.Namespace) -> int:
    prepare_place(options)
    task = options.task and options.task.replace("-", " ")
    parts = read_parts(options.data, options.label, task, options.keep, options.drop, options.test)
    require("tqdm", "matplotlib")
    training = make_training(options, parts)
    print(*parts.said, sep="\n", end="\n" * bool(parts.said))
    with kept_if_used(options.out):
        return train_and_write(options, training, parts)


def train_and_write(options: argparse.Namespace, training: Training, parts: Parts) -> int:
    held_back = f"{parts.validation.m} to validate, " if parts.validation else ""
    test = parts.test.m if parts.test else "none"
    print(f"{options.data.name}: {parts.train.m} examples to train on, {held_back}{test} to test on")
    mlp, optimizer = training.mlp, training.optimizer
    mode = "eager" if options.eager else "compiled"
    print(f"MLP {report.dims(mlp)}, {options.optimizer}, learning rate {optimizer.learning_rate:g}, {mode} step")
    path, kept = options.checkpoint, fixed(options, optimizer, parts)
    if options.resume and path.exists():
        resume(path, training, kept)
        print(f"going on from {path}, after {len(training.costs)} iterations")
        if len(training.costs) > options.iterations:
            raise ValueError(f"{path} is at iteration {len(training.costs)}, and --iterations is {options.iterations}")
    if path:
        place = path.resolve()
        remove_abandoned(place.parent, f"{place.name}.", UNFINISHED)
    training.run(partial(save, path, training, kept) if path else lambda: None)
    iterations = len(training.costs)
    is_cut = iterations < options.iterations and not training.is_over()
    if is_cut:
        print(f"stopped by Ctrl-C after {iterations} of {options.iterations} iterations; writing what was learnt")
    elif training.is_over():
        epoch, waited = len(training.validation), options.patience
        print(f"ended after epoch {epoch}: the validation cost was not lower for {waited} epochs")
    if training.best:
        mlp.load_state_dict(training.best)
        print(f"the parameters are those after epoch {training.best_epoch}, with the lowest validation cost")
    with evaluating():
        cost = training.cost_of(*parts.train)
    cost.name = "cost"
    check_finite(float(cost), iterations)
    print(*report.lines(mlp, parts), sep="\n")
    print(f"written to {options.out}: {', '.join(write_results(options.out, training, parts, cost))}")
    tell_how_to_predict(options, parts)
    return 130 if is_cut else 0


def tell_how_to_predict(options: argparse.Namespace, parts: Parts) -> None:
    model, names = str(options.out / "model.npz"), parts.columns.names
    print("to predict for a table of rows with these columns:")
    print(shlex.join(["tinygraph", "predict", model, "rows.csv"]))
    print(f"or for one `row`, a dict or the {len(names)} values of {short(', '.join(names), 60)}:")
    print("import tinygraph as tg")
    print(f"tg.load({model!r}).predict(row)")


def require(*modules: str) -> None:
    """Raise ValueError for a missing package, before the training and not after it."""
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            raise ValueError(f'training takes {module}: pip install ".[examples]" in a checkout')


def train(argv: Sequence[str] | None = None, prog: str = "tinygraph train", data: Path | None = None) -> int:
    """`tinygraph train`. prog: the name in its messages. data: the default table."""
    parser = make_parser(prog, data)
    options = parser.parse_args(argv)
    if options.file and options.data:
        parser.error("one table is wanted: a FILE or --data FILE")
    options.data = options.file or options.data or data
    if options.data is None:
        parser.error("a table is wanted: tinygraph train FILE")
    return finished(parser, partial(run, options))


def predict(argv: Sequence[str] | None = None) -> int:
    """`tinygraph predict`."""
    parser = Parser("tinygraph predict", description="Answer the rows of a table.", allow_abbrev=False)
    parser.add_argument("model", metavar="MODEL", help="model.npz, as `tinygraph train` wrote it")
    parser.add_argument("rows", metavar="ROWS", help="a table with the columns that the model takes")
    parser.add_argument("-o", "--output", metavar="FILE", help="the .csv file to write (default: to the terminal)")
    options = parser.parse_args(argv)
    return finished(parser, partial(write_answers, options.model, options.rows, options.output))


def write_answers(model: str, rows: str, output: str | None) -> int:
    """Write a table with the answer to each row and, for classes, their probabilities."""
    trained, table = load(model), read_table(rows)
    for line in table.said:
        print(f"{rows}: {line}", file=sys.stderr)
    try:
        AL = trained.outputs(table.frame)
    except ValueError as error:
        raise ValueError(f"{rows}: {error}") from error
    found = zip(trained.classes, trained.target.proba(AL).T, strict=True) if trained.classes else ()
    columns = {trained.target.name: trained.target.decode(AL)} | {f"probability of {name}": p for name, p in found}
    text = type(table.frame)(columns).to_csv(index=False, lineterminator="\n")
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        with replacing(output) as file:
            file.write(text.encode())
    return 0


def finished(parser: Parser, run: Callable[[], int]) -> int:
    """The status of a run; an error is one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # text of any alphabet on a terminal of ASCII
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # check_finite reports them
            return run()
    except BrokenPipeError:
        raise
    except (OSError, ValueError, MemoryError, RuntimeError) as error:  # RuntimeError: a circle of links
        parser.error(said(error))
    except KeyboardInterrupt:
        print("interrupted: no results are written", file=sys.stderr)
        return 130
