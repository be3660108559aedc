"""A graph as data: nodes without values, the trace of a function into nodes, nodes as text."""
