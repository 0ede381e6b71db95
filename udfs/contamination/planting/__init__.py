"""Benchmark items planted in real documents, whole and changed, and what is found of them."""
