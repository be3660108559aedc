"""The passes: each rewrites a graph into a cheaper one. table.py lists them."""
