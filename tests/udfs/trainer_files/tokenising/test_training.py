"""Trained tokenisers are files that pack reads, of the size asked for, and the same each time."""

import pytest

from tests.small_tokenisers import TEXTS
from udfs.trainer_files.tokenising.engines import load_decoder, load_engine
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser
from udfs.trainer_files.tokenising.training import SPECIAL_TOKENS, TokeniserPlan, train_tokeniser

SAMPLE = [f"{text} {number * 37} lanterns\n{text[::-1]}" for number in range(60) for text in TEXTS]


def test_bpe_has_the_size_and_the_special_tokens() -> None:
    content = train_tokeniser(TokeniserPlan("bpe", 500), SAMPLE)
    assert content == train_tokeniser(TokeniserPlan("bpe", 500), SAMPLE)
    file = read_tokeniser("tokenizer.json", content)
    assert file.vocabulary_size == 500
    assert tuple(file.special_tokens) == SPECIAL_TOKENS
    assert file.token_id("eos", "auto") == 0
    assert file.token_id("pad", "auto") == 1


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_any_text_can_be_spelt(kind: str) -> None:
    content = train_tokeniser(TokeniserPlan(kind, 380), SAMPLE)  # type: ignore[arg-type]
    file = read_tokeniser("t", content)
    name = "tokenizers" if kind == "bpe" else "sentencepiece"
    engine = load_engine(file, name, special_tokens_in_text=False)  # type: ignore[arg-type]
    decode = load_decoder(file)
    for text in (
        "ships 12 345",
        "灯塔 \U0001f600 ꙮ",
        "tab\tand  two blanks",
        "ﬁ e\u0301",
        "a\u200bb\ufeffc",
    ):
        assert decode(engine.encode([text]).ids.tolist()) == text


def test_unigram_is_a_sentencepiece_model_of_its_size() -> None:
    file = read_tokeniser("t", train_tokeniser(TokeniserPlan("unigram", 380), SAMPLE))
    assert (file.kind, file.vocabulary_size) == ("sentencepiece", 380)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_lines_of_any_length_are_learnt_from(kind: str) -> None:
    words = " ".join(SAMPLE).replace("\n", " ")
    assert len(words.encode()) > 2 * 4192  # beyond which sentencepiece leaves a line out, unasked
    content = train_tokeniser(TokeniserPlan(kind, 380), [words])  # type: ignore[arg-type]
    assert read_tokeniser("t", content).vocabulary_size == 380


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_sample_that_is_too_small_is_an_error(kind: str) -> None:
    with pytest.raises(ValueError, match="raise --sample-megabytes or"):
        train_tokeniser(TokeniserPlan(kind, 50_000), SAMPLE[:5])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "vocabulary", "said"),
    [("wordpiece", 500, "wanted one of bpe"), ("bpe", 299, "give 300")],
)
def test_plans_that_make_no_sense(kind: str, vocabulary: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TokeniserPlan(kind, vocabulary)  # type: ignore[arg-type]
