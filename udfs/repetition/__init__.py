"""Kernels that find what occurs twice: words, n-grams, lines, windows."""
