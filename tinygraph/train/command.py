"""`tinygraph train` and `tinygraph predict`: the commands, from the options to the results."""

from __future__ import annotations

import argparse
import csv
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..files import check_output, replacing, short
from ..nn.layers import evaluating
from ..show.draw import RenderError, save_diagram
from ..tensor import Tensor
from . import checkpoint, report
from .checkpoint import remove_abandoned, writing_in
from .options import Parser, kept_if_used, said
from .parts import Parts, read_parts
from .settings import make_parser, make_training
from .tables import READERS, need, read_rows, told
from .trained import TrainedModel, load
from .training import Training, check_finite


def train(argv: Sequence[str] | None = None, prog: str = "tinygraph train", data: Path | None = None) -> int:
    """`tinygraph train`. prog: the name in its messages. data: the default table."""
    parser = make_parser(prog, data)
    options = parser.parse_args(argv)
    if options.file and options.data:
        parser.error("expected one table: FILE or --data FILE")
    options.data = options.file or options.data or data
    if options.data is None:
        parser.error("expected a table: tinygraph train FILE")
    return finished(parser, partial(run, options))


def predict(argv: Sequence[str] | None = None) -> int:
    """`tinygraph predict`."""
    parser = Parser("tinygraph predict", description="Answer the rows of a table.", allow_abbrev=False)
    parser.epilog = "example: tinygraph predict out/model.npz rows.csv -o answers.csv"
    parser.add_argument("model", metavar="MODEL", help="model.npz, as `tinygraph train` wrote it")
    parser.add_argument("rows", metavar="ROWS", help="a table with the columns that the model takes")
    parser.add_argument("-o", "--output", metavar="FILE", help="the .csv file to write (default: to the terminal)")
    options = parser.parse_args(argv)
    return finished(parser, partial(write_answers, options.model, options.rows, options.output))


def finished(parser: Parser, run: Callable[[], int]) -> int:
    """The status of a run; an error is one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # text of any alphabet on a terminal of ASCII
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # check_finite reports them
            return run()
    except BrokenPipeError:
        raise
    except (OSError, ValueError, ImportError, MemoryError) as error:
        parser.error(said(error))
    except KeyboardInterrupt:
        print("interrupted: no results are written", file=sys.stderr)
        return 130


# --- train


def run(options: argparse.Namespace) -> int:
    checkpoint.check_place(options)
    task = options.task and options.task.replace("-", " ")
    parts = read_parts(options.data, options.label, task, options.keep, options.drop, options.test)
    for package in ("tqdm", "matplotlib"):  # before the training and not after it
        need("training", package, "examples")
    training = make_training(options, parts)
    print(*parts.said, sep="\n", end="\n" * bool(parts.said))
    with kept_if_used(options.out):
        return train_and_write(options, training, parts)


def train_and_write(options: argparse.Namespace, training: Training, parts: Parts) -> int:
    held_back = f"{parts.validation.m} to validate, " if parts.validation else ""
    test = parts.test.m if parts.test else "none"
    print(f"{options.data.name}: {parts.train.m} examples to train on, {held_back}{test} to test on")
    mlp, optimizer, mode = training.mlp, training.optimizer, "eager" if options.eager else "compiled"
    falls = "" if options.schedule == "none" else f" ({options.schedule})"
    print(f"MLP {report.dims(mlp)}, {options.optimizer}, learning rate {optimizer.learning_rate:g}{falls}", end=", ")
    print(f"weight decay {optimizer.weight_decay:g}, batch size {options.batch_size or parts.train.m}", end=", ")
    print(f"{options.iterations} iterations, {mode} step")
    n_x, *hidden, n_out = mlp.layer_dims
    if len(hidden) > 1 and [n_x, n_out] == [hidden[0], hidden[-1]]:
        print(f"--layers takes the hidden layers alone: leave {n_x} and {n_out} out if they are the inputs and outputs")
    path, kept = options.checkpoint, checkpoint.fixed(options, parts)
    if options.resume and path.exists():
        checkpoint.resume(path, training, kept)
        print(f"continuing {path} after {len(training.costs)} iterations")
        if len(training.costs) > options.iterations:
            raise ValueError(f"{path} is at iteration {len(training.costs)}, and --iterations is {options.iterations}")
    if path:
        checkpoint.remove_parts(path)
    training.run(partial(checkpoint.save, path, training, kept) if path else lambda: None)
    for line in training.ended():
        print(line)
    with evaluating():
        cost = training.cost_of(*parts.train)
    cost.name = "cost"
    check_finite(float(cost), len(training.costs))
    print(*report.lines(mlp, parts), sep="\n")
    print(f"written to {options.out}: {', '.join(write_results(options.out, training, parts, cost))}")
    model, names = str(options.out / "model.npz"), parts.columns.names
    print("to predict for a table of rows with these columns:")
    print(shlex.join(["tinygraph", "predict", model, "rows.csv"]))
    print(f"or for one `row`, a dict or the {len(names)} values of {short(', '.join(names), 60)}:")
    print(f"import tinygraph as tg\ntg.load({model!r}).predict(row)")
    return 130 if training.is_cut() else 0


def write_results(out: Path, training: Training, parts: Parts, cost: Tensor) -> list[str]:
    """Write all files to a temporary folder, then move them: if it fails, older results stay."""
    remove_abandoned(out, ".writing-")
    with writing_in(out), tempfile.TemporaryDirectory(prefix=".writing-", dir=out) as name:
        place = Path(name)
        TrainedModel(training.mlp, parts.columns, parts.target).save(place / "model.npz")
        with open(place / "log.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(training.log())
        report.plot(place / "cost.png", training, parts)
        try:
            save_diagram(cost, place / "graph.svg")
        except RenderError as error:
            print(f"graph.dot is written in place of graph.svg: {str(error).splitlines()[0]}", file=sys.stderr)
        written = sorted(file.name for file in place.iterdir())
        for result in written:
            os.replace(place / result, out / result)
    return written


# --- predict


def write_answers(model: str, rows: str, output: str | None) -> int:
    """Write a table with the answer to each row and, for classes, their probabilities."""
    if output is not None:  # before the work
        check_output(output, (".csv",), model, rows)
    if rows.endswith(".npz") and Path(model).suffix.lower() in READERS.keys() - {".npz"}:  # a model may have any other
        raise ValueError(f"the model comes first: tinygraph predict {rows} {model}")
    trained = load(model)
    table = read_rows(rows, trained.columns, trained.target)
    for line in table.said:
        print(f"{rows}: {line}", file=sys.stderr)
    with told(rows):
        AL = trained.outputs(table.columns)
    answers: list[Any] = [trained.target.decode(AL), *(trained.target.proba(AL).T if trained.classes else ())]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([trained.target.name, *(f"probability of {name}" for name in trained.classes)])
    writer.writerows(zip(*(x.tolist() for x in answers), strict=True))
    if output is None:
        sys.stdout.write(text.getvalue())
        sys.stdout.flush()
    else:
        with replacing(output) as file:
            file.write(text.getvalue().encode())
        print(f"wrote {output}, the answers to {len(AL.T)} row{'s' * (len(AL.T) > 1)}")
    return 0
