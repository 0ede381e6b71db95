"""Held-out segments beside what is trained on: copies and quotations are found, nothing else is."""

import numpy as np

from jobs.models.reference.held_out import GRAM, seen_shares
from jobs.models.reference.row_stream import PackedRow

RANDOM = np.random.default_rng(0)


def row(*segments: np.ndarray, padding: int = 0) -> PackedRow:
    ids = np.concatenate([*segments, np.zeros(padding)]).astype(np.int32)
    lengths = np.array([len(ids) for ids in segments], np.int32)
    return PackedRow(
        ids, lengths, padding, list(range(len(segments))), np.zeros(len(segments), bool)
    )


def tokens(count: int) -> np.ndarray:
    return RANDOM.integers(1, 500, count)


def test_a_copy_a_quotation_a_stranger_and_a_short_one() -> None:
    copy, stranger, short = tokens(40), tokens(40), tokens(GRAM - 1)
    quoting = np.concatenate([tokens(30), copy[:20], tokens(50)])
    held_out = [row(copy, stranger, padding=3), row(quoting, short)]
    shares = seen_shares(held_out, [row(tokens(9), copy, padding=5), row(tokens(64))])
    assert shares[:3].tolist() == [1.0, 0.0, 0.2]
    assert np.isnan(shares[3])


def test_a_run_across_a_boundary_is_none() -> None:
    whole = tokens(20)
    assert seen_shares([row(whole)], [row(whole[:10], whole[10:])]).tolist() == [0.0]


def test_runs_below_the_length_are_not_seen() -> None:
    whole = tokens(40)
    trained = [row(np.concatenate([whole[:12], tokens(10), whole[12:24], tokens(10)]))]
    assert seen_shares([row(whole)], trained).tolist() == [0.0]


def test_small_ids_do_not_collide() -> None:
    held_out = [row(RANDOM.integers(0, 3, 400))]
    trained = [row(RANDOM.integers(0, 3, 400)) for _ in range(3)]
    words = {
        tuple(one.ids[start : start + GRAM]) for one in trained for start in range(400 - GRAM + 1)
    }
    own = held_out[0].ids
    covered = np.zeros(400, bool)
    for start in range(400 - GRAM + 1):
        if tuple(own[start : start + GRAM]) in words:
            covered[start : start + GRAM] = True
    assert seen_shares(held_out, trained).tolist() == [covered.mean()]
