"""A question about a phrase or an answer → the documents that hold it, as text or JSON; no Spark."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from jobs.inspection.find_documents import read_text_file
from jobs.inspection.packed_rows import PackedSegment, packed_segments
from jobs.inspection.passage_places import placed
from jobs.inspection.tracing import (
    LEFT,
    AnswerTrace,
    PhraseTrace,
    TracedDocument,
    trace_answer,
    trace_phrase,
)
from jobs.runtime.errors import SettingsError
from jobs.runtime.store import storage
from jobs.tracing.layout import KEPT
from udfs.tracing.fingerprints import GUARANTEED

SHOWN_CHARACTERS: Final = 60
SHOWN_SEGMENTS: Final = 3
Packed = dict[Any, list[PackedSegment]]


def phrase_text(trace: PhraseTrace, packed: Packed) -> str:
    """Return what holds a phrase, for a terminal.

    Args:
        trace: The answer.
        packed: Rows of token ids by document; empty where nothing was packed.
    """
    lines = [_counts(trace.found, trace.kept)]
    if not trace.complete:
        lines.append(
            f"may be incomplete: of {trace.tokens} words; phrases of {GUARANTEED} and more miss no document"
        )
    lines += _documents(trace.documents, packed)
    return "\n".join(lines + _hidden(trace.found, len(trace.documents)))


def answer_text(trace: AnswerTrace, packed: Packed) -> str:
    """Return which spans of an answer documents hold, for a terminal; see :func:`phrase_text`."""
    if not trace.spans:
        return f"no run of {GUARANTEED} words and more of it is in any document of the index"
    spans = len(trace.spans)
    lines = [
        f"documents hold {spans:,} of its spans, the most telling first"
        if spans > 1
        else "documents hold one span of it"
    ]
    if not trace.complete:
        lines.append(
            "may be incomplete: some of its words are in too many documents to compare all"
        )
    for span in trace.spans:
        words = _on_one_line(trace.answer[span.start : span.end])
        lines += [
            "",
            f"“{words}”",
            f"  {span.tokens} words, {span.information_bits:,.0f} bits, in {span.found:,} documents",
            *_documents(span.documents, packed),
            *_hidden(span.found, len(span.documents)),
        ]
    return "\n".join(lines)


def _counts(found: int, kept: int) -> str:
    if not found:
        return "no document of the index holds it"
    holds = "1 document holds it" if found == 1 else f"{found:,} documents hold it"
    return f"{holds}; {kept:,} {'is' if kept == 1 else 'are'} in the corpus"


def _hidden(found: int, shown: int) -> list[str]:
    if shown == found:
        return []
    return [
        f"  {found - shown:,} more are not shown: left out by --kept, --dropped, --source or --limit"
    ]


def _documents(documents: Sequence[TracedDocument], packed: Packed) -> list[str]:
    return [line for document in documents for line in _document(document, packed)]


def _document(document: TracedDocument, packed: Packed) -> list[str]:
    grade = "" if document.grade is None else f", grade {document.grade:.1f}"
    lines = [f"  {document.id}  {_fate(document)}{grade}"]
    where = [document.url, document.source, document.place]
    lines.append(f"    {', '.join(str(one) for one in where if one)}")
    before = _on_one_line(document.before)[-SHOWN_CHARACTERS:]
    after = _on_one_line(document.after)[:SHOWN_CHARACTERS]
    lines.append(f"    …{before}[[{_on_one_line(document.match)}]]{after}…")
    rows = packed.get(document.id, ())
    lines += [
        f"    packed/{one.file}, row {one.row}, {one.length:,} tokens from {one.first:,} on"
        for one in rows[:SHOWN_SEGMENTS]
    ]
    further = len(rows) - SHOWN_SEGMENTS
    return lines + ([f"    and {further:,} more rows"] if further > 0 else [])


def _fate(document: TracedDocument) -> str:
    if document.status == KEPT:
        return KEPT
    fate = f"{document.status} at {document.stage}: {document.reason}"
    if document.keeper is not None:
        run = f" of the {document.keeper_run}. run of --against" if document.keeper_run else ""
        fate += f", of {document.keeper}{run}"
    return fate


def _on_one_line(text: str) -> str:
    return " ".join(line for line in text.splitlines()) if "\n" in text else text


def trace_json(trace: PhraseTrace | AnswerTrace, packed: Packed) -> str:
    """Return a trace as JSON: its fields, and ``packed`` with the rows of each document."""
    rows = {str(number): [one._asdict() for one in found] for number, found in packed.items()}
    return json.dumps({**asdict(trace), "packed": rows}, ensure_ascii=False, indent=1)


def _packed(run: str, documents: Sequence[TracedDocument]) -> Packed:
    ids = {document.id for document in documents if document.status == KEPT}
    return (packed_segments(storage.absolute(run), ids) if ids else None) or {}


def trace_command(arguments: argparse.Namespace) -> str | None:
    """Answer `corpusmill trace`."""
    if (arguments.phrase is None) == (arguments.file is None):
        raise SettingsError("give a phrase in quotes, or --file FILE with an answer, not both")
    if arguments.limit < 0:
        raise SettingsError(f"--limit {arguments.limit}: a number of documents, 0 or more")
    status = KEPT if arguments.kept else LEFT if arguments.dropped else None
    chosen = {"status": status, "source": arguments.source, "limit": arguments.limit}
    if arguments.file is not None:
        answer = trace_answer(arguments.run, read_text_file(arguments.file, "--file"), **chosen)
        spans = [replace(span, documents=placed(span.documents)) for span in answer.spans]
        answer = replace(answer, spans=tuple(spans))
        documents = [document for span in answer.spans for document in span.documents]
        packed = _packed(arguments.run, documents)
        return trace_json(answer, packed) if arguments.json else answer_text(answer, packed)
    phrase = trace_phrase(arguments.run, arguments.phrase, **chosen)
    phrase = replace(phrase, documents=placed(phrase.documents))
    packed = _packed(arguments.run, phrase.documents)
    return trace_json(phrase, packed) if arguments.json else phrase_text(phrase, packed)
