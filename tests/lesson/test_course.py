"""tinygraph.lesson: the course's functions against its formulas and its published figures."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import lesson

# --- the lesson's formulas, by hand


def by_hand_linear_backward(dZ, cache):
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    return np.dot(W.T, dZ), np.dot(dZ, A_prev.T) / m, np.sum(dZ, axis=1, keepdims=True) / m


def by_hand_linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    if activation == "relu":
        dZ = np.array(dA, copy=True)
        dZ[Z <= 0] = 0
    else:
        s = 1 / (1 + np.exp(-Z))
        dZ = dA * s * (1 - s)
    return by_hand_linear_backward(dZ, linear_cache)


def by_hand_L_model_backward(AL, Y, caches):
    grads, L = {}, len(caches)
    Y = Y.reshape(AL.shape)
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in range(L, 0, -1):
        activation = "sigmoid" if l == L else "relu"
        dA, dW, db = by_hand_linear_activation_backward(dA, caches[l - 1], activation)
        grads |= {f"dA{l}": dA, f"dW{l}": dW, f"db{l}": db}
    return grads


def random_caches(dims, m, seed, dtype=float):
    """Independent random arrays: no Z fits its W, A and b."""
    random = np.random.default_rng(seed)
    draw = lambda *shape: random.standard_normal(shape).astype(dtype)  # noqa: E731
    sizes = list(zip(dims, dims[1:]))  # noqa: B905, RUF007
    return [((draw(n_prev, m), draw(n, n_prev), draw(n, 1)), draw(n, m)) for n_prev, n in sizes]


# --- the course's published test cases: np.random.seed, and figures to 8 decimals


def published(x, figures):
    np.testing.assert_allclose(x, figures, rtol=0, atol=6e-9)


def randn(seed, *shapes):
    random = np.random.RandomState(seed)
    return [random.randn(*shape) for shape in shapes]


def test_published_linear_forward():
    A, W, b = randn(1, (3, 2), (1, 3), (1, 1))
    Z, cache = lesson.linear_forward(A, W, b)
    published(Z, [[3.26295337, -1.23429987]])
    assert [x is y for x, y in zip(cache, (A, W, b), strict=True)] == [True] * 3


@pytest.mark.parametrize(("activation", "A"), [("sigmoid", [[0.96890023, 0.11013289]]), ("relu", [[3.43896131, 0.0]])])
def test_published_linear_activation_forward(activation, A):
    A_prev, W, b = randn(2, (3, 2), (1, 3), (1, 1))
    got, (linear_cache, Z) = lesson.linear_activation_forward(A_prev, W, b, activation)
    published(got, A)
    assert linear_cache[1] is W
    np.testing.assert_array_equal(Z, W @ A_prev + b)


def test_published_L_model_forward():
    X, *rest = randn(1, (4, 2), (3, 4), (3, 1), (1, 3), (1, 1))
    AL, caches = lesson.L_model_forward(X, dict(zip(("W1", "b1", "W2", "b2"), rest, strict=True)))
    published(AL, [[0.17007265, 0.2524272]])
    assert len(caches) == 2


def test_published_compute_cost():
    assert lesson.compute_cost(np.array([[0.8, 0.9, 0.4]]), np.asarray([[1, 1, 1]])) == 0.41493159961539694


def test_published_linear_backward():
    dZ, A, W, b = randn(1, (1, 2), (3, 2), (1, 3), (1, 1))
    dA_prev, dW, db = lesson.linear_backward(dZ, (A, W, b))
    published(dA_prev, [[0.51822968, -0.19517421], [-0.40506361, 0.15255393], [2.37496825, -0.89445391]])
    published(dW, [[-0.10076895, 1.40685096, 1.64992505]])
    published(db, [[0.50629448]])


BACKWARD = {
    "sigmoid": (
        [[0.11017994, 0.01105339], [0.09466817, 0.00949723], [-0.05743092, -0.00576154]],
        [[0.10266786, 0.09778551, -0.01968084]],
        [[-0.05729622]],
    ),
    "relu": (
        [[0.44090989, 0.0], [0.37883606, 0.0], [-0.2298228, 0.0]],
        [[0.44513824, 0.37371418, -0.10478989]],
        [[-0.20837892]],
    ),
}


@pytest.mark.parametrize("activation", BACKWARD)
def test_published_linear_activation_backward_with_an_independent_z(activation):
    dA, A, W, b, Z = randn(2, (1, 2), (3, 2), (1, 3), (1, 1), (1, 2))
    got = lesson.linear_activation_backward(dA, ((A, W, b), Z), activation)
    for x, figures in zip(got, BACKWARD[activation], strict=True):
        published(x, figures)


def test_published_L_model_backward_with_independent_al_and_caches():
    AL, *rest = randn(3, (1, 2), (4, 2), (3, 4), (3, 1), (3, 2), (3, 2), (1, 3), (1, 1), (1, 2))
    A0, W1, b1, Z1, A1, W2, b2, Z2 = rest
    grads = lesson.L_model_backward(AL, np.array([[1, 0]]), [((A0, W1, b1), Z1), ((A1, W2, b2), Z2)])
    published(grads["dW1"], [[0.41010002, 0.07807203, 0.13798444, 0.10502167], [0] * 4, grads["dW1"][2]])
    published(grads["dW1"][2], [0.05283652, 0.01005865, 0.01777766, 0.0135308])
    published(grads["db1"], [[-0.22007063], [0.0], [-0.02835349]])
    published(grads["dA1"], [[0, 0.52257901], [0, -0.3269206], [0, -0.32070404], [0, -0.74079187]])


def test_published_update_parameters():
    names, shapes = ("W1", "b1", "W2", "b2"), ((3, 4), (3, 1), (1, 3), (1, 1))
    parameters = dict(zip(names, randn(2, *shapes), strict=True))
    before = {name: p.copy() for name, p in parameters.items()}
    grads = {f"d{name}": g for name, g in zip(names, randn(3, *shapes), strict=True)}
    new = lesson.update_parameters(parameters, grads, 0.1)
    published(new["W1"][0], [-0.59562069, -0.09991781, -2.14584584, 1.82662008])
    published(new["W1"][1], [-1.76569676, -0.80627147, 0.51115557, -1.18258802])
    published(new["W1"][2], [-1.0535704, -0.86128581, 0.68284052, 2.20374577])
    published(new["b1"], [[-0.04659241], [-1.28888275], [0.53405496]])
    published(new["W2"], [[-0.55569196, 0.0354055, 1.32964895]])
    published(new["b2"], [[-0.84610769]])
    assert tg.compare(parameters, before, rtol=0, atol=0)


# --- against the formulas by hand


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dims", [(3, 1), (4, 3, 1), (7, 5, 4, 3, 1)])
def test_backward_of_any_numbers_equals_the_lesson(dims, dtype):
    caches = random_caches(dims, 6, 0, dtype)
    AL = np.random.default_rng(1).standard_normal((1, 6)).astype(dtype)  # no probabilities at all
    Y = np.array([0, 1, 1, 0, 1, 0]).astype(dtype)
    mine, theirs = by_hand_L_model_backward(AL, Y, caches), lesson.L_model_backward(AL, Y, caches)
    assert tg.compare(mine, theirs)
    assert list(mine) == list(theirs)
    assert {x.dtype for x in theirs.values()} == {np.dtype(dtype)}
    for activation in ("relu", "sigmoid"):
        dA = np.ones_like(caches[0][1])
        assert tg.compare(
            by_hand_linear_activation_backward(dA, caches[0], activation),
            lesson.linear_activation_backward(dA, caches[0], activation),
        )


def test_kinks_and_extreme_values_equal_the_lesson():
    linear_cache = (np.ones((2, 3)), np.ones((1, 2)), np.zeros((1, 1)))
    Z = np.array([[0.0, -0.0, 1.0]])
    assert lesson.linear_activation_backward(np.ones((1, 3)), (linear_cache, Z), "relu").db == 1 / 3
    AL, Y = np.array([[0.0, 1.0, 0.0, 1.0, 0.5]]), np.array([[0, 1, 1, 0, 1]])
    caches = random_caches((2, 1), 5, 0)
    with np.errstate(all="ignore"):
        mine = by_hand_L_model_backward(AL, Y, caches)
        assert np.isnan(lesson.compute_cost(AL, Y))
        assert lesson.compute_cost(AL[:, 2:], Y[:, 2:]) == np.inf
        found = lesson.L_model_backward(AL, Y, caches)  # a dot of inf warns only on some processors
    assert np.isnan(mine["dA1"]).any()
    assert np.isinf(mine["dA1"]).any()
    assert tg.compare(mine, found)
    with pytest.warns(RuntimeWarning, match="divide by zero"):  # as by hand
        lesson.compute_cost(AL[:, 2:3], Y[:, 2:3])


# --- from a tape


def train(mlp, X, Y):
    cost = tg.cross_entropy(mlp(X), Y)
    cost.backward()
    return cost


def setup(dims=(4, 5, 3, 1), dtype="float64"):
    random = np.random.default_rng(0)
    mlp = tg.MLP(dims, rng=1, dtype=dtype)
    for p in mlp.parameters.values():
        p.data = p.data + 0.1 * random.standard_normal(p.shape).astype(dtype)
    X, Y = random.standard_normal((dims[0], 6)).astype(dtype), (random.random((1, 6)) > 0.5).astype(dtype)
    return mlp, X, Y


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("dims", [(4, 1), (4, 5, 3, 1)])
def test_from_tape_gives_the_results_of_the_functions(dims, dtype):
    mlp, X, Y = setup(dims, dtype)
    cost = train(mlp, X, Y)
    tape = lesson.from_tape(cost)
    AL, caches = lesson.L_model_forward(X, tape.parameters)
    assert tg.compare((AL, caches), (tape.AL, tape.caches), rtol=0, atol=0)
    assert tg.compare(lesson.compute_cost(AL, Y), tape.cost)
    assert tg.compare(lesson.L_model_backward(AL, Y, caches), tape.grads)
    assert tg.compare(by_hand_L_model_backward(AL, Y, caches), tape.grads)
    assert list(tape.grads) == list(lesson.L_model_backward(AL, Y, caches))
    assert {x.dtype for x in [*tape.grads.values(), *tape.parameters.values(), tape.AL]} == {np.dtype(dtype)}
    assert tg.compare(mlp.gradients(), {name: tape.grads[name] for name in mlp.gradients()}, rtol=0, atol=0)
    new = lesson.update_parameters(tape.parameters, tape.grads, 0.1)
    tg.optim.SGD(mlp.parameters, 0.1).step()
    assert tg.compare(new, mlp.parameters, rtol=0, atol=0)
    assert tg.compare(lesson.L_model_forward(X, tape.parameters).AL, AL, rtol=0, atol=0)  # a copy: the step left it


@pytest.mark.parametrize("kind", ["matmul", "dot", "linear", "logits"])
def test_from_tape_recognises_a_network_that_was_written_out(kind):
    mlp, X, Y = setup((4, 3, 1))
    p = mlp.parameters
    if kind == "linear":
        A = tg.relu(tg.linear(p["W1"], X, p["b1"]))
    else:
        A = tg.relu(p["b1"] + (np.dot(p["W1"], X) if kind == "dot" else p["W1"] @ X))
    Z = p["W2"] @ A + p["b2"]
    cost = tg.cross_entropy_with_logits(Z, Y) if kind == "logits" else tg.cross_entropy(tg.sigmoid(Z), Y)
    p["W1"].data = p["W1"].data * 0  # too late to count
    tape, wanted = lesson.from_tape(cost), lesson.from_tape(train(setup((4, 3, 1))[0], X, Y))
    assert tg.compare(tape, wanted)
    assert all(t.grad is None for t in p.values())


def test_from_tape_of_the_functions_of_the_lesson_on_tensors():
    mlp, X, Y = setup()
    AL, caches = lesson.L_model_forward(X, mlp.parameters)
    cost = lesson.compute_cost(AL, Y)
    assert [t.name for t in cost.tape() if t.name] == ["Z1", "A1", "Z2", "A2", "Z3", "A3", "cost"]
    assert str(caches[1].activation_cache.scope) == "layer 2: LINEAR -> RELU"
    assert tg.compare(lesson.from_tape(cost), lesson.from_tape(train(mlp, X, Y)))
    assert tg.compare(lesson.L_model_backward(AL, Y, caches), lesson.from_tape(cost).grads)


def test_a_gradient_of_the_data_is_taken_from_the_tape():
    mlp, X, Y = setup()
    on_tape = tg.Tensor(X, requires_grad=True)
    assert tg.compare(lesson.from_tape(train(mlp, on_tape, Y)).grads, lesson.from_tape(train(mlp, X, Y)).grads)
    np.testing.assert_allclose(6 * on_tape.grad, lesson.from_tape(train(setup()[0], X, Y)).grads["dA1"])


def test_backward_works_within_no_grad():
    caches = random_caches((3, 1), 4, 0)
    with tg.no_grad():
        grads = lesson.L_model_backward(np.full((1, 4), 0.5), np.ones(4), caches)
    assert tg.compare(by_hand_L_model_backward(np.full((1, 4), 0.5), np.ones(4), caches), grads)


# --- errors

A, W, B = np.ones((3, 2)), np.ones((1, 3)), np.ones((1, 1))
ERRORS = {
    "dZ is the gradient of Z and of its shape, (1, 2); got (2, 1)": lambda: lesson.linear_backward(
        np.ones((2, 1)), (A, W, B)
    ),
    "dA is the gradient of A and of its shape, (1, 2); got (2,)": lambda: lesson.linear_activation_backward(
        np.ones(2), ((A, W, B), np.ones((1, 2))), "relu"
    ),
    "linear_activation_backward() takes the cache (linear_cache, activation_cache), got a tuple of 3": lambda: (
        lesson.linear_activation_backward(np.ones((1, 2)), (A, W, B), "relu")
    ),
    "linear_backward() takes the cache (A_prev, W, b), got a ndarray": lambda: lesson.linear_backward(W, A),
    "activation is 'relu' or 'sigmoid', got 'tanh'": lambda: lesson.linear_activation_forward(A, W, B, "tanh"),
    "parameters has no 'b1'; it has 'W1', 'c1'": lambda: lesson.L_model_forward(A, {"W1": W, "c1": B}),
    "grads has no 'db1'; it has 'dW1'": lambda: lesson.update_parameters({"W1": W, "b1": B}, {"dW1": W}, 0.1),
    "compute_cost() takes AL and Y of one shape (1, m), got (1, 2) and (2, 1)": lambda: lesson.compute_cost(
        np.full((1, 2), 0.5), np.ones((2, 1))
    ),
    "compute_cost() takes AL and Y of one shape (1, m), got (2,) and (2,)": lambda: lesson.compute_cost(
        np.full(2, 0.5), np.ones(2)
    ),
    "linear_forward(A (3, 5), W (4, 3), b (4,)) takes b of shape (4, 1); write b.reshape(4, 1)": lambda: (
        lesson.linear_forward(np.ones((3, 5)), np.ones((4, 3)), np.zeros(4))
    ),
    "linear_forward(A (3, 4), W (4, 3), b (4,)) takes b of shape (4, 1); write b.reshape(4, 1)": lambda: (
        lesson.linear_forward(np.ones((3, 4)), np.ones((4, 3)), np.zeros(4))
    ),
    "linear_forward(A (3, 4), W (4, 3), b (1, 2)) takes b of shape (4, 1)": lambda: lesson.linear_forward(
        tg.Tensor(np.ones((3, 4))), np.ones((4, 3)), np.zeros((1, 2))
    ),
    "linear_forward(A (5, 3), W (4, 3), b (4, 1)) takes A of shape (3, m), one example a column; write A.T": lambda: (
        lesson.linear_forward(np.ones((5, 3)), np.ones((4, 3)), np.zeros((4, 1)))
    ),
    "linear_forward(A (3, 5), W (3, 4), b (4, 1)) takes A of shape (4, m), one example a column; write W.T": lambda: (
        lesson.linear_forward(np.ones((3, 5)), np.ones((3, 4)), np.zeros((4, 1)))
    ),
    "linear_forward(A (3, 2), W (3,), b (1, 1)) takes W of shape (n, n_prev)": lambda: lesson.linear_forward(
        A, W[0], B
    ),
    "linear_backward(A_prev (3, 2), W (1, 3), b (1,)) takes b of shape (1, 1); write b.reshape(1, 1)": lambda: (
        lesson.linear_backward(np.ones((1, 2)), (A, W, B[0]))
    ),
    "parameters has no 'b1'; it has 'W1'": lambda: lesson.L_model_forward(A, {"W1": W}),
    "parameters has no 'b2'; it has 'W1', 'b1', 'W2'": lambda: lesson.L_model_forward(A, {"W1": W, "b1": B, "W2": B}),
    "parameters has no 'W1'; it has nothing": lambda: lesson.L_model_forward(A, {}),
    "L_model_forward(A1 (1, 2), W2 (1, 3), b2 (1, 1)) takes A1 of shape (3, m)": lambda: lesson.L_model_forward(
        A, {"W1": W, "b1": B, "W2": W, "b2": B}
    ),
    "L_model_backward() takes the caches of layers 1 ... L, got none": lambda: lesson.L_model_backward(
        np.full((1, 2), 0.5), np.ones((1, 2)), []
    ),
    "L_model_backward() takes AL and Y of one size, got (1, 2) and (1, 3)": lambda: lesson.L_model_backward(
        np.full((1, 2), 0.5), np.ones((1, 3)), [((A, W, B), np.ones((1, 2)))]
    ),
    "L_model_backward(): Z1 has shape (1, 3), but AL has (1, 2)": lambda: lesson.L_model_backward(
        np.full((1, 2), 0.5), np.ones((1, 2)), [((A, W, B), np.ones((1, 3)))]
    ),
    "L_model_backward(): Z1 has shape (1, 2), but A_prev of layer 2 has (3, 2)": lambda: lesson.L_model_backward(
        np.full((1, 2), 0.5), np.ones((1, 2)), [((A, W, B), np.ones((1, 2)))] * 2
    ),
    'and W1 is int64, in which a step would be cut off; write parameters["W1"].astype(float)': lambda: (
        lesson.update_parameters({"W1": W.astype("int64")}, {"dW1": W}, 0.1)
    ),
    "update_parameters() takes dW1 of W1's shape (1, 3), got (3,)": lambda: lesson.update_parameters(
        {"W1": W}, {"dW1": W[0]}, 0.1
    ),
    "found 0 such layers among the 1 ops of this tape": lambda: lesson.from_tape(
        tg.Tensor(1.0, requires_grad=True) * 2
    ),
    "found 1 such layers among the 3 ops of this tape, the last one's Z of shape (2, 2)": lambda: lesson.from_tape(
        tg.softmax_cross_entropy(
            tg.linear(tg.Tensor(np.ones((2, 3)), True), A, tg.Tensor(np.ones((2, 1)), True)), [0, 1]
        )
    ),
}


@pytest.mark.parametrize("message", ERRORS)
def test_error(message):
    with pytest.raises((ValueError, TypeError, KeyError)) as error:
        ERRORS[message]()
    assert message in str(error.value)
