"""Benches of perplexity."""
