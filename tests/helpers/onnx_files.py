"""Running an ONNX file that tg.onnx.save wrote, in onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygraph as tg


def session(path: Any) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def results(path: Any, *arrays: Any) -> list[Any]:
    """The outputs of the file for arrays in the order of its inputs."""
    runs = session(path)
    return runs.run(None, dict(zip([x.name for x in runs.get_inputs()], map(np.asarray, arrays), strict=True)))


def eager(f: Any, *arrays: Any) -> list[Any]:
    """The results of f itself, in evaluation."""
    with tg.evaluating(), np.errstate(all="ignore"):
        found = f(*[tg.Tensor(x) if isinstance(x, np.ndarray) else x for x in arrays])
    return [np.asarray(getattr(x, "data", x)) for x in (found if isinstance(found, tuple) else (found,))]


def same(got: list[Any], wanted: list[Any], tolerance: float) -> None:
    """Shapes and dtypes are equal, values nearly, nan too."""
    assert len(got) == len(wanted)
    for x, y in zip(got, wanted, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        if x.dtype.kind == "f":
            np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance / 10)
        else:
            np.testing.assert_array_equal(x, y)
