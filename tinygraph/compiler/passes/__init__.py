"""The passes: each rewrites a graph into one that gives the same, and costs less. table.py lists them."""
