"""Make tests/data/convolution_figures.json: values and derivatives of PyTorch's functional API.

    python tools/convolution_figures.py      (needs torch; the tests that read the file do not)

An input of a case is a sine, rounded to halves if `ties` is true. The loss is the sum of the
squared result, weighted by a cosine; `gradients` are its gradients in all inputs, and `second` are
those of the sum of all squared gradients.
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

IMAGE, KERNEL = [2, 2, 5, 4], [3, 2, 3, 2]
CASES: list[dict[str, Any]] = [
    {"name": "conv1d", "shapes": [[2, 2, 6], [3, 2, 3], [3]], "options": {}},
    {"name": "conv1d", "shapes": [[2, 1, 7], [2, 1, 2]], "options": {"stride": 2, "padding": 1}},
    {"name": "conv2d", "shapes": [IMAGE, KERNEL, [3]], "options": {}},
    {"name": "conv2d", "shapes": [IMAGE, KERNEL, [3]], "options": {"stride": [2, 1], "padding": [1, 2]}},
    {"name": "conv2d", "shapes": [IMAGE, KERNEL], "options": {"padding": "same"}},
    {"name": "max_pool2d", "shapes": [IMAGE], "options": {"size": 2}},
    {
        "name": "max_pool2d",
        "shapes": [IMAGE],
        "options": {"size": [3, 2], "stride": [1, 2], "padding": 1},
        "ties": True,
    },
    {"name": "avg_pool2d", "shapes": [IMAGE], "options": {"size": 2}},
    {"name": "avg_pool2d", "shapes": [IMAGE], "options": {"size": [3, 2], "stride": [2, 1], "padding": 1}},
    {"name": "layer_norm", "shapes": [[3, 4], [4], [4]], "options": {"axis": [-1]}},
    {"name": "layer_norm", "shapes": [[2, 2, 2, 3], [2, 2, 3], [2, 2, 3]], "options": {"axis": [1, 2, 3]}},
    {"name": "embedding", "shapes": [[4, 3]], "indices": [[1, 3, 1], [0, 1, 3]], "options": {}},
]


def entries(shape: list[int], k: int, ties: bool) -> list[float]:
    """The entries of input k: those that the test makes, too."""
    made = [math.sin(1.7 * i + k) for i in range(math.prod(shape))]
    return [round(2 * x) / 2 for x in made] if ties else made


def call(case: dict[str, Any], *inputs: Any) -> Any:
    name, options = case["name"], dict(case["options"])
    if name == "embedding":
        return functional.embedding(torch.tensor(case["indices"]), *inputs)
    if name == "layer_norm":
        x, *others = inputs
        return functional.layer_norm(x, x.shape[-len(options["axis"]) :], *others)
    if "size" in options:
        options["kernel_size"] = options.pop("size")
    return getattr(functional, name)(*inputs, **options)


def figures(case: dict[str, Any]) -> dict[str, Any]:
    shapes = case["shapes"]
    inputs = [
        torch.tensor(entries(shape, k, case.get("ties", False)), dtype=torch.float64).reshape(shape).requires_grad_()
        for k, shape in enumerate(shapes)
    ]
    y = call(case, *inputs)
    weights = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)
    gradients = torch.autograd.grad((y * y * weights).sum(), inputs, create_graph=True)
    second = torch.autograd.grad(sum((g * g).sum() for g in gradients), inputs)
    return case | {"value": written(y), "gradients": [*map(written, gradients)], "second": [*map(written, second)]}


def written(x: Any) -> Any:
    return {"shape": list(x.shape), "entries": [float(f"{entry:.13g}") for entry in x.flatten().tolist()]}


def main() -> None:
    made = json.dumps(f"by tools/convolution_figures.py with PyTorch {torch.__version__}")
    cases = ",\n".join(json.dumps(figures(case)) for case in CASES)
    path = Path(__file__).resolve().parent.parent / "tests" / "data" / "convolution_figures.json"
    path.write_text(f'{{"made": {made}, "cases": [\n{cases}\n]}}\n')
    print(f"{len(CASES)} cases in {path.name}")


if __name__ == "__main__":
    main()
