"""Schedules against PyTorch's, in eager and compiled steps, and their errors.

tools/cost_figures.py made data/cost_figures.json with PyTorch; the file has the version.
"""

import copy
import json
import pickle
import re

import numpy as np
import pytest
from helpers.paths import TESTS
from helpers.processes import python

import tinygraph as tg
from tinygraph.optim import schedules

FIGURES = json.loads((TESTS / "data" / "cost_figures.json").read_text())
RATE = FIGURES["rate"]
MADE = {
    "step": schedules.step(RATE, 3, 0.3),
    "exponential": schedules.exponential(RATE, 0.7),
    "cosine": schedules.cosine(RATE, 5, 0.05),
    "warm_up": schedules.warm_up(4, schedules.exponential(RATE, 0.7)),
    "decay": schedules.decay(RATE, 0.5, every=2),
}


@pytest.mark.parametrize("name", FIGURES["schedules"])
def test_rates_are_those_of_pytorch(name):
    expected = FIGURES["schedules"][name]
    np.testing.assert_allclose([MADE[name](k) for k in range(len(expected))], expected, rtol=1e-14)


@pytest.mark.parametrize("name", MADE)
def test_rates_are_plain_floats_that_an_optimizer_takes(name):
    optimizer = tg.optim.SGD([tg.Tensor(1.0, requires_grad=True)], 0.1)
    for k in (0, 3, np.int64(7), 10**6):
        optimizer.learning_rate = rate = MADE[name](k)
        assert type(rate) is float
        assert rate == MADE[name](int(k))


@pytest.mark.parametrize("name", MADE)
def test_a_schedule_is_pickled_and_copied(name):
    for copied in (pickle.loads(pickle.dumps(MADE[name])), copy.deepcopy(MADE[name])):
        assert [copied(k) for k in range(9)] == [MADE[name](k) for k in range(9)]
        with pytest.raises(ValueError, match="the step of a schedule takes a whole number of at least 0, got -1"):
            copied(-1)


def test_cosine_stays_at_its_lowest():
    assert [MADE["cosine"](k) for k in (5, 6, 100)] == [0.05] * 3
    assert schedules.cosine(1, 2)(1) == 0.5
    assert schedules.cosine(0.1, 2, lowest=0.1)(1) == 0.1


def test_warm_up_to_a_constant_rate():
    np.testing.assert_allclose([schedules.warm_up(2, 0.4)(k) for k in range(5)], [0.2, 0.4, 0.4, 0.4, 0.4])
    of_a_function = schedules.warm_up(1, lambda k: 1 / (k + 1))
    np.testing.assert_allclose([of_a_function(k) for k in range(4)], [1, 1, 1 / 2, 1 / 3])


@pytest.mark.parametrize("kind", [tg.optim.SGD, tg.optim.Adam, tg.optim.AdamW, tg.optim.RMSProp])
def test_a_compiled_step_follows_a_schedule_without_a_new_trace(kind):
    X = np.random.default_rng(0).standard_normal((3, 8))
    Y = (X[:1] > 0) * 1.0
    nets = [tg.MLP([3, 4, 1], rng=0) for _ in range(2)]
    eager, of_compiled = (kind(net.parameters, 1.0) for net in nets)
    traced = []

    def cost(X, Y):
        traced.append(X)
        return tg.cross_entropy(nets[1](X), Y)

    step = tg.compile(cost, optimizer=of_compiled)
    schedule = schedules.warm_up(3, schedules.cosine(0.1, 6, 0.01))
    for k in range(12):
        eager.learning_rate = of_compiled.learning_rate = schedule(k)
        eager.zero_grad()
        tg.cross_entropy(nets[0](X), Y).backward()
        eager.step()
        step(X, Y)
    assert len(traced) == 1
    for name, p in nets[0].parameters.items():
        np.testing.assert_allclose(nets[1].parameters[name].data, p.data, rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: schedules.step(0.1, 0), ValueError, "every takes a whole number of at least 1, got 0"),
        (lambda: schedules.step(0.1, 2.0), TypeError, "every takes a whole number of at least 1, got 2.0"),
        (lambda: schedules.step(0.1, True), TypeError, "every takes a whole number of at least 1, got True"),
        (lambda: schedules.step(-0.1, 2), ValueError, "rate is at least 0 and finite, got -0.1"),
        (lambda: schedules.step("0.1", 2), TypeError, "rate is a number, got '0.1'"),
        (lambda: schedules.exponential(0.1, np.nan), ValueError, "factor is at least 0 and finite, got nan"),
        (lambda: schedules.exponential(0.1, -1), ValueError, "factor is at least 0 and finite, got -1"),
        (lambda: schedules.cosine(0.1, 10, 0.2), ValueError, "lowest is at most the rate of 0.1, got 0.2"),
        (lambda: schedules.cosine(0.1, 10, -1), ValueError, "lowest is at least 0 and finite, got -1"),
        (lambda: schedules.cosine(0.1, 0), ValueError, "steps takes a whole number of at least 1, got 0"),
        (lambda: schedules.warm_up(0, 0.1), ValueError, "steps takes a whole number of at least 1, got 0"),
        (lambda: schedules.warm_up(5, "cosine"), TypeError, "rate is a number, got 'cosine'"),
        (lambda: schedules.decay(0.1, -1), ValueError, "decay_rate is at least 0 and finite, got -1"),
        (lambda: schedules.decay(0.1, 1, every=0), ValueError, "every takes a whole number of at least 1, got 0"),
        (
            lambda: schedules.decay(0.1, 1)(-1),
            ValueError,
            "the step of a schedule takes a whole number of at least 0, got -1",
        ),
        (
            lambda: schedules.step(0.1, 1)(0.5),
            TypeError,
            "the step of a schedule takes a whole number of at least 0, got 0.5",
        ),
    ],
)
def test_bad_arguments(call, kind, words):
    with pytest.raises(kind, match=re.escape(words) + "$"):
        call()


def test_schedules_are_there_without_an_import_of_their_own():
    assert python("import tinygraph as tg; print(tg.optim.schedules.step(0.5, 1)(0))").stdout == "0.5\n"
