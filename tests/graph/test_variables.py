"""What has no name takes that of the caller's variable when it is shown, and keeps it."""

import asyncio
import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import variables

shared = tg.Tensor([1.0, 2.0], requires_grad=True)


def leaf(*shape: int) -> tg.Tensor:
    return tg.Tensor(np.ones(shape), requires_grad=True)


def names(_t: tg.Tensor) -> list[Any]:
    """The names on a graph, as they are."""
    with tg.explicit_names():
        return [x.name for node in _t.tape() for x in (*node.inputs, node) if isinstance(x, tg.Tensor)]


VIEWS = {
    "draw": tg.draw,
    "explain": tg.explain,
    "memory": tg.memory,
    "tape": tg.Tensor.tape,
    "print": lambda _t: print(_t.tape()),
    "save_diagram": lambda _t: tg.save_diagram(_t, "graph.dot"),
    "explore": tg.explore,
}


@pytest.mark.parametrize("view", ["draw", "explain", "memory", "tape", "explore"])
def test_each_view_takes_the_names_of_variables(view):
    W, X, b = leaf(1, 2), np.ones((2, 3)), leaf(1, 1)
    Z = W @ X
    cost = (Z + b).sum()
    VIEWS[view](cost)
    assert names(cost) == ["W", "X", "Z", "Z", "b", None, None, "cost"]
    assert Z.name == "Z"


@pytest.mark.parametrize("view", VIEWS)
def test_names_are_taken_through_any_number_of_our_own_calls(view, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    loss = (shared * 2.0).sum()
    VIEWS[view](loss)
    assert shared.name == "shared"  # a global of this module, whose Tensor got its name once
    assert names(loss)[0] == "shared"


def test_a_name_is_kept():
    W = leaf(2)
    y = W * 2.0
    y.tape()
    V, z, W = W, y, None
    z.tape()
    assert (V.name, z.name, W) == ("W", "y", None)


def test_a_name_moves_with_its_variable():
    x = first = leaf(1)
    (x * 1.0).tape()
    assert first.name == "x"
    _first, first = first, None
    x = x * 2.0
    cost = (x + 1.0).sum()
    cost.tape()
    assert names(cost) == [None, "x", "x", None, None, "cost"]


def test_a_name_in_steps_is_that_of_the_last():
    h = _first = leaf(1)
    for _ in range(3):
        h = tg.tanh(h)
        h.tape()
    assert names(h) == [None, None, None, None, None, "h"]
    assert _first.name is None


def test_the_parameter_of_a_helper_gives_a_name_only_inside_it():
    def show(loss):
        loss.tape()
        return loss.name

    cost = (leaf(2) * 2.0).sum()
    assert show(cost) == "loss"
    cost.tape()
    assert cost.name == "cost"
    assert show(cost) == "loss"
    _cost, cost = cost, None
    assert _cost.name == "loss"
    _cost.tape()
    assert _cost.name == "loss"  # no other variable has it


def test_a_given_name_never_moves():
    x = leaf(1)
    x.name = "x"
    y = x * 1.0
    y.tape()
    _x, x = x, x * 2.0
    y = x * 3.0
    y.tape()
    assert names(y) == ["x", None, None, "y"]
    z = tg.Tensor([1.0], name=y.name)
    y, z = None, z * _x
    z.tape()
    assert names(z) == ["y", "x", "z"]


def test_all_constants_of_an_array_have_its_name_after_a_second_look():
    W, X = leaf(2, 2), np.ones((2, 2))
    y = W @ X
    y.tape()
    z = y * X
    z.tape()
    assert names(z) == ["W", "X", "y", "y", "X", "z"]


def test_a_name_that_was_given_wins():
    A = tg.Tensor([1.0], requires_grad=True, name="theta")
    y = tg.exp(A)
    y.tape()
    assert names(y) == ["theta", "y"]


def test_an_array_of_two_ops_is_one_constant_with_one_name():
    W, X = leaf(2, 2), np.ones((2, 2))
    y = W @ X + X
    print(y.tape())
    assert names(y) == ["W", "X", None, None, "X", "y"]


def test_names_with_an_underscore_and_loop_counters_are_left():
    _w, arrays = leaf(2), [np.ones(2)]
    for x in arrays:
        for _, (a, b) in enumerate([(_w * 2.0, x)]):
            y = a * b * x
            y.tape()
    assert names(y) == [None] * 7 + ["y"]
    assert [names(t * 1.0)[0] for t in [_w] if t.tape() is not None] == [None]


def test_the_counter_of_an_async_loop_is_left():
    async def each(*tensors):
        for x in tensors:
            yield x

    async def looked(_w):
        other = await asyncio.sleep(0, leaf(2))
        async for w in each(_w):
            (w * other).tape()
        async for a, _ in each((_w, 1)):
            (a * other).tape()
        after = other
        return other.name, after

    _w = leaf(2)
    assert asyncio.run(looked(_w))[0] == "other"
    assert _w.name is None


def test_a_name_on_the_graph_is_not_taken_twice():
    other = tg.Tensor([1.0], requires_grad=True, name="W")
    W = leaf(1)
    y = W * other
    assert [line.split()[2:4] for line in str(y.tape()).splitlines()[1:]] == [["multiply", "p1"]]
    assert W.name is None


def test_of_two_variables_the_earlier_gives_its_name_and_a_local_one_goes_before_a_global(monkeypatch):
    first = leaf(1)
    second = first
    y = second * 1.0
    y.tape()
    assert first.name == "first"
    mine, other = leaf(2), 1
    monkeypatch.setitem(globals(), "aaa", mine)
    (mine * 2.0).tape()
    assert (mine.name, other) == ("mine", 1)


def test_a_function_sees_the_globals_of_its_module():
    space: dict[str, Any] = {"tg": tg, "np": np}
    code = "for batch in [np.ones(2)]: pass\nV = tg.Tensor([1.0, 2.0], requires_grad=True)\n"
    exec(code + "def f():\n    out = V * batch\n    out.tape()\n    return out\nfound = f()", space)
    assert names(space["found"]) == ["V", None, "out"]  # `batch` counts a loop


def test_entries_of_a_dict_give_their_keys():
    parameters, hidden = {"W1": leaf(3, 2), "b1": leaf(3, 1), 4: leaf(1)}, [leaf(1)]
    Z1 = parameters["W1"] @ np.ones((2, 5)) + parameters["b1"]
    out = Z1 * parameters[4] * hidden[0]
    out.tape()
    assert [names(out)[k] for k in (0, 4, 5, 7, 10)] == ["W1", "b1", "Z1", None, None]
    b1 = leaf(3, 1)
    y = b1 * 2.0
    y.tape()
    assert b1.name == "b1"


def test_odd_objects_among_the_variables_are_not_asked():
    class Odd:
        def __getattribute__(self, name):
            raise AssertionError(name)

        __eq__ = __hash__ = __bool__ = None  # type: ignore[assignment]

    odd, W = Odd(), leaf(1)
    y = W * 2.0
    y.tape()
    assert W.name == "W"
    del odd


def test_recording_and_walking_back_read_no_frame(monkeypatch):
    monkeypatch.setattr(variables, "user_frame", None)
    W = leaf(2)
    y = (W * np.ones(2)).sum()
    y.backward()
    assert W.name is None
    with pytest.raises(TypeError):
        y.tape()


def test_no_variable_is_kept_alive():
    class Thing:
        pass

    thing, W = Thing(), leaf(1)
    gone = weakref.ref(thing)
    y = W * 2.0
    gc.disable()
    try:
        tg.draw(y)
        del thing
        assert gone() is None
    finally:
        gc.enable()


def test_keys_do_not_depend_on_what_was_shown():
    a, b = leaf(2), leaf(2)

    def keys(*_tensors: tg.Tensor) -> list[str]:
        optimizer = tg.optim.Adam(_tensors, 0.1)
        (_tensors[0] * _tensors[1]).sum().backward()
        optimizer.step()
        return list(optimizer.state_dict())

    class Net(tg.Model):
        def __init__(self, weights: tg.Tensor) -> None:
            self.weights = weights

    before = keys(leaf(2), leaf(2))
    (a * b).tape()
    assert (a.name, b.name) == ("a", "b")
    assert keys(a, b) == before
    assert list(Net(a).parameters) == ["weights"]
    assert a.name == "weights"
    assert pickle.loads(pickle.dumps(b)).name is None


def test_tapes_are_compared_by_given_names_alone():
    w = tg.Tensor([1.0, 2.0], requires_grad=True, name="w")
    one, other = (w * 2.0).sum(), (w * 3.0).sum()
    one.tape()
    other.tape()
    assert [found.name for found in tg.compare(one, other).differences] == ["cost"]


def test_explicit_names_as_a_block_and_as_a_decorator():
    W = leaf(1)
    y = W * 2.0
    with tg.explicit_names():
        y.tape()
    tg.explicit_names()(y.tape)()
    assert names(y) == [None, None]
    y.tape()
    assert names(y) == ["W", "y"]


def test_explicit_names_await_coroutines_and_refuse_generators():
    W = leaf(1)
    y = W * 2.0

    @tg.explicit_names()
    async def looked():
        await asyncio.sleep(0)
        y.tape()

    asyncio.run(looked())
    assert names(y) == [None, None]
    with pytest.raises(TypeError, match=r"explicit_names\(\) cannot decorate the generator steps.*`with tg.explicit_n"):

        @tg.explicit_names()
        def steps():
            yield

    with pytest.raises(TypeError, match=r"explicit_names\(\) decorates a function, got 3"):
        tg.explicit_names()(3)  # type: ignore[arg-type]


def test_blocks_of_generators_may_end_in_any_order():
    def steps():
        with tg.explicit_names():
            yield

    one, other = steps(), steps()
    next(one), next(other)
    one.close()
    other.close()
    W = leaf(1)
    y = W * 2.0
    y.tape()
    assert names(y) == ["W", "y"]


def test_a_notebooks_own_variables_give_no_names():
    space: dict[str, Any] = {"__name__": "IPython.core.formatters", "tg": tg}
    exec("def shown(obj):\n    return tg.draw(obj)", space)
    W = leaf(1)
    y = W * 2.0
    space["shown"](y)
    assert names(y) == ["W", "y"]


def test_equal_graphs_with_equal_names_have_equal_bytes():
    def drawn() -> str:
        W, X = leaf(1, 2), np.ones((2, 3))
        cost = (W @ X).sum()
        return str(tg.draw(cost, backward=True).source)

    assert drawn() == drawn()


class Net(tg.Model):
    def __init__(self) -> None:
        self.W, self.rows = leaf(2, 2), [leaf(2, 1)]

    def __call__(self, X):
        return tg.sigmoid(self.W @ X + self.rows[0])


def kept(look: Any, folder: Any) -> dict[str, Any]:
    """All that outlives a program or is a key in it; `look` is called with whatever there is to see."""
    W, b, C, X = leaf(2, 2), leaf(2, 1), tg.Tensor(np.full((2, 3), 0.5)), np.full((2, 3), 0.25)
    v, net, found = leaf(2), Net(), {}
    held = {"W": W, "b": b, "C": C, "v": v, "first": net.W, "second": net.rows[0]}
    look(held, (W @ C).sum(), (v * 2.0).sum(), net(X).sum())

    def cost(X):
        Z = W @ X + b
        A = tg.sigmoid(Z)
        again = tg.checkpoint(lambda A: tg.tanh(A) * C)(A)
        last, _ = tg.scan(lambda c, x: (c * v * x, c), v, np.ones((3, 2)))
        found = (again * tg.sigmoid(Z)).sum() + last.sum() + tg.vmap(lambda x: tg.sin(x) * v)(C.T).sum()
        look(held | {"Z": Z, "found": found, "A": A, "last": last}, found, Z)
        return found

    def slope(X):
        return tg.grad(lambda M: ((W @ X) * M * C).sum())(C)

    programs = {
        "step": tg.compile(cost, optimizer=tg.optim.Adam([W, b, v], 0.1)),
        "rate": tg.compile(cost, optimizer=tg.optim.SGD({"one": W}, 0.1)),
        "cost": tg.compile(cost),
        "given": tg.compile(lambda M, N: tg.exp(M @ N)),
        "slope": tg.compile(slope),
    }
    for name, program in programs.items():
        look(held, cost(X))
        args = (W, C) if name == "given" else (tg.Tensor(X),)
        look(held, *args)
        program(*args)
        look(held, cost(X))
        found[f"{name}.source"], found[f"{name}.code"] = program.source, program.code
        program.save(folder / "program.py")
        found[f"{name}.save"] = (folder / "program.py").read_bytes()
    optimizer = tg.optim.Adam([W, b, v], 0.1)
    y = cost(X)
    y.backward()
    look(held, y)
    optimizer.step()
    found["keys"] = list(optimizer.state_dict()), list(optimizer.parameters)
    found["net"] = list(net.parameters), list(net.state_dict()), list(tg.optim.SGD(net, 0.1).parameters)
    look(held, net(X).sum(), W.detach() @ X)
    net.save(folder / "net.npz")
    with np.load(folder / "net.npz") as file:
        found["file"] = {key: x.tobytes() for key, x in file.items()}
    net.export(folder / "net.py", X)
    found["export"] = (folder / "net.py").read_bytes()
    found["pickles"] = [pickle.dumps(x) for x in (W, b, C, v, net)]
    found["copies"] = [(copy.copy(x).name, copy.deepcopy(x).name, x.detach().name) for x in (W, b, C, v)]
    try:
        import onnx  # noqa: F401
    except ImportError:
        return found
    tg.onnx.save(lambda A: {"out": tg.exp(W @ A) * C}, folder / "f.onnx", X)
    found["onnx"] = (folder / "f.onnx").read_bytes()
    return found


def seen(space: dict[str, tg.Tensor], *tensors: tg.Tensor) -> None:
    """Look at Tensors in all ways, from where these variables stand."""
    for _own in tensors:
        for view in (tg.draw, tg.explain, tg.memory, tg.Tensor.tape, tg.explore, repr, tg.Tensor._repr_html_):
            try:
                view(_own)
            except (TypeError, ValueError):  # a view may take only costs
                continue
        print(_own.tape())
    assert type(space["W"].name) is variables.VariableName


def test_nothing_depends_on_a_look(tmp_path, capsys):
    def named(space: dict[str, tg.Tensor], *tensors: tg.Tensor) -> None:
        """As if each was seen with a name of its own."""
        for k, x in enumerate(
            x for t in (*tensors, *space.values()) for node in (*t.tape(), t) for x in (*node.inputs, node)
        ):
            if isinstance(x, tg.Tensor) and not isinstance(x.name, str):
                x._name = variables.VariableName(f"seen{k}")

    blind = kept(lambda *_: None, tmp_path)
    assert b"parameters" in blind["step.save"]
    for look in (seen, named):
        looked = kept(look, tmp_path)
        assert {key: x for key, x in looked.items() if x != blind[key]} == {}
