"""A bound on how deep a page's elements are nested, from its bytes, before any parser sees it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Elements that never have content, or that HTML closes when the next one opens: they do not deepen the
# tree. Four bytes of the name with what follows it; ``li`` is closed by the list that must hold it.
_FLAT = (
    "br", "hr", "p", "li", "td", "th", "tr", "dt", "dd", "col", "img", "wbr", "area", "base", "link",
    "meta", "input", "embed", "param", "option", "source", "track",
)  # fmt: skip
_LESS_THAN, _SLASH = ord("<"), ord("/")
_RARE = 8
"""Elements of a name up to this number are counted as nested in each other."""
_MAXIMUM_NAMES = 500
"""Names that are followed one by one; HTML has 110."""


def nesting_bound(text: str, harmless_depth: int = 0) -> int:
    """Bound the nesting depth of the elements that must be closed by hand.

    Args:
        text: The decoded page.
        harmless_depth: A page with no more elements than this is not looked at more closely: their
            number is its bound.

    Returns:
        An upper bound. Linear in the size of the page. An end tag closes only elements of its own name,
        so that end tags of what is not open hide no depth; the deepest nestings of all names are
        added up, which real pages exceed their true depth with by a factor of two or three.
    """
    opened = text.count("<") - text.count("</")  # comments included
    if opened <= harmless_depth:
        return opened
    content = np.frombuffer(text.encode("utf-8", "replace") + b"     ", np.uint8)
    starts = np.flatnonzero(content == _LESS_THAN)
    is_end = content[starts + 1] == _SLASH
    names = _names(content, starts + 1 + is_end)
    is_element = (
        (names & 0xFF >= ord("a")) & (names & 0xFF <= ord("z")) & ~np.isin(names, _FLAT_NAMES)
    )
    steps = np.where(is_end, -1, 1)[is_element]
    _, group, counts = np.unique(names[is_element], return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(counts > _RARE)
    if len(frequent) > _MAXIMUM_NAMES:
        return opened
    depth = int(counts[counts <= _RARE].sum())
    return depth + sum(_deepest(steps[group == index]) for index in frequent)


def _deepest(steps: npt.NDArray[np.int64]) -> int:
    """Highest level of a walk that stays at 0 when a step would lead below."""
    level = np.cumsum(steps)
    return int(np.max(level - np.minimum(np.minimum.accumulate(level), 0), initial=0))


def _names(content: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The first four bytes of the names in lower case; one or two letters with a blank behind."""
    letters = content[places[:, None] + np.arange(4)] | 0x20
    is_over = np.logical_or.accumulate((letters < ord("0")) | (letters == ord(">")), axis=1)
    letters[is_over] = ord(" ")
    return np.ascontiguousarray(letters).view("<u4")[:, 0]


_FLAT_NAMES = np.array(
    [int.from_bytes(name[:4].ljust(4).encode(), "little") for name in _FLAT], np.uint32
)
