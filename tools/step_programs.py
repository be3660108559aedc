"""Random loops and training steps, for tools/differential.py --kinds loops,steps.

A loop applies one drawn body 5 to 50 times. Its gradient is compared with central differences in
float64, and eager with compiled and checkpointed. A training step has parameters of several dtypes,
casts between dtypes on the way, and one optimizer. The compiled step is compared with the eager one
from the same state: cost, parameters, and above all the updates, each relative to its own size, so
that a lost one is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from random_programs import tg

FLOATS = ["float16", "float32", "float64"]
CLOSE = {"float16": 2e-2, "float32": 2e-4, "float64": 1e-9}  # relative to the largest entry
SUMMED = 10  # times that for an update: a gradient's sum may cancel, and a state has its square
# on a state h, (3, 4), and weights w, (3, 3): they keep h small
BODIES = [
    "tg.tanh(w @ h + 0.1)",
    "h + 0.1 * tg.sin(w @ h)",
    "tg.softmax(w @ h, axis=0) - 0.2 * h",
    "tg.sigmoid(w @ h) * h + 0.1",
    "tg.where(h > 0, 0.9 * h, tg.tanh(0.9 * h)) + 0.1 * tg.sin(w @ h)",
    "tg.concatenate([tg.tanh(w[:1] @ h), h[:-1]])",
    "h - 0.1 * tg.mean(h * h) * tg.cumsum(h, axis=1) / (1 + tg.norm(h))",
    "tg.stack([h[2], tg.tanh(w[0] @ h), h[0]])",
]
OPTIMIZERS = [
    "SGD(p, RATE)",
    "SGD(p, RATE, momentum=0.9)",
    "SGD(p, RATE, momentum=0.9, nesterov=True, weight_decay=0.01)",
    "SGD(p, RATE, weight_decay=0.1)",
    "Adam(p, RATE)",
    "Adam(p, RATE, betas=(0.5, 0.9), weight_decay=0.01)",
    "AdamW(p, RATE, weight_decay=0.1)",
    "RMSProp(p, RATE)",
    "RMSProp(p, RATE, momentum=0.9, weight_decay=0.01)",
]
COSTS = [
    "tg.cross_entropy(tg.sigmoid(Z), Y)",
    "tg.cross_entropy_with_logits(Z, Y)",
    "tg.mean_squared_error(tg.tanh(Z), Y)",
    "(tg.softplus(Z) * tg.astype(Y, Z.dtype)).sum() / 8",
]


@dataclass(frozen=True)
class LoopProgram:
    """A body, the number of times it is applied, and a dtype."""

    seed: int
    body: str
    times: int
    dtype: str

    def leaves(self, dtype: str) -> list[Any]:
        rng = np.random.default_rng([self.seed, 5])
        return [(np.round(rng.uniform(-1, 1, shape) * 64) / 64).astype(dtype) for shape in ((3, 4), (3, 3))]

    def cost(self, wrap: Any = lambda f: f) -> Any:
        body = wrap(eval(f"lambda h, w: {self.body}", {"tg": tg, "np": np}))

        def cost(h: Any, w: Any) -> Any:
            weights = np.linspace(0.5, 1.5, h.size).reshape(h.shape).astype(h.dtype)
            for _ in range(self.times):
                h = body(h, w)
            return tg.sum(h * weights)

        return cost

    def comparisons(self) -> Iterator[tuple[str, str, Any, Any, Any]]:
        slope = tg.grad(self.cost(), (0, 1))
        exact, found = slope(*self.leaves("float64")), slope(*self.leaves(self.dtype))
        once_more = {
            "compiled": tg.compile(slope)(*self.leaves(self.dtype)),
            "checkpointed": tg.grad(self.cost(tg.checkpoint), (0, 1))(*self.leaves(self.dtype)),
        }
        for k, name in enumerate("hw"):
            scale = 1 + float(np.abs(exact[k]).max())
            for how, other in once_more.items():
                yield f"dtype loop, {how}", name, str(other[k].dtype), self.dtype, 0
                yield f"loop, {how}", name, other[k], found[k], CLOSE[self.dtype] * scale
            if self.dtype != "float16":  # 50 steps in float16 lose all digits
                yield "loop", name, found[k], exact[k], (1e-2 if self.dtype == "float32" else 0) * scale
        xs, rng = self.leaves("float64"), np.random.default_rng([self.seed, 6])
        vs = [rng.standard_normal(x.shape) for x in xs]
        f, h = self.cost(), 2.0**-17
        up, down = (float(f(*[x + sign * h * v for x, v in zip(xs, vs, strict=True)])) for sign in (1, -1))
        along = sum(np.sum(g * v) for g, v in zip(exact, vs, strict=True))
        size = sum(np.sum(np.abs(g * v)) for g, v in zip(exact, vs, strict=True))
        yield "loop, differences", "along v", np.asarray(along), np.asarray((up - down) / (2 * h)), 1e-4 * (1 + size)

    def smaller(self) -> Iterator[LoopProgram]:
        yield from (replace(self, times=n) for n in (1, 2, self.times // 2, self.times - 1) if 0 < n < self.times)

    def built(self) -> LoopProgram:
        return self

    def script(self) -> str:
        h, w = (x.tolist() for x in self.leaves("float64"))
        return (
            "import numpy as np\nimport tinygraph as tg\n\n"
            f"h, w = (np.array(x, '{self.dtype}') for x in ({h}, {w}))\n\n"
            f"def f(h, w):\n    for _ in range({self.times}):\n        h = {self.body}\n    return tg.sum(h)\n\n"
            "print(tg.grad(f, (0, 1))(h, w), tg.compile(tg.grad(f, (0, 1)))(h, w))"
        )


@dataclass(frozen=True)
class StepProgram:
    """A net of two layers, with the dtypes of its parts, and the way it is trained."""

    seed: int
    parameters: tuple[str, ...]
    inner: tuple[str, ...]
    cost: str
    optimizer: str
    rate: float
    times: int

    def lines(self) -> list[str]:
        first, second, last = self.inner
        return [
            f"A = tg.astype(tg.astype(p[0], '{first}') @ tg.astype(X, '{first}'), '{second}') + p[1]",
            f"Z = tg.astype(p[2], '{second}') @ tg.astype(tg.tanh(A), '{second}') + p[3]",
            f"Z = tg.astype(Z, '{last}')",
        ]

    def made(self) -> tuple[list[Any], Any, Any]:
        """Fresh parameters, their optimizer, and their cost as a function of (X, Y)."""
        rng = np.random.default_rng([self.seed, 7])
        shapes = [(3, 2), (3, 1), (1, 3), (1, 1)]
        values = [rng.uniform(-1, 1, shape).astype(dtype) for shape, dtype in zip(shapes, self.parameters, strict=True)]
        p = [tg.Tensor(x, requires_grad=True, name=f"p{k}") for k, x in enumerate(values)]
        optimizer = eval(f"tg.optim.{self.optimizer}".replace("RATE", repr(self.rate)), {"tg": tg, "p": p})
        space: dict[str, Any] = {"tg": tg, "np": np, "p": p}
        body = "\n".join(f"    {line}" for line in self.lines())
        exec(f"def cost(X, Y):\n{body}\n    return {self.cost}", space)
        return p, optimizer, space["cost"]

    def comparisons(self) -> Iterator[tuple[str, str, Any, Any, Any]]:
        (p, mine, cost), (q, theirs, same) = self.made(), self.made()
        step, rng = tg.compile(same, optimizer=theirs), np.random.default_rng([self.seed, 8])
        close = CLOSE[min((*self.parameters, *self.inner), key=FLOATS.index)]
        for k in range(self.times):
            X = np.round(rng.uniform(-2, 2, (2, 8)) * 64) / 64
            Y = rng.integers(0, 2, (1, 8)).astype(self.inner[-1])
            before = [x.data.copy() for x in p]
            for x, y in zip(p, q, strict=True):  # from one state, so that roundings do not build up
                y.data = x.data
            theirs.load_state_dict(mine.state_dict())
            eager, compiled = cost(X, Y), step(X, Y)
            mine.zero_grad()
            eager.backward()
            mine.step()
            yield "step, dtype of the cost", f"step {k}", str(compiled.dtype), str(eager.dtype), 0
            yield "step, cost", f"step {k}", compiled.data, eager.data, close * (1 + abs(float(eager)))
            slope = max(float(np.abs(x.grad.astype(float)).max()) for x in p)
            moved = max(float(np.abs(x.data.astype(float) - old).max()) for x, old in zip(p, before, strict=True))
            for x, y, old in zip(p, q, before, strict=True):
                wide = [z.data.astype(float) - old for z in (x, y)]
                # a parameter rounds its values, and so its update, to its own dtype
                rounding = 2 * float(np.finfo(x.dtype).eps) * float(np.abs(x.data.astype(float)).max())
                yield "step, dtype", f"{x.name}, step {k}", str(y.dtype), str(x.dtype), 0
                allowed = close * (moved + SUMMED * np.abs(wide[0]).max()) + rounding
                # if a gradient is all rounding, the update of Adam and RMSProp may have either sign
                is_noise = np.abs(x.grad.astype(float)) <= close * slope
                allowed = np.where(is_noise, allowed + 2.5 * moved, allowed)
                yield "step, update", f"{x.name}, step {k}", wide[1], wide[0], allowed
                old_state = {key: v for key, v in mine.state_dict().items() if key.startswith(f"{x.name}.")}
                for key, v in old_state.items():
                    there = theirs.state_dict()[key]
                    allowed = close * (SUMMED * float(np.abs(v).max()) + slope + slope**2)
                    yield "step, state", f"{key}, step {k}", there, v, allowed

    def smaller(self) -> Iterator[StepProgram]:
        if self.times > 1:
            yield replace(self, times=1)
        for k, dtype in enumerate(self.parameters):
            if dtype != "float64":
                yield replace(self, parameters=(*self.parameters[:k], "float64", *self.parameters[k + 1 :]))
        for k, dtype in enumerate(self.inner):
            if dtype != "float64":
                yield replace(self, inner=(*self.inner[:k], "float64", *self.inner[k + 1 :]))

    def built(self) -> StepProgram:
        return self

    def script(self) -> str:
        body = "\n".join(f"#     {line}" for line in self.lines())
        return (
            f"# parameters {self.parameters}, {self.optimizer} with RATE={self.rate}, {self.times} steps\n"
            f"# def cost(X, Y):\n{body}\n#     return {self.cost}\n"
            f"# tools/step_programs.py: draw_step({self.seed}).comparisons()"
        )


def draw_loop(seed: int) -> LoopProgram:
    """The loop of the seed."""
    rng = np.random.default_rng([seed, 9])
    return LoopProgram(seed, str(rng.choice(BODIES)), int(rng.integers(5, 51)), str(rng.choice(FLOATS)))


def draw_step(seed: int) -> StepProgram:
    """The training step of the seed."""
    rng = np.random.default_rng([seed, 10])
    one = rng.random() < 0.3
    dtypes = [str(rng.choice(FLOATS))] * 7 if one else [str(x) for x in rng.choice(FLOATS, 7)]
    cost, optimizer = str(rng.choice(COSTS)), str(rng.choice(OPTIMIZERS))
    rate = float(rng.choice([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0]))
    return StepProgram(seed, tuple(dtypes[:4]), tuple(dtypes[4:]), cost, optimizer, rate, int(rng.integers(3, 11)))
