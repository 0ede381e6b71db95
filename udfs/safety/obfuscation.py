"""Usual ways to hide a word from a filter, undone: letters as digits, look-alikes, letters apart."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

INVISIBLE_CHARACTERS: Final = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
)
"""Characters without a shape of their own: put between letters they hide a word from a filter and
from nobody else (soft hyphen, zero-width space and joiners, direction marks, variation selectors)."""
_REMOVE_INVISIBLE: Final = dict.fromkeys(map(ord, INVISIBLE_CHARACTERS))

_DIGIT_LETTERS: Final = str.maketrans("013457@$", "oieastas")
_DIGITS_IN_A_WORD: Final = re.compile(r"[013457@$]+(?=[a-z])")
"""Between letters only: 3d, mp4 and 4chan are words of their own."""

_LOOK_ALIKES: Final = str.maketrans("аесорухіѕјԁһмткοαικνρτυ", "aecopyxisjdhmtkoaikvptu")
_FOREIGN: Final = "[а-яёіѕјԁһα-ω]+"
_FOREIGN_LETTER: Final = re.compile(_FOREIGN)
_FOREIGN_IN_A_WORD: Final = re.compile(f"(?<=[a-z]){_FOREIGN}|{_FOREIGN}(?=[a-z])")
"""Beside a Latin letter only: a word all in Cyrillic or Greek means itself."""

_SPELLED: Final = re.compile(r"(?<![a-z0-9])[a-z]([ .*_-])[a-z](?:\1[a-z]){2,}(?![a-z0-9])")
"""Four letters or more, all apart by the same sign."""
_SPELLED_PROBE: Final = re.compile(r"[ .*_-][a-z][ .*_-][a-z][ .*_-]")
_SPLIT_HAN: Final = re.compile(r"(?<=[\u3400-\u9fff])[*_|~^\-]{1,3}(?=[\u3400-\u9fff])")
"""Not blanks and middle dots: they stand between words and names in honest text."""
_HAN_SEPARATORS: Final = "*_|~^-"


def normalise_for_matching(text: str) -> str:
    """Bring a text into the form in which keywords are compared.

    Args:
        text: Any text.

    Returns:
        NFKC (full-width and mathematical letters become plain), without invisible characters, lower
        case, with ``p0rn``, ``p.o.r.n``, words that mix Latin with look-alike Cyrillic or Greek
        letters, and Han characters with signs between them written as meant.
    """
    if not text.isascii():
        if any(character in text for character in INVISIBLE_CHARACTERS):
            text = text.translate(_REMOVE_INVISIBLE)
        text = unicodedata.normalize("NFKC", text).lower()
        if _FOREIGN_LETTER.search(text):
            text = _FOREIGN_IN_A_WORD.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)
        if any(sign in text for sign in _HAN_SEPARATORS):
            text = _SPLIT_HAN.sub("", text)
    else:
        text = text.lower()
    text = _DIGITS_IN_A_WORD.sub(_letters_after_a_letter, text)
    if _SPELLED_PROBE.search(text):
        text = _SPELLED.sub(lambda found: found[0][::2], text)
    return text


def _letters_after_a_letter(found: re.Match[str]) -> str:
    # Asked here: a pattern that begins by looking back is tried at every character.
    before = found.string[found.start() - 1 : found.start()]
    return found[0].translate(_DIGIT_LETTERS) if "a" <= before <= "z" else found[0]
