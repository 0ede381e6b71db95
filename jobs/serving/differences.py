"""What one text has and another has not, piece by piece; bounded work for texts of any length."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

MOST_EQUAL_PAIRS: Final = 200_000
"""Pairs of equal lines; beyond them the matcher takes seconds and the differing middle is one piece."""
MOST_WORDS: Final = 400
MOST_WORDED: Final = 200
"""Changed places of a text that are compared word by word; the rest is compared by lines."""
_WORDS: Final = re.compile(r"\s+|[\u2e80-\u9fff\uac00-\ud7af]|\w+|.", re.DOTALL)


class Piece(NamedTuple):
    """A stretch of text: in both, only in the first (``cut``) or second (``new``), or looked for."""

    kind: Literal["same", "cut", "new", "hit"]
    text: str


def differences(first: str, second: str) -> list[Piece]:
    """Return pieces that give ``first`` without the new ones, and ``second`` without those cut.

    Lines are compared, and the words of lines that changed where they are few. Texts that differ in
    too much to be compared quickly have one piece cut and one new in their middle.
    """
    left, right = first.splitlines(keepends=True), second.splitlines(keepends=True)
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    middle = _lines(left[start : len(left) - end], right[start : len(right) - end])
    return list(
        _joined(
            [
                Piece("same", "".join(left[:start])),
                *middle,
                Piece("same", "".join(left[len(left) - end :])),
            ]
        )
    )


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(left), len(right)))


def _lines(left: list[str], right: list[str]) -> Iterator[Piece]:
    counts = Counter(right)
    if sum(counts[line] for line in left) > MOST_EQUAL_PAIRS:
        yield from (Piece("cut", "".join(left)), Piece("new", "".join(right)))
        return
    worded = 0
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        before, after = "".join(left[a:b]), "".join(right[c:d])
        if kind == "replace" and worded < MOST_WORDED:
            worded += 1
            yield from _words(before, after)
        else:
            yield from _whole(kind, before, after)


def _words(before: str, after: str) -> Iterator[Piece]:
    if max(len(before), len(after)) > MOST_WORDS * 16:
        yield from _whole("replace", before, after)
        return
    left, right = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(left), len(right)) > MOST_WORDS:
        yield from _whole("replace", before, after)
        return
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield from _whole(kind, "".join(left[a:b]), "".join(right[c:d]))


def _whole(kind: str, before: str, after: str) -> Iterator[Piece]:
    if kind == "equal":
        yield Piece("same", before)
    else:
        yield from (Piece("cut", before), Piece("new", after))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece, without empty ones."""
    held: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if held is not None and held.kind == piece.kind:
            held = Piece(held.kind, held.text + piece.text)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
