"""Random programs of several ops, at random shapes, which hypothesis draws.

A program is a list of steps, each an op and the places of its inputs among the values so far. Ops
on arrays give arrays, so one program runs on arrays and on Tensors. Each step keeps values small
(it ends in a bounded function) and away from poles. Kinks are hit only if both sides move together,
so central differences can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp

import tinygraph as tg

Program = list[tuple[str, int, int]]

ONE: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(tg, name) for name in ("sin", "cos", "tanh", "sigmoid", "softplus", "log_sigmoid", "arctan")},
    **{name: getattr(tg, name) for name in ("gelu", "silu")},
    "elu": lambda x: tg.elu(x, 0.7),
    "exp": lambda x: tg.exp(x * 0.3),
    "log": lambda x: tg.log(x * x + 1.5),
    "sqrt": lambda x: tg.sqrt(x * x + 0.5),
    "square": lambda x: tg.square(x) * 0.5,
    "power": lambda x: (x * x + 1.2) ** 0.7,
    "negative": lambda x: -x,
    "relu": tg.relu,
    "leaky_relu": tg.leaky_relu,
    "abs": abs,
    "clip": lambda x: tg.clip(x, -0.713, 0.917),
    "max": lambda x: tg.max(x, axis=0) if x.ndim and x.shape[0] else x,
    "min": lambda x: tg.min(x, keepdims=True) if x.size else x,
    "numbers": lambda x: 1.5 - x / 2,
    "sum": lambda x: tg.sum(x, axis=x.ndim - 1, keepdims=True) if x.ndim else x,
    "mean": lambda x: tg.mean(x, axis=0) if x.ndim and x.shape[0] else x,
    "logsumexp": lambda x: tg.logsumexp(x) if x.size else x,
    "norm": lambda x: tg.norm(tg.ravel(x) * tg.ravel(x) + 0.1) if x.size else x,
    "var": lambda x: tg.var(x, axis=-1, keepdims=True) if x.ndim and x.shape[-1] else x,
    "std": lambda x: tg.std(tg.concatenate([tg.ravel(x), np.array([-1.0, 3.0])])),
    "prod": lambda x: tg.prod(tg.tanh(x), axis=-1) if x.ndim else x,
    "cumsum": lambda x: tg.cumsum(x),
    "softmax": lambda x: tg.softmax(x, axis=0) if x.ndim and x.shape[0] else x,
    "log_softmax": lambda x: tg.log_softmax(x) * 0.5 if x.ndim and x.shape[-1] else x,
    "transpose": lambda x: tg.transpose(x),
    "reshape": lambda x: tg.reshape(x, x.shape[::-1]),
    "flip": lambda x: tg.flip(x),
    "ravel": lambda x: tg.ravel(x),
    "expand_dims": lambda x: tg.expand_dims(x, 0) if x.ndim < 4 else x,
    "squeeze": lambda x: tg.squeeze(x),
    "pad": lambda x: tg.pad(x, 1, constant_values=0.5) if x.ndim == 1 else x,
    "every second": lambda x: x[::-2] if x.ndim else x,
    "first": lambda x: x[0] if x.ndim and x.shape[0] else x,
    "picked twice": lambda x: x[[0, -1, 0]] if x.ndim and x.shape[0] else x,
    "split": lambda x: tg.split(x, [1])[0] if x.ndim else x,
    "stack": lambda x: tg.stack([x, x * 2], axis=-1) if x.ndim < 4 else x,
    "gram": lambda x: tg.einsum("...i,...j->...ij", x, x) * 0.3 if 0 < x.ndim < 4 else x,
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1.5),
    "power": lambda a, b: tg.power(a * a + 1.1, tg.tanh(b)),
    "logaddexp": tg.logaddexp,
    "maximum": tg.maximum,
    "minimum": lambda a, b: tg.minimum(a, b * 0.871),
    "where": lambda a, b: tg.where(np.arange(max(1, a.size)).reshape(a.shape if a.size else (1,)) % 2 == 0, a, b),
    "outer": lambda a, b: tg.einsum("i,j->ij", tg.ravel(a)[:3], tg.ravel(b)[:3]),
    "dot": lambda a, b: tg.dot(tg.ravel(a)[:2], tg.ravel(b)[:2]) if min(a.size, b.size) > 1 else a,
    "matmul": lambda a, b: a[..., None, :] @ a[..., :, None] if a.ndim else a * b,
    "concatenate": lambda a, b: tg.concatenate([a, b], axis=None),
}


def run_program(program: Program, *inputs: Any) -> Any:
    """The sum of the program's results, a number."""
    values = list(inputs)
    for name, j, k in program:
        a, b = values[j % len(values)], values[k % len(values)]
        if name in ONE:
            y = ONE[name](a)
        elif fits(a.shape, b.shape) or name in ("outer", "dot", "matmul", "concatenate"):
            y = TWO[name](a, b)
        else:
            continue
        if y.size < 200:
            values.append(tg.tanh(y * 0.5) * 2 if name not in ("transpose", "reshape", "flip", "ravel") else y)
    return sum((tg.sum(v * v) for v in values[len(inputs) :]), tg.sum(values[0]))


def fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


STEPS = st.tuples(st.sampled_from([*ONE, *TWO]), st.integers(0, 20), st.integers(0, 20))
PROGRAMS = st.lists(STEPS, min_size=2, max_size=8)


@st.composite
def program_inputs(draw: Any) -> list[Any]:
    """One to three arrays of shapes that broadcast, some with axes of length 0 or 1, or none."""
    shapes = draw(stnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3)).input_shapes
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [rng.uniform(-1.5, 1.5, shape) for shape in shapes[: draw(st.integers(1, 3))]]
