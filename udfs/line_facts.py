"""Facts of every line of a batch: width, words, ending, and which published line rules it meets."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs import character_classes as classes
from udfs.character_classes import CharacterTables, character_tables
from udfs.compiled import kernel
from udfs.line_phrases import COUNTER_NOUN, FURNITURE, PhraseTable, phrase_table
from udfs.line_splitting import after_break, line_end, trim_left, trim_right
from udfs.line_structure import mark_structure
from udfs.phrase_matching import phrases_in_line
from udfs.speaker_tags import speaker_tag_end
from udfs.text_kernel import TokenBatch
from udfs.utf8_decoding import decode

# Bits 0 to 6 are the phrase kinds of udfs.line_phrases, bits 24 to 26 those of udfs.line_structure.
TERMINAL: Final = 1 << 8  # ends like a sentence, by the wide Unicode set
C4_TERMINAL: Final = 1 << 9  # ends in . ! ? " ' and not in an ellipsis
ELLIPSIS_END: Final = 1 << 10
MARK_END: Final = 1 << 11  # its very last character ends a sentence; no ellipsis, quote or bracket
SPEAKER: Final = 1 << 13
UPPERCASE: Final = 1 << 14  # more capitals than half of its characters, four or more
NO_LETTERS: Final = 1 << 15
COUNTER: Final = 1 << 16  # "3 likes"
LONG_WORD: Final = 1 << 17  # over 1,000 characters without a blank, outside unspaced scripts

CURLY: Final = 1 << 18  # holds {
OPEN_END: Final = 1 << 19  # ends in a letter or digit
CODE_MARK: Final = 1 << 20  # holds one of ( ) [ ] { } < > ; = and no digit

LONGEST_WORD: Final = 1000
MOST_COUNTER_WORDS: Final = 8
FURNITURE_WORDS: Final = 10
FURNITURE_CHARACTERS: Final = 20
"""A phrase speaks of furniture only in a line of at most ten words, or 20 unspaced characters."""


class LineFacts(NamedTuple):
    """One entry a line that has a visible character.

    Attributes:
        text: int32; index of the line's text in the batch.
        start: int64; its first visible byte in the batch's data.
        end: int64; behind its last visible byte.
        next: int64; where the next line begins.
        flags: uint32; bits above and of udfs.line_phrases.
        width: int32; display columns, wide characters counting two.
        rest_width: int32; columns without a leading time stamp or speaker's name.
        characters: int32; code points.
        upper: int32; upper-case letters.
        digits: int32; decimal digits.
        words: int32; tokens.
        blank_words: int32; runs of characters between blanks.
        sentences: int32; sentence ends, plus one for text after the last.
        longest_run: int32; characters of the longest run without blanks and unspaced characters.
    """

    text: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    next: npt.NDArray[np.int64]
    flags: npt.NDArray[np.uint32]
    width: npt.NDArray[np.int32]
    rest_width: npt.NDArray[np.int32]
    characters: npt.NDArray[np.int32]
    upper: npt.NDArray[np.int32]
    digits: npt.NDArray[np.int32]
    words: npt.NDArray[np.int32]
    blank_words: npt.NDArray[np.int32]
    sentences: npt.NDArray[np.int32]
    longest_run: npt.NDArray[np.int32]


def line_facts(tokens: TokenBatch) -> LineFacts:
    """Look at every line of a batch once.

    Args:
        tokens: The batch, tokenised without punctuation.

    Returns:
        The facts, line by line in the order of the texts; empty lines are left out.
    """
    capacity = _count_lines(tokens.data, tokens.text_offsets)
    facts = LineFacts(
        text=np.empty(capacity, np.int32),
        start=np.empty(capacity, np.int64),
        end=np.empty(capacity, np.int64),
        next=np.empty(capacity, np.int64),
        flags=np.empty(capacity, np.uint32),
        width=np.empty(capacity, np.int32),
        rest_width=np.empty(capacity, np.int32),
        characters=np.empty(capacity, np.int32),
        upper=np.empty(capacity, np.int32),
        digits=np.empty(capacity, np.int32),
        words=np.empty(capacity, np.int32),
        blank_words=np.empty(capacity, np.int32),
        sentences=np.empty(capacity, np.int32),
        longest_run=np.empty(capacity, np.int32),
    )
    count = _find_lines(tokens, facts)
    facts = _first_lines(facts, count)
    _measure_lines(tokens, character_tables(), phrase_table(), facts)
    mark_structure(tokens.data, character_tables(), facts.text, facts.start, facts.end, facts.flags)
    return facts


def furniture_lines(facts: LineFacts) -> npt.NDArray[np.bool_]:
    """bool[lines]; short lines with a phrase of page furniture."""
    said = (facts.flags & np.uint32(FURNITURE)) != 0
    wordy = facts.words > np.where(
        facts.width >= 2 * facts.characters - 4, FURNITURE_CHARACTERS, FURNITURE_WORDS
    )
    found: npt.NDArray[np.bool_] = said & ~wordy
    return found


def _first_lines(facts: LineFacts, count: int) -> LineFacts:
    shortened: LineFacts = LineFacts._make(column[:count] for column in facts)
    return shortened


@kernel
def _count_lines(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> int:
    """At least the number of lines with a visible character."""
    lines = len(offsets)
    for position in range(len(data)):
        lines += 1 if data[position] >= 0x0A and data[position] <= 0x0D else 0
    return lines


@kernel
def _find_lines(tokens: TokenBatch, facts: LineFacts) -> int:
    """Fill text, start, end, next, words; return the number of lines."""
    data = tokens.data
    count = 0
    for text in range(len(tokens.text_offsets) - 1):
        position = tokens.text_offsets[text]
        stop = tokens.text_offsets[text + 1]
        token = tokens.token_offsets[text]
        last_token = tokens.token_offsets[text + 1]
        while position < stop:
            end = line_end(data, position, stop)
            start = trim_left(data, position, end)
            position = after_break(data, end, stop) if end < stop else stop
            if start == end:
                continue
            first = token
            while token < last_token and tokens.token_start[token] < end:
                token += 1
            facts.text[count] = text
            facts.start[count] = start
            facts.end[count] = trim_right(data, start, end)
            facts.next[count] = position
            facts.words[count] = token - first
            count += 1
    return count


@kernel
def _measure_lines(
    tokens: TokenBatch, tables: CharacterTables, phrases: PhraseTable, facts: LineFacts
) -> None:
    """Fill everything else but the structure bits."""
    token = 0
    for line in range(len(facts.text)):
        if line == 0 or facts.text[line] != facts.text[line - 1]:
            token = tokens.token_offsets[facts.text[line]]
        words = int(facts.words[line])
        kinds = phrases_in_line(tokens.token_hash, token, token + words, phrases)
        token += words
        tag_end = speaker_tag_end(tokens.data, facts.start[line], facts.end[line], tables)
        _measure_characters(tokens.data, tables, facts, line, tag_end)
        flags = facts.flags[line] | kinds
        if tag_end > facts.start[line]:
            flags |= np.uint32(SPEAKER)
        counted = facts.digits[line] > 0 and words <= MOST_COUNTER_WORDS
        if (
            counted
            and kinds & np.uint32(COUNTER_NOUN)
            and _starts_with_number(tokens.data, facts, line)
        ):
            flags |= np.uint32(COUNTER)
        facts.flags[line] = flags


@kernel
def _starts_with_number(data: npt.NDArray[np.uint8], facts: LineFacts, line: int) -> bool:
    return bool(0x30 <= data[facts.start[line]] <= 0x39)


@kernel
def _measure_characters(
    data: npt.NDArray[np.uint8],
    tables: CharacterTables,
    facts: LineFacts,
    line: int,
    tag_end: int,
) -> None:
    """One pass over the line's characters."""
    position = facts.start[line]
    end = facts.end[line]
    width = 0
    tag_width = 0
    characters = 0
    upper = 0
    digits = 0
    letters = 0
    blank_words = 0
    run = 0
    longest_run = 0
    sentences = 0
    open_sentence = False  # words since the last sentence end
    ended = np.uint32(0)  # flags of the mark that may have ended a sentence
    plain = np.uint32(0)  # flags of the last character that is no closing mark
    last = 0
    last_flags = np.uint32(0)
    curly = False
    code_mark = False
    before_blank = True
    while position < end:
        if position == tag_end:
            tag_width = width
        if tables.ascii_word[data[position]] != 0:  # by far the most frequent case, run by run
            begin = position
            digits_before = digits
            while position < end and tables.ascii_word[data[position]] != 0:
                upper += 1 if 0x41 <= data[position] <= 0x5A else 0
                digits += 1 if data[position] <= 0x39 else 0
                position += 1
            length = position - begin
            characters += length
            width += length
            run += length
            letters += length - (digits - digits_before)
            blank_words += 1 if before_blank else 0
            before_blank = False
            sentences += 1 if ended & np.uint32(classes.WIDE) else 0
            ended = np.uint32(0)
            open_sentence = True
            plain = np.uint32(classes.WORD)
            last_flags = plain
            last = 0x61
            continue
        if data[position] == 0x20:
            position += 1
            characters += 1
            width += 1
            if ended:
                sentences += 1
                open_sentence = False
                ended = np.uint32(0)
            longest_run = max(longest_run, run)
            run = 0
            before_blank = True
            continue
        code_width = 1
        code_point = int(data[position])
        if code_point >= 0x80:
            code_point, code_width = decode(data, position, end)
        flags = tables.flags_of[tables.class_of[code_point]]
        position += code_width
        characters += 1
        if not flags & np.uint32(classes.ZERO_WIDTH):
            width += 2 if flags & np.uint32(classes.WIDE) else 1
        upper += 1 if flags & np.uint32(classes.UPPER) else 0
        digits += 1 if flags & np.uint32(classes.DIGIT) else 0
        letters += 1 if flags & np.uint32(classes.LETTER) else 0
        blank = (flags & np.uint32(classes.WHITESPACE)) != 0
        if ended and not flags & np.uint32(classes.SENTENCE_END | classes.CLOSER):
            # "3.14" and "e.g." end nothing; a wide mark needs no blank behind it.
            if ended & np.uint32(classes.WIDE) or blank:
                sentences += 1
                open_sentence = False
            ended = np.uint32(0)
        if flags & np.uint32(classes.SENTENCE_END):
            ended = flags if open_sentence else np.uint32(0)
        elif flags & np.uint32(classes.WORD):
            open_sentence = True
        if blank or flags & np.uint32(classes.UNSPACED):
            longest_run = max(longest_run, run)
            run = 0
        else:
            run += 1
        if not blank and before_blank:
            blank_words += 1
        before_blank = blank
        if not flags & np.uint32(classes.CLOSER):
            plain = flags
        curly = curly or code_point == 0x7B
        code_mark = code_mark or _is_code_mark(code_point)
        last = code_point
        last_flags = flags
    longest_run = max(longest_run, run)
    facts.width[line] = width
    facts.rest_width[line] = width - tag_width if tag_end < end else 0
    facts.characters[line] = characters
    facts.upper[line] = upper
    facts.digits[line] = digits
    facts.blank_words[line] = blank_words
    facts.longest_run[line] = longest_run
    facts.sentences[line] = sentences + (1 if open_sentence else 0)
    flags = _ending(data, facts.start[line], end, last, plain)
    if 2 * upper > characters and upper >= 4:
        flags |= np.uint32(UPPERCASE)
    if letters == 0:
        flags |= np.uint32(NO_LETTERS)
    if last_flags & np.uint32(classes.WORD):
        flags |= np.uint32(OPEN_END)
    if last_flags & np.uint32(classes.SENTENCE_END) and last != 0x2026 and last != 0x22EF:
        flags |= np.uint32(MARK_END)
    if code_mark and digits == 0:
        flags |= np.uint32(CODE_MARK)
    if curly:
        flags |= np.uint32(CURLY)
    if longest_run > LONGEST_WORD:
        flags |= np.uint32(LONG_WORD)
    facts.flags[line] = flags


@kernel
def _is_code_mark(code_point: int) -> bool:
    bracket = code_point == 0x28 or code_point == 0x29 or code_point == 0x5B or code_point == 0x5D
    curly = code_point == 0x7B or code_point == 0x7D
    return bracket or curly or 0x3B <= code_point <= 0x3E


@kernel
def _ending(
    data: npt.NDArray[np.uint8], start: int, end: int, last: int, plain: np.uint32
) -> np.uint32:
    """The bits that follow from a line's last characters."""
    flags = np.uint32(0)
    dots = end - start >= 3 and data[end - 1] == 0x2E
    dots = dots and data[end - 2] == 0x2E and data[end - 3] == 0x2E
    if dots or last == 0x2026:
        flags |= np.uint32(ELLIPSIS_END)
    elif last == 0x2E or last == 0x21 or last == 0x3F or last == 0x22 or last == 0x27:
        flags |= np.uint32(C4_TERMINAL)
    quoted = last == 0x22 or last == 0x27 or last == 0x201D or last == 0x2019
    wide_closer = last == 0x300D or last == 0x300F or last == 0xFF09 or last == 0xFF1B
    if plain & np.uint32(classes.SENTENCE_END) or quoted or wide_closer:
        flags |= np.uint32(TERMINAL)
    return flags
