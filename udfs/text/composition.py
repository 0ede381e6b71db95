"""Composition (Unicode NFC) of the few rows that need it, on bytes."""

from __future__ import annotations

import itertools
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.columns.string_views import StringViews, replace_rows
from udfs.text.character_classes import COMPOSABLE, character_tables
from udfs.text.utf8_decoding import decode

PIECE_BYTES: Final = 1 << 20  # a Python string of a whole book would hold four bytes a character
MARK_RUN_LIMIT: Final = 128  # composing sorts a run of marks in quadratic time; real text has < 30


def compose(views: StringViews) -> StringViews:
    """Bring rows with combining marks to NFC; all other rows keep their bytes.

    Runs of more than 128 combining characters are composed 128 at a time: sorting them is quadratic,
    which a hostile page can use. Invalid UTF-8 is kept as it is.

    Args:
        views: The texts.

    Returns:
        The same ``views`` (no copy) when nothing changes, else new data and offsets.
    """
    tables = character_tables()
    suspects = np.zeros(len(views.valid), np.bool_)
    _find_composable(
        views.data,
        views.offsets,
        tables.class_of,
        tables.flags_of,
        tables.lead_composable,
        suspects,
    )
    changed: dict[int, bytes] = {}
    for row in np.flatnonzero(suspects):
        text = views.data[views.offsets[row] : views.offsets[row + 1]]
        composed = _compose_text(text)
        if composed is not None:
            changed[int(row)] = composed
    return replace_rows(views, changed) if changed else views


def _compose_text(text: npt.NDArray[np.uint8]) -> bytes | None:
    """The NFC form of one text, or None if it already is."""
    tables = character_tables()
    cuts = np.empty(2 + len(text) // MARK_RUN_LIMIT + len(text) // PIECE_BYTES, np.int64)
    count = _find_cuts(text, tables.class_of, tables.flags_of, PIECE_BYTES, MARK_RUN_LIMIT, cuts)
    pieces: list[bytes] = []
    any_changed = False
    for start, stop in itertools.pairwise(cuts[:count]):
        raw = text[start:stop].tobytes()
        decoded = raw.decode("utf-8", "surrogateescape")
        if unicodedata.is_normalized("NFC", decoded):
            pieces.append(raw)
        else:
            any_changed = True
            composed = unicodedata.normalize("NFC", decoded)
            pieces.append(composed.encode("utf-8", "surrogateescape"))
    return b"".join(pieces) if any_changed else None


@kernel
def _find_composable(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
    lead_composable: npt.NDArray[np.uint8],
    suspects: npt.NDArray[np.bool_],
) -> None:
    """Mark the rows that hold a COMPOSABLE character."""
    for row in range(len(suspects)):
        stop = offsets[row + 1]
        for position in range(offsets[row], stop):
            if lead_composable[data[position]] != 0:
                code_point, _ = decode(data, position, stop)
                if flags_of[class_of[code_point]] & COMPOSABLE:
                    suspects[row] = True
                    break


@kernel
def _find_cuts(
    text: npt.NDArray[np.uint8],
    class_of: npt.NDArray[np.uint8],
    flags_of: npt.NDArray[np.uint32],
    piece_bytes: int,
    mark_run_limit: int,
    cuts: npt.NDArray[np.int64],
) -> int:
    """Offsets 0 = cuts[0] < ... = len(text) where the text may be cut for composing; their number.

    A cut stands before a character that composes with nothing, or inside an endless run of marks.
    """
    cuts[0] = 0
    count = 1
    run = 0
    position = 0
    stop = len(text)
    while position < stop:
        width = 1
        composable = False
        if text[position] >= 0x80:
            code_point, width = decode(text, position, stop)
            composable = (flags_of[class_of[code_point]] & COMPOSABLE) != 0
        if composable:
            run += 1
            if run == mark_run_limit:
                cuts[count] = position
                count += 1
                run = 0
        else:
            run = 0
            if position - cuts[count - 1] >= piece_bytes:
                cuts[count] = position
                count += 1
        position += width
    if stop > cuts[count - 1]:
        cuts[count] = stop
        count += 1
    return count
