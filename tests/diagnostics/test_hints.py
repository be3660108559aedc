"""Names and arguments of other libraries: each gets a hint, and what the hint says to type works."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

LINES = [line.split(" | ") for line in (files("tinygraph.diagnostics") / "habits.txt").read_text("utf-8").splitlines()]

# What a hint says to type: each piece is part of its text, and runs.
PIECES = """
    tg.Tensor(array, requires_grad=True)
    import numpy as np
    np.exp(t)
    tg.relu(t)
    tg.sigmoid(t)
    tg.tanh(t)
    tg.softmax(t)
    tg.MLP([2, 3, 1])
    mlp = tg.MLP([2, 3, 1])
    W @ X + b
    class Net(tg.Model)
    tg.mean_squared_error(AL, Y)
    tg.cross_entropy(AL, Y)
    tg.cross_entropy_with_logits(Z, Y)
    tg.softmax_cross_entropy(Z, Y)
    tg.conv2d(images, filters)
    tg.max_pool2d(images, 2)
    tg.dropout(t, 0.5, rng)
    tg.layer_norm(t)
    np.eye(n)[labels].T
    tg.optim.SGD(mlp.parameters, learning_rate=0.1)
    tg.optim.Adam(mlp.parameters, learning_rate=0.001)
    tg.optim.AdamW(mlp.parameters, learning_rate=0.001)
    tg.optim.RMSProp(mlp.parameters, learning_rate=0.001)
    rate = tg.optim.schedules.cosine(0.1, 1000)
    tg.optim.clip_by_norm(mlp.parameters, 1.0)
    for X_batch, Y_batch in tg.batches(X, Y, batch_size=2)
    tg.compile(f)
    tg.grad(lambda x: f(x).sum())
    tg.grad(f)
    tg.jacobian(f)
    tg.check_gradients(f, x)
    tg.hvp(f, x, v)
    y, pullback = tg.vjp(f, x)
    tg.jvp(f, (x,), (v,))
    tg.scan(step, start, xs)
    tg.vmap(f)
    t.detach()
    cost.backward()
    t.grad
    with tg.no_grad():
    rng = np.random.default_rng(0)
    tg.MLP([2, 3, 1], rng=rng)
    mlp.save(path)
    tg.MLP.load(path)
    t.astype(np.float32)
    cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    tg.draw(cost)
    print(mlp)
    isinstance(t, tg.Tensor)
    t.requires_grad = True
    t.op
    t.inputs
    t.ndim
    t.size
    t.data = array
    t.data += array
    t > 0
    t.numpy()
    leave it out
    t.retain_grad()
    np.nonzero(t.numpy())
    tg.where(mask, value, t)
    tg.take_along_axis(t, index, axis)
    tg.take(t, index, axis)
    tg.array_split(t, 2)
    step = tg.compile(mlp.cost, optimizer=optimizer)
    step(X, Y)
    with tg.training():
    with tg.evaluating():
    mlp(X)
    mlp.cost(X, Y)
    np.mean(mlp.predict(X) == Y)
    mlp.cost(X, Y).backward()
    mlp.parameters
    mlp.load_state_dict(arrays)
    mlp.layer_dims
    optimizer.groups
    optimizer.step()
    optimizer.learning_rate
    optimizer.state_dict()
    optimizer.zero_grad()
    kept.append(aux)
    t.astype(dtype)
    np.sort(t)
    np.partition(t, kth)
    +t
    t.numpy().copy()
    t.order
    t.saved
    axis=
    keepdims=
    argnums=
    hidden=
    rng=
"""
PIECES = [line.strip() for line in PIECES.strip().splitlines()]
WHOLE = {  # of a piece that is no code by itself
    "class Net(tg.Model)": "class Net(tg.Model): pass",
    "leave it out": "t + 1",
    "axis=": "t.sum(axis=0)",
    "keepdims=": "t.sum(axis=0, keepdims=True)",
    "argnums=": "tg.grad(f, argnums=0)(array)",
    "hidden=": "tg.MLP([2, 1], hidden='tanh')",
    "rng=": "tg.MLP([2, 1], rng=0)",
}


def around(path: str = "") -> dict[str, Any]:
    """What stands around a piece of code in a hint."""
    rng = np.random.default_rng(0)
    mlp = tg.MLP([2, 3, 1], rng=0)
    array, X, Y = rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), np.array([[0.0, 1.0, 1.0, 0.0]])
    t = tg.Tensor(array, requires_grad=True)
    found = {"tg": tg, "np": np, "rng": rng, "mlp": mlp, "array": array, "X": X, "Y": Y, "t": t, "path": path}
    found |= {"AL": mlp(X), "Z": tg.Tensor([[0.5, -1.0, 2.0, 0.0]], requires_grad=True), "cost": mlp.cost(X, Y)}
    found |= {
        "W": mlp.parameters["W1"],
        "b": mlp.parameters["b1"],
        "f": lambda x: (x * x).sum(),
        "x": array,
        "v": array,
    }
    found |= {"images": np.ones((1, 1, 4, 4)), "filters": np.ones((1, 1, 2, 2)), "n": 3, "labels": np.array([0, 2])}
    found |= {"step": lambda carry, x: (carry + x, carry), "start": 0.0, "xs": np.ones(3), "kept": [], "aux": 1}
    found |= {"mask": array > 0, "value": 0.0, "index": np.zeros((1, 4), int), "axis": 0, "dtype": np.float32, "kth": 1}
    found |= {"optimizer": tg.optim.SGD(mlp, learning_rate=0.1), "arrays": mlp.state_dict()}
    return found


@pytest.mark.parametrize("piece", PIECES)
def test_what_a_hint_says_to_type_works(piece: str, tmp_path: Any) -> None:
    assert any(piece in text for _, _, text in LINES), "no hint says so"
    names = around(str(tmp_path / "net.npz"))
    if piece == "tg.softmax_cross_entropy(Z, Y)":  # of more than one class
        names |= {"Z": tg.Tensor(np.ones((3, 4)), requires_grad=True), "Y": np.eye(3)[[0, 1, 2, 0]].T}
    if piece == "tg.MLP.load(path)":
        names["mlp"].save(names["path"])
    if piece == "tg.take(t, index, axis)":
        names["index"] = [0]
    if piece == "step(X, Y)":
        names["step"] = tg.compile(names["mlp"].cost, optimizer=names["optimizer"])
    code = f"{piece}: pass" if piece.startswith("for ") else f"{piece} pass" if piece.startswith("with ") else piece
    with tg.training():
        exec(WHOLE.get(piece, code), names)


def test_each_hint_says_something_to_type() -> None:
    assert [text for _, _, text in LINES if not any(piece in text for piece in PIECES)] == []


@pytest.mark.parametrize(("places", "names", "text"), LINES)
def test_each_name_gets_its_hint(places: str, names: str, text: str) -> None:
    from tinygraph import nn

    found = around()
    owners = {"tg": tg, "tg.optim": tg.optim, "tg.nn": nn, "t": found["t"], "net": found["mlp"]}
    owners["optimizer"] = found["optimizer"]
    if places == "=":
        return
    for name in names.split():
        for place in places.split():
            if name in vars(tg):  # a package, loaded by now
                continue
            with pytest.raises(AttributeError) as caught:
                getattr(owners[place], name)
            assert str(caught.value).endswith(f" has no attribute {name!r}; {text}")


def test_a_net_of_your_own_has_the_hints_of_a_net() -> None:
    class Net(tg.Model):
        pass

    with pytest.raises(
        AttributeError, match=r"^'Net' object has no attribute 'named_parameters'; write mlp\.parameters$"
    ):
        Net().named_parameters  # noqa: B018
    with pytest.raises(AttributeError, match=r"^'Net' object has no attribute 'own'$"):
        Net().own  # noqa: B018


@pytest.mark.parametrize(
    ("habit", "words"),
    [
        ("tg.tensor([1.0])", "tg.tensor is a module; write tg.Tensor(array, requires_grad=True)"),
        ("tg.nn.Linear(3, 4)", "write mlp = tg.MLP([2, 3, 1])"),
        ("tg.nn.functional", "as tg.relu(t)"),
        ("tg.nn.MSELoss()", "write tg.mean_squared_error(AL, Y)"),
        ("tg.optim.Adagrad", "and Adam, AdamW and RMSProp"),
        ("tg.grad(f, has_aux=True)", "got an unexpected keyword argument 'has_aux'; let f return the loss alone"),
        ("tg.value_and_grad(f, has_aux=True)", "value_and_grad() got an unexpected keyword argument 'has_aux'; let f"),
        ("tg.grad(f, argnum=0)", "'argnum'; write argnums="),
        ("t.sum().backward(retain_graph=True)", "'retain_graph'; leave it out: a second backward()"),
        ("tg.compile(f, static_argnums=0)", "'static_argnums'; leave it out: a Python value"),
        ("tg.mean_squared_error(t, t, reduction='sum')", "'reduction'; leave it out: a cost is the mean"),
        ("tg.MLP(4, 3, 1)", "its sizes are one list, and the rest are named: write tg.MLP([2, 3, 1])"),
        ("tg.MLP([4, 3, 1], activation='tanh')", "'activation'; write hidden="),
        ("tg.MLP(sizes=[4, 3, 1])", "MLP"),
        ("tg.MLP([4, 3, 1], seed=0)", "'seed'; write rng="),
        ("t.sum(dim=0)", "'dim'; write axis="),
        ("tg.softmax(t, dim=0)", "'dim'; write axis="),
        ("t.mean(axis=0, keepdim=True)", "'keepdim'; write keepdims="),
        ("t.size()", "t.size is the number of entries: leave out the (), or write t.shape, a tuple, and t.shape[0]"),
        ("t.size(0)", "leave out the ()"),
        ("t.view(12)", "write tg.reshape(t)"),
        ("tg.relu_", "write tg.relu"),
        ("t.relu_()", "write tg.relu(t)"),
    ],
)
def test_calls_of_other_libraries_get_a_hint(habit: str, words: str) -> None:
    tg.MLP([2, 1])  # which loads tg.nn
    with pytest.raises((TypeError, AttributeError), match=re.escape(words)):
        exec(habit, around())


def test_habits_that_work_as_they_are() -> None:
    names = around()
    t = names["t"]
    for code in ("t.numpy()", "t.detach()", "t.T", "cost.item()", "cost.zero_grad()", "tg.vmap(f, in_axes=0)(array)"):
        exec(code, names)
    assert t.size == getattr(t, "size") == np.size(t) == 12  # noqa: B009
    assert [type(n) for n in (t.size, t.shape[0])] == [int, int]

    @tg.no_grad()
    def plain(x: Any) -> Any:
        return x * 2

    assert not plain(t).requires_grad
