"""Signature rows: their shape, their bounds on memory, and what decides them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from udfs.dedup import signatures
from udfs.dedup.signatures import (
    SIGNATURE_SCHEMA,
    ShinglePlan,
    SigningPlan,
    pieces,
    shingle_sets,
    sign_documents,
)

WORDS = ShinglePlan("words", 5, 8)
PLAN = SigningPlan(WORDS, bands=20, rows=7, seed=1, key_bits=64, keep="longest")


def batch(
    texts: list[str | None],
    urls: list[str | None] | None = None,
    scopes: list[str | None] | None = None,
) -> pa.RecordBatch:
    return pa.record_batch(
        {
            "id": pa.array(range(len(texts)), pa.int64()),
            "text": pa.array(texts, pa.string()),
            "address": pa.array(urls or [None] * len(texts), pa.string()),
            "scope": pa.array(scopes or [None] * len(texts), pa.string()),
            "keep_value": pa.nulls(len(texts), pa.float64()),
        }
    )


def sign(
    texts: list[str | None],
    urls: list[str | None] | None = None,
    scopes: list[str | None] | None = None,
) -> list[dict]:
    signed = sign_documents([batch(texts, urls, scopes)], PLAN)
    table = pa.Table.from_batches(signed, SIGNATURE_SCHEMA)
    table.validate(full=True)
    return table.to_pylist()


def test_rows_keep_their_order_and_lack_what_cannot_be_computed() -> None:
    none, empty, short, text = sign([None, "?!", "one two", "one two three four five six"])
    assert [row["id"] for row in (none, empty, short, text)] == [0, 1, 2, 3]
    assert none["text_hash_high"] is none["text_hash_low"] is none["sketch"] is None
    assert empty["text_hash_high"] is not None
    assert none["band_keys"] == empty["band_keys"] == []
    assert empty["sketch"] is None
    assert len(short["band_keys"]) == len(text["band_keys"]) == 20
    assert len(short["sketch"]) == len(text["sketch"]) == 140


def test_the_url_changes_the_preference_and_nothing_else() -> None:
    one, other = sign(["same text"] * 2, ["http://a/", "http://b/"])
    assert one["order_key"] != other["order_key"]
    assert {**one, "id": 0, "order_key": 0} == {**other, "id": 0, "order_key": 0}


def test_rows_do_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"text {n} " * n for n in range(60)]
    whole = sign(texts)
    monkeypatch.setattr(signatures, "PIECE_BYTES", 100)
    assert sign(texts) == whole


@pytest.mark.parametrize("limit", [1, 7, 100, 10_000])
def test_pieces_hold_little_text_and_every_row(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(signatures, "PIECE_BYTES", limit)
    texts = ["x" * n for n in [0, 0, 5, 50, 3, 3, 500, 0, 7]]
    found = list(pieces(batch(texts), "text"))
    assert [text for piece in found for text in piece["text"].to_pylist()] == texts
    assert all(
        len(piece) == 1 or sum(map(len, piece["text"].to_pylist())) <= limit for piece in found
    )


def test_a_sliced_batch_is_read_from_where_it_begins() -> None:
    texts = ["first text", "second one", "third one here"]
    whole = sign(texts)[1:]
    part = pa.Table.from_batches(
        sign_documents([batch(texts).slice(1)], PLAN), SIGNATURE_SCHEMA
    ).to_pylist()
    assert part == whole


def test_a_document_of_many_megabytes() -> None:
    text = " ".join(map(str, range(700_000)))
    (row,) = sign([text])
    assert len(row["sketch"]) == 140


def test_sets_are_sorted_and_distinct() -> None:
    rows = pa.record_batch(
        {"root": [4, 4, 9], "id": [1, 2, 3], "text": ["a b a b a b a b", "", "x"]}
    )
    (found,) = shingle_sets([rows], WORDS)
    sets = [np.frombuffer(value, "<u4") for value in found["set"].to_pylist()]
    assert [len(values) for values in sets] == [2, 0, 1]
    assert (np.diff(sets[0].astype(np.int64)) > 0).all()
    assert found["root"].to_pylist() == [4, 4, 9]


def test_documents_of_different_scopes_share_nothing_to_meet_by() -> None:
    one, same, other, none, empty = sign(["one text"] * 5, None, ["en", "en", "de", None, ""])
    for name in ("order_key", "text_hash_high", "band_keys"):
        assert one[name] == same[name] != other[name] != none[name] == empty[name]
    assert not set(one["band_keys"]) & set(other["band_keys"])
    assert one["sketch"] == other["sketch"]


def test_keys_are_those_of_the_format_everywhere() -> None:
    """Should this fail, published signatures of old runs lose their value: raise SIGNATURE_FORMAT."""
    assert signatures.SIGNATURE_FORMAT == 1
    rows = sign(
        [
            "The quick brown fox jumps over the lazy dog.",
            "敏捷的棕色狐狸跳过懒狗",
            "nai\u0308ve café",
        ],
        ["https://a.org/", None, None],
        [None, "zh", None],
    )
    names = ("order_key", "text_hash_high", "text_hash_low")
    assert [
        (*(row[name] for name in names), row["band_keys"][0], row["sketch"][:4].hex())
        for row in rows
    ] == [
        (8445620294785378861, -933254323409636282, 1651835815369089912, 3706925317514328700, "d9cd0eae"),
        (8499258835621448971, -3649665985969568711, -7272588873490659191, -2912292203676961622, "eb1c1197"),
        (8700791686062662113, 6374159539129324479, -4304857302992538636, -797310683274100343, "63af756d"),
    ]  # fmt: skip
