"""Benches of reading documents."""
