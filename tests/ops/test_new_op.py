"""A new op of each kind: one row is enough to run, compile, batch, draw, explain and save it.

The rows are written here. In tinygraph, a row stands in a file of ops/, with a line in op_table.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers.processes import python

import tinygraph as tg
from tinygraph.ops.table import FACTS, FUNCTIONS, METHODS, row

A, V = np.array([[0.5, -1.5, 2.0], [0.25, 3.0, -0.75]]), np.array([0.5, -1.5, 2.0])


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    """The table of ops, restored after the test."""
    parts: list[dict[Any, Any]] = [tg.OPS, FUNCTIONS, METHODS]
    before = [dict(part) for part in parts]
    yield
    for part, old in zip(parts, before, strict=True):
        part.clear()
        part.update(old)


def arctan2() -> tg.Op:
    """Element by element."""
    a_rule = lambda g, y, a, b: g * b / (a * a + b * b)  # noqa: E731
    return row("arctan2", np.arctan2, a_rule, lambda g, y, a, b: -g * a / (a * a + b * b), latex=r"\arg")


def logaddall() -> tg.Op:
    """A reduction."""

    def over(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """The logarithm of the sum of exponentials."""
        return np.logaddexp.reduce(x, axis=axis, keepdims=keepdims)

    def rule(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if axis is not None and not keepdims:
            g, y = np.expand_dims(g, axis), np.expand_dims(y, axis)
        return g * np.exp(x - y)

    return row("logaddall", over, rule, reduces=np.logaddexp)


def mirrored() -> tg.Op:
    """A view by a function of NumPy, with the options of its rule."""
    facts = {"view": True, "linear": "first", "batched": "axis", "doc": "Mirrored along an axis."}
    return row("mirrored", np.flip, lambda g, y, x, axis=None: np.flip(g, axis), **facts)


def outer() -> tg.Op:
    """A product."""
    return row("outer", np.outer, lambda g, y, a, b: g @ b, lambda g, y, a, b: a @ g, linear="one", doc="As numpy.")


def cubed() -> tg.Op:
    """A user-defined op, whose function takes only arrays."""
    return tg.op("cubed", lambda x: np.array([v**3 for v in x.flat]).reshape(x.shape), lambda g, y, x: g * 3 * x * x)


Kind = tuple[Callable[[], tg.Op], Callable[..., Any], Callable[..., Any], Any, str]
# the op; a call of it; NumPy's result; the inputs; its form in NumPy
KINDS: list[Kind] = [
    (arctan2, lambda op, x: op(x, 2.0), lambda x: np.arctan2(x, 2.0), A, "np.arctan2(x, 2)"),
    (logaddall, lambda op, x: op(x, axis=1), lambda x: np.log(np.exp(x).sum(1)), A, "np.logaddexp.reduce(x, axis=1)"),
    (logaddall, lambda op, x: op(x), lambda x: np.log(np.exp(x).sum()), A, "np.logaddexp.reduce(x, axis=None)"),
    (mirrored, lambda op, x: op(x, axis=-1), lambda x: x[:, ::-1], A, "np.flip(x, axis=-1)"),
    (outer, lambda op, x: op(x, [1.0, 2.0]), lambda x: np.outer(x, [1, 2]), V, "np.outer(x, x1)"),
    (cubed, lambda op, x: op(x), lambda x: x**3, A, "cubed(x)"),
]
each_kind = pytest.mark.parametrize(("make", "call", "expected", "x", "text"), KINDS)


@each_kind
def test_it_runs_eagerly_compiled_and_batched(make: Any, call: Any, expected: Any, x: Any, text: str) -> None:
    op = make()
    np.testing.assert_allclose(call(op, x), expected(x), rtol=1e-12)
    np.testing.assert_allclose(call(op, tg.Tensor(x)).numpy(), expected(x), rtol=1e-12)
    tg.check_gradients(lambda t: call(op, t), x)

    def both(t: Any) -> Any:
        return call(op, t * t), tg.grad(lambda s: tg.sum(call(op, s * s) * 3.0))(t)

    for got, eager in zip(tg.compile(both)(x), both(x), strict=True):
        np.testing.assert_allclose(got, eager, rtol=1e-12)
    by_rows = tg.jacobian(lambda t: call(op, t))(x)
    seeds = np.eye(expected(x).size).reshape(-1, *expected(x).shape)
    one_by_one = [tg.vjp(lambda t: call(op, t), x)[1](seed)[0] for seed in seeds]
    np.testing.assert_allclose(by_rows, np.reshape(one_by_one, by_rows.shape), rtol=1e-12)


@each_kind
def test_it_is_drawn_and_explained(make: Any, call: Any, expected: Any, x: Any, text: str) -> None:
    op = make()
    y = call(op, tg.Tensor(x, requires_grad=True, name="x"))
    assert f"<B>{op.name}</B>" in tg.draw(y, backward=True).source
    assert f" = {text} " in tg.explain(y)
    assert tg.explain(y, format="latex")


@each_kind
def test_it_is_saved_as_numpy(make: Any, call: Any, expected: Any, x: Any, text: str, tmp_path: Any) -> None:
    op = make()
    f = tg.compile(lambda x: call(op, x))
    f(x)
    if not op.builtin:
        with pytest.raises(ValueError, match=f"cannot hold {op.name}, an op of your own"):
            f.save(tmp_path / "saved.py")
        return
    f.save(tmp_path / "saved.py")
    code = f"""
import sys
sys.modules["tinygraph"] = None
sys.path.insert(0, {str(tmp_path)!r})
import numpy as np, saved
(function,) = [x for name, x in vars(saved).items() if name[0] != "_" and callable(x)]
print(function(np.array({x.tolist()})).tolist())
"""
    np.testing.assert_allclose(eval(python(code).stdout), expected(x), rtol=1e-12)


def test_numpys_functions_call_it() -> None:
    ops = [arctan2(), outer(), logaddall()]
    t = tg.Tensor(V, requires_grad=True)
    assert [np.arctan2(t, 1.0).op, np.outer(t, t).op, np.logaddexp.reduce(t).op] == ops


def test_the_facts_of_its_row_are_used() -> None:
    assert r"\arg\left(" in tg.explain(arctan2()(tg.Tensor(V, requires_grad=True, name="x"), 1.0), format="latex")
    log = row("ln", np.log, lambda g, y, x: g / x, fails_at="zero, negative")
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match="ln of 1 zero in"), np.errstate(all="ignore"):
        log(tg.Tensor([1.0, 0.0]))


def test_a_row_refuses_an_option_that_its_rule_lacks() -> None:
    op = mirrored()
    with pytest.raises(TypeError, match=r"mirrored\(x, axis=None\): got an unexpected keyword argument 'out'"):
        op(tg.Tensor(A), out=A)
    assert op.__doc__ == "Mirrored along an axis."


def test_an_op_without_facts_has_the_defaults() -> None:
    op = tg.op("own", np.sqrt, lambda g, y, x: g / (2 * y))
    assert {fact: getattr(op, fact) for fact in FACTS} == FACTS
