"""Documents for the tests of duplicate removal: families of known edits, and similarity by sets."""

from __future__ import annotations

import random
import re

VOCABULARY = [f"word{number}" for number in range(4000)]


def words(count: int, seed: int) -> list[str]:
    return random.Random(seed).choices(VOCABULARY, k=count)


def edited(text: list[str], changes: int, seed: int) -> list[str]:
    """The text with single words replaced at spread-out places."""
    chooser = random.Random(seed)
    copy = list(text)
    for place in chooser.sample(range(len(copy)), changes):
        copy[place] = chooser.choice(VOCABULARY)
    return copy


def families(number: int, seed: int = 0) -> list[str]:
    """Texts of families of five (0 to 16 changed words of 250), a tenth of them exact copies."""
    texts: list[str] = []
    for family in range(number):
        base = words(250, seed * 10_000 + family)
        texts.append(" ".join(base))
        for member, changes in enumerate((2, 5, 9, 16)):
            texts.append(" ".join(edited(base, changes, family * 7 + member)))
        if family % 2 == 0:
            texts.append(texts[-1].upper() + " \n")
        texts.append(" ".join(words(120, seed * 10_000 + 5000 + family)))
    return texts


def shingle_set(text: str, length: int = 5) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    length = min(length, len(found))
    return (
        {tuple(found[i : i + length]) for i in range(len(found) - length + 1)} if found else set()
    )


def similarity(one: str, other: str) -> float:
    first, second = shingle_set(one), shingle_set(other)
    return len(first & second) / len(first | second) if first | second else 0.0
