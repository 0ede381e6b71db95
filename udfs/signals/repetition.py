"""Signals of repetition: words, n-grams, lines and paragraphs that occur more than once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.hash_counting import key_table
from udfs.columns.signal_fields import SignalField, divide
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.repetition import lines, ngrams
from udfs.repetition import vocabulary_counts as vocabulary
from udfs.repetition.windows import worst_window_shares
from udfs.signals.annotator import Annotator
from udfs.signals.per_text_counts import count_equal
from udfs.text.token_batch import UNSPACED_TOKEN, TokenBatch

_SHARE: Final = ("share", "0 to 1")
_GOPHER: Final = "Gopher (Rae et al. 2021), table A1"
_DATATROVE: Final = "Gopher as FineWeb computes it (datatrove 0.10, gopher_repetition_filter)"

TOP_LENGTHS: Final = (2, 3, 4)
DUPLICATE_LENGTHS: Final = (5, 6, 7, 8, 9, 10)
UNSPACED_LENGTH: Final = 13  # EvalWeb counts 13 Chinese characters
WINDOW_CHARACTERS: Final = 500


def _share(name: str, meaning: str, source: str) -> SignalField:
    return SignalField(name, pa.float64(), *_SHARE, meaning, source)


def _top_field(n: int) -> SignalField:
    return SignalField(
        f"top_{n}gram_character_ratio",
        pa.float64(),
        "share",
        ">= 0",
        f"Characters of the most frequent run of {n} words or punctuation marks (joined by spaces) "
        "times its count, among all characters of the text; may pass 1 in short texts.",
        _DATATROVE,
    )


def _top_characters_field(n: int) -> SignalField:
    return _share(
        f"top_{n}_character_ratio",
        f"Second and later occurrences of the most frequent run of {n} characters times {n}, among all "
        "characters. Null unless most of the text is in unspaced scripts.",
        "MAP-NEO",
    )


def _duplicate_field(n: int) -> SignalField:
    return _share(
        f"duplicate_{n}gram_character_ratio",
        f"Characters in repeated runs of {n} words or punctuation marks among all characters of the "
        "text, counted without overlap and leaving the first occurrence free.",
        _DATATROVE,
    )


def _covered_field(n: int) -> SignalField:
    return _share(
        f"covered_{n}gram_character_ratio",
        f"Characters of words inside any run of {n} words that occurs twice or more, the first "
        "occurrence included, among the characters of all words.",
        f"RedPajama-V2, rps_doc_frac_chars_dupe_{n}grams",
    )


def _weighted_field(n: int) -> SignalField:
    return _share(
        f"weighted_{n}gram_character_ratio",
        f"Characters of the occurrences of runs of {n} words that occur twice or more, among those of "
        "all occurrences; overlapping runs are counted again.",
        "Dolma, gopher_v1 duplicate_ngram_character_fraction",
    )


REPETITION_FIELDS: Final = (
    _share("duplicate_line_ratio", "Second and later copies of a line among all lines with text.",
           _GOPHER),
    _share("duplicate_line_character_ratio",
           "Characters in second and later copies of a line among all characters of the text.",
           _GOPHER),
    _share("duplicate_line_text_ratio",
           "Characters in second and later copies of a line among all characters but line breaks.",
           "FineWeb, char_duplicates_ratio"),
    _share("duplicate_paragraph_ratio",
           "Second and later copies among all paragraphs (separated by empty lines).", _GOPHER),
    _share("duplicate_paragraph_character_ratio",
           "Characters in second and later copies of a paragraph among all characters of the text.",
           _GOPHER),
    _share("third_line_copy_ratio", "Third and later copies of a line among all lines with text.",
           "corpusmill"),
    SignalField("most_line_copies", pa.int64(), "lines", ">= 0",
                "Copies of the line that occurs most often.", "corpusmill"),
    *(_top_field(n) for n in TOP_LENGTHS),
    *(_duplicate_field(n) for n in DUPLICATE_LENGTHS),
    *(_covered_field(n) for n in DUPLICATE_LENGTHS),
    *(_weighted_field(n) for n in DUPLICATE_LENGTHS),
    _share("duplicate_5gram_share",
           "Occurrences of 5-grams that occur twice or more among all. Words of spaced scripts, "
           "single characters of unspaced ones. Null below 5 tokens.",
           "ROOTS (Laurençon et al. 2022), word repetition; characters for unspaced: corpusmill"),
    _share("worst_window_5gram_share",
           "The highest duplicate_5gram_share of any 500 characters of the text (of all of it, if it "
           "is shorter). Null below 14 tokens.", "corpusmill; measure of ROOTS"),
    _share("duplicate_word_5gram_share",
           "As duplicate_5gram_share, on dictionary words where the text is Chinese.",
           "ROOTS (Laurençon et al. 2022), word repetition"),
    _share("duplicate_word_10gram_share",
           "As duplicate_word_5gram_share with runs of 10. Null below 10 words.",
           "data-juicer, word_repetition_filter"),
    _share("duplicate_13gram_share",
           "Occurrences of runs of 13 characters that occur twice or more among all. Null unless "
           "most of the text is in unspaced scripts.", "ChineseWebText (EvalWeb)"),
    _share("character_10gram_repetition_ratio",
           "Occurrences of the most frequent runs of 10 characters among all; as many different "
           "runs as the square root of their number, none that occurs once. Null below 10 "
           "characters.", "ROOTS, data-juicer character repetition"),
    _share("character_3gram_repetition_ratio",
           "As character_10gram_repetition_ratio with runs of 3. Null unless most of the text is in "
           "unspaced scripts.", "ROOTS, Chinese settings"),
    *(_top_characters_field(n) for n in TOP_LENGTHS),
    _share("unique_word_ratio", "Different words among all words.",
           "RedPajama-V2, rps_doc_frac_unique_words"),
    SignalField("word_entropy", pa.float64(), "nats", ">= 0",
                "Entropy of the word frequencies. Null without words.",
                "RedPajama-V2, rps_doc_unigram_entropy"),
    SignalField("character_entropy", pa.float64(), "nats", ">= 0",
                "Entropy of the frequencies of all characters. Null unless most of the text is in "
                "unspaced scripts.", "MAP-NEO"),
    _share("top_word_ratio", "Occurrences of the most frequent word among all words.", "corpusmill"),
    SignalField("longest_word_run", pa.int64(), "words", ">= 0",
                "How often one word stands in a row.", "corpusmill"),
)  # fmt: skip


class _Counts:
    """The counters of one batch, added up over its parts."""

    def __init__(self, batch: TextBatch) -> None:
        rows = len(batch)
        shape = (rows, ngrams.LONGEST + 1, ngrams.MEASURES)
        self.marked = np.zeros(shape, np.int64)  # n-grams of words and marks
        self.words = np.zeros(shape, np.int64)
        self.characters = np.zeros(shape, np.int64)  # of unspaced texts, single characters
        self.lines = np.zeros((rows, lines.MEASURES), np.int64)
        self.vocabulary = np.zeros((rows, vocabulary.WORD_MEASURES), np.int64)
        self.entropy = np.zeros(rows, np.float64)
        self.tengrams = np.zeros((rows, 3), np.int64)  # of characters, as are the next
        self.of_unspaced = {n: np.zeros((rows, 3), np.int64) for n in TOP_LENGTHS}
        self.character_entropy = np.zeros(rows, np.float64)
        self.worst_window = np.full(rows, np.nan)

    def add(self, part: TextPart) -> None:
        """Count one part."""
        texts = np.arange(len(part.rows))
        unspaced = np.flatnonzero(_mostly_unspaced(part.tokens))
        ngrams.count_ngrams(part.marked_words, texts, part.rows, 2, 10, self.marked)
        ngrams.count_ngrams(part.words, texts, part.rows, 5, 10, self.words)
        ngrams.count_ngrams(part.tokens, unspaced, part.rows, 5, UNSPACED_LENGTH, self.characters)
        repeated = self.words[part.rows, 5, ngrams.REPEATED] > 0
        shares = worst_window_shares(part.tokens, WINDOW_CHARACTERS, repeated | part.segmented)
        self.worst_window[part.rows] = np.fmax(self.worst_window[part.rows], shares)
        lines.count_repeated_lines(part.tokens, part.lines, part.rows, self.lines)
        vocabulary.count_vocabulary(part.words, part.rows, self.vocabulary, self.entropy)
        vocabulary.count_character_ngrams(part.marked_tokens, texts, part.rows, 10, self.tengrams)
        for n, counts in self.of_unspaced.items():
            vocabulary.count_character_ngrams(part.marked_tokens, unspaced, part.rows, n, counts)
        longest = int(np.diff(part.tokens.text_offsets)[unspaced].max(initial=0))
        vocabulary.add_character_entropy(
            part.marked_tokens, unspaced, part.rows, key_table(longest), self.character_entropy
        )

    def values(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of REPETITION_FIELDS."""
        return {
            **_line_fields(self.lines),
            **_gram_fields(self),
            **_share_fields(self),
            **_vocabulary_fields(self),
        }


def _mostly_unspaced(tokens: TokenBatch) -> npt.NDArray[np.bool_]:
    """bool[texts]; True where more than half of the tokens are characters of unspaced scripts."""
    unspaced = count_equal(tokens.token_unspaced, tokens.token_offsets, UNSPACED_TOKEN)
    return 2 * unspaced > np.diff(tokens.token_offsets)


def _line_fields(counts: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.generic]]:
    measure = counts.T
    characters = measure[lines.CHARACTERS]
    repeated = measure[lines.REPEATED_LINE_CHARACTERS]
    return {
        "duplicate_line_ratio": divide(measure[lines.REPEATED_LINES], measure[lines.LINES]),
        "duplicate_line_character_ratio": divide(repeated, characters),
        "duplicate_line_text_ratio": divide(repeated, characters - measure[lines.BREAK_CHARACTERS]),
        "duplicate_paragraph_ratio": divide(
            measure[lines.REPEATED_PARAGRAPHS], measure[lines.PARAGRAPHS]
        ),
        "duplicate_paragraph_character_ratio": divide(
            measure[lines.REPEATED_PARAGRAPH_CHARACTERS], characters
        ),
        "third_line_copy_ratio": divide(measure[lines.THIRD_COPIES], measure[lines.LINES]),
        "most_line_copies": measure[lines.MOST_COPIES],
    }


def _gram_fields(counts: _Counts) -> dict[str, npt.NDArray[np.generic]]:
    characters = counts.lines[:, lines.CHARACTERS]
    word_characters = counts.vocabulary[:, vocabulary.WORD_CHARACTERS]
    fields: dict[str, npt.NDArray[np.generic]] = {}
    for n in TOP_LENGTHS:
        fields[f"top_{n}gram_character_ratio"] = divide(
            counts.marked[:, n, ngrams.TOP_CHARACTERS], characters
        )
    for n in DUPLICATE_LENGTHS:
        words = counts.words[:, n].T
        fields[f"duplicate_{n}gram_character_ratio"] = divide(
            counts.marked[:, n, ngrams.GREEDY_CHARACTERS], characters
        )
        fields[f"covered_{n}gram_character_ratio"] = divide(
            words[ngrams.COVERED_CHARACTERS], word_characters
        )
        fields[f"weighted_{n}gram_character_ratio"] = divide(
            words[ngrams.REPEATED_CHARACTERS], words[ngrams.CHARACTERS]
        )
    return fields


def _share_fields(counts: _Counts) -> dict[str, npt.NDArray[np.generic]]:
    of_words = _repeated_share(counts.words, 5)
    of_characters = _repeated_share(counts.characters, 5)
    return {
        "duplicate_5gram_share": np.where(np.isnan(of_characters), of_words, of_characters),
        "worst_window_5gram_share": counts.worst_window,
        "duplicate_word_5gram_share": of_words,
        "duplicate_word_10gram_share": _repeated_share(counts.words, 10),
        "duplicate_13gram_share": _repeated_share(counts.characters, UNSPACED_LENGTH),
        "character_10gram_repetition_ratio": divide(counts.tengrams[:, 1], counts.tengrams[:, 0]),
        "character_3gram_repetition_ratio": divide(
            counts.of_unspaced[3][:, 1], counts.of_unspaced[3][:, 0]
        ),
        **{
            f"top_{n}_character_ratio": np.where(
                found[:, 0] > 0, divide(n * found[:, 2], counts.lines[:, lines.CHARACTERS]), np.nan
            )
            for n, found in counts.of_unspaced.items()
        },
    }


def _repeated_share(counts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.float64]:
    return divide(counts[:, n, ngrams.REPEATED], counts[:, n, ngrams.OCCURRENCES])


def _vocabulary_fields(counts: _Counts) -> dict[str, npt.NDArray[np.generic]]:
    measure = counts.vocabulary.T
    words = measure[vocabulary.WORDS]
    return {
        "unique_word_ratio": divide(measure[vocabulary.DIFFERENT_WORDS], words),
        "word_entropy": divide(counts.entropy, words),
        "character_entropy": np.where(
            counts.character_entropy > 0,
            divide(counts.character_entropy, counts.lines[:, lines.CHARACTERS]),
            np.nan,
        ),
        "top_word_ratio": divide(measure[vocabulary.TOP_WORD], words),
        "longest_word_run": measure[vocabulary.LONGEST_RUN],
    }


REPETITION: Final = Annotator("repetition", REPETITION_FIELDS, _Counts)
