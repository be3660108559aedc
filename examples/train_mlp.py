"""Train an L-layer network on a file of examples, and write the learnt parameters.

    python examples/train_mlp.py          # is a tumour malignant? 569 tumours, a second or two
    python examples/train_mlp.py --data examples/data/digits.npz --optimizer adam --batch-size 64
    python examples/train_mlp.py --data train_catvnoncat.h5 --test test_catvnoncat.h5 \\
        --layers 20 7 5 --init lecun --rng legacy --seed 1 --learning-rate 0.0075 \\
        --iterations 2500 --print-every 100     # the course's run

It writes to --out: parameters.npz (for tg.MLP.load), scaling.npz (mean and std, because the net
takes (X - mean) / std), cost.png and graph.svg. At the end it prints the lines of Python that
predict for another example. --checkpoint FILE saves the full training state every N iterations and
at the end. A run that was killed at any moment and started again with --resume ends with the same
parameters, to the last bit, as a run without a break.

Exit status: 0 for success. 2 for a bad file or option, or a full disk: no results are written, and
the last checkpoint stays whole. 130 after Ctrl-C, which ends the training after the current
iteration and writes the parameters learnt so far.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from command import Parser, folder, kept_if_used, positive, said, whole
from read_data import Array, Examples, Scaling, one_class, read, split, standardised
from unfinished import remove_abandoned, writing_in

import tinygraph as tg
from tinygraph.files import UNFINISHED, read_arrays, short, write_arrays

DATA = Path(__file__).resolve().parent / "data"
INITS = ("he", "xavier", "lecun")
LARGEST = 10**9  # bytes for parameters and activations; gradients and optimizer take a few times as much
Step = Callable[[Array, Array], float]  # (X, Y) -> the cost before the update
FORMAT, FORMAT_OF_ALL = 3, 2  # of the checkpoints, with --batch-size and without
RESULTS = {"parameters.npz", "scaling.npz", "cost.png", "graph.svg", "graph.dot"}
FIXED = ("layers", "optimizer", "init", "seed", "rng", "eager")  # options that change what is learnt


class Method(NamedTuple):
    """An optimizer, with settings that suit it on the example data."""

    make: Callable[..., Any]
    learning_rate: float
    weight_decay: float


OPTIMIZERS = {
    "sgd": Method(tg.optim.SGD, 0.1, 0.03),
    "momentum": Method(partial(tg.optim.SGD, momentum=0.9), 0.01, 0.03),
    "adam": Method(tg.optim.Adam, 0.003, 0.03),
    "adamw": Method(tg.optim.AdamW, 0.003, 3.0),
    "rmsprop": Method(tg.optim.RMSProp, 0.001, 0.03),
}


# --- the options


def init(text: str) -> str | float:
    """The type of --init: one of INITS, or a number above 0."""
    try:
        return text if text in INITS else positive(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{', '.join(INITS)} or a number above 0 is wanted, got {text!r}") from None


def make_parser() -> Parser:
    head, _, rest = (__doc__ or "").partition("\n\n")
    verbatim = argparse.RawDescriptionHelpFormatter
    parser = Parser("train_mlp.py", None, head, rest, formatter_class=verbatim, allow_abbrev=False)
    add = parser.add_argument
    add("--data", type=Path, default=DATA / "breast_cancer.csv", metavar="FILE",
        help=".npz with X (n_x, m) and Y (1, m); .csv with the label last; or the course's .h5, which is treated as "
        "in the course: X / 255 (floats from 0 to 1 unchanged), all examples to train on, no weight decay (default: "
        "the breast cancer table)")  # fmt: skip
    add("--test", type=Path, metavar="FILE", help="examples to test on (default: a fifth of --data; none for .h5)")
    add("--layers", type=whole(1), nargs="*", default=[20, 7, 5], metavar="N", help="hidden units (default: 20 7 5)")
    add("--optimizer", choices=OPTIMIZERS, default="sgd", help="default: sgd")
    add("--learning-rate", type=positive, metavar="X", help="default: 0.1 for sgd; each optimizer has its own")
    add("--weight-decay", type=partial(positive, zero_too=True), metavar="X", help="default: 0.03 (adamw 3, .h5 0)")
    add("--iterations", type=whole(1), default=1000, metavar="N", help="updates of the parameters (default: 1000)")
    add("--batch-size", type=whole(1), metavar="N", help="examples in an iteration (default: all; fewer are shuffled)")
    add("--init", type=init, default="he", metavar="|".join((*INITS, "X")), help="first weights (default: he)")
    add("--seed", type=whole(0), default=0, metavar="N", help="for weights and batches, not for the split (default: 0)")
    add("--rng", choices=("default", "legacy"), default="default", help="legacy: RandomState, as in the course")
    add("--eager", action="store_true", help="record a tape at each iteration instead of compiling the step")
    add("--print-every", type=whole(0), default=0, metavar="N", help="print the cost every N iterations")
    add("--checkpoint", type=Path, metavar="FILE", help="save the training state here, for --resume")
    add("--every", type=whole(1), metavar="N", help="iterations between two checkpoints (default: 100)")
    add(
        "--resume",
        action="store_true",
        help="continue from the checkpoint, or start anew if there is none; --iterations includes those before it",
    )
    add("--out", type=folder, default=Path("out"), metavar="DIR", help="where to write (default: out)")
    return parser


# --- the data


def load(options: argparse.Namespace) -> tuple[Examples, Examples | None, Scaling]:
    """The scaled examples to train on and to test on (None if there are none), and the scaling."""
    train, test = read(options.data), None
    if options.test:
        test = read(options.test)
        if len(test.X) != len(train.X):
            raise ValueError(f"{options.test} has {len(test.X)} features, {options.data} has {len(train.X)}")
        if test.pixels != train.pixels:
            wanted = "two tables, or images that are both uint8 or both floats"
            raise ValueError(f"{options.test} and {options.data} are not on one scale: give {wanted}")
        if same := one_class(options.test, test):
            print(f"{same} to test on")
    elif not from_course(options):
        train, test = split(train)
    if same := one_class(options.data, train):
        raise ValueError(f"{same} to train on: examples of 0 and of 1 are wanted")
    scaling = Scaling(0.0, train.pixels) if train.pixels else standardised(train)
    return scaling(train), scaling(test) if test else None, scaling


def from_course(options: argparse.Namespace) -> bool:
    return bool(options.data.suffix.lower() == ".h5")


# --- the training


def make_mlp(options: argparse.Namespace, n_x: int, m: int) -> tg.MLP:
    check_size([n_x, *options.layers, 1], m)
    rng = np.random.RandomState(options.seed) if options.rng == "legacy" else np.random.default_rng(options.seed)
    return tg.MLP([n_x, *options.layers, 1], init=options.init, rng=rng)


def check_size(layer_dims: list[int], m: int) -> None:
    """Raise ValueError for a net that is too large, before the system kills the run silently."""
    parameters = sum((n_in + 1) * n for n_in, n in pairwise(layer_dims))
    size = 8 * (parameters + m * sum(layer_dims))
    if size > LARGEST:
        raise ValueError(
            f"--layers asks for {parameters} parameters, and {size // 10**9} GB for them and the activations of {m} "
            f"examples; at most {LARGEST // 10**9} GB is taken here"
        )


def make_optimizer(options: argparse.Namespace, mlp: tg.MLP) -> Any:
    method = OPTIMIZERS[options.optimizer]
    learning_rate = options.learning_rate or method.learning_rate
    weight_decay = options.weight_decay
    if weight_decay is None:
        weight_decay = 0.0 if from_course(options) else method.weight_decay
    return method.make(mlp.parameters, learning_rate, weight_decay=weight_decay)


def make_step(mlp: tg.MLP, optimizer: Any, eager: bool = False) -> Step:
    """A function for one iteration: forward, backward, update; gives the cost before the update."""

    def cost_of(X: Array, Y: Array) -> tg.Tensor:
        return tg.cross_entropy(mlp(X), Y)

    def step(X: Array, Y: Array) -> float:
        cost = cost_of(X, Y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return float(cost)

    compiled = tg.compile(cost_of, optimizer=optimizer)
    return step if eager else lambda X, Y: float(compiled(X, Y))


def make_batches(options: argparse.Namespace, examples: Examples) -> tg.batches | None:
    """The batches of at least --iterations iterations; None if each takes all examples."""
    if options.batch_size is None:
        return None
    size, last = options.batch_size, options.iterations
    return tg.batches(examples.X, examples.Y, batch_size=size, rng=options.seed, epochs=last)


def accuracy(mlp: tg.MLP, examples: Examples) -> float:
    return float(np.mean(mlp.predict(examples.X) == examples.Y))


def train(
    mlp: tg.MLP,
    step: Step,
    batches: tg.batches | None,
    examples: Examples,
    options: argparse.Namespace,
    costs: Sequence[float] = (),
    save: Callable[[list[float]], None] = lambda costs: None,
) -> list[float]:
    """Run the iterations, or until Ctrl-C, and return all costs; a terminal shows their progress.

    costs: the costs of earlier iterations. save: called with all costs when a checkpoint is due.
    """
    from tqdm import tqdm

    costs, start, last = list(costs), len(costs), options.iterations
    save(costs)  # before the work, to find out now if the file cannot be written
    bar = tqdm(range(start, last), "training", last, unit="it", dynamic_ncols=True, disable=None, initial=start)
    with bar, stop_on_ctrl_c() as stopped:
        for k, batch in zip(bar, repeat(examples[:2]) if batches is None else batches, strict=False):
            costs.append(step(*batch))
            check_finite(costs[-1], k)
            if options.print_every and k % options.print_every == 0:
                bar.write(f"Cost after iteration {k}: {costs[-1]}")
            if not bar.disable and k % 10 == 0:
                bar.set_postfix_str(f"cost {costs[-1]:.4f}, accuracy {accuracy(mlp, examples):.1%}", refresh=False)
            ended = stopped()
            if ended or k + 1 == last or (k + 1) % (options.every or 100) == 0:
                save(costs)
            if ended:
                break
    return costs


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


def fixed(options: argparse.Namespace, optimizer: Any, examples: Examples) -> dict[str, str]:
    """The options and a hash of the data, which must be the same when a run is resumed."""
    numbers = {name: getattr(optimizer, name) for name in ("learning_rate", "weight_decay")}
    data = hashlib.sha256(examples.X.tobytes() + examples.Y.tobytes()).hexdigest()[:16]
    version = FORMAT if options.batch_size else FORMAT_OF_ALL
    kept = {"batch_size": options.batch_size, "format": version}  # the first to differ is named
    kept |= {**{name: getattr(options, name) for name in FIXED}, **numbers, "data": data}
    return {name: str(value) for name, value in kept.items()}


def save(
    path: Path | None,
    mlp: tg.MLP,
    optimizer: Any,
    batches: tg.batches | None,
    kept: dict[str, str],
    costs: Sequence[float],
) -> None:
    """Write the training state."""
    if path is not None:
        parameters = {name: p.data for name, p in mlp.parameters.items()}
        parts = {"run": kept, "parameters": parameters, "optimizer": optimizer.state_dict(), "costs": {"all": costs}}
        parts["batches"] = {} if batches is None else batches.state_dict()
        with writing_in(path.resolve().parent):
            write_arrays(path, {f"{part}/{name}": value for part in parts for name, value in parts[part].items()})


def resume(path: Path, mlp: tg.MLP, optimizer: Any, batches: tg.batches | None, kept: dict[str, str]) -> list[float]:
    """Load a checkpoint into the net, its optimizer and the batches; return the costs until then.

    Raises ValueError if it does not fit; then the net and its optimizer stay as they were.
    """
    parts: dict[str, dict[str, Array]] = {part: {} for part in ("run", "parameters", "optimizer", "batches", "costs")}
    for entry, value in read_arrays(path).items():
        part, _, name = entry.partition("/")
        parts.setdefault(part, {})[name] = value
    for name, here in kept.items():
        there = str(parts["run"].get(name, "missing"))
        if there != here:
            why = f"its {name.replace('_', '-')} is {short(there)}, not {here}"
            why = "it was made with other examples" if name == "data" and there != "missing" else why
            raise ValueError(f"{path} does not fit this run: {why}")
    for name, p in mlp.parameters.items():
        found = parts["parameters"].get(name)
        if found is None or (found.shape, found.dtype) != (p.shape, p.dtype):
            raise ValueError(f"{path} has no parameter {name} of {p.dtype} {p.shape}")
    costs = parts["costs"].get("all")
    if costs is None or costs.ndim != 1 or costs.dtype != np.float64:
        raise ValueError(f"{path} has no row of costs")
    if batches is not None:
        batches.load_state_dict(parts["batches"])
    optimizer.load_state_dict(parts["optimizer"])
    for name, p in mlp.parameters.items():
        p.data = parts["parameters"][name]
    return [float(cost) for cost in costs]


# --- the results


def write_results(out: Path, mlp: tg.MLP, scaling: Scaling, costs: list[float], cost: tg.Tensor) -> list[str]:
    """Write all files to a temporary folder, then move them: if it fails, older results stay."""
    remove_abandoned(out, ".writing-")
    with writing_in(out), tempfile.TemporaryDirectory(prefix=".writing-", dir=out) as name:
        folder = Path(name)
        mlp.save(folder / "parameters.npz")
        write_arrays(folder / "scaling.npz", scaling._asdict())
        plot_costs(folder / "cost.png", mlp, costs)
        try:
            tg.save_diagram(cost, folder / "graph.svg")
        except tg.RenderError as error:
            print(f"graph.dot is written in place of graph.svg: {str(error).splitlines()[0]}", file=sys.stderr)
        written = sorted(file.name for file in folder.iterdir())
        for file in written:
            os.replace(folder / file, out / file)
    return written


def plot_costs(path: Path, mlp: tg.MLP, costs: list[float]) -> None:
    from matplotlib.figure import Figure  # not pyplot, which looks for a screen

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(costs, color="#5b3a8c", linewidth=1.5)
    axes.set(title=f"MLP {dims(mlp)}", xlabel="iteration", ylabel="cross-entropy cost", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def dims(mlp: tg.MLP) -> str:
    return "-".join(map(str, mlp.layer_dims))


# --- the whole run


def run(options: argparse.Namespace) -> int:
    prepare_place(options)
    examples, test, scaling = load(options)
    require("tqdm", "matplotlib")
    mlp = make_mlp(options, len(examples.X), examples.m)
    with kept_if_used(options.out):
        return train_and_write(options, mlp, examples, test, scaling)


def train_and_write(
    options: argparse.Namespace, mlp: tg.MLP, examples: Examples, test: Examples | None, scaling: Scaling
) -> int:
    optimizer = make_optimizer(options, mlp)
    print(f"{options.data.name}: {examples.m} examples to train on, {test.m if test else 'none'} to test on")
    mode = "eager" if options.eager else "compiled"
    print(f"MLP {dims(mlp)}, {options.optimizer}, learning rate {optimizer.learning_rate:g}, {mode} step")
    path, kept, before = options.checkpoint, fixed(options, optimizer, examples), []
    batches = make_batches(options, examples)
    if options.resume and path.exists():
        before = resume(path, mlp, optimizer, batches, kept)
        print(f"going on from {path}, after {len(before)} iterations")
        if len(before) > options.iterations:
            raise ValueError(f"{path} is at iteration {len(before)}, and --iterations is {options.iterations}")
    if path:
        place = path.resolve()
        remove_abandoned(place.parent, f"{place.name}.", UNFINISHED)
    write = partial(save, path, mlp, optimizer, batches, kept)
    costs = train(mlp, make_step(mlp, optimizer, options.eager), batches, examples, options, before, write)
    cost = tg.cross_entropy(mlp(examples.X), examples.Y)
    cost.name = "cost"
    check_finite(float(cost), len(costs))
    stopped = len(costs) < options.iterations
    if stopped:
        print(f"stopped by Ctrl-C after {len(costs)} of {options.iterations} iterations; writing what was learnt")
    print(f"train accuracy: {accuracy(mlp, examples):.1%}")
    if test:
        print(f"test accuracy: {accuracy(mlp, test):.1%}")
    print(f"written to {options.out}: {', '.join(write_results(options.out, mlp, scaling, costs, cost))}")
    parameters, scale = (str(options.out / name) for name in ("parameters.npz", "scaling.npz"))
    print(f"for an example of your own, `row`, an array of {len(examples.X)} features as in {options.data.name}:")
    print("import numpy as np, tinygraph as tg")
    print(f"mlp, (mean, std) = tg.MLP.load({parameters!r}), np.load({scale!r}).values()")
    print("mlp.predict((row.reshape(-1, 1) - mean) / std)")
    return 130 if stopped else 0


def require(*modules: str) -> None:
    """Raise ValueError for a missing package, before the training and not after it."""
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            raise ValueError(f'this example takes {module}: pip install ".[examples]" in a checkout')


def main(argv: Sequence[str] | None = None) -> int:
    parser = make_parser()
    options = parser.parse_args(argv)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # check_finite reports them
            return run(options)
    except (OSError, ValueError, MemoryError, RuntimeError) as error:  # RuntimeError: a circle of links
        parser.error(said(error))
    except KeyboardInterrupt:
        print("interrupted: no results are written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
