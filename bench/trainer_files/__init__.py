"""Tokenising, packing and writing for trainers, beside what others do."""
