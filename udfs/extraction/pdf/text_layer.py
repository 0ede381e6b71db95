"""Text layers that are not text: glyphs without meaning, shifted alphabets, one layer upon another.

A PDF shows glyphs; what characters they are is a table of its own (ToUnicode), which producers leave out,
scramble or fill with private-use code points. Such files look right and read as noise.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import Any

import pypdfium2.raw as pdfium_c

from udfs.extraction.charsets.plausibility import everyday_ideograph_share
from udfs.extraction.pdf.words import Word

BAD_CHARACTER_SHARE = 0.01
"""Share of U+FFFD, private-use and control characters from which the text layer is not text."""
MINIMUM_LETTERS = 400
"""Letters of one script that a document must hold before their statistics say anything."""
MINIMUM_VOWELS = 0.22
"""Vowels among Latin letters: 0.35 to 0.5 in European languages, 0.14 in English shifted by the 29 places
that lie between glyph numbers and ASCII in most fonts."""
MAXIMUM_ACCENTED = 0.5
"""Accented among Latin letters: 0.3 in Vietnamese, all of them in Cyrillic read as Latin-1."""
MINIMUM_EVERYDAY = 0.5
"""Everyday among all ideographs: above 0.9 in any Chinese, Japanese or Korean text."""
SAME_PLACE = 0.3
"""Distance, in font-box heights, within which the same word a second time is the same word."""

_BAND = 12.0  # points; the words of a line lie in one band or two

_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{3,}")
_VOWELS = "aeiouyıæœøə"
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")


def why_unreadable(text: str, characters: int, bad_characters: int) -> str | None:
    """Tell why the text of a document's pages is noise.

    Args:
        text: Words of the document in any order, with blanks between.
        characters: All of its characters.
        bad_characters: Those without a meaning.

    Returns:
        A reason for the quarantine, or None for text.
    """
    if bad_characters > BAD_CHARACTER_SHARE * characters:
        return f"{bad_characters:,} of {characters:,} characters have no Unicode value"
    latin = "".join(_LATIN_WORD.findall(text)).lower()
    if len(latin) >= MINIMUM_LETTERS and 2 * len(latin) > sum(map(str.isalpha, text)):
        accented = 1 - len(latin.encode("ascii", "ignore")) / len(latin)
        if accented > MAXIMUM_ACCENTED:
            return f"{accented:.0%} of the Latin letters bear accents"
        letters = unicodedata.normalize("NFD", latin)
        vowels = sum(map(letters.count, _VOWELS)) / len(latin)
        if vowels < MINIMUM_VOWELS:
            return f"only {vowels:.0%} of the Latin letters are vowels"
    ideographs = "".join(_IDEOGRAPH.findall(text))
    if len(ideographs) >= MINIMUM_LETTERS:
        everyday = everyday_ideograph_share(ideographs)
        if everyday < MINIMUM_EVERYDAY:
            return f"only {everyday:.0%} of the ideographs are in everyday use"
    return None


def without_second_layer(words: list[Word]) -> list[Word]:
    """Leave out words that stand a second time in the same place.

    Bold print made by printing twice, and recognised text laid below real text, double every word.

    Args:
        words: Words of a page in the order of the content stream.

    Returns:
        The words, each once.
    """
    seen: set[str] = set()
    places: dict[tuple[str, int], list[Word]] = defaultdict(list)
    kept = []
    for word in words:
        band = int(word.y0 // _BAND)
        if word.text not in seen:
            seen.add(word.text)
        elif any(
            _are_in_one_place(word, other)
            for near in (band, band - 1, band + 1)
            for other in places.get((word.text, near), ())
        ):
            continue
        places[word.text, band].append(word)
        kept.append(word)
    return kept


def _are_in_one_place(word: Word, other: Word) -> bool:
    reach = SAME_PLACE * word.height
    return abs(other.x0 - word.x0) < reach and abs(other.y0 - word.y0) < reach


def is_mostly_picture(page: Any, share: float = 0.5) -> bool:
    """Tell whether images cover more than ``share`` of a page (the first 200 objects are read)."""
    width, height = page.get_size()
    area = 0.0
    for number, found in enumerate(page.get_objects(max_depth=3)):
        if number >= 200:
            break
        if found.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = found.get_bounds()
            clipped_width = min(right, width) - max(left, 0.0)
            clipped_height = min(top, height) - max(bottom, 0.0)
            area += max(0.0, clipped_width) * max(0.0, clipped_height)
    return area > share * float(width) * float(height)
