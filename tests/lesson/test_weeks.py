"""The other weeks of the course: their published figures, which their seeds reproduce here."""

import numpy as np
import pytest
from helpers.processes import python

import tinygraph as tg
from tinygraph.lesson import (
    data,
    gradient_checking,
    initialization,
    logistic,
    one_hidden_layer,
    optimization,
    regularization,
    three_layers,
)


def published(x, figures, digits=8):
    np.testing.assert_allclose(x, figures, rtol=0, atol=0.6 * 10.0**-digits)


def randn(seed, *shapes):
    random = np.random.RandomState(seed)
    return [random.randn(*shape) for shape in shapes]


def named(arrays):
    return {f"{kind}{l}": next(arrays) for l in (1, 2, 3) for kind in "Wb"}


# --- the data


def test_circles_and_moons_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    for (X, Y), (rows, labels) in (
        (data.circles(300, 0.05, seed=1), datasets.make_circles(300, noise=0.05, random_state=1)),
        (data.circles(51, 0.1, seed=4), datasets.make_circles(51, noise=0.1, random_state=4)),
        (data.moons(300, 0.2, seed=3), datasets.make_moons(300, noise=0.2, random_state=3)),
    ):
        np.testing.assert_array_equal(X, rows.T)
        np.testing.assert_array_equal(Y, [labels])


# --- course 1, week 2


def test_published_logistic_regression():
    published(logistic.sigmoid(np.array([0.0, 2.0])), [0.5, 0.88079708])
    w, X, Y = np.array([[1.0], [2.0]]), np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]]), np.array([[1, 0, 1]])
    grads, cost = logistic.propagate(w, 2.0, X, Y)
    published(grads["dw"], [[0.99845601], [2.39507239]])
    published([grads["db"], cost], [0.00145557813678, 5.801545319394553], 12)
    params, grads, costs = logistic.optimize(w, 2.0, X, Y, num_iterations=100, learning_rate=0.009)
    published(params["w"], [[0.19033591], [0.12259159]])
    published(params["b"], 1.92535983008, 11)
    published(grads["dw"], [[0.67752042], [1.41625495]])
    published(grads["db"], 0.219194504541, 12)
    assert costs == [cost]
    w, X = np.array([[0.1124579], [0.23106775]]), np.array([[1.0, -1.1, -3.2], [1.2, 2.0, 0.1]])
    np.testing.assert_array_equal(logistic.predict(w, -0.3, X), [[1, 1, 0]])


def test_published_logistic_regression_of_later_versions():
    w, X, Y = np.array([[1.0], [2.0]]), np.array([[1.0, -2.0, -1.0], [3.0, 0.5, -3.2]]), np.array([[1, 1, 0]])
    grads, cost = logistic.propagate(w, 1.5, X, Y)
    published(grads["dw"], [[0.25071532], [-0.06604096]])
    published([grads["db"], cost], [-0.12500404500439652, 0.15900537707692405], 15)
    params, grads, _ = logistic.optimize(w, 1.5, X, Y, num_iterations=100, learning_rate=0.009)
    published(params["w"], [[0.80956046], [2.0508202]])
    published([params["b"], grads["db"]], [1.5948713189708588, -0.08888460336847771], 14)


def test_a_logistic_model_says_how_it_does(capsys):
    X, Y = np.array([[-1.0, 1.0, 2.0]]), np.array([[0, 1, 1]])
    found = logistic.model(X, Y, X, 1 - Y, num_iterations=101, learning_rate=1.0, print_cost=True)
    said = capsys.readouterr().out
    assert said.startswith("Cost after iteration 0: 0.693147\nCost after iteration 100: ")
    assert said.endswith("train accuracy: 100.0 %\ntest accuracy: 0.0 %\n")
    assert found["w"].shape == (1, 1)
    assert len(found["costs"]) == 2


# --- course 1, week 3


def test_published_start_and_forward_pass_of_one_hidden_layer():
    parameters = one_hidden_layer.initialize_parameters(2, 4, 1)
    W1 = [[-0.00416758, -0.00056267], [-0.02136196, 0.01640271], [-0.01793436, -0.00841747], [0.00502881, -0.01245288]]
    published(parameters["W1"], W1)
    published(parameters["W2"], [[-0.01057952, -0.00909008, 0.00551454, 0.02292208]])
    X, b1 = randn(1, (2, 3), (4, 1))
    rounded = {name: x.round(8) for name, x in parameters.items()}
    _, cache = one_hidden_layer.forward_propagation(X, {**rounded, "b1": b1, "b2": np.array([[-1.3]])})
    means = [0.262818640198, 0.091999045227, -1.30766601287, 0.212877681719]
    published([x.mean() for x in cache.values()], means, 11)


# as the course's test hands it out, rounded
A1 = [[-0.00616578, 0.0020626, 0.00349619], [-0.05225116, 0.02725659, -0.02646251]]
A1 += [[-0.02009721, 0.0036869, 0.02883756], [0.02152675, -0.01385234, 0.02599885]]
CACHE = {"A1": np.array(A1), "A2": np.array([[0.5002307, 0.49985831, 0.50023963]])}


def test_published_cost_and_gradients_of_one_hidden_layer():
    X, Y = randn(1, (2, 3), (1, 3))
    parameters = {name: x.round(8) for name, x in one_hidden_layer.initialize_parameters(2, 4, 1).items()}
    grads = one_hidden_layer.backward_propagation(parameters, CACHE, X, Y)  # with Y of any numbers
    dW1 = [[0.01018708, -0.00708701], [0.00873447, -0.0060768], [-0.00530847, 0.00369379], [-0.02206365, 0.01535126]]
    published(grads["dW1"], dW1)
    published(grads["db1"], [[-0.00069728], [-0.00060606], [0.000364], [0.00151207]])
    published(grads["dW2"], [[0.00363613, 0.03153604, 0.01162914, -0.01318316]])
    published(grads["db2"], [[0.06589489]])
    (Y,) = randn(1, (1, 3))
    published(one_hidden_layer.compute_cost(CACHE["A2"], Y > 0, parameters), 0.6930587610394646, 9)


def test_published_training_of_one_hidden_layer():
    X, Y = randn(1, (2, 3), (1, 3))
    parameters = one_hidden_layer.nn_model(X, Y > 0, 4, num_iterations=10000)
    W1 = [[-0.65848169, 1.21866811], [-0.76204273, 1.39377573], [0.5792005, -1.10397703], [0.76773391, -1.41477129]]
    published(parameters["W1"], W1)
    published(parameters["b1"], [[0.287592], [0.3511264], [-0.2431246], [-0.35772805]])
    published(parameters["W2"], [[-2.45566237, -3.27042274, 2.00784958, 3.36773273]])
    published(parameters["b2"], [[0.20459656]])


def test_published_costs_of_the_flower(capsys):
    X, Y = one_hidden_layer.load_planar_dataset()
    parameters = one_hidden_layer.nn_model(X, Y, 4, num_iterations=2001, print_cost=True)
    costs = "0: 0.693048", "1000: 0.288083", "2000: 0.254385"
    assert capsys.readouterr().out == "".join(f"Cost after iteration {cost}\n" for cost in costs)
    assert np.mean(one_hidden_layer.predict(parameters, X) == Y) > 0.89


def test_saturated_units_have_the_gradients_of_the_formulas():
    X, Y = np.array([[50.0, -50.0, 0.3]]), np.array([[1, 1, 0]])
    parameters = {"W1": np.array([[9.0]]), "b1": np.zeros((1, 1)), "W2": np.array([[800.0]]), "b2": np.zeros((1, 1))}
    A2, cache = one_hidden_layer.forward_propagation(X, parameters)
    assert set(A2.ravel()) == {0, 1}
    grads = one_hidden_layer.backward_propagation(parameters, cache, X, Y)
    dZ2 = A2 - Y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    np.testing.assert_allclose(grads["dW2"], dZ2 @ cache["A1"].T / 3)
    np.testing.assert_allclose(grads["dW1"], dZ1 @ X.T / 3, rtol=1e-9)


def test_the_decision_boundary_is_drawn():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    X, Y = one_hidden_layer.load_planar_dataset()
    parameters = one_hidden_layer.initialize_parameters(2, 4, 1)
    pyplot.figure()
    axes = one_hidden_layer.plot_decision_boundary(lambda rows: one_hidden_layer.predict(parameters, rows.T), X, Y)
    assert len(axes.collections) >= 2
    assert axes.get_xlim()[0] < X[0].min()
    pyplot.close("all")


# --- course 2, week 1


def test_published_initializations():
    for name, x in initialization.initialize_parameters_zeros([3, 2, 1]).items():
        assert not x.any(), name
    random = initialization.initialize_parameters_random([3, 2, 1])
    published(random["W1"], [[17.88628473, 4.36509851, 0.96497468], [-18.63492703, -2.77388203, -3.54758979]])
    published(random["W2"], [[-0.82741481, -6.27000677]])
    he = initialization.initialize_parameters_he([2, 4, 1])
    W1 = [[1.78862847, 0.43650985], [0.09649747, -1.8634927], [-0.2773882, -0.35475898], [-0.08274148, -0.62700068]]
    published(he["W1"], W1)
    published(he["W2"], [[-0.03098412, -0.33744411, -0.92904268, 0.62552248]])


def test_published_costs_of_the_circles(capsys):
    X, Y, _, _ = initialization.load_dataset()
    initialization.model(X, Y, num_iterations=2001)
    lines = capsys.readouterr().out.splitlines()
    costs = [0.8830537463419761, 0.6879825919728063, 0.6751286264523371]
    published([float(line.split(": ")[1]) for line in lines], costs, 12)


def test_a_start_of_zeros_stays_at_chance():
    X, Y, _, _ = initialization.load_dataset()
    parameters = initialization.model(X, Y, num_iterations=50, print_cost=False, initialization="zeros")
    assert not three_layers.predict(X, Y, parameters).any()
    with pytest.raises(ValueError, match="initialization is 'zeros' or 'random' or 'he', got 'xavier'"):
        initialization.model(X, Y, initialization="xavier")


def net_of_the_tests():
    X, *rest = randn(1, (3, 5), (2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1))
    return X, np.array([[1, 1, 0, 1, 0]]), named(iter(rest))


def test_published_cost_and_gradients_with_l2():
    parameters = named(iter(randn(1, (2, 3), (2, 1), (3, 2), (3, 1), (1, 3), (1, 1))))
    A3 = np.array([[0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402]])
    X, Y, _ = net_of_the_tests()
    published(regularization.compute_cost_with_regularization(A3, Y, parameters, 0.1), 1.78648594516, 11)
    X, Y, parameters = net_of_the_tests()
    _, cache = regularization.forward_propagation(X, parameters)
    grads = regularization.backward_propagation_with_regularization(X, Y, cache, 0.7)
    published(grads["dW1"], [[-0.25604646, 0.12298827, -0.28297129], [-0.17706303, 0.34536094, -0.4410571]])
    published(grads["dW2"], [[0.79276486, 0.85133918], [-0.0957219, -0.01720463], [-0.13100772, -0.03750433]])
    published(grads["dW3"], [[-1.77691347, -0.11832879, -0.09397446]])


def test_published_dropout():
    X, Y, parameters = net_of_the_tests()
    A3, _ = regularization.forward_propagation_with_dropout(X, parameters, keep_prob=0.7)
    published(A3, [[0.36974721, 0.00305176, 0.04565099, 0.49683389, 0.36974721]])
    D1 = np.array([[1, 0, 1, 1, 1], [1, 1, 1, 1, 0]], bool)
    D2 = np.array([[1, 0, 1, 0, 1], [0, 1, 0, 1, 1], [0, 0, 1, 0, 0]], bool)
    # the course's cache: A1 and A2 have a mask and a keep_prob of 0.5 of their own
    p, Z1 = parameters, parameters["W1"] @ X + parameters["b1"]
    A1 = np.maximum(Z1, 0) * [[0, 0, 1, 1, 0], [0, 1, 1, 1, 0]] / 0.5
    Z2 = p["W2"] @ A1 + p["b2"]
    A2 = np.maximum(Z2, 0) * [[1, 0, 1, 0, 1], [0, 1, 0, 1, 1], [0, 0, 1, 0, 0]] / 0.5
    Z3 = p["W3"] @ A2 + p["b3"]
    cache = Z1, D1, A1, p["W1"], p["b1"], Z2, D2, A2, p["W2"], p["b2"], Z3, 1 / (1 + np.exp(-Z3)), p["W3"], p["b3"]
    grads = regularization.backward_propagation_with_dropout(X, Y, cache, keep_prob=0.8)
    dA1 = [[0.36544439, 0, -0.00188233, 0, -0.17408748], [0.65515713, 0, -0.00337459, 0, 0]]
    published(grads["dA1"], dA1, 7)  # the figures come from rounded arrays
    dA2 = [[0.58180856, 0, -0.00299679, 0, -0.27715731], [0, 0.53159854, 0, 0.53159854, -0.34089673]]
    published(grads["dA2"], [*dA2, [0, 0, -0.00292733, 0, 0]])


def test_dropout_and_l2_train_and_never_both(capsys):
    X, Y, _, _ = initialization.load_dataset()
    for options in ({"lambd": 0.7}, {"keep_prob": 0.86}, {}):
        regularization.model(X, Y, num_iterations=11, **options)
        assert capsys.readouterr().out.startswith("Cost after iteration 0: 0.7")
    with pytest.raises(ValueError, match="takes lambd or keep_prob, and not both"):
        regularization.model(X, Y, lambd=0.1, keep_prob=0.5)
    with pytest.raises(ValueError, match="keep_prob is above 0 and at most 1, got 0"):
        regularization.model(X, Y, keep_prob=0)


@pytest.mark.parametrize("options", [{"lambd": 0.7}, {"keep_prob": 0.86}])
def test_a_model_trains_by_the_gradients_of_the_functions(options):
    X, Y, _, _ = initialization.load_dataset()
    found = regularization.model(X, Y, 0.3, 3, print_cost=False, **options)
    parameters = regularization._start([2, 20, 3, 1])
    for _ in range(3):
        if "lambd" in options:
            _, cache = regularization.forward_propagation(X, parameters)
            grads = regularization.backward_propagation_with_regularization(X, Y, cache, 0.7)
        else:
            _, cache = regularization.forward_propagation_with_dropout(X, parameters, 0.86)
            grads = regularization.backward_propagation_with_dropout(X, Y, cache, 0.86)
        parameters = three_layers.update_parameters(parameters, grads, 0.3)
    assert tg.compare(found, parameters)


def test_published_gradient_checks(capsys):
    check = gradient_checking
    assert check.gradient_check(2, 4, print_msg=True) == pytest.approx(2.919335883291695e-10, rel=1e-6)
    assert capsys.readouterr().out.startswith("The backward propagation works: difference = 2.9193358")
    X, *rest = randn(1, (4, 3), (5, 4), (5, 1), (3, 5), (3, 1), (1, 3), (1, 1))
    parameters, Y = named(iter(rest)), np.array([1, 1, 0])
    _, cache = check.forward_propagation_n(X, Y, parameters)
    grads = check.backward_propagation_n(X, Y, cache)
    assert check.gradient_check_n(parameters, grads, X, Y) == pytest.approx(1.1890913024e-07, rel=0.05)
    planted = {**grads, "dW2": 2 * grads["dW2"], "db1": 4 * grads["db1"]}  # the course's two mistakes
    found = check.gradient_check_n(parameters, planted, X, Y, print_msg=True)
    published(found, 0.285093156781, 7)
    assert capsys.readouterr().out.startswith("The backward propagation has a mistake: difference = 0.28509")
    theta, keys = check.dictionary_to_vector(parameters)
    assert tg.compare(check.vector_to_dictionary(theta), parameters, rtol=0, atol=0)
    assert keys[19:21] == ["W1", "b1"]
    with pytest.raises(ValueError, match="takes 47 numbers"):
        check.vector_to_dictionary(theta[1:])


# --- course 2, week 2


def updates():
    arrays = randn(1, *2 * ((2, 3), (2, 1), (3, 3), (3, 1)))
    names = "W1", "b1", "W2", "b2"
    return dict(zip(names, arrays[:4], strict=True)), {f"d{x}": g for x, g in zip(names, arrays[4:], strict=True)}


def test_published_updates():
    parameters, grads = updates()
    before = {name: x.copy() for name, x in parameters.items()}
    new = optimization.update_parameters_with_gd(parameters, grads, 0.01)
    published(new["W1"], [[1.63535156, -0.62320365, -0.53718766], [-1.07799357, 0.85639907, -2.29470142]])
    published(new["b2"], [[-0.88020257], [0.02561572], [0.57539477]])
    new, v = optimization.update_parameters_with_momentum(
        parameters, grads, optimization.initialize_velocity(parameters), 0.9, 0.01
    )
    published(new["W1"], [[1.62544598, -0.61290114, -0.52907334], [-1.07347112, 0.86450677, -2.30085497]])
    published(new["b2"], [[-0.87809283], [0.04055394], [0.58207317]])
    published(v["dW1"], [[-0.11006192, 0.11447237, 0.09015907], [0.05024943, 0.09008559, -0.06837279]])
    new, v, s = optimization.update_parameters_with_adam(
        parameters, grads, *optimization.initialize_adam(parameters), t=2
    )
    published(new["W1"], [[1.63178673, -0.61919778, -0.53561312], [-1.08040999, 0.85796626, -2.29409733]])
    published(new["W2"][:2], [[0.32648046, -0.25681174, 1.46954931], [-2.05269934, -0.31497584, -0.37661299]])
    published(v["dW1"], [[-0.11006192, 0.11447237, 0.09015907], [0.05024943, 0.09008559, -0.06837279]])
    published(s["dW1"], [[0.00121136, 0.00131039, 0.00081287], [0.0002525, 0.00081154, 0.00046748]])
    assert tg.compare(parameters, before, rtol=0, atol=0)


def test_published_mini_batches():
    random = np.random.RandomState(1)
    X, Y = random.randn(12288, 148), random.randn(1, 148) < 0.5
    batches = optimization.random_mini_batches(X, Y, 64)
    assert [x.shape for x, _ in batches] == [(12288, 64), (12288, 64), (12288, 20)]
    assert [y.shape for _, y in batches] == [(1, 64), (1, 64), (1, 20)]
    published(batches[0][0][0][:3], [0.90085595, -0.7612069, 0.2344157])
    assert len(optimization.random_mini_batches(X, Y, 148)) == 1


def test_published_rates():
    assert optimization.update_lr(0.5, 2, 1) == 0.16666666666666666
    assert optimization.schedule_lr_decay(0.5, 100, 0.3, time_interval=100) == 0.3846153846153846
    assert optimization.schedule_lr_decay(0.5, 10, 1) == 0.5


@pytest.mark.parametrize(("optimizer", "cost"), [("gd", "0.702405"), ("momentum", "0.702413"), ("adam", "0.702166")])
def test_published_first_costs_of_the_moons(optimizer, cost, capsys):
    X, Y = optimization.load_dataset()
    optimization.model(X, Y, [2, 5, 2, 1], optimizer, num_epochs=1)
    assert capsys.readouterr().out == f"Cost after epoch 0: {cost}\n"


def test_a_model_takes_the_steps_of_the_functions_at_a_falling_rate():
    X, Y = optimization.load_dataset()
    options = {"decay": optimization.update_lr, "decay_rate": 0.5, "learning_rate": 0.1, "num_epochs": 3}
    found = optimization.model(X, Y, [2, 5, 2, 1], "gd", print_cost=False, **options)
    parameters, rate = optimization.initialize_parameters([2, 5, 2, 1]), 0.1
    for epoch in range(3):
        for x, y in optimization.random_mini_batches(X, Y, 64, seed=11 + epoch):
            _, cache = three_layers.forward_propagation(x, parameters)
            parameters = optimization.update_parameters_with_gd(
                parameters, three_layers.backward_propagation(x, y, cache), rate
            )
        rate = optimization.update_lr(0.1, epoch, 0.5)
    assert tg.compare(found, parameters)


@pytest.mark.parametrize("first", ["", "lesson.check"])
def test_each_week_is_an_attribute_with_short_tracebacks(first):
    """Also if the tutor, which needs all weeks, was used before."""
    lines = ["from tinygraph import lesson", first, "for week in lesson.WEEKS:", "    w = getattr(lesson, week)"]
    functions = "[f for f in map(vars(w).get, w.__all__) if hasattr(f, '__code__')]"
    python("\n".join([*lines, f"    assert all(hasattr(f, '__wrapped__') for f in {functions})"]))
