"""MLP: shapes, initialisation, files and errors."""

import copy
import os

import numpy as np
import pytest
from helpers.comparing import copies

import tinygraph as tg


@pytest.mark.parametrize(
    ("init", "by_hand"),
    [
        ("he", lambda W, n, n_prev: W * np.sqrt(2 / n_prev)),
        ("xavier", lambda W, n, n_prev: W * np.sqrt(2 / (n + n_prev))),
        ("lecun", lambda W, n, n_prev: W / np.sqrt(n_prev)),
        (0.01, lambda W, n, n_prev: W * 0.01),
        (1, lambda W, n, n_prev: W),
    ],
)
def test_each_W_is_one_draw_in_order_and_b_is_zero(init, by_hand):
    random = np.random.RandomState(1)
    mlp = tg.MLP([4, 3, 2, 1], init=init, rng=np.random.RandomState(1))
    for l, (n, n_prev) in enumerate([(3, 4), (2, 3), (1, 2)], 1):
        np.testing.assert_array_equal(mlp.parameters[f"W{l}"].data, by_hand(random.randn(n, n_prev), n, n_prev))
        np.testing.assert_array_equal(mlp.parameters[f"b{l}"].data, np.zeros((n, 1)))


def test_RandomState_gives_the_numbers_of_the_course():
    """The first row of the lesson's initialize_parameters_deep([5, 4, 3]), with seed 3 and 0.01."""
    W1 = tg.MLP([5, 4, 3], init=0.01, rng=np.random.RandomState(3)).parameters["W1"].data
    np.testing.assert_allclose(W1[0], [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388], atol=5e-9)


def test_a_seed_a_generator_and_none():
    seeded, generated = tg.MLP([3, 2, 1], rng=5), tg.MLP([3, 2, 1], rng=np.random.default_rng(5))
    np.testing.assert_array_equal(seeded.parameters["W1"].data, generated.parameters["W1"].data)
    assert (tg.MLP([3, 2, 1]).parameters["W1"].data != tg.MLP([3, 2, 1]).parameters["W1"].data).any()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (dict(layer_dims=[3]), ValueError, "two or more"),
        (dict(layer_dims=[]), ValueError, "two or more"),
        (dict(layer_dims=[3, 0, 1]), ValueError, "at least 1"),
        (dict(layer_dims=[3, -2, 1]), ValueError, "at least 1"),
        (dict(layer_dims=[3, 2.5, 1]), TypeError, "whole numbers"),
        (dict(layer_dims=[3, True, 1]), TypeError, "whole numbers"),
        (dict(layer_dims=7), TypeError, "whole numbers"),
        (dict(layer_dims=[3, 1], init="het"), ValueError, "'he', 'xavier', 'lecun' or a number"),
        (dict(layer_dims=[3, 1], init=float("nan")), ValueError, "or a number"),
        (dict(layer_dims=[3, 1], dtype="int64"), TypeError, "floating-point"),
    ],
)
def test_MLP_refuses_wrong_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        tg.MLP(**arguments)


def test_dimensions_that_do_not_fit_name_the_layer_and_both_shapes():
    mlp = tg.MLP([3, 2, 1], rng=0)
    with pytest.raises(ValueError, match=r"layer 1: W1 \(2, 3\) takes X of shape \(3, m\).*got \(4, 5\)"):
        mlp(np.zeros((4, 5)))
    with pytest.raises(ValueError, match=r"write mlp\(X.T\)"):
        mlp(np.zeros((5, 3)))
    with pytest.raises(ValueError, match=r"got \(3,\); write mlp\(X.reshape\(-1, 1\)\)"):
        mlp(np.zeros(3))
    with pytest.raises(ValueError, match=r"got \(4,\)$"):
        mlp.predict(np.zeros(4))
    with pytest.raises(ValueError, match="no gradient of W1, b1, W2, b2 yet"):
        mlp.gradients()


def test_inputs_take_the_dtype_of_the_network():
    mlp = tg.MLP([3, 2, 1], rng=0, dtype="float32")
    for X in (np.ones((3, 4), np.uint8), np.ones((3, 4)), tg.Tensor(np.ones((3, 4))), [[1, 2], [3, 4], [5, 6]]):
        assert mlp(X).dtype == np.float32
    x = tg.Tensor(np.ones((3, 4)), requires_grad=True)
    mlp(x).sum().backward()
    assert x.grad.dtype == np.float64
    assert x.grad.any()


def test_predict_gives_zeros_and_ones_and_records_nothing():
    mlp = tg.MLP([3, 4, 1], rng=1)
    X = 3 * np.random.default_rng(0).standard_normal((3, 50))
    predicted = mlp.predict(X)
    assert type(predicted) is np.ndarray
    assert predicted.shape == (1, 50)
    assert set(np.unique(predicted)) == {0, 1}
    np.testing.assert_array_equal(predicted, mlp(X).data > 0.5)
    assert str(mlp) == "MLP([3, 4, 1], dtype=float64)"


@pytest.mark.parametrize("layer_dims", [[3, 4, 1], [3, 2], [1, 3]])
def test_predict_takes_an_array_with_one_axis_as_one_example(layer_dims):
    mlp = tg.MLP(layer_dims, rng=1)
    X = np.random.default_rng(0).standard_normal((layer_dims[0], 5))
    for k in range(5):
        for x in (X[:, k], X[:, k].tolist(), tg.Tensor(X[:, k])):
            predicted = mlp.predict(x)
            assert type(predicted) is np.ndarray
            assert predicted.shape == (layer_dims[-1],)
            np.testing.assert_array_equal(predicted, mlp.predict(X)[:, k])


def test_nan_in_one_example():
    mlp = tg.MLP([3, 4, 1], rng=1)
    with pytest.raises(ValueError, match=r"MLP.predict\(\) has no answer for this example: AL is nan"):
        mlp.predict([1.0, np.nan, 2.0])
    with pytest.raises(ValueError, match="has no answer for 1 of 1 examples, the first in column 0: AL is nan"):
        mlp.predict([[1.0], [np.nan], [2.0]])


def test_an_empty_batch():
    assert tg.MLP([3, 4, 1], rng=0)(np.zeros((3, 0))).shape == (1, 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saving_and_loading_gives_the_same_network(tmp_path, dtype):
    mlp = tg.MLP([3, 4, 2, 1], rng=0, dtype=dtype)
    mlp.save(tmp_path / "model.npz")
    loaded = tg.MLP.load(tmp_path / "model.npz")
    assert loaded.layer_dims == (3, 4, 2, 1)
    assert list(loaded.parameters) == list(mlp.parameters)
    for name, p in mlp.parameters.items():
        np.testing.assert_array_equal(loaded.parameters[name].data, p.data)
        assert loaded.parameters[name].dtype == dtype
        assert loaded.parameters[name].requires_grad
        assert loaded.parameters[name].name == name
    X = np.ones((3, 2), dtype)
    np.testing.assert_array_equal(loaded(X).data, mlp(X).data)
    assert [node.name for node in loaded(X).tape() if node.name] == [n.name for n in mlp(X).tape() if n.name]
    assert os.listdir(tmp_path) == ["model.npz"]


def entries(mlp):
    return {"format": np.array(1), "layer_dims": np.array(mlp.layer_dims)} | {
        name: p.data for name, p in mlp.parameters.items()
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(format=np.array(3)), "format 3; this version of tinygraph reads formats 1 and 2"),
        (dict(format=None), "no entry 'format'"),
        (dict(layer_dims=None), "no entry 'layer_dims'"),
        (dict(layer_dims=np.array([3.0, 1.0])), "row of integers"),
        (dict(layer_dims=np.array([3, -1, 1])), "m.npz: MLP takes layer_dims .*at least 1"),
        (dict(layer_dims=np.ones(10**6, np.int8)), "row of integers"),
        (dict(format=np.array("1" * 1000)), r"format 1{47}\.\.\.; this version"),
        (dict(layer_dims=np.array([3, 5, 1])), r"W1 has shape \(4, 3\), its layer_dims \[3, 5, 1\] ask for \(5, 3\)"),
        (dict(W2=None), "there is no W2"),
        (dict(W2=np.zeros((1, 4), np.float32)), "W2 takes float64, got float32"),
        (dict(W1=np.zeros((4, 3), int)), "m.npz: MLP.* a floating-point dtype, got int64"),
        (dict(b1=np.zeros(4)), r"b1 has shape \(4,\)"),
        (dict(W1=np.array([[object()] * 3] * 4)), "not a sound .npz"),
    ],
)
def test_a_file_without_a_model_is_refused(tmp_path, change, words):
    arrays = entries(tg.MLP([3, 4, 1], rng=0)) | change
    np.savez(tmp_path / "m.npz", **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(ValueError, match=words):
        tg.MLP.load(tmp_path / "m.npz")


DEEP = {name: np.ones((1, 1)) for name in ("W1", "W2", *(f"b{l}" for l in range(1, 300)))}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(format=np.array("\x1b[2J\n" * 9000)), r"has format \[2J \[2J "),
        (DEEP | dict(layer_dims=np.ones(300, int)), r"there is no W3, which its layer_dims \[1, 1, 1, "),
        (DEEP | dict(layer_dims=np.zeros(300, int)), r"at least 1; got \[0, 0, 0, "),
        (
            DEEP | {f"W{l}": np.ones((1, 1), f"U{l}") for l in range(1, 300)} | dict(layer_dims=np.ones(300, int)),
            "a floating-point dtype, got <U1",
        ),
    ],
)
def test_errors_quote_one_line_of_a_file(tmp_path, change, words):
    np.savez(tmp_path / "m.npz", **entries(tg.MLP([3, 4, 1], rng=0)) | change)
    with pytest.raises(ValueError, match=words) as refused:
        tg.MLP.load(tmp_path / "m.npz")
    said = str(refused.value).removeprefix(str(tmp_path))
    assert said.isprintable()
    assert len(said) < 300


def test_a_damaged_or_missing_file_is_refused(tmp_path):
    path = tmp_path / "m.npz"
    tg.MLP([3, 4, 1], rng=0).save(path)
    whole = path.read_bytes()
    for damaged in (b"", b"hello", whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"m\.npz is not a sound \.npz file"):
            tg.MLP.load(path)
    with pytest.raises(FileNotFoundError):
        tg.MLP.load(tmp_path / "nothing.npz")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda p: p.update(W1=tg.Tensor(np.ones((4, 2)))),
            r"W1 has shape \(4, 2\), its layer_dims .* ask for \(4, 3\)",
        ),
        (lambda p: p.pop("b2"), r"there is no b2, which its layer_dims \[3, 4, 1\] ask for"),
        (
            lambda p: p.update(b1=tg.Tensor(np.ones((4, 1), "float32"))),
            "b1 takes float64, got float32; cast with",
        ),
        (
            lambda p: p.update(gamma=tg.Tensor(1.0)),
            r"MLP\(\[3, 4, 1\].*\): its layer_dims .* ask for no gamma",
        ),
    ],
)
def test_save_refuses_a_network_that_load_would_refuse(tmp_path, change, words):
    path = tmp_path / "m.npz"
    mlp = tg.MLP([3, 4, 1], rng=0)
    mlp.save(path)
    before = path.read_bytes()
    change(mlp.parameters)
    with pytest.raises(ValueError, match=words):
        mlp.save(path)
    assert path.read_bytes() == before


def test_a_save_that_fails_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    tg.MLP([3, 4, 1], rng=0).save(path)
    before = path.read_bytes()

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full_disk)
    with pytest.raises(OSError, match="No space"):
        tg.MLP([3, 5, 1], rng=0).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.npz"]
    with pytest.raises(FileNotFoundError):
        tg.MLP([3, 5, 1], rng=0).save(tmp_path / "no" / "such" / "folder.npz")


def test_a_parameter_can_only_be_replaced_by_a_leaf():
    """The course's `parameters[name] = parameters[name] - alpha * gradient` would train nothing."""
    mlp = tg.MLP([2, 3, 1], rng=0)
    before = dict(mlp.parameters)
    W1 = mlp.parameters["W1"]
    with pytest.raises(TypeError, match=r"parameters\['W1'\] is a leaf, got what subtract made: write .*\.data = its"):
        mlp.parameters["W1"] = W1 - 0.1 * np.ones((3, 2))
    with pytest.raises(TypeError, match="got a ndarray"):
        mlp.parameters["W1"] = np.ones((3, 2))
    assert mlp.parameters == before
    mlp.parameters["W1"] = tg.Tensor(np.ones((3, 2)), requires_grad=True)
    assert [g.shape for g in tg.grad(lambda p: (p["W1"] ** 2).sum())(mlp.parameters).values()] == [
        (3, 2),
        (3, 1),
        (1, 3),
        (1, 1),
    ]
    assert copy.deepcopy(mlp).parameters["W1"].data.sum() == 6


# --- state_dict

X = np.random.default_rng(0).standard_normal((3, 8))
Y = (X[:1] > 0).astype(float)


def trained(steps, dtype="float64"):
    """A network after some compiled steps, and the next step."""
    mlp = tg.MLP([3, 4, 1], rng=0, dtype=dtype)
    compiled = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.5))
    step = lambda: compiled(X.astype(dtype), Y.astype(dtype))  # noqa: E731
    for _ in range(steps):
        step()
    return mlp, step


def assert_equal_states(state, expected):
    assert list(state) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(state[name], array, strict=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_state_dict_goes_through_safetensors_after_a_compiled_step(dtype, tmp_path):
    """safetensors writes raw memory, and W and b are views of one matrix by then."""
    numpy = pytest.importorskip("safetensors.numpy")
    mlp, step = trained(3, dtype)
    assert not mlp.parameters["W1"].data.flags.c_contiguous
    expected = copies(mlp.parameters)
    numpy.save_file(mlp.state_dict(), tmp_path / "net.safetensors")
    step()
    mlp.load_state_dict(numpy.load_file(tmp_path / "net.safetensors"))
    assert_equal_states(copies(mlp.parameters), expected)


def test_state_dict_is_of_contiguous_copies_by_name():
    mlp, _ = trained(2)
    state, expected = mlp.state_dict(), copies(mlp.parameters)
    assert type(state) is dict
    assert_equal_states(state, expected)
    for array in state.values():
        assert array.flags.c_contiguous
        assert array.base is None
        array += 1
    assert_equal_states(copies(mlp.parameters), expected)


def test_a_loaded_state_is_copied_and_training_continues_from_it():
    mlp, step = trained(2)
    state = mlp.state_dict()
    other, other_step = trained(5)
    other.load_state_dict({name: state[name] for name in reversed(state)})
    for _ in range(3):
        assert step() == other_step()
    assert_equal_states(copies(other.parameters), copies(mlp.parameters))
    assert (state["W1"] != mlp.parameters["W1"].data).any()
    assert [(p.name, p.requires_grad, p.is_leaf) for p in other.parameters.values()] == [
        (name, True, True) for name in ("W1", "b1", "W2", "b2")
    ]


def test_an_earlier_loss_has_gradients_at_the_earlier_values():
    mlp = tg.MLP([3, 4, 1], rng=0)
    cost = tg.cross_entropy(mlp(X), Y)
    cost.backward()
    expected = mlp.gradients()
    mlp.zero_grad()
    mlp.load_state_dict(tg.MLP([3, 4, 1], rng=1).state_dict())
    cost.backward()
    for name, gradient in expected.items():
        np.testing.assert_array_equal(mlp.gradients()[name], gradient)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (dict(b2=None), ValueError, r"there is no b2, which its layer_dims \[3, 4, 1\] ask for"),
        (
            dict(gamma=np.ones(1)),
            ValueError,
            r"load_state_dict\(\) of MLP.*: its layer_dims .* ask for no gamma",
        ),
        (dict(W1=np.ones((4, 2))), ValueError, r"W1 has shape \(4, 2\), its layer_dims .* ask for \(4, 3\)"),
        (dict(b1=np.ones(4)), ValueError, r"b1 has shape \(4,\)"),
        (dict(W2=np.ones((1, 4), "float32")), ValueError, "W2 takes float64, got float32; cast with"),
        (dict(W2=np.ones((1, 4), int)), ValueError, "W2 takes float64, got int64; cast with"),
        (dict(W2=[["a", "b", "c", "d"]]), TypeError, r"load_state_dict\(\) of W2 takes booleans, integers and real"),
        (dict(W2=tg.Tensor(np.ones((1, 4)), requires_grad=True, name="W2")), TypeError, "tensor W2 .* t.numpy()"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(change, error, words):
    mlp = tg.MLP([3, 4, 1], rng=0)
    expected = copies(mlp.parameters)
    state = {k: v for k, v in (tg.MLP([3, 4, 1], rng=1).state_dict() | change).items() if v is not None}
    with pytest.raises(error, match=words):
        mlp.load_state_dict(state)
    assert_equal_states(copies(mlp.parameters), expected)


def test_a_state_of_another_dtype_or_into_a_changed_network_is_refused():
    mlp = tg.MLP([3, 4, 1], rng=0)
    with pytest.raises(ValueError, match=r"W1 takes float64, got float32; cast with \.astype\(\)"):
        mlp.load_state_dict(tg.MLP([3, 4, 1], dtype="float32").state_dict())
    state = mlp.state_dict()
    del mlp.parameters["b1"]
    with pytest.raises(ValueError, match=r"^MLP\(\[3, 4, 1\], dtype=float64\): there is no b1"):
        mlp.load_state_dict(state)
    with pytest.raises(ValueError, match="there is no b1"):
        mlp.state_dict()


def test_loading_a_state_in_a_trace_is_refused():
    mlp = tg.MLP([3, 4, 1], rng=0)
    state = mlp.state_dict()

    def loading(X):
        mlp.load_state_dict(state)
        return mlp(X).sum()

    with pytest.raises(TypeError, match=r"mlp.load_state_dict\(\) cannot run in a function of tg.compile"):
        tg.compile(loading)(X)
