"""Through Spark: the rows are the documents, however the input is cut, killed or weighed."""

import argparse
import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.command.parser import build_parser
from jobs.inspection.explain_document import explain_by_id
from jobs.inspection.run_tables import RunTables
from jobs.pack_corpus import _overrides, corpus_source, table_source, write_page
from jobs.packing.opened_tokeniser import open_tokeniser
from jobs.packing.packing_estimate import estimate_text
from jobs.packing.packing_stage import pack_stage
from jobs.packing.trainer_formats import format_stages, require_formats
from jobs.recipes.loading import load_recipe
from jobs.recipes.recipe import Recipe
from jobs.runtime.contract.manifest import Manifest
from jobs.runtime.contract.progress import Reporter
from jobs.runtime.contract.stage import RunContext
from jobs.runtime.errors import InputError, SettingsError
from tests.packed_folder import WORDS
from tests.sample_run import FinishedRun
from tests.small_tokenisers import EOS, PAD, byte_level_json
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser

pytestmark = pytest.mark.spark

DOCUMENTS = [
    {
        "id": f"doc-{number}",
        "text": " ".join(WORDS[(number * step) % len(WORDS)] for step in range(3 + number * 7 % 60))
        + f" {number}",
        "language": "zh" if number % 3 == 0 else "en",
        "host": f"host-{number % 4}",
    }
    for number in range(60)
]
LONG = {"id": "long", "text": "gull " * 400, "language": "en", "host": "host-9"}
BAD = [
    {"id": "empty", "text": "", "language": "en", "host": "host-1"},
    {"id": "null", "text": None, "language": None, "host": None},
]
ALL = [*DOCUMENTS, LONG, *BAD]


@pytest.fixture(scope="module")
def tokeniser_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tokeniser") / "tokenizer.json"
    path.write_bytes(byte_level_json(vocabulary=400))
    return str(path)


def table(folder: Path, files: int) -> str:
    folder.mkdir(parents=True)
    for number in range(files):
        rows = pa.Table.from_pylist(ALL[number::files])
        pq.write_table(rows, folder / f"part-{number}.parquet", row_group_size=7)
    return str(folder)


def settings(*overrides: str) -> Recipe:
    return load_recipe("default", ["pack.length=64", "pack.validation=0.1", *overrides])


def packed(
    spark: SparkSession, given: str, output: Path, tokeniser_path: str, *overrides: str
) -> tuple[RunContext, Manifest]:
    recipe = settings(*overrides)
    context = RunContext(spark, str(output), Reporter(quiet=True))
    source = table_source(context, given, None, None, recipe)
    manifest = pack_stage(context, source, open_tokeniser(tokeniser_path, recipe.pack), recipe.pack)
    return context, manifest


def rows(context: RunContext, split: str) -> list[dict[str, Any]]:
    files = sorted(Path(context.folder("packed"), split).glob("*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def documents(found: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    parts: dict[str, dict[int, list[int]]] = {}
    for row in found:
        start = 0
        for length, document, before in zip(
            row["segment_lengths"], row["document_ids"], row["document_offsets"], strict=True
        ):
            assert before not in parts.setdefault(document, {})
            parts[document][before] = row["input_ids"][start : start + length]
            start += length
    return {
        document: [token for _, ids in sorted(found.items()) for token in ids]
        for document, found in parts.items()
    }


def tokens_of_documents(tokeniser_path: str) -> dict[str, list[int]]:
    file = read_tokeniser("t", Path(tokeniser_path).read_bytes())
    engine = load_engine(file, "tokenizers", special_tokens_in_text=False)
    texts = [row for row in ALL if row["text"]]
    batch = engine.encode([str(row["text"]) for row in texts])
    return {
        str(row["id"]): [
            *batch.ids[batch.offsets[place] : batch.offsets[place + 1]].tolist(),
            file.special_tokens[EOS],
        ]
        for place, row in enumerate(texts)
    }


@pytest.fixture(scope="module")
def one_file(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, tokeniser_path: str
) -> tuple[RunContext, Manifest]:
    folder = tmp_path_factory.mktemp("one")
    return packed(spark, table(folder / "in", 1), folder / "out", tokeniser_path)


def test_rows_are_the_documents(one_file: tuple[RunContext, Manifest], tokeniser_path: str) -> None:
    context, manifest = one_file
    train, validation = rows(context, "train"), rows(context, "validation")
    found = {**documents(train), **documents(validation)}
    assert found == tokens_of_documents(tokeniser_path)
    assert not documents(train).keys() & documents(validation).keys()
    assert validation
    assert all(len(row["input_ids"]) == 64 for row in train + validation)
    quarantined = {row["document_id"]: row["reason"] for row in rows(context, "quarantined")}
    assert quarantined == {"empty": "empty_text", "null": "empty_text"}
    accounts = manifest.accounts
    assert (accounts.rows_in, accounts.rows_out, accounts.rows_quarantined) == (63, 61, 2)


def test_the_manifest_says_what_there_is(one_file: tuple[RunContext, Manifest]) -> None:
    context, manifest = one_file
    train = rows(context, "train")
    facts = manifest.details["splits"]["train"]
    assert facts["rows"] == len(train)
    assert facts["padding"] == sum(row["padding"] for row in train)
    assert facts["tokens"] == sum(sum(row["segment_lengths"]) for row in train)
    assert set(facts["by"]["language"]) == {"en", "zh"}
    assert manifest.details["eos_id"] == 0
    assert len(manifest.details["tokenizer_sha256"]) == 64
    metadata = pq.read_metadata(
        next(Path(context.folder("packed"), "train").glob("*.parquet"))
    ).metadata
    told = json.loads(metadata[b"corpusmill.pack"])
    assert told["tokenizer_sha256"] == manifest.details["tokenizer_sha256"]
    assert (told["length"], told["strategy"], told["eos_id"]) == (64, "best-fit", 0)


def sorted_rows(context: RunContext, split: str) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows(context, split))


@pytest.mark.parametrize("files", [3, 17])
def test_how_the_input_is_cut_does_not_matter(
    one_file: tuple[RunContext, Manifest],
    spark: SparkSession,
    tmp_path: Path,
    tokeniser_path: str,
    files: int,
) -> None:
    context, _ = packed(spark, table(tmp_path / "in", files), tmp_path / "out", tokeniser_path)
    for split in ("train", "validation"):
        assert sorted_rows(context, split) == sorted_rows(one_file[0], split)


def test_the_seed_moves_documents_but_not_the_split(
    one_file: tuple[RunContext, Manifest], spark: SparkSession, tmp_path: Path, tokeniser_path: str
) -> None:
    given = table(tmp_path / "in", 1)
    context, _ = packed(spark, given, tmp_path / "out", tokeniser_path, "pack.seed=5")
    assert sorted_rows(context, "train") != sorted_rows(one_file[0], "train")
    for split in ("train", "validation"):
        assert documents(rows(context, split)) == documents(rows(one_file[0], split))


def test_weights_say_how_often_documents_are_seen(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(Reporter, "note", lambda _, text: notes.append(text))
    weights = "pack.weights={zh: 2, en: 0.5, eng: 3}"
    overrides = ["pack.mix_by=language", weights, "pack.validation=0"]
    context, manifest = packed(
        spark, table(tmp_path / "in", 2), tmp_path / "out", tokeniser_path, *overrides
    )
    seen: dict[str, int] = {}
    for row in rows(context, "train"):
        for document, before in zip(row["document_ids"], row["document_offsets"], strict=True):
            seen[document] = seen.get(document, 0) + (before == 0)
    chinese = {row["id"] for row in DOCUMENTS if row["language"] == "zh"}
    assert {seen[document] for document in chinese} == {2}
    english = {str(row["id"]) for row in DOCUMENTS} - chinese
    kept = english & seen.keys()
    assert 10 <= len(kept) <= 30
    assert {seen[document] for document in kept} == {1}
    epochs = manifest.details["epochs"]
    assert epochs["zh"] == {"weight": 2.0, "documents": 20, "epochs": 2.0}
    assert 0.3 <= epochs["en"]["epochs"] <= 0.7
    assert any(
        "language 'eng', its weight did nothing (did you mean 'en'?)" in note for note in notes
    )
    accounts = manifest.accounts
    assert accounts.rows_dropped == manifest.details["left_out"] > 0
    assert accounts.rows_in == 63


def test_one_group_is_side_by_side(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str
) -> None:
    overrides = ["pack.group_by=host", "pack.strategy=concat", "pack.validation=0"]
    context, _ = packed(
        spark, table(tmp_path / "in", 3), tmp_path / "out", tokeniser_path, *overrides
    )
    host = {row["id"]: row["host"] for row in ALL}
    order = [host[document] for row in rows(context, "train") for document in row["document_ids"]]
    changes = sum(a != b for a, b in itertools.pairwise(order))
    assert changes == len(set(order)) - 1


def test_a_second_run_is_skipped_and_other_settings_are_not(
    one_file: tuple[RunContext, Manifest], spark: SparkSession, tmp_path: Path, tokeniser_path: str
) -> None:
    given = table(tmp_path / "in", 1)
    context, first = packed(spark, given, tmp_path / "out", tokeniser_path)
    _, second = packed(spark, given, tmp_path / "out", tokeniser_path)
    assert second == first
    _, third = packed(spark, given, tmp_path / "out", tokeniser_path, "pack.length=128")
    assert third.fingerprint != first.fingerprint
    assert {len(row["input_ids"]) for row in rows(context, "train")} == {128}


def test_a_finished_runs_corpus_is_packed_in_chunks_that_resume(
    finished_run: FinishedRun, tmp_path: Path, tokeniser_path: str
) -> None:
    recipe = settings("run.chunk_gigabytes=1e-6")
    context = replace(finished_run.context, output=str(tmp_path / "out"))
    source = corpus_source(context, str(finished_run.folder), recipe)
    tokeniser = open_tokeniser(tokeniser_path, recipe.pack)
    whole = pack_stage(context, source, tokeniser, recipe.pack)
    corpus = finished_run.rows("corpus", ["id"])
    found = [
        document
        for file in Path(context.folder("packed")).rglob("*/*.parquet")
        for row in pq.ParquetFile(file).read().to_pylist()
        for document, before in zip(row["document_ids"], row["document_offsets"], strict=True)
        if before == 0
    ]
    assert sorted(found) == sorted(row["id"] for row in corpus)
    assert whole.accounts.rows_in == len(corpus)
    # A driver that died before its manifest leaves the chunks; they are taken as they are.
    files = {file.path: file for file in whole.files}
    folder = Path(context.folder("packed"))
    if len(source.chunks) > 1:
        cut = [0] * len(source.chunks)
        marker = json.dumps({"stage": "pack", "fingerprint": whole.fingerprint, "cut": cut})
        (folder / "_in_progress.json").write_text(marker)
        (folder / "_manifest.json").unlink()
        again = pack_stage(context, source, tokeniser, recipe.pack)
        assert {file.path: file for file in again.files} == files
        assert again.details == whole.details


def test_the_page_shows_rows_of_the_run(
    one_file: tuple[RunContext, Manifest], tokeniser_path: str
) -> None:
    context, manifest = one_file
    path = write_page(context, manifest, open_tokeniser(tokeniser_path, settings().pack))
    page = Path(path).read_text(encoding="utf-8")
    row = rows(context, "train")[0]
    assert f"document {row['document_ids'][0]}, {row['segment_lengths'][0]} tokens" in page
    assert page.count('class="packed"') == 10


def test_formats_have_a_file_for_each_of_ours(
    one_file: tuple[RunContext, Manifest], tokeniser_path: str
) -> None:
    context, manifest = one_file
    recipe = settings("pack.formats=[megatron, mds, datatrove, jsonl, nanogpt]")
    tokeniser = open_tokeniser(tokeniser_path, recipe.pack)
    made = format_stages(context, manifest, tokeniser, recipe.pack)
    assert [one.dataset for one in made] == [f"packed-{name}" for name in recipe.pack.formats]
    train = sum(file.rows for file in manifest.files if file.path.startswith("train"))
    assert sum(len(row) for row in [rows(context, "train")]) == train
    for split in ("train", "validation"):
        folder = Path(context.folder("packed-mds"), split)
        told = json.loads((folder / "index.json").read_text())
        assert sum(shard["samples"] for shard in told["shards"]) == len(rows(context, split))
    ids = Path(context.folder("packed-megatron"), "train", "part-00000-00.bin").read_bytes()
    flat = [token for row in rows(context, "train") for token in row["input_ids"]]
    assert list(memoryview(ids).cast("H")) == flat


def test_a_format_that_would_lie_is_refused(tokeniser_path: str) -> None:
    recipe = settings("pack.formats=[megatron]", f"pack.pad_token={json.dumps(EOS)}")
    with pytest.raises(SettingsError, match="--format megatron: padding and EOD are both id 0"):
        require_formats(recipe.pack, open_tokeniser(tokeniser_path, recipe.pack))


def test_a_column_that_is_not_there_is_named(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str
) -> None:
    given = table(tmp_path / "in", 1)
    with pytest.raises(InputError, match=r"--group-by hosts: no such column .did you mean 'host'"):
        packed(spark, given, tmp_path / "out", tokeniser_path, "pack.group_by=hosts")


def test_a_dry_run_says_sizes_and_writes_nothing(
    spark: SparkSession, tmp_path: Path, tokeniser_path: str
) -> None:
    recipe = settings()
    context = RunContext(spark, str(tmp_path / "out"), Reporter(quiet=True))
    source = table_source(context, table(tmp_path / "in", 1), None, None, recipe)
    text = estimate_text(source.chunks, open_tokeniser(tokeniser_path, recipe.pack), recipe.pack)
    assert "63 documents" in text
    assert "bytes a token" in text
    assert "asked for" in text
    assert "proposed: --length 512" in text
    assert not (tmp_path / "out").exists()


def test_the_words_of_the_command_are_settings() -> None:
    words = ["pack", "RUN", "--tokenizer", "t", "--length", "4096", "--eos-token", PAD]
    words += ["--mix-by", "source", "--weight", "a=b/c=1.5", "--format", "mds", "--no-padding"]
    arguments = build_parser().parse_args(words)
    chosen = load_recipe("default", _overrides(arguments)).pack
    assert (chosen.length, chosen.eos_token, chosen.padded) == (4096, PAD, False)
    assert (chosen.weights, chosen.formats) == ({"a=b/c": 1.5}, ("mds",))
    with pytest.raises(SettingsError, match="--weight zh: write VALUE=EPOCHS"):
        _overrides(argparse.Namespace(**{**vars(arguments), "weight": ["zh"]}))


def test_explain_names_the_rows_of_a_document(
    finished_run: FinishedRun, tmp_path: Path, tokeniser_path: str
) -> None:
    shutil.copytree(finished_run.folder, tmp_path / "run")
    recipe = settings()
    context = replace(finished_run.context, output=str(tmp_path / "run"))
    source = corpus_source(context, context.output, recipe)
    pack_stage(context, source, open_tokeniser(tokeniser_path, recipe.pack), recipe.pack)
    row = rows(context, "train")[0]
    text = explain_by_id(RunTables(context.output), str(row["document_ids"][0]), every_signal=False)
    assert "packed/train/part-00000-00.parquet, row 0, " in text
