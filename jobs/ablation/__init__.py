"""Packed rows to trainings of one model, or of the same on several corpora, compared; a run scored by one."""
