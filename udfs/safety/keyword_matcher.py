"""Unsafe words found in texts: whole words where words are spaced, evidence in numbers where not."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import ahocorasick_rs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.language.codes import UNKNOWN_LANGUAGE
from udfs.safety.keyword_lists import Keyword, KeywordList
from udfs.safety.obfuscation import normalise_for_matching
from udfs.text.character_classes import UNSPACED, WORD, character_tables

FLAG_DISTINCT_HITS: Final = 2
"""Distinct entries close together from which a document is flagged. On 1,040 clean Chinese
documents, any single hit of a public list's longer entries flagged 7.0 %, two distinct ones 0.8 %."""
NEAR_CHARACTERS: Final = 10_000
"""How far apart distinct hits may lie to count as one finding: without a limit, every novel of a
million characters is flagged for two curses hundreds of pages apart."""
FLAG_DENSITY: Final = 0.005
"""Share of the text's characters inside hits from which a document is flagged (same measurement:
0.0 %). For comparison, ROOTS drops from 0.01 in English and 0.001 in Chinese."""
CERTAIN_SEVERITY: Final = 3
"""Severity of which one whole word is enough; a substring of unspaced text never is."""
UNSPACED_LANGUAGES: Final = frozenset(["zh", "ja", "th", "lo", "km", "my", "bo", UNKNOWN_LANGUAGE])
"""In these, words of any other language are foreign matter and searched for; elsewhere a list is
applied to its own language only: an English insult is an innocent word in Danish or Swedish."""
WINDOW_CHARACTERS: Final = 200_000
"""A text is searched in windows, so that a book of nothing but hits does not fill the memory."""


class KeywordHit(NamedTuple):
    """One occurrence: the entry, and where it begins and ends in the normalised text."""

    keyword: Keyword
    start: int
    end: int


class KeywordCounts(NamedTuple):
    """The hits of a batch in numbers, one row a text.

    Attributes:
        hits: int32[n], occurrences that do not overlap, leftmost and longest first.
        distinct: int32[n], different entries among them.
        density: float32[n], 0..1, the hits' share of the characters that are no white space.
        severity: int8[n], the highest among the hits, 0 without.
        flag: bool[n], at least ``FLAG_DISTINCT_HITS`` distinct entries within ``NEAR_CHARACTERS``,
            or ``FLAG_DENSITY``, or a whole word of ``CERTAIN_SEVERITY``.
    """

    hits: npt.NDArray[np.int32]
    distinct: npt.NDArray[np.int32]
    density: npt.NDArray[np.float32]
    severity: npt.NDArray[np.int8]
    flag: npt.NDArray[np.bool_]


class KeywordMatcher:
    """An automaton over all entries of some lists (Aho-Corasick: one pass whatever their number).

    Args:
        lists: Loaded lists; of an entry in several of them the first counts.

    Raises:
        ValueError: If the lists hold no entry.
    """

    def __init__(self, lists: Sequence[KeywordList]) -> None:
        keywords: dict[str, Keyword] = {}
        for keyword_list in lists:
            for keyword in keyword_list.keywords:
                keywords.setdefault(keyword.text, keyword)
        if not keywords:
            raise ValueError(
                f"{len(lists)} keyword lists hold no entry of two characters or more: give at least"
                " one list with entries, or leave keywords out of the recipe"
            )
        allow = sorted({phrase for keyword_list in lists for phrase in keyword_list.allow})
        self._keywords = list(keywords.values())
        self._entries = ahocorasick_rs.AhoCorasick([keyword.text for keyword in self._keywords])
        self._allow = ahocorasick_rs.AhoCorasick(allow)
        self._context = max(map(len, [*keywords, *allow])) + 1

    def count(self, texts: pa.Array, languages: pa.Array | None = None) -> KeywordCounts:
        """Search a batch of texts.

        Args:
            texts: string, large_string or binary (read as UTF-8, malformed bytes replaced); null
                counts as empty.
            languages: ISO 639-1 codes, one a text; without them every list applies to every text.

        Returns:
            The counts in row order.
        """
        rows = len(texts)
        counts = KeywordCounts(
            np.zeros(rows, np.int32),
            np.zeros(rows, np.int32),
            np.zeros(rows, np.float32),
            np.zeros(rows, np.int8),
            np.zeros(rows, np.bool_),
        )
        codes = [None] * rows if languages is None else languages.to_pylist()
        contents = texts.cast(pa.large_binary()).to_pylist()
        for row, (content, language) in enumerate(zip(contents, codes, strict=True)):
            text = normalise_for_matching((content or b"").decode("utf-8", "replace"))
            self._count_row(text, language, counts, row)
        return counts

    def _count_row(self, text: str, language: str | None, counts: KeywordCounts, row: int) -> None:
        covered = 0
        most_nearby = 0
        found: set[Keyword] = set()
        nearby = _NearbyEntries()
        for hit in self.find(text, language):
            counts.hits[row] += 1
            covered += len(hit.keyword.text) - hit.keyword.text.count(" ")
            found.add(hit.keyword)
            most_nearby = max(most_nearby, nearby.add(hit))
        if not found:
            return
        characters = len(text) - sum(map(text.count, _SPACES))
        counts.distinct[row] = len(found)
        counts.density[row] = min(1.0, covered / characters)
        counts.severity[row] = max(keyword.severity for keyword in found)
        counts.flag[row] = (
            most_nearby >= FLAG_DISTINCT_HITS
            or counts.density[row] >= FLAG_DENSITY
            or any(keyword.whole_word and keyword.severity >= CERTAIN_SEVERITY for keyword in found)
        )

    def find(self, text: str, language: str | None = None) -> Iterator[KeywordHit]:
        """Occurrences in one text, in order, without overlaps.

        Args:
            text: A text in the form of :func:`udfs.safety.obfuscation.normalise_for_matching`.
            language: Its ISO 639-1 code; None applies every list.

        Yields:
            Hits that stand on word boundaries where their list asks for it, are not part of an
            allowed phrase, and belong to a list that applies to the language.
        """
        frontier = 0
        for window_start in range(0, len(text), WINDOW_CHARACTERS):
            window_end = window_start + WINDOW_CHARACTERS
            base = max(0, window_start - self._context)
            piece = text[base : window_end + self._context]
            matches = self._entries.find_matches_as_indexes(piece, overlapping=True)
            if not matches:
                continue
            allowed = self._allow.find_matches_as_indexes(piece, overlapping=True)
            for index, start, end in sorted(matches, key=lambda match: (match[1], -match[2])):
                keyword = self._keywords[index]
                position = base + start
                if (
                    max(frontier, window_start) <= position < window_end
                    and _applies(keyword, language)
                    and not (keyword.whole_word and _inside_word(piece, start, end))
                    and not any(first <= start and end <= last for _, first, last in allowed)
                ):
                    frontier = base + end
                    yield KeywordHit(keyword, position, frontier)


_SPACES: Final = (" ", "\n", "\t", "\r")


class _NearbyEntries:
    """How many distinct entries begin within ``NEAR_CHARACTERS`` before the newest hit."""

    def __init__(self) -> None:
        self._recent: deque[KeywordHit] = deque()
        self._occurrences: Counter[Keyword] = Counter()

    def add(self, hit: KeywordHit) -> int:
        self._recent.append(hit)
        self._occurrences[hit.keyword] += 1
        while hit.start - self._recent[0].start > NEAR_CHARACTERS:
            gone = self._recent.popleft().keyword
            self._occurrences[gone] -= 1
            if not self._occurrences[gone]:
                del self._occurrences[gone]
        return len(self._occurrences)


def _applies(keyword: Keyword, language: str | None) -> bool:
    return (
        language is None
        or language == keyword.language
        or language in UNSPACED_LANGUAGES
        or not keyword.whole_word
    )


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether a word character of a spaced script adjoins ``text[start:end]`` on either side."""
    return (start > 0 and _is_word(text[start - 1])) or (end < len(text) and _is_word(text[end]))


def _is_word(character: str) -> bool:
    tables = character_tables()
    flags = int(tables.flags_of[tables.class_of[ord(character)]])
    return character == "_" or (flags & WORD != 0 and flags & UNSPACED == 0)
