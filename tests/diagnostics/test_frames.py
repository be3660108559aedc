"""Errors show few of tinygraph's frames, and warnings the user's line."""

from __future__ import annotations

import copy
import math
import os
import pickle
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import frames, lesson
from tinygraph.lesson import logistic

PACKAGE = os.path.dirname(tg.__file__) + os.sep
X, Y = np.random.default_rng(0).standard_normal((3, 8)), np.ones((1, 8))
t = tg.Tensor(np.ones((2, 3)), requires_grad=True, name="t")
u = tg.Tensor(np.ones((4, 5)), requires_grad=True, name="u")
v = tg.Tensor(np.ones(3), requires_grad=True, name="v")
held = np.ones((2, 3))
mlp = tg.MLP([3, 4, 1], rng=0)
MISSING = os.path.join(os.path.dirname(__file__), "missing", "file")


def own(x: Any) -> Any:
    return (x @ u).sum()


def f(x: Any) -> Any:
    return own(x * 2)


def cost_of(X: Any, Y: Any) -> tg.Tensor:
    return tg.cross_entropy(mlp(X), Y)


def step() -> Any:
    return tg.compile(cost_of, optimizer=tg.optim.SGD(mlp, learning_rate=0.1))


def traced_again() -> None:
    again = step()
    again(X, Y)
    again(X, np.ones((2, 8)))


def modified() -> None:
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = (w * w).sum()
    w.data -= 1
    y.backward()


def anomaly() -> None:
    with tg.detect_anomaly():
        tg.log(v * 0)


class Own(tg.Model):
    def __init__(self) -> None:
        self.W = tg.Tensor(np.ones((4, 4)), requires_grad=True)

    def __call__(self, x: Any) -> Any:
        return self.W @ x


wrong_rule = tg.op("wrong_rule", lambda x: x * 2, lambda g, y, x: g[:2])
no_rule = tg.op("no_rule", lambda x: x * 2, lambda g, y, x: None)
bad_forward = tg.op("bad_forward", lambda x: x @ np.ones(7), lambda g, y, x: g)
anything: Any = tg  # for calls that type checkers refuse

WRONG: dict[str, Callable[[], Any]] = {
    "t + u": lambda: t + u,
    "t * None": lambda: t * None,  # type: ignore[operator]
    "text * t": lambda: "3" * t,  # type: ignore[operator]
    "t + list": lambda: t + [["a"]],  # type: ignore[operator]  # noqa: RUF005
    "np.add of text": lambda: np.add(t, "a"),  # type: ignore[call-overload]
    "2 @ t": lambda: np.ones((2, 2)) @ u,
    "t @ t": lambda: t @ t,
    "t[5]": lambda: t[5],
    "t[0] = 1": lambda: t.__setitem__(0, 1.0),  # type: ignore[index]
    "float(t)": lambda: float(t),
    "np.array(t)": lambda: np.array(t),
    "len": lambda: len(t.sum()),
    "list": lambda: list(t.sum()),
    "reshape": lambda: t.reshape(7),
    "sum, axis": lambda: t.sum(axis=5),
    "sum, option": lambda: anything.sum(t, no=1),
    "transpose": lambda: t.transpose(3, 4),
    "if t": lambda: bool(t > 0),
    "t.view": lambda: t.view(6),
    "clip": lambda: t.clip("a"),  # type: ignore[arg-type]
    "dot": lambda: t.dot(u),
    "swapaxes": lambda: t.swapaxes(0, 7),
    "at": lambda: anything.Tensor(X).at[9].set(1.0),
    "item": lambda: t.item(),
    "copy": lambda: copy.deepcopy(t * 2),
    "exp of text": lambda: anything.exp("a"),
    "exp of two": lambda: anything.exp(t, t),
    "concatenate": lambda: tg.concatenate([t, u]),
    "einsum": lambda: tg.einsum("ij,jk->ik", t, u),
    "where": lambda: tg.where(t > 0, t, u),
    "linear": lambda: tg.linear(t, u, v),
    "pad": lambda: anything.pad(t, "x"),
    "inv": lambda: tg.linalg.inv(tg.Tensor(np.zeros((2, 2)), requires_grad=True)),
    "solve": lambda: tg.linalg.solve(t, v),
    "np.add": lambda: np.add(t, u),
    "np.concatenate": lambda: np.concatenate([t, u]),  # type: ignore[list-item]
    "np.fft": lambda: np.fft.fft(t),
    "np, out": lambda: np.add(t, 1, out=held),
    "np.mean": lambda: np.mean(t, axis=4),  # type: ignore[arg-type]
    "np.split": lambda: np.split(t, 5),  # type: ignore[arg-type]
    "np.interp": lambda: np.interp(v, [1, 2], [1]),
    "Tensor of text": lambda: tg.Tensor("abc"),
    "ragged": lambda: tg.Tensor([[1, 2], [3]]),
    "integers": lambda: tg.Tensor([1, 2], requires_grad=True),
    "data": lambda: setattr(v, "data", np.ones(7)),
    "no gradient": lambda: tg.Tensor([1.0]).sum().backward(),
    "many entries": lambda: (t * 2).backward(),
    "seed": lambda: (t * 2).backward(np.ones(9)),
    "rule": lambda: wrong_rule(v).sum().backward(),
    "rule without return": lambda: no_rule(v).sum().backward(),
    "forward": lambda: bad_forward(v),
    "modified": modified,
    "anomaly": anomaly,
    "parameters": lambda: anything.optim.SGD([1, 2], learning_rate=0.1),
    "learning rate": lambda: tg.optim.AdamW(mlp, learning_rate=-1),
    "state": lambda: tg.optim.RMSProp(mlp).load_state_dict({"a": 1}),
    "sizes": lambda: tg.MLP([4, -3, 1]),
    "X": lambda: mlp(X.T),
    "cost": lambda: mlp.cost(X, np.ones((3, 8))),
    "predict": lambda: mlp.predict(X.T),
    "gradients": lambda: tg.MLP([3, 1]).gradients(),
    "mlp.W1": lambda: anything.MLP([3, 1]).W1,
    "own activation": lambda: tg.MLP([3, 4, 1], hidden=lambda Z: Z @ u)(X),
    "own model": lambda: Own()(X),
    "cross_entropy": lambda: tg.cross_entropy(mlp(X), Y * 3),
    "softmax": lambda: tg.softmax_cross_entropy(t, np.array([9, 9, 9])),
    "squares": lambda: tg.mean_squared_error(t, u),
    "conv2d": lambda: tg.conv2d(t, u),
    "dropout": lambda: tg.dropout(t, 2.0),
    "embedding": lambda: tg.embedding(t, np.array([9])),
    "batches": lambda: list(anything.batches(X, Y[:, :3], size=2)),
    "compile": lambda: anything.compile(3),
    "traced": lambda: tg.compile(f)(t),
    "traced if": lambda: tg.compile(lambda x: 1 if x.sum() > 0 else 2)(t),
    "traced again": traced_again,
    "traced step": lambda: step()(X.T, Y),
    "keyword": lambda: step()(X, Z=Y),
    "not called": lambda: step().source,
    "draw": lambda: tg.compile(lambda x: x * np.random.random())(t),
    "grad": lambda: tg.grad(f)(t),
    "grad of many": lambda: tg.grad(lambda x: x * 2)(t),
    "grad of math": lambda: tg.grad(lambda x: math.sin(x))(1.0),
    "grad of grad": lambda: tg.grad(lambda x: tg.grad(f)(x).sum())(t),
    "argnums": lambda: tg.grad(f, 3)(t),
    "jacobian": lambda: tg.jacobian(f)(t),
    "hessian": lambda: tg.hessian(f)(t),
    "hvp": lambda: tg.hvp(f, (t,), (t,)),
    "jvp": lambda: tg.jvp(f, (t,), (t,)),
    "vjp": lambda: tg.vjp(f, t),
    "vmap": lambda: tg.vmap(f)(t),
    "scan": lambda: tg.scan(lambda c, x: (c @ u, x), v, X),
    "carry": lambda: tg.scan(lambda c, x: (c[:1], x), v, X),
    "checkpoint": lambda: tg.checkpoint(f)(t),
    "check": lambda: tg.check_gradients(f, t),
    "ravel": lambda: tg.ravel("a"),
    "load": lambda: tg.load(MISSING),
    "MLP.load": lambda: tg.MLP.load(MISSING),
    "restore": lambda: mlp.restore(MISSING),
    "save": lambda: mlp.save(MISSING),
    "load_state_dict": lambda: mlp.load_state_dict({"W1": np.ones(3)}),
    "export": lambda: mlp.export(MISSING),
    "linear_forward": lambda: lesson.linear_forward(X, np.ones((2, 5)), 0),
    "L_model_forward": lambda: lesson.L_model_forward(X.T, {"W1": np.ones((4, 3)), "b1": np.ones((4, 1))}),
    "update_parameters": lambda: lesson.update_parameters({}, {}, 0.1),
    "optimize": lambda: logistic.optimize(np.ones((2, 1)), 0.0, X, Y, 3, 0.1),
    "tg.draw": lambda: anything.draw(3),
    "save_diagram": lambda: tg.save_diagram(t.sum(), "graph.foo"),
    "explain": lambda: tg.explain(t),
    "explore": lambda: tg.explore(t * 2),
    "memory": lambda: anything.memory(3),
    "compare": lambda: tg.compare({}, {}),
    "to_jax": lambda: anything.to_jax(3),
    "op": lambda: anything.op("a"),
}


def files(error: BaseException) -> list[str]:
    """The file of each frame: "own" for tinygraph's, "user" for this one."""
    names = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return ["own" if name.startswith(PACKAGE) else "user" if name == __file__ else name for name in names]


def functions(error: BaseException) -> list[str]:
    """The names of this file's functions in the traceback."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [frame.f_code.co_name for frame in frames if frame.f_code.co_filename == __file__]


def raised(call: Callable[[], Any]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("case", WRONG)
def test_an_error_shows_at_most_three_own_frames_below_the_users_line(case: str) -> None:
    error = raised(WRONG[case])
    assert all(len(run) <= 3 for run in "".join(name[0] for name in files(error)).split("u"))
    text = "".join(traceback.format_exception(error))
    assert "During handling" not in text
    assert ("direct cause" in text) == (case in ("rule without return", "forward", "rule"))  # in the user's own code


def test_an_error_in_place_of_numpys_shows_one_own_frame() -> None:
    for case in ("t + u", "2 @ t", "t @ t", "exp of two", "grad"):
        assert files(raised(WRONG[case]))[-2:] == ["user", "own"], case


def test_frames_of_the_users_functions_stay() -> None:
    for case in ("traced", "grad", "vmap", "jacobian", "hvp", "checkpoint", "check"):
        assert functions(raised(WRONG[case]))[-2:] == ["f", "own"], case
    assert functions(raised(WRONG["grad of grad"]))[-4:] == ["<lambda>", "<lambda>", "f", "own"]


def test_debug_shows_all_frames_and_numpys_error() -> None:
    for case in ("t @ t", "traced", "modified", "predict"):
        short = raised(WRONG[case])
        with tg.debug():
            whole = raised(WRONG[case])
        assert type(whole) is type(short)
        assert files(whole).count("own") >= files(short).count("own")
    with tg.debug():
        assert files(raised(WRONG["traced"])).count("own") > 6
        assert "not aligned" in str(raised(WRONG["t @ t"]).__cause__)


def test_numpys_error_stays_within_reach() -> None:
    error = raised(WRONG["t @ t"])
    assert error.__cause__ is None
    assert "not aligned" in str(error.__context__)
    assert "mismatch in its core dimension" in str(raised(WRONG["forward"]).__cause__)


INSIDE: dict[str, Callable[[Any], Any]] = {
    "broadcast_to": lambda x: tg.broadcast_to(v, x),
    "sum": lambda x: v.sum(axis=x),
    "expand_dims": lambda x: tg.expand_dims(v, x),
    "split": lambda x: tg.split(v, x),
}


class Refusing:
    def __index__(self, *_: Any) -> Any:
        raise TypeError("in my own code")

    __lt__ = __rmod__ = __index__


@pytest.mark.parametrize("case", INSIDE)
def test_the_users_code_inside_of_an_op_is_shown(case: str) -> None:
    error = raised(lambda: INSIDE[case](Refusing()))
    text = "".join(traceback.format_exception(error))
    assert ", in __index__" in text
    assert "in my own code" in text


def test_guarded_functions_are_still_the_functions_of_their_modules() -> None:
    for function in (tg.grad, tg.compile, tg.cross_entropy, lesson.linear_forward, logistic.optimize):
        assert pickle.loads(pickle.dumps(function)) is function
        assert function.__doc__


# --- warnings


def divided() -> Any:
    return t / np.zeros(3)


def of_nothing() -> Any:
    return tg.mean(tg.Tensor(np.ones(0), requires_grad=True))


def backward() -> Any:
    with np.errstate(all="ignore"):
        y = tg.log(v * 0).sum()
    y.backward()


def compiled() -> Any:
    g = tg.compile(lambda x, b: x * (2 if b > 3 else 3))
    for k in range(12):
        g(v, k * 1.5)


def stored() -> Any:
    array = np.zeros(2)
    array[0] = v[0]


def overflow_compiled() -> Any:
    g = tg.compile(lambda x: tg.exp(x))
    for _ in range(2):
        g(v * 1000)


def overflow_in_a_loop() -> Any:
    tg.scan(lambda c, x: (c * x, c), v * 1e200, np.full(2, 1e200))


WARNING: dict[str, tuple[Callable[[], Any], type[Warning], str]] = {
    "exp": (lambda: tg.exp(v * 1000), RuntimeWarning, "overflow encountered in exp"),
    "np.exp": (lambda: np.exp(v * 1000), RuntimeWarning, "overflow encountered in exp"),
    "of an array": (lambda: tg.exp(np.array([1000.0])), RuntimeWarning, "overflow encountered in exp"),
    "divided": (divided, RuntimeWarning, "divide by zero encountered in divide"),
    "method": (lambda: v.std(ddof=5), RuntimeWarning, "Degrees of freedom"),
    "of nothing": (of_nothing, RuntimeWarning, "Mean of empty slice"),
    "backward": (backward, RuntimeWarning, "divide by zero encountered in divide"),
    "overflow, compiled": (overflow_compiled, RuntimeWarning, "overflow encountered in exp"),
    "overflow, scan": (overflow_in_a_loop, RuntimeWarning, "overflow encountered in multiply"),
    "compiled": (compiled, UserWarning, "tg.compile has traced"),
    "stored": (stored, UserWarning, "stores a plain number"),
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The warnings as a program shows them, whose one filter is the one that tinygraph adds."""
    found: list[Any] = []
    monkeypatch.delitem(globals(), "__warningregistry__", raising=False)
    with warnings.catch_warnings():
        warnings.resetwarnings()
        frames.redirect_warnings()  # as at the import
        monkeypatch.setattr(warnings, "showwarning", lambda *facts, **_: found.append(facts[:4]))
        yield found


@pytest.mark.parametrize("case", WARNING)
def test_a_warning_points_at_the_users_line(case: str, shown: list[Any]) -> None:
    call, kind, text = WARNING[case]
    call()
    assert shown
    assert {Path(file).name for _, _, file, _ in shown} == {Path(__file__).name}
    message, category, _, line = shown[0]
    assert category is kind
    assert text in str(message)
    start = call.__code__.co_firstlineno
    assert start <= line <= start + 5


def test_each_line_warns_once(shown: list[Any]) -> None:
    for _ in range(3):
        tg.exp(v * 1000)
    tg.exp(v * 1000)
    assert len(shown) == 2


def test_the_users_filters_decide(shown: list[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert type(raised(WARNING["exp"][0])) is RuntimeWarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tg.exp(v * 1000)
    with np.errstate(all="ignore"):
        tg.exp(v * 1000)
    assert not shown


def test_other_warnings_are_left_alone(shown: list[Any]) -> None:
    np.exp(np.array([1000.0]))
    line = raised(lambda: 1 / 0).__traceback__.tb_next.tb_lineno - 1  # type: ignore[union-attr]
    warnings.warn("overflow encountered in mine", UserWarning, stacklevel=1)
    assert [(category, str(message)[:8]) for message, category, *_ in shown] == [
        (RuntimeWarning, "overflow"),
        (UserWarning, "overflow"),
    ]
    assert shown[0][3] == line


def test_a_warning_of_another_category_is_not_given_anew(shown: list[Any]) -> None:
    code = 'import warnings\nwarnings.warn("overflow encountered in mine", UserWarning)'
    exec(compile(code, PACKAGE + "own.py", "exec"), {"__name__": "own"})
    assert [category for _, category, *_ in shown] == [UserWarning]


SCRIPT = """
import warnings, numpy as np, pickle, sys
import tinygraph as tg

def main():
    x = tg.Tensor([1000.0], requires_grad=True)
    tg.exp(x)  # here
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    with warnings.catch_warnings(record=True) as found:
        tg.exp(x)  # there
    lines = open(__file__).read().splitlines()
    assert [(f.filename, f.category) for f in found] == [(__file__, RuntimeWarning)], found
    assert "# there" in lines[found[0].lineno - 1]
    X = np.random.default_rng(0).standard_normal((40, 3))
    for jobs in (None, 2):
        scores = cross_val_score(LogisticRegression(), X, X[:, 0] > 0, n_jobs=jobs)
        assert len(scores) == 5, scores
    again = pickle.loads(pickle.dumps(warnings.filters))
    assert [f[2] for f in again] == [f[2] for f in warnings.filters]
    for _, text, category, module, _ in warnings.filters:
        assert issubclass(category, Warning)
        parts = [x for x in (text, module) if type(x) not in (str, type(None))]
        assert all(hasattr(x, "pattern") and hasattr(x, "flags") for x in parts)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("option", ["default", "error"])
def test_the_filter_of_a_plain_import(option: str, tmp_path: Path) -> None:
    """In a process of its own, because pytest takes away the filters that an import adds."""
    pytest.importorskip("sklearn")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    way = [sys.executable, *["-W", "error::RuntimeWarning"] * (option == "error"), str(script)]
    env = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(PACKAGE))}
    ran = subprocess.run(way, capture_output=True, text=True, timeout=120, check=False, env=env)
    if option == "error":
        assert ran.stderr.endswith("RuntimeWarning: overflow encountered in exp\n")
        assert f'File "{script}", line 7, in main' in ran.stderr
        assert ran.stderr.count(PACKAGE) <= 3
    else:
        assert ran.stderr == f"{script}:7: RuntimeWarning: overflow encountered in exp\n  tg.exp(x)  # here\n"
        assert ran.returncode == 0
