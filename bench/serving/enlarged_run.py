"""A finished run with its documents repeated, each copy with ids and a text of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.inspection.run_tables import RunTables
from jobs.runtime.contract.document_ids import ROW_BITS
from jobs.runtime.contract.manifest import MANIFEST_NAME, published_files
from jobs.runtime.spark.row_groups import row_group_rows

DATASETS = (
    "documents", "extracted", "annotated", "verdicts", "duplicates", "dropped", "quarantined", "corpus",
)  # fmt: skip
LEFT_OUT = ("models", "_work", "phrase_index", "labels.parquet")
IDS = ("id", "keeper_id", "cluster_id")
FILE_ROWS, ROWS_AT_ONCE = 125_000, 62_500
VOCABULARY, WORDS, STREAM = 60_000, 160, 1 << 25


def enlarge(run: str, folder: Path, documents: int) -> None:
    """Write the enlarged run.

    Args:
        run: A finished run.
        folder: Where to; must not exist.
        documents: About so many: as many whole copies as give them.
    """
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns(*LEFT_OUT, *DATASETS))
    tables = RunTables(run)
    copies = -(-documents // tables.manifest("documents").rows)
    words = Words()
    ids = tables.columns("documents", ["id"]).column("id").to_numpy()
    files_of_run = pa.array(np.unique(ids >> ROW_BITS))
    for dataset in DATASETS:
        files = tables.manifest(dataset).files
        paths = [
            Path(run) / dataset / file.path for file in files if file.path.endswith(".parquet")
        ]
        rows = pa.concat_tables([pq.read_table(path) for path in paths]).combine_chunks()
        place = folder / dataset
        place.mkdir()
        _write(place, _renumbered(rows, files_of_run), copies, len(files_of_run), words)
        manifest = tables.manifest(dataset)
        accounts = {name: count * copies for name, count in manifest.accounts.model_dump().items()}
        published = manifest.model_copy(
            update={
                "files": published_files(str(place)),
                "accounts": manifest.accounts.model_copy(update=accounts),
            }
        )
        (place / MANIFEST_NAME).write_text(published.model_dump_json(), encoding="utf-8")


class Words:
    """Texts cut out of one long stream of random words, so that a phrase is in a few of them."""

    def __init__(self) -> None:
        random = np.random.default_rng(18)
        letters = np.array(list("etaoinshrdlucmfwypvbgk"))
        drawn = random.choice(letters, (VOCABULARY, 9))
        lengths = random.integers(2, 10, VOCABULARY)
        own = ["".join(row[:length]) for row, length in zip(drawn, lengths, strict=True)]
        self.vocabulary = pa.array(own)
        self.stream = (VOCABULARY ** random.random(STREAM) - 1).astype(np.int32)  # Zipf's law
        self.lengths = np.clip(random.lognormal(np.log(WORDS), 0.6, 4096), 20, 3000).astype(
            np.int64
        )

    def texts(self, ids: np.ndarray) -> pa.Array:
        """Return the text of each id, always the same one."""
        mixed = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        lengths = self.lengths[(mixed >> np.uint64(52)).astype(np.int64)]
        starts = (mixed >> np.uint64(8)).astype(np.int64) % (STREAM - 3000)
        offsets = np.append(0, np.cumsum(lengths))
        places = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        words = self.vocabulary.take(pa.array(self.stream[places]))
        return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), words), " ")


def _renumbered(rows: pa.Table, numbers: pa.Array) -> pa.Table:
    """Rows whose files are numbered from 0 on, so that the next copy's follow them."""
    for name in IDS:
        if name in rows.column_names:
            ids = rows.column(name)
            files = pc.index_in(pc.shift_right(ids, ROW_BITS), numbers).cast(pa.int64())
            records = pc.bit_wise_and(ids, (1 << ROW_BITS) - 1)
            told = pc.bit_wise_or(pc.shift_left(files, ROW_BITS), records)
            rows = rows.set_column(rows.column_names.index(name), name, told)
    return rows.combine_chunks()


def _write(place: Path, rows: pa.Table, copies: int, files: int, words: Words) -> None:
    if not rows.num_rows:
        pq.write_table(rows, place / "part-00000.parquet", compression="zstd")
        return
    at_once = max(1, ROWS_AT_ONCE // rows.num_rows)
    starts = range(0, copies, at_once)
    pieces_a_file = max(1, FILE_ROWS // (at_once * rows.num_rows))
    for number in range(0, len(starts), pieces_a_file):
        path = place / f"part-{number // pieces_a_file:05d}.zstd.parquet"
        with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
            for start in starts[number : number + pieces_a_file]:
                copied = range(start, min(start + at_once, copies))
                table = _copied(rows, copied, files, words)
                writer.write_table(table, row_group_rows(table))  # as a run writes them


def _copied(rows: pa.Table, copied: range, files: int, words: Words) -> pa.Table:
    """Copies of all rows in ascending order of their ids; texts are new, and those of one id alike."""
    rows = rows.sort_by("id")
    table = pa.concat_tables([rows] * len(copied)).combine_chunks()
    shift = np.repeat(np.array(copied) * files << ROW_BITS, rows.num_rows)
    for name in IDS:
        if name in table.column_names:
            moved = pc.add(table.column(name), pa.array(shift))
            table = table.set_column(table.column_names.index(name), name, moved)
    if "text" in table.column_names:
        texts = words.texts(table.column("id").to_numpy())
        texts = pc.if_else(table.column("text").is_valid(), texts, pa.scalar(None, texts.type))
        place = table.column_names.index("text")
        table = table.set_column(
            place, rows.schema.field("text"), texts.cast(rows.schema.field("text").type)
        )
    return table.cast(rows.schema)
