"""A TrainedModel as an ONNX file: its columns, missing values, categories and classes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from helpers.onnx_files import results, session
from helpers.paths import EXAMPLES

import tinygraph as tg
from tinygraph.train.columns import Column, Columns, Target
from tinygraph.train.trained import OUTPUT_FOR, TrainedModel

pytestmark = pytest.mark.extra
FRAME = {
    "age": [30.5, np.nan, 41.0, 29.0, 55.0, 61.5],
    "city": ["Rome", "Paris", "", "Paris", "Rome", "Rome"],
    "price": [1e3, 2e3, 1.5e3, 1.2e3, 3e3, 2.5e3],
}
LABELS: dict[str, list[Any]] = {
    "text": ["a", "b", "c", "a", "b", "c"],
    "integers": [0, 1, 1, 0, 0, 1],
    "booleans": [True, False, True, True, False, False],
    "numbers": [1.5, 2.5, 3.25, 0.5, 1.25, 2.0],
}


def trained(frame: Any, labels: Any) -> TrainedModel:
    columns, target = Columns.fit(frame), Target.fit(labels)
    answers = len(target.classes) if target.task == "classes" else 1
    net = tg.MLP([len(columns.features), 6, answers], output=OUTPUT_FOR[target.task], rng=0)
    return TrainedModel(net, columns, target)


@pytest.mark.parametrize("kind", LABELS)
def test_an_input_for_each_column(kind: str, tmp_path: Any) -> None:
    model, path = trained(FRAME, LABELS[kind]), tmp_path / "model.onnx"
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5)):
        tg.onnx.save(model, path, dtype=None if dtype == "float64" else dtype)
        runs = session(path)
        assert [(x.name, x.shape) for x in runs.get_inputs()] == [(name, ["batch"]) for name in FRAME]
        assert json.loads(runs.get_modelmeta().custom_metadata_map["columns"]) == ["age", "city", "price"]
        for rows in (slice(None), slice(1), slice(1, 3)):
            some = {name: x[rows] for name, x in FRAME.items()}
            given = [np.array(some["age"], dtype), np.array(some["city"], object), np.array(some["price"], dtype)]
            answers, *shares = results(path, *given)
            if kind == "numbers":
                np.testing.assert_allclose(answers, model.predict(some), rtol=tolerance)
                continue
            wanted = model.predict(some)
            assert answers.tolist() == [str(x) if kind == "booleans" else x for x in wanted.tolist()]
            np.testing.assert_allclose(shares[0], model.predict_proba(some), rtol=tolerance, atol=tolerance)


def test_an_input_has_its_columns_name_though_constants_come_before_it(tmp_path: Any) -> None:
    frame = {"age": [1.0, 2.0, np.nan, 4.0], "c": ["u", "v", "u", "v"], "c_1": [3.0, 4.0, 6.0, 5.5]}
    tg.onnx.save(trained(frame, ["a", "b", "a", "b"]), tmp_path / "model.onnx")
    assert [x.name for x in session(tmp_path / "model.onnx").get_inputs()] == ["age", "c", "c_1"]


def test_what_predict_refuses_gives_nan(tmp_path: Any) -> None:
    for kind, unknown in (("text", ""), ("integers", -1), ("numbers", None)):
        tg.onnx.save(trained(FRAME, LABELS[kind]), tmp_path / "model.onnx")
        city = np.array(["Rome", "Oslo", "Rome"], object)
        answers, *shares = results(tmp_path / "model.onnx", np.array([1.0, 2.0, np.inf]), city, np.ones(3))
        assert np.isnan(shares[0] if shares else answers).reshape(3, -1).all(axis=1).tolist() == [False, True, True]
        assert unknown is None or answers[1:].tolist() == [unknown, unknown]


def test_an_infinite_number_gives_nan(tmp_path: Any) -> None:
    columns, target = Columns((Column("age", "."),)), Target("ill", "two classes", ("no", "yes"))
    tg.onnx.save(TrainedModel(tg.MLP([1, 1], rng=0), columns, target), tmp_path / "model.onnx")
    label, shares = results(tmp_path / "model.onnx", np.array([[np.inf], [-np.inf], [1.0], [np.nan]]))
    assert np.isnan(shares).all(axis=1).tolist() == [True, True, False, False]
    assert label[:2].tolist() == ["", ""]


def test_a_matrix_for_a_table_of_numbers(tmp_path: Any) -> None:
    text = (EXAMPLES / "data" / "breast_cancer.csv").read_text(encoding="utf-8").splitlines()
    names, table = text[0].split(","), np.array([line.split(",") for line in text[1:]], float)
    model = trained(dict(zip(names[:-1], table[:, :-1].T, strict=True)), table[:, -1].astype(int))
    tg.onnx.save(model, tmp_path / "model.onnx")
    runs = session(tmp_path / "model.onnx")
    assert [(x.name, x.shape) for x in runs.get_inputs()] == [("rows", ["batch", 30])]
    assert [x.name for x in runs.get_outputs()] == ["label", "probabilities"]
    assert json.loads(runs.get_modelmeta().custom_metadata_map["columns"]) == names[:-1]
    label, shares = results(tmp_path / "model.onnx", table[:, :-1])
    np.testing.assert_array_equal(label, model.predict(table[:, :-1]))
    np.testing.assert_allclose(shares, model.predict_proba(table[:, :-1]), rtol=1e-12)
