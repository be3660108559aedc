"""Make tests/data/optimizer_figures.json: results of PyTorch's optimizers on a fixed problem.

    python tools/optimizer_figures.py        (needs torch; the tests that read the file do not)

The problem is a net of one tanh layer with a mean squared error; its data are in the file. Each
case starts from the same parameters, takes `steps` steps, halves the learning rate before step
`halve_at`, and drops the gradient of the parameter `skipped` at every step that `skip_every`
divides. The file has the end result of each case.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch

PROBLEM: dict[str, Any] = {
    "steps": 25,
    "halve_at": 15,
    "skipped": "b2",
    "skip_every": 3,
    "X": [[round(math.sin(3 * k + j), 3) for k in range(6)] for j in range(2)],
    "Y": [[round(math.cos(5 * k), 3) for k in range(6)]],
    "parameters": {
        "W1": [[0.5, -0.3], [0.8, 0.1], [-0.6, 0.9]],
        "b1": [[0.1], [-0.2], [0.0]],
        "W2": [[0.7, -0.4, 0.2]],
        "b2": [[0.05]],
    },
}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.05, "betas": [0.8, 0.95], "eps": 0.001}),
    ("Adam", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.05, "betas": [0.8, 0.95], "eps": 0.001, "weight_decay": 0.2}),
    ("RMSProp", {}),
    ("RMSProp", {"learning_rate": 0.02, "alpha": 0.8, "eps": 0.001}),
    ("RMSProp", {"learning_rate": 0.02, "momentum": 0.7}),
    ("RMSProp", {"learning_rate": 0.02, "alpha": 0.8, "momentum": 0.7, "weight_decay": 0.1}),
]
MAX_NORM = 0.1


def start(dtype: Any) -> dict[str, Any]:
    return {name: torch.tensor(value, dtype=dtype, requires_grad=True) for name, value in PROBLEM["parameters"].items()}


def backward(p: dict[str, Any], dtype: Any) -> None:
    X, Y = (torch.tensor(PROBLEM[name], dtype=dtype) for name in "XY")
    ((p["W2"] @ torch.tanh(p["W1"] @ X + p["b1"]) + p["b2"] - Y) ** 2).mean().backward()


def run(kind: str, options: dict[str, Any], dtype: Any) -> dict[str, Any]:
    p = start(dtype)
    arguments = {"lr" if key == "learning_rate" else key: value for key, value in options.items()}
    optimizer = getattr(torch.optim, {"RMSProp": "RMSprop"}.get(kind, kind))(p.values(), **arguments)
    for step in range(1, PROBLEM["steps"] + 1):
        if step == PROBLEM["halve_at"]:
            optimizer.param_groups[0]["lr"] /= 2
        optimizer.zero_grad()
        backward(p, dtype)
        if step % PROBLEM["skip_every"] == 0:
            p[PROBLEM["skipped"]].grad = None
        optimizer.step()
    return {name: value.tolist() for name, value in p.items()}


def clipped() -> dict[str, Any]:
    p = start(torch.float64)
    backward(p, torch.float64)
    norm = torch.nn.utils.clip_grad_norm_(p.values(), MAX_NORM)
    return {"max_norm": MAX_NORM, "norm": norm.item(), "gradients": {name: v.grad.tolist() for name, v in p.items()}}


def main() -> None:
    cases = [
        {"optimizer": kind, "options": options, "dtype": dtype, "end": run(kind, options, getattr(torch, dtype))}
        for kind, options in CASES
        for dtype in ("float64", "float32")
    ]
    made = f"by tools/optimizer_figures.py with PyTorch {torch.__version__}"
    parts = {"made": made, "problem": PROBLEM, "clipped": clipped(), "cases": cases}
    path = Path(__file__).resolve().parent.parent / "tests" / "data" / "optimizer_figures.json"
    path.write_text("{\n" + ",\n".join(f'"{key}": {json.dumps(part)}' for key, part in parts.items()) + "\n}\n")
    print(f"{len(cases)} cases in {path.name}")


if __name__ == "__main__":
    main()
