"""Benchmarks of the user's: read from files, planted to measure what is found, shown for review."""
