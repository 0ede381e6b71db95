"""Keyword lists and their matcher, blocked domains, a model, and their signals."""
