"""Graphs for other engines, and models for other programs: each a writer that reads a graph."""
