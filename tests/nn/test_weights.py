"""Weights and label smoothing in the costs, against PyTorch's results.

tools/cost_figures.py made data/cost_figures.json with PyTorch; the file has the version.
"""

import json
import re

import numpy as np
import pytest
from helpers.paths import TESTS

import tinygraph as tg

FIGURES = json.loads((TESTS / "data" / "cost_figures.json").read_text())
PROBLEM = FIGURES["problem"]
Z, LABELS, S, W = (np.array(PROBLEM[key]) for key in ("Z", "labels", "sample_weight", "class_weight"))
ROW, ONES = Z[:1], np.array([PROBLEM["binary_labels"]], float)
# each cost, from scores, with their shape and the labels
COSTS = {
    "softmax": (tg.softmax_cross_entropy, Z, LABELS),
    "one hot": (tg.softmax_cross_entropy, Z, np.eye(3)[:, LABELS]),
    "of a sigmoid": (lambda Z, Y, **options: tg.cross_entropy(tg.sigmoid(Z), Y, **options), ROW, ONES),
    "of probabilities": (lambda Z, Y, **options: tg.cross_entropy(1 - tg.sigmoid(-Z), Y, **options), ROW, ONES),
    "logits": (tg.cross_entropy_with_logits, ROW, ONES),
}
costs = pytest.mark.parametrize("name", COSTS)
cases = pytest.mark.parametrize("case", FIGURES["cases"], ids=lambda case: str(list(case["options"])))


def weights(options, scores):
    """The options of a case, with the weights that it names."""
    found = {"class_weight": W[: 2 if len(scores) == 1 else 3], "sample_weight": S}
    return {key: found.get(key, value) for key, value in options.items()}


@costs
@cases
def test_costs_and_gradients_are_those_of_pytorch(name, case):
    cost, scores, Y = COSTS[name]
    expected = case["softmax" if len(scores) > 1 else "binary"]
    given = weights(case["options"], scores)
    calls = {
        "eager": tg.value_and_grad(lambda Z: cost(Z, Y, **given)),
        "compiled": tg.compile(tg.value_and_grad(lambda Z: cost(Z, Y, **given))),
        "of arguments": lambda Z: tg.compile(tg.value_and_grad(lambda Z, Y, given: cost(Z, Y, **given)))(Z, Y, given),
    }
    for call in calls.values():
        value, gradient = call(scores)
        np.testing.assert_allclose(value, expected["cost"], rtol=1e-13)
        np.testing.assert_allclose(gradient, expected["gradient"], rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(cost(scores, Y, **given), expected["cost"], rtol=1e-13)


def test_one_trace_serves_all_weights():
    traced = []

    def cost(Z, Y, s, w):
        traced.append(Z)
        return tg.softmax_cross_entropy(Z, Y, sample_weight=s, class_weight=w)

    f = tg.compile(cost)
    for s, w in ((S, W), (S[::-1].copy(), W), (S, W**2)):
        expected = tg.softmax_cross_entropy(Z, LABELS, sample_weight=s, class_weight=w)
        np.testing.assert_allclose(f(Z, LABELS, s, w), expected, rtol=1e-14)
    assert len(traced) == 1


def test_a_compiled_step_trains_as_the_eager_one():
    X = np.random.default_rng(0).standard_normal((3, 6))
    nets = [tg.MLP([3, 4, 1], rng=0) for _ in range(2)]
    optimizers = [tg.optim.SGD(net.parameters, 0.5) for net in nets]
    options = {"class_weight": [1, 3], "label_smoothing": 0.1}
    step = tg.compile(
        lambda X, Y, s: tg.cross_entropy(nets[0](X), Y, sample_weight=s, **options), optimizer=optimizers[0]
    )
    for _ in range(5):
        got = step(X, ONES, S)
        expected = tg.cross_entropy(nets[1](X), ONES, sample_weight=S, **options)
        optimizers[1].zero_grad()
        expected.backward()
        optimizers[1].step()
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-13)
    for key, p in nets[0].parameters.items():
        np.testing.assert_allclose(p.data, nets[1].parameters[key].data, rtol=1e-12)


@costs
def test_derivatives_to_second_order_in_scores_labels_and_weights(name):
    cost, scores, Y = COSTS[name]
    w = W[: 2 if len(scores) == 1 else 3]
    soft = np.random.default_rng(0).uniform(0.1, 0.9, scores.shape)
    full = lambda Z, Y, s, w: cost(Z, Y, sample_weight=s, class_weight=w, label_smoothing=0.1)  # noqa: E731
    tg.check_gradients(full, scores, soft, S, w)
    tg.check_gradients(lambda Z, s, w: cost(Z, Y, sample_weight=s, class_weight=w), scores, S, w)
    by_hand = tg.hessian(lambda Z: full(Z, Y, S, w))(scores)
    compiled = tg.compile(tg.hessian(lambda Z, s: full(Z, Y, s, w)))(scores, S)
    np.testing.assert_allclose(compiled, by_hand, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(np.moveaxis(by_hand, (0, 1), (2, 3)), by_hand, rtol=1e-9, atol=1e-15)


def test_the_gradient_of_a_class_weight_of_0():
    Z, Y = np.array([[2.0, -1.0, 0.5]]), np.array([[1.0, 0.0, 0.0]])
    loss = tg.softplus(np.where(Y == 1, -Z, Z))[0]
    for cost in (COSTS["logits"][0], COSTS["of a sigmoid"][0], COSTS["of probabilities"][0]):
        slope = tg.grad(lambda w: cost(Z, Y, class_weight=w))(np.array([1.0, 0.0]))  # noqa: B023
        # of (w0 (loss1 + loss2) + w1 loss0) / (2 w0 + w1)
        zeros = loss[1] + loss[2]
        np.testing.assert_allclose(slope, [0, loss[0] / 2 - zeros / 4], rtol=1e-12, atol=1e-15)


@costs
def test_a_weight_counts_examples(name):
    cost, scores, Y = COSTS[name]
    once = cost(scores[:, [0, 1, 1, 1, 3]], Y[..., [0, 1, 1, 1, 3]])
    np.testing.assert_allclose(cost(scores, Y, sample_weight=[1, 3, 0, 1, 0, 0]), once, rtol=1e-14)
    np.testing.assert_allclose(cost(scores, Y, sample_weight=[[1, 3, 0, 1, 0, 0]]), once, rtol=1e-14)
    classes = 2 if len(scores) == 1 else 3
    np.testing.assert_allclose(cost(scores, Y, class_weight=[7.0] * classes), cost(scores, Y), rtol=1e-14)


def test_mean_squared_error():
    A, Y = ROW, ONES
    expected = np.average((A - Y)[0] ** 2, weights=S)
    for s in (S, S[None], S[None].tolist(), tg.Tensor(S)):
        np.testing.assert_allclose(np.asarray(tg.mean_squared_error(tg.Tensor(A), Y, sample_weight=s).data), expected)
        np.testing.assert_allclose(
            tg.compile(lambda s: tg.mean_squared_error(tg.Tensor(A), Y, sample_weight=s))(s).numpy(), expected
        )
    tg.check_gradients(lambda A, s: tg.mean_squared_error(A, Y, sample_weight=s), A, S)


@pytest.mark.parametrize("cost", [tg.mean_squared_error, tg.cross_entropy, tg.cross_entropy_with_logits])
def test_weights_of_columns_and_of_entries(cost):
    random = np.random.default_rng(0)
    A, Y, entries = random.uniform(0.1, 0.9, (3, 4)), random.uniform(size=(3, 4)), random.uniform(size=(3, 4))
    losses = np.array([[cost(a, y) for a, y in zip(*rows, strict=True)] for rows in zip(A, Y, strict=True)])
    for s in (entries[0], entries[:1], entries):
        expected = np.average(losses, weights=np.broadcast_to(s, (3, 4)))
        np.testing.assert_allclose(cost(A, Y, sample_weight=s), expected, rtol=1e-14)
    np.testing.assert_allclose(
        cost(A[0], Y[0], sample_weight=entries[0]), cost(A[:1], Y[:1], sample_weight=entries[0]), rtol=1e-14
    )
    if cost is not tg.mean_squared_error:
        weights = entries[0] * (Y + 3 * (1 - Y))
        sides = [np.array([[cost(a, y) for a in row] for row in A]) for y in (0.0, 1.0)]
        expected = (entries[0] * (3 * (1 - Y) * sides[0] + Y * sides[1])).sum() / weights.sum()
        got = cost(A, Y, sample_weight=entries[0], class_weight=[3, 1])
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def test_class_weights_keep_the_cost_exact_if_sigmoid_saturates():
    Y = np.array([[1.0, 0.0, 1.0, 0.0]])
    Z = tg.Tensor([[40.0, -40.0, -1e4, 1e4]], requires_grad=True)
    for counts in (0, 1):  # the right ones alone, whose cost is tiny, and all
        Z.zero_grad()
        s = [1, 1, counts, counts]
        cost = tg.cross_entropy(tg.sigmoid(Z), Y, class_weight=[1, 3], sample_weight=s)
        cost.backward()
        losses, total = np.array([np.exp(-40), np.exp(-40), 1e4, 1e4]), 4 * (1 + counts)
        np.testing.assert_allclose(float(cost), (losses * [3, 1, 3, 1] * s).sum() / total, rtol=1e-12)
        slopes = np.array([[-np.exp(-40), np.exp(-40), -1, 1]])
        np.testing.assert_allclose(Z.grad, slopes * [3, 1, 3, 1] * s / total, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@costs
def test_the_dtype_is_that_of_the_scores(name, dtype):
    cost, scores, Y = COSTS[name]
    w = W[: 2 if len(scores) == 1 else 3]
    given = {"sample_weight": S, "class_weight": w, "label_smoothing": np.float64(0.1)}
    value, gradient = tg.value_and_grad(lambda Z: cost(Z, Y, **given))(scores.astype(dtype))
    assert (np.asarray(value).dtype, gradient.dtype) == (dtype, dtype)
    expected = tg.grad(lambda Z: cost(Z, Y, **given))(scores)
    np.testing.assert_allclose(gradient, expected, rtol=0.01, atol=0.01 if dtype == "float16" else 1e-6)
    for dtype_of_weights in ("int64", "bool", "float32"):
        s = (S > 1).astype(dtype_of_weights)
        np.testing.assert_allclose(cost(scores, Y, sample_weight=s), cost(scores, Y, sample_weight=(S > 1) * 1.0))


def ops(cost):
    return [node.op.name for node in cost.tape()]


@costs
def test_without_weights_the_graph_is_as_before(name):
    cost, scores, Y = COSTS[name]
    leaf = tg.Tensor(scores, requires_grad=True)
    plain = cost(leaf, Y)
    same = cost(leaf, Y, sample_weight=None, class_weight=None, label_smoothing=0)
    assert ops(plain) == ops(same)
    assert not {"divide", "where"} & {*ops(plain)} or name == "of probabilities"
    assert plain.data.tobytes() == same.data.tobytes()


def test_only_the_cost_without_weights_is_the_lessons_equation_7():
    net = tg.MLP([3, 4, 1], rng=0)
    assert "# (7)" in tg.explain(tg.cross_entropy(net(Z), ONES))
    for options in ({"sample_weight": S}, {"class_weight": [1, 2]}, {"label_smoothing": 0.1}):
        assert "# (7)" not in tg.explain(tg.cross_entropy(net(Z), ONES, **options))


def test_a_class_of_weight_0_may_be_masked_by_minus_infinity():
    Z = tg.Tensor([[1.0, 2.0], [-np.inf, 0.0], [0.0, 1.0]], requires_grad=True)
    tg.softmax_cross_entropy(Z, np.array([0, 2]), class_weight=[1, 0, 2]).backward()
    assert np.isfinite(Z.grad).all()


BAD = {
    "a negative weight": (
        {"sample_weight": S - 1},
        r"sample_weight=...) takes finite weights of at least 0, not all 0",
    ),
    "no number": ({"sample_weight": S * np.nan}, "got nan to nan"),
    "infinite": ({"sample_weight": np.where(S > 1, np.inf, S)}, "got 0.784 to inf"),
    "all zero": ({"sample_weight": S * 0}, "sample_weight=...) takes finite weights of at least 0, not all 0; got 0.0"),
    "a negative class": ({"class_weight": W - 1}, "class_weight=...) takes finite weights of at least 0"),
    "zero classes": ({"class_weight": W * 0}, "class_weight=...) takes finite weights of at least 0, not all 0"),
}


@pytest.mark.parametrize("bad", BAD)
@costs
def test_a_compiled_cost_refuses_the_same_weights_as_the_eager_one(name, bad):
    cost, scores, Y = COSTS[name]
    options, words = BAD[bad]
    ((option, wrong),) = options.items()
    right = np.ones_like(wrong)
    if option == "class_weight" and len(scores) == 1:
        right, wrong = right[:2], wrong[:2]
    p = tg.Tensor(scores, requires_grad=True, name="p")
    step = tg.compile(lambda weights: cost(p, Y, **{option: weights}), optimizer=tg.optim.SGD([p], 0.1))
    held = tg.Tensor(right)
    of_held = tg.compile(lambda Z: cost(Z, Y, **{option: held}))
    step(right), of_held(scores)
    before = p.data.copy()
    held.data = wrong
    for refused in (
        lambda: cost(p, Y, **{option: wrong}),
        lambda: cost(p, Y, **{option: tg.Tensor(wrong)}),
        lambda: step(wrong),
        lambda: of_held(scores),
        lambda: tg.compile(lambda w: cost(p, Y, **{option: w}))(wrong),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            refused()
    np.testing.assert_array_equal(p.data, before)


@costs
def test_labels_whose_classes_all_have_the_weight_0_are_refused(name):
    cost, scores, Y = COSTS[name]
    w, absent = ([1.0, 0.0], np.ones_like(Y)) if len(scores) == 1 else ([1.0, 1.0, 0.0], np.full(6, 2))
    absent = np.eye(3)[:, absent] if name == "one hot" else absent
    f = tg.compile(lambda Z, Y: cost(Z, Y, class_weight=w))
    f(scores, Y)
    for call in (f, lambda Z, Y: cost(Z, Y, class_weight=w)):
        with pytest.raises(ValueError, match="of these labels takes finite weights of at least 0, not all 0"):
            call(scores, absent)


def test_weights_that_depend_on_a_variable_are_not_checked():
    learned = tg.Tensor(-S, requires_grad=True)
    assert np.isfinite(float(tg.cross_entropy_with_logits(ROW, ONES, sample_weight=learned * 1)))


@costs
def test_other_shapes_are_refused_and_never_broadcast(name):
    cost, scores, Y = COSTS[name]
    for wrong, words in (
        (S[:, None], "takes shape (6,) or (1, 6), got (6, 1): write sample_weight.reshape(6)"),
        (S[:2], "takes shape (6,) or (1, 6), got (2,)"),
        (2.0, "takes shape (6,) or (1, 6), got ()"),
    ):
        with pytest.raises(ValueError, match=re.escape(words) + "$"):
            cost(scores, Y, sample_weight=wrong)
    n = 2 if len(scores) == 1 else 3
    for wrong, words in (
        (np.ones((n, 1)), f"class_weight=...) takes shape ({n},), got ({n}, 1): write class_weight.reshape({n})"),
        ([1.0] * 4, f"class_weight=...) takes shape ({n},), got (4,)"),
    ):
        with pytest.raises(ValueError, match=re.escape(words) + "$"):
            cost(scores, Y, class_weight=wrong)
    for wrong, kind in (
        (1, ValueError),
        (-0.1, ValueError),
        (np.nan, ValueError),
        ("0.1", TypeError),
        (None, TypeError),
    ):
        with pytest.raises(kind, match="label_smoothing is "):
            cost(scores, Y, label_smoothing=wrong)
    for wrong in ({0: 1.0, 1: 2.0}, "balanced"):
        with pytest.raises(TypeError, match=r"class_weight=...\) takes a number for each class"):
            cost(scores, Y, class_weight=wrong)


def test_label_smoothing_may_be_an_argument_of_a_compiled_function():
    f = tg.compile(lambda eps: tg.softmax_cross_entropy(Z, LABELS, label_smoothing=eps))
    for eps in (0.1, 0.3, 0.0):
        np.testing.assert_allclose(f(eps), tg.softmax_cross_entropy(Z, LABELS, label_smoothing=eps), rtol=1e-14)
    with pytest.raises(ValueError, match=r"label_smoothing is at least 0 and below 1, got 1\.5"):
        f(1.5)


def test_a_batch_of_0_examples():
    """A step with reduce= gets a cost of 0 and gradients of 0, also if the cost has weights."""
    p = tg.Tensor(np.ones((3, 1)), requires_grad=True, name="p")
    cost = lambda X, Y, s: tg.softmax_cross_entropy(p * X, Y, sample_weight=s, class_weight=W)  # noqa: E731
    seen = []
    step = tg.compile(cost, optimizer=tg.optim.SGD([p], 0.1), reduce=lambda vector: seen.append(vector.copy()))
    step(Z, LABELS, S)
    before = p.data.copy()
    assert float(step(Z[:, :0], LABELS[:0], S[:0])) == 0
    np.testing.assert_array_equal(p.data, before)
    assert seen[0].any()
    assert not seen[1].any()


@pytest.mark.parametrize("options", [{"label_smoothing": 0.2}, {"class_weight": [1, 3]}, {"sample_weight": np.ones(4)}])
def test_the_labels_of_a_graph_are_the_users_if_they_have_their_name(options):
    Z, Y = tg.Tensor([[0.3, -0.2, 0.1, 0.5]], requires_grad=True), np.array([[1.0, 0.0, 0.5, 1.0]])
    inputs = [x for t in tg.cross_entropy(tg.sigmoid(Z), Y, **options).tape() for x in t.inputs]
    named = [x for x in inputs if x.name == "Y"]
    assert all(np.array_equal(x.data, Y) for x in named)
    assert bool(named) == ("sample_weight" in options)
