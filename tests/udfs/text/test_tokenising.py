import numpy as np
import pyarrow as pa
import pytest

from udfs.text.token_batch import TokenBatch
from udfs.text.tokenising import hash_token, tokenise


def words(batch: TokenBatch) -> list[list[str]]:
    found = []
    for first, last in zip(batch.token_offsets, batch.token_offsets[1:], strict=False):
        found.append(
            [
                batch.data[batch.token_start[i] : batch.token_end[i]].tobytes().decode()
                for i in range(first, last)
            ]
        )
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" .,;\n\t", []),
        ("Hello, World!", ["Hello", "World"]),
        ("don't stop_here", ["don", "t", "stop", "here"]),
        ("3.14 and 1e5", ["3", "14", "and", "1e5"]),
        ("naïve Überraschung", ["naïve", "Überraschung"]),
        ("今天是2024年。", ["今", "天", "是", "2024", "年"]),
        ("カタカナ・ひら", ["カ", "タ", "カ", "ナ", "ひ", "ら"]),
        ("ภาษา", ["ภ", "า", "ษ", "า"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("abc中def", ["abc", "中", "def"]),
        ("soft\u00adhyphen", ["soft\u00adhyphen"]),
        ("word\u200d end", ["word", "end"]),
        ("zero\u200bwidth", ["zero", "width"]),
        ("\u0301lone mark", ["lone", "mark"]),
        ("e\u0301te\u0301", ["été"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a\0b", ["a", "b"]),
        ("line\r\nline", ["line", "line"]),
        ("😀emoji😀", ["emoji"]),
        ("\u0661\u0662", ["\u0661\u0662"]),
    ],
)
def test_tokens_of_a_text(text: str, expected: list[str]) -> None:
    assert words(tokenise(pa.array([text]))) == [expected]


def test_rows_do_not_run_into_each_other() -> None:
    batch = tokenise(pa.array(["ab", "cd", None, "", "ef"]))
    assert words(batch) == [["ab"], ["cd"], [], [], ["ef"]]
    assert batch.token_offsets.tolist() == [0, 1, 2, 2, 2, 3]


def test_hash_ignores_case_composition_and_joiners() -> None:
    (same,) = {
        hash_token(w)
        for w in ["Été", "été", "ÉTÉ", "E\u0301te\u0301", "é\u00adté", "é\u200dte\u0301"]
    }
    assert same != hash_token("ete")


def test_hash_does_not_depend_on_the_neighbours() -> None:
    batch = tokenise(pa.array(["one two one", "two", "ONE"]))
    one, two = hash_token("one"), hash_token("two")
    assert batch.token_hash.tolist() == [one, two, one, two, one]


def test_hashes_are_pinned_because_published_datasets_hold_them() -> None:
    assert [hash_token(w) for w in ["the", "中", "straße"]] == [
        17849343115185274028,
        12944700128710549440,
        17785974634728394314,
    ]


def test_types_and_lengths() -> None:
    batch = tokenise(pa.array(["Ünï 中 x1"], pa.large_string()))
    assert batch.token_hash.dtype == np.uint64
    assert batch.token_start.dtype == batch.token_end.dtype == np.int64
    assert batch.token_offsets.dtype == batch.text_offsets.dtype == np.int64
    assert batch.token_characters.tolist() == [3, 1, 2]
    assert batch.token_unspaced.tolist() == [0, 1, 0]


def test_bytes_that_are_no_utf8_separate_words() -> None:
    batch = tokenise(pa.array([b"ab\xffcd\xe4\xb8", b"\xed\xa0\x80x"], pa.binary()))
    assert words(batch) == [["ab", "cd"], ["x"]]


def test_inserting_spaces_between_han_characters_changes_no_hash() -> None:
    batch = tokenise(pa.array(["春眠不觉晓", "春 眠\n不 觉\u3000晓"]))
    assert batch.token_hash[:5].tolist() == batch.token_hash[5:].tolist()


def test_no_rows() -> None:
    batch = tokenise(pa.array([], pa.string()))
    assert batch.token_offsets.tolist() == [0]
    assert len(batch.token_hash) == 0


def test_the_densest_text_fits() -> None:
    batch = tokenise(pa.array(["a", "b c", "a b c d e f g", "x"]))
    assert len(batch.token_hash) == 11


@pytest.mark.parametrize("text", [". , ; ! " * 50, ".,;!" * 50, "a.b,c;" * 50, "中。" * 50])
def test_texts_of_bare_marks_fit_too(text: str) -> None:
    batch = tokenise(pa.array([text, "a", text, text]), punctuation=True)
    alone = tokenise(pa.array([text]), punctuation=True)
    assert np.diff(batch.token_offsets).tolist() == [len(alone.token_hash), 1] + 2 * [
        len(alone.token_hash)
    ]


def test_similar_short_words_have_distinct_hashes() -> None:
    column = pa.array([" ".join(f"{i:x} w{i} {chr(0x4E00 + i % 20000)}" for i in range(60_000))])
    batch = tokenise(column)
    spellings = {
        batch.data[s:e].tobytes() for s, e in zip(batch.token_start, batch.token_end, strict=True)
    }
    assert len(np.unique(batch.token_hash)) == len(spellings)
    low_bits = np.bincount(np.unique(batch.token_hash).astype(np.int64) & 1023, minlength=1024)
    expected = len(spellings) / 1024
    assert abs(low_bits - expected).max() < 6 * expected**0.5


def test_hash_token_refuses_what_is_not_one_word() -> None:
    with pytest.raises(ValueError, match="2 tokens"):
        hash_token("two words")
