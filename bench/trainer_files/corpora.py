"""Documents of the shared folder by kind, and awkward ones: what tokenisers are measured and compared on."""

from __future__ import annotations

import json
import sysconfig
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from bench.shared_folder import DATA
from udfs.trainer_files.tokenising.identity_check import AWKWARD_TEXTS

PIECE_CHARACTERS = 4_000
LONG_WORD = 200_000
KINDS = ("en", "zh", "code")


def documents(kind: str, most_bytes: int) -> list[str]:
    """Return documents of a kind, up to so many bytes; each text once."""
    found, size = [], 0
    for text in _TEXTS[kind]():
        for start in range(0, len(text), PIECE_CHARACTERS):
            piece = text[start : start + PIECE_CHARACTERS]
            found.append(piece)
            size += len(piece.encode("utf-8", "replace"))
            if size >= most_bytes:
                return found
    return found


def awkward(count: int, seed: int = 7) -> Iterator[str]:
    """Yield documents that engines may differ on: slices of real ones changed, mixtures, long words."""
    draw = Random(seed)
    real = [text for kind in KINDS for text in documents(kind, 2_000_000)]
    yield from AWKWARD_TEXTS
    for word in ("a", "e\u0301", "\u4e2d", " ", "\n", "7", "!", "\x00", "\r\n", "\U0001f600"):
        yield word * (LONG_WORD // len(word.encode("utf-8")))
    yield "".join(draw.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(LONG_WORD))
    for _ in range(count):
        text = draw.choice(real)
        start = draw.randrange(len(text))
        yield draw.choice(_CHANGES)(text[start : start + draw.randrange(1, 400)], draw)


def altered(texts: Sequence[str], round_: int) -> Iterator[str]:
    """Yield the texts with one character in forty drawn anew: a larger corpus than there is.

    A letter becomes another of the same text, so that languages and alphabets stay and words do not.
    Round 0 leaves texts as they are.
    """
    for number, text in enumerate(texts):
        letters = list(text)
        draw = Random(1_000_003 * round_ + number)
        for place in range(draw.randrange(80), len(letters) if round_ else 0, 40):
            other = letters[draw.randrange(len(letters))]
            if letters[place].isalpha() and other.isalpha():
                letters[place] = other
        yield "".join(letters)


def _mixture(text: str, draw: Random) -> str:
    pieces = [draw.choice(AWKWARD_TEXTS)[:40] for _ in range(4)] + [text[:60]]
    draw.shuffle(pieces)
    return "".join(pieces)


def _any_code_points(text: str, draw: Random) -> str:
    drawn = (draw.randrange(0x110000) for _ in range(40))
    return text[:40] + "".join(chr(code) for code in drawn if not 0xD800 <= code < 0xE000)


_CHANGES = (
    lambda text, _: text,
    lambda text, _: text.replace("\n", "\r\n"),
    lambda text, _: unicodedata.normalize("NFD", text),
    lambda text, _: text.upper(),
    _mixture,
    _any_code_points,
)


def _english() -> Iterator[str]:
    for path in sorted((DATA / "wcxb_dev" / "ground-truth").glob("*.json")):
        yield json.loads(path.read_text("utf-8"))["ground_truth"].get("main_content") or ""
    yield from _files("text/books_en", "near_dup/licence_texts")


def _chinese() -> Iterator[str]:
    yield from _files("text/laws_zh", "text/books_zh")


def _code() -> Iterator[str]:
    for path in sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py")):
        yield path.read_text("utf-8", "replace")


def _files(*folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((DATA / folder).rglob("*")):
            if path.is_file():
                yield path.read_text("utf-8", "replace")


_TEXTS = {"en": _english, "zh": _chinese, "code": _code}
