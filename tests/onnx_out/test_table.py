"""Every line of the table of ops: equal in onnxruntime, or refused with the op and the reason."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from typing import Any

import numpy as np
import pytest
from helpers.lines import both_dtypes, every_line
from helpers.onnx_files import eager, results, same
from op_table import LINES, scipy

import tinygraph as tg
from tinygraph.onnx import forms
from tinygraph.onnx.forms import FORMS, PARTS
from tinygraph.onnx.writer import VERSIONS, Writer

pytestmark = [pytest.mark.extra, pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")]
# onnxruntime has no float64 of these
NO_DOUBLE = {"arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "angle", "cosh", "linalg.det"}
NO_DOUBLE |= {"sinh", "special.erf", "tan"}
COUNTS = """
at 3, cov 4, corrcoef 2, convolve 2, correlate 2, cumprod 2, digitize 1, getitem 2, gradient 4, i0 1, interp 3,
left_shift 1, right_shift 1, linspace 2, logspace 1,
median 2, nanmax 1, nanmin 1, nanstd 2, nanvar 2, pad 4, partition 2,
percentile 2, quantile 3, searchsorted 1, sort 2, argsort 2, argpartition 1, unravel_index 1,
unwrap 1, vander 2, linalg.cho_solve 1, linalg.cholesky 2,
linalg.eigh 3, linalg.eigvalsh 1, linalg.expm 1, linalg.inv 2, linalg.lstsq 4, linalg.matrix_power 2,
linalg.multi_dot 1,
linalg.pinv 2, linalg.qr 6, linalg.slogdet 2, linalg.solve 2, linalg.solve_triangular 2, linalg.svd 7, linalg.svdvals 1
"""
REFUSED = {name: int(count) for name, count in (part.split() for part in COUNTS.split(","))}
OF_SCIPY = "beta betaln entr erfc erfcinv erfcx erfinv gamma gammaln i0 i1 iv j0 j1 jv kl_div log_ndtr loggamma ndtr "
OF_SCIPY += "ndtri betainc exp1 expi gammainc gammaincc gammasgn ive multigammaln rgamma y0 y1 yn yv"
REFUSED |= {f"special.{name}": 1 for name in f"{OF_SCIPY} polygamma psi rel_entr xlog1py".split()}


def saved(line: Any, path: Any, dtype: str) -> tuple[Any, list[Any]]:
    """The function of the line's arrays that was saved, and the arrays."""
    inputs = line.sample(dtype)

    def function(*arrays: Any) -> Any:
        following = iter(arrays)
        return line(*[next(following) if isinstance(x, np.ndarray) else x for x in inputs])

    arrays = [x for x in inputs if isinstance(x, np.ndarray)]
    tg.onnx.save(function, path, *arrays, examples=None)
    return function, arrays


@both_dtypes
@every_line
def test_each_line_is_equal_or_refused(line: Any, dtype: str, tmp_path: Any) -> None:
    path = tmp_path / "line.onnx"
    path.unlink(missing_ok=True)
    try:
        function, arrays = saved(line, path, dtype)
    except (ValueError, TypeError) as error:
        said = str(error)
        if line.name not in REFUSED or not said.startswith(("tg.onnx.save cannot write the op ", "t[mask] has")):
            raise
        assert not path.exists()
        return
    if dtype == "float64" and line.name in NO_DOUBLE:
        with pytest.raises(Exception, match="NOT_IMPLEMENTED"):
            results(path, *arrays)
        return
    same(results(path, *arrays), eager(function, *arrays), 1e-5 if dtype == "float32" else 1e-9)


def test_no_more_lines_are_refused(tmp_path: Any) -> None:
    found: Counter[str] = Counter()
    for line in LINES:
        try:
            saved(line, tmp_path / "line.onnx", "float32")
        except (ValueError, TypeError):
            found[line.name] += 1
    assert found == Counter({name: count for name, count in REFUSED.items() if scipy or "special" not in name})


def test_every_name_in_a_formula_is_known() -> None:
    import onnx

    for name, formula in PARTS:
        made = {x.target.id for x in ast.walk(ast.parse(formula)) if isinstance(x, ast.NamedExpr)}
        for part in {*FORMS[name.strip("*")].co_names} - {*made, "a", "b", "c", "n", "w", "inputs", "option"}:
            is_known = part in FORMS or part in vars(forms) or hasattr(builtins, part) or hasattr(Writer, part)
            is_attribute = any(isinstance(x, ast.Attribute) and x.attr == part for x in ast.walk(ast.parse(formula)))
            assert is_known or is_attribute or onnx.defs.get_schema(part, VERSIONS[""]), (name, part)
