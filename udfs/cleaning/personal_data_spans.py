"""Where in a text an address or a number could stand: one compiled scan, before any pattern is tried."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

EMAIL, NUMBER, COLONS = 0, 1, 2
MINIMUM_DIGITS: Final = 7
"""A shorter number names nobody; 1.1.1.1 and its few like are not worth a search of every date."""
MOST_SEPARATORS: Final = 2
LONGEST_LOCAL_PART: Final = 64
LONGEST_DOMAIN: Final = 255

_DIGIT, _LETTER, _LOCAL, _DOMAIN, _SEPARATOR, _HEX = 1, 2, 4, 8, 16, 32


def _byte_classes() -> npt.NDArray[np.uint8]:
    classes = np.zeros(256, np.uint8)
    for byte in range(128):
        character = chr(byte)
        if character.isdigit():
            classes[byte] |= _DIGIT | _LOCAL | _DOMAIN | _HEX
        if character.isalpha():
            classes[byte] |= _LETTER | _LOCAL | _DOMAIN
        if character in "abcdefABCDEF":
            classes[byte] |= _HEX
        if character in "._%+-":
            classes[byte] |= _LOCAL
        if character in ".-":
            classes[byte] |= _DOMAIN
        if character in " -.()+/":
            classes[byte] |= _SEPARATOR
    return classes


_CLASSES: Final = _byte_classes()


class CandidateSpans(NamedTuple):
    """Stretches to look at, in order; they may touch.

    Attributes:
        rows: int64[k], row of each.
        starts: int64[k], first byte, counted in all texts' data.
        stops: int64[k], one past the last.
        kinds: int64[k], EMAIL (around an @), NUMBER (digits with separators) or COLONS (hexadecimal
            digits and colons).
    """

    rows: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]


def candidate_spans(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> CandidateSpans:
    """Find all candidates.

    Args:
        data: uint8, UTF-8 of all texts.
        offsets: int64[n + 1], where each begins.
    """
    nothing = np.empty((0, 4), np.int64)
    found = np.empty((_scan(data, offsets, _CLASSES, nothing), 4), np.int64)
    _scan(data, offsets, _CLASSES, found)
    return CandidateSpans(*(np.ascontiguousarray(column) for column in found.T))


@kernel
def _scan(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    found: npt.NDArray[np.int64],
) -> int:
    """Count the candidates, and write them where ``found`` has rows."""
    count = 0
    for row in range(len(offsets) - 1):
        begin, end = offsets[row], offsets[row + 1]
        place = begin
        frontier = begin
        while place < end:
            byte = data[place]
            start = stop = place
            kind = -1
            if byte == 64:  # @
                while start > frontier and place - start <= LONGEST_LOCAL_PART:
                    if not classes[data[start - 1]] & _LOCAL:
                        break
                    start -= 1
                stop = place + 1
                while stop < end and stop - place <= LONGEST_DOMAIN:
                    if not classes[data[stop]] & _DOMAIN:
                        break
                    stop += 1
                if start < place and stop > place + 1:
                    kind = EMAIL
            elif byte == 58:  # :
                while start > frontier and classes[data[start - 1]] & _HEX:
                    start -= 1
                colons = 0
                while stop < end and (classes[data[stop]] & _HEX or data[stop] == 58):
                    colons += data[stop] == 58
                    stop += 1
                if colons >= 2:
                    kind = COLONS
            elif classes[byte] & _DIGIT:
                digits, gap = 0, 0
                last = place
                while stop < end and gap <= MOST_SEPARATORS:
                    if classes[data[stop]] & _DIGIT:
                        digits += 1
                        gap = 0
                        last = stop
                    elif classes[data[stop]] & _SEPARATOR:
                        gap += 1
                    else:
                        break
                    stop += 1
                stop = last + 1
                if digits >= MINIMUM_DIGITS:
                    kind = NUMBER
            if kind >= 0:
                if count < len(found):
                    found[count, 0], found[count, 1] = row, start
                    found[count, 2], found[count, 3] = stop, kind
                count += 1
                if kind != NUMBER:  # 17@example.org and 2001:db8:: begin with digits
                    frontier = stop
            place = max(stop, place + 1) if byte != 64 or kind >= 0 else place + 1
    return count
