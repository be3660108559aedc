"""Show a graph: as a picture, as formulas, or as a page to step through."""
