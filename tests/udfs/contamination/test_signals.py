"""The signals of contamination: one struct a document, whatever its batch, its pieces and its neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from tests.udfs.contamination.matched import CLIPS, FILLER, ITEMS, PLANET, index_of
from udfs.annotate_batches import AnnotateBatches
from udfs.cleaning.clean_texts import CleaningSettings
from udfs.contamination.signals import (
    CONTAMINATION_FIELDS,
    CONTAMINATION_TYPE,
    ContaminationBatches,
    contamination_annotator,
)
from udfs.lines import text_batch
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import annotate

INDEX = index_of()


def structs(texts: list[str | None]) -> list[dict[str, Any]]:
    batch = TextBatch(pa.array(texts, pa.string()))
    (found,) = annotate(batch, (), [contamination_annotator(INDEX)]).values()
    assert found.type == CONTAMINATION_TYPE
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def test_a_document_counts_its_items_and_benchmarks() -> None:
    both, one, none, empty = structs([f"{CLIPS}\n\n{PLANET.question}", CLIPS, FILLER, None])
    assert (both["items"], both["benchmarks"]) == (2, 2)
    assert (one["items"], one["benchmarks"]) == (1, 1)
    assert none == empty == {
        "strength": 0, "variant_strength": 0, "items": 0, "benchmarks": 0, "remaining": None,
        "matches": [],
    }  # fmt: skip


def test_a_variant_has_a_strength_of_its_own() -> None:
    (row,) = structs([CLIPS.replace("48", "72")])
    assert row["strength"] == 0
    assert row["variant_strength"] > 1
    assert row["items"] == 0


def test_a_match_names_benchmark_item_field_and_words() -> None:
    (row,) = structs([planted_in_filler()])
    (match,) = row["matches"]
    assert (match["benchmark"], match["item"], match["field"]) == ("gsm8k", "clips", "question")
    assert match["passage"].startswith("Natalia sold")
    assert len(match["key"]) == 16


def planted_in_filler() -> str:
    return f"{FILLER}\n\n{CLIPS}\n\n{FILLER}"


def test_a_match_names_the_lines_that_would_be_cut_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    near, far = "A line nearby.", "Far away. " * 30
    text = "\n".join([far, near, CLIPS, near, far])
    (row,) = structs([text])
    (match,) = row["matches"]
    assert (match["first_line"], match["last_line"]) == (0, 4)  # 200 bytes reach into the long ones
    assert row["remaining"] == 0
    (row,) = structs(["\n".join([far, far, near, CLIPS, near, far, far])])
    assert (row["matches"][0]["first_line"], row["matches"][0]["last_line"]) == (1, 5)
    assert row["remaining"] == 2 * len(far.strip())
    # Combining marks change bytes, never lines; pieces and their seams count on.
    decomposed = "\n".join(["e\u0301 " * 99, far, near, CLIPS, near, far, far])
    (row,) = structs([decomposed])
    assert (row["matches"][0]["first_line"], row["matches"][0]["last_line"]) == (1, 5)
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 4096)
    for lines in range(20, 420, 37):
        text = "x y\n" * lines + CLIPS.replace("April, and", "April,\nand") + "\nx y" * 2000
        (row,) = structs([FILLER, text])[1:]
        (match,) = row["matches"]
        assert (match["first_line"], match["last_line"]) == (max(0, lines - 50), lines + 51), lines


def test_an_item_across_the_cut_of_a_long_document_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Case 9: a phrase over the seam of two pieces is lost without an overlap."""
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 4096)
    for shift in range(0, 4200, 150):
        text = "x " * (shift // 2) + CLIPS + " y" * 3000
        (row,) = structs([text])
        assert row["items"] == 1, shift


def test_values_do_not_depend_on_the_batch() -> None:
    texts: list[str | None] = [
        planted_in_filler(),
        FILLER,
        PLANET.question,
        None,
        ITEMS[2].question,
    ]
    alone = [structs([text])[0] for text in texts]
    assert structs(texts) == alone
    assert structs(texts[::-1]) == alone[::-1]


def test_annotate_gives_the_struct_and_nulls_without_benchmarks() -> None:
    batch = pa.RecordBatch.from_pydict({"text": [CLIPS, FILLER]})
    for benchmarks in (None, lambda: INDEX):
        function = AnnotateBatches(CleaningSettings(), benchmarks=benchmarks)
        (out,) = function(iter([batch]))
        assert out.schema.field("contamination").type == CONTAMINATION_TYPE
        assert out.schema.equals(function.output_schema(batch.schema))
        values = out.column("contamination").to_pylist()
        assert [value["items"] for value in values] == (
            [None, None] if benchmarks is None else [1, 0]
        )


def test_a_table_keeps_its_other_columns() -> None:
    batch = pa.RecordBatch.from_pydict({"id": [7], "text": [CLIPS]})
    function = ContaminationBatches(lambda: INDEX)

    def batches() -> Iterator[pa.RecordBatch]:
        yield batch

    (out,) = function(batches())
    assert out.schema.names == function.output_schema(batch.schema).names == ["id", "contamination"]


def test_fields_are_declared_with_all_that_a_page_needs() -> None:
    for field in CONTAMINATION_FIELDS:
        assert field.unit
        assert field.range
        assert "Null without --benchmarks." in field.meaning
