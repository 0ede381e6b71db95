from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.models.perplexity.trained_model import EstimatedModel, train_in_memory
from udfs.perplexity.kenlm_binary import load, write_binary
from udfs.perplexity.kenlm_tables import open_tables, write_tables

PRUNED = [
    (2, (0, 0)),
    (3, (0, 1, 1)),
    (4, (0, 0, 2, 3)),
    (5, (0, 0, 1, 1, 1)),
    (5, (0,) * 5),
    (6, (0,) * 6),
]
WORDS = [f"w{'é' * (i % 3)}{'x' * (i % 11)}{i}" for i in range(40)]


def zipf_lines(count: int) -> list[str]:
    draw = np.random.default_rng(11)
    lengths = draw.integers(1, 14, count)
    return [
        " ".join(WORDS[rank % 40] for rank in draw.zipf(1.3, length).tolist()) for length in lengths
    ]


def trained(lines: Sequence[str], order: int, prune: Sequence[int]) -> EstimatedModel:
    return train_in_memory(["\n".join([*lines, ""]).encode()], order, prune)


def by_kenlm(model: EstimatedModel, folder: Path) -> bytes:
    """The binary that kenlm writes of the model's ARPA file."""
    arpa, binary = folder / "m.arpa", folder / "kenlm.binary"
    model.write_arpa(arpa)
    if not write_binary(arpa, binary, [b"</s>"]):
        pytest.skip("this machine has neither build_binary nor the kenlm release that is known")
    return binary.read_bytes()


def by_us(model: EstimatedModel, folder: Path) -> bytes:
    path = folder / "ours.binary"
    write_tables(path, model.words, model.sections)
    return path.read_bytes()


@pytest.mark.parametrize(("order", "prune"), PRUNED)
def test_file_is_kenlms_to_the_byte(tmp_path: Path, order: int, prune: Sequence[int]) -> None:
    model = trained(zipf_lines(800), order, prune)
    assert by_us(model, tmp_path) == by_kenlm(model, tmp_path)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(st.sampled_from([*WORDS[:4], "长", "a"]), min_size=1), min_size=1),
    st.sampled_from(PRUNED),
)
def test_file_is_kenlms_for_any_text(
    tmp_path: Path, lines: list[list[str]], settings: tuple[int, tuple[int, ...]]
) -> None:
    order, prune = settings
    model = trained([" ".join(line) for line in lines], order, prune)
    assert by_us(model, tmp_path) == by_kenlm(model, tmp_path)


def test_file_is_opened_by_kenlm_and_by_us(tmp_path: Path) -> None:
    model = trained(zipf_lines(50), 3, (0, 0, 0))
    by_us(model, tmp_path)
    tables = open_tables(tmp_path / "ours.binary")
    assert tables is not None
    assert tables.order == load(tmp_path / "ours.binary").order == 3
