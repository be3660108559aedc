"""Estimators for scikit-learn: an MLP with fit and predict, whose examples are rows.

It needs the extra `sklearn`. docs/estimators.md compares the parameters with scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.metrics import r2_score
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state, compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "tinygraph.estimators needs scikit-learn, 1.6 or later: write pip install '.[sklearn]'"
    ) from error

from .arrays import Array
from .compiler.compile import compile as compiled
from .files import short
from .nn.batches import batches
from .nn.mlp import MLP, Hidden
from .optim import SGD, Adam, AdamW, RMSProp
from .optim.schedules import Schedule
from .options import whole

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Classifier", "Regressor"]
SOLVERS: dict[str, Any] = {"adam": Adam, "adamw": AdamW, "rmsprop": RMSProp, "sgd": SGD}
DTYPES = (np.float64, np.float32)  # of a net; rows of another dtype become float64


@dataclass(eq=False, repr=False)
class _Estimator(BaseEstimator):  # type: ignore[misc]
    """The parameters of both, and their training."""

    hidden_layer_sizes: int | Iterable[int] = (100,)
    _: KW_ONLY
    activation: Hidden = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    cost: Callable[..., Any] | None = None
    solver: str = "adam"
    momentum: float = 0.9
    alpha: float = 0.0001
    learning_rate_init: float = 0.001
    schedule: Schedule | None = None
    batch_size: int | Literal["auto"] = "auto"
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    n_iter_no_change: int = 10
    early_stopping: bool = False
    validation_fraction: float = 0.1
    warm_start: bool = False
    verbose: bool = False

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on the rows of X (m, n) and their answers y, and return the estimator.

        sample_weight: m numbers of at least 0. A row of weight 0 counts as left out.
        """
        is_new = not (self.warm_start and hasattr(self, "net_"))
        rows, held = self._checked(X, y, sample_weight, is_new), None
        seed = check_random_state(self.random_state).randint(2**31)
        if self.early_stopping:
            classes = rows[1] if isinstance(self, Classifier) else None
            parts = train_test_split(*rows, test_size=self.validation_fraction, stratify=classes, random_state=seed)
            rows, held = parts[::2], parts[1::2]
        self._start(rows, seed, is_new)
        self._train(rows, self.max_iter, held)
        return self

    def _fit_part(self, X: Any, y: Any, sample_weight: Any, **classes: Any) -> Self:
        """One more epoch, on these rows."""
        is_new = not hasattr(self, "net_")
        rows = self._checked(X, y, sample_weight, is_new, **classes)
        if is_new:
            self._start(rows, check_random_state(self.random_state).randint(2**31), is_new)
        self._train(rows, 1)
        return self

    def _checked(self, X: Any, y: Any, sample_weight: Any, is_new: bool, **classes: Any) -> list[Array]:
        """The rows that weigh more than 0, their encoded answers, and weights unless all are 1."""
        if self.solver not in SOLVERS:
            raise ValueError(f"solver is one of {', '.join(map(repr, SOLVERS))}, got {short(repr(self.solver))}")
        whole("max_iter", self.max_iter)
        whole("batch_size, if it is not 'auto',", 1 if self.batch_size == "auto" else self.batch_size)
        several = isinstance(self, Regressor)
        X, y = validate_data(self, X, y, reset=is_new, dtype=DTYPES, multi_output=several, y_numeric=several)
        weight = None
        if sample_weight is not None:
            weight = _check_sample_weight(sample_weight, X)
            if not (weight.min() >= 0 and weight.max() > 0):
                raise ValueError(f"sample_weight is at least 0, and not all 0: got {weight.min()} to {weight.max()}")
            X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
        if is_new and hasattr(self, "net_"):
            del self.net_  # a fit that fails leaves no older net next to newer classes
        Y, weight = self._encoded(y, weight, is_new, **classes)
        return [X, Y] if weight is None else [x[weight > 0] for x in (X, Y, weight)]

    def _start(self, rows: list[Array], seed: int, is_new: bool) -> None:
        """Make an optimizer, and a net unless it is there already."""
        (X, Y, *weight), sizes = rows, self.hidden_layer_sizes
        self._rng = np.random.default_rng(seed)
        if is_new:
            outputs, output = self._outputs(Y)
            dims = [X.shape[1], *(sizes if isinstance(sizes, Iterable) else [sizes]), outputs]
            options: Any = {"dropout": self.dropout, "batch_norm": self.batch_norm, "dtype": X.dtype}
            self.net_ = MLP(dims, hidden=self.activation, output=output, init="xavier", rng=self._rng, **options)
        options = {"momentum": self.momentum, "nesterov": self.momentum > 0} if self.solver == "sgd" else {}
        decay = self.alpha / (self._batch_size(len(X)) * (weight[0].mean() if weight else 1))
        self._optimizer = SOLVERS[self.solver](self.net_, self.learning_rate_init, weight_decay=decay, **options)
        self._compiled: list[Any] = []
        self._steps, self.n_iter_ = 0, 0
        self.loss_curve_: list[float] = []
        self.validation_curve_: list[float] | None = None
        self.best_validation_score_: float | None = None

    def _batch_size(self, m: int) -> int:
        return min(200 if self.batch_size == "auto" else int(self.batch_size), m)

    def _train(self, rows: list[Array], epochs: int, held: list[Array] | None = None) -> None:
        """Train for so many epochs, or until neither the score of `held` nor the cost improves."""
        net, (X, Y, *weight) = self.net_, rows
        size, Y = self._batch_size(len(X)), Y[:, None].astype(X.dtype) if net.output == "sigmoid" else Y
        options: Any = {"shuffle": self.shuffle, "rng": self._rng, "drop_last": self.batch_norm}
        loader = batches(X, Y, *weight, batch_size=size, examples="rows", **options)
        best, since, kept = -np.inf, 0, None
        for _ in range(epochs):
            quality = self._note(self._epoch(loader, size), held)
            since = since + 1 if quality < best + self.tol else 0
            if quality > best:
                best, kept = quality, net.state_dict() if held else None
            if since > self.n_iter_no_change:
                break
        if kept is not None:
            self.best_validation_score_ = best
            net.load_state_dict(kept)

    def _epoch(self, loader: batches, size: int) -> float:
        """A step for each batch; the mean cost of the examples."""
        net, optimizer, cost = self.net_, self._optimizer, self.cost or MLP.cost
        if not self._compiled:  # of a new net, or of a copy
            # one for whole batches and one for the last, because a change of shapes costs time
            step = partial(compiled, lambda x, y, w=None: cost(net, x, y, sample_weight=w), optimizer=optimizer)
            self._compiled = [step(), step()]
        costs, sizes = [], []
        for batch in loader:
            if self.schedule is not None:
                optimizer.learning_rate = self.schedule(self._steps)
            sizes.append(batch[0].shape[1])
            costs.append(float(self._compiled[sizes[-1] == size](*batch)))
            self._steps += 1
        return float(np.average(costs, weights=sizes))

    def _note(self, cost: float, held: list[Array] | None) -> float:
        """Add an epoch to the curves, and say how good the net is."""
        self.n_iter_, self.loss_, said = self.n_iter_ + 1, cost, f"epoch {self.n_iter_ + 1}: cost {cost:.6g}"
        if not np.isfinite(cost):
            rate = f"lower learning_rate_init={self.learning_rate_init} or the schedule's rates"
            raise ValueError(f"{said}. Scale the columns of X, as StandardScaler does, or {rate}")
        self.loss_curve_.append(cost)
        quality = -cost
        if held:
            X, Y, *weight = held
            quality = float(self._metric(Y, self._answers(X), sample_weight=weight[0] if weight else None))
            self.validation_curve_ = [*(self.validation_curve_ or []), quality]
            said += f", validation score {quality:.6g}"
        if self.verbose:
            print(said)
        return quality

    def _rows(self, X: Any) -> Array:
        check_is_fitted(self, "net_")
        rows: Array = validate_data(self, X, reset=False, dtype=DTYPES)
        return rows

    def __getstate__(self) -> dict[str, Any]:
        """A copy compiles its own step."""
        return {**super().__getstate__(), **({"_compiled": []} if hasattr(self, "_compiled") else {})}


@dataclass(eq=False, repr=False, kw_only=True)
class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A classifier for scikit-learn: an MLP with a sigmoid for two classes, a softmax for several.

    hidden_layer_sizes: a number for each hidden layer. activation, dropout, batch_norm: as in
    tg.MLP; with batch norm, an epoch leaves out a smaller last batch. cost: a function of the net,
    X, Y and sample_weight=, such as tg.MLP.cost, which is the default.
    solver: "adam", "adamw", "rmsprop" or "sgd", which has Nesterov's momentum. alpha: the weight
    decay of a step is alpha / (batch_size * mean weight), as in scikit-learn, but also for b.
    schedule: a function of the step that gives the rate, in place of learning_rate_init.
    batch_size: "auto" is 200. max_iter: the epochs. random_state: the same one gives the same bits.
    tol, n_iter_no_change: training ends after more than n_iter_no_change epochs in a row without an
    improvement by tol: of the cost, or with early_stopping of the score on a share
    validation_fraction of the rows. Early stopping keeps the best parameters.
    warm_start: fit goes on with the net. verbose: print a line for each epoch. class_weight:
    "balanced", or a dict of weights that are 1 for other classes.

    Fitted: net_ (an MLP, whose examples are columns), classes_, n_features_in_, feature_names_in_,
    n_iter_, loss_ and loss_curve_ (without alpha's part), and with early stopping validation_curve_
    and best_validation_score_. X and the net are float32 if X is, and otherwise float64. The first
    weights are those of tg.MLP(init="xavier"). fit raises ValueError for one class, and for sizes
    and rates out of their range.

    >>> import numpy as np
    >>> from tinygraph.estimators import Classifier
    >>> X = np.random.default_rng(0).standard_normal((200, 2))
    >>> inside = (X**2).sum(axis=1) < 1
    >>> Classifier((32,), learning_rate_init=0.01, random_state=0).fit(X, inside).score(X, inside) > 0.95
    True
    """

    class_weight: Literal["balanced"] | dict[Any, float] | None = None

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, and return the estimator.

        classes: all classes, in the first call.
        """
        if classes is None and not hasattr(self, "net_"):
            raise ValueError("the first partial_fit takes all classes: write partial_fit(X, y, classes=np.unique(y))")
        if self.class_weight == "balanced":
            raise ValueError("partial_fit does not see all rows, so class_weight='balanced' is unknown: take a dict")
        return self._fit_part(X, y, sample_weight, classes=classes)

    def _encoded(self, y: Array, weight: Array | None, is_new: bool, classes: Any = None) -> Any:
        """The number of each row's class, and the weights with those of the classes."""
        check_classification_targets(y)
        found = np.unique(y)
        known: Array = (found if classes is None else np.unique(classes)) if is_new else self.classes_
        if classes is not None and not np.array_equal(np.unique(classes), known):
            raise ValueError(f"classes are {short(known.tolist())} since the first call, got {short(classes)}")
        if not np.isin(found, known).all():
            raise ValueError(f"y has classes {short(found.tolist())}, and the net was made for {short(known.tolist())}")
        if len(known) < 2:
            raise ValueError(f"a Classifier takes at least two classes, got one class: {short(known.tolist())}")
        self.classes_: Array = known
        codes = np.searchsorted(known, y)
        if self.class_weight is not None:
            of_class = compute_class_weight(self.class_weight, classes=known, y=y)
            if not (of_class.min() >= 0 and of_class.max() > 0):
                raise ValueError(f"class_weight is at least 0, and not all 0: got {short(self.class_weight)}")
            weight = of_class[codes] * (1 if weight is None else weight)
        return codes, weight

    def _outputs(self, Y: Array) -> tuple[int, str]:
        classes = len(self.classes_)
        return (1, "sigmoid") if classes == 2 else (classes, "softmax")

    def _answers(self, X: Array) -> Array:
        """The number of each row's class."""
        return self.net_.predict(X.T).reshape(-1)  # of two classes, it has the shape (1, m)

    @staticmethod
    def _metric(Y: Array, answers: Array, sample_weight: Array | None) -> Any:
        return np.average(answers == Y, weights=sample_weight)

    def predict(self, X: Any) -> Array:
        """The class of each row of X (m, n), of shape (m,)."""
        X = self._rows(X)
        answers: Array = self.classes_[self._answers(X)]
        return answers

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, in the order of `classes_`; of shape (m, classes)."""
        rows = self._rows(X)
        AL = self.net_.predict_proba(rows.T).T
        return np.hstack([1 - AL, AL]) if len(self.classes_) == 2 else AL


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A regressor for scikit-learn: an MLP with a linear output, for one number a row or several.

    Its parameters and attributes are those of Classifier, without class_weight and classes_. The
    cost is the mean squared error, and the score R2. Scale y if its numbers are large.

    >>> import numpy as np
    >>> from tinygraph.estimators import Regressor
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> estimator = Regressor((32,), batch_size=20, learning_rate_init=0.01, random_state=0)
    >>> estimator.fit(X, X**2).score(X, X**2) > 0.9
    True
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, and return the estimator."""
        return self._fit_part(X, y, sample_weight)

    def _encoded(self, y: Array, weight: Array | None, is_new: bool) -> Any:
        Y = y.reshape(len(y), -1)
        if not is_new and Y.shape[1] != self.net_.layer_dims[-1]:
            raise ValueError(f"y has {Y.shape[1]} numbers a row, and the net was made for {self.net_.layer_dims[-1]}")
        self._axes = y.ndim
        return Y, weight

    def _outputs(self, Y: Array) -> tuple[int, str]:
        return Y.shape[1], "linear"

    def _answers(self, X: Array) -> Array:
        return self.net_.predict(X.T).T

    _metric = staticmethod(r2_score)

    def predict(self, X: Any) -> Array:
        """The answer for each row of X (m, n), shaped as y in fit: (m,) or (m, outputs)."""
        answers = self._answers(self._rows(X))
        return answers if self._axes == 2 else answers[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
