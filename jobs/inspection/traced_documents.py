"""What a question about a phrase or an answer is answered with: documents, counts, spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import pyarrow as pa


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
        place: Where it lies there; see ``jobs.inspection.passage_places.placed``.
        url: Its address.
        source_id: The id that the source gives it.
        grade: 0 to 5.
        dataset: Where its text lies: corpus, annotated or extracted; empty: in the user's table.
        before: Up to 240 characters before the match.
        match: The document's own words.
        after: Up to 240 characters behind it.
        keeper_run: 0: the keeper is of this run; n: of the n-th run of ``--against``.
        run: Folder of the run it is of; empty: of the user's table.
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
    run: str = field(default="", compare=False)


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


def documents_table(documents: Sequence[TracedDocument]) -> pa.Table:
    """Return documents as a table, a column a field of :class:`TracedDocument`."""
    numbers = {"keeper": pa.int64(), "grade": pa.float64(), "keeper_run": pa.int64()}
    named = any(isinstance(document.id, str) for document in documents)
    types = {"id": pa.string() if named else pa.int64(), **numbers}
    names = [column.name for column in fields(TracedDocument)]
    columns = [
        pa.array([getattr(one, name) for one in documents], types.get(name, pa.string()))
        for name in names
    ]
    return pa.table(columns, names=names)
