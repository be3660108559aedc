"""What all tests share: hypothesis draws the same examples in every run, and asserts in helpers/ say what differs."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("helpers")

settings.register_profile("stable", derandomize=True, deadline=None)
settings.load_profile("stable")
