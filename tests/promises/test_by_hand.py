"""All contestants of the benchmark compute the same: the lesson's code, the expert's, tinygraph."""

import subprocess
import sys

import by_hand
import by_numba
import contestants
import numpy as np
import pytest
import racing
import speed_page
from helpers.comparing import TOLERANCE
from helpers.paths import TOOLS


def costs(key, problem, epochs):
    return [float(cost) for cost in contestants.CONTESTANTS[key].make(problem).run(epochs)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("layer_dims", [(3, 1), (2, 16, 16, 1), (7, 5, 4, 3, 1)])
@pytest.mark.parametrize("other", ["expert", "tinygraph", "compiled"])
def test_ten_steps_have_the_costs_of_the_lesson(layer_dims, dtype, other):
    problem = by_hand.problem(layer_dims, 20, dtype)._replace(learning_rate=0.3)
    wanted = costs("lesson", problem, 10)
    np.testing.assert_allclose(costs(other, problem, 10), wanted, rtol=TOLERANCE[dtype])
    assert wanted[-1] < wanted[0]


@pytest.mark.parametrize("key", ["lesson", "expert", "products", "compiled"])
def test_a_turn_lays_out_the_examples_once(key, monkeypatch):
    """A copy of X in each turn would count as part of a long step."""
    contestant = contestants.CONTESTANTS[key].make(by_hand.problem((3, 2, 1), 5, "float64"))
    given = []
    monkeypatch.setattr(contestant, "train", lambda X, Y: given.append(X))
    contestant.run(2), contestant.run(1)
    assert len(given) == 3
    assert all(X is given[0] for X in given)


@pytest.mark.parametrize("other", ["expert", "tinygraph", "compiled"])
def test_epochs_of_adam_on_batches_have_the_costs_of_the_lesson(other):
    problem = by_hand.problem((7, 5, 4, 1), 20, "float64", batches=3)._replace(learning_rate=0.01, optimizer="Adam")
    problem = problem._replace(X=problem.X[:-3], Y=problem.Y[:-3])  # the last batch is smaller
    wanted = costs("lesson", problem, 5)
    np.testing.assert_allclose(costs(other, problem, 5), wanted, rtol=1e-9)
    assert wanted[-1] < wanted[0]


@pytest.mark.parametrize("other", ["tinygraph", "compiled"])
def test_epochs_with_three_classes_have_the_costs_of_the_expert(other):
    problem = by_hand.problem((7, 5, 3), 20, "float64", batches=3)._replace(learning_rate=0.01, optimizer="Adam")
    wanted = costs("expert", problem, 5)
    np.testing.assert_allclose(costs(other, problem, 5), wanted, rtol=1e-9)
    assert wanted[-1] < wanted[0]


@pytest.mark.parametrize("key", contestants.CONTESTANTS)
def test_each_contestant_that_is_installed_has_the_costs_of_the_expert(key):
    row = contestants.CONTESTANTS[key]
    if contestants.version(row.package) is None or key in ("products", "torch.compile"):
        pytest.skip("it is not installed, has no costs, or takes minutes to compile")
    problem = by_hand.problem((7, 5, 4, 1), 20, "float64", batches=2)
    np.testing.assert_allclose(costs(key, problem, 3), costs("expert", problem, 3), rtol=1e-9)


@pytest.mark.parametrize("other", ["tinygraph", "compiled"])
def test_inference_gives_the_results_of_the_lesson(other):
    problem = by_hand.problem((7, 5, 4, 1), 20, "float64")
    wanted, got = (contestants.CONTESTANTS[key].make(problem).prediction()() for key in ("lesson", other))
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["lesson", "expert", "products"])
def test_float32_stays_and_inputs_are_not_changed(name):
    problem = by_hand.problem((3, 4, 1), 5, "float32")
    arrays = [problem.X, problem.Y, *(x for pair in problem.layers for x in pair)]
    before = [x.copy() for x in arrays]
    cost = contestants.CONTESTANTS[name].make(problem).run(2)[-1]
    if name == "expert" or (name == "lesson" and np.__version__ >= "2"):  # NumPy 1 gives float64 for a scalar
        assert cost.dtype == "float32"
    assert all(map(np.array_equal, before, arrays))


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


@pytest.mark.parametrize("cost_and_dZ", ["binary_cost_and_dZ", "softmax_cost_and_dZ"])
def test_the_loops_for_numba_compute_as_the_expert(cost_and_dZ):
    Z = np.random.default_rng(0).standard_normal((6, 1 if cost_and_dZ.startswith("binary") else 4)) * 3
    Y = np.arange(6.0).reshape(6, 1) % 2 if Z.shape[1] == 1 else np.arange(6) % 4
    dZ = np.empty_like(Z.T)
    wanted = getattr(by_hand, cost_and_dZ)(Z.T.copy(), Y.T, dZ)
    np.testing.assert_allclose(getattr(by_numba, cost_and_dZ)(Z, Y), wanted, rtol=1e-12)
    np.testing.assert_allclose(Z, dZ.T / 6, rtol=1e-12)


def benchmark(*options):
    command = [sys.executable, str(TOOLS / "benchmark.py"), "--quick", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_the_benchmark_prints_a_table_for_each_section():
    run = benchmark("--nets", "tiny", "--only", "expert", "products", "tinygraph", "compiled")
    assert run.returncode == 0, run.stderr
    tables = run.stdout.split("\n### ")[1:]
    assert [table.split("\n")[0] for table in tables] == [
        *("sgd", "adam", "minibatches", "classes", "inference", "memory"),
        *("compiling", "overhead", "chain", "imports", "jacobians"),
    ]
    for table in tables:
        assert len(speed_page.cells(table.rstrip("\n").split("\n\n")[2])) >= 3
    assert "tiny: 2-16-16-1; 100, float64" in tables[0]


def test_the_benchmark_writes_no_part_of_a_table():
    run = benchmark("--write")
    assert run.returncode == 2
    assert "without --quick" in run.stderr


def test_the_benchmark_stops_if_costs_differ():
    half = {"lesson": lambda n: [0.5] * n, "expert": lambda n: [0.5 + 1e-9] * n}
    racing.check_costs("tiny", half, 1e-4)
    with pytest.raises(SystemExit, match=r"expert does not compute .* tiny: costs \[0.500000001"):
        racing.check_costs("tiny", half, 1e-10)


def test_a_race_gives_ratios_to_the_first_one(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(racing, "perf_counter", lambda: clock[0])

    def taking(ticks):
        def run(n):
            clock[0] += n * ticks

        return run

    baseline, ratios = racing.race({"one": taking(1 / 512), "three": taking(3 / 512)}, rounds=3, at_least=1 / 64)
    assert (baseline, ratios) == (1 / 512, {"one": 1, "three": 3})


def test_the_best_peer_is_the_fastest_row_that_is_no_code_of_ours():
    rows = ["| | tiny |", "| --- | ---: |", "| expert by hand | 0.2 |", "| **tinygraph compiled** | 0.33 |"]
    rows += ["| PyTorch eager | 2.00 |", "| JAX jit | 0.61 |", "| **tinygraph eager** | 0.1 |"]
    page = "<!-- speed: sgd -->\n\nold\n\n<!-- end -->\n\n<!-- speed: adam -->\n\nkept\n\n<!-- end -->\n"
    page = speed_page.with_section(page, "sgd", "\n".join(rows))
    assert speed_page.compiled_and_best_peer(page, "sgd") == {"tiny": ("**0.33**", "0.61 (JAX jit)")}
    assert speed_page.section(page, "adam") == "kept"
    assert page.endswith("kept\n\n<!-- end -->\n")
