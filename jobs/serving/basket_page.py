"""The documents that were marked, the form that marks one, and the files made of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.responses import Response

from jobs.serving.document_page import known_id
from jobs.serving.marks import LABELS, Mark, csv_of, exclusions_of, labelled_of, set_mark
from jobs.serving.views import View

LISTS: Final = ("ask", "browse")
"""Pages whose rows have buttons that mark: the form leads back to the row."""


def basket(view: View) -> Response:
    """Show all marks of the run."""
    marks = view.marks.drop_columns(["text"]).to_pylist()
    counts = {name: sum(row["mark"] == name for row in marks) for name in LABELS}
    return view.page("basket.html.j2", title="Basket", marks=marks, counts=counts)


def mark(view: View) -> Response:
    """Mark a document, or take its mark away, and lead back to where that was done."""
    number, wanted = known_id(view), view.form.get("mark", "")
    former = view.marks_by_id.get(number)
    # A list has no field for a note: the one that was given stays.
    note = view.form.get("note", former.note if former else "").strip()
    set_mark(view.run.tables, number, None if wanted == "none" else Mark(wanted, note))
    back = view.form.get("back")
    if back == "basket":
        return view.see_other("/basket")
    # Written anew, so that no form leads to another page than ours.
    address = urlencode(parse_qs(view.form.get("address", "")), doseq=True)
    if back in LISTS:
        return view.see_other(f"/{back}?{address}#d{number}")
    return view.see_other(f"/document/{number}?{address}#mark")


def csv_file(view: View) -> Response:
    """Send the marks as CSV."""
    return _file(csv_of(view.marks), "marks.csv", "text/csv; charset=utf-8")


def labelled_file(view: View) -> Response:
    """Send documents and labels as Parquet."""
    return _file(labelled_of(view.marks), "labelled.parquet", "application/vnd.apache.parquet")


def exclusions_file(view: View) -> Response:
    """Send what the next run shall leave out."""
    return _file(exclusions_of(view.marks), "exclusions.yaml", "application/yaml")


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
