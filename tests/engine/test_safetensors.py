"""Models as .safetensors: the arrays, with what describes them in the metadata."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.comparing import bits
from helpers.processes import python

import tinygraph as tg
from tinygraph.train.columns import Column, Columns, Target
from tinygraph.train.trained import TrainedModel

safetensors = pytest.importorskip("safetensors")
numpy = pytest.importorskip("safetensors.numpy")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a net.safetensors"


def write(path: Path, said: str | None, **arrays: Any) -> None:
    """A file with these arrays, or with those of a net, and this text as the metadata."""
    arrays = arrays or tg.MLP([3, 4, 1], rng=7).state_dict()
    numpy.save_file(arrays, path, None if said is None else {"tinygraph": said})


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_mlp_is_loaded_as_it_was_saved(dtype: str, path: Path) -> None:
    options: Any = {"hidden": ["relu", "tanh"], "output": "softmax", "dropout": 0.25, "batch_norm": True}
    mlp = tg.MLP([3, 4, 5, 2], **options, dtype=dtype, rng=0)
    for where in (path, str(path), os.fsencode(path)):
        mlp.save(where)
        loaded, other = tg.MLP.load(where), tg.MLP([3, 4, 5, 2], **options, dtype=dtype, rng=1)
        other.restore(where)
        assert str(loaded) == str(mlp)
        assert bits(loaded.state_dict()) == bits(other.state_dict()) == bits(mlp.state_dict())
    assert bits(numpy.load_file(path)) == bits(mlp.state_dict())
    with safetensors.safe_open(path, "np") as file:
        said = json.loads(file.metadata()["tinygraph"])
    assert said == {"format": 2, "layer_dims": [3, 4, 5, 2], **options}


def test_a_model_of_ones_own_and_a_trained_one(path: Path) -> None:
    class Both(tg.Model):
        def __init__(self, rng: int) -> None:
            self.scale = tg.Tensor(np.full((), rng / 7), requires_grad=True)
            self.count = tg.Tensor([rng])
            self.net = tg.MLP([2, 3, 1], rng=rng)

    one, two = Both(1), Both(2)
    one.save(path)
    two.restore(path)
    assert bits(two.state_dict()) == bits(one.state_dict())
    with pytest.raises(ValueError, match=r"is not of an MLP: it has no entry 'layer_dims'; for another Model"):
        tg.MLP.load(path)
    columns = Columns((Column("age", ".", 30.0, 20.0, 5.0), Column('the "city"', "", categories=("", "Ürümqi"))))
    model = TrainedModel(tg.MLP([3, 3, 1], rng=0), columns, Target("ill", "two classes", ("no", "yes")))
    model.save(path)
    loaded = tg.load(path)
    assert (loaded.columns, loaded.target) == (model.columns, model.target)
    assert bits(loaded.net.state_dict()) == bits(model.net.state_dict())
    with pytest.raises(ValueError, match=r"holds a net with its table: write tg\.load\(path\)"):
        tg.MLP.load(path)
    assert "MLP([3, 3, 1]" in python("from tinygraph.__main__ import main; main()", "info", str(path)).stdout


def test_a_file_from_elsewhere_is_restored_if_its_names_and_shapes_fit(path: Path) -> None:
    other, mlp = tg.MLP([3, 4, 1], rng=7), tg.MLP([3, 4, 1], rng=0)
    write(path, None)
    for load in (tg.MLP.load, tg.load):
        with pytest.raises(ValueError, match=r"it has no metadata 'tinygraph'; .* make the net and write net\.restore"):
            load(path)
    mlp.restore(path)
    assert bits(mlp.state_dict()) == bits(other.state_dict())
    write(path, None, **{name: x.astype("float32") for name, x in tg.MLP([3, 4, 1], rng=1).state_dict().items()})
    mlp.restore(path)  # narrower numbers are widened
    np.testing.assert_allclose(mlp.parameters["W1"].data, tg.MLP([3, 4, 1], rng=1).parameters["W1"].data, rtol=1e-7)
    before = bits(mlp.state_dict())
    for arrays, words in (
        ({"layers.0.weight": np.ones((4, 3))}, r"there is no W1, which its layer_dims \[3, 4, 1\] ask for"),
        ({**other.state_dict(), "b1": np.ones(4)}, r"b1 has shape \(4,\), its layer_dims \[3, 4, 1\] ask for \(4, 1\)"),
        ({**other.state_dict(), "W1": np.ones((4, 3), "int64") * 2**60, "x": np.ones(2)}, r"ask for no x"),
    ):
        write(path, None, **arrays)
        with pytest.raises(ValueError, match=words):
            mlp.restore(path)
    write(path, None)
    with pytest.raises(ValueError, match=r"W1 takes float32, got float64"):
        tg.MLP([3, 4, 1], dtype="float32").restore(path)
    assert bits(mlp.state_dict()) == before


HEAD = {
    "format": 2,
    "layer_dims": [3, 4, 1],
    "hidden": "relu",
    "output": "sigmoid",
    "dropout": 0.0,
    "batch_norm": False,
}


WRONG: dict[str, list[Any]] = {
    "format": [99, {}, [2], None],
    "layer_dims": [[[3], 4], "abc", [3, 10**30], [3, 4]],
    "hidden": [3, ["relu"] * 2],
    "output": [None],
    "dropout": ["x"],
    "batch_norm": [3],
}
SAID = [json.dumps({**HEAD, key: value}) for key, values in WRONG.items() for value in values]


@pytest.mark.parametrize("said", ["", "[1", "[]", "3", "null", "[" * 100_000, json.dumps({"format": 2}), *SAID])
def test_wrong_metadata_is_refused(said: str, path: Path) -> None:
    write(path, said)
    mlp = tg.MLP([3, 4, 1], rng=0)
    before = bits(mlp.state_dict())
    for load in (tg.MLP.load, mlp.restore) if 'dropout": "x' not in said else (tg.MLP.load,):
        with pytest.raises(ValueError, match=r"a net\.safetensors"):
            load(path)
    assert bits(mlp.state_dict()) == before


@pytest.mark.parametrize("cut", [0, 1, 8, 60, 300, -1])
def test_a_damaged_file_is_refused(cut: int, path: Path) -> None:
    tg.MLP([3, 4, 1]).save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"is not a sound \.safetensors file: "):
        tg.MLP.load(path)


def test_system_errors_pass_and_an_older_file_stays(path: Path, monkeypatch: Any) -> None:
    mlp = tg.MLP([3, 4, 1])
    with pytest.raises(FileNotFoundError):
        tg.MLP.load(path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        mlp.save(path.parent / "no" / path.name)
    path.write_text("older")

    def refused(*_: Any) -> None:
        raise PermissionError(13, "not now")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(PermissionError):
        mlp.save(path)
    assert (path.read_text(), os.listdir(path.parent)) == ("older", [path.name])
    if hasattr(os, "mkfifo"):
        os.mkfifo(path.with_name("pipe.safetensors"))
        with pytest.raises(ValueError, match="it is not a regular file"):
            tg.MLP.load(path.with_name("pipe.safetensors"))


def test_without_the_extra_a_line_says_what_to_install(path: Path, monkeypatch: Any) -> None:
    mlp = tg.MLP([3, 4, 1])
    mlp.save(path)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for call in (lambda: mlp.save(path), lambda: mlp.restore(path), lambda: tg.load(path)):
        with pytest.raises(ImportError, match=r'a net\.safetensors needs safetensors: pip install "\.\[safetensors\]"'):
            call()
    mlp.save(path.with_suffix(".npz"))
    assert (
        "safetensors"
        not in python("import sys, tinygraph as tg; tg.MLP([3, 1]).state_dict(); print(*sys.modules)").stdout
    )
