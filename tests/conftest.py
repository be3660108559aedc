"""Hypothesis draws the same examples in every run; failing asserts in helpers/ give details."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("helpers")

settings.register_profile("stable", derandomize=True, deadline=None)
settings.load_profile("stable")
