import numpy as np
import pyarrow as pa
import pytest

from udfs.lines import text_batch
from udfs.lines.text_batch import TextBatch, TextPart
from udfs.text.token_batch import TokenBatch


def texts_of(part: TextPart) -> list[str]:
    return [value if isinstance(value, str) else value.decode() for value in part.texts.to_pylist()]


def test_a_small_batch_is_one_part() -> None:
    parts = list(TextBatch(pa.array(["a b", "", "c"])).parts())
    assert len(parts) == 1
    assert parts[0].rows.tolist() == [0, 1, 2]


def test_parts_cover_all_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_batch, "PART_BYTES", 10)
    texts = ["x" * n for n in (4, 4, 4, 0, 0, 30, 1)]
    parts = list(TextBatch(pa.array(["skipped", *texts]).slice(1)).parts())
    assert [part.rows.tolist() for part in parts] == [[0, 1], [2, 3, 4], [5], [6]]
    assert [text for part in parts for text in texts_of(part)] == texts


def test_no_rows_have_no_parts() -> None:
    batch = TextBatch(pa.array([], pa.string()))
    assert list(batch.parts()) == []
    assert list(batch.slices()) == []
    assert len(batch.tokens.token_hash) == 0


def test_slices_cover_all_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_batch, "SLICE_BYTES", 10)
    monkeypatch.setattr(text_batch, "SLICE_ROWS", 3)
    texts = ["x" * n for n in (4, 4, 4, 0, 0, 0, 0, 30, 1)]
    languages = [str(i) for i in range(9)]
    slices = list(TextBatch(pa.array(texts), pa.array(languages)).slices())
    assert [s.texts.to_pylist() for s in slices] == [
        texts[0:2], texts[2:5], texts[5:7], texts[7:8], texts[8:9],
    ]  # fmt: skip
    assert [s.languages.to_pylist() for s in slices if s.languages is not None] == [
        languages[0:2], languages[2:5], languages[5:7], languages[7:8], languages[8:9],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("line one\nline two\nthree", ["line one\n", "line two\n", "three"]),
        ("word word word word word", ["word word ", "word word ", "word"]),
        ("x" * 25, ["x" * 12, "x" * 12, "x"]),
        ("中" * 9, ["中" * 4, "中" * 4, "中"]),
    ],
)
def test_oversized_documents_are_cut_at_the_best_place(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 12)
    first, *pieces, last = TextBatch(pa.array(["small", text, "tiny"])).parts()
    assert (texts_of(first), first.rows.tolist()) == (["small"], [0])
    assert (texts_of(last), last.rows.tolist()) == (["tiny"], [2])
    assert [texts_of(piece) for piece in pieces] == [[piece] for piece in expected]
    assert all(piece.rows.tolist() == [1] for piece in pieces)


def test_words_are_the_tokens_without_marks_unless_chinese() -> None:
    part = TextPart(pa.array(["Hello, world!", "我们今天学习。"]), np.arange(2))
    assert part.segmented.tolist() == [False, True]
    assert np.diff(part.marked_tokens.token_offsets).tolist() == [4, 7]
    assert np.diff(part.tokens.token_offsets).tolist() == [2, 6]
    assert np.diff(part.words.token_offsets).tolist() == [2, 3]


def test_texts_and_languages_must_be_of_one_length() -> None:
    with pytest.raises(ValueError, match="2 texts came with 1 languages"):
        TextBatch(pa.array(["a", "b"]), pa.array(["en"]))


def test_a_text_known_to_be_chinese_is_segmented_however_many_formulas_it_holds() -> None:
    text = "f(x) = a + b, g(y) = c d e。我们今天学习。"
    batch = TextBatch(pa.array([text, text, text]), pa.array(["en", "zh", None]))
    (part,) = batch.parts()
    assert part.segmented.tolist() == [False, True, False]
    assert np.diff(part.words.token_offsets).tolist() == [15, 12, 15]


def test_tokens_alone_are_the_tokens_and_make_no_marks() -> None:
    texts = pa.array(["It cost 3.14, don't you see?", "合同、要约。 OK (a.b@c.d)", ""])
    (alone,) = TextBatch(texts).parts()
    (marked,) = TextBatch(texts).parts()
    for name in TokenBatch._fields:
        assert np.array_equal(getattr(alone.tokens_alone, name), getattr(marked.tokens, name)), name
    assert "marked_tokens" not in vars(alone)
    assert marked.tokens_alone is marked.tokens
