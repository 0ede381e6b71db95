"""The fast engine is used where it gives the ids that tokenizers gives, and only there."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.small_tokenisers import EOS, TEXTS, byte_level_json, sentencepiece_model
from udfs.trainer_files.tokenising import engines
from udfs.trainer_files.tokenising.engines import EngineName, TokenBatch, load_engine
from udfs.trainer_files.tokenising.identity_check import (
    AWKWARD_TEXTS,
    choose_engine,
    first_difference,
)
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile, read_tokeniser


@pytest.fixture(autouse=True)
def forget_engines() -> Iterator[None]:
    """A test that replaces an engine must neither get nor leave one that is kept."""
    engines._loaded.cache_clear()
    yield
    engines._loaded.cache_clear()


@pytest.fixture(scope="module")
def file() -> TokeniserFile:
    return read_tokeniser("tokenizer.json", byte_level_json())


def ids(file: TokeniserFile, name: EngineName, text: str, *, special: bool = False) -> list[int]:
    found: list[int] = (
        load_engine(file, name, special_tokens_in_text=special).encode([text]).ids.tolist()
    )
    return found


@pytest.mark.parametrize("special", [False, True])
@pytest.mark.parametrize("nfc", [False, True])
def test_fastokens_is_chosen_where_it_agrees(nfc: bool, special: bool) -> None:
    pytest.importorskip("fastokens")
    file = read_tokeniser("tokenizer.json", byte_level_json(nfc=nfc))
    choice = choose_engine(file, TEXTS, special_tokens_in_text=special)
    assert choice == ("fastokens", None)


@pytest.mark.parametrize("name", ["fastokens", "tokenizers"])
def test_a_special_tokens_spelling_stays_text_unless_asked(
    file: TokeniserFile, name: EngineName
) -> None:
    pytest.importorskip(name)
    number = file.special_tokens[EOS]
    assert number not in ids(file, name, f"a{EOS}b")
    assert ids(file, name, f"a{EOS}b", special=True).count(number) == 1


def test_nothing_is_put_around_a_text() -> None:
    file = read_tokeniser("tokenizer.model", sentencepiece_model())
    found = ids(file, "sentencepiece", "ships </s>")
    assert file.special_tokens["</s>"] not in found
    assert file.special_tokens["<s>"] not in found
    assert ids(file, "sentencepiece", "") == []


def test_a_sentencepiece_model_has_its_own_engine() -> None:
    file = read_tokeniser("tokenizer.model", sentencepiece_model())
    assert choose_engine(file, TEXTS, special_tokens_in_text=False).name == "sentencepiece"
    with pytest.raises(ValueError, match="leave --special-tokens-in-text out"):
        choose_engine(file, TEXTS, special_tokens_in_text=True)


def test_an_engine_is_loaded_once_for_all_who_ask(file: TokeniserFile) -> None:
    first = load_engine(file, "tokenizers", special_tokens_in_text=False)
    again = read_tokeniser("other name", byte_level_json())
    assert load_engine(again, "tokenizers", special_tokens_in_text=False) is first
    assert load_engine(file, "tokenizers", special_tokens_in_text=True) is not first


class _Wrong:
    """Says 7 for the last token of a long text."""

    name: EngineName = "fastokens"

    def __init__(self, file: TokeniserFile, special_tokens_in_text: bool) -> None:
        self._inner = load_engine(file, "tokenizers", special_tokens_in_text=special_tokens_in_text)

    def encode(self, texts: Sequence[str]) -> TokenBatch:
        batch = self._inner.encode(texts)
        changed = batch.ids.copy()
        for place, text in enumerate(texts):
            if "lighthouse" in text:
                changed[batch.offsets[place + 1] - 1] = 7
        return TokenBatch(changed, batch.offsets)


def test_a_difference_falls_back_and_is_shown(
    file: TokeniserFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_Fastokens", _Wrong)
    choice = choose_engine(file, TEXTS, special_tokens_in_text=False)
    assert choice.name == "tokenizers"
    assert choice.warning is not None
    assert "fastokens gives other ids than tokenizers" in choice.warning
    assert "7] instead of [" in choice.warning
    assert "'The keeper of the lighthouse" in choice.warning


def test_a_refused_tokeniser_falls_back(
    file: TokeniserFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise ValueError("fastokens refuses this tokeniser: Unigram")

    monkeypatch.setattr(engines, "_Fastokens", refuse)
    choice = choose_engine(file, TEXTS, special_tokens_in_text=False)
    assert choice.name == "tokenizers"
    assert "Unigram" in str(choice.warning)


def test_ids_that_tokenizers_counts_otherwise_are_an_error() -> None:
    parsed = json.loads(byte_level_json())
    next(token for token in parsed["added_tokens"] if token["content"] == EOS)["id"] = 999
    content = json.dumps(parsed).encode()
    file = read_tokeniser("tokenizer.json", content)
    assert file.special_tokens[EOS] == 999
    with pytest.raises(ValueError, match="the id 999, but the package tokenizers"):
        load_engine(file, "tokenizers", special_tokens_in_text=False)


def test_a_shorter_answer_is_a_difference(file: TokeniserFile) -> None:
    reference = load_engine(file, "tokenizers", special_tokens_in_text=False)

    class Short:
        name: EngineName = "fastokens"

        def encode(self, texts: Sequence[str]) -> TokenBatch:
            batch = reference.encode(texts)
            return TokenBatch(batch.ids[:-1], np.append(batch.offsets[:-1], batch.offsets[-1] - 1))

    assert first_difference(Short(), reference, ["abc def"]) is not None
    assert first_difference(reference, reference, AWKWARD_TEXTS) is None
