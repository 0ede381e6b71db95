"""Everything that is known of some benchmarks, as arrays: what a document is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.string_views import string_views
from udfs.contamination.code_tokens import CODE_PHRASE, code_keys, code_tokens
from udfs.contamination.items import CODE, OPTIONS, QUESTION, BenchmarkItem
from udfs.contamination.phrase_index import PhraseIndex, build_index, phrase_keys
from udfs.contamination.settings import DEFAULT_SETTINGS, ContaminationSettings
from udfs.contamination.windows import FieldTokens
from udfs.text.folding import HAN_KIND, NUMBER_KIND, FoldedTokens, fold, fold_table
from udfs.text.tokenising import tokenise

PHRASE: Final = 5
MOSTLY_NUMBERS: Final = 0.5
"""A field with this share of numbers is compared with its numbers as they are."""
LEAST_WORDS: Final = 2
"""Words that a phrase of words and numbers needs: tables of numbers hold all others."""
LEAST_NUMBERS: Final = 2
"""Numbers that a phrase of a field of numbers needs."""
HAN_INFORMATION: Final = 0.75
"""A character of an unspaced script tells less than its rarity says: most words have two of them."""
_MOST_BITS: Final = 16.0
_MOST_NUMBER_BITS: Final = 7.0
VIEWS: Final = ("words", "exact", "code")


@dataclass(frozen=True)
class Frequencies:
    """How common tokens and phrases are in the documents themselves.

    Attributes:
        documents: Documents that were counted.
        tokens: uint64[t], sorted: folded tokens.
        counts: int64[t]; occurrences.
        totals: (words, characters of unspaced scripts) that were counted.
        common: For each view the keys of phrases that are boilerplate, uint64.
    """

    documents: int = 0
    tokens: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    totals: tuple[int, int] = (0, 0)
    common: tuple[npt.NDArray[np.uint64], ...] = tuple(np.zeros(0, np.uint64) for _ in VIEWS)


class View(NamedTuple):
    """Fields that are read in one way: words with numbers folded, with exact numbers, or code.

    Attributes:
        phrases: Index of their phrases.
        fields: Their tokens.
        items: int64[fields]; number of the item.
        kinds: int64[fields]; QUESTION, ANSWER, CODE or PASSAGE.
    """

    phrases: PhraseIndex
    fields: FieldTokens
    items: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]


class OptionTokens(NamedTuple):
    """The options of all items; option ``o`` of item ``i``: items[i] <= o < items[i + 1].

    Attributes:
        items: int64[items + 1].
        offsets: int64[options + 1]; into the tokens.
        exact: uint64[tokens].
        bits: float32[tokens].
    """

    items: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    exact: npt.NDArray[np.uint64]
    bits: npt.NDArray[np.float32]


@dataclass(frozen=True)
class BenchmarkIndex:
    """What is sent to every worker.

    Attributes:
        benchmarks: Name of each item's set.
        ids: Id of each item.
        table: int32; of ``fold_table``.
        words: Fields compared with numbers folded.
        exact: Fields that are nearly all numbers.
        code: Programs.
        options: What supports a question.
        vocabulary: uint64, sorted: every folded token of the fields.
        settings: The lines of evidence.
        denied: (item's name, key of a passage) that a person marked as no leak.
        affirmed: Those marked as leaks.
    """

    benchmarks: tuple[str, ...]
    ids: tuple[str, ...]
    table: npt.NDArray[np.int32]
    words: View
    exact: View
    code: View
    options: OptionTokens
    vocabulary: npt.NDArray[np.uint64]
    settings: ContaminationSettings = DEFAULT_SETTINGS
    denied: frozenset[tuple[str, str]] = frozenset()
    affirmed: frozenset[tuple[str, str]] = frozenset()

    @property
    def bytes(self) -> int:
        """Size of all arrays."""
        arrays: list[npt.NDArray[Any]] = [self.table, self.vocabulary, *self.options]
        for view in (self.words, self.exact, self.code):
            _, *phrases = view.phrases
            arrays += [*phrases, *view.fields, view.items, view.kinds]
        return sum(array.nbytes for array in arrays)


def build_benchmarks(
    items: Sequence[BenchmarkItem],
    settings: ContaminationSettings = DEFAULT_SETTINGS,
    frequencies: Frequencies | None = None,
    han_variants: tuple[tuple[int, int], ...] = (),
) -> BenchmarkIndex:
    """Build the index of some items.

    Args:
        items: Of one set or several.
        settings: The lines of evidence.
        frequencies: From a sample of the documents; None: the items tell how rare a word is.
        han_variants: (traditional, simplified) code points that count as one.
    """
    known = frequencies or Frequencies()
    table = fold_table(han_variants)
    options = [(number, text) for number, item in enumerate(items) for text in item.choices]
    per_item = np.bincount([number for number, _ in options], minlength=len(items)).astype(np.int64)
    firsts = np.append(0, np.cumsum(per_item)).astype(np.int64)
    option_tokens = _folded([text for _, text in options], table)
    fields = _all_fields(items, np.zeros(len(items), np.bool_))
    words, exact, rarity = _prose_views(fields, option_tokens, firsts, table, known)
    weak = _weak(words, exact, len(items), settings)
    fields = _all_fields(items, weak)
    words, exact, rarity = _prose_views(fields, option_tokens, firsts, table, known)
    return BenchmarkIndex(
        tuple(item.benchmark for item in items),
        tuple(item.item for item in items),
        table,
        words,
        exact,
        _code_view([entry for entry in fields if entry[1] == CODE], known),
        OptionTokens(
            firsts,
            option_tokens.offsets,
            option_tokens.exact,
            rarity.bits(option_tokens, exact=False),
        ),
        rarity.tokens,
        settings,
    )


def _all_fields(
    items: Sequence[BenchmarkItem], weak: npt.NDArray[np.bool_]
) -> list[tuple[int, int, str]]:
    """(item, kind, text); an item whose question is a template is told by its options, too."""
    fields = [
        (number, kind, text)
        for number, item in enumerate(items)
        for kind, text in item.fields(whole=bool(weak[number]))
    ]
    told = [int(number) for number in np.flatnonzero(weak) if items[int(number)].choices]
    return fields + [(number, OPTIONS, "") for number in told]


def _weak(
    words: View, exact: View, count: int, settings: ContaminationSettings
) -> npt.NDArray[np.bool_]:
    """bool[items]: the question alone can never be found."""
    weak = np.ones(count, np.bool_)
    for view, least in ((words, settings.bits), (exact, settings.number_bits)):
        asked = (view.kinds == QUESTION) & (view.fields.totals >= least)
        weak[view.items[asked]] = False
    return weak


def _prose_views(
    fields: Sequence[tuple[int, int, str]],
    options: FoldedTokens,
    firsts: npt.NDArray[np.int64],
    table: npt.NDArray[np.int32],
    known: Frequencies,
) -> tuple[View, View, _Rarity]:
    """The fields of words and those that are nearly all numbers."""
    asked = [entry for entry in fields if entry[1] not in (CODE, OPTIONS)]
    folded = _folded([text for _, _, text in asked], table)
    rarity = _Rarity([folded, options], known)
    sizes = np.diff(folded.offsets)
    counts = np.append(0, np.cumsum(folded.kinds == NUMBER_KIND))
    numbers = counts[folded.offsets[1:]] - counts[folded.offsets[:-1]]
    numeric = (sizes > 0) & (numbers >= MOSTLY_NUMBERS * sizes)
    owners = np.array([number for number, _, _ in asked], np.int64)
    kinds = np.array([kind for _, kind, _ in asked], np.int64)
    told = np.array([number for number, kind, _ in fields if kind == OPTIONS], np.int64)
    ends = np.flatnonzero(~numeric).astype(np.int64)
    words = _joined(_rows(folded, ~numeric), options, firsts, told)
    return (
        _word_view(
            *words,
            np.append(owners[ends], told),
            np.append(kinds[ends], np.full(len(told), OPTIONS)),
            rarity,
            known,
        ),
        _exact_view(_rows(folded, numeric), owners[numeric], kinds[numeric], rarity, known),
        rarity,
    )


def _joined(
    asked: FoldedTokens,
    options: FoldedTokens,
    firsts: npt.NDArray[np.int64],
    told: npt.NDArray[np.int64],
) -> tuple[FoldedTokens, npt.NDArray[np.int64]]:
    """Tokens of the fields of words and of the options of some items, and where phrases must end.

    Returns:
        (tokens, breaks int64[parts + 1]); the options of an item are one field of several parts.
    """
    chosen = np.zeros(len(options.offsets) - 1, np.bool_)
    for item in told:
        chosen[firsts[item] : firsts[item + 1]] = True
    part = _rows(options, chosen)
    base = asked.offsets[-1]
    counts = np.append(0, np.cumsum(firsts[told + 1] - firsts[told]))
    offsets = np.append(asked.offsets, base + part.offsets[counts[1:]])
    breaks = np.append(asked.offsets, base + part.offsets[1:])
    return (
        FoldedTokens(
            np.concatenate([asked.hashes, part.hashes]),
            np.concatenate([asked.exact, part.exact]),
            np.concatenate([asked.kinds, part.kinds]),
            np.concatenate([asked.start, part.start]),
            np.concatenate([asked.end, part.end]),
            offsets,
        ),
        breaks,
    )


class _Rarity:
    """Information of tokens: how rare they are among tokens of their script, never of another's.

    Han characters all look rare beside English words.
    """

    def __init__(self, parts: Sequence[FoldedTokens], known: Frequencies) -> None:
        hashes = np.concatenate([part.hashes for part in parts])
        kinds = np.concatenate([part.kinds for part in parts])
        exact = np.concatenate([part.exact for part in parts])[kinds == NUMBER_KIND]
        self.tokens, first, counts = np.unique(hashes, return_index=True, return_counts=True)
        self._counts = counts.astype(np.int64)
        is_han = kinds[first] == HAN_KIND
        totals = [
            self._counts[~is_han].sum() + known.totals[0],
            self._counts[is_han].sum() + known.totals[1],
        ]
        if len(known.tokens):
            places = np.minimum(np.searchsorted(known.tokens, self.tokens), len(known.tokens) - 1)
            self._counts += np.where(known.tokens[places] == self.tokens, known.counts[places], 0)
        self._totals = np.where(is_han, totals[1], totals[0])
        self._numbers, self._number_counts = np.unique(exact, return_counts=True)

    def bits(self, part: FoldedTokens, *, exact: bool) -> npt.NDArray[np.float32]:
        """float32[tokens]; a number has one bit, or in ``exact`` fields as many as it is rare."""
        places = np.searchsorted(self.tokens, part.hashes)
        found = np.log2((self._totals[places] + 1) / (self._counts[places] + 1))
        found = np.clip(found, 1.0, _MOST_BITS)
        found[part.kinds == HAN_KIND] *= HAN_INFORMATION
        numbers = part.kinds == NUMBER_KIND
        found[numbers] = 1.0
        if exact and numbers.any():
            counts = self._number_counts[np.searchsorted(self._numbers, part.exact[numbers])]
            rare = np.log2((self._number_counts.sum() + 1) / (counts + 1))
            found[numbers] = np.clip(rare, 1.0, _MOST_NUMBER_BITS)
        bits: npt.NDArray[np.float32] = found.astype(np.float32)
        return bits


def _folded(texts: Sequence[str], table: npt.NDArray[np.int32]) -> FoldedTokens:
    return fold(tokenise(pa.array(texts, pa.large_string())), table)


def _rows(tokens: FoldedTokens, chosen: npt.NDArray[np.bool_]) -> FoldedTokens:
    sizes = np.diff(tokens.offsets)
    kept = np.repeat(chosen, sizes)
    offsets = np.append(0, np.cumsum(sizes[chosen])).astype(np.int64)
    return FoldedTokens._make([*(column[kept] for column in tokens[:5]), offsets])


def _word_view(
    tokens: FoldedTokens,
    breaks: npt.NDArray[np.int64],
    items: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.int64],
    rarity: _Rarity,
    known: Frequencies,
) -> View:
    keys, parts, places = phrase_keys(tokens.hashes, breaks, PHRASE)
    first = breaks[parts] + places
    words = np.append(0, np.cumsum(tokens.kinds != NUMBER_KIND))
    telling = words[first + PHRASE] - words[first] >= LEAST_WORDS
    keys, first = keys[telling], first[telling]
    rows = np.searchsorted(tokens.offsets, first, "right") - 1
    phrases = build_index(keys, rows, first - tokens.offsets[rows], PHRASE, known.common[0])
    bits = rarity.bits(tokens, exact=False)
    return View(
        phrases, _fields(phrases, tokens.offsets, tokens.kinds, tokens.exact, bits), items, kinds
    )


def _exact_view(
    tokens: FoldedTokens,
    items: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.int64],
    rarity: _Rarity,
    known: Frequencies,
) -> View:
    keys, rows, places = phrase_keys(tokens.exact, tokens.offsets, PHRASE)
    counts = np.append(0, np.cumsum(tokens.kinds == NUMBER_KIND))
    first = tokens.offsets[rows] + places
    chosen = counts[first + PHRASE] - counts[first] >= LEAST_NUMBERS
    phrases = build_index(keys[chosen], rows[chosen], places[chosen], PHRASE, known.common[1])
    bits = rarity.bits(tokens, exact=True)
    return View(
        phrases, _fields(phrases, tokens.offsets, tokens.kinds, tokens.exact, bits), items, kinds
    )


def _code_view(fields: Sequence[tuple[int, int, str]], known: Frequencies) -> View:
    views = string_views(pa.array([text for _, _, text in fields], pa.large_string()))
    tokens = code_tokens(views.data, views.offsets[:-1], views.offsets[1:])
    keys, rows, places = code_keys(tokens)
    phrases = build_index(keys.copy(), rows.copy(), places.copy(), CODE_PHRASE, known.common[2])
    _, inverse, counts = np.unique(tokens.symbols, return_inverse=True, return_counts=True)
    bits = np.log2((len(tokens.symbols) + 1) / (counts[inverse] + 1))
    bits = np.clip(bits, 1.0, _MOST_BITS).astype(np.float32)
    blank = np.zeros(len(bits), np.uint8)
    return View(
        phrases,
        _fields(phrases, tokens.offsets, blank, tokens.symbols, bits),
        np.array([number for number, _, _ in fields], np.int64),
        np.full(len(fields), CODE, np.int64),
    )


def _fields(
    phrases: PhraseIndex,
    offsets: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.uint8],
    exact: npt.NDArray[np.uint64],
    bits: npt.NDArray[np.float32],
) -> FieldTokens:
    """Tokens with what can be covered: those of dead phrases alone leave the denominator."""
    live = np.repeat(phrases.live, np.diff(phrases.postings))
    begins = offsets[phrases.fields[live]] + phrases.places[live]
    edges = np.zeros(len(bits) + 1, np.int64)
    np.add.at(edges, begins, 1)
    np.add.at(edges, begins + phrases.length, -1)
    held = np.where(np.cumsum(edges[:-1]) > 0, bits, 0).astype(np.float32)
    sums = np.append(0.0, np.cumsum(held, dtype=np.float64))
    return FieldTokens(offsets, kinds, exact, held, sums[offsets[1:]] - sums[offsets[:-1]])
