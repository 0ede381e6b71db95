"""Globs as a shell reads them, on paths and URIs alike."""

from __future__ import annotations

import re

GLOB_CHARACTERS = "*?["


def is_glob(path: str) -> bool:
    """Say whether a path has a character of globs; a file may be called so, too."""
    return any(mark in path for mark in GLOB_CHARACTERS)


def fixed_part(pattern: str) -> str:
    """Return the folder that a glob begins in."""
    first = min(pattern.index(mark) for mark in GLOB_CHARACTERS if mark in pattern)
    return pattern[:first].rpartition("/")[0]


def glob_expression(pattern: str) -> re.Pattern[str]:
    """Return what matches the paths that a glob names."""
    # fnmatch's * crosses folders; a shell's does not, and users expect the shell.
    translated = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    translated = translated.replace(r"\?", "[^/]").replace(r"\[", "[").replace(r"\]", "]")
    return re.compile(translated)
