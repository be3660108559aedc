"""Helpers of the tests. pytest has tests/, tools/ and examples/ on its path (setup.cfg)."""
