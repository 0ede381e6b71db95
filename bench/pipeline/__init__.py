"""Benches of whole runs."""
