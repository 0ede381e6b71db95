"""The decoder against its own definition: size, order in time, rotations, masks of each builder."""

import itertools
import math

import numpy as np
import pytest
import torch

from jobs.models.reference.attention import segment_mask
from jobs.models.reference.decoder import Decoder, rotated, rotations
from jobs.models.reference.sampling import continued
from jobs.models.reference.settings import SIZES, ModelShape
from tests.reference.trainings import CPU
from udfs.trainer_files.packing.attention_masks import additive_mask, boolean_mask
from udfs.trainer_files.packing.boundaries import row_boundaries

pytestmark = pytest.mark.reference

SHAPE = ModelShape(32, 2, 2)
SEGMENTS = np.stack(
    [
        row_boundaries(np.arange(16, dtype=np.int32), [5, 1, 7], 3).segment_ids,
        row_boundaries(np.arange(16, dtype=np.int32), [16], 0).segment_ids,
    ]
)


@pytest.mark.parametrize("size", ["tiny", "small", "110m"])
def test_parameters_are_those_that_the_shape_counts(size: str) -> None:
    shape = SIZES[size].shape
    with torch.device("meta"):
        model = Decoder(shape, 512)
    assert sum(weight.numel() for weight in model.parameters()) == shape.parameters(512)


def test_the_largest_has_the_weights_of_its_name() -> None:
    assert SIZES["110m"].shape.parameters(32_000) == pytest.approx(110e6, rel=0.02)


def test_boolean_masks_are_those_of_the_reference() -> None:
    found = segment_mask("boolean", torch.from_numpy(SEGMENTS))
    assert (found[:, 0].numpy() == np.stack([boolean_mask(row) for row in SEGMENTS])).all()


@pytest.mark.parametrize("bias", [0.0, 5.0, math.inf])
def test_additive_masks_are_those_of_the_reference(bias: float) -> None:
    found = segment_mask("additive", torch.from_numpy(SEGMENTS), bias)
    assert (found[:, 0].numpy() == np.stack([additive_mask(row, bias) for row in SEGMENTS])).all()


def logits(ids: torch.Tensor, kind: str) -> torch.Tensor:
    torch.manual_seed(0)
    model = Decoder(SHAPE, 97)
    positions = torch.arange(ids.shape[1]).expand_as(ids)
    with torch.no_grad():
        return model(ids, positions, segment_mask(kind, torch.from_numpy(SEGMENTS)))


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_gives_the_outputs_of_the_boolean_mask() -> None:
    ids = torch.arange(32).view(2, 16)
    assert torch.allclose(logits(ids, "flex"), logits(ids, "boolean"), atol=1e-5)


def test_variable_lengths_give_the_outputs_of_the_boolean_mask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel is a GPU's; what it does with the ends is done here a segment after the other."""

    def of_segments(query, key, value, ends, _, longest, __, window_size):  # type: ignore[no-untyped-def]
        assert (window_size, longest) == ((-1, 0), 16)
        parts = [part.transpose(0, 1)[None] for part in (query, key, value)]
        found = [
            torch.nn.functional.scaled_dot_product_attention(
                *(part[:, :, start:stop] for part in parts), is_causal=True
            )
            for start, stop in itertools.pairwise(ends.tolist())
        ]
        return torch.cat(found, 2)[0].transpose(0, 1)

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", of_segments)
    ids = torch.arange(32).view(2, 16)
    assert torch.allclose(logits(ids, "varlen"), logits(ids, "boolean"), atol=1e-5)


@pytest.mark.parametrize("kind", ["causal", "boolean", "additive"])
def test_no_token_sees_a_later_one(kind: str) -> None:
    ids = torch.arange(32).view(2, 16)
    changed = ids.clone()
    changed[:, 9:] += 40
    assert torch.equal(logits(ids, kind)[:, :9], logits(changed, kind)[:, :9])


def test_no_token_sees_another_document() -> None:
    ids = torch.arange(32).view(2, 16)
    changed = ids.clone()
    changed[0, :6] += 40
    assert torch.equal(logits(ids, "boolean")[0, 6:], logits(changed, "boolean")[0, 6:])
    assert not torch.equal(logits(ids, "causal")[0, 6:], logits(changed, "causal")[0, 6:])


def test_scores_of_rotated_states_depend_on_distance_alone() -> None:
    states = torch.randn(1, 1, 2, 8)
    products = [
        (turned[0, 0, 0] @ turned[0, 0, 1]).item()
        for first in (0, 3, 1000)
        for turned in [rotated(states, rotations(torch.tensor([[first, first + 5]]), 8))]
    ]
    assert products == pytest.approx([products[0]] * 3, abs=1e-3)


class TestSampling:
    def continuations(self, seeds: list[int], **given: float) -> list[list[int]]:
        torch.manual_seed(0)
        return continued(Decoder(SHAPE, 97), [3, 4], seeds, CPU, tokens=12, eos=None, **given)

    def test_a_seed_does_not_depend_on_those_beside_it(self) -> None:
        together = self.continuations([5, 6])
        assert together == self.continuations([5]) + self.continuations([6])
        assert together[0] != together[1]

    def test_torch_draws_the_same_numbers_afterwards(self) -> None:
        self.continuations([5])
        torch.manual_seed(0)
        Decoder(SHAPE, 97)
        wanted = torch.rand(3)
        self.continuations([5])
        assert torch.equal(torch.rand(3), wanted)

    def test_without_temperature_the_likeliest_is_taken(self) -> None:
        assert self.continuations([1], temperature=0) == self.continuations([2], temperature=0)

    def test_the_end_of_the_document_ends_it(self) -> None:
        torch.manual_seed(0)
        model = Decoder(SHAPE, 97)
        (free,) = continued(model, [3, 4], [5], CPU, tokens=12, eos=None)
        (ended,) = continued(model, [3, 4], [5], CPU, tokens=12, eos=free[7])
        assert ended == free[: free.index(free[7])]
