"""The measured recall of every preset, six permutations among them: reproduced, and true to theory."""

from __future__ import annotations

import math

import pytest

from bench.dedup.preset_recall import GOLDEN, HEADER, SIMILARITIES, measure, pairs_of
from jobs.dedup.presets import PRESETS
from jobs.planning.measured_figures import SIX_PERMUTATIONS_RECALL

GOLDEN_ROWS = [line.split("\t") for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", PRESETS)
def test_measured_recall_is_the_documented_one_and_that_of_theory(name: str) -> None:
    found = list(measure(name))
    assert [row.line().split("\t") for row in found] == [
        row for row in GOLDEN_ROWS if row[0] == name
    ]
    for row in found:
        share = row.found / row.pairs
        error = math.sqrt(row.theory * (1 - row.theory) / row.pairs)
        # Four standard errors; one pair where theory leaves no room at all.
        assert abs(share - row.theory) <= max(4 * error, 1 / row.pairs), row


def test_the_golden_table_has_every_preset_at_every_similarity() -> None:
    assert GOLDEN_ROWS[0] == HEADER.split("\t")
    assert [(row[0], float(row[3])) for row in GOLDEN_ROWS[1:]] == [
        (name, similarity) for name in PRESETS for similarity in SIMILARITIES
    ]


def test_what_the_plan_prints_of_six_permutations_is_the_golden_table() -> None:
    golden = {float(row[3]): float(row[6]) for row in GOLDEN_ROWS if row[0] == "six-permutations"}
    assert golden == SIX_PERMUTATIONS_RECALL


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_pairs_have_the_similarity_they_are_made_for(similarity: float) -> None:
    left, right = pairs_of(similarity, 3)
    for row in range(3):
        one, other = (
            set(side.hashes[side.offsets[row] : side.offsets[row + 1]].tolist())
            for side in (left, right)
        )
        assert len(one & other) / len(one | other) == pytest.approx(similarity)
