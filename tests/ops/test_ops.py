"""Every line of the table of ops: value, gradients, dtypes, broadcasting, layouts, ways to call."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from helpers.comparing import assert_close
from helpers.lines import both_dtypes, elementwise_lines, every_line, smooth_lines, tensors
from op_table import LINES, OPERATORS, Domain, Line

import tinygraph as tg
from tinygraph.arrays import NUMPY_1


def gradients_of(line: Line, inputs: Any, **options: Any) -> list[Any]:
    """The gradients of all float inputs, for an output gradient of different weights."""
    xs = tensors(inputs)
    y = line(*xs)
    y.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape), **options)
    return [x.grad for x in xs if isinstance(x, tg.Tensor) and x.requires_grad]


# results of slogdet, qr, eigh, svd and lstsq, and the gradient of det
PARTS = "sign logdet q r eigenvalues eigenvectors u s vh solution residuals rank sizes cofactors"


def test_every_op_has_a_line() -> None:
    tested = {line.name for line in LINES}
    internal = {
        "scatter",
        "astype_integer",
        "log_loss",
        "logistic_loss",
        "ldexp",
        "exponent",
    }  # getitem's gradient, astype without one; test_costs.py; in prod's rule
    internal |= {f"linalg.{part}" for part in PARTS.split()}
    assert tested >= set(tg.ops.__all__) - {"OPS"}
    assert tested >= set(tg.OPS) - internal


def test_no_two_lines_are_the_same_call() -> None:
    names = [str(line) for line in LINES if line.options is not None]
    assert sorted(names) == sorted(set(names))


@both_dtypes
@every_line
def test_value(line: Line, dtype: str) -> None:
    inputs = line.sample(dtype)
    y = line(*tensors(inputs))
    assert type(y) is tg.Tensor
    assert_close(y.data, np.asarray(line.expected(*inputs)))
    assert y.requires_grad == line.smooth


@every_line
def test_arrays_give_arrays(line: Line) -> None:
    inputs = line.sample()
    y = line(*inputs)
    assert isinstance(y, (np.ndarray, np.generic))
    assert_close(np.asarray(y), np.asarray(line.expected(*inputs)))


@both_dtypes
@smooth_lines
def test_first_and_second_gradient(line: Line, dtype: str) -> None:
    inputs = line.sample(dtype)
    free = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def f(*xs: Any) -> Any:
        full = list(inputs)
        for k, x in zip(free, xs, strict=True):
            full[k] = x
        return line(*full)

    tg.check_gradients(f, *[inputs[k] for k in free])


@smooth_lines
def test_gradient_of_each_dtype_is_that_of_its_input(line: Line) -> None:
    """float32 stays float32 in values and gradients, in a gradient's graph and in mixed inputs."""
    floats = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain) and d.dtype == "f"]
    for narrow in [floats, *([k] for k in floats)]:
        dtypes = ["float32" if k in narrow else "float64" for k in range(len(line.inputs))]
        inputs = line.sample(dtypes)
        y = line(*tensors(inputs))
        assert_close(y.data, np.asarray(line.expected(*inputs)))
        for create_graph in (False, True):
            found = gradients_of(line, inputs, create_graph=create_graph)
            assert [str(g.dtype) for g in found] == [dtypes[k] for k in floats]
            assert [g.shape for g in found] == [inputs[k].shape for k in floats]


@smooth_lines
def test_gradient_as_a_graph_equals_that_as_numbers(line: Line) -> None:
    inputs = line.sample()
    for graph, number in zip(gradients_of(line, inputs, create_graph=True), gradients_of(line, inputs), strict=True):
        assert type(graph) is tg.Tensor
        assert type(number) is np.ndarray
        assert_close(graph.data, number)


# --- shapes

PAIRS = [((2, 3), (3,)), ((3, 1), (2,)), ((), (2, 2)), ((2, 1, 2), (3, 1)), ((0, 3), (3,)), ((1,), (0,))]


def domains(line: Line) -> list[int]:
    return [k for k, d in enumerate(line.inputs) if isinstance(d, Domain)]


@pytest.mark.parametrize("line", [line for line in LINES if line.elementwise and len(domains(line)) > 1], ids=str)
def test_broadcasting(line: Line) -> None:
    """All inputs but one have one shape: NumPy's value, and the gradient of a broadcast by hand."""
    for shape, other in PAIRS:
        for odd in domains(line):
            shapes = [other if k == odd else shape for k in range(len(line.inputs))]
            inputs = line.sample(shapes=shapes)
            y = line(*tensors(inputs))
            assert_close(y.data, np.asarray(line.expected(*inputs)))
            if line.smooth:
                by_hand = [np.broadcast_to(x, y.shape) if isinstance(x, np.ndarray) else x for x in inputs]
                wide = gradients_of(line, by_hand)
                floats = [x for x in inputs if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
                for g, w, x in zip(gradients_of(line, inputs), wide, floats, strict=True):
                    assert_close(g, summed_to(w, x.shape))


def summed_to(x: Any, shape: tuple[int, ...]) -> Any:
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    return x.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)


@both_dtypes
@pytest.mark.parametrize("shape", [(), (0,), (2, 0)], ids=str)
@elementwise_lines
def test_zero_d_and_empty_arrays(line: Line, shape: tuple[int, ...], dtype: str) -> None:
    inputs = line.sample(dtype, shape)
    y = line(*tensors(inputs))
    assert type(y.data) is np.ndarray
    assert_close(y.data, np.asarray(line.expected(*inputs)))
    for g in gradients_of(line, inputs) if line.smooth else []:
        assert type(g) is np.ndarray
        assert (g.shape, str(g.dtype)) == (shape, dtype)


def layouts(x: Any) -> list[Any]:
    """x in other layouts of memory: Fortran, negative strides, every second entry of an array."""
    sparse = np.full(tuple(2 * n for n in x.shape), x.dtype.type(1))
    spaced = sparse[(slice(None, None, 2),) * x.ndim]
    spaced[...] = x
    backwards = np.flip(np.flip(x).copy())
    read_only = x.copy()
    read_only.flags.writeable = False
    return [np.asfortranarray(x), spaced, backwards, read_only]


@every_line
def test_layout_of_memory_makes_no_difference(line: Line) -> None:
    inputs = line.sample()
    before = [np.array(x) for x in inputs]
    y = line(*tensors(inputs)).data
    grads = gradients_of(line, inputs) if line.smooth else []
    arrays = [k for k, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.ndim]
    for kind in range(4):
        for k in arrays:
            others = list(inputs)
            others[k] = layouts(inputs[k])[kind]
            xs = tensors(others)
            xs[k]._data = others[k]  # because Tensor() has made a contiguous copy
            again = line(*xs)
            assert_close(again.data, y)
            if line.smooth:
                again.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape))
                found = [x.grad for x in xs if isinstance(x, tg.Tensor) and x.requires_grad]
                for g, expected in zip(found, grads, strict=True):
                    assert_close(g, expected)
    for x, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, old)


@smooth_lines
def test_rules_do_not_write_to_their_arguments(line: Line) -> None:
    """On read-only arrays, a rule that writes raises an error."""
    inputs = line.sample()
    for node in line(*tensors(inputs)).tape():
        y, *values = [frozen(x) if isinstance(x, tg.Tensor) else x for x in (node, *node.inputs)]
        for rule, x in zip(node.op.rules_for(len(values)), node.inputs, strict=True):
            if rule is not None and isinstance(x, tg.Tensor) and x.requires_grad:
                rule(frozen(tg.Tensor(np.ones(y.shape))), y, *values, **node.options)


def frozen(x: tg.Tensor) -> Any:
    array = x.data.copy()
    array.flags.writeable = False
    return array


# --- dtypes: NumPy 2's promotion, on NumPy 1.26 too


@elementwise_lines
def test_zero_d_arrays_promote_by_their_dtype(line: Line) -> None:
    """A float64 without axes makes a float32 array float64; a float32 without axes leaves it."""
    domains = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain) and d.dtype == "f"]
    for dtype in ("float32", "float64", "float16"):
        if NUMPY_1 and dtype == "float16" and line.name.startswith("special."):
            continue  # SciPy gives float32, and NumPy 1 float16
        for odd in domains:
            dtypes = [dtype if k == odd else "float32" for k in range(len(line.inputs))]
            shapes = [() if k == odd else (3,) for k in range(len(line.inputs))]
            inputs = line.sample(dtypes, shapes)
            with_axes = [x.reshape(1) if isinstance(x, np.ndarray) and not x.ndim else x for x in inputs]
            y = line(*tensors(inputs)).data
            assert y.dtype == np.asarray(line.expected(*with_axes)).dtype
            tolerance = 2e-3 if dtype == "float16" else 1e-5
            np.testing.assert_allclose(y, np.asarray(line.expected(*with_axes)), rtol=tolerance, atol=tolerance)


def test_a_0d_float64_keeps_its_precision_with_float32() -> None:
    product = tg.Tensor(np.ones(3, "float32")) * np.float64(0.1)
    assert product.data.tolist() == [0.1] * 3


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)], ids=str)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_python_numbers_take_the_dtype_they_meet(dtype: str, shape: tuple[int, ...]) -> None:
    x = tg.Tensor(np.full(shape, 1.5, dtype), requires_grad=True)
    results = [x + 1, 1.5 - x, x * 2.0, 3 / x, x**2, 2.0**x, x**0.5, x + True, tg.maximum(x, 0), tg.clip(x, 0.0, 1)]
    results += [tg.where(x > 1, x, 0.0), tg.where(x > 1, 0, x), tg.leaky_relu(x, 0.3), np.add(x, 1.0), np.power(2, x)]
    results += [-x + 1e-3, (x * 1e3 - 1) / 7, tg.logaddexp(x, 0.0)]
    for y in results:
        assert (str(y.dtype), y.shape) == (dtype, shape)
        x.zero_grad()
        y.sum().backward()
        assert (str(x.grad.dtype), x.grad.shape) == (dtype, shape)


INTEGER_CALLS = [
    *(
        lambda ns, a, b, name=name: getattr(ns, name)(a, b)
        for name in ("add", "subtract", "multiply", "divide", "power")
    ),
    *(lambda ns, a, b, name=name: getattr(ns, name)(a, b) for name in ("maximum", "less", "equal", "matmul", "dot")),
    *(
        lambda ns, a, b, name=name: getattr(ns, name)(a)
        for name in ("negative", "abs", "sign", "square", "sqrt", "exp")
    ),
    *(
        lambda ns, a, b, name=name: getattr(ns, name)(a)
        for name in ("sum", "mean", "max", "prod", "var", "std", "cumsum")
    ),
    lambda ns, a, b: ns.where(a > b, a, b),
    lambda ns, a, b: a * 2 + 1,
    lambda ns, a, b: a * 0.5,
    lambda ns, a, b: ns.clip(a, 1, 2),
    lambda ns, a, b: ns.clip(a, 1, None),
    lambda ns, a, b: ns.clip(a, None, 1),
    lambda ns, a, b: a[b] + 2,
    lambda ns, a, b: ns.concatenate([a, b]),
]


@pytest.mark.parametrize("dtypes", [("int64", "int32"), ("int32", "float32"), ("float32", "int64"), ("int8", "int8")])
def test_integers_promote_as_in_numpy(dtypes: tuple[str, str]) -> None:
    a, b = np.array([1, 2, 0], dtypes[0]), np.array([2, 1, 1], dtypes[1])
    for call in INTEGER_CALLS:
        try:
            expected = np.asarray(call(np, a, b))
        except IndexError:
            continue  # a[b] with b of floats
        y = call(tg, tg.Tensor(a), tg.Tensor(b))
        assert_close(y.data, expected)
        assert not y.requires_grad


def test_an_integer_with_a_0d_float32() -> None:
    x = tg.Tensor(np.ones(3, "float32"))
    assert (x * np.int64(2)).dtype == (x * np.array([2])).dtype == np.float64
    assert (x * np.int8(2)).dtype == (x * np.array([True])).dtype == np.float32
    assert x[np.int64(1)].dtype == x[np.array(1)].dtype == np.float32


def test_mean_of_narrow_dtypes_does_not_overflow() -> None:
    for data in (np.full(1000, 100, "float16"), np.full(1000, 100, "int8"), np.ones(1000, bool)):
        assert_close(tg.mean(tg.Tensor(data)).data, np.asarray(np.mean(data)))
    x = tg.Tensor(np.full(1000, 100, "float16"), requires_grad=True)
    x.mean().backward()
    assert_close(x.grad, np.full(1000, 0.001, "float16"))


# --- each way to call an op


@every_line
def test_operator_method_and_numpy_function_are_the_op(line: Line) -> None:
    inputs = line.sample()
    xs = tensors(inputs)
    y = line(*xs)
    ways = []
    if line.reference is None:
        ways.append(lambda: line.call(np, *xs))
    is_method = isinstance(xs[0], tg.Tensor) and hasattr(tg.Tensor, line.name)
    if is_method and line.options is not None and line.name != "transpose":  # its method takes the axes one by one
        ways.append(lambda: getattr(xs[0], line.name)(*xs[1:], **line.options))
    if not line.options and line.name in OPERATORS:
        ways.append(lambda: OPERATORS[line.name](*xs))
        if len(xs) == 2 and isinstance(xs[1], tg.Tensor):  # an array, or a number, on the left
            ways.append(lambda: OPERATORS[line.name](inputs[0], xs[1]))
    for way in ways:
        again = way()
        assert type(again) is tg.Tensor
        assert (again.requires_grad, again.op) == (y.requires_grad, y.op)
        np.testing.assert_array_equal(again.data, y.data)
        assert again.dtype == y.dtype


def as_lists(line: Line) -> bool:
    """Whether its inputs may be lists, which index otherwise and lose axes of empty arrays."""
    return line.name != "getitem" and 0 not in map(np.size, line.sample())


@pytest.mark.parametrize("line", [line for line in LINES if as_lists(line)], ids=str)
def test_lists_are_arrays(line: Line) -> None:
    """Lists of numbers without a Tensor, for NumPy's own users, who write np.sum([1, 2])."""
    inputs = line.sample()
    y = line(*(x.tolist() if isinstance(x, np.ndarray) and x.ndim else x for x in inputs))
    assert_close(np.asarray(y), np.asarray(line(*inputs)))


def help_of(line: Line) -> str:
    return str(line.function.__doc__)


@every_line
def test_op_has_a_docstring_of_one_line(line: Line) -> None:
    first, *rest = help_of(line).splitlines()
    assert first.endswith(".")
    assert len(first) < 120
    assert not rest or ">>>" in "".join(rest)


@every_line
def test_docstrings_say_which_ops_have_no_gradient(line: Line) -> None:
    op = tg.OPS.get(line.name)
    has_none = op is not None and not op.differentiable
    assert ("without a gradient" in help_of(line)) == has_none


@pytest.mark.parametrize("op", [op for op in tg.OPS.values() if not isinstance(op.forward, np.ufunc)], ids=str)
def test_ops_and_rules_have_the_same_default_options(op: tg.Op) -> None:
    for rule in op.rules_for(2):
        for option in inspect.signature(rule).parameters.values() if rule else ():
            if option.default is not option.empty:  # NumPy's <no value> is its own default
                default = inspect.signature(op.forward).parameters[option.name].default
                assert str(default) in (str(option.default), "<no value>")


def test_options_that_numpy_takes_in_other_forms() -> None:
    """A NumPy integer as an axis, and a boolean as an index 0 or 1; values and gradients."""
    x = np.arange(6.0).reshape(2, 3)
    weights = np.arange(1.0, 7.0)
    for call in (
        lambda x: x.transpose(np.int64(1), np.int64(0)),
        lambda x: np.transpose(x, np.array([1, 0])),
        lambda x: np.transpose(x.reshape(6), 0),
        lambda x: x.reshape(6).transpose(np.int64(0)),
        lambda x: np.take(x, [True, False, True], axis=np.int64(1)),
        lambda x: np.take(x, True, axis=0),
        lambda x: np.take(x, np.array([[True], [False]])),
        lambda x: x.ravel("C"),
        lambda x: np.pad(x, np.array([[1, 0], [0, 2]])),
    ):
        t = tg.Tensor(x, requires_grad=True)
        y = call(t)
        assert_close(y.data, call(x))
        y.backward(np.resize(weights, y.shape))
        tg.check_gradients(call, x)
        assert t.grad.shape == x.shape
    t = tg.Tensor([1, 0, 2, 5], name="t")
    np.testing.assert_array_equal(np.take(t, tg.Tensor([True, False])).data, [0, 1])


def test_pad_leaves_a_0d_array_as_it_is() -> None:
    assert_close(tg.pad(tg.Tensor(2.0), 1).data, np.pad(np.array(2.0), 1))
    tg.check_gradients(lambda x: tg.pad(x, (0, 2), constant_values=5) ** 2, 2.0)


def test_widths_changed_after_padding_change_no_gradient() -> None:
    widths = [[1, 2]]
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = tg.pad(x, widths)
    widths[0][0] = 0
    y.backward(np.arange(5.0))
    assert x.grad.tolist() == [1, 2]


def test_einsum_keeps_a_requested_order_of_contraction() -> None:
    x = tg.Tensor(np.ones((2, 2)), requires_grad=True)
    for optimize in (True, "greedy", ["einsum_path", (0, 1)]):
        assert tg.einsum("ij,jk->ik", x, x, optimize=optimize).options["optimize"] == optimize


def test_gradient_of_einsum_takes_no_more_factors_than_it_needs() -> None:
    x, y = (tg.Tensor(np.ones(shape), requires_grad=True) for shape in ((3, 1), (1,)))
    tg.einsum("ij,j->i", x, y).sum().backward(create_graph=True)
    for gradient in (x.grad, y.grad):
        assert [len(node.inputs) for node in gradient.tape() if str(node.op) == "einsum"] == [2]


def test_a_failing_call_names_op_tensors_and_shapes() -> None:
    a, b = tg.Tensor(np.ones((2, 3)), name="A"), tg.Tensor(np.ones((2, 3)), name="B")
    with pytest.raises(ValueError, match=r"^A \(2, 3\) @ B \(2, 3\): the inner sizes"):
        a @ b
    with pytest.raises(ValueError, match=r"^A \(2, 3\) \+ the second operand \(4,\): "):
        a + np.ones(4)
    with pytest.raises(ValueError, match=r"^A \(2, 3\)\.sum\(axis=2\): "):  # AxisError is a ValueError
        a.sum(axis=2)
    with pytest.raises(IndexError, match=r"^A \(2, 3\)\[5\]: "):
        a[5]


def test_errors_with_words_of_the_op() -> None:
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True)
    for call, message in [
        (lambda: tg.norm(x, ord=2), "norm\\(\\) of shape \\(2, 3\\).*ord=2"),
        (lambda: tg.pad(x, 1, mode="edge"), "mode='edge'"),
        (lambda: tg.einsum("ij,j", x), "names 2 operands, got 1"),
        (lambda: tg.einsum("ijk...->i", x), "more axes"),
        (lambda: np.einsum("i...->i", x), r"its output leaves out: write -> \.\.\.i"),
        (lambda: tg.concatenate([]), "at least one"),
        (lambda: tg.stack([]), "at least one"),
        (lambda: np.take(x, [0], axis=2), r"take\(\): axis 2 is out of bounds"),  # AxisError is a ValueError
        (lambda: tg.take(x, [0], axis=-3), r"take\(\): axis -3 is out of bounds"),
        (lambda: np.take(x, [9], mode="wrap"), "mode='raise' alone, got 'wrap'"),
        (lambda: np.split(x, 1, axis=5), r"split\(\): axis 5 is out of bounds"),
        (lambda: tg.concatenate([x, x], axis=2), "axis 2 is out of bounds"),
        (lambda: tg.stack([x, x], axis=3), "axis 3 is out of bounds"),
        (lambda: x.flatten("F"), "order='C' alone, got 'F'"),
        (lambda: tg.pad(x, (1, 2, 3)), r"remapped shapes.*\(2,2\)"),
        (lambda: tg.split(x, 2, axis=1), "equal division"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    for call, message in [
        (lambda: tg.einsum(x, [0, 1]), "subscripts as a string"),
        (lambda: tg.ravel([x, "a"]), "^ravel takes booleans"),
        (lambda: x.astype(complex), "complex128"),
        *(
            (call, r"^sum\(x, axis=None, keepdims=False\): got an unexpected keyword argument 'dtype'$")
            for call in (
                lambda: tg.sum(x, dtype="float32"),
                lambda: np.sum(x, dtype="float32"),
                lambda: x.sum(dtype="float32"),
                lambda: np.add.reduce(x, dtype="float32"),
            )
        ),
        (
            lambda: tg.sum(x.data, dtype="float32"),
            r"^sum\(x, axis=None, keepdims=False\): got an unexpected keyword argument 'dtype'",
        ),
        (
            lambda: np.max(x, initial=3.0, where=True),
            r"max\(x, axis=None, keepdims=False\): got an unexpected keyword argument 'initial'",
        ),
        (lambda: tg.relu(x, inplace=True), r"relu\(x\): got an unexpected keyword argument 'inplace'"),
        (lambda: tg.stack(x, x), r"stack\(\) takes its arrays in a list, as in stack\(\[a, b\]"),
        (lambda: tg.concatenate(x, x), r"concatenate\(\) takes its arrays in a list"),
        (lambda: tg.concatenate(3), r"takes its arrays in a list.*got 3"),
        (lambda: tg.stack([x, x], axis=0.5), "axis as an integer; got axis of type float"),
        (lambda: np.pad(x, {0: (1, 2)}), r"pad\(.*\): `pad_width` must be of integral type"),
        (lambda: tg.exp(x, x), r"exp\(x\): too many positional arguments"),
        (lambda: tg.exp(x, out=np.ones((2, 3))), r"exp\(x\): got an unexpected keyword argument 'out'"),
        (lambda: x + "a", "add takes"),
        (lambda: x + None, "add takes"),
        (lambda: x * 1j, "complex"),
        (lambda: x == None, "equal takes"),  # noqa: E711
        (lambda: x ** object(), "object"),
    ]:
        with pytest.raises(TypeError, match=message):
            call()


def test_stack_takes_tensors_and_python_numbers() -> None:
    def f(a: Any) -> Any:
        return (tg.stack([a, 0.5]) ** 3).sum()

    x = np.array(2.0)
    assert tg.grad(f)(x) == tg.compile(tg.grad(f))(x) == 12.0
    assert tg.grad(tg.grad(f))(x) == 12.0
