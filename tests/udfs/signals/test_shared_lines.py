import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.lines import text_batch
from udfs.signals.shared_lines import LineKeyBatches, shared_line_shares, site_keys

BANNER = "We use cookies!"


def keys(texts: list[str | None], urls: list[str | None], source: str = "crawl") -> list[int]:
    batch = pa.RecordBatch.from_pydict(
        {
            "url": pa.array(urls, pa.string()),
            "source": pa.array([source] * len(texts), pa.string()),
            "text": pa.array(texts, pa.string()),
        }
    )
    (found,) = LineKeyBatches()([batch])
    return found.column("key").to_pylist()


def test_a_document_gives_each_line_with_a_word_once() -> None:
    assert len(keys(["one\ntwo\none\n---\n\n one "], [None])) == 2
    assert keys(["", None, "***\n\n"], [None] * 3) == []


@pytest.mark.parametrize("other", ["we use COOKIES", "  We use, cookies.  ", "> We — use cookies"])
def test_lines_are_compared_by_their_words(other: str) -> None:
    assert keys([BANNER], [None]) == keys([other], [None]) != keys(["We use cookie"], [None])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.a.org/x", "http://A.org:80/y?z", True),
        ("https://a.org/", "https://b.a.org/", False),
        (None, "https://a.org/", False),
        ("http://[", None, True),  # no host: the file
        ("mailto:x", "", True),
    ],
)
def test_a_site_is_a_host_or_a_file(one: str | None, other: str | None, same: bool) -> None:
    sources = pa.array(["f", "f"])
    first, second = site_keys(pa.array([one, other], pa.string()), sources)
    assert (first == second) == same


def test_sites_of_other_files_differ() -> None:
    nowhere = pa.nulls(2, pa.string())
    first, second = site_keys(nowhere, pa.array(["f", "g"]))
    assert first != second


def test_shares_of_lines_and_characters() -> None:
    urls, sources = pa.array(["https://a.org", "https://b.org"]), pa.array(["f", "f"])
    shared = np.sort(np.array(keys([BANNER], ["https://a.org"]), np.int64).view(np.uint64))
    texts = pa.array([f"{BANNER}\n12345\n---", f"{BANNER}\n12345"])
    rows = shared_line_shares(texts, site_keys(urls, sources), shared).to_pylist()
    assert rows == [
        {"line_ratio": 1 / 2, "character_ratio": 15 / 20},
        {"line_ratio": 0, "character_ratio": 0},
    ]
    assert (
        shared_line_shares(pa.array(["", None]), np.zeros(2, np.uint64), shared).to_pylist()
        == [{"line_ratio": None, "character_ratio": None}] * 2
    )
    assert shared_line_shares(texts, np.zeros(2, np.uint64), shared[:0]).to_pylist()[0] == {
        "line_ratio": 0,
        "character_ratio": 0,
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.sampled_from("a \n中.é"), max_size=20), max_size=6))
def test_keys_do_not_depend_on_batches(texts: list[str]) -> None:
    together = keys(list(texts), [None] * len(texts))
    assert together == [key for text in texts for key in keys([text], [None])]


def test_a_document_in_pieces_gives_each_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"line {number % 5} of five" for number in range(400))
    whole = keys([text, "line 1 of five"], [None, None])
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 500)
    assert keys([text, "line 1 of five"], [None, None]) == whole
    assert len(whole) == 6
