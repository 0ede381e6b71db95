import pyarrow as pa
import pytest

from udfs.text.character_classes import HAS_CAPITAL, HAS_LETTER, HAS_SMALL
from udfs.text.token_batch import TokenRoom, with_glued_words, without_punctuation
from udfs.text.tokenising import tokenise

TEXTS = ["It's 3.14, a.b@C ok!", "", "中，文", "(x)"]


def test_words_alone() -> None:
    words = without_punctuation(tokenise(pa.array(TEXTS), punctuation=True))
    assert words.token_offsets.tolist() == [0, 8, 8, 10, 11]
    assert words.token_unspaced.tolist() == [0] * 8 + [1, 1, 0]


def test_glued_words_joined() -> None:
    tokens = with_glued_words(tokenise(pa.array(TEXTS), punctuation=True))
    assert tokens.token_offsets.tolist() == [0, 7, 7, 10, 13]
    assert tokens.token_characters[:7].tolist() == [2, 1, 4, 1, 5, 2, 1]


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("abc", [HAS_LETTER | HAS_SMALL]),
        ("ABC", [HAS_LETTER | HAS_CAPITAL]),
        ("aB1", [HAS_LETTER | HAS_SMALL | HAS_CAPITAL]),
        ("12", [0]),
        ("É", [HAS_LETTER | HAS_CAPITAL]),
        ("中", [HAS_LETTER]),
        ("x1.Y", [HAS_LETTER | HAS_SMALL | HAS_CAPITAL]),
    ],
)
def test_letters_of_a_token_are_those_of_its_pieces(text: str, letters: list[int]) -> None:
    tokens = with_glued_words(tokenise(pa.array([text.replace("x1.Y", "x1@Y")]), punctuation=True))
    assert tokens.token_letters.tolist() == letters


def test_one_room_takes_batch_after_batch() -> None:
    room = TokenRoom()
    for texts in (TEXTS, ["a"], [], ["longer than any before " * 9, *TEXTS]):
        column = pa.array(texts, pa.string())
        ours, own = tokenise(column, room=room), tokenise(column)
        for name, wanted in own._asdict().items():
            assert getattr(ours, name).tolist() == wanted.tolist()
