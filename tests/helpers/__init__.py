"""What several test files use. pytest has tests/, tools/ and examples/ on its path (see setup.cfg)."""
