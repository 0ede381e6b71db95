"""Benches beside datatrove's own filters."""
