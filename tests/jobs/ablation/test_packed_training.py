"""What a training takes from packed rows: batches divide, prompts begin documents, held-out rows end."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ablation.packed_training import beginnings, dividing, held_out_rows, output_folder
from jobs.models.reference.row_stream import RowStream
from jobs.packing.opened_rows import open_rows
from jobs.runtime.errors import InputError
from tests.packed_folder import documents, packed_folder


@given(st.integers(1, 5_000), st.integers(1, 300))
def test_micro_batches_divide_the_batch(number: int, most: int) -> None:
    found = dividing(number, most)
    assert 1 <= found <= most
    assert number % found == 0
    assert not any(number % other == 0 for other in range(found + 1, min(number, most) + 1))


def test_prompts_are_beginnings_of_documents(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path / "run", documents(40), partitions=1)
    stream = RowStream(open_rows(str(folder)).paths("train"))
    rows = list(stream.in_order())
    begun = {
        tuple(row.ids[start : start + 8].tolist())
        for row in rows
        for start, continued in zip(
            [0, *row.segment_lengths.cumsum()[:-1]], row.continued, strict=True
        )
        if not continued
    }
    prompts = beginnings(rows)
    assert len(prompts) == 3
    assert {tuple(prompt) for prompt in prompts} <= begun


def test_held_out_rows_are_bounded(tmp_path: Path) -> None:
    folder = packed_folder(tmp_path / "run", documents(10), documents(40, 100))
    assert len(held_out_rows(open_rows(str(folder)), 3 * 64)) == 3
    without = packed_folder(tmp_path / "without", documents(10))
    assert held_out_rows(open_rows(str(without)), 1_000) == []


def test_a_store_is_no_folder_of_a_training() -> None:
    with pytest.raises(InputError, match="no local folder"):
        output_folder("s3://bucket/model")
