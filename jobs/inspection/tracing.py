"""Which documents hold a phrase, or share a span with an answer: kept and left ones, and why they left.

A fingerprint is only looked up; whoever is told here was read and compared token by token.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.inspection.traced_documents import (
    AnswerTrace,
    PhraseTrace,
    TracedDocument,
    TracedSpan,
    documents_table,
)
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.contract.driver_tables import READERS
from jobs.runtime.errors import InputError
from jobs.tracing.indexed_documents import CORPUS
from jobs.tracing.layout import STATUSES, PhraseIndex, Segment, TextFile, open_index
from jobs.tracing.look_up import all_documents, facts, postings
from jobs.tracing.text_reader import TextReader
from jobs.tracing.token_counts import information
from udfs.columns.sorted_integers import distinct_integers
from udfs.tracing.fingerprints import (
    GRAM,
    GUARANTEED,
    FoldedTexts,
    all_grams,
    fingerprints,
    folded_texts,
    window_fingerprints,
)
from udfs.tracing.matching import phrase_places
from udfs.tracing.shared_spans import AnswerGrams, answer_grams, extend_spans, maximal_spans
from udfs.tracing.sharing_documents import SharingDocuments, sharing_documents

__all__ = [
    "LEFT", "AnswerTrace", "PhraseTrace", "TracedDocument", "TracedSpan", "documents_table", "trace_answer",
    "trace_phrase",
]  # fmt: skip

LEFT: Final = "left"
MOST_LOOKED_UP: Final = 4
"""Fingerprints of a phrase that are looked up: further ones cost more reading than they spare."""
SCANNED_BYTES: Final = 16 << 20
"""Texts that are read whole for a phrase too short for the index; a third of a second."""
MOST_VERIFIED: Final = 4_000
"""Documents with the same fingerprints of an answer that are read; more have them only of set phrases."""
MOST_IN_VAIN: Final = 64
"""Row groups, of 4 MiB in a run, that an answer's comparison unpacks without finding more than it knows."""
READ_TOGETHER: Final = 256
NUMBERS_TOGETHER: Final = 1 << 16
"""Documents, and the numbers among which they lie, that are read before it is asked who may still add."""
Answer = TypeVar("Answer")
Fates = dict[tuple[str, int], dict[str, Any]]
"""A row of ``documents_schema`` by segment and number of the document."""


def trace_phrase(
    index: str,
    phrase: str,
    *,
    status: str | None = None,
    source: str | None = None,
    limit: int | None = None,
) -> PhraseTrace:
    """Return the documents that hold a phrase, whatever its case, punctuation, width and line breaks.

    Args:
        index: A run's folder, or the folder of an index.
        phrase: Words, at least one; from 9 on none is missed.
        status: Only documents of this status are given; ``left``: all that are not kept. Counts are of all.
        source: Only documents whose source or address fits this glob are given.
        limit: Most documents given.

    Raises:
        InputError: There is no index, it is stale, or the phrase has no word, or too few for a large index.
    """
    _require_status(status)
    return _Tracer(open_index(index)).phrase(phrase, status, source, limit)


def trace_answer(
    index: str,
    answer: str,
    *,
    status: str | None = None,
    source: str | None = None,
    limit: int | None = None,
) -> AnswerTrace:
    """Return the spans of an answer that documents hold; see :func:`trace_phrase`.

    Args:
        index: A run's folder, or the folder of an index.
        answer: Text of any length.
        status: Of the documents given of each span; spans without any are left out.
        source: As above.
        limit: Most documents given of a span.

    Raises:
        InputError: There is no index, it is stale, or the answer has no word.
    """
    _require_status(status)
    return _Tracer(open_index(index)).answer(answer, status, source, limit)


@dataclass(frozen=True)
class _Found:
    """A document that holds what is asked for, without its text: there may be many."""

    segment: Segment
    number: int
    file: TextFile
    row: int
    origin: dict[str, Any]
    passage: tuple[str, str, str]


class _Tracer:
    """One question about one index."""

    def __init__(self, index: PhraseIndex) -> None:
        self._index = index
        self._table = index.folding()
        self._reader = TextReader(self._table)
        # By segment and fingerprint: what is looked up for an answer is all that its spans ask for.
        self._known: dict[str, dict[int, npt.NDArray[np.int64]]] = {}

    def phrase(
        self, phrase: str, status: str | None, source: str | None, limit: int | None
    ) -> PhraseTrace:
        tokens = self._tokens(phrase).hashes
        _require_words(tokens, phrase)
        found = self._holders(tokens)
        documents = _told(found, self._fates(found), status, source, limit)
        kept = sum(1 for one in found if one.file.dataset in (CORPUS, ""))
        complete = len(tokens) >= GUARANTEED or self._scans
        return PhraseTrace(phrase, len(tokens), complete, len(found), kept, documents)

    def answer(
        self, answer: str, status: str | None, source: str | None, limit: int | None
    ) -> AnswerTrace:
        texts = self._tokens(answer)
        _require_words(texts.hashes, answer)
        longest, complete = self._longest(texts.hashes)
        bits = information(texts.hashes, self._index.segments)
        holders = {
            (first, stop): self._holders(texts.hashes[first:stop])
            for first, stop in maximal_spans(longest)
        }
        fates = self._fates([one for found in holders.values() for one in found])
        spans = []
        for (first, stop), found in holders.items():
            documents = _told(found, fates, status, source, limit)
            if documents or (status is None and source is None):
                begin, end = int(texts.start[first]), int(texts.end[stop - 1])
                start = len(texts.data[:begin].tobytes().decode("utf-8"))
                length = len(texts.data[begin:end].tobytes().decode("utf-8"))
                weight = round(float(bits[first:stop].sum()), 2)
                spans.append(
                    TracedSpan(start, start + length, stop - first, weight, len(found), documents)
                )
        spans.sort(key=lambda span: (-span.information_bits, span.found, span.start))
        return AnswerTrace(texts.data.tobytes().decode("utf-8"), tuple(spans), complete)

    @property
    def _scans(self) -> bool:
        return self._index.text_bytes <= SCANNED_BYTES

    def _tokens(self, text: str) -> FoldedTexts:
        return folded_texts(pa.array([text], pa.large_string()), self._table)

    def _holders(self, tokens: npt.NDArray[np.uint64]) -> list[_Found]:
        """All documents that hold some tokens."""
        candidates = self._of_each_segment(lambda segment: self._candidates(segment, tokens))
        return [
            found
            for segment, documents in candidates
            for found in self._verified(segment, documents, tokens)
        ]

    def _fates(self, found: Sequence[_Found]) -> Fates:
        """What became of documents, each looked up once."""
        numbers: dict[str, list[int]] = {}
        for one in found:
            numbers.setdefault(one.segment.folder, []).append(one.number)
        return {
            (segment.folder, row["document"]): row
            for segment in self._index.segments
            if segment.folder in numbers
            for row in facts(segment, np.array(numbers[segment.folder], np.int64)).to_pylist()
        }

    def _postings(
        self, segment: Segment, hashes: npt.NDArray[np.int64]
    ) -> list[npt.NDArray[np.int64]]:
        """The documents of each fingerprint; those of an answer hold those of its spans."""
        known = self._known.setdefault(segment.folder, {})
        lacking = [one for one in hashes.tolist() if one not in known]
        if lacking:
            known |= postings(segment, np.array(lacking, np.int64))
        return [known[one] for one in distinct_integers(hashes).tolist()]

    def _of_each_segment(
        self, look_up: Callable[[Segment], Answer]
    ) -> list[tuple[Segment, Answer]]:
        """What a question finds in each segment; asked side by side, as a store's answers take time."""
        segments = self._index.segments
        with ThreadPoolExecutor(READERS) as pool:
            return list(zip(segments, pool.map(look_up, segments), strict=True))

    def _candidates(
        self, segment: Segment, tokens: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.int64]:
        if len(tokens) < GUARANTEED:
            if self._scans:
                return all_documents(segment)
            if len(tokens) < GRAM:
                raise InputError(
                    f"{len(tokens)} words are too few to be looked up among {self._index.text_bytes:,} bytes "
                    f"of text: give {GRAM} or more, {GUARANTEED} to miss no document"
                )
            lists = self._postings(segment, all_grams(tokens, segment.hash_bits))
            return distinct_integers(np.concatenate(lists))
        chosen = _fingerprints(tokens, segment)
        known = segment.folder in self._known
        lists = self._postings(segment, chosen if known else _spread(chosen))
        shortest, *others = sorted(lists, key=len)
        for other in others:
            shortest = np.intersect1d(shortest, other, assume_unique=True)
        return shortest

    def _verified(
        self,
        segment: Segment,
        documents: npt.NDArray[np.int64],
        tokens: npt.NDArray[np.uint64],
    ) -> Iterator[_Found]:
        for number, text in self._reader.texts(segment, documents):
            (first,) = phrase_places(text.hashes, np.array([0, len(text.hashes)]), tokens).tolist()
            if first >= 0:
                passage = text.passage(first, len(tokens))
                yield _Found(segment, number, text.file, text.row, text.origin, passage)

    def _longest(self, tokens: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], bool]:
        """What documents share from each token of an answer on; whether all were compared that could add."""
        grams = answer_grams(tokens)
        longest = np.zeros(len(tokens), np.int64)
        asked = self._of_each_segment(lambda segment: self._sharing(segment, tokens))
        # Rare words first: what they show need not be looked for in the many who have common ones.
        for segment, groups in asked:
            self._extend(longest, grams, segment, _all_of(groups, lambda one: one.is_rare))
        complete, in_vain = True, 0
        for segment, groups in asked:
            is_open = functools.partial(_may_add, longest)
            unread = _all_of(groups, is_open)
            complete = complete and len(unread) == sum(
                len(one.documents) for one in groups if is_open(one)
            )
            while len(unread) and in_vain < MOST_IN_VAIN:
                near = np.searchsorted(unread, unread[0] + NUMBERS_TOGETHER)
                piece, unread = np.split(unread, [min(near, READ_TOGETHER)])
                known, read = maximal_spans(longest), self._reader.unpacked
                self._extend(longest, grams, segment, piece)
                in_vain += self._reader.unpacked - read
                if maximal_spans(longest) != known:
                    in_vain = 0
                    unread = np.intersect1d(unread, _all_of(groups, is_open), assume_unique=True)
            complete = complete and not len(unread)
        return longest, complete

    def _extend(
        self,
        longest: npt.NDArray[np.int64],
        grams: AnswerGrams,
        segment: Segment,
        documents: npt.NDArray[np.int64],
    ) -> None:
        """Raise ``longest`` to what some documents share with an answer."""
        for _, text in self._reader.texts(segment, documents):
            extend_spans(grams, text.hashes, np.array([0, len(text.hashes)]), longest)

    def _sharing(self, segment: Segment, tokens: npt.NDArray[np.uint64]) -> list[SharingDocuments]:
        """The documents of a segment that may share a span with an answer."""
        windows = window_fingerprints(tokens, segment.hash_bits)
        return sharing_documents(windows, self._postings(segment, distinct_integers(windows)))


def _all_of(
    groups: Sequence[SharingDocuments], chosen: Callable[[SharingDocuments], bool]
) -> npt.NDArray[np.int64]:
    """The documents of some groups, ascending, of each at most ``MOST_VERIFIED``."""
    documents = [one.documents[:MOST_VERIFIED] for one in groups if chosen(one)]
    return np.sort(np.concatenate([np.empty(0, np.int64), *documents]))


def _may_add(longest: npt.NDArray[np.int64], group: SharingDocuments) -> bool:
    """Whether documents that were not read may hold more of an answer than is known."""
    return not group.is_rare and not group.is_within(longest)


def _told(
    found: Sequence[_Found],
    fates: Fates,
    status: str | None,
    source: str | None,
    limit: int | None,
) -> tuple[TracedDocument, ...]:
    """The documents to be told of, kept ones first, up to the limit."""
    described = [_document(one, fates[one.segment.folder, one.number]) for one in found]
    told = [document for document in described if _is_wanted(document, status, source)]
    return tuple(sorted(told, key=_order)[:limit])


def _document(found: _Found, row: dict[str, Any]) -> TracedDocument:
    before, match, after = found.passage
    origin, in_run = found.origin, bool(found.file.dataset)
    record = place_of(row["id"])[1] if in_run else found.row
    return TracedDocument(
        id=row["id"],
        status=row["status"],
        stage=row["stage"],
        reason=row["reason"],
        keeper=row["keeper_id"],
        source=origin.get("source") if in_run else found.file.path,
        place=f"record {record}" if in_run else f"row {record}",
        url=origin.get("url"),
        source_id=origin.get("source_id"),
        grade=row["grade"],
        dataset=found.file.dataset,
        before=before,
        match=match,
        after=after,
        keeper_run=row["keeper_run"] or 0,
        run=found.segment.home if in_run else "",
    )


def _fingerprints(tokens: npt.NDArray[np.uint64], segment: Segment) -> npt.NDArray[np.int64]:
    return fingerprints(tokens, np.array([0, len(tokens)]), segment.hash_bits).hashes


def _spread(hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Some of many fingerprints: of sorted hashes, evenly, which is by chance over the phrase."""
    return hashes[:: max(1, -(-len(hashes) // MOST_LOOKED_UP))]


def _is_wanted(document: TracedDocument, status: str | None, source: str | None) -> bool:
    wanted = {None: STATUSES, LEFT: STATUSES[1:]}.get(status, (status,))
    names = [name for name in (document.source, document.url) if name is not None]
    return document.status in wanted and (
        source is None or any(fnmatch.fnmatchcase(name, source) for name in names)
    )


def _order(document: TracedDocument) -> tuple[int, bool, Any]:
    # Ids of a former index may be of another type.
    number = document.id if isinstance(document.id, int) else str(document.id)
    return STATUSES.index(document.status), isinstance(number, str), number


def _require_status(status: str | None) -> None:
    if status is not None and status not in (*STATUSES, LEFT):
        raise InputError(
            f"status {status!r} is none: give {', '.join(STATUSES)}, or {LEFT} for all but the kept"
        )


def _require_words(tokens: npt.NDArray[np.uint64], given: str) -> None:
    if not len(tokens):
        raise InputError(f"{given[:60]!r} has no word: give a phrase, best of {GUARANTEED} words")
