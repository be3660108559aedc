"""Random programs over all ops, for tools/differential.py: from a seed, as text, made smaller."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from references import NUMPY

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
op_table: Any = importlib.import_module("op_table")
tg: Any = importlib.import_module("tinygraph")

APART = 1 / 128
SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 1), (1, 3), (3, 3), (2, 0), (2, 3, 2), (3, 1, 2), (1, 2, 3)]
LAYOUTS = {
    "C": "{0}",
    "Fortran": "np.asfortranarray({0})",
    "gaps": "np.repeat({0}, 2, axis=-1)[..., ::2]",
    "negative": "np.flip(np.flip({0}).copy())",
    "repeated": "np.broadcast_to({0}[:1], {1})",
}

# --- the calls, from which steps are drawn

NAMES = "add subtract multiply divide power bitwise_and bitwise_or less less_equal greater greater_equal"
SYMBOLS = dict(zip(NAMES.split(), ["+", "-", "*", "/", "**", "&", "|", "<", "<=", ">", ">="], strict=True))
# Ops, their calls, and the shapes of the arguments in lengths n, m, k: "*" is any, "=" is like the
# first.
# `choice` replaces AXIS and the like.
CALLS = """
sum mean prod max min var std logsumexp norm any all : tg.OP({0}, axis=AXES, keepdims=BOOL) : *
argmax argmin : tg.OP({0}, axis=AXIS, keepdims=BOOL) : *
sum max argmin norm std any logsumexp : tg.OP({0}) : *
var std : tg.OP({0}, axis=AXIS, ddof=1) : *
norm : tg.norm({0}, ord=ORD, axis=AXIS) : *
softmax log_softmax cumsum : tg.OP({0}, axis=AXIS) : *
cumprod : tg.OP({0}, axis=AXIS) : *
average diff gradient trapezoid : tg.OP({0}, axis=AXIS) : *
nansum nanprod nanmean nanvar nanstd nanmax nanmin median ptp : tg.OP({0}, axis=AXES, keepdims=BOOL) : *
quantile : tg.quantile({0}, 0.3, axis=AXES) : *
percentile : tg.percentile({0}, [20, 90], axis=AXES) : *
cov corrcoef : tg.OP({0}) : n 3
ediff1d : tg.ediff1d({0}) : *
unwrap : tg.unwrap({0}, axis=AXIS, period=100.0) : *
searchsorted : tg.searchsorted([-1.013, 0.107, 1.019], {0}) : *
digitize : tg.digitize({0}, [-1.013, 0.107, 1.019]) : *
interp : tg.interp({0}, [-1.013, 0.107, 1.019], {1}) : *, 3
convolve correlate : tg.OP({0}, {1}, "same") : n, m
polyval : tg.polyval({0}, {1}) : 3, n m
vander : tg.vander({0}) : n
linspace : tg.OP({0}, {1}, 3) : n, n
tensordot : tg.tensordot({0}, {1}, 1) : n m, m k
inner outer kron : tg.OP({0}, {1}) : n m, k m
cross : tg.cross({0}, {1}) : 3, n 3
vdot vecdot : tg.OP({0}, {1}) : n m, n m
reshape : tg.reshape({0}, -1) : *
reshape : tg.reshape({0}, (2, -1)) : *
ravel transpose squeeze flip : tg.OP({0}) : *
transpose : tg.transpose({0}, axes=ORDER) : *
swapaxes moveaxis : tg.OP({0}, AXIS, AXIS) : *
expand_dims : tg.expand_dims({0}, axis=NEW) : *
expand_dims : tg.expand_dims({0}, axis=(0, -1)) : *
squeeze : tg.squeeze({0}, axis=AXIS) : *
broadcast_to : tg.broadcast_to({0}, (LENGTH, *{0}.shape)) : *
broadcast_to : tg.broadcast_to({0}, (2, 3, LENGTH)) : 3 1
flip : tg.flip({0}, axis=AXES) : *
astype : tg.astype({0}, DTYPE) : *
pad : tg.pad({0}, 1) : *
pad : tg.pad({0}, (0, 2), constant_values=5) : *
pad : tg.pad({0}, ((0, 1), (2, 0))) : n m
concatenate : tg.concatenate([{0}, {1}, {2}], axis=1) : n m, n k, n 1
concatenate : tg.concatenate([{0}, {1}], axis=None) : *, *
concatenate : tg.concatenate([{0}, {1}], axis=-1) : *, ==
stack : tg.stack([{0}, {1}], axis=NEW) : *, ==
stack : tg.stack([{0}, {1}, {2}], axis=NEW) : *, ==, ==
split : tg.split({0}, [1], axis=AXIS)[BIT] : *
split : tg.split({0}, [1, -1], axis=AXIS)[BIT] : *
split : tg.split({0}, 3, axis=AXIS)[BIT] : *
getitem : tg.getitem({0}, np.s_[INDEX]) : *
take : tg.take({0}, [0, -1, 0], axis=AXIS) : *
take : tg.take({0}, [[0, -1]]) : *
matmul dot : tg.OP({0}, {1}) : m, m
matmul dot : tg.OP({0}, {1}) : n m, m k
matmul dot : tg.OP({0}, {1}) : 2 n m, m
matmul : {0} @ {1} : n m, m
matmul : {0} @ {1} : m, 2 m k
matmul : {0} @ {1} : 2 1 n m, 3 m k
dot : tg.dot({0}, {1}) : -, n m
dot : tg.dot({0}, {1}) : 2 n m, 3 m k
linear : tg.linear({0}, {1}, {2}) : n m, m k, n 1
einsum : tg.einsum("ij,jk", {0}, {1}) : n m, m k
einsum : tg.einsum("ij,kj->i", {0}, {1}) : n m, k m
einsum : tg.einsum("ij,ij->j", {0}, {1}) : n 1, 1 m
einsum : tg.einsum(" i, j -> ij ", {0}, {1}) : n, m
einsum : tg.einsum("iij->ji", {0}) : n n m
einsum : tg.einsum("ii", {0}) : n n
einsum : tg.einsum("...i->...", {0}) : n m
einsum : tg.einsum("...ij,...jk->...ik", {0}, {1}) : 2 1 n m, 3 m k
einsum : tg.einsum("ij,jk,kl->il", {0}, {1}, {2}, optimize=BOOL) : n m, m k, k n
cross_entropy : tg.cross_entropy(tg.sigmoid({0}), np.array([[1.0, 0.0, 0.25]], "float32")) : 1 3
cross_entropy : tg.cross_entropy(tg.sigmoid({0}) * 0.5 + 0.25, np.array([[0.0], [1.0]], "float32")) : 2 1
cross_entropy_with_logits : tg.cross_entropy_with_logits(2*{0}, np.array([[1.0, 0.0, 0.25]], "float32")) : 1 3
cross_entropy : tg.cross_entropy(tg.sigmoid({0}), tg.sigmoid({1})) : n m, n m
cross_entropy_with_logits : tg.cross_entropy_with_logits(2*{0}, tg.sigmoid({1})) : n m, n m
mean_squared_error : tg.mean_squared_error({0}, {1}) : n m, n m
softmax_cross_entropy : tg.softmax_cross_entropy(2*{0}, np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]], "float32")) : 3 2
"""
INDICES = """0 | -1 | 1: | ::-1 | ::-2, None | ..., 0 | () | None | [0, -1, 0] | [0, -1], 1: | 1:, [[0, -1], [-1, 0]]
| [0, -1], [-1, 0] | [0, -1], :, [0, -1] | MASK | [] | [True, False, True] | True | :, None, ::2 | ..., [0, 0]"""
COSTS = {"cross_entropy", "cross_entropy_with_logits", "softmax_cross_entropy", "mean_squared_error"}
DOMAINS = {"norm": op_table.NONZERO, "any": op_table.NONZERO, "all": op_table.NONZERO}
BETWEEN = {"maximum", "minimum", "clip", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}
BETWEEN |= {"fmax", "fmin"}
JUMPING = {"floor_divide", "remainder", "fmod", "round", "rint", "trunc", "fix"}
# ops whose input's entries must differ
WITHIN = {*("max", "min", "argmax", "argmin", "norm"), *("median", "quantile", "percentile", "ptp", "nanmax", "nanmin")}


def choice(rng: np.random.Generator, token: str, x: Any) -> str:
    """A value for a word in capitals, in a call on x."""
    axes = [int(a) - (x.ndim if rng.random() < 0.5 else 0) for a in rng.permutation(x.ndim)]
    some = axes[: rng.integers(x.ndim + 1)]
    choices: dict[str, list[Any]] = {
        "AXIS": axes,
        "NEW": [*axes, -1],
        "AXES": [None, *axes, tuple(some)],
        "ORDER": [tuple(axes)],
        "BOOL": [True, False],
        "BIT": [0, 1],
        "LENGTH": [0, 1, 3],
        "ORD": ["1", "2", "np.inf", "-np.inf"],
        "DTYPE": ['"float64"', '"float32"', '"int32"'],
        "INDEX": [word.strip() for word in INDICES.split("|")],
    }
    if not choices[token]:
        raise Unfit(token)
    picked = str(choices[token][rng.integers(len(choices[token]))])
    return picked.replace("MASK", f"np.array({(rng.random(x.shape) > 0.5).tolist()}, bool)")


def calls() -> dict[str, list[tuple[str, list[Any], list[str]]]]:
    """For each op the ways to call it: text, domains, shapes; the table has the elementwise ops."""
    found: dict[str, list[Any]] = {}
    for line in op_table.LINES:
        if line.elementwise and line.options is not None:
            places = iter(f"{{{k}}}" for k in range(9))
            domains = [d for d in line.inputs if isinstance(d, op_table.Domain)]
            inputs = [next(places) if isinstance(d, op_table.Domain) else repr(d) for d in line.inputs]
            options = [f"{name}={value}" for name, value in line.options.items()]
            rows = found.setdefault(line.name, [])
            rows.append((f"tg.{line.name}({', '.join(inputs + options)})", domains, ["*", *"=="][: len(domains)]))
            if line.name in SYMBOLS:
                rows.append((f" {SYMBOLS[line.name]} ".join(inputs), domains, rows[-1][2]))
    for row in CALLS.strip().splitlines():
        names, text, shapes = row.split(" : ")
        for name in filter(lambda name: name in COSTS or hasattr(NUMPY, name), names.split()):  # not new in NumPy 2
            words = shapes.split(", ")
            domains = [DOMAINS.get(name, op_table.REAL)] * len(words)
            found.setdefault(name, []).append((text.replace("OP", name), domains, words))
    return found


OPS = calls()
# exponent is only prod's; pairs, and reductions with initial=, are not drawn
NOT_DRAWN = {"exponent", "divmod", "modf", "sum_from", "prod_from", "max_from", "min_from"}
WANTED = sorted(({line.name for line in op_table.LINES} | set(tg.OPS) | COSTS) - NOT_DRAWN)
WANTED = [name for name in WANTED if name in OPS or hasattr(NUMPY, name)]


# --- programs


class Unfit(Exception):  # noqa: N818 (not an error: another step is drawn)
    """A step that cannot be taken with these arguments."""


@dataclass(frozen=True)
class Step:
    """A call as text, with places {0}, {1}, ... for arguments, and their domains and shapes."""

    op: str
    text: str
    args: tuple[str, ...]
    domains: tuple[Any, ...]
    shapes: tuple[Any, ...]


@dataclass(frozen=True)
class Program:
    """Inputs by name, as arrays and their layouts, and steps by name."""

    seed: int
    inputs: dict[str, tuple[Any, str]]
    steps: dict[str, Step]
    lines: dict[str, str] = field(default_factory=dict)  # the steps as Python
    values: dict[str, Any] = field(default_factory=dict)  # their results, in float64

    def built(self) -> Program:
        """The program with its lines and values; raises Unfit if a step cannot be taken."""
        values = {name: x.astype(float) for name, x in self.arrays().items()}
        lines: dict[str, str] = {}
        for name, step in self.steps.items():
            lines[name], values[name] = written(step, values, np.random.default_rng([self.seed, int(name[1:])]))
        return replace(self, lines=lines, values=values)

    @property
    def result(self) -> str:
        return [name for name, value in self.values.items() if value.dtype.kind == "f"][-1]

    def input_lines(self) -> dict[str, str]:
        lines = {}
        for name, (x, layout) in self.inputs.items():
            lines[name] = LAYOUTS[layout if x.ndim and x.size else "C"].format(literal(x), x.shape)
        return lines

    def arrays(self) -> dict[str, Any]:
        return {name: eval(line, {"np": np}) for name, line in self.input_lines().items()}

    def script(self) -> str:
        """The program as a function in Python, and its inputs."""
        body = [f"    {name} = {line}" for name, line in self.lines.items()]
        inputs = [f"    {line}," for line in self.input_lines().values()]
        head = ["import numpy as np", "import tinygraph as tg", "", f"def program({', '.join(self.inputs)}):"]
        return "\n".join([*head, *body, f"    return {self.result}", "", "xs = [", *inputs, "]"])

    def smaller(self) -> Iterator[Program]:
        """Programs simpler in one way: without a step or an input, or with a simpler input."""
        for name, step in reversed(self.steps.items()):
            steps = {other: s for other, s in self.steps.items() if other != name}
            for other, s in steps.items():
                steps[other] = replace(s, args=tuple(step.args[0] if arg == name else arg for arg in s.args))
            yield replace(self, steps=steps)
        used = {arg for step in self.steps.values() for arg in step.args}
        for name, (x, layout) in self.inputs.items():
            if name not in used and len(self.inputs) > 1:
                yield replace(self, inputs={other: i for other, i in self.inputs.items() if other != name})
            simple = x.astype("float64"), np.ones_like(x), np.round(x), np.round(x * 2) / 2
            candidates = [(x, "C"), *((y, layout) for y in simple)]
            for axis, length in enumerate(x.shape):
                candidates += [(np.take(x, range(n), axis), layout) for n in range(1, length)]
                candidates += [(np.take(x, 0, axis), layout)] if length else []
            for simpler, how in candidates:
                if how != layout or simpler.shape != x.shape or simpler.dtype != x.dtype or (simpler != x).any():
                    yield replace(self, inputs={**self.inputs, name: (simpler, how)})


def written(step: Step, values: dict[str, Any], rng: np.random.Generator) -> tuple[str, Any]:
    """The step as a line, and its value; its arguments are moved if compared numbers are equal."""
    for attempt in range(4):
        first = values[step.args[0]].shape
        parts = zip(step.args, step.domains, step.shapes, strict=True)
        arguments = [argument(rng, name, values, d, shape, first, attempt > 0) for name, d, shape in parts]
        compared = [evaluated(text, values) for text in arguments]
        value = evaluated(line := step.text.format(*arguments), values)
        if value.size > 64 or value.ndim > 4 or not np.all(np.isfinite(value)):
            break
        if are_apart(step, compared, value):
            return line, value
    raise Unfit(step)


def evaluated(text: str, values: dict[str, Any]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(eval(widened(text), {**values, "tg": NUMPY, "np": np}))
    except (ValueError, IndexError, TypeError, ZeroDivisionError) as error:
        raise Unfit(text) from error


def widened(text: str) -> str:
    return re.sub("float16|float32", "float64", text)


def literal(array: Any) -> str:
    made = f"np.array({array.tolist()}" if array.size else f"np.zeros({array.shape}"
    return made + f', "{array.dtype}")'


def grid(rng: np.random.Generator, shape: Any, domain: Any = op_table.REAL) -> Any:
    """Entries of the domain that float32 holds exactly."""
    return np.round(domain(*shape).sample(rng, float) * 64) / 64


def shaped(name: str, x: Any, shape: Any, first: Any) -> str:
    """`name` brought to the shape: any for "*", one that fits `first` for "=", `first` for "=="."""
    if shape in ("=", "=="):
        shape = "*" if shape == "=" and fits(x.shape, first) else first
    if shape == "*" or x.shape == shape:
        return name
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape) % max(x.size, 1)
    return f"tg.take({name}, {literal(places)})" if x.size else f"tg.reshape({name}, {shape})"


def argument(rng: Any, name: str, values: dict[str, Any], domain: Any, shape: Any, first: Any, move: bool) -> str:
    """The value `name`, brought to the shape and into the domain; `move`: also moved within it."""
    text, x = shaped(name, values[name], shape, first), values[name]
    if text != name:
        x = evaluated(text, values)
    if domain.dtype == "?":
        bound = grid(rng, ())
        if x.dtype.kind == "f" and np.min(np.abs(x - bound), initial=1) < APART:
            raise Unfit(name)
        return text if x.dtype.kind == "b" else f"({text} > {bound})"
    if x.dtype.kind != "f":
        return text
    largest = np.max(np.abs(x), initial=0)
    if largest > 4:
        scale = 2.0 ** -np.ceil(np.log2(largest / 2))
        text, x = f"({text} * {scale})", x * scale
    if move or not is_inside(x, domain):
        shift = grid(rng, x.shape, domain) - np.round(x * 64) / 64
        if not is_inside(x + shift, domain, 1 / 64):
            raise Unfit(name)
        text = f"({text} + {literal(shift)})"
    return text


def is_inside(x: Any, domain: Any, margin: float = 0) -> bool:
    return all(any(low - margin <= v <= high + margin for low, high in domain.intervals) for v in np.ravel(x))


def fits(a: Any, b: Any) -> bool:
    try:
        return bool(np.broadcast_shapes(a, b) is not None)
    except ValueError:
        return False


def are_apart(step: Step, arguments: list[Any], value: Any) -> bool:
    """Whether the numbers that the op compares differ clearly, and no root is taken of about 0."""
    op = step.op
    if "} ** {" in step.text and np.min(np.abs(arguments[1]), initial=1) < APART:
        return False  # PyTorch's ** has no second derivative at exponent 0; references.py spells out that of `power`
    if op in JUMPING:
        x = arguments[0] / arguments[1] if len(arguments) > 1 else 20 * arguments[0]  # round takes decimals=1 too
        return bool(np.min(np.abs(x - np.rint(x)), initial=1) > APART)
    if op in ("std", "norm", "hypot", "arctan2", "nanstd", "corrcoef") and np.min(value, initial=1) < APART:
        return False
    if op in BETWEEN and len(arguments) > 1:
        return all(np.min(np.abs(arguments[0] - x), initial=1) > APART for x in arguments[1:])
    x = np.abs(arguments[0]) if op == "norm" else arguments[0]
    return op not in WITHIN or bool(np.min(np.diff(np.sort(x, axis=None)), initial=1) > APART)


def draw(seed: int) -> Program:
    """The program of the seed."""
    rng = np.random.default_rng(seed)
    inputs: dict[str, Any] = {}
    narrow = rng.choice([0.0, 1.0, 0.5], p=[0.4, 0.3, 0.3])
    for k in range(rng.integers(1, 4)):
        x = grid(rng, SHAPES[rng.integers(len(SHAPES))]).astype("float32" if rng.random() < narrow else "float64")
        inputs[f"x{k}"] = (x, list(LAYOUTS)[rng.integers(len(LAYOUTS))])
    program = Program(seed, inputs, {}).built()
    for _ in range(rng.integers(1, 9)):
        for _ in range(20):
            if (longer := with_step(program, rng)) is not None:
                program = longer
                break
    return program


def with_step(program: Program, rng: np.random.Generator) -> Program | None:
    op = sorted(OPS)[rng.integers(len(OPS))]
    text, domains, shapes = OPS[op][rng.integers(len(OPS[op]))]
    kinds = {name: value.dtype.kind for name, value in program.values.items()}
    lengths = {**{letter: int(rng.choice([0, 1, 2, 3, 3])) for letter in "nmk"}, **{d: int(d) for d in "0123"}}
    args, wanted = [], []
    for k, (domain, shape) in enumerate(zip(domains, shapes, strict=True)):
        allowed = {"?": "fb", "f": "fib" if op in ("multiply", "add") and k else "f"}[domain.dtype]
        names = [name for name, kind in kinds.items() if kind in allowed]
        late = names[-1:] if rng.random() < 0.6 and not k else names
        args.append(late[rng.integers(len(late))])
        wanted.append(shape if shape[0] in "*=" else tuple(lengths[d] for d in shape.split() if d != "-"))
    try:
        text = re.sub(r"\b[A-Z]{3,}\b", lambda word: choice(rng, word[0], program.values[args[0]]), text)
        step = Step(op, text, tuple(args), tuple(domains), tuple(wanted))
        return replace(program, steps={**program.steps, f"v{len(program.steps)}": step}).built()
    except Unfit:
        return None
