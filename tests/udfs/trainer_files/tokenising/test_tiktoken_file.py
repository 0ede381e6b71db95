"""A tiktoken file read through tokenizer.json has the ids that tiktoken gives."""

import base64

import pytest

from tests.small_tokenisers import EOS, tiktoken_file
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.identity_check import AWKWARD_TEXTS
from udfs.trainer_files.tokenising.tiktoken_file import SPLITS, is_tiktoken, tokeniser_json
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser

# Longest before shorter parts, a token that no merge reaches, and one of bytes that are no UTF-8.
TOKENS = (b"he", b"ll", b"hell", b" w", b"or", b" wor", b"xqz", b"\xe4\xb8", b"\xe4\xb8\xad", b"00")


@pytest.mark.parametrize("split", SPLITS)
def test_ids_are_tiktokens(split: str) -> None:
    tiktoken = pytest.importorskip("tiktoken")
    content = tiktoken_file(TOKENS)
    ranks = {
        base64.b64decode(token): int(rank)
        for token, rank in (line.split() for line in content.splitlines())
    }
    special = {EOS: 300}
    theirs = tiktoken.Encoding(
        "small", pat_str=SPLITS[split], mergeable_ranks=ranks, special_tokens=special
    )
    file = read_tokeniser("small", content, split=split, special_tokens=special)
    texts = [*AWKWARD_TEXTS, "hello world", "hell xqz xqzz", "中中", "0000", f"a{EOS}b"]
    ours = load_engine(file, "tokenizers", special_tokens_in_text=False).encode(texts)
    for place, text in enumerate(texts):
        found = ours.ids[ours.offsets[place] : ours.offsets[place + 1]].tolist()
        assert found == theirs.encode_ordinary(text), text
    special_too = load_engine(file, "tokenizers", special_tokens_in_text=True).encode([EOS])
    assert special_too.ids.tolist() == [300]


def test_ids_between_vocabulary_and_special_tokens_are_filled() -> None:
    file = read_tokeniser("small", tiktoken_file(), special_tokens={EOS: 264})
    assert file.special_tokens == {"<|unused_262|>": 262, "<|unused_263|>": 263, EOS: 264}


@pytest.mark.parametrize(
    ("content", "special", "said"),
    [
        (b"aGU= 0\nnot a line\n", {}, "line 2 of the tiktoken file"),
        (b"aGU= 0\naGw= 2\n", {}, "2 tokens whose ranks are not 0 to 1"),
        (tiktoken_file(), {EOS: 3}, "has id 3, which is the token"),
    ],
)
def test_faults_are_named(content: bytes, special: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tokeniser_json(content, "gpt2", special)


def test_what_a_tiktoken_file_looks_like() -> None:
    assert is_tiktoken(b"aGU= 0\n")
    assert is_tiktoken(b"IQ== 0\r\nIg== 1\r\n")
    assert not is_tiktoken(b"{}")
    assert not is_tiktoken(b"\n\x0e\n\x05<unk>")
