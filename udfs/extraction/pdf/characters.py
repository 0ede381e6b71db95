"""The characters of a PDF page as columns: what pdfium knows of each, asked once and by compiled code.

A call of pdfium from Python costs a hundred times what pdfium does in it, and a page has thousands of
characters: one loop of machine code asks for all of their boxes and directions.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import numba.experimental.function_type  # noqa: F401 - lets kernels take functions by their addresses
import numpy as np
import pypdfium2.raw as pdfium_c
from numba import types
from numpy.typing import NDArray

from udfs.columns.compiled import kernel
from udfs.extraction.pdf.ruling_lines import Box, integer_call
from udfs.extraction.pdf.turning import turned

MAXIMUM_PAGE_CHARACTERS = 200_000
"""More characters on one page are an attack or a data dump (a dense newspaper page has 30,000)."""

_QUARTER = math.pi / 2


class _Foreign(types.WrapperAddressProtocol):  # type: ignore[misc]
    """A function of pdfium as a kernel calls it; pointers are integers."""

    def __init__(self, name: str, result: Any, *arguments: Any) -> None:
        self._signature = result(*arguments)
        self._address = ctypes.cast(getattr(pdfium_c, name), ctypes.c_void_p).value or 0

    def __wrapper_address__(self) -> int:
        return self._address

    def signature(self) -> Any:
        return self._signature


_LOOSE_BOX = _Foreign("FPDFText_GetLooseCharBox", types.int32, types.intp, types.int32, types.intp)
_ANGLE = _Foreign("FPDFText_GetCharAngle", types.float32, types.intp, types.int32)
_unicode_of = integer_call("FPDFText_GetUnicode", [ctypes.c_void_p, ctypes.c_int], ctypes.c_uint)
_text_of = integer_call(
    "FPDFText_GetText", [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
)
_ink_of = integer_call(
    "FPDFText_GetCharBox", [ctypes.c_void_p, ctypes.c_int] + [ctypes.c_void_p] * 4
)

_EDGES = (
    ctypes.c_double * 4
)()  # left, right, bottom, top; pdfium is not thread-safe: one buffer serves
_EDGE_ADDRESSES = [ctypes.addressof(_EDGES) + 8 * index for index in range(4)]


@dataclass(frozen=True)
class PageCharacters:
    """The characters of a page in pdfium's order, that of the content stream.

    Attributes:
        text: A character for each of pdfium's indices, with its blanks and line ends.
        boxes: float32 (n, 4), points: left, right, lower and upper edge of each character's box, whose
            height is that of the font and the same for all characters of a line.
        directions: int64 (n,): quarter turns clockwise in which each is set, 0 to 3.
    """

    text: str
    boxes: NDArray[np.float32]
    directions: NDArray[np.int64]

    def box(self, index: int) -> Box:
        """Box of one character."""
        left, right, lower, upper = self.boxes[index].tolist()
        return left, right, lower, upper

    def level_boxes(self, first: int, last: int, direction: int) -> list[Box]:
        """Boxes of the characters ``first`` to ``last``, that one included, turned level."""
        found = [(x0, x1, y0, y1) for x0, x1, y0, y1 in self.boxes[first : last + 1].tolist()]
        return [turned(box, direction % 4) for box in found] if direction else found


def read_characters(text_page: Any) -> PageCharacters:
    """Read all characters of a page.

    Args:
        text_page: A ``pypdfium2.PdfTextPage``.

    Returns:
        Its characters.

    Raises:
        OverflowError: The page holds more than ``MAXIMUM_PAGE_CHARACTERS``.
    """
    count = text_page.count_chars()
    if count > MAXIMUM_PAGE_CHARACTERS:
        raise OverflowError(
            f"a page holds {count:,} characters; at most {MAXIMUM_PAGE_CHARACTERS:,} are read"
        )
    handle = handle_of(text_page)
    corners = np.zeros((count, 4), dtype=np.float32)
    directions = np.zeros(count, dtype=np.int64)
    _read_places(_LOOSE_BOX, _ANGLE, handle, corners, directions)
    left, upper, right, lower = corners.T
    boxes = np.stack([left, right, np.minimum(upper, lower), np.maximum(upper, lower)], axis=1)
    return PageCharacters(_text(handle, count), boxes, directions)


@kernel
def _read_places(loose_box: Any, angle_of: Any, handle: int, corners: Any, directions: Any) -> None:
    start = corners.ctypes.data
    for index in range(len(directions)):
        loose_box(handle, np.int32(index), start + 16 * index)  # four float32
        quarters = angle_of(handle, np.int32(index)) / _QUARTER
        directions[index] = np.int64(np.rint(quarters)) & 3


def text_of_page(page: Any) -> str:
    """pdfium's own text of a page: a character for each of its character indices, line ends included."""
    text_page = page.get_textpage()
    try:
        return _text(handle_of(text_page), text_page.count_chars())
    finally:
        text_page.close()


def handle_of(text_page: Any) -> int:
    """Address of what pdfium knows of a page's text; it ends with the text page."""
    return ctypes.cast(text_page.raw, ctypes.c_void_p).value or 0


def _text(handle: int, count: int) -> str:
    """The code points of a page, as many as pdfium counts characters."""
    buffer = (ctypes.c_uint16 * (count + 1))()
    written = _text_of(handle, 0, count, ctypes.addressof(buffer)) - 1
    if written == count:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(text) == count:
            return text
    # pdfium leaves glyphs without a character out of its text: ask for each by itself.
    codes = [_unicode_of(handle, index) for index in range(count)]
    return "".join([chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes])


def middle_of_ink(handle: int, index: int) -> float | None:
    """Height at which the middle of a character's ink stands, in points; None where pdfium has no box."""
    if not _ink_of(handle, index, *_EDGE_ADDRESSES):
        return None
    return float(_EDGES[2] + _EDGES[3]) / 2
