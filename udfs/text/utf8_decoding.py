"""UTF-8 decoding for compiled kernels: never trusts its input, never reads past its end."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel

INVALID: Final = 0xFFFD


@kernel
def decode(data: npt.NDArray[np.uint8], position: int, stop: int) -> tuple[int, int]:
    """Decode one character that does not begin with an ASCII byte.

    Args:
        data: uint8[bytes].
        position: Offset of the character's first byte, < ``stop``.
        stop: End of the text; no byte at or after it is read.

    Returns:
        (code point, width in bytes). A byte that begins no well-formed sequence is (U+FFFD, 1).
        Surrogates written as three bytes are decoded to themselves.
    """
    # numba types int(uint8) as unsigned, and unsigned with signed as a float: pass by int64.
    lead = int(np.int64(data[position]))
    if lead < 0xC2 or lead > 0xF4:
        return INVALID, 1
    if lead < 0xE0:
        width = 2
        code_point = lead & 0x1F
    elif lead < 0xF0:
        width = 3
        code_point = lead & 0x0F
    else:
        width = 4
        code_point = lead & 0x07
    if position + width > stop:
        return INVALID, 1
    for offset in range(1, width):
        byte = int(np.int64(data[position + offset]))
        if byte & 0xC0 != 0x80:
            return INVALID, 1
        code_point = (code_point << 6) | (byte & 0x3F)
    if width == 3 and code_point < 0x800:
        return INVALID, 1
    if width == 4 and (code_point < 0x10000 or code_point > 0x10FFFF):
        return INVALID, 1
    return code_point, width


@kernel
def decode_three(data: npt.NDArray[np.uint8], position: int) -> tuple[int, int]:
    """What :func:`decode` gives where the first byte is 0xE1 to 0xEF and two more are there.

    So short that LLVM puts it into its caller: of Chinese, a call a character takes an eighth of the time.
    """
    lead, middle = np.int64(data[position]), np.int64(data[position + 1])
    last = np.int64(data[position + 2])
    if (middle & 0xC0) != 0x80 or (last & 0xC0) != 0x80:
        return INVALID, 1
    return int((lead & 0x0F) << 12 | (middle & 0x3F) << 6 | last & 0x3F), 3


@kernel
def ascii_end(data: npt.NDArray[np.uint8], position: int, stop: int) -> int:
    """The offset of the first byte from ``position`` on that is not ASCII, or ``stop``."""
    part = data[position:stop]
    for index in range(len(part)):
        if part[index] >= 0x80:
            return position + index
    return stop
