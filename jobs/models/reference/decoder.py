"""The reference model: the decoder that most open models share (LLaMA, arXiv 2302.13971), nothing more.

Norm before each part (RMSNorm), rotary positions, SwiGLU, no biases, the ids' matrix as the head.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import nn
from torch.nn.functional import linear, silu

from jobs.models.reference.attention import attend
from jobs.models.reference.settings import ModelShape

ROTARY_BASE: Final = 10_000.0
EPSILON: Final = 1e-5


class Decoder(nn.Module):
    """Ids and positions in, a score for each id of the vocabulary out."""

    def __init__(self, shape: ModelShape, vocabulary: int) -> None:
        super().__init__()
        self.head_width = shape.width // shape.heads
        self.embedding = nn.Embedding(vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, EPSILON)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                # By the numbers that a weight adds up, so that a narrow model starts like a wide one: with
                # the usual 0.02 the ids of 64 numbers drown in what they all learn first, their frequency.
                deviation = 1 / math.sqrt(weight.shape[1])
                # What is added to the residual of every layer starts smaller the more layers there are.
                added = name.endswith(("out.weight", "down.weight"))
                scale = 1 / math.sqrt(2 * shape.layers) if added else 1.0
                nn.init.normal_(weight, std=deviation * scale)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor, mask: Any) -> torch.Tensor:
        """Return scores.

        Args:
            ids: int64[rows, tokens].
            positions: int64[rows, tokens]; they restart in every segment.
            mask: Of ``segment_mask``.

        Returns:
            [rows, tokens, vocabulary], before softmax.
        """
        states = self.embedding(ids)
        turns = rotations(positions, self.head_width)
        for block in self.blocks:
            states = block(states, turns, mask)
        return linear(self.norm(states), self.embedding.weight)


class Block(nn.Module):
    """Attention, then SwiGLU, each added to what came in."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.RMSNorm(shape.width, EPSILON)
        self.mixed = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.feed_norm = nn.RMSNorm(shape.width, EPSILON)
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(
        self, states: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor], mask: Any
    ) -> torch.Tensor:
        """Return [rows, tokens, width]."""
        mixed = self.mixed(self.attention_norm(states))
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in mixed.chunk(3, -1)
        )
        found = attend(rotated(query, turns), rotated(key, turns), value, mask)
        states = states + self.out(found.transpose(1, 2).flatten(2))
        normed = self.feed_norm(states)
        return states + self.down(silu(self.gate(normed)) * self.up(normed))


def rotations(positions: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return cosine and sine of each position's angles, [rows, 1, tokens, width / 2] (arXiv 2104.09864)."""
    half = width // 2
    speeds = ROTARY_BASE ** (-torch.arange(half, device=positions.device) / half)
    # In bfloat16 positions above 256 would fall together (arXiv 2411.13476).
    angles = positions[:, None, :, None].float() * speeds
    return angles.cos(), angles.sin()


def rotated(states: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Turn each pair of numbers by its position's angle."""
    cosine, sine = turns
    first, second = states.float().chunk(2, -1)
    turned = torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)
    return turned.type_as(states)
