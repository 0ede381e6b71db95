"""Find exact and near-duplicates: ids only, text is never shuffled.

How it goes, a Parquet folder each:

1. ``signatures``: every text is read once; hash of the normalised text, 64-bit band keys, 8-bit
   sketch, order key (some 330 bytes a document).
2. ``exact``: groups of equal normalised texts; all but one leave.
3. ``band_edges``: the others, linked to the preferred document of each bucket they fall into.
4. ``sketches`` of the documents that have a link.
5. ``edges``: links whose sketches are not hopeless.
6. ``components`` of these links.
7. ``screening``: within each component, in the order of preference, a document similar to one
   that stays leaves in its favour. Sketches decide the clear cases.
8. ``settled``: the doubtful ones, by exact Jaccard similarity of shingle sets.
9. ``duplicates``: the result.

Beside earlier runs (``known``) only those of their documents take part that new ones touch, where that is
no more than the driver holds (``udfs/dedup/touched.py``).

Up to ``max_driver_documents`` documents, steps 2 to 9 run on the driver over the same kernels
(``driver_search.py``): Spark's share of ten small jobs would be most of the time. Above, each is a
DataFrame program without any single-machine limit but the largest component's sketches.

**Order of preference.** Everywhere a document has to be chosen (hub of a bucket, keeper of equal
texts, leader of a component) it is the one with the smallest *order key*: keep policy in the high
bits, a hash of raw text and url in the low ones (``udfs/dedup/keep_order.py``). Ids break ties between
texts that are equal byte for byte only. So the surviving texts depend neither on ids nor on the order
of input files, partitions or batches.

**Promise.** Unless ``verification`` is ``none``: every removed document is similar (>= threshold; by
estimate where that is more than four standard errors clear of it, else exactly) to the document named
as its keeper, and that keeper stays.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from urllib.parse import unquote

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.dedup.band_edges import find_band_edges
from jobs.dedup.combine_duplicates import combine
from jobs.dedup.components import find_components
from jobs.dedup.driver_search import search_on_driver
from jobs.dedup.exact_duplicates import find_exact, without_exact
from jobs.dedup.known_documents import KnownDocuments
from jobs.dedup.linked_sketches import linked_documents, linked_sketches
from jobs.dedup.screen_components import screen_components
from jobs.dedup.settings import DedupSettings
from jobs.dedup.settle_doubtful import involved_sets, settle_doubtful, sure_removals
from jobs.dedup.signature_rows import SignatureRows, beside, of_work_folder
from jobs.dedup.signatures import SIGNATURE_OPTIONS, require_columns, sign
from jobs.dedup.verify_edges import verify_edges
from jobs.dedup.work_folder import WorkFolder
from jobs.runtime.contract.fingerprint import code_fingerprint, digest
from jobs.runtime.spark.arrow_frames import collect_arrow
from jobs.runtime.store import storage


def find_duplicates(
    documents: DataFrame,
    settings: DedupSettings,
    work_folder: str,
    *,
    input_fingerprint: str | None = None,
    signed: SignatureRows | None = None,
    known: KnownDocuments | None = None,
) -> DataFrame:
    """Find which documents are copies of others.

    Args:
        documents: id bigint (unique), text string; optionally url, and the column that the keep
            policy compares (quality, fetched_at or source). Read twice, and never shuffled.
        settings: What counts as a duplicate and which one stays.
        work_folder: Where sub-stages are written and, when input, settings and code are
            unchanged, reused. Any scheme that Spark and the driver can both write.
        input_fingerprint: Identifies the documents. None: derived from the files that the DataFrame
            reads and from its plan; a DataFrame without files is always computed anew.
        signed: The documents' signatures, where they have been computed before.
        known: Documents of earlier runs: they stay as they are, and a new document similar to one of
            them leaves in its favour. Ids of the new ones must not be negative then.

    Returns:
        id bigint, keeper_id bigint, similarity double, kind string, cluster_id bigint, cluster_size
        bigint, n_exact bigint; one row a document to remove. kind is ``exact`` when the keeper's
        normalised text is the same (similarity 1.0), else ``near`` with the Jaccard similarity to the
        keeper. A cluster is a keeper and all documents that it stands for: cluster_id is the keeper's
        id, cluster_size counts the keeper too. n_exact: documents with the same normalised text
        as this one, itself included (1: there is no other). Known documents count in both; a
        keeper among them has its number as a known document, below zero, as keeper_id.

    Raises:
        InputError: A needed column is missing.
        StageError: A budget of the settings is exceeded.
    """
    require_columns(documents.columns, settings)
    fingerprint = _fingerprint(documents, settings, input_fingerprint, known)
    work = WorkFolder(documents.sparkSession, work_folder, fingerprint)
    if signed is None:
        work.sub_stage("signatures", lambda: sign(documents, settings), SIGNATURE_OPTIONS)
        signed = of_work_folder(work)
    rows, removals = beside(signed, known, settings)
    if rows.count <= settings.max_driver_documents:
        removed = None if removals is None else collect_arrow(removals)
        look_up = functools.partial(_looked_up, documents, settings, work, known)
        search_on_driver(rows.table, settings, work.table_stage, look_up, removed)
        return work.rows("duplicates")
    exact = work.sub_stage("exact", lambda: find_exact(rows.frame(), removals))
    copies = _sent_whole(exact, work.row_count("exact"), settings)
    unlike = replace(rows, frame=lambda: without_exact(rows.frame(), copies))
    near = _find_near(documents, unlike, settings, work, known)
    return work.sub_stage("duplicates", lambda: combine(exact, near, known))


def _looked_up(
    documents: DataFrame,
    settings: DedupSettings,
    work: WorkFolder,
    known: KnownDocuments | None,
    involved: pa.Table,
) -> pa.Table:
    """Shingle sets of the involved documents of a search on the driver, their texts read by Spark."""
    rows = work.rows("screening")
    count = len(involved)
    work.sub_stage("sets", lambda: involved_sets(rows, count, documents, settings, known))
    return work.table("sets")


def _find_near(
    documents: DataFrame,
    signatures: SignatureRows,
    settings: DedupSettings,
    work: WorkFolder,
    known: KnownDocuments | None,
) -> DataFrame:
    """Near-duplicates among documents with different normalised texts: id, keeper_id, similarity."""
    band_rows = signatures.count * settings.bands
    candidates = work.sub_stage(
        "band_edges", lambda: find_band_edges(signatures.frame(), band_rows)
    )
    linked = _sent_whole(linked_documents(candidates), work.row_count("band_edges"), settings)
    sketches = work.sub_stage("sketches", lambda: linked_sketches(signatures.frame(), linked))
    edges = work.sub_stage("edges", lambda: verify_edges(candidates, sketches, settings))
    components = work.sub_stage(
        "components", lambda: find_components(edges, work, settings.max_driver_edges)
    )
    standing = sketches
    if known is not None:
        standing = sketches.join(known.removed.select("id"), "id", "left_anti")
    screening = work.sub_stage(
        "screening", lambda: screen_components(components, edges, standing, settings)
    )
    removals = sure_removals(screening)
    if settings.verification == "none":
        return removals
    settled = work.sub_stage(
        "settled", lambda: settle_doubtful(screening, documents, settings, known)
    )
    return removals.unionByName(settled)


def _sent_whole(frame: DataFrame, rows: int, settings: DedupSettings) -> DataFrame:
    """A table of ids, to be sent to every task where it is small: else the other side is shuffled."""
    return F.broadcast(frame) if rows <= settings.max_driver_edges else frame


def _fingerprint(
    documents: DataFrame, settings: DedupSettings, given: str | None, known: KnownDocuments | None
) -> str | None:
    """What the result depends on; None when the input cannot be identified."""
    source: object = given
    if given is None:
        files = sorted(documents.inputFiles())
        plan = _plan(documents)
        if not files or plan is None:
            return None
        source = [plan, *(storage.file_entry(_local(path)) for path in files)]
    before = None if known is None else known.fingerprint
    code = code_fingerprint("jobs.dedup.distributed_search")
    return digest([source, settings.search, before, code])


def _plan(documents: DataFrame) -> str | None:
    """The logical plan without the numbers that Spark gives to expressions anew each time."""
    frame = getattr(documents, "_jdf", None)
    if frame is None:  # Spark Connect has no way to ask for it
        return None
    return re.sub(r"#\d+L?", "", str(frame.queryExecution().optimizedPlan().toString()))


def _local(path: str) -> str:
    """A plain path for Spark's ``file:///a%20b``; object stores as they are."""
    return unquote(re.sub(r"^file:/+", "/", path)) if path.startswith("file:") else path
