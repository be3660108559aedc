"""A graph shown to a person: as a picture, as formulas, as a page to step through."""
