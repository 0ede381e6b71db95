"""Bytes a token and fallback by group, counted by hand on a vocabulary of bytes and a few merges."""

import pytest

from tests.small_tokenisers import byte_level_json, sentencepiece_model, tiktoken_file
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser
from udfs.trainer_files.tokenising.vocabulary_report import vocabulary_facts


def test_groups_are_counted() -> None:
    file = read_tokeniser(
        "t", tiktoken_file((b"he", b"12", b"  ", b"123")), special_tokens={"<|e|>": 260}
    )
    facts = vocabulary_facts(file, {"en": ["hehe", "h"], "ja": ["\u00e9x"], "none": []})
    english, japanese = facts.groups["en"], facts.groups["ja"]
    assert (english.documents, english.text_bytes, english.tokens, english.fallback) == (2, 5, 3, 0)
    assert english.bytes_a_token == pytest.approx(5 / 3)
    # é is two lone bytes, x is a character of its own.
    assert (japanese.tokens, japanese.fallback) == (3, 2)
    assert japanese.fallback_share == pytest.approx(2 / 3)
    assert facts.groups["none"].bytes_a_token == 0.0
    assert (facts.numbers, facts.white_space) == (2, 1)
    assert facts.longest[0] == "123"
    assert facts.size == 261


@pytest.mark.parametrize(
    "content", [byte_level_json(), sentencepiece_model()], ids=["bpe", "unigram"]
)
def test_characters_that_training_never_saw_fall_back(content: bytes) -> None:
    facts = vocabulary_facts(read_tokeniser("t", content), {"seen": ["ships"], "unseen": ["ꙮꙮꙮ"]})
    assert facts.groups["seen"].fallback == 0
    assert facts.groups["unseen"].fallback_share > 0.6
