"""Every line of the table of ops: value, gradients, dtypes, broadcasting, layouts, ways to call."""

from __future__ import annotations

import inspect
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from helpers.comparing import assert_close
from helpers.lines import both_dtypes, by_op, elementwise_lines, every_line, in_turn, smooth_lines, tensors
from op_table import LINES, OPERATORS, Domain, Line

import tinygraph as tg
from tinygraph.arrays import NUMPY_1


def gradients_of(line: Line, inputs: Any, **options: Any) -> list[Any]:
    """The gradients of all float inputs, for an output gradient of different weights."""
    xs = tensors(inputs)
    y = line(*xs)
    y.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape), **options)
    return [x.grad for x in xs if isinstance(x, tg.Tensor) and x.requires_grad]


# results of slogdet, qr, eigh, svd and lstsq, and parts of rules
PARTS = "sign logdet q r eigenvalues eigenvectors u s vh solution residuals rank sizes cofactors over whole_q"


def test_every_op_has_a_line() -> None:
    tested = {line.name for line in LINES}
    internal = {
        *("scatter", "astype_integer"),  # getitem's gradient, astype without one
        *("log_loss", "logistic_loss"),  # test_costs.py
        *("ldexp", "exponent"),  # in prod's rule
        "central_differences",  # gradient along one axis
        *("sum_from", "prod_from", "max_from", "min_from"),  # sum and the like with initial=
    }
    internal |= {f"linalg.{part}" for part in PARTS.split()}
    assert tested >= {getattr(tg, name).__name__ for name in set(tg.ops.__all__) - {"OPS"}}
    assert tested >= set(tg.OPS) - internal


def test_further_names_of_numpy_are_the_same_ops() -> None:
    further = {name: getattr(tg, name).__name__ for name in set(tg.ops.__all__) - {"OPS"}}
    further = {name: ours for name, ours in further.items() if name != ours}
    assert len(further) > 20
    for name, ours in further.items():
        assert getattr(tg, name) is getattr(tg, ours)
        if hasattr(np, name):  # np.acos is new in NumPy 2
            assert tg.ops.table.replacement(getattr(np, name)) is getattr(tg, ours)


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


@by_op([line for line in LINES if line.elementwise and len(domains(line)) > 1])
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
@in_turn("shape", [(), (0,), (2, 0)])
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
    is_method = isinstance(xs[0], tg.Tensor) and callable(getattr(tg.Tensor, line.name, None))  # `real` is a property
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
    """Whether its inputs may be lists, which index otherwise, nest, and lose axes of empty arrays."""
    return line.name not in ("getitem", "block") and 0 not in map(np.size, line.sample())


@by_op([line for line in LINES if as_lists(line)])
def test_lists_are_arrays(line: Line) -> None:
    """Lists of numbers without a Tensor, for NumPy's own users, who write np.sum([1, 2])."""
    inputs = line.sample()
    y = line(*(x.tolist() if isinstance(x, np.ndarray) and x.ndim else x for x in inputs))
    assert_close(np.asarray(y), np.asarray(line(*inputs)))


def help_of(line: Line) -> str:
    return str(line.function.__doc__)


@in_turn("line", LINES)
def test_op_has_a_docstring_of_one_line(line: Line) -> None:
    first, *rest = help_of(line).splitlines()
    assert first.endswith(".")
    assert len(first) < 120
    assert not rest or ">>>" in "".join(rest)


@in_turn("line", LINES)
def test_docstrings_say_which_ops_have_no_gradient(line: Line) -> None:
    op = tg.OPS.get(line.name)
    has_none = op is not None and not op.differentiable
    assert ("without a gradient" in help_of(line)) == has_none


@in_turn("op", [op for op in tg.OPS.values() if not isinstance(op.forward, np.ufunc)])
def test_ops_and_rules_have_the_same_default_options(op: tg.Op) -> None:
    for rule in op.rules_for(2):
        for option in inspect.signature(rule).parameters.values() if rule else ():
            if option.default is not option.empty:  # NumPy's <no value> is its own default
                parts = getattr(op.forward, "keywords", None)  # of a part of a decomposition
                known = parts or {name: p.default for name, p in inspect.signature(op.forward).parameters.items()}
                default = {"stable": None, "weights": None, **known}.get(option.name, "unknown")  # both of NumPy 2
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
    with pytest.raises(IndexError, match=r"^A \(2, 3\)\.at\[5\]\.add\(1\.0\): "):
        a.at[5].add(1.0)
    with pytest.raises(IndexError, match=r"^insert\(A \(2, 3\), obj=\[7\], axis=None\): index \[?7\]? is out"):
        np.insert(a, [7], 0.0)


def test_errors_with_words_of_the_op() -> None:
    x = tg.Tensor(np.ones((2, 3)), requires_grad=True)
    for call, message in [
        (lambda: tg.norm(x, ord="nuc", axis=0), r"norm\(.*ord='nuc'.*: Invalid norm order 'nuc' for vectors"),
        (lambda: tg.norm(x, ord=3), r"norm\(.*ord=3.*: Invalid norm order for matrices"),
        (lambda: tg.norm(x, ord="nonsense"), r"Invalid norm order for matrices"),
        (lambda: tg.norm(x[None], ord=1), r"Improper number of dimensions to norm"),
        (lambda: tg.norm(x, ord=1, axis=(0, 0)), r"duplicate value in 'axis'"),
        (lambda: tg.max(x, where=x > 0), r"max\(\) with where= takes initial= too, the result if no entry is left"),
        (lambda: tg.sum(x, where=np.ones((2, 2, 3), bool)), r"^sum\(x \(2, 3\), where=.*\): .*more dimensions"),
        (lambda: tg.var(x, ddof=1, correction=1), r"either ddof= or correction=, which mean the same; got 1 and 1"),
        (lambda: tg.nan_to_num(x, copy=False), r"copy=True alone: the tape keeps what it has recorded"),
        (lambda: tg.pad(x, 1, mode="empty"), "mode='empty'; write the border with tg.concatenate"),
        (lambda: tg.pad(x, 1, mode="mean", constant_values=1), "takes no constant_values with mode='mean'"),
        (lambda: tg.pad(x, 1, mode="maximum", stat_length=0), r"stat_length of at least 1, got \[0, 0\] for axis 0"),
        (lambda: tg.pad(x, {2: 1}), r"pad\(\): axis 2 is out of bounds"),
        (lambda: tg.einsum("ij,j", x), "names 2 operands, got 1"),
        (lambda: tg.einsum("ijk...->i", x), "more axes"),
        (lambda: np.einsum("i...->i", x), r"its output leaves out: write -> \.\.\.i"),
        (
            lambda: np.einsum(x, [0, 52]),
            r"einsum\(\) takes numbers from 0 to 51, and `\.\.\.`, in lists of axes; got 52",
        ),
        (lambda: tg.concatenate([]), "at least one"),
        (lambda: tg.stack([]), "at least one"),
        (lambda: np.take(x, [0], axis=2), r"take\(\): axis 2 is out of bounds"),  # AxisError is a ValueError
        (lambda: tg.take(x, [0], axis=-3), r"take\(\): axis -3 is out of bounds"),
        (lambda: np.take(x, [9], mode="up"), "mode='raise', 'wrap' or 'clip', got 'up'"),
        (lambda: np.vsplit(x[0], 3), r"vsplit\(\) takes an array of at least 2 axes, got shape \(3,\)"),
        (lambda: np.meshgrid(x, indexing="yx"), "Valid values for `indexing` are 'xy' and 'ij'"),
        (lambda: np.select([x > 0], [x, x]), "a choice for each condition, got 1 and 2"),
        (lambda: tg.block([[x], x]), "List depths are mismatched"),
        (lambda: tg.block([x, []]), "List depths are mismatched"),
        (lambda: tg.array([[x, x], x]), "array takes numbers of one rectangular shape: .*inhomogeneous"),
        (
            lambda: x.at[0].set(np.ones(2)),
            r"x \(2, 3\)\.at\[0\]\.set\(the second operand \(2,\)\): could not broadcast",
        ),
        (lambda: np.split(x, 1, axis=5), r"split\(\): axis 5 is out of bounds"),
        (lambda: tg.concatenate([x, x], axis=2), "axis 2 is out of bounds"),
        (lambda: tg.stack([x, x], axis=3), "axis 3 is out of bounds"),
        (lambda: x.flatten("K"), "order='C' or 'F', got 'K'"),
        (lambda: tg.pad(x, (1, 2, 3)), r"remapped shapes.*\(2,2\)"),
        (lambda: tg.split(x, 2, axis=1), "equal division"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    for call, message in [
        (lambda: tg.einsum(x, x), "subscripts as a string.*or a list of axes after each operand"),
        (lambda: np.roll(x, x), r"roll\(\) has no gradient for shift: take plain numbers"),
        (lambda: tg.array([x[0, 0], "a"]), "^array takes booleans"),
        (lambda: np.insert(tg.Tensor([1, 2]), 0, x[0, 0]), "insert\\(\\) puts values of dtype float64 into .* int64"),
        (lambda: tg.Tensor([1, 2]).at[0].set(0.5), r"t\.at\[index\]\.set\(\) puts values of dtype float64 into"),
        (lambda: tg.ravel([x, "a"]), "^ravel takes booleans"),
        (lambda: x.astype(complex), "complex128"),
        *(
            (
                call,
                r"^sum\(x, axis=None, keepdims=False, \*, dtype=None, .*\): got an unexpected keyword argument 'ddof'$",
            )
            for call in (lambda: tg.sum(x, ddof=1), lambda: x.sum(ddof=1), lambda: tg.sum(x.data, ddof=1))
        ),
        (lambda: tg.max(x, dtype="float32"), r"max\(x, .*where=True\): got an unexpected keyword argument 'dtype'"),
        (lambda: tg.sum(x, initial=x.sum()), r"^sum\(initial=\.\.\.\) takes a plain number, not a Tensor"),
        (lambda: tg.sum(x, where=["a"]), r"sum\(where=\.\.\.\) takes booleans"),
        (lambda: tg.norm(x, ord=tg.Tensor(3.0), axis=0), r"^norm\(ord=\.\.\.\) takes a plain number, not a Tensor"),
        (lambda: tg.relu(x, inplace=True), r"relu\(x\): got an unexpected keyword argument 'inplace'"),
        (lambda: tg.stack(x, x), r"stack\(\) takes its arrays in a list, as in stack\(\[a, b\]"),
        (lambda: tg.concatenate(x, x), r"concatenate\(\) takes its arrays in a list"),
        (lambda: tg.concatenate(3), r"takes its arrays in a list.*got 3"),
        (lambda: tg.stack([x, x], axis=0.5), "axis as an integer; got axis of type float"),
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


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors are deprecated")
@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= "2.5.0", reason="NumPy 2.5 has it no more")
@pytest.mark.parametrize("sizes", [(2, 2), (2, 3), (3, 2)])
def test_cross_of_vectors_in_the_plane(sizes: tuple[int, int]) -> None:
    a, b = (np.random.default_rng(k).standard_normal((4, n)) for k, n in enumerate(sizes))
    np.testing.assert_array_equal(np.cross(tg.Tensor(a), b).data, np.cross(a, b))
    tg.check_gradients(np.cross, a, b)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("function", [np.convolve, np.correlate])
def test_convolution_of_all_sizes(function: Any, mode: str) -> None:
    rng = np.random.default_rng(0)
    for n, m in [(1, 1), (1, 4), (4, 1), (4, 4), (5, 2), (2, 5), (6, 3), (3, 6)]:
        a, v = rng.standard_normal(n), rng.standard_normal(m)
        np.testing.assert_array_equal(function(tg.Tensor(a), v, mode).data, function(a, v, mode))
        tg.check_gradients(lambda a, v: function(a, v, mode), a, v)


def test_gradient_of_every_spacing() -> None:
    def of_axis(x: Any, k: int, spacing: Any, order: int) -> Any:
        return np.gradient(x, *spacing, edge_order=order)[k]

    x = np.random.default_rng(0).standard_normal((6, 5))
    uneven = np.array([0, 1, 2.5, 3, 7, 8])
    for order in (1, 2):
        for spacing in ((), (0.5,), (np.float32(2), 0.5), (uneven, np.arange(5)), (0.5, [0, 1, 3, 4, 6])):
            found = np.gradient(tg.Tensor(x), *spacing, edge_order=order)
            for k, expected in enumerate(np.gradient(x, *spacing, edge_order=order)):
                np.testing.assert_array_equal(found[k].data, expected)
                tg.check_gradients(partial(of_axis, k=k, spacing=spacing, order=order), x)
    for n in (2, 3, 4):
        tg.check_gradients(tg.gradient, x[0, :n])


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanvar", "nanstd"])
def test_reductions_without_nan_leave_out_more_entries(name: str) -> None:
    x, where = np.random.default_rng(0).standard_normal((3, 4)), np.arange(12).reshape(3, 4) % 5 > 1
    x[0, 2] = np.nan
    function = getattr(np, name)
    for options in ({"axis": 1}, {"keepdims": True}):
        for data in (x, np.arange(12).reshape(3, 4)):
            found = function(tg.Tensor(data), where=tg.Tensor(where), **options).data
            assert_close(found, np.asarray(function(data, where=where, **options)))

        def f(x: Any, options: Any = options) -> Any:
            return function(x, where=where, **options)

        tg.check_gradients(f, np.nan_to_num(x))


@pytest.mark.parametrize("dtype", [int, "float32"])
def test_numbers_in_a_row_take_a_dtype(dtype: Any) -> None:
    t = tg.Tensor([1.5, 2.0], requires_grad=True)
    for y in (np.linspace(t, 9.7, 4, dtype=dtype), np.linspace(t, 9.7, 4, True, dtype=dtype)):
        assert_close(y.data, np.linspace(t.data, 9.7, 4, dtype=dtype))
        assert y.requires_grad == (dtype is not int)


def test_numbers_in_a_row_also_give_their_step() -> None:
    t = tg.Tensor([1.5, 2.0], requires_grad=True)
    for given in ((4, True, True), (4, False, True, None, 1), (1, True, True, "float32")):
        for ours, theirs in zip(np.linspace(t, 9.7, *given), np.linspace(t.data, 9.7, *given), strict=True):
            assert_close(np.asarray(getattr(ours, "data", ours)), np.asarray(theirs))
    tg.check_gradients(lambda a, b: tg.linspace(a, b, 4, retstep=True)[1], [1.5, 2.0], 3.0)


def test_whole_numbers_stay_whole_in_numpy_1_too() -> None:
    for dtype in (bool, "int8", "uint64"):
        x = np.array([0, 1], dtype)
        for f in (tg.floor, tg.ceil, tg.trunc, tg.fix):
            for found in (f(tg.Tensor(x)).data, f(x), tg.compile(f)(x)):
                assert_close(found, x)


def test_quantiles_have_numpy_2s_dtypes() -> None:
    for dtype in ("float16", "float32"):
        x = tg.Tensor(np.array([0, 1, 5], dtype), requires_grad=True)
        for f, q in ((np.quantile, 0.25), (np.percentile, 25), (np.quantile, 1)):
            assert f(x, q).dtype == dtype
            assert f(x, np.array([q])).dtype == (dtype if type(q) is int and f is np.quantile else np.float64)
        np.quantile(x, 0.25).backward()
        assert x.grad.tolist() == [0.5, 0.5, 0]


def test_trapezoid_under_the_name_of_each_numpy() -> None:
    integral = getattr(np, "trapezoid", None) or np.trapz
    x = tg.Tensor([1.0, 2.0, 4.0], requires_grad=True)
    integral([1.0, 0.0, 1.0], x).backward()
    assert x.grad.tolist() == [-0.5, 0, 0.5]


@pytest.mark.parametrize(
    ("y", "x", "axis"), [((3,), (2, 3), -1), ((3,), (3, 3), -1), ((3, 2), (3,), 0), ((2, 3), (3,), 1)]
)
def test_trapezoid_lays_x_out_as_numpy_does(y: Any, x: Any, axis: int) -> None:
    integral = getattr(np, "trapezoid", None) or np.trapz
    y, x = np.random.default_rng(0).standard_normal(y), np.random.default_rng(1).standard_normal(x)
    np.testing.assert_array_equal(tg.trapezoid(y, x, axis=axis), integral(y, x, axis=axis))
    tg.check_gradients(lambda y, x: tg.trapezoid(y, x, axis=axis), y, x)


@pytest.mark.parametrize(("m", "y"), [((5, 2), (1, 5)), ((5, 2), (5,)), ((5, 2), (5, 3)), ((0,), (0,)), ((), ())])
def test_cov_of_two_arrays_of_columns(m: Any, y: Any) -> None:
    m, y = np.random.default_rng(0).standard_normal(m), np.random.default_rng(1).standard_normal(y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few entries
        np.testing.assert_array_equal(tg.cov(m, y, rowvar=False), np.cov(m, y, rowvar=False))
    with pytest.raises(ValueError, match="dimension"):
        tg.cov(np.zeros((2, 3, 2)), y)


def test_cov_takes_weights_of_a_tensor_as_numbers() -> None:
    x, w = np.random.default_rng(0).standard_normal((2, 3)), np.array([1, 2, 3])
    t = tg.Tensor(x, requires_grad=True)
    for name, value in (("aweights", w / 2), ("fweights", w), ("ddof", np.array(0))):
        np.testing.assert_array_equal(np.cov(t, **{name: tg.Tensor(value)}).data, np.cov(x, **{name: value}))
        with pytest.raises(TypeError, match=rf"cov\({name}=t\) of tensor w .* while tg.compile traces the function"):
            tg.compile(lambda x, w, name=name: np.cov(x, **{name: w}))(x, value)


@pytest.mark.parametrize("seed", [0, 3, 5, 9])  # c / d / d is above 1, below -1, above 1 and below 1
def test_the_second_derivative_of_corrcoef_of_collinear_rows_does_not_depend_on_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(5)
    b = rng.standard_normal() * a + rng.standard_normal()

    def by_hand(y: Any) -> Any:
        x, y = a - a.mean(), y - y.mean()
        return (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())

    found = tg.hessian(lambda y: np.corrcoef(a, y)[0, 1])(b)
    np.testing.assert_allclose(found, tg.hessian(by_hand)(b), rtol=1e-9, atol=1e-9)
    assert np.abs(np.corrcoef(a, tg.Tensor(b)).numpy()).max() <= 1


def test_average_also_gives_the_sum_of_the_weights() -> None:
    x = np.arange(6.0).reshape(2, 3)
    for options in ({}, {"weights": [1, 2, 3]}, {"weights": [1, 2, 3], "keepdims": True}):
        for got, expected in zip(
            np.average(tg.Tensor(x), axis=1, returned=True, **options),
            np.average(x, axis=1, returned=True, **options),
            strict=True,
        ):
            np.testing.assert_array_equal(getattr(got, "data", got), expected)
    w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])  # of axes 2 and 0, which NumPy 1 does not take
    x3 = np.random.default_rng(0).standard_normal((2, 4, 3))
    expected = np.einsum("kji,ik->j", x3, w) / w.sum()
    np.testing.assert_allclose(tg.average(x3, axis=(2, 0), weights=w), expected, rtol=1e-14)


def test_counts_of_the_values_of_a_tensor_are_plain() -> None:
    t = tg.Tensor([1.0, 2.0, 2.5], requires_grad=True)
    counts, edges = np.histogram(t, bins=2)
    assert (type(counts), counts.tolist(), edges.tolist()) == (np.ndarray, [1, 2], [1, 1.75, 2.5])


def test_stack_takes_tensors_and_python_numbers() -> None:
    def f(a: Any) -> Any:
        return (tg.stack([a, 0.5]) ** 3).sum()

    x = np.array(2.0)
    assert tg.grad(f)(x) == tg.compile(tg.grad(f))(x) == 12.0
    assert tg.grad(tg.grad(f))(x) == 12.0


def test_an_index_may_be_an_argument_of_a_compiled_function() -> None:
    x, v = np.array([3.0, 1.0, 2.0]), np.array([5.0, 0.5, 4.0, 0.0])
    for how in ("set", "add", "multiply", "min", "max"):
        both = tg.grad(lambda x, v, i, how=how: (getattr(x.at[i], how)(v) ** 2).sum(), (0, 1))
        compiled = tg.compile(both)
        for index in (np.array([0, 1, 2, 1]), np.array([2, 2, 0, 2])):
            for got, expected in zip(compiled(x, v, index), both(x, v, index), strict=True):
                np.testing.assert_allclose(got, expected)


def test_array_makes_what_numpy_makes_of_numbers() -> None:
    """Shapes and dtypes; a copy; gradients of each Tensor, also of one that stands there twice."""
    t = tg.Tensor(np.float32(2), requires_grad=True)
    for make, numbers in [
        (lambda: tg.array([t, t]), np.array([t.data, t.data])),
        (lambda: tg.array([t, 1]), np.array([t.data, 1])),
        (lambda: tg.array(((t, np.int8(1)), [True, t])), np.array(((t.data, np.int8(1)), [True, t.data]))),
        (lambda: tg.array([[1, 2], [t, t]], dtype="float16"), np.array([[1, 2], [2, 2]], "float16")),
        (lambda: tg.array([[[1.0, 2.0]], [[t, 3 * t]]]), np.array([[[1.0, 2.0]], [[2, 6]]])),
        (lambda: tg.array(t), np.array(t.data)),
    ]:
        y = make()
        assert_close(y.data, numbers)
        t.zero_grad()
        y.sum().backward()
        assert t.grad.dtype == np.float32
    assert tg.array([[1, 2], [3, 4]]).dtype == int
    assert type(tg.array([1.0])) is np.ndarray
    given = np.ones(2)
    tg.array(given)[0] = 5
    assert given[0] == 1


def test_counts_changed_after_repeating_change_no_gradient() -> None:
    counts, shift = np.array([1, 2]), [1]
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = tg.repeat(x, counts)
    z = tg.roll(x, shift, (0,))
    counts[:], shift[0] = 0, 0
    y.backward([1.0, 10.0, 100.0])
    z.backward([1000.0, 2000.0])
    assert x.grad.tolist() == [2001, 1110]


def test_dtype_of_reductions_of_small_integers() -> None:
    x = np.array([[100, 100, 3], [1, 2, 3]], "int8")
    for f in (
        lambda x: np.sum(x, dtype="int8"),
        lambda x: np.prod(x, axis=0, dtype="uint8"),
        lambda x: np.cumsum(x, dtype="int16"),
        lambda x: np.mean(x, axis=1, dtype="int32"),
        lambda x: np.sum(x, axis=0, dtype=bool),
        lambda x: np.mean(x, axis=0, where=x > 2, dtype="float32"),
        lambda x: np.std(x, dtype="float32"),
    ):
        assert_close(f(tg.Tensor(x)).data, np.asarray(f(x)))


@pytest.mark.filterwarnings("ignore:Degrees of freedom|invalid value|Mean of empty")
def test_reductions_of_too_few_entries_are_numpys() -> None:
    x, mask = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[True, False], [False, False]])
    for f in (
        lambda x: np.var(x, axis=1, where=mask, ddof=2),
        lambda x: np.std(x, where=mask, ddof=1),
        lambda x: np.mean(x, axis=0, where=mask),
        lambda x: np.sum(x, axis=1, where=mask),
        lambda x: np.max(x, axis=1, where=mask, initial=-np.inf),
        lambda x: np.all(x, where=~mask & mask),
    ):
        np.testing.assert_array_equal(f(tg.Tensor(x)).data, f(x))


@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_correction_may_stand_next_to_a_ddof_of_0(name: str) -> None:
    x = np.array([1.0, 2.0, 4.0])
    found = getattr(tg, name)(tg.Tensor(x), ddof=0, correction=1)
    np.testing.assert_array_equal(found.numpy(), getattr(np, name)(x, ddof=1))
