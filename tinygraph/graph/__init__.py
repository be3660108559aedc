"""A graph as data: nodes without values, how a function is traced into them, and how a node is
written.
"""
