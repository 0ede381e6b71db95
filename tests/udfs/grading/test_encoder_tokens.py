from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_encoder import CHINESE, wordpiece
from udfs.grading.encoder_tokens import (
    MOST_UNKNOWN,
    WindowTokeniser,
    language_sample,
    refuse_unreadable,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    wordpiece().save(str(path))
    return path


def test_a_text_that_fits_is_one_window_in_its_frame(path: Path) -> None:
    plain = wordpiece()
    plain.no_truncation()
    plain.no_padding()
    text = "theorem and proof"
    assert WindowTokeniser(path, 64).windows(text).windows == [plain.encode(text).ids]


def test_of_a_long_text_head_middle_and_tail_are_read(path: Path) -> None:
    text = " ".join(["a"] * 100 + ["b"] * 100 + ["c"] * 100)
    head, middle, tail = WindowTokeniser(path, 12).windows(text).windows
    tokens = [wordpiece().token_to_id(letter) for letter in "abc"]
    for window, token in zip((head, middle, tail), tokens, strict=True):
        assert window == [2, *[token] * 10, 3]


def test_the_spelling_of_a_special_token_in_a_page_is_text(tmp_path: Path) -> None:
    known = wordpiece()
    known.add_special_tokens(["[CLS]", "[SEP]"])
    known.save(str(tmp_path / "tokenizer.json"))
    assert known.encode("a [SEP] b", add_special_tokens=False).ids.count(3) == 1
    (window,) = WindowTokeniser(tmp_path / "tokenizer.json", 64).windows("a [SEP] b").windows
    assert (window.count(2), window.count(3)) == (1, 1), "those of the frame alone"
    assert (window[0], window[-1]) == (2, 3)


@pytest.mark.parametrize("letters", [11, 238, 240, 241, 5_000])
def test_windows_of_a_long_text_are_the_same_whether_it_is_cut_by_characters_or_not(
    path: Path, letters: int
) -> None:
    windows, _ = WindowTokeniser(path, 12).windows("x" * 3 + " y" * letters + " zzz")
    assert [len(window) for window in windows] == [12] * 3
    assert windows[0][:4] == [2, *wordpiece().encode("xxx", add_special_tokens=False).ids[:3]]
    assert windows[2][-4:] == [*wordpiece().encode("zzz", add_special_tokens=False).ids[:3], 3]


def test_texts_without_tokens_have_no_window(path: Path) -> None:
    tokeniser = WindowTokeniser(path, 16)
    assert tokeniser.windows("") == tokeniser.windows(" \n ") == ([], 0.0)


@pytest.mark.parametrize(
    ("text", "share"), [("theorem", 0.0), ("的一是", 1.0), ("abcd 的一是在", 0.5), ("abcd 的", 0.2)]
)
def test_characters_that_a_vocabulary_cannot_spell_are_counted(
    path: Path, text: str, share: float
) -> None:
    assert WindowTokeniser(path, 32).unknown_share(text) == pytest.approx(share)


def test_a_vocabulary_is_refused_for_a_language_that_it_cannot_spell(path: Path) -> None:
    tokeniser = WindowTokeniser(path, 256)
    assert tokeniser.unknown_share(language_sample("zh")) > MOST_UNKNOWN
    with pytest.raises(ValueError, match=r"of 'zh' text are unknown to its vocabulary, wanted"):
        refuse_unreadable(tokeniser, "zh", language_sample("zh"), "grader/")
    refuse_unreadable(tokeniser, "en", language_sample("en"), "grader/")
    assert language_sample("xx") == ""


def test_a_chinese_vocabulary_reads_chinese(tmp_path: Path) -> None:
    wordpiece(CHINESE).save(str(tmp_path / "tokenizer.json"))
    tokeniser = WindowTokeniser(tmp_path / "tokenizer.json", 64)
    assert tokeniser.unknown_share(CHINESE) == 0.0


def test_missing_and_broken_files_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"needs model\.onnx and tokenizer\.json"):
        WindowTokeniser(tmp_path / "tokenizer.json", 64)
    broken = tmp_path / "broken.json"
    broken.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match="copy the folder again"):
        WindowTokeniser(broken, 64)
    with pytest.raises(ValueError, match="leave no room beside the special tokens"):
        WindowTokeniser(path, 2)
