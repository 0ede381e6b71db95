"""The annotators: heuristics, lines, repetition, shared lines, and the table of them."""
