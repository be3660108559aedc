"""What all tests share: hypothesis draws the same examples in every run."""

from hypothesis import settings

settings.register_profile("stable", derandomize=True, deadline=None)
settings.load_profile("stable")
