"""tg.debug and tg.detect_anomaly: their errors, their silence, and no effect outside."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from helpers.leaves import leaf

import tinygraph as tg
from tinygraph.diagnostics.memory import needed
from tinygraph.modes import Watcher, current


def here() -> int:
    """The line of the caller."""
    return sys._getframe(1).f_lineno


# --- lines


def test_an_error_names_the_lines_that_made_its_operands() -> None:
    with tg.debug():
        A1, line = tg.relu(leaf(np.ones((3, 5)))), here()
        P = np.ones((3, 5)) * np.float64(2) * tg.Tensor(1.0)  # recorded or not
    with pytest.raises(ValueError, match=rf"A1 was made at test_debug.py:{line} by relu. Did"):
        A1 @ A1
    with pytest.raises(ValueError, match=rf"P was made at test_debug.py:{line + 1} by multiply"):
        P @ P


def test_the_line_is_the_users_own_also_inside_functions_of_numpy_and_tinygraph() -> None:
    mlp = tg.MLP([3, 2, 1], rng=0)
    with tg.debug():
        AL, line = mlp(np.ones((3, 4))), here()
        total = np.sum(AL)
    assert AL._made_at.line == AL.inputs[0]._made_at.line == f"test_debug.py:{line}"
    assert total._made_at.line == f"test_debug.py:{line + 1}"


def test_the_line_of_a_notebooks_cell() -> None:
    code = compile("with tg.debug():\n    y = tg.exp(x)\n", "/tmp/ipykernel_12/345.py", "exec")
    names: dict[str, Any] = {"tg": tg, "x": leaf([1.0])}
    exec(code, names)
    assert names["y"]._made_at.line == "line 2 of a cell"


# --- arrays changed in place


def in_place(x: np.ndarray) -> None:
    x += 1


CHANGES: dict[str, Callable[[Any, Any, Any], None]] = {
    "the input's array": lambda x, a, y: in_place(x.data),
    "one entry": lambda x, a, y: x.data.__setitem__(1, 7.0),
    "a view of it": lambda x, a, y: in_place(x.data[1:][::-1]),
    "an out=": lambda x, a, y: np.add(x.data, 1, out=x.numpy()),
    "an array that was given": lambda x, a, y: in_place(a),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_debug_sees_a_change_in_place_through_any_alias(change: Any) -> None:
    x, a = leaf([1.0, 2.0, 3.0], "x"), np.ones(3)
    with tg.debug():
        y, line = x * x * a, here()
        change(x, a, y)
        with pytest.raises(
            ValueError, match=rf"(x|a) \(3,\) has been changed in place since .* was recorded at test_debug.py:{line}, "
        ):
            y.sum().backward()
    assert x.grad is None


def test_debug_sees_a_change_of_a_result_and_of_a_view() -> None:
    x = leaf([[1.0, 2.0]], "x")
    with tg.debug():
        y = tg.sigmoid(x.T)
        y.name = "y"
        y.data[0, 0] = 5.0
        with pytest.raises(ValueError, match=r"^y \(2, 1\) has been changed in place since tg.sigmoid\(x.T \(2, 1\)\)"):
            y.sum().backward()


def test_debug_ignores_changes_no_rule_reads() -> None:
    W, b = leaf(np.ones((2, 3)), "W"), leaf(np.ones((2, 1)), "b")
    with tg.debug():
        Z = tg.linear(W, np.ones((3, 4)), b)
        b.data[0] = 7.0
        W.data[0] = 7.0  # dW = dZ @ A.T
        Z.data[:] = 0.0
        Z.sum().backward()
    assert W.grad.tolist() == [[4.0] * 3] * 2


def test_debug_assumes_an_unknown_rule_reads_everything() -> None:
    refuses = tg.op("refuses", lambda x: x * 2, lambda g, y, x: g * x.flat[0] * 0 + 2 * g)
    x = leaf([1.0, 2.0], "x")
    with tg.debug():
        y = refuses(x)
        x.data[0] += 1
        with pytest.raises(ValueError, match=r"x \(2,\) has been changed in place since refuses\(x \(2,\)\)"):
            y.sum().backward()


def test_debug_changes_nothing_in_an_ordinary_training() -> None:
    def trained(mode: Any) -> list[Any]:
        mlp, X = tg.MLP([3, 4, 1], rng=0), np.random.default_rng(1).normal(size=(3, 8))
        Y = (X.sum(axis=0, keepdims=True) > 0).astype(float)
        optimizer = tg.optim.Adam(mlp.parameters, 0.1)
        for _ in range(3):
            with mode():
                optimizer.zero_grad()
                tg.cross_entropy(mlp(X), Y).backward()
                optimizer.step()
        return [p.data.tolist() for p in mlp.parameters.values()]

    assert trained(tg.debug) == trained(tg.detect_anomaly) == trained(nullcontext)


# --- changes that are seen without a mode


def test_changes_through_a_tensor_are_seen_without_debug() -> None:
    w, x = leaf([1.0, 2.0], "w"), leaf([3.0, 4.0], "x")
    loss = (w * x).sum()
    loss.backward()
    w.data -= 0.1 * w.grad
    with pytest.raises(ValueError, match=r"^w \(2,\) has been changed in place since w \(2,\) \* x .*with tg.debug"):
        loss.backward()
    assert w.grad.tolist() == [3.0, 4.0]
    w.data = w.data * 2  # another array: the tape keeps the changed one
    with pytest.raises(ValueError, match="has been changed in place"):
        loss.backward()


@pytest.mark.parametrize("make", [lambda p: tg.optim.SGD(p, 0.1), lambda p: tg.optim.Adam(p, 0.1)])
def test_an_optimizers_step_is_seen_without_debug(make: Any) -> None:
    w, frozen = leaf([1.0, 2.0], "w"), leaf([1.0, 1.0], "frozen")
    optimizer = make([w, frozen])
    loss, other = (w * w).sum(), (frozen * frozen).sum()
    loss.backward()
    optimizer.step()
    other.backward()  # had no gradient at the step
    with pytest.raises(
        ValueError, match=r"^w \(2,\) has been changed in place since w \(2,\) \* w \(2,\) was recorded, "
    ):
        loss.backward()
    with pytest.raises(ValueError, match=r"change it after backward\(\), or run the forward pass again\. \(Inside"):
        (loss * 2).backward()


def test_a_bias_may_change_without_debug() -> None:
    w, b = leaf([1.0], "w"), leaf([1.0], "b")
    loss = (w * 2.0 + b).sum()
    b.data -= 1.0
    w.data -= 1.0
    loss.backward()
    assert float(w.grad[0]) == 2.0


def test_a_graph_recorded_after_the_change_works() -> None:
    w = leaf([1.0, 2.0], "w")
    old = (w * w).sum()
    w.data -= 1.0
    (w * w).sum().backward()
    assert w.grad.tolist() == [0.0, 2.0]
    with pytest.raises(ValueError, match="changed in place"):
        old.backward()


# --- NaN and Inf

AL, W, X, b = leaf([[0.0, 0.5, 0.0]], "AL"), leaf(np.full((2, 3), 1e200), "W"), np.full((3, 4), 1e200), leaf([0.0], "b")
with_nan = np.array([[1.0, np.nan], [2.0, np.inf]])

LOG = r"tg.log\(AL \(1, 3\)\) at .* gave 2 -inf of 3 entries, the first at \[0, 0\]: log of 2 zeros in AL$"
NEGATIVE = r": log of 3 negative numbers in \(AL - 1.0\). \(AL - 1.0\) was made at test_debug.py:\d+ by subtract"
PRODUCT = r"W \(2, 3\) @ X \(3, 4\) at .* gave 8 inf .*: the largest magnitudes are 1e\+200 in W, 1e\+200 in X"
SLOPE = r"tg.sqrt\(AL .*, gradient rule of input 0: gave 2 inf .*: sqrt of 2 zeros in AL. It was .* at test_debug.py"


def overflow_of_a_sum() -> None:
    """Each entry is finite, but the sum that undoes broadcasting is beyond float16."""
    bias = tg.Tensor(np.ones(2, "float16"), requires_grad=True)
    (bias * np.ones((4, 2), "float16")).backward(np.full((4, 2), 3e4, "float16"))


ANOMALIES: list[tuple[Callable[[], Any], str]] = [
    (lambda: tg.log(AL), LOG),
    (lambda: tg.log(AL - 1.0), NEGATIVE),
    (lambda: tg.arccos(AL * 3), r"gave 1 nan .* arccos of 1 number not between -1 and 1 in"),
    (lambda: tg.arccosh(AL), r"gave 3 nan .* arccosh of 3 numbers not above 1 in"),
    (lambda: tg.exp2(AL * 4000), r"gave 1 inf .*: exp2 of 1 large number in"),
    (lambda: tg.log1p(-AL * 2), r"gave 1 -inf .* log1p of 1 number not above -1 in"),
    (
        lambda: tg.sqrt(AL * [[1, -1, 1]]),
        r"first at \[0, 1\]: sqrt of 1 negative number in",
    ),  # the zeros do no harm
    (lambda: 1.0 / AL, r"1.0 / AL \(1, 3\) at .* gave 2 inf .*: division by 2 zeros in AL"),
    (lambda: AL / b, r"gave 2 nan and 1 inf of 3 entries, the first at \[0, 0\]: division by 1 zero in b"),
    (lambda: np.reciprocal(AL), r"division by 2 zeros in AL"),
    (lambda: AL**-1.0, r"power of 2 zeros in AL"),
    (lambda: (AL - 1) ** 0.5, r"power of 3 negative numbers in"),
    (lambda: tg.exp(AL * 2000), r"gave 1 inf .*: exp of 1 large number in"),
    (lambda: tg.exp(leaf(1e4)), r"gave inf: exp of 1 large number in"),
    (lambda: W @ X, PRODUCT),
    (lambda: AL[:, :2] @ with_nan, r"with_nan already held 1 nan and 1 inf of 4 entries, the first at \[0, 1\]"),
    (lambda: (AL * np.inf).sum(), r"gave 2 nan and 1 inf"),
    (lambda: W * 1e308, r"^W \(2, 3\) \* 1e\+308 at .*: the largest magnitudes are 1e\+200 in W, 1e\+308$"),
    # backward
    (lambda: tg.sqrt(AL).sum().backward(), SLOPE),
    (lambda: (AL**0.5).sum().backward(), r"gradient rule of input 0: gave 2 inf .*: power of 2 zeros in AL"),
    (lambda: (AL * 1e200).backward(np.full((1, 3), 1e200)), r"are .*, 1e\+200 in the gradient that came to it"),
    (lambda: (AL * 1.0).backward(np.full((1, 3), np.nan)), r"the gradient that came to it already held 3 nan"),
    (lambda: tg.sqrt(AL).sum().backward(create_graph=True), r"division by 2 zeros in"),
    (overflow_of_a_sum, r"gave 2 inf of 2"),
]


@pytest.mark.parametrize(("program", "words"), ANOMALIES, ids=range(len(ANOMALIES)))
def test_nan_and_inf_are_errors_of_the_op_that_makes_them(program: Any, words: str) -> None:
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=words):
        program()
    assert current.get() == (True, None, None, None)


def test_the_full_message_of_an_anomaly() -> None:
    Z = leaf([[-1.0, 2.0]], "Z")
    with tg.detect_anomaly():
        A, line = tg.relu(Z), here()
        with pytest.raises(FloatingPointError) as caught:
            tg.log(A)
    assert str(caught.value) == (
        f"tg.log(A (1, 2)) at test_debug.py:{line + 2} gave 1 -inf of 2 entries, the first at [0, 0]: "
        f"log of 1 zero in A. A was made at test_debug.py:{line} by relu"
    )


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_an_anomaly_of_an_empty_input_says_so() -> None:
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"^tg.mean\(e \(0,\)\) .* gave nan: e is empty$"):
        tg.mean(leaf([], "e"))


def test_finite_values_raise_no_anomaly() -> None:
    Z = leaf([[1e3, -1e3]], "Z")
    with tg.detect_anomaly():
        tg.cross_entropy(tg.sigmoid(Z), [[1, 1]]).backward()
        assert (Z > 0).data.tolist() == [[True, False]]
        assert tg.argmax(Z).item() == 0
    assert np.isfinite(Z.grad).all()


def test_numpys_warnings_are_off_inside_and_on_again_outside() -> None:
    before = np.geterr()
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match="gave"):
        tg.log(AL)
    assert np.geterr() == before
    with pytest.raises(RuntimeWarning):
        tg.log(AL)


# --- the modes themselves


def test_modes_nest_and_end() -> None:
    x = leaf([0.0, 1.0], "x")
    with tg.debug(), tg.no_grad(), tg.scope("s"), tg.detect_anomaly():
        watcher = current.get()[2]
        assert (watcher.in_place, watcher.finite) == (True, True)
        with tg.debug():
            assert current.get()[2].finite
        assert current.get()[2] is watcher
        with pytest.raises(FloatingPointError):
            tg.log(x)
    assert current.get() == (True, None, None, None)
    with pytest.raises(KeyError), tg.debug():
        raise KeyError
    assert current.get() == (True, None, None, None)
    y = x * 2
    assert not hasattr(y, "_made_at")


def test_another_thread_or_task_has_no_mode() -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(current.get()[2])

    async def tasks() -> None:
        async def debugging() -> None:
            with tg.debug():
                await asyncio.sleep(0.01)
                look()

        async def plain() -> None:
            await asyncio.sleep(0)
            look()

        await asyncio.gather(debugging(), plain())

    asyncio.run(tasks())
    assert seen[0] is None
    assert isinstance(seen[1], Watcher)


def test_threads_have_modes_of_their_own() -> None:
    found: dict[str, Any] = {}

    def run(name: str, mode: Any) -> None:
        with mode():
            for _ in range(50):
                y = leaf([1.0], "x") * 2
        found[name] = getattr(y, "_made_at", None)

    threads = [threading.Thread(target=run, args=pair) for pair in (("debug", tg.debug), ("plain", nullcontext))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found["debug"].op is tg.multiply
    assert found["plain"] is None


def test_a_function_is_compiled_and_its_gradient_watched() -> None:
    x = leaf([0.0, 4.0], "x")
    f = tg.compile(lambda x: tg.sqrt(x).sum())
    with tg.detect_anomaly():
        y = f(x)
        with pytest.raises(FloatingPointError, match="gradient rule of input 0"):
            y.backward()

    @tg.compile
    def g(x: Any) -> Any:
        with tg.debug(), tg.detect_anomaly():
            return (x * 2).sum()

    assert g(np.ones(2)) == 4.0
    assert g(np.full(2, 2.0)) == 8.0
    assert "Tensor" in repr(x)


def test_blocks_nest_inside_a_compiled_function() -> None:
    @tg.compile
    def f(x: Any) -> Any:
        with tg.detect_anomaly(), tg.debug(), tg.detect_anomaly():
            y = x * 2
        with tg.detect_anomaly():
            return tg.log(y)

    before = np.geterr()
    assert f(np.full(2, 0.5)).tolist() == [0.0, 0.0]
    assert np.geterr() == before


def test_one_block_is_entered_by_several_threads_at_once() -> None:
    block, both, found = tg.detect_anomaly(), threading.Barrier(2), []

    def run() -> None:
        with np.errstate(all="raise"):
            with block:
                both.wait(10)
            found.append(np.geterr()["divide"])
            both.wait(10)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["raise", "raise"]


@pytest.mark.parametrize("name", ["x", None])
def test_a_compiled_function_is_checked_as_one_op(name: str | None) -> None:
    @tg.compile
    def logs(v: Any) -> Any:
        with tg.detect_anomaly():  # sees nothing here
            return {"up": v + 1, "kind": "log", "log": tg.log(v)}

    x = leaf([0.0, 2.0], name)
    with np.errstate(divide="ignore"):
        assert logs(x)["log"].tolist()[0] == -np.inf
    words = r"logs\(x \(2,\)\) at test_debug.py:\d+ gave 1 -inf of 2 entries, the first at \[0\]: .* Call it uncompiled"
    with tg.detect_anomaly():
        for _ in range(2):
            with pytest.raises(FloatingPointError, match=words):
                logs(x)
            with pytest.raises(FloatingPointError, match=r"^logs\(.* \(1,\)\) .* already held 1 nan"):
                logs(np.array([np.nan]))
        assert logs(x + 1)["log"].shape == (2,)
    with tg.debug(), np.errstate(divide="ignore"):
        assert logs(x)["kind"] == "log"


def test_the_cost_of_a_compiled_step_is_checked() -> None:
    w = leaf([1.0], "w")
    step = tg.compile(lambda X: (w * X).sum(), optimizer=tg.optim.SGD({"w": w}, 0.1))
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"gave inf: .* already held 1 inf"):
        step(np.array([np.inf]))


def test_inside_debug_everything_else_works_as_outside() -> None:
    x = leaf([1.0, 2.0], "x")
    with tg.debug(), tg.detect_anomaly():
        assert float(x.sum()) == 3.0
        assert x.detach().op is None
        assert repr(x).startswith("Tensor([1., 2.]")
        assert tg.grad(lambda x: (x**3).sum())(x.data).tolist() == [3.0, 12.0]
        y = (x**3).sum()
        y.backward(create_graph=True)
        x.grad.sum().backward()
        tg.check_gradients(tg.sigmoid, np.ones(2))


@pytest.mark.parametrize(
    ("make", "places"),
    [
        (lambda x, y: x @ y, {0, 1}),
        (lambda x, y: x + y, set()),
        (lambda x, y: tg.exp(x), {1}),
        (lambda x, y: x.T, set()),
        (lambda x, y: tg.maximum(x, y), {0, 1}),
        (lambda x, y: x[y.data > 1], {1}),
        (lambda x, y: tg.concatenate([x, y]), set()),
        (lambda x, y: x**2, {0}),
        (lambda x, y: x.mean(axis=0), set()),
        (lambda x, y: tg.softmax(x, axis=0), {1}),
    ],
)
def test_the_values_that_rules_of_ops_need(make: Any, places: set[int]) -> None:
    assert needed(make(leaf(np.ones((2, 2))), leaf(np.full((2, 2), 2.0)))) == places


def by_optimizer(w: tg.Tensor) -> None:
    w.grad = np.ones(w.shape)
    tg.optim.SGD([w], 0.5).step()
    w.grad = None


def by_compiled_step(w: tg.Tensor) -> None:
    tg.compile(lambda: (w * w).sum(), optimizer=tg.optim.SGD([w], 0.5))()


def by_hand(w: tg.Tensor) -> None:
    w.data -= 0.5


def and_replaced(w: tg.Tensor) -> None:
    by_hand(w)
    w.data = np.zeros(w.shape)


THROUGH = {
    "itself": lambda w: w**2,
    "transpose": lambda w: w.T**2,
    "reshape": lambda w: w.reshape(-1) ** 2,
    "slice of a slice": lambda w: w[:1][0] ** 2,
    "broadcast": lambda w: tg.broadcast_to(w, (4, 2, 3)) ** 2,
    "detached": lambda w: w.detach() * leaf(np.ones((2, 3)), "x"),
    "compiled": lambda w: tg.compile(lambda: w.T**2)(),
    "compiled argument": lambda w: tg.compile(lambda w: w**2)(w),
    "checkpoint": lambda w: tg.checkpoint(lambda x: w.T * x)(leaf(np.ones((3, 2)), "x")),
    "derivative": lambda w: tg.grad(lambda v: (v * w**2).sum())(leaf(np.ones((2, 3)), "v")),
}


@pytest.mark.parametrize("change", [by_optimizer, by_compiled_step, by_hand, and_replaced])
@pytest.mark.parametrize("way", THROUGH)
def test_a_change_is_seen_through_a_view_too(way: str, change: Any) -> None:
    w = leaf(np.ones((2, 3)), "w")
    y = THROUGH[way](w).sum()
    change(w)
    with pytest.raises(ValueError, match="has been changed in place since"):
        y.backward()
    assert w.grad is None


@pytest.mark.parametrize("change", [by_optimizer, by_compiled_step, by_hand, and_replaced])
def test_changes_that_no_rule_reads_are_no_error(change: Any) -> None:
    w = leaf(np.ones((2, 3)), "w")
    y, kept = w.T.sum(), (w**2).sum()
    w.data = np.full((2, 3), 4.0)  # another array: the tape has the first
    change(w)
    y.backward()
    assert (w.grad == 1).all()
    kept.backward()
    assert (w.grad == 3).all()


@pytest.mark.parametrize("mode", [tg.debug, tg.detect_anomaly])
def test_a_block_without_its_brackets(mode: Any) -> None:
    with pytest.raises(TypeError, match=rf"write `with tg\.{mode.__name__}\(\):`"), mode:
        pass
