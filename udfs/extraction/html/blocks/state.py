"""The state of the pass over a page: what is known of the block that is read, and what lasts beyond it.

It is one array of numbers, since what begins in one tag ends in another. All places are bytes of the text
that is being written.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.hashing import Bytes

State = npt.NDArray[np.int64]

CODE_MARK: Final = 2
"""A byte in the text where inline code starts or ends; the page's own control bytes are dropped."""

(
    CHARACTERS,
    LINKED,
    LINK_COUNT,
    IMAGE_COUNT,
    OPEN_CODE,
    INLINE_COUNT,
    BREAK,
    RUBIES,
    RAISED,
    LOWERED,
    LINK_START,
    LINKS_BEFORE,
    NUMBER_START,
    FORMULA_END,
    BLOCK_STATE,
) = range(15)
"""What is known of the block that is being read: characters, those in links, links, images, whether inline
code is open, inline elements, line breaks around it, open ``ruby``; where raised or lowered text, a link and
a number of a line began (-1 when none is open), links before it, where the last formula ended."""
(
    START,
    END,
    IS_SPACE,
    CURRENT,
    SKIPPED_TAG,
    SKIPPED_LEVELS,
    IN_LINK,
    IN_CODE,
    CODE_NODE,
    NUMBER_TAG,
    BLANKS,
    EMPTY,
    HEADING,
    STATE,
) = range(BLOCK_STATE, BLOCK_STATE + 14)
"""What lasts beyond a block: where its text begins and ends, whether that is a blank, the open node, the tag
that is skipped and how often it is open (0 when the next end tag ends it), whether a link and code are open,
the node code began in, the tag of a line's number, empty lines of a listing, a node that holds nothing yet,
the statement of an open ``h1``."""


@kernel
def begin_block(at: State, out: Bytes, has_code: bool) -> None:
    """Forget the block that ended; open links and inline code go on."""
    at[:BLOCK_STATE] = 0
    at[RAISED:BLOCK_STATE] = -1
    at[LINK_COUNT] = at[IN_LINK]
    at[IS_SPACE] = 1
    if has_code:
        at[OPEN_CODE] = 1
        out[at[END]] = CODE_MARK
        at[END] += 1


@kernel
def put(at: State, end: int) -> None:
    """Take the bytes up to ``end`` as text of the block."""
    if end > at[END]:
        at[CHARACTERS] += end - at[END]
        at[IS_SPACE] = 0
    at[END] = end
