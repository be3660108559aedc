"""docs/numpy_coverage.md: every public function of NumPy is sorted, and the page is the tool's."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg

scipy = pytest.importorskip("scipy")
import numpy_coverage  # noqa: E402 (it needs SciPy)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "numpy_coverage.md"


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of functions that NumPy is about to remove
        yield


@pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 has functions that NumPy 2 has removed")
def test_each_function_that_is_not_here_has_a_reason():
    assert numpy_coverage.unexplained() == []


def test_the_page_is_that_of_the_source():
    page = PAGE.read_text(encoding="utf-8")
    made_with = re.search(r"NumPy (\S+) and SciPy\s(\S+)\.", page)
    if made_with.groups() != (np.__version__, scipy.__version__):
        pytest.skip(f"the page is made with NumPy {made_with[1]} and SciPy {made_with[2]}")
    assert numpy_coverage.page() == page, "run python tools/numpy_coverage.py --write"


@pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 lacks some of the names")
def test_the_functions_of_scipy_exist_in_tinygraph():
    slope, none, _ = numpy_coverage.sorted_out(numpy_coverage.ufuncs())
    assert [name for name in slope + none if not hasattr(tg.special, name)] == []
