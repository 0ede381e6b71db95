"""Windows over pieces: nothing is lost between them, and none is longer than it may be."""

from hypothesis import given
from hypothesis import strategies as st

from jobs.serving.differences import Piece
from jobs.serving.text_window import window

PIECES = st.lists(
    st.tuples(st.sampled_from(["same", "cut", "new"]), st.text("ab", min_size=1, max_size=30)).map(
        lambda pair: Piece(*pair)
    )
)


@given(PIECES, st.integers(1, 20))
def test_windows_one_after_the_other_spell_the_text(pieces: list[Piece], length: int) -> None:
    text, seen, first = "".join(piece.text for piece in pieces), "", 0
    while first < len(text):
        part = window(pieces, first, length)
        assert part.total == len(text)
        assert part.end - part.first <= length
        seen += "".join(piece.text for piece in part.pieces)
        first = part.end
    assert seen == text


def test_a_place_beyond_the_end_shows_the_last_character() -> None:
    assert window([Piece("same", "abc")], 99).pieces == (Piece("same", "c"),)
    assert window([], 5).pieces == ()


def test_the_next_change_lies_behind_the_window() -> None:
    pieces = [Piece("cut", "a"), Piece("same", "b" * 1000), Piece("new", "c")]
    assert window(pieces, 0, 500).next_change == 1001 - 200
    assert window(pieces, 0).next_change is None
