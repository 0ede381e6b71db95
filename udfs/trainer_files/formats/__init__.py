"""Packed rows in the files of other projects, each with the refusals where its format would lie."""
