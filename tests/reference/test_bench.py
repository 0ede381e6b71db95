"""The bench's parts on a CPU: every way is measured, the plain loop is its own measure."""

import functools
import math
from pathlib import Path

import pytest
import torch

from bench.reference_gpu import CPU, GPU, measure, own_batches, packed_rows
from jobs.models.reference.settings import GPU_MASKS, MASKS
from tests.reference import trainings

pytestmark = pytest.mark.reference


def test_every_way_is_measured_beside_the_plain_loop(tmp_path: Path) -> None:
    work = CPU._replace(lengths=(64,), tokens_at_once=512, rounds=2)
    found = list(measure(work, trainings.CPU, tmp_path, compiled=False))
    ways = ["plain loop", "packed rows, causal", "packed rows, boolean", "packed rows, additive"]
    assert [line["system"] for line in found] == ways
    assert found[0]["of_the_plain_loops_time"] == 1.0
    assert all(line["tokens_a_second"] > 0 for line in found)


def test_every_way_stays_compiled_at_every_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = CPU._replace(lengths=(64, 128), tokens_at_once=512, rounds=1)
    compiled = functools.partial(torch.compile, backend="eager")
    monkeypatch.setattr(torch, "compile", compiled)
    limits = {"recompile_limit": 4, "fail_on_recompile_limit_hit": True}
    with torch._dynamo.config.patch(**limits):
        assert len(list(measure(work, trainings.CPU, tmp_path, compiled=True))) == 8


def test_its_rows_are_packed_documents(tmp_path: Path) -> None:
    stream = packed_rows(tmp_path, 256, 40_000, 512)
    segments = [len(row.segment_lengths) for row in stream.in_order()]
    assert sum(segments) / len(segments) > 1
    ids, positions, labels, mask = own_batches(stream, "boolean", 4, trainings.CPU.device)()
    assert ids.shape == positions.shape == labels.shape == (4, 256)
    assert mask.shape == (4, 1, 256, 256)
    assert not math.isnan(float(labels.sum()))


def test_masks_of_a_gpu_are_among_those_compared_there() -> None:
    assert set(GPU_MASKS) < set(GPU.masks) < set(MASKS)
