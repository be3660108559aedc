"""Find mistakes: names and lines in errors, suggestions, debug modes, memory, compare."""
