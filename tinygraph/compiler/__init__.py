"""The compiler: trace -> rewrite -> lay out -> emit. `compile.py` puts the steps together."""
