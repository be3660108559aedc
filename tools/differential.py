"""Compare tinygraph with NumPy, PyTorch, JAX and central differences, on random programs.

--kinds chooses the programs: floats (described below), dtypes (dtype_programs.py: leaves of every
dtype), loops and steps (step_programs.py: loops of 5 to 50 steps, training steps with each
optimizer through casts).

A program is drawn from one integer, its seed. It has 1 to 3 inputs: float32, float64 or mixed; of 0
to 3 axes with lengths 0 to 3, that broadcast or not; laid out as C, as Fortran, with gaps, with
negative strides, or as a view that repeats one row. Then come 1 to 8 steps: ops drawn evenly from
those of tests/op_table.py and the costs, with random axes, options and indices, on earlier values,
mostly the latest. Arguments that lie outside the op's domain (the table's), at a kink, or that do
not differ as max needs it, are moved by a constant, so that the program is smooth there. Large
arguments are scaled down, and those of the wrong shape are gathered by `take`. So every failure is
a bug.

Compared, for y = program(x...), random weights w and directions v:
  value      of every step, with its dtype: on Tensors and on arrays against NumPy
  gradient   of sum(w y), and `second`, its change along v: against the others, in float64
  jvp        <w, J v> against <J^T w, v>
  compiled   y, gradient and second of tg.compile against the eager ones
  jacobian   all rows in one walk against row by row
  nested     a gradient of a function that also reads its variables from outside, at the same
             values: gradient / 2; and the derivative of that: second / 2
  checkpoint the gradient of a function that also reads its arguments from outside
  ravel      the gradient in all inputs as one vector
  first alone the gradient in the first input, with plain arrays for the others
Without PyTorch and JAX, or with --against "", the others are central differences in float64: of the
program in NumPy and, for `second`, of the gradient. So they are if a library refuses a program,
because it lacks an op or an option; the report counts these programs.

The allowed error is ROUNDINGS * eps * (1 + largest entry + condition): 1, because all arguments are
of that size; eps of the coarsest dtype in the program; the condition is how far the result moves,
per DELTA, if all inputs, values and gradients are multiplied by 1 + DELTA * (1 or -1). Against
another library, PEERS times that is allowed, because it may round a step that is exact in
tinygraph, such as softmax over one entry with its slope of 0. A failing program is made smaller and
printed as a script.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import dtype_programs
import numpy as np
import references
import step_programs
from random_programs import WANTED, Program, Unfit, draw, grid, literal, tg, widened

from tinygraph.tape import toposort

ROUNDINGS, DELTA, PEERS = 32, 2.0**-23, 4
Results = dict[str, Any]  # arrays by kind and name, such as "gradient x0"
OURS: dict[str, Any] = {"tg": tg, "np": np}
NUMPY: dict[str, Any] = {"tg": references.NUMPY, "np": np}


class Failure(NamedTuple):
    """A failed comparison: its kind, the name of the array, and a text with both results."""

    kind: str
    name: str
    text: str


def plain(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else np.asarray(x)


def largest(x: Any) -> float:
    return float(np.max(np.abs(plain(x)), initial=0))


def inner(xs: Any, ys: Any) -> float:
    return float(sum(np.sum(np.asarray(x, float) * y) for x, y in zip(xs, ys, strict=True)))


class Case:
    """A program with its arguments, weights and directions, and ways to run it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.code = {name: compile(line, name, "eval") for name, line in program.lines.items()}
        self.wide_code = {name: compile(widened(line), name, "eval") for name, line in program.lines.items()}
        self.names = list(program.inputs)
        self.xs = list(program.arrays().values())
        self.wide = [np.asarray(x, float) for x in self.xs]
        self.eps = float(np.finfo("float32" if "float32" in program.script() else "float64").eps)
        rng = np.random.default_rng([program.seed, 1])
        self.w = grid(rng, program.values[program.result].shape)
        self.vs = [grid(rng, x.shape) for x in self.xs]

    def run(self, library: Results, xs: Any, wide: bool = False, noise: Any = None) -> Results:
        """All values of the program on xs, in a library; noise moves each float by some DELTAs."""
        values: Results = {}
        for name, x in [*zip(self.names, xs, strict=True), *(self.wide_code if wide else self.code).items()]:
            value = eval(x, library, values) if name in self.code else x
            if noise is not None and value.dtype.kind == "f":
                value = value * (1 + DELTA * noise.choice([-1.0, 1.0], value.shape))
            values[name] = value
        return values

    def function(self, library: Results, wide: bool = False, noise: Any = None) -> Callable[..., Any]:
        return lambda *xs: self.run(library, xs, wide, noise)[self.program.result]

    def cost(self, f: Callable[..., Any]) -> Callable[..., Any]:
        def cost(*xs: Any) -> Any:
            y = f(*xs)
            return tg.sum(y * self.w.astype(y.dtype))

        return cost

    def gradient(self, f: Callable[..., Any]) -> Callable[..., Any]:
        return tg.grad(self.cost(f), tuple(range(len(self.xs))))

    def tangents(self, xs: Any) -> list[Any]:
        return [v.astype(x.dtype) for v, x in zip(self.vs, xs, strict=True)]

    def named(self, y: Any, gradients: Any, second: Any) -> Results:
        named = {"y": y, **{f"gradient {name}": g for name, g in zip(self.names, gradients, strict=True)}}
        return {**named, **{f"second {name}": h for name, h in zip(self.names, second, strict=True)}}

    def of(self, kind: str, results: Results) -> list[Any]:
        return [results[f"{kind} {name}"] for name in self.names]

    def derivatives(self, f: Callable[..., Any], xs: Any) -> Results:
        y, pullback = tg.vjp(f, *xs)
        second = tg.hvp(lambda xs: self.cost(f)(*xs), xs, self.tangents(xs))
        return self.named(y, pullback(self.w.astype(y.dtype)), second)

    def scales(self) -> Results:
        """For each value and derivative 1 + its largest entry + its condition."""

        def results(noise: Any) -> Results:
            values = self.run(OURS, self.wide, True, noise)
            return {**values, **self.derivatives(self.function(OURS, True, noise), self.wide)}

        exact = {name: plain(x) for name, x in results(None).items()}
        scales = {name: 1 + largest(x) for name, x in exact.items()}
        for seed in range(2):
            moved = results(np.random.default_rng([self.program.seed, 2, seed]))
            for name in (name for name, x in exact.items() if x.dtype.kind == "f"):
                scales[name] += largest(plain(moved[name]) - exact[name]) / DELTA
        return scales


class Differential:
    """Compares programs, and counts the comparisons."""

    def __init__(self, libraries: list[str]) -> None:
        self.others = {name: getattr(references, name)() for name in libraries}
        self.compared: Counter[str] = Counter()
        self.ops: Counter[str] = Counter()
        self.worst: dict[str, float] = {}  # the largest error of each kind, as a part of the allowed one

    def check(self, program: Any) -> Failure | None:
        """The first failure of the program."""
        kind = "values"
        self.ops.update(step.op for step in getattr(program, "steps", {}).values())
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # NumPy and PyTorch warn of a var of nothing
                found = self.comparisons(Case(program)) if isinstance(program, Program) else program.comparisons()
                for kind, name, got, expected, allowed in found:
                    if (text := self.difference(kind, plain(got), plain(expected), allowed)) is not None:
                        return Failure(kind, name, text)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{frame.filename}, line {frame.lineno}"
            return Failure(f"{type(error).__name__} at or after {kind}", "", f"{error} ({where})")
        return None

    def difference(self, kind: str, got: Any, expected: Any, allowed: Any) -> str | None:
        self.compared[kind] += 1
        if got.shape != expected.shape:
            return f"shape {got.shape}, not {expected.shape}"
        if got.dtype.kind != "f" or expected.dtype.kind != "f":
            return None if np.array_equal(got, expected) else f"{got.tolist()}, not {expected.tolist()}"
        both_nan = np.isnan(got) & np.isnan(expected)
        error = np.where((got == expected) | both_nan, 0, np.abs(got.astype(float) - expected))
        error = np.nan_to_num(error, nan=np.inf, posinf=np.inf)
        if not np.all(error <= allowed):
            return f"{got.tolist()}, not {expected.tolist()}: error {np.max(error):.3g}, allowed {np.max(allowed):.3g}"
        part = np.max(np.where(error > 0, error / np.maximum(allowed, np.finfo(float).tiny), 0), initial=0)
        self.worst[kind] = max(self.worst.get(kind, 0), float(part))
        return None

    def comparisons(self, case: Case) -> Iterator[tuple[str, str, Any, Any, float]]:
        """(kind, name, got, expected, allowed) of each."""
        f, xs, tangents = case.function(OURS), case.xs, case.tangents(case.xs)
        before, scales = [x.copy() for x in xs], case.scales()
        allowed = {name: ROUNDINGS * case.eps * scale for name, scale in scales.items()}
        tensors = case.run(OURS, [tg.Tensor(x, requires_grad=True) for x in xs])
        for kind, ours in (("value", tensors), ("value on arrays", case.run(OURS, xs))):
            for name, value in case.run(NUMPY, xs).items():
                yield kind, name, ours[name], value, allowed[name]
                if np.__version__ >= "2":
                    yield "dtype", name, str(ours[name].dtype), str(value.dtype), 0
        found = case.derivatives(f, xs)
        for name, got in found.items():
            if name != "y":
                yield "dtype", name, str(got.dtype), str(xs[case.names.index(name.split()[1])].dtype), 0

        y, moved = tg.jvp(f, tuple(xs), tuple(tangents))
        yield "jvp", "y", y, found["y"], allowed["y"]
        margin = inner(case.of("gradient", allowed), map(np.abs, case.vs))
        yield "jvp", "<w, J v>", np.sum(case.w * moved), inner(case.of("gradient", found), case.vs), margin

        def second(*both: Any) -> Any:
            return tg.hvp(lambda xs: case.cost(f)(*xs), list(both[: len(xs)]), list(both[len(xs) :]))

        compiled = tg.compile(f)(*xs), tg.compile(case.gradient(f))(*xs), tg.compile(second)(*xs, *tangents)
        for name, got in case.named(*compiled).items():
            yield "compiled", name, got, found[name], allowed[name]
        if y.size <= 12:
            pullback = tg.vjp(f, *xs)[1]
            rows = [pullback(row.reshape(y.shape)) for row in np.eye(y.size, dtype=y.dtype)]
            for k, batched in enumerate(tg.jacobian(f, tuple(range(len(xs))))(*xs)):
                one_by_one = np.array([row[k] for row in rows]).reshape((*y.shape, *xs[k].shape))
                margin = allowed[f"gradient {case.names[k]}"] + ROUNDINGS * case.eps * largest(one_by_one)
                yield "jacobian", case.names[k], batched, one_by_one, margin
        yield from self.in_other_ways(case, found, allowed)
        for x, copy in zip(xs, before, strict=True):
            yield "inputs unchanged", "", x, copy, 0
        for library, (namespace, derivatives) in self.others.items():
            try:
                theirs = derivatives(case.function(namespace, wide=True), case.wide, case.w, case.vs)
            except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):  # it lacks an op or an option
                self.compared[f"not in {library}"] += 1
                yield from self.differences(case, found, scales)
                continue
            for name, value in case.named(*theirs).items():
                yield f"{name.split()[0]}, {library}", name, found[name], value, PEERS * allowed[name]
        if not self.others:
            yield from self.differences(case, found, scales)
        self.note_ops(case, tensors[case.program.result])

    def in_other_ways(self, case: Case, found: Results, allowed: Results) -> Iterator[Any]:
        """The same derivatives if variables are also read from outside, or from one vector."""
        cost, xs, every = case.cost(case.function(OURS)), case.xs, tuple(range(len(case.xs)))

        def halves(read: Any) -> Callable[..., Any]:
            return lambda *own: cost(*[a * 0.5 + b * 0.5 for a, b in zip(own, read, strict=True)])

        def along(*read: Any) -> Any:
            slopes = tg.grad(halves(read), every)(*read)
            return sum(tg.sum(g * v) for g, v in zip(slopes, case.tangents(xs), strict=True))

        def checkpointed(*own: Any) -> Any:
            return tg.checkpoint(halves(own))(*own)

        vector, back = tg.ravel(xs)
        slopes = {
            "nested, gradient": [g * 2 for g in tg.grad(lambda *own: halves(own)(*xs), every)(*xs)],
            "nested, second": [h * 2 for h in tg.grad(along, every)(*xs)],
            "nested, second, compiled": [h * 2 for h in tg.compile(tg.grad(along, every))(*xs)],
            "checkpoint": tg.grad(checkpointed, every)(*xs),
            "ravel": back(tg.grad(lambda v: cost(*back(v)))(vector)),
            "first alone": [tg.grad(lambda x: cost(x, *xs[1:]))(xs[0])],
            "first alone, checkpoint": [tg.grad(lambda x: tg.checkpoint(cost)(x, *xs[1:]))(xs[0])],
            "first alone, compiled": [tg.compile(tg.grad(cost))(*xs)],
        }
        for kind, results in slopes.items():
            for name, got in zip(case.names, results, strict=False):
                of = f"{'second' if 'second' in kind else 'gradient'} {name}"
                yield kind, name, got, found[of], allowed[of]

    def differences(self, case: Case, found: Results, scales: Results) -> Iterator[Any]:
        """Differences along v: of the cost, and of its gradient along v."""
        f, slopes = case.function(NUMPY, wide=True), case.gradient(case.function(OURS, wide=True))
        scale, step = scales["y"] * np.sum(np.abs(case.w)), 2.0**-17
        along: list[Callable[..., float]] = [
            lambda *xs: inner([f(*xs)], [case.w]),
            lambda *xs: inner(slopes(*xs), case.vs),
        ]
        for kind, of in zip(("gradient", "second"), along, strict=True):
            rounding = ROUNDINGS * np.finfo(float).eps * scale / step
            scale = inner(case.of(kind, scales), map(np.abs, case.vs))
            near, far = (
                (of(*shifted(case.wide, case.vs, h)) - of(*shifted(case.wide, case.vs, -h))) / (2 * h)
                for h in (step, 2 * step)
            )
            if abs(far - near) > 1e-4 * scale:
                self.compared[f"{kind}, differences that say little"] += 1
            allowed = ROUNDINGS * case.eps * scale + rounding + abs(far - near)
            yield f"{kind}, differences", "along v", inner(case.of(kind, found), case.vs), near, allowed

    def note_ops(self, case: Case, y: Any) -> None:
        """Count the ops that were recorded, for the value and for the gradient as a graph."""
        slopes = case.gradient(case.function(OURS))(*[tg.Tensor(x, requires_grad=True) for x in case.xs])
        ops = {node.op.name for t in (y, *slopes) for node in toposort(t) if node.op is not None}
        ops |= {"astype_integer"} if any("int32" in line for line in case.program.lines.values()) else set()
        self.ops.update(ops)

    def report(self, programs: int, failures: int) -> str:
        never = [name for name in WANTED if not self.ops[name]]
        lines = [f"{programs} programs, {sum(self.compared.values())} comparisons, {failures} failures"]
        for kind, count in sorted(self.compared.items()):
            worst = self.worst.get(kind, 0)
            lines.append(f"{count:9} {kind}" + (f": largest error {worst:.2g} of the allowed one" if worst else ""))
        lines.append(f"{len(WANTED) - len(never)} of {len(WANTED)} ops; never drawn: {', '.join(never) or 'none'}")
        return "\n".join(lines)


def shifted(xs: Any, vs: Any, h: float) -> list[Any]:
    return [x + h * v for x, v in zip(xs, vs, strict=True)]


def shrunk(program: Program, failure: Failure, libraries: list[str]) -> tuple[Program, Failure]:
    """The smallest program found that fails in the same way."""
    differential = Differential(libraries)
    while True:
        for candidate in program.smaller():
            try:
                candidate = candidate.built()
            except Unfit:
                continue
            found = differential.check(candidate)
            if found is not None and found.kind == failure.kind:
                program, failure = candidate, found
                break
        else:
            return program, failure


def script(program: Any, failure: Failure) -> str:
    """The program and all its derivatives as a script."""
    if not isinstance(program, Program):
        return f"# {failure.kind} {failure.name}: {failure.text}\n{program.script()}"
    case = Case(program)
    return f"""# {failure.kind} {failure.name}: {failure.text}
{program.script()}
w, vs = {literal(case.w)}, [{", ".join(map(literal, case.tangents(case.xs)))}]
y, pullback = tg.vjp(program, *xs)
w = w.astype(y.dtype)
print("y", y, "compiled", tg.compile(program)(*xs))
print("gradient", *pullback(w))
print("second", *tg.hvp(lambda xs: tg.sum(program(*xs) * w), xs, vs))
print("jvp", tg.jvp(program, tuple(xs), tuple(vs))[1])
print("jacobian", *tg.jacobian(program, tuple(range(len(xs))))(*xs))
"""


# kind -> the function that draws its program from a seed; several kinds take turns
KINDS: dict[str, Any] = {
    "floats": draw,
    "dtypes": dtype_programs.draw,
    "loops": step_programs.draw_loop,
    "steps": step_programs.draw_step,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first; the others follow (default: 0)")
    installed = ",".join(name for name in ("torch", "jax") if importlib.util.find_spec(name))
    parser.add_argument("--against", default=installed, help='of torch,jax (default: those installed, "%(default)s")')
    parser.add_argument("--kinds", default="floats", help=f"of {','.join(KINDS)} (default: %(default)s)")
    options = parser.parse_args(arguments)
    kinds = [KINDS[kind] for kind in options.kinds.split(",")]
    libraries = [name for name in options.against.split(",") if name]
    differential, failures = Differential(libraries), 0
    with warnings.catch_warnings():  # NumPy warns of a mean of nothing
        warnings.simplefilter("ignore")
        for seed in range(options.seed, options.seed + options.programs):
            program: Any = kinds[seed % len(kinds)](seed)
            if (failure := differential.check(program)) is not None:
                failures += 1
                program, failure = shrunk(program, failure, libraries)
                print(f"# --seed {seed} --programs 1, made smaller:\n{script(program, failure)}", flush=True)
    print(differential.report(options.programs, failures))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
