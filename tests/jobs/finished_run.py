"""A small finished run on disk, made without a pipeline: what the report reads, in every variety.

400 documents from four hosts and one folder: Chinese, English and German prose whose signals follow
plausible distributions, documents for each reason, clusters of duplicates, records that could not
be read, and hostile text. Everything follows from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.recipes.rules import AbsentRule
from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.spark.schemas import (
    CORPUS_COLUMNS,
    DOCUMENTS,
    DROPPED,
    DUPLICATES,
    EXTRACTED,
    QUARANTINED,
)
from tests.jobs.finished_run_rules import RULES, FakeRecipe, resolved_rules

HOSTILE_TEXT = (
    "</blockquote><script>alert('x')</script>\x00\x07 abc\u202edcba "
    "\u2066hidden\u2069 <b>bold</b> & done"
)
HOSTILE_URL = "javascript:alert(1)//<img src=x onerror=alert(2)>"
READABLE, UNREADABLE_AT_INGEST, UNREADABLE_AT_EXTRACT = 400, 2, 6

CHINESE = (
    "秋天的早晨，河面上升起一层薄雾，渡船慢慢靠岸。老人把网收起来，数了数昨夜的收获，又望了望远处的山。",
    "这座城市的图书馆建于一九二六年，藏书四十余万册，其中有不少地方志和手稿，每逢周末都坐满了读者。",
    "编译器首先把源代码切成词，再按语法组成一棵树，最后为每个节点生成指令；错误信息应当指出行号和原因。",
)
ENGLISH = (
    "The ferry left the quay a little after seven, when the fog had lifted and the gulls were back. ",
    "A good index is small enough to fit in memory and honest about what it does not know. ",
    "In the second year of the survey the team counted forty-one species of moss on the north wall. ",
)
GERMAN = (
    "Der Zug hielt an jeder kleinen Station, und niemand schien es eilig zu haben. ",
    "Im Archiv liegen die Briefe nach Jahren geordnet, die meisten davon ungeöffnet. ",
)


ABSENT = AbsentRule(
    reason="unsafe_model", signal="safety.model_score", why="no safety model was given"
)
ANNOTATED_ORIGIN = (
    "id",
    "source",
    "source_id",
    "url",
    "fetched_at",
    "title",
    "author",
    "date",
    "format",
)


@dataclass
class FinishedRun:
    """The folder of a run and what a right report says of it."""

    output: str
    recipe: FakeRecipe
    kept: int = 0
    dropped: int = 0
    quarantined: int = UNREADABLE_AT_INGEST + UNREADABLE_AT_EXTRACT
    reasons: dict[str, int] = field(default_factory=dict)
    annotated: list[dict[str, Any]] = field(default_factory=list)


def make_finished_run(folder: Path, *, seed: int = 7, files: int = 2) -> FinishedRun:
    """Write all datasets and manifests of a run.

    Args:
        folder: OUTPUT; must not exist yet.
        seed: Of all values; one seed is one run, whatever the number of files.
        files: Parquet files a dataset.
    """
    run = FinishedRun(str(folder), FakeRecipe(rules=RULES))
    run.annotated = _annotated(np.random.default_rng(seed))
    verdicts = [_verdict(row) for row in run.annotated]
    duplicates = _duplicates(verdicts)
    ledger = _ledger(verdicts, duplicates)
    gone = {row["id"] for row in ledger}
    corpus = [_corpus_row(row) for row in run.annotated if row["id"] not in gone]
    unread = _unreadable()
    run.kept, run.dropped = len(corpus), len(ledger)
    for row in ledger:
        run.reasons[row["reason"]] = run.reasons.get(row["reason"], 0) + 1
    alive = [row for row in verdicts if row["reason"] is None]
    datasets: dict[str, tuple[str, list[dict[str, Any]], pa.Schema | None, RowAccounts, float]] = {
        "documents": ("ingest", _documents(run.annotated, unread), DOCUMENTS,
                      RowAccounts(rows_in=408, rows_out=406, rows_quarantined=2), 4.2),
        "extracted": ("extract", _extracted(run.annotated, unread), EXTRACTED,
                      RowAccounts(rows_in=406, rows_out=400, rows_quarantined=6), 31.75),
        "annotated": ("annotate", run.annotated, None, RowAccounts(rows_in=400, rows_out=400), 12.5),
        "verdicts": ("decide", verdicts, VERDICTS,
                     RowAccounts(rows_in=400, rows_out=len(alive), rows_dropped=400 - len(alive)), 1.9),
        "duplicates": ("dedup", duplicates, DUPLICATES,
                       RowAccounts(rows_in=len(alive), rows_out=len(corpus),
                                   rows_dropped=len(duplicates)), 9.1),
        "corpus": ("publish", corpus, CORPUS, RowAccounts(rows_in=len(corpus), rows_out=len(corpus)), 2.2),
        "dropped": ("publish dropped", ledger, DROPPED,
                    RowAccounts(rows_in=len(ledger), rows_out=len(ledger)), 1.1),
        "quarantined": ("publish quarantined", unread, QUARANTINED, RowAccounts(rows_in=8, rows_out=8), 0.7),
    }  # fmt: skip
    details = {"verdicts": _decide_details(), "duplicates": {"mode": "remove", "against": []}}
    for dataset, (stage, rows, schema, accounts, seconds) in datasets.items():
        place = folder / dataset
        _write_rows(place, rows, schema, files)
        write_manifest(place, dataset, stage, accounts, seconds, details.get(dataset, {}))
    model = folder / "models" / "perplexity"
    model.mkdir(parents=True)
    (model / "model.json").write_text("{}", encoding="utf-8")
    accounts = RowAccounts(rows_in=400, rows_out=400)
    write_manifest(folder / "models", "models", "train-perplexity", accounts, 18.4, {})
    return run


def write_manifest(
    place: Path,
    dataset: str,
    stage: str,
    accounts: RowAccounts,
    seconds: float,
    details: dict[str, Any],
) -> None:
    """Publish a folder as it stands."""
    manifest = Manifest(
        dataset=dataset,
        stage=stage,
        fingerprint=f"{len(dataset):032x}",
        fingerprints={"inputs": "0" * 32, "configuration": "1" * 32, "code": "2" * 32},
        accounts=accounts,
        seconds=seconds,
        created_at="2026-03-01T12:30:00+00:00",
        files=published_files(str(place)),
        versions={"corpusmill": "0.1.0", "python": "3.11.7", "spark": "4.1.4", "pyarrow": "26.0.1"},
        details=details,
    )
    (place / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")


VERDICTS = pa.schema([
    ("id", pa.int64()), ("source", pa.string()), ("url", pa.string()), ("language", pa.string()),
    ("reason", pa.string()), ("reasons", pa.list_(pa.string())), ("flags", pa.list_(pa.string())),
    ("signal", pa.string()), ("value", pa.float64()), ("threshold", pa.float64()),
])  # fmt: skip
CORPUS = pa.schema([(name, pa.int64() if name == "id" else pa.string()) for name in CORPUS_COLUMNS])


def _decide_details() -> dict[str, Any]:
    return {
        "rules": [rule.model_dump() for rule in resolved_rules()],
        "absent_rules": [ABSENT.model_dump()],
    }


def _annotated(random: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for number in range(READABLE):
        language = ("zh", "en", "de", "ja")[int(random.choice(4, p=[0.5, 0.36, 0.12, 0.02]))]
        rows.append(_annotated_row(number, language, random))
    _plant(rows)
    for row in rows:
        row["heuristics"]["byte_count"] = len(row["text"].encode())
        row["heuristics"]["character_count"] = len(row["text"])
    return rows


def _annotated_row(number: int, language: str, random: np.random.Generator) -> dict[str, Any]:
    sentences = {"zh": CHINESE, "ja": CHINESE, "en": ENGLISH, "de": GERMAN}[language]
    order = random.integers(0, len(sentences), int(random.integers(2, 12)))
    host = ("news.example.com", "www.example.org", "forum.example.net", None)[number % 4]
    folder = ("html/blog/2021", "html/blog/2022", "pdf/manuals")[number % 3]
    return {
        "id": number << 25,
        "source": f"crawl/{folder}/page{number:04d}.html",
        "source_id": None,
        "url": f"https://{host}/page/{number}" if host else None,
        "fetched_at": "2026-02-11T08:00:00Z",
        "title": f"Page {number}",
        "author": None,
        "date": None,
        "format": ("html", "html", "html", "pdf", "epub")[number % 5],
        "text": "".join(sentences[place] for place in order),
        "language": {
            "language": language,
            "score": float(random.uniform(0.75, 1.0)),
            "script": "Latn",
        },
        "cleaning": {
            "sentences_collapsed": int(random.poisson(0.2)),
            "windows_excised": int(random.poisson(0.03)),
            "lines_dropped": int(random.poisson(0.8)),
        },
        "heuristics": {
            "byte_count": 0,  # set once all texts are final
            "character_count": 0,
            "words": int(np.exp(random.normal(6.3, 0.8))) + 90,
            "mean_word_length": float(
                random.normal(1.8 if language in ("zh", "ja") else 4.8, 0.25)
            ),
            "special_character_ratio": float(random.beta(4, 20)),
            "stop_word_ratio": float(random.beta(14, 30)),
        },
        "repetition": {"duplicate_5grams": float(random.beta(1.2, 18))},
        "lines": {"short_share": float(random.beta(2, 8))},
        "perplexity": {"perplexity": float(np.exp(random.normal(5.6, 0.35)))},
        "safety": {
            "keyword_density": float(random.exponential(0.0006)),
            "model_score": None,
            "keyword_flag": False,
            "keyword_hits": 0,
            "hit_density": 0.0,
        },
    }


def _plant(rows: list[dict[str, Any]]) -> None:
    """Give the first rows something to leave for, and make some text hostile."""
    for row in rows[:20]:
        row["heuristics"]["words"] = 12 + row["id"] % 7
    for row in rows[20:32]:
        row["heuristics"]["special_character_ratio"] = 0.55
    for row in rows[32:47]:
        row["repetition"]["duplicate_5grams"] = 0.93
        row["text"] = "你怎么还不回来？" * 30
    for row in rows[47:56]:
        row["lines"]["short_share"] = 0.9
    for row in rows[56:62]:
        row["perplexity"]["perplexity"] = 52_000.0
        row["text"] = "河的薄上雾一层，面升起慢船渡。" * 8
    for row in rows[62:65]:
        row["safety"] |= {"keyword_density": 0.08, "keyword_flag": True, "keyword_hits": 5}
        row["safety"]["hit_density"] = 0.08
    rows[65]["language"]["score"] = 0.05
    rows[65]["text"], rows[65]["url"] = HOSTILE_TEXT, HOSTILE_URL
    for row in rows[66:70]:
        row["heuristics"]["words"] = 5_000
    rows[70]["perplexity"]["perplexity"] = float("nan")
    rows[71]["perplexity"]["perplexity"] = None
    for row in rows[20:24]:
        row["repetition"]["duplicate_5grams"] = 0.99


def signal_value(row: dict[str, Any], signal: str) -> float | None:
    """Return a row's value of a signal named ``struct.field``."""
    struct, name = signal.split(".")
    value = row[struct][name]
    return None if value is None or value != value else float(value)


def _verdict(row: dict[str, Any]) -> dict[str, Any]:
    language = row["language"]["language"]
    drops, flags, first = [], [], None
    for rule in resolved_rules():
        bounds = rule.languages.get(language, rule.default)
        value = signal_value(row, rule.signal)
        held = all(signal_value(row, c.signal) >= c.min for c in rule.when)
        if bounds is None or value is None or not held:
            continue
        low = bounds.min is not None and value < bounds.min
        if low or (bounds.max is not None and value > bounds.max):
            (drops if rule.action == "drop" else flags).append(rule.reason)
            if rule.action == "drop" and first is None:
                first = (rule.signal, value, bounds.min if low else bounds.max)
    signal, value, threshold = first or (None, None, None)
    return {
        "id": row["id"], "source": row["source"], "url": row["url"], "language": language,
        "reason": drops[0] if drops else None, "reasons": drops, "flags": flags,
        "signal": signal, "value": value, "threshold": threshold,
    }  # fmt: skip


def _duplicates(verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return clusters of 9, 4 and 2 documents among the last living ones."""
    alive = [row["id"] for row in verdicts if row["reason"] is None]
    rows, place = [], len(alive) - 15
    for size in (9, 4, 2):
        keeper, *removed = alive[place : place + size]
        place += size
        for order, number in enumerate(removed):
            rows.append({
                "id": number, "keeper_id": keeper, "keeper_run": 0, "cluster_id": keeper,
                "cluster_size": size, "n_exact": 1 if order % 2 else size - size // 2 + 1,
                "kind": "near" if order % 2 else "exact", "similarity": 0.83 if order % 2 else 1.0,
            })  # fmt: skip
    return rows


def _ledger(
    verdicts: list[dict[str, Any]], duplicates: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    nothing = {"keeper_id": None, "keeper_run": None, "similarity": None}
    rows = [{**row, **nothing, "stage": "decide"} for row in verdicts if row["reason"]]
    by_id = {row["id"]: row for row in verdicts}
    for pair in duplicates:
        reason = f"{pair['kind']}_duplicate"
        rows.append({
            **by_id[pair["id"]], "stage": "dedup", "reason": reason, "reasons": [reason],
            "signal": "dedup.similarity", "value": pair["similarity"], "threshold": None,
            "keeper_id": pair["keeper_id"], "similarity": pair["similarity"],
        })  # fmt: skip
    return rows


def _corpus_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: row.get(name) for name in CORPUS_COLUMNS},
        "language": row["language"]["language"],
    }


def _unreadable() -> list[dict[str, Any]]:
    rows = []
    for number in range(UNREADABLE_AT_INGEST + UNREADABLE_AT_EXTRACT):
        at_ingest = number < UNREADABLE_AT_INGEST
        rows.append({
            "id": (READABLE + number) << 25,
            "url": None,
            "source": f"crawl/pdf/manuals/broken{number}.pdf",
            "stage": "ingest" if at_ingest else "extract",
            "status": "empty" if at_ingest else ("malformed", "encrypted")[number % 2],
            "detail": "0 bytes, at least 1 wanted" if at_ingest else "trailer missing <at byte 512>",
            "content_hash": None if at_ingest else f"{number:032x}",
        })  # fmt: skip
    return rows


def _documents(rows: list[dict[str, Any]], unread: list[dict[str, Any]]) -> list[dict[str, Any]]:
    readable = [
        {**row, "content_bytes": len(row["text"].encode()) + 900,
         "is_text": False, "status": "ok", "detail": ""}
        for row in rows
    ]  # fmt: skip
    broken = [
        {**row, "content_bytes": 0, "is_text": False,
         "status": row["status"] if row["stage"] == "ingest" else "ok"}
        for row in unread
    ]  # fmt: skip
    return readable + broken


def _extracted(rows: list[dict[str, Any]], unread: list[dict[str, Any]]) -> list[dict[str, Any]]:
    readable = [
        {**row, "content_bytes": 1, "status": "ok", "detail": "", "stage": "extract"}
        for row in rows
    ]
    return readable + [
        {**row, "format": "pdf"} if row["stage"] == "extract" else row for row in unread
    ]


def _write_rows(
    place: Path, rows: list[dict[str, Any]], schema: pa.Schema | None, files: int
) -> None:
    place.mkdir(parents=True)
    names = list(schema.names) if schema is not None else list(rows[0])
    plain = [{name: row.get(name) for name in names} for row in rows]
    table = pa.Table.from_pylist(plain, schema=schema or _annotated_schema())
    size = max(1, -(-table.num_rows // files))
    for number in range(files):
        part = table.slice(number * size, size)
        pq.write_table(part, place / f"part-{number:05d}.zstd.parquet", compression="zstd")


def _annotated_schema() -> pa.Schema:
    number, text = pa.float64(), pa.string()
    return pa.schema([
        *((name, pa.int64() if name == "id" else text) for name in ANNOTATED_ORIGIN),
        ("text", text),
        ("language", pa.struct([("language", text), ("score", pa.float32()), ("script", text)])),
        ("cleaning", pa.struct([(name, pa.int32()) for name in
                                ("sentences_collapsed", "windows_excised", "lines_dropped")])),
        ("heuristics", pa.struct([
            ("byte_count", pa.int64()), ("character_count", pa.int64()),
            ("words", pa.int64()), ("mean_word_length", number),
                                  ("special_character_ratio", number), ("stop_word_ratio", number)])),
        ("repetition", pa.struct([("duplicate_5grams", number)])),
        ("lines", pa.struct([("short_share", number)])),
        ("perplexity", pa.struct([("perplexity", number)])),
        ("safety", pa.struct([
            ("keyword_density", number), ("model_score", number), ("keyword_flag", pa.bool_()),
            ("keyword_hits", pa.int32()), ("hit_density", number),
        ])),
    ])  # fmt: skip
