"""Bytes to characters: labels, detection, plausibility, decoders that Python lacks."""
