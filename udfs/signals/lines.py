"""Signals of lines: their number, width and endings, and those that published rules object to."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.signal_fields import SignalField, divide
from udfs.lines.facts import furniture_lines
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.lines.totals import LineTotals, add_lines, empty_totals
from udfs.signals.annotator import Annotator
from udfs.signals.per_text_counts import count_equal
from udfs.text.token_batch import UNSPACED_TOKEN, TokenBatch

_SHARE: Final = ("share", "0 to 1")
_FINEWEB: Final = "FineWeb (Penedo et al. 2024)"
_C4: Final = "C4 (Raffel et al. 2020), as datatrove's c4_filters reads it"
_FINEWEB_C4: Final = "FineWeb (Penedo et al. 2024), C4 without its rule on line ends"
_REFINEDWEB: Final = "RefinedWeb (Penedo et al. 2023), line rules as in DCLM"
_REDPAJAMA: Final = "RedPajama-V2, mean over lines of "
_OWN: Final = "corpusmill"


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
           "out while they are less than half of the lines; lines in a code fence are never short.",
           _FINEWEB + ", columns: corpusmill"),
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


class _Counts:
    """The counters of one batch."""

    def __init__(self, batch: TextBatch) -> None:
        self.lines = empty_totals(len(batch))
        self.breaks = np.zeros(len(batch), np.int64)
        self.words = np.zeros(len(batch), np.int64)  # Chinese ones by dictionary
        self.tokens = np.zeros(len(batch), np.int64)

    def add(self, part: TextPart) -> None:
        """Count one part."""
        facts, tokens = part.lines, part.tokens
        add_lines(facts, furniture_lines(facts), part.rows, self.lines)
        breaks = count_equal(tokens.data, tokens.text_offsets, ord("\n"))
        np.add.at(self.breaks, part.rows, breaks)
        np.add.at(self.words, part.rows, _word_counts(part.words))
        np.add.at(self.tokens, part.rows, _word_counts(part.marked_words))

    def values(self) -> dict[str, npt.NDArray[np.generic]]:
        """All of LINE_FIELDS."""
        return {
            **{field: getattr(self.lines, name) for field, name in _COUNTS.items()},
            **{
                field: divide(getattr(self.lines, name), self.lines.lines)
                for field, name in _PER_LINE.items()
            },
            "newlines_per_word": divide(self.breaks, self.words),
            "newlines_per_token": divide(self.breaks, self.tokens),
            "refinedweb_removed_word_ratio": divide(self.lines.removed_words, self.lines.words),
            "speaker_short_line_ratio": divide(self.lines.speaker_short, self.lines.speaker),
            **_short_fields(self.lines),
        }


def _word_counts(words: TokenBatch) -> npt.NDArray[np.int64]:
    """Words (and marks, if there) a text, five characters of unsegmented scripts counting as three."""
    unspaced = count_equal(words.token_unspaced, words.token_offsets, UNSPACED_TOKEN)
    counts: npt.NDArray[np.int64] = np.diff(words.token_offsets)
    counts += (3 * unspaced + 4) // 5 - unspaced
    return counts


_COUNTS: Final = {
    "line_count": "lines", "sentence_count": "sentences", "longest_line_characters": "longest",
    "c4_sentence_count": "kept_sentences", "javascript_line_count": "javascript",
    "policy_line_count": "policy", "lorem_ipsum_line_count": "lorem_ipsum",
    "c4_lorem_ipsum_line_count": "shaped_lorem", "c4_curly_bracket_line_count": "curly",
    "fineweb_sentence_count": "worded_sentences", "fineweb_lorem_ipsum_line_count": "worded_lorem",
    "fineweb_curly_bracket_line_count": "worded_curly", "long_word_line_count": "long_word",
    "long_line_count": "long",
}  # fmt: skip
_PER_LINE: Final = {
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


def _short_fields(totals: LineTotals) -> dict[str, npt.NDArray[np.generic]]:
    prose = 2 * totals.structure < totals.lines  # a list is judged as the list it is

    def without(
        structure: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        return whole - np.where(prose, structure, 0)

    return {
        "short_line_ratio": divide(
            without(totals.short_structure, totals.short),
            without(totals.structure, totals.lines),
        ),
        "short_line_character_ratio": divide(
            without(totals.short_structure_characters, totals.short_characters),
            without(totals.structure_characters, totals.characters),
        ),
    }


LINES: Final = Annotator("lines", LINE_FIELDS, _Counts)
