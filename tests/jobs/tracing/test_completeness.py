"""No document that holds a phrase is missed: against a full scan, over every seam there is."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.inspection import tracing
from jobs.inspection.tracing import trace_phrase
from jobs.runtime.contract import table_parts
from jobs.runtime.errors import InputError
from jobs.tracing import layout, sorted_files
from tests.jobs.tracing.traced_tables import index_table, write_texts
from udfs.tracing.fingerprints import GUARANTEED

ENGLISH = [
    "the", "a", "of", "patient", "dose", "was", "given", "twice", "daily", "under", "care", "with", "no",
    "change", "in", "pressure",
]  # fmt: skip
CODE = [
    "def", "return", "if", "self", "value", "index", "for", "in", "range", "len", "append", "None", "x", "y",
]  # fmt: skip
SCRIPTS = {
    "english": (ENGLISH, " "),
    "chinese": (list("的一是在不了有和人这中大为上个国我以要他时来用们"), ""),
    "japanese": (list("のにはをたがでてとしれさある本日年見学薬糖"), ""),
    "thai": (list("กขคงจฉชซดตทนบปผพมยรลวส"), ""),
    "code": (CODE, "("),
}
DOCUMENTS, PASSAGES, PHRASES = 240, 5, 8


@pytest.fixture
def tiny_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts, batches, row groups and buckets so small that everything lies on a border."""
    monkeypatch.setattr(table_parts, "PART_BYTES", 4_000)
    monkeypatch.setattr(sorted_files, "ROW_GROUP_POSTINGS", 64)
    monkeypatch.setattr(sorted_files, "ROW_GROUP_DOCUMENTS", 16)
    monkeypatch.setattr(layout, "BUCKET_POSTINGS", 1_000)
    monkeypatch.setattr(tracing, "SCANNED_BYTES", 0)


def holders(documents: list[list[str]], phrase: list[str]) -> set[int]:
    """A full scan: token by token, through every document."""
    length = len(phrase)
    return {
        number
        for number, words in enumerate(documents)
        if any(words[i : i + length] == phrase for i in range(len(words) - length + 1))
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_full_scan_finds_no_more(
    script: str,
    tmp_path: Path,
    tiny_pieces: None,
) -> None:
    words, glue = SCRIPTS[script]
    draw = np.random.default_rng(len(script))

    def some(count: int) -> list[str]:
        return [str(word) for word in draw.choice(words, count)]

    passages = [some(50) for _ in range(PASSAGES)]
    documents = [
        [
            *some(int(draw.integers(0, 60))),
            *passages[int(draw.integers(PASSAGES))],
            *some(int(draw.integers(0, 9))),
            *passages[int(draw.integers(PASSAGES))],
            *some(int(draw.integers(0, 60))),
        ]
        for _ in range(DOCUMENTS)
    ]
    table = write_texts(tmp_path / "table", [glue.join(one) for one in documents], files=3)
    index_table(table, tmp_path / "index")
    pairs = 0
    for _ in range(PHRASES):
        length = int(draw.integers(GUARANTEED, 30))
        first = int(draw.integers(0, 50 - length))
        phrase = passages[int(draw.integers(PASSAGES))][first : first + length]
        trace = trace_phrase(str(tmp_path / "index"), glue.join(phrase))
        wanted = holders(documents, phrase)
        assert {document.id for document in trace.documents} == wanted
        assert (trace.found, trace.kept, trace.complete) == (len(wanted), len(wanted), True)
        pairs += len(wanted)
    assert pairs >= 600  # of 3,000 in all


@settings(max_examples=15, deadline=None)
@given(
    texts=st.lists(st.lists(st.sampled_from("abcd"), max_size=40), min_size=1, max_size=12),
    files=st.integers(1, 3),
    drawn=st.data(),
)
def test_whatever_the_texts_and_the_files(
    texts: list[list[str]], files: int, drawn: st.DataObject
) -> None:
    long = [text for text in texts if len(text) >= GUARANTEED] or [["a"] * GUARANTEED]
    text = drawn.draw(st.sampled_from(long))
    first = drawn.draw(st.integers(0, len(text) - GUARANTEED))
    phrase = text[first : drawn.draw(st.integers(first + GUARANTEED, len(text)))]
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_files, "ROW_GROUP_POSTINGS", 2)
        patch.setattr(layout, "BUCKET_POSTINGS", 10)
        patch.setattr(table_parts, "PART_BYTES", 100)
        patch.setattr(tracing, "SCANNED_BYTES", 0)
        rows = [" ".join(one) for one in texts]
        table = write_texts(Path(scratch) / "t", rows, files=files, rows_a_group=2)
        index_table(table, Path(scratch) / "i")
        trace = trace_phrase(str(Path(scratch) / "i"), " ".join(phrase))
        assert {document.id for document in trace.documents} == holders(texts, phrase)


def test_a_phrase_over_the_border_of_two_texts_is_none(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(12)]
    table = write_texts(tmp_path / "t", [" ".join(words[:6]), " ".join(words[6:])])
    index_table(table, tmp_path / "i")
    assert trace_phrase(str(tmp_path / "i"), " ".join(words)).found == 0


def test_a_phrase_of_thousands_of_documents_is_counted_and_shown_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_files, "ROW_GROUP_POSTINGS", 1_000)  # its list spans row groups
    phrase = "all rights reserved no part of this may be copied by anybody"
    texts = [f"page {number} {phrase} {number * 7919 % 4001}" for number in range(4_000)]
    index_table(write_texts(tmp_path / "t", texts, rows_a_group=500), tmp_path / "i")
    trace = trace_phrase(str(tmp_path / "i"), phrase)
    assert (trace.found, len(trace.documents)) == (4_000, 4_000)
    assert len(trace_phrase(str(tmp_path / "i"), phrase, limit=3).documents) == 3


@pytest.mark.parametrize(
    "writing",
    [
        "THE DOSE WAS GIVEN TWICE DAILY, UNDER CARE: WITH NO CHANGE!",
        "the dose\nwas given\ttwice daily\u3000under care with no change",
        "**the dose** was given `twice daily` under care with no change",
        "ｔｈｅ ｄｏｓｅ was given twice daily under care with no change",
    ],
)
def test_writing_does_not_matter(writing: str, tmp_path: Path) -> None:
    text = "It says the dose was given twice daily under care with no change in pressure."
    index_table(write_texts(tmp_path / "t", [text]), tmp_path / "i")
    (document,) = trace_phrase(str(tmp_path / "i"), writing).documents
    assert document.match == "the dose was given twice daily under care with no change"
    assert (document.before, document.after) == ("It says ", " in pressure.")


def test_simplified_and_traditional_characters_are_one(tmp_path: Path) -> None:
    index_table(write_texts(tmp_path / "t", ["他說這張藥單對糖尿病沒有用處。"]), tmp_path / "i")
    trace = trace_phrase(str(tmp_path / "i"), "这张药单对糖尿病没有用处")
    assert [document.match for document in trace.documents] == ["這張藥單對糖尿病沒有用處"]


def test_a_phrase_too_short_for_the_guarantee_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["metformin combined with chlorpromazine for diabetes", None, ""]
    index_table(write_texts(tmp_path / "t", texts), tmp_path / "i")
    small = trace_phrase(str(tmp_path / "i"), "chlorpromazine")
    assert (small.found, small.complete) == (1, True)  # so little text is read whole
    monkeypatch.setattr(tracing, "SCANNED_BYTES", 0)
    large = trace_phrase(str(tmp_path / "i"), texts[0] or "")
    assert (large.found, large.complete) == (1, False)
    with pytest.raises(InputError, match="1 words are too few"):
        trace_phrase(str(tmp_path / "i"), "chlorpromazine")
