"""Compare speed and memory of tinygraph, NumPy by hand and its peers; prints Markdown.

    python tools/benchmark.py                                     # everything: some minutes
    python tools/benchmark.py --sections sgd --nets tiny --only expert tinygraph
    python tools/benchmark.py --quick                             # does it run? (rough figures)
    python tools/benchmark.py --write                             # into docs/speed.md and README.md

Peers that are not installed are left out. Run it on a machine that does nothing else: other work
slows the peers with several threads most.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import subprocess
import sys
import timeit
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import speed_page  # noqa: E402
from by_hand import Problem, problem, start  # noqa: E402
from contestants import CONTESTANTS, JACOBIANS, Contestant, version  # noqa: E402
from racing import Run, check_costs, race  # noqa: E402
from speed_page import table  # noqa: E402

NETS: dict[str, tuple[str, tuple[int, ...], int, str]] = {  # heading, layer_dims, examples, dtype
    "tiny": ("2-16-16-1", (2, 16, 16, 1), 100, "float64"),
    "cat": ("12288-20-7-5-1", (12288, 20, 7, 5, 1), 209, "float64"),
    "digits": ("784-128-64-1", (784, 128, 64, 1), 64, "float32"),
    "deep": ("50 times 32, 1", (32,) * 50 + (1,), 64, "float32"),
    "wide": ("4 times 1024, 1", (1024,) * 4 + (1,), 512, "float32"),
}
AGREE_WITHIN = {"float64": 1e-10, "float32": 1e-4}


def chosen(options: argparse.Namespace, section: str) -> dict[str, Callable[[Problem], Contestant]]:
    """The makers of the section's chosen contestants that are installed; the first is the baseline."""
    taking_part = {key: row for key, row in CONTESTANTS.items() if section in row.sections.split()}
    baseline = next(iter(taking_part))
    return {
        key: row.make
        for key, row in taking_part.items()
        if key == baseline or (key in options.only and version(row.package) is not None and row.runs())
    }


def by_contestant(columns: dict[str, dict[str, str]]) -> str:
    """A table with a row for each contestant; columns: heading -> key -> cell."""
    keys = next(iter(columns.values()))
    rows = [[CONTESTANTS[key].heading, *(column[key] for column in columns.values())] for key in keys]
    return table(["", *columns], rows)


def as_ratios(baseline: float, ratios: dict[str, float]) -> dict[str, str]:
    first, *_ = ratios
    return {key: f"{ratio:.2f}" for key, ratio in ratios.items()} | {first: f"1 ({baseline * 1e6:,.0f} µs)"}


def heading(net: str) -> str:
    return "{}: {}; {}, {}".format(net, *NETS[net][::2], NETS[net][3])


def raced(
    options: argparse.Namespace, section: str, p: Problem, checked: Problem, rounds: int | None = None
) -> tuple[float, dict[str, float]]:
    """Check the costs on one problem, and then race on another."""
    print(f"{section}: {'-'.join(map(str, p.layer_dims[:5]))} ...", file=sys.stderr)
    makers = chosen(options, section)
    checked = checked._replace(eps=1e-16)  # scikit-learn adds eps to a root that is not yet corrected
    with_costs = {key: make(checked).run for key, make in makers.items() if key != "products"}
    check_costs(section, with_costs, AGREE_WITHIN[str(p.dtype)])
    # tiny steps: thousands of others would drive the lesson's cost to log(0), and NaN is slow
    runs = {key: make(p._replace(learning_rate=1e-6)).run for key, make in makers.items()}
    return race(runs, rounds or options.rounds, options.seconds)


def training(options: argparse.Namespace, section: str, batches: int = 1, **changes: Any) -> str:
    columns = {}
    for net in options.nets:
        p = problem(*NETS[net][1:], batches)._replace(**changes)
        columns[heading(net)] = as_ratios(*raced(options, section, p, p))
    return by_contestant(columns)


def sgd(options: argparse.Namespace) -> str:
    """A training step's time over the lesson's: median over rounds, all in turn in random order."""
    return training(options, "sgd")


def adam(options: argparse.Namespace) -> str:
    """A training step with Adam, over the lesson's."""
    return training(options, "adam", optimizer="Adam", learning_rate=1e-5)


def minibatches(options: argparse.Namespace) -> str:
    """An epoch of eight shuffled batches with SGD, over the lesson's."""
    return training(options, "minibatches", batches=2 if options.quick else 8)


def classes(options: argparse.Namespace) -> str:
    """An epoch of shuffled batches with ten classes, softmax and Adam."""
    made_up = problem((784, 256, 128, 10), 128, "float32", 5 if options.quick else 469)
    problems: dict[str, tuple[Problem, Callable[[float, dict[str, float]], dict[str, str]]]] = {
        "64-100-10, batch 32: ms an epoch": (digits(32), as_milliseconds),
        "64-100-10, batch 200: ms an epoch": (digits(200), as_milliseconds),
        "784-256-128-10, batch 128: samples/s": (made_up, partial(as_rates, len(made_up.X))),
    }
    columns = {}
    for shown, (p, as_cells) in problems.items():
        p = p._replace(optimizer="Adam", learning_rate=1e-3)
        few = 4 * p.batch_size - 7  # of the batches, the last one is smaller
        rounds = 1 + options.rounds // 8 if p is made_up else options.rounds
        columns[shown] = as_cells(*raced(options, "classes", p, p._replace(X=p.X[:few], Y=p.Y[:few]), rounds))
    return by_contestant(columns)


def digits(batch_size: int) -> Problem:
    """The 1,797 handwritten digits of 8 by 8 pixels."""
    with np.load(ROOT / "examples" / "data" / "digits.npz") as data:
        X, Y = data["X"].T / 16.0, data["digit"].astype(np.int64)
    layer_dims = (64, 100, 10)
    return Problem(layer_dims, np.ascontiguousarray(X), Y, batch_size, start(layer_dims, "float64"))


def as_milliseconds(baseline: float, ratios: dict[str, float]) -> dict[str, str]:
    return {key: f"{ratio * baseline * 1e3:.2f}" for key, ratio in ratios.items()}


def as_rates(examples: int, baseline: float, ratios: dict[str, float]) -> dict[str, str]:
    return {key: f"{examples / (ratio * baseline):,.0f}" for key, ratio in ratios.items()}


def inference(options: argparse.Namespace) -> str:
    """The forward pass alone, over the lesson's, which keeps its caches."""
    columns = {}
    for net in options.nets:
        p = problem(*NETS[net][1:])
        steps = {key: make(p).prediction() for key, make in chosen(options, "inference").items()}
        means: dict[str, Run] = {key: partial(mean_predictions, step) for key, step in steps.items()}
        check_costs(net, means, AGREE_WITHIN[str(p.dtype)])
        runs: dict[str, Run] = {key: partial(repeated, step) for key, step in steps.items()}
        columns[heading(net)] = as_ratios(*race(runs, options.rounds, options.seconds))
    return by_contestant(columns)


def repeated(step: Callable[[], Any], repeats: int) -> None:
    for _ in range(repeats):
        step()


def mean_predictions(step: Callable[[], Any], repeats: int) -> list[float]:
    return [step().mean().item() for _ in range(repeats)]


def memory(options: argparse.Namespace) -> str:
    """The most memory held during a step over the lesson's, with parameters, without X and Y."""
    rows = []
    for optimizer in ("SGD", "Adam"):
        peaks: dict[str, list[int]] = {}
        for key, make in chosen(options, "memory").items():
            if optimizer.lower() in CONTESTANTS[key].sections:
                problems = [
                    problem(*NETS[net][1:])._replace(optimizer=optimizer, learning_rate=1e-6) for net in options.nets
                ]
                peaks[key] = [peak_and_rise(make, p)[0] for p in problems]
        for key, row in peaks.items():
            ratios = [f"{peak / lesson:.2f}" for peak, lesson in zip(row, peaks["lesson"], strict=True)]
            shown = [f"1 ({peak / 1e6:,.2f} MB)" for peak in row] if key == "lesson" else ratios
            rows.append([f"{optimizer}: {CONTESTANTS[key].heading}", *shown])
    return table(["", *(f"{net}: {NETS[net][0]}" for net in options.nets)], rows)


def quiet_problem(net: str, optimizer: str) -> Problem:
    """With steps so small that no cost goes to log(0)."""
    return problem(*NETS[net][1:])._replace(optimizer=optimizer, learning_rate=1e-6)


def peak_and_rise(make: Callable[[Problem], Contestant], p: Problem) -> tuple[int, int]:
    """The most bytes held during a step, and their rise from before it."""
    make(p).run(1)  # imports its packages before anything is counted
    gc.collect()
    batch = make(p).whole()  # X and Y are not counted
    tracemalloc.start()
    contestant = make(p)
    contestant.train(*batch), contestant.train(*batch)
    gc.collect()  # a trace is freed only now
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    contestant.train(*batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, peak - before


def compiling(options: argparse.Namespace) -> str:
    """Milliseconds that the first call takes beyond a later one; memory of a step, and its peak."""
    rows = []
    for optimizer in ("SGD", "Adam"):
        for net in options.nets:
            p, times = quiet_problem(net, optimizer), []
            for _ in range(1 if options.quick else 9):
                contestant = CONTESTANTS["compiled"].make(p)
                batch = contestant.whole()
                ticks = [perf_counter()]
                for _ in range(3):
                    contestant.train(*batch)
                    ticks.append(perf_counter())
                times.append(np.diff(ticks))
            first, *later = np.min(times, axis=0) * 1e3
            peak, rise = peak_and_rise(CONTESTANTS["compiled"].make, p)
            lesson, expert = (peak_and_rise(CONTESTANTS[key].make, p)[0] for key in ("lesson", "expert"))
            row = [f"{net}: {NETS[net][0]}, {optimizer}", f"{first - min(later):.1f}", f"{rise:,} B"]
            rows.append([*row, f"{peak / lesson:.2f}", f"{peak / expert:.2f}"])
    return table(["net", "compiling, ms", "allocated in a step", "peak over lesson's", "peak over expert's"], rows)


def overhead(options: argparse.Namespace) -> str:
    """Nanoseconds that recording and applying a rule add to NumPy's own, on arrays of one entry."""
    import tinygraph as tg

    calls, length = (200, 100) if options.quick else (20_000, 1000)

    def ns(function: Callable[..., Any], *args: Any) -> float:
        return min(timeit.repeat(lambda: function(*args), number=calls, repeat=7)) / calls * 1e9

    x, c = tg.Tensor([[0.5]], requires_grad=True), tg.Tensor([[1.0]])
    a = c.numpy()
    cases: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {  # recorded, and in NumPy alone
        "x + c": (lambda x: x + c, lambda x: x + a),
        "x * c": (lambda x: x * c, lambda x: x * a),
        "x @ c": (lambda x: x @ c, lambda x: x @ a),
        "relu(x)": (tg.relu, lambda x: np.maximum(x, 0)),
        "tanh(x)": (tg.tanh, np.tanh),
        "x.sum()": (lambda x: x.sum(), lambda x: x.sum()),
        "x + array": (lambda x: x + a, lambda x: x + a),
        "np.tanh(x)": (np.tanh, np.tanh),
    }
    rows = []
    for shown, (ours, theirs) in cases.items():
        y = x
        for _ in range(length):
            y = ours(y)
        node = y.tape()[-1]
        op: Any = node.op
        inputs = [t.numpy() for t in node.inputs]
        numpy, recorded = ns(theirs, inputs[0]), ns(ours, node.inputs[0])
        rule = ns(op.rules[0], np.ones(y.shape), node.numpy(), *inputs)
        backward = min(timeit.repeat(y.backward, number=1, repeat=50)) / length * 1e9
        rows.append([f"`{shown}`", *map(round, (numpy, recorded, recorded - numpy, rule, backward, backward - rule))])
    return table(["", "NumPy", "recorded", "overhead", "rule", "backward", "overhead"], rows)


def chain(options: argparse.Namespace) -> str:
    """Time and memory of each op in a chain, which should not depend on its length."""
    import tinygraph as tg

    def forward(length: int) -> Any:
        y = tg.Tensor(1.0, requires_grad=True)
        for _ in range(length):
            y = y * 1.0
        return y

    def nanoseconds(length: int) -> Any:
        ticks = [perf_counter()]
        y = forward(length)
        ticks.append(perf_counter())
        y.backward()
        ticks.append(perf_counter())
        del y
        ticks.append(perf_counter())
        return np.diff(ticks) / length * 1e9

    gc.freeze()  # so that the collector does not search the peers' objects
    rows = []
    for length in (10**3, 10**4) if options.quick else (10**3, 10**4, 10**5, 10**6):
        times = np.median([nanoseconds(length) for _ in range(3)], axis=0)
        tracemalloc.start()
        y = forward(length)
        held = tracemalloc.get_traced_memory()[0]
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append([f"{length:,}", *(f"{t:,.0f} ns" for t in times), f"{held // length} B", f"{peak // length} B"])
    return table(["ops", "forward", "backward", "freeing", "held", "peak of backward"], rows)


def imports(options: argparse.Namespace) -> str:
    """The time that `import tinygraph` adds to `import numpy`: the median over new processes."""
    code = "from time import perf_counter as t; a = t(); import numpy; b = t(); import tinygraph; print(b - a, t() - b)"
    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    runs = []
    for _ in range(3 if options.quick else 16):
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=compiled, capture_output=True, check=True)
        runs.append([float(number) for number in run.stdout.split()])
    numpy, ours = np.median(runs[1:], axis=0) * 1e3  # the first has written the bytecode
    return table(["import", "ms"], [["numpy", f"{numpy:.1f}"], ["tinygraph, after it", f"{ours:.1f}"]])


def jacobians(options: argparse.Namespace) -> str:
    """The Jacobian of W2 @ tanh(W1 @ x), all n by n, over its formula by hand."""
    makers = {key: maker for key, (_, package, maker) in JACOBIANS.items() if version(package) is not None}
    rows = []
    for n in (4, 64) if options.quick else (4, 64, 256):
        W1, W2, x = (np.random.default_rng(k).standard_normal(shape) for k, shape in enumerate([(n, n), (n, n), n]))
        steps = {key: partial(maker(W1, W2), x) for key, maker in makers.items()}
        for step in steps.values():
            np.testing.assert_allclose(np.asarray(step()), np.asarray(steps["lesson"]()), rtol=1e-8, atol=1e-8)
        runs: dict[str, Run] = {key: partial(repeated, step) for key, step in steps.items()}
        rows.append([n, *as_ratios(*race(runs, options.rounds, options.seconds)).values()])
    return table(["n", *(JACOBIANS[key][0] for key in makers)], rows)


SECTIONS = {
    function.__name__: function
    for function in (sgd, adam, minibatches, classes, inference, memory, compiling, overhead, chain, imports, jacobians)
}


def environment() -> str:
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    cpuinfo = Path("/proc/cpuinfo")
    models = [line for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    cpu = models[0].split(":")[1].strip() if models else platform.processor() or platform.machine()
    facts = [f"Python {platform.python_version()}", f"NumPy {np.__version__} with {blas['name']} {blas['version']}"]
    packages = dict.fromkeys(row.package for row in CONTESTANTS.values())
    facts += [f"{package} {version(package)}" for package in packages if version(package)]
    return ", ".join([*facts, f"{os.cpu_count()} cores of {cpu}", platform.system()]) + "."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="next to the lesson")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.02, help="time of each contestant in each round")
    parser.add_argument("--quick", action="store_true", help="few rounds, short chains, few examples")
    parser.add_argument("--write", action="store_true", help="into docs/speed.md and README.md")
    options = parser.parse_args()
    if options.write and (options.quick or options.nets != list(NETS) or options.only != list(CONTESTANTS)):
        parser.error("--write takes all nets and contestants, without --quick; --sections may choose")
    if options.quick:
        options.rounds, options.seconds = 2, 0.002
    print(environment())
    for key, row in CONTESTANTS.items():
        if key in options.only and (version(row.package) is None or not row.runs()):
            print(f"Not installed, or does not work here, so left out: {row.heading}.")
    for section in options.sections:
        made = SECTIONS[section](options)
        print(f"\n### {section}\n\n{SECTIONS[section].__doc__}\n\n{made}", flush=True)
        if options.write:
            speed_page.write({section: made, "environment": environment()})


if __name__ == "__main__":
    main()
