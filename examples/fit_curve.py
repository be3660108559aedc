"""Fit a curve with the tape's gradients: a damped oscillation, to noisy measurements.

    python examples/fit_curve.py [--iterations 50] [--out out]

Writes fit_curve.png to --out if matplotlib is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.train.options import Parser, folder, kept_if_used, said, whole

Array = np.ndarray[Any, Any]

TRUE = {"amplitude": 2.0, "decay": 0.3, "frequency": 2.2, "phase": 0.5}
START = {"amplitude": 1.0, "decay": 0.1, "frequency": 2.0, "phase": 0.0}


def curve(p: dict[str, Any], t: Array) -> Any:
    """The oscillation with the parameters p at the times t; a Tensor if those are Tensors."""
    return p["amplitude"] * np.exp(-p["decay"] * t) * np.cos(p["frequency"] * t + p["phase"])


def fit(t: Array, y: Array, iterations: int) -> dict[str, float]:
    """The parameters with the least mean squared error to the measurements y, by SciPy's BFGS."""
    start, back = tg.ravel(START)  # a vector for SciPy, and the way back to the names
    cost = tg.value_and_grad(lambda p: tg.mean_squared_error(curve(back(p), t), y))
    steps = 0

    def report(intermediate_result: Any) -> None:
        nonlocal steps
        steps += 1
        print(f"mean squared error after iteration {steps}: {intermediate_result.fun:.6f}")

    found = minimize()(cost, start, jac=True, callback=report, options={"maxiter": iterations})
    return {name: float(value) for name, value in back(found.x).items()}


def minimize() -> Any:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise ValueError('this example needs SciPy: pip install ".[examples]"') from None
    return minimize


def plot(path: Path, t: Array, y: Array, found: dict[str, float]) -> None:
    from matplotlib.figure import Figure

    fine = np.linspace(t[0], t[-1], 400)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(t, y, ".", color="#888888", label="measured")
    axes.plot(fine, curve(START, fine), "--", color="#b8860b", label="start")
    axes.plot(fine, curve(found, fine), color="#5b3a8c", label="fitted")
    axes.set(xlabel="t", ylabel="y")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


def main(argv: list[str] | None = None) -> None:
    parser = Parser("fit_curve.py", description="Fit a damped oscillation to noisy measurements.")
    parser.add_argument("--iterations", type=whole(1), default=50, metavar="N", help="at most; default: 50")
    parser.add_argument("--out", type=folder, default=Path("out"), metavar="DIR", help="default: out")
    options = parser.parse_args(argv)
    try:
        with kept_if_used(options.out):
            run(options.iterations, options.out)
    except (OSError, ValueError) as error:
        parser.error(said(error))


def run(iterations: int, out: Path) -> None:
    t = np.linspace(0, 10, 100)
    y = curve(TRUE, t) + np.random.default_rng(0).normal(0, 0.1, t.shape)
    found = fit(t, y, iterations)
    print("            true   fitted")
    for name in TRUE:
        print(f"{name:<10} {TRUE[name]:5.2f}   {found[name]:6.3f}")

    try:
        plot(out / "fit_curve.png", t, y, found)
    except ImportError:
        print('no picture: it takes matplotlib, pip install ".[examples]" in a checkout')
    else:
        print(f"written: {out / 'fit_curve.png'}")


if __name__ == "__main__":
    main()
