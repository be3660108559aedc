"""Make tests/data/cost_figures.json: PyTorch's weighted costs, their gradients, and its schedules.

    python tools/cost_figures.py             (needs torch; the tests that read the file do not)

The scores and labels are in the file. A case is a choice of options; with two classes, PyTorch's
scores are those of the second class, next to 0 for the first.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch.optim import lr_scheduler

PROBLEM: dict[str, Any] = {
    "Z": [[round(1.5 * math.sin(3 * k + 2 * j), 3) for k in range(6)] for j in range(3)],
    "labels": [0, 2, 1, 1, 2, 0],
    "binary_labels": [1, 0, 1, 1, 0, 0],
    "sample_weight": [round(0.5 + abs(math.cos(k)), 3) for k in range(6)],
    "class_weight": [0.5, 2.0, 1.25],
}
CASES: list[dict[str, Any]] = [
    {"class_weight": True},
    {"label_smoothing": 0.1},
    {"class_weight": True, "label_smoothing": 0.1},
    {"sample_weight": True},
    {"sample_weight": True, "class_weight": True, "label_smoothing": 0.1},
]
RATE, STEPS = 0.8, 8


def with_gradient(cost: Any, Z: Any) -> dict[str, Any]:
    Z = Z.clone().requires_grad_(True)
    value = cost(Z)
    value.backward()
    return {"cost": value.item(), "gradient": Z.grad.tolist()}


def cross_entropy(scores: Any, labels: list[int], options: dict[str, Any]) -> Any:
    target = torch.tensor(labels)
    weight = torch.tensor(PROBLEM["class_weight"][: scores.shape[1]], dtype=torch.float64)
    given = {
        "weight": weight if "class_weight" in options else None,
        "label_smoothing": options.get("label_smoothing", 0),
    }
    if "sample_weight" not in options:
        return torch.nn.functional.cross_entropy(scores, target, **given)
    losses = torch.nn.functional.cross_entropy(scores, target, reduction="none", **given)
    s = torch.tensor(PROBLEM["sample_weight"], dtype=torch.float64)
    return (s * losses).sum() / (s * weight[target] if "class_weight" in options else s).sum()


def costs(options: dict[str, Any]) -> dict[str, Any]:
    Z = torch.tensor(PROBLEM["Z"], dtype=torch.float64)
    labels = PROBLEM["binary_labels"]
    return {
        "options": options,
        "softmax": with_gradient(lambda Z: cross_entropy(Z.T, PROBLEM["labels"], options), Z),
        "binary": with_gradient(lambda z: cross_entropy(torch.cat([torch.zeros_like(z), z]).T, labels, options), Z[:1]),
    }


def rates(scheduler: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule, found = scheduler(optimizer), []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def schedules() -> dict[str, list[float]]:
    return {
        "step": rates(lambda o: lr_scheduler.StepLR(o, 3, 0.3)),
        "exponential": rates(lambda o: lr_scheduler.ExponentialLR(o, 0.7)),
        "cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 5, 0.05))[:6],  # PyTorch's rises again
        "warm_up": rates(
            lambda o: lr_scheduler.SequentialLR(
                o, [lr_scheduler.LinearLR(o, 1 / 4, 1.0, 3), lr_scheduler.ExponentialLR(o, 0.7)], [4]
            )
        ),
        "decay": rates(lambda o: lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + 0.5 * (k // 2)))),
    }


def main() -> None:
    made = f"by tools/cost_figures.py with PyTorch {torch.__version__}"
    parts = {"made": made, "problem": PROBLEM, "cases": [*map(costs, CASES)], "rate": RATE, "schedules": schedules()}
    path = Path(__file__).resolve().parent.parent / "tests" / "data" / "cost_figures.json"
    path.write_text("{\n" + ",\n".join(f'"{key}": {json.dumps(part)}' for key, part in parts.items()) + "\n}\n")
    print(f"{len(CASES)} cases in {path.name}")


if __name__ == "__main__":
    main()
