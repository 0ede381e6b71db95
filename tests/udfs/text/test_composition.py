import time
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.columns.string_views import string_views
from udfs.text import composition
from udfs.text.composition import compose


def composed(texts: list[bytes]) -> list[bytes]:
    views = compose(string_views(pa.array(texts, pa.binary())))
    return [
        views.data[start:stop].tobytes()
        for start, stop in zip(views.offsets, views.offsets[1:], strict=False)
    ]


MARKED = st.text(st.sampled_from("aeA\u0301\u0323\u0308\u1100\u1161\u11a8각\u212b\uf900か\u3099 z"))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(MARKED, st.text()), max_size=6))
def test_equals_unicodedata_row_by_row(texts: list[str]) -> None:
    raw = [t.encode("utf-8", "surrogatepass") for t in texts]
    expected = [unicodedata.normalize("NFC", t).encode("utf-8", "surrogatepass") for t in texts]
    assert composed(raw) == expected


def test_text_that_is_composed_already_is_not_copied() -> None:
    views = string_views(pa.array(["plain", "Ä composed", "ทั้ง", "中文"]))
    assert compose(views) is views


def test_nulls_stay_nulls() -> None:
    views = compose(string_views(pa.array(["e\u0301", None, "x"])))
    assert views.valid.tolist() == [True, False, True]
    assert views.data.tobytes() == "éx".encode()


def test_bytes_that_are_no_utf8_survive() -> None:
    assert composed([b"\xff\xfee\xcc\x81\xe4\xb8"]) == [b"\xff\xfe\xc3\xa9\xe4\xb8"]


def test_pieces_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "PIECE_BYTES", 7)
    text = "a\u0301b\u0323\u0308 각\u1100\u1161\u11a8 plain " * 20
    assert composed([text.encode()]) == [unicodedata.normalize("NFC", text).encode()]


def test_endless_combining_marks_take_linear_time() -> None:
    text = "a" + "\u0301\u0323" * 500_000
    started = time.process_time()
    (result,) = composed([text.encode()])
    assert time.process_time() - started < 5
    assert len(result) > 1_000_000
