"""Who said that: a phrase or a model's answer, and the documents that hold it, kept and left."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from jobs.inspection.passage_places import placed
from jobs.inspection.tracing import (
    LEFT,
    AnswerTrace,
    PhraseTrace,
    TracedDocument,
    TracedSpan,
    trace_answer,
    trace_phrase,
)
from jobs.recipes.exclusions import NAMED_IN
from jobs.runtime.amounts import measure
from jobs.runtime.contract.manifest import read_manifest
from jobs.runtime.errors import InputError
from jobs.runtime.store import storage
from jobs.serving.browse_page import page_number
from jobs.serving.catalogue import NOTHING
from jobs.serving.passing_bounds import passing_bound
from jobs.serving.served_run import ServedRun
from jobs.serving.views import View, whole_number
from jobs.tracing.layout import DATASET, KEPT, STATUSES
from jobs.tracing.text_reader import CONTEXT_CHARACTERS

DOCUMENTS: Final = 20
LONGEST_QUESTION: Final = 6000
"""Characters: each may take nine bytes of an address, and servers refuse addresses of 64 kB."""
LONGEST_SOUGHT: Final = 400
PERPLEXITY: Final = "perplexity.perplexity"
RARITIES: Final = ((1, 4), (4, 3), (20, 2))
"""Most documents that hold a span, and the class of colour that it has then; commoner ones have 1."""


@dataclass(frozen=True)
class Question:
    """What an address asks."""

    text: str
    status: str
    source: str
    span: int
    page: int

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Question:
        """Read it.

        Raises:
            InputError: It is too long for an address, or asks for a status that there is not.
        """
        text, status = given.get("q", "").strip(), given.get("status", "")
        if len(text) > LONGEST_QUESTION:
            raise InputError(
                f"a question of {len(text):,} characters: at most {LONGEST_QUESTION:,} go into an address; "
                "`corpusmill trace RUN --file FILE` takes any length"
            )
        if status and status not in (*STATUSES, LEFT):
            raise InputError(f"status={status}: wanted one of {', '.join((*STATUSES, LEFT))}")
        span, page = whole_number(given.get("span")), page_number(given.get("page", ""))
        return cls(text, status, given.get("source", "").strip(), span, page)

    def address(self) -> str:
        """Return its parameters, without span and page."""
        values = {"q": self.text, "status": self.status, "source": self.source}
        return urlencode({name: value for name, value in values.items() if value})


class Part(NamedTuple):
    """A stretch of an answer and the most telling span that covers it."""

    text: str
    span: int | None
    rarity: int


def ask(view: View) -> Response:
    """Show the box, and for a question the documents that answer it."""
    question = Question.read(view.given)
    fault, found = None, None
    try:
        found = _found(view.run, question) if question.text else None
    except InputError as error:  # no index, a stale one, no word: said beside the box
        fault = str(error)
    shown = _chosen(question, found)
    return view.page(
        "ask.html.j2",
        status=400 if fault else 200,
        title="Ask",
        question=question,
        statuses=[*STATUSES, LEFT],
        fault=fault,
        indexed=read_manifest(storage.join(view.run.tables.output, DATASET)),
        output=view.run.tables.output,
        marks=view.marks_by_id,
        phrase=found if isinstance(found, PhraseTrace) else None,
        answer=found if isinstance(found, AnswerTrace) else None,
        pieces=_parts(found) if isinstance(found, AnswerTrace) else [],
        chosen_span=found.spans.index(shown) if isinstance(found, AnswerTrace) else None,
        rarity=rarity,
        address=question.address(),
        most=LONGEST_QUESTION,
        surroundings=CONTEXT_CHARACTERS,
        **_documents(view.run, question, shown),
    )


def _found(run: ServedRun, question: Question) -> PhraseTrace | AnswerTrace:
    """Whatever holds all of the text; where nothing does, what holds parts of it."""
    output, status, source = run.tables.output, question.status or None, _glob(question.source)
    key = (question.text, status, source)
    found = run.kept(
        ("phrase", *key), lambda: trace_phrase(output, question.text, status=status, source=source)
    )
    if found.found:
        return found
    answer = run.kept(
        ("answer", *key), lambda: trace_answer(output, question.text, status=status, source=source)
    )
    return answer if answer.spans else found


def _glob(source: str) -> str | None:
    if not source:
        return None
    return source if "*" in source or "?" in source else f"*{source}*"


def _chosen(
    question: Question, found: PhraseTrace | AnswerTrace | None
) -> PhraseTrace | TracedSpan | None:
    if isinstance(found, AnswerTrace):
        return found.spans[min(question.span, len(found.spans) - 1)]
    return found


def rarity(span: TracedSpan) -> int:
    """Return how rare a span is, 1 to 4."""
    return next((step for most, step in RARITIES if span.found <= most), 1)


def _parts(trace: AnswerTrace) -> list[Part]:
    """The answer cut where spans begin and end; where they overlap, the more telling one counts."""
    cuts = sorted({0, len(trace.answer), *(p for one in trace.spans for p in (one.start, one.end))})
    parts: list[Part] = []
    for start, end in itertools.pairwise(cuts):
        covering = (
            number
            for number, one in enumerate(trace.spans)
            if one.start <= start and end <= one.end
        )
        number = next(covering, None)
        step = 0 if number is None else rarity(trace.spans[number])
        if parts and parts[-1].span == number:
            parts[-1] = parts[-1]._replace(text=parts[-1].text + trace.answer[start:end])
        else:
            parts.append(Part(trace.answer[start:end], number, step))
    return parts


def _documents(
    run: ServedRun, question: Question, shown: PhraseTrace | TracedSpan | None
) -> dict[str, Any]:
    """One page of the documents of the question or of the span that is looked at."""
    documents = shown.documents if shown else ()
    whole = not question.status and not question.source
    pages = max(1, -(-len(documents) // DOCUMENTS))
    page = min(question.page, pages)
    here = placed(documents[(page - 1) * DOCUMENTS : page * DOCUMENTS])
    return {
        "shown": shown,
        "listed": len(documents),
        "kept": sum(one.status == KEPT for one in documents) if whole else None,
        "documents": [(one, _sought(one)) for one in here],
        "facts": _facts(run, here),
        "page": page,
        "pages": pages,
    }


def _sought(document: TracedDocument) -> str:
    """The address of a document's passage among its pages' parameters."""
    view = "extracted" if document.dataset == "extracted" else "cleaned"
    return urlencode({"view": view, "find": document.match[:LONGEST_SOUGHT]})


def _facts(run: ServedRun, documents: Iterable[TracedDocument]) -> dict[Any, list[str]]:
    """What is known of each document beside its fate: where it came from, numbers, what would let it stay."""
    ids = [one.id for one in documents if isinstance(one.id, int)]
    ledger = run.tables.rows("dropped", ids, ["reason", "reasons", "signal", "value", "threshold"])
    fetched = run.tables.rows("extracted", ids, ["fetched_at", "date"])
    catalogue = run.catalogue()
    numbers = run.values(PERPLEXITY) if PERPLEXITY in run.signals() else None
    facts: dict[Any, list[str]] = {}
    for one in documents:
        own = fetched.get(one.id, {}) if isinstance(one.id, int) else {}
        found = [
            ", ".join(text for text in (one.source, one.place) if text),
            f"id {one.source_id}" if one.source_id else "",
            f"dated {own['date']}" if own.get("date") else "",
            f"fetched {own['fetched_at']}" if own.get("fetched_at") else "",
            f"grade {one.grade:.1f}" if one.grade is not None else "",
        ]
        if isinstance(one.id, int) and catalogue.holds(one.id):
            place = int(catalogue.ids.searchsorted(one.id))
            if catalogue.languages.codes[place] != NOTHING:
                found.append(f"language {catalogue.languages.name(place)}")
            if numbers is not None and numbers[place] == numbers[place]:
                found.append(f"perplexity {measure(float(numbers[place]))}")
            found.append(_would_stay(ledger.get(one.id)))
        facts[one.id] = [text for text in found if text]
    return facts


def _would_stay(left: Mapping[str, Any] | None) -> str:
    if left is None or len(left["reasons"]) != 1 or left["signal"] == NAMED_IN:
        return ""
    if left["value"] is None or left["threshold"] is None or not math.isfinite(left["value"]):
        return ""
    value, bound = left["value"], left["threshold"]
    stays = passing_bound(left["reason"], value, "min" if value < bound else "max")
    return f"would stay if {stays} ({left['signal']}, bound {measure(bound)})"
