"""tg.compare: the entries that differ, where and by how much, and the cause if a guess holds."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import lesson
from tinygraph.diagnostics.causes import CAUSES

M = 6
random = np.random.default_rng(0)
X = random.standard_normal((4, M))
Y = (random.random((1, M)) > 0.5).astype(float)
NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")


def network():
    mlp = tg.MLP([4, 5, 3, 1], rng=1)
    for name, p in mlp.parameters.items():
        if name[0] == "b":
            p.data = 0.1 * np.random.default_rng(2).standard_normal(p.shape)
    return mlp


TAPE = lesson.from_tape(tg.cross_entropy(network()(X), Y))
CACHE = TAPE.caches[1]
B, Z = CACHE.linear_cache.b, CACHE.activation_cache
DA = np.random.default_rng(3).standard_normal(Z.shape)


def changed(**entries):
    return TAPE.grads | entries


def test_equal_grads_say_so_and_are_true():
    found = tg.compare(lesson.L_model_backward(TAPE.AL, Y, TAPE.caches), TAPE.grads)
    assert found
    assert found.equal is True
    assert len(found.names) == 9
    assert repr(found).startswith("equal: 9 entries, to ")
    assert repr(tg.compare([1.0, 2.0], [1.0, 2.0])) == "equal: 1 entry, to the last digit"


def test_a_difference_has_its_place_and_size():
    dW2 = TAPE.grads["dW2"].copy()
    dW2[1, 3] = 2.5
    theirs = TAPE.grads["dW2"][1, 3]
    found = tg.compare(changed(dW2=dW2), TAPE.grads)
    assert not found
    assert [d.name for d in found.differences] == ["dW2"]
    what = f"1 of 15 numbers, most at [1, 3]: mine 2.5, theirs {theirs:.10g}, relative error"
    assert found.differences[0].what.startswith(what)
    assert float(found.differences[0].what.split()[-1]) == pytest.approx(abs(2.5 / theirs - 1), rel=0.05)
    assert found.differences[0].guess == ""
    assert str(found).startswith("1 of 9 entries differ\n  dW2: 1 of 15 numbers")


def test_differences_come_in_backward_order():
    mine = {name: array * 2 for name, array in TAPE.grads.items() if not name.startswith("dA")}
    found = tg.compare(mine, {name: TAPE.grads[name] for name in mine})
    assert [d.name for d in found.differences] == ["dW3", "db3", "dW2", "db2", "dW1", "db1"]


def test_a_long_list_ends_with_names_only():
    found = str(tg.compare([np.array(k) for k in range(12)], [np.array(k + 0.5) for k in range(12)]))
    assert found.endswith("\n  and [8], [9], [10], [11]")


# --- entries of zeros

DEAD = ["dW1", "db1", "dW2", "db2"]
WITH_DEAD_UNITS = TAPE.grads | {name: 0 * TAPE.grads[name] for name in DEAD}


def test_entries_that_are_0_on_both_sides_are_counted_and_named():
    found = tg.compare(WITH_DEAD_UNITS, WITH_DEAD_UNITS)
    assert found.equal is True
    assert found
    assert set(found.zeros) == set(DEAD)
    names = ", ".join(name for name in WITH_DEAD_UNITS if name in DEAD)
    zeros = f"4 of 9 entries are 0 on both sides, which proves nothing: {names}"
    assert repr(found) == f"equal: 9 entries, to the last digit\n{zeros}"
    found = tg.compare(WITH_DEAD_UNITS | {"dW3": -g["dW3"]}, WITH_DEAD_UNITS)
    assert str(found).startswith("1 of 9 entries differ\n  dW3: ")
    assert str(found).endswith(f"turned?\n{zeros}")


def test_only_whole_arrays_of_zeros_on_both_sides_are_counted():
    some = {"dW": np.array([0.0, 1.0]), "nan": np.array([0.0, np.nan]), "n": 0, "none": np.zeros((0, 3)), "a": [0, 0]}
    for mine, theirs in (
        (some, some),
        (TAPE.grads, TAPE.grads),
        (WITH_DEAD_UNITS, TAPE.grads),
        (some | {"dW": 0.0}, some),
    ):
        found = tg.compare(mine, theirs)
        assert found.zeros == []
        assert "0 on both" not in str(found)


def test_zeros_without_a_name_and_many_zeros():
    assert str(tg.compare(np.zeros(3), np.zeros(3))).endswith("\n1 of 1 entry is 0 on both sides, which proves nothing")
    many = [np.zeros(1)] * 11
    names = ", ".join(f"[{k}]" for k in range(8))
    assert str(tg.compare(many, many)).endswith(
        f"\n11 of 11 entries are 0 on both sides, which proves nothing: {names} and 3 more"
    )
    assert tg.compare({"b": [0, 0]}, {"b": tg.Tensor([0.0, 0.0])}).zeros == ["b"]


# --- guesses

g = TAPE.grads
UPDATED = lesson.update_parameters(TAPE.parameters, g, 0.01)
GIVEN = {"parameters": TAPE.parameters, "grads": g, "learning_rate": 0.01}


def step(rate):
    return {name: p - rate * g[f"d{name}"] for name, p in TAPE.parameters.items()}


GUESSES = {
    "m": (g["dW2"] * M, g["dW2"], {"X": X}, f"mine == m * theirs, with m = 6: {CAUSES['m']}"),
    "1/m": (g["dW2"] / M, g["dW2"], {"AL": TAPE.AL}, f"mine == 1/m * theirs, with m = 6: {CAUSES['1/m']}"),
    "m unknown": (g["dW2"] * M, g["dW2"], (), f"mine == 6 * theirs: if m = 6, {CAUSES['m']}"),
    "1/m unknown": (g["dW2"] / M, g["dW2"], (), f"mine == 1/6 * theirs: if m = 6, {CAUSES['1/m']}"),
    "factor": (g["dW2"] * 2.75, g["dW2"], (), "mine == 2.75 * theirs"),
    "sign": (-g["dW2"], g["dW2"], (), "mine == -theirs: is a sign turned?"),
    "sign, m": (-g["db3"] * M, g["db3"], {"Y": Y}, f"mine == -m * theirs, with m = 6: {CAUSES['m']} is a sign turned?"),
    "twice": (g["dW2"] * 2, g["dW2"], {"X": X}, "mine == 2 * theirs: is it applied twice?"),
    "half": (g["dW2"] / 2, g["dW2"], {"X": X}, "mine == 1/2 * theirs: is a factor of 2 missing?"),
    "transpose": (g["dW2"].T, g["dW2"], (), "mine.T == theirs: is it transposed?"),
    "square transpose": (X[:, :4].T, X[:, :4], (), "mine.T == theirs: is it transposed?"),
    "keepdims": (g["db2"][:, 0], g["db2"], (), "mine.reshape(3, 1) == theirs: is it the shape alone, as by keepdims"),
    "sum": (DA, DA.sum(axis=1, keepdims=True), (), "np.sum(mine, axis=1, keepdims=True) == theirs: is the sum over"),
    "mean": (DA, DA.mean(axis=1, keepdims=True), {"dA1": DA}, "keepdims=True) == m * theirs, with m = 6: is the sum"),
    "summed": (DA.sum(axis=1, keepdims=True), DA, (), "mine == np.sum(theirs, axis=1, keepdims=True): is mine summed"),
    "summed, m": (
        DA.mean(axis=1, keepdims=True),
        DA,
        {"dA1": DA},
        f"mine == 1/m * np.sum(theirs, axis=1, keepdims=True), with m = 6: is mine summed over the examples once too "
        f"often? {CAUSES['1/m']}",
    ),
    "all summed": (
        g["db1"].sum(),
        g["db1"],
        (),
        "mine == np.sum(theirs): does mine sum over too much, as without axis=1",
    ),
    "cost of (1, 1)": (TAPE.cost.reshape(1, 1), TAPE.cost, (), "mine.reshape(()) == theirs: is it the shape"),
    "nan": (np.array([np.nan, 1, 2]), np.array([np.nan, -1, -2]), (), "mine == -theirs: is a sign turned?"),
    "inf": (np.array([-np.inf, 1, 2]), np.array([np.inf, -1, -2]), (), "mine == -theirs: is a sign turned?"),
    "b, nan": (np.array([[np.nan, 2.5, 4]]), np.array([[np.nan, 1.5, 3]]), (), "theirs - mine is the same in each"),
    "float32, nan": (
        np.append(X.astype("f").astype(float), np.nan),
        np.append(X, np.nan),
        (),
        "they agree to 6 digits",
    ),
    "float32": (X.astype("float32").astype(float), X, (), "they agree to 6 digits: rounding, or float32?"),
    "cost": (DA, DA.sum(), (), "np.sum(mine) == theirs: is the sum missing in mine?"),
    "relu": (
        DA,
        DA * (Z > 0),
        (),
        "mine == theirs where theirs is not 0: is relu, or its slope, left out where Z <= 0?",
    ),
    "mask": (
        DA * (Z > 0),
        DA,
        (),
        "mine == theirs where mine is not 0: is relu, or its slope, applied once too often?",
    ),
    "no b": (Z - B, Z, {"b": B}, "theirs - mine is the same in each column, as if b were missing"),
    "b unknown": (Z + B, Z, (), "theirs - mine is the same in each column, as if b were missing or added twice"),
    "given": (DA, DA * 2.0**Z, {"dA": DA}, "mine == the given dA"),
}


@pytest.mark.parametrize("case", GUESSES)
def test_each_cause_is_guessed(case):
    mine, theirs, given, guess = GUESSES[case]
    found = tg.compare(mine, theirs, given=given)
    assert guess in found.differences[0].guess
    assert f"    {found.differences[0].guess}" in str(found)


@pytest.mark.parametrize("case", GUESSES)
def test_two_numbers_that_do_not_fit_rule_out_a_guess(case):
    mine, theirs, given, _ = GUESSES[case]
    mine = mine.copy()
    for k in np.argsort(-np.abs(mine), axis=None)[:2]:
        mine.flat[k] *= 1.37
    if mine.size > 3 and case != "sign, m":  # two of three, and they are a sum of others
        assert tg.compare({"x": mine}, {"x": theirs}, given=given).differences[0].guess == ""


STEPS = {
    "rate twice": (0.01**2, "the factor learning_rate is there twice"),
    "no rate": (1, "the factor learning_rate is missing"),
    "uphill": (-0.01, "the sign of learning_rate * grads[f'dW{l}'] is turned"),
}


@pytest.mark.parametrize("case", STEPS)
def test_the_tutor_says_what_is_wrong_in_an_update(case):
    rate, why = STEPS[case]
    for names in (list(UPDATED), ["W2"]):
        mine, theirs = ({name: x[name] for name in names} for x in (step(rate), UPDATED))
        found = tg.compare(mine, theirs, given=GIVEN)
        assert found.verdict.where == "update_parameters"
        assert found.verdict.why.startswith(why)
        assert {d.guess for d in found.differences} == {""}


ONES = np.ones((2, 6))
FALSE = {
    "one prediction": ([[1, 0, 1, 1]], [[0, 0, 1, 1]], ()),
    "all ones": ([[1.0, 1.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 1.0]], ()),
    "all zeros": ([[0, 0, 0, 0]], [[0, 0, 1, 1]], ()),
    "one number where theirs is 0": ([[1.5, 2.5, 3.5, 4.5]], [[0.0, 2.5, 3.5, 4.5]], ()),
    "two of many zeros": ([[1.5, 2.5, 0, 0, 0, 4.5]], [[0, 0, 0, 0, 0, 4.5]], ()),
    "predictions": ([[0, 1, 1, 0]], [[1, 1, 0, 0]], ()),
    "predictions, float": ([[0.0, 1.0, 1.0, 0.0]], [[1.0, 1.0, 0.0, 0.0]], ()),
    "classes": ([[0, 1, 2, 3]], [[3, 2, 1, 0]], ()),
    "classes, float": ([[0.0, 1, 2, 2, 1, 1]], [[2.0, 1, 0, 1, 1, 2]], ()),
    "all wrong": ([[1, 1, 1]], [[0, 0, 0]], ()),
    "a shift of ones": (2.0 * ONES, ONES - 4, ()),
    "accuracy": (1.0, 0.5, ()),
    "accuracy, with a rate": (1.0, 0.5, {"learning_rate": 0.5}),
    "count": (6, 2, ()),
    "count, with m": (6, 2, {"X": np.zeros((2, 3))}),
    "count, with another": ({"n": 6, "m": 4}, {"n": 2, "m": 4}, ()),
    "single numbers": (0.9, 0.3, ()),
    "in an array": ([[6.0]], [[2.0]], ()),
    "a constant": (6 * ONES, 2 * ONES, ()),
}


@pytest.mark.parametrize("case", FALSE)
def test_an_equation_that_may_hold_by_chance_is_not_guessed(case):
    mine, theirs, given = FALSE[case]
    assert [d.guess for d in tg.compare(mine, theirs, given=given).differences] == [""]


def test_the_lessons_factor_m_is_guessed_against_a_tape():
    mlp = network()
    cost = tg.cross_entropy(mlp(X), Y)
    for node in cost.tape():
        node.retain_grad()
    cost.backward()
    (difference,) = tg.compare({"dZ3": TAPE.AL - Y, "dW3": TAPE.grads["dW3"]}, cost.tape()).differences
    assert difference.guess == "mine == m * theirs, with m = 6: the lesson's dA and dZ are m times a tape's"


def test_missing_shifted_and_swapped_names_are_recognised():
    assert str(tg.compare({"W": X}, {"W": X, "b": B})) == "1 of 2 entries differ\n  b: missing in mine"
    assert "  w: not in theirs\n    theirs has it as W" in str(tg.compare({"w": X}, {"W": X}))
    assert "  W: missing in mine\n    mine has it as w" in str(tg.compare({"w": X}, {"W": X}))
    later = {f"dA{int(name[2]) - 1}" if name[1] == "A" else name: x for name, x in g.items()}
    found = {d.name: d for d in tg.compare(later, g).differences}
    assert set(found) == {"dA0", "dA1", "dA2", "dA3"}
    assert found["dA3"].guess.startswith("mine has it as dA2: is dA numbered otherwise?")
    assert found["dA2"].guess.startswith("mine == theirs' dA3")
    swapped = tg.compare((X, B), (B, X))
    assert [d.guess for d in swapped.differences] == ["mine == theirs' [1]", "mine == theirs' [0]"]


def test_an_equal_guess_is_said_once_with_its_entries():
    mine = changed(dW3=g["dW3"] * M, dW1=g["dW1"] * M, db2=-g["db2"])
    found = tg.compare(mine, g, given={"X": X})
    guess = f"mine == m * theirs, with m = 6: {CAUSES['m']}"
    assert str(found).count(CAUSES["m"]) == 1
    assert f"    {guess} (dW3, dW1)\n" in str(found)
    assert "    mine == -theirs: is a sign turned?\n" in str(found)
    assert [d.guess for d in found.differences if d.name != "db2"] == [guess] * 2


def test_no_other_number_is_taken_for_m_if_it_is_known():
    (found,) = tg.compare(g["dW2"] * 3, g["dW2"], given={"X": X}).differences
    assert found.guess == "mine == 3 * theirs"
    (found,) = tg.compare(g["dW2"] / 3, g["dW2"], given={"X": X}).differences
    assert found.guess == "mine == 1/3 * theirs"
    wider = {"A": np.ones((2, 3))}  # m is that of X
    (found,) = tg.compare(g["dW2"] * 3, g["dW2"], given={**wider, "X": X}).differences
    assert found.guess == "mine == 3 * theirs"


def test_rounding_is_not_said_next_to_another_difference():
    near = g["dW2"] * (1 + 1e-7)
    (found,) = tg.compare(changed(dW2=near), g).differences
    assert found.guess.startswith("they agree to 6 digits: rounding")
    found = {d.name: d.guess for d in tg.compare(changed(dW2=near, dW1=g["dW1"] * 3), g).differences}
    assert found == {"dW2": "", "dW1": "mine == 3 * theirs"}


# --- types that can be compared


def test_nested_caches_with_fields_have_names():
    mine = [((A, W, b * 2), Z) for (A, W, b), Z in TAPE.caches]
    names = [d.name for d in tg.compare((TAPE.AL, mine), lesson.ModelForward(TAPE.AL, TAPE.caches)).differences]
    assert names == [f"caches[{l}].linear_cache.b" for l in range(3)]
    assert [d.name for d in tg.compare({"c": [mine]}, {"c": [[((0, 1, 2), 3)] * 3]}).differences[:1]] == [
        "c[0][0][0][0]"
    ]


def test_tensors_are_compared_by_their_values():
    assert tg.compare(network().parameters, TAPE.parameters)
    assert tg.compare(tg.Tensor(X), X)
    assert tg.compare(X.tolist(), X)


def test_tapes_are_compared_by_name():
    mlp = network()
    one, other = tg.cross_entropy(mlp(X), Y), tg.cross_entropy(mlp(X * 3), Y)
    assert tg.compare(one, one.tape())
    found = tg.compare(other, one)
    assert [d.name for d in found.differences] == ["X", "Z1", "A1", "Z2", "A2", "Z3", "A3", "cost"]
    assert found.differences[0].guess.startswith("mine == 3 * theirs")
    one.backward()
    assert tg.compare(TAPE.grads | {"dA3": None, "dA2": None, "dA1": None}, one.tape()).names == [
        *(f"d{name}" for name in reversed(NAMES)),
        *("dA3", "dA2", "dA1"),
    ]
    assert tg.compare(one, one.data)  # next to an array, a tensor stands for its value


@pytest.mark.parametrize(
    ("mine", "theirs", "what"),
    [
        ("relu", "sigmoid", "mine is 'relu', theirs is 'sigmoid'"),
        ([1.0], {"a": 1.0}, "mine is a list of 1, theirs is a dict of 1"),
        (None, X, "mine is None, theirs is an array of shape (4, 6), float64"),
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], "1 of 4 numbers, most at [1, 1]: mine 4, theirs 5, relative error 0.2"),
        (np.ma.masked_array([1, 2], [0, 1]), np.array([1, 2]), "mine is a masked array of shape (2,), int64"),
        (
            np.array([1j, 2]),
            np.array([1j, 4]),
            "1 of 2 numbers, most at [1]: mine 2+0j, theirs 4+0j, relative error 0.5",
        ),
        ({1: 3, "1": 2}, {1: 3, "1": 4}, "mine 2, theirs 4"),
        (X[0], X, "mine has shape (6,), theirs (4, 6)"),
        ([1, 2], [1.0, 3.0], "relative error 0.33 (dtypes int64 and float64)"),
        ([np.nan, 1.0], [1.0, 1.0], "1 of 2 numbers, most at [0]: mine nan, theirs 1, relative error nan"),
        ([np.inf, 1.0], [-np.inf, 1.0], "1 of 2 numbers, most at [0]: mine inf, theirs -inf"),
        ([np.inf], [1.0], "mine inf, theirs 1, relative error inf"),
        ([2.0, 1.0], [0.0, 1.0], "mine 2, theirs 0, relative error inf"),
        (np.array([True, False]), np.array([True, True]), "1 of 2 numbers, most at [1]: mine 0, theirs 1"),
    ],
)
def test_the_words_of_a_difference(mine, theirs, what):
    (difference,) = tg.compare(mine, theirs).differences
    assert what in difference.what.replace("int32", "int64")


def test_equal():
    for x in ("relu", None, [np.nan, np.inf, -np.inf], [[1, 2], [3]], np.zeros((0, 3)), {"a": []} | {"b": X}):
        assert tg.compare(x, x)
    assert tg.compare(X.astype("float32"), X)  # equal to float32's precision
    assert not tg.compare(X * (1 + 1e-6), X)
    assert tg.compare({1: X}, {1: X}).names == ["[1]"]


def test_tolerances():
    assert tg.compare(X * (1 + 1e-9), X)
    assert not tg.compare(X * (1 + 1e-9), X, rtol=1e-10)
    assert tg.compare(np.round(X, 8), X, atol=1e-8)
    assert not tg.compare([1.0, 1e-20], [1.0, 0.0], atol=0)
    assert tg.compare([1.0, 1e-20], [1.0, 0.0])  # the rounding of a sum of numbers as large as 1


def test_errors():
    with pytest.raises(ValueError, match=r"compare\(rtol=...\) takes a number of at least 0, got -1"):
        tg.compare(X, X, rtol=-1)
    with pytest.raises(ValueError, match="found nothing to compare"):
        tg.compare({}, {})
    with pytest.raises(ValueError, match="found nothing to compare"):
        tg.compare({}, tg.cross_entropy(network()(X), Y))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (tg.MLP([2, 1], rng=0), tg.MLP([2, 1], rng=1)),
        (np.arange(3000) * 1j, np.where(np.arange(3000) == 1500, 7, np.arange(3000) * 1j)),
        (np.array([1 + 1j]), np.array([1.0001 + 1j])),
        (1j, 1j * (1 + 1e-7)),
        (np.array([1 + 1e-10j] * 2), np.array([1 + 2e-7j] * 2)),
        (np.arange(2000).astype(object), np.where(np.arange(2000) == 900, 0, np.arange(2000)).astype(object)),
        (np.array(["a", "b"]), np.array(["a"])),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0], object)),
        ({"a": {1, 2}}, {"a": {1, 3}}),
        ({"net": tg.MLP([2, 1], rng=0)}, {"net": tg.MLP([2, 1], rng=1)}),
        (np.ma.masked_array(np.arange(3.0), [0, 0, 1]), np.ma.masked_array(np.arange(3.0), [0, 1, 0])),
        (np.ma.masked_array([1.0, 2.0], [0, 1]), np.ma.masked_array([3.0, 2.0], [0, 1])),
        (np.array(["a"] * 2000), np.array(["a"] * 1999 + ["b"])),
        ({"a": object()}, {"a": object()}),
    ],
)
def test_array_likes_are_compared_by_their_values(mine, theirs):
    assert not tg.compare(mine, theirs)
    assert tg.compare(mine, mine)


def test_equal_networks():
    assert tg.compare(tg.MLP([2, 1], rng=0), tg.MLP([2, 1], rng=0))
    assert tg.compare(np.ma.masked_array([1.0, 2.0], [0, 1]), np.ma.masked_array([1.0, 5.0], [0, 1]))
    for x in (np.array([np.nan, "x"], object), np.array(["NaT"], "M8[s]"), np.array([np.nan + 1j])):
        assert tg.compare(x, x.copy())
    assert tg.compare("relu", np.str_("relu"))
    assert tg.compare(network(), TAPE.parameters)


def test_complex_numbers_are_compared_with_the_same_tolerance():
    found = tg.compare(np.array([1 + 1j]), np.array([1 + 1j]) * (1 + 1e-10))
    assert found
    assert "to 1e-10 of the largest number" in str(found)
    assert tg.compare(np.array([1 + 1j], "complex64"), np.array([1 + 1j]) * (1 + 1e-6))
    assert tg.compare([1j], [1.5j], rtol=1)


def test_the_mask_of_a_masked_array_is_compared_as_an_entry():
    mine, theirs = (np.ma.masked_array([1.0, 2.0, 3.0], mask) for mask in ([0, 0, 1], [0, 1, 1]))
    assert [d.name for d in tg.compare({"a": mine}, {"a": theirs}).differences] == ["a['data']", "a['mask']"]


def test_entries_that_cannot_be_compared_are_errors_with_their_name():
    ragged = np.array([np.ones(2), 1], object)
    with pytest.raises(TypeError, match=r"takes numbers.*cache\[1\] has a ndarray and a ndarray, which == does"):
        tg.compare({"cache": (X, ragged)}, {"cache": (X, ragged.copy())})


def test_an_entry_with_an_empty_name():
    mine, theirs = {"": {"a": np.ones(2)}, "a": np.ones(2)}, {"": {"a": np.ones(2)}, "a": np.zeros(2)}
    assert str(tg.compare(mine, theirs)).startswith("1 of 2 entries differ\n  a: ")
    assert str(tg.compare({**mine, "": {"a": np.zeros(2)}}, mine)).startswith("1 of 2 entries differ\n  ['']['a']: ")
    W = tg.Tensor([2.0], requires_grad=True, name="")
    cost = (W * W).sum()
    cost.backward()
    assert tg.compare(cost, {"": np.array([2.0]), "d": np.array([4.0])})


def test_gradients_next_to_the_tensors_that_hold_them_are_told_of_grad():
    W = tg.Tensor([[1.0, 2.0]], requires_grad=True, name="W")
    (W * np.array([[3.0, 5.0]])).sum().backward()
    assert "mine == .grad of theirs: write t.grad for t" in repr(tg.compare({"W": W.grad}, {"W": W}))
    assert "mine's dW == .grad of theirs: write t.grad for t" in repr(tg.compare({"dW": W.grad}, {"W": W}))
    assert ".grad" not in repr(tg.compare({"W": W.grad + 1}, {"W": W}))
    W.grad = W.data
    assert tg.compare({"W": W.data}, {"W": W})
