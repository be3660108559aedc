"""The contents page: each public name is loaded at its first use, also in a fresh process."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from helpers.processes import python

import tinygraph as tg


def test_each_public_name_is_loaded() -> None:
    for name in tg.__all__:
        assert getattr(tg, name) is not None


def test_dir_shows_only_public_names() -> None:
    assert python("import tinygraph as tg; tg.compile, tg.lesson; print(*dir(tg))").stdout.split() == dir(tg)
    assert dir(tg) == sorted([*tg.__all__, "__version__", "lesson", "onnx"])


def test_import_loads_only_the_engine_frames_and_the_ops() -> None:
    code = "import sys, numpy; before = {*sys.modules}; import tinygraph; print(*sorted({*sys.modules} - before))"
    loaded = [name for name in python(code).stdout.split() if not name.startswith("tinygraph.ops.")]
    engine = ("arrays", "errors", "frames", "modes", "ops", "tape", "tensor")
    assert [name for name in loaded if name.startswith("tinygraph")] == [
        "tinygraph",
        *(f"tinygraph.{name}" for name in engine),
    ]
    assert [name for name in loaded if not name.startswith("tinygraph")] in ([], ["__future__"])


@pytest.mark.parametrize("use", ["print((t + 1).data)", "print(np.exp(t).data)", "print(t.sum().data)", "print(t)"])
def test_a_tensor_is_unpickled_in_a_fresh_process(use: str) -> None:
    pickled = pickle.dumps(tg.Tensor([0.0, 1.0], requires_grad=True, name="t"))
    t = tg.Tensor([0.0, 1.0], requires_grad=True, name="t")
    values: dict[str, object] = {"t": t, "np": np}
    expected = eval(use.removeprefix("print(").removesuffix(")"), values)
    assert python(f"import pickle, numpy as np; t = pickle.loads({pickled!r}); {use}").stdout == f"{expected}\n"


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("from tinygraph import *; print(MLP.__name__, sigmoid(0.0), ravel.__name__)", "MLP 0.5 ravel"),
        ("import tinygraph.lesson as lesson; print(lesson.linear_forward.__name__)", "linear_forward"),
        ("import tinygraph.optim; print(tinygraph.optim.SGD.__name__)", "SGD"),
        ("import tinygraph as tg; print(tg.optim.Adam.__name__, tg.lesson.from_tape.__name__)", "Adam from_tape"),
        ("from tinygraph import compile, checkpoint; print(compile.__name__, callable(checkpoint))", "compile True"),
    ],
)
def test_first_use_in_a_fresh_process(code: str, printed: str) -> None:
    assert python(code).stdout == f"{printed}\n"


def test_first_use_from_two_threads_at_once() -> None:
    code = """
import threading
import tinygraph as tg

start, found = threading.Barrier(8), []

def use(k):
    start.wait()
    t = tg.Tensor([1.0, 2.0], requires_grad=True)
    f = [lambda: tg.compile(lambda x: x * 2)(t), lambda: tg.grad(lambda x: (x * x).sum())(t), t.tape, tg.explain][k % 4]
    found.append(f(t * 2) if f is tg.explain else f())

threads = [threading.Thread(target=use, args=(k,)) for k in range(8)]
[t.start() for t in threads], [t.join() for t in threads]
print(len(found))
"""
    assert python(code).stdout == "8\n"


def test_an_unknown_name_is_an_error_with_a_hint() -> None:
    with pytest.raises(AttributeError, match=r"module 'tinygraph' has no attribute 'cat'; write tg\.concatenate"):
        tg.cat  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'diagnostics_'"):
        tg.diagnostics_  # noqa: B018


def test_a_package_and_its_module_are_first_used_from_two_threads() -> None:
    """The import of the package waits, so that the threads meet there."""
    code = """
import importlib.machinery, threading, time
import tinygraph as tg

real = importlib.machinery.SourceFileLoader.create_module
slow = ("tinygraph.optim", "tinygraph.compiler.passes")
importlib.machinery.SourceFileLoader.create_module = (
    lambda self, spec: time.sleep(0.3) if spec.name in slow else real(self, spec)
)
uses = [lambda: tg.optim.SGD, lambda: tg.compile, lambda: tg.explain(tg.Tensor(1.0, requires_grad=True) * 2.0)]

def use(f):
    f()
    print("done\\n", end="")  # one write, because threads print at once

threads = [threading.Thread(target=use, args=(f,)) for f in uses]
for thread in threads:
    thread.start()
    time.sleep(0.1)
[thread.join() for thread in threads]
"""
    assert python(code).stdout == "done\n" * 3


def test_the_table_of_ops_does_not_grow_with_use() -> None:
    assert python("import tinygraph as tg; n = len(tg.OPS); tg.cross_entropy; print(len(tg.OPS) - n)").stdout == "0\n"


def test_a_cost_that_is_loaded_before_the_nets_keeps_its_options() -> None:
    code = "import tinygraph as tg, numpy as np; tg.cross_entropy; mlp = tg.MLP([2, 1], rng=0); x = np.zeros((2, 3));"
    code += "print(mlp.cost(x, np.ones((1, 3)), sample_weight=np.array([[1, 0, 1]])).item())"
    assert python(code).stdout.startswith("0.69314718")


def test_a_mistyped_name_gets_a_suggestion():
    for of, name, meant in (
        (tg, "sigmod", "tg.sigmoid"),
        (tg, "cross_entorpy", "tg.cross_entropy"),
        (tg, "Tensro", "tg.Tensor"),
        (tg, "checkgradients", "tg.check_gradients"),
        (tg.optim, "Adma", "tg.optim.Adam"),
    ):
        with pytest.raises(AttributeError, match=rf"has no attribute '{name}'; did you mean {meant}\?$"):
            getattr(of, name)
    for name in ("xyzzy", "_sigmod", "__sigmod__"):
        with pytest.raises(AttributeError, match=rf"has no attribute '{name}'$"):
            getattr(tg, name)
