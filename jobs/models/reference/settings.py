"""What a reference training depends on, apart from the rows: the model's shape, its optimiser, its seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SCHEDULES: Final = ("cosine", "wsd")
MASKS: Final = ("boolean", "additive", "flex", "varlen", "causal")
GPU_MASKS: Final = ("flex", "varlen")
MULTIPLE: Final = 32  # matrices whose sides are multiples of it keep a GPU's tiles full


@dataclass(frozen=True)
class ModelShape:
    """Sides of the decoder.

    Attributes:
        width: Numbers a token has between blocks; a multiple of ``2 * heads``.
        layers: Blocks.
        heads: Of attention in each block.
    """

    width: int
    layers: int
    heads: int

    @property
    def hidden(self) -> int:
        """Width inside SwiGLU: 8/3 of the model's, so that its three matrices weigh as two of four
        times the width do (Shazeer, arXiv 2002.05202), rounded up to a multiple of 32.
        """
        return -(-8 * self.width // (3 * MULTIPLE)) * MULTIPLE

    def parameters(self, vocabulary: int) -> int:
        """Return the number of weights; the matrix of the ids counts once, as it is also the head."""
        block = 4 * self.width**2 + 3 * self.width * self.hidden + 2 * self.width
        return vocabulary * self.width + self.layers * block + self.width

    def flops_a_token(self, vocabulary: int, length: int) -> float:
        """Return what training costs a token: 6 for each weight and 12 for each key's number.

        The convention of PaLM (arXiv 2204.02311, appendix B): all keys of a row count, masked or not.
        """
        return 6.0 * self.parameters(vocabulary) + 12.0 * self.layers * self.width * length


@dataclass(frozen=True)
class Size:
    """A shape with a batch and a learning rate that suit it."""

    shape: ModelShape
    batch_tokens: int
    learning_rate: float


SIZES: Final = {
    "tiny": Size(ModelShape(64, 4, 4), 8_192, 3e-3),
    # The shapes of llama2.c's stories15M and stories110M.
    "small": Size(ModelShape(288, 6, 6), 131_072, 1e-3),
    "110m": Size(ModelShape(768, 12, 12), 524_288, 6e-4),
}


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Attributes:
        shape: Of the model.
        steps: Updates of the weights, 1 or more.
        batch_rows: Rows of an update, over all micro-batches and processes.
        learning_rate: The highest, above 0.
        schedule: ``cosine`` (falls to a tenth from the warm-up on) or ``wsd`` (stays, and falls
            linearly to nothing during the annealing).
        warmup: Share of the steps, 0 to 1, in which the rate rises from nothing.
        annealing: Share of the steps, 0 to 1, in which ``wsd`` falls.
        mask: ``boolean``, ``additive`` (with ``bias``), ``flex`` or ``varlen`` (both on a
            GPU), or ``causal``, which lets documents of a row see each other.
        bias: Taken off the scores of other documents by ``additive``, 0 to infinity.
        seed: Of the first weights and of the rows' order.
        betas: Decay of AdamW's two means.
        weight_decay: On matrices; the gains of norms have none.
        clip: Longest gradient, in the norm of all weights together.
    """

    shape: ModelShape
    steps: int
    batch_rows: int
    learning_rate: float
    schedule: str = "cosine"
    warmup: float = 0.05
    annealing: float = 0.2
    mask: str = "boolean"
    bias: float = math.inf
    seed: int = 0
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.1
    clip: float = 1.0

    def __post_init__(self) -> None:
        faults = [
            f"{name} is {value}, wanted 1 or more"
            for name, value in (("steps", self.steps), ("batch rows", self.batch_rows))
            if value < 1
        ]
        if not 0 < self.learning_rate < math.inf:
            faults.append(f"learning rate is {self.learning_rate}, wanted a number above 0")
        faults += [
            f"{name} is {value!r}, wanted one of {', '.join(known)}"
            for name, value, known in (
                ("schedule", self.schedule, SCHEDULES),
                ("mask", self.mask, MASKS),
            )
            if value not in known
        ]
        faults += [
            f"{name} is {value}, wanted a share from 0 to 1"
            for name, value in (("warmup", self.warmup), ("annealing", self.annealing))
            if not 0 <= value <= 1
        ]
        if not self.bias >= 0:
            faults.append(f"mask bias is {self.bias}, wanted 0 to infinity")
        if not 0 <= self.seed < 1 << 63:
            faults.append(f"seed is {self.seed}, wanted 0 to 2**63 - 1")
        if faults:
            raise ValueError("reference training: " + "; ".join(faults))
