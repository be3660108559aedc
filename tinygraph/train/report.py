"""The report on a trained net: figures for each part of the table, two pictures, and the log."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..files import short
from ..nn.mlp import MLP
from .cells import listed
from .columns import Target
from .parts import Examples, Parts
from .training import Training

MOST_ROWS = 30  # of classes, in the report and in the picture
VIOLET, ORANGE = "#5b3a8c", "#d9822b"


class Answers(NamedTuple):
    """What is true of some examples and what the net answers: numbers of classes, or numbers."""

    true: Array
    given: Array

    def accuracy(self) -> float:
        return float(np.mean(self.true == self.given))

    def r2(self) -> float:
        """1 - squared errors / squared distances to the mean; nan if all numbers are equal."""
        spread = float(np.square(self.true - self.true.mean()).sum())
        return 1 - float(np.square(self.true - self.given).sum()) / spread if spread else float("nan")

    def absolute_error(self) -> float:
        return float(np.abs(self.true - self.given).mean())

    def confusion(self, classes: int) -> Array:
        """How many examples of each class (the row) got each answer (the column)."""
        return np.bincount(self.true * classes + self.given, minlength=classes**2).reshape(classes, classes)


def answers(mlp: MLP, examples: Examples, target: Target) -> Answers:
    given, true = mlp.predict(examples.X).ravel(), examples.Y.ravel()
    if target.task == "numbers":
        return Answers(true * target.std + target.mean, given * target.std + target.mean)
    return Answers(true.astype(int), given.astype(int))


def lines(mlp: MLP, parts: Parts) -> Iterator[str]:
    """The lines of the report; the details are those of the test part, if there is one."""
    found = {name: answers(mlp, examples, parts.target) for name, examples in parts.examples().items()}
    (first, *_), (*_, last), of_numbers = found.values(), found.values(), parts.target.task == "numbers"
    for name, part in found.items():
        yield f"{name} R2: {part.r2():.3f}" if of_numbers else f"{name} accuracy: {part.accuracy():.1%}"
    if of_numbers:
        mean, error = first.true.mean(), last.absolute_error()
        base = Answers(last.true, np.full(last.true.shape, mean))
        always = f"of the baseline, which always answers the mean {mean:.4g}: {base.absolute_error():.4g}"
        yield f"mean absolute error: {error:.4g}; {always}, R2 {base.r2():.3f}"
        return
    most = int(np.bincount(first.true).argmax())
    yield f"base rate: {np.mean(last.true == most):.1%}, if the answer is always {named(parts.target)[most]}"
    confusion = last.confusion(len(parts.target.classes))
    yield from table(confusion, named(parts.target))
    missed = np.flatnonzero(confusion.any(axis=1) & ~confusion.any(axis=0))
    if missed.size:
        names = short(listed(named(parts.target)[k] for k in missed))
        yield f"it never answers {names}: --class-weight balanced may help"


def named(target: Target) -> list[str]:
    return [short(x, 30) for x in target.classes]


def table(confusion: Array, names: list[str]) -> Iterator[str]:
    """Precision, recall and F1 of each class."""
    width = max(map(len, ("class", *names[:MOST_ROWS])))
    yield f"{'class':{width}}  precision  recall     F1  examples"
    for k, name in enumerate(names[:MOST_ROWS]):
        right, given, true = confusion[k, k], confusion[:, k].sum(), confusion[k].sum()
        rates = (right / given if given else np.nan, right / true if true else np.nan, 2 * right / max(1, given + true))
        precision, recall, f1 = ("-" if np.isnan(x) else f"{x:.3f}" for x in rates)
        yield f"{name:{width}}  {precision:>9}  {recall:>6}  {f1:>5}  {true:>8}"
    if len(names) > MOST_ROWS:
        yield f"and {len(names) - MOST_ROWS} more classes"


def plot(path: Path, training: Training, parts: Parts) -> None:
    """Both curves of the cost, and next to them what the net answers to the test part."""
    from matplotlib.figure import Figure  # not pyplot, which looks for a screen

    figure = Figure(figsize=(11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    means = training.epoch_costs()
    ends = np.minimum(np.arange(1, len(means) + 1) * training.per_epoch, len(training.costs))
    mark = "." if len(means) == 1 else ""
    left.plot(ends, means, mark, color=VIOLET, label="training, mean of an epoch")
    if training.validation:
        left.plot(ends[: len(training.validation)], training.validation, mark, color=ORANGE, label="validation")
        left.legend(frameon=False)
    of_numbers = parts.target.task == "numbers"
    what = "mean squared error / variance of the label" if of_numbers else "cross-entropy cost"
    left.set(title=f"MLP {dims(training.mlp)}", xlabel="iteration", ylabel=what, ylim=(0, None))
    name, examples = [*parts.examples().items()][-1]
    found = answers(training.mlp, examples, parts.target)
    (plot_numbers if of_numbers else plot_classes)(right, found, parts.target)
    right.set_title(f"{examples.m} examples ({name})")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    left.grid(alpha=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels may be in an alphabet that the font lacks
        figure.savefig(path, dpi=120)


def plot_classes(axes: Any, found: Answers, target: Target) -> None:
    counts, names = found.confusion(len(target.classes)), named(target)
    axes.imshow(counts, cmap="Purples", vmin=0)
    if len(names) <= MOST_ROWS:
        for (i, j), count in np.ndenumerate(counts):
            axes.text(j, i, count or "", ha="center", va="center", color="w" if count > counts.max() / 2 else "k")
        turned = 90 if max(map(len, names)) > 3 else 0
        axes.set_xticks(range(len(names)), names, rotation=turned, parse_math=False)
        axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set(xlabel="answer", ylabel="label")


def plot_numbers(axes: Any, found: Answers, target: Target) -> None:
    ends = [min(found.true.min(), found.given.min()), max(found.true.max(), found.given.max())]
    axes.plot(ends, ends, color="0.7", linewidth=1)
    axes.scatter(found.true, found.given, s=12, color=VIOLET, alpha=0.6)
    axes.set_xlabel(short(target.name, 40), parse_math=False)
    axes.set_ylabel("answer")


def dims(mlp: MLP) -> str:
    return "-".join(map(str, mlp.layer_dims))
