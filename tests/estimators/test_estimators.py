"""Classifier and Regressor: scikit-learn's own checks, its tools, and what each parameter does."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.processes import python

import tinygraph as tg

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from tinygraph.estimators import Classifier, Regressor

random = np.random.default_rng(0)
X = random.standard_normal((90, 4))
TWO = np.where(X[:, 0] * X[:, 1] > 0, "yes", "no")
THREE = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
NUMBERS = X[:, 0] - 2 * X[:, 1] ** 2
ANSWERS = {"two": (Classifier, TWO), "three": (Classifier, THREE), "numbers": (Regressor, NUMBERS)}
SMALL: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 5, "batch_size": 32, "random_state": 0}
each = pytest.mark.parametrize("kind", ANSWERS)


def made(kind: str, **options: Any) -> tuple[Any, Any]:
    Estimator, y = ANSWERS[kind]
    return Estimator(**{**SMALL, **options}), y


def bits(estimator: Any) -> dict[str, bytes]:
    return {name: x.tobytes() for name, x in estimator.net_.state_dict().items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "check"),
    [pair for estimator in (Classifier(), Regressor()) for pair in estimator_checks_generator(estimator)],
    ids=lambda x: getattr(getattr(x, "func", type(x)), "__name__", ""),
)
def test_check_estimator(estimator: Any, check: Any) -> None:
    if "_train" not in check.func.__name__:  # it asks for no accuracy
        estimator = clone(estimator).set_params(max_iter=20)
    check(estimator)


# --- scikit-learn's tools


def test_pipeline_grid_search_and_cross_validation() -> None:
    rows, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(), Classifier((16,), learning_rate_init=0.01, batch_size=20, max_iter=60, random_state=0)
    )
    assert cross_val_score(pipeline, rows, y, cv=3).mean() > 0.93
    search = GridSearchCV(
        pipeline, {"classifier__dropout": [0, 0.9], "classifier__activation": ["tanh"]}, n_jobs=2, cv=2
    )
    search.fit(rows, y)
    assert search.best_params_["classifier__dropout"] == 0
    assert search.predict(rows[:2]).tolist() == [0, 0]


@each
def test_clones_are_unfitted_and_copies_continue_to_the_bit(kind: str) -> None:
    estimator, y = made(kind, dropout=0.2, solver="adamw", schedule=tg.optim.schedules.cosine(0.01, 90))
    estimator.fit(X, y)
    with pytest.raises(NotFittedError):
        clone(estimator).predict(X)
    for other in (copy.deepcopy(estimator), pickle.loads(pickle.dumps(estimator))):
        assert bits(other) == bits(estimator)
        np.testing.assert_array_equal(other.predict(X), estimator.predict(X))
        again = pickle.loads(pickle.dumps(estimator))
        assert bits(other.partial_fit(X, y)) == bits(again.partial_fit(X, y)) != bits(estimator)


@each
def test_one_random_state_gives_the_same_bits(kind: str) -> None:
    options = {"dropout": 0.3, "batch_norm": True, "early_stopping": True}
    fitted = [made(kind, random_state=seed, **options)[0].fit(X, ANSWERS[kind][1]) for seed in (0, 0, 1)]
    assert bits(fitted[0]) == bits(fitted[1]) != bits(fitted[2])
    assert (fitted[0].net_.dropout, fitted[0].net_.batch_norm) == (0.3, True)


# --- the net


@each
def test_the_net_is_a_model_of_columns(kind: str, tmp_path: Any) -> None:
    estimator, y = made(kind)
    net = estimator.fit(X, y).net_
    net.save(tmp_path / "net.npz")
    np.testing.assert_array_equal(tg.MLP.load(tmp_path / "net.npz").predict(X.T), net.predict(X.T))
    assert "W1" in tg.explain(net.cost(X.T, THREE if kind == "three" else np.zeros((1, 90))))
    assert net.output == {"two": "sigmoid", "three": "softmax", "numbers": "linear"}[kind]
    assert estimator.n_features_in_ == 4


def test_probabilities_and_classes() -> None:
    for kind, classes in (("two", ["no", "yes"]), ("three", [0, 1, 2])):
        estimator, y = made(kind, max_iter=50, learning_rate_init=0.01)
        P = estimator.fit(X, y).predict_proba(X)
        assert estimator.classes_.tolist() == classes
        assert P.shape == (90, len(classes))
        np.testing.assert_allclose(P.sum(axis=1), 1)
        np.testing.assert_array_equal(estimator.predict(X), estimator.classes_[P.argmax(axis=1)])
        assert estimator.score(X, y) > 0.85


def test_answers_are_shaped_as_y() -> None:
    estimator, y = made("numbers")
    assert estimator.fit(X, y).predict(X).shape == (90,)
    assert estimator.fit(X, y[:, None]).predict(X).shape == (90, 1)
    assert estimator.fit(X, X[:, :3]).predict(X).shape == (90, 3)


@pytest.mark.parametrize("kind", ["two", "numbers"])
def test_rows_of_float32_make_a_net_of_float32(kind: str) -> None:
    estimator, y = made(kind)
    estimator.fit(X.astype(np.float32), y)
    assert estimator.net_.dtype == np.float32
    answers = estimator.predict(X) if kind == "numbers" else estimator.predict_proba(X)
    assert answers.dtype == np.float32
    assert made(kind)[0].fit((9 * X).astype(int), y).net_.dtype == np.float64


# --- training


@each
def test_partial_fit_is_an_epoch_of_fit(kind: str) -> None:
    estimator, y = made(kind, shuffle=False, schedule=tg.optim.schedules.exponential(0.1, 0.9))
    step_by_step = clone(estimator)
    for _ in range(5):
        step_by_step.partial_fit(X, y, **({"classes": np.unique(y)} if kind != "numbers" else {}))
    assert bits(step_by_step) == bits(estimator.fit(X, y))
    assert step_by_step.loss_curve_ == estimator.loss_curve_
    assert step_by_step.n_iter_ == estimator.n_iter_ == 5


def test_it_is_the_loop_of_the_docs_by_hand() -> None:
    estimator, y = made("three", shuffle=False, alpha=0.32, solver="sgd", learning_rate_init=0.05)
    estimator.fit(X, y)
    start = clone(estimator).set_params(learning_rate_init=0).fit(X, y).net_
    optimizer = tg.optim.SGD(start, 0.05, momentum=0.9, nesterov=True, weight_decay=0.32 / 32)
    for _ in range(5):
        for k in range(0, 90, 32):
            optimizer.zero_grad()
            start.cost(X[k : k + 32].T, y[k : k + 32]).backward()
            optimizer.step()
    for name, x in estimator.net_.state_dict().items():
        np.testing.assert_allclose(start.state_dict()[name], x, rtol=1e-9, atol=1e-12)


@each
def test_early_stopping_keeps_the_best_parameters(kind: str) -> None:
    options = {"early_stopping": True, "validation_fraction": 0.3, "learning_rate_init": 0.05, "n_iter_no_change": 4}
    estimator, y = made(kind, max_iter=60, **options)
    estimator.fit(X, y)
    curve = estimator.validation_curve_
    assert len(curve) == len(estimator.loss_curve_) == estimator.n_iter_ < 60
    assert estimator.best_validation_score_ == max(curve)
    best = clone(estimator).set_params(max_iter=int(np.argmax(curve)) + 1).fit(X, y)
    assert best.n_iter_ < estimator.n_iter_
    assert bits(best) == bits(estimator)


def test_the_order_of_the_rows_depends_on_the_random_state_unless_it_is_kept() -> None:
    def last_bias(seed: int, shuffle: bool) -> float:
        estimator, y = made("two", activation=lambda Z: Z * 0, random_state=seed, shuffle=shuffle)  # b2 alone learns
        return float(estimator.fit(X, y).net_.parameters["b2"].data[0, 0])

    assert last_bias(0, True) != last_bias(1, True)
    assert last_bias(0, False) == last_bias(1, False)


def test_the_split_is_stratified() -> None:
    estimator, _ = made("three", early_stopping=True)
    with pytest.raises(ValueError, match="least populated class"):
        estimator.fit(X, np.arange(90) // 89)


@each
def test_the_validation_score_is_weighted(kind: str) -> None:
    estimator, y = made(kind, early_stopping=True, max_iter=1, learning_rate_init=0)
    plain = estimator.fit(X, y).validation_curve_
    assert estimator.fit(X, y, np.linspace(0.01, 1, 90)).validation_curve_ != plain


@each
def test_training_ends_if_the_cost_does_not_improve(kind: str) -> None:
    estimator, y = made(kind, max_iter=50, tol=1e9, n_iter_no_change=3)
    estimator.fit(X, y)
    assert estimator.n_iter_ == 5  # the first improves on infinity, and four do not by 1e9
    assert estimator.loss_ == estimator.loss_curve_[-1]
    assert estimator.validation_curve_ is estimator.best_validation_score_ is None


@each
def test_a_warm_start_goes_on(kind: str) -> None:
    estimator, y = made(kind, warm_start=True)
    net, first = estimator.fit(X, y).net_, estimator.loss_
    assert estimator.fit(X, y).net_ is net
    assert estimator.loss_curve_[0] < first
    assert estimator.set_params(warm_start=False).fit(X, y).net_ is not net


def test_a_schedule_gives_the_rate_of_each_step() -> None:
    steps: list[int] = []
    estimator, y = made("two", schedule=lambda k: (steps.append(k), 0.0)[1])
    estimator.fit(X, y)
    assert steps == [*range(15)]
    assert len({f"{cost:.12f}" for cost in estimator.loss_curve_}) == 1  # a rate of 0


def test_a_cost_of_ones_own() -> None:
    def smoothed(net: Any, x: Any, y: Any, **options: Any) -> Any:
        return net.cost(x, y, label_smoothing=0.5, **options)

    estimator, y = made("three", cost=smoothed, max_iter=100, learning_rate_init=0.02)
    assert estimator.fit(X, y, sample_weight=np.ones(90)).predict_proba(X).max() < 0.9
    assert estimator.set_params(cost=None).fit(X, y).predict_proba(X).max() > 0.9


def test_batch_norm_with_one_example_left_over() -> None:
    estimator, y = made("two", batch_norm=True, batch_size=89)
    assert estimator.fit(X, y).n_iter_ == 5


@pytest.mark.parametrize(
    ("class_weight", "of_class"),
    [("balanced", 30 / np.bincount(THREE)), ({0: 3, 1: 2, 2: 0.5}, [3, 2, 0.5]), ({1: 0}, [1, 0, 1])],
)
def test_class_weights_are_sample_weights(class_weight: Any, of_class: Any) -> None:
    estimator, y = made("three", class_weight=class_weight)
    weights = np.linspace(1, 2, 90)
    estimator.fit(X, y, weights)
    plain = made("three")[0].fit(X, y, weights * np.asarray(of_class)[y])
    if 0 in of_class:  # the other one has not seen the class at all
        assert estimator.predict_proba(X).shape == (90, 3)
        assert plain.predict_proba(X).shape == (90, 2)
        estimator.set_params(batch_size=1).fit(X, y)  # no batch without weight
    else:
        np.testing.assert_allclose(plain.predict_proba(X), estimator.predict_proba(X), rtol=1e-9)


def test_verbose_prints_an_epoch_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    estimator, y = made("two", verbose=True, early_stopping=True, max_iter=2)
    estimator.fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"epoch 2: cost {estimator.loss_:.6g}, validation score {estimator.validation_curve_[1]:.6g}"
    assert len(lines) == 2
    estimator.set_params(verbose=False).fit(X, y)
    assert capsys.readouterr().out == ""


# --- errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solver": "lbfgs"}, "solver is one of 'adam', 'adamw', 'rmsprop', 'sgd', got 'lbfgs'"),
        ({"max_iter": 0}, "max_iter takes a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size, if it is not 'auto', takes a whole number of at least 1, got 0"),
        ({"activation": "logistic"}, "'relu', 'leaky_relu', 'tanh', 'sigmoid'"),
        ({"hidden_layer_sizes": (8, 0)}, "at least 1"),
        ({"class_weight": {"no": -3}}, "class_weight is at least 0, and not all 0: got {'no': -3}"),
        ({"class_weight": {"no": 0, "yes": 0}}, "class_weight is at least 0, and not all 0: got"),
        ({"early_stopping": True, "validation_fraction": 2.0}, "test_size"),
    ],
)
def test_wrong_options(options: Any, words: str) -> None:
    estimator, y = made("two", **options)
    with pytest.raises(ValueError, match=words):
        estimator.fit(X, y)
    assert not hasattr(estimator, "net_")


@pytest.mark.parametrize("weight", [np.zeros(90), -np.ones(90), np.arange(90) - 1.0])
def test_wrong_weights(weight: Any) -> None:
    with pytest.raises(ValueError, match=r"sample_weight is at least 0, and not all 0: got|at least one non-zero"):
        made("two")[0].fit(X, TWO, weight)


def test_wrong_classes() -> None:
    estimator, y = made("three")
    with pytest.raises(ValueError, match=r"write partial_fit\(X, y, classes=np\.unique\(y\)\)"):
        estimator.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"at least two classes, got one class: \[0.0\]"):
        estimator.fit(X, np.zeros(90))
    estimator.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"y has classes \[0, 1, 2, 7\], and the net was made for \[0, 1, 2\]"):
        estimator.partial_fit(X, np.append(y[1:], 7))
    with pytest.raises(ValueError, match=r"classes are \[0, 1, 2\] since the first call, got \[0, 1\]"):
        estimator.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="class_weight='balanced' is unknown: take a dict"):
        estimator.set_params(class_weight="balanced").partial_fit(X, y)


def test_answers_of_another_width_are_refused_and_change_nothing() -> None:
    rows = np.random.default_rng(0).standard_normal((30, 3))
    for estimator in (
        Regressor((4,), random_state=0).partial_fit(rows, rows[:, :2]),
        Regressor((4,), max_iter=2, warm_start=True, random_state=0).fit(rows, rows[:, :2]),
    ):
        again = estimator.fit if estimator.warm_start else estimator.partial_fit
        before = estimator.predict(rows)
        for y, n in ((rows[:, 0], 1), (rows, 3)):
            with pytest.raises(ValueError, match=f"y has {n} numbers a row, and the net was made for 2"):
                again(rows, y)
        np.testing.assert_array_equal(estimator.predict(rows), before)


def test_a_fit_that_fails_leaves_no_older_net_next_to_newer_classes() -> None:
    estimator = Classifier(**SMALL).fit(X, TWO)
    with pytest.raises(ValueError, match=r"sizes|layer_dims"):
        estimator.set_params(hidden_layer_sizes=(0,)).fit(X, THREE)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        estimator.predict(X)
    assert estimator.set_params(hidden_layer_sizes=(4,)).fit(X, TWO).predict(X).dtype == TWO.dtype


def test_a_cost_that_is_not_finite_is_an_error() -> None:
    estimator, y = made("numbers", solver="sgd", learning_rate_init=1e3)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"cost (nan|inf)\. Scale the columns of X, .*=1000"),
    ):
        estimator.fit(X * 1e3, y)


def test_the_module_is_loaded_at_its_first_use() -> None:
    code = "import tinygraph as tg; print(tg.estimators.Classifier().solver)"
    assert python(code).stdout == "adam\n"


def test_without_scikit_learn() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import tinygraph
try:
    import tinygraph.estimators
except ImportError as error:
    print(error)
"""
    words = "tinygraph.estimators needs scikit-learn, 1.6 or later: write pip install '.[sklearn]'\n"
    assert python(code).stdout == words


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_numbers_are_predicted_as_well_as_by_scikit_learn() -> None:
    """With scikit-learn's defaults and few epochs: first weights that are too large would show."""
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    options: Any = {"hidden_layer_sizes": (50,), "max_iter": 60, "n_iter_no_change": 100, "random_state": 0}
    folds = KFold(5, shuffle=True, random_state=0)
    ours, theirs = (
        cross_val_score(make_pipeline(StandardScaler(), kind(**options)), X, y, cv=folds).mean()
        for kind in (Regressor, MLPRegressor)
    )
    assert ours > 0.98 * theirs > 0.4


def test_onnx_points_to_the_net(tmp_path: Any) -> None:
    with pytest.raises(TypeError, match=r"got Classifier\(\); of a fitted estimator, give the net: classifier.net_"):
        tg.onnx.save(Classifier(), tmp_path / "net.onnx")
    fitted = Classifier((2,), max_iter=1, random_state=0).fit(np.eye(4), [0, 0, 1, 1])
    with pytest.raises(TypeError, match=r"not its predict_proba: write tg.onnx.save\(classifier.net_, path\)"):
        tg.onnx.save(fitted.predict_proba, tmp_path / "net.onnx", np.eye(4))
