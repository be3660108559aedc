"""Compare speed and memory of tinygraph, NumPy by hand and its peers; prints Markdown.

    python tools/benchmark.py                                     # everything: some minutes
    python tools/benchmark.py --sections steps --nets tiny --only expert tinygraph
    python tools/benchmark.py --quick                             # does it run? (rough figures)

Peers that are not installed are left out. Run it on a machine that does nothing else: other work
slows the peers with several threads most.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import subprocess
import sys
import timeit
import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial
from importlib import metadata
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from by_hand import Problem, Step, problem  # noqa: E402
from contestants import ADAM, CONTESTANTS, INFERENCE, JACOBIANS, Contestants  # noqa: E402

NETS: dict[str, tuple[str, tuple[int, ...], int, str]] = {  # heading, layer_dims, examples, dtype
    "tiny": ("2-16-16-1", (2, 16, 16, 1), 100, "float64"),
    "cat": ("12288-20-7-5-1", (12288, 20, 7, 5, 1), 209, "float64"),
    "digits": ("784-128-64-1", (784, 128, 64, 1), 64, "float32"),
    "deep": ("50 times 32, 1", (32,) * 50 + (1,), 64, "float32"),
    "wide": ("4 times 1024, 1", (1024,) * 4 + (1,), 512, "float32"),
}
AGREE_WITHIN = {"float64": 1e-10, "float32": 1e-4}
NOT_TRACED = {"products", "pytorch", "jax"}  # tracemalloc does not see what the latter two allocate


def table(heading: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    lines = [list(map(str, row)) for row in (heading, *rows)]
    lines.insert(1, ["---"] + ["---:"] * (len(lines[0]) - 1))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def version(package: str | None) -> str | None:
    """The installed version; "" if no package is needed, None if it is not installed."""
    try:
        return metadata.version(package) if package else ""
    except metadata.PackageNotFoundError:
        return None


def chosen(
    options: argparse.Namespace, contestants: Contestants = CONTESTANTS
) -> dict[str, tuple[str, Callable[[Problem], Step]]]:
    """Heading and maker of each chosen contestant that is installed, after the lesson's code."""
    return {
        key: (heading, make)
        for key, (heading, package, make) in contestants.items()
        if key == "lesson" or (key in options.only and version(package) is not None)
    }


def check_costs(net: str, dtype: str, steps: dict[str, Step]) -> None:
    """Check that all find the same three costs; the last two depend on all gradients."""
    wanted = [steps["lesson"]().mean().item() for _ in range(3)]  # the mean, because inference gives several
    for key in steps.keys() - {"lesson", "products"}:
        got = [steps[key]().mean().item() for _ in range(3)]
        if not np.allclose(got, wanted, rtol=AGREE_WITHIN[dtype], atol=0):
            sys.exit(f"{key} does not compute the costs of the lesson on {net}: costs {got}, the lesson's {wanted}")


def seconds(step: Step, repeats: int) -> float:
    step()  # brings this contestant's arrays back into the cache
    start = perf_counter()
    for _ in range(repeats):
        step()
    return (perf_counter() - start) / repeats


def steps(options: argparse.Namespace) -> str:
    """A training step's time over the lesson's: median over rounds, all in turn in random order."""
    return raced(options, chosen(options))


def minibatches(options: argparse.Namespace) -> str:
    """The same with other X and Y at each step: eight batches in turn."""
    return raced(options, chosen(options), batches=8)


def adam(options: argparse.Namespace) -> str:
    """A training step with Adam, over the lesson's."""
    return raced(options, chosen(options, ADAM), optimizer="Adam", learning_rate=1e-5)


def inference(options: argparse.Namespace) -> str:
    """The forward pass alone, over the lesson's, which keeps its caches."""
    return raced(options, chosen(options, INFERENCE))


def raced(
    options: argparse.Namespace,
    makers: dict[str, tuple[str, Callable[[Problem], Step]]],
    batches: int = 1,
    **changes: Any,
) -> str:
    rows = []
    for net in options.nets:
        shown, layer_dims, examples, dtype = NETS[net]
        here = problem(layer_dims, examples, dtype, batches)._replace(**changes)
        check_costs(net, dtype, {key: make(here) for key, (_, make) in makers.items()})
        # tiny steps: thousands of others would drive the lesson's cost to log(0), and NaN is slow
        here = here._replace(learning_rate=1e-6)
        running = {key: make(here) for key, (_, make) in makers.items()}
        repeats = {key: max(1, int(options.seconds / seconds(step, 1))) for key, step in running.items()}
        times: dict[str, list[float]] = {key: [] for key in running}
        for _ in range(options.rounds):
            for key in random.sample(list(running), len(running)):
                times[key].append(seconds(running[key], repeats[key]))
        baseline = times.pop("lesson")
        ratios = [median(t / t0 for t, t0 in zip(taken, baseline, strict=True)) for taken in times.values()]
        row = [f"{net}: {shown}; {examples}, {dtype}", f"1 ({median(baseline) * 1e6:,.0f} µs)"]
        rows.append([*row, *(f"{ratio:.2f}" for ratio in ratios)])
    return table(["net; examples, dtype", *(heading for heading, _ in makers.values())], rows)


def memory(options: argparse.Namespace) -> str:
    """The most memory held during a step over the lesson's, with parameters, without X and Y."""
    makers = {key: maker for key, maker in chosen(options).items() if key not in NOT_TRACED}
    rows = []
    for net in options.nets:
        peaks = [peak_and_rise(make, problem(*NETS[net][1:]))[0] for _, make in makers.values()]
        row = [f"{net}: {NETS[net][0]}", f"1 ({peaks[0] / 1e6:,.2f} MB)"]
        rows.append([*row, *(f"{peak / peaks[0]:.2f}" for peak in peaks[1:])])
    return table(["net", *(heading for heading, _ in makers.values())], rows)


def peak_and_rise(make: Callable[[Problem], Step], here: Problem) -> tuple[int, int]:
    """The most bytes held during a step, and their rise from before it."""
    make(here)()  # imports its packages before anything is counted
    gc.collect()
    tracemalloc.start()
    step = make(here)
    step(), step()
    gc.collect()  # a trace is freed only now
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, peak - before


def compiling(options: argparse.Namespace) -> str:
    """Milliseconds that the first call takes beyond a later one; memory of a step, and its peak."""
    make = CONTESTANTS["compiled"][2]
    rows = []
    for net in options.nets:
        here, firsts, laters = problem(*NETS[net][1:]), [], []
        for _ in range(3 if options.quick else 9):
            step = make(here)
            start = perf_counter()
            step()
            firsts.append(perf_counter() - start)
            laters.append(seconds(step, 3))
        ms = (min(firsts) - min(laters)) * 1e3
        peak, rise = peak_and_rise(make, here)
        lesson, expert = (peak_and_rise(CONTESTANTS[key][2], here)[0] for key in ("lesson", "expert"))
        row = [f"{net}: {NETS[net][0]}", f"{ms:.1f}", f"{rise:,} B"]
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
    makers = {key: maker for key, (_, package, maker) in JACOBIANS.items() if package is None or version(package)}
    rows = []
    for n in (4, 64) if options.quick else (4, 64, 256):
        W1, W2, x = (np.random.default_rng(k).standard_normal(shape) for k, shape in enumerate([(n, n), (n, n), n]))
        running = {key: partial(maker(W1, W2), x) for key, maker in makers.items()}
        for run in running.values():
            np.testing.assert_allclose(np.asarray(run()), np.asarray(running["lesson"]()), rtol=1e-8, atol=1e-8)
        times: dict[str, list[float]] = {key: [] for key in running}
        for _ in range(options.rounds):
            for key in random.sample(list(running), len(running)):
                times[key].append(seconds(running[key], max(1, int(options.seconds / seconds(running[key], 1)))))
        baseline = times.pop("lesson")
        ratios = [median(t / t0 for t, t0 in zip(taken, baseline, strict=True)) for taken in times.values()]
        rows.append([n, f"1 ({median(baseline) * 1e6:,.0f} µs)", *(f"{ratio:.2f}" for ratio in ratios)])
    return table(["n", *(JACOBIANS[key][0] for key in makers)], rows)


SECTIONS = {
    function.__name__: function
    for function in (steps, minibatches, adam, inference, memory, compiling, overhead, chain, imports, jacobians)
}


def environment() -> str:
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    cpuinfo = Path("/proc/cpuinfo")
    models = [line for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    cpu = models[0].split(":")[1].strip() if models else platform.processor() or platform.machine()
    facts = [f"Python {platform.python_version()}", f"NumPy {np.__version__} with {blas['name']} {blas['version']}"]
    facts += [f"{package} {version(package)}" for _, package, _ in CONTESTANTS.values() if version(package)]
    return ", ".join([*facts, f"{os.cpu_count()} cores of {cpu}", platform.system()]) + "."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS))
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS), help="next to the lesson")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.02, help="time of each contestant in each round")
    parser.add_argument("--quick", action="store_true", help="few rounds, short chains")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 5, 0.002
    print(environment())
    for key in CONTESTANTS:
        if key in options.only and version(CONTESTANTS[key][1]) is None:
            print(f"Not installed, so left out: {CONTESTANTS[key][0]}.")
    for section in options.sections:
        print(f"\n### {section}\n\n{SECTIONS[section].__doc__}\n\n{SECTIONS[section](options)}", flush=True)


if __name__ == "__main__":
    main()
