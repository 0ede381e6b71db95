"""scores.html: documents as KenLM and as a reference model find them, for who has to judge KenLM's rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from jobs.report import score_scatter
from jobs.report.page import rendered
from jobs.report.score_scatter import Scatter, scatter

TEMPLATE: Final = "scores.html.j2"
PICTURES: Final = 6


def render_score_page(facts: Mapping[str, Any], scores: pa.Table, most_seen: float) -> str:
    """Return the page of scored documents; it needs no network and no other file.

    Args:
        facts: What ``scores.json`` holds.
        scores: What ``scores.parquet`` holds.
        most_seen: Share of a document's tokens in runs trained on from which it counts as seen.
    """
    shown = [one for one in facts["languages"] if one["documents"] >= facts["fewest"]]
    pictures = {
        one["language"]: _picture(scores, one["language"], most_seen) for one in shown[:PICTURES]
    }
    return rendered(
        TEMPLATE,
        facts=facts,
        pictures=pictures,
        frame=score_scatter,
        three_digits=lambda value: f"{value:.3f}".replace("-", "−"),
    )


def _picture(scores: pa.Table, language: str, most_seen: float) -> Scatter:
    own = scores.filter(pc.equal(scores.column("language"), language))
    kenlm, bits = (own.column(name).to_pylist() for name in ("kenlm_nats_a_token", "bits_a_byte"))
    seen = [share >= most_seen for share in own.column("seen_share").to_pylist()]
    return scatter(kenlm, bits, seen, own.column("id").to_pylist())
