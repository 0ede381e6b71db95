"""A finished training and a run → scores.parquet, scores.json and scores.html beside the model."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ablation.score_facts import FEWEST, score_facts
from jobs.ablation.scored_documents import ROWS_A_DOCUMENT, DocumentScorer, Sample
from jobs.inspection.run_tables import RunTables
from jobs.models.reference.held_out import MOST_SEEN
from jobs.models.reference.settings import TrainingSettings
from jobs.packing.opened_rows import OpenedRows
from jobs.report.score_page import render_score_page

if TYPE_CHECKING:
    from jobs.models.reference.machine import Machine
    from jobs.models.reference.training import Trainer, TrainingData

SCORES_NAME, FACTS_NAME, PAGE_NAME = "scores.parquet", "scores.json", "scores.html"
TOKENS_AT_ONCE: Final = 16_384


def document_scorer(
    trainer: Trainer,
    data: TrainingData,
    rows: OpenedRows,
    settings: TrainingSettings,
    here: Machine,
    note: Callable[[str], None],
) -> DocumentScorer:
    """Return a scorer of a trained model, which sees documents as it was trained on them."""
    from jobs.models.reference.evaluation import segment_losses

    losses = functools.partial(
        segment_losses,
        trainer.model,
        settings=settings,
        machine=here,
        length=data.stream.length,
        rows_at_once=max(1, TOKENS_AT_ONCE // data.stream.length),
    )
    return DocumentScorer(data.text, data.stream, rows.manifest.details["bos_id"], losses, note)


def write_scores(
    folder: Path,
    arguments: argparse.Namespace,
    scorer: DocumentScorer,
    settings: TrainingSettings,
    sample: Sample,
) -> list[str]:
    """Score the sample, write table, facts and page; return a line a language and the page's path."""
    tables, stream = RunTables(arguments.score), scorer.stream
    scores = scorer.score(tables, sample)
    facts = {
        "created_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "run": arguments.score,
        "model": str(folder),
        "parameters": settings.shape.parameters(stream.vocabulary),
        "steps": settings.steps,
        "tokenizer_sha256": stream.facts["tokenizer_sha256"],
        "length": stream.length,
        "limit": arguments.score_documents,
        "fewest": FEWEST,
        "without": sample.without,
        "beyond": sample.beyond,
        "cut": scores.filter(pc.invert(scores.column("whole"))).num_rows,
        "rows_a_document": ROWS_A_DOCUMENT,
        **score_facts(scores, tables.manifest("verdicts").details["rules"]),
    }
    _write(folder, facts, scores)
    return [*map(_agreement, facts["languages"]), str(folder / PAGE_NAME)]


def _write(folder: Path, facts: Mapping[str, Any], scores: pa.Table) -> None:
    pq.write_table(scores, folder / SCORES_NAME, compression="zstd")
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (folder / FACTS_NAME).write_text(f"{text}\n", "utf-8")
    (folder / PAGE_NAME).write_text(render_score_page(facts, scores, MOST_SEEN), "utf-8")


def _agreement(facts: Mapping[str, Any]) -> str:
    found = facts["correlations"]["bits_a_byte"]
    of = "not trained on" if facts["judged_unseen"] else "trained on or not"
    count = facts["unseen" if facts["judged_unseen"] else "documents"]
    told = (
        f"too few to tell, {FEWEST} are wanted"
        if found is None
        else f"rank correlation with KenLM {found['rho']:+.3f} "
        f"(95 %: {found['low']:+.3f} to {found['high']:+.3f})"
    )
    return f"{facts['language']}: {count:,} documents {of}: {told}"
