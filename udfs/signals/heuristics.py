"""Signals of single characters and words: lengths, shares of letters, digits, symbols, stop words."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.signal_fields import SignalField, divide
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.signals.annotator import Annotator
from udfs.signals.character_counts import (
    CharacterCounts,
    WordCounts,
    count_characters,
    count_tokens,
    count_words,
    empty_character_counts,
    empty_word_counts,
)
from udfs.signals.per_text_counts import raise_to
from udfs.signals.stop_words import count_stop_words, stop_word_table
from udfs.text import character_classes as classes
from udfs.text.character_classes import character_tables

_SHARE: Final = ("share", "0 to 1")
_GOPHER: Final = "Gopher (Rae et al. 2021), table A1"
_DATATROVE: Final = "Gopher as FineWeb computes it (datatrove 0.10, gopher_quality_filter)"

HEURISTIC_FIELDS: Final = (
    SignalField("byte_count", pa.int64(), "bytes of UTF-8", ">= 0", "Length of the text.", "corpusmill"),
    SignalField("character_count", pa.int64(), "characters", ">= 0",
                "Unicode code points of the text in NFC.", "C4, ROOTS"),
    SignalField("word_count", pa.int64(), "words", ">= 0",
                "Runs of letters and digits. Chinese is cut into words by a dictionary; where nothing "
                "tells words apart (kana, Thai, Lao, Khmer, Myanmar, Tibetan) five characters count "
                "as three words.", _GOPHER),
    SignalField("token_count", pa.int64(), "tokens", ">= 0",
                "Words plus punctuation marks, but for marks inside words (don't, 3.14).", _DATATROVE),
    SignalField("mean_word_length", pa.float64(), "characters", "> 0",
                "Characters per word; Chinese by dictionary words. Null without words, and where most "
                "of the text is unspaced but not Chinese.", _GOPHER),
    SignalField("longest_word_length", pa.int64(), "characters", ">= 0",
                "Longest run of letters and digits outside unspaced scripts.", "C4, corpusmill"),
    SignalField("longest_unbroken_run", pa.int64(), "characters", ">= 0",
                "Longest run without white space and without characters of unspaced scripts: encoded "
                "data, addresses, C4's word of over 1,000 characters.", "C4 (Raffel et al. 2020)"),
    SignalField("alphabetic_word_ratio", pa.float64(), *_SHARE,
                "Words with at least one letter among all words. Null without words.", _GOPHER),
    SignalField("alphabetic_token_ratio", pa.float64(), *_SHARE,
                "Words with at least one letter among words and punctuation marks as spaCy cuts them "
                "(3.14 and O'Reilly are one word). Null without either.", _DATATROVE),
    SignalField("all_capitals_word_ratio", pa.float64(), *_SHARE,
                "Words of two or more characters in capitals only, among all words.",
                "RedPajama-V2, rps_doc_frac_all_caps_words"),
    SignalField("number_signs_per_word", pa.float64(), "number signs per word", ">= 0",
                "# per word. Null without words.", _GOPHER),
    SignalField("number_signs_per_token", pa.float64(), "number signs per token", ">= 0",
                "# per word or punctuation mark.", _DATATROVE),
    SignalField("ellipses_per_word", pa.float64(), "ellipses per word", ">= 0",
                '"..." and "…" per word. Null without words.', _GOPHER),
    SignalField("ellipses_per_token", pa.float64(), "ellipses per token", ">= 0",
                '"..." and "…" per word or punctuation mark.', _DATATROVE),
    SignalField("symbols_per_word", pa.float64(), "symbols per word", ">= 0",
                '#, "..." and "…" together, per word. Null without words.',
                "RedPajama-V2, rps_doc_symbol_to_word_ratio"),
    SignalField("stop_word_ratio", pa.float64(), *_SHARE,
                "Words in stopwordsiso's list of the document's language. Null where the language "
                "is unknown, has no list, or has no words to look up (Japanese, Thai, ...).",
                "ROOTS (Laurençon et al. 2022), list: stopwordsiso"),
    SignalField("frequent_word_kinds", pa.int64(), "different words", "0 to 64",
                "How many different words of a short list of the language's most frequent function "
                "words occur; for English Gopher's eight. Null without a list.", _GOPHER),
    SignalField("special_character_ratio", pa.float64(), *_SHARE,
                "Characters that are neither letters nor marks (so white space, digits, punctuation "
                "and symbols count) among all.", "ROOTS, data-juicer special_characters"),
    SignalField("symbol_ratio", pa.float64(), *_SHARE,
                "Punctuation, symbols and control characters among all but white space.", "corpusmill"),
    SignalField("digit_ratio", pa.float64(), *_SHARE,
                "Decimal digits among all characters but white space.", "MAP-NEO, RedPajama-V2"),
    SignalField("letter_ratio", pa.float64(), *_SHARE,
                "Letters, ideographs and marks among all characters but white space.", "corpusmill"),
    SignalField("alphanumeric_ratio", pa.float64(), *_SHARE,
                "Letters, ideographs and digits among all characters, white space included.",
                "data-juicer, alphanumeric_filter"),
    SignalField("uppercase_letter_ratio", pa.float64(), *_SHARE,
                "Upper-case among letters that have a case. Null without such letters.",
                "RefinedWeb, RedPajama-V2"),
    SignalField("replacement_character_ratio", pa.float64(), *_SHARE,
                "U+FFFD, invalid bytes, private-use and control characters among all: decoding or "
                "font damage.", "corpusmill"),
    SignalField("mojibake_ratio", pa.float64(), *_SHARE,
                "Characters in sequences that are UTF-8 read as Windows-1252 (Ã©, â€™).", "corpusmill"),
    SignalField("han_ratio", pa.float64(), *_SHARE,
                "Han characters among letters. Null without letters.", "ChineseWebText (EvalWeb)"),
    SignalField("curly_bracket_count", pa.int64(), "characters", ">= 0", "{ and }.", "C4"),
    SignalField("curly_bracket_ratio", pa.float64(), *_SHARE, "{ and } among all characters.",
                "RedPajama-V2, rps_doc_curly_bracket"),
    SignalField("lenticular_bracket_ratio", pa.float64(), *_SHARE,
                "Characters between 【 and 】 among all.", "MAP-NEO"),
)  # fmt: skip


class _Counts:
    """The counters of one batch."""

    def __init__(self, batch: TextBatch) -> None:
        tables = character_tables()
        rows = len(batch)
        classes_in_use = int(tables.class_of.max()) + 1
        self._tables = tables
        self._flags = tables.flags_of[:classes_in_use]
        self._bytes = np.diff(batch.views.offsets)
        self._languages = _row_languages(batch)
        self._characters = empty_character_counts(rows, classes_in_use)
        self._words = empty_word_counts(rows)
        self._longest_run = np.zeros(rows, np.int64)
        self._marks = np.zeros(rows, np.int64)
        self._token_words = np.zeros(rows, np.int64)
        self._alphabetic_tokens = np.zeros(rows, np.int64)
        self._stop_words = np.zeros(rows, np.int64)
        self._frequent_bits = np.zeros(rows, np.uint64)

    def add(self, part: TextPart) -> None:
        """Count one part."""
        count_characters(part.marked_tokens, part.rows, self._tables, self._characters)
        count_words(part.words, part.rows, self._words)
        raise_to(self._longest_run, part.rows[part.lines.text], part.lines.longest_run)
        count_tokens(
            part.marked_words, part.rows, self._marks, self._token_words, self._alphabetic_tokens
        )  # fmt: skip
        of_text = self._languages[part.rows]
        for language in sorted(set(of_text)):
            table = stop_word_table(language)
            if table.has_list or table.has_frequent:
                count_stop_words(
                    part.words, np.flatnonzero(of_text == language), part.rows, table.keys,
                    table.listed, table.bits, self._stop_words, self._frequent_bits,
                )  # fmt: skip

    def values(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of HEURISTIC_FIELDS."""
        counted_twice = self._words.spaced + self._words.unspaced - self._token_words  # glued ones
        token_count = _estimated_words(self._words) - counted_twice + self._marks
        return {
            "byte_count": self._bytes,
            "longest_unbroken_run": self._longest_run,
            **_character_fields(self._characters, self._flags),
            **_word_fields(self._words),
            "token_count": token_count,
            "alphabetic_token_ratio": divide(
                self._alphabetic_tokens, self._token_words + self._marks
            ),
            **_symbol_fields(self._characters, self._words, token_count, self._flags),
            **_stop_word_fields(
                self._languages, self._words, self._stop_words, self._frequent_bits
            ),
        }


def _row_languages(batch: TextBatch) -> npt.NDArray[np.object_]:
    if batch.languages is None:
        return np.full(len(batch), "", object)
    found: npt.NDArray[np.object_] = batch.languages.fill_null("").to_numpy(zero_copy_only=False)
    return found


def _having(
    counts: CharacterCounts, flags: npt.NDArray[np.uint32], bits: int
) -> npt.NDArray[np.int64]:
    """int64[rows]; characters with any of the bits."""
    total: npt.NDArray[np.int64] = counts.by_class[:, (flags & np.uint32(bits)) != 0].sum(axis=1)
    return total


def _character_fields(
    counts: CharacterCounts, flags: npt.NDArray[np.uint32]
) -> dict[str, npt.NDArray[np.generic]]:
    having = partial(_having, counts, flags)
    total = counts.by_class.sum(axis=1)
    visible = total - having(classes.WHITESPACE)
    letters = having(classes.LETTER | classes.MARK)
    digits, upper = having(classes.DIGIT), having(classes.UPPER)
    curly = having(classes.CURLY_BRACKET)
    return {
        "character_count": total,
        "special_character_ratio": divide(total - letters, total),
        "symbol_ratio": divide(visible - having(classes.WORD), visible),
        "digit_ratio": divide(digits, visible),
        "letter_ratio": divide(letters, visible),
        "alphanumeric_ratio": divide(having(classes.LETTER | classes.DIGIT), total),
        "uppercase_letter_ratio": divide(upper, upper + having(classes.LOWER)),
        "replacement_character_ratio": divide(having(classes.UNREADABLE), total),
        "mojibake_ratio": divide(counts.mojibake, total),
        "han_ratio": divide(having(classes.HAN), having(classes.LETTER)),
        "curly_bracket_count": curly,
        "curly_bracket_ratio": divide(curly, total),
        "lenticular_bracket_ratio": divide(counts.bracketed, total),
    }


def _word_fields(words: WordCounts) -> dict[str, npt.NDArray[np.generic]]:
    found = words.spaced + words.unspaced
    mean = divide(words.spaced_characters, words.spaced)
    return {
        "word_count": _estimated_words(words),
        "mean_word_length": np.where(words.unspaced > words.spaced, np.nan, mean),
        "longest_word_length": words.longest,
        "alphabetic_word_ratio": divide(words.alphabetic, found),
        "all_capitals_word_ratio": divide(words.all_capitals, found),
    }


def _estimated_words(words: WordCounts) -> npt.NDArray[np.int64]:
    """Words, of which those of unsegmented scripts are three for five characters, rounded up."""
    return words.spaced + (3 * words.unspaced + 4) // 5


def _symbol_fields(
    counts: CharacterCounts,
    words: WordCounts,
    token_count: npt.NDArray[np.int64],
    flags: npt.NDArray[np.uint32],
) -> dict[str, npt.NDArray[np.generic]]:
    word_count = _estimated_words(words)
    number_signs = _having(counts, flags, classes.NUMBER_SIGN)
    ellipses = _having(counts, flags, classes.ELLIPSIS) + counts.dot_ellipses
    return {
        "number_signs_per_word": divide(number_signs, word_count),
        "number_signs_per_token": divide(number_signs, token_count),
        "ellipses_per_word": divide(ellipses, word_count),
        "symbols_per_word": divide(number_signs + ellipses, word_count),
        "ellipses_per_token": divide(ellipses, token_count),
    }


def _stop_word_fields(
    languages: npt.NDArray[np.object_],
    words: WordCounts,
    stop_words: npt.NDArray[np.int64],
    frequent_bits: npt.NDArray[np.uint64],
) -> dict[str, npt.NDArray[np.generic]]:
    tables = [stop_word_table(language) for language in languages]
    has_list = np.array([table.has_list for table in tables], np.bool_)
    has_frequent = np.array([table.has_frequent for table in tables], np.bool_)
    ratio = divide(stop_words, words.spaced + words.unspaced)
    kinds = np.bitwise_count(frequent_bits).astype(np.float64)
    return {
        "stop_word_ratio": np.where(has_list, ratio, np.nan),
        "frequent_word_kinds": np.where(has_frequent, kinds, np.nan),
    }


HEURISTICS: Final = Annotator("heuristics", HEURISTIC_FIELDS, _Counts)
