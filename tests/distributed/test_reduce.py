"""tg.distributed.mpi with threads as ranks: one step over all ranks is the step of one process."""

from __future__ import annotations

import sys
import types
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.processes import python
from helpers.ranks import Intracomm, on_ranks, pretend, world
from helpers.training import OPTIMIZERS, data

import tinygraph as tg

STEPS, M = 20, 203


@pytest.fixture(autouse=True)
def ranks(monkeypatch: Any) -> None:
    pretend(monkeypatch)


def train(comm: Any, optimizer: str, dtype: str = "float64", batch_size: int = 67, **options: Any) -> Any:
    """20 steps on 203 examples; a last batch has 2, so that of 4 ranks some have none."""
    mlp = tg.MLP([3, 6, 5, 1], rng=comm.Get_rank(), dtype=dtype)  # rank 0's count
    reduce = tg.distributed.mpi(comm)
    step = tg.compile(mlp.cost, optimizer=OPTIMIZERS[optimizer](mlp.parameters), reduce=reduce, **options)
    place = {"rank": reduce.rank, "ranks": reduce.ranks}
    batches = tg.batches(*data(M, dtype), batch_size=batch_size, rng=0, epochs=5, **place)
    costs = [float(step(x, y)) for x, y in batches]
    return mlp.state_dict(), costs


@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_many_ranks_train_as_one(count: int, optimizer: str) -> None:
    states, costs = zip(*on_ranks(count, lambda comm: train(comm, optimizer)), strict=True)
    ((alone, alone_costs),) = on_ranks(1, lambda comm: train(comm, optimizer))
    assert len(alone_costs) == STEPS
    for state in states:
        assert bits(state) == bits(states[0])
        for name, x in alone.items():
            np.testing.assert_allclose(state[name], x, rtol=1e-9 if optimizer == "Adam" else 1e-12, atol=1e-14)
    assert all(c == costs[0] for c in costs)
    np.testing.assert_allclose(costs[0], alone_costs, rtol=1e-11)


def test_one_rank_trains_as_without_reduce() -> None:
    ((state, costs),) = on_ranks(1, lambda comm: train(comm, "Adam"))
    mlp = tg.MLP([3, 6, 5, 1], rng=0)
    step = tg.compile(mlp.cost, optimizer=OPTIMIZERS["Adam"](mlp.parameters))
    expected = [float(step(x, y)) for x, y in tg.batches(*data(M), batch_size=67, rng=0, epochs=5)]
    np.testing.assert_allclose(costs, expected, rtol=1e-10)
    for name, x in mlp.state_dict().items():
        np.testing.assert_allclose(state[name], x, rtol=1e-9)


def test_clipping_is_of_the_gradients_of_all_ranks() -> None:
    found = on_ranks(3, lambda comm: train(comm, "momentum", clip_norm=0.05)[0])
    (expected,) = on_ranks(1, lambda comm: train(comm, "momentum", clip_norm=0.05)[0])
    unclipped = on_ranks(1, lambda comm: train(comm, "momentum")[0])[0]
    for name, x in expected.items():
        np.testing.assert_allclose(found[1][name], x, rtol=1e-11)
    assert not np.allclose(expected["W1"], unclipped["W1"], rtol=1e-3)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float16", 0.02)])
def test_smaller_dtypes(dtype: str, tolerance: float) -> None:
    states = on_ranks(3, lambda comm: train(comm, "momentum", dtype)[0])
    (expected,) = on_ranks(1, lambda comm: train(comm, "momentum", dtype)[0])
    assert bits(states[1]) == bits(states[0])
    for name, x in expected.items():
        assert states[0][name].dtype == x.dtype == dtype
        np.testing.assert_allclose(states[0][name], x, rtol=tolerance, atol=tolerance)


def test_parameters_of_several_dtypes() -> None:
    X, Y = data(8)

    def work(comm: Any) -> Any:
        dtypes = ("float64", "float32", "float16")
        W = {d: tg.Tensor(np.ones((1, 3), d), requires_grad=True, name=d) for d in dtypes}

        def cost(X: Any, Y: Any) -> Any:
            return sum(tg.mean_squared_error(w @ X, Y) for w in W.values())

        step = tg.compile(cost, optimizer=tg.optim.SGD(W, 0.1, momentum=0.9), reduce=tg.distributed.mpi(comm))
        k, n = comm.Get_rank(), comm.Get_size()
        for _ in range(5):
            step(X[:, 8 * k // n : 8 * (k + 1) // n], Y[:, 8 * k // n : 8 * (k + 1) // n])
        return {name: w.numpy() for name, w in W.items()}, comm.calls

    (expected, _), *_ = on_ranks(1, work)
    for found, calls in on_ranks(3, work):
        assert calls == 2 + 5 * (1 + 3)  # the start; at each step, the costs and a vector for each dtype
        for (name, x), tolerance in zip(expected.items(), [1e-12, 1e-5, 1e-2], strict=True):
            np.testing.assert_allclose(found[name], x, rtol=tolerance)


# --- the start


@pytest.mark.parametrize("grouped", [True, False])
def test_all_ranks_begin_with_what_rank_0_has_loaded(grouped: bool) -> None:
    """Parameters, the state of Adam, its counts of steps, which differ, and learning rates."""

    def work(comm: Any) -> Any:
        k = comm.Get_rank()
        mlp = tg.MLP([3, 6, 5, 1], rng=k)
        groups = [{"parameters": [p], "learning_rate": 0.1 / (k + 1)} for p in mlp.parameters.values()]
        optimizer = tg.optim.Adam(groups if grouped else mlp.parameters, 0.02 / (k + 1))
        X, Y = data(30)
        if k == 0:
            for step in range(3):
                if step == 2:
                    mlp.parameters["W1"].requires_grad = False
                mlp.cost(X, Y).backward()
                optimizer.step()
                optimizer.zero_grad()
            mlp.parameters["W1"].requires_grad = True
        step = tg.compile(mlp.cost, optimizer=optimizer, reduce=tg.distributed.mpi(comm))
        part = slice(30 * k // comm.Get_size(), 30 * (k + 1) // comm.Get_size())
        for _ in range(3):
            step(X[:, part], Y[:, part])
        return mlp.state_dict(), optimizer.state_dict()

    (expected, state), *_ = on_ranks(1, work)
    assert (state["W1.steps"], state["b1.steps"]) == (5, 6)
    for found in on_ranks(3, work):
        for name, x in {**expected, **state}.items():
            if name != "optimizer":
                np.testing.assert_allclose({**found[0], **found[1]}[name], x, rtol=1e-9)


@pytest.mark.parametrize("whole", [True, False])
def test_running_statistics_begin_with_those_of_rank_0(whole: bool) -> None:
    """Also if the optimizer knows only the parameters, and the first batch of a rank is empty."""

    def work(comm: Any) -> Any:
        mlp = tg.MLP([3, 4, 1], batch_norm=True, rng=comm.Get_rank())
        if comm.Get_rank() == 0:
            mlp.cost(*data(20))
        optimizer = tg.optim.SGD(mlp if whole else mlp.parameters, 0.1)
        step = tg.compile(mlp.cost, optimizer=optimizer, reduce=tg.distributed.mpi(comm))
        m = 20 if comm.Get_rank() == 0 else 0
        X, Y = data()
        step(X[:, :m], Y[:, :m])
        return mlp.state_dict()

    first, second = on_ranks(2, work)
    alone = tg.MLP([3, 4, 1], batch_norm=True, rng=0)
    alone.cost(*data(20))
    for name in ("mean1", "var1"):
        np.testing.assert_array_equal(second[name], alone.state_dict()[name])
        assert not np.array_equal(first[name], second[name])  # rank 0 has moved on
    assert bits({k: v for k, v in first.items() if k[0] in "Wbg"}) == bits(
        {k: v for k, v in second.items() if k[0] in "Wbg"}
    )


def test_frozen_parts_of_a_model_begin_with_those_of_rank_0() -> None:
    def work(comm: Any) -> Any:
        mlp = tg.MLP([3, 4, 1], rng=comm.Get_rank())
        mlp.parameters["W1"].requires_grad = False
        step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1), reduce=tg.distributed.mpi(comm))
        step(*data(40 + comm.Get_rank()))
        return mlp.state_dict()

    first, second = on_ranks(2, work)
    assert bits(first) == bits(second)


def test_a_tape_from_before_the_start_is_refused(monkeypatch: Any) -> None:
    """Also if the first step fails, and the next one starts again no more."""
    mlp = tg.MLP([3, 4, 1], rng=0)
    optimizer = tg.optim.SGD(mlp.parameters, 0.1, momentum=0.9)
    tg.compile(mlp.cost, optimizer=optimizer, reduce=lambda v: None)(*data())  # moves the parameters into a vector
    cost = mlp.cost(*data())
    reduce = tg.distributed.mpi(world(1)[0])
    step = tg.compile(mlp.cost, optimizer=optimizer, reduce=reduce)
    monkeypatch.setattr(Intracomm, "Allreduce", fail)
    for m in (40, 41):
        with pytest.raises(ConnectionError, match="is gone"):
            step(*data(m))
    assert reduce.comm.calls == 2
    with pytest.raises(ValueError, match=r"W2 .* has been changed in place since"):
        cost.backward()


def fail(*args: Any, **options: Any) -> None:
    raise ConnectionError("the other machine is gone")


def test_a_start_that_fails_is_tried_again(monkeypatch: Any) -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(mlp.cost, optimizer=tg.optim.Adam(mlp), reduce=tg.distributed.mpi(world(1)[0]))
    with monkeypatch.context() as patch:
        patch.setattr(Intracomm, "bcast", fail)
        with pytest.raises(ConnectionError, match="is gone"):
            step(*data())
    step(*data())
    assert step._between.reduce.comm.calls == 4  # the start, the costs, the vector


def test_rows_that_are_counted_as_columns_give_one_warning() -> None:
    def work(comm: Any, examples: Any = "columns") -> None:
        w = tg.Tensor(np.ones((2, 1)), requires_grad=True, name="w")
        reduce = tg.distributed.mpi(comm, examples=examples)
        step = tg.compile(lambda X: (X @ w).mean(), optimizer=tg.optim.SGD([w], 0.1), reduce=reduce)
        step(np.arange(2.0 * (3 + comm.Get_rank())).reshape(-1, 2))

    said = r"shapes \(3, 2\), \(4, 2\), but as many columns; if rows are examples, write mpi\(examples='rows'\)"
    with pytest.warns(UserWarning, match=said) as warned:
        on_ranks(2, work)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    on_ranks(2, lambda comm: work(comm, "rows"))


def test_another_net_on_a_rank_is_an_error() -> None:
    def work(comm: Any) -> None:
        mlp = tg.MLP([3, 4 + comm.Get_rank(), 1], rng=0)
        tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1), reduce=tg.distributed.mpi(comm))(*data())

    said = (
        r"rank 1 has another net or optimizer than rank 0: its arrays are float64 \(5, 3\), float64 \(5, 1\), "
        r"float64 \(1, 5\), float64 \(1, 1\), float64 \(\), not float64 \(4, 3\)"
    )
    with pytest.raises(ValueError, match=said):
        on_ranks(2, work)


@pytest.mark.parametrize("given", [np.ones((3, 4)), tg.Tensor(np.ones((3, 4))), np.ones((3, 4), "float16").T.copy().T])
def test_the_same_examples_on_all_ranks_give_one_warning(given: Any) -> None:
    """Whoever forgets to give each rank its part trains as long as one process."""

    def work(comm: Any) -> Any:
        mlp = tg.MLP([3, 4, 1], rng=0)
        step = tg.compile(mlp.cost, optimizer=tg.optim.SGD(mlp, 0.1), reduce=tg.distributed.mpi(comm))
        return [float(step(given, np.ones((1, 4)))) for _ in range(2)]

    with pytest.warns(UserWarning, match="all 2 ranks begin with the same examples: give each its part") as warned:
        first, second = on_ranks(2, work)
    assert first == second
    assert len(warned) == 1
    assert warned[0].filename == __file__


# --- the weights


def of_one_parameter(comm: Any, cost: Any, examples: Any, given: Any) -> Any:
    """A step of size 1 from 0 on the parameter w: minus the gradient, and the cost."""
    w = tg.Tensor(np.zeros(1), requires_grad=True, name="w")
    reduce = tg.distributed.mpi(comm, examples=examples)
    step = tg.compile(lambda *args: cost(w, *args), optimizer=tg.optim.SGD([w], 1.0), reduce=reduce)
    value = step(*given[comm.Get_rank()])
    return w.numpy()[0], float(value)


PARTS = [np.array([[1.0, 2.0, 3.0]]), np.array([[10.0]]), np.zeros((1, 0))]


@pytest.mark.parametrize(
    ("examples", "expected"),
    [
        ("columns", -16 / 4),
        (lambda x: x.shape[-1], -16 / 4),
        (lambda x: 1 if x.shape[-1] else 0, -(2 + 10) / 2),
        (lambda x: np.float64(x.shape[-1] == 1), -10.0),
    ],
)
def test_examples_are_the_weights_of_means(examples: Any, expected: float) -> None:
    def cost(w: Any, x: Any) -> Any:
        return (w * x).mean() + 1

    for found in on_ranks(3, lambda comm: of_one_parameter(comm, cost, examples, [[x] for x in PARTS])):
        assert found == pytest.approx((expected, 1))


def test_a_cost_that_is_a_sum_has_no_weights() -> None:
    def cost(w: Any, x: Any) -> Any:
        return ((w + 1) * x).sum()

    for found in on_ranks(3, lambda comm: of_one_parameter(comm, cost, None, [[x] for x in PARTS])):
        assert found == (-16, 16)


def test_rows() -> None:
    rows = [np.arange(6.0).reshape(1, 2, 3), np.arange(12.0).reshape(2, 2, 3)]

    def cost(w: Any, weight: Any, x: Any) -> Any:
        return (w * x).mean()

    given = [[np.float64(3.0), rows[0]], [np.float64(3.0), rows[1]]]
    for found in on_ranks(2, lambda comm: of_one_parameter(comm, cost, "rows", given)):
        assert found[0] == pytest.approx(-np.concatenate(rows).mean())


def test_a_rank_of_weight_0_adds_0_even_if_its_gradient_is_nan() -> None:
    def cost(w: Any, x: Any) -> Any:
        return (w * x).sum() / x.sum()

    given = [[np.ones((1, 2))], [np.zeros((1, 2))]]

    def work(comm: Any) -> Any:
        with np.errstate(all="ignore"):
            return of_one_parameter(comm, cost, lambda x: x.sum(), given)

    assert on_ranks(2, work) == [(-1, 0)] * 2


def test_a_batch_without_examples_on_any_rank() -> None:
    def cost(w: Any, x: Any) -> Any:
        return (w * x).mean()

    assert on_ranks(2, lambda comm: of_one_parameter(comm, cost, "columns", [[PARTS[2]]] * 2)) == [(0, 0)] * 2


def test_keywords_lists_and_tensors_are_arguments_too() -> None:
    w = tg.Tensor(np.zeros(1), requires_grad=True)
    reduce = tg.distributed.mpi()
    step = tg.compile(lambda batch: (w * batch["X"]).mean(), optimizer=tg.optim.SGD([w], 1.0), reduce=reduce)
    step(batch={"scale": 2.0, "X": tg.Tensor([[1.0, 2.0]])})
    assert reduce._count == 2


# --- what is refused


def test_mpi4py_is_imported_at_the_first_use() -> None:
    code = "import sys, tinygraph as tg; tg.distributed.mpi; print('mpi4py' in sys.modules)"
    assert python(code).stdout == "False\n"


@pytest.mark.parametrize("examples", ["last", 3, ["columns"]])
def test_wrong_examples(examples: Any) -> None:
    with pytest.raises(ValueError, match=r"mpi\(examples=...\) takes 'columns', 'rows', a function or None, got"):
        tg.distributed.mpi(examples=examples)


@pytest.mark.parametrize("count", [-1, np.nan, np.inf, None, "3", np.ones(2)])
def test_a_wrong_number_of_examples(count: Any) -> None:
    reduce = tg.distributed.mpi(examples=lambda x: count)
    with pytest.raises(ValueError, match=r"mpi\(examples=...\) gives a number of at least 0, got"):
        reduce.arguments((np.ones(3),))


def test_a_step_without_arrays() -> None:
    w = tg.Tensor(np.zeros(1), requires_grad=True)
    step = tg.compile(lambda t: (w * t).sum(), optimizer=tg.optim.SGD([w], 1.0), reduce=tg.distributed.mpi())
    with pytest.raises(TypeError, match=r"got no array; give their number as mpi\(examples=lambda ...: m\), or"):
        step(2.0)
    assert step._between.reduce.comm.calls == 0


class Null(Intracomm):
    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize("comm", [4, "world", types.SimpleNamespace(Get_rank=lambda: 0), Null(0, [], Barrier(1))])
def test_what_is_no_communicator(comm: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a communicator of mpi4py, such as MPI.COMM_WORLD, got"):
        tg.distributed.mpi(comm)


def test_several_ranks_under_plain_python_are_refused_with_what_to_type(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python", "train.py", "--epochs", "3"])
    monkeypatch.setattr(sys, "argv", ["train.py", "--epochs", "3"])
    said = "leaves the others waiting for ever; write mpiexec -n 3 python -m mpi4py train.py --epochs 3"
    with pytest.raises(RuntimeError, match=said):
        tg.distributed.mpi(world(3)[0])
    assert tg.distributed.mpi(world(1)[0]).ranks == 1
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "mpi4py", "-m", "train"])
    assert tg.distributed.mpi(world(3)[2]).rank == 2


@pytest.mark.parametrize("name", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
def test_a_launcher_of_another_mpi_is_refused(monkeypatch: Any, name: str) -> None:
    monkeypatch.setenv(name, "4")
    said = r"4 processes were started, and each sees itself alone: .* which is MPICH Version: 5.0.2; see docs"
    with pytest.raises(RuntimeError, match=said):
        tg.distributed.mpi()
    monkeypatch.setenv(name, "1")
    tg.distributed.mpi()


@pytest.mark.parametrize("missing", [ImportError("no mpi4py"), RuntimeError("cannot load MPI library")])
def test_without_mpi4py_or_an_mpi_one_line_says_what_to_install(monkeypatch: Any, missing: Exception) -> None:
    class Missing(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise missing

    monkeypatch.setitem(sys.modules, "mpi4py", Missing("mpi4py"))
    with pytest.raises(ImportError, match=r'needs mpi4py and an MPI: pip install "\.\[mpi\]" \(') as error:
        tg.distributed.mpi()
    assert str(missing) in str(error.value)
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(ImportError, match="needs mpi4py and an MPI"):
        tg.distributed.mpi()
