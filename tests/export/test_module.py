"""Models and functions as modules: they need NumPy alone, and give what the model gives."""

from __future__ import annotations

import importlib.util
import os
import pickle
import random
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.processes import python

import tinygraph as tg
from tinygraph.train.columns import Column, Columns, Target
from tinygraph.train.trained import TrainedModel

ACTIVATIONS = ["relu", "leaky_relu", "tanh", "sigmoid", "elu", "gelu", "silu", np.sin]
X = np.random.default_rng(0).standard_normal((3, 7))
COLUMNS = Columns(
    (
        Column("age", ".", 30.0, 41.5, 17.25),
        Column("city", "", categories=("", "Oslo", "True", "Ürümqi")),
        Column('the "rent"', ",", 700.0, 650.5, 0.1),
    ),
    ("id", "age", "city", 'the "rent"'),
)
TARGETS = {
    "sigmoid": Target("ill", "two classes", (-1, 1)),
    "softmax": Target("kind", "classes", ("a", 'b"\\\n', "Ü")),
    "linear": Target("price", "numbers", (), ".", 123.5, 0.75),
}
ROW = {"age": 30, "city": "Oslo", 'the "rent"': "712,5"}


def doubled() -> Any:
    """A compiled function that was called."""
    f = tg.compile(lambda x: x * 2)
    f(np.ones(3))
    return f


def imported(path: Path, name: str = "") -> Any:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(name or path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)  # because tests count the files next to it
        spec.loader.exec_module(module)
    return module


def trained(output: str, **options: Any) -> TrainedModel:
    target = TARGETS[output]
    n = len(COLUMNS.features)
    return TrainedModel(
        tg.MLP([n, 5, len(target.classes) if output == "softmax" else 1], output=output, rng=0, **options),
        COLUMNS,
        target,
    )


def net(output: str = "sigmoid", hidden: Any = "relu", dtype: Any = "float64", sizes: Any = (3, 6, 5, 4)) -> tg.MLP:
    made = tg.MLP(sizes, hidden=hidden, output=output, dropout=0.3, batch_norm=True, dtype=dtype, rng=1)
    rng = np.random.default_rng(2)
    moved = {
        name: x if name[0] == "W" else np.abs(rng.standard_normal(x.shape)) for name, x in made.state_dict().items()
    }
    made.load_state_dict({name: x.astype(dtype) for name, x in moved.items()})
    return made


# --- MLPs


@pytest.mark.parametrize("output", TARGETS)
@pytest.mark.parametrize("hidden", ACTIVATIONS, ids=str)
def test_a_module_gives_what_the_net_gives(output: str, hidden: Any, tmp_path: Path) -> None:
    """Dropout and batch norm are in their evaluation form, and one example has no last axis."""
    for dtype, tolerance in (("float64", 1e-13), ("float32", 1e-6)):
        mlp = net(output, hidden, dtype)
        mlp.export(tmp_path / "model.py")
        module = imported(tmp_path / "model.py")
        for given in (X, X[:, 0], X[:, :0], X.astype("float32"), [[1], [2], [3]], (X > 0)):
            for name in ("predict", "predict_proba")[: 1 if output == "linear" else 2]:
                got, expected = getattr(module, name)(given), getattr(mlp, name)(given)
                assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
                np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
        assert hasattr(module, "predict_proba") == (output != "linear")


@pytest.mark.parametrize("hidden", [200, 4])
def test_a_module_runs_without_tinygraph(hidden: int, tmp_path: Path) -> None:
    """Large weights lie in an .npz next to it, which it finds from any folder, also by a link."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    mlp = tg.MLP([30, hidden, 3], output="softmax", dtype="float32", rng=0)
    mlp.export(folder / "model.py")
    assert len(os.listdir(folder)) == (2 if hidden == 200 else 1)
    assert ("pathlib" in (folder / "model.py").read_text()) == (hidden == 200)  # only what it needs
    if sys.platform != "win32":
        (tmp_path / "model.py").symlink_to(folder / "model.py")
    x = np.random.default_rng(0).standard_normal((30, 4))
    np.save(tmp_path / "x.npy", x)
    code = """
import sys
sys.modules["tinygraph"] = None
sys.path.insert(0, sys.argv[1])
import numpy as np
import model
np.save(sys.argv[2], model.predict_proba(np.load(sys.argv[3])))
"""
    for place in (folder, tmp_path)[: 1 if sys.platform == "win32" else 2]:
        python(code, str(place), str(tmp_path / "y.npy"), str(tmp_path / "x.npy"))
        assert bits({"": np.load(tmp_path / "y.npy")}) == bits({"": mlp.predict_proba(x)})


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_weights_are_those_of_the_net_to_the_last_bit(dtype: str, tmp_path: Path) -> None:
    mlp = tg.MLP([4, 5, 1], dtype=dtype, rng=0)
    ends = np.finfo(dtype)
    values = [-0.0, 0.0, ends.tiny, ends.smallest_subnormal, ends.max, -ends.max, np.inf, -np.inf, np.nan, 0.1, 1 / 3]
    mlp.parameters["W1"].data = np.resize(np.array(values, dtype), (5, 4))
    mlp.parameters["b1"].data = np.full((5, 1), -0.0, dtype)
    mlp.export(tmp_path / "model.py")
    found = imported(tmp_path / "model.py").PARAMETERS
    for name, p in mlp.parameters.items():
        np.testing.assert_array_equal(found[name], p.data)
        np.testing.assert_array_equal(np.signbit(found[name]), np.signbit(p.data))
        assert found[name].dtype == p.dtype


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            np.ones((4, 2)),
            r"X is float32 of shape \(3, m\), one example a column, or \(3,\), got float64 of shape \(4, 2\)",
        ),
        (np.ones((2, 3)), r"got float64 of shape \(2, 3\)"),
        (np.ones(4), r"got float64 of shape \(4,\)"),
        (np.ones((3, 1, 1)), r"got float64 of shape \(3, 1, 1\)"),
        (1.0, r"got float64 of shape \(\)"),
        (np.ones((3, 2)) * 1j, r"got complex128 of shape \(3, 2\)"),
        (["1", "2", "3"], r"got <U1 of shape \(3,\)"),
        ([1, None, 3], r"got object of shape \(3,\)"),
        ([1, np.nan, 3], "AL is nan, because X or a weight is"),
    ],
)
def test_a_wrong_X_is_refused(given: Any, words: str, tmp_path: Path) -> None:
    tg.MLP([3, 4, 1], dtype="float32", rng=0).export(tmp_path / "model.py")
    with pytest.raises(ValueError, match=words):
        imported(tmp_path / "model.py").predict(given)


# --- tables


@pytest.mark.parametrize("output", TARGETS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_module_takes_the_rows_of_a_table(output: str, dtype: str, tmp_path: Path) -> None:
    model = trained(output, dtype=dtype)
    model.export(tmp_path / "model.py")
    module = imported(tmp_path / "model.py")
    others = [
        {**ROW, "age": None},
        {**ROW, "city": np.nan},
        {**ROW, "city": True, "age": "1.25"},
        {**ROW, "city": "Ürümqi "},
    ]
    forms: list[Any] = [
        ROW,
        [ROW],
        [*ROW.values()],
        tuple(ROW.values()),
        [[*ROW.values()]],
        np.array([*ROW.values()], object),
    ]
    forms += [[7, *ROW.values()], [[7, *ROW.values()]] * 2, np.array([[7, *ROW.values()]], object)]
    forms += [[ROW, *others], *others, {"other": 3, **ROW}, np.array([["30", "Oslo", "3,5"], ["", "Oslo", ""]])]
    for rows in forms:
        expected = model.predict([ROW] if isinstance(rows, dict) and "other" in rows else rows)
        got = module.predict(rows)
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(got, expected, rtol=1e-6) if output == "linear" else np.testing.assert_array_equal(
            got, expected
        )
        if output != "linear" and "other" not in rows:
            np.testing.assert_allclose(module.predict_proba(rows), model.predict_proba(rows), rtol=1e-6)
            assert module.predict_proba(rows).dtype == dtype


@pytest.mark.parametrize("count", [3, 40])
def test_rows_of_numbers_alone(count: int, tmp_path: Path) -> None:
    """They may be arrays, which are scaled at once; missing values and infinity are seen there too."""
    columns = Columns(tuple([Column(f"c{k}", ".", float(k), k / 7, 1 + k / 3) for k in range(count)]))
    columns = columns._replace(table=("first", *columns.names[:2], "third", *columns.names[2:]))
    model = TrainedModel(tg.MLP([count, 4, 3], output="softmax", rng=0), columns, TARGETS["softmax"])
    model.export(tmp_path / "model.py")
    module = imported(tmp_path / "model.py")
    whole = np.random.default_rng(0).standard_normal((5, count + 2))
    rows = np.delete(whole, [0, 3], axis=1)
    with_nan = np.where(rows > 1, np.nan, rows)
    named = dict(zip(columns.names, rows[0].tolist(), strict=True))
    for given in (
        rows,
        rows[0],
        with_nan,
        with_nan[1],
        rows.astype("float32"),
        (rows * 9).astype(int),
        rows.tolist(),
        named,
        whole,
        whole[0],
        whole.astype("float16"),
        np.where(whole > 1, np.nan, whole),
        whole.tolist(),
        rows[:0],
    ):
        np.testing.assert_allclose(module.predict_proba(given), model.predict_proba(given), rtol=1e-12)
    for wrong in (
        np.where(rows > 1, np.inf, rows),
        {**named, "c1": np.inf},
        {**named, "c1": True},
        {**named, "c1": "x"},
    ):
        with pytest.raises(ValueError, match=r"takes finite numbers, with '\.' as the decimal sign; got"):
            module.predict(wrong)
    del named["c1"]
    for wrong in (rows[:, 1:], rows[0, 1:], "abc", named, [named], []):
        with pytest.raises(ValueError, match=rf"a row has the {count} columns c0, c1, c2"):
            module.predict(wrong)
    with pytest.raises(ValueError, match=r"c2(, .* c7, \.\.\.)?; got 'abc'$") as raised:
        module.predict("abc")
    assert (", ...; got" in str(raised.value)) == (count > 8)


def test_rows_that_are_none(tmp_path: Path) -> None:
    columns = Columns(tuple([Column(f"c{k}", ".", float(k), k / 7, 1 + k / 3) for k in range(3)]))
    model = TrainedModel(tg.MLP([3, 4, 3], output="softmax", rng=0), columns, TARGETS["softmax"])
    model.export(tmp_path / "model.py")
    module, rows = imported(tmp_path / "model.py"), np.arange(6.0).reshape(2, 3)
    for masked in (np.ma.masked_array(rows, mask=rows > 4), rows.view(np.matrix)):
        with pytest.raises(TypeError, match=r"rows cannot be masked arrays or numpy\.matrix: write \.filled"):
            module.predict(masked)
    for wrong in (None, 5.0, np.array(5.0), b"abc", iter([1, 2])):
        with pytest.raises(ValueError, match="a row has the 3 columns c0, c1, c2; got"):
            module.predict(wrong)
    for wrong in ([1.0, 2.0, np.complex64(3 + 1j)], rows + 1j, [[1.0, 2.0, 3j]]):
        with pytest.raises(ValueError, match=r"column 'c[02]' takes finite numbers"):
            module.predict(wrong)
    assert module.predict([*map(np.array, rows[0])]).tolist() == module.predict(rows[0]).tolist()
    for given in (iter(rows.tolist()), (row for row in rows), rows.astype("longdouble"), rows[0].astype("longdouble")):
        expected = model.predict_proba(rows if np.ndim(given) == 0 else given)  # type: ignore[arg-type]
        got = module.predict_proba(given)
        np.testing.assert_allclose(got, expected, rtol=1e-12)
        assert got.dtype == np.float64


@pytest.mark.parametrize("grouped", [False, True])
def test_what_a_module_reads_in_a_cell_is_what_the_model_reads(grouped: bool, tmp_path: Path) -> None:
    """It may refuse text that the model reads, and never reads something else."""
    model = trained("linear")
    columns = tuple([x._replace(grouped=grouped and bool(x.decimal)) for x in COLUMNS.columns])
    model = TrainedModel(model.net, COLUMNS._replace(columns=columns), model.target)
    model.export(tmp_path / "model.py")
    features, columns, table = (vars(imported(tmp_path / "model.py"))[x] for x in ("features", "COLUMNS", "TABLE"))
    rng = random.Random(0)
    texts = [
        "1.234",
        "1,234",
        "1.234,5",
        "1,234.5",
        "-3",
        "+2.5e3",
        "12 %",
        "$45",
        " 7 ",
        "1e400",
        "inf",
        "NA",
        "?",
        "-",
        "true",
    ]
    texts += ["".join(rng.choices("0123456789.,-'e ", k=rng.randint(1, 7))) for _ in range(300)]
    read = 0
    for cell in [
        *texts,
        None,
        np.nan,
        3,
        2**70,
        np.float32(0.1),
        np.int8(3),
        np.complex128(3 + 1j),
        np.bool_(True),
        True,
        [1],
        "Oslo",
        " Oslo ",
        "None",
    ]:
        for name in COLUMNS.names:
            row = {**ROW, name: cell}
            x = refused(name, lambda row=row: features(row, columns, table))
            if x is None:
                continue
            read += 1
            assert x == model.columns.matrix(row)[:, 0].tolist(), row
    assert read > 200


def test_a_module_reads_grouped_thousands_if_its_table_had_them(tmp_path: Path) -> None:
    table = {"Umsatz": ["1.200,50", "20,25", "3.000.000,75"], "n": ["1,5", "2,5", "4,25"]}
    target = TARGETS["linear"]
    model = TrainedModel(tg.MLP([2, 3, 1], output="linear", rng=0), Columns.fit(table), target)
    model.export(tmp_path / "model.py")
    module = imported(tmp_path / "model.py")
    for cell in ("1.200,50", "1.200", "1200,5", "1'200,5", "3.000.000"):
        row = {"Umsatz": cell, "n": "1,5"}
        np.testing.assert_allclose(module.predict(row), model.predict(row), rtol=1e-13)
        with pytest.raises(ValueError, match=r"column 'n' takes finite numbers, with ',' as the decimal sign; got"):
            module.predict({"Umsatz": 1, "n": "1.200"})
    for cell in ("1.20", "1.200.50", "1,200.5", "9" * 400):
        with pytest.raises(ValueError, match=r"column 'Umsatz' takes finite numbers, with ',' as .{0,90}$"):
            module.predict({"Umsatz": cell, "n": 1})


def refused(name: str, read: Any) -> Any:
    """What `read` gives, or None if it raises an error that names the column."""
    try:
        return read()
    except ValueError as error:
        return None if repr(name) in str(error) else str(error)


# --- models of one's own


class Own(tg.Model):
    """A net with a name that Python has too, a constant, an argument of integers, two results."""

    def __init__(self, dtype: str = "float64") -> None:
        self.len = tg.Tensor(np.arange(12.0, dtype=dtype).reshape(4, 3), requires_grad=True)
        self.inner = [tg.Tensor(np.ones((4, 1), dtype))]
        self.rng = np.random.default_rng(0)

    def __call__(self, X: Any, kind: Any) -> Any:
        A = tg.dropout(tg.tanh(self.len @ X / 9 + self.inner[0]), 0.5, self.rng)
        return A, tg.embedding(self.len, kind).sum(axis=1)


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    model, kind = Own("float32"), np.array([0, 3, 1, 0, 2, 1, 1])
    model.export(tmp_path / "own.py", X.astype("float32"), kind)
    module = imported(tmp_path / "own.py")
    assert list(module.PARAMETERS) == ["len", "inner.0"]
    for m in (7, 1, 12):
        given = np.resize(X, (3, m)), np.resize(kind, m)
        with tg.evaluating():
            expected = model(given[0].astype("float32"), given[1])
        for got, y in zip(module.predict(*given), expected, strict=True):
            np.testing.assert_allclose(got, y.data, rtol=1e-6)
            assert got.dtype == y.dtype == np.float32
    for wrong, words in (
        ((X[:2], kind), r"X is float32 of shape \(3, m\), got float64 of shape \(2, 7\)"),
        ((X, kind * 1.0), r"kind is int64 of shape \(m,\), got float64 of shape \(7,\)"),
        ((X, 3), r"kind is int64 of shape \(m,\), got int64 of shape \(\)"),
    ):
        with pytest.raises(ValueError, match=words):
            module.predict(*wrong)


def test_the_lengths_of_the_first_and_last_axis_are_free_if_the_code_takes_any(tmp_path: Path) -> None:
    class Images(tg.Model):
        def __init__(self) -> None:
            self.W = tg.Tensor(np.arange(36.0).reshape(3, 12), requires_grad=True)

        def __call__(self, images: Any) -> Any:
            return images.reshape(-1, 12) @ self.W.T

    class Fixed(tg.Model):
        def __call__(self, x: Any) -> Any:
            return x / x.shape[0] ** 2

    class Pair(tg.Model):
        def __call__(self, x: Any, y: Any) -> Any:
            return x.sum() / len(x) + y.sum()

    class Averaged(tg.Model):
        """It reads both lengths, under other names than those of its arguments."""

        def __call__(self, m: Any, n: Any) -> Any:
            return m.sum() + n.reshape(n.shape[0], -1).T / len(n.T)

    images = np.random.default_rng(0).standard_normal((5, 1, 4, 3))
    Images().export(tmp_path / "images.py", images[:2])
    np.testing.assert_allclose(imported(tmp_path / "images.py").predict(images), Images()(images).data)
    with pytest.raises(
        ValueError, match=r"images is float64 of shape \(m, 1, 4, n\), got float64 of shape \(5, 1, 3, 3\)"
    ):
        imported(tmp_path / "images.py").predict(images[:, :, :3])
    Fixed().export(tmp_path / "fixed.py", np.ones(3))
    assert imported(tmp_path / "fixed.py").predict([9, 18, 27]).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"x is float64 of shape \(3,\), got float64 of shape \(4,\)"):
        imported(tmp_path / "fixed.py").predict(np.ones(4))
    Pair().export(tmp_path / "pair.py", np.ones(3), np.ones(4))  # of unequal lengths
    assert imported(tmp_path / "pair.py").predict(np.ones(3), np.ones(4)) == 5
    with pytest.raises(ValueError, match=r"x is float64 of shape \(3,\), got float64 of shape \(2,\)"):
        imported(tmp_path / "pair.py").predict(np.ones(2), np.ones(4))
    Averaged().export(tmp_path / "averaged.py", np.ones((3, 2)), np.ones((3, 2)))
    predict = imported(tmp_path / "averaged.py").predict
    for m, n in ((3, 2), (4, 5), (1, 1)):
        np.testing.assert_allclose(predict(np.ones((m, n)), np.eye(m, n)), m * n + np.eye(m, n).T / n)
    with pytest.raises(ValueError, match=r"n is float64 of shape \(m, n\), got float64 of shape \(3, 3\)"):
        predict(np.ones((3, 2)), np.ones((3, 3)))


def test_a_convolution_takes_any_number_of_images(tmp_path: Path) -> None:
    class Images(tg.Model):
        def __init__(self) -> None:
            rng = np.random.default_rng(0)
            self.m = tg.Tensor(rng.standard_normal((4, 1, 3, 3)), requires_grad=True)
            self.W = tg.Tensor(rng.standard_normal((3, 36)), requires_grad=True)

        def __call__(self, images: Any, scale: Any) -> Any:
            A = tg.max_pool2d(tg.relu(tg.conv2d(images, self.m)), 2)
            return A.reshape(len(images), -1) @ self.W.T * scale

    images, scale = np.random.default_rng(1).standard_normal((9, 1, 8, 8)), np.arange(27.0).reshape(9, 3)
    for n in (1, 4, 5):
        Images().export(tmp_path / "images.py", images[:n], scale[:n])
        predict = imported(tmp_path / "images.py", f"images{n}").predict
        for k in (1, 2, 4, 9):
            np.testing.assert_allclose(predict(images[:k], scale[:k]), Images()(images[:k], scale[:k]).data, rtol=1e-12)
        with pytest.raises(ValueError, match=r"scale is float64 of shape \(m, 3\), got float64 of shape \(1, 3\)"):
            predict(images[:3], scale[:1])
        with pytest.raises(ValueError, match=r"images is float64 of shape \(m, 1, 8, 8\), got float64 of shape"):
            predict(images[:, :, 1:], scale)


def test_no_integer_wraps_and_no_mask_is_lost(tmp_path: Path) -> None:
    class Doubled(tg.Model):
        def __call__(self, x: Any) -> Any:
            return x * np.int8(2)

    Doubled().export(tmp_path / "doubled.py", np.array([1, 2], "int8"))
    predict = imported(tmp_path / "doubled.py").predict
    assert predict(np.array([True, False])).tolist() == [2, 0]
    for wide in (np.array([300, 2]), np.array([200, 2], "uint8"), np.array([1.0, 2.0])):
        with pytest.raises(ValueError, match=r"x is int8 of shape \(.*\), got"):
            predict(wide)
    net().export(tmp_path / "net.py")
    for hidden in (np.ma.masked_array(X, mask=X > 1), X.view(np.matrix)):
        for call in (imported(tmp_path / "net.py").predict, predict):
            with pytest.raises(TypeError, match="takes no masked arrays and no numpy"):
                call(hidden)


def test_a_number_beside_arrays_leaves_their_lengths_free(tmp_path: Path) -> None:
    class Scaled(tg.Model):
        def __call__(self, x: Any, scale: Any) -> Any:
            return tg.tanh(x) * scale

    Scaled().export(tmp_path / "scaled.py", np.ones((3, 2)), np.array(2.0))
    predict = imported(tmp_path / "scaled.py").predict
    np.testing.assert_allclose(predict(X, 3), np.tanh(X) * 3)
    with pytest.raises(ValueError, match=r"scale is float64 of shape \(\), got float64 of shape \(7,\)"):
        predict(X, np.ones(7))


def test_text_that_is_not_found_is_noticed() -> None:
    from tinygraph.export.saved import copied, replaced
    from tinygraph.train import cells

    with pytest.raises(AssertionError, match=r"tinygraph\.train\.cells has no numbr"):
        copied(cells, "number numbr")
    for text in ("", "aa"):
        with pytest.raises(AssertionError, match=r"'a' stands \d times in"):
            replaced(text, "a", "b")
    assert replaced("a", "a", "b") == "b"


def test_nets_whose_tensors_have_the_same_names(tmp_path: Path) -> None:
    class Pair(tg.Model):
        def __init__(self) -> None:
            self.nets = [net("softmax"), net("linear", "tanh")]

        def __call__(self, X: Any) -> Any:
            return {"p": self.nets[0](X), "y": self.nets[1](X)}

    pair = Pair()
    pair.export(tmp_path / "pair.py", X[:, :2])
    found = imported(tmp_path / "pair.py").predict(X)
    np.testing.assert_allclose(found["p"], pair.nets[0].predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(found["y"], pair.nets[1].predict(X), rtol=1e-12)


# --- files


def test_a_model_exported_twice_is_the_same_and_other_weights_get_another_npz(tmp_path: Path) -> None:
    mlp = tg.MLP([70, 70, 1], rng=0)
    mlp.export(tmp_path / "model.py")
    before = imported(tmp_path / "model.py"), (tmp_path / "model.py").read_bytes()
    assert len([*tmp_path.iterdir()]) == 2
    mlp.export(str(tmp_path / "model.py"))
    assert (tmp_path / "model.py").read_bytes() == before[1]
    assert len([*tmp_path.iterdir()]) == 2
    mlp.parameters["b1"].data[3] += 1
    mlp.export(tmp_path / "model.py")
    x = np.ones(70)
    assert imported(tmp_path / "model.py").predict_proba(x) == mlp.predict_proba(x)
    assert before[0].predict_proba(x) != mlp.predict_proba(x)
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize("fails", [".py", ".npz"])
def test_an_older_pair_stays_if_writing_fails(fails: str, tmp_path: Path, monkeypatch: Any) -> None:
    """At no moment is there a new module with old weights."""
    mlp, x, replace = tg.MLP([70, 70, 1], rng=0), np.ones(70), os.replace
    mlp.export(tmp_path / "model.py")
    expected = mlp.predict_proba(x)
    mlp.parameters["b1"].data[3] += 1

    def full(source: Any, target: Any) -> None:
        assert imported(tmp_path / "model.py").predict_proba(x) == expected
        if str(target).endswith(fails):
            raise PermissionError(13, "not now")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PermissionError, match="not now"):
        mlp.export(tmp_path / "model.py")
    assert imported(tmp_path / "model.py").predict_proba(x) == expected
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".py", ".npz", "")]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda folder: net().export(folder / "model"), ValueError, r"its path ends in \.py, got '.*model'"),
        (lambda folder: net().export(folder / "2net.py"), ValueError, r"its name has letters, .* first; got '2net'"),
        (lambda folder: net().export(folder / "my net.py"), ValueError, "writes a module to import"),
        (lambda folder: net().export(folder / "class.py"), ValueError, "writes a module to import"),
        (lambda folder: net().export(folder / "numpy.py"), ValueError, "numpy would stand in for"),
        (lambda folder: doubled().save(folder / "2net.py"), ValueError, r"its name has letters, .* first; got '2net'"),
        (lambda folder: doubled().save(folder / "double.txt"), ValueError, r"save\(\) .* ends in \.py, got '.*txt'"),
        (lambda folder: doubled().save(folder / "math.py"), ValueError, "math would stand in for"),
        (lambda folder: net().export(folder / "no" / "model.py"), FileNotFoundError, "there is no folder"),
        (lambda folder: net().export(3), TypeError, "expected str, bytes or os.PathLike"),
        (lambda folder: net().export(folder / "model.py", X), TypeError, r"an MLP knows .* write mlp\.export\(path\)"),
        (lambda folder: Own().export(folder / "model.py"), TypeError, r"write model\.export\(path, X\)"),
        (lambda folder: Own().export(folder / "model.py", "abc", 3), TypeError, "takes booleans, integers and real"),
        (
            lambda folder: tg.MLP(
                [3, 4, 1], hidden=[tg.op("own", lambda x: np.array(x, copy=True), lambda g, y, x: g)]
            ).export(folder / "model.py"),
            ValueError,
            "a module of NumPy alone cannot hold own, an op of your own",
        ),
        (
            lambda folder: tg.MLP([3, 4, 1], hidden=[lambda Z: Z / Z.shape[1] ** 2]).export(folder / "model.py"),
            ValueError,
            "another number of examples",
        ),
    ],
)
def test_what_cannot_be_exported_leaves_no_file(call: Any, error: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=words):
        call(tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("call", ["export", "save"])
def test_a_script_does_not_overwrite_itself(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = f"import tinygraph as tg\ntg.MLP([3, 4, 1]).{call}('model.py')\n"
    (tmp_path / "model.py").write_text(code)
    with pytest.raises(ValueError, match=r"model\.py is code that runs now and would be overwritten: write to another"):
        imported(tmp_path / "model.py")
    assert (tmp_path / "model.py").read_text() == code
    assert os.listdir(tmp_path) == ["model.py"]


def test_export_is_refused_in_a_trace(tmp_path: Path) -> None:
    mlp = tg.MLP([3, 4, 1])
    with pytest.raises(TypeError, match=r"model\.export\(\) cannot run in a function of tg\.compile"):
        tg.compile(lambda x: (mlp.export(tmp_path / "model.py"), x)[1])(np.ones(2))


def test_functions_are_pickled_and_shared_by_threads(tmp_path: Path, monkeypatch: Any) -> None:
    mlp = net()
    mlp.export(tmp_path / "pickled_model.py")
    monkeypatch.syspath_prepend(tmp_path)
    import pickled_model  # type: ignore[import-not-found]

    assert pickle.loads(pickle.dumps(pickled_model.predict)) is pickled_model.predict
    expected, found = mlp.predict_proba(X), []
    threads = [
        threading.Thread(target=lambda: found.append([pickled_model.predict_proba(X) for _ in range(50)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(bits({"": y}) == bits({"": expected}) for ys in found for y in ys)
    assert len(found) == 4


def test_an_estimators_net_is_exported(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from tinygraph.estimators import Classifier

    rows = np.random.default_rng(0).standard_normal((40, 3))
    estimator = Classifier((4,), max_iter=3, random_state=0).fit(rows, rows[:, 0] > 0)
    estimator.net_.export(tmp_path / "model.py")
    got = imported(tmp_path / "model.py").predict_proba(rows.T)[0]
    np.testing.assert_allclose(got, estimator.predict_proba(rows)[:, 1], rtol=1e-12)


# --- saved functions


def test_a_saved_function_has_its_name_and_checks_its_shapes(tmp_path: Path) -> None:
    w = tg.Tensor(np.ones((1, 3)), requires_grad=True, name="w")

    def scores(X: Any, scale: float, kind: Any) -> Any:
        return w @ X * scale + kind

    f = tg.compile(scores)
    kind = np.zeros(7)
    f(X, 0.5, kind)
    f.save(tmp_path / "scores.py")
    function = imported(tmp_path / "scores.py").scores
    given = {"w": w.data}
    np.testing.assert_allclose(function(given, X, 0.5, kind), f(X, 0.5, kind).data)
    for args, words in (
        ((given, X[:, :1], 0.5, kind), r"X takes the shape \(3, 7\), got \(3, 1\)"),
        ((given, X, 0.5, kind[:1]), r"kind takes the shape \(7,\), got \(1,\)"),
        ((given, X, np.ones(7), kind), r"scale takes the shape \(\), got \(7,\)"),
        ((given, X.tolist(), 0.5, kind), r"X takes the shape \(3, 7\), got list"),
        (({"w": np.ones(3)}, X, 0.5, kind), r'parameters\["w"\] takes the shape \(1, 3\), got \(3,\)'),
    ):
        with pytest.raises(ValueError, match=words):
            function(*args)
    assert "takes the shape" not in f.source


def test_a_saved_step_checks_its_shapes(tmp_path: Path) -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: mlp.cost(X, Y), optimizer=tg.optim.Adam(mlp, 0.1))
    step(X, X[:1] > 0)
    step.save(tmp_path / "step.py")
    module = imported(tmp_path / "step.py")
    parameters = mlp.state_dict()
    state = module.start(parameters)
    module.step(parameters, state, X, X[:1] > 0)
    with pytest.raises(ValueError, match=r"Y takes the shape \(1, 7\), got \(1, 1\)"):
        module.step(parameters, state, X, X[:1, :1] > 0)


def test_a_saved_function_takes_what_changes_no_values(tmp_path: Path) -> None:
    """The compiled function would be traced anew for another dtype."""
    f = tg.compile(tg.sigmoid)
    f(np.ones((1, 2)))
    f.save(tmp_path / "saved.py")
    saved = imported(tmp_path / "saved.py").sigmoid
    for given in (np.array([[0, 200]], "uint8"), np.array([[True, False]]), np.array([[1, -1]], "float32")):
        got = saved(given)
        np.testing.assert_allclose(got, tg.sigmoid(tg.Tensor(given.astype(float))).numpy(), rtol=1e-15)
        assert got.dtype == np.float64
    masked = np.ma.masked_array([[1.0, 2.0]], mask=[[True, False]])
    for hidden in (masked, np.ones((1, 2)).view(np.matrix)):
        with pytest.raises(TypeError, match=r"x takes no masked arrays and no numpy\.matrix"):
            saved(hidden)
    with pytest.raises(ValueError, match=r"x takes float64, got complex128"):
        saved(np.ones((1, 2)) * 1j)

    k = tg.Tensor(np.ones(2, "float32"), requires_grad=True, name="k")
    step = tg.compile(lambda X, kind: tg.sum(k[kind] * X), optimizer=tg.optim.SGD([k], 0.1))
    x, kind = np.ones(2, "float32"), np.array([0, 1], "int32")
    step(x, kind)
    step.save(tmp_path / "narrow.py")
    narrow, parameters = imported(tmp_path / "narrow.py").step, {"k": k.numpy().copy()}
    for args, words in (
        ((parameters, x.astype(float), kind), r"X takes float32, got float64: write X\.astype\('float32'\)"),
        ((parameters, x, kind * 1.0), r"kind takes int32, got float64"),
        ((parameters, x, kind.astype("int64")), r"kind takes int32, got int64: write kind\.astype\('int32'\)"),
        (({"k": np.ones(2)}, x, kind), r'parameters\["k"\] takes float32, got float64'),
    ):
        with pytest.raises(ValueError, match=words):
            narrow(*args)
    assert narrow(parameters, kind, kind.astype("int8"))[0]["k"].dtype == np.float32


def test_a_saved_functions_float_adapts_to_arrays(tmp_path: Path) -> None:
    f = tg.compile(lambda x, checked: x * checked)
    f(np.ones(2, "float32"), 0.5)
    f.save(tmp_path / "saved.py")
    saved = imported(tmp_path / "saved.py").function
    for number in (3, 3.0, np.uint8(3), np.array(3.0)):
        assert (y := saved(np.ones(2, "float32"), number)).tolist() == [3, 3]
        assert y.dtype == np.float32
    for wrong in ("3", [3.0], 3j):
        with pytest.raises(ValueError, match=r"checked takes the shape \(\), got"):
            saved(np.ones(2, "float32"), wrong)
