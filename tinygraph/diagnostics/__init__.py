"""What helps to find a mistake: names and lines in errors, suggestions, debug modes, memory,
comparing.
"""
