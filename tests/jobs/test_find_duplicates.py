"""Duplicate removal as a whole, on families of known edits and on real documents."""

from __future__ import annotations

import html
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.dedup import DedupSettings, band_edges, find_duplicates
from jobs.runtime.errors import InputError, StageError
from tests.jobs.dedup_documents import edited, families, similarity, words

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


class Removal(NamedTuple):
    id: int
    keeper_id: int
    similarity: float
    kind: str
    cluster_id: int
    cluster_size: int
    n_exact: int


Run = Callable[..., dict[int, Removal]]


@pytest.fixture(scope="module")
def run(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Write the texts as Parquet, find duplicates, return the removals by id."""

    def find(
        texts: list[str | None],
        *,
        ids: list[int] | None = None,
        files: int = 3,
        settings: DedupSettings | None = None,
        **columns: list[Any],
    ) -> dict[int, Removal]:
        folder = tmp_path_factory.mktemp("dedup")
        table = pa.table(
            {
                "id": pa.array(ids if ids is not None else range(len(texts)), pa.int64()),
                "text": pa.array(texts, pa.string()),
                **columns,
            }
        )
        (folder / "in").mkdir()
        for number in range(files):
            part = table.take(pa.array(range(number, len(table), files), pa.int64()))
            pq.write_table(part, folder / "in" / f"{number}.parquet")
        documents = spark.read.parquet((folder / "in").as_uri())
        found = find_duplicates(documents, settings or DedupSettings(), str(folder / "work"))
        rows = [Removal(**row.asDict()) for row in found.collect()]
        shutil.rmtree(folder)
        assert len({row.id for row in rows}) == len(rows)
        return {row.id: row for row in rows}

    return find


TEXTS = families(25)


@pytest.fixture(scope="module")
def plain(run: Run) -> dict[int, Removal]:
    return run(TEXTS)


def survivors(texts: list[str], removed: dict[int, Removal], ids: list[int] | None = None) -> list:
    numbers = ids if ids is not None else list(range(len(texts)))
    return sorted(
        text for number, text in zip(numbers, texts, strict=True) if number not in removed
    )


def normal(text: str) -> str:
    return " ".join(text.lower().split())


def test_every_removed_text_is_similar_to_its_kept_keeper(plain: dict[int, Removal]) -> None:
    assert len(plain) > 70
    for row in plain.values():
        assert row.keeper_id not in plain
        true = similarity(TEXTS[row.id], TEXTS[row.keeper_id])
        assert true >= 0.7 - 1e-9
        assert row.similarity == pytest.approx(true, abs=0.15)
        same = normal(TEXTS[row.id]) == normal(TEXTS[row.keeper_id])
        assert row.kind == ("exact" if same else "near")
        assert row.similarity == 1.0 or not same


def test_similar_pairs_are_found(plain: dict[int, Removal]) -> None:
    missed, pairs = 0, 0
    for one in range(len(TEXTS)):
        for other in range(max(0, one - 7), one):
            if similarity(TEXTS[one], TEXTS[other]) >= 0.7:
                pairs += 1
                missed += one not in plain and other not in plain
    assert pairs > 80
    assert missed <= 0.02 * pairs


def test_cluster_sizes_count_the_keeper_and_all_it_stands_for(plain: dict[int, Removal]) -> None:
    for row in plain.values():
        followers = [other for other in plain.values() if other.keeper_id == row.keeper_id]
        assert row.cluster_size == len(followers) + 1
        assert row.cluster_id == row.keeper_id


def test_exact_copies_are_counted_whether_they_stay_or_leave(plain: dict[int, Removal]) -> None:
    copies = Counter(map(normal, TEXTS))
    assert max(copies.values()) > 1
    for row in plain.values():
        assert row.n_exact == copies[normal(TEXTS[row.id])]


@pytest.mark.parametrize("files", [1, 17])
def test_the_number_of_partitions_changes_nothing(
    run: Run, spark: SparkSession, plain: dict[int, Removal], files: int
) -> None:
    spark.conf.set("spark.sql.shuffle.partitions", str(files))
    spark.conf.set("spark.sql.adaptive.enabled", "false" if files == 1 else "true")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1" if files == 1 else "1000")
    try:
        assert run(TEXTS, files=files) == plain
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "3")
        spark.conf.set("spark.sql.adaptive.enabled", "true")
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "256")


def test_the_same_texts_survive_under_other_ids(run: Run, plain: dict[int, Removal]) -> None:
    texts, ids = list(TEXTS), [2**62 + 7 * number for number in range(len(TEXTS))]
    random.Random(4).shuffle(texts)
    random.Random(5).shuffle(ids)
    removed = run(texts, ids=ids)
    assert survivors(texts, removed, ids) == survivors(TEXTS, plain)


def test_a_corpus_twice_is_the_corpus_once(run: Run, plain: dict[int, Removal]) -> None:
    twice = run([*TEXTS, *TEXTS])
    assert survivors([*TEXTS, *TEXTS], twice) == survivors(TEXTS, plain)
    alone = next(i for i in range(len(TEXTS)) if i not in plain)
    assert twice[alone + len(TEXTS)][1:4] == (
        alone,
        1.0,
        "exact",
    )  # equal texts: the lower id stays


def test_nothing_is_left_to_remove(run: Run, plain: dict[int, Removal]) -> None:
    assert run(survivors(TEXTS, plain)) == {}


def test_a_higher_threshold_removes_less(run: Run, plain: dict[int, Removal]) -> None:
    strict = run(TEXTS, settings=DedupSettings(threshold=0.9))
    assert 10 < len(strict) < len(plain)
    for row in strict.values():
        assert similarity(TEXTS[row.id], TEXTS[row.keeper_id]) >= 0.9 - 1e-9


def test_colliding_band_keys_do_no_harm(run: Run, plain: dict[int, Removal]) -> None:
    narrow = run(TEXTS, settings=DedupSettings(key_bits=12))
    assert len(narrow) >= 0.9 * len(plain)
    for row in narrow.values():
        assert similarity(TEXTS[row.id], TEXTS[row.keeper_id]) >= 0.7 - 1e-9


@pytest.mark.parametrize("max_driver_edges", [0, 10_000])
def test_the_search_in_spark_gives_the_same(
    run: Run, plain: dict[int, Removal], max_driver_edges: int
) -> None:
    settings = DedupSettings(max_driver_documents=0, max_driver_edges=max_driver_edges)
    assert run(TEXTS, settings=settings) == plain


def test_the_search_in_spark_gives_the_same_in_more_partitions(
    run: Run, plain: dict[int, Removal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(band_edges, "ROWS_A_PARTITION", 400)
    assert run(TEXTS, settings=DedupSettings(max_driver_documents=0)) == plain


def test_the_search_in_spark_gives_the_same_unverified(run: Run) -> None:
    found = [
        run(TEXTS, settings=DedupSettings(preset="fineweb", max_driver_documents=most))
        for most in (0, 1000)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("verification", ["exact", "none"])
def test_no_documents_in_spark(run: Run, verification: str) -> None:
    settings = DedupSettings.model_validate(
        {"verification": verification, "max_driver_documents": 0}
    )
    texts = ["one text of some words", None, "another text, with more and other words"]
    assert run(texts, files=1, settings=settings) == {}


def test_unverified_presets_follow_the_first_of_the_component(
    run: Run, plain: dict[int, Removal]
) -> None:
    removed = run(TEXTS, settings=DedupSettings(preset="fineweb"))
    assert len(removed) > 60
    assert all(row.keeper_id not in removed for row in removed.values())


def test_empty_null_short_and_odd_texts(run: Run) -> None:
    texts = [
        None, None, "", " \n", "!!!", "!!!", "...", "Hello", "hello", "Hello there",
        "a\0b c", "a\0b c ", "\u200b", "naïve café", "nai\u0308ve cafe\u0301",
    ]  # fmt: skip
    removed = run(texts)
    pairs = sorted(tuple(sorted((row.id, row.keeper_id))) for row in removed.values())
    assert pairs == [(2, 3), (4, 5), (7, 8), (10, 11), (13, 14)]
    assert all(row.kind == "exact" for row in removed.values())


def test_no_documents_no_duplicates(run: Run) -> None:
    assert run([], files=1) == {}


def test_chinese_with_inserted_spaces_is_a_near_duplicate(run: Run) -> None:
    chooser = random.Random(9)
    characters = [chr(chooser.randrange(0x4E00, 0x6E00)) for _ in range(400)]
    text = "".join(characters)
    other = "".join(chr(chooser.randrange(0x4E00, 0x6E00)) for _ in range(400))
    (row,) = run([text, " ".join(characters), other], files=1).values()
    assert {row.id, row.keeper_id} == {0, 1}
    assert (row.kind, row.similarity) == ("near", 1.0)


def test_a_chain_is_split(run: Run) -> None:
    base = words(900, 77)
    chain = [" ".join(base[start : start + 400]) for start in range(0, 500, 40)]
    removed = run(chain)
    for row in removed.values():
        assert similarity(chain[row.id], chain[row.keeper_id]) >= 0.7
    kept = [i for i in range(len(chain)) if i not in removed]
    assert all(abs(one - other) > 1 for one in kept for other in kept if one != other)


def cluster_of_four(count: int = 250) -> list[str]:
    base = words(count, 3)
    return [" ".join(edited(base, 3, seed)) for seed in range(4)]


@pytest.mark.parametrize(
    ("keep", "columns", "kept"),
    [
        ("best", {"quality": [0.1, None, 4.0, 3.9]}, 2),
        ("earliest", {"fetched_at": ["2024-05-01", "2023-05-01", None, "2024-01-01"]}, 1),
        ("source_priority", {"source": ["web", "web", None, "books"]}, 3),
    ],
)
def test_keep_policies(run: Run, keep: str, columns: dict[str, list[Any]], kept: int) -> None:
    settings = DedupSettings.model_validate({"keep": keep, "source_priority": ("books", "web")})
    removed = run(cluster_of_four(), settings=settings, **columns)
    assert sorted(removed) == [i for i in range(4) if i != kept]


def test_the_longest_stays(run: Run) -> None:
    texts = cluster_of_four()
    texts[1] += " " + " ".join(words(25, 8))
    assert 1 not in run(texts)


def test_missing_columns_are_named(spark: SparkSession, tmp_path: Path) -> None:
    documents = spark.createDataFrame([(1, "a")], "id bigint, body string")
    with pytest.raises(InputError, match="lack the column text; they have id, body"):
        find_duplicates(documents, DedupSettings(), str(tmp_path))
    with pytest.raises(InputError, match="lack the column quality"):
        find_duplicates(
            documents.withColumnRenamed("body", "text"), DedupSettings(keep="best"), str(tmp_path)
        )


def test_too_many_doubtful_documents_are_refused(run: Run) -> None:
    with pytest.raises(StageError, match="more than max_settled_documents = 3"):
        run(TEXTS, settings=DedupSettings(max_settled_documents=3))


@pytest.mark.real_data
def test_versions_of_one_page_are_found(run: Run, shared_data: Path) -> None:
    pages = sorted((shared_data / "near_dup" / "kafka_docs").glob("*.html"))
    texts = [re.sub(r"<[^>]+>", " ", html.unescape(page.read_text("utf-8"))) for page in pages]
    licences = sorted((shared_data / "near_dup" / "licence_texts").iterdir())
    texts += [path.read_text("utf-8", errors="replace") for path in licences]
    removed = run(texts)
    for row in removed.values():
        assert row.keeper_id not in removed
        assert row.kind == "exact" or similarity(texts[row.id], texts[row.keeper_id]) >= 0.68
    kept = [number for number in range(len(texts)) if number not in removed]
    pairs = [
        (one, other)
        for one in kept
        for other in kept
        if one < other and 0.6 < len(texts[one]) / max(1, len(texts[other])) < 1.7
        and similarity(texts[one], texts[other]) >= 0.7
    ]  # fmt: skip
    assert len(removed) > 40
    assert len(pairs) <= 0.02 * len(texts)
