"""Text that a model writes on from a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from jobs.models.reference.decoder import Decoder
from jobs.models.reference.machine import Machine

TEMPERATURE: Final = 0.8


def continued(
    model: Decoder,
    prompt: Sequence[int],
    seeds: Sequence[int],
    machine: Machine,
    *,
    tokens: int,
    eos: int | None,
    temperature: float = TEMPERATURE,
) -> list[list[int]]:
    """Return what a model writes behind a prompt, once for each seed.

    Args:
        model: The model.
        prompt: Ids, 1 or more.
        seeds: Each continuation has its own and does not depend on the others.
        machine: Where the model lies.
        tokens: Most tokens of a continuation; prompt and continuation together stay below the rows'
            length, beyond which the model knows no positions.
        eos: Ends a continuation and is left out; None writes on.
        temperature: Of the draw; 0 takes the likeliest.
    """
    ids = torch.tensor([list(prompt)] * len(seeds), device=machine.device)
    # The draw is numpy's, so that it leaves torch's generators, and with them a training, alone.
    draws = np.stack([np.random.default_rng(seed).random(tokens) for seed in seeds])
    with torch.no_grad():
        for step in range(tokens):
            positions = torch.arange(ids.shape[1], device=machine.device).expand_as(ids)
            with machine.computing():
                scores = model(ids, positions, None)[:, -1].float()
            if temperature == 0:
                chosen = scores.argmax(-1)
            else:
                shares = torch.softmax(scores / temperature, -1).cumsum(-1)
                drawn = torch.from_numpy(draws[:, step]).to(shares)[:, None] * shares[:, -1:]
                chosen = torch.searchsorted(shares, drawn, right=True)[:, 0]
                chosen = chosen.clamp(max=shares.shape[1] - 1)
            ids = torch.cat([ids, chosen[:, None]], 1)
    written = [row[len(prompt) :] for row in ids.tolist()]
    return [row[: row.index(eos)] if eos in row else row for row in written]
