"""The sample crawl: deterministic, complete, readable by other people's readers, free of accidents."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import re
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pypdfium2
import pytest
import yaml
from fastwarc.warc import ArchiveIterator, WarcRecordType

from examples.make_sample import main
from examples.sample.crawl import crawl_files, expected_outcomes, sample_documents
from examples.sample.ordinary import ordinary_documents
from examples.sample.planted_novel import REPEATS, chapter_paragraphs
from examples.sample.planting import JSONL_FILE, PARQUET_FILE, WARC_FILE, WET_FILE
from examples.sample.prose import PROSE_FOLDER, load_prose, parse_prose
from examples.sample.sample_document import OUTCOMES, Expectation, SampleDocument

OUTCOMES_FILE = Path(__file__).parent.parent / "examples" / "expected_outcomes.yaml"
LARGEST_CRAWL_BYTES = 3_000_000
UNSPACED = "\u3040-\u30ff\u3400-\u9fff"


@pytest.fixture(scope="module")
def documents() -> list[SampleDocument]:
    return sample_documents()


@pytest.fixture(scope="module")
def files(documents: list[SampleDocument]) -> dict[str, bytes]:
    return crawl_files(documents)


def tokens(text: str) -> list[str]:
    return re.findall(rf"[{UNSPACED}]|[^\W_]+", text.lower())


def shingles(text: str) -> set[tuple[str, ...]]:
    words = tokens(text)
    length = 8 if re.search(f"[{UNSPACED}]", text) else 5
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def prose_texts() -> dict[str, str]:
    return {
        f"{path.stem}/{prose.slug}": "\n".join(prose.paragraphs)
        for path in sorted(PROSE_FOLDER.glob("*.txt"))
        for prose in load_prose(path.stem, "en")
    }


def test_two_runs_give_the_same_bytes(files: dict[str, bytes]) -> None:
    assert crawl_files(sample_documents()) == files


def test_crawl_has_about_two_hundred_documents_in_less_than_three_megabytes(
    documents: list[SampleDocument], files: dict[str, bytes]
) -> None:
    assert 180 <= len(documents) <= 220
    assert sum(map(len, files.values())) < LARGEST_CRAWL_BYTES


def test_command_writes_every_file(tmp_path: Path, files: dict[str, bytes]) -> None:
    assert main([str(tmp_path / "crawl")]) == 0
    root = tmp_path / "crawl"
    written = {p.relative_to(root).as_posix(): p for p in root.rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in written.items()} == files


def test_command_refuses_to_do_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "OUTPUT_FOLDER" in capsys.readouterr().err


def test_command_repeats_itself_but_refuses_a_folder_with_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path)]) == 0
    (tmp_path / "html" / "left_over.html").write_text("old")
    with pytest.raises(SystemExit):
        main([str(tmp_path)])
    assert "left_over.html" in capsys.readouterr().err


def test_files_that_are_as_they_were_keep_their_time(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    unchanged, changed, *_ = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    content = changed.read_bytes()
    changed.write_bytes(b"cut short")
    for path in (unchanged, changed):
        os.utime(path, (1, 1))
    assert main([str(tmp_path)]) == 0
    assert unchanged.stat().st_mtime == 1
    assert changed.read_bytes() == content


def test_every_document_is_found_by_its_address_or_its_file(
    documents: list[SampleDocument],
) -> None:
    keys = Counter(document.url or document.file for document in documents)
    assert [key for key, count in keys.items() if count > 1] == []
    assert all(re.match(r"https://[a-z0-9.-]+\.example/", d.url) for d in documents if d.url)


def test_expected_outcomes_file_is_what_the_generator_says(
    documents: list[SampleDocument],
) -> None:
    assert OUTCOMES_FILE.read_text(encoding="utf-8") == expected_outcomes(documents)


def test_expected_outcomes_are_complete_and_consistent() -> None:
    entries = yaml.safe_load(OUTCOMES_FILE.read_text(encoding="utf-8"))["documents"]
    assert len(entries) == len(sample_documents())
    for entry in entries:
        assert entry["outcome"] in OUTCOMES
        assert bool(entry.get("reasons")) or entry["outcome"] not in ("dropped", "one_kept")
        assert bool(entry.get("statuses")) or entry["outcome"] != "quarantined"
        assert bool(entry.get("group")) == (entry["outcome"] == "one_kept")


def test_unknown_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="vanished"):
        Expectation("some_case", "vanished")


@pytest.mark.parametrize(
    ("case", "count"),
    [
        ("novel_refrain", 5),
        ("forum_question", 3),
        ("press_release", 4),
        ("half_copy", 2),
        ("exact_copy", 3),
        ("chat_bare", 2),
        ("chat_speakers", 2),
        ("chat_stamped", 2),
        ("keyword_spam", 2),
        ("one_phrase_page", 2),
        ("mojibake", 2),
        ("replacement_characters", 1),
        ("shuffled_letters", 1),
        ("shuffled_words", 1),
        ("shuffled_characters", 1),
        ("long_word", 2),
        ("clickbait", 1),
        ("symbols", 2),
        ("unsafe_adult", 1),
        ("unsafe_casino", 1),
        ("unsafe", 1),
        ("benchmark_question", 2),
        ("empty_file", 3),
        ("no_main_text", 2),
        ("truncated_pdf", 1),
        ("encrypted_pdf", 1),
        ("scanned_pdf", 1),
        ("corrupt_epub", 1),
        ("encrypted_epub", 1),
        ("random_bytes", 1),
        ("broken_jsonl_line", 1),
        ("html_named_pdf", 1),
        ("gbk_page", 1),
        ("big5_page", 1),
        ("shift_jis_page", 1),
        ("two_column_pdf", 1),
        ("table_pdf", 2),
        ("epub_book", 2),
        ("interview_lookalike", 2),
        ("poem_lookalike", 2),
        ("medical_lookalike", 2),
        ("recipe_lookalike", 1),
        ("code_lookalike", 1),
        ("table_lookalike", 1),
    ],
)
def test_planted_case_is_there(documents: list[SampleDocument], case: str, count: int) -> None:
    assert Counter(document.expectation.case for document in documents)[case] == count


def test_languages_of_ordinary_documents() -> None:
    counts = Counter(document.language for document in ordinary_documents())
    assert counts["en"] >= 45
    assert counts["zh"] >= 40
    assert min(counts[language] for language in ("de", "ja", "es", "fr")) >= 6


def test_good_texts_share_almost_no_shingles() -> None:
    # The release families are alike on purpose; noise and chats are no prose.
    names = {
        name: text
        for name, text in prose_texts().items()
        if not name.startswith(("copies/press", "chats/"))
    }
    sets = {name: shingles(text) for name, text in names.items()}
    for (first, a), (second, b) in itertools.combinations(sets.items(), 2):
        similarity = len(a & b) / (len(a | b) or 1)
        assert similarity < 0.02, (first, second, similarity)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [("press-museum", "press-museum-second", 0.45, 0.65)],
)
def test_half_copies_lie_below_the_default_threshold(
    first: str, second: str, low: float, high: float
) -> None:
    texts = prose_texts()
    a, b = shingles(texts[f"copies/{first}"]), shingles(texts[f"copies/{second}"])
    assert low < len(a & b) / len(a | b) < high


def test_press_releases_lie_above_the_default_threshold(documents: list[SampleDocument]) -> None:
    bodies = [
        shingles(re.sub(r"<[^>]+>", " ", document.content.decode().split("release-body")[1]))
        for document in documents
        if document.expectation.case == "press_release"
    ]
    for a, b in itertools.combinations(bodies, 2):
        assert 0.75 < len(a & b) / len(a | b) < 0.97


def test_ordinary_texts_are_long_enough() -> None:
    for document in ordinary_documents():
        if document.kind in ("jsonl", "parquet", "wet"):
            assert len(tokens(document.content.decode())) >= 100, document.url


def test_novel_chapters_end_in_their_refrain() -> None:
    chapters = load_prose("novel", "zh")
    for chapter in chapters:
        text = "".join(chapter_paragraphs(chapter))
        assert text.endswith(chapter.refrain * REPEATS)
        assert text.count(chapter.refrain) == REPEATS
        assert len("".join(chapter.paragraphs)) > 250


def test_one_chapter_repeats_within_a_line_and_one_on_separate_lines() -> None:
    shapes = {len(chapter_paragraphs(c)) - len(c.paragraphs) for c in load_prose("novel", "zh")}
    assert shapes == {1, REPEATS}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("pdf/two_columns.pdf", ["The Slow Post", "In the left column", "In the right column"]),
        ("pdf/tide_table_ruled.pdf", ["Coldwell Weir", "08:37", "1.2 m"]),
        ("pdf/train_table_aligned.pdf", ["Nether Lees", "06:05"]),
        ("pdf/vereinsbrief.pdf", ["Schlüssel hängt", "Brotkasten"]),
        ("broken/really_pdf.html", ["Report of the footpath warden"]),
    ],
)
def test_pdf_opens_and_gives_its_text(
    files: dict[str, bytes], file: str, expected: list[str]
) -> None:
    pdf = pypdfium2.PdfDocument(files[file])
    text = pdf[0].get_textpage().get_text_bounded()
    pdf.close()
    assert [part for part in expected if part not in text] == []


@pytest.mark.parametrize("file", ["broken/truncated.pdf", "broken/password.pdf"])
def test_broken_pdf_does_not_open(files: dict[str, bytes], file: str) -> None:
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(files[file])


def test_password_opens_the_encrypted_pdf(files: dict[str, bytes]) -> None:
    pdf = pypdfium2.PdfDocument(files["broken/password.pdf"], password="not known to the crawler")
    text = pdf[0].get_textpage().get_text_bounded()
    pdf.close()
    assert "This page is locked." in text


def test_scanned_pdf_opens_without_text(files: dict[str, bytes]) -> None:
    pdf = pypdfium2.PdfDocument(files["broken/scanned.pdf"])
    assert len(pdf) == 1
    text = pdf[0].get_textpage().get_text_bounded()
    pdf.close()
    assert text.strip() == ""


@pytest.mark.parametrize("file", ["epub/the-night-baker.epub", "epub/jiangshang-de-deng.epub"])
def test_epub_is_a_zip_whose_spine_names_its_chapters(files: dict[str, bytes], file: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(files[file]))
    assert archive.testzip() is None
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    package = archive.read("OEBPS/package.opf").decode()
    spine = re.findall(r'<itemref idref="(c\d)"/>', package)
    assert spine == ["c1", "c2", "c3"]
    assert {f"OEBPS/chapter{number}.xhtml" for number in (1, 2, 3)} <= set(archive.namelist())


def test_corrupt_epub_is_no_zip(files: dict[str, bytes]) -> None:
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(files["broken/corrupt.epub"]))


def test_warc_responses_carry_the_pages(
    documents: list[SampleDocument], files: dict[str, bytes]
) -> None:
    wanted = {d.url: d.content for d in documents if d.file == WARC_FILE}
    found = {
        record.headers["WARC-Target-URI"]: record.reader.read()
        for record in ArchiveIterator(
            io.BytesIO(files[WARC_FILE]), record_types=WarcRecordType.response, parse_http=True
        )
    }
    assert len(wanted) >= 30
    assert found == wanted


def test_wet_conversions_carry_the_texts(
    documents: list[SampleDocument], files: dict[str, bytes]
) -> None:
    wanted = {d.url: d.content for d in documents if d.file == WET_FILE}
    found = {
        record.headers["WARC-Target-URI"]: record.reader.read()
        for record in ArchiveIterator(
            io.BytesIO(files[WET_FILE]), record_types=WarcRecordType.conversion
        )
    }
    assert len(wanted) >= 2
    assert found == wanted


def test_jsonl_and_parquet_hold_text_and_url(
    documents: list[SampleDocument], files: dict[str, bytes]
) -> None:
    # Bytes, not text: mojibake holds U+0085, at which str.splitlines would cut a record in two.
    lines = gzip.decompress(files[JSONL_FILE]).splitlines()
    rows = [*map(json.loads, lines), *pq.read_table(io.BytesIO(files[PARQUET_FILE])).to_pylist()]
    found = {row["url"]: row["text"] for row in rows}
    assert found == {
        d.url: d.content.decode() for d in documents if d.file in (JSONL_FILE, PARQUET_FILE)
    }


def test_one_line_of_the_broken_jsonl_cannot_be_read(files: dict[str, bytes]) -> None:
    *good, bad = files["jsonl/broken_line.jsonl"].splitlines()
    assert [set(json.loads(line)) for line in good] == [{"text", "url"}] * 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(bad)


@pytest.mark.parametrize(
    ("file", "codec", "part"),
    [
        ("html/shenghuo-zhishi.example/shouyinji.html", "gb2312", "旧货市场"),
        ("html/xiangkou.example/xiyidian.html", "big5", "洗衣店"),
        ("html/engawa.example/engawa.html", "shift_jis", "縁側"),
    ],
)
def test_page_in_an_old_character_set(
    files: dict[str, bytes], file: str, codec: str, part: str
) -> None:
    content = files[file]
    assert part in content.decode(codec)
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def test_mojibake_reads_right_after_undoing_it(documents: list[SampleDocument]) -> None:
    broken = next(d for d in documents if d.url == "https://old-copies.example/shouyinji")
    assert "旧货市场" in broken.content.decode().encode("latin-1").decode()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("=== slug\nkind: essay\n\nText.", "title None"),
        ("=== slug\ntitle: T\nkind: poem\n\nText.", "kind 'poem'"),
        ("=== slug\ntitle: T\nkind: essay\n", "0 paragraphs"),
    ],
)
def test_faulty_prose_is_refused(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_prose(source, "en")
