"""Signals of lines: their number, width and endings, and those that published rules object to."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs import line_batch as facts_of
from udfs import line_phrases as phrases
from udfs import line_structure as structures
from udfs.line_batch import LineFacts
from udfs.line_facts import FURNITURE_WORDS, furniture_lines
from udfs.signal_fields import Annotator, SignalField, TextBatch, divide
from udfs.text_batch import TextPart
from udfs.text_kernel import TokenBatch
from udfs.token_batch import PUNCTUATION_TOKEN

_SHARE: Final = ("share", "0 to 1")
_FINEWEB: Final = "FineWeb (Penedo et al. 2024)"
_C4: Final = "C4 (Raffel et al. 2020), as datatrove's c4_filters reads it"
_FINEWEB_C4: Final = "FineWeb (Penedo et al. 2024), C4 without its rule on line ends"
_REFINEDWEB: Final = "RefinedWeb (Penedo et al. 2023), line rules as in DCLM"
_REDPAJAMA: Final = "RedPajama-V2, mean over lines of "
_OWN: Final = "corpusmill"

SHORT_COLUMNS: Final = 30
LONG_CHARACTERS: Final = 200


def _share(name: str, meaning: str, source: str) -> SignalField:
    return SignalField(name, pa.float64(), *_SHARE, meaning, source)


def _count(name: str, unit: str, meaning: str, source: str) -> SignalField:
    return SignalField(name, pa.int64(), unit, ">= 0", meaning, source)


LINE_FIELDS: Final = (
    _count("line_count", "lines", "Lines with a visible character.", "CCNet, RedPajama-V2"),
    _count("sentence_count", "sentences",
           "Sentence ends by the Unicode property, plus a line's text after its last one.",
           "RedPajama-V2, rps_doc_num_sentences"),
    SignalField("mean_line_width", pa.float64(), "display columns", "> 0",
                "Columns per line, wide characters counting two. Null without lines.", _OWN),
    SignalField("mean_line_words", pa.float64(), "words", ">= 0",
                "Words (single characters in unspaced scripts) per line.",
                _REDPAJAMA + "rps_lines_num_words"),
    SignalField("mean_line_characters", pa.float64(), "characters", ">= 0", "Characters per line.",
                "data-juicer, average_line_length_filter"),
    _count("longest_line_characters", "characters", "Characters of the longest line.",
           "data-juicer, maximum_line_length_filter"),
    _share("short_line_ratio",
           "Lines of at most 30 columns among all. Headings, list items, tables and code are left "
           "out while they are less than half of the lines.", _FINEWEB + ", columns: corpusmill"),
    _share("short_line_character_ratio",
           "Characters in such short lines among those of the same lines.", _OWN),
    _share("short_line_plain_ratio", "Lines of at most 30 characters among all lines.", _FINEWEB),
    _share("terminal_punctuation_ratio",
           "Lines that end like a sentence: a Unicode sentence end, closing marks after it allowed, "
           "or a quotation mark or ；.", _FINEWEB + ", wide set: corpusmill"),
    _share("fineweb_terminal_punctuation_ratio",
           "Lines whose very last character is a Unicode sentence end; a quotation mark or bracket "
           "behind it does not count, nor does an ellipsis character.", _FINEWEB),
    _share("c4_terminal_punctuation_ratio",
           "Lines that end in . ! ? or a straight quotation mark and not in an ellipsis.", _C4),
    _share("bullet_line_ratio", "Lines that begin with a bullet.", "Gopher (Rae et al. 2021)"),
    _share("ellipsis_line_ratio", "Lines that end in an ellipsis.", "Gopher (Rae et al. 2021)"),
    _share("speaker_line_ratio",
           "Lines that begin with a time stamp, a bracketed nickname or a short name and a colon.",
           _OWN),
    _share("speaker_short_line_ratio",
           "Among those, lines with at most 30 columns after the tag. Null without such lines. "
           "Interviews and plays are low, chat logs high.", _OWN),
    SignalField("newlines_per_word", pa.float64(), "line breaks per word", ">= 0",
                "Line breaks per word (Chinese by dictionary). Null without words.", _FINEWEB),
    SignalField("newlines_per_token", pa.float64(), "line breaks per token", ">= 0",
                "Line breaks per word or punctuation mark.", _FINEWEB + ", datatrove 0.10"),
    _share("uppercase_line_ratio", "Lines of which more than half of the characters are capitals.",
           _REFINEDWEB),
    _share("no_letter_line_ratio", "Lines of digits, punctuation and symbols only.", _REFINEDWEB),
    _share("one_word_line_ratio", "Lines of a single word.", _REFINEDWEB),
    _share("counter_line_ratio", 'Lines like "3 likes".', _REFINEDWEB),
    _share("furniture_line_ratio",
           "Lines of at most 10 words (20 unspaced characters) with a phrase of navigation, sharing "
           "or accounts.", _REFINEDWEB + "; further phrases: corpusmill"),
    _share("refinedweb_removed_word_ratio",
           "Words that RefinedWeb's line rules would remove.", _REFINEDWEB),
    _count("c4_sentence_count", "sentences", "Sentences in lines that C4's line rules keep.", _C4),
    _share("c4_kept_line_ratio", "Lines that C4's line rules keep.", _C4),
    _share("few_word_line_ratio", "Lines of fewer than 3 blank-separated words.", _C4),
    _count("javascript_line_count", "lines", "Lines that name JavaScript.", _C4),
    _count("policy_line_count", "lines", "Lines on terms of use, privacy or cookies.", _C4),
    _count("lorem_ipsum_line_count", "lines", "Lines with lorem ipsum.", _C4),
    _count("c4_lorem_ipsum_line_count", "lines",
           "Lines with lorem ipsum among those of C4's ending, length and word rules.", _C4),
    _count("c4_curly_bracket_line_count", "lines",
           "Lines with { among those of C4's ending, length and word rules, JavaScript lines left "
           "out.", _C4),
    _count("fineweb_sentence_count", "sentences",
           "Sentences in lines that C4's line rules keep when lines may end in any way.", _FINEWEB_C4),
    _count("fineweb_lorem_ipsum_line_count", "lines",
           "Lines with lorem ipsum among those of C4's length and word rules.", _FINEWEB_C4),
    _count("fineweb_curly_bracket_line_count", "lines",
           "Lines with { among those of C4's length and word rules, JavaScript lines left out.",
           _FINEWEB_C4),
    _count("long_word_line_count", "lines",
           "Lines with over 1,000 characters without a blank, outside unspaced scripts.", _C4),
    _count("long_line_count", "lines", "Lines of 200 or more characters.", "mC4 (Xue et al. 2021)"),
    _share("unfold_line_ratio",
           "Lines that end in an ellipsis or in 展开, 更多 or read more.", "MAP-NEO"),
    _share("mean_line_digit_ratio", "Digits among a line's characters, mean over lines.",
           _REDPAJAMA + "rps_lines_numerical_chars_fraction"),
    _share("mean_line_uppercase_ratio", "Capitals among a line's characters, mean over lines.",
           _REDPAJAMA + "rps_lines_uppercase_letter_fraction"),
)  # fmt: skip


class _Sums:
    """Sums over the lines of each row, added up over the parts of a batch."""

    def __init__(self, batch: TextBatch) -> None:
        self.rows = len(batch)
        self._sums: dict[str, npt.NDArray[np.float64]] = {}
        self._longest = np.zeros(self.rows, np.int64)

    def add(self, part: TextPart) -> None:
        """Sum up the lines of one part."""
        facts = part.lines
        row_of = part.rows[facts.text]
        _add_shapes(self, facts, row_of)
        _add_published_rules(self, facts, row_of)
        _add_breaks(self, part)
        np.maximum.at(self._longest, row_of, facts.characters)

    def values(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of LINE_FIELDS."""
        return {
            **_count_fields(self),
            "longest_line_characters": self._longest,
            **_ratio_fields(self),
            **_chat_and_short_fields(self),
        }

    def add_values(
        self, name: str, row_of: npt.NDArray[np.int64], values: npt.NDArray[np.generic]
    ) -> None:
        """Add one value a line (True counts 1) to its row."""
        weights = values.astype(np.float64)
        self.add_rows(name, np.bincount(row_of, weights, self.rows).astype(np.float64))

    def add_rows(self, name: str, values: npt.NDArray[np.float64]) -> None:
        """Add one value a row."""
        self._sums[name] = self._sums.get(name, np.zeros(self.rows)) + values

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        return self._sums.get(name, np.zeros(self.rows))


def _having(facts: LineFacts, bits: int) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (facts.flags & np.uint32(bits)) != 0
    return found


def _add_shapes(sums: _Sums, facts: LineFacts, row_of: npt.NDArray[np.int64]) -> None:
    structure = _having(facts, structures.STRUCTURE)
    short = facts.width <= SHORT_COLUMNS
    speaker = _having(facts, facts_of.SPEAKER)
    values = {
        "lines": np.ones(len(row_of)),
        "structure": structure,
        "characters": facts.characters,
        "structure_characters": facts.characters * structure,
        "short": short,
        "short_structure": short & structure,
        "short_characters": facts.characters * short,
        "short_structure_characters": facts.characters * (short & structure),
        "short_plain": facts.characters <= SHORT_COLUMNS,
        "long": facts.characters >= LONG_CHARACTERS,
        "width": facts.width,
        "words": facts.words,
        "sentences": facts.sentences,
        "speaker": speaker,
        "speaker_short": speaker & (facts.rest_width <= SHORT_COLUMNS),
        "terminal": _having(facts, facts_of.TERMINAL),
        "mark_end": _having(facts, facts_of.MARK_END),
        "c4_terminal": _having(facts, facts_of.C4_TERMINAL),
        "bullet": _having(facts, structures.BULLET),
        "ellipsis": _having(facts, facts_of.ELLIPSIS_END),
        "digit_share": facts.digits / np.maximum(facts.characters, 1),
        "upper_share": facts.upper / np.maximum(facts.characters, 1),
    }
    for name, value in values.items():
        sums.add_values(name, row_of, np.asarray(value))


def _add_published_rules(sums: _Sums, facts: LineFacts, row_of: npt.NDArray[np.int64]) -> None:
    upper = 2 * facts.upper > facts.characters
    bare = _having(facts, facts_of.NO_LETTERS)
    counter = _having(facts, facts_of.COUNTER)
    one_word = facts.words == 1
    edited = _having(facts, phrases.REFINEDWEB_EDIT) & (facts.words <= FURNITURE_WORDS)
    removed = upper | bare | counter | one_word
    few = facts.blank_words < 3
    worded = ~few & ~_having(facts, facts_of.LONG_WORD)
    shaped = worded & _having(facts, facts_of.C4_TERMINAL)
    unspoken = ~_having(facts, phrases.POLICY | phrases.JAVASCRIPT)
    kept = shaped & unspoken
    lorem_ipsum = _having(facts, phrases.LOREM_IPSUM)
    curly = _having(facts, facts_of.CURLY) & ~_having(facts, phrases.JAVASCRIPT)
    values = {
        "upper": upper,
        "bare": bare,
        "counter": counter,
        "one_word": one_word,
        "furniture": furniture_lines(facts),
        "removed_words": np.where(removed, facts.words, np.where(edited, 2, 0)),
        "few": few,
        "kept": kept,
        "kept_sentences": facts.sentences * kept,
        "curly": shaped & curly,
        "shaped_lorem": shaped & lorem_ipsum,
        "worded_sentences": facts.sentences * (worded & unspoken),
        "worded_curly": worded & curly,
        "worded_lorem": worded & lorem_ipsum,
        "javascript": _having(facts, phrases.JAVASCRIPT),
        "policy": _having(facts, phrases.POLICY),
        "lorem_ipsum": lorem_ipsum,
        "long_word": _having(facts, facts_of.LONG_WORD),
        "unfold": _having(facts, phrases.UNFOLD | facts_of.ELLIPSIS_END),
    }
    for name, value in values.items():
        sums.add_values(name, row_of, np.asarray(value))


def _add_breaks(sums: _Sums, part: TextPart) -> None:
    tokens = part.tokens
    breaks = np.concatenate([[0], np.cumsum(tokens.data == ord("\n"), dtype=np.int64)])
    sums.add_values("breaks", part.rows, np.diff(breaks[tokens.text_offsets]))
    marked = np.concatenate(
        [[0], np.cumsum(part.marked_words.token_unspaced == PUNCTUATION_TOKEN, dtype=np.int64)]
    )
    marks = np.diff(marked[part.marked_words.token_offsets])
    words = _word_counts(part.words)
    sums.add_values("word_count", part.rows, words)
    sums.add_values("token_count", part.rows, words + marks)


def _word_counts(words: TokenBatch) -> npt.NDArray[np.int64]:
    """Words a text, five characters of unsegmented scripts counting as three words."""
    sums = np.concatenate([[0], np.cumsum(words.token_unspaced, dtype=np.int64)])
    unspaced = np.diff(sums[words.token_offsets])
    counts: npt.NDArray[np.int64] = np.diff(words.token_offsets)
    counts += (3 * unspaced + 4) // 5 - unspaced
    return counts


def _count_fields(sums: _Sums) -> dict[str, npt.NDArray[np.generic]]:
    names = {
        "line_count": "lines", "sentence_count": "sentences", "c4_sentence_count": "kept_sentences",
        "javascript_line_count": "javascript", "policy_line_count": "policy",
        "lorem_ipsum_line_count": "lorem_ipsum", "c4_lorem_ipsum_line_count": "shaped_lorem",
        "c4_curly_bracket_line_count": "curly", "fineweb_sentence_count": "worded_sentences",
        "fineweb_lorem_ipsum_line_count": "worded_lorem",
        "fineweb_curly_bracket_line_count": "worded_curly", "long_word_line_count": "long_word",
        "long_line_count": "long",
    }  # fmt: skip
    return {field: sums[name].astype(np.int64) for field, name in names.items()}


def _ratio_fields(sums: _Sums) -> dict[str, npt.NDArray[np.generic]]:
    per_line = {
        "mean_line_width": "width", "mean_line_characters": "characters", "mean_line_words": "words",
        "short_line_plain_ratio": "short_plain", "terminal_punctuation_ratio": "terminal",
        "fineweb_terminal_punctuation_ratio": "mark_end",
        "c4_terminal_punctuation_ratio": "c4_terminal", "bullet_line_ratio": "bullet",
        "ellipsis_line_ratio": "ellipsis", "speaker_line_ratio": "speaker",
        "uppercase_line_ratio": "upper", "no_letter_line_ratio": "bare",
        "one_word_line_ratio": "one_word", "counter_line_ratio": "counter",
        "furniture_line_ratio": "furniture", "c4_kept_line_ratio": "kept",
        "few_word_line_ratio": "few", "unfold_line_ratio": "unfold",
        "mean_line_digit_ratio": "digit_share", "mean_line_uppercase_ratio": "upper_share",
    }  # fmt: skip
    return {
        **{field: divide(sums[name], sums["lines"]) for field, name in per_line.items()},
        "newlines_per_word": divide(sums["breaks"], sums["word_count"]),
        "newlines_per_token": divide(sums["breaks"], sums["token_count"]),
        "refinedweb_removed_word_ratio": divide(sums["removed_words"], sums["words"]),
    }


def _chat_and_short_fields(sums: _Sums) -> dict[str, npt.NDArray[np.generic]]:
    prose = 2 * sums["structure"] < sums["lines"]  # a list is judged as the list it is

    def without_structure(whole: str, structure: str) -> npt.NDArray[np.float64]:
        return sums[whole] - np.where(prose, sums[structure], 0.0)

    return {
        "short_line_ratio": divide(
            without_structure("short", "short_structure"), without_structure("lines", "structure")
        ),
        "short_line_character_ratio": divide(
            without_structure("short_characters", "short_structure_characters"),
            without_structure("characters", "structure_characters"),
        ),
        "speaker_short_line_ratio": divide(sums["speaker_short"], sums["speaker"]),
    }


LINES: Final = Annotator("lines", LINE_FIELDS, _Sums)
