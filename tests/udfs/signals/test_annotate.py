import math
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peak_memory import growth_mib
from udfs.lines import text_batch
from udfs.lines.text_batch import TextBatch
from udfs.signals.annotate import ANNOTATORS, annotate, struct_type

NAMES = tuple(ANNOTATORS)
WORDS = ["the", "of", "Bank", "river", "我们", "学习", "の", "\n", "\n\n", "3.14", "...", "#", "é"]


def signals(texts: list[str | None], languages: list[str | None] | None = None) -> dict[str, list]:
    column = None if languages is None else pa.array(languages, pa.string())
    found = annotate(TextBatch(pa.array(texts, pa.string()), column), NAMES)
    return {name: array.to_pylist() for name, array in found.items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_declared_in_full(name: str) -> None:
    fields = ANNOTATORS[name].fields
    assert len({field.name for field in fields}) == len(fields)
    for field in fields:
        assert field.unit
        assert field.range
        assert field.source
        assert field.meaning.endswith(".")
        assert field.type in (pa.int64(), pa.float64())


@pytest.mark.parametrize("name", NAMES)
def test_the_result_has_the_declared_type(name: str) -> None:
    found = annotate(TextBatch(pa.array(["a", None, "中"])), [name])
    assert found[name].type == struct_type(name)
    assert found[name].null_count == 0
    assert annotate(TextBatch(pa.array([], pa.string())), [name])[name].type == struct_type(name)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), min_size=1, max_size=6),
    st.integers(1, 60),
)
def test_values_do_not_depend_on_the_batch(texts: list[str], slice_bytes: int) -> None:
    together = signals(texts, ["en"] * len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_batch, "SLICE_BYTES", slice_bytes)
        assert signals(texts, ["en"] * len(texts)) == together
    reverse = signals(texts[::-1], ["en"] * len(texts))
    assert {name: values[::-1] for name, values in reverse.items()} == together


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_ratios_lie_in_their_declared_range(texts: list[str]) -> None:
    clean = [t.encode("utf-8", "replace").decode() for t in texts]
    found = signals(clean, ["en"] * len(clean))
    for name, annotator in ANNOTATORS.items():
        for field in annotator.fields:
            for row in found[name]:
                value = row[field.name]
                if value is None:
                    continue
                assert math.isfinite(value)
                assert value >= 0
                if field.range == "0 to 1":
                    assert value <= 1, field.name


def test_null_and_empty_are_alike_and_defined_where_they_can_be() -> None:
    for values in signals([None, ""]).values():
        assert values[0] == values[1]
    (row, _) = signals([None, ""])["heuristics"]
    assert row["word_count"] == 0
    assert row["mean_word_length"] is None


def test_ten_thousand_empty_documents() -> None:
    assert all(len(values) == 10_000 for values in signals([""] * 10_000).values())


def test_unknown_annotators_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no annotator 'colour'; there are heuristics"):
        annotate(TextBatch(pa.array(["a"])), ["colour"])


def test_pieces_of_an_oversized_document_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"Sentence number {i} stands here alone.\n" for i in range(300))
    whole = signals([text], ["en"])
    monkeypatch.setattr(text_batch, "PIECE_BYTES", 1000)
    pieces = signals([text], ["en"])
    for name in ("heuristics", "lines"):
        for field, value in whole[name][0].items():
            assert pieces[name][0][field] == pytest.approx(value), field


def annotate_one_line(unit: str, megabytes: int) -> int:
    """Annotate that much of one line; return by how much the process grew, in MiB."""
    text = unit * (megabytes * 1_000_000 // len(unit.encode()))
    column = pa.array([text], pa.large_string())

    def work() -> None:
        found = annotate(TextBatch(column), NAMES)
        assert found["heuristics"].field("byte_count")[0].as_py() == len(text.encode())

    return growth_mib(work)


@pytest.mark.parametrize("unit", ["word ", "中", "a", "\n", ". "])
def test_one_oversized_document_is_no_burden(unit: str) -> None:
    assert annotate_one_line(unit, 10) < 600


WORKER = (
    "import sys, pyarrow as pa\n"
    "from tests.peak_memory import peak_mib\n"
    "from udfs.signals.annotate import ANNOTATORS, annotate\n"
    "from udfs.lines.text_batch import TextBatch\n"
    "unit, copies, texts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])\n"
    "column = pa.array([unit * copies] * texts, pa.large_string())\n"
    "found = annotate(TextBatch(column), tuple(ANNOTATORS))\n"
    "assert len(found['heuristics']) == texts\n"
    "print(peak_mib())\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "copies", "texts"),
    [("word ", 20_000_000, 1), ("中", 33_333_334, 1), ("a", 100_000_000, 1), ("", 0, 10_000)],
)
def test_a_worker_of_its_own_stays_below_a_gigabyte_and_a_half(
    unit: str, copies: int, texts: int
) -> None:
    command = [sys.executable, "-c", WORKER, unit, str(copies), str(texts)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert int(output) < 1500


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["word ", "中", "a"])
def test_a_hundred_megabytes_need_no_more_memory_than_ten(unit: str) -> None:
    assert annotate_one_line(unit, 100) < 600
