"""Benchmark items in texts: how much of which item a document holds, and what cannot be told."""
