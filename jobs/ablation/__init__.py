"""Packed rows to trainings: of one model, or of the same model on several corpora, compared."""
