"""The list of documents: chosen by status, reason, source, language or a signal's value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from jobs.serving.catalogue import STATUSES, Catalogue
from jobs.serving.document_query import DocumentQuery
from jobs.serving.served_run import ServedRun
from jobs.serving.views import View, whole_number

ROWS: Final = 50


class Row(NamedTuple):
    """One line of a list of documents."""

    id: int
    title: str | None
    url: str | None
    source: str | None
    status: str
    reason: str | None
    language: str | None
    value: float | None


def browse(view: View) -> Response:
    """Show one page of the documents of a query."""
    run, catalogue = view.run, view.run.catalogue()
    query = DocumentQuery.read(view.given, run.signals())
    places = run.places(query)
    pages = max(1, -(-len(places) // ROWS))
    page = min(page_number(view.given.get("page", "")), pages)
    shown = places[(page - 1) * ROWS : page * ROWS].tolist()
    again = replace(query, order="random", seed=query.seed + 1)
    return view.page(
        "browse.html.j2",
        title="Documents",
        query=query,
        address=query.address(),
        sample_address=again.address(),
        rows=rows(run, shown, query),
        found=len(places),
        page=page,
        pages=pages,
        first=(page - 1) * ROWS + 1,
        choices=_choices(run, catalogue),
        marks=view.marks_by_id,
    )


def rows(run: ServedRun, places: list[int], query: DocumentQuery | None = None) -> list[Row]:
    """Return lines of documents at places of the catalogue, with the value of the query's signal."""
    catalogue = run.catalogue()
    values = run.values(query.signal) if query is not None and query.signal else None
    return [
        Row(
            id=int(catalogue.ids[place]),
            title=catalogue.titles[place].as_py(),
            url=catalogue.urls[place].as_py(),
            source=catalogue.sources[place].as_py(),
            status=STATUSES[catalogue.statuses[place]],
            reason=catalogue.reasons.name(place),
            language=catalogue.languages.name(place),
            value=None if values is None else float(values[place]),
        )
        for place in places
    ]


def page_number(text: str) -> int:
    """Return the page that an address asks for; the first for anything that is no number above 0."""
    return max(1, whole_number(text))


def _choices(run: ServedRun, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "statuses": list(catalogue.counts().items()),
        "reasons": catalogue.reason_counts(),
        "languages": catalogue.language_counts(),
        "signals": run.signals(),
    }
