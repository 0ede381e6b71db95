"""Benches of signals."""
