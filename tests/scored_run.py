"""What of a run is read to score its documents: texts with KenLM's perplexity, verdicts, KenLM's card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts
from udfs.perplexity.folder import MODEL_CARD
from udfs.perplexity.tokens import TOKEN_SCHEME

RULES = [
    {"reason": "too_few_words", "signal": "heuristics.word_count", "action": "drop"},
    {"reason": "perplexity_tail", "signal": "perplexity.perplexity", "action": "drop"},
]


def scored_run(
    folder: Path,
    texts: Sequence[str],
    perplexities: Sequence[float | None],
    languages: Sequence[str | None],
    *,
    own_models: bool = True,
) -> Path:
    """Write a run whose ids are 0, 10, 20...; the verdicts lie in the opposite order."""
    ids = [10 * number for number in range(len(texts))]
    scored = [{"perplexity": value} for value in perplexities]
    annotated = pa.table({"id": ids, "text": list(texts), "perplexity": scored})
    hard = [value is not None and value > 500 for value in perplexities]
    verdicts = pa.table({
        "id": ids,
        "language": pa.array(languages, pa.string()),
        "url": pa.array([f"https://example.org/{number}" for number in ids]),
        "source": ["crawl.warc"] * len(ids),
        "reasons": pa.array([["perplexity_tail"] if one else [] for one in hard], pa.list_(pa.string())),
        "flags": pa.array([[] for _ in ids], pa.list_(pa.string())),
        "perplexity_bucket": ["tail" if one else "head" for one in hard],
    }).sort_by([("id", "descending")])  # fmt: skip
    _publish(folder / "annotated", annotated, {})
    _publish(folder / "verdicts", verdicts, {"rules": RULES})
    if own_models:
        (folder / "models" / "perplexity").mkdir(parents=True)
        card = folder / "models" / "perplexity" / MODEL_CARD
        card.write_text(json.dumps({"token_scheme": TOKEN_SCHEME}))
    return folder


def _publish(folder: Path, table: pa.Table, details: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "part.parquet")
    manifest = Manifest(
        dataset=folder.name, stage="a test", fingerprint=folder.name, fingerprints={},
        accounts=RowAccounts(rows_in=len(table), rows_out=len(table)), seconds=0.0, created_at="",
        files=published_files(str(folder)), versions={}, details=details,
    )  # fmt: skip
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json())
