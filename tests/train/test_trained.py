"""TrainedModel: raw rows in, answers out, the same in each form, from the file too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.processes import python

import tinygraph as tg
from tinygraph.files import read_arrays, write_arrays
from tinygraph.train.columns import Columns, Target
from tinygraph.train.trained import TrainedModel

pd = pytest.importorskip("pandas")

FRAME = pd.DataFrame(
    {
        "id": range(1, 9),
        "a": ["1,5", "2", "5,25", "2", "3", "4", "", "1"],
        "city": ["Rome", "Oslo", None, "Rome", "Oslo", "Rome", "Ürümqi", "Rome"],
        "n": [1, 5, 9, 2, 7, 8, 1, 1],
        "flag": [True, False, True, False, True, False, True, False],
    }
)
LABELS = {"classes": list("uvuvwwuv"), "two classes": [-1, 1] * 4, "numbers": [1.5, 2, 3, 1, 7, 8, 9.5, 0]}
ROW = {"a": "1,5", "city": "Rome", "n": 1, "flag": True}


def trained(task: str) -> TrainedModel:
    columns = Columns.fit(FRAME)
    target = Target.fit(pd.Series(LABELS[task], name="y"))
    output, n = {"two classes": ("sigmoid", 1), "classes": ("softmax", 3), "numbers": ("linear", 1)}[target.task]
    return TrainedModel(tg.MLP([len(columns.features), 4, n], output=output, rng=0), columns, target)


@pytest.mark.parametrize("task", LABELS)
def test_a_model_is_loaded_as_it_was_saved(tmp_path: Path, task: str) -> None:
    model = trained(task)
    assert model.target.task == task
    model.save(tmp_path / "m.npz")
    loaded = tg.load(tmp_path / "m.npz")
    assert (loaded.columns, loaded.target) == (model.columns._replace(said=()), model.target._replace(said=()))
    assert loaded.classes == model.classes == tuple(sorted({*LABELS[task]}) if task != "numbers" else ())
    assert [*map(type, loaded.classes)] == [*map(type, model.classes)]
    assert str(loaded) == str(model)
    np.testing.assert_array_equal(loaded.predict(FRAME), model.predict(FRAME))
    loaded.save(tmp_path / "again.npz")
    first, second = (read_arrays(tmp_path / name) for name in ("m.npz", "again.npz"))
    assert {name: x.tobytes() for name, x in first.items()} == {name: x.tobytes() for name, x in second.items()}


@pytest.mark.parametrize("task", LABELS)
def test_a_row_has_one_answer_in_each_form(task: str) -> None:
    model = trained(task)
    forms: list[Any] = [
        ROW,
        [ROW],
        {**ROW, "a": 1.5, "flag": "TRUE", "n": "1"},
        {**ROW, "id": 3, "y": "what is not looked at"},
        {name: [x] for name, x in ROW.items()},
        {name: np.array([x]) for name, x in ROW.items()},
        ["1,5", "Rome", 1, True],
        ("1,5", "Rome", "1.0", "true"),
        [3, "1,5", "Rome", 1, "TRUE"],
        [["1,5", "Rome", 1, True]],
        np.array(["1,5", "Rome", "1", "True"]),
        np.array([["1,5", "Rome", "1", "True"]]),
        FRAME.iloc[:1],
        FRAME.iloc[0],
        FRAME.iloc[:1, ::-1].convert_dtypes(),
    ]
    answer = model.predict(ROW)
    assert answer.shape == (1,)
    for form in forms:
        np.testing.assert_array_equal(model.predict(form), answer)
        if task != "numbers":
            probabilities = model.predict_proba(form)
            assert probabilities.shape == (1, len(model.classes))
            np.testing.assert_array_equal(probabilities, model.predict_proba(ROW))


@pytest.mark.parametrize("task", LABELS)
def test_many_rows_have_the_answers_of_each(task: str) -> None:
    model = trained(task)
    answers = model.predict(FRAME)
    assert answers.shape == (8,)
    one_by_one = [model.predict(FRAME.iloc[k]) for k in range(8)]
    if task == "numbers":
        np.testing.assert_allclose(answers, np.concatenate(one_by_one), rtol=1e-12)
        return
    assert answers.tolist() == np.concatenate(one_by_one).tolist()
    probabilities = model.predict_proba(FRAME)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert answers.tolist() == [model.classes[k] for k in probabilities.argmax(axis=1)]
    rows = FRAME.to_dict("records")
    np.testing.assert_array_equal(model.predict_proba(rows), probabilities)
    np.testing.assert_array_equal(model.predict_proba({name: [*FRAME[name]] for name in FRAME}), probabilities)


@pytest.mark.parametrize("task", LABELS)
def test_masked_cells_are_missing_values(task: str) -> None:
    table = pd.DataFrame({"a": [1, 5, 2, 3, 2, 7, 8, 9], "b": [0.5, 2, 1, 4, 8, 2, 3, 1]})
    target = Target.fit(LABELS[task])
    output, n = {"two classes": ("sigmoid", 1), "classes": ("softmax", 3), "numbers": ("linear", 1)}[task]
    model = TrainedModel(tg.MLP([2, 4, n], output=output, rng=0), Columns.fit(table), target)
    hidden = np.ma.masked_array([[1.0, 999], [2.0, 0.5]], mask=[[0, 1], [0, 0]])
    wanted = model.outputs([[1.0, np.nan], [2.0, 0.5]])
    forms: list[Any] = [
        hidden,
        [*hidden],
        {"a": hidden[:, 0].astype(int), "b": hidden[:, 1]},
        [{"a": 1, "b": np.ma.masked}, {"a": 2, "b": 0.5}],
        hidden.astype(object),
        pd.DataFrame(hidden, columns=["a", "b"]),
    ]
    for form in forms:
        np.testing.assert_array_equal(model.outputs(form), wanted)
    np.testing.assert_array_equal(model.outputs(hidden[0]), wanted[:, :1])
    np.testing.assert_array_equal(model.outputs({"a": 1, "b": np.ma.masked}), wanted[:, :1])


def test_masked_categories_and_labels_are_missing_too() -> None:
    columns = trained("classes").columns
    for row in ({**ROW, "city": np.ma.masked}, np.ma.masked_array(["1,5", "Oslo", "1", "True"], mask=[0, 1, 0, 0])):
        np.testing.assert_array_equal(columns.matrix(row), columns.matrix({**ROW, "city": None}))
    labels = np.ma.masked_array([0, 1, 0, 1, 999], mask=[0, 0, 0, 0, 1])
    assert Target.fit(labels).classes == (0, 1)
    assert Columns.fit({"a": np.ma.masked_array([1.0, 2, 4, 99], mask=[0, 0, 0, 1])}).columns[0].fill == 2


def test_two_classes_are_those_of_the_sigmoid() -> None:
    model = trained("two classes")
    AL = model.net.predict_proba(model.columns.matrix(FRAME))
    np.testing.assert_array_equal(model.predict_proba(FRAME), np.stack([1 - AL[0], AL[0]], axis=1))
    np.testing.assert_array_equal(model.predict(FRAME), np.where(AL[0] > 0.5, 1, -1))


def test_numbers_are_those_of_the_label() -> None:
    model = trained("numbers")
    Y = model.target.encode(LABELS["numbers"])
    np.testing.assert_allclose([Y.mean(), Y.std()], [0, 1], atol=1e-15)
    np.testing.assert_allclose(model.target.decode(Y), LABELS["numbers"])
    with pytest.raises(ValueError, match=r"answers numbers, not classes: write predict\(rows\)"):
        model.predict_proba(ROW)


def test_columns_that_the_table_did_not_have_are_not_looked_at(tmp_path: Path) -> None:
    model = trained("classes")
    np.testing.assert_array_equal(model.outputs({**ROW, "z": "?", "customer": 7}), model.outputs(ROW))


WRONG: list[tuple[Any, str]] = [
    ({"a": 1, "city": "Rome", "n": 1}, "column 'flag' is missing; the net takes a, city, n, flag"),
    ({"a": 1, "city": "Rome", "n": 1, "Flag": True, "id": 3},
     "column 'flag' is missing, unless it is 'Flag'; the net takes a, city, n, flag"),
    ({**ROW, "city": "Pisa"}, "column 'city', row 0: 'Pisa' is not among the values learnt: (missing), Oslo, Rome"),
    ({**ROW, "flag": None},
     "column 'flag', row 0: no value, and the training table misses none; fill in one of False, True"),
    ({**ROW, "a": "5.365"},
     "'5.365' is 5365 with ',' as the decimal sign, as in the model's table, and else 5.365; write 5365 or 5,365"),
    ({**ROW, "a": "1.5x"}, "column 'a', row 0: expected a finite number, got '1.5x'"),
    ({**ROW, "n": True}, "column 'n', row 0: expected a finite number, got 'True'"),
    ({**ROW, "n": np.inf}, "column 'n', row 0: expected a finite number, got 'inf'"),
    ({**ROW, "n": 10**400}, "column 'n', row 0: expected a finite number, got '1000"),
    ({**ROW, "n": [1]}, "got the shapes [(), (1,)]"),
    ([{**ROW, "n": [1]}], "column 'n', row 0: expected a finite number, got '[1]'"),
    ([ROW, {**ROW, "a": "one"}], "column 'a', row 1: expected a finite number, got 'one'"),
    ([ROW, {"a": 1}], "is in only one of the rows 0 and 1"),
    ({"a": [1, 2], "city": ["Rome"], "n": [1, 2], "flag": [True, True]}, "got the shapes [(1,), (2,)]"),
    (
        [1, "Rome", 1],
        "a DataFrame, or rows of 4 values, a, city, n, flag or 5 values, id, a, city, n, flag; got the shape (1, 3)",
    ),
    (np.ones((2, 2, 2)), "got the shape (2, 2, 2)"),
    ([], "got the shape (1, 0)"),
    ({}, "column 'a' is missing; the net takes a, city, n, flag"),
    ([{}], "column 'a' is missing; the net takes a, city, n, flag"),
    *[(x, f"expected dicts, a DataFrame, or rows of 4 values, a, city, n, flag or 5 values, id, a, city, n, flag; {y}")
      for x, y in ((3, "got 3"), (None, "got None"), ("abcd", "got 'abcd'"), (b"abcd", "got b'abcd'"),
                   ({1, 2, 3, 4}, "got {1, 2, 3, 4}"), (np.array(3), "got array(3)"), (True, "got True"))],
    ([ROW, 3], "; got the shape (1, 2)"),
    ({name: np.ones((2, 3)) for name in ROW}, "expected columns of one length, or one value each; got"),
    ({**ROW, "n": [[1], [2, 3]]}, "or one value each; got the shapes [(), (2,)]"),
    (pd.DataFrame([[*ROW.values(), 2.0]], columns=[*ROW, "a"]), "2 columns are named 'a': the net tells them by name"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "line"), WRONG)
def test_rows_that_do_not_fit_are_refused(rows: Any, line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        trained("classes").predict(rows)


def test_columns_of_one_name_are_refused_if_the_net_takes_them() -> None:
    model, twice = trained("classes"), pd.DataFrame([[*ROW.values(), 1, 2]], columns=[*ROW, "more", "more"])
    np.testing.assert_array_equal(model.predict_proba(twice), model.predict_proba(ROW))
    for table in ({1: [1.5, 2.5], "1": [3.5, 1.5]}, pd.DataFrame([[1.5, 3.5], [2.5, 1.5]], columns=["a", "a"])):
        with pytest.raises(ValueError, match=r"2 columns are named '[1a]': the net tells them by name"):
            Columns.fit(table)


def test_integers_name_one_category_in_each_type() -> None:
    columns = Columns.fit(pd.DataFrame({"code": ["1", "B", "1", "B", "20"]}))
    assert columns.features == ["code=1", "code=20", "code=B"]
    for form in ("1", 1, 1.0, np.int8(1), np.float32(1)):
        assert columns.matrix({"code": form}).tolist() == [[1], [0], [0]]


def test_dates_are_left_out_in_each_type() -> None:
    moments = np.array(["2020-01-02", "2021-01-02T10:00", "NaT"], "datetime64[ns]")
    spans = moments - moments[0]
    frame = pd.DataFrame({"a": [1, 5, 2], "when": moments, "span": spans, "day": moments.astype(object)})
    frame["day"] = [*map(pd.Timestamp.date, frame["when"][:2]), None]
    said = Columns.fit(frame).said
    assert said == tuple(f"column {name!r} is left out: it holds dates or times" for name in ("when", "span", "day"))


def test_a_missing_number_is_the_median_and_a_missing_category_one_of_its_own() -> None:
    columns = trained("classes").columns
    X = columns.matrix({**ROW, "a": None, "city": pd.NA})[:, 0]
    by_name = dict(zip(columns.features, X, strict=True))
    a = columns.columns[0]
    assert by_name["a"] == (2 - a.mean) / a.std
    assert by_name["city=(missing)"] == 1
    assert by_name["city=Rome"] == 0


def test_figures_are_of_the_rows_to_train_on_and_categories_of_all() -> None:
    columns = Columns.fit(FRAME, rows=[0, 1, 3], keep=["id"], drop=["n"])
    assert columns.names == ["id", "a", "city", "flag"]
    assert columns.columns[1][2:5] == (2.0, 5.5 / 3, np.std([1.5, 2, 2]))
    assert columns.columns[2].categories == ("", "Oslo", "Rome", "Ürümqi")
    assert Columns.fit(pd.DataFrame({"a": [0.1, 0.1, 0.1, 5]}), rows=[0, 1, 2]).columns[0].std == 1  # not 1e-17
    assert columns.table == ("id", "a", "city", "n", "flag")
    target = Target.fit(LABELS["numbers"], rows=[0, 1, 2])
    assert (target.mean, target.std) == (6.5 / 3, np.std([1.5, 2, 3]))
    for keep, drop, line in (["b"], [], "column 'b' is not among id, a"), (["a"], ["a"], "cannot be kept and dropped"):
        with pytest.raises(ValueError, match=line):
            Columns.fit(FRAME, keep, drop)


def test_the_task_is_found_from_the_label() -> None:
    found = {
        "two classes": [[0, 1] * 3, [2.0, "4"] * 3, [False, True] * 2, ["-", "+"] * 2],
        "classes": [[0, 1, 2] * 2, ["1", "x", "2"] * 2, [*range(20)] * 2],
        "numbers": [[0.5, 1.5] * 9, [*range(21)] * 2, [*range(9)], [2**60, 2**61] * 3, ["1", "2", "2.5"] * 3],
    }
    for task, examples in found.items():
        assert [Target.fit(labels).task for labels in examples] == [task] * len(examples)


def test_a_task_may_be_given() -> None:
    assert Target.fit([0, 1, 0, 1], "classes").task == "classes"
    assert Target.fit([0, 1, 0, 1], "numbers").encode(["0", 1]).tolist() == [[-1, 1]]
    assert Target.fit([0.5, 1.5, 0.5, 1.5], "classes").classes == (0.5, 1.5)
    assert Target.fit(["01", "3", "01", "3"], "numbers").encode(["02", 1]).tolist() == [[0, -1]]
    for labels, task, line in (
        (list("uvuvw"), "two classes", "label 'label' has 3 classes, not two: u, v, w"),
        (list("uvuv"), "numbers", "column 'label', row 0: expected a finite number, got 'u'"),
        ([0, 1], "logistic", "a task is two classes, classes, numbers; got 'logistic'"),
    ):
        with pytest.raises(ValueError, match=line):
            Target.fit(labels, task)


def test_labels_are_encoded_or_refused() -> None:
    target = Target.fit([1.0, None, "2", 2, 1, "1.0"])
    assert target.classes == (1, 2)
    assert target.known([1, None, "", np.nan, "2"]).tolist() == [True, False, False, False, True]
    assert target.encode(["2", 1.0, np.int64(2)]).tolist() == [[1, 0, 1]]
    assert Target.fit(list("aabbcc")).encode(list("cab")).tolist() == [2, 0, 1]
    assert Target.fit([True, False, False, True]).encode(["TRUE", False]).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="row 1: no value, and the training table misses none; fill in one of 1, 2"):
        target.encode([1, None])
    for wrong in (3, "x", 1.5):
        with pytest.raises(ValueError, match=f"column 'label', row 0: '{wrong}' is not among the values learnt: 1, 2"):
            target.encode([wrong])
    with pytest.raises(ValueError, match="column 'label', row 1: expected a finite number, got 'None'"):
        Target.fit(LABELS["numbers"]).encode([1, None])


def test_a_net_that_does_not_fit_is_refused() -> None:
    model = trained("classes")
    with pytest.raises(
        ValueError, match=r"classes need a net of n\[0\], output and n\[L\] \(8, 'softmax', 3\); got MLP"
    ):
        TrainedModel(tg.MLP([8, 4, 3]), model.columns, model.target)


def test_files_of_a_net_alone_and_of_a_net_with_its_table_are_told_apart(tmp_path: Path) -> None:
    model = trained("classes")
    model.save(tmp_path / "model.npz")
    model.net.save(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"net\.npz holds a net alone: write tg\.MLP\.load\(path\)"):
        tg.load(tmp_path / "net.npz")
    own = Own()
    own.save(tmp_path / "own.npz")
    with pytest.raises(ValueError, match=r"own\.npz holds a net alone: write your_model\.restore\(path\)$"):
        tg.load(tmp_path / "own.npz")
    for read in (tg.MLP.load, model.net.restore):
        with pytest.raises(ValueError, match=r"model\.npz holds a net with its table: write tg\.load\(path\)"):
            read(tmp_path / "model.npz")


class Own(tg.Model):
    def __init__(self) -> None:
        self.scale, self.net = tg.Tensor(2.0, requires_grad=True), tg.MLP([3, 1])


def damaged(x: Any) -> list[Any]:
    """The parts of a file's table, each with a value that does not belong there."""
    first, *rest = x["columns"]
    wrong = [
        {**first, "fill": "2"},
        {**first, "mean": float("nan")},
        {"name": "a"},
        {**first, "more": 1},
        None,
        [],
        "a",
    ]
    parts: list[Any] = [{**x, "columns": [part, *rest]} for part in wrong]
    parts += [{**x, "columns": rest}, {**x, "target": None}, {**x, "table": 1}, {}, 3, [1, 2, 3]]
    return [*parts, {**x, "target": {**x["target"], "task": "what"}}]


def test_damaged_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    trained("classes").save(path)
    arrays = read_arrays(path)
    sound = json.loads(arrays["train/table"].tolist())
    tables: list[Any] = [np.array(json.dumps(x).encode()) for x in damaged(sound)]
    for table in [*tables, np.array(1.5), np.array(b"{"), np.array(b"[" * 100_000), np.array(["[]", "[]"])]:
        write_arrays(path, {**arrays, "train/table": table})
        with pytest.raises(ValueError, match=r"m\.npz: ") as refused:
            tg.load(path)
        assert "\n" not in str(refused.value)
    path.write_bytes(b"PK no")
    with pytest.raises(ValueError, match=r"m\.npz is not a sound \.npz file"):
        tg.load(path)
    write_arrays(path, {name: x for name, x in arrays.items() if name != "W1"})
    with pytest.raises(ValueError, match=r"m\.npz: there is no W1"):
        tg.load(path)


def test_a_model_answers_without_pandas(tmp_path: Path) -> None:
    model = trained("two classes")
    model.save(tmp_path / "m.npz")
    code = f"""
import sys
sys.modules["pandas"] = None
import tinygraph as tg
model = tg.load({str(tmp_path / "m.npz")!r})
print(*model.predict({ROW!r}), *model.predict([["", None, 2, "false"]]))
"""
    wanted = [*model.predict(ROW), *model.predict(["", None, 2, False])]
    assert python(code).stdout == f"{wanted[0]} {wanted[1]}\n"


def test_an_activation_of_ones_own_is_handed_over(tmp_path: Path) -> None:
    model = trained("classes")

    def cube(Z: Any) -> Any:
        return Z * Z * Z

    net = tg.MLP([8, 4, 3], hidden=cube, output="softmax", rng=0)
    TrainedModel(net, model.columns, model.target).save(tmp_path / "m.npz")
    with pytest.raises(ValueError, match=r"m\.npz has the activations own cube; give those that are your own"):
        tg.load(tmp_path / "m.npz")
    loaded = tg.load(tmp_path / "m.npz", hidden=cube)
    np.testing.assert_array_equal(loaded.net.predict_proba(np.ones(8)), net.predict_proba(np.ones(8)))
