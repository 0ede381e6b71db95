"""Generated corpora for benches of deduplication, and the signing of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.dedup.synthetic_families import BATCH, Corpus, generate_batches
from bench.measuring import measured, print_result
from bench.shared_folder import OUTPUT
from jobs.dedup import DedupSettings
from udfs.dedup.signatures import sign_documents

FOLDER = OUTPUT / "dedup"


DOCUMENTS_PER_FILE = 50_000


def measure_kernels(corpus: Corpus, count: int) -> None:
    """Signatures on one core, from Arrow text to Arrow columns, as a Spark worker computes them."""
    plan = DedupSettings().signing_plan
    sample = signing_batches(corpus, count)
    list(sign_documents(sample[:1], plan))  # compiling, or loading what was compiled before
    _, cost = measured(lambda: list(sign_documents(sample, plan)))
    size = sum(batch.column("text").nbytes for batch in sample)
    print_result(
        "dedup_signatures", "corpusmill_kernels", count, size, **cost.fields(),
        docs_per_cpu_s=round(count / cost.cpu_s), permutations=plan.bands * plan.rows,
    )  # fmt: skip


def signing_batches(corpus: Corpus, count: int) -> list[pa.RecordBatch]:
    """The first documents as Spark hands them to a worker."""
    table = corpus.table.slice(0, count)
    table = table.append_column("address", pa.nulls(count, pa.string()))
    table = table.append_column("scope", pa.nulls(count, pa.string()))
    table = table.append_column("keep_value", pa.nulls(count, pa.float64()))
    return list(table.to_batches(max_chunksize=256))


def write_corpus(documents: int) -> Path:
    """Write the generated corpus as Parquet, in a stream; its folder."""
    folder = FOLDER / f"corpus-{documents}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    writer, rows = None, 0
    per_file = max(BATCH, min(DOCUMENTS_PER_FILE, documents // 4))
    for number, batch in enumerate(generate_batches(documents, batch=min(BATCH, documents // 4))):
        if writer is None or rows >= per_file:
            if writer is not None:
                writer.close()
            path = folder / f"{number:05d}.parquet"
            writer, rows = pq.ParquetWriter(path, batch.table.schema, compression="zstd"), 0
        writer.write_table(batch.table)
        rows += len(batch.family)
    if writer is not None:
        writer.close()
    return folder
