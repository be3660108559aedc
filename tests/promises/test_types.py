"""Type checkers find mistakes in the use of tinygraph, and nothing else.

The stubs are as tools/make_stubs.py writes them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import make_stubs
import numpy as np
import pytest

import tinygraph as tg

ROOT = Path(tg.__file__).resolve().parent.parent
CLEAN = """
from typing import Any

import numpy as np
from typing_extensions import assert_type

import tinygraph as tg
from tinygraph.compiler.compile import Compiled

Array = np.ndarray[Any, Any]
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(3, 5)), np.ones((1, 5))
W = tg.Tensor(rng.normal(size=(4, 3)), requires_grad=True, name="W")
mlp = tg.MLP([3, 4, 1], init="xavier", rng=0)
cost = tg.cross_entropy(mlp(X), Y)
optimizer = tg.optim.Adam(mlp.parameters, learning_rate=0.01)


@tg.compile(optimizer=optimizer)
def step(X: Array, Y: Array) -> Any:
    return tg.cross_entropy(mlp(X), Y)


# --- types of results

assert_type(tg.sigmoid(W), tg.Tensor)
assert_type(tg.sigmoid(X), Array)
assert_type(W.sum(axis=0, keepdims=True), tg.Tensor)
assert_type(W.T, tg.Tensor)
assert_type(W[0], tg.Tensor)
assert_type(W[:, [0, 1]], tg.Tensor)
assert_type(W @ X, tg.Tensor)
assert_type(1 - W * 2.0, tg.Tensor)
assert_type(W > 0, tg.Tensor)
assert_type(W.shape, tuple[int, ...])
assert_type(W.numpy(), Array)
np.from_dlpack(W.detach()).tolist()
mlp.export("model.py")
assert_type(tg.matmul(W, X), tg.Tensor)
assert_type(tg.maximum(0, W), tg.Tensor)
assert_type(tg.maximum(0, X), Array)
assert_type(tg.where(X > 0, X, tg.Tensor(0.0)), tg.Tensor)
assert_type(tg.clip(X, 0, 1), Array)
assert_type(tg.concatenate([W, np.ones((1, 3))]), tg.Tensor)
assert_type(tg.stack([X, X], axis=1), Array)
assert_type(tg.split(W, 2), list[tg.Tensor])
assert_type(tg.einsum("ij,jk->ik", W, X), tg.Tensor)
assert_type(cost, tg.Tensor)
assert_type(mlp(X), tg.Tensor)
assert_type(mlp.predict(X), Array)
assert_type(tg.mean_squared_error(Y, Y), Array)
assert_type(tg.cross_entropy(mlp(X), Y, sample_weight=Y, class_weight=W[0, :2], label_smoothing=0.1), tg.Tensor)
assert_type(tg.optim.schedules.warm_up(5, tg.optim.schedules.cosine(0.1, steps=100))(0), float)
assert_type(tg.compile(lambda x: tg.tanh(x)), Compiled)
assert_type(step, Compiled)
assert_type(step.source, str)

# --- what one writes

cost.backward()
W.data -= 0.1 * W.grad
if W.grad is not None:
    print(W.grad.shape, float(cost), len(W), [row.sum() for row in W], W == W)
W.requires_grad, W.grad, W.name = False, None, "V"
tg.draw(cost, direction="TB", values=True, depth=1).source
tg.save_diagram(step, "graph.svg", dark=True)
print(tg.explain(cost, format="latex"), tg.sigmoid.name, mlp.gradients()["dW1"].mean())
tg.check_gradients(tg.relu, W, order=1)
tg.checkpoint(lambda x: tg.exp(x).sum())(W).backward()
slope = tg.grad(lambda x: (x**2).sum())(X)
vector, back = tg.ravel(mlp.state_dict())
optimizer.step()
batches = tg.batches(X, Y, batch_size=2, rng=0, epochs=3)
assert_type(list(batches), list[tuple[Array, ...]])
batches.load_state_dict(batches.state_dict())

# --- NumPy's functions on Tensors, and uses of their results

(np.exp(W), np.log(W), np.sqrt(W), np.square(W), np.abs(W), np.sin(W), np.cos(W), np.tanh(W), np.logaddexp(W, 0.0))
(np.add(W, 1.0), np.multiply(2.0, W), np.maximum(W, 0.0), np.minimum(W, W), np.matmul(W, X), np.dot(W, X))
(np.reshape(W, (3, 4)), np.transpose(W), np.squeeze(W), np.expand_dims(W, 0), np.clip(W, 0, 1), np.cumsum(W))
(np.concatenate([W, W]), np.stack([W, W]), np.where(W > 0, W, 0), np.einsum("ij->i", W), np.linalg.norm(W))
(np.argmax(W), np.var(W, axis=0), np.prod(W), np.pad(W, 1), np.take(W, [0]), np.allclose(W, W))
np.sum(W).backward()
np.max(W).backward()
np.mean(W * W).backward()
np.mean(Y * tg.log(W) + (1 - Y) * W, axis=0).backward()
(X.T @ W.T).sum().backward()
"""
MISTAKES = """
W.summ()
tg.sigmod(W)
mlp.predcit(X)
step.sorce
cost.grad.shpae
tg.softmax(W, axes=0)
W.sum(dim=0)
tg.draw(cost, colour="red")
tg.draw(cost, direction="left")
tg.save_diagram(cost, "graph.svg", drak=True)
tg.explain(cost, format="html")
tg.MLP([3, 4, 1], init="xaver")
tg.batches(X, Y)
tg.batches(X, Y, batch_size=2, examples="row")
tg.optim.Adam(mlp.parameters, rate=0.01)
tg.optim.schedules.cosine(0.1, steps="100")
tg.mean_squared_error(Y, Y, class_weight=[1, 2])
tg.sigmoid("W")
W + "1"
tg.cross_entropy(mlp(X))
"""
CHECKERS = {
    "mypy": ["--no-pretty"],
    "pyrefly": [
        *("check", "--preset", "default", "--output-format", "min-text", "--color", "never"),
        *("--search-path", str(ROOT), "--python-interpreter-path", sys.executable),
    ],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_find_each_mistake_and_nothing_else(checker: str, tmp_path: Path) -> None:
    pytest.importorskip(checker)
    files = {"clean.py": CLEAN, "planted.py": CLEAN + MISTAKES}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", checker, *CHECKERS[checker], *(str(tmp_path / name) for name in files)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in said.stdout.splitlines() if "error" in line.lower()]
    found = {(name, int(line)) for name, line in re.findall(r"(\w+\.py):(\d+):", "\n".join(errors))}
    start, end = CLEAN.count("\n") + 2, (CLEAN + MISTAKES).count("\n") + 1
    assert found == {("planted.py", line) for line in range(start, end)}, said.stdout + said.stderr


@pytest.mark.skipif(not "2" <= np.__version__ < "2.5", reason="the stubs have the options and names of NumPy 2.4")
@pytest.mark.parametrize("path", make_stubs.stubs(), ids=lambda path: "/".join(path.parts[-2:]))
def test_the_stubs_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == make_stubs.stubs()[path], "run python tools/make_stubs.py --write"
