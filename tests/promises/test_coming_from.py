"""docs/coming_from_*.md: each piece of code in the column "tinygraph" runs, with the page's names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygraph as tg

try:
    from tinygraph.estimators import Classifier
except ImportError:  # without scikit-learn, as oldest versions are tested
    Classifier = dict
PAGES = sorted((Path(__file__).resolve().parents[2] / "docs").glob("coming_from_*.md"))


def code_of(page: Path) -> list[str]:
    """The code in the second column of the tables of a page."""
    found = []
    for row in re.findall(r"^\|(.*)\|$", page.read_text(encoding="utf-8"), re.MULTILINE):
        cells = row.split("|")
        assert len(cells) == 3, row
        found += re.findall(r"`([^`]+)`", cells[1])
    return found


def names() -> Iterator[dict[str, Any]]:
    """What the names on the pages may stand for: Tensors of several shapes, and functions."""
    mlp = tg.MLP([3, 4, 1], rng=0)
    X, Y, x = np.ones((3, 5)), np.ones((1, 5)), np.ones(3)
    mlp.cost(X, Y).backward()
    functions = (lambda x, *more: (x * x).sum(), lambda carry, x: (carry, x))
    for shape, f, cost in itertools.product(((2, 3), (), (3,)), functions, (mlp.cost, mlp.cost(X, Y))):
        found = {"tg": tg, "np": np, "mlp": mlp, "X": X, "Y": Y, "x": x, "y": tg.Tensor(x, True) * 2, "data": x}
        found |= {"f": f, "g": f, "p": True, "v": np.ones(3), "w": np.ones(5), "n": 3, "init": 0.0, "xs": x, "k": 0}
        found |= {"a": np.eye(3), "A": np.eye(3), "W": np.eye(3), "b": np.ones((3, 1)), "mask": x > 0, "rule": f}
        found |= {"name": "op", "forward": f, "path": "net.npz", "s": mlp.state_dict(), "ps": mlp.parameters}
        found |= {"weights": np.eye(3), "indices": [0, 1], "Z": np.ones((3, 2)), "labels": np.array([0, 2])}
        found |= {"optimizer": tg.optim.Adam(mlp.parameters), "schedule": tg.optim.schedules.cosine(0.1, 5)}
        found |= {"rng": np.random.default_rng(0), "step": lambda x, y: None, "t": tg.Tensor(np.ones(shape), True)}
        yield found | {"ts": [found["t"]] * 2, "loss": mlp.cost(X, Y), "cost": cost, "Classifier": Classifier}


def works(code: str, found: dict[str, Any]) -> bool:
    try:
        with tg.training():
            exec(code, found)
    except ImportError:
        return True  # of an extra, which tests of its own use
    except Exception:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_piece_of_code_in_the_tables_runs(page: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    tg.MLP([3, 4, 1]).save("net.npz")
    pieces = code_of(page)
    assert len(pieces) >= 15
    assert [code for code in pieces if not any(works(code, found) for found in names())] == []


def test_a_name_that_does_not_exist_is_found() -> None:
    assert not any(works("tg.no_such_function(t)", found) for found in names())
    assert not any(works("t.no_such_method()", found) for found in names())
    assert not any(works("tg.batches(X, Y, batchsize=2)", found) for found in names())
