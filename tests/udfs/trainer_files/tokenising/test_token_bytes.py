"""Bytes of ids add up to the bytes of the text, for every form of tokeniser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_tokenisers import EOS, TEXTS, byte_level_json, sentencepiece_model, tiktoken_file
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.token_bytes import token_byte_lengths
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile, read_tokeniser

BYTE_LEVEL = read_tokeniser("tokenizer.json", byte_level_json())
FORMS = {
    "byte level": BYTE_LEVEL,
    "tiktoken": read_tokeniser("some.tiktoken", tiktoken_file()),
    "sentencepiece": read_tokeniser("tokenizer.model", sentencepiece_model()),
}


def counted(file: TokeniserFile, text: str) -> int:
    name = "sentencepiece" if file.kind == "sentencepiece" else "tokenizers"
    engine = load_engine(file, name, special_tokens_in_text=False)  # type: ignore[arg-type]
    return int(token_byte_lengths(file)[engine.encode([text]).ids].sum())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [text for text in TEXTS if "\n" not in text])
def test_they_add_up(form: str, text: str) -> None:
    put_before = 1 if form == "sentencepiece" else 0  # its space
    assert counted(FORMS[form], text) == len(text.encode()) + put_before


@given(st.text(max_size=40))
def test_any_text_adds_up_by_bytes(text: str) -> None:
    assert counted(BYTE_LEVEL, text) == len(text.encode("utf-8"))


def test_special_tokens_stand_for_no_text() -> None:
    lengths = token_byte_lengths(BYTE_LEVEL)
    assert len(lengths) == BYTE_LEVEL.vocabulary_size
    assert lengths[BYTE_LEVEL.special_tokens[EOS]] == 0
    assert (
        lengths[list(set(range(len(lengths))) - set(BYTE_LEVEL.special_tokens.values()))] > 0
    ).all()
