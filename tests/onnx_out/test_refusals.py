"""What tg.onnx.save refuses: it names the op or the argument, gives the reason, and writes nothing."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tinygraph as tg
import tinygraph.onnx.writer
from tinygraph.train.columns import Column, Columns, Target
from tinygraph.train.trained import TrainedModel

X, W = np.ones((3, 4)), tg.Tensor(np.ones((5, 3)), requires_grad=True, name="W")
V = tg.Tensor(np.zeros((5, 3)), requires_grad=True, name="V")
TABLE = TrainedModel(tg.MLP([1, 3, 1]), Columns((Column("age", "."),)), Target("ill", "two classes", ("no", "yes")))
OWN = tg.op("mine", lambda x: np.array([float(v) for v in x.ravel()]).reshape(x.shape), lambda g, y, x: g)

ARGUMENTS = [
    (lambda path: tg.onnx.save(3, path, X), "takes a function, a Model with __call__ or a TrainedModel, got 3"),
    (lambda path: tg.onnx.save(tg.tanh, path), r"write tg.onnx.save\(tanh, path, X\)"),
    (lambda path: tg.onnx.save(TABLE.predict, path, X), "takes the net itself, not its predict: write"),
    (lambda path: tg.onnx.save(TABLE, path, X), "takes no example arguments"),
    (lambda path: tg.onnx.save(tg.tanh, path, X, dtype="float16"), "takes 'float32' or None"),
    *[
        (
            lambda path, net=net, word=word: tg.onnx.save(net, path, examples=word),
            f"an MLP takes its examples as columns, .* leave out examples={word!r}",
        )
        for net, word in [(tg.MLP([3, 1]), "rows"), (tg.MLP([3, 1]), "nonsense"), (TABLE, "rows"), (TABLE, None)]
    ],
]
REFUSED = [
    (lambda x: np.sort(x, axis=0), "the op sort.*where nan goes"),
    (lambda x: np.median(x, axis=0), r"the op median\(float64\(3, batch\)\): ONNX has no such op"),
    (lambda x: OWN(x), "the op mine.*an op of your own"),
    (lambda x: x * (1 / x.shape[1]), "the op multiply.*depends on the number of examples"),
    (lambda x: x * (2 if x.shape[1] == 1 else 3), "the op multiply.*depends on the number of examples"),
    (lambda x: (W if x.shape[1] < 9 else V) @ x, r"a constant of shape \(5, 3\).*depends on the number of examples"),
    (lambda x: tg.Tensor(np.arange(x.shape[1])) + x, "a constant.*make it an argument"),
    *[(lambda x, k=k: x * 2 if x.shape[1] % k == 0 else x, "its ops depend on the number") for k in (2, 3, 4, 5, 6, 7)],
    (lambda x: x if x.shape[1] == 1 else x + 1, "its ops depend on the number of examples"),
    (lambda x: np.squeeze(x[:1]), "depends on the number of examples"),
    (lambda x: np.roll(x, 1, axis=1), "the op roll.*lengths depend on the number of examples"),
    (lambda x: x + np.arange(x.shape[1]), "a constant.*make it an argument"),
    (lambda x: tg.scan(lambda c, a: (c + a, c), x[0], x)[0], "the op scan"),
    (lambda x: (x, None), "the result None"),
    (lambda x: x + np.random.rand(), "draws random numbers"),
    (lambda x: tg.astype(x, "int64") ** 3, "the op power.*in floats"),
    (lambda x: tg.astype(x, np.longdouble), "dtype longdouble"),
    (lambda x: W.T @ x, "Did you mean|called the function with"),
]


@pytest.mark.parametrize(("call", "said"), ARGUMENTS)
def test_arguments(call: Any, said: str, tmp_path: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        call(tmp_path / "f.onnx")
    assert not [*tmp_path.iterdir()]


def test_without_onnx_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError) as caught:
        tg.onnx.save(tg.MLP([3, 1]), tmp_path / "net.onnx")
    assert str(caught.value) == 'tg.onnx.save needs onnx: pip install ".[onnx]"'


@pytest.mark.extra
@pytest.mark.parametrize(("f", "said"), REFUSED)
def test_functions(f: Any, said: str, tmp_path: Any) -> None:
    (tmp_path / "f.onnx").write_bytes(b"older")
    with pytest.raises((ValueError, TypeError), match=said):
        tg.onnx.save(f, tmp_path / "f.onnx", X)
    assert (tmp_path / "f.onnx").read_bytes() == b"older"


@pytest.mark.extra
def test_numbers_of_examples_and_floats(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match=r"same number of examples, .* got shapes \(3, 4\), \(3, 2\); write examples="):
        tg.onnx.save(lambda x, y: x, tmp_path / "f.onnx", X, X[:, :2])
    with pytest.raises(TypeError, match=r"takes arrays, Tensors and hashable Python values; got \{1, 2\}"):
        tg.onnx.save(lambda x, y: x, tmp_path / "f.onnx", X, {1, 2})
    with pytest.raises(ValueError, match="at least one"):
        tg.onnx.save(tg.tanh, tmp_path / "f.onnx", X[:, :0])
    with pytest.raises(ValueError, match="takes 'columns', 'rows' or None, got 'first'"):
        tg.onnx.save(tg.tanh, tmp_path / "f.onnx", X, examples="first")
    with pytest.raises(ValueError, match=r"the float t: the function asks for its value \(`>`\)"):
        tg.onnx.save(lambda x, t: x if t > 0 else -x, tmp_path / "f.onnx", X, 0.5)
    assert not [*tmp_path.iterdir()]


@pytest.mark.extra
def test_a_file_of_more_than_two_gigabytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(tinygraph.onnx.writer, "LARGEST", 100)
    with pytest.raises(ValueError, match="GB of numbers"):
        tg.onnx.save(tg.MLP([3, 40, 1]), tmp_path / "net.onnx")
