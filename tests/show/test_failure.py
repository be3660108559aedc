"""tg.draw(error): the graph up to the call that failed, with that call in red."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.show.failure import failure

X = np.random.default_rng(0).standard_normal((2, 5))


def leaf(*shape: int) -> tg.Tensor:
    return tg.Tensor(np.ones(shape), requires_grad=True)


def error_of(call: Callable[[], Any]) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def product() -> Any:
    W1, W2 = leaf(3, 2), leaf(1, 4)
    A1 = tg.relu(W1 @ X)
    return W2 @ A1


def not_finite() -> Any:
    W1 = leaf(3, 2)
    with tg.detect_anomaly():
        A1 = tg.relu(-tg.abs(W1 @ X))
        return tg.log(A1).sum()


def infinite_slope() -> Any:
    W1 = leaf(3, 2)
    with tg.detect_anomaly():
        return tg.sqrt(W1 * 0.0).sum().backward()


def labels() -> Any:
    A = tg.sigmoid(leaf(3, 2) @ X)
    return tg.cross_entropy(A, np.ones((1, 5)))


def turned() -> Any:
    net = tg.MLP([2, 3, 1], rng=0)
    return net(X.T)


def of_text() -> Any:
    W1 = leaf(3, 2)
    return W1 @ np.array([["a"], ["b"]])


def rule_of_a_user() -> Any:
    W1 = leaf(3, 2)
    return tg.op("odd", lambda x: x * 2, lambda g, y, x: np.ones(7))(W1).sum().backward()


def compiled() -> Any:
    W1 = leaf(3, 2)
    return tg.compile(lambda X: W1.T @ tg.tanh(W1.T @ X))(X)


@pytest.mark.parametrize(
    ("call", "node", "formula", "word", "others"),
    [
        (
            product,
            "matmul failed",
            "W2 @ A1",
            "the inner sizes 4 and 3 differ",
            {"W1", "X", "matmul", "relu", "A1", "W2"},
        ),
        (not_finite, "log failed", "np.log(A1)", "gave 15 -inf of 15 entries", {"W1", "X", "negative", "A1"}),
        (infinite_slope, "sqrt failed", "np.sqrt(t1)", "gradient rule of input 0", {"W1", "0", "multiply"}),
        (labels, "cross_entropy failed", "cross_entropy(A, x1)", "the labels take the shape", {"A", "sigmoid"}),
        (turned, "matmul failed", "W1 @ X", "write mlp(X.T)", {"W1", "X"}),
        (lambda: ~leaf(2), "invert failed", "~p1", "not supported for the input types", {"p1"}),
        (of_text, "matmul failed", "W1 @ _U1_array", "got ndarray of dtype <U1", {"W1", "<U1 array"}),
        (rule_of_a_user, "odd failed", "odd(W1)", "it gave a gradient of shape (7,)", {"W1"}),
        (compiled, "matmul failed", "t1 @ X", "the inner sizes 3 and 2 differ", {"X", "W1", "transpose"}),
    ],
)
def test_the_graph_up_to_the_call_and_the_call_in_red(
    call: Any, node: str, formula: str, word: str, others: set[str]
) -> None:
    drawn = failure(error_of(call))
    (failed,) = [found for found in drawn.nodes if found.kind == "failed"]
    assert failed.title == node
    assert failed.details[0] == formula
    assert word in " ".join(failed.details)
    assert others <= {found.title for found in drawn.nodes}
    assert "result" not in [edge.head.kind for edge in drawn.edges if edge.tail is failed]
    assert re.search(rf"<B>{node}</B>.*class=failed", tg.draw(error_of(call)).source)


def test_each_option_and_each_format(tmp_path: Any) -> None:
    error = error_of(product)
    assert tg.draw(error, values=True).source.count("Courier") == 12  # of W1, X, the product, A1 and W2
    for options in ({"values": True}, {"dark": True}, {"direction": "LR"}, {"depth": 1}, {"fold": False}):
        tg.save_diagram(error, tmp_path / "failed.svg", **options)  # type: ignore[arg-type]
    assert b"matmul failed" in (tmp_path / "failed.svg").read_bytes()
    with pytest.raises(ValueError, match=r"draw\(backward=True\) takes a Tensor"):
        tg.draw(error, backward=True)


@pytest.mark.parametrize("other", [ValueError("x"), KeyboardInterrupt(), error_of(lambda: np.ones(2) @ np.ones(3))])
def test_an_error_without_a_call_is_refused(other: BaseException) -> None:
    with pytest.raises(TypeError, match=f"the traceback of this {type(other).__name__} leads to no op"):
        tg.draw(other)


def test_an_error_that_another_one_hides_is_found() -> None:
    def renamed() -> Any:
        try:
            product()
        except ValueError:
            raise RuntimeError("the step failed") from None

    assert any(node.title == "matmul failed" for node in failure(error_of(renamed)).nodes)


def test_the_traceback_alone_keeps_the_arrays() -> None:
    error = error_of(product)
    tg.draw(error)
    frame = error.__traceback__
    while frame is not None and "A1" not in frame.tb_frame.f_locals:
        frame = frame.tb_next
    assert frame is not None
    gone = weakref.ref(frame.tb_frame.f_locals["A1"])
    del frame
    gc.disable()
    try:
        assert gone() is not None
        error.__traceback__ = error.__cause__ = error.__context__ = None
        assert gone() is None
    finally:
        gc.enable()
