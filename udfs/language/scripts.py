"""Which writing systems a text uses, counted by code point over a bounded sample of its bytes.

The histogram decides by itself between languages that own their script (Chinese, Japanese, Korean,
Thai, Greek, ...), and it hands the statistical detectors a sample that is valid UTF-8 and free of
the control characters on which they raise. The sample is the first ``HEAD_BYTES`` of a text and,
from twice that length on, ``MIDDLE_BYTES`` from its middle: enough to tell languages apart, and
constant in cost, so that a book costs what a page costs.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.compiled import kernel
from udfs.columns.kept_arrays import kept_arrays, state_of
from udfs.columns.string_views import string_views
from udfs.text.utf8_decoding import INVALID, decode

HEAD_BYTES: Final = 2000
MIDDLE_BYTES: Final = 1000
TABLE_SIZE: Final = 0x20000
"""Code points below this are looked up; above it, planes 2 and 3 are Han and the rest no letters."""

SCRIPT_RANGES: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "Latn": ((0x41, 0x24F), (0x250, 0x2AF), (0x1D00, 0x1D25), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F),
             (0xA722, 0xA7FF), (0xAB30, 0xAB5A), (0xFB00, 0xFB06), (0xFF21, 0xFF3A),
             (0xFF41, 0xFF5A)),
    "Grek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrl": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
    "Armn": ((0x530, 0x58F), (0xFB13, 0xFB17)),
    "Hebr": ((0x590, 0x5FF), (0xFB1D, 0xFB4F)),
    "Arab": ((0x600, 0x6FF), (0x750, 0x77F), (0x870, 0x8FF), (0xFB50, 0xFDCF), (0xFDF0, 0xFDFF),
             (0xFE70, 0xFEFC)),
    "Syrc": ((0x700, 0x74F), (0x860, 0x86F)),
    "Thaa": ((0x780, 0x7BF),),
    "Nkoo": ((0x7C0, 0x7FF),),
    "Deva": ((0x900, 0x97F), (0xA8E0, 0xA8FF)),
    "Beng": ((0x980, 0x9FF),),
    "Guru": ((0xA00, 0xA7F),),
    "Gujr": ((0xA80, 0xAFF),),
    "Orya": ((0xB00, 0xB7F),),
    "Taml": ((0xB80, 0xBFF),),
    "Telu": ((0xC00, 0xC7F),),
    "Knda": ((0xC80, 0xCFF),),
    "Mlym": ((0xD00, 0xD7F),),
    "Sinh": ((0xD80, 0xDFF),),
    "Thai": ((0xE00, 0xE7F),),
    "Laoo": ((0xE80, 0xEFF),),
    "Tibt": ((0xF00, 0xFFF),),
    "Mymr": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Geor": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "Ethi": ((0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)),
    "Cher": ((0x13A0, 0x13FF), (0xAB70, 0xABBF)),
    "Cans": ((0x1400, 0x167F), (0x18B0, 0x18FF)),
    "Khmr": ((0x1780, 0x17FF),),
    "Mong": ((0x1800, 0x18AF),),
    "Yiii": ((0xA000, 0xA4CF),),
    "Hang": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF),
             (0xFFA0, 0xFFDC)),
    "Kana": ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F)),
    "Hani": ((0x3005, 0x3007), (0x3100, 0x312F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
             (0xF900, 0xFAFF)),
}  # fmt: skip
"""ISO 15924 code to inclusive code point ranges (Unicode block chart). ``Kana`` is both syllabaries;
``Hani`` holds bopomofo too: it occurs only beside Chinese characters."""

SIMPLIFIED_ONLY: Final = (
    "们这说时为对会来个国发过还进动现经头问见开长给请门间马东车书写话认识让谁钱电脑络统设计员务业产"
    "样应实关际报题选择级线纸结组织编译语词读记录试验证错误运维护权边转换难类单双闻从无点号"
    "当学数总处义习乐买卖则规条资"
)
TRADITIONAL_ONLY: Final = (
    "們這說時為對會來個國發過還進動現經頭問見開長給請門間馬東車書寫話認識讓誰錢電腦網絡統設計員務業產"
    "樣應實關際報題選擇級線紙結構組織編譯語詞讀記錄試驗證錯誤運維護權邊轉換離難兒類單雙聽聞與從無麼點號"
    "當學體數總處義習樂買賣則規條資沒"
)
"""Frequent characters that only one of the two Chinese orthographies uses."""
JAPANESE_ONLY: Final = (
    "込働峠畑辻枠匂円広図駅沢団対続単気検観帰読売労営戦総経済歩毎変楽薬覧関険験駆黒齢巻県絵継両悪応"
    "拡様満発実価仮歳渋焼"
)
"""Characters of the Japanese post-war orthography that neither Chinese one writes: they count as
kana, so that a headline without kana is still Japanese."""

CLASSES: Final = ("", "Zzzz", *SCRIPT_RANGES, "Hans", "Hant")
"""Columns of the histogram. "" = no letter, ``Zzzz`` = a letter of a script not listed here."""
CLASS_INDEX: Final = {name: index for index, name in enumerate(CLASSES)}
HAN_CLASS: Final = CLASS_INDEX["Hani"]


class ScriptSample(NamedTuple):
    """What the detectors see of a batch.

    Attributes:
        data: uint8[bytes], the samples one after the other: valid UTF-8 in which malformed bytes,
            control characters and noncharacters became spaces.
        offsets: int64[n + 1], sample ``i`` is ``data[offsets[i]:offsets[i + 1]]``.
        counts: int32[n, len(CLASSES)], code points of each class in the sample. ``Hans`` and
            ``Hant`` hold the characteristic characters and are not repeated in ``Hani``.
    """

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int32]


@cache
def script_table() -> npt.NDArray[np.uint8]:
    """Index into ``CLASSES`` for every code point below ``TABLE_SIZE``, uint8[TABLE_SIZE]."""
    return kept_arrays("scripts", state_of(__name__), lambda: {"classes": _classes()})["classes"]


def _classes() -> npt.NDArray[np.uint8]:
    letters = np.fromiter(
        (unicodedata.category(chr(code))[0] == "L" for code in range(TABLE_SIZE)), bool, TABLE_SIZE
    )
    table = np.where(letters, CLASS_INDEX["Zzzz"], 0).astype(np.uint8)
    for name, ranges in SCRIPT_RANGES.items():
        for first, last in ranges:
            table[first : last + 1][letters[first : last + 1]] = CLASS_INDEX[name]
    simplified, traditional = set(SIMPLIFIED_ONLY), set(TRADITIONAL_ONLY)
    for name, characters in (
        ("Hans", simplified - traditional),
        ("Hant", traditional - simplified),
        ("Kana", set(JAPANESE_ONLY)),
    ):
        table[[ord(character) for character in sorted(characters)]] = CLASS_INDEX[name]
    return table


@kernel
def copy_segment(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    table: npt.NDArray[np.uint8],
    sample: npt.NDArray[np.uint8],
    written: int,
    counts: npt.NDArray[np.int32],
) -> int:
    """Append ``data[start:end]`` to ``sample`` at ``written``, cleaned, and count its classes.

    Returns:
        The new end of ``sample``.
    """
    position = start
    while position < end:
        code, width = np.int64(data[position]), 1
        if code >= 0x80:
            decoded, width = decode(data, position, end)
            code = np.int64(decoded)
        control = code < 0x20 or 0x7F <= code < 0xA0
        malformed = code == INVALID or 0xD800 <= code < 0xE000
        noncharacter = (code & 0xFFFE) == 0xFFFE or 0xFDD0 <= code < 0xFDF0
        if control or malformed or noncharacter:
            sample[written] = 0x20
            written += 1
            position += width
            continue
        if code < TABLE_SIZE:
            counts[table[code]] += 1
        else:
            counts[HAN_CLASS if code < 0x40000 else 0] += 1
        for step in range(width):
            sample[written + step] = data[position + step]
        written += width
        position += width
    return written


@kernel
def sample_batch(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint8],
    sample: npt.NDArray[np.uint8],
    sample_offsets: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int32],
) -> None:
    """Fill ``sample``, ``sample_offsets`` and ``counts`` for all texts of a batch."""
    written = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        head_end = min(end, start + HEAD_BYTES)
        written = copy_segment(data, start, head_end, table, sample, written, counts[row])
        if end - start >= 2 * HEAD_BYTES:
            sample[written] = 0x20
            middle = start + (end - start) // 2
            middle_end = min(end, middle + MIDDLE_BYTES)
            while middle < middle_end and data[middle] & 0xC0 == 0x80:
                middle += 1
            written = copy_segment(
                data, middle, middle_end, table, sample, written + 1, counts[row]
            )
        sample_offsets[row + 1] = written


def sample_scripts(texts: pa.Array) -> ScriptSample:
    """Sample every text and count the scripts in the sample.

    Args:
        texts: string, large_string, binary or large_binary; null counts as empty; bytes need not
            be valid UTF-8.

    Returns:
        The cleaned samples and their histograms, in row order.
    """
    views = string_views(texts)
    rows = len(views.offsets) - 1
    lengths = np.diff(views.offsets)
    room = int(np.minimum(lengths, HEAD_BYTES + 1 + MIDDLE_BYTES).sum()) + 1
    sample = np.empty(room, dtype=np.uint8)
    sample_offsets = np.zeros(rows + 1, dtype=np.int64)
    counts = np.zeros((rows, len(CLASSES)), dtype=np.int32)
    sample_batch(views.data, views.offsets, script_table(), sample, sample_offsets, counts)
    return ScriptSample(sample[: sample_offsets[-1]], sample_offsets, counts)
