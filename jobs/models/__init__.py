"""Models of a run: given, checked, and trained."""
