"""One document as it came, as it was extracted and as it was cleaned, with all that was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from starlette.responses import Response

from jobs.inspection.explain import Explanation, RuleAnswer, explain_documents
from jobs.inspection.explain_text import CARRIED, outcome
from jobs.inspection.passage_places import part_of
from jobs.inspection.raw_document import raw_document
from jobs.recipes.printing import bounds_text
from jobs.runtime.amounts import measure
from jobs.runtime.contract.document_ids import place_of
from jobs.runtime.errors import InputError
from jobs.serving.differences import Piece, differences
from jobs.serving.document_query import DocumentQuery
from jobs.serving.marks import LABELS
from jobs.serving.passing_bounds import passing_bound
from jobs.serving.text_window import window
from jobs.serving.views import View, whole_number
from jobs.tracing.text_reader import CONTEXT_CHARACTERS

VIEWS: Final = {
    "cleaned": "Cleaned",
    "changes": "What cleaning changed",
    "extracted": "Extracted",
}
NEAR: Final = 0.25
"""Rules whose bound a document passes by less than this share of it are shown beside those it fails."""
BEFORE_HIT: Final = 600
"""Characters shown before a passage that was looked for."""


def document(view: View) -> Response:
    """Show one document."""
    number = known_id(view)
    (found,) = explain_documents(view.run.tables, [number])
    shown = view.given.get("view") or "cleaned"
    if shown not in VIEWS:
        raise InputError(f"view={shown}: wanted one of {', '.join(VIEWS)}")
    sought = view.given.get("find", "")
    pieces, hit = with_hit(_pieces(found, shown), sought)
    first = max(0, hit - BEFORE_HIT) if hit is not None else 0
    if "from" in view.given:
        first = whole_number(view.given["from"])
    query = DocumentQuery.read(view.given, view.run.signals())
    duplicate = found.duplicate
    return view.page(
        "document.html.j2",
        title=f"Document {number}",
        id=number,
        found=found,
        outcome=outcome(found),
        facts=_facts(found, _place(found, pieces) if hit is not None else None),
        failed=[rule_line(answer, found) for answer in found.answers if answer.fails],
        near=[rule_line(answer, found) for answer in _near(found)],
        passed=sum(not one.fails and one.value is not None for one in found.answers),
        unknown=sum(one.value is None for one in found.answers),
        would_stay=would_stay(found),
        view=shown,
        views=VIEWS,
        window=window(pieces, first),
        language=((found.annotated or {}).get("language") or {}).get("language"),
        signals=_signals(found),
        cluster=duplicate["cluster_id"] if duplicate else number if found.copies else None,
        address=query.address(),
        sought=sought,
        hit=hit,
        mark=view.marks_by_id.get(number),
        labels=list(LABELS),
        **_neighbours(view, number, query),
    )


def raw(view: View) -> Response:
    """Send the bytes of a document as they were fetched; a browser saves them and shows nothing of them."""
    number = known_id(view)
    content = raw_document(view.run.tables, number)
    return Response(
        content,
        media_type="text/plain",
        headers={"content-disposition": f'attachment; filename="document-{number}.bytes"'},
    )


def known_id(view: View) -> int:
    """Return the id in the path.

    Raises:
        InputError: The run has no such document.
    """
    number = int(view.path["id"])
    if not view.run.catalogue().holds(number):
        raise InputError(
            f"{number}: this run has no such document. Ids of another run mean nothing here."
        )
    return number


def rule_line(answer: RuleAnswer, found: Explanation) -> dict[str, Any]:
    """Return what a rule says of a document in words, and the bound that would say otherwise."""
    value = answer.value
    return {
        "reason": answer.rule.reason,
        "signal": answer.rule.asked,
        "value": measure(value) if isinstance(value, float) else value,
        "allowed": bounds_text(answer.bounds) if answer.bounds else "",
        "distance": answer.distance,
        "action": answer.rule.action,
        "moved": _moved(answer) if answer.fails else None,
        "address": f"reason={answer.rule.reason}",
        "decisive": (found.dropped or {}).get("reason") == answer.rule.reason,
    }


def would_stay(found: Explanation) -> str | None:
    """Return the one bound that keeps a document out, elsewhere; None where more than one does."""
    failed = [answer for answer in found.answers if answer.fails and answer.rule.action == "drop"]
    if len(failed) != 1 or found.kept:
        return None
    return _moved(failed[0])


def _moved(answer: RuleAnswer) -> str | None:
    """The nearest bound that the value would pass, as a recipe writes it."""
    bounds, value = answer.bounds, answer.value
    if bounds is None or not isinstance(value, float) or not np.isfinite(value):
        return None
    side = "min" if bounds.min is not None and value < bounds.min else "max"
    return passing_bound(answer.rule.reason, value, side)


def _near(found: Explanation) -> list[RuleAnswer]:
    near = [
        answer
        for answer in found.answers
        if not answer.fails
        and answer.applies
        and answer.distance is not None
        and 0 < answer.distance < NEAR
    ]
    return sorted(near, key=lambda answer: answer.distance or 0.0)


def _place(found: Explanation, pieces: list[Piece]) -> str | None:
    """Page or chapter of the passage that was looked for."""
    number = next(place for place, piece in enumerate(pieces) if piece.kind == "hit")
    before, after = (
        "".join(piece.text for piece in some) for some in (pieces[:number], pieces[number + 1 :])
    )
    around = before[-CONTEXT_CHARACTERS:], pieces[number].text, after[:CONTEXT_CHARACTERS]
    return part_of(found.extracted or {"text": ""}, *around)


def _facts(found: Explanation, place: str | None) -> list[tuple[str, str]]:
    """Name and value of what source and extraction tell, and the page of the passage looked for."""
    extracted: Mapping[str, Any] = found.extracted or {}
    fetched = found.fetched
    facts = [
        ("File", fetched["source"]),
        ("Place in the file", extracted.get("place") or f"record {place_of(found.id)[1]}"),
        ("The passage", place),
        ("Id of the source", extracted.get("source_id")),
        ("Fetched", extracted.get("fetched_at")),
        ("Bytes", f"{fetched['content_bytes'] or 0:,}"),
        *((name.replace("_", " ").capitalize(), extracted.get(name)) for name in CARRIED),
    ]
    if fetched["status"] != "ok":
        facts.append(("Ingest", f"{fetched['status']}: {fetched['detail']}"))
    elif extracted and extracted["status"] != "ok":
        facts.append(("Extraction", f"{extracted['status']}: {extracted['detail']}"))
    return [(name, str(value)) for name, value in facts if value]


def _pieces(found: Explanation, shown: str) -> list[Piece]:
    extracted = (found.extracted or {}).get("text") or ""
    cleaned = (found.annotated or {}).get("text") or ""
    if shown == "changes":
        return differences(extracted, cleaned) if found.annotated else [Piece("same", extracted)]
    return [Piece("same", extracted if shown == "extracted" else cleaned)]


def with_hit(pieces: list[Piece], sought: str) -> tuple[list[Piece], int | None]:
    """Return pieces with the first place of a passage as one of its own, and where that begins.

    Args:
        pieces: Of a text.
        sought: The passage, in the document's own words; empty for none.

    Returns:
        The pieces as they were, and None, where it is in none of them.
    """
    start = 0
    for number, piece in enumerate(pieces):
        place = piece.text.find(sought) if sought else -1
        if place >= 0:
            end = place + len(sought)
            parts = [
                Piece(piece.kind, piece.text[:place]),
                Piece("hit", sought),
                Piece(piece.kind, piece.text[end:]),
            ]
            rest = [part for part in parts if part.text]
            return [*pieces[:number], *rest, *pieces[number + 1 :]], start + place
        start += len(piece.text)
    return pieces, None


def _signals(found: Explanation) -> list[tuple[str, str]]:
    groups = [*(found.annotated or {}).items(), *(found.grade or {}).items()]
    return [
        (f"{group}.{name}", measure(value) if isinstance(value, int | float) else str(value))
        for group, values in groups
        if isinstance(values, Mapping)
        for name, value in values.items()
        if value is not None and not isinstance(value, list)
    ]


def _neighbours(view: View, number: int, query: DocumentQuery) -> dict[str, Any]:
    """Where the document stands in the list it was opened from, and which are beside it."""
    catalogue, places = view.run.catalogue(), view.run.places(query)
    (found,) = np.nonzero(places == catalogue.places(np.array([number]))[0])
    if not len(found):
        return {"previous": None, "next": None, "position": None, "listed": len(places)}
    at = int(found[0])
    return {
        "previous": int(catalogue.ids[places[at - 1]]) if at else None,
        "next": int(catalogue.ids[places[at + 1]]) if at + 1 < len(places) else None,
        "position": at + 1,
        "listed": len(places),
    }
