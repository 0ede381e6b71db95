"""Who holds a phrase of a finished run: kept and left, with their fates; stale, broken and absent indexes."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.command_line import main
from jobs.index_phrases import OWN_TIMES, index_stage
from jobs.inspection import tracing
from jobs.inspection.tracing import LEFT, AnswerTrace, trace_answer, trace_phrase
from jobs.recipes.loading import load_recipe
from jobs.runtime.contract.driver_tables import MEBIBYTE
from jobs.runtime.contract.manifest import require_manifest
from jobs.runtime.contract.row_accounts import RowAccounts
from jobs.runtime.errors import CorpusmillError, InputError, StageError
from jobs.runtime.spark.han_variants import han_variants
from jobs.tracing import look_up, own_build, text_reader
from jobs.tracing.indexed_documents import run_documents
from tests.jobs.finished_run import FinishedRun, make_finished_run, write_manifest
from tests.jobs.tracing.traced_tables import index_table, own_context, write_grades, write_texts
from tests.packed_files import ROWS
from udfs.text.folding import fold_table
from udfs.tracing import sharing_documents
from udfs.tracing.fingerprints import fingerprints, folded_texts
from udfs.trainer_files.packing.token_rows import row_schema

GULLS = "when the fog had lifted and the gulls were back"
CALL = "你怎么还不回来"


def index_run(folder: str, *overrides: str) -> None:
    context = own_context(Path(folder))
    index_stage(context, load_recipe("default", overrides), run_documents(context))


def sized(folder: str, dataset: str) -> list[int]:
    return [file.stat().st_size for file in Path(folder, dataset).glob("*.parquet")]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    run = make_finished_run(tmp_path_factory.mktemp("indexed") / "run")
    index_run(run.output)
    return run


@pytest.fixture
def copied(indexed: FinishedRun, tmp_path: Path) -> str:
    return str(shutil.copytree(indexed.output, tmp_path / "run"))


def test_every_document_of_the_run_is_accounted_for(indexed: FinishedRun) -> None:
    accounts = require_manifest(f"{indexed.output}/phrase_index", "index").accounts
    assert accounts.rows_in == indexed.kept + indexed.dropped + indexed.quarantined
    assert accounts.rows_quarantined == indexed.quarantined


def test_all_holders_are_told_with_their_fates(indexed: FinishedRun) -> None:
    trace = trace_phrase(indexed.output, GULLS)
    holding = {row["id"] for row in indexed.annotated if GULLS in row["text"]}
    ledger = {
        row["id"]: row
        for file in Path(indexed.output, "dropped").glob("*.parquet")
        for row in pq.read_table(file).to_pylist()
    }
    assert {document.id for document in trace.documents} == holding
    assert trace.kept == len(holding - ledger.keys())
    for document in trace.documents:
        assert isinstance(document.id, int)
        row = ledger.get(document.id)
        told = (document.stage, document.reason, document.keeper)
        if row is None:
            assert (document.status, document.dataset, *told) == (
                "kept",
                "corpus",
                None,
                None,
                None,
            )
        else:
            assert document.status == ("duplicate" if row["keeper_id"] is not None else "dropped")
            assert told == (row["stage"], row["reason"], row["keeper_id"])
            assert document.dataset == "annotated"
        assert document.match == GULLS
        assert document.before.endswith("a little after seven, ")
    assert [document.status for document in trace.documents] == sorted(
        (document.status for document in trace.documents),
        key=["kept", "duplicate", "dropped"].index,
    )


def test_grades_are_told_where_there_are_some(copied: str) -> None:
    first, second, *_ = trace_phrase(copied, GULLS).documents
    assert isinstance(first.id, int)
    assert isinstance(second.id, int)
    write_grades(Path(copied), {first.id: 3.5, second.id: None})
    shutil.rmtree(Path(copied, "phrase_index"))
    index_run(copied)
    grades = [document.grade for document in trace_phrase(copied, GULLS).documents]
    assert grades == [3.5, *[None] * (len(grades) - 1)]


def test_filters_and_limits_hide_documents_and_count_them(indexed: FinishedRun) -> None:
    everything = trace_phrase(indexed.output, GULLS)
    for chosen in (
        {"status": "kept"},
        {"status": LEFT},
        {"source": "*forum.example.net*"},
        {"source": "*no such*"},
        {"limit": 2},
    ):
        some = trace_phrase(indexed.output, GULLS, **chosen)
        assert (some.found, some.kept) == (everything.found, everything.kept)
        assert len(some.documents) < everything.found
        assert set(some.documents) <= set(everything.documents)
    kept = trace_phrase(indexed.output, GULLS, status="kept")
    assert len(kept.documents) == everything.kept
    with pytest.raises(InputError, match="status 'lost' is none: give kept, duplicate"):
        trace_phrase(indexed.output, GULLS, status="lost")


def test_text_in_quarantine_is_found(copied: str) -> None:
    path = next(Path(copied, "extracted").glob("*00001*.parquet"))
    rows = pq.read_table(path)
    last = rows.num_rows - 1
    texts = rows.column("text").to_pylist()
    texts[last] = "a scan of which a few words were read before it ended"
    place = rows.schema.get_field_index("text")
    pq.write_table(rows.set_column(place, "text", pa.array(texts, pa.string())), path)
    accounts = RowAccounts(rows_in=406, rows_out=400, rows_quarantined=6)
    write_manifest(Path(copied, "extracted"), "extracted", "extract", accounts, 1.0, {})
    shutil.rmtree(Path(copied, "phrase_index"))
    index_run(copied)
    (document,) = trace_phrase(copied, "of which a few words were read before it ended").documents
    assert (document.status, document.stage) == ("quarantined", "extract")
    assert document.reason == rows.column("status")[last].as_py()


def test_spans_of_an_answer_are_its_longest_copied_runs(indexed: FinishedRun) -> None:
    english = "A good index is small enough to fit in memory and honest about what it does not know"
    german = "Im Archiv liegen die Briefe nach Jahren geordnet, die meisten davon"
    answer = f"Nobody wrote this: {english}. Zwanzig Wörter später: {german} nie."
    trace = trace_answer(indexed.output, answer, limit=3)
    assert trace.complete
    shown = [trace.answer[span.start : span.end] for span in trace.spans]
    assert shown == [english, german]
    for span, text in zip(trace.spans, shown, strict=True):
        whole = trace_phrase(indexed.output, text)
        assert span.found == whole.found
        assert span.documents == whole.documents[:3]
        assert span.tokens == whole.tokens
    bits = [span.information_bits for span in trace.spans]
    assert bits == sorted(bits, reverse=True)


def test_an_answer_with_combining_marks_counts_characters_of_what_is_given_back(
    indexed: FinishedRun,
) -> None:
    answer = f"cafe\u0301 {GULLS}"
    trace = trace_answer(indexed.output, answer)
    assert trace.answer == f"café {GULLS}"
    assert [trace.answer[s.start : s.end] for s in trace.spans] == [GULLS]


def sharing_texts(copies: int) -> tuple[list[str], str]:
    """Texts that share a fingerprint with an answer, four words of it, and no more; and the answer."""
    draw = np.random.default_rng(18)

    def words(count: int) -> str:
        return " ".join(f"w{number}" for number in draw.integers(0, 1 << 30, count))

    table = fold_table(han_variants())

    def chosen(text: str) -> set[int]:
        tokens = folded_texts(pa.array([text], pa.large_string()), table)
        return set(fingerprints(tokens.hashes, tokens.offsets, 30).hashes.tolist())

    while True:
        set_phrase = words(4)
        (own,) = chosen(set_phrase)
        answer = f"{words(8)} {set_phrase} {words(8)}"
        texts = [f"{words(8)} {set_phrase} {words(8)}" for _ in range(copies)]
        if all(own in chosen(text) for text in (answer, *texts)):
            return texts, answer


def test_an_answer_of_set_phrases_says_that_not_all_was_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing_documents, "RARE", 3)
    texts, answer = sharing_texts(copies=8)
    index_table(write_texts(tmp_path / "t", texts, rows_a_group=1), tmp_path / "i")
    index = str(tmp_path / "i")
    assert trace_answer(index, answer).complete
    for name, value in (("MOST_VERIFIED", 5), ("MOST_IN_VAIN", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(tracing, name, value)
            assert not trace_answer(index, answer).complete
            # Of those who cannot hold more than is known none need be compared.
            assert trace_answer(index, texts[3]).complete
            assert [span.found for span in trace_answer(index, texts[3]).spans] == [1]


def test_what_is_known_of_a_span_spares_reading_all_its_holders(
    indexed: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trace_answer(indexed.output, GULLS)
    monkeypatch.setattr(tracing, "READ_TOGETHER", 1)
    monkeypatch.setattr(sharing_documents, "RARE", 0)
    read: list[int] = []
    extend = tracing.extend_spans
    monkeypatch.setattr(tracing, "extend_spans", lambda *given: [read.append(1), extend(*given)])
    assert trace_answer(indexed.output, GULLS) == whole
    assert len(read) < whole.spans[0].found


def test_of_an_answer_nobody_wrote_no_span_is_told(indexed: FinishedRun) -> None:
    trace = trace_answer(
        indexed.output, "green ideas sleep furiously while blue ones wake up at noon"
    )
    assert trace == AnswerTrace(trace.answer, ())


@pytest.mark.parametrize("phrase", ["", "   ", "?!"])
def test_a_phrase_without_words_is_refused(indexed: FinishedRun, phrase: str) -> None:
    for ask in (trace_phrase, trace_answer):
        with pytest.raises(InputError, match="has no word"):
            ask(indexed.output, phrase)


def test_no_index_and_a_stale_one_say_what_to_type(copied: str) -> None:
    manifest = Path(copied, "corpus", "_manifest.json")
    record = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**record, "fingerprint": "f" * 32}), "utf-8")
    with pytest.raises(InputError, match=r"changed since .* \(corpus\): `corpusmill index "):
        trace_phrase(copied, GULLS)
    index_run(copied)
    assert trace_phrase(copied, GULLS).found
    shutil.rmtree(Path(copied, "phrase_index"))
    with pytest.raises(InputError, match="has no index of phrases: `corpusmill index "):
        trace_phrase(copied, GULLS)


def test_an_index_may_be_asked_by_its_own_folder_and_moved_with_its_run(copied: str) -> None:
    moved = Path(copied).rename(Path(copied).with_name("elsewhere"))
    assert trace_phrase(str(moved / "phrase_index"), GULLS) == trace_phrase(str(moved), GULLS)


def test_a_killed_build_leaves_no_index_and_is_made_again(
    copied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(Path(copied, "phrase_index"))

    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(own_build, "write_documents", full)
        with pytest.raises(StageError, match="no space left on device"):
            index_run(copied)
    assert list(Path(copied, "phrase_index").glob("postings-*"))
    with pytest.raises(InputError, match="has no index"):
        trace_phrase(copied, GULLS)
    index_run(copied)
    assert trace_phrase(copied, GULLS).found


@pytest.mark.parametrize("later", [1.7, 1_000.0])
def test_a_killed_build_that_goes_on_with_other_chunks_holds_every_document_once(
    copied: str, indexed: FinishedRun, monkeypatch: pytest.MonkeyPatch, later: float
) -> None:
    shutil.rmtree(Path(copied, "phrase_index"))
    files = [size for name in ("corpus", "annotated", "extracted") for size in sized(copied, name)]
    most = (max(files) + 1) / MEBIBYTE / OWN_TIMES
    written = own_build.write_documents

    def once(folder: str, *given: Any) -> Any:
        if folder.endswith("chunk-00001"):
            raise OSError("No space left on device")
        return written(folder, *given)

    with monkeypatch.context() as patch:
        patch.setattr(own_build, "write_documents", once)
        with pytest.raises(StageError, match="no space left on device"):
            index_run(copied, f"run.driver_megabytes={most}")
    assert Path(copied, "phrase_index", "chunk-00000", "segment.json").exists()
    index_run(copied, f"run.driver_megabytes={most * later}")
    accounts = require_manifest(f"{copied}/phrase_index", "index").accounts
    assert accounts == require_manifest(f"{indexed.output}/phrase_index", "index").accounts
    for phrase in (GULLS, CALL):
        assert trace_phrase(copied, phrase) == trace_phrase(indexed.output, phrase)


def test_larger_runs_are_indexed_in_segments(copied: str, indexed: FinishedRun) -> None:
    shutil.rmtree(Path(copied, "phrase_index"))
    files = [file for name in ("corpus", "annotated", "extracted") for file in sized(copied, name)]
    most = (max(files) + 1) / MEBIBYTE / OWN_TIMES
    index_run(copied, f"run.driver_megabytes={most}")
    assert len(list(Path(copied, "phrase_index").glob("chunk-*/segment.json"))) > 2
    for phrase in (GULLS, CALL):
        assert trace_phrase(copied, phrase) == trace_phrase(indexed.output, phrase)
    answer = f"{GULLS}. And then: {CALL * 2}"
    assert trace_answer(copied, answer).spans == trace_answer(indexed.output, answer).spans


def test_an_unchanged_index_is_kept(copied: str) -> None:
    before = Path(copied, "phrase_index", "_manifest.json").stat().st_mtime_ns
    index_run(copied)
    assert Path(copied, "phrase_index", "_manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "name", ["postings-00000.parquet", "segment.json", "documents-00000.parquet"]
)
def test_a_damaged_index_is_told_in_one_sentence(copied: str, name: str) -> None:
    Path(copied, "phrase_index", name).write_bytes(b"PAR1 and then nothing")
    with pytest.raises(CorpusmillError, match=r"damaged|no JSON") as told:
        trace_phrase(copied, GULLS)
    assert "corpusmill" in str(told.value) or "damaged" in str(told.value)


def test_a_table_that_changed_or_went_away_is_told(tmp_path: Path) -> None:
    table = write_texts(tmp_path / "t", [f"{GULLS} {number}" for number in range(20)])
    index_table(table, tmp_path / "i")
    (document, *_) = trace_phrase(str(tmp_path / "i"), GULLS, limit=1).documents
    assert (document.place, document.source) == ("row 0", f"{table}/part-0.parquet")
    write_texts(tmp_path / "t", [GULLS])
    with pytest.raises(InputError, match="changed since it was indexed"):
        trace_phrase(str(tmp_path / "i"), GULLS)
    Path(table, "part-0.parquet").unlink()
    with pytest.raises(InputError, match="is gone"):
        trace_phrase(str(tmp_path / "i"), GULLS)


def test_an_increment_indexes_new_files_only_and_a_question_reads_both(tmp_path: Path) -> None:
    table = write_texts(tmp_path / "t", [f"{GULLS} {number}" for number in range(20)])
    index_table(table, tmp_path / "first")
    extra = pa.table({"id": [77], "text": [f"new: {GULLS}"]})
    pq.write_table(extra, Path(table, "part-9.parquet"))
    made = index_table(table, tmp_path / "second", [str(tmp_path / "first")])
    assert made.accounts.rows_out == 1
    trace = trace_phrase(str(tmp_path / "second"), GULLS)
    assert {document.id for document in trace.documents} == {*range(20), 77}
    pq.write_table(extra.slice(0, 0), Path(table, "part-9.parquet"))
    other = write_texts(tmp_path / "o", ["quite another text"])
    index_table(other, tmp_path / "first")
    with pytest.raises(InputError, match="was indexed anew since"):
        trace_phrase(str(tmp_path / "second"), GULLS)


def test_a_question_reads_a_few_row_groups_of_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.tracing.sorted_files.ROW_GROUP_POSTINGS", 500)
    texts = [
        " ".join(f"w{number * 31 + i * i % 977}" for i in range(60)) for number in range(3_000)
    ]
    index_table(write_texts(tmp_path / "t", texts, rows_a_group=1_000), tmp_path / "i")
    file = pq.ParquetFile(tmp_path / "i" / "phrase_index" / "postings-00000.parquet")
    assert file.num_row_groups > 60
    read: list[int] = []
    whole = look_up._groups_within

    def counted(*given: Any) -> Any:
        groups = list(whole(*given))
        read.extend(groups)
        return groups

    monkeypatch.setattr(look_up, "_groups_within", counted)
    monkeypatch.setattr(tracing, "SCANNED_BYTES", 0)
    for number in (256, 1234):  # the first of a batch, and one in the middle
        read.clear()
        trace = trace_phrase(str(tmp_path / "i"), " ".join(texts[number].split()[20:45]))
        assert [document.id for document in trace.documents] == [number]
        assert len(read) <= 2 * tracing.MOST_LOOKED_UP + 1  # and one of what became of it


def test_the_command_answers_as_text_and_as_json(
    indexed: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", indexed.output, CALL, "--dropped", "--limit", "1"]) == 0
    told = capsys.readouterr().out
    assert "15 documents hold it; 0 are in the corpus" in told
    assert "dropped at decide: repeated_5grams" in told
    assert f"[[{CALL}]]" in told
    assert "14 more are not shown" in told
    (tmp_path / "answer.txt").write_text(f"Well: {GULLS}!", "utf-8")
    file = str(tmp_path / "answer.txt")
    assert main(["trace", indexed.output, "--file", file, "--limit", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["spans"][0]["documents"][0]["match"] == GULLS
    assert main(["trace", indexed.output, "--file", file, "--limit", "1"]) == 0
    assert f"“{GULLS}”" in capsys.readouterr().out


def test_a_packed_document_comes_with_its_rows(
    copied: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = trace_phrase(copied, GULLS, status="kept").documents[0].id
    row = {**ROWS[0], "document_ids": [document, 1], "padding": 0}
    rows = pa.Table.from_pylist([row], schema=row_schema(pa.int64()))
    path = Path(copied, "packed", "train", "part-00000-00.parquet")
    path.parent.mkdir(parents=True)
    pq.write_table(rows, path)
    accounts = RowAccounts(rows_in=1, rows_out=1)
    write_manifest(Path(copied, "packed"), "packed", "pack", accounts, 1.0, {})
    assert main(["trace", copied, GULLS, "--kept", "--limit", "1"]) == 0
    told = capsys.readouterr().out
    assert "packed/train/part-00000-00.parquet, row 0, 5 tokens from 0 on" in told
    assert main(["trace", copied, GULLS, "--kept", "--limit", "1", "--json"]) == 0
    (rows_told,) = json.loads(capsys.readouterr().out)["packed"].values()
    assert rows_told == [
        {"file": "train/part-00000-00.parquet", "row": 0, "first": 0, "length": 5, "before": 0}
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trace", "RUN"], "give a phrase in quotes, or --file"),
        (["trace", "RUN", "a phrase", "--file", "x.txt"], "not both"),
        (["trace", "RUN", "--file", "/no/such.txt"], "--file /no/such.txt: No such file"),
        (["trace", "RUN", "a phrase", "--limit", "-1"], "--limit -1"),
        (["trace", "RUN", "a phrase"], "RUN: no such folder. Give the OUTPUT of `corpusmill run`."),
        (
            ["index", "tables.parquet"],
            "tables.parquet: no such folder. Give the OUTPUT of `corpusmill run`.",
        ),
    ],
)
def test_the_command_says_what_is_wrong(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert message in capsys.readouterr().err


def test_for_an_answer_nothing_is_looked_up_or_unpacked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [" ".join(f"w{number * 61 + place}" for place in range(60)) for number in range(300)]
    index_table(write_texts(tmp_path / "t", texts, files=3, rows_a_group=20), tmp_path / "i")
    asked: list[int] = []
    unpacked: list[tuple[str, int]] = []
    unpack = text_reader._unpacked

    def counted_postings(segment: Any, hashes: Any) -> Any:
        asked.extend(hashes.tolist())
        return look_up.postings(segment, hashes)

    def counted(wanted: Any) -> Any:
        unpacked.append((wanted.path, wanted.group))
        return unpack(wanted)

    monkeypatch.setattr(tracing, "postings", counted_postings)
    monkeypatch.setattr(text_reader, "_unpacked", counted)
    holders = (3, 5, 19, 20, 150, 299)  # three in one row group, the last of a group, three files
    answer = " or ".join(" ".join(texts[number].split()[5:25]) for number in holders)
    spans = trace_answer(str(tmp_path / "i"), answer).spans
    told = [document.id for span in spans for document in span.documents]
    assert len(told) == len(holders)
    assert {*told} == {*holders}
    assert len(asked) == len(set(asked)) > 0
    assert sorted(unpacked) == sorted(set(unpacked))
    assert len(unpacked) == 4
