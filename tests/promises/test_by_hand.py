"""All contestants of the benchmark compute the same: the lesson's code, the expert's, tinygraph."""

import subprocess
import sys

import by_hand
import contestants
import numpy as np
import pytest
from helpers.comparing import TOLERANCE
from helpers.paths import TOOLS


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layer_dims", [(3, 1), (2, 16, 16, 1), (7, 5, 4, 3, 1)])
@pytest.mark.parametrize("other", ["expert", "tinygraph", "compiled"])
def test_ten_steps_have_the_costs_of_the_lesson(layer_dims, dtype, other):
    problem = by_hand.problem(layer_dims, 20, dtype)._replace(learning_rate=0.3)
    lesson, step = by_hand.lesson(problem), contestants.CONTESTANTS[other][2](problem)
    wanted, got = ([run().item() for _ in range(10)] for run in (lesson, step))
    np.testing.assert_allclose(got, wanted, rtol=TOLERANCE[dtype])
    assert wanted[-1] < wanted[0]


@pytest.mark.parametrize("other", ["tinygraph", "compiled"])
def test_ten_steps_of_adam_on_batches_have_the_costs_of_the_lesson(other):
    problem = by_hand.problem((7, 5, 4, 1), 20, "float64", batches=3)._replace(learning_rate=0.01, optimizer="Adam")
    wanted, got = (
        [run().item() for _ in range(10)] for run in (by_hand.lesson(problem), contestants.ADAM[other][2](problem))
    )
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    assert wanted[-1] < wanted[0]


@pytest.mark.parametrize("other", ["tinygraph", "compiled"])
def test_inference_gives_the_results_of_the_lesson(other):
    problem = by_hand.problem((7, 5, 4, 1), 20, "float64")
    wanted, got = (contestants.INFERENCE[key][2](problem)() for key in ("lesson", other))
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["lesson", "expert", "products"])
def test_float32_stays_and_inputs_are_not_changed(name):
    problem = by_hand.problem((3, 4, 1), 5, "float32")
    before = [x.copy() for x in (problem.X, problem.Y, *(x for pair in problem.layers for x in pair))]
    step = contestants.CONTESTANTS[name][2](problem)
    cost = [step() for _ in range(2)][-1]
    if name == "expert" or (name == "lesson" and np.__version__ >= "2"):  # NumPy 1 gives float64 for a scalar
        assert cost.dtype == "float32"
    after = [problem.X, problem.Y, *(x for pair in problem.layers for x in pair)]
    assert all(map(np.array_equal, before, after))


def test_the_gradients_of_the_lesson_are_slopes_of_its_cost():
    rng = np.random.default_rng(0)
    X, Y = rng.random((3, 6)), (rng.random((1, 6)) > 0.5).astype(float)
    parameters = {"W1": rng.normal(size=(4, 3)), "b1": rng.normal(size=(4, 1))}
    parameters |= {"W2": rng.normal(size=(1, 4)), "b2": rng.normal(size=(1, 1))}
    AL, caches = by_hand.L_model_forward(X, parameters)
    grads = by_hand.L_model_backward(AL, Y, caches)

    def cost(name, change):
        moved = parameters | {name: parameters[name] + change}
        return by_hand.compute_cost(by_hand.L_model_forward(X, moved)[0], Y)

    for name, value in parameters.items():
        v = rng.normal(size=value.shape) * 1e-6
        np.testing.assert_allclose(cost(name, v) - cost(name, -v), 2 * np.sum(grads["d" + name] * v), rtol=1e-6)


def benchmark(*options):
    command = [sys.executable, str(TOOLS / "benchmark.py"), "--quick", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_benchmark_prints_a_table_for_each_section():
    run = benchmark("--nets", "tiny", "--only", "expert", "products", "tinygraph", "compiled")
    assert run.returncode == 0, run.stderr
    sections = ("steps", "minibatches", "adam", "inference", "memory", "compiling", "overhead", "chain", "imports")
    for line in (*map("### {}".format, sections), "| tiny: 2-16-16-1;"):
        assert line in run.stdout


def test_the_benchmark_stops_if_costs_differ(monkeypatch):
    import benchmark as module

    half = {"lesson": lambda: np.float64(0.5), "expert": lambda: np.float64(0.5 + 1e-9)}
    module.check_costs("tiny", "float32", half)
    with pytest.raises(SystemExit, match=r"expert does not compute .* tiny: costs \[0.500000001"):
        module.check_costs("tiny", "float64", half)
