"""tg.vmap: equal to a loop over the rows, with gradients of any order, in every nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.comparing import assert_close
from helpers.leaves import random_leaf
from helpers.lines import every_line
from op_table import Domain, Line

import tinygraph as tg
from tinygraph.transforms import tree

N = 3


@every_line
def test_every_op_in_rows(line: Line) -> None:
    """All inputs in rows, and each one alone, with the others the same for all rows."""
    samples = zip(*[line.sample(seed=seed) for seed in range(N)], strict=True)
    is_mask = {k for k, d in enumerate(line.inputs) if line.name == "getitem" and str(d).startswith("?")}
    mapped = [k for k, d in enumerate(line.inputs) if isinstance(d, Domain) and k not in is_mask]
    inputs = [np.stack(x) if k in mapped else x[0] for k, x in enumerate(samples)]
    smooth = [k for k in mapped if line.smooth and inputs[k].dtype == "f8"]
    for chosen in [mapped, *([k] for k in mapped)]:
        args = [x if k in chosen or k not in mapped else x[0] for k, x in enumerate(inputs)]
        axes = tuple(0 if k in chosen else None for k in range(len(args)))
        xs = [tg.Tensor(x, requires_grad=k in smooth) if k in mapped else x for k, x in enumerate(args)]
        y = tg.vmap(line, in_axes=axes)(*xs)
        each = [line(*(x[row] if k in chosen else x for k, x in enumerate(args))) for row in range(N)]
        assert y.dtype == each[0].dtype
        assert_close(y.data, np.stack(each))
        if smooth:
            weights = np.linspace(0.5, 1.5, y.size).reshape(y.shape)
            y.backward(weights)
            own = [tg.Tensor(x, requires_grad=k in smooth) if k in mapped else x for k, x in enumerate(args)]
            parts = [line(*(x[row] if k in chosen else x for k, x in enumerate(own))) for row in range(N)]
            tg.stack(parts).backward(weights)
            for k in smooth:
                np.testing.assert_allclose(xs[k].grad, own[k].grad, rtol=1e-9, atol=1e-12)


W = random_leaf(3, 2, seed=5)


def net(x: Any, y: Any = 1.0) -> Any:
    h = tg.tanh(W @ x)
    return {"score": (h * h).sum() * y, "all": [h, tg.concatenate([h, x])]}


def test_axes_and_nests() -> None:
    x, y = random_leaf(2, 4, seed=1).data, np.arange(4.0)
    found = tg.vmap(net, in_axes=(1, 0), out_axes={"score": 0, "all": [1, 0]})(x, y)
    each = [net(x[:, k], y[k]) for k in range(4)]
    np.testing.assert_allclose(found["score"].data, [e["score"].item() for e in each], rtol=1e-12)
    np.testing.assert_allclose(found["all"][0].data, np.stack([e["all"][0].data for e in each], 1), rtol=1e-12)
    np.testing.assert_allclose(found["all"][1].data, np.stack([e["all"][1].data for e in each]), rtol=1e-12)
    nested = tg.vmap(lambda p, k: p["a"] * p["b"][0] + k, in_axes=({"b": [None], "a": -1}, None))
    np.testing.assert_array_equal(nested({"a": x, "b": [np.array([2.0, 3.0])]}, 1.0), x.T * [2.0, 3.0] + 1)
    np.testing.assert_array_equal(tg.vmap(lambda x, *, k: x * k)(y, k=y), y * y)
    table = {"a": x.T, "b": y}  # one number for all that it holds
    scaled = tg.vmap(lambda p, k: {"c": p["a"] * p["b"] + k}, in_axes=(0, None), out_axes={"c": 1})(table, 1.0)
    np.testing.assert_array_equal(scaled["c"], x * y + 1)
    a, b = tg.vmap(lambda x: (x, np.ones(2)), out_axes=(0, None))(y)
    assert type(a) is np.ndarray
    assert b.shape == (2,)
    assert tg.vmap(lambda x: np.ones(2))(y).shape == (4, 2)
    assert tg.vmap(tg.sin)(np.zeros((0, 2))).shape == (0, 2)


def test_rows_of_single_numbers_reduced_along_axis_0() -> None:
    """NumPy takes axis 0 of a number too."""
    x = np.array([2.0, 3.0])
    for f in (tg.sum, tg.mean, tg.prod, tg.max, tg.min, tg.logsumexp):
        np.testing.assert_array_equal(tg.vmap(lambda t, f=f: f(t, axis=0))(x), x)
        np.testing.assert_array_equal(tg.vmap(tg.grad(lambda t, f=f: f(t, axis=-1)))(x), [1, 1])
    np.testing.assert_array_equal(tg.vmap(lambda t: tg.softmax(t, axis=0))(x), [1, 1])


def test_gradients_flow_through_to_rows_and_to_tensors_from_outside() -> None:
    x = random_leaf(4, 2, seed=2)

    def cost(f: Any) -> Any:
        return (f(x) ** 2).sum()

    def loop(x: Any) -> Any:
        return tg.stack([net(x[k])["score"] for k in range(4)])

    def both(f: Any) -> Any:
        W.zero_grad(), x.zero_grad()
        cost(f).backward(create_graph=True)
        first = [x.grad, W.grad]
        W.zero_grad(), x.zero_grad()
        sum((g * g).sum() for g in first).backward()
        return [g.data for g in first] + [x.grad, W.grad]

    for a, b in zip(both(tg.vmap(lambda x: net(x)["score"])), both(loop), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_what_is_detached_stays_so() -> None:
    x = random_leaf(4, 2)
    tg.vmap(lambda x: (x * x.detach()).sum())(x).sum().backward()
    np.testing.assert_array_equal(x.grad, x.data)


def test_it_nests_with_the_derivatives_compile_and_itself() -> None:
    x, z = random_leaf(4, 2, seed=3).data, random_leaf(5, 2, seed=4).data

    def f(x: Any, z: Any = 1.0) -> Any:
        return (tg.sin(x * z) ** 2).sum() * x[0]

    each = [tg.grad(f)(row) for row in x]
    np.testing.assert_allclose(tg.vmap(tg.grad(f))(x), each, rtol=1e-12)
    np.testing.assert_allclose(tg.compile(tg.vmap(tg.grad(f)))(x), each, rtol=1e-12)
    np.testing.assert_allclose(tg.vmap(tg.compile(tg.grad(f)))(x), each, rtol=1e-12)
    np.testing.assert_allclose(tg.vmap(tg.hessian(f))(x), [tg.hessian(f)(row) for row in x], rtol=1e-11, atol=1e-12)
    table = tg.vmap(tg.vmap(f, in_axes=(None, 0)), in_axes=(0, None))(x, z)
    np.testing.assert_allclose(table, [[f(a, b) for b in z] for a in x], rtol=1e-12)
    np.testing.assert_allclose(
        tg.jacobian(tg.vmap(f))(x), tg.jacobian(lambda x: tg.stack([f(r) for r in x]))(x), rtol=1e-11
    )
    tg.check_gradients(tg.vmap(tg.grad(f)), x)
    steps = tg.vmap(lambda x: tg.scan(lambda c, r: (c * r, c), 1.0, x)[0])(x)
    np.testing.assert_allclose(steps, x.prod(axis=1), rtol=1e-12)
    looped = tg.scan(lambda c, r: (c, tg.vmap(tg.sin)(r)), 0.0, x)[1]
    np.testing.assert_array_equal(looped, np.sin(x))


def decay(x: Any, p: Any) -> Any:
    return p[0] * np.exp(-p[1] * x)


V = np.array([1.0, -1.0])
IN_THE_PARAMETERS: dict[str, Any] = {
    "grad": lambda x, p: tg.vmap(tg.grad(decay, argnums=1), in_axes=(0, None))(x, p),
    "value": lambda x, p: tg.vmap(tg.value_and_grad(decay, argnums=1), in_axes=(0, None))(x, p),
    "jacobian": lambda x, p: tg.vmap(tg.jacobian(decay, argnums=1), in_axes=(0, None))(x, p),
    "hessian": lambda x, p: tg.vmap(tg.hessian(decay, 1), in_axes=(0, None))(x, p),
    "hvp": lambda x, p: tg.vmap(lambda x, p: tg.hvp(lambda p: decay(x, p), p, V), in_axes=(0, None))(x, p),
    "vjp": lambda x, p: tg.vmap(lambda x: tg.vjp(lambda p: decay(x, p), p)[1](1.0)[0])(x),
    "jvp": lambda x, p: tg.vmap(lambda x: tg.jvp(lambda p: decay(x, p), (p,), (V,)))(x),
    "closed over": lambda x, p: tg.vmap(lambda x: tg.grad(lambda p: decay(x, p))(p))(x),
    "both mapped": lambda x, p: tg.vmap(tg.grad(decay, argnums=1))(x, np.ones((3, 1)) * p),
    "both differentiated": lambda x, p: tg.vmap(tg.grad(decay, argnums=(0, 1)), in_axes=(0, None))(x, p),
    "first": lambda x, p: tg.vmap(tg.grad(lambda p, x: decay(x, p)), in_axes=(None, 0))(p, x),
    "the rows": lambda x, p: tg.vmap(tg.grad(decay), in_axes=(0, None))(x, p),
    "vmap": lambda x, p: tg.vmap(lambda x: tg.vmap(lambda p: tg.grad(decay, argnums=1)(x, p))(p[None]))(x),
    "grad of grad": lambda x, p: tg.vmap(tg.grad(lambda x, p: tg.grad(decay)(x, p), argnums=1), in_axes=(0, None))(
        x, p
    ),
}


@pytest.mark.parametrize("name", IN_THE_PARAMETERS)
def test_arrays_give_arrays_also_next_to_rows_that_are_not_differentiated(name: str) -> None:
    f, x, p = IN_THE_PARAMETERS[name], np.linspace(0.0, 1.0, 3), np.array([1.0, 2.0])
    for call in (f, tg.compile(f)):
        found, of_leaf = tree.leaves(call(x, p)), tree.leaves(call(x, tg.Tensor(p, requires_grad=True)))
        assert {type(y) for y in found} == {np.ndarray}
        assert all(type(y) is tg.Tensor and y.requires_grad for y in of_leaf)
        for y, z in zip(found, of_leaf, strict=True):
            np.testing.assert_allclose(y, z.data, rtol=1e-14)


def test_each_op_runs_once_for_all_rows() -> None:
    x = random_leaf(50, 2)
    y = tg.vmap(lambda x: tg.relu(W @ x).max() + tg.softmax(x)[1])(x)
    assert len(y.tape()) < 15


def test_an_op_of_ones_own_runs_row_by_row() -> None:
    seen = []
    cube = tg.op("cube", lambda x: (seen.append(x.shape), x**3)[1], lambda g, y, x: g * 3 * x**2)
    x = random_leaf(4, 2)
    tg.vmap(cube)(x).sum().backward()
    assert set(seen) == {(2,)}
    np.testing.assert_allclose(x.grad, 3 * x.data**2)


def test_labels_in_rows_are_checked() -> None:
    cost = tg.vmap(tg.softmax_cross_entropy, in_axes=(None, 0))
    scores = tg.Tensor(np.eye(3), requires_grad=True)
    assert cost(scores, np.array([[0, 1, 2], [1, 1, 1]])).shape == (2,)
    with pytest.raises(ValueError, match="labels"):
        cost(scores, np.array([[0, 1, 2], [1, 1, -1]]))
    with pytest.raises(ValueError, match="labels from 0 to 1"):
        tg.vmap(tg.cross_entropy_with_logits)(np.ones((2, 1, 3)), np.array([[[0.0, 1.0, 0.5]], [[1.0, 0.0, 2.0]]]))
    compiled = tg.compile(cost)
    assert compiled(scores, np.array([[0, 1, 2], [1, 1, 1]])).shape == (2,)
    with pytest.raises(ValueError, match="labels"):
        compiled(scores, np.array([[0, 1, 2], [1, 1, -1]]))


def test_random_draws_and_reads_of_values_are_refused_by_name() -> None:
    rng = np.random.default_rng(0)
    x = np.ones((3, 2))
    with pytest.raises(TypeError, match=r"the function of tg.vmap draws random numbers, and runs once"):
        tg.vmap(lambda x: x + rng.normal(size=2))(x)
    assert rng.random() == np.random.default_rng(0).random()
    with pytest.raises(TypeError, match=r"asks for a value while tg.vmap traces the function"):
        tg.vmap(lambda x: x if x[0] > 0 else -x)(x)
    w = random_leaf(2)
    with pytest.raises(TypeError, match=r"assigning to .data cannot run in a function of tg.vmap"):
        tg.vmap(lambda x: (setattr(w, "data", np.ones(2)), x)[1])(x)


def test_axes_that_an_op_or_a_rule_gives_as_an_array() -> None:
    x = random_leaf(2, 3, seed=6).data
    for f in (np.prod, np.nanprod):
        np.testing.assert_allclose(tg.vmap(tg.grad(f))(x), [tg.grad(f)(row) for row in x])
    turned = tg.vmap(lambda x: np.transpose(x, np.array([1, 0])))(np.ones((4, 2, 3)))
    assert turned.shape == (4, 3, 2)


WITHOUT_ROWS = {
    "sort": (np.sort, (3,), (3,)),
    "median": (np.median, (3,), ()),
    "cumsum": (np.cumsum, (2, 3), (6,)),
    "norm": (np.linalg.norm, (2, 2), ()),
    "inverse": (np.linalg.inv, (2, 2), (2, 2)),
    "cholesky": (np.linalg.cholesky, (2, 2), (2, 2)),
    "argsort": (np.argsort, (3,), (3,)),
    "scan": (lambda x: tg.scan(lambda c, r: (c * r, c), 1.0, x)[1], (3,), (3,)),
    "solutions": (lambda x: tg.scan(lambda c, A: (np.linalg.solve(A, c), None), np.ones(2), x)[0], (3, 2, 2), (2,)),
    "vmap": (tg.vmap(np.sort), (2, 3), (2, 3)),
}


@pytest.mark.parametrize("name", WITHOUT_ROWS)
def test_no_rows_by_an_op_that_runs_row_by_row(name: str) -> None:
    f, shape, of_result = WITHOUT_ROWS[name]
    x = np.zeros((0, *shape))
    y = tg.vmap(f)(x)
    assert y.shape == (0, *of_result)
    assert y.dtype == f(np.broadcast_to(np.eye(shape[-1])[: shape[-2]] if len(shape) > 1 else 1.0, shape)).dtype
    assert tg.compile(tg.vmap(f))(x).shape == y.shape
    if y.dtype == float:
        w = tg.Tensor(np.ones(shape), requires_grad=True)
        tg.vmap(lambda x: f(x * w))(x).sum().backward()
        np.testing.assert_array_equal(w.grad, np.zeros(shape))
        assert tg.grad(lambda x: tg.vmap(f)(x).sum())(x).shape == x.shape


def test_no_steps_of_an_op_that_takes_no_zeros() -> None:
    last, _ = tg.scan(lambda c, A: (np.linalg.solve(A, c), None), np.ones(2), np.zeros((0, 2, 2)))
    np.testing.assert_array_equal(last, np.ones(2))


def test_errors_say_what_is_wrong_with_the_function_and_the_axes() -> None:
    x = np.ones((2, 2))
    with pytest.raises(TypeError, match=r"tg.vmap traces one shape: .*, or leave this part out of the function$"):
        tg.vmap(lambda a: a[a > 0])(x)
    with pytest.raises(TypeError, match=r"for a result of its function, tg.vmap takes .* got NoneType"):
        tg.vmap(lambda a: (a, None))(x)
    with pytest.raises(TypeError, match=r"what tg.vmap makes gives results alone: take gradients inside"):
        tg.vmap(lambda a: a.sum().backward())(x)
    with pytest.raises(TypeError, match=r"vmap\(in_axes='0'\): an axis is an integer or None"):
        tg.vmap(np.sin, in_axes="0")(x)
    with pytest.raises(TypeError, match=r"vmap\(out_axes=1.5\): an axis is an integer or None"):
        tg.vmap(np.sin, out_axes=1.5)(x)
    with pytest.raises(IndexError, match=r"a \(2,\)\[5\]: index 5 is out of bounds for axis 0 with size 2$"):
        tg.vmap(lambda a: a[5])(x)


def test_a_wrong_index_is_an_error_of_the_check() -> None:
    weights = np.ones((3, 2))
    for f in (lambda k: tg.embedding(weights, k), lambda k: tg.embedding(weights, k + 0)):
        with pytest.raises(ValueError, match=r"embedding of weights \(3, 2\) takes indices from 0 to 2, got 5"):
            tg.vmap(f)(np.array([[0], [5]]))
