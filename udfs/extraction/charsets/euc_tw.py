"""EUC-TW (CNS 11643), which Taiwan's Unix machines wrote and for which Python has no codec.

Importing this module registers ``euc_tw`` with Python, for decoding only. Planes 1 and 2 hold the
characters of Big5 in Big5's order but for some dozens that moved (RFC 1922, appendix), so a table of
runs and Python's own Big5 suffice. For the rare characters of planes 3 to 7 the system's iconv is
asked; where it does not know EUC-TW either, they become U+FFFD.
"""

from __future__ import annotations

import codecs
import ctypes
import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

# Runs (place in the plane, place in Big5, length), both places counted row by row from 0.
_PLANE_1 = (
    (0, 0, 5), (6, 6, 15), (21, 23, 2), (24, 22, 1), (29, 29, 44), (73, 74, 1), (74, 73, 1),
    (75, 75, 22), (98, 98, 1), (100, 100, 27), (127, 128, 1), (128, 127, 1), (129, 129, 19),
    (148, 149, 1), (149, 148, 1), (150, 150, 4), (155, 21, 1), (156, 156, 78), (282, 234, 29),
    (312, 264, 1), (314, 266, 142), (470, 6101, 20), (3290, 471, 1412), (4702, 1884, 424),
    (5126, 1883, 1), (5127, 2308, 1876), (7003, 4571, 1), (7004, 4184, 387), (7391, 4572, 525),
    (7916, 5286, 1), (7917, 5097, 105), (8023, 5203, 83), (8106, 5287, 84), (8190, 5517, 1),
    (8191, 5371, 54), (8245, 5426, 1), (8246, 5425, 1), (8247, 5427, 90), (8337, 5518, 354),
)  # fmt: skip
_PLANE_2 = (
    (0, 6280, 10), (10, 6291, 33), (43, 6372, 1), (44, 6324, 48), (92, 6373, 46), (138, 6586, 1),
    (139, 6419, 167), (306, 6587, 1840), (2146, 9074, 1), (2147, 8428, 108), (2255, 8537, 537),
    (2792, 8427, 1), (2793, 9075, 100), (2893, 8536, 1), (2894, 9175, 399), (3293, 9575, 1637),
    (4930, 11761, 1), (4931, 11212, 146), (5077, 11899, 1), (5078, 11358, 287), (5365, 12508, 1),
    (5366, 11645, 116), (5482, 11762, 137), (5619, 11900, 104), (5723, 12425, 1),
    (5724, 12004, 222), (5946, 12227, 198), (6144, 12426, 82), (6226, 12509, 86),
    (6312, 12226, 1), (6313, 12595, 8), (6321, 12604, 153), (6474, 12758, 56), (6530, 13114, 1),
    (6531, 12814, 113), (6644, 12603, 1), (6645, 12927, 142), (6787, 12757, 1),
    (6788, 13069, 45), (6833, 13115, 71), (6904, 13380, 1), (6905, 13186, 194),
    (7099, 13381, 490), (7589, 13914, 1), (7590, 13871, 43), (7633, 13915, 1), (7634, 13917, 11),
    (7645, 13916, 1), (7646, 13928, 4),
)  # fmt: skip
_ROW = 94
_BIG5_ROW = 157
_LOW_HALF = 63  # trail bytes 0x40 to 0x7e; those of the high half begin at 0xa1
# What Big5 lacks or calls otherwise: the middle dot of names, small Roman numerals.
_BESIDE_BIG5 = {5: "\u30fb"} | {490 + number: chr(0x2170 + number) for number in range(10)}
_CHARACTER = re.compile(rb"[\x00-\x7f]+|\x8e[\xa1-\xb0][\xa1-\xfe]{2}|[\xa1-\xfe]{2}|.", re.DOTALL)


def decode_euc_tw(content: Buffer, errors: str = "strict") -> tuple[str, int]:
    """Decode EUC-TW, in the manner of a codec.

    Args:
        content: ASCII, two bytes for a character of plane 1, 8E and three bytes for any plane.
        errors: A registered error handler, such as ``strict``, ``replace`` or ``ignore``.

    Returns:
        The text, and the number of bytes read: all of them.

    Raises:
        UnicodeDecodeError: Some bytes mean nothing, and ``errors`` is ``strict``.
    """
    content = bytes(content)
    planes = (_plane(1), _plane(2))
    parts: list[str] = []
    for match in _CHARACTER.finditer(content):
        found = match.group()
        if found[0] < 0x80:
            parts.append(found.decode("ascii"))
            continue
        plane = found[1] - 0xA1 if len(found) == 4 else 0
        place = (found[-2] - 0xA1) * _ROW + found[-1] - 0xA1 if len(found) > 1 else -1
        character = planes[plane].get(place) if plane < len(planes) else _rare_character(found)
        if character is None:
            error = UnicodeDecodeError(
                "euc_tw", content, match.start(), match.end(), "no character of CNS 11643"
            )
            replacement = codecs.lookup_error(errors)(error)[0]
            character = replacement if isinstance(replacement, str) else "\ufffd"
        parts.append(character)
    return "".join(parts), len(content)


@functools.cache
def _plane(number: int) -> dict[int, str]:
    characters = dict(_BESIDE_BIG5) if number == 1 else {}
    for place, big5_place, length in _PLANE_1 if number == 1 else _PLANE_2:
        for step in range(length):
            lead, trail = divmod(big5_place + step, _BIG5_ROW)
            trail += 0x40 if trail < _LOW_HALF else 0xA1 - _LOW_HALF
            characters[place + step] = bytes([0xA1 + lead, trail]).decode("cp950")
    return characters


@functools.lru_cache(maxsize=4096)
def _rare_character(code: bytes) -> str | None:
    convert = _system_converter()
    return None if convert is None else convert(code)


@functools.cache
def _system_converter() -> Callable[[bytes], str | None] | None:
    """What turns one character's EUC-TW into text by the C library, or None without it."""
    try:
        library = ctypes.PyDLL(None)  # it keeps the interpreter lock: a converter has a state
        library.iconv_open.restype = ctypes.c_void_p
        descriptor = library.iconv_open(b"UTF-8", b"EUC-TW")
    except (OSError, AttributeError):
        return None
    if descriptor in (None, ctypes.c_void_p(-1).value):
        return None

    def convert(code: bytes) -> str | None:
        source, target = ctypes.create_string_buffer(code), ctypes.create_string_buffer(8)
        read_left, room = ctypes.c_size_t(len(code)), ctypes.c_size_t(8)
        read_at = ctypes.c_void_p(ctypes.addressof(source))
        write_at = ctypes.c_void_p(ctypes.addressof(target))
        failed = library.iconv(
            ctypes.c_void_p(descriptor), ctypes.byref(read_at), ctypes.byref(read_left),
            ctypes.byref(write_at), ctypes.byref(room),
        )  # fmt: skip
        return None if failed else target.raw[: 8 - room.value].decode("utf-8", "ignore") or None

    return convert


def _find_codec(name: str) -> codecs.CodecInfo | None:
    return (
        codecs.CodecInfo(_refuse_encoding, decode_euc_tw, name="euc_tw")
        if name == "euc_tw"
        else None
    )


def _refuse_encoding(text: str, errors: str = "strict") -> tuple[bytes, int]:
    raise NotImplementedError("euc_tw is a codec for reading; write UTF-8")


codecs.register(_find_codec)
