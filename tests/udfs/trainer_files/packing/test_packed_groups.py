"""Documents in, packed rows out: nothing lost, every segment named, bad documents quarantined."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.trainer_files.packing.packed_groups import FrameIds, PackedGroup, packed_groups
from udfs.trainer_files.packing.row_facts import added_facts
from udfs.trainer_files.packing.settings import STRATEGIES, PackSettings
from udfs.trainer_files.packing.token_rows import row_batch
from udfs.trainer_files.tokenising.engines import EngineName, TokenBatch

BOS, EOS, PAD = 1, 2, 0
FRAME = FrameIds(BOS, EOS, PAD)


class Letters:
    """One token a character; none for a text of dots."""

    name: EngineName = "tokenizers"

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        found = [[ord(letter) for letter in text if letter != "."] for text in texts]
        offsets = np.concatenate([[0], np.cumsum([len(ids) for ids in found])]).astype(np.int64)
        return TokenBatch(np.array([i for ids in found for i in ids], np.int32), offsets)


def documents(
    texts: Sequence[str | None], partitions: Sequence[int] | None = None, **columns: Sequence[Any]
) -> pa.RecordBatch:
    count = len(texts)
    return pa.RecordBatch.from_pydict(
        {
            "partition": pa.array(partitions or [0] * count, pa.int32()),
            "unit": pa.array([0] * count, pa.int64()),
            "copy": pa.array(columns.pop("copy", [0] * count), pa.int32()),
            "id": pa.array([f"d{number}" for number in range(count)], pa.string()),
            "text": pa.array(texts, pa.string()),
            **{name: pa.array(values, pa.string()) for name, values in columns.items()},
        }
    )


def packed(
    batches: Sequence[pa.RecordBatch], frame: FrameIds = FRAME, **given_: Any
) -> list[PackedGroup]:
    chosen = PackSettings(**{"length": 16, **given_})
    return list(packed_groups(batches, Letters(), chosen, frame, pa.string()))


def by_document(groups: Sequence[PackedGroup]) -> dict[str, list[int]]:
    """Tokens of each document, put together from what the rows say of their segments."""
    parts: dict[str, dict[int, list[int]]] = {}
    for group in groups:
        for row in group.rows.to_pylist():
            names = ("segment_lengths", "document_ids", "is_continuation", "document_offsets")
            start = 0
            for length, document, continued, before in zip(
                *(row[name] for name in names), strict=True
            ):
                assert continued == (before > 0)
                parts.setdefault(document, {})[before] = row["input_ids"][start : start + length]
                start += length
            assert row["input_ids"][start:] == [PAD] * row["padding"]
    return {
        document: [token for _, ids in sorted(found.items()) for token in ids]
        for document, found in parts.items()
    }


TEXTS = st.lists(st.integers(0, 60), max_size=25).map(
    lambda sizes: ["".join(chr(100 + place) for place in range(size)) for size in sizes]
)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(texts=TEXTS, padded=st.booleans(), cut=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_tokens_of_all_rows_are_the_tokens_of_all_documents(
    strategy: str, texts: list[str], padded: bool, cut: int
) -> None:
    whole = documents(texts)
    batches = [whole.slice(start, cut) for start in range(0, len(texts), cut)]
    groups = packed(batches, strategy=strategy, padded=padded)
    assert by_document(groups) == {
        f"d{number}": [BOS, *map(ord, text), EOS] for number, text in enumerate(texts) if text
    }
    quarantined = [row for group in groups for row in group.quarantined.to_pylist()]
    assert quarantined == [
        {"document_id": f"d{number}", "reason": "empty_text"}
        for number, text in enumerate(texts)
        if not text
    ]
    for group in groups:
        lengths = row_batch(group.rows)
        sizes = np.diff(lengths.row_offsets)
        assert (sizes == 16).all() if padded else (sizes <= 16).all()
        assert group.facts["tokens"] + group.facts["padding"] == len(lengths.ids)


def test_concat_rows_in_order_are_the_documents_in_order() -> None:
    (group,) = packed(
        [documents(["abcdefghijklmn", "op", "qrstuvwxyzABCDEFGH"])], strategy="concat"
    )
    flat = row_batch(group.rows).ids.tolist()
    stream = [BOS, *b"abcdefghijklmn", EOS, BOS, *b"op", EOS, BOS, *b"qrstuvwxyzABCDEFGH", EOS]
    assert flat == stream + [PAD] * (-len(stream) % 16)


def test_a_long_document_has_pieces_marked_and_its_end_once() -> None:
    (group,) = packed([documents(["a" * 30])])
    rows = sorted(group.rows.to_pylist(), key=lambda row: row["is_continuation"])
    assert [row["is_continuation"] for row in rows] == [[False], [True]]
    assert rows[0]["input_ids"][0] == BOS
    assert [row["input_ids"].count(EOS) for row in rows] == [0, 1]
    assert group.facts["cut_documents"] == 1


def test_without_bos_and_eos_documents_are_bare() -> None:
    (group,) = packed([documents(["abc"])], FrameIds(None, None, PAD))
    assert group.rows.to_pylist()[0]["input_ids"] == [*b"abc"] + [PAD] * 13


def test_each_partition_is_packed_alone() -> None:
    batch = documents(["aa", "bb", "cc"], [4, 4, 9])
    groups = packed([batch.slice(0, 1), batch.slice(1)])
    assert [(group.partition, group.part, group.facts["documents"]) for group in groups] == [
        (4, 0, 2), (9, 0, 1),
    ]  # fmt: skip


def test_a_partition_with_too_much_text_is_written_in_parts() -> None:
    texts = ["x" * 700_000] * 4
    groups = packed([documents(texts)], partition_megabytes=1)
    assert [(group.partition, group.part) for group in groups] == [(0, 0), (0, 1)]
    assert sum(group.facts["tokens"] for group in groups) == 4 * 700_002


def test_what_cannot_be_packed_is_named() -> None:
    broken = pa.array([b"ok", b"\xff\xfe", b"...", None], pa.binary()).view(pa.string())
    batch = documents(["", "", "", ""]).set_column(4, "text", broken)
    (group,) = packed([batch])
    assert group.quarantined.to_pylist() == [
        {"document_id": "d1", "reason": "invalid_utf8"},
        {"document_id": "d2", "reason": "no_token"},
        {"document_id": "d3", "reason": "empty_text"},
    ]
    assert group.facts["quarantined"] == {"invalid_utf8": 1, "no_token": 1, "empty_text": 1}
    assert by_document([group]) == {"d0": [BOS, *b"ok", EOS]}


def test_a_second_copy_is_packed_and_never_quarantined_twice() -> None:
    (group,) = packed([documents(["ab", "ab", "", ""], copy=[0, 1, 0, 1])])
    assert group.facts["documents"] == 1
    assert group.facts["copies"] == 1
    assert group.quarantined.num_rows == 1


def test_facts_are_counted_by_language_and_add_up() -> None:
    groups = packed(
        [documents(["aaa", "日本", "bb"], [0, 0, 1], language=["en", "ja", None])],
        FrameIds(None, EOS, 0),
    )
    total = added_facts(group.facts for group in groups)
    # documents, copies, bytes of text, tokens
    assert total["by"]["language"] == {
        "en": [1, 0, 3, 4], "ja": [1, 0, 6, 3], "unknown": [1, 0, 2, 3],
    }  # fmt: skip
    assert total["documents"] == 3
    assert total["document_lengths"][:4] == [0, 2, 1, 0]
