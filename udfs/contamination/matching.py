"""Texts → which items they hold, how much of which, where, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.contamination.benchmark_index import LEAST_NUMBERS, BenchmarkIndex, OptionTokens, View
from udfs.contamination.code_tokens import code_stretches, code_tokens, find_code
from udfs.contamination.items import ANSWER, CODE, FIELD_NAMES, OPTIONS, PASSAGE, QUESTION
from udfs.contamination.phrase_index import find_marked, find_phrases
from udfs.contamination.settings import OPTIONS_FOUND, OPTIONS_REACH, ContaminationSettings
from udfs.contamination.windows import Candidates, find_candidates
from udfs.text.folding import NUMBER_KIND, FoldedTokens, fold
from udfs.text.token_batch import TokenBatch
from udfs.text.token_hashing import HASH_FACTOR, HASH_SEED, mix64

EXCERPT_BYTES = 600


@dataclass(frozen=True)
class Match:
    """One item in one document.

    Attributes:
        row: Row of the texts.
        item: Number of the item.
        field: ``question``, ``answer`` or ``code``.
        share: Part of the field's information that the document holds, 0 to 1.
        bits: Information that it holds, options beside a question included.
        strength: 1 and more: found; below: how near it comes.
        variant: The numbers differ: another exercise of the same wording.
        start: First byte of the passage in the token batch's data.
        end: The byte after its last.
        key: What the passage says, as 16 hexadecimal digits; the same in every copy of it.
        passage: Its words, cut after 600 bytes.
    """

    row: int
    item: int
    field: str
    share: float
    bits: float
    strength: float
    variant: bool
    start: int
    end: int
    key: str
    passage: str


def match_texts(tokens: TokenBatch, index: BenchmarkIndex) -> list[Match]:
    """Find the items of an index in some texts.

    Args:
        tokens: Of the texts, without punctuation.
        index: The items.

    Returns:
        By row, the strongest match of each item that reaches ``least_strength``, strongest first.
    """
    folded = fold(tokens, index.table)
    found = list(_in_words(folded, index, tokens))
    found += _in_exact(folded, index, tokens)
    if len(index.code.items):
        found += _in_code(tokens, index)
    best: dict[tuple[int, int], Match] = {}
    for match in (_reviewed(match, index) for match in found):
        if match.strength < index.settings.least_strength:
            continue
        place = (match.row, match.item)
        if place not in best or evidence_order(match) < evidence_order(best[place]):
            best[place] = match
    return sorted(best.values(), key=lambda match: (match.row, *evidence_order(match), match.item))


def evidence_order(match: Match) -> tuple[bool, float]:
    """Return the key by which the strongest match comes first, and what is no variant before all that are."""
    return (match.variant, -match.strength)


def _reviewed(match: Match, index: BenchmarkIndex) -> Match:
    """What a person said of this passage and item counts for more than what was counted."""
    if not index.denied and not index.affirmed:
        return match
    mark = (f"{index.benchmarks[match.item]}/{index.ids[match.item]}", match.key)
    if mark in index.denied:
        return Match(**{**match.__dict__, "strength": 0.0})
    if mark in index.affirmed:
        strength = max(1.0, match.strength)
        return Match(**{**match.__dict__, "strength": strength, "variant": False})
    return match


def _in_words(folded: FoldedTokens, index: BenchmarkIndex, tokens: TokenBatch) -> Iterator[Match]:
    settings = index.settings
    view = index.words
    found = _candidates(folded.hashes, folded, view, settings.options_share)
    kinds = view.kinds[found.fields]
    items = view.items[found.fields]
    passages = _supported(found, kinds, items, settings)
    for place in np.flatnonzero(kinds != PASSAGE):
        share, bits = float(found.shares[place]), float(found.bits[place])
        row, item, kind = int(found.rows[place]), int(items[place]), int(kinds[place])
        if kind == ANSWER:
            strength = min(share / settings.answer_share, bits / settings.answer_bits)
        elif kind == OPTIONS:
            strength = min(share / settings.middle_share, bits / settings.long_bits)
        else:
            span = (found.first[place], found.last[place])
            bounds = (folded.offsets[row], folded.offsets[row + 1])
            held, of = _options_beside(folded.exact, span, bounds, index.options, item)
            extra = held if of and held >= OPTIONS_FOUND * of else 0.0
            strength = _question_strength(
                share, bits, extra, passages.get((row, item), 0.0), settings
            )
            bits += extra
        numbers = int(found.numbers[place])
        variant = (
            kind == QUESTION
            and numbers > 0
            and found.equal_numbers[place] < settings.equal_numbers * numbers
        )
        if strength >= settings.least_strength:
            span = (int(found.first[place]), int(found.last[place]))
            yield _match(tokens, folded, row, item, kind, share, bits, strength, variant, span)


def _question_strength(
    share: float, bits: float, options: float, passage: float, settings: ContaminationSettings
) -> float:
    """How far the best line of a question is reached; passages count beside one that is whole."""
    beside = options + (passage if share >= settings.share else 0.0)
    strength = min(share / settings.share, (bits + beside) / settings.bits)
    strength = max(strength, min(share / settings.middle_share, bits / settings.middle_bits))
    strength = max(strength, min(share / settings.long_share, bits / settings.long_bits))
    if options:
        least = min(bits, options) / settings.options_bits
        strength = max(strength, min(share / settings.options_share, least))
    return strength


def _supported(
    found: Candidates,
    kinds: npt.NDArray[np.int64],
    items: npt.NDArray[np.int64],
    settings: ContaminationSettings,
) -> dict[tuple[int, int], float]:
    """(row, item) → bits of the item's passage where most of it is there."""
    whole = np.flatnonzero((kinds == PASSAGE) & (found.shares >= settings.share))
    return {(int(found.rows[i]), int(items[i])): float(found.bits[i]) for i in whole}


def _in_exact(folded: FoldedTokens, index: BenchmarkIndex, tokens: TokenBatch) -> Iterator[Match]:
    settings, view = index.settings, index.exact
    if not len(view.items):
        return
    hits = find_marked(
        folded.exact, folded.kinds == NUMBER_KIND, LEAST_NUMBERS, folded.offsets, view.phrases
    )
    least = settings.number_share * settings.least_strength
    found = find_candidates(hits, view.phrases, view.fields, folded.exact, least)
    for place, row in enumerate(found.rows):
        kind = int(view.kinds[found.fields[place]])
        share, bits = float(found.shares[place]), float(found.bits[place])
        strength = min(share / settings.number_share, bits / settings.number_bits)
        if kind != PASSAGE and strength >= settings.least_strength:
            item, span = (
                int(view.items[found.fields[place]]),
                (int(found.first[place]), int(found.last[place])),
            )
            yield _match(tokens, folded, int(row), item, kind, share, bits, strength, False, span)


def _in_code(tokens: TokenBatch, index: BenchmarkIndex) -> Iterator[Match]:
    settings, view = index.settings, index.code
    rows, starts, ends = code_stretches(tokens.data, tokens.text_offsets)
    if not len(rows):
        return
    read = code_tokens(tokens.data, starts, ends)
    hits = find_code(read, view.phrases)
    least = settings.code_share * settings.least_strength
    found = find_candidates(hits, view.phrases, view.fields, read.symbols, least)
    for place, row in enumerate(rows[found.rows]):
        share, bits = float(found.shares[place]), float(found.bits[place])
        strength = min(share / settings.code_share, bits / settings.code_bits)
        if strength < settings.least_strength:
            continue
        first, last = int(found.first[place]), int(found.last[place])
        item = int(view.items[found.fields[place]])
        start, end = int(read.start[first]), int(read.end[last])
        key = f"{_passage_key(read.symbols[first : last + 1]):016x}"
        yield Match(
            int(row), item, FIELD_NAMES[CODE], share, bits, strength, False, start, end, key,
            _excerpt(tokens.data, start, end),
        )  # fmt: skip


def _candidates(
    hashes: npt.NDArray[np.uint64], folded: FoldedTokens, view: View, least: float
) -> Candidates:
    hits = find_phrases(hashes, folded.offsets, view.phrases)
    return find_candidates(hits, view.phrases, view.fields, folded.exact, least)


def _match(
    tokens: TokenBatch,
    folded: FoldedTokens,
    row: int,
    item: int,
    kind: int,
    share: float,
    bits: float,
    strength: float,
    variant: bool,
    span: tuple[int, int],
) -> Match:
    start, end = int(folded.start[span[0]]), int(folded.end[span[1]])
    key = f"{_passage_key(folded.exact[span[0] : span[1] + 1]):016x}"
    passage = _excerpt(tokens.data, start, end)
    return Match(
        row, item, FIELD_NAMES[kind], share, bits, strength, variant, start, end, key, passage
    )


def _excerpt(data: npt.NDArray[np.uint8], start: int, end: int) -> str:
    raw = data[start : min(end, start + EXCERPT_BYTES)].tobytes()
    text = raw.decode("utf-8", "ignore")
    return text if end - start <= EXCERPT_BYTES else f"{text}…"


def _options_beside(
    exact: npt.NDArray[np.uint64],
    span: tuple[np.int64, np.int64],
    bounds: tuple[np.int64, np.int64],
    options: OptionTokens,
    item: int,
) -> tuple[float, float]:
    """(information of the options that stand near, of all options), both 0 without any."""
    first, last = options.items[item], options.items[item + 1]
    if first == last:
        return 0.0, 0.0
    size = options.offsets[last] - options.offsets[first]
    low = max(int(span[0]) - OPTIONS_REACH, int(bounds[0]))
    high = min(int(span[1]) + 1 + OPTIONS_REACH + int(size), int(bounds[1]))
    return _held_options(exact[low:high], options, int(first), int(last))


@kernel
def _held_options(
    window: npt.NDArray[np.uint64], options: OptionTokens, first: int, last: int
) -> tuple[float, float]:
    _, offsets, exact, bits = options
    held, total = 0.0, 0.0
    for option in range(first, last):
        begin = offsets[option]
        size = offsets[option + 1] - begin
        information = 0.0
        for token in range(size):
            information += bits[begin + token]
        total += information
        for place in range(len(window) - size + 1):
            same = size > 0
            for token in range(size):
                if window[place + token] != exact[begin + token]:
                    same = False
                    break
            if same:
                held += information
                break
    return held, total


@kernel
def _passage_key(tokens: npt.NDArray[np.uint64]) -> np.uint64:
    value = HASH_SEED
    for token in tokens:
        value = mix64(value * HASH_FACTOR + token)
    return value
