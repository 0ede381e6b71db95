"""What duplicate removal promises as a whole; below, where each of its promises is tested.

======  ==============================================  ====================================================
number  promise                                         tests
======  ==============================================  ====================================================
1       signatures are datasketch's                     test_minhash: equal_datasketch
2       shingles are those of a plain reference         test_shingle_hashes; test_text_kernel_reference
3       meeting rate is the S-curve, estimate unbiased  test_minhash: s_curve, no_bias; test_preset_recall
4       components, driver and Spark                    test_dedup_components; test_edge_arrays
5       12-bit band keys do no harm                     test_dedup_find_duplicates: colliding_band_keys
6       partitions, AQE, batches, order, retries        test_dedup_find_duplicates: number_of_partitions,
                                                        other_ids; test_dedup_properties: neither_batches;
                                                        test_dedup_extremes: failed_tasks
7       a corpus twice is the corpus once               test_dedup_find_duplicates: twice, nothing_is_left;
                                                        test_dedup_properties: twice
8       a higher threshold removes no more              here: higher_threshold
9       nothing is lost, every keeper stays             here: count_the_input; test_dedup_properties:
                                                        names_a_kept_one; test_report_duplicate_sources
10      identity: removed texts, read again by id       here: removed_texts_read_again
11      runs against runs are one run                   test_dedup_against
12      marked documents count to the input             here: count_the_input; test_user_tables: annotate
13      a million copies of one document                test_dedup_extremes: hot_bucket
14      a chain of 10,000                               test_dedup_extremes: long_chain
15      templates with 60 % boilerplate                 here: templates
16      killed after any sub-stage; a part lost;        here: killed_after_any; test_dedup_work_folder;
        input, settings, code changed                   test_kill_and_resume
17      a lost Parquet part is noticed                  test_dedup_work_folder: damaged; test_stage: vanished
18      the same keys everywhere                        test_document_signatures: keys_are_those_of_format
19      six permutations: the documented table          test_preset_recall; test_dedup_plan
======  ==============================================  ====================================================
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.dedup import DedupSettings, find_duplicates
from jobs.dedup.work_folder import WorkFolder
from tests.jobs.dedup_documents import edited, families, similarity, words
from tests.properties.test_dedup_properties import remove

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tests.sample_run import FinishedRun

TEXTS = families(12, seed=8)
IN_SPARK = DedupSettings(max_driver_documents=0, max_driver_edges=0)
SUB_STAGES = (
    "signatures", "exact", "band_edges", "sketches", "edges", "components-start", "components-round-00",
    "components", "screening", "settled", "duplicates",
)  # fmt: skip


def write(folder: Path, texts: list[str]) -> str:
    table = pa.table({"id": pa.array(range(len(texts)), pa.int64()), "text": texts})
    pq.write_table(table, folder / "documents.parquet", row_group_size=20)
    return (folder / "documents.parquet").as_uri()


class KilledError(Exception):
    """Stands for the death of the driver."""


@pytest.mark.spark
def test_a_search_killed_after_any_sub_stage_goes_on(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, TEXTS)
    built: Counter[str] = Counter()
    deadly: set[str] = set()
    ensure = WorkFolder._ensure

    def watched(self: WorkFolder, name: str, writer: Callable[[str], None]) -> None:
        def counted(folder: str) -> None:
            built[name] += 1
            writer(folder)
            if name in deadly:
                raise KilledError  # the rows are there, the record that makes them count is not

        ensure(self, name, counted)

    def search() -> list[tuple[Any, ...]]:
        documents = spark.read.parquet(path)
        found = find_duplicates(documents, IN_SPARK, str(tmp_path / "work"))
        return sorted(map(tuple, found.collect()))

    monkeypatch.setattr(WorkFolder, "_ensure", watched)
    for name in SUB_STAGES:
        deadly.add(name)
        with pytest.raises(KilledError):
            search()
        deadly.clear()
    found = search()
    # The one with sub-stages of its own was begun for each of those that died as well.
    assert {name: built[name] for name in SUB_STAGES} == {
        **dict.fromkeys(SUB_STAGES, 2), "components": 4
    }  # fmt: skip
    fresh = find_duplicates(spark.read.parquet(path), DedupSettings(), str(tmp_path / "fresh"))
    assert found == sorted(map(tuple, fresh.collect()))
    assert len(found) > 20


@pytest.mark.spark
def test_sizes_of_those_kept_count_the_input(spark: SparkSession, tmp_path: Path) -> None:
    documents = spark.read.parquet(write(tmp_path, TEXTS))
    rows = find_duplicates(documents, DedupSettings(), str(tmp_path / "work")).collect()
    removed = {row.id for row in rows}
    size = {row.keeper_id: row.cluster_size for row in rows}
    kept = [number for number in range(len(TEXTS)) if number not in removed]
    assert set(size) <= set(kept)
    assert sum(size.get(number, 1) for number in kept) == len(TEXTS)
    copies = {" ".join(TEXTS[row.id].lower().split()): row.n_exact for row in rows}
    normal = Counter(" ".join(text.lower().split()) for text in TEXTS)
    assert all(normal[text] == count for text, count in copies.items())


def faults(texts: Mapping[int, str], duplicates: list[dict[str, Any]]) -> int:
    """Removed documents whose text is not similar to that of the document kept for it."""
    return sum(
        similarity(texts[row["id"]], texts[row["keeper_id"]]) < 0.7 - 1e-9 for row in duplicates
    )


@pytest.mark.spark
def test_removed_texts_read_again_are_those_of_their_keepers(finished_run: FinishedRun) -> None:
    annotated = finished_run.rows("annotated", ["id", "text"])
    texts = {row["id"]: row["text"] for row in annotated}
    duplicates = finished_run.rows("duplicates")
    published = {row["id"]: row["text"] for row in finished_run.rows("corpus", ["id", "text"])}
    assert duplicates
    assert faults(texts, duplicates) == 0
    for row in duplicates:
        assert row["id"] not in published
        assert published[row["keeper_id"]] == texts[row["keeper_id"]]
    # The check is one: with the ids of other rows of the files it finds faults.
    others = sorted(set(published) - {row["keeper_id"] for row in duplicates})
    mixed = [{**row, "id": others[place]} for place, row in enumerate(duplicates)]
    assert faults(texts, mixed) > 0


CHAINED = st.lists(
    st.integers(0, 60).map(lambda start: " ".join(f"w{n}" for n in range(start, start + 100))),
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(CHAINED, st.sampled_from([(0.6, 0.7), (0.7, 0.8), (0.7, 0.95)]))
def test_a_higher_threshold_removes_no_more(
    texts: list[str], thresholds: tuple[float, float]
) -> None:
    """Whoever leaves at the higher one leaves at the lower one, or his keeper does.

    The second happens in chains: A-B-C where B leaves for A, and C resembles B alone, which stays at
    the higher threshold. A plain subset would mean to remove C although no document like it is left.
    """
    low, high = (remove(list(texts), DedupSettings(threshold=value)) for value in thresholds)
    for number, row in high.items():
        assert number in low or row[0] in low


def test_a_higher_threshold_removes_a_subset_of_stars() -> None:
    texts: list[str | None] = []
    for family in range(6):
        base = words(250, 900 + family)
        texts.append(" ".join([*base, "and", "a", "longer", "tail", "so", "that", "it", "stays"]))
        texts += [" ".join(edited(base, changes, family)) for changes in (1, 4, 8, 14)]
    removed = [set(remove(texts, DedupSettings(threshold=t / 100))) for t in (60, 70, 80, 90)]
    for lower, higher in itertools.pairwise(removed):
        assert higher <= lower
    assert len(removed[0]) > len(removed[-1]) > 0


def test_templates_that_share_60_percent_are_not_merged() -> None:
    boilerplate = words(150, 1)
    chooser = random.Random(2)
    pages: list[str | None] = [
        " ".join(boilerplate[:75] + chooser.choices(words(4000, 3), k=100) + boilerplate[75:])
        for _ in range(1500)
    ]
    assert similarity(str(pages[0]), str(pages[1])) > 0.4
    assert len(remove(pages)) < 0.01 * len(pages)


@pytest.mark.parametrize(
    "alphabet", [range(0x4E00, 0x5600), range(0x3041, 0x3097), range(0x0E01, 0x0E2F)]
)
def test_unspaced_scripts_find_edited_copies(alphabet: range) -> None:
    """Chinese, Japanese, Thai."""
    chooser = random.Random(5)
    base = [chr(chooser.choice(alphabet)) for _ in range(400)]
    changed = list(base)
    for place in (100, 250):
        changed[place] = chr(chooser.choice(alphabet))
    stranger = [chr(chooser.choice(alphabet)) for _ in range(400)]
    removed = remove(["".join(text) for text in (base, changed, stranger)])
    assert len(removed) == 1
    assert set(removed) < {0, 1}


def test_documents_shorter_than_a_shingle_are_compared_as_wholes() -> None:
    removed = remove(["one two", "One  two!", "two one", "one", "one two three four"])
    assert {number: row[0] for number, row in removed.items()} in ({0: 1}, {1: 0})
