"""A user-defined op: a few lines, and it does what the built-in ones do."""

from __future__ import annotations

import inspect
import pydoc
import re
from typing import Any

import numpy as np
import pytest
from helpers.lines import in_turn

import tinygraph as tg

swish = tg.op(
    "swish",
    lambda x: x / (1 + np.exp(-x)),
    lambda g, y, x: g * (y + (1 - y) / (1 + np.exp(-x))),
)
scaled = tg.op("scaled", lambda x, factor=1.0: x * factor, lambda g, y, x, factor=1.0: g * factor)
hypotenuse = tg.op("hypotenuse", np.hypot, lambda g, y, a, b: g * a / y, lambda g, y, a, b: g * b / y)
picked = tg.op("picked", lambda x, k: x[k], lambda g, y, x, k: np.where(np.arange(len(x)) == k, g, 0), None)


def mean_of(*arrays: Any) -> Any:
    return np.add.reduce(np.stack(arrays)) / len(arrays)


average = tg.op("average", mean_of, variadic=lambda k: lambda g, y, *arrays: g / len(arrays))
X = np.array([0.5, -1.2, 2.0])


def test_gradients_of_first_and_second_order() -> None:
    tg.check_gradients(swish, X)
    tg.check_gradients(hypotenuse, X, X + 3)
    tg.check_gradients(lambda x: scaled(x, factor=3.0), X)
    tg.check_gradients(lambda a, b, c: average(a, b * b, c), X, X + 1, X * 2)
    tg.check_gradients(lambda x: tg.sum(swish(x) * tg.sin(swish(2 * x))), X)


def test_broadcasting_is_undone_for_it() -> None:
    a, b = tg.Tensor(np.ones((2, 3)), requires_grad=True), tg.Tensor(np.ones(3), requires_grad=True)
    hypotenuse(a, b).sum().backward()
    np.testing.assert_allclose(b.grad, [2 / np.sqrt(2)] * 3)
    tg.check_gradients(hypotenuse, np.ones((2, 1)), X)


def test_on_arrays_it_is_the_numpy_function() -> None:
    assert type(swish(X)) is np.ndarray
    np.testing.assert_array_equal(hypotenuse(X, 2.0), np.hypot(X, 2.0))
    assert scaled([1, 2], factor=2).tolist() == [2, 4]


def test_arrays_and_numbers_with_a_tensor() -> None:
    x = tg.Tensor(X, requires_grad=True)
    assert (hypotenuse(x, 2.0).op, hypotenuse(X, x).op) == (hypotenuse, hypotenuse)
    hypotenuse(3.0, tg.Tensor(4.0, requires_grad=True)).backward()
    assert hypotenuse(tg.Tensor(np.ones(2, "float32")), 1.0).dtype == np.float32


def test_options_by_name_and_by_position() -> None:
    x = tg.Tensor(X, requires_grad=True)
    for y in (scaled(x, factor=3), scaled(x, 3), scaled(x=x, factor=3)):
        assert y.options == {"factor": 3}
        assert len(y.inputs) == 1
        x.zero_grad()
        y.sum().backward()
        assert x.grad.tolist() == [3, 3, 3]


def test_an_input_without_a_rule_gets_no_gradient() -> None:
    x, k = tg.Tensor(X, requires_grad=True), tg.Tensor(1)
    y = picked(x, k)
    y.backward()
    assert (float(y), x.grad.tolist()) == (-1.2, [0, 1, 0])
    untracked = tg.op("untracked", np.floor, None)
    assert not untracked(x).requires_grad


def test_it_prints_and_draws_like_the_others() -> None:
    x = tg.Tensor(X, requires_grad=True, name="x")
    loss = swish(x).sum()
    assert "    1  t1    swish  x " in str(loss.tape())
    assert "swish" in tg.draw(loss).source
    assert repr(swish) == "swish"
    assert "op=swish" in repr(swish(x))


def test_float32_stays_float32() -> None:
    x = tg.Tensor(X.astype("float32"), requires_grad=True)
    y = swish(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


def test_a_failing_forward_names_op_and_inputs() -> None:
    x = tg.Tensor(np.ones(2), name="x")
    with pytest.raises(
        ValueError, match=r"hypotenuse\(x \(2,\), the second operand \(3,\)\): operands could not be broadcast"
    ):
        hypotenuse(x, np.ones(3))
    with pytest.raises(TypeError, match=r"scaled\(x, factor=1.0\): too many positional arguments"):
        scaled(x, 2, 3)
    with pytest.raises(TypeError, match=r"swish\(x\): got an unexpected keyword argument 'power'"):
        swish(x, power=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("name", 3, lambda g, y, x: g), "forward function and gradient rules, got 3"),
        (("name", np.exp, 3), "forward function and gradient rules, got 3"),
        (("name", np.exp), "a gradient rule for each input"),
        ((3, np.exp, lambda g, y, x: g), "op's name first, a string; got 3"),
        ((np.exp, lambda g, y, x: g), "op's name first"),
    ],
)
def test_wrong_arguments_of_op_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        tg.op(*arguments)


def test_no_gradient_flows_through_an_input_without_a_rule() -> None:
    scaled_by = tg.op("scaled_by", np.multiply, lambda g, y, a, b: g * b, None)
    x = tg.Tensor(X, requires_grad=True)
    scaled_by(x, tg.exp(x)).sum().backward()
    np.testing.assert_array_equal(x.grad, np.exp(X))


def test_more_inputs_than_rules() -> None:
    product = tg.op("product", lambda a, b: a * b, lambda g, y, a, b: g * b)
    x = tg.Tensor(X, requires_grad=True)
    with pytest.raises(TypeError, match=r"product\(\) takes 1 input, as many as .* gradient rules; got 2 \(b too\)"):
        product(x, x)
    assert product(x, 2.0).options == {"b": 2.0}  # no Tensor, so an option
    three = tg.op("three", lambda a, b, c: a * b * c, lambda g, y, a, b, c: g * b * c)
    with pytest.raises(TypeError, match=r"got 3 \(b, c too\)"):
        three(x, x, x)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (X + 1j, "dtype complex128.*real and imaginary parts"),
        (X.astype(object), "dtype object"),
        (None, "NoneType of dtype object"),
        ("abc", "str of dtype"),
        (np.ma.array(X), r"no masked arrays.*\.filled"),
    ],
)
def test_a_result_without_real_numbers_is_refused(result: Any, kind: str) -> None:
    op = tg.op("strange", lambda x: result, lambda g, y, x: g)
    for requires_grad in (True, False):
        with pytest.raises(TypeError, match=f"the result of strange takes .*{kind}"):
            op(tg.Tensor(X, requires_grad=requires_grad))


@pytest.mark.parametrize("result", [X > 0, np.arange(3), 3, True, np.int8(3), [1, 2]], ids=repr)
def test_integers_and_booleans_carry_no_gradient(result: Any) -> None:
    y = tg.op("counted", lambda x: result, lambda g, y, x: g)(tg.Tensor(X, requires_grad=True))
    assert (y.requires_grad, y.op, y.tolist()) == (False, None, np.asarray(result).tolist())


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("rule", "kind", "message"),
    [
        (lambda g: g[:, 5], IndexError, "too many indices"),
        (lambda g: g.missing, AttributeError, "no attribute 'missing'"),
        (lambda g: {}["missing"], KeyError, "missing"),
        (lambda g: 1 / 0, ZeroDivisionError, "division by zero"),
        (lambda g: np.sum(g, axis=3), np.exceptions.AxisError, "axis 3"),
        (lambda g: g + np.ones(7), ValueError, "broadcast"),
        (lambda g: np.ones(7), ValueError, r"gradient of shape \(7,\) for an input of shape \(3,\)"),
        (lambda g: g(), TypeError, "not callable"),
    ],
)
def test_a_failing_rule_is_named(rule: Any, kind: type[Exception], message: str, create_graph: bool) -> None:
    for k in (0, 1):
        rules = [lambda g, y, a, b: rule(g)] * 2 if k == 0 else [None, lambda g, y, a, b: rule(g)]
        op = tg.op("weighted", lambda a, b: a * b, *rules)
        x = tg.Tensor(X, requires_grad=True, name="x")
        with pytest.raises(kind, match=message) as caught:
            op(x, tg.Tensor(X, requires_grad=True)).sum().backward(create_graph=create_graph)
        assert f"weighted(x (3,), the second operand (3,)), gradient rule of input {k}: " in str(caught.value)
        assert x.grad is None


def test_other_errors_of_a_rule_pass_unchanged() -> None:
    class Mine(Exception):  # noqa: N818
        pass

    def rule(g: Any, y: Any, x: Any) -> Any:
        raise Mine(1, 2)

    with pytest.raises(Mine):
        tg.op("mine", np.exp, rule)(tg.Tensor(X, requires_grad=True)).sum().backward()


def test_a_failing_rule_is_named_by_its_place_if_one_tensor_is_both_inputs() -> None:
    op = tg.op("weighted", lambda a, b: a * b, lambda g, y, a, b: g * b, lambda g, y, a, b: g + np.ones(7))
    x = tg.Tensor(X, requires_grad=True, name="x")
    with pytest.raises(ValueError, match=r"weighted\(x \(3,\), x \(3,\)\), gradient rule of input 1: "):
        op(x, x).sum().backward()


def test_a_rule_may_return_one_number() -> None:
    zero = tg.op("zero", lambda x: x * 0, lambda g, y, x: 0.0)
    for shape in ((), (1,), (3,), (2, 1)):
        x = tg.Tensor(np.ones(shape), requires_grad=True)
        zero(x).sum().backward()
        np.testing.assert_array_equal(x.grad, np.zeros(shape))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, r"it gave None: is a `return` missing\? Give 0.0 where nothing flows"),
        (X + 1j, "a gradient takes .*dtype complex128.*real and imaginary parts"),
        ("abc", "a gradient takes .*str of dtype"),
        (np.ma.array(X), "a gradient takes no masked arrays"),
    ],
)
def test_a_rule_that_returns_no_gradient_is_an_error(answer: Any, message: str) -> None:
    forgets = tg.op("forgets", lambda x: x * 2.0, lambda g, y, x: answer)
    x = tg.Tensor(X, requires_grad=True, name="x")
    x.grad = X
    with pytest.raises(TypeError, match=rf"forgets\(x \(.*\)\), gradient rule of input 0: {message}"):
        forgets(x).sum().backward()
    np.testing.assert_array_equal(x.grad, X)
    for derivative in (tg.grad, tg.jacobian, lambda f: tg.compile(tg.grad(f))):
        with pytest.raises(TypeError, match=message):
            derivative(lambda x: forgets(x).sum())(X)


# --- the call of an op, as help() and inspect.signature show it

SIGNATURES = {
    "add": "(a, b)",
    "exp": "(x)",
    "where": "(condition, a, b)",
    "linear": "(W, A, b)",
    "sum": "(x, axis=None, keepdims=False, *, dtype=None, initial=None, where=True)",
    "max": "(x, axis=None, keepdims=False, *, initial=None, where=True)",
    "std": "(x, axis=None, ddof=0, keepdims=False, *, dtype=None, where=True, mean=None, correction=None)",
    "logsumexp": "(x, axis=None, keepdims=False, *, b=None)",
    "softmax": "(x, axis=-1)",
    "log_softmax": "(x, axis=-1)",
    "leaky_relu": "(x, slope=0.01)",
    "elu": "(x, alpha=1.0)",
    "gelu": "(x)",
    "clip": "(x, a_min=None, a_max=None, *, min=None, max=None)",
    "einsum": "(subscripts, *operands, optimize=False, dtype=None, casting='safe')",
    "concatenate": "(arrays, axis=0, *, dtype=None, casting='same_kind')",
    "nanvar": "(x, axis=None, ddof=0, keepdims=False, *, dtype=None, where=True, mean=None, correction=None)",
    "nanmax": "(x, axis=None, keepdims=False, *, initial=None, where=True)",
}


class InC:
    """A callable without a signature, like some functions that are written in C."""

    def __call__(self, *arrays: Any) -> Any:
        return arrays[0] * 2

    @property
    def __signature__(self) -> Any:
        raise ValueError("no signature")


def shown(op: Any) -> str:
    """Its help; a call that Python 3.13 spreads over several lines stands in one."""
    text = pydoc.plain(pydoc.render_doc(op))
    return re.sub(r",\n +", ", ", re.sub(r"(?<=\()\n +|\n(?=\))", "", text))


@in_turn("name", [name for name in tg.ops.__all__ if name != "OPS"])
def test_help_and_signature_of_every_op_show_its_call(name: str) -> None:
    op = getattr(tg.ops, name)
    call = str(inspect.signature(op))
    assert call == SIGNATURES.get(name, call)
    assert re.match(r"\(\*?(x|a|W|subscripts|arrays|condition|condlist|nested|func1d|indices|f|m|p|start|y)\b", call), (
        call
    )
    assert not re.search(r"self|inputs|options|Any|: |->|\b_", call), call
    # a further name, as mod, shows the op's own
    assert re.search(rf"^{op.__name__}{re.escape(call)}\n    \S", shown(op), re.MULTILINE), shown(op)


@in_turn("name", tg.OPS)
def test_every_row_has_the_signature_of_its_inputs_and_options(name: str) -> None:
    op = tg.OPS[name]
    parameters = inspect.signature(op).parameters.values()
    assert {p.annotation for p in parameters} == {inspect.Parameter.empty}
    if op.variadic is None:
        assert sum(p.default is p.empty for p in parameters) >= op.arity <= len(parameters)
    else:
        assert any(p.kind is p.VAR_POSITIONAL for p in parameters)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_the_default_axis_is_documented(name: str) -> None:
    assert re.search(r"the last by default|all \(the default\)", shown(getattr(tg, name)))


def test_the_signature_of_a_user_defined_op() -> None:
    def scaled(x: np.ndarray, factor: float = 2.0) -> np.ndarray:
        """x times a factor."""
        return x * factor

    op = tg.op("scaled", scaled, lambda g, y, x, factor=2.0: g * factor)
    for _ in range(2):
        assert str(inspect.signature(op)) == "(x, factor=2.0)"
    assert "scaled(x, factor=2.0)\n    x times a factor." in shown(op)
    assert "cube(x)\n" in shown(tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2))
    assert str(inspect.signature(tg.op("c", InC(), lambda g, y, x: g))) == "(x)"
    assert str(inspect.signature(tg.op("c", InC(), lambda g, y, a, b: g, None))) == "(a, b)"
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(tg.op("c", InC(), variadic=lambda k: lambda g, y, *x: g))
    assert "forward" in str(inspect.signature(tg.op))
    assert shown(tg.Op).startswith("Python Library Documentation: class Op")


def test_inputs_can_be_given_by_the_shown_names() -> None:
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    for y in (tg.exp(x=x), tg.multiply(b=x, a=x), tg.softmax(x=x, axis=0), tg.linear(b=0.0, A=x, W=np.eye(2))):
        y.sum().backward()
    with pytest.raises(TypeError, match=r"multiply\(a, b\): missing a required argument: 'b'"):
        tg.multiply(a=x)
    with pytest.raises(TypeError, match=r"exp\(x\): got an unexpected keyword argument 'where'"):
        tg.exp(x, where=[True, False])


def test_an_op_may_be_an_attribute_of_a_class() -> None:
    class Layer:
        activation = tg.relu

    assert Layer.activation is Layer().activation is tg.relu
    assert Layer().activation(np.array([-1.0, 2.0])).tolist() == [0.0, 2.0]


class Scaling:
    """A class whose method is the function of an op."""

    def forward(self, x: Any, scale: float = 2.0) -> Any:
        return x * scale


def test_the_options_of_a_user_defined_op_come_from_its_function() -> None:
    t = tg.Tensor([2.0, 1.0], requires_grad=True)
    for rule in (
        lambda g, y, a, **options: g * options.get("scale", 2.0),
        lambda g, y, a, scale=2.0: g * scale,
    ):
        op = tg.op("scaling", Scaling().forward, rule)
        assert op(t, 3.0).data.tolist() == op(x=t, scale=3.0).data.tolist() == [6.0, 3.0]
    sorted_up = tg.op("sorted up", np.sort, lambda g, y, a, **options: g)
    assert sorted_up(t, axis=0).data.tolist() == [1.0, 2.0]


def test_an_unknown_argument_is_named() -> None:
    with pytest.raises(TypeError, match=r"^op\(\) takes no keep_inputs$"):
        tg.op("same", lambda x: x, lambda g, y, x: g, keep_inputs=True)
