"""Kernels for the stack of open block elements: what a start tag closes, what an end tag closes.

A simplification of the HTML standard's tree construction: only block elements are nodes, formatting
elements are not reconstructed, and misplaced table content stays where it stands.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from udfs.columns.compiled import kernel
from udfs.extraction.html.blocks.names import (
    CLOSES_P,
    HEADING_LEVEL,
    LISTS,
    SCOPE,
    SPECIAL_BUT_FLOW,
    TABLE_PARTS,
    tags_named,
)

NODE_TAG, NODE_PARENT, NODE_DEPTH, NODE_FLAGS, NODE_WORDS, NODE_ROWS, NODE_SPAN, NODE_COLUMNS = (
    range(8)
)
"""Columns of the node table; ``NODE_WORDS`` is the place of its first class word, ``NODE_ROWS`` and
``NODE_SPAN`` are the rows and columns that a cell spans, 0 where it does not say."""

MAXIMUM_DEPTH: Final = 256
"""Deeper elements are not followed: bounds every walk up the stack."""

Nodes = npt.NDArray[np.int32]

_P, _LI, _DT, _DD, _TR, _TABLE, _BUTTON, _CUSTOM, _TEMPLATE, _SHADOW = tags_named(
    "p li dt dd tr table button #custom template #shadow"
)
_TD, _TH, _CAPTION = tags_named("td th caption")


@kernel
def close_to(nodes: Nodes, opened: Nodes, current: int, target: int) -> int:
    """Close all elements down to ``target`` and it, too; returns the new current node."""
    while True:
        opened[nodes[current, NODE_TAG]] -= 1
        parent = np.int64(nodes[current, NODE_PARENT])
        if current == target:
            return parent  # type: ignore[return-value]
        current = parent  # type: ignore[assignment]


@kernel
def _in_table(nodes: Nodes, opened: Nodes, current: int, tag: int) -> int:
    """Close cells, rows and row groups before a part of a table (or a table outside of a cell)."""
    place = current
    while place > 0:
        found = nodes[place, NODE_TAG]
        parent = np.int64(nodes[place, NODE_PARENT])
        if found in (_TEMPLATE, _SHADOW):
            break
        if TABLE_PARTS[found]:
            is_cell = found in (_TD, _TH, _CAPTION)
            if tag == _TABLE:
                if is_cell:
                    break
                if found == _TABLE:
                    return close_to(nodes, opened, current, place)
            elif found == _TABLE:
                break
            elif is_cell:
                current = close_to(nodes, opened, current, place)
            elif found == _TR:
                if tag in (_TD, _TH):
                    break
                current = close_to(nodes, opened, current, place)
            else:
                if tag in (_TD, _TH, _TR):
                    break
                current = close_to(nodes, opened, current, place)
        place = parent  # type: ignore[assignment]
    return current


@kernel
def close_implied(nodes: Nodes, opened: Nodes, current: int, tag: int) -> int:
    """Close what the start tag of ``tag`` ends by itself.

    Args:
        nodes: Node table.
        opened: Number of open elements of each tag; int32 [tags].
        current: Innermost open node.
        tag: Number of the tag that starts.

    Returns:
        The node that becomes the parent. At most ``MAXIMUM_DEPTH`` steps a search.
    """
    if TABLE_PARTS[tag]:
        if opened[_TABLE] > 0:
            current = _in_table(nodes, opened, current, tag)
    elif (tag == _LI and opened[_LI] > 0) or (
        (tag in (_DT, _DD)) and opened[_DT] + opened[_DD] > 0
    ):
        place = current
        while place > 0:
            found = nodes[place, NODE_TAG]
            if found == tag or (tag != _LI and (found in (_DT, _DD))):
                current = close_to(nodes, opened, current, place)
                break
            if SPECIAL_BUT_FLOW[found]:
                break
            place = np.int64(nodes[place, NODE_PARENT])  # type: ignore[assignment]
    if CLOSES_P[tag] and opened[_P] > 0:
        place = current
        while place > 0:
            found = nodes[place, NODE_TAG]
            if found == _P:
                current = close_to(nodes, opened, current, place)
                break
            if SCOPE[found] or found == _BUTTON:
                break
            place = np.int64(nodes[place, NODE_PARENT])  # type: ignore[assignment]
    if HEADING_LEVEL[tag] > 0 and HEADING_LEVEL[nodes[current, NODE_TAG]] > 0:
        current = close_to(nodes, opened, current, current)
    return current


@kernel
def close_ended(nodes: Nodes, opened: Nodes, current: int, tag: int) -> int:
    """Close what the end tag of ``tag`` ends, if such an element is open in its scope.

    Args:
        nodes: Node table.
        opened: Number of open elements of each tag; int32 [tags].
        current: Innermost open node.
        tag: Number of the tag that ends.

    Returns:
        The new innermost open node.
    """
    is_heading = HEADING_LEVEL[tag] > 0
    ends_shadow = tag == _TEMPLATE and opened[_SHADOW] > 0
    if opened[tag] == 0 and not is_heading and not ends_shadow:
        return current
    place = current
    while place > 0:
        found = nodes[place, NODE_TAG]
        if (
            found == tag
            or (ends_shadow and found == _SHADOW)
            or (is_heading and HEADING_LEVEL[found] > 0)
        ):
            return close_to(nodes, opened, current, place)
        if TABLE_PARTS[tag]:
            if found in (_TABLE, _TEMPLATE, _SHADOW):
                return current
        elif (
            tag == _CUSTOM
            or SCOPE[found]
            or (tag == _LI and LISTS[found])
            or (tag == _P and found == _BUTTON)
        ):
            return current
        place = np.int64(nodes[place, NODE_PARENT])  # type: ignore[assignment]
    return current
