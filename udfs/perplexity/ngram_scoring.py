"""Scores of token lines by a kenlm model: compiled over hash tables, by the library elsewhere."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.perplexity.kenlm_binary import load
from udfs.perplexity.kenlm_tables import KenlmTables, longer_key, open_tables, word_hash

_SIGN: Final = np.uint32(0x80000000)
_UNKNOWN: Final = np.uint32(0)
_HALF: Final = np.uint64(32)
_BEGIN, _END = b"<s> ", b"</s> "


class LineScores(NamedTuple):
    """float32[lines] sums of log10 p, the line's end included; int64[lines] unknown tokens."""

    log10_probability: npt.NDArray[np.float32]
    unknown: npt.NDArray[np.int64]


class LineScorer(Protocol):
    """An open model."""

    order: int

    def score(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> LineScores:
        """Score lines of tokens.

        Args:
            data: uint8[bytes]; tokens each followed by one byte <= 0x20, as ``TokenLines.data``.
            offsets: int64[lines + 1]; line ``i`` is ``data[offsets[i]:offsets[i + 1]]``.
        """
        ...


def open_line_scorer(path: Path) -> LineScorer:
    """Open a model by the fastest way that its kind allows.

    Raises:
        ValueError: kenlm cannot read the file, or it is cut short.
    """
    library = load(path)
    tables = open_tables(path)
    return LibraryScorer(library) if tables is None else TableScorer(tables)


class TableScorer:
    """Scores by the memory-mapped tables; the numbers are kenlm's to the bit."""

    def __init__(self, tables: KenlmTables) -> None:
        self.order = tables.order
        self._tables = tables
        begin, end = (self._ids(np.frombuffer(mark, np.uint8), 1)[0] for mark in (_BEGIN, _END))
        self._marks = np.array([begin, end], np.uint32)

    def score(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> LineScores:
        """Score lines of tokens."""
        ends = token_ends(data, offsets)
        ids = self._ids(data, int(ends[-1]))
        scores = np.empty(len(offsets) - 1, np.float32)
        unknown = np.empty(len(offsets) - 1, np.int64)
        words = _sentences(ids, ends, self._marks)
        matched = np.empty(len(words), np.uint8)
        probability = np.empty(len(words), np.float32)
        backoffs = np.empty((self.order - 1, len(words)), np.float32)
        tables = self._tables
        _match(
            words, self._marks[0], tables.numbers, tables.reals, tables.places,
            matched, probability, backoffs,
        )  # fmt: skip
        _add_up(ends, words, matched, probability, backoffs, scores, unknown)
        return LineScores(scores, unknown)

    def _ids(self, data: npt.NDArray[np.uint8], tokens: int) -> npt.NDArray[np.uint32]:
        return _word_ids(data, tokens, self._tables.numbers, self._tables.places)


class LibraryScorer:
    """Scores by kenlm itself: ARPA files and tries."""

    def __init__(self, model: Any) -> None:
        self.order = int(model.order)
        self._model = model

    def score(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> LineScores:
        """Score lines of tokens."""
        text, bounds = data.tobytes(), offsets.tolist()
        lines = [text[a:b] for a, b in itertools.pairwise(bounds)]
        score_line, known = self._model.score, self._model.__contains__
        words = [line.split() for line in lines]
        unknown = {word for of_line in words for word in of_line}
        unknown = {word for word in unknown if not known(word)}
        return LineScores(
            np.array([score_line(line) for line in lines], np.float32),
            np.array([sum(word in unknown for word in of_line) for of_line in words], np.int64),
        )


@kernel
def token_ends(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """int64[lines + 1]: line ``i`` has the tokens ``[i] .. [i + 1]`` of the batch."""
    ends = np.zeros(len(offsets), np.int64)
    tokens = 0
    for line in range(len(offsets) - 1):
        for position in range(offsets[line], offsets[line + 1]):
            tokens += data[position] <= 0x20
        ends[line + 1] = tokens
    return ends


@kernel
def _word_ids(
    data: npt.NDArray[np.uint8],
    tokens: int,
    numbers: npt.NDArray[np.uint32],
    places: npt.NDArray[np.uint64],
) -> npt.NDArray[np.uint32]:
    """Word ids of tokens, 0 for unknown ones; words are known by MurmurHash64A."""
    one = np.uint64(1)
    ids = np.empty(tokens, np.uint32)
    table, buckets = places[0]
    start = 0
    for token in range(tokens):
        stop = start
        while data[stop] > 0x20:
            stop += 1
        value = word_hash(data, start, stop)
        start = stop + 1
        bucket = value % buckets
        while True:
            entry = table + np.uint64(3) * bucket
            key = np.uint64(numbers[entry]) | (np.uint64(numbers[entry + one]) << _HALF)
            if key == value or key == np.uint64(0):
                break
            bucket += one
            if bucket == buckets:
                bucket = np.uint64(0)
        ids[token] = numbers[entry + np.uint64(2)] if key == value else _UNKNOWN
    return ids


@kernel
def _sentences(
    ids: npt.NDArray[np.uint32], ends: npt.NDArray[np.int64], marks: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint32]:
    """uint32[tokens + 2 * lines]: the word ids of every line between those of its two marks."""
    words = np.empty(len(ids) + 2 * (len(ends) - 1), np.uint32)
    place = 0
    for line in range(len(ends) - 1):
        words[place] = marks[0]
        place += 1
        for token in range(ends[line], ends[line + 1]):
            words[place] = ids[token]
            place += 1
        words[place] = marks[1]
        place += 1
    return words


@kernel
def _match(
    words: npt.NDArray[np.uint32],
    begin: np.uint32,
    numbers: npt.NDArray[np.uint32],
    reals: npt.NDArray[np.float32],
    places: npt.NDArray[np.uint64],
    matched: npt.NDArray[np.uint8],
    probability: npt.NDArray[np.float32],
    backoffs: npt.NDArray[np.float32],
) -> None:
    """The longest n-gram of the model that ends at each word: its length, its log10 p, all back-offs.

    One order after the other for all words: the look-ups of one order do not wait for each other, so
    that a large model costs memory bandwidth and not a cache miss at a time. Two marks of kenlm's
    spare look-ups: a set sign of the probability (no longer n-gram ends like this one) and a
    back-off of -0.0 (no longer n-gram begins like this one).
    """
    one = np.uint64(1)
    marks = backoffs.view(np.uint32)
    order = len(places) - 1
    total = np.uint64(len(words))
    waiting = np.empty(len(words), np.uint64)
    nodes = words.astype(np.uint64)
    singles = places[1, 0]
    count = np.uint64(0)
    before_extends = False
    for i in range(total):
        entry = singles + (nodes[i] << one)
        matched[i] = 1
        probability[i] = -abs(reals[entry])
        backoffs[0, i] = reals[entry + one]
        if words[i] != begin and before_extends and not numbers[entry] & _SIGN:
            waiting[count] = i
            count += one
        before_extends = numbers[entry + one] != _SIGN
    for n in range(2, order + 1):
        table, buckets = places[n]
        width = np.uint64(4 if n < order else 3)
        reach = np.uint64(n - 1)
        left = np.uint64(0)
        for index in range(count):
            i = waiting[index]
            key = longer_key(nodes[i], words[i - reach])
            nodes[i] = key
            bucket = key % buckets
            while True:
                entry = table + width * bucket
                found = np.uint64(numbers[entry]) | (np.uint64(numbers[entry + one]) << _HALF)
                if found == key or found == np.uint64(0):
                    break
                bucket += one
                if bucket == buckets:
                    bucket = np.uint64(0)
            if found != key:
                continue
            entry += np.uint64(2)
            matched[i] = n
            probability[i] = -abs(reals[entry])
            if n < order:
                backoffs[n - 1, i] = reals[entry + one]
                waiting[left] = i
                extends = matched[i - one] >= n and marks[n - 1, i - one] != _SIGN
                left += np.uint64(extends and numbers[entry] & _SIGN == 0)
        count = left


@kernel
def _add_up(
    ends: npt.NDArray[np.int64],
    words: npt.NDArray[np.uint32],
    matched: npt.NDArray[np.uint8],
    probability: npt.NDArray[np.float32],
    backoffs: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
    unknown: npt.NDArray[np.int64],
) -> None:
    """Sum each line: the probabilities, and a back-off for each word of context beyond the match."""
    place = 1
    for line in range(len(ends) - 1):
        total = np.float32(0)
        missing = 0
        for _ in range(ends[line + 1] - ends[line] + 1):
            value = probability[place]
            for context in range(matched[place] - 1, matched[place - 1]):
                if context < len(backoffs):
                    value += backoffs[context, place - 1]
            total += value
            missing += words[place] == _UNKNOWN
            place += 1
        place += 1
        scores[line] = total
        unknown[line] = missing
