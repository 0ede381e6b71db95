"""What the text of each block looks like: lengths, sentence ends, function words, scripts, links."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.finding import (
    BLOCK_END,
    BLOCK_START,
    BREAKS,
    IMAGES,
    INLINES,
    LINK_BYTES,
    LINKS,
)
from udfs.extraction.html.blocks.hashing import PRIME, SEED, Bytes, find
from udfs.extraction.html.blocks.names import fnv, hash_table
from udfs.extraction.html.blocks.open_elements import Nodes


class BlockField(NamedTuple):
    """One number that the classifier is given of a block.

    Attributes:
        name: Unique among the fields of a model.
        meaning: What the number says.
        group: Fields that look at the same thing.
    """

    name: str
    meaning: str
    group: str = "text"


TEXT_FIELDS: Final = tuple(
    BlockField(*pair)
    for pair in (
        ("characters", "characters of the block's text"),
        ("words", "runs of letters or digits; each ideograph, kana and Hangul syllable is one"),
        ("columns", "characters, the wide ones of East Asia counted twice"),
        ("link_share", "share of the characters within links, blanks not counted"),
        ("links", "links that begin or go on in the block"),
        ("sentence_ends", "sentence-ending marks before a blank, or ideographic ones"),
        ("commas", "commas, semicolons and ideographic commas"),
        ("digit_share", "digits by characters"),
        ("capital_share", "capital letters by letters"),
        ("function_word_share", "words that are function words of a European language, by words"),
        ("wide_share", "ideographs, kana and Hangul by characters"),
        ("word_length", "mean length of the words that are not single wide characters"),
        ("title_share", "words that the page's title has, too, by words"),
        ("closing", "1 when the text ends as a sentence does, 0.5 at a colon, else 0"),
        ("starts_capital", "1 when the first character is a capital"),
        ("images", "images within the block"),
        ("breaks", "1 for a line break before the block and 2 for one behind it"),
        ("inline_elements", "inline elements opened, links not counted"),
        ("separators", "bars, middle dots, guillemets, bullets and slashes"),
        ("copyright_signs", "copyright signs"),
        ("clock_times", "colons behind a digit"),
        ("log_columns", "logarithm of 1 + columns"),
        ("colons", "colons"),
        ("questions", "question marks"),
    )
)
TEXT_COLUMN: Final = {field.name: place for place, field in enumerate(TEXT_FIELDS)}

# The commonest function words of English, Spanish, German, French, Italian, Portuguese and Russian.
_FUNCTION_WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an"
    " they which one you were her all she there would their we him been has when who will more no if out so"
    " said what up its about into than them can only other your my our how these also i me do does just"
    " like de la que el en y los se del las un por con una su para es al lo como der die und den von zu das"
    " mit sich des auf für ist im dem nicht ein eine als auch an werden aus er hat dass sie nach wird bei le"
    " et les est dans du qui il pour sur pas plus par au avec ce sont di che è per della non sono ma o e da"
    " em um não uma os na mais и в не на что я с он как это по но к у за из"
)
_FUNCTION_KEYS, _FUNCTION_VALUES = hash_table(
    {fnv(word.encode()): 1 for word in _FUNCTION_WORDS.split()}
)
MAXIMUM_TITLE_WORDS: Final = 80
_TITLE_TABLE: Final = 256


@kernel
def _decode(text: Bytes, place: Any, size: Any) -> tuple[int, int]:
    """Code point at ``place`` of UTF-8 text and its bytes; broken sequences are single bytes."""
    byte = np.int64(text[place])
    if byte < 0xC0:
        return byte, 1  # type: ignore[return-value]
    if byte < 0xE0 and place + 1 < size:
        return ((byte & 31) << 6) | (np.int64(text[place + 1]) & 63), 2  # type: ignore[return-value]
    if byte < 0xF0 and place + 2 < size:
        code = ((byte & 15) << 12) | ((np.int64(text[place + 1]) & 63) << 6)
        return code | (np.int64(text[place + 2]) & 63), 3  # type: ignore[return-value]
    if place + 3 < size:
        code = ((byte & 7) << 18) | ((np.int64(text[place + 1]) & 63) << 12)
        code |= ((np.int64(text[place + 2]) & 63) << 6) | (np.int64(text[place + 3]) & 63)
        return code, 4  # type: ignore[return-value]
    return byte, 1  # type: ignore[return-value]


@kernel
def _is_wide(code: int) -> bool:
    """Kana, ideographs and Hangul: written without blanks or in syllables."""
    return (
        0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7AF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
    )


@kernel
def _is_letter(code: int) -> bool:
    is_latin = 97 <= code <= 122 or 65 <= code <= 90
    return is_latin or (0xC0 <= code < 0x2000 and code != 0xD7 and code != 0xF7)


@kernel
def _is_capital(code: int) -> bool:
    return 65 <= code <= 90 or 0xC0 <= code <= 0xDE or 0x410 <= code <= 0x42F


@kernel
def _add(value: Any, code: int) -> Any:
    """FNV-1a of a word, one more letter: its lower case as UTF-8."""
    if _is_capital(code):
        code += 32
    if code < 0x80:
        return (value ^ np.uint64(code)) * PRIME
    value = (value ^ np.uint64(0xC0 | (code >> 6))) * PRIME
    return (value ^ np.uint64(0x80 | (code & 63))) * PRIME


@kernel
def title_words(title: Bytes) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """Table for ``find`` of a title's words of three letters and more, and of its wide characters."""
    keys = np.zeros(_TITLE_TABLE, np.uint64)
    values = np.full(_TITLE_TABLE, -1, np.int32)
    size = title.shape[0]
    value = SEED
    letters = count = place = 0
    while place <= size and count < MAXIMUM_TITLE_WORDS:
        code, length = _decode(title, place, size) if place < size else (32, 1)
        place += length
        key = np.uint64(0)
        if _is_wide(code):
            key = (SEED ^ np.uint64(code)) * PRIME
        if _is_letter(code) or 48 <= code <= 57:
            value = _add(value, code)
            letters += 1
        else:
            if letters > 2:
                key = value
            value = SEED
            letters = 0
        if key != 0:
            slot = np.int64(key & np.uint64(_TITLE_TABLE - 1))
            while values[slot] >= 0 and keys[slot] != key:
                slot = (slot + 1) & (_TITLE_TABLE - 1)
            if values[slot] < 0:
                keys[slot] = key
                values[slot] = 1
                count += 1
    return keys, values


@kernel
def measure_texts(text: Bytes, blocks: Nodes, title: Bytes) -> npt.NDArray[np.float32]:
    """Measure every block's text.

    Args:
        text: UTF-8 of all blocks.
        blocks: Block table of ``PageBlocks``.
        title: Bytes of the page's title.

    Returns:
        float32 [blocks, ``TEXT_FIELDS``].
    """
    title_keys, title_values = title_words(title)
    measures = np.zeros((blocks.shape[0], 24), np.float32)
    for number in range(blocks.shape[0]):
        place = np.int64(blocks[number, BLOCK_START])
        end = np.int64(blocks[number, BLOCK_END])
        characters = words = columns = ends = commas = digits = capitals = function_words = wide = 0
        in_title = separators = copyrights = times = colons = questions = letters = word_letters = 0
        inked = 0
        starts_capital = False
        value = SEED
        length = last = previous = 0
        while place <= end:
            code, width = _decode(text, place, end) if place < end else (32, 1)
            is_inside = place < end
            place += width
            if is_inside and code >= 32:
                characters += 1
                columns += 1
                if code > 32:
                    inked += 1
                    last = code
            if _is_wide(code):
                wide += 1
                columns += 1
                words += 1
                if find(title_keys, title_values, (SEED ^ np.uint64(code)) * PRIME) >= 0:
                    in_title += 1
            is_digit = 48 <= code <= 57
            if is_digit or _is_letter(code):
                if is_digit:
                    digits += 1
                else:
                    letters += 1
                    if _is_capital(code):
                        capitals += 1
                        starts_capital = starts_capital or characters == 1
                value = _add(value, code)
                length += 1
            elif length > 0:
                words += 1
                word_letters += length
                if find(_FUNCTION_KEYS, _FUNCTION_VALUES, value) >= 0:
                    function_words += 1
                if find(title_keys, title_values, value) >= 0:
                    in_title += 1
                value = SEED
                length = 0
            if is_inside:
                if code in (33, 46, 63, 0x3002, 0xFF01, 0xFF1F):
                    following = text[place] if place < end else 32
                    ends += following <= 32 or code > 128 or following == 34
                    questions += code == 63 or code == 0xFF1F
                elif code == 44 or code == 59 or code == 0xFF0C or code == 0x3001:
                    commas += 1
                elif code == 58 or code == 0xFF1A:
                    colons += 1
                    times += 48 <= previous <= 57
                elif (
                    (
                        code == 124
                        or code == 0xB7
                        or code == 0x203A
                        or code == 0xBB
                        or code == 0x2022
                    )
                    or code == 62
                    or code == 47
                ):
                    separators += 1
                elif code == 0xA9:
                    copyrights += 1
                previous = code
        row = measures[number]
        by_characters = np.float32(1 / max(characters, 1))
        by_words = np.float32(1 / max(words, 1))
        row[0] = characters
        row[1] = words
        row[2] = columns
        row[3] = min(np.float32(1), np.float32(blocks[number, LINK_BYTES] / max(inked, 1)))
        row[4] = blocks[number, LINKS]
        row[5] = ends
        row[6] = commas
        row[7] = digits * by_characters
        row[8] = capitals / max(letters, 1)
        row[9] = function_words * by_words
        row[10] = wide * by_characters
        row[11] = word_letters / max(words - wide, 1)
        row[12] = in_title * by_words
        is_end = last in (33, 34, 46, 63, 0x2026, 0x201D, 0x300D, 0x3002, 0xFF01, 0xFF1F)
        row[13] = 1.0 if is_end else 0.5 if last == 58 or last == 0xFF1A else 0.0
        row[14] = starts_capital
        row[15] = blocks[number, IMAGES]
        row[16] = blocks[number, BREAKS]
        row[17] = blocks[number, INLINES]
        row[18] = separators
        row[19] = copyrights
        row[20] = times
        row[21] = np.log1p(np.float32(columns))
        row[22] = colons
        row[23] = questions
    return measures
