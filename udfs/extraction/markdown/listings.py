"""Listings of code: the numbers of their lines, which belong to the page and not to the program."""

from __future__ import annotations

import re

MINIMUM_LINES = 3
"""Numbered lines from which the numbers can be no accident."""

_NUMBERED = re.compile(r"[ \t]*(\d{1,6})(?:[ \t]*[|:│][ \t]?|\t|[ ]|$)")
_CODE_SIGN = re.compile(r"[={}();:\[\]<>#\"'_\\/]")
_FENCE = re.compile("`{3,}")


def without_line_numbers(code: str) -> str:
    """Remove the numbers that stand before every line of a listing.

    Args:
        code: Lines between LF.

    Returns:
        The listing without them when the lines count up by one; otherwise, as with a BASIC program
        numbered by tens, the listing itself.
    """
    lines = code.split("\n")
    numbered = [_NUMBERED.match(line) for line in lines if line.strip()]
    if len(numbered) < MINIMUM_LINES or any(match is None for match in numbered):
        return code
    numbers = [int(match.group(1)) for match in numbered if match is not None]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) or numbers[0] > 1_000_000:
        return code
    stripped = [_NUMBERED.sub("", line, count=1) for line in lines]
    filled = [line for line in stripped if line.strip()]
    if 2 * sum(_CODE_SIGN.search(line) is not None for line in filled) < max(1, len(filled)):
        return code  # a list or a column of figures, whose numbers are its own
    return "\n".join(stripped)


def is_counting(text: str) -> bool:
    """Tell the text of a gutter: whole numbers, each one more than the last, and nothing else."""
    words = text.split()
    if not words or len(words[0]) > 7 or not all(word.isdigit() and word.isascii() for word in words):
        return False
    first = int(words[0])
    return all(len(w) <= 7 and int(w) == first + i for i, w in enumerate(words))


def fenced(code: str) -> str:
    """A listing between fences that no line of it can end."""
    longest = max((len(fence) for fence in _FENCE.findall(code)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"
