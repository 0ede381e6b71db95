"""Parquet of the user's own: checked by name and type, ids kept, stages alone on it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.annotate_text import annotate_user_table
from jobs.dedup.cluster_columns import CLUSTER_COLUMNS
from jobs.extract_text import extract_user_table
from jobs.find_duplicates import dedup_user_table
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.contract.user_tables import ROW_ID, UserTable, open_user_table
from jobs.runtime.errors import InputError

pytestmark = pytest.mark.spark

STORY = (
    "The ferry left at six, as it had every morning since the bridge was washed away, and nobody on "
    "board spoke before the far bank came in sight. Then the baker would unwrap her loaves, the "
    "schoolmaster would pretend not to be hungry, and the day began."
)
OTHER = (
    "Beeswax melts at a low heat and must never stand on an open flame. Put the pot into a larger one "
    "with water, stir with a wooden spoon kept for nothing else, and wait until the last crumb is gone."
)


@pytest.fixture
def table(tmp_path: Path) -> str:
    folder = tmp_path / "my [table] {x}"
    folder.mkdir()
    rows = [("a-1", STORY, 1), ("b-2", OTHER, 2), ("c-3", STORY, 3)]
    for number, row in enumerate(rows):
        name, text, extra = row
        data = pa.table({"doc": [name], "body": [text], "extra": [extra]})
        pq.write_table(data, folder / f"part {number} é.parquet")
    return str(folder)


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> RunContext:
    return RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))


def read(context: RunContext, dataset: str) -> list[dict[str, object]]:
    files = sorted(Path(context.folder(dataset)).rglob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_row_ids_are_file_and_row_and_stable(spark: SparkSession, table: str) -> None:
    opened = open_user_table(spark, table, "doc", "body")
    found = {row["doc"]: row[ROW_ID] for row in opened.read(spark).collect()}
    assert found == {"a-1": 0, "b-2": 1 << 25, "c-3": 2 << 25}


@pytest.mark.parametrize(
    ("id_column", "text_column", "message"),
    [
        ("doc", "bodi", r"--text-column bodi: no such column \(did you mean 'body'\?\)"),
        ("docs", "body", r"--id-column docs: no such column \(did you mean 'doc'\?\)"),
        (None, "body", r"--id-column id: no such column.*has doc, body, extra"),
        ("doc", "extra", r"--text-column extra .* is bigint, wanted string"),
    ],
)
def test_a_wrong_column_is_named_with_what_there_is(
    spark: SparkSession, table: str, id_column: str | None, text_column: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        open_user_table(spark, table, id_column, text_column)


def test_a_folder_without_parquet_says_how_to_make_it(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(InputError, match="corpusmill ingest"):
        open_user_table(spark, str(tmp_path), None, None)


def test_dedup_keeps_the_users_rows_and_names_duplicates_by_their_ids(
    context: RunContext, table: str
) -> None:
    dedup_user_table(context, table, "doc", "body", load_recipe("default"))
    corpus = read(context, "corpus")
    assert {row["body"] for row in corpus} == {STORY, OTHER}
    assert all(set(row) == {"doc", "body", "extra"} for row in corpus)
    (duplicate,) = read(context, "duplicates")
    kept = {row["doc"] for row in corpus}
    assert {duplicate["id"], duplicate["keeper_id"]} == {"a-1", "c-3"}
    assert duplicate["keeper_id"] in kept
    assert (duplicate["kind"], duplicate["similarity"], duplicate["cluster_size"]) == (
        "exact",
        1.0,
        2,
    )


def test_mode_annotate_keeps_all_rows_and_says_where_they_belong(
    context: RunContext, table: str
) -> None:
    recipe = load_recipe("default", ["dedup.mode=annotate"])
    dedup_user_table(context, table, "doc", "body", recipe)
    rows = {row.pop("doc"): row for row in read(context, "corpus")}
    assert [row["body"] for _, row in sorted(rows.items())] == [STORY, OTHER, STORY]
    (keeper,) = {row["keeper_id"] for row in rows.values()} - {None}
    removed = "a-1" if keeper == "c-3" else "c-3"
    facts = {name: tuple(row[column] for column in CLUSTER_COLUMNS) for name, row in rows.items()}
    assert facts == {
        keeper: (keeper, 2, 2, None, None),
        removed: (keeper, 2, 2, keeper, 1.0),
        "b-2": ("b-2", 1, 1, None, None),
    }


def test_mode_annotate_overwrites_no_column(context: RunContext, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1], "text": ["x"], "n_exact": [1]}), tmp_path / "t.parquet")
    recipe = load_recipe("default", ["dedup.mode=annotate"])
    with pytest.raises(InputError, match=r"has n_exact already.*rename the column"):
        dedup_user_table(context, str(tmp_path / "t.parquet"), None, None, recipe)


def test_a_scope_keeps_copies_of_other_values(context: RunContext, tmp_path: Path) -> None:
    data = {"id": [1, 2, 3, 4], "text": [STORY] * 4, "dump": ["a", "a", "b", None]}
    pq.write_table(pa.table(data), tmp_path / "t.parquet")
    recipe = load_recipe("default", ["dedup.scope=dump"])
    dedup_user_table(context, str(tmp_path / "t.parquet"), None, None, recipe)
    (duplicate,) = read(context, "duplicates")
    assert {duplicate["id"], duplicate["keeper_id"]} == {1, 2}
    assert (duplicate["cluster_size"], duplicate["n_exact"]) == (2, 2)


def test_annotate_gives_signals_beside_the_users_ids(context: RunContext, table: str) -> None:
    annotate_user_table(context, table, "doc", "body", load_recipe("default"), None, None)
    rows = {row["doc"]: row for row in read(context, "annotated")}
    assert set(rows) == {"a-1", "b-2", "c-3"}
    assert rows["a-1"]["language"]["language"] == "en"  # type: ignore[index]
    assert rows["a-1"]["heuristics"]["word_count"] == len(STORY.split())  # type: ignore[index]
    assert rows["a-1"]["perplexity"]["perplexity"] is None  # type: ignore[index]


def test_annotate_keeps_all_columns_whatever_their_names(
    context: RunContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, list[Any]] = {
        "my id": ["a", "b"],
        "page.body": [STORY, OTHER],
        "language": ["English", None],  # a name of ours
        "text": ["short", "text"],
        "url": [1, 2],  # no address
        "dump.date 2": [pa.scalar(19000, pa.date32()).as_py()] * 2,
        "tags": [["x", "y"], None],
        "score": [0.25, float("inf")],
    }
    pq.write_table(pa.table(given), tmp_path / "t.parquet")
    told = RunContext(context.spark, context.output, Reporter())
    recipe = load_recipe("default")
    path = str(tmp_path / "t.parquet")
    annotate_user_table(told, path, "my id", "page.body", recipe, None, None)
    rows = {row["my id"]: row for row in read(context, "annotated")}
    for place, name in enumerate(given["my id"]):
        for column in ("dump.date 2", "tags", "score"):
            assert rows[name][column] == given[column][place]
        for column in ("language", "text", "url"):
            assert rows[name][f"given_{column}"] == given[column][place]
        assert rows[name]["text"] == given["page.body"][place]
    assert rows["a"]["language"]["language"] == "en"  # type: ignore[index]
    assert ROW_ID not in rows["a"]
    assert "column language of" in capsys.readouterr().err


def test_dedup_keeps_all_columns_whatever_their_names(context: RunContext, tmp_path: Path) -> None:
    given: dict[str, list[Any]] = {
        "my id": ["a", "b", "c"],
        "page.body": [STORY, OTHER, STORY],
        "dump.date 2": [1, 2, 3],
        "tags": [["x"], None, ["y"]],
    }
    pq.write_table(pa.table(given), tmp_path / "t.parquet")
    path = str(tmp_path / "t.parquet")
    dedup_user_table(context, path, "my id", "page.body", load_recipe("default"))
    kept = read(context, "corpus")
    assert len(kept) == 2
    expected = [
        dict(zip(given, values, strict=True)) for values in zip(*given.values(), strict=True)
    ]
    assert all(row in expected for row in kept)


def test_extract_reads_pages_from_a_column(context: RunContext, tmp_path: Path) -> None:
    page = f"<html><body><nav>Home | About</nav><article><p>{STORY}</p></article></body></html>"
    source = tmp_path / "pages.parquet"
    pq.write_table(pa.table({"the key": [7], "raw.html": [page.encode()]}), source)
    extract_user_table(context, str(source), "the key", "raw.html", load_recipe("default"))
    (row,) = read(context, "extracted")
    assert (row["the key"], row["status"], row["format"]) == (7, "ok", "html")
    assert STORY in " ".join(str(row["text"]).split())


def test_extract_of_files_needs_no_column_names(context: RunContext, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text(STORY)
    extract_user_table(context, str(tmp_path / "story.txt"), None, None, load_recipe("default"))
    (row,) = read(context, "extracted")
    assert " ".join(str(row["text"]).split()) == STORY


def write_folder(folder: Path, files: dict[str, dict[str, list[object]]]) -> str:
    for name, columns in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), folder / name)
    return str(folder)


def test_a_column_that_only_later_files_have_is_kept(context: RunContext, tmp_path: Path) -> None:
    files: dict[str, dict[str, list[object]]] = {
        "a.parquet": {"id": ["a"], "text": [STORY]},
        "b.parquet": {"id": ["b"], "text": [OTHER], "licence": ["CC0"]},
    }
    dedup_user_table(
        context, write_folder(tmp_path / "t", files), None, None, load_recipe("default")
    )
    rows = {row["id"]: row["licence"] for row in read(context, "corpus")}
    assert rows == {"a": None, "b": "CC0"}


def test_partition_folders_are_columns_and_may_be_the_scope(
    context: RunContext, tmp_path: Path
) -> None:
    files: dict[str, dict[str, list[object]]] = {
        "lang=en/a.parquet": {"id": ["a"], "text": [STORY]},
        "lang=fr/b.parquet": {"id": ["b"], "text": [STORY]},
    }
    table = write_folder(tmp_path / "t", files)
    dedup_user_table(context, table, None, None, load_recipe("default", ["dedup.scope=lang"]))
    assert {row["id"]: row["lang"] for row in read(context, "corpus")} == {"a": "en", "b": "fr"}


def test_files_whose_column_has_two_types_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    files: dict[str, dict[str, list[object]]] = {
        "a.parquet": {"id": ["a"], "text": [STORY], "n": [1]},
        "b.parquet": {"id": ["b"], "text": [STORY], "n": ["one"]},
    }
    with pytest.raises(InputError, match=r"cannot be read by Spark: .*one type"):
        open_user_table(spark, write_folder(tmp_path / "t", files), None, None)


def test_a_column_of_nanoseconds_is_named(spark: SparkSession, tmp_path: Path) -> None:
    seen = pa.array([1], pa.timestamp("ns"))
    table = pa.table({"id": ["a"], "text": ["x"], "seen": seen})
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="column seen counts in nanoseconds"):
        open_user_table(spark, str(tmp_path / "t.parquet"), None, None)


def test_a_folder_with_a_colon_is_named(spark: SparkSession, tmp_path: Path) -> None:
    files: dict[str, dict[str, list[object]]] = {
        "day=2024-01-01 10:00/a.parquet": {"id": ["a"], "text": [STORY]}
    }
    with pytest.raises(InputError, match=r"10:00/a\.parquet: Spark cannot read .* colon"):
        open_user_table(spark, write_folder(tmp_path / "t", files), None, None)


def test_a_table_rewritten_while_it_was_read_is_refused(spark: SparkSession, table: str) -> None:
    opened = open_user_table(spark, table, "doc", "body")
    opened.require_unchanged()
    pq.write_table(pa.table({"doc": ["z"], "body": [OTHER], "extra": [9]}), opened.paths[0])
    with pytest.raises(InputError, match="changed while it was being read: run the command again"):
        opened.require_unchanged()


def test_nothing_is_published_of_a_table_that_changed_in_between(
    context: RunContext, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(_: UserTable) -> None:
        raise InputError("changed")

    monkeypatch.setattr(UserTable, "require_unchanged", changed)
    with pytest.raises(InputError, match="changed"):
        dedup_user_table(context, table, "doc", "body", load_recipe("default"))
    assert not Path(context.folder("corpus"), "_manifest.json").exists()


@pytest.mark.parametrize("below", ["", "out", "deep/out"])
def test_results_are_never_written_among_the_files_of_a_table(
    spark: SparkSession, table: str, below: str
) -> None:
    context = RunContext(spark, str(Path(table, below)), Reporter(quiet=True))
    with pytest.raises(InputError, match=r"lies in INPUT .* choose a folder outside"):
        dedup_user_table(context, table, "doc", "body", load_recipe("default"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            [{"id": pa.array([1], pa.int32())}, {"id": pa.array([2], pa.int64())}],
            r"column id is int32 in 0\.parquet and int64 in 1\.parquet: write all files with one type",
        ),
        ([{"id": [1], "Text": ["b"]}], "columns text and Text differ by case only: rename one"),
        (
            [{"id": [1], "at": pa.array([1], pa.time64("ns"))}],
            "column at counts in nanoseconds: write it in microseconds",
        ),
        (
            [{"id": [1], "at": pa.array([1], pa.timestamp("ns", "UTC"))}],
            "column at counts in nanoseconds: write it in microseconds",
        ),
    ],
)
def test_columns_that_make_no_one_table_are_named(
    spark: SparkSession, tmp_path: Path, files: list[dict[str, Any]], message: str
) -> None:
    for number, columns in enumerate(files):
        pq.write_table(pa.table({"text": [STORY], **columns}), tmp_path / f"{number}.parquet")
    with pytest.raises(InputError, match=message):
        open_user_table(spark, str(tmp_path), None, None)


@pytest.mark.parametrize("ids", [[7, 7, 8], [None, None, 8]])
def test_ids_given_twice_are_refused_before_rows_are_named_by_them(
    context: RunContext, tmp_path: Path, ids: list[int | None]
) -> None:
    pq.write_table(pa.table({"id": ids, "text": [STORY, OTHER, STORY]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"given more than once, e\.g\. (7|None) \(2 rows\)"):
        dedup_user_table(context, str(tmp_path / "t.parquet"), None, None, load_recipe("default"))
    assert not (Path(context.output) / "duplicates").exists()
