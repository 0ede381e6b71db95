"""Repairs that save a good text, and personal data masked."""
