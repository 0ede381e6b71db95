"""What each form of tokeniser file says, and what is wrong with those that say it wrongly."""

import json

import pytest

from tests.small_tokenisers import (
    BOS,
    EOS,
    PAD,
    byte_level_json,
    configuration,
    sentencepiece_model,
    tiktoken_file,
)
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser


def test_a_json_tells_vocabulary_and_special_tokens() -> None:
    file = read_tokeniser("tokenizer.json", byte_level_json(special=[EOS, PAD]))
    assert file.kind == "json"
    assert dict(file.special_tokens) == {EOS: 0, PAD: 1}
    assert file.vocabulary_size == 600 or 258 < file.vocabulary_size < 600
    assert file.token_id("eos", "auto") == 0
    assert file.token_id("pad", "auto") == 1
    assert file.token_id("bos", "auto") is None
    assert file.token_id("eos", "none") is None


def test_a_configuration_beside_it_names_the_roles() -> None:
    told = configuration(eos=BOS)
    file = read_tokeniser("tokenizer.json", byte_level_json(), told)
    assert file.token_id("eos", "auto") == file.special_tokens[BOS]
    nested = json.dumps({"eos_token": {"content": PAD}, "pad_token": None}).encode()
    assert read_tokeniser("t", byte_level_json(), nested).roles == {"eos": PAD}


def test_tokens_with_bars_are_special_whatever_the_file_calls_them() -> None:
    parsed = json.loads(byte_level_json())
    for token in parsed["added_tokens"]:
        token["special"] = False
    file = read_tokeniser("tokenizer.json", json.dumps(parsed).encode())
    assert set(file.special_tokens) == {EOS, BOS, PAD}
    assert all(token["special"] for token in json.loads(file.content)["added_tokens"])


def test_an_ordinary_token_can_be_asked_for_but_is_never_guessed() -> None:
    parsed = json.loads(byte_level_json(special=[PAD]))
    parsed["model"]["vocab"]["</s>"] = 5000
    file = read_tokeniser("tokenizer.json", json.dumps(parsed).encode())
    assert file.token_id("eos", "auto") is None
    assert file.token_id("eos", "</s>") == 5000


def test_a_token_that_is_not_there_is_named_with_those_that_are() -> None:
    file = read_tokeniser("tokenizer.json", byte_level_json())
    with pytest.raises(ValueError, match=r"'<eot>' is not in the vocabulary.*<\|endoftext\|>"):
        file.token_id("eos", "<eot>")


def test_the_hash_is_that_of_the_file_and_of_what_a_tiktoken_file_leaves_open() -> None:
    content = tiktoken_file()
    plain = read_tokeniser("t.tiktoken", content)
    other_split = read_tokeniser("t.tiktoken", content, split="gpt2")
    other_special = read_tokeniser("t.tiktoken", content, special_tokens={EOS: 262})
    assert len({plain.sha256, other_split.sha256, other_special.sha256}) == 3


def test_a_sentencepiece_model_tells_its_control_tokens() -> None:
    file = read_tokeniser("tokenizer.model", sentencepiece_model())
    assert file.kind == "sentencepiece"
    assert file.token_id("bos", "auto") == 1
    assert file.token_id("eos", "auto") == 2
    assert file.token_id("pad", "auto") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "no model with a vocabulary"),
        (b'{"model": {"vocab": {}}}', "vocabulary of 0 tokens"),
        (b"{ not json", "is no tokenizer.json"),
        (b"PK\x03\x04 a zip", "is no tokeniser"),
        (b"", "is no tokeniser"),
    ],
)
def test_other_files_are_refused_with_what_is_wanted(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_tokeniser("given.json", content)


def test_a_broken_configuration_is_named() -> None:
    with pytest.raises(ValueError, match=r"tokenizer_config\.json beside t is no JSON"):
        read_tokeniser("t", byte_level_json(), b"{")
