"""The segment-causal mask in the forms that attention takes it; references to test a trainer's own against.

A token sees itself and the tokens before it in its segment (``boundaries``). With such a mask, outputs of
a packed row are those of its documents run alone. numpy only: ``torch.from_numpy`` makes tensors of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

MaskFunction = Callable[[Any, Any, Any, Any], Any]


def boolean_mask(segment_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return the mask of one row for ``scaled_dot_product_attention``: True where a query sees a key.

    Args:
        segment_ids: int64[tokens] of ``row_boundaries``, padding as the last segment. A padding token
            sees padding, so that no row of the mask is empty and none gives NaN.

    Returns:
        bool[tokens, tokens]; queries by keys. Give no ``is_causal`` beside it.
    """
    places = np.arange(len(segment_ids))
    same: npt.NDArray[np.bool_] = segment_ids[:, None] == segment_ids[None, :]
    return same & (places[:, None] >= places[None, :])


def additive_mask(
    segment_ids: npt.NDArray[np.int64], bias: float = np.inf
) -> npt.NDArray[np.float32]:
    """Return what is added to the scores of one row: 0 inside a segment, ``-bias`` for others before it.

    Later tokens get minus infinity whatever the bias. A finite bias leaks: a key of another document
    keeps exp(-bias) of the weight that its score alone would give it, 4.5e-5 at 10, and long rows have
    many of them.

    Args:
        segment_ids: int64[tokens] of ``row_boundaries``.
        bias: 0 (no boundary at all) to infinity (as :func:`boolean_mask`), in units of scores.

    Returns:
        float32[tokens, tokens]; queries by keys.

    Raises:
        ValueError: The bias is negative.
    """
    if not bias >= 0:
        raise ValueError(f"bias is {bias}, wanted 0 to infinity: it is taken off the scores")
    places = np.arange(len(segment_ids))
    same = segment_ids[:, None] == segment_ids[None, :]
    mask = np.where(same, np.float32(0), np.float32(-bias))
    mask[places[:, None] < places[None, :]] = -np.inf
    return mask


def flex_mask(segment_ids: Any) -> MaskFunction:
    """Return the ``mask_mod`` of a batch for FlexAttention's ``create_block_mask``.

    Args:
        segment_ids: Integer tensor [batch, tokens] of ``row_boundaries``, on the device of the queries.

    Returns:
        ``(batch, head, query, key)`` → may the query see the key. ``create_block_mask`` then skips the
        blocks that are empty: attention costs what its segments cost.
    """

    def mask_mod(batch: Any, head: Any, query: Any, key: Any) -> Any:  # noqa: ARG001
        same = segment_ids[batch, query] == segment_ids[batch, key]
        return same & (query >= key)

    return mask_mod
