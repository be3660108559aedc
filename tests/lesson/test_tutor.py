"""lesson.check and the tutor: in which function a student's mistake is, and which it is."""

import re
import sys
import textwrap

import numpy as np
import pytest
import tutor_hit_rate
import tutor_solutions
from helpers.threads import THREADS, at_once

import tinygraph as tg
from tinygraph import lesson
from tinygraph.diagnostics import tutor as judge
from tinygraph.lesson import logistic, optimization, regularization, tutor


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def backward(relu=lambda dA, Z: dA * (Z > 0), linear=None, dAL=lambda AL, Y: -(Y / AL - (1 - Y) / (1 - AL))):
    """A student's L_model_backward, of which a part is replaced."""

    def right(dZ, cache):
        A, W, _b = cache
        m = A.shape[1]
        return W.T @ dZ, dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m

    def L_model_backward(AL, Y, caches):
        grads, dA = {}, dAL(AL, Y)
        for l in range(len(caches), 0, -1):
            linear_cache, Z = caches[l - 1]
            dZ = relu(dA, Z) if l < len(caches) else dA * sigmoid(Z) * (1 - sigmoid(Z))
            dA, dW, db = (linear or right)(dZ, linear_cache)
            grads |= {f"dA{l}": dA, f"dW{l}": dW, f"db{l}": db}
        return grads

    return L_model_backward


def linear(dA=lambda W, dZ: W.T @ dZ, dW=lambda dZ, A, m: dZ @ A.T / m, db=lambda dZ, m: dZ.sum(1, keepdims=True) / m):
    def linear_backward(dZ, cache):
        A, W, _b = cache
        return dA(W, dZ), dW(dZ, A, A.shape[1]), db(dZ, A.shape[1])

    return linear_backward


def axis_0(dZ, cache):
    A, W, _b = cache
    return W.T @ dZ, dZ @ A.T / len(A), dZ.sum(axis=1, keepdims=True) / len(A)


WRONG = {
    "dA for Z": (backward(relu=lambda dA, Z: dA * (dA > 0)), "relu_backward", "dA is written where Z belongs"),
    "no mask": (backward(relu=lambda dA, Z: dA), "relu_backward", "the mask Z > 0 is missing"),
    "inverted mask": (backward(relu=lambda dA, Z: dA * (Z <= 0)), "relu_backward", "the comparison is turned around"),
    "no 1/m in dW": (backward(linear=linear(dW=lambda dZ, A, m: dZ @ A.T)), "linear_backward", "division by m is miss"),
    "1/m twice": (
        backward(linear=linear(db=lambda dZ, m: dZ.sum(1, keepdims=True) / m / m)),
        "linear_backward",
        "twice",
    ),
    "axis 0": (
        backward(linear=linear(db=lambda dZ, m: dZ.sum(axis=0, keepdims=True) / m)),
        "linear_backward",
        "the sum runs over axis=0",
    ),
    "no keepdims": (
        backward(linear=linear(db=lambda dZ, m: dZ.mean(1))),
        "linear_backward",
        "keepdims=True is missing",
    ),
    "m of the wrong axis": (
        backward(linear=axis_0),
        "linear_backward",
        "0 is written where 1 belongs: `m = A_prev.shape[0]`",
    ),
    "W for W.T": (
        backward(linear=linear(dA=lambda W, dZ: W @ dZ)),
        "linear_backward",
        "the transpose .T of W is missing",
    ),
    "a sign in dAL": (
        backward(dAL=lambda AL, Y: -(Y / AL + (1 - Y) / (1 - AL))),
        "L_model_backward",
        "the sign of (1 - Y) / (1 - AL) is turned",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_function_and_the_cause_of_a_wrong_backward_pass(case, capsys):
    function, where, why = WRONG[case]
    lesson.check(function)
    said = capsys.readouterr().out
    assert f"\nWhere: {where}" in said
    assert why in said


def test_entries_tell_where_if_no_known_slip_gives_the_numbers(capsys):
    lesson.check(backward(relu=lambda dA, Z: dA * np.cos(3 * Z)))
    said = capsys.readouterr().out
    assert said.startswith("L_model_backward\nWhere: relu_backward (right: dA3, dW3, db3; wrong: dA2, dW2, db2")
    assert said.endswith("Why: no slip that the tutor knows gives these numbers\n")


RIGHT = {
    "AL - Y": lambda AL, Y: (AL - Y) / (AL * (1 - AL)),
    "1/m in dAL": lambda AL, Y: (AL - Y) / (AL * (1 - AL)) / Y.shape[1],
}


@pytest.mark.parametrize("numbered", ["from 1", "from 0"])
@pytest.mark.parametrize("case", RIGHT)
def test_a_right_solution_written_another_way_is_not_accused(case, numbered, capsys):
    def sums(dZ, cache):
        A, W, _b = cache
        m = 1 if case == "1/m in dAL" else A.shape[1]
        return W.T @ dZ, np.einsum("im,jm->ij", dZ, A) / m, dZ.sum(1)[:, None] / m

    def L_model_backward(AL, Y, caches):
        grads = backward(linear=sums, dAL=RIGHT[case])(AL, Y, caches)
        grads = {key: grads[key] for key in reversed(grads)} | {"extra": 1}
        if numbered == "from 0":
            grads = {f"dA{int(key[2:]) - 1}" if key[:2] == "dA" else key: x for key, x in grads.items()}
        return grads

    lesson.check(L_model_backward)
    assert capsys.readouterr().out == "L_model_backward: right\n"


def adam(swapped=False, corrected=True, inside=False, longer=False):
    def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon):
        if swapped:
            beta1, beta2 = beta2, beta1
        v = {key: beta1 * v[key] + (1 - beta1) * g for key, g in grads.items()}
        s = {key: beta2 * s[key] + (1 - beta2) * g**2 for key, g in grads.items()}
        vc = {key: x / (1 - beta1**t) if corrected else x for key, x in v.items()}
        sc = {key: x / (1 - beta2**t) for key, x in s.items()}
        root = {key: np.sqrt(x + epsilon) if inside else np.sqrt(x) + epsilon for key, x in sc.items()}
        new = {key: p - learning_rate * vc[f"d{key}"] / root[f"d{key}"] for key, p in parameters.items()}
        return (new, v, s, vc, sc) if longer else (new, v, s)

    return update_parameters_with_adam


def test_adam_swapped_betas_and_later_versions(capsys):
    lesson.check(adam(swapped=True))
    assert "\nWhy: beta1 and beta2 are swapped" in capsys.readouterr().out
    lesson.check(adam(longer=True))
    assert capsys.readouterr().out == "update_parameters_with_adam: right\n"


def test_a_slip_in_one_of_two_lines_that_are_alike(capsys):
    def update_parameters_with_gd(parameters, grads, learning_rate):
        return {key: p - (learning_rate if key[0] == "W" else 1) * grads[f"d{key}"] for key, p in parameters.items()}

    lesson.check(update_parameters_with_gd)
    said = capsys.readouterr().out
    assert "Why: the factor learning_rate is missing: `new[f'b{l}'] = " in said


def test_an_undefined_name_is_said_in_pythons_words(capsys):
    def compute_cost(AL, Y):
        return -np.sum(logprobs) / Y.shape[1]  # noqa: F821

    lesson.check(compute_cost, "lesson")
    assert capsys.readouterr().out.endswith("Why: NameError: name 'logprobs' is not defined\n")


def test_a_result_without_an_end_is_a_wrong_one(capsys):
    def linear_forward(A, W, b):
        endless = []
        endless.append(endless)
        return endless

    lesson.check(linear_forward)
    found = r"linear_forward\nWhere: linear_forward\nWhy: RecursionError: maximum recursion depth exceeded.*\n"
    assert re.fullmatch(found, capsys.readouterr().out)


def test_what_is_no_function_of_the_course_is_told_what_to_check():
    def relu_backward(dA, cache):
        return dA

    def linear_foward(A, W, b):
        return W

    for function, said in (
        (
            relu_backward,
            r"^check\(\) takes no relu_backward, a helper: check linear_activation_backward, ",
        ),
        (linear_foward, r"; got linear_foward; did you mean linear_forward\?$"),
        (lambda x: x, r"of the weeks lesson, .{,110}; got <lambda>$"),
    ):
        with pytest.raises(ValueError, match=said):
            lesson.check(function)
    for value in ("linear_backward", 3):
        with pytest.raises(TypeError, match=rf"takes your function itself, .* got {value!r}$"):
            lesson.check(value)


def test_a_print_is_shown_once_and_an_error_with_its_line(capsys):
    def compute_cost(AL, Y):
        print("I run")
        return missing(AL)  # noqa: F821

    lesson.check(compute_cost, "lesson")
    said = capsys.readouterr().out
    assert said.count("I run") == 1
    line = compute_cost.__code__.co_firstlineno + 2
    assert f"\nWhat: raised at test_tutor.py:{line}: `return missing(AL)" in said
    assert said.endswith("\nWhy: NameError: name 'missing' is not defined\n")


def test_a_function_without_return_is_told_so(capsys):
    def update_lr(learning_rate0, epoch_num, decay_rate):
        learning_rate0 / (1 + decay_rate * epoch_num)

    lesson.check(update_lr)
    assert capsys.readouterr().out.endswith("Why: it returns None: the line with return is missing\n")


def parts(dZ, cache):
    return linear()(dZ, cache)


FORMS = {  # the name, what is returned, what is said of its form
    "no cache": ("linear_forward", lambda A, W, b: W @ A + b, "one array; wanted (Z, cache)"),
    "None for a cache": (
        "linear_forward",
        lambda A, W, b: (W @ A + b, None),
        "cache as None; wanted (A_prev, W, b)",
    ),
    "a dict for a cache": (
        "linear_forward",
        lambda A, W, b: (W @ A + b, {"A": A, "W": W}),
        "cache as a dict with A, W; wanted (A_prev, W, b)",
    ),
    "one gradient": ("linear_backward", lambda dZ, c: parts(dZ, c)[1], "one array; wanted (dA_prev, dW, db)"),
    "two gradients": ("linear_backward", lambda dZ, c: parts(dZ, c)[1:], "a tuple of 2; wanted (dA_prev, dW, db)"),
    "a dict for a tuple": (
        "linear_backward",
        lambda dZ, c: dict(zip(("dA", "dW", "db"), parts(dZ, c), strict=True)),
        "a dict with dA, dW, db; wanted (dA_prev, dW, db)",
    ),
    "None thrice": ("linear_backward", lambda dZ, c: (None, None, None), "dA_prev as None; wanted one array"),
    "one too many": ("sigmoid", lambda z: (1 / (1 + np.exp(-z)), z), "a tuple of 2; wanted one array"),
    "a cost alone": ("propagate", lambda w, b, X, Y: 0.5, "one number; wanted ({'dw': dw, 'db': db}, cost)"),
    "a list for a dict": (
        "initialize_parameters",
        lambda n_x, n_h, n_y: [np.zeros(n_h), np.zeros(n_y)],
        "a list of 2; wanted a dict with W1, b1, W2, b2",
    ),
    "a small letter": (
        "update_parameters",
        lambda parameters, grads, lr: {key.lower(): p for key, p in parameters.items()},
        "a dict with w1, b1, w2, b2; wanted a dict with W1, b1, W2, b2",
    ),
    "other keys": ("update_parameters", lambda parameters, grads, lr: {"w": 1}, "a dict with w; wanted a dict with W1"),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_wrong_form_is_said_and_no_slip(case, capsys):
    name, function, said = FORMS[case]
    function.__name__ = name
    lesson.check(function)
    where, why = capsys.readouterr().out.splitlines()[1:]
    assert where == f"Where: {name}"
    assert why.startswith(f"Why: it returns {said}")


def test_results_in_another_order_are_a_slip(capsys):
    def linear_forward(A, W, b):
        return (A, W, b), W @ A + b

    lesson.check(linear_forward)
    assert "Why: the results are in another order: " in capsys.readouterr().out


def cost(log=np.log, **options):
    def compute_cost(AL, Y):
        return -np.sum(Y * log(AL) + (1 - Y) * log(1 - AL), **options) / Y.shape[1]

    return compute_cost


UNKNOWN = {  # no known slip: the name, the function, how the first wrong entry differs
    "1/m in dA": (
        "linear_backward",
        lambda dZ, c: (parts(dZ, c)[0] / dZ.shape[1], *parts(dZ, c)[1:]),
        "Why: dA_prev: mine == 1/m * theirs: is it divided by m once too often?",
    ),
    "keepdims": ("compute_cost", cost(axis=1, keepdims=True), "Why: mine has shape (1, 1), not ()"),
    "a third": ("compute_cost", lambda AL, Y: np.mean((AL - Y) ** 3), "What: mine -0."),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_numbers_that_no_slip_gives_are_compared(case, capsys):
    name, function, said = UNKNOWN[case]
    function.__name__ = name
    lesson.check(function, "lesson")
    assert capsys.readouterr().out.splitlines()[2].startswith(said)


DEEP = """
    np.random.seed(3)
    n, p = layer_dims, {}
    for l in range(1, len(n)):
        p["W" + str(l)] = np.random.randn(n[l], n[l - 1]) * 0.01
        p["b" + str(l)] = np.zeros((n[l], 1))
    return p"""
IN_LOOP = ":\n        np.random.seed(3)"
# Slips that students make: the week, the name, the function's text, the function named, the cause.
COMMON = [
    ("lesson", "compute_cost", "return -np.sum(Y * np.log10(AL) + (1 - Y) * np.log10(1 - AL)) / m", "np.log10 is"),
    ("lesson", "compute_cost", "return np.mean((AL - Y) ** 2)", "the mean of the squared errors is written where"),
    ("lesson", "compute_cost", "return -np.sum(AL * np.log(Y) + (1 - AL) * np.log(1 - Y)) / m", "AL and Y are swapped"),
    ("lesson", "compute_cost", "return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / 2 / m", "2 * m is written"),
    ("lesson", "linear_forward", "return W[:, 1:] @ A[1:] + b, (A, W, b)", "leaves the first number out: a loop"),
    ("lesson", "linear_forward", "return W @ A + b, (W, A, b)", "(A, W, b) is in another order"),
    ("lesson", "linear_forward", "return W @ A + b + b, (A, W, b)", "b is added twice"),
    ("initialization", "initialize_parameters_he", """
        np.random.seed(3)
        n, p = layers_dims, {}
        for l in range(1, len(n)):
            p["W" + str(l)] = np.random.randn(n[l], n[l - 1]) * np.sqrt(2) / n[l - 1]
            p["b" + str(l)] = np.zeros((n[l], 1))
        return p""", "np.sqrt is taken of the numerator alone"),
    *[("lesson", "initialize_parameters_deep", DEEP.replace(right, wrong), said) for right, wrong, said in [
        ("n[l], n[l - 1]", "n[l - 1], n[l]", "arguments of np.random.randn are in another order"),
        ("n[l], n[l - 1]", "(n[l], n[l - 1])", "np.random.randn takes two numbers, not one tuple"),
        (" * 0.01", "", "the factor 0.01 is missing"),
        ("* 0.01", "/ np.sqrt(n[l - 1])", "np.sqrt(1 / layer_dims[l - 1]) is written where 0.01 belongs"),
        ("* 0.01", "* np.sqrt(2 / n[l - 1])", "np.sqrt(2 / layer_dims[l - 1]) is written where 0.01 belongs"),
        ("np.zeros((n[l], 1))", "np.zeros(n[l])", "its shape is (layer_dims[l],), not (layer_dims[l], 1)"),
        ("np.zeros((n[l], 1))", "np.zeros(n[l], 1)", "np.zeros takes the shape as one tuple, not as two numbers"),
        ("np.zeros((n[l], 1))", "np.random.randn(n[l], 1)", "np.random.randn is written where np.zeros belongs"),
        ("np.random.randn(n[l], n[l - 1])", "np.zeros((n[l], n[l - 1]))", "np.zeros is written where np.random.randn"),
        ("np.random.randn(n[l], n[l - 1])", "np.ones((n[l], n[l - 1]))", "belongs: all units stay alike"),
        ("len(n)", "len(n) - 1", "L - 1 is written where L belongs"),
        ("np.random.seed(3)", "", "the line `np.random.seed(3)` is missing"),
        ("(1, len(n)):", "(1, len(n))" + IN_LOOP, "`np.random.seed(3)` stands in the loop, not before it"),
    ]],
    ("logistic", "initialize_with_zeros", "return np.zeros(dim), 0.0", "its shape is (dim,), not (dim, 1)"),
    ("logistic", "optimize", """
        for i in range(1, num_iterations):
            A = 1 / (1 + np.exp(-(w.T @ X + b)))
            cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
            dw, db = X @ (A - Y).T / m, np.mean(A - Y)
            w, b = w - learning_rate * dw, b - learning_rate * db
        return {"w": w, "b": b}, {"dw": dw, "db": db}, [cost] * (i > 99)""", "the loop starts at 1"),
    ("logistic", "propagate", """
        A = 1 / (1 + np.exp(-(w.T @ X + b)))
        dZ = (A - Y) * A * (1 - A)
        cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
        return {"dw": X @ dZ.T / m, "db": dZ.sum() / m}, cost""", "slope of sigmoid is there twice"),
    ("one_hidden_layer", "backward_propagation", """
        A1, A2 = cache["A1"], cache["A2"]
        dZ2 = A2 - Y
        dZ1 = parameters["W2"].T @ dZ2 * A1 * (1 - A1)
        grads = {"dW2": dZ2 @ A1.T / m, "db2": dZ2.mean(1, keepdims=True)}
        return grads | {"dW1": dZ1 @ X.T / m, "db1": dZ1.mean(1, keepdims=True)}""", "slope of sigmoid is written"),
    ("lesson", "update_parameters", """
        for key in parameters:
            parameters[key] = parameters[key] + learning_rate * grads["d" + key]
        return parameters""", "likewise `new[f'b{l}'] = parameters[f'b{l}'] + learning_rate"),
    ("lesson", "update_parameters", """
        for l in range(1, len(parameters) // 2 + 1):
            parameters[f"W{l}"] -= learning_rate * grads[f"dW{l}"]
            parameters[f"b{l}"] -= learning_rate * grads[f"db{l}"]
            return parameters""", "return stands inside the loop"),
    ("lesson", "update_parameters", """
        for l in range(1, len(parameters) // 2 + 1):
            parameters[f"W{l}"] -= learning_rate * grads[f"W{l}"]
        return parameters""", "'W' is written where 'dW' belongs"),
    ("optimization", "update_parameters_with_momentum", """
        for k in grads:
            parameters[k[1:]] -= learning_rate * (beta * v[k] + (1 - beta) * grads[k])
        return parameters, v""", "v is returned as it was: the new numbers are not stored"),
    ("optimization", "update_parameters_with_momentum", """
        for k in grads:
            v[k] = (1 - beta) * v[k] + beta * grads[k]
            parameters[k[1:]] -= learning_rate * v[k]
        return parameters, v""", "beta and 1 - beta are swapped"),
    ("optimization", "random_mini_batches", """
        np.random.seed(seed)
        p, n = np.random.permutation(m), mini_batch_size
        return [(X[:, p][:, k : k + n], Y[:, k : k + n]) for k in range(0, m, n)]""", "Y is not shuffled"),
    ("optimization", "random_mini_batches", """
        np.random.seed(seed)
        p, n = np.random.permutation(m), mini_batch_size
        return [(X[:, p][:, k : k + n], Y[:, p][:, k : k + n]) for k in range(0, m - n + 1, n)]""", "under `if m %"),
    ("lesson", "linear_backward", """
        A_prev, W, b = cache
        return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1) / dZ.shape[1]""", "2 slips: the division by m is missing: `dW"),
    ("lesson", "linear_backward", """
        A_prev, W, b = cache
        return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True)""", "the division by m is missing, or m is 1"),
    ("regularization", "backward_propagation_with_dropout", """
        Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3 = cache
        dZ3 = A3 - Y
        dZ2 = W3.T @ dZ3 / keep_prob * (Z2 > 0)
        dZ1 = W2.T @ dZ2 / keep_prob * (Z1 > 0)
        layers = enumerate([(dZ1, X), (dZ2, A1), (dZ3, A2)], 1)
        grads = {f"dW{l}": dZ @ A.T / m for l, (dZ, A) in layers}
        return grads | {f"db{l}": dZ.mean(1, keepdims=True) for l, dZ in enumerate([dZ1, dZ2, dZ3], 1)}""",
     "the mask D2 is missing; the mask D1 is missing"),
    ("regularization", "backward_propagation_with_regularization", """
        Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
        dZ3 = A3 - Y
        dZ2 = W3.T @ dZ3 * (A2 > 0)
        dZ1 = W2.T @ dZ2 * (A1 > 0)
        layers = enumerate([(dZ1, X, W1), (dZ2, A1, W2), (dZ3, A2, W3)], 1)
        grads = {f"dW{l}": dZ @ A.T / m - lambd / m * W for l, (dZ, A, W) in layers}
        return grads | {f"db{l}": dZ.mean(1, keepdims=True) for l, dZ in enumerate([dZ1, dZ2, dZ3], 1)}""",
     "the sign of lambd / m * W3 is turned"),
    ("regularization", "backward_propagation_with_regularization", """
        Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
        dZ3 = A3 - Y
        dZ2 = W3.T @ dZ3 * np.cos(A2)
        dZ1 = W2.T @ dZ2 * np.cos(A1)
        layers = enumerate([(dZ1, X, W1), (dZ2, A1, W2), (dZ3, A2, W3)], 1)
        grads = {f"dW{l}": dZ @ A.T / m + lambd / m * W for l, (dZ, A, W) in layers}
        return grads | {f"db{l}": dZ.mean(1, keepdims=True) for l, dZ in enumerate([dZ1, dZ2, dZ3], 1)}""",
     "no slip that the tutor knows gives these numbers"),
    ("logistic", "propagate", """
        A = 1 / (1 + np.exp(-(w.T @ X + b)))
        cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
        return {"dw": np.sum(X * (A - Y), axis=1) / m, "db": (A - Y).mean()}, cost""", "is it the shape alone"),
]  # fmt: skip


@pytest.mark.parametrize(("week", "name", "body", "why"), COMMON)
def test_a_common_slip_is_named(week, name, body, why, capsys):
    arguments = ", ".join(next(tutor.cases(week, name)))
    m = "m = Y.shape[1]\n    " * ("Y" in arguments.split(", ")) + "m = dZ.shape[1]\n    " * ("dZ" in arguments)
    source = f"def {name}({arguments}):\n    {m}{textwrap.indent(textwrap.dedent(body).strip(), '    ').strip()}\n"
    lesson.check(tutor_hit_rate.namespace(source)[name], week)
    said = capsys.readouterr().out
    assert f"\nWhere: {name}" in said
    assert why in said


@pytest.mark.parametrize("week", ["lesson", "one_hidden_layer"])
def test_a_name_of_two_weeks_is_judged_by_the_one_that_fits(week, capsys):
    source = tutor_solutions.RIGHT[week]
    lesson.check(tutor_hit_rate.namespace(source)["initialize_parameters"])
    assert capsys.readouterr().out == "initialize_parameters: right\n"
    lesson.check(tutor_hit_rate.namespace(source.replace("(n_h, n_x)", "(n_x, n_h)"))["initialize_parameters"])
    assert "(right: b1, W2, b2; wrong: W1)\nWhy: the arguments of np.random.randn are in" in capsys.readouterr().out


def test_a_line_of_numpys_own_pyx_files_is_not_the_students(capsys):
    def initialize_parameters_deep(layer_dims):
        return {"W1": np.random.randn((2, 3))}

    lesson.check(initialize_parameters_deep)
    assert "raised at test_tutor.py" in capsys.readouterr().out


def test_the_students_own_helpers_are_judged_first(capsys):
    source = tutor_solutions.RIGHT["logistic"]
    ascent = source.replace("w = w - learning_rate * dw", "w = w * 2 - learning_rate * dw ** 3")
    lesson.check(tutor_hit_rate.namespace(ascent)["optimize"])
    assert "\nWhere: optimize" in capsys.readouterr().out
    lesson.check(tutor_hit_rate.namespace(source.replace("(A - Y).T", "(A - Y ** 3 / 3).T"))["optimize"])
    assert "\nWhere: propagate (right: [0].db, [1]; wrong: [0].dw)" in capsys.readouterr().out
    source = tutor_solutions.RIGHT["lesson"].replace("return dA_prev, dW, db", "return dW, dA_prev, db")
    source = source.replace("return dW, dA_prev, db", "return dA_prev, dW, db", 1)  # linear_backward's own is right
    lesson.check(tutor_hit_rate.namespace(source)["linear_activation_backward"])
    said = capsys.readouterr().out
    assert "\nWhere: linear_activation_backward (right: db; wrong: dA_prev, dW)\nWhy: the results are in" in said


def test_an_error_is_shown_next_to_its_cause(capsys):
    lesson.check(linear(dA=lambda W, dZ: W @ dZ))
    said = capsys.readouterr().out
    assert "\nWhat: ValueError: " in said
    assert "\nWhy: the transpose .T of W is missing" in said


def test_two_gradient_checks_that_agree_to_eight_digits_are_told_apart(capsys):
    right = tutor_solutions.RIGHT["gradient_checking"]
    lesson.check(tutor_hit_rate.namespace(right.replace("/ (2 * epsilon)", "/ 2 * epsilon"))["gradient_check_n"])
    assert "it is divided by epsilon: `gradapprox[i] = " in capsys.readouterr().out


def test_a_week_is_found_and_each_of_its_functions_is_said(capsys):
    mine = {"propagate": logistic.propagate, "sigmoid": lambda z: 1 / (1 + np.exp(z)), "other": 3, "np": np}
    lesson.check_week(mine)
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if ":" not in line] == ["sigmoid"]
    assert said[2].startswith("Why: the minus sign is missing: `s = 1 / (1 + np.exp(z))`")
    assert said[-1] == "propagate: right"
    lesson.check_week(optimization)
    assert capsys.readouterr().out == "".join(f"{name}: right\n" for name in tutor.WEEKS["optimization"])
    lesson.check_week({"linear_forward": lesson.linear_forward, "propagate": logistic.propagate})  # of two weeks
    assert sorted(capsys.readouterr().out.splitlines()) == ["linear_forward: right", "propagate: right"]
    with pytest.raises(ValueError, match=r"check\(\) knows the functions of the weeks lesson, .*; got something$"):
        lesson.check_week({"something": print})
    with pytest.raises(ValueError, match=r"takes one of lesson, logistic, .*; got 'course 1'$"):
        lesson.check(logistic.propagate, "course 1")


@pytest.mark.parametrize("week", tutor.WEEKS)
def test_the_tutors_formulas_are_the_lessons(week):
    space, _ = judge.formulas(week)
    for name in tutor.WEEKS[week]:
        verdict = tutor.examine(space[name], week, name)
        assert verdict == judge.Verdict(), name


@pytest.mark.parametrize("week", tutor.WEEKS)
def test_the_lessons_own_functions_are_right(week):
    for name in tutor.WEEKS[week]:
        assert not tutor.examine(getattr(tutor.module(week), name), week, name).where


def test_inputs_have_live_units_and_one_and_two_examples():
    cases = list(tutor.cases("lesson", "L_model_backward"))
    assert {1, 2} < {case["Y"].shape[1] for case in cases}
    for case in cases:
        for _, Z in case["caches"] if case["Y"].shape[1] > 1 else ():
            assert 0 < (Z > 0).mean() < 1


def test_the_tutor_draws_no_random_numbers_of_the_users_and_changes_no_argument(capsys):
    np.random.seed(3)
    np.random.randn()  # so that a second one is kept in the state
    before = repr(np.random.get_state())
    cases = list(tutor.cases("lesson", "update_parameters"))
    W1 = cases[0]["parameters"]["W1"].copy()

    def update_parameters(parameters, grads, learning_rate):
        parameters["W1"] -= 1
        return parameters

    def random_mini_batches(X, Y, mini_batch_size, seed):
        np.random.seed(seed)
        raise KeyboardInterrupt

    lesson.check(update_parameters, "lesson")
    lesson.check_week(optimization)
    with pytest.raises(KeyboardInterrupt):
        lesson.check(random_mini_batches)
    dropout = next(tutor.cases("regularization", "forward_propagation_with_dropout"))
    theirs = regularization.forward_propagation_with_dropout(*dropout.values())
    assert tg.compare((theirs[0] + 1, theirs[1]), theirs, given=dropout).verdict.where
    tg.compare({"W1": W1}, {"W1": W1 + 1}, given={"parameters": {"W1": W1}, "grads": {"dW1": W1}, "learning_rate": 1.0})
    assert repr(np.random.get_state()) == before
    np.testing.assert_array_equal(cases[0]["parameters"]["W1"], W1)


def test_threads_check_at_once():
    def initialize(layers_dims):  # draws by the course's seed
        return {name: x * 2 for name, x in space["initialize_parameters_random"](layers_dims).items()}

    space = tutor_hit_rate.namespace(tutor_solutions.RIGHT["initialization"])
    students = [(function, "lesson", "L_model_backward") for function, _, _ in WRONG.values()][: THREADS - 2]
    students += [(initialize, "initialization", "initialize_parameters_random")] * 2
    AL, Y, caches = net()
    theirs = lesson.L_model_backward(AL, Y, caches)

    def work(k):
        if k == 0:
            return repr(tg.compare(students[k][0](AL, Y, caches), theirs, given={"Y": Y, "caches": caches}))
        return repr(tutor.examine(*students[k]))

    one_by_one = [work(k) for k in range(THREADS)]
    judge._slips.cache_clear()
    tutor._MEMOS.clear()
    before, interval = repr(np.random.get_state()), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        assert at_once(work) == one_by_one
    finally:
        sys.setswitchinterval(interval)
    assert repr(np.random.get_state()) == before


# --- the same from tg.compare, for what was computed from `given`


def net():
    given = next(iter(tutor.cases("lesson", "L_model_backward")))
    return given["AL"], given["Y"], given["caches"]


def test_compare_says_where_and_why():
    AL, Y, caches = net()
    mine = backward(relu=lambda dA, Z: dA * (dA > 0))(AL, Y, caches)
    found = tg.compare(
        mine, lesson.L_model_backward(AL, Y, caches), given={"X": caches[0][0][0], "Y": Y, "caches": caches}
    )
    assert found.verdict.where == "relu_backward"
    assert (
        str(found).splitlines()[-2].startswith("Where: relu_backward (right: dA3, dW3, db3; wrong: dA2, dW2, db2, dA1")
    )
    assert "Why: dA is written where Z belongs: `dZ = np.where(dA > 0, dA, 0)` in place of" in str(found)
    assert not any(difference.guess for difference in found.differences)


def test_compare_knows_a_single_function_by_its_result():
    random = np.random.default_rng(0)
    dZ, cache = (
        random.standard_normal((3, 4)),
        (random.standard_normal((2, 4)), random.standard_normal((3, 2)), np.zeros((3, 1))),
    )
    theirs = lesson.linear_backward(dZ, cache)
    mine = theirs._replace(db=theirs.db * 4)
    found = tg.compare(mine, theirs, given={"dZ": dZ, "cache": cache})
    assert str(found).endswith(
        "`db = np.sum(dZ, axis=1, keepdims=True)` in place of `db = 1 / m * np.sum(dZ, axis=1, keepdims=True)`"
    )


def test_compare_accuses_no_tape_convention():
    AL, Y, caches = net()
    theirs = lesson.L_model_backward(AL, Y, caches)
    mine = {key: x / Y.shape[1] if key[:2] == "dA" else x for key, x in theirs.items()}
    found = tg.compare(mine, theirs, given={"Y": Y, "caches": caches})
    assert str(found).endswith("\nNo mistake: this is right, written another way.")
    assert found.verdict.where == ""


def test_compare_takes_anything_next_to_what_is_given():
    _AL, Y, caches = net()
    for mine, theirs in ((None, {"dW1": Y}), ({"a": "relu"}, {"a": {}}), ({"dW1": [[1, 2], [3]]}, {"dW1": Y})):
        found = tg.compare(mine, theirs, given={"Y": Y, "caches": caches, "name": "x"})
        assert not found
        assert found.verdict is None


def test_compare_with_dropout_and_l2():
    case = next(iter(tutor.cases("regularization", "backward_propagation_with_regularization")))
    theirs = regularization.backward_propagation_with_regularization(*case.values())
    L2 = case["lambd"] * case["cache"][10]
    found = tg.compare({**theirs, "dW3": theirs["dW3"] + L2 - L2 / case["Y"].shape[1]}, theirs, given=case)
    assert found.verdict.why.startswith("the division by m is missing: `dW3 = ")


# --- a sample of what tools/tutor_hit_rate.py measures


def test_most_mutants_of_a_sample_are_found():
    sample = [mutant for mutant in tutor_hit_rate.mutants() if mutant.week == "lesson"][::6]
    verdicts = [(mutant, tutor_hit_rate.judged(mutant.source, mutant.week, mutant.entry)) for mutant in sample]
    differ = [(mutant, verdict) for mutant, verdict in verdicts if verdict.where]
    assert len(differ) > 15
    right = [(verdict.where, verdict.kind) in tutor_hit_rate.causes(mutant) for mutant, verdict in differ]
    assert np.mean(right) >= 0.85


def test_no_right_solution_of_the_tool_is_accused():
    for week, name, how, source in tutor_solutions.OTHERWISE:
        verdict = tutor.examine(tutor_hit_rate.namespace(source.strip())["f"], week, name)
        assert not verdict.where, (name, how)


def test_the_tools_right_solutions_give_the_lessons_results():
    for week, names in tutor.WEEKS.items():
        space = tutor_hit_rate.namespace(tutor_solutions.RIGHT[week])
        for name in names:
            assert not tutor.examine(space[name], week, name).where, name
