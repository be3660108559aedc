"""Shape errors: for each op with a shape rule, a wrong program, its message and the suggestions.

Every suggestion is run: a user may type it in place of the wrong program.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from helpers.lines import case

import tinygraph as tg
from tinygraph.arrays import AxisError


def parameter(*shape: int, name: str | None = None) -> tg.Tensor:
    return tg.Tensor(np.ones(shape), requires_grad=True, name=name)


def names() -> dict[str, Any]:
    """Variables of the wrong programs. Most Tensors have no name, so variables are looked up."""
    W, Z, A1 = parameter(4, 3), parameter(4, 5), tg.relu(parameter(3, 5))
    A1.name = "A1"
    return {
        "np": np,
        "tg": tg,
        "W": W,
        "X": np.ones((5, 3)),
        "Z": Z,
        "A": parameter(2, 3),
        "B": parameter(2, 4),
        "b": parameter(4),
        "v": parameter(6),
        "T": parameter(2, 3, 4),
        "S": parameter(2, 3),
        "W2": parameter(1, 4, name="W2"),
        "A1": A1,
        "s": Z.sum(axis=1),
        "AL": tg.sigmoid(parameter(1, 3)),
        "Y": np.ones((3, 1)),
        "labels": np.array([[0], [1], [1]]),
        "mask": np.ones((5, 4), bool),
        "k": np.array([0.0, 1.0]),
        "row": parameter(1, 4),
        "u": parameter(3),
        "empty": parameter(0, 3),
    }


def said(program: str) -> str:
    with pytest.raises((ValueError, IndexError)) as caught:
        eval(program, names())
    return str(caught.value)


def runs(suggestion: str) -> bool:
    """Whether a suggestion works: an expression, or `W2 with 3 columns` for the program."""
    namespace = names()
    columns = re.fullmatch(r"(.+) with (\d+) (columns?|entry|entries)", suggestion)
    if columns:
        return np.ndim(eval(columns[1], namespace)) == 1 + columns[3].startswith("column")
    eval(suggestion.removesuffix(" (element-wise)"), namespace)
    return True


WRONG = [
    # laying out
    ("np.sort(A, axis=2)", "tg.sort(A (2, 3), axis=2): axis 2", ["tg.sort(A, axis=1)", "tg.sort(A, axis=0)"]),
    ("np.argsort(A, axis=2)", "axis 2 is out", ["tg.argsort(A, axis=1)", "tg.argsort(A, axis=0)"]),
    ("np.argpartition(A, 5)", "tg.argpartition(A (2, 3), kth=5): kth(=5) out of bounds (3)", []),
    ("np.partition(A, 5)", "tg.partition(A (2, 3), kth=5): kth(=5) out of bounds (3)", []),
    ("np.take_along_axis(A, np.array([[3]]), axis=1)", "tg.take_along_axis(A (2, 3), the second", []),
    ("np.roll(A, 1, axis=2)", "axis 2 is out", ["tg.roll(A, shift=1, axis=1)", "tg.roll(A, shift=1, axis=0)"]),
    ("np.fft.fftshift(A, axes=2)", "tg.fftshift(A (2, 3), axes=2): tuple index", []),
    ("np.fft.ifftshift(A, axes=2)", "tg.ifftshift(A (2, 3), axes=2): tuple index", []),
    ("np.rot90(u)", "tg.rot90(u (3,)): Axes must be different", []),
    ("tg.sliding_window_view(A, 4, axis=1)", "sliding_window_view(A (2, 3), window_shape=4, axis=1): window", []),
    ("A.at[0].set(b)", "A (2, 3).at[0].set(b (4,)): could not broadcast", []),
    ("np.repeat(A, [1, 2, 3], axis=0)", "tg.repeat(A (2, 3)", ["tg.repeat(A, repeats=[1, 2, 3], axis=1)"]),
    # products
    ("W2 @ A1", "W2 (1, 4) @ A1 (3, 5): the inner sizes 4 and 3 differ. A1 was made by relu", ["W2 with 3 columns"]),
    ("W @ X", "W (4, 3) @ X (5, 3): the inner sizes 3 and 5 differ", ["W @ X.T", "W with 5 columns"]),
    ("A @ A", "A (2, 3) @ A (2, 3): the inner", ["A @ A.T", "A.T @ A", "A * A (element-wise)"]),
    ("Z @ W", "Z (4, 5) @ W (4, 3)", ["Z.T @ W", "Z with 4 columns"]),
    ("Z.T @ X", "Z.T (5, 4) @ X (5, 3)", ["Z @ X", "Z.T with 5 columns"]),
    ("W @ 3", "W (4, 3) @ 3: @ takes no single numbers", ["W * 3 (element-wise)"]),
    ("np.dot(A, B)", "A (2, 3) @ B (2, 4)", ["A.T @ B", "A with 2 columns"]),
    ("T @ np.ones((5, 4, 2))", "T (2, 3, 4) @ the second operand (5, 4, 2): their last axes have 2 and 5 entries", []),
    ("tg.linear(W, X, s)", "tg.linear(W (4, 3), X (5, 3), s (4,)): the inner", []),
    ("tg.linear(W, A1, b)", "W @ A1 is (4, 5), to which b (4,) cannot be added", ["tg.linear(W, A1, b.reshape(4, 1))"]),
    ("tg.linear(W, A1, row)", "W @ A1 is (4, 5), to which row (1, 4)", ["tg.linear(W, A1, row.T)"]),
    (
        "tg.einsum('ij,jk->ik', A, B)",
        "j is 3 in A and 2 in B",
        ["tg.einsum('ij,jk->ik', A.T, B)"],
    ),
    ("tg.einsum('ijk->i', A)", "tg.einsum('ijk->i', A (2, 3)): ", []),
    ("(W + 1) @ Z", "(W + 1) (4, 3) @ Z (4, 5): the inner", ["(W + 1).T @ Z", "(W + 1) with 4 columns"]),
    ("v @ W", "v (6,) @ W (4, 3): the inner sizes 6 and 4 differ", ["v with 4 entries"]),
    ("u @ W2", "u (3,) @ W2 (1, 4): the inner sizes 3 and 1 differ", ["u.reshape(3, 1) @ W2", "u with 1 entry"]),
    # element by element
    (
        "Z - Z.mean(axis=1)",
        "Z (4, 5) - tg.mean(Z, axis=1) (4,): their last axes have 5 and 4 entries, which broadcast only if equal or 1",
        ["Z - tg.mean(Z, axis=1).reshape(4, 1)", "Z - tg.mean(Z, axis=1, keepdims=True)"],
    ),
    ("np.where(np.ones((5, 4), bool), Z, 0.0)", "tg.where(the first operand (5, 4), Z (4, 5), 0.0)", []),
    ("Z + b", "Z (4, 5) + b (4,): their last axes have 5 and 4 entries", ["Z + b.reshape(4, 1)"]),
    ("v + row", "v (6,) + row (1, 4): their last", []),  # not v.reshape(6, 1) + row, an outer sum
    ("b - Z", "b (4,) - Z (4, 5)", ["b.reshape(4, 1) - Z"]),
    ("Z * W.T", "Z (4, 5) * W.T (3, 4)", []),
    ("Z * Z.T", "Z (4, 5) * Z.T (5, 4)", ["Z * Z", "Z.T * Z.T", "Z @ Z.T"]),
    ("Z / s", "s was made by sum", ["Z / s.reshape(4, 1)", "Z / Z.sum(axis=1, keepdims=True)"]),
    ("T / S", "T (2, 3, 4) / S (2, 3)", ["T / S[..., None]"]),
    ("Z ** W", "Z (4, 5) ** W (4, 3): their last axes have 5 and 3", []),
    ("Z > b", "Z (4, 5) > b (4,)", ["Z > b.reshape(4, 1)"]),
    ("tg.maximum(Z, b)", "tg.maximum(Z (4, 5), b (4,))", ["tg.maximum(Z, b.reshape(4, 1))"]),
    ("np.logaddexp(Z, b)", "tg.logaddexp(Z (4, 5), b (4,))", ["tg.logaddexp(Z, b.reshape(4, 1))"]),
    (
        "tg.where(mask, Z, 0.0)",
        "where(mask (5, 4), Z (4, 5), 0.0)",
        ["tg.where(mask, Z.T, 0.0)", "tg.where(mask.T, Z, 0.0)"],
    ),
    ("np.clip(Z, b, 1)", "tg.clip(Z (4, 5), b (4,), 1)", ["tg.clip(Z, b.reshape(4, 1), 1)"]),
    # joined
    ("tg.concatenate([A, B])", "tg.concatenate([A (2, 3), B (2, 4)], axis=0): ", ["tg.concatenate([A, B], axis=1)"]),
    (
        "np.concatenate([Z, W.T])",
        "tg.concatenate([Z (4, 5), W.T (3, 4)], axis=0): ",
        ["tg.concatenate([Z.T, W.T], axis=0)"],
    ),
    (
        "tg.concatenate([A, u])",
        "tg.concatenate([A (2, 3), u (3,)], axis=0): ",
        ["tg.concatenate([A, u.reshape(1, 3)], axis=0)"],
    ),
    ("tg.concatenate([A, B], axis=2)", "axis 2 is out of bounds", ["tg.concatenate([A, B], axis=1)"]),
    (
        "tg.stack([Z, Z.T])",
        "tg.stack([Z (4, 5), Z.T (5, 4)], axis=0): ",
        ["tg.stack([Z, Z], axis=0)", "tg.stack([Z.T, Z.T], axis=0)"],
    ),
    ("tg.stack([A, B])", "tg.stack([A (2, 3), B (2, 4)], axis=0): ", []),
    # other layouts
    ("v.reshape(4, 2)", "v (6,).reshape(4, 2): cannot reshape array of size 6", []),
    ("v.reshape(4, -1)", "v (6,).reshape(4, -1): ", []),
    ("A.reshape(4)", "A (2, 3).reshape(4): ", []),
    ("A.transpose(2, 1)", "tg.transpose(A (2, 3), axes=(2, 1)): axis 2", []),
    ("A.transpose(0, 1, 2)", "axes=(0, 1, 2)): axes don't match", []),
    ("A.swapaxes(1, 2)", "axis2: axis 2 is out of bounds", []),
    ("tg.moveaxis(A, 0, 5)", "moveaxis(A (2, 3), source=0, destination=5): ", []),
    (
        "tg.expand_dims(A, 4)",
        "tg.expand_dims(A (2, 3), axis=4): ",
        ["tg.expand_dims(A, axis=1)", "tg.expand_dims(A, axis=0)"],
    ),
    ("row.squeeze(axis=1)", "tg.squeeze(row (1, 4), axis=1): ", ["tg.squeeze(row, axis=0)"]),
    ("tg.broadcast_to(b, (4, 5))", "tg.broadcast_to(b (4,), (4, 5))", ["tg.broadcast_to(b.reshape(4, 1), (4, 5))"]),
    ("tg.pad(A, (1, 2, 3))", "pad(A (2, 3), pad_width=(1, 2, 3)): ", []),
    ("tg.split(v, 4)", "split(v (6,), indices_or_sections=4, axis=0): ", []),
    (
        "tg.flip(A, 2)",
        "tg.flip(A (2, 3), axis=2): axis 2 is out of bounds",
        ["tg.flip(A, axis=1)", "tg.flip(A, axis=0)"],
    ),
    # reduced
    *(
        (f"tg.{name}(A, axis=2)", f"A (2, 3).{name}(axis=2): axis 2", [f"A.{name}(axis=1)", f"A.{name}(axis=0)"])
        for name in ("sum", "prod", "max", "min", "argmax", "argmin", "any", "all")
    ),
    *(
        (f"{call}(A, axis=2)", f"{call}(A (2, 3), axis=2): axis 2", [f"{call}(A, axis=1)", f"{call}(A, axis=0)"])
        for call in (
            *(
                "tg.mean",
                "tg.var",
                "tg.std",
                "tg.cumsum",
                "tg.norm",
                "tg.softmax",
                "tg.log_softmax",
                "tg.logsumexp",
                "tg.unwrap",
                "tg.cumprod",
                "tg.median",
            ),
            *(f"tg.nan{name}" for name in ("sum", "prod", "mean", "var", "std", "max", "min")),
        )
    ),
    ("A.sum(axis=(1, 2))", "A (2, 3).sum(axis=(1, 2)): axis 2", ["A.sum(axis=1)", "A.sum(axis=0)"]),
    ("tg.max(empty)", "empty (0, 3).max(): zero-size array", []),
    ("tg.quantile(A, 0.5, 2)", "(A (2, 3), q=0.5, axis=2): ", [f"tg.quantile(A, q=0.5, axis={k})" for k in (1, 0)]),
    ("tg.percentile(A, 5, 2)", "(A (2, 3), q=5, axis=2): ", [f"tg.percentile(A, q=5, axis={k})" for k in (1, 0)]),
    # numerical functions
    ("np.searchsorted(A, u)", "tg.searchsorted(A (2, 3), u (3,)): object too deep", []),
    ("np.digitize(u, A)", "tg.digitize(u (3,), A (2, 3)): object too deep", []),
    ("np.interp(u, u, v)", "tg.interp(u (3,), u (3,), v (6,)): fp and xp are not of the same length", []),
    ("np.convolve(A, u)", "tg.convolve(A (2, 3), u (3,)): object too deep", []),
    ("np.linspace(u, v)", "tg.linspace(u (3,), v (6,)): operands could not be broadcast together", []),
    # picked
    ("A[5]", "A (2, 3)[5]: index 5 is out of bounds for axis 0 with size 2", []),
    ("A[:, -4]", "A (2, 3)[:, -4]: index -4 is out of bounds", []),
    ("A[..., 1:, 5]", "A (2, 3)[..., 1:, 5]: ", []),
    ("A[0, 1, 1]", "A (2, 3)[0, 1, 1]: too many indices", []),
    ("Z[mask]", "Z (4, 5)[mask (5, 4)]: boolean index did not match", ["Z[mask.T]", "Z.T[mask]"]),
    ("Z[k]", "Z (4, 5)[k (2,)]: an index takes integers, and k is float64: cast it to int", []),
    ("tg.take(A, [5], axis=1)", "A (2, 3)[:, the index (1,)]: index 5 is out of bounds for axis 1", []),
    ("Z[1.0]", "Z (4, 5)[1.0]: an index takes integers, and 1.0 is float: cast it to int", []),
    # costs
    (
        "tg.cross_entropy(AL, Y)",
        "the labels take the shape (1, 3). AL was made by sigmoid",
        ["tg.cross_entropy(AL, Y.T)"],
    ),
    ("tg.cross_entropy(AL, np.ones((1, 4)))", "tg.cross_entropy(AL (1, 3), the second operand (1, 4)): the labels", []),
    ("tg.cross_entropy_with_logits(row, b)", "the labels take", ["tg.cross_entropy_with_logits(row, b.reshape(1, 4))"]),
    ("tg.mean_squared_error(b, row)", "take the shape (4,)", ["tg.mean_squared_error(b, row.ravel())"]),
    ("tg.softmax_cross_entropy(A, labels)", "or are 3 integers; got int64", ["tg.softmax_cross_entropy(A, labels.T)"]),
    ("tg.MLP([3, 1])(X)", "layer 1: W1 (1, 3) takes X of shape (3, m), one example a column, got (5, 3)", []),
]


@pytest.mark.parametrize(("program", "words", "suggested"), WRONG, ids=[row[0] for row in WRONG])
def test_each_wrong_program_gets_its_message_and_suggestions(program: str, words: str, suggested: list[str]) -> None:
    message = said(program)
    assert words in message
    if suggested:
        *others, last = suggested
        meant = f"{', '.join(others)}, or {last}" if others else last
        assert message.endswith(f". Did you mean {meant}?")
    else:
        assert "Did you mean" not in message
    for suggestion in suggested:
        assert runs(suggestion)


def test_the_full_words_of_some_errors() -> None:
    assert said("W2 @ A1") == (
        "W2 (1, 4) @ A1 (3, 5): the inner sizes 4 and 3 differ. A1 was made by relu "
        "(inside `with tg.debug():` you are told the line). Did you mean W2 with 3 columns?"
    )
    with tg.debug():
        A1, row = tg.relu(parameter(3, 5)), parameter(1, 4)
        with pytest.raises(
            ValueError, match=r"A1 was made at test_shape_errors.py:\d+ by relu. Did you mean"
        ) as caught:
            row @ A1
    assert "inside" not in str(caught.value)


def test_every_op_of_several_inputs_or_an_axis_has_a_line() -> None:
    """A new op needs a wrong program here."""
    tested = " ".join(program + words for program, words, _ in WRONG)
    signs = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@", "greater": ">"}
    shaped = [
        name
        for name, op in tg.OPS.items()
        if not isinstance(op.forward, np.ufunc)
        and (op.arity > 1 or {"axis", "shape", "axes"} & {*inspect.signature(op).parameters})
    ]
    inner = {"scatter", "log_loss", "logistic_loss", "softmax_loss", "ldexp"}  # called only by rules and costs
    inner |= {"central_differences", "overlap_add"}  # gradient along one axis; the gradient of windows
    inner |= {"sum_from", "prod_from", "max_from", "min_from"}  # sum and so on with initial=
    assert [
        name
        for name in shaped
        if name not in tested and signs.get(name, "!") not in tested and name not in inner
        if not name.startswith("linalg.")  # ops/test_linalg.py
    ] == []


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: parameter(2, 3).sum(axis=2), AxisError),
        (lambda: parameter(2, 3)[5], IndexError),
        (lambda: parameter(2, 3) + parameter(4), ValueError),
        (lambda: np.concatenate([parameter(2, 3), parameter(4)]), ValueError),
    ],
)
def test_the_type_of_the_error_stays(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert type(caught.value.__context__) is kind  # NumPy's own, which Python does not print
    assert caught.value.__cause__ is None


def test_operands_without_a_name_are_called_by_position() -> None:
    """Not by a letter of the op, because the user may have another variable of that name."""
    with pytest.raises(ValueError, match=r"^the first operand \(1, 4\) @ the second operand \(3, 5\): .* differ$"):
        parameter(1, 4) @ parameter(3, 5)
    with pytest.raises(ValueError, match=r"The first operand was made by relu \(inside"):
        tg.relu(parameter(1, 4)) @ parameter(3, 5)
    with pytest.raises(ValueError, match=r", the third operand \(1,\), the 4th operand \(\)\], axis=0\): "):
        tg.concatenate([parameter(1), parameter(1), parameter(1), parameter()])
    with pytest.raises(ValueError, match=r"^the operand \(4,\).reshape\(3\): "):
        parameter(4).reshape(3)
    here = parameter(1, 4)
    with pytest.raises(ValueError, match=r"^here \(1, 4\) @ the second operand \(3, 5\): .* here with 3 columns\?$"):
        here @ np.ones((3, 5))


def test_names_of_other_variables_are_not_suggested() -> None:
    """Global variables too. A variable that holds the Tensor is suggested."""
    code = """
w = tg.Tensor(np.ones((4, 3)), True, name="b")
def f(X):
    return b + 0, w @ X
f(X)
"""
    with pytest.raises(ValueError, match=r"^b \(4, 3\) @ X \(4, 5\): .* Did you mean w.T @ X, or w with 4 columns\?$"):
        exec(code, {"np": np, "tg": tg, "X": np.ones((4, 5)), "b": 1.0})
    b, X = np.ones(5), parameter(4, 5)
    with pytest.raises(ValueError, match=r"^b \(4,\) \+ X \(4, 5\): .* or 1$"):
        parameter(4, name="b") + X
    with pytest.raises(ValueError, match=r"^layer 1 \(4,\) \+ X \(4, 5\): .* or 1$"):
        parameter(4, name="layer 1") + X
    with pytest.raises(ValueError, match=r"^\(b \* 2\) \(4,\) \+ X \(4, 5\): .* or 1$"):
        parameter(4, name="b") * 2 + X
    assert b.shape == (5,)
    hidden = X

    def inner(X: Any) -> Any:
        return hidden @ X

    with pytest.raises(ValueError, match=r"^hidden \(4, 5\) @ X \(4, 5\): "):
        inner(np.ones((4, 5)))


def test_a_long_chain_of_nameless_results_is_not_written_out() -> None:
    x, chain = parameter(2, 3), [parameter(2, 3)]
    for _ in range(5000):
        chain[0] = (chain[0] + chain[0]) / 2
    with pytest.raises(ValueError, match=r"^the first operand \(2, 3\) \+ the second operand \(4,\): .{,200}$"):
        chain[0] + np.ones(4)
    twice = tg.op("twice", lambda x: 2 * x, lambda g, y, x: 2 * g)
    with pytest.raises(ValueError, match=r"^twice\(x\) \(2, 3\) \+ the second operand \(4,\): .* or 1$"):
        twice(x) + np.ones(4)


def test_advice_on_large_arrays_computes_nothing_large() -> None:
    x, y = (tg.tensor.constant(np.broadcast_to(1.0, shape)) for shape in ((10**9, 300), (10**9,)))  # one number each
    with pytest.raises(ValueError, match=r"mean x \+ y\.reshape\(1000000000, 1\)\?"):
        x + y


def test_a_failed_call_keeps_nothing_alive() -> None:
    import weakref

    array = np.ones((3, 2))
    alive = weakref.ref(array)
    with pytest.raises(ValueError, match=r"^the first operand \(2, 3\) \+ array \(3, 2\)"):
        parameter(2, 3) + array
    del array
    assert alive() is None
    kept = locals()
    with pytest.raises(ValueError, match=r"^the first operand \(2, 3\)"):
        parameter(2, 3) + np.ones(4)
    assert kept


@pytest.mark.parametrize("given", ["x", None, {}, sum])
def test_operands_other_than_numbers_are_refused_by_type(given: Any) -> None:
    for op in (tg.exp, tg.negative):
        with pytest.raises(
            TypeError, match=rf"^{op} takes booleans, integers and .* got {type(given).__name__} of dtype"
        ):
            op(given)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        tg.sum(np.ones(3), axes=1)


PROGRAMS = ["a @ b", "a * b", "tg.linear(a, b, c)", "np.where(m, b, c)", "np.concatenate([a, b])"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_suggestions_work_at_random_shapes(program: str) -> None:
    tried: list[str] = []
    random = np.random.default_rng(0)  # without Hypothesis, which takes longer than the calls

    def check(shapes: Any) -> None:
        namespace = {"tg": tg, "np": np, "m": np.ones(shapes[0], bool)} | {
            name: parameter(*s) for name, s in zip("abc", shapes, strict=True)
        }
        try:
            eval(program, namespace)
        except ValueError as error:
            found = re.search(r"Did you mean (.*)\?$", str(error))
            for suggestion in re.split(r", or |, (?=[abcm]\S* [@*]|tg\.|np\.)", found[1]) if found else []:
                if " with " not in suggestion:
                    tried.append(suggestion)
                    eval(suggestion.removesuffix(" (element-wise)"), namespace)

    for _ in range(500):  # few of them fail and have suggestions
        drawn = [tuple(random.integers(1, 4, random.integers(1, 4)).tolist()) for _ in range(3)]
        with case(shapes=drawn):
            check(drawn)
    assert len(set(tried)) > 2


def test_an_error_about_an_axis_gives_their_number() -> None:
    x = tg.Tensor(np.ones(3))
    for call in (lambda: tg.moveaxis(x, 0, 5), lambda: tg.take(x, 0, axis=5), lambda: tg.split(x, 3, axis=5)):
        with pytest.raises(AxisError, match="dimension 1"):
            call()
    for wrong in ([0.5], np.array([1.0])):
        with pytest.raises((TypeError, IndexError), match="int"):
            tg.take(x, wrong)


def test_a_system_of_equations_of_unequal_rows() -> None:
    A, b = tg.Tensor(np.eye(2)), np.ones(3)
    with pytest.raises(ValueError, match=r"A has 2 rows, and b has 3: A x = b takes equal numbers") as raised:
        tg.linalg.solve(A, b)
    assert "gufunc" not in str(raised.value)
