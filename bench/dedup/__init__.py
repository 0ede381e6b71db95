"""Benches of deduplication."""
