"""Usual ways to hide a word from a filter, undone: letters as digits, look-alikes, letters apart."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

INVISIBLE_CHARACTERS: Final = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
)
"""Characters without a shape of their own: put between letters they hide a word from a filter and
from nobody else (soft hyphen, zero-width space and joiners, direction marks, variation selectors)."""

_DIGIT_LETTERS: Final = str.maketrans("013457@$", "oieastas")
_DIGITS_IN_A_WORD: Final = re.compile(r"[013457@$]+(?=[a-z])")
"""Between letters only: 3d, mp4 and 4chan are words of their own."""

_LOOK_ALIKES: Final = str.maketrans("аесорухіѕјԁһмткοαικνρτυ", "aecopyxisjdhmtkoaikvptu")
_FOREIGN: Final = "[а-яёіѕјԁһα-ω]+"
_FOREIGN_IN_A_WORD: Final = re.compile(f"(?<=[a-z]){_FOREIGN}|{_FOREIGN}(?=[a-z])")
"""Beside a Latin letter only: a word all in Cyrillic or Greek means itself."""

_SPELLED: Final = re.compile(r"(?<![a-z0-9])[a-z]([ .*_-])[a-z](?:\1[a-z]){2,}(?![a-z0-9])")
"""Four letters or more, all apart by the same sign."""
_SPLIT_HAN: Final = re.compile(r"(?<=[\u3400-\u9fff])[*_|~^\-]{1,3}(?=[\u3400-\u9fff])")
"""Not blanks and middle dots: they stand between words and names in honest text."""

_LATIN, _DIGIT, _SIGN, _HAN_SIGN, _FOREIGN_LEAD, _HAN_LEAD, _CONTINUES = (1 << n for n in range(7))


def _byte_classes() -> npt.NDArray[np.uint8]:
    """uint8[256], what a byte of lower-case UTF-8 may be."""
    classes = np.zeros(256, np.uint8)
    classes[ord("a") : ord("z") + 1] |= _LATIN
    classes[[*b"013457@$"]] |= _DIGIT
    classes[[*b" .*_-"]] |= _SIGN
    classes[[*b"*_|~^-"]] |= _HAN_SIGN
    classes[0xCE:0xD5] |= _FOREIGN_LEAD  # U+0380 to U+053F
    classes[0xE3:0xEA] |= _HAN_LEAD  # U+3000 to U+9FFF
    classes[0x80:0xC0] |= _CONTINUES
    return classes


def _invisible_code_points() -> npt.NDArray[np.bool_]:
    """bool[0x10000], true of what is in ``INVISIBLE_CHARACTERS``."""
    code_points = np.zeros(0x10000, np.bool_)
    code_points[[ord(character) for character in INVISIBLE_CHARACTERS]] = True
    return code_points


_CLASSES: Final = _byte_classes()
_INVISIBLE: Final = _invisible_code_points()


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
        if _holds_invisible(_utf8(text), _INVISIBLE):
            for character in INVISIBLE_CHARACTERS:
                text = text.replace(character, "")
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text)
    text = text.lower()
    seen = _seen(text)
    if seen.foreign:
        text = _FOREIGN_IN_A_WORD.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)
        seen = _seen(text)
    if seen.han:
        text = _SPLIT_HAN.sub("", text)
    # None of these makes a case of another: what becomes a letter stands between letters.
    if seen.digits:
        text = _DIGITS_IN_A_WORD.sub(_letters_after_a_letter, text)
    if seen.spelled:
        text = _SPELLED.sub(lambda found: found[0][::2], text)
    return text


class _Seen(NamedTuple):
    """What may occur in a text; most have none of it, and no pattern need be tried at every character.

    Attributes:
        foreign: A Greek or Cyrillic letter beside a Latin one.
        han: A sign between Han characters.
        digits: Signs that stand for letters between letters.
        spelled: Four letters, all apart by the same sign.
    """

    foreign: bool
    han: bool
    digits: bool
    spelled: bool


def _seen(text: str) -> _Seen:
    return _Seen(*_look(_utf8(text), _CLASSES))


def _utf8(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


@kernel
def _holds_invisible(data: npt.NDArray[np.uint8], invisible: npt.NDArray[np.bool_]) -> bool:
    """Whether valid UTF-8 has a character of two or three bytes that ``invisible`` names."""
    for place in range(len(data)):
        lead = data[place]
        if lead >= 0xF0 or lead < 0xC0:
            continue
        code_point = np.int64(lead & 0x1F) << 6 | data[place + 1] & 0x3F
        if lead >= 0xE0:
            code_point = (code_point & 0x3FF) << 6 | data[place + 2] & 0x3F
        if invisible[code_point]:
            return True
    return False


@kernel
def _look(
    data: npt.NDArray[np.uint8], classes: npt.NDArray[np.uint8]
) -> tuple[bool, bool, bool, bool]:
    """The fields of ``_Seen`` for lower-case UTF-8."""
    foreign = han = digits = spelled = False
    before, second = (
        np.uint8(0),
        np.uint8(0),
    )  # classes of the byte before, and of the one before it
    in_foreign = in_han = in_digits = False  # in a letter, a Han character, digits after a letter
    signs_after_han = 0
    letters, apart_by = 0, np.uint8(0)  # so many letters apart by the same sign, and the sign
    last = np.uint8(0)
    for byte in data:
        now = classes[byte]
        if now & _LATIN:
            if before & _SIGN and second & _LATIN:
                letters = letters + 1 if last == apart_by else 2
                apart_by = last
                spelled |= letters > 3
            else:
                letters = 1
            foreign |= in_foreign
            digits |= in_digits
            in_digits = in_foreign = in_han = False
            signs_after_han = 0
        elif now & _CONTINUES:
            in_digits = False
        else:
            foreign |= now & _FOREIGN_LEAD != 0 and before & _LATIN != 0
            if now & _HAN_LEAD:
                han |= 0 < signs_after_han < 4
                in_han, signs_after_han = True, 0
            else:
                signs_after_han = (
                    signs_after_han + 1 if now & _HAN_SIGN and (in_han or signs_after_han) else 0
                )
                in_han = False
            in_digits = now & _DIGIT != 0 and (before & _LATIN != 0 or in_digits)
            in_foreign = now & _FOREIGN_LEAD != 0
        second, before, last = before, now, byte
    return foreign, han, digits, spelled


def _letters_after_a_letter(found: re.Match[str]) -> str:
    # Asked here: a pattern that begins by looking back is tried at every character.
    before = found.string[found.start() - 1 : found.start()]
    return found[0].translate(_DIGIT_LETTERS) if "a" <= before <= "z" else found[0]
