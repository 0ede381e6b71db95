"""Benches of graders."""
