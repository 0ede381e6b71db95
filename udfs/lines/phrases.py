"""Phrases that betray page furniture, as token sequences for the line kernel.

A phrase matches whole words in any case: "Sign-in", "sign in" and "SIGN IN" are one. The lists name
what the published rules name and their common equivalents in other languages.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.text.tokenising import tokenise

FURNITURE: Final = 1 << 0  # navigation, sharing and account prompts
POLICY: Final = 1 << 1  # C4's terms-of-use and cookie lines
JAVASCRIPT: Final = 1 << 2
LOREM_IPSUM: Final = 1 << 3
REFINEDWEB_EDIT: Final = 1 << 4  # RefinedWeb's line edits
COUNTER_NOUN: Final = 1 << 5  # "likes" of "3 likes"
UNFOLD: Final = 1 << 6  # MAP-NEO's "more", "unfold" at the end of a line

ANYWHERE, AT_START, AT_END, WHOLE_LINE = 0, 1, 2, 3

_PHRASES: Final = (
    (POLICY, ANYWHERE, "terms of use|privacy policy|cookie policy|uses cookies|use of cookies|"
                       "use cookies"),
    (JAVASCRIPT, ANYWHERE, "javascript"),
    (LOREM_IPSUM, ANYWHERE, "lorem ipsum"),
    (REFINEDWEB_EDIT, AT_START, "sign in"),
    (REFINEDWEB_EDIT, AT_END, "read more"),
    (REFINEDWEB_EDIT, ANYWHERE, "items in cart"),
    (COUNTER_NOUN, AT_END, "likes|like|shares|share|comments|comment|retweets|reposts|quotes|"
                           "bookmarks|upvotes|downvotes|downloads|views|view|followers|replies|"
                           "votes|reads|赞|评论|阅读|浏览|次阅读|次浏览|条评论|个赞|人赞|转发|收藏|回复"),
    (UNFOLD, AT_END, "展开|更多|readmore|read more|查看更多|阅读更多"),
    (FURNITURE, ANYWHERE, "accept cookies|accept all cookies|cookie policy|we use cookies|"
                          "all rights reserved|items in cart|skip to content|skip to main content|"
                          "back to top|share this|share on facebook|share on twitter|"
                          "follow us on|subscribe to our newsletter|leave a comment|"
                          "post a comment|click here to|版权所有|责任编辑|未经许可不得转载|转载请注明"),
    (FURNITURE, AT_START, "sign in|log in|sign up|上一篇|下一篇|上一页|下一页|相关阅读|相关推荐|"
                          "推荐阅读|分享到|関連記事"),
    (FURNITURE, AT_END, "read more|阅读全文|查看全文|続きを読む"),
    (FURNITURE, WHOLE_LINE, "sign in|log in|login|register|share|tweet|print|email|next|previous|"
                            "comments|menu|home|search|登录|注册|登录注册|分享|打赏|收藏|点赞|转发|"
                            "返回顶部|首页|ログイン|anmelden|connexion|iniciar sesión"),
)  # fmt: skip


class PhraseTable(NamedTuple):
    """Phrases by their first token.

    Attributes:
        slots: int32[2**k]; number of the first phrase that begins with the token, -1 = none;
            the slot is the token hash, then the following ones while taken.
        following: int32[phrases]; number of the next phrase with the same first token, or -1.
        offsets: int32[phrases + 1]; phrase ``p`` is ``hashes[offsets[p]:offsets[p + 1]]``.
        hashes: uint64[...]; token hashes.
        kinds: uint32[phrases]; one of the bits above.
        places: uint8[phrases]; where in the line it must stand.
    """

    slots: npt.NDArray[np.int32]
    following: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int32]
    hashes: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint8]


@functools.cache
def phrase_table() -> PhraseTable:
    """The table of all phrases above."""
    entries = [
        (phrase, kind, place) for kind, place, listed in _PHRASES for phrase in listed.split("|")
    ]
    batch = tokenise(pa.array([phrase for phrase, _, _ in entries], pa.string()))
    size = 16
    while size < 4 * len(entries):
        size *= 2
    slots = np.full(size, -1, np.int32)
    following = np.full(len(entries), -1, np.int32)
    for number in range(len(entries) - 1, -1, -1):
        first = batch.token_hash[batch.token_offsets[number]]
        slot = int(first) & (size - 1)
        while slots[slot] >= 0 and first != batch.token_hash[batch.token_offsets[slots[slot]]]:
            slot = (slot + 1) & (size - 1)
        following[number] = slots[slot]
        slots[slot] = number
    return PhraseTable(
        slots,
        following,
        batch.token_offsets.astype(np.int32),
        batch.token_hash.copy(),
        np.array([kind for _, kind, _ in entries], np.uint32),
        np.array([place for _, _, place in entries], np.uint8),
    )


@kernel
def phrases_in_lines(
    hashes: npt.NDArray[np.uint64],
    first_token: npt.NDArray[np.int64],
    words: npt.NDArray[np.int32],
    table: PhraseTable,
    flags: npt.NDArray[np.uint32],
) -> None:
    """Or the kinds (bits) of the phrases of every line into its flags.

    Args:
        hashes: uint64[tokens] of the batch.
        first_token: int64[lines].
        words: int32[lines]; tokens of each line.
        table: The phrases.
        flags: uint32[lines].
    """
    mask = np.uint64(len(table.slots) - 1)
    for line in range(len(words)):
        first = first_token[line]
        last = first + words[line]
        for position in range(first, last):
            slot = hashes[position] & mask
            if table.slots[slot] >= 0:  # seldom: the table is mostly empty
                flags[line] |= _phrases_at(hashes, position, first, last, table)


@kernel
def _phrases_at(
    hashes: npt.NDArray[np.uint64], position: int, first: int, last: int, table: PhraseTable
) -> np.uint32:
    """The kinds of the phrases that begin at one token of the line ``first:last``."""
    found = np.uint32(0)
    mask = np.uint64(len(table.slots) - 1)
    slot = hashes[position] & mask
    number = int(table.slots[slot])
    while number >= 0 and table.hashes[table.offsets[number]] != hashes[position]:
        slot = (slot + np.uint64(1)) & mask
        number = int(table.slots[slot])
    while number >= 0:
        if _stands_at(hashes, position, first, last, table, number):
            found |= table.kinds[number]
        number = int(table.following[number])
    return found


@kernel
def _stands_at(
    hashes: npt.NDArray[np.uint64],
    position: int,
    first: int,
    last: int,
    table: PhraseTable,
    number: int,
) -> bool:
    start = int(table.offsets[number])
    end = position + int(table.offsets[number + 1]) - start
    place = int(table.places[number])
    if end > last:
        return False
    if place in (AT_START, WHOLE_LINE) and position != first:
        return False
    if place in (AT_END, WHOLE_LINE) and end != last:
        return False
    for index in range(position, end):
        if hashes[index] != table.hashes[start + index - position]:
            return False
    return place >= ANYWHERE
