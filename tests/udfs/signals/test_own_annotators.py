"""Annotators of the user's: what they declare, what they give, what their failures cost."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.columns.signal_fields import SignalField
from udfs.signals.own_annotators import OwnAnnotator, annotator, open_annotator

LENGTH = SignalField("length", pa.int64(), "characters", ">= 0", "of the text", "test")
SHARE = SignalField("share", pa.float64(), "share", "0 to 1", "of something", "test")


def batch(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(texts, pa.string())})


def lengths(batch: pa.RecordBatch) -> Any:
    return {"length": pc.utf8_length(batch.column("text"))}


def test_values_become_a_struct_with_an_error_that_is_null() -> None:
    found = annotator(LENGTH)(lengths).annotate(batch("ab", ""))
    assert found.to_pylist() == [{"length": 2, "error": None}, {"length": 0, "error": None}]
    assert found.type == annotator(LENGTH)(lengths).struct_type


@pytest.mark.parametrize(
    "values",
    [
        [0.5, float("nan")],
        np.array([0.5, np.inf]),
        pa.array([0.5, -np.inf]),
        pa.chunked_array([[0.5], [None]], pa.float64()),
        pa.array([0.5, None], pa.float32()),
    ],
    ids=["list", "numpy", "arrow", "chunks", "narrower"],
)
def test_whatever_holds_numbers_is_taken_and_none_that_is_not_finite(values: Any) -> None:
    found = annotator(SHARE)(lambda _: {"share": values}).annotate(batch("a", "b"))
    assert [row["share"] for row in found.to_pylist()] == [0.5, None]
    assert found.field("error").null_count == 2


def refuses_b(batch: pa.RecordBatch) -> Any:
    if "b" in batch.column("text").to_pylist():
        raise KeyError("b\ud800")
    return lengths(batch)


def test_a_document_that_fails_costs_its_own_values_only() -> None:
    found = annotator(LENGTH)(refuses_b).annotate(batch("aa", "b", "ccc"))
    assert [row["length"] for row in found.to_pylist()] == [2, None, 3]
    errors = [row["error"] for row in found.to_pylist()]
    assert errors[0] is None
    assert errors[2] is None
    assert errors[1].startswith("KeyError: ")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda _: 5, "TypeError: returned int, wanted values by field name"),
        (lambda _: {"lenght": [1]}, "ValueError: returned lenght; declared length"),
        (lambda _: {"length": [1, 2, 3]}, "ValueError: length has 3 values for 1 rows"),
        (lambda _: {"length": ["five"]}, "ArrowInvalid: "),
        (lambda _: {"length": pa.array([0.5])}, "ArrowInvalid: "),
        (lambda _: {"length": 5}, "TypeError: "),
    ],
    ids=["no mapping", "other names", "other length", "text", "fraction", "no array"],
)
def test_what_is_no_value_a_row_is_told(function: Callable[..., Any], told: str) -> None:
    found = annotator(LENGTH)(function).annotate(batch("a", "b"))
    for row in found.to_pylist():
        assert row["length"] is None
        assert row["error"].startswith(told)


def test_no_rows_ask_nothing() -> None:
    asked: list[int] = []
    found = annotator(LENGTH)(lambda rows: asked.append(len(rows))).annotate(batch())
    assert len(found) == 0
    assert asked == []


@given(st.lists(st.sampled_from(["", "a", "b", "long"]), min_size=1, max_size=8), st.data())
def test_values_do_not_depend_on_how_rows_are_cut_into_batches(
    texts: list[str], data: st.DataObject
) -> None:
    one = annotator(LENGTH)(refuses_b)
    cut = data.draw(st.integers(0, len(texts)))
    rows = batch(*texts)
    parts = [one.annotate(part) for part in (rows.slice(0, cut), rows.slice(cut))]
    assert one.annotate(rows).to_pylist() == pa.concat_arrays(parts).to_pylist()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ((), "declares at least one field"),
        ((SignalField("Länge", pa.int64(), "", "", "", ""),), "a name has a to z"),
        ((SignalField("error", pa.string(), "", "", "", ""),), "is not error"),
        ((SignalField("when", pa.date32(), "", "", "", ""),), "field when is date32"),
        ((LENGTH, LENGTH), "declared twice"),
    ],
)
def test_what_cannot_be_stored_is_refused_where_it_is_declared(
    fields: tuple[SignalField, ...], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        OwnAnnotator(fields, lengths)


def test_only_an_annotator_is_opened_as_one() -> None:
    assert open_annotator("examples.doses:doses").fields[0].name == "count"
    with pytest.raises(TypeError, match="declare its fields"):
        open_annotator("os.path:join")
