"""Random programs over leaves of every dtype, for tools/differential.py --kinds dtypes.

A program has 1 to 3 leaves of any dtype in DTYPES, mixed, with entries up to both ends of it, and 1
to 4 steps: the calls of random_programs.py and of MORE, on unchanged values. They are compared with
NumPy on the same arguments: value, dtype, and whether it raises. For functions that NumPy lacks,
and if a product of integers would wrap round, the formulas of `LACKING` compute in float64.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from random_programs import OPS, SHAPES, Unfit, choice, literal, shaped, tg, widened
from references import NUMPY

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
DTYPES = ["bool", *INTEGERS, *FLOATS]
RAISED = (TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError)
ROUNDINGS = 32
SATURATING = {"exp", "sum", "sigmoid", "softmax"}

# more calls, as in random_programs.CALLS: forms that passes rewrite, extreme numbers, and
# integers as indices
MORE = """
negative : -(-{0}) : *
add : {0} + (-{1}) : *, =
subtract : {0} - (-{1}) : *, =
subtract : NUMBER - {0} : *
add : {0} + NUMBER : *
multiply : {0} * NUMBER : *
divide : {0} / NUMBER : *
power : tg.power({0}, POWER) : *
maximum minimum less greater_equal equal where : tg.OP({0}, NUMBER) : *
where : tg.where({0}, {1}, NUMBER) : *, =
where : tg.where({0} > 0, {1}, {2}) : *, =, =
multiply : {1} * (tg.maximum({0}, 0) > 0) : *, =
clip : tg.clip({0}, NUMBER, NUMBER) : *
clip : tg.clip({0}, {1}, None) : *, =
clip : tg.clip({0}, {1}, {2}) : *, =, =
astype : tg.astype(tg.astype({0}, DTYPE), DTYPE) : *
concatenate : tg.concatenate([{0}, {1}, {2}], axis=None) : *, *, *
stack : tg.stack([{0}, {1}, {2}], axis=NEW) : *, ==, ==
getitem : {0}[tg.astype({1} > 0, INTEGER)] : 3, *
getitem : {0}[{1}] : 3, *
take : tg.take({0}, tg.astype({1} > 0, INTEGER), axis=0) : 3 2, *
einsum : tg.einsum("i,i,i->", {0}, {1}, {2}) : n, n, n
mean_squared_error : tg.mean_squared_error({0}, {1}) : *, ==
cross_entropy_with_logits : tg.cross_entropy_with_logits(2 * {0}, tg.astype({1} > 0, DTYPE)) : *, ==
cross_entropy : tg.cross_entropy(tg.sigmoid(tg.clip({0}, -2, 2)), tg.astype({1} > 0, DTYPE)) : *, ==
softmax_cross_entropy : tg.softmax_cross_entropy(2 * {0}, tg.astype({1} > 0, INTEGER)) : 3 2, 2
softmax_cross_entropy : tg.softmax_cross_entropy(2 * {0}, tg.astype({1} > 0, DTYPE)) : 3 2, 3 2
"""
# calls that the stability pass rewrites, and their equals without overflow
STABLE = """
tg.log(tg.sigmoid({0})) = tg.log_sigmoid({0})
tg.log(1 - tg.sigmoid({0})) = tg.log_sigmoid(0.0 - {0})
tg.log(tg.softmax({0}, axis=AXIS)) = tg.log_softmax({0}, axis=AXIS)
tg.log(tg.sum(tg.exp({0}), axis=AXES)) = tg.logsumexp({0}, axis=AXES)
"""


def wide(x: Any) -> Any:
    return np.asarray(x, float)


def in_floats(f: Any, like_all: bool = False) -> Any:
    """f in float64; the result has the dtype of the first argument, or of all, if it is a float."""

    def computed(x: Any, *more: Any, **options: Any) -> Any:
        dtype = np.asarray(x).dtype
        dtype = dtype if dtype.kind == "f" or not like_all else np.result_type(x, *more)
        return np.asarray(f(wide(x), *more, **options)).astype(dtype if dtype.kind == "f" else float)

    return computed


def log_sigmoid(x: Any) -> Any:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def near(x: Any) -> Any:
    return np.clip(x, -20, 20)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    reduce: Any = np.logaddexp.reduce
    return reduce(x, axis=axis if axis is not None else tuple(range(x.ndim)), keepdims=keepdims)


def log_softmax(x: Any, axis: int = -1) -> Any:
    return x - logsumexp(x, axis, True) if x.size else x


def with_logits(Z: Any, Y: Any) -> Any:
    if not np.all((wide(Y) >= 0) & (wide(Y) <= 1)):
        raise ValueError("labels from 0 to 1")
    return np.mean(-log_sigmoid(Z) + (1 - wide(Y)) * Z)


def softmax_cross_entropy(Z: Any, Y: Any) -> Any:
    Y = np.asarray(Y)
    Y = Y if Y.ndim == 2 else np.arange(len(Z))[:, None] == Y
    return -np.mean(np.sum(np.where(Y == 0, 0, Y * log_softmax(Z, 0)), axis=0))


LACKING = {
    "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "gelu": lambda x: x * (1 + np.tanh(np.sqrt(2 / np.pi) * near(x) * (1 + 0.044715 * near(x) ** 2))) / 2,
    "silu": lambda x: x * np.exp(log_sigmoid(x)),
    "sigmoid": lambda x: np.exp(log_sigmoid(x)),
    "log_sigmoid": log_sigmoid,
    "softplus": lambda x: -log_sigmoid(-x),
    "logsumexp": logsumexp,
    "log_softmax": log_softmax,
    "softmax": lambda x, axis=-1: np.exp(log_softmax(x, axis)),
    "cross_entropy_with_logits": with_logits,
    "softmax_cross_entropy": softmax_cross_entropy,
    "mean_squared_error": lambda A, Y: np.mean(np.square(A - wide(Y))),
}
LACKING = {name: in_floats(f, name == "mean_squared_error") for name, f in LACKING.items()}
REFERENCE = SimpleNamespace(**{**vars(NUMPY), **LACKING})
vars(REFERENCE).update(relu=lambda x: np.maximum(x, 0), norm=np.linalg.norm, hard_tanh=lambda x: np.clip(x, -1, 1))


def insert(x: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """As numpy.insert, which casts values in any way; tinygraph refuses a cast that loses fractions or signs."""
    if not np.can_cast(values.dtype, x.dtype, "same_kind"):
        raise TypeError(f"{values.dtype} into {x.dtype}")
    return np.insert(x, obj, values, axis)


REFERENCE.insert = insert


# functions that NumPy lacks, or that take floats alone
ONLY_FLOATS = "scan vmap conv1d conv2d max_pool2d avg_pool2d layer_norm embedding at select array"


def calls() -> dict[str, list[tuple[str, list[str]]]]:
    """For each op the ways to call it: text and shapes. pad casts its values as NumPy does, but refuses Tensors."""
    found = {
        op: [(text, shapes) for text, _, shapes in ways if op == "where" or not re.search("where| b=|_values={", text)]
        for op, ways in OPS.items()
        if op not in ("cross_entropy", *ONLY_FLOATS.split()) and "." not in op
    }
    found["log"] += [(row, ["*"]) for row in STABLE.strip().splitlines()]
    for row in MORE.strip().splitlines():
        names, text, shapes = row.split(" : ")
        for name in names.split():
            found.setdefault(name, []).append((text.replace("OP", name), shapes.split(", ")))
    return found


WAYS = calls()


@dataclass(frozen=True)
class DtypeStep:
    """A call as a line of Python, and its op."""

    op: str
    line: str
    stable: str = ""  # the same without overflow, if the stability pass rewrites it


@dataclass(frozen=True)
class DtypeProgram:
    """Leaves and steps by name; `raises` says that NumPy refuses the last step."""

    seed: int
    leaves: dict[str, Any]
    steps: dict[str, DtypeStep]
    raises: bool = False

    # --- running

    def run(self, library: Any, leaves: list[Any], noise: Any = None) -> dict[str, Any]:
        """All values of the program; noise makes some floats smaller by an eps of their dtype."""
        values: dict[str, Any] = {}
        lines = {name: (step.stable if noise else "") or step.line for name, step in self.steps.items()}
        for name, x in [*zip(self.leaves, leaves, strict=True), *lines.items()]:
            value = eval(x, {"tg": library, "np": np}, values) if name in lines else x
            if noise is not None and value.dtype.kind == "f":
                value = noisy(value, noise, name in lines and self.steps[name].op in SATURATING)
            values[name] = value
        return values

    def comparisons(self) -> Iterator[tuple[str, str, Any, Any, Any]]:
        """(kind, name, got, expected, allowed) of each; allowed is a number or an array."""
        rng = np.random.default_rng([self.seed, 1])
        arrays = list(self.leaves.values())
        tensors = [tg.Tensor(x) for x in arrays]
        mixed = [tg.Tensor(x, requires_grad=True) if x.dtype.kind == "f" else (x, tg.Tensor(x))[k] for x, k in
                 zip(arrays, rng.integers(2, size=len(arrays)), strict=True)]  # fmt: skip
        for how, leaves in (("arrays", arrays), ("Tensors", tensors), ("a gradient", mixed)):
            yield from self.against_numpy(how, leaves)
        if self.raises:
            for leaves in (arrays, mixed):
                yield "raises", "compiled", raises(tg.compile(self.results), *leaves), True, 0
            return
        yield from self.compiled(rng, arrays, mixed)

    def against_numpy(self, how: str, leaves: list[Any]) -> Iterator[Any]:
        """Each step, on tinygraph's values so far, against NumPy's on the same."""
        values = dict(zip(self.leaves, leaves, strict=True))
        for name, step in self.steps.items():
            if self.raises and name == list(self.steps)[-1]:
                yield "raises", name, raises(eval, step.line, {"tg": tg, "np": np}, values), True, 0
                return
            got = eval(step.line, {"tg": tg, "np": np}, values)
            same = {key: plain(x) for key, x in values.items()}
            expected = np.asarray(eval(step.line, {"tg": REFERENCE, "np": np}, same))
            if np.__version__ >= "2":  # NumPy 1 gives other dtypes
                yield f"dtype on {how}", name, str(got.dtype), str(expected.dtype), 0
                yield f"value on {how}", name, got, expected, self.rounding(step, same, expected)
                if step.stable:
                    used = sorted(set(re.findall(r"[xv]\d+", step.line)))
                    f = tg.compile(eval(f"lambda {', '.join(used)}: {step.line}", {"tg": tg, "np": np}))
                    exact = np.asarray(eval(step.stable, {"tg": REFERENCE, "np": np}, same)).astype(got.dtype)
                    got = f(*[values[x] for x in used])
                    yield f"dtype stable on {how}", name, str(got.dtype), str(expected.dtype), 0
                    yield f"stable on {how}", name, got, exact, self.rounding(step, same, exact)
            values[name] = got

    def rounding(self, step: DtypeStep, values: dict[str, Any], expected: Any) -> Any:
        """The error allowed between two ways to compute a step from its arguments."""
        if expected.dtype.kind != "f":
            return 0
        found = [x for name, x in values.items() if re.search(rf"\b{name}\b", step.line)]
        used = list(map(wide, found))
        coarsest = max((np.finfo(x.dtype) for x in (expected, *found) if x.dtype.kind == "f"), key=lambda f: f.eps)
        lacking, bound = step.op in LACKING or step.stable, np.finfo(expected.dtype).max / 64
        if lacking and any(np.abs(x).max(initial=0) > bound for x in used):
            return np.inf  # sums overflow, and no result at inf is the only right one
        largest = max((float(np.max(np.abs(x), initial=0, where=np.isfinite(x))) for x in used), default=0)
        size = np.nan_to_num(np.abs(wide(expected)), posinf=0)
        if not isinstance(NUMPY.__dict__.get(step.op), np.ufunc) or "tg." in step.line[3:]:
            size = size + max(largest, float(np.square(largest)))
        return ROUNDINGS * (coarsest.eps * size + coarsest.smallest_subnormal)

    def results(self, *leaves: Any) -> tuple[Any, ...]:
        return tuple(self.run(tg, list(leaves))[name] for name in self.steps)

    def compiled(self, rng: Any, arrays: list[Any], mixed: list[Any]) -> Iterator[Any]:
        """All steps, and the last alone, compiled (also without one pass), against eager ones."""
        eager = self.run(tg, arrays)
        allowed = self.movement(eager)
        every = tuple(tg.compile(lambda: tg.Tensor(0.0)).__reduce__()[1][-1])
        without = tuple(name for name in every if name != every[rng.integers(len(every))])
        last = list(self.steps)[-1]
        for leaves in (arrays, mixed):
            whole = tg.compile(self.results)(*leaves)
            fewer = tg.compile(self.results, passes=without)(*leaves)
            alone = tg.compile(lambda *xs: self.results(*xs)[-1])(*leaves)
            for how, named in (
                ("compiled", dict(zip(self.steps, whole, strict=True))),
                ("compiled, a pass less", dict(zip(self.steps, fewer, strict=True))),
                ("compiled, last", {last: alone}),
            ):
                for name, got in named.items():
                    if got.dtype.kind != "f" and any(step.stable for step in self.steps.values()):
                        continue  # whether log(sigmoid(x)) is 0 depends on its form
                    yield f"dtype {how}", name, str(got.dtype), str(eager[name].dtype), 0
                    yield how, name, got, eager[name], allowed[name]
        yield from self.gradients(arrays, eager)

    def slopes(self, leaves: list[Any], noise: Any = None, change: Any = lambda f: f) -> dict[str, Any]:
        """The gradient of a weighted sum of the last float step in each leaf of floats."""
        names = [name for name, x in self.leaves.items() if x.dtype.kind == "f"]
        places = [k for k, name in enumerate(self.leaves) if name in names]

        def cost(*xs: Any) -> Any:
            y = self.last_float(self.run(tg, list(xs), noise))
            return tg.sum(y * np.linspace(0.5, 1.5, y.size).reshape(y.shape).astype(y.dtype))

        return dict(zip(names, change(tg.grad(cost, tuple(places)))(*leaves), strict=True))

    def last_float(self, values: dict[str, Any]) -> Any:
        return [x for name, x in values.items() if x.dtype.kind == "f"][-1]

    def gradients(self, arrays: list[Any], eager: dict[str, Any]) -> Iterator[Any]:
        """Compare the gradients of the leaves of floats: compiled, and in float64."""
        if not any(x.dtype.kind == "f" for x in arrays) or not plain(self.last_float(eager)).size:
            return
        found = self.slopes(arrays)
        in_float64 = [wide(x) if x.dtype.kind == "f" else x for x in arrays]
        exact = replace(self, steps={n: replace(s, line=widened(s.line)) for n, s in self.steps.items()}).slopes(
            in_float64
        )
        moved = [self.slopes(arrays, np.random.default_rng([self.seed, 4, k])) for k in range(3)]
        once_more = self.slopes(arrays, change=tg.compile)
        coarsest = min((x.dtype for x in eager.values() if x.dtype.kind == "f"), key=lambda d: d.itemsize)
        tame = all(np.all(np.abs(wide(plain(x))) < 1e3) for x in (*eager.values(), *exact.values()))
        for name, g in found.items():
            yield "dtype gradient", name, str(g.dtype), str(self.leaves[name].dtype), 0
            yield "dtype gradient, compiled", name, str(once_more[name].dtype), str(self.leaves[name].dtype), 0
            allowed = self.between(g, [m[name] for m in moved])
            allowed = allowed + ROUNDINGS * np.finfo(coarsest).eps * np.abs(np.nan_to_num(wide(g)))
            yield "gradient, compiled", name, once_more[name], g, allowed
            if tame:
                # 1 - y * y and the like lose numbers that are small next to 1
                yield "gradient", name, g, exact[name], allowed + ROUNDINGS * np.finfo(coarsest).eps

    def between(self, x: Any, moved: list[Any]) -> Any:
        """How far rounding may move x, judged by `moved`, its values under noise."""
        by = [np.where((x == m) | (np.isnan(x) & np.isnan(m)), 0, np.abs(wide(x) - wide(m))) for m in map(plain, moved)]
        return ROUNDINGS * np.nan_to_num(np.max(by, axis=0), nan=np.inf, posinf=np.inf)

    def movement(self, exact: dict[str, Any]) -> dict[str, Any]:
        """For each value, how far rounding on the way may move it."""
        moved = [self.run(tg, list(self.leaves.values()), np.random.default_rng([self.seed, 2, k])) for k in range(3)]
        allowed = {}
        for name, x in exact.items():
            allowed[name] = self.between(plain(x), [m[name] for m in moved])
            if name in self.steps:
                values = {key: plain(y) for key, y in exact.items()}
                allowed[name] = allowed[name] + self.rounding(self.steps[name], values, np.asarray(plain(x)))
        return allowed

    # --- as text

    def smaller(self) -> Iterator[DtypeProgram]:
        """Programs that are simpler in one way and still make each name that they read."""
        for name in reversed(self.steps):
            yield replace(self, steps={other: s for other, s in self.steps.items() if other != name})
        for name in self.leaves:
            others = {other: x for other, x in self.leaves.items() if other != name}
            for other in others:
                steps = {
                    n: DtypeStep(s.op, *(re.sub(rf"\b{name}\b", other, text) for text in (s.line, s.stable)))
                    for n, s in self.steps.items()
                }
                yield replace(self, leaves=others, steps=steps)
            x = self.leaves[name]
            for simpler in (*[np.take(x, 0, axis) for axis in range(x.ndim) if x.size], np.ones_like(x)):
                if simpler.shape != x.shape or (simpler != x).any():
                    yield replace(self, leaves={**self.leaves, name: np.asarray(simpler)})

    def built(self) -> DtypeProgram:
        """The program with `raises` set by NumPy; raises Unfit if a step before the last fails."""
        values: dict[str, Any] = dict(self.leaves)
        for name, step in self.steps.items():
            try:
                value = np.asarray(eval(step.line, {"tg": REFERENCE, "np": np}, values))
            except RAISED as error:
                if name == list(self.steps)[-1]:
                    return replace(self, raises=True)
                raise Unfit(step.line) from error
            except NameError as error:
                raise Unfit(step.line) from error
            if value.size > 64 or value.ndim > 4:
                raise Unfit(step.line)
            values[name] = value
        if not self.steps:
            raise Unfit("no step")
        return replace(self, raises=False)

    def script(self) -> str:
        """The program as a function in Python, and its leaves."""
        body = [f"    {name} = {step.line}" for name, step in self.steps.items()]
        leaves = [f"    {numbers(literal(x))}," for x in self.leaves.values()]
        head = ["import numpy as np", "import tinygraph as tg", "", f"def program({', '.join(self.leaves)}):"]
        run = "print(*(f(*xs) for f in (program, lambda *xs: program(*map(tg.Tensor, xs)), tg.compile(program))))"
        return "\n".join([*head, *body, f"    return {list(self.steps)[-1]}", "", "xs = [", *leaves, "]", run])


def plain(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else np.asarray(x)


def noisy(x: Any, noise: np.random.Generator, saturates: bool) -> Any:
    """x with some entries smaller by an eps; those that saturated become the last number before."""
    info = np.finfo(x.dtype)
    if saturates:
        x = tg.where(x == 0, info.smallest_subnormal, tg.minimum(x, info.max))
    return x * (1 - info.eps * noise.integers(2, size=x.shape)).astype(x.dtype)


def numbers(text: str) -> str:
    return re.sub(r"(?<!\.)\b(nan|inf)\b", r"np.\1", text)


def raises(call: Any, *args: Any) -> bool:
    try:
        call(*args)
    except RAISED:
        return True
    return False


def entries(rng: np.random.Generator, dtype: str, shape: Any) -> Any:
    """Entries of the dtype: small ones, and those at its ends."""
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.startswith("float"):
        info = np.finfo(dtype)
        small = np.round(rng.uniform(-3, 3, shape) * 64) / 64
        ends = [info.max, -info.max, info.smallest_subnormal, info.tiny, 0.0, -0.0, info.eps]
    else:
        whole = np.iinfo(dtype)
        small = rng.integers(-3 if whole.min else 0, 4, shape)
        ends = [whole.max, whole.min, whole.max - 1, whole.min + 1, whole.max // 2 + 1, 0]
    x = np.asarray(small).astype(dtype)
    places = rng.random(shape) < rng.choice([0, 0.3, 1])
    return np.where(places, np.array(ends, dtype)[rng.integers(len(ends), size=shape)], x)


def word(rng: np.random.Generator, token: str, x: Any) -> str:
    """A value for a word in capitals, of this module or of random_programs.choice."""
    words = {
        "NUMBER": ["0", "1", "-1", "2", "0.5", "1.0", "-0.0", "127", "255", "300", "2.5", "1e5", "True", "-129"],
        "POWER": ["0", "1", "2", "3", "-1", "0.5", "2.0"],
        "DTYPE": [f'"{name}"' for name in DTYPES],
        "INTEGER": [f'"{name}"' for name in INTEGERS],
    }
    return str(rng.choice(words[token])) if token in words else choice(rng, token, x)


def draw(seed: int) -> DtypeProgram:
    """The program of the seed."""
    rng = np.random.default_rng([seed, 3])
    leaves = {
        f"x{k}": entries(rng, DTYPES[rng.integers(len(DTYPES))], SHAPES[rng.integers(len(SHAPES))])
        for k in range(rng.integers(1, 4))
    }
    program, count = DtypeProgram(seed, leaves, {}), rng.integers(1, 5)
    with np.errstate(all="ignore"):
        for _ in range(60):
            if len(program.steps) < count and not program.raises:
                program = with_step(program, rng) or program
    return program


def with_step(program: DtypeProgram, rng: np.random.Generator) -> DtypeProgram | None:
    op = sorted(WAYS)[rng.integers(len(WAYS))]
    text, shapes = WAYS[op][rng.integers(len(WAYS[op]))]
    values = {name: plain(x) for name, x in program.run(REFERENCE, list(program.leaves.values())).items()}
    lengths = {**{letter: int(rng.choice([0, 1, 2, 3, 3])) for letter in "nmk"}, **{d: int(d) for d in "0123"}}
    args: list[str] = []
    for k, shape in enumerate(shapes):
        names = list(values)[-1:] if rng.random() < 0.5 and not k else list(values)
        name = names[rng.integers(len(names))]
        wanted = shape if shape[0] in "*=" else tuple(lengths[d] for d in shape.split() if d != "-")
        args.append(
            shaped(name, values[name], wanted, values[re.findall(r"[xv]\d+", args[0])[0]].shape if args else ())
        )
    try:
        first = plain(eval(args[0], {"tg": REFERENCE, "np": np}, values))
        masks = "[{1}]" in text and values[args[1]].dtype.kind == "b"  # its result has no shape to compile for
        if masks or ("** 2" in text and first.dtype.kind == "b"):  # NumPy's own ** gives int8 there, and power int64
            return None
        picked: dict[str, str] = {}  # both forms have the same axes

        def stands_for(match: Any) -> str:
            new = word(rng, match[0], first)
            return picked.setdefault(match[0], new) if " = " in text else new

        line, _, stable = re.sub(r"\b[A-Z]{3,}\b", stands_for, text).format(*args).partition(" = ")
        step = DtypeStep(op, line, stable)
        return replace(program, steps={**program.steps, f"v{len(program.steps)}": step}).built()
    except (Unfit, *RAISED):
        return None
