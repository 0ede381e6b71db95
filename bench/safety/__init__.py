"""Benches of the safeguards."""
