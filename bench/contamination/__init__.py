"""Decontamination beside other rules: what is found of planted items, what is flagged in clean text."""
