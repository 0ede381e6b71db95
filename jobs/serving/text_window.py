"""A part of a long text, so that a page stays small however long a document or one of its lines is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.serving.differences import Piece

CHARACTERS: Final = 30_000
"""Of one window: some ten printed pages."""


@dataclass(frozen=True)
class Window:
    """Pieces of text from a character on.

    Attributes:
        pieces: What is shown.
        first: Place of its first character.
        total: Characters of all pieces.
        changes: Where pieces begin that are not ``same``, ascending; of the whole text.
    """

    pieces: tuple[Piece, ...]
    first: int
    total: int
    changes: tuple[int, ...]

    @property
    def end(self) -> int:
        """Place behind the last character shown."""
        return self.first + sum(len(piece.text) for piece in self.pieces)

    @property
    def before(self) -> int:
        """Where the window before this one begins."""
        return max(0, self.first - CHARACTERS)

    @property
    def next_change(self) -> int | None:
        """Where the next changed piece behind the window begins, with a little of what precedes it."""
        later = (place for place in self.changes if place >= self.end)
        place = next(later, None)
        return None if place is None else max(0, place - 200)


def window(pieces: Sequence[Piece], first: int, length: int = CHARACTERS) -> Window:
    """Return the part of some pieces that begins at a character; the last part for one beyond the end."""
    total = sum(len(piece.text) for piece in pieces)
    first = max(0, min(first, total - 1))
    shown, changes, place = [], [], 0
    for piece in pieces:
        start, end = max(first, place), min(first + length, place + len(piece.text))
        if start < end:
            shown.append(Piece(piece.kind, piece.text[start - place : end - place]))
        if piece.kind in ("cut", "new"):
            changes.append(place)
        place += len(piece.text)
    return Window(tuple(shown), first, total, tuple(changes))
