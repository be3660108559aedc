"""Hypothesis draws the same few examples in every run; failing asserts in helpers/ give details."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported: its threads wait for work at full speed
pytest.register_assert_rewrite("helpers")

settings.register_profile(
    "few", derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("few")


@pytest.fixture
def explicit_names():
    """No Tensor takes the name of a variable of the test."""
    import tinygraph as tg

    with tg.explicit_names():
        yield


def pytest_collection_finish() -> None:
    """Let the garbage collector leave out all that stays until the end: modules and collected tests."""
    gc.collect()
    gc.freeze()
