"""Where lines begin and end, for every kernel that looks at lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel


@kernel
def line_end(data: npt.NDArray[np.uint8], position: int, stop: int) -> int:
    """The offset of the line break (LF, VT, FF or CR) that ends the line, or ``stop``."""
    while position < stop and (data[position] < 0x0A or data[position] > 0x0D):
        position += 1
    return position


@kernel
def line_begin(data: npt.NDArray[np.uint8], start: int, text_start: int) -> int:
    """The offset behind the line break before ``start``."""
    while start > text_start and (data[start - 1] < 0x0A or data[start - 1] > 0x0D):
        start -= 1
    return start


@kernel
def after_break(data: npt.NDArray[np.uint8], position: int, stop: int) -> int:
    """The offset behind the line break at ``position``; CR LF is one break."""
    if position + 1 < stop and data[position] == 0x0D and data[position + 1] == 0x0A:
        return position + 2
    return position + 1


@kernel
def trim_left(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """The offset of the first byte in ``start:end`` that is no blank, or ``end``.

    Blanks are ASCII controls and space, the no-break space and the ideographic space.
    """
    while start < end:
        if data[start] <= 0x20:
            start += 1
        elif end - start >= 2 and data[start] == 0xC2 and data[start + 1] == 0xA0:
            start += 2
        elif _is_ideographic_space(data, start, end):
            start += 3
        else:
            break
    return start


@kernel
def trim_right(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """The offset behind the last byte in ``start:end`` that is no blank, or ``start``."""
    while start < end:
        if data[end - 1] <= 0x20:
            end -= 1
        elif end - start >= 2 and data[end - 2] == 0xC2 and data[end - 1] == 0xA0:
            end -= 2
        elif end - start >= 3 and _is_ideographic_space(data, end - 3, end):
            end -= 3
        else:
            break
    return end


@kernel
def _is_ideographic_space(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    return (
        end - start >= 3
        and data[start] == 0xE3
        and data[start + 1] == 0x80
        and data[start + 2] == 0x80
    )


@kernel
def count_code_points(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """Characters of ``start:end`` (bytes that continue no sequence; exact for valid UTF-8)."""
    count = 0
    part = data[
        start:end
    ]  # indexed from 0, the loop needs no check for negative offsets: 8 times as fast
    for position in range(len(part)):
        count += 1 if part[position] & 0xC0 != 0x80 else 0
    return count


@kernel
def count_breaks(data: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """Line breaks in ``start:end``; CR LF is one."""
    count = 0
    part = data[start:end]
    returns = 0
    for position in range(len(part)):
        count += 1 if part[position] >= 0x0A and part[position] <= 0x0D else 0
        returns += 1 if part[position] == 0x0D else 0
    if returns > 0:
        for position in range(1, len(part)):
            count -= 1 if part[position - 1] == 0x0D and part[position] == 0x0A else 0
    return count
