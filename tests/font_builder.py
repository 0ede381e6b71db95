"""A TrueType font written byte by byte for the tests: every character a box of its own width.

Browsers embed it whole, so that pages in any script look and read alike on every machine.
"""

from __future__ import annotations

import struct

EM = 1000
ASCENT, DESCENT = 800, -200


def advance_of(character: str) -> int:
    """Chinese and Japanese fill the em, all else half of it."""
    return EM if "\u2e80" <= character <= "\ufaff" or character > "\uff00" else 500


def boxes_font(characters: str) -> bytes:
    """A font with a glyph for each of the characters (of the basic plane) and one for none."""
    codes = sorted({ord(character) for character in characters})
    advances = [500, *(advance_of(chr(code)) for code in codes)]
    glyphs = [_box_glyph(advance) for advance in advances]
    offsets = [sum(map(len, glyphs[:index])) for index in range(len(glyphs) + 1)]
    tables = {
        b"OS/2": _os2(codes),
        b"cmap": _cmap(codes),
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh", 0x00010000, 0x00010000, 0, 0x5F0F3CF5, 11, EM, 0, 0,
            0, DESCENT, EM, ASCENT, 0, 8, 2, 1, 0,
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x00010000, ASCENT, DESCENT, 0, EM, 0, 0, EM, 1, 0, 0, 0, 0, 0, 0, 0,
            len(advances),
        ),
        b"hmtx": b"".join(struct.pack(">Hh", advance, 50) for advance in advances),
        b"loca": b"".join(struct.pack(">I", offset) for offset in offsets),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x00010000, len(glyphs), 4, 1, 0, 0, 1, *[0] * 8),
        b"name": _name("Boxes"),
        b"post": struct.pack(">IIhhIIIII", 0x00030000, 0, -100, 50, 0, 0, 0, 0, 0),
    }  # fmt: skip
    return _with_directory(tables)


def _box_glyph(advance: int) -> bytes:
    header = struct.pack(">hhhhh", 1, 50, 0, advance - 50, 600)
    flags = bytes([1, 1, 1, 1])
    xs = struct.pack(">hhhh", 50, 0, advance - 100, 0)
    ys = struct.pack(">hhhh", 0, 600, 0, -600)
    return header + struct.pack(">HH", 3, 0) + flags + xs + ys + bytes(2)


def _cmap(codes: list[int]) -> bytes:
    """Format 4, a segment a character: the glyph is the character's place among all."""
    segments = [(code, (index + 1 - code) % 65536) for index, code in enumerate(codes)] + [
        (0xFFFF, 1)
    ]
    count = len(segments)
    power = 1 << (count.bit_length() - 1)
    ends = b"".join(struct.pack(">H", code) for code, _ in segments)
    deltas = b"".join(struct.pack(">H", delta) for _, delta in segments)
    search = struct.pack(">HHHH", 2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power))
    body = search + ends + bytes(2) + ends + deltas + bytes(2 * count)
    subtable = struct.pack(">HHH", 4, 6 + len(body), 0) + body
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + subtable


def _os2(codes: list[int]) -> bytes:
    return struct.pack(
        ">HhHHHhhhhhhhhhhh10sIIII4sHHHhhhHH", 3, 500, 400, 5, 0, 500, 500, 0, 100, 500, 500, 0, 350, 50, 250,
        0, bytes(10), 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, b"TEST", 64, codes[0],
        min(codes[-1], 0xFFFF), ASCENT, DESCENT, 0, ASCENT, -DESCENT,
    ) + struct.pack(">IIhhHHH", 1, 0, 500, 600, 0, 32, 1)  # fmt: skip


def _name(family: str) -> bytes:
    text = family.encode("utf-16-be")
    records = b"".join(
        struct.pack(">HHHHHH", 3, 1, 0x409, number, len(text), 0) for number in (1, 4, 6)
    )
    return struct.pack(">HHH", 0, 3, 6 + len(records)) + records + text


def _with_directory(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = struct.pack(
        ">IHHHH", 0x00010000, count, 16 * power, power.bit_length() - 1, 16 * (count - power)
    )
    directory, body, offset = b"", b"", 12 + 16 * count
    for tag, content in sorted(tables.items()):
        padded = content + bytes(-len(content) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) % (1 << 32)
        directory += tag + struct.pack(">III", checksum, offset + len(body), len(content))
        body += padded
    return header + directory + body
