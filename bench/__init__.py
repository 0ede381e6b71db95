"""Throughput and accuracy, as JSON lines: `python -m bench.NAME [--quick]`."""
