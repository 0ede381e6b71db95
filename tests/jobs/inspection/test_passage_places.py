"""Pages and chapters of passages: found through what cleaning took, told apart, untold where unknown."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.inspection import passage_places
from jobs.inspection.passage_places import page_of, part_of, placed
from jobs.inspection.traced_documents import TracedDocument
from tests.jobs.finished_run import make_finished_run

PAGES = [
    "Of gulls.\n\nThe gulls were back before the fog had lifted from the bay.",
    "",
    "The bay is wide\n\nRUNNING HEAD\n\nand the gulls were back in the evening.",
    "Nobody saw them, and the gulls were back in the morning.",
]
THE_GULLS = "the gulls were back"


@pytest.mark.parametrize(
    ("before", "match", "after", "found"),
    [
        ("", "The gulls were back before", " the fog", (1, 1)),
        (
            "The bay is wide and ",
            THE_GULLS,
            " in the evening.",
            (3, 3),
        ),  # across a line that cleaning cut
        ("saw them, and ", THE_GULLS, " in the morning.", (4, 4)),
        ("", "in the evening. Nobody saw them", ", and", (3, 4)),
        # Not in one piece: where it begins.
        ("", "had lifted from the bay is wide today and ever", "", (1, 1)),
        ("", "a phrase that stands on none of them", "", None),
        ("", "?!", "", None),
    ],
)
def test_a_passage_is_found_by_its_surroundings(
    before: str, match: str, after: str, found: tuple[int, int] | None
) -> None:
    assert page_of(PAGES, before, match, after) == found


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12), min_size=2, max_size=6),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_passage_of_the_text_is_on_a_page_that_holds_its_words(
    words: list[list[str]], data: st.DataObject
) -> None:
    whole = [word for page in words for word in page]
    first = data.draw(st.integers(0, max(0, len(whole) - 1)))
    stop = data.draw(st.integers(first + 1, max(first + 1, len(whole))))
    match = whole[first:stop]
    found = page_of([" ".join(page) for page in words], "", " ".join(match), "")
    if not match:
        assert found is None
    else:
        assert found is not None
        assert words[found[0] - 1]
        assert match[0] in words[found[0] - 1]
        assert match[-1] in words[found[1] - 1]


def row(**values: Any) -> dict[str, Any]:
    starts = [sum(map(len, PAGES[:number])) for number in range(len(PAGES))]
    return {"text": "".join(PAGES), "format": "pdf", "page_starts": starts, **values}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "page 4 of 4"),
        ({"format": "epub"}, "part 4 of 4"),
        ({"page_starts": [0]}, None),
        ({"page_starts": None}, None),
        ({"text": None, "page_starts": []}, None),
    ],
)
def test_a_part_is_told_in_words(values: dict[str, Any], told: str | None) -> None:
    assert part_of(row(**values), "", "Nobody saw them", ", and") == told


def test_a_part_of_a_book_has_its_heading() -> None:
    chapters = ["# Of whales\n\nA whale is no fish.\n\n", f"## {'Of fish ' * 20}\n\nA cod is one."]
    book = row(text="".join(chapters), format="epub", page_starts=[0, len(chapters[0])])
    assert part_of(book, "", "whale is no fish", "") == "part 1 of 2 “Of whales”"
    told = part_of(book, "", "A cod is one", "")
    assert told == f"part 2 of 2 “{('Of fish ' * 20)[:80]}…”"


def document(run: Path, number: int, match: str) -> TracedDocument:
    return TracedDocument(
        id=number, status="kept", stage=None, reason=None, keeper=None, source="a.pdf", place="record 0",
        url=None, source_id=None, grade=None, dataset="corpus", before="", match=match, after="",
        run=str(run),
    )  # fmt: skip


def change(run: Path, number: int, lacking: tuple[str, ...] = (), **values: Any) -> None:
    for path in (run / "extracted").glob("*.parquet"):
        table = pq.read_table(path)
        rows = [{**one, **values} if one["id"] == number else one for one in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, table.schema).drop_columns(list(lacking)), path)


def test_places_of_a_run_are_told_where_they_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    make_finished_run(run)
    book, page = 3 << 25, 4 << 25
    change(run, book, **row(place=None))
    change(run, page, place="byte 1234", page_starts=[])
    asked = [document(run, book, "Nobody saw them"), document(run, page, "a few words")]
    told = ["page 4 of 4, record 0", "byte 1234, record 0"]
    assert [one.place for one in placed(asked)] == told
    monkeypatch.setattr(passage_places, "_AT_ONCE", 1)
    assert [one.place for one in placed(asked)] == told
    with monkeypatch.context() as patch:
        patch.setattr(passage_places, "MOST_FILES", 0)
        assert placed(asked) == tuple(asked)
    change(run, book, lacking=("place", "page_starts"))
    assert placed(asked) == tuple(asked)


def test_documents_of_a_table_stay_as_they_are() -> None:
    one = document(Path(), 7, "a few words")
    (told,) = placed([TracedDocument(**{**one.__dict__, "run": "", "place": "row 7"})])
    assert told.place == "row 7"
