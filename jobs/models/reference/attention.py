"""Segment-causal attention over packed rows, in the forms of ``attention_masks``, on the device."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import torch
from torch.nn.functional import scaled_dot_product_attention

from udfs.trainer_files.packing.attention_masks import flex_mask


class VariableLengths(NamedTuple):
    """Where segments begin and end in all rows of a batch, one behind the other.

    Attributes:
        ends: int32[segments + 1]; ``cu_seqlens``.
        longest: Tokens of the longest segment.
    """

    ends: torch.Tensor
    longest: int


def segment_mask(kind: str, segments: torch.Tensor, bias: float = math.inf) -> Any:
    """Return what :func:`attend` takes for a batch.

    Args:
        kind: One of ``settings.MASKS``.
        segments: int64[rows, tokens]; ``segment_ids`` of each row, padding as the last segment.
        bias: Taken off the scores of other documents by ``additive``.

    Returns:
        bool or float32 [rows, 1, tokens, tokens], queries by keys; a BlockMask; VariableLengths; None for
        ``causal``.
    """
    if kind == "causal":
        return None
    if kind == "flex":
        from torch.nn.attention.flex_attention import create_block_mask

        rows, tokens = segments.shape
        return create_block_mask(
            flex_mask(segments), rows, None, tokens, tokens, device=segments.device
        )
    if kind == "varlen":
        return variable_lengths(segments)
    same = segments[:, None, :, None] == segments[:, None, None, :]
    if kind == "boolean":
        return same.tril()
    before = torch.ones_like(same).tril()
    scores = torch.where(same, 0.0, -bias)
    return torch.where(before, scores, -math.inf)


def variable_lengths(segments: torch.Tensor) -> VariableLengths:
    """Return the ends of the segments of a batch; see :func:`segment_mask`."""
    begins = torch.ones_like(segments, dtype=torch.bool)
    begins[:, 1:] = segments[:, 1:] != segments[:, :-1]
    starts = begins.flatten().nonzero()[:, 0]
    ends = torch.cat([starts, starts.new_full((1,), segments.numel())]).int()
    return VariableLengths(ends, int(ends.diff().max()))


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any) -> torch.Tensor:
    """Return attention's output; queries, keys and values are [rows, heads, tokens, width of a head]."""
    if mask is None:
        return scaled_dot_product_attention(query, key, value, is_causal=True)
    if isinstance(mask, torch.Tensor):
        # Under autocast scores are bfloat16, and an additive mask must have their type.
        fitting = mask if mask.dtype == torch.bool else mask.to(query.dtype)
        return scaled_dot_product_attention(query, key, value, attn_mask=fitting)
    if isinstance(mask, VariableLengths):
        from torch.nn.attention.varlen import varlen_attn

        parts = [states.transpose(1, 2).flatten(0, 1) for states in (query, key, value)]
        ends, longest = mask
        found = varlen_attn(*parts, ends, ends, longest, longest, window_size=(-1, 0))
        return found.unflatten(0, (query.shape[0], -1)).transpose(1, 2)
    from torch.nn.attention.flex_attention import flex_attention

    # Not compiled, it computes all scores; a model that is compiled takes it in.
    alone = query.is_cuda and not torch.compiler.is_compiling()
    attention = _compiled_flex() if alone else flex_attention
    return attention(query, key, value, block_mask=mask)


@functools.cache
def _compiled_flex() -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention)
