"""Which legacy encoding makes sense of bytes that a statistical detector gave up on.

Each East Asian standard sorts its everyday characters into a first level (GB 2312 level 1: 3,755
ideographs; Big5 level 1: 5,401; JIS X 0208 level 1: 2,965; KS X 1001: 2,350 syllables). Bytes read in
the right encoding give mostly first-level characters; read in a wrong one they give rare ones. The
sets are computed from Python's own codecs, so no table is carried here.
"""

from __future__ import annotations

import re
from functools import cache

from udfs.extraction.charsets.labels import codecs_of

CHINESE_TWIN = {"big5": "gb18030", "gb18030": "big5"}
"""Bytes of one of these mostly decode as the other too, so that a wrong label raises no error."""
TWIN_SCORE = 0.7
"""Share of everyday characters that the other reading must reach before a label is overruled."""
TWIN_LEAD = 0.3
"""By how much it must be more plausible than the reading that was declared."""
TWIN_CHARACTERS = 20
"""Characters outside ASCII below which nothing is overruled."""
MINIMUM_SCORE = 0.3
"""Share of a text's non-ASCII characters that must be everyday ones before a guess is believed."""
JAPANESE_SCORE = 0.8
"""The same where a detector sees another language: kana must be among them."""

_PAIRS_IN_A_ROW = re.compile(rb"[\xa1-\xfe]+")
_LONGEST_KOREAN_WORD = 12  # bytes

_VISCII_HIGH_HALF = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII_CONTROLS = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_FREQUENT_VIETNAMESE_WORDS = frozenset(
    ["và", "là", "của", "các", "có", "được", "người", "không", "một", "những", "này", "cho"]
)


def _level(codec: str, first: int, last: int) -> frozenset[str]:
    """Decode every double byte from ``first`` to ``last``; holes of the table are left out."""
    characters: set[str] = set()
    for code in range(first, last + 1):
        text = code.to_bytes(2, "big").decode(codec, "ignore")
        if len(text) == 1 and ord(text) > 0x7F:
            characters.add(text)
    return frozenset(characters)


@cache
def _everyday_characters(encoding: str) -> frozenset[str]:
    if encoding == "gb18030":
        return _level("gb2312", 0xB0A1, 0xD7F9) | frozenset("，。、；：？！“”（）《》")
    if encoding == "big5":
        return _level("big5", 0xA440, 0xC67E) | frozenset("，。、；：？！「」（）《》")
    if encoding in {"shift_jis", "euc_jp"}:
        kana = _level("euc_jp", 0xA4A1, 0xA5F6)
        return _level("euc_jp", 0xB0A1, 0xCFD3) | kana | frozenset("、。「」・ー")
    return _level("euc_kr", 0xB0A1, 0xC8FE)


def _score(text: str, encoding: str) -> float:
    """Everyday characters as a share of those outside ASCII; a misread can score below zero."""
    outside_ascii = [character for character in text if ord(character) > 0x7F]
    if not outside_ascii:
        return 0.0
    everyday = _everyday_characters(encoding)
    points = 0.0
    for character in outside_ascii:
        if character in everyday:
            points += 1.0
        elif "\u00c0" <= character <= "\u024f":  # pinyin and names; chance gives ideographs instead
            points += 0.5
        elif "\ue000" <= character <= "\uf8ff":  # private use: a hole of the table was hit
            points -= 5.0
    if encoding in {"shift_jis", "euc_jp"}:
        # Japanese without kana is a misread: bytes of every other encoding hit kanji by chance.
        kana = sum("\u3041" <= character <= "\u30fa" for character in outside_ascii)
        points *= min(1.0, 4 * kana / len(outside_ascii))
    return points / len(outside_ascii)


def everyday_ideograph_share(ideographs: str) -> float:
    """Ideographs of the first level of any of the national standards, as a share, 0 to 1.

    Args:
        ideographs: Han characters only.

    Returns:
        Above 0.9 for text in Chinese, Japanese or Korean; 1.0 for an empty string.
    """
    if not ideographs:
        return 1.0
    everyday = frozenset[str]().union(*map(_everyday_characters, ("gb18030", "big5", "euc_jp")))
    return sum(character in everyday for character in ideographs) / len(ideographs)


def decode_viscii(content: bytes) -> str:
    """Decode VISCII (RFC 1456), for which Python has no codec.

    Args:
        content: Bytes of a Vietnamese text.

    Returns:
        Text in precomposed letters; every byte means something, so nothing can fail.
    """
    table = [chr(code) for code in range(128)] + list(_VISCII_HIGH_HALF)
    for code, letter in _VISCII_CONTROLS.items():
        table[code] = letter
    return "".join([table[byte] for byte in content])


def looks_like_viscii(content: bytes) -> bool:
    """Tell whether VISCII turns the first 64 KB into Vietnamese: three of its commonest words."""
    words = set(decode_viscii(content[:65_536]).lower().split())
    return len(words & _FREQUENT_VIETNAMESE_WORDS) >= 3


def most_plausible_encoding(content: bytes, minimum_score: float = MINIMUM_SCORE) -> str | None:
    """Guess an East Asian encoding by the share of everyday characters it produces.

    Args:
        content: Bytes that are no UTF-8; the first 64 KB are read.
        minimum_score: See ``MINIMUM_SCORE``; 0 takes the best of those that decode at all.

    Returns:
        An encoding for ``codecs_of``, or None when none decodes strictly to a plausible text.
    """
    # Hangul lies where a half of the first Chinese level does: of the same score words apart are Korean.
    words = _PAIRS_IN_A_ROW.findall(content[:65_536])
    is_spaced = len(words) > 1 and max(map(len, words)) <= _LONGEST_KOREAN_WORD
    twins = ("euc_kr", "gb18030") if is_spaced else ("gb18030", "euc_kr")
    east_asian = (*twins, "big5", "johab", "shift_jis", "euc_jp")
    return _best_scored(content, east_asian, minimum_score)


def japanese_encoding(content: bytes) -> str | None:
    """Tell Japanese by its kana, of which a line is enough; detectors take one for Western signs.

    Args:
        content: Bytes that are no UTF-8; the first 64 KB are read.

    Returns:
        ``shift_jis`` or ``euc_jp``, or None.
    """
    return _best_scored(content, ("shift_jis", "euc_jp"), JAPANESE_SCORE)


def _best_scored(content: bytes, encodings: tuple[str, ...], minimum_score: float) -> str | None:
    # The cut may split a character; such a tail is no evidence against an encoding.
    sample, is_cut = content[:65_536], len(content) > 65_536
    best_encoding, best_score = None, minimum_score
    for encoding in encodings:
        for codec in codecs_of(encoding):
            text = _strict_decode(sample, codec, may_be_cut=is_cut)
            if text is not None:
                score = _score(text, encoding)
                if score > best_score:
                    best_encoding, best_score = encoding, score
                break
    return best_encoding


def contradicts_label(content: bytes, encoding: str) -> str | None:
    """Tell whether Chinese bytes bear the label of the other Chinese encoding.

    Args:
        content: Bytes that decode as ``encoding``; the first 64 KB are read.
        encoding: The declared encoding.

    Returns:
        The encoding in which they are Chinese, or None when the label may be right.
    """
    other = CHINESE_TWIN.get(encoding)
    if other is None:
        return None
    sample, is_cut = content[:65_536], len(content) > 65_536
    scores = {}
    for name in (encoding, other):
        texts = (_strict_decode(sample, codec, may_be_cut=is_cut) for codec in codecs_of(name))
        text = next((text for text in texts if text is not None), None)
        if text is not None and sum(character > "\x7f" for character in text) < TWIN_CHARACTERS:
            return None
        scores[name] = -1.0 if text is None else _score(text, name)
    if scores[other] >= TWIN_SCORE and scores[other] >= scores[encoding] + TWIN_LEAD:
        return other
    return None


def _strict_decode(sample: bytes, codec: str, *, may_be_cut: bool) -> str | None:
    for tail in range(4 if may_be_cut else 1):
        try:
            return sample[: len(sample) - tail].decode(codec)
        except UnicodeDecodeError:
            continue
    return None
