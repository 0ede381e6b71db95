"""A small decoder trained on packed rows: what a corpus is worth, measured; torch is imported here only."""
