"""Clusters of duplicates: the largest first, and two documents of one side by side."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from starlette.responses import Response

from jobs.runtime.errors import InputError
from jobs.serving.browse_page import page_number, rows
from jobs.serving.differences import Piece, differences
from jobs.serving.served_run import ServedRun
from jobs.serving.text_window import window
from jobs.serving.views import View, whole_number

CLUSTERS: Final = 50
MEMBERS: Final = 100
SIDE_CHARACTERS: Final = 15_000
COLUMNS: Final = (
    "id",
    "keeper_id",
    "keeper_run",
    "similarity",
    "kind",
    "cluster_id",
    "cluster_size",
)


def clusters(view: View) -> Response:
    """Show the clusters of the run, the largest first."""
    names, sizes = largest_clusters(view.run)
    pages = max(1, -(-len(names) // CLUSTERS))
    page = min(page_number(view.given.get("page", "")), pages)
    part = slice((page - 1) * CLUSTERS, page * CLUSTERS)
    shown = names[part].tolist()
    catalogue = view.run.catalogue()
    own = [number for number in shown if catalogue.holds(number)]
    keepers = rows(view.run, catalogue.places(np.array(own, dtype=np.int64)).tolist())
    return view.page(
        "clusters.html.j2",
        title="Duplicates",
        clusters=list(zip(shown, sizes[part].tolist(), strict=True)),
        keepers={row.id: row for row in keepers},
        found=len(names),
        page=page,
        pages=pages,
        address="",
    )


def cluster(view: View) -> Response:
    """Show the members of a cluster, and one of them beside the document that was kept."""
    number, table = int(view.path["id"]), _duplicates(view.run)
    members = table.filter(np.equal(table.column("cluster_id").to_numpy(), number)).to_pylist()
    if not members:
        raise InputError(f"{number}: no cluster of duplicates of this run has this number")
    chosen = _chosen(members, view.given.get("with", ""))
    catalogue = view.run.catalogue()
    keeper_id = chosen["keeper_id"] if not chosen["keeper_run"] else None
    ids = [chosen["id"], *([keeper_id] if keeper_id is not None else [])]
    texts = view.run.tables.rows("annotated", ids, ["text"])
    other = texts[chosen["id"]]["text"] or ""
    kept = (texts[keeper_id]["text"] or "") if keeper_id in texts else ""
    pieces = differences(kept, other)
    start = whole_number(view.given.get("from"))
    places = catalogue.places(np.array([one["id"] for one in members[:MEMBERS]])).tolist()
    return view.page(
        "cluster.html.j2",
        title="Cluster of duplicates",
        number=number,
        members=list(zip(members[:MEMBERS], rows(view.run, places), strict=True)),
        further=len(members) - len(places),
        size=chosen["cluster_size"],
        chosen=chosen,
        keeper=_row(view.run, keeper_id),
        copy=_row(view.run, chosen["id"]),
        sides=(_side(pieces, "cut", start), _side(pieces, "new", start)),
        changed=sum(piece.kind != "same" for piece in pieces),
    )


def _side(pieces: list[Piece], own: str, start: int) -> Any:
    return window([one for one in pieces if one.kind in ("same", own)], start, SIDE_CHARACTERS)


def _row(run: ServedRun, number: int | None) -> Any:
    if number is None:
        return None
    (row,) = rows(run, run.catalogue().places(np.array([number])).tolist())
    return row


def _chosen(members: list[dict[str, Any]], given: str) -> dict[str, Any]:
    if not given:
        return members[0]
    found = next((one for one in members if str(one["id"]) == given), None)
    if found is None:
        raise InputError(f"with={given}: this cluster has no such document")
    return found


def _duplicates(run: ServedRun) -> pa.Table:
    return run.kept(("duplicates",), lambda: run.tables.columns("duplicates", COLUMNS))


def largest_clusters(run: ServedRun) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and sizes of the clusters, the largest first, int64 (m,) each."""
    return run.kept(("clusters",), lambda: _sizes(_duplicates(run)))


def _sizes(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    names, first = np.unique(table.column("cluster_id").to_numpy(), return_index=True)
    sizes = table.column("cluster_size").to_numpy()[first]
    order = np.lexsort((names, -sizes))
    return names[order], sizes[order]
