"""Models of one's own: names, parameters, state, files, training; and MLPs of every kind."""

from __future__ import annotations

import collections
import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.formulas import executed

import tinygraph as tg

X = np.random.default_rng(0).standard_normal((3, 12))
LABELS = np.random.default_rng(1).integers(0, 4, 12)


def leaf(*shape: int, trained: bool = True) -> tg.Tensor:
    return tg.Tensor(np.random.default_rng(2).standard_normal(shape), requires_grad=trained)


class Dense(tg.Model):
    def __init__(self, n: int, n_prev: int) -> None:
        self.W, self.b = leaf(n, n_prev), leaf(n, 1)

    def __call__(self, A: Any) -> Any:
        return self.W @ A + self.b


class Net(tg.Model):
    """A net with a list, a dict, a Tensor that is reached twice, and one without a gradient."""

    def __init__(self) -> None:
        self.layers = [Dense(5, 3), Dense(5, 5)]
        self.heads = {"a": Dense(4, 5), "b": (leaf(4, 5),)}
        self.tied = self.layers[1].W
        self.offset = leaf(4, 1, trained=False)
        self.rng = np.random.default_rng(0)
        self.depth = 2

    def __call__(self, X: Any) -> Any:
        A = X
        for layer in self.layers:
            A = tg.dropout(tg.tanh(layer(A)), 0.1, self.rng)
        self.last = A  # a result, which is no part of the model
        return self.heads["a"](A) + self.heads["b"][0] @ (self.tied @ A) + self.offset

    def cost(self, X: Any, Y: Any) -> Any:
        return tg.softmax_cross_entropy(self(X), Y)


NAMES = ["layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b", "heads.a.W", "heads.a.b", "heads.b.0", "offset"]


def test_names_are_paths_and_a_tensor_has_its_first() -> None:
    net = Net()
    with tg.evaluating():
        net(X)
    assert list(net.state_dict()) == NAMES
    assert list(net.parameters) == NAMES[:-1]
    assert net.parameters["layers.1.W"] is net.tied


def test_a_model_trains_alike_eager_and_compiled() -> None:
    one, two = Net(), Net()
    first, second = tg.optim.Adam(one, 0.01), tg.optim.Adam(two, 0.01)
    step = tg.compile(one.cost, optimizer=first)
    for _ in range(10):
        cost = step(X, LABELS)
        with tg.training():
            expected = two.cost(X, LABELS)
        two.zero_grad()
        expected.backward()
        second.step()
        np.testing.assert_allclose(cost.data, expected.data, rtol=1e-12)
    for name, array in one.state_dict().items():
        np.testing.assert_allclose(array, two.state_dict()[name], rtol=1e-10, err_msg=name)
    assert repr(one.rng.bit_generator.state) == repr(two.rng.bit_generator.state)


def test_a_model_is_saved_and_restored_in_place(tmp_path: Any) -> None:
    net, other = Net(), Net()
    for t in other.parameters.values():
        t.data = t.data * 2
    arrays = {name: t.data for name, t in other._tensors().items()}
    net.save(tmp_path / "net.npz")
    other.restore(tmp_path / "net.npz")
    assert bits(other.state_dict()) == bits(net.state_dict())
    assert other.tied is other.layers[1].W
    assert list(arrays) == NAMES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda net: net.layers.append(Dense(1, 1)), "there is no layers.2.W, which the model asks for"),
        (lambda net: net.heads.pop("b"), "the model asks for no heads.b.0"),
        (lambda net: setattr(net, "offset", leaf(2, 1)), r"offset has shape \(4, 1\), the model asks for \(2, 1\)"),
        (
            lambda net: setattr(net, "offset", tg.Tensor(np.zeros((4, 1), "f4"))),
            "offset takes float32, got float64; cast with",
        ),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(tmp_path: Any, change: Any, words: str) -> None:
    Net().save(tmp_path / "net.npz")
    net = Net()
    net.layers[0].W.data = net.layers[0].W.data * 2
    change(net)
    before = bits(net.state_dict())
    with pytest.raises(ValueError, match=words):
        net.restore(tmp_path / "net.npz")
    assert bits(net.state_dict()) == before


def test_a_model_that_holds_itself_is_refused() -> None:
    net = Net()
    net.heads["c"] = net
    with pytest.raises(ValueError, match=r"heads\.c holds itself"):
        tg.optim.SGD(net, 0.1)
    ring: Any = []
    ring.append(ring)
    other = Net()
    other.ring = ring
    with pytest.raises(ValueError, match=r"ring\.0 holds itself"):
        other.state_dict()


def test_two_names_that_meet_are_refused(tmp_path: Any) -> None:
    net = Net()
    net.heads["a.W"] = leaf(1)
    with pytest.raises(ValueError, match=r"two Tensors of the name 'heads\.a\.W'"):
        _ = net.parameters
    other = Dense(2, 2)
    other.format = leaf(1)
    with pytest.raises(ValueError, match="a Tensor has the name format"):
        other.save(tmp_path / "m.npz")


def test_copies_and_pickles_are_models_of_their_own() -> None:
    net = Dense(2, 3)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert bits(other.state_dict()) == bits(net.state_dict())
        other.W.data[:] = 0
        assert net.W.data.any()


def test_repr_is_a_table_with_shapes_and_counts() -> None:
    net = Dense(20, 100)
    net.mean = leaf(20, 1, trained=False)
    assert repr(net).splitlines() == [
        "Dense()",
        "  W     (20, 100)  float64  2,000",
        "  b     (20, 1)    float64  20",
        "  mean  (20, 1)    float64  20",
        "  2,040 entries, 2,020 of them trained, 16,320 bytes",
    ]
    net.more = {"two\nlines": leaf(3, 1), "w" * 300: leaf(1, 1)}
    assert [line.split("  ")[1] for line in repr(net).splitlines()[4:6]] == ["more.two lines", f"more.{'w' * 112}..."]
    assert repr(tg.Model()) == "Model()\n  0 entries, 0 of them trained, 0 bytes"


# --- MLPs

HIDDEN = ["relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "silu", np.sin]
OUTPUTS = ["sigmoid", "softmax", "linear"]


def kinds() -> list[dict[str, Any]]:
    """Ten random nets of each kind of output, with all activations, dropout and batch norm."""
    rng = np.random.default_rng(0)
    found = []
    for output in OUTPUTS:
        for k in range(10):
            hidden = [HIDDEN[(k + j) % len(HIDDEN)] for j in range(2)]
            both = {"dropout": float(rng.choice([0.0, 0.3])), "batch_norm": bool(rng.integers(2))}
            found.append({"hidden": hidden, "output": output, **both, "rng": k})
    return found


def labels(output: str) -> Any:
    if output == "softmax":
        return LABELS
    Y = np.random.default_rng(3).standard_normal((4, 12))
    return Y if output == "linear" else (Y > 0) * 1


@pytest.mark.parametrize("kind", kinds(), ids=str)
def test_every_kind_of_net_trains_saves_and_shows(kind: dict[str, Any], tmp_path: Any) -> None:
    Y = labels(kind["output"])
    one, two = (tg.MLP([3, 6, 5, 4], **kind) for _ in range(2))
    first, second = tg.optim.Adam(one, 0.01), tg.optim.Adam(two, 0.01)
    step = tg.compile(lambda X, Y: one.cost(X, Y), optimizer=first)
    for _ in range(5):
        cost, expected = step(X, Y), two.cost(X, Y)
        two.zero_grad()
        expected.backward()
        second.step()
        np.testing.assert_allclose(cost.data, expected.data, rtol=1e-9)
    for name, array in one.state_dict().items():
        np.testing.assert_allclose(array, two.state_dict()[name], rtol=1e-7, atol=1e-10, err_msg=name)
    one.save(tmp_path / "net.npz")
    loaded = tg.MLP.load(tmp_path / "net.npz", hidden=kind["hidden"])
    two.restore(tmp_path / "net.npz")
    for other in (loaded, two):
        assert str(other) == str(one)
        assert bits(other.state_dict()) == bits(one.state_dict())
        np.testing.assert_array_equal(other.predict(X), one.predict(X))
    cost = loaded.cost(X, Y)
    executed(cost)
    assert "LINEAR" in str(tg.explain(cost))
    assert "cost" in tg.draw(cost).source
    tg.explore(cost, tmp_path / "net.html")
    assert "Z3" in (tmp_path / "net.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [k for k in kinds() if np.sin not in k["hidden"]], ids=str)
def test_the_source_of_every_kind_of_net_is_the_step(kind: dict[str, Any]) -> None:
    Y, mlp = labels(kind["output"]), tg.MLP([3, 6, 5, 4], **kind)
    step = tg.compile(lambda X, Y: mlp.cost(X, Y), optimizer=tg.optim.SGD(mlp, 0.1))
    step(X, Y)
    parameters, rng = mlp.state_dict(), copy.deepcopy(mlp._rng)
    scope: dict[str, Any] = {"np": np}
    exec(step.source, scope)
    given = (rng,) if kind["dropout"] else ()
    for _ in range(3):
        cost = step(X, Y)
        parameters, expected = scope["step"](parameters, X, Y, *given, learning_rate=0.1)
        np.testing.assert_allclose(cost.data, expected, rtol=1e-10)
    for name, array in mlp.state_dict().items():
        np.testing.assert_allclose(array, parameters[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_predictions_of_each_output() -> None:
    for output in OUTPUTS:
        mlp = tg.MLP([3, 5, 4], output=output, dropout=0.5, batch_norm=True, rng=0)
        with tg.evaluating():
            AL = mlp(X).data
        answer = {"sigmoid": (AL > 0.5) * 1, "softmax": AL.argmax(axis=0), "linear": AL}[output]
        np.testing.assert_array_equal(mlp.predict(X), answer)
        for k in range(3):
            np.testing.assert_allclose(mlp.predict(X[:, k]), answer[..., k], rtol=1e-12)
        assert mlp.predict(X[:, 0]).shape == answer[..., 0].shape
        if output == "linear":
            with pytest.raises(ValueError, match=r"numbers, not probabilities: write mlp.predict\(X\)"):
                mlp.predict_proba(X)
        else:
            np.testing.assert_array_equal(mlp.predict_proba(X), AL)
            assert mlp.predict_proba(X[:, 0]).shape == (4,)


def test_cost_trains_and_in_evaluating_it_changes_nothing() -> None:
    mlp = tg.MLP([3, 5, 4], output="softmax", dropout=0.5, batch_norm=True, rng=0)
    before, state = bits(mlp.state_dict()), repr(mlp._rng.bit_generator.state)
    with tg.evaluating():
        assert float(mlp.cost(X, LABELS)) == float(mlp.cost(X, LABELS))
        assert (bits(mlp.state_dict()), repr(mlp._rng.bit_generator.state)) == (before, state)
    assert float(mlp.cost(X, LABELS)) != float(mlp.cost(X, LABELS))
    assert bits(mlp.state_dict()) != before
    with pytest.raises(RuntimeError, match=r"MLP\(.*\) with dropout differs .*tg.training\(\).*tg.evaluating\(\)"):
        mlp(X)
    with tg.no_grad():
        mlp(X)
    plain = tg.MLP([3, 5, 4], output="softmax", rng=0)
    np.testing.assert_allclose(plain(X).data.sum(axis=0), 1)


def test_evaluation_renames_nothing() -> None:
    mlp = tg.MLP([3, 5, 4], output="softmax", batch_norm=True, rng=0)
    mlp.predict(X)
    with tg.evaluating():
        assert [t.name for t in mlp.cost(X, LABELS).tape() if t.name][:3] == ["Z1", "Z1_hat", "Z1_norm"]
    assert {name: t.name for name, t in mlp._tensors().items()} == {name: name for name in mlp._tensors()}


def test_one_label_for_several_outputs_of_yes_or_no_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4, 12\), got \(12,\): for a class of several, take output='softmax'"):
        tg.MLP([3, 5, 4]).cost(X, LABELS)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (dict(hidden="swish"), ValueError, r"hidden=...\) takes 'relu', .* or a function, got 'swish'"),
        (dict(hidden=["relu"]), ValueError, "one for all or one for each of the 2 hidden layers, got 1"),
        (dict(hidden=3), ValueError, "got 3"),
        (dict(output="tanh"), ValueError, "takes 'sigmoid', 'softmax', 'linear', got 'tanh'"),
        (dict(dropout=1), ValueError, "dropout is at least 0 and below 1, got 1"),
        (dict(batch_norm=1), TypeError, "takes True or False, got 1"),
    ],
)
def test_MLP_refuses_wrong_options(options: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        tg.MLP([3, 2, 2, 1], **options)


def test_an_activation_that_gives_something_else_is_refused() -> None:
    for wrong, got in ((lambda z: z.data, "ndarray"), (lambda z: z.sum(), r"a Tensor of shape \(\)")):
        with pytest.raises(TypeError, match=f"layer 1: LINEAR -> <LAMBDA>: .* shape .2, 12., got {got}"):
            tg.MLP([3, 2, 1], hidden=wrong)(X)


def square(z: Any) -> Any:
    return z * z


def test_an_activation_of_ones_own_is_given_again_at_load(tmp_path: Any) -> None:
    path = tmp_path / "net.npz"
    mlp = tg.MLP([3, 4, 4, 1], hidden=["tanh", square], rng=0)
    mlp.save(path)
    loaded = tg.MLP.load(path, hidden=["tanh", square])
    np.testing.assert_array_equal(loaded.predict_proba(X), mlp.predict_proba(X))
    for given in ({}, {"hidden": ["tanh", np.sin]}, {"hidden": "tanh"}):
        with pytest.raises(ValueError, match=r"\['tanh', 'own square'\]; give those that are your own functions again"):
            tg.MLP.load(path, **given)
    other = tg.MLP([3, 4, 4, 1], rng=0)
    with pytest.raises(ValueError, match=r"its hidden is .*relu.*, in the file .*tanh"):
        other.restore(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(output=np.array("tanh")), "m.npz: MLP.output=.*got 'tanh'"),
        (dict(hidden=np.array([["relu"]])), "m.npz: MLP.hidden=.* got .'relu'."),
        (dict(hidden=np.array(["relu", "relu"])), "m.npz: MLP.hidden=.* got 2"),
        (dict(dropout=np.array(2.0)), "m.npz: dropout is at least 0 and below 1, got 2.0"),
        (dict(batch_norm=np.array(True)), "there is no mean1"),
        (dict(batch_norm=np.array("yes")), "there is no mean1|takes True or False"),
    ],
)
def test_a_damaged_description_is_refused(tmp_path: Any, change: Any, words: str) -> None:
    tg.MLP([3, 4, 1], rng=0).save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        arrays = dict(file) | change
    np.savez(tmp_path / "m.npz", **arrays)
    with pytest.raises(ValueError, match=words):
        tg.MLP.load(tmp_path / "m.npz")


def test_a_net_without_hidden_layers(tmp_path: Any) -> None:
    mlp = tg.MLP([3, 4], output="softmax", hidden=[], dropout=0.5, batch_norm=True, rng=0)
    mlp.save(tmp_path / "net.npz")
    assert list(tg.MLP.load(tmp_path / "net.npz").parameters) == ["W1", "b1"]
    with pytest.raises(ValueError, match="or a function, got 'swish'"):
        tg.MLP([3, 4], hidden="swish")


def test_format_1_is_still_read(tmp_path: Any) -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    np.savez(tmp_path / "old.npz", format=np.array(1), layer_dims=np.array([3, 4, 1]), **mlp.state_dict())
    other = tg.MLP([3, 4, 1], rng=1)
    other.restore(tmp_path / "old.npz")
    for net in (tg.MLP.load(tmp_path / "old.npz"), other):
        assert bits(net.state_dict()) == bits(mlp.state_dict())
        assert str(net) == "MLP([3, 4, 1], dtype=float64)"


class Two(tg.Model):
    def __init__(self, **options: Any) -> None:
        self.a, self.b = tg.MLP([3, 5, 4], **options), tg.MLP([4, 3, 1], batch_norm=True, rng=1)

    def cost(self, X: Any, Y: Any) -> Any:
        return self.b.cost(tg.tanh(self.a(X)), Y)


def test_models_in_a_model_are_described_in_its_file(tmp_path: Any) -> None:
    Two(hidden="tanh", output="linear").save(tmp_path / "two.npz")
    Two(hidden="tanh", output="linear", dropout=0.5).restore(tmp_path / "two.npz")
    with pytest.raises(ValueError, match=r"does not fit Two\(\): its a.hidden is relu, in the file tanh"):
        Two(output="linear").restore(tmp_path / "two.npz")
    with pytest.raises(ValueError, match="is not of an MLP: it has no entry 'layer_dims'; for another Model"):
        tg.MLP.load(tmp_path / "two.npz")
    tg.MLP([3, 5, 4]).save(tmp_path / "one.npz")
    with pytest.raises(ValueError, match=r"its a\.layer_dims is .*, in the file no such entry"):
        Two().restore(tmp_path / "one.npz")
    with pytest.raises(ValueError, match="there is no W, which the model asks for"):
        Dense(4, 5).restore(tmp_path / "one.npz")


def test_the_source_of_a_step_takes_the_names_of_the_model(tmp_path: Any) -> None:
    two, Y = Two(rng=0, batch_norm=True), (X[:1] > 0) * 1.0
    step = tg.compile(two.cost, optimizer=tg.optim.SGD(two, 0.1))
    step(X, Y)
    scope: dict[str, Any] = {"np": np}
    exec(step.source, scope)
    after, _ = scope["step"](two.state_dict(), X, Y)
    step(X, Y)
    for name, array in two.state_dict().items():
        np.testing.assert_allclose(array, after[name], rtol=1e-12)


def test_the_parameters_can_be_copied_and_pickled() -> None:
    net = Net()
    for copied in (copy.deepcopy(net.parameters), pickle.loads(pickle.dumps(net.parameters))):
        assert type(copied) is dict
        assert bits({k: p.data for k, p in copied.items()}) == bits({k: p.data for k, p in net.parameters.items()})
        copied["layers.0.W"].data[:] = 0
        assert net.layers[0].W.data.any()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_an_mlp_use_the_ops_themselves(copied: Any) -> None:
    for options in ({}, {"output": "softmax", "dropout": 0.2}, {"hidden": np.tanh, "output": "linear"}):
        mlp = tg.MLP([3, 5, 2], rng=0, **options)
        other = copied(mlp)
        Y = np.zeros(12, int) if mlp.output == "softmax" else np.ones((2, 12))
        with tg.evaluating():
            one, two = mlp.cost(X, Y), other.cost(X, Y)
        assert float(one) == float(two)
        assert [t.op for t in one.tape()] == [t.op for t in two.tape()]
    own = tg.op("mine", lambda x: x * 2, lambda g, y, x: g * 2)
    assert copied(tg.relu) is tg.relu
    assert copy.copy(own) is not None


def test_an_activation_of_ones_own_with_the_name_of_an_op(tmp_path: Any) -> None:
    def relu(z: Any) -> Any:
        return z

    tg.MLP([3, 4, 1], hidden=relu).save(tmp_path / "net.npz")
    with pytest.raises(ValueError, match="has the activations own relu"):
        tg.MLP.load(tmp_path / "net.npz")
    assert tg.MLP.load(tmp_path / "net.npz", hidden=relu).hidden == (relu,)


def test_a_file_without_a_description_is_refused(tmp_path: Any) -> None:
    tg.MLP([3, 4, 4], output="softmax").save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as file:
        arrays = dict(file)
    del arrays["output"]
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(ValueError, match="it has no entry 'output'"):
        tg.MLP.load(tmp_path / "net.npz")
    np.savez(tmp_path / "old.npz", format=np.array(1), layer_dims=np.array([3, 4, 1]), **tg.MLP([3, 4, 1]).state_dict())
    with pytest.raises(ValueError, match="its output is linear, in the file sigmoid"):
        tg.MLP([3, 4, 1], output="linear").restore(tmp_path / "old.npz")


def test_what_would_work_by_halves_is_refused() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    for name in ("layer_dims", "hidden", "output", "dropout", "batch_norm"):
        with pytest.raises(AttributeError, match=f"{name} is fixed when an MLP is made"):
            setattr(mlp, name, getattr(mlp, name))
    with pytest.raises(TypeError, match=r"make a tg\.Model with the MLP and this"):
        mlp.scale = leaf(1)
    net = Dense(2, 3)
    with pytest.raises(TypeError, match="assign to the model's attribute W"):
        net.parameters["W"] = leaf(2, 3)
    with pytest.raises(TypeError, match=r"leave out the \(\)"):
        net.parameters()  # type: ignore[operator]
    net.scaled = leaf(2, 3) * 0.1
    with pytest.raises(ValueError, match=r"scaled of Dense\(\) is a result of multiply.* make it a leaf"):
        tg.optim.SGD(net, 0.1)


def test_a_frozen_parameter_is_left_out_by_an_optimizer() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    mlp.parameters["W1"].requires_grad = False
    assert list(tg.optim.SGD(mlp, 0.1).parameters) == ["b1", "W2", "b2"]
    assert "21 entries, 9 of them trained" in repr(mlp)
    with pytest.raises(TypeError, match="a dict of Tensors by name, or a list of them, got SGD"):
        tg.optim.SGD(tg.optim.SGD(mlp, 0.1), 0.1)


def test_wrong_labels_change_nothing() -> None:
    mlp = tg.MLP([3, 5, 4], output="softmax", dropout=0.5, batch_norm=True, rng=0)
    before, state = bits(mlp.state_dict()), repr(mlp._rng.bit_generator.state)
    for wrong in (LABELS + 4, LABELS[:5], LABELS * 0.5):
        with pytest.raises(ValueError, match="softmax_cross_entropy"):
            mlp.cost(X, wrong)
    with pytest.raises(ValueError, match=r"takes labels of shape \(1, 12\), got \(12,\): write Y.reshape\(1, -1\)"):
        tg.MLP([3, 1]).cost(X, LABELS)
    assert (bits(mlp.state_dict()), repr(mlp._rng.bit_generator.state)) == (before, state)


def test_the_error_inside_of_a_property_comes_through() -> None:
    class Halved(tg.Model):
        def __init__(self) -> None:
            self.W = tg.Tensor(np.ones((2, 2)), requires_grad=True)

        @property
        def half(self) -> Any:
            return self.W.halff()  # type: ignore[attr-defined]

    class Slow(tg.optim.SGD):
        @property
        def rate(self) -> Any:
            return self.learning_rat  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'halff'"):
        _ = Halved().half
    with pytest.raises(AttributeError, match="'Slow' object has no attribute 'learning_rat'"):
        _ = Slow(Halved(), learning_rate=0.1).rate
    assert not hasattr(Halved(), "third")


def test_a_parameter_that_is_not_there_is_told_of_those_that_are() -> None:
    with pytest.raises(KeyError, match=r"no parameter 'W3' among W1, b1, W2, b2\"$"):
        tg.MLP([2, 3, 1]).parameters["W3"]
    with pytest.raises(KeyError, match=r"among W1, b1, W2, b2, W3, b3, W4, b4, \.\.\.\"$"):
        tg.MLP([2] * 9).parameters["w1"]
    assert tg.MLP([2, 3, 1]).parameters.get("W3") is None


def test_a_frozen_parameter_of_an_mlp_is_left_out() -> None:
    mlp, X, Y = tg.MLP([3, 4, 1], rng=0), np.ones((3, 8)), np.ones((1, 8))
    optimizer = tg.optim.SGD(mlp, 0.1)
    mlp.parameters["W1"].requires_grad = False
    mlp.cost(X, Y).backward()
    norm = np.sqrt(sum((g**2).sum() for g in mlp.gradients().values()))
    assert [*mlp.gradients()] == ["db1", "dW2", "db2"]
    assert [*tg.optim.SGD(mlp.parameters, 0.1).parameters] == ["b1", "W2", "b2"]
    for parameters in (mlp.parameters, optimizer.parameters, [*mlp.parameters.values()]):
        assert tg.optim.clip_by_norm(parameters, 10.0) == pytest.approx(norm)


class Slope(tg.Model):
    def __init__(self) -> None:
        self.a = tg.Tensor(0.25, requires_grad=True)

    def __call__(self, x: Any) -> Any:
        return tg.maximum(x, 0) + self.a * tg.minimum(x, 0)


def test_an_mlp_refuses_parameters_that_it_would_not_train() -> None:
    with pytest.raises(TypeError, match=r"would not train Slope\(\): make a tg\.Model with its layers and Slope\(\)"):
        tg.MLP([3, 4, 1], hidden=Slope())
    mlp: Any = tg.MLP([3, 4, 1])
    for part in ([tg.Tensor(1.0, requires_grad=True)], {"a": Slope()}, Slope()):
        with pytest.raises(TypeError, match="an MLP has no further parts"):
            mlp.more = part


def test_an_option_that_the_cost_does_not_take_is_named() -> None:
    mlp, X = tg.MLP([3, 4, 1], output="linear"), np.ones((3, 8))
    with pytest.raises(TypeError, match="mean_squared_error takes the options sample_weight; got class_weight"):
        mlp.cost(X, np.ones((1, 8)), class_weight=[1, 2])
    mlp = tg.MLP([3, 4, 1])
    with pytest.raises(TypeError, match="a number for each class in their order, got 'balanced'"):
        mlp.cost(X, np.ones((1, 8)), class_weight="balanced")


def test_tensors_in_a_deque_belong_to_a_model() -> None:
    net: Any = tg.Model()
    net.parts = collections.deque([tg.Tensor(1.0, requires_grad=True)])
    assert [*net.parameters] == ["parts.0"]
