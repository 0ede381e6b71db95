"""Chinese by tables gives the ids that the whole text by one engine gives."""

import functools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.small_tokenisers import byte_level_json, tiktoken_file
from udfs.trainer_files.tokenising.engines import load_engine
from udfs.trainer_files.tokenising.han_runs import HanRuns, chinese_places, han_runs
from udfs.trainer_files.tokenising.tiktoken_file import SPLITS
from udfs.trainer_files.tokenising.tokeniser_file import read_tokeniser
from udfs.trainer_files.tokenising.training import TokeniserPlan, train_tokeniser

Encoded = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]
STORY = (
    "灯塔看守人每天记录天气、船只和油价。他从不写自己，也不写天气以外的事。",
    "灯塔的灯还亮着，天气很好，船只很多，灯塔看守人每天记录油价。",
    "一天，看守人说：“天气不好，船只不多。”油价123元，lighthouse灯塔Ab灯。",
    "\u4e00\u4e01\u4e03 \u9fa4\u9fa5 的了是在不我有人这他 的的的了了了",
) * 3
# Characters of the story, rare ones and those around the ends of the range, and what runs may touch.
ALPHABET = (
    "".join(sorted(set("".join(STORY))))
    + "龘龜\u3400\u4dff\u9fa6\ua000\u3007ーカ가é'sTLl \n\t　\u0301１，。！？：；、“"
)


@functools.cache
def trained(split: str) -> bytes:
    return train_tokeniser(TokeniserPlan("bpe", 420, split), STORY)


def changed(content: bytes, **model: object) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(content)
    parsed["model"] |= model
    return parsed


def compare(content: bytes, texts: Sequence[str]) -> None:
    file = read_tokeniser("tokenizer.json", content)
    engine = load_engine(file, "tokenizers", special_tokens_in_text=False)
    runs = han_runs(file.content)
    assert runs is not None
    ids, offsets = runs.encode(texts, chinese_places(texts), engine.encode)
    expected = engine.encode(texts)
    assert offsets.tolist() == expected.offsets.tolist()
    assert ids.tolist() == expected.ids.tolist()


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["cl100k_base", "gpt2"]),
    st.lists(st.text(st.sampled_from(ALPHABET), max_size=60), min_size=1, max_size=5),
)
def test_ids_are_those_of_the_whole_text(split: str, texts: list[str]) -> None:
    compare(trained(split), [text + "天气很好" * (1 + len(text) // 4) for text in texts])


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.integers(0, 9))
def test_anything_may_stand_around_a_run(other: str, number: int) -> None:
    text = STORY[number % 4] * 3
    place = len(text) * number // 10
    compare(trained("cl100k_base"), [text[:place] + other + text[place:] + other])


def test_what_is_taken_out_is_most_of_a_text() -> None:
    runs = han_runs(trained("cl100k_base"))
    assert runs is not None
    given_texts: list[str] = []

    def engine(texts: Sequence[str]) -> Encoded:
        given_texts.extend(texts)
        return np.zeros(0, np.int32), np.zeros(len(texts) + 1, np.int64)

    rare = "".join(map(chr, range(0x6000, 0x6200)))
    texts = [rare, "plain text", rare + "\r" + rare, rare + "，" + rare]
    runs.encode(texts, chinese_places(texts), engine)
    assert given_texts[0] == rare[0] + "\r" + rare[-1]
    assert given_texts[1:3] == texts[1:3]
    assert given_texts[3] == rare[0] + "\r，" + rare[0] + "\r" + rare[-1]


def test_a_text_with_carriage_returns_of_its_own_is_left_whole() -> None:
    compare(trained("cl100k_base"), ["天气很好天气\r很好" * 5, "天气很好，船只很多" * 5])
    assert chinese_places(["天气很好\r天气很好"]) == []


def test_merges_are_written_in_either_form() -> None:
    parsed = changed(trained("gpt2"))
    merges = [" ".join(one) for one in parsed["model"]["merges"]]
    compare(json.dumps(changed(trained("gpt2"), merges=merges)).encode(), STORY)


def test_a_tiktoken_file_with_tokens_across_characters() -> None:
    the = "的".encode()
    tokens = [the[:2], the, the + b"\xe4", "了".encode()[:2], the + "了".encode()[:2], b"\x84\xe4"]
    content = tiktoken_file(tokens)
    file = read_tokeniser("o", content, split="cl100k_base")
    compare(file.content, ["的了的人的一的了一的" * 4, "一的一丁的乙" * 5])


@pytest.mark.parametrize(("letters", "is_worth_it"), [(8, True), (40, False)])
def test_a_vocabulary_of_chinese_words_is_left_to_the_engine(
    letters: int, is_worth_it: bool
) -> None:
    known = [chr(code).encode() for code in range(0x4E00, 0x4E00 + letters)]
    heads = sorted({letter[:2] for letter in known})
    words = [left + right for left in known for right in known]
    file = read_tokeniser("o", tiktoken_file([*heads, *known, *words]))
    assert (han_runs(file.content) is not None) is is_worth_it


def refused() -> dict[str, dict[str, Any]]:
    plain = trained("cl100k_base")
    other_split = changed(plain)
    other_split["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = SPLITS["o200k_base"]
    upper = changed(plain) | {"normalizer": {"type": "NFKC"}}
    added = changed(plain)
    added["added_tokens"].append({**added["added_tokens"][0], "id": 900, "content": "灯塔"})
    line_end = changed(plain)
    line_end["added_tokens"].append({**line_end["added_tokens"][0], "id": 900, "content": "\r\n"})
    # Found as a whole word, but never merged to: its merge is not there.
    whole = changed(plain, ignore_merges=True)
    whole["model"]["merges"] = [
        pair for pair in whole["model"]["merges"] if not "".join(pair).isalpha()
    ][:40]
    return {
        "another split": other_split,
        "a normaliser that changes characters": upper,
        "an added token with Chinese": added,
        "an added token with a carriage return": line_end,
        "whole words that are not merged to": whole,
        "dropout": changed(plain, dropout=0.1),
        "a suffix of words": changed(plain, end_of_word_suffix="</w>"),
        "another model": changed(plain, type="WordPiece"),
        "a byte without a token": changed(plain, vocab={"a": 0}),
    }


def test_other_tokenisers_are_left_to_the_engine() -> None:
    assert isinstance(han_runs(trained("cl100k_base")), HanRuns)
    taken = [name for name, parsed in refused().items() if han_runs(json.dumps(parsed).encode())]
    assert taken == []


def test_a_normaliser_that_composes_is_allowed() -> None:
    parsed = changed(trained("cl100k_base")) | {"normalizer": {"type": "NFC"}}
    compare(json.dumps(parsed).encode(), ["天气e\u0301很好\u0301天气" * 5])
    assert han_runs(byte_level_json()) is None  # its split is its own


@pytest.mark.parametrize(
    ("text", "chinese"),
    [("", False), ("lighthouse " * 9, False), ("天气很好", True), ("naïve " * 20 + "天", False),
     ("カタカナ" * 9, False), ("天气 fine, " * 40, True)],
)  # fmt: skip
def test_which_texts_are_worth_it(text: str, chinese: bool) -> None:
    assert bool(chinese_places([text])) is chinese
