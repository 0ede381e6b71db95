"""Which engine may be used: the fast one only where its ids are those of the package that sets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from udfs.trainer_files.tokenising.engines import EngineName, TokenEngine, load_engine
from udfs.trainer_files.tokenising.tokeniser_file import TokeniserFile

CHECKED_CHARACTERS: Final = 1_000
"""Of a document: the package that sets the ids reads some 2 MB/s, and a thousand documents have more
different words in their first lines than a hundred in ten times as many."""
_SHOWN_CHARACTERS: Final = 40
_SHOWN_IDS: Final = 12

_FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
_FLAGS = "\U0001f3f3\ufe0f\u200d\U0001f308\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd"

AWKWARD_TEXTS: Final = (
    "", " ", "\n", "a", "\x00", "a\x00b\x00\x00c", "\ufeffBOM", "line\r\nline\r\n\r\n  line\rline",
    "e\u0301 A\u030a \u1112\u1161\u11ab \ufb01 \u2460 \u212b", "CAFE\u0301S don't DON'T I'LL we'VE",
    _FAMILY * 3 + _FLAGS, "\u200b\u200d\u2060\u00ad", "\u0378\U0003265c 'e \U0003259b 'r \ue000",
    " \t \u00a0\u2003\u3000 \n \n\n   x", "1234567890 12 3 1.5e-10 \u0663\u0664\u0665 三百",
    "中文沒有空格，也可以很長。" * 30,
    "的一是不了在人有我他\u3400這个\u9fa6中Latin大\u0301来123上国，\u3000'和't地到" * 9,
    "ไม่มีช่องว่าง", "!!!???...---===" * 20,
    "def f(x):\n\treturn {'a': [x, *x]}\n" * 5, "<|endoftext|> <s></s> <pad> [CLS] <|im_start|>user",
    "a" * 5_000, " " * 5_000, "\n" * 2_000, "0" * 3_000, "aGVsbG8gd29ybGQ" * 300, "\u0300" * 500,
    "\u0130\u0131\u017f\u212a", "\u2028\u2029\x85\x0b\x0c",
)  # fmt: skip
"""What engines were seen to differ on, or might: line ends, NFD, joined emoji, NUL, unassigned code
points, runs of white space, digits of other scripts, special tokens' spellings, words without end."""


class EngineChoice(NamedTuple):
    """The engine to use.

    Attributes:
        name: The engine.
        warning: Why it is not the fastest one; None where it is.
    """

    name: EngineName
    warning: str | None = None


def choose_engine(
    file: TokeniserFile, texts: Sequence[str], *, special_tokens_in_text: bool
) -> EngineChoice:
    """Compare the ids of the fast engine with those of ``tokenizers`` and choose.

    Args:
        file: The tokeniser.
        texts: Documents to compare on; the awkward ones and the special tokens' spellings come on top.
        special_tokens_in_text: See ``load_engine``.

    Raises:
        ValueError: No engine can be used.
    """
    if file.kind == "sentencepiece":
        load_engine(file, "sentencepiece", special_tokens_in_text=special_tokens_in_text)
        return EngineChoice("sentencepiece")
    reference = load_engine(file, "tokenizers", special_tokens_in_text=special_tokens_in_text)
    try:
        fast = load_engine(file, "fastokens", special_tokens_in_text=special_tokens_in_text)
    except ValueError as error:
        return EngineChoice(
            "tokenizers", f"{error}. The package tokenizers is used, some 50 times slower"
        )
    spelt = [f"a{spelling} {spelling}b" for spelling in list(file.special_tokens)[:100]]
    checked = [text[:CHECKED_CHARACTERS] for text in texts]
    difference = first_difference(fast, reference, [*AWKWARD_TEXTS, *spelt, *checked])
    if difference is not None:
        return EngineChoice(
            "tokenizers", f"{difference}. The package tokenizers is used, some 50 times slower"
        )
    return EngineChoice("fastokens")


def first_difference(
    engine: TokenEngine, reference: TokenEngine, texts: Sequence[str]
) -> str | None:
    """Return in one sentence where two engines differ; None where they agree on all texts."""
    ours, theirs = engine.encode(texts), reference.encode(texts)
    if np.array_equal(ours.offsets, theirs.offsets) and np.array_equal(ours.ids, theirs.ids):
        return None
    for place, text in enumerate(texts):
        mine = ours.ids[ours.offsets[place] : ours.offsets[place + 1]].tolist()
        wanted = theirs.ids[theirs.offsets[place] : theirs.offsets[place + 1]].tolist()
        if mine != wanted:
            pairs = zip(mine, wanted, strict=False)
            first = next(
                (n for n, (a, b) in enumerate(pairs) if a != b), min(len(mine), len(wanted))
            )
            shown = slice(max(0, first - 2), first + _SHOWN_IDS)
            return (
                f"{engine.name} gives other ids than {reference.name} from token {first} on: "
                f"{mine[shown]} instead of {wanted[shown]} in text {place}, {text[:_SHOWN_CHARACTERS]!r}"
            )
    return None
