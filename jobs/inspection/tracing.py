"""Which documents hold a phrase, or share a span with an answer: kept and left ones, and why they left.

A fingerprint is only looked up; whoever is told here was read and compared token by token.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.errors import InputError
from jobs.tracing.indexed_documents import CORPUS
from jobs.tracing.layout import STATUSES, PhraseIndex, Segment, open_index
from jobs.tracing.look_up import all_documents, facts, postings
from jobs.tracing.text_reader import TextReader, TracedText
from jobs.tracing.token_counts import information
from udfs.tracing.fingerprints import (
    GRAM,
    GUARANTEED,
    FoldedTexts,
    all_grams,
    fingerprints,
    folded_texts,
)
from udfs.tracing.matching import phrase_places
from udfs.tracing.shared_spans import answer_grams, extend_spans, maximal_spans

LEFT: Final = "left"
MOST_LOOKED_UP: Final = 4
"""Fingerprints of a phrase that are looked up: further ones cost more reading than they spare."""
SCANNED_BYTES: Final = 16 << 20
"""Texts that are read whole for a phrase too short for the index; a third of a second."""
MOST_VERIFIED: Final = 4_000
"""Documents of one fingerprint of an answer that are read; more have it only of set phrases."""


@dataclass(frozen=True)
class TracedDocument:
    """A document that holds what was asked for.

    Attributes:
        id: Its id; of a table, the user's.
        status: kept, dropped, duplicate or quarantined.
        stage: Where it left; None: it is in the corpus.
        reason: Why it left.
        keeper: Of a duplicate: id of the document kept in its place.
        source: Its input file.
        place: Where it lies there.
        url: Its address.
        source_id: The id that the source gives it.
        grade: 0 to 5.
        dataset: Where its text lies: corpus, annotated or extracted; empty: in the user's table.
        before: Up to 240 characters before the match.
        match: The document's own words.
        after: Up to 240 characters behind it.
        keeper_run: 0: the keeper is of this run; n: of the n-th run of ``--against``.
    """

    id: int | str | None
    status: str
    stage: str | None
    reason: str | None
    keeper: int | None
    source: str | None
    place: str
    url: str | None
    source_id: str | None
    grade: float | None
    dataset: str
    before: str
    match: str
    after: str
    keeper_run: int = 0


@dataclass(frozen=True)
class PhraseTrace:
    """What holds a phrase.

    Attributes:
        phrase: As it was asked for.
        tokens: Words, or characters of a script without spaces.
        complete: False: it is so short that documents with it may be missing.
        found: All documents that hold it, shown or not.
        kept: Those of them in the corpus.
        documents: Those of the status and source asked for, kept ones first, up to the limit.
    """

    phrase: str
    tokens: int
    complete: bool
    found: int
    kept: int
    documents: tuple[TracedDocument, ...]


@dataclass(frozen=True)
class TracedSpan:
    """A run of an answer's words that a document holds, and that lies in no longer one.

    Attributes:
        start: First character in the answer.
        end: The character after the last.
        tokens: Its words or characters.
        information_bits: Sum of the tokens' information, by how common each is in the texts.
        found: All documents that hold it.
        documents: As of :class:`PhraseTrace`.
    """

    start: int
    end: int
    tokens: int
    information_bits: float
    found: int
    documents: tuple[TracedDocument, ...]


@dataclass(frozen=True)
class AnswerTrace:
    """What an answer shares with documents.

    Attributes:
        answer: The text, in NFC; spans count its characters.
        spans: Of 9 tokens and more, the most information first, of equal ones the rarest.
        complete: False: some words of it are in so many documents that not all were compared, and a span
            may be shorter than it could be.
    """

    answer: str
    spans: tuple[TracedSpan, ...]
    complete: bool = True


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


def documents_table(documents: Sequence[TracedDocument]) -> pa.Table:
    """Return documents as a table, a column a field of :class:`TracedDocument`."""
    numbers = {"keeper": pa.int64(), "grade": pa.float64(), "keeper_run": pa.int64()}
    named = any(isinstance(document.id, str) for document in documents)
    types = {"id": pa.string() if named else pa.int64(), **numbers}
    columns = [
        pa.array(
            [getattr(one, field.name) for one in documents], types.get(field.name, pa.string())
        )
        for field in fields(TracedDocument)
    ]
    return pa.table(columns, names=[field.name for field in fields(TracedDocument)])


@dataclass(frozen=True)
class _Found:
    segment: Segment
    number: int
    text: TracedText
    first: int  # token at which the match begins


class _Tracer:
    """One question about one index."""

    def __init__(self, index: PhraseIndex) -> None:
        self._index = index
        self._table = index.folding()
        self._reader = TextReader(self._table)

    def phrase(
        self, phrase: str, status: str | None, source: str | None, limit: int | None
    ) -> PhraseTrace:
        tokens = self._tokens(phrase).hashes
        _require_words(tokens, phrase)
        found, documents = self._holders(tokens, status, source, limit)
        kept = sum(1 for one in found if one.text.file.dataset in (CORPUS, ""))
        complete = len(tokens) >= GUARANTEED or self._scans
        return PhraseTrace(phrase, len(tokens), complete, len(found), kept, tuple(documents))

    def answer(
        self, answer: str, status: str | None, source: str | None, limit: int | None
    ) -> AnswerTrace:
        texts = self._tokens(answer)
        _require_words(texts.hashes, answer)
        longest, complete = self._longest(texts.hashes)
        bits = information(texts.hashes, self._index.segments)
        spans = []
        for first, stop in maximal_spans(longest):
            found, documents = self._holders(texts.hashes[first:stop], status, source, limit)
            if documents or (status is None and source is None):
                begin, end = int(texts.start[first]), int(texts.end[stop - 1])
                start = len(texts.data[:begin].tobytes().decode("utf-8"))
                length = len(texts.data[begin:end].tobytes().decode("utf-8"))
                weight = round(float(bits[first:stop].sum()), 2)
                spans.append(
                    TracedSpan(
                        start, start + length, stop - first, weight, len(found), tuple(documents)
                    )
                )
        spans.sort(key=lambda span: (-span.information_bits, span.found, span.start))
        return AnswerTrace(texts.data.tobytes().decode("utf-8"), tuple(spans), complete)

    @property
    def _scans(self) -> bool:
        return self._index.text_bytes <= SCANNED_BYTES

    def _tokens(self, text: str) -> FoldedTexts:
        return folded_texts(pa.array([text], pa.large_string()), self._table)

    def _holders(
        self,
        tokens: npt.NDArray[np.uint64],
        status: str | None,
        source: str | None,
        limit: int | None,
    ) -> tuple[list[_Found], list[TracedDocument]]:
        """All documents that hold some tokens, and those to be told of."""
        found: list[_Found] = []
        told: list[TracedDocument] = []
        for segment in self._index.segments:
            here = list(self._verified(segment, self._candidates(segment, tokens), tokens))
            found += here
            told += [
                document
                for document in self._described(segment, here, len(tokens))
                if _is_wanted(document, status, source)
            ]
        told.sort(key=_order)
        return found, told[:limit]

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
            lists = postings(segment, all_grams(tokens, segment.hash_bits)).values()
            return np.unique(np.concatenate([*lists]))
        chosen = _fingerprints(tokens, segment)
        lists = postings(segment, _spread(chosen)).values()
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
                yield _Found(segment, number, text, first)

    def _described(
        self, segment: Segment, found: list[_Found], tokens: int
    ) -> Iterator[TracedDocument]:
        if not found:
            return
        id_type = pa.int64() if self._index.manifest.details["id_type"] == "int64" else pa.string()
        numbers = np.array([one.number for one in found], np.int64)
        for one, row in zip(found, facts(segment, numbers, id_type).to_pylist(), strict=True):
            yield _document(one, row, tokens)

    def _longest(self, tokens: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], bool]:
        """What documents share from each token of an answer on; whether all of them were compared."""
        grams = answer_grams(tokens)
        longest = np.zeros(len(tokens), np.int64)
        complete = True
        for segment in self._index.segments:
            chosen = _fingerprints(tokens, segment)
            read = np.empty(0, np.int64)
            for documents in sorted(postings(segment, chosen).values(), key=len):
                lacking = np.setdiff1d(documents, read, assume_unique=True)
                complete = complete and len(lacking) <= MOST_VERIFIED
                read = np.union1d(read, lacking[:MOST_VERIFIED])
            for _, text in self._reader.texts(segment, read):
                extend_spans(grams, text.hashes, np.array([0, len(text.hashes)]), longest)
        return longest, complete


def _document(found: _Found, row: dict[str, Any], tokens: int) -> TracedDocument:
    text = found.text
    before, match, after = text.passage(found.first, tokens)
    in_run = bool(text.file.dataset)
    record = place_of(row["id"])[1] if in_run else text.row
    return TracedDocument(
        id=row["id"],
        status=row["status"],
        stage=row["stage"],
        reason=row["reason"],
        keeper=row["keeper_id"],
        source=text.origin.get("source") if in_run else text.file.path,
        place=f"record {record}" if in_run else f"row {record}",
        url=text.origin.get("url"),
        source_id=text.origin.get("source_id"),
        grade=row["grade"],
        dataset=text.file.dataset,
        before=before,
        match=match,
        after=after,
        keeper_run=row["keeper_run"] or 0,
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
