"""A web page as blocks of text between its block-level tags, with the elements they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.extraction.html.blocks.finding import (
    BLOCK_COLUMNS,
    BLOCK_COUNT,
    BLOCK_END,
    BLOCK_START,
    COUNTS,
    NODE_COUNT,
    STATEMENT_COUNT,
    TEXT_SIZE,
    TITLE_END,
    TITLE_START,
    WORD_COUNT,
    find_blocks,
)
from udfs.extraction.html.blocks.names import LINKED_GROUPS
from udfs.extraction.html.blocks.open_elements import NODE_COLUMNS
from udfs.extraction.html.blocks.state import CODE_MARK

MAXIMUM_STATEMENTS: Final = 1_000
"""Elements with metadata that are kept of a page."""

MARK: Final = bytes([CODE_MARK])
_LESS_THAN: Final = np.uint8(ord("<"))


@dataclass(frozen=True)
class PageBlocks:
    """Blocks of a page in its order.

    Attributes:
        page: The page, UTF-8.
        text: UTF-8 of all blocks, a line feed behind each; uint8.
        blocks: Block table, columns ``BLOCK_START`` ... of ``finding``; int32 [blocks, ``BLOCK_COLUMNS``].
        nodes: Block elements, parents before children, columns ``NODE_TAG`` ... of
            ``open_elements``; row 0 is the root; int32 [nodes, ``NODE_COLUMNS``].
        paths: Hash of tags and classes from the root to each node; uint64 [nodes].
        words: Hashes of class words; those of node i begin at its ``NODE_WORDS``; uint64.
        statements: Start and end in ``page`` of elements that state metadata; int32 [any, 2].
        kinds: Counts of JSON-LD types by group and the code of ``og:type``; int32.
        title: Bytes of ``<title>``, undecoded; uint8.
    """

    page: bytes
    text: npt.NDArray[np.uint8]
    blocks: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.int32]
    paths: npt.NDArray[np.uint64]
    words: npt.NDArray[np.uint64]
    statements: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.int32]
    title: npt.NDArray[np.uint8]

    def texts(self, numbers: npt.NDArray[np.intp] | None = None) -> list[str]:
        """The text of each block, or of the blocks of these numbers; inline code stands in backticks."""
        chosen = self.blocks if numbers is None else self.blocks[numbers]
        content = self.text.tobytes().replace(MARK, b"`")  # one byte for one byte
        bounds = chosen[:, [BLOCK_START, BLOCK_END]].tolist()
        return [content[start:end].decode("utf-8", "replace") for start, end in bounds]

    def all_text(self) -> str:
        """All blocks, one a line."""
        return self.text.tobytes().replace(MARK, b"`").decode("utf-8", "replace")


def segment(text: str) -> PageBlocks:
    """Cut a page into blocks.

    Args:
        text: The decoded page; lone surrogates become question marks.

    Returns:
        Its blocks. Time and memory are linear in the page, whatever it holds.
    """
    page = text.encode("utf-8", "replace")
    content = np.frombuffer(page, np.uint8)
    tags = int(np.count_nonzero(content == _LESS_THAN)) + 2  # faster than bytes.count, which hops
    out = np.empty(2 * len(page) + 64, np.uint8)
    blocks = np.empty((tags, BLOCK_COLUMNS), np.int32)
    nodes = np.zeros((tags, NODE_COLUMNS), np.int32)
    paths = np.empty(tags, np.uint64)
    words = np.empty(len(page) // 2 + 64, np.uint64)
    statements = np.empty((MAXIMUM_STATEMENTS, 2), np.int32)
    kinds = np.zeros(LINKED_GROUPS + 1, np.int32)
    counts = np.zeros(COUNTS, np.int64)
    has_tex = b"math/tex" in page
    find_blocks(content, out, blocks, nodes, paths, words, statements, kinds, counts, has_tex)
    return PageBlocks(
        page,
        out[: counts[TEXT_SIZE]],
        blocks[: counts[BLOCK_COUNT]],
        nodes[: counts[NODE_COUNT]],
        paths[: counts[NODE_COUNT]],
        words[: counts[WORD_COUNT]],
        statements[: counts[STATEMENT_COUNT]],
        kinds,
        content[counts[TITLE_START] : counts[TITLE_END]],
    )
