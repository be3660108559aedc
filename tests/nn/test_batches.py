"""tg.batches: each example once an epoch, the layout of a batch, a place that is saved, and files
read in pieces.
"""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.memory import allocated

import tinygraph as tg


def data(m: int = 10, n: int = 3) -> tuple[Any, Any, Any]:
    """X (n, m), Y (1, m) and weights (m,): example k has the label and the weight k, and X[0, k] =
    k.
    """
    k = np.arange(m)
    return k + 100.0 * np.arange(n)[:, None], k[None], k.astype("float32")


def handed_out(batches: Any) -> list[int]:
    """The numbers of the examples, after a look at whether all arrays of a batch are of the same
    ones.
    """
    numbers: list[int] = []
    for X, Y, weights in batches:
        assert X[0].tolist() == Y[0].tolist() == weights.tolist()
        numbers.extend(int(k) for k in weights)
    return numbers


def in_epochs(numbers: list[int], m: int) -> list[list[int]]:
    return [numbers[k : k + m] for k in range(0, len(numbers), m)]


class Recorded:
    """A dataset that notes what is read of it: shape, dtype and slices, and no other way in."""

    def __init__(self, array: Any) -> None:
        self._array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads: list[tuple[int, int]] = []

    def __getitem__(self, key: Any) -> Any:
        part = key[-1] if isinstance(key, tuple) else key
        self.reads.append((part.start, part.stop))
        return self._array[key]


# --- what an epoch is


@pytest.mark.parametrize("batch_size", [1, 3, 5, 10, 11])
@pytest.mark.parametrize("epochs", [1, 3])
def test_each_epoch_hands_out_every_example_once_in_an_order_of_its_own(batch_size: int, epochs: int) -> None:
    batches = tg.batches(*data(), batch_size=batch_size, rng=0, epochs=epochs)
    found = in_epochs(handed_out(batches) + handed_out(batches), 10)
    assert len(found) == 2 * epochs
    assert len({tuple(order) for order in found}) == 2 * epochs
    assert all(sorted(order) == list(range(10)) for order in found)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("drop_last", "sizes"), [(False, [4, 4, 2] * 2), (True, [4, 4] * 2)])
def test_the_last_batch_of_an_epoch_is_smaller_or_left_out(shuffle: bool, drop_last: bool, sizes: list[int]) -> None:
    batches = tg.batches(*data(), batch_size=4, epochs=2, shuffle=shuffle, drop_last=drop_last)
    assert [X.shape[1] for X, _, _ in batches] == sizes
    assert len(batches) == len(sizes)


def test_without_shuffle_the_order_is_that_of_the_arrays() -> None:
    assert handed_out(tg.batches(*data(), batch_size=4, shuffle=False, epochs=2)) == [*range(10), *range(10)]


def test_a_batch_may_be_larger_than_all_that_there_is() -> None:
    batches = tg.batches(*data(), batch_size=10**400, rng=0)
    assert sorted(handed_out(batches)) == list(range(10))
    assert np.asarray(list(batches.state_dict().values())).dtype != object
    assert list(tg.batches(*data(), batch_size=11, drop_last=True)) == []
    assert list(tg.batches(np.ones((3, 0)), batch_size=2, epochs=2)) == []


def test_every_example_is_as_likely_at_every_place() -> None:
    """300 epochs; a count of 30 has a standard deviation of 5.2."""
    order = np.array(in_epochs(handed_out(tg.batches(*data(), batch_size=4, rng=1, epochs=300)), 10))
    counts = np.array([np.bincount(column, minlength=10) for column in order.T])
    assert np.abs(counts - 30).max() < 6 * 5.2


# --- the seed


def test_a_seed_gives_one_order_and_another_seed_another() -> None:
    a, b, c = (handed_out(tg.batches(*data(), batch_size=4, rng=rng)) for rng in (0, 0, 1))
    assert a == b != c


def test_without_a_seed_the_order_is_drawn_afresh_and_nothing_global_is_drawn_from() -> None:
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    a, b = (handed_out(tg.batches(*data(100), batch_size=4)) for _ in range(2))
    assert a != b
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]


def test_of_a_generator_one_seed_is_drawn_at_construction() -> None:
    rng, same = np.random.default_rng(7), np.random.default_rng(7)
    a, b = tg.batches(*data(), batch_size=4, rng=rng), tg.batches(*data(), batch_size=4, rng=rng)
    state = rng.bit_generator.state
    orders = [handed_out(a), handed_out(b), handed_out(a)]
    assert rng.bit_generator.state == state
    assert handed_out(tg.batches(*data(), batch_size=4, rng=same)) == orders[0] != orders[1]
    assert tg.batches(*data(), batch_size=4, rng=np.random.RandomState(3)).state_dict()["seed"] > 2**32


# --- the layout of a batch


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_matrix_is_handed_out_as_columns_and_other_arrays_keep_their_layout(examples: Any, order: Any) -> None:
    images = np.arange(2.0 * 3 * 4 * 10).reshape(2, 3, 4, 10)
    arrays = [*data(), images]
    given = [np.array(np.moveaxis(x, -1, 0) if examples == "rows" else x, order=order) for x in arrays]
    for batch in tg.batches(*given, batch_size=4, examples=examples, rng=0):
        chosen = batch[2].astype(int)
        X, Y, weights, stack = (x[..., chosen] for x in arrays)
        expected = [X, Y, weights, np.moveaxis(stack, -1, 0) if examples == "rows" else stack]
        assert bits(batch) == bits(expected)
        assert batch[0].flags.f_contiguous  # examples lie one after the other, and products take them as they are


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool", ">f4"])
def test_dtypes_stay(dtype: str) -> None:
    ((X,),) = tg.batches(np.ones((2, 3), dtype), batch_size=3)
    assert X.dtype == np.dtype(dtype)


def test_lists_and_tensors_give_arrays() -> None:
    for X, Y in tg.batches(tg.Tensor([[1.0, 2.0]]), [1, 2], batch_size=1):
        assert type(X) is type(Y) is np.ndarray
        assert X[0, 0] == Y[0]


@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_writing_into_a_batch_leaves_the_arrays_alone(examples: Any, shuffle: bool) -> None:
    X = np.ones((4, 4))
    for (x,) in tg.batches(X, batch_size=2, examples=examples, shuffle=shuffle, epochs=2):
        assert (x == 1).all()
        x[...] = 5
    assert (X == 1).all()


def test_rows_are_not_copied_and_columns_are_copied_once() -> None:
    X = np.ones((1000, 100))
    _, held, _ = allocated(lambda: tg.batches(X, batch_size=10, examples="rows"))
    assert held < X.nbytes / 10
    _, held, _ = allocated(lambda: tg.batches(X, batch_size=10))
    assert X.nbytes <= held < 1.1 * X.nbytes
    _, held, _ = allocated(lambda: tg.batches(X.T, batch_size=10))
    assert held < X.nbytes / 10


# --- the place


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_run_cut_at_any_batch_goes_on_to_the_same_bits(epochs: int, drop_last: bool) -> None:
    options: Any = {"batch_size": 4, "epochs": epochs, "drop_last": drop_last}
    whole = tg.batches(*data(), rng=0, **options)
    expected = bits(list(whole)), bits(list(whole))
    for k in range(1, len(whole) + 1):
        cut = tg.batches(*data(), rng=0, **options)
        before = list(islice(iter(cut), k))
        file = io.BytesIO()
        np.savez(file, **cut.state_dict())
        file.seek(0)
        resumed = tg.batches(*data(), **options)
        resumed.load_state_dict(np.load(file, allow_pickle=False))
        for rest in (resumed, cut):  # a `for` that was left early is continued on the object itself too
            assert bits(before + list(rest)) == expected[0]
            assert bits(list(rest)) == expected[1]


def test_a_state_from_after_a_run_begins_the_next_run() -> None:
    whole = tg.batches(*data(), batch_size=4, rng=0)
    assert handed_out(whole)
    resumed = tg.batches(*data(), batch_size=4)
    resumed.load_state_dict(whole.state_dict())
    assert handed_out(resumed) == handed_out(whole) != []


def test_a_state_may_be_loaded_for_more_epochs() -> None:
    expected = handed_out(tg.batches(*data(), batch_size=4, rng=0, epochs=5))
    short = tg.batches(*data(), batch_size=4, rng=0, epochs=2)
    before = handed_out(short)
    longer = tg.batches(*data(), batch_size=4, epochs=5)
    longer.load_state_dict(short.state_dict())
    assert before + handed_out(longer) == expected


def test_two_loops_at_once_share_the_batches() -> None:
    batches = tg.batches(*data(12), batch_size=2, rng=0, epochs=2)
    expected = handed_out(tg.batches(*data(12), batch_size=2, rng=0, epochs=2))
    assert handed_out(batch for pair in zip(batches, batches, strict=True) for batch in pair) == expected
    inner = []
    for outer in batches:  # the loop inside runs to the end, and the one outside ends with it
        inner.append(handed_out([outer, *batches]))
    assert len(inner) == 1
    assert [len(order) for order in inner] == [24]


def test_a_state_is_of_plain_numbers() -> None:
    state = tg.batches(*data(), batch_size=4).state_dict()
    assert {np.asarray(value).dtype.kind for value in state.values()} <= {"i", "u"}


OPTIONS: Any = {"batch_size": 4, "rng": 5}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"batch_size": 5}, "batch_size is 5 in this state, but 4 here; nothing was loaded"),
        ({"examples": 11}, "examples is 11 in this state, but 10 here"),
        ({"shuffle": 0}, "shuffle is 0 in this state, but 1 here"),
        ({"drop_last": 1}, "drop_last is 1 in this state, but 0 here"),
        ({"format": 2}, "format is 2 in this state, but 1 here"),
        ({"block": 2}, "block is 2 in this state, but 10 here"),
        ({"batch": 4}, "batch is 4 in this state, but from 0 to 3 here"),
        ({"batch": -1}, "batch is -1 in this state"),
        ({"epoch": -1}, "epoch is -1 in this state"),
        ({"epoch": 1.0}, "epoch is 1.0 in this state"),
        ({"epoch": np.array([1])}, "epoch is [1] in this state"),
        ({"epoch": "1"}, "epoch is 1 in this state"),
        ({"shuffle": True}, "shuffle is True in this state"),
        ({"seed": 2**64}, "seed is 18446744073709551616 in this state"),
        ({"more": 1}, "a state of batches consists of format, examples, batch_size, block"),
        ({"seed": None}, "seed is None in this state"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_is_loaded(changes: dict[str, Any], said: str) -> None:
    batches = tg.batches(*data(), **OPTIONS)
    next(iter(batches))
    before = batches.state_dict()
    with pytest.raises(ValueError) as refused:
        batches.load_state_dict({**before, "seed": 1, **changes})
    assert said in str(refused.value)
    assert batches.state_dict() == before


@pytest.mark.parametrize("option", ["shuffle", "drop_last"])
def test_a_state_of_other_options_is_refused(option: str) -> None:
    first, second = (tg.batches(*data(), **{**OPTIONS, option: chosen}) for chosen in (True, False))
    for batches, state in ((first, second.state_dict()), (second, first.state_dict())):
        with pytest.raises(ValueError, match=f"{option} is"):
            batches.load_state_dict(state)
    second.load_state_dict(second.state_dict())


def test_a_state_without_an_entry_is_refused() -> None:
    batches = tg.batches(*data(), **OPTIONS)
    for key in batches.state_dict():
        state = batches.state_dict()
        del state[key]
        with pytest.raises(ValueError, match="a state of batches consists of"):
            batches.load_state_dict(state)


def test_the_order_of_a_seed_stays_or_gets_another_format() -> None:
    """Otherwise, a state that an older version saved would go on with other examples."""
    x = np.arange(20)
    in_memory, in_file = (tg.batches(array, batch_size=2, rng=0) for array in (x[:10], Recorded(x)))
    assert in_memory.state_dict()["format"] == in_file.state_dict()["format"] == 1
    assert np.concatenate([y for (y,) in in_memory]).tolist() == [2, 6, 7, 5, 4, 0, 9, 3, 1, 8]
    assert np.concatenate([y for (y,) in in_file]).tolist() == IN_FILE


IN_FILE = [16, 2, 11, 10, 18, 8, 5, 19, 4, 15, 6, 0, 14, 3, 17, 13, 12, 9, 1, 7]


# --- files


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """Put arrays into a file, as memory maps or as datasets of h5py; gives what reads them."""
    files = []

    def put(kind: str, *arrays: Any) -> list[Any]:
        if kind == "memmap":
            for k, array in enumerate(arrays):
                np.save(tmp_path / f"{k}.npy", array)
            return [np.load(tmp_path / f"{k}.npy", mmap_mode="r") for k in range(len(arrays))]
        file = pytest.importorskip("h5py").File(tmp_path / "data.h5", "w")
        files.append(file)
        return [file.create_dataset(str(k), data=array) for k, array in enumerate(arrays)]

    yield put
    for file in files:
        file.close()


def turned(examples: str, *arrays: Any) -> list[Any]:
    return [np.ascontiguousarray(np.moveaxis(x, -1, 0)) if examples == "rows" else x for x in arrays]


@pytest.mark.parametrize("m", [5, 64, 1003])
@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("kind", ["memmap", "h5py"])
def test_a_file_gives_each_example_once_an_epoch_and_resumes_at_a_batch(
    opened: Any, kind: str, examples: Any, m: int
) -> None:
    X, Y, weights = turned(examples, *data(m))
    in_file = [*opened(kind, X, weights), Y]  # labels in memory
    options: Any = {"batch_size": 8, "examples": examples, "epochs": 2}
    whole = tg.batches(*in_file, rng=0, **options)
    expected = [(X, Y, weights) for X, weights, Y in whole]
    found = in_epochs(handed_out(expected), m)
    assert all(sorted(order) == list(range(m)) for order in found)
    assert len({tuple(order) for order in found}) == 2
    assert all(X.flags.f_contiguous and X.dtype == np.float64 for X, _, _ in expected)
    for k in {1, len(whole) // 3 + 1, len(whole)}:
        cut, resumed = tg.batches(*in_file, rng=0, **options), tg.batches(*in_file, **options)
        before = list(islice(iter(cut), k))
        resumed.load_state_dict(cut.state_dict())
        after = [(X, Y, weights) for X, weights, Y in [*before, *resumed]]
        assert bits(after) == bits(expected)


@pytest.mark.parametrize("kind", ["memmap", "h5py"])
def test_a_file_without_shuffle_is_read_in_its_order(opened: Any, kind: str) -> None:
    X, Y, weights = opened(kind, *data(100))
    assert handed_out(tg.batches(X, Y, weights, batch_size=8, shuffle=False)) == list(range(100))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("kind", ["memmap", "h5py"])
def test_a_file_is_never_read_whole(opened: Any, kind: str, examples: Any, shuffle: bool) -> None:
    (X,) = turned(examples, np.ones((200, 4000)))
    (in_file,) = opened(kind, X)

    def run() -> int:
        return sum(x.shape[1] for (x,) in tg.batches(in_file, batch_size=20, examples=examples, shuffle=shuffle))

    count, _, peak = allocated(run)
    assert count == 4000
    assert peak < X.nbytes / 3


def test_of_a_file_each_epoch_reads_each_example_once_in_blocks_of_neighbours() -> None:
    dataset = Recorded(np.arange(5000))
    batches = tg.batches(dataset, batch_size=32, rng=0, examples="rows")
    assert all(start == stop for start, stop in dataset.reads)  # nothing is read at construction
    orders = []
    for _ in range(2):
        dataset.reads.clear()
        orders.append(np.concatenate([y for (y,) in batches]))
        assert sum(stop - start for start, stop in dataset.reads) == 5000
        assert max(stop - start for start, stop in dataset.reads) <= 5000 / 8
        assert len(dataset.reads) < 5000 / 16
    assert not np.array_equal(*orders)


def test_examples_of_a_file_are_mixed_within_a_batch_and_over_the_file() -> None:
    """A batch of a file in the order of its labels has examples from all over it."""
    labels = Recorded(np.repeat(np.arange(10), 1000))
    found = [len(set(y.tolist())) for (y,) in tg.batches(labels, batch_size=50, rng=0, examples="rows")]
    assert min(found) >= 4
    assert np.mean(found) > 7


def test_a_view_of_a_memory_map_is_not_read_whole_either(opened: Any) -> None:
    (X,) = opened("memmap", np.ones((200, 4000)))
    view = np.asarray(X)[:, ::-1]
    _, _, peak = allocated(lambda: [None for _ in tg.batches(view, batch_size=20)])
    assert peak < X.nbytes / 3


def test_a_state_of_a_file_is_not_for_arrays_in_memory(opened: Any) -> None:
    X, Y, weights = data(1000)
    state = tg.batches(*opened("memmap", X, Y, weights), batch_size=8).state_dict()
    with pytest.raises(ValueError, match="block is 7 in this state, but 1000 here"):
        tg.batches(X, Y, weights, batch_size=8).load_state_dict(state)


def test_a_read_that_fails_loses_no_batch() -> None:
    dataset = Recorded(np.arange(100))
    batches = tg.batches(dataset, batch_size=10, shuffle=False, examples="rows")
    read, dataset._array = dataset._array, None
    with pytest.raises(TypeError):
        next(iter(batches))
    dataset._array = read
    assert np.concatenate([y for (y,) in batches]).tolist() == list(range(100))


def test_one_stretch_of_a_file_is_in_memory_at_a_time(opened: Any) -> None:
    """With batches of 20, it is 320 examples."""
    (X,) = opened("memmap", np.ones((4000, 200)))
    _, _, peak = allocated(lambda: [None for _ in tg.batches(X, batch_size=20, examples="rows")])
    assert peak < 1.5 * 320 * 200 * 8


def test_stretches_of_a_file_are_of_other_examples_in_each_epoch() -> None:
    batches = tg.batches(Recorded(np.arange(5000)), batch_size=32, rng=0)
    first, second = (np.concatenate([y for (y,) in batches][:16]).tolist() for _ in range(2))
    assert len({*first} & {*second}) < 200


@pytest.mark.parametrize("values", [[b"a", b"b"], [1j, 2j]])
def test_a_dataset_without_real_numbers_is_refused_at_once(opened: Any, values: Any) -> None:
    (x,) = opened("h5py", np.array(values))
    with pytest.raises(TypeError, match="batches takes booleans, integers and real floating-point numbers"):
        tg.batches(x, batch_size=1)


def test_a_dataset_without_axes_is_refused(opened: Any) -> None:
    h5py = pytest.importorskip("h5py")
    (x,) = opened("h5py", h5py.Empty("f8"))
    with pytest.raises(ValueError, match=r"got shapes \(\)"):
        tg.batches(x, batch_size=1)


# --- several ranks


@pytest.mark.parametrize("in_file", [True, False])
@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize(("ranks", "batch_size", "m"), [(1, 8, 100), (3, 8, 203), (4, 7, 203), (5, 3, 23), (4, 300, 9)])
def test_the_parts_of_all_ranks_are_the_batches_of_one(
    ranks: int, batch_size: int, m: int, drop_last: bool, in_file: bool
) -> None:
    """Also where a rank's part is empty: each rank gets as many batches as the others."""
    options: Any = {"batch_size": batch_size, "drop_last": drop_last, "epochs": 2, "rng": 5}
    arrays = [Recorded(x) if in_file else x for x in data(m)]
    expected = [*tg.batches(*arrays, **options)]
    parts = [tg.batches(*arrays, **options, rank=rank, ranks=ranks) for rank in range(ranks)]
    assert [len(x) for x in parts] == [len(expected)] * ranks
    for whole, *every in zip(expected, *parts, strict=True):
        sizes = [batch[2].size for batch in every]
        assert max(sizes) - min(sizes) <= 1
        for k, x in enumerate(whole):
            assert all(batch[k].dtype == x.dtype and batch[k].ndim == x.ndim for batch in every)
            assert bits(np.concatenate([batch[k] for batch in every], axis=-1)) == bits(x)


def test_another_number_of_ranks_goes_on_at_the_same_batch() -> None:
    options: Any = {"batch_size": 4, "epochs": 2}
    expected = handed_out(tg.batches(*data(), **options, rng=0))
    states = []
    for rank in range(2):
        first = tg.batches(*data(), **options, rng=0, rank=rank, ranks=2)
        assert len([*islice(first, 2)]) == 2
        states.append(first.state_dict())
    assert states[0] == states[1]
    resumed = [tg.batches(*data(), **options, rng=1, rank=rank, ranks=3) for rank in range(3)]
    for batches in resumed:
        batches.load_state_dict(states[0])
    rest = [int(k) for every in zip(*resumed, strict=True) for _, _, weights in every for k in weights]
    assert rest == expected[8:]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 2, "ranks": 2}, "ranks count from 0: with ranks=2, rank is at most 1, got 2"),
        ({"rank": 1}, "ranks count from 0: with ranks=1, rank is at most 0, got 1"),
        ({"rank": -1, "ranks": 2}, r"batches\(rank=...\) takes a whole number of at least 0, got -1"),
        ({"ranks": 0}, r"batches\(ranks=...\) takes a whole number of at least 1, got 0"),
        ({"ranks": 4}, "each of 4 ranks would draw an order of its own: give all the same seed, as rng=0"),
    ],
)
def test_ranks_that_do_not_fit_are_refused(options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tg.batches(*data(), batch_size=4, **options)


def test_ranks_without_shuffle_need_no_seed() -> None:
    parts = [tg.batches(*data(), batch_size=4, shuffle=False, rank=rank, ranks=2) for rank in range(2)]
    assert [handed_out(part) for part in parts] == [[0, 1, 4, 5, 8], [2, 3, 6, 7, 9]]


# --- with a net


@pytest.mark.parametrize("compiled", [True, False])
def test_a_net_learns_from_batches(compiled: bool) -> None:
    X = np.random.default_rng(1).standard_normal((2, 200))
    Y = (X[:1] * X[1:] > 0).astype(float)
    mlp = tg.MLP([2, 8, 1], rng=0)
    optimizer = tg.optim.Adam(mlp.parameters, 0.02)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=optimizer)
    for x, y in tg.batches(X, Y, batch_size=64, rng=0, epochs=80):
        if compiled:
            step(x, y)
        else:
            optimizer.zero_grad()
            tg.cross_entropy(mlp(x), y).backward()
            optimizer.step()
    assert (mlp.predict(X) == Y).mean() > 0.95
