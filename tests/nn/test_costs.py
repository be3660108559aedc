"""Costs: their values, also if sigmoid has rounded to 0 or 1, and their errors."""

from contextlib import nullcontext
from math import exp, log1p

import numpy as np
import pytest
from helpers.leaves import leaf

import tinygraph as tg
from tinygraph.ops.composed import log_loss
from tinygraph.tape import gradients


def exact_cost(Z, Y):
    """Formula (7) of sigmoid(Z) in Python floats, with a stable log(1 + exp(z))."""
    softplus = [max(z, 0) + log1p(exp(-abs(z))) for z in Z]
    return sum(s - y * z for s, y, z in zip(softplus, Y, Z, strict=True)) / len(Z)


SATURATING = [1e4, -1e4, 1e4, -1e4, 750.0, -750.0, 40.0, -40.0, 36.0, -36.0, 2.0, 0.0, -1e-3]
LABELS = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.25]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [2, 4, 8, 13])
@pytest.mark.parametrize("keeps_dA", [False, True])
def test_cross_entropy_is_exact_if_sigmoid_saturates(dtype, count, keeps_dA):
    """Costs and gradients of all at once, and of the right ones alone, whose cost is tiny."""
    Y = np.array([LABELS[:count]], dtype)
    Z = tg.Tensor(np.array([SATURATING[:count]], dtype), requires_grad=True)
    A = tg.sigmoid(Z)
    if keeps_dA:
        A.retain_grad()
    cost = tg.cross_entropy(A, Y)
    cost.backward()
    with nullcontext() if keeps_dA else pytest.warns(UserWarning, match="A.retain_grad"):
        assert (A.grad is not None) == keeps_dA
    rtol = 1e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(cost.data, exact_cost(SATURATING[:count], LABELS[:count]), rtol=rtol)
    A = [1 / (1 + exp(-z)) if z > -700 else 0.0 for z in SATURATING[:count]]
    np.testing.assert_allclose(
        Z.grad[0] * count, np.array(A) - LABELS[:count], rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-15
    )
    by_logits = tg.Tensor(Z.data, requires_grad=True)
    tg.cross_entropy_with_logits(by_logits, Y).backward()
    np.testing.assert_allclose(Z.grad, by_logits.grad, rtol=rtol * 10, atol=1e-15 if dtype == "float64" else 1e-8)


def test_a_saturated_net_has_finite_gradients_and_a_tape_that_shows_how():
    mlp = tg.MLP([2, 3, 1], rng=0)
    X = np.array([[1e4, -1e4, 1.0], [1e4, 1e4, -1.0]])
    cost = tg.cross_entropy(mlp(X), np.array([[0, 1, 1]]))
    cost.backward()
    assert np.isfinite(float(cost))
    assert all(np.isfinite(g).all() for g in mlp.gradients().values())
    assert [node.op.name for node in cost.tape()][-3:] == ["sigmoid", "log_loss", "mean"]
    assert [x.name for x in cost.tape()[-2].inputs if x.name] == ["A2", "Y", "Z2"]


def test_the_gradient_of_AL_is_that_of_the_lesson_unless_AL_has_rounded():
    Z = tg.Tensor([[2.0, -3.0, 30.0, -500.0]], requires_grad=True)
    Y = np.array([[1.0, 0.0, 0.0, 1.0]])
    A = tg.sigmoid(Z)
    A.retain_grad()
    tg.cross_entropy(A, Y).backward()
    np.testing.assert_allclose(4 * A.grad, -(Y / A.data - (1 - Y) / (1 - A.data)), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_gradient_past_AL_is_that_through_AL(dtype):
    """Also if AL is used elsewhere, in a checkpoint that reads AL from outside, and with labels
    that require one.
    """
    random = np.random.default_rng(0)
    scores, labels = random.normal(size=(1, 6)).astype(dtype), random.random((1, 6)).astype(dtype)

    def both(keeps_dA, cost):
        Z, Y = tg.Tensor(scores, requires_grad=True), tg.Tensor(labels, requires_grad=True)
        A = tg.sigmoid(Z * 2)
        if keeps_dA:
            A.retain_grad()
        cost(A, Y).backward()
        with nullcontext() if keeps_dA else pytest.warns(UserWarning, match="A.retain_grad"):
            return Z.grad, Y.grad, A.grad

    for cost in (
        tg.cross_entropy,
        lambda A, Y: tg.cross_entropy(A, Y) + (A * A).mean(),
        lambda A, Y: tg.checkpoint(lambda Y: tg.cross_entropy(A, Y))(Y),
    ):
        *whole, of_A = both(False, cost)
        *through, kept = both(True, cost)
        assert of_A is None
        assert kept is not None
        for a, b in zip(whole, through, strict=True):
            np.testing.assert_allclose(a, b, rtol=100 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)


def test_past_AL_the_gradient_is_computed_without_a_division():
    Z, Y = tg.Tensor([[2.0, -3.0, 0.3]], requires_grad=True), np.array([[1.0, 0.0, 0.7]])
    A = tg.sigmoid(Z)
    tg.cross_entropy(A, Y).backward()
    assert Z.grad.tolist() == (np.divide(1, 3) * (A.data - Y)).tolist()


@pytest.mark.parametrize("asked", ["keep", "stop"])
def test_an_AL_whose_gradient_is_asked_for_gets_it(asked):
    Z, Y = tg.Tensor([[2.0, -3.0]], requires_grad=True), np.array([[1.0, 0.0]])
    A = tg.sigmoid(Z)
    found = gradients(tg.cross_entropy(A, Y), np.ones(()), **{asked: {A}})
    np.testing.assert_allclose(2 * found[A], -(Y / A.data - (1 - Y) / (1 - A.data)), rtol=1e-12)
    assert (Z in found) == (asked == "keep")


def test_log_loss_of_other_scores_leaves_the_gradient_to_AL():
    Z, other = (tg.Tensor([[z, -3.0]], requires_grad=True) for z in (2.0, 1.0))
    A, Y = tg.sigmoid(Z), np.array([[1.0, 0.0]])
    log_loss(A, Y, other).sum().backward()
    np.testing.assert_allclose(Z.grad, A.data - Y, rtol=1e-12)


def test_nothing_goes_past_an_AL_without_a_gradient():
    Z = tg.Tensor([[1.0, -2.0]], requires_grad=True)
    with tg.no_grad():
        A = tg.sigmoid(Z)
    A.inputs[0].requires_grad = True
    cost = tg.cross_entropy(A, np.array([[0.0, 1.0]]))
    if cost.requires_grad:
        cost.backward()
    assert Z.grad is None
    assert A.inputs[0].grad is None or not A.inputs[0].grad.any()


def test_an_AL_without_a_sigmoid_is_taken_by_log_and_mean():
    A = tg.Tensor([[0.8, 0.3, 0.6]], requires_grad=True)
    Y = np.array([[1.0, 0.0, 0.5]])
    cost = tg.cross_entropy(A, Y)
    cost.backward()
    names = [node.op.name for node in cost.tape()]
    assert names.count("log") == 2
    assert "mean" in names
    np.testing.assert_allclose(cost.data, -np.mean(Y * np.log(A.data) + (1 - Y) * np.log(1 - A.data)), rtol=1e-15)
    np.testing.assert_allclose(3 * A.grad, -(Y / A.data - (1 - Y) / (1 - A.data)), rtol=1e-14)
    assert float(tg.cross_entropy(np.array([[1.0, 0.0]]), np.array([[1, 0]]))) == 0  # and no 0 * log(0)


@pytest.mark.parametrize("cost", [tg.cross_entropy_with_logits, lambda Z, Y: tg.cross_entropy(tg.sigmoid(Z), Y)])
def test_second_derivatives(cost):
    random = np.random.default_rng(0)
    Y = np.array([[1.0, 0.0, 0.3, 1.0, 0.0]])
    Z = random.standard_normal((1, 5))
    tg.check_gradients(cost, Z, Y)
    tg.check_gradients(lambda Y: cost(Z, Y), Y)


def test_the_cost_is_equally_exact_under_no_grad():
    Z, Y = np.array([[1e4, -1e4, 40.0]]), np.array([[0.0, 0.0, 1.0]])
    with tg.no_grad():
        cost = tg.cross_entropy(tg.sigmoid(tg.Tensor(Z, requires_grad=True)), Y)
    assert not cost.requires_grad
    np.testing.assert_allclose(cost.data, exact_cost(Z[0], Y[0]), rtol=1e-15)


def test_softmax_cross_entropy():
    random = np.random.default_rng(0)
    Z, labels = 3 * random.standard_normal((4, 6)), np.array([0, 3, 1, 1, 2, 0])
    probabilities = np.exp(Z) / np.exp(Z).sum(axis=0)
    by_hand = -np.mean(np.log(probabilities[labels, range(6)]))
    one_hot = np.eye(4)[:, labels]
    for Y in (labels, labels[None], one_hot, tg.Tensor(labels)):
        np.testing.assert_allclose(tg.softmax_cross_entropy(tg.Tensor(Z), Y).data, by_hand, rtol=1e-14)
    z = tg.Tensor(Z, requires_grad=True)
    tg.softmax_cross_entropy(z, labels).backward()
    np.testing.assert_allclose(z.grad, (probabilities - one_hot) / 6, rtol=1e-12)
    tg.check_gradients(lambda Z: tg.softmax_cross_entropy(Z, labels), Z)
    tg.check_gradients(tg.softmax_cross_entropy, Z, random.uniform(0.1, 0.9, (4, 6)))  # columns need not sum to 1
    for Y in (labels, one_hot):
        assert [node.op.name for node in tg.softmax_cross_entropy(z, Y).tape()] == ["softmax_loss", "mean"]
    assert float(tg.softmax_cross_entropy(np.array([[1e4], [0.0]]), np.array([1]))) == 1e4


def test_mean_squared_error():
    A = tg.Tensor([[1.0, 2.0]], requires_grad=True)
    cost = tg.mean_squared_error(A, [[0, 4]])
    cost.backward()
    assert float(cost) == 2.5
    np.testing.assert_array_equal(A.grad, [[1.0, -2.0]])


@pytest.mark.parametrize("cost", [tg.cross_entropy, tg.cross_entropy_with_logits, tg.mean_squared_error])
def test_labels_of_another_shape_are_refused_and_never_broadcast(cost):
    A = tg.Tensor(np.full((1, 3), 0.5))
    for Y in (np.ones((3, 1)), np.ones(3), np.ones((1, 4)), 1.0):
        with pytest.raises(ValueError, match=r"the labels take the shape \(1, 3\)"):
            cost(A, Y)
    with pytest.raises(TypeError, match="floating-point"):
        cost(A, [["a", "b", "c"]])


@pytest.mark.parametrize("dtype", [float, np.float16, bool])
def test_softmax_cross_entropy_refuses_examples_as_rows(dtype):
    Y = np.eye(3)[[0, 0, 2]].astype(dtype)  # a square of labels, which says by its sums what is an example
    run = tg.compile(tg.softmax_cross_entropy)
    for f in (tg.softmax_cross_entropy, run):
        with pytest.raises(
            ValueError, match=r"takes examples as columns, and the rows of Y sum to 1: write Z.T and Y.T"
        ):
            f(np.zeros((3, 3)), Y)
        with pytest.raises(ValueError, match="the rows of Y sum to 1"):
            f(np.zeros((3, 4)), np.eye(4)[[0, 0, 2]].astype(dtype))
        assert float(f(np.zeros((3, 3)), Y.T)) == pytest.approx(np.log(3))
        assert float(f(np.zeros((3, 3)), np.eye(3, dtype=dtype))) == pytest.approx(np.log(3))
        assert float(f(np.zeros((3, 3)), 0 * Y)) == 0  # examples without a label


def test_softmax_cross_entropy_refuses_bad_labels():
    Z = np.zeros((3, 2))
    with pytest.raises(ValueError, match=r"0 \.\.\. 2.*got 3"):
        tg.softmax_cross_entropy(Z, np.array([0, 3]))
    with pytest.raises(ValueError, match=r"got -1"):
        tg.softmax_cross_entropy(Z, np.array([-1, 0]))
    with pytest.raises(ValueError, match=r"or are 2 integers; got float64: write Y\.astype\(int\)"):
        tg.softmax_cross_entropy(Z, np.array([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"examples are columns: write Z\.T for scores of 5 examples and 3 classes"):
        tg.softmax_cross_entropy(np.zeros((5, 3)), np.array([0, 1, 2, 0, 1]))
    with pytest.raises(ValueError, match=r"Z of shape \(classes, m\), got \(3,\)"):
        tg.softmax_cross_entropy(np.zeros(3), np.array([0]))


NET = tg.MLP([3, 4, 4], rng=0)
X = np.random.default_rng(0).standard_normal((3, 5))
W = tg.Tensor(np.random.default_rng(1).standard_normal((4, 3)), requires_grad=True, name="W")
CLASSES = np.array([0, 1, 2, 3, 0])


def softmax_of_named_scores(cost, Y):
    Z3 = W @ X
    Z3.name = "Z3"
    return cost(tg.softmax(Z3, axis=0), Y)


def softmax_along_rows(cost, Y):
    S = tg.transpose(W @ X)
    P = tg.softmax(S)
    return cost(P.T.reshape((4, 5)), Y)


PROBABILITIES = {
    "of a net": (lambda cost, Y: cost(NET(X), Y), "sigmoid", r"A2 \(4, 5\)", "Z2"),
    "of a softmax": (softmax_of_named_scores, "softmax", r"tg.softmax\(Z3, axis=0\) \(4, 5\)", "Z3"),
    "of views": (softmax_along_rows, "softmax", r"P.T.reshape\(4, 5\) \(4, 5\)", r"S.T.reshape\(4, 5\)"),
}


@pytest.mark.parametrize("case", PROBABILITIES)
def test_a_cost_that_takes_scores_refuses_probabilities_and_names_the_scores(case):
    f, made, got, scores = PROBABILITIES[case]
    words = rf"^{{0}} takes scores, not the result of {made}; got {got}: write {{0}}\({scores}, Y\)"
    with pytest.raises(ValueError, match=words.format("softmax_cross_entropy") + "$"):
        f(tg.softmax_cross_entropy, CLASSES)
    with pytest.raises(ValueError, match=words.format("cross_entropy_with_logits")):
        f(tg.cross_entropy_with_logits, np.eye(4)[CLASSES].T)
    assert np.isfinite(float(f(tg.mean_squared_error, np.zeros((4, 5)))))


def test_with_logits_of_a_sigmoid_suggests_cross_entropy():
    with pytest.raises(ValueError, match=r"write cross_entropy_with_logits\(Z2, Y\), or cross_entropy\(A2, Y\)$"):
        tg.cross_entropy_with_logits(NET(X), np.zeros((4, 5)))


@pytest.mark.parametrize("what", ["no gradient", "no_grad", "compiled", "grad"])
@pytest.mark.parametrize("activation", [tg.sigmoid, tg.softmax])
def test_probabilities_are_refused_in_any_recorded_form(what, activation):
    f = lambda Z: tg.softmax_cross_entropy(activation(Z), CLASSES[:3])  # noqa: E731
    Z = tg.Tensor(X.T[:4], requires_grad=what != "no gradient", name="scores")
    around = {"no_grad": tg.no_grad(), "compiled": tg.compile, "grad": tg.grad}.get(what, lambda f: f)
    with pytest.raises(ValueError, match=f"not the result of {activation}; .* write softmax_cross_entropy"):
        around(f)(Z)


def test_scores_and_values_computed_from_probabilities_are_accepted():
    expected = float(tg.softmax_cross_entropy(NET(X).inputs[0].data, CLASSES))
    assert float(tg.softmax_cross_entropy(NET(X).inputs[0], CLASSES)) == pytest.approx(expected)
    compiled = tg.compile(lambda X, Y: tg.softmax_cross_entropy(NET(X).inputs[0], Y))
    assert float(compiled(X, CLASSES)) == pytest.approx(expected)
    logs = tg.log_softmax(NET(X).inputs[0], axis=0)  # equal to the log_softmax of themselves
    assert float(tg.softmax_cross_entropy(logs, CLASSES)) == pytest.approx(expected)
    tg.softmax_cross_entropy(10 * NET(X), CLASSES).backward()


def test_labels_take_the_dtype_of_AL():
    A = tg.sigmoid(tg.Tensor(np.zeros((1, 2), np.float32), requires_grad=True))
    for Y in (np.array([[0, 1]]), np.array([[True, False]]), np.array([[0.0, 1.0]])):
        assert tg.cross_entropy(A, Y).dtype == np.float32


@pytest.mark.parametrize("cost", [tg.cross_entropy, tg.cross_entropy_with_logits])
def test_labels_outside_0_to_1_are_refused(cost):
    for wrong, words in (
        ([[-1, 1]], r"-1 to 1; .*\(Y \+ 1\) / 2"),
        ([[0.0, 2.0]], "0.0 to 2.0$"),
        ([[0.0, np.nan]], "$"),
    ):
        with pytest.raises(ValueError, match=f"labels from 0 to 1, got .*{words}"):
            cost(tg.Tensor([[0.3, 0.6]]), wrong)


def test_lists_are_arrays():
    assert float(tg.cross_entropy([[0.5, 0.5]], [[0, 1]])) == pytest.approx(np.log(2))
    assert float(tg.cross_entropy_with_logits([[0.0, 0.0]], [[0, 1]])) == pytest.approx(np.log(2))
    assert float(tg.mean_squared_error([1.0, 2.0], [1, 4])) == 2


def test_a_class_masked_by_minus_infinity_adds_no_cost():
    Z = tg.Tensor([[1.0, 2.0], [-np.inf, 0.0]], requires_grad=True)
    share = 1 / (1 + np.exp(2))
    for labels in (np.array([0, 1]), np.array([[1.0, 0], [0, 1]])):
        Y = tg.Tensor(labels, requires_grad=labels.dtype == float)
        for f in (tg.softmax_cross_entropy, tg.compile(tg.softmax_cross_entropy)):
            Z.zero_grad()
            Y.zero_grad()
            cost = f(Z, Y)
            cost.backward()
            assert float(cost) == pytest.approx(-np.log(share) / 2)
            np.testing.assert_allclose(Z.grad, [[0, (1 - share) / 2], [0, (share - 1) / 2]])
            if Y.requires_grad:
                np.testing.assert_allclose(Y.grad, [[0, -np.log(1 - share) / 2], [0, -np.log(share) / 2]])
        assert float(tg.softmax_cross_entropy(Z, 1 - labels)) == np.inf  # of a class that cannot be


def test_costs_of_float16_do_not_overflow():
    Z = tg.Tensor(np.array([[3.0, -3.0, 20.0]], np.float16), requires_grad=True)
    tg.cross_entropy(tg.sigmoid(Z), np.array([[1, 1, 0]])).backward()
    np.testing.assert_allclose(Z.grad * 3, [[-0.0474, -0.9526, 1.0]], rtol=2e-2)
    of_many = tg.softmax_cross_entropy(np.zeros((5000, 2), np.float16), [7, 8])
    assert float(of_many) == pytest.approx(np.log(5000), rel=1e-3)
    for Y in ([0], [[1.0], [0.0]]):
        slope = tg.grad(lambda Z, Y=Y: tg.softmax_cross_entropy(Z, Y))(np.array([[9.0], [0.0]], np.float16))
        np.testing.assert_allclose(slope, [[-1.234e-4], [1.234e-4]], rtol=1e-2)  # although A rounds to 1


RIGHT_AND_WRONG = {
    # a cost, labels that it accepts, and others
    "cross_entropy": (lambda Z, Y: tg.cross_entropy(tg.sigmoid(Z), Y), [[1, 0, 0]], [[-1, 0, 1]], "from 0 to 1"),
    "of other probabilities": (lambda Z, Y: tg.cross_entropy(tg.abs(Z) / 9, Y), [[1, 0, 0]], [[2, 0, 1]], "to 1"),
    "logits": (tg.cross_entropy_with_logits, [[1.0, 0, 0]], [[np.nan, 0, 1]], "from 0 to 1"),
    "softmax": (lambda Z, Y: tg.softmax_cross_entropy(Z.T, Y), [0, 2, 1][:1], [3], "labels 0 ... 2 for 3 rows"),
    "one hot": (lambda Z, Y: tg.softmax_cross_entropy(Z.T, Y), [[0], [0], [1.0]], [[0], [0], [2.0]], "from 0 to 1"),
    "computed": (lambda Z, Y: tg.cross_entropy_with_logits(Z, (Y + 1) / 2), [[1, -1, 0]], [[2, 0, 1]], "from 0 to 1"),
}


@pytest.mark.parametrize("name", RIGHT_AND_WRONG)
def test_a_compiled_cost_refuses_the_same_labels_as_the_eager_one(name):
    cost, right, wrong, words = RIGHT_AND_WRONG[name]
    right, wrong = np.array(right), np.array(wrong)
    w = tg.Tensor([[1.0, 2.0, 3.0]], requires_grad=True, name="w")
    held = tg.Tensor(right)
    step = tg.compile(lambda Y: cost(w, Y), optimizer=tg.optim.SGD([w], 0.1))
    of_held = tg.compile(lambda x: cost(w * x, held))
    slope = tg.compile(tg.grad(cost))
    step(right), of_held(np.ones((1, 1))), slope(np.ones((1, 3)), right)
    before = w.data.copy()
    held.data = wrong.astype(held.dtype) if name != "logits" else wrong
    for refused in (
        lambda: cost(w, wrong),
        lambda: tg.compile(cost)(w, wrong),
        lambda: step(wrong.astype(right.dtype)),
        lambda: step(wrong),
        lambda: of_held(np.ones((1, 1))),
        lambda: slope(np.ones((1, 3)), wrong),
    ):
        with pytest.raises(ValueError, match=words):
            refused()
    np.testing.assert_array_equal(w.data, before)
    step(right)
    assert not np.array_equal(w.data, before)


def test_labels_that_depend_on_a_variable_are_not_checked():
    teacher = tg.Tensor([[2.0]], requires_grad=True)
    f = lambda Z: tg.cross_entropy_with_logits(Z, teacher * 1)  # noqa: E731
    np.testing.assert_allclose(tg.compile(f)(np.ones((1, 1))).numpy(), f(np.ones((1, 1))).numpy())


def test_a_cost_uses_the_given_probabilities():
    Y = np.array([[1, 0]])

    def expected(A):
        return -np.mean(np.log([A[0, 0], 1 - A[0, 1]]))

    W = tg.Tensor([[1.0, 2.0]], requires_grad=True)
    for change in (lambda: setattr(W, "data", np.array([[5.0, 5.0]])), lambda: setattr(W, "data", W.data.__isub__(3))):
        A = tg.sigmoid(W)
        values = A.data.copy()
        change()
        np.testing.assert_allclose(float(tg.cross_entropy(A, Y)), expected(values))
    A = tg.sigmoid(tg.Tensor([[0.0, 1.0]]))
    A.data = np.array([[0.9, 0.1]])
    np.testing.assert_allclose(float(tg.cross_entropy(A, Y)), expected(A.data))
    A.data -= 0.05
    np.testing.assert_allclose(float(tg.cross_entropy(A, Y)), expected(A.data))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "bool"])
def test_small_integers_do_not_wrap_round(dtype):
    x = np.array([0, 1, 100, 127]).astype(dtype)
    for f in (tg.sigmoid, tg.softmax, tg.log_softmax, tg.softplus, tg.logsumexp, tg.log_sigmoid):
        for call in (f, tg.compile(f), lambda x, f=f: f(tg.Tensor(x)).data):
            np.testing.assert_allclose(call(x), f(x.astype(float)))
    Z = x.reshape(2, 2)
    for cost, Y in ((tg.softmax_cross_entropy, [0, 1]), (tg.cross_entropy_with_logits, [[0, 1], [1, 1]])):
        np.testing.assert_allclose(float(cost(Z, Y)), float(cost(Z.astype(float), Y)))


def test_scores_in_place_of_probabilities_are_refused():
    Z = leaf([[-2.5, 0.5, 2.4]], "Z")
    Y = np.array([[0, 1, 1]])
    for scores in (Z, Z.data, Z * 1):
        with pytest.raises(ValueError, match=r"^cross_entropy takes AL from 0 to 1, got -2.5 to 2.4: write tg.cross"):
            tg.cross_entropy(scores, Y)
    W = leaf([[1.0]], "W")
    with pytest.raises(ValueError, match=r"write tg\.cross_entropy_with_logits\(\(W @ Z\), Y\)$"):
        tg.cross_entropy(W @ Z, Y)
    ends = tg.Tensor([[0.0, 1.0, 1.0]], requires_grad=True)
    assert tg.cross_entropy(ends, Y).item() == 0
    with np.errstate(invalid="ignore"):
        assert np.isnan(tg.cross_entropy(np.array([[np.nan, 0.5, 2.0]]), Y))


def test_labels_in_front_of_probabilities_are_refused():
    A, Y = tg.sigmoid(leaf([[0.3, -0.2]], "Z")), np.array([[0, 1]])
    with pytest.raises(ValueError, match=r"got the labels first: write tg\.cross_entropy\(A, Y\)$"):
        tg.cross_entropy(Y, A)


def test_labels_without_a_name_are_told_how_to_fit():
    A = tg.sigmoid(leaf([[0.3, -0.2, 1.0]], "Z"))
    Y = np.array([[0, 1, 1]])
    for cost in (tg.cross_entropy, tg.mean_squared_error):
        with pytest.raises(ValueError, match=r"take the shape \(1, 3\): write Y\.reshape\(1, 3\) for Y \(3,\)"):
            cost(A, Y[0])
        with pytest.raises(ValueError, match=r"the labels take the shape \(1, 3\): write Y\.T for Y \(3, 1\)"):
            cost(A, Y.T)
    with pytest.raises(ValueError, match=r"the labels take the shape \(1, 3\)\."):
        tg.cross_entropy(A, Y[0, :2])
