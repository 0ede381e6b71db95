"""A folder as `corpusmill pack` leaves it, written without Spark: the stage's own writer, its manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.packing.opened_tokeniser import open_tokeniser
from jobs.packing.row_files import RowWriter, read_facts
from jobs.runtime.contract.fingerprint import digest
from jobs.runtime.contract.manifest import MANIFEST_NAME, Manifest, published_files
from jobs.runtime.contract.row_accounts import RowAccounts
from tests.small_tokenisers import byte_level_json
from udfs.trainer_files.packing.row_facts import added_facts
from udfs.trainer_files.packing.settings import PackSettings

WORDS = (
    "harbour",
    "ledger",
    "tide",
    "oil",
    "lamp",
    "keeper",
    "storm",
    "gull",
    "灯塔",
    "天气",
    "船",
)
SETTINGS = PackSettings(length=64, strategy="best-fit")


def documents(count: int, first: int = 0) -> list[str]:
    """Texts of three to some sixty words, none like another."""
    return [
        " ".join(
            WORDS[(number * step + step // 3) % len(WORDS)] for step in range(3 + number * 7 % 60)
        )
        + f" {number}"
        for number in range(first, first + count)
    ]


def packed_folder(
    folder: Path,
    training: Sequence[str],
    validation: Sequence[str] = (),
    settings: PackSettings = SETTINGS,
    *,
    partitions: int = 2,
    tokeniser: bytes | None = None,
) -> Path:
    """Pack texts; ids are 0, 1, 2... of ``training``, then of ``validation``; return the folder."""
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes(tokeniser or byte_level_json(documents(40)))
    opened = open_tokeniser(str(folder / "tokenizer.json"), settings)
    facts = {**opened.facts(), **asdict(replace(settings, formats=())), "engine": "tokenizers"}
    packed = folder / "packed"
    writer = RowWriter(
        tokeniser=lambda: opened.file,
        engine="tokenizers",
        settings=settings,
        frame=opened.frame,
        id_type=pa.int64(),
        folder=str(packed),
        training_partitions=partitions,
        facts=facts,
    )
    rows = [
        {"partition": number % partitions, "unit": 0, "copy": 0, "id": number, "text": text}
        for number, text in enumerate(training)
    ] + [
        {"partition": partitions, "unit": 0, "copy": 0, "id": len(training) + number, "text": text}
        for number, text in enumerate(validation)
    ]
    rows.sort(key=lambda row: row["partition"])
    schema = pa.schema(
        [
            ("partition", pa.int32()),
            ("unit", pa.int64()),
            ("copy", pa.int32()),
            ("id", pa.int64()),
            ("text", pa.string()),
        ]
    )
    list(writer(iter(pa.Table.from_pylist(rows, schema=schema).to_batches())))
    _write_manifest(packed, len(rows), {**opened.facts(), "tokenizer": opened.path}, facts)
    return folder


def _write_manifest(
    packed: Path, documents: int, told: dict[str, Any], settings: dict[str, Any]
) -> None:
    files = published_files(str(packed))
    by_file = read_facts(str(packed), files)
    known = set(asdict(SETTINGS)) - {"formats"}
    manifest = Manifest(
        dataset="packed",
        stage="pack",
        fingerprint=digest([str(packed), *by_file]),
        fingerprints={},
        accounts=RowAccounts(rows_in=documents, rows_out=documents),
        seconds=0.0,
        created_at="2026-11-28T00:00:00+00:00",
        files=files,
        versions={},
        details={
            **told,
            "settings": {key: value for key, value in settings.items() if key in known},
            "splits": {
                split: added_facts(one["facts"] for one in by_file if one["split"] == split)
                for split in ("train", "validation")
            },
        },
    )
    (packed / MANIFEST_NAME).write_text(manifest.model_dump_json())
