"""Names and arguments of other libraries: each gets a hint, and what the hint says to type works."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from helpers.lines import in_turn

import tinygraph as tg
from tinygraph import ops
from tinygraph.diagnostics.hints import OPS_ELSEWHERE, hint

LINES = [line.split(" | ") for line in (files("tinygraph.diagnostics") / "habits.txt").read_text("utf-8").splitlines()]

# What a hint says to type: each piece is part of its text, and runs.
PIECES = """
    tg.Tensor(array, requires_grad=True)
    np.zeros(3)
    import numpy as np
    np.exp(t)
    tg.relu(t)
    tg.sigmoid(t)
    tg.tanh(t)
    tg.softmax(t, axis=0)
    tg.MLP([2, 3, 1])
    mlp = tg.MLP([2, 3, 1])
    W @ X + b
    class Net(tg.Model)
    tg.mean_squared_error(AL, Y)
    tg.cross_entropy(AL, Y)
    tg.cross_entropy_with_logits(Z, Y)
    tg.softmax_cross_entropy(Z, labels)
    tg.conv2d(images, filters)
    tg.max_pool2d(images, 2)
    tg.dropout(t, 0.5, rng)
    tg.layer_norm(t)
    np.eye(n)[labels].T
    tg.optim.SGD(mlp.parameters, learning_rate=0.1)
    tg.optim.SGD(mlp.parameters, learning_rate=0.1, momentum=0.9)
    tg.optim.Adam(mlp.parameters, learning_rate=0.001)
    tg.optim.AdamW(mlp.parameters, learning_rate=0.001)
    tg.optim.RMSProp(mlp.parameters, learning_rate=0.001)
    tg.optim.schedules
    rate = tg.optim.schedules.cosine(0.1, 1000)
    optimizer.learning_rate = rate(k)
    tg.optim.clip_by_norm(mlp.parameters, 1.0)
    for X_batch, Y_batch in tg.batches(X, Y, batch_size=2)
    from tinygraph.estimators import Classifier
    from tinygraph.estimators import Regressor
    from sklearn.model_selection import train_test_split
    X = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
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
    np.{name}
    array.astype(np.{name})
    t.astype(np.{name})
    cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    tg.draw(cost)
    print(repr(mlp))
    isinstance(t, tg.Tensor)
    tg.onnx.save(mlp, path)
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
    t.ravel()
    t.numpy().{name}
    tg.where(mask, value, t)
    t[mask]
    tg.take_along_axis(t, index, axis)
    tg.take(t, index, axis)
    t.at[index].set(v)
    t.at[index].add(v)
    tg.split(t, n, axis=0)
    tg.array_split(t, 2)
    tg.transpose(t, axes)
    tg.transpose(t, (0, 2, 1))
    t.T
    t ** 2
    t @ u
    tg.clip(t, 0, 1)
    tg.linear(W, t, b)
    step = tg.compile(mlp.cost, optimizer=optimizer)
    step(X, Y)
    with tg.training():
    with tg.evaluating():
    with tg.evaluating(): print(mlp.cost(X, Y))
    mlp(X)
    mlp.cost(X, Y)
    np.mean(mlp.predict(X) == Y)
    mlp.cost(X, Y).backward()
    mlp.parameters
    mlp.load_state_dict(arrays)
    tg.MLP([2, 3, 1], dtype="float32")
    mlp.layer_dims
    optimizer.learning_rate = 0.01
    optimizer.groups[0].learning_rate = 0.01
    optimizer.step()
    optimizer.learning_rate
    optimizer.state_dict()
    optimizer.zero_grad()
    kept.append(aux)
    t.astype(dtype)
    np.sort(t)
    np.full_like(array, t)
    np.broadcast_to(t, array.shape)
    np.cumsum(t, axis)
    np.cumprod(t, axis)
    np.cumsum(np.where(np.isnan(t), 0, t))
    np.cumprod(np.where(np.isnan(t), 1, t))
    np.median(t[~np.isnan(t.numpy())])
    (A @ v[..., None])[..., 0]
    t.at[np.diag_indices(n)].set(value)
    a = tg.Tensor(a)
    a = a.at[i].add(t)
    a = a + t
    a = a.at[i].set(t)
    np.take(t, index, mode='wrap')
    np.unique(t.numpy())
    np.convolve(t, u)
    C = np.exp(-2j * np.pi * np.outer(k, k) / n)
    k = np.arange(n)
    C.real @ t
    C.imag @ t
    np.linalg.eigh(t)
    np.outer(t, u)
    np.diagonal(t, 0, -2, -1)
    np.trace(t, 0, -2, -1)
    np.partition(t, kth)
    t.copy()
    t.numpy().copy()
    t.order
    t.saved
    axis=
    keepdims=
    ddof=1
    ddof=0
    argnums=
    in_axes=
    hidden=
    rng=
    tg.pad
    np.concatenate([a, b])
    np.r_[a, b]
    np.column_stack([a, b])
    np.c_[a, b]
    np.broadcast_to(t, shape)
    np.full(shape, t)
    f(t)
    np.vectorize(f)(t)
    tg.vmap(f)(t)
    np.convolve
    tg.scan
    np.trapezoid
    np.cumsum((t[1:] + t[:-1]) / 2 * dx)
    S.toarray() @ t
    np.polyval(t[::-1], x)
    np.asarray(df) @ t
    df * t
"""
PIECES = [line.strip() for line in PIECES.strip().splitlines()]
WHOLE = {  # of a piece that is no code by itself, or warns alone
    "optimizer.step()": "mlp.cost(X, Y).backward(); optimizer.step()",
    "class Net(tg.Model)": "class Net(tg.Model): pass",
    "leave it out": "t + 1",
    "np.full_like(array, t)": "np.full_like(t, array)",  # for a plain array, the other piece says what to write
    "axis=": "t.sum(axis=0)",
    "keepdims=": "t.sum(axis=0, keepdims=True)",
    "ddof=1": "t.std(ddof=1)",
    "ddof=0": "t.std(ddof=0)",
    "argnums=": "tg.grad(f, argnums=0)(array)",
    "in_axes=": "tg.vmap(f, in_axes=0)(array)",
    "hidden=": "tg.MLP([2, 1], hidden='tanh')",
    "rng=": "tg.MLP([2, 1], rng=0)",
    "t.numpy().{name}": "t.numpy().nbytes",
    "np.trapezoid": "getattr(np, 'trapezoid', None) or np.trapz",  # its name in NumPy 1
    "np.r_[a, b]": "a",  # these do not take a Tensor
    "np.c_[a, b]": "a",
    "np.full(shape, t)": "t",
    "np.vectorize(f)(t)": "t",
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
    found |= {"u": tg.Tensor(rng.normal(size=(4, 3))), "axes": (1, 0), "rate": lambda k: 0.1, "k": 1}
    return found


BESIDE: dict[str, dict[str, Any]] = {  # of a piece that takes other things of these names
    "tg.softmax_cross_entropy(Z, labels)": {"Z": tg.Tensor(np.ones((3, 2)), requires_grad=True)},
    "tg.take(t, index, axis)": {"index": [0]},
    "t.at[index].set(v)": {"index": 0, "v": 1.0},
    "t.at[index].add(v)": {"index": 0, "v": 1.0},
    "tg.transpose(t, (0, 2, 1))": {"t": tg.Tensor(np.ones((2, 3, 4)), requires_grad=True)},
    "(A @ v[..., None])[..., 0]": {"A": tg.Tensor(np.ones((2, 3, 4))), "v": np.ones(4)},
    "a = tg.Tensor(a)": {"a": np.zeros(3)},
    "a = a + t": {"a": np.zeros((3, 4))},
    "a = a.at[i].add(t)": {"a": tg.Tensor(np.zeros((2, 3, 4))), "i": 0},
    "a = a.at[i].set(t)": {"a": tg.Tensor(np.zeros((2, 3, 4))), "i": 0},
    "np.convolve(t, u)": {"t": tg.Tensor([1.0, 2.0]), "u": [1.0, 3.0]},
    "C = np.exp(-2j * np.pi * np.outer(k, k) / n)": {"k": np.arange(3)},
    "C.real @ t": {"C": np.ones((3, 3), complex)},
    "C.imag @ t": {"C": np.ones((3, 3), complex)},
    "np.linalg.eigh(t)": {"t": tg.Tensor(np.eye(2))},
    "tg.linear(W, t, b)": {"t": tg.Tensor(np.ones((2, 4)), requires_grad=True)},
    "np.broadcast_to(t, shape)": {"shape": (2, 3, 4)},
    "np.cumsum((t[1:] + t[:-1]) / 2 * dx)": {"dx": 0.5},
    "S.toarray() @ t": {"S": type("Sparse", (), {"toarray": lambda self: np.eye(3)})()},
    "np.polyval(t[::-1], x)": {"t": tg.Tensor([1.0, 2.0])},
    "np.asarray(df) @ t": {"df": [[1.0, 2.0, 3.0]]},
    "df * t": {"df": np.ones(4)},
    "np.concatenate([a, b])": {"a": np.ones(2), "b": tg.Tensor([1.0, 2.0])},
    "np.column_stack([a, b])": {"a": np.ones(2), "b": tg.Tensor([1.0, 2.0])},
    "np.r_[a, b]": {"a": 1},
    "np.c_[a, b]": {"a": 1},
}
NAMES = re.compile(r"\b(?:tg|np|t|mlp|optimizer|sklearn|tinygraph)\.\w+")  # which only code has


@pytest.mark.parametrize("piece", PIECES)
def test_what_a_hint_says_to_type_works(piece: str, tmp_path: Any) -> None:
    assert any(piece in text for _, _, text in LINES), "no hint says so"
    names = around(str(tmp_path / "net.npz")) | BESIDE.get(piece, {})
    if piece == "tg.MLP.load(path)":
        names["mlp"].save(names["path"])
    if ".groups" in piece:
        names["optimizer"] = tg.optim.SGD([{"parameters": names["mlp"]}], learning_rate=0.1)
    if piece == "step(X, Y)":
        names["step"] = tg.compile(names["mlp"].cost, optimizer=names["optimizer"])
    code = f"{piece}: pass" if piece.startswith("for ") else f"{piece} pass" if piece.endswith("():") else piece
    for name in ("float32", "int64") if "{name}" in piece else [""]:
        with tg.training():
            try:
                exec(WHOLE.get(piece, code.replace("{name}", name)), names)
            except ImportError as error:
                pytest.skip(str(error))


def test_all_code_in_a_hint_is_among_the_pieces() -> None:
    assert [text for _, _, text in LINES if not any(piece in text for piece in PIECES)] == []
    for _, _, text in LINES:
        rest = text
        for piece in sorted(PIECES, key=len, reverse=True):
            rest = rest.replace(piece, "")
        assert NAMES.findall(rest) == [], text


# What stands for the arguments in the hint for an op; the pieces run with one of these.
ARGUMENTS = (
    {
        "shape": (2, 4, 4),
        "repeats": 2,
        "reps": 2,
        "shift": 1,
        "kth": 1,
        "indices_or_sections": 2,
        "obj": 0,
        "values": 1.0,
    },
    {"t": tg.Tensor([1.0, 2.0]), "u": tg.Tensor([3.0, 1.0]), "xp": [0.0, 1.0], "fp": [0.0, 1.0], "bins": [0.0, 1.0]},
    {"t": tg.Tensor([1, 2]), "u": tg.Tensor([3, 1])},
    {"t": tg.Tensor([[1.0, 2.0]]), "indices": [[0]], "obj": 0, "values": [[3.0, 4.0]], "shape": (1, 2)},
    {"t": tg.Tensor(np.ones((2, 2, 2))), "indices_or_sections": 2, "axis": 0, "window_shape": (2, 2, 2)},
)
OWN = [name for name in ops.__all__ if name != "OPS" and not hasattr(tg.Tensor, name)]


@in_turn("name", [*OWN, *OPS_ELSEWHERE])
def test_the_hint_for_an_op_can_be_typed(name: str) -> None:
    said = hint(name, "t")
    assert said.startswith("; ")
    if any(name in names.split() and "t" in places.split() for places, names, _ in LINES):
        return  # one of the pieces
    beside = {
        "subscripts": "ij,ij",
        "q": 0.5,
        "index": 0,
        "source": 0,
        "destination": 1,
        "pad_width": 1,
        "p": [1.0, 2.0],
    }
    beside |= {"mask": [True, False], "condlist": [[True, False]], "choicelist": [[1.0, 2.0]], "axis": 0, "stop": 3.0}
    beside |= {"func1d": np.sum}
    beside |= {"W": np.eye(2), "A": np.eye(2), "window_shape": 2, "x": [0.0, 1.0], "index_or_slice": 0, "f": [1.0, 2.0]}
    square = {"t": tg.Tensor([[0.5, 0.25], [0.25, 0.5]]), "u": tg.Tensor([[0.5, 0.25], [0.25, 1.0]])}
    assert any(runs(said.removeprefix("; write "), {"tg": tg, **square, **beside, **given}) for given in ARGUMENTS), (
        said
    )


def runs(code: str, names: dict[str, Any]) -> bool:
    try:
        exec(code, names)
    except (TypeError, ValueError, NameError, AttributeError, IndexError, RuntimeWarning):
        return False
    return True


def test_a_hint_without_a_needed_argument_is_found() -> None:
    names = {"tg": tg, "t": tg.Tensor([[1.0, 2.0]])}
    assert not any(runs(code, names) for code in ("tg.reshape(t)", "tg.expand_dims(t)", "tg.split(t)", "tg.no_op(t)"))


@in_turn("line", [line for line in LINES if line[0] not in ("=", "np", "array", "out")])
def test_each_name_gets_its_hint(line: list[str]) -> None:
    from tinygraph import nn, onnx

    found = around()
    owners = {"tg": tg, "tg.optim": tg.optim, "tg.nn": nn, "tg.onnx": onnx, "t": found["t"], "net": found["mlp"]}
    owners["optimizer"] = found["optimizer"]
    places, names, text = line
    for name in names.split():
        for place in places.split():
            if name in vars(tg):  # a package, loaded by now
                continue
            with pytest.raises(AttributeError) as caught:
                getattr(owners[place], name)
            assert str(caught.value).endswith(f" has no attribute {name!r}; {text.format(name=name)}")


REFUSED: dict[str, Any] = {  # calls of functions without a gradient, as one gets the hint
    "copyto": lambda t: np.copyto(np.zeros((2, 2)), t),
    "nanquantile": lambda t: np.nanquantile(t, 0.5),
    "nanpercentile": lambda t: np.nanpercentile(t, 50),
    "matvec": lambda t: getattr(np, "matvec", lambda A, v: np.frexp(A))(t, t[0]),
    "fill_diagonal": lambda t: np.fill_diagonal(t, 0),
    "put": lambda t: np.put(np.zeros(2), [0], t[0]),
    "place": lambda t: np.place(np.zeros(2), [True, False], t[0]),
    "putmask": lambda t: np.putmask(np.zeros(2), [True, False], t[0]),
    "put_along_axis": lambda t: np.put_along_axis(np.zeros((2, 2)), np.zeros((2, 2), int), t, 0),
    "choose": lambda t: np.choose([0, 1], t),
    "resize": lambda t: np.resize(t, 3),
    "polymul": lambda t: np.polymul(t[0], t[0]),
    "fft": np.fft.fft,
    "rfft": np.fft.rfft,
    "eig": np.linalg.eig,
    "eigvals": np.linalg.eigvals,
    "outer": lambda t: getattr(np.linalg, "outer", lambda a, b: np.frexp(a))(t[0], t[0]),
    "diagonal": lambda t: getattr(np.linalg, "diagonal", np.frexp)(t),
    "trace": lambda t: getattr(np.linalg, "trace", np.frexp)(t),
}
OF_NUMPY = [(name, text) for places, names, text in LINES if places == "np" for name in names.split()]


@pytest.mark.parametrize(("name", "text"), OF_NUMPY)
def test_each_function_of_numpy_gets_its_hint(name: str, text: str) -> None:
    ufunc, _, method = name.partition(".")
    found = getattr(np, ufunc, np.frexp)  # frexp, if this NumPy has no such function
    call = REFUSED.get(name, (lambda t: getattr(found, method)(np.zeros(2), [0], t[0])) if method else found)
    with pytest.raises(TypeError, match="has no gradient rule in tinygraph") as caught:
        call(tg.Tensor([[1.0, 2.0], [2.0, 1.0]]))
    assert str(caught.value).endswith(f"so it does not take a Tensor; {text}") or "numpy.frexp" in str(caught.value)


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
        ("tg.vmap(f, in_dims=0)", "'in_dims'; write in_axes="),
        ("tg.hvp(f)", "missing 2 required positional arguments: 'x' and 'v'; write tg.hvp(f, x, v)"),
        ("tg.jvp(f)", "; write tg.jvp(f, (x,), (v,))"),
        ("tg.MLP(4, 3, 1)", "its sizes are one list, and the rest are named: write tg.MLP([2, 3, 1])"),
        ("tg.MLP([4, 3, 1], activation='tanh')", "'activation'; write hidden="),
        ("tg.MLP(sizes=[4, 3, 1])", "MLP"),
        ("tg.MLP([4, 3, 1], seed=0)", "'seed'; write rng="),
        ("t.sum(dim=0)", "'dim'; write axis="),
        ("tg.softmax(t, dim=0)", "'dim'; write axis="),
        ("t.mean(axis=0, keepdim=True)", "'keepdim'; write keepdims="),
        ("t.size()", "t.size is the number of entries: leave out the (), or write t.shape, a tuple, and t.shape[0]"),
        ("t.size(0)", "leave out the ()"),
        ("t.view(12)", "write tg.reshape(t, shape)"),
        ("t.unsqueeze_(0)", "write tg.expand_dims(t, axis)"),
        ("t.clamp_(0, 1)", "write tg.clip(t, 0, 1)"),
        ("t.OPS", "no attribute 'OPS'"),
        ("tg.stack([t, t], dim=0)", "'dim'; write axis="),
        ("tg.concat([t, t], dim=0)", "'dim'; write axis="),
        ("tg.compile(mlp, optimizer='adam', loss='mse')", "'loss'; the function to compile is the cost: write step ="),
        ("optimizer.zero_grad(set_to_none=True)", "'set_to_none'; leave it out"),
        ("mlp.zero_grad(set_to_none=True)", "'set_to_none'; leave it out"),
        ("tg.MLP([2, 1], lr=0.1)", "'lr'; it belongs to the optimizer: write tg.optim.SGD("),
        ("tg.batches(X, Y, batch_size=2, num_workers=2)", "'num_workers'; leave it out"),
        ("t.std(unbiased=True)", "'unbiased'; write ddof=1"),
        ("mlp.W1 = array", "W1 is a parameter of this MLP: write mlp.parameters['W1'].data = array"),
        ("mlp.W1 = t", "W1 is a parameter of this MLP: write mlp.parameters['W1'].data = array"),
        ("tg.relu_", "write tg.relu(t)"),
        ("t.relu_()", "write tg.relu(t)"),
    ],
)
def test_calls_of_other_libraries_get_a_hint(habit: str, words: str) -> None:
    tg.MLP([2, 1])  # which loads tg.nn
    with pytest.raises((TypeError, AttributeError), match=re.escape(words)):
        exec(habit, around())


def test_the_cost_of_a_compiled_step_has_no_backward_pass() -> None:
    names = around()
    step = tg.compile(names["mlp"].cost, optimizer=names["optimizer"])
    with pytest.raises(ValueError, match="by a compiled step, which has already updated the parameters"):
        step(names["X"], names["Y"]).backward()


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


def test_linear_algebra_stands_in_its_namespace() -> None:
    assert hint("svd", "tg") == "; write tg.linalg.svd"
    assert hint("eig", "tg") == ""
    t = tg.Tensor(2.0, requires_grad=True)
    for call in (np.convolve, np.trapezoid if hasattr(np, "trapezoid") else np.correlate, np.linalg.norm):
        with pytest.raises(TypeError, match=r"To keep it, write tg\.array for lists of tensors"):
            call([t, t], [1.0, 2.0]) if call is not np.linalg.norm else call([t, t])
