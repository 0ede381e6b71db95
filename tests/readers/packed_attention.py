"""Run by the readers' interpreter: a packed row against its documents run alone, for each mask builder.

The model is a small decoder with rotary positions, so that nothing of a library decides what is masked.
"""

import json

import numpy as np
import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from udfs.trainer_files.packing.attention_masks import additive_mask, boolean_mask, flex_mask
from udfs.trainer_files.packing.boundaries import RowBoundaries, row_boundaries

LENGTHS, PADDING, VOCABULARY = [37, 5, 61, 1, 20], 4, 97
WIDTH, HEADS, LAYERS = 64, 4, 3


class Decoder(torch.nn.Module):
    """Attention with rotary positions and a feed-forward part, a few times."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.mixed = torch.nn.ModuleList(torch.nn.Linear(WIDTH, 3 * WIDTH) for _ in range(LAYERS))
        self.out = torch.nn.ModuleList(torch.nn.Linear(WIDTH, WIDTH) for _ in range(LAYERS))
        self.feed = torch.nn.ModuleList(
            torch.nn.Sequential(
                torch.nn.Linear(WIDTH, 2 * WIDTH),
                torch.nn.GELU(),
                torch.nn.Linear(2 * WIDTH, WIDTH),
            )
            for _ in range(LAYERS)
        )
        self.head = torch.nn.Linear(WIDTH, VOCABULARY)

    def forward(self, ids, positions, attend):
        hidden = self.embed(ids)
        for mixed, out, feed in zip(self.mixed, self.out, self.feed, strict=True):
            query, key, value = (
                part.view(*ids.shape, HEADS, -1).transpose(1, 2)
                for part in mixed(torch.nn.functional.layer_norm(hidden, [WIDTH])).chunk(3, -1)
            )
            found = attend(rotated(query, positions), rotated(key, positions), value)
            hidden = hidden + out(found.transpose(1, 2).flatten(2))
            hidden = hidden + feed(torch.nn.functional.layer_norm(hidden, [WIDTH]))
        return self.head(hidden)


def rotated(states, positions):
    half = states.shape[-1] // 2
    angles = positions[:, None, :, None] * 10_000.0 ** (-torch.arange(half) / half)
    first, second = states[..., :half], states[..., half:]
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)


def by_lengths(cumulative: np.ndarray):
    """What variable-length attention does with cu_seqlens, a segment after the other."""
    bounds = list(zip(cumulative[:-1].tolist(), cumulative[1:].tolist(), strict=True))

    def attend(query, key, value):
        parts = [
            torch.nn.functional.scaled_dot_product_attention(
                *(states[:, :, start:stop] for states in (query, key, value)), is_causal=True
            )
            for start, stop in bounds
        ]
        return torch.cat(parts, 2)

    return attend


def masked(mask: np.ndarray):
    tensor = torch.from_numpy(mask)
    return lambda query, key, value: torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=tensor
    )


def causal(query, key, value):
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)


def block_masked(boundaries: RowBoundaries):
    segments = torch.from_numpy(boundaries.segment_ids)[None, :]
    size = segments.shape[1]
    mask = create_block_mask(flex_mask(segments), 1, None, size, size, device="cpu")
    return lambda query, key, value: flex_attention(query, key, value, block_mask=mask)


def main() -> None:
    torch.manual_seed(0)
    model = Decoder().eval()
    ids = torch.randint(1, VOCABULARY, (1, sum(LENGTHS) + PADDING))
    ids[0, sum(LENGTHS) :] = 0
    boundaries = row_boundaries(ids[0].numpy().astype(np.int32), LENGTHS, PADDING)
    restarted = torch.from_numpy(boundaries.position_ids)[None, :]
    running = torch.arange(ids.shape[1])[None, :]
    alone = torch.cat(
        [
            model(part, torch.arange(part.shape[1])[None, :], causal)
            for part in ids[:, : sum(LENGTHS)].split(LENGTHS, 1)
        ],
        1,
    )
    isolated = masked(boolean_mask(boundaries.segment_ids))
    ways = {
        "boolean": (isolated, restarted),
        "boolean, running positions": (isolated, running),
        "additive, infinite": (masked(additive_mask(boundaries.segment_ids)), restarted),
        "flex": (block_masked(boundaries), restarted),
        "cu_seqlens": (by_lengths(boundaries.cumulative_lengths), restarted),
        "causal, running positions": (causal, running),
        "causal, restarted positions": (causal, restarted),
        **{
            f"additive, {bias}": (masked(additive_mask(boundaries.segment_ids, bias)), restarted)
            for bias in (5.0, 10.0, 20.0)
        },
    }
    differences = {}
    with torch.no_grad():
        for name, (attend, positions) in ways.items():
            found = model(ids, positions, attend)[:, : sum(LENGTHS)]
            differences[name] = float((found - alone).abs().max())
    print(json.dumps(differences))


if __name__ == "__main__":
    main()
