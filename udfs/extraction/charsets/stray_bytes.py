"""Single bytes of another encoding in a text that is UTF-8 or ASCII otherwise.

Editors, databases and templates put windows-1252 into pages of UTF-8: an apostrophe from a word
processor, a name from an old table. Broken UTF-8 looks alike, since what is left of a torn character are
single bytes, too. Three things tell them apart: whether the bytes could be left over from a character
that the text holds elsewhere, whether windows-1252 gives a character that fits between its neighbours,
and whether this holds for nearly all of them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

FITTING_SHARE = 0.9
"""Share of the stray bytes' places that windows-1252 must make sense of before any is repaired."""
SURE_SHARE = 4
"""Continuation bytes in their place for each stray one, above which a text is UTF-8 all the same."""

FEW_CONTINUATION_BYTES = 12
"""Up to these GBK and its like may be UTF-8 by chance."""

_ASCII = bytes(range(128))
_STRAY = re.compile("[\udc80-\udcff]+")
_LONGEST_TORN_START = 3
_NEAR = 40
_LAST_LETTER = re.compile(r".*([^\W\d_])", re.DOTALL)
_FIRST_LETTER = re.compile(r"([^\W\d_])")
_LETTERS = frozenset(["Ll", "Lu", "Lo"])
_IN_NO_PROSE = frozenset("ƒˆ˜¨¯¸¤¦¬")


class Utf8Text(NamedTuple):
    """Bytes read as UTF-8.

    Attributes:
        text: The characters; stray bytes are repaired or have become U+FFFD.
        evidence: Continuation bytes that stand where UTF-8 wants them.
        strays: Bytes that UTF-8 does not allow where they stand; those of a character that the end of
            the text cuts are not counted.
        replaced: U+FFFD among the characters that decoding made, the cut one left out.
        is_repaired: Whether the stray bytes are windows-1252.
    """

    text: str
    evidence: int
    strays: int = 0
    replaced: int = 0
    is_repaired: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether no text in another encoding looks so: three continuation bytes, and few strays."""
        enough = self.strays if self.is_repaired else SURE_SHARE * self.strays
        return self.evidence >= max(3, enough)

    @property
    def is_mixture(self) -> bool:
        """Whether it is a word or two of letters from several scripts: pairs of bytes look so by chance."""
        if self.evidence > FEW_CONTINUATION_BYTES:
            return False
        if self.text.isascii():
            return False
        above = self.text.encode("utf-8", "replace").translate(None, _ASCII).decode("utf-8")
        letters = filter(str.isalpha, set(above))
        return len({unicodedata.name(letter, "").partition(" ")[0] for letter in letters}) > 1


class _Parts:
    """What tearing leaves of characters: their first bytes, their last ones, single ones of a letter."""

    def __init__(self) -> None:
        self._parts: set[bytes] = set()
        self._bytes: set[int] = set()

    def add(self, character: str) -> None:
        encoded = character.encode("utf-8")
        sizes = range(1, len(encoded))
        self._parts |= {encoded[:size] for size in sizes} | {encoded[size:] for size in sizes}
        self._bytes |= set(encoded)

    def add_sign(self, character: str) -> None:
        """Its last byte is no proof: read as another sign, it does not fit where that one stood."""
        encoded = character.encode("utf-8")
        sizes = range(1, len(encoded))
        self._parts |= {encoded[:size] for size in sizes} | {encoded[size:] for size in sizes[:-1]}

    def include(self, run: bytes) -> bool:
        return run in self._parts or self._bytes.issuperset(run)


def read_utf8(content: bytes) -> Utf8Text | None:
    """Read bytes as UTF-8, with single bytes of windows-1252 in it.

    Args:
        content: Any bytes.

    Returns:
        None when more bytes stand where UTF-8 allows none than where it wants them.
    """
    try:
        text = content.decode("utf-8")
        return Utf8Text(text, len(content) - len(text))
    except UnicodeDecodeError:
        text = content.decode("utf-8", "surrogateescape")
    evidence = len(content) - len(text)
    if len(text) - len(content.decode("utf-8", "ignore")) > evidence + _LONGEST_TORN_START:
        return None
    runs = list(_STRAY.finditer(text))
    cut = int(runs[-1].end() == len(text) and _is_torn_start(_bytes(runs[-1].group())))
    strays = sum(len(run.group()) for run in runs[: len(runs) - cut])
    if strays > evidence:
        return None
    left_over = _left_over(text)
    repairs = [_repair(text, run, left_over) for run in runs[: len(runs) - cut]]
    fitting = sum(repair is not None for repair in repairs)
    is_repaired = fitting > 0 and fitting >= FITTING_SHARE * len(repairs)
    parts, place, replaced = [], 0, 0
    for run, repair in zip(runs, repairs + [None] * cut, strict=True):
        lost = _bytes(run.group()).decode("utf-8", "replace")
        replaced += len(lost) if repair is None or not is_repaired else 0
        parts += [text[place : run.start()], repair if repair and is_repaired else lost]
        place = run.end()
    return Utf8Text("".join([*parts, text[place:]]), evidence, strays, replaced - cut, is_repaired)


def typographic_codec(content: bytes) -> str | None:
    """Tell a text in ASCII but for quotation marks, dashes and the like, as word processors set them.

    A detector has next to nothing to go by there and names any language's encoding.

    Args:
        content: Bytes that are no UTF-8.

    Returns:
        ``cp1252`` or ``mac_roman`` when each byte above ASCII is such a sign in it and fits where it
        stands; else None.
    """
    text = content.decode("ascii", "surrogateescape")
    for codec in ("cp1252", "mac_roman"):
        if all(_sets_type(text, run, codec) for run in _STRAY.finditer(text)):
            return codec
    return None


def fitting_share(text: str) -> float:
    """The share of the characters above ASCII that a writer sets where they stand, 0 to 1.

    Near 1 for prose in any alphabet; low where pairs of bytes were read as single letters and signs.
    """
    padded = f" {text} "
    places = [place for place, character in enumerate(padded) if character > "\x7f"]
    fitting = sum(_fits_between(*padded[place - 1 : place + 2]) for place in places)
    return fitting / max(1, len(places))


def _sets_type(text: str, run: re.Match[str], codec: str) -> bool:
    signs = _bytes(run.group()).decode(codec, "replace")
    if any(unicodedata.category(sign) in _LETTERS for sign in signs):
        return False
    return _fits(text, run, signs)


def _repair(text: str, run: re.Match[str], left_over: tuple[_Parts, _Parts]) -> str | None:
    """The characters of a run in windows-1252; None where it may be what is left of torn UTF-8."""
    lost = _bytes(run.group())
    try:
        characters = lost.decode("cp1252")
    except UnicodeDecodeError:
        return None
    of_latin, of_any = left_over
    suspects = of_latin if _is_among_latin(text, run) else of_any
    before = _around(text, run)[0]
    inside_word = characters == "\u2019" and before.isalpha() and before <= "\u2e7f"
    if (suspects.include(lost) and not inside_word) or not _fits(text, run, characters):
        return None
    return characters


def _around(text: str, run: re.Match[str]) -> tuple[str, str]:
    """The characters before and behind; a blank where the text begins or ends."""
    before = text[run.start() - 1] if run.start() else " "
    return before, text[run.end()] if run.end() < len(text) else " "


def _is_among_latin(text: str, run: re.Match[str]) -> bool:
    """Tell whether a torn character in this place would be of a Latin text, by the letters around."""
    around = _around(text, run)
    if any(_is_of_another_script(neighbour) for neighbour in around):
        return False
    if any(neighbour.isascii() and not neighbour.isspace() for neighbour in around):
        return True
    last = _LAST_LETTER.search(text, max(0, run.start() - _NEAR), run.start())
    first = _FIRST_LETTER.search(text, run.end(), run.end() + _NEAR)
    return bool(last and first) and not any(
        _is_of_another_script(found.group(1)) for found in (last, first) if found
    )


def _is_of_another_script(character: str) -> bool:
    return character > "\u2e7f" or (character > "\u024f" and character.isalpha())


def _fits(text: str, run: re.Match[str], characters: str) -> bool:
    before, behind = _around(text, run)
    chain = before + characters + behind
    return all(_fits_between(*chain[place : place + 3]) for place in range(len(characters)))


def _fits_between(before: str, character: str, behind: str) -> bool:
    """Tell whether a writer sets this character between these two; by its general category."""
    kind = unicodedata.category(character)
    if character in _IN_NO_PROSE or kind in {"Cc", "Cn", "Co"}:
        return False
    if kind == "Ll":
        return not (before.isdigit() or behind.isdigit() or behind.isupper())
    if kind == "Lu":
        return not (before.islower() or before.isdigit() or behind.isdigit())
    if character in "\u2019\u00b4":  # an apostrophe, too
        return before.isalnum() or behind.isalnum() or not before.isspace()
    if kind in {"Pi", "Ps", "Pf"}:
        opens = not before.isalnum() and (character in "«‹»›" or not behind.isspace())
        closes = not behind.isalnum() and (character in "«‹»›" or not before.isspace())
        # German closes with what English opens with, and some turn guillemets inwards.
        return opens if kind == "Ps" else closes if character == "”" else opens or closes
    if kind == "Zs":
        return not (before.isspace() or behind.isspace())
    if character == "\u00a9":
        return not (before.isalpha() or behind.isalpha())
    if kind in {"Pd", "Cf"} or character == "\u2026":
        return True
    return not (before.isalpha() and behind.isalpha())


def _left_over(text: str) -> tuple[_Parts, _Parts]:
    """What tearing leaves of a text's Latin letters and signs, and of all its characters."""
    of_latin, of_any = _Parts(), _Parts()
    for character in set(text):
        if character <= "\x7f" or "\udc80" <= character <= "\udcff":
            continue
        of_any.add(character)
        if _is_of_another_script(character):
            continue
        if character.isalpha():
            of_latin.add(character)
        else:
            of_latin.add_sign(character)
    return of_latin, of_any


def _bytes(run: str) -> bytes:
    return run.encode("ascii", "surrogateescape")


def _is_torn_start(run: bytes) -> bool:
    """Tell the first bytes of a character from others: an error at their end, not before."""
    try:
        run.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start == 0 and error.reason == "unexpected end of data"
    return False
